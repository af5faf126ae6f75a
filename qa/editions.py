"""Editions of one text: documents that are nearly all the same, and what was corrected in them.

Two passages that differ in a word are two passages, whatever they have in common: letters made
from one template are alike, and so are the addresses of two offices. But where nearly all else in
two documents is the same, the passages between are the same passage before and after a correction.
In a text of a few paragraphs that is taken to be so where all else is the same, and what differs
is neither whom, nor when, nor what mark it concerns, nor more than one figure: another well has
another number and another depth. Two letters from one template mostly differ in one of these; two
that differ in a single bare number are taken for editions, too. So it is never said of a pair that
one corrects the other, but that they differ.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import combinations, pairwise

from qa.differences import differences, likeness, words
from qa.likeness import SENTENCE
from qa.reading.dates import days
from qa.types import Passage

SHARED = 0.75  # of the text of either document
MANY = 6  # passages of a sentence or more in common; a template of a letter has fewer
FEW = 2  # of such passages; between two of one passage no more than that one is known
COPIES = 3  # documents; a text that stands in more of them is a form's
CORRECTED = 0.8  # of the words of a passage that a correction leaves
SPELLING = 0.75  # of the letters of a name that a correction of its spelling leaves

_FIGURE = re.compile(r"\d+(?:[.,\u202f\xa0 ]\d{3})*(?:[.,]\d+)?")
# As English writes them: French and Spanish have small letters for both.
_TIMES = frozenset(
    "january february march april may june july august september october november december"
    " monday tuesday wednesday thursday friday saturday sunday".split()
)
_MARK = re.compile(r"\b(?=\w*\d)(?=\w*[^\W\d_])\w+|\b\w+/\w+")

Pair = tuple[int, int]


def corrected(passages: Sequence[Passage]) -> list[Pair]:
    """The pairs of rows that are one passage before and after a correction.

    No contact and no heading is ever one of a pair, and none of two documents that put one name
    where the other has another: those are two cases.
    """
    rows_of = defaultdict[str, list[int]](list)
    for row, passage in enumerate(passages):
        rows_of[passage.doc_id].append(row)
    return [
        pair
        for one, other, many in _editions(passages)
        for pair in _changed(rows_of[one], rows_of[other], passages, many=many)
    ]


def _editions(passages: Sequence[Passage]) -> Iterator[tuple[str, str, bool]]:
    """The pairs of documents that have much of their text in common, and whether that is long."""
    sizes, holders = Counter[str](), defaultdict[int, dict[str, int]](dict)
    for passage in passages:
        if _tells(passage):
            sizes[passage.doc_id] += len(passage.search_text)
            holders[passage.alike][passage.doc_id] = len(passage.search_text)
    shared, common = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for documents in holders.values():
        if len(documents) <= COPIES:
            for pair in combinations(sorted(documents), 2):
                shared[pair] += min(documents[pair[0]], documents[pair[1]])
                common[pair] += 1
    for (one, other), size in shared.items():
        most = size >= SHARED * max(sizes[one], sizes[other])
        if common[one, other] >= FEW:
            yield one, other, most and common[one, other] >= MANY


def _tells(passage: Passage) -> bool:
    long = len(passage.search_text.split()) >= SENTENCE
    return passage.kind == "prose" and long and not passage.repeated


def _changed(
    old: Sequence[int],
    new: Sequence[int],
    passages: Sequence[Passage],
    *,
    many: bool,
) -> Iterator[Pair]:
    """The passages of two documents that stand in one another's place, and are alike."""
    keys = {row: passages[row].alike for row in (*old, *new)}
    if many:
        found = list(_replaced(old, new, keys))
    else:
        found = [pair for pair in zip(old, new, strict=False) if keys[pair[0]] != keys[pair[1]]]
        if len(old) != len(new) or len(found) > 1:
            return
    texts = [(passages[one].search_text, passages[other].search_text) for one, other in found]
    if any(_renamed(*text) if many else _another(*text) for text in texts):
        return
    for (one, other), (before, after) in zip(found, texts, strict=True):
        alike = likeness(Counter(words(before)), Counter(words(after)))
        if _tells(passages[one]) and _tells(passages[other]) and alike >= CORRECTED:
            yield one, other


def _replaced(old: Sequence[int], new: Sequence[int], keys: Mapping[int, int]) -> Iterator[Pair]:
    """Between what two documents have in common, what stands in one another's place."""
    matcher = SequenceMatcher(None, [keys[row] for row in old], [keys[row] for row in new], False)
    for change, start, end, new_start, new_end in matcher.get_opcodes():
        if change == "replace" and end - start == new_end - new_start:
            yield from zip(old[start:end], new[new_start:new_end], strict=True)


def _another(before: str, after: str) -> bool:
    """Whether another name is told, another day, another mark as of a case, or several other
    figures; a corrected name is one too, since of two letters one may be Maria's and one Mario's.
    """
    if any(told(before) != told(after) for told in (_names, days, _MARK.findall)):
        return True
    old, new = Counter(_FIGURE.findall(before)), Counter(_FIGURE.findall(after))
    return max((old - new).total(), (new - old).total()) > 1


def _renamed(before: str, after: str) -> bool:
    """Whether a name stands where another stood; of its spelling a correction leaves most.

    Of texts that are too long to be compared that is not known, and so it is feared.
    """
    parts, opens = differences(before, after), True
    if parts is None:
        return True
    for (change, text), (next_change, next_text) in pairwise([*parts, ("", "")]):
        if (change, next_change) == ("-", "+") and not opens:
            gone, come = _names(text), _names(next_text)
            if gone and come and SequenceMatcher(None, gone, come).ratio() < SPELLING:
                return True
        if text.strip():
            opens = text.rstrip()[-1] in ".!?…:"
    return False


def _names(text: str) -> str:
    """What is written with a capital, but for what English writes so and names nobody."""
    capitals = (word for word in words(text) if word[0].isupper())
    return " ".join(word for word in capitals if word.lower() not in _TIMES)
