"""The manifest of an index: written in one step, read with suspicion."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from embeddings import IndexKind
from qa import manifest
from qa.errors import LibraryError
from qa.manifest import Manifest, Skipped, Source

CURE = "the cure"
GENERATION = "0123456789abcdef"
STATE = Manifest(
    model="m" * 16,
    model_name="a model",
    dim=4,
    folder="/docs",
    generation=GENERATION,
    documents={"a": Source("a.txt", "f" * 64, (1, 2, 3))},
    skipped={"b.txt": Skipped("no text", (4, 5, 6))},
    files={"passages.sqlite": (7, "0" * 64), "tokens/ids.u3": (8, "")},
    vectors=IndexKind("pq", 96, 800, 0.987),
)


def changed(index: Path, **values: Any) -> None:
    path = index / manifest.NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.fixture
def index(tmp_path: Path) -> Path:
    manifest.write(tmp_path, STATE)
    (tmp_path / manifest.LOCK).touch()
    return tmp_path


def test_what_is_written_is_read(index: Path) -> None:
    assert manifest.read(index, CURE) == STATE
    assert [path.name for path in index.iterdir() if path.suffix == ".partial"] == []


def test_a_file_name_that_is_no_text_survives(index: Path) -> None:
    odd = Manifest("m", "n", 4, "/caf\udce9", GENERATION, {"\udce9": STATE.documents["a"]})
    manifest.write(index, odd)
    assert manifest.read(index, CURE) == odd


def test_everyone_who_may_read_the_folder_may_read_its_manifest(index: Path) -> None:
    plain = index / "plain"
    plain.touch()
    assert (index / manifest.NAME).stat().st_mode == plain.stat().st_mode


def test_where_no_index_is_there_is_no_manifest(tmp_path: Path) -> None:
    assert manifest.read(tmp_path, CURE) is None
    assert manifest.read(tmp_path / "nowhere", CURE) is None


@pytest.mark.parametrize("text", ["", "{", '{"program": "qa"', "\0", "[" * 100_000, "\xff"])
def test_a_manifest_that_is_no_json_is_damaged(index: Path, text: str) -> None:
    (index / manifest.NAME).write_bytes(text.encode("latin-1"))
    with pytest.raises(LibraryError, match=r"manifest.json is damaged; the cure"):
        manifest.read(index, CURE)


def test_a_damaged_manifest_without_our_lock_is_taken_for_foreign(index: Path) -> None:
    (index / manifest.LOCK).unlink()
    (index / manifest.NAME).write_text("{")
    with pytest.raises(LibraryError, match="not made by this program"):
        manifest.read(index, CURE)


@pytest.mark.parametrize("content", ["[]", "1", "null", '"qa"', "{}", '{"name": "a web page"}'])
def test_the_manifest_of_another_program_is_refused_and_nothing_is_to_be_removed(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / manifest.NAME).write_text(content)
    with pytest.raises(LibraryError, match="name an empty or new folder as --index") as error:
        manifest.read(tmp_path, CURE)
    assert CURE not in str(error.value)
    assert not manifest.is_ours(tmp_path)


def test_a_file_where_the_folder_should_be_is_foreign(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(LibraryError, match="not made by this program"):
        manifest.read(tmp_path / "notes", CURE)


@pytest.mark.parametrize("seen", [manifest.FORMAT - 1, manifest.FORMAT + 1, None, "2"])
def test_another_format_is_refused_with_both_numbers_and_the_cure(index: Path, seen: Any) -> None:
    changed(index, format=seen)
    expected = f"has the index format {seen}, this version reads {manifest.FORMAT}; the cure"
    with pytest.raises(LibraryError, match=expected):
        manifest.read(index, CURE)
    assert manifest.is_ours(index)


@pytest.mark.parametrize(
    "generation", ["../x", "..", "/", "", ".", "abc", GENERATION + "/..", GENERATION.upper(), 7]
)
def test_a_generation_outside_the_index_is_damage(index: Path, generation: Any) -> None:
    changed(index, generation=generation)
    with pytest.raises(LibraryError, match="damaged; the cure"):
        manifest.read(index, CURE)


@pytest.mark.parametrize(
    "values",
    [
        {"dim": "four"},
        {"dim": None},
        {"documents": []},
        {"documents": {"a": 1}},
        {"documents": {"a": {"path": "a.txt", "sha256": "f", "stamp": [1, 2]}}},
        {"skipped": {"b": "reason"}},
        {"files": {"x": [1]}},
        {"files": {"../../secret": [1, ""]}},
        {"files": {"/etc/passwd": [1, ""]}},
        {"vectors": None},
        {"vectors": {"name": "pq", "code": 96, "candidates": 800}},
        {"vectors": {"name": "tree", "code": 96, "candidates": 800, "recall": 0.9}},
        {"vectors": {"name": "pq", "code": "many", "candidates": 800, "recall": 0.9}},
        {"vectors": {"name": "pq", "code": 96, "candidates": -1, "recall": 0.9}},
        {"vectors": {"name": "pq", "code": 96, "candidates": 800, "recall": None}},
        {"vectors": {"name": "pq", "code": 96, "candidates": 800, "recall": 1.1}},
        {"vectors": {"name": "pq", "code": 96, "candidates": 800, "recall": "nan"}},
    ],
)
def test_values_of_the_wrong_kind_are_damage(index: Path, values: dict[str, Any]) -> None:
    changed(index, **values)
    with pytest.raises(LibraryError, match="damaged; the cure"):
        manifest.read(index, CURE)


@pytest.mark.parametrize(
    "key", ["model", "model_name", "dim", "folder", "generation", "files", "vectors"]
)
def test_a_missing_value_is_damage(index: Path, key: str) -> None:
    content = json.loads((index / manifest.NAME).read_text())
    del content[key]
    (index / manifest.NAME).write_text(json.dumps(content))
    with pytest.raises(LibraryError, match="damaged; the cure"):
        manifest.read(index, CURE)


def test_a_failed_writing_leaves_the_earlier_manifest(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(manifest.json, "dumps", fail)
    with pytest.raises(OSError, match="No space"):
        manifest.write(index, Manifest("other", "other", 4, "/", GENERATION))
    assert manifest.read(index, CURE) == STATE


def test_a_stamp_changes_when_a_file_is_written_or_made_readable(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one")
    stamps = [manifest.stamp(path)]
    path.write_text("three")
    stamps.append(manifest.stamp(path))
    assert [size for size, _, _ in stamps] == [3, 5]


def test_a_stamp_is_trusted_once_two_seconds_have_passed() -> None:
    second = 10**9
    seen = (3, 100 * second, 100 * second)
    assert manifest.settled(seen, 101 * second) != seen
    assert manifest.settled(seen, 103 * second) == seen
    assert manifest.settled(seen, 99 * second) == seen  # from the future: a clock was wrong


@pytest.mark.parametrize(
    ("documents", "index", "model", "command"),
    [
        (None, None, None, "qa index --rebuild"),
        (Path("/a b"), None, None, "qa index --rebuild --documents '/a b'"),
        (None, Path("/i"), "m", "qa index --rebuild --index /i --model m"),
    ],
)
def test_the_cure_is_a_command_for_a_shell(
    documents: Path | None, index: Path | None, model: str | None, command: str
) -> None:
    cure = manifest.cure(documents, index, model)
    assert cure == f"to build it anew, run: {command}"
    assert "/a b" in shlex.split(cure) or documents is None


def test_only_sixteen_hexadecimal_digits_name_a_generation() -> None:
    assert manifest.is_generation(GENERATION)
    assert not any(map(manifest.is_generation, ["photos", "2024", "a" * 15, "g" * 16, ""]))
