"""Of a saved page of a newspaper, the article is searched and what stands around it set aside."""

from dataclasses import replace

import pytest
from lxml.html import document_fromstring

from qa.reading.dates import date_of
from qa.reading.extract import Extract
from qa.reading.formats import extract
from qa.reading.pagelines import lines
from qa.reading.pagetables import joined, rows
from qa.reading.webpage import asides

LEAD = "The mill of the valley, closed since the flood of 1953, grinds again from Monday on."
BODY = [
    "The millers had to wait for seventy years until the last of the three stones was replaced.",
    "A hundred neighbours came to the opening, and the baker of the village sold all his bread.",
    "The town pays for the repairs of the wheel, which the flood had carried down to the bridge.",
    "In the summer the mill will be open to visitors on Tuesdays and Thursdays until six o'clock.",
    "Who wants to help may write to the friends of the mill, who meet on the first of each month.",
]


def page(body: str, beneath: str = "", above: str = "") -> Extract:
    return extract(
        ".html",
        f"""<html lang="en"><head><title>The mill</title></head><body>
        <nav><a href="/">Home</a></nav><h1>The mill grinds again</h1>{above}
        <div class="article-body">{body}</div>{beneath}</body></html>""".encode(),
    )


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def aside(found: Extract) -> list[str]:
    return [found.text[span.start : span.end] for span in found.asides]


def test_the_lead_above_the_body_is_the_first_paragraph() -> None:
    found = page(paragraphs(*BODY), above=f'<div class="head"><p>{LEAD}</p></div>')

    assert found.text.startswith(f"{LEAD}\n\n{BODY[0]}")
    assert found.text.count(LEAD) == 1
    assert found.asides == ()


@pytest.mark.parametrize(
    "other",
    [
        "<p>By our reporter, 4 March 2021.</p>",
        f'<p><a href="/flood">{LEAD}</a></p>',
        f"<p>{LEAD}</p>" * 4,
        f"<aside><p>{LEAD}</p></aside>",
    ],
)
def test_what_is_no_lead_is_not_made_one(other: str) -> None:
    found = page(paragraphs(*BODY), above=f'<div class="head">{other}</div>')

    assert LEAD not in found.text
    assert "our reporter" not in found.text


def test_links_to_other_pages_stand_aside_with_what_announces_them() -> None:
    link = '<p>Read more:</p><p><a href="/flood">The flood that nobody in the valley forgot</a></p>'

    found = page(paragraphs(*BODY[:3]) + link + paragraphs(*BODY[3:]))

    assert aside(found) == ["Read more:", "The flood that nobody in the valley forgot"]


def test_a_sentence_around_a_long_link_stays() -> None:
    told = f"the {'old ' * 30}wheel had to be mended, as the council of the valley found at last"
    said = f"In fact, {told} before the winter of that year."
    link = f'In fact, <a href="/wheel">{told}</a> before the winter of that year.'

    found = page(paragraphs(*BODY[:3]) + f"<p>{link}</p>" + paragraphs(*BODY[3:]))

    assert said in found.text
    assert aside(found) == []
    for other in (
        link.replace(" before the winter of that year.", "."),
        link.replace("In fact, ", "Read: "),
    ):
        found = page(paragraphs(*BODY[:3]) + f"<p>{other}</p>" + paragraphs(*BODY[3:]))
        assert told not in found.text or aside(found) != []


def test_addresses_headings_and_links_within_a_sentence_stay() -> None:
    tree = document_fromstring(
        """<p>Write to:</p><p><a href="mailto:friends@mill.example">friends@mill.example</a></p>
        <h2><a href="/wheel">The wheel was in the river</a></h2>
        <p>See <a href="/report">the report of the town</a> for all that it costs.</p>"""
    )
    text = (
        "Write to:\n\nfriends@mill.example\n\nThe wheel was in the river\n\n"
        "See the report of the town for all that it costs."
    )

    assert asides(list(lines(tree)), text) == ()


def test_a_list_of_other_stories_beneath_an_article_stands_aside() -> None:
    stories = "".join(
        f'<div><h3><a href="/{n}">The story number {n}</a></h3>'
        f"<p>It happened in {1900 + n}, and nobody in the village has spoken of it.</p></div>"
        for n in range(4)
    )

    found = page(paragraphs(*BODY) + f"<div>{stories}</div>")

    assert all(text not in aside(found) for text in BODY)
    assert [text for text in aside(found) if text.startswith("It happened")] == [
        f"It happened in {1900 + n}, and nobody in the village has spoken of it." for n in range(4)
    ]


def test_what_stands_beneath_the_element_of_the_article_stands_aside() -> None:
    tree = document_fromstring(
        f"""<div><div>{paragraphs(*BODY)}</div><div><p>Search for jobs</p><p>Next</p></div></div>"""
    )
    text = "\n\n".join((*BODY, "Search for jobs", "Next"))

    spans = asides(list(lines(tree)), text)

    assert [text[span.start : span.end] for span in spans] == ["Search for jobs", "Next"]


ABOVE = "Our pictures of the day"
YEARS = (1953, 1962, 1978)


@pytest.mark.parametrize("logo", ["", '<h1><a href="/">The valley press</a></h1>'])
@pytest.mark.parametrize(
    ("above", "within"),
    [("<h1>The mill grinds again</h1>", ""), ("", "<h1>The mill grinds again</h1>")],
)
def test_what_stands_above_the_title_of_an_article_stands_aside(
    logo: str, above: str, within: str
) -> None:
    body = f"<div>{within}{paragraphs(*BODY)}</div>"
    tree = document_fromstring(f"<div>{logo}<div><p>{ABOVE}</p></div>{above}{body}</div>")
    text = "\n\n".join((ABOVE, *BODY))

    spans = asides(list(lines(tree)), text)

    assert [text[span.start : span.end] for span in spans] == [ABOVE]


@pytest.mark.parametrize(
    "body",
    [
        paragraphs(*BODY),
        f"<h1>The mill</h1>{paragraphs(*BODY[:3])}<h1>The wheel</h1>{paragraphs(*BODY[3:])}",
        f"{paragraphs(*BODY[:3])}<h1>The wheel</h1>{paragraphs(*BODY[3:])}",
        f"{paragraphs(*BODY)}<h1>The valley press</h1>",
    ],
)
def test_what_has_no_title_below_it_is_not_above_one(body: str) -> None:
    tree = document_fromstring(f"<div><div><p>{ABOVE}</p></div><div>{body}</div></div>")

    assert asides(list(lines(tree)), "\n\n".join((ABOVE, *BODY))) == ()


def test_a_list_that_tells_of_other_stories_after_their_titles_stands_aside() -> None:
    items = "".join(
        f'<li><a href="/{n}"><h3>The story number {n}</h3></a>'
        f"It happened in {1900 + n}, they say.</li>"
        for n in range(4)
    )

    found = page(f"{paragraphs(*BODY)}<ul>{items}</ul>")

    assert all(text not in aside(found) for text in BODY)
    assert [text for text in aside(found) if "It happened" in text] == [
        f"- The story number {n} It happened in {1900 + n}, they say." for n in range(4)
    ]


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ('<a href="/4">Sports</a>', ["| Politics | Business |", "| Culture | Sports |"]),
        ("4 stones", []),
    ],
)
def test_a_table_that_has_nothing_but_links_is_a_menu(last: str, expected: list[str]) -> None:
    cells = [f'<a href="/{n}">{name}</a>' for n, name in enumerate(("Politics", "Business"))]
    first = "".join(f"<td>{cell}</td>" for cell in cells)
    menu = f'<tr>{first}</tr><tr><td><a href="/3">Culture</a></td><td>{last}</td></tr>'

    found = page(f"{paragraphs(*BODY)}<table>{menu}</table>")

    assert "| Politics | Business |" in found.text
    assert aside(found) == expected


@pytest.mark.parametrize(
    ("link", "said", "apart"),
    [
        ('<a href="/{}">The story of the flood</a>', 2, True),
        ('<a href="/{}">Read more</a>', 2, False),
        ('<a href="/{}">The story of the flood</a>', 5, False),
    ],
)
def test_what_is_said_of_other_pages_stands_aside_though_the_text_lacks_their_titles(
    link: str, said: int, apart: bool
) -> None:
    told = [[f"{n} May {year}" for n in range(1, said)] + [f"{year}. {LEAD}"] for year in YEARS]
    boxes = [
        f'<div class="box">{link.format(n)}{"".join(f"<div>{line}</div>" for line in box)}</div>'
        for n, box in enumerate(told)
    ]
    tree = document_fromstring(
        f"<body><div><div>{paragraphs(*BODY * 2)}</div>{''.join(boxes)}</div></body>"
    )
    others = [line for box in told for line in box]
    text = "\n\n".join((*BODY * 2, *others))

    spans = asides(list(lines(tree)), text)

    assert [text[span.start : span.end] for span in spans] == (others if apart else [])


@pytest.mark.parametrize("named", ['class="block"', 'id="part-{}"', 'class="block" id="part-{}"'])
def test_paragraphs_between_links_that_are_called_as_those_above_are_of_one_article(
    named: str,
) -> None:
    link = '<div class="post"><a href="/{}">View this post of our readers</a></div>'
    blocks = [f"<div {named.format(n)}><p>{text}</p></div>" for n, text in enumerate(BODY)]
    rest = "".join(f"{block}{link.format(n)}" for n, block in enumerate(blocks[2:]))
    tree = document_fromstring(
        f"<div><div {named}>{paragraphs(LEAD, *BODY[:2], LEAD[::-1])}</div>{rest}</div>"
    )
    text = "\n\n".join((LEAD, *BODY[:2], LEAD[::-1], *BODY[2:]))

    assert asides(list(lines(tree)), text) == ()


def test_a_line_at_the_end_that_announces_nothing_stands_aside() -> None:
    found = page(paragraphs(*BODY) + "<p>Share:</p><ul><li><a href='/post'><img></a></li></ul>")

    assert found.text.endswith(f"{BODY[-1]}\n\nShare:")
    assert aside(found) == ["Share:"]


def test_sections_of_a_long_text_are_all_its_own() -> None:
    parts = (BODY[:3], BODY[3:4], BODY[4:])
    tree = document_fromstring("".join(f"<section>{paragraphs(*part)}</section>" for part in parts))

    assert asides(list(lines(tree)), "\n\n".join(BODY)) == ()


def test_a_page_that_is_a_list_of_reports_is_there_for_them() -> None:
    reports = "".join(
        f'<h3><a href="/{n}">Report {n}</a></h3>'
        f"<p>In its report number {n} the commission counts {n}00 mills that were closed.</p>"
        for n in range(1, 9)
    )

    found = page(reports)

    counted = [f"counts {n}00 mills" for n in range(1, 9)]
    assert all(any(words in line for line in found.text.splitlines()) for words in counted)
    assert sum("the commission counts" in line for line in aside(found)) <= 4


def test_what_readers_say_stands_aside_and_what_they_quote_does_not() -> None:
    said = f"<p>{BODY[0]}</p><p>I have waited for this day as long as the millers themselves!</p>"

    found = page(paragraphs(*BODY) + f'<div id="lista_comentarios">{said}</div>')

    assert aside(found) == ["I have waited for this day as long as the millers themselves!"]


def test_a_page_saved_in_utf8_is_read_so_whatever_it_says() -> None:
    data = "<meta charset=iso-8859-15><p>La operación contó con la colaboración de élite.</p>"

    found = extract(".html", data.encode())

    assert (found.encoding, found.text) == (
        "utf-8",
        "La operación contó con la colaboración de élite.",
    )
    assert extract(".html", data.encode("iso-8859-15")).text == found.text


@pytest.mark.parametrize("name", ["post status-published commented", "section-commentary"])
def test_an_article_that_has_been_commented_is_no_comment(name: str) -> None:
    article = f'<p>{LEAD}</p><p>{LEAD[::-1]}</p><div class="{name}">{paragraphs(*BODY)}</div>'
    text = "\n\n".join((LEAD, LEAD[::-1], *BODY))

    assert asides(list(lines(document_fromstring(article))), text) == ()


def test_where_readers_said_all_of_a_page_it_is_there_for_them() -> None:
    tree = document_fromstring(f'<div class="comments">{paragraphs(*BODY)}</div>')

    assert asides(list(lines(tree)), "\n\n".join(BODY)) == ()


def test_a_line_ends_at_a_break_and_where_a_paragraph_begins() -> None:
    tree = document_fromstring(
        '<div><script>var mill</script>The <b>mill</b><br>grinds <a href="/flood">again</a>'
        "<section><p>The town pays.</p></section>and the baker sells.</div>"
    )

    assert [(line.tag, line.text) for line in lines(tree)] == [
        ("div", "The mill"),
        ("div", "grinds again"),
        ("p", "The town pays."),
        ("div", "and the baker sells."),
    ]


def test_an_article_whose_paragraphs_are_but_breaks_has_a_beneath_too() -> None:
    tree = document_fromstring(
        f"<div><div>{'<br><br>'.join(BODY)}</div><div>Search for jobs<br>Next</div></div>"
    )
    text = "\n\n".join((*BODY, "Search for jobs", "Next"))

    spans = asides(list(lines(tree)), text)

    assert [text[span.start : span.end] for span in spans] == ["Search for jobs", "Next"]


def test_a_link_in_a_figure_stands_aside_and_its_data_do_not() -> None:
    tree = document_fromstring(
        f"""{paragraphs(*BODY)}<figure><table><tr><td><a href="/shop">Buy flour</a></td></tr>
        <tr><td>Flour sold in 1952</td><td>12 tons</td></tr></table></figure>{paragraphs(LEAD)}"""
    )
    text = "\n\n".join((*BODY, "| Buy flour |", "| Flour sold in 1952 | 12 tons |", LEAD))

    spans = asides(list(lines(tree)), text)

    assert [text[span.start : span.end] for span in spans] == ["| Buy flour |"]


@pytest.mark.parametrize(
    "notice",
    [
        "Copyright 2021 Valley Press. All rights reserved. This text may not be printed anew.",
        "Wire ™ & © 2021 Valley Press, Inc.",
        "© Valley Presse. Tous droits réservés.",
        "© El Valle. Todos los derechos reservados.",
        "© Valley Press All rights reserved",
        "The Valley, tous droits réservés",
        "Tous droits de reproduction réservés - Valley Presse 2020",
        "Quedan todos los derechos reservados. Prohibida su reproducción.",
        "Derechos reservados © 2018 El Valle",
        "Valley Press (c) 2019 by the millers",
    ],
)
def test_what_a_page_says_of_its_rights_stands_aside(notice: str) -> None:
    found = page(paragraphs(*BODY[:3], notice, *BODY[3:]))

    assert aside(found) == [notice]


@pytest.mark.parametrize(
    "text",
    [
        f"{BODY[0]} The shop that took the name of the mill wrote: all rights reserved. " * 3,
        "Copyright was on the mind of the court when it ruled on the drawings of the wheel.",
        "Los derechos de los molineros, reservados desde 1953, vuelven a los vecinos del valle.",
        "© Private collection",
        "The treaty says that all rights reserved by the millers continue to exist in the valley.",
        "All rights reserved for the millers were extended to their neighbours in 1994.",
        "Le traité garde tous droits réservés aux meuniers, dont celui de pêcher dans la rivière.",
        "La ley enumera los derechos reservados a los molineros, como el de voto en el valle.",
        "He wrote 'all rights reserved' under every picture of the mill, as his father had done.",
        "Section 3(c) 2010 extended the right to grind to all who live in the valley since then.",
        "Copyright 2021 was on the mind of the court when it ruled on the drawings of the wheel.",
        "Under the Copyright (1911) Act the miller who drew the wheel had fifty years of it.",
    ],
)
def test_what_a_text_says_of_rights_is_its_own(text: str) -> None:
    found = page(paragraphs(*BODY[:3], text, *BODY[3:]))

    assert aside(found) == []


@pytest.mark.parametrize("between", ["</div>\n<div>", "\n<br>\n<br>\n", "<br/><br/>"])
def test_a_break_in_the_source_ends_no_paragraph(between: str) -> None:
    wrapped = [text.replace(" of ", "\n    of\n") for text in BODY]
    found = page(f"<div>{between.join(wrapped)}</div>")

    assert found.text == "\n\n".join(BODY)


def test_what_is_shown_as_it_was_written_keeps_its_lines() -> None:
    found = page(f"{paragraphs(*BODY)}<pre>The wheel turns,\nthe stone grinds.</pre>")

    assert found.text == "\n\n".join((*BODY, "The wheel turns,", "the stone grinds."))


@pytest.mark.parametrize("character", ["\x01", "\x0b", "\x1c", "&#1;", "&#xFFFF;"])
def test_a_character_that_xml_has_not_costs_a_text_nothing(character: str) -> None:
    found = page("".join(f"<div>{character}{text}</div>{character}\n" for text in BODY))

    assert found.text == "\n\n".join(BODY)


@pytest.mark.parametrize("left_open", ["nav", "aside", "footer"])
def test_an_article_is_read_in_whatever_the_page_left_open(left_open: str) -> None:
    html = f"""<html lang="en"><body><p>Monday, 4 March</p><{left_open} class="menu">
        <a href="/">Home</a><h1>The mill grinds again</h1>
        <article>{paragraphs(*BODY)}</article></body></html>"""

    assert extract(".html", html.encode()).text.split("\n\n")[-len(BODY) :] == BODY


def test_a_page_that_is_one_form_has_a_lead_too() -> None:
    html = f"""<html lang="en"><body><form><h1>The mill grinds again</h1><div class="head"><p>{LEAD}
        </p></div><div class="article-body">{paragraphs(*BODY)}</div></form></body></html>"""

    assert extract(".html", html.encode()).text == "\n\n".join((LEAD, *BODY))


@pytest.mark.parametrize("kind", ["nav", "form", "aside", "footer"])
@pytest.mark.parametrize(("head", "number"), [("", 6), ("<h1>The press</h1>", 4)])
def test_what_has_not_both_the_title_and_most_paragraphs_is_beside_an_article(
    kind: str, head: str, number: int
) -> None:
    other = f"<{kind}>{head}{paragraphs(*[LEAD * 3] * number)}</{kind}>"

    assert LEAD not in page(paragraphs(*BODY), beneath=other).text


@pytest.mark.parametrize("kind", ["nav", "form", "aside", "footer"])
def test_the_name_of_a_site_and_its_motto_make_no_article_of_its_head(kind: str) -> None:
    body = "".join(f"<div>{text}</div>" for text in BODY)
    head = f"<{kind}><h1>The press</h1>{paragraphs(LEAD * 3, LEAD * 2)}</{kind}>"

    assert LEAD not in page(body, above=head).text


def test_a_heading_at_the_end_is_one_of_what_stands_aside() -> None:
    links = "".join(f'<li><a href="/{n}">The story of flood number {n}</a></li>' for n in "123")
    tree = document_fromstring(
        f"{paragraphs(*BODY)}<h3>Topics</h3><h3>Most read in Valleys</h3><ul>{links}</ul>"
    )
    text = "\n\n".join((*BODY, "Topics", "Most read in Valleys", "- The story of flood number 1"))

    beside = [text[span.start : span.end] for span in asides(list(lines(tree)), text)]

    assert beside == ["Topics", "Most read in Valleys", "- The story of flood number 1"]


@pytest.mark.parametrize("last", [f"<h2>{BODY[4]}</h2>", f"<h2>The wheel</h2><p>{BODY[4]}</p>"])
def test_a_sentence_that_is_set_as_a_heading_and_a_heading_above_text_stay(last: str) -> None:
    tree = document_fromstring(paragraphs(*BODY[:4]) + last)
    text = "\n\n".join((*BODY[:4], "The wheel", BODY[4]))

    assert asides(list(lines(tree)), text) == ()


@pytest.mark.parametrize("label", ["To buy:", "Lire aussi :", "Ver también:"])
def test_a_word_that_announces_the_title_of_another_page_is_no_text_of_this_one(label: str) -> None:
    link = f'<p>{label} <a href="/flood">The great flood</a></p>'

    found = page(paragraphs(*BODY[:3]) + link + paragraphs(*BODY[3:]))

    assert aside(found) == [f"{label} The great flood"]


@pytest.mark.parametrize(
    "line",
    [
        'The web: <a href="http://mill.example">www.mill.example</a>',
        f'{LEAD[:-1]}, as they say: <a href="/flood">with us</a>',
        'It stands at: <a href="/map">the bridge of the town</a>, across from the old school.',
    ],
)
def test_a_colon_before_a_link_does_not_always_announce_a_page(line: str) -> None:
    found = page(paragraphs(*BODY[:3], line, *BODY[3:]))

    assert aside(found) == []


@pytest.mark.parametrize(
    ("opened", "closed"),
    [
        ("<article><h1>The mill grinds again</h1>", "</article>"),
        ('<h1>The mill grinds again</h1><div itemprop="articleBody">', "</div>"),
    ],
)
def test_a_short_article_that_is_called_one_is_apart_from_much_beneath_it(
    opened: str, closed: str
) -> None:
    others = [
        f"It happened in {1900 + n}, and it was told for years in the valley." for n in range(9)
    ]
    tree = document_fromstring(
        f"<body>{opened}{paragraphs(*BODY[:3])}{closed}<ul>{paragraphs(*others)}</ul></body>"
    )
    text = "\n\n".join((*BODY[:3], *others))

    spans = asides(list(lines(tree)), text)

    assert [text[span.start : span.end] for span in spans] == others


@pytest.mark.parametrize(("number", "size"), [(2, 3), (1, 1)])
def test_of_several_articles_or_a_mere_head_none_is_set_apart(number: int, size: int) -> None:
    part = f"<article><h1>The mill</h1>{paragraphs(*BODY[:size])}</article>"
    tree = document_fromstring(f"<body>{part * number}<div>{paragraphs(*BODY, LEAD)}</div></body>")
    text = "\n\n".join(line.text for line in lines(tree))

    assert asides(list(lines(tree)), text) == ()


def test_links_to_what_an_article_names_make_no_list_of_other_stories_of_it() -> None:
    shops = [f'<p>Stone: <a href="/{n}">Old Quarry</a></p>{paragraphs(BODY[n])}' for n in range(4)]
    tree = document_fromstring(f"{paragraphs(LEAD, *BODY)}{''.join(shops)}")
    text = "\n\n".join(line.text for line in lines(tree))

    spans = asides(list(lines(tree)), text)

    assert [text[span.start : span.end] for span in spans] == ["Stone: Old Quarry"] * 4


@pytest.mark.parametrize(
    "beside",
    [
        "<footer>© 2019 The valley press</footer>",
        "<p>Copyright 2019</p>",
        "<p>In 2016 the wheel was replaced.</p>",
        "<p>On 2015-03-12 the wheel was replaced, and on 12/03/2015 the stone was.</p>",
        '<img src="/uploads/2018/05/03/mill.jpg"><a href="/2018/05/03/wheel.html">The wheel</a>',
        '<span class="date">6 May 2014</span><span class="date">7 May 2014</span>',
        f'<p>The flood came on the <time datetime="1953-02-01">first</time>. {LEAD} {LEAD}</p>',
        '<meta name="copyright" content="2013 The valley press">',
    ],
)
def test_the_date_of_a_page_is_never_guessed(beside: str) -> None:
    assert page(paragraphs(*BODY), beneath=beside).date == ""


@pytest.mark.parametrize(
    ("said", "date"),
    [
        ('<meta property="article:published_time" content="2014-05-06T10:00:00Z">', "2014-05-06"),
        ('<meta name="DC.date" content="2014-05">', "2014-05"),
        ('<meta name="date" content="2014">', "2014"),
        (
            '<script type="application/ld+json">{"datePublished": "2014-05-06"}</script>',
            "2014-05-06",
        ),
        ('<span itemprop="datePublished" content="2014-05-06">Tuesday</span>', "2014-05-06"),
        ('<link rel="canonical" href="https://press.example/2014/05/06/mill">', "2014-05-06"),
        ('<time datetime="2014-05-06">Tuesday</time>', "2014-05-06"),
        ('<div class="post-date">Publié le 6 mai 2014</div>', "2014-05-06"),
        ('<p id="fecha">6 de mayo de 2014</p><time>6 May 2014</time>', "2014-05-06"),
    ],
)
def test_the_date_of_a_page_is_what_it_says_of_itself(said: str, date: str) -> None:
    found = page(paragraphs(*BODY), above=said, beneath="<footer>© 2019</footer>")

    assert date_of("mill", replace(found, text="")) == date


@pytest.mark.parametrize("around", ["", "<h1>Honey</h1><p>What each gave.</p>", paragraphs(*BODY)])
def test_a_row_of_a_table_is_one_line_in_a_short_page_and_in_a_long_one(around: str) -> None:
    rows = (("Hive", "Honey"), ("North", "12 kg"), ("South<p>of the town</p>", "8 kg"))
    table = "".join(f"<tr><td>{hive}</td><td>{honey}</td></tr>" for hive, honey in rows)

    found = extract(".html", f"<html><body>{around}<table>{table}</table></body></html>".encode())

    assert "| Hive | Honey |\n| North | 12 kg |\n| South of the town | 8 kg |" in found.text
    assert found.text.count("12 kg") == 1


MENU = '<td><a href="/1">Villages</a> <a href="/2">Mills and dams of the valley</a></td>'


@pytest.mark.parametrize(
    "frame",
    [
        "<table><tr>{menu}<td><table><tr><td>{body}</td></tr></table></td></tr></table>",
        "<table><tr>{menu}<td>{body}<table><tr><td>Friday</td></tr></table></td></tr></table>",
        "<table><tr>{menu}<td><h1>The mill grinds again</h1>{body}</td></tr></table>",
        '<table role="presentation"><tr>{menu}<td>{body}</td></tr></table>',
        '<table role="none"><tr>{menu}<td>{body}</td></tr></table>',
    ],
)
@pytest.mark.parametrize("body", [paragraphs(*BODY), "<br><br>".join(BODY)])
def test_a_table_that_lays_a_page_out_is_no_row_of_its_text(frame: str, body: str) -> None:
    source = f"<html><body>{frame.format(menu=MENU, body=body)}</body></html>"

    found = extract(".html", source.encode())

    assert "\n\n".join(BODY) in found.text
    assert "Mills and dams" not in found.text


def test_a_table_whose_columns_have_names_is_one_whatever_its_cells_have() -> None:
    inner = "<table><tr><td>old</td></tr></table>"
    table = f"""<table><tr><th>Stone</th><th>Since</th></tr>
        <tr><td>North {inner}</td><td>1952</td></tr><tr><td>South</td><td>2021</td></tr></table>"""

    found = page(paragraphs(*BODY) + table + paragraphs(LEAD))

    assert "| Stone | Since |\n| North old | 1952 |\n| South | 2021 |" in found.text


def test_a_table_that_is_there_for_its_columns_makes_no_lines_of_them() -> None:
    cells = f"<td>{paragraphs(*BODY)}</td><td><p>{LEAD}</p></td>"
    text = "\n".join((*BODY, LEAD))

    assert joined(text, rows(document_fromstring(f"<table><tr>{cells}</tr></table>"))) == text


@pytest.mark.parametrize(("picture", "read"), [("https://mill.example/{}.jpg", False), ("-", True)])
def test_a_table_whose_rows_are_addresses_for_a_script_is_no_text(picture: str, read: bool) -> None:
    cells = "".join(
        f"<tr><td>Mill {n}</td><td>https://mill.example/{n}</td><td>{picture.format(n)}</td></tr>"
        for n in range(3)
    )
    names = "<tr><th>Name</th><th>Site</th><th>Picture</th></tr>"

    found = page(f"{paragraphs(*BODY)}<table>{names}{cells}</table>{paragraphs(LEAD)}")

    assert ("https://mill.example/2" in found.text) == read
    assert "\n\n".join(BODY) in found.text
    assert LEAD in found.text
