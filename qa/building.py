"""A generation of an index, written from documents: passages, vectors, token vectors."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings import Encoder, TokenStore, TokenWriter, VectorIndex, centres
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


def write_generation(
    target: Path,
    documents: Sequence[Document],
    encoder: Encoder,
    model_name: str,
    report: Progress,
    *,
    before: Library | None = None,
    cut: Cut = cut,
) -> dict[str, tuple[int, str]]:
    """Write all parts of an index into the empty folder `target`; their sizes and digests.

    What `before` has of a document that did not change is copied from it.

    Raises:
        OSError: there is no room, or no right to write.
        IndexFileError: what is to be copied is damaged.
    """
    kept = {} if before is None else _kept(documents, before)
    cuts = {d.doc_id: kept[d.doc_id].passages if d.doc_id in kept else cut(d) for d in documents}
    passages = marked([passage for d in documents for passage in cuts[d.doc_id]])
    vectors = np.zeros((len(passages), encoder.dim), np.float32)
    new = [d for d in documents if d.doc_id not in kept and cuts[d.doc_id]]
    encoded = _encoded(new, cuts, encoder, model_name, report)
    with TokenWriter(target / TOKENS, encoder.dim) as tokens:
        row = 0
        for document in documents:
            for offset in range(len(cuts[document.doc_id])):
                if before is not None and document.doc_id in kept:
                    old = kept[document.doc_id].first_row + offset
                    vectors[row] = before.vectors.vector(old)
                    tokens.copy(before.tokens, old)
                else:
                    vectors[row], matrix, ids = next(encoded)
                    tokens.append(matrix, ids)
                row += 1
        next(encoded, None)  # ends it here: in its finalizer, Ctrl-C would be swallowed
    store = TokenStore(target / TOKENS, encoder.dim)
    np.save(target / FREQUENCIES, np.stack(store.frequencies()))
    _save(VectorIndex.build(vectors), target / VECTORS)
    catalogue.write(target / CATALOGUE, documents, passages, find_twins(passages, store))
    return _files(target)


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
    rows = before.catalogue.first_rows()
    known = {_content(d): d.doc_id for d in before.catalogue.documents() if d.doc_id in rows}
    kept = {}
    for document in documents:
        old = known.get(_content(document))
        if old is not None:
            passages = before.catalogue.passages_of(old)
            renamed = [replace(passage, doc_id=document.doc_id) for passage in passages]
            kept[document.doc_id] = Kept(rows[old], renamed)
    return kept


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
    texts = [t for d in documents for t in (d.title, *(p.search_text for p in cuts[d.doc_id]))]
    encodings = iter(encoder.encode_passages(texts))
    done = 0
    for document in documents:
        title = next(encodings)
        title_tokens = means.centred(title.tokens, "passage", document.language)
        for passage in cuts[document.doc_id]:
            encoding = next(encodings)
            own = means.centred(encoding.tokens, "passage", passage.language)
            done += 1
            report("embedding the passages", Share(done, len(texts) - len(documents)))
            yield (
                encoding.vector,
                np.concatenate([own, title_tokens]),
                np.concatenate([encoding.ids, -1 - title.ids]),
            )
    next(encodings, None)


def _files(target: Path) -> dict[str, tuple[int, str]]:
    files = {}
    for path in sorted(path for path in target.rglob("*") if path.is_file()):
        name = path.relative_to(target).as_posix()
        files[name] = path.stat().st_size, manifest.sha256(path)
    return files
