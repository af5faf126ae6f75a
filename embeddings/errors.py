"""The errors of this package, as a tree.

EmbeddingsError
├── ModelError              a model that is there and cannot be used
│   └── ModelNotFoundError  a model that is not there and cannot be fetched
├── WorkerError             a worker that was lost, and what it embedded with it
└── IndexFileError          a file of vectors that is damaged or of another kind
"""

import re

_CONTROL = re.compile(r"\x1b\[[0-9;]*m|[\x00-\x09\x0b-\x1f\x7f]")
_LONGEST = 200  # characters; some libraries put pages into a message


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


def first_line(error: BaseException) -> str:
    """What an error says, in one line of bearable length, without colours."""
    lines = _CONTROL.sub("", str(error)).strip().splitlines()
    return lines[0][:_LONGEST] if lines else type(error).__name__
