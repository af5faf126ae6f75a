"""`qa evaluate`: the command that measures."""

from collections.abc import Iterable
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
    from qa.judgements import Judged, Question, Text

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
    """Measure on questions whose answers are known, of your own or published ones."""
    chosen = _system(system)
    _check_files(run, plot, chosen)
    from qa.judgements import read_judged
    from qa.report import run_lines, table

    judged = read_judged(folder, queries, qrels)
    asked = _chosen(judged, one_language(query_language), limit, seed)
    evaluation = _evaluated(folder, asked, chosen, model, one_language(corpus_language))
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
    if plot is None:
        return
    if system != "full":
        raise UsageError(f"--plot shows the probability, which {system} has none of; use full")
    from qa.plot import check

    check(plot)


def _chosen(judged: "Judged", language: Language | None, limit: int | None, seed: int) -> "Judged":
    from qa.judgements import sample

    if language is not None:
        _has(judged.answerable, "--query-language", language)

    def some(questions: "Iterable[Question]") -> "list[Question]":
        spoken = [q for q in questions if language in (None, q.language)]
        return sample(spoken, limit, seed)

    return replace(
        judged, answerable=some(judged.answerable), unanswerable=some(judged.unanswerable)
    )


def _has(judged: "Iterable[Question | Text]", option: str, language: Language) -> None:
    seen = sorted({one.language for one in judged})
    if language not in seen:
        raise UsageError(f"{option} is {language!r}; here is only {', '.join(seen) or 'nothing'}")


def _evaluated(
    folder: Path, judged: "Judged", system: System, model: str | None, only: Language | None
) -> "Evaluation":
    from embeddings import open_encoder
    from qa.bot import cache
    from qa.evaluation import evaluate
    from qa.published import open_published

    if only is not None:
        answering = {doc_id for q in judged.answerable for doc_id in q.grades}
        _has((t for t in judged.corpus if t.id in answering), "--corpus-language", only)
    with closing(Bar()) as progress:
        encoder = open_encoder(model, cache() / "models", progress)
        bot = open_published(folder, judged.corpus, encoder, progress)
    with closing(Bar()) as progress:
        return evaluate(bot, judged, system, progress, only=only)


def _write(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines)
