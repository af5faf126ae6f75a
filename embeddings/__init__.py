"""Texts in, vectors out; vectors in, rows and scores out. Numbers only: no passage, no answer."""

from embeddings.centres import Centres, centres
from embeddings.encoder import Encoder, Encoding, OnnxEncoder, open_encoder
from embeddings.errors import EmbeddingsError, IndexFileError, ModelError, ModelNotFoundError
from embeddings.index import VectorIndex, unit
from embeddings.tokens import TokenStore, TokenWriter

__all__ = [
    "Centres",
    "EmbeddingsError",
    "Encoder",
    "Encoding",
    "IndexFileError",
    "ModelError",
    "ModelNotFoundError",
    "OnnxEncoder",
    "TokenStore",
    "TokenWriter",
    "VectorIndex",
    "centres",
    "open_encoder",
    "unit",
]
