"""TokenStore: what was written comes back, and what was damaged is noticed."""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from embeddings import (
    Bytes,
    IndexFileError,
    TokenStore,
    TokenWriter,
    mend,
    tokens as tokens_module,
    unit,
)
from embeddings.tokens import FILES

DIM = 48
Vectors = npt.NDArray[np.float32]

IDS = [[7, 8, 7], [], [9], [8, 4, 100, 3]]  # of four passages, the second of them empty

CLOSE = 0.005  # what a byte a component leaves of a product of unit vectors


def vectors_of(ids: list[int]) -> Vectors:
    angles = np.outer(np.array(ids, np.float32), np.arange(1, DIM + 1))
    return unit(np.sin(angles).astype(np.float32))


def write(folder: Path, passages: list[list[int]] = IDS) -> TokenStore:
    with TokenWriter(folder, DIM, Bytes(DIM)) as writer:
        for ids in passages:
            writer.append(vectors_of(ids), np.array(ids, np.int32))
    return TokenStore(folder, DIM, Bytes(DIM))


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x01
    path.write_bytes(data)


def test_ids_come_back_exactly_and_vectors_nearly(tmp_path: Path) -> None:
    store = write(tmp_path)
    assert len(store) == len(IDS)
    for row, ids in enumerate(IDS):
        assert store.ids(row).tolist() == ids
        assert store.tokens(row).shape == (len(ids), DIM)
        assert np.abs(store.tokens(row) - vectors_of(ids)).max(initial=0) < CLOSE


@pytest.mark.parametrize("room", [tokens_module.UNPACKED, 0], ids=["small", "large"])
def test_blocks_have_the_tokens_of_passages_and_zeros_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr("embeddings.tokens.UNPACKED", room)
    store = write(tmp_path)
    rows = [3, 0, 1, 3, 2]
    for row, (vectors, own) in zip(rows, store.blocks(rows), strict=True):
        assert own == len(IDS[row])
        assert (vectors.dtype, vectors.shape) == (np.float32, (8, DIM))
        assert np.array_equal(vectors[:own], store.tokens(row))
        assert not vectors[own:].any()
    assert list(store.blocks([])) == []


def test_a_small_store_is_unpacked_once_and_a_large_one_takes_one_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path)
    needed = (8 + 4 * 8) * DIM * 4  # eight tokens, and for each passage what fills up its layout
    monkeypatch.setattr("embeddings.tokens.UNPACKED", needed)
    small = TokenStore(tmp_path, DIM, Bytes(DIM))
    first, second = small.blocks([0, 2])
    assert [block is first for block in small.blocks([0, 3])] == [True, False]
    assert next(small.blocks([2])) is second
    monkeypatch.setattr("embeddings.tokens.UNPACKED", needed - 1)
    large = TokenStore(tmp_path, DIM, Bytes(DIM))
    before, after = large.blocks([0, 2])
    assert np.shares_memory(before.vectors, after.vectors)
    assert not large._laid


def test_a_store_is_read_where_files_have_one_place_for_all_readers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [write(tmp_path).tokens(row) for row in range(4)]
    monkeypatch.delattr(os, "pread")
    store = TokenStore(tmp_path, DIM, Bytes(DIM))
    for row in (3, 0, 2, 1):
        assert np.array_equal(store.tokens(row), expected[row])


def test_a_file_that_is_cut_short_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    store = write(tmp_path)
    os.truncate(tmp_path / FILES[0], 3 * DIM)  # what the first row has
    assert store.tokens(0).shape == (3, DIM)
    with pytest.raises(IndexFileError, match="row 3"):
        store.tokens(3)


def test_vectors_of_other_lengths_and_zeros_come_back(tmp_path: Path) -> None:
    tokens = vectors_of([1, 2, 3]) * np.array([[0], [0.9], [20]], np.float32)
    with TokenWriter(tmp_path, DIM, Bytes(DIM)) as writer:
        writer.append(tokens, np.array([1, 2, 3], np.int32))
    stored = TokenStore(tmp_path, DIM, Bytes(DIM)).tokens(0)
    assert not stored[0].any()
    assert np.allclose(stored[1:], tokens[1:], rtol=0, atol=20 / 127 / 2)


def test_a_copied_passage_is_the_same_to_the_bit(tmp_path: Path) -> None:
    store = write(tmp_path / "old")
    with TokenWriter(tmp_path / "new", DIM, Bytes(DIM)) as writer:
        writer.copy(store, 3, 1)
        writer.copy(store, 0, 3)
        writer.copy(store, 2, 0)
    copied = TokenStore(tmp_path / "new", DIM, Bytes(DIM))
    assert len(copied) == 4
    for new, old in enumerate((3, 0, 1, 2)):
        parts = zip(copied.stored(new), store.stored(old), strict=True)
        assert all(ours.tobytes() == theirs.tobytes() for ours, theirs in parts)


def test_frequencies_count_passages_and_not_occurrences(tmp_path: Path) -> None:
    """The last text stands in three passages, the first in two, the third in none."""
    ids, counts = write(tmp_path).frequencies(np.array([2, 1, 0, 3]))
    assert dict(zip(ids.tolist(), counts.tolist(), strict=True)) == {
        3: 3,
        4: 3,
        7: 2,  # twice in one text
        8: 5,
        100: 3,
    }
    assert ids.tolist() == sorted(ids.tolist())
    assert ids.dtype == counts.dtype == np.int32


def test_the_largest_id_comes_back_and_what_is_larger_is_refused(tmp_path: Path) -> None:
    assert write(tmp_path, [[0, 2**24 - 1]]).ids(0).tolist() == [0, 2**24 - 1]
    for number in (-1, 2**24):
        with pytest.raises(ValueError, match=f"from {number} to"):
            write(tmp_path, [[number]])


def test_frequencies_are_the_same_however_many_rows_are_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, times = write(tmp_path), np.array([2, 1, 1, 3])
    whole = [part.tolist() for part in store.frequencies(times)]
    monkeypatch.setattr(tokens_module, "AT_ONCE", 3)
    assert [part.tolist() for part in store.frequencies(times)] == whole


def test_files_are_closed_with_their_store(tmp_path: Path) -> None:
    store = write(tmp_path)
    files = store._files.values()
    del store
    for file, _width in files:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(file)


@pytest.mark.parametrize("name", FILES)
def test_a_torn_store_is_cut_to_its_whole_passages(tmp_path: Path, name: str) -> None:
    """Whichever file the end of its writer tore; what is left is what was written."""
    whole = write(tmp_path / "whole")
    for size in range((tmp_path / "whole" / name).stat().st_size):
        torn = tmp_path / f"{size}"
        write(torn)
        os.truncate(torn / name, size)
        count = mend(torn, Bytes(DIM), len(IDS))
        store = TokenStore(torn, DIM, Bytes(DIM))
        assert len(store) == count < len(IDS)
        for row in range(count):
            assert (store.tokens(row) == whole.tokens(row)).all()
    assert count == len(IDS) - 1


def test_a_whole_store_stays_whole_or_is_cut_as_asked(tmp_path: Path) -> None:
    write(tmp_path)
    assert mend(tmp_path, Bytes(DIM), 99) == len(IDS)
    assert mend(tmp_path, Bytes(DIM), 2) == 2
    assert TokenStore(tmp_path, DIM, Bytes(DIM)).ids(0).tolist() == IDS[0]


@pytest.mark.parametrize("passages", [[], [[]], [[], []]], ids=["none", "one", "two"])
def test_stores_without_a_token_are_read(tmp_path: Path, passages: list[list[int]]) -> None:
    store = write(tmp_path, passages)
    assert len(store) == len(passages)
    assert [part.size for part in store.frequencies(np.ones(len(passages), int))] == [0, 0]
    rows = range(len(passages))
    assert [each.own for each in store.blocks(rows)] == [0 for _ in rows]


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("values.u1", 3 * DIM + 5),
        ("scales.f2", 3 * 2),
        ("ids.u3", 3 * 3),
        ("checks.u4", 2 * 4),
    ],
)
def test_a_flipped_bit_is_noticed_in_its_own_passage_only(
    tmp_path: Path, name: str, at: int
) -> None:
    """Each `at` lies in the part of passage 2, which is the fourth token."""
    write(tmp_path)
    flip(tmp_path / name, at)
    store = TokenStore(tmp_path, DIM, Bytes(DIM))
    for row in (0, 1, 3):
        assert store.ids(row).tolist() == IDS[row]
    with pytest.raises(IndexFileError, match="row 2"):
        store.tokens(2)
    with pytest.raises(IndexFileError, match="row 2"):
        list(store.blocks([0, 2]))


@pytest.mark.parametrize("at", [8, 15])
def test_a_damaged_start_is_noticed(tmp_path: Path, at: int) -> None:
    write(tmp_path)
    flip(tmp_path / "starts.i8", at)
    with pytest.raises(IndexFileError, match="row 0"):
        TokenStore(tmp_path, DIM, Bytes(DIM)).ids(0)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("left", [0, 5, -1, -8])
def test_a_file_cut_short_is_refused(tmp_path: Path, name: str, left: int) -> None:
    write(tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(IndexFileError, match=str(tmp_path.name)):
        TokenStore(tmp_path, DIM, Bytes(DIM))


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(IndexFileError, match=name):
        TokenStore(tmp_path, DIM, Bytes(DIM))


def test_a_store_of_other_dimensions_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(IndexFileError, match="fit"):
        TokenStore(tmp_path, DIM // 2, Bytes(DIM // 2))


@pytest.mark.parametrize("ids", [[1], [1, 2, 3]])
def test_vectors_and_ids_of_different_numbers_are_refused(tmp_path: Path, ids: list[int]) -> None:
    with (
        TokenWriter(tmp_path, DIM, Bytes(DIM)) as writer,
        pytest.raises(ValueError, match="was expected"),
    ):
        writer.append(vectors_of([1, 2]), np.array(ids, np.int32))


def test_vectors_of_another_dimension_are_refused(tmp_path: Path) -> None:
    """Twice the dimension must not pass for twice the tokens."""
    with (
        TokenWriter(tmp_path, DIM // 2, Bytes(DIM // 2)) as writer,
        pytest.raises(ValueError, match="was expected"),
    ):
        writer.append(vectors_of([1, 2]), np.array([1, 2, 3, 4], np.int32))


def test_a_damaged_passage_is_not_copied(tmp_path: Path) -> None:
    write(tmp_path / "old")
    path = tmp_path / "old" / "values.u1"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    store = TokenStore(tmp_path / "old", DIM, Bytes(DIM))
    with TokenWriter(tmp_path / "new", DIM, Bytes(DIM)) as writer:
        writer.copy(store, 0, 1)
        with pytest.raises(IndexFileError, match="damaged at row 3"):
            writer.copy(store, 1, 3)
