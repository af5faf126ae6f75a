"""Late interaction (ColBERT, Khattab and Zaharia, SIGIR 2020) of a question with many passages.

It compares every token of a question with every token of a passage: each finds its best partner.
Besides the whole passage only a few neighbouring tokens may be looked at: words that belong
together stand together.

All passages are worked out at once, in a few products and maxima over all their tokens: a passage
at a time would cost a question more in Python than in arithmetic.
"""

from collections.abc import Sequence
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
    the best cosine of each of the question's tokens in the passage or its title, at least 0;
    `closest` (p,) is the best weighted mean of any one window.
    """

    cosines: list[Vectors]
    aligned: Vectors
    closest: Vectors


def block(tokens: Vectors) -> Block:
    """Lay out a text: its token vectors, (n, dim)."""
    laid = empty_block(*tokens.shape)
    laid.vectors[: laid.own] = tokens
    return laid


def empty_block(own: int, dim: int) -> Block:
    """A layout for a text of so many tokens, whose vectors are still to be filled in."""
    steps = max(1, -(-own // _STEP))
    vectors = np.empty((steps * _STEP, dim), np.float32)
    vectors[own:] = 0
    return Block(vectors, own)


def interact(
    query: Vectors,
    weights: Vectors,
    blocks: Sequence[Block],
    own: Sequence[int],
    titles: Sequence[int],
) -> Interaction:
    """Let each passage interact with a question: its token vectors (m, dim), and how much each of
    them tells, (m,) of 0 or more.

    Of each passage `own` is the number of its block, `titles` that of its title's, or NONE; a
    block may be that of several. The products are cosines where both are of unit length. What the
    title has counts in every window.
    """
    if not own:
        return Interaction([], np.zeros((0, len(query)), np.float32), np.zeros(0, np.float32))
    products, cosines = _products(query, blocks)
    steps = _best_of_steps(products)
    sizes = np.array([len(block.vectors) for block in blocks]) // _STEP
    first = np.cumsum(sizes) - sizes
    best = np.maximum.reduceat(steps, first, axis=0).clip(min=0)
    beside = np.vstack([best, np.zeros_like(best[:1])])[list(titles)]  # NONE is the last row
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
    return np.maximum.reduceat(windows @ weights, ends - sizes)


def multiply(left: Vectors, right: Vectors, out: Vectors) -> Vectors:
    """`left @ right`, (n, k) by (k, m), written to `out`, (n, m): in one thread, part by part."""
    rows = max(SHARED // max(right.size, 1), 1)
    for start in range(0, len(left), rows):
        some = slice(start, start + rows)
        np.matmul(left[some], right, out=out[some])
    return out


def _products(query: Vectors, blocks: Sequence[Block]) -> tuple[Vectors, list[Vectors]]:
    """The products of all rows with the question's tokens, (rows, m), and those of each block's
    tokens, (m, n), which are views of them."""
    turned = np.ascontiguousarray(query.T)
    products = np.empty((sum(len(block.vectors) for block in blocks), len(query)), np.float32)
    cosines, at = [], 0
    for vectors, own in blocks:
        multiply(vectors, turned, products[at : at + len(vectors)])
        cosines.append(products[at : at + own].T)
        at += len(vectors)
    return products, cosines


def _best_of_steps(products: Vectors) -> Vectors:
    """The maximum of each step: rows (steps * 8, m) become (steps, m), by halves."""
    width = products.shape[1] * _STEP
    best = products.reshape(len(products) // _STEP, width)
    while width > products.shape[1]:
        width //= 2
        best = np.maximum(best[:, :width], best[:, width:])
    return best
