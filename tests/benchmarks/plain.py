"""The way every tutorial does it: the same model by sentence-transformers, the same passages in
FAISS, one question. What `qa ask` is compared with.

    python tests/benchmarks/plain.py MODEL_FOLDER VECTORS.faiss PASSAGES.json "question"

`tests/benchmarks/bench.py` writes the three files: the built-in model as SentenceTransformer.save()
leaves it, and the passages of the seeds.
"""

import json
import sys
from pathlib import Path

import faiss
from sentence_transformers import SentenceTransformer

model_folder, vectors, passages, question = sys.argv[1:]
model = SentenceTransformer(model_folder, device="cpu")
index = faiss.read_index(vectors)
texts = json.loads(Path(passages).read_text(encoding="utf-8"))
query = model.encode([question], prompt_name="query", normalize_embeddings=True)
scores, rows = index.search(query, 3)
for score, row in zip(scores[0], rows[0], strict=True):
    print(f"{score:.3f}  {texts[row]}\n")
