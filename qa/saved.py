"""Quotes that someone saved: a conversation in Markdown, or answers in JSON. Their text is data:
nothing that it names is opened.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qa.console import decoded
from qa.errors import UsageError
from qa.markdown import comparable, digests_of
from qa.standing import Claim
from qa.types import sha256

MOST = 64 * 2**20  # bytes; 20,000 answers
_WANTED = (
    "what `qa chat` saves, or what `qa ask` prints with --json, --batch or --cite markdown, is read"
)
_CODE = r"(?:`` (.+?) ``|`([^`]+)`)"
_INK = re.compile(r"\S")
_HASH = re.compile(r" · SHA-256 `([^`]*)`(?:, as shown `([^`]*)`)?$")
_CITATION = re.compile(rf"\*\*\d+\.\*\* {_CODE} · {_CODE}(?: · .*)?")


def read(path: Path) -> bytes:
    """The bytes of a file that someone saved.

    Raises:
        UsageError: it is no file, or cannot be read.
    """
    if path.exists() and not path.is_file():  # a pipe would be waited for for ever
        raise UsageError(f"{path} is not a file; name one that holds quotes")
    try:
        with path.open("rb") as file:
            return file.read(MOST + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror or error}); {_WANTED}") from error


def claims(data: bytes, name: str) -> list[Claim]:
    """The quotes in a saved conversation or in saved answers, in order.

    Raises:
        UsageError: it is neither, it has no quotes, or it is too large.
    """
    if len(data) > MOST:
        raise UsageError(f"{name} is too large: more than {MOST // 2**20} MiB; verify parts of it")
    text = decoded(data)
    is_json = text.lstrip()[:1] in ("{", "[")
    found = list(_of_json(text, name) if is_json else _of_markdown(text))
    if not found:
        raise UsageError(f"there is no quote in {name}; {_WANTED}")
    return found


def _of_markdown(text: str) -> Iterator[Claim]:
    """Each citation with the block of lines marked with > that stands below it."""
    cited: re.Match[str] | None = None
    block: list[str] = []
    for line in [*text.replace("\r\n", "\n").split("\n"), ""]:
        if cited and line.startswith(">"):
            block.append(line.removeprefix(">").removeprefix(" "))
            continue
        if block and cited:
            shown = comparable("\n".join(block))
            if shown.strip():
                source_id, place = cited[1] or cited[2], cited[3] or cited[4]
                saved_as = _saved_as(cited.string, "\n".join(block), shown)
                yield Claim(source_id, shown, place=place, as_shown=True, saved_as=saved_as)
            cited, block = None, []
        cited = _CITATION.fullmatch(line.rstrip()) or cited


def _saved_as(citation: str, block: str, shown: str) -> str:
    """The SHA-256 that was saved with a quote, if that is not the quote in the block; else ""."""
    found = _HASH.search(citation)
    digest, as_shown = (each.strip().lower() for each in found.groups("")) if found else ("", "")
    if digest in digests_of(block) or as_shown == sha256(shown):
        return ""
    return digest


def _of_json(text: str, name: str) -> Iterator[Claim]:
    for line, content in _contents(text, name):
        for quote in _quotes(content, f"{name}, line {line}"):
            yield _claim(quote, f"{name}, line {line}")


def _contents(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """The values, one after another as they were appended, with the line on which each begins."""
    decoder, at, line, counted = json.JSONDecoder(), 0, 1, 0
    while begin := _INK.search(text, at):
        line, counted = line + text.count("\n", counted, begin.start()), begin.start()
        try:
            content, at = decoder.raw_decode(text, begin.start())
        except (ValueError, RecursionError) as error:
            where, what = line, str(error)
            if isinstance(error, json.JSONDecodeError):
                where, what = error.lineno, error.msg
            raise UsageError(f"{name}, line {where} is no JSON ({what}); {_WANTED}") from error
        yield line, content


def _quotes(content: Any, where: str) -> list[Any]:
    """The quotes of an answer, or a list of quotes; a line of trouble in a batch has none."""
    if isinstance(content, list):
        return content
    if isinstance(content, dict) and isinstance(content.get("error"), str) and "line" in content:
        return []
    if isinstance(content, dict) and isinstance(content.get("quotes"), list):
        near = content.get("near_misses")
        return [*content["quotes"], *(near if isinstance(near, list) else [])]
    raise UsageError(f"{where} is no answer: it has no list of quotes; {_WANTED}")


def _claim(quote: Any, where: str) -> Claim:
    known = quote if isinstance(quote, dict) else {}
    source_id, text, start = known.get("source_id"), known.get("text"), known.get("start")
    if not isinstance(source_id, str) or not isinstance(text, str) or not text.strip():
        raise UsageError(f"{where} has a quote without a source_id and a text; {_WANTED}")
    digest = known.get("sha256")
    digest = digest.strip().lower() if isinstance(digest, str) else ""
    saved_as = "" if digest == sha256(text) else digest
    is_offset = isinstance(start, int) and not isinstance(start, bool) and start >= 0
    return Claim(source_id, text, start if is_offset else None, saved_as=saved_as)
