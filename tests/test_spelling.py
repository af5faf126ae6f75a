"""Typos are set right by the words of the documents."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from qa import catalogue_writer, dictionary
from qa.catalogue import Catalogue
from qa.spelling import corrected
from qa.types import LANGUAGES, Language, Passage

IsWord = Callable[[str, Language], bool]

TEXTS: list[tuple[Language, str]] = [
    ("en", "Walter Arce counts Bolivians in Argentina."),
    ("en", "The Bolivians have a consulate, and bolivians vote."),
    ("fr", "La présidence tournante de la Communauté andine."),
    ("es", "La migración de los peruanos, por Fabre."),
]


def two_tokens(text: str) -> int:
    """No word is so common that it has a token of its own."""
    return 2


@pytest.fixture
def words(tmp_path: Path) -> Iterator[Catalogue]:
    passages = [
        Passage("d", number, 0, len(text), 1, language, "prose", text)
        for number, (language, text) in enumerate(TEXTS, 1)
    ]
    catalogue_writer.write(tmp_path / "catalogue", [], passages, lambda: [None] * len(passages))
    opened = Catalogue(tmp_path / "catalogue")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def is_word(tmp_path_factory: pytest.TempPathFactory) -> IsWord:
    return partial(dictionary.is_word, folder=tmp_path_factory.mktemp("words"))


TYPOS = """
en | how many Bolvians vote | how many Bolivians vote
en | how many Boliviasn vote | how many Bolivians vote
en | the connsulate in Argentima | the consulate in Argentina
fr | qui a la présidance tournnte | qui a la présidence tournante
fr | la comunaute | la Communauté
es | la migracoin | la migración
es | cuántos hay en Argentinna | cuántos hay en Argentina
"""


@pytest.mark.parametrize("line", TYPOS.strip().splitlines())
def test_a_typo_becomes_the_word_of_the_documents(
    words: Catalogue, is_word: IsWord, line: str
) -> None:
    language, typed, searched = line.split(" | ")
    assert corrected(typed, language, words, two_tokens, is_word) == searched


LEFT_ALONE = {
    "the consulates": "the dictionary knows it",
    "Mr Consulatte": "a name does not become a common word",
    "vot arc": "short words are near to too many",
    "the presidance": "the word that is near is of another language",
    "Bollivanos": "it is two typos away",
    "in Frgentina": "another name begins with another letter",
    "habre": "a name begins with another letter",
}


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_may_be_right_is_left_alone(words: Catalogue, is_word: IsWord, text: str) -> None:
    assert corrected(text, "en", words, two_tokens, is_word) == text, LEFT_ALONE[text]


def test_a_word_with_a_token_of_its_own_is_left_alone(words: Catalogue, is_word: IsWord) -> None:
    assert corrected("Bolvians", "en", words, lambda text: 1, is_word) == "Bolvians"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(), st.sampled_from(LANGUAGES))
def test_any_text_may_be_set_right(
    words: Catalogue, is_word: IsWord, text: str, language: Language
) -> None:
    assert bool(corrected(text, language, words, two_tokens, is_word)) == bool(text)
