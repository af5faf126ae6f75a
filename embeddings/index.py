"""Nearest vectors by cosine, over FAISS. The only file that knows about FAISS.

Few vectors are all compared with a query. Many are sorted into cells around centres that are
learned from them, and only the cells nearest to a query are read. An index is made of its vectors
alone, whatever was indexed before: the same vectors make the same file.
"""

import hashlib
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from embeddings.errors import IndexFileError

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

EXACT = 20_000  # vectors that are all compared; with more it takes over 3 ms on one core
RECALL, RECALL_AT = 0.98, 50  # of the nearest 50, as many must be found in the cells that are read
_CELLS = 2  # times the root of the number of vectors
_SAMPLE = 64  # vectors a cell that its centre is learned from
_ASKED = 256  # vectors that stand for questions when the recall is measured

_ROUNDING = 1e-6  # what float32 leaves of a length of 1, over some hundred dimensions
_POSSIBLE = 1.01  # a cosine above it is that of a damaged vector

_FLAT, _IVF = b"IxFI", b"IwSq"  # FAISS's marks of what all is compared in, and of cells
_HEADER = struct.Struct("<4siq17xiq")  # mark, dimensions, vectors, …, metric (0), a size
_DIGEST = hashlib.sha256().digest_size


@dataclass(frozen=True, slots=True)
class IndexKind:
    """How vectors are searched: `flat`, all of them, or `ivf`, those of some cells.

    `recall` is the share of the 50 nearest that is found, measured when it was built; None where
    it was not built but loaded.
    """

    name: Literal["flat", "ivf"] = "flat"
    cells: int = 0
    probes: int = 0  # cells that are read for a query
    recall: float | None = 1.0


class VectorIndex:
    """Search by cosine: the row is the position in which a vector was given."""

    def __init__(self, index: Any, kind: IndexKind, mapped: Any = None) -> None:
        self._index = index
        self._mapped = mapped  # what FAISS reads in must live as long as its index
        self.kind = kind

    @classmethod
    def build(cls, vectors: Vectors) -> "VectorIndex":
        """Index the rows of `vectors`, (n, dim) float32, of any length; n may be 0.

        More than `EXACT` are kept as float16.
        """
        import faiss

        vectors = unit(vectors)
        if len(vectors) > EXACT:
            index = _in_cells(vectors)
            index.nprobe, recall = _probes(index, vectors)
            return cls(index, IndexKind("ivf", index.nlist, index.nprobe, recall))
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        return cls(index, IndexKind())

    @classmethod
    def load(cls, path: Path) -> "VectorIndex":
        """Open a saved index. Its vectors are mapped, and read when they are asked for.

        Raises:
            IndexFileError: the file is missing, damaged or not an index of this kind; what is
                damaged among the vectors in cells is not seen.
        """
        import faiss

        try:
            mapped = np.memmap(path, np.uint8, "r")
            kind = _check(path, mapped)
            index = faiss.read_index(faiss.ZeroCopyIOReader(faiss.swig_ptr(mapped), mapped.nbytes))
        except (OSError, RuntimeError, ValueError) as error:  # a ValueError: the file is empty
            raise IndexFileError(f"{path} is not a readable vector index") from error
        if kind == _FLAT:
            return cls(index, IndexKind(), mapped)
        return cls(index, IndexKind("ivf", index.nlist, index.nprobe, None), mapped)

    def save(self, path: Path) -> None:
        """Write the index to `path`.

        Raises:
            OSError: it cannot be written, or not in full.
        """
        import faiss

        with path.open("w+b") as file:
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(file.write))
            if self.kind.name == "ivf":
                before = file.tell() - _in_lists(len(self), self.dim)
                file.seek(0)
                digest = hashlib.sha256(file.read(before)).digest()
                file.seek(0, 2)
                file.write(digest)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dim(self) -> int:
        return int(self._index.d)

    def vector(self, row: int) -> Vectors:
        """One vector, (dim,) float32 of unit length."""
        vector: Vectors = self._index.reconstruct(row)
        return vector

    def vectors(self, start: int, count: int) -> Vectors:
        """The vectors of `count` rows from `start` on, (count, dim) float32 of unit length."""
        vectors: Vectors = self._index.reconstruct_batch(np.arange(start, start + count))
        return vectors

    def search(self, query: Vectors, top_k: int, among: Rows | None = None) -> tuple[Rows, Vectors]:
        """The `top_k` rows nearest to one query, (dim,) of any length, and their cosines.

        Both are (min(top_k, n),), best first; equal cosines stand in row order. With `among`,
        (m,) int64, only those rows are searched, and all of them. Else an index in cells may miss
        a row, though never all copies but one of the same vector.
        """
        count, select = self._selection(among)
        top_k = min(top_k, count)
        if top_k <= 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        everywhere = among is not None
        width = min(top_k + 1, count)
        scores, rows = self._nearest(query, width, select, everywhere)
        if rows[top_k - 1] < 0:  # the cells that are read hold too few
            everywhere = True
            scores, rows = self._nearest(query, width, select, everywhere)
        while width < count and scores[-1] == scores[top_k - 1]:  # FAISS cuts ties as it likes
            width = min(2 * width, count)
            scores, rows = self._nearest(query, width, select, everywhere)
        order = np.lexsort((rows, -scores))[:top_k]
        real = (rows >= 0) & (rows < len(self)) & (np.abs(scores) < _POSSIBLE)  # FAISS pads with -1
        order = order[real[order]]
        return rows[order], scores[order]

    def neighbours(self, queries: Vectors, top_k: int) -> tuple[Rows, Vectors]:
        """The rows nearest to each of many queries, (m, dim) of any length, and their cosines.

        Both are (m, min(top_k, n)), best first; n must not be 0. Memory grows with m, not with m
        times n.
        """
        scores, rows = self._index.search(unit(queries), min(top_k, len(self)))
        return rows, scores

    def _selection(self, among: Rows | None) -> tuple[int, Any]:
        """How many rows are searched, and FAISS's selector of them."""
        import faiss

        if among is None:
            return len(self), None
        wanted = np.zeros(len(self), bool)
        wanted[among[(among >= 0) & (among < len(self))]] = True
        return int(wanted.sum()), faiss.IDSelectorBitmap(np.packbits(wanted, bitorder="little"))

    def _nearest(
        self, query: Vectors, width: int, select: Any, everywhere: bool
    ) -> tuple[Vectors, Rows]:
        import faiss

        if self.kind.name == "flat":
            how = faiss.SearchParameters(sel=select)
        else:
            probes = self.kind.cells if everywhere else self.kind.probes
            how = faiss.SearchParametersIVF(sel=select, nprobe=probes)
        scores, rows = self._index.search(unit(query[np.newaxis, :]), width, params=how)
        return scores[0], rows[0]


def _in_cells(vectors: Vectors) -> Any:
    """An index of unit vectors, each in the cell whose centre is nearest."""
    import faiss

    count, dim = vectors.shape
    cells = int(_CELLS * math.sqrt(count))
    # Without residuals: a float16 that is read and indexed again stays what it is, bit for bit.
    values, by_residual = faiss.ScalarQuantizer.QT_fp16, False
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dim), dim, cells, values, faiss.METRIC_INNER_PRODUCT, by_residual
    )
    index.cp.max_points_per_centroid, index.cp.min_points_per_centroid = _SAMPLE, 1
    index.train(vectors)
    index.set_direct_map_type(faiss.DirectMap.Array)  # finds a row without a search
    index.add(vectors)
    return index


def _probes(index: Any, vectors: Vectors) -> tuple[int, float]:
    """How many cells to read for the recall that is wanted, and the recall there is then.

    TODO stand-ins
    """
    import faiss

    chosen = np.random.default_rng(0).choice(len(vectors), 2 * _ASKED, replace=False)
    queries = unit(vectors[chosen[:_ASKED]] + vectors[chosen[_ASKED:]])
    width = min(RECALL_AT, len(vectors))
    _, right = faiss.knn(queries, vectors, width, faiss.METRIC_INNER_PRODUCT)
    probes, recall = 0, 0.0
    while recall < RECALL and probes < index.nlist:
        probes = min(max(probes + 1, probes * 5 // 4), index.nlist)
        how = faiss.SearchParametersIVF(nprobe=probes)
        _, found = index.search(queries, width, params=how)
        pairs = zip(found, right, strict=True)
        recall = float(np.mean([len(np.intersect1d(*pair)) for pair in pairs]) / width)
    return probes, recall


def _check(path: Path, data: npt.NDArray[np.uint8]) -> bytes:
    """Look before FAISS does: it would reserve whatever memory a damaged header asks for.

    Returns the mark. Of an index in cells, everything but what the cells hold has a digest at the
    file's end.
    """
    head = data[: _HEADER.size].tobytes()
    if not head.startswith((_FLAT, _IVF)):
        raise IndexFileError(f"{path} is a vector index of another kind, or none")
    whole = len(head) == _HEADER.size
    mark, dim, count, metric, size = _HEADER.unpack(head) if whole else (_FLAT, 0, 0, 0, 1)
    if mark == _FLAT:
        fits = size == dim * count and len(data) == _HEADER.size + 4 * size
    else:
        before = len(data) - _DIGEST - _in_lists(count, dim)
        fits = _HEADER.size < before < len(data) and (
            hashlib.sha256(data[:before].data).digest() == data[-_DIGEST:].tobytes()
        )
    if not fits or metric != 0:
        raise IndexFileError(f"{path} is damaged: its size and header don't fit")
    return bytes(mark)


def _in_lists(count: int, dim: int) -> int:
    """Bytes that the cells hold, the last part of what FAISS writes: float16s and row numbers."""
    return count * (2 * dim + 8)


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to unit length, (n, dim) float32; rows of zeros stay zeros.

    Rows of unit length stay what they are, bit for bit: an index that is built from the vectors
    of another must not drift away from it.
    """
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    leave = (norms == 0) | (np.abs(norms - 1) < _ROUNDING)
    scaled: Vectors = np.divide(vectors, np.where(leave, 1, norms), dtype=np.float32)
    return np.ascontiguousarray(scaled)
