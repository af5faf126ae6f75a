"""Where the parts are put together. Everything that asks a question comes through here."""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from embeddings import Encoder, open_encoder
from qa import followups, indexing, language as languages
from qa.calibration import calibration
from qa.errors import DocumentError, SourceError, UsageError
from qa.library import Library
from qa.responder import quote_of, respond
from qa.retriever import retrieve
from qa.types import LANGUAGES, Answer, Document, Language, Quote

TOP_K = 3
MAX_QUESTION = 4000  # characters that are searched; the model reads some 2,000 of them
LOOK_AGAIN = 1.0  # seconds after which the folder is looked at for changes again

Progress = Callable[[str, float], None]


class Bot:
    """A folder of documents that answers questions. Safe to share between threads."""

    def __init__(
        self,
        folder: Path,
        index: Path,
        encoder: Encoder,
        *,
        model_name: str,
        rebuild: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self.folder = folder
        self.index = index
        self._encoder = encoder
        self._model_name = model_name
        self._lock = threading.Lock()
        self._looked = 0.0
        self._library = self._refresh(rebuild=rebuild, progress=progress)

    @classmethod
    def open(
        cls,
        documents: str | os.PathLike[str] | None = None,
        *,
        index: str | os.PathLike[str] | None = None,
        model: str | None = None,
        rebuild: bool = False,
        progress: Progress | None = None,
    ) -> "Bot":
        """Open a folder (the seeds by default), preparing model and index where needed.

        Raises:
            QAError: the folder or its index cannot be used.
            EmbeddingsError: the model cannot be used.
        """
        folder = seeds() if documents is None else Path(documents).expanduser().resolve()
        if not folder.is_dir():
            raise DocumentError(f"{folder} is not a folder; name a folder of documents")
        encoder = open_encoder(model, cache() / "models", progress)
        place = _default_index(folder, encoder.digest) if index is None else Path(index)
        return cls(
            folder,
            place.expanduser().resolve(),
            encoder,
            model_name=encoder.name,
            rebuild=rebuild,
            progress=progress,
        )

    def answer(
        self,
        question: str,
        *,
        top_k: int = TOP_K,
        language: Language | None = None,
        only: Collection[Language] | None = None,
        history: Sequence[str] = (),
    ) -> Answer:
        """Answer one question. See `qa.answer`."""
        _check(top_k, language, only)
        asked = question.strip()
        spoken = language or languages.detect(asked)
        if not asked:
            return Answer(question, "", spoken, reason="empty question")
        searched = followups.join(asked[:MAX_QUESTION], history, spoken)
        library = self.library()
        encoding, hits = retrieve(
            library, self._encoder, searched, spoken, only or (), model_name=self._model_name
        )
        return respond(
            Answer(question, searched, spoken),
            hits,
            library,
            calibration(self._model_name),
            self._encoder.count_tokens,
            top_k=top_k,
            only=only or (),
        )

    def library(self) -> Library:
        """The library as the folder is now; looked at again at most once a second."""
        with self._lock:
            if time.monotonic() - self._looked > LOOK_AGAIN:
                self._library = self._refresh()
            return self._library

    def _refresh(self, *, rebuild: bool = False, progress: Progress | None = None) -> Library:
        library = indexing.refresh(
            self.folder,
            self.index,
            self._encoder,
            model_name=self._model_name,
            rebuild=rebuild,
            progress=progress,
            opened=getattr(self, "_library", None),
        )
        self._looked = time.monotonic()
        return library

    def sources(self) -> list[Document]:
        """All documents, by ID, without their texts."""
        return self.library().catalogue.documents()

    @property
    def skipped(self) -> dict[str, str]:
        """Files that could not be read, with the reason."""
        return dict(self.library().state.skipped)

    def passage(self, source_id: str) -> Quote:
        """The passage with this source ID.

        Raises:
            SourceError: no passage has it.
        """
        return self.around(source_id, 0)[0]

    def around(self, source_id: str, neighbours: int = 1) -> list[Quote]:
        """A passage and up to `neighbours` passages before and after it, in order."""
        library = self.library()
        doc_id, _, number = source_id.rpartition("#p")
        document = library.catalogue.document(doc_id)
        wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
        if document is None or library.catalogue.find(doc_id, wanted) is None:
            raise SourceError(
                f"there is no source {source_id}; it should look like NAME#p3, "
                "and `qa sources` lists the names"
            )
        return [
            quote_of(passage, document)
            for passage in library.catalogue.passages_of(doc_id)
            if abs(passage.number - wanted) <= neighbours
        ]


def _check(top_k: int, language: str | None, only: Collection[str] | None) -> None:
    if top_k < 1:
        raise UsageError(f"top_k is {top_k}; it must be 1 or more")
    for name in [*([language] if language else []), *(only or ())]:
        if name not in LANGUAGES:
            raise UsageError(f"unknown language {name!r}; choose from {', '.join(LANGUAGES)}")


def seeds() -> Path:
    """The folder of documents that ships with the program."""
    shipped = Path(__file__).parent / "seeds"
    return shipped if shipped.is_dir() else Path(__file__).parent.parent / "seeds"


def cache() -> Path:
    """Where prepared models and indexes are kept: QA_CACHE, or the user's cache folder."""
    chosen = os.environ.get("QA_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("qa")


def _default_index(folder: Path, model: str) -> Path:
    place = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return cache() / "indexes" / f"{place}-{model}"


_bots: dict[tuple[str, str, str], Bot] = {}
_bots_lock = threading.Lock()


def shared_bot(
    documents: str | os.PathLike[str] | None,
    index: str | os.PathLike[str] | None,
    model: str | None,
) -> Bot:
    """One bot a folder, index and model in a process, opened by the first who asks."""
    key = (str(documents or ""), str(index or ""), model or "")
    with _bots_lock:
        if key not in _bots:
            _bots[key] = Bot.open(documents, index=index, model=model)
        return _bots[key]


def answer(
    question: str,
    *,
    documents: str | os.PathLike[str] | None = None,
    index: str | os.PathLike[str] | None = None,
    top_k: int = TOP_K,
    language: Language | None = None,
    only: Collection[Language] | None = None,
    model: str | None = None,
    history: Sequence[str] = (),
) -> Answer:
    """Find the passages of a folder that answer a question, word for word.

    Args:
        question: in English, French or Spanish; another language is searched all the same.
        documents: a folder; by default the press releases that ship with the program.
        index: where the index is kept; by default in the user's cache folder.
        top_k: how many quotes at most, 1 or more.
        language: of the question; by default it is detected.
        only: search passages in these languages only.
        model: a sentence-transformers model, by folder or name; by default the built-in one.
        history: earlier questions, oldest first, for a follow-up such as "And in Spain?".

    Returns:
        An Answer: true with quotes, best first, or false with near misses and a reason.

    Raises:
        QAError: the folder, its index or an argument cannot be used.
        EmbeddingsError: the model cannot be used.
    """
    return shared_bot(documents, index, model).answer(
        question, top_k=top_k, language=language, only=only, history=history
    )
