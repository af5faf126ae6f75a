"""Web pages: their main text, without what stands around it on every page of a site."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qa.reading.extract import Extract, UnreadableError
from qa.reading.text import decode
from qa.types import Span

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_HEAD = 4096  # bytes in which a page names its encoding
_CHARSET = re.compile(
    rb"<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE
)
# A line of a list or of a table, as trafilatura writes them: they belong to those beside them.
_MEMBER = re.compile(r"[-|] ?")
_LINE = re.compile(r"[^\n]+")

# What holds a line of text, and what a paragraph of an article does not stand in.
_HOLDERS = ("p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "td")
_BESIDE = frozenset(("aside", "figure", "footer", "form", "nav", "noscript", "script", "style"))
_ANSWERS = re.compile(r"(?:^|[\s_-])(?:comment(?:aire)?s?|comentarios?|disqus)", re.IGNORECASE)
_ENDS = ".!?…»”\""  # of a sentence
LINKED = 0.8  # of the letters of a line that is there for its links
LINKED_HEADING = 0.5  # many have the name of a section or an author in them
LEAD = 60  # letters; a byline and a date have fewer
LEADS = 3  # paragraphs; where more stand above a text, it is another's
TEASERS = 3  # links; fewer may be the article's own


def extract(data: bytes) -> Extract:
    """Main text, title, language and date, as trafilatura finds them.

    The lead of an article comes back to it where it was left out, and lines that are links to
    other pages stand aside.
    """
    from lxml.etree import ParserError
    from lxml.html import HTMLParser, document_fromstring
    from trafilatura import bare_extraction, html2txt

    source, encoding = _decoded(data)
    try:
        parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
        tree = document_fromstring(source.encode("utf-8", "replace"), parser=parser)
    except ParserError as error:
        raise UnreadableError("is not a web page: it has no elements") from error
    language, lines = _language(tree), list(_lines(tree))
    page: Any = bare_extraction(tree, include_comments=False, with_metadata=True)
    main = page and page.text
    text = _spaced(main or html2txt(source))
    if not text:
        raise UnreadableError("has no main text; a page that scripts fill must be saved as shown")
    if main:
        text = "\n\n".join((*_leads(lines, text), text))
    return Extract(
        text,
        title=(page and page.title) or "",
        language=language,
        date=(page and page.date) or "",
        encoding=encoding,
        asides=_asides(lines, text),
    )


def _decoded(data: bytes) -> tuple[str, str]:
    """The source in the encoding that it names, if it really is, or that its bytes show.

    Pages are often saved anew in UTF-8, and go on naming the encoding they had; what is UTF-8 by
    its bytes is so by no accident.
    """
    named = _CHARSET.search(data[:_HEAD])
    if named is not None and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        name = named[1].decode("ascii").lower()
        # What calls itself Latin-1 on the web is Windows-1252: the standard says so.
        name = "cp1252" if name in ("iso-8859-1", "latin1", "us-ascii") else name
        for encoding in ("utf-8", name) if not data.isascii() else (name,):
            try:
                return data.decode(encoding), encoding
            except (LookupError, ValueError):
                continue
    return decode(data)


def _language(tree: "HtmlElement") -> str:
    return str(next(iter(tree.xpath("//html/@lang | //html/@xml:lang")), ""))


@dataclass(frozen=True, slots=True)
class _Line:
    """An innermost element that holds text."""

    tag: str
    text: str
    linked: bool  # it is a link, or nearly so
    answers: bool  # it stands among what readers said of the page

    @property
    def key(self) -> str:
        return _letters(self.text)


def _lines(tree: "HtmlElement") -> Iterator[_Line]:
    """The lines of a page, in order, without those that never are of its text."""
    for element in tree.iter(*_HOLDERS):
        if next(element.iterchildren(*_HOLDERS), None) is not None:
            continue
        text = " ".join(element.text_content().split())
        above = [element, *element.iterancestors()]
        if (size := len(_letters(text))) and not any(e.tag in _BESIDE for e in above):
            within = sum(len(_letters(a.text_content())) for a in element.iter("a") if _away(a))
            least = LINKED_HEADING if element.tag[0] == "h" else LINKED
            linked = within >= least * size or any(map(_away, above))
            yield _Line(str(element.tag), text, linked, any(map(_answers, above)))


def _away(element: "HtmlElement") -> bool:
    """Whether it is a link to another page."""
    return element.tag == "a" and not element.get("href", "#").startswith(("#", "mailto:", "tel:"))


def _answers(element: "HtmlElement") -> bool:
    names = f"{element.get('id', '')} {element.get('class', '')}"
    return element.tag not in ("html", "body") and _ANSWERS.search(names) is not None


def _leads(lines: Sequence[_Line], text: str) -> list[str]:
    """The paragraphs between the title and the `text`, whose container they stand outside of."""
    have, titled, found = _letters(text), False, list[str]()
    for line in lines:
        if len(line.key) >= LEAD and titled and line.key in have:
            return found if len(found) <= LEADS else []
        if line.tag == "h1":
            titled, found = True, []
        elif len(line.key) >= LEAD and not line.linked and line.text[-1] in _ENDS:
            found.append(line.text)
    return []


def _asides(lines: Sequence[_Line], text: str) -> tuple[Span, ...]:
    """The lines of `text` that lead to other pages, and what readers said of this one."""
    linked = {line.key for line in lines if line.linked}
    titles = {line.key for line in lines if line.tag[0] == "h"}
    answers = {line.key for line in lines if line.answers}
    answers -= {line.key for line in lines if not line.answers}
    found = list(_LINE.finditer(text))
    keys = [_letters(line[0]) for line in found]
    end = _teasers([key in linked for key in keys], list(map(len, keys)))
    spans = list[Span]()
    for index in range(len(found) - 1, -1, -1):
        line, key = found[index], keys[index]
        above = bool(spans) and spans[-1].start == found[index + 1].start()
        announces = above and line[0].endswith(":") and len(key) < LEAD
        leads_away = key in linked and key not in titles
        if index >= end or announces or leads_away or key in answers:
            spans.append(Span(*line.span()))
    return tuple(reversed(spans))


def _teasers(linked: Sequence[bool], sizes: Sequence[int]) -> int:
    """The line from which on a text is but a list of other pages, each with a word on it."""
    best, at, score, size = 0, len(linked), 0, 0
    for index in range(len(linked) - 1, -1, -1):
        score += 2 if linked[index] else -(sizes[index] >= LEAD)
        size += sizes[index]
        if size > sum(sizes) / 2:
            break  # a page that is a list is one for its list
        if score > best:
            best, at = score, index
    return at if sum(linked[at:]) >= TEASERS else len(linked)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _spaced(text: str) -> str:
    """A blank line between paragraphs; items of a list and rows of a table stay together."""
    out, before = list[str](), ""
    for line in map(str.strip, text.splitlines()):
        if line.strip("|-"):
            mark = _MEMBER.match(line)
            together = mark is not None and mark[0][0] == before[:1]
            out.append(("\n" if together else "\n\n") + line if out else line)
            before = line
    return "".join(out)
