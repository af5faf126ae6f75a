"""Whether the files of a folder still are what they were when they were indexed."""

import os
import time
from dataclasses import replace
from pathlib import Path

from qa import manifest, reading
from qa.manifest import SEALED, Manifest, Stamp
from qa.reading import Listing


def is_fresh(folder: Path, state: Manifest) -> bool:
    """Whether every file of a folder still is what it was when it was indexed.

    Raises:
        DocumentError: the folder cannot be read.
    """
    files = reading.find(folder)
    return same(folder, state, files) or restamp(folder, state, files) is not None


def same(folder: Path, state: Manifest, files: Listing) -> bool:
    if not _same_files(folder, state, files):
        return False
    found = dict(files.documents)
    return all(
        stamp_of(found[doc_id]) == source.stamp for doc_id, source in state.documents.items()
    ) and all(stamp_of(folder / path) == file.stamp for path, file in state.skipped.items())


def _same_files(folder: Path, state: Manifest, files: Listing) -> bool:
    """Whether the files of a folder are those of an index, and would be read as they were."""
    if (state.folder, state.revisions) != (str(folder), reading.REVISIONS):
        return False
    names = {doc_id: name_in(folder, path) for doc_id, path in files.documents}
    known = {doc_id: source.path for doc_id, source in state.documents.items()}
    rest = [name for doc_id, name in names.items() if doc_id not in known]
    rest += [name_in(folder, path) for path in files.closed]
    return known.items() <= names.items() and sorted(rest) == sorted(state.skipped)


def name_in(folder: Path, path: Path) -> str:
    """A file's path within the folder. `Path.relative_to` takes too long for many files."""
    return str(path).removeprefix(f"{folder}{os.sep}")


def stamp_of(path: Path) -> Stamp | None:
    """None where there is nothing any more; `SEALED` where nobody may look."""
    try:
        return manifest.stamp(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return SEALED


def restamp(folder: Path, state: Manifest, files: Listing) -> Manifest | None:
    """`state` with new stamps, if files were only written again with what they had in them."""
    if not _same_files(folder, state, files):
        return None
    found = dict(files.documents)
    if any(stamp_of(folder / path) != file.stamp for path, file in state.skipped.items()):
        return None
    documents = {}
    for doc_id, source in state.documents.items():
        now, seen = time.time_ns(), stamp_of(found[doc_id])
        if seen is None or (seen != source.stamp and not _has(found[doc_id], source.sha256)):
            return None
        documents[doc_id] = replace(source, stamp=manifest.settled(seen, now))
    return replace(state, documents=documents)


def _has(path: Path, sha256: str) -> bool:
    try:
        return manifest.sha256(path) == sha256
    except OSError:
        return False
