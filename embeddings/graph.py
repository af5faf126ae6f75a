"""The ONNX graph of a model, with weights of 8 bits.

Four choices were measured against the plain export:
- all layers in int8, but those that narrow where their inputs were not measured. Activations have
  outliers that 8 bits cannot hold: with all layers in int8 as they are, the mean cosine of centred
  token vectors to float32 is 0.980; with the layers that narrow (a transformer's second
  feed-forward matrix) left in float32, 0.994, at seven tenths of the speed. With the outliers tamed
  (`embeddings.outliers`), and all in int8, it is 0.997.
- int8 weights in the reduced range of 7 bits: processors without VNNI add pairs of products in
  16 bits and saturate on full-range weights; with 7 bits nothing does, on any of them.
- eager attention and no mask (`embeddings.masks`): one text a run needs none, and the graph is a
  fifth faster.
- no fusion of additions into layer normalisations: the fused kernel made a run a third longer.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embeddings.attention import fuse_attention
from embeddings.encoder import WORD_SCALES, WORDS
from embeddings.outliers import EXACT, Ranges, narrows, tame
from embeddings.outputs import two_outputs

if TYPE_CHECKING:
    from onnx import ModelProto
    from sentence_transformers import SentenceTransformer


def write_graph(
    transformer: "SentenceTransformer", path: Path, sample: str, max_tokens: int
) -> None:
    """One text a run, (1, n) token ids -> sentence vector (1, dim), token vectors (1, n, dim)."""
    import torch

    transformer.eval()
    first: Any = transformer[0]
    if hasattr(first.model, "set_attn_implementation"):
        first.model.set_attn_implementation("eager")
    tokenizer: Any = transformer.tokenizer
    ids = torch.tensor([tokenizer(sample, truncation=True, max_length=max_tokens)["input_ids"]])
    length = torch.export.Dim("length", min=2, max=max_tokens)
    with torch.no_grad():
        program = torch.onnx.export(
            two_outputs(transformer),
            (ids,),
            dynamo=True,
            input_names=["input_ids"],
            output_names=["sentence_embedding", "token_embeddings"],
            dynamic_shapes={"input_ids": {1: length}},
            verbose=False,
        )
    assert program is not None
    program.save(str(path), external_data=True)


def detach_words(path: Path, target: Path) -> None:
    """Move the table of word vectors out of the graph, to be mapped and read row by row.

    It is four fifths of the model, and a question needs a dozen rows of it. The graph takes the
    rows as a second input, `word_vectors` (1, n, dim).
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(path)
    tables = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Gather" and node.input[1] == "input_ids" and node.input[0] in tables:
            break
    else:
        return  # a model that looks its words up in another way keeps its table inside
    table = tables[node.input[0]]
    _save_words(numpy_helper.to_array(table), target)
    shape = [1, "length", table.dims[1]]
    words = helper.make_tensor_value_info("word_vectors", TensorProto.FLOAT, shape)
    model.graph.input.append(words)
    for user in model.graph.node:
        user.input[:] = ["word_vectors" if name == node.output[0] else name for name in user.input]
    model.graph.node.remove(node)
    model.graph.initializer.remove(table)
    _save(model, path)


def _save_words(table: npt.NDArray[np.float32], target: Path) -> None:
    """8 bits a value with one float16 scale a block of 32, as the Q8_0 layout has it."""
    block = 32 if table.shape[1] % 32 == 0 else table.shape[1]
    blocks = table.astype(np.float32).reshape(len(table), -1, block)
    scales = (np.abs(blocks).max(axis=2) / 127).astype(np.float16)
    divisor = np.where(scales > 0, scales, 1).astype(np.float32)
    words = np.rint(blocks / divisor[:, :, None]).clip(-127, 127).astype(np.int8)
    np.save(target / WORDS, words.reshape(table.shape))
    np.save(target / WORD_SCALES, scales)


def quantize(plain: Path, target: Path, ranges: Ranges) -> None:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(plain)
    _turn_weights(model)
    tamed = tame(model, ranges)
    _save(model, plain)
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    narrowing = [
        node.name if node.op_type == "MatMul" else f"{node.name}_MatMul"  # what it will be
        for node in model.graph.node
        if node.op_type in ("MatMul", "Gemm") and narrows(shapes.get(node.input[1], ()))
        if node.name not in tamed
    ]
    exact = [node.name for node in model.graph.node if node.name.endswith(EXACT)]
    reduced = plain.with_name("reduced.onnx")
    quantize_dynamic(
        plain,
        reduced,
        per_channel=True,
        reduce_range=True,
        op_types_to_quantize=["MatMul"],
        weight_type=QuantType.QInt8,
        nodes_to_exclude=[*narrowing, *exact],
    )
    _optimise(reduced, plain)
    fused = onnx.load(plain)
    fuse_attention(fused)
    _save(fused, target)
    for path in (plain, reduced, plain.with_name(plain.name + ".data")):
        path.unlink(missing_ok=True)


def _turn_weights(model: "ModelProto") -> None:
    """Give each Gemm a weight that needs no transposing.

    The quantizer makes a MatMul of it and transposes the weight in its place, without a look at
    its declared shape or at who else uses it; not every model survives that.
    """
    from onnx import numpy_helper

    tables = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        turned = [each for each in node.attribute if each.name == "transB" and each.i]
        if node.op_type == "Gemm" and turned and node.input[1] in tables:
            weight = numpy_helper.to_array(tables[node.input[1]])
            name = f"{node.input[1]}.{node.name}.turned"
            tensor = numpy_helper.from_array(np.ascontiguousarray(weight.T), name)
            model.graph.initializer.append(tensor)
            node.input[1] = name
            turned[0].i = 0


def _optimise(source: Path, target: Path) -> None:
    """Fuse what is worth fusing now, so that no question pays for it."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.log_severity_level = 3
    options.optimized_model_filepath = str(target)
    ort.InferenceSession(
        str(source),
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=["SkipLayerNormFusion"],
    )


def _save(model: "ModelProto", path: Path) -> None:
    """Weights go into a file of their own, which the runtime maps instead of reading."""
    import onnx

    data = path.with_name(path.name + ".data")
    data.unlink(missing_ok=True)
    onnx.save(model, path, save_as_external_data=True, location=data.name, size_threshold=1024)
