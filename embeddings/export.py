"""A SentenceTransformer is turned, once, into a folder that answers without it.

The folder (in the user's cache, named by the model's digest) holds an ONNX graph with int8
weights and two outputs, the table of word vectors beside it, and the tokenizer. From then on a
question needs onnxruntime and numpy; torch and sentence-transformers stay unimported.

Four choices were measured against the plain export:
- the layers that narrow (a transformer's second feed-forward matrix) stay in float32: their
  inputs have outliers that 8 bits cannot hold, and they made two thirds of the whole error
  (mean cosine of centred token vectors to float32: 0.982 with all in int8, 0.995 so).
- int8 weights in the reduced range of 7 bits: processors without VNNI add pairs of products in
  16 bits and saturate on full-range weights; with 7 bits every processor gives the same vectors.
- eager attention and no mask: one text a run needs none, and the graph is a third faster.
- no fusion of additions into layer normalisations: the fused kernel is three times slower.
"""

import json
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embeddings.errors import ModelError
from embeddings.models import Model

if TYPE_CHECKING:
    from onnx import ModelProto
    from sentence_transformers import SentenceTransformer

FORMAT = 1  # of the folder; a change here prepares every model anew
GRAPH, CONFIG, TOKENIZER, VOCABULARY = "model.onnx", "model.json", "tokenizer.json", "vocabulary.bin"
WORDS, WORD_SCALES = "words.npy", "word_scales.npy"
_SAMPLE = "How many people live abroad, and where do they live today?"

Progress = Callable[[str, float], None]
"""Called with what is being done and the share that is done, 0 to 1."""


def prepare(model: Model, cache: Path, progress: Progress | None = None) -> Path:
    """The prepared folder of a model; made when it is not there yet (about 15 seconds).

    It is made aside and renamed, so two processes may prepare the same model at once.

    Raises:
        ModelNotFoundError: the model is neither installed, nor on disk, nor on the Hub.
        ModelError: the model cannot be exported.
    """
    folder = cache / f"{model.digest}-{FORMAT}"
    if (folder / CONFIG).is_file():
        return folder
    report = progress or (lambda _what, _share: None)
    cache.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".partial", dir=cache))
    try:
        _export(model, aside, report)
        _move(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def _move(aside: Path, folder: Path) -> None:
    try:
        aside.rename(folder)
    except OSError:
        if not (folder / CONFIG).is_file():  # not simply another process that was faster
            raise


def _export(model: Model, target: Path, report: Progress) -> None:
    with _quiet():
        report("loading the model", 0.0)
        transformer = model.load()
        _check(transformer, model.name)
        report("writing its graph", 0.4)
        plain = target / "plain.onnx"
        _write_graph(transformer, plain)
        report("reducing it to 8 bits", 0.8)
        _detach_words(plain, target)
        _quantize(plain, target / GRAPH)
        _write_tokenizer(transformer, target)
    (target / CONFIG).write_text(json.dumps(_config(transformer, model), indent=1))
    report("ready", 1.0)


def _check(transformer: "SentenceTransformer", name: str) -> None:
    first = transformer[0]
    if not hasattr(first, "model") or not getattr(transformer.tokenizer, "is_fast", False):
        raise ModelError(
            f"{name} is not a text transformer with a fast tokenizer; "
            "choose a sentence-transformers model built on one"
        )
    if any(getattr(module, "include_prompt", True) is False for module in transformer):
        raise ModelError(f"{name} leaves its prompt out of the pooling, which is not supported")


def _config(transformer: "SentenceTransformer", model: Model) -> dict[str, Any]:
    prompts = transformer.prompts
    return {
        "format": FORMAT,
        "name": model.name,
        "digest": model.digest,
        "dim": transformer.get_embedding_dimension(),
        "max_tokens": int(transformer.max_seq_length or 512),
        "query_prompt": prompts.get("query") or "",
        "passage_prompt": prompts.get("passage") or prompts.get("document") or "",
    }


def _write_graph(transformer: "SentenceTransformer", path: Path) -> None:
    """One text a run, (1, n) token ids -> sentence vector (1, dim), token vectors (1, n, dim)."""
    import torch

    class TwoOutputs(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.modules_in_order = torch.nn.ModuleList(transformer)

        def forward(self, input_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            features = self.modules_in_order[0]({"input_ids": input_ids})
            features["attention_mask"] = torch.ones_like(input_ids)
            for module in list(self.modules_in_order)[1:]:
                features = module(features)
            return features["sentence_embedding"], features["token_embeddings"]

    transformer.eval()
    if hasattr(transformer[0].model, "set_attn_implementation"):
        transformer[0].model.set_attn_implementation("eager")
    ids = torch.tensor([transformer.tokenizer(_SAMPLE)["input_ids"]])
    length = torch.export.Dim("length", min=2, max=int(transformer.max_seq_length or 512))
    with torch.no_grad():
        program = torch.onnx.export(
            TwoOutputs(),
            (ids,),
            dynamo=True,
            input_names=["input_ids"],
            output_names=["sentence_embedding", "token_embeddings"],
            dynamic_shapes={"input_ids": {1: length}},
            verbose=False,
        )
    assert program is not None
    program.save(str(path), external_data=True)


def _detach_words(path: Path, target: Path) -> None:
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


def _quantize(plain: Path, target: Path) -> None:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    graph = onnx.load(plain, load_external_data=False).graph
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    narrowing = [
        node.name
        for node in graph.node
        if node.op_type == "MatMul" and _narrows(shapes.get(node.input[1], ()))
    ]
    reduced = plain.with_name("reduced.onnx")
    quantize_dynamic(
        plain,
        reduced,
        per_channel=True,
        reduce_range=True,
        op_types_to_quantize=["MatMul"],
        weight_type=QuantType.QInt8,
        nodes_to_exclude=narrowing,
    )
    _optimise(reduced, plain)
    _save(onnx.load(plain), target)
    for path in (plain, reduced, plain.with_name(plain.name + ".data")):
        path.unlink(missing_ok=True)


def _narrows(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 and shape[0] > shape[1]


def _optimise(source: Path, target: Path) -> None:
    """Fuse what is worth fusing now, so that no question pays for it."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
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


def _write_tokenizer(transformer: "SentenceTransformer", target: Path) -> None:
    from embeddings import vocabulary

    backend = transformer.tokenizer.backend_tokenizer
    backend.no_padding()
    backend.no_truncation()
    backend.save(str(target / TOKENIZER))
    vocabulary.build(target / TOKENIZER, target / VOCABULARY)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the libraries' own bars and warnings off the terminal while a model is prepared."""
    from transformers.utils import logging as transformers_logging

    before = logging.root.manager.disable
    bars = transformers_logging.is_progress_bar_enabled()
    verbosity = transformers_logging.get_verbosity()
    logging.disable(logging.ERROR)
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()
