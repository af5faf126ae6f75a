"""What many documents repeat is told from what they have to say."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from conftest import HashingEncoder

from qa.boilerplate import marked, repeated
from qa.bot import Bot
from qa.likeness import keyed
from qa.types import Kind, Language, Passage

MISSION = "The office helps all people who move, wherever they come from."
OWN = "A long passage that stands in document {} and in no other one, about matter number {}."


def passages(
    documents: Mapping[str, Sequence[str]], language: Language = "en", kind: Kind = "prose"
) -> list[Passage]:
    return keyed(
        Passage(doc_id, number, 0, len(text), 1, language, kind, text)
        for doc_id, texts in documents.items()
        for number, text in enumerate(texts, 1)
    )


def folder_of(count: int, *common: str, times: int) -> dict[str, list[str]]:
    """So many documents with texts of their own; the first `times` have what is common as well."""
    return {
        f"{n:03}": [OWN.format(n, n), OWN.format(n, -n), *(common if n < times else ())]
        for n in range(count)
    }


def found(documents: Mapping[str, Sequence[str]]) -> set[str]:
    rows, said = repeated(passages(documents)), passages(documents)
    return {said[row].search_text for row in rows}


@pytest.mark.parametrize(
    ("count", "times", "is_boilerplate"),
    [
        (3, 3, True),
        (3, 2, False),  # two may have it in common for any reason
        (15, 3, True),  # a fifth
        (16, 3, False),
        (16, 4, True),
        (400, 19, False),
        (400, 20, True),  # enough, however large the folder is
    ],
)
def test_what_three_documents_and_a_fifth_of_all_have_is_boilerplate(
    count: int, times: int, is_boilerplate: bool
) -> None:
    assert found(folder_of(count, MISSION, times=times)) == ({MISSION} if is_boilerplate else set())


def test_every_place_of_it_is_marked_and_nothing_else() -> None:
    said = marked(passages(folder_of(4, MISSION, times=4)))
    assert [p.repeated for p in said] == 4 * [False, False, True]
    assert [p.aside for p in said] == 4 * [False, False, True]


def test_what_one_document_says_often_is_its_own() -> None:
    assert found({"a": 9 * [MISSION], **folder_of(4, times=0)}) == set()


def test_copies_of_a_report_are_no_boilerplate_but_what_they_share_with_others_is() -> None:
    report = [OWN.format("report", n) for n in range(8)]
    editions = {f"report-{n}": [*report, f"Edition {n}.", MISSION] for n in range(4)}
    assert found({**editions, **folder_of(4, times=0)}) == set()
    assert found({**editions, **folder_of(4, MISSION, times=4)}) == {MISSION}


def test_another_number_or_word_makes_another_passage() -> None:
    said = "The number of members of the office was {} at the end of the year."
    documents = {f"{n}": [OWN.format(n, n), said.format(100 + n)] for n in range(5)}
    assert found(documents) == set()


@pytest.mark.parametrize(
    ("said", "is_notice"),
    [
        ("© {} The Office", True),
        ("Tous droits réservés, {} The Office", True),
        ("En {}, les droits reconnus aux migrants ont été étendus à leurs familles.", False),
        ("En {}, los derechos reconocidos a los migrantes se extendieron a sus familias.", False),
    ],
)
def test_the_year_of_a_notice_makes_no_other_passage(said: str, is_notice: bool) -> None:
    documents = {f"{n}": [OWN.format(n, n), said.format(2010 + n)] for n in range(5)}
    notices = {said.format(2010 + n) for n in range(5)}
    assert found(documents) == (notices if is_notice else set())


def test_languages_are_counted_apart() -> None:
    """Three French documents of three, among twenty English ones."""
    french = passages({f"fr{n}": [OWN.format(n, n), MISSION] for n in range(3)}, "fr")
    english = passages(folder_of(20, MISSION, times=3))
    said = [*english, *french]
    assert {said[row].language for row in repeated(said)} == {"fr"}


def test_menus_are_no_text_of_which_a_document_has_too_little() -> None:
    """A short page under a long menu tells as well as any other what is repeated."""
    menu = passages({f"{n}": 20 * ["Our Work"] for n in range(3)}, kind="menu")
    text = passages({f"{n}": [OWN.format(n, n), MISSION] for n in range(3)})
    said = sorted([*menu, *text], key=lambda p: p.doc_id)
    assert {said[row].search_text for row in repeated(said)} == {"Our Work", MISSION}


def test_marks_that_no_longer_hold_are_taken_off() -> None:
    said = marked(passages(folder_of(3, MISSION, times=3)))
    rest = [passage for passage in said if passage.doc_id != "000"]
    assert not any(passage.repeated for passage in marked(rest))


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    folder = tmp_path / "documents"
    folder.mkdir()
    for n in range(4):
        own = [
            OWN.format(n, n),
            f"People who move to town {n} ask the office of town {n} for help.",
        ]
        text = "\n\n".join([f"Town {n}", *own, MISSION])
        (folder / f"town{n}.txt").write_text(text + "\n")
    return Bot(folder, tmp_path / "index", HashingEncoder(), model_name="hashing")


def test_boilerplate_is_found_when_it_is_asked_for_and_takes_one_place(bot: Bot) -> None:
    quotes = bot.answer("Which office helps all people, wherever they come from?", top_k=9).quotes
    assert (quotes[0].text, quotes[0].kind) == (MISSION, "menu")
    assert quotes[0].also == ("town1#p4", "town2#p4", "town3#p4")
    assert [quote.text for quote in quotes].count(MISSION) == 1


def test_boilerplate_comes_after_prose_that_is_about_as_near_and_is_no_less_probable(
    bot: Bot, tmp_path: Path
) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    for n in range(2):
        (alone / f"town{n}.txt").write_bytes((bot.folder / f"town{n}.txt").read_bytes())
    other = Bot(alone, tmp_path / "other", HashingEncoder(), model_name="hashing")
    question = "people move office"
    hits = {hit.passage.source_id: hit for hit in bot.hits(question)}
    plain = {hit.passage.source_id: hit for hit in other.hits(question)}
    mission, prose = hits["town0#p4"], hits["town0#p3"]
    assert mission.passage.repeated and not plain["town0#p4"].passage.repeated
    assert mission.evidence - mission.score == pytest.approx(0.02)
    assert prose.evidence == prose.score
