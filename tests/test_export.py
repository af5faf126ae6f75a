"""A prepared model gives the vectors of the SentenceTransformer that it was made from."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest
from conftest import DOCUMENTS, TINY_PROMPTS

from embeddings import ModelError, OnnxEncoder, unit
from embeddings.export import FORMAT
from embeddings.models import Model, find
from embeddings.prepare import prepare

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))
Vectors = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def paragraphs() -> list[str]:
    """Every eighth line of the seeds that is a sentence or more."""
    lines = [line for path in SEEDS for line in path.read_text("utf-8").splitlines()]
    return [line for line in lines if len(line) > 40][::8]


def reference(
    transformer: "SentenceTransformer", texts: list[str], prompt: str, first: int
) -> tuple[Vectors, list[Vectors]]:
    """The model's own vectors, and those of the texts' own tokens, from number `first` on."""
    vectors = transformer.encode(texts, prompt=prompt, show_progress_bar=False)
    tokens = [
        transformer.encode(
            text, prompt=prompt, output_value="token_embeddings", show_progress_bar=False
        )
        for text in texts
    ]
    return unit(np.asarray(vectors)), [unit(np.asarray(each)[first:-1]) for each in tokens]


def test_the_built_in_model_keeps_its_vectors(
    built_in: OnnxEncoder, transformer: "SentenceTransformer", paragraphs: list[str]
) -> None:
    """The begin token, "▁passage" and ":" stand in front."""
    vectors, tokens = reference(transformer, paragraphs, "passage: ", 3)
    ours = list(built_in.encode_passages(paragraphs))
    cosines = [float(a @ b.vector) for a, b in zip(vectors, ours, strict=True)]
    assert np.mean(cosines) >= 0.99
    assert min(cosines) >= 0.98
    token_cosines = [(a * b.tokens).sum(axis=1) for a, b in zip(tokens, ours, strict=True)]
    assert np.mean(np.concatenate(token_cosines)) >= 0.99


def test_questions_have_another_prompt_than_passages(
    built_in: OnnxEncoder, transformer: "SentenceTransformer"
) -> None:
    question = "¿Cuántos peruanos viven en el exterior?"
    as_query, _ = reference(transformer, [question], "query: ", 3)
    as_passage, _ = reference(transformer, [question], "passage: ", 3)
    vector = built_in.encode_query(question).vector
    assert float(as_query[0] @ vector) >= 0.99
    assert float(as_query[0] @ vector) > float(as_passage[0] @ vector)


@pytest.mark.parametrize("text", [*DOCUMENTS.values(), "Honey", "honey " * 100])
def test_another_model_keeps_its_prompts_pooling_and_dimension(
    tiny: OnnxEncoder, tiny_model: Path, text: str
) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(tiny_model), device="cpu")
    vectors = model.encode([text], prompt=TINY_PROMPTS["document"], show_progress_bar=False)
    [encoding] = tiny.encode_passages([text])
    assert encoding.vector.shape == (16,)
    assert float(unit(vectors)[0] @ encoding.vector) >= 0.98
    asked = model.encode([text], prompt=TINY_PROMPTS["query"], show_progress_bar=False)
    assert float(unit(asked)[0] @ tiny.encode_query(text).vector) >= 0.98


def test_token_vectors_pass_through_the_layers_behind_the_pooling(
    tiny: OnnxEncoder, tiny_model: Path
) -> None:
    """So they are of the sentence vector's space, and a store has one dimension."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(tiny_model), device="cpu")
    prompt, text = TINY_PROMPTS["document"], DOCUMENTS["bees.txt"][:60]
    inside = model.encode(text, prompt=prompt, output_value="token_embeddings").clone()
    moved = model[2]({"sentence_embedding": inside})["sentence_embedding"].detach().numpy()
    [encoding] = tiny.encode_passages([text])
    before = len(model.tokenizer(prompt)["input_ids"]) - 1
    assert encoding.tokens.shape == (len(moved) - before - 1, 16)
    assert (unit(moved)[before:-1] * encoding.tokens).sum(axis=1).mean() >= 0.98


def test_the_folder_describes_itself(tiny: OnnxEncoder, tiny_cache: Path, tiny_model: Path) -> None:
    [folder] = tiny_cache.iterdir()
    config = json.loads((folder / "model.json").read_text("utf-8"))
    files = config.pop("files")
    assert config == {
        "format": FORMAT,
        "name": str(tiny_model),
        "digest": folder.name,
        "dim": 16,
        "max_tokens": 40,
        "end_tokens": 1,
        "query_prompt": "Ask: ",
        "passage_prompt": "Read: ",
    }
    assert {path.name for path in folder.iterdir()} == {*files, "model.json"}
    assert "plain.onnx" not in files
    assert tiny.digest == folder.name


def test_the_built_in_model_names_its_shape(built_in: OnnxEncoder) -> None:
    assert (built_in.name, built_in.dim) == ("multilingual-e5-small", 384)


def test_a_model_whose_vectors_would_change_is_refused(tmp_path: Path, tiny_model: Path) -> None:
    """What the graph is compared with is exchanged behind its back."""

    def load() -> "SentenceTransformer":
        model = find(str(tiny_model)).load()
        encode = model.encode
        model.encode = lambda *args, **more: -encode(*args, **more)  # type: ignore[method-assign]
        return model

    with pytest.raises(ModelError, match=r"vectors change too much \(cosine -(1|0\.9).*\); choose"):
        prepare(Model("tiny", "tiny", load), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_model_without_a_transformer_is_refused(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models

    words = StaticEmbedding(Tokenizer(models.WordLevel({"a": 0}, "a")), embedding_dim=4)
    model = SentenceTransformer(modules=[words], device="cpu")
    with pytest.raises(ModelError, match="not a text transformer"):
        prepare(Model("static", "static", lambda: model), tmp_path)


def test_whatever_goes_wrong_in_a_library_is_one_plain_sentence(tmp_path: Path) -> None:
    def load() -> "SentenceTransformer":
        raise RuntimeError("\x1b[96mstep 2/3\x1b[0m failed\nsecond line")

    with pytest.raises(ModelError) as caught:
        prepare(Model("tiny", "tiny", load), tmp_path)
    assert str(caught.value) == "tiny cannot be prepared (step 2/3 failed); choose another model"
