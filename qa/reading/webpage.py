"""What stands around the main text of a web page: its lead, links to others, what readers say."""

import re
from collections import Counter
from collections.abc import Collection, Sequence, Set
from itertools import groupby
from typing import TYPE_CHECKING

from qa.reading.notices import is_notice
from qa.reading.pagelines import LEAD, Line, letters
from qa.types import Span

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_AROUND = ("aside", "footer", "form", "nav")  # of these, what a page may have left open
_LINE = re.compile(r"[^\n]+")
_ENDS = '.!?…»”"'  # of a sentence
LEADS = 3  # paragraphs; where more stand above a text, it is another's
MOST = 0.9  # of a text, which its article's element holds
TITLE = 15  # letters; "Read more" has fewer, and so has what is linked in passing
TEASERS = 3  # links; fewer may be the article's own
SAID = 4  # lines of another page: its date, who wrote it and what it is about
OWN = 0.5  # of a text; where teasers are more, the page is there for them


def unwrap(tree: "HtmlElement") -> None:
    """Take away what a page left open, such as its navigation, so that all its article is in it.

    Such an element has the title and most paragraphs, which no other one has. Changes `tree`.
    """
    texts = [p for p in tree.iter("p") if len(letters(p.text_content())) >= LEAD]
    around = Counter(element for p in texts for element in p.iterancestors(*_AROUND))
    for element, held in around.items():
        most = held >= LEADS and held > OWN * len(texts)
        if most and next(element.iter("h1"), None) is not None:
            element.drop_tag()


def leads(page: Sequence[Line], text: str) -> list[str]:
    """The paragraphs between the title and the `text`, whose element they stand outside of."""
    have, titled, found = letters(text), False, list[str]()
    for line in page:
        if len(line.key) >= LEAD and titled and not line.linked and line.key in have:
            return found if len(found) <= LEADS else []
        if line.tag == "h1":
            titled, found = True, []
        elif len(line.key) >= LEAD and not line.linked and line.text[-1] in _ENDS:
            found.append(line.text)
    return []


def asides(page: Sequence[Line], text: str) -> tuple[Span, ...]:
    """The lines of `text` that lead to other pages, the notices on it, and all beneath it."""
    found = list(_LINE.finditer(text))
    texts = [line[0] for line in found]
    keys = list(map(letters, texts))
    linked = {line.key for line in page if line.linked}
    away = linked - {line.key for line in page if line.heading}
    outside = _answered(page, keys) | _around(page, set(keys)) | away
    outside |= _boxes(page, [key for key, line in zip(keys, texts, strict=True) if line[0] != "|"])
    left = [text for text, key in zip(texts, keys, strict=True) if key not in outside]
    outside |= _menus(left, away)
    titles = _titles(texts, keys, linked)
    sizes = list(map(len, keys))
    end = _teasers(titles, sizes, sum(sizes), len(sizes))
    headings = {line.key for line in page if line.heading and line.text[-1] not in _ENDS}
    aside = [
        index >= end or keys[index] in outside or is_notice(line)
        for index, line in enumerate(texts)
    ]
    for index in range(len(texts) - 1, -1, -1):  # what announces one, or nothing, goes with it
        announces = texts[index].endswith(":") and len(keys[index]) < LEAD
        aside[index] |= announces and all(aside[index + 1 : index + 2])
    for index in range(len(texts) - 1, 0, -1):  # a heading at the end is one of what stands aside
        if not aside[index] and keys[index] not in headings:
            break
        aside[index] = True
    return tuple(Span(*line.span()) for line, out in zip(found, aside, strict=True) if out)


def _titles(texts: Sequence[str], keys: Sequence[str], linked: Set[str]) -> list[bool]:
    """Which lines are titles of other pages; an item opens with one, and tells of its page."""
    names = {key for key in linked if len(key) >= TITLE}
    sizes = sorted(set(map(len, names)))
    return [
        key in names or (text[0] == "-" and any(key[:size] in names for size in sizes))
        for text, key in zip(texts, keys, strict=True)
    ]


def _answered(page: Sequence[Line], keys: Sequence[str]) -> set[str]:
    """What readers said, without what they quote of the page; nothing where they said all of it.

    A page that is there for a discussion has no other text than the lines with these `keys`.
    """
    said = {line.key for line in page if line.answers}
    said -= {line.key for line in page if not line.answers}
    whole = sum(map(len, keys))
    return said if sum(len(key) for key in keys if key in said) <= MOST * whole else set()


def _around(page: Sequence[Line], keys: Collection[str]) -> set[str]:
    """What stands around the element of the article, in whose text the lines have these `keys`.

    That is all beneath it, and all above its title. One that leads to another page is the site's;
    of several, each is that of a section.
    """
    main = article([line for line in page if line.key in keys])
    inside = [index for index, line in enumerate(page) if main in line.within]
    if not inside:
        return set()
    texts = (at for at in inside if len(page[at].key) >= LEAD and page[at].key in keys)
    titles = [at for at, line in enumerate(page) if line.tag == "h1" and not line.linked]
    titled = len(titles) == 1 and titles[0] < next(texts, 0)
    above = page[: min(inside[0], titles[0])] if titled else ()
    outside = {line.key for line in (*above, *page[inside[-1] + 1 :])}
    return outside - {page[index].key for index in inside}


def _boxes(page: Sequence[Line], keys: Sequence[str]) -> set[str]:
    """What is said of other pages beneath most of a text, whose lines have these `keys`.

    Their titles are looked for in the page, as a text often has but what is said of them. What the
    page calls as it calls the paragraphs above is one of them, below whatever links.
    """
    have = set(keys)
    text = [line for line in page if line.key in have and not line.linked]
    most = _smallest(text, OWN)
    kinds = {_kind(line) for line in text if most in line.within and len(line.key) >= LEAD}
    own = {line.key for line in text if most in line.within or _kind(line) in kinds}
    end = max((at for at, line in enumerate(page) if line.key in own), default=len(page))
    below = page[end + 1 :]
    titles = [line.linked and len(line.key) >= TITLE for line in below]
    sizes = [len(line.key) if line.key in have and not line.linked else 0 for line in below]
    start = end + 1 + _teasers(titles, sizes, sum(map(len, keys)), SAID)
    return have & {line.key for line in page[start:]} - {line.key for line in page[:start]}


def _kind(line: Line) -> tuple[str, str]:
    """Its tag, and the class of the innermost element around it that has one; an ID is of one."""
    classes = (name.partition("#")[0].strip() for name in line.names[::-1])
    return line.tag, next(filter(None, classes), "")


def _menus(texts: Sequence[str], away: Set[str]) -> set[str]:
    """The rows of tables that are there for their links: no cell has anything else."""
    found = set[str]()
    for row, run in groupby(texts, key=lambda text: text.startswith("|")):
        lines = list(run) if row else []
        cells = set(map(letters, "|".join(lines).split("|"))) - {""}
        if cells and cells <= away:
            found.update(map(letters, lines))
    return found


def article(page: Sequence[Line]) -> int:
    """The smallest element that holds most lines, or in it the one that is called an article."""
    said = Counter[int]()
    for line in page:
        said[line.body] += len(line.key) >= LEAD
    smallest = _smallest(page, MOST)
    bodies = [place for place, paragraphs in said.items() if paragraphs >= LEADS and place >= 0]
    return max(smallest, *bodies) if len(bodies) == 1 else smallest


def _smallest(page: Sequence[Line], share: float) -> int:
    """The smallest element that holds this share of what the lines hold."""
    sizes = Counter[int]()
    for line in page:
        sizes.update(dict.fromkeys(line.within, len(line.key)))
    least = share * max(sizes.values(), default=0)
    return max((place for place, size in sizes.items() if size >= least), default=0)


def _teasers(titles: Sequence[bool], sizes: Sequence[int], whole: int, said: int) -> int:
    """The line from which on all is but a list of other pages, each with a word on it.

    That is not most of the `whole` text, and of each page some lines are `said` at most.
    """
    best, at, score, size, lines = 0, len(titles), 0, 0, 0
    for index in range(len(titles) - 1, -1, -1):
        score += 2 if titles[index] else -(sizes[index] >= LEAD)
        size += sizes[index]
        lines = 0 if titles[index] else lines + (sizes[index] > 0)
        if size > OWN * whole or lines > said:
            break
        if score > best:
            best, at = score, index
    return at if sum(titles[at:]) >= TEASERS else len(titles)
