"""Text from outside in Markdown: as a quotation or as code, and known again by its SHA-256."""

from qa.types import sha256
from qa.visible import one_line, visible


def code(text: str) -> str:
    """Names from outside, so that no character of theirs is taken for Markdown."""
    shown = one_line(text)
    return f"`` {shown} ``" if "`" in shown else f"`{shown}`"


def blockquote(text: str) -> str:
    """Every line is marked, so nothing in a document can pass for the program's own words.

    Tabs stay, unlike on a terminal; other control characters are made visible here too.
    """
    return "\n".join(f"> {line}" if line else ">" for line in in_markdown(text).split("\n"))


def in_markdown(text: str) -> str:
    """`text` as a quotation in Markdown has it: tabs stay, and a line end at its end is none."""
    lines = ("\t".join(visible(part) for part in line.split("\t")) for line in text.splitlines())
    return "\n".join(lines)


def comparable(text: str) -> str:
    """A text as Markdown shows it, without the blanks at the ends of lines, which editors cut."""
    return "\n".join(line.rstrip() for line in in_markdown(text).split("\n"))


def digests(quote: str) -> str:
    """The SHA-256 of a quote, for a citation in Markdown; and, where Markdown does not show all of
    it, that of what it shows, so that it can be told whether someone edited it."""
    own, shown = sha256(quote), comparable(quote)
    if own in digests_of(shown):
        return f"SHA-256 `{own}`"
    return f"SHA-256 `{own}`, as shown `{sha256(shown)}`"


def digests_of(shown: str) -> set[str]:
    """The SHA-256 of what was shown in Markdown, with each of the line ends it may have had."""
    return {sha256(shown.replace("\n", end)) for end in ("\n", "\r\n", "\r")}
