"""What a store holds besides passages: bytes, cut into parts, and heads, which name all of a state.

Bytes lie under a name of their content and are never changed. A head is kept under its own name
as long as someone may need what it names; a copy of one of them is `current`, and what readers
see. To replace that copy is the one step in which a state becomes visible.
"""

import base64
import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from qa import manifest
from qa.errors import StoreError
from qa.milvus import TEXT, Milvus

FORMAT = 2  # of what is in a store
FILE, HEAD_OF, TEXT_OF = "f", "h", "t"  # how the ids of parts start, by what they are
_CURRENT = "current"
_BYTES = TEXT // 4 * 3  # of a part: base64 makes four characters of three bytes


class LostError(StoreError):
    """A part is missing or damaged. A state that was replaced long ago may lose some."""

    def __init__(self, store: Milvus) -> None:
        super().__init__(
            f"{store.name} does not have all it should; publish it anew: qa index --store …"
        )


@dataclass(frozen=True, slots=True)
class Head:
    """A state: its files, each with the number of its parts and its SHA-256."""

    generation: str
    model: str
    model_name: str
    files: Mapping[str, tuple[int, str]]

    @property
    def name(self) -> str:
        """16 hexadecimal digits, of all that it names."""
        content = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def touch(store: Milvus, head: Head) -> None:
    """Say that a head is in use: by who writes what it names, or replaces it just now."""
    store.put_parts({HEAD_OF + head.name: _text(head)})


def make_current(store: Milvus, head: Head) -> None:
    """Let readers see a state. All it names must be there."""
    store.put_parts({_CURRENT: _text(head)})


def current(store: Milvus) -> Head | None:
    """The state that readers see, or None where nothing was published.

    Raises:
        StoreError: another program or version wrote it.
    """
    found = store.parts([_CURRENT]).get(_CURRENT) if store.exists() else None
    return None if found is None else _head(store, found)[0]


def heads(store: Milvus) -> dict[str, tuple[Head, float]]:
    """All heads that are kept, by name, and when they were last touched (seconds since 1970)."""
    found = store.parts(sorted(store.part_ids(HEAD_OF)))
    return {part.removeprefix(HEAD_OF): _head(store, text) for part, text in found.items()}


def _text(head: Head) -> str:
    return json.dumps({"format": FORMAT, "seen": time.time(), **asdict(head)})


def _head(store: Milvus, text: str) -> tuple[Head, float]:
    try:
        content: Any = json.loads(text)
        if content["format"] != FORMAT or not manifest.is_generation(content["generation"]):
            raise ValueError(content["format"])
        files = {name: (int(n), str(digest)) for name, (n, digest) in content["files"].items()}
        names = str(content["generation"]), str(content["model"]), str(content["model_name"])
        return Head(*names, files), float(content["seen"])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise StoreError(
            f"{store.name} holds what this version does not read; name another collection"
        ) from error


def count_of(size: int) -> int:
    """How many parts so many bytes make."""
    return max(-(-size // _BYTES), 1)


def ids_of(name: str, count: int) -> list[str]:
    """The ids of the parts of what has this name."""
    return [f"{name}/{number}" for number in range(count)]


def cut(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    """The parts of what gets this name: ids and texts."""
    for number, part in enumerate(ids_of(name, count_of(len(data)))):
        start = number * _BYTES
        yield part, base64.b64encode(data[start : start + _BYTES]).decode()


def joined(store: Milvus, wanted: Sequence[tuple[str, int]]) -> list[bytes]:
    """What was cut, by its name and number of parts.

    Raises:
        LostError: a part is missing or damaged.
    """
    ids = [ids_of(name, count) for name, count in wanted]
    found = store.parts([part for some in ids for part in some], newest=False)
    try:
        return [
            b"".join(base64.b64decode(found[part], validate=True) for part in some) for some in ids
        ]
    except (KeyError, ValueError) as error:
        raise LostError(store) from error


def fetched(store: Milvus, head: Head, name: str) -> bytes:
    """One of the files of a state, in full.

    Raises:
        LostError: it is not what was published.
    """
    if name not in head.files:
        raise LostError(store)
    count, digest = head.files[name]
    (content,) = joined(store, [(FILE + digest, count)])
    if hashlib.sha256(content).hexdigest() != digest:
        raise LostError(store)
    return content
