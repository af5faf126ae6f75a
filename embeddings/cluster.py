"""Workers that are processes of a Ray cluster, on this machine or on many."""

import os
import socket
import threading
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Self

from embeddings.encoder import Encoder, Encoding
from embeddings.errors import EmbeddingsError, ModelError, WorkerError, first_line

_SECONDS = 10  # to reach the cluster
# Seconds for a shard, which takes some and may have to wait for its model to be prepared: a machine
# that is cut off from the network without a word would be waited for for ever.
_LONGEST = 600
LOCAL = "local"  # a cluster of this machine alone, which ends with this process

Opens = Callable[[str], Encoder]  # makes an encoder of a model's name, on the worker's machine


class Cluster:
    """As many workers as the cluster has processors, or `count`.

    Ray places each shard where a processor is free, so nodes may come and go meanwhile. A
    worker's process keeps its encoder for the next shard.
    """

    def __init__(
        self, opens: Opens, name: str, digest: str, address: str, count: int | None = None
    ) -> None:
        """Join the cluster at `address`: "local", "auto", "HOST:PORT" or "ray://HOST:PORT".

        Raises:
            EmbeddingsError: Ray is not installed, or no cluster answers there.
        """
        self._ray = check(address)
        self._ours = not self._ray.is_initialized()
        if self._ours:
            _join(self._ray, address, count)
        processors = int(self._ray.cluster_resources().get("CPU", 1))
        self.count = count or max(1, processors)
        # Shards are tried again in one place, which counts: so not by Ray.
        self._remote = self._ray.remote(num_cpus=1, max_retries=0)(_encoded)
        self._model = opens, name, digest
        self._lock = threading.Lock()
        self._running: set[Any] = set()
        self._stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._ours:
            self._ray.shutdown()

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        with self._lock:
            if self._stopped:
                raise WorkerError("it was stopped")
            shard = self._remote.remote(*self._model, list(texts))
            self._running.add(shard)
        try:
            encodings: list[Encoding] = self._ray.get(shard, timeout=_LONGEST)
        except self._ray.exceptions.GetTimeoutError as error:
            self._ray.cancel(shard, force=True)
            raise WorkerError(f"it gave nothing in {_LONGEST} seconds") from error
        except self._ray.exceptions.RayError as error:
            raise _meant(error) from error
        finally:
            with self._lock:
                self._running.discard(shard)
        return encodings

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for shard in self._running:
                self._ray.cancel(shard, force=True)


def check(address: str) -> Any:
    """The module `ray`, where it is installed and somebody listens at an address with a port.

    Ray itself would try for minutes.

    Raises:
        EmbeddingsError: it is not so.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise EmbeddingsError(
            'embedding on a cluster needs Ray, which is not installed; pip install "qa[ray]"'
        ) from error
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        try:
            socket.create_connection((host, int(port)), timeout=_SECONDS).close()
        except (OSError, OverflowError) as error:
            raise _unreachable(address, error) from error
    return ray


def _join(ray: Any, address: str, count: int | None) -> None:
    settings = {"num_cpus": count, "include_dashboard": False} if address == LOCAL else {}
    try:
        ray.init(address, log_to_driver=False, logging_level="ERROR", **settings)
    except (OSError, RuntimeError, ValueError, AssertionError) as error:
        raise _unreachable(address, error) from error


def _unreachable(address: str, error: Exception) -> EmbeddingsError:
    return EmbeddingsError(
        f"no Ray cluster can be joined at {address} ({first_line(error)}); begin one with: "
        "ray start --head, or take the address local for this machine alone; where it wants a "
        "token, name that in RAY_AUTH_TOKEN, with RAY_AUTH_MODE=token"
    )


def _meant(error: Any) -> EmbeddingsError:
    """What Ray's error is about: its own text is a traceback of some pages."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, EmbeddingsError):
        return cause
    told = first_line(cause or error)
    if "No module named" in told:
        return EmbeddingsError(
            f"a machine of the cluster cannot embed ({told}); "
            'install the same version of "qa[ray]" on every machine'
        )
    return WorkerError(f"it met {type(cause or error).__name__}: {told}")


def _encoded(opens: Opens, name: str, digest: str, texts: list[str]) -> list[Encoding]:
    """Runs on the worker."""
    return list(_opened(opens, name, digest).encode_passages(texts))


@cache
def _opened(opens: Opens, name: str, digest: str) -> Encoder:
    encoder = opens(name)
    if encoder.digest != digest:
        raise ModelError(
            f"on {socket.gethostname()}, {name} is another model ({encoder.digest}) than here "
            f"({digest}); install the same versions of qa and of the model on every machine"
        )
    return encoder
