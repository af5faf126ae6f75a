"""A corrected edition takes one place with what it corrects; two cases of one form do not."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from conftest import HashingEncoder

import qa.bot
from qa import __main__ as program
from qa.editions import corrected
from qa.likeness import keyed
from qa.types import Kind, Passage

HONEY = "A colony of bees makes forty kilograms of honey in a good summer on the heath."
REPORT = [
    "The keeper of the hives lives in the valley since the spring of the year before last.",
    "Every morning she walks along the river and counts the hives that the storm has spared.",
    HONEY,
    "The wax is sold at the market of the town, where the candle makers wait for it.",
    "In winter the hives stand behind the barn, out of the wind that comes from the north.",
    "Nobody has seen a wolf near the barn, though the shepherds speak of little else.",
    "The queen of the oldest hive is four years old and still lays all the eggs it needs.",
    "Visitors may taste the honey on Sundays, if they bring a spoon and some bread of their own.",
]
FIFTY = HONEY.replace("forty", "fifty")

Run = Callable[..., tuple[int, str, str]]


def pairs(*documents: Sequence[str], kind: Kind = "prose") -> list[tuple[str, str]]:
    """The texts that are found to be one passage before and after a correction."""
    passages = [
        Passage(
            f"doc{number}", at, 0, len(text), 1, "en", kind if text[0] == "~" else "prose", text
        )
        for number, texts in enumerate(documents)
        for at, text in enumerate(texts, 1)
    ]
    found = corrected(keyed(passages))
    return [(passages[one].search_text, passages[other].search_text) for one, other in found]


def with_change(old: str, new: str) -> list[str]:
    assert old in REPORT
    return [new if text == old else text for text in REPORT]


def test_a_figure_that_a_second_edition_corrects_is_in_one_passage_with_the_first() -> None:
    assert pairs(REPORT, with_change(HONEY, FIFTY)) == [(HONEY, FIFTY)]


def test_each_edition_is_compared_with_each() -> None:
    sixty = HONEY.replace("forty", "sixty")

    assert set(pairs(REPORT, with_change(HONEY, FIFTY), with_change(HONEY, sixty))) == {
        (HONEY, FIFTY),
        (HONEY, sixty),
        (FIFTY, sixty),
    }


def test_the_spelling_of_a_name_is_a_correction() -> None:
    old, new = f"{HONEY} So says Bernard.", f"{HONEY} So says Bernhard."

    assert pairs(with_change(HONEY, old), with_change(HONEY, new)) == [(old, new)]


@pytest.mark.parametrize(
    "other",
    [
        [FIFTY, *REPORT[:2]],  # in another order
        REPORT[:2] + [FIFTY] + [text.replace("the", "this") for text in REPORT[3:]],
        with_change(HONEY, "The hives were burnt in that summer, and nobody knows who did it."),
        [text for text in REPORT if text != HONEY],
        [*with_change(HONEY, FIFTY)[:-1], "We thank Mrs Anna Berg for all that she did for us."],
    ],
)
def test_what_is_no_correction_stays_apart(other: list[str]) -> None:
    first = [*REPORT[:-1], "We thank Mr Jon Dahl for all that he did for us."]
    base = first if "Berg" in other[-1] else REPORT

    assert pairs(base, other) == []


@pytest.mark.parametrize(("old", "new"), [("May", "April"), ("Monday", "Friday")])
def test_another_month_or_day_of_the_week_is_no_other_name(old: str, new: str) -> None:
    before = f"Whoever lives by the river keeps a bucket at the door from the first {old} on."
    after = before.replace(old, new)
    assert pairs([*REPORT, before], [*REPORT, after]) == [(before, after)]


def test_documents_with_much_in_common_and_more_of_their_own_are_no_editions() -> None:
    def own(name: str) -> list[str]:
        return [
            f"In its chapter {n} the {name} tells what no other report tells." for n in range(6)
        ]

    assert pairs([*REPORT, *own("first")], [*with_change(HONEY, FIFTY), *own("second")]) == []


def test_a_form_that_many_fill_in_makes_no_editions() -> None:
    filled = [HONEY.replace("forty", word) for word in ("thirty", "forty", "fifty", "sixty")]

    assert pairs(*(with_change(HONEY, text) for text in filled)) == []


RELEASE = [
    "Geneva, 12 March 2016",
    "The number of people who crossed the border on foot has fallen since the winter.",
    "In all 4,200 people arrived at the camp, and 51 per cent of them were women.",
    "The camp has a school, and the teachers come from the town on the other bank.",
    "Nobody has been sent back, says the office that runs it with the help of the town.",
]


def release(old: str, new: str) -> list[str]:
    """The release with another word in place of one."""
    assert old in "\n".join(RELEASE)
    return [text.replace(old, new) for text in RELEASE]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("4,200", "5,200"),
        ("51 per cent of them were", "57 per cent of those were"),
        ("school", "kindergarten"),
        ("the town on the other bank", "the town that lies on the other bank"),
    ],
)
def test_one_passage_corrected_makes_an_edition_of_a_short_release(old: str, new: str) -> None:
    ((before, after),) = pairs(RELEASE, release(old, new))

    assert old in before
    assert new in after


@pytest.mark.parametrize(
    "other",
    [
        ["Geneva, 13 March 2016", *release("4,200", "5,200")[1:]],
        [text.replace("51", "57") for text in release("school", "kitchen")],
        [*release("4,200", "5,200"), "The office thanks all those who brought blankets in March."],
        release("51 per cent of them were women", "all of the young ones were men, it was said"),
        RELEASE[:3][::-1] + RELEASE[3:],
    ],
    ids=["another day", "two passages", "a passage more", "another sentence", "another order"],
)
def test_in_a_short_release_more_than_one_passage_is_no_correction(other: list[str]) -> None:
    assert pairs(RELEASE, other) == []


def letter(**facts: str) -> list[str]:
    told = {
        "name": "Mrs Berg",
        "day": "12 March",
        "year": "2016",
        "case": "48/2015",
        "mark": "B12",
        "sum": "200",
    } | facts
    return [
        "To whom this letter may concern, with a copy for the file of the office.",
        "Your request was looked at by {name} on {day} {year} (case {case}, room {mark}), "
        "and so {sum} euros are granted to you for the winter months.".format(**told),
        "You may object within thirty days, in writing, at the office that wrote this letter.",
        "The office is open every morning, and on two afternoons of the week until six.",
    ]


@pytest.mark.parametrize(
    "facts",
    [
        {"name": "Mrs Dahl"},
        {"name": "Mrs Bergh"},
        {"name": "Mrs Berg Dahl"},
        {"day": "13 March"},
        {"day": "12 May"},
        {"year": "2017"},
        {"case": "49/2015"},
        {"mark": "B13"},
        {"name": "Mrs Dahl", "sum": "300"},
        {"day": "13 March", "sum": "300"},
        {"case": "49/2015", "sum": "300"},
    ],
    ids=str,
)
def test_letters_of_one_template_are_two_cases(facts: dict[str, str]) -> None:
    assert pairs(letter(), letter(**facts)) == []
    assert len(pairs(letter(), letter(sum="300"))) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("well 4 holds 12 mg of nitrate", "well 7 holds 58 mg of nitrate"),
        ("no. 1118, paid 1,240.50 euros", "no. 1119, paid 840 euros"),
        ("room 4 of the school on the hill", "room 5 of the school on the hill, 2 doors on"),
    ],
)
def test_reports_of_two_things_differ_in_more_than_one_figure(old: str, new: str) -> None:
    line = "the camp has a school, and the teachers come from the town"

    assert (
        pairs(
            release("The camp has a school, and the teachers come from the town", f"{old}, {line}"),
            release("The camp has a school, and the teachers come from the town", f"{new}, {line}"),
        )
        == []
    )


@pytest.mark.parametrize("names", [("Mario", "Maria"), ("Jon", "Anna"), ("It", "Anna")])
def test_a_name_may_open_a_sentence(names: tuple[str, str]) -> None:
    before, after = (release("In all 4,200 people", f"{name} and 4,200 people") for name in names)

    assert pairs(before, after) == []


def test_of_one_passage_that_two_documents_share_nothing_is_known() -> None:
    assert pairs(REPORT[2:4], [FIFTY, REPORT[3]]) == []


@pytest.mark.parametrize("kind", ["contact", "heading", "menu"])
def test_only_prose_is_corrected(kind: Kind) -> None:
    old, new = (
        "~ The office answers on the number 12 34 56 all day.",
        "~ The office answers on the number 12 34 57 all day.",
    )

    assert pairs([*REPORT, old], [*REPORT, new]) == [(old, new)]
    assert pairs([*REPORT, old], [*REPORT, new], kind=kind) == []


# In an answer


@pytest.fixture
def run(
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "report_2020.txt").write_text("\n\n".join(REPORT))
    (folder / "report_2021.txt").write_text("\n\n".join(with_change(HONEY, FIFTY)))
    monkeypatch.setattr(qa.bot, "open_encoder", lambda *_: HashingEncoder())
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = program.run([*arguments, "-d", str(folder)])
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.mark.parametrize(
    ("question", "shown", "folded"),
    [
        ("makes forty kilograms of honey in a good summer", "report_2020#p3", "report_2021#p3"),
        ("makes fifty kilograms of honey in a good summer", "report_2021#p3", "report_2020#p3"),
        ("a colony of bees makes kilograms of honey", "report_2021#p3", "report_2020#p3"),
    ],
)
def test_shown_is_the_edition_that_has_the_asked_words_else_the_newer(
    run: Run, question: str, shown: str, folded: str
) -> None:
    content = json.loads(run("ask", "--json", question)[1])

    found = content["quotes"] or content["near_misses"]
    ids = [quote["source_id"] for quote in found]
    assert ids[0] == shown
    assert folded not in ids
    assert found[0]["also"] == [{"source_id": folded, "language": "en", "differs": True}]


def test_shown_is_the_edition_of_the_month_that_is_asked_for(run: Run, tmp_path: Path) -> None:
    for year, month in ((2020, "May"), (2021, "April")):
        text = "\n\n".join(with_change(HONEY, f"{HONEY[:-1]} in {month}."))
        (tmp_path / "documents" / f"report_{year}.txt").write_text(text)
    question = "a colony of bees makes kilograms of honey in May"
    content = json.loads(run("ask", "--json", question)[1])
    found = content["quotes"] or content["near_misses"]
    assert (found[0]["source_id"], found[0]["also"][0]["differs"]) == ("report_2020#p3", True)


def test_the_other_edition_is_named_beneath_the_quote_and_what_differs_can_be_seen(
    run: Run,
) -> None:
    out = run("ask", "makes fifty kilograms of honey in a good summer")[1]
    assert "   nearly the same, with differences (qa show --diff): report_2020#p3\n" in out
    assert "also at: report_2020#p3" not in out

    diff = run("show", "report_2021#p3", "--diff")[1]
    assert "makes [-forty-]{+fifty+} kilograms" in diff


def test_what_both_editions_have_alike_is_said_to_be_the_same(run: Run) -> None:
    content = json.loads(run("ask", "--json", REPORT[3])[1])

    assert content["quotes"][0]["also"] == [
        {"source_id": "report_2021#p4", "language": "en", "differs": False}
    ]
