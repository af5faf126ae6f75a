"""The fact guard: which names and numbers of a question a passage says nothing of.

"How many Bolivians live in Italy?" finds the passage that counts those in Spain, and nothing in it
is a partner for "Italy". Names differ between languages (Spain, Espagne) and inflect, so a name is
there where its tokens have a close partner, or where it is spelled alike. A year, an amount or a
code is there where it is written, a number in digits or in words; so is a month, where any is told.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from qa.figures import figures
from qa.language import fold, is_function_word
from qa.months import months
from qa.peoples import is_people
from qa.references import references, stands_in
from qa.types import Language

CountTokens = Callable[[str], int]

# Measured by putting names of other questions into those of MLQA and PIAF. Of the foreign names
# nine of ten lie below the first in the same language, eight of ten below the second in another;
# of those that are there 98 and 95 of 100 are spelled alike, or lie above.
ABSENT, ABSENT_ACROSS = 0.56, 0.52
DOUBTFUL = 0.7  # from here on foreign names are rare
# One year or amount is as good as another to a model. Of questions with a year 95 of 100 have it in
# the passage that answers them, or in its title, and of those with another number of three digits
# or more 91; where it is not, its partner counts as no closer.
UNWRITTEN = 0.3
_STEM = 4  # letters: "Ital" stands for Italy, Italia and italienne
_ENDING = 2  # letters of a longer name that may inflect
_TITLE = 4  # longer words, all with capitals: a title; three may be one person
_YEAR = re.compile(r"(?:1\d|20)\d\d")
_EXACT = re.compile(r"\W*(?=(?:\D*\d){3})\d[\d.,'’ \xa0\u202f]*[^\w/:-]*")  # no date, no time
_CODE = re.compile(r"(?=.*\d)[^\W\d_]+[-/.]?\d[\w/.-]*")  # "BX-60", "A320", and not "22nd"
# They stand before a name, and are no part of it: Mme Dupont is Mrs Dupont elsewhere.
_TITLES = frozenset(
    "mr mrs ms miss mx dr prof sir dame lord lady m mm mme mmes mlle me monsieur madame sr sra srta"
    " sres don dona dra".split()
)
_VERBS = re.compile(r"\b(?:may|march)\b")  # in English; the months have a capital
_ORDINAL = re.compile(r"\d{1,3}")
_DESIGNATED = re.compile(
    r"\b(?P<word>[A-ZÀ-ÖØ-Þ][\w'’-]*)\.? (?:[Nn][°ºo.]+ ?)?(?P<number>\d{1,3})(?![\w/:%€$£])"
)
_DAY = 15  # characters after a number in which its month would stand
_HEAD, _GROUP = re.compile(r"\W*\d{1,3}(?: \d{3})*"), re.compile(r"\d{3}(?!\d)\W*")
_EDGES = " \t\n\xa0\u202f¿¡?!.,;:…\"“”«»()[]'’"
_ELIDED = re.compile(r"(?:[cdjlmnst]|qu)['’]", re.IGNORECASE)
_END = re.compile(r"[.?!:…]['\"”»)]*$")
_BREAK = re.compile(r"[,;()]$|[.?!:…]['\"”»)]*$")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question that names something, and its tokens: `start` to `end`, half-open.

    A number `designates` that belongs to a word with a capital: "Unit 3".
    """

    text: str
    start: int
    end: int
    is_people: bool = False
    designates: bool = False

    @property
    def is_number(self) -> bool:
        return any(map(str.isdigit, self.text))

    @property
    def is_year(self) -> bool:
        return bool(_YEAR.fullmatch(self.text))

    @property
    def is_code(self) -> bool:
        return bool(_CODE.fullmatch(self.text))

    @property
    def is_exact(self) -> bool:
        """Whether it is a year, an amount, a code or a unit's number: it is written or it isn't."""
        return self.is_code or self.designates or bool(_EXACT.fullmatch(self.text))

    @property
    def months(self) -> frozenset[int]:
        """The month that it is, if it is one."""
        return months(self.text)


Name = tuple[Word, ...]  # neighbouring words are one name: Estados Unidos


@dataclass(frozen=True, slots=True)
class Unmentioned:
    """`words` are the names absent from a passage, or the absent parts of them. `weight` is how
    much of the question is in doubt, from 0 to 1: a name's share of it, and how far its partner is
    from a good one. `figure` is whether a year, an amount, a code or a unit's number is among
    them."""

    words: tuple[str, ...]
    weight: float
    figure: bool = False


def names(
    question: str, count_tokens: CountTokens, language: Language | None = None
) -> tuple[Name, ...]:
    """The names and numbers of a question, in order.

    A name is known by its capital letter, so the first word of a sentence is none, and there are
    none where every word has a capital. What a `language` calls peoples and months are names
    without one.
    `count_tokens` tells how many tokens a word has of its own; no token goes across a blank.
    """
    words = list(_words(question, count_tokens))
    inner = [word for word, opens, _ends in words if not opens and len(word.text) >= _STEM]
    if len(inner) >= _TITLE and all(_is_capitalised(word) for word in inner):
        return ()
    found: list[Name] = []
    joins = False
    for word, opens, ends in words:
        named = not opens and _is_capitalised(word)
        if found and _goes_on(found[-1][-1], word):
            found[-1] = (
                replace(word, text=f"{found[-1][-1].text} {word.text}", start=found[-1][-1].start),
            )
        elif word.is_number or named:
            together = joins and named and not word.is_number
            if joins and _ORDINAL.fullmatch(word.text) and not found[-1][-1].months:
                word = replace(word, designates=True)
            found[-1:] = [(*found[-1], word)] if together else [*found[-1:], (word,)]
        elif language is not None and is_people(word.text, language):
            found.append((replace(word, is_people=True),))
        elif language is not None and _months(word.text, language):
            found.append((word,))
        joins = named and not word.is_number and not ends
    return tuple(found)


def _goes_on(number: Word, group: Word) -> bool:
    """Whether they are one number, as 9 999 is."""
    joined = number.end == group.start and _GROUP.fullmatch(group.text)
    return bool(joined and _HEAD.fullmatch(number.text))


def _words(question: str, count_tokens: CountTokens) -> Iterator[tuple[Word, bool, bool]]:
    """Each word without the marks around it, whether it opens a sentence, whether one ends it."""
    at, opens = 0, True
    for written in question.split():
        end = at + count_tokens(written)
        bare = written.strip(_EDGES)
        elided = _ELIDED.match(bare)
        bare = bare[elided.end() :] if elided else bare
        if bare:
            # "Dr. P. Roca" is no end of a sentence, nor of a name.
            goes_on = fold(bare) in _TITLES or (len(bare) == 1 and bare.isupper())
            yield Word(bare, at, end), opens, bool(_BREAK.search(written)) and not goes_on
            opens = bool(_END.search(written)) and not goes_on
        elif _END.search(written):  # in French a blank stands before it
            opens = True
        at = end


def _is_capitalised(word: Word) -> bool:
    return word.text[0].isupper() and word.text != "I" and fold(word.text) not in _TITLES


def unmentioned(
    names: Sequence[Name],
    aligned: npt.NDArray[np.float32],
    weights: npt.NDArray[np.float32],
    text: str,
    absent_below: float = ABSENT,
    language: Language = "en",
) -> Unmentioned:
    """What a passage says nothing of.

    `aligned` (m,) has the best cosine that each token of the question finds in the passage or its
    title, `weights` (m,) its share of the question; `text` is the passage's, with what tells its
    year, in a `language`. A word is absent whose partner is no closer than `absent_below`.
    """
    absent: list[str] = []
    weight, figure, told = 0.0, False, _Text(text, language)
    for name in names:
        poor: list[str] = []
        for word, closeness in _unspelled(name, aligned, told):
            share = float(weights[word.start : word.end].sum())
            weight += share * max(0.0, (absent_below if word.is_people else DOUBTFUL) - closeness)
            if closeness < absent_below:
                poor.append(word.text)
                figure |= word.is_exact
        absent += [" ".join(poor)] if poor else []
    return Unmentioned(tuple(dict.fromkeys(absent)), weight, figure)


def introduced(names: Sequence[Name], text: str, opening: str, language: Language) -> list[str]:
    """The names that the opening of a document has, and none of them a passage in a `language`,
    whose `text` it is: all of the document may be about them, or this part about somebody else."""
    there, before = _Text(text, language), _Text(opening, language)
    named = [
        name for name in names if not any(w.is_number or w.is_people or w.months for w in name)
    ]
    return [
        " ".join(word.text for word in name)
        for name in named
        if not any(_is_spelled(word, there) for word in name)
        and all(_is_spelled(word, before) for word in name)
    ]


@dataclass(frozen=True)
class _Text:
    """A text, made ready where something is looked for in it."""

    text: str
    language: Language

    @cached_property
    def folded(self) -> str:
        return fold(self.text)

    @cached_property
    def numbers(self) -> set[str]:
        return set(re.findall(r"\d+", self.text))

    @cached_property
    def months(self) -> frozenset[int]:
        return _months(self.text, self.language)

    @cached_property
    def figures(self) -> frozenset[str]:
        return figures(self.text, self.language)


def _unspelled(
    name: Name, aligned: npt.NDArray[np.float32], text: _Text
) -> Iterator[tuple[Word, float]]:
    """The words of a name that are not spelled in the text, with how close their partners are.

    A name of which nothing is spelled stands there in another language or not at all, so the word
    that finds most speaks for all of it.
    """
    there = [word for word in name if word.end <= len(aligned)]  # a long question is read in part
    closeness = [_closeness(aligned[word.start : word.end]) for word in there]
    exact = any(word.is_exact or word.months for word in there)
    if not there or (min(closeness) >= DOUBTFUL and not exact):
        return
    spelled = [_is_spelled(word, text) for word in there]
    if not any(spelled):
        closeness = [max(closeness)] * len(there)
    for word, close, found in zip(there, closeness, spelled, strict=True):
        if not found:
            other = word.is_exact or (word.months and text.months)
            yield word, min(close, UNWRITTEN) if other else close


def designations(text: str) -> dict[str, str]:
    """The numbers that belong to words with a capital: "3" of "Unit 3", and those words."""
    return {
        match["number"]: match[0]
        for match in _DESIGNATED.finditer(text)
        if not is_function_word(match["word"])
        and not months(text[match.start() : match.end() + _DAY])
    }


def _roman(number: int) -> str:
    """A number from 1 to 999 as the Romans wrote it; of 0 what no text has."""
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    digits = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
    written = ""
    for digit, signs in ((hundreds, "CDM"), (tens, "XLC"), (ones, "IVX")):
        written += digits[digit].translate(str.maketrans("IVX", signs))
    return written or r"\b\B"


def _months(text: str, language: Language) -> frozenset[int]:
    return months(_VERBS.sub("", text) if language == "en" else text)


def _closeness(cosines: npt.NDArray[np.float32]) -> float:
    """Of several tokens the best and the average count alike: an ending need not agree."""
    return float(cosines.max() + cosines.mean()) / 2 if len(cosines) else 1.0


def _is_spelled(word: Word, text: _Text) -> bool:
    if word.is_code:
        return stands_in(word.text, text.text)
    if word.designates:
        known = re.search(rf"\b{_roman(int(word.text))}\b", text.text)  # Louis 8 is Louis VIII
        return known is not None or word.text in designations(text.text)
    if word.months and (text.months or word.text.islower()):  # a text may tell nothing of when
        return word.months <= text.months or not text.months
    if word.is_number:
        if figures(word.text, text.language) <= text.figures:
            return True
        if not word.is_exact and text.numbers.issuperset(re.findall(r"\d+", word.text)):
            return True
        return bool(references(word.text)) and stands_in(word.text, text.text)
    sought = fold(word.text)
    if len(sought) < _STEM:
        return re.search(rf"\b{re.escape(sought)}\b", text.folded) is not None
    stem = sought[: max(_STEM, len(sought) - _ENDING)]
    return re.search(rf"\b{re.escape(stem)}", text.folded) is not None
