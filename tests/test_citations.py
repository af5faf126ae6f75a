"""Citations: valid for those who read them, whatever a title or a name has in it."""

import hashlib
import io
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import made
import pytest
from bibtexparser import parse_string
from bibtexparser.model import Entry
from citeproc import (
    Citation,
    CitationItem,
    CitationStylesBibliography,
    CitationStylesStyle,
    formatter,
)
from citeproc.source.json import CiteProcJSON
from conftest import HashingEncoder
from hypothesis import given, strategies as st
from jsonschema import Draft7Validator
from pybtex.richtext import Text

import qa.bot
from qa import __main__ as program, saved
from qa.citations import bibtex, csl_json, markdown
from qa.types import Quote

KEEPER = "Who is the keeper of the hives?"
ANYTHING = st.text(st.characters(exclude_categories=[]), max_size=60)
# What the schema of CSL-JSON (1.0.2) asks of the variables used here; it knows many more, and no
# others than those.
TEXT = {"type": "string"}
DATE = {
    "properties": {
        "date-parts": {
            "type": "array",
            "minItems": 1,
            "maxItems": 2,
            "items": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "integer"}},
        },
        "literal": TEXT,
    },
    "type": "object",
    "additionalProperties": False,
}
ITEM = {
    "properties": {
        **dict.fromkeys(("id", "title", "language", "source", "note", "page", "URL"), TEXT),
        "type": {"enum": ["document"]},
        "issued": DATE,
    },
    "required": ["id", "type"],
    "additionalProperties": False,
}
CSL = Draft7Validator({"type": "array", "items": ITEM})
HOSTILE = r"""100% of A_B & C #1 {open \ $5 ~^ <|> "said" } @misc{x, é} %"""

Run = Callable[..., tuple[int, str, str]]


def quote(**more: object) -> Quote:
    text = "Bees fly."
    whole = Quote(
        "bees#p2", "bees", Path("/docs/b é.pdf"), "Bees", "en", "prose", 0, 9, 3, text, 0.9, 12
    )
    return replace(whole, **more)


HASH = hashlib.sha256(b"Bees fly.").hexdigest()


def entries(text: str) -> list[tuple[str, dict[str, str]]]:
    """BibTeX as BibTeX reads it: braces are counted, and a backslash hides none of them."""
    found, at = [], 0
    while (start := text.find("@", at)) >= 0:
        head = re.compile(r"@misc\{([^\s,{}\"#%'()=~\\]+),\n").match(text, start)
        assert head, text[start : start + 40]
        at, fields = head.end(), {}
        while not text.startswith("}", at):
            field = re.compile(r"  (\w+) = ").match(text, at)
            assert field, text[at : at + 40]
            at, depth, begin = field.end(), 0, field.end()
            while depth or not text.startswith(",\n", at):
                depth += {"{": 1, "}": -1}.get(text[at], 0)
                assert depth >= 0
                at += 1
            fields[field[1]] = text[begin:at]
            at += 2
        found.append((head[1], fields))
        at += 1
    return found


def parsed(text: str) -> list[Entry]:
    library = parse_string(text)
    assert library.failed_blocks == []
    return library.entries


def test_a_bibtex_entry_has_all_it_takes_to_find_the_quote() -> None:
    [(key, fields)] = entries(bibtex([quote()], {"bees#p2": "2007-11-05"}))
    assert key == f"qa-bees-p2-{HASH[:8]}"
    assert fields == {
        "title": "{{Bees}}",
        "year": "{2007}",
        "month": "nov",
        "day": "{5}",
        "pages": "{12}",
        "howpublished": "{b é.pdf}",
        "url": "{file:///docs/b%20%C3%A9.pdf}",
        "langid": "{english}",
        "note": f"{{source bees\\#p2; SHA-256 of the quote {HASH}}}",
    }


def test_csl_json_has_the_same_in_the_variables_of_its_schema() -> None:
    assert csl_json([quote()], {"bees#p2": "2007-11-05"}) == [
        {
            "id": f"qa-bees-p2-{HASH[:8]}",
            "type": "document",
            "title": "Bees",
            "language": "en",
            "source": "b é.pdf",
            "note": f"source bees#p2; SHA-256 of the quote {HASH}",
            "issued": {"date-parts": [[2007, 11, 5]]},
            "page": "12",
            "URL": "file:///docs/b%20%C3%A9.pdf",
        }
    ]


def test_markdown_has_the_quote_below_its_source() -> None:
    assert markdown([quote()], {"bees#p2": "2007-11-05"}) == (
        "**1.** `bees#p2` · `b é.pdf p. 12` · [Bees](file:///docs/b%20%C3%A9.pdf) · "
        f"2007\\-11\\-05 · SHA-256 `{HASH}`\n\n> Bees fly."
    )


@pytest.mark.parametrize(
    ("dated", "bib", "csl"),
    [
        ("", {}, None),
        ("2007", {"year": "{2007}"}, {"date-parts": [[2007]]}),
        ("2007-11", {"year": "{2007}", "month": "nov"}, {"date-parts": [[2007, 11]]}),
        (
            "2007-11-05T10:00:00Z",
            {"year": "{2007}", "month": "nov", "day": "{5}"},
            {"date-parts": [[2007, 11, 5]]},
        ),
        ("2007-13-01", {}, {"literal": "2007-13-01"}),
        ("2007-02-30", {}, {"literal": "2007-02-30"}),
        ("0000", {}, {"literal": "0000"}),
        ("5 {mai} 2007", {}, {"literal": "5 {mai} 2007"}),
    ],
)
def test_a_date_is_cited_as_far_as_it_is_known(
    dated: str, bib: dict[str, str], csl: dict[str, object] | None
) -> None:
    dates = {"bees#p2": dated} if dated else {}
    [(_, fields)] = entries(bibtex([quote()], dates))
    assert {name: fields[name] for name in fields.keys() & {"year", "month", "day"}} == bib
    assert ("dated" in fields["note"]) is (bool(dated) and not bib)
    assert csl_json([quote()], dates)[0].get("issued") == csl


def test_what_bibtex_would_take_for_its_own_is_escaped() -> None:
    title = r"100% of A_B & C #1 {open \ $5 ~^ <|>"
    [(_, fields)] = entries(bibtex([quote(title=title)], {}))
    assert fields["title"] == (
        r"{{100\% of A\_B \& C \#1 {\textbraceleft}open {\textbackslash} \$5 "
        r"{\textasciitilde}{\textasciicircum} {\textless}{\textbar}{\textgreater}}}"
    )


def test_a_bibtex_parser_reads_a_hostile_title_as_one_field() -> None:
    odd, plain = quote(title=HOSTILE, source_id=HOSTILE), quote(title="50 % d’A_B & C, n° 1")
    after = quote(source_id="bees#p3")

    first, second, third = parsed(bibtex([odd, plain, after], {}))

    assert first.fields_dict.keys() == third.fields_dict.keys()
    assert third.fields_dict["title"].value == "{Bees}"
    assert str(Text.from_latex(second.fields_dict["title"].value)) == "50 % d’A_B & C, n° 1"


def test_a_processor_of_csl_writes_the_title_and_the_year_of_every_item() -> None:
    quotes = [quote(), quote(title=HOSTILE, source_id="odd#p1", doc_id="odd", page=None)]
    source = CiteProcJSON(csl_json(quotes, {"bees#p2": "2007-11-05", "odd#p1": "2008"}))
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    listed = CitationStylesBibliography(style, source, formatter.plain)
    for key in source:
        listed.register(Citation([CitationItem(key)]))

    bees, odd = map(str, listed.bibliography())

    assert "Bees" in bees and "2007" in bees and "file:///docs/b%20%C3%A9.pdf" in bees
    assert HOSTILE.replace('"', "") in odd.replace('"', "") and "2008" in odd


@given(title=ANYTHING, name=ANYTHING, dated=ANYTHING, text=ANYTHING)
def test_no_title_or_name_breaks_a_citation(title: str, name: str, dated: str, text: str) -> None:
    odd = quote(
        title=title, source_id=f"{name}#p1", doc_id=name, path=Path("/docs/" + name), text=text
    )
    quotes, dates = [odd, quote(), odd], {odd.source_id: dated}
    keys = [key for key, _ in entries(bibtex(quotes, dates))]
    items = json.loads(json.dumps(csl_json(quotes, dates)))
    assert keys == [item["id"] for item in items]
    assert len(set(keys)) == 3
    CSL.validate(items)
    assert [entry.key for entry in parsed(bibtex(quotes, dates))] == keys
    for line in markdown(quotes, dates).split("\n"):
        assert line == "" or line.startswith(("**", ">"))
    printed = bibtex(quotes, dates) + markdown(quotes, dates)
    assert "\x1b" not in printed
    assert "\u202e" not in printed


def test_a_changed_quote_has_another_key() -> None:
    before, after = csl_json([quote(), quote(text="Bees fell.")], {})
    assert before["id"] != after["id"]


# The command


@pytest.fixture
def run(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    monkeypatch.setattr(qa.bot, "open_encoder", lambda *_: HashingEncoder())
    monkeypatch.chdir(folder.parent)

    def run(*arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        status = program.run([*arguments, "-d", str(folder)])
        out, err = capsys.readouterr()
        return status, out, err

    return run


def test_an_answer_is_cited_with_the_hashes_of_its_quotes(run: Run) -> None:
    quotes = json.loads(run("ask", "--json", KEEPER)[1])["quotes"]
    hashes = [hashlib.sha256(quote["text"].encode()).hexdigest() for quote in quotes]
    for style in ("bibtex", "csl-json", "markdown"):
        status, out, err = run("ask", "--cite", style, KEEPER)
        assert (status, err) == (0, "")
        assert re.findall("[0-9a-f]{64}", out) == hashes


def test_the_date_of_a_document_is_cited(run: Run, folder: Path) -> None:
    (folder / "comb.md").write_text("---\ndate: 2019-03-01\n---\n\nZebras build no comb at all.\n")
    out = run("ask", "--cite", "csl-json", "-k", "1", "Do zebras build no comb at all?")[1]
    assert json.loads(out)[0]["issued"] == {"date-parts": [[2019, 3, 1]]}


def test_the_page_of_a_pdf_is_cited(run: Run, folder: Path) -> None:
    made.pdf(folder / "comb.pdf", [["The comb."], ["Zebras build no comb at all."]])
    out = run("ask", "--cite", "bibtex", "-k", "1", "Do zebras build no comb at all?")[1]
    assert entries(out)[0][1]["pages"] == "{2}"


def test_citations_in_markdown_can_be_verified(run: Run, folder: Path) -> None:
    cited = run("ask", "--cite", "markdown", KEEPER)[1]
    assert saved.claims(cited.encode(), "x")[0].source_id == "bees#p3"
    assert run("verify", "-", stdin=cited.encode())[0] == 0
    (folder / "bees.txt").write_text("Nothing of it.\n")
    assert run("verify", "-", stdin=cited.encode())[0] == 1


@pytest.mark.parametrize(("style", "out"), [("bibtex", ""), ("csl-json", "[]\n"), ("markdown", "")])
def test_without_an_answer_nothing_is_cited(run: Run, style: str, out: str) -> None:
    told = "I found no passage that answers this.\n"
    for question in ("Best pizza in Naples?", "Hello, what is the best pizza in Naples?"):
        assert run("ask", "--cite", style, question) == (1, out, told)


def test_why_nothing_can_be_cited_is_told(run: Run) -> None:
    status, out, err = run("ask", "--cite", "bibtex", "--in", "no/*", KEEPER)
    assert (status, out) == (2, "")
    assert err.startswith(
        "The filter leaves nothing to search.\nNothing fits in:no/*. Documents: 3,"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--cite", "apa"), "unknown style 'apa'; choose from bibtex, csl-json, markdown"),
        (("--cite", "bibtex", "--json"), "leave out --json and --batch"),
        (("--cite", "bibtex", "--batch"), "leave out --json and --batch"),
    ],
)
def test_trouble_is_one_sentence(run: Run, arguments: tuple[str, ...], said: str) -> None:
    status, out, err = run("ask", *arguments, KEEPER)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert said in err


@pytest.mark.parametrize("signs", ["--", "---", "``", "''", ",,", "!`", "?`"])
def test_what_tex_would_set_as_one_sign_stays_apart(signs: str) -> None:
    [(_, fields)] = entries(bibtex([quote(title=f"a{signs}b")], {}))
    assert signs not in fields["title"]
    assert fields["title"].replace("{}", "") == f"{{{{a{signs}b}}}}"
