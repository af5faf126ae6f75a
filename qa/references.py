"""References, which stand in a passage to the letter or not at all: "4 H 27", "LD-88416", a date.

A model sees little in digits, and words are searched for in the question's language alone.
"""

import re
from collections.abc import Iterator
from itertools import groupby

_MARKS = r"[¿¡?!.,;:…\"“”«»()\[\]'’]+"
_CODED = re.compile(r"\S*\d\S*|[A-ZÀ-ÖØ-Þ]{1,3}")
_BREAK = re.compile(rf"(?<!\S){_MARKS}|{_MARKS}(?!\S)")  # marks about a word end a reference
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_DIGITS = 3  # of a reference that has letters or marks in it,
_BARE = 5  # and of a bare number: fewer are a year, or any number
_BETWEEN = 3  # blanks and marks that may be printed between two of its signs, or as many as typed


def references(question: str) -> tuple[str, ...]:
    """The references in a question as they were typed, each once."""
    parts = map(str.split, _BREAK.split(question))
    return tuple(dict.fromkeys(each for words in parts for each in _found(words)))


def _found(words: list[str]) -> Iterator[str]:
    for coded, group in groupby(words, lambda word: bool(_CODED.fullmatch(word))):
        run = list(group) if coded else []
        together = " ".join(run)
        if len(run) > 1 and not any(map(_YEAR.fullmatch, run)) and _tells(together):
            yield together
        yield from filter(_tells, run)


def _tells(text: str) -> bool:
    digits = sum(map(str.isdigit, text))
    return digits >= (_BARE if text.replace(" ", "").isdigit() else _DIGITS)


def stands_in(reference: str, text: str) -> bool:
    """Whether a text has a reference, however its signs are parted: "950 000" is "950000"."""
    *signs, last = re.findall(r"([^\W_])([\W_]*)", reference)
    apart = (f"{re.escape(s)}[\\W_]{{0,{max(_BETWEEN, len(gap))}}}" for s, gap in signs)
    pattern = "".join((*apart, re.escape(last[0])))
    text = " ".join(text.split())
    return re.search(rf"(?i)(?<![^\W_]){pattern}(?![^\W_])", text) is not None
