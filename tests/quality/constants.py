"""Compute the constants of the built-in model that ship in `embeddings/data`.

    python tests/quality/constants.py BENCH

BENCH is a folder with the sets `mlqa`, `piaf` and `faq3`, each with `corpus.jsonl` and
`queries.jsonl` (`_id`, `text`, `lang`). For each language: the mean of the unit token vectors of up
to 300 texts a set, of questions and of passages; and how many questions have each token.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from embeddings import OnnxEncoder, open_encoder
from qa.bot import cache
from qa.types import LANGUAGES

SETS = ("mlqa", "piaf", "faq3")
TEXTS = 300  # a set and language, for the means
QUESTIONS = 1600  # a set, for the shares
LEAST = 0.005  # a rarer token weighs nearly 1 anyway
TARGET = Path(__file__).parents[2] / "embeddings" / "data" / "multilingual-e5-small.json"


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def means(bench: Path, encoder: OnnxEncoder, kind: str) -> Iterator[tuple[str, list[float]]]:
    for language in LANGUAGES:
        found = []
        for name in SETS:
            file = "queries.jsonl" if kind == "query" else "corpus.jsonl"
            rows = [row["text"] for row in read(bench / name / file) if row["lang"] == language]
            texts = rows[:: max(1, len(rows) // TEXTS)][:TEXTS]
            if not texts:
                continue
            if kind == "query":
                encoded = [encoder.encode_query(text).tokens for text in texts]
            else:
                encoded = [encoding.tokens for encoding in encoder.encode_passages(texts)]
            found.append(np.concatenate(encoded).mean(axis=0))
        yield language, [round(float(value), 5) for value in np.mean(found, axis=0)]


def shares(bench: Path, encoder: OnnxEncoder) -> dict[str, object]:
    counts: Counter[int] = Counter()
    total = 0
    for name in SETS:
        rows = read(bench / name / "queries.jsonl")
        for row in rows[:: max(1, len(rows) // QUESTIONS)]:
            counts.update({int(token) for token in encoder.encode_query(row["text"]).ids})
            total += 1
    common = {str(t): round(n / total, 4) for t, n in counts.most_common() if n / total >= LEAST}
    return {"questions": total, "shares": common}


def main(bench: Path) -> None:
    encoder = open_encoder(None, cache() / "models")
    content = {
        "model": encoder.name,
        "provenance": "python tests/quality/constants.py, over MLQA (en, es; CC BY-SA 3.0), PIAF "
        "(fr; MIT) and published FAQs with their translations (en, fr, es): statistics only.",
        "centres": {kind: dict(means(bench, encoder, kind)) for kind in ("query", "passage")},
        "question_tokens": shares(bench, encoder),
    }
    TARGET.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written to {TARGET}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
