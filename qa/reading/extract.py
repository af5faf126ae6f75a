"""What every format is turned into, and what is said where that fails."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from qa.types import Span

# The Bible has 4 MiB. What is larger than this is a log or a dump, and the text, its lines and its
# passages would have to fit into memory together.
MAX_TEXT = 64 * 2**20
# Scans and pictures make a file large without making its text so; a worker holds it all at once.
MAX_FILE = 256 * 2**20

PARTED = "\n\n"  # what stands between two paragraphs
CELLS = " | "  # between the cells of a row
_NO_TEXT = re.compile("[\0\ud800-\udfff]")  # a NUL, half a surrogate pair: no encoding has them


class UnreadableError(Exception):
    """Why a file cannot be read and what to do about it, as the end of a sentence on it."""


@dataclass(frozen=True, slots=True)
class Extract:
    """The text of a file and what its format tells of it; "" and () where it tells nothing.

    `date` is the day it says it is of, and `saved` the one on which the file was made or changed.
    `pages` are the offsets at which its pages start, ascending. `asides` are the spans that stand
    beside the text: running headers, page numbers, tables of contents. `rows` are the offsets at
    which what a row tells starts, ascending, each with the line of the file that the row begins on.
    `lost` tells what of the file could not be read, and what to do about it, as the end of a
    sentence on it.
    """

    text: str
    title: str = ""
    language: str = ""
    date: str = ""
    saved: str = ""
    encoding: str = ""
    pages: tuple[int, ...] = ()
    asides: tuple[Span, ...] = ()
    rows: tuple[tuple[int, int], ...] = ()
    lost: str = ""


Extractor = Callable[[bytes], Extract]


def checked(extract: Extract) -> Extract:
    """`extract` with a text that can be kept, at the same offsets.

    Raises:
        UnreadableError: there is no text, or too much.
    """
    if len(extract.text) > MAX_TEXT:
        raise UnreadableError(f"is too large: more than {MAX_TEXT // 2**20} MiB of text")
    return replace(
        extract,
        text=_NO_TEXT.sub("\ufffd", extract.text),
        title=_one_line(extract.title),
        language=extract.language.lower()[:2],
        date=_one_line(extract.date),
        saved=_one_line(extract.saved),
        lost=_one_line(extract.lost),
    )


def _one_line(text: str) -> str:
    return " ".join(_NO_TEXT.sub("\ufffd", text).split())


def paragraphs(parts: Iterable[str]) -> str:
    """Paragraphs as one text, with a blank line between them."""
    return PARTED.join(part.strip("\n") for part in parts if part.strip())


def joined(blocks: Iterable[tuple[bool, str]]) -> Iterator[str]:
    """Items that follow one another as one block of lines, all else by itself."""
    run = list[str]()
    for member, text in blocks:
        if run and not member:
            yield "\n".join(run)
            run = []
        if member and text.strip():
            run.append(text)
        elif not member:
            yield text
    yield "\n".join(run)
