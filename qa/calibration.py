"""From what speaks for a passage to the probability that it answers the question.

A logistic regression (Platt, 1999) a model; its weights are a small file with its provenance.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from qa.retriever import Hit

_DATA = Path(__file__).parent / "data"
DEFAULT = "multilingual-e5-small"


@dataclass(frozen=True, slots=True)
class Calibration:
    """`weights` by feature, `intercept`, and the probability from which a passage is an answer."""

    weights: Mapping[str, float]
    intercept: float
    threshold: float

    def probability(self, hit: Hit) -> float:
        """How probably `hit` answers the question, 0 to 1."""
        values = features(hit)
        logit = self.intercept + sum(w * values[name] for name, w in self.weights.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def features(hit: Hit) -> dict[str, float]:
    """What the probability is computed from.

    Three are enough: words in common and the poorest aligned token were tried, and add nothing.
    A short question finds partners for its few tokens by chance, so its length counts.
    """
    return {
        "late": float(hit.aligned @ hit.weights),
        "dense": hit.dense,
        "length": math.log1p(len(hit.weights)),
    }


@cache
def calibration(model_name: str) -> Calibration:
    """The shipped calibration of a model; another model is judged by the built-in one's."""
    path = _DATA / f"{Path(model_name).name}.json"
    if not path.is_file():
        path = _DATA / f"{DEFAULT}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    return Calibration(content["weights"], content["intercept"], content["threshold"])
