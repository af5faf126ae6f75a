"""The commands, as a person or a script runs them."""

import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import made
import pytest
from conftest import HashingEncoder

import qa.bot
from qa import __main__ as program
from qa.progress import Bar

ROOT = Path(__file__).parent.parent
KEEPER = "Who is the keeper of the hives?"
PIZZA = "Best pizza in Naples?"
COMMANDS = ("ask", "chat", "index", "show", "sources", "verify")
OTHERS = ("evaluate", "calibrate", "serve", "doctor")

Result = tuple[int, str, str]
Run = Callable[..., Result]


@pytest.fixture
def run(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run a command over the three documents of conftest; give its status, stdout and stderr."""
    monkeypatch.setattr(qa.bot, "open_encoder", lambda *_: HashingEncoder())
    monkeypatch.setattr(qa.bot.dictionary, "unpack", lambda *_: None)  # which is said
    monkeypatch.chdir(folder.parent)

    def run(*arguments: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        takes_folder = arguments and arguments[0] in COMMANDS and "-d" not in arguments
        status = program.run([*arguments, *(["-d", str(folder)] if takes_folder else [])])
        out, err = capsys.readouterr()
        return status, out, err

    return run


def assert_one_sentence(result: Result, *said: str) -> None:
    """Trouble is exit 2, nothing on stdout, and one line that says what was seen and the cure."""
    status, out, err = result
    assert (status, out) == (2, "")
    assert err.startswith("qa: ")
    assert err.count("\n") == 1
    for words in said:
        assert words in err


# Asking


def test_an_answer_goes_to_stdout_with_status_0(run: Run) -> None:
    status, out, err = run("ask", KEEPER)
    assert (status, err) == (0, "")
    assert out.splitlines()[0].startswith(f"1. bees#p3  {Path('documents/bees.txt')}:5  English")
    assert "The keeper of the hives is called Marta Klein and lives in Andorra." in out


def test_no_answer_has_status_1_and_near_misses(run: Run) -> None:
    status, out, err = run("ask", PIZZA)
    assert (status, err) == (1, "")
    assert out.startswith("I found no passage that answers this.\n\nThe closest passages")


def test_json_is_one_object_and_nothing_else(run: Run) -> None:
    status, out, err = run("ask", "--json", KEEPER)
    assert (status, err) == (0, "")
    content = json.loads(out)
    assert content["answered"] is True
    assert content["quotes"][0]["source_id"] == "bees#p3"
    assert json.loads(run("ask", "--json", PIZZA)[1])["answered"] is False


def test_json_is_readable_where_text_is_and_exact_where_it_is_not(run: Run, folder: Path) -> None:
    odd = "Zebra\x1b[31m \u202e été \x9b \u200b\xad\x7f\U000e0041 [bold]"
    (folder / "odd.txt").write_bytes(odd.encode())
    out = run("ask", "--json", "Zebra été")[1]
    content = json.loads(out)
    texts = [quote["text"] for quote in content["quotes"] + content["near_misses"]]
    assert odd in texts
    assert "été" in out
    for printed in (out, run("ask", "Zebra été")[1]):
        assert not {"\x1b", "\u202e", "\x9b", "\u200b", "\xad", "\x7f", "\U000e0041"} & set(printed)


def test_a_question_may_come_from_standard_input(run: Run) -> None:
    assert run("ask", "-", stdin=KEEPER.encode()) == run("ask", KEEPER)
    assert run("ask", "-", stdin=b"\xef\xbb\xbf" + KEEPER.encode() + b"\r\n") == run("ask", KEEPER)


def test_who_is_to_type_is_told(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = run("ask", KEEPER)[1]
    capsys.readouterr()
    keyboard, terminal = os.openpty()
    with open(keyboard, "wb", buffering=0) as typed, open(terminal) as seen:
        typed.write(f"{KEEPER}\n\x04".encode())
        monkeypatch.setattr(sys, "stdin", seen)
        assert program.run(["ask", "-", "-d", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert "Ctrl-D at the beginning of a line ends it" in err
    assert out == expected


def test_a_question_in_an_old_encoding_is_understood(run: Run) -> None:
    spanish = "¿Qué altura tiene el faro?"
    assert run("ask", "-", stdin=spanish.encode("cp1252")) == run("ask", spanish)


@pytest.mark.parametrize("arguments", [("ask",), ("ask", ""), ("ask", " \n"), ("ask", "-")])
def test_an_empty_question_is_trouble(run: Run, arguments: tuple[str, ...]) -> None:
    assert_one_sentence(run(*arguments), "the question is empty", 'qa ask "How many')


def test_the_number_of_quotes_is_chosen(run: Run) -> None:
    wanted = [len(json.loads(run("ask", "--json", "-k", k, KEEPER)[1])["quotes"]) for k in "19"]
    assert wanted[0] == 1 <= wanted[1] <= 9


@pytest.mark.parametrize(
    "only", [("fr,es",), ("es fr",), ("FR, ES",), ("fr,,es,",), ("fr", "es"), ("fr", ",", "es,fr")]
)
def test_only_some_languages_are_searched(run: Run, only: tuple[str, ...]) -> None:
    options = [word for codes in only for word in ("--only", codes)]
    content = json.loads(run("ask", "--json", *options, KEEPER)[1])
    assert {q["language"] for q in content["near_misses"]} == {"fr", "es"}
    content = json.loads(run("ask", "--batch", *options, stdin=batch(json.dumps(KEEPER)))[1])
    assert {q["language"] for q in content["near_misses"]} == {"fr", "es"}


def test_a_part_of_the_folder_is_searched(run: Run, folder: Path) -> None:
    (folder / "old").mkdir()
    (folder / "old" / "bees-2014.txt").write_text("Old bees\n\nThe old keeper was Ada Prat.\n")
    assert "Marta Klein" in run("ask", KEEPER)[1]
    for options in (["--in", "old/*"], ["--until", "2015"], ["--title", "OLD BEES"]):
        asked = run("ask", KEEPER, *options)[1]
        assert "Ada Prat" in asked and "Marta Klein" not in asked


def test_where_a_filter_leaves_nothing_the_status_is_2_and_the_answer_says_why(run: Run) -> None:
    status, out, _ = run("ask", "--in", "nowhere/*", "--json", KEEPER)
    answer = json.loads(out)
    assert (status, answer["reason"]) == (2, "nothing passes the filter")
    assert answer["notes"][0].startswith("Nothing fits in:nowhere/*. Documents: 3, passages in: en")
    status, out, _ = run("ask", "--batch", "--since", "2015", stdin=batch(json.dumps(KEEPER)))
    assert (status, json.loads(out)["answered"]) == (2, False)


def test_the_language_is_overruled(run: Run) -> None:
    assert run("ask", "-l", "FR", PIZZA)[1].startswith("Je n’ai trouvé aucun passage")


# Many questions


def batch(*lines: str | bytes) -> bytes:
    return b"\n".join(line.encode() if isinstance(line, str) else line for line in lines) + b"\n"


def line(**more: Any) -> str:
    return json.dumps({"question": KEEPER} | more)


def test_a_batch_answers_line_by_line_in_order(run: Run) -> None:
    lines = [json.dumps({"question": question}) for question in (KEEPER, PIZZA, KEEPER)]
    status, out, err = run("ask", "--batch", stdin=batch(*lines))
    answers = [json.loads(line) for line in out.splitlines()]
    assert (status, err) == (1, "")
    assert [answer["question"] for answer in answers] == [KEEPER, PIZZA, KEEPER]
    assert answers[0] == answers[2] == json.loads(run("ask", "--json", KEEPER)[1])


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("{", "not a line of JSON"),
        ("nonsense", "not a line of JSON"),
        ("[" * 100_000, "not a line of JSON"),
        (b'{"question": "\xff\xfe"}', "not a line of JSON"),
        ('{"query": "Who?"}', "no question in this line"),
        ('{"question": 5}', "no question in this line"),
        ("null", "no question in this line"),
        (line(kind=7), "unknown key 'kind'; a line may have question, id, top_k, language, only,"),
        (line(id=[7]), "id cannot be understood"),
        (line(**{"in": "old/*"}), "unknown key 'in'; a line may have"),
        (line(top_k=0), "top_k is 0; it must be a whole number, 1 or more"),
        (line(top_k=True), "top_k is True; it must be a whole number"),
        (line(language="de"), "unknown language 'de'"),
        (line(only=["fr", "de"]), "unknown language 'de'"),
        (line(only=5), "only is 5; it must be a list of texts"),
        (line(within=[5]), "within is [5]; it must be a list of texts"),
        (line(since="soon"), "since is 'soon'; write 2015, 2015-03 or 2015-03-27"),
        (line(since=2016, until="2015"), "since 2016 is later than until 2015"),
        (line(title=["x"]), "title is ['x']; it must be a text"),
        (line(history=KEEPER), "history is 'Who is the k...of the hives?'; put it into a list: ["),
        (line(language=5), "unknown language '5'; choose from en, fr, es"),
        (line(since=[2015]), "since is '[2015]'; write 2015, 2015-03 or 2015-03-27"),
    ],
    ids=range(22),
)
def test_a_bad_line_in_the_middle_hurts_only_itself(run: Run, bad: str | bytes, said: str) -> None:
    good = json.dumps({"question": KEEPER})
    status, out, err = run("ask", "--batch", stdin=batch(good, "", bad, good))
    lines = [json.loads(line) for line in out.splitlines()]
    assert (status, err, len(lines)) == (2, "", 3)
    assert lines[0] == lines[2]
    assert lines[1]["line"] == 3
    assert said in lines[1]["error"]


def test_a_line_of_a_batch_may_ask_a_part_of_the_folder_in_its_own_way(
    run: Run, folder: Path
) -> None:
    (folder / "old").mkdir()
    (folder / "old" / "bees-2014.txt").write_text("Old bees\n\nThe old keeper was Ada Prat.\n")
    narrow = [{"within": "old/*"}, {"within": ["old/*"]}, {"until": 2015}, {"title": "OLD bees"}]
    lines = [*(line(**each) for each in narrow), line(until=None), line(within=[], until="")]
    out = run("ask", "--batch", "--until", "2015", stdin=batch(*lines))[1]
    answers = [json.loads(each) for each in out.splitlines()]
    for answer in answers[:-1]:
        assert {q["doc_id"] for q in answer["quotes"] + answer["near_misses"]} == {"bees-2014"}
    assert "bees" in {q["doc_id"] for q in answers[-1]["quotes"]}  # the line takes the option back
    lines = [line(top_k=1, language="fr", only="en,fr"), line(only=["es"], history=[PIZZA])]
    [one, other] = map(json.loads, run("ask", "--batch", stdin=batch(*lines))[1].splitlines())
    assert (len(one["quotes"]), one["language"]) == (1, "fr")
    assert {q["language"] for q in other["quotes"] + other["near_misses"]} == {"es"}


def test_a_line_of_a_batch_may_want_all_and_have_what_is_no_condition(run: Run) -> None:
    nothing = {"only": None, "within": None, "history": None, "title": None}
    lines = [line(top_k=10**24), line(top_k=50, **nothing), line(top_k=50, within="")]
    status, out, _ = run("ask", "--batch", "--in", "bees*", stdin=batch(*lines))
    [most, some, every] = map(json.loads, out.splitlines())
    assert (status, most["quotes"]) == (0, some["quotes"])
    assert every["quotes"][0] == most["quotes"][0]
    whole = run("ask", "--batch", "--in", "", stdin=batch(line(top_k=50)))[1]
    assert json.loads(whole)["quotes"] == every["quotes"]


def test_the_id_of_a_line_comes_back_with_its_answer(run: Run) -> None:
    lines = [line(id="q1"), line(id=0), line(), line(id="")]
    out = run("ask", "--batch", stdin=batch(*lines))[1]
    answers = [json.loads(each) for each in out.splitlines()]
    assert [answer.get("id") for answer in answers] == ["q1", 0, None, ""]
    assert "id" not in answers[2]


def test_a_batch_may_be_plain_strings_and_begin_with_a_byte_order_mark(run: Run) -> None:
    out = run("ask", "--batch", stdin=b"\xef\xbb\xbf" + batch(json.dumps(KEEPER)))[1]
    assert json.loads(out)["question"] == KEEPER


def test_half_a_character_in_a_batch_comes_back_as_it_went_in(run: Run) -> None:
    status, out, _ = run("ask", "--batch", stdin=batch('{"question": "hives \\ud800"}', '""'))
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines[0]["question"] == "hives \ud800"
    assert lines[1]["reason"] == "empty question"
    assert status in (0, 1)


def test_an_empty_batch_is_nothing(run: Run) -> None:
    assert run("ask", "--batch", stdin=b"\n\n") == (0, "", "")


def test_a_batch_and_a_question_are_too_much(run: Run) -> None:
    assert_one_sentence(run("ask", "--batch", KEEPER), "come from standard input alone")


# Trouble


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", "--jsn", KEEPER], ["--jsn", "--json", "qa ask --help"]),
        (["ask", "-k", "0", KEEPER], ["--top-k is '0'", "a whole number, 1 or more"]),
        (["ask", "-k", "many", KEEPER], ["--top-k is 'many'", "1 or more"]),
        (["ask", "-k", "9" * 5000, KEEPER], ["--top-k is '99"]),
        (["ask", "-l", "de", KEEPER], ["'de'", "en, fr, es"]),
        (["ask", "--only", "en,it", KEEPER], ["'it'", "en, fr, es"]),
        (["ask", "--since", "soon", KEEPER], ["since is 'soon'", "2015-03-27"]),
        (["ask", "--in", "!", KEEPER], ["no pattern of paths", "reports/2016/*"]),
        (["ask", "one", "two"], ["two", "stands in quotes: qa ask"]),
        (["ask", "-d", "nowhere", KEEPER], ["nowhere is not a folder", "name a folder"]),
        (["ask", "--index", "documents", KEEPER], ["not made by this program", "--index"]),
        (["show"], ["SOURCE_ID", "qa show --help"]),
        (["show", "nothing#p1"], ["no source nothing#p1", "NAME#p3", "qa sources"]),
        (["show", "--around", "-1", "bees#p1"], ["--around is '-1'", "0 or more"]),
        ([KEEPER], [KEEPER.rstrip("?"), 'qa ask "…"']),
        (["aks"], ["aks", "ask", "qa --help"]),
        (["ask", "\x1b[31m\u202e", "b"], ["stands in quotes: qa ask"]),
        (["--nonsense"], ["--nonsense", "qa --help"]),
    ],
    ids=str,
)
def test_trouble_is_one_sentence_with_its_cure(
    run: Run, arguments: list[str], said: list[str]
) -> None:
    result = run(*arguments)
    assert_one_sentence(result, *said)
    assert "\x1b" not in result[2]


def test_options_are_looked_at_before_anything_is_prepared(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.bot, "open_encoder", lambda *_: pytest.fail("a model was opened"))
    assert_one_sentence(run("ask", "-l", "de", KEEPER), "'de'")


def test_a_damaged_index_is_cured_by_the_command_that_is_printed(run: Run, folder: Path) -> None:
    right = run("ask", "--index", "an index", KEEPER)
    (folder.parent / "an index" / "manifest.json").write_text("{")
    trouble = run("ask", "--index", "an index", KEEPER)
    assert_one_sentence(trouble, "is damaged; to build it anew, run: qa index --rebuild")
    name, *command = shlex.split(trouble[2].partition("run: ")[2])
    assert name == "qa"
    assert program.run(command) == 0
    run()
    assert run("ask", "--index", "an index", KEEPER) == right


def test_a_full_disk_is_one_sentence(run: Run, folder: Path) -> None:
    import resource

    right = run("ask", KEEPER)
    (folder / "more.txt").write_text("One more.\n")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        result = run("ask", KEEPER)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert_one_sentence(result, "cannot be written", "make room", "--index DIR")
    (folder / "more.txt").unlink()
    assert run("ask", KEEPER) == right


def test_of_a_folder_without_documents_it_is_said_what_is_there_and_what_is_read(
    run: Run, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    (empty / "sub").mkdir(parents=True)
    status, out, err = run("ask", "-d", str(empty), KEEPER)
    assert (status, err) == (2, "")
    assert out.startswith("There are no documents to search.\n\n")
    assert f"Seen in {empty}: nothing. Files that are read end in .txt, .md," in out
    for name in ("a.doc", "sub/b.DOC", "c.xlsx", "README", "No. 3 of 4", ".hidden.ppt"):
        (empty / name).touch()
    (empty / "scan.pdf").write_bytes(b"%PDF")
    (empty / "blank.txt").write_bytes(b"\n")
    (empty / "link").symlink_to(empty / "sub")
    status, out, _ = run("ask", "-d", str(empty), "Qui garde les ruches ?")
    assert status == 2
    assert (
        "2 .doc, 1 .xlsx, 2 sans extension connue, liens vers des dossiers, qui ne sont pas "
        "suivis\xa0: 1, ce qui ne peut être lu, comme le dit `qa index`\xa0: 1, "
        "fichiers sans texte\xa0: 1. Les fichiers lus se terminent par .txt"
    ) in out


def test_without_standard_input_or_output_there_is_no_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("ask", KEEPER)
    monkeypatch.setattr(sys, "stdin", None)
    assert program.run(["ask", "-", "-d", str(folder)]) == 2
    assert "no standard input" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdout", None)
    assert program.run(["ask", KEEPER, "-d", str(folder)]) == 2
    assert "standard output is closed" in capsys.readouterr().err


def test_a_fault_of_the_program_is_not_hidden(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(qa.bot, "open_encoder", broken)
    with pytest.raises(ZeroDivisionError):
        run("ask", KEEPER)


@pytest.mark.parametrize(
    ("error", "status"), [(KeyboardInterrupt, 130), (EOFError, 130), (BrokenPipeError, 141)]
)
def test_who_leaves_early_hears_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: type[BaseException], status: int
) -> None:
    def leave(*_: object) -> None:
        raise error

    monkeypatch.setattr(qa.bot, "open_encoder", leave)
    assert run("ask", KEEPER)[:2] == (status, "")


def test_an_encoding_without_accents_is_no_trouble(
    run: Run, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    for option, expected in [("--top-k=1", b"l?altura"), ("--json", b"\\u00")]:
        raw = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "ascii"))
        (folder / "faro.txt").write_text("Bisogna conoscere l’altura del faro, così è.\n")
        assert program.run(["ask", option, "-d", str(folder), "altura del faro così"]) in (0, 1)
        assert expected in raw.getvalue()


# The other commands


def test_an_index_is_prepared_in_advance(run: Run, cache: Path) -> None:
    status, out, err = run("index")
    assert (status, err) == (0, "")
    first, second = out.splitlines()
    assert first == f"9 passages of 3 documents in {next((cache / 'indexes').iterdir())}"
    spread = "passages by language: English 3, Spanish 3, French 3"
    assert re.fullmatch(rf"3 files read, 0 skipped; {spread}; \d+\.\d s", second)


def test_files_without_text_are_counted(run: Run, folder: Path) -> None:
    (folder / "empty.txt").touch()
    assert "4 files read (1 without text), 0 skipped;" in run("index")[1]


def test_what_is_passed_over_is_counted_and_no_trouble(run: Run, folder: Path) -> None:
    for name in ("a.doc", "b.DOC", "c.xlsx", "README"):
        (folder / name).touch()
    (folder / "link").symlink_to(folder)
    status, out, err = run("index")
    assert (status, err) == (0, "")
    assert out.splitlines()[2] == (
        "Passed over: 2 .doc, 1 .xlsx, 1 without an ending (formats that are not "
        "read; save .doc as .docx or PDF); 1 linked folder"
    )
    assert run("index", "--quiet") == (0, "", "")


def test_quiet_says_only_what_went_wrong(run: Run, folder: Path) -> None:
    assert run("index", "--quiet") == (0, "", "")
    (folder / "binary.txt").write_bytes(b"\0")
    status, out, err = run("index", "-q")
    assert (status, out) == (2, "")
    assert err.startswith("skipped: ")
    assert_one_sentence(run("index", "-q", "--watch"), "--watch", "leave one of them out")


def test_files_that_are_skipped_are_named_with_their_reason(run: Run, folder: Path) -> None:
    (folder / "binary.txt").write_bytes(b"\0")
    status, out, err = run("index")
    assert status == 2
    assert out.startswith("9 passages of 3 documents")
    assert re.fullmatch(r"skipped: .*binary\.txt is not a text file.*\n", err)


def test_a_bad_line_is_named_every_time_and_the_others_are_searched(run: Run, folder: Path) -> None:
    (folder / "rows.jsonl").write_text('{"text": "Zebras build no comb at all."}\n{"text": \n')
    said = "skipped: rows.jsonl is read in part: line 2 is not JSON; mend it to have all of it"
    for _ in range(2):  # the second time the index is up to date
        status, out, err = run("index")
        assert (status, err.startswith(said)) == (2, True)
        assert "4 files read (1 in part), 0 skipped" in out
    assert "Zebras" in run("ask", "Which zebras build no comb?")[1]
    (folder / "more.txt").write_text("One more.\n")  # nor is it forgotten where it is not read anew
    assert run("index")[2].startswith(said)
    (folder / "rows.jsonl").write_text('{"text": "Zebras build no comb at all."}\n')
    assert run("index")[0] == 0


def test_a_passage_is_shown_among_its_neighbours(run: Run) -> None:
    status, out, err = run("show", "bees#p2")
    assert (status, err) == (0, "")
    assert "  Bees of the mountain\n\n> A colony of bees" in out
    assert [q["source_id"] for q in json.loads(run("show", "bees#p2", "--json")[1])] == [
        "bees#p1",
        "bees#p2",
        "bees#p3",
    ]
    assert len(json.loads(run("show", "bees#p2", "--json", "--around", "0")[1])) == 1


def test_a_folder_without_documents_has_no_sources(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    status, out, err = run("sources", "-d", str(empty))
    assert (status, out) == (2, "")
    assert err.startswith("qa: there are no documents;")
    assert run("sources", "--json", "-d", str(empty))[:2] == (0, "[]\n")


def test_what_was_never_indexed_is_to_be_built_and_not_built_anew(run: Run, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    (fresh / "a.txt").write_text("The mill closed in 1953.")
    status, _, err = run("verify", "-d", str(fresh))
    assert status == 2
    assert err.endswith(f"yet; to build it, run: qa index --documents {fresh}\n")


def test_documents_are_listed(run: Run) -> None:
    status, out, _ = run("sources")
    assert status == 0
    assert out.splitlines() == [
        f"bees  en  {Path('documents/bees.txt')}  Bees of the mountain",
        f"faro  es  {Path('documents/faro.txt')}  El faro de la isla",
        f"moulin  fr  {Path('documents/moulin.txt')}  Le moulin de la rivière",
    ]
    rows = json.loads(run("sources", "--json")[1])
    assert [row["doc_id"] for row in rows] == ["bees", "faro", "moulin"]
    about_the_file = {"path", "encoding", "sha256", "extractor", "date", "pages"}
    assert set(rows[0]) == {"doc_id", "title", "language"} | about_the_file
    assert (rows[0]["extractor"], rows[0]["pages"]) == ("", None)


def test_a_pdf_is_quoted_with_its_page_wherever_a_place_is_said(run: Run, folder: Path) -> None:
    made.pdf(folder / "comb.pdf", [["The comb."], ["Zebras build no comb at all."]])
    question = "Which zebras build no comb at all?"
    place = f"{Path('documents/comb.pdf')} p. 2"

    assert place in run("ask", question)[1]
    [source] = {
        quote["source_id"]
        for quote in json.loads(run("ask", "--json", question)[1])["quotes"]
        if quote["page"] == 2
    }
    assert run("show", source)[1].startswith(f"{source}  {place}\n")
    comb = json.loads(run("sources", "--json")[1])[1]
    assert (comb["doc_id"], comb["pages"]) == ("comb", 2)
    assert comb["extractor"].startswith("pdf.extract 2, pypdfium2 ")


def test_skipped_files_are_named_and_the_others_indexed(run: Run, folder: Path) -> None:
    made.pdf(folder / "scan.pdf", [[]])
    made.pdf(folder / "locked.pdf", [["The comb."]], password="sesame")

    status, out, err = run("index")

    assert status == 2
    assert out.startswith("9 passages of 3 documents")
    assert "scan.pdf has no text in it" in err
    assert "locked.pdf is encrypted" in err


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text need Linux")
def test_a_name_that_is_no_text_is_printed_and_shown(run: Run, folder: Path) -> None:
    (folder / os.fsdecode(b"caf\xe9\x1b[31m.txt")).write_text("Zebra crossing.\n")
    status, out, _ = run("sources")
    assert status == 0
    assert "caf�␛[31m" in out
    doc_id = json.loads(run("sources", "--json")[1])[1]["doc_id"]
    shown = run("show", f"{doc_id}#p1")
    assert shown[0] == 0
    assert run("show", "caf�␛[31m#p1") == shown  # as it is shown


# Help


@pytest.mark.parametrize("command", [*COMMANDS, *OTHERS])
def test_help_has_examples_line_by_line_and_fits_80_columns(
    run: Run, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    status, out, err = run(command, "--help")
    assert (status, err) == (0, "")
    assert all(len(line) <= 80 for line in out.splitlines())
    examples = out.partition("Example")[2].splitlines()[1:]
    assert examples
    assert all(line.startswith(f"    qa {command}") for line in examples)


def test_every_example_of_the_help_is_understood(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for command in (*COMMANDS, *OTHERS):
        for line in run(command, "--help")[1].partition("Example")[2].splitlines()[1:]:
            words = shlex.split(re.split(" [<>] ", line)[0])
            told = run(*words[1:], "--help")  # options that are unknown come before the help
            assert told[0] == 0, (line, told)


def test_the_help_lists_the_commands_each_on_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    status, out, _ = run("-h")
    assert status == 0
    listed = [line.split()[0] for line in out.partition("Commands:")[2].splitlines()[1:11]]
    assert listed == [*COMMANDS, *OTHERS]
    assert "..." not in out.partition("Commands:")[2]
    assert "Exit status: 0 answered, 1 no answer found, 2 trouble." in out


def test_no_command_is_trouble_and_shows_the_help(run: Run) -> None:
    """As with Git and Click: a script whose command got lost must not pass for a success."""
    status, out, err = run()
    assert (status, out) == (2, "")
    assert "Commands:" in err


def test_the_version(run: Run) -> None:
    assert run("--version") == (0, f"qa {qa.__version__}\n", "")


# As a process of its own


def process(*arguments: str, cache: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qa", *arguments],
        cwd=ROOT,
        env=os.environ | {"QA_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=False,
        **more,
    )


@pytest.mark.usefixtures("prepared")
def test_a_seed_is_quoted_without_colour_into_a_pipe(shared_cache: Path) -> None:
    process("index", cache=shared_cache)  # a machine that is slow at it would show how far it is
    done = process("ask", "How many Peruvians live abroad?", cache=shared_cache)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1. 001_1d07d1647ccf1b53#p11")
    assert "2.4 million" in done.stdout
    assert "\x1b" not in done.stdout


HEAVY = {
    *("torch", "sentence_transformers", "transformers", "scipy", "sklearn", "tokenizers"),
    *("rich", "prompt_toolkit", "onnx", "onnxscript", "huggingface_hub", "hypothesis"),
}
LOADED = """
import sys
from qa import __main__ as program
before = set(sys.modules)
status = program.run(sys.argv[1:])
print(status, *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("question", ["How many Peruvians live abroad?", "¿Cuántos 🐝 蜂蜜?"])
def test_a_whole_question_loads_nothing_heavy(shared_cache: Path, question: str) -> None:
    process("index", cache=shared_cache)  # so that the question finds everything prepared
    done = subprocess.run(
        [sys.executable, "-c", LOADED, "ask", "--json", question],
        cwd=ROOT,
        env=os.environ | {"QA_CACHE": str(shared_cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    status, *loaded = done.stderr.split()
    assert status in ("0", "1")
    assert {"numpy", "onnxruntime", "faiss"} <= set(loaded)
    assert HEAVY & set(loaded) <= ({"tokenizers", "huggingface_hub"} if "蜂" in question else set())


def test_help_loads_no_numbers() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stderr.split()[1:])
    assert not loaded & (HEAVY | {"numpy", "faiss", "onnxruntime", "sqlite3", "embeddings"})


@pytest.mark.usefixtures("prepared")
def test_a_reader_that_has_seen_enough_causes_no_traceback(shared_cache: Path) -> None:
    lines = (json.dumps({"question": "Bolivia"}) + "\n") * 200
    asking = subprocess.Popen(
        [sys.executable, "-m", "qa", "ask", "--batch", "--json"],
        cwd=ROOT,
        env=os.environ | {"QA_CACHE": str(shared_cache)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert asking.stdin and asking.stdout and asking.stderr
    asking.stdin.write(lines.encode())
    asking.stdin.close()
    asking.stdout.readline()
    asking.stdout.close()
    assert asking.stderr.read() == b""
    asking.stderr.close()
    assert asking.wait(30) == 141


SLOW = """
import time
from conftest import HashingEncoder
import qa.bot, qa.__main__

class Slow(HashingEncoder):
    def encode_passages(self, texts):
        print("begun", flush=True)
        time.sleep(60)
        yield from super().encode_passages(texts)

qa.bot.open_encoder = lambda *_: Slow()
qa.__main__.main()
"""


def test_control_c_ends_it_with_130_and_no_traceback(cache: Path) -> None:
    asking = subprocess.Popen(
        [sys.executable, "-c", SLOW, "ask", KEEPER],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert asking.stdout
    asking.stdout.readline()
    time.sleep(0.1)
    asking.send_signal(signal.SIGINT)
    _, err = asking.communicate(timeout=30)
    said = "qa: interrupted; an index that was there is kept, and one begun is gone on with"
    *before, last = err.splitlines()
    assert (asking.returncode, last) == (130, said)
    assert all(line.startswith("qa: unpacking") for line in before)
    [index] = (cache / "indexes").iterdir()
    assert not (index / "manifest.json").exists()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(2, "No such file or directory", "a.txt"), "a.txt: No such file or"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError("the disk is full"), "the disk is full"),
    ],
)
def test_trouble_of_the_system_is_said_without_its_number(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: OSError, said: str
) -> None:
    def failing(*_: Any) -> None:
        raise error

    monkeypatch.setattr(qa.bot, "open_encoder", failing)
    result = run("ask", KEEPER)
    assert_one_sentence(result, f"qa: {said}")
    assert "Errno" not in result[2]


def test_ctrl_c_in_the_midst_of_an_import_is_no_fault(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def importing(*_: Any) -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as interrupt:
            raise ImportError("initialization failed") from interrupt

    monkeypatch.setattr(qa.bot, "open_encoder", importing)
    status, _out, err = run("ask", KEEPER)
    assert status == 130
    assert err.startswith("qa: interrupted")


def test_a_fault_of_the_program_has_status_2_and_a_traceback(cache: Path) -> None:
    faulty = SLOW.replace("lambda *_: Slow()", "lambda *_: 1 / 0")
    done = subprocess.run(
        [sys.executable, "-c", faulty, "ask", KEEPER],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_an_answer_that_cannot_be_written_is_trouble(cache: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "qa", "--version"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "No space left" in done.stderr


# The bar


def test_where_no_bar_can_be_drawn_one_line_says_what_takes_so_long(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bar = Bar()
    bar("loading the model", 0.5)
    bar("writing its graph", 0.7)
    bar.close()
    assert capsys.readouterr() == ("", "qa: loading the model, which may take a minute …\n")


def test_what_is_quick_is_not_spoken_of(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Bar()
    bar("embedding the passages", 1.0)
    bar.close()
    assert capsys.readouterr() == ("", "")


def test_ctrl_c_in_the_last_moment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    statuses: list[int] = []

    def leave(status: int) -> None:
        statuses.append(status)
        raise KeyboardInterrupt if len(statuses) == 1 else SystemExit

    monkeypatch.setattr(program, "run", lambda: 1)
    monkeypatch.setattr(program.os, "_exit", leave)
    with pytest.raises(SystemExit):
        program.main()
    assert statuses == [1, 1]
