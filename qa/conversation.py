"""A conversation: a line comes in, the text to print goes out. It knows no keyboard, no screen.

What was asked and found so far is kept, so that follow-ups, /more and /context can refer to it.
"""

import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

from qa.errors import SourceError, UsageError
from qa.filters import Filter, is_period
from qa.language import detect, language_name, say, told
from qa.messages import Key
from qa.render import PLAIN, Style, in_context, quote, render
from qa.transcript import Turn, transcript, write
from qa.types import LANGUAGES, Answer, Document, Language, Quote, whole_number
from qa.visible import one_line
from qa.wording import is_manners

# Typed without the slash.
_PLAIN = {
    **dict.fromkeys(("exit", "quit", "bye", "quitter", "salir"), "/quit"),
    **dict.fromkeys(("more", "next", "encore", "suite", "más", "mas", "siguiente"), "/more"),
}
_FRAGMENT = 2  # words: "Carolina Santos?" is in no language, so the conversation's goes on
COMMAND = re.compile(r"^ *(/\w+)( \w+)? {2,}(.+)$", re.MULTILINE)  # as /help lists them
_DIM = "2"


class Responder(Protocol):
    """What a conversation asks; a Bot is one."""

    def answer(
        self,
        question: str,
        *,
        top_k: int,
        language: Language | None,
        where: Filter,
        history: Sequence[str],
    ) -> Answer: ...

    def around(self, source_id: str, neighbours: int) -> list[Quote]: ...

    def sources(self) -> list[Document]: ...


class Reply(NamedTuple):
    """What to print, and whether the conversation goes on."""

    text: str
    goes_on: bool = True


@dataclass(slots=True)
class Settings:
    """What a conversation starts with; /top changes it, and /only, /in, /since … do."""

    top_k: int = 3
    language: Language | None = None  # of all questions; None: each is detected
    where: Filter = field(default_factory=Filter)


class Conversation:
    """The state between two lines. `bot` is called when it is needed, and may take its time."""

    def __init__(
        self,
        bot: Callable[[], Responder],
        language: Language,
        settings: Settings | None = None,
        style: Callable[[], Style] = lambda: PLAIN,
        today: Callable[[], date] = date.today,
    ) -> None:
        self.language = language
        self.turns: list[Turn] = []
        self.settings = settings or Settings()
        self._bot = bot
        self._style = style
        self._today = today
        self._saved: set[Path] = set()
        self._commands: dict[str, Callable[[str], str]] = {
            "/more": self._more,
            "/context": self._context,
            "/source": self._source,
            "/only": self._only,
            "/in": partial(self._narrow, "within"),
            "/since": partial(self._narrow, "since"),
            "/until": partial(self._narrow, "until"),
            "/title": partial(self._narrow, "title"),
            "/top": self._top,
            "/save": self._save,
            "/help": self._help,
        }

    @property
    def prompt(self) -> str:
        """What stands before the line: that only a part is searched is not to be forgotten."""
        return one_line(str(self.settings.where)) + "> "

    def reply(self, line: str) -> Reply:
        """Answer a question or carry out a command.

        Raises:
            QAError, EmbeddingsError: the documents cannot be searched.
        """
        text = clean(line)
        name, _, argument = text.partition(" ")
        name = _PLAIN.get(text.lower(), name)
        if not name.startswith("/"):
            return Reply(self._ask(text) if text else "")
        if name.lower() == "/quit":
            return Reply(self.say("goodbye"), goes_on=False)
        command = self._commands.get(name.lower())
        if command is None:
            return Reply(self.say("unknown_command", command=name))
        return Reply(command(argument))

    def say(self, key: Key, **values: object) -> str:
        """The program's phrase, as wide as the terminal; values in it are data."""
        shown = {name: one_line(str(value)) for name, value in values.items()}
        return _wrapped(say(key, self.language, **shown), self._style().width)

    def shown(self) -> dict[str, Quote]:
        """The passages shown so far by source ID, those of the latest answer first."""
        turns = reversed(self.turns)
        return {quote.source_id: quote for turn in turns for quote in turn.shown}

    def _ask(self, question: str) -> str:
        if is_manners(question):
            if not self.turns:
                self.language = self.settings.language or detect(question)
            return self.say("greeting")
        size = self.settings.top_k
        is_fragment = self.turns and len(question.split()) <= _FRAGMENT
        ask = partial(
            self._bot().answer,
            question,
            language=self.settings.language
            or (told(question) or self.language if is_fragment else None),
            where=self.settings.where,
            history=tuple(turn.answer.question for turn in self.turns),
        )
        found = ask(top_k=size + 1)  # one more than is shown tells whether there is more
        answer = replace(found, quotes=found.quotes[:size], near_misses=found.near_misses[:size])
        self.language = answer.language
        self.turns.append(Turn(answer, ask, self._today()))
        more = len(found.quotes or found.near_misses) > size
        return render(answer, self._style()) + self._hint(more)

    def _hint(self, more: bool) -> str:
        return "\n\n" + self._style().paint(self.say("more"), _DIM) if more else ""

    def _more(self, argument: str) -> str:
        if argument:
            return self._help()
        if not self.turns:
            return self.say("nothing_to_show")
        turn, size = self.turns[-1], self.settings.top_k
        found = turn.ask(top_k=len(turn.shown) + size + 1)
        known = {quote.source_id for quote in turn.shown}
        passages = found.quotes if turn.answer else found.near_misses
        new = [passage for passage in passages if passage.source_id not in known]
        if not new:
            return self.say("nothing_more")
        self.turns[-1] = turn.extended(new[:size])
        numbered = enumerate(new[:size], len(turn.shown) + 1)
        blocks = [quote(q, self._style(), turn.answer.language, n) for n, q in numbered]
        return "\n\n".join(blocks) + self._hint(len(new) > size)

    def _context(self, argument: str) -> str:
        number = whole_number(argument)
        if number is None:
            return self.say("usage_context")
        if not self.turns:
            return self.say("nothing_to_show")
        shown = self.turns[-1].shown
        if not 1 <= number <= len(shown):
            return self.say("no_such_quote", number=number)
        return self._surroundings(shown[number - 1].source_id)

    def _source(self, argument: str) -> str:
        source_id = _unquoted(argument)
        return self._surroundings(source_id) if source_id else self.say("usage_source")

    def _surroundings(self, source_id: str) -> str:
        try:
            quotes = self._bot().around(source_id, 1)
        except SourceError:
            return self.say("no_such_source", source=source_id)
        return in_context(quotes, source_id, self._style())

    def _only(self, argument: str) -> str:
        names = argument.lower().replace(",", " ").split()
        if not set(names) <= set(LANGUAGES) or (argument and not names):
            return self.say("usage_only")
        only = tuple(language for language in LANGUAGES if language in names)
        self.settings.where = replace(self.settings.where, only=only)
        if not names:
            return self.say("only_cleared")
        chosen = ", ".join(language_name(name, self.language) for name in only)
        return self.say("only_set", languages=chosen)

    def _narrow(self, condition: str, argument: str) -> str:
        """Set one condition of the filter; without an argument it is taken off."""
        try:
            where = self.settings.where.narrowed(condition, argument)
        except UsageError:
            if condition == "within":
                return self.say("usage_in", pattern=argument)
            if not is_period(argument):
                return self.say("usage_date", command=f"/{condition}")
            now = self.settings.where
            span = {"since": now.since, "until": now.until} | {condition: argument}
            return self.say("span_empty", **span)
        self.settings.where = where
        if not where:
            return self.say("filter_cleared")
        return self.say("filter_set", conditions=where)

    def _top(self, argument: str) -> str:
        number = whole_number(argument)
        if not number:
            return self.say("usage_top")
        self.settings.top_k = number
        return self.say("top_set", number=number)

    def _save(self, argument: str) -> str:
        """Write the transcript; only a file that this conversation wrote is written over."""
        name = _unquoted(argument)
        if not name:
            return self.say("usage_save")
        if not self.turns:
            return self.say("nothing_to_show")
        try:
            path = Path(name).expanduser().absolute()
            write(path, transcript(self.turns, self.language), over=path in self._saved)
        except FileExistsError:
            return self.say("not_overwritten", path=name)
        except FileNotFoundError:
            return self.say("no_such_folder", path=Path(name).parent)
        except (OSError, ValueError, RuntimeError) as error:
            return self.say("not_saved", path=name, reason=getattr(error, "strerror", error))
        self._saved.add(path)
        return self.say("saved", path=name)

    def _help(self, _argument: str = "") -> str:
        return self.say("help")


def clean(line: str) -> str:
    """What was typed or pasted as one line of text: no half characters, no byte order mark."""
    text = line.encode("utf-8", "replace").decode().replace("\ufeff", "")
    return " ".join(text.split())


def _unquoted(argument: str) -> str:
    return argument[1:-1] if re.fullmatch(r"'.+'|\".+\"", argument) else argument


def _wrapped(text: str, width: int) -> str:
    """A phrase in lines of at most `width`; what goes on from a command's line is indented."""
    if not width:
        return text
    wrapper, lines = textwrap.TextWrapper(width, break_on_hyphens=False), []
    for line in text.split("\n"):
        command = COMMAND.match(line)
        wrapper.subsequent_indent = " " * command.start(3) if command else ""
        lines.append(wrapper.fill(line))
    return "\n".join(lines)
