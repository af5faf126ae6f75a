"""One line at a time from a keyboard: editing, history, completion. Slow to import."""

import asyncio
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.completion import (
    CompleteEvent,
    Completer,
    Completion,
    get_common_complete_suffix,
)
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import has_completions, has_focus
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from qa.conversation import COMMAND, Conversation, Responder
from qa.errors import QAError
from qa.language import language_name, say
from qa.types import LANGUAGES
from qa.visible import one_line

_TICK = 0.1  # seconds between two looks at whether the bot is open
_MENU = 6  # lines below the prompt, kept free for completions
_ALL = 10**9  # neighbours: more passages than a document has
_SHOWN = 60  # characters of a passage beside its source ID


class Pending(Protocol):
    """A bot that may not be open yet, and what to say as long as it is not."""

    @property
    def bot(self) -> Responder | None: ...

    @property
    def error(self) -> BaseException | None: ...

    @property
    def notice(self) -> str: ...


class Editor:
    """Reads the lines of a conversation."""

    def __init__(self, conversation: Conversation, pending: Pending, history: Path) -> None:
        self._pending = pending
        self._session: PromptSession[str] = PromptSession(
            lambda: FormattedText([("bold", conversation.prompt)]),
            rprompt=self._notice,
            history=lines_kept_in(history),
            completer=_Words(conversation, pending),
            complete_in_thread=True,
            key_bindings=_keys(),
            enable_suspend=True,
            reserve_space_for_menu=_MENU,
        )

    def line(self) -> str:
        """The next line.

        Raises:
            KeyboardInterrupt: Ctrl-C with nothing on the line to clear.
            EOFError: Ctrl-D.
            QAError, EmbeddingsError: meanwhile the bot turned out not to open.
        """
        return self._session.prompt(pre_run=self._watch)

    def _notice(self) -> FormattedText:
        notice = "" if get_app().is_done else self._pending.notice  # not to stay on the screen
        return FormattedText([("fg:ansibrightblack", notice)])

    def _watch(self) -> None:
        app = get_app()

        async def watch() -> None:
            while self._pending.notice:
                await asyncio.sleep(_TICK)
                app.invalidate()
            if self._pending.error:
                app.exit(exception=self._pending.error)

        if not self._pending.bot:
            app.create_background_task(watch())


def _keys() -> KeyBindings:
    keys = KeyBindings()
    editing = has_focus(DEFAULT_BUFFER)

    @keys.add("c-c", filter=editing)
    def _(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=KeyboardInterrupt)

    @keys.add("tab", filter=editing & ~has_completions)
    def _(event: KeyPressEvent) -> None:
        """At once, where the library's own Tab is lost while the menu is being looked up."""
        buffer = event.current_buffer
        asked = CompleteEvent(completion_requested=True)
        found = list(buffer.completer.get_completions(buffer.document, asked))
        suffix = get_common_complete_suffix(buffer.document, found)
        if suffix:
            buffer.insert_text(suffix)
        else:
            buffer.start_completion()

    return keys


def lines_kept_in(path: Path) -> History:
    """The lines of earlier conversations, for nobody else to read; none where they cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError:
        return InMemoryHistory()
    return _Kept(str(path))


class _Kept(FileHistory):
    """A full disk or half a character ends no conversation."""

    def store_string(self, string: str) -> None:
        with suppress(OSError):
            super().store_string(string.encode("utf-8", "replace").decode())


class _Words(Completer):
    def __init__(self, conversation: Conversation, pending: Pending) -> None:
        self._conversation = conversation
        self._pending = pending

    def get_completions(self, document: Document, _event: CompleteEvent) -> Iterator[Completion]:
        typed = document.text_before_cursor
        word = _word(typed)
        with suppress(QAError):  # it will be told when the line is entered
            for text, meaning in candidates(typed, self._conversation, self._pending.bot):
                yield Completion(text, -len(word), text.strip(), meaning)


def _word(typed: str) -> str:
    """What a completion stands in for: the last word, or a source ID, which may have blanks."""
    command = re.match("/source +", typed)
    return typed[command.end() :] if command else re.split(r"[ ,]", typed)[-1]


def candidates(
    typed: str, conversation: Conversation, bot: Responder | None
) -> Iterator[tuple[str, str]]:
    """What the last word of a line may become, each with its meaning."""
    name, blank, _ = typed.partition(" ")
    if not blank:
        for command, argument, description in COMMAND.findall(say("help", conversation.language)):
            if command.startswith(name):
                yield command + " " * bool(argument), description
    elif name == "/only":
        for code in LANGUAGES:
            if code.startswith(_word(typed)):
                yield code, language_name(code, conversation.language)
    elif name == "/source":
        yield from _sources(one_line(_word(typed)), conversation, bot)


def _sources(
    word: str, conversation: Conversation, bot: Responder | None
) -> Iterator[tuple[str, str]]:
    """Passages shown so far; then documents, and the passages of the one that is written out.

    All of them as they are shown: a name may have what cannot be typed.
    """
    shown = {one_line(source_id): quote for source_id, quote in conversation.shown().items()}
    for source_id, quote in shown.items():
        if source_id.startswith(word):
            yield source_id, one_line(quote.text)[:_SHOWN]
    for document in bot.sources() if bot else ():
        first = f"{one_line(document.doc_id)}#p"
        if bot and word.startswith(first):
            for quote in bot.around(f"{document.doc_id}#p1", _ALL):
                source_id = one_line(quote.source_id)
                if source_id.startswith(word) and source_id not in shown:
                    yield source_id, one_line(quote.text)[:_SHOWN]
        elif first.startswith(word):
            yield first, one_line(document.title)[:_SHOWN]
