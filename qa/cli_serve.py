"""`qa serve`: the command that keeps a folder warm, and answers over HTTP."""

from typing import Annotated

import typer

from qa.console import complain
from qa.errors import UsageError
from qa.options import Documents, Index, Model, Store, asked, whole

_MOST_PORTS = 65535


def _port(text: str) -> int:
    port = whole("--port", text, least=0)
    if port > _MOST_PORTS:
        raise UsageError(f"--port is {port}; it must be at most {_MOST_PORTS}")
    return port


Host = Annotated[
    str,
    typer.Option(
        "--host",
        metavar="ADDRESS",
        help="Where to listen; another than this machine's own needs a token.",
    ),
]
Port = Annotated[
    int,
    typer.Option("--port", metavar="N", parser=_port, help="0 takes one that is free."),
]
Token = Annotated[
    str,
    typer.Option(
        "--token",
        metavar="TOKEN",
        envvar="QA_TOKEN",
        show_default=False,
        help="What a request must bring as Authorization: Bearer TOKEN. Others on this machine "
        "can read an option; the variable they cannot.",
    ),
]
Names = Annotated[
    list[str] | None,
    typer.Option(
        "--name",
        metavar="NAME",
        help="A name by which this machine is asked, besides localhost; may be repeated.",
    ),
]
Threads = Annotated[
    int,
    typer.Option(
        "--threads",
        metavar="N",
        parser=lambda text: whole("--threads", text, least=1),
        help="How many questions are answered at once.",
    ),
]
Queue = Annotated[
    int,
    typer.Option(
        "--queue",
        metavar="N",
        parser=lambda text: whole("--queue", text, least=0),
        help="How many more may wait; others are sent away with status 503.",
    ),
]
Seconds = Annotated[
    int,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        parser=lambda text: whole("--timeout", text, least=1),
        help="After which an answer is given up, with status 504.",
    ),
]
Rate = Annotated[
    int,
    typer.Option(
        "--rate",
        metavar="N",
        parser=lambda text: whole("--rate", text, least=0),
        help="Requests a minute from one address; 0 is any number.",
    ),
]


def serve(
    documents: Documents = None,
    index: Index = None,
    model: Model = None,
    store: Store = None,
    host: Host = "127.0.0.1",
    port: Port = 8765,
    token: Token = "",
    name: Names = None,
    threads: Threads = 2,
    queue: Queue = 256,
    timeout: Seconds = 30,
    rate: Rate = 600,
) -> None:
    """Answer over HTTP, with model and index kept warm.

    POST or GET /ask, GET /passages/SOURCE_ID, /healthz, and /openapi.json, which tells all of it.
    SIGTERM or Ctrl-C ends it, once what runs is answered.
    """
    try:
        from qa.serving import server, service
    except ImportError as error:
        raise UsageError(
            f'serving needs {error.name}, which is not installed; pip install "qa[serve]"'
        ) from error

    access = server.access(host, token, tuple(name or ()))
    limits = service.Limits(threads, queue, timeout, rate)
    with server.listen(host, port) as listening:
        bot = asked(documents, index, model, store)
        complain(
            f"qa: {store or bot.folder} answers on {server.address(listening)}; Ctrl-C ends it"
        )
        server.serve(service.service(bot, limits, access), listening, timeout)
