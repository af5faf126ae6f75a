"""From what speaks for a passage to the probability that it answers the question.

A logistic regression (Platt, 1999) a model; its weights are a small file with its provenance.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from qa.errors import LibraryError
from qa.retriever import Hit

_DATA = Path(__file__).parent / "data"
DEFAULT = "multilingual-e5-small"
FEATURES = ("score", "length", "unmentioned", "spread")
# Added to what is not mentioned where a year, an amount or a code is: of PIAF's 288 questions with
# one 2 more are refused with their passage, of a stranger's 20 without an answer 3.
FIGURE = 0.05
LONGEST = 42  # tokens of the longest question that was fitted on; beyond, length tells no more


@dataclass(frozen=True, slots=True)
class Calibration:
    """`weights` by feature, `intercept`, and the probability from which a passage is an answer."""

    weights: Mapping[str, float]
    intercept: float
    threshold: float

    def probability(self, hit: Hit) -> float:
        """How probably `hit` answers the question, 0 to 1."""
        return self.of(features(hit))

    def of(self, values: Mapping[str, float]) -> float:
        """The probability of these features, 0 to 1."""
        logit = self.intercept + sum(w * values[name] for name, w in self.weights.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def features(hit: Hit) -> dict[str, float]:
    """What the probability is computed from.

    A short question finds partners for its few tokens by chance, so its length counts; where some
    tokens find all and others nothing (`spread`), the passage is about the matter but doesn't
    answer. The dense cosine and the late interaction alone add nothing to the score; the distance
    to the runner-up tells right from wrong, but also lets questions off the subject through.
    """
    late = float(hit.aligned @ hit.weights)
    spread = math.sqrt(float(hit.weights @ (hit.aligned - late) ** 2))
    length = math.log1p(min(len(hit.weights), LONGEST))
    lacking = hit.unmentioned.weight + FIGURE * hit.unmentioned.figure
    values = (hit.evidence, length, lacking, spread)
    return dict(zip(FEATURES, values, strict=True))


@cache
def calibration(model_name: str, fitted: Path | None = None) -> Calibration:
    """The calibration of a model: what `qa calibrate` has `fitted`, if that file is there, or the
    shipped one. A model that has neither is judged by the built-in one's.

    Raises:
        LibraryError: the file is damaged.
    """
    shipped = _DATA / f"{Path(model_name).name}.json"
    for path in (fitted, shipped, _DATA / f"{DEFAULT}.json"):
        if path is not None and path.is_file():
            return _read(path)
    raise LibraryError(f"{_DATA} is incomplete; install the program again")


def _read(path: Path) -> Calibration:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        weights = {name: float(content["weights"][name]) for name in FEATURES}
        return Calibration(weights, float(content["intercept"]), float(content["threshold"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LibraryError(
            f"the calibration {path} is damaged or of another version; remove it, or make it anew "
            "with qa calibrate"
        ) from error


def write(path: Path, calibration: Calibration, model: str, provenance: str) -> None:
    """Write a calibration as a small readable file, at once or not at all."""
    content = {
        "model": model,
        "provenance": provenance,
        "weights": {name: round(weight, 3) for name, weight in calibration.weights.items()},
        "intercept": round(calibration.intercept, 3),
        "threshold": round(calibration.threshold, 3),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.partial")
    aside.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    aside.replace(path)
