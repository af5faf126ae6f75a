"""One file becomes one Document."""

import hashlib
from pathlib import Path

from qa.errors import DocumentError
from qa.language import detect
from qa.passages import headline
from qa.reading import formats
from qa.reading.apart import Apart
from qa.reading.dates import date_of, dated_lines
from qa.reading.extract import MAX_FILE, MAX_TEXT, Extract, UnreadableError
from qa.reading.formats import extractor as extracted_by
from qa.types import LANGUAGES, Document, Language


def read(path: Path, doc_id: str, apart: Apart | None = None) -> Document:
    """The document in the file `path`, whose suffix tells its format.

    `apart` is the process that reads what is not plain text; by default one of its own.

    Raises:
        DocumentError: it cannot be read, with the reason and what to do about it.
    """
    suffix = path.suffix.lower()
    try:
        if suffix not in formats.FORMATS:
            raise UnreadableError(f"is of no format that is read: {', '.join(formats.FORMATS)}")
        if formats.FORMATS[suffix].plain:
            data = content(path, MAX_TEXT)
            sha256, extract = hashlib.sha256(data).hexdigest(), formats.extract(suffix, data)
        elif apart is None:
            with Apart() as own:
                sha256, extract = own.extract(path)
        else:
            sha256, extract = apart.extract(path)
    except UnreadableError as error:
        raise DocumentError(f"{path} {error}.") from error
    return _document(path, doc_id, sha256, extract)


def located(path: Path) -> Path:
    """Where a file is, whatever folder one is in. Of a link it is the link's own place.

    The name of a link tells format and date; that of its target may tell nothing.
    """
    return path.parent.resolve() / path.name


def _document(path: Path, doc_id: str, sha256: str, extract: Extract) -> Document:
    hint = extract.language
    known: Language = hint if hint in LANGUAGES else "en"
    beside = (*extract.asides, *dated_lines(extract.text))
    title = extract.title or ("" if formats.is_table(path) else headline(extract.text, beside))
    return Document(
        doc_id=doc_id,
        path=path,
        title=title or doc_id,
        language=detect(extract.text, known),
        text=extract.text,
        encoding=extract.encoding,
        sha256=sha256,
        extractor=extracted_by(path.suffix.lower()),
        date=date_of(path.stem, extract),
        pages=extract.pages,
        asides=extract.asides,
        rows=extract.rows,
        lost=extract.lost,
    )


def content(path: Path, most: int = MAX_FILE) -> bytes:
    """The bytes of a file, if it is one and not too large."""
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for for ever
            raise UnreadableError("cannot be read: it is not a file")
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror or error}") from error
    if len(data) > most:
        raise UnreadableError(f"is too large: more than {most // 2**20} MiB")
    return data
