"""A question becomes a ranking of passages: candidates by vector and word, then token by token."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from math import log1p
from threading import Semaphore

import numpy as np
import numpy.typing as npt

from embeddings import NONE, Encoder, Encoding, centres, cores, salience
from qa.library import Library
from qa.mentions import ABSENT, ABSENT_ACROSS, Name, Unmentioned, names, unmentioned
from qa.references import references, stands_in
from qa.types import LANGUAGES, Language, Passage
from qa.wanted import Wanted, only_names, tells, wanted

CANDIDATES = 50  # by vector; they hold the right passage for 89 to 98 questions of 100
LEXICAL_CANDIDATES = 20  # by the words of the question's own language
BELOW = 20  # passages that stand below a heading which is a candidate
LEXICAL_SCORES = 200  # passages whose words are weighed, if their vectors are candidates too
# Measured on MLQA, PIAF and translated FAQs; each is flat around its value.
LEXICAL_WEIGHT = 0.2
LENGTH_PENALTY = 0.015  # a natural logarithm of tokens: a long passage has a partner for everything
REFERENCE = 0.2  # "4 H 27" is asked for by who wants the passage that has it
SHORT = 20  # tokens: what is shorter says no more for that
# A heading, a title or a signature says what another passage is about, or whose it is. From .06 to
# .2 the project's own questions find as much; in a stranger's folder the most is best.
BARE_PENALTY = 0.2
MENU_PENALTY = 0.02  # decides between a menu (or boilerplate) and prose about as near
OWN_LANGUAGE = 0.03  # what is left of the model's liking for the question's language
# Of the weights in a follow-up those of what is asked now, at the least: what it leans on was
# answered already, and would be found again. Flat from .6 to .8 on conversations.
ASKED = 0.7
# What a passage doesn't mention lets those near it pass; a year or an amount that it lacks, most.
DOUBT, UNWRITTEN = 0.6, 0.1
UNTOLD = 0.05  # so does what has no figure at all, or no time, where that is asked for
DOUBTED = 10  # passages, the first ones
# Half of a score is that of the few lines where the question's words stand close together.
CLOSE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A question as it meets the passages: a row of `tokens` (m, dim) and one of `weights` (m,),
    which add up to 1, for each of its tokens."""

    tokens: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    names: tuple[Name, ...]
    language: Language
    references: tuple[str, ...] = ()
    wants: Wanted | None = None


@dataclass(frozen=True, eq=False)
class Hit:
    """A passage with what speaks for it. `score` ranks; higher is better; it is no probability.

    `aligned` (m,) has, for each token of the question, its best cosine in the passage or above it;
    `cosines` (m, n) has a column for each of the passage's own tokens. `about` tells what stands
    above it and the date of its document, where years or codes are asked for, and how it begins,
    where a name is lacking; `doubt` is how much lower it ranks for what it doesn't mention or tell.
    """

    row: int
    passage: Passage
    score: float
    dense: float
    lexical: float
    aligned: npt.NDArray[np.float32]
    cosines: npt.NDArray[np.float32]
    query: Query
    about: str = ""
    doubt: float = 0.0

    @property
    def weights(self) -> npt.NDArray[np.float32]:
        """How much each token of the question tells, (m,)."""
        return self.query.weights

    @property
    def evidence(self) -> float:
        """The score by which it is judged: what is repeated ranks lower, and is no less true. What
        is not mentioned counts by itself."""
        lowered = self.passage.repeated and self.passage.kind != "menu"
        return self.score + MENU_PENALTY * lowered + self.doubt

    @cached_property
    def unmentioned(self) -> Unmentioned:
        """The names and numbers of the question that the passage says nothing of."""
        absent = ABSENT if self.passage.language == self.query.language else ABSENT_ACROSS
        text = f"{self.passage.search_text} {self.about}"
        return unmentioned(
            self.query.names, self.aligned, self.weights, text, absent, self.passage.language
        )


def retrieve(
    library: Library,
    encoder: Encoder,
    question: str,
    language: Language,
    among: npt.NDArray[np.int64] | None = None,
    *,
    model_name: str,
    turns: Semaphore,
    asked: str = "",
) -> list[Hit]:
    """All candidates for a question, best first; with `among`, of these rows only.

    The end of the question that is `asked` now, where the rest was before, weighs most. `turns`
    has one for each core; who asks has one, and may take another.
    """
    search = partial(library.catalogue.lexical, asked or question, language, LEXICAL_SCORES, among)
    encode = partial(_encoded, encoder, question, asked)
    (encoding, *alone), lexical = _both(encode, search, turns)
    rows, dense = library.nearest(encoding.vector, CANDIDATES, among)
    found = dict(zip(rows.tolist(), dense.tolist(), strict=True))
    others = list(lexical)[:LEXICAL_CANDIDATES]
    for each in alone:
        others += library.nearest(each.vector, CANDIDATES, among)[0].tolist()
    cited = references(asked or question)
    others += _citing(library, cited, among)
    others += library.below([*found, *others], among)[:BELOW]
    others = [row for row in dict.fromkeys(others) if row not in found]
    found |= zip(others, library.cosines(encoding.vector, others), strict=True)
    tokens = centres(model_name).centred(encoding.tokens, "query", language)
    weights = library.rarity(encoding.ids) * salience(model_name).weights(encoding.ids)
    weights = weights / max(float(weights.sum()), 1e-9)
    weights = _emphasized(weights, sum(len(each.ids) for each in alone))
    named = names(question, encoder.count_tokens, language)
    query = Query(tokens, weights, named, language, cited, wanted(asked or question))
    return _rank(library, found, lexical, query)


def _citing(
    library: Library, cited: Sequence[str], among: npt.NDArray[np.int64] | None
) -> Iterator[int]:
    """The passages in any language that have one of these references, if their words are rare."""
    for reference in cited:
        for language in LANGUAGES:
            rows = list(library.catalogue.lexical(reference, language, LEXICAL_SCORES, among))
            for row, passage in zip(rows, library.passages(rows), strict=True):
                if stands_in(reference, passage.search_text):
                    yield row


def _encoded(encoder: Encoder, question: str, asked: str) -> list[Encoding]:
    """A question, and its end that is `asked` now by itself, if there is one.

    In the question the vectors of that end are the means of those it has there and those it has
    alone: after a question on a dam the flour of "How much flour?" is one of dams.
    """
    whole = encoder.encode_query(question)
    if not asked:
        return [whole]
    alone = encoder.encode_query(asked)
    last = len(whole.ids) - len(alone.ids)
    if last <= 0 or not np.array_equal(whole.ids[last:], alone.ids):  # it was cut off
        return [whole]
    means = whole.tokens[last:] + alone.tokens
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
    return [replace(whole, tokens=np.concatenate([whole.tokens[:last], means])), alone]


def _emphasized(weights: npt.NDArray[np.float32], last: int) -> npt.NDArray[np.float32]:
    """The `weights` (m,), which add up to 1, with at least `ASKED` of it on so many `last` ones."""
    share = float(weights[len(weights) - last :].sum())
    if not 0 < share < ASKED or last >= len(weights):
        return weights
    factors = np.full(len(weights), (1 - ASKED) / (1 - share), np.float32)
    factors[len(weights) - last :] = ASKED / share
    return weights * factors


def _both(
    encode: Callable[[], list[Encoding]], search: Callable[[], dict[int, float]], turns: Semaphore
) -> tuple[list[Encoding], dict[int, float]]:
    """What both give: at once, if nobody else has the turn of another core. The model needs no
    Python while it runs."""
    if not turns.acquire(blocking=False):
        return encode(), search()
    try:
        searching = _beside().submit(search)
        return encode(), searching.result()
    finally:
        turns.release()


@cache
def _beside() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), "lexical")


if hasattr(os, "register_at_fork"):  # a process that is forked has none of these threads
    os.register_at_fork(after_in_child=_beside.cache_clear)


def _rank(
    library: Library,
    dense: dict[int, float],
    lexical: dict[int, float],
    query: Query,
) -> list[Hit]:
    """The candidates as hits, best first.

    What a heading says counts for what stands below it, and that is the answer. Words weigh only
    between passages of the question's own language: what lacks them falls behind, and nothing rises
    above passages of another language, which cannot have them.
    """
    rows = sorted(dense)
    most = max(lexical.values(), default=0.0)
    late = library.interact(query.tokens, query.weights, rows)
    scores = (1 - CLOSE) * late.aligned.dot(query.weights) + CLOSE * late.closest
    parts = zip(
        rows, library.passages(rows), scores.tolist(), late.cosines, late.aligned, strict=True
    )
    hits, above = [], library.headings(rows)
    exact = any(word.is_year or word.is_code for name in query.names for word in name)
    about = library.about(rows) if exact else dict.fromkeys(rows, "")
    for row, passage, score, cosines, aligned in parts:
        share = max(lexical.get(row, 0.0), lexical.get(above.get(row, NONE), 0.0))
        if passage.language == query.language:
            score -= LEXICAL_WEIGHT * (most - share) + OWN_LANGUAGE
        score -= LENGTH_PENALTY * log1p(max(cosines.shape[1], SHORT))
        score -= MENU_PENALTY * passage.aside + BARE_PENALTY * _is_bare(passage, query)
        score += REFERENCE * any(stands_in(each, passage.search_text) for each in query.references)
        told = aligned, cosines, query, about[row]
        hits.append(Hit(row, passage, score, dense[row], share, *told))
    hits.sort(key=_place)
    first = [_doubted(_introduced(hit, library)) for hit in hits[:DOUBTED]]
    return sorted(first, key=_place) + hits[DOUBTED:]


def _is_bare(passage: Passage, query: Query) -> bool:
    if passage.kind == "heading":
        return True
    return query.wants != "name" and only_names(passage.search_text)


def _place(hit: Hit) -> tuple[float, int]:
    return -hit.score, hit.row


def _introduced(hit: Hit, library: Library) -> Hit:
    """The same, with what its document says at the beginning, if it lacks a name."""
    if not hit.unmentioned.words:
        return hit
    return replace(hit, about=f"{hit.about} {library.opening(hit.passage.doc_id)}")


def _doubted(hit: Hit) -> Hit:
    """The same, lower by what the question names or asks for and the passage doesn't tell."""
    doubt = DOUBT * hit.unmentioned.weight + UNWRITTEN * hit.unmentioned.figure
    if hit.query.wants and not tells(
        hit.passage.search_text, hit.passage.language, hit.query.wants
    ):
        doubt += UNTOLD
    if not doubt:
        return hit
    lower = replace(hit, score=hit.score - doubt, doubt=doubt)
    vars(lower)["unmentioned"] = hit.unmentioned  # it is the same, and takes a while
    return lower
