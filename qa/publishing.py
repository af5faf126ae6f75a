"""A library in a store: written from a local index, read by whoever has the store alone.

A passage is kept under a key of its content, so that publishing anew writes what changed. What
binds the passages of one state, its catalogue among them, is cut into parts; `head` names that
state, and is written last: until then readers see the state before. Passages and parts that
neither state needs are removed.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from qa import manifest
from qa.errors import LibraryError, StoreError, UsageError
from qa.library import CATALOGUE, FREQUENCIES, Library
from qa.milvus import TEXT, Entity, Milvus
from qa.progress import Share
from qa.types import Passage

FORMAT = 1  # of what is in a store
KEYS = "keys.npy"
FILES = (manifest.NAME, CATALOGUE, FREQUENCIES, KEYS)
_HEAD = "head"
_BYTES = TEXT // 4 * 3  # of a part: base64 makes four characters of three bytes
_AT_ONCE = 100  # passages in one message
KEY = np.dtype([("key", "S32"), ("parts", "<i4")])  # of a passage, and of how many parts it is

Vectors = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Head:
    """The state of a store: its files with the number of their parts and their SHA-256."""

    generation: str
    model: str
    model_name: str
    files: dict[str, tuple[int, str]]


def read_head(store: Milvus) -> Head | None:
    """What a store holds, or None where it is empty.

    Raises:
        StoreError: another program or version wrote it.
    """
    found = store.parts([_HEAD]).get(_HEAD) if store.exists() else None
    if found is None:
        return None
    try:
        content: Any = json.loads(found)
        if content["format"] != FORMAT or not manifest.is_generation(content["generation"]):
            raise ValueError(content["format"])
        files = {name: (int(n), str(digest)) for name, (n, digest) in content["files"].items()}
        if files.keys() != set(FILES):
            raise ValueError(files)
        return Head(content["generation"], content["model"], content["model_name"], files)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(
            f"{store.name} holds what this version does not read; name another collection"
        ) from error


def publish(library: Library, store: Milvus, report: Any = lambda *_: None) -> int:
    """Bring a store to the state of a library; returns how many passages were written.

    Raises:
        UsageError: the store was made with another model.
        StoreError: it fails; readers then find the state it had before.
    """
    before = read_head(store)
    if before is not None and before.model != library.state.model:
        raise UsageError(
            f"{store.name} was made with the model {before.model_name}, not with "
            f"{library.state.model_name}; name another collection"
        )
    if before is not None and before.generation == library.state.generation:
        return 0
    store.create(library.state.dim)
    keys, written = _put_passages(library, store, report)
    head = _put_files(library, store, keys)
    store.put_parts({_HEAD: json.dumps(head)})
    _sweep(store, keys, library.state.generation, before)
    return written


def _put_passages(library: Library, store: Milvus, report: Any) -> tuple[npt.NDArray[Any], int]:
    """Write those that are not there; token vectors first, so that none is found without them."""
    there, total = store.keys(), len(library)
    keys, written = np.zeros(total, KEY), 0
    entities: list[Entity] = []
    parts: dict[str, str] = {}
    for row, passage in enumerate(library.catalogue.all_passages()):
        entity, tokens = _entity(library, row, passage)
        cut = dict(_cut(entity.key, tokens))
        keys[row] = entity.key, len(cut)
        if entity.key not in there:
            entities.append(entity)
            parts |= cut
            written += 1
        if len(entities) == _AT_ONCE or row == total - 1:
            report("publishing", Share(row + 1, total))
            store.put_parts(parts)
            store.put(entities)
            entities, parts = [], {}
    return keys, written


def _entity(library: Library, row: int, passage: Passage) -> tuple[Entity, bytes]:
    vector = library.vectors.vector(row)
    tokens = packed(library.tokens.tokens(row), library.tokens.ids(row))
    source = passage.source_id.encode("utf-8", "surrogatepass")
    about = b"\0".join((source, passage.language.encode(), vector.tobytes(), tokens))
    key = hashlib.sha256(about).hexdigest()[:32]
    shown = source.decode("utf-8", "replace")[:10_000]
    return Entity(key, doc_key(passage.doc_id), passage.language, shown, vector), tokens


def doc_key(doc_id: str) -> str:
    """A document's ID as it stands in expressions: hexadecimal, whatever its name."""
    return hashlib.sha256(doc_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def packed(tokens: Vectors, ids: Ids) -> bytes:
    """The tokens of a passage, (n, dim), in 8 bits a value, with their scales and ids."""
    scales = (np.abs(tokens).max(axis=1, initial=0) / 127).astype("<f2")
    divisor = np.where(scales > 0, scales, 1).astype(np.float32)
    values = np.rint(tokens / divisor[:, None]).clip(-127, 127).astype(np.int8)
    return b"".join((ids.astype("<i4").tobytes(), scales.tobytes(), values.tobytes()))


def unpacked(data: bytes, dim: int) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float16], Ids]:
    """What `packed` packed: values (n, dim), scales (n,) and ids (n,)."""
    count, rest = divmod(len(data), dim + 6)
    if rest:
        raise ValueError(rest)
    ids = np.frombuffer(data, "<i4", count)
    scales = np.frombuffer(data, "<f2", count, 4 * count)
    values = np.frombuffer(data, np.int8, count * dim, 6 * count)
    return values.reshape(count, dim), scales, ids


def _put_files(library: Library, store: Milvus, keys: npt.NDArray[Any]) -> dict[str, Any]:
    import io

    listed = io.BytesIO()
    np.save(listed, keys, allow_pickle=False)
    folder = library.index / library.state.generation
    places = (library.index / manifest.NAME, folder / CATALOGUE, folder / FREQUENCIES)
    contents = [*(path.read_bytes() for path in places), listed.getvalue()]
    state = library.state
    if json.loads(contents[0]).get("generation") != state.generation:
        raise LibraryError(f"{library.index} changed while it was published; publish it again")
    files = {}
    for name, content in zip(FILES, contents, strict=True):
        parts = dict(_cut(f"{state.generation}.{name}", content))
        store.put_parts(parts)
        files[name] = len(parts), hashlib.sha256(content).hexdigest()
    return {
        "format": FORMAT,
        "generation": state.generation,
        "model": state.model,
        "model_name": state.model_name,
        "files": files,
    }


def _cut(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    for number, start in enumerate(range(0, max(len(data), 1), _BYTES)):
        yield f"{name}/{number}", base64.b64encode(data[start : start + _BYTES]).decode()


def joined(store: Milvus, wanted: Sequence[tuple[str, int]]) -> list[bytes]:
    """What was cut, by its name and number of parts.

    Raises:
        StoreError: a part is missing or damaged.
    """
    ids = [[f"{name}/{number}" for number in range(count)] for name, count in wanted]
    found = store.parts([part for some in ids for part in some])
    try:
        return [
            b"".join(base64.b64decode(found[part], validate=True) for part in some) for some in ids
        ]
    except (KeyError, ValueError) as error:
        raise incomplete(store) from error


def incomplete(store: Milvus) -> StoreError:
    return StoreError(
        f"{store.name} does not have all it should; if it was just published anew, ask again, "
        "else publish it anew: qa index --store … --rebuild"
    )


def fetched(store: Milvus, head: Head, name: str) -> bytes:
    """One of the files of a state, in full.

    Raises:
        StoreError: it is not what was published.
    """
    count, digest = head.files[name]
    (content,) = joined(store, [(f"{head.generation}.{name}", count)])
    if hashlib.sha256(content).hexdigest() != digest:
        raise incomplete(store)
    return content


def read_keys(content: Path) -> npt.NDArray[Any]:
    """The keys of all passages, by row, as `KEY`."""
    keys: npt.NDArray[Any] = np.load(content, allow_pickle=False)
    if keys.dtype != KEY:
        raise ValueError(keys.dtype)
    return keys


def _sweep(store: Milvus, keys: npt.NDArray[Any], generation: str, before: Head | None) -> None:
    """Remove what neither this state nor the one before needs, which may still be read."""
    import io

    keep = {key.decode() for key in keys["key"]} | {generation, _HEAD}
    if before is not None:
        earlier = np.load(io.BytesIO(fetched(store, before, KEYS)), allow_pickle=False)
        keep |= {key.decode() for key in earlier["key"]} | {before.generation}
    passages = store.keys() - keep
    parts = {part for part in store.part_ids() if part.split("/")[0].split(".")[0] not in keep}
    store.drop(passages, parts)
