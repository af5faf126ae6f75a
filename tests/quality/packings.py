"""What keeping token vectors in fewer bytes costs: packings.py BENCH

    python tests/quality/packings.py BENCH

BENCH is a folder with the sets `mlqa`, `piaf` and `faq3`, as for `qa evaluate`. Prints, for each
way of `embeddings.packing`, the bytes of a token, the milliseconds to unpack 50 passages, and the
success@1 of each set (PIAF by its long questions) with all passages kept so.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from embeddings import OnnxEncoder, open_encoder, packing
from qa.evaluation import evaluate
from qa.folders import cache
from qa.judgements import read_judged
from qa.library import Library
from qa.progress import Bar
from qa.published import open_published

SETS = {"mlqa": None, "piaf": "queries-long.jsonl", "faq3": None}
WAYS = {"bytes": sys.maxsize, "codes": 0}  # by the number of texts from which on there are codes
EACH = 6  # bytes of a token besides its values: its scale and its id
TOGETHER = 50


@contextmanager
def fresh_cache() -> Iterator[None]:
    """A cache with the prepared models alone: indexes in it don't tell how they were packed."""
    models, before = (cache() / "models").resolve(), os.environ.get("QA_CACHE")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "models").symlink_to(models)
        os.environ["QA_CACHE"] = folder
        try:
            yield
        finally:
            os.environ.pop("QA_CACHE")
            if before is not None:
                os.environ["QA_CACHE"] = before


def success(bench: Path, name: str, encoder: OnnxEncoder) -> tuple[float, Library]:
    queries = SETS[name]
    judged = read_judged(bench / name, bench / name / queries if queries else None)
    with closing(Bar()) as progress:
        bot = open_published(bench / name, judged.corpus, encoder, progress)
    with closing(Bar()) as progress:
        rows = evaluate(bot, judged, "full", progress).rows()
    return rows[-1]["success@1"], bot.library()


def unpacking(library: Library) -> float:
    """Milliseconds, the median, for 50 passages that nobody asked for before."""
    random, taken = np.random.default_rng(0), []
    for _ in range(20):
        rows = random.choice(len(library.encoded), TOGETHER, replace=False).tolist()
        started = time.perf_counter()
        for row in rows:
            library.encoded.tokens.tokens(row)
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)


def main(bench: Path) -> None:
    encoder = open_encoder(None, cache() / "models")
    print(f"| token vectors | bytes a token | ms for {TOGETHER} passages | {' | '.join(SETS)} |")
    print("|---" * (3 + len(SETS)) + "|")
    for way, many in WAYS.items():
        packing.MANY = many
        with fresh_cache():
            found = [success(bench, name, encoder) for name in SETS]
            size = found[0][1].encoded.tokens.packing.width + EACH
            cells = [f"{100 * share:.1f}" for share, _library in found]
            print(f"| {way} | {size} | {unpacking(found[0][1]):.1f} | {' | '.join(cells)} |")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
