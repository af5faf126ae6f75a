"""Words are searched for while the model runs, if a core is free; the ranking is the same."""

import multiprocessing
import os
import threading
from pathlib import Path

import pytest
from conftest import HashingEncoder

from qa import Bot
from qa.calibration import FIGURE, features
from qa.filters import Filter
from qa.retriever import BARE_PENALTY


@pytest.mark.parametrize("turns", [0, 1])
def test_words_are_searched_for_beside_the_model_if_a_core_is_free(
    folder: Path,
    encoder: HashingEncoder,
    tmp_path: Path,
    turns: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")
    bot._turns = threading.Semaphore(turns)
    catalogue, searched = bot.library().catalogue, []
    search = catalogue.lexical

    def noted(*values: object) -> dict[int, float]:
        searched.append(threading.current_thread())
        return search(*values)

    expected = [(hit.row, hit.score) for hit in bot.hits("How much honey do bees make?")]
    monkeypatch.setattr(catalogue, "lexical", noted)
    found = bot.hits("How much honey do bees make?")
    assert [(hit.row, hit.score) for hit in found] == expected
    assert [each is threading.main_thread() for each in searched] == [turns == 0]
    assert bot._turns.acquire(blocking=False) == bool(turns)  # given back


def test_a_core_is_given_back_when_the_search_fails(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")
    bot._turns = threading.Semaphore(1)

    def fails(*_: object) -> dict[int, float]:
        raise OSError("the disk is gone")

    monkeypatch.setattr(bot.library().catalogue, "lexical", fails)
    with pytest.raises(OSError, match="the disk is gone"):
        bot.hits("How much honey do bees make?")
    assert bot._turns.acquire(blocking=False)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only POSIX forks")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_searches_with_threads_of_its_own(
    folder: Path, encoder: HashingEncoder, tmp_path: Path
) -> None:
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")
    expected = [hit.row for hit in bot.hits("How much honey do bees make?")]
    context = multiprocessing.get_context("fork")
    found = context.SimpleQueue()
    child = context.Process(
        target=lambda: found.put([hit.row for hit in bot.hits("How much honey do bees make?")])
    )
    child.start()
    child.join(20)
    done = child.exitcode
    child.kill()
    assert done == 0
    assert found.get() == expected


SECTION = "Opening hours\n\nThe reading room welcomes everybody on Tuesday mornings, from nine.\n"


def test_what_stands_below_a_heading_comes_before_it(
    folder: Path, encoder: HashingEncoder, tmp_path: Path
) -> None:
    (folder / "room.txt").write_text(f"The archive\n\nIt was founded long ago.\n\n{SECTION}")
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")
    first, second = bot.hits("opening hours")[:2]
    assert (first.passage.source_id, first.passage.kind) == ("room#p4", "prose")
    assert (second.passage.source_id, second.passage.kind) == ("room#p3", "heading")
    assert first.aligned.min() == pytest.approx(1, abs=0.01)  # the heading has both words


def test_the_year_of_a_passage_may_stand_above_it_or_in_its_documents_name(
    folder: Path, encoder: HashingEncoder, tmp_path: Path
) -> None:
    body = "A visit to the hives costs four pounds.\n"
    (folder / "prices_2023.txt").write_text(f"Prices\n\nGuests\n\n{body}")
    (folder / "prices.txt").write_text(f"Prices\n\nIn the year 2024\n\n{body}")
    (folder / "old prices.txt").write_text(f"Prices\n\nGuests\n\n{body}")
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")

    def lack(year: int) -> set[str]:
        hits = bot.hits(f"what does a visit to the hives cost in {year}")
        found = [hit for hit in hits if "pounds" in hit.passage.search_text]
        assert len(found) == 3
        return {hit.passage.doc_id for hit in found if str(year) in hit.unmentioned.words}

    assert lack(2023) == {"prices", "old prices"}
    assert lack(2024) == {"prices_2023", "old prices"}
    assert lack(2025) == {"prices_2023", "prices", "old prices"}


def test_a_code_in_a_title_is_what_all_of_the_document_is_about(
    folder: Path, encoder: HashingEncoder, tmp_path: Path
) -> None:
    step = "Undo the nut before the seal is changed."
    for code in ("BX-40", "BX-60"):
        (folder / f"{code[-2:]}.txt").write_text(f"The pump {code}\n\nIt is old.\n\n{step}\n")
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")
    hits = bot.hits("which nut before the seal of the pump BX-60 is changed")
    lacks = {h.passage.doc_id: h.unmentioned.words for h in hits if h.passage.search_text == step}
    assert lacks == {"40": ("BX-60",), "60": ()}


def test_a_year_that_is_missing_weighs_more_than_a_name(
    folder: Path, encoder: HashingEncoder, tmp_path: Path
) -> None:
    (folder / "prices.txt").write_text("The price of honey\n\nIt rose to four pounds in 2019.\n")
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")
    for asked, more in (("in 2021", FIGURE), ("in Zola", 0.0)):
        hit = bot.hits(f"what was the price of honey {asked}")[0]
        assert hit.unmentioned.words == (asked.removeprefix("in "),)
        assert features(hit)["unmentioned"] == pytest.approx(hit.unmentioned.weight + more)


def test_a_clause_is_about_the_unit_that_its_lease_is_of(
    folder: Path, encoder: HashingEncoder, tmp_path: Path
) -> None:
    clause = "3. Rent. The tenant pays a rent by the month."
    for unit in (3, 7):
        text = f"The lease\n\nWe let to the tenant Unit {unit} of the yard.\n\n{clause}\n"
        (folder / f"lease-{unit}.txt").write_text(text)
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")
    hits = bot.hits("what rent does the tenant of Unit 3 pay by the month")
    found = {h.passage.doc_id: h.unmentioned.words for h in hits if "Rent" in h.passage.search_text}
    assert found == {"lease-3": (), "lease-7": ("3",)}


def test_a_signature_tells_only_who_asks_for_names(
    folder: Path, encoder: HashingEncoder, tmp_path: Path
) -> None:
    (folder / "letter.txt").write_text("Dear all, it rains.\n\nYours sincerely, Nadia Roca\n")
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")

    def score(question: str) -> float:
        found = bot.hits(question)
        return next(hit.score for hit in found if "sincerely" in hit.passage.search_text)

    lower = score("names: Nadia Roca") - score("letters: Nadia Roca")
    assert lower == pytest.approx(BARE_PENALTY, abs=0.1)


def test_whom_an_opening_names_what_stands_below_is_about_too(
    folder: Path, encoder: HashingEncoder, tmp_path: Path
) -> None:
    """A lease names its parties once."""
    clause = "Cats and small dogs may be kept."
    for party in ("Okafor", "Perrin"):
        text = f"The lease\n\nFor the flat of Mr {party} this was agreed.\n\n{clause}\n"
        (folder / f"{party[:1]}.txt").write_text(text)
    (folder / "late.txt").write_text("The lease\n\n" + "So be it. " * 120 + f"Zola.\n\n{clause}\n")
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")
    for party in ("Okafor", "Perrin"):
        best = bot.hits(f"which cats and dogs may {party} have kept")[0]
        assert (best.passage.doc_id, best.passage.search_text) == (party[:1], clause)
        assert best.unmentioned.words == ()
    hits = bot.hits("which cats and dogs may Zola have kept")
    assert all(h.unmentioned.words == ("Zola",) for h in hits if h.passage.search_text == clause)


def test_a_question_above_its_answer_ends_the_section_before_it(
    folder: Path, encoder: HashingEncoder, tmp_path: Path
) -> None:
    body = "It closes at noon.\n\nWho has the key?\n\nThe gardener has it.\n\nHe sleeps by day.\n"
    (folder / "room.txt").write_text(f"The archive\n\nIt is old.\n\nOpening hours\n\n{body}")
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")
    hits = {hit.passage.source_id: hit for hit in bot.hits("opening hours")}
    assert hits["room#p4"].aligned.min() == pytest.approx(1, abs=0.01)
    assert hits["room#p5"].passage.search_text == "Who has the key? The gardener has it."
    assert max(hits[f"room#p{number}"].aligned.max() for number in (5, 6)) < 0.9


def test_what_stands_below_a_heading_is_found_however_much_is_like_the_question(
    folder: Path, encoder: HashingEncoder, tmp_path: Path
) -> None:
    """Neither its vector nor its words bring it among the candidates: its heading does."""
    many = (
        f"Hours of opening were many in the year {year}, and nobody came." for year in range(99)
    )
    (folder / "years.txt").write_text("\n\n".join(many))
    (folder / "room.txt").write_text(SECTION)
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")
    found = [hit.passage.source_id for hit in bot.hits("opening hours")]
    assert "room#p2" in found
    only_years = bot.hits("opening hours", where=Filter.of(within="years.txt"))
    assert {hit.passage.doc_id for hit in only_years} == {"years"}
    # So it is where more than can be candidates stands below that heading, but is left out.
    body = "\n\n".join(f"Nobody reads passage {number} of the old rules." for number in range(30))
    (folder / "first.txt").write_text(f"Opening hours\n\n{body}\n")
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")
    some = bot.hits("opening hours", where=Filter.of(within=["years.txt", "room.txt"]))
    assert "room#p2" in {hit.passage.source_id for hit in some}
    assert "first" not in {hit.passage.doc_id for hit in some}


def test_a_year_or_an_amount_that_a_passage_lacks_lets_those_near_it_pass(
    encoder: HashingEncoder, tmp_path: Path
) -> None:
    folder = tmp_path / "prices"
    folder.mkdir()
    near = "The lunch of the pupils at the canteen of our school cost three francs in 2018."
    asked_for = "The lunch of children at the canteen of our school cost four francs in 2019."
    (folder / "a.txt").write_text(f"Prices\n\n{near}\n\n{asked_for}\n")
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")
    question = "What did the lunch of the pupils cost at the canteen of our school in {}?"

    for year, text in ((2019, asked_for), (2018, near)):
        first, second = bot.hits(question.format(year))[:2]
        assert (
            bot.library()
            .document(first.passage.doc_id)
            .text[first.passage.start : first.passage.end]
            == text
        )
        assert (first.unmentioned.words, second.unmentioned.words) == ((), (str(year),))
        assert (first.doubt, second.doubt > 0.1) == (0, True)
        assert second.evidence == pytest.approx(second.score + second.doubt)


def test_where_an_amount_is_asked_for_a_passage_without_any_lets_those_near_it_pass(
    encoder: HashingEncoder, tmp_path: Path
) -> None:
    folder = tmp_path / "prices"
    folder.mkdir()
    near = "The lunch of the pupils at the canteen is said to cost the parents some money."
    told = "The lunch of the pupils at the canteen is said to cost the parents seven francs."
    (folder / "a.txt").write_text(f"Prices\n\n{near}\n\n{told}\n")
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")

    def first(question: str) -> str:
        passage = bot.hits(question)[0].passage
        return passage.search_text

    assert first("Did lunch of the pupils at the canteen cost the parents?") == near
    assert first("How much did lunch of the pupils at the canteen cost the parents?") == told


def test_whom_a_document_names_at_its_beginning_all_of_it_is_about(
    encoder: HashingEncoder, tmp_path: Path
) -> None:
    folder = tmp_path / "rulings"
    folder.mkdir()
    told = "The hearing of the claimant took eleven minutes in all."
    (folder / "a.txt").write_text(f"A case\n\nIn 2018 mrs ashworth sued the bakery.\n\n{told}\n")
    (folder / "b.txt").write_text(f"The case of Mr Haile.\n\n{'It rained. ' * 99}\n\n{told}\n")
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")

    def lacks(question: str) -> dict[str, tuple[str, ...]]:
        hits = [hit for hit in bot.hits(question) if "eleven" in hit.passage.search_text]
        return {hit.passage.doc_id: hit.unmentioned.words for hit in hits}

    asked = "how many minutes did the hearing of {} take in all"
    assert lacks(asked.format("Mrs Ashworth")) == {"a": (), "b": ("Ashworth",)}
    assert lacks(asked.format("Ms Roca")) == {"a": ("Roca",), "b": ("Roca",)}
    assert lacks("did the hearing take eleven minutes in 2018 in all")["a"] == ("2018",)
