"""What goes in and out of the process: text, JSON, complaints; nothing that steers a terminal."""

import errno
import json
import re
import sys
from typing import Any, BinaryIO

from qa.errors import UsageError

# In JSON: DEL and C1, soft hyphen, zero-width and bidi marks, line separators, tags, and halves of
# characters. What comes before them in Unicode, JSON spells out anyway.
_UNSAFE = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)


def standard_input() -> BinaryIO:
    if sys.stdin is None:
        raise UsageError("there is no standard input; write the question in quotes instead")
    if sys.stdin.isatty():
        complain("qa: reading what you type; Ctrl-D at the beginning of a line ends it")
    return sys.stdin.buffer


def decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def searchable(question: str) -> str:
    """A command line may hold bytes that are no text; they cannot be searched for."""
    return question.encode("utf-8", "replace").decode()


def print_json(content: Any, indent: int | None = None) -> None:
    """JSON, readable where it is text; what could steer a terminal is spelt as \\uXXXX."""
    text = json.dumps(content, ensure_ascii=False, indent=indent)
    if sys.stdout is None or not _printable(text):
        text = json.dumps(content, indent=indent)
    print_line(_UNSAFE.sub(lambda found: json.dumps(found[0])[1:-1], text))


def _printable(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return False
    return True


def on_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def print_line(text: str) -> None:
    if sys.stdout is None:
        raise OSError(errno.EBADF, "standard output is closed")
    if not _printable(text):
        encoding = sys.stdout.encoding
        text = text.encode(encoding, "replace").decode(encoding)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    from qa.visible import one_line

    if sys.stderr is not None:
        sys.stderr.write(one_line(text) + "\n")
