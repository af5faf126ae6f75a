"""E-mails: who wrote to whom about what, and the letter; attachments are left."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

from qa.reading.extract import Extract, UnreadableError

_SHOWN = ("From", "To", "Cc", "Date")
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
    parts = [subject, "\n".join(about), letter.strip()]
    return Extract("\n\n".join(filter(None, parts)) + "\n", title=subject, date=_date(message))


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message[name] or "").split())
    except _UNPARSED:
        return ""


def _letter(message: EmailMessage) -> str:
    """The plain text, or the main text of the page where there is no other."""
    body = message.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    data = body.get_payload(decode=True)
    content = data if isinstance(data, bytes) else b""
    text = _decoded(content, body.get_content_charset())
    if body.get_content_type() != "text/html":
        return "\n".join(text.splitlines())
    from qa.reading import html

    try:
        return html.extract(text.encode("utf-8", "replace")).text
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
