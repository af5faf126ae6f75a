"""The telling part of a passage: the sentence, or the line, that a question's tokens align with."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from qa.passages import body_start, search_text
from qa.retriever import Hit
from qa.sentences import asks, sentences
from qa.types import Kind, Quote, Span
from qa.wanted import tells

VERBATIM = 0.7  # a cosine of two tokens: the same word, or the same name in another language
# Chosen on one half of MLQA, by passage, out of 0.05 to 0.3 and 0 to 0.02.
CARRIED = 0.1  # of a cosine: what another sentence said before counts that much less
TOLD = 0.03  # for a figure or a time where one is asked for; on one half of PIAF, out of .03 to .15
LENGTH_PENALTY = 0.015  # a natural logarithm of tokens
CountTokens = Callable[[str], int]


def highlight(hit: Hit, quote: Quote, count_tokens: CountTokens) -> Span | None:
    """The sentence (in a contact block or menu: the line) that most of the question aligns with.

    What the sentences before it said is carried over, at a discount: "It is run by …" is about
    what was named last. A long sentence has a partner for everything, so length counts a little.
    """
    parts = _parts(quote, hit.passage.kind)
    if len(parts) < 2 or not hit.cosines.size:
        return None
    aligned, lengths = _aligned(hit, quote, parts, count_tokens)
    before = np.maximum.accumulate(aligned, axis=0)[:-1] - CARRIED
    carried = np.vstack([aligned[:1], np.maximum(aligned[1:], before)])
    weights = _open_weights(hit) if hit.passage.kind == "contact" else hit.weights
    scores = carried.dot(weights) - LENGTH_PENALTY * np.log(np.maximum(lengths, 1))
    if wants := hit.query.wants:
        texts = (quote.text[part.start : part.end] for part in parts)
        scores += TOLD * np.array([tells(text, quote.language, wants) for text in texts])
    start = body_start(quote.text) if hit.passage.kind == "prose" else 0
    opening = np.array([part.end <= start or asks(quote.text[: part.end]) for part in parts])
    if not opening.all():  # a question has all the words of one like it, and is no answer to it
        scores[opening] = -np.inf
    best = parts[int(np.argmax(scores))]
    return Span(quote.start + best.start, quote.start + best.end)


def _aligned(
    hit: Hit, quote: Quote, parts: Sequence[Span], count_tokens: CountTokens
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """For each part the best cosine of each of the question's tokens in it, (p, m), and the
    number of its tokens, (p,).

    Tokens are counted from the end of the search text: what it leaves out stands at the
    beginning. The model may have read less than all of it; what it didn't read aligns with
    nothing.
    """
    counts = [count_tokens(search_text(quote.text[part.start : part.end])) for part in parts]
    total = hit.cosines.shape[1]
    if sum(counts) > total:
        total = max(total, count_tokens(hit.passage.search_text))
    ends = total - np.cumsum([0, *counts[:0:-1]])[::-1]
    starts = [0, *ends[:-1]]
    aligned = [
        hit.cosines[:, max(start, 0) : max(end, 0)].max(axis=1, initial=-1)
        for start, end in zip(starts, ends, strict=True)
    ]
    return np.array(aligned, np.float32), np.array(counts)


def _open_weights(hit: Hit) -> npt.NDArray[np.float32]:
    """The weights without the words that the passage has as they are.

    In a contact block these say whose it is; which line is asked for, the others say.
    """
    return np.where(hit.cosines.max(axis=1) < VERBATIM, hit.weights, np.float32(0))


def _parts(quote: Quote, kind: Kind) -> list[Span]:
    if kind in ("prose", "heading"):
        return sentences(quote.text)
    parts, at = [], 0
    for line in quote.text.splitlines(keepends=True):
        inner = line.strip()
        if inner:
            start = at + line.index(inner)
            parts.append(Span(start, start + len(inner)))
        at += len(line)
    return parts
