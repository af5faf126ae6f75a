"""Text files: which encoding their bytes are in. The text is exactly what they decode to."""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE

from qa.reading.extract import Extract, UnreadableError
from qa.types import Span

_MARKED = ((BOM_UTF16_LE, "utf-16-le"), (BOM_UTF16_BE, "utf-16-be"))
_SAMPLE = 4096  # bytes; enough to see where the NULs of UTF-16 stand
# Between two rules: fields, from the next line on. Else the first is one that parts sections.
_FRONT_MATTER = re.compile(
    r"\ufeff?---[ \t]*\r?\n(?![ \t]*\r?\n)(.*?)^(?:---|\.\.\.)[ \t]*\r?$", re.DOTALL | re.M
)
_ANY_FIELD = re.compile(r"^[\w.-]+:(?:\s|$)", re.MULTILINE)
_FIELD = re.compile(r"^(title|lang|date):(.*)$", re.MULTILINE)
# In Markdown. What is set in by four blanks is code.
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.+)")  # with the signs that may close it
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)")
# Rules and blanks, code, items, quotes, comments, rows of a table.
_NO_TITLE = re.compile(r"[\W_]*$|\t| {4}|\s*(?:(?:[-*+]|\d+[.)])\s|[>|<])")
_LONGEST = 200  # characters of a heading; what is longer is a paragraph before a rule


def decode(data: bytes) -> tuple[str, str]:
    """The text and the encoding that was taken; a byte order mark stays in the text."""
    marked = [encoding for mark, encoding in _MARKED if data.startswith(mark)]
    for encoding in [*marked, *_unmarked(data), "utf-8", "cp1252"]:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1"  # which has a character for every byte


def _unmarked(data: bytes) -> list[str]:
    """UTF-16 without its mark: the letters of our languages have a NUL for every other byte."""
    sample = data[:_SAMPLE]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if len(data) % 2 or half < 8:
        return []
    if not even and odd > 0.7 * half:
        return ["utf-16-le"]
    return ["utf-16-be"] if not odd and even > 0.7 * half else []


def plain(data: bytes) -> Extract:
    text, encoding = decode(data)
    if "\0" in text:
        raise UnreadableError("is not a text file: it has NUL bytes in it")
    return Extract(text, encoding=encoding)


def markdown(data: bytes) -> Extract:
    """The file as it stands; its title is its first heading, front matter stands aside."""
    found = plain(data)
    front = _FRONT_MATTER.match(found.text)
    front = front if front and _ANY_FIELD.search(front[1]) else None
    fields = dict(_FIELD.findall(front[1])) if front else {}
    named = _unquoted(fields.get("title", ""))
    body = found.text[front.end() :] if front else found.text.removeprefix("\ufeff")
    return Extract(
        found.text,
        title=named or _heading(body),
        language=_unquoted(fields.get("lang", "")),
        date=_unquoted(fields.get("date", "")),
        encoding=found.encoding,
        asides=(Span(0, front.end()),) if front else (),
    )


def _heading(text: str) -> str:
    """The first heading that is in no block of code: with # before it, or underlined."""
    fence, before, above = "", "", ""
    for line in text.splitlines():
        mark = _FENCE.fullmatch(line)
        if fence:
            if mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = ""
            line = ""
        elif mark:
            fence, line = mark[1], ""
        elif heading := _HEADING.fullmatch(line):
            return heading[1].rstrip(" \t#") or heading[1]
        elif _UNDERLINE.fullmatch(line) and _is_title(above, before):
            return above.strip()
        before, above = above, line
    return ""


def _is_title(line: str, before: str) -> bool:
    """Whether a line that is underlined is a heading: a short paragraph, and all of it."""
    whole = not any(map(str.isalnum, before))
    return whole and len(line) <= _LONGEST and not _NO_TITLE.match(line)


def _unquoted(value: str) -> str:
    return value.strip().strip("\"'")
