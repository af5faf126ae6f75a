"""`qa show` and `qa sources`: a passage in its surroundings; the documents."""

from typing import Annotated

import typer

from qa.cli_diff import show_differences
from qa.console import on_terminal, print_json, print_line
from qa.errors import DocumentError, UsageError
from qa.options import AsJson, Documents, Index, Model, Store, asked, whole


def show(
    source_id: Annotated[
        str, typer.Argument(metavar="SOURCE_ID", help="A source ID, as an answer gives it.")
    ],
    other_id: Annotated[
        str,
        typer.Argument(
            metavar="[OTHER_ID]", show_default=False, help="With --diff, what it is compared with."
        ),
    ] = "",
    documents: Documents = None,
    index: Index = None,
    model: Model = None,
    store: Store = None,
    around: Annotated[
        int,
        typer.Option(
            "--around",
            metavar="N",
            parser=lambda text: whole("--around", text, least=0),
            help="Passages shown before and after.",
        ),
    ] = 1,
    diff: Annotated[
        bool,
        typer.Option(
            "--diff",
            help="How it differs, word by word, from OTHER_ID, or from all that are nearly the "
            "same: - marks what only they have, + what only SOURCE_ID has.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print a passage in its surroundings."""
    if other_id and not diff:
        raise UsageError("two passages are compared with: qa show SOURCE_ID --diff OTHER_ID")
    bot = asked(documents, index, model, store)
    if diff:
        show_differences(bot, source_id, other_id, as_json)
        return
    quotes = bot.around(source_id, around)
    if as_json:
        print_json([quote.to_dict() for quote in quotes], indent=2)
        return
    from qa.render import in_context, terminal_style

    print_line(in_context(quotes, source_id, terminal_style(on_terminal())))


def sources(
    documents: Documents = None,
    index: Index = None,
    model: Model = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """List the documents. Exit status: 2 if there are none."""
    bot = asked(documents, index, model, store)
    found = bot.sources()
    if as_json:
        keys = ("doc_id", "title", "language", "encoding", "sha256", "extractor", "date")
        rows = [
            {k: getattr(d, k) for k in keys} | {"path": str(d.path), "pages": len(d.pages) or None}
            for d in found
        ]
        print_json(rows, indent=2)
        return
    if not found:
        raise DocumentError("there are no documents; `qa index` tells what was seen instead")
    from qa.render import location, terminal_style
    from qa.visible import one_line

    style = terminal_style(on_terminal())
    for d in found:
        place = style.link(one_line(location(d.path)), d.path)
        print_line("  ".join([one_line(d.doc_id), d.language, place, one_line(d.title)]))
