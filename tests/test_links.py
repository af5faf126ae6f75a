"""Links in a terminal: only where it knows them, only to our own files, and nothing gets out."""

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given, strategies as st

from qa import links, render
from qa.render import Style, terminal_style
from qa.types import Answer, Quote

# One link, from its beginning to its end; the name of the file cannot hold the sign that ends it.
LINK = re.compile("\x1b\\]8;;([!-~]*)\x1b\\\\([^\x1b]*)\x1b\\]8;;\x1b\\\\")
ANYTHING = st.text(st.characters(exclude_categories=[]), max_size=100)
KNOWN = {
    *("TERM", "TERM_PROGRAM", "VTE_VERSION", "KONSOLE_VERSION", "KITTY_WINDOW_ID", "WT_SESSION"),
    *("DOMTERM", "WEZTERM_PANE", "GHOSTTY_RESOURCES_DIR", "QA_LINKS", "NO_COLOR", "SSH_CONNECTION"),
}


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("variables", "links_made"),
    [
        ({}, False),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7200"}, True),
        ({"TERM": "xterm-256color", "VTE_VERSION": "4999"}, False),
        ({"VTE_VERSION": "9" * 5000}, False),
        ({"VTE_VERSION": "²"}, False),
        ({"TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"KITTY_WINDOW_ID": "1", "NO_COLOR": "1"}, True),  # a link is no colour
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "dumb", "VTE_VERSION": "7200"}, False),
        ({"TERM": "screen-256color", "VTE_VERSION": "7200"}, False),
        ({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"}, False),
        ({"VTE_VERSION": "7200", "QA_LINKS": "0"}, False),
        ({"TERM": "tmux-256color", "QA_LINKS": "1"}, True),
    ],
    ids=str,
)
def test_links_are_for_terminals_that_know_them(
    variables: dict[str, str], links_made: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert terminal_style(True).links is links_made
    assert terminal_style(False).links is False


def test_the_place_of_a_quote_is_a_link_to_its_file_and_nothing_else_is() -> None:
    path = Path("/docs/a b/naïve; %.txt")
    quote = Quote("bees#p2", "bees", path, "T", "en", "prose", 0, 1, 3, "Bees.", 0.9)
    printed = render.render(Answer("?", "?", "en", (quote,)), Style(links=True))
    assert LINK.findall(printed) == [
        ("file:///docs/a%20b/na%C3%AFve%3B%20%25.txt", "/docs/a b/naïve; %.txt:3")
    ]
    assert LINK.sub(r"\2", printed) == render.plain(Answer("?", "?", "en", (quote,)))
    page = render.in_context([replace(quote, page=7)], "bees#p2", Style(links=True))
    assert [shown for _, shown in LINK.findall(page)] == ["/docs/a b/naïve; %.txt p. 7"]


@pytest.mark.parametrize(
    ("variables", "name", "end"),
    [
        ({"KITTY_WINDOW_ID": "1"}, "b.txt", "b.txt#3"),
        ({"TERM": "xterm-kitty"}, "b.MD", "b.MD#3"),
        ({"TERM_PROGRAM": "vscode"}, "b.txt", "b.txt#3"),
        ({"TERM_PROGRAM": "iTerm.app"}, "b#4.txt", "b%234.txt#3"),
        ({"VTE_VERSION": "7200"}, "b.txt", "b.txt"),
        ({"TERM_PROGRAM": "WezTerm"}, "b.txt", "b.txt"),
        ({"KITTY_WINDOW_ID": "1"}, "b.html", "b.html"),
        ({"KITTY_WINDOW_ID": "1"}, "b.pdf", "b.pdf"),
    ],
    ids=str,
)
def test_a_link_leads_to_the_line_of_a_text_where_the_terminal_opens_files_at_lines(
    variables: dict[str, str], name: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    path = Path("/docs") / name
    quote = Quote("bees#p2", "bees", path, "T", "en", "prose", 0, 1, 3, "Bees.", 0.9)
    for printed in (
        render.render(Answer("?", "?", "en", (quote,)), terminal_style(True)),
        render.in_context([quote], "bees#p2", terminal_style(True)),
    ):
        assert [url for url, _ in LINK.findall(printed)] == [f"file:///docs/{end}"]


def test_a_link_takes_no_room_on_the_line() -> None:
    path = Path("/docs/" + "long " * 8 + ".txt")
    quote = Quote("bees#p2", "bees", path, "T", "en", "prose", 0, 1, 3, "Bees.", 0.9)
    for width in (40, 80, 100):
        asked = Answer("?", "?", "en", (quote,))
        with_links = render.render(asked, Style(width=width, links=True))
        assert LINK.sub(r"\2", with_links) == render.render(asked, Style(width=width))


@given(name=ANYTHING)
def test_no_name_breaks_out_of_its_link(name: str) -> None:
    path = Path("/docs/" + name)
    printed = links.linked("HERE", path)
    if printed == "HERE":  # a name that no file can have
        return
    found = LINK.fullmatch(printed)
    assert found
    assert found[2] == "HERE"
    assert unquote(found[1].removeprefix("file://"), errors="surrogateescape") == str(path)


@pytest.mark.parametrize(
    "name",
    ["\x1b\\", "\x07", "a\x1b]8;;http://evil\x1b\\", "\x9c", "\n", ";id=1", "\u202e", "%1b"],
    ids=ascii,
)
def test_what_could_end_the_sequence_is_spelt_out(name: str) -> None:
    printed = links.linked("HERE", Path("/docs") / name)
    assert printed.count("\x1b") == 4
    assert not {"\x07", "\x9c", "\n", "\u202e"} & set(printed)
    found = LINK.fullmatch(printed)
    assert found
    assert not set(found[1]) & set(";\\\x1b ")


@pytest.mark.parametrize("path", ["bees.txt", "/docs/\ud800", "/" + "x" * 3000], ids=range(3))
def test_what_makes_no_url_is_printed_without_a_link(path: str) -> None:
    assert links.linked("HERE", Path(path)) == "HERE"


def test_from_another_machine_the_link_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 50000 10.0.0.2 22")
    for node, url in (("archive", "file://archive/docs/b.txt"), ("a\x1b/;", "file://a%1B%2F%3B/")):
        monkeypatch.setattr("platform.node", lambda node=node: node)
        found = LINK.fullmatch(links.linked("HERE", Path("/docs/b.txt")))
        assert found
        assert found[1].startswith(url)
