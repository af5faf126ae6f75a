"""Building and refreshing an index: the only part that writes one.

A new generation is built aside; naming it in the manifest is one rename. What did not change
since the generation before is copied from it, vector by vector, and not encoded again.
"""

import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from embeddings import Encoder, IndexFileError
from qa import manifest, reading
from qa.building import Progress, write_generation
from qa.encoded import Encoded, rows_in, unfinished
from qa.errors import DocumentError, LibraryError
from qa.freshness import name_in, restamp, same, stamp_of
from qa.library import Library, open_library
from qa.manifest import Manifest, Skipped, Source, Stamp
from qa.progress import Share
from qa.types import Document

_LOCK_SECONDS = 600
# What a machine lacks for a while. A file that was skipped for that would be left alone for good.
_PASSING = frozenset((errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM))


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
    seen = None if rebuild else _seen(place)
    library = None if seen is None else _unchanged(place, seen, opened)
    if library is not None:
        return library
    try:
        library = _refreshed(place, seen, rebuild, progress or (lambda *_: None))
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


class Seen(NamedTuple):
    """An index as it stands, and the files that its folder has now."""

    state: Manifest
    files: reading.Listing


def _seen(place: Place) -> Seen | None:
    state = _state(place)
    return None if state is None else Seen(state, reading.find(place.folder))


def _unchanged(place: Place, seen: Seen, opened: Library | None) -> Library | None:
    """The library as it stands, if every file still is what it was when it was indexed."""
    if not same(place.folder, *seen):
        return None
    if opened is not None and opened.state == seen.state:
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


def _as_it_stands(place: Place) -> Library | None:
    """The library that cannot be written, if every file has in it what it had."""
    state = _state(place)
    if state is None:
        return None
    current = replace(state, revisions=reading.REVISIONS)  # how it was read will do, then
    if restamp(place.folder, current, reading.find(place.folder)) is None:
        return None
    return open_library(place.index, place.cure)


def _refreshed(place: Place, seen: Seen | None, rebuild: bool, report: Progress) -> Library:
    """`seen` is what was looked at, and is not the same, before the turn of this builder came."""
    with _locked(place.index):
        state = None if rebuild else _state(place)
        known = seen.files if seen is not None and seen.state == state else None
        files = reading.find(place.folder) if known is None else known
        # Where nothing is known, another builder may have done the work meanwhile.
        if state is None or known is not None or not same(place.folder, state, files):
            restamped = None if state is None else restamp(place.folder, state, files)
            if restamped is None:
                _build(place, files, state, rebuild, report)
            else:
                manifest.write(place.index, restamped)
        library = open_library(place.index, place.cure)
    if library is None:
        raise LibraryError(f"the index {place.index} vanished while it was made; ask again")
    return library


def _read(folder: Path, files: reading.Listing, before: Library | None, report: Progress) -> Found:
    found = Found({}, {}, {})
    moved = before is not None and before.state.folder != str(folder)
    for path, reason in files.closed.items():
        if (seen := stamp_of(path)) is not None:
            found.skipped[name_in(folder, path)] = Skipped(reason, seen)
    with reading.Apart() as apart:
        for count, (doc_id, path) in enumerate(files.documents):
            report("reading the documents", Share(count, len(files.documents)))
            name = name_in(folder, path)
            now, seen = time.time_ns(), stamp_of(path)
            if seen is None:  # gone since it was found
                continue
            try:
                document = before and _known(before, doc_id, name, seen)
                if document and moved:
                    document = replace(document, path=reading.located(path))
                document = document or reading.read(reading.located(path), doc_id, apart)
            except OSError as error:
                if error.errno in _PASSING:
                    raise DocumentError(
                        f"{path} cannot be read now ({error.strerror}); the index stays as it was. "
                        "End some programs, and ask again"
                    ) from error
                found.skipped[name] = Skipped(error.strerror or type(error).__name__, seen)
            except DocumentError as error:
                found.skipped[name] = Skipped(str(error), seen)
            else:
                found.documents[doc_id] = document
                stamp = manifest.settled(seen, now)
                found.sources[doc_id] = Source(name, document.sha256, stamp, document.lost)
    return found


def _known(before: Library, doc_id: str, name: str, seen: Stamp) -> Document | None:
    """A document as it was read before, if its file and its extractor are the same."""
    source = before.state.documents.get(doc_id)
    if source is None or (source.path, source.stamp) != (name, seen):
        return None
    document = before.whole_documents.get(doc_id)
    suffix = os.path.splitext(name)[1]  # noqa: PTH122 -- a Path takes three times as long
    current = reading.extractor(suffix.lower())
    if document is None or document.extractor != current:
        return None
    return replace(document, lost=source.lost) if source.lost else document


def _build(
    place: Place, files: reading.Listing, old: Manifest | None, rebuild: bool, report: Progress
) -> None:
    before = None if old is None else Library(place.index, old, place.cure)
    # Before it, too: builders that are killed again and again would fill the disk.
    left = _left(place.index, manifest.generation(place.index), place.encoder.dim)
    found = _read(place.folder, files, before, report)
    generation = secrets.token_hex(8)
    target = place.index / generation
    target.mkdir()
    try:
        documents = [found.documents[doc_id] for doc_id in sorted(found.documents)]
        written = write_generation(
            target,
            documents,
            place.encoder,
            place.model_name,
            report,
            before=before,
            unfinished=None if rebuild else left,
        )
        _settle(target, written.files)
        state = Manifest(
            model=place.encoder.digest,
            model_name=place.model_name,
            dim=place.encoder.dim,
            folder=str(place.folder),
            generation=generation,
            documents=found.sources,
            skipped=found.skipped,
            files=written.files,
            vectors=written.vectors,
            revisions=reading.REVISIONS,
        )
        manifest.write(place.index, state)
    except IndexFileError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise LibraryError(f"{error}; {place.cure}") from error
    except Exception:  # whatever it is; but who presses Ctrl-C may want to go on from here
        shutil.rmtree(target, ignore_errors=True)
        raise
    _sweep(place.index, generation)


def _settle(folder: Path, files: Iterable[str]) -> None:
    """Have all of it on the disk before the manifest names it: the power may fail."""
    for name in files:
        with (folder / name).open("rb") as file:
            os.fsync(file.fileno())


def _left(index: Path, generation: str, dim: int) -> Encoded | None:
    """What a builder encoded that was killed or interrupted; it stays until it was made use of."""
    left = (path for path in index.iterdir() if manifest.is_generation(path.name))
    furthest = max(left, key=lambda path: (path.name != generation, rows_in(path)), default=None)
    if furthest is None or furthest.name == generation:
        return None
    _sweep(index, generation, furthest.name)
    return unfinished(furthest, dim)


def _sweep(index: Path, *generations: str) -> None:
    """Remove what earlier builders left. Readers that have it mapped keep what they mapped."""
    for path in index.iterdir():
        if manifest.is_generation(path.name) and path.name not in generations:
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
