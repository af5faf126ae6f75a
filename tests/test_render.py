"""Answers as text. Documents and questions are data: nothing in them may steer a terminal."""

import json
import re
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, strategies as st

from qa import render
from qa.render import PLAIN, Style, parts_of, searched_otherwise
from qa.types import LANGUAGES, Answer, Language, Quote, Span, Twin
from qa.visible import names_shown, one_line, visible

OURS = re.compile(
    "\x1b\\[(?:0|1|2|1;36|1;33|33)m"
    # A link is closed before another begins, and has nothing but our own URL in it.
    "|\x1b\\]8;;file:///[A-Za-z0-9%/._~-]+\x1b\\\\(?=[^\x1b]+\x1b\\]8;;\x1b)|\x1b\\]8;;\x1b\\\\"
)
ANYTHING = st.text(st.characters(exclude_categories=[]), max_size=200)
HARMFUL = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\",
    "\x9b2J",
    "a\x08\x08b",
    "a\x7fb",
    "\x00",
    "abc\u202edcb",
    "\u2066x\u2069",
    "\u200e\u200f\u061c",
    "zero\u200bwidth\u200c\u200d\u2060\ufeff",
    "so\xadft",
    "\U000e0041",
    "\ue000",
    "\ud800",
    "line\u2028sep\u2029end\x85\x0b\x0c\x1c",
]


def quote(text: str = "Bees fly. Bees dance.", **more: object) -> Quote:
    whole = Quote(
        "bees#p2", "bees", Path("/docs/bees.txt"), "Bees", "en", "prose", 0, len(text), 3, text, 0.9
    )
    return replace(whole, **more)


def answer(*quotes: Quote, question: str = "Do bees dance?") -> Answer:
    return Answer(question, question.strip(), "en", quotes)


def assert_harmless(printed: str) -> None:
    left = OURS.sub("", printed)
    found = {char for char in left if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn")}
    assert found <= {"\n"}
    assert not {"\u2028", "\u2029"} & set(left)


# What is shown


@pytest.mark.parametrize(
    ("name", "place"),
    [("a.txt", "a.txt:3"), ("a.MD", "a.MD:3"), ("a.docx", "a.docx"), ("a.csv", "a.csv:3")],
)
def test_a_line_is_said_of_what_has_lines(name: str, place: str) -> None:
    assert render.in_file(name, replace(quote(), path=Path(name))) == place


def test_a_page_is_said_in_the_place_of_a_line() -> None:
    on_a_page = quote(path=Path("/docs/bees.pdf"), page=12)

    assert "  /docs/bees.pdf p. 12  " in render.plain(answer(on_a_page))
    assert "  /docs/bees.txt:3  " in render.plain(answer(quote()))
    shown = render.in_context([on_a_page], on_a_page.source_id, PLAIN)
    assert shown.splitlines()[0] == "bees#p2  /docs/bees.pdf p. 12"


def test_an_answer_says_what_where_and_how_sure() -> None:
    assert render.plain(answer(quote())) == (
        f"1. bees#p2  {Path('/docs/bees.txt')}:3  English  score 0.90\n"
        "   Bees\n"
        "   Bees fly. Bees dance."
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "this passage does not mention: Italy, 2007"),
        ("fr", "ce passage ne mentionne pas\xa0: Italy, 2007"),
        ("es", "este pasaje no menciona: Italy, 2007"),
    ],
)
def test_what_a_passage_does_not_mention_is_said_below_it(language: Language, said: str) -> None:
    asked = replace(answer(quote(missing=("Italy", "2007"))), language=language)
    assert render.plain(asked).splitlines()[-1] == f"   {said}"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "named at the beginning of the document, not in this passage: Nafara"),
        ("fr", "au début du document, et non dans ce passage\xa0: Nafara"),
        ("es", "al principio del documento, y no en este pasaje: Nafara"),
    ],
)
def test_what_only_the_beginning_of_a_document_names_is_said_too(
    language: Language, said: str
) -> None:
    asked = replace(answer(quote(introduced=("Nafara",))), language=language)
    assert render.plain(asked).splitlines()[-1] == f"   {said}"


def test_the_heading_above_a_passage_stands_beside_its_title() -> None:
    def second(**more: str) -> str:
        return render.plain(answer(quote(**more))).splitlines()[1]

    assert second(section="How \x1bthey fly") == "   Bees › How ␛they fly"
    assert second(section="How they fly", title="") == "   How they fly"
    assert second(section="How they fly", title="Bees fly. Bees dance.") == "   How they fly"
    assert second(section="Honey", kind="heading") == "   Bees fly. Bees dance."


def test_a_refusal_shows_what_is_closest() -> None:
    refusal = Answer("?", "?", "en", (), (quote(score=0.1),), "no relevant passage", ("A note.",))
    assert render.plain(refusal) == (
        "I found no passage that answers this.\n\n"
        "The closest passages, which may not answer it:\n\n"
        f"1. bees#p2  {Path('/docs/bees.txt')}:3  English  score 0.10\n"
        "   Bees\n"
        "   Bees fly. Bees dance.\n\n"
        "A note."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_around_the_quotes_is_in_the_askers_language(language: str) -> None:
    refusal = Answer("?", "?", language, (), (quote(),), "no relevant passage")
    said = {"en": "closest", "fr": "proches", "es": "cercanos"}
    assert said[language] in render.plain(refusal)
    name = {"en": "English", "fr": "anglais", "es": "inglés"}
    assert name[language] in render.plain(Answer("?", "?", language, (quote(),))).lower().replace(
        "english", "English"
    )


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("empty question", "no word in the question"),
        ("no documents", "no documents to search"),
        ("nothing passes the filter", "filter leaves nothing to search"),
    ],
)
def test_other_reasons_have_their_own_words(reason: str, said: str) -> None:
    assert said in render.plain(Answer("", "", "en", reason=reason))


def test_what_was_really_searched_is_shown_if_it_is_another() -> None:
    follow_up = Answer("And in Spain?", "How many live in Spain?", "en", (quote(),))
    assert "How many live in Spain?" in render.plain(follow_up).splitlines()[0]
    assert "Do bees dance?" not in render.plain(answer(quote(), question=" Do bees dance? "))


def test_the_same_passage_elsewhere_is_named_by_language() -> None:
    twins = (Twin("copy#p2", "en"), Twin("abeilles#p2", "fr"), Twin("abejas#p2", "es"))
    lines = render.plain(answer(quote(twins=twins))).splitlines()[3:]
    assert [line.split()[-1] for line in lines] == ["copy#p2", "abejas#p2", "abeilles#p2"]


def test_of_many_places_the_first_are_named_and_the_others_counted() -> None:
    """Boilerplate stands in hundreds of documents; JSON has all of them."""
    twins = tuple(Twin(f"copy{n}#p2", "en") for n in range(1, 8))
    lines = render.plain(answer(quote(twins=twins))).splitlines()
    named = ", ".join(f"copy{n}#p2" for n in range(1, 6))
    assert lines[3:] == [f"   also at: {named}, … (+2)"]
    assert len(quote(twins=twins).to_dict()["also"]) == 7


def test_quotes_are_numbered() -> None:
    printed = render.render(answer(quote(), quote()), PLAIN)
    assert re.findall(r"^\d+\.", printed, re.MULTILINE) == ["1.", "2."]


def test_a_heading_is_not_repeated_as_its_own_title() -> None:
    assert render.plain(answer(quote("Bees", kind="heading"))).count("Bees\n") == 0


def test_a_title_is_not_printed_where_it_is_the_first_line_of_the_quote() -> None:
    note = "A note on bees.\nThey dance."
    assert render.plain(answer(quote(note, title="A note on bees."))).count("A note on") == 1
    assert render.plain(answer(quote(note, title="A note on"))).count("A note on") == 2


def test_a_path_is_said_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert render.location(tmp_path / "a" / "b.txt") == str(Path("a/b.txt"))
    assert render.location(Path("/elsewhere/b.txt")) == str(Path("/elsewhere/b.txt"))


def test_the_highlight_is_in_colour_and_nothing_else_of_the_quote() -> None:
    printed = render.render(answer(quote(highlight=Span(10, 21))), Style(colour=True))
    assert "   Bees fly. \x1b[1;33mBees dance.\x1b[0m" in printed


def test_a_highlight_is_counted_in_the_document() -> None:
    later = quote(start=100, end=121, highlight=Span(110, 121))
    assert parts_of(later) == ("Bees fly. ", "Bees dance.", "")


@pytest.mark.parametrize(
    "end", ["\n", "\r\n", "\r", "\u2028", "\x85", "\x0c", "\t", "\u200b", "\x1b"]
)
def test_the_highlight_stays_on_its_words_whatever_stands_before(end: str) -> None:
    text = f"One{end}two{end}three.{end}Bees dance.{end}Four"
    start = text.index("Bees")
    marked = quote(text, highlight=Span(start, start + 11))
    printed = render.render(answer(marked), Style(colour=True))
    assert "\x1b[1;33mBees dance.\x1b[0m" in printed


def test_a_highlight_over_two_lines_is_coloured_line_by_line() -> None:
    printed = render.render(
        answer(quote("Bees\nfly. They", highlight=Span(0, 9))), Style(colour=True)
    )
    assert "   \x1b[1;33mBees\x1b[0m\n   \x1b[1;33mfly.\x1b[0m They" in printed


@pytest.mark.parametrize(
    ("terminal", "variables", "colour"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),  # as no-color.org has it: present and not empty
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    terminal: bool, variables: dict[str, str], colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert render.terminal_style(terminal).colour is colour


def test_a_pipe_gets_whole_lines() -> None:
    assert render.terminal_style(False).width == 0


def test_a_passage_in_context_is_marked() -> None:
    quotes = [quote("Before.", source_id="bees#p1"), quote("This.\nToo."), quote("After.")]
    assert render.in_context(quotes, "bees#p2", PLAIN).splitlines()[2:] == [
        "",
        "  Before.",
        "",
        "> This.",
        "> Too.",
        "",
        "  After.",
    ]


# Wrapping


def test_a_long_line_is_wrapped_at_words() -> None:
    printed = render.render(answer(quote("word " * 40)), Style(width=40))
    assert all(len(line) <= 40 for line in printed.splitlines()[2:])
    assert printed.split().count("word") == 40


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (80, ["1. bees#p2  /docs/bees.txt:3  English  score 0.50"]),
        (40, ["1. bees#p2  English  score 0.50", "   /docs/bees.txt:3"]),
        (30, ["1. bees#p2", "   English  score 0.50", "   /docs/bees.txt:3"]),
    ],
)
def test_where_a_quote_stands_takes_more_lines_in_a_narrow_terminal(
    width: int, lines: list[str]
) -> None:
    printed = render.render(answer(quote(score=0.5)), Style(width=width))
    assert [line.replace("\\", "/") for line in printed.splitlines()[: len(lines)]] == lines


@given(text=ANYTHING, width=st.integers(0, 60))
@example(text="a  b\t\tc" * 20, width=24)
@example(text="a-b-" * 30 + "\xa0x", width=24)
@example(text="x" * 100, width=1)
def test_wrapping_loses_no_visible_character(text: str, width: int) -> None:
    span = Span(len(text) // 3, len(text) // 2)
    lines = render._body(quote(text, highlight=span), Style(width=width))
    assert "".join("".join(lines).split()) == "".join(visible(text).split())


# Safety


@pytest.mark.parametrize("text", HARMFUL, ids=ascii)
def test_nothing_in_a_document_steers_the_terminal(text: str) -> None:
    path = Path("/docs/" + text.replace("\0", "0"))
    harmful = quote(
        text,
        source_id=f"{text}#p1",
        title=text,
        path=path,
        highlight=Span(0, len(text)),
        twins=(Twin(text, "fr"), Twin(text, "en")),
    )
    asked = Answer(text, text + "!", "en", (harmful,), notes=(text,))
    for style in (PLAIN, Style(True, 80), Style(True, 0), Style(True, 80, links=True)):
        assert_harmless(render.render(asked, style))
        assert_harmless(render.render(replace(asked, quotes=(), near_misses=(harmful,)), style))
        assert_harmless(render.in_context([harmful], harmful.source_id, style))
    assert_harmless(str(asked))


@pytest.mark.parametrize("text", HARMFUL, ids=ascii)
def test_json_has_the_exact_characters_all_the_same(text: str) -> None:
    given = json.loads(json.dumps(answer(quote(text), question=text).to_dict()))
    assert given["quotes"][0]["text"] == text
    assert given["question"] == text


@pytest.mark.parametrize(
    "markup", ["[bold]x[/]", "[/]", "[link=http://x]y[/link]", "\\[red]", "[[x]]"]
)
def test_markup_is_text_like_any_other(markup: str) -> None:
    printed = render.render(answer(quote(markup, title=f"On {markup}")), Style(True, 80))
    assert printed.count(markup) == 2


@given(text=ANYTHING, colour=st.booleans(), width=st.integers(0, 120), links=st.booleans())
def test_no_text_at_all_steers_the_terminal(
    text: str, colour: bool, width: int, links: bool
) -> None:
    span = Span(len(text) // 3, len(text) // 2)
    others = {
        "twins": (Twin(text, "es"),),
        "missing": (text,),
        "introduced": (text,),
        "section": text,
    }
    data = quote(text, title=text, source_id=text, highlight=span, **others)
    data = replace(data, path=Path("/docs/" + text))
    printed = render.render(
        Answer(text, text + "?", "fr", (data,), notes=(text,)), Style(colour, width, links)
    )
    assert_harmless(printed)
    assert colour or links or "\x1b" not in printed


@given(text=ANYTHING)
def test_what_is_made_visible_stays_as_it_is_when_made_visible_again(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    assert "\n" not in one_line(text)


@given(text=st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"])))
def test_letters_of_all_scripts_are_shown_as_they_are(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1bb", "a␛b"),
        ("a\x00b\x07c", "a␀b␇c"),
        ("a\x7fb", "a␡b"),
        ("a\x9bb", "a�b"),
        ("a\u202eb", "a�b"),
        ("inter\xadna\u200btional", "international"),
        ("\ufeffTitle", "Title"),
        ("a\tb", "a b"),
        ("a\r\nb\rc\u2028d\x85e\x0cf\n", "a\nb\nc\nd\ne\nf\n"),
        ("\r\n", "\n"),
        ("l’été à 5 € — ¿sí? 🐝", "l’été à 5 € — ¿sí? 🐝"),
        ("", ""),
    ],
    ids=ascii,
)
def test_what_cannot_be_shown_has_a_sign_or_is_left_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_capitals_and_blanks_are_no_reason_to_show_what_was_searched() -> None:
    shouted = Answer("WHO  IS\nIT?", "who is it?", "en")
    assert not searched_otherwise(shouted)
    assert not searched_otherwise(Answer("", "", "en"))
    assert searched_otherwise(Answer("Hello, who is it?", "who is it?", "en"))


def test_names_by_what_they_are_shown_as() -> None:
    alike = ["a  b", "a b", "a   b", "c\x1bd", "c"]
    assert names_shown(alike) == {"a b": "a b", "c␛d": "c\x1bd", "c": "c"}
    assert names_shown(["a  b", "a   b"]) == {"a b": "a  b"}
