"""`qa calibrate`: the command that teaches a model's scores to be probabilities."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from qa.console import complain, print_line
from qa.errors import UsageError
from qa.options import Model
from qa.progress import Bar

LEAST = 200  # cases; from fewer, four weights are guesses

Folders = Annotated[
    list[Path],
    typer.Argument(
        metavar="DIR...",
        show_default=False,
        help="Folders with corpus.jsonl, queries.jsonl and qrels.tsv, as for qa evaluate.",
    ),
]


def calibrate(folders: Folders, model: Model = None) -> None:
    """Fit the score to a model, on questions whose answers are known.

    The score then is the probability that the first passage answers, and decides what is refused.
    Where a folder has no unanswerable questions, every second one is asked with its answers hidden.
    Half of the questions are fitted on, and the table shows the other half.
    """
    from embeddings import open_encoder
    from qa.calibration import write
    from qa.fitting import Case, cases, fit, report
    from qa.folders import cache, fitted
    from qa.judgements import read_judged
    from qa.published import open_published

    every = [(folder, read_judged(folder)) for folder in folders]
    with closing(Bar()) as progress:
        encoder = open_encoder(model, cache() / "models", progress)
    found: list[Case] = []
    for folder, judged in every:
        with closing(Bar()) as progress:
            bot = open_published(folder, judged.corpus, encoder, progress)
        with closing(Bar()) as progress:
            found += cases(bot, judged, folder.resolve().name, progress)
    half = [case for case in found if case.fitted]
    if len(half) < LEAST or len({case.right for case in half}) < 2:
        raise UsageError(
            f"{len(half)} answers, right and wrong, are too few to fit a score to; "
            f"{LEAST} are needed: add questions, or folders"
        )
    calibration = fit(half, {})
    names = ", ".join(folder.resolve().name for folder in folders)
    path = fitted(encoder.digest)
    write(path, calibration, encoder.name, f"qa calibrate, on half of the questions of {names}")
    for line in report(calibration, [case for case in found if not case.fitted]):
        print_line(line)
    complain(f"written to {path}; remove it to return to the score that ships with the program")
