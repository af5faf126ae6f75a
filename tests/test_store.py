"""An outside store, on the embedded Milvus, and on one whose network fails."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embeddings.encoder import OnnxEncoder
from qa import Bot, Filter, milvus
from qa.__main__ import run
from qa.errors import StoreError, UsageError
from qa.milvus import Milvus, address, connect
from qa.publishing import doc_key, packed, publish, read_head, unpacked
from qa.remote import RemoteBot
from tests.conftest import DOCUMENTS, HashingEncoder

QUALITY = Path(__file__).parent / "quality"
QUESTIONS = (
    "How much honey does a colony of bees make?",
    "Quand le moulin a-t-il été construit ?",
    "¿Qué altura tiene el faro?",
    "Who is the keeper of the hives?",
)


class Flaky:
    """A client that fails: the calls of `method` from the number `first` on, `times` times."""

    def __init__(self, client: Any, method: str, *, first: int = 0, times: int = 10**9) -> None:
        self._client, self._method = client, method
        self._failing = range(first, first + times)
        self.calls: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        def call(*values: Any, **options: Any) -> Any:
            self.calls.append(options)
            if len(self.calls) - 1 in self._failing:
                raise ConnectionError("the cable is out")
            return getattr(self._client, name)(*values, **options)

        return call if name == self._method else getattr(self._client, name)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Milvus]:
    opened = connect(str(tmp_path / "store.db"))
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(milvus, "_PAUSE", 0.001)


def failing(store: Milvus, method: str, **when: int) -> Milvus:
    return Milvus(Flaky(store._client, method, **when), "qa", store.name)


def indexed(folder: Path, encoder: HashingEncoder, tmp_path: Path) -> Bot:
    return Bot(folder, tmp_path / "index", encoder, model_name="hashing")


def remote(store: Milvus, encoder: HashingEncoder, tmp_path: Path) -> RemoteBot:
    return RemoteBot(store, encoder, tmp_path / "copies")


def shown(bot: Bot, question: str, **options: Any) -> tuple[Any, ...]:
    """All of an answer; scores to four places, as float32 sums differ in the last."""
    content = bot.answer(question, threshold=0.0, **options).to_dict()
    text = json.dumps(content, sort_keys=True, default=str)
    rounded = json.loads(text, parse_float=lambda number: round(float(number), 4))
    return tuple(sorted(rounded.items(), key=lambda pair: pair[0]))


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
        assert shown(there, question, where=where) == shown(local, question, where=where)
    (found,) = [q.text for q in local.answer(QUESTIONS[0], top_k=1, threshold=0.0)]
    assert found.startswith("A colony of bees makes forty kilograms")


def test_a_filter_is_an_expression_of_the_search(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    publish(indexed(folder, encoder, tmp_path).library(), store)
    client = Flaky(store._client, "search", times=0)
    there = remote(Milvus(client, "qa", store.name), encoder, tmp_path)
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
    there = remote(Milvus(client, "qa", store.name), encoder, tmp_path)
    best = local.hits(QUESTIONS[0])[0].row
    rows = [[h.row for h in bot.hits(QUESTIONS[0], hidden=[best])] for bot in (local, there)]
    assert rows[0] == rows[1] and best not in rows[1] and len(rows[1]) == 8
    assert client.calls[0]["filter"].startswith("id in [") and "doc" not in str(client.calls)


def test_publishing_again_writes_what_changed_and_readers_find_it(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    local = indexed(folder, encoder, tmp_path)
    publish(local.library(), store)
    there = remote(store, encoder, tmp_path)
    before = there.library()
    assert publish(local.library(), store) == 0
    (folder / "bees.txt").write_text(DOCUMENTS["bees.txt"] + "\nThe wax is sold in Lisbon.\n")
    assert publish(local.refresh(), store) == 1
    question = "Where is the wax sold?"
    assert shown(there, question) != shown(local, question)  # at most a second later
    there.refresh()
    assert shown(there, question) == shown(local, question)
    assert len(before.nearest(np.ones(256, np.float32), 50)[0]) == 9  # who still reads the old


def test_what_no_state_needs_any_more_is_removed(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    local = indexed(folder, encoder, tmp_path)
    publish(local.library(), store)
    (folder / "bees.txt").unlink()
    publish(local.refresh(), store)
    assert len(store.keys()) == 9  # the state before may still be read
    (folder / "faro.txt").unlink()
    publish(local.refresh(), store)
    assert len(store.keys()) == 6 and len(local.library()) == 3
    assert len(store.part_ids()) == 6 + 2 * 4 + 1  # a part a passage, four files a state, a head


def test_a_publication_that_fails_half_way_leaves_readers_what_there_was(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    local = indexed(folder, encoder, tmp_path)
    publish(local.library(), store)
    there = remote(store, encoder, tmp_path)
    was = shown(there, QUESTIONS[0])
    (folder / "bees.txt").write_text("Bees\n\nThe wax of a colony of bees is sold in Lisbon.\n")
    library = local.refresh()
    # Tokens and vectors, which the third try finds written; then four files, and the head.
    for calls in range(5):
        with pytest.raises(StoreError, match="tried 4 times"):
            publish(library, failing(store, "upsert", first=calls))
        there.refresh()
        assert shown(there, QUESTIONS[0]) == was
    publish(library, store)
    there.refresh()
    assert shown(there, QUESTIONS[0]) == shown(local, QUESTIONS[0]) != was


@pytest.mark.parametrize("method", ["search", "get"])
def test_a_fault_that_passes_is_tried_again(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus, method: str
) -> None:
    local = indexed(folder, encoder, tmp_path)
    publish(local.library(), store)
    there = remote(failing(store, method, first=1, times=3), encoder, tmp_path)
    assert shown(there, QUESTIONS[0]) == shown(local, QUESTIONS[0])


@pytest.mark.parametrize("method", ["search", "get"])
def test_a_fault_that_stays_is_an_error_and_no_answer(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus, method: str
) -> None:
    publish(indexed(folder, encoder, tmp_path).library(), store)
    there = remote(store, encoder, tmp_path)
    there.library().store._store = failing(store, method)  # type: ignore[attr-defined]
    with pytest.raises(StoreError, match="ConnectionError, tried 4 times"):
        there.answer(QUESTIONS[0])


@pytest.mark.parametrize("loss", [lambda k: (k, []), lambda k: ([], [f"{k[0]}/0"])])
def test_a_store_that_lost_something_is_an_error_and_no_answer(
    folder: Path,
    encoder: HashingEncoder,
    tmp_path: Path,
    store: Milvus,
    loss: Callable[[list[str]], tuple[list[str], list[str]]],
) -> None:
    publish(indexed(folder, encoder, tmp_path).library(), store)
    there = remote(store, encoder, tmp_path)
    store.drop(*loss(sorted(store.keys())[:1]))
    with pytest.raises(StoreError, match="does not have all it should"):
        there.answer(QUESTIONS[0])


def test_a_lost_passage_is_noticed_before_a_state_is_used_and_where_it_is_read(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    publish(indexed(folder, encoder, tmp_path).library(), store)
    library = remote(store, encoder, tmp_path).library()
    store.drop(sorted(store.keys())[:1], [])
    with pytest.raises(StoreError, match="does not have all it should"):
        library.cosines(np.ones(256, np.float32), range(9))
    with pytest.raises(StoreError, match="does not have all it should"):
        remote(store, encoder, tmp_path / "another reader")
    assert not list((tmp_path / "another reader" / "copies").iterdir())


def test_a_damaged_file_of_a_state_is_noticed(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    publish(indexed(folder, encoder, tmp_path).library(), store)
    head = read_head(store)
    assert head is not None
    store.put_parts({f"{head.generation}.frequencies.npy/0": "AAAA"})
    with pytest.raises(StoreError, match="does not have all it should"):
        remote(store, encoder, tmp_path)
    assert not (tmp_path / "copies" / head.generation).exists()


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
        store.put_parts({"head": head})
        with pytest.raises(StoreError, match="this version does not read"):
            remote(store, encoder, tmp_path)


def test_nobody_listening_is_one_sentence_with_status_2(
    cache: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(milvus.TOKEN, "a-secret")
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
    store = connect(str(place))
    code = "import sys; from qa.__main__ import run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "ask", "--store", str(place), "Who?"]
    done = subprocess.run(command, capture_output=True, text=True)
    store.close()
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "another process has it open" in done.stderr


def test_an_address_is_a_server_with_a_collection_or_a_file() -> None:
    assert address("milvus://host.example:19530/news") == ("http://host.example:19530", "news")
    assert address("here/store.db") == (str(Path("here/store.db").absolute()), "qa")
    for wrong in ("", "milvus://host", "milvus://me:secret@host:1/x", "http://host:1/x.db", "x"):
        with pytest.raises(UsageError, match=milvus.TOKEN) as trouble:
            address(wrong)
        assert "secret" not in str(trouble.value)


def test_tokens_of_any_number_are_packed_to_the_bit() -> None:
    random = np.random.default_rng(5)
    for count in (0, 1, 500):
        tokens = random.normal(size=(count, 8)).astype(np.float32)
        ids = random.integers(-9, 9, count).astype(np.int32)
        values, scales, same = unpacked(packed(tokens, ids), 8)
        assert same.tolist() == ids.tolist()
        again = values.astype(np.float32) * scales.astype(np.float32)[:, None]
        assert np.abs(again - tokens).max(initial=0) < 0.02
        assert packed(again, ids) == packed(tokens, ids)
    with pytest.raises(ValueError, match="1"):
        unpacked(b"x" * 15, 8)


def test_a_store_on_the_command_line(
    prepared: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setenv("QA_CACHE", str(prepared.parent.parent))
    place = str(tmp_path / "seeds.db")
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
    assert "leave out --documents" in capfd.readouterr().err


def same_answers(bots: tuple[Bot, Bot], questions: list[dict[str, Any]]) -> None:
    for question in questions:
        text, history = question["question"], question.get("history", ())
        assert shown(bots[1], text, history=history) == shown(bots[0], text, history=history)


def test_all_questions_on_the_seeds_have_the_same_answers(
    built_in: OnnxEncoder, tmp_path: Path, store: Milvus, shared_cache: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("QA_CACHE", str(shared_cache))
    local = Bot.open(index=tmp_path / "index")
    publish(local.library(), store)
    there = RemoteBot(store, built_in, tmp_path / "copies")
    names = ("questions", "adversarial", "offtopic")
    lines = [(QUALITY / f"{name}.jsonl").read_text("utf-8") for name in names]
    questions = [json.loads(line) for line in "".join(lines).splitlines()]
    assert len(questions) > 100
    same_answers((local, there), questions)


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
    questions = [{"question": q["text"]} for q in read(folder / "queries.jsonl")[::10]]
    same_answers((local, there), questions)


def test_a_question_without_a_store_loads_nothing_of_it() -> None:
    code = (
        "import sys, qa.bot, qa.cli\n"
        "print([m for m in ('pymilvus', 'grpc', 'tenacity', 'qa.milvus', 'qa.remote')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
