"""Preparing a model: once, aside, in silence, and nothing left behind when it goes wrong."""

import logging
import os
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from embeddings import ModelError, OnnxEncoder, prepare
from embeddings.models import Model, find

MODEL = Model("tiny", "tiny", lambda: None)  # type: ignore[arg-type, return-value]


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders in which a stand-in for the export has worked, for a tenth of a second each."""
    folders: list[Path] = []

    def export(_transformer: Any, target: Path, *_rest: Any) -> None:
        folders.append(target)
        time.sleep(0.1)
        (target / "model.json").write_text("{}")

    monkeypatch.setattr(prepare, "export", export)
    return folders


def test_a_model_is_prepared_once(tmp_path: Path, exported: list[Path]) -> None:
    folder = prepare.prepare(MODEL, tmp_path / "new" / "cache")
    assert prepare.prepare(MODEL, tmp_path / "new" / "cache") == folder
    assert len(exported) == 1
    assert list((tmp_path / "new" / "cache").iterdir()) == [folder]


def test_another_model_and_another_format_are_prepared_apart(
    tmp_path: Path, exported: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {prepare.prepare(MODEL, tmp_path)}
    folders.add(prepare.prepare(Model("tiny", "other weights", MODEL.load), tmp_path))
    monkeypatch.setattr(prepare, "FORMAT", prepare.FORMAT + 1)
    folders.add(prepare.prepare(MODEL, tmp_path))
    assert len(folders) == len(exported) == 3


def test_threads_that_prepare_at_once_do_the_work_once(
    tmp_path: Path, exported: list[Path]
) -> None:
    before = logging.root.manager.disable, warnings.filters[:]
    with ThreadPoolExecutor(8) as pool:
        folders = set(pool.map(lambda _: prepare.prepare(MODEL, tmp_path), range(8)))
    assert len(folders) == len(exported) == 1
    assert (logging.root.manager.disable, warnings.filters[:]) == before


def test_what_is_prepared_is_opened_while_another_model_is_being_prepared(
    tmp_path: Path, exported: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare.prepare(MODEL, tmp_path)
    go = threading.Event()
    slow = Model("slow", "slow", lambda: go.wait(20))  # type: ignore[arg-type, return-value]
    other = threading.Thread(target=prepare.prepare, args=(slow, tmp_path))
    other.start()
    try:
        started = time.monotonic()
        prepare.prepare(MODEL, tmp_path)
        assert time.monotonic() - started < 5
        assert other.is_alive()
    finally:
        go.set()
        other.join()


SLOW = """
import sys, time
from pathlib import Path
from embeddings import prepare
from embeddings.models import Model

def export(_transformer, target, *_rest):
    (target / "model.json").write_text(sys.argv[2])
    open(sys.argv[3], "w").close()
    while len(list(Path(sys.argv[3]).parent.glob("ready-*"))) < 2:
        time.sleep(0.01)

prepare.export = export
print(prepare.prepare(Model("tiny", "tiny", lambda: None), Path(sys.argv[1])))
"""


def test_two_processes_may_prepare_at_once(tmp_path: Path) -> None:
    """Both work, each aside; one of them is faster, and both end up with its folder."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SLOW, tmp_path / "cache", name, tmp_path / f"ready-{name}"],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parent.parent,
            text=True,
        )
        for name in ("a", "b")
    ]
    said = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert said[0] == said[1]
    [folder] = (tmp_path / "cache").iterdir()
    assert str(folder) == said[0].strip()
    assert (folder / "model.json").read_text() in ("a", "b")


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError, ValueError])
def test_an_interrupted_preparation_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def export(_transformer: Any, target: Path, *_rest: Any) -> None:
        (target / "model.onnx").write_bytes(b"half of it")
        raise error

    monkeypatch.setattr(prepare, "export", export)
    before = logging.root.manager.disable, os.environ.get("HF_HUB_DISABLE_PROGRESS_BARS")
    with pytest.raises((error, ModelError)):
        prepare.prepare(MODEL, tmp_path)
    assert list(tmp_path.iterdir()) == []
    after = logging.root.manager.disable, os.environ.get("HF_HUB_DISABLE_PROGRESS_BARS")
    assert after == before


def test_what_a_killed_process_left_is_swept_after_a_day(
    tmp_path: Path, exported: list[Path]
) -> None:
    hour = 60 * 60
    for name, age in [("old.partial", 25 * hour), ("young.partial", 23 * hour), ("old", 99 * hour)]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.onnx").write_bytes(b"")
        os.utime(tmp_path / name, (time.time() - age, time.time() - age))
    folder = prepare.prepare(MODEL, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"young.partial", "old", folder.name}


def test_a_folder_that_lost_its_description_is_prepared_anew(
    tmp_path: Path, exported: list[Path]
) -> None:
    folder = prepare.prepare(MODEL, tmp_path)
    (folder / "model.json").unlink()
    (folder / "rest.bin").write_bytes(b"rest")
    assert prepare.prepare(MODEL, tmp_path) == folder
    assert [path.name for path in folder.iterdir()] == ["model.json"]


@pytest.mark.parametrize("kind", ["a file", "read-only"])
def test_a_cache_that_cannot_be_written_is_one_sentence_with_the_cure(
    tmp_path: Path, exported: list[Path], kind: str
) -> None:
    if kind == "a file":
        (tmp_path / "cache").write_bytes(b"")
    elif os.access("/proc/self", os.F_OK):
        (tmp_path / "cache").symlink_to("/proc/self/fdinfo")  # nobody can write there, nor root
    else:
        pytest.skip("there is no folder here that not even root can write to")
    with pytest.raises(ModelError, match=r"cannot be prepared in .*cache.*QA_CACHE"):
        prepare.prepare(MODEL, tmp_path / "cache")
    assert exported == []


def test_preparing_says_nothing_on_the_terminal(tiny_model: Path, tmp_path: Path) -> None:
    """No bar of a library, no log, no warning; only what `progress` is told."""
    code = (
        "import sys; from pathlib import Path; from embeddings import open_encoder; "
        "open_encoder(sys.argv[1], Path(sys.argv[2]), lambda what, share: print(what, share))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tiny_model, tmp_path],
        capture_output=True,
        cwd=Path(__file__).parent.parent,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "loading the model 0.0",
        "writing its graph 0.4",
        "reducing it to 8 bits 0.8",
        "ready 1.0",
    ]
    [folder] = tmp_path.iterdir()
    assert OnnxEncoder(folder).dim == 16


def test_a_prepared_model_is_opened_without_being_loaded(
    tiny: OnnxEncoder, tiny_model: Path, tiny_cache: Path
) -> None:
    found = find(str(tiny_model))
    broken = Model(found.name, found.identity, lambda: pytest.fail("it was loaded"))
    assert OnnxEncoder(prepare.prepare(broken, tiny_cache)).digest == tiny.digest
