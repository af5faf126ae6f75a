"""A library that is read from a store, and the bot that answers from it without any folder."""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

from embeddings import NONE, Encoder, IndexFileError, open_encoder
from qa import manifest
from qa.bot import Bot, Progress
from qa.catalogue import Catalogue
from qa.encoded import PLACES, packing_of
from qa.errors import LibraryError, StoreError, UsageError, reason
from qa.folders import cache
from qa.library import CATALOGUE, FREQUENCIES, Library, read_rows
from qa.manifest import Manifest
from qa.milvus import Milvus, connect
from qa.outside import MilvusStore
from qa.parts import Head, LostError, current, fetched
from qa.publishing import KEPT
from qa.retriever import Hit
from qa.states import PASSAGES, TEXTS, read_passages, read_texts
from qa.types import Answer

_TRIES = 3  # each finds that a state has just been replaced, and parts of it removed

T = TypeVar("T")


class RemoteLibrary(Library):
    """A published state. Its words lie in a folder of the cache, fetched once a state."""

    def __init__(self, folder: Path, state: Manifest, store: Milvus) -> None:
        self.index, self.state = folder, state
        self._cure = "remove that folder: it is fetched anew"
        self.catalogue = Catalogue(folder / CATALOGUE, self._cure)
        self._frequencies = read_rows(folder / FREQUENCIES, 2)
        self.places = read_rows(folder / PLACES, 3)
        passages = read_passages((folder / PASSAGES).read_bytes())
        texts = read_texts((folder / TEXTS).read_bytes())
        fits = len(passages) == self.places.shape[1] == self.catalogue.passage_count
        if not fits or not NONE <= self.places.min(initial=0) <= self.places.max(initial=0) < max(
            len(texts), 1
        ):
            raise LostError(store)
        packing = packing_of(folder, state.dim)
        self.store = MilvusStore(store, passages, texts, self.places, packing, self)


class RemoteBot(Bot):
    """A bot over what was published to a store."""

    def __init__(self, store: Milvus, encoder: Encoder, copies: Path) -> None:
        """`copies` is the folder for the words of the published states."""
        self._store, self._copies = store, copies
        super().__init__(copies, copies, encoder, model_name=encoder.name)
        self._turn = nullcontext()  # who waits for a network keeps no core busy

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

    def answer(self, *values: Any, **options: Any) -> Answer:
        """See `Bot.answer`; a store that fails, or has not all it should, raises StoreError."""
        return self._again(lambda: super(RemoteBot, self).answer(*values, **options))

    def hits(self, *values: Any, **options: Any) -> list[Hit]:
        """See `Bot.hits`; a store that fails, or has not all it should, raises StoreError."""
        return self._again(lambda: super(RemoteBot, self).hits(*values, **options))

    def _seen(self, *_: object) -> tuple[str, ...]:
        """Of a store nobody knows what was not published."""
        return ()

    def _again(self, ask: Callable[[], T]) -> T:
        """What is asked of the state that is current, even if it is replaced meanwhile."""
        for _ in range(_TRIES - 1):
            asked = self._library
            try:
                return ask()
            except LostError:
                if self.refresh() is asked:
                    raise
        return ask()

    def _refresh(self, **_options: object) -> Library:
        """The state that is published now; the one at hand where it still is."""
        opened: Library | None = getattr(self, "_library", None)
        lost: Head | None = None
        for _ in range(_TRIES):
            head = self._current()
            if opened is None or opened.index.name != head.name:
                try:
                    opened = self._opened(head)
                except LostError:
                    if lost == head:
                        raise
                    lost = head
                    continue
            self._looked = time.monotonic()
            return opened
        raise LostError(self._store)

    def _current(self) -> Head:
        head = current(self._store)
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
        return head

    def _opened(self, head: Head) -> Library:
        folder = self._copies / head.name
        try:
            if not folder.is_dir():
                _copy(self._store, head, folder)
            state = manifest.read(folder, f"remove {folder}: it is fetched anew")
            if state is None or state.generation != head.generation:
                raise LibraryError(f"{folder} is damaged; remove it: it is fetched anew")
            return RemoteLibrary(folder, state, self._store)
        except (OSError, ValueError, IndexFileError) as error:
            raise LibraryError(f"{folder} cannot be used ({reason(error)}); remove it") from error


def _copy(store: Milvus, head: Head, folder: Path) -> None:
    """Fetch the words of a state: aside, checked, then in one step where they belong."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="partial-") as place:
        aside = Path(place) / head.name
        aside.mkdir()
        for name in head.files:
            if Path(name).name != name:  # whatever a store may claim
                raise LostError(store)
            (aside / name).write_bytes(fetched(store, head, name))
        keys = read_passages((aside / PASSAGES).read_bytes()).tolist()
        if not store.keys().issuperset(key.decode() for key in keys):
            raise LostError(store)
        try:
            aside.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another reader was faster
                raise
    for other in folder.parent.iterdir():
        if manifest.is_generation(other.name) and other != folder and _unused(other):
            shutil.rmtree(other, ignore_errors=True)


def _unused(copy: Path) -> bool:
    """Whether a state was fetched so long ago that no reader of it can be about to open it."""
    try:
        return time.time() - copy.stat().st_mtime > KEPT
    except OSError:
        return False
