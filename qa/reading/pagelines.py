"""The lines of a web page, in order, with what the page tells of each."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6", "summary")  # one opens and closes what is below
# What holds a line of text, and what a paragraph of an article does not stand in.
_BLOCKS = ("body", "main", "article", "section", "div")
_HOLDERS = ("p", "li", "dt", "dd", "blockquote", "td", *_BLOCKS, *HEADINGS)
_BESIDE = frozenset(("aside", "figure", "footer", "form", "nav", "noscript", "script", "style"))
# What else a line ends at.
_ENDING = ("address", "br", "center", "details", "dl", "header", "hr", "ol", "pre", "table", "ul")
_BREAKS = frozenset((*_HOLDERS, *_ENDING, *_BESIDE))
_UNREAD = ("datalist", "math", "script", "select", "style", "svg", "textarea", "video")
_ITEMS = ("li", "dt", "dd")
# What holds comments; an article that has some is "commented", or "commentable".
_ANSWERS = re.compile(
    r"(?:^|[\s_-])(?:comment(?:aire)?s?(?!ed|able|ary)|comentarios?|disqus)", re.IGNORECASE
)
# What holds buttons or a field to fill in; an article may be "related" or "shared" as a whole.
_OFFERS = re.compile(
    r"(?:^|[\s_-])(?:shar(?:e|ing)|social|cookies?|newsletters?|related|ad(?:vert\w*)?s?)(?:$|[\s_-])",
    re.IGNORECASE,
)
LINKED = 0.8  # of the letters of a line that is there for its links
LINKED_HEADING = 0.5  # many have the name of a section or an author in them
_PROSE = 100  # letters of a sentence that is none of those that invite to follow a link
_GOES_ON = 4  # words behind it
LEAD = 60  # letters; a byline and a date have fewer


@dataclass(frozen=True, slots=True)
class Line:
    """A text within one element, from one break or paragraph to the next.

    `linked` if it is a link to another page, or nearly so, `leaps` to a place of this one;
    `answers` if it stands among what readers said of this one, `offers` among what they may do with
    it. `within` are the elements it stands in, by their places in the page, `names` what the page
    calls each of them, and `body` is the innermost that it calls its article, or -1.
    """

    tag: str
    text: str
    item: bool
    linked: bool
    leaps: bool
    answers: bool
    offers: bool
    within: tuple[int, ...]
    names: tuple[str, ...]
    body: int

    @property
    def key(self) -> str:
        return letters(self.text)

    @property
    def heading(self) -> bool:
        return self.tag in HEADINGS


@dataclass(frozen=True, slots=True)
class _Open:
    """An element that a text stands in, and what is so for all that stands in it."""

    tag: str = ""
    name: str = ""
    place: int = -1
    away: bool = False
    leaps: bool = False
    item: bool = False
    unread: bool = False
    beside: bool = False
    answers: bool = False
    offers: bool = False
    body: int = -1


def lines(tree: "HtmlElement") -> Iterator[Line]:
    """The lines of a page, in order; of those that are never of its text, what is a link alone."""
    from lxml.etree import iterwalk

    stack, texts, places = list[_Open](), list[tuple[str, _Open]](), count()
    for event, element in iterwalk(tree, events=("start", "end")):
        if element.tag in _BREAKS:
            yield from _line(stack, texts)
            texts.clear()
        if event == "start":
            stack.append(_opened(element, next(places), stack))
        else:
            stack.pop()
        text = element.text if event == "start" else element.tail
        if text and stack and not stack[-1].unread:
            texts.append((text, stack[-1]))


def _opened(element: "HtmlElement", place: int, stack: Sequence[_Open]) -> _Open:
    around = stack[-1] if stack else _Open()
    return _Open(
        element.tag,
        _name(element),
        place,
        away=around.away or away(element),
        leaps=around.leaps or (element.tag == "a" and element.get("href", "").startswith("#")),
        item=element.tag in _ITEMS or (around.item and element.tag not in HEADINGS),
        unread=around.unread or element.tag in _UNREAD or _is_pressed(element, stack),
        beside=around.beside or element.tag in _BESIDE,
        answers=around.answers or _answers(element),
        offers=around.offers or _offers(element),
        body=place if _is_body(element) else around.body,
    )


def _is_pressed(element: "HtmlElement", stack: Sequence[_Open]) -> bool:
    """Whether it is a button, and not one that is a heading."""
    return element.tag == "button" and not any(around.tag in HEADINGS for around in stack)


def _line(stack: Sequence[_Open], texts: Sequence[tuple[str, _Open]]) -> Iterator[Line]:
    """The line, if it is one, of `texts` in a `stack` of elements; each may be a link."""
    holder = next((element for element in reversed(stack) if element.tag in _HOLDERS), None)
    text = " ".join("".join(text for text, _ in texts).split())
    if holder is None or not (size := len(letters(text))):
        return
    links = sum(len(letters(text)) for text, around in texts if around.away)
    leaps = sum(len(letters(text)) for text, around in texts if around.leaps)
    least = LINKED_HEADING if holder.tag in HEADINGS else LINKED
    linked = links >= least * (size - _announcement(texts)) and not _is_sentence(texts, size)
    beside = all(around.beside for text, around in texts if letters(text))
    if linked or not beside:
        yield Line(
            holder.tag,
            text,
            holder.item,
            linked,
            leaps >= LINKED * size,
            holder.answers,
            holder.offers,
            tuple(element.place for element in stack),
            tuple(element.name for element in stack),
            holder.body,
        )


def _is_sentence(texts: Sequence[tuple[str, _Open]], size: int) -> bool:
    """Whether a long link stands within a sentence, which goes on behind it to its full stop."""
    told = [(text.strip(), around.away) for text, around in texts if text.strip()]
    (first, opens), (last, ends) = told[0], told[-1]
    goes_on = len(last.split()) >= _GOES_ON and last.endswith(".")
    return size >= _PROSE and goes_on and not (opens or ends or first.endswith(":"))


def _announcement(texts: Sequence[tuple[str, _Open]]) -> int:
    """The letters before the colon that announces a title ("Read more:") which is a link.

    An address is no title: "Web:" and one are for those who want to reach somebody.
    """
    before = "".join(text for text, _ in takewhile(lambda piece: not piece[1].away, texts))
    title = "".join(text for text, around in texts if around.away).strip()
    announces = before.rstrip().endswith(":") and len(letters(before)) < LEAD
    return len(letters(before)) if announces and " " in title else 0


def _name(element: "HtmlElement") -> str:
    """Its classes, then #ID; an article is called one by its tag."""
    named = [element.tag] if element.tag == "article" else []
    named += element.get("class", "").split()
    return " ".join((*named, *(f"#{name}" for name in element.get("id", "").split())))


def away(element: "HtmlElement") -> bool:
    """Whether it is a link to another page."""
    return element.tag == "a" and not element.get("href", "#").startswith(("#", "mailto:", "tel:"))


def _is_body(element: "HtmlElement") -> bool:
    """Whether it is an article by schema.org's word or by HTML's, with a title of its own."""
    titled = element.tag == "article" and next(element.iter("h1"), None) is not None
    return titled or "articleBody" in element.get("itemprop", "").split()


def _answers(element: "HtmlElement") -> bool:
    return _is_called(element, _ANSWERS)


def _offers(element: "HtmlElement") -> bool:
    """Whether it is there for what its reader may do, and has a heading at most to tell of it."""
    return _is_called(element, _OFFERS) and next(element.iter("p"), None) is None


def _is_called(element: "HtmlElement", names: re.Pattern[str]) -> bool:
    given = f"{element.get('id', '')} {element.get('class', '')}"
    return element.tag not in ("html", "body") and names.search(given) is not None


def letters(text: str) -> str:
    """Its letters and digits: what a text has in common with the page it was taken from."""
    return "".join(filter(str.isalnum, text))
