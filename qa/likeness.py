"""What two passages have in common if only their typography or their articles differ."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b

from qa.types import Passage

# What printers and typists do differently: marks that are no part of a number, dashes but minus
# signs, and all quotation marks. Signs like % and € stay, and so do ? and !.
_MARKS, _HYPHENS, _QUOTES = r".,;:…·", r"\-\u00ad\u2010-\u2015", r"\"'()\[\]*_“”„‘’‚‹›«»"
# The characters before what is around them: so it is found in a fifth of the time.
_TYPOGRAPHY = re.compile(
    rf"[{_MARKS}{_HYPHENS}{_QUOTES}](?:(?<=[{_QUOTES}])|(?<=[{_HYPHENS}])(?!\d)"
    rf"|(?<=[{_MARKS}])(?:(?<!\d.)[{_MARKS}]*|[{_MARKS}]*(?!\d)))"
)
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
# Definite articles, which a second edition puts in or leaves out. Before a capital they may be a
# part of a name: "El Salvador" is not Salvador, nor La Paz peace. The first letter before what is
# around it, here too.
_ARTICLE = re.compile(
    r"[tle](?<![\w'’].)(?:(?:(?<=t)he|(?<=l)(?:es?|as?|os)|(?<=e)l)\s+|(?<=l)['’])"
    r"(?=[a-zß-öø-ÿœ])"
)
SENTENCE = 8  # words; in what is shorter, as in a heading or a name, every word tells


def keyed(passages: Iterable[Passage]) -> list[Passage]:
    """The same passages with their `alike`, a number of 64 bits that those with `same_words` share.

    It takes a while to work out, and is kept with them. Of 100,000 that differ two share one with a
    probability of 3 in 10 billion.
    """
    return [replace(passage, alike=_key(same_words(passage))) for passage in passages]


def _key(words: str) -> int:
    digest = blake2b(words.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def same_words(passage: Passage) -> str:
    """What two passages share if they have the same words, but for definite articles.

    Any other word more or less is a difference, however long the passage: it may be "not", a
    name, or the month. So nothing fuzzy is tried; "million" and "billion" are a letter apart.
    """
    text = unicodedata.normalize("NFKC", passage.search_text)
    if len(text.split()) >= SENTENCE:
        text = _ARTICLE.sub("", text)
    text = text.casefold()
    words = " ".join(_TYPOGRAPHY.sub("", _DASHES.sub("-", text)).split())
    return f"{passage.language} {words or text}"
