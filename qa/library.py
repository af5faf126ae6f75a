"""An opened index: passages and their numbers. It reads; `qa.building` writes.

An index is a folder with a manifest and one subfolder, a generation, that the manifest names.
A generation is never changed once it is named, so a reader needs no lock.
"""

import re
from collections.abc import Callable, Collection, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings import NONE, IndexFileError, Interaction, VectorIndex
from qa import manifest, reading
from qa.catalogue import Catalogue
from qa.encoded import PLACES, Encoded
from qa.errors import LibraryError
from qa.manifest import Manifest
from qa.mentions import designations
from qa.store import FolderStore, Store
from qa.types import Document, Language, Passage
from qa.visible import names_shown
from qa.weak import weakly

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
CATALOGUE, VECTORS, FREQUENCIES = "passages.sqlite", "vectors.faiss", "frequencies.npy"
# Not every digest is checked at every opening: reading all would take longer than the question.
# A larger catalogue has checksums a row, token vectors have a checksum a passage. Damage among more
# vectors than that costs a passage its rank at worst: what is quoted comes from the catalogue.
_DIGESTED = 32 * 2**20
_WHOLE = frozenset({FREQUENCIES, PLACES})  # are read whole anyway, whatever their size
OPENING = 1000  # characters of a document, in which it names its parties; 300 and 2000 do as well
_OPENED = 256  # documents whose beginning is kept, a quarter of a megabyte
_FIGURE = re.compile(r"\S*\d\S*")
_TRIES = 5  # each finds that another process has just replaced the index


class Library:
    """Everything that answers a question, for one state of the documents."""

    def __init__(self, index: Path, state: Manifest, cure: str) -> None:
        """Open what `state` names; `cure` tells what to do about damage.

        Raises:
            LibraryError: a part is missing, damaged or doesn't fit the others.
        """
        self.index = index
        self.state = state
        self._cure = cure
        folder = index / state.generation
        _check_files(folder, state, cure)
        try:
            self.catalogue = Catalogue(folder / CATALOGUE, cure)
            self.vectors = VectorIndex.load(folder / VECTORS)
            known = weakly(self._vectors_of), weakly(self._is_title)
            self.encoded = Encoded(folder, state.dim, *known)
            self._frequencies = read_rows(folder / FREQUENCIES, 2)
            self.places = read_rows(folder / PLACES, 3)
        except IndexFileError as error:
            raise LibraryError(f"{error}; {cure}") from error
        self.store: Store = FolderStore(self.vectors, self.encoded, self.places)
        counts = {len(self.vectors), self.places.shape[-1], self.catalogue.passage_count}
        if len(counts) != 1 or self.vectors.dim != state.dim or self._astray():
            raise LibraryError(f"the parts of {index} don't fit one another; {cure}")

    def __len__(self) -> int:
        return self.catalogue.passage_count

    def close(self) -> None:
        self.catalogue.close()

    def verify(self, names: Collection[str] | None = None) -> None:
        """Read every part in full, or those of these names; opening reads the small ones only.

        Raises:
            LibraryError: one is not what it was when it was written.
        """
        names = self.state.files if names is None else names
        _check_files(self.index / self.state.generation, self.state, self._cure, names)

    def document(self, doc_id: str) -> Document:
        """A document with its text; it must be there."""
        document = self.catalogue.document(doc_id)
        if document is None:
            raise LibraryError(f"{self.index} has no document {doc_id}; {self._cure}")
        return document

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """The passages of these rows, in the order asked for."""
        return self.catalogue.passages(rows)

    def nearest(
        self, query: Vectors, top_k: int, among: Rows | None = None
    ) -> tuple[Rows, Vectors]:
        """The rows nearest to a query, (dim,), and their cosines, best first; with `among`, of
        these rows only."""
        return self.store.nearest(query, top_k, among)

    def cosines(self, query: Vectors, rows: Sequence[int]) -> list[float]:
        """The cosine of a query, (dim,), with each of these rows."""
        return self.store.cosines(query, rows)

    def interact(self, query: Vectors, weights: Vectors, rows: Sequence[int]) -> Interaction:
        """A question's tokens (m, dim), and their (m,) weights, with those of these passages."""
        try:
            return self.store.interact(query, weights, rows)
        except IndexFileError as error:
            raise LibraryError(f"{error}; {self._cure}") from error

    def _astray(self) -> bool:
        """Whether a passage's place is none."""
        own, every = self.places[0], self.places
        return bool(len(own)) and not (
            own.min() >= 0 and every.min() >= NONE and every.max() < len(self.encoded)
        )

    def _vectors_of(self, start: int, count: int) -> npt.NDArray[np.float32]:
        """The vectors of encoded rows, (count, dim); zeros of what is no passage but a title."""
        vectors = np.zeros((count, self.state.dim), np.float32)
        passages = self._passage_of[start : start + count]
        own = np.flatnonzero(passages >= 0)
        vectors[own] = self.vectors.vectors(passages[own])
        return vectors

    def _is_title(self, row: int) -> bool:
        """Whether no passage has this encoded row, and so there is no vector of it."""
        return bool(self._passage_of[row] < 0)

    def headings(self, rows: Sequence[int]) -> dict[int, int]:
        """Of these passages those that stand below a heading: row -> the row of a passage that
        has its words."""
        found = zip(rows, self.places[2][list(rows)].tolist(), strict=True)
        return {row: int(self._passage_of[at]) for row, at in found if at != NONE}

    def about(self, rows: Sequence[int]) -> dict[int, str]:
        """What tells the year of each of these passages beside its own words: the name, title and
        date of its document, and its heading."""
        above = self.headings(rows)
        headings = dict(zip(above, self.passages(list(above.values())), strict=True))
        passages = dict(zip(rows, self.passages(rows), strict=True))
        told = self.catalogue.about({passage.doc_id for passage in passages.values()})
        return {
            row: told[passage.doc_id] + (f" {headings[row].search_text}" if row in above else "")
            for row, passage in passages.items()
        }

    def opening(self, doc_id: str) -> str:
        """The name, the title and the beginning of a document, without figures but those that
        designate: whom they name, all of it is about, as a ruling is about its parties."""
        return self._openings(doc_id)

    @cached_property
    def _openings(self) -> Callable[[str], str]:
        return lru_cache(maxsize=_OPENED)(weakly(self._opening))

    def _opening(self, doc_id: str) -> str:
        document = self.document(doc_id)
        told = f"{document.doc_id} {document.title} {document.text[:OPENING]}"
        return " ".join([_FIGURE.sub(" ", told), *designations(told).values()])

    def below(self, rows: Sequence[int], among: Rows | None = None) -> list[int]:
        """The rows of the passages that stand below these, where these are headings; with
        `among`, of these rows only."""
        wanted = np.zeros(len(self._passage_of) + 1, bool)  # the last stands for NONE
        wanted[self.places[0][list(rows)]] = True
        where = np.arange(len(self)) if among is None else among
        found: list[int] = where[wanted[self.places[2][where]]].tolist()
        return found

    @cached_property
    def _passage_of(self) -> npt.NDArray[np.int64]:
        """Of each encoded row a passage that has it, or -1."""
        passages = np.full(int(self.places.max(initial=NONE)) + 1, -1)
        passages[self.places[0]] = np.arange(len(self))
        return passages

    def rarity(self, ids: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """The weight of each token: its inverse document frequency, (n,) float32."""
        known, counts = self._frequencies
        at = np.searchsorted(known, ids).clip(max=max(len(known) - 1, 0))
        found = known[at] == ids if len(known) else np.zeros(len(ids), bool)
        seen = np.where(found, counts[at] if len(known) else 0, 0)
        weights: npt.NDArray[np.float32] = np.log(
            1 + (len(self) - seen + 0.5) / (seen + 0.5), dtype=np.float32
        )
        return weights

    @cached_property
    def languages(self) -> list[Language]:
        """The language of every passage, by row."""
        return self.catalogue.languages()

    @cached_property
    def doc_ids(self) -> list[str]:
        """The document of every passage, by row."""
        return self.catalogue.doc_ids()

    @cached_property
    def dates(self) -> list[str]:
        """The date of every passage, by row: that of its document, but of a table that of the row,
        and of what an e-mail quotes that of the other one; "" where none is known."""
        of_documents = {document.doc_id: document.date for document in self.documents}
        dates = [of_documents[doc_id] for doc_id in self.doc_ids]
        first = self.catalogue.first_rows()
        for document in self.documents:
            if tell := reading.dating(document.path):
                passages = self.catalogue.passages_of(document.doc_id)
                text = self.document(document.doc_id).text
                told = tell([(p.line, text[p.start : p.end]) for p in passages])
                for row, date in enumerate(told, first.get(document.doc_id, 0)):
                    dates[row] = dates[row] if date is None else date
        return dates

    @cached_property
    def names_shown(self) -> dict[str, str]:
        """The IDs of the documents by what they are shown as."""
        return names_shown(document.doc_id for document in self.documents)

    @cached_property
    def whole_documents(self) -> dict[str, Document]:
        """All documents with their texts, by ID; for who needs them all, in one pass."""
        return self.catalogue.whole_documents()

    @cached_property
    def documents(self) -> list[Document]:
        """All documents, by ID, without their texts."""
        return self.catalogue.documents()


def open_library(index: Path, cure: str = "") -> Library | None:
    """Open an index as it stands, or None where there is none yet.

    A builder may replace the generation between the reading of the manifest and of its files;
    then the manifest is read again.
    """
    cure = cure or manifest.cure(None, index, None)
    for _ in range(_TRIES):
        state = manifest.read(index, cure)
        if state is None:
            return None
        try:
            return Library(index, state, cure)
        except LibraryError:
            if manifest.read(index, cure) == state:
                raise
    raise LibraryError(f"{index} changes too often to be read; ask again when indexing has ended")


def read_rows(path: Path, count: int) -> npt.NDArray[np.int32]:
    """A file of so many rows: of two, token ids, ascending, and in how many passages each occurs;
    of three, for each passage its place among what is encoded, its title's, and its heading's."""
    try:
        mapped: npt.NDArray[np.int32] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise IndexFileError(f"{path} is damaged") from error
    if mapped.dtype != np.int32 or mapped.ndim != 2 or len(mapped) != count:
        raise IndexFileError(f"{path} is damaged")
    return np.asarray(mapped)  # whose slices cost less


def _check_files(folder: Path, state: Manifest, cure: str, whole: Collection[str] = _WHOLE) -> None:
    """Sizes of all parts, and digests of those that are small, or in `whole`."""
    for name, (size, digest) in state.files.items():
        path = folder / name
        read = name in whole or (size <= _DIGESTED and path.parent == folder)
        try:
            right = path.stat().st_size == size and (not read or manifest.sha256(path) == digest)
        except OSError as error:
            raise LibraryError(f"{path} is missing ({error.strerror}); {cure}") from error
        if not right:
            raise LibraryError(f"{path} is damaged; {cure}")
