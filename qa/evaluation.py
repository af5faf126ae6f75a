"""Ask published questions, and measure what was found: a row for each pair of languages.

In a row of a pair, only the passages of one language are searched, and the question's own may be
another. In a row of `ALL`, the whole mixed corpus is searched at once, as a folder of documents is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from qa import measures
from qa.judgements import Grades, Judged, Question
from qa.published import Published
from qa.systems import Ranking, Search, rank
from qa.types import LANGUAGES, Language, System

ALL: Literal["all"] = "all"
DEEP = 10  # the depth at which BEIR and MIRACL compare

Part = Language | Literal["all"]
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question asked of a part of the corpus.

    `grades` are those of the relevant passages in that part; none for an unanswerable question.
    `prefers_both` says whether a wrong passage in the question's own language came first, though
    the answer stands in that language and in another; `prefers_other` the same where only other
    languages have the answer. None where it was not asked so.
    """

    question: Question
    part: Part
    grades: Grades
    ranking: Ranking
    prefers_both: bool | None = None
    prefers_other: bool | None = None

    @property
    def gains(self) -> list[int]:
        return [self.grades.get(doc_id, 0) for doc_id in self.ranking.doc_ids]

    @property
    def right(self) -> bool:
        """Whether the first passage answers."""
        return measures.success(self.gains, 1) > 0

    @property
    def confidence(self) -> float:
        """What the system itself would refuse by: its probability, or its first score."""
        if self.ranking.probability is not None:
            return self.ranking.probability
        return self.ranking.scores[0] if self.ranking.scores else 0.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All outcomes of one system with one model, by question and then by part."""

    model: str
    system: System
    threshold: float
    threshold_of: str  # the model that it was chosen for
    passages: int
    outcomes: Sequence[Outcome]

    @property
    def widest(self) -> list[Outcome]:
        """One outcome a question: that of all that was searched for it."""
        parts = {outcome.part for outcome in self.outcomes}
        part = ALL if ALL in parts else next(iter(parts))
        return [outcome for outcome in self.outcomes if outcome.part == part]

    def rows(self) -> list[dict[str, Any]]:
        """The measures, a row a pair of languages; shares from 0 to 1, None where there is none."""
        parts = {outcome.part for outcome in self.outcomes}
        asked = {outcome.question.language for outcome in self.outcomes}
        rows = []
        for language in (*LANGUAGES, *([ALL] if len(asked) > 1 and ALL in parts else [])):
            for part in (*LANGUAGES, ALL) if language != ALL else (ALL,):
                there = [o for o in self.outcomes if _belongs(o, language, part)]
                if any(outcome.grades for outcome in there):
                    pair = {"query_language": language, "corpus_language": part}
                    rows.append(pair | _row(there, self.threshold))
        return rows

    def to_dict(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "system": self.system,
            "threshold": self.threshold,
            "threshold_of": self.threshold_of,
            "passages": self.passages,
            "rows": self.rows(),
        }


def _belongs(outcome: Outcome, language: Part, part: Part) -> bool:
    return outcome.part == part and language in (ALL, outcome.question.language)


def evaluate(
    bot: Published,
    judged: Judged,
    system: System,
    progress: Progress,
    *,
    only: Language | None = None,
) -> Evaluation:
    """Ask every question, answerable or not, of every part; `only` asks of one language alone."""
    parts = parts_of(judged, only)
    questions = [*judged.answerable, *judged.unanswerable]
    ask = _Asking(bot, system, {text.id: text.language for text in judged.corpus})
    outcomes: list[Outcome] = []
    for done, question in enumerate(questions):
        progress("asking the questions", done / len(questions))
        outcomes += ask.of(question, parts)
    return Evaluation(
        bot.model_name, system, bot.judge.threshold, bot.judged_by, len(judged.corpus), outcomes
    )


def parts_of(judged: Judged, only: Language | None) -> list[Part]:
    """Where it is searched: in each language, and in all. A corpus of one language is that part;
    `only` asks for one alone."""
    if only is not None:
        return [only]
    languages: list[Part] = [
        language for language in LANGUAGES if any(t.language == language for t in judged.corpus)
    ]
    return [*languages, ALL] if len(languages) > 1 else languages


@dataclass(frozen=True, slots=True)
class _Asking:
    bot: Published
    system: System
    languages: dict[str, Language]  # of the corpus, by ID

    def of(self, question: Question, parts: Sequence[Part]) -> Iterator[Outcome]:
        for part in parts:
            grades = {d: g for d, g in question.grades.items() if part in (ALL, self.languages[d])}
            if question.grades and not grades:
                continue
            ranking = self._rank(question, part)
            if part == ALL and grades:
                yield Outcome(
                    question, part, grades, ranking, *self._preferences(question, ranking)
                )
            else:
                yield Outcome(question, part, grades, ranking)

    def _rank(
        self, question: Question, part: Part, hidden: frozenset[int] = frozenset()
    ) -> Ranking:
        among = () if part == ALL else (part,)
        search = Search(question.text, question.language, among, hidden)
        return rank(self.bot, search, self.system)

    def _preferences(self, question: Question, ranking: Ranking) -> tuple[bool | None, bool | None]:
        """With the answer in both languages; and in another alone.

        For the second, what answers in the question's own language is hidden from the search.
        """
        own = {d for d in question.grades if self.languages[d] == question.language}
        if len(own) == len(question.grades):
            return None, None
        if not own:
            return None, _prefers_own(question, ranking)
        hidden = frozenset(self.bot.rows[doc_id] for doc_id in own)
        without = self._rank(question, ALL, hidden)
        return _prefers_own(question, ranking), _prefers_own(question, without)


def _prefers_own(question: Question, ranking: Ranking) -> bool:
    """Whether the first passage is in the question's own language, and does not answer it."""
    first = zip(ranking.doc_ids[:1], ranking.languages[:1], strict=True)
    return any(
        language == question.language and doc_id not in question.grades
        for doc_id, language in first
    )


def _row(outcomes: Sequence[Outcome], threshold: float) -> dict[str, Any]:
    answerable = [outcome for outcome in outcomes if outcome.grades]
    both = [o.prefers_both for o in outcomes if o.prefers_both is not None]
    other = [o.prefers_other for o in outcomes if o.prefers_other is not None]
    return {
        "queries": len(answerable),
        **_ranked([measured(outcome) for outcome in answerable]),
        "own_language_first_both": _mean(both),
        "own_language_first_other": _mean(other),
        "queries_both": len(both),
        "queries_other": len(other),
        **_refusing(outcomes, threshold),
    }


def measured(outcome: Outcome) -> dict[str, float]:
    """The measures of one answerable question."""
    gains, grades = outcome.gains, list(outcome.grades.values())
    return {
        "success@1": measures.success(gains, 1),
        "success@3": measures.success(gains, 3),
        "success@5": measures.success(gains, 5),
        f"recall@{DEEP}": measures.recall(gains, grades, DEEP),
        f"MRR@{DEEP}": measures.reciprocal_rank(gains, DEEP),
        f"nDCG@{DEEP}": measures.ndcg(gains, grades, DEEP),
    }


def _ranked(each: Sequence[dict[str, float]]) -> dict[str, float | None]:
    return {name: _mean([values[name] for values in each]) for name in each[0]}


def _refusing(outcomes: Sequence[Outcome], threshold: float) -> dict[str, Any]:
    """How well the system knows when there is no answer; only probabilities have a threshold."""
    can = [outcome.confidence for outcome in outcomes if outcome.grades]
    cannot = [outcome.confidence for outcome in outcomes if not outcome.grades]
    judged = [o for o in outcomes if o.ranking.probability is not None]
    sure = len(judged) == len(outcomes)
    return {
        "unanswerable": len(cannot),
        "AUROC": measures.auroc(can, cannot),
        "refused_answerable": _mean([p < threshold for p in can]) if sure else None,
        "answered_unanswerable": _mean([p >= threshold for p in cannot]) if sure else None,
        "calibration_error": measures.calibration_error(
            [o.confidence for o in judged], [o.right for o in judged]
        ),
    }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
