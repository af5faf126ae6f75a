"""What fails at a store: tried again where it may pass, and otherwise said in one sentence.

All that knows of gRPC and of Milvus's codes.
"""

import os
from collections.abc import Callable, Iterator
from typing import TypeVar

from qa.errors import StoreError

TOKEN = "QA_STORE_TOKEN"  # the environment variable with a server's token
SECONDS = 10.0  # for one call
TRIES = 4
LAST = 15.0  # seconds after which no other try begins: who is silent is asked twice
_PAUSE = 0.2  # seconds before the second try; it doubles

# What the same call meets again however often it is made: of gRPC by name, of Milvus by number.
_LASTING_NAMES = frozenset(
    {
        "ALREADY_EXISTS",
        "FAILED_PRECONDITION",
        "INVALID_ARGUMENT",
        "NOT_FOUND",
        "OUT_OF_RANGE",
        "PERMISSION_DENIED",
        "UNAUTHENTICATED",
        "UNIMPLEMENTED",
    }
)
_LASTING = (
    range(9, 11),  # no quota; not implemented
    (100, 102),  # no such collection, too many; 101 is one that a server loads when it starts
    range(104, 106),  # a collection of another schema
    range(700, 703),  # its index
    range(800, 803),  # the database
    range(1100, 1103),  # what was asked or written doesn't fit
    range(1400, 1402),  # who asks is not known, or may not
    range(1700, 1702),  # no such field
    range(1800, 1807),  # again who asks, and what
)
_LASTING_KINDS = frozenset({"ParamError", "DataNotMatchException", "DataTypeNotMatchException"})
_CURES = {
    (False, False): "look whether its folder is there, and whether another process has it open",
    (False, True): "look whether its address is right, and whether it runs",
    (True, False): "what is there was written by something else; name another path",
    (True, True): f"look whether its token in {TOKEN}, what that may do, and its collection are "
    "right",
}

T = TypeVar("T")


def token() -> str:
    """The token of a server, which stays out of addresses and messages."""
    return os.environ.get(TOKEN, "")


def tried(name: str, call: Callable[[], T], done: str) -> T:
    """What a call gives, tried again with growing pauses where it fails and that may pass.

    Raises:
        StoreError: it fails to the last.
    """
    import tenacity
    from grpc import RpcError
    from pymilvus.exceptions import MilvusException

    troubles = (MilvusException, OSError, RpcError)
    trying = tenacity.Retrying(
        stop=tenacity.stop_any(tenacity.stop_after_attempt(TRIES), tenacity.stop_after_delay(LAST)),
        wait=tenacity.wait_exponential(multiplier=_PAUSE, max=5) + tenacity.wait_random(0, _PAUSE),
        retry=tenacity.retry_if_exception(
            lambda error: isinstance(error, troubles) and not lasts(error)
        ),
        reraise=True,
    )
    try:
        return trying(call)
    except troubles as error:
        lasting = lasts(error)
        how = "and will again" if lasting else f"tried {trying.statistics['attempt_number']} times"
        raise StoreError(
            f"the store {name} cannot be {done} ({type(error).__name__}, {how}); "
            f"{_CURES[lasting, '://' in name]}" + ("" if lasting else ", then try again")
        ) from error


def lasts(error: BaseException) -> bool:
    """Whether the same call will fail again, as far as that can be told."""
    if getattr(error, "retriable", False):
        return False
    return any(
        type(each).__name__ in _LASTING_KINDS
        or bool(getattr(each, "is_input_error", False))
        or _is_lasting(each)
        for each in _causes(error)
    )


def _is_lasting(error: BaseException) -> bool:
    code = getattr(error, "code", None)
    code = code() if callable(code) else code  # gRPC has a method, Milvus a property
    if isinstance(code, int):
        return any(code in numbers for numbers in _LASTING)
    return getattr(code, "name", "") in _LASTING_NAMES


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came of; pymilvus names some as causes of themselves."""
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and not any(cause is each for each in seen):
        seen.append(cause)
        yield cause
        cause = cause.__cause__
