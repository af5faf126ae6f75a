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
Ids = npt.NDArray[np.int32]

# Chosen on MLQA, PIAF and translated FAQs; 16 to 40 tokens do about as well.
_STEP = 8  # tokens from one window to the next
_STEPS = 3  # a window has so many steps: 24 tokens, a sentence or two lines


class Block(NamedTuple):
    """A passage laid out in whole steps: its `own` tokens first, then its title's.

    Behind each of the two stand tokens of zeros, behind the title at least one; `vectors` is
    (steps * 8, dim) float32.
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


def block(tokens: Vectors, ids: Ids) -> Block:
    """Lay out a passage: its token vectors, (n, dim), of which those of the title have a negative
    id."""
    own, title = tokens[ids >= 0], tokens[ids < 0]
    begin = _steps_of(len(own)) * _STEP
    vectors = np.zeros((begin + _steps_of(len(title) + 1) * _STEP, tokens.shape[1]), np.float32)
    vectors[: len(own)] = own
    vectors[begin : begin + len(title)] = title
    return Block(vectors, len(own))


def interact(query: Vectors, weights: Vectors, blocks: Sequence[Block]) -> Interaction:
    """Let each passage interact with a question: its token vectors (m, dim), and how much each of
    them tells, (m,) of 0 or more.

    The products are cosines where both are of unit length. What the title has counts in every
    window.
    """
    if not blocks:
        return Interaction([], np.zeros((0, len(query)), np.float32), np.zeros(0, np.float32))
    products, cosines = _products(query, blocks)
    steps = _best_of_steps(products)
    sizes = np.array([len(block.vectors) for block in blocks]) // _STEP
    first = np.cumsum(sizes) - sizes
    title = first + [_steps_of(block.own) for block in blocks]
    # In turn of what is a passage's own, and of its title; of nothing, a step of the title.
    best = np.maximum.reduceat(steps, np.stack([first, title], axis=1).ravel(), axis=0)
    beside = best[1::2]
    passage = np.repeat(np.arange(len(blocks)), sizes)
    last, at = np.maximum(title - 1, first)[passage], np.arange(len(steps))
    windows = beside[passage]
    for shift in range(_STEPS):  # those that are cut off at the end lie in a full one
        np.maximum(windows, steps[np.minimum(at + shift, last)], out=windows)
    closest = np.maximum.reduceat(windows @ weights, first)
    return Interaction(cosines, np.maximum(best[::2], beside), closest)


def _products(query: Vectors, blocks: Sequence[Block]) -> tuple[Vectors, list[Vectors]]:
    """The products of all rows with the question's tokens, (rows, m), and those of each passage's
    own tokens, (m, n), which are views of them."""
    turned = np.ascontiguousarray(query.T)
    products = np.empty((sum(len(block.vectors) for block in blocks), len(query)), np.float32)
    cosines, at = [], 0
    for vectors, own in blocks:
        np.matmul(vectors, turned, out=products[at : at + len(vectors)])
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


def _steps_of(tokens: int) -> int:
    return -(-tokens // _STEP)
