"""A generation of an index, written from documents: passages, vectors, token vectors."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from embeddings import Encoder, IndexKind, TokenStore, TokenWriter, VectorIndex, centres
from qa import catalogue, manifest
from qa.boilerplate import marked
from qa.library import CATALOGUE, FREQUENCIES, TOKENS, VECTORS, Library
from qa.passages import cut
from qa.progress import Share
from qa.twins import find_twins
from qa.types import Document, Passage

Progress = Callable[[str, float], None]
Cut = Callable[[Document], Sequence[Passage]]
Encoded = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.int32]]


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
    cut: Cut = cut,
) -> Written:
    """Write all parts of an index into the empty folder `target`.

    What `before` has of a document that did not change is copied from it.

    Raises:
        OSError: there is no room, or no right to write.
        IndexFileError: token vectors that are to be copied are damaged.
        LibraryError: so are other vectors.
    """
    if before is not None:
        before.verify({VECTORS})  # opening may not have read them
    kept = {} if before is None else _kept(documents, before)
    cuts = {d.doc_id: kept[d.doc_id].passages if d.doc_id in kept else cut(d) for d in documents}
    passages = marked([passage for d in documents for passage in cuts[d.doc_id]])
    vectors = np.zeros((len(passages), encoder.dim), np.float32)
    new = [d for d in documents if d.doc_id not in kept and cuts[d.doc_id]]
    encoded = _encoded(new, cuts, encoder, model_name, report)
    with TokenWriter(target / TOKENS, encoder.dim) as tokens:
        row = 0
        for old, count in _runs(documents, cuts, kept):
            if before is not None and old is not None:
                vectors[row : row + count] = before.vectors.vectors(old, count)
                tokens.copy(before.tokens, old, count)
            else:
                for at in range(row, row + count):
                    vectors[at], matrix, ids = next(encoded)
                    tokens.append(matrix, ids)
            row += count
        next(encoded, None)  # ends it here: in its finalizer, Ctrl-C would be swallowed
    store = TokenStore(target / TOKENS, encoder.dim)
    np.save(target / FREQUENCIES, np.stack(store.frequencies()))
    index = VectorIndex.build(vectors)
    _save(index, target / VECTORS)
    catalogue.write(target / CATALOGUE, documents, passages, find_twins(passages, store))
    return Written(_files(target), index.kind)


def _save(vectors: VectorIndex, path: Path) -> None:
    try:
        vectors.save(path)
    except RuntimeError as error:  # which is what FAISS raises where there is no room
        raise OSError(f"{path.name} cannot be written") from error


@dataclass(frozen=True, slots=True)
class Kept:
    """Passages that the index has already, from `first_row` on."""

    first_row: int
    passages: list[Passage]


def _kept(documents: Sequence[Document], before: Library) -> dict[str, Kept]:
    """The documents that did not change, though they may have another name or place now."""
    of: dict[str, Kept] = {}
    for row, passage in enumerate(before.catalogue.all_passages()):
        of.setdefault(passage.doc_id, Kept(row, [])).passages.append(passage)
    known = {_content(d): d.doc_id for d in before.catalogue.documents() if d.doc_id in of}
    kept = {}
    for document in documents:
        old = known.get(_content(document))
        if old is not None:
            kept[document.doc_id] = _renamed(of[old], old, document.doc_id)
    return kept


def _renamed(kept: Kept, old: str, new: str) -> Kept:
    if new == old:
        return kept
    return replace(kept, passages=[replace(passage, doc_id=new) for passage in kept.passages])


def _runs(
    documents: Iterable[Document],
    cuts: Mapping[str, Sequence[Passage]],
    kept: Mapping[str, Kept],
) -> Iterator[tuple[int | None, int]]:
    """The passages as runs: the row from where one is copied, None if it is new; its length."""
    start, size = None, 0
    for document in documents:
        known, count = kept.get(document.doc_id), len(cuts[document.doc_id])
        old = known.first_row if known else None
        if old != (None if start is None else start + size):
            yield start, size
            start, size = old, 0
        size += count
    yield start, size


def _content(document: Document) -> tuple[str, ...]:
    """All that a document's passages and their vectors depend on."""
    return document.sha256, document.title, document.language, document.extractor


def _encoded(
    documents: Sequence[Document],
    cuts: Mapping[str, Sequence[Passage]],
    encoder: Encoder,
    model_name: str,
    report: Progress,
) -> Iterator[Encoded]:
    """Vector, token vectors and token ids of each passage, in order.

    A document's title stands in each of its passages' tokens, with its ids made negative so
    that nobody takes it for the passage's own words. It stays out of the passage's one vector,
    which it would blur.
    """
    means = centres(model_name)
    titles = {d.doc_id: _titles(d, cuts[d.doc_id]) for d in documents}
    texts = [
        text
        for d in documents
        for text in (*titles[d.doc_id], *(p.search_text for p in cuts[d.doc_id]))
    ]
    encodings = iter(encoder.encode_passages(texts))
    done, total = 0, sum(len(cuts[d.doc_id]) for d in documents)
    for document in documents:
        heads = [next(encodings) for _ in titles[document.doc_id]]
        title_tokens = [means.centred(h.tokens, "passage", document.language) for h in heads]
        title_ids = [-1 - head.ids for head in heads]
        for passage in cuts[document.doc_id]:
            encoding = next(encodings)
            own = means.centred(encoding.tokens, "passage", passage.language)
            done += 1
            report("embedding the passages", Share(done, total))
            yield (
                encoding.vector,
                np.concatenate([own, *title_tokens]),
                np.concatenate([encoding.ids, *title_ids]),
            )
    next(encodings, None)


def _titles(document: Document, passages: Sequence[Passage]) -> list[str]:
    """The document's title, unless it has one passage only and that begins with it.

    There the title adds nothing, and small files would pay for it with a third of their time.
    """
    text, title = passages[0].search_text, document.title
    return [] if len(passages) == 1 and f"{text} ".startswith(f"{title} ") else [title]


def _files(target: Path) -> dict[str, tuple[int, str]]:
    files = {}
    for path in sorted(path for path in target.rglob("*") if path.is_file()):
        name = path.relative_to(target).as_posix()
        files[name] = path.stat().st_size, manifest.sha256(path)
    return files
