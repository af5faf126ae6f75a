"""Rows of a web page's tables, each on one line: of short pages trafilatura gives cell by cell."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from qa.reading.webpage import letters

if TYPE_CHECKING:
    from lxml.html import HtmlElement

CELL = 200  # characters; a table with more in a cell is there for its columns

ALIKE = 100  # rows with the same first cell among which one is looked for

Rows = Mapping[str, Collection[tuple[str, ...]]]  # by the letters of their first cells


def rows(tree: "HtmlElement") -> Rows:
    """The rows of two short cells or more; empty ones are none."""
    found = defaultdict[str, dict[tuple[str, ...], None]](dict)
    for row in tree.iter("tr"):
        if next(row.iter("table"), None) is None:
            cells = (" ".join(" ".join(cell.itertext()).split()) for cell in row.iter("td", "th"))
            texts = tuple(cell for cell in cells if letters(cell))
            if len(texts) > 1 and all(len(text) <= CELL for text in texts):
                found[letters(texts[0])][texts] = None
    return found


def joined(text: str, rows: Rows) -> str:
    """`text` with a line for each row whose cells it has on lines that follow one another."""
    return "\n".join(_joined([line for line in text.splitlines() if line.strip()], rows))


def _joined(lines: Sequence[str], rows: Rows) -> Iterator[str]:
    at = 0
    while at < len(lines):
        size, line = next(_rows_at(lines, at, rows), (1, lines[at]))
        yield line
        at += size


def _rows_at(lines: Sequence[str], at: int, rows: Rows) -> Iterator[tuple[int, str]]:
    """How many lines a row has here, and its text; the first cell may have several, too."""
    key = ""
    for line in lines[at : at + 3]:
        key += letters(line)
        for cells in islice(rows.get(key, ()), ALIKE):
            size = _size(lines, at, letters("".join(cells)))
            if size > 1:
                yield size, f"| {' | '.join(cells)} |"


def _size(lines: Sequence[str], at: int, wanted: str) -> int:
    """How many lines from `at` on have exactly these letters; 0 if none do."""
    size = 0
    while wanted and at + size < len(lines):
        key = letters(lines[at + size])
        if not wanted.startswith(key):
            return 0
        wanted, size = wanted[len(key) :], size + 1
    return 0 if wanted else size
