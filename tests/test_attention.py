"""Attention becomes one operation where it is BERT's, and what it computes stays the same."""

from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import ModelProto, NodeProto, numpy_helper

from embeddings import OnnxEncoder
from embeddings.attention import fuse_attention
from embeddings.encoder import GRAPH
from embeddings.models import find
from embeddings.prepare import prepare

Change = Callable[[ModelProto], None]


@pytest.fixture(scope="module")
def plain(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> ModelProto:
    """The tiny model's graph of two layers, as the runtime's optimiser leaves it."""
    with patch("embeddings.graph.fuse_attention"):
        return onnx.load(prepare(find(str(tiny_model)), tmp_path_factory.mktemp("plain")) / GRAPH)


def run(model: ModelProto, length: int) -> list[np.ndarray]:
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    ids = np.random.default_rng(length).integers(5, 20, (1, length))
    vectors = np.random.default_rng(length).standard_normal((1, length, 32), np.float32)
    return [
        np.asarray(each) for each in session.run(None, {"input_ids": ids, "word_vectors": vectors})
    ]


def kinds(model: ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


def copied(model: ModelProto) -> ModelProto:
    copy = ModelProto()
    copy.CopyFrom(model)
    return copy


def test_each_layer_has_one_attention_with_the_same_vectors_to_the_bit(plain: ModelProto) -> None:
    fused = copied(plain)

    assert fuse_attention(fused) == 2
    assert kinds(fused).count("QAttention") == 2
    assert not {"Softmax", "Transpose", "FusedMatMul"} & set(kinds(fused))
    tables = {tensor.name for tensor in fused.graph.initializer}
    assert tables <= {name for node in fused.graph.node for name in node.input}
    for length in (2, 3, 12, 17, 40):
        for before, after in zip(run(plain, length), run(fused, length), strict=True):
            np.testing.assert_array_equal(before, after)


def test_the_models_in_use_have_one_attention_a_layer(
    tiny: OnnxEncoder, built_in: OnnxEncoder
) -> None:
    for encoder, layers in ((tiny, 2), (built_in, 12)):
        graph = onnx.load(encoder._folder / GRAPH, load_external_data=False)
        assert kinds(graph).count("QAttention") == layers


def nodes(model: ModelProto, kind: str) -> list[NodeProto]:
    return [node for node in model.graph.node if node.op_type == kind]


def scaled_otherwise(model: ModelProto) -> None:
    (alpha,) = (each for each in nodes(model, "FusedMatMul")[0].attribute if each.name == "alpha")
    alpha.f *= 2


def not_scaled(model: ModelProto) -> None:
    product = nodes(model, "FusedMatMul")[0]
    product.attribute.remove(next(each for each in product.attribute if each.name == "alpha"))


def over_the_questions(model: ModelProto) -> None:
    softmax = nodes(model, "Softmax")[0]
    del softmax.attribute[:]
    softmax.attribute.append(onnx.helper.make_attribute("axis", 2))


def turned_round(model: ModelProto) -> None:
    del nodes(model, "Transpose")[0].attribute[:]


def masked(model: ModelProto) -> None:
    softmax = nodes(model, "Softmax")[0]
    mask = numpy_helper.from_array(np.float32([[0.5]]), "mask")
    model.graph.initializer.append(mask)
    at = list(model.graph.node).index(softmax)
    added = onnx.helper.make_node("Add", [softmax.input[0], "mask"], ["masked"], "masked")
    softmax.input[0] = "masked"
    model.graph.node.insert(at, added)


def keys_of_another_layer(model: ModelProto) -> None:
    first, second = nodes(model, "FusedMatMul")
    second.input[1] = first.input[1]


def heads_of_another_width(model: ModelProto) -> None:
    reshape = next(node for node in nodes(model, "Reshape"))
    other = numpy_helper.from_array(np.int64([1, -1, 2, 16]), "other")
    model.graph.initializer.append(other)
    reshape.input[1] = "other"


@pytest.mark.parametrize(
    "change",
    [
        scaled_otherwise,
        not_scaled,
        over_the_questions,
        turned_round,
        masked,
        keys_of_another_layer,
        heads_of_another_width,
    ],
)
def test_what_is_another_attention_stays_as_it_is(plain: ModelProto, change: Change) -> None:
    changed = copied(plain)
    change(changed)
    fused = copied(changed)

    assert fuse_attention(fused) == 1
    assert kinds(fused).count("Softmax") == 1
    if change not in (heads_of_another_width, turned_round):  # which cannot be run
        for before, after in zip(run(changed, 12), run(fused, 12), strict=True):
            np.testing.assert_array_equal(before, after)
