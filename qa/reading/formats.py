"""The formats that are read: a file's suffix, and who makes a text of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from qa.reading import quoted, rows
from qa.reading.extract import Extract, Extractor, UnreadableError


@dataclass(frozen=True, slots=True)
class Format:
    """`module` and `function` of `qa.reading` make the text, with the help of a `library`.

    `revision` is raised where the same file would give another text: it is a part of the
    extractor's name, and what was extracted under another name is extracted anew.
    """

    module: str
    function: str
    library: str = ""  # its name in the package index
    revision: int = 1

    @property
    def plain(self) -> bool:
        """Whether the text is what the bytes decode to. All else is read in a process apart."""
        return self.module == "text"


_PLAIN, _MARKDOWN = Format("text", "plain"), Format("text", "markdown")
_HTML = Format("html", "extract", "trafilatura", revision=13)
FORMATS = {
    ".txt": _PLAIN,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".html": _HTML,
    ".htm": _HTML,
    ".pdf": Format("pdf", "extract", "pypdfium2", revision=2),
    ".docx": Format("office", "docx", "python-docx", revision=6),
    ".odt": Format("office", "odt", "odfdo", revision=2),
    ".rtf": Format("richtext", "extract", "striprtf", revision=3),
    # Many letters are pages: they are read again when pages are.
    ".eml": Format("mail", "extract", _HTML.library, _HTML.revision + 3),
    ".csv": Format("tables", "csv", revision=7),
    ".jsonl": Format("tables", "jsonl", revision=6),
}
_DATING = {"tables": rows.dates, "mail": quoted.dates}
# Changes where any file would give another text: an index knows by it that it was read otherwise.
REVISIONS = " ".join(f"{suffix}{kind.revision}" for suffix, kind in FORMATS.items())


def is_table(path: Path) -> bool:
    """Whether every row of a file is a text of its own, as far as its name tells: the first is no
    title of the others."""
    kind = FORMATS.get(path.suffix.lower())
    return kind is not None and kind.module == "tables"


def dating(path: Path) -> Callable[[Sequence[quoted.Part]], list[str | None]] | None:
    """What tells of the passages of a file, in order, when they were written, if parts of it have
    dates of their own: rows of a table, what an e-mail quotes.

    It gives None where that is when the document was, "" where it is another day, and not known.
    """
    kind = FORMATS.get(path.suffix.lower())
    return _DATING.get(kind.module) if kind else None


@cache
def extractor(suffix: str) -> str:
    """The name and version of what reads files of this suffix; "" for plain text."""
    kind = FORMATS[suffix]
    if kind.plain:
        return ""
    from importlib import metadata

    own = f"{kind.module}.{kind.function} {kind.revision}"
    try:
        return f"{own}, {kind.library} {metadata.version(kind.library)}" if kind.library else own
    except metadata.PackageNotFoundError:
        return own


def extract(suffix: str, data: bytes) -> Extract:
    """The text of a file with this suffix and content.

    Raises:
        UnreadableError: it cannot be read.
    """
    kind = FORMATS[suffix]
    function = getattr(import_module(f"qa.reading.{kind.module}"), kind.function)
    try:
        return cast(Extractor, function)(data)
    except ImportError as error:
        library = kind.library or error.name
        raise UnreadableError(
            f"needs {library}, which cannot be imported ({error}); install it, "
            f"python -m pip install {library}, then run qa index --rebuild"
        ) from error
