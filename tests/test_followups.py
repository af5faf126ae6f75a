"""Which questions lean on the one before, and what is searched for them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from qa.followups import is_elliptical, join
from qa.grammar import GRAMMARS, Grammar
from qa.types import LANGUAGES, Language

DATA = Path(__file__).parent / "data" / "followups.jsonl"
PAIRS: list[dict[str, Any]] = [
    json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()
]
FLOOR = 0.95


@pytest.mark.parametrize(
    ("split", "elliptical"), sorted({(pair["split"], pair["elliptical"]) for pair in PAIRS})
)
def test_follow_ups_are_told_from_new_questions(split: str, elliptical: bool) -> None:
    pairs = [p for p in PAIRS if p["split"] == split and p["elliptical"] is elliptical]
    wrong = [
        pair["question"]
        for pair in pairs
        if is_elliptical(pair["question"], pair["language"]) is not elliptical
    ]
    assert len(wrong) <= (1 - FLOOR) * len(pairs), wrong


def test_the_pairs_are_many_and_fair_to_the_three_languages() -> None:
    for elliptical in (True, False):
        pairs = [p for p in PAIRS if p["elliptical"] is elliptical]
        assert len(pairs) >= 90
        for language in LANGUAGES:
            assert sum(p["language"] == language for p in pairs) * 3 == len(pairs)
    assert all(("full" in p) is p["elliptical"] for p in PAIRS)


def test_a_new_question_is_searched_as_it_was_typed() -> None:
    joined = [
        pair["question"]
        for pair in PAIRS
        if not pair["elliptical"] and join(pair["question"], [pair["previous"]]) != pair["question"]
    ]
    assert len(joined) <= (1 - FLOOR) * len(PAIRS) / 2, joined


REPLACED = """
How many Bolivians live in Spain? | And in Argentina?
    | How many Bolivians live in Argentina?
how many bolivians live in spain | and in argentina
    | how many bolivians live in argentina
Combien de Boliviens vivent en Espagne ? | Et aux États-Unis ?
    | Combien de Boliviens vivent aux États-Unis ?
¿Cuántos bolivianos viven en España? | ¿Y en Argentina?
    | ¿Cuántos bolivianos viven en Argentina?
Quelle est la température d'ébullition de l'eau ? | Et celle de l'éthanol ?
    | Quelle est la température d'ébullition de l'éthanol ?
Where does Walter Arce work? | Carolina Santos?
    | Where does Carolina Santos work?
Which city hosted the 1992 Olympic Games? | What about 1996?
    | Which city hosted the 1996 Olympic Games?
¿Cuántos peruanos viven en el extranjero? | ¿Qué hay de los bolivianos?
    | ¿Cuántos bolivianos viven en el extranjero?
"""
TRIPLES = [line.split(" | ") for line in REPLACED.strip().replace("\n    |", " |").splitlines()]


@pytest.mark.parametrize(("previous", "question", "searched"), TRIPLES)
def test_a_fragment_takes_the_place_of_its_like(
    previous: str, question: str, searched: str
) -> None:
    assert join(question, [previous]) == searched


KEPT = [
    ("How many Bolivians live in Spain?", "In 2006?"),
    ("Who works in Lima?", "Carolina Santos?"),
    ("Who is Carolina Santos?", "What is her mobile number?"),
    ("Qui est Carolina Santos ?", "Son portable ?"),
    ("¿Qué es la Comunidad Andina?", "¿Cuántos miembros tiene?"),
    ("Quel pourcentage a un visa de travail ?", "Quid du visa étudiant ?"),
    ("Qui a fondé Médecins sans frontières ?", "Et la Croix-Rouge ?"),
    ("¿Quién escribió La casa verde?", "¿Y Rayuela?"),
    ("Who signed the treaty in Lima?", "Who else was in the room?"),
    ("Qui a signé le traité à Lima ?", "Qui d'autre était présent ?"),
    ("¿Quién firmó el tratado en Lima?", "¿Quiénes más estuvieron?"),
    ("Is Bolivia a member of Mercosur?", "And Chile?"),
    ("Is Peru in the OECD?", "And Chile?"),
]


@pytest.mark.parametrize(
    ("previous", "turn", "whole"),
    [
        ("How many bees live here?", "And how many flies?", "how many flies live here?"),
        ("Combien d'habitants à Lima ?", "et combien de puits ?", "combien de puits à Lima ?"),
        ("¿Cuántos peruanos hay allí?", "¿Y cuántas peruanas?", "¿cuántas peruanas hay allí?"),
        ("How many bees and how many flies?", "And how many ants?", None),
        ("How old is the hive?", "And how many bees?", None),
        ("How many bees live here?", "And how many were sold?", None),
    ],
)
def test_what_is_counted_takes_the_place_of_what_was(
    previous: str, turn: str, whole: str | None
) -> None:
    assert join(turn, [previous]) == (whole or f"{previous} {turn}")


@pytest.mark.parametrize(
    ("previous", "turn", "whole"),
    [
        ("When is it in May 2024?", "And in March?", "When is it in March 2024?"),
        ("When is it in May 2024?", "and in March 2023?", "When is it in March 2023?"),
        ("Quand a lieu le bal en mai ?", "Et en février ?", "Quand a lieu le bal en février ?"),
        ("¿Cuándo es en mayo de 2024?", "¿Y en junio?", "¿Cuándo es en junio de 2024?"),
        ("Who may come in May?", "And in June?", "Who may come in June?"),
        ("Who may come?", "And in June?", "Who may come? And in June?"),
        ("Is it in May or June?", "And in March?", "Is it in May or June? And in March?"),
    ],
)
def test_a_month_takes_the_place_of_the_only_one(previous: str, turn: str, whole: str) -> None:
    assert join(turn, [previous]) == whole


@pytest.mark.parametrize(("previous", "question"), KEPT)
def test_where_nothing_is_plainly_replaced_both_are_searched(previous: str, question: str) -> None:
    assert join(question, [previous]) == f"{previous} {question}"


def test_a_chain_leads_back_to_the_question_that_stands_alone() -> None:
    history = ["Who chairs the CAN?", "How many Bolivians live in Spain?", "And in Argentina?"]
    assert join("And in Chile?", history) == "How many Bolivians live in Chile?"
    assert join("In 2006?", history) == "How many Bolivians live in Argentina? In 2006?"


def test_a_new_fragment_drops_the_fragment_before_it() -> None:
    history = ["Who is Carolina Santos?", "Her e-mail?"]
    assert join("Her mobile?", history) == "Who is Carolina Santos? Her mobile?"


def test_a_bare_question_is_about_the_one_before_it_and_not_about_the_next() -> None:
    history = ["Combien de Boliviens vivent en Espagne ?", "Pourquoi ?"]
    assert join("Pourquoi ?", history[:1]) == " ".join(history)
    assert join("Et en Argentine ?", history) == "Combien de Boliviens vivent en Argentine ?"


def test_no_word_takes_the_place_of_one_that_asks() -> None:
    asked = "Combien coûte la médiathèque ?"
    assert join("Et le chien ?", [asked]) == f"{asked} Et le chien ?"


def test_a_pronoun_may_stand_for_the_answer_of_a_follow_up() -> None:
    history = ["What is the Andean Community?", "Who chairs it?"]
    searched = "What is the Andean Community? Who chairs it? What is his phone number?"
    assert join("What is his phone number?", history) == searched


@pytest.mark.parametrize("history", [[], [""], ["  ", "\n"]])
def test_without_history_the_question_is_left_alone(history: list[str]) -> None:
    assert join("And in Spain?", history) == "And in Spain?"


def test_a_long_conversation_does_not_make_a_long_question() -> None:
    history = ["Who is Walter Arce?", *["What did he say?", "Where was he born?"] * 3]
    searched = "Who is Walter Arce? Where was he born? When did he come to Lima?"
    assert join("When did he come to Lima?", history) == searched


def test_keywords_stand_alone_and_a_name_with_a_question_mark_does_not() -> None:
    assert not is_elliptical("IOM budget Peru 2016?", "en")
    assert not is_elliptical("remittances bolivia", "en")
    assert is_elliptical("Carolina Santos?", "en")


@pytest.mark.parametrize(
    "question",
    [
        "Is there a report on their rights?",
        "Are there figures on them?",
        "Does it cost more for their families?",
        "Y a-t-il un rapport sur leurs droits ?",
    ],
)
def test_a_question_may_open_with_a_pronoun_that_stands_for_nothing(question: str) -> None:
    previous = "How many Bolivians live in Spain?"
    assert join(question, [previous]) in (question, f"{previous} {question}")


def words_of(grammar: Grammar) -> list[str]:
    """The words that its rules are about: those of its sets, and what its patterns spell out."""
    patterns = [grammar.impersonal, grammar.leaning, grammar.pronouns, grammar.owners]
    spelled = re.findall(r"(?<![\\\w])[^\W\d_]+", " ".join(patterns))
    return sorted({*spelled, *grammar.asking, *grammar.copulas, *grammar.openers, "Bolivia", "?"})


@given(st.data())
@pytest.mark.parametrize("language", LANGUAGES)
def test_any_words_can_be_judged_and_joined(language: Language, data: st.DataObject) -> None:
    word = st.sampled_from(words_of(GRAMMARS[language]))
    question, previous = (
        data.draw(st.lists(word, max_size=7).map(" ".join).map(change))
        for change in (str.capitalize, str)
    )
    assert join(question, [previous], language) or not question


COMPLETE = [
    ("fr", "À quoi sert la TVA ?"),
    ("fr", "En quoi consiste le stage ?"),
    ("es", "¿Para qué sirve el IVA?"),
    ("es", "¿Por qué ronronean los gatos?"),
    ("es", "¿Cuál es la mejor universidad del Perú?"),
    ("en", "Which is the largest city in Peru?"),
    ("en", "And when do banks open?"),
    ("en", "How many banks failed?"),
    ("fr", "Combien gagnent les maires ?"),
    ("fr", "Combien coûtent deux billets ?"),
    ("es", "¿Cuántos bancos abren hoy?"),
]
COUNTLESS = [  # it is not said what is counted
    ("en", "And how many voted against?"),
    ("fr", "Et combien votent contre ?"),
    ("fr", "Combien s'abstiennent ?"),
    ("es", "¿y cuántos votaron en contra?"),
]


@pytest.mark.parametrize(("language", "question"), COMPLETE)
def test_a_noun_after_the_question_word_is_what_it_asks_about(
    language: Language, question: str
) -> None:
    assert not is_elliptical(question, language)


@pytest.mark.parametrize(("language", "question"), COUNTLESS)
def test_what_is_counted_was_said_before(language: Language, question: str) -> None:
    assert is_elliptical(question, language)


def test_a_pasted_letter_carries_what_it_speaks_of() -> None:
    assert is_elliptical("Did he write it?", "en")
    assert not is_elliptical("Did he write it " + "and post it " * 100_000, "en")
    assert not is_elliptical("The consul sent me this letter. Did he write it?", "en")


def test_quoted_words_are_not_pronouns() -> None:
    assert not is_elliptical("Who said “they will protect their rights there”?", "en")
    assert is_elliptical("Who said they will protect their rights there?", "en")


@example("And {", ["Who?"], "en")
@example(" Who chairs the CAN? ", ["Who is he?"], "en")
@given(st.text(), st.lists(st.text(), max_size=3), st.sampled_from(LANGUAGES))
def test_any_text_may_be_asked_and_is_searched(
    question: str, history: list[str], language: Language
) -> None:
    joined = join(question, history, language)
    assert joined == question or is_elliptical(question, language)
