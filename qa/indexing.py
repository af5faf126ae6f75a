"""Building and refreshing an index: the only part that writes one.

A new generation is built aside; naming it in the manifest is one rename. What did not change
since the generation before is copied from it, vector by vector, and not encoded again.
"""

import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings import Encoder, IndexFileError, TokenStore, TokenWriter, VectorIndex, centres
from qa import catalogue, manifest, reading
from qa.errors import DocumentError, LibraryError
from qa.library import CATALOGUE, FREQUENCIES, TOKENS, VECTORS, Library, open_library
from qa.manifest import Manifest, Skipped, Source, Stamp
from qa.passages import cut
from qa.twins import find_twins
from qa.types import Document, Passage

TITLE_WEIGHT = 0.9  # a title speaks for each of its passages, a little less than their own words
# Digests of larger parts are not checked at every opening: reading them would take longer than
# the question. Token vectors have a checksum a passage instead.
_DIGESTED = 32 * 2**20
_LOCK_SECONDS = 600

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Found:
    """A folder of documents as it is now: what can be read, and why the rest cannot."""

    documents: dict[str, Document]
    sources: dict[str, Source]
    skipped: dict[str, Skipped]


def refresh(
    folder: Path,
    index: Path,
    encoder: Encoder,
    *,
    model_name: str,
    rebuild: bool = False,
    progress: Progress | None = None,
    opened: Library | None = None,
    cure: str = "",
) -> Library:
    """The library of a folder, brought up to date where a file was changed, added or removed.

    `opened` is given back where it still is up to date. `cure` tells what to do about an index
    that cannot be used.

    Raises:
        DocumentError: the folder cannot be read.
        LibraryError: the index is damaged, foreign, made with another model, or not writable.
    """
    cure = cure or manifest.cure(folder, index, model_name)
    place = Place(folder, index, encoder, model_name, cure)
    library = None if rebuild else _unchanged(place, opened)
    if library is not None:
        return library
    try:
        library = _refreshed(place, rebuild, progress or (lambda *_: None))
    except OSError as error:
        library = None if rebuild else _as_it_stands(place)
        if library is None:
            raise LibraryError(
                f"the index {index} cannot be written ({error.strerror or error}); "
                "make room or choose another place with --index DIR"
            ) from error
    return library


@dataclass(frozen=True, slots=True)
class Place:
    """What an index is of, where it is, and what it is made with."""

    folder: Path
    index: Path
    encoder: Encoder
    model_name: str
    cure: str


def _unchanged(place: Place, opened: Library | None = None) -> Library | None:
    """The library as it stands, if every file still is what it was when it was indexed."""
    state = _state(place)
    if state is None or not _same(place.folder, state):
        return None
    if opened is not None and opened.state == state:
        return opened
    return open_library(place.index, place.cure)


def _state(place: Place) -> Manifest | None:
    state = manifest.read(place.index, place.cure)
    if state is not None and state.model != place.encoder.digest:
        raise LibraryError(
            f"{place.index} was made with the model {state.model_name} ({state.model}), not with "
            f"{place.model_name} ({place.encoder.digest}); choose another --index, or "
            f"{place.cure}"
        )
    return state


def _same(folder: Path, state: Manifest) -> bool:
    found = dict(reading.find(folder))
    if state.folder != str(folder) or not _same_names(folder, state, found):
        return False
    return all(
        _stamp(found[doc_id]) == source.stamp for doc_id, source in state.documents.items()
    ) and all(_stamp(folder / path) == file.stamp for path, file in state.skipped.items())


def _same_names(folder: Path, state: Manifest, found: Mapping[str, Path]) -> bool:
    names = {doc_id: str(path.relative_to(folder)) for doc_id, path in found.items()}
    known = {doc_id: source.path for doc_id, source in state.documents.items()}
    rest = [name for doc_id, name in names.items() if doc_id not in known]
    return known.items() <= names.items() and sorted(rest) == sorted(state.skipped)


def _stamp(path: Path) -> Stamp | None:
    try:
        return manifest.stamp(path)
    except OSError:
        return None


def _restamped(folder: Path, state: Manifest) -> Manifest | None:
    """`state` with new stamps, if files were only written again with what they had in them."""
    found = dict(reading.find(folder))
    if state.folder != str(folder) or not _same_names(folder, state, found):
        return None
    if any(_stamp(folder / path) != file.stamp for path, file in state.skipped.items()):
        return None
    documents = {}
    for doc_id, source in state.documents.items():
        now, seen = time.time_ns(), _stamp(found[doc_id])
        if seen is None or (seen != source.stamp and not _has(found[doc_id], source.sha256)):
            return None
        documents[doc_id] = replace(source, stamp=manifest.settled(seen, now))
    return replace(state, documents=documents)


def _has(path: Path, sha256: str) -> bool:
    try:
        return manifest.sha256(path) == sha256
    except OSError:
        return False


def _as_it_stands(place: Place) -> Library | None:
    """The library that cannot be written, if there is nothing to write but new stamps."""
    state = _state(place)
    if state is None or _restamped(place.folder, state) is None:
        return None
    return open_library(place.index, place.cure)


def _refreshed(place: Place, rebuild: bool, report: Progress) -> Library:
    with _locked(place.index):
        library = None if rebuild else _unchanged(place)
        if library is None:
            state = None if rebuild else _state(place)
            restamped = None if state is None else _restamped(place.folder, state)
            if restamped is None:
                _build(place, rebuild, report)
            else:
                manifest.write(place.index, restamped)
            library = open_library(place.index, place.cure)
    if library is None:
        raise LibraryError(f"the index {place.index} vanished while it was made; ask again")
    return library


def _read(folder: Path) -> Found:
    found = Found({}, {}, {})
    for doc_id, path in reading.find(folder):
        name = str(path.relative_to(folder))
        now, seen = time.time_ns(), _stamp(path)
        if seen is None:  # gone since it was found
            continue
        try:
            document = reading.read(path.resolve(), doc_id)
        except OSError as error:
            found.skipped[name] = Skipped(error.strerror or type(error).__name__, seen)
        except DocumentError as error:
            found.skipped[name] = Skipped(str(error), seen)
        else:
            found.documents[doc_id] = document
            found.sources[doc_id] = Source(name, document.sha256, manifest.settled(seen, now))
    return found


def _build(place: Place, rebuild: bool, report: Progress) -> None:
    before = None if rebuild else open_library(place.index, place.cure)
    report("reading the documents", 0.0)
    found = _read(place.folder)
    generation = secrets.token_hex(8)
    target = place.index / generation
    target.mkdir()
    try:
        _write(target, found, before, place, report)
        state = Manifest(
            model=place.encoder.digest,
            model_name=place.model_name,
            dim=place.encoder.dim,
            folder=str(place.folder),
            generation=generation,
            documents=found.sources,
            skipped=found.skipped,
            files=_files(target),
        )
        manifest.write(place.index, state)
    except IndexFileError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise LibraryError(f"{error}; {place.cure}") from error
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    _sweep(place.index, generation)


def _write(
    target: Path, found: Found, before: Library | None, place: Place, report: Progress
) -> None:
    documents = [found.documents[doc_id] for doc_id in sorted(found.documents)]
    kept = {} if before is None else _kept(documents, before)
    cuts = {
        d.doc_id: kept[d.doc_id].passages if d.doc_id in kept else list(cut(d)) for d in documents
    }
    passages = [passage for d in documents for passage in cuts[d.doc_id]]
    vectors = np.zeros((len(passages), place.encoder.dim), np.float32)
    new = [d for d in documents if d.doc_id not in kept and cuts[d.doc_id]]
    encoded = _encoded(new, cuts, place.encoder, place.model_name, report)
    with TokenWriter(target / TOKENS, place.encoder.dim) as tokens:
        row = 0
        for document in documents:
            for offset in range(len(cuts[document.doc_id])):
                if before is not None and document.doc_id in kept:
                    old = kept[document.doc_id].first_row + offset
                    vectors[row] = before.vectors.vector(old)
                    tokens.copy(before.tokens, old)
                else:
                    vectors[row], matrix, ids = next(encoded)
                    tokens.append(matrix, ids)
                row += 1
    store = TokenStore(target / TOKENS, place.encoder.dim)
    np.save(target / FREQUENCIES, np.stack(store.frequencies()))
    _save(VectorIndex.build(vectors), target / VECTORS)
    catalogue.write(target / CATALOGUE, documents, passages, find_twins(passages, store))


def _save(vectors: VectorIndex, path: Path) -> None:
    try:
        vectors.save(path)
    except RuntimeError as error:  # which is what FAISS raises where there is no room
        raise OSError(f"{path.name} cannot be written") from error


@dataclass(frozen=True, slots=True)
class Kept:
    """Passages that the index has already, from `first_row` on."""

    first_row: int
    passages: list[Passage]


def _kept(documents: Sequence[Document], before: Library) -> dict[str, Kept]:
    """The documents that did not change, though they may have another name or place now."""
    rows = before.catalogue.first_rows()
    known = {_content(d): d.doc_id for d in before.catalogue.documents() if d.doc_id in rows}
    kept = {}
    for document in documents:
        old = known.get(_content(document))
        if old is not None:
            passages = before.catalogue.passages_of(old)
            renamed = [replace(passage, doc_id=document.doc_id) for passage in passages]
            kept[document.doc_id] = Kept(rows[old], renamed)
    return kept


def _content(document: Document) -> tuple[str, str, str]:
    """All that a document's passages and their vectors depend on."""
    return document.sha256, document.title, document.language


Encoded = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.int32]]


def _encoded(
    documents: Sequence[Document],
    cuts: dict[str, list[Passage]],
    encoder: Encoder,
    model_name: str,
    report: Progress,
) -> Iterator[Encoded]:
    """Vector, token vectors and token ids of each passage, in order.

    A document's title stands in each of its passages' tokens, with its ids made negative so
    that nobody takes it for the passage's own words. It stays out of the passage's one vector,
    which it would blur.
    """
    means = centres(model_name)
    titles = {}
    for document, title in zip(
        documents, encoder.encode_passages([d.title for d in documents]), strict=True
    ):
        centred = means.centred(title.tokens, "passage", document.language) * TITLE_WEIGHT
        titles[document.doc_id] = centred, -1 - title.ids
    passages = [passage for d in documents for passage in cuts[d.doc_id]]
    texts = [passage.search_text for passage in passages]
    encodings = encoder.encode_passages(texts)
    for done, (passage, encoding) in enumerate(zip(passages, encodings, strict=True), 1):
        own = means.centred(encoding.tokens, "passage", passage.language)
        title_tokens, title_ids = titles[passage.doc_id]
        report("embedding the passages", done / len(passages))
        yield (
            encoding.vector,
            np.concatenate([own, title_tokens]),
            np.concatenate([encoding.ids, title_ids]),
        )


def _files(target: Path) -> dict[str, tuple[int, str]]:
    files = {}
    for path in sorted(path for path in target.rglob("*") if path.is_file()):
        size = path.stat().st_size
        whole = size <= _DIGESTED and path.parent == target
        files[path.relative_to(target).as_posix()] = size, manifest.sha256(path) if whole else ""
    return files


def _sweep(index: Path, generation: str) -> None:
    """Remove what earlier builders left. Readers that have it mapped keep what they mapped."""
    for path in index.iterdir():
        if manifest.is_generation(path.name) and path.name != generation:
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.startswith(manifest.NAME) and path.name.endswith(".partial"):
            path.unlink(missing_ok=True)


@contextmanager
def _locked(index: Path) -> Iterator[None]:
    """One builder at a time; a second one waits, and finds the work done."""
    from filelock import FileLock, Timeout

    index.mkdir(parents=True, exist_ok=True)
    _refuse_foreign(index)
    try:
        with FileLock(index / manifest.LOCK, timeout=_LOCK_SECONDS):
            yield
    except Timeout as error:
        raise LibraryError(
            f"another process has been writing {index} for {_LOCK_SECONDS // 60} minutes; "
            "wait for it, or choose another --index"
        ) from error


def _refuse_foreign(index: Path) -> None:
    """Never build into a folder that holds something else.

    Whoever makes an index makes its lock first, so a lock is looked for after anything was seen.
    """
    if any(index.iterdir()) and not manifest.is_ours(index):
        raise manifest.foreign(index)
