"""What an evaluation looks like: a table for people, and the run in TREC's format."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from qa.evaluation import DEEP, Evaluation, Outcome
from qa.progress import several

# The head of a column, and the key of its values.
_RANKING = {
    "queries": "queries",
    **{f"success@{k}": f"success@{k}" for k in (1, 3, 5)},
    **{f"{name}@{DEEP}": f"{name}@{DEEP}" for name in ("recall", "MRR", "nDCG")},
}
_PREFERENCE = {
    "own/both": "own_language_first_both",
    "own/other": "own_language_first_other",
}
_REFUSING = {
    "answerable": "queries",
    "unanswerable": "unanswerable",
    "AUROC": "AUROC",
    "refused": "refused_answerable",
    "answered": "answered_unanswerable",
    "calibration error": "calibration_error",
}
_PREFERENCE_LEGEND = (
    "own/both, own/other: how often a wrong passage in the question's own language comes first,\n"
    "where the answer stands in that language and in another, and where only in another"
)


def table(evaluation: Evaluation) -> str:
    """The measures in per cent, at most 100 columns wide."""
    rows = evaluation.rows()
    preferring = any(row["queries_other"] for row in rows)
    parts = [
        f"{several(evaluation.passages, 'passage')}, model {evaluation.model}, "
        f"system {evaluation.system}; "
        "in per cent",
        _columns(rows, _RANKING | (_PREFERENCE if preferring else {})),
    ]
    if preferring:
        parts.append(_PREFERENCE_LEGEND)
    if any(row["unanswerable"] for row in rows):
        parts += [_columns(rows, _REFUSING), _legend(evaluation)]
    return "\n\n".join(parts)


def _legend(evaluation: Evaluation) -> str:
    if evaluation.system != "full":
        return "AUROC of the system's own score; a threshold has only the full system"
    chosen = f" (chosen for {evaluation.threshold_of})" * (
        evaluation.threshold_of != evaluation.model
    )
    return (
        f"at the threshold {evaluation.threshold:.3f}{chosen}: answerable questions refused,\n"
        "unanswerable ones answered; calibration error: of the score as the probability that the\n"
        "first passage is right"
    )


def _columns(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> str:
    lines = [["pair", *columns]]
    for row in rows:
        pair = f"{row['query_language']}→{row['corpus_language']}"
        lines.append([pair, *(_cell(row[key]) for key in columns.values())])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in lines
    )


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{100 * value:.1f}"


def run_lines(evaluation: Evaluation) -> Iterator[str]:
    """The answerable questions' rankings in TREC's format, of all that was searched."""
    for outcome in evaluation.widest:
        if outcome.grades:
            yield from _run_of(outcome, f"qa-{evaluation.system}")


def _run_of(outcome: Outcome, tag: str) -> Iterator[str]:
    ranking = outcome.ranking
    ranked = zip(ranking.doc_ids, strictly_falling(ranking.scores), strict=True)
    for rank, (doc_id, score) in enumerate(ranked, 1):
        yield f"{outcome.question.id} Q0 {doc_id} {rank} {score:.9g} {tag}\n"


def strictly_falling(scores: Iterable[float]) -> list[float]:
    """The scores of a ranking with ties taken apart, as float32 values.

    Programs that check a run sort it anew, in float32, and equal scores by name.
    """
    falling: list[float] = []
    below = np.float32(np.inf)
    for score in scores:
        below = min(np.float32(score), np.nextafter(below, np.float32(-np.inf)))
        falling.append(float(below))
    return falling
