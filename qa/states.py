"""A state of a library as it lies in a store: passages, texts and files, each under a key of all
that it is made from."""

import hashlib
import io
import json
import zlib
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from embeddings import Packing
from qa import manifest
from qa.encoded import CODEBOOK, PLACES
from qa.errors import LibraryError
from qa.library import CATALOGUE, FREQUENCIES, Library
from qa.milvus import Entity
from qa.parts import FILE, TEXT_OF, Head, count_of, ids_of
from qa.types import Passage

PASSAGES, TEXTS = "passages.npy", "texts.npy"  # what a state has, by row
_KEY = np.dtype("S32")
_TEXT = np.dtype([("name", "S64"), ("parts", "<i4")])  # and into how many parts it is cut
_CHECK, _SCALE = 4, 2  # bytes of a text's checksum, of a token's scale
_SHOWN = 10_000  # characters of a source ID, which is there to be looked at

Keys = npt.NDArray[np.bytes_]
Texts = npt.NDArray[np.void]


class State(NamedTuple):
    """All of it: the key of each passage, and of each text its name and its number of parts."""

    head: Head
    files: dict[str, bytes]
    passages: Keys
    texts: Texts


class Named(NamedTuple):
    """What is in a store, or should be: keys of passages, ids of parts."""

    passages: AbstractSet[str]
    parts: AbstractSet[str]

    def without(self, other: "Named") -> "Named":
        return Named(self.passages - other.passages, self.parts - other.parts)


def state_of(library: Library) -> State:
    """What a library is in a store.

    Raises:
        LibraryError: the index is damaged, or has just changed.
    """
    passages = np.array(
        [
            _key(passage, library.vectors.vector(row))
            for row, passage in enumerate(library.catalogue.all_passages())
        ],
        _KEY,
    )
    texts = _texts(library)
    files = _files(library) | {PASSAGES: _saved(passages), TEXTS: _saved(texts)}
    cut = {
        name: (count_of(len(content)), hashlib.sha256(content).hexdigest())
        for name, content in files.items()
    }
    about = library.state
    return State(Head(about.generation, about.model, about.model_name, cut), files, passages, texts)


def _key(passage: Passage, vector: npt.NDArray[np.float32]) -> str:
    source = passage.source_id.encode("utf-8", "surrogatepass")
    about = b"\0".join((source, passage.language.encode(), vector.tobytes()))
    return hashlib.sha256(about).hexdigest()[:32]


def _texts(library: Library) -> Texts:
    """A text's name is its key, and how its tokens are packed."""
    encoded = library.encoded
    packing = encoded.tokens.packing
    sizes = _CHECK + encoded.tokens.sizes * (packing.width + _SCALE)
    texts = np.zeros(len(encoded), _TEXT)
    texts["name"] = [f"{TEXT_OF}{key.hex()}.{packing.name[:16]}" for key in encoded.keys]
    texts["parts"] = [count_of(int(size)) for size in sizes]
    return texts


def _files(library: Library) -> dict[str, bytes]:
    """The manifest, and the parts of the index that every reader has a copy of."""
    folder = library.index / library.state.generation
    parts = (CATALOGUE, FREQUENCIES, PLACES, CODEBOOK)
    names = [name for name in parts if name in library.state.files]
    try:
        library.verify(names)
        about = (library.index / manifest.NAME).read_bytes()
        if json.loads(about).get("generation") == library.state.generation:
            return {manifest.NAME: about} | {name: (folder / name).read_bytes() for name in names}
    except (OSError, ValueError) as error:
        raise LibraryError(f"{library.index} cannot be read; publish it again") from error
    raise LibraryError(f"{library.index} changed while it was published; publish it again")


def _saved(array: npt.NDArray[Any]) -> bytes:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    return content.getvalue()


def read_passages(content: bytes) -> Keys:
    """The key of each passage, (n,).

    Raises:
        ValueError: the content is not what was saved.
    """
    return _loaded(content, _KEY)


def read_texts(content: bytes) -> Texts:
    """Of each text its name and its number of parts, (n,).

    Raises:
        ValueError: the content is not what was saved.
    """
    return _loaded(content, _TEXT)


def _loaded(content: bytes, kind: np.dtype[Any]) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.load(io.BytesIO(content), allow_pickle=False)
    if array.dtype != kind or array.ndim != 1:
        raise ValueError(array.dtype)
    return array


def named(head: Head, passages: Keys, texts: Texts) -> Named:
    """What a state needs."""
    parts = {part for count, digest in head.files.values() for part in ids_of(FILE + digest, count)}
    for name, count in texts.tolist():
        parts.update(ids_of(name.decode(), count))
    return Named({key.decode() for key in passages.tolist()}, parts)


def entity(library: Library, row: int, key: str, passage: Passage) -> Entity:
    """A passage as it is searched in a store."""
    source = passage.source_id.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    vector = library.vectors.vector(row)
    return Entity(key, doc_key(passage.doc_id), passage.language, source[:_SHOWN], vector)


def doc_key(doc_id: str) -> str:
    """A document's ID as it stands in expressions: hexadecimal, whatever its name."""
    return hashlib.sha256(doc_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def packed(library: Library, row: int) -> bytes:
    """The tokens of a text, bit for bit as they are packed in the index, behind a checksum."""
    values, scales, _ids = library.encoded.tokens.stored(row)
    data = scales.astype("<f2").tobytes() + values.tobytes()
    return zlib.crc32(data).to_bytes(_CHECK, "little") + data


def unpacked(data: bytes, packing: Packing) -> npt.NDArray[np.float32]:
    """The token vectors that were packed, (n, dim).

    Raises:
        ValueError: the data is not what was packed.
    """
    count, rest = divmod(len(data) - _CHECK, packing.width + _SCALE)
    if rest or count < 0 or zlib.crc32(data[_CHECK:]) != int.from_bytes(data[:_CHECK], "little"):
        raise ValueError(rest)
    scales = np.frombuffer(data, "<f2", count, _CHECK)
    values = np.frombuffer(data, np.uint8, count * packing.width, _CHECK + _SCALE * count)
    return packing.unpack(values.reshape(count, packing.width), scales)
