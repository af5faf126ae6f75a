"""Texts in, vectors out; vectors in, rows and scores out. Numbers only: no passage, no answer."""

from embeddings.centres import Centres, centres
from embeddings.encoder import Encoder, Encoding, OnnxEncoder
from embeddings.errors import EmbeddingsError, IndexFileError, ModelError, ModelNotFoundError
from embeddings.index import IndexKind, VectorIndex, neighbours, unit
from embeddings.interaction import closest
from embeddings.prepare import open_encoder
from embeddings.salience import Salience, salience
from embeddings.tokens import TokenStore, TokenWriter

__all__ = [
    "Centres",
    "EmbeddingsError",
    "Encoder",
    "Encoding",
    "IndexFileError",
    "IndexKind",
    "ModelError",
    "ModelNotFoundError",
    "OnnxEncoder",
    "Salience",
    "TokenStore",
    "TokenWriter",
    "VectorIndex",
    "centres",
    "closest",
    "neighbours",
    "open_encoder",
    "salience",
    "unit",
]
