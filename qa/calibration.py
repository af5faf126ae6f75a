"""From what speaks for a passage to the probability that it answers the question.

A logistic regression (Platt, 1999) a model; its weights are a small file with its provenance.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

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
    """What the probability is computed from; every one grows with the evidence."""
    return {
        "late": float(hit.aligned @ hit.weights),
        "dense": hit.dense,
        "lexical": hit.lexical,
        "weakest": _weakest(hit),
    }


def _weakest(hit: Hit) -> float:
    """The poorest partner among the question's rarer tokens: what is asked and not there."""
    if not hit.weights.size:
        return 0.0
    rare = hit.weights >= np.median(hit.weights)
    return float(hit.aligned[rare].min())


@cache
def calibration(model_name: str) -> Calibration:
    """The shipped calibration of a model; another model is judged by the built-in one's."""
    path = _DATA / f"{Path(model_name).name}.json"
    if not path.is_file():
        path = _DATA / f"{DEFAULT}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    return Calibration(content["weights"], content["intercept"], content["threshold"])
