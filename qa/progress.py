"""A progress bar on stderr that stays away from whatever is over before it could be read."""

import sys
import time
from typing import Any

_PATIENCE = 0.5  # seconds


class Bar:
    """Called with what is being done and the share that is done, 0 to 1."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._task: Any = None
        self._said = False
        self._what = ""
        self._started = time.monotonic()

    def __call__(self, what: str, share: float) -> None:
        if self._bar is None:
            slow = what == "loading the model" or time.monotonic() - self._started > _PATIENCE
            if not slow or sys.stderr is None:
                return
            if not sys.stderr.isatty():
                self._say(what)
                return
            self._open()
        if what != self._what:  # the time that is left is reckoned from this stage alone
            self._bar.reset(self._task)
            self._what = what
        self._bar.update(self._task, description=what, completed=share)

    def _say(self, what: str) -> None:
        """Where no bar can be drawn, one line says what takes so long."""
        if not self._said:
            self._said = True
            sys.stderr.write(f"qa: {what}, which may take a minute …\n")

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn("{task.description:<26}"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task("", total=1.0)
        self._bar.start()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
