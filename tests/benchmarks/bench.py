"""Time and memory against the plain way, in alternating runs; the table goes into README.md.

    python tests/benchmarks/bench.py [--runs 9] [--peers PYTHON]

--peers: the Python of an environment with txtai, haystack-ai and sentence-transformers-haystack, or
llama-index-core and llama-index-embeddings-huggingface; what is there is run, too (peers.py).

Machines differ and are noisy: read the ratios, not the seconds.
"""

import argparse
import datetime
import gzip
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from peers import PEERS
from sections import write

HERE = Path(__file__).parent
QUESTION = "How many Peruvians live abroad?"


class Cost(NamedTuple):
    """What one process took: wall seconds, MiB of memory at most, seconds of processor time."""

    wall: float
    peak: float
    cpu: float


def measure(command: Sequence[str]) -> Cost:
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed with {process.returncode}")
    divisor = 1024 if sys.platform == "linux" else 1024 * 1024
    return Cost(wall, usage.ru_maxrss / divisor, usage.ru_utime + usage.ru_stime)


def alternate(commands: dict[str, list[str]], runs: int) -> dict[str, list[Cost]]:
    for command in commands.values():  # warm the caches of disk and bytecode
        measure(command)
    seen: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            seen[name].append(measure(command))
    return seen


def plain_command(folder: Path) -> list[str]:
    """The command of plain.py. Its files are made by another process: the memory of a process
    counts from its parent's, until it becomes its own."""
    subprocess.run([sys.executable, __file__, "--prepare", str(folder)], check=True)
    files = [str(folder / name) for name in ("model", "vectors.faiss", "passages.json")]
    return [sys.executable, str(HERE / "plain.py"), *files, QUESTION]


def peer_commands(python: Path | None, folder: Path) -> dict[str, list[str]]:
    """The commands of those frameworks that are installed for `python`, with their stores made."""
    commands = {}
    for name in PEERS if python is not None else ():
        store = folder / name
        store.mkdir()
        command = [str(python), str(HERE / "peers.py"), name, str(folder / "model"), str(store)]
        made = subprocess.run(
            [*command, "--store", str(folder / "passages.json")], capture_output=True, text=True
        )
        if made.returncode == 0:
            commands[name] = [*command, QUESTION]
        else:
            print(f"{name} is left out: {made.stderr.strip()[-300:]}", file=sys.stderr)
    return commands


def prepare_plain(folder: Path) -> None:
    """The files of plain.py, made from the seeds' own passages."""
    import faiss
    import numpy as np

    from embeddings import builtin
    from qa import Bot

    model = builtin.load()
    model.save(str(folder / "model"))
    library = Bot.open().library()
    texts = [passage.search_text for passage in library.catalogue.all_passages()]
    vectors = model.encode(texts, prompt_name="passage", normalize_embeddings=True)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.asarray(vectors, np.float32))
    faiss.write_index(index, str(folder / "vectors.faiss"))
    (folder / "passages.json").write_text(json.dumps(texts), encoding="utf-8")


def questions() -> list[str]:
    """The project's own, about the seeds."""
    lines = (HERE.parent / "quality" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


def entries(source: Path) -> Iterator[dict[str, str]]:
    """What a file of JSON lines has, also gzipped."""
    opened = gzip.open if source.suffix == ".gz" else open
    with opened(source, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def hot(rounds: int = 5) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of each answer() to the project's own questions, and of the plain way with them,
    which encodes and compares vectors alone; round by round in turn. And the rounds' ratios."""
    import faiss
    import numpy as np

    from embeddings import builtin
    from qa import Bot, answer

    library, model = Bot.open().library(), builtin.load()
    index = faiss.IndexFlatIP(library.vectors.dim)
    index.add(np.stack([library.vectors.vector(row) for row in range(len(library))]))
    asked = questions()

    def plain(question: str) -> None:
        query = model.encode([question], prompt_name="query", normalize_embeddings=True)
        index.search(query, 3)

    seen: dict[Callable[[str], object], list[list[float]]] = {answer: [], plain: []}
    for ask in seen:
        ask(asked[0])
    for _ in range(rounds):
        for ask, taken in seen.items():
            taken.append([milliseconds(ask, question) for question in asked])
    medians = [[statistics.median(taken) for taken in rounds] for rounds in seen.values()]
    ours, theirs = (list(chain.from_iterable(rounds)) for rounds in seen.values())
    return ours, theirs, [one / other for one, other in zip(*medians, strict=True)]


def milliseconds(ask: Callable[[str], object], question: str) -> float:
    started = time.perf_counter()
    ask(question)
    return 1000 * (time.perf_counter() - started)


def percentiles(taken: Sequence[float]) -> str:
    """Two cells of the table."""
    return f"{statistics.median(taken):.1f} ms | {statistics.quantiles(taken, n=100)[98]:.1f} ms |"


def threads(rounds: int = 3, asked: int = 1600) -> tuple[float, float]:
    """Questions a second of one thread, and of a hundred, in turn; the medians.

    Sixteen questions a thread: with four, a tenth of the time is that of starting threads.
    """
    from qa import answer

    own = questions()
    many = [own[number % len(own)] for number in range(asked)]
    list(map(answer, own))
    seen: dict[int, list[float]] = {1: [], 100: []}
    for _ in range(rounds):
        for count, rates in seen.items():
            with ThreadPoolExecutor(count) as pool:
                started = time.perf_counter()
                list(pool.map(answer, many))
                rates.append(asked / (time.perf_counter() - started))
    return statistics.median(seen[1]), statistics.median(seen[100])


def embedding(rounds: int = 5) -> tuple[float, float, list[float]]:
    """Passages a second here and by sentence-transformers on torch, alternating, and the ratios."""
    from embeddings import builtin, open_encoder
    from qa import Bot
    from qa.folders import cache

    texts = [p.search_text for p in Bot.open().library().catalogue.all_passages()] * 2
    encoder = open_encoder(None, cache() / "models")
    model = builtin.load()
    ours, plain = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        for _encoding in encoder.encode_passages(texts):
            pass
        ours.append(len(texts) / (time.perf_counter() - started))
        started = time.perf_counter()
        model.encode(texts, prompt_name="passage", batch_size=32, show_progress_bar=False)
        plain.append(len(texts) / (time.perf_counter() - started))
    ratios = [one / other for one, other in zip(ours, plain, strict=True)]
    return statistics.median(ours), statistics.median(plain), ratios


def row(name: str, values: Sequence[float], unit: str) -> str:
    low, mid, high = min(values), statistics.median(values), max(values)
    return f"| {name} | {mid:.3g} {unit} | {low:.3g} – {high:.3g} |"


def table(seen: dict[str, list[Cost]]) -> list[str]:
    lines = ["| what | median | range |", "|---|---|---|"]
    for name, runs in seen.items():
        lines.append(row(f"{name}: wall", [run.wall for run in runs], "s"))
        lines.append(row(f"{name}: peak memory", [run.peak for run in runs], "MiB"))
    for name in (name for name in ("plain.py", *PEERS) if name in seen):
        for position, what in enumerate(("wall", "peak memory")):
            pairs = zip(seen["qa ask"], seen[name], strict=True)
            ratios = [ask[position] / other[position] for ask, other in pairs]
            lines.append(row(f"**qa ask / {name}: {what}**", ratios, "×"))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        prepare_plain(options.prepare)
        return
    runs = options.runs
    qa = str(Path(sys.executable).with_name("qa"))
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "qa ask": [qa, "ask", QUESTION],
            "plain.py": plain_command(Path(folder)),
            "qa --help": [qa, "--help"],
        } | peer_commands(options.peers, Path(folder))
        lines = table(alternate(commands, runs))
    here, there, ratios = hot()
    lines.append(f"| hot `answer()`: median, 99th percentile | {percentiles(here)}")
    lines.append(f"| hot, the plain way: median, 99th percentile | {percentiles(there)}")
    lines.append(row("**hot: here / the plain way**", ratios, "×"))
    ours, plain, ratios = embedding()
    lines.append(f"| passages embedded a second: here, torch | {ours:.0f} | {plain:.0f} |")
    lines.append(row("**embedding: here / torch**", ratios, "×"))
    one, hundred = threads()
    lines.append(f"| questions a second: 1 thread, 100 threads | {one:.0f} | {hundred:.0f} |")
    made = (
        f"Made by `make bench` on {datetime.date.today()}: Python {platform.python_version()}, "
        f"{platform.machine()}, {os.cpu_count()} cores; {runs} alternating runs."
    )
    text = "\n".join([made, "", *lines])
    write("table", text)


if __name__ == "__main__":
    main()
