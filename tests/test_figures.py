"""Figures are found however they are written."""

import pytest
from hypothesis import given, strategies as st

from qa.figures import figures
from qa.types import LANGUAGES, Language


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "2,500 or 2 500 or 2.500 or two thousand five hundred", {"2500"}),
        ("fr", "deux mille cinq cents", {"2500"}),
        ("es", "dos mil quinientos, veintitrés y sesenta y dos", {"2500", "23", "62"}),
        ("en", "open from 7 am to 9 pm, 12 p.m. at weekends", {"7", "21", "12"}),
        ("fr", "de 7 h à 21 h", {"7", "21"}),
        ("fr", "5,20 € ou 5,2", {"5.2"}),
        ("en", "4.50, 4.05", {"4.5", "4.05"}),
        ("en", "in 2018 200 came, and 1 one", {"2018", "200", "1"}),
        ("es", "1.234.567 y 12,345.67", {"1234567", "12345.67"}),
        ("fr", "une personne", set()),
    ],
)
def test_figures_are_told(language: Language, text: str, found: set[str]) -> None:
    assert figures(text, language) == found


def test_a_number_may_be_longer_than_any_that_is_meant() -> None:
    assert figures("9" * 5000 + " pm", "en") == {"9" * 5000}


@given(st.text(), st.sampled_from(LANGUAGES))
def test_any_text_has_its_figures(text: str, language: Language) -> None:
    for figure in figures(text, language):
        assert figure.replace(".", "", 1).isdigit()


@given(st.integers(0, 10**9))
def test_a_number_is_the_same_with_and_without_marks(number: int) -> None:
    plain = figures(str(number), "en")
    for mark in ", .\u202f":
        assert figures(f"{number:,}".replace(",", mark), "en") == plain
