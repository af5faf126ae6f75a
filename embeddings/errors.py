"""The errors of this package, as a tree.

EmbeddingsError
├── ModelError              a model that is there and cannot be used
│   └── ModelNotFoundError  a model that is not there and cannot be fetched
├── WorkerError             a worker that was lost, and what it embedded with it
└── IndexFileError          a file of vectors that is damaged or of another kind
"""


class EmbeddingsError(Exception):
    """Anything that goes wrong between a text and its vectors."""


class ModelError(EmbeddingsError):
    """The model is there but cannot be used: unreadable, unsuitable, of another version."""


class ModelNotFoundError(ModelError):
    """No model of this name is installed, on disk or within reach of the network."""


class WorkerError(EmbeddingsError):
    """A worker ended, or was ended, before it had embedded what it was given."""


class IndexFileError(EmbeddingsError):
    """A file of vectors is missing, truncated or not what it should be."""
