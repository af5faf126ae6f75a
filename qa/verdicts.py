"""What became of quotes, as text and as JSON; and how two passages differ. Nothing is decided."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from qa.differences import Change, Part, differences
from qa.progress import several
from qa.render import Style, in_file, location, painted_lines
from qa.standing import Finding, Status
from qa.types import Quote, sha256
from qa.visible import one_line

_ORDER: tuple[Status, ...] = ("unchanged", "moved", "altered", "gone")
_CODES: dict[Status, str] = {"unchanged": "2", "moved": "1", "altered": "1;33", "gone": "1;33"}
_SOURCE, _OUT, _IN = "1;36", "31", "32"
_MARKS: dict[Change, tuple[str, str, str]] = {
    "": ("", "", ""),
    "-": (_OUT, "[-", "-]"),
    "+": (_IN, "{+", "+}"),
}
_AS_SHOWN = (
    "Markdown does not tell all characters apart: line ends, blanks at the end of a line, and "
    "marks that show nothing were not compared."
)


def counted(findings: Sequence[Finding]) -> str:
    """How many quotes there are of each status, as one line."""
    counts = Counter(finding.status for finding in findings)
    told = ", ".join(f"{counts[status]} {status}" for status in _ORDER if counts[status])
    quotes = several(len(findings), "quote")
    edited = sum(finding.edited for finding in findings)
    told += f"; {edited} not as it was saved" if edited == 1 else ""
    told += f"; {edited} not as they were saved" if edited > 1 else ""
    return f"{quotes}: {told}" if told else quotes


def text(findings: Sequence[Finding], style: Style) -> str:
    """A block for each finding, and what could not be compared."""
    blocks = ["\n".join(_block(finding, style)) for finding in findings]
    if any(finding.claim.as_shown for finding in findings):
        blocks.append("\n" + "\n".join(painted_lines([(_AS_SHOWN, "2")], style)))
    return "\n".join(blocks)


def _block(finding: Finding, style: Style) -> Iterator[str]:
    claim, quote = finding.claim, finding.quote
    status = style.paint(finding.status, _CODES[finding.status])
    source = style.paint(one_line(claim.source_id), _SOURCE)
    yield "  ".join([status, source, *([_place(quote, claim.source_id, style)] if quote else [])])
    if finding.status == "gone":
        yield from _indented(painted_lines([(claim.text, "")], style))
        if finding.orphaned:
            yield f"   there is no document {one_line(claim.doc_id)} any more"
    elif finding.status == "altered" and quote is not None:
        yield from compared(claim.text, claim.comparable(quote.text), style)
    if finding.elsewhere is not None:
        yield f"   word for word at: {_place(finding.elsewhere, claim.source_id, style)}"
    if finding.edited:
        yield from _indented(painted_lines([(_edited(finding), _CODES["altered"])], style))


def _edited(finding: Finding) -> str:
    said = "the quote in this file is not the one that was saved: its hash differs"
    if finding.saved_stands:
        return f"{said}, and its document still says what was saved"
    unless = ", unless that had characters that Markdown does not show"
    return said + (unless if finding.claim.as_shown else "")


def _place(quote: Quote, source_id: str, style: Style) -> str:
    """Where a quote stands; under which ID, if that is another one than it was."""
    place = style.link(one_line(in_file(location(quote.path), quote)), quote.path, quote.line)
    shown = one_line(quote.source_id)
    return place if shown == one_line(source_id) else f"{style.paint(shown, _SOURCE)}  {place}"


def beside(quote: Quote, other: Quote, style: Style) -> Iterator[str]:
    """Lines that name two passages and show how `quote` differs from `other`."""
    sides: tuple[tuple[Change, Quote], ...] = (("-", other), ("+", quote))
    for mark, each in sides:
        words, code = _shown((mark, "only here"), style)
        yield f"{mark} {_place(each, '', style)}  {style.paint(words, code)}"
    yield from compared(other.text, quote.text, style)


def differences_of(quote: Quote, other: Quote) -> dict[str, Any]:
    """Plain values for JSON: what is in both (""), in `other` only ("-"), in `quote` only ("+")."""
    parts = differences(other.text, quote.text)
    return {
        "source_id": quote.source_id,
        "other": other.source_id,
        "same": quote.text == other.text,
        "parts": None if parts is None else [list(part) for part in parts],
    }


def compared(before: str, after: str, style: Style) -> Iterator[str]:
    """Lines that show what was taken out and put in: in colour, or between marks."""
    parts = differences(before, after)
    if parts is None:
        yield "   too long to be compared word by word"
        return
    if all(not change for change, _ in parts):
        yield "   only blanks and line ends differ" if before != after else "   no difference"
    yield from _indented(painted_lines([_shown(part, style) for part in parts], style))


def _shown(part: Part, style: Style) -> tuple[str, str]:
    change, words = part
    code, opening, closing = _MARKS[change]
    return (words, code) if style.colour else (f"{opening}{words}{closing}", code)


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return ("   " + line for line in lines)


def to_dict(finding: Finding) -> dict[str, Any]:
    """Plain values for JSON."""
    claim = finding.claim
    return {
        "source_id": claim.source_id,
        "status": finding.status,
        "text": claim.text,
        "sha256": sha256(claim.text),
        "edited": finding.edited,
        "orphaned": finding.orphaned,
        "compared": "as Markdown shows it" if claim.as_shown else "every character",
        "now": None if finding.quote is None else _standing(finding.quote),
        "elsewhere": None if finding.elsewhere is None else _standing(finding.elsewhere),
    }


def _standing(quote: Quote) -> dict[str, Any]:
    keys = ("source_id", "start", "end", "line", "page", "text")
    place = {"path": str(quote.path), "sha256": sha256(quote.text)}
    return {key: getattr(quote, key) for key in keys} | place
