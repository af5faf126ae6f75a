"""Ask a folder of documents a question; get back the passages that answer it, word for word."""

from qa.bot import Bot, answer
from qa.errors import QAError
from qa.types import Answer, Quote, Span

__version__ = "0.1.0"
__all__ = ["Answer", "Bot", "QAError", "Quote", "Span", "answer"]
