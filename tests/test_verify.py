"""`qa verify`: what became of quotes, in the index and in what someone saved."""

import hashlib
import io
import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import made
import pytest
from conftest import DOCUMENTS, HashingEncoder
from hypothesis import given, strategies as st

import qa.bot
from qa import __main__ as program, reading, saved, standing, verification
from qa.conversation import Conversation
from qa.errors import UsageError
from qa.folders import seeds
from qa.markdown import comparable, in_markdown
from qa.standing import Claim, Finding, Shown, Status

KEEPER = "The keeper of the hives is called Marta Klein and lives in Andorra."
HONEY = "A colony of bees makes forty kilograms of honey in a good summer."

Result = tuple[int, str, str]
Run = Callable[..., Result]


@pytest.fixture
def run(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run a command over the three documents of conftest; give its status, stdout and stderr."""
    monkeypatch.setattr(qa.bot, "open_encoder", lambda *_: HashingEncoder())
    monkeypatch.chdir(folder.parent)

    def run(*arguments: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        status = program.run([*arguments, "-d", str(folder)])
        out, err = capsys.readouterr()
        return status, out, err

    return run


def edit(folder: Path, name: str, before: str, after: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert before in text
    (folder / name).write_text(text.replace(before, after), encoding="utf-8")


def one(folder: Path, claim: Claim) -> Finding:
    [finding] = verification.verify([claim], folder).findings
    return finding


def test_a_file_that_is_linked_to_is_read_under_the_name_of_the_link(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "abcdef").write_bytes((folder / "bees.txt").read_bytes())
    (folder / "bees.txt").unlink()
    (folder / "bees.txt").symlink_to(tmp_path / "abcdef")

    found = one(folder, keeper())

    assert (found.status, found.quote and found.quote.path) == ("unchanged", folder / "bees.txt")
    assert run("index")[0] == 0
    assert run("verify")[0] == 0
    edit(folder, "bees.txt", "Marta", "Berta")
    assert "changed: bees.txt" in run("verify")[1]


def keeper(**more: Any) -> Claim:
    return Claim("bees#p3", KEEPER, DOCUMENTS["bees.txt"].index(KEEPER), **more)


# One quote


def test_a_quote_in_its_place_is_unchanged(folder: Path) -> None:
    finding = one(folder, keeper())
    assert finding.status == "unchanged"
    assert finding.quote is not None
    assert (finding.quote.source_id, finding.quote.line, finding.quote.text) == (
        "bees#p3",
        5,
        KEEPER,
    )


def test_a_quote_further_down_has_moved_to_its_new_place(folder: Path) -> None:
    edit(folder, "bees.txt", HONEY, f"{HONEY}\n\nTheir summer was short.")
    quote = one(folder, keeper()).quote
    assert one(folder, keeper()).status == "moved"
    assert quote is not None
    assert (quote.source_id, quote.line) == ("bees#p4", 7)


def test_a_quote_in_another_file_has_moved_there(folder: Path) -> None:
    (folder / "bees.txt").rename(folder / "hives.txt")
    finding = one(folder, keeper())
    assert (finding.status, finding.quote and finding.quote.source_id) == ("moved", "hives#p3")


def test_another_word_in_its_place_is_an_alteration(folder: Path) -> None:
    edit(folder, "bees.txt", "Andorra", "Bilbao")
    finding = one(folder, keeper())
    assert (finding.status, finding.quote and finding.quote.text) == (
        "altered",
        KEEPER.replace("Andorra", "Bilbao"),
    )


def test_a_document_that_was_altered_is_not_excused_by_a_reprint_of_its_old_form(
    folder: Path,
) -> None:
    (folder / "copy.txt").write_text(f"A reprint\n\n{KEEPER}\n")
    edit(folder, "bees.txt", "Andorra", "Bilbao")
    finding = one(folder, keeper())
    assert finding.status == "altered"
    assert finding.quote is not None
    assert finding.quote.source_id == "bees#p3"
    assert finding.elsewhere is not None
    assert finding.elsewhere.source_id == "copy#p2"


def test_a_quote_that_was_taken_out_is_gone(folder: Path) -> None:
    edit(folder, "bees.txt", KEEPER, "")
    assert one(folder, keeper()) == Finding(keeper())


def test_a_word_within_a_longer_one_is_no_quote_of_it(folder: Path) -> None:
    (folder / "bees.txt").write_text("Honeymoons last for a month, and hives for years.\n")
    assert one(folder, Claim("bees#p1", "Honeymoons last for a month", 0)).status == "unchanged"
    assert one(folder, Claim("bees#p1", "Honeymoon", 0)).status != "moved"
    assert one(folder, Claim("bees#p9", "hives for years")).status == "moved"
    assert one(folder, Claim("bees#p9", "Honeymoon", as_shown=True)).status != "moved"
    assert one(folder, Claim("bees#p9", "ives for years", as_shown=True)).status != "moved"


def test_a_part_of_a_passage_is_told_with_its_own_line(folder: Path) -> None:
    (folder / "bees.txt").write_text("Bees dance\nin the sun\nall day.\n")
    for claim in (
        Claim("bees#p1", "in the sun", 11),
        Claim("bees#p9", "in the sun", as_shown=True),
    ):
        quote = one(folder, claim).quote
        assert quote is not None
        assert (quote.source_id, quote.line, quote.start, quote.end) == ("bees#p1", 2, 11, 21)


def test_the_right_words_under_a_wrong_id_are_told_with_the_right_one(folder: Path) -> None:
    finding = one(folder, Claim("bees#p1", KEEPER, DOCUMENTS["bees.txt"].index(KEEPER)))
    assert (finding.status, finding.quote and finding.quote.source_id) == ("moved", "bees#p3")


def test_of_two_places_the_nearer_one_is_told(folder: Path) -> None:
    (folder / "bees.txt").write_text("Wax and comb.\n\nHoney.\n\nWax and comb.\n\nMore.\n")
    for start, source in ((1, "bees#p1"), (20, "bees#p3"), (10**30, "bees#p3")):
        quote = one(folder, Claim("bees#p9", "Wax and comb.", start)).quote
        assert quote is not None
        assert quote.source_id == source


def test_other_line_ends_are_an_alteration_and_said_to_be_nothing_else(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    (folder / "bees.txt").write_bytes(b"Bees dance\nin the sun.\n")
    quote = {"source_id": "bees#p1", "text": "Bees dance\r\nin the sun.", "start": 0}
    (tmp_path / "a.json").write_text(json.dumps({"quotes": [quote]}))
    status, out, _ = run("verify", str(tmp_path / "a.json"))
    assert status == 1
    assert "only blanks and line ends differ" in out


@given(
    st.lists(st.sampled_from(["honey", "wax", "\n", "\r\n", " ", "\t", "\u200b", "\x1b", "  \n"]))
)
def test_what_was_saved_as_markdown_is_found_with_its_own_offsets(parts: list[str]) -> None:
    """Whatever stands before it: what is dropped or joined there must not shift the place."""
    text = "".join(parts) + "\nThe keeper\r\nof the\u200b hives.\n"
    shown = Shown(text)
    quote = "The keeper\nof the hives."
    start, end = shown.span(shown.text.index(quote), len(quote))
    assert text[start:end] == "The keeper\r\nof the\u200b hives."


# The index


def test_an_index_of_unchanged_files_is_verified_with_status_0(run: Run) -> None:
    run("index")
    assert run("verify") == (
        0,
        "9 quotes: 9 unchanged; 3 documents, model unchanged\n",
        "",
    )


def test_what_was_changed_moved_or_removed_since_is_told_quote_by_quote(
    run: Run, folder: Path
) -> None:
    run("index")
    edit(folder, "bees.txt", "forty kilograms", "fifty kilograms")
    edit(folder, "moulin.txt", "Le moulin de la rivière\n\n", "Le moulin de la rivière\n\n\n\n")
    (folder / "faro.txt").unlink()
    (folder / "new.txt").write_text("A new one.\n")
    status, out, err = run("verify")
    bees, moulin = Path("documents/bees.txt"), Path("documents/moulin.txt")
    assert (status, err) == (1, "")
    assert f"altered  bees#p2  {bees}:3\n" in out
    assert "makes [-forty-]{+fifty+} kilograms" in out
    assert f"moved  moulin#p2  {moulin}:5\n" in out
    gone = "gone  faro#p1\n   El faro de la isla\n   there is no document faro any more\n"
    assert gone in out
    assert out.endswith(
        "changed: bees.txt\nvanished: faro.txt\nchanged: moulin.txt\nnew: new.txt\n"
        "9 quotes: 3 unchanged, 2 moved, 1 altered, 3 gone; 3 documents, model unchanged\n"
    )


def test_a_changed_file_with_unchanged_quotes_is_told(run: Run, folder: Path) -> None:
    run("index")
    (folder / "bees.txt").write_text(DOCUMENTS["bees.txt"] + "\n")
    status, out, _ = run("verify")
    assert (status, out.splitlines()[0]) == (1, "changed: bees.txt")
    assert "9 quotes: 9 unchanged" in out


def test_a_new_file_alone_is_told_and_harms_nothing(run: Run, folder: Path) -> None:
    run("index")
    (folder / "new.txt").write_text("A new one.\n")
    status, out, _ = run("verify")
    assert (status, out.splitlines()[0]) == (0, "new: new.txt")


def test_a_folder_that_is_closed_since_is_told_of_and_its_files_are_not_said_to_have_vanished(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    (folder / "sub").mkdir()
    (folder / "bees.txt").rename(folder / "sub" / "bees.txt")
    run("index")
    real = os.scandir

    def scandir(path: Path) -> object:
        if path == folder / "sub":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    status, out, err = run("verify")
    said = f"{folder / 'sub'} cannot be opened (Permission denied); make it readable"
    assert (status, err.startswith(f"qa: {said}")) == (1, True)
    assert "unreadable: sub/bees.txt\n" in out
    status, out, err = run("index")
    assert (status, err.startswith(f"skipped: {said}")) == (2, True)
    assert out.startswith("6 passages of 2 documents")
    status, out, err = run("verify")  # as it was indexed, and still told of
    assert (status, err.startswith(f"qa: {said}")) == (0, True)


def test_a_change_that_kept_size_and_date_is_found(run: Run, folder: Path) -> None:
    """The bytes are read, whatever the file system says of them."""
    import os

    run("index")
    before = (folder / "bees.txt").stat()
    edit(folder, "bees.txt", "forty", "fifty")
    os.utime(folder / "bees.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
    status, out, _ = run("verify")
    assert status == 1
    assert "[-forty-]{+fifty+}" in out


def test_verifying_writes_nothing_and_refreshes_nothing(
    run: Run, folder: Path, cache: Path
) -> None:
    run("index")
    edit(folder, "bees.txt", "forty", "fifty")

    def state() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()}

    before = state()
    assert run("verify")[0] == run("verify")[0] == 1
    assert state() == before


def test_the_differences_come_as_json_too(run: Run, folder: Path) -> None:
    run("index")
    edit(folder, "bees.txt", "forty", "fifty")
    status, out, _ = run("verify", "--json")
    content = json.loads(out)
    assert (status, content["unchanged"], content["files"]) == (1, 8, {"bees.txt": "changed"})
    [quote] = content["quotes"]
    assert (quote["source_id"], quote["status"], quote["text"]) == ("bees#p2", "altered", HONEY)
    assert quote["sha256"] == hashlib.sha256(HONEY.encode()).hexdigest()
    fifty = HONEY.replace("forty", "fifty")
    assert quote["now"]["sha256"] == hashlib.sha256(fifty.encode()).hexdigest()
    assert (quote["now"]["start"], quote["now"]["text"]) == (22, fifty)


def test_a_pdf_is_read_again_with_its_pages(run: Run, folder: Path) -> None:
    made.pdf(folder / "comb.pdf", [["The comb."], ["Zebras build no comb at all."]])
    run("index")
    assert run("verify")[0] == 0
    made.pdf(folder / "comb.pdf", [["The comb."], [], ["Zebras build no comb at all."]])
    assert f"moved  comb#p2  {Path('documents/comb.pdf')} p. 3\n" in run("verify")[1]


def test_without_an_index_the_command_that_makes_one_is_told(run: Run, cache: Path) -> None:
    status, out, err = run("verify")
    assert (status, out) == (2, "")
    assert "no index" in err
    assert "qa index" in err
    assert not (cache / "indexes").exists()


def test_a_damaged_model_is_trouble(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from embeddings import ModelError

    run("index")

    def broken(_: object) -> None:
        raise ModelError("the prepared model is damaged")

    monkeypatch.setattr(HashingEncoder, "verify", broken)
    assert run("verify") == (2, "", "qa: the prepared model is damaged\n")


def test_damaged_token_vectors_are_trouble(run: Run, cache: Path) -> None:
    run("index")
    [values] = cache.rglob("tokens/values.u1")
    data = bytearray(values.read_bytes())
    data[len(data) // 2] ^= 1
    values.write_bytes(data)
    status, out, err = run("verify")
    assert (status, out) == (2, "")
    assert "is damaged; to build it anew, run: qa index --rebuild" in err
    assert "qa index --rebuild" in err


# What someone saved


def save_chat(folder: Path, path: Path, question: str) -> None:
    encoder = HashingEncoder()
    bot = qa.Bot(folder, path.parent / "index", encoder, model_name="hashing")
    conversation = Conversation(lambda: bot, "en", today=lambda: date(2025, 1, 2))
    conversation.reply(question)
    assert "saved" in conversation.reply(f"/save {path}").text


@pytest.fixture
def chat(folder: Path, tmp_path: Path) -> Path:
    """A saved conversation with quotes of several documents."""
    path = tmp_path / "chat.md"
    save_chat(folder, path, "Who is the keeper of the hives in Andorra?")
    assert f"> {KEEPER}" in path.read_text(encoding="utf-8")
    return path


def statuses(out: str) -> dict[str, str]:
    lines = [line.split() for line in out.splitlines()]
    known = ("unchanged", "moved", "altered", "gone")
    return {line[1]: line[0] for line in lines if line and line[0] in known}


def test_a_saved_conversation_is_verified_quote_by_quote(run: Run, chat: Path) -> None:
    status, out, err = run("verify", str(chat))
    assert (status, err) == (0, "")
    assert set(statuses(out).values()) == {"unchanged"}
    assert statuses(out)["bees#p3"] == "unchanged"
    assert "line ends, blanks at the end of a line" in out


def test_where_no_folder_is_named_it_is_said_which_one_was_compared(
    run: Run, chat: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.run(["verify", str(chat)]) == 1  # none of it is in the seeds
    assert (
        f"compared with the files in {seeds()}; name others with -d DIR" in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("before", "after", "status", "exit_status"),
    [
        ("Bees of", "Bees of", "unchanged", 0),
        ("\n\nThe keeper", "\n\n\nThe keeper", "moved", 0),
        ("Andorra", "Bilbao", "altered", 1),
        (KEEPER, "", "gone", 1),
    ],
)
def test_what_became_of_a_saved_quote(
    run: Run, chat: Path, folder: Path, before: str, after: str, status: Status, exit_status: int
) -> None:
    edit(folder, "bees.txt", before, after)
    code, out, _ = run("verify", str(chat))
    assert (code, statuses(out)["bees#p3"]) == (exit_status, status)


def test_the_difference_of_a_saved_quote_is_shown(run: Run, chat: Path, folder: Path) -> None:
    edit(folder, "bees.txt", "Andorra", "Bilbao")
    assert "lives in [-Andorra-]{+Bilbao+}." in run("verify", str(chat))[1]


def test_an_editor_that_cuts_blanks_or_writes_other_line_ends_alters_no_quote(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    text = "Zebras  \r\n\tsleep\x1b while\u200b they \x0bare\u2028standing\x85 up.\n"
    (folder / "odd.txt").write_bytes(text.encode())
    save_chat(folder, tmp_path / "chat.md", "Do zebras sleep while they are standing up?")
    lines = (tmp_path / "chat.md").read_text(encoding="utf-8").split("\n")
    (tmp_path / "chat.md").write_bytes("\r\n".join(line.rstrip() for line in lines).encode())
    status, out, _ = run("verify", str(tmp_path / "chat.md"))
    assert (status, statuses(out)["odd#p1"]) == (0, "unchanged")
    (folder / "odd.txt").write_bytes(b"Before.\n\n" + text.encode())
    status, out, _ = run("verify", str(tmp_path / "chat.md"))
    assert (status, statuses(out)["odd#p1"]) == (0, "moved")
    assert "\x1b" not in out


def test_a_name_with_odd_characters_is_known_again_in_a_saved_conversation(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    (folder / "a`b · c.txt").write_text("Zebras sleep while standing.\n")
    save_chat(folder, tmp_path / "chat.md", "Do zebras sleep while standing?")
    status, out, _ = run("verify", str(tmp_path / "chat.md"))
    assert status == 0
    assert "unchanged  a`b · c#p1" in out


def test_a_name_that_ends_in_a_blank_is_known_again(run: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "zebras .txt").write_text("Zebras sleep while standing.\n")
    save_chat(folder, tmp_path / "chat.md", "Do zebras sleep while standing?")
    assert "unchanged  zebras #p1" in run("verify", str(tmp_path / "chat.md"))[1]


def test_answers_of_all_forms_are_read(run: Run, tmp_path: Path) -> None:
    questions = (
        b'{"question": "Who is the keeper of the hives?"}\nnonsense\n{"question": "Pizza?"}\n'
    )
    forms = {
        "one.json": run("ask", "--json", "Who is the keeper of the hives?")[1],
        "appended.json": run("ask", "--json", "Pizza?")[1]
        + run("ask", "--json", "Who is the keeper of the hives?")[1],
        "many.jsonl": run("ask", "--batch", stdin=questions)[1],
        "shown.json": run("show", "--json", "bees#p2")[1],
    }
    for name, text in forms.items():
        (tmp_path / name).write_text(text)
        status, out, err = run("verify", str(tmp_path / name))
        assert (status, err) == (0, ""), name
        assert statuses(out)["bees#p3"] == "unchanged", name
        assert "Markdown" not in out, name
        assert run("verify", "-", stdin=text.encode()) == (status, out, err), name


def test_each_of_the_answers_that_were_appended_to_one_file_is_verified(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    bees, lighthouse = "Who is the keeper of the hives?", DOCUMENTS["faro.txt"].split("\n\n")[1]
    answers = [run("ask", "--json", "-k", "1", each)[1] for each in (bees, lighthouse)]
    quotes = [json.loads(answer)["quotes"] for answer in answers]
    assert [each[0]["doc_id"] for each in quotes] == ["bees", "faro"]
    (tmp_path / "answers.json").write_text("".join(answers))
    status, out, _ = run("verify", str(tmp_path / "answers.json"))
    assert (status, out.splitlines()[-1]) == (0, "2 quotes: 2 unchanged")
    (folder / "faro.txt").unlink()
    status, out, _ = run("verify", str(tmp_path / "answers.json"))
    assert (status, out.splitlines()[-1]) == (1, "2 quotes: 1 unchanged, 1 gone")


def test_a_saved_quote_whose_words_were_tampered_with_is_altered(run: Run, tmp_path: Path) -> None:
    text = run("ask", "--json", "Who is the keeper of the hives?")[1]
    (tmp_path / "a.json").write_text(text.replace("Marta Klein", "Maria Klein"))
    status, out, _ = run("verify", str(tmp_path / "a.json"))
    assert (status, statuses(out)["bees#p3"]) == (1, "altered")
    assert "called [-Maria-]{+Marta+} Klein" in out


EDITED = "the quote in this file is not the one that was saved: its hash differs"


@pytest.fixture
def cited(run: Run, tmp_path: Path) -> Path:
    """A quote as --cite markdown saves it, with its hash."""
    path = tmp_path / "cited.md"
    path.write_text(
        run("ask", "--cite", "markdown", "-k", "1", "Who is the keeper of the hives?")[1]
    )
    assert f"SHA-256 `{hashlib.sha256(KEEPER.encode()).hexdigest()}`" in path.read_text()
    assert run("verify", str(path))[0] == 0
    return path


def test_a_saved_quote_that_was_edited_is_told_apart_from_a_document_that_was(
    run: Run, folder: Path, cited: Path
) -> None:
    saved_text = cited.read_text()
    cited.write_text(saved_text.replace("Marta", "Maria"))
    status, out, _ = run("verify", str(cited))
    assert (status, statuses(out)["bees#p3"]) == (1, "altered")
    assert f"{EDITED}, and its document still says what was saved" in out
    assert out.endswith("1 quote: 1 altered; 1 not as it was saved\n")
    [finding] = json.loads(run("verify", "--json", str(cited))[1])
    assert finding["edited"] is True
    cited.write_text(saved_text)
    edit(folder, "bees.txt", "Marta", "Maria")
    status, out, _ = run("verify", str(cited))
    assert (status, statuses(out)["bees#p3"]) == (1, "altered")
    assert "not the one" not in out


def test_an_edited_quote_is_told_though_the_document_says_the_same_by_now(
    run: Run, folder: Path, cited: Path
) -> None:
    cited.write_text(cited.read_text().replace("Marta", "Maria"))
    edit(folder, "bees.txt", "Marta", "Maria")
    status, out, _ = run("verify", str(cited))
    assert (status, statuses(out)["bees#p3"]) == (1, "unchanged")
    assert EDITED in out


def test_a_saved_hash_of_another_text_is_told(run: Run, cited: Path) -> None:
    own, saved_text = hashlib.sha256(KEEPER.encode()).hexdigest(), cited.read_text()
    for other, said in (("0" * 64, True), ("nonsense", True), ("", False), (own.upper(), False)):
        cited.write_text(saved_text.replace(own, other))
        status, out, _ = run("verify", str(cited))
        assert (status, EDITED in out) == (int(said), said), other


def test_what_markdown_does_not_show_of_a_quote_makes_no_other_hash(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "cited.md"
    for text in (
        "Zebras  \r\n\tsleep\x1b while\u200b they \x0bare\u2028standing\x85 up.",
        "Zebras  \r\nsleep\r\nwhile standing up.",
    ):
        (folder / "odd.txt").write_bytes(text.encode())
        question = "zebras sleep while they are standing up"
        path.write_text(run("ask", "--cite", "markdown", "-k", "1", question)[1])
        for before in (b"", b"Before.\n\n"):
            (folder / "odd.txt").write_bytes(before + text.encode())
            status, out, _ = run("verify", str(path))
            assert (status, "not the one" in out) == (0, False)
    # Of the second text Markdown has all but the kind of its line ends.
    (folder / "odd.txt").write_bytes(text.replace("\r\n", "\n").encode())
    assert run("verify", str(path))[0] == 0


def test_the_hash_of_a_quote_in_json_is_compared(run: Run, tmp_path: Path) -> None:
    own = hashlib.sha256(HONEY.encode()).hexdigest()
    for sha256, said in ((own, False), ("0" * 64, True), (5, False)):
        quote = {"source_id": "bees#p2", "text": HONEY, "sha256": sha256}
        (tmp_path / "a.json").write_text(json.dumps([quote]))
        status, out, _ = run("verify", str(tmp_path / "a.json"))
        assert (status, f"   {EDITED}\n" in out) == (int(said), said)


def test_a_new_file_that_takes_its_name_takes_nothing_from_a_document(
    run: Run, folder: Path
) -> None:
    run("index")
    (folder / "bees.md").write_text("Other bees.\n")
    (folder / "empty.txt").touch()
    status, out, err = run("verify")
    assert (status, err) == (1, "")  # the passages of bees.txt have another ID now
    assert "moved  bees#p1  bees.txt#p1" in out.replace("\x1b", "")
    assert [line for line in out.splitlines() if line.endswith((".txt", ".md"))][-2:] == [
        "new: bees.md",
        "new: empty.txt",
    ]
    assert "vanished" not in out


def test_the_saved_file_itself_is_no_witness(run: Run, folder: Path, tmp_path: Path) -> None:
    save_chat(folder, folder / "chat.md", "Who is the keeper of the hives in Andorra?")
    edit(folder, "bees.txt", KEEPER, "")
    status, out, _ = run("verify", str(folder / "chat.md"))
    assert (status, statuses(out)["bees#p3"]) == (1, "gone")
    assert "any more" not in out  # the document is there


def test_what_markdown_does_not_show_is_no_edit(run: Run, folder: Path, tmp_path: Path) -> None:
    """A soft hyphen; then the document changes."""
    said = "The ferry leaves at nine on Sun\u00addays, and comes back at noon."
    (folder / "ferry.txt").write_bytes(said.encode())
    _, saved, _ = run(
        "ask", "--cite", "markdown", "--top-k", "1", "ferry leaves nine comes back noon"
    )
    assert ", as shown `" in saved
    (tmp_path / "saved.md").write_text(saved)
    assert run("verify", str(tmp_path / "saved.md"))[0] == 0
    edit(folder, "ferry.txt", "noon", "one")
    _, out, _ = run("verify", str(tmp_path / "saved.md"))
    assert "[-noon-]" in out
    assert EDITED not in out
    (tmp_path / "saved.md").write_text(saved.replace("nine", "ten"))
    assert EDITED in run("verify", str(tmp_path / "saved.md"))[1]


# Hostile files


def citation(source_id: str, place: str, text: str) -> str:
    return (
        f"# Conversation\n\n**1.** `{source_id}` · `{place}` · English · score 0.90\n\n> {text}\n"
    )


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("way", ["../secret", "{secret}", "../documents/../secret", "secret.txt"])
def test_nothing_outside_of_the_folder_is_read(
    run: Run,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    as_json: bool,
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("The password of the hives is sesame.\n")
    way = way.format(secret=secret.with_suffix(""))
    claim = {
        "source_id": f"{way}#p1",
        "doc_id": way,
        "path": str(secret),
        "start": 0,
        "text": "The password of the hives is sesame.",
    }
    name = tmp_path / "saved"
    name.write_text(
        json.dumps({"quotes": [claim]})
        if as_json
        else citation(f"{way}#p1", str(secret), str(claim["text"]))
    )
    read: list[Path] = []
    real = reading.read

    def watched(path: Path, *more: Any) -> Any:
        read.append(path)
        return real(path, *more)

    monkeypatch.setattr(reading, "read", watched)
    status, out, _ = run("verify", str(name))
    assert (status, statuses(out)) == (1, {f"{way}#p1": "gone"})
    assert {path.parent for path in read} == {folder.resolve()}


@pytest.mark.parametrize(
    "text", ["\x1b[31mred\x1b[0m bees", "\x1b]8;;http://x\x1b\\bees", "\u202eb"]
)
def test_a_saved_quote_steers_no_terminal(run: Run, tmp_path: Path, text: str) -> None:
    quote = {"source_id": f"{text}#p1", "text": text + HONEY, "start": -5}
    (tmp_path / "a.json").write_text(json.dumps({"quotes": [quote]}))
    (tmp_path / "a.md").write_text(citation(text, text, text + HONEY))
    for name in ("a.json", "a.md"):
        for options in ((), ("--json",)):
            _, out, err = run("verify", str(tmp_path / name), *options)
            assert not {"\x1b", "\u202e", "\x9b"} & set(out + err)


WRONG = [
    ("{", "is no JSON"),
    ("[" * 100_000, "is no JSON"),
    ('{"a": ' + "1" * 5000 + "}", "is no JSON"),
    ('{"quotes": []}\n{\n', ", line 3 is no JSON"),
    ('{"quotes": []}\n{"quotes": 5}\n', ", line 2 is no answer"),
    ('{"quotes": [\n]}{"quotes": []}\n\n{5}', ", line 4 is no JSON"),
    ("{}", "it has no list of quotes"),
    ('{"quotes": {}}', "it has no list of quotes"),
    ('{"quotes": [5]}', "a quote without a source_id and a text"),
    ('{"quotes": [{"source_id": "bees#p1"}]}', "a quote without a source_id and a text"),
    ('{"quotes": [{"source_id": 5, "text": "x"}]}', "a quote without a source_id and a text"),
    ('{"quotes": [{"source_id": "bees#p1", "text": " "}]}', "without a source_id and a text"),
    ('[["bees#p1", "x"]]', "a quote without a source_id and a text"),
    ('{"quotes": []}', "there is no quote in"),
    ("[]", "there is no quote in"),
    ("", "there is no quote in"),
    ("# A text\n\n> that quotes someone else\n", "there is no quote in"),
    ("**1.** `bees#p1` · `bees.txt:1`\n\nwithout its block\n", "there is no quote in"),
    ("\0\x01\xff", "there is no quote in"),
]


@pytest.mark.parametrize(("content", "said"), WRONG, ids=range(len(WRONG)))
def test_what_is_no_saved_answer_is_one_sentence(
    run: Run, tmp_path: Path, content: str, said: str
) -> None:
    (tmp_path / "saved").write_bytes(content.encode("latin-1"))
    status, out, err = run("verify", str(tmp_path / "saved"))
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("qa: ")
    assert said in err
    assert "qa ask" in err


@pytest.mark.parametrize("start", [-1, -len(KEEPER) - 1, True, 1.5, "0", None, 10**40])
def test_a_place_that_makes_no_sense_is_looked_for(folder: Path, start: object) -> None:
    quote = {"source_id": "bees#p3", "text": KEEPER, "start": start}
    [claim] = saved.claims(json.dumps([quote]).encode(), "x")
    found = one(folder, claim).quote
    assert found is not None
    assert (found.start, found.text) == (DOCUMENTS["bees.txt"].index(KEEPER), KEEPER)
    assert claim.start in (None, 10**40)


def test_half_a_character_in_a_quote_is_only_not_found(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"source_id": "bees#p\\ud800", "text": "bees \\ud800"}]')
    assert run("verify", str(tmp_path / "a.json"))[0] == 1
    assert run("verify", str(tmp_path / "a.json"), "--json")[0] == 1


def test_a_huge_file_is_refused_by_its_size(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(saved, "MOST", 1000)
    (tmp_path / "big.json").write_bytes(b"[" + b" " * 2000)
    data = saved.read(tmp_path / "big.json")
    assert len(data) == 1001  # it is not even read to its end
    with pytest.raises(UsageError, match="is too large"):
        saved.claims(data, "big.json")


def test_a_pipe_is_not_waited_for(run: Run, tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    status, _, err = run("verify", str(tmp_path / "pipe"))
    assert status == 2
    assert "is not a file" in err
    status, _, err = run("verify", str(tmp_path / "missing.md"))
    assert (status, "[Errno" in err) == (2, False)
    assert "missing.md cannot be read (No such file or directory); what `qa chat` saves" in err


def test_one_is_one_document_and_one_quote(run: Run, folder: Path) -> None:
    for name in ("faro.txt", "moulin.txt"):
        (folder / name).unlink()
    (folder / "bees.txt").write_text(f"{HONEY}\n")
    assert run("index")[1].startswith("1 passage of 1 document in ")
    assert run("verify") == (0, "1 quote: 1 unchanged; 1 document, model unchanged\n", "")


def test_a_very_long_quote_is_compared_without_its_difference(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    long = "honey and wax " * 50_000
    (tmp_path / "a.json").write_text(json.dumps([{"source_id": "bees#p2", "text": long}]))
    (folder / "bees.txt").write_text("honey and wax " * 80 + "\n")
    status, out, _ = run("verify", str(tmp_path / "a.json"))
    assert status == 1
    assert statuses(out)["bees#p2"] in ("altered", "gone")


def test_what_repeats_itself_does_not_take_for_ever(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "bees.txt").write_text("abab " * 5 + "ab\n")
    claim = Claim("bees#p9", "ab", as_shown=True)
    assert one(folder, claim).status == "moved"
    monkeypatch.setattr(standing, "_REPEATS", 10)  # each "abab" has two that are no word
    assert one(folder, claim).status == "gone"


@given(text=st.text(st.characters(exclude_categories=[]), min_size=1, max_size=80))
def test_a_block_in_markdown_is_read_back_as_it_was_written(text: str) -> None:
    from qa.markdown import blockquote

    shown = f"**1.** `bees#p1` · `bees.txt:1` · English\n\n{blockquote(text)}\n\nAfter it.\n"
    found = list(saved._of_markdown(shown))
    expected = comparable(in_markdown(text))
    assert [claim.text for claim in found] == ([expected] if expected.strip() else [])
