"""The parts of the ranking, each by itself, so that it is seen what each of them gives.

`full` is what answers users. `bm25` knows words only, `dense` one vector a passage, `late` re-ranks
what `dense` finds by late interaction alone: no words, no length, no kind of passage.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from qa.filters import Filter
from qa.published import Published
from qa.retriever import CANDIDATES
from qa.selection import rows_of
from qa.types import LANGUAGES, Language, System

DEPTH = 100  # passages that bm25 and dense find; none of the measures looks at more than ten


@dataclass(frozen=True, slots=True)
class Ranking:
    """IDs, languages and scores of what was found, best first.

    `probability` is the calibrated one that the first answers; only `full` promises any.
    """

    doc_ids: Sequence[str] = ()
    languages: Sequence[Language] = ()
    scores: Sequence[float] = ()
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """A question, and where it is asked: among passages of some languages, but for some rows."""

    question: str
    language: Language
    only: Collection[Language] = ()
    hidden: Collection[int] = ()

    @property
    def where(self) -> Filter:
        return Filter.of(self.only)


def rank(bot: Published, search: Search, system: System) -> Ranking:
    """What a system finds."""
    return _SYSTEMS[system](bot, search)


def _full(bot: Published, search: Search) -> Ranking:
    hits = bot.hits(
        search.question, language=search.language, where=search.where, hidden=search.hidden
    )
    return Ranking(
        [hit.passage.doc_id for hit in hits],
        [hit.passage.language for hit in hits],
        [hit.score for hit in hits],
        bot.judge.probability(hits[0]) if hits else 0.0,
    )


def _late(bot: Published, search: Search) -> Ranking:
    near = _nearest(bot, search, CANDIDATES)
    hits = bot.hits(
        search.question, language=search.language, where=search.where, hidden=search.hidden
    )
    return _ranking(
        bot, {hit.row: float(hit.aligned @ hit.weights) for hit in hits if hit.row in near}
    )


def _dense(bot: Published, search: Search) -> Ranking:
    return _ranking(bot, _nearest(bot, search, DEPTH))


def _nearest(bot: Published, search: Search, top_k: int) -> Mapping[int, float]:
    library = bot.library()
    among = rows_of(library, search.where, search.hidden)
    rows, cosines = library.nearest(bot.encode(search.question).vector, top_k, among)
    return dict(zip(rows.tolist(), cosines.tolist(), strict=True))


def _bm25(bot: Published, search: Search) -> Ranking:
    catalogue, deep = bot.library().catalogue, DEPTH + len(search.hidden)
    found: dict[int, float] = {}
    for language in search.only or LANGUAGES:
        found |= catalogue.lexical(search.question, language, deep)
    return _ranking(bot, {row: found[row] for row in found if row not in search.hidden})


def _ranking(bot: Published, scores: Mapping[int, float]) -> Ranking:
    rows = sorted(scores, key=lambda row: (-scores[row], row))[:DEPTH]
    passages = bot.library().passages(rows)
    return Ranking(
        [passage.doc_id for passage in passages],
        [passage.language for passage in passages],
        [scores[row] for row in rows],
    )


_SYSTEMS: Mapping[System, Callable[[Published, Search], Ranking]] = {
    "bm25": _bm25,
    "dense": _dense,
    "late": _late,
    "full": _full,
}
