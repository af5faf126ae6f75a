"""Nearest vectors by cosine, over FAISS. The only file that knows about FAISS."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.errors import IndexFileError

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


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
            index = faiss.read_index(str(path))
        except RuntimeError as error:
            raise IndexFileError(f"{path} is not a readable vector index") from error
        if not isinstance(index, faiss.IndexFlat) or index.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise IndexFileError(f"{path} is a vector index of another kind")
        return cls(index)

    def save(self, path: Path) -> None:
        """Write the index to `path`."""
        import faiss

        faiss.write_index(self._index, str(path))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dim(self) -> int:
        return int(self._index.d)

    def vector(self, row: int) -> Vectors:
        """One vector, (dim,) float32 of unit length."""
        vector: Vectors = self._index.reconstruct(row)
        return vector

    def search(
        self, query: Vectors, top_k: int, among: Rows | None = None
    ) -> tuple[Rows, Vectors]:
        """The `top_k` rows nearest to one query, (dim,) of any length, and their cosines.

        Both are (min(top_k, n),), best first; equal cosines stand in row order. With `among`,
        (m,) int64, only those rows are searched.
        """
        top_k = min(top_k, len(self) if among is None else len(among))
        if top_k <= 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        scores, rows = self._index.search(
            unit(query[np.newaxis, :]), top_k, params=_only(among)
        )
        order = np.lexsort((rows[0], -scores[0]))
        return rows[0][order], scores[0][order]


def _only(rows: Rows | None) -> Any:
    import faiss

    if rows is None:
        return None
    return faiss.SearchParameters(sel=faiss.IDSelectorBatch(np.ascontiguousarray(rows, np.int64)))


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to unit length, (n, dim) float32; rows of zeros stay zeros."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = np.divide(vectors, np.where(norms > 0, norms, 1), dtype=np.float32)
    return np.ascontiguousarray(scaled)
