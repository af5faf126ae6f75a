"""`qa ask --cite`: the quotes of an answer as citations."""

from typing import TYPE_CHECKING, Annotated

import typer

from qa.console import complain, print_json, print_line
from qa.errors import UsageError

if TYPE_CHECKING:
    from qa.bot import Bot
    from qa.types import Answer

STYLES = ("bibtex", "csl-json", "markdown")

Cite = Annotated[
    str | None,
    typer.Option("--cite", metavar="STYLE", help=f"Print citations: {', '.join(STYLES)}."),
]


def check_style(style: str | None, *, other: bool) -> None:
    """`other`: whether another form of output is asked for as well."""
    if style is not None and style not in STYLES:
        raise UsageError(f"unknown style {style!r}; choose from {', '.join(STYLES)}")
    if style is not None and other:
        raise UsageError("--cite has a form of its own; leave out --json and --batch")


def print_cited(bot: "Bot", answer: "Answer", style: str) -> None:
    """Citations of the quotes; where there is no answer there is nothing to cite."""
    from qa import citations
    from qa.render import refusal
    from qa.selection import dates_of

    dates = dates_of(bot.library(), [quote.source_id for quote in answer.quotes])
    if not answer:
        for told in (refusal(answer), *answer.notes):
            complain(told)
    if style == "csl-json":
        print_json(citations.csl_json(answer.quotes, dates), indent=2)
    elif answer:
        cited = citations.bibtex if style == "bibtex" else citations.markdown
        print_line(cited(answer.quotes, dates))
