"""Writing a catalogue: documents and passages, their words and how these are written."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence, Set
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from qa import lexicon
from qa.catalogue import NO_PAGES, bytes_of, checksum, opened_as
from qa.language import fold
from qa.types import Document, Passage

_SCHEMA = """
CREATE TABLE documents (
    doc_id BLOB PRIMARY KEY, path BLOB NOT NULL, title BLOB NOT NULL, language TEXT NOT NULL,
    encoding TEXT NOT NULL, sha256 TEXT NOT NULL, text_sha256 TEXT NOT NULL,
    extractor TEXT NOT NULL, date TEXT NOT NULL, pages TEXT NOT NULL,
    checksum INTEGER NOT NULL, text BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, doc_id BLOB NOT NULL, number INTEGER NOT NULL, start INTEGER NOT NULL,
    end INTEGER NOT NULL, line INTEGER NOT NULL, language TEXT NOT NULL, kind TEXT NOT NULL,
    search_text TEXT NOT NULL, repeated INTEGER NOT NULL, alike INTEGER NOT NULL, twins INTEGER,
    checksum INTEGER NOT NULL,
    UNIQUE (doc_id, number)
);
CREATE INDEX passages_by_twins ON passages (twins) WHERE twins IS NOT NULL;
CREATE TABLE words (
    folded TEXT NOT NULL, language TEXT NOT NULL, word TEXT NOT NULL, passages INTEGER NOT NULL,
    PRIMARY KEY (folded, language)
) WITHOUT ROWID;
"""
# Nobody reads it before it is whole and on the disk, and what fails is thrown away.
_ASIDE = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"


class Earlier(NamedTuple):
    """A catalogue whose rows were read and checked, and the IDs of documents that are the same."""

    path: Path
    same: Set[str]


def write(
    path: Path,
    documents: Iterable[Document],
    passages: Sequence[Passage],
    twins: Callable[[], Sequence[int | None]],
    earlier: Earlier | None = None,
) -> None:
    """Write a new catalogue. `twins()[row]` numbers the group of equal passages a row is in; it
    is asked for last, so that it can be found meanwhile. Documents of an `earlier` one are copied.

    Raises:
        OSError: there is no room, or no right to write.
    """
    try:
        with closing(sqlite3.connect(path.absolute().as_uri(), uri=True)) as connection, connection:
            connection.executescript(_ASIDE + _SCHEMA)
            if earlier is not None:
                _copy(connection, earlier)
                documents = (d for d in documents if d.doc_id not in earlier.same)
            _fill(connection, documents, passages, twins)
    except sqlite3.Error as error:
        raise OSError(str(error)) from error


def _copy(connection: sqlite3.Connection, earlier: Earlier) -> None:
    """Copy the rows of documents that are the same."""
    connection.execute("ATTACH ? AS earlier", (opened_as(earlier.path),))
    connection.execute("CREATE TEMP TABLE same (doc_id BLOB PRIMARY KEY) WITHOUT ROWID")
    connection.executemany(
        "INSERT INTO same VALUES (?)", ((bytes_of(doc_id),) for doc_id in earlier.same)
    )
    connection.execute(
        "INSERT INTO documents SELECT * FROM earlier.documents"
        " WHERE doc_id IN (SELECT doc_id FROM same)"
    )


def _fill(
    connection: sqlite3.Connection,
    documents: Iterable[Document],
    passages: Sequence[Passage],
    twins: Callable[[], Sequence[int | None]],
) -> None:
    connection.executemany(
        f"INSERT INTO documents VALUES ({lexicon.marks(range(12))})", map(_document_row, documents)
    )
    words = lexicon.fill(connection, passages)
    connection.executemany("INSERT INTO words VALUES (?, ?, ?, ?)", _word_rows(words))
    groups = twins()
    connection.executemany(
        f"INSERT INTO passages VALUES ({lexicon.marks(range(13))})",
        (_passage_row(row, p, groups[row]) for row, p in enumerate(passages)),
    )


def _word_rows(words: lexicon.Counts) -> list[tuple[str, str, str, int]]:
    """Each word without capitals and accents, a language, its commonest form, its passages."""
    rows = list[tuple[str, str, str, int]]()
    for language, counts in words.items():
        found: dict[str, tuple[int, str, int]] = {}
        for word, count in counts.items():
            key = fold(word)
            if key in found:  # most words are written in one way only
                most, form, passages = found[key]
                found[key] = (*max((most, form), (count, word)), passages + count)
            else:
                found[key] = count, word, count
        rows += [(key, language, form, passages) for key, (_, form, passages) in found.items()]
    return sorted(rows)


def _document_row(d: Document) -> tuple[Any, ...]:
    text = d.text.encode()
    names = (bytes_of(d.doc_id), bytes_of(str(d.path)), bytes_of(d.title))
    content = (d.encoding, d.sha256, hashlib.sha256(text).hexdigest(), d.extractor, d.date)
    values = (*names, d.language, *content, json.dumps(d.pages) if d.pages else NO_PAGES)
    return *values, checksum(values), text


def _passage_row(row: int, p: Passage, twins: int | None) -> tuple[Any, ...]:
    place = (row, bytes_of(p.doc_id), p.number, p.start, p.end, p.line)
    values = (*place, p.language, p.kind, p.search_text, int(p.repeated), p.alike, twins)
    return *values, checksum(values)
