"""Typos set right: a word that nobody writes becomes the one of the documents it is nearest to.

A word is left alone if the documents have it, if the model has a token of its own for it, or if
the dictionary of its language knows it. Otherwise it is replaced by the word in passages of the
question's language that is one typo away and stands in most of them. A name stays a name, and is
looked for in all passages.
"""

import re
from collections.abc import Callable
from functools import partial
from string import ascii_lowercase

from qa.catalogue import Catalogue, Spelling
from qa.language import fold
from qa.types import Language

_LEAST = 5  # letters; shorter words are one typo away from too many others
_WORD = re.compile(rf"[^\W\d_]{{{_LEAST},}}")


def corrected(
    text: str,
    language: Language,
    catalogue: Catalogue,
    count_tokens: Callable[[str], int],
    is_word: Callable[[str, Language], bool],
) -> str:
    """The text with its typos set right, as far as the documents' own words tell.

    `is_word` tells what the dictionary of a language has.
    """
    return _WORD.sub(partial(_corrected, language, catalogue, count_tokens, is_word), text)


def _corrected(
    language: Language,
    catalogue: Catalogue,
    count_tokens: Callable[[str], int],
    is_word: Callable[[str, Language], bool],
    found: re.Match[str],
) -> str:
    word, folded = found[0], fold(found[0])
    if min(count_tokens(word), count_tokens(word.lower())) <= 1 or catalogue.is_written(folded):
        return word
    if is_word(word, language):
        return word
    near = [s for s in catalogue.spellings(one_typo_from(folded)) if _may_be_meant(s, folded)]
    names = [spelling for spelling in near if spelling.word[0].isupper()]
    if word[0].isupper() and found.start() > 0:
        near = names
    near = [spelling for spelling in near if spelling.language == language] or names
    if not near:
        return word
    best: Spelling = max(near, key=lambda spelling: (spelling.passages, spelling.word))
    return best.word[0].upper() + best.word[1:] if word[0].isupper() else best.word


def _may_be_meant(spelling: Spelling, folded: str) -> bool:
    """A name that begins otherwise is another one: Harlow is not Marlow. Few typos are in the first
    letter (Kukich, ACM Computing Surveys 24, 1992)."""
    return spelling.word[0].islower() or fold(spelling.word)[0] == folded[0]


def one_typo_from(word: str) -> list[str]:
    """All strings that differ by one letter left out, put in, replaced, or swapped with the next
    (Damerau, 1964)."""
    parts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    made = {a + b[1:] for a, b in parts if b}
    made |= {a + b[1] + b[0] + b[2:] for a, b in parts if len(b) > 1}
    made |= {a + c + b[1:] for a, b in parts if b for c in ascii_lowercase}
    made |= {a + c + b for a, b in parts for c in ascii_lowercase}
    return sorted(made - {word})
