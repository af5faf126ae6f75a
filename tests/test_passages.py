"""Documents are cut as a careful person would cut them."""

import itertools
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, strategies as st

from qa.passages import MAX_CHARS, cut, headline, search_text
from qa.reading import read
from qa.sentences import is_blank
from qa.types import Document, Passage

SEEDS = Path(__file__).parent.parent / "seeds"
STEMS = {path.stem[:3]: path.stem for path in SEEDS.glob("*.txt")}

MENU = "What We Do\nWhat We Do\n- Where we work\n-\nTake Action\nTake Action\n- 2030 Agenda\n"


def seed(number: str) -> Document:
    return read(SEEDS / f"{STEMS[number]}.txt", STEMS[number])


def plain(text: str) -> Document:
    return Document("doc", Path("doc.txt"), "", "en", text)


def quotes(document: Document, kind: str | None = None) -> list[str]:
    found = [p for p in cut(document) if kind in (None, p.kind)]
    return [document.text[p.start : p.end] for p in found]


def cut_text(text: str) -> list[tuple[str, str]]:
    return [(p.kind, text[p.start : p.end]) for p in cut(plain(text))]


def prose(*paragraphs: str) -> list[tuple[str, str]]:
    return [("prose", paragraph) for paragraph in paragraphs]


def check(text: str, passages: Sequence[Passage]) -> None:
    """What is true of the passages of any text."""
    assert [p.number for p in passages] == list(range(1, len(passages) + 1))
    assert all(a.end <= b.start for a, b in itertools.pairwise(passages))
    covered = "".join(text[p.start : p.end] for p in passages)
    assert [c for c in covered if not is_blank(c)] == [c for c in text if not is_blank(c)]
    for p in passages:
        assert not is_blank(text[p.start])
        assert not is_blank(text[p.end - 1])
        assert p.line == len(re.split("\r\n|\r|\n", text[: p.start]))
        assert p.search_text
        assert p.search_text == " ".join(p.search_text.split())
        assert unicodedata.is_normalized("NFC", p.search_text)


# The seeds


@pytest.mark.parametrize(
    ("number", "kinds"),
    [
        ("000", {"heading": 1, "prose": 7, "contact": 1}),
        ("001", {"menu": 3, "heading": 1, "prose": 8, "contact": 1}),
        ("002", {"menu": 3, "heading": 1, "prose": 9, "contact": 1}),
        ("003", {"menu": 1, "heading": 2, "prose": 5}),
        ("004", {"menu": 3, "heading": 1, "prose": 10, "contact": 1}),
    ],
)
def test_a_seed_has_as_many_passages_of_each_kind_as_a_person_counts(
    number: str, kinds: dict[str, int]
) -> None:
    document = seed(number)
    passages = cut(document)

    assert Counter(p.kind for p in passages) == kinds
    assert {p.language for p in passages} == {document.language}
    check(document.text, passages)


def test_a_wrapped_paragraph_is_one_passage_over_its_lines() -> None:
    wrapped = quotes(seed("004"), "prose")[2:]

    assert [(quote.split("\n")[0][:24], quote.count("\n") + 1) for quote in wrapped] == [
        ("The IOM office in Bolivi", 5),
        ('The conference "Migratio', 4),
        ("The discussions are focu", 3),
        ("With almost 30 per cent ", 5),
        ("Of a total population of", 7),
        ("Approximately 300,000 Bo", 6),
        ("The conference aims to p", 3),
        ("IOM experts participatin", 7),
    ]
    assert wrapped[4].startswith("Of a total population of nine million, some three million\n")
    assert wrapped[4].endswith("\nfrom the region in 2006.")
    assert wrapped[5].startswith(
        "Approximately 300,000 Bolivians have migrated to Spain; however,\n"
    )
    assert wrapped[5].endswith("\nwho have migrated to the US in an irregular fashion.")


def test_a_wrapped_paragraph_is_searched_as_one_line() -> None:
    found = next(p for p in cut(seed("004")) if p.search_text.startswith("Of a total"))

    assert "some three million Bolivians are residing abroad" in found.search_text
    assert found.line == 41


@pytest.mark.parametrize(
    ("number", "first", "last", "lines"),
    [
        ("000", "For more information please contact", "Mobile: + 51 968 216 777", 6),
        ("001", "For more information please contact", "Tel: +51.1.221.7209.", 5),
        ("002", "Pour plus d’information, veuillez contacter", "Mobile: + 51 968 216 777", 6),
        (
            "004",
            "For more information, please contact:",
            '"mailto:warce@iom.int">warce@iom.int',
            6,
        ),
    ],
)
def test_a_contact_block_of_the_seeds_is_one_passage(
    number: str, first: str, last: str, lines: int
) -> None:
    (card,) = quotes(seed(number), "contact")

    assert card.split("\n")[0] == first
    assert card.split("\n")[-1] == last
    assert len(card.splitlines()) == lines


@pytest.mark.parametrize(
    ("number", "edges"),
    [
        (
            "001",
            [("-", "Who we are"), ("-", "Our Work"), ("What We Do", "- 2030 Agenda")],
        ),
        (
            "002",
            [
                ("-", "Qui sommes nous"),
                ("Structure", "Notre travail"),
                ("Ce que nous faisons", "- 2030 AGENDA"),
            ],
        ),
        ("003", [("Comunicado", "Local")]),
        (
            "004",
            [("-", "Who we are"), ("-", "Our Work"), ("What We Do", "- 2030 Agenda")],
        ),
    ],
)
def test_a_run_of_menu_items_is_one_passage(number: str, edges: list[tuple[str, str]]) -> None:
    runs = [quote.split("\n") for quote in quotes(seed(number), "menu")]

    assert [(run[0], run[-1]) for run in runs] == edges


@pytest.mark.parametrize(
    ("number", "quoted", "searched"),
    [
        ("001", "WHO WE AREThe International", "The International Organization"),
        ("001", "Our WorkAs the leading", "As the leading"),
        ("002", "Qui sommes nousL'Organisation", "L'Organisation internationale"),
        ("002", "Notre travailEn tant", "En tant que"),
    ],
)
def test_glue_stays_in_the_quote_and_leaves_the_search_text(
    number: str, quoted: str, searched: str
) -> None:
    document = seed(number)
    (found,) = [p for p in cut(document) if document.text[p.start : p.end].startswith(quoted)]

    assert found.kind == "prose"
    assert found.search_text.startswith(searched)


def test_a_headline_stands_apart_from_its_paragraph() -> None:
    assert quotes(seed("004"), "heading") == [
        "Migration Policies to Foster Development and Human Rights"
    ]


# Wrapped text

FIRST = (
    "The office in Lima opened its doors in the year 1966 and since then\n"
    "it has helped more than two hundred thousand people to move safely.\n"
    "Most of them came from the mountains, and many of them returned to\n"
    "Peru in the end."
)
SECOND = (
    "Ten years later the Ministry of Foreign Affairs invited the office\n"
    "to advise it on the law, which was then being written by a group of\n"
    "experts from the whole region."
)


@pytest.mark.parametrize("between", ["\n", "\n\n", "\n \t\n\n"])
@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r", "\u2028"])
def test_wrapped_paragraphs_come_apart_with_and_without_blank_lines(
    between: str, break_: str
) -> None:
    parts = [part.replace("\n", break_) for part in (FIRST, SECOND)]

    assert cut_text(between.replace("\n", break_).join(parts)) == prose(*parts)


def test_a_heading_over_wrapped_text_stands_apart() -> None:
    text = f"The office\n{FIRST}\nAdvice on the law\n{SECOND}"

    assert cut_text(text) == [
        ("heading", "The office"),
        ("prose", FIRST),
        ("heading", "Advice on the law"),
        ("prose", SECOND),
    ]


def test_an_indented_first_line_starts_a_paragraph_after_a_full_line() -> None:
    first = FIRST[: FIRST.index("\nMost")].replace("safely", "securely")

    assert cut_text(f"    {first}\n    {SECOND}") == prose(first, SECOND)


def test_an_open_quotation_is_carried_on_though_the_line_is_short() -> None:
    text = f'{FIRST}\nThe conference "Policies and Migrant\nRights" met.'

    assert cut_text(text) == prose(FIRST, 'The conference "Policies and Migrant\nRights" met.')


def test_a_ragged_line_amid_a_paragraph_is_carried_on() -> None:
    ragged = FIRST.replace("and many of them returned to\n", "and many chose\n")

    assert cut_text(f"{ragged}\n{SECOND}") == prose(ragged, SECOND)


def test_the_fullest_line_may_end_a_sentence() -> None:
    full = FIRST.replace("safely.", "securely.")

    assert cut_text(f"{full}\n{SECOND}") == prose(full, SECOND)


def test_an_address_that_could_not_be_broken_does_not_widen_the_wrap() -> None:
    address = f"The list is at https://example.org/{'x' * 70}\nand it is long."

    assert cut_text(f"{FIRST}\n{address}\n{SECOND}") == prose(FIRST, address, SECOND)


def test_a_line_wider_than_the_wrap_is_a_paragraph_of_its_own() -> None:
    wide = "It was " + "very " * 15 + "late."

    assert cut_text(f"{FIRST}\n{wide}\n{SECOND}") == prose(FIRST, wide, SECOND)


def test_a_line_a_little_wider_than_the_wrap_is_carried_on_unless_its_sentence_ends() -> None:
    width = max(map(len, FIRST.split("\n")))
    wide = "The rent will rise " + "very " * 30
    wide = f"{wide[: width - 4].rstrip()} on 1 July"
    assert width < len(wide) <= 1.25 * width
    assert cut_text(f"{FIRST}\n\n{wide}\n2024. Nothing else.") == prose(
        FIRST, f"{wide}\n2024. Nothing else."
    )


def test_what_hangs_below_an_item_belongs_to_it_even_after_a_full_stop() -> None:
    items = (
        "- The alarm: phone the watch.\n  It costs nothing, but be quick.\n  Call 022 555 90 90.",
        "- The cellar is locked.",
    )
    assert cut_text("\n".join(items)) == prose(*items)
    assert cut_text("- The alarm.\nThe watch.") == prose("- The alarm.", "The watch.")


@pytest.mark.parametrize("last", ["up to", "jusqu'à", "jusqu’à", "la machine à"])
def test_a_line_that_ends_with_a_preposition_is_carried_on(last: str) -> None:
    assert cut_text(f"The tenant pays {last}\nFr. 150.- for each.") == prose(
        f"The tenant pays {last}\nFr. 150.- for each."
    )


def test_lines_are_counted_as_editors_do_over_pages_and_odd_line_ends() -> None:
    text = "One.\n\n\fTwo.\r\n\r\nThree.\v\u2028Four.\r\rFive."
    counted = {p.search_text: p.line for p in cut(plain(text))}
    assert {words: counted[words] for words in ("One.", "Two.", "Five.")} == {
        "One.": 1,
        "Two.": 3,
        "Five.": 7,
    }


def test_a_long_run_of_marks_takes_no_longer_than_words() -> None:
    def taken(line: str) -> float:
        started = time.perf_counter()
        cut_text(line * 20_000)
        return time.perf_counter() - started

    assert min(taken("---\n") for _ in range(2)) < 5 * taken("abc\n") + 1


def test_a_paragraph_a_line_is_never_joined_however_long_its_lines() -> None:
    paragraphs = ["It was " + "very " * n + "late." for n in (2, 9, 12, 13, 14, 30)]

    assert cut_text("\n".join(paragraphs)) == prose(*paragraphs)


def test_one_slip_does_not_make_a_text_wrapped() -> None:
    slip = "The first paragraph was broken by hand once\nand goes on here."
    as_wide = "This sentence has just the same width here."

    assert cut_text(f"{slip}\n{as_wide}\nMore.") == prose(slip, as_wide, "More.")


def test_a_line_that_ends_with_a_comma_is_carried_on() -> None:
    assert cut_text("Dear Ana,\nThank you.") == prose("Dear Ana,\nThank you.")


def test_quoted_lines_of_an_email_are_searched_without_their_marks() -> None:
    text = "> Could you send me the numbers for Peru and for\n> Bolivia by Friday?"

    (found,) = cut(plain(text))
    assert found.search_text == "Could you send me the numbers for Peru and for Bolivia by Friday?"
    assert (found.start, found.end) == (0, len(text))


# Headings


def test_headings_may_stand_above_one_another() -> None:
    text = "Annual report 2016\n\nMigration in the Andes\n\nThe office was busy.\n"

    assert [kind for kind, _ in cut_text(text)] == ["heading", "heading", "prose"]
    assert headline(text) == "Annual report 2016"


def test_a_line_with_nothing_beneath_is_no_heading() -> None:
    assert cut_text("The office was busy.\n\nLima") == prose("The office was busy.", "Lima")


@pytest.mark.parametrize("line", ["- Remittances grew", "and so on", "Peru\t2.0"])
def test_an_item_a_fragment_and_a_row_are_no_headings(line: str) -> None:
    assert cut_text(f"{line}\n\nIt was late.") == prose(line, "It was late.")


@pytest.mark.parametrize("heading", ["Background", "a) Background", "2. Background"])
def test_a_heading_may_be_numbered_and_stand_over_short_lines(heading: str) -> None:
    text = f"{heading}\nIt rained in Lima on Monday and nobody\nhad an umbrella."

    assert cut_text(text) == [("heading", heading), *prose(text.partition("\n")[2])]


def test_a_question_is_in_one_passage_with_the_answer_beneath_it() -> None:
    text = "¿Dónde viven?\nEn Argentina y España.\n\n¿Cuántos son?\n\nSon dos millones.\n\nEs así."

    assert cut_text(text) == prose(
        "¿Dónde viven?\nEn Argentina y España.", "¿Cuántos son?\n\nSon dos millones.", "Es así."
    )


@pytest.mark.parametrize("asked", ["**¿Cuántos son?**", "*¿Cuántos son?*", "« ¿Cuántos son? »"])
def test_a_question_may_be_emphasized(asked: str) -> None:
    assert cut_text(f"Fue ayer.\n\n{asked}\n\nSon dos millones.\n\nEs así.") == prose(
        "Fue ayer.", f"{asked}\n\nSon dos millones.", "Es así."
    )


@pytest.mark.parametrize("opening", ["Dear Mr Haldane,", "Querida Clara:", "The results:"])
def test_a_greeting_and_an_announcement_are_in_one_passage_with_what_is_beneath(
    opening: str,
) -> None:
    text = f"{opening}\n\nIt rained in Lima.\n\nNobody had an umbrella."

    assert cut_text(text) == prose(f"{opening}\n\nIt rained in Lima.", "Nobody had an umbrella.")
    assert cut_text(f"It was late.\n\n{opening}") == prose("It was late.", opening)


@pytest.mark.parametrize(
    "dateline",
    [
        "Lyon, le 19 février 1912",
        "Saint-Aubin-des-Forges, le 1er mars 1913.",
        "Buenos Aires, 4 de mayo de 1911",
        "London, 3rd May 1799",
        "Santa Fe, May 3, 2016",
    ],
)
def test_a_place_and_a_day_are_the_heading_of_a_letter(dateline: str) -> None:
    letter = "Dear Ana,\n\nIt rained in Lima.", "Nobody had an umbrella.", "Clara"
    text = "\n\n".join([dateline, *letter])

    assert cut_text(text) == [("heading", dateline), *prose(*letter)]
    below = f"{dateline}\n\nDear Ana,\n\nIt rained."
    assert cut_text(f"Nobody came.\n\n{below}") == [*prose("Nobody came."), *cut_text(below)]
    told = f"It rained in Lima.\n\nThe law of {dateline} holds.\n\n{dateline}"
    assert cut_text(told) == prose(*told.split("\n\n"))


def test_short_steps_are_one_passage_and_clauses_are_passages_of_their_own() -> None:
    steps = "1. Stay calm.\n2. Sit the child upright.\n3. Call the nurse."
    clause = "The tenant keeps the garden, the hedge and the path in the state he found them in"

    assert cut_text(f"In an attack\n{steps}") == [("heading", "In an attack"), *prose(steps)]
    assert cut_text(f"Do this:\n{steps}") == prose(f"Do this:\n{steps}")
    assert cut_text(f"1. {clause}.\n2. {clause}.") == prose(f"1. {clause}.", f"2. {clause}.")
    assert cut_text("1. Stay calm.\n3. Call.") == prose("1. Stay calm.", "3. Call.")
    some = f"1. Stay calm.\n2. {clause}.\n3. Call."
    assert cut_text(some) == prose(some)


def test_what_stands_below_a_cell_is_of_its_row_and_the_next_row_of_its_table() -> None:
    table = "Monday      6.30 - 9.00\n            11.00 - 19.00\nSaturday    8.00 - 18.00"

    assert cut_text(f"Opening hours\n\n{table}\n\nClosed in August.") == [
        ("heading", "Opening hours"),
        *prose(table, "Closed in August."),
    ]


def test_a_line_of_several_sentences_is_no_heading_and_one_may_stand_above_it() -> None:
    line = "14 March 2023, Bristol office. Adviser: Moira Kettering"

    assert cut_text(f"Case note\n{line}\n\nHe came by boat.") == [
        ("heading", "Case note"),
        *prose(line, "He came by boat."),
    ]
    assert cut_text("Article 23. Leave\n\nHe came by boat.")[0] == ("heading", "Article 23. Leave")
    marked = "## It rained all day. Nobody came"
    assert cut_text(f"{marked}\n\nHe came by boat.")[0] == ("heading", marked)


def test_wrapped_lines_of_an_answered_letter_are_one_paragraph() -> None:
    text = "On Monday Ana wrote:\n> I write for the third time.\n> It went off\n> Tuesday, I think."

    assert cut_text(text) == prose(
        "On Monday Ana wrote:\n> I write for the third time.", "> It went off\n> Tuesday, I think."
    )


@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_what_an_interviewer_says_is_in_one_passage_with_what_is_said_to_it(between: str) -> None:
    turns = [
        ("JM: When did it close?", "ER: In the year of the flood."),
        ("JM: You were a miner before.", "ER: For twenty years. Do you know the shaft?"),
        ("JM: And then?", "ER: Then I went away."),
    ]
    text = "\n\n".join(between.join(turn) for turn in turns)

    assert cut_text(text) == prose(*map(between.join, turns))
    assert len(cut_text(text.replace("When did it close?", "It closed."))) == 5


def test_a_question_without_an_answer_and_a_heading_over_one_stay_headings() -> None:
    assert cut_text("Preguntas\n\n¿Dónde viven?\n\nEn Argentina.") == [
        ("heading", "Preguntas"),
        *prose("¿Dónde viven?\n\nEn Argentina."),
    ]
    assert [kind for kind, _ in cut_text("¿Quién?\n\n¿Dónde?\n\nEn Argentina.")] == [
        "heading",
        "prose",
    ]


def test_a_long_line_without_full_stop_is_a_heading_only_at_the_top() -> None:
    long = "The office and its partners " + "and their partners " * 7 + "met"
    text = f"{long}\n\nIt was late.\n\n{long}\n\nIt was later."

    assert [kind for kind, _ in cut_text(text)] == ["heading", "prose", "prose", "prose"]


def test_paragraphs_that_all_lack_a_full_stop_are_not_all_headings() -> None:
    kinds = [kind for kind, _ in cut_text("\n\n".join(["Somebody wrote this"] * 9 + ["It ends."]))]

    assert kinds == ["prose"] * 6 + ["heading"] * 3 + ["prose"]


# Menus and lists


def test_prose_amid_menus_is_a_passage_of_its_own() -> None:
    text = f"{MENU}The office helps people.\n{MENU}"

    assert [kind for kind, _ in cut_text(text)] == ["menu", "prose", "menu"]


def test_a_label_that_was_glued_to_the_next_line_is_a_menu() -> None:
    assert [kind for kind, _ in cut_text("Our Work\nOur WorkAs it is.")] == ["menu", "prose"]


def test_a_ruler_is_no_prose_and_hides_no_heading() -> None:
    text = "The office\n==========\nIt was late.\n\n* * *\n\nIt was later."

    assert [kind for kind, _ in cut_text(text)] == ["heading", "menu", "prose", "menu", "prose"]


def test_items_that_are_sentences_are_passages_of_their_own() -> None:
    items = ["- Remittances grew by 4.5 per cent.", "- Fewer people asked.", "2) They returned."]

    assert cut_text("Findings\n" + "\n".join(items)) == [("heading", "Findings"), *prose(*items)]
    assert cut_text("We found:\n" + "\n".join(items)) == prose("We found:", *items)
    assert cut_text("We found:\n\n" + "\n".join(items)) == prose("We found:", *items)


def test_fragments_of_a_list_stay_with_the_line_that_introduces_them() -> None:
    text = "Les priorités :\n- la santé ;\n- l'accès à\n  l'école ;\n- le logement."

    assert cut_text(text) == prose(text)


def test_a_list_without_full_stops_beneath_a_heading_is_prose() -> None:
    text = "Key findings\n- Remittances grew\n- Fewer people asked"

    assert cut_text(text) == [("heading", "Key findings"), *prose(text.partition("\n")[2])]


def test_a_stanza_a_list_of_names_and_a_table_are_each_one_passage() -> None:
    stanza = "Two roads diverged in a yellow wood\nAnd sorry I could not travel both\nI stood."
    names = "Bolivia\nColombia\nEcuador\nPeru"
    table = "Country    2005    2006\nBolivia    1.2     1.5.\nPeru       2.0     2.4"
    marked = "| Land | 2005 |\n|------|------|\n| Peru | 2.0 |"

    tabbed = "Country\t2005\nBolivia\t1.2"

    for text in (stanza, names, table, marked, tabbed):
        assert cut_text(f"It was late.\n\n{text}\n\nIt was later.")[1:-1] == prose(text)


def test_short_sentences_are_no_stanza() -> None:
    assert cut_text("It rained.\nIt snowed.\nIt was late.") == prose(
        "It rained.", "It snowed.", "It was late."
    )


def test_rubrics_are_a_menu_only_above_a_headline() -> None:
    assert cut_text("Press\nLocal\n\nThe office in Lima opens\n\nIt is late.")[0][0] == "menu"
    assert cut_text("Jane Doe\nIOM\n\nIt is late.")[0][0] == "heading"


# Contacts

CARDS = [
    "Contact presse :\nMme Claire Dupont\nOIM Paris\nTél. : +33 1 23 45 67 89\n"
    "Portable : +33 6 12 34 56 78\nCourriel : cdupont@example.org",
    "Para más información, contactar a:\n\nSra. María Pérez\n\nOficina de Prensa\n\n"
    "Móvil: +51 999 888 777\n\nCorreo electrónico: maria@example.org",
    "Ana Ruiz\nData officer\nTel. (51 1) 221 7209\n+51 999 888 777\nwww.example.org",
    "For more information please contact Ana Ruiz at IOM Peru, Tel: +51 1 221 7209.",
    "Media contact\nAna Ruiz, IOM Lima, e-mail: ana@example.org\nTel: 221 7209\n12 Main Street",
    "Pour plus de renseignements :\nTéléphone portable : 06 12 34 56 78",
]


@pytest.mark.parametrize("card", CARDS)
def test_a_contact_block_is_one_passage_between_paragraphs(card: str) -> None:
    text = f"The office is in Lima.\n\n{card}\n\nIt was opened in 1966 by the minister."

    assert cut_text(text) == [
        ("prose", "The office is in Lima."),
        ("contact", card),
        ("prose", "It was opened in 1966 by the minister."),
    ]


@pytest.mark.parametrize("line", ["11.00 - 19.00", "12/05/2007", "2014-2015", "2007-05-12"])
def test_hours_and_days_are_no_telephone_numbers(line: str) -> None:
    assert cut_text(f"It was late.\n\n{line}\n\nIt rained.")[1][0] != "contact"
    assert cut_text("It was late.\n\n221 7209 11\n\nIt rained.")[1][0] == "contact"


def test_prose_right_beneath_a_number_is_not_swallowed() -> None:
    assert cut_text("Ana Ruiz\nTel: 221 7209\nThe office is open every day.") == [
        ("contact", "Ana Ruiz\nTel: 221 7209"),
        ("prose", "The office is open every day."),
    ]


def test_prose_with_an_address_after_a_contact_block_is_not_swallowed() -> None:
    text = "Please contact\nAna Ruiz\nTel: 221 7209\n\nWrite to ana@example.org by Friday."

    assert [kind for kind, _ in cut_text(text)] == ["contact", "prose"]


def test_a_contact_block_starts_above_a_sentence_that_is_carried_on() -> None:
    text = "Those who wish may\ncontact the office in Lima\nTel: 221 7209"

    assert cut_text(text) == [("contact", text)]


def test_a_number_far_below_is_not_what_contact_meant() -> None:
    names = "\n".join(f"Name of person {n}" for n in range(12))

    assert cut_text(f"Contact\n{names}\nTel: 221 7209")[0][0] != "contact"


def test_each_person_after_a_blank_line_has_a_contact_block() -> None:
    text = "Please contact\nAna Ruiz\nTel: 221 7209\n\nJuan Rojas\nTel: 221 7210"

    assert [kind for kind, _ in cut_text(text)] == ["contact", "contact"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Contact between migrants and their families is vital.",
        "For more information was what they asked for.",
        "Mobile phones reach 80 per cent of them.",
        "She wrote to ana@example.org and waited for an answer.",
    ],
)
def test_a_sentence_about_contacts_is_prose(sentence: str) -> None:
    assert cut_text(sentence) == prose(sentence)


# Long paragraphs


def test_a_long_paragraph_is_split_at_the_ends_of_sentences() -> None:
    sentence = "Mr. Rojas said that 2.4 million Peruvians, almost 10 per cent, live abroad."
    text = " ".join([sentence] * 40)
    parts = quotes(plain(text))

    assert len(text) == 40 * 76 - 1  # so three parts of 14, 14 and 12 sentences or so
    assert [len(part) for part in parts] == [14 * 76 - 1, 13 * 76 - 1, 13 * 76 - 1]
    assert " ".join(parts) == text
    assert {p.line for p in cut(plain("\n\n" + text))} == {3}


def test_a_long_sentence_is_split_between_words_and_a_long_word_anywhere() -> None:
    words, word = "abcde " * 400, "x" * 2 * MAX_CHARS + "x"

    assert all(set(part.split(" ")) == {"abcde"} for part in quotes(plain(words)))
    assert [len(part) for part in quotes(plain(word))] == [MAX_CHARS, MAX_CHARS, 1]


def test_a_long_table_is_split_between_its_rows() -> None:
    text = "\n".join(f"{n}\tBolivia\t{n * n}" for n in range(200))

    assert "\n".join(quotes(plain(text))) == text
    assert len(quotes(plain(text))) > 1


def test_a_part_of_a_paragraph_knows_its_line() -> None:
    passages = cut(plain(f"{FIRST}\n{SECOND}"), max_chars=140)

    assert [p.line for p in passages] == [1, 3, 5, 7]


def test_a_limit_below_one_character_is_refused() -> None:
    with pytest.raises(ValueError, match="max_chars is 0"):
        cut(plain("x"), max_chars=0)


# The search text and the language


@pytest.mark.parametrize(
    ("quote", "above", "searched"),
    [
        ("two\nlines", "", "two lines"),
        ("a\u00a0 b\x0c\tc\u2028\ufeffd", "", "a b c d"),
        ("migra\u00ad\ntion and migra\u00adtion", "", "migration and migration"),
        ("co-\ndevelopment - and\nmore", "", "co-development - and more"),
        ("e\u0301te\u0301", "", "été"),
        ("UN WOMEN IN PERUThe rest", "", "The rest"),
        ("Our WorkAs the", "OUR WORK", "As the"),
        ("Perus are", "Peru", "Perus are"),
        ("THE NGOs and USAid", "", "THE NGOs and USAid"),
        ("McDonald said", "", "McDonald said"),
        ("\u00ad", "", "\u00ad"),
    ],
)
def test_the_search_text_is_one_clean_line(quote: str, above: str, searched: str) -> None:
    assert search_text(quote, above) == searched


def test_a_passage_has_its_own_language_if_it_is_long_enough_to_tell() -> None:
    french = "Les autorités estiment que la moitié des migrants vivent en Espagne."
    text = f"The office is in Lima, and it is open.\n\n{french}\n\nOui, merci."

    assert [p.language for p in cut(plain(text))] == ["en", "fr", "en"]


# Any text


def test_blanks_alone_have_no_passages() -> None:
    assert cut(plain("")) == cut(plain("\ufeff \r\n\u00a0\x0c\u2029")) == ()


LINES = st.sampled_from(
    [
        "",
        " ",
        "-",
        "Get involved",
        "- Data",
        "Tel: +51 1 221 7209",
        "a@b.org",
        "Our Work",
        "Our WorkAs it is.",
        "Please contact",
        "it goes on,",
        FIRST,
        SECOND,
        "WHO WE AREThe end.",
        "x" * 130,
        "> quoted",
        "1. One.",
        "a\tb\tc",
        "\ufeff",
        "\xa0x\xad",
        "é",
        "¿Qué?",
    ]
)
BREAKS = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
PAGES = st.lists(st.tuples(LINES, BREAKS)).map(lambda pairs: "".join(a + b for a, b in pairs))
TEXTS = st.text() | st.text(alphabet='aB.- \n\r\x0c\u00a0\ufeff\u0301\u00ad"»@1:') | PAGES


@given(text=TEXTS, max_chars=st.integers(1, 200))
@example(text="\ufeffa\r\n\r\nb\rc\x85d\u2029e", max_chars=1)
@example(text="a\nb", max_chars=1)
def test_every_character_that_is_not_blank_is_in_one_passage(text: str, max_chars: int) -> None:
    passages = cut(plain(text), max_chars=max_chars)

    check(text, passages)
    assert all(p.end - p.start <= max_chars for p in passages)
    assert cut(plain(text), max_chars=max_chars) == passages


@pytest.mark.parametrize(
    "text",
    [
        "x" * 300_000,
        "Some words. " * 30_000,
        " " * 300_000 + "x",
        "\u00a0x" * 100_000,
        "It is.\n\n" * 30_000,
        "Menu\n" * 30_000,
        "Tel: +51 1 221 7209\n" * 10_000,
        "Please contact\n" * 20_000,
        "A label\nAnother label of it\n" * 10_000,
        "> " * 100_000 + "x",
        "- item\n" * 30_000,
        "a\u00ad \n" * 50_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_large_texts_take_linear_time(text: str) -> None:
    # Quadratic, these would take minutes to hours; no clock is needed to notice it.
    assert cut(plain(text))
