"""Where the numbers of passages are: the one protocol that retrieval asks, and the local folder."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from embeddings import TokenStore, VectorIndex

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Ids = npt.NDArray[np.int32]


class Store(Protocol):
    """Vectors and token vectors of passages, by row."""

    def nearest(self, query: Vectors, top_k: int, among: Rows | None) -> tuple[Rows, Vectors]:
        """The rows nearest to a query, (dim,), and their cosines, best first; with `among`, of
        these rows only."""

    def cosines(self, query: Vectors, rows: Sequence[int]) -> list[float]:
        """The cosine of a query, (dim,), with each of these rows."""

    def similarities(self, query: Vectors, rows: Sequence[int]) -> list[tuple[Vectors, Ids]]:
        """The cosines of query tokens (m, dim) with those of each passage, (m, n), and the (n,)
        ids of these."""


class FolderStore:
    """The store of a local index."""

    def __init__(self, vectors: VectorIndex, tokens: TokenStore) -> None:
        self._vectors, self._tokens = vectors, tokens

    def nearest(self, query: Vectors, top_k: int, among: Rows | None) -> tuple[Rows, Vectors]:
        return self._vectors.search(query, top_k, among)

    def cosines(self, query: Vectors, rows: Sequence[int]) -> list[float]:
        return [float(self._vectors.vector(row) @ query) for row in rows]

    def similarities(self, query: Vectors, rows: Sequence[int]) -> list[tuple[Vectors, Ids]]:
        return self._tokens.similarities(query, rows)
