"""VectorIndex against brute force in NumPy: the same rows and the same scores.

Of many vectors, an index compares codes first; here, more than 500 are many.
"""

from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import pytest

from embeddings import (
    IndexFileError,
    IndexKind,
    VectorIndex,
    index as index_module,
    neighbours,
    unit,
)

DIM = 24
MANY = 3000
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


def test_the_neighbours_of_many_are_those_of_each() -> None:
    vectors, queries = unit(some_vectors(60)), unit(some_vectors(70)[60:])
    rows, cosines = neighbours(queries, vectors, 4)
    for at, query in enumerate(queries):
        assert rows[at].tolist() == brute_force(vectors, query, list(range(60)), 4)
    assert np.allclose(cosines[0], vectors[rows[0]] @ queries[0], atol=1e-6)
    assert neighbours(queries, vectors[:2], 4)[0].shape == (10, 2)


# Many vectors


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "EXACT", 500)


def clustered(n: int = MANY, seed: int = 0) -> Vectors:
    """Vectors of unit length around 40 centres that lie to one side, as those of texts do."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(40, DIM)) + 2
    vectors = centres[random.integers(0, 40, n)] + random.normal(size=(n, DIM)) / 2
    return unit(vectors.astype(np.float32))


def questions() -> Vectors:
    """Which lie to another side than what they ask for."""
    return unit(clustered(100, seed=1) - np.float32(0.1))


def found(index: VectorIndex, vectors: Vectors, top_k: int = 50) -> float:
    """The share of the nearest that an index finds."""
    right, _ = neighbours(questions(), vectors, top_k)
    pairs = zip(questions(), right, strict=True)
    return float(np.mean([np.isin(index.search(q, top_k)[0], rows).mean() for q, rows in pairs]))


def saved(vectors: Vectors, path: Path) -> VectorIndex:
    VectorIndex.build(vectors).save(path)
    return VectorIndex.load(path)


def test_up_to_the_limit_all_vectors_are_compared(few: None) -> None:
    assert VectorIndex.build(clustered(500)).kind == IndexKind("flat", 0, 0, 1.0)
    assert VectorIndex.build(clustered(501)).kind.name == "pq"


def test_of_many_the_nearest_are_found_and_the_recall_is_told(few: None) -> None:
    index = VectorIndex.build(clustered())
    assert index.kind.code == DIM // 4  # 4 bits for two dimensions
    assert 100 <= index.kind.candidates < MANY  # else nothing is tested here
    assert index.kind.recall is not None
    assert 0.98 <= index.kind.recall <= 1
    assert found(index, clustered()) >= 0.98
    assert found(index, clustered(), top_k=5) >= 0.98


def test_candidates_are_doubled_until_the_recall_is_reached(
    few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_FEWEST", 50)
    monkeypatch.setattr(index_module, "RECALL", 0.0)
    least = VectorIndex.build(clustered()).kind
    monkeypatch.setattr(index_module, "RECALL", 0.98)
    enough = VectorIndex.build(clustered()).kind
    monkeypatch.setattr(index_module, "RECALL", 2.0)
    most = VectorIndex.build(clustered()).kind
    assert least.candidates == 50 < enough.candidates < MANY <= most.candidates
    assert least.recall is not None and enough.recall is not None and most.recall is not None
    assert least.recall < 0.98 <= enough.recall <= most.recall
    assert most.recall > 0.999


def test_the_cosines_of_many_are_those_of_their_vectors(few: None) -> None:
    vectors = clustered()
    query = questions()[0]
    rows, cosines = VectorIndex.build(vectors).search(query, 20)
    assert np.allclose(cosines, vectors[rows] @ query, atol=1e-3)  # they are kept as float16
    assert cosines.tolist() == sorted(cosines.tolist(), reverse=True)


def test_the_same_vectors_make_the_same_file_whatever_the_threads(
    few: None, tmp_path: Path
) -> None:
    threads = faiss.omp_get_max_threads()
    files = []
    try:
        for number in (1, 2, 3, 1):
            faiss.omp_set_num_threads(number)
            VectorIndex.build(clustered()).save(tmp_path / "v.faiss")
            files.append((tmp_path / "v.faiss").read_bytes())
    finally:
        faiss.omp_set_num_threads(threads)
    assert len(set(files)) == 1
    assert len(files[0]) < MANY * (2 * DIM + DIM // 4) + 10_000


def test_an_index_made_of_the_vectors_of_another_is_the_same_file(
    few: None, tmp_path: Path
) -> None:
    first = saved(clustered(), tmp_path / "first")
    halves = np.concatenate([first.vectors(np.arange(1000)), first.vectors(np.arange(1000, MANY))])
    saved(halves, tmp_path / "second")
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_what_is_loaded_of_many_is_what_was_saved(few: None, tmp_path: Path) -> None:
    built = VectorIndex.build(clustered())
    loaded = saved(clustered(), tmp_path / "v.faiss")
    assert (len(loaded), loaded.dim) == (MANY, DIM)
    assert loaded.kind == IndexKind("pq", built.kind.code, built.kind.candidates, None)
    assert (loaded.vector(7) == built.vector(7)).all()
    assert (loaded.vectors(np.array([5, 7]))[1] == loaded.vector(7)).all()
    assert np.allclose(loaded.vectors(np.arange(MANY)), clustered(), atol=1e-3)
    for query in questions():
        for one, other in zip(loaded.search(query, 9), built.search(query, 9), strict=True):
            assert one.tolist() == other.tolist()


def test_the_vectors_of_a_loaded_index_are_mapped(few: None, tmp_path: Path) -> None:
    """What is written to the file afterwards is what is compared."""
    path = tmp_path / "v.faiss"
    loaded = saved(clustered(), path)
    size = 2 * MANY * DIM
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - 32 - 4 - size)
        file.write(bytes(size))
    assert (loaded.vectors(np.arange(MANY)) == 0).all()
    assert loaded.search(questions()[0], 3)[1].tolist() == [0, 0, 0]


@pytest.mark.parametrize("among", [[7], [2999, 5, 5, 17, 3000, -1], list(range(0, MANY, 3))])
def test_a_filter_finds_all_there_is_and_exactly_that(
    few: None, tmp_path: Path, among: list[int]
) -> None:
    vectors = clustered()
    loaded = saved(vectors, tmp_path / "v.faiss")
    stored = loaded.vectors(np.arange(MANY))
    real = sorted({row for row in among if 0 <= row < MANY})
    for query in questions()[:20]:
        rows, cosines = loaded.search(query, 50, np.array(among))
        assert len(rows) == min(50, len(real))
        assert np.allclose(cosines, np.sort(stored[real] @ query)[::-1][:50], atol=1e-6)
        assert np.isin(rows, real).all()


def test_more_than_there_are_of_many_gives_them_all(few: None) -> None:
    rows, _ = VectorIndex.build(clustered(600)).search(questions()[0], 10_000)
    assert sorted(rows.tolist()) == list(range(600))


def test_equal_vectors_among_many_stand_in_row_order(few: None) -> None:
    vectors = clustered()
    vectors[[2900, 40, 1500, 9]] = vectors[2900]
    assert VectorIndex.build(vectors).search(vectors[2900], 3)[0].tolist() == [9, 40, 1500]


def test_many_equal_vectors_do_not_ask_for_more_candidates(few: None) -> None:
    """Which of them is found is the same, and a folder may repeat a passage a thousand times."""
    vectors = np.concatenate([clustered(500), np.repeat(clustered(10, seed=2), 250, axis=0)])
    kind = VectorIndex.build(vectors).kind
    assert kind.candidates < 1000
    assert kind.recall is not None and kind.recall >= 0.98


def test_vectors_of_nothing_and_of_no_number_among_many_do_no_harm(few: None) -> None:
    vectors = clustered()
    vectors[[3, 4]] = 0
    index = VectorIndex.build(vectors)
    assert found(index, vectors) >= 0.98
    assert index.search(np.full(DIM, np.nan, np.float32), 3)[0].tolist() == []


@pytest.mark.parametrize("cut", [0, 3, 20, 40, 45, 2000, -40, -33, -1])
def test_a_file_of_many_that_is_cut_or_longer_is_refused(
    few: None, tmp_path: Path, cut: int
) -> None:
    path = tmp_path / "v.faiss"
    saved(clustered(600), path)
    data = path.read_bytes()
    for damaged in (data[:cut], data + bytes(8), data + data[-36:]):
        path.write_bytes(damaged)
        with pytest.raises(IndexFileError, match=r"v\.faiss"):
            VectorIndex.load(path)


def test_a_bit_flipped_outside_the_vectors_is_refused(few: None, tmp_path: Path) -> None:
    path = tmp_path / "v.faiss"
    saved(clustered(600), path)
    data = path.read_bytes()
    start = len(data) - 36 - 2 * 600 * DIM
    places = [*range(120), *range(120, start, 97), start - 1, *range(len(data) - 36, len(data))]
    for at in places:
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :])
        with pytest.raises(IndexFileError):
            VectorIndex.load(path)


def test_damaged_vectors_find_no_row_that_is_not_there_and_no_cosine_above_one(
    few: None, tmp_path: Path
) -> None:
    path = tmp_path / "v.faiss"
    saved(clustered(600), path)
    data = path.read_bytes()
    size, random = 2 * 600 * DIM, np.random.default_rng(3)
    start = len(data) - 36 - size
    path.write_bytes(data[:start] + random.bytes(size) + data[start + size :])
    index = VectorIndex.load(path)
    for query in questions():
        rows, cosines = index.search(query, 50)
        assert ((rows >= 0) & (rows < 600)).all()
        assert (np.abs(cosines) < 1.01).all()


def test_neighbours_of_few_are_found_in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads of FAISS would wait for one another longer than they work."""
    compare, seen, count = faiss.knn, [], faiss.omp_get_max_threads()

    def watched(*given: object) -> object:
        seen.append(faiss.omp_get_max_threads())
        return compare(*given)

    monkeypatch.setattr(faiss, "knn", watched)
    vectors = np.eye(4, dtype=np.float32)
    try:
        faiss.omp_set_num_threads(3)
        neighbours(vectors, vectors, 2)
        monkeypatch.setattr("embeddings.index._FEW", 15)  # 4 by 4 are more
        neighbours(vectors, vectors, 2)
        assert (seen, faiss.omp_get_max_threads()) == ([1, 3], 3)
    finally:
        faiss.omp_set_num_threads(count)
