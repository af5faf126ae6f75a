"""The figures of a text, however they are written: "2,500", "2 500" and "deux mille cinq cents"."""

import re

from qa.types import Language

# Groups of three digits are those of one number; after any other mark stand its decimals.
_FIGURE = re.compile(
    r"(?<!\w)(?P<whole>\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3}(?!\d))+|\d+)(?:[.,](?P<part>\d+))?"
    r"(?P<pm>[ \u00a0]?p\.? ?m\b)?",
    re.IGNORECASE,
)
_NOON = 12


def figures(text: str, language: Language) -> frozenset[str]:
    """The figures in a text, in digits alone, with a point before decimals: "2500", "4.5".

    Numbers in words are among them, but for what may be an article; "7 pm" is 19.
    """
    from text_to_num import alpha2digit

    return frozenset(map(_plain, _FIGURE.finditer(alpha2digit(text, language))))


def _plain(found: re.Match[str]) -> str:
    whole = re.sub(r"\D", "", found["whole"]).lstrip("0") or "0"
    part = (found["part"] or "").rstrip("0")
    if found["pm"] and len(whole) <= len(str(_NOON)) and int(whole) < _NOON:
        whole = str(int(whole) + _NOON)
    return f"{whole}.{part}" if part else whole
