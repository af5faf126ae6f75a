"""What was used lately, kept in memory as far as there is room."""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Values by number; those that were not asked for the longest make room. Safe to share between
    threads: two that lack the same value both make it."""

    def __init__(self, room: int, size: Callable[[Value], int]) -> None:
        """Keep values that together are of at most `room`, as `size` tells."""
        self._room = room
        self._size = size
        self._kept: dict[int, Value] = {}  # the oldest first
        self._filled = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(
        self, numbers: Sequence[int], make: Callable[[list[int]], Iterable[Value]]
    ) -> list[Value]:
        """The values of these numbers, in order; `make` makes those that are not kept."""
        with self._lock:
            found = {n: self._kept[n] for n in numbers if n in self._kept}
            for number, value in found.items():  # they are the newest now
                del self._kept[number]
                self._kept[number] = value
        missing = [n for n in dict.fromkeys(numbers) if n not in found]
        made = dict(zip(missing, make(missing), strict=True)) if missing else {}
        if made:
            self._keep(made)
        return [found[n] if n in found else made[n] for n in numbers]

    def _keep(self, made: dict[int, Value]) -> None:
        with self._lock:
            for number, value in made.items():
                self._filled += self._size(value) if number not in self._kept else 0
                self._kept[number] = value
            while self._filled > self._room:
                oldest = next(iter(self._kept))
                self._filled -= self._size(self._kept.pop(oldest))
