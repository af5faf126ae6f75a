"""What the parts of the program hand to one another: immutable values, compared by value."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Language = Literal["en", "fr", "es"]
LANGUAGES: tuple[Language, ...] = ("en", "fr", "es")

Kind = Literal["prose", "heading", "contact", "menu"]

System = Literal["bm25", "dense", "late", "full"]
SYSTEMS: tuple[System, ...] = ("bm25", "dense", "late", "full")


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open character offsets into a document's text: `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """One file as it was read.

    Of plain text (`extractor` is "") nothing is translated or stripped:
    `path.read_bytes().decode(encoding) == text`. Of other formats `text` is what the `extractor`,
    by name and version, made of the file; it is kept in the index, and every offset is into it.
    `pages` are the offsets at which pages start, `asides` what stands beside the text on them, and
    `rows`, of a table, the offsets at which rows start, each with its line in the file.
    `lost` tells what of the file could not be read, as the end of a sentence on it.
    """

    doc_id: str
    path: Path
    title: str
    language: Language
    text: str
    encoding: str = "utf-8"
    sha256: str = ""
    extractor: str = ""
    date: str = ""  # YYYY-MM-DD, YYYY-MM or YYYY, as it is known
    pages: tuple[int, ...] = ()
    asides: tuple[Span, ...] = ()
    rows: tuple[tuple[int, int], ...] = ()
    lost: str = ""

    def page_at(self, offset: int) -> int | None:
        """The page that `offset` is on, counted from 1; None for formats without pages."""
        return bisect_right(self.pages, offset) or None


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of a document: where it stands, what it is, and what is searched for it.

    The quote is `document.text[start:end]`. `search_text` is derived from it (line wraps joined,
    menu glue cut) and is never shown.
    """

    doc_id: str
    number: int  # counts from 1 within its document
    start: int
    end: int
    line: int  # counts from 1; that on which the passage starts, or in a table the row it is of
    language: Language
    kind: Kind
    search_text: str
    repeated: bool = False  # in so many documents that it tells nothing of this one
    alike: int = 0  # a number that is shared by what has the same words; 0 until it is known

    @property
    def aside(self) -> bool:
        """Whether it stands beside the text of its document, as menus do and what is repeated."""
        return self.kind == "menu" or self.repeated

    @property
    def source_id(self) -> str:
        return f"{self.doc_id}#p{self.number}"


def source_parts(source_id: str) -> tuple[str, int]:
    """The document that a source ID names, and the number of its passage; 0 where it has none."""
    doc_id, _, number = source_id.rpartition("#p")
    return doc_id, whole_number(number) or 0


def whole_number(text: str) -> int | None:
    """A whole number of at most nine digits, without a sign; None where the text is none."""
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if is_number else None


@dataclass(frozen=True, slots=True)
class Twin:
    """The same passage at another place: identical, its translation, or of a corrected edition.

    Of another edition, `differs` tells that words of it are others.
    """

    source_id: str
    language: Language
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage, word for word, with the place it was taken from.

    `score` is a calibrated probability, 0 to 1, that the passage answers the question.
    `highlight` is the telling part, in offsets of the document like `start` and `end`.
    `page` is None for formats without pages. `missing` are the names and numbers of the question
    that the passage does not mention; `introduced` are names that it doesn't either, but that its
    document has at the beginning. `section` is, in an answer, the heading next above it; ""
    where that is the title, or there is none.
    """

    source_id: str
    doc_id: str
    path: Path
    title: str
    language: Language
    kind: Kind
    start: int
    end: int
    line: int
    text: str
    score: float
    page: int | None = None
    highlight: Span | None = None
    twins: tuple[Twin, ...] = ()
    missing: tuple[str, ...] = ()
    introduced: tuple[str, ...] = ()
    section: str = ""

    @property
    def also(self) -> tuple[str, ...]:
        """The source IDs of the same passage elsewhere or in other languages."""
        return tuple(twin.source_id for twin in self.twins)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON. `highlight` has offsets into the document and its text."""
        span = self.highlight
        return {
            "source_id": self.source_id,
            "doc_id": self.doc_id,
            "path": str(self.path),
            "title": self.title,
            "section": self.section,
            "language": self.language,
            "kind": self.kind,
            "start": self.start,
            "end": self.end,
            "line": self.line,
            "page": self.page,
            "score": round(self.score, 4),
            "text": self.text,
            "sha256": sha256(self.text),
            "highlight": None
            if span is None
            else {
                "start": span.start,
                "end": span.end,
                "text": self.text[span.start - self.start : span.end - self.start],
            },
            "also": [
                {"source_id": t.source_id, "language": t.language, "differs": t.differs}
                for t in self.twins
            ],
            "missing": list(self.missing),
            "introduced": list(self.introduced),
        }


def sha256(text: str) -> str:
    """The SHA-256 of a quote's text in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


Reason = Literal[
    "",
    "empty question",
    "no documents",
    "nothing passes the filter",
    "no relevant passage",
]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found. False where nothing was: then `near_misses` and `reason` say more.

    `searched` is what was really looked for: the question without greetings, thanks and typos,
    or for a follow-up the question joined with the one before.
    `notes` are sentences for the person who asked.
    """

    question: str
    searched: str
    language: Language
    quotes: tuple[Quote, ...] = ()
    near_misses: tuple[Quote, ...] = ()
    reason: Reason = ""
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.quotes)

    def __iter__(self) -> Iterator[Quote]:
        return iter(self.quotes)

    def __len__(self) -> int:
        return len(self.quotes)

    def __str__(self) -> str:
        from qa.render import plain

        return plain(self)

    def to_dict(self) -> dict[str, Any]:
        """One object of plain values, documented in the README under `--json`."""
        return {
            "question": self.question,
            "searched": self.searched,
            "language": self.language,
            "answered": bool(self),
            "reason": self.reason or None,
            "quotes": [quote.to_dict() for quote in self.quotes],
            "near_misses": [quote.to_dict() for quote in self.near_misses],
            "notes": list(self.notes),
        }
