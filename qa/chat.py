"""The conversation's two faces: line editing at a terminal, plain lines through a pipe.

The bot opens in a thread of its own, while the first question is being typed.
"""

import io
import os
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from pathlib import Path
from threading import Thread

from qa.conversation import Conversation, Responder, Settings
from qa.errors import QAError
from qa.language import say
from qa.progress import Bar
from qa.render import terminal_style
from qa.types import LANGUAGES, Language
from qa.visible import one_line

_TICK = 0.1  # seconds between two looks at whether the bot is open

Progress = Callable[[str, float], None]


def converse(
    opened: Callable[[Progress], Responder], settings: Settings, history: Callable[[], Path]
) -> None:
    """Talk until the person leaves, or the input ends. `opened` may take its time.

    `history` tells the file for what is typed; it too is asked only after the greeting.

    Raises:
        QAError, EmbeddingsError: `opened` did; or, in a pipe, a question met trouble.
    """
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    language = settings.language or locale_language(os.environ)
    loading = Loading(opened, language)
    conversation = Conversation(
        loading.wait, language, settings, style=lambda: terminal_style(at_terminal)
    )
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a stray byte ends no conversation
    if at_terminal:
        _print(conversation.say("greeting") + "\n")  # before anything that takes time
    loading.start()
    if at_terminal:
        _at_terminal(conversation, loading, history())
    else:
        _through_pipe(conversation, loading)


def locale_language(environment: Mapping[str, str]) -> Language:
    """The language a person has set for programs, where it is one of ours."""
    names = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    code = next((name for name in names if name), "")[:2].lower()
    return code if code in LANGUAGES else "en"


class Loading:
    """A bot that opens in the background, once it is started."""

    def __init__(self, opened: Callable[[Progress], Responder], language: Language) -> None:
        self._bot: Future[Responder] = Future()
        self._language = language
        self._share = 0.0
        self._thread = Thread(target=self._open, args=(opened,), daemon=True)

    def start(self) -> None:
        """Begin to open it."""
        self._thread.start()

    def _open(self, opened: Callable[[Progress], Responder]) -> None:
        try:
            self._bot.set_result(opened(self._progress))
        except BaseException as error:  # noqa: BLE001 -- raised again where the bot is waited for
            self._bot.set_exception(error)

    def _progress(self, _what: str, share: float) -> None:
        self._share = share

    @property
    def bot(self) -> Responder | None:
        """The bot, once it is open."""
        return self._bot.result() if self._bot.done() and not self.error else None

    @property
    def error(self) -> BaseException | None:
        """What went wrong, once something did."""
        return self._bot.exception() if self._bot.done() else None

    @property
    def notice(self) -> str:
        """What to say as long as it is not open."""
        share = f" {self._share:.0%}" if self._share else ""
        return "" if self._bot.done() else say("loading", self._language) + share

    def wait(self) -> Responder:
        """The bot, with a bar on stderr where that takes long."""
        bar = Bar()
        try:
            while not wait([self._bot], timeout=_TICK).done:
                bar(say("loading", self._language), self._share)
            return self._bot.result()
        finally:
            bar.close()


def _through_pipe(conversation: Conversation, loading: Loading) -> None:
    """Each line is repeated before what is said to it, so that the output can be read alone."""
    for line in sys.stdin:
        if not line.strip():
            continue
        _print(conversation.prompt + one_line(line))
        text, goes_on = conversation.reply(line)
        _print(f"\n{text}\n")
        if not goes_on:
            return
    loading.wait()  # trouble is told even where nothing was asked


def _at_terminal(conversation: Conversation, loading: Loading, history: Path) -> None:
    from qa.editing import Editor  # not needed in a pipe, and slow to import

    editor = Editor(conversation, loading, history)
    goes_on = True
    while goes_on:
        try:
            text, goes_on = conversation.reply(editor.line())
        except KeyboardInterrupt:
            text = conversation.say("help").rpartition("\n")[2]  # what Ctrl-C and Ctrl-D do
        except EOFError:
            text, goes_on = conversation.say("goodbye"), False
        except QAError as error:
            if loading.error:
                raise
            text = one_line(str(error))  # the conversation so far is worth keeping
        if text:
            _print(f"\n{text}\n")


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
