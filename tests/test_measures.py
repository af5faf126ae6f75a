"""The measures, against ir_measures and against arithmetic that a person can follow."""

import math
import re
from itertools import pairwise

import ir_measures
import numpy as np
import pytest
from hypothesis import given, strategies as st
from ir_measures import RR, R, Success, nDCG

from qa import measures
from qa.report import strictly_falling

REFERENCE = {
    "success@1": Success @ 1,
    "success@3": Success @ 3,
    "success@5": Success @ 5,
    "recall@10": R @ 10,
    "MRR@10": RR @ 10,
    "nDCG@10": nDCG @ 10,
}
DOCS = [f"d{number}" for number in range(25)]

rankings = st.lists(st.sampled_from(DOCS), unique=True, min_size=1, max_size=25)
judgements = st.dictionaries(st.sampled_from(DOCS), st.integers(0, 3), min_size=1).filter(
    lambda grades: any(grades.values())
)
shares = st.lists(st.integers(0, 8).map(lambda n: n / 8), min_size=1, max_size=30)


def ours(ranking: list[str], grades: dict[str, int]) -> dict[str, float]:
    gains, wanted = [grades.get(doc, 0) for doc in ranking], list(grades.values())
    return {
        **{f"success@{k}": measures.success(gains, k) for k in (1, 3, 5)},
        "recall@10": measures.recall(gains, wanted, 10),
        "MRR@10": measures.reciprocal_rank(gains, 10),
        "nDCG@10": measures.ndcg(gains, wanted, 10),
    }


@given(rankings, judgements, st.lists(st.sampled_from([0.1, 0.5, 0.5000001, 1e-9]), min_size=25))
def test_every_measure_is_that_of_ir_measures(
    ranking: list[str], grades: dict[str, int], scores: list[float]
) -> None:
    """Also where scores are tied or nearly so: the run keeps the ranking that was measured."""
    falling = strictly_falling(sorted(scores, reverse=True))
    run = {"q": dict(zip(ranking, falling, strict=False))}
    theirs = ir_measures.calc_aggregate(list(REFERENCE.values()), {"q": grades}, run)
    for name, value in ours(ranking, grades).items():
        assert value == pytest.approx(theirs[REFERENCE[name]], abs=1e-6), name


@given(st.lists(st.floats(-1e6, 1e6), max_size=50))
def test_the_scores_of_a_run_fall_strictly_in_32_bits_and_in_print(scores: list[float]) -> None:
    ordered = sorted(scores, reverse=True)
    printed = [np.float32(f"{score:.9g}") for score in strictly_falling(ordered)]
    assert all(one > other for one, other in pairwise(printed))


def test_a_grade_is_the_gain() -> None:
    """The better of two is second: (1 + 3 / log2 3) of (3 + 1 / log2 3)."""
    third = math.log2(3)
    assert measures.ndcg([1, 3], [3, 1], 10) == pytest.approx((1 + 3 / third) / (3 + 1 / third))


def test_what_was_not_found_counts_as_nothing() -> None:
    assert measures.recall([], [1, 1], 10) == 0
    assert measures.reciprocal_rank([0] * 10 + [1], 10) == 0
    assert measures.ndcg([], [2], 10) == 0
    assert measures.success([], 1) == 0


@given(shares, shares)
def test_auroc_is_the_share_of_pairs_in_order_with_ties_counted_half(
    positive: list[float], negative: list[float]
) -> None:
    pairs = [(p, n) for p in positive for n in negative]
    wanted = sum((p > n) + (p == n) / 2 for p, n in pairs) / len(pairs)
    assert measures.auroc(positive, negative) == pytest.approx(wanted)


def test_auroc_needs_both_sides() -> None:
    assert measures.auroc([0.5], []) is None
    assert measures.auroc([], [0.5]) is None


def test_the_calibration_error_is_how_far_promise_and_outcome_lie_apart() -> None:
    """Ten bins of two: five promise 0.9 and keep 1.0, five promise 0.2 and keep 0.5."""
    probabilities = [0.2] * 10 + [0.9] * 10
    right = [True, False] * 5 + [True] * 10
    assert measures.calibration_error(probabilities, right) == pytest.approx(0.5 * 0.1 + 0.5 * 0.3)
    assert [one.count for one in measures.reliability(probabilities, right)] == [2] * 10
    assert measures.calibration_error([], []) is None


@given(shares)
def test_a_score_that_is_always_kept_has_no_calibration_error(values: list[float]) -> None:
    certain = [float(value >= 0.5) for value in values]
    assert measures.calibration_error(certain, [value >= 0.5 for value in values]) == 0


def test_risk_grows_with_what_is_answered_at_lower_probabilities() -> None:
    """At 0.9 one of two is wrong; to 0.5 one of three; to 0.1 two of four. Ties go together."""
    coverage, risk = measures.risk_by_coverage([0.9, 0.1, 0.5, 0.9], [True, False, True, False])
    assert coverage.tolist() == [2 / 4, 3 / 4, 4 / 4]
    assert risk.tolist() == pytest.approx([1 / 2, 1 / 3, 2 / 4])


def test_the_measures_know_nothing_of_qa() -> None:
    assert measures.__file__ is not None
    with open(measures.__file__, encoding="utf-8") as source:
        assert not re.search(r"^(from|import) (qa|embeddings)", source.read(), re.MULTILINE)


def test_a_perfect_score_of_few_cases_is_off_by_chance() -> None:
    assert measures.chance_error([]) is None
    assert measures.chance_error([0.0, 1.0] * 20) == 0.0
    assert measures.chance_error([0.5] * 10) == pytest.approx(
        0.5
    )  # a case a bin is right, or it is not
    small, large = measures.chance_error([0.5] * 100), measures.chance_error([0.5] * 10_000)
    assert small is not None
    assert large is not None
    assert small == pytest.approx(0.126, abs=0.015)  # 0.8 of a standard deviation of ten throws
    assert large == pytest.approx(0.0126, abs=0.0015)
