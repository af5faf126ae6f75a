"""Tables of a web page: a frame and the data of a script are none, and a row is one line."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from qa.reading.pagelines import letters

if TYPE_CHECKING:
    from lxml.html import HtmlElement

CELL = 200  # characters; a table with more in a cell is there for its columns
ALIKE = 100  # rows with the same first cell among which one is looked for
ADDRESSES = 2  # in a row; a list of consulates has one, and what a script shows from it a picture
_ADDRESS = re.compile(r"\s*https?://\S+\s*")

Rows = Mapping[str, Collection[tuple[str, ...]]]  # by the letters of their first cells

_PARTS = ("table", "thead", "tbody", "tfoot", "tr", "td")
_NAMES = ("th", "caption")  # of columns and of what they tell; a frame has no use for them


def unframe(tree: "HtmlElement") -> None:
    """Make blocks of the tables that lay the page out: as rows, its text is one with its menus.

    Such a table says so by its role, has the title of the page or another table in it, or stands
    in one and has but one column; and none of its own columns has a name. Changes `tree`.
    """
    parts = tree.iter(*_PARTS, *_NAMES)
    within = {part: next(part.iterancestors("table"), None) for part in parts}
    named = {table for part, table in within.items() if part.tag in _NAMES}
    wide = {table for part, table in within.items() if part.tag == "tr" and _is_wide(part)}
    tables = {part for part in within if part.tag == "table"} - named
    inner = {part for part in tables - wide if within[part] is not None}
    frames = inner | set(filter(_lays_out, tables))
    for part, table in within.items():
        if part in frames or (part.tag != "table" and table in frames):
            part.tag = "div"


def unload(tree: "HtmlElement") -> None:
    """Take away the tables that are there for a script, which shows what their addresses lead to.

    Most of their rows have several, each in a cell of its own. Changes `tree`.
    """
    for table in list(tree.iter("table")):
        rows = list(table.iter("tr"))
        data = sum(map(_is_data, rows))
        if 2 * data > len(rows) and next(table.iterdescendants("table", "h1"), None) is None:
            table.drop_tree()


def _is_data(row: "HtmlElement") -> bool:
    cells = ("".join(cell.itertext()) for cell in row.iterchildren("td"))
    return sum(_ADDRESS.fullmatch(cell) is not None for cell in cells) >= ADDRESSES


def _is_wide(row: "HtmlElement") -> bool:
    return sum(any(map(letters, cell.itertext())) for cell in row.iterchildren("td")) > 1


def _lays_out(table: "HtmlElement") -> bool:
    said = table.get("role", "").lower() in ("presentation", "none")
    return said or next(table.iterdescendants("table", "h1"), None) is not None


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
