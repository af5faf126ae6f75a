"""Quotes as citations: BibTeX, CSL-JSON, Markdown. Titles and names are data, and are escaped."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from qa.links import is_text
from qa.markdown import blockquote, code, digests
from qa.render import in_file
from qa.types import Language, Quote, sha256
from qa.visible import one_line

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?![\d-])")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_NAMES: dict[Language, str] = {"en": "english", "fr": "french", "es": "spanish"}
_LATEX = str.maketrans(
    {
        "\\": r"{\textbackslash}",
        "{": r"{\textbraceleft}",  # "\{" would be counted by BibTeX, and leave the entry open
        "}": r"{\textbraceright}",
        "~": r"{\textasciitilde}",
        "^": r"{\textasciicircum}",
        "<": r"{\textless}",
        ">": r"{\textgreater}",
        "|": r"{\textbar}",
        **{sign: "\\" + sign for sign in "#$%&_"},
    }
)
# What TeX sets as one sign, if nothing stands between: dashes, quotation marks, ¡ and ¿.
_LIGATURE = re.compile(r"(?<=([-,`']))(?=\1)|(?<=[!?])(?=`)")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$-])")


def bibtex(quotes: Sequence[Quote], dates: Mapping[str, str]) -> str:
    """One @misc entry a quote; `dates` are theirs, by source ID, as far as they are known."""
    taken: set[str] = set()
    return "\n\n".join(_entry(q, _key(q, taken), dates.get(q.source_id, "")) for q in quotes)


def _entry(quote: Quote, key: str, dated: str) -> str:
    fields = {"title": f"{{{_latex(quote.title or quote.doc_id)}}}"}
    parts = _date_parts(dated)
    if parts:
        fields["year"] = f"{parts[0]:04d}"
    if quote.page is not None:
        fields["pages"] = str(quote.page)
    fields["howpublished"] = _latex(quote.path.name)
    if url := _url(quote.path):
        fields["url"] = url
    fields["langid"] = _NAMES[quote.language]
    fields["note"] = "; ".join(_latex(part) for part in _notes(quote, "" if parts else dated))
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    if len(parts) > 1:
        lines.insert(2, f"  month = {_MONTHS[parts[1] - 1]},")
    if len(parts) > 2:
        lines.insert(3, f"  day = {{{parts[2]}}},")
    return "\n".join([f"@misc{{{key},", *lines, "}"])


def _key(quote: Quote, taken: set[str]) -> str:
    """Letters and digits of the source ID and of the quote's hash: another text, another key."""
    plain = unicodedata.normalize("NFKD", quote.source_id).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")
    first = key = "-".join(filter(None, ["qa", name, sha256(quote.text)[:8]]))
    number = 1
    while key in taken:
        number += 1
        key = f"{first}-{number}"
    taken.add(key)
    return key


def _notes(quote: Quote, dated: str) -> Iterator[str]:
    if is_text(quote.path):
        yield f"line {quote.line}"
    yield f"source {one_line(quote.source_id)}"
    yield f"SHA-256 of the quote {sha256(quote.text)}"
    if dated:
        yield f"dated {one_line(dated)}"


def _latex(text: str) -> str:
    return _LIGATURE.sub("{}", one_line(text).translate(_LATEX))


def csl_json(quotes: Sequence[Quote], dates: Mapping[str, str]) -> list[dict[str, Any]]:
    """One item a quote, with the variables of the CSL-JSON schema."""
    taken: set[str] = set()
    return [_item(quote, _key(quote, taken), dates.get(quote.source_id, "")) for quote in quotes]


def _item(quote: Quote, key: str, dated: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": key,
        "type": "document",
        "title": one_line(quote.title or quote.doc_id),
        "language": quote.language,
        "source": one_line(quote.path.name),
        "note": "; ".join(_notes(quote, "")),
    }
    parts = _date_parts(dated)
    if dated:
        item["issued"] = {"date-parts": [list(parts)]} if parts else {"literal": one_line(dated)}
    if quote.page is not None:
        item["page"] = str(quote.page)
    if url := _url(quote.path):
        item["URL"] = url
    return item


def markdown(quotes: Sequence[Quote], dates: Mapping[str, str]) -> str:
    """Each quote under its source, as a saved conversation has it; `qa verify` reads both."""
    blocks = []
    for number, quote in enumerate(quotes, 1):
        title = _MARKDOWN.sub(r"\\\1", one_line(quote.title or quote.doc_id))
        url, dated = _url(quote.path), one_line(dates.get(quote.source_id, ""))
        parts = [
            code(quote.source_id),
            code(in_file(quote.path.name, quote)),
            f"[{title}]({url})" if url else title,
            *([_MARKDOWN.sub(r"\\\1", dated)] if dated else []),
            digests(quote.text),
        ]
        blocks += [f"**{number}.** " + " · ".join(parts), blockquote(quote.text)]
    return "\n\n".join(blocks)


def _date_parts(dated: str) -> tuple[int, ...]:
    """Year, month and day of a date as a file tells it, as many as are sure; () for none."""
    found = _DATE.match(dated)
    if found is None:
        return ()
    parts = tuple(int(part) for part in found.groups() if part)
    try:
        date(*(*parts, 1, 1)[:3])
    except ValueError:
        return ()
    return parts


def _url(path: Path) -> str:
    try:
        return path.as_uri()
    except ValueError:  # it is relative, or its name is no text
        return ""
