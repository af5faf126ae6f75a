"""Which files of a folder are documents, and under which ids."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qa.errors import DocumentError
from qa.reading.formats import FORMATS

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

IGNORE = ".qaignore"

Rule = tuple[Path, "GitIgnoreSpec"]  # the patterns of a folder


def find(folder: Path) -> list[tuple[str, Path]]:
    """The documents under `folder` with their ids, sorted by id.

    An id is the file's stem; where several share it, for all of them, the path within the folder.
    Hidden files and folders are passed over, and what a `.qaignore` names, in the patterns of a
    `.gitignore`, for its folder and those below. Links to folders are not followed, which could
    go in circles or lead out of the folder; links to files are.
    """
    if not folder.is_dir():
        raise DocumentError(f"{folder} is not a folder; name one that holds documents.")
    paths = [path for path in _walk(folder) if path.suffix.lower() in FORMATS]
    return sorted(zip(_ids(folder, paths), paths, strict=True))


def _walk(top: Path) -> Iterator[Path]:
    """The files under `top` that are neither hidden nor ignored."""
    left: list[tuple[Path, tuple[Rule, ...]]] = [(top, ())]
    while left:
        folder, rules = left.pop()
        patterns = _patterns(folder)
        if patterns is not None:
            rules = (*rules, (folder, patterns))
        try:
            entries = list(os.scandir(folder))
        except OSError:  # it may not be opened, or is gone
            continue
        for entry in entries:
            path, inner = folder / entry.name, entry.is_dir(follow_symlinks=False)
            if entry.name.startswith(".") or (rules and _ignored(path, inner, rules)):
                continue
            if inner:
                left.append((path, rules))
            elif _is_file(entry):
                yield path


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file, or a link to one. Only of a link is more looked up than was listed."""
    try:
        return entry.is_file()
    except OSError:  # a link that leads to itself, or to where nobody may look
        return False


def _patterns(folder: Path) -> "GitIgnoreSpec | None":
    file = folder / IGNORE
    if not os.path.isfile(file):
        return None
    from pathspec import GitIgnoreSpec

    try:
        lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
        return GitIgnoreSpec.from_lines(lines)
    except (OSError, ValueError) as error:  # never index what was meant to be left out
        raise DocumentError(
            f"{file} cannot be understood ({error}); mend it or remove it."
        ) from error


def _ignored(path: Path, inner: bool, rules: Sequence[Rule]) -> bool:
    """The innermost `.qaignore` that says anything of a path decides."""
    for folder, patterns in reversed(rules):
        name = path.relative_to(folder).as_posix() + ("/" if inner else "")
        verdict = patterns.check_file(name).include
        if verdict is not None:
            return verdict
    return False


def _ids(folder: Path, paths: Sequence[Path]) -> list[str]:
    """For each path the shortest of its names that no other has."""
    names: tuple[Callable[[Path], str], ...] = (
        lambda path: path.stem,
        lambda path: path.relative_to(folder).with_suffix("").as_posix(),
        lambda path: path.relative_to(folder).as_posix(),
    )
    level = [0] * len(paths)
    while True:
        ids = [names[at](path) for path, at in zip(paths, level, strict=True)]
        shared = [i for i, times in enumerate(map(Counter(ids).__getitem__, ids)) if times > 1]
        if not shared:
            return ids
        for i in shared:
            level[i] = min(level[i] + 1, 2)
