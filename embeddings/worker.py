"""A worker of this machine: shards of texts in, their encodings out, as `embeddings.wire` has it.

python -m embeddings.worker MODEL CACHE THREADS
"""

import os
import queue
import sys
import threading
from pathlib import Path
from typing import IO, Any

from embeddings import wire
from embeddings.encoder import Encoder
from embeddings.errors import EmbeddingsError
from embeddings.prepare import open_encoder


def main() -> None:
    replies = _replies()
    name, cache, threads = sys.argv[1:]
    try:
        encoder = open_encoder(name, Path(cache), threads=int(threads))
    except EmbeddingsError as error:
        wire.send(replies, {"error": str(error), "final": True})
        return
    serve(encoder, replies)


def serve(encoder: Encoder, replies: IO[bytes] | None = None) -> None:
    """Say which model this is, and embed the shards that come; ends with the standard input.

    That is read ahead by a thread: whoever started the worker may end in the midst of a shard,
    and nobody would want the rest of it.
    """
    out = _replies() if replies is None else replies
    requests = queue.SimpleQueue[list[str]]()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    wire.send(out, {"digest": encoder.digest})
    while True:
        _reply(out, encoder, requests.get())


def _replies() -> IO[bytes]:
    """The standard output; what a library prints goes elsewhere."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def _listen(requests: "queue.SimpleQueue[list[str]]") -> None:
    try:
        while True:
            requests.put(wire.receive(sys.stdin.buffer))
    finally:
        os._exit(0)


def _reply(out: IO[bytes], encoder: Encoder, texts: list[str]) -> None:
    failure: dict[str, Any]
    try:
        wire.send_encodings(out, list(encoder.encode_passages(texts)), encoder.dim)
        return
    except EmbeddingsError as error:
        failure = {"error": str(error), "final": True}
    except Exception as error:  # said to who sent the shard, and tried elsewhere
        failure = {"error": f"it met {type(error).__name__}: {error}"[:300]}
    wire.send(out, failure)


if __name__ == "__main__":
    main()
