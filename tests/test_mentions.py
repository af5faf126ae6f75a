"""Which names and numbers of a question a passage doesn't mention. A word has one token here, and
its cosine with the passage is written beside it."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qa.mentions import ABSENT, DOUBTFUL, UNWRITTEN, Unmentioned, introduced, names, unmentioned
from qa.types import Language


def one_a_word(text: str) -> int:
    return len(text.split())


def found(question: str) -> list[tuple[str, ...]]:
    return [tuple(word.text for word in name) for name in names(question, one_a_word)]


def told(question: str, text: str, language: Language = "en", **cosines: float) -> Unmentioned:
    """What `text` doesn't mention; words that no cosine is given for have a good partner."""
    words = [word.strip("¿?,.!") for word in question.split()]
    aligned = np.array([cosines.get(word, 0.9) for word in words], np.float32)
    weights = np.full(len(words), 1 / len(words), np.float32)
    found = names(question, one_a_word, language)
    return unmentioned(found, aligned, weights, text, language=language)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many Bolivians live in Italy?", [("Bolivians",), ("Italy",)]),
        ("Combien d'Andins vivent aux États-Unis ?", [("Andins",), ("États-Unis",)]),
        ("¿Cuántos viven en Estados Unidos?", [("Estados", "Unidos")]),
        ("What happened in 2007, and in 2010?", [("2007",), ("2010",)]),
        ("Does it concern Peru, Chile and Ecuador?", [("Peru",), ("Chile",), ("Ecuador",)]),
        ("Is law 27.444 in force?", [("27.444",)]),
        ("Bolivia: how many live there?", []),
        ("I wonder. Spain counts how many? And I?", []),
        ("how many bolivians live in italy?", []),
        ("HOW MANY BOLIVIANS LIVE IN ITALY?", []),
        ("How Many Bolivians Live Abroad?", []),
        ("Que dit l'OIM de l’Espagne ?", [("OIM",), ("Espagne",)]),
        ("Qui est Rosa Iturbe ? La cantine ? Et Mario ?", [("Rosa", "Iturbe"), ("Mario",)]),
        ("Quel âge avait Mme Ashworth ?", [("Ashworth",)]),
        ("Did Dr. Ana Roca see Mr Haile?", [("Ana", "Roca"), ("Haile",)]),
        ("Did Mrs P. Ashworth win?", [("P", "Ashworth")]),
        ("", []),
        ("?", []),
    ],
)
def test_names_and_numbers_are_known_by_their_signs(
    question: str, expected: list[tuple[str, ...]]
) -> None:
    assert found(question) == expected


def test_a_name_without_a_partner_is_missing_and_weighs_as_far_as_it_is_from_one() -> None:
    missing = told("How many Bolivians live in Italy?", "Bolivians in Spain.", Italy=0.4)
    assert missing.words == ("Italy",)
    assert missing.weight == pytest.approx(1 / 6 * (DOUBTFUL - 0.4))


def test_a_year_is_written_or_missing_however_close_another_is() -> None:
    asked = "What did it cost in 2025?"
    assert told(asked, "It cost 35 francs in 2024.") == told(asked, "", **{"2025": UNWRITTEN})
    assert told(asked, "It cost 35 francs in 2024.").words == ("2025",)
    assert told(asked, "It cost 35 francs in 2025.") == Unmentioned((), 0.0)
    assert told("What does room 21 cost?", "Room 22.").words == ()  # by its partner


@pytest.mark.parametrize(("code", "other"), [("BX-80", "BX-60"), ("CM2", "CM1"), ("A320", "A350")])
def test_a_code_is_written_or_missing_however_close_another_is(code: str, other: str) -> None:
    asked = f"How much oil for the {code}?"
    missing = told(asked, f"The {other} takes 80 or 320 of 2 kinds.")
    assert (missing.words, missing.figure) == ((code,), True)
    assert told(asked, f"The {code.replace('-', ' ')} takes it.").words == ()
    assert told("Who came 22nd of 5kg?", "").words == ()


@pytest.mark.parametrize(
    ("language", "question", "text", "missing"),
    [
        ("en", "Who paid in February?", "He paid in January.", ("February",)),
        ("en", "Who paid in february?", "He paid in January.", ("february",)),
        ("en", "Who paid in February?", "It was paid en février.", ()),
        ("en", "Who paid in February?", "He paid in January and February.", ()),
        ("en", "Who paid in February?", "He may pay.", ()),
        ("en", "Who paid in February?", "He paid. [date: 2024-02-03]", ()),
        ("en", "Who paid in February?", "He paid. [date: 2024-03]", ("February",)),
        ("en", "Who may pay?", "He paid in January.", ()),
        ("fr", "Qui a payé en février ?", "Il a payé en janvier.", ("février",)),
        ("fr", "Qui a payé en février ?", "Il a payé.", ()),
        ("es", "¿Quién pagó en mayo?", "Pagó en abril.", ("mayo",)),
        ("es", "¿Quién pagó en mayo?", "She paid in May.", ()),
    ],
)
def test_where_other_months_are_told_a_month_is_among_them_or_missing(
    language: Language, question: str, text: str, missing: tuple[str, ...]
) -> None:
    assert told(question, text, language).words == missing


@pytest.mark.parametrize(
    ("question", "text", "named"),
    [
        ("How many died in Nafara?", "Nineteen died, twelve of them in Konsiga.", ["Nafara"]),
        ("How many died in Nafara?", "In Nafara nobody died.", []),
        ("How many died in Paris?", "Nineteen died.", []),
        ("How many died at Nafara Wells?", "Nineteen died at the Wells.", []),
        ("How many died in May 2018 in Nafara?", "Nineteen died.", ["Nafara"]),
    ],
)
def test_a_name_that_only_the_beginning_of_the_document_has_is_told_of(
    question: str, text: str, named: list[str]
) -> None:
    opening = "Malians in May 2018. Wells of Konsiga and Nafara (see Nafara Wells)."
    found = names(question, one_a_word, "en")
    assert introduced(found, text, opening, "en") == named


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("3. Rent. The rent is 900 pounds.", ("3",)),
        ("Unit 7 is let since 3 May 2020.", ("3",)),
        ("On 3 tables stand vases, and Tuesday 3 May they fell.", ("3",)),
        ("Unit 3 is let.", ()),
        ("Se alquila la Unidad n.º 3.", ()),
        ("Lot III is let.", ()),
    ],
)
def test_the_number_of_a_unit_is_that_of_something_with_a_name_or_missing(
    text: str, missing: tuple[str, ...]
) -> None:
    assert told("What is paid for Unit 3?", text).words == missing


def test_a_small_number_alone_designates_nothing() -> None:
    assert told("Who paid for 3 tables in May 3 times?", "3. They paid in May.").words == ()


@pytest.mark.parametrize(("number", "roman"), [(8, "VIII"), (14, "XIV"), (49, "XLIX"), (900, "CM")])
def test_kings_have_roman_numbers(number: int, roman: str) -> None:
    assert told(f"Quand régna Louis {number} ?", f"Louis {roman} régna.", "fr").words == ()
    assert told(f"Quand régna Louis {number} ?", "Louis I régna.", "fr").words == (str(number),)


def test_a_month_without_a_partner_is_missing_only_with_a_capital_where_no_other_is_told() -> None:
    assert told("Who paid in February?", "He paid.", February=0.3).words == ("February",)
    assert told("Qui a payé en février ?", "Il a payé.", "fr", février=0.3).words == ()


def test_a_name_with_a_poor_partner_is_in_doubt_but_not_called_missing() -> None:
    close = (ABSENT + DOUBTFUL) / 2
    doubtful = told("How many Bolivians live in Italy?", "Bolivians in Spain.", Italy=close)
    assert doubtful.words == ()
    assert doubtful.weight == pytest.approx(1 / 6 * (DOUBTFUL - close))


def test_a_name_is_there_by_its_meaning_in_another_language() -> None:
    assert told("How many live in Spain?", "vivent en Espagne", Spain=0.75) == Unmentioned((), 0.0)


@pytest.mark.parametrize("spelled", ["Italy", "ITALY", "Italia", "italienne", "Itálico"])
def test_a_name_is_there_where_it_is_spelled_alike(spelled: str) -> None:
    there = told("How many live in Italy?", f"Many in {spelled}.", Italy=0.3)
    assert there == Unmentioned((), 0.0)


def test_a_short_name_is_there_only_as_a_whole_word() -> None:
    assert told("What is the EU?", "Europe and the euro", EU=0.3).words == ("EU",)
    assert told("What is the EU?", "the EU, again", EU=0.3).words == ()


def test_a_number_is_there_only_digit_for_digit() -> None:
    assert told("Who met in 2007?", "They met in 2006.", **{"2007": 0.4}).words == ("2007",)
    assert told("Who met in 2007?", "On 3.4.2007 they met.", **{"2007": 0.4}).words == ()
    assert told("Who met in 2007?", "In 12007 they met.", **{"2007": 0.4}).words == ("2007",)


def test_a_name_in_two_words_is_there_where_one_of_them_is_understood() -> None:
    asked = "¿Cuántos viven en Estados Unidos?"
    assert told(asked, "in the United States", Estados=0.3, Unidos=0.7).words == ()
    assert told(asked, "in Spain", Estados=0.3, Unidos=0.3).words == ("Estados Unidos",)


def test_a_first_name_that_is_there_does_not_answer_for_the_last_one() -> None:
    there = told("Where is Pablo Escobar?", "Pablo Guzmán is here.", Pablo=0.9, Escobar=0.3)
    assert there.words == ("Escobar",)


def test_what_the_model_has_not_read_is_not_called_missing() -> None:
    asked = names("How many Bolivians live in Italy?", one_a_word)
    read = np.full(3, 0.9, np.float32)
    assert unmentioned(asked, read, read / 3, "nothing") == Unmentioned((), 0.0)


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_question_can_be_held_against_any_text(question: str, text: str) -> None:
    tokens = sum(one_a_word(word) for word in question.split())
    aligned = np.zeros(tokens, np.float32)
    missing = unmentioned(names(question, one_a_word), aligned, aligned, text)
    assert all(word in question for words in missing.words for word in words.split())
    assert missing.weight == 0.0


@pytest.mark.parametrize(
    ("language", "question", "named"),
    [
        ("es", "¿Cuántos venezolanos llegaron al Perú?", [("venezolanos",), ("Perú",)]),
        ("es", "la ley sobre las migrantes peruanas", [("peruanas",)]),
        (
            "fr",
            "les travailleurs sud-africains ou équatoriennes",
            [("sud-africains",), ("équatoriennes",)],
        ),
        ("en", "do bolivians vote", [("bolivians",)]),
        ("en", "do boliviens vote", []),
        ("fr", "Quels Péruviens suisses ?", [("Péruviens",), ("suisses",)]),
        ("fr", "Que dit la grande rue ?", []),
    ],
)
def test_a_people_is_a_name_without_a_capital(
    language: Language, question: str, named: list[tuple[str, ...]]
) -> None:
    found = names(question, one_a_word, language)
    assert [tuple(word.text for word in name) for name in found] == named


def test_a_people_is_in_doubt_only_where_it_has_no_partner() -> None:
    asked = names("do bolivians vote", one_a_word, "en")
    weights = np.full(3, 1 / 3, np.float32)
    for cosine, doubt in ((ABSENT + 0.01, False), (ABSENT - 0.2, True)):
        aligned = np.array([1, cosine, 1], np.float32)
        found = unmentioned(asked, aligned, weights, "Peruvians do.")
        assert (found.weight > 0, bool(found.words)) == (doubt, doubt)


@pytest.mark.parametrize(
    ("amount", "text", "language", "written"),
    [
        ("£50,000?", "He received £50 000.", "en", True),
        ("50000", "He received £50.000.", "en", True),
        ("50,000", "He received £41,500.", "en", False),
        ("50,000", "950,000, and 50 others.", "en", False),
        ("50,000", "Fifty thousand.", "en", True),
        ("9 999 euros", "9.999 euros", "es", True),
        ("9 999 euros", "9 euros et 999 francs", "fr", False),
        ("4,20", "4.2 pour cent", "fr", True),
        ("4,20", "4,25 pour cent", "fr", False),
        ("219", "deux cent dix-neuf", "fr", True),
        ("24/02/2022", "le 24 février 2022", "fr", True),
        ("20:30", "à 20 h 30", "fr", True),
    ],
)
def test_an_amount_is_written_or_missing_in_whatever_way(
    amount: str, text: str, language: Language, written: bool
) -> None:
    asked = names(f"Was it {amount}", one_a_word, language)
    aligned = np.full(5, 0.9, np.float32)
    found = unmentioned(asked, aligned, aligned / 5, text, ABSENT, language)
    assert bool(found.words) is not written


def test_digits_that_go_on_after_a_blank_are_one_number() -> None:
    found = names("From 12 345 678 to 2018 200 and 1 22", one_a_word)
    assert [(name[0].text, name[0].start, name[0].end) for name in found] == [
        ("12 345 678", 1, 4),
        ("2018", 5, 6),
        ("200", 6, 7),
        ("1", 8, 9),
        ("22", 9, 10),
    ]


def test_small_numbers_may_be_in_words() -> None:
    asked = names("Did 22 come?", one_a_word, "en")
    aligned = np.array([0.9, 0.2, 0.9], np.float32)
    assert unmentioned(asked, aligned, aligned, "Vingt-deux.", ABSENT, "fr").words == ()
    assert unmentioned(asked, aligned, aligned, "Vingt-trois.", ABSENT, "fr").words == ("22",)
