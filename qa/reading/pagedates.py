"""The date that a web page says of itself: its metadata, or an element that is there for a date.

A year in its prose, a sign of copyright or the address of a picture say nothing of when.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from qa.reading.dates import written

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# Names under which pages tell when they were published, best first, in small letters.
_META = (
    "article:published_time",
    "og:published_time",
    "datepublished",
    "citation_publication_date",
    "citation_date",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "dcterms.date",
    "dc.date.created",
    "dcterms.created",
    "date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publication_date",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
)
_JSON = re.compile(r'"datePublished"\s*:\s*"([^"]{4,40})"')
_ADDRESS = re.compile(r"/((?:19|20)\d\d)[/-](0[1-9]|1[0-2])[/-](0[1-9]|[12]\d|3[01])(?:[/_-]|$)")
_CALLED = re.compile(  # its class or id: "post-date", "published", "fecha-publicacion"
    r"(?:^|[\s_-])(?:date|dateline|published|pubdate|fecha|datetime|timestamp)(?:$|[\s_-])", re.I
)
_SHOWN = 60  # characters of an element that is there for its date
_PARTS = 20  # elements within it; a whole page may be called "date"
_PROSE = 120  # characters of a paragraph that tells of a day, not of its own


def date_of_page(tree: "HtmlElement") -> str:
    """As the page writes it; "" where it says none. Changes nothing.

    Of elements that are there for a date all must tell the same, as other stories have them too.
    """
    told = next(_told(tree), "")
    if told:
        return told
    shown = {date for text in _elements(tree) if (date := written(text))}
    return shown.pop() if len(shown) == 1 else ""


def _told(tree: "HtmlElement") -> Iterator[str]:
    """What its metadata say, best first."""
    meta: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        meta.setdefault(name.strip().lower(), element.get("content", ""))
    scripts = [s.text or "" for s in tree.iter("script") if "json" in s.get("type", "")]
    yield from filter(written, (meta.get(name, "") for name in _META[:3]))
    yield from filter(written, (found for text in scripts for found in _JSON.findall(text)))
    yield from filter(written, (meta.get(name, "") for name in _META[3:]))
    for element in tree.xpath("//*[@itemprop='datePublished' or @pubdate]"):
        yield from filter(written, _values(element))
    links = tree.xpath("//link[@rel='canonical']/@href")
    for address in (*links, meta.get("og:url", "")):
        if found := _ADDRESS.search(address):
            yield "-".join(found.groups())


def _elements(tree: "HtmlElement") -> Iterator[str]:
    for element in tree.iter("*"):
        names = f"{element.get('class', '')} {element.get('id', '')}"
        if element.tag in ("time", "abbr") or _CALLED.search(names):
            around = next(element.iterancestors("p"), None)
            if around is None or len(around.text_content()) < _PROSE:
                yield next(filter(written, _values(element)), "")


def _values(element: "HtmlElement") -> Iterator[str]:
    """What an element says for machines, then what it shows."""
    yield from (element.get(name, "") for name in ("datetime", "content", "title"))
    if sum(1 for _ in islice(element.iter(), _PARTS)) < _PARTS:
        text = " ".join(element.text_content().split())
        yield text if len(text) <= _SHOWN else ""
