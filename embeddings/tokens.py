"""Token vectors on disk, mapped into memory, for late interaction.

A component is kept in 4 bits, as in the blocks of Q4_0: 16 levels from -8 to 7, with one float16 a
token for the space between them, whose sign puts the token's largest component at -8. Byte b of a
token has component b in its low half and component b + half in its high half, each 8 higher. On
MLQA, PIAF and translated FAQs the right passage comes first as often as with float32.
"""

import zlib
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from embeddings.errors import IndexFileError
from embeddings.interaction import Block, block
from embeddings.recent import Recent

Vectors = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]
Packed = npt.NDArray[np.uint8]

_ZERO = 8  # the level of 0, of 16
_VALUES, _SCALES, _IDS, _STARTS, _CHECKS = (
    "values.u4",
    "scales.f2",
    "ids.i4",
    "starts.i8",
    "checks.u4",
)
_AT_ONCE = 1000  # passages that are copied in one go
UNPACKED = 64 * 2**20  # bytes of memory for the passages that were asked for lately
FILES = (_VALUES, _SCALES, _IDS, _STARTS, _CHECKS)


class TokenWriter:
    """Writes a store passage by passage, so that memory doesn't grow with the corpus."""

    def __init__(self, folder: Path, dim: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._dim = dim
        self._total = 0
        with ExitStack() as stack:  # closes what was opened, whichever of them fails
            self._files = [stack.enter_context((folder / name).open("wb")) for name in FILES]
            self._open = stack.pop_all()
        self._write(3, np.zeros(1, "<i8"))

    def append(self, tokens: Vectors, ids: Ids) -> None:
        """Add one passage: its token vectors, (n, dim) float32, and their (n,) ids.

        Products with a vector of unit length come back within about 0.02 of the exact ones,
        for tokens of unit length and some hundred dimensions; of fewer dimensions within 0.04.
        """
        if tokens.shape != (len(ids), self._dim):
            raise ValueError(
                f"token vectors of shape {tokens.shape} for {len(ids)} ids; "
                f"{(len(ids), self._dim)} was expected"
            )
        values, scales = _packed(tokens)
        stored = values, scales, ids.astype("<i4")
        self._add(*stored, np.array([len(ids)], "<i8"), np.array([_checksum(*stored)], "<u4"))

    def copy(self, store: "TokenStore", start: int, count: int) -> None:
        """Add `count` passages as another store has them from the row `start` on, bit for bit.

        Raises:
            IndexFileError: the bytes are not those that were written.
        """
        for first in range(start, start + count, _AT_ONCE):
            self._add(*store.run(first, min(first + _AT_ONCE, start + count)))

    def _add(
        self,
        values: Packed,
        scales: npt.NDArray[np.float16],
        ids: Ids,
        sizes: npt.NDArray[np.int64],
        checks: npt.NDArray[np.uint32],
    ) -> None:
        self._write(0, values)
        self._write(1, scales)
        self._write(2, ids)
        self._write(3, self._total + np.cumsum(sizes))
        self._write(4, checks)
        self._total += int(sizes.sum())

    def _write(self, position: int, array: npt.NDArray[np.generic]) -> None:
        self._files[position].write(np.ascontiguousarray(array).tobytes())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()


class TokenStore:
    """The token vectors of all passages; a row is read, and checked, when it is asked for."""

    def __init__(self, folder: Path, dim: int) -> None:
        """Map a store.

        Raises:
            IndexFileError: a file is missing or its size doesn't fit the others.
        """
        self.dim = dim
        self._folder = folder
        self._starts = self._map(_STARTS, "<i8")
        self._checks = self._map(_CHECKS, "<u4")
        total = int(self._starts[-1]) if len(self._starts) else -1
        self._scales = self._map(_SCALES, "<f2")
        self._ids = self._map(_IDS, "<i4")
        values, width = self._map(_VALUES, "u1"), _width(dim)
        fits = total == len(self._scales) == len(self._ids) and total * width == len(values)
        if not fits or len(self._starts) != len(self._checks) + 1:
            raise IndexFileError(f"the token vectors in {folder} don't fit one another")
        self._values = values.reshape(total, width)
        self._unpacked: Recent[Block] = Recent(UNPACKED, lambda each: each.vectors.nbytes)

    def frequencies(self) -> tuple[Ids, Ids]:
        """The ids that occur, ascending, and in how many passages each does; both (u,) int32."""
        known, ids = np.unique(self._ids, return_inverse=True)
        rows = np.repeat(np.arange(len(self)), np.diff(self._starts))
        pairs = np.unique(rows * len(known) + ids)
        counts = np.bincount(pairs % max(len(known), 1), minlength=len(known))
        return known, counts.astype(np.int32)

    def _map(self, name: str, dtype: str) -> npt.NDArray[Any]:
        path = self._folder / name
        try:
            if path.stat().st_size == 0:  # an empty file cannot be mapped
                return np.zeros(0, dtype)
            return np.asarray(np.memmap(path, dtype, mode="r"))  # whose slices cost less
        except (OSError, ValueError) as error:
            raise IndexFileError(f"{path} is missing or damaged") from error

    def __len__(self) -> int:
        return len(self._checks)

    def stored(self, row: int) -> tuple[Packed, npt.NDArray[np.float16], npt.NDArray[np.int32]]:
        """One passage as it lies on disk: packed values (n, width), scales (n,), ids (n,).

        Raises:
            IndexFileError: the bytes are not those that were written.
        """
        start, end = int(self._starts[row]), int(self._starts[row + 1])
        if not 0 <= start <= end <= len(self._ids):
            raise IndexFileError(f"the token vectors in {self._folder} are damaged at row {row}")
        values, scales, ids = self._values[start:end], self._scales[start:end], self._ids[start:end]
        if _checksum(values, scales, ids) != int(self._checks[row]):
            raise IndexFileError(f"the token vectors in {self._folder} are damaged at row {row}")
        return values, scales, ids

    def run(
        self, first: int, end: int
    ) -> tuple[
        Packed,
        npt.NDArray[np.float16],
        Ids,
        npt.NDArray[np.int64],
        npt.NDArray[np.uint32],
    ]:
        """The passages of the rows from `first` to before `end` as they lie on disk.

        Packed values (n, width), scales (n,) and ids (n,) of them all; of each its size and its
        checksum.

        Raises:
            IndexFileError: the bytes are not those that were written.
        """
        for row in range(first, end):
            self.stored(row)
        some = slice(int(self._starts[first]), int(self._starts[end]))
        sizes = np.diff(self._starts[first : end + 1])
        return (
            self._values[some],
            self._scales[some],
            self._ids[some],
            sizes,
            self._checks[first:end],
        )

    def ids(self, row: int) -> Ids:
        """The token ids of one passage, (n,) int32."""
        return np.asarray(self.stored(row)[2])

    def tokens(self, row: int) -> Vectors:
        """The token vectors of one passage, (n, dim) float32."""
        values, scales, _ids = self.stored(row)
        return _unpacked(values, self.dim, scales)

    def total(self, row: int) -> Vectors:
        """The sum of a passage's own token vectors, without its title's, (dim,) float32."""
        values, scales, ids = self.stored(row)
        own = ids >= 0
        total: Vectors = scales[own].astype(np.float32) @ _unpacked(values[own], self.dim)
        return total

    def blocks(self, rows: Sequence[int]) -> list[Block]:
        """The token vectors of passages, laid out to interact with a question's.

        What was asked for lately is in memory, up to `UNPACKED` bytes of it.

        Raises:
            IndexFileError: the bytes are not those that were written.
        """
        return self._unpacked.get(rows, self._block)

    def _block(self, row: int) -> Block:
        values, scales, ids = self.stored(row)
        return block(_unpacked(values, self.dim, scales), ids)


def _width(dim: int) -> int:
    """The bytes of one token's values."""
    return (dim + 1) // 2


def _packed(tokens: Vectors) -> tuple[Packed, npt.NDArray[np.float16]]:
    """Token vectors (n, dim) as packed values (n, width) and the space between levels (n,)."""
    largest = np.abs(tokens).argmax(axis=1)[:, None]
    scales = (np.take_along_axis(tokens, largest, axis=1)[:, 0] / -_ZERO).astype("<f2")
    divisor = np.where(scales != 0, scales, 1).astype(np.float32)
    levels = np.rint(tokens / divisor[:, None] + _ZERO).clip(0, 15)
    half = _width(tokens.shape[1])
    low, high = levels[:, :half].astype(np.uint8), levels[:, half:].astype(np.uint8)
    low[:, : high.shape[1]] |= high << 4
    return low, scales


def _unpacked(values: Packed, dim: int, scales: npt.NDArray[np.float16] | None = None) -> Vectors:
    """What packed values (n, width) and their (n,) scales stand for, (n, dim) float32; without
    scales, the levels."""
    vectors, half = np.empty((len(values), dim), np.float32), values.shape[1]
    space = np.float32(1) if scales is None else scales.astype(np.float32)[:, None]
    for part, levels in ((vectors[:, :half], values & 15), (vectors[:, half:], values >> 4)):
        centred = (levels - np.uint8(_ZERO)).view(np.int8)  # while a level still is one byte
        np.multiply(centred[:, : part.shape[1]], space, out=part)
    return vectors


def _checksum(values: Packed, scales: npt.NDArray[np.float16], ids: npt.NDArray[np.int32]) -> int:
    check = 0
    for array in (values, scales, ids):
        check = zlib.crc32(np.ascontiguousarray(array).data, check)
    return check
