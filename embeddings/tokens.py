"""Token vectors on disk, mapped into memory, and late interaction over them.

Late interaction (ColBERT, Khattab and Zaharia, SIGIR 2020) compares every token of a query with
every token of a passage; a passage's score is the mean, over the query's tokens, of the best
cosine each of them finds.

A component is kept in 4 bits, as in the blocks of Q4_0: 16 levels from -8 to 7, with one float16 a
token for the space between them, whose sign puts the token's largest component at -8. Byte b of a
token has component b in its low half and component b + half in its high half, each 8 higher. On
MLQA, PIAF and translated FAQs the right passage comes first as often as with float32.
"""

import mmap
import os
import zlib
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from embeddings.errors import IndexFileError

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
            store.release()

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

    def flush(self) -> None:
        """Hand all to the system, where it outlives this process."""
        for file in self._files:
            file.flush()

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
        self._mapped: list[mmap.mmap] = []
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

    def frequencies(self, times: npt.NDArray[np.int64]) -> tuple[Ids, Ids]:
        """The ids that occur, ascending, and in how many texts each does; both (u,) int32.

        The text of a row counts `times[row]` times, (n,).
        """
        counts = np.zeros(int(self._ids.max(initial=-1)) + 1, np.int64)
        for first in range(0, len(self), _AT_ONCE):
            starts = self._starts[first : first + _AT_ONCE + 1]
            rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
            pairs = np.unique(rows * len(counts) + self._ids[starts[0] : starts[-1]])
            seen, ids = np.divmod(pairs, max(len(counts), 1))
            np.add.at(counts, ids, times[first + seen])
        known = np.flatnonzero(counts)
        return known.astype(np.int32), counts[known].astype(np.int32)

    def _map(self, name: str, dtype: str) -> npt.NDArray[Any]:
        path = self._folder / name
        try:
            if path.stat().st_size == 0:  # an empty file cannot be mapped
                return np.zeros(0, dtype)
            with path.open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._mapped.append(mapped)
            return np.frombuffer(mapped, dtype)
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
        return _levels(values, self.dim) * scales.astype(np.float32)[:, None]

    def totals(self, rows: Sequence[int]) -> Vectors:
        """The sums of passages' token vectors, (len(rows), dim) float32.

        Memory is given back on the way, so that it doesn't grow with the store.
        """
        totals = np.zeros((len(rows), self.dim), np.float32)
        for at, row in enumerate(rows):
            values, scales, _ids = self.stored(row)
            totals[at] = scales.astype(np.float32) @ _levels(values, self.dim)
            if at % _AT_ONCE == _AT_ONCE - 1:
                self.release()
        return totals

    def release(self) -> None:
        """Give back the memory of what was read; it is read again when it is asked for."""
        if hasattr(mmap, "MADV_DONTNEED"):  # not on Windows
            for mapped in self._mapped:
                mapped.madvise(mmap.MADV_DONTNEED)

    def similarities(self, query: Vectors, rows: Sequence[int]) -> list[Vectors]:
        """The inner products of each query token with each token of each passage.

        They are cosines where both are of unit length. `query` is (m, dim); the result has for
        each row an (m, n) array, n being that passage's number of tokens.
        """
        parts = [self.stored(row) for row in rows]
        if not parts:
            return []
        values = np.concatenate([part[0] for part in parts])
        scales = np.concatenate([part[1] for part in parts]).astype(np.float32)
        cosines = _products(query, values) * scales
        ends = np.cumsum([len(part[2]) for part in parts])[:-1]
        return np.split(cosines, ends, axis=1)


def mend(folder: Path, dim: int, most: int) -> int:
    """Cut the files of a store whose writer was killed to whole passages, `most` at most.

    Returns their number.

    Raises:
        OSError: a file is missing, or cannot be written.
    """
    starts = np.fromfile(folder / _STARTS, "<i8")
    room = min(
        (folder / name).stat().st_size // size
        for name, size in ((_VALUES, _width(dim)), (_SCALES, 2), (_IDS, 4))
    )
    count = min((folder / _CHECKS).stat().st_size // 4, max(len(starts) - 1, 0), most)
    count = min(count, int(np.searchsorted(starts[1 : count + 1], room, side="right")))
    tokens = int(starts[count]) if len(starts) else 0
    sizes = (_width(dim) * tokens, 2 * tokens, 4 * tokens, 8 * (count + 1), 4 * count)
    for name, size in zip(FILES, sizes, strict=True):
        os.truncate(folder / name, size)
    return count


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


def _levels(values: Packed, dim: int) -> Vectors:
    """What packed values (n, width) stand for, without their scales, (n, dim) float32."""
    levels = np.concatenate([values & 15, values >> 4], axis=1)[:, :dim]
    return levels.astype(np.float32) - np.float32(_ZERO)


def _products(query: Vectors, values: Packed) -> Vectors:
    """The products of query tokens (m, dim) with unscaled tokens, (m, n) float32.

    The same as `query @ _levels(values, dim).T`, at half the work on the values.
    """
    half = values.shape[1]
    low = values & 15
    high = (values ^ low).astype(np.float32)  # 16 times the level
    first, second = query[:, :half], query[:, half:] / 16
    products: Vectors = first @ low.astype(np.float32).T
    products += second @ high[:, : second.shape[1]].T
    products -= np.float32(_ZERO) * query.sum(axis=1, keepdims=True)
    return products


def _checksum(values: Packed, scales: npt.NDArray[np.float16], ids: npt.NDArray[np.int32]) -> int:
    check = 0
    for array in (values, scales, ids):
        check = zlib.crc32(np.ascontiguousarray(array).data, check)
    return check
