"""When what an e-mail quotes of another one was written."""

from pathlib import Path

import pytest
from conftest import HashingEncoder

from qa.bot import Bot
from qa.reading import quoted
from qa.selection import dates_of


def dates(texts: list[str]) -> list[str | None]:
    return quoted.dates(list(enumerate(texts)))


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("On Wed, 15 Sep 2021 at 09:12, Ana Roca wrote:", "2021-09-15"),
        ("On Sep 5, 2021, at 9:12 AM, Ana Roca <ana@press.example> wrote:", "2021-09-05"),
        ("Le mer. 15 sept. 2021 à 09:12, Ana Roca a écrit :", "2021-09-15"),
        ("El mié, 15 de septiembre de 2021 a las 9:12, Ana Roca escribió:", "2021-09-15"),
        ("El 2021-09-15 a las 9:12, Ana Roca escribió:", "2021-09-15"),
        ("On 15 Sep 2021 (of that of 3 May 2020) Ana Roca wrote:", ""),  # which of them?
        ("Le 15 jui 2021 Ana Roca a écrit :", ""),  # of June or of July
        ("Ana Roca wrote:", ""),
    ],
)
def test_the_day_of_what_is_quoted_is_told_above_it(line: str, day: str) -> None:
    assert dates(["Thank you.", line, "> It rained.\n> All day.", "Bye"]) == [None, None, day, None]


def test_each_letter_within_another_has_its_own_day() -> None:
    texts = [
        "Thank you.",
        "> On Wed, 15 Sep 2021 at 09:12, Ana Roca wrote:",
        "> It rained.",
        ">",
        "> > On Tue, 14 Sep 2021 at 09:12, Luis Vera wrote:",
        ">> The sun shone.",
        "> It rained, I say.",
        "On Mon, 13 Sep 2021 Ana wrote:",
        "> Hello.",
        "> > Nobody said so.",
    ]
    own = "2021-09-15", "2021-09-14", "2021-09-13"
    assert dates(texts) == [None, *[own[0]] * 3, *[own[1]] * 2, own[0], None, own[2], ""]


def test_an_answer_beneath_what_it_quotes_has_its_own_day() -> None:
    texts = [
        "On Wed, 15 Sep 2021, Ana wrote:",
        "> On Mon, 13 Sep 2021, Bob wrote:\n> > Shall we meet?",
        "> Yes, on Friday.",
        "Good. Ana wrote:\n> Hello.",
    ]
    assert dates(texts) == [None, "2021-09-13", "2021-09-15", ""]
    assert dates(["I agree with all.\nAna wrote:\n> Hello to you."]) == [None]


def test_what_announces_a_letter_may_take_two_lines_and_be_in_one_passage_with_it() -> None:
    line = "On Wed, 15 Sep 2021 at 09:12, Ana Roca\n<ana@press.example> wrote:"
    assert dates([f"{line}\n\n> It rained.", "> All day."]) == ["2021-09-15"] * 2


LETTER = """\
From: Ana <ana@press.example>
Subject: The harbour
Date: Thu, 16 Sep 2021 10:00:00 +0000

The wall of the harbour was mended.

On Tue, 14 Sep 2021, Luis wrote:
> They say that the wall was mended.

> Nobody told me so.
"""


def test_a_letter_is_cited_with_the_day_of_what_it_quotes(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "letter.eml").write_text(LETTER)
    bot = Bot(tmp_path / "mail", tmp_path / "index", HashingEncoder(), model_name="hashing")
    library = bot.library()
    passages = [p.source_id for p in library.catalogue.passages_of("letter")]
    days = dates_of(library, passages)
    assert [days[name] for name in passages[1:]] == ["2021-09-16", "2021-09-14", "2021-09-14"]
