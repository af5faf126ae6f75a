"""The date of a document: what its name, its format or its own dateline tells.

Only what can be read in one way is taken: "03/04/2015" is March here and April there.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice

from qa.language import fold
from qa.months import NAMED, NUMBERS
from qa.reading.extract import Extract
from qa.types import Span

TOP = 3000  # characters of a text in which a dateline is looked for: a page with its menus
END = 2000  # characters at the end, where it says when a contract was signed, above the names
HEAD = 3  # lines at the top, of which one may name the month of an issue
_NUMBERED = "1800"  # what is less may number a file; its day would tell that it is a year
NEAR = 60  # characters from there to the date: a place, and how many copies there are
PLACE = 40  # characters that may stand before the date on its line: "La Paz, Bolivia, le"

_YEAR = r"(?:1[5-9]|20)\d\d"
_LATE = r"(?:19|20)\d\d"  # what is less, and alone, may count something
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|°)?"
_WRITTEN = re.compile(
    rf"(?P<iso>{_YEAR}(?P<mark>[-/])\d\d?(?P=mark)\d\d?)(?!\d)"
    rf"|\b{_DAY}\s+(?:of\s+|de\s+)?(?P<month>{NAMED})\.?,?\s+(?:del?\s+)?(?P<year>{_YEAR})\b"
    rf"|\b(?P<month2>{NAMED})\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year2>{_YEAR})\b"
)
# A month alone, a year, or a date in figures, too: whatever a text may say of when.
_WHEN = re.compile(
    rf"(?<!\d)(?:\d{{1,2}}\D\d{{1,2}}\D{_LATE}|{_LATE}(?:\D\d{{1,2}}\D\d{{1,2}})?)(?!\d)"
    rf"|(?:\d{{1,2}}\w{{0,2}}\s(?:of\s|de\s)?)?\b(?:{NAMED})\b(?:\s\d{{1,2}}(?!\d))?"
)
# "This agreement is made on", "Firmado en Lima, el"; what else was made or signed is another thing.
_DEED = (
    "agreement|contract|deed|lease|treaty|memorandum|protocol|contrat|accord|bail|traite|convention"
    "|protocole|contrato|convenio|acuerdo|tratado|protocolo"
)
_SIGNED = re.compile(
    rf"(?:(?:th(?:is|e)|le present|la presente|el presente|este)(?: \w+){{0,3}}? (?:{_DEED})\b"
    r".{0,20}? (?:made|dated|entered into|signed|concluded|conclue?|signee?|faite?|celebrad[oa]"
    r"|firmad[oa]|suscrit[oa])"
    r"|(?:done|signed|made|dated|executed|faite? (?:a|en|le)|signee? (?:a|en|le)|hech[oa] en"
    r"|firmad[oa] en|suscrit[oa] en|dad[oa] en))\b"
    r"(?!.{0,60}\b(?:compter|partir|effe(?:ct|t)|efecto|vig(?:or|ueur))\b)"
)
# "Newsletter – May 2023": the month of an issue, and not one that the title tells of.
_ISSUE = re.compile(
    rf"(?:^|[-–—,|·:(]\s?)(?P<month>{NAMED})\.?,?\s+(?:del?\s+)?(?P<year>{_YEAR})\)?[\s.*_]*$"
)
# What may follow a date that says when the whole was written: nothing, or the dash of a dateline.
_ENDS = re.compile(r"[\s.)*_]*(?:$|[-–—:]{1,2}(?:\s|$|(?=\w)))")
_NAMED = re.compile(
    rf"(?:^|[\W_])[^\W\d_]*(?P<year>{_YEAR})(?:(?P<mark>[-_. ]?)(?P<month>0[1-9]|1[0-2])"
    rf"(?:(?P=mark)(?P<day>0[1-9]|[12]\d|3[01]))?)?(?![^\W_])"
)


def date_of(name: str, extract: Extract) -> str:
    """YYYY-MM-DD, YYYY-MM or YYYY; "" where none is known.

    `name` is the file's, without its suffix. A day in the name comes before the date that the
    format tells; then come the dateline of the text, the day on which it was signed, a month in the
    name or that of an issue, and a year in the name. The day on which the file was saved is the
    last, as files are converted and saved anew.
    """
    named = in_name(name)
    if len(named) == len("2015-03-27"):
        return named
    told = written(extract.date) or dateline(extract.text, extract.asides) or signed(extract.text)
    month = "" if "-" in named else issued(extract.text)
    return told or month or named or written(extract.saved)


def in_name(name: str) -> str:
    """The date in a file's name; "" where there is none, or several that differ."""
    found = set[str]()
    for match in _NAMED.finditer(name):
        if match["day"]:
            found.add(_iso(match["year"], match["month"], match["day"]))
        elif match["year"] < _NUMBERED:
            continue
        elif match["month"] and match["mark"]:  # "201503" may be a number of any kind
            found.add(f"{match['year']}-{match['month']}")
        elif not match["month"]:
            found.add(match["year"])
    days = {day for day in found if len(day) == len("2015-03-27")}
    found = days or found  # whatever year a report of that day is on
    return found.pop() if len(found) == 1 else ""


def days(text: str) -> list[str]:
    """All that a text says of days, months and years, in order and in small letters."""
    return _WHEN.findall(_plain(text))


def dateline(text: str, asides: Sequence[Span] = ()) -> str:
    """The date on a line of its own near the top, or before the dash of a press release.

    "" where there is none, or where there are several that differ, as in a chronicle.
    """
    start = next((span.end for span in asides if span.start == 0), 0)
    lines = text[start : start + TOP].splitlines()
    found = {day for line in lines if (match := _dated(_plain(line))) and (day := _found(match))}
    return found.pop() if len(found) == 1 else ""


def signed(text: str) -> str:
    """The date on which a contract says, at its top or its end, that it was signed.

    "" where there is none, or where there are several that differ.
    """
    found = set[str]()
    for line in (*text[:TOP].splitlines(), *text[-END:].splitlines()):
        plain = _plain(line)
        if opening := _SIGNED.match(plain):
            match = _WRITTEN.search(plain, opening.end())
            if match is not None and match.start() <= opening.end() + NEAR:
                found.add(_found(match))
    return found.pop() if len(found) == 1 else ""


def issued(text: str) -> str:
    """The month of an issue, YYYY-MM, that ends one of the first lines or is all of it; else ""."""
    lines = islice(filter(str.strip, text[:TOP].splitlines()), HEAD)
    found = {
        f"{match['year']}-{NUMBERS[match['month']]:02}"
        for line in lines
        if (match := _ISSUE.search(_plain(line)))
    }
    return found.pop() if len(found) == 1 else ""


def dated_lines(text: str) -> Iterator[Span]:
    """The lines near the top that say where and when, and no more: "Geneva, 8 January 2024"."""
    start = 0
    for line in text[:TOP].splitlines(keepends=True):
        plain = _plain(line)
        match = _dated(plain)
        if match and not any(map(str.isalnum, plain[match.end() :])):
            yield Span(start, start + len(line))
        start += len(line)


def _dated(line: str) -> re.Match[str] | None:
    """The date of a line that starts or ends with one, but for the place."""
    match = next(_WRITTEN.finditer(line[: PLACE + 40]), None)
    if match is None or match.start() > PLACE or not _ENDS.match(line, match.end()):
        return None
    before = line[: match.start()]
    return match if len(before.split()) <= 5 and not re.search(r"\d", before) else None


def written(text: str) -> str:
    """An ISO date, whatever follows it, or one in words; a year, alone or with its month.

    As YYYY-MM-DD, YYYY-MM or YYYY; "" where there is none.
    """
    plain = _plain(text).strip()
    partial = re.match(rf"({_YEAR})(?:-(0[1-9]|1[0-2]))?(?:$|-\d\d(?!\d))", plain)
    match = _WRITTEN.search(plain)
    if match is not None:
        return _found(match)
    return "-".join(filter(None, partial.groups())) if partial else ""


def _found(match: re.Match[str]) -> str:
    if match["iso"]:
        return _iso(*match["iso"].split(match["mark"]))
    month = NUMBERS[match["month"] or match["month2"]]
    return _iso(match["year"] or match["year2"], month, match["day"] or match["day2"])


def _iso(*parts: str | int) -> str:
    try:
        return date(*map(int, parts)).isoformat()
    except ValueError:  # the 31st of February
        return ""


def _plain(line: str) -> str:
    """Small letters without accents, marks of Markdown and no-break spaces; º stays."""
    return " ".join(fold(line.strip().lstrip("#>*_ ")).split())
