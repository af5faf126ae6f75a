"""A row of a table as a text, and the date that it tells."""

from typing import Any

import pytest

from qa.reading.rows import dates, noted, whole


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("2014-03-02", "2014-03-02"),
        ("2014-03-02T23:10:00Z", "2014-03-02"),
        ("2014", "2014"),
        ("2 mars 2014", "2014-03-02"),
        ("27/03/2015", "2015-03-27"),
        ("3/27/2015 10:00", "2015-03-27"),
        ("31.12.2014", "2014-12-31"),
        ("03/04/2015", "2015"),  # of March or of April
        ("05/05/2015", "2015-05-05"),
        ("30/02/2015", ""),
        ("99/99/2015", ""),
        ("soon", ""),
    ],
)
def test_a_date_is_known_as_far_as_it_can_be_read_in_one_way(cell: str, date: str) -> None:
    row: dict[str, Any] = {"text": "I saw it.", "witness": "Ana", "Fecha": cell}
    assert dates([(1, noted("I saw it.", row, ("text",)))]) == [date or None]
    assert dates([(1, whole(row))]) == [date or None]


@pytest.mark.parametrize(
    ("row", "date"),
    [
        ({"Date of publication": "2014", "born": "1961", "date of birth": "1961"}, "2014"),
        ({"published_at": "2014", "date": "2014"}, "2014"),
        ({"published_at": "2014", "date": "2015"}, ""),  # which of them?
        ({"deadline": "2014"}, ""),
        ({"Año": 2014}, "2014"),
    ],
)
def test_only_a_column_that_tells_when_it_was_written_is_a_date(
    row: dict[str, Any], date: str
) -> None:
    assert dates([(1, noted("I saw it.", row, ()))]) == [date or None]


def test_all_passages_of_a_row_have_the_date_at_its_end_and_no_other_row_has() -> None:
    parts = [
        (2, "I saw it [then]. [date: 2014]"),
        (3, "A title"),
        (3, "One [sic]"),
        (3, "Two. [date: 2015; see: [1];"),
        (3, "age: 3]"),
        (6, "No more than a text"),
        (7, "Three. [age: 3]"),
        (8, "| Item: Rent |"),
        (9, "Four. [date: 2016]"),
    ]
    assert dates(parts) == ["2014", *["2015"] * 4, None, None, None, "2016"]
