"""Late interaction of a question with passages, against the plain definition."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, strategies as st

from embeddings import NONE, Interaction, interact
from embeddings.interaction import SHARED, block

Vectors = np.ndarray
DIM = 6
short = st.integers(0, 20)
sizes = st.lists(st.tuples(st.integers(0, 60), short, short), max_size=6)


def each_alone(query: Vectors, weights: Vectors, parts: Sequence[Sequence[Vectors]]) -> Interaction:
    """Passages with the same number of texts above each, such as a title."""
    blocks = [block(tokens) for part in parts for tokens in part]
    width = len(parts[0]) if parts else 1
    own, *above = (list(range(at, len(blocks), width)) for at in range(width))
    return interact(query, weights, blocks, own, above)


def plainly(cosines: Vectors, beside: Vectors, weights: Vectors) -> float:
    """Every window of 24 tokens that starts at a multiple of 8 and is full, or the last."""
    starts = range(0, max(1, -(-cosines.shape[1] // 8) - 2) * 8, 8)
    found = [cosines[:, start : start + 24].max(axis=1, initial=-9) for start in starts]
    return max(float(np.maximum(best, beside) @ weights) for best in found)


@given(st.integers(0, 5), sizes, st.integers(0, 2**32 - 1))
def test_each_passage_interacts_as_if_it_were_alone(
    asked: int, passages: list[tuple[int, int, int]], seed: int
) -> None:
    random = np.random.default_rng(seed)

    def some(count: int) -> Vectors:
        return random.uniform(-1, 1, (count, DIM)).astype(np.float32)

    query, weights = some(asked), random.uniform(0, 1, asked).astype(np.float32)
    parts = [tuple(map(some, counts)) for counts in passages]
    late = each_alone(query, weights, parts)
    assert late.aligned.shape == (len(parts), asked)
    for (own, *above), cosines, aligned, closest in zip(parts, *late, strict=True):
        beside = (query @ np.concatenate(above).T).max(axis=1, initial=0)
        assert cosines == pytest.approx(query @ own.T, abs=1e-5)
        best = np.maximum((query @ own.T).max(axis=1, initial=0), beside)
        assert aligned == pytest.approx(best, abs=1e-5)
        assert closest == pytest.approx(plainly(query @ own.T, beside, weights), abs=1e-5)


def test_products_of_long_texts_are_the_same_and_too_small_for_blas_to_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(0)
    query, own = (random.uniform(-1, 1, (n, 384)).astype(np.float32) for n in (30, 500))
    multiply, sizes = np.dot, []

    def measured(a: Vectors, b: Vectors, out: Vectors) -> Vectors:
        sizes.append(a.size * b.shape[1])
        return multiply(a, b, out=out)

    monkeypatch.setattr(np, "dot", measured)
    late = interact(query, np.full(30, 1 / 30), [block(own)], [0], [[NONE]])
    assert late.cosines[0] == pytest.approx(query @ own.T, abs=1e-4)
    assert max(sizes) <= SHARED < sum(sizes)


def test_passages_share_blocks_and_may_have_no_title() -> None:
    tokens = np.eye(4, dtype=np.float32)
    blocks = [block(tokens[:1]), block(tokens[1:3]), block(tokens[3:])]
    late = interact(tokens, np.full(4, 0.25), blocks, [1, 1, 0], [[NONE, 2, 2]])
    assert [cosines.shape for cosines in late.cosines] == [(4, 2), (4, 2), (4, 1)]
    assert late.aligned.tolist() == [[0, 1, 1, 0], [0, 1, 1, 1], [1, 0, 0, 1]]
    assert late.closest.tolist() == [0.5, 0.75, 0.5]


def closest(found: list[int | None], title: float = 0) -> float:
    """Of a passage of 96 tokens that has each of two words where `found` says, if at all, and the
    second word in its title so far."""
    own = np.zeros((96, 2), np.float32)
    for word, at in enumerate(found):
        if at is not None:
            own[at, word] = 1
    query, weights = np.eye(2, dtype=np.float32), np.full(2, 0.5, np.float32)
    return float(each_alone(query, weights, [(own, np.float32([[0, title]]))]).closest[0])


def test_words_that_stand_together_score_more_than_words_far_apart() -> None:
    assert closest([40, 45]) == 1.0  # both words in one window: 0.5 + 0.5
    assert closest([0, 90]) == 0.5


def test_what_the_title_has_counts_in_every_window() -> None:
    assert closest([90, None], title=0.8) == pytest.approx(0.9)
