"""A library that is read from a store, and the bot that answers from it without any folder."""

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings import Encoder, IndexFileError, open_encoder
from qa import manifest
from qa.bot import Bot, Progress, cache
from qa.catalogue import Catalogue
from qa.errors import LibraryError, StoreError, UsageError
from qa.library import CATALOGUE, FREQUENCIES, Library, frequencies
from qa.manifest import Manifest
from qa.milvus import MOST, Milvus, connect
from qa.publishing import (
    FILES,
    KEYS,
    Head,
    doc_key,
    fetched,
    incomplete,
    joined,
    read_head,
    read_keys,
    unpacked,
)

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Ids = npt.NDArray[np.int32]
Packed = bytes
_KNOWN = 500  # passages whose tokens are kept, some 20 MB


class MilvusStore:
    """The numbers of one published state, by row. Vectors of other states may lie beside them."""

    def __init__(self, store: Milvus, library: "RemoteLibrary", keys: npt.NDArray[np.void]) -> None:
        self._store, self._library, self._dim = store, library, library.state.dim
        self._keys = [key.decode() for key in keys["key"]]
        self._parts = keys["parts"].tolist()
        self._rows = {key: row for row, key in enumerate(self._keys)}
        self._known: dict[int, Packed] = {}

    def nearest(self, query: Vectors, top_k: int, among: Rows | None) -> tuple[Rows, Vectors]:
        allowed = None if among is None else frozenset(among.tolist())
        count = min(top_k, len(self._keys) if allowed is None else len(allowed))
        if count <= 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        unit = query / max(float(np.linalg.norm(query)), 1e-12)
        where, width = "" if allowed is None else self._where(allowed), min(2 * count, MOST)
        while True:
            hits = self._store.search(unit, width, where)
            found = {self._rows[k]: score for k, score in hits if k in self._rows}
            if allowed is not None:
                found = {row: score for row, score in found.items() if row in allowed}
            if len(found) >= count:
                break
            if len(hits) < width or width >= MOST:
                raise incomplete(self._store)
            width = min(2 * width, MOST)
        best = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:count]
        return np.array([r for r, _ in best], np.int64), np.array([s for _, s in best], np.float32)

    def _where(self, allowed: frozenset[int]) -> str:
        """The rows as an expression: of documents and languages, as filters are; else by key."""
        docs, languages = self._library.doc_ids, self._library.languages
        within, spoken = {docs[row] for row in allowed}, {languages[row] for row in allowed}
        both = sum(d in within and s in spoken for d, s in zip(docs, languages, strict=True))
        if both != len(allowed):
            return _in("id", (self._keys[row] for row in sorted(allowed)))
        return f"{_in('doc', map(doc_key, sorted(within)))} and {_in('language', sorted(spoken))}"

    def cosines(self, query: Vectors, rows: Sequence[int]) -> list[float]:
        keys = [self._keys[row] for row in rows]
        found = self._store.vectors(keys) if keys else {}
        if not found.keys() >= set(keys):
            raise incomplete(self._store)
        return [float(found[key] @ query) for key in keys]

    def similarities(self, query: Vectors, rows: Sequence[int]) -> list[tuple[Vectors, Ids]]:
        if not rows:
            return []
        try:
            parts = [unpacked(data, self._dim) for data in self._tokens(rows)]
        except ValueError as error:
            raise incomplete(self._store) from error
        values = np.concatenate([part[0] for part in parts]).astype(np.float32)
        scales = np.concatenate([part[1] for part in parts]).astype(np.float32)
        cosines = query @ values.T * scales
        ends = np.cumsum([len(part[2]) for part in parts])[:-1]
        ids = (part[2] for part in parts)
        return list(zip(np.split(cosines, ends, axis=1), ids, strict=True))

    def _tokens(self, rows: Sequence[int]) -> list[Packed]:
        known = self._known
        found = {row: known[row] for row in rows if row in known}
        missing = [row for row in rows if row not in found]
        wanted = [(self._keys[row], self._parts[row]) for row in missing]
        fresh = dict(zip(missing, joined(self._store, wanted), strict=True)) if missing else {}
        self._known = fresh if len(known) + len(fresh) > _KNOWN else known | fresh
        found |= fresh
        return [found[row] for row in rows]


def _in(field: str, values: Iterable[str]) -> str:
    return f"{field} in {json.dumps(list(values))}"


class RemoteLibrary(Library):
    """A published state. Its words lie in a folder of the cache, fetched once a state."""

    def __init__(self, folder: Path, state: Manifest, store: Milvus) -> None:
        self.index, self.state = folder, state
        self._cure = "remove that folder: it is fetched anew"
        self.catalogue = Catalogue(folder / CATALOGUE, self._cure)
        self._frequencies = frequencies(folder / FREQUENCIES)
        keys = read_keys(folder / KEYS)
        if len(keys) != self.catalogue.passage_count:
            raise incomplete(store)
        self.store = MilvusStore(store, self, keys)


class RemoteBot(Bot):
    """A bot over what was published to a store."""

    def __init__(self, store: Milvus, encoder: Encoder, copies: Path) -> None:
        """`copies` is the folder for the words of the published states."""
        self._store, self._copies = store, copies
        super().__init__(copies, copies, encoder, model_name=encoder.name)

    @classmethod
    def connected(
        cls, address: str, model: str | None = None, progress: Progress | None = None
    ) -> "RemoteBot":
        """Open what was published at an address, with the model it was made with.

        Raises:
            StoreError: nobody answers there, or nothing is there yet.
            UsageError: it is no address, or another model was used.
        """
        store = connect(address)
        encoder = open_encoder(model, cache() / "models", progress)
        place = hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return cls(store, encoder, cache() / "stores" / place)

    def _refresh(self, **_options: object) -> Library:
        """The state that is published now; the one at hand where it still is."""
        head = read_head(self._store)
        if head is None:
            raise StoreError(
                f"{self._store.name} holds nothing yet; publish a folder: "
                "qa index --documents FOLDER --store …"
            )
        if head.model != self._encoder.digest:
            raise UsageError(
                f"{self._store.name} was made with the model {head.model_name}, not with "
                f"{self._model_name}; name that one with --model"
            )
        opened: Library | None = getattr(self, "_library", None)
        if opened is None or opened.state.generation != head.generation:
            opened = self._opened(head)
        self._looked = time.monotonic()
        return opened

    def _opened(self, head: Head) -> Library:
        folder = self._copies / head.generation
        try:
            if not folder.is_dir():
                _copy(self._store, head, folder)
            state = manifest.read(folder, f"remove {folder}: it is fetched anew")
            if state is None or state.generation != head.generation:
                raise LibraryError(f"{folder} is damaged; remove it: it is fetched anew")
            return RemoteLibrary(folder, state, self._store)
        except (OSError, ValueError, IndexFileError) as error:
            raise LibraryError(f"{folder} cannot be used ({error}); remove it") from error


def _copy(store: Milvus, head: Head, folder: Path) -> None:
    """Fetch the words of a state: aside, checked, then in one step where they belong."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="partial-") as place:
        aside = Path(place) / head.generation
        aside.mkdir()
        for name in FILES:
            (aside / name).write_bytes(fetched(store, head, name))
        if not store.keys().issuperset(key.decode() for key in read_keys(aside / KEYS)["key"]):
            raise incomplete(store)
        try:
            aside.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another reader was faster
                raise
    for other in folder.parent.iterdir():
        if manifest.is_generation(other.name) and other != folder:
            shutil.rmtree(other, ignore_errors=True)
