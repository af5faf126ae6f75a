"""The date of a document: of its name, its format, its dateline."""

from pathlib import Path

import pytest

from qa import reading
from qa.reading.dates import date_of, dateline, days, in_name, issued, signed
from qa.reading.extract import Extract
from qa.types import Span


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("2016-05-03_report", "2016-05-03"),
        ("20160503 minutes", "2016-05-03"),
        ("minutes 2016.05.03", "2016-05-03"),
        ("report-2015", "2015"),
        ("lettres-1887", "1887"),
        ("1764-05-03_lettre", "1764-05-03"),
        ("letter-1764", ""),  # a number as well as a year
        ("Rapport2015_final", "2015"),
        ("report_2015_03", "2015-03"),
        ("review 2015-2016", ""),  # two that differ
        ("004_4dcdd40475431c58", ""),
        ("3ad2016b", ""),  # a digest is no date
        ("12345678", ""),
        ("2016-02-31", ""),
        ("2016-05-03_annual-report-2015", "2016-05-03"),
        ("2016-05-03 and 2015-05-03", ""),
        ("notes", ""),
    ],
)
def test_the_date_in_a_files_name(name: str, day: str) -> None:
    assert in_name(name) == day


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Lima, 12 de febrero del 2016.- El Jefe de Misión", "2016-02-12"),
        ("Paris, le 1er mars 2015", "2015-03-01"),
        ("Londres, le 3 mars 1764", "1764-03-03"),
        ("Sevilla, 4 de mayo de 1412", ""),
        ("Publié le 4 août 2011 :", "2011-08-04"),
        ("Geneva (12 March 2014) – IOM said", "2014-03-12"),
        ("Published on May 3rd, 2010", "2010-05-03"),
        ("**Date:** 2010-05-03", "2010-05-03"),
        ("2010/5/3", "2010-05-03"),
        ("2010/5-3", ""),
        ("On 12 February 2016 the minister said", ""),  # what happened, not when it was written
        ("The law of 12 February 2016", "2016-02-12"),
        ("03/04/2015", ""),  # in March or in April
        ("31 February 2015", ""),
    ],
)
def test_the_date_on_a_line_near_the_top(line: str, day: str) -> None:
    assert dateline(f"A title\n\n{line}\n\nA text of 3 May 1980 about it.\n") == day


def test_a_chronicle_has_no_dateline() -> None:
    assert dateline("3 May 1980\nHe was born.\n\n4 June 1999\nHe left.\n") == ""
    assert dateline("3 May 1980\n\n3 mai 1980\n") == "1980-05-03"


def test_a_dateline_far_from_the_top_is_none() -> None:
    assert dateline("word " * 700 + "\n\n3 May 1980\n") == ""


def test_what_stands_aside_above_the_text_is_passed_over() -> None:
    text = "4 June 1999\n3 May 1980\n"
    assert dateline(text, [Span(0, 12)]) == "1980-05-03"


@pytest.mark.parametrize(
    ("line", "day"),
    [
        (
            "This agreement is made on 1 October 2019 between Ms Ortiz and Mr Whitlock.",
            "2019-10-01",
        ),
        ("Le présent contrat de location a été signé le 4 avril 2011.", "2011-04-04"),
        ("El presente convenio marco fue firmado en Lima el 3 de mayo de 2017.", "2017-05-03"),
        ("**Done** at Geneva, in two copies, on 1 May 2010", "2010-05-01"),
        ("Fait à Paris, le 3 mars 2010.", "2010-03-03"),
        ("Firmado en Villarroya del Campo, el 12 de mayo de 2007, por los alcaldes.", "2007-05-12"),
        ("The payment was made on 3 May 2017.", ""),
        ("This agreement is signed with effect from 3 May 2017.", ""),
        ("L'accord est conclu pour trois ans à compter du 1er janvier 2022.", ""),
        ("Signed by " + "a person " * 9 + "on 3 May 2017", ""),
    ],
)
def test_the_day_on_which_a_contract_was_signed(line: str, day: str) -> None:
    rest = "A text of 3 May 1980 about it. " * 150
    assert signed(f"A title\n\n{line}\n\n{rest}\n") == day
    assert signed(f"{rest}\n\n{line}\n\nThe mayor\n") == day
    assert signed(f"{rest}\n\n{line}\n\n{rest}") == ""
    assert signed(f"{line}\n\nSigned in Lima on 5 June 1999.") in (
        {"1999-06-05"} if not day else {""}
    )


@pytest.mark.parametrize(
    ("line", "month"),
    [
        ("# Les nouvelles de Prévert – mai 2023", "2023-05"),
        ("Newsletter (March 2021)", "2021-03"),
        ("Octubre de 2014", "2014-10"),
        ("La grève de mai 1968", ""),
        ("May 2023 was cold, and June 2023 was not", ""),
        ("Newsletter", ""),
    ],
)
def test_the_month_of_an_issue(line: str, month: str) -> None:
    rest = "A text of 3 May 1980 about it.\n\n– May 1999\n"
    assert issued(f"The friends of the mill\n\n{line}\n\n{rest}") == month
    assert issued(f"{line}\n\nVolume 3 – July 2001") == ("" if month else "2001-07")


@pytest.mark.parametrize(
    ("name", "told", "text", "day"),
    [
        ("2016-05-03", "2019-01-01", "3 May 1980\n", "2016-05-03"),
        ("report-2016", "2019-01-01T10:00:00Z", "3 May 1980\n", "2019-01-01"),
        ("report-2016", "", "3 May 1980\n", "1980-05-03"),
        ("report-2016", "", "Done in Lima, 3 May 1980\n", "1980-05-03"),
        ("report-2016", "", "Letter – May 2015\n", "2015-05"),
        ("report-2016-03", "", "Letter – May 2015\n", "2016-03"),
        ("report-2016", "", "", "2016"),
        ("report", "March 3, 2015", "", "2015-03-03"),
        ("report", "2015-03", "", "2015-03"),
        ("report", "03/04/2015", "", ""),
        ("report", "2015-13-01", "", ""),
    ],
)
def test_a_day_in_the_name_then_the_format_then_the_dateline_then_a_year_in_the_name(
    name: str, told: str, text: str, day: str
) -> None:
    assert date_of(name, Extract(text, date=told)) == day


@pytest.mark.parametrize(
    ("name", "text", "day"),
    [
        ("report", "Lima, 3 May 1980\n", "1980-05-03"),
        ("report-2016", "", "2016"),
        ("report", "", "2021-07-08"),
    ],
)
def test_the_day_on_which_a_file_was_saved_is_the_last_to_be_taken(
    name: str, text: str, day: str
) -> None:
    assert date_of(name, Extract(text, saved="2021-07-08")) == day


def test_a_document_has_its_date(tmp_path: Path) -> None:
    path = tmp_path / "faro-2014.txt"
    path.write_text("El faro\n\nLima, 12 de febrero de 2016.- El faro es alto.\n", "utf-8")
    assert reading.read(path, "faro").date == "2016-02-12"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Le 1er août 2016, 4 200 personnes", ["1er aout", "2016"]),
        ("El 12 de marzo de 2016 y en mayo", ["12 de marzo", "2016", "mayo"]),
        (
            "On March 12, 2016 (2016-03-12, 12/03/2016)",
            ["march 12", "2016", "2016-03-12", "12/03/2016"],
        ),
        ("2,016 people, 120160 more, room 12", []),
        ("1650 people and 1700 more", []),
    ],
)
def test_all_that_a_text_says_of_days_is_found(text: str, found: list[str]) -> None:
    assert days(text) == found
