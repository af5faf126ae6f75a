"""Additions to attention that add nothing are left out; all others stay."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import parser

from embeddings.masks import drop_masks, sweep

# What is added to the scores: made of the length alone, of an order, of a window, of the ids.
NOTHING = "length = Shape (input_ids)  mask = ConstantOfShape <value = float[1] {0.0}> (length)"
ORDER = """
    length = Shape (input_ids)  ones = ConstantOfShape <value = float[1] {-9.0}> (square)
    mask = Trilu <upper = 1> (ones, one)
"""
WINDOW = """
    length = Shape (input_ids)  all = ConstantOfShape <value = float[1] {-9.0}> (square)
    mask = Trilu <upper = 1> (all, eight)
"""
PADDING = "floats = Cast <to = 1> (input_ids)  mask = Sub (floats, floats)"


def written(path: Path, mask: str) -> Path:
    model = parser.parse_model(f"""
        <ir_version: 10, opset_import: ["" : 20]>
        attention (int64[1, n] input_ids) => (float[n, n] output)
        <int64 one = {{1}}, int64 eight = {{8}}, int64[2] flat = {{-1, 1}}>
        {{
            values = Cast <to = 1> (input_ids)
            column = Reshape (values, flat)
            scores = Mul (column, values)
            n = Shape <start = 1> (input_ids)
            square = Concat <axis = 0> (n, n)
            {mask}
            masked = Add (scores, mask)
            output = Softmax (masked)
        }}
    """)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def run(path: Path, length: int) -> np.ndarray:
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    ids = np.random.default_rng(0).integers(1, 5, (1, length))
    return np.asarray(session.run(None, {"input_ids": ids})[0])


def test_a_mask_of_zeros_is_left_out_and_so_is_what_made_it(tmp_path: Path) -> None:
    path = written(tmp_path / "graph.onnx", NOTHING)
    before = run(path, 7)
    assert drop_masks(path, 16) == 1
    kinds = [node.op_type for node in onnx.load(path).graph.node]
    assert kinds == ["Cast", "Reshape", "Mul", "Softmax"]
    assert (run(path, 7) == before).all()
    assert [path.name for path in tmp_path.iterdir()] == ["graph.onnx"]


@pytest.mark.parametrize("mask", [ORDER, WINDOW, PADDING], ids=["order", "window", "padding"])
def test_a_mask_that_may_hide_something_stays(tmp_path: Path, mask: str) -> None:
    path = written(tmp_path / "graph.onnx", mask)
    before = run(path, 12)
    assert drop_masks(path, 16) == 0
    assert "Add" in [node.op_type for node in onnx.load(path).graph.node]
    assert (run(path, 12) == before).all()


def test_a_window_wider_than_any_text_hides_nothing(tmp_path: Path) -> None:
    assert drop_masks(written(tmp_path / "graph.onnx", WINDOW), 8) == 1


def test_what_a_graph_within_uses_stays() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 20]>
        chosen (float[n] given, bool first) => (float[n] output) {
            twice = Add (given, given)
            output = If (first) <
                then_branch = one () => (float[n] a) { a = Identity (twice) },
                else_branch = other () => (float[n] b) { b = Identity (given) }
            >
        }
    """)
    before = model.SerializeToString()
    sweep(model)
    assert model.SerializeToString() == before
