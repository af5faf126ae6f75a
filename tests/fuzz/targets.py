"""What is fuzzed: each target takes any bytes and raises only where the program is wrong.

They are run by atheris (`make fuzz`), which looks for new paths through the code, and by the tests,
on random bytes and on all that was ever found (`crashes/`).
"""

import io
import sys
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from unittest.mock import patch

import made
from conftest import DOCUMENTS, HashingEncoder

import qa.bot
from qa import manifest
from qa.bot import Bot
from qa.errors import LibraryError
from qa.filters import is_period
from qa.passages import cut
from qa.reading import formats
from qa.reading.extract import UnreadableError, checked
from qa.sentences import is_blank, sentences
from qa.types import Document, Span

CRASHES = Path(__file__).parent / "crashes"
STATUSES = {0, 1, 2}


def words(data: bytes) -> str:
    """Bytes as text: also lone surrogates, which a command line can have."""
    return data.decode("utf-8", "surrogateescape")


def _document(text: str, asides: tuple[Span, ...] = (), pages: tuple[int, ...] = ()) -> Document:
    return Document("x", Path("x.txt"), "x", "en", text, "utf-8", "", "", "", pages, asides)


def _whole(text: str, spans: list[Span]) -> None:
    """Every character that is not blank is in one of the spans, which are in order."""
    at = 0
    for span in spans:
        assert at <= span.start < span.end <= len(text)
        assert all(map(is_blank, text[at : span.start]))
        assert not is_blank(text[span.start])
        assert not is_blank(text[span.end - 1])
        at = span.end
    assert all(map(is_blank, text[at:]))


def split(data: bytes) -> None:
    """The sentence splitter."""
    text = words(data)
    _whole(text, sentences(text))


def passages(data: bytes) -> None:
    """The cutter, on a text that was typed and on one that was typeset."""
    text = words(data)
    for pages in ((), (0,)):
        found = cut(_document(text, pages=pages))
        _whole(text, [Span(p.start, p.end) for p in found])
        assert [p.number for p in found] == list(range(1, len(found) + 1))
        assert all(p.search_text for p in found)


def _read(suffix: str, data: bytes) -> None:
    with suppress(UnreadableError):
        extract = checked(formats.extract(suffix, data))
        extract.text.encode()
        spans = [*extract.asides, *(Span(page, page) for page in extract.pages)]
        assert all(0 <= span.start <= span.end <= len(extract.text) for span in spans)
        assert list(extract.rows) == sorted(extract.rows)
        found = cut(_document(extract.text, extract.asides, extract.pages))
        if tell := formats.dating(Path(f"a{suffix}")):
            told = tell([(p.line, extract.text[p.start : p.end]) for p in found])
            assert all(is_period(date) for date in told if date)


def text(data: bytes) -> None:
    with suppress(UnreadableError):
        extract = checked(formats.extract(".txt", data))
        assert extract.text.encode(extract.encoding) == data
    _read(".md", data)


def tables(data: bytes) -> None:
    _read(".csv", data)
    _read(".jsonl", data)


def mail(data: bytes) -> None:
    _read(".eml", data)


def _foreign(suffix: str) -> Callable[[bytes], None]:
    """A format whose parser is another's: it may raise, as its process apart then says so."""

    def read(data: bytes) -> None:
        try:
            _read(suffix, data)
        except AssertionError:
            raise
        except Exception:  # noqa: BLE001 - as in the process apart
            return

    return read


# The part of an archive that is fuzzed by itself: any bytes for it, as few would be an archive.
PARTS = {"docx": "word/document.xml", "odt": "content.xml"}


@cache
def members(suffix: str) -> dict[str, bytes]:
    """What an archive of a format has in it, by name."""
    path = getattr(made, suffix)(_folder() / f"made.{suffix}")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _inside(suffix: str) -> Callable[[bytes], None]:
    """A format that is an archive, by the part of it that has the text."""
    read = _foreign(f".{suffix}")

    def pack(data: bytes) -> None:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as writing:
            for name, content in (members(suffix) | {PARTS[suffix]: data}).items():
                writing.writestr(name, content)
        read(archive.getvalue())

    return pack


def state(data: bytes) -> None:
    """A manifest that anyone may have written."""
    index = _folder() / "state"
    index.mkdir(exist_ok=True)
    (index / manifest.NAME).write_bytes(data)
    with suppress(LibraryError):
        found = manifest.read(index, "cure")
        assert found is not None
        assert manifest.is_generation(found.generation)
        assert all((index / name).resolve().is_relative_to(index) for name in found.files)
    manifest.generation(index)
    manifest.is_ours(index)


@cache
def _folder() -> Path:
    place = Path(tempfile.mkdtemp(prefix="fuzz-"))
    (place / "documents").mkdir()
    for name, said in DOCUMENTS.items():
        (place / "documents" / name).write_text(said)
    return place


@cache
def _bot() -> Bot:
    place = _folder()
    return Bot(place / "documents", place / "index", HashingEncoder(), model_name="hashing")


def question(data: bytes) -> None:
    """A question, and the same as a follow-up."""
    asked = words(data)
    bot = _bot()
    for history in ((), ("Who is the keeper of the hives?",)):
        answer = bot.answer(asked, history=history)
        for quote in answer.quotes + answer.near_misses:
            assert DOCUMENTS[quote.path.name][quote.start : quote.end] == quote.text


COMMANDS = ("ask", "show", "sources", "index", "doctor", "evaluate", "nonsense", "--help")
OPTIONS = ("-k", "-l", "--only", "--json", "--around", "--batch", "--quiet", "-q", "--", "--x", "-")


def arguments(data: bytes) -> None:
    """A command line: a command, then options and words. It never names a place outside."""
    from qa.__main__ import run

    place = _folder()
    given = [COMMANDS[data[0] % len(COMMANDS)]] if data else []
    for word in data[1:].split(b"\n")[:8]:
        said = words(word).replace("\0", "")
        number = ord(said[0]) if said else 0
        given.append(OPTIONS[number] if number < len(OPTIONS) else said.replace("/", "_"))
    if any(word.startswith(("-d", "--d", "--i", "--m", "--r", "--p", "--w")) for word in given):
        return
    kept = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = io.TextIOWrapper(io.BytesIO(data))
    sys.stdout = io.TextIOWrapper(io.BytesIO(), "utf-8")
    sys.stderr = said_wrong = io.StringIO()
    try:
        options = ["-d", str(place / "documents"), "--index", str(place / "index")]
        with patch.object(qa.bot, "open_encoder", lambda *_: HashingEncoder()):
            status = run([*given, *options])
        assert status in STATUSES, status
        assert "Traceback" not in said_wrong.getvalue()
    finally:
        sys.stdin, sys.stdout, sys.stderr = kept


TARGETS: dict[str, Callable[[bytes], None]] = {
    "sentences": split,
    "passages": passages,
    "text": text,
    "tables": tables,
    "mail": mail,
    "html": _foreign(".html"),
    "pdf": _foreign(".pdf"),
    "docx": _foreign(".docx"),
    "odt": _foreign(".odt"),
    "docx-text": _inside("docx"),
    "odt-text": _inside("odt"),
    "rtf": _foreign(".rtf"),
    "manifest": state,
    "question": question,
    "arguments": arguments,
}
