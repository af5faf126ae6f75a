"""Building and refreshing an index: the only part that writes one.

A new generation is built aside; naming it in the manifest is one rename. What did not change
since the generation before is copied from it, vector by vector, and not encoded again.
"""

import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings import Encoder, TokenStore, TokenWriter, VectorIndex, centres
from qa import catalogue, manifest, reading
from qa.errors import DocumentError, LibraryError
from qa.library import CATALOGUE, FREQUENCIES, TOKENS, VECTORS, Library, open_library
from qa.manifest import Manifest, Source
from qa.passages import cut
from qa.twins import find_twins
from qa.types import Document, Passage

LOCK = "lock"
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
    skipped: dict[str, str]


def refresh(
    folder: Path,
    index: Path,
    encoder: Encoder,
    *,
    model_name: str,
    rebuild: bool = False,
    progress: Progress | None = None,
    opened: Library | None = None,
) -> Library:
    """The library of a folder, brought up to date where a file was changed, added or removed.

    `opened` is given back where it still is up to date.

    Raises:
        DocumentError: the folder cannot be read.
        LibraryError: the index is damaged, foreign, made with another model, or not writable.
    """
    if not rebuild:
        library = _unchanged(folder, index, encoder, opened)
        if library is not None:
            return library
    try:
        with _locked(index):
            library = None if rebuild else _unchanged(folder, index, encoder)
            if library is None:
                _build(folder, index, encoder, model_name, rebuild, progress or (lambda *_: None))
    except OSError as error:
        raise LibraryError(
            f"the index {index} cannot be written ({error.strerror or error}); "
            "make room or choose another place with --index DIR"
        ) from error
    library = library or open_library(index)
    if library is None:
        raise LibraryError(f"the index {index} vanished while it was made; ask again")
    return library


def _unchanged(
    folder: Path, index: Path, encoder: Encoder, opened: Library | None = None
) -> Library | None:
    """The library as it stands, if every file still is what it was when it was indexed."""
    state = manifest.read(index)
    if state is None:
        return None
    if state.model != encoder.digest:
        raise LibraryError(
            f"{index} was made with the model {state.model_name} ({state.model}), not with the one "
            f"asked for ({encoder.digest}); choose another --index, or {manifest.cure(index)}"
        )
    if not _same(folder, state):
        return None
    return opened if opened is not None and opened.state == state else open_library(index)


def _same(folder: Path, state: Manifest) -> bool:
    found = {doc_id: path for doc_id, path in reading.find(folder)}
    names = {doc_id: str(path.relative_to(folder)) for doc_id, path in found.items()}
    known = {doc_id: source.path for doc_id, source in state.documents.items()}
    if {n: p for n, p in names.items() if p not in state.skipped} != known:
        return False
    return all(_stamp(found[doc_id]) == s.stamp for doc_id, s in state.documents.items())


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        return manifest.stamp(path)
    except OSError:
        return None


def _read(folder: Path) -> Found:
    found = Found({}, {}, {})
    for doc_id, path in reading.find(folder):
        name = str(path.relative_to(folder))
        try:
            seen = manifest.stamp(path)
            document = reading.read(path.resolve(), doc_id)
        except OSError as error:
            found.skipped[name] = error.strerror or type(error).__name__
        except DocumentError as error:
            found.skipped[name] = str(error)
        else:
            found.documents[doc_id] = document
            found.sources[doc_id] = Source(name, document.sha256, seen)
    return found


def _build(
    folder: Path, index: Path, encoder: Encoder, model_name: str, rebuild: bool, report: Progress
) -> None:
    before = None if rebuild else open_library(index)
    found = _read(folder)
    generation = secrets.token_hex(8)
    target = index / generation
    target.mkdir()
    try:
        _write(target, found, before, encoder, model_name, report)
        state = Manifest(
            model=encoder.digest,
            model_name=model_name,
            dim=encoder.dim,
            generation=generation,
            documents=found.sources,
            skipped=found.skipped,
            files=_files(target),
        )
        manifest.write(index, state)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    _sweep(index, generation)


def _write(
    target: Path,
    found: Found,
    before: Library | None,
    encoder: Encoder,
    model_name: str,
    report: Progress,
) -> None:
    documents = [found.documents[doc_id] for doc_id in sorted(found.documents)]
    kept = _kept(documents, before)
    cuts = {d.doc_id: _cut(d, before if d.doc_id in kept else None) for d in documents}
    passages = [passage for d in documents for passage in cuts[d.doc_id]]
    report("reading the documents", 0.0)
    vectors = np.zeros((len(passages), encoder.dim), np.float32)
    new = [d for d in documents if d.doc_id not in kept]
    encoded = _encoded(new, cuts, encoder, model_name, report)
    with TokenWriter(target / TOKENS, encoder.dim) as tokens:
        row = 0
        for document in documents:
            for offset in range(len(cuts[document.doc_id])):
                if before is not None and document.doc_id in kept:
                    old = kept[document.doc_id] + offset
                    vectors[row] = before.vectors.vector(old)
                    tokens.copy(before.tokens, old)
                else:
                    vectors[row], matrix, ids = next(encoded)
                    tokens.append(matrix, ids)
                row += 1
    store = TokenStore(target / TOKENS, encoder.dim)
    np.save(target / FREQUENCIES, np.stack(store.frequencies()))
    VectorIndex.build(vectors).save(target / VECTORS)
    twins = find_twins(passages, vectors, store)
    catalogue.write(target / CATALOGUE, documents, passages, twins)


def _kept(documents: Sequence[Document], before: Library | None) -> dict[str, int]:
    """The documents that did not change, with the row of their first passage until now."""
    if before is None:
        return {}
    rows = before.catalogue.first_rows()
    known = before.state.documents
    return {
        d.doc_id: rows[d.doc_id]
        for d in documents
        if d.doc_id in rows and known[d.doc_id].sha256 == d.sha256
    }


def _cut(document: Document, before: Library | None) -> list[Passage]:
    """Passages of an unchanged document are taken over: their rows must stay what they were."""
    if before is not None:
        return before.catalogue.passages_of(document.doc_id)
    return list(cut(document))


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
        if path.is_dir() and path.name != generation and path.name.isalnum():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.endswith(".partial"):
            path.unlink(missing_ok=True)


@contextmanager
def _locked(index: Path) -> Iterator[None]:
    """One builder at a time; a second one waits, and finds the work done."""
    from filelock import FileLock, Timeout

    index.mkdir(parents=True, exist_ok=True)
    _refuse_foreign(index)
    try:
        with FileLock(index / LOCK, timeout=_LOCK_SECONDS):
            yield
    except Timeout as error:
        raise LibraryError(
            f"another process has been writing {index} for {_LOCK_SECONDS // 60} minutes; "
            "wait for it, or choose another --index"
        ) from error


def _refuse_foreign(index: Path) -> None:
    """Never build into a folder that holds something else: it would be swept away."""
    ours = (index / LOCK).exists() or (index / manifest.NAME).exists()
    if not ours and any(index.iterdir()):
        raise LibraryError(
            f"{index} holds files that are no index; name an empty or new folder as --index"
        )
