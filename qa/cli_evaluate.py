"""`qa evaluate`: the command that measures."""

from collections.abc import Collection, Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa.console import complain, print_json, print_line
from qa.errors import UsageError
from qa.options import AsJson, Model, one_language, whole
from qa.progress import Bar
from qa.types import SYSTEMS, Language, System

if TYPE_CHECKING:
    from qa.evaluation import Evaluation
    from qa.judgements import Judged

Folder = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        show_default=False,
        help="A folder with corpus.jsonl, queries.jsonl and qrels.tsv; "
        "queries-unanswerable.jsonl if there is any.",
    ),
]
Queries = Annotated[
    Path | None,
    typer.Option("--queries", metavar="FILE", help="Other questions: a path, or a name in DIR."),
]
Qrels = Annotated[
    Path | None,
    typer.Option(
        "--qrels",
        metavar="FILE",
        help="Other judgements; by default qrels-cross.tsv, qrels.tsv or qrels/test.tsv in DIR.",
    ),
]
QueryLanguage = Annotated[
    str | None,
    typer.Option("--query-language", metavar="CODE", help="Ask only the questions in this one."),
]
CorpusLanguage = Annotated[
    str | None,
    typer.Option("--corpus-language", metavar="CODE", help="Search only the passages in this one."),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        metavar="N",
        parser=lambda text: whole("--limit", text, least=1),
        help="Ask at most N questions of each language, and as many unanswerable ones.",
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        parser=lambda text: whole("--seed", text, least=0),
        help="Draws the questions that --limit leaves.",
    ),
]
SystemName = Annotated[
    str,
    typer.Option(
        "--system",
        metavar="NAME",
        help="full (what answers users), or one part of it alone: bm25, dense or late.",
    ),
]
Run = Annotated[
    Path | None,
    typer.Option("--run", metavar="FILE", help="Write the rankings in TREC's run format."),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        "--plot", metavar="FILE.png", help="Draw risk against coverage, and the score's honesty."
    ),
]


def evaluate(
    folder: Folder,
    queries: Queries = None,
    qrels: Qrels = None,
    query_language: QueryLanguage = None,
    corpus_language: CorpusLanguage = None,
    limit: Limit = None,
    seed: Seed = 0,
    system: SystemName = "full",
    model: Model = None,
    as_json: AsJson = False,
    run: Run = None,
    plot: Plot = None,
) -> None:
    """Measure on questions whose answers are known.

    A row is a language of questions and one of passages; in a row of "all" the whole mixed corpus
    is searched. Each text of the corpus is one passage, as its judges saw it. The measures are
    those of trec_eval.
    """
    chosen = _system(system)
    _check_files(run, plot, chosen)
    from qa.judgements import read_judged
    from qa.report import run_lines, table

    judged = read_judged(folder, queries, qrels)
    if run is not None:
        _check_ids(judged)
    only = one_language(corpus_language)
    asked = _narrowed(judged, one_language(query_language), only)
    evaluation = _evaluated(folder, _drawn(asked, limit, seed), chosen, model, only)
    if as_json:
        drawn = {"limit": limit, "seed": seed, "without_judgement": judged.left_out}
        print_json(evaluation.to_dict() | drawn, indent=2)
    else:
        print_line(table(evaluation))
    if judged.left_out:
        left = "1 question has" if judged.left_out == 1 else f"{judged.left_out} questions have"
        verb = "is" if judged.left_out == 1 else "are"
        complain(f"{left} no relevant text in the judgements, and {verb} left out")
    if run is not None:
        _write(run, run_lines(evaluation))
    if plot is not None:
        from qa.plot import draw

        draw(evaluation, plot)


def _system(name: str) -> System:
    for system in SYSTEMS:
        if name == system:
            return system
    raise UsageError(f"--system is {name!r}; choose from {', '.join(SYSTEMS)}")


def _check_files(run: Path | None, plot: Path | None, system: System) -> None:
    """What would be found out only after all questions were asked."""
    for option, path in (("--run", run), ("--plot", plot)):
        if path is not None and not path.parent.is_dir():
            raise UsageError(f"{option} is {path}, and there is no folder {path.parent}; make it")
        if path is not None and path.is_dir():
            raise UsageError(f"{option} is {path}, which is a folder; name a file in it")
    if plot is None:
        return
    if system != "full":
        raise UsageError(f"--plot shows the probability, which {system} has none of; use full")
    from qa.plot import check

    check(plot)


def _check_ids(judged: "Judged") -> None:
    """A run has its columns between blanks."""
    ids = [*(text.id for text in judged.corpus), *(asked.id for asked in judged.answerable)]
    wrong = next((one for one in ids if len(one.split()) != 1), None)
    if wrong is not None:
        raise UsageError(f"--run writes columns, and the _id {wrong!r} is not one; leave --run out")


def _narrowed(judged: "Judged", asked: Language | None, only: Language | None) -> "Judged":
    """The questions in one language; those that passages in one language answer."""
    languages = {text.id: text.language for text in judged.corpus}
    answerable = list(judged.answerable)
    if asked is not None:
        _has("--query-language", asked, {q.language for q in answerable})
        answerable = [q for q in answerable if q.language == asked]
    if only is not None:
        _has("--corpus-language", only, {languages[d] for q in answerable for d in q.grades})
        answerable = [q for q in answerable if any(languages[d] == only for d in q.grades)]
    unanswerable = [q for q in judged.unanswerable if asked in (None, q.language)]
    return replace(judged, answerable=answerable, unanswerable=unanswerable)


def _has(option: str, language: Language, seen: Collection[Language]) -> None:
    if language not in seen:
        there = ", ".join(sorted(seen))
        raise UsageError(f"{option} is {language!r}; there are answers only for {there}")


def _drawn(judged: "Judged", limit: int | None, seed: int) -> "Judged":
    from qa.judgements import sample

    return replace(
        judged,
        answerable=sample(judged.answerable, limit, seed),
        unanswerable=sample(judged.unanswerable, limit, seed),
    )


def _evaluated(
    folder: Path, judged: "Judged", system: System, model: str | None, only: Language | None
) -> "Evaluation":
    from embeddings import open_encoder
    from qa.evaluation import evaluate
    from qa.folders import cache
    from qa.published import open_published

    with closing(Bar()) as progress:
        encoder = open_encoder(model, cache() / "models", progress)
        bot = open_published(folder, judged.corpus, encoder, progress)
    with closing(Bar()) as progress:
        return evaluate(bot, judged, system, progress, only=only)


def _write(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines)
