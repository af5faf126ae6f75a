"""Tables: each cell of their column of text, or else each row, is a paragraph of the document."""

import csv as library
import io
import json
import re
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from qa.reading.extract import PARTED, Extract, UnreadableError
from qa.reading.rows import noted, whole
from qa.reading.text import plain

# The names under which published sets keep their texts, best first, and their titles.
TEXTS = (
    "text",
    "texte",
    "texto",
    "body",
    "content",
    "contenu",
    "contenido",
    "passage",
    "paragraph",
)
TITLES = ("title", "titre", "título", "titulo", "headline", "name")
ROWS = 5000  # without a column of text; what has more is data to calculate with
MAX_CELL = 2**20  # characters; a book in one cell is a mistake in the quotation marks

_BLANK = r"(?:[ \t]*\r?\n)*"
_TOP = re.compile(rf'{_BLANK}(?:"?sep=(?P<mark>[^\r\n"])"?[ \t]*\r?\n{_BLANK})?', re.IGNORECASE)
_UNIT = "\x1f"  # parts columns in no file that has none of the usual signs
_NAMED = 5  # bad lines

_CURE = f"call the column that is to be searched {TEXTS[0]!r}"


def csv(data: bytes) -> Extract:
    found = plain(data)
    reader, above = _reader(found.text.removeprefix("\ufeff"))
    rows, bad = dict[int, Mapping[str, Any]](), dict[int, str]()
    begins = ends = above + 1
    try:
        names = reader.fieldnames or ()
        for row in reader:
            begins, ends = ends + 1, above + reader.line_num
            beyond: Any = row.get(None)  # the cells to which no column belongs
            if any(cell.strip() for cell in beyond or ()):
                bad[ends] = f"line {ends} has more cells than columns"
                continue
            # Of a line that is too short the last columns are None: it has none of them.
            cells = {k: v for k, v in row.items() if k is not None and v is not None}
            if any(map(str.strip, cells.values())):
                within = sum(cell.count("\n") for cell in cells.values())
                rows[max(begins, ends - within)] = cells  # blank lines may stand above it
        closed = found.text.rstrip().endswith('"') or found.text.count('"') % 2 == 0
        if begins < ends and not closed:  # it took all that followed for a cell
            bad[begins] = f"from line {begins} on a quotation mark may be missing"
    except library.Error as error:
        if not rows:
            raise UnreadableError(f"is damaged: {error}") from error
        after = max((ends, *bad)) + 1
        bad[after] = f"from line {after} on a quotation mark may be missing ({error})"
    return _extract(rows, bad, names, found.encoding)


def _reader(text: str) -> "tuple[library.DictReader[str], int]":
    """The rows of a table, and how many lines stand above its head: spreadsheets write there how
    cells are parted."""
    text = text if "\n" in text else text.replace("\r", "\n")
    top = _TOP.match(text)
    below = text[top.end() :] if top else text
    head = below.partition("\n")[0]
    # Where there is but one column, a comma is a part of its text.
    separator = max(",;\t|", key=head.count) if re.search(r"[,;\t|]", head) else _UNIT
    separator = (top and top["mark"]) or separator
    library.field_size_limit(MAX_CELL)
    reader = library.DictReader(io.StringIO(below, newline=""), delimiter=separator)
    return reader, text.count("\n") - below.count("\n")


def jsonl(data: bytes) -> Extract:
    found = plain(data)
    rows, bad = dict[int, Mapping[str, Any]](), dict[int, str]()
    names = dict[str, None]()
    for number, line in enumerate(found.text.removeprefix("\ufeff").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            bad[number] = f"line {number} is not JSON"
            continue
        if isinstance(row, dict):
            rows[number] = row
            names.update(dict.fromkeys(row))
        else:
            bad[number] = f"line {number} is not an object"
    return _extract(rows, bad, tuple(names), found.encoding)


def _extract(
    rows: Mapping[int, Mapping[str, Any]], bad: dict[int, str], names: Sequence[str], encoding: str
) -> Extract:
    """The cells of text of `rows`, by the lines they begin on; `bad` are lines that make no row,
    and why."""
    if bad and not rows:
        raise UnreadableError(f"has no row that can be read: {_said(bad)}; {_CURE}")
    text, title = _column(names, TEXTS), _column(names, TITLES)
    seen = ", ".join(map(str, names[:8])) or "none"
    if text is None and len(rows) > ROWS:
        raise UnreadableError(
            f"has no column of text (its columns: {seen}), and more than {ROWS:,} rows; {_CURE}"
        )
    parts = list[tuple[int, str]]()
    for line, row in rows.items():
        if text is None:
            parts.append((line, whole(row)))
        elif text not in row or not isinstance(row[text], str | None):
            bad[line] = f"line {line} has no text for {text!r}"
        else:
            parts.append((line, _cell(row, title) if title is not None else ""))
            parts.append((line, noted(_cell(row, text), row, (text, title))))
    if text is None and not any(part for _, part in parts):
        raise UnreadableError(f"has no column of text (its columns: {seen}); {_CURE}")
    lost = f"is read in part: {_said(bad)}; mend it to have all of it searched" if bad else ""
    together, begins = _paragraphs(parts)
    return Extract(together, encoding=encoding, rows=begins, lost=lost)


def _paragraphs(parts: Sequence[tuple[int, str]]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Texts, each with its line, as one text; and the offset and line of each that is not blank."""
    told = [(line, part.strip("\n")) for line, part in parts if part.strip()]
    offsets = accumulate((len(part) + len(PARTED) for _, part in told), initial=0)
    begins = tuple((offset, line) for offset, (line, _) in zip(offsets, told, strict=False))
    return PARTED.join(part for _, part in told), begins


def _said(bad: Mapping[int, str]) -> str:
    named = [why for _, why in sorted(bad.items())]
    more = len(named) - _NAMED
    return ", ".join([*named[:_NAMED], *([f"and {more} more"] if more > 0 else [])])


def _column(names: Sequence[str], wanted: Sequence[str]) -> str | None:
    plain = {str(name).strip().casefold(): name for name in names}
    return next((plain[name] for name in wanted if name in plain), None)


def _cell(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""
