"""How time, memory, disk and latency grow with the number of passages: scale.py SOURCE

    python tests/benchmarks/scale.py SOURCE [--sizes 1000 3000 10000 30000 93675]
                                            [--rows 1000000 5000000]

SOURCE is a file of JSON lines with a "text" and a "lang" each, also gzipped. One folder grows to
each size in turn and is indexed again, so a row's time is that of all steps up to it. Every figure
is that of a process of its own. Draws scale.png and writes the table into README.md, with the
exponent b of each figure ~ passages ** b, fitted by least squares to the logarithms of the sizes
that are kept and searched as all larger ones are.

--rows goes on with vectors alone: those of the largest size and, so that there are many, new ones
near them, each moved by a third of the way between two others. 5,000,000 take 20 GB of memory, 8 of
them those of a file that is mapped, and 12 of disk.
"""

import argparse
import datetime
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from bench import entries, measure, questions
from sections import write

Vectors = npt.NDArray[np.float32]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
A_DOCUMENT = 100  # paragraphs
ASKED = 200  # questions whose time is taken
LARGE = 10_000  # passages; from there on token vectors are kept as those of all larger corpora are
PAPER = 10**7, 10**9  # passages, to which the fit is carried on


class Size(NamedTuple):
    """What an index of some size takes; a log-log plot is drawn of each but the first."""

    passages: int
    seconds: float  # to index all of it
    indexing: float  # MiB at most while it was indexed
    disk: float  # bytes a passage
    opening: float  # milliseconds
    median: float  # milliseconds a question
    slowest: float  # the 99th percentile, milliseconds
    resident: float  # MiB after the questions


class Rows(NamedTuple):
    """What an index of so many vectors alone takes."""

    rows: int
    seconds: float  # to build it
    building: float  # MiB at most meanwhile
    disk: float  # bytes a row
    opening: float  # milliseconds
    median: float  # milliseconds a search
    recall: float  # of the 50 nearest


ROWS = (
    "rows",
    "building, s",
    "memory while building, MiB",
    "disk a row, bytes",
    "opening, ms",
    "search: median, ms",
    "recall of the 50 nearest",
)
TITLES = (
    "passages",
    "indexing, s",
    "memory while indexing, MiB",
    "disk a passage, bytes",
    "opening, ms",
    "question: median, ms",
    "question: 99th percentile, ms",
    "memory of a reader, MiB",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 3000, 10000, 30000, 93675])
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000_000, 5_000_000])
    parser.add_argument("--vectors", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--ask", type=Path, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ask:
        print(json.dumps(ask(*options.ask)))
        return
    if options.vectors:
        print(json.dumps(vectors_alone(Path(options.vectors[0]), int(options.vectors[1]))))
        return
    with tempfile.TemporaryDirectory() as place:
        seen = list(grow(options.source, options.sizes, Path(place)))
        rows = [multiplied(options.source, Path(place), count) for count in options.rows]
    exponents = fit(seen)
    draw(seen, exponents, HERE / "scale.png")
    write("scale", "\n".join([*table(seen, exponents), "", *row_table(rows)]))


def grow(source: Path, sizes: list[int], place: Path) -> Iterator[Size]:
    """Index a folder that grows to each of `sizes` paragraphs."""
    folder, index = place / "documents", place / "index"
    folder.mkdir()
    paragraphs = ((entry["lang"], entry["text"]) for entry in entries(source))
    here = ["--documents", str(folder), "--index", str(index)]
    total, seconds = 0, 0.0
    for size in sorted(sizes):
        put(folder, total, list(itertools.islice(paragraphs, size - total)))
        total = size
        cost = measure([sys.executable, "-m", "qa", "index", *here])
        seconds += cost.wall
        command = [sys.executable, __file__, str(source), "--ask", str(folder), str(index)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        disk = sum(path.stat().st_size for path in index.rglob("*") if path.is_file())
        passages = int(told.pop("passages"))
        size_now = Size(passages, seconds, cost.peak, disk / passages, **told)
        print(size_now, file=sys.stderr, flush=True)
        yield size_now


def multiplied(source: Path, place: Path, count: int) -> Rows:
    """So many vectors, from those of the index in `place`."""
    command = [sys.executable, __file__, str(source), "--vectors", str(place), str(count)]
    cost = measure(command)
    told = json.loads((place / "rows.json").read_text(encoding="utf-8"))
    found = Rows(count, building=cost.peak, **told)
    print(found, file=sys.stderr, flush=True)
    return found


def vectors_alone(place: Path, count: int) -> dict[str, float]:
    """Build, open and search an index of `count` vectors; also written to rows.json."""
    sys.path.insert(0, str(ROOT))
    from embeddings import VectorIndex, neighbours, open_encoder
    from qa.folders import cache
    from qa.library import open_library

    library = open_library(place / "index")
    assert library is not None
    vectors = spread(library.vectors.vectors(0, len(library)), count, place / "rows.npy")
    encoder = open_encoder(None, cache() / "models")
    queries = np.array([encoder.encode_query(question).vector for question in questions()])
    right, _ = neighbours(queries, vectors, 50)
    started = time.perf_counter()
    index, path = VectorIndex.build(vectors), place / "rows.faiss"
    index.save(path)
    seconds = time.perf_counter() - started
    del index, vectors
    started = time.perf_counter()
    index = VectorIndex.load(path)
    opening = 1000 * (time.perf_counter() - started)
    taken, found = [], []
    for query in queries:
        started = time.perf_counter()
        found.append(index.search(query, 50)[0])
        taken.append(1000 * (time.perf_counter() - started))
    pairs = zip(found, right, strict=True)
    told = {
        "seconds": seconds,
        "disk": path.stat().st_size / count,
        "opening": opening,
        "median": statistics.median(taken),
        "recall": float(np.mean([len(np.intersect1d(*pair)) for pair in pairs])) / 50,
    }
    (place / "rows.json").write_text(json.dumps(told), encoding="utf-8")
    path.unlink()
    (place / "rows.npy").unlink()
    return told


def spread(vectors: Vectors, count: int, path: Path) -> Vectors:
    """`count` vectors of unit length, in a file: the given ones, and others near them."""
    random, shape = np.random.default_rng(0), (count, vectors.shape[1])
    made = np.lib.format.open_memmap(path, "w+", np.float32, shape)
    made[: len(vectors)] = vectors[:count]
    for start in range(len(vectors), count, 50_000):
        some = min(50_000, count - start)
        near, one, other = random.integers(len(vectors), size=(3, some))
        moved = vectors[near] + (vectors[one] - vectors[other]) / 3
        made[start : start + some] = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    return made


def put(folder: Path, number: int, paragraphs: list[tuple[str, str]]) -> None:
    """Documents of one language each, whose names begin with the number of paragraphs before."""
    by_language = defaultdict(list)
    for language, text in paragraphs:
        by_language[language].append(text)
    for language, texts in by_language.items():
        for start in range(0, len(texts), A_DOCUMENT):
            name = f"{number:07}-{language}-{start:07}.txt"
            text = "\n\n".join(texts[start : start + A_DOCUMENT])
            (folder / name).write_text(text, encoding="utf-8")


def ask(folder: Path, index: Path) -> dict[str, float]:
    """What a process sees that opens the index and asks the project's own questions."""
    sys.path.insert(0, str(ROOT))
    from qa import Bot
    from qa.library import open_library

    asked, taken = questions(), []
    bot = Bot.open(folder, index=index)
    for question in asked[:20]:
        bot.answer(question)
    for number in range(ASKED):
        started = time.perf_counter()
        bot.answer(asked[number % len(asked)])
        taken.append(1000 * (time.perf_counter() - started))
    told = {
        "passages": len(bot.library()),
        "median": statistics.median(taken),
        "slowest": statistics.quantiles(taken, n=100)[98],
        "resident": resident(),
    }
    times = []
    for _ in range(5):
        started = time.perf_counter()
        library = open_library(index)
        times.append(1000 * (time.perf_counter() - started))
        assert library is not None
        library.close()
    return {**told, "opening": statistics.median(times)}


def resident() -> float:
    """MiB of this process that are in memory, mapped files included; known on Linux only."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    line = next(line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def fit(seen: list[Size]) -> list[tuple[float, float]]:
    """Of each figure the factor a and the exponent b in a * passages ** b."""
    large = [size for size in seen if size.passages >= LARGE]
    if len(large) < 2:
        raise SystemExit(f"a fit needs two sizes of {LARGE:,} or more: --sizes {LARGE} 30000")
    logs = np.log(np.array(large, np.float64))
    fits = [np.polyfit(logs[:, 0], logs[:, at], 1) for at in range(1, logs.shape[1])]
    return [(float(np.exp(height)), float(slope)) for slope, height in fits]


def table(seen: list[Size], exponents: list[tuple[float, float]]) -> list[str]:
    made = (
        f"Made by `make bench-scale` on {datetime.date.today()}: Python "
        f"{platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, load average "
        f"{os.getloadavg()[0]:.1f} at the end. The last rows are the fit from {LARGE:,} passages "
        "on, and what it foretells."
    )
    lines = [made, "", f"| {' | '.join(map(str, TITLES))} |", "|---" * len(TITLES) + "|"]
    lines += [_row(f"{size.passages:,}", size[1:]) for size in seen]
    lines.append(f"| exponent | {' | '.join(f'{slope:.2f}' for _, slope in exponents)} |")
    lines += [_row(f"{n:,}, on paper", [a * n**b for a, b in exponents]) for n in PAPER]
    return [*lines, "", "![The figures of the table against the number of passages](scale.png)"]


def row_table(found: list[Rows]) -> list[str]:
    if not found:
        return []
    lines = ["Vectors alone, most of them made from others:", "", f"| {' | '.join(ROWS)} |"]
    lines.append("|---" * len(ROWS) + "|")
    for each in found:
        cells = [f"{each.rows:,}", *(f"{v:,.0f}" if v >= 100 else f"{v:.3g}" for v in each[1:])]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _row(name: str, values: tuple[float, ...] | list[float]) -> str:
    cells = (f"{value:,.0f}" if value >= 10 else f"{value:.2g}" for value in values)
    return f"| {name} | {' | '.join(cells)} |"


def draw(seen: list[Size], exponents: list[tuple[float, float]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 4, figsize=(15, 7), layout="constrained")
    passages = np.array([size.passages for size in seen])
    large = passages[passages >= LARGE]
    for at, (axis, (factor, slope)) in enumerate(zip(axes.flat, exponents, strict=False), 1):
        axis.loglog(passages, [size[at] for size in seen], "o", color="#1f6f8b")
        axis.loglog(large, factor * large**slope, "-", color="#cfe3ea", zorder=0)
        axis.set_title(f"{TITLES[at]}: exponent {slope:.2f}", fontsize=10, loc="left")
        axis.set_xlabel("passages")
        axis.spines[["top", "right"]].set_visible(False)
    axes.flat[-1].set_visible(False)
    figure.savefig(path, dpi=90)


if __name__ == "__main__":
    main()
