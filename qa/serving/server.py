"""The service on a socket: where it listens, who may come, and how it ends."""

import asyncio
import ipaddress
import signal
import socket

import uvicorn
from fastapi import FastAPI

from qa.errors import UsageError, reason
from qa.serving.connections import Connection, Troubles
from qa.serving.service import Access

_SHORTEST = 16  # characters of a token; fewer can be guessed
_WAITING = 2048  # connections that the system keeps until they are accepted
_ACCEPTED = 16  # in one turn of the loop; only some turns later are those closed that are too many
_IDLE = 5  # seconds that a connection is kept without a request


def access(host: str, token: str, names: tuple[str, ...]) -> Access:
    """Who may ask a service that is bound to `host`.

    Raises:
        UsageError: others than this machine could ask without a token, or the token is a bad one.
    """
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise UsageError("the token must be of ASCII letters, digits and signs, without blanks")
    if token and len(token) < _SHORTEST:
        raise UsageError(f"the token has {len(token)} characters; {_SHORTEST} or more are safe")
    if not token and not is_loopback(host):
        raise UsageError(
            f"{host} can be reached from other machines, so a token is needed: set QA_TOKEN, "
            "or leave out --host"
        )
    return Access(token, names if is_loopback(host) else (*names, host))


def is_loopback(host: str) -> bool:
    """Whether nothing but this machine reaches what is bound to `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes one that is free.

    Raises:
        UsageError: the place is taken, forbidden or none.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=_WAITING)
    except (OSError, OverflowError, UnicodeError) as error:
        raise UsageError(
            f"cannot listen on {host}, port {port} ({reason(error)}); "
            "name another with --host or --port"
        ) from error
    # Connections inherit it. Else the end of an answer waits until its beginning is acknowledged,
    # which a client puts off for 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(Troubles())
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(_WAITING)  # asyncio made as few wait as it accepts in a turn


def serve(application: FastAPI, listening: socket.socket, seconds: float) -> None:
    """Until SIGTERM or Ctrl-C; what runs by then has `seconds` to end."""
    config = uvicorn.Config(
        application,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # else a client could call itself another, and evade its limit
        ws="none",
        http=Connection,
        backlog=_ACCEPTED,
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=int(seconds) + 1,
    )
    # uvicorn stops in good order, then raises the signal again: here that is the end, no trouble.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    _Server(config).run(sockets=[listening])
