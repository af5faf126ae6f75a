"""References are found to the letter, in passages of any language."""

from pathlib import Path

import pytest
from conftest import HashingEncoder
from hypothesis import given, strategies as st

from qa import Bot
from qa.references import references, stands_in


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("4 H 27", ("4 H 27",)),
        ("What is kept under 4 H 27?", ("4 H 27",)),
        ("Où est « LD-88416 » ?", ("LD-88416",)),
        ("What happened on 24/02/2022?", ("24/02/2022",)),
        ("¿Qué dice la ley 27/2013?", ("27/2013",)),
        ("950 000 414", ("950 000 414",)),
        ("In 2016 12,274 migrants were asked", ("12,274",)),
        ("How many Bolivians in 2006?", ()),
        ("between 2014 and 2016", ()),
        ("COVID-19, G20 and the 27 members of the EU", ()),
        ("", ()),
    ],
)
def test_a_reference_is_told_from_a_year_and_a_count(question: str, found: tuple[str, ...]) -> None:
    assert references(question) == found


@pytest.mark.parametrize(
    ("reference", "text", "there"),
    [
        ("4 H 27", "sous la cote 4 H 27.", True),
        ("4 H 27", "cote 4H27, 4 H 28", True),
        ("4 H 27", "14 H 27, 4 H 271", False),
        ("88416", "our reference LD-88416", True),
        ("88416", "188416", False),
        ("950000414", "tel. 950 000 414", True),
        ("1.5*", "1x5", False),
        ("00::::0", "in 00::::0 or", True),
        ("4 H 27", "cote 4     H 27", True),
        ("4 H 27", "cote 4, or: H 27", False),
    ],
)
def test_a_reference_stands_there_whole(reference: str, text: str, there: bool) -> None:
    assert stands_in(reference, text) is there


@given(st.text() | st.lists(st.sampled_from("4 H 27 19/10 ( [ * \\ .".split())).map(" ".join))
def test_what_was_typed_stands_in_itself(question: str) -> None:
    for reference in references(question):
        assert stands_in(reference, question)


def test_a_reference_is_found_in_another_language_among_many_numbers(
    folder: Path, encoder: HashingEncoder, tmp_path: Path
) -> None:
    many = (f"It is the letter {day}: 27 came in under 4." for day in range(99))
    (folder / "days.txt").write_text("\n\n".join(many))
    names = " ".join(f"nom{number}" for number in range(99))
    (folder / "cote.txt").write_text(f"La liste de {names} est conservée sous la cote 4 H 27.\n")
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")
    for question in ("What is kept under 4 H 27?", "4 H 27"):
        first = bot.hits(question, language="en")[0]
        assert first.passage.doc_id == "cote"
        assert not first.unmentioned.words
