"""PDF: pages, the order of reading, and what runs along the edges."""

from pathlib import Path

import made
import pytest
from pypdfium2 import PdfiumError

from qa.passages import cut
from qa.reading import read
from qa.reading.columns import Line, in_order, parted
from qa.reading.extract import Extract, UnreadableError
from qa.reading.formats import extract
from qa.types import Document, Passage

LEFT = [
    "The left column tells of bees and",
    "of the honey that they make. A well-",
    "known keeper gave us a good exam-",
    "ple of what she does. It is well-known",
    "in the mountains of Andorra.",
]
RIGHT = [
    "The right column is about mills",
    "and the flour that they grind.",
    "Wheat comes from the valley.",
    "The miller works on Tuesdays.",
]
BODY = [
    f"Chapter {name} has a sentence of its own, about {name}." for name in ("one", "two", "six")
]


def extracted(path: Path) -> Extract:
    return extract(".pdf", path.read_bytes())


def passages(path: Path) -> tuple[Document, tuple[Passage, ...]]:
    document = read(path, "a")
    return document, cut(document)


def test_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    path = made.pdf(tmp_path / "a.pdf", [["A title over both columns", "", (LEFT, RIGHT)]])

    document, found = passages(path)

    assert [document.text[p.start : p.end] for p in found[1:]] == [
        "\n".join(LEFT),
        "\n".join(RIGHT),
    ]


def test_a_paragraph_starts_where_its_first_line_is_set_in() -> None:
    told = [
        ("It fills the line to its end.", 60),
        ("The next is set", 72),
        ("in, and goes on.", 60),
    ]
    lines = [
        Line(text, left, 90.0 - 12 * n, 200, 100.0 - 12 * n) for n, (text, left) in enumerate(told)
    ]

    assert list(parted(in_order(lines))) == [[told[0][0]], [told[1][0], told[2][0]]]


def test_a_paragraph_ends_where_its_last_line_stops_short(tmp_path: Path) -> None:
    lines = [
        "This is the first one, and it goes on for a line",
        "and a half.",
        "This is the second.",
    ]

    _, found = passages(made.pdf(tmp_path / "a.pdf", [lines]))

    assert [p.search_text for p in found] == [" ".join(lines[:2]), lines[2]]


def test_pages_that_hold_one_another_are_survived() -> None:
    loop = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R
/Resources<</XObject<</X 4 0 R>>>>>>endobj
4 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 4 0 R>>>>
/Length 5>>stream
/X Do
endstream endobj
trailer<</Root 1 0 R/Size 5>>
"""
    with pytest.raises((UnreadableError, PdfiumError)):
        extract(".pdf", loop)


def test_a_table_is_read_by_rows(tmp_path: Path) -> None:
    hives = [f"Hive number {n}" for n in range(8)]
    honey = [f"{n} kilograms" for n in range(8)]

    table = made.pdf(tmp_path / "a.pdf", [["The year in numbers.", "", "", (hives, honey)]])

    rows = [f"{hive}   {weight}" for hive, weight in zip(hives, honey, strict=True)]
    assert "\n".join(rows) in extracted(table).text


def test_a_word_broken_over_a_line_end_is_whole_where_it_is_searched(tmp_path: Path) -> None:
    document, found = passages(made.pdf(tmp_path / "a.pdf", [LEFT]))

    [passage] = found
    assert "good exam-\nple" in document.text[passage.start : passage.end]
    assert "A well-known keeper gave us a good example of what" in passage.search_text


def test_what_runs_along_the_edges_is_beside_the_text(tmp_path: Path) -> None:
    pages = [[line] for line in BODY]
    path = made.pdf(tmp_path / "a.pdf", pages, header="Annual report, Geneva", numbered=True)

    document, found = passages(path)

    by_kind = {kind: [p for p in found if p.kind == kind] for kind in ("prose", "menu")}
    assert [document.text[p.start : p.end] for p in by_kind["prose"]] == BODY
    said = "".join(document.text[p.start : p.end] for p in by_kind["menu"])
    assert said.count("Annual report, Geneva") == 3
    assert "Page 3 of 3" in said


def test_a_lone_number_of_a_page_is_beside_the_text(tmp_path: Path) -> None:
    found = extracted(made.pdf(tmp_path / "a.pdf", [[BODY[0]]], numbered=True))

    assert [found.text[s.start : s.end] for s in found.asides] == ["Page 1 of 1"]


def test_what_is_said_on_one_page_alone_is_text(tmp_path: Path) -> None:
    found = extracted(made.pdf(tmp_path / "a.pdf", [[BODY[0]], [BODY[1]]], header=""))

    assert found.asides == ()
    assert extracted(made.pdf(tmp_path / "b.pdf", [[BODY[0]]], header="A report")).asides == ()


def test_a_table_of_contents_is_beside_the_text(tmp_path: Path) -> None:
    contents = [f"Chapter {n} {'.' * 40} {n}" for n in range(1, 5)]

    found = extracted(made.pdf(tmp_path / "a.pdf", [[*contents], [BODY[0]]]))

    assert [found.text[s.start : s.end] for s in found.asides] == ["\n".join(contents)]


def test_every_passage_has_its_page(tmp_path: Path) -> None:
    pages = [[BODY[0], "", "", BODY[1]], [], [BODY[2]]]
    document, found = passages(made.pdf(tmp_path / "a.pdf", pages))

    assert [document.page_at(p.start) for p in found] == [1, 1, 3]
    assert len(document.pages) == 3


def test_what_is_printed_largest_is_the_title_of_a_file_without_one(tmp_path: Path) -> None:
    from fpdf import FPDF

    made = FPDF(unit="pt")
    made.add_page()
    for y, size, text in [(100, 24, "The book of"), (130, 24, "bees"), (200, 11, BODY[0])]:
        made.set_font("Helvetica", size=size)
        made.text(60, y, text)
    made.set_font("Helvetica", size=11)
    for row in range(3):
        made.text(60, 220 + 14 * row, "and so on")
    made.output(str(tmp_path / "a.pdf"))

    assert extracted(tmp_path / "a.pdf").title == "The book of bees"


def test_lines_without_a_height_have_an_order_too() -> None:
    flat = [Line("word", 10.0, y, 90.0, y) for y in (30.0, 20.0, 10.0, 10.0)]

    assert sum(len(row) for stretch in in_order(flat) for row in stretch) == 4


def test_the_title_is_the_files_own_unless_it_is_a_name_of_a_file(tmp_path: Path) -> None:
    named = made.pdf(tmp_path / "a.pdf", [BODY], title="The chapters")
    assert extracted(named).title == "The chapters"
    junk = made.pdf(tmp_path / "b.pdf", [BODY], title="Microsoft Word - draft7.doc")
    assert extracted(junk).title == ""


def test_an_encrypted_file_is_named_with_a_cure(tmp_path: Path) -> None:
    path = made.pdf(tmp_path / "a.pdf", [BODY], password="sesame")

    with pytest.raises(UnreadableError, match=r"is encrypted; save it .* qpdf --decrypt"):
        extracted(path)


def test_a_file_without_text_is_named_with_a_cure(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"no text in it, only pictures; .* ocrmypdf"):
        extracted(made.pdf(tmp_path / "a.pdf", [[], []]))


def test_signs_that_are_no_letters_are_not_taken_for_text(tmp_path: Path) -> None:
    path = made.pdf(tmp_path / "a.pdf", [["%%2 ,.+ -,$,!(-(,&(+", "),,2 ' +'6\", - ,7%-\"(''2"]])

    with pytest.raises(UnreadableError, match="--force-ocr"):
        extracted(path)


def test_pages_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from qa.reading import pdf

    monkeypatch.setattr(pdf, "MAX_PAGES", 2)
    with pytest.raises(UnreadableError, match="has 3 pages, more than 2"):
        extracted(made.pdf(tmp_path / "a.pdf", [BODY, BODY, BODY]))


# What no writer of tests makes, by hand


def raw(content: str, *, rotate: int = 0, letters: str = "") -> bytes:
    """One page with this content; `letters` are the code points that A, B, … stand for."""
    codes = "".join(f"<{0x41 + at:02X}> <{code}>" for at, code in enumerate(letters.split()))
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def "
        "/CMapType 2 def 1 begincodespacerange <00> <FF> endcodespacerange\n"
        f"{len(letters.split())} beginbfchar {codes} endbfchar endcmap end end"
    )
    parts = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Rotate {rotate}"
        "/Resources<</Font<</F 5 0 R/G 7 0 R>>>>/Contents 4 0 R>>",
        f"<</Length {len(content)}>>stream\n{content}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
        f"<</Length {len(cmap)}>>stream\n{cmap}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    data, starts = b"%PDF-1.4\n", list[int]()
    for number, part in enumerate(parts, 1):
        starts.append(len(data))
        data += f"{number} 0 obj\n{part}\nendobj\n".encode("latin-1")
    table = "".join(f"{start:010} 00000 n \n" for start in starts)
    size = len(parts) + 1
    end = f"trailer<</Size {size}/Root 1 0 R>>\nstartxref\n{len(data)}\n%%EOF"
    return data + f"xref\n0 {size}\n0000000000 65535 f \n{table}{end}".encode()


@pytest.mark.parametrize("rotate", [0, 90, 270])
@pytest.mark.parametrize(
    "matrices",
    [
        ("1 0 0 1 100 320", "1 0 0 1 100 300"),
        ("0 1 -1 0 300 100", "0 1 -1 0 320 100"),
        ("-1 0 0 -1 500 300", "-1 0 0 -1 500 320"),
        ("0 -1 1 0 320 600", "0 -1 1 0 300 600"),
    ],
)
def test_a_page_is_read_however_its_letters_are_turned(
    matrices: tuple[str, str], rotate: int
) -> None:
    lines = "The mine opened in 1999 and employs 340.", "Rules were adopted by the council."
    content = " ".join(
        f"BT /G 12 Tf {matrix} Tm ({line}) Tj ET"
        for matrix, line in zip(matrices, lines, strict=True)
    )
    assert extract(".pdf", raw(content, rotate=rotate)).text.strip() == "\n".join(lines)


def test_a_letter_beyond_the_first_plane_is_one_letter() -> None:
    content = "BT /G 12 Tf 50 700 Td (The letter ) Tj /F 12 Tf (AB) Tj /G 12 Tf ( is it.) Tj ET"
    found = extract(".pdf", raw(content, letters="D835DC65 D83D"))
    assert found.text.strip() == "The letter \U0001d465\ufffd is it."
