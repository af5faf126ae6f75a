"""Where things are: the folder that is asked, its index, the cache."""

import functools
import hashlib
import os
from pathlib import Path

from qa.errors import DocumentError, UsageError, reason


def named(path: str | os.PathLike[str]) -> Path:
    """The place that a path names, whatever is there.

    Raises:
        UsageError: it can name none.
    """
    try:
        return Path(path).expanduser().resolve()
    except (TypeError, ValueError, RuntimeError, OSError) as error:
        # It is no path, has a NUL, is of no such user, or leads in a circle.
        raise UsageError(f"{str(path)!r} names no folder ({reason(error)})") from error


def folder_of(documents: str | os.PathLike[str] | None) -> Path:
    """The folder that is asked, by default the seeds.

    Raises:
        QAError: it is none.
    """
    folder = seeds() if documents is None else named(documents)
    if not folder.is_dir():
        raise DocumentError(f"{folder} is not a folder; name a folder of documents")
    return folder


def seeds() -> Path:
    """The folder of documents that ships with the program."""
    shipped = Path(__file__).parent / "seeds"
    return shipped if shipped.is_dir() else Path(__file__).parent.parent / "seeds"


def cache() -> Path:
    """Where prepared models and indexes are kept: QA_CACHE, or the user's cache folder.

    Raises:
        UsageError: QA_CACHE can name no folder.
    """
    chosen = os.environ.get("QA_CACHE")
    if chosen:
        return _absolute(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("qa")


@functools.cache
def _absolute(chosen: str) -> Path:
    """From where the process was when this was first asked: it may go elsewhere."""
    try:
        return Path(chosen).expanduser().absolute()
    except (RuntimeError, OSError) as error:  # no such user, no folder to be in
        raise UsageError(
            f"QA_CACHE is {chosen!r}, which names no folder ({reason(error)}); write its whole path"
        ) from error


def fitted(model: str) -> Path:
    """Where `qa calibrate` keeps what it fits to the model with this digest."""
    return cache() / "calibrations" / f"{model}.json"


def index_of(folder: Path, model: str) -> Path:
    """Where the index of a folder is by default, made with the model that has this digest."""
    place = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return cache() / "indexes" / f"{place}-{model}"
