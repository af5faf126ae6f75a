"""Late interaction within a window of a passage, against the plain definition."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from embeddings import closest


def plainly(cosines: np.ndarray, beside: np.ndarray, weights: np.ndarray) -> float:
    """Every window of 24 tokens that starts at a multiple of 8 and is full, or the last."""
    starts = range(0, max(1, -(-cosines.shape[1] // 8) - 2) * 8, 8)
    found = [cosines[:, start : start + 24].max(axis=1, initial=-9) for start in starts]
    return max(float(np.maximum(best, beside) @ weights) for best in found)


@given(st.integers(1, 5), st.integers(0, 90), st.integers(0, 2**32 - 1))
def test_it_is_the_best_window_of_24_tokens(asked: int, tokens: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    cosines = random.uniform(-1, 1, (asked, tokens)).astype(np.float32)
    beside = random.uniform(0, 1, asked).astype(np.float32)
    weights = random.uniform(0, 1, asked).astype(np.float32)
    assert closest(cosines, beside, weights) == pytest.approx(
        plainly(cosines, beside, weights), abs=1e-5
    )


def test_words_that_stand_together_score_more_than_words_far_apart() -> None:
    weights, nothing = np.full(2, 0.5, np.float32), np.zeros(2, np.float32)
    together, apart = np.zeros((2, 96), np.float32), np.zeros((2, 96), np.float32)
    together[0, 40] = together[1, 45] = 1
    apart[0, 0] = apart[1, 90] = 1
    assert closest(together, nothing, weights) == 1.0  # both words in one window: 0.5 + 0.5
    assert closest(apart, nothing, weights) == 0.5


def test_what_the_title_has_counts_in_every_window() -> None:
    weights = np.full(2, 0.5, np.float32)
    cosines = np.zeros((2, 96), np.float32)
    cosines[0, 90] = 1
    assert closest(cosines, np.array([0, 0.8], np.float32), weights) == pytest.approx(0.9)
