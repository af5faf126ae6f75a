"""What every request passes before it reaches the program: plain ASGI, from the outside inwards.

`Shield` (headers, no traces) → `Hosts` → `RateLimit` → `Token` → `Body`.
"""

import asyncio
import hmac
import ipaddress
import json
import math
import re
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.console import complain

HEALTH = "/healthz"  # is asked by who watches over the service, without a token

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_CLIENTS = 10_000  # of which the last requests are remembered
_MINUTE = 60.0
_PORT = re.compile(r":\d*$")


class Ascii(JSONResponse):
    """JSON in ASCII: also names of files that are no text can be sent, and nothing is a sign
    that steers a terminal."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False).encode("ascii")


def refusal(status: int, sentence: str, **headers: str) -> JSONResponse:
    """Every refusal has this shape; `Retry_After="1"` becomes a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Ascii({"error": sentence}, status, named)


class Shield:
    """Security headers on every response; a fault of the program is told without its trace."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def shielded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        try:
            await self._app(scope, receive, shielded)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            complain(f"qa: {type(error).__name__} in {place.name}, {place.filename}:{place.lineno}")
            if not begun:
                sentence = "a fault of the program; who runs the service finds where in its log"
                await refusal(500, sentence)(scope, receive, shielded)


class Hosts:
    """The Host header names this machine, or is an address.

    A page from elsewhere, whose name was made to lead here (DNS rebinding), still says that name.
    """

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app = app
        self._names = {"localhost", *(name.lower() for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_ours(Headers(scope=scope).get("host", "")):
            sentence = "the Host header names another machine; who runs the service can --name it"
            await refusal(400, sentence)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_ours(self, host: str) -> bool:
        name = _PORT.sub("", host.lower())
        if name in self._names:
            return True
        try:
            ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
        except ValueError:
            return False
        return True


class Rate:
    """So many requests a minute of each client, in bursts or evenly (the generic cell rate
    algorithm: the time at which a client that sent them evenly would send its next)."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._step = _MINUTE / per_minute
        self._clock = clock
        self._next: OrderedDict[str, float] = OrderedDict()

    def wait(self, client: str) -> float:
        """0 where a client may go on, and is counted; else the seconds until it may."""
        now = self._clock()
        due = max(self._next.pop(client, now), now)
        wait = max(0.0, due + self._step - now - _MINUTE)
        self._next[client] = due if wait else due + self._step
        if len(self._next) > _CLIENTS:
            self._next.popitem(last=False)
        return wait


class RateLimit:
    """Clients are told apart by address; of IPv6 by the half that a network gives out."""

    def __init__(self, app: ASGIApp, per_minute: int) -> None:
        self._app = app
        self._rate = Rate(per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] != HEALTH:
            wait = self._rate.wait(network(scope["client"][0] if scope.get("client") else ""))
            if wait:
                seconds = str(math.ceil(wait))
                sentence = f"too many requests; come back in {seconds} seconds"
                await refusal(429, sentence, Retry_After=seconds)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def network(address: str) -> str:
    """The network that counts as one client."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


class Token:
    """`Authorization: Bearer TOKEN` on every request but that for health."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._awaited = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] != HEALTH:
            given = Headers(scope=scope).get("authorization", "").encode("latin-1")
            if not hmac.compare_digest(given, self._awaited):
                sentence = "a token is needed, in the header Authorization: Bearer TOKEN"
                response = refusal(401, sentence, WWW_Authenticate="Bearer")
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)


class Body:
    """Nothing is begun before a request is there as a whole, in good time and of good size."""

    def __init__(self, app: ASGIApp, most: int, seconds: float) -> None:
        self._app = app
        self._most = most
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await asyncio.wait_for(self._whole(receive), self._seconds)
        except TimeoutError:
            response = refusal(408, f"the request was not there after {self._seconds:g} seconds")
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
            return
        if body is None:
            sentence = f"the request is longer than {self._most} bytes"
            response = refusal(413, sentence, Connection="close")
            await response(scope, receive, send)
            return
        await self._app(scope, _again(body, receive), send)

    async def _whole(self, receive: Receive) -> bytes | None:
        body = bytearray()
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > self._most:
                return None
            more = message["type"] == "http.request" and message.get("more_body", False)
        return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read already, then what comes after it."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return left.pop() if left else await receive()

    return received
