"""Passages of one language that are nearly the same: reprints, and corrected editions. In an answer
they stay apart unless their documents are editions of one text: what differs may be what was asked.
"""

from collections import Counter

from qa.differences import ALIKE, likeness, words
from qa.library import Library
from qa.responder import quote_of
from qa.types import Quote, source_parts

_CANDIDATES = 20  # passages that share rare words, of which those that share most are kept


def reprints(library: Library, quote: Quote) -> list[Quote]:
    """The passages in a quote's language that share most of its words, the likest first."""
    passage = library.catalogue.find(*source_parts(quote.source_id))
    if passage is None:
        return []
    rows = library.catalogue.lexical(passage.search_text, passage.language, _CANDIDATES)
    own = Counter(words(quote.text))
    found: list[tuple[float, int, Quote]] = []
    for near in library.passages(list(rows)):
        other = quote_of(near, library.document(near.doc_id))
        alike = likeness(own, Counter(words(other.text)))
        if other.source_id != quote.source_id and alike >= ALIKE:
            found.append((-alike, len(found), other))
    return [other for _, _, other in sorted(found, key=lambda each: each[:2])]
