"""What of a typed text is searched for, whatever stands around the questions."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given, strategies as st

from qa.types import LANGUAGES
from qa.wording import is_manners, wanted

QUALITY = Path(__file__).parent / "quality"
WRAPPINGS = json.loads((QUALITY / "wrappings.json").read_text(encoding="utf-8"))
QUESTIONS = {
    "en": "How many Bolivians live in Spain?",
    "fr": "Combien de Boliviens vivent en Espagne ?",
    "es": "¿Cuántos bolivianos viven en España?",
}
WRAPPED = [
    (language, template)
    for language in LANGUAGES
    for kind in ("polite", "emails")
    for template in WRAPPINGS[language][kind]
]


@pytest.mark.parametrize(("language", "template"), WRAPPED)
def test_of_politeness_and_letters_the_question_is_left(language: str, template: str) -> None:
    question = QUESTIONS[language]
    assert wanted(template.replace("{q}", question)) == (question,)


def test_own_questions_are_searched_as_they_were_typed() -> None:
    lines = (QUALITY / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    typed = [json.loads(line)["question"] for line in lines]
    changed = [text for text in typed if not text.isupper() and wanted(text) != (text,)]
    assert changed == []


LEFT = """
Could you tell me who chairs the CAN? | who chairs the CAN?
Hi who chairs the CAN | who chairs the CAN
Pouvez-vous me dire où travaille Walter Arce ? | où travaille Walter Arce ?
¿Me podría decir cuántos miembros tiene la CAN? Gracias | cuántos miembros tiene la CAN?
Hola, ¿quién preside la CAN? | ¿quién preside la CAN?
Excuse me who chairs the CAN? | who chairs the CAN?
Hola buenas tardes cuantos miembros tiene la CAN | cuantos miembros tiene la CAN
S'il vous plaît combien de membres a la CAN ? | combien de membres a la CAN ?
who chairs the CAN? thx! | who chairs the CAN?
who chairs the CAN thank you | who chairs the CAN
"""


SIGNED = [
    "What is the rent of 14 Mill Lane? Kind regards, Emily Stone",
    "What is the rent of 14 Mill Lane?\n\nKind regards,\nEmily Stone\nTel. 020 7946 0000",
    "What is the rent of 14 Mill Lane? Cordialement, Jean-Luc Ory",
    "What is the rent of 14 Mill Lane?\nUn saludo, Pedro Lanas\n",
    "What is the rent of 14 Mill Lane? Thanks",
    "What is the rent of 14 Mill Lane? Merci d'avance, J. Petit",
]


@pytest.mark.parametrize("text", SIGNED)
def test_a_signature_is_left_out(text: str) -> None:
    assert wanted(text) == ("What is the rent of 14 Mill Lane?",)


@pytest.mark.parametrize(
    "text", ["Thanks to Emily Stone", "Who said thanks?", "Cheers, Emily. Who pays the rent?"]
)
def test_what_only_looks_like_a_signature_is_searched(text: str) -> None:
    assert "Emily" in " ".join(wanted(text)) or "thanks" in wanted(text)[0]


@pytest.mark.parametrize("line", LEFT.strip().splitlines())
def test_what_only_leads_to_a_question_is_left_out(line: str) -> None:
    typed, searched = line.split(" | ")
    assert wanted(typed) == (searched,)


@pytest.mark.parametrize(
    "text",
    [
        "Buenos Aires, ¿cuándo se fundó?",
        "¿Cómo está organizada la OIM?",
        "¿Gracias a qué ley se emiten las tarjetas?",
        "How are you paid in Peru?",
        "I want to know the price of oil in 2016. And who decided it?",
        "Spain withdrew its visa waiver. When?",
        "Who directed Batman v Superman: Dawn of Justice?",
        "Hello",
        "gracias",
        "Thanks to whom did Bolivia gain access to the sea?",
        "Hello Kitty comes from which country?",
        "Madame Bovary a été écrit par qui ?",
        "Please Please Me was recorded when?",
        "Pardon was granted to how many prisoners?",
        "I hope you know how many Bolivians live in Spain",
        "Una pregunta sobre la migración boliviana",
        "Madame Dávalos",
    ],
)
def test_a_question_that_looks_like_manners_is_searched(text: str) -> None:
    assert wanted(text) == (text,)


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!",
        "Thank you very much for your help.",
        "merci beaucoup",
        "Bonjour Madame, merci à tous !",
        "Hola, buenas tardes",
        "Muchas gracias por su ayuda",
        "How are you?",
        "OK",
        "no",
        "Ah, d'accord !",
        "Sí, vale.",
        "???",
        "",
    ],
)
def test_manners_alone_are_known(text: str) -> None:
    assert is_manners(text)
    assert not is_manners(f"{text}\nWho is Carolina Santos?")


@pytest.mark.parametrize(
    "text",
    [
        "Excuse me how many Peruvians live abroad?",
        "Bonjour je cherche le nombre de Boliviens en Espagne",
        "Una pregunta sobre la migración boliviana",
        "Madame Dávalos",
        "Merci Monsieur Morales",
        "Hello Kitty",
        "No pueden trabajar",
        "OK Computer",
        "Si vis pacem",
    ],
)
def test_what_only_opens_like_manners_is_searched_for(text: str) -> None:
    assert not is_manners(text)
    assert wanted(text)[0].split()[-1] == text.split()[-1]


def test_a_question_that_opens_with_a_form_of_address_is_one_of_two() -> None:
    both = "Monsieur Morales est président de quel pays ? Combien de Boliviens vivent en Espagne ?"
    assert len(wanted(both)) == 2


def test_two_questions_are_two() -> None:
    both = "Who is Carolina Santos? How many Bolivians live in Spain?"
    assert wanted(both) == ("Who is Carolina Santos?", "How many Bolivians live in Spain?")
    assert wanted("I am from Lima. Who is Carolina Santos? Where does she work? Thanks!") == (
        "I am from Lima. Who is Carolina Santos?",
        "Where does she work?",
    )


def test_capitals_are_lowered_unless_they_are_an_acronym() -> None:
    assert wanted("WHO CHAIRS THE CAN?") == ("who chairs the can?",)
    assert wanted("OIM CAN") == ("OIM CAN",)
    assert wanted("4 H 27") == ("4 H 27",)


def test_a_wrapped_line_goes_on_and_a_short_one_ends() -> None:
    letter = "Dear all\nthe meeting in the capital of the country is over, but:\nwho paid\nfor it?"
    assert wanted(letter)[0].endswith("who paid for it?")
    assert wanted("Hi Tom\nWho paid for it?") == ("Who paid for it?",)


def test_a_page_of_dots_and_dashes_takes_no_time() -> None:
    for char in ("? ", "-", ": ", "a, ", "can you -", "please ", "\n"):
        assert wanted(char * 5000)


@example("Hello, \n\nthanks")
@example("? ? ?")
@given(
    st.text()
    | st.lists(st.sampled_from("hello merci ? . : , \n who is how A".split(" "))).map(" ".join)
)
def test_any_text_leaves_something_to_search_for(text: str) -> None:
    parts = wanted(text)
    assert parts
    assert all(part.strip() for part in parts) or not text.strip()
