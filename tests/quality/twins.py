"""Measure how translations are found, on corpora whose parallel passages are known by their IDs.

    python tests/quality/twins.py BENCH

Printed are precision and recall of the pairs across languages that share a group, and how many
pairs of one language do that differ in their text. `faq3` is in three languages and halved by
entry: what is chosen is chosen on half 0.

The answers in `faq3` were cut by length, so under one ID may stand the third part of an answer in
one language and the second and third in another. "cut alike" counts only pairs between entries,
and pairs of entries whose parts are as many and in proportion as long (by a quarter) in both
languages. In `mlqa` the passages under one question are about one fact, and few are translations:
only what is found between other passages is surely wrong.
"""

import argparse
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sets import opened, read

from qa.library import Library
from qa.twins import Alignments, candidates, find_twins
from qa.types import Passage

PROPORTION = 1.25  # by which lengths may differ in entries that are cut alike
Pair = tuple[str, str]


def language(doc_id: str) -> str:
    return doc_id[-2:]


def entry(doc_id: str) -> str:
    """The question that a passage of `faq3` answers, without part and language."""
    return re.sub(r"-[a-z]\d+-..$", "", doc_id)


def combined(groups: Iterator[Sequence[str]]) -> set[Pair]:
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


def found_pairs(passages: Sequence[Passage], twins: Sequence[int | None]) -> set[Pair]:
    groups = defaultdict(list)
    for passage, group in zip(passages, twins, strict=True):
        if group is not None:
            groups[group].append(passage.doc_id)
    return combined(iter(groups.values()))


def same_ids(texts: dict[str, str]) -> set[Pair]:
    groups = defaultdict(list)
    for doc_id in texts:
        groups[doc_id[:-3]].append(doc_id)
    return combined(iter(groups.values()))


def same_question(bench: Path) -> set[Pair]:
    groups = defaultdict(set)
    for line in (bench / "mlqa" / "qrels-cross.tsv").read_text(encoding="utf-8").splitlines():
        query, doc_id, _grade = line.split("\t")
        groups[query[:-3]].add(doc_id)
    return {pair for pair in combined(map(sorted, groups.values())) if crosses(pair)}


def crosses(pair: Pair) -> bool:
    return language(pair[0]) != language(pair[1])


class CutAlike:
    """Whether a pair's label can be trusted: see the top of this file."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._lengths: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        for doc_id, text in texts.items():
            self._lengths[entry(doc_id), language(doc_id)][doc_id[:-3]] = len(text)

    def __call__(self, pair: Pair) -> bool:
        one, other = (self._lengths[entry(doc_id), language(doc_id)] for doc_id in pair)
        if entry(pair[0]) != entry(pair[1]):
            return True
        if one.keys() != other.keys():
            return False
        whole = sum(one.values()) / sum(other.values())
        return all(1 / PROPORTION <= one[p] / other[p] / whole <= PROPORTION for p in one)


def vectors_in(library: Library) -> Callable[[npt.NDArray[np.int32]], npt.NDArray[np.float32]]:
    """What gives the vectors of encoded rows."""
    none = np.empty((0, library.state.dim), np.float32)
    return lambda rows: np.concatenate([none, *(library.encoded.vectors(row, 1) for row in rows)])


def report(label: str, found: set[Pair], right: set[Pair]) -> None:
    both = len(found & right)
    precision, recall = both / max(1, len(found)), both / max(1, len(right))
    print(f"{label:24} | {len(right):5} | {len(found):5} | {precision:9.3f} | {recall:6.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bench", type=Path)
    bench = parser.parse_args().bench
    print("set                      | pairs | found | precision | recall")
    for name in ("faq3", "mlqa"):
        library = opened(bench / name).library()
        passages = list(library.catalogue.all_passages())
        places = library.places[0]
        pairs = candidates(passages, places, vectors_in(library))
        alignments = Alignments(passages, places, library.encoded.tokens, {})
        twins = find_twins(passages, pairs, alignments)
        everything = found_pairs(passages, twins)
        texts = {row["_id"]: row["text"] for row in read(bench / name / "corpus.jsonl")}
        found = {pair for pair in everything if crosses(pair)}
        differ = [p for p in everything - found if texts[p[0]] != texts[p[1]]]
        right = same_question(bench) if name == "mlqa" else same_ids(texts)
        report(f"{name}, by ID", found, right)
        if name == "faq3":
            alike = CutAlike(texts)
            for half in (0, 1):
                keep = {
                    pair
                    for pair in found | right
                    if alike(pair) and zlib.crc32(entry(pair[0]).encode()) % 2 == half
                }
                report(f"{name}, cut alike, half {half}", found & keep, right & keep)
        print(f"{name}: pairs of one language whose texts differ: {len(differ)}")


if __name__ == "__main__":
    main()
