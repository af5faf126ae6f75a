"""Indexing and refreshing a folder of many small files, against embedding their texts alone.

    python tests/benchmarks/small_files.py SOURCE [--files 10000] [--runs 1] [--changes 3]

SOURCE is a file of JSON lines with a "text" each, also gzipped, or a folder of .txt files. Each
of its first texts is cut to 40 to 60 words and becomes a file. Embedding and indexing run in turn;
then the folder is indexed again as it is, and after a change in one file. Every figure is a whole
process. On a machine with other things to do the processor time tells more than the wall time.
"""

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from bench import Cost, entries, measure

ROOT = Path(__file__).parents[2]

SHORTEST, LONGEST = 40, 60  # words
SETTLE = 2.5  # seconds; a file younger than 2 is compared by its content


def texts(source: Path) -> Iterator[str]:
    """The texts of SOURCE that have enough words, cut."""
    rng = random.Random(1)
    for text in _whole(source):
        words = text.split()
        if len(words) >= SHORTEST:
            yield " ".join(words[: rng.randint(SHORTEST, LONGEST)])


def _whole(source: Path) -> Iterator[str]:
    if source.is_dir():
        for path in sorted(source.rglob("*.txt")):
            yield from path.read_text(encoding="utf-8", errors="replace").split("\n\n")
        return
    for entry in entries(source):
        yield entry["text"]


def embed(folder: Path) -> None:
    """The baseline: the files' texts, all in memory, through the encoder and away."""
    sys.path.insert(0, str(ROOT))
    from embeddings import open_encoder
    from qa.folders import cache

    found = [path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())]
    for _encoding in open_encoder(None, cache() / "models").encode_passages(found):
        pass


def change(folder: Path, number: int) -> None:
    """Write one file anew, with a sentence more."""
    paths = sorted(folder.iterdir())
    path = paths[number * 997 % len(paths)]
    path.write_text(f"{path.read_text(encoding='utf-8')} Edition {number}.", encoding="utf-8")
    time.sleep(SETTLE)


def run(place: Path, found: list[str], runs: int, changes: int) -> dict[str, list[Cost]]:
    """What each of the four took, `runs` times and for the refreshes `changes` times."""
    folder = place / "documents"
    folder.mkdir()
    for number, text in enumerate(found):
        (folder / f"{number:06}.txt").write_text(text, encoding="utf-8")
    time.sleep(SETTLE)
    options = ["--quiet", "--documents", str(folder), "--index", str(place / "index")]
    refresh = [sys.executable, "-m", "qa", "index", *options]
    seen: dict[str, list[Cost]] = {}

    def note(name: str, command: list[str]) -> None:
        seen.setdefault(name, []).append(measure(command))
        print(f"{name}: {seen[name][-1]}", file=sys.stderr)

    for _ in range(runs):
        note("embedding alone", [sys.executable, __file__, "--embed", str(folder)])
        note("qa index", [*refresh, "--rebuild"])
    for number in range(changes):
        note("nothing changed", refresh)
        change(folder, number)
        note("one file changed", refresh)
    return seen


def table(seen: dict[str, list[Cost]]) -> str:
    """Medians, and each as a multiple of embedding alone."""
    base = Cost(
        *(statistics.median(column) for column in zip(*seen["embedding alone"], strict=True))
    )
    lines = [
        "| what | wall | × | processor | × | memory |",
        "|---|---|---|---|---|---|",
    ]
    for name, costs in seen.items():
        cost = Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))
        lines.append(
            f"| {name} | {cost.wall:.2f} s | {cost.wall / base.wall:.2f} | {cost.cpu:.2f} s "
            f"| {cost.cpu / base.cpu:.2f} | {cost.peak:.0f} MiB |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, help="JSON lines, or a folder of .txt files")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=1, help="of embedding and indexing, in turn")
    parser.add_argument("--changes", type=int, default=3, help="of one file, with a refresh each")
    parser.add_argument("--embed", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.embed:
        embed(options.source)
        return
    found = list(islice(texts(options.source), options.files))
    # The model is prepared and warm before anything is measured.
    subprocess.run(
        [sys.executable, "-m", "qa", "ask", "Lima"], stdout=subprocess.DEVNULL, check=False
    )
    with tempfile.TemporaryDirectory() as place:
        print(f"{len(found)} files")
        print(table(run(Path(place), found, options.runs, options.changes)))


if __name__ == "__main__":
    main()
