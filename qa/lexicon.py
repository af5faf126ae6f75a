"""Which passages share words with a question, and how much that tells: Okapi BM25.

For every term and language the passages are kept that have it. A search reads no more than the
lists of the question's own words, adds them up for all passages at once, and takes a few
milliseconds for a hundred thousand of them.
"""

import hashlib
import math
import re
import sqlite3
import zlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import count, islice, pairwise, repeat
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from qa.errors import LibraryError
from qa.language import fold
from qa.types import LANGUAGES, Language, Passage

_SCHEMA = """
CREATE TABLE postings (
    term TEXT NOT NULL, language TEXT NOT NULL, segment INTEGER NOT NULL, passages INTEGER NOT NULL,
    lists_checksum INTEGER NOT NULL, checksum INTEGER NOT NULL,
    places BLOB NOT NULL, times BLOB NOT NULL,
    PRIMARY KEY (term, language, segment)
);
CREATE TABLE segments (
    segment INTEGER PRIMARY KEY, lengths BLOB NOT NULL, keys BLOB NOT NULL,
    checksum INTEGER NOT NULL
);
"""
_K1, _B = 1.2, 0.75  # as Robertson and Zaragoza (2009) recommend, and most programs have them
_LEAST_IDF = 1e-6  # of a term that more than half of all passages have
_SEGMENT = 2**16  # passages: one's place in it takes two bytes
_MOST_TIMES = 2**8 - 1  # of a term in a passage; more tell no more
_MOST_TERMS = 2**16 - 1  # of a passage, likewise
_MAX_WORDS = 64  # of a question that are looked up; a pasted page has no more to say than that
_STEM = 6  # letters kept of a word: "migrants" and "migrant" meet, "migration" stays near
_WORD = re.compile(r"\w+")

Read = Callable[[str, Sequence[Any]], list[Any]]


Counts = dict[Language, Counter[str]]


def terms(text: str) -> list[str]:
    """The words of a text for lexical search: folded to lower-case ASCII letters, cut to a stem."""
    return list(map(_stem, _WORD.findall(text)))


def _stem(word: str) -> str:
    return fold(word)[:_STEM]


def fill(connection: sqlite3.Connection, passages: Iterable[Passage]) -> Counts:
    """Write the terms of passages, given in row order; a segment of them is in memory at once.

    Gives for each word, as it is written, how many passages of a language have it.
    """
    connection.executescript(_SCHEMA)
    waiting, words = iter(passages), {name: Counter[str]() for name in LANGUAGES}
    for segment in count():
        lengths, lists = _counted(islice(waiting, _SEGMENT), words)
        if not lengths:
            break
        keys = np.sort(np.array([_key(term, name) for term, name, *_ in lists], "<u8")).tobytes()
        connection.execute(
            "INSERT INTO segments VALUES (?, ?, ?, ?)",
            (segment, lengths, keys, _checksum(lengths, keys)),
        )
        connection.executemany(
            "INSERT INTO postings VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (_row(segment, *each) for each in lists),
        )
    return words


Written = tuple[str, Language, bytes, bytes]
Words = npt.NDArray[np.uint32]
Places = npt.NDArray[np.uint16]


class _Said:
    """The words of one language, each as a number, and the place of the passage that has it."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = defaultdict(count().__next__)
        self._said, self._places = array("I"), array("H")

    def add(self, words: Sequence[str], place: int) -> None:
        self._said.extend(map(self._numbers.__getitem__, words))
        self._places.extend(repeat(place, len(words)))

    def words(self) -> dict[str, int]:
        """How many passages have each word."""
        said, places = np.asarray(self._said), np.asarray(self._places)
        having = np.bincount(_tallied(said, places)[0], minlength=len(self._numbers))
        return dict(zip(self._numbers, having.tolist(), strict=True))

    def lists(self, language: Language) -> Iterator[Written]:
        """Of each term the places of the passages that have it, ascending, and how often."""
        stems: dict[str, int] = defaultdict(count().__next__)
        term_of = np.array([stems[_stem(word)] for word in self._numbers], np.uint32)
        number, place, times = _tallied(term_of[np.asarray(self._said)], np.asarray(self._places))
        starts = np.searchsorted(number, np.arange(len(stems) + 1)).tolist()
        places = place.astype("<u2").tobytes()
        counted = times.clip(max=_MOST_TIMES).astype(np.uint8).tobytes()
        for term, (start, end) in zip(stems, pairwise(starts), strict=True):
            yield term, language, places[2 * start : 2 * end], counted[start:end]


def _counted(passages: Iterable[Passage], words: Counts) -> tuple[bytes, list[Written]]:
    """How many terms each passage has; and for each term in a language, in order, where it is.
    Adds to what `words` counts.

    A text is split once, and a word looked at once however many passages have it.
    """
    lengths, said = list[int](), {name: _Said() for name in LANGUAGES}
    for place, passage in enumerate(passages):
        found = _WORD.findall(passage.search_text)
        said[passage.language].add(found, place)
        lengths.append(len(found))
    for name, each in said.items():
        words[name].update(each.words())
    lists = [row for name, each in said.items() for row in each.lists(name)]
    lists.sort(key=itemgetter(0, 1))
    return np.array(lengths).clip(max=_MOST_TERMS).astype("<u2").tobytes(), lists


def _tallied(numbers: Words, places: Places) -> tuple[Words, Places, npt.NDArray[np.int64]]:
    """Of all that stands at places, (n,) each: every number with each of its places once, in
    order, and how often it stands there; (m,) each."""
    pairs = numbers.astype(np.uint64)
    pairs <<= np.uint64(16)
    pairs |= places
    pairs.sort()
    first = np.flatnonzero(np.diff(pairs, prepend=~pairs[:1]))
    once = pairs[first]
    return (
        (once >> np.uint64(16)).astype(np.uint32),
        once.astype(np.uint16),
        np.diff(first, append=len(pairs)),
    )


def _row(
    segment: int, term: str, language: Language, places: bytes, times: bytes
) -> tuple[Any, ...]:
    head = term, language, segment, len(times), _checksum(places, times)
    return *head, _checksum(repr(head).encode()), places, times


@lru_cache(maxsize=2**14)  # half the words of a question are those of the last ones
def _key(term: str, language: Language) -> int:
    return int.from_bytes(hashlib.blake2b(f"{term} {language}".encode(), digest_size=8).digest())


def _checksum(*parts: bytes) -> int:
    check = 0
    for part in parts:
        check = zlib.crc32(part, check)
    return check


class _List(NamedTuple):
    """A term in one language and segment: how many passages have it, the rows of those, ascending,
    and how often they do; both (n,), or empty where they were not asked for."""

    term: str
    passages: int
    rows: npt.NDArray[np.int64]
    times: npt.NDArray[np.uint8]


class Lexicon:
    """The terms of a catalogue's passages. Safe to share between threads as far as `read` is."""

    def __init__(self, read: Read, passages: int, trouble: str) -> None:
        """`read` runs a query, with its values; `trouble` is what is wrong where a list is not
        what was written."""
        self._read = read
        self._passages = passages
        self._trouble = trouble

    def search(
        self,
        question: str,
        language: Language,
        top_k: int,
        among: npt.NDArray[np.int64] | None = None,
    ) -> dict[int, float]:
        """BM25 among the passages of one language, as a share of a perfect match: row -> 0 to 1.

        Okapi BM25 (Robertson and Zaragoza, 2009), divided by what a passage made of nothing but
        the question's words would tend to; best first, equal ones by row. With `among`, only those
        rows are searched. How rare a word is, is told by all passages of all languages.
        """
        words = list(dict.fromkeys(terms(question)))[:_MAX_WORDS]
        if not words or not self._passages:
            return {}
        found = list(self._lists(words, language))
        scores = np.zeros(self._passages)
        having = Counter(dict.fromkeys(words, 0))
        for each in found:
            having[each.term] += each.passages
        for each in found:
            gain = (_K1 + 1) * _idf(having[each.term], self._passages)
            scores[each.rows] += gain * each.times / (each.times + self._damping[each.rows])
        if among is not None:
            left = np.zeros_like(scores)
            left[among] = scores[among]
            scores = left
        perfect = sum((_K1 + 1) * _surprise(having[word], self._passages) for word in words)
        return {row: min(1.0, float(scores[row]) / perfect) for row in _best(scores, top_k)}

    def _lists(self, words: Sequence[str], language: Language) -> Iterator[_List]:
        """All lists of these terms, those of one language with what is in them."""
        found = self._read(
            "SELECT term, language, segment, passages, lists_checksum, checksum,"
            " CASE language WHEN ? THEN places END, CASE language WHEN ? THEN times END"
            f" FROM postings WHERE term IN ({marks(words)}) ORDER BY term, segment",
            (language, language, *words),
        )
        if self._lost(words, {(term, said, segment) for term, said, segment, *_ in found}):
            raise LibraryError(self._trouble)
        for *head, checksum, places, times in found:
            term, said, segment, passages, lists = head
            right = _checksum(repr(tuple(head)).encode()) == checksum
            places, times = places or b"", times or b""
            if not right or (said == language and _checksum(places, times) != lists):
                raise LibraryError(self._trouble)
            rows = segment * _SEGMENT + np.frombuffer(places, "<u2").astype(np.int64)
            yield _List(term, passages, rows, np.frombuffer(times, np.uint8))

    def _lost(self, words: Sequence[str], found: Collection[tuple[str, str, int]]) -> bool:
        """Whether a list was written that is not found."""
        pairs = [(word, name) for word in words for name in LANGUAGES]
        keys = np.array([_key(*pair) for pair in pairs], np.uint64)
        for segment, (_, known) in enumerate(self._segments):
            ends = np.searchsorted(known, keys, side="right")
            there = np.flatnonzero(ends > np.searchsorted(known, keys))
            if any((*pairs[at], segment) not in found for at in there):
                return True
        return False

    @cached_property
    def _segments(self) -> list[tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint64]]]:
        """Of each segment how many terms each passage has, and the keys of its lists."""
        found = self._read("SELECT lengths, keys, checksum FROM segments ORDER BY segment", ())
        if any(_checksum(*parts) != checksum for *parts, checksum in found):
            raise LibraryError(self._trouble)
        segments = [
            (np.frombuffer(lengths, "<u2"), np.frombuffer(keys, "<u8"))
            for lengths, keys, _ in found
        ]
        if sum(len(lengths) for lengths, _ in segments) != self._passages:
            raise LibraryError(self._trouble)
        return segments

    @cached_property
    def _damping(self) -> npt.NDArray[np.float64]:
        """By how much the length of each passage dampens what is counted in it, (n,)."""
        lengths = np.concatenate([lengths for lengths, _ in self._segments])
        return _K1 * (1 - _B + _B * lengths / max(float(lengths.mean()), 1.0))


def _best(scores: npt.NDArray[np.float64], top_k: int) -> list[int]:
    """The `top_k` rows that have any score, best first; equal ones by row."""
    rows = np.flatnonzero(scores)
    if len(rows) > top_k:
        last = np.partition(scores[rows], -top_k)[-top_k]
        rows = rows[scores[rows] >= last]
    found: list[int] = rows[np.argsort(-scores[rows], kind="stable")][:top_k].tolist()
    return found


def _idf(passages: int, total: int) -> float:
    return max(math.log((total - passages + 0.5) / (passages + 0.5)), _LEAST_IDF)


def _surprise(passages: int, total: int) -> float:
    return math.log(1 + (total - passages + 0.5) / (passages + 0.5))


def marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))
