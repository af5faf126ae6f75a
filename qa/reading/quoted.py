"""What an e-mail quotes of another one, and when that was written."""

import re
from collections.abc import Iterator, Sequence

from qa.language import fold
from qa.months import NUMBERS
from qa.reading.dates import written

Part = tuple[int, str]  # a passage: the line that it is on, and its text

_MARKS = re.compile(r"(?:>[ \t]?)*")
# "On Wed, 15 Sep 2021 at 09:12, Ana Roca wrote:", of folded text.
_ANNOUNCED = re.compile(r"\b(?:wrote|writes|a ecrit|ecrivait|escribio|schrieb|ha scritto)\W*$")
_DAY = re.compile(r"\b(\d{1,2})\.? (?:de )?([a-z]{3,})\.?,? (?:de )?((?:19|20)\d\d)\b")
_AMERICAN = re.compile(r"\b([a-z]{3,})\.? (\d{1,2}),? ((?:19|20)\d\d)\b")


def dates(parts: Sequence[Part]) -> list[str | None]:
    """For each passage of an e-mail the day of the other one that it quotes, YYYY-MM-DD; "" where
    it quotes one without a day, None where it is the letter's own.
    """
    letters = _Letters([line for _, text in parts for line in _lines(text)])
    return [letters.day_of(list(_lines(text)) or text.splitlines()) for _, text in parts]


class _Letters:
    """The letters that stand within one another, by the marks before their lines."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._depths = [_depth(line) for line in lines]
        self._at = 0
        self._days: dict[int, str] = {}

    def day_of(self, lines: Sequence[str]) -> str | None:
        """The day of the next lines, of those that are the least quoted."""
        own, announcing, above = list[tuple[int, str | None]](), list[str | None](), ""
        for line in lines:
            depth = _depth(line)
            self._at += bool(_words(line))
            if _ANNOUNCED.search(fold(line)):
                day = _day(line)
                if not day and (day := _day(above)):
                    own.pop()  # it takes two lines
                announcing.append(self._announced(depth, day))
            else:
                own.append((depth, self._known(depth)))
            above = line
        return min(own, key=lambda each: each[0])[1] if own else next(iter(announcing), None)

    def _known(self, depth: int) -> str | None:
        return self._days.get(depth, "") if depth else None

    def _announced(self, depth: int, day: str) -> str | None:
        """What follows is of that day, whether it has a mark more or not. When that is said."""
        below = self._depths[self._at] if self._at < len(self._depths) else 0
        level = depth if 0 < below <= depth else depth + 1
        said = day if level == depth else self._known(depth)
        self._days = {known: of for known, of in self._days.items() if known < level}
        self._days[level] = day
        return said


def _lines(text: str) -> Iterator[str]:
    """The lines that have more than marks."""
    return filter(_words, text.splitlines())


def _words(line: str) -> str:
    return line.lstrip("> \t").strip()


def _depth(line: str) -> int:
    marks = _MARKS.match(line)
    return marks[0].count(">") if marks else 0


def _day(text: str) -> str:
    """The only day that a line names, its month perhaps cut short."""
    plain = fold(text)
    days = {(day, month, year) for day, month, year in _DAY.findall(plain)}
    days |= {(day, month, year) for month, day, year in _AMERICAN.findall(plain)}
    told = {f"{year}-{_month(month)}-{day}" for day, month, year in days if _month(month)}
    return written(told.pop()) if len(told) == 1 else written(text) if not told else ""


def _month(name: str) -> int:
    """The number of a month by its first letters, 0 if they may be those of none or of several."""
    numbers = {number for each, number in NUMBERS.items() if each.startswith(name)}
    return numbers.pop() if len(numbers) == 1 else 0
