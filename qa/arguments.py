"""Arguments from outside, whose types nobody has checked: taken as the program needs them.

Raises:
    UsageError: a value is of another type, or cannot be honoured; by every function here.
"""

import reprlib
import sys
from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any, cast

from qa.errors import UsageError
from qa.types import LANGUAGES, Language


def text(name: str, value: object) -> str:
    """A text, which may be empty."""
    if not isinstance(value, str):
        raise _refused(name, value, "a text")
    return value


def texts(name: str, value: object) -> tuple[str, ...]:
    """Texts, and not one alone, whose letters would be taken for them; None is none."""
    if isinstance(value, str):
        shown = reprlib.repr(value)
        raise UsageError(f"{name} is {shown}; put it into a list: [{shown}]")
    several = _several(value)
    if several is None or not all(isinstance(each, str) for each in several):
        raise _refused(name, value, "a list of texts")
    return cast(tuple[str, ...], several)


def count(name: str, value: object) -> int:
    """A whole number from 1 on, of numpy's too; True is none. What no list is as long as is all."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise _refused(name, value, "a whole number, 1 or more")
    return min(int(value), sys.maxsize)


def language(value: object) -> Language:
    """The code of a language."""
    if not isinstance(value, str) or value not in LANGUAGES:
        choice = ", ".join(LANGUAGES)
        raise UsageError(f"unknown language {reprlib.repr(value)}; choose from {choice}")
    return value


def listed(value: Any) -> Any:
    """A text alone as a list of it; anything else as it is."""
    return [value] if isinstance(value, str) else value


def _several(value: object) -> tuple[object, ...] | None:
    if value is None:
        return ()
    if not isinstance(value, Iterable) or isinstance(value, Mapping):
        return None
    return tuple(value)


def _refused(name: str, value: object, wanted: str) -> UsageError:
    return UsageError(f"{name} is {reprlib.repr(value)}; it must be {wanted}")
