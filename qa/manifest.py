"""The manifest of an index: what it was made of, and where its parts lie.

It is the one file that is replaced; everything it names is written before it and never changed.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from qa.errors import LibraryError

FORMAT = 1  # of the whole index; a change here builds every index anew
NAME = "manifest.json"
_PROGRAM = "qa"


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was when it was indexed. `stamp` is its size and its time of change."""

    path: str  # relative to the folder of the documents
    sha256: str
    stamp: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """`files` has the size of each part, and the SHA-256 of those that are read whole."""

    model: str
    model_name: str
    dim: int
    generation: str
    documents: Mapping[str, Source] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)  # path -> reason
    files: Mapping[str, tuple[int, str]] = field(default_factory=dict)


def stamp(path: Path) -> tuple[int, int]:
    """What changes when a file is written: its size in bytes, its time in nanoseconds."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def sha256(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(index: Path) -> Manifest | None:
    """The manifest of an index, or None where there is no index yet.

    Raises:
        LibraryError: it is unreadable, or another program or version wrote it.
    """
    path = index / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise LibraryError(f"{path} cannot be read as a manifest; {cure(index)}") from error
    if not isinstance(content, dict) or content.get("program") != _PROGRAM:
        raise LibraryError(f"{index} was not made by this program; choose another --index")
    if content.get("format") != FORMAT:
        seen = content.get("format")
        raise LibraryError(
            f"{index} has the index format {seen}, this version reads {FORMAT}; {cure(index)}"
        )
    try:
        return _parse(content)
    except (KeyError, TypeError, ValueError) as error:
        raise LibraryError(f"{path} is damaged; {cure(index)}") from error


def _parse(content: Mapping[str, Any]) -> Manifest:
    return Manifest(
        model=str(content["model"]),
        model_name=str(content["model_name"]),
        dim=int(content["dim"]),
        generation=_plain_name(content["generation"]),
        documents={
            doc_id: Source(str(s["path"]), str(s["sha256"]), (int(s["stamp"][0]), int(s["stamp"][1])))
            for doc_id, s in content["documents"].items()
        },
        skipped={str(path): str(reason) for path, reason in content["skipped"].items()},
        files={str(name): (int(size), str(digest)) for name, (size, digest) in content["files"].items()},
    )


def _plain_name(name: object) -> str:
    """A generation is a folder inside the index, whatever a manifest may claim."""
    if not isinstance(name, str) or not name.isalnum():
        raise ValueError(name)
    return name


def write(index: Path, manifest: Manifest) -> None:
    """Replace the manifest of an index, in one step."""
    content = {"program": _PROGRAM, "format": FORMAT, **asdict(manifest)}
    handle, aside = tempfile.mkstemp(dir=index, prefix=NAME, suffix=".partial")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, index / NAME)


def cure(index: Path) -> str:
    return f"remove it and ask again, or run: qa index --rebuild --index {index}"
