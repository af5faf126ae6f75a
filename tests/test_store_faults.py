"""An outside store whose network or whose parts fail, and several writers and readers at once."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qa import Bot, faults, milvus, publishing
from qa.errors import StoreError
from qa.milvus import Milvus, connect
from qa.parts import FILE, HEAD_OF, TEXT_OF, current, touch
from qa.publishing import publish
from qa.remote import RemoteBot
from qa.states import PASSAGES
from tests.conftest import DOCUMENTS, HashingEncoder
from tests.stores import QUESTIONS, STRIDE, differences, failing, indexed, remote, shown, through


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_PAUSE", 0.001)


def aged(store: Milvus, name: str) -> None:
    """As if the state was last in use long ago."""
    part = HEAD_OF + name
    store.put_parts({part: json.dumps(json.loads(store.parts([part])[part]) | {"seen": 0.0})})


def whole(store: Milvus) -> bool:
    """Whether all that the current state names is there."""
    head = current(store)
    assert head is not None
    missing = publishing.lost(store, publishing.contents(store, head))
    return not missing.passages and not missing.parts


class Hooked:
    """A client of which something else happens before the call number `at`, or each so called."""

    def __init__(self, client: Any, at: int | str, hook: Callable[[], object]) -> None:
        self._client, self._at, self._hook = client, at, hook
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        def call(*values: Any, **options: Any) -> Any:
            self.calls.append(name)
            if self._at in (len(self.calls) - 1, name):
                self._hook()
            return getattr(self._client, name)(*values, **options)

        return call


def test_what_no_state_needs_any_more_is_removed(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    local = indexed(folder, encoder, tmp_path)
    publish(local.library(), store)
    first = current(store)
    assert first is not None
    aged(store, first.name)  # published long ago, and in use until it is replaced just now
    (folder / "bees.txt").unlink()
    publish(local.refresh(), store)
    publish(local.library(), store)
    assert len(store.keys()) == 9 and len(store.part_ids(HEAD_OF)) == 2
    aged(store, first.name)
    publish(local.library(), store)
    assert len(store.keys()) == len(local.library()) == 6
    assert len(store.part_ids(TEXT_OF)) == len(local.library().encoded)
    assert len(store.part_ids(FILE)) == 6  # manifest, words, counts, places, passages, texts
    assert len(store.part_ids(HEAD_OF)) == 1 and whole(store)


def test_a_state_that_someone_is_writing_is_left_alone(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    local = indexed(folder, encoder, tmp_path)
    publish(local.library(), store)
    (folder / "new.txt").write_text("The wax of the hives is sold in Lisbon every spring.\n")
    library = local.refresh()
    with pytest.raises(StoreError, match="tried 4 times"):  # its last step, which fails four times
        publish(library, failing(store, "upsert", first=11))
    keys = store.keys()
    assert len(keys) == 10
    publishing.sweep(store)
    assert store.keys() == keys


def test_before_its_files_are_there_nothing_a_state_may_need_is_removed(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    local = indexed(folder, encoder, tmp_path)
    publish(local.library(), store)
    first = current(store)
    assert first is not None
    (folder / "bees.txt").unlink()
    publish(local.refresh(), store)
    aged(store, first.name)
    touch(store, replace(first, generation="0" * 16, files={PASSAGES: (1, "0" * 64)}))
    publishing.sweep(store)
    assert len(store.keys()) == 9


def test_what_is_removed_under_a_publishers_hands_is_written_again(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    local = indexed(folder, encoder, tmp_path)
    publish(local.library(), store)
    (folder / "new.txt").write_text("The wax of the hives is sold in Lisbon every spring.\n")
    keys, texts = sorted(store.keys()), sorted(store.part_ids(TEXT_OF))
    removed: list[str] = []

    def remove() -> None:
        if len(store.part_ids(HEAD_OF)) == 2 and not removed:  # it has looked, and writes
            store.drop(keys, texts)
            removed.extend(keys)

    hooked = Hooked(store._client, "upsert", remove)
    assert publish(local.refresh(), through(hooked, store)) == 10
    assert removed and whole(store) and store.keys() > set(keys)


def test_a_publication_that_fails_half_way_leaves_readers_what_there_was(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    local = indexed(folder, encoder, tmp_path)
    publish(local.library(), store)
    there = remote(store, encoder, tmp_path)
    was = shown(there, QUESTIONS[0])
    (folder / "bees.txt").write_text("Bees\n\nThe wax of a colony of bees is sold in Lisbon.\n")
    library = local.refresh()
    fails = 0
    for calls in range(50):  # a head, files, texts, passages, heads, and what readers see
        try:
            publish(library, failing(store, "upsert", first=calls, times=4))
        except StoreError as error:
            assert "tried 4 times" in str(error)
            fails += 1
            there.refresh()
            assert shown(there, QUESTIONS[0]) == was
        else:
            break
    there.refresh()
    now = shown(there, QUESTIONS[0])
    assert fails > 3 and now != was and not differences(now, shown(local, QUESTIONS[0]))


@pytest.mark.parametrize("small_is_last", [False, True])
def test_two_publishers_leave_a_whole_state_wherever_they_meet(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus, small_is_last: bool
) -> None:
    full = Bot(folder, tmp_path / "full", encoder, model_name="hashing").library()
    (folder / "bees.txt").unlink()
    small = Bot(folder, tmp_path / "small", encoder, model_name="hashing").library()
    publish(full, store)
    head = current(store)
    assert head is not None
    outer, inner = (small, full) if small_is_last else (full, small)
    for at in range(0, 200, STRIDE):
        publish(small, store)
        aged(store, head.name)  # of the full state, all that the small has not may be removed now
        hooked = Hooked(store._client, at, lambda: publish(inner, store))
        publish(outer, through(hooked, store))
        done = len(hooked.calls) <= at
        # A call to remove that is under way, alone, cannot be held back: publishing heals it.
        if not done and hooked.calls[at] == "delete":
            publish(inner, store)
        assert whole(store), (at, hooked.calls[at])
        if done:
            break
    assert at > 20
    publish(full, store)
    there = remote(store, encoder, tmp_path)
    assert shown(there, QUESTIONS[0])["quotes"][0]["text"].startswith("A colony of bees makes")


# The embedded store now and then leaves its log to be closed with the object, under two writers.
@pytest.mark.filterwarnings("ignore:.*wal_:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kept", [3600.0, 0.0])
def test_readers_get_a_published_state_while_two_publish(
    folder: Path, tmp_path: Path, store: Milvus, kept: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "KEPT", kept)
    question = "Where is the wax of the hives sold?"
    published: list[Any] = []
    ended = threading.Event()

    def writer(name: str) -> None:
        place = tmp_path / name
        place.mkdir()
        opened = connect(store.name)
        for number in range(4):
            for file, text in DOCUMENTS.items():
                (place / file).write_text(text)
            (place / "wax.txt").write_text(f"The wax of the hives is sold in {name} {number}.\n")
            local = Bot(place, tmp_path / f"{name}-index", HashingEncoder(), model_name="hashing")
            published.append(shown(local, question))
            publish(local.library(), opened)

    def reader(there: RemoteBot) -> None:
        while not ended.is_set():
            try:
                there.refresh()
                answer = shown(there, question)
            except StoreError as error:
                assert kept == 0 and "does not have all it should" in str(error)
                continue
            assert any(not differences(answer, each) for each in published)

    publish(indexed(folder, HashingEncoder(), tmp_path).library(), store)
    first, second = (
        RemoteBot(connect(store.name), HashingEncoder(), tmp_path / name) for name in "ab"
    )
    published.append(shown(first, question))
    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(reader, there) for there in (first, second)]
        writers = [pool.submit(writer, name) for name in ("Lisbon", "Porto")]
        failed = [each.exception() for each in writers]
        ended.set()
    assert [each.exception() for each in readers] == [None, None]
    if kept:
        assert failed == [None, None]
    local = Bot(tmp_path / "Porto", tmp_path / "last", HashingEncoder(), model_name="hashing")
    publish(local.library(), store)
    first.refresh()
    assert not differences(shown(first, question), shown(local, question))


def test_a_reader_whose_state_was_removed_answers_from_the_next(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    local = indexed(folder, encoder, tmp_path)
    publish(local.library(), store)
    there = remote(store, encoder, tmp_path)
    there.watched = True  # it doesn't look by itself
    first = current(store)
    (folder / "bees.txt").write_text(DOCUMENTS["bees.txt"].replace("forty", "ninety"))
    publish(local.refresh(), store)
    assert first is not None
    aged(store, first.name)
    publish(local.library(), store)
    assert not differences(shown(there, QUESTIONS[0]), shown(local, QUESTIONS[0]))


class Behind:
    """A server where nothing has come through yet for who does not wait for the newest."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.missed = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get(self, name: str, **options: Any) -> Any:
        if options.get("consistency_level") == "Eventually":
            self.missed += 1
            return []
        return self._client.get(name, **options)


def test_what_has_not_come_through_yet_is_waited_for(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    local = indexed(folder, encoder, tmp_path)
    client = Behind(store._client)
    publish(local.library(), through(client, store))
    there = remote(through(client, store), encoder, tmp_path)
    assert not differences(shown(there, QUESTIONS[0]), shown(local, QUESTIONS[0]))
    assert client.missed > 6  # its six files, and texts


@pytest.mark.parametrize("method", ["search", "get"])
def test_a_fault_that_passes_is_tried_again(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus, method: str
) -> None:
    local = indexed(folder, encoder, tmp_path)
    publish(local.library(), store)
    there = remote(failing(store, method, first=1, times=3), encoder, tmp_path)
    assert not differences(shown(there, QUESTIONS[0]), shown(local, QUESTIONS[0]))


@pytest.mark.parametrize("method", ["search", "get"])
def test_a_fault_that_stays_is_an_error_and_no_answer(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus, method: str
) -> None:
    publish(indexed(folder, encoder, tmp_path).library(), store)
    there = remote(store, encoder, tmp_path)
    there.library().store._store = failing(store, method)  # type: ignore[attr-defined]
    with pytest.raises(StoreError, match="ConnectionError, tried 4 times"):
        there.answer(QUESTIONS[0])


@pytest.mark.parametrize("loss", [lambda keys, texts: (keys, []), lambda keys, texts: ([], texts)])
def test_a_store_that_lost_something_is_an_error_and_no_answer(
    folder: Path,
    encoder: HashingEncoder,
    tmp_path: Path,
    store: Milvus,
    loss: Callable[[list[str], list[str]], tuple[list[str], list[str]]],
) -> None:
    publish(indexed(folder, encoder, tmp_path).library(), store)
    there = remote(store, encoder, tmp_path)
    store.drop(*loss(sorted(store.keys()), sorted(store.part_ids(TEXT_OF))))
    assert not store.keys() or not store.part_ids(TEXT_OF)  # it has come through
    with pytest.raises(StoreError, match="does not have all it should"):
        there.answer(QUESTIONS[0])


def test_a_lost_passage_is_noticed_before_a_state_is_used_and_where_it_is_read(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    publish(indexed(folder, encoder, tmp_path).library(), store)
    library = remote(store, encoder, tmp_path).library()
    store.drop(sorted(store.keys())[:1], [])
    assert len(store.keys()) == 8  # until that has come through, what never changes may be read
    with pytest.raises(StoreError, match="does not have all it should"):
        library.cosines(np.ones(256, np.float32), range(9))
    with pytest.raises(StoreError, match="does not have all it should"):
        remote(store, encoder, tmp_path / "another reader")
    assert not list((tmp_path / "another reader" / "copies").iterdir())


@pytest.mark.parametrize("name", ["frequencies.npy", "texts.npy", "passages.sqlite"])
def test_a_damaged_file_of_a_state_is_noticed(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus, name: str
) -> None:
    publish(indexed(folder, encoder, tmp_path).library(), store)
    head = current(store)
    assert head is not None
    store.put_parts({f"{FILE}{head.files[name][1]}/0": "AAAA"})
    with pytest.raises(StoreError, match="does not have all it should"):
        remote(store, encoder, tmp_path)
    assert not (tmp_path / "copies" / head.name).exists()


def test_a_damaged_text_is_an_error_and_no_answer(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    publish(indexed(folder, encoder, tmp_path).library(), store)
    for part, text in store.parts(store.part_ids(TEXT_OF)).items():
        store.put_parts({part: text[:-8] + ("AAAABAAA" if text[-8:-4] != "AAAA" else "BAAAAAAA")})
    with pytest.raises(StoreError, match="does not have all it should"):
        remote(store, encoder, tmp_path).answer(QUESTIONS[0])


def rpc(code: str) -> Exception:
    import grpc

    class Refusal(grpc.RpcError):
        def code(self) -> Any:
            return grpc.StatusCode[code]

    return Refusal()


def of_milvus(code: int, **options: Any) -> Exception:
    from pymilvus.exceptions import MilvusException

    return MilvusException(code, "the server said", **options)


def wrapped(error: Exception) -> Exception:
    """As pymilvus wraps what gRPC raises when it connects."""
    outside = of_milvus(2)
    outside.__cause__ = error
    return outside


def of_itself(error: Exception) -> Exception:
    error.__cause__ = error
    return error


LASTING = {
    "wrong token": rpc("UNAUTHENTICATED"),
    "wrong token at the start": wrapped(rpc("UNAUTHENTICATED")),
    "not known": of_milvus(1400),
    "no permission": rpc("PERMISSION_DENIED"),
    "no privilege": of_itself(of_milvus(1401)),
    "wrong dimension": of_milvus(1100),
    "no such collection": of_milvus(100),
    "wrong schema": of_milvus(1, is_input_error=True),
}
PASSING = {
    "timeout": rpc("DEADLINE_EXCEEDED"),
    "unavailable": rpc("UNAVAILABLE"),
    "unavailable at the start": wrapped(rpc("UNAVAILABLE")),
    "too much at once": of_milvus(8),
    "not ready": of_milvus(1),
    "not loaded, as a server is when it starts": of_milvus(101),
    "recovering": of_milvus(106, retriable=True),
    "the server says so": of_milvus(1100, retriable=True),
    "the cable": ConnectionError(),
    "the clock": TimeoutError(),
}


@pytest.mark.parametrize("error", LASTING.values(), ids=list(LASTING))
def test_what_stays_wrong_is_not_tried_again(store: Milvus, error: Exception) -> None:
    store.create(256)
    flaky = failing(store, "search", error=error)
    flaky.name = "milvus://host:1/x"
    with pytest.raises(StoreError, match=f"will again.*{faults.TOKEN}") as trouble:
        flaky.search(np.ones(256, np.float32), 3)
    assert len(flaky._client.calls) == 1 and "the server said" not in str(trouble.value)


def test_a_collection_that_a_new_start_has_unloaded_is_loaded_again(store: Milvus) -> None:
    store.create(256)
    store.put_parts({"h0": "x"})
    assert store.part_ids("h") == {"h0"}
    store._client.release_collection(store._parts)
    assert store.part_ids("h") == {"h0"}


@pytest.mark.parametrize("error", PASSING.values(), ids=list(PASSING))
def test_what_may_pass_is_tried_four_times(store: Milvus, error: Exception) -> None:
    store.create(256)
    assert failing(store, "search", times=3, error=error).search(np.ones(256, np.float32), 3) == []
    flaky = failing(store, "search", error=error)
    with pytest.raises(StoreError, match="tried 4 times"):
        flaky.search(np.ones(256, np.float32), 3)
    assert len(flaky._client.calls) == 4 == faults.TRIES


def test_a_collection_of_another_make_is_refused_and_stays_as_it_is(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus
) -> None:
    store.create(7)
    with pytest.raises(StoreError, match=r"the collection \w+ of .* another make"):
        publish(indexed(folder, encoder, tmp_path).library(), store)
    assert store.keys() == store.part_ids(FILE) == store.part_ids(HEAD_OF) == set()


def test_more_ids_than_one_query_gives_are_all_found(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, store: Milvus, monkeypatch: Any
) -> None:
    publish(indexed(folder, encoder, tmp_path).library(), store)
    keys, texts = store.keys(), store.part_ids(TEXT_OF)
    monkeypatch.setattr(milvus, "MOST", 2)
    assert store.keys() == keys and store.part_ids(TEXT_OF) == texts and len(keys) == 9
