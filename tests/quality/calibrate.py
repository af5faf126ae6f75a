"""Fit the map from evidence to probability that ships in `qa/data`.

    python tests/quality/calibrate.py BENCH

Two kinds of corpus are pooled: the project's own questions on the seeds (the half marked "dev",
with off-topic questions and questions whose fact is not there; they weigh three times as much) and
sets of published questions of which a part has its answers taken out (`piaf_holdout`,
`faq3_holdout`; every second question). The other halves are for reporting. A question counts as
answered where the first passage answers it. The threshold alone is chosen on both halves of the own
questions: one half is too small to tell 4 from 5 of 100.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings import open_encoder
from qa import Bot
from qa.bot import cache, seeds
from qa.calibration import features
from qa.judgements import read_judged
from qa.measures import auroc, calibration_error
from qa.progress import Bar
from qa.published import open_published

OWN = Path(__file__).parent
TARGET = OWN.parents[1] / "qa" / "data" / "multilingual-e5-small.json"
HELD_OUT = {"piaf_holdout": 400, "faq3_holdout": 400}
NAMES = ("late", "dense", "length")
RIDGE = 1e-2  # of a variance, a case
OWN_WEIGHT = 3.0
REFUSED = 0.045  # of the answerable questions on the seeds; the threshold is the highest for that


@dataclass(frozen=True)
class Case:
    values: dict[str, float]
    answered: bool
    answerable: bool
    group: str


def own_cases(bot: Bot, split: str) -> Iterator[Case]:
    for name in ("questions", "offtopic", "adversarial"):
        for row in read_own(name, split):
            hit = next(iter(bot.hits(row["question"], history=row.get("history", ()))), None)
            right = hit is not None and name == "questions" and answers(bot, row, hit.row)
            yield Case(features(hit), right, name == "questions", name)


def read_own(name: str, split: str) -> list[dict]:
    with (OWN / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [row for row in map(json.loads, lines) if row["split"] == split]


def answers(bot: Bot, row: dict, found: int) -> bool:
    """Whether the passage, or one that says the same, holds what the question asks for."""
    library = bot.library()
    group = library.catalogue.twin_groups([found]).get(found)
    rows = [found] if group is None else [twin for twin, _ in library.catalogue.twins(group)]
    for passage in library.passages(rows):
        text = library.document(passage.doc_id).text[passage.start : passage.end]
        if any(a["doc"] == passage.doc_id and a["contains"] in text for a in row["answers"]):
            return True
    return False


def bench_cases(bench: Path, name: str, half: int) -> Iterator[Case]:
    judged = read_judged(bench / name)
    encoder = open_encoder(None, cache() / "models")
    with closing(Bar()) as progress:
        bot = open_published(bench / name, judged.corpus, encoder, progress)
    for group in ("answerable", "unanswerable"):
        questions = getattr(judged, group)[half::2]
        for question in questions[:: max(1, len(questions) // (HELD_OUT[name] // 2))]:
            hit = bot.hits(question.text, language=question.language)[0]
            right = hit.passage.doc_id in question.grades
            yield Case(features(hit), right, bool(question.grades), f"{name} {group}")


def fit(x: npt.NDArray, y: npt.NDArray, weights: npt.NDArray) -> npt.NDArray:
    """Logistic regression by Newton's method, with a small ridge; the intercept is the last."""
    ridge = np.diag([*(RIDGE * len(x) * x.var(axis=0)), 0.0])
    x = np.column_stack([x, np.ones(len(x))])
    beta = np.zeros(x.shape[1])
    for _ in range(100):
        p = 1 / (1 + np.exp(-x @ beta))
        gradient = x.T @ (weights * (y - p)) - ridge @ beta
        hessian = (x * (weights * p * (1 - p))[:, None]).T @ x + ridge
        beta = beta + np.linalg.solve(hessian, gradient)
    return beta


def probabilities(cases: Sequence[Case], beta: npt.NDArray) -> npt.NDArray:
    x = np.array([[case.values[name] for name in NAMES] for case in cases])
    return 1 / (1 + np.exp(-(x @ beta[:-1] + beta[-1])))


def report(label: str, cases: Sequence[Case], beta: npt.NDArray, threshold: float) -> None:
    p = probabilities(cases, beta)
    y = np.array([case.answered for case in cases])
    can = np.array([case.answerable for case in cases])
    print(
        f"{label:22} n {len(cases):4}  AUROC {auroc(p[can], p[~can]):.3f}  "
        f"calibration error {calibration_error(p, y):.3f}  "
        f"refused though answerable {np.mean(p[can] < threshold):.3f}  "
        f"answered though not {np.mean(p[~can] >= threshold):.3f}"
    )
    for group in sorted({case.group for case in cases if not case.answerable}):
        there = p[[case.group == group for case in cases]]
        print(f"    {group:30} answered {np.sum(there >= threshold)} of {len(there)}")


def main(bench: Path) -> None:
    bot = Bot.open(seeds())
    train = {"seeds": list(own_cases(bot, "dev"))}
    test = {"seeds": list(own_cases(bot, "test"))}
    for name in HELD_OUT:
        train[name] = list(bench_cases(bench, name, 0))
        test[name] = list(bench_cases(bench, name, 1))
    cases = [case for part in train.values() for case in part]
    shares = {name: OWN_WEIGHT if name == "seeds" else 1.0 for name in train}
    weights = np.concatenate(
        [np.full(len(part), shares[name] / len(part)) for name, part in train.items()]
    )
    weights *= len(cases) / weights.sum()
    x = np.array([[case.values[name] for name in NAMES] for case in cases])
    beta = fit(x, np.array([case.answered for case in cases], float), weights)
    own = [case for case in train["seeds"] + test["seeds"] if case.answerable]
    threshold = float(np.quantile(probabilities(own, beta), REFUSED))
    for name in train:
        report(f"{name} (fitted on)", train[name], beta, threshold)
        report(f"{name} (held out)", test[name], beta, threshold)
    content = {
        "model": "multilingual-e5-small",
        "provenance": "python tests/quality/calibrate.py: a logistic regression on the project's "
        "own questions about the seeds and on PIAF and translated FAQs with answers taken out.",
        "weights": {n: round(float(b), 3) for n, b in zip(NAMES, beta, strict=False)},
        "intercept": round(float(beta[-1]), 3),
        "threshold": round(threshold, 3),
    }
    TARGET.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(content, indent=1))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
