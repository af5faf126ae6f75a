"""Connections, before there is a request: how many, and how long one may keep silent."""

import asyncio
import time
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from qa.console import complain
from qa.serving.guards import HEADERS, refusal

MOST = 1000  # connections at once; each costs some 30 KB
HEADER = 10  # seconds for the header of a request; the slowest network needs one or two
SAID_AGAIN = 60.0  # seconds after which the same trouble is said once more
_KEPT = 2  # of as many files one is for a connection; indexes and documents have the others


def most() -> int:
    """So many connections at once that files are left for the documents."""
    try:
        import resource
    except ImportError:  # Windows, where sockets are no files
        return MOST
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST if files == resource.RLIM_INFINITY else min(MOST, files // _KEPT)


class Connection(H11Protocol):
    """One that is too many is closed at once; one that asks nothing, after a while.

    From the answer to the next byte uvicorn's own, shorter time for idle ones holds.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > most():
            transport.abort()
        else:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, msg)

    def _watch(self) -> None:
        """A header may take so many seconds as a whole, not from one byte to the next."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._unwatch()
        elif self._end is None:
            self._end = self.loop.call_later(HEADER, self._late)

    def _unwatch(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None

    def _late(self) -> None:
        if self.conn.trailing_data[0]:
            self._refuse(408, f"no whole header was there after {HEADER} seconds")
        else:
            self.transport.close()

    def _refuse(self, status: int, sentence: str) -> None:
        """Without the application, which is handed no request that has no header."""
        response = refusal(status, sentence, Connection="close")
        response.headers.update(HEADERS)
        headers = [*self.server_state.default_headers, *response.raw_headers]
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):  # else an answer has begun
            for event in (
                h11.Response(status_code=status, headers=headers, reason=STATUS_PHRASES[status]),
                h11.Data(data=bytes(response.body)),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


class Troubles:
    """A loop that cannot accept says so for each try, with its trace: here once a minute."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if "socket" not in context or not isinstance(error, OSError):
            loop.default_exception_handler(context)
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + SAID_AGAIN
            complain(f"qa: no connection can be taken ({error.strerror})")
