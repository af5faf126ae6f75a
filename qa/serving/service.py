"""The service as an ASGI application: the routes, and what becomes of the program's errors."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

from fastapi import Body, FastAPI, Query
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse

from embeddings import EmbeddingsError
from qa import __version__
from qa.bot import Bot
from qa.errors import QAError, SourceError, UsageError, reason
from qa.filters import Filter
from qa.serving import guards
from qa.serving.fresh import Fresh
from qa.serving.guards import HEALTH, Ascii, refusal
from qa.serving.pool import OverloadedError, Pool
from qa.serving.schema import AnswerShape, Health, QuoteShape, Request, refusals
from qa.types import Answer, Quote

_ALWAYS = (400, 401, 408, 413, 422, 429, 500, 503, 504)
_RIGHT = 'send {"question": "…"}'
_PLACE = 100  # characters; names of arguments may come from a stranger
_SOON = "1"  # second after which who was sent away may try again


@dataclass(frozen=True, slots=True)
class Limits:
    """`per_minute` is of requests from one address, 0 for any number; `body` is in bytes.

    `threads` answer at once, `queue` questions wait; one that takes longer than so many `seconds`
    is given up.
    """

    threads: int = 2
    queue: int = 256
    seconds: float = 30.0
    per_minute: int = 600
    body: int = 2**17


@dataclass(frozen=True, slots=True)
class Access:
    """Who may ask. Without a `token` everyone; `names` are those of this machine."""

    token: str = field(default="", repr=False)
    names: tuple[str, ...] = ()


Run = Callable[[Callable[[], Answer | Quote]], Awaitable[Ascii]]


def service(bot: Bot, limits: Limits, access: Access) -> FastAPI:
    """The application. While it is up, the folder is looked at beside the questions."""
    pool = Pool(limits.threads, limits.queue)
    fresh = Fresh(bot)

    @asynccontextmanager
    async def lifespan(_api: FastAPI) -> AsyncIterator[None]:
        fresh.start()
        yield
        fresh.stop()
        pool.close()

    async def run(work: Callable[[], Answer | Quote]) -> Ascii:
        fresh.check()
        return Ascii((await pool.run(work, limits.seconds)).to_dict())

    api = FastAPI(
        title="qa",
        version=__version__,
        description="Ask a folder of documents; get back the passages that answer, word for word.",
        lifespan=lifespan,
        docs_url=None,  # its page would fetch programs from elsewhere
        redoc_url=None,
    )
    _routes(api, bot, run, fresh)
    _errors(api)
    # The one that is added last is met first.
    api.add_middleware(guards.Body, most=limits.body, seconds=limits.seconds)
    if access.token:
        api.add_middleware(guards.Token, token=access.token)
    if limits.per_minute:
        api.add_middleware(guards.RateLimit, per_minute=limits.per_minute)
    api.add_middleware(guards.Hosts, names=access.names)
    api.add_middleware(guards.Shield)
    return api


def _routes(api: FastAPI, bot: Bot, run: Run, fresh: Fresh) -> None:
    async def answered(asked: Request) -> Ascii:
        where = Filter.of(asked.only, asked.within, asked.since, asked.until, asked.title)
        ask = partial(
            bot.answer,
            asked.question,
            top_k=asked.top_k,
            language=asked.language,
            where=where,
            history=asked.history,
        )
        return await run(ask)

    told: dict[str, Any] = {"response_model": AnswerShape, "responses": refusals(*_ALWAYS)}

    @api.post("/ask", summary="Ask a question", operation_id="ask", **told)
    async def post(asked: Annotated[Request, Body()]) -> Ascii:
        return await answered(asked)

    @api.get("/ask", summary="Ask a question in the address", operation_id="ask_by_get", **told)
    async def get(asked: Annotated[Request, Query()]) -> Ascii:
        return await answered(asked)

    @api.get(
        "/passages/{source_id:path}",
        summary="A passage by its source ID, in which # is written as %23",
        operation_id="passage",
        response_model=QuoteShape,
        responses=refusals(404, *_ALWAYS),
    )
    async def passage(source_id: str) -> Ascii:
        return await run(partial(bot.passage, source_id))

    @api.get(
        HEALTH,
        summary="Whether the service is up, and its folder can be read",
        operation_id="health",
        response_model=Health,
        responses=refusals(503),
    )
    async def health() -> Health:
        fresh.check()
        return Health(status="ok")


def _errors(api: FastAPI) -> None:
    """Every expected trouble is one sentence, as on the command line."""

    def told(kind: type[Exception], status: int, **headers: str) -> None:
        async def handle(_request: HttpRequest, error: Exception) -> JSONResponse:
            return refusal(status, reason(error), **headers)

        api.add_exception_handler(kind, handle)

    told(UsageError, 422)
    told(SourceError, 404)
    told(QAError, 503, Retry_After=_SOON)
    told(EmbeddingsError, 503, Retry_After=_SOON)
    told(OSError, 503, Retry_After=_SOON)

    @api.exception_handler(OverloadedError)
    async def overloaded(_request: HttpRequest, _error: OverloadedError) -> JSONResponse:
        return refusal(503, "too many questions at once", Retry_After=_SOON)

    @api.exception_handler(TimeoutError)
    async def late(_request: HttpRequest, _error: TimeoutError) -> JSONResponse:
        return refusal(504, "the answer took too long")

    @api.exception_handler(RequestValidationError)
    async def invalid(_request: HttpRequest, error: RequestValidationError) -> JSONResponse:
        return refusal(422, "; ".join(map(_said, error.errors()[:5])))

    @api.exception_handler(HTTPException)
    async def unknown(_request: HttpRequest, error: HTTPException) -> JSONResponse:
        if isinstance(error.__cause__, RecursionError):
            return refusal(422, f"the request is nested too deep; {_RIGHT}")
        if isinstance(error.__cause__, ValueError):  # no UTF-8, or a number of 5000 digits
            return refusal(422, f"the request is no JSON; {_RIGHT}")
        sentence = f"{error.detail}; GET /openapi.json tells what there is"
        return refusal(error.status_code, sentence, **dict(error.headers or {}))


def _said(error: dict[str, Any]) -> str:
    """What is wrong, and where; not the value."""
    if error["type"] == "json_invalid":
        return f"the request is no JSON; {_RIGHT}"
    if isinstance(error["input"], bytes):  # it was not even looked at
        return "the request is not said to be JSON; send Content-Type: application/json"
    if error["loc"] == ("body",) and error["type"] in ("missing", "model_attributes_type"):
        return f"the request is no object of JSON; {_RIGHT}"
    place = ".".join(str(part) for part in error["loc"][1:]) or "the request"
    return f"{place[:_PLACE]}: {error['msg']}"
