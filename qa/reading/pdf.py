"""PDF: its pages, the lines on them in the order they are read, and what runs along their edges."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from ctypes import byref
from dataclasses import dataclass
from math import pi
from statistics import median
from typing import Any

from qa.passages import HEADLINE
from qa.reading.columns import SIZE, Line, Row, in_order, parted, rows, said
from qa.reading.extract import Extract, UnreadableError
from qa.types import Span

MAX_PAGES = 20_000  # some files have pages without end; the longest laws have 10,000
GAP = 1.5  # heights of a letter; a wider one parts columns or cells, a narrower one parts words
EDGE = 0.1  # of a page's height: what runs along all pages is printed in the margin
REPEATED = 3  # pages on which such a row stands; both, where there are but two
SAMPLE = 200  # letters of a page, which tell how it is turned
LEGIBLE = 0.6  # least share of letters and digits among what is not blank; prose has 0.95

_Box = tuple[float, float, float, float]  # left, bottom, right, top

_PASSWORD = 4  # FPDF_ERR_PASSWORD
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl"}
_HYPHENS = frozenset({0x02, 0xFFFE})  # what PDFium makes of a hyphen at the end of a line
_NUMBER = re.compile(
    r"\W*(?:(?:page|p\.|pág(?:ina)?\.?)\s*)?\d{1,4}(?:\s*(?:/|of|de|sur)\s*\d{1,4})?\W*|[ivxl]{1,7}",
    re.IGNORECASE,
)
_REPEATED = re.compile(r"(\W)\1+")  # leaders, rulers
_CONTENTS = re.compile(
    r".*(?:\.\s?){4,}\s*\d{1,4}\s*"
)  # a heading, leaders, the number of its page
_FILE_NAME = re.compile(r"^\W*$|\.\w{2,5}\W*$|^(?:untitled|sans titre|sin título)\b", re.IGNORECASE)


def extract(data: bytes) -> Extract:
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        document = PdfDocument(data)
    except PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD:
            raise UnreadableError(
                "is encrypted; save it without its password, for example with qpdf --decrypt"
            ) from error
        raise UnreadableError(f"is damaged ({str(error).rstrip('.')}); save it again") from error
    try:
        if len(document) > MAX_PAGES:
            raise UnreadableError(f"has {len(document)} pages, more than {MAX_PAGES}; split it")
        pages = [_page(document, number) for number in range(len(document))]
        about = document.get_metadata_dict()
    finally:
        document.close()
    _check_legible("".join(line.text for page in pages for line in page.lines))
    return _composed(pages, about)


def _check_legible(text: str) -> None:
    solid = "".join(text.split())
    if not solid:
        raise UnreadableError(
            "has no text in it, only pictures; recognise it first, for example with ocrmypdf"
        )
    solid = _REPEATED.sub(r"\1", solid)
    if sum(map(str.isalnum, solid)) < LEGIBLE * len(solid):
        raise UnreadableError(
            "does not say which letters its signs are; recognise it, for example with "
            "ocrmypdf --force-ocr"
        )


@dataclass(frozen=True, slots=True)
class _Page:
    lines: list[Line]
    bottom: float
    top: float

    def margins(self) -> tuple[list[Row], list[Row]]:
        """The rows in the upper margin, and those in the lower."""
        depth = EDGE * (self.top - self.bottom)
        above = [line for line in self.lines if line.bottom > self.top - depth]
        below = [line for line in self.lines if line.top < self.bottom + depth]
        return rows(above), rows(below)


@dataclass(slots=True)
class _Run:
    """Letters that follow one another on a line."""

    letters: list[str]
    left: float
    bottom: float
    right: float
    top: float


def _page(document: Any, number: int) -> _Page:
    page = document[number]
    text = page.get_textpage()
    try:
        turns = _turns(text)
        _, bottom, _, top = _turned(page.get_bbox(), turns)
        return _Page(_lines(text, turns), bottom, top)
    finally:  # all pages of a book, kept open, would not fit into memory
        text.close()
        page.close()


def _turns(text: Any) -> int:
    """By how many quarters the letters of a page are turned, most of them: tables lie across."""
    from pypdfium2 import raw

    count = text.count_chars()
    some = range(0, count, max(count // SAMPLE, 1))
    solid = (at for at in some if not chr(raw.FPDFText_GetUnicode(text, at)).isspace())
    angles = (max(raw.FPDFText_GetCharAngle(text, at), 0) for at in solid)  # -1: it is not known
    seen = Counter(round(angle / (pi / 2)) % 4 for angle in angles)
    return max(seen, key=seen.__getitem__, default=0)


def _turned(box: _Box, turns: int) -> _Box:
    """Where a box lies once the page is turned so that its letters stand upright."""
    left, bottom, right, top = box
    if turns == 1:
        return -top, left, -bottom, right
    if turns == 2:
        return -right, -top, -left, -bottom
    return (bottom, -right, top, -left) if turns == 3 else box


def _lines(text: Any, turns: int) -> list[Line]:
    """The lines of a page, in the order of the file, parted where a wide gap is in them."""
    from pypdfium2 import raw

    rect = raw.FS_RECTF()
    found, run = list[Line](), None
    for index in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text, index)
        if code in (0x0A, 0x0D):
            found, run = _ended(found, run), None
            continue
        letter = "-" if code in _HYPHENS else _LIGATURES.get(code) or chr(code)
        blank = letter.isspace()
        if blank or not raw.FPDFText_GetLooseCharBox(text, index, byref(rect)):
            if run is not None:
                run.letters.append(" " if blank else letter)
            continue
        box = _turned((rect.left, rect.bottom, rect.right, rect.top), turns)
        left, bottom, right, top = box
        if run is not None and not bottom - top < left - run.right < GAP * (top - bottom):
            found, run = _ended(found, run), None
        if run is None:
            run = _Run([], *box)
        run.letters.append(letter)
        run.right, run.left = max(run.right, right), min(run.left, left)
        run.top, run.bottom = max(run.top, top), min(run.bottom, bottom)
    return _ended(found, run)


def _ended(found: list[Line], run: _Run | None) -> list[Line]:
    letters = "".join(run.letters) if run is not None else ""
    # PDFium has the halves of what lies beyond U+FFFF, one after the other.
    text = " ".join(letters.encode("utf-16", "surrogatepass").decode("utf-16", "replace").split())
    if run is not None and text:
        found.append(Line(text, run.left, run.bottom, run.right, run.top))
    return found


def _composed(pages: Sequence[_Page], about: dict[str, str]) -> Extract:
    """All pages as one text, a form feed between them."""
    running = _running(pages)
    out, size = list[str](), 0
    starts, asides = list[int](), list[Span]()
    for page in pages:
        if starts:
            out.append("\f")
            size += 1
        starts.append(size)
        for text, aside in _blocks(page, running):
            if aside:
                asides.append(Span(size, size + len(text)))
            out += [text, "\n\n"]
            size += len(text) + 2
    title = about.get("Title", "").strip()
    return Extract(
        "".join(out),
        title=_largest(pages[0]) if _FILE_NAME.search(title) else title,
        saved=_date(about.get("CreationDate", "")),
        pages=tuple(starts),
        asides=tuple(asides),
    )


def _blocks(page: _Page, running: Collection[str]) -> Iterator[tuple[str, bool]]:
    """The text of each block of a page, and whether it stands aside."""
    above, below = page.margins()
    above = [row for row in above if _key(row) in running or _NUMBER.fullmatch(said(row))]
    below = [row for row in below if _key(row) in running or _NUMBER.fullmatch(said(row))]
    aside = {line for row in (*above, *below) for line in row}
    yield from ((said(row), True) for row in above)
    for block in parted(in_order([line for line in page.lines if line not in aside])):
        contents = [bool(_CONTENTS.fullmatch(text)) for text in block]
        yield "\n".join(block), 2 * sum(contents) > len(block)
    yield from ((said(row), True) for row in below)


def _largest(page: _Page) -> str:
    """What stands on a page in the largest letters, if these are larger than the others'."""
    sizes = [line.size for line in page.lines]
    if not sizes or max(sizes) < SIZE * median(sizes):
        return ""
    large = dict.fromkeys(x.text for x in page.lines if SIZE * x.size > max(sizes))
    title = " ".join(large)
    return title if len(title) <= HEADLINE and any(map(str.isalpha, title)) else ""


def _running(pages: Sequence[_Page]) -> set[str]:
    """The rows that stand in the margin of page after page, whatever number is in them."""
    seen = Counter[str]()
    for page in pages:
        above, below = page.margins()
        seen.update({_key(row) for row in (*above, *below)})
    least = 2 if len(pages) == 2 else REPEATED
    return {key for key, times in seen.items() if times >= least}


def _key(row: Row) -> str:
    return re.sub(r"\d+", "#", said(row)).casefold()


def _date(stamp: str) -> str:
    """`D:20151021151604-04'00'` as 2015-10-21."""
    found = re.match(r"D:(\d{4})(\d\d)(\d\d)", stamp)
    return "-".join(found.groups()) if found else ""
