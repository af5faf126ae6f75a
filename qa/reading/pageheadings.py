"""Headings of a web page, put back where they stand: above the paragraphs that a text has of it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qa.reading.webpage import HEADINGS, Line, article, away, letters

if TYPE_CHECKING:
    from lxml.html import HtmlElement

START = 40  # letters by which a line is known again; at its end may be a note or a button
LONGEST = 240  # characters; a heading with more was left open, and has the text below it inside


def flatten(tree: "HtmlElement") -> None:
    """Make each heading a line: its blocks would be paragraphs. Changes `tree`.

    A link of it that runs a script shows what is below; one that leads away tells of another page.
    """
    for heading in tree.iter(*HEADINGS):
        for link in heading.iter("a"):
            if link.get("href", "").startswith("javascript:"):
                del link.attrib["href"]
        if len(heading.text_content()) <= LONGEST and not any(map(away, heading.iter("a"))):
            for part in heading.iter("p", "div"):
                part.tag, part.tail = "span", f" {part.tail or ''}"


def placed(text: str, page: Sequence[Line]) -> str:
    """`text` with the headings that the article of its `page` has right above one of its lines.

    Where no element is named as a page's main one, trafilatura gathers paragraphs and tables from
    all of it, and leaves out what is neither.
    """
    lines = text.splitlines()
    left, above = _indexes(lines), defaultdict[int, list[str]](list)
    main = article([line for line in page if line.key[:START] in left])
    inside = [line for line in page if main in line.within]
    lacking = Counter(line.key[:START] for line in inside)
    lacking.subtract({key: len(found) for key, found in left.items()})
    below = -1
    for line in reversed(inside):
        key = line.key[:START]
        if line.linked or line.answers or line.offers:
            below = -1
        elif line.heading and below >= 0 and lacking[key] > 0 and key != _key(lines, below - 1):
            above[below].append(line.text)
        else:
            below = left[key].pop() if left.get(key) else -1
    return "\n".join(line for at, below in enumerate(lines) for line in (*above[at][::-1], below))


def _indexes(lines: Sequence[str]) -> dict[str, list[int]]:
    """Where the lines that start so are; a row of a table starts with its first cell, too."""
    found = defaultdict[str, list[int]](list)
    for index, line in enumerate(lines):
        starts = {line, line.split(" | ")[0]} if line.startswith("|") else {line}
        for key in {letters(start)[:START] for start in starts}:
            found[key].append(index)
    return found


def _key(lines: Sequence[str], index: int) -> str:
    return letters(lines[index])[:START] if index >= 0 else ""
