"""Where the numbers of passages are: the one protocol that retrieval asks, and the local folder."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from embeddings import NONE, Block, Interaction, VectorIndex, interact
from qa.encoded import Encoded

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]


class Store(Protocol):
    """Vectors and token vectors of passages, by row."""

    def nearest(self, query: Vectors, top_k: int, among: Rows | None) -> tuple[Rows, Vectors]:
        """The rows nearest to a query, (dim,), and their cosines, best first; with `among`, of
        these rows only."""

    def cosines(self, query: Vectors, rows: Sequence[int]) -> list[float]:
        """The cosine of a query, (dim,), with each of these rows."""

    def interact(self, query: Vectors, weights: Vectors, rows: Sequence[int]) -> Interaction:
        """A question's tokens (m, dim), and their (m,) weights, with those of these rows."""


class FolderStore:
    """The store of a local index. `places` (3, n) has of each passage its text's row among what
    is encoded, its title's or NONE, and its section's heading's or NONE."""

    def __init__(self, vectors: VectorIndex, encoded: Encoded, places: Places) -> None:
        self._vectors, self._encoded, self._places = vectors, encoded, places

    def nearest(self, query: Vectors, top_k: int, among: Rows | None) -> tuple[Rows, Vectors]:
        return self._vectors.search(query, top_k, among)

    def cosines(self, query: Vectors, rows: Sequence[int]) -> list[float]:
        return [float(self._vectors.vector(row) @ query) for row in rows]

    def interact(self, query: Vectors, weights: Vectors, rows: Sequence[int]) -> Interaction:
        return interaction(query, weights, self._places[:, rows], self._encoded.tokens.blocks)


def interaction(
    query: Vectors,
    weights: Vectors,
    places: Places,
    blocks: Callable[[Sequence[int]], Iterable[Block]],
) -> Interaction:
    """A question's tokens (m, dim), and their (m,) weights, with those of the passages at
    `places` (3, p); `blocks` gives the texts of rows, each of which is asked for once."""
    rows = [row for row in dict.fromkeys(places.ravel().tolist()) if row != NONE]
    at = {NONE: NONE} | {row: number for number, row in enumerate(rows)}
    own, *above = ([at[row] for row in each] for each in places.tolist())
    return interact(query, weights, blocks(rows), own, above)
