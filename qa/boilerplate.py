"""What many documents of a folder repeat: mission statements, legal footers, cookie notices."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Sequence
from dataclasses import replace
from math import ceil

from qa.likeness import same_words
from qa.types import Language, Passage

FEWEST = 3  # documents; two may have a passage in common for any reason
SHARE = 0.2  # of the documents that have passages in its language
ENOUGH = 20  # documents, however large the folder is
OWN = 0.5  # of a document's text that no other has, else it is a copy rather than a witness

_RIGHTS = re.compile(
    r"©|\bcopyright\b|\(c\)|\brights reserved\b|\bdroits (?:de [\w ]+ )?r[ée]serv|\bderechos reserv"
)
_YEARS = re.compile(r"\b(?:19|20)\d\d\b")


def marked(passages: Sequence[Passage]) -> list[Passage]:
    """The same passages, those that the documents repeat marked so, and no others."""
    rows = repeated(passages)
    return [
        passage if passage.repeated == (row in rows) else replace(passage, repeated=row in rows)
        for row, passage in enumerate(passages)
    ]


def repeated(passages: Sequence[Passage]) -> set[int]:
    """The rows whose words stand in at least 3 documents, and in a fifth of all or in 20.

    Documents count if at least half of their text is their own: what copies and editions of one
    report share is no boilerplate. A number tells passages apart, but for the years of a copyright.
    """
    keys = list(map(_key, passages))
    rows_of = defaultdict[Hashable, list[int]](list)
    documents = defaultdict[Language, set[str]](set)
    for row, (key, passage) in enumerate(zip(keys, passages, strict=True)):
        rows_of[key].append(row)
        documents[passage.language].add(passage.doc_id)
    least = {
        language: max(FEWEST, min(ENOUGH, ceil(SHARE * len(ids))))
        for language, ids in documents.items()
    }

    def stands_in(rows: Sequence[int]) -> set[str]:
        return {passages[row].doc_id for row in rows}

    often = {
        key: rows
        for key, rows in rows_of.items()
        if len(rows) >= FEWEST and len(stands_in(rows)) >= least[passages[rows[0]].language]
    }
    witnesses = _witnesses(passages, keys, often)
    return {
        row
        for rows in often.values()
        if len(stands_in(rows) & witnesses) >= least[passages[rows[0]].language]
        for row in rows
    }


def _key(passage: Passage) -> Hashable:
    text = passage.search_text
    # Years first, as they take a quarter of the time and tell most apart.
    if _YEARS.search(text) and _RIGHTS.search(text.casefold()):
        return _YEARS.sub("0", same_words(passage))
    return passage.alike


def _witnesses(
    passages: Sequence[Passage], keys: Sequence[Hashable], often: Collection[Hashable]
) -> set[str]:
    """The documents of whose text, without menus and contacts, at least half is their own."""
    whole, own = Counter[str](), Counter[str]()
    for passage, key in zip(passages, keys, strict=True):
        if passage.kind in ("prose", "heading"):
            size = len(passage.search_text)
            whole[passage.doc_id] += size
            own[passage.doc_id] += size * (key not in often)
    return {doc_id for doc_id, size in whole.items() if own[doc_id] >= OWN * size}
