"""Texts in, vectors out; vectors in, rows and scores out. Numbers only: no passage, no answer."""

from embeddings.centres import Centres, centres
from embeddings.encoder import Encoder, Encoding, OnnxEncoder, cores
from embeddings.errors import EmbeddingsError, IndexFileError, ModelError, ModelNotFoundError
from embeddings.index import IndexKind, VectorIndex, neighbours, unit
from embeddings.interaction import NONE, Block, Interaction, block, interact, multiply
from embeddings.packing import Bytes, Codes, Packing, packing_for
from embeddings.prepare import open_encoder
from embeddings.salience import Salience, salience
from embeddings.token_writer import TokenWriter, mend
from embeddings.tokens import TokenStore

__all__ = [
    "NONE",
    "Block",
    "Bytes",
    "Centres",
    "Codes",
    "EmbeddingsError",
    "Encoder",
    "Encoding",
    "IndexFileError",
    "IndexKind",
    "Interaction",
    "ModelError",
    "ModelNotFoundError",
    "OnnxEncoder",
    "Packing",
    "Salience",
    "TokenStore",
    "TokenWriter",
    "VectorIndex",
    "block",
    "centres",
    "cores",
    "interact",
    "mend",
    "multiply",
    "neighbours",
    "open_encoder",
    "packing_for",
    "salience",
    "unit",
]
