"""From a model's name to a SentenceTransformer: built in, from a folder, or from the Hub.

Finding a model is cheap and imports nothing; loading it takes seconds and happens once a model,
when `embeddings.export` prepares it.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings import builtin
from embeddings.errors import ModelError, ModelNotFoundError, first_line

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT = builtin.NAME
_HUB_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Model:
    """A model that was found. `identity` changes whenever its weights may have changed."""

    name: str
    identity: str
    load: Callable[[], "SentenceTransformer"]


def find(name: str | None = None) -> Model:
    """Find a model by name: None for the built-in one, a folder, or a name on the Hub.

    Nothing is loaded, and the network is not asked.

    Raises:
        ModelNotFoundError: it is no folder, and cannot be a name on the Hub.
        ModelError: the folder holds no model.
    """
    if name is None or name in (builtin.NAME, builtin.HUB_NAME):
        return _default()
    folder = os.path.expanduser(name)  # noqa: PTH111 - Path's raises for an unknown user
    if os.path.isdir(folder):  # noqa: PTH112 - Path's raises for a name too long
        return _from_folder(Path(folder).resolve())
    if not _HUB_NAME.fullmatch(name):
        raise ModelNotFoundError(
            f"there is no folder {name!r}, and it is no name on the Hub; leave out --model to use "
            "the built-in model, or give the folder of a sentence-transformers model"
        )
    return Model(name, f"hub:{name}", lambda: _load(name))


def _default() -> Model:
    if builtin.weights_path() is not None:
        return Model(builtin.NAME, f"weights:{builtin.WEIGHTS_SHA256}", builtin.load)
    return Model(builtin.NAME, f"hub:{builtin.HUB_NAME}", _load_default)


def _load_default() -> "SentenceTransformer":
    try:
        return _load(builtin.HUB_NAME)
    except ModelNotFoundError as error:
        raise builtin.not_installed() from error


def _from_folder(folder: Path) -> Model:
    """A folder is known by its files' names, sizes and times: reading weights takes too long."""
    if not any(
        next(folder.glob(place), None) for place in ("modules.json", "config.json", "*/config.json")
    ):
        raise ModelError(
            f"{folder} holds no sentence-transformers model: there is no config.json in it; "
            "give the folder that SentenceTransformer.save() wrote"
        )
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    listing = [f"{p.relative_to(folder)}:{_stamp(p)}" for p in files]
    return Model(str(folder), f"folder:{folder}:" + "|".join(listing), lambda: _load(str(folder)))


def _stamp(path: Path) -> str:
    status = path.stat()
    return f"{status.st_size}:{status.st_mtime_ns}"


def _load(name: str) -> "SentenceTransformer":
    """Load by folder or Hub name. Code that a model brings with it is never run."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from sentence_transformers import SentenceTransformer

    try:
        model = SentenceTransformer(name, device="cpu", trust_remote_code=False)
    except Exception as error:  # the loader raises OSError, ValueError, HTTP errors and more
        if Path(name).is_dir():
            raise ModelError(f"{name} cannot be loaded as a model: {first_line(error)}") from error
        raise ModelNotFoundError(
            f"the model {name} is neither a folder here nor within reach on the Hub "
            f"({first_line(error)}); leave out --model to use the built-in model, "
            "or give the folder of a sentence-transformers model"
        ) from error
    if not any(model.prompts.values()) and "e5" in Path(name).name.lower().split("-"):
        model.prompts = dict(builtin.PROMPTS)  # the E5 family needs them; not all copies say so
    return model
