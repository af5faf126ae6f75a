"""Which files of a folder are documents, and under which ids."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from qa.errors import DocumentError
from qa.patterns import patterns_of
from qa.reading.formats import FORMATS

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

IGNORE = ".qaignore"
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")  # that tells a format; "No. 3 of the series" has none

Rule = tuple[Path, "GitIgnoreSpec"]  # the patterns of a folder


@dataclass(frozen=True, slots=True)
class Listing:
    """What there is in a folder.

    `documents` have their ids, by which they are sorted. `closed` are the folders within that
    cannot be opened, with the reason and the cure. `passed` counts files of formats that are not
    read, most first, by their suffix in small letters ("" where it is none that tells a format);
    `links` those to folders.
    """

    documents: Sequence[tuple[str, Path]]
    closed: Mapping[Path, str]
    passed: Mapping[str, int]
    links: int


def find(folder: Path) -> Listing:
    """What is under `folder`.

    The id of a document is the file's stem; where several share it, for all of them, the path
    within the folder. Hidden files and folders are passed over, and what a `.qaignore` names, in
    the patterns of a `.gitignore`, for its folder and those below. Links to folders are not
    followed, which could go in circles or lead out of the folder; links to files are.

    Raises:
        DocumentError: it is no folder, or cannot be opened.
    """
    if not folder.is_dir():
        raise DocumentError(f"{folder} is not a folder; name one that holds documents.")
    paths, closed = list[Path](), dict[Path, str]()
    passed, links = Counter[str](), 0
    for path, what in _walk(folder):
        if isinstance(what, OSError):
            if path == folder:
                raise DocumentError(_unopened(path, what, "name another folder")) from what
            closed[path] = _unopened(path, what, "name it in a .qaignore")
        elif what == "link":
            links += 1
        elif (suffix := path.suffix.lower()) in FORMATS:
            paths.append(path)
        else:
            passed[suffix if _SUFFIX.fullmatch(suffix) else ""] += 1
    documents = sorted(zip(_ids(folder, paths), paths, strict=True))
    most = sorted(passed.items(), key=lambda item: (-item[1], item[0]))
    return Listing(documents, closed, dict(most), links)


def _unopened(path: Path, error: OSError, else_: str) -> str:
    reason = error.strerror or type(error).__name__
    return f"{path} cannot be opened ({reason}); make it readable, or {else_}."


def _walk(top: Path) -> Iterator[tuple[Path, OSError | Literal["file", "link"]]]:
    """The files under `top` that are neither hidden nor ignored, links to folders, and folders
    with what keeps them from being opened."""
    left: list[tuple[Path, tuple[Rule, ...]]] = [(top, ())]
    while left:
        folder, rules = left.pop()
        patterns = _patterns(folder)
        if patterns is not None:
            rules = (*rules, (folder, patterns))
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            # What is gone since it was seen is no folder any more, unless it is all there was.
            if folder == top or not isinstance(error, FileNotFoundError | NotADirectoryError):
                yield folder, error
            continue
        for entry in entries:
            path, inner = folder / entry.name, entry.is_dir(follow_symlinks=False)
            if entry.name.startswith(".") or (rules and _ignored(path, inner, rules)):
                continue
            if inner:
                left.append((path, rules))
            elif _is_file(entry):
                yield path, "file"
            elif os.path.isdir(path):
                yield path, "link"


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
    try:
        lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
        return patterns_of(lines)
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
