"""The store of a published state: its numbers are in Milvus, where other states lie beside them."""

import json
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from embeddings import Block, Interaction, Packing, block
from qa.milvus import MOST, Milvus
from qa.parts import LostError, joined
from qa.recent import Recent
from qa.states import Keys, Texts, doc_key, unpacked
from qa.store import Places, Rows, Vectors, interaction

UNPACKED = 64 * 2**20  # bytes of memory for the texts that were asked for lately
_FETCHED = 200  # texts in one go, some 20 MB


class Fields(Protocol):
    """What filters ask for, by row."""

    @property
    def doc_ids(self) -> Sequence[str]: ...

    @property
    def languages(self) -> Sequence[str]: ...


class MilvusStore:
    """A `qa.store.Store`. What is missing in Milvus is an error, and no answer."""

    def __init__(
        self,
        store: Milvus,
        passages: Keys,
        texts: Texts,
        places: Places,
        packing: Packing,
        fields: Fields,
    ) -> None:
        """The keys of passages and of texts, and the places of the first among the second."""
        self._store, self._places, self._packing, self._fields = store, places, packing, fields
        self._keys = [key.decode() for key in passages.tolist()]
        self._rows = {key: row for row, key in enumerate(self._keys)}
        self._texts = [(name.decode(), count) for name, count in texts.tolist()]
        self._unpacked: Recent[Block] = Recent(UNPACKED, lambda each: each.vectors.nbytes)

    def nearest(self, query: Vectors, top_k: int, among: Rows | None) -> tuple[Rows, Vectors]:
        """As in the folder, equal cosines stand in row order.

        Raises:
            StoreError: the store fails, or has not all it should.
        """
        allowed = None if among is None else frozenset(among.tolist())
        count = min(top_k, len(self._keys) if allowed is None else len(allowed))
        if count <= 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        unit = query / max(float(np.linalg.norm(query)), 1e-12)
        best = self._best(unit, count, "" if allowed is None else self._where(allowed), allowed)
        return np.array([r for r, _ in best], np.int64), np.array([s for _, s in best], np.float32)

    def _best(
        self, unit: Vectors, count: int, where: str, allowed: frozenset[int] | None
    ) -> list[tuple[int, float]]:
        """Asks for more until there are enough of this state's, and all that are as near."""
        width = min(2 * count, MOST)
        while True:
            hits = self._store.search(unit, width, where)
            rows = ((self._rows[key], score) for key, score in hits if key in self._rows)
            found = [(row, score) for row, score in rows if allowed is None or row in allowed]
            found.sort(key=lambda pair: (-pair[1], pair[0]))
            whole = len(hits) < width or width == MOST
            if len(found) < count and whole:
                raise LostError(self._store)
            if len(found) >= count and (whole or hits[-1][1] < found[count - 1][1]):
                return found[:count]
            width = min(2 * width, MOST)

    def _where(self, allowed: frozenset[int]) -> str:
        """The rows as an expression: of documents and languages, as filters are; else by key."""
        docs, languages = self._fields.doc_ids, self._fields.languages
        within, spoken = {docs[row] for row in allowed}, {languages[row] for row in allowed}
        both = sum(d in within and s in spoken for d, s in zip(docs, languages, strict=True))
        if both != len(allowed):
            return _in("id", (self._keys[row] for row in sorted(allowed)))
        return f"{_in('doc', map(doc_key, sorted(within)))} and {_in('language', sorted(spoken))}"

    def cosines(self, query: Vectors, rows: Sequence[int]) -> list[float]:
        """Raises StoreError where the store fails, or has not all it should."""
        keys = [self._keys[row] for row in rows]
        found = self._store.vectors(dict.fromkeys(keys)) if keys else {}
        if not found.keys() >= set(keys):
            raise LostError(self._store)
        return [float(found[key] @ query) for key in keys]

    def interact(self, query: Vectors, weights: Vectors, rows: Sequence[int]) -> Interaction:
        """Raises StoreError where the store fails, or has not all it should."""
        return interaction(query, weights, self._places[:, rows], self._blocks)

    def _blocks(self, texts: Sequence[int]) -> list[Block]:
        return self._unpacked.get(texts, self._fetched)

    def _fetched(self, texts: Sequence[int]) -> Iterable[Block]:
        for start in range(0, len(texts), _FETCHED):
            wanted = [self._texts[text] for text in texts[start : start + _FETCHED]]
            for data in joined(self._store, wanted):
                try:
                    yield block(unpacked(data, self._packing))
                except ValueError as error:
                    raise LostError(self._store) from error


def _in(field: str, values: Iterable[str]) -> str:
    return f"{field} in {json.dumps(list(values))}"
