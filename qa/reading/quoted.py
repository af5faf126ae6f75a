"""What an e-mail quotes of another one, and when that was written."""

import re
from collections.abc import Sequence

from qa.language import fold
from qa.months import NUMBERS
from qa.reading.dates import written

_MARKS = re.compile(r"(?:>[ \t]?)*")
# "On Wed, 15 Sep 2021 at 09:12, Ana Roca wrote:", of folded text.
_ANNOUNCED = re.compile(r"\b(?:wrote|writes|a ecrit|ecrivait|escribio|schrieb|ha scritto)\W*$")
_DAY = re.compile(r"\b(\d{1,2})\.? (?:de )?([a-z]{3,})\.?,? (?:de )?((?:19|20)\d\d)\b")
_AMERICAN = re.compile(r"\b([a-z]{3,})\.? (\d{1,2}),? ((?:19|20)\d\d)\b")


def dates(texts: Sequence[str]) -> list[str | None]:
    """For each passage of an e-mail the day of the other one that it quotes, YYYY-MM-DD; "" where
    it quotes one without a day, None where it is the letter's own.

    What announces a quotation stands above it, with the same marks or one less.
    """
    found, known = list[str | None](), dict[int, str]()
    for text in texts:
        depths, above = list[int](), ""
        for line in filter(str.strip, text.splitlines()):
            depth = _depth(line)
            if _ANNOUNCED.search(fold(line)):
                known = {level: day for level, day in known.items() if level < depth}
                known[depth] = known[depth + 1] = _day(line) or _day(above)
                depths = depths if _day(line) else depths[:-1]  # it takes two lines
            else:
                depths.append(depth)
            above = line
        depth = min(depths, default=_depth(text))
        found.append(known.get(depth, "") if depth else None)
    return found


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
