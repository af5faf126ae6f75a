"""Passages embedded by several workers at once, in shards, in order, each shard tried again.

A worker is a process of this machine (`embeddings.processes`) or of a cluster
(`embeddings.cluster`) with an encoder of its own. Texts are run one by one, so what comes out
does not depend on who embedded what: it is the same to the bit for any number of workers.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import islice
from typing import Protocol, Self

from embeddings.encoder import Encoder, Encoding
from embeddings.errors import EmbeddingsError, WorkerError

SHARD = 32  # texts: a third of a second for one core, and 5 MB of token vectors
TRIES = 3  # of a shard, each by a worker that lives


class Workers(AbstractContextManager["Workers"], Protocol):
    """What embeds shards. At its end as a context manager, nothing of it is left running."""

    count: int  # how many shards it embeds at once

    def __enter__(self) -> Self: ...

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Embed one shard; waits for it. May be called by `count` threads at once.

        Raises:
            WorkerError: the worker is lost, and the shard with it; another may do better.
            EmbeddingsError: no worker could do better.
        """
        ...

    def stop(self) -> None:
        """Give up what is being embedded: those who wait for it get a WorkerError."""
        ...


class ParallelEncoder:
    """An `Encoder` whose passages are embedded by workers, and all else by the `local` encoder.

    Workers are started when there is more than one shard to embed, and end with the last of it.
    Some two shards a worker are in memory at once, however many texts there are.
    """

    def __init__(self, local: Encoder, start: Callable[[], Workers]) -> None:
        self._local = local
        self._start = start
        self.name, self.digest, self.dim = local.name, local.digest, local.dim

    def encode_query(self, text: str) -> Encoding:
        return self._local.encode_query(text)

    def count_tokens(self, text: str) -> int:
        return self._local.count_tokens(text)

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Encoding]:
        """Encode passages, in order.

        Raises:
            EmbeddingsError: a shard was lost again and again, or no worker has this model.
        """
        if len(texts) <= SHARD:
            yield from self._local.encode_passages(texts)
            return
        stopped = threading.Event()
        with self._start() as workers, ThreadPoolExecutor(workers.count, "workers") as pool:
            waiting = (
                pool.submit(_encoded, workers, texts, first, stopped)
                for first in range(0, len(texts), SHARD)
            )
            try:
                running = deque(islice(waiting, 2 * workers.count))
                while running:
                    encodings = running.popleft().result()
                    running.extend(islice(waiting, 1))
                    yield from encodings
            finally:  # who leaves half-way, or presses Ctrl-C, doesn't wait for the rest
                stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)
                workers.stop()


def _encoded(
    workers: Workers, texts: Sequence[str], first: int, stopped: threading.Event
) -> list[Encoding]:
    shard, lost = texts[first : first + SHARD], ""
    for _ in range(TRIES):
        try:
            return workers.encode(shard)
        except WorkerError as error:
            if stopped.is_set():
                raise
            lost = str(error)
    raise EmbeddingsError(
        f"texts {first + 1:,} to {first + len(shard):,} of {len(texts):,} cannot be embedded: "
        f"{TRIES} workers were lost over them, the last as {lost}; if memory is short, "
        "try fewer workers"
    )
