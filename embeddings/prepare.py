"""The cache of prepared models: each is made once, aside, and named by a rename.

Preparing takes torch, sentence-transformers and some 15 seconds; opening what was prepared takes
milliseconds and neither of them.
"""

import hashlib
import logging
import os
import shutil
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.encoder import CONFIG, OnnxEncoder
from embeddings.errors import EmbeddingsError, ModelError, first_line
from embeddings.export import FORMAT, Progress, export
from embeddings.models import Model, find

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_STALE = 24 * 60 * 60  # seconds after which nobody is working on a folder any more
_PARTIAL = ".partial"

_one_at_a_time = threading.Lock()  # the libraries' settings that `_quiet` changes are global


def open_encoder(
    name: str | None, cache: Path, progress: Progress | None = None, threads: int | None = None
) -> OnnxEncoder:
    """Open a model by name, preparing it first where that has not been done.

    Passages are embedded by so many `threads`, by default by one a core.

    Raises:
        ModelNotFoundError: the model is neither installed, nor on disk, nor on the Hub.
        ModelError: the model cannot be used, or its prepared folder is damaged.
    """
    return OnnxEncoder(prepare(find(name), cache, progress), threads)


def prepare(model: Model, cache: Path, progress: Progress | None = None) -> Path:
    """The prepared folder of a model; made when it is not there yet (about 15 seconds).

    It is made aside and renamed, so two processes may prepare the same model at once.

    Raises:
        ModelNotFoundError: the model is neither installed, nor on disk, nor on the Hub.
        ModelError: the model cannot be exported, or the cache not be written.
    """
    folder = prepared_place(model, cache)
    if is_prepared(folder):
        return folder
    with _one_at_a_time:
        if not is_prepared(folder):
            _prepare(model, folder, folder.name, progress or (lambda _what, _share: None))
    return folder


def original(encoder: OnnxEncoder) -> "SentenceTransformer":
    """The model that an encoder was prepared from, loaded anew (some 8 seconds).

    Raises:
        ModelNotFoundError: it is no longer there.
        ModelError: its name names another by now.
    """
    model = find(encoder.name)
    if _digest(model) != encoder.digest:
        raise ModelError(f"{encoder.name} is another model than the one that was prepared")
    with _one_at_a_time, _quiet():
        return model.load()


def prepared_place(model: Model, cache: Path) -> Path:
    """Where a model is prepared; another model, or another version of it, has another place."""
    return cache / _digest(model)


def _digest(model: Model) -> str:
    return hashlib.sha256(f"{model.identity}|{FORMAT}".encode()).hexdigest()[:16]


def is_prepared(folder: Path) -> bool:
    return (folder / CONFIG).is_file()


def _prepare(model: Model, folder: Path, digest: str, report: Progress) -> None:
    try:
        with _aside(folder) as aside, _quiet():
            report("loading the model", 0.0)
            export(model.load(), aside, model.name, digest, report)
            _move(aside, folder)
    except EmbeddingsError:
        raise
    except OSError as error:
        raise ModelError(
            f"the model cannot be prepared in {folder.parent} ({error.strerror or error}); "
            "make room there, or name another cache folder with QA_CACHE"
        ) from error
    except Exception as error:  # torch and onnx raise whatever they meet in a model
        raise ModelError(
            f"{model.name} cannot be prepared ({first_line(error)}); choose another model"
        ) from error
    report("ready", 1.0)


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """A folder to work in, removed whatever happens; also those that were left by a crash."""
    cache = folder.parent
    cache.mkdir(parents=True, exist_ok=True)
    _sweep(cache)
    aside = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=_PARTIAL, dir=cache))
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _sweep(cache: Path) -> None:
    for left in cache.glob(f"*{_PARTIAL}"):
        with suppress(FileNotFoundError):  # another process may sweep too
            if time.time() - left.stat().st_mtime > _STALE:
                shutil.rmtree(left, ignore_errors=True)


def _move(aside: Path, folder: Path) -> None:
    if folder.exists() and not (folder / CONFIG).is_file():
        shutil.rmtree(folder)  # somebody removed a part of it
    try:
        aside.rename(folder)
    except OSError:
        if not (folder / CONFIG).is_file():  # not simply another process that was faster
            raise


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the libraries' own bars and warnings off the terminal while a model is prepared."""
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars as disable_hub_bars,
        enable_progress_bars as enable_hub_bars,
    )
    from transformers.utils import logging as transformers_logging

    before = logging.root.manager.disable
    bars = transformers_logging.is_progress_bar_enabled()
    hub_bars = not are_progress_bars_disabled()
    verbosity = transformers_logging.get_verbosity()
    logging.disable(logging.ERROR)
    disable_hub_bars()
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
        if hub_bars:
            enable_hub_bars()
