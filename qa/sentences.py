"""Where sentences begin and end, in English, French and Spanish, as exact offsets."""

import re

from qa.types import Span

# The look-behind and the possessive `+` keep a million dots linear.
_STOP = re.compile(
    r"(?<![.!?…])(?P<mark>[.!?…]++)(?:[ \u00a0\u202f]?»|[”’\"')\]*_])*+(?=[\s\ufeff]|$)"
)
_NEXT = re.compile(r"[\s\ufeff]*+(?:[“”\"'‘«‹(\[¿¡—–*_-][\s\ufeff]?)*+(?P<word>[^\W_]*+)")
_WORD = re.compile(r"[\w.º°]+$")
_LINE_END = r"\n\r\v\f\x85\u2028\u2029"
# A blank line ends a sentence, and so does a line before an item of a list.
_BREAK = re.compile(rf"(?>\r\n|[{_LINE_END}])(?=[^\S{_LINE_END}]*+(?:[{_LINE_END}]|[-*•‣▪][ \t]))")

# After one of these a full stop ends no sentence: a name, a word or a number follows.
_TITLES = frozenset(
    "mr mrs ms dr drs dra prof sr sra sres srta dña mm mme mmes mlle mlles pr st ste sto sta gen "
    "gral col lt sgt capt rev hon pdt ing lic arq gov mons fr vs cf ej approx env aprox "
    "tel tél teléf telf ext cel av avda apdo bd blvd".split()
)
# After these it ends none where a figure follows: "No. 5" goes on, "He said no. All left." ends.
_COUNTED = frozenset(
    "no nos nº n° núm num nr art arts pág págs pag pp vol vols chap cap fig figs sec par ed "
    "jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
# After these, and after acronyms like "U.S." and "EE. UU.", it ends one only where a sentence
# plainly starts: "in the U.S. Government bonds …" goes on, "in the U.S. The bonds …" does not.
_SHORT = frozenset("etc uu ee ff aa inc ltd co corp cía cia jr bros".split())
_ACRONYM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_STARTERS = frozenset(
    "the a an in on at it he she they we you this that these those there but and however for as "
    "when while after before if since le la les l un une des en il elle ils elles on nous ce cette "
    "ces mais et cependant pour dans selon lors el los las una unos ella ellos este esta estos "
    "estas pero y sin según cuando desde tras".split()
)
_MEASURED = re.compile(r"\d\s?[hmgl]$")
_LONGEST = 24  # characters looked at before a full stop: more than any abbreviation has
_MARKUP = " \t*_#>("  # before a number that opens a line
_EMPHASIS = ' \t\r*_"”»'  # what may stand behind the mark of a question


def sentences(text: str) -> list[Span]:
    """The sentences of `text` in order; every character that is not blank is in exactly one.

    A closing quotation mark belongs to the sentence it closes. Where it is doubtful whether a
    full stop ends a sentence it does not: a quote with a sentence too many can still be read.
    """
    ends = {match.end() for match in _STOP.finditer(text) if _ends(text, match)}
    ends |= {match.end() for match in _BREAK.finditer(text)}
    spans, start = [], 0
    for end in sorted(ends | {len(text)}):
        if span := solid(text, start, end):
            spans.append(span)
        start = end
    return spans


def solid(text: str, start: int, end: int) -> Span | None:
    """`text[start:end]` without the blanks around it; None where all of it is blank."""
    while start < end and is_blank(text[end - 1]):
        end -= 1
    while start < end and is_blank(text[start]):
        start += 1
    return Span(start, end) if start < end else None


def is_blank(char: str) -> bool:
    """A byte order mark is as blank as a space: it belongs to the file, not to its words."""
    return char.isspace() or char == "\ufeff"


def _ends(text: str, stop: re.Match[str]) -> bool:
    """Whether a sentence ends with this punctuation, judged by the words on both sides."""
    after = _NEXT.match(text, stop.end())
    following = after["word"] if after else ""
    noted = after is not None and "[" in after[0]  # what an editor added, or a source's number
    if following[:1].islower() and not noted:
        return False
    if text[stop.start() - 1 : stop.start()] in {"(", "["}:
        return False
    return stop["mark"] != "." or not _abbreviated(text, stop.start(), following)


def _abbreviated(text: str, dot: int, following: str) -> bool:
    """Whether the full stop at `dot` belongs to its word and not to a sentence."""
    found = _WORD.search(text[max(0, dot - _LONGEST) : dot])
    start = dot - len(found[0]) if found else dot
    word = text[start:dot].lower()
    if word.isdecimal():  # "1. The office", but not "in 2006. The office"
        opening = text[max(0, start - _LONGEST) : start].rstrip(_MARKUP)
        return len(word) < 3 and (not opening or opening[-1] in "\n\r")
    if len(word) == 1 and word.isalpha():  # an initial; "18 h" is a measure
        return not _MEASURED.search(text, max(0, start - 2), dot)
    if word in _TITLES:
        return True
    if word in _COUNTED:
        return following[:1].isdecimal()
    if word in _SHORT or _ACRONYM.fullmatch(word):
        return following.lower() not in _STARTERS
    return False


def asks(text: str) -> bool:
    """Whether a text ends with a question mark, in whatever emphasis or quotation marks."""
    return text.rstrip(_EMPHASIS).endswith("?")
