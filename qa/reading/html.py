"""Web pages: their main text, without what stands around it on every page of a site."""

import re
from typing import TYPE_CHECKING, Any

from qa.reading import pagegaps, pagelines, pagetables, webpage
from qa.reading.extract import Extract, UnreadableError
from qa.reading.pagedates import date_of_page
from qa.reading.text import decode

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_HEAD = 4096  # bytes in which a page names its encoding
_CHARSET = re.compile(
    rb"<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE
)
# What XML has not, and so is lost with the text that it stands in.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_BREAK = re.compile(r"[ \t\n\f\r]*\n[ \t\n\f\r]*")
_AS_WRITTEN = ("pre", "textarea", "script", "style")
# A line of a list or of a table, as trafilatura writes them: they belong to those beside them.
_MEMBER = re.compile(r"[-|] ?")


def extract(data: bytes) -> Extract:
    """Main text and title, as trafilatura finds them, and what the page says of itself.

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
    _join_lines(tree)
    webpage.unwrap(tree)
    pagetables.unload(tree)
    pagetables.unframe(tree)
    pagegaps.flatten(tree)
    language, lines, rows = _language(tree), list(pagelines.lines(tree)), pagetables.rows(tree)
    date = date_of_page(tree)  # trafilatura would guess one
    pagegaps.keep_times(tree)
    page: Any = bare_extraction(
        tree,
        include_comments=False,
        with_metadata=True,
        date_extraction_params={"extensive_search": False},
    )
    main = page and page.text
    text = pagetables.joined(main or html2txt(source), rows)
    if main:  # what is put back may be a row, too
        text = pagetables.joined(pagegaps.placed(text, lines), rows)
    text = _spaced(text)
    if not text:
        raise UnreadableError("has no main text; a page that scripts fill must be saved as shown")
    if main:
        text = "\n\n".join((*webpage.leads(lines, text), text))
    return Extract(
        text,
        title=(page and page.title) or "",
        language=language,
        date=date,
        encoding=encoding,
        asides=webpage.asides(lines, text),
    )


def _decoded(data: bytes) -> tuple[str, str]:
    """The source in the encoding that it names, if it really is, or that its bytes show.

    Pages are often saved anew in UTF-8, and go on naming the encoding they had; what is UTF-8 by
    its bytes is so by no accident.
    """
    named = _CHARSET.search(data[:_HEAD])
    if named is not None and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        said = named[1].decode("ascii")
        # What calls itself Latin-1 on the web is Windows-1252: the standard says so.
        name = "cp1252" if said.lower() in ("iso-8859-1", "latin1", "us-ascii") else said.lower()
        for encoding in ("utf-8", name) if not data.isascii() else (name,):
            try:
                # A page that was UTF-16 would not have its name in it as it was found.
                if named[1].decode(encoding) == said:
                    return data.decode(encoding), encoding
            except (LookupError, ValueError):
                continue
    return decode(data)


def _join_lines(tree: "HtmlElement") -> None:
    """Make a break in the source the blank that it is shown as, so that it ends no paragraph."""
    written = {inner for outer in tree.iter(*_AS_WRITTEN) for inner in outer.iter()}
    for element in tree.iter("*"):
        if element not in written:
            element.text = _joined(element.text)
        if element.getparent() not in written:
            element.tail = _joined(element.tail)


def _joined(text: str | None) -> str | None:
    if not text:
        return text
    text = _CONTROL.sub(" ", text)
    return text if text.isspace() else _BREAK.sub(" ", text)  # blanks between elements are no text


def _language(tree: "HtmlElement") -> str:
    return str(next(iter(tree.xpath("//html/@lang | //html/@xml:lang")), ""))


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
