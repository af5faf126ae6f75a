"""E-mails: who wrote to whom about what, and the letter; attachments are left."""

from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import parsedate_to_datetime

from qa.reading.extract import Extract, UnreadableError
from qa.types import Span

_SHOWN = ("Subject", "From", "To", "Cc", "Date")
# What the library raises on headers that it cannot parse, such as comments within comments, or
# a year of twenty digits.
_UNPARSED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def extract(data: bytes) -> Extract:
    try:
        message = message_from_bytes(data, policy=policy.default)
        letter = _letter(message)
    except _UNPARSED as error:
        raise UnreadableError("is a damaged e-mail: its headers cannot be read") from error
    subject = _header(message, "Subject")
    if not (subject or _header(message, "From")):
        raise UnreadableError("is no e-mail: it has neither a sender nor a subject")
    about = [f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))]
    head = "\n".join(about)
    return Extract(
        "\n\n".join(filter(None, (head, letter))) + "\n",
        title=subject,
        date=_date(message),
        asides=(Span(0, len(head)),) if head else (),
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message[name] or "").split())
    except _UNPARSED:
        return ""


def _letter(part: MIMEPart) -> str:
    """Its texts, one after the other, without attachments and the letters that it passes on."""
    kind = part.get_content_type()
    if part.is_attachment():
        return ""
    if kind in ("text/plain", "text/html"):
        return _text(part, kind)
    if part.get_content_maintype() != "multipart":
        return ""
    parts = list(part.iter_parts())
    if kind == "multipart/related":  # all but one are what that one shows, such as pictures
        parts = _root(part, parts)
    if kind == "multipart/alternative":  # the plain one, unless it is blank
        return next(filter(None, map(_letter, sorted(parts, key=_has_page))), "")
    return "\n\n".join(filter(None, map(_letter, parts)))


def _root(related: MIMEPart, parts: list[MIMEPart]) -> list[MIMEPart]:
    start = related.get_param("start")
    return [part for part in parts if start and part["content-id"] == start][:1] or parts[:1]


def _has_page(part: MIMEPart) -> bool:
    return any(inner.get_content_type() == "text/html" for inner in part.walk())


def _text(part: MIMEPart, kind: str) -> str:
    """The plain text, or the main text of a page; blank where there is none."""
    data = part.get_payload(decode=True)
    content = data if isinstance(data, bytes) else b""
    text = _decoded(content, part.get_content_charset())
    if kind == "text/plain":
        return "\n".join(text.splitlines()).strip()
    from qa.reading import html

    try:
        return html.extract(text.encode("utf-8", "replace")).text.strip()
    except UnreadableError:
        return ""


def _decoded(data: bytes, charset: str | None) -> str:
    from qa.reading.text import decode

    try:
        return data.decode(charset or "utf-8")
    except (LookupError, ValueError):
        return decode(data)[0]


def _date(message: EmailMessage) -> str:
    try:
        return parsedate_to_datetime(_header(message, "Date")).date().isoformat()
    except _UNPARSED:
        return ""
