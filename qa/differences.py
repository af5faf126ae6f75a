"""Two texts compared word by word: how much they have in common, and what differs."""

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import Literal

Change = Literal["", "-", "+"]  # in both, in the first text only, in the second only
Part = tuple[Change, str]

ALIKE = 0.6  # of the words in common: of five words two may be others, which is a small correction
MOST = 2000  # words and blanks of a text that are compared; the time grows with their square

# A number with its marks is one word, and so is what a hyphen or an apostrophe joins.
_TOKEN = re.compile(r"\s+|\w+(?:[.,'’-]\w+)*|[^\w\s]")


def words(text: str) -> list[str]:
    """The words and the marks of a text, without its blanks."""
    return [token for token in _TOKEN.findall(text) if not token.isspace()]


def likeness(one: Counter[str], other: Counter[str]) -> float:
    """The share of words that two texts have in common, 0 to 1 (Dice's coefficient)."""
    return 2 * (one & other).total() / ((one.total() + other.total()) or 1)


def differences(before: str, after: str) -> list[Part] | None:
    """What was taken out, put in and left, in order; None where the texts are too long for it.

    A blank is as good as any other here, so that a new line width is no difference.
    """
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if max(len(old), len(new)) > MOST:
        return None
    matcher = SequenceMatcher(None, _keys(old), _keys(new), autojunk=False)
    parts: list[Part] = []
    for change, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if change == "equal":
            parts.append(("", "".join(new[new_start:new_end])))
            continue
        if old_end > old_start:
            parts.append(("-", "".join(old[old_start:old_end])))
        if new_end > new_start:
            parts.append(("+", "".join(new[new_start:new_end])))
    return parts


def _keys(tokens: list[str]) -> list[str]:
    return [" " if token.isspace() else token for token in tokens]
