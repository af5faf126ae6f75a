"""A row of a table as a text, and the date that such a text tells.

What stands beside a text in its row follows it in brackets, as an editor adds what isn't the
author's: who said it, when, and under which number it is kept.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from qa.language import fold
from qa.reading.dates import written
from qa.reading.quoted import Part

_NUMBERS = ("", "id", "_id", "#")  # of the columns in which programs count rows
# How columns are called that tell when a row was written, and not of when: not a day of birth.
_DATES = re.compile(
    r"date|fecha|dia|day|jour|year|annee|ano|datetime|pub(?:lication)?[ _]?date|issued"
    r"|(?:date|fecha)[ _](?:of|de)[ _](?:la[ _])?(?:publication|publicacion|parution|issue)"
    r"|(?:published|created|publiee?|creee?|publicad[oa]|cread[oa])(?:[ _](?:at|on|date|le|el))?"
)

# A cell may have brackets of its own: "[see: [1]; date: 2014]".
_NOTED = re.compile(r"\[(?P<cells>(?:[^\[\]]|\[[^\[\]]*+\])*+)\]\Z")
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


def dates(parts: Sequence[Part]) -> list[str | None]:
    """For each passage of a table when its row was written, as the end of the row tells:
    YYYY-MM-DD, YYYY-MM or YYYY; None where it doesn't, or several columns tell several.
    """
    rows: dict[int, list[str]] = {}
    for line, text in parts:
        rows.setdefault(line, []).append(text)
    told = {line: _told_in(" ".join(texts)) for line, texts in rows.items()}
    return [told[line] or None for line, _ in parts]


def _told_in(row: str) -> str:
    beside = _NOTED.search(row) or _WHOLE.search(row)
    cells = re.split(r"; | \| ", beside["cells"].strip()) if beside else ()
    parts = (cell.partition(": ") for cell in cells)
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
