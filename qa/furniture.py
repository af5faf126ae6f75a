"""What stands on a page beside its text: menus, and the people to contact."""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from qa.layout import MAX_WRAP, Line, stretches

ITEM = 90  # characters; the names of departments in a menu of IOM's reach 69
CARD = 6  # lines between "please contact" and the number: a name, an office, an address

_LONE = frozenset("-–—•*·▪")
_INTRODUCES = re.compile(r"[:;,]$")
_ASKS = re.compile(
    r"\b(?:contact(?:er|ez|ar|arse|os?|e|s)?|(?:more|further) information|m[aá]s informaci[oó]n"
    r"|plus d['’]informations?|renseignements)\b",
    re.IGNORECASE,
)
_DEVICE = (
    r"\b(?:telf?|t[eé]l[eé]?(?:f|phone|fono)?|phone|mob(?:ile)?|m[oó]vil|cel+(?:ular)?|portable"
    r"|gsm|fax|e-?mail|correo|courriel|m[eé]l|whatsapp|skype)\b"
)
_VALUE = r"(?:\+|\(?\d[\d\s().+/-]{4}|[\"<]?(?:mailto:)?[\w.+-]+@)"
# Digits and marks that are hours, a day or a span of years, and no telephone number.
_WHEN = (
    r"(?:\d{1,2}[.:]\d\d\s?-\s?\d{1,2}[.:]\d\d|\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d"
    r"|(?:19|20)\d\d(?:\s?[/-]\s?(?:19|20)\d\d|-\d\d-\d\d))\b"
)
# A line that is nothing but a number or an address …
_DETAIL = re.compile(
    rf"\W*{_DEVICE}(?:[^:@\d]{{0,20}}:\s*(?:$|{_VALUE})|[\s.]*{_VALUE})"
    rf"|\S+@\S+$|(?!{_WHEN})[+(]?\d[\d\s().+/-]{{6,}}(?:ext\.?\s?\d+)?$|(?:https?:|www\.)\S+$",
    re.IGNORECASE,
)
# … and one that has one in it, which counts where somebody was to be contacted.
_REACHES = re.compile(rf"{_DEVICE}[^@\d]{{0,20}}{_VALUE}|@", re.IGNORECASE)


def menus(lines: Sequence[Line]) -> set[int]:
    """The lines (by index) left over from a page's navigation.

    A list is a menu only where it shows that it was one, by a lone bullet, a doubled label or a
    label glued to what follows: the bulleted findings of a report must stay prose.
    """
    found = set[int]()
    for stretch in stretches(lines):
        signs = {index for index in stretch if _is_sign(lines, index, stretch)}
        like = {i for i in stretch if i in signs or _may_belong(lines, i, stretch)}
        for alike, group in groupby(stretch, key=like.__contains__):
            run = list(group)
            if alike:
                menu = not signs.isdisjoint(run)
                found.update(i for i in run if menu or lines[i].ornament)
        if _are_rubrics(lines, stretch):
            found.update(stretch)
    return found


def glued(label: str, text: str) -> bool:
    """Whether `label` was copied to the start of a sentence: "Our WorkAs the leading …"."""
    rest = text[len(label) :]
    same = label != "" and text[: len(label)].casefold() == label.casefold()
    return same and rest[:1].isupper()


def _is_sign(lines: Sequence[Line], index: int, stretch: range) -> bool:
    """Whether only a menu has such a line."""
    line = lines[index]
    if line.ornament or not line.label:
        return line.text in _LONE
    beside = {lines[i].text.casefold() for i in (index - 1, index + 1) if i in stretch}
    doubled = line.text.casefold() in beside and any(map(str.isalpha, line.text))
    below = lines[index + 1] if index + 1 in stretch else None
    return doubled or (below is not None and below.finished and glued(line.text, below.text))


def _may_belong(lines: Sequence[Line], index: int, stretch: range) -> bool:
    """Whether a menu may have such a line among its others."""
    line = lines[index]
    if line.ornament:
        return True
    if line.finished or _INTRODUCES.search(line.text):
        return False
    beneath = index - 1 in stretch and lines[index - 1].text in _LONE
    return (beneath and line.label) or (line.bullet and len(line.text) <= ITEM)


def _are_rubrics(lines: Sequence[Line], stretch: range) -> bool:
    """Whether a page starts with a stack of rubrics ("Press", "Local") above its headline."""
    if stretch.start > 0 or len(stretch) < 2 or stretch.stop == len(lines):
        return False
    below = lines[stretch.stop]
    headline = not below.finished and len(below.text.split()) > 3
    return headline and all(map(_is_rubric, lines[: stretch.stop]))


def _is_rubric(line: Line) -> bool:
    bare = not line.finished and not any(map(str.isdigit, line.text))
    return bare and len(line.text) <= 40 and len(line.text.split()) <= 3


def cards(lines: Sequence[Line], taken: Collection[int]) -> Iterator[range]:
    """The contact blocks: from the request, or the name, to the last number or address."""
    floor = 0
    for index, line in enumerate(lines):
        if index < floor or index in taken:
            continue
        asks = len(line.text) <= MAX_WRAP and not line.goes_on and bool(_ASKS.search(line.text))
        stop = _card_end(lines, index, asks, taken)
        if stop > index:
            start = index if asks else _card_start(lines, index, floor, taken)
            yield range(start, stop)
            floor = stop


def _card_start(lines: Sequence[Line], first: int, floor: int, taken: Collection[int]) -> int:
    """The first of the names and offices directly above a number or address."""
    start = first
    while start > max(floor, first - CARD) and not lines[start].gap:
        if start - 1 in taken or not lines[start - 1].label:
            break
        start -= 1
    return start


def _card_end(lines: Sequence[Line], first: int, asks: bool, taken: Collection[int]) -> int:
    """One past the last line of the contact block that starts at `first`; `first` for none."""
    end = first
    if not asks and not _is_detail(lines[first]):
        return end
    for index in range(first, len(lines)):
        line, known = lines[index], end > first
        if index in taken:
            break
        if _is_detail(line) or (asks and not (known and line.gap) and _reaches(line)):
            end = index + 1
        elif index == first and asks:
            continue
        elif not line.label or (known and line.gap) or index - max(end, first) >= CARD:
            break
    else:
        index = len(lines)
    address = index == len(lines) or lines[index].gap  # labels under the number, then a blank line
    return index if end > first and address else end


def _is_detail(line: Line) -> bool:
    return len(line.text) <= MAX_WRAP and bool(_DETAIL.match(line.text))


def _reaches(line: Line) -> bool:
    return len(line.text) <= MAX_WRAP and bool(_REACHES.search(line.text))
