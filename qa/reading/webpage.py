"""What stands around the main text of a web page: its lead, links to others, what readers say."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa.types import Span

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# What holds a line of text, and what a paragraph of an article does not stand in.
_HOLDERS = ("p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "td")
_BESIDE = frozenset(("aside", "figure", "footer", "form", "nav", "noscript", "script", "style"))
# What holds comments; an article that has some is "commented", or "commentable".
_ANSWERS = re.compile(
    r"(?:^|[\s_-])(?:comment(?:aire)?s?(?!ed|able|ary)|comentarios?|disqus)", re.IGNORECASE
)
_LINE = re.compile(r"[^\n]+")
_ENDS = '.!?…»”"'  # of a sentence
LINKED = 0.8  # of the letters of a line that is there for its links
LINKED_HEADING = 0.5  # many have the name of a section or an author in them
LEAD = 60  # letters; a byline and a date have fewer
LEADS = 3  # paragraphs; where more stand above a text, it is another's
MOST = 0.9  # of a text, which its article's element holds
TEASERS = 3  # links; fewer may be the article's own
OWN = 0.5  # of a text; where teasers are more, the page is there for them


@dataclass(frozen=True, slots=True)
class Line:
    """An innermost element that holds text.

    `linked` if it is a link to another page, or nearly so; `answers` if it stands among what
    readers said of this one. `within` are the elements it stands in, by their places in the page.
    """

    tag: str
    text: str
    linked: bool
    answers: bool
    within: tuple[int, ...]

    @property
    def key(self) -> str:
        return letters(self.text)

    @property
    def heading(self) -> bool:
        return self.tag[0] == "h"


def lines(tree: "HtmlElement") -> Iterator[Line]:
    """The lines of a page, in order, without those that never are of its text."""
    places = {element: place for place, element in enumerate(tree.iter())}
    for element in tree.iter(*_HOLDERS):
        if next(element.iterchildren(*_HOLDERS), None) is not None:
            continue
        text = " ".join(element.text_content().split())
        within = [element, *element.iterancestors()]
        if (size := len(letters(text))) and not any(e.tag in _BESIDE for e in within):
            links = sum(len(letters(a.text_content())) for a in element.iter("a") if _away(a))
            least = LINKED_HEADING if element.tag[0] == "h" else LINKED
            linked = links >= least * size or any(map(_away, within))
            answers = any(map(_answers, within))
            yield Line(element.tag, text, linked, answers, tuple(places[e] for e in within))


def _away(element: "HtmlElement") -> bool:
    """Whether it is a link to another page."""
    return element.tag == "a" and not element.get("href", "#").startswith(("#", "mailto:", "tel:"))


def _answers(element: "HtmlElement") -> bool:
    names = f"{element.get('id', '')} {element.get('class', '')}"
    return element.tag not in ("html", "body") and _ANSWERS.search(names) is not None


def leads(page: Sequence[Line], text: str) -> list[str]:
    """The paragraphs between the title and the `text`, whose element they stand outside of."""
    have, titled, found = letters(text), False, list[str]()
    for line in page:
        if len(line.key) >= LEAD and titled and line.key in have:
            return found if len(found) <= LEADS else []
        if line.tag == "h1":
            titled, found = True, []
        elif len(line.key) >= LEAD and not line.linked and line.text[-1] in _ENDS:
            found.append(line.text)
    return []


def asides(page: Sequence[Line], text: str) -> tuple[Span, ...]:
    """The lines of `text` that lead to other pages, and all that stands beneath its article."""
    found = list(_LINE.finditer(text))
    keys = [letters(line[0]) for line in found]
    linked = {line.key for line in page if line.linked}
    titles = {line.key for line in page if line.heading}
    outside = _answered(page, keys) | _beneath(page, set(keys))
    end = _teasers([key in linked for key in keys], list(map(len, keys)))
    spans = list[Span]()
    for index in range(len(found) - 1, -1, -1):
        line, key = found[index], keys[index]
        leads_away = key in linked and key not in titles
        announced = bool(spans) and spans[-1].start == found[index + 1].start()
        announces = announced and line[0].endswith(":") and len(key) < LEAD
        if index >= end or key in outside or leads_away or announces:
            spans.append(Span(*line.span()))
    return tuple(reversed(spans))


def _answered(page: Sequence[Line], keys: Sequence[str]) -> set[str]:
    """What readers said, without what they quote of the page; nothing where they said all of it.

    A page that is there for a discussion has no other text than the lines with these `keys`.
    """
    said = {line.key for line in page if line.answers}
    said -= {line.key for line in page if not line.answers}
    whole = sum(map(len, keys))
    return said if sum(len(key) for key in keys if key in said) <= MOST * whole else set()


def _beneath(page: Sequence[Line], keys: Collection[str]) -> set[str]:
    """What stands beneath the smallest element that holds most of the lines with these `keys`."""
    sizes = Counter[int]()
    for line in page:
        if line.key in keys:
            sizes.update(dict.fromkeys(line.within, len(line.key)))
    least = MOST * max(sizes.values(), default=0)
    main = max((place for place, size in sizes.items() if size >= least), default=0)
    inside = [index for index, line in enumerate(page) if main in line.within]
    below = page[inside[-1] + 1 :] if inside else ()
    return {line.key for line in below} - {page[index].key for index in inside}


def _teasers(linked: Sequence[bool], sizes: Sequence[int]) -> int:
    """The line from which on a text is but a list of other pages, each with a word on it."""
    best, at, score, size = 0, len(linked), 0, 0
    for index in range(len(linked) - 1, -1, -1):
        score += 2 if linked[index] else -(sizes[index] >= LEAD)
        size += sizes[index]
        if size > OWN * sum(sizes):
            break
        if score > best:
            best, at = score, index
    return at if sum(linked[at:]) >= TEASERS else len(linked)


def letters(text: str) -> str:
    """Its letters and digits: what a text has in common with the page it was taken from."""
    return "".join(filter(str.isalnum, text))
