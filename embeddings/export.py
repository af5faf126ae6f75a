"""A SentenceTransformer is turned, once, into a folder that answers without it.

The folder (in the user's cache, named by the model's digest) holds an ONNX graph with int8
weights and two outputs, the table of word vectors beside it, and the tokenizer. From then on a
question needs onnxruntime and numpy; torch and sentence-transformers stay unimported.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embeddings.encoder import (
    CONFIG,
    GRAPH,
    TOKENIZER,
    VOCABULARY,
    OnnxEncoder,
    sha256,
)
from embeddings.errors import ModelError
from embeddings.graph import detach_words, quantize, write_graph
from embeddings.masks import drop_masks
from embeddings.outliers import measure

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

FORMAT = 5  # of the folder; a change here prepares every model anew
_SAMPLE = "How many people live abroad, and where do they live today?"
# What a model's activations are measured on, with each of its prompts. Their outliers are the
# same in every text, so that a few are enough; these have names, numbers, lists and signs.
_SAMPLES = (
    _SAMPLE,
    "The harbour (built in 1874) has three piers; on 12 May, 40% of its cranes stood idle. "
    "Who repairs them? Call +44 20 5550 0199, or write to harbour@example.org.",
    "Combien de personnes vivent à l'étranger, et où vivent-elles aujourd'hui ?",
    "L'école de Saint-Brieuc, fondée par Anne Le Goff, accueille 250 élèves : ils y apprennent "
    "la menuiserie, la reliure et « l'art des jardins ». Voir aussi l'article 7, alinéa 2.",
    "¿Cuántas personas viven en el exterior y dónde viven hoy?",
    "- Aceite de oliva: 2 litros\n- Harina: 1,5 kg\n¡Ojo! El horno del señor Ibáñez tarda media "
    "hora en calentarse, según el manual de 1998.",
)
_MAX_TOKENS = 8192  # where a model names no limit, or one beyond what a laptop can attend to
# Mean cosine to the model itself, below which the graph is not that model: 8 bits alone keep 0.99.
_LEAST_COSINE = 0.9

Progress = Callable[[str, float], None]
"""Called with what is being done and the share that is done, 0 to 1."""


def export(
    transformer: "SentenceTransformer", target: Path, name: str, digest: str, report: Progress
) -> None:
    """Write all files of a prepared model into the folder `target`.

    Raises:
        ModelError: the model is of a kind that cannot be exported.
    """
    _check(transformer, name)
    report("writing its graph", 0.4)
    plain = target / "plain.onnx"
    write_graph(transformer, plain, _SAMPLE, _max_tokens(transformer))
    drop_masks(plain, _max_tokens(transformer))
    report("reducing it to 8 bits", 0.8)
    config = _config(transformer, name, digest)
    ranges = measure(plain, _sample_ids(transformer, config))
    detach_words(plain, target)
    quantize(plain, target / GRAPH, ranges)
    _write_tokenizer(transformer, target)
    config["files"] = _files(target)
    (target / CONFIG).write_text(json.dumps(config, indent=1), encoding="utf-8")
    _compare(OnnxEncoder(target), transformer, config["passage_prompt"])


def _sample_ids(transformer: "SentenceTransformer", config: dict[str, Any]) -> list[list[int]]:
    texts = [
        config[prompt] + text for prompt in ("query_prompt", "passage_prompt") for text in _SAMPLES
    ]
    encoded = transformer.tokenizer(texts, truncation=True, max_length=config["max_tokens"])
    return [list(ids) for ids in encoded["input_ids"]]


def _compare(encoder: OnnxEncoder, transformer: "SentenceTransformer", prompt: str) -> None:
    """Hold what was made to what it was made from, on a short text and on a longer one."""
    for text in (_SAMPLE, f"{_SAMPLE} " * 5):
        expected = np.asarray(transformer.encode(text, prompt=prompt, show_progress_bar=False))
        [encoding] = encoder.encode_passages([text])
        length = float(np.linalg.norm(expected))
        cosine = float(expected @ encoding.vector) / max(length, 1e-12)
        if cosine < _LEAST_COSINE:
            raise ModelError(
                f"{encoder.name} cannot be reduced to 8 bits: its vectors change too much (cosine "
                f"{cosine:.2f}); choose another model"
            )


def _files(target: Path) -> dict[str, tuple[int, str]]:
    """The size and digest of every file."""
    return {path.name: (path.stat().st_size, sha256(path)) for path in sorted(target.iterdir())}


def _check(transformer: "SentenceTransformer", name: str) -> None:
    first = transformer[0]
    if not hasattr(first, "model") or not getattr(transformer.tokenizer, "is_fast", False):
        raise ModelError(
            f"{name} is not a text transformer with a fast tokenizer; "
            "choose a sentence-transformers model built on one"
        )
    if any(getattr(module, "include_prompt", True) is False for module in transformer):
        raise ModelError(f"{name} leaves its prompt out of the pooling, which is not supported")


def _config(transformer: "SentenceTransformer", name: str, digest: str) -> dict[str, Any]:
    prompts = transformer.prompts
    passage = (prompts.get(key) for key in ("document", "passage", "corpus"))
    return {
        "format": FORMAT,
        "name": name,
        "digest": digest,
        "dim": transformer.get_embedding_dimension(),
        "max_tokens": _max_tokens(transformer),
        "end_tokens": _end_tokens(transformer),
        "query_prompt": prompts.get("query") or "",
        "passage_prompt": next(filter(None, passage), ""),
    }


def _max_tokens(transformer: "SentenceTransformer") -> int:
    return min(int(transformer.max_seq_length or 512), _MAX_TOKENS)


def _end_tokens(transformer: "SentenceTransformer") -> int:
    """How many special tokens the tokenizer puts behind a text: mostly one, sometimes none."""
    marks = transformer.tokenizer(_SAMPLE, return_special_tokens_mask=True)["special_tokens_mask"]
    return len(marks) - 1 - max(at for at, special in enumerate(marks) if not special)


def _write_tokenizer(transformer: "SentenceTransformer", target: Path) -> None:
    from embeddings import vocabulary

    backend = transformer.tokenizer.backend_tokenizer
    backend.no_padding()
    backend.no_truncation()
    backend.save(str(target / TOKENIZER))
    vocabulary.build(target / TOKENIZER, target / VOCABULARY)
