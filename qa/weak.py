"""Methods that an object keeps of itself."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar
from weakref import WeakMethod

Given = ParamSpec("Given")
Result = TypeVar("Result")


def weakly(method: Callable[Given, Result]) -> Callable[Given, Result]:
    """A method of an object for that object itself to keep, and to call while it is there.

    Kept as it is, it would keep the object too: what such a circle holds, the open files of an
    index that was replaced, would stay until Python looks for circles.
    """
    known = WeakMethod(method)

    def call(*args: Given.args, **named: Given.kwargs) -> Result:
        found = known()
        if found is None:
            raise ReferenceError(f"the owner of {call} is gone")
        return found(*args, **named)

    return call
