"""A file becomes a Document: its text exactly as decoded, and what it is called."""

import hashlib
import os
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from qa.errors import DocumentError
from qa.language import detect
from qa.passages import headline
from qa.types import Document

# The Bible has 4 MiB. What is larger than this is a log or a dump, and the text, its lines and its
# passages would have to fit into memory together.
MAX_BYTES = 64 * 2**20
SUFFIXES = frozenset({".txt"})
_MARKED = ((BOM_UTF16_LE, "utf-16-le"), (BOM_UTF16_BE, "utf-16-be"))


def find(folder: Path) -> list[tuple[str, Path]]:
    """The documents under `folder` with their ids, sorted by id.

    An id is the file's stem; where several share it, for all of them, the path within the folder.
    Hidden files and folders are passed over. Links to folders are not followed, which could go
    in circles or lead out of the folder; links to files are.
    """
    if not folder.is_dir():
        raise DocumentError(f"{folder} is not a folder; name one that holds .txt files.")
    paths = [
        path for path in _walk(folder) if path.suffix.lower() in SUFFIXES and os.path.isfile(path)
    ]
    return sorted(zip(_ids([path.relative_to(folder) for path in paths]), paths, strict=True))


def read(path: Path, doc_id: str) -> Document:
    """The document in the file `path`; `path.read_bytes().decode(encoding)` is its text."""
    data = _bytes(path)
    text, encoding = _decode(data)
    if "\0" in text:
        raise DocumentError(f"{path} is not a text file: it has NUL bytes in it.")
    return Document(
        doc_id=doc_id,
        path=path,
        title=headline(text) or doc_id,
        language=detect(text),
        text=text,
        encoding=encoding,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _walk(folder: Path) -> Iterator[Path]:
    for base, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(base, name) for name in names if not name.startswith("."))


def _ids(paths: Sequence[Path]) -> list[str]:
    """For each path the shortest of its names that no other has."""
    names = [(path.stem, path.with_suffix("").as_posix(), path.as_posix()) for path in paths]
    level = [0] * len(paths)
    while True:
        ids = [name[at] for name, at in zip(names, level, strict=True)]
        shared = [i for i, times in enumerate(map(Counter(ids).__getitem__, ids)) if times > 1]
        if not shared:
            return ids
        for i in shared:
            level[i] = min(level[i] + 1, 2)


def _bytes(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for for ever
            raise DocumentError(f"{path} cannot be read: it is not a file.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DocumentError(f"{path} cannot be read: {error.strerror or error}.") from error
    if len(data) > MAX_BYTES:
        raise DocumentError(f"{path} is too large: more than {MAX_BYTES // 2**20} MiB of text.")
    return data


def _decode(data: bytes) -> tuple[str, str]:
    """The text and the encoding that was taken; a byte order mark stays in the text."""
    marked = [encoding for mark, encoding in _MARKED if data.startswith(mark)]
    for encoding in [*marked, "utf-8", "cp1252"]:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1"  # which has a character for every byte
