"""The folder is looked at beside the questions, none of which waits while it is indexed anew."""

import threading

from qa.bot import LOOK_AGAIN, Bot
from qa.console import complain
from qa.errors import reason


class Fresh:
    """Looks at a bot's folder every second, in a thread of its own."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._trouble: Exception | None = None
        self._stopped = threading.Event()

    def start(self) -> None:
        self._bot.watched = True
        # A daemon: a builder may be left half-way, and what it was writing is of no harm.
        threading.Thread(target=self._look, name="fresh", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def check(self) -> None:
        """Raises what was wrong with the folder when it was last looked at.

        Raises:
            QAError: the folder or its index cannot be used.
            EmbeddingsError: the model cannot be used.
            Exception: a fault of the program.
        """
        trouble = self._trouble
        if trouble is not None:
            raise trouble

    def _look(self) -> None:
        while not self._stopped.wait(LOOK_AGAIN):
            before = self._trouble
            try:
                self._bot.refresh()
                self._trouble = None
            except Exception as error:  # noqa: BLE001 -- without this thread, old answers are given
                self._trouble = error
                if str(error) != str(before):
                    complain(f"qa: {reason(error)}")
