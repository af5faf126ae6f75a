"""Workers that are processes of this machine."""

import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from embeddings import wire
from embeddings.encoder import Encoding
from embeddings.errors import ModelError, WorkerError


def command(name: str, cache: Path, threads: int) -> list[str]:
    """What starts a worker with a model; it is the one that `open_encoder(name, cache)` opens."""
    return [sys.executable, "-P", "-m", "embeddings.worker", name, str(cache), str(threads)]


class Processes:
    """`count` processes, each started when it is first needed, and anew where it was lost."""

    def __init__(self, command: Sequence[str], digest: str, count: int) -> None:
        """`digest` is the model's that each worker must have."""
        self.count = count
        self._command, self._digest = command, digest
        self._lock = threading.Lock()
        self._all: list[_Process] = []
        self._idle: list[_Process] = []
        self._stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for process in self._all:
            process.end()

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        process = self._take()
        try:
            encodings = process.encode(texts, self._digest)
        except BaseException:
            with self._lock:
                self._all.remove(process)
            process.end()
            raise
        with self._lock:
            self._idle.append(process)
        return encodings

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for process in self._all:
                process.kill()

    def _take(self) -> "_Process":
        with self._lock:
            if self._stopped:
                raise WorkerError("it was stopped")
            if self._idle:
                return self._idle.pop()
            process = _Process(self._command)
            self._all.append(process)
            return process


class _Process:
    def __init__(self, command: Sequence[str]) -> None:
        import subprocess

        root = str(Path(__file__).parents[1])  # where this very program is imported from
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._greeted = False
        try:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
                process_group=0,  # Ctrl-C is for this process, which ends its workers
            )
        except OSError as error:
            raise WorkerError(f"it cannot be started ({error.strerror or error})") from error

    def encode(self, texts: Sequence[str], digest: str) -> list[Encoding]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            if not self._greeted:
                self._greet(digest)
            wire.send(self._process.stdin, list(texts))
            reply = self._reply()
            return wire.receive_encodings(self._process.stdout, reply)
        except (OSError, EOFError) as error:
            raise WorkerError(self._fate()) from error
        except (ValueError, KeyError, TypeError) as error:
            raise WorkerError("its reply made no sense") from error

    def _greet(self, digest: str) -> None:
        theirs = self._reply()["digest"]
        if theirs != digest:
            raise ModelError(
                f"a worker has another model ({theirs}) than this process ({digest}); "
                "was the model changed meanwhile? Begin again"
            )
        self._greeted = True

    def _reply(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        reply: dict[str, Any] = wire.receive(self._process.stdout)
        if "error" in reply:
            raise (ModelError if reply.get("final") else WorkerError)(str(reply["error"]))
        return reply

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _fate(self) -> str:
        status = self._process.wait()  # its pipes are closed: it has ended, or is about to
        if status < 0:
            return f"it was killed by signal {-status}"
        return f"it ended with status {status}"
