"""Workers: the same to the bit, whoever embeds it and whoever is lost meanwhile."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

import pytest
from conftest import HashingEncoder
from faulty import opened

from embeddings import EmbeddingsError, Encoding, ModelError, OnnxEncoder
from embeddings.cluster import Cluster
from embeddings.parallel import SHARD, TRIES, ParallelEncoder, Workers
from embeddings.processes import Processes, command
from qa.__main__ import run

HERE = Path(__file__).parent
FAULTY = [sys.executable, str(HERE / "faulty.py")]
TEXTS = [f"passage {number} of the book {number % 7}" for number in range(5 * SHARD + 3)]

Opens = Callable[[], ParallelEncoder]


def data(encodings: Sequence[Encoding]) -> list[tuple[bytes, bytes, bytes]]:
    return [(e.vector.tobytes(), e.tokens.tobytes(), e.ids.tobytes()) for e in encodings]


def expected(texts: Sequence[str]) -> list[tuple[bytes, bytes, bytes]]:
    return data(list(HashingEncoder().encode_passages(texts)))


def processes(count: int, *arguments: str) -> ParallelEncoder:
    start: Callable[[], Workers] = lambda: Processes(  # noqa: E731
        [*FAULTY, *arguments], HashingEncoder.digest, count
    )
    return ParallelEncoder(HashingEncoder(), start)


def at(position: int, text: str) -> list[str]:
    """The texts with another one at this position."""
    return [*TEXTS[:position], text, *TEXTS[position + 1 :]]


@pytest.fixture(scope="module")
def ray() -> Iterator[None]:
    """A cluster of two processors, on this machine."""
    import ray

    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), str(HERE.parent)]))
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()
    monkeypatch.undo()


@pytest.fixture(params=["processes", pytest.param("ray", marks=pytest.mark.cluster)])
def workers(request: pytest.FixtureRequest) -> ParallelEncoder:
    """Two workers of each kind."""
    if request.param == "processes":
        return processes(2)
    request.getfixturevalue("ray")
    return on_ray("hashing")


def on_ray(name: str) -> ParallelEncoder:
    local = HashingEncoder()
    return ParallelEncoder(local, lambda: Cluster(opened, name, local.digest, "auto", 2))


# The same, whoever does it


@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_processes_gives_what_one_encoder_gives(count: int) -> None:
    assert data(list(processes(count).encode_passages(TEXTS))) == expected(TEXTS)


def test_workers_of_each_kind_give_what_one_encoder_gives(workers: ParallelEncoder) -> None:
    assert data(list(workers.encode_passages(TEXTS))) == expected(TEXTS)


def test_texts_without_words_and_of_any_script_cross_over(workers: ParallelEncoder) -> None:
    texts = [
        "",
        "\n",
        "línea\nnueva",
        "\ud83d\ude00 smile".encode("utf-16", "surrogatepass").decode("utf-16"),
        "日本語",
    ] * SHARD
    assert data(list(workers.encode_passages(texts))) == expected(texts)


@pytest.mark.parametrize("count", [1, 3])
def test_the_real_model_gives_the_same_vectors_in_workers(
    count: int, built_in: OnnxEncoder, shared_cache: Path
) -> None:
    texts = TEXTS[: 2 * SHARD]
    worker = command(built_in.name, shared_cache / "models", 1)
    parallel = ParallelEncoder(built_in, lambda: Processes(worker, built_in.digest, count))
    ours = list(parallel.encode_passages(texts))
    assert data(ours) == data(list(built_in.encode_passages(texts)))


@pytest.mark.cluster
def test_a_machine_of_a_cluster_that_gives_nothing_is_given_up(
    ray: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.cluster._LONGEST", 2)
    texts = at(SHARD, f"sleep {tmp_path / 'pids'}")
    lost = f"{TRIES} workers were lost over them, the last as it gave nothing in 2 seconds"
    with pytest.raises(EmbeddingsError, match=lost):
        list(on_ray("hashing").encode_passages(texts))
    # A process that took two seconds to start never came to the text.
    assert gone([int(pid) for pid in (tmp_path / "pids").read_text().split()])


def test_questions_and_a_single_shard_are_embedded_here() -> None:
    """Starting workers would take longer."""
    local = HashingEncoder()

    def start() -> Workers:
        raise AssertionError("nobody is needed")

    encoder = ParallelEncoder(local, start)
    assert data(list(encoder.encode_passages(TEXTS[:SHARD]))) == expected(TEXTS[:SHARD])
    assert data([encoder.encode_query("honey")]) == data([local.encode_query("honey")])
    assert (encoder.count_tokens("two words"), encoder.digest) == (2, local.digest)
    assert (local.passages, local.queries) == (SHARD, 2)


# In bounds


def test_no_more_than_two_shards_a_worker_are_under_way() -> None:
    """However slowly they are taken: memory is bounded."""

    class Counting:
        count = 2

        def __init__(self) -> None:
            self.shards = 0

        def __enter__(self) -> "Counting":
            return self

        def __exit__(self, *_: object) -> None:
            return

        def stop(self) -> None:
            return

        def encode(self, texts: Sequence[str]) -> list[Encoding]:
            self.shards += 1
            return list(HashingEncoder().encode_passages(texts))

    crew = Counting()
    encoder = ParallelEncoder(HashingEncoder(), lambda: crew)
    with closing(encoder.encode_passages([*TEXTS, *TEXTS, *TEXTS])) as encodings:
        next(encodings)
        time.sleep(0.3)
        assert crew.shards == 2 * crew.count + 1  # one was taken, and the next one put in


# Lost workers


@pytest.mark.parametrize("order", ["die-once", "raise-once"])
def test_a_worker_that_is_lost_changes_nothing(
    order: str, workers: ParallelEncoder, tmp_path: Path
) -> None:
    texts = at(2 * SHARD + 5, f"{order} {tmp_path / 'marker'}")
    assert data(list(workers.encode_passages(texts))) == expected(texts)
    assert (tmp_path / "marker").exists()


@pytest.mark.parametrize("order", ["die", "raise"])
def test_a_shard_that_is_always_lost_is_named_after_three_tries(
    order: str, workers: ParallelEncoder
) -> None:
    with pytest.raises(EmbeddingsError, match="texts 65 to 96 of 163 cannot") as trouble:
        list(workers.encode_passages(at(70, order)))
    assert f"{TRIES} workers were lost" in str(trouble.value)
    assert ("no luck today" in str(trouble.value)) == (order == "raise")
    assert "\n" not in str(trouble.value)


def test_what_no_worker_could_do_better_is_not_tried_again(workers: ParallelEncoder) -> None:
    with pytest.raises(ModelError, match=r"^this is no text for me$"):
        list(workers.encode_passages(at(70, "refuse")))


def test_a_process_with_another_model_is_refused() -> None:
    with pytest.raises(ModelError, match="another model"):
        list(processes(2, "another").encode_passages(TEXTS))


@pytest.mark.cluster
def test_a_machine_with_another_model_is_refused(ray: None) -> None:
    with pytest.raises(ModelError, match=r"another model .* install the same versions"):
        list(on_ray("other").encode_passages(TEXTS))


def test_a_worker_that_cannot_start_is_told_of() -> None:
    local = HashingEncoder()
    nowhere = ParallelEncoder(local, lambda: Processes(["/nowhere"], local.digest, 1))
    with pytest.raises(EmbeddingsError, match="cannot be started"):
        list(nowhere.encode_passages(TEXTS))


# The end


def gone(pids: Sequence[int]) -> bool:
    """Whether none of these processes runs any more, within five seconds."""
    for _ in range(50):
        running = []
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, 0)
                running.append(pid)
        if not running:
            return True
        time.sleep(0.1)
    return False


def begun(file: Path, count: int) -> list[int]:
    """The numbers of the processes that are at work, once there are so many."""
    for _ in range(300):
        if file.exists() and len(pids := file.read_text().split()) >= count:
            return [int(pid) for pid in pids]
        time.sleep(0.1)
    raise AssertionError("no worker began")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_the_program(end: signal.Signals, tmp_path: Path) -> None:
    """Not in the midst of a shard either, and the end is prompt."""
    code = (
        "import sys; from test_parallel import *\n"
        "list(processes(2).encode_passages([f'sleep {sys.argv[1]}'] * 200))"
    )
    program = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "pids")],
        cwd=HERE,
        env=os.environ | {"PYTHONPATH": str(HERE.parent)},
        stderr=subprocess.DEVNULL,
    )
    pids = begun(tmp_path / "pids", 2)
    program.send_signal(end)
    assert program.wait(5) != 0
    assert gone(pids)


def test_who_leaves_half_way_leaves_no_worker(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    texts = [*TEXTS[:SHARD], *[f"sleep {pids}"] * (3 * SHARD)]
    encodings = processes(2).encode_passages(texts)
    assert data([next(encodings)]) == expected(TEXTS[:1])
    running = begun(pids, 2)
    encodings.close()
    assert gone(running)


# The command


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """The program without a model, whose workers do what the documents tell them."""
    monkeypatch.setattr("qa.bot.open_encoder", lambda *_: HashingEncoder())
    monkeypatch.setattr("embeddings.processes.command", lambda *_: FAULTY)


def content(index: Path) -> dict[str, bytes]:
    return {str(p.relative_to(index)): p.read_bytes() for p in index.rglob("*") if p.is_file()}


def parts(index: Path) -> dict[str, bytes]:
    """The files of an index, but for the manifest, which has a random name in it."""
    return {name.partition("/")[2]: file for name, file in content(index).items() if "/" in name}


@pytest.mark.parametrize("how", [["--workers", "1"], ["--workers", "3"], ["--ray", "local"]])
def test_an_index_is_the_same_file_by_file(
    how: list[str], prepared: Path, shared_cache: Path, tmp_path: Path
) -> None:
    """With the real model, on the documents that ship."""
    indexes = tmp_path / "here", tmp_path / "there"
    for index, options in zip(indexes, ([], how), strict=True):
        done = subprocess.run(
            [sys.executable, "-m", "qa", "index", "--index", str(index), *options],
            cwd=HERE.parent,
            env=os.environ | {"QA_CACHE": str(shared_cache)},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
    here, there = map(parts, indexes)
    assert len(here) == 11
    assert here == there


def test_a_build_that_fails_leaves_the_index_as_it_was(
    faulty: None, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = ["index", "-d", str(folder), "--index", str(tmp_path / "index"), "--workers", "2"]
    (folder / "long.txt").write_text("\n\n".join(f"{text} is where it began." for text in TEXTS))
    assert run(index) == 0
    before = content(tmp_path / "index")
    (folder / "more.txt").write_text(
        "\n\n".join(f"{text} was all." for text in at(40, "die at once"))
    )
    assert run(index) == 2
    error = capsys.readouterr().err
    assert "cannot be embedded: 3 workers were lost" in error
    assert "killed by signal 9" in error
    assert content(tmp_path / "index") == before


def test_the_bar_goes_on_with_workers() -> None:
    """Encodings come while later shards still wait."""
    encodings = processes(1).encode_passages([*TEXTS, "raise"])
    assert data([next(encodings) for _ in TEXTS[: 5 * SHARD]]) == expected(TEXTS[: 5 * SHARD])
    with pytest.raises(EmbeddingsError):
        next(encodings)


@pytest.mark.parametrize("number", ["0", "-1", "two", "1.5"])
def test_a_number_of_workers_that_is_none_is_refused(
    number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["index", "--workers", number]) == 2
    assert f"--workers is {number!r}; it must be a whole number, 1 or more" in (
        capsys.readouterr().err
    )


def test_without_ray_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(EmbeddingsError, match=r'needs Ray.* pip install "qa\[ray\]"'):
        Cluster(opened, "hashing", HashingEncoder.digest, "auto")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1"])
def test_where_no_cluster_answers_a_sentence_says_so(address: str) -> None:
    """At once: Ray itself would try for minutes."""
    began = time.monotonic()
    with pytest.raises(EmbeddingsError, match=r"^no Ray cluster can be joined at .*: ray start"):
        Cluster(opened, "hashing", HashingEncoder.digest, address)
    assert time.monotonic() - began < 5


@pytest.mark.cluster
def test_a_machine_without_the_program_is_told_of(ray: None) -> None:
    """A module of this test's own that no worker can import stands for it."""
    import types

    module = types.ModuleType("nowhere")
    exec("def opened(name): return None", module.__dict__)
    sys.modules["nowhere"] = module
    local = HashingEncoder()
    encoder = ParallelEncoder(
        local, lambda: Cluster(module.opened, "hashing", local.digest, "auto", 2)
    )
    with pytest.raises(EmbeddingsError, match=r"No module named 'nowhere'.*\"qa\[ray\]\" on every"):
        list(encoder.encode_passages(TEXTS))
