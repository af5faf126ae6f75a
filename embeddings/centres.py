"""The mean token vector of each language, to be taken off.

A multilingual model puts a good part of a token's direction into its language, and so prefers
passages in the question's language even when they don't answer. Without the mean of its language
a token says what it means. Questions and passages have different means: the model's prompts set
them apart.
"""

import json
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from embeddings.index import unit

Vectors = npt.NDArray[np.float32]
Kind = Literal["query", "passage"]

_DATA = Path(__file__).parent / "data"


class Centres:
    """The means of one model; a model that none were computed for has none taken off."""

    def __init__(self, means: dict[str, dict[str, Vectors]]) -> None:
        self._means = means

    def centred(self, tokens: Vectors, kind: Kind, language: str) -> Vectors:
        """Token vectors (n, dim) without their language's mean, of unit length again."""
        mean = self._means.get(kind, {}).get(language)
        if mean is None or len(mean) != tokens.shape[1]:  # another model under the same name
            return tokens
        return unit(tokens - mean)


@cache
def centres(model_name: str) -> Centres:
    """The shipped means of a model, by its name."""
    path = _DATA / f"{Path(model_name).name}.json"
    if not path.is_file():
        return Centres({})
    content = json.loads(path.read_text(encoding="utf-8"))
    return Centres(
        {
            kind: {language: np.array(mean, np.float32) for language, mean in means.items()}
            for kind, means in content["centres"].items()
        }
    )
