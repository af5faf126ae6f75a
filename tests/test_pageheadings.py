"""Headings of a web page's main text are passages where they stand, those beside it are not."""

from pathlib import Path

import pytest
from lxml.html import document_fromstring

from qa.passages import cut
from qa.reading.extract import Extract
from qa.reading.formats import extract
from qa.reading.pageheadings import flatten
from qa.types import Document

QUESTIONS = [
    "Who may use the mill?",
    "When does the mill grind?",
    "What does it cost to grind a sack?",
    "Where do I leave my sacks?",
]
ANSWERS = [
    "All who live in the valley or in one of the towns along the river may have their corn ground.",
    "It grinds on Tuesdays and Thursdays, as long as there is water enough to turn the wheel.",
    "A sack of corn costs four euros, and nothing for those who help to clean the weir in spring.",
    "Sacks are left in the shed by the bridge, with a name on each, before eight in the morning.",
]
WRAPPERS = [
    "{}",
    "<div>{}</div>",
    "<section>{}</section>",
    '<div class="node__content">{}</div>',
    '<div class="region region-content">{}</div>',
    '<div class="item-page">{}</div>',
    "<table><tr><td><h1>The mill</h1>{}</td></tr></table>",
    "<main>{}</main>",
    "<article>{}</article>",
]
ASKED = [
    *(f"<h{level}>{{}}</h{level}><p>{{}}</p>" for level in range(1, 7)),
    "<details><summary>{}</summary><p>{}</p></details>",
    "<details><summary><p>{}</p></summary><p>{}</p></details>",
    "<h3><div>{}</div></h3><p>{}</p>",
    "<h3><button>{}</button></h3><p>{}</p>",
    '<h3><a href="#below">{}</a></h3><p>{}</p>',
    '<h3><a href="javascript:void(0)">{}</a></h3><p>{}</p>',
    '<div><div class="head"><h3>{}</h3></div><div><p>{}</p></div></div>',
    "<h3>{}</h3><p>{}<button>Print this</button></p>",
    "<h3><button>{}</button></h3><table><tr><td>Rule</td><td>{}</td></tr></table>",
]


def page(body: str, wrapper: str = "<div>{}</div>") -> Extract:
    return extract(
        ".html",
        f"""<html lang="en"><head><title>The mill | The valley</title></head><body>
        <div class="menu"><h2>Menu</h2><ul><li><a href="/">Home</a></li></ul></div>
        {wrapper.format(body)}
        <footer><h2>The valley</h2><p>Legal notice</p></footer></body></html>""".encode(),
    )


def faq(asked: str = "<h3>{}</h3><p>{}</p>", between: str = "") -> str:
    pairs = [asked.format(*pair) for pair in zip(QUESTIONS, ANSWERS, strict=True)]
    return pairs[0] + pairs[1] + between + pairs[2] + pairs[3]


def paragraphs() -> str:
    return "".join(f"<p>{answer}</p>" for answer in ANSWERS)


def in_turn() -> str:
    return "\n\n".join(f"{q}\n\n{a}" for q, a in zip(QUESTIONS, ANSWERS, strict=True))


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("asked", ASKED)
def test_each_heading_stands_above_its_text_whatever_the_page_has_around(
    asked: str, wrapper: str
) -> None:
    text = page(faq(asked), wrapper).text.replace("| Rule | ", "").replace(" |", "")

    assert text.removeprefix("The mill\n\n") == in_turn()


def test_a_question_is_one_passage_with_its_answer() -> None:
    found = page(faq(), '<div class="region-content"><h1>The mill</h1>{}</div>')
    document = Document("mill", Path("mill.html"), "The mill", "en", found.text)

    quotes = [found.text[p.start : p.end] for p in cut(document)]

    assert quotes[-4:] == [f"{q}\n\n{a}" for q, a in zip(QUESTIONS, ANSWERS, strict=True)]


def test_headings_above_one_another_keep_their_order() -> None:
    body = f"<h2>Before you come</h2><p>{ANSWERS[0]}</p><h2>At the mill</h2><h3>Sacks</h3>"

    text = page(f"{body}<p>{ANSWERS[3]}</p><p>{ANSWERS[1]}</p>").text

    headings = "At the mill\n\nSacks"
    assert text == f"Before you come\n\n{ANSWERS[0]}\n\n{headings}\n\n{ANSWERS[3]}\n\n{ANSWERS[1]}"


def test_the_same_heading_stands_above_each_of_its_texts() -> None:
    body = "".join(f"<p>{a}</p><h4>Good to know</h4><p>{a[::-1]}</p>" for a in ANSWERS)

    expected = "\n\n".join(f"{a}\n\nGood to know\n\n{a[::-1]}" for a in ANSWERS)
    assert page(body).text == expected


def test_a_heading_that_a_page_lists_above_stands_above_its_text_too() -> None:
    contents = "".join(f'<p><a href="#{q}">{q}</a></p>' for q in QUESTIONS)

    assert page(contents + faq()).text.endswith(f"\n\n{in_turn()}")


@pytest.mark.parametrize(
    "beside",
    [
        "<aside><h3>Most read</h3><p>It was in all of the papers of the valley.</p></aside>",
        "<nav><h3>Most read</h3></nav>",
        "<form><h3>Most read</h3><p>Your address</p></form>",
        '<h3>Most read</h3><ul><li><a href="/flood">The great flood</a></li></ul>',
        '<h3>Most read</h3><p><a href="/flood">The flood that nobody in the valley forgot</a></p>',
        '<h3><a href="/most">Most read</a></h3>',
        '<div class="share"><h3>Most read</h3><div class="buttons"></div></div>',
        '<div id="cookie-bar"><h3>Most read</h3><div>We use cookies.</div></div>',
        '<div class="comments"><h3>Most read</h3></div>',
    ],
)
def test_a_heading_of_what_stands_beside_a_text_is_left_out(beside: str) -> None:
    text = page(faq(between=beside)).text

    assert "Most read" not in text
    assert "Menu" not in text
    assert "The valley" not in text
    assert [line for line in text.splitlines() if line in QUESTIONS] == QUESTIONS


def test_a_heading_outside_the_article_is_left_out() -> None:
    text = page(faq(), "<h2>The council of the valley</h2><div>{}</div>").text

    assert text == in_turn()


@pytest.mark.parametrize("wrapper", ["<section>{}</section>", "{}"])
def test_a_heading_whose_text_is_not_there_is_left_out(wrapper: str) -> None:
    text = page(f"<h2>Prices</h2>As agreed.<h2>Sacks</h2>{paragraphs()}", wrapper).text

    assert text == "\n\n".join(("Sacks", *ANSWERS))


@pytest.mark.parametrize(
    "body",
    [
        "<h2>Sacks</h2><figure><table><tr><td>1952</td><td>12 tons</td></tr></table></figure>",
        '<p><a href="#sacks">Sacks</a></p><h2 id="sacks">Sacks</h2>',
    ],
)
def test_a_heading_that_is_there_is_not_put_there_anew(body: str) -> None:
    text = page(body + paragraphs(), "<main>{}</main>").text

    assert text.splitlines().count("Sacks") == 1


def test_a_heading_stands_above_a_list_of_terms() -> None:
    text = page(faq("<h3><button>{}</button></h3><dl><dt>Rule</dt><dd>{}</dd></dl>")).text

    assert text == "\n\n".join(
        f"{q}\n\n- Rule\n- {a}" for q, a in zip(QUESTIONS, ANSWERS, strict=True)
    )


def test_a_heading_that_tells_of_another_page_is_as_it_was() -> None:
    told = document_fromstring('<div><h3><div><a href="/flood">The flood</a></div></h3></div>')

    flatten(told)

    assert told.find(".//h3/div/a") is not None


def test_a_heading_that_was_left_open_has_paragraphs_below_it() -> None:
    text = page(f"<h3>The mill<div>{'</div><div>'.join(ANSWERS)}</div>").text

    assert text.split("\n\n")[-4:] == ANSWERS
