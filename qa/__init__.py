"""Ask a folder of documents a question; get back the passages that answer it, word for word."""

from typing import TYPE_CHECKING, Any

from qa.errors import QAError
from qa.types import Answer, Quote, Span

if TYPE_CHECKING:
    from qa.answering import answer
    from qa.bot import Bot
    from qa.filters import Filter

__version__ = "0.1.0"
__all__ = ["Answer", "Bot", "Filter", "QAError", "Quote", "Span", "answer"]


def __getattr__(name: str) -> Any:
    """`Bot`, `Filter` and `answer`, fetched when first asked for: `qa --help` needs no NumPy."""
    if name not in ("Bot", "Filter", "answer"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from qa import answering

    return getattr(answering, name)


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
