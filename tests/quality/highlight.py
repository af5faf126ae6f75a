"""Measure the highlight: in the right passage, is it the sentence that holds the answer?

    python tests/quality/highlight.py BENCH [--half 1] [--limit 5000]

On `mlqa` the right sentence is the annotated one of `mlqa_sent`; on `piaf` (French) any that has
the answer's words. Questions are asked of the corpus through the pipeline, in one language at a
time. Left out are those whose right passage is not even a candidate, passages of one sentence,
whose highlight cannot be wrong, and longer ones than the program cuts. The set is halved by
passage, questions on a passage and on its translation falling into one half: constants were chosen
on half 0 of `mlqa`.
"""

import argparse
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sets import opened, read

from embeddings import open_encoder
from qa.filters import Filter
from qa.folders import cache
from qa.highlight import highlight
from qa.passages import MAX_CHARS
from qa.published import Published
from qa.responder import quote_of
from qa.retriever import Hit
from qa.types import Language, Quote, Span


@dataclass(frozen=True)
class Case:
    """A question with its right passage, and where in that passage the right sentences are."""

    question: str
    asked: Language
    hit: Hit
    quote: Quote
    right: list[Span]
    half: int

    @property
    def pair(self) -> str:
        return f"{self.asked}→{self.quote.language}"


def asked(bot: Published, question: str, language: Language, document: str, where: Language) -> Hit:
    """The hit of a question in this document; LookupError where it is no candidate."""
    hits = bot.hits(question, language=language, where=Filter(only=(where,)))
    found = [hit for hit in hits if hit.passage.doc_id == document]
    if not found:
        raise LookupError(document)
    return found[0]


def mlqa_targets(bench: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Query, document, and the texts of its right sentences."""
    sentences = {row["_id"]: row for row in read(bench / "mlqa_sent" / "corpus.jsonl")}
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    lines = (bench / "mlqa_sent" / "qrels-cross.tsv").read_text(encoding="utf-8").splitlines()
    for line in lines:
        query, sentence, _grade = line.split("\t")
        found[query, sentences[sentence]["para"]].append(sentences[sentence]["text"])
    for (query, document), texts in found.items():
        yield query, document, texts


def piaf_targets(bench: Path) -> Iterator[tuple[str, str, list[str]]]:
    answers = {row["_id"]: row["answer"] for row in read(bench / "piaf" / "queries-long.jsonl")}
    for line in (bench / "piaf" / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        query, document, _grade = line.split("\t")
        if query in answers:
            yield query, document, [answers[query]]


QUERIES = {"mlqa": "queries.jsonl", "piaf": "queries-long.jsonl"}
TARGETS = {"mlqa": mlqa_targets, "piaf": piaf_targets}


def halves(name: str, targets: list[tuple[str, str, list[str]]]) -> dict[str, int]:
    """A half for each document; those that one question is about are in one half."""
    first: dict[str, str] = {}

    def root(document: str) -> str:
        while first.get(document, document) != document:
            document = first[document]
        return document

    by_question: dict[str, str] = {}
    for query, document, _ in targets:
        question = query.rpartition("-")[0] if name == "mlqa" else query
        other = by_question.setdefault(question, document)
        one, two = sorted((root(document), root(other)))
        first[two] = one
    return {document: zlib.crc32(root(document).encode()) % 2 for _, document, _ in targets}


def occurrences(text: str, part: str) -> list[Span]:
    at, found = text.find(part), []
    while at >= 0:
        found.append(Span(at, at + len(part)))
        at = text.find(part, at + 1)
    return found


def cases(bench: Path, name: str, half: int | None, limit: int) -> Iterator[Case]:
    bot = opened(bench / name)
    queries = {r["_id"]: r for r in read(bench / name / QUERIES[name])}
    texts = {row["_id"]: row for row in read(bench / name / "corpus.jsonl")}
    targets = list(TARGETS[name](bench))
    half_of = halves(name, targets)
    wanted = [
        target
        for target in targets
        if half in (None, half_of[target[1]]) and len(texts[target[1]]["text"]) <= MAX_CHARS
    ]
    for query_id, doc_id, parts in wanted[:limit]:
        query, text = queries[query_id], texts[doc_id]["text"]
        right = [span for part in parts for span in occurrences(text, part)]
        try:
            hit = asked(bot, query["text"], query["lang"], doc_id, texts[doc_id]["lang"])
        except LookupError:
            continue
        document = bot.library().document(doc_id)
        quote = quote_of(hit.passage, document)
        if right:
            yield Case(query["text"], query["lang"], hit, quote, right, half_of[doc_id])


def shared(one: Span, other: Span) -> int:
    return max(0, min(one.end, other.end) - max(one.start, other.start))


def is_right(found: Span, right: list[Span]) -> bool:
    """Whether the highlight holds half of a right part, or lies to more than half in it.

    The two need not be the same: annotators and this program cut some sentences differently.
    """
    return any(
        2 * shared(found, span) > min(found.end - found.start, span.end - span.start)
        for span in right
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bench", type=Path)
    parser.add_argument("--half", type=int, choices=[0, 1], help="by default both")
    parser.add_argument("--limit", type=int, default=5000)
    options = parser.parse_args()
    for name in TARGETS:
        table: dict[str, list[bool]] = defaultdict(list)
        count_tokens = open_encoder(None, cache() / "models").count_tokens
        for case in cases(options.bench, name, options.half, options.limit):
            found = highlight(case.hit, case.quote, count_tokens)
            if found is not None:
                table[case.pair].append(is_right(found, case.right))
        for pair, right in sorted(table.items()):
            print(f"{name:5} | {pair} | {len(right):5} | {100 * sum(right) / len(right):5.1f}")


if __name__ == "__main__":
    main()
