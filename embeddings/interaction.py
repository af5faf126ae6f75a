"""Late interaction over a few neighbouring tokens: words that belong together stand together."""

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

# Chosen on MLQA, PIAF and translated FAQs; 16 to 40 tokens do about as well.
_STEP = 8  # tokens from one window to the next
_STEPS = 3  # a window has so many steps: 24 tokens, a sentence or two lines


def closest(cosines: Vectors, beside: Vectors, weights: Vectors) -> float:
    """The best weighted late interaction of a question with any one window of a passage.

    `cosines` is (m, n) float32, a row for each token of the question and a column for each token
    of the passage. `beside` (m,) is what each finds outside the passage, in its title, which
    counts in every window; `weights` is (m,). A passage without tokens has one empty window.
    """
    if not cosines.shape[1]:
        return float(beside @ weights)
    steps = np.maximum.reduceat(cosines, np.arange(0, cosines.shape[1], _STEP), axis=1)
    count = max(1, steps.shape[1] - _STEPS + 1)
    windows = np.maximum(steps[:, :count], beside[:, None])
    for shift in range(1, min(_STEPS, steps.shape[1])):
        np.maximum(windows, steps[:, shift : shift + count], out=windows)
    return float((weights @ windows).max())
