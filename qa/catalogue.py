"""Documents and passages in SQLite: the words of the corpus, without a single vector."""

import hashlib
import json
import sqlite3
import threading
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from qa.errors import LibraryError
from qa.lexicon import Lexicon, marks
from qa.types import Document, Language, Passage, Twin
from qa.weak import weakly

_DOCUMENT = (
    "doc_id, path, title, language, encoding, sha256, text_sha256, extractor, date, pages, checksum"
)
_PASSAGE = (
    "SELECT row, doc_id, number, start, end, line, language, kind, search_text, repeated, alike,"
    " twins, checksum FROM passages"
)
NO_PAGES = "[]"  # as most documents have, of which there may be very many
_KNOWN = 4096  # passages kept as objects, some megabytes


class Spelling(NamedTuple):
    """How a word is mostly written in passages of a language, and in how many of them it stands."""

    word: str
    language: Language
    passages: int


def bytes_of(name: str) -> bytes:
    """A file's name may be no valid text, which SQLite would not take as such."""
    return name.encode("utf-8", "surrogatepass")


def _name(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def opened_as(path: Path) -> str:
    """What SQLite is told to open: a file that nobody writes any more."""
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"


def checksum(values: Sequence[Any]) -> int:
    return zlib.crc32(repr(values).encode())


class Catalogue:
    """A catalogue opened for reading. Safe to share between threads.

    Python hands one prepared statement to all threads that run the same query, so two at once
    could get one another's rows: they take turns.
    """

    def __init__(self, path: Path, cure: str = "") -> None:
        """Open a catalogue; `cure` tells what to do about damage.

        Raises:
            LibraryError: it cannot be read.
        """
        self._trouble = f"{path} is damaged" + (f"; {cure}" if cure else "")
        self._turn = threading.Lock()
        try:
            self._connection = sqlite3.connect(opened_as(path), uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise LibraryError(self._trouble) from error
        self.passage_count: int = self._one("SELECT count(*) FROM passages")[0]
        self._texts = lru_cache(maxsize=64)(weakly(self._read_document))
        self._groups = lru_cache(maxsize=1024)(weakly(self._read_group))
        # Passages read lately, with their groups of twins: most questions meet them again.
        self._known: dict[int, tuple[Passage, int | None]] = {}
        self._lexicon = Lexicon(weakly(self._all), self.passage_count, self._trouble)
        self._written = lru_cache(maxsize=4096)(weakly(self._is_written))

    def close(self) -> None:
        self._connection.close()

    def __del__(self) -> None:
        if hasattr(self, "_connection"):
            with suppress(OSError, sqlite3.Error):  # nobody could catch it
                self.close()

    def _all(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        try:
            with self._turn:
                return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise LibraryError(self._trouble) from error

    def _one(self, query: str, values: Sequence[Any] = ()) -> Any:
        rows = self._all(query, values)
        return rows[0] if rows else None

    def _checked(self, values: Sequence[Any]) -> Sequence[Any]:
        """A row of a table without its checksum, if it is what was written."""
        *row, written = values
        if checksum(tuple(row)) != written:
            raise LibraryError(self._trouble)
        return row

    def _passage(self, values: Sequence[Any]) -> Passage:
        _row, doc_id, *rest, repeated, alike, _twins = self._checked(values)
        values = (*rest, bool(repeated), alike)
        return Passage(_name(doc_id), *values)

    def _document(self, values: Sequence[Any], text: str = "") -> Document:
        doc_id, path, title, language, *rest = self._checked(values)
        encoding, sha256, _digest, extractor, date, pages = rest
        return Document(
            doc_id=_name(doc_id),
            path=Path(_name(path)),
            title=_name(title),
            language=language,
            text=text,
            encoding=encoding,
            sha256=sha256,
            extractor=extractor,
            date=date,
            pages=() if pages == NO_PAGES else tuple(json.loads(pages)),
        )

    def documents(self) -> list[Document]:
        """All documents, by ID, without their texts. No document from here has its `asides`
        and `rows`: they are of use only where it is cut."""
        found = self._all(f"SELECT {_DOCUMENT} FROM documents")
        return sorted(map(self._document, found), key=lambda document: document.doc_id)

    def about(self, doc_ids: Collection[str]) -> dict[str, str]:
        """The ID, the title and the date of these documents, as one text each."""
        found = [
            self._document(values)
            for some in _batches([bytes_of(doc_id) for doc_id in doc_ids])
            for values in self._all(
                f"SELECT {_DOCUMENT} FROM documents WHERE doc_id IN ({marks(some)})", some
            )
        ]
        return {d.doc_id: f"{d.doc_id} {d.title} {d.date}" for d in found}

    def whole_documents(self) -> dict[str, Document]:
        """All documents with their texts, checked as `document` does, by ID."""
        found = self._all(f"SELECT {_DOCUMENT}, text FROM documents")
        return {d.doc_id: d for d in map(self._whole_document, found)}

    def document(self, doc_id: str) -> Document | None:
        """A document with its text, checked against the digest that was stored with it."""
        return self._texts(doc_id)

    def _read_document(self, doc_id: str) -> Document | None:
        query = f"SELECT {_DOCUMENT}, text FROM documents WHERE doc_id = ?"
        found = self._one(query, (bytes_of(doc_id),))
        return None if found is None else self._whole_document(found)

    def _whole_document(self, found: Sequence[Any]) -> Document:
        *values, text = found
        if hashlib.sha256(text).hexdigest() != values[6]:
            raise LibraryError(self._trouble)
        return self._document(values, text.decode())

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """The passages of these rows, in the order asked for."""
        return [passage for passage, _twins in self._read(rows)]

    def _read(self, rows: Sequence[int]) -> list[tuple[Passage, int | None]]:
        """The passages of these rows, and the number of the group of twins that each is in."""
        found = {row: self._known[row] for row in rows if row in self._known}
        missing = [row for row in rows if row not in found]
        for some in _batches(missing):
            for values in self._all(f"{_PASSAGE} WHERE row IN ({marks(some)})", some):
                found[values[0]] = self._passage(values), values[-2]
        if not found.keys() >= set(rows):
            raise LibraryError(self._trouble)
        if len(self._known) + len(missing) > _KNOWN:
            self._known = {}
        self._known |= {row: found[row] for row in missing}
        return [found[row] for row in rows]

    def all_passages(self) -> Iterator[Passage]:
        """Every passage, in row order."""
        return map(self._passage, self._all(f"{_PASSAGE} ORDER BY row"))

    def passages_of(self, doc_id: str) -> list[Passage]:
        """The passages of one document, in order."""
        query = f"{_PASSAGE} WHERE doc_id = ? ORDER BY number"
        return [self._passage(values) for values in self._all(query, (bytes_of(doc_id),))]

    def find(self, doc_id: str, number: int) -> Passage | None:
        """One passage by its document and number."""
        query = f"{_PASSAGE} WHERE doc_id = ? AND number = ?"
        found = self._one(query, (bytes_of(doc_id), number))
        return None if found is None else self._passage(found)

    def first_rows(self) -> dict[str, int]:
        """The row of each document's first passage; a document's rows follow one another."""
        query = f"{_PASSAGE} WHERE number = 1"
        return {self._passage(values).doc_id: values[0] for values in self._all(query)}

    def languages(self) -> list[Language]:
        """The language of every passage, in row order."""
        return [value[0] for value in self._all("SELECT language FROM passages ORDER BY row")]

    def doc_ids(self) -> list[str]:
        """The document of every passage, in row order."""
        return [_name(value[0]) for value in self._all("SELECT doc_id FROM passages ORDER BY row")]

    def twin_groups(self, rows: Sequence[int]) -> dict[int, int]:
        """Which of these rows have twins: row -> the number of its group."""
        found = zip(rows, self._read(rows), strict=True)
        return {row: twins for row, (_passage, twins) in found if twins is not None}

    def twins(self, group: int) -> tuple[tuple[int, Twin], ...]:
        """The members of a group, in row order."""
        return self._groups(group)

    def _read_group(self, group: int) -> tuple[tuple[int, Twin], ...]:
        found = self._all(f"{_PASSAGE} WHERE twins = ? ORDER BY row", (group,))
        members = [(values[0], self._passage(values)) for values in found]
        return tuple((row, Twin(p.source_id, p.language)) for row, p in members)

    def lexical(
        self,
        question: str,
        language: Language,
        top_k: int,
        among: npt.NDArray[np.int64] | None = None,
    ) -> dict[int, float]:
        """The passages that share words with a question, as `Lexicon.search` finds them."""
        return self._lexicon.search(question, language, top_k, among)

    def spellings(self, words: Sequence[str]) -> list[Spelling]:
        """How these words, given without capitals and accents, are written in the documents."""
        query = "SELECT word, language, passages FROM words WHERE folded IN"
        return [
            Spelling(*values)
            for some in _batches(words)
            for values in self._all(f"{query} ({marks(some)})", some)
        ]

    def is_written(self, word: str) -> bool:
        """Whether a word, given without capitals and accents, stands in the documents."""
        return self._written(word)

    def _is_written(self, word: str) -> bool:
        return bool(self.spellings([word]))


def _batches(rows: Sequence[Any], size: int = 500) -> Iterator[Sequence[Any]]:
    """SQLite takes a limited number of values in one statement."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
