"""Fit the map from evidence to probability on questions whose answers are known.

Of every set one half is fitted on, and the other reports. A half is drawn by the question's text,
so a question that stands in several sets is in the same half of each.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qa import measures
from qa.calibration import Calibration, features
from qa.evaluation import ALL, parts_of
from qa.filters import Filter
from qa.judgements import Judged, Question
from qa.published import Published
from qa.retriever import Hit

RIDGE = 1e-3  # of a feature in units of its spread, a case
REFUSED = 0.04  # of the answerable questions: the threshold is the highest that refuses no more
ALL_SETS = "all sets"
_WIDTHS = {"cases": 7, "AUROC": 8, "refused": 9, "answered": 10, "calibration error": 19}
_WIDTHS["by chance"] = 11
_STEPS = 60  # of Newton's method; it has settled after ten
_HALVINGS = 20  # of a step, at most

Vector = npt.NDArray[np.float64]
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Case:
    """What speaks for the passage that came first, and whether it is `right`.

    `answerable` says whether anything would have been. `part` and `pair` name the set and the
    languages. `fitted` tells the half.
    """

    values: Mapping[str, float]
    right: bool
    answerable: bool
    part: str
    pair: str
    fitted: bool


def is_fitted(question: str) -> bool:
    """The half that a question belongs to: fitted on, or reported."""
    return zlib.crc32(question.encode("utf-8", "replace")) % 2 == 1


def case(hit: Hit, question: Question, right: bool, answerable: bool, part: str, pair: str) -> Case:
    return Case(features(hit), right, answerable, part, pair, is_fitted(question.text))


def cases(bot: Published, judged: Judged, part: str, progress: Progress) -> Iterator[Case]:
    """Every question in every language of passages. Where the set has no unanswerable questions,
    the answers of every second one are hidden, so that there are as many on the matter."""
    languages = {text.id: text.language for text in judged.corpus}
    questions = [*judged.answerable, *judged.unanswerable]
    for number, question in enumerate(questions):
        progress("asking the questions", number / len(questions))
        hidden = number % 2 == 1 and not judged.unanswerable
        for among in parts_of(judged, None):
            grades = {d for d in question.grades if among in (ALL, languages[d])}
            if question.grades and not grades:
                continue
            hits = bot.hits(
                question.text,
                language=question.language,
                where=Filter() if among == ALL else Filter(only=(among,)),
                hidden=frozenset(bot.rows[d] for d in question.grades) if hidden else (),
            )
            if hits:
                can = bool(grades) and not hidden
                right = can and hits[0].passage.doc_id in grades
                yield case(hits[0], question, right, can, part, f"{question.language}→{among}")


def fit(cases: Sequence[Case], shares: Mapping[str, float]) -> Calibration:
    """A logistic regression with a small ridge, by Newton's method; `shares` weighs the sets.

    The threshold is chosen for all sets alike; see `threshold`.
    """
    names = list(cases[0].values)
    x = np.array([[case.values[name] for name in names] for case in cases])
    y = np.array([case.right for case in cases], float)
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    beta = _newton((x - mean) / spread, y, _weights(cases, shares))
    slopes = beta[:-1] / spread
    weights = {name: float(slope) for name, slope in zip(names, slopes, strict=True)}
    fitted = Calibration(weights, float(beta[-1] - slopes @ mean), 0.0)
    return Calibration(fitted.weights, fitted.intercept, threshold(fitted, cases))


def threshold(calibration: Calibration, cases: Sequence[Case]) -> float:
    """The highest probability that refuses no more than `REFUSED` of the answerable questions."""
    can = [calibration.of(case.values) for case in cases if case.answerable]
    return float(np.quantile(can, REFUSED)) if can else 0.0


def _weights(cases: Sequence[Case], shares: Mapping[str, float]) -> Vector:
    """Every set counts by its share, however many cases it has."""
    sizes: dict[str, int] = {}
    for case in cases:
        sizes[case.part] = sizes.get(case.part, 0) + 1
    weights = np.array([shares.get(case.part, 1.0) / sizes[case.part] for case in cases])
    balanced: Vector = weights * (len(cases) / weights.sum())
    return balanced


def _newton(x: Vector, y: Vector, weights: Vector) -> Vector:
    ridge = np.diag([RIDGE * len(x)] * x.shape[1] + [0.0])  # the last is the intercept
    x = np.column_stack([x, np.ones(len(x))])
    beta = np.zeros(x.shape[1])

    def loss(beta: Vector) -> float:
        logits = x @ beta
        return float(weights @ (np.logaddexp(0, logits) - y * logits) + beta @ ridge @ beta / 2)

    for _ in range(_STEPS):
        p = (1 + np.tanh(x @ beta / 2)) / 2  # the logistic function, without an overflow
        gradient = x.T @ (weights * (y - p)) - ridge @ beta
        hessian = (x * (weights * p * (1 - p))[:, None]).T @ x + ridge
        step = np.linalg.solve(hessian, gradient)
        for _ in range(_HALVINGS):  # where right and wrong are far apart, a whole step goes too far
            if loss(beta + step) <= loss(beta):
                break
            step = step / 2
        beta = beta + step
    return beta


def report(calibration: Calibration, cases: Sequence[Case]) -> Iterator[str]:
    """A line a set, and below it one a pair of languages; then the pairs of all sets together.

    Beside the calibration error stands what a perfect score would have by chance: a few cases never
    come out as probable as they are.
    """
    head = ("cases", "AUROC", "refused", "answered", "calibration error", "by chance")
    yield f"{'':34}" + "".join(f"{title:>{_WIDTHS[title]}}" for title in head)
    for part in dict.fromkeys([*(case.part for case in cases), ALL_SETS]):
        there = [case for case in cases if part in (case.part, ALL_SETS)]
        yield _line(part, calibration, there, there)
        pairs = sorted({case.pair for case in there})
        for pair in pairs if len(pairs) > 1 else ():
            some = [case for case in there if case.pair == pair]
            yield _line(f"  {pair}", calibration, some, there)


def _line(
    label: str, calibration: Calibration, cases: Sequence[Case], others: Sequence[Case]
) -> str:
    """The measures of some cases. Where none of them can be answered, AUROC tells them from those
    of the `others` that can."""
    p = [calibration.of(case.values) for case in cases]
    can = [q for q, case in zip(p, cases, strict=True) if case.answerable]
    cannot = [q for q, case in zip(p, cases, strict=True) if not case.answerable]
    values = (
        measures.auroc(can or [calibration.of(c.values) for c in others if c.answerable], cannot),
        sum(q < calibration.threshold for q in can) / len(can) if can else None,
        sum(q >= calibration.threshold for q in cannot) / len(cannot) if cannot else None,
        measures.calibration_error(p, [case.right for case in cases]),
        measures.chance_error(p),
    )
    shown = [str(len(cases)), *("–" if value is None else f"{value:.3f}" for value in values)]
    widths = _WIDTHS.values()
    return f"{label:34}" + "".join(f"{cell:>{w}}" for cell, w in zip(shown, widths, strict=True))
