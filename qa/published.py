"""A published corpus as an index, and the bot that answers from it.

Each text is one passage, as its judges saw it: how documents are cut is not what its questions
measure. All else is what answers users.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

from embeddings import Encoder, Encoding
from qa.bot import Bot
from qa.building import Progress, write_generation
from qa.calibration import DEFAULT, calibration
from qa.errors import LibraryError
from qa.folders import cache
from qa.judgements import Text
from qa.library import Library, open_library
from qa.manifest import FORMAT, LOCK, Manifest, write
from qa.types import Document, Passage

_REMEMBERED = 4  # questions; each is searched for in several parts of the corpus, one after another


class Published(Bot):
    """A bot over a published corpus. It encodes a question once, however often it is asked."""

    def __init__(self, folder: Path, encoder: Encoder, library: Library) -> None:
        self._opened = library
        self.encode: Callable[[str], Encoding] = lru_cache(_REMEMBERED)(encoder.encode_query)
        super().__init__(
            folder, library.index, _Remembering(encoder, self.encode), model_name=encoder.name
        )

    def _refresh(self, **_options: object) -> Library:
        return self._opened

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each text, by its ID."""
        return self._opened.catalogue.first_rows()

    @property
    def model_name(self) -> str:
        return self._model_name

    @property
    def judged_by(self) -> str:
        """The model whose calibration this is: without one of its own, another model's."""
        return DEFAULT if self.judge == calibration(DEFAULT) else self._model_name


class _Remembering:
    """An encoder that remembers the last questions."""

    def __init__(self, encoder: Encoder, encode_query: Callable[[str], Encoding]) -> None:
        self.name, self.digest, self.dim = encoder.name, encoder.digest, encoder.dim
        self._encoder, self._encode_query = encoder, encode_query

    def encode_query(self, text: str) -> Encoding:
        return self._encode_query(text)

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Encoding]:
        return self._encoder.encode_passages(texts)

    def count_tokens(self, text: str) -> int:
        return self._encoder.count_tokens(text)


def open_published(
    folder: Path, corpus: Sequence[Text], encoder: Encoder, progress: Progress
) -> Published:
    """Open the bot of a corpus; its index is made once a corpus and model.

    A folder has one place in the cache, which holds indexes of its present content alone.

    Raises:
        LibraryError: the index is damaged.
        OSError: it cannot be written.
    """
    from filelock import FileLock

    texts = sorted(corpus, key=lambda text: text.id)
    key = _key(texts)
    place = cache() / "published" / _digest(os.fsencode(folder.resolve()))
    place.mkdir(parents=True, exist_ok=True)
    with FileLock(place / LOCK):
        for path in place.iterdir():
            if path.is_dir() and path.name != key:
                shutil.rmtree(path)
        index = place / key / encoder.digest
        cure = f"remove {place}, and it is made anew"
        library = open_library(index, cure)
        if library is None:
            _build(index, key, [_document(folder, text) for text in texts], encoder, progress)
            library = open_library(index, cure)
    if library is None:
        raise LibraryError(f"the index {index} vanished while it was made; run it again")
    return Published(folder, encoder, library)


def _key(texts: Sequence[Text]) -> str:
    """All that an index of these texts depends on, but the model."""
    content = [(text.id, text.title, text.language, text.text) for text in texts]
    return _digest(json.dumps([FORMAT, content]).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _document(folder: Path, text: Text) -> Document:
    """A text that is nothing but its title is that title."""
    return Document(text.id, folder, text.title, text.language, text.text or text.title)


def _build(
    index: Path, generation: str, documents: Sequence[Document], encoder: Encoder, report: Progress
) -> None:
    """Build aside, and rename: an index that was left half made is not taken for one."""
    aside = index.with_name(f"{index.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    (aside / generation).mkdir(parents=True)
    written = write_generation(
        aside / generation, documents, encoder, encoder.name, report, cut=_whole
    )
    folder = str(documents[0].path)
    state = Manifest(
        encoder.digest,
        encoder.name,
        encoder.dim,
        folder,
        generation,
        files=written.files,
        vectors=written.vectors,
    )
    write(aside, state)
    aside.rename(index)


def _whole(document: Document) -> list[Passage]:
    text = " ".join(document.text.split())
    size = len(document.text)
    return [Passage(document.doc_id, 1, 0, size, 1, document.language, "prose", text)]
