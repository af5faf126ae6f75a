"""The manifest of an index: what it was made of, and where its parts lie.

It is the one file that is replaced; everything it names is written before it and never changed.
"""

import hashlib
import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from embeddings import IndexKind
from qa.errors import LibraryError

FORMAT = 19  # of the whole index; an index of another format is refused
NAME = "manifest.json"
LOCK = "qa.lock"
_PROGRAM = "qa"
# Two changes within one tick of a file system's clock leave the same time. The coarsest clock
# still in use is FAT's, of two seconds.
_TICK_NS = 2 * 10**9

Stamp = tuple[int, int, int]
_TOO_FRESH: Stamp = (-1, -1, -1)
SEALED: Stamp = (-2, -2, -2)  # of what lies in a folder that may be listed, and no more


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was when it was indexed."""

    path: str  # relative to the folder of the documents
    sha256: str
    stamp: Stamp
    lost: str = ""  # what of it could not be read, as the end of a sentence on it


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that could not be read, as it was then."""

    reason: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Manifest:
    """`files` has the size of each part and its SHA-256; `vectors` is how they are searched, and
    `revisions` are those of the readers of files."""

    model: str
    model_name: str
    dim: int
    folder: str
    generation: str
    documents: Mapping[str, Source] = field(default_factory=dict)
    skipped: Mapping[str, Skipped] = field(default_factory=dict)  # by path
    files: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    vectors: IndexKind = field(default_factory=IndexKind)
    revisions: str = ""

    @property
    def troubles(self) -> dict[str, str]:
        """The paths of files that could not be read, or not all of them, with a sentence on it."""
        skipped = {
            path: file.reason if path in file.reason else f"{path}: {file.reason}"
            for path, file in self.skipped.items()
        }
        read = self.documents.values()
        return skipped | {file.path: f"{file.path} {file.lost}." for file in read if file.lost}


def stamp(path: Path) -> Stamp:
    """What changes when a file is written, replaced or made readable.

    Its size in bytes, and the times its content and its state last changed, in nanoseconds.
    """
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def settled(seen: Stamp, now_ns: int) -> Stamp:
    """`seen`, or a stamp that matches none if the file changed so lately that it may yet again."""
    return _TOO_FRESH if 0 <= now_ns - seen[2] <= _TICK_NS else seen


def sha256(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(index: Path, cure: str) -> Manifest | None:
    """The manifest of an index, or None where there is no index yet.

    Raises:
        LibraryError: it is unreadable, or another program or version wrote it.
    """
    content = _content(index)
    return None if content is None else _parsed(content, index, cure)


@lru_cache(maxsize=4)  # it is looked at again and again, and that of many files takes a while
def _parsed(written: bytes, index: Path, cure: str) -> Manifest:
    damaged = LibraryError(f"{index / NAME} is damaged; {cure}")
    try:
        content = json.loads(written)
    except (ValueError, RecursionError) as error:
        if not (index / LOCK).exists():
            raise foreign(index) from error
        raise damaged from error
    if not isinstance(content, dict) or content.get("program") != _PROGRAM:
        raise foreign(index)
    if content.get("format") != FORMAT:
        seen = content.get("format")
        raise LibraryError(
            f"{index} has the index format {seen}, this version reads {FORMAT}; {cure}"
        )
    try:
        return _manifest(content)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise damaged from error


def is_outdated(index: Path) -> bool:
    """Whether an earlier version of the program wrote it, as far as it can be read at all."""
    try:
        content = json.loads((index / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    if not isinstance(content, dict) or content.get("program") != _PROGRAM:
        return False
    seen = content.get("format")
    return isinstance(seen, int) and seen < FORMAT


def _content(index: Path) -> bytes | None:
    path = index / NAME
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except NotADirectoryError as error:
        raise foreign(index) from error
    except OSError as error:
        raise LibraryError(
            f"{path} cannot be read ({error.strerror or error}); "
            "make it readable, or choose another --index"
        ) from error


def generation(index: Path) -> str:
    """The generation that a manifest names, in any version of the program; "" if it names none."""
    try:
        named = json.loads((index / NAME).read_text(encoding="utf-8"))["generation"]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return ""
    return named if isinstance(named, str) else ""


def is_ours(index: Path) -> bool:
    """Whether this program made what is in a folder, in any version and however damaged."""
    if (index / LOCK).exists():
        return True
    try:
        content = json.loads((index / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("program") == _PROGRAM


def foreign(index: Path) -> LibraryError:
    return LibraryError(
        f"{index} was not made by this program; name an empty or new folder as --index"
    )


def _manifest(content: Mapping[str, Any]) -> Manifest:
    return Manifest(
        model=str(content["model"]),
        model_name=str(content["model_name"]),
        dim=int(content["dim"]),
        folder=str(content["folder"]),
        generation=_plain_name(content["generation"]),
        documents={
            doc_id: Source(
                str(s["path"]), str(s["sha256"]), _stamp(s["stamp"]), str(s.get("lost", ""))
            )
            for doc_id, s in content["documents"].items()
        },
        skipped={
            path: Skipped(str(s["reason"]), _stamp(s["stamp"]))
            for path, s in content["skipped"].items()
        },
        files={
            _inside(name): (int(size), str(digest))
            for name, (size, digest) in content["files"].items()
        },
        vectors=_kind(**content["vectors"]),
        revisions=str(content.get("revisions", "")),
    )


def _kind(name: Any, code: Any, candidates: Any, recall: Any) -> IndexKind:
    kind = IndexKind(name, int(code), int(candidates), float(recall))
    if name not in ("flat", "pq") or min(kind.code, kind.candidates) < 0 or not 0 <= recall <= 1:
        raise ValueError(kind)
    return kind


def _stamp(values: Any) -> Stamp:
    size, changed, touched = values
    return int(size), int(changed), int(touched)


def is_generation(name: str) -> bool:
    """Whether a folder of this name is one that this program made: 16 hexadecimal digits."""
    return len(name) == 16 and all(char in "0123456789abcdef" for char in name)


def _plain_name(name: object) -> str:
    """A generation is a folder inside the index, whatever a manifest may claim."""
    if not isinstance(name, str) or not is_generation(name):
        raise ValueError(name)
    return name


def _inside(name: str) -> str:
    """A part is a file inside its generation, whatever a manifest may claim."""
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise ValueError(name)
    return name


def write(index: Path, manifest: Manifest) -> None:
    """Replace the manifest of an index, in one step."""
    content = {"program": _PROGRAM, "format": FORMAT, **_fields(manifest)}
    aside = index / f"{NAME}.{manifest.generation}.partial"
    with aside.open("w", encoding="utf-8") as file:
        # ASCII: a file's name may be no valid text.
        file.write(json.dumps(content, default=_fields))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(index / NAME)


def _fields(value: Manifest | Source | Skipped) -> dict[str, Any]:
    """What `dataclasses.asdict` gives, without its deep copies: an index has many sources."""
    return {name: getattr(value, name) for name in value.__slots__}


def cure(documents: Path | None, index: Path | None, model: str | None) -> str:
    """The command that builds an index anew; what is None is left to the defaults."""
    return f"to build it anew, run: {_command(documents, index, model, '--rebuild')}"


def remedy(documents: Path | None, index: Path | None, model: str | None) -> str:
    """The command that builds an index that is not there."""
    return f"to build it, run: {_command(documents, index, model)}"


def _command(documents: Path | None, index: Path | None, model: str | None, *more: str) -> str:
    options = (("--documents", documents), ("--index", index), ("--model", model))
    given = [word for name, value in options if value is not None for word in (name, str(value))]
    return shlex.join(["qa", "index", *more, *given])
