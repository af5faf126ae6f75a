"""A row of a table as a text, and the date that such a text tells.

What stands beside a text in its row follows it in brackets, as an editor adds what isn't the
author's: who said it, when, and under which number it is kept.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from qa.language import fold
from qa.reading.dates import written

_NUMBERS = ("", "id", "_id", "#")  # of the columns in which programs count rows
# How columns are called that tell when a row was written, and not of when: not a day of birth.
_DATES = re.compile(
    r"date|fecha|dia|day|jour|year|annee|ano|datetime|pub(?:lication)?[ _]?date|issued"
    r"|(?:date|fecha)[ _](?:of|de)[ _](?:la[ _])?(?:publication|publicacion|parution|issue)"
    r"|(?:published|created|publiee?|creee?|publicad[oa]|cread[oa])(?:[ _](?:at|on|date|le|el))?"
)

_NOTED = re.compile(r"\[(?P<cells>[^\[\]]*)\]\Z")
_WHOLE = re.compile(r"\A\|(?P<cells>.*)\|\Z", re.DOTALL)
# 27/03/2015, or 03/27/2015, whatever time of the day follows.
_FIGURES = re.compile(r"(\d\d?)[/.-](\d\d?)[/.-]((?:1[5-9]|20)\d\d)(?!\d)")
_MONTHS = 12


def whole(row: Mapping[str, Any]) -> str:
    """A row as one line, each cell behind the name of its column: "| Item: Rent | 2023: 4800 |"."""
    told = _told(row)
    return f"| {' | '.join(told)} |" if told else ""


def noted(text: str, row: Mapping[str, Any], others: Collection[str | None]) -> str:
    """The text of a row, and all that its other columns tell: "I saw it. [witness: Ana Ruiz]".

    But for those of these names, which have the text and its title, and the row's number.
    """
    told = _told({n: v for n, v in row.items() if n not in others and not _counts(n, v)})
    return f"{text} [{'; '.join(told)}]" if text and told else text


def dates(texts: Sequence[str]) -> list[str | None]:
    """For each passage of a table when its row was written, as the row tells: YYYY-MM-DD, YYYY-MM
    or YYYY; None where it doesn't, or several columns tell several.

    What a row tells stands at its end: before it come its title, and all but the last of the
    paragraphs of a long text.
    """
    found, date = list[str | None](), ""
    for text in reversed(texts):
        beside = _NOTED.search(text) or _WHOLE.search(text)
        date = _told_in(beside["cells"]) if beside else date
        found.append(date or None)
    return found[::-1]


def _told_in(cells: str) -> str:
    parts = (cell.partition(": ") for cell in re.split(r"; | \| ", cells.strip()))
    told = {_date(value) for name, _, value in parts if _DATES.fullmatch(fold(name))} - {""}
    return told.pop() if len(told) == 1 else ""


def _date(cell: str) -> str:
    """Of a date in figures the year at least: "03/04/2015" is March here and April there."""
    figures = _FIGURES.match(cell)
    if figures is None:
        return written(cell)
    one, other, year = figures.groups()
    day, month = (one, other) if int(one) > _MONTHS else (other, one)
    if one != other and int(day) <= _MONTHS:
        return year
    return written(f"{year}-{month}-{day}")


def _counts(name: str, value: object) -> bool:
    """Whether a cell is no more than the number of its row."""
    return name.strip().casefold() in _NUMBERS and str(value).strip().isdecimal()


def _told(row: Mapping[str, Any]) -> list[str]:
    """The cells of a row that have anything in them, each behind the name of its column."""
    cells = ((name, value) for name, value in row.items() if isinstance(value, str | int | float))
    texts = ((" ".join(str(name).split()), " ".join(str(value).split())) for name, value in cells)
    return [f"{name}: {value}" if name else value for name, value in texts if value]
