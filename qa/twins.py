"""Passages that say the same: word for word at another place, or in another language.

Translations are mutual nearest neighbours across languages that stand out from the rest of their
neighbourhood (the ratio margin of Artetxe and Schwenk, ACL 2019), confirmed token by token.
Where they stand is told by their vectors without what those of their language have in common.
"""

from collections.abc import Callable, Iterable, Sequence, Set
from itertools import combinations

import numpy as np
import numpy.typing as npt

from embeddings import TokenStore, multiply, neighbours
from qa.editions import corrected
from qa.figures import figures
from qa.reading.dates import months
from qa.types import LANGUAGES, Language, Passage

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Pair = tuple[int, int]

NEIGHBOURS = 4  # of a passage in another language, with which its best match is compared
# Chosen on translated FAQs, where the pairs are known, and far from both sides on the seeds: their
# translations align at 0.64 and more, what merely treats the same matter at 0.56 and less.
MARGIN = 1.1
ALIGNED = 0.58
# A few tokens align by chance: "From the new chair" with "Nueva sede" (new premises) at 0.65.
FEW, SURELY = 8, 0.7
SHORTEST = 0.5  # of the longer one's tokens; else that one tells too much more (seen on MLQA)
HELD = 0.5  # passages by which the mean of a language is held back: one alone is no mean


def find_twins(
    passages: Sequence[Passage],
    keys: Sequence[str],
    candidates: Iterable[Pair],
    places: Places,
    tokens: TokenStore,
) -> list[int | None]:
    """For each passage the number of its group of equals, or None where it stands alone.

    A group has one text a language at most, or its corrected editions, so that no chain of
    translations can join two passages of one language that differ. `keys` are the passages'
    `same_words`, `candidates` what may be translations, and `places`, (n,), the passages' rows in
    `tokens`.
    """
    groups = _Groups([passage.language for passage in passages])
    first: dict[str, int] = {}
    for row, key in enumerate(keys):
        groups.join(first.setdefault(key, row), row)
    for one, other in corrected(passages, keys):
        groups.join(one, other)
    for one, other in _confirmed(candidates, passages, places, tokens):
        if not groups.languages(one) & groups.languages(other):
            groups.join(one, other)
    return groups.numbers()


def candidates(
    passages: Sequence[Passage],
    keys: Sequence[str],
    places: Places,
    vectors: Callable[[Places], Vectors],
) -> list[Pair]:
    """Pairs of rows in two languages that stand out for one another.

    `keys` are the passages' `same_words`: of equal ones the first stands for all. `vectors` gives
    the vectors of rows in an index, (m, dim), among which those of passages are `places`, (n,).
    """
    of: dict[Language, list[int]] = {name: [] for name in LANGUAGES}
    for row in sorted(dict(zip(reversed(keys), reversed(range(len(keys))), strict=True)).values()):
        # Contact blocks look alike, and differ in the one number that is asked for.
        if passages[row].kind != "contact":
            of[passages[row].language].append(row)
    own = {name: _centred(vectors(places[rows])) for name, rows in of.items()}
    return [
        (of[one][left], of[other][right])
        for one, other in combinations(LANGUAGES, 2)
        for left, right in _mutual(own[one], own[other])
    ]


class _Groups:
    """Disjoint sets of rows; a set is known by its lowest row."""

    def __init__(self, languages: Sequence[Language]) -> None:
        self._languages = languages
        self._of = list(range(len(languages)))
        self._members = {row: [row] for row in self._of}

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self._of[one], self._of[other]))
        if low == high:
            return
        moved = self._members.pop(high)
        self._members[low] += moved
        for row in moved:
            self._of[row] = low

    def languages(self, row: int) -> set[Language]:
        """The languages of all that are equal to `row`."""
        return {self._languages[member] for member in self._members[self._of[row]]}

    def numbers(self) -> list[int | None]:
        return [group if len(self._members[group]) > 1 else None for group in self._of]


def _centred(vectors: Vectors) -> Vectors:
    """Vectors of one language without their mean, which tells the language rather than a matter."""
    centred: Vectors = vectors - vectors.sum(axis=0) / np.float32(len(vectors) + HELD)
    return centred


def _confirmed(
    pairs: Iterable[Pair],
    passages: Sequence[Passage],
    places: Places,
    tokens: TokenStore,
) -> list[Pair]:
    """Those of these pairs that say the same, the surest first."""
    found = []
    for one, other in pairs:
        if not _contradict(passages[one], passages[other]):
            left, right = tokens.tokens(places[one]), tokens.tokens(places[other])
            aligned = _alignment(left, right)
            if aligned >= (ALIGNED if min(len(left), len(right)) >= FEW else SURELY):
                found.append((-aligned, one, other))
    return [(one, other) for _, one, other in sorted(found)]


def _contradict(one: Passage, other: Passage) -> bool:
    """Whether each names a figure or a month that the other doesn't: an older edition, or the same
    matter at another place. One more on one side only is common in translations.
    """
    for told in (_figures, _months):
        here = told(one)
        there = told(other) if here else here  # it takes a while, and most name none
        if not (here <= there or there <= here):
            return True
    return False


def _figures(passage: Passage) -> Set[object]:
    return figures(passage.search_text, passage.language)


def _months(passage: Passage) -> Set[object]:
    return months(passage.search_text)


def _mutual(left: Vectors, right: Vectors) -> list[Pair]:
    """Pairs that are each other's best by margin, and stand out from their neighbourhood."""
    if not len(left) or not len(right):
        return []
    there, cosines_there = neighbours(left, right, NEIGHBOURS)
    back, cosines_back = neighbours(right, left, NEIGHBOURS)
    near_left, near_right = cosines_there.mean(axis=1), cosines_back.mean(axis=1)
    best_there, margins = _best(there, cosines_there, near_left, near_right)
    best_back, _ = _best(back, cosines_back, near_right, near_left)
    return [
        (one, int(other))
        for one, other in enumerate(best_there)
        if best_back[other] == one and margins[one] >= MARGIN
    ]


def _best(
    rows: Rows, cosines: Vectors, near: Vectors, near_others: Vectors
) -> tuple[Rows, Vectors]:
    """For each vector its best neighbour by ratio margin, (n,), and that margin, (n,).

    `rows` and `cosines`, (n, k), are its neighbours; `near` and `near_others` are the mean cosines
    of both sides with their own neighbours.
    """
    near_both = np.maximum((near[:, None] + near_others[rows]) / 2, 1e-6)
    margins = (cosines / near_both).astype(np.float32)
    at = margins.argmax(axis=1)[:, None]
    return np.take_along_axis(rows, at, 1)[:, 0], np.take_along_axis(margins, at, 1)[:, 0]


def _alignment(one: Vectors, other: Vectors) -> float:
    """Late interaction both ways; the poorer counts, so that a part is not its whole.

    0 where the lengths are too far apart.
    """
    # In one thread: where a processor is busy, a product this small waits 8 ms for a second one.
    cosines = multiply(one, other.T, np.empty((len(one), len(other)), np.float32))
    if min(cosines.shape) < max(SHORTEST * max(cosines.shape), 1):
        return 0.0
    return float(min(cosines.max(axis=0).mean(), cosines.max(axis=1).mean()))
