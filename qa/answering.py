"""`answer()`: one question, and all that it takes is opened by the first who asks."""

import os
import threading
from collections.abc import Collection, Sequence
from pathlib import Path

from qa.arguments import text
from qa.bot import TOP_K, Bot
from qa.filters import Day, Filter
from qa.folders import cache, named
from qa.opening import open_bot
from qa.types import Answer, Language


class _Opening:
    """A bot that the first who asks opens; whoever asks for another folder doesn't wait for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.bot: Bot | None = None


_bots: dict[tuple[Path | None, Path | None, str | None, str | None, Path], _Opening] = {}


def shared_bot(
    documents: str | os.PathLike[str] | None,
    index: str | os.PathLike[str] | None,
    model: str | None,
    store: str | None = None,
) -> Bot:
    """One bot a folder or store, index and model in a process, opened by the first who asks."""
    folder = None if documents is None else named(documents)
    place = None if index is None else named(index)
    model, store = _text("model", model), _text("store", store)
    key = folder, place, model, store, cache()
    opening = _bots.setdefault(key, _Opening())
    with opening.lock:
        if opening.bot is None:
            opening.bot = open_bot(folder, place, model, store)
        return opening.bot


def _text(name: str, value: object) -> str | None:
    """A name, or a path that stands for one."""
    value = os.fspath(value) if isinstance(value, os.PathLike) else value
    return None if value is None else text(name, value)


def answer(
    question: str,
    *,
    documents: str | os.PathLike[str] | None = None,
    index: str | os.PathLike[str] | None = None,
    top_k: int = TOP_K,
    language: Language | None = None,
    only: Collection[Language] | None = None,
    within: str | Collection[str] | None = None,
    since: Day | None = None,
    until: Day | None = None,
    title: str | None = None,
    model: str | None = None,
    store: str | None = None,
    history: Sequence[str] | None = (),
) -> Answer:
    """Find the passages of a folder that answer a question, word for word.

    Args:
        question: in English, French or Spanish; another language is searched all the same.
        documents: a folder; by default the press releases that ship with the program.
        index: where the index is kept; by default in the user's cache folder.
        top_k: how many quotes at most, 1 or more.
        language: of the question; by default it is detected.
        only: search passages in these languages only.
        within: search files only whose path in the folder fits one of these patterns, which are
            those of a `.gitignore`: "reports/2016/*", "*.pdf", "**/minutes/*.txt".
        since, until: search documents only that are dated so, inclusive: 2015, "2015-03" or
            "2015-03-27". Those without a known date are left out, and a note says how many.
        title: search documents only that have this in their title, in capitals or not, with
            accents or without.
        model: a sentence-transformers model, by folder or name; by default the built-in one.
        store: a Milvus store that is asked instead of a folder, milvus://HOST:PORT/COLLECTION or
            a path that ends in .db.
        history: earlier questions, oldest first, for a follow-up such as "And in Spain?".

    Returns:
        An Answer: true with quotes, best first, or false with near misses and a reason.

    Raises:
        QAError: the folder, its index, the store or an argument cannot be used.
        EmbeddingsError: the model cannot be used.
    """
    return shared_bot(documents, index, model, store).answer(
        question,
        top_k=top_k,
        language=language,
        where=Filter.of(only, within, since, until, title),
        history=history,
    )
