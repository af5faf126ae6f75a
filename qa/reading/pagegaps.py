"""What a text lacks of its web page, put back where it stands: headings, lists, loose lines."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from qa.reading.pagelines import HEADINGS, LEAD, Line, away, letters
from qa.reading.webpage import article

if TYPE_CHECKING:
    from lxml.html import HtmlElement

START = 40  # letters by which a line is known again; at its end may be a note or a button
LONGEST = 240  # characters; a heading with more was left open, and has the text below it inside
FEW = 10  # classes; of 232 saved pages, those written by hand have 6 at most, most others 12
LINES = ("p", "li", "dt", "dd", "td", "th", "blockquote", *HEADINGS)
HELD = 2  # paragraphs; an element that has as many of a text is of the text
REACH = 10_000  # letters of a text in which the rest of a row or of a paragraph is looked for


def _called(names: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|[\s#_-])(?:{names})(?:$|[\s_-])", re.IGNORECASE)


_AROUND = _called(r"foot(?:er)?|nav(?:igation)?|menu|side(?:bar)?|breadcrumbs?|pied|pie")
_QUESTION = r"faqs?|questions?|answers?|accordion|r[ée]ponses?|preguntas?|respuestas?"
_ASKED = _called(_QUESTION)
_OPENS = _called(rf"collapsible|{_QUESTION}")  # of a button: a table of links may be collapsible


def flatten(tree: "HtmlElement") -> None:
    """Make each heading a line: its blocks would be paragraphs. Changes `tree`.

    A button that opens what is below is one; a link that runs a script does so, too, and one that
    leads away tells of another page.
    """
    for button in tree.iter("button"):
        inside = next(button.iterancestors(*HEADINGS), None)
        if inside is None and _OPENS.search(button.get("class", "")):
            button.tag = "summary"
    for heading in tree.iter(*HEADINGS):
        for link in heading.iter("a"):
            if link.get("href", "").startswith("javascript:"):
                del link.attrib["href"]
        if len(heading.text_content()) <= LONGEST and not any(map(away, heading.iter("a"))):
            for part in heading.iter("p", "div"):
                part.tag, part.tail = "span", f" {part.tail or ''}"


def keep_times(tree: "HtmlElement") -> None:
    """Make each time a part of the line it stands in, which would be without it. Changes `tree`.

    One that has a line to itself tells when the page was written.
    """
    for time in list(tree.iter("time")):
        line = next(time.iterancestors(*LINES), None)
        if line is not None and letters(line.text_content()) != letters(time.text_content()):
            time.drop_tag()


def placed(text: str, page: Sequence[Line]) -> str:
    """`text` with what it lacks of the article of its `page`, each line where it stands.

    Where no element is named as a page's main one, trafilatura gathers paragraphs and tables from
    all of it, and leaves out what is neither. A heading comes back with what is right below it.
    """
    lines, few_names = text.splitlines(), _has_few_names(page)
    found = _indexes(lines)
    main = article([line for line in page if line.key[:START] in found])
    main = _with_siblings(main, page) if few_names else main
    inside = [line for line in page if main in line.within]
    places = _places(inside, lines, found)
    owns = _own(inside, places, few_names)
    there = list(_there(inside, places, lines))
    put = defaultdict[int, list[str]](list)  # above which lines
    below, told = 1 + next((place for place in reversed(places) if place >= 0), -1), False
    for index in range(len(inside) - 1, -1, -1):
        line, own = inside[index], owns[index] and not there[index]
        if places[index] >= 0:
            below, told = places[index], True
            continue
        told = _is_text(line) and ((line.heading and told) or own)
        if told:
            put[below].append(f"- {line.text}" if line.item else line.text)
    return "\n".join(
        line for at in range(len(lines) + 1) for line in (*put[at][::-1], *lines[at : at + 1])
    )


def _has_few_names(page: Sequence[Line]) -> bool:
    """Whether no template made the page, as far as the classes of its elements tell."""
    elements = {name for line in page for name in line.names}
    return len({name for names in elements for name in names.split() if name[0] != "#"}) <= FEW


def _with_siblings(main: int, page: Sequence[Line]) -> int:
    """The element around `main`, if others in it are called the same: each has a part of the text.

    Trafilatura takes the first of them for all.
    """
    line = next((line for line in page if main in line.within), None)
    depth = line.within.index(main) if line else 0
    if line is None or not depth or not line.names[depth]:
        return main
    parent, name = line.within[depth - 1], line.names[depth]
    parts = {
        line.within[depth]
        for line in page
        if parent in line.within and line.names[depth : depth + 1] == (name,)
    }
    return parent if len(parts) > 1 else main


def _indexes(lines: Sequence[str]) -> dict[str, list[int]]:
    """Where the lines that start so are; a row of a table starts with its first cell, too."""
    found = defaultdict[str, list[int]](list)
    for index, line in enumerate(lines):
        starts = {line, line.split(" | ")[0]} if line.startswith("|") else {line}
        for key in {letters(start)[:START] for start in starts}:
            found[key].append(index)
    return found


def _places(
    page: Sequence[Line], lines: Sequence[str], found: Mapping[str, Sequence[int]]
) -> list[int]:
    """Where each line of the `page` is among the `lines` of a text, or -1."""
    keys = [line.key[:START] for line in page]
    counts = Counter(keys)
    lacking = counts - Counter({key: len(indexes) for key, indexes in found.items()})
    once = (found[key][0] if counts[key] == 1 == len(found.get(key, ())) else -1 for key in keys)
    above = list(accumulate(once, _last))
    left = {key: list(indexes) for key, indexes in found.items()}
    places, below = list[int](), -1
    for line, key, least in zip(page[::-1], keys[::-1], above[::-1], strict=True):
        place = -1
        if not _is_text(line):
            below = -1
        elif not (line.heading and below >= 0 and lacking[key] and key != _key(lines, below - 1)):
            place = left[key].pop() if left.get(key) and left[key][-1] >= least else -1
            below = place if place >= 0 else below
        places.append(place)
    return places[::-1]


def _last(before: int, place: int) -> int:
    return place if place >= 0 else before


def _key(lines: Sequence[str], index: int) -> str:
    return letters(lines[index])[:START] if index >= 0 else ""


def _is_text(line: Line) -> bool:
    return not (line.linked or line.answers or line.offers)


def _own(page: Sequence[Line], places: Sequence[int], few_names: bool) -> list[bool]:
    """Whether each line of the `page` is its author's.

    A template names what it puts around a text. What stands in elements without a name, in those
    that paragraphs of the text stand in as well, or among questions is the author's.
    """
    paragraphs = [
        line
        for line, place in zip(page, places, strict=True)
        if place >= 0 and len(line.key) >= LEAD
    ]
    held = Counter(element for line in paragraphs for element in line.within)
    return [
        not (line.heading or line.leaps)
        and (not names or ((few_names or bool(_ASKED.search(names))) and not _AROUND.search(names)))
        for line in page
        for names in [_names(line, held)]
    ]


def _names(line: Line, held: Mapping[int, int]) -> str:
    """What the page calls the elements of the `line` that have too few of the text."""
    each = zip(line.within, line.names, strict=True)
    return " ".join(name for element, name in each if name and held.get(element, 0) < HELD)


def _there(page: Sequence[Line], places: Sequence[int], lines: Sequence[str]) -> Iterator[bool]:
    """Whether the text has each line of the `page`, be it as a part of another line.

    Such a part, as a cell of a row, is looked for from the line above it that the text has to the
    next one, in the order of the text.
    """
    keys = list(map(letters, lines))
    bounds = (*sorted(place for place in places if place >= 0), len(lines))
    ends = dict(pairwise(bounds))
    gap, spot = "".join(keys[: bounds[0]]), 0
    for line, place in zip(page, places, strict=True):
        if place >= 0:
            gap = "".join(keys[place : ends[place]])
            spot = min(len(line.key), len(keys[place]))
            yield True
            continue
        key = line.key[:START]
        at = gap.find(key, spot, spot + REACH)
        spot = at + len(key) if at >= 0 else spot
        yield at >= 0
