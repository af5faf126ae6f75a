"""Channels of an activation that are far beyond the others, before 8 bits meet them.

A transformer's activations have a few such channels, the same ones in every text; an int8 scale
that spans them leaves the others no resolution. A few sample texts tell which they are.
- Inputs of the layers that narrow (a second feed-forward matrix): one channel is ten times the
  others, at the begin or the end token alone. It and the next few are computed in float32 beside
  the rest (LLM.int8(), Dettmers et al., 2022).
- All others: a channel's range is shared between it and its row of the weight by a factor
  (SmoothQuant, Xiao et al., 2023), at the price of one multiplication.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

Array = npt.NDArray[np.float32]
Ranges = Mapping[str, Array]
"""An activation's name -> the greatest magnitude of each of its channels, (channels,)."""

EXACT = "_exact"  # ends the name of a node that is to stay in float32
_OUTLIERS = 8  # channels of an input; the first does most, and more than these change nothing
_SHARE = 0.5  # of a range that the weight takes over; 0.65 does as well


def measure(graph: Path, texts: Sequence[Sequence[int]]) -> Ranges:
    """How far each input of a layer goes over `texts`, given as token ids.

    The graph takes `input_ids` alone.
    """
    import onnx
    import onnxruntime as ort
    from onnx import helper

    model = onnx.load(graph, load_external_data=False)
    names = list(dict.fromkeys(node.input[0] for node in _layers(model)))
    if not names:
        return {}
    del model.graph.output[:]
    model.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    opened = graph.with_name("measured.onnx")  # beside the weights, which it names by a file
    onnx.save(model, opened)
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session: Any = ort.InferenceSession(str(opened), options, providers=["CPUExecutionProvider"])
    opened.unlink()
    ranges: dict[str, Array] = {}
    for ids in texts:
        for name, values in zip(
            names, session.run(None, {"input_ids": np.array([ids], np.int64)}), strict=True
        ):
            reach = np.abs(values).reshape(-1, values.shape[-1]).max(axis=0)
            ranges[name] = np.maximum(ranges.get(name, reach), reach)
    return ranges


def tame(model: "ModelProto", ranges: Ranges) -> set[str]:
    """Rewrite the layers whose inputs were measured; what the graph computes stays the same.

    Returns the names of the narrowing layers that 8 bits can hold now.
    """
    graph = _Editing(model)
    narrowing = set()
    for name, reach in ranges.items():
        layers = [node for node in _layers(model) if node.input[0] == name]
        narrow = [node for node in layers if narrows(graph.weight(node).shape)]
        for layer in narrow:
            _part(graph, layer, reach)
            narrowing.add(layer.name)
        _smooth(graph, [layer for layer in layers if layer not in narrow], reach)
    graph.finish()
    return narrowing


def narrows(shape: Sequence[int]) -> bool:
    return len(shape) == 2 and shape[0] > shape[1]


def _part(graph: "_Editing", layer: "NodeProto", reach: Array) -> None:
    """x W = (x without outliers) W + (outliers of x) (their rows of W), the last in float32."""
    name, x, weight = layer.name, layer.input[0], graph.weight(layer)
    outliers = np.sort(np.argsort(-reach, kind="stable")[:_OUTLIERS])
    rest = np.ones(len(reach), np.float32)
    rest[outliers] = 0
    graph.scale([layer], rest, weight * rest[:, None])
    which = graph.constant(f"{name}.outliers", outliers)
    rows = graph.constant(f"{name}.outliers.weight", weight[outliers])
    # Behind the bias, which the runtime adds in the kernel of the multiplication.
    last = graph.bias(layer) or layer
    result, last.output[0] = last.output[0], f"{name}.rest"
    graph.behind(last, "Gather", [x, which], f"{name}.few", axis=-1)
    graph.behind(last, "MatMul", [f"{name}.few", rows], f"{name}{EXACT}")
    graph.behind(last, "Add", [last.output[0], f"{name}{EXACT}"], result)


def _smooth(graph: "_Editing", layers: "list[NodeProto]", reach: Array) -> None:
    """x W = (x / s) (s W), where s makes the ranges of x and W alike; one s for all of x."""
    if not layers:
        return
    weights = [graph.weight(layer) for layer in layers]
    rows = np.max([np.abs(weight).max(axis=1) for weight in weights], axis=0)
    known = (reach > 0) & (rows > 0)
    factors = np.ones(len(reach), np.float32)
    factors[known] = reach[known] ** _SHARE / rows[known] ** (1 - _SHARE)
    inverse = (1 / factors).astype(np.float32)
    graph.scale(layers, inverse, *(weight * factors[:, None] for weight in weights))


class _Editing:
    """A graph whose nodes get others before and behind them, kept in the order of execution."""

    def __init__(self, model: "ModelProto") -> None:
        from onnx import numpy_helper

        self._model = model
        self._read: Callable[[Any], Array] = numpy_helper.to_array
        self._tables = {tensor.name: tensor for tensor in model.graph.initializer}
        self._before: dict[str, list[NodeProto]] = {}
        self._behind: dict[str, list[NodeProto]] = {}

    def weight(self, layer: "NodeProto") -> Array:
        return self._read(self._tables[layer.input[1]])

    def constant(self, name: str, value: npt.NDArray[Any]) -> str:
        from onnx import numpy_helper

        self._model.graph.initializer.append(numpy_helper.from_array(value, name))
        return name

    def bias(self, layer: "NodeProto") -> "NodeProto | None":
        """The addition of a bias, where that is all that a layer's output is used for."""
        users = [node for node in self._model.graph.node if layer.output[0] in node.input]
        if len(users) != 1 or users[0].op_type != "Add":
            return None
        tables = [self._tables[name] for name in users[0].input if name in self._tables]
        return users[0] if any(len(table.dims) == 1 for table in tables) else None

    def scale(self, layers: "list[NodeProto]", factors: Array, *weights: Array) -> None:
        """Give layers of one input that input times `factors`, and weights to match."""
        from onnx import helper

        first = layers[0].name
        by = self.constant(f"{first}.factors", factors)
        scaled = f"{first}.scaled"
        node = helper.make_node("Mul", [layers[0].input[0], by], [scaled], scaled)
        self._before.setdefault(first, []).append(node)
        for layer, weight in zip(layers, weights, strict=True):
            layer.input[:] = [scaled, self.constant(f"{layer.name}.weight", weight)]

    def behind(
        self, node: "NodeProto", kind: str, inputs: list[str], output: str, **more: Any
    ) -> None:
        from onnx import helper

        made = helper.make_node(kind, inputs, [output], output, **more)
        self._behind.setdefault(node.name, []).append(made)

    def finish(self) -> None:
        graph = self._model.graph
        parts = (
            (*self._before.get(node.name, ()), node, *self._behind.get(node.name, ()))
            for node in graph.node
        )
        nodes = list(chain.from_iterable(parts))
        del graph.node[:]
        graph.node.extend(nodes)


def _layers(model: "ModelProto") -> Iterator["NodeProto"]:
    """Multiplications of an activation by a matrix of weights, in the order of execution."""
    matrices = {
        tensor.name
        for tensor in model.graph.initializer
        if len(tensor.dims) == 2 and tensor.data_type == tensor.FLOAT
    }
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.name and node.input[1] in matrices:
            yield node
