"""A process apart that reads what others made: it may crash, hang or swell, and costs one file.

Parsers of foreign formats are large, and a file can be made to break them. The process gets a
path a line and answers with JSON a line; it is never sent code, nor sends any.
"""

import json
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from qa.reading.extract import MAX_TEXT, Extract, UnreadableError
from qa.types import Span

if TYPE_CHECKING:
    import subprocess

SECONDS = 120.0  # for one file: a book of 1,000 pages takes 10
FILES = 200  # for one process, as parsers leak
# JSON in UTF-8 takes up to six bytes for a character.
_MAX_REPLY = 6 * MAX_TEXT
_COMMAND = (sys.executable, "-P", "-m", "qa.reading.worker")


class Apart:
    """Reads files in another process, which is started at the first of them.

    Not to be shared between threads.
    """

    def __init__(self, command: Sequence[str] | None = None, seconds: float = SECONDS) -> None:
        self._command = _COMMAND if command is None else command
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def extract(self, path: Path) -> tuple[str, Extract]:
        """The SHA-256 of a file and what stands in it.

        Raises:
            UnreadableError: it cannot be read, or the process did not survive it.
        """
        if self._read >= FILES:
            self.close()
        if self._process is None:
            self._process, self._read = self._start(), 0
        self._read += 1
        reply = self._ask(self._process, path)
        if "error" in reply:
            if reply.get("spent"):
                self.close()
            raise UnreadableError(str(reply["error"]))
        try:
            return _parsed(reply)
        except (KeyError, TypeError, ValueError) as error:
            self.close()
            raise UnreadableError("cannot be read: its parser gave no sense") from error

    def _start(self) -> "subprocess.Popen[bytes]":
        import subprocess  # a question on an index that is up to date needs none

        root = str(Path(__file__).parents[2])  # where this very program is imported from
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        )

    def _ask(self, process: "subprocess.Popen[bytes]", path: Path) -> dict[str, Any]:
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._seconds, stop)
        timer.start()
        try:
            line = _exchange(process, json.dumps(str(path)).encode() + b"\n")
            reply = json.loads(line) if line.endswith(b"\n") else None
        except (OSError, ValueError):
            reply = None
        finally:
            timer.cancel()
        if isinstance(reply, dict):
            return reply
        self.close()
        if late.is_set():
            raise UnreadableError(f"was given up: reading it took more than {self._seconds:g} s")
        raise UnreadableError("cannot be read: its parser crashed; the file may be damaged")


def _exchange(process: "subprocess.Popen[bytes]", request: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(request)
    process.stdin.flush()
    return process.stdout.readline(_MAX_REPLY)


def _parsed(reply: dict[str, Any]) -> tuple[str, Extract]:
    text = str(reply["text"])
    pages = tuple(int(page) for page in reply["pages"])
    spans = tuple(Span(int(start), int(end)) for start, end in reply["asides"])
    offsets = [*pages, *(offset for span in spans for offset in (span.start, span.end))]
    if any(not 0 <= offset <= len(text) for offset in offsets) or list(pages) != sorted(pages):
        raise ValueError("an offset lies outside of the text")
    rows = tuple((int(offset), int(line)) for offset, line in reply["rows"])
    if list(rows) != sorted(rows) or any(not 0 <= offset <= len(text) for offset, _ in rows):
        raise ValueError("a row lies outside of the text")
    words = {
        name: str(reply[name])
        for name in ("title", "language", "date", "saved", "encoding", "lost")
    }
    return str(reply["sha256"]), Extract(text, pages=pages, asides=spans, rows=rows, **words)
