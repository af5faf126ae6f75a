"""`qa show --diff`: two passages compared word by word."""

from typing import TYPE_CHECKING

import typer

from qa.console import complain, on_terminal, print_json, print_line

if TYPE_CHECKING:
    from qa.bot import Bot

NONE = 1  # exit status, as where there is no answer


def show_differences(bot: "Bot", source_id: str, other_id: str, as_json: bool) -> None:
    """How a passage differs from another one, or from all that are nearly the same."""
    from qa.render import terminal_style
    from qa.reprints import reprints
    from qa.verdicts import beside, differences_of

    quote = bot.passage(source_id)
    others = [bot.passage(other_id)] if other_id else reprints(bot.library(), quote)
    if as_json:
        print_json([differences_of(quote, other) for other in others], indent=2)
    elif others:
        style = terminal_style(on_terminal())
        print_line("\n\n".join("\n".join(beside(quote, other, style)) for other in others))
    else:
        complain(f"no other passage in its language has most of the words of {source_id}")
    if not others:
        raise typer.Exit(NONE)
