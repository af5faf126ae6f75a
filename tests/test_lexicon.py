"""Words in common, held to SQLite's own full-text search."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from qa import lexicon
from qa.errors import LibraryError
from qa.lexicon import Lexicon, terms
from qa.types import Language, Passage

Said = tuple[str, Language]
WORDS = "bees honey hive the of a mill wheel lamp tower sea"
said = st.lists(
    st.tuples(
        st.lists(st.sampled_from(WORDS.split()), max_size=9).map(" ".join),
        st.sampled_from(["en", "fr", "es"]),
    ),
    max_size=12,
)


def passage(words: str, language: Language) -> Passage:
    return Passage("doc", 1, 0, 1, 1, language, "prose", words)


def opened(texts: Sequence[Said]) -> tuple[Lexicon, sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    lexicon.fill(connection, (passage(*text) for text in texts))

    def read(query: str, values: Sequence[object]) -> list[object]:
        return connection.execute(query, values).fetchall()

    return Lexicon(read, len(texts), "it is damaged"), connection


def fts5(texts: Sequence[Said], question: str, language: Language) -> dict[int, float]:
    """What SQLite makes of it: row -> BM25."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE VIRTUAL TABLE lexicon USING fts5 (terms, tokenize='ascii')")
        for row, (words, _) in enumerate(texts):
            values = row, " ".join(terms(words))
            connection.execute("INSERT INTO lexicon (rowid, terms) VALUES (?, ?)", values)
        match = " OR ".join(f'"{term}"' for term in dict.fromkeys(terms(question)))
        found = connection.execute(
            "SELECT rowid, -bm25(lexicon) FROM lexicon WHERE lexicon MATCH ?", (match,)
        )
        return {row: score for row, score in found if texts[row][1] == language}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said, st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=5), st.integers(1, 5))
def test_scores_are_those_of_full_text_search_however_rows_are_cut_into_segments(
    monkeypatch: pytest.MonkeyPatch, texts: list[Said], asked: list[str], segment: int
) -> None:
    monkeypatch.setattr(lexicon, "_SEGMENT", segment)
    question = " ".join(asked)
    found = opened(texts)[0].search(question, "en", 99)
    expected = fts5(texts, question, "en")
    assert found.keys() == expected.keys()
    assert list(found) == sorted(found, key=lambda row: (-found[row], row))
    if expected:  # shares and scores differ by one factor, unless a share was cut to 1
        factors = [expected[row] / share for row, share in found.items() if share < 1]
        assert factors == pytest.approx(factors[:1] * len(factors), rel=1e-6)


def test_only_some_rows_are_searched_and_rarity_is_told_by_all() -> None:
    texts: list[Said] = [("honey bees", "en"), ("honey", "en"), ("bees", "fr"), ("sea", "en")]
    words = opened(texts)[0]
    whole = words.search("honey", "en", 9)
    assert words.search("honey", "en", 9, np.array([0, 3])) == {0: whole[0]}
    assert words.search("honey", "en", 9, np.array([], np.int64)) == {}


def test_a_word_said_very_often_and_a_very_long_text_fit() -> None:
    texts: list[Said] = [("honey " * 70_000, "en"), ("honey sea", "en"), *[("sea", "en")] * 5]
    found = opened(texts)[0].search("honey", "en", 9)
    assert found.keys() == {0, 1}


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE postings SET times = x'ff'",
        "UPDATE postings SET passages = 9",
        "UPDATE postings SET term = 'hooey' WHERE term = 'honey'",
        "UPDATE postings SET language = 'fr'",
        "UPDATE segments SET lengths = x'0900'",
        "UPDATE segments SET keys = x'0900000000000000'",
        "DELETE FROM postings",
        "DELETE FROM segments",
    ],
)
def test_words_that_are_not_what_was_written_are_refused(damage: str) -> None:
    words, connection = opened([("honey bees", "en")])
    assert words.search("honey mead", "en", 9)
    words, connection = opened([("honey bees", "en")])
    connection.execute(damage)
    with pytest.raises(LibraryError, match="it is damaged"):
        words.search("honey mead", "en", 9)
