"""Ranked passages become an answer: twins folded, quotes shown, or an honest no."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from embeddings import NONE
from qa.calibration import Calibration
from qa.differences import words
from qa.highlight import CountTokens, highlight
from qa.language import fold, foreign, say
from qa.library import OPENING, Library
from qa.mentions import introduced
from qa.retriever import Hit
from qa.types import Answer, Document, Passage, Quote, Twin

NEAR_MISSES = 3
TELLING = 3  # letters, as May has; most shorter words are articles and the like
RUNNER_UP = 0.5  # of the threshold: what stands below the first quote may be less sure


def respond(
    answer: Answer,
    hits: Sequence[Hit],
    library: Library,
    calibration: Calibration,
    count_tokens: CountTokens,
    *,
    top_k: int,
    threshold: float,
    among: Collection[int] | None = None,
) -> Answer:
    """Fill an answer with the best `top_k` quotes, or with near misses where none is good enough.

    Quotes stand in the order of `hits`. There are none where the first is less probable than
    `threshold`; those below it may be half as probable. What says the same is as probable as the
    best of it. With `among`, no other rows are named.
    """
    folded = _fold(hits, library, answer, None if among is None else frozenset(among))
    best = False
    found: list[Quote] = []
    for hit, twins, equals in islice(folded, top_k):
        probability = max(map(calibration.probability, equals))
        best = best or (not found and probability >= threshold)
        if not best and len(found) == NEAR_MISSES:
            break
        if not best or probability >= threshold * RUNNER_UP or not found:
            found.append(_quote(hit, twins, library, probability, count_tokens))
    notes = _notes(answer)
    if best:
        return replace(answer, quotes=tuple(found), notes=notes)
    nearest = tuple(sorted(found, key=lambda quote: -quote.score))
    return replace(answer, near_misses=nearest, reason="no relevant passage", notes=notes)


def _notes(answer: Answer) -> tuple[str, ...]:
    note = (say("foreign_note", answer.language),) if foreign(answer.question) else ()
    return (*answer.notes, *note)


Folded = tuple[Hit, tuple[tuple[int, Twin], ...], Sequence[Hit]]


def _fold(
    hits: Sequence[Hit], library: Library, answer: Answer, among: Collection[int] | None
) -> Iterator[Folded]:
    """Passages that say the same take one place: the best of them, with the others beside it, and
    those of them that were found. A heading takes none behind what stands below it."""
    ranked = [hit.row for hit in hits]
    groups, headings = library.catalogue.twin_groups(ranked), library.headings(ranked)
    seen: set[int] = set()
    told: set[int] = set()  # headings, by what stands below them
    for hit in hits:
        if hit.row in told:
            continue
        told.add(headings.get(hit.row, NONE))
        group = groups.get(hit.row)
        if group is None:
            yield hit, (), [hit]
        elif group not in seen:
            seen.add(group)
            twins = library.catalogue.twins(group)
            rows = {row for row, _twin in twins}
            equals = [other for other in hits if other.row in rows]
            shown = _shown(equals, library, answer)
            named = [
                (row, twin)
                for row, twin in twins
                if row != shown.row and (among is None or row in among)
            ]
            yield shown, tuple(_compared(shown.passage, named, library)), equals


def _shown(equals: Sequence[Hit], library: Library, answer: Answer) -> Hit:
    """Of equal passages, best first, the best in the asker's language, else in any.

    Of its editions the one is shown that has the most words of the question, of these the newest:
    what was corrected may be what is asked for.
    """
    best = next((hit for hit in equals if hit.passage.language == answer.language), equals[0])
    own = [hit for hit in equals if hit.passage.language == best.passage.language]
    editions = [hit for hit in own if hit.passage.alike != best.passage.alike]
    if not editions:
        return best
    asked = _telling(answer.searched)

    def standing(hit: Hit) -> tuple[int, str]:
        date = library.document(hit.passage.doc_id).date
        return len(asked & _telling(hit.passage.search_text)), date

    return max([best, *editions], key=standing)


def _telling(text: str) -> set[str]:
    return {word for word in words(fold(text)) if len(word) >= TELLING or word.isdigit()}


def _compared(
    shown: Passage, twins: Sequence[tuple[int, Twin]], library: Library
) -> Iterator[tuple[int, Twin]]:
    """The same twins; those of another edition are said to differ. What is repeated has none."""
    near = [row for row, twin in twins if twin.language == shown.language and not shown.repeated]
    passages = dict(zip(near, library.passages(near), strict=True))
    for row, twin in twins:
        differs = row in passages and passages[row].alike != shown.alike
        yield row, replace(twin, differs=differs)


def _quote(
    hit: Hit,
    twins: Sequence[tuple[int, Twin]],
    library: Library,
    probability: float,
    count_tokens: CountTokens,
) -> Quote:
    passage = hit.passage
    document = library.document(passage.doc_id)
    quote = quote_of(passage, document)
    opening = f"{document.title} {document.text[:OPENING]}"
    names = introduced(hit.query.names, passage.search_text, opening, passage.language)
    return replace(
        quote,
        score=probability,
        highlight=highlight(hit, quote, count_tokens),
        twins=tuple(twin for _row, twin in twins),
        missing=hit.unmentioned.words,
        introduced=tuple(names),
        section=_section(hit.row, document, library),
    )


def _section(row: int, document: Document, library: Library) -> str:
    """The heading above a passage, without the marks at its ends."""
    headings = library.headings([row])
    told = [passage.search_text for passage in library.passages(list(headings.values()))]
    section = told[0].lstrip("#").strip(" *_") if told else ""
    return "" if words(fold(section)) == words(fold(document.title)) else section


def quote_of(passage: Passage, document: Document) -> Quote:
    """A passage as a quote, not judged by any question."""
    return Quote(
        source_id=passage.source_id,
        doc_id=passage.doc_id,
        path=document.path,
        title=document.title,
        language=passage.language,
        kind="menu" if passage.aside and passage.kind != "contact" else passage.kind,
        start=passage.start,
        end=passage.end,
        line=passage.line,
        page=document.page_at(passage.start),
        text=document.text[passage.start : passage.end],
        score=0.0,
    )
