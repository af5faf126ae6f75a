"""An answer as text, plain or for a terminal. Nothing here decides anything."""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa import links
from qa.language import language_name, say
from qa.messages import Key
from qa.types import Answer, Language, Quote
from qa.visible import one_line, visible

_NAMED = 5  # places at which a passage is found again; --json has all of them
_WIDEST = 100  # columns; longer lines are hard to read


@dataclass(frozen=True, slots=True)
class Style:
    """How to print: in colour or not, wrapped at `width` columns or (0) not at all; places with
    links to their files or without."""

    colour: bool = False
    width: int = 0
    links: bool = False

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def link(self, text: str, path: Path, line: int = 0) -> str:
        return links.linked(text, path, line) if self.links else text


PLAIN = Style()
_BOLD, _DIM, _SOURCE, _TELLING, _MISSING = "1", "2", "1;36", "1;33", "33"


def terminal_style(is_terminal: bool) -> Style:
    """What suits where the output goes: plain for a pipe, no colour where NO_COLOR is set."""
    if not is_terminal:
        return PLAIN
    colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Style(colour, min(shutil.get_terminal_size().columns, _WIDEST), links.wanted())


def plain(answer: Answer) -> str:
    """The answer without colour or wrapping; what `str(answer)` gives."""
    return render(answer, PLAIN)


def searched_otherwise(answer: Answer) -> bool:
    """Whether other words were searched for than were typed; capitals and blanks are no words."""
    return answer.searched.lower().split() not in ([], answer.question.lower().split())


def render(answer: Answer, style: Style) -> str:
    """The answer as printed: quotes with their sources, or what was closest."""
    language = answer.language
    blocks = []
    if searched_otherwise(answer):
        blocks.append(style.paint(_said("searched_for", language, question=answer.searched), _DIM))
    if answer:
        blocks += [quote(q, style, language, n) for n, q in enumerate(answer.quotes, 1)]
    else:
        blocks.append(style.paint(refusal(answer), _BOLD))
        if answer.near_misses:
            blocks.append(say("closest", language))
            blocks += [quote(q, style, language, n) for n, q in enumerate(answer.near_misses, 1)]
    blocks += [style.paint(visible(note), _DIM) for note in answer.notes]
    return "\n\n".join(blocks)


_REFUSALS: dict[str, Key] = {
    "empty question": "empty_question",
    "no documents": "no_documents",
    "nothing passes the filter": "nothing_passes",
}


def refusal(answer: Answer) -> str:
    """What is said where there is no answer."""
    return say(_REFUSALS.get(answer.reason, "no_answer"), answer.language)


def _opens_with(text: str, title: str) -> bool:
    """As of a note without a title, which has its first line for one."""
    return text.strip().partition("\n")[0].split() == title.split()


def quote(quote: Quote, style: Style, language: Language, number: int | None = None) -> str:
    """One quote under the line that says where it stands."""
    lines = _heading(quote, style, language, number)
    if quote.kind != "heading":
        title = "" if _opens_with(quote.text, quote.title) else quote.title
        if above := " › ".join(filter(None, [one_line(title), one_line(quote.section)])):
            lines += ["   " + line for line in _dim(above, style)]
    lines += ["   " + line for line in _body(quote, style)]
    if quote.missing:
        lines += [
            "   " + line for line in painted_lines([(_missing(quote, language), _MISSING)], style)
        ]
    beside = [_introduced(quote, language)] if quote.introduced else []
    for told in (*beside, *_twins(quote, language)):
        lines += ["   " + line for line in _dim(told, style)]
    return "\n".join(lines)


def _dim(text: str, style: Style) -> Iterator[str]:
    return painted_lines([(text, _DIM)], style)


def _heading(quote: Quote, style: Style, language: Language, number: int | None) -> list[str]:
    """Where the quote stands: on one line, or on two or three where a terminal is too narrow."""
    prefix = f"{number}. " if number is not None else "   "
    source = one_line(quote.source_id)
    place = one_line(in_file(location(quote.path), quote))
    about = [language_name(quote.language, language)]
    if quote.kind in ("menu", "heading"):
        about.append(say(_kind_key(quote.kind), language))
    if quote.score:
        about.append(f"{say('score', language)} {quote.score:.2f}")
    painted = prefix + style.paint(source, _SOURCE)
    linked, width = style.link(place, quote.path, quote.line), style.width or sys.maxsize
    if len(prefix + "  ".join([source, place, *about])) <= width:
        return ["  ".join([painted, linked, *about])]
    if len(prefix + "  ".join([source, *about])) <= width:
        return ["  ".join([painted, *about]), "   " + linked]
    return [painted, "   " + "  ".join(about), "   " + linked]


def in_file(name: str, quote: Quote) -> str:
    """Where in the file of this name a quote stands: its page, or the line of a text file.

    Of other formats a line is one of what was extracted, which no program shows.
    """
    if quote.page is not None:
        return f"{name} p. {quote.page}"
    return f"{name}:{quote.line}" if links.is_text(quote.path) else name


def location(path: Path) -> str:
    """A path as short as it can be said from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def _body(quote: Quote, style: Style) -> Iterator[str]:
    """The quote's own lines; long ones are wrapped where the terminal would break them."""
    before, telling, after = parts_of(quote)
    yield from painted_lines([(before, ""), (telling, _TELLING), (after, "")], style)


def parts_of(quote: Quote) -> tuple[str, str, str]:
    """A quote's text before, in and after its highlight."""
    span = quote.highlight
    if span is None:
        return quote.text, "", ""
    start, end = span.start - quote.start, span.end - quote.start
    return quote.text[:start], quote.text[start:end], quote.text[end:]


def painted_lines(parts: Sequence[tuple[str, str]], style: Style) -> Iterator[str]:
    """Lines of text in several colours; every colour ends with its line."""
    codes = [code for text, code in parts for _ in visible(text)]
    text = "".join(visible(text) for text, _code in parts)
    at = 0
    for line in text.split("\n"):
        for start, end in _wrapped(line, style.width):
            yield _painted(line[start:end], codes[at + start : at + end], style)
        at += len(line) + 1


def _wrapped(line: str, width: int) -> Iterator[tuple[int, int]]:
    if not width or len(line) <= width - 4:
        yield 0, len(line)
        return
    at = 0
    wrapper = textwrap.TextWrapper(max(width - 4, 20), break_on_hyphens=False)
    for piece in wrapper.wrap(line):
        start = line.find(piece, at)
        if start < 0:  # blanks were replaced; print the rest as it stands
            yield at, len(line)
            return
        at = start + len(piece)
        yield start, at


def _painted(text: str, codes: Sequence[str], style: Style) -> str:
    out, start = [], 0
    for at in range(1, len(text) + 1):
        if at == len(text) or codes[at] != codes[start]:
            piece = text[start:at]
            out.append(style.paint(piece, codes[start]) if codes[start] else piece)
            start = at
    return "".join(out)


def _twins(quote: Quote, language: Language) -> Iterator[str]:
    here = [t for t in quote.twins if t.language == quote.language]
    if same := [t.source_id for t in here if not t.differs]:
        yield _said("also_at", language, sources=_listed(same))
    if editions := [t.source_id for t in here if t.differs]:
        yield _said("edition_at", language, sources=_listed(editions))
    for other in sorted({t.language for t in quote.twins} - {quote.language}):
        there = [t.source_id for t in quote.twins if t.language == other]
        name = language_name(other, language)
        yield _said("also_in", language, language=name, sources=_listed(there))


def _listed(sources: Sequence[str]) -> str:
    """The first of them; what is boilerplate may stand in hundreds of documents."""
    rest = f", … (+{len(sources) - _NAMED})" if len(sources) > _NAMED else ""
    return ", ".join(sources[:_NAMED]) + rest


def _missing(quote: Quote, language: Language) -> str:
    return _said("not_mentioned", language, words=", ".join(quote.missing))


def _introduced(quote: Quote, language: Language) -> str:
    return _said("introduced", language, words=", ".join(quote.introduced))


def _said(key: Key, language: Language, /, **values: str) -> str:
    return say(key, language, **{name: one_line(value) for name, value in values.items()})


def _kind_key(kind: str) -> Key:
    return "kind_menu" if kind == "menu" else "kind_heading"


def in_context(quotes: Sequence[Quote], source_id: str, style: Style) -> str:
    """Passages in the order of their document, the one that was asked for marked and painted."""
    source = one_line(source_id)
    wanted = next(quote for quote in quotes if one_line(quote.source_id) == source)
    place = one_line(in_file(location(wanted.path), wanted))
    narrow = style.width and len(f"{source}  {place}") > style.width
    heading = style.paint(source, _SOURCE) + ("\n" if narrow else "  ")
    heading += style.link(place, wanted.path, wanted.line)
    title = painted_lines([(one_line(wanted.title), "")], style)
    blocks = ["\n".join([heading, *title])]
    for quote in quotes:
        code = _TELLING if quote is wanted else ""
        mark = "> " if quote is wanted else "  "
        lines = painted_lines([(quote.text, code)], style)
        blocks.append("\n".join(mark + line for line in lines))
    return "\n\n".join(blocks)
