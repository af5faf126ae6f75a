"""Late interaction (ColBERT, Khattab and Zaharia, SIGIR 2020) of a question with many passages.

It compares every token of a question with every token of a passage: each finds its best partner.
Besides the whole passage only a few neighbouring tokens may be looked at: words that belong
together stand together.

All passages are worked out at once, in a few products and maxima over all their tokens: a passage
at a time would cost a question more in Python than in arithmetic.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

# Chosen on MLQA, PIAF and translated FAQs; 16 to 40 tokens do about as well.
_STEP = 8  # tokens from one window to the next
_STEPS = 3  # a window has so many steps: 24 tokens, a sentence or two lines


NONE = -1  # where a passage has no title
# Multiplications of one product, from which on BLAS would share it among threads of its own. It has
# one set of them for the whole process, so that questions asked at once would wait for one another.
SHARED = 2**18


class Block(NamedTuple):
    """A text laid out in whole steps, one at least: its tokens, and behind them zeros.

    `vectors` is (steps * 8, dim) float32; the first `own` rows are tokens.
    """

    vectors: Vectors
    own: int


class Interaction(NamedTuple):
    """A question of m tokens with p passages.

    `cosines` has for each passage (m, n), a column for each of its own tokens; `aligned` (p, m) has
    the best cosine of each of the question's tokens in the passage or above it, at least 0;
    `closest` (p,) is the best weighted mean of any one window.
    """

    cosines: list[Vectors]
    aligned: Vectors
    closest: Vectors


def block(tokens: Vectors) -> Block:
    """Lay out a text: its token vectors, (n, dim)."""
    laid = lay_out(len(tokens), np.empty((rows_of(len(tokens)), tokens.shape[1]), np.float32))
    laid.vectors[: laid.own] = tokens
    return laid


def rows_of(own: int) -> int:
    """How many rows the layout of a text of so many tokens has."""
    return max(1, -(-own // _STEP)) * _STEP


def lay_out(own: int, room: Vectors) -> Block:
    """A layout for a text of so many tokens in rows of `room`; its vectors are to be filled in."""
    vectors = room[: rows_of(own)]
    vectors[own:] = 0
    return Block(vectors, own)


def interact(
    query: Vectors,
    weights: Vectors,
    blocks: Iterable[Block],
    own: Sequence[int],
    above: Sequence[Sequence[int]],
) -> Interaction:
    """Let each passage interact with a question: its token vectors (m, dim), and how much each of
    them tells, (m,) of 0 or more.

    Of each passage `own` is the number of its block, and each of `above` that of what stands above
    it, such as its title's, or NONE; a block may be that of several. The products are cosines where
    both are of unit length. What stands above counts in every window. Each block is done with
    before the next is asked for.
    """
    if not own:
        return Interaction([], np.zeros((0, len(query)), np.float32), np.zeros(0, np.float32))
    products, lengths = zip(*_products(query, blocks), strict=True)
    cosines = [each[:length].T for each, length in zip(products, lengths, strict=True)]
    steps = _best_of_steps(np.concatenate(products))
    sizes = np.array([len(each) for each in products]) // _STEP
    first = np.cumsum(sizes) - sizes
    best = np.maximum.reduceat(steps, first, axis=0).clip(min=0)
    beside, found = np.zeros_like(best[list(own)]), np.vstack([best, np.zeros_like(best[:1])])
    for numbers in above:
        np.maximum(beside, found[list(numbers)], out=beside)  # NONE is the last row
    closest = _closest(steps, weights, beside, first[list(own)], sizes[list(own)])
    return Interaction([cosines[at] for at in own], np.maximum(best[list(own)], beside), closest)


def _closest(
    steps: Vectors, weights: Vectors, beside: Vectors, first: Rows, sizes: Rows
) -> Vectors:
    """The best window of each passage, (p,), whose steps stand from `first` on."""
    ends = np.cumsum(sizes)
    at = np.arange(ends[-1]) + np.repeat(first - (ends - sizes), sizes)
    last = np.repeat(first + sizes - 1, sizes)
    windows = np.repeat(beside, sizes, axis=0)
    for shift in range(_STEPS):  # those that are cut off at the end lie in a full one
        np.maximum(windows, steps[np.minimum(at + shift, last)], out=windows)
    # Now and then it warns of an invalid value that BLAS works out beside the product, and more
    # often for `@` (https://github.com/numpy/numpy/issues/24067).
    with np.errstate(invalid="ignore"):
        return np.maximum.reduceat(windows.dot(weights), ends - sizes)


def multiply(left: Vectors, right: Vectors, out: Vectors) -> Vectors:
    """`left @ right`, (n, k) by (k, m), written to `out`, (n, m): in one thread, part by part."""
    rows = max(SHARED // max(right.size, 1), 1)
    for start in range(0, len(left), rows):
        some = slice(start, start + rows)
        np.dot(left[some], right, out=out[some])
    return out


def _products(query: Vectors, blocks: Iterable[Block]) -> Iterator[tuple[Vectors, int]]:
    """The products of each block's rows with the question's tokens, (rows, m), and how many of
    these rows are tokens."""
    turned = np.ascontiguousarray(query.T)
    for vectors, own in blocks:
        products = np.empty((len(vectors), len(query)), np.float32)
        yield multiply(vectors, turned, products), own


def _best_of_steps(products: Vectors) -> Vectors:
    """The maximum of each step: rows (steps * 8, m) become (steps, m), by halves."""
    width = products.shape[1] * _STEP
    best = products.reshape(len(products) // _STEP, width)
    while width > products.shape[1]:
        width //= 2
        best = np.maximum(best[:, :width], best[:, width:])
    return best
