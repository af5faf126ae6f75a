"""A folder, an index of it, and the program run on them in processes that may be hurt.

A process is a fork of this one, in which all libraries are loaded already: it starts in
milliseconds, so that hundreds of faults take a minute. It runs the whole program, from the command
line to the exit status, with the `HashingEncoder` for a model.
"""

import inspect
import io
import os
import random
import re
import shlex
import shutil
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from conftest import DOCUMENTS, HashingEncoder

import embeddings.index
import qa.bot
from qa import manifest

ROOT = Path(__file__).parents[2]
QUESTIONS = (
    "Who is the keeper of the hives?",
    "How much honey does a colony of bees make?",
    "En quelle année le moulin a-t-il été construit ?",
    "¿Qué altura tiene el faro?",
    "When does the baker of village 3 get up?",
    "Best pizza in Naples?",
)
VILLAGES = 5  # documents beside the three of conftest
SOON = 30.0  # seconds within which every process must have ended
NOBODY = 65534

_OURS = tuple(str(ROOT / package) for package in ("qa", "embeddings"))
_CURE = re.compile(
    r"run: qa |\bmake |\bchoose |\bname |\bask again|\bwait |--help|\bremove |\bfree "
)

Before = Callable[[], object]


class WrongError(AssertionError):
    """The program did what it must never do."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a process ended. `status` is negative where a signal ended it."""

    status: int
    out: bytes
    err: str


class Running:
    """A process of the program."""

    def __init__(self, arguments: list[str], stdin: bytes, before: Before | None) -> None:
        said, read = os.pipe(), os.pipe()
        told = os.pipe()
        os.write(told[1], stdin)
        self.pid = os.fork()
        if self.pid == 0:
            _become(arguments, told, said, read, before)
        for end in (told[0], told[1], said[1], read[1]):
            os.close(end)
        self._ends = said[0], read[0]

    def wait(self) -> Result:
        out, err = (_drained(end) for end in self._ends)
        _, status = os.waitpid(self.pid, 0)
        return Result(os.waitstatus_to_exitcode(status), out, err.decode("utf-8", "replace"))


def _drained(end: int) -> bytes:
    with open(end, "rb") as file:
        return file.read()


def _become(
    arguments: list[str],
    told: tuple[int, int],
    said: tuple[int, int],
    read: tuple[int, int],
    before: Before | None,
) -> None:
    """The child's whole life."""
    try:
        for end, place in ((told[0], 0), (said[1], 1), (read[1], 2)):
            os.dup2(end, place)
        for end in (*told, *said, *read):
            os.close(end)
        sys.stdin = os.fdopen(0, closefd=False)
        sys.argv = ["qa", *arguments]
        from qa.__main__ import main

        if before is not None:
            before()
        main()
    except BaseException:  # noqa: BLE001 - the child must never go on as if it were the parent
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(70)


@dataclass(frozen=True, slots=True)
class At:
    """Do something at the n-th call that the program's own modules make or receive."""

    number: int
    action: Callable[[], object]

    def __call__(self) -> None:
        left = self.number

        def count(frame: FrameType, event: str, _: Any) -> None:
            nonlocal left
            # What fails while a generator is thrown away would fail to nobody.
            called = event == "call" and not frame.f_code.co_flags & inspect.CO_GENERATOR
            if (called or event == "c_call") and frame.f_code.co_filename.startswith(_OURS):
                left -= 1
                if left == 0:
                    sys.setprofile(None)
                    self.action()

        sys.setprofile(count)


class Scene:
    """One folder and its index. What it must answer is known from an index of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.folder, self.index = place / "documents", place / "index"
        self.folder.mkdir(parents=True)
        (place / "tmp").mkdir()
        os.environ |= {"QA_CACHE": str(place / "cache"), "TMPDIR": str(place / "tmp")}
        qa.bot.open_encoder = lambda *_: HashingEncoder()  # type: ignore[assignment]
        for name, text in DOCUMENTS.items():
            (self.folder / name).write_text(text)
        for number in range(VILLAGES):
            (self.folder / f"village-{number}.txt").write_text(village(number))
        self._warm()
        self._known = dict[tuple[tuple[str, bytes], ...], bytes]()
        self.right = self.expected()
        self.calls = self.seconds = 0
        self.renew()

    def _warm(self) -> None:
        """Run every command once in this very process, so that all it imports is there."""
        from qa.__main__ import run

        lines = io.BytesIO(b"".join(b'"%s"\n' % question.encode() for question in QUESTIONS))
        kept = sys.stdin, sys.stdout, sys.stderr
        sys.stdin = io.TextIOWrapper(lines)
        sys.stdout = sys.stderr = io.TextIOWrapper(io.BytesIO())
        try:
            for command in (["index"], ["ask", "--batch"], ["ask", "--batch", "--nonsense"]):
                run([*command, "-d", str(self.folder), "--index", str(self.place / "warm")])
        finally:
            sys.stdin, sys.stdout, sys.stderr = kept
        shutil.rmtree(self.place / "warm")

    def renew(self) -> None:
        """The index as it is right after it was built."""
        shutil.rmtree(self.index, ignore_errors=True)
        result = self.run("index")
        if result.status != 0:
            raise WrongError(f"no index could be built: {result}")
        self.generation = self.state().generation

    def many(self) -> None:
        """The index as it would be if its passages were many."""

        def few() -> None:
            embeddings.index.EXACT = 15  # training needs 16

        result = self.run("index", "--rebuild", before=few)
        if result.status != 0 or self.state().vectors.name != "pq":
            raise WrongError(f"no index of codes could be built: {result}")

    def measure(self) -> None:
        """How long a build takes, in calls and in seconds."""
        self.change(random.Random(0))
        counted = self.place / "counted"

        def count() -> None:
            calls = 0

            def profile(frame: FrameType, event: str, _: Any) -> None:
                nonlocal calls
                if event in ("call", "c_call") and frame.f_code.co_filename.startswith(_OURS):
                    calls += 1

            leave = os._exit

            def told(status: int) -> None:
                sys.setprofile(None)
                counted.write_text(str(calls))
                leave(status)

            os._exit = told  # type: ignore[assignment]
            sys.setprofile(profile)

        self.run("index", before=count)
        self.calls = int(counted.read_text())
        counted.unlink()
        self.change(random.Random(1))
        began = time.monotonic()
        self.run("index")
        self.seconds = time.monotonic() - began
        self.undo()

    def state(self) -> manifest.Manifest:
        state = manifest.read(self.index, "")
        if state is None:
            raise WrongError("the index is gone")
        return state

    # Commands

    def start(self, *arguments: str, stdin: bytes = b"", before: Before | None = None) -> Running:
        options = ["-d", str(self.folder), "--index", str(self.index)]
        return Running([*arguments, *options], stdin, before)

    def run(self, *arguments: str, stdin: bytes = b"", before: Before | None = None) -> Result:
        return self.start(*arguments, stdin=stdin, before=before).wait()

    def asking(self, before: Before | None = None) -> Running:
        lines = "".join(f'"{question}"\n' for question in QUESTIONS)
        return self.start("ask", "--batch", stdin=lines.encode(), before=before)

    def ask(self, before: Before | None = None) -> Result:
        return self.asking(before).wait()

    # The documents

    def change(self, rng: random.Random) -> None:
        """Another document, one fewer, and one with other words."""
        (self.folder / "village-9.txt").write_text(village(rng.randrange(10, 10**6)))
        (self.folder / "village-0.txt").unlink(missing_ok=True)
        self.rewrite(self.folder / "village-1.txt", rng)

    def rewrite(self, path: Path, rng: random.Random) -> None:
        path.write_text(village(rng.randrange(10, 10**6)))

    def undo(self) -> None:
        """The documents as they were at first."""
        for path in list(self.folder.iterdir()):
            if path.is_symlink() or path.is_file():
                path.unlink()
            else:
                shutil.rmtree(path)
        for name, text in DOCUMENTS.items():
            (self.folder / name).write_text(text)
        for number in range(VILLAGES):
            (self.folder / f"village-{number}.txt").write_text(village(number))

    def expected(self) -> bytes:
        """What an index that is built from nothing answers on the documents as they are now."""
        paths = sorted(path for path in self.folder.rglob("*") if path.is_file())
        key = tuple((str(path.relative_to(self.folder)), path.read_bytes()) for path in paths)
        if key not in self._known:
            mine, self.index = self.index, self.place / "reference"
            result = self.ask()
            shutil.rmtree(self.index)
            self.index = mine
            if result.err or result.status not in (0, 1):
                raise WrongError(f"the reference cannot be asked: {result}")
            self._known[key] = result.out
        return self._known[key]

    # What must hold

    def refused(self, result: Result, *right: bytes) -> bool:
        """Whether it was refused in one sentence with a cure; else it must be the right answer."""
        right = right or (self.right,)
        if "Traceback" in result.err:
            raise WrongError(f"a traceback: {result.err}")
        if result.status in (0, 1):
            if result.out not in right:
                raise WrongError(f"a wrong answer: {result.out.decode()}\n{result.err}")
            return False
        said = result.err.strip()
        whole = said.startswith("qa: ") and "\n" not in said and _CURE.search(said)
        if result.status != 2 or not whole:
            raise WrongError(f"status {result.status}, no sentence with a cure: {result.err!r}")
        if not any(each.startswith(result.out) for each in right):
            raise WrongError(f"a wrong answer before it was refused: {result.out.decode()}")
        return True

    def heal(self) -> None:
        """Once the cause is gone, the next question is answered, if need be after the cure."""
        right = self.expected()
        result = self.ask()
        if self.refused(result, right):
            _, found, command = result.err.strip().partition("run: qa ")
            if not found:
                raise WrongError(f"it does not heal: {result.err}")
            cured = Running(shlex.split(command), b"", None).wait()
            if cured.status != 0 or self.refused(self.ask(), right):
                raise WrongError(f"the cure does not cure: {result.err}{cured.err}")

    def tidy(self, most: int = 0) -> None:
        """Nothing is left behind but the index itself and `most` generations that were begun."""
        generations = [path for path in self.index.iterdir() if manifest.is_generation(path.name)]
        others = {path.name for path in self.index.iterdir()} - {path.name for path in generations}
        if len(generations) > 1 + most or len(others - {manifest.NAME, manifest.LOCK}) > most:
            raise WrongError(f"left behind: {sorted(os.listdir(self.index))}")
        if os.listdir(self.place / "tmp"):
            raise WrongError(
                f"left behind in the temporary folder: {os.listdir(self.place / 'tmp')}"
            )


def village(number: int) -> str:
    return (
        f"The village {number}\n\n"
        f"The baker of village {number} gets up at {number % 12} in the morning.\n\n"
        f"There are {number * 7} houses in it, and {number * 3} of them are empty.\n"
    )
