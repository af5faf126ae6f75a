"""Make the tables of the README's chapter "How good": everything that stands between its marks.

    python tests/quality/table.py BENCH

BENCH is a folder with the sets `piaf`, `mlqa`, `faq3`, `piaf_holdout` and `faq3_holdout`, as for
`qa evaluate`. The project's own questions on the seeds are in this folder; those in `unseen/` were
written by somebody who knew the documents and not the program, and nothing was chosen on them.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from embeddings import OnnxEncoder, open_encoder
from qa import Bot
from qa.evaluation import Evaluation, evaluate
from qa.folders import cache, seeds
from qa.judgements import read_judged
from qa.measures import auroc
from qa.progress import Bar
from qa.published import open_published
from qa.retriever import Hit
from qa.types import SYSTEMS

OWN = Path(__file__).parent
README = OWN.parents[1] / "README.md"
BEGIN, END = "<!-- tests/quality/table.py: from here", "<!-- to here -->"
NAMES = {"en": "English", "fr": "French", "es": "Spanish"}

Row = dict[str, Any]


def measured(bench: Path, name: str, encoder: OnnxEncoder, queries: str | None = None):
    """The evaluations of a set, by system."""
    judged = read_judged(bench / name, Path(queries) if queries else None)
    with closing(Bar()) as progress:
        bot = open_published(bench / name, judged.corpus, encoder, progress)
    found = {}
    for system in SYSTEMS:
        with closing(Bar()) as progress:
            found[system] = evaluate(bot, judged, system, progress)
    return found


def pairs(found: Mapping[str, Evaluation]) -> Iterator[tuple[str, str, dict[str, Row]]]:
    rows = {system: {pair_of(row): row for row in found[system].rows()} for system in SYSTEMS}
    for pair in rows["full"]:
        if "all" not in pair:
            yield *pair, {system: rows[system][pair] for system in SYSTEMS}


def pair_of(row: Row) -> tuple[str, str]:
    return row["query_language"], row["corpus_language"]


def cell(row: Row, *keys: str) -> str:
    return " / ".join(f"{100 * row[key]:.1f}" for key in keys)


def mean(rows: Sequence[dict[str, Row]]) -> dict[str, Row]:
    keys = ("success@1", "nDCG@10")
    return {
        system: {key: sum(row[system][key] for row in rows) / len(rows) for key in keys}
        for system in SYSTEMS
    }


def ranking(sets: Mapping[str, Mapping[str, Evaluation]]) -> Iterator[str]:
    yield "| set | questions → passages | questions | BM25 | dense | late | full |"
    yield "|---|---|---|---|---|---|---|"
    for name, found in sets.items():
        rows = list(pairs(found))
        for asked, searched, row in rows:
            yield line(name, f"{NAMES[asked]} → {NAMES[searched]}", row["full"]["queries"], row)
        for title, same in (("same language", True), ("across languages", False)):
            some = [row for asked, searched, row in rows if (asked == searched) == same]
            if len(some) > 2:
                yield line(name, f"**mean, {title}**", "", mean(some))


def line(name: str, pair: str, number: object, row: dict[str, Row]) -> str:
    cells = [cell(row[system], "success@1", "nDCG@10") for system in SYSTEMS]
    return f"| {' | '.join([name, pair, str(number), *cells])} |"


def preference(sets: Mapping[str, Mapping[str, Evaluation]]) -> Iterator[str]:
    yield "| set | the answer stands in | questions | dense | late | full |"
    yield "|---|---|---|---|---|---|"
    where = (("both", "the asker's language and another"), ("other", "other languages only"))
    for name, found in sets.items():
        rows = {
            s: row for s in SYSTEMS for row in found[s].rows() if pair_of(row) == ("all", "all")
        }
        for key, place in where if rows else ():
            cells = [cell(rows[s], f"own_language_first_{key}") for s in SYSTEMS[1:]]
            yield f"| {' | '.join([name, place, str(rows['full'][f'queries_{key}']), *cells])} |"


# Own questions


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


ORDERS: Mapping[str, Callable[[Hit], float]] = {
    "dense": lambda hit: hit.dense,
    "late": lambda hit: float(hit.aligned @ hit.weights),
    "full": lambda hit: 0.0,  # as they come
}


def right_rows(bot: Bot, question: Row) -> set[int]:
    """The rows that hold what is asked for, and those that say the same."""
    catalogue = bot.library().catalogue
    rows = {(p.doc_id, p.number): row for row, p in enumerate(catalogue.all_passages())}
    right = {
        rows[passage.doc_id, passage.number]
        for answer in question["answers"]
        for passage in catalogue.passages_of(answer["doc"])
        if answer["contains"]
        in bot.library().document(answer["doc"]).text[passage.start : passage.end]
    }
    groups = set(catalogue.twin_groups(sorted(right)).values())
    return right | {row for group in groups for row, _twin in catalogue.twins(group)}


def places(bot: Bot, question: Row) -> dict[str, int | None]:
    """The place of the first right passage by each order; passages that say the same take one."""
    hits = bot.hits(question["question"], history=question.get("history", ()))
    groups = bot.library().catalogue.twin_groups([hit.row for hit in hits])
    right = right_rows(bot, question)
    found = {}
    for system, order in ORDERS.items():
        seen: dict[int, Hit] = {}
        for hit in sorted(hits, key=lambda hit: -order(hit)):
            seen.setdefault(groups.get(hit.row, -1 - hit.row), hit)
        ranked = enumerate(seen.values(), 1)
        found[system] = next((n for n, hit in ranked if hit.row in right), None)
    return found


def own(bot: Bot, title: str, questions: Sequence[Row]) -> str:
    found = [places(bot, question) for question in questions]
    cells = []
    for system in ORDERS:
        ranks = [place[system] or 99 for place in found]
        cells.append(
            " / ".join(f"{100 * sum(r <= k for r in ranks) / len(ranks):.1f}" for k in (1, 3))
        )
    return f"| {title} | {len(questions)} | {' | '.join(cells)} |"


def own_questions(bot: Bot) -> Iterator[str]:
    every = read(OWN / "questions.jsonl")
    yield "| questions on the seeds | questions | dense | late | full |"
    yield "|---|---|---|---|---|"
    yield own(bot, "looked at while building", [q for q in every if q["split"] == "dev"])
    yield own(bot, "not looked at", [q for q in every if q["split"] == "test"])
    yield own(bot, "unseen", read(OWN / "unseen" / "questions.jsonl"))


# No answer


def confidences(bot: Bot, questions: Sequence[Row]) -> dict[str, list[float]]:
    """How sure dense and full are of what they find first."""
    found: dict[str, list[float]] = {"dense": [], "full": []}
    for question in questions:
        hits = bot.hits(question["question"], history=question.get("history", ()))
        found["dense"].append(max((hit.dense for hit in hits), default=0.0))
        found["full"].append(bot.judge.probability(hits[0]) if hits else 0.0)
    return found


def refusing(bot: Bot, sets: Mapping[str, Mapping[str, Evaluation]]) -> Iterator[str]:
    yield "| without an answer | AUROC, dense | AUROC, full | answered | answerable, refused |"
    yield "|---|---|---|---|---|"
    test = [q for q in read(OWN / "questions.jsonl") if q["split"] == "test"]
    for title, can, folder, keep in (
        ("not looked at", test, OWN, "test"),
        ("unseen", read(OWN / "unseen" / "questions.jsonl"), OWN / "unseen", None),
    ):
        there = confidences(bot, can)
        for kind, name in (("off the subject", "offtopic"), ("adversarial", "adversarial")):
            rows = [q for q in read(folder / f"{name}.jsonl") if keep in (None, q.get("split"))]
            absent = confidences(bot, rows)
            areas = [f"{auroc(there[s], absent[s]):.3f}" for s in ("dense", "full")]
            limit = bot.judge.threshold
            answered = sum(p >= limit for p in absent["full"])
            refused = sum(p < limit for p in there["full"])
            counts = f"{answered} of {len(rows)} | {refused} of {len(can)}"
            yield f"| {kind}, {title} | {areas[0]} | {areas[1]} | {counts} |"
    for name, found in sets.items():
        rows = {s: {pair_of(r): r for r in found[s].rows()} for s in ("dense", "full")}
        for pair, row in rows["full"].items():
            if pair[0] == pair[1] != "all" and row["unanswerable"]:
                areas = [f"{rows[s][pair]['AUROC']:.3f}" for s in ("dense", "full")]
                answered = f"{100 * row['answered_unanswerable']:.0f} % of {row['unanswerable']}"
                refused = f"{100 * row['refused_answerable']:.0f} % of {row['queries']}"
                title = f"{name}, {NAMES[pair[0]]}"
                yield f"| {title} | {areas[0]} | {areas[1]} | {answered} | {refused} |"


def text(bench: Path) -> Iterator[str]:
    encoder = open_encoder(None, cache() / "models")
    sets = {
        "piaf": measured(bench, "piaf", encoder, "queries-long.jsonl"),
        "mlqa": measured(bench, "mlqa", encoder),
        "faq3": measured(bench, "faq3", encoder),
    }
    held_out = {name: measured(bench, name, encoder) for name in ("piaf_holdout", "faq3_holdout")}
    bot = Bot.open(seeds())
    yield (
        f"Made on {date.today()} by `python tests/quality/table.py BENCH`, with "
        f"{encoder.name} (int8, digest `{encoder.digest}`)."
    )
    yield "\nSuccess@1 / nDCG@10, in per cent, on all questions of the sets:\n"
    yield from ranking(sets)
    yield "\nSuccess@1 / success@3, in per cent, passages that say the same taking one place:\n"
    yield from own_questions(bot)
    yield (
        "\nHow often a wrong passage in the asker's own language comes first, in per cent of the "
        "questions asked of the whole mixed corpus:\n"
    )
    yield from preference({name: sets[name] for name in ("mlqa", "faq3")})
    yield "\nWhat has no answer here, against questions that have one:\n"
    yield from refusing(bot, held_out)


def main(bench: Path) -> None:
    made = "\n".join(text(bench))
    readme = README.read_text(encoding="utf-8")
    before, _begin, rest = readme.partition(BEGIN)
    head, _end, after = rest.partition(END)
    mark = head.partition("\n")[0]
    README.write_text(f"{before}{BEGIN}{mark}\n\n{made}\n\n{END}{after}", encoding="utf-8")
    print(made)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
