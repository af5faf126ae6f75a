"""The measures of retrieval and of refusing, as numbers only: it knows no question and no passage.

A ranking is given by its gains: the grades of what was found, best first, 0 for what is not
relevant. `grades` are those of all that is relevant to the question. The means over questions
are those of `trec_eval` (success_k, recall_k, recip_rank, ndcg_cut_k).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BINS = 10  # of equal mass; the number that Guo et al. (ICML 2017) made usual
_DRAWS = 50

Numbers = npt.NDArray[np.float64]


def success(gains: Sequence[int], top_k: int) -> float:
    """1 where something relevant stands among the first `top_k`, else 0."""
    return float(any(gain > 0 for gain in gains[:top_k]))


def recall(gains: Sequence[int], grades: Sequence[int], top_k: int) -> float:
    """The share of what is relevant that stands among the first `top_k`."""
    relevant = sum(grade > 0 for grade in grades)
    return sum(gain > 0 for gain in gains[:top_k]) / relevant if relevant else 0.0


def reciprocal_rank(gains: Sequence[int], top_k: int) -> float:
    """1 over the rank of the first relevant of the first `top_k`; 0 where there is none."""
    ranks = (rank for rank, gain in enumerate(gains[:top_k], 1) if gain > 0)
    return 1 / next(ranks, math.inf)


def ndcg(gains: Sequence[int], grades: Sequence[int], top_k: int) -> float:
    """Discounted gain (Järvelin and Kekäläinen, 2002) as a share of the best that there could be.

    The gain is the grade itself, as in trec_eval.
    """
    best = _discounted(sorted(grades, reverse=True)[:top_k])
    return _discounted(gains[:top_k]) / best if best else 0.0


def _discounted(gains: Sequence[int]) -> float:
    return sum(max(gain, 0) / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """How often a positive stands above a negative, a tie counted half; None if one side lacks."""
    if not len(positive) or not len(negative):
        return None
    ordered = np.sort(np.asarray(negative))
    below = np.searchsorted(ordered, positive, side="left")
    not_above = np.searchsorted(ordered, positive, side="right")
    return float(np.mean(below + not_above) / 2 / len(ordered))


@dataclass(frozen=True, slots=True)
class Bin:
    """Cases with about the same probability: what was promised, and what was so."""

    promised: float
    observed: float
    count: int


def reliability(probabilities: Sequence[float], right: Sequence[bool]) -> list[Bin]:
    """Up to `BINS` bins of equal mass, by rising probability."""
    promised, observed = np.asarray(probabilities, float), np.asarray(right, float)
    parts = np.array_split(np.argsort(promised, kind="stable"), BINS)
    return [
        Bin(float(promised[part].mean()), float(observed[part].mean()), len(part))
        for part in parts
        if len(part)
    ]


def calibration_error(probabilities: Sequence[float], right: Sequence[bool]) -> float | None:
    """The expected calibration error: how far promised and observed lie apart, by mass."""
    bins = reliability(probabilities, right)
    if not bins:
        return None
    apart = sum(one.count * abs(one.promised - one.observed) for one in bins)
    return apart / sum(one.count for one in bins)


def chance_error(probabilities: Sequence[float]) -> float | None:
    """The calibration error to be expected of as many cases though each comes out just as probably
    as it says: the mean of random draws. None without cases."""
    if not probabilities:
        return None
    p = np.array(probabilities)
    drawn = np.random.default_rng(0).random((_DRAWS, len(p))) < p
    errors = [calibration_error(probabilities, right.tolist()) or 0.0 for right in drawn]
    return sum(errors) / len(errors)


def risk_by_coverage(
    probabilities: Sequence[float], right: Sequence[bool]
) -> tuple[Numbers, Numbers]:
    """The share of questions answered and the share of these answered wrongly, both (n,).

    One point for each probability that could be the threshold, from the highest on (El-Yaniv
    and Wiener, 2010).
    """
    promised, wrong = np.asarray(probabilities, float), 1 - np.asarray(right, float)
    order = np.argsort(-promised, kind="stable")
    answered = np.arange(1, len(order) + 1)
    last = np.append(np.diff(promised[order]) != 0, [True] * bool(len(order)))
    risk = np.cumsum(wrong[order]) / answered
    return answered[last] / max(len(order), 1), risk[last]
