"""An outside store: it answers as the folder does."""

import io
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from embeddings import Codes, index, packing
from embeddings.encoder import OnnxEncoder
from qa import Bot, Filter, answer, answering, faults, milvus
from qa.__main__ import run
from qa.doctor_store import examine_store
from qa.encoded import Text, keys_of
from qa.errors import StoreError, UsageError
from qa.milvus import Milvus, address, connect
from qa.parts import TEXT_OF
from qa.publishing import publish
from qa.remote import RemoteBot
from qa.serving import server
from qa.serving.service import Access, Limits, service
from qa.states import doc_key, packed, unpacked
from tests.conftest import DOCUMENTS, HashingEncoder
from tests.stores import QUESTIONS, Flaky, differences, failing, indexed, remote, shown, through

QUALITY = Path(__file__).parent / "quality"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_PAUSE", 0.001)


@pytest.mark.parametrize(
    "where",
    [
        Filter(),
        Filter.of(only=["fr"]),
        Filter.of(within="*.txt", only=["en", "es"]),
        Filter.of(title="moulin"),
        Filter.of(within="nothing/*"),
    ],
    ids=str,
)
def test_a_store_answers_as_the_folder_does(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus, where: Filter
) -> None:
    local = indexed(folder, encoder, tmp_path)
    assert publish(local.library(), store) == len(local.library()) == 9
    there = remote(store, encoder, tmp_path)
    for question in QUESTIONS:
        answers = [shown(bot, question, where=where) for bot in (local, there)]
        assert not differences(*answers)
    (found,) = [q.text for q in local.answer(QUESTIONS[0], top_k=1, threshold=0.0)]
    assert found.startswith("A colony of bees makes forty kilograms")


def test_a_filter_is_an_expression_of_the_search(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    publish(indexed(folder, encoder, tmp_path).library(), store)
    client = Flaky(store._client, "search", times=0)
    there = remote(through(client, store), encoder, tmp_path)
    there.answer(QUESTIONS[0], where=Filter.of(only=["fr"]))
    there.answer(QUESTIONS[0])
    document = doc_key("moulin")
    assert client.calls[0]["filter"] == f'doc in ["{document}"] and language in ["fr"]'
    assert client.calls[1]["filter"] == ""


def test_rows_that_are_no_filter_are_named_one_by_one(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    local = indexed(folder, encoder, tmp_path)
    publish(local.library(), store)
    client = Flaky(store._client, "search", times=0)
    there = remote(through(client, store), encoder, tmp_path)
    best = local.hits(QUESTIONS[0])[0].row
    rows = [[h.row for h in bot.hits(QUESTIONS[0], hidden=[best])] for bot in (local, there)]
    assert rows[0] == rows[1] and best not in rows[1] and len(rows[1]) == 8
    assert client.calls[0]["filter"].startswith("id in [") and "doc" not in str(client.calls)


def test_of_passages_as_near_as_one_another_the_same_are_found(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    for number in range(40):
        (folder / f"wax{number}.txt").write_text("The wax of the hives is sold in Lisbon.\n")
    local = indexed(folder, encoder, tmp_path)
    publish(local.library(), store)
    query = encoder.encode_query("Where is the wax sold?").vector
    there = remote(store, encoder, tmp_path)
    for top_k in (1, 5, 30, 45):
        rows = [bot.library().nearest(query, top_k)[0].tolist() for bot in (local, there)]
        assert rows[0] == rows[1] and len(rows[0]) == top_k


def test_publishing_again_writes_what_changed_and_readers_find_it(
    folder: Path,
    encoder: HashingEncoder,
    tmp_path: Path,
    store: Milvus,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("qa.bot.LOOK_AGAIN", 3600)  # however slow the machine is
    local = indexed(folder, encoder, tmp_path)
    publish(local.library(), store)
    there = remote(store, encoder, tmp_path)
    before = there.library()
    assert publish(local.library(), store) == 0
    (folder / "bees.txt").write_text(DOCUMENTS["bees.txt"] + "\nThe wax is sold in Lisbon.\n")
    assert publish(local.refresh(), store) == 1
    question = "Where is the wax sold?"
    assert differences(shown(there, question), shown(local, question))  # at most a second later
    there.refresh()
    assert not differences(shown(there, question), shown(local, question))
    assert len(before.nearest(np.ones(256, np.float32), 50)[0]) == 9  # who still reads the old


def test_publishing_again_writes_new_texts_only(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    local = indexed(folder, encoder, tmp_path)
    publish(local.library(), store)
    before, keys = store.part_ids(TEXT_OF), store.keys()
    assert len(before) == len(local.library().encoded) and len(keys) == 9
    (folder / "again.txt").write_bytes((folder / "bees.txt").read_bytes() + b"\nNew wax.\n")
    library = local.refresh()
    assert publish(library, store) == 4  # three have new sources, one has a new text, too
    names = {bytes.fromhex(part[1:33]) for part in store.part_ids(TEXT_OF) - before}
    assert names == set(keys_of([Text("New wax.", "en")], encoder.digest))
    assert len(store.keys() - keys) == 4


def test_an_empty_store_and_one_of_another_model_are_refused(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    with pytest.raises(StoreError, match="holds nothing yet"):
        remote(store, encoder, tmp_path)
    publish(indexed(folder, encoder, tmp_path).library(), store)
    other = HashingEncoder()
    other.digest = "f" * 16
    with pytest.raises(UsageError, match="made with the model hashing"):
        remote(store, other, tmp_path)
    with pytest.raises(UsageError, match="made with the model hashing"):
        publish(Bot(folder, tmp_path / "other", other, model_name="other").library(), store)


def test_what_another_version_published_is_refused(
    encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    store.create(256)
    for head in ("{}", "no JSON", '{"format": 99, "generation": "0123456789abcdef"}', "[]"):
        store.put_parts({"current": head})
        with pytest.raises(StoreError, match="this version does not read"):
            remote(store, encoder, tmp_path)


def test_nobody_listening_is_one_sentence_with_status_2(
    cache: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(faults.TOKEN, "a-secret")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.monotonic()
    status = run(["ask", "--store", f"milvus://127.0.0.1:{port}/passages", "Who?"])
    out, err = capfd.readouterr()
    assert (status, out) == (2, "") and err.count("\n") == 1 and time.monotonic() - began < 60
    assert f"milvus://127.0.0.1:{port}/passages cannot be opened" in err and "a-secret" not in err


def test_a_file_that_another_process_has_open_is_one_sentence(tmp_path: Path, cache: Path) -> None:
    place = tmp_path / "store.db"
    store = connect(str(place), create=True)
    code = "import sys; from qa.__main__ import run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "ask", "--store", str(place), "Who?"]
    done = subprocess.run(command, capture_output=True, text=True)
    store.close()
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "another process has it open" in done.stderr


@pytest.mark.parametrize("command", [["ask", "Who?"], ["sources"], ["show", "bees#p1"], ["chat"]])
def test_to_ask_a_store_that_is_not_there_makes_none(
    command: list[str], tmp_path: Path, cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "no store.db"
    told = f"there is no store {place} yet; publish a folder: qa index -d FOLDER --store '{place}'"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO("Who?\n"))
        status = run([*command, "--store", str(place)])
    assert (status, capfd.readouterr().err) == (2, f"qa: {told}\n")
    assert examine_store(str(place), None).said == told.partition(";")[0]
    assert list(tmp_path.iterdir()) == []


def test_an_address_is_a_server_with_a_collection_or_a_file() -> None:
    assert address("milvus://host.example:19530/news") == ("http://host.example:19530", "news")
    tls = "milvus+tls://[::1]:443/news"
    assert address(tls) == ("https://[::1]:443", "news")
    assert address("here/store.db") == (str(Path("here/store.db").absolute()), "qa")
    for wrong in ("", "milvus://host", "milvus://me:secret@host:1/x", "http://host:1/x.db", "x"):
        with pytest.raises(UsageError, match=faults.TOKEN) as trouble:
            address(wrong)
        assert "secret" not in str(trouble.value)


def test_tokens_lie_in_a_store_as_in_the_index_and_damage_is_seen(
    folder: Path, encoder: HashingEncoder, tmp_path: Path
) -> None:
    library = indexed(folder, encoder, tmp_path).library()
    tokens = library.encoded.tokens
    for row in range(len(tokens)):
        data = packed(library, row)
        assert (unpacked(data, tokens.packing) == tokens.tokens(row)).all()
        for wrong in (data[:-1], data[:-1] + bytes([data[-1] ^ 1]), b"", data + data):
            with pytest.raises(ValueError, match=r"\d"):
                unpacked(wrong, tokens.packing)


def test_a_store_on_the_command_line(
    prepared: Path,
    tmp_path: Path,
    place: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: Any,
) -> None:
    monkeypatch.setenv("QA_CACHE", str(prepared.parent.parent))
    index = str(tmp_path / "index")
    assert run(["index", "--index", index, "--store", place]) == 0
    assert f"59 passages written to {place}" in capfd.readouterr().out
    question = "How many Peruvians live abroad?"
    printed = []
    for options in (["--index", index], ["--store", place]):
        assert run(["ask", question, *options]) == 0
        printed.append(capfd.readouterr().out)
    assert printed[0] == printed[1] and "2.4 million" in printed[1]
    assert run(["show", "--store", place, "001_1d07d1647ccf1b53#p11"]) == 0
    assert run(["ask", "--store", place, "-d", str(tmp_path), question]) == 2
    assert "leave out documents and index" in capfd.readouterr().err
    served: list[Any] = []
    monkeypatch.setattr(server, "serve", lambda api, *_: served.append(api))
    assert run(["serve", "--store", place, "--port", "0"]) == 0 and served
    assert f"{place} answers on" in capfd.readouterr().err
    assert run(["verify", "--store", place]) == 2
    assert "ask, chat, doctor, index, serve, show and sources know stores" in capfd.readouterr().err


def test_a_store_is_served_and_its_failure_is_a_sentence_with_status_503(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    local = indexed(folder, encoder, tmp_path)
    publish(local.library(), store)
    there = remote(store, encoder, tmp_path)
    with TestClient(service(there, Limits(), Access()), "http://localhost") as client:
        answered = client.post("/ask", json={"question": QUESTIONS[0]}).json()
        assert not differences(
            answered, json.loads(json.dumps(local.answer(QUESTIONS[0]).to_dict()))
        )
        there.library().store._store = failing(store, "search")  # type: ignore[attr-defined]
        response = client.post("/ask", json={"question": QUESTIONS[0]})
        assert response.status_code == 503 and "tried 4 times" in response.json()["error"]


def same_answers(bots: tuple[Bot, Bot], questions: list[dict[str, Any]]) -> None:
    for question in questions:
        text, history = question["question"], question.get("history", ())
        answers = [shown(bot, text, history=history) for bot in bots]
        assert not differences(*answers), text


@pytest.mark.parametrize("codes", [False, True], ids=["bytes", "codes"])
def test_all_questions_on_the_seeds_have_the_same_answers(
    built_in: OnnxEncoder,
    tmp_path: Path,
    store: Milvus,
    shared_cache: Path,
    codes: bool,
    monkeypatch: Any,
) -> None:
    monkeypatch.setenv("QA_CACHE", str(shared_cache))
    if codes:
        monkeypatch.setattr(packing, "MANY", 0)
        monkeypatch.setattr(index, "EXACT", 0)
    local = Bot.open(index=tmp_path / "index")
    assert isinstance(local.library().encoded.tokens.packing, Codes) == codes
    assert local.library().vectors.kind.name == ("pq" if codes else "flat")
    publish(local.library(), store)
    there = RemoteBot(store, built_in, tmp_path / "copies")
    names = ("questions", "adversarial", "offtopic")
    lines = [(QUALITY / f"{name}.jsonl").read_text("utf-8") for name in names]
    questions = [json.loads(line) for line in "".join(lines).splitlines()]
    assert len(questions) > 100
    same_answers((local, there), questions[:: 5 if codes else 1])


@pytest.mark.skipif("QA_BENCH" not in os.environ, reason="QA_BENCH names no folder with mlqa in it")
def test_questions_on_mlqa_have_the_same_answers(
    built_in: OnnxEncoder, tmp_path: Path, store: Milvus, shared_cache: Path, monkeypatch: Any
) -> None:
    from tests.quality.sets import opened, read

    monkeypatch.setenv("QA_CACHE", str(shared_cache))
    folder = Path(os.environ["QA_BENCH"]) / "mlqa"
    local = opened(folder)
    publish(local.library(), store)
    there = RemoteBot(store, built_in, tmp_path / "copies")
    same_answers((local, there), [{"question": q["text"]} for q in read(folder / "queries.jsonl")])


def test_a_question_without_a_store_loads_nothing_of_it() -> None:
    code = (
        "import sys, qa.bot, qa.cli\n"
        "print([m for m in ('pymilvus', 'grpc', 'tenacity', 'qa.milvus', 'qa.remote')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_answer_takes_a_store_and_no_folder_beside_it(
    folder: Path, prepared: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_CACHE", str(prepared.parent.parent))
    question = "What does a colony of bees make?"
    with pytest.raises(UsageError, match="leave out documents and index"):
        answer(question, documents=folder, store=place)
    local = Bot.open(folder, index=folder.parent / "index")
    store = connect(place, create=True)
    publish(local.library(), store)
    store.close()
    found = answer(question, store=place)
    bot = answering.shared_bot(None, None, None, place)
    try:
        assert found.to_dict()["quotes"] and answering.shared_bot(None, None, None, place) is bot
        ours = local.answer(question)
        assert [q.source_id for q in found.quotes] == [q.source_id for q in ours.quotes]
    finally:
        assert isinstance(bot, RemoteBot)
        bot._store.close()


def examined(store: str, capfd: pytest.CaptureFixture[str], status: int) -> dict[str, str]:
    """What the doctor says of a store, which must leave with this status."""
    assert run(["doctor", "--store", store, "--json"]) == status
    checks = {check["name"]: check for check in json.loads(capfd.readouterr().out)["checks"]}
    assert "index" not in checks and "up to date" not in checks
    found: dict[str, str] = checks["store"]
    return found


def test_the_doctor_examines_a_store(
    folder: Path,
    prepared: Path,
    encoder: HashingEncoder,
    tmp_path: Path,
    place: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QA_CACHE", str(prepared.parent.parent))
    connect(place, create=True).close()
    empty = examined(place, capfd, 0)
    assert empty["verdict"] == "warn" and "holds nothing yet" in empty["said"]
    assert empty["cure"] == f"qa index -d FOLDER --store {place}"
    local = Bot.open(folder, index=tmp_path / "index")
    with closing(connect(place)) as store:
        publish(local.library(), store)
    well = examined(place, capfd, 0)
    assert well["verdict"] == "ok" and well["said"].startswith(f"{place}, Milvus ")
    assert well["said"].endswith(", 9 passages, whole")
    with closing(connect(place)) as store:
        store.drop(sorted(store.keys())[:2], [])
    ill = examined(place, capfd, 2)
    assert ill["said"].endswith("of which 2 passages and 0 parts are lost")
    assert ill["cure"] == empty["cure"]


def test_the_doctor_says_that_a_store_was_made_with_another_model(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, place: str
) -> None:
    with closing(connect(place, create=True)) as store:
        publish(indexed(folder, encoder, tmp_path).library(), store)
    check = examine_store(place, "f" * 16)
    assert check.verdict == "fail" and "made with the model hashing" in check.said
    assert check.cure == "name that one with --model"
    assert examine_store(place, encoder.digest).verdict == "ok"


def test_who_says_nothing_is_given_up_within_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(milvus, "SECONDS", 1.0)
    monkeypatch.setattr(faults, "LAST", 1.5)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        check = examine_store(f"milvus://127.0.0.1:{silent.getsockname()[1]}/x", None)
    assert time.monotonic() - began < 10
    assert check.verdict == "fail" and "tried 2 times" in check.said
    assert check.cure.startswith("look whether its address is right")
