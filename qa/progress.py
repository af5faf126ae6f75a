"""Progress on stderr, that stays away from whatever is over before it could be read."""

import sys
import time
from typing import Any

_PATIENCE = 0.5  # seconds
_SPEAK = 30.0  # seconds between lines where no bar can be drawn, as in a log
_SETTLED = 2.0  # seconds of a stage after which its rate tells how long it will take


class Share(float):
    """The share of some work that is done, 0 to 1, that also knows `done` of how many things."""

    done: int
    total: int

    def __new__(cls, done: int, total: int) -> "Share":
        share = super().__new__(cls, done / max(total, 1))
        share.done, share.total = done, total
        return share


class Bar:
    """Called with what is being done and the share that is done, 0 to 1, best a `Share`."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._task: Any = None
        self._what = ""
        self._started = self._stage = time.monotonic()
        self._said: float | None = None

    def __call__(self, what: str, share: float) -> None:
        now = time.monotonic()
        if what != self._what:  # rate and time left are reckoned from this stage alone
            self._what, self._stage = what, now
            if self._bar is not None:
                self._bar.reset(self._task)
        if self._bar is None:
            slow = what == "loading the model" or now - self._started > _PATIENCE
            if not slow or sys.stderr is None:
                return
            if not sys.stderr.isatty():
                self._say(what, share, now)
                return
            self._open()
        speed = rate(share, now - self._stage)
        self._bar.update(self._task, description=what, completed=float(share), rate=speed)

    def _say(self, what: str, share: float, now: float) -> None:
        """Where no bar can be drawn, a line says what takes so long, and then how far it is."""
        if self._said is None:
            sys.stderr.write(f"qa: {what.rstrip('…')}, which may take a minute …\n")
        elif now - self._said > _SPEAK:
            seconds = now - self._stage
            parts = [f"{what}: {share:.0%}", rate(share, seconds), left(share, seconds)]
            sys.stderr.write(f"qa: {', '.join(filter(None, parts))}\n")
        else:
            return
        sys.stderr.flush()
        self._said = now

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
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task("", total=1.0, rate="")
        self._bar.start()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def rate(share: float, seconds: float) -> str:
    """How many things a second were done of a stage of so many seconds; "" where it is early."""
    if not isinstance(share, Share) or seconds < _SETTLED:
        return ""
    speed = share.done / seconds
    return f"{speed:,.0f}/s" if speed >= 10 else f"{speed:.1f}/s"


def left(share: float, seconds: float) -> str:
    """How much longer a stage takes, if it goes on as it has; "" where it is early."""
    if not share or seconds < _SETTLED:
        return ""
    return f"{spoken(seconds * (1 - share) / share)} left"


def several(count: int, thing: str) -> str:
    """A count as a person says it: 1 passage, 2 passages."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def spoken(seconds: float) -> str:
    """Seconds as a person says them: 0.4 s, 45 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
