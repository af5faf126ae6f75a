"""`qa doctor`: what is in order, what is not, and the command that cures it."""

import json
import re
import socket
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from embeddings import index
from qa import __main__ as program, doctor, indexing, manifest
from qa.bot import Bot

Output = pytest.CaptureFixture[str]


@pytest.fixture
def examined(
    folder: Path, prepared: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The three documents of conftest with an index by the real model; gives the index."""
    monkeypatch.setenv("QA_CACHE", str(shared_cache))
    index = folder.parent / "index"
    Bot.open(folder, index=index)
    return index


def verdicts(index: Path, capsys: Output, status: int) -> dict[str, dict[str, str]]:
    """The checks by name, from `--json`, whose exit status must be this one."""
    folder = index.parent / "documents"
    assert program.run(["doctor", "-d", str(folder), "--index", str(index), "--json"]) == status
    content = json.loads(capsys.readouterr().out)
    assert content["healthy"] == (status == 0)
    return {check["name"]: check for check in content["checks"]}


def test_all_is_well_with_a_fresh_index(examined: Path, capsys: Output) -> None:
    checks = verdicts(examined, capsys, 0)
    assert {check["verdict"] for check in checks.values()} == {"ok"}
    assert "9 passages of 3 documents, whole" in checks["index"]["said"]
    assert checks["offline"]["said"] == "a question was answered with all connections blocked"


def test_a_flipped_bit_in_the_token_vectors_is_found_with_its_cure(
    examined: Path, capsys: Output
) -> None:
    """Which no opening reads in full."""
    path = examined / manifest.generation(examined) / "tokens" / "values.u1"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    check = verdicts(examined, capsys, 2)["index"]
    assert check["verdict"] == "fail"
    assert "values.u1 is damaged" in check["said"]
    assert check["cure"].startswith("qa index --rebuild -d ")


def test_how_passages_are_searched_is_said(
    examined: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = verdicts(examined, capsys, 0)["search"]["said"]
    assert said == "exact: every passage's vector is compared"
    monkeypatch.setattr(index, "EXACT", 15)  # training needs 16
    words = "stone river bridge window garden letter winter summer".split()
    text = "\n\n".join(f"The {word} is older than all the others here." for word in words)
    (examined.parent / "documents" / "many.txt").write_text(text)
    Bot.open(examined.parent / "documents", index=examined)
    said = verdicts(examined, capsys, 0)["search"]["said"]
    assert re.fullmatch(
        r"approximate: codes of 96 bytes, then 100 vectors are compared; "
        r"(9[89]|100)\.\d% of the nearest passages are found",
        said,
    )


def test_a_changed_folder_and_a_skipped_file_are_warnings(examined: Path, capsys: Output) -> None:
    folder = examined.parent / "documents"
    (folder / "binary.txt").write_bytes(b"\0")
    assert verdicts(examined, capsys, 0)["up to date"]["verdict"] == "warn"
    Bot.open(folder, index=examined)
    checks = verdicts(examined, capsys, 0)
    assert checks["up to date"]["verdict"] == "ok"
    assert checks["skipped files"]["verdict"] == "warn"
    assert "binary.txt" in checks["skipped files"]["said"]


def test_without_an_index_or_a_model_there_are_warnings_and_nothing_is_made(
    folder: Path, cache: Path, capsys: Output
) -> None:
    checks = verdicts(folder.parent / "index", capsys, 0)
    assert [checks[name]["verdict"] for name in ("model", "index", "offline")] == ["warn"] * 3
    assert not (folder.parent / "index").exists()
    assert list(cache.iterdir()) == []


def test_a_damaged_model_is_a_failure(
    folder: Path, prepared: Path, cache: Path, capsys: Output
) -> None:
    copy = cache / "models" / prepared.name
    copy.mkdir(parents=True)
    for path in prepared.iterdir():
        (copy / path.name).symlink_to(path)
    large = max(prepared.iterdir(), key=lambda path: path.stat().st_size)
    (copy / large.name).unlink()
    (copy / large.name).write_bytes(b"\1" + large.read_bytes()[1:])
    check = verdicts(folder.parent / "index", capsys, 2)["model"]
    assert check["verdict"] == "fail"
    assert "remove that folder" in check["cure"]


def test_a_line_says_the_verdict_and_the_next_one_the_cure(
    folder: Path, cache: Path, capsys: Output
) -> None:
    assert program.run(["doctor", "-d", str(folder), "--index", str(folder.parent / "none")]) == 0
    lines = capsys.readouterr().out.splitlines()
    [at] = [number for number, line in enumerate(lines) if line.startswith("warn  index ")]
    assert lines[at + 1].strip().startswith("→ qa index -d ")


def test_a_connection_that_is_tried_is_refused_and_told() -> None:
    with doctor._blocked() as tried, pytest.raises(PermissionError):
        socket.create_connection(("127.0.0.1", 9), timeout=1)
    assert tried
    socket.socket().close()  # afterwards all is as it was


def test_a_program_that_calls_home_fails(
    examined: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = indexing.refresh

    def calls_home(*arguments: object, **more: object) -> object:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", 9), timeout=1)
        return real(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(indexing, "refresh", calls_home)
    check = verdicts(examined, capsys, 2)["offline"]
    assert "tried to use the network (socket." in check["said"]


@pytest.mark.parametrize(("free", "verdict"), [(2**31, "ok"), (2**29, "warn"), (2**20, "fail")])
def test_little_room_is_a_warning_and_none_a_failure(
    cache: Path, monkeypatch: pytest.MonkeyPatch, free: int, verdict: str
) -> None:
    usage = type("Usage", (), {"free": free})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)
    assert doctor._room().verdict == verdict


@pytest.mark.skipif(sys.platform == "win32", reason="rights are others there")
def test_a_cache_that_is_no_folder_is_a_failure_with_its_cure(
    cache: Path,
) -> None:
    cache.write_text("a file")
    check = doctor._cache()
    assert (check.verdict, "QA_CACHE" in check.cure) == ("fail", True)
