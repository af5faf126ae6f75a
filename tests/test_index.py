"""VectorIndex against brute force in NumPy: the same rows and the same scores."""

from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import pytest

from embeddings import IndexFileError, VectorIndex, unit

DIM = 24
Vectors = npt.NDArray[np.float32]


def some_vectors(n: int) -> Vectors:
    """Vectors that a formula gives, of lengths from 0.5 to about 20."""
    angles = np.outer(np.arange(1, n + 1), np.arange(1, DIM + 1))
    lengths = 0.1 + np.arange(n)[:, np.newaxis] % 7
    return (np.sin(angles) * lengths).astype(np.float32)


def brute_force(vectors: Vectors, query: Vectors, rows: list[int], top_k: int) -> list[int]:
    """The nearest rows by cosine, in float64; ties in row order."""
    exact = vectors.astype(np.float64)
    cosines = exact @ query / np.linalg.norm(exact, axis=1) / np.linalg.norm(query)
    return sorted(rows, key=lambda row: (-round(cosines[row], 6), row))[:top_k]


@pytest.mark.parametrize("top_k", [1, 3, 50, 200])
@pytest.mark.parametrize("length", [0.001, 1, 1000])
def test_rows_and_scores_are_those_of_brute_force(top_k: int, length: float) -> None:
    vectors = some_vectors(200)
    query = np.cos(np.arange(DIM)).astype(np.float32) * np.float32(length)
    rows, scores = VectorIndex.build(vectors).search(query, top_k)
    assert rows.tolist() == brute_force(vectors, query, list(range(200)), top_k)
    expected = vectors[rows] @ query / np.linalg.norm(vectors[rows], axis=1) / np.linalg.norm(query)
    assert np.allclose(scores, expected, atol=1e-6)
    assert (rows.dtype, scores.dtype) == (np.int64, np.float32)


def test_a_vector_is_nearest_to_itself_with_a_score_of_one() -> None:
    vectors = some_vectors(50)
    index = VectorIndex.build(vectors)
    for row in range(50):
        rows, scores = index.search(vectors[row] * 3, 1)
        assert rows.tolist() == [row]
        assert scores[0] == pytest.approx(1)


def test_only_the_rows_asked_for_are_searched() -> None:
    vectors = some_vectors(100)
    among = [3, 90, 4, 17, 55]
    rows, _ = VectorIndex.build(vectors).search(vectors[3], 3, np.array(among))
    assert rows.tolist() == brute_force(vectors, vectors[3], among, 3)
    assert rows[0] == 3


def test_a_row_asked_for_twice_or_out_of_range_is_never_padded() -> None:
    """FAISS fills up with row -1 and a score of -3.4e38 where it runs out of rows."""
    vectors = some_vectors(10)
    rows, scores = VectorIndex.build(vectors).search(vectors[0], 4, np.array([5, 5, 5, 99, -1]))
    assert rows.tolist() == [5]
    assert len(scores) == 1


def test_no_rows_among_which_to_search_give_none() -> None:
    rows, scores = VectorIndex.build(some_vectors(5)).search(np.ones(DIM), 3, np.zeros(0, np.int64))
    assert (len(rows), len(scores)) == (0, 0)


def test_equal_scores_stand_in_row_order_also_where_the_ranking_is_cut() -> None:
    """FAISS alone keeps rows 2 and 1 here: it forgets the first rows of a tie first."""
    tied, best = np.ones((8, DIM), np.float32), some_vectors(1)
    index = VectorIndex.build(np.concatenate([tied, best]))
    assert index.search(best[0], 3)[0].tolist() == [8, 0, 1]
    assert index.search(best[0], 9)[0].tolist() == [8, 0, 1, 2, 3, 4, 5, 6, 7]
    assert index.search(best[0], 3, np.array([7, 8, 2, 6]))[0].tolist() == [8, 2, 6]


def test_top_k_beyond_the_number_of_vectors_gives_them_all() -> None:
    rows, scores = VectorIndex.build(some_vectors(4)).search(np.ones(DIM, np.float32), 10)
    assert sorted(rows.tolist()) == [0, 1, 2, 3]
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)


@pytest.mark.parametrize("top_k", [0, -1])
def test_a_top_k_below_one_gives_none(top_k: int) -> None:
    assert len(VectorIndex.build(some_vectors(4)).search(np.ones(DIM, np.float32), top_k)[0]) == 0


def test_an_empty_index_is_built_saved_loaded_and_searched(tmp_path: Path) -> None:
    VectorIndex.build(np.zeros((0, DIM), np.float32)).save(tmp_path / "v.faiss")
    index = VectorIndex.load(tmp_path / "v.faiss")
    assert (len(index), index.dim) == (0, DIM)
    rows, scores = index.search(np.ones(DIM, np.float32), 5)
    assert (rows.shape, rows.dtype, scores.shape, scores.dtype) == ((0,), "i8", (0,), "f4")


def test_a_query_that_is_no_number_finds_nothing() -> None:
    rows, _ = VectorIndex.build(some_vectors(4)).search(np.full(DIM, np.nan, np.float32), 3)
    assert rows.tolist() == []


def test_what_is_loaded_is_what_was_saved(tmp_path: Path) -> None:
    index = VectorIndex.build(some_vectors(30))
    index.save(tmp_path / "v.faiss")
    loaded = VectorIndex.load(tmp_path / "v.faiss")
    assert len(loaded) == 30
    assert all((loaded.vector(row) == index.vector(row)).all() for row in range(30))
    query = some_vectors(31)[30]
    assert loaded.search(query, 9)[0].tolist() == index.search(query, 9)[0].tolist()


def test_vectors_come_back_with_unit_length() -> None:
    vectors = some_vectors(5)
    vector = VectorIndex.build(vectors).vector(3)
    assert np.allclose(vector, vectors[3] / np.linalg.norm(vectors[3]), atol=1e-6)


def test_a_file_whose_path_is_not_utf8_is_saved_and_loaded(tmp_path: Path) -> None:
    path = tmp_path / "índice-\udcff.faiss"
    VectorIndex.build(some_vectors(3)).save(path)
    assert len(VectorIndex.load(path)) == 3


def test_a_full_disk_is_an_os_error() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("only Linux has a device that is always full")
    with pytest.raises(OSError, match="No space left"):
        VectorIndex.build(some_vectors(3)).save(full)


@pytest.mark.parametrize("length", [0, 3, 20, 45, 60, -1])
def test_a_file_cut_short_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "v.faiss"
    VectorIndex.build(some_vectors(3)).save(path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(IndexFileError, match=r"v\.faiss"):
        VectorIndex.load(path)


@pytest.mark.parametrize("bit", [0x01, 0x10, 0x80])
@pytest.mark.parametrize("at", [*range(16), *range(33, 45)])
def test_a_damaged_header_is_refused_before_it_reserves_memory(
    tmp_path: Path, at: int, bit: int
) -> None:
    """All but the fields that FAISS itself no longer reads, 16 to 31, and a flag, 32."""
    path = tmp_path / "v.faiss"
    VectorIndex.build(some_vectors(3)).save(path)
    data = bytearray(path.read_bytes())
    data[at] ^= bit
    path.write_bytes(data)
    with pytest.raises(IndexFileError):
        VectorIndex.load(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.faiss", tmp_path):
        with pytest.raises(IndexFileError, match=path.name):
            VectorIndex.load(path)


@pytest.mark.parametrize("kind", ["Flat", "HNSW8", "SQ8"])
def test_an_index_of_another_kind_is_refused(tmp_path: Path, kind: str) -> None:
    index = faiss.index_factory(DIM, kind, faiss.METRIC_L2)
    index.train(some_vectors(300))
    index.add(some_vectors(300))
    faiss.write_index(index, str(tmp_path / "v.faiss"))
    with pytest.raises(IndexFileError, match="another kind"):
        VectorIndex.load(tmp_path / "v.faiss")


def test_rows_become_unit_length_and_zeros_stay_zeros() -> None:
    scaled = unit(np.array([[3, 4], [0, 0], [0, -2]], np.float32))
    assert np.allclose(scaled, [[0.6, 0.8], [0, 0], [0, -1]])
    assert scaled.dtype == np.float32
    assert unit(np.zeros((0, 5), np.float32)).shape == (0, 5)
