"""Writing token vectors to disk, and mending what a writer left that was killed."""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from embeddings.packing import Packing, Scales, Values
from embeddings.tokens import (
    AT_ONCE,
    CHECKS,
    FILES,
    ID_WIDTH,
    IDS,
    SCALES,
    STARTS,
    VALUES,
    Ids,
    Packed,
    TokenStore,
    Vectors,
    checksum,
    packed,
)


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
        stored = values, scales, packed(ids)
        self._add(*stored, np.array([len(ids)], "<i8"), np.array([checksum(*stored)], "<u4"))

    def copy(self, store: TokenStore, start: int, count: int) -> None:
        """Add `count` passages as another store has them from the row `start` on: bit for bit,
        or packed again if that store packs them otherwise.

        Raises:
            IndexFileError: the bytes are not those that were written.
        """
        for first in range(start, start + count, AT_ONCE):
            if store.packing.name != self._packing.name:
                for row in range(first, min(first + AT_ONCE, start + count)):
                    self.append(store.tokens(row), store.ids(row))
                continue
            self._add(*store.run(first, min(first + AT_ONCE, start + count)))

    def _add(
        self,
        values: Values,
        scales: Scales,
        ids: Packed,
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


def mend(folder: Path, packing: Packing, most: int) -> int:
    """Cut the files of a store whose writer was killed to whole passages, `most` at most.

    Returns their number.

    Raises:
        OSError: a file is missing, or cannot be written.
    """
    starts = np.fromfile(folder / STARTS, "<i8")
    room = min(
        (folder / name).stat().st_size // size
        for name, size in ((VALUES, packing.width), (SCALES, 2), (IDS, ID_WIDTH))
    )
    count = min((folder / CHECKS).stat().st_size // 4, max(len(starts) - 1, 0), most)
    count = min(count, int(np.searchsorted(starts[1 : count + 1], room, side="right")))
    tokens = int(starts[count]) if len(starts) else 0
    sizes = (packing.width * tokens, 2 * tokens, ID_WIDTH * tokens, 8 * (count + 1), 4 * count)
    for name, size in zip(FILES, sizes, strict=True):
        os.truncate(folder / name, size)
    return count
