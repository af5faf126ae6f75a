"""What a question asks for, and whether a text tells it."""

import pytest
from hypothesis import given, strategies as st

from qa.types import LANGUAGES, Language
from qa.wanted import only_names, tells, wanted


@pytest.mark.parametrize(
    ("question", "what"),
    [
        ("How many Peruvians live abroad?", "figure"),
        ("What was the total amount of the grant?", "figure"),
        ("Combien coûte la cantine ?", "figure"),
        ("Quel âge avait-elle ?", "figure"),
        ("¿Cuántas familias volvieron?", "figure"),
        ("¿Cuál es el número de registro?", "figure"),
        ("When did the mine close?", "time"),
        ("Since when?", "time"),
        ("À quelle heure ouvre le musée ?", "time"),
        ("Quand la mine a-t-elle fermé ?", "time"),
        ("¿En qué año llegó?", "time"),
        ("¿Desde cuándo vive aquí?", "time"),
        ("desde cuando vive aqui", "time"),
        ("Dime cuándo llegó", "time"),
        ("Elle a fermé quand ?", "time"),
        ("Depuis quand la mine est-elle fermée ?", "time"),
        ("And when?", "time"),
        ("Who won?", "name"),
        ("Where is the mine?", "name"),
        ("Où est la mine ?", "name"),
        ("¿Quién firmó la carta?", "name"),
        ("What is her name?", "name"),
        ("What happens when it rains?", None),
        ("Pourquoi cette mine ?", None),
        ("¿Qué dice la ley?", None),
        ("¿Qué pasa cuando llueve?", None),
        ("Que se passe-t-il quand il pleut ?", None),
    ],
)
def test_a_question_asks_for_a_figure_a_time_a_name_or_anything_else(
    question: str, what: str | None
) -> None:
    assert wanted(question) == what
    assert wanted(question.upper()) == what


@pytest.mark.parametrize(
    ("language", "text", "figure", "time"),
    [
        ("en", "They are 1,200.", True, True),
        ("fr", "Ils sont vingt-deux.", True, True),
        ("es", "El mes de marzo", False, True),
        ("fr", "Le mardi matin", False, True),
        ("en", "They may come.", False, True),  # as the month does
        ("es", "Nadie lo sabe.", False, False),
    ],
)
def test_a_text_tells_figures_and_times(
    language: Language, text: str, figure: bool, time: bool
) -> None:
    assert tells(text, language, "figure") == figure
    assert tells(text, language, "time") == time


@pytest.mark.parametrize(
    "text",
    [
        "Yours sincerely, Ana Roca",
        "Atentamente, Juan de la Cruz",
        "*Claire Fontanier*",
        "En Cartagena, a 9 de mayo de 2022.",
        "Cahors, le 3 mars 1962",
        "",
    ],
)
def test_a_signature_and_a_place_with_a_day_tell_names_alone(text: str) -> None:
    assert only_names(text)
    assert tells(text, "en", "name")


@pytest.mark.parametrize(
    "text",
    [
        "Ana Roca signed.",
        "WAITING LIST",
        "Heard in Cartagena, on 9 May 2022, by the judge.",
        "Ana, who is in Lima, had it. " * 4,
        "Ana Roca, " * 12,
    ],
)
def test_what_has_other_words_tells_more_than_names(text: str) -> None:
    assert not only_names(text)


@given(st.text(), st.sampled_from(LANGUAGES))
def test_any_text_can_be_asked(text: str, language: Language) -> None:
    assert wanted(text) in ("figure", "time", "name", None)
    assert tells(text, language, "name")
    assert only_names(text) in (True, False)
    assert tells(text, language, "time") or not tells(text, language, "figure")
