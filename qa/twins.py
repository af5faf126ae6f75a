"""Passages that say the same: word for word at another place, or in another language.

Translations are mutual nearest neighbours across languages that stand out from the rest of their
neighbourhood (the ratio margin of Artetxe and Schwenk, ACL 2019), confirmed token by token.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from embeddings import TokenStore, unit
from qa.types import LANGUAGES, Passage

Vectors = npt.NDArray[np.float32]

NEIGHBOURS = 4  # of a passage in another language, with which its best match is compared
# Chosen on translated FAQs, where the pairs are known, and far from both sides on the seeds: their
# translations align at 0.64 and more, what merely treats the same matter at 0.56 and less.
MARGIN = 1.05
ALIGNED = 0.58
_BLOCK = 1024  # rows compared at once, so that memory doesn't grow with the square of the corpus


def find_twins(passages: Sequence[Passage], tokens: TokenStore) -> list[int | None]:
    """For each passage the number of its group of equals, or None where it stands alone."""
    groups = _Groups(len(passages))
    first: dict[str, int] = {}
    for row, passage in enumerate(passages):
        groups.join(first.setdefault(_same_words(passage), row), row)
    originals = sorted(set(first.values()))
    for one, other in _translations(originals, passages, tokens):
        groups.join(one, other)
    return groups.numbers()


def _same_words(passage: Passage) -> str:
    return f"{passage.language} {' '.join(passage.search_text.casefold().split())}"


class _Groups:
    """Disjoint sets of rows; a set is known by its lowest row."""

    def __init__(self, size: int) -> None:
        self._of = list(range(size))
        self._members = {row: [row] for row in range(size)}

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self._of[one], self._of[other]))
        if low == high:
            return
        moved = self._members.pop(high)
        self._members[low] += moved
        for row in moved:
            self._of[row] = low

    def numbers(self) -> list[int | None]:
        return [group if len(self._members[group]) > 1 else None for group in self._of]


def _translations(
    rows: Sequence[int], passages: Sequence[Passage], tokens: TokenStore
) -> Iterator[tuple[int, int]]:
    """Pairs of rows that say the same in two languages.

    Contact blocks are left out: they look alike, and differ in the one number that is asked for.
    """
    rows = [row for row in rows if passages[row].kind != "contact"]
    of = {name: [row for row in rows if passages[row].language == name] for name in LANGUAGES}
    pooled = {name: _pooled(of[name], tokens) for name in LANGUAGES}
    for one, other in combinations(LANGUAGES, 2):
        if not of[one] or not of[other]:
            continue
        for left, right in _mutual(pooled[one], pooled[other]):
            pair = of[one][left], of[other][right]
            if _alignment(tokens, *pair) >= ALIGNED:
                yield pair


def _own(tokens: TokenStore, row: int) -> Vectors:
    """A passage's own token vectors, without those of its title."""
    return tokens.tokens(row)[tokens.ids(row) >= 0]


def _pooled(rows: Sequence[int], tokens: TokenStore) -> Vectors:
    """The mean token vector of each passage, (n, dim) of unit length."""
    means = np.zeros((len(rows), tokens.dim), np.float32)
    for at, row in enumerate(rows):
        own = _own(tokens, row)
        if len(own):
            means[at] = own.mean(axis=0)
    return unit(means)


def _mutual(left: Vectors, right: Vectors) -> list[tuple[int, int]]:
    """Pairs that are each other's best by margin, and stand out from their neighbourhood."""
    near_left, near_right = _neighbourhood(left, right), _neighbourhood(right, left)
    there, margins = _best(left, right, near_left, near_right)
    back, _ = _best(right, left, near_right, near_left)
    return [
        (one, int(other))
        for one, other in enumerate(there)
        if back[other] == one and margins[one] >= MARGIN
    ]


def _neighbourhood(left: Vectors, right: Vectors) -> Vectors:
    """The mean cosine of each vector with its nearest on the other side, (n,)."""
    k = min(NEIGHBOURS, len(right))
    parts = [
        np.partition(left[at : at + _BLOCK] @ right.T, -k, axis=1)[:, -k:].mean(axis=1)
        for at in range(0, len(left), _BLOCK)
    ]
    return np.concatenate(parts)


def _best(
    left: Vectors, right: Vectors, near_left: Vectors, near_right: Vectors
) -> tuple[npt.NDArray[np.int64], Vectors]:
    """For each vector on the left its best on the right by ratio margin, and that margin."""
    best, margins = [], []
    for at in range(0, len(left), _BLOCK):
        near = (near_left[at : at + _BLOCK, None] + near_right[None, :]) / 2
        ratio = (left[at : at + _BLOCK] @ right.T) / np.maximum(near, 1e-6)
        best.append(ratio.argmax(axis=1))
        margins.append(ratio.max(axis=1))
    return np.concatenate(best), np.concatenate(margins)


def _alignment(tokens: TokenStore, one: int, other: int) -> float:
    """Late interaction both ways; the poorer counts, so that a part is not its whole."""
    cosines = _own(tokens, one) @ _own(tokens, other).T
    if not cosines.size:
        return 0.0
    return float(min(cosines.max(axis=0).mean(), cosines.max(axis=1).mean()))
