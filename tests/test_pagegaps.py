"""What the author of a web page wrote is text, whatever holds it; what stands around it is not."""

from pathlib import Path

import pytest
from lxml.html import document_fromstring

from qa.passages import cut
from qa.reading.extract import Extract
from qa.reading.formats import extract
from qa.reading.pagegaps import flatten
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
# What makes many names of a page, and is no text of it.
TEMPLATE = "".join(f'<div class="entry-{n}"><a href="/{n}">{n}</a></div>' for n in range(20))


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


def test_a_heading_whose_text_is_not_there_is_left_out() -> None:
    prices = '<h2>Prices</h2><div class="teaser">As agreed.</div>'

    text = page(f"{TEMPLATE}{prices}<h2>Sacks</h2>{paragraphs()}").text

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


# What trafilatura leaves out beside paragraphs, and what becomes of it.
LEFT_OUT = [
    ("<div>Sacks are for sale.</div>", ["Sacks are for sale."]),
    ("Sacks are for sale.", ["Sacks are for sale."]),
    ("Sacks:<br>four euros<br>a piece", ["Sacks:", "four euros", "a piece"]),
    ("<address>Mill Lane 4<br>The valley</address>", ["Mill Lane 4", "The valley"]),
    ("<center><font>Ring <b>twice</b>.</font></center>", ["Ring twice."]),
    ("<ul><li>A sack</li><li>A name</li></ul>", ["- A sack\n- A name"]),
    ("<ul><li>A sack<ul><li>A name</li></ul></li></ul>", ["- A sack\n- A name"]),
    ("<dl><dt>Weir</dt><dd>A low dam.</dd></dl>", ["- Weir\n- A low dam."]),
    ('<ul><li><a href="mailto:a@mill.example">Ana</a></li></ul>', ["- Ana"]),
    ("<h2>Dogs</h2><div>On a lead.</div>", ["Dogs", "On a lead."]),
    ("<h2>Sale</h2><h3>Dogs</h3><ul><li>On a lead.</li></ul>", ["Sale", "Dogs", "- On a lead."]),
    ("<details><summary>Dogs?</summary>Yes.</details>And cats.", ["Dogs?", "Yes.", "And cats."]),
    ("Sacks are for sale.<nav>You are at the mill</nav>", ["Sacks are for sale."]),
    ('<div class="q">Dogs?</div><div class="a">On a lead.</div>', ["Dogs?", "On a lead."]),
    ('<button class="accordion">Dogs?</button><div class="panel">No.</div>', ["Dogs?", "No."]),
    (
        '<div class="widget"><table><tr><td>Rye</td><td>8 euros</td></tr></table></div>',
        ["| Rye | 8 euros |"],
    ),
    ('<ul class="contacts"><li id="ana">Ana, 079 111 22 33</li></ul>', ["- Ana, 079 111 22 33"]),
]


@pytest.mark.parametrize("wrapper", ["{}", "<main>{}</main>", '<div class="text">{}</div>'])
@pytest.mark.parametrize(("lacking", "expected"), LEFT_OUT)
def test_nothing_that_an_author_wrote_is_lost(
    lacking: str, expected: list[str], wrapper: str
) -> None:
    between = f"{paragraphs()}{lacking}<p>{ANSWERS[0][::-1]}</p>"
    beneath = f"{paragraphs()}{lacking}"

    wanted = "\n\n".join((*ANSWERS, *expected))
    assert page(between, wrapper).text == f"{wanted}\n\n{ANSWERS[0][::-1]}"
    assert page(beneath, wrapper).text == wanted


@pytest.mark.parametrize(
    "around",
    [
        "<nav><ul><li>You are at the mill</li></ul></nav>",
        "<nav>You are at the mill</nav>",
        "<footer>You are at the mill</footer>",
        "<aside><div>You are at the mill</div></aside>",
        "<form><div>You are at the mill</div></form>",
        "<figure><div><img></div><figcaption>You are at the mill</figcaption></figure>",
        '<div id="footer">You are at the mill</div>',
        '<ul class="main-menu"><li>You are at the mill</li></ul>',
        '<div><a href="/">You are at the mill</a></div>',
        '<div><a href="#top">You are at the mill</a></div>',
        "<div><button>You are at the mill</button></div>",
        "<div><select><option>You are at the mill</option></select></div>",
        '<div class="share"><div>You are at the mill</div></div>',
        '<div class="comments"><div>You are at the mill</div></div>',
        f'{TEMPLATE}<div class="byline">You are at the mill</div>',
        f'{TEMPLATE}<ul class="tags"><li>You are at the mill</li></ul>',
    ],
)
def test_what_stands_around_a_text_is_left_out(around: str) -> None:
    halves = (
        "".join(f"<p>{a}</p>" for a in ANSWERS[:2]),
        "".join(f"<p>{a}</p>" for a in ANSWERS[2:]),
    )

    assert page(around.join(halves)).text == "\n\n".join(ANSWERS)


@pytest.mark.parametrize(
    "lacking",
    [
        "<div>Sacks are for sale.</div>",
        '<div class="box">{}<p>{}</p><div>Sacks are for sale.</div></div>',
        '<div class="faq"><div class="item">Sacks are for sale.</div></div>',
    ],
)
def test_a_template_names_what_it_puts_around_a_text(lacking: str) -> None:
    text = page(TEMPLATE + lacking.format(paragraphs(), ANSWERS[0][::-1]) + paragraphs()).text

    assert "\n\nSacks are for sale.\n\n" in f"\n\n{text}\n\n"


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("<ul><li><h3>Dogs</h3>On a lead.</li></ul>", ["Dogs", "- On a lead."]),
        ("<div>Write to:<address>Mill Lane 4</address></div>", ["Write to:", "Mill Lane 4"]),
    ],
)
def test_a_block_in_another_is_a_line_of_its_own(block: str, expected: list[str]) -> None:
    assert page(paragraphs() + block).text == "\n\n".join((*ANSWERS, *expected))


@pytest.mark.parametrize("line", ["<p>{}</p>", "<p><em>{}</em></p>", "<blockquote>{}</blockquote>"])
def test_a_time_is_a_part_of_the_line_it_stands_in(line: str) -> None:
    told = (
        "The flood came on <time datetime='1953-02-01'>1 February</time> and took the wheel down."
    )
    text = page(TEMPLATE + paragraphs() + line.format(told)).text

    wanted = (*ANSWERS, "The flood came on 1 February and took the wheel down.")
    assert text == "\n\n".join(wanted)


def test_a_time_with_a_line_to_itself_tells_of_the_page() -> None:
    written = '<div class="dates"><p><time datetime="2021-03-04">4 March</time></p></div>'
    found = page(TEMPLATE + written + paragraphs())

    assert found.text == "\n\n".join(ANSWERS)
    assert found.date == "2021-03-04"


def test_a_paragraph_alone_makes_no_text_of_what_is_around_it() -> None:
    told = ANSWERS[0][::-1]
    banner = f'<div class="box"><p>{told}</p><p>Thank you.</p><div>Close</div></div>'

    assert page(TEMPLATE + paragraphs() + banner).text == "\n\n".join(
        (*ANSWERS, told, "Thank you.")
    )


def test_cells_of_links_are_not_put_there_anew() -> None:
    rows = "".join(
        f'<tr><td><a href="/{n}">Sack {n}</a></td><td>{n} euros</td></tr>' for n in range(200)
    )

    text = page(f"<table>{rows}</table>{paragraphs()}").text

    assert text.count("150 euros") == 1


def test_rows_and_formulas_are_not_put_there_anew() -> None:
    rows = "<tr><th>Sack</th><th>Price</th></tr><tr><td>Rye</td><td><p>Four euros</p></td></tr>"
    formula = "<math><mi>x</mi><annotation>{\\displaystyle x}</annotation></math>"

    text = page(f"{paragraphs()}<table>{rows}</table><p>A sack of {formula} weighs more.</p>").text

    table = "| Sack | Price |\n| Rye | Four euros |"
    assert text == "\n\n".join((*ANSWERS, table, "A sack of weighs more."))


def test_the_same_answer_stands_below_each_of_its_questions() -> None:
    first = f"<h2>Is it far?</h2><p>No.</p>{paragraphs()}"

    text = page(f"{first}<h2>Is it dear?</h2><div>No.</div>").text

    assert text == "\n\n".join(("Is it far?", "No.", *ANSWERS, "Is it dear?", "No."))


@pytest.mark.parametrize("part", ["<article>{}</article>", '<div class="text">{}</div>'])
def test_all_parts_of_a_page_are_its_text(part: str) -> None:
    body = "".join(map(part.format, (paragraphs(), "<h2>Dogs</h2><div>On a lead.</div>")))

    assert page(body, "{}").text == "\n\n".join((*ANSWERS, "Dogs", "On a lead."))


def test_a_page_saved_by_a_word_processor_has_its_lists() -> None:
    texts = "".join(
        f"<p class=MsoNormal><span lang=EN-GB>{answer}</span></p>" for answer in ANSWERS
    )
    items = "<ul type=disc><li class=MsoNormal>Une pièce d’identité</li><li>Des draps</li></ul>"
    table = "<table class=MsoTableGrid><tr><td><p>Chiens</p></td><td><p>Non</p></td></tr></table>"

    text = page(texts + items + table, "<div class=WordSection1>{}</div>").text

    lists = "- Une pièce d’identité\n- Des draps"
    assert text == "\n\n".join((*ANSWERS, lists, "| Chiens | Non |"))
