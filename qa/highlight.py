"""The telling part of a passage: the sentence, or the line, that a question's tokens align with."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from qa.passages import search_text
from qa.retriever import Hit
from qa.sentences import sentences
from qa.types import Quote, Span

VERBATIM = 0.7  # a cosine of two tokens: the same word, or the same name in another language
CountTokens = Callable[[str], int]


def highlight(hit: Hit, quote: Quote, count_tokens: CountTokens) -> Span | None:
    """The sentence (in a contact block or menu: the line) that most of the question aligns with.

    Tokens are counted from the end: what the search text leaves out stands at the beginning.
    """
    parts = _parts(quote)
    if len(parts) < 2 or not hit.cosines.size:
        return None
    counts = [count_tokens(search_text(quote.text[part.start : part.end])) for part in parts]
    ends = hit.cosines.shape[1] - np.cumsum([0, *counts[:0:-1]])[::-1]
    starts = [0, *ends[:-1]]
    weights = _open_weights(hit) if quote.kind == "contact" else hit.weights
    scores = [
        float(hit.cosines[:, max(start, 0) : end].max(axis=1, initial=-1) @ weights)
        for start, end in zip(starts, ends, strict=True)
    ]
    best = parts[int(np.argmax(scores))]
    return Span(quote.start + best.start, quote.start + best.end)


def _open_weights(hit: Hit) -> npt.NDArray[np.float32]:
    """The weights without the words that the passage has as they are.

    In a contact block these say whose it is; which line is asked for, the others say.
    """
    return np.where(hit.cosines.max(axis=1) < VERBATIM, hit.weights, np.float32(0))


def _parts(quote: Quote) -> list[Span]:
    if quote.kind == "prose" or quote.kind == "heading":
        return sentences(quote.text)
    parts, at = [], 0
    for line in quote.text.splitlines(keepends=True):
        inner = line.strip()
        if inner:
            start = at + line.index(inner)
            parts.append(Span(start, start + len(inner)))
        at += len(line)
    return parts
