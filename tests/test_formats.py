"""Every format gives its text, and says what is wrong where it has none."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import made
import pytest
from conftest import HashingEncoder
from made import HONEY, KEEPER, TITLE

from qa.bot import Bot
from qa.errors import DocumentError
from qa.indexing import refresh
from qa.passages import cut
from qa.reading import Apart, document, office, read
from qa.reading.extract import Extract, UnreadableError
from qa.reading.formats import FORMATS, extract
from qa.types import Document


def extracted(path: Path) -> Extract:
    return extract(path.suffix, path.read_bytes())


def content(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


MAKERS: dict[str, Callable[[Path], Path]] = {
    ".txt": lambda path: content(path, f"{TITLE}\n\n{HONEY}\n\n{KEEPER}\n"),
    ".md": lambda path: content(path, f"# {TITLE}\n\n{HONEY}\n\n{KEEPER}\n"),
    ".markdown": lambda path: content(path, f"# {TITLE}\n\n{HONEY}\n\n{KEEPER}\n"),
    ".html": lambda path: content(path, f"<h1>{TITLE}</h1><p>{HONEY}</p><p>{KEEPER}</p>"),
    ".htm": lambda path: content(path, f"<h1>{TITLE}</h1><p>{HONEY}</p><p>{KEEPER}</p>"),
    ".pdf": lambda path: made.pdf(path, [[TITLE, "", "", HONEY], [KEEPER]]),
    ".docx": made.docx,
    ".odt": made.odt,
    ".rtf": made.rtf,
    ".eml": made.eml,
    ".csv": lambda path: content(path, f'id,text\n1,"{HONEY}"\n2,"{KEEPER}"\n'),
    ".jsonl": lambda path: content(
        path, "\n".join(json.dumps({"text": t}) for t in (HONEY, KEEPER))
    ),
}


def test_there_is_a_file_of_every_format() -> None:
    assert MAKERS.keys() == FORMATS.keys()


@pytest.mark.parametrize("suffix", MAKERS)
def test_a_quote_of_any_format_is_its_documents_text(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    MAKERS[suffix](folder / f"bees{suffix}")

    bot = Bot(folder, tmp_path / "index", HashingEncoder(), model_name="hashing")

    assert bot.skipped == {}
    answer = bot.answer("Who is the keeper of the hives called Marta Klein?", threshold=0)
    best = answer.quotes[0]
    assert best.text.startswith("The keeper of the hives")
    document = bot.library().document("bees")
    assert document.text[best.start : best.end] == best.text
    assert best.page == (2 if suffix == ".pdf" else None)
    if document.extractor == "":
        assert document.path.read_bytes().decode(document.encoding) == document.text


@pytest.mark.parametrize("suffix", [".docx", ".odt", ".rtf", ".eml", ".pdf", ".html"])
def test_no_word_is_cut_out_of_a_document_and_none_is_double(tmp_path: Path, suffix: str) -> None:
    found = extracted(MAKERS[suffix](tmp_path / f"bees{suffix}"))

    assert found.text.count(HONEY) == 1
    assert found.text.count(KEEPER) == 1
    assert found.text.index(HONEY) < found.text.index(KEEPER)


def test_a_word_document_has_its_lists_and_tables_and_no_header(tmp_path: Path) -> None:
    found = extracted(made.docx(tmp_path / "a.docx"))

    assert found.title == TITLE
    assert found.language == "en-GB"
    assert "- wax\n- pollen" in found.text
    assert "Hive | Honey\nNorth | 12 kg" in found.text
    assert "Printed by the office" not in found.text


def test_a_word_document_has_an_item_where_a_style_says_so(tmp_path: Path) -> None:
    from docx import Document
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml import parse_xml

    def number(level: int | None, in_list: int | None) -> Any:
        marks = [("ilvl", level), ("numId", in_list)]
        inner = "".join(f'<w:{tag} w:val="{n}"/>' for tag, n in marks if n is not None)
        w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
        return parse_xml(f"<w:numPr {w}>{inner}</w:numPr>")

    document = Document()
    styles = document.styles
    for name, base in (("Own", "List Bullet"), ("Own 2", "Own"), ("Free", "Own")):
        styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = styles[base]
    styles["Free"].element.get_or_add_pPr().append(number(None, 0))
    styles["Heading 2"].element.get_or_add_pPr().append(number(1, 1))
    styles["Own"].base_style, styles["List Bullet"].base_style = (
        styles["List Bullet"],
        styles["Own"],
    )
    for style in ("Heading 2", "Subtitle", "List Number", "Own 2", "Free", "Normal"):
        document.add_paragraph(style, style=style)
    document.add_paragraph("taken away", style="Own")
    document.paragraphs[-1]._p.get_or_add_pPr().append(number(0, 0))
    document.add_paragraph("by itself")
    document.paragraphs[-1]._p.get_or_add_pPr().append(number(0, 1))
    document.save(str(tmp_path / "a.docx"))

    assert extracted(tmp_path / "a.docx").text == (
        "Heading 2\n\nSubtitle\n\n- List Number\n- Own 2\n\nFree\n\nNormal\n\ntaken away\n\n"
        "- by itself"
    )


def changed(path: Path, part: str, old: str, new: str) -> Extract:
    """The document in the file `path`, with `old` in one of its parts replaced."""
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    assert old.encode() in parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode(), 1)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return extracted(path)


@pytest.mark.parametrize("name", ["w:sdt", "w:customXml"])
def test_rows_and_cells_to_fill_in_are_read(tmp_path: Path, name: str) -> None:
    inner = ("<w:sdtContent>", "</w:sdtContent>") if name == "w:sdt" else ("", "")
    for number, (opening, closing) in enumerate((("<w:tr>", "</w:tr>"), ("<w:tc>", "</w:tc>"))):
        path = made.docx(tmp_path / f"{number}.docx")
        with zipfile.ZipFile(path) as archive:
            text = archive.read("word/document.xml").decode()
        last = text[text.rindex(opening) : text.rindex(closing) + len(closing)]
        wrapped = f"<{name}>{inner[0]}{last}{inner[1]}</{name}>"
        assert (
            "Hive | Honey\nNorth | 12 kg" in changed(path, "word/document.xml", last, wrapped).text
        )


def test_an_empty_line_of_a_cell_leaves_one_blank(tmp_path: Path) -> None:
    found = changed(
        made.docx(tmp_path / "a.docx"),
        "word/document.xml",
        "<w:t>12 kg</w:t></w:r></w:p>",
        "<w:t>12 kg</w:t></w:r></w:p><w:p/><w:p><w:r><w:t>or more</w:t></w:r></w:p>",
    )
    assert "North | 12 kg or more\n" in found.text


def test_a_box_in_a_cell_is_read_once(tmp_path: Path) -> None:
    words = "<w:txbxContent><w:p><w:r><w:t>BOXED</w:t></w:r></w:p></w:txbxContent>"
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    box = (
        f"<w:r><mc:AlternateContent {mc}><mc:Choice Requires='wps'>{words}</mc:Choice>"
        f"<mc:Fallback>{words}</mc:Fallback></mc:AlternateContent></w:r>"
    )
    found = changed(
        made.docx(tmp_path / "a.docx"),
        "word/document.xml",
        "<w:t>12 kg</w:t></w:r>",
        f"<w:t>12 kg</w:t></w:r>{box}",
    )
    assert "North | 12 kg BOXED\n" in found.text


@pytest.mark.parametrize("day", ["", "garbage", "0000-00-00"])
def test_a_date_that_is_none_costs_no_text(tmp_path: Path, day: str) -> None:
    path = made.docx(tmp_path / "a.docx")
    with zipfile.ZipFile(path) as archive:
        core = archive.read("docProps/core.xml").decode()
    start = core.index(">", core.index("<dcterms:modified")) + 1
    written = core[start : core.index("</dcterms:modified>")]
    found = changed(path, "docProps/core.xml", f"{written}</dcterms:m", f"{day}</dcterms:m")
    assert HONEY in found.text

    path = made.odt(tmp_path / "a.odt")
    found = changed(path, "meta.xml", "</office:meta>", f"<dc:date>{day}</dc:date></office:meta>")
    assert (HONEY in found.text, found.saved) == (True, "")


def test_what_is_no_text_of_an_open_document_is_left_out(tmp_path: Path) -> None:
    more = (
        "one<!-- secret --><?pi data?> two<text:s text:c=''/>three<draw:frame><svg:title>alt"
        "</svg:title><svg:desc>text</svg:desc></draw:frame> four"
    )
    found = changed(made.odt(tmp_path / "a.odt"), "content.xml", HONEY, more)
    assert "\n\none two three four\n\n" in found.text


def test_what_a_word_document_does_not_say_of_itself_is_not_made_up(tmp_path: Path) -> None:
    whole = made.docx(tmp_path / "whole.docx")
    bare = tmp_path / "bare.docx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(bare, "w") as new:
        for part in old.namelist():
            data = old.read(part)
            if part == "_rels/.rels":
                data = data.replace(b"core-properties", b"other-properties")
            new.writestr(part, data)

    found = extracted(bare)

    assert HONEY in found.text
    assert (found.title, found.saved) == ("", "")


def test_the_day_of_a_template_is_no_documents(tmp_path: Path) -> None:
    from docx import Document

    document = Document()
    document.add_paragraph(HONEY)
    document.save(str(tmp_path / "a.docx"))
    assert extracted(tmp_path / "a.docx").saved == ""
    document.core_properties.created = datetime(2020, 5, 6)
    document.save(str(tmp_path / "a.docx"))
    assert extracted(tmp_path / "a.docx").saved == "2020-05-06"
    assert read(tmp_path / "a.docx", "a").date == "2020-05-06"  # through the process apart
    document.core_properties.modified = datetime(2021, 7, 8)
    document.save(str(tmp_path / "a.docx"))
    assert extracted(tmp_path / "a.docx").saved == "2021-07-08"


def test_deleted_and_moved_words_of_a_word_document_are_left_out_and_inserted_ones_are_not(
    tmp_path: Path,
) -> None:
    from docx import Document
    from docx.oxml import parse_xml

    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    document = Document()
    document.element.body.insert(
        0,
        parse_xml(
            f"<w:p {w}><w:r><w:t>The price is </w:t></w:r>"
            "<w:del><w:r><w:delText>ten</w:delText></w:r></w:del>"
            "<w:moveFrom><w:r><w:t>fifteen</w:t></w:r></w:moveFrom>"
            "<w:ins><w:r><w:t>twelve</w:t></w:r></w:ins><w:r><w:t> euros.</w:t></w:r></w:p>"
        ),
    )
    document.save(str(tmp_path / "a.docx"))

    assert extracted(tmp_path / "a.docx").text == "The price is twelve euros."


def test_an_open_document_has_its_title_and_its_list(tmp_path: Path) -> None:
    found = extracted(made.odt(tmp_path / "a.odt"))

    assert found.title == TITLE
    assert found.text == f"{TITLE}\n\n{HONEY}\n\n- wax\n- pollen\n\n{KEEPER}"


def test_rich_text_has_its_accents(tmp_path: Path) -> None:
    found = extracted(made.rtf(tmp_path / "a.rtf"))

    assert found.text == f"{TITLE}\n\n{HONEY}\n\n{KEEPER}\n\nÀ l'été, le moulin a été vendu."


def test_rich_text_has_characters_that_it_writes_as_two() -> None:
    data = rb"{\rtf1\ansi Bees \u-10179?\u-9078? and \u55349 ?\u56476 ?, half \u-10179?.}"

    assert extract(".rtf", data).text == "Bees \U0001f48a and \U0001d49c, half \ufffd."


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            rb"\trowd\cellx9 a\cell b|c\cell\row d\cell\cell e\line f\cell\row g",
            "a | b|c\nd | e f\n\ng",
        ),
        (rb"a\line b\par c \\line", "a\nb\n\nc \\line"),
        (rb"\u233\line b", "é\nb"),
        (rb"a {\v secret\par}b{\v x{\v0 c}x}d \v x\'e9\plain e \v x\v0 f", "a bcd e f"),
        (rb"a {\v\xe x}b {\*\bkmkstart \v x}c \v x {\plain d} x", "a b c d"),
        (rb"a {\deleted x}\deleted x\deleted0 b\deleted x\plain  c", "a b c"),
        (rb"a {\deleted x\v x\v0 x} b \v x\deleted x\v0 x\deleted0 c", "a  b c"),
        (rb"a {\pict\bin11 \v {{\line }b", "a b"),
        (rb"a {\pict\bin6 \line }b", "a b"),
        (
            rb"a\par{\listtext\f1\'b7\tab}b\line c\par{\listtext 1.\tab}d\par{\listtext x\tab}\par"
            rb"{\pntext\'b7\tab}{\*\pn\pnlvlblt}e\par f",
            "a\n\n- b\nc\n1. d\n- e\n\nf",
        ),
        (
            rb"{\listtext\tab}a\tab b\par\trowd\cellx9{\listtext -\tab}c\cell d\cell\row",
            "- a\tb\n- c | d",
        ),
    ],
)
def test_rich_text_has_its_cells_and_lines_and_nothing_hidden(source: bytes, text: str) -> None:
    assert extract(".rtf", rb"{\rtf1\ansi " + source + b"}").text == text


def test_hidden_words_of_a_word_document_are_left_out(tmp_path: Path) -> None:
    from docx import Document

    document = Document()
    paragraph = document.add_paragraph("Seen,")
    for text, hidden in ((" secret", True), (" and shown", False), (" too.", None)):
        paragraph.add_run(text).font.hidden = hidden
    document.save(str(tmp_path / "a.docx"))
    assert extracted(tmp_path / "a.docx").text == "Seen, and shown too."


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252", "iso-8859-1", "no-such-thing"])
def test_a_page_is_its_main_text_alone(tmp_path: Path, charset: str) -> None:
    found = extracted(made.html(tmp_path / "a.html", charset))

    assert "Le moulin a été construit en 1742 par les habitants de l’endroit" in found.text
    assert "le mardi et le jeudi" in found.text
    for beside in ("Accueil", "Boutique", "cookies", "Partager", "Super article", "Mentions"):
        assert beside not in found.text
    assert (found.title, found.language, found.date) == ("Le moulin", "fr", "2021-03-04")


@pytest.mark.parametrize("charset", ["utf-16", "UTF-16LE", "utf-32"])
@pytest.mark.parametrize("words", ["The mill was built in 1742.", "Le moulin a été vendu."])
def test_a_page_that_calls_itself_utf_16_and_is_not_is_utf_8(charset: str, words: str) -> None:
    source = f'<html><head><meta charset="{charset}"></head><body><p>{words}</p></body></html>'

    for padded in (source, source + " ", source + "   "):  # of any number of bytes
        assert extract(".html", padded.encode()).text == words
    assert extract(".html", source.encode("utf-16")).text == words
    assert extract(".html", source.encode("utf-16-le")).text == words


def test_a_fragment_of_a_page_is_read_and_an_empty_one_named() -> None:
    assert extract(".html", b"<p>The mill was built in 1742.</p>").text == (
        "The mill was built in 1742."
    )
    with pytest.raises(UnreadableError, match="no elements"):
        extract(".html", b"")
    with pytest.raises(UnreadableError, match="no main text; a page that scripts fill"):
        extract(".html", b"<html><body><script>x()</script></body></html>")


@pytest.mark.parametrize(
    "text",
    [
        f"---\n\n# {TITLE}\n\n{HONEY}\n\n---\n\nMore: of it.\n",
        f"---\n# {TITLE}\n\n{HONEY}\n\n---\n\nMore of it.\n",
    ],
)
def test_a_rule_that_opens_markdown_parts_sections(tmp_path: Path, text: str) -> None:
    document = read(content(tmp_path / "a.md", text), "a")
    assert (document.title, document.asides) == (TITLE, ())


def test_markdown_is_the_file_and_its_front_matter_stands_aside(tmp_path: Path) -> None:
    text = f"---\ntitle: 'The hive'\ndate: 2020-05-06\n---\n# {TITLE} #\n\n{HONEY}\n"
    document = read(content(tmp_path / "a.md", text), "a")

    assert document.text == text
    assert (document.title, document.date, document.extractor) == ("The hive", "2020-05-06", "")
    front = cut(document)[0]
    assert (front.kind, text[front.start : front.end]) == ("menu", text[: text.index("\n#")])
    assert read(content(tmp_path / "b.md", text[text.index("#") :]), "b").title == TITLE


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("```sh\n# a comment\n```\n# Bees\n", "Bees"),
        ("   ~~~~\n```\n# a comment\n   ~~~~~ \n## Bees ##\n", "Bees"),
        ("~~~~\n~~~\n# a comment\n~~~~\n# Bees\n", "Bees"),
        ("```\n~~~\n# a comment\n```\n# Bees\n", "Bees"),
        ("``` sh\r\n# a comment\r\n``` sh\r\n# another\r\n```\r\n# Bees\r\n", "Bees"),
        ("```one line``` of code\n# Bees", "Bees"),
        ("    # code\n\n# Bees", "Bees"),
        ("Bees\n===\n\n# Wax", "Bees"),
        ("Honey is sweet.\n\n Bees \n---\n", "Bees"),
        ("```\nno title\n---\n```\nBees\n=", "Bees"),
        ("A paragraph\nof two lines\n---\n# Bees", "Bees"),
        ("---\n---\n\n- an item\n---\n\n***\n---\n# Bees", "Bees"),
        (f"{'long ' * 50}\n---\n{'long ' * 50}\nend\n---\n# Bees", "Bees"),
        ("- an item\nand its end\n---\n# Bees", "Bees"),
        ("***\nBees\n---\n", "Bees"),
        ("\ufeff# Bees\n", "Bees"),
    ],
)
def test_the_title_of_markdown_is_its_first_heading_and_no_code(
    tmp_path: Path, text: str, title: str
) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(text.encode())

    assert read(path, "a").title == title
    assert extracted(path).title == title


def test_an_e_mail_has_its_letter_and_who_wrote_it_when(tmp_path: Path) -> None:
    found = extracted(made.eml(tmp_path / "a.eml"))

    assert found.title == "Le prix du miel à Genève"
    assert found.date == "2021-03-02"
    assert "From: Marta Klein <marta@example.org>" in found.text
    (head,) = found.asides
    assert found.text[head.start : head.end].startswith(
        "Subject: Le prix du miel à Genève\nFrom: Marta Klein"
    )
    assert head.start == 0
    assert "another form" not in found.text
    assert "secret" not in found.text
    assert HONEY in extracted(made.eml(tmp_path / "b.eml", page=True)).text


LETTER = "From: marta@example.org\nSubject: Honey\nMIME-Version: 1.0\n"


def multipart(kind: str, *parts: str) -> str:
    mark = f"mark-{kind}"
    inner = "".join(f"--{mark}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{mark}"\n\n{inner}--{mark}--\n'


def plain(text: str, more: str = "") -> str:
    return f"Content-Type: text/plain\n{more}\n{text}"


def page(text: str) -> str:
    return f"Content-Type: text/html\n\n<html><body><p>{text}</p></body></html>"


PICTURE = "Content-Type: image/png\nContent-Disposition: inline\n\niVBORw0KGgo="
ATTACHED = plain("secret", "Content-Disposition: attachment; filename=a.txt\n")
PASSED_ON = f"Content-Type: message/rfc822\n\n{LETTER}\nIt was passed on."


@pytest.mark.parametrize(
    ("body", "letter"),
    [
        (multipart("mixed", plain("Before."), PICTURE, plain("After.")), "Before.\n\nAfter."),
        (multipart("mixed", page(HONEY), ATTACHED, plain("Footer.")), f"{HONEY}\n\nFooter."),
        (multipart("mixed", plain("See below."), PASSED_ON), "See below."),
        (multipart("alternative", plain("  \n"), page(HONEY)), HONEY),
        (multipart("alternative", page("another form"), plain(KEEPER)), KEEPER),
        (
            multipart(
                "alternative", plain(""), multipart("mixed", page(HONEY), PICTURE, page(KEEPER))
            ),
            f"{HONEY}\n\n{KEEPER}",
        ),
        (
            multipart(
                "related", multipart("alternative", plain(" "), page(HONEY)), plain("a caption")
            ),
            HONEY,
        ),
    ],
)
def test_an_e_mail_has_all_its_texts_and_of_alternatives_one(body: str, letter: str) -> None:
    found = extract(".eml", f"{LETTER}{body}".encode())

    assert found.text == f"Subject: Honey\nFrom: marta@example.org\n\n{letter}\n"


def test_rows_of_a_table_are_paragraphs(tmp_path: Path) -> None:
    lines = f'id;Titre;Texte\n1;Miel;"{HONEY}\nEt ""encore""."\n2;;{KEEPER}\n'

    assert extract(".csv", lines.encode("cp1252")).text == (
        f'Miel\n\n{HONEY}\nEt "encore".\n\n{KEEPER}'
    )


@pytest.mark.parametrize(
    ("suffix", "source", "lines"),
    [
        (".csv", f'id,title,text\n\n1,Honey,"{HONEY}\n\nMore."\n2,,{KEEPER}\n', [3, 3, 3, 6]),
        (".csv", f'sep=;\nid;text\n1;{HONEY}\n2;"{KEEPER}', [3, 4]),
        (".csv", f"Item,Price\nHoney,3\n\n{KEEPER},4\n", [2, 4]),
        (".jsonl", f'{{"text": "{HONEY}\\n\\nMore."}}\n\n{{"text": "{KEEPER}"}}\n', [1, 1, 3]),
    ],
)
def test_a_passage_of_a_table_is_on_the_line_that_its_row_begins_on(
    tmp_path: Path, suffix: str, source: str, lines: list[int]
) -> None:
    (tmp_path / f"a{suffix}").write_text(source)
    document = read(tmp_path / f"a{suffix}", "a")
    assert [passage.line for passage in cut(document)] == lines


def test_what_stands_beside_a_text_in_its_row_follows_it_in_brackets() -> None:
    heard = 'id,Witness,title,text,age\n1,Ana  Ruiz,Heard,"I saw it.",41\n2,,,No.,\n3,Li,Blank,,7\n'
    rows = '{"text": "Oak.", "_id": "HX.14", "year": 1931, "at": null, "tags": ["a"]}'

    assert extract(".csv", heard.encode()).text == (
        "Heard\n\nI saw it. [Witness: Ana Ruiz; age: 41]\n\nNo.\n\nBlank"
    )
    assert extract(".jsonl", rows.encode()).text == "Oak. [_id: HX.14; year: 1931]"


def test_each_row_of_a_table_without_a_column_of_text_is_a_paragraph() -> None:
    budget = "Item;Actual 2023;Note\nRent;4800;\nMinibus;3 145,50;New clutch,\n two tyres\n;;\n"
    rows = '{"key": "HX.14", "year": 1931, "seen": null}\n{"key": "HX.15", "year": 1.5}'

    assert extract(".csv", budget.replace("clutch,\n", "clutch,").encode()).text == (
        "| Item: Rent | Actual 2023: 4800 |\n\n"
        "| Item: Minibus | Actual 2023: 3 145,50 | Note: New clutch, two tyres |"
    )
    assert extract(".jsonl", rows.encode()).text == (
        "| key: HX.14 | year: 1931 |\n\n| key: HX.15 | year: 1.5 |"
    )


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_the_first_row_of_a_table_is_no_title_of_the_others(tmp_path: Path, suffix: str) -> None:
    assert read(MAKERS[suffix](tmp_path / f"bees{suffix}"), "bees").title == "bees"


@pytest.mark.parametrize(
    ("suffix", "data", "reason"),
    [
        (".csv", b"id,price\n", r"no column of text \(its columns: id, price\); call"),
        (".csv", b"id,price\n" + 5001 * b"1,2\n", r"id, price\), and more than 5,000 rows; call"),
        (".jsonl", b'{"a": [1]}\n', r"no column of text \(its columns: a\); call the column"),
        (".jsonl", b"[" * 100_000, "line 1 is not JSON"),
        (".jsonl", b"[1]\n", "line 1 is not an object"),
        (".csv", b'text\n"' + b"x" * (2**20 + 10), "field larger than field limit"),
        (".docx", b"no zip", "is damaged: it is no package of parts"),
        (".odt", b"PK\x05\x06" + bytes(18), "is damaged: it is no OpenDocument"),
        (".docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "without a password"),
        (".rtf", b"plain", "is damaged: it is no RTF"),
        (".eml", b"plain", "is no e-mail"),
        (".pdf", b"%PDF-1.7 nothing", "is damaged"),
        (".pdf", b"", "is damaged"),
    ],
)
def test_a_bad_file_is_named_with_its_reason(suffix: str, data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        extract(suffix, data)


@pytest.mark.parametrize(
    ("suffix", "data", "text", "lost"),
    [
        (
            ".jsonl",
            '{"text": "a"}\n{"text": \n[1]\n\n{"text": ["c"]}\n{"text": null}\n{"text": "b"}',
            "a\n\nb",
            "line 2 is not JSON, line 3 is not an object, line 5 has no text for 'text'",
        ),
        (
            ".csv",
            "id,text\n1,a\n2,cut, here\n3,b,\n4\n",
            "a\n\nb",
            "line 3 has more cells than columns, line 5 has no text for 'text'",
        ),
        (
            ".csv",
            "id,title,text\n1,A title,a\n2,Too short\n \n3,Blank,\n,,\n",
            "A title\n\na\n\nBlank",
            "line 3 has no text for 'text'",
        ),
        (
            ".jsonl",
            '{"text": "a"}\n{"title": "b", "body": "b"}\n{"text": ""}\n{"text": "c", "body": "d"}',
            "a\n\nc [body: d]",
            "line 2 has no text for 'text'",
        ),
        (
            ".csv",
            'id,text\n1,a\n2,"' + "x" * (2**20 + 10),
            "a",
            "from line 3 on a quotation mark may be missing (field larger than field limit "
            "(1048576))",
        ),
        (
            ".csv",
            'id,text\n1,a\n2,"b\n3,c\n',
            "a\n\nb\n3,c",
            "from line 3 on a quotation mark may be missing",
        ),
        (".csv", "\n\nid,text\n1,a\n2,b,c\n", "a", "line 5 has more cells than columns"),
        (
            ".jsonl",
            '{"text": "a"}\n' + "{\n" * 7,
            "a",
            ", ".join(f"line {n} is not JSON" for n in range(2, 7)) + ", and 2 more",
        ),
    ],
)
def test_what_is_right_of_a_table_is_read_and_what_is_not_named(
    suffix: str, data: str, text: str, lost: str
) -> None:
    found = extract(suffix, data.encode())

    assert found.text == text
    assert found.lost == f"is read in part: {lost}; mend it to have all of it searched"


@pytest.mark.parametrize(
    "source",
    [
        "sep=;\nid;text\n1;Bees, and honey\n2;wax\n",
        '"SEP=;"\r\n\r\nid;text\r\n1;"Bees, and honey"\r\n2;wax\r\n',
        "\n \nid;text\n1;Bees, and honey\n2;wax\n",
        "id;text\r1;Bees, and honey\r2;wax\r",
    ],
)
def test_tables_of_spreadsheets_are_read(source: str) -> None:
    found = extract(".csv", source.encode())
    assert (found.text, found.lost) == ("Bees, and honey\n\nwax", "")


def test_a_table_of_one_column_has_commas_in_its_text() -> None:
    found = extract(".csv", b'text\nBees, and honey; wax\n"The ""hive"", too"\n')

    assert (found.text, found.lost) == ('Bees, and honey; wax\n\nThe "hive", too', "")


@pytest.mark.parametrize("suffix", [".docx", ".odt"])
def test_a_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "MAX_UNPACKED", 4 * 2**20)
    path = made.bomb(tmp_path / f"a{suffix}", "word/media/image1.png", 5)
    assert path.stat().st_size < 2**14

    with pytest.raises(
        UnreadableError, match=r"is refused: it unpacks to 5\.0 MiB, more than 4\.0 MiB; save"
    ):
        extracted(path)


def test_a_part_of_text_has_a_bound_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "MAX_XML", 2**20)

    with pytest.raises(
        UnreadableError, match=r"a part of its text unpacks to 2\.0 MiB, more than 1\.0 MiB;"
    ):
        extracted(made.bomb(tmp_path / "a.docx", "word/document.xml", 2))


def test_so_has_the_number_of_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "MAX_PARTS", 3)

    with pytest.raises(UnreadableError, match=r"is refused: it has \d+ parts, more than 3;"):
        extracted(made.docx(tmp_path / "a.docx"))


_ENTITY = '<!DOCTYPE x [<!ENTITY leak SYSTEM "file://{secret}">]>'


@pytest.mark.parametrize(
    ("suffix", "part", "words"),
    [(".docx", "word/document.xml", "The keeper"), (".odt", "content.xml", "The keeper")],
)
def test_an_entity_reads_no_file(tmp_path: Path, suffix: str, part: str, words: str) -> None:
    secret = content(tmp_path / "secret", "swordfish")
    whole, evil = MAKERS[suffix](tmp_path / f"a{suffix}"), tmp_path / f"evil{suffix}"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(evil, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == part:
                text = data.decode()
                head, _, rest = text.partition("?>")
                text = f"{head}?>{_ENTITY.format(secret=secret)}{rest}"
                assert words in text
                data = text.replace(words, "&leak; keeper").encode()
            new.writestr(name, data)

    try:
        found = extracted(evil).text
    except UnreadableError as error:
        assert "defines entities" in str(error)
    else:
        assert "swordfish" not in found


def test_entities_that_multiply_are_refused(tmp_path: Path) -> None:
    more = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    laughs = f'<!DOCTYPE x [<!ENTITY a0 "lol">{more}]>'
    whole, evil = made.docx(tmp_path / "a.docx"), tmp_path / "evil.docx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(evil, "w") as new:
        for name in old.namelist():
            head, _, rest = old.read(name).partition(b"?>")
            if name == "word/document.xml":
                rest = laughs.encode() + rest.replace(b"Marta", b"&a9;")
            new.writestr(name, head + b"?>" + rest)

    with Apart() as process, pytest.raises(UnreadableError, match="may be damaged"):
        process.extract(evil)


def test_deep_pages_are_survived() -> None:
    deep = b"<html><body><p>The top.</p>" + b"<div>" * 100_000 + b"<p>The bottom.</p>"

    assert "The top." in extract(".html", deep).text


def test_a_bad_file_costs_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    made.docx(folder / "good.docx")
    content(folder / "bad.pdf", "%PDF-1.7 nothing")
    content(folder / "bad.csv", "id\n")

    library = refresh(folder, tmp_path / "index", HashingEncoder(), model_name="hashing")

    assert library.state.documents.keys() == {"good"}
    assert library.state.skipped.keys() == {"bad.pdf", "bad.csv"}
    assert "is damaged" in library.state.skipped["bad.pdf"].reason
    assert "bad.csv" in library.state.skipped["bad.csv"].reason


def test_a_file_of_an_unknown_format_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"a\.xyz is of no format that is read"):
        read(content(tmp_path / "a.xyz", "words"), "a")


def test_a_missing_library_is_one_sentence_with_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "striprtf.striprtf", None)
    with pytest.raises(UnreadableError, match="python -m pip install striprtf"):
        extract(".rtf", b"{\\rtf1 words}")


def test_what_was_extracted_is_known_by_name_and_version(tmp_path: Path) -> None:
    from importlib.metadata import version

    document = read(made.rtf(tmp_path / "a.rtf"), "a")

    assert document.extractor == f"richtext.extract 3, striprtf {version('striprtf')}"


def test_an_e_mail_is_extracted_again_when_web_pages_are_read_in_another_way(
    tmp_path: Path,
) -> None:
    letter = read(made.eml(tmp_path / "a.eml", page=True), "a").extractor
    _, revision, library = read(MAKERS[".html"](tmp_path / "a.html"), "a").extractor.split(" ", 2)

    # Letters were read in another way three times more than pages were.
    assert letter == f"mail.extract {int(revision.rstrip(',')) + 3}, {library}"


def test_what_did_not_change_is_not_extracted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qa import manifest, reading

    monkeypatch.setattr(manifest, "_TICK_NS", -1)  # files of this very second count as old
    folder, index = tmp_path / "documents", tmp_path / "index"
    folder.mkdir()
    made.docx(folder / "old.docx")
    refresh(folder, index, HashingEncoder(), model_name="hashing")
    made.rtf(folder / "new.rtf")
    asked = list[str]()

    def counted(path: Path, doc_id: str, apart: reading.Apart | None = None) -> Document:
        asked.append(doc_id)
        return read(path, doc_id, apart)

    monkeypatch.setattr(reading, "read", counted)
    library = refresh(folder, index, HashingEncoder(), model_name="hashing")

    assert asked == ["new"]
    assert HONEY in library.document("old").text


def test_files_are_read_anew_where_their_reader_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qa import reading

    folder, index = tmp_path / "documents", tmp_path / "index"
    folder.mkdir()
    content(folder / "bees.csv", f'id,text\n1,"{HONEY}"\n')
    content(folder / "poor.csv", "id\n")
    before = refresh(folder, index, HashingEncoder(), model_name="hashing")
    changed = replace(FORMATS[".csv"], module="text", function="plain", revision=9)
    monkeypatch.setitem(FORMATS, ".csv", changed)
    monkeypatch.setattr(document, "extracted_by", lambda _: "another version")
    assert refresh(folder, index, HashingEncoder(), model_name="hashing").state == before.state

    monkeypatch.setattr(reading, "REVISIONS", "other ones")
    library = refresh(folder, index, HashingEncoder(), model_name="hashing")

    assert library.document("bees").text.startswith("id,text")
    assert not library.state.skipped
    again = refresh(folder, index, HashingEncoder(), model_name="hashing")
    assert again.state.generation == library.state.generation


def test_what_another_version_extracted_is_cut_and_encoded_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the passages would be offsets into a text that is no longer there."""
    folder, index = tmp_path / "documents", tmp_path / "index"
    folder.mkdir()
    made.docx(folder / "old.docx")
    before = refresh(folder, index, HashingEncoder(), model_name="hashing")
    monkeypatch.setattr(document, "extracted_by", lambda _: "another version")
    content(folder / "new.txt", "One passage.")
    encoder = HashingEncoder()

    refresh(folder, index, encoder, model_name="hashing")

    library = refresh(folder, index, HashingEncoder(), model_name="hashing")
    extractors = {d.doc_id: d.extractor for d in library.catalogue.documents()}
    assert extractors["old"] == "another version"
    assert encoder.passages == 1  # what says the same as before is not encoded again
    assert len(library) == len(before) + 1
