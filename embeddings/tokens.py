"""Token vectors on disk, mapped into memory, for late interaction."""

import mmap
import os
import zlib
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from embeddings.errors import IndexFileError
from embeddings.interaction import Block, empty_block
from embeddings.packing import Packing, Scales, Values
from embeddings.recent import Recent

Vectors = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]

_VALUES, _SCALES, _IDS, _STARTS, _CHECKS = (
    "values.u1",
    "scales.f2",
    "ids.i4",
    "starts.i8",
    "checks.u4",
)
UNPACKED = 32 * 2**20  # bytes of memory for the passages that were asked for lately
_AT_ONCE = 1000  # passages that are copied in one go
_KEPT = (
    100  # passages read, then their memory is given back: it is up to 64 KB around each in a file
)
FILES = (_VALUES, _SCALES, _IDS, _STARTS, _CHECKS)


class TokenWriter:
    """Writes a store passage by passage, so that memory doesn't grow with the corpus."""

    def __init__(self, folder: Path, dim: int, packing: Packing) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._dim, self._packing = dim, packing
        self._total = 0
        with ExitStack() as stack:  # closes what was opened, whichever of them fails
            self._files = [stack.enter_context((folder / name).open("wb")) for name in FILES]
            self._open = stack.pop_all()
        self._write(3, np.zeros(1, "<i8"))

    def append(self, tokens: Vectors, ids: Ids) -> None:
        """Add one passage: its token vectors, (n, dim) float32, and their (n,) ids."""
        if tokens.shape != (len(ids), self._dim):
            raise ValueError(
                f"token vectors of shape {tokens.shape} for {len(ids)} ids; "
                f"{(len(ids), self._dim)} was expected"
            )
        values, scales = self._packing.pack(tokens)
        stored = values, scales, ids.astype("<i4")
        self._add(*stored, np.array([len(ids)], "<i8"), np.array([_checksum(*stored)], "<u4"))

    def copy(self, store: "TokenStore", start: int, count: int) -> None:
        """Add `count` passages as another store has them from the row `start` on: bit for bit,
        or packed again if that store packs them otherwise.

        Raises:
            IndexFileError: the bytes are not those that were written.
        """
        for first in range(start, start + count, _AT_ONCE):
            if store.packing.name != self._packing.name:
                for row in range(first, min(first + _AT_ONCE, start + count)):
                    self.append(store.tokens(row), store.ids(row))
                continue
            self._add(*store.run(first, min(first + _AT_ONCE, start + count)))
            store.release()

    def _add(
        self,
        values: Values,
        scales: Scales,
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

    def __exit__(self, *_: object) -> None:
        self._open.close()


class TokenStore:
    """The token vectors of all passages; a row is read, and checked, when it is asked for."""

    def __init__(self, folder: Path, dim: int, packing: Packing) -> None:
        """Map a store that was written with this packing.

        Raises:
            IndexFileError: a file is missing or its size doesn't fit the others.
        """
        self.dim, self.packing = dim, packing
        self._folder = folder
        self._mapped: list[mmap.mmap] = []
        self._read = 0  # passages
        self._starts = self._map(_STARTS, "<i8")
        self._checks = self._map(_CHECKS, "<u4")
        total = int(self._starts[-1]) if len(self._starts) else -1
        self._scales = self._map(_SCALES, "<f2")
        self._ids = self._map(_IDS, "<i4")
        values, width = self._map(_VALUES, "u1"), packing.width
        fits = total == len(self._scales) == len(self._ids) and total * width == len(values)
        if not fits or len(self._starts) != len(self._checks) + 1:
            raise IndexFileError(f"the token vectors in {folder} don't fit one another")
        self._values = values.reshape(total, width)
        self._unpacked: Recent[Block] = Recent(UNPACKED, lambda each: each.vectors.nbytes)

    def frequencies(self, times: npt.NDArray[np.int64]) -> tuple[Ids, Ids]:
        """The ids that occur, ascending, and in how many texts each does; both (u,) int32.

        The text of a row counts `times[row]` times, (n,).
        """
        counts = np.zeros(int(self._ids.max(initial=-1)) + 1, np.int64)
        for first in range(0, len(self), _AT_ONCE):
            starts = self._starts[first : first + _AT_ONCE + 1]
            rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
            pairs = np.sort(rows * len(counts) + self._ids[starts[0] : starts[-1]])
            pairs = pairs[np.diff(pairs, prepend=-1) > 0]  # np.unique takes ten times as long
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

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """How many tokens each text has, (n,)."""
        return np.diff(self._starts)

    def stored(self, row: int) -> tuple[Values, Scales, npt.NDArray[np.int32]]:
        """One passage as it lies on disk: packed values (n, width), scales (n,), ids (n,).

        Raises:
            IndexFileError: the bytes are not those that were written.
        """
        self._read += 1
        if self._read % _KEPT == 0:
            self.release()
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
        Values,
        Scales,
        Ids,
        npt.NDArray[np.int64],
        npt.NDArray[np.uint32],
    ]:
        """The passages of the rows from `first` to before `end` as they lie on disk.

        Values values (n, width), scales (n,) and ids (n,) of them all; of each its size and its
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
        return self.packing.unpack(values, scales)

    def totals(self, rows: Sequence[int]) -> Vectors:
        """The sums of passages' token vectors, (len(rows), dim) float32."""
        totals = np.zeros((len(rows), self.dim), np.float32)
        for at, row in enumerate(rows):
            totals[at] = self.tokens(row).sum(axis=0)
        return totals

    def release(self) -> None:
        """Give back the memory of what was read; it is read again when it is asked for."""
        if hasattr(mmap, "MADV_DONTNEED"):  # not on Windows
            for mapped in self._mapped:
                mapped.madvise(mmap.MADV_DONTNEED)

    def blocks(self, rows: Sequence[int]) -> list[Block]:
        """The token vectors of passages, laid out to interact with a question's.

        What was asked for lately is in memory, up to `UNPACKED` bytes of it.

        Raises:
            IndexFileError: the bytes are not those that were written.
        """
        return self._unpacked.get(rows, lambda some: map(self._block, some))

    def _block(self, row: int) -> Block:
        values, scales, _ids = self.stored(row)
        laid = empty_block(len(values), self.dim)
        self.packing.unpack(values, scales, laid.vectors[: laid.own])
        return laid


def mend(folder: Path, packing: Packing, most: int) -> int:
    """Cut the files of a store whose writer was killed to whole passages, `most` at most.

    Returns their number.

    Raises:
        OSError: a file is missing, or cannot be written.
    """
    starts = np.fromfile(folder / _STARTS, "<i8")
    room = min(
        (folder / name).stat().st_size // size
        for name, size in ((_VALUES, packing.width), (_SCALES, 2), (_IDS, 4))
    )
    count = min((folder / _CHECKS).stat().st_size // 4, max(len(starts) - 1, 0), most)
    count = min(count, int(np.searchsorted(starts[1 : count + 1], room, side="right")))
    tokens = int(starts[count]) if len(starts) else 0
    sizes = (packing.width * tokens, 2 * tokens, 4 * tokens, 8 * (count + 1), 4 * count)
    for name, size in zip(FILES, sizes, strict=True):
        os.truncate(folder / name, size)
    return count


def _checksum(values: Values, scales: Scales, ids: npt.NDArray[np.int32]) -> int:
    check = 0
    for array in (values, scales, ids):
        check = zlib.crc32(np.ascontiguousarray(array).data, check)
    return check
