"""Two collections in Milvus: passages with their vectors, and parts of files; all of pymilvus.

Every call is bounded in time and tried again where the network is at fault. What still fails is
one sentence; an answer that is not whole never comes back.
"""

import logging
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from qa.errors import StoreError, UsageError

TOKEN = "QA_STORE_TOKEN"  # the environment variable with a server's token
TEXT = 64_000  # characters of a part; a field of Milvus takes 65,535 bytes
SECONDS = 10.0  # for one call
TRIES = 4
MOST = 16_384  # rows that one search gives at most
_CURES = (
    "look whether its folder is there, and whether another process has it open",
    "look whether it runs, and whether its address and token are right",
)
_PAUSE = 0.2  # seconds before the second try; it doubles
_AT_ONCE = 64  # parts in one message, some 4 MB
_URL = re.compile(r"milvus://([\w.\-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})/([A-Za-z_]\w{0,200})", re.ASCII)

Vectors = npt.NDArray[np.float32]
T = TypeVar("T")


class Entity(NamedTuple):
    """A passage as Milvus searches it: hexadecimal keys, its source ID to look at, its vector."""

    key: str
    doc: str
    language: str
    source_id: str
    vector: Vectors


class Address(NamedTuple):
    """Where a store is: `uri` as pymilvus wants it, and what its collections are called."""

    uri: str
    collection: str


def address(store: str) -> Address:
    """The address that `--store` names.

    Raises:
        UsageError: it is none.
    """
    found = _URL.fullmatch(store)
    if found:
        return Address(f"http://{found[1]}:{found[2]}", found[3])
    if store.endswith(".db") and "://" not in store:
        return Address(str(Path(store).expanduser().absolute()), "qa")
    raise UsageError(
        "--store must be milvus://HOST:PORT/COLLECTION, or a path that ends in .db; "
        f"a server's token belongs in the environment variable {TOKEN}"
    )


def connect(store: str) -> "Milvus":
    """Open a store.

    Raises:
        UsageError: `store` is no address, or pymilvus is not installed.
        StoreError: nobody answers there.
    """
    place = address(store)
    try:
        from pymilvus import MilvusClient
    except ImportError as error:
        raise UsageError("--store needs pymilvus; run: pip install 'qa[milvus]'") from error
    for name in ("pymilvus", "milvus_lite", "grpc"):  # what fails is said once, by us
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    token = os.environ.get(TOKEN, "")
    client = _retried(
        store, partial(MilvusClient, place.uri, token=token, timeout=SECONDS), "opened"
    )
    return Milvus(client, place.collection, store)


class Milvus:
    """A store, opened. `name` is what it is called in messages."""

    def __init__(self, client: Any, collection: str, name: str) -> None:
        self._client = client
        self._passages, self._parts = collection, f"{collection}_parts"
        self.name = name
        self._loaded = False

    def close(self) -> None:
        self._client.close()

    def exists(self) -> bool:
        """Whether anything was ever published here."""
        return all(self._call("has_collection", name) for name in (self._passages, self._parts))

    def create(self, dim: int) -> None:
        """Make the collections where they are not there yet."""
        self._create(self._passages, dim, {"doc": 64, "language": 8, "source_id": 65_535})
        self._create(self._parts, 2, {"data": 65_535})  # a collection must have a vector

    def _create(self, name: str, dim: int, lengths: Mapping[str, int]) -> None:
        from pymilvus import DataType, MilvusClient

        if self._call("has_collection", name):
            return
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=128)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dim)
        for field, length in lengths.items():
            schema.add_field(field, DataType.VARCHAR, max_length=length)
        index = MilvusClient.prepare_index_params()
        index.add_index("vector", index_type="FLAT", metric_type="IP")
        self._call(
            "create_collection", name, schema=schema, index_params=index, consistency_level="Strong"
        )

    def put(self, entities: Sequence[Entity]) -> None:
        """Add passages, or replace those of the same keys."""
        rows = [
            {
                "id": e.key,
                "doc": e.doc,
                "language": e.language,
                "source_id": e.source_id,
                "vector": e.vector.tolist(),
            }
            for e in entities
        ]
        self._written("upsert", self._passages, rows)

    def put_parts(self, parts: Mapping[str, str]) -> None:
        """Add parts, or replace them; each is a text of at most `TEXT` characters."""
        rows = [{"id": i, "data": data, "vector": [0.0, 1.0]} for i, data in parts.items()]
        for start in range(0, len(rows), _AT_ONCE):
            self._written("upsert", self._parts, rows[start : start + _AT_ONCE])

    def _written(self, call: str, name: str, rows: Sequence[Any]) -> None:
        if rows:
            done = self._call(call, name, list(rows))
            if done.get("upsert_count") != len(rows):
                raise StoreError(f"{self.name} took a part of what was written; try again")

    def parts(self, ids: Sequence[str]) -> dict[str, str]:
        """The parts of these ids that are there."""
        return dict(self._get(self._parts, ids, "data"))

    def vectors(self, keys: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of these keys that are there, (dim,) float32 each."""
        return {k: np.array(v, np.float32) for k, v in self._get(self._passages, keys, "vector")}

    def _get(self, name: str, ids: Sequence[str], field: str) -> Iterator[tuple[str, Any]]:
        self._load()
        for start in range(0, len(ids), _AT_ONCE):
            some = list(ids[start : start + _AT_ONCE])
            for row in self._call("get", name, ids=some, output_fields=[field]):
                yield row["id"], row[field]

    def search(self, query: Vectors, top_k: int, where: str = "") -> list[tuple[str, float]]:
        """The keys nearest to a query, (dim,) of unit length, with their cosines, best first."""
        self._load()
        options = {"limit": min(top_k, MOST), "filter": where, "output_fields": ["id"]}
        (found,) = self._call("search", self._passages, data=[query.tolist()], **options)
        return [(hit["id"], float(hit["distance"])) for hit in found]

    def keys(self) -> set[str]:
        """The keys of all passages."""
        return self._ids(self._passages)

    def part_ids(self) -> set[str]:
        """The ids of all parts."""
        return self._ids(self._parts)

    def _ids(self, name: str) -> set[str]:
        self._load()
        found: set[str] = set()
        last = ""
        while True:  # by key and not by an iterator, so that each page can be tried again
            rows = self._call(
                "query", name, filter=f'id > "{last}"', output_fields=["id"], limit=MOST
            )
            found.update(row["id"] for row in rows)
            if len(rows) < MOST:
                return found
            last = max(found)

    def drop(self, keys: Collection[str], parts: Collection[str]) -> None:
        """Remove passages and parts."""
        for name, ids in ((self._passages, sorted(keys)), (self._parts, sorted(parts))):
            for start in range(0, len(ids), 1000):
                self._call("delete", name, ids=ids[start : start + 1000])

    def _load(self) -> None:
        if not self._loaded:
            for name in (self._passages, self._parts):
                self._call("load_collection", name)
            self._loaded = True

    def _call(self, method: str, *values: Any, **options: Any) -> Any:
        call = partial(getattr(self._client, method), *values, timeout=SECONDS, **options)
        return _retried(self.name, call, "used")


def _retried(name: str, call: Callable[[], T], done: str) -> T:
    """What a call gives, tried again with growing pauses where it fails."""
    import tenacity
    from pymilvus.exceptions import MilvusException

    troubles = (MilvusException, OSError, *_of_grpc())
    try:
        return tenacity.Retrying(
            stop=tenacity.stop_after_attempt(TRIES),
            wait=tenacity.wait_exponential(multiplier=_PAUSE, max=5)
            + tenacity.wait_random(0, _PAUSE),
            retry=tenacity.retry_if_exception_type(troubles),
            reraise=True,
        )(call)
    except troubles as error:
        raise StoreError(
            f"the store {name} cannot be {done} ({type(error).__name__}, tried {TRIES} times); "
            f"{_CURES['://' in name]}, then try again"
        ) from error


def _of_grpc() -> tuple[type[Exception], ...]:
    from grpc import RpcError

    return (RpcError,)
