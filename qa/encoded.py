"""What the model made of texts, on disk: of each text once, however many passages have it.

A row holds the token vectors of one text in one language: a passage, or the title of documents
with the names in their opening.
It is known by a key of all that it was made from. Who builds an index copies, bit for bit, the
rows that are there already, and only the rest is encoded.
"""

import hashlib
import os
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from embeddings import (
    Bytes,
    Codes,
    IndexFileError,
    Packing,
    TokenStore,
    TokenWriter,
    mend,
)
from qa.types import Language
from qa.weak import weakly

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int32]
Vectored = Callable[[int, int], Vectors]

TOKENS, KEYS, PLACES = "tokens", "keys.b16", "places.npy"
CODEBOOK = "codebook.npy"  # only where there are many texts
ASIDE = "vectors.aside"  # of every row, while a generation is written
_BLOCK = 1000  # rows that are checked at once
_KEY = 16  # bytes; two texts out of a billion share one with a probability of 1e-21


class Text(NamedTuple):
    """What a row is made from; its vectors are centred by their language."""

    words: str
    language: Language


def keys_of(texts: Iterable[Text], model: str) -> list[bytes]:
    """The keys of texts, as a model of this digest encodes them."""
    start = hashlib.blake2b(f"{model}\0".encode(), digest_size=_KEY)
    keys = []
    for words, language in texts:
        key = start.copy()
        key.update(f"{language}\0{words}".encode("utf-8", "surrogatepass"))
        keys.append(key.digest())
    return keys


class EncodedWriter:
    """Writes rows one by one; what is written outlives a process that is killed."""

    def __init__(self, folder: Path, dim: int, packing: Packing) -> None:
        self._dim = dim
        if isinstance(packing, Codes):
            np.save(folder / CODEBOOK, packing.codebook)
        with ExitStack() as stack:  # closes what was opened, whichever of them fails
            self._tokens = stack.enter_context(TokenWriter(folder / TOKENS, dim, packing))
            self._vectors = stack.enter_context((folder / ASIDE).open("wb"))
            self._keys = stack.enter_context((folder / KEYS).open("wb"))
            self._open = stack.pop_all()

    def append(self, key: bytes, vector: Vectors, tokens: Vectors, ids: Rows) -> None:
        """Add a row: its vector (dim,), its token vectors (n, dim) and their ids (n,)."""
        self._tokens.append(tokens, ids)
        self._add([key], vector)

    def copy(self, source: "Encoded", start: int, count: int) -> None:
        """Add `count` rows of another index from the row `start` on, as `TokenWriter.copy` does.

        Raises:
            IndexFileError: the bytes are not those that were written.
        """
        vectors = source.vectors(start, count)
        self._tokens.copy(source.tokens, start, count)
        self._add(source.keys[start : start + count], vectors)

    def _add(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        """The keys last: a row counts as soon as its key is there."""
        self._tokens.flush()
        rows = np.zeros(len(keys), _aside(self._dim))
        rows["vector"] = vectors
        rows["check"] = [zlib.crc32(row) for row in rows["vector"]]
        for file, content in ((self._vectors, rows.tobytes()), (self._keys, b"".join(keys))):
            file.write(content)
            file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


class Encoded:
    """Rows that can be read; those that `find` finds can be copied."""

    def __init__(
        self,
        folder: Path,
        dim: int,
        vectors: Vectored | None = None,
        bare: Callable[[int], bool] = lambda _: False,
    ) -> None:
        """Map the files in `folder`. `vectors(start, count)` gives the vectors of rows,
        (count, dim) float32; without it they are those that were written aside. `bare(row)` tells
        whether one is not known, as that of a title.

        Raises:
            IndexFileError: a file is missing or doesn't fit the others.
        """
        self._folder, self._dim = folder, dim
        self.tokens = TokenStore(folder / TOKENS, dim, packing_of(folder, dim))
        self.vectors = vectors or weakly(self._aside)
        self._bare = bare

    def __len__(self) -> int:
        return len(self.tokens)

    def serves(self, packing: Packing) -> bool:
        """Whether rows can be copied to where they are packed so: codes give nothing else back."""
        own = self.tokens.packing
        return isinstance(own, Bytes) or own.name == packing.name

    @cached_property
    def keys(self) -> list[bytes]:
        """The key of every row."""
        content = _read(self._folder / KEYS)
        if len(content) != _KEY * len(self):
            raise IndexFileError(f"the keys in {self._folder} don't fit its token vectors")
        return [content[at : at + _KEY] for at in range(0, len(content), _KEY)]

    def find(self, key: bytes, *, vector: bool) -> int | None:
        """The row of a key, if it is here; with `vector` only if that is known, too."""
        row = self._rows.get(key)
        return None if row is None or (vector and self._bare(row)) else row

    @cached_property
    def _rows(self) -> Mapping[bytes, int]:
        return {key: row for row, key in enumerate(self.keys)}

    def written_aside(self, rows: Rows) -> Vectors:
        """The vectors of these rows, (len(rows), dim) float32, as they were just written."""
        vectors = np.empty((len(rows), self._dim), np.float32)
        for first in range(0, len(self), _BLOCK):  # and not mapped, which would count as memory
            count = min(_BLOCK, len(self) - first)
            here = (rows >= first) & (rows < first + count)
            vectors[here] = self._aside(first, count)[rows[here] - first]
        return vectors

    def _aside(self, start: int, count: int) -> Vectors:
        kind = _aside(self._dim)
        rows = np.fromfile(self._folder / ASIDE, kind, count, offset=start * kind.itemsize)
        if len(rows) != count or [zlib.crc32(row) for row in rows["vector"]] != list(rows["check"]):
            raise IndexFileError(f"the vectors in {self._folder} are damaged")
        return np.ascontiguousarray(rows["vector"])


def packing_of(folder: Path, dim: int) -> Packing:
    """How the token vectors in a folder are packed: an index carries its own codebook."""
    path = folder / CODEBOOK
    if not path.exists():
        return Bytes(dim)
    try:
        codebook = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise IndexFileError(f"{path} is damaged") from error
    width, centroids, part = codebook.shape if codebook.ndim == 3 else (0, 0, 0)
    if codebook.dtype != np.float16 or centroids != 256 or width * part != dim:
        raise IndexFileError(f"{path} is damaged")
    return Codes(codebook)


def _aside(dim: int) -> np.dtype[np.void]:
    return np.dtype([("vector", "<f4", (dim,)), ("check", "<u4")])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise IndexFileError(f"{path} is missing") from error


def rows_in(folder: Path) -> int:
    """How many rows were written into a folder; 0 if none ever were."""
    try:
        return (folder / KEYS).stat().st_size // _KEY
    except OSError:
        return 0


def unfinished(folder: Path, dim: int) -> Encoded | None:
    """What a builder that was killed left in its folder, as far as it is whole; None if nothing.

    Only who may write the index may look: what was half written is cut off.
    """
    try:
        aside = (folder / ASIDE).stat().st_size // _aside(dim).itemsize
        count = _cut(folder, dim, min(rows_in(folder), aside))
        if sound := _sound(Encoded(folder, dim)) if count else 0:
            _cut(folder, dim, sound)
            return Encoded(folder, dim)
    except (OSError, IndexFileError):
        pass  # then all of it is encoded again
    return None


def _cut(folder: Path, dim: int, most: int) -> int:
    count = mend(folder / TOKENS, packing_of(folder, dim), most)
    os.truncate(folder / KEYS, count * _KEY)
    return count


def _sound(encoded: Encoded) -> int:
    """How many rows stand before the first block that has a damaged one: the power may fail."""
    for first in range(0, len(encoded), _BLOCK):
        count = min(_BLOCK, len(encoded) - first)
        try:
            encoded.vectors(first, count)
            encoded.tokens.run(first, first + count)
        except IndexFileError:
            return first
    return len(encoded)
