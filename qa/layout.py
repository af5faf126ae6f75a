"""How a text is laid out: its lines, and where its paragraphs begin and end.

No file says how it was made, so the signs are read as a person reads them: a blank line, a line
that stops short of the wrap, a bullet, a sentence that goes on.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from qa.sentences import solid

LABEL = 60  # characters; names, offices and items of menus are rarely longer
MIN_WRAP, MAX_WRAP = 40, 120  # columns; narrower is verse, wider is no hard wrap
SLACK = 3  # columns a wrap may leave free though the next word would have fitted
STEP = 80  # characters; what is to be done first, and next, is short, and clauses are longer
CELL = 4  # columns by which what stands below the second cell of a row is indented
BEYOND = 1.25  # times the wrap: by hand, a line now and then becomes longer than the others

_FINISHED = re.compile(r"[.!?…]\s?[”’\"'»)\]]*$")
_BULLET = re.compile(r"(?:[-*•‣▪◦·–—●○■□→➢✓]|\(?(?:\d{1,3}|[a-z])[.)])\s+\S")
_NUMBER = re.compile(r"\(?([1-9])[.)]\s")  # of the few steps that one takes
_CELLS = re.compile(r"\S(?:\t|[ \u00a0]{3,})\S|^\|.*\|$")
_ANSWERED = re.compile(r"(?:>\s?)+")
# A line that ends with one of these is no heading and no paragraph's last.
_DANGLING = frozenset(
    "the a an and or of to for from by with at le la les un une des du de et ou à au aux en pour "
    "par avec dans el los las una y o e del al con por para sin".split()
)
_OPENING, _CLOSING = re.compile(r"[“«(\[]"), re.compile(r"[”»)\]]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank, without the blanks around it."""

    start: int
    end: int
    number: int  # counts from 1, as editors do
    text: str
    width: int  # columns, the indentation among them
    gap: bool  # a blank line, or nothing, stands above

    @property
    def indent(self) -> int:
        return self.width - len(self.text)

    @property
    def words(self) -> str:
        """The text without the `>` of an answered e-mail."""
        return _ANSWERED.sub("", self.text, count=1) if self.text[0] == ">" else self.text

    @property
    def finished(self) -> bool:
        """Whether it ends as a sentence does."""
        return bool(_FINISHED.search(self.text[-8:]))

    @property
    def goes_on(self) -> bool:
        """Whether it starts in the middle of a sentence."""
        return self.words.lstrip("\"'“‘«( ")[:1].islower() and not self.bullet

    @property
    def stays_open(self) -> bool:
        """Whether it ends in the middle of a sentence."""
        last = re.split(r"[\s'’]", self.text[-12:])[-1]
        return self.text.endswith(",") or last in _DANGLING

    @property
    def label(self) -> bool:
        """Short and no sentence: a name, an office, an item of a menu."""
        return len(self.text) <= LABEL and not self.finished

    @property
    def bullet(self) -> bool:
        """Whether it starts an item of a list, with a mark or a number."""
        return bool(_BULLET.match(self.words))

    @property
    def step(self) -> int:
        """Its number, if it is an item of a numbered list, one of the first; else 0."""
        found = _NUMBER.match(self.words)
        return int(found[1]) if found else 0

    @property
    def row(self) -> bool:
        """Whether it is divided into cells like a table's."""
        return bool(_CELLS.search(self.text))

    @property
    def ornament(self) -> bool:
        """Whether it has no words: a lone bullet, a ruler."""
        return not any(map(str.isalnum, self.text)) and not self.row

    @property
    def quotes_on(self) -> bool:
        """Whether a quotation or a bracket is opened and not closed."""
        opened, closed = len(_OPENING.findall(self.text)), len(_CLOSING.findall(self.text))
        return opened > closed or self.text.count('"') % 2 == 1


def lines(text: str) -> list[Line]:
    """The lines of `text` that are not blank."""
    found, offset, number, gap = [], 0, 1, True
    for raw in text.splitlines(keepends=True):
        if span := solid(text, offset, offset + len(raw)):
            words = text[span.start : span.end]
            found.append(Line(span.start, span.end, number, words, span.end - offset, gap))
        offset, gap = offset + len(raw), span is None
        number += line_ends(raw)
    return found


def line_ends(text: str) -> int:
    """How many lines end in a text, as editors and `grep -n` count them.

    Python ends a line at a form feed, too, of which there is one a page in what was a PDF.
    """
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def stretches(found: Sequence[Line]) -> Iterator[range]:
    """The runs of lines without a blank line between them."""
    starts = [index for index, line in enumerate(found) if line.gap or index == 0]
    for start, stop in pairwise([*starts, len(found)]):
        yield range(start, stop)


def wrap_width(found: Sequence[Line]) -> int:
    """The column at which the text was wrapped by hand; 0 where it was not.

    Only lines whose sentence goes on in the next one tell it. The odd long one (an address that
    could not be broken) is left out.
    """
    pairs = [(line, after) for line, after in pairwise(found) if not after.gap]
    running = [
        line.width
        for line, after in pairs
        if not line.finished and (after.goes_on or line.stays_open)
        if MIN_WRAP <= line.width <= MAX_WRAP
    ]
    if len(running) < 2:  # one alone may be a slip in a text of one paragraph a line
        return 0
    wrap = max(width for width in running if width <= BEYOND * median(running))
    # The fullest line of all may happen to end a sentence.
    return max([wrap, *(x.width for x, _ in pairs if x.finished and x.width <= wrap + SLACK)])


def paragraphs(
    found: Sequence[Line], wrap: int, *, typeset: bool = False
) -> Iterator[tuple[Line, ...]]:
    """`found` cut into paragraphs, items of lists, tables and stanzas.

    In a `typeset` text every paragraph stands between blank lines, and only lists are to be cut.
    """
    for stretch in stretches(found):
        part, start = found[stretch.start : stretch.stop], 0
        verse, steps = not typeset and _is_verse(part, wrap), _steps(part)
        for index in range(1, len(part)):
            line, after, first = part[index - 1], part[index], part[start]
            alike = verse or index in steps or (typeset and not after.bullet)
            alike = alike or _hangs(first, after)
            if not (alike or _joins(line, after, opens=line is first, wrap=wrap)):
                yield tuple(part[start:index])
                start = index
        yield tuple(part[start:])


def _is_verse(part: Sequence[Line], wrap: int) -> bool:
    """Whether short lines stand together: a stanza, an address, a list of names.

    Each starts with a capital and few end a sentence: else they are paragraphs, or wrapped ones.
    """
    longest = min(LABEL, wrap * 2 // 3) if wrap else LABEL
    short = all(line.width <= longest and not line.bullet for line in part)
    running = any(line.goes_on for line in part[1:])
    return len(part) > 2 and short and not running and 2 * sum(x.finished for x in part) < len(part)


def _hangs(first: Line, after: Line) -> bool:
    """Whether `after` hangs below the text of the item of a list, or of the row of a table, that
    `first` starts, or is another row of it."""
    if first.row and not first.bullet:
        return after.row or after.indent >= first.indent + CELL
    return first.bullet and not after.bullet and after.indent > first.indent


def _steps(part: Sequence[Line]) -> set[int]:
    """The lines (by index) that are the next step of a way to do something, told as a whole.

    Most of its steps are short; clauses of a contract are not.
    """
    found, run = set[int](), [0]
    for index in range(1, len(part) + 1):
        if index < len(part) and 0 < part[index - 1].step == part[index].step - 1:
            run.append(index)
            continue
        if median(len(part[step].text) for step in run) <= STEP:
            found.update(run[1:])
        run = [index]
    return found


def _joins(line: Line, after: Line, *, opens: bool, wrap: int) -> bool:
    """Whether `after` carries the paragraph on; `opens` where `line` is its first line."""
    if line.row and after.row:
        return True
    if after.bullet:
        return not line.finished and _heads_list(line, after, opens=opens)
    if line.text[0] == ">" == after.text[0] and not line.finished:  # wrapped when it was answered
        return True
    room = wrap - line.width - 1 - len(after.text.split(maxsplit=1)[0])
    wrapped = line.width <= wrap  # a longer line was not made by the wrap
    if line.finished:
        return wrapped and room < 0 and (after.indent <= line.indent or line.bullet)
    if after.goes_on or line.stays_open:
        return True
    if line.width > BEYOND * wrap:
        return False
    return room < SLACK or line.quotes_on or (not opens and 3 * line.width > 2 * wrap)


def _heads_list(line: Line, after: Line, *, opens: bool) -> bool:
    """Whether an item is one list with the unfinished line above it.

    Items that are sentences stand for themselves, each a passage that can answer. Fragments say
    nothing without one another and the line that introduces them.
    """
    if line.text.endswith(":"):
        return not after.finished
    return line.bullet or not opens or line.text[-1] in ";,"
