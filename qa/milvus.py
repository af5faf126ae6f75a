"""Two collections in Milvus: passages with their vectors, and parts of files; all of pymilvus.

Every call is bounded in time and tried again where the network is at fault. What still fails is
one sentence; an answer that is not whole never comes back.
"""

import logging
import os
import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from qa.errors import StoreError, UsageError
from qa.faults import SECONDS, TOKEN, token, tried

TEXT = 64_000  # characters of a part; a field of Milvus takes 65,535 bytes
MOST = 16_384  # rows that one search or query gives at most
_AT_ONCE = 64  # parts in one message, some 4 MB
_DROPPED = 1000  # rows that are removed in one call
_URL = re.compile(
    r"milvus(\+tls)?://([\w.\-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})/([A-Za-z_]\w{0,200})", re.ASCII
)

Vectors = npt.NDArray[np.float32]


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
        scheme = "https" if found[1] else "http"
        return Address(f"{scheme}://{found[2]}:{found[3]}", found[4])
    if store.endswith(".db") and "://" not in store:
        return Address(str(Path(store).expanduser().absolute()), "qa")
    raise UsageError(
        "--store must be milvus://HOST:PORT/COLLECTION, milvus+tls://… where the server has a "
        f"certificate, or a path that ends in .db; a token belongs into the variable {TOKEN}"
    )


def connect(store: str, *, create: bool = False) -> "Milvus":
    """Open a store. One in a file is made only with `create`: to read from it makes none.

    Raises:
        UsageError: `store` is no address, or pymilvus is not installed.
        StoreError: nobody answers there, or nothing is there.
    """
    place = address(store)
    if not create and "://" not in place.uri and not Path(place.uri).exists():
        raise StoreError(
            f"there is no store {store} yet; publish a folder: "
            f"qa index -d FOLDER --store {shlex.quote(store)}"
        )
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # it would write to the terminal by itself
    try:
        from pymilvus import MilvusClient
    except ImportError as error:
        raise UsageError("--store needs pymilvus; run: pip install 'qa[milvus]'") from error
    for name in ("pymilvus", "milvus_lite", "grpc"):  # what fails is said once, by us
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    opened = partial(MilvusClient, place.uri, token=token(), timeout=SECONDS)
    return Milvus(tried(store, opened, "opened"), place.collection, store)


class Milvus:
    """A store, opened. `name` is what it is called in messages."""

    def __init__(self, client: Any, collection: str, name: str) -> None:
        self._client = client
        self._passages, self._parts = collection, f"{collection}_parts"
        self.name = name
        self._loaded = set[str]()

    def close(self) -> None:
        self._client.close()

    def version(self) -> str:
        """Of the server, or of the embedded store."""
        return str(self._call("get_server_version"))

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
            fields = self._call("describe_collection", name)["fields"]
            dims = [int(f["params"]["dim"]) for f in fields if "dim" in f.get("params", {})]
            if {f["name"] for f in fields} != {"id", "vector", *lengths} or dims != [dim]:
                raise StoreError(
                    f"the collection {name} of {self.name} is of another make; name another one"
                )
            return
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=128)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dim)
        for field, length in lengths.items():
            schema.add_field(field, DataType.VARCHAR, max_length=length)
        index = MilvusClient.prepare_index_params()
        index.add_index("vector", index_type="FLAT", metric_type="IP")
        made = {"schema": schema, "index_params": index, "consistency_level": "Strong"}
        try:
            self._call("create_collection", name, **made)
        except StoreError:
            if not self._call("has_collection", name):  # else another writer was faster
                raise

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
        self._written(self._passages, rows)

    def put_parts(self, parts: Mapping[str, str]) -> None:
        """Add parts, or replace them; each is a text of at most `TEXT` characters."""
        rows = [{"id": i, "data": data, "vector": [0.0, 1.0]} for i, data in parts.items()]
        for start in range(0, len(rows), _AT_ONCE):
            self._written(self._parts, rows[start : start + _AT_ONCE])

    def _written(self, name: str, rows: Sequence[Any]) -> None:
        if rows:
            done = self._call("upsert", name, list(rows))
            if done.get("upsert_count") != len(rows):
                raise StoreError(f"{self.name} took a part of what was written; try again")

    def parts(self, ids: Collection[str], *, newest: bool = True) -> dict[str, str]:
        """The parts of these ids that are there.

        A part that is never replaced needs not be the `newest`: a server waits 0.2 seconds for
        that, until all that was written before has come through.
        """
        return dict(self._get(self._parts, ids, "data", newest))

    def vectors(self, keys: Collection[str]) -> dict[str, Vectors]:
        """The vectors of these keys that are there, (dim,) float32 each."""
        found = self._get(self._passages, keys, "vector", newest=False)
        return {key: np.array(vector, np.float32) for key, vector in found}

    def _get(
        self, name: str, ids: Collection[str], field: str, newest: bool
    ) -> Iterator[tuple[str, Any]]:
        wanted = list(ids)
        found = set[str]()
        for options in ({},) if newest else ({"consistency_level": "Eventually"}, {}):
            wanted = [each for each in wanted if each not in found]
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                for row in self._read("get", name, ids=some, output_fields=[field], **options):
                    found.add(row["id"])
                    yield row["id"], row[field]

    def search(self, query: Vectors, top_k: int, where: str = "") -> list[tuple[str, float]]:
        """The keys nearest to a query, (dim,) of unit length, with their cosines, best first."""
        options = {"limit": min(top_k, MOST), "filter": where, "output_fields": ["id"]}
        (found,) = self._read("search", self._passages, data=[query.tolist()], **options)
        return [(hit["id"], float(hit["distance"])) for hit in found]

    def keys(self) -> set[str]:
        """The keys of all passages."""
        return self._ids(self._passages, "")

    def part_ids(self, start: str) -> set[str]:
        """The ids of all parts that start so; what follows must be hexadecimal."""
        return self._ids(self._parts, start)

    def _ids(self, name: str, start: str) -> set[str]:
        """By their beginnings, since in what order a query gives rows is nowhere promised, and
        not by an iterator, so that each page can be tried again."""
        where = f'id like "{start}%"' if start else 'id != ""'
        rows = self._read("query", name, filter=where, output_fields=["id"], limit=MOST)
        if len(rows) < MOST:
            return {row["id"] for row in rows}
        return set().union(*(self._ids(name, start + digit) for digit in "0123456789abcdef"))

    def drop(self, keys: Sequence[str], parts: Sequence[str]) -> None:
        """Remove passages and parts."""
        for name, ids in ((self._passages, keys), (self._parts, parts)):
            for start in range(0, len(ids), _DROPPED):
                self._call("delete", name, ids=list(ids[start : start + _DROPPED]))

    def _read(self, method: str, name: str, **options: Any) -> Any:
        """From a collection that is loaded: also where the server has started anew meanwhile."""

        def call() -> Any:
            if name not in self._loaded:
                self._client.load_collection(name, timeout=SECONDS)
                self._loaded.add(name)
            try:
                return getattr(self._client, method)(name, timeout=SECONDS, **options)
            except Exception:  # whatever it is, it is raised again, and the next try loads anew
                self._loaded.discard(name)
                raise

        return tried(self.name, call, "used")

    def _call(self, method: str, *values: Any, **options: Any) -> Any:
        call = partial(getattr(self._client, method), *values, timeout=SECONDS, **options)
        return tried(self.name, call, "used")
