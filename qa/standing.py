"""What has become of a quote in one document, as that document is now."""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal

from qa.differences import ALIKE, MOST, likeness, words
from qa.layout import line_ends
from qa.markdown import comparable, in_markdown
from qa.passages import cut
from qa.render import in_file
from qa.responder import quote_of
from qa.types import Document, Passage, Quote, sha256, source_parts
from qa.visible import one_line

Status = Literal["unchanged", "moved", "altered", "gone"]

_NEARBY = 100_000  # characters before the old place from which a quote is looked for first
_REPEATS = 1000  # places looked at, where a text is nothing but repetitions
_SHARED = 200  # passages looked at for two words that follow one another in all of them
_CANDIDATES = 3
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Claim:
    """A quote as someone holds it: its words, and where they are said to stand.

    `start` is an offset in the document, if it is known; `place` a file with its line or page.
    `as_shown`: the text is as Markdown shows it, where not every character can be told apart.
    `saved_as`: the SHA-256 that was saved with the quote, if `text` as it stands has another.
    """

    source_id: str
    text: str
    start: int | None = None
    place: str = ""
    as_shown: bool = False
    saved_as: str = ""

    @property
    def doc_id(self) -> str:
        return source_parts(self.source_id)[0]

    @property
    def number(self) -> int:
        """Of the passage in its document; 0 where the ID names none."""
        return source_parts(self.source_id)[1]

    def comparable(self, text: str) -> str:
        """As much of a document's text as can be compared with this quote."""
        return comparable(text) if self.as_shown else text


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of a quote. `quote` is where it stands today, or what stands in its place;
    `elsewhere` another place that has it word for word, though its own has it no longer;
    `orphaned` tells that the folder has no document of its name."""

    claim: Claim
    status: Status = "gone"
    quote: Quote | None = None
    likeness: float = 0.0
    elsewhere: Quote | None = None
    orphaned: bool = False

    @property
    def at_home(self) -> bool:
        quote = self.quote
        return quote is not None and self.claim.doc_id in (quote.doc_id, one_line(quote.doc_id))

    @property
    def saved_stands(self) -> bool:
        """Whether the document has a quote with the hash that was saved."""
        quote = self.quote
        return quote is not None and sha256(quote.text) == self.claim.saved_as

    @property
    def edited(self) -> bool:
        """Whether the quote that someone holds is not the one that was saved, as its hash says.

        Markdown does not show every character: if only those are missing, the document has them.
        """
        claim = self.claim
        shown = claim.as_shown and self.status in ("unchanged", "moved")
        return bool(claim.saved_as) and not (shown and self.saved_stands)


class Present:
    """A document as it is now, and what can be found in it."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def at_home(self, claim: Claim) -> Finding:
        """What became of a quote from this document."""
        if quote := self._in_place(claim):
            return Finding(claim, "unchanged", quote)
        if quote := self._found(claim):
            return Finding(claim, "moved", quote)
        return self._resembling(Finding(claim))

    def abroad(self, finding: Finding) -> Finding:
        """What this document has of a quote from another one that has it no longer.

        Where its own has an altered form of it, that is what became of it: a reprint of the old
        form elsewhere does not change what the document says now.
        """
        if finding.status == "moved" or finding.elsewhere:
            return finding
        quote = self._found(finding.claim)
        if finding.status == "altered" and finding.at_home:
            return replace(finding, elsewhere=quote)
        if quote:
            return Finding(finding.claim, "moved", quote)
        return self._resembling(finding)

    @cached_property
    def _passages(self) -> Sequence[Passage]:
        return cut(self._document)

    @cached_property
    def _shown(self) -> "Shown":
        return Shown(self._document.text)

    def _in_place(self, claim: Claim) -> Quote | None:
        if not self._passages:
            return None
        if claim.start is not None:
            if not self._document.text.startswith(claim.text, claim.start):
                return None
            quote = self._quote(claim.start, claim.start + len(claim.text))
            return quote if quote.source_id == claim.source_id else None
        if not 1 <= claim.number <= len(self._passages):
            return None
        quote = quote_of(self._passages[claim.number - 1], self._document)
        place = one_line(in_file(quote.path.name, quote))
        same = claim.comparable(quote.text) == claim.text and claim.place in ("", place)
        return quote if same else None

    def _found(self, claim: Claim) -> Quote | None:
        """The quote word for word, where it stands nearest to its old place."""
        if not self._passages:
            return None
        if claim.as_shown:
            at = _nearest(self._shown.text, claim.text, 0)
            return None if at is None else self._quote(*self._shown.span(at, len(claim.text)))
        if not self._words.issuperset(_WORD.findall(claim.text)):  # quick, for very many quotes
            return None
        at = _nearest(self._document.text, claim.text, claim.start or 0)
        return None if at is None else self._quote(at, at + len(claim.text))

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(_WORD.findall(self._document.text))

    def _quote(self, start: int, end: int) -> Quote:
        """What stands there, under the ID of the passage in which it starts."""
        at = bisect_right(self._passages, start, key=lambda passage: passage.start) - 1
        passage, text = self._passages[max(at, 0)], self._document.text
        lines = line_ends(text[passage.start : start])
        return replace(
            quote_of(passage, self._document),
            start=start,
            end=end,
            line=passage.line + lines,
            page=self._document.page_at(start),
            text=text[start:end],
        )

    def _resembling(self, finding: Finding) -> Finding:
        """The finding with the passage that has most words of the quote, if that has enough."""
        claim = finding.claim
        own = words(claim.text)[:MOST]
        votes: Counter[int] = Counter()
        for pair in pairwise(["", *own, ""]):
            votes.update(self._pairs.get(pair, ())[:_SHARED])
        for number, _ in votes.most_common(_CANDIDATES):
            quote = quote_of(self._passages[number], self._document)
            alike = likeness(Counter(own), Counter(words(claim.comparable(quote.text))))
            if alike >= max(ALIKE, finding.likeness + 1e-9):
                finding = Finding(claim, "altered", quote, alike)
        return finding

    @cached_property
    def _pairs(self) -> dict[tuple[str, str], list[int]]:
        """In which passages two words follow one another; "" stands for their ends."""
        found = defaultdict[tuple[str, str], list[int]](list)
        for number, passage in enumerate(self._passages):
            text = self._document.text[passage.start : passage.end]
            for pair in dict.fromkeys(pairwise(["", *words(text), ""])):
                found[pair].append(number)
        return dict(found)


class Shown:
    """A text as it can be compared with Markdown, and where that stands in the text itself."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines(keepends=True)
        shown = [comparable(line.splitlines()[0]) for line in self._lines]
        self.text = "\n".join(shown)
        self._starts, self._offsets = [0], [0]
        for line, whole in zip(shown, self._lines, strict=True):
            self._starts.append(self._starts[-1] + len(line) + 1)
            self._offsets.append(self._offsets[-1] + len(whole))

    def span(self, at: int, length: int) -> tuple[int, int]:
        """The offsets in the text of `length` characters that are shown from `at` on."""
        return self._offset(at), self._offset(at + length - 1) + 1

    def _offset(self, at: int) -> int:
        number = bisect_right(self._starts, at) - 1
        left = at - self._starts[number]
        for offset, char in enumerate(self._lines[number]):
            left -= len(in_markdown(char))
            if left < 0:
                return self._offsets[number] + offset
        return self._offsets[number]


def _nearest(text: str, quote: str, near: int) -> int | None:
    """Where `quote` stands in `text` by itself, not within a longer word; nearest to `near`."""
    found = None
    at = text.find(quote, max(0, near - _NEARBY))
    at = text.find(quote) if at < 0 else at
    for _ in range(_REPEATS):
        if at < 0:
            break
        if not _within_word(text, at, at + len(quote)):
            if found is None or abs(at - near) < abs(found - near):
                found = at
            if at >= near:
                break
        at = text.find(quote, at + 1)
    return found


def _within_word(text: str, start: int, end: int) -> bool:
    before, after = text[max(start - 1, 0) : start + 1], text[end - 1 : end + 1]
    return (start > 0 and before.isalnum()) or (len(after) == 2 and after.isalnum())
