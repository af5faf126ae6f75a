"""Documents and passages in SQLite: the words of the corpus, without a single vector."""

import hashlib
import math
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Any

from qa.errors import LibraryError
from qa.language import fold
from qa.types import Document, Language, Passage, Twin

_SCHEMA = """
CREATE TABLE documents (
    doc_id TEXT PRIMARY KEY, path TEXT NOT NULL, title TEXT NOT NULL, language TEXT NOT NULL,
    encoding TEXT NOT NULL, sha256 TEXT NOT NULL, text BLOB NOT NULL, text_sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, doc_id TEXT NOT NULL, number INTEGER NOT NULL, start INTEGER NOT NULL,
    end INTEGER NOT NULL, line INTEGER NOT NULL, language TEXT NOT NULL, kind TEXT NOT NULL,
    search_text TEXT NOT NULL, twins INTEGER, UNIQUE (doc_id, number)
);
CREATE INDEX passages_by_twins ON passages (twins) WHERE twins IS NOT NULL;
CREATE VIRTUAL TABLE lexicon USING fts5 (terms, content='', tokenize='ascii');
CREATE VIRTUAL TABLE lexicon_terms USING fts5vocab ('lexicon', 'row');
"""
_PASSAGE = "doc_id, number, start, end, line, language, kind, search_text"
_MAX_WORDS = 64  # of a question that are looked up; a pasted page has no more to say than that
_STEM = 6  # letters kept of a word: "migrants" and "migrant" meet, "migration" stays near
_WORD = re.compile(r"\w+")


def terms(text: str) -> list[str]:
    """The words of a text for lexical search: folded to lower-case ASCII letters, cut to a stem."""
    return [word[:_STEM] for word in _WORD.findall(fold(text))]


def digest(text: str) -> str:
    """The SHA-256 of a text in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def write(
    path: Path,
    documents: Iterable[Document],
    passages: Sequence[Passage],
    twins: Sequence[int | None],
) -> None:
    """Write a new catalogue. `twins[row]` numbers the group of equal passages a row is in."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_SCHEMA)
        connection.executemany(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (d.doc_id, str(d.path), d.title, d.language, d.encoding, d.sha256)
                + (d.text.encode(), digest(d.text))
                for d in documents
            ),
        )
        connection.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (row, p.doc_id, p.number, p.start, p.end, p.line, p.language, p.kind)
                + (p.search_text, twins[row])
                for row, p in enumerate(passages)
            ),
        )
        connection.executemany(
            "INSERT INTO lexicon (rowid, terms) VALUES (?, ?)",
            ((row, " ".join(terms(p.search_text))) for row, p in enumerate(passages)),
        )


class Catalogue:
    """A catalogue opened for reading. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        try:
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            self.passage_count: int = self._one("SELECT count(*) FROM passages")[0]
        except sqlite3.Error as error:
            raise LibraryError(f"{path} is not a readable catalogue ({error})") from error
        self._texts = lru_cache(maxsize=64)(self._read_document)

    def close(self) -> None:
        self._connection.close()

    def _all(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise LibraryError(f"the catalogue of the index cannot be read ({error})") from error

    def _one(self, query: str, values: Sequence[Any] = ()) -> Any:
        rows = self._all(query, values)
        return rows[0] if rows else None

    def documents(self) -> list[Document]:
        """All documents, by ID, without their texts."""
        query = "SELECT doc_id, path, title, language, encoding, sha256 FROM documents"
        return [
            Document(doc_id, Path(path), title, language, "", encoding, sha256)
            for doc_id, path, title, language, encoding, sha256 in self._all(query)
        ]

    def document(self, doc_id: str) -> Document | None:
        """A document with its text, checked against the digest that was stored with it."""
        return self._texts(doc_id)

    def _read_document(self, doc_id: str) -> Document | None:
        query = "SELECT path, title, language, encoding, sha256, text, text_sha256 FROM documents"
        found = self._one(f"{query} WHERE doc_id = ?", (doc_id,))
        if found is None:
            return None
        path, title, language, encoding, sha256, data, text_sha256 = found
        if hashlib.sha256(data).hexdigest() != text_sha256:
            raise LibraryError(f"the stored text of {doc_id} is damaged")
        return Document(doc_id, Path(path), title, language, data.decode(), encoding, sha256)

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """The passages of these rows, in the order asked for."""
        found = {
            values[0]: Passage(*values[1:])
            for some in _batches(rows)
            for values in self._all(
                f"SELECT row, {_PASSAGE} FROM passages WHERE row IN ({_marks(some)})", some
            )
        }
        return [found[row] for row in rows]

    def all_passages(self) -> Iterator[Passage]:
        """Every passage, in row order."""
        for values in self._all(f"SELECT {_PASSAGE} FROM passages ORDER BY row"):
            yield Passage(*values)

    def passages_of(self, doc_id: str) -> list[Passage]:
        """The passages of one document, in order."""
        query = f"SELECT {_PASSAGE} FROM passages WHERE doc_id = ? ORDER BY number"
        return [Passage(*values) for values in self._all(query, (doc_id,))]

    def find(self, doc_id: str, number: int) -> Passage | None:
        """One passage by its document and number."""
        query = f"SELECT {_PASSAGE} FROM passages WHERE doc_id = ? AND number = ?"
        found = self._one(query, (doc_id, number))
        return None if found is None else Passage(*found)

    def first_rows(self) -> dict[str, int]:
        """The row of each document's first passage; a document's rows follow one another."""
        return dict(self._all("SELECT doc_id, min(row) FROM passages GROUP BY doc_id"))

    def languages(self) -> list[Language]:
        """The language of every passage, in row order."""
        return [value[0] for value in self._all("SELECT language FROM passages ORDER BY row")]

    def twin_groups(self, rows: Sequence[int]) -> dict[int, int]:
        """Which of these rows have twins: row -> the number of its group."""
        query = "SELECT row, twins FROM passages WHERE twins IS NOT NULL AND row IN ({})"
        return {
            row: group
            for some in _batches(rows)
            for row, group in self._all(query.format(_marks(some)), some)
        }

    def twins(self, group: int) -> list[tuple[int, Twin]]:
        """The members of a group, in row order."""
        query = "SELECT row, doc_id, number, language FROM passages WHERE twins = ? ORDER BY row"
        return [
            (row, Twin(f"{doc_id}#p{number}", language))
            for row, doc_id, number, language in self._all(query, (group,))
        ]

    def lexical(self, question: str, language: Language, top_k: int) -> dict[int, float]:
        """BM25 among the passages of one language, as a share of a perfect match: row -> 0 to 1.

        Okapi BM25 (Robertson and Zaragoza, 2009) as SQLite's FTS5 computes it, divided by what
        a passage made of nothing but the question's words would tend to.
        """
        words = list(dict.fromkeys(terms(question)))[:_MAX_WORDS]
        if not words or not self.passage_count:
            return {}
        match = " OR ".join(f'"{word}"' for word in words)
        found = self._all(
            "SELECT lexicon.rowid, -bm25(lexicon) AS score FROM lexicon JOIN passages"
            " ON passages.row = lexicon.rowid"
            " WHERE lexicon MATCH ? AND language = ? ORDER BY score DESC, lexicon.rowid LIMIT ?",
            (match, language, top_k),
        )
        best = self._best_possible(words)
        return {row: min(1.0, score / best) for row, score in found}

    def _best_possible(self, words: Sequence[str]) -> float:
        query = f"SELECT term, doc FROM lexicon_terms WHERE term IN ({_marks(words)})"
        counts = dict(self._all(query, words))
        total = self.passage_count
        return sum(2.2 * _idf(counts.get(word, 0), total) for word in words)  # 2.2 is k1 + 1


def _idf(documents: int, total: int) -> float:
    return math.log(1 + (total - documents + 0.5) / (documents + 0.5))


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def _batches(rows: Sequence[int], size: int = 500) -> Iterator[Sequence[int]]:
    """SQLite takes a limited number of values in one statement."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
