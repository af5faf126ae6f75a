"""Compute the constants of the built-in model that ship in `embeddings/data`.

    python tests/quality/constants.py BENCH

BENCH is a folder with the sets `mlqa`, `piaf` and `faq3`, each with `corpus.jsonl` and
`queries.jsonl` (`_id`, `text`, `lang`). For each language: the mean of the unit token vectors of up
to 300 texts a set, of questions and of passages; and how many questions have each token. And the
codebook of token vectors, which are centred by these means.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings import OnnxEncoder, centres, open_encoder
from qa.folders import cache
from qa.types import LANGUAGES

SETS = ("mlqa", "piaf", "faq3")
TEXTS = 300  # a set and language, for the means
QUESTIONS = 1600  # a set, for the shares
LEAST = 0.005  # a rarer token weighs nearly 1 anyway
TOKENS = 150_000  # of passages, for the codebook
PARTS = 48  # bytes of a code
TARGET = Path(__file__).parents[2] / "embeddings" / "data" / "multilingual-e5-small.json"
CODEBOOK = TARGET.with_suffix(".codebook.npy")


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


def codebook(bench: Path, encoder: OnnxEncoder) -> npt.NDArray[np.float16]:
    """The centroids of centred token vectors, (48, 256, dim / 48), by k-means in each part."""
    import faiss

    means, tokens = centres(encoder.name), []
    for name in SETS:
        rows = read(bench / name / "corpus.jsonl")
        for language in LANGUAGES:
            texts = [row["text"] for row in rows if row["lang"] == language]
            some = texts[:: max(1, len(texts) // TEXTS)][:TEXTS]
            encoded = encoder.encode_passages(some)
            tokens += [means.centred(encoding.tokens, "passage", language) for encoding in encoded]
    found = np.concatenate(tokens)
    found = found[np.random.default_rng(0).permutation(len(found))[:TOKENS]]
    quantizer = faiss.ProductQuantizer(encoder.dim, PARTS, 8)
    quantizer.train(found)
    centroids = faiss.vector_to_array(quantizer.centroids)
    return centroids.reshape(PARTS, 256, -1).astype(np.float16)


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
    centres.cache_clear()
    np.save(CODEBOOK, codebook(bench, encoder))
    print(f"written to {TARGET} and {CODEBOOK}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
