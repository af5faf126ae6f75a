"""What may be shown of a text from outside. Documents, questions and names are data.

Whatever could steer a terminal (escape sequences, control characters, marks that reverse the
direction of writing) becomes a visible sign.
"""

import re
import unicodedata
from collections.abc import Iterable

_CONTROL_PICTURES = 0x2400  # ␀, ␁, ␂ …: one for each control character
_DELETE, _DELETE_PICTURE = 0x7F, "␡"
_UNSEEN = "�"
_SHOW_NOTHING = "\xad\u200b\u200c\u200d\u2060\ufeff"  # soft hyphen, zero-width marks, BOM
_LINE_END = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")  # as str.splitlines has them


def visible(text: str) -> str:
    """`text` as it can be shown: what could steer a terminal replaced by a visible sign.

    Line ends of all kinds become newlines; marks that show nothing are left out.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, _LINE_END.sub("\n", text)))


def _visible(char: str) -> str:
    if char == "\n" or char.isprintable():
        return char
    if char == "\t":
        return " "
    if char in _SHOW_NOTHING:
        return ""
    code = ord(char)
    if code < 0x20:
        return chr(_CONTROL_PICTURES + code)
    if code == _DELETE:
        return _DELETE_PICTURE
    return char if unicodedata.category(char) == "Zs" else _UNSEEN


def one_line(text: str) -> str:
    """`text` made visible, on one line."""
    return " ".join(visible(text).split())


def names_shown(names: Iterable[str]) -> dict[str, str]:
    """The names by what each is shown as. Where two are shown alike, one that is shown as it is
    goes first."""
    shown: dict[str, str] = {}
    for name in names:
        seen = one_line(name)
        shown[seen] = name if seen == name else shown.get(seen, name)
    return shown
