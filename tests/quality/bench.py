"""Measure retrieval on published sets of questions, through the pipeline that answers users.

    python tests/quality/bench.py BENCH [--limit 300] [--sets piaf mlqa faq3]

BENCH holds a folder a set: `corpus.jsonl`, `queries.jsonl` (`_id`, `text`, `lang`) and relevance as
TSV. Every text of a corpus becomes a document of its own; a document ranks where its best passage
does. For each pair of languages only the passages of the second are searched.
"""

import argparse
import hashlib
import json
import math
import random
import shutil
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from embeddings import open_encoder
from qa import Bot, manifest
from qa.bot import cache
from qa.building import write_generation
from qa.library import Library
from qa.manifest import FORMAT, Manifest
from qa.progress import Bar
from qa.types import LANGUAGES, Document, Language, Passage

DEEP = 10
QUERIES = {"piaf": "queries-long.jsonl"}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class Corpus(Bot):
    """A bot over a published corpus: each of its texts is one passage, as its judges saw it."""

    @classmethod
    def of(cls, bench: Path, name: str) -> "Corpus":
        folder, index = bench / name, cache() / "bench" / name
        rows = read(folder / "corpus.jsonl")
        documents = [
            Document(row["_id"], folder, row.get("title", ""), row["lang"], row["text"])
            for row in sorted(rows, key=lambda row: row["_id"])
        ]
        cls.library_of_corpus = indexed(documents, index)
        encoder = open_encoder(None, cache() / "models")
        return cls(folder, index, encoder, model_name=encoder.name)

    def _refresh(self, **_options: object) -> Library:
        return self.library_of_corpus


def indexed(documents: list[Document], index: Path) -> Library:
    """The index of a corpus; made once a model and corpus."""
    encoder = open_encoder(None, cache() / "models")
    key = json.dumps([encoder.digest, FORMAT, *[(d.doc_id, d.text) for d in documents]])
    generation = hashlib.sha256(key.encode()).hexdigest()[:16]
    state = manifest.read(index, "remove it") if index.is_dir() else None
    if state is None or state.generation != generation:
        shutil.rmtree(index, ignore_errors=True)
        (index / generation).mkdir(parents=True)
        report = Bar()
        files = write_generation(
            index / generation, documents, encoder, encoder.name, report, cut=whole
        )
        report.close()
        state = Manifest(encoder.digest, encoder.name, encoder.dim, str(index), generation)
        manifest.write(index, replace(state, files=files))
    return Library(index, state, "remove it")


def whole(document: Document) -> list[Passage]:
    text = " ".join(document.text.split())
    size = len(document.text)
    return [Passage(document.doc_id, 1, 0, size, 1, document.language, "prose", text)]


def relevance(bench: Path, name: str) -> dict[str, set[str]]:
    """The documents that answer each query; documents with the same text answer alike."""
    texts = {row["_id"]: row["text"] for row in read(bench / name / "corpus.jsonl")}
    same = defaultdict(set)
    for doc_id, text in texts.items():
        same[text].add(doc_id)
    relevant: dict[str, set[str]] = defaultdict(set)
    path = bench / name / "qrels-cross.tsv"
    path = path if path.is_file() else path.with_name("qrels.tsv")
    for line in path.read_text(encoding="utf-8").splitlines():
        query_id, doc_id, _grade = line.split("\t")
        relevant[query_id] |= same[texts[doc_id]]
    return relevant


def ranking(bot: Bot, question: str, asked: Language, searched: Language) -> list[str]:
    """The document IDs for a question, best first."""
    answer = bot.answer(question, top_k=4 * DEEP, language=asked, only=[searched], threshold=0.0)
    return list(dict.fromkeys(quote.doc_id for quote in answer.quotes))[:DEEP]


def measures(ranked: list[str], relevant: set[str]) -> tuple[float, float, float]:
    """success@1, success@3, nDCG@10 (Jaervelin and Kekaelaeinen, 2002; binary gains)."""
    gains = [doc_id in relevant for doc_id in ranked]
    found = sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains))
    best = sum(1 / math.log2(rank + 2) for rank in range(min(DEEP, len(relevant))))
    return float(any(gains[:1])), float(any(gains[:3])), found / best


def evaluate(bench: Path, name: str, limit: int) -> None:
    bot = Corpus.of(bench, name)
    languages = {row["_id"]: row["lang"] for row in read(bench / name / "corpus.jsonl")}
    relevant = relevance(bench, name)
    queries = read(bench / name / QUERIES.get(name, "queries.jsonl"))
    for asked in LANGUAGES:
        for searched in LANGUAGES:
            pairs = [
                (query["text"], here)
                for query in queries
                if query["lang"] == asked
                and (here := {d for d in relevant[query["_id"]] if languages[d] == searched})
            ]
            random.Random(0).shuffle(pairs)
            pairs = pairs[:limit]
            if not pairs:
                continue
            scores = [measures(ranking(bot, q, asked, searched), here) for q, here in pairs]
            s1, s3, ndcg = (100 * sum(column) / len(scores) for column in zip(*scores, strict=True))
            row = f"{len(pairs):5} | {s1:9.1f} | {s3:9.1f} | {ndcg:7.1f}"
            print(f"{name:6} | {asked}→{searched} | {row}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bench", type=Path)
    parser.add_argument("--limit", type=int, default=300, help="queries a pair of languages")
    parser.add_argument("--sets", nargs="+", default=["piaf", "mlqa", "faq3"])
    options = parser.parse_args()
    print("set    | pair  | queries | success@1 | success@3 | nDCG@10")
    for name in options.sets:
        evaluate(options.bench, name, options.limit)


if __name__ == "__main__":
    main()
