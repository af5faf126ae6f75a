"""A conversation as a Markdown file: every quote word for word, with what it takes to cite it."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile

from qa.language import language_name, say
from qa.markdown import blockquote, code, digests
from qa.messages import Key
from qa.render import in_file, refusal, searched_otherwise
from qa.types import Answer, Language, Quote
from qa.visible import one_line


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what was shown for it; `ask(top_k=…)` asks it again."""

    answer: Answer
    ask: Callable[..., Answer]
    date: date

    @property
    def shown(self) -> tuple[Quote, ...]:
        """The passages in the order of their numbers."""
        return self.answer.quotes or self.answer.near_misses

    def extended(self, more: Sequence[Quote]) -> "Turn":
        """The same turn with further passages shown."""
        shown = (*self.shown, *more)
        if self.answer:
            return replace(self, answer=replace(self.answer, quotes=shown))
        return replace(self, answer=replace(self.answer, near_misses=shown))


def transcript(turns: Sequence[Turn], language: Language) -> str:
    """The whole conversation as Markdown."""
    blocks = [f"# {say('heading_conversation', language)}"]
    for turn in turns:
        blocks += _turn(turn)
    return "\n\n".join(blocks) + "\n"


def write(path: Path, text: str, *, over: bool) -> None:
    """Write a file as a whole, or leave everything as it was; one that is there only if `over`.

    Raises:
        FileExistsError: it is there, and stays as it is.
        OSError, ValueError: it cannot be written.
    """
    is_new = not (over and path.exists())
    path.touch(exist_ok=over)  # from here on nobody else takes the name
    aside = None
    try:
        with NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=".qa-", delete=False
        ) as file:
            aside = Path(file.name)
            file.write(text)
        shutil.copymode(path, aside)  # what is aside is for its owner alone
        aside.replace(path)
    except BaseException:
        for left in (aside, path if is_new else None):
            if left:
                left.unlink(missing_ok=True)
        raise


def _turn(turn: Turn) -> Iterator[str]:
    answer, language = turn.answer, turn.answer.language
    yield f"## {one_line(answer.question)}"
    if searched_otherwise(answer):
        yield say("searched_for", language, question=one_line(answer.searched))
    if not answer:
        yield refusal(answer)
        if answer.near_misses:
            yield say("closest", language)
    for number, quote in enumerate(turn.shown, 1):
        yield _citation(quote, language, number)
        yield blockquote(quote.text)
        if quote.missing:
            yield say("not_mentioned", language, words=one_line(", ".join(quote.missing)))
        if quote.introduced:
            yield say("introduced", language, words=one_line(", ".join(quote.introduced)))
        keys: tuple[tuple[Key, bool], ...] = (("also_at", False), ("edition_at", True))
        for key, differs in keys:
            if also := [twin.source_id for twin in quote.twins if twin.differs == differs]:
                yield say(key, language, sources=one_line(", ".join(also)))
        yield f"{say('retrieved_from', language)} {code(str(quote.path))}, {turn.date}"
    yield from (one_line(note) for note in answer.notes)


def _citation(quote: Quote, language: Language, number: int) -> str:
    parts = [
        code(quote.source_id),
        code(in_file(quote.path.name, quote)),
        language_name(quote.language, language),
        f"{say('score', language)} {quote.score:.2f}",
        digests(quote.text),
    ]
    return f"**{number}.** " + " · ".join(parts)
