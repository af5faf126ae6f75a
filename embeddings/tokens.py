"""Token vectors on disk, for late interaction."""

import mmap
import os
import threading
import weakref
import zlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.errors import IndexFileError
from embeddings.interaction import Block, lay_out, rows_of
from embeddings.packing import Packing, Scales, Values

Vectors = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]
Packed = npt.NDArray[np.uint8]  # ids as they lie on disk, (n, ID_WIDTH)

VALUES, SCALES, IDS, STARTS, CHECKS = (
    "values.u1",
    "scales.f2",
    "ids.u3",
    "starts.i8",
    "checks.u4",
)
UNPACKED = 64 * 2**20  # bytes of memory; a store that takes no more is unpacked once for all
ID_WIDTH = 3  # bytes, the lowest first: the largest vocabularies have some 2**18 ids
AT_ONCE = 250  # passages that are copied in one go, some 7 MB
_SEEKING = threading.Lock()
FILES = (VALUES, SCALES, IDS, STARTS, CHECKS)


class TokenStore:
    """The token vectors of all passages; a row is read, and checked, when it is asked for.

    What is large is read and not mapped: a map brings 64 KB around each passage into memory.
    """

    def __init__(self, folder: Path, dim: int, packing: Packing) -> None:
        """Open a store that was written with this packing.

        Raises:
            IndexFileError: a file is missing or its size doesn't fit the others.
        """
        self.dim, self.packing = dim, packing
        self._folder = folder
        self._laid: dict[int, Block] = {}
        self._starts = self._map(STARTS, "<i8")
        self._checks = self._map(CHECKS, "<u4")
        widths = {VALUES: packing.width, SCALES: 2, IDS: ID_WIDTH}  # bytes a token
        self._files = {name: (self._open(name), width) for name, width in widths.items()}
        self._total = int(self._starts[-1]) if len(self._starts) else -1
        fits = all(
            os.fstat(file).st_size == self._total * width for file, width in self._files.values()
        )
        if not fits or len(self._starts) != len(self._checks) + 1:
            raise IndexFileError(f"the token vectors in {folder} don't fit one another")

    def _open(self, name: str) -> int:
        path = self._folder / name
        try:
            file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except OSError as error:
            raise IndexFileError(f"{path} is missing or damaged") from error
        weakref.finalize(self, os.close, file)
        return file

    def frequencies(self, times: npt.NDArray[np.int64]) -> tuple[Ids, Ids]:
        """The ids that occur, ascending, and in how many texts each does; both (u,) int32.

        The text of a row counts `times[row]` times, (n,). Nothing is checked.
        """
        counts = np.zeros(0, np.int64)
        for first in range(0, len(self), AT_ONCE):
            end = min(first + AT_ONCE, len(self))
            ids = unpacked(np.frombuffer(self._part(IDS, first, end), np.uint8))
            base = int(ids.max(initial=0)) + 1
            rows = np.repeat(np.arange(end - first), np.diff(self._starts[first : end + 1]))
            pairs = np.sort(rows * base + ids)
            pairs = pairs[np.diff(pairs, prepend=-1) > 0]  # np.unique takes ten times as long
            seen, ids = np.divmod(pairs, base)
            counts = np.pad(counts, (0, max(base - len(counts), 0)))
            np.add.at(counts, ids, times[first + seen])
        known = np.flatnonzero(counts)
        return known.astype(np.int32), counts[known].astype(np.int32)

    def _map(self, name: str, dtype: str) -> npt.NDArray[Any]:
        path = self._folder / name
        try:
            if path.stat().st_size == 0:  # an empty file cannot be mapped
                return np.zeros(0, dtype)
            with path.open("rb") as file:
                return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), dtype)
        except (OSError, ValueError) as error:
            raise IndexFileError(f"{path} is missing or damaged") from error

    def __len__(self) -> int:
        return len(self._checks)

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """How many tokens each text has, (n,)."""
        return np.diff(self._starts)

    def stored(self, row: int) -> tuple[Values, Scales, Packed]:
        """One passage as it lies on disk: values (n, width), scales (n,), ids (n, 3).

        Raises:
            IndexFileError: the bytes are not those that were written.
        """
        stored = self._between(row, row + 1)
        if checksum(*stored) != int(self._checks[row]):
            raise self._damaged(row)
        return stored

    def run(
        self, first: int, end: int
    ) -> tuple[
        Values,
        Scales,
        Packed,
        npt.NDArray[np.int64],
        npt.NDArray[np.uint32],
    ]:
        """The passages of the rows from `first` to before `end` as they lie on disk.

        Values (n, width), scales (n,) and ids (n, 3) of them all; of each its size and its
        checksum.

        Raises:
            IndexFileError: the bytes are not those that were written.
        """
        values, scales, ids = self._between(first, end)
        starts = self._starts[first : end + 1] - self._starts[first]
        checks = self._checks[first:end]
        for at, check in enumerate(checks.tolist()):
            own = slice(int(starts[at]), int(starts[at + 1]))
            if checksum(values[own], scales[own], ids[own]) != check:
                raise self._damaged(first + at)
        return values, scales, ids, np.diff(starts), checks

    def _between(self, first: int, end: int) -> tuple[Values, Scales, Packed]:
        """What lies on disk of the rows from `first` to before `end`, not checked."""
        values = np.frombuffer(self._part(VALUES, first, end), np.uint8)
        scales = np.frombuffer(self._part(SCALES, first, end), "<f2")
        ids = np.frombuffer(self._part(IDS, first, end), np.uint8)
        return values.reshape(-1, self.packing.width), scales, ids.reshape(-1, ID_WIDTH)

    def _part(self, name: str, first: int, end: int) -> bytes:
        """What one of the files has of the rows from `first` to before `end`."""
        start, stop = int(self._starts[first]), int(self._starts[end])
        if not 0 <= start <= stop <= self._total:
            raise self._damaged(first)
        file, width = self._files[name]
        data = _read(file, (stop - start) * width, start * width)
        if len(data) != (stop - start) * width:
            raise self._damaged(first)
        return data

    def _damaged(self, row: int) -> IndexFileError:
        return IndexFileError(f"the token vectors in {self._folder} are damaged at row {row}")

    def ids(self, row: int) -> Ids:
        """The token ids of one passage, (n,) int32."""
        return unpacked(self.stored(row)[2])

    def tokens(self, row: int) -> Vectors:
        """The token vectors of one passage, (n, dim) float32."""
        values, scales, _ids = self.stored(row)
        return self.packing.unpack(values, scales)

    def blocks(self, rows: Sequence[int]) -> Iterator[Block]:
        """The token vectors of passages, laid out to interact with a question's.

        Those of a large store are laid out in one place, one after another: each is there until
        the next is asked for. That place stays in the processor's cache, as one for each would not.

        Raises:
            IndexFileError: the bytes are not those that were written.
        """
        room = np.empty((0, self.dim), np.float32)
        for row in rows:
            if row in self._laid:
                yield self._laid[row]
                continue
            values, scales, _ids = self.stored(row)
            if self._is_small or len(room) < rows_of(len(values)):
                room = np.empty((rows_of(len(values)), self.dim), np.float32)
            laid = lay_out(len(values), room)
            self.packing.unpack(values, scales, laid.vectors[: laid.own])
            if self._is_small:
                self._laid[row] = laid
            yield laid

    @cached_property
    def _is_small(self) -> bool:
        rows = self._total + rows_of(1) * len(self)  # or fewer
        return rows * self.dim * np.dtype(np.float32).itemsize <= UNPACKED


def _read(file: int, size: int, at: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(file, size, at)
    with _SEEKING:  # Windows has one place in a file for all its readers
        os.lseek(file, at, os.SEEK_SET)
        return os.read(file, size)


def packed(ids: Ids) -> Packed:
    """Ids (n,) as they lie on disk, (n, 3).

    Raises:
        ValueError: one doesn't fit.
    """
    if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < 1 << 8 * ID_WIDTH:
        raise ValueError(f"token ids from {ids.min()} to {ids.max()} don't fit in {ID_WIDTH} bytes")
    return ids.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :ID_WIDTH]


def unpacked(ids: Packed) -> Ids:
    """Ids (n,) int32 from their bytes."""
    wide = np.zeros((ids.size // ID_WIDTH, 4), np.uint8)
    wide[:, :ID_WIDTH] = ids.reshape(-1, ID_WIDTH)
    return wide.view("<i4").reshape(-1)


def checksum(values: Values, scales: Scales, ids: Packed) -> int:
    check = 0
    for array in (values, scales, ids):
        check = zlib.crc32(np.ascontiguousarray(array).data, check)
    return check
