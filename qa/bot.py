"""Where the parts are put together. Everything that asks a question comes through here."""

import os
import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings import Encoder, OnnxEncoder, cores, open_encoder
from qa import arguments, dictionary, indexing, manifest
from qa.calibration import Calibration, calibration
from qa.errors import LibraryError, UsageError
from qa.filters import Filter
from qa.folders import cache, fitted, folder_of, index_of, named
from qa.language import say
from qa.library import Library, open_library
from qa.responder import quote_of, respond
from qa.retriever import Hit, retrieve
from qa.rewriting import Search, language_of, readable, rewrite, words
from qa.selection import named_source, nothing_left, nothing_there, rows_of, undated_note
from qa.types import Answer, Document, Language, Quote
from qa.workers import across

TOP_K = 3
LOOK_AGAIN = 1.0  # seconds after which the folder is looked at for changes again
EVERYTHING = Filter()

Progress = Callable[[str, float], None]
Spread = Callable[[OnnxEncoder], Encoder]


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
        cure: str = "",
    ) -> None:
        """`cure` is what to do about an index that cannot be used, by default a full command."""
        self.folder = folder
        self.index = index
        self._encoder = encoder
        self._model_name = model_name
        self._cure = cure
        self._lock = threading.Lock()
        # More questions at once than there are cores would only get in one another's way.
        self._turns = threading.Semaphore(cores())
        self._turn: AbstractContextManager[object] = self._turns
        self._looked = 0.0
        self.watched = False  # whether someone else calls `refresh`, and no question has to
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
        spread: Spread = across,
    ) -> "Bot":
        """Open a folder (the seeds by default), preparing model and index where needed.

        `spread` makes of the model's encoder the one that embeds its passages; by default that
        is a GPU where there is one.

        Raises:
            QAError: the folder or its index cannot be used.
            EmbeddingsError: the model cannot be used.
        """
        folder = folder_of(documents)
        encoder = open_encoder(model, cache() / "models", progress)
        dictionary.unpack(words(), progress or (lambda *_: None))
        place = index_of(folder, encoder.digest) if index is None else named(index)
        # Of the user's own index an update of the program makes no problem: it is made anew.
        outdated = index is None and manifest.is_outdated(place)
        return cls(
            folder,
            place,
            spread(encoder),
            model_name=encoder.name,
            rebuild=rebuild or outdated,
            progress=progress,
            cure=manifest.cure(
                None if documents is None else folder,
                None if index is None else named(index),
                model,
            ),
        )

    def answer(
        self,
        question: str,
        *,
        top_k: int = TOP_K,
        language: Language | None = None,
        where: Filter = EVERYTHING,
        history: Sequence[str] | None = (),
        threshold: float | None = None,
    ) -> Answer:
        """Answer one question from what `where` leaves of the folder. See `qa.answer`.

        `threshold` is the probability from which a passage is an answer, instead of the
        calibrated one; 0 ranks without refusing.
        """
        asked = arguments.text("question", question), arguments.count("top_k", top_k)
        spoken, turns = _spoken(language), arguments.texts("history", history)
        with self._turn:
            return self._answer(*asked, spoken, where, turns, threshold)

    def _answer(
        self,
        question: str,
        top_k: int,
        language: Language | None,
        where: Filter,
        history: Sequence[str],
        threshold: float | None,
    ) -> Answer:
        asked = readable(question)
        spoken = language or language_of(asked)
        if not any(map(str.isalnum, asked)):
            return Answer(question, "", spoken, reason="empty question")
        library = self.library()
        if not len(library):
            return Answer(question, "", spoken, reason="no documents", notes=self._seen(spoken))
        among = rows_of(library, where)
        if among is not None and not len(among):
            note = nothing_left(library, where, spoken)
            return Answer(question, "", spoken, reason="nothing passes the filter", notes=(note,))
        searches = self._searches(library, asked, history, spoken)
        judge = self.judge
        answer = respond(
            Answer(
                question,
                " ".join(search.text for search in searches),
                spoken,
                notes=undated_note(library, where, spoken),
            ),
            self._hits(library, searches, spoken, among),
            library,
            judge,
            self._encoder.count_tokens,
            top_k=top_k,
            threshold=judge.threshold if threshold is None else threshold,
            among=among,
        )
        unread = len(library.state.troubles)
        if answer or not unread:
            return answer
        return replace(answer, notes=(*answer.notes, say("unread", spoken, count=unread)))

    def _seen(self, language: Language) -> tuple[str, ...]:
        """What there is instead of documents."""
        return (nothing_there(self._library, self.folder, language),)

    def hits(
        self,
        question: str,
        *,
        language: Language | None = None,
        where: Filter = EVERYTHING,
        history: Sequence[str] | None = (),
        hidden: Collection[int] = (),
    ) -> list[Hit]:
        """The ranking that an answer is made of, with all that speaks for each passage.

        Nothing is folded or refused; rows that are `hidden` are as if they were not there.
        """
        asked = readable(arguments.text("question", question))
        spoken = _spoken(language) or language_of(asked)
        library = self.library()
        searches = self._searches(library, asked, arguments.texts("history", history), spoken)
        return self._hits(library, searches, spoken, rows_of(library, where, hidden))

    def _searches(
        self, library: Library, asked: str, history: Sequence[str], spoken: Language
    ) -> list[Search]:
        return rewrite(asked, history, spoken, library.catalogue, self._encoder.count_tokens)

    def _hits(
        self,
        library: Library,
        searches: Sequence[Search],
        spoken: Language,
        among: npt.NDArray[np.int64] | None,
    ) -> list[Hit]:
        """The ranking; of several questions in turn, beginning with the surest answer."""
        search = partial(retrieve, model_name=self._model_name, turns=self._turns)
        found = [
            search(library, self._encoder, text, spoken, among, asked=asked)
            for text, asked in searches
        ]
        if len(found) == 1:
            return found[0]
        surest = self.judge.probability
        found.sort(key=lambda hits: -surest(hits[0]) if hits else 0.0)
        ranking: dict[int, Hit] = {}
        for hit in chain.from_iterable(zip_longest(*found)):
            if hit is not None:
                ranking.setdefault(hit.row, hit)
        return list(ranking.values())

    @property
    def judge(self) -> Calibration:
        """What makes probabilities of this model's scores: fitted here, or shipped."""
        return calibration(self._model_name, fitted(self._encoder.digest))

    def library(self) -> Library:
        """The library as the folder is now; looked at again at most once a second."""
        with self._lock:
            if not self.watched and time.monotonic() - self._looked > LOOK_AGAIN:
                self._library = self._refresh()
            return self._library

    def refresh(self) -> Library:
        """Look at the folder now. Until that is done, questions get what there was."""
        library = self._refresh()
        with self._lock:
            self._library = library
        return library

    def _refresh(self, *, rebuild: bool = False, progress: Progress | None = None) -> Library:
        library = indexing.refresh(
            self.folder,
            self.index,
            self._encoder,
            model_name=self._model_name,
            rebuild=rebuild,
            progress=progress,
            opened=getattr(self, "_library", None),
            cure=self._cure,
        )
        self._looked = time.monotonic()
        return library

    def sources(self) -> list[Document]:
        """All documents, by ID, without their texts."""
        return self.library().catalogue.documents()

    @property
    def skipped(self) -> dict[str, str]:
        """Files that could not be read, or not all of them, with a sentence on each."""
        return self.library().state.troubles

    def passage(self, source_id: str) -> Quote:
        """The passage with this source ID.

        Raises:
            SourceError: no passage has it.
        """
        return self.around(source_id, 0)[0]

    def around(self, source_id: str, neighbours: int = 1) -> list[Quote]:
        """A passage and up to `neighbours` passages before and after it, in order.

        Raises:
            SourceError: no passage has this source ID.
        """
        library = self.library()
        document, wanted = named_source(library, source_id)
        return [
            quote_of(passage, document)
            for passage in library.catalogue.passages_of(document.doc_id)
            if abs(passage.number - wanted) <= neighbours
        ]


def _spoken(language: object) -> Language | None:
    """The language that is named; "" names none."""
    return None if language is None or language == "" else arguments.language(language)


def as_indexed(
    documents: str | os.PathLike[str] | None,
    index: str | os.PathLike[str] | None,
    model: str | None,
    progress: Progress | None = None,
) -> tuple[Path, Library]:
    """A folder and its index as it stands: no file is looked at for changes, nothing is written.

    The model's files and the token vectors are read in full.

    Raises:
        QAError: there is no such index, or it is damaged.
        EmbeddingsError: the model or its token vectors are damaged.
    """
    folder = folder_of(documents)
    encoder = open_encoder(model, cache() / "models", progress)
    encoder.verify()
    place = index_of(folder, encoder.digest) if index is None else named(index)
    given = None if documents is None else folder, None if index is None else place, model
    library = open_library(place, manifest.cure(*given))
    if library is None:
        raise LibraryError(f"{folder} has no index in {place} yet; {manifest.remedy(*given)}")
    if documents is None and library.state.folder != str(folder):
        raise UsageError(
            f"{place} is the index of {library.state.folder}, not of {folder}; "
            "name the folder with --documents"
        )
    library.verify()
    return folder, library
