"""Faults by the hundred, and a table of what came of them: python tests/faults/run.py [--seed N]

Ends with status 1 if the program gave a wrong quote or a traceback, or left something behind.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent), str(HERE)]
os.environ["OMP_NUM_THREADS"] = "1"  # a fork must not wait for threads that it has not got

from kinds import FAULTS, can_mount, small_disk_is_full  # noqa: E402
from scene import Scene, WrongError  # noqa: E402

Row = tuple[str, int, int, int, int]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--share", type=float, default=1.0, help="of the faults, each once at least"
    )
    parser.add_argument("--only", default="", help="a part of the fault's name")
    options = parser.parse_args()
    began, rows, wrong = time.monotonic(), list[Row](), list[str]()
    for name, (times, _) in FAULTS.items():
        if options.only in name and (name != SMALL or can_mount()):
            rows.append(_several(name, max(1, round(times * options.share)), options.seed, wrong))
    print(_table(rows))
    print(f"{sum(row[1] for row in rows)} faults, seed {options.seed}", end=", ")
    print(f"{time.monotonic() - began:.0f} s")
    print("\n\n".join(wrong[:20]), file=sys.stderr)
    return 1 if wrong else 0


SMALL = next(name for name, (_, fault) in FAULTS.items() if fault is small_disk_is_full)


def _several(name: str, times: int, seed: int, wrong: list[str]) -> Row:
    counts = {"survived": 0, "refused": 0, "wrong": 0}
    memory = Path("/dev/shm")  # a disk would have to be waited for
    place = Path(tempfile.mkdtemp(prefix="faults-", dir=memory if memory.is_dir() else None))
    place.chmod(0o755)
    try:
        scene = Scene(place / "scene")
        scene.measure()
        for number in range(times):
            rng = random.Random(f"{seed} {name} {number}")
            scene.undo()
            scene.renew()
            try:
                counts["refused" if FAULTS[name][1](scene, rng) else "survived"] += 1
            except WrongError as error:
                counts["wrong"] += 1
                wrong.append(f"{name} #{number}: {error}"[:3000])
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return name, times, counts["survived"], counts["refused"], counts["wrong"]


def _table(rows: list[Row]) -> str:
    total = ("all", *(sum(row[at] for row in rows) for at in range(1, 5)))
    lines = [
        "| fault | times | survived | refused with a sentence | wrong |",
        "|---|---|---|---|---|",
    ]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in [*rows, total]]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
