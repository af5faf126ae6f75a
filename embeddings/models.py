"""From a model's name to a SentenceTransformer: built in, from a folder, or from the Hub.

Finding a model is cheap and imports nothing; loading it takes seconds and happens once a model,
when `embeddings.export` prepares it.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings import builtin
from embeddings.errors import ModelError, ModelNotFoundError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT = builtin.NAME


@dataclass(frozen=True, slots=True)
class Model:
    """A model that was found. `identity` changes whenever its weights may have changed."""

    name: str
    identity: str
    load: Callable[[], "SentenceTransformer"]

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that name this model in caches and manifests."""
        return hashlib.sha256(self.identity.encode()).hexdigest()[:16]


def find(name: str | None = None) -> Model:
    """Find a model by name: None for the built-in one, a folder, or a name on the Hub.

    Nothing is loaded, and the network is not asked.
    """
    if name is None or name in (builtin.NAME, builtin.HUB_NAME):
        return _default()
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _from_folder(folder.resolve())
    return Model(name, f"hub:{name}", lambda: _load(name))


def _default() -> Model:
    if builtin.weights_path() is not None:
        return Model(builtin.NAME, f"weights:{builtin.WEIGHTS_SHA256}", builtin.load)
    return Model(builtin.NAME, f"hub:{builtin.HUB_NAME}", lambda: _load(builtin.HUB_NAME))


def _from_folder(folder: Path) -> Model:
    """A folder is known by its files' names, sizes and times: reading weights takes too long."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not any(path.name == "config.json" for path in files):
        raise ModelError(
            f"{folder} holds no sentence-transformers model: there is no config.json in it; "
            "give the folder that SentenceTransformer.save() wrote"
        )
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
            raise ModelError(f"{name} cannot be loaded as a model: {_first_line(error)}") from error
        raise ModelNotFoundError(
            f"the model {name} is neither a folder here nor within reach on the Hub "
            f"({_first_line(error)}); leave out --model to use the built-in model, "
            "or give the folder of a sentence-transformers model"
        ) from error
    if not any(model.prompts.values()) and "e5" in Path(name).name.lower().split("-"):
        model.prompts = dict(builtin.PROMPTS)  # the E5 family needs them; not all copies say so
    return model


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
