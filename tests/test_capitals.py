"""Names get their capitals back, and nothing else does."""

from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import given, strategies as st

from qa import catalogue_writer, dictionary
from qa.capitals import capitalised
from qa.catalogue import Catalogue
from qa.language import fold
from qa.types import LANGUAGES, Language, Passage

TEXTS: list[tuple[Language, str]] = [
    ("es", "La OIM y el trinacional de Quillacollo."),
    ("fr", "Le trinacional de l'OIM."),
]


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Iterator[partial[str]]:
    folder = tmp_path_factory.mktemp("words")
    passages = [
        Passage("d", number, 0, len(text), 1, language, "prose", text)
        for number, (language, text) in enumerate(TEXTS, 1)
    ]
    catalogue_writer.write(folder / "catalogue", [], passages, lambda: [None] * len(passages))
    catalogue = Catalogue(folder / "catalogue")
    yield partial(
        capitalised,
        catalogue=catalogue,
        is_word=partial(dictionary.is_word, folder=folder),
        is_common=partial(dictionary.is_common, folder=folder),
    )
    catalogue.close()


LOWER = """
en | how many bolivians live in italy? | how many bolivians live in Italy?
en | who met in canada and japan | who met in Canada and Japan
fr | combien de boliviens vivent en italie ? | combien de boliviens vivent en Italie ?
fr | qu'a dit le mexique ? | qu'a dit le Mexique ?
fr | l'équipe d'espagne est-elle ailleurs | l'équipe d'Espagne est-elle ailleurs
es | ¿cuántos viven en italia? | ¿cuántos viven en Italia?
es | qué dijo guterres | qué dijo Guterres
en | what is the oim | what is the OIM
es | dónde está quillacollo | dónde está Quillacollo
"""


@pytest.mark.parametrize("line", LOWER.strip().splitlines())
def test_a_name_gets_its_capital(right: partial[str], line: str) -> None:
    language, typed, searched = line.split(" | ")
    assert right(typed, language) == searched


LEFT_ALONE = {
    "How many Bolivians live in italy?": "it has capitals",
    "What about italy": "its sentence begins with one",
    "italy": "a sentence begins with any word",
    "a trinacional seminar": "the documents have it without",
    "who is ugo": "the lists lack many short words",
    "shouldn't they vote": "no word of its own",
    "cuántos asistieron de peruanos": "another language has it",
    "what makes objest fall": "it is a typo",
    "how does the world look": "it is no country",
}


@pytest.mark.parametrize("typed", LEFT_ALONE)
def test_other_words_are_left_as_they_were_typed(right: partial[str], typed: str) -> None:
    assert right(typed, "en") == typed


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        ("fr", "où peut-on s'installer ailleurs dignement et plus aisément ?"),
        ("fr", "combien de repas aujourd'hui, et jusqu'à quand ?"),
        ("es", "cómo puedo quejarme y pedirle ayuda rápidamente"),
        ("en", "when are the offices closed"),
    ],
)
def test_words_that_the_lists_lack_are_no_names(
    right: partial[str], language: Language, typed: str
) -> None:
    assert right(typed, language) == typed


def test_a_text_of_strange_words_is_no_question(right: partial[str]) -> None:
    strange = [f"{a}{b}rgwxq" for a in "bcdfghjkl" for b in "aeiou"]
    typed = " ".join(["what", *strange])
    assert sum(word.istitle() for word in right(typed, "en").split()) == 10


@given(st.text(), st.sampled_from(LANGUAGES))
def test_nothing_but_capitals_changes(right: partial[str], text: str, language: Language) -> None:
    assert fold(right(text, language)) == fold(text)
