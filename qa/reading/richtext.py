"""Rich text (RTF). Its reader makes a paragraph of every line and tells nothing of lists, cells and
what is hidden: they are marked before it reads."""

import re

from qa.reading.extract import CELLS, Extract, UnreadableError, joined, paragraphs
from qa.reading.text import decode

# Signs that no text has: Unicode has set them aside for a program's own use.
_LINE, _CELL, _HIDE, _SHOW, _ITEM = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3", "\ufdd4"
_ENDS = {"line": _LINE, "cell": _CELL, "nestcell": _CELL}
_MARKS = ("listtext", "pntext")  # the groups of an item's bullet or number
_UNSEEN = ("v", "deleted")  # hidden, and taken out where changes are kept
_TOKEN = re.compile(r"\\(?:(?P<word>[a-zA-Z]+)(?P<number>-?\d{1,10})? ?|[^a-zA-Z])|[{}]", re.DOTALL)
_HIDDEN = re.compile(f"{_HIDE}[^{_SHOW}]*|{_SHOW}")


def extract(data: bytes) -> Extract:
    if not data.lstrip().startswith(b"{\\rtf"):
        raise UnreadableError("is damaged: it is no RTF; save it again")
    from striprtf.striprtf import rtf_to_text

    text = _HIDDEN.sub("", rtf_to_text(_marked(decode(data)[0]), errors="replace"))
    # A character beyond U+FFFF is written as two, which belong together; a half alone is none.
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return Extract(paragraphs(joined(map(_block, text.splitlines()))))


def _marked(source: str) -> str:
    """RTF with a sign at the end of each line and cell, at the start of each item and about what is
    hidden, without pictures."""
    found, at, hidden, around = list[str](), 0, frozenset[str](), list[frozenset[str]]()
    while token := _TOKEN.search(source, at):
        word, number, sign, before = token["word"], token["number"], token[0], hidden
        found.append(source[at : token.start()])
        at = token.end()
        if sign == "{":
            around.append(hidden)
        elif sign == "}":
            hidden = around.pop() if around else frozenset()
        elif word in _UNSEEN:
            hidden = hidden - {word} if number == "0" else hidden | {word}
        elif word == "plain":
            hidden = frozenset()
        elif word in _ENDS:
            sign = f"{{{_ENDS[word]}}}"  # in braces, or it may be skipped as another's stand-in
        elif word in _MARKS:
            sign = f"{{{_ITEM}}}"
        elif word == "bin":  # so many bytes follow, which may look like anything
            sign, at = "", at + max(int(number or 0), 0)
        turn = f"{{{_HIDE if hidden else _SHOW}}}" if bool(hidden) != bool(before) else ""
        found += (sign, turn)
    return "".join((*found, source[at:]))


def _block(line: str) -> tuple[bool, str]:
    """Whether it is an item of a list or a row of a table, and its text."""
    text = line.replace(_LINE, "\n").replace(_ITEM, "")
    if _CELL in line:
        return True, CELLS.join(filter(None, (" ".join(c.split()) for c in text.split(_CELL))))
    if not line.lstrip().startswith(_ITEM):
        return False, text
    bullet, said = text.split("\t", 1) if "\t" in text else ("", text)
    number = bullet.strip() if any(map(str.isalnum, bullet)) else "-"
    return True, f"{number} {said.strip()}" if said.strip() else ""
