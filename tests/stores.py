"""What the tests of outside stores share: where the store is, and a client that fails.

It is the embedded Milvus, or the server that the variable QA_MILVUS names: milvus://HOST:PORT.
"""

import json
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qa import Bot
from qa.milvus import Milvus, connect
from qa.remote import RemoteBot
from tests.conftest import HashingEncoder

QUESTIONS = (
    "How much honey does a colony of bees make?",
    "Quand le moulin a-t-il été construit ?",
    "¿Qué altura tiene el faro?",
    "Who is the keeper of the hives?",
)


SERVER = os.environ.get("QA_MILVUS", "").rstrip("/")
STRIDE = 5 if SERVER else 1  # of what is tried at every call: a server takes 0.2 seconds for most


@contextmanager
def lent(folder: Path) -> Iterator[str]:
    """The address of a store of a test's own, which is dropped at the end."""
    if not SERVER:
        yield str(folder / "store.db")
        return
    address = f"{SERVER}/test_{uuid.uuid4().hex}"
    try:
        yield address
    finally:
        left = connect(address)
        for name in (left._passages, left._parts):
            left._client.drop_collection(name)
        left.close()


class Flaky:
    """A client that fails: the calls of `method` from the number `first` on, `times` times."""

    def __init__(
        self,
        client: Any,
        method: str,
        *,
        first: int = 0,
        times: int = 10**9,
        error: Exception | None = None,
    ) -> None:
        self._client, self._method = client, method
        self._failing = range(first, first + times)
        self._error = error or ConnectionError("the cable is out")
        self.calls: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        def call(*values: Any, **options: Any) -> Any:
            self.calls.append(options)
            if len(self.calls) - 1 in self._failing:
                raise self._error
            return getattr(self._client, name)(*values, **options)

        return call if name == self._method else getattr(self._client, name)


def failing(store: Milvus, method: str, **when: Any) -> Milvus:
    return through(Flaky(store._client, method, **when), store)


def through(client: Any, store: Milvus) -> Milvus:
    """The same store, through another client."""
    return Milvus(client, store._passages, store.name)


def indexed(folder: Path, encoder: HashingEncoder, tmp_path: Path) -> Bot:
    return Bot(folder, tmp_path / "index", encoder, model_name="hashing")


def remote(store: Milvus, encoder: HashingEncoder, tmp_path: Path) -> RemoteBot:
    return RemoteBot(store, encoder, tmp_path / "copies")


def shown(bot: Bot, question: str, **options: Any) -> dict[str, Any]:
    """All of an answer, as JSON has it."""
    content: dict[str, Any] = bot.answer(question, threshold=0.0, **options).to_dict()
    return json.loads(json.dumps(content, default=str))


def differences(one: Any, other: Any, within: float = 1e-4) -> list[Any]:
    """Where two answers differ: numbers by more than `within`, and everything else at all."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [each for key in one for each in differences(one[key], other[key], within)]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs: Sequence[Any] = list(zip(one, other, strict=True))
        return [each for pair in pairs for each in differences(*pair, within)]
    if isinstance(one, float) and isinstance(other, float):
        return [] if abs(one - other) <= within else [(one, other)]
    return [] if one == other else [(one, other)]
