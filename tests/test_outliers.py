"""Activations with outliers survive 8 bits."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from embeddings import OnnxEncoder
from embeddings.encoder import GRAPH
from embeddings.graph import quantize
from embeddings.outliers import measure, tame

Array = npt.NDArray[np.float32]
WORDS, DIM, INNER = 50, 16, 64
TEXTS = [[1, 5, 9, 2], [1, 30, 31, 32, 33, 2], [1, 49, 2]]


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A feed-forward block and two heads that share its result, where word 1 has an outlier.

    Of `wide`, (1, n, INNER), channel 40 is a hundred times the others, in that word alone.
    """
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> Array:
        return rng.normal(size=shape).astype(np.float32)

    words, bias = normal(WORDS, DIM), np.zeros(INNER, np.float32)
    words[:, 3] = 0
    words[1, 3] = 1
    widen = normal(DIM, INNER) / np.float32(4)
    widen[3, 40] = 100
    tables: dict[str, Array] = {
        "words": words,
        "widen": widen,
        "bias": bias,
        "narrow": normal(INNER, DIM) / np.float32(8),
        "offset": normal(DIM),
        "left": normal(DIM, DIM),
        "right": normal(DIM, DIM),
    }
    nodes = [
        helper.make_node("Gather", ["words", "input_ids"], ["x"], "look"),
        helper.make_node("MatMul", ["x", "widen"], ["product"], "first"),
        helper.make_node("Add", ["product", "bias"], ["sum"], "first_bias"),
        helper.make_node("Relu", ["sum"], ["wide"], "relu"),
        helper.make_node("MatMul", ["wide", "narrow"], ["slim"], "second"),
        helper.make_node("Add", ["slim", "offset"], ["block"], "second_bias"),
        helper.make_node("MatMul", ["block", "left"], ["a"], "left_head"),
        helper.make_node("MatMul", ["block", "right"], ["b"], "right_head"),
        helper.make_node("Tanh", ["a"], ["c"], "tanh"),
    ]
    graph = helper.make_graph(
        nodes,
        "block",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "length"])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "length", DIM])
            for name in ("block", "b")
        ],
        [numpy_helper.from_array(value, name) for name, value in tables.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 10
    path = tmp_path / "plain.onnx"
    onnx.save(model, path)
    return path


def run(path: Path, ids: list[int]) -> list[Array]:
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return [np.asarray(each) for each in session.run(None, {"input_ids": np.array([ids])})]


def kinds(path: Path) -> dict[str, str]:
    model = onnx.load(path, load_external_data=False)
    return {output: node.op_type for node in model.graph.node for output in node.output}


@pytest.fixture
def error(plain: Path, tmp_path: Path) -> Callable[[bool], float]:
    """The mean error of `block` in 8 bits, of words without the outlier; tamed or not."""

    def of(tamed: bool) -> float:
        exact = [run(plain, ids)[0] for ids in TEXTS]
        model, ranges = onnx.load(plain), measure(plain, TEXTS)
        copy = tmp_path / "copy.onnx"
        onnx.save(model, copy)
        if not tamed:  # the narrowing layer as well, by a measure that says nothing
            ranges = {name: np.ones_like(reach) for name, reach in ranges.items()}
        quantize(copy, tmp_path / "small.onnx", ranges)
        rough = [run(tmp_path / "small.onnx", ids)[0] for ids in TEXTS]
        return float(
            np.mean([np.abs(a - b)[0, 1:].mean() for a, b in zip(exact, rough, strict=True)])
        )

    return of


def test_the_reach_of_each_channel_is_measured(plain: Path) -> None:
    ranges = measure(plain, TEXTS)
    assert set(ranges) == {"x", "wide", "block"}
    assert ranges["wide"].shape == (INNER,)
    assert int(ranges["wide"].argmax()) == 40
    expected = np.max([np.abs(run(plain, ids)[0][0]).max(axis=0) for ids in TEXTS], axis=0)
    assert ranges["block"] == pytest.approx(expected, rel=1e-5)
    assert [path.name for path in plain.parent.iterdir()] == ["plain.onnx"]


def test_a_rewritten_graph_computes_what_it_did(plain: Path, tmp_path: Path) -> None:
    """Of every text, those that were not measured as well."""
    model = onnx.load(plain)
    assert tame(model, measure(plain, TEXTS[:1])) == {"second"}
    onnx.checker.check_model(model)
    onnx.save(model, tmp_path / "tamed.onnx")
    for ids in (*TEXTS, list(range(WORDS))):
        for before, after in zip(run(plain, ids), run(tmp_path / "tamed.onnx", ids), strict=True):
            assert after == pytest.approx(before, rel=1e-4, abs=1e-4)


def test_layers_of_one_input_still_share_it(plain: Path) -> None:
    """It is scaled, and then quantized, once."""
    model = onnx.load(plain)
    tame(model, measure(plain, TEXTS))
    [left], [right] = (
        [node for node in model.graph.node if node.name == name]
        for name in ("left_head", "right_head")
    )
    assert left.input[0] == right.input[0] != "block"


def test_an_outlier_leaves_the_other_words_their_resolution(
    error: Callable[[bool], float],
) -> None:
    assert error(True) < error(False) / 5


def test_a_layer_that_narrows_stays_exact_where_nothing_was_measured(
    plain: Path, tmp_path: Path
) -> None:
    quantize(plain, tmp_path / "small.onnx", {})
    assert kinds(tmp_path / "small.onnx")["slim"] == "MatMul"


def test_channels_that_never_spoke_are_no_trouble(plain: Path, tmp_path: Path) -> None:
    model = onnx.load(plain)
    tame(model, {name: np.zeros_like(reach) for name, reach in measure(plain, TEXTS).items()})
    onnx.save(model, tmp_path / "tamed.onnx")
    for before, after in zip(
        run(plain, TEXTS[1]), run(tmp_path / "tamed.onnx", TEXTS[1]), strict=True
    ):
        assert after == pytest.approx(before, rel=1e-4, abs=1e-4)


def test_no_matrix_of_the_built_in_model_is_left_in_32_bits(
    built_in: OnnxEncoder, prepared: Path
) -> None:
    """Save the rows of the outliers, and tables that are looked up."""
    model = onnx.load(prepared / GRAPH, load_external_data=False)
    sizes = {
        tensor.name: int(np.prod(tensor.dims))
        for tensor in model.graph.initializer
        if tensor.data_type == TensorProto.FLOAT
    }
    largest = max(
        sizes.get(name, 0)
        for node in model.graph.node
        if "MatMul" in node.op_type
        for name in node.input
    )
    assert largest <= 8 * built_in.dim
