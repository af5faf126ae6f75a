"""A document cut into passages, as a careful person would cut it."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import ceil
from operator import itemgetter

from qa import layout
from qa.furniture import cards, glued, menus
from qa.language import detect, fold
from qa.layout import Line
from qa.months import NAMED
from qa.sentences import asks, is_blank, sentences, solid
from qa.speakers import interviewer, speaker
from qa.types import Document, Kind, Language, Passage, Span

# The model reads 512 tokens. The densest of 62 real texts in the three languages has 3.4
# characters a token, most have 4; at 3, this leaves 100 tokens for a prefix and a title.
MAX_CHARS = 1200
LETTERS = 40  # fewer tell no language: a name, a number, a heading of two words
HEADING = 120  # characters; about two lines of a page
HEADLINE = 240  # a press release's own is longer (195 in a French one of IOM's)
TOLD = 3  # words of a sentence; "Article 23." has fewer
HEADINGS = 3  # a rubric, a title and a subtitle may stand above one another, not more

SPOKEN: tuple[Kind, ...] = ("prose", "heading")

_LINE_END = r"(?:\r\n|[\n\r\v\f\x85\u2028\u2029])"
_ANSWERED = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
_SOFT_HYPHEN = re.compile(rf"\u00ad(?:[ \t]*{_LINE_END}\s*)?")
_HYPHENATED = re.compile(rf"(?<=[^\W\d_]-){_LINE_END}[ \t]*(?=[^\W\d_])")
# A word broken over two lines, and one written with a hyphen; long words take linear time.
_BROKEN = re.compile(rf"(?<![^\W\d_])([^\W\d_]++)-{_LINE_END}[ \t]*([^\W\d_]+)")
_COMPOUND = re.compile(r"(?<![^\W\d_])[^\W\d_]++-[^\W\d_]+")
_BLANKS = re.compile(r"[\s\ufeff]+")
# "Lyon, le 19 février 1912", "Lima, 12 May 2016", of folded text.
_TH = r"(?:er|st|nd|rd|th|º)?"
_DATELINE = re.compile(
    rf"[a-z][^\W\d_]*(?:[ '’-][^\W\d_]+){{0,5}},? (?:(?:le|el|a|on|the) )?"
    rf"(?:\d{{1,2}}{_TH} (?:of |de )?(?:{NAMED})|(?:{NAMED}) \d{{1,2}}{_TH}),?"
    r" (?:de |del )?\d{4}\.?"
)
# "WHO WE AREThe": two words or more in capitals, then a word that starts in the last one.
_CAPITALS = re.compile(
    r"(?:[A-ZÀ-ÖØ-Þ]{2,} ){1,5}[A-ZÀ-ÖØ-Þ]+(?=[A-ZÀ-ÖØ-Þ](?:[a-zß-öø-ÿ]{2}|[a-rt-z] ))"
)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together."""

    kind: Kind
    lines: tuple[Line, ...]

    @property
    def span(self) -> Span:
        return Span(self.lines[0].start, self.lines[-1].end)

    @property
    def words(self) -> str:
        return " ".join(self.lines[0].words.split())

    def line_at(self, offset: int) -> int:
        """The number of the line that `offset` is in."""
        return self.lines[bisect_right(self.lines, offset, key=lambda x: x.start) - 1].number


def cut(document: Document, *, max_chars: int = MAX_CHARS) -> tuple[Passage, ...]:
    """The passages of `document`, in order and without overlap.

    Every character that is not blank is in exactly one of them, and each starts and ends with
    one. A block of more than `max_chars` characters is split, at the ends of sentences if it has
    any.
    """
    if max_chars < 1:
        raise ValueError(f"max_chars is {max_chars}; a passage has one character at least")
    passages, above = list[Passage](), ""
    typeset = bool(document.pages)
    compounds = frozenset(_COMPOUND.findall(document.text)) if typeset else None
    for block in _answered(_blocks(document.text, document.asides, typeset=typeset)):
        for piece in _pieces(document.text, block.span, max_chars):
            words = search_text(document.text[piece.start : piece.end], above, compounds)
            passages.append(
                Passage(
                    doc_id=document.doc_id,
                    number=len(passages) + 1,
                    start=piece.start,
                    end=piece.end,
                    line=_row_line(document, piece.start) or block.line_at(piece.start),
                    language=_language(words, document.language),
                    kind=block.kind,
                    search_text=words,
                )
            )
        above = block.lines[-1].text if block.kind == "menu" else ""
    return tuple(passages)


def _row_line(document: Document, offset: int) -> int:
    """The line of the file on which the row begins that `offset` is in; 0 where no rows are known,
    as of what is no table."""
    at = bisect_right(document.rows, offset, key=itemgetter(0)) - 1
    return document.rows[at][1] if at >= 0 else 0


def headline(text: str, asides: Sequence[Span] = ()) -> str:
    """What `text` is called: the heading over its body, else its first line.

    "" for blanks, and where that line only opens what stands below, as a greeting does.
    """
    found = _blocks(text, asides)
    for block, below in zip(found, [*found[1:], None], strict=False):
        if block.kind == "heading":
            return block.words
        if block.kind == "prose" and not (below and below.kind == "menu"):
            break  # prose amid menus is no body yet; a heading beneath the body is a section's
    first = next((block for block in found if block.kind != "menu"), found[0] if found else None)
    words = first.words if first else ""
    if words.endswith((",", ":")):
        return ""
    return words if len(words) <= HEADING else words[:HEADING].rpartition(" ")[0] or words[:HEADING]


def search_text(quote: str, above: str = "", compounds: Collection[str] | None = None) -> str:
    """What is searched for a quote: one line of words, without glue from the line `above` it.

    Who types breaks a line only after a hyphen that is there anyway; who typesets breaks words.
    So where `compounds` are given, the words of a typeset text that have a hyphen within a line,
    only theirs are kept at the end of one.
    """
    plain = _SOFT_HYPHEN.sub("", _ANSWERED.sub("", quote))
    if compounds is not None:
        plain = _BROKEN.sub(lambda word: _mended(word, compounds), plain)
    plain = _HYPHENATED.sub("", plain)
    if glued(above, plain):
        plain = plain[len(above) :]
    elif capitals := _CAPITALS.match(plain):
        plain = plain[capitals.end() :]
    return _collapsed(plain) or _collapsed(quote)


def _mended(word: re.Match[str], compounds: Collection[str]) -> str:
    compound = f"{word[1]}-{word[2]}"
    return compound if compound in compounds or word[2][0].isupper() else word[1] + word[2]


def _collapsed(text: str) -> str:
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", text).strip())


def _language(words: str, otherwise: Language) -> Language:
    return detect(words, otherwise) if sum(map(str.isalpha, words)) >= LETTERS else otherwise


def _blocks(text: str, asides: Sequence[Span] = (), *, typeset: bool = False) -> list[Block]:
    """The blocks of `text` in order. Every line that is not blank is in exactly one.

    What is known to stand aside is as a menu is. In a `typeset` text a blank line stands wherever
    a paragraph ends, and nowhere else.
    """
    lines = layout.lines(text)
    taken = menus(lines) | _within(lines, asides)
    marks: list[tuple[Kind, int]] = [("prose", 0)] * len(lines)
    for index in taken:
        marks[index] = ("menu", 0)
    for card in cards(lines, taken):
        marks[card.start : card.stop] = [("contact", card.start)] * len(card)
    wrap, found = layout.wrap_width(lines), list[Block]()
    for (kind, _), group in groupby(zip(marks, lines, strict=True), key=lambda pair: pair[0]):
        part = tuple(line for _, line in group)
        parts = layout.paragraphs(part, wrap, typeset=typeset) if kind == "prose" else [part]
        found += [Block(kind, block) for block in parts]
    return _with_headings(found)


def _within(lines: Sequence[Line], asides: Sequence[Span]) -> set[int]:
    """The lines (by index) that lie in one of these spans."""
    starts, found = [line.start for line in lines], set[int]()
    for span in asides:
        found.update(range(bisect_left(starts, span.start), bisect_left(starts, span.end)))
    return found


def _with_headings(found: Sequence[Block]) -> list[Block]:
    """The same blocks, those that stand as headings above prose marked so."""
    marked, depth = list(found), HEADINGS
    for index in range(len(found) - 1, -1, -1):
        block = found[index]
        first = index == 0 or found[index - 1].kind == "menu"
        if block.kind != "prose":
            depth = depth if block.lines[0].ornament else HEADINGS
        elif depth < HEADINGS and _is_heading(block, HEADLINE if first else HEADING):
            marked[index], depth = replace(block, kind="heading"), depth + 1
        elif _is_dateline(block) and index + 1 < len(found) and found[index + 1].kind == "prose":
            marked[index], depth = replace(block, kind="heading"), 1
        else:
            depth = 0 if _is_body(block) else HEADINGS
    return marked


def _is_dateline(block: Block) -> bool:
    """Whether it is a place and a day, as above the greeting of a letter."""
    return len(block.lines) == 1 and bool(_DATELINE.fullmatch(fold(block.words)))


def _answered(found: Sequence[Block]) -> Iterator[Block]:
    """The same blocks, what only opens the one below in one with it: a question, a greeting, the
    words that announce a list."""
    asker = interviewer(block.lines[0].words for block in found if block.kind in SPOKEN)
    opened: Block | None = None
    for block in found:
        if opened and _goes_with(opened, block, asker):
            yield Block("prose", (*opened.lines, *block.lines))
            opened = None
            continue
        if opened:
            yield opened
        opened = block if _opens(block, asker) else None
        if not opened:
            yield block
    if opened:
        yield opened


def _opens(block: Block, asker: str) -> bool:
    """Whether the block says nothing without the one below it. `asker` is who asks all along."""
    line = block.lines[-1]
    if block.kind == "heading":
        return asks(line.text)
    if block.kind != "prose" or len(block.words) > HEADLINE:
        return False
    announces = len(block.lines) == 1 and len(line.text) <= HEADING and line.text[-1] in ",:"
    return announces or (bool(asker) and speaker(block.lines[0].words) == asker)


def _goes_with(opened: Block, block: Block, asker: str) -> bool:
    """Whether the block is what was `opened`: an answer, a letter, a list. One item of a list
    stands for itself."""
    if asker and speaker(opened.lines[0].words) == asker:
        return block.kind in SPOKEN and speaker(block.lines[0].words) != asker
    item = block.lines[0].bullet and not any(line.bullet for line in block.lines[1:])
    return block.kind == "prose" and not item


def has_question(text: str) -> bool:
    """Whether the text of a passage is a question that stands above its answer."""
    lines = text.splitlines()
    return len(lines) > 1 and asks(lines[0]) and not lines[1].strip()


def body_start(text: str) -> int:
    """Where in the text of a passage what only opens it is over; 0 where nothing opens it."""
    name, at = speaker(text), 0
    for line in text.splitlines(keepends=True):
        if at and (not line.strip() or (name and speaker(line) not in ("", name))):
            return at
        at += len(line)
    return 0


def _is_heading(block: Block, longest: int) -> bool:
    """Whether the block is a line that could stand above others as their heading."""
    line = block.lines[0]
    if len(block.lines) > 1 or len(line.text) > longest or line.goes_on or line.row:
        return False
    asked = asks(line.text) and len(line.text) <= HEADING  # as in lists of questions
    item = line.finished or line.text[0] in "-*•" or line.text[-1] in ":;,"
    return asked or not (item or _tells(line.text))


def _tells(text: str) -> bool:
    """Whether a line without a full stop at its end has sentences, and not just a number, before:
    "14 May, in our office. Adviser: Ana Roca" tells more than what stands below it."""
    found = sentences(text) if text[0] != "#" else []
    return len(found) > 1 and len(text[: found[0].end].split()) >= TOLD


def _is_body(block: Block) -> bool:
    """Whether a heading can stand above this block."""
    line = block.lines[-1]
    return len(block.lines) > 1 or line.finished or len(line.text) > HEADING or _tells(line.text)


def _pieces(text: str, whole: Span, max_chars: int) -> Iterator[Span]:
    """`whole`, or parts of about one length that end where its sentences do."""
    if whole.end - whole.start <= max_chars:
        yield whole
        return
    ends = [whole.start + s.end for s in sentences(text[whole.start : whole.end])]
    start = whole.start
    while start < whole.end:
        end = _piece_end(text, start, whole.end, ends, max_chars)
        if piece := solid(text, start, end):
            yield piece
        start = end


def _piece_end(text: str, start: int, stop: int, ends: Sequence[int], max_chars: int) -> int:
    """Where the piece that starts at `start` ends: at a sentence, a line, a word, or hard."""
    left = stop - start
    if left <= max_chars:
        return stop
    share = start + ceil(left / ceil(left / max_chars))  # so that no crumb is left at the end
    limit = start + max_chars
    at = bisect_left(ends, share)
    for end in (ends[at], ends[at - 1] if at else start):
        if start < end <= limit:
            return end
    line = text.rfind("\n", start + (max_chars + 1) // 2, limit)
    if line >= 0:
        return line
    return next((i for i in range(limit, start, -1) if is_blank(text[i])), limit)
