"""Masks that mask nothing: one text a run attends to all of itself.

Libraries add a mask to every layer's attention all the same, of zeros here. That is a tenth of a
long text's time.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto


def drop_masks(graph: Path, max_tokens: int) -> int:
    """Leave out of a graph the additions to attention that add nothing; what it computes stays the
    same, to the bit. The graph takes `input_ids` alone, at most `max_tokens` of them.

    A mask is left out if it depends on the length of a text alone, and is zero for the longest:
    where there is a window or an order, it is not. Returns the number of additions left out.
    """
    import onnx

    model = onnx.load(graph, load_external_data=False)
    makers = {output: node for node in model.graph.node for output in node.output}
    softmaxes = [node for node in model.graph.node if node.op_type == "Softmax"]
    found = {}  # by the name of what a softmax is taken of: what is added, and what to
    for node in softmaxes:
        added = makers.get(node.input[0])
        if added is not None and added.op_type == "Add":
            for mask, scores in (added.input, reversed(added.input)):
                if _by_length_alone(mask, makers):
                    found[node.input[0]] = mask, scores
    empty = _zero({mask for mask, _ in found.values()}, model, graph, max_tokens)
    dropped = {name for name, (mask, _) in found.items() if mask in empty}
    for node in softmaxes:
        if node.input[0] in dropped:
            node.input[0] = found[node.input[0]][1]
    sweep(model)
    onnx.save(model, graph)
    return len(dropped)


def _by_length_alone(name: str, makers: "Mapping[str, NodeProto]") -> bool:
    """Whether a value is made of constants, and of the inputs' shapes."""
    waiting, seen = [name], set[str]()
    while waiting:
        each = waiting.pop()
        if each == "input_ids":
            return False
        if each in makers and each not in seen and makers[each].op_type != "Shape":
            waiting += makers[each].input
        seen.add(each)
    return True


def _zero(names: set[str], model: "ModelProto", graph: Path, length: int) -> set[str]:
    """Which of these values are zero for a text of that many tokens."""
    import onnx
    import onnxruntime as ort
    from onnx import helper

    if not names:
        return set()
    asked = onnx.ModelProto()
    asked.CopyFrom(model)
    del asked.graph.output[:]
    asked.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in sorted(names))
    opened = graph.with_name("masks.onnx")  # beside the weights, which it names by a file
    onnx.save(asked, opened)
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session: Any = ort.InferenceSession(str(opened), options, providers=["CPUExecutionProvider"])
    opened.unlink()
    values = session.run(None, {"input_ids": np.ones((1, length), np.int64)})
    return {name for name, value in zip(sorted(names), values, strict=True) if not value.any()}


def sweep(model: "ModelProto") -> None:
    """Take out what nothing needs any more; the runtime would work it out all the same.

    Where a node has a graph within, which may use any value of this one, nothing is taken out.
    """
    graph = model.graph
    if any(part.HasField("g") or part.graphs for node in graph.node for part in node.attribute):
        return
    needed, kept = {output.name for output in graph.output}, list["NodeProto"]()
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.append(node)
    del graph.node[:]
    graph.node.extend(reversed(kept))
    tables = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.initializer[:]
    graph.initializer.extend(tables)
