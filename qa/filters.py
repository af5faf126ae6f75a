"""What of a folder is searched, by what people know of it: language, place, date and title."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import partial
from typing import Any, Self

from qa.arguments import language, listed, text, texts
from qa.errors import UsageError
from qa.language import fold
from qa.patterns import patterns_of
from qa.types import LANGUAGES, Document, Language

Day = str | int | date  # a year, a year and month, or a day

_QUOTES = str.maketrans("‘’“”", "''\"\"")
_PERIOD = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions of which all must hold; those that are empty hold for everything.

    `only` is of passages, all else of their documents. `within` are patterns of paths in the
    folder, as in a `.gitignore`; one of them must fit. `since` and `until` are YYYY, YYYY-MM or
    YYYY-MM-DD, and both are inclusive. `title` is contained in the document's, whatever its
    capitals and accents.

    Raises:
        UsageError: a condition cannot be understood.
    """

    only: tuple[Language, ...] = ()
    within: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    title: str = ""

    def __post_init__(self) -> None:
        for code in self.only:
            language(code)
        for name, day in (("since", self.since), ("until", self.until)):
            if text(name, day) and not is_period(day):
                raise UsageError(f"{name} is {day!r}; write 2015, 2015-03 or 2015-03-27")
        if self.since and self.until and _first(self.since) > _last(self.until):
            raise UsageError(f"since {self.since} is later than until {self.until}")
        _paths(texts("within", self.within))
        text("title", self.title)

    @classmethod
    def of(
        cls,
        only: Collection[Language] | None = None,
        within: str | Collection[str] | None = None,
        since: Day | None = None,
        until: Day | None = None,
        title: str | None = None,
    ) -> Self:
        """A filter of plain values; None is no condition, nor is what is blank."""
        if isinstance(only, str):
            codes = only.replace(",", " ").split()
            raise UsageError(f"only is {only!r}; put it into a list: {codes}")
        chosen = tuple(map(language, texts("only", only)))
        patterns = texts("within", listed(within))
        return cls(
            tuple(code for code in LANGUAGES if code in chosen),
            tuple(pattern for pattern in patterns if pattern.strip()),
            _written(since),
            _written(until),
            "" if title is None else " ".join(text("title", title).split()),
        )

    def __bool__(self) -> bool:
        return self != Filter()

    def __str__(self) -> str:
        """The conditions as one line: `fr in:reports/* since:2015`."""
        shown = [",".join(self.only), *(f"in:{pattern}" for pattern in self.within)]
        shown += [f"{n}:{v}" for n in ("since", "until", "title") if (v := getattr(self, n))]
        return " ".join(filter(None, shown))

    def narrowed(self, condition: str, value: str) -> "Filter":
        """The same with another value for one condition; "" takes it off."""
        values: dict[str, Any] = {condition: value}
        if condition == "within":
            values = {condition: (value,) if value else ()}
        return replace(self, **values)

    def alone(self) -> Iterator["Filter"]:
        """Each of its conditions by itself; a span of time is one."""
        none = Filter()
        for names in (("only",), ("within",), ("since", "until"), ("title",)):
            part = Filter(
                **{f.name: getattr(self if f.name in names else none, f.name) for f in fields(none)}
            )
            if part:
                yield part

    def admits(self) -> Callable[[Document, str], bool]:
        """What tells whether a document, whatever its date, and its path fulfil the conditions."""
        fits, words = _paths(self.within), _plain(self.title)

        def admit(document: Document, path: str) -> bool:
            return (not self.within or fits(path)) and words in _plain(document.title)

        return admit

    def covers(self, day: str) -> bool:
        """Whether a date, of which only the year may be known, may lie in the span of time."""
        if not (self.since or self.until):
            return True
        late = not self.since or _last(day) >= _first(self.since)
        return bool(day) and late and (not self.until or _first(day) <= _last(self.until))


def is_period(text: str) -> bool:
    """Whether `text` is a year, a year and month, or a day, as ISO 8601 writes them."""
    if not text.isascii() or not _PERIOD.fullmatch(text):
        return False
    try:
        date.fromisoformat(text + "0000-01-01"[len(text) :])
    except ValueError:
        return False
    return True


def _written(day: Day | None) -> str:
    if isinstance(day, date):
        return day.isoformat()[:10]
    return "" if day is None else str(day).strip()


def _first(day: str) -> str:
    """Comes before all days of the period, and after those of earlier ones."""
    return day + "0000-00-00"[len(day) :]


def _last(day: str) -> str:
    return day + "9999-99-99"[len(day) :]


def _plain(text: str) -> str:
    return " ".join(fold(text.translate(_QUOTES)).split())


def _paths(patterns: Collection[str]) -> Callable[[str], bool]:
    """What tells whether a path fits one of the patterns."""
    if not patterns:
        return lambda _path: True
    composed = partial(unicodedata.normalize, "NFC")  # some file systems take accents apart
    try:
        spec = patterns_of(composed(p).removeprefix("./") for p in patterns)
    except ValueError as error:
        raise UsageError(
            f"{' '.join(patterns)!r} is no pattern of paths ({error}); write reports/2016/*, for "
            "example"
        ) from error
    return lambda path: spec.match_file(composed(path))
