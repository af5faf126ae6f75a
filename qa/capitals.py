"""Names get back the capitals that were not typed: "how many bolivians live in italy?"

By its capital a name is known (`qa.mentions`), and the model reads "Italy" better than "italy"
(truecasing: Lita et al., ACL 2003). A question that has a capital is left as it was typed.
"""

import re
from collections.abc import Callable, Sequence

from qa.catalogue import Catalogue, Spelling
from qa.language import fold
from qa.spelling import one_typo_from
from qa.types import LANGUAGES, Language

IsWord = Callable[[str, Language], bool]

_STRANGE = 10  # words that no language has; a text of more is no question, and each takes a while
_LEAST = 4  # letters of a name that the documents don't have; the lists lack many short words
_FIRST = re.compile(r"\W*\w*")  # its capital would tell nothing
_WORD = re.compile(r"\b[^\W\d_]{3,}\b(?!['’])")
_NOWHERE = Spelling("", "en", 0)
# What the lists lack: words that have one form, such as adverbs, and verbs with their pronouns.
_UNLISTED = {
    "en": re.compile(r"(?!)"),
    "fr": re.compile(
        r".*(?:ment|[sxz])|tant|trop|beaucoup|tard|souvent|pourtant|pourquoi|combien|partout|plut[oô]t"
        r"|(?:au|du)quel|aussit[oô]t|davantage|auparavant|plupart|quiconque|(?:quar|cinqu|soix)ante"
        r"|treize|quatorze"
    ),
    "es": re.compile(r".*(?:[mts]e|l[aeo]s?|[nt]?os|mente|[ií]sim[oa])|cu[aá]n|veinti.*"),
}


def capitalised(
    text: str, language: Language, catalogue: Catalogue, is_word: IsWord, is_common: IsWord
) -> str:
    """The text with the capitals of words that are written with one, as far as is known.

    `is_word` tells whether a language has a word, `is_common` whether it writes it without one.
    What no language has is written as the documents write it, and is a name if they don't and it
    is no typo.
    """
    if text != text.lower():
        return text

    strange = set[str]()

    def right(found: re.Match[str]) -> str:
        word = found[0]
        if found.start() < first or is_common(word, language):
            return word
        if not is_word(word, language):
            if any(is_common(word, other) for other in LANGUAGES):
                return word
            strange.add(word)
            if len(strange) > _STRANGE:
                return word
            if form := _form(catalogue.spellings([fold(word)]), language):
                return word.upper() if form.isupper() else form[0] + word[1:]
            if len(word) < _LEAST or _UNLISTED[language].fullmatch(word):
                return word
            if any(is_common(near, language) for near in one_typo_from(fold(word))):
                return word
        return word.capitalize()

    opening = _FIRST.match(text)
    first = opening.end() if opening else 0
    return _WORD.sub(right, text)


def _form(spellings: Sequence[Spelling], language: Language) -> str:
    """How a word is written in passages of the language, or else in most of another's."""
    return max(
        spellings, key=lambda s: (s.language == language, s.passages, s.word), default=_NOWHERE
    ).word
