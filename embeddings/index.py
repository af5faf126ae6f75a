"""Nearest vectors by cosine, over FAISS. The only file that knows about FAISS."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.errors import IndexFileError

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

_ROUNDING = 1e-6  # what float32 leaves of a length of 1, over some hundred dimensions

_KIND = b"IxFI"  # FAISS's mark of a flat index by inner product
_HEADER = struct.Struct("<4siq17xiq")  # mark, dimensions, vectors, …, metric (0), float32 values


class VectorIndex:
    """Exact search by cosine: the row is the position in which a vector was given."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Vectors) -> "VectorIndex":
        """Index the rows of `vectors`, (n, dim) float32, of any length; n may be 0."""
        import faiss

        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(unit(vectors))
        return cls(index)

    @classmethod
    def load(cls, path: Path) -> "VectorIndex":
        """Open a saved index.

        Raises:
            IndexFileError: the file is missing, damaged or not an index of this kind.
        """
        import faiss

        try:
            with path.open("rb") as file:
                _check(path, file.read(_HEADER.size))
                file.seek(0)
                return cls(faiss.read_index(faiss.PyCallbackIOReader(file.read)))
        except (OSError, RuntimeError) as error:
            raise IndexFileError(f"{path} is not a readable vector index") from error

    def save(self, path: Path) -> None:
        """Write the index to `path`.

        Raises:
            OSError: it cannot be written, or not in full.
        """
        import faiss

        with path.open("wb") as file:
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(file.write))

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
        vectors: Vectors = self._index.reconstruct_n(start, count)
        return vectors

    def search(self, query: Vectors, top_k: int, among: Rows | None = None) -> tuple[Rows, Vectors]:
        """The `top_k` rows nearest to one query, (dim,) of any length, and their cosines.

        Both are (min(top_k, n),), best first; equal cosines stand in row order. With `among`,
        (m,) int64, only those rows are searched.
        """
        count = len(self) if among is None else len(among)
        top_k = min(top_k, count)
        if top_k <= 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        width = min(top_k + 1, count)
        scores, rows = self._nearest(query, width, among)
        while width < count and scores[-1] == scores[top_k - 1]:  # FAISS cuts ties as it likes
            width = min(2 * width, count)
            scores, rows = self._nearest(query, width, among)
        order = np.lexsort((rows, -scores))[:top_k]
        order = order[rows[order] >= 0]  # FAISS pads with row -1
        return rows[order], scores[order]

    def neighbours(self, queries: Vectors, top_k: int) -> tuple[Rows, Vectors]:
        """The rows nearest to each of many queries, (m, dim) of any length, and their cosines.

        Both are (m, min(top_k, n)), best first; n must not be 0. Memory grows with m, not with m
        times n.
        """
        scores, rows = self._index.search(unit(queries), min(top_k, len(self)))
        return rows, scores

    def _nearest(self, query: Vectors, width: int, among: Rows | None) -> tuple[Vectors, Rows]:
        scores, rows = self._index.search(unit(query[np.newaxis, :]), width, params=_only(among))
        return scores[0], rows[0]


def _check(path: Path, head: bytes) -> None:
    """Look before FAISS does: it would reserve whatever memory a damaged header asks for."""
    if not head.startswith(_KIND):
        raise IndexFileError(f"{path} is a vector index of another kind, or none")
    whole = len(head) == _HEADER.size
    _, dim, count, metric, values = _HEADER.unpack(head) if whole else (_KIND, 0, 0, 0, 1)
    fits = values == dim * count and path.stat().st_size == _HEADER.size + 4 * values
    if not fits or metric != 0:
        raise IndexFileError(f"{path} is damaged: its size and header don't fit")


def _only(rows: Rows | None) -> Any:
    import faiss

    if rows is None:
        return None
    return faiss.SearchParameters(sel=faiss.IDSelectorBatch(np.ascontiguousarray(rows, np.int64)))


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to unit length, (n, dim) float32; rows of zeros stay zeros.

    Rows of unit length stay what they are, bit for bit: an index that is built from the vectors
    of another must not drift away from it.
    """
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    leave = (norms == 0) | (np.abs(norms - 1) < _ROUNDING)
    scaled: Vectors = np.divide(vectors, np.where(leave, 1, norms), dtype=np.float32)
    return np.ascontiguousarray(scaled)
