"""The whole way of a question, with a model that a person can compute by hand."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import DOCUMENTS, HashingEncoder
from hypothesis import HealthCheck, given, settings, strategies as st

import qa
import qa.answering
import qa.bot
from embeddings import Encoding, cores
from qa import indexing
from qa.bot import Bot
from qa.errors import DocumentError, QAError, SourceError, UsageError
from qa.filters import Filter
from qa.manifest import FORMAT
from qa.rewriting import MAX_QUESTION
from qa.types import Answer, Language, Quote

ROOT = Path(__file__).parent.parent
TEXTS = 11  # that are encoded of the three documents in conftest
KEEPER = "Who is the keeper of the hives?"
QUESTIONS = (
    KEEPER,
    "How much honey does a colony of bees make?",
    "En quelle année le moulin a-t-il été construit ?",
    "Le moulin produit-il encore de la farine ?",
    "¿Qué altura tiene el faro?",
    "¿Cuándo pueden subir los visitantes a la torre?",
    "Best pizza in Naples?",
    "",
)


@pytest.fixture
def bot(folder: Path, tmp_path: Path, encoder: HashingEncoder) -> Bot:
    return Bot(folder, tmp_path / "index", encoder, model_name="hashing")


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch, cache: Path) -> list[HashingEncoder]:
    """`answer()` and `Bot.open` with the hashing encoder; the list has one for each opening."""
    made: list[HashingEncoder] = []

    def opened(*_: object) -> HashingEncoder:
        made.append(HashingEncoder())
        return made[-1]

    monkeypatch.setattr(qa.bot, "open_encoder", opened)
    monkeypatch.setattr(qa.answering, "_bots", {})
    return made


def everything(answer: Answer) -> tuple[Quote, ...]:
    return answer.quotes + answer.near_misses


# Quotes


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_quote_is_the_documents_own_text(bot: Bot, question: str) -> None:
    for quote in everything(bot.answer(question, top_k=9)):
        text = quote.path.read_bytes().decode()
        assert text[quote.start : quote.end] == quote.text
        assert text[: quote.start].count("\n") + 1 == quote.line
        assert 0 <= quote.score <= 1
        assert quote.source_id.startswith(f"{quote.doc_id}#p")
        if quote.highlight is not None:
            assert quote.start <= quote.highlight.start < quote.highlight.end <= quote.end


@pytest.mark.parametrize(
    ("encoding", "newline"),
    [("utf-8", "\r\n"), ("utf-8-sig", "\n"), ("utf-16", "\r"), ("cp1252", "\r\n")],
)
def test_the_bytes_of_a_file_decode_to_what_is_quoted(
    tmp_path: Path, encoding: str, newline: str
) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    path = folder / "faro.txt"
    path.write_bytes(DOCUMENTS["faro.txt"].replace("\n", newline).encode(encoding))
    bot = Bot(folder, tmp_path / "index", HashingEncoder(), model_name="hashing")
    quote = everything(bot.answer("¿Qué altura tiene el faro?"))[0]
    document = bot.sources()[0]
    assert path.read_bytes().decode(document.encoding)[quote.start : quote.end] == quote.text
    assert quote.text == "El faro tiene una altura de treinta metros y se ve desde muy lejos."


def test_an_answer_is_the_passage_that_has_the_words(bot: Bot) -> None:
    answer = bot.answer(KEEPER)
    assert answer
    assert answer.language == "en"
    assert answer.quotes[0].source_id == "bees#p3"
    assert answer.quotes[0].title == "Bees of the mountain"
    assert answer.quotes[0].line == 5
    assert [q.score for q in answer.quotes] == sorted(
        (q.score for q in answer.quotes), reverse=True
    )


def test_off_topic_there_are_near_misses_and_a_reason(bot: Bot) -> None:
    answer = bot.answer("Best pizza in Naples?")
    assert not answer
    assert (answer.quotes, answer.reason) == ((), "no relevant passage")
    assert 1 <= len(answer.near_misses) <= 3


@pytest.mark.parametrize("top_k", [1, 2, 3, 10_000, 10**24])
def test_no_more_quotes_than_asked_for(bot: Bot, top_k: int) -> None:
    answers = [bot.answer(question, top_k=top_k) for question in QUESTIONS]
    assert all(len(answer.quotes) <= min(top_k, 9) for answer in answers)
    assert all(len(answer.near_misses) <= 3 for answer in answers)
    assert any(len(answer.quotes) == 1 for answer in answers)


def test_only_some_languages_are_searched(bot: Bot) -> None:
    some, english = Filter(only=("es", "fr")), Filter(only=("en",))
    assert {q.language for q in everything(bot.answer(KEEPER, where=some))} <= {"es", "fr"}
    assert {q.language for q in everything(bot.answer(KEEPER, where=english))} == {"en"}
    assert bot.answer(KEEPER, where=Filter()) == bot.answer(KEEPER)


def test_the_language_is_detected_or_given(bot: Bot) -> None:
    assert [bot.answer(question).language for question in QUESTIONS[:6]] == 2 * ["en"] + [
        *2 * ["fr"],
        *2 * ["es"],
    ]
    assert bot.answer(KEEPER, language="es").language == "es"


@pytest.mark.parametrize(
    ("language", "keywords"),
    [
        ("en", ["rent", "housing benefit"]),
        ("fr", ["loyer", "cantine", "passeport", "carte sejour"]),
        ("es", ["permiso", "asilo", "certificado empadronamiento"]),
    ],
)
def test_the_language_of_keywords_is_that_whose_words_they_are(
    bot: Bot, language: Language, keywords: list[str]
) -> None:
    for words in keywords:
        assert bot.answer(words).language == language
        assert bot.hits(words)[0].query.language == language


def test_a_follow_up_is_joined_with_the_question_before(bot: Bot) -> None:
    answer = bot.answer("And in Andorra?", history=[KEEPER])
    assert answer.question == "And in Andorra?"
    assert "keeper" in answer.searched
    assert bot.answer("And in Andorra?").searched == "And in Andorra?"


def test_of_two_questions_each_has_its_answer_among_the_first_two(bot: Bot) -> None:
    height = "¿Qué altura tiene el faro?"
    one, other = bot.hits(KEEPER, language="en"), bot.hits(height, language="en")
    both = bot.hits(f"{KEEPER} {height}", language="en")
    assert {hit.row for hit in both[:2]} == {one[0].row, other[0].row}
    rows = [hit.row for hit in both]
    assert len(set(rows)) == len(rows)
    assert set(rows) == {hit.row for hit in one + other}


def test_the_second_question_may_lean_on_the_first(bot: Bot) -> None:
    both = f"{KEEPER} Where does she live?"
    assert bot.answer(both).searched == both
    history = [f"Hello! {KEEPER} Many thanks."]
    assert bot.answer("Where does she live?", history=history).searched == both


def test_a_letter_is_searched_for_what_it_asks(bot: Bot) -> None:
    letter = f"Dear all,\n\n{'The weather is fine. ' * 300}\n\n{KEEPER}\n\nKind regards,\nTom"
    answer = bot.answer(letter)
    assert len(letter) > MAX_QUESTION
    assert (answer.question, answer.searched) == (letter, KEEPER)


def test_a_question_in_another_language_is_answered_with_a_note(bot: Bot) -> None:
    answer = bot.answer("Wer ist die Besitzerin der Bienenstöcke von Marta Klein in Andorra?")
    assert len(answer.notes) == 1
    assert everything(answer)
    assert bot.answer(KEEPER).notes == ()


# Odd questions


@pytest.mark.parametrize("question", ["", " ", "\n\t\r\n", "\u2028\xa0"])
def test_an_empty_question_is_an_answer_that_says_so(
    bot: Bot, encoder: HashingEncoder, question: str
) -> None:
    answer = bot.answer(question)
    assert (bool(answer), answer.reason, answer.question) == (False, "empty question", question)
    assert encoder.queries == 0


@pytest.mark.parametrize(
    "question",
    ["a\0b", "keeper \udfff hives", "\x1b[31mkeeper", "[bold]", "🐝" * 50 + " hives"],
    ids=ascii,
)
def test_an_odd_question_is_kept_as_it_is_and_answered_somehow(bot: Bot, question: str) -> None:
    answer = bot.answer(question)
    assert answer.question == question
    assert everything(answer)
    answer.searched.encode()  # half a character is not searched for


@pytest.mark.parametrize("question", ["?", "\0", "\ud800", "🙂 !", "-_-"], ids=ascii)
def test_a_question_without_a_word_is_as_good_as_empty(bot: Bot, question: str) -> None:
    answer = bot.answer(question)
    assert (answer.question, answer.reason) == (question, "empty question")
    assert not everything(answer)


def test_two_halves_of_a_character_are_that_character(bot: Bot) -> None:
    assert bot.answer("\ud83d\udc1d hives").searched == "\U0001f41d hives"


def test_of_a_question_of_a_megabyte_the_beginning_is_searched(bot: Bot) -> None:
    question = KEEPER.rstrip("?") + " and " + "why " * 250_000
    answer = bot.answer(question)
    assert answer.question == question
    assert answer.searched == question[:MAX_QUESTION]
    assert bot.answer("And in Andorra?", history=[question]).searched.count("why") <= MAX_QUESTION


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=st.text(st.characters(exclude_categories=[]), max_size=40))
def test_no_question_is_too_odd(bot: Bot, question: str) -> None:
    answer = bot.answer(question)
    assert answer.question == question
    assert bool(answer) or answer.reason in ("empty question", "no relevant passage")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"top_k": 0}, "top_k is 0; it must be a whole number, 1 or more"),
        ({"top_k": -1}, "top_k is -1"),
        ({"language": "de"}, "unknown language 'de'; choose from en, fr, es"),
        ({"history": "Who?"}, "history is 'Who"),
    ],
)
def test_an_argument_that_cannot_be_honoured_is_one_sentence(
    bot: Bot, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        bot.answer(KEEPER, **arguments)


# The same again


def test_the_same_question_has_the_same_answer(bot: Bot) -> None:
    first = [bot.answer(question, top_k=9) for question in QUESTIONS]
    assert [bot.answer(question, top_k=9) for question in QUESTIONS] == first


def test_sixteen_threads_get_what_one_gets(bot: Bot) -> None:
    right = [bot.answer(question, top_k=9) for question in QUESTIONS]
    start = threading.Barrier(16)

    def ask(thread: int) -> list[Answer]:
        start.wait()
        order = QUESTIONS[thread % 8 :] + QUESTIONS[: thread % 8]
        found = {question: bot.answer(question, top_k=9) for question in 4 * order}
        return [found[question] for question in QUESTIONS]

    with ThreadPoolExecutor(16) as pool:
        assert all(answers == right for answers in pool.map(ask, range(16)))


def test_no_more_questions_are_worked_at_than_there_are_cores(
    bot: Bot, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, most, encode = [0], [0], encoder.encode_query

    def slowly(text: str) -> Encoding:
        at_work[0] += 1
        most[0] = max(most[0], at_work[0])
        time.sleep(0.01)
        at_work[0] -= 1
        return encode(text)

    monkeypatch.setattr(encoder, "encode_query", slowly)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(bot.answer, [KEEPER] * 32))
    assert 1 <= most[0] <= cores()


ASKER = """
import json, sys
from pathlib import Path
from conftest import HashingEncoder
from qa.bot import Bot

bot = Bot(Path(sys.argv[1]), Path(sys.argv[2]), HashingEncoder(), model_name="hashing")
print(json.dumps([bot.answer(question, top_k=9).to_dict() for question in sys.argv[3:]]))
"""


@pytest.mark.usefixtures("prepared")
def test_a_hundred_threads_get_the_answers_of_one(
    shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the real model, on the seeds, through the function that everyone calls."""
    monkeypatch.setenv("QA_CACHE", str(shared_cache))
    lines = (ROOT / "tests/quality/questions.jsonl").read_text("utf-8").splitlines()[:40]
    questions = [json.loads(line)["question"] for line in lines]
    expected = [qa.answer(question) for question in questions]
    start = threading.Barrier(100)

    def ask(thread: int) -> list[Answer]:
        start.wait()
        own = range(thread, thread + 4)  # so that each is asked by ten threads, in another order
        return [qa.answer(questions[number % len(questions)]) for number in own]

    with ThreadPoolExecutor(100) as threads:
        for thread, answers in enumerate(threads.map(ask, range(100))):
            assert answers == [expected[(thread + n) % len(questions)] for n in range(4)]


def test_another_process_gives_the_same_answers(folder: Path, tmp_path: Path) -> None:
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    said = {
        subprocess.run(
            [sys.executable, "-c", ASKER, folder, tmp_path / index, *QUESTIONS],
            env=os.environ | {"PYTHONPATH": path, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for index, seed in [("one", "1"), ("one", "2"), ("two", "3")]
    }
    assert len(said) == 1


# While it is open


def test_a_change_is_noticed_after_a_second_and_not_looked_for_before(
    bot: Bot, folder: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = bot._looked
    monkeypatch.setattr(qa.bot.time, "monotonic", lambda: now)
    (folder / "bakery.txt").write_text("The bakery\n\nThe baker gets up at four.\n")
    baker = "When does the baker get up?"
    assert "bakery" not in [q.doc_id for q in everything(bot.answer(baker))]
    now += qa.bot.LOOK_AGAIN + 0.1
    assert everything(bot.answer(baker))[0].source_id == "bakery#p2"
    assert encoder.passages == TEXTS + 2


def test_a_folder_that_vanishes_is_one_sentence_and_may_come_back(
    bot: Bot, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.bot, "LOOK_AGAIN", -1.0)
    folder.rename(tmp_path / "away")
    with pytest.raises(DocumentError, match="is not a folder"):
        bot.answer(KEEPER)
    (tmp_path / "away").rename(folder)
    assert everything(bot.answer(KEEPER))[0].doc_id == "bees"


def test_an_index_that_vanishes_is_built_again(
    bot: Bot, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.bot, "LOOK_AGAIN", -1.0)
    right = bot.answer(KEEPER)
    shutil.rmtree(bot.index)
    assert bot.answer(KEEPER) == right
    assert encoder.passages == 2 * TEXTS


# Sources


def test_sources_are_the_documents_by_id(bot: Bot) -> None:
    assert [d.doc_id for d in bot.sources()] == ["bees", "faro", "moulin"]
    assert [d.language for d in bot.sources()] == ["en", "es", "fr"]


def test_skipped_files_have_their_reason(bot: Bot, folder: Path, tmp_path: Path) -> None:
    (folder / "binary.txt").write_bytes(b"\0")
    other = Bot(folder, tmp_path / "index", HashingEncoder(), model_name="hashing")
    assert list(other.skipped) == ["binary.txt"]
    assert "NUL" in other.skipped["binary.txt"]


def test_where_nothing_answers_it_is_said_that_files_were_not_read(
    bot: Bot, folder: Path, tmp_path: Path
) -> None:
    (folder / "binary.txt").write_bytes(b"\0")
    other = Bot(folder, tmp_path / "index", HashingEncoder(), model_name="hashing")
    assert not other.answer("Best pizza in Naples?")
    [note] = other.answer("Best pizza in Naples?").notes
    assert note.startswith("Files that could not be read, or not all of them: 1;")
    [note] = other.answer("Une pizza à Naples ?").notes
    assert note.startswith("Fichiers illisibles")
    assert other.answer(KEEPER)
    assert other.answer(KEEPER).notes == ()
    (folder / "binary.txt").unlink()
    assert (
        Bot(folder, tmp_path / "index", HashingEncoder(), model_name="hashing")
        .answer("Best pizza in Naples?")
        .notes
        == bot.answer("Best pizza in Naples?").notes
    )


def test_a_source_id_leads_back_to_its_passage(bot: Bot) -> None:
    for quote in everything(bot.answer(KEEPER, top_k=9)):
        found = bot.passage(quote.source_id)
        assert (found.start, found.end, found.text) == (quote.start, quote.end, quote.text)


def test_around_a_passage_are_its_neighbours_in_order(bot: Bot) -> None:
    assert [q.source_id for q in bot.around("bees#p2", 1)] == ["bees#p1", "bees#p2", "bees#p3"]
    assert [q.source_id for q in bot.around("bees#p1", 1)] == ["bees#p1", "bees#p2"]
    assert [q.source_id for q in bot.around("bees#p3", 0)] == ["bees#p3"]


@pytest.mark.parametrize(
    "source_id",
    [
        "",
        "bees",
        "bees#p",
        "bees#p0",
        "bees#p4",
        "bees#p-1",
        "bees#p²",
        "bees#p" + "9" * 99,
        "BEES#p1",
        "#p1",
        "../bees#p1",
        "bees#p1#p1",
        "bees\x00#p1",
        chr(0xD800) + "#p1",
        "bees#p1.0",
    ],
    ids=ascii,
)
def test_a_source_id_that_names_nothing_is_one_sentence(bot: Bot, source_id: str) -> None:
    cure = r"should look like NAME#p3, and `qa sources` lists"
    if source_id.rpartition("#p")[0] == "bees" or source_id == "bees":
        cure = r"the passages of bees are bees#p1 to bees#p3$"
    with pytest.raises(SourceError, match=cure):
        bot.passage(source_id)


def test_a_name_is_taken_as_it_is_shown(tmp_path: Path, encoder: HashingEncoder) -> None:
    for name in ("two  blanks", "steer\x1bing", "both  here", "both here"):
        (tmp_path / f"{name}.txt").write_text(f"The bees of {name!r} make honey.\n")
    bot = Bot(tmp_path, tmp_path / "index", encoder, model_name="hashing")
    for shown, name in [
        ("two  blanks", "two  blanks"),
        ("two blanks", "two  blanks"),
        ("steer␛ing", "steer\x1bing"),
        ("both  here", "both  here"),
        ("both here", "both here"),  # of two that are shown alike, the one that is written so
    ]:
        assert bot.passage(f"{shown}#p1").source_id == f"{name}#p1"
    with pytest.raises(SourceError, match="the passages of two  blanks are two  blanks#p1 to"):
        bot.passage("two blanks#p2")
    with pytest.raises(
        SourceError, match=r"there is no source two   blanks#p1 in .*; it should look"
    ):
        bot.passage("two   blanks#p1")


# answer()


def test_answer_opens_a_folder_once_a_process(
    folder: Path, hashing: list[HashingEncoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    real = indexing.open_library
    monkeypatch.setattr(indexing, "open_library", lambda *a: opened.append(a) or real(*a))
    for question in QUESTIONS[:4]:
        qa.answer(question, documents=folder)
    assert [(encoder.queries, encoder.passages) for encoder in hashing] == [(4, TEXTS)]
    assert len([place for place in opened if place]) <= 2  # none yet before it is built; then one


def test_threads_that_ask_first_at_once_open_once(
    folder: Path, hashing: list[HashingEncoder]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: qa.answer(KEEPER, documents=folder), range(8)))
    assert len(hashing) == 1
    assert answers == 8 * [answers[0]]


def test_a_folder_is_told_from_another_of_the_same_relative_name(
    folder: Path, hashing: list[HashingEncoder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere" / "documents").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert everything(qa.answer(KEEPER, documents="documents"))[0].doc_id == "bees"
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert qa.answer(KEEPER, documents="documents").reason == "no documents"
    monkeypatch.chdir(folder)
    assert everything(qa.answer(KEEPER, documents=""))[0].doc_id == "bees"
    assert len(hashing) == 2


def test_the_seeds_are_what_is_asked_by_default(hashing: list[HashingEncoder]) -> None:
    answer = qa.answer("How many Peruvians live abroad?")
    assert {q.path.parent for q in everything(answer)} == {ROOT / "seeds"}


def test_an_index_is_kept_where_it_is_wanted(
    folder: Path, hashing: list[HashingEncoder], tmp_path: Path, cache: Path
) -> None:
    qa.answer(KEEPER, documents=folder, index=tmp_path / "here")
    assert (tmp_path / "here" / "manifest.json").is_file()
    assert not (cache / "indexes").exists()
    qa.answer(KEEPER, documents=folder)
    assert len(list((cache / "indexes").iterdir())) == 1


@pytest.mark.parametrize("place", ["nowhere", "a\0b", "bees.txt", "~nobody-of-this-name/x"])
def test_what_is_no_folder_is_one_sentence(
    folder: Path, hashing: list[HashingEncoder], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(QAError, match=r"no folder|not a folder"):
        qa.answer(KEEPER, documents=place)
    assert hashing == []  # no model is prepared for nothing


@pytest.mark.parametrize("given", ["documents", "index", "both"])
def test_the_cure_names_what_was_given_and_no_more(
    folder: Path, hashing: list[HashingEncoder], tmp_path: Path, given: str
) -> None:
    documents = folder if given != "index" else None
    index = tmp_path / "an index" if given != "documents" else None
    bot = Bot.open(documents, index=index)
    (bot.index / "manifest.json").write_text("{")
    with pytest.raises(QAError) as error:
        Bot.open(documents, index=index)
    command = str(error.value).partition("run: ")[2]
    options = [f"--documents {folder}"] * (given != "index")
    options += [f"--index '{tmp_path}/an index'"] * (given != "documents")
    assert command == " ".join(["qa index --rebuild", *options])


def of_format(index: Path, number: int) -> None:
    path = index / "manifest.json"
    path.write_text(path.read_text().replace(f'"format": {FORMAT}', f'"format": {number}'))


def test_after_an_update_of_the_program_its_own_index_is_made_anew(
    folder: Path, hashing: list[HashingEncoder]
) -> None:
    bot = Bot.open(folder)
    of_format(bot.index, FORMAT - 1)
    assert Bot.open(folder).answer(KEEPER) == bot.answer(KEEPER)
    of_format(bot.index, FORMAT + 1)
    with pytest.raises(QAError, match=f"has the index format {FORMAT + 1}"):
        Bot.open(folder)


def test_an_older_index_that_was_chosen_by_its_place_is_refused_and_left_as_it_is(
    folder: Path, hashing: list[HashingEncoder], tmp_path: Path
) -> None:
    bot = Bot.open(folder, index=tmp_path / "mine")
    of_format(bot.index, FORMAT - 1)
    before = (bot.index / "manifest.json").read_bytes()
    with pytest.raises(QAError, match=f"has the index format {FORMAT - 1}"):
        Bot.open(folder, index=tmp_path / "mine")
    assert (bot.index / "manifest.json").read_bytes() == before


def test_who_asks_one_folder_does_not_wait_for_another_to_be_indexed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def opened(folder: Path, *_: object) -> str:
        if folder.name == "large":
            begun.set()
            assert go_on.wait(30)
        return folder.name

    monkeypatch.setattr(qa.answering, "_bots", {})
    monkeypatch.setattr(qa.answering, "open_bot", opened)
    found: list[object] = []
    large = threading.Thread(
        target=lambda: found.append(qa.answering.shared_bot(tmp_path / "large", None, None))
    )
    large.start()
    try:
        assert begun.wait(10)
        assert qa.answering.shared_bot(tmp_path / "small", None, None) == "small"
        assert not found
    finally:
        go_on.set()
        large.join(10)
    assert found == ["large"]
