"""Nearest vectors by cosine, over FAISS.

Few vectors are all compared with a query. Of many, short codes are compared, and then the vectors
of the best candidates: product quantization of 4 bits for every two dimensions (fast scan: André,
Kermarrec and Le Scouarnec, VLDB 2015), re-ranked. Nothing is left out by where it lies, as in an
inverted file, since questions lie apart from passages: there, a third of all cells had to be read.

An index is made of its vectors alone, whatever was indexed before: the same make the same file.
"""

import hashlib
import struct
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from embeddings.errors import IndexFileError
from embeddings.threads import one_thread

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

EXACT = 20_000  # vectors that are all compared, in 2 ms on one core
RECALL, RECALL_AT = 0.98, 50  # of the 50 nearest, so many must be found
_FEWEST = 100  # candidates; they are doubled until the recall is reached
_ASKED = 256  # stand for questions when it is measured,
_MIXED = 3  # each of which lies between three vectors

_FEW = 2**26  # pairs, of which one thread compares 2**27 a second or more
_ROUNDING = 1e-6  # what float32 leaves of a length of 1, over some hundred dimensions
_POSSIBLE = 1.01  # a cosine above it is that of a damaged vector

_FLAT, _REFINED = b"IxFI", b"IxRF"  # FAISS's marks of a flat index, and of one that re-ranks
_HEADER = struct.Struct("<4siq17xi")  # mark, dimensions, vectors, …, metric (0 is inner product)
_VALUES = struct.Struct("<q")  # how many a flat index has; they follow, as float32
_FACTOR = 4  # bytes of what FAISS writes after the vectors of an index that re-ranks
_DIGEST = hashlib.sha256().digest_size


@dataclass(frozen=True, slots=True)
class IndexKind:
    """How vectors are searched: `flat`, by comparing all; `pq`, by comparing codes of all.

    `code` is the bytes of a code, and `candidates` how many vectors are then compared. `recall` is
    the share of the 50 nearest that is found, measured when it was built; None if it was loaded.
    """

    name: Literal["flat", "pq"] = "flat"
    code: int = 0
    candidates: int = 0
    recall: float | None = 1.0


class VectorIndex:
    """Search by cosine: the row is the position in which a vector was given."""

    def __init__(self, index: Any, kind: IndexKind, mapped: Any = None) -> None:
        import faiss

        self._index = index
        self._exact = index if kind.name == "flat" else faiss.downcast_index(index.refine_index)
        self._mapped = mapped  # what FAISS reads in must live as long as its index
        self.kind = kind

    @classmethod
    def build(cls, vectors: Vectors) -> "VectorIndex":
        """Index the rows of `vectors`, (n, dim) float32, of any length; n may be 0.

        More than `EXACT` are kept as float16; scaling those to unit length changes none.
        """
        import faiss

        vectors = unit(vectors)
        if len(vectors) > EXACT:
            # Before anything is learned from them: read and indexed again, they make the same file.
            vectors = vectors.astype(np.float16).astype(np.float32)
            index = _coded(vectors)
            candidates, recall = _candidates(index, vectors)
            index.k_factor = candidates / RECALL_AT
            return cls(index, _kind(index, recall))
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        return cls(index, IndexKind())

    @classmethod
    def load(cls, path: Path) -> "VectorIndex":
        """Open a saved index. Vectors are mapped, and read when they are compared.

        Raises:
            IndexFileError: the file is missing, damaged or not an index of this kind. Damage
                among the vectors themselves is not seen.
        """
        import faiss

        try:
            mapped = np.memmap(path, np.uint8, "r")
            mark = _check(path, mapped)
            index = faiss.read_index(faiss.ZeroCopyIOReader(faiss.swig_ptr(mapped), mapped.nbytes))
        except (OSError, RuntimeError, ValueError) as error:  # a ValueError: the file is empty
            raise IndexFileError(f"{path} is not a readable vector index") from error
        return cls(index, IndexKind() if mark == _FLAT else _kind(index, None), mapped)

    def save(self, path: Path) -> None:
        """Write the index to `path`.

        Raises:
            OSError: it cannot be written, or not in full.
        """
        import faiss

        with path.open("w+b") as file:
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(file.write))
            if self.kind.name != "flat":
                size = file.tell()
                file.seek(0)
                start = size - _FACTOR - 2 * len(self) * self.dim
                digest = hashlib.sha256(file.read(start))
                file.seek(size - _FACTOR)
                digest.update(file.read(_FACTOR))
                file.write(digest.digest())

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dim(self) -> int:
        return int(self._index.d)

    def vector(self, row: int) -> Vectors:
        """One vector, (dim,) float32 of unit length."""
        vector: Vectors = self._exact.reconstruct(row)
        return vector

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of these rows, (m,) int64; (m, dim) float32 of unit length."""
        vectors: Vectors = self._exact.reconstruct_batch(rows)
        return vectors

    def search(self, query: Vectors, top_k: int, among: Rows | None = None) -> tuple[Rows, Vectors]:
        """The `top_k` rows nearest to one query, (dim,) of any length, and their cosines.

        Both are (min(top_k, n),), best first; equal cosines stand in row order. With `among`,
        (m,) int64, only those rows are searched, and all of them are compared. Without, an index
        of codes may miss a row, and of many equal ones the first.
        """
        count, selector = self._selection(among)
        top_k = min(top_k, count)
        if top_k <= 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        width = min(top_k + 1, count)
        scores, rows = self._nearest(query, width, selector)
        while width < count and scores[-1] == scores[top_k - 1]:  # FAISS cuts ties as it likes
            width = min(2 * width, count)
            scores, rows = self._nearest(query, width, selector)
        order = np.lexsort((rows, -scores))[:top_k]
        real = (rows >= 0) & (np.abs(scores) < _POSSIBLE)  # FAISS pads with row -1
        order = order[real[order]]
        return rows[order], scores[order]

    def _selection(self, among: Rows | None) -> tuple[int, Any]:
        """How many rows are searched, and FAISS's selector of them if it is not all."""
        import faiss

        if among is None:
            return len(self), None
        wanted = np.zeros(len(self), bool)
        wanted[among[(among >= 0) & (among < len(self))]] = True
        return int(wanted.sum()), faiss.IDSelectorBitmap(np.packbits(wanted, bitorder="little"))

    def _nearest(self, query: Vectors, width: int, selector: Any) -> tuple[Vectors, Rows]:
        import faiss

        queries = unit(query[np.newaxis, :])
        if selector is not None:
            only = faiss.SearchParameters(sel=selector)
            scores, rows = self._exact.search(queries, width, params=only)
        elif self.kind.name == "flat":
            scores, rows = self._index.search(queries, width)
        else:
            scores, rows = self._index.search(queries, width, params=_comparing(self.kind, width))
        return scores[0], rows[0]


def neighbours(queries: Vectors, vectors: Vectors, top_k: int) -> tuple[Rows, Vectors]:
    """The rows of `vectors`, (n, dim), nearest to each of many `queries`, (m, dim); exact.

    Both are of unit length. Gives rows and cosines, (m, min(top_k, n)), best first; n must not be
    0. Memory grows with m, not with m times n.
    """
    import faiss

    top_k = min(top_k, len(vectors))
    with one_thread() if len(queries) * len(vectors) <= _FEW else nullcontext():
        scores, rows = faiss.knn(queries, vectors, top_k, faiss.METRIC_INNER_PRODUCT)
    return rows, scores


def _coded(vectors: Vectors) -> Any:
    """An index of unit vectors that compares codes first; it is trained on a sample of them."""
    import faiss

    dim = vectors.shape[1]
    parts = dim // 2 if dim % 2 == 0 else dim
    codes = faiss.IndexPQFastScan(dim, parts, 4, faiss.METRIC_INNER_PRODUCT)
    halves = faiss.IndexScalarQuantizer(
        dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    codes.pq.cp.min_points_per_centroid = 1  # with fewer it would write to the terminal
    codes.train(vectors)
    index = faiss.IndexRefine(codes, halves)
    index.add(vectors)
    return index


def _candidates(index: Any, vectors: Vectors) -> tuple[int, float]:
    """How many vectors to compare for the recall that is wanted, and the recall there is then.

    What lies between passages that have nothing to do with one another stands for a question:
    measured, its nearest are harder to find than those of questions that people asked, while
    passages find one another too easily.
    """
    import faiss

    drawn = np.random.default_rng(0).choice(len(vectors), (_MIXED, _ASKED))
    queries = unit(vectors[drawn].sum(axis=0))
    width = min(RECALL_AT, len(vectors))
    right, _ = faiss.knn(queries, vectors, width, faiss.METRIC_INNER_PRODUCT)
    as_near = right[:, -1:] - _ROUNDING  # of equal vectors, it is the same which are found
    candidates = _FEWEST
    while True:
        kind = IndexKind("pq", candidates=candidates)
        found, _ = index.search(queries, width, params=_comparing(kind, width))
        recall = float((found >= as_near).mean())
        if recall >= RECALL or candidates >= len(vectors):
            return candidates, recall
        candidates *= 2


def _comparing(kind: IndexKind, width: int) -> Any:
    """What tells FAISS how many vectors to compare when it is asked for `width` of them."""
    import faiss

    return faiss.IndexRefineSearchParameters(k_factor=max(kind.candidates / width, 1))


def _kind(index: Any, recall: float | None) -> IndexKind:
    """That of an index of codes."""
    import faiss

    code = faiss.downcast_index(index.base_index).code_size
    return IndexKind("pq", code, round(index.k_factor * RECALL_AT), recall)


def _check(path: Path, data: npt.NDArray[np.uint8]) -> bytes:
    """Look before FAISS does: it would reserve whatever memory a damaged header asks for.

    Gives the mark. Of an index of codes, everything but the vectors has a digest at the file's end.
    """
    head = data[: _HEADER.size + _VALUES.size].tobytes()
    if not head.startswith((_FLAT, _REFINED)):
        raise IndexFileError(f"{path} is a vector index of another kind, or none")
    fits = False
    if len(head) == _HEADER.size + _VALUES.size:
        mark, dim, count, metric = _HEADER.unpack_from(head)
        if mark == _FLAT:
            (values,) = _VALUES.unpack_from(head, _HEADER.size)
            fits = values == dim * count and len(data) == len(head) + 4 * values
        else:
            factor = len(data) - _DIGEST - _FACTOR
            start = factor - 2 * dim * count
            if len(head) <= start <= factor:
                digest = hashlib.sha256(data[:start].data)
                digest.update(data[factor:-_DIGEST].data)
                fits = digest.digest() == data[-_DIGEST:].tobytes()
        fits = fits and metric == 0
    if not fits:
        raise IndexFileError(f"{path} is damaged: its size and header don't fit")
    return head[: len(_FLAT)]


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to unit length, (n, dim) float32; rows of zeros stay zeros.

    Rows of unit length stay what they are, bit for bit: an index that is built from the vectors
    of another must not drift away from it. Where all are so, they are not copied.
    """
    norms = np.sqrt(np.einsum("...i,...i->...", vectors, vectors))[..., np.newaxis]
    leave = (norms == 0) | (np.abs(norms - 1) < _ROUNDING)
    if leave.all():
        return np.ascontiguousarray(vectors, np.float32)
    scaled: Vectors = np.divide(vectors, np.where(leave, 1, norms), dtype=np.float32)
    return np.ascontiguousarray(scaled)
