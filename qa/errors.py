"""The errors a user can meet, as a tree. Each message says what was seen and how to cure it.

QAError
├── DocumentError        a document or folder that cannot be read
├── LibraryError         an index that is missing, damaged or made by something else
├── SourceError          a source ID that names no passage
├── StoreError           an outside store that fails, or does not have all it should
└── UsageError           an argument that cannot be honoured
"""


class QAError(Exception):
    """Anything the user should read as one sentence, and not as a traceback."""


class DocumentError(QAError):
    """A document or a folder of documents cannot be read."""


class LibraryError(QAError):
    """The index is missing, damaged, or was made by another program or version."""


class SourceError(QAError):
    """No passage of this folder has that source ID."""


class StoreError(QAError):
    """An outside store cannot be reached, fails, or does not have all it should."""


class UsageError(QAError):
    """An argument that cannot be honoured: an unknown language, an empty question."""


def reason(error: Exception) -> str:
    """What an error says, without the number that the system has for it."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
    return str(error)
