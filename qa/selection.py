"""Which passages of a library a filter leaves, and what to say where it leaves none."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

import numpy as np
import numpy.typing as npt

from qa import reading
from qa.errors import SourceError
from qa.filters import Filter
from qa.language import say
from qa.library import Library
from qa.messages import Key
from qa.types import LANGUAGES, Document, Language, source_parts
from qa.visible import one_line

EXAMPLES = 3  # documents that are named where a filter leaves nothing


def rows_of(
    library: Library, where: Filter, hidden: Collection[int] = ()
) -> npt.NDArray[np.int64] | None:
    """The rows that may be found, ascending, without those `hidden`; None for all."""
    if not where and not hidden:
        return None
    languages = library.languages
    rows: Sequence[int] = range(len(languages))
    if where != Filter(only=where.only):
        left, of = _documents(library, where), library.doc_ids
        rows = [row for row in rows if of[row] in left]
    if where.since or where.until:
        dates = library.dates
        rows = [row for row in rows if where.covers(dates[row])]
    only = where.only or LANGUAGES
    return np.array([r for r in rows if languages[r] in only and r not in hidden], np.int64)


def _documents(library: Library, where: Filter) -> set[str]:
    """The IDs of the documents that fulfil the conditions on documents."""
    admit = where.admits()
    return {d.doc_id for d in library.documents if admit(d, path_of(library, d.doc_id))}


def path_of(library: Library, doc_id: str) -> str:
    """A document's path in its folder; its ID where it is no file."""
    source = library.state.documents.get(doc_id)
    return PurePath(source.path).as_posix() if source else doc_id


def dates_of(library: Library, source_ids: Sequence[str]) -> dict[str, str]:
    """When these passages were written, by source ID, as far as it is known."""
    catalogue, first = library.catalogue, library.catalogue.first_rows()
    parts = {source_id: source_parts(source_id) for source_id in source_ids}
    there = {name: part for name, part in parts.items() if catalogue.find(*part)}
    rows = {name: first[doc_id] + number - 1 for name, (doc_id, number) in there.items()}
    return {name: library.dates[row] for name, row in rows.items() if library.dates[row]}


def undated_note(library: Library, where: Filter, language: Language) -> tuple[str, ...]:
    """What is said where documents are left out only because nobody knows their date."""
    if not (where.since or where.until):
        return ()
    rest = _found(library, replace(where, since="", until=""))
    found = {library.doc_ids[row] for row in rest}
    undated = len({library.doc_ids[row] for row in rest if not library.dates[row]})
    return (say("undated", language, count=undated, total=len(found)),) if undated else ()


def nothing_left(library: Library, where: Filter, language: Language) -> str:
    """Which condition leaves nothing, and what there would be."""
    empty = [part for part in where.alone() if not len(_found(library, part))]
    conditions = " ".join(map(str, empty or [where]))
    documents = library.documents
    languages = [name for name in LANGUAGES if name in library.languages]
    dates = sorted(filter(None, library.dates))
    paths = sorted(path_of(library, d.doc_id) for d in documents)
    more = ["…"] if len(paths) > EXAMPLES else []
    return say(
        "nothing_left",
        language,
        conditions=conditions,
        count=len(documents),
        languages=", ".join(languages),
        dates=" – ".join(dict.fromkeys((dates[0], dates[-1]))) if dates else "–",
        examples=", ".join([*map(one_line, paths[:EXAMPLES]), *more]),
    )


def nothing_there(library: Library, folder: Path, language: Language) -> str:
    """What is seen in a folder without documents, and what to do about it.

    Raises:
        DocumentError: the folder cannot be read.
    """
    listing, state = reading.find(folder), library.state
    bare = listing.passed.get("", 0)
    seen = [f"{count} {suffix}" for suffix, count in listing.passed.items() if suffix]
    seen += [say("seen_without_suffix", language, count=bare)] if bare else []
    others: tuple[tuple[Key, int], ...] = (
        ("seen_links", listing.links),
        ("seen_skipped", len(state.skipped)),
        ("seen_blank", len(state.documents)),
    )
    seen += [say(key, language, count=count) for key, count in others if count]
    return say(
        "seen",
        language,
        folder=one_line(str(folder)),
        seen=", ".join(seen) or say("seen_nothing", language),
        suffixes=", ".join(reading.FORMATS),
    )


def named_source(library: Library, source_id: str) -> tuple[Document, int]:
    """The document that a source ID names, as it is or as it is shown, and the passage's number.

    Raises:
        SourceError: no passage has it.
    """
    doc_id, number = source_parts(source_id)
    document = _named_document(library, doc_id or source_id)
    if document and doc_id and library.catalogue.find(document.doc_id, number):
        return document, number
    cure = "it should look like NAME#p3, and `qa sources` lists the names"
    count = len(library.catalogue.passages_of(document.doc_id)) if document else 0
    if document and count:
        name = document.doc_id
        cure = f"the passages of {name} are {name}#p1 to {name}#p{count}"
    raise SourceError(f"there is no source {source_id} in {library.state.folder}; {cure}")


def _named_document(library: Library, name: str) -> Document | None:
    """Of two names that are shown alike, the one that is written so."""
    document = library.catalogue.document(name)
    if document is None and (known := library.names_shown.get(name)):
        document = library.catalogue.document(known)
    return document


def _found(library: Library, where: Filter) -> Collection[int]:
    rows = rows_of(library, where)
    return range(len(library)) if rows is None else rows.tolist()
