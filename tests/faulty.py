"""An encoder without a model that does what a text tells it; and a worker that has it.

"die-once FILE" kills the process that embeds it, unless FILE is there, which it makes; "die" always
does; "raise-once FILE" and "raise" raise; "refuse" raises what no other worker could do better;
"sleep FILE" adds its process's number to FILE and takes ten minutes.

python faulty.py [DIGEST]
"""

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from conftest import HashingEncoder

from embeddings import Encoding, ModelError
from embeddings.worker import serve


class FaultyEncoder(HashingEncoder):
    def __init__(self, digest: str = HashingEncoder.digest) -> None:
        super().__init__()
        self.digest = digest

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Encoding]:
        print("what a library prints is no reply", flush=True)
        for text in texts:
            _obey(*text.partition(" ")[::2])
            yield self._encode(text)


def _obey(order: str, file: str) -> None:
    if order in ("die-once", "raise-once"):
        if Path(file).exists():
            return
        Path(file).touch()
    match order:
        case "die" | "die-once":
            os.kill(os.getpid(), signal.SIGKILL)
        case "raise" | "raise-once":
            raise OSError("no luck today")
        case "refuse":
            raise ModelError("this is no text for me")
        case "sleep":
            with Path(file).open("a") as pids:
                pids.write(f"{os.getpid()}\n")
            time.sleep(600)


def opened(name: str) -> FaultyEncoder:
    """What a cluster is given: an encoder by its name."""
    return FaultyEncoder(HashingEncoder.digest if name == HashingEncoder.name else "another")


if __name__ == "__main__":
    serve(FaultyEncoder(*sys.argv[1:]))
