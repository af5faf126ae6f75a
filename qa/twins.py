"""Passages that say the same: word for word at another place, or in another language.

Translations are mutual nearest neighbours across languages that stand out from the rest of their
neighbourhood (the ratio margin of Artetxe and Schwenk, ACL 2019), confirmed token by token.
Where they stand is told by their vectors without what those of their language have in common.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from embeddings import TokenStore, multiply, neighbours, unit
from qa.editions import corrected
from qa.figures import figures
from qa.months import months
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
MANY = 4096  # texts; all pairs of fewer are compared in 0.1 s
SHARE = 16  # one in so many may be new: each is compared with all, and so are its neighbours
HELD = 0.5  # passages by which the mean of a language is held back: one alone is no mean


def find_twins(
    passages: Sequence[Passage],
    candidates: Iterable[Pair],
    alignment: Callable[[int, int], float],
) -> list[int | None]:
    """For each passage the number of its group of equals, or None where it stands alone.

    A group has one text a language at most, or its corrected editions, so that no chain of
    translations can join two passages of one language that differ. `candidates` are what may be
    translations, and `alignment` tells of each how well they align.
    """
    groups = _Groups([passage.language for passage in passages])
    first: dict[int, int] = {}
    for row, passage in enumerate(passages):
        groups.join(first.setdefault(passage.alike, row), row)
    for one, other in corrected(passages):
        groups.join(one, other)
    aligned = [(-alignment(*pair), *pair) for pair in candidates]
    for found, one, other in sorted(aligned):  # the surest first
        if -found < ALIGNED:
            break
        if not groups.languages(one) & groups.languages(other):
            groups.join(one, other)
    return groups.numbers()


class Known(NamedTuple):
    """What an index before this one tells, by the rows of texts: how well pairs align that may be
    translations, and which are to be compared `anew`: those that came since, or whose partner in
    a pair went."""

    alignments: Mapping[Pair, float]
    anew: Set[int]


def candidates(
    passages: Sequence[Passage],
    places: Places,
    vectors: Callable[[Places], Vectors],
    known: Known | None = None,
) -> list[Pair]:
    """Pairs of rows in two languages that stand out for one another.

    Of equal ones the first stands for all. `vectors` gives new copies of the vectors of rows in an
    index, (m, dim), among which those of passages are `places`, (n,). Where most of many are
    `known`, only the others are compared: their pairs stay, though what they stand out from may
    be a little different by now.
    """
    of: dict[Language, list[int]] = {name: [] for name in LANGUAGES}
    seen = set[int]()
    for row, passage in enumerate(passages):
        # Contact blocks look alike, and differ in the one number that is asked for.
        if passage.alike not in seen and passage.kind != "contact":
            of[passage.language].append(row)
        seen.add(passage.alike)
    stands = {passages[row].alike: row for rows in of.values() for row in rows}
    known_as = {
        int(places[row]): stands[p.alike] for row, p in enumerate(passages) if p.alike in stands
    }
    if known is None or len(known_as) < MANY or len(known_as) < SHARE * len(known.anew):
        known = Known({}, known_as.keys())
    before = ((known_as.get(one), known_as.get(other)) for one, other in known.alignments)
    pairs = {(one, other) for one, other in before if one is not None and other is not None}
    own = {name: unit(_centred(vectors(places[rows]))) for name, rows in of.items()}
    anew = {name: _among(places[rows], known.anew) for name, rows in of.items()}
    for one, other in combinations(LANGUAGES, 2):
        found = {*_mutual(own[one], own[other], anew[one])}
        if len(anew[one]) < len(own[one]):
            found |= {(left, right) for right, left in _mutual(own[other], own[one], anew[other])}
        pairs |= {(of[one][left], of[other][right]) for left, right in found}
    return sorted(pairs)


class Alignments:
    """How well passages say the same as others in another language, from 0 to 1.

    It takes a while to work out, and is kept for the next index, by the rows of their texts.
    """

    def __init__(
        self,
        passages: Sequence[Passage],
        places: Places,
        tokens: TokenStore,
        known: Mapping[Pair, float],
    ) -> None:
        """`places`, (n,), are the passages' rows in `tokens`; `known` are pairs of such rows."""
        self._passages, self._places, self._tokens = passages, places, tokens
        self._known = known
        self.found: dict[Pair, float] = {}

    def __call__(self, one: int, other: int) -> float:
        rows = int(self._places[one]), int(self._places[other])
        found = self._known.get(rows)
        if found is None:
            found = self._worked_out(self._passages[one], self._passages[other], *rows)
        self.found[rows] = found
        return found

    def _worked_out(self, one: Passage, other: Passage, left: int, right: int) -> float:
        if _contradict(one, other):
            return 0.0
        return _alignment(self._tokens.tokens(left), self._tokens.tokens(right))


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
    """Vectors of one language without their mean, which tells the language rather than a matter.

    They are changed: of many there is no room for two.
    """
    vectors -= vectors.sum(axis=0) / np.float32(len(vectors) + HELD)
    return vectors


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


def _among(places: Places, some: Set[int]) -> Rows:
    """Where in `places` these are."""
    return np.array([at for at, place in enumerate(places.tolist()) if place in some], np.int64)


def _mutual(left: Vectors, right: Vectors, rows: Rows) -> list[Pair]:
    """Pairs of these rows of `left` with one of `right` that are each other's best by margin, and
    stand out from their neighbourhood. Both are of unit length."""
    if not len(rows) or not len(right):
        return []
    there, cosines_there = neighbours(left[rows], right, NEIGHBOURS)
    met, numbers = np.unique(there, return_inverse=True)
    back, cosines_back = neighbours(right[met], left, NEIGHBOURS)
    near_right = cosines_back.mean(axis=1)
    near_left = np.zeros(len(left), np.float32)
    near_left[rows] = cosines_there.mean(axis=1)
    if len(others := np.setdiff1d(back, rows)):
        near_left[others] = neighbours(left[others], right, NEIGHBOURS)[1].mean(axis=1)
    there = numbers.reshape(there.shape)
    best_there, margins = _best(there, cosines_there, near_left[rows], near_right)
    best_back, _ = _best(back, cosines_back, near_right, near_left)
    return [
        (row, int(met[best]))
        for row, best, margin in zip(rows.tolist(), best_there, margins, strict=True)
        if best_back[best] == row and margin >= MARGIN
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

    0 where the lengths are too far apart, or few tokens do not align surely.
    """
    shorter, longer = sorted((len(one), len(other)))
    if shorter < max(SHORTEST * longer, 1):
        return 0.0
    # In one thread: where a processor is busy, a product this small waits 8 ms for a second one.
    cosines = multiply(one, other.T, np.empty((len(one), len(other)), np.float32))
    aligned = float(min(cosines.max(axis=0).mean(), cosines.max(axis=1).mean()))
    return aligned if shorter >= FEW or aligned >= SURELY else 0.0
