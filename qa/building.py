"""A generation of an index, written from documents: passages, vectors, token vectors."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from embeddings import NONE, Encoder, IndexKind, VectorIndex, centres, packing_for
from qa import catalogue_writer, manifest, reading
from qa.boilerplate import marked
from qa.catalogue_writer import Earlier
from qa.encoded import ASIDE, PLACES, Encoded, EncodedWriter, Text, keys_of
from qa.language import fold
from qa.library import CATALOGUE, FREQUENCIES, OPENING, VECTORS, Library
from qa.likeness import keyed
from qa.mentions import names
from qa.passages import cut, has_question
from qa.progress import Share
from qa.twins import Alignments, Known, candidates, find_twins
from qa.types import Document, Passage

ALIGNMENTS = "alignments.npy"  # only who builds the next index reads them
_ALIGNMENT = np.dtype([("rows", "<i4", (2,)), ("alignment", "<f4")])

Progress = Callable[[str, float], None]
Cut = Callable[[Document], Sequence[Passage]]
Cuts = Mapping[str, Sequence[Passage]]


class Written(NamedTuple):
    """What the manifest tells of a generation: sizes and digests, and how vectors are searched."""

    files: dict[str, tuple[int, str]]
    vectors: IndexKind


def write_generation(
    target: Path,
    documents: Sequence[Document],
    encoder: Encoder,
    model_name: str,
    report: Progress,
    *,
    before: Library | None = None,
    unfinished: Encoded | None = None,
    cut: Cut = cut,
) -> Written:
    """Write all parts of an index into the empty folder `target`.

    A text that `before` or `unfinished` has encoded is copied from there.

    Raises:
        OSError: there is no room, or no right to write.
        IndexFileError: token vectors that are to be copied are damaged.
        LibraryError: so are other vectors.
    """
    if before is not None:
        before.verify({VECTORS, ALIGNMENTS})  # opening may not have read them
    kept = {} if before is None else _kept(documents, before)
    cuts = {d.doc_id: kept[d.doc_id] if d.doc_id in kept else keyed(cut(d)) for d in documents}
    passages = marked([passage for d in documents for passage in cuts[d.doc_id]])
    texts, places = _texts(documents, cuts)
    sources = [s for s in (before and before.encoded, unfinished) if s]
    vectors = int(places[0].max(initial=-1)) + 1  # the texts of passages come first
    _encode(target, texts, vectors, encoder, model_name, sources, report)
    encoded = Encoded(target, encoder.dim)
    np.save(target / PLACES, places)
    np.save(target / FREQUENCIES, _frequencies(encoded, places[0]))
    kind = _search(encoded.written_aside(places[0]), target / VECTORS)
    with ThreadPoolExecutor(1, "candidates") as beside:
        known = None if before is None else _known(before, encoded, places[0])
        pairs = beside.submit(candidates, passages, places[0], encoded.written_aside, known)
        aligned = {} if known is None else known.alignments
        alignments = Alignments(passages, places[0], encoded.tokens, aligned)

        def twins() -> list[int | None]:
            return find_twins(passages, pairs.result(), alignments)

        earlier = None if before is None else _earlier(documents, before)
        catalogue_writer.write(target / CATALOGUE, documents, passages, twins, earlier)
    np.save(target / ALIGNMENTS, np.array(list(alignments.found.items()), _ALIGNMENT))
    (target / ASIDE).unlink()
    return Written(_files(target), kind)


def _texts(documents: Sequence[Document], cuts: Cuts) -> tuple[list[Text], npt.NDArray[np.int32]]:
    """What is encoded, each text once, and for each passage its place, its title's, and that of
    the heading of its section, (3, n).

    What stands above a passage counts for it, but stays out of its vector, which it would blur.
    """
    rows: dict[Text, int] = {}
    passages = [p for d in documents for p in cuts[d.doc_id]]
    own = [rows.setdefault(Text(p.search_text, p.language), len(rows)) for p in passages]
    titles: list[int] = []
    for d in documents:
        if count := len(cuts[d.doc_id]):
            title = _title(d, cuts[d.doc_id])
            row = rows.setdefault(Text(title, d.language), len(rows)) if title else NONE
            titles += [row] * count
    above = [heading for d in documents for heading in _headings(d, cuts[d.doc_id])]
    headings = [NONE if p is None else rows[Text(p.search_text, p.language)] for p in above]
    return list(rows), np.array([own, titles, headings], np.int32)


def _headings(document: Document, passages: Sequence[Passage]) -> Iterator[Passage | None]:
    """For each passage of a document the heading that stands next above it; in a table that of its
    own row.

    A question above its answer, which are one passage, ends the section before it.
    """
    heading: Passage | None = None
    text, by_rows = document.text, reading.is_table(document.path)
    for passage in passages:
        if by_rows and heading is not None and heading.line != passage.line:
            heading = None
        if passage.kind == "heading" or has_question(text[passage.start : passage.end]):
            heading = passage if passage.kind == "heading" else None
            yield None
        else:
            yield heading


def _title(document: Document, passages: Sequence[Passage]) -> str:
    """What is searched with all passages of a document: its title, and the names in its opening.

    A contract names its parties once, and a letter whom it is for; what is asked of them stands
    below. With one passage only that begins with it the title adds nothing, and small files would
    pay for it with a third of their time.
    """
    text, title = passages[0].search_text, document.title
    if len(passages) == 1:
        return "" if f"{text} ".startswith(f"{title} ") else title
    opening = names(document.text[:OPENING], lambda _word: 1)
    told = dict.fromkeys(word.text for name in opening for word in name)
    known = fold(title)
    return " ".join([title, *(word for word in told if fold(word) not in known)])


def _encode(
    target: Path,
    texts: Sequence[Text],
    vectors: int,
    encoder: Encoder,
    model_name: str,
    sources: Sequence[Encoded],
    report: Progress,
) -> None:
    """Write a row for each text, in order: copied from the first source that has it, or made.

    The first so many are searched by their `vectors`.
    """
    way = packing_for(model_name, encoder.dim, len(texts))
    sources = [source for source in sources if source.serves(way)]
    keys = keys_of(texts, encoder.digest)
    found = [_found(key, sources, vector=row < vectors) for row, key in enumerate(keys)]
    new = [text for text, place in zip(texts, found, strict=True) if place is None]
    encodings = iter(encoder.encode_passages([text.words for text in new]))
    means, done = centres(model_name), 0
    with EncodedWriter(target, encoder.dim, way) as writer:
        for source, start, count, at in _runs(found):
            if source is not None:
                writer.copy(source, start, count)
                continue
            for row in range(at, at + count):
                encoding = next(encodings)
                tokens = means.centred(encoding.tokens, "passage", texts[row].language)
                writer.append(keys[row], encoding.vector, tokens, encoding.ids)
                done += 1
                report("embedding the passages", Share(done, len(new)))
    next(encodings, None)  # ends it here: in its finalizer, Ctrl-C would be swallowed


def _found(key: bytes, sources: Sequence[Encoded], *, vector: bool) -> tuple[Encoded, int] | None:
    for source in sources:
        row = source.find(key, vector=vector)
        if row is not None:
            return source, row
    return None


def _runs(
    found: Sequence[tuple[Encoded, int] | None],
) -> Iterator[tuple[Encoded | None, int, int, int]]:
    """Rows that are together here and there: the source or None, the row there, how many, the
    row here."""
    here = 0
    for (source, start), group in groupby(
        enumerate(found), lambda pair: (pair[1][0], pair[1][1] - pair[0]) if pair[1] else (None, 0)
    ):
        count = len(list(group))
        yield source, start + here, count, here
        here += count


def _frequencies(encoded: Encoded, own: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Token ids, ascending, and in how many passages each occurs; (2, u)."""
    return np.stack(encoded.tokens.frequencies(np.bincount(own, minlength=len(encoded))))


def _known(before: Library, encoded: Encoded, own: npt.NDArray[np.int32]) -> Known | None:
    """What an index before this one tells of the texts of passages, by their rows here; `own`, (n,)
    are these."""
    if before.encoded.tokens.packing.name != encoded.tokens.packing.name:
        return None
    found = np.load(before.index / before.state.generation / ALIGNMENTS, allow_pickle=False)
    there, here = before.encoded.keys, encoded.keys
    rows = set(found["rows"].ravel().tolist())
    row_of = {row: encoded.find(there[row], vector=True) for row in rows}
    anew = {row for row in own.tolist() if before.encoded.find(here[row], vector=True) is None}
    alignments = {}
    for (left, right), alignment in found.tolist():
        one, other = row_of[left], row_of[right]
        if one is not None and other is not None:
            alignments[one, other] = alignment
        else:
            anew |= {row for row in (one, other) if row is not None}
    return Known(alignments, anew)


def _earlier(documents: Sequence[Document], before: Library) -> Earlier | None:
    """What may be copied of the catalogue before, if that is most of it."""
    known = before.whole_documents
    same = {d.doc_id for d in documents if known.get(d.doc_id) is d}
    path = before.index / before.state.generation / CATALOGUE
    return Earlier(path, same) if 2 * len(same) > len(known) else None


def _search(vectors: npt.NDArray[np.float32], path: Path) -> IndexKind:
    """Write the index of the passages' vectors; how they are searched."""
    index = VectorIndex.build(vectors)
    try:
        index.save(path)
    except RuntimeError as error:  # which is what FAISS raises where there is no room
        raise OSError(f"{path.name} cannot be written") from error
    return index.kind


def _kept(documents: Sequence[Document], before: Library) -> dict[str, list[Passage]]:
    """The passages of documents that did not change, whatever their name or place is now."""
    of: dict[str, list[Passage]] = {}
    for passage in before.catalogue.all_passages():
        of.setdefault(passage.doc_id, []).append(passage)
    ids = {_content(d): doc_id for doc_id, d in before.whole_documents.items() if doc_id in of}
    kept = {}
    for document in documents:
        old = ids.get(_content(document))
        if old is not None:
            kept[document.doc_id] = _renamed(of[old], old, document.doc_id)
    return kept


def _renamed(passages: list[Passage], old: str, new: str) -> list[Passage]:
    return passages if new == old else [replace(passage, doc_id=new) for passage in passages]


def _content(document: Document) -> tuple[str, ...]:
    """All that a document's passages depend on."""
    return document.sha256, document.title, document.language, document.extractor


def _files(target: Path) -> dict[str, tuple[int, str]]:
    files = {}
    for path in sorted(path for path in target.rglob("*") if path.is_file()):
        name = path.relative_to(target).as_posix()
        files[name] = path.stat().st_size, manifest.sha256(path)
    return files
