"""In which order the lines of a page are read, and where its paragraphs end.

Columns are found as a person sees them: a gutter that no line crosses, with lines of prose on both
sides of it. Cells of a table are short; they are read by rows.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

COLUMN = 3  # lines that a column has on each side of a gutter at least
PROSE = 15  # characters of a row's longest part on average; cells of tables are shorter
PATIENCE = 24  # lines after which columns that have not begun, or have ended, are given up
GUTTER = 0.8  # heights of a letter
PITCH = 0.35  # heights of a letter by which a gap between paragraphs is wider than between lines
DOUBLE = 1.0  # heights of a letter; no lines of one paragraph are farther apart, typed ones neither
SIZE = 1.15  # how much larger the letters of a heading are at least
INDENT = 0.5  # heights of a letter by which a paragraph's first line is set in at least
ENDS = '.!?:…”»"'  # signs that a paragraph ends with
CELLS = "   "  # which parts the cells of a row

_BULLETS = frozenset("-–—•●○◦▪■□·*→➢✓‣")
_LABEL = re.compile(r"\W|\(?\w{1,3}[.)]")  # of an item, which hangs before its text


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or a part of one between wide gaps; points, counted from the page's lower left."""

    text: str
    left: float
    bottom: float
    right: float
    top: float

    @property
    def size(self) -> float:
        return max(self.top - self.bottom, 0.1)


Row = list[Line]


def rows(lines: Sequence[Line]) -> list[Row]:
    """The lines side by side from left to right, the rows from top to bottom."""
    found = list[Row]()
    for line in sorted(lines, key=lambda x: (-x.top, x.left)):
        if found and _beside(found[-1][0], line):
            found[-1].append(line)
        else:
            found.append([line])
    return [sorted(row, key=lambda x: x.left) for row in found]


def _beside(line: Line, other: Line) -> bool:
    shared = min(line.top, other.top) - max(line.bottom, other.bottom)
    return shared > 0.5 * min(line.size, other.size)


def in_order(lines: Sequence[Line]) -> list[list[Row]]:
    """Stretches of rows in the order of reading; a stretch is one column, or what is between."""
    found, rest = list[list[Row]](), list[Line]()
    page = sorted(lines, key=lambda x: (-x.top, x.left))
    start = 0
    while start < len(page):
        stop, gutter = _columns(page, start)
        if gutter is None:  # the row that starts here is no part of columns
            first = start
            while start == first or (start < len(page) and _beside(page[first], page[start])):
                rest.append(page[start])
                start += 1
            continue
        if rest:
            found.append(rows(rest))
            rest = []
        part = page[start:stop]
        found += in_order([line for line in part if line.right <= gutter])
        found += in_order([line for line in part if line.right > gutter])
        start = stop
    return [*found, rows(rest)] if rest else found


def _columns(page: Sequence[Line], start: int) -> tuple[int, float | None]:
    """How far columns go that begin with the line at `start`, and a gutter between them."""
    best: tuple[int, float | None] = start, None
    # The ground that lines cover, from left to right.
    covered = list[tuple[float, float]]()
    for stop in range(start, len(page)):
        covered = _merged([*covered, (page[stop].left, page[stop].right)])
        if len(covered) == 1 and stop - start >= 2 * COLUMN:
            break
        part = page[start : stop + 1]
        gutter = _gutter(part, covered)
        if gutter is not None:
            best = stop + 1, gutter
        elif stop - best[0] > PATIENCE:
            break
    return best


def _merged(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    found = list[tuple[float, float]]()
    for left, right in sorted(spans):
        if found and left <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], right)
        else:
            found.append((left, right))
    return found


def _gutter(part: Sequence[Line], covered: Sequence[tuple[float, float]]) -> float | None:
    """The right edge of the ground left of the widest gutter, if both its sides are columns."""
    if len(covered) < 2 or len(part) < 2 * COLUMN:
        return None
    size = median(line.size for line in part)
    for gap, edge in sorted(
        ((right[0] - left[1], left[1]) for left, right in pairwise(covered)),
        reverse=True,
    ):
        if gap < GUTTER * size:
            return None
        sides = [x for x in part if x.right <= edge], [x for x in part if x.right > edge]
        if all(map(_is_column, sides)):
            return edge
    return None


def _is_column(side: Sequence[Line]) -> bool:
    if sum(len(line.text) for line in side) < PROSE * COLUMN:
        return False
    longest = [max(len(line.text) for line in row) for row in rows(side)]
    return len(longest) >= COLUMN and sum(longest) >= PROSE * len(longest)


def parted(stretches: Sequence[Sequence[Row]]) -> Iterator[list[str]]:
    """The lines of each paragraph or heading; items of a list stay together."""
    for stretch in stretches:
        lines = [_joined(row) for row in stretch]
        edges = min(line.left for line in lines), max(line.right for line in lines)
        gaps = [above.bottom - below.top for above, below in pairwise(lines)]
        usual = median(gaps) if gaps else 0.0
        block = [lines[0]]
        for line in lines[1:]:
            if _parts(block[-1], line, usual, edges):
                yield [x.text for x in block]
                block = []
            block.append(line)
        yield [x.text for x in block]


def said(row: Row) -> str:
    """The text of a row: its cells, or an item after its label."""
    first, rest = row[0].text, CELLS.join(line.text for line in row[1:])
    return (
        f"{first} {rest}"
        if rest and _LABEL.fullmatch(first)
        else CELLS.join([first, *filter(None, [rest])])
    )


def _joined(row: Row) -> Line:
    return Line(
        said(row),
        row[0].left,
        min(line.bottom for line in row),
        max(line.right for line in row),
        max(line.top for line in row),
    )


def _parts(above: Line, below: Line, usual: float, edges: tuple[float, float]) -> bool:
    """Whether a paragraph ends between two lines of a column with these edges.

    Its last line stops short, or the next one's first is indented.
    """
    size = min(above.size, below.size)
    gap = above.bottom - below.top
    usual = min(max(usual, 0.0), DOUBLE * size)
    if max(above.size, below.size) > SIZE * size or gap > usual + PITCH * size:
        return True
    if below.text[0] in _BULLETS or CELLS in above.text or CELLS in below.text:
        return False
    if above.text[-1] not in ENDS or below.text[:1].islower():
        return False
    left, right = edges
    word = below.text.split(maxsplit=1)[0]
    width = (below.right - below.left) / len(below.text) * (len(word) + 1)
    indented = below.left > left + INDENT * size > above.left
    return above.right + width < right or indented
