"""Look for bytes that break a target: python tests/fuzz/fuzz.py [TARGET …] --seconds N

Each target runs in a process of its own; what breaks it is kept in `crashes/`, and is a test from
then on. Prints how often each was run and what was found.
"""

import argparse
import importlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(HERE.parent), str(HERE)]
LONGEST = 4096  # bytes of an input: what is larger has tests of its own
HANGS = 20  # seconds after which an input is a crash
MEMORY = 3072  # MiB


def fuzz(name: str, options: list[str]) -> None:
    """Runs until libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=["qa"]):
        import targets

        from qa.reading.formats import FORMATS

        # Else they would be imported when first needed, and none of their paths be seen.
        for known in FORMATS.values():
            importlib.import_module(f"qa.reading.{known.module}")
    atheris.Setup([sys.argv[0], *options], targets.TARGETS[name])
    atheris.Fuzz()


def seeds(name: str, place: Path) -> None:
    """A few inputs to begin with: files of the format, or a text of the seeds."""
    import made
    from targets import PARTS, members

    makers = {"mail": "eml", "tables": "csv"}
    maker = getattr(made, makers.get(name, name), None)
    suffix, _, part = name.partition("-")
    if part:
        (place / "made").write_bytes(members(suffix)[PARTS[suffix]])
    elif name == "pdf":
        made.pdf(place / "made", [[made.HONEY, made.KEEPER]])
    elif maker is not None:
        maker(place / "made")
    for number, path in enumerate(sorted((ROOT / "seeds").iterdir())):
        (place / f"seed-{number}").write_bytes(path.read_bytes()[:LONGEST])
    for path in (HERE / "crashes" / name).glob("*"):
        (place / path.name).write_bytes(path.read_bytes())


def run(name: str, seconds: int) -> tuple[int, list[str]]:
    """How often a target was run, and the crashes that were found."""
    crashes = HERE / "crashes" / name
    before = set(crashes.glob("*"))
    crashes.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        seeds(name, Path(corpus))
        command = [sys.executable, __file__, "--inside", name, "--"]
        command += [f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={HANGS}"]
        command += [f"-rss_limit_mb={MEMORY}", f"-artifact_prefix={crashes}/", corpus]
        done = subprocess.run(command, capture_output=True, cwd=ROOT, env=_environment(corpus))
    said = done.stderr.decode("utf-8", "replace")
    counts = re.findall(r"^#(\d+)\s", said, re.MULTILINE)
    found = [path.name for path in sorted(set(crashes.glob("*")) - before)]
    if done.returncode and not found:
        found = [f"ended with {done.returncode}"]
    if found:
        sys.stderr.write(said[-3000:])
    if not any(crashes.iterdir()):
        crashes.rmdir()
    return int(counts[-1]) if counts else 0, found


def _environment(temporary: str) -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "TMPDIR": str(Path(temporary).parent)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--inside", default="", help=argparse.SUPPRESS)
    if "--inside" in sys.argv:
        at = sys.argv.index("--")
        fuzz(sys.argv[at - 1], sys.argv[at + 1 :])
    options = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        parser.error('atheris is missing; python -m pip install -e ".[fuzz]"')
    from targets import TARGETS

    wrong = 0
    print("| target | executions | crashes |", "|---|---|---|", sep="\n")
    for name in options.targets or TARGETS:
        times, found = run(name, options.seconds)
        wrong += len(found)
        print(f"| {name} | {times:,} | {', '.join(found) or 'none'} |", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
