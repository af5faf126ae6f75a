"""What `qa doctor` finds: a check is one line, and the cure where it is needed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `cure` is "" where there is nothing to do."""

    name: str
    verdict: Verdict
    said: str
    cure: str = ""

    @classmethod
    def failed(cls, name: str, error: Exception, otherwise: str) -> "Check":
        """Of an error whose sentence says, after a semicolon, what to do; else that is
        `otherwise`."""
        said, _, cure = str(error).partition("; ")
        return cls(name, "fail", said, cure.partition("run: ")[2] or cure or otherwise)


def healthy(checks: Iterable[Check]) -> bool:
    return all(check.verdict != "fail" for check in checks)
