"""How much a token of a question tells: "combien" is in every tenth question, and finds no partner.

Rarity in the corpus cannot see this. Question words are rare in passages, and would weigh most.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

_DATA = Path(__file__).parent / "data"


class Salience:
    """Shares of questions in which the common tokens of a model's vocabulary occur."""

    def __init__(self, shares: dict[int, float], questions: int) -> None:
        self._shares = shares
        self._least = 1 / max(questions, 1)

    def weights(self, ids: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """The weight of each token, (n,) float32: 1 where it is in no question, towards 0."""
        shares = np.array([self._shares.get(int(row), 0.0) for row in ids])
        most = np.log1p(1 / self._least)
        return np.asarray(np.log1p(1 / (shares + self._least)) / most, np.float32)


@cache
def salience(model_name: str) -> Salience:
    """The shipped shares of a model, by its name; of another model all tokens weigh 1."""
    path = _DATA / f"{Path(model_name).name}.json"
    if not path.is_file():
        return Salience({}, 1)
    content = json.loads(path.read_text(encoding="utf-8"))["question_tokens"]
    shares = {int(row): share for row, share in content["shares"].items()}
    return Salience(shares, content["questions"])
