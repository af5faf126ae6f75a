"""Tables with a column of text: each of its cells is a paragraph of the document."""

import csv as library
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qa.reading.extract import Extract, UnreadableError, paragraphs
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
MAX_CELL = 2**20  # characters; a book in one cell is a mistake in the quotation marks

_CURE = f"call the column that is to be searched {TEXTS[0]!r}"


def csv(data: bytes) -> Extract:
    found = plain(data)
    text = found.text.removeprefix("\ufeff")
    library.field_size_limit(MAX_CELL)
    head = text.partition("\n")[0]
    separator = max(",;\t|", key=head.count)
    try:
        rows = library.DictReader(io.StringIO(text, newline=""), delimiter=separator)
        return _extract(list(rows), rows.fieldnames or (), found.encoding)
    except library.Error as error:
        raise UnreadableError(f"is damaged: {error}") from error


def jsonl(data: bytes) -> Extract:
    found = plain(data)
    rows, names = list[Mapping[str, Any]](), dict[str, None]()
    for number, line in enumerate(found.text.removeprefix("\ufeff").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UnreadableError(f"is damaged: line {number} is not JSON") from error
        if not isinstance(row, dict):
            raise UnreadableError(f"has no columns: line {number} is not an object; {_CURE}")
        rows.append(row)
        names.update(dict.fromkeys(row))
    return _extract(rows, tuple(names), found.encoding)


def _extract(rows: Iterable[Mapping[str, Any]], names: Sequence[str], encoding: str) -> Extract:
    text, title = _column(names, TEXTS), _column(names, TITLES)
    if text is None:
        seen = ", ".join(map(str, names[:8])) or "none"
        raise UnreadableError(f"has no column of text (its columns: {seen}); {_CURE}")
    parts = list[str]()
    for row in rows:
        parts += [_cell(row, title) if title is not None else "", _cell(row, text)]
    return Extract(paragraphs(parts), encoding=encoding)


def _column(names: Sequence[str], wanted: Sequence[str]) -> str | None:
    plain = {str(name).strip().casefold(): name for name in names}
    return next((plain[name] for name in wanted if name in plain), None)


def _cell(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""
