"""Documents of word processors that are packages of parts: DOCX and ODT."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from qa.reading.extract import CELLS, Extract, UnreadableError, joined, paragraphs

# A package unpacks into memory. Pictures hardly shrink, text and tables shrink to a tenth; what
# is beyond this is no document, or a bomb. `zipfile` unpacks no more of a part than it declares.
MAX_UNPACKED = 512 * 2**20
MAX_XML = 128 * 2**20  # of one part of text, whose tree takes some ten times as much memory
MAX_PARTS = 10_000

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BODY = "9"  # the level of what is no heading
_WRAPPINGS = frozenset(f"{_W}{name}" for name in ("sdt", "sdtContent", "customXml", "ins"))
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_ODF_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_ODF_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_ODF_SVG = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
# Remarks in the margin, and what is said of pictures.
_ODF_UNSEEN = frozenset(
    (
        "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}annotation",
        f"{_ODF_SVG}title",
        f"{_ODF_SVG}desc",
    )
)
_OLE = b"\xd0\xcf\x11\xe0"  # what a DOCX with a password is wrapped in, and what a .doc is
# What the template of python-docx says of itself, and so do the files of many programs.
_TEMPLATE = datetime(2013, 12, 23, 23, 15)


def _check_package(data: bytes) -> ZipFile:
    if data.startswith(_OLE):
        raise UnreadableError("is encrypted, or of Word 97; save it as DOCX without a password")
    try:
        package = ZipFile(BytesIO(data))
    except (BadZipFile, ValueError) as error:
        raise UnreadableError("is damaged: it is no package of parts; save it again") from error
    parts = package.infolist()
    text = max((part.file_size for part in parts if part.filename.endswith(".xml")), default=0)
    _check_bound(len(parts), MAX_PARTS, "it has {} parts, more than {}")
    _check_bound(
        sum(part.file_size for part in parts), MAX_UNPACKED, "it unpacks to {}, more than {}"
    )
    _check_bound(text, MAX_XML, "a part of its text unpacks to {}, more than {}")
    return package


def _check_bound(seen: int, most: int, said: str) -> None:
    """`said` has a place for what was seen and for the most there may be."""
    if seen > most:
        units = [f"{n / 2**20:,.1f} MiB" if most >= 2**20 else f"{n:,}" for n in (seen, most)]
        raise UnreadableError(f"is refused: {said.format(*units)}; save it again, in smaller files")


def docx(data: bytes) -> Extract:
    """The body of a Word document; its headers and footers are no part of it."""
    _check_package(data)
    from docx import Document
    from docx.opc.exceptions import PackageNotFoundError

    try:
        document = Document(BytesIO(data))
    except (KeyError, ValueError, PackageNotFoundError) as error:
        raise UnreadableError("is damaged: it is no Word document; save it again") from error
    about = document.core_properties
    # Where a file says nothing of itself, the library does.
    known = about.last_modified_by != "python-docx" or about.title != "Word Document"
    numbered = _docx_numbered(document.styles.element)
    return Extract(
        paragraphs(joined(_docx_blocks(document.element.body, numbered))),
        title=_docx_title(document) or (about.title if known else ""),
        language=about.language,
        saved=_docx_saved(about) if known else "",
    )


def _docx_saved(about: Any) -> str:
    """The day it was last changed, or else made; the day of a template is neither."""
    days = filter(None, (_known(lambda: about.modified), _known(lambda: about.created)))
    own = (day for day in days if day.replace(tzinfo=None) != _TEMPLATE)
    return next((day.date().isoformat() for day in own), "")


def _known(told: Callable[[], Any]) -> Any:
    """What a file says of itself, or None: for a date that is none its text is not lost."""
    try:
        return told()
    except (TypeError, ValueError):
        return None


def _docx_title(document: Any) -> str:
    """The paragraph in the style "Title", if there is one."""
    for paragraph in document.paragraphs:
        if paragraph.style is not None and paragraph.style.name == "Title" and paragraph.text:
            return str(paragraph.text)
    return ""


def _docx_numbered(styles: Any) -> set[str]:
    """The IDs of the styles by which a paragraph is an item of a list.

    Headings are not, which have numbers of chapters.
    """
    known = {style.get(f"{_W}styleId"): style for style in styles.iterchildren(f"{_W}style")}
    return {
        name
        for name in known
        if _inherited(known, name, "numPr/numId") not in ("", "0")
        and _inherited(known, name, "outlineLvl") in ("", _BODY)
    }


def _inherited(styles: Mapping[str, Any], name: str, element: str) -> str:
    """The value of an element in a style, or else in the nearest that it is based on."""
    seen = set[str]()
    while name in styles and name not in seen:  # in a damaged file styles go in circles
        seen.add(name)
        if value := _value(styles[name], f"pPr/{element}"):
            return value
        name = _value(styles[name], "basedOn")
    return ""


def _value(element: Any, path: str) -> str:
    """What the element at `path` says; "" where there is none."""
    found = element.find("/".join(f"{_W}{tag}" for tag in path.split("/")))
    return "" if found is None else str(found.get(f"{_W}val", ""))


def _is_item(paragraph: Any, numbered: Collection[str]) -> bool:
    """Whether it is one of a list, by itself or by its style; a number of 0 takes that away."""
    if paragraph.find(f"{_W}pPr/{_W}numPr") is not None:
        return _value(paragraph, "pPr/numPr/numId") != "0"
    return _value(paragraph, "pPr/pStyle") in numbered


def _docx_blocks(parent: Any, numbered: Collection[str]) -> Iterator[tuple[bool, str]]:
    """Whether it belongs to the block before (an item, a row), and the text of each block."""
    for child in parent.iterchildren():
        if child.tag == f"{_W}p":
            item = _is_item(child, numbered)
            text = "".join(_docx_runs(child))
            yield item, f"- {text}" if item and text.strip() else text
            for box in child.iter(f"{_W}txbxContent"):
                if not _is_fallback(box):
                    yield from _docx_blocks(box, numbered)
        elif child.tag == f"{_W}tbl":
            for row in _docx_parts(child, f"{_W}tr"):
                cells = map(_docx_cell, _docx_parts(row, f"{_W}tc"))
                yield True, CELLS.join(filter(None, cells))
        elif child.tag in _WRAPPINGS:
            yield from _docx_blocks(child, numbered)


def _docx_parts(parent: Any, tag: str) -> Iterator[Any]:
    """The rows of a table, or the cells of a row, those within fields to fill in as well."""
    for child in parent.iterchildren():
        if child.tag == tag:
            yield child
        elif child.tag in _WRAPPINGS:
            yield from _docx_parts(child, tag)


def _docx_cell(cell: Any) -> str:
    shown = (p for p in cell.iter(f"{_W}p") if not _is_fallback(p))
    return " ".join(" ".join("".join(_docx_runs(p)) for p in shown).split())


def _is_fallback(element: Any) -> bool:
    """Whether it says once more, for older programs, what stands beside it."""
    return any(above.tag == _FALLBACK for above in element.iterancestors())


def _docx_runs(element: Any) -> Iterator[str]:
    """The text of a paragraph, without what was deleted and without boxes that hang on it."""
    for child in element.iterchildren():
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in (f"{_W}tab", f"{_W}ptab"):
            yield "\t"
        elif child.tag in (f"{_W}br", f"{_W}cr"):
            yield "\n"
        elif child.tag == f"{_W}noBreakHyphen":
            yield "-"
        elif not _is_unseen(child):
            yield from _docx_runs(child)


def _is_unseen(element: Any) -> bool:
    """Whether it is no text, hidden, deleted, or stands elsewhere."""
    if element.tag == f"{_W}r":
        hidden = element.find(f"{_W}rPr/{_W}vanish")
        return hidden is not None and hidden.get(f"{_W}val", "1") not in ("0", "false", "off")
    return element.tag in (f"{_W}txbxContent", f"{_W}pPr", f"{_W}moveFrom", _FALLBACK)


def odt(data: bytes) -> Extract:
    """The body of an OpenDocument text; its headers and footers are no part of it."""
    package = _check_package(data)
    try:
        names = {name: package.read(name) for name in ("content.xml", "META-INF/manifest.xml")}
    except (KeyError, RuntimeError, BadZipFile) as error:
        raise UnreadableError("is damaged: it is no OpenDocument; save it again") from error
    if b"encryption-data" in names["META-INF/manifest.xml"]:
        raise UnreadableError("is encrypted; save it without a password")
    if b"<!DOCTYPE" in names["content.xml"]:  # no writer makes one: it can only be for harm
        raise UnreadableError("is refused: it defines entities, which no document needs")
    from odfdo import Document

    document = Document(BytesIO(data))
    about = document.meta
    saved = _known(lambda: about.date)
    body = document.body._xml_element if hasattr(document.body, "_xml_element") else document.body
    return Extract(
        paragraphs(joined(_odt_blocks(body))),
        title=about.title or "",
        language=str(about.language or ""),
        saved=saved.date().isoformat() if saved else "",
    )


def _odt_blocks(parent: Any) -> Iterator[tuple[bool, str]]:
    for child in parent.iterchildren():
        name = str(child.tag)
        if name in (f"{_ODF_TEXT}p", f"{_ODF_TEXT}h"):
            yield False, _odt_text(child)
        elif name == f"{_ODF_TEXT}list-item":
            text = "\n".join(text for _, text in _odt_blocks(child) if text.strip())
            yield True, text if text.startswith("- ") else f"- {text}"
        elif name == f"{_ODF_TABLE}table-row":
            cells = (" ".join(_odt_text(cell).split()) for cell in child.iterchildren())
            yield True, CELLS.join(filter(None, cells))
        elif name != f"{_ODF_TEXT}tracked-changes" and not name.endswith("}forms"):
            yield from _odt_blocks(child)


def _odt_text(element: Any) -> str:
    """The text of a paragraph or a cell, without remarks in its margin."""
    parts = [element.text or ""]
    for child in element.iterchildren():
        name = str(child.tag)
        if name == f"{_ODF_TEXT}s":
            count = child.get(f"{_ODF_TEXT}c", "")
            parts.append(" " * min(int(count) if count.isdecimal() else 1, 100))
        elif name == f"{_ODF_TEXT}tab":
            parts.append("\t")
        elif name == f"{_ODF_TEXT}line-break":
            parts.append("\n")
        elif isinstance(child.tag, str) and name not in _ODF_UNSEEN:
            inner = _odt_text(child)
            parts.append(f" {inner}" if name == f"{_ODF_TEXT}p" else inner)
        parts.append(child.tail or "")
    return "".join(parts)
