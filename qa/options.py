"""What the commands have in common: their options, and how an option is read."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa.arguments import language as known_language, texts
from qa.errors import UsageError
from qa.opening import open_bot
from qa.progress import Bar
from qa.types import Language, whole_number

if TYPE_CHECKING:
    from qa.bot import Bot

Documents = Annotated[
    Path | None,
    typer.Option(
        "--documents",
        "-d",
        metavar="FOLDER",
        help="The folder to search; by default the press releases that ship.",
    ),
]
Index = Annotated[
    Path | None,
    typer.Option(
        "--index",
        metavar="FOLDER",
        help="Where the index is kept; by default in the user's cache.",
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="A sentence-transformers model, by folder or name; by default the built-in one.",
    ),
]
Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="ADDRESS",
        help="A Milvus store: milvus://HOST:PORT/COLLECTION, or a path that ends in .db.",
    ),
]
TopK = Annotated[
    int,
    typer.Option(
        "--top-k",
        "-k",
        metavar="N",
        parser=lambda text: whole("--top-k", text, least=1),
        help="How many quotes at most.",
    ),
]
Spoken = Annotated[
    str | None,
    typer.Option(
        "--language",
        "-l",
        metavar="CODE",
        help="The question's language (en, fr, es); by default detected.",
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="CODES",
        help="Search passages in these languages only, for example fr,es; may be repeated.",
    ),
]
Within = Annotated[
    list[str] | None,
    typer.Option(
        "--in",
        metavar="PATTERN",
        help="Search files only whose path in the folder fits, for example reports/2016/*; "
        "may be repeated.",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="DATE",
        help="Search documents only from then on: 2015, 2015-03 or 2015-03-27.",
    ),
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="DATE", help="Search documents only up to then, inclusive."),
]
Title = Annotated[
    str | None,
    typer.Option(
        "--title", metavar="WORDS", help="Search documents only with this in their title."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def examples(*lines: str) -> str:
    """Lines for the end of a help text. \\b keeps them from being joined."""
    return "\b\n" + "\n  ".join(["Examples:" if len(lines) > 1 else "Example:", *lines])


def one_language(language: str | None) -> Language | None:
    return None if language is None else known_language(str(language).lower())


def several_languages(languages: Sequence[str] | None) -> list[Language] | None:
    """Each may be several, with commas or blanks between them."""
    names = ",".join(texts("only", languages)).lower().replace(",", " ").split()
    return [known_language(name) for name in names] or None


def whole(option: str, text: str, *, least: int) -> int:
    number = whole_number(str(text).strip().removeprefix("+"))
    if number is None or number < least:
        raise UsageError(f"{option} is {text!r}; it must be a whole number, {least} or more")
    return number


def asked(
    documents: Path | None, index: Path | None, model: str | None, store: str | None
) -> "Bot":
    """The bot over what the options name; what takes time to open shows itself on stderr."""
    with closing(Bar()) as progress:
        return open_bot(documents, index, model, store, progress)
