"""A part of the folder is searched: by language, place, date and title."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import HashingEncoder

from qa.bot import Bot
from qa.errors import UsageError
from qa.filters import Filter
from qa.selection import dates_of
from qa.types import Answer

HONEY = "How many kilograms of honey?"
FILES = {
    "reports/2015-03-27_hives.txt": "The hives of Andorra\n\nHoney of March: 40 kilograms.\n",
    "reports/2016/old/hives-2016.txt": "Hives “l'Été”\n\nHoney of the year: 50 kilograms.\n",
    "reports/2016/mill.txt": "The mill\n\nLima, 12 May 2016.- Honey at the mill: 60 kilograms.\n",
    "notes/summer.txt": "A summer\n\nHoney of a summer without a year: 70 kilograms.\n",
    "notes/été.txt": "L'été\n\nLe miel de la ruche : 80 kilograms of honey pour tout le village.\n",
}
Ask = Callable[..., Answer]


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    folder = tmp_path / "documents"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return Bot(folder, tmp_path / "index", HashingEncoder(), model_name="hashing")


@pytest.fixture
def ask(bot: Bot) -> Ask:
    def asked(question: str = HONEY, **conditions: Any) -> Answer:
        where = Filter.of(**conditions)
        return bot.answer(question, where=where, top_k=99, threshold=0.0, language="en")

    return asked


def found(answer: Answer) -> set[str]:
    """The documents that are quoted, or named as having the same passage."""
    return {name.rpartition("#")[0] for q in answer.quotes for name in (q.source_id, *q.also)}


@pytest.mark.parametrize(
    ("conditions", "documents"),
    [
        ({}, {"2015-03-27_hives", "hives-2016", "mill", "summer", "été"}),
        ({"within": "reports/2016/*"}, {"hives-2016", "mill"}),
        ({"within": "./reports/2016/*.txt"}, {"mill"}),
        ({"within": "reports/**/*.txt"}, {"2015-03-27_hives", "hives-2016", "mill"}),
        ({"within": "notes"}, {"summer", "été"}),
        ({"within": "hives*"}, {"hives-2016"}),
        ({"within": ["mill.txt", "notes/s*"]}, {"mill", "summer"}),
        ({"within": "notes/e\u0301te\u0301.*"}, {"été"}),
        ({"since": 2015}, {"2015-03-27_hives", "hives-2016", "mill"}),
        ({"since": "2015-03-27", "until": "2015-03"}, {"2015-03-27_hives"}),
        ({"since": date(2015, 3, 28)}, {"hives-2016", "mill"}),
        ({"since": datetime(2016, 5, 12, 23, 0)}, {"hives-2016", "mill"}),  # it may be later
        ({"since": "2016-05-13"}, {"hives-2016"}),
        ({"until": "2015"}, {"2015-03-27_hives"}),
        ({"title": "HIVES"}, {"2015-03-27_hives", "hives-2016"}),
        ({"title": " L’ete "}, {"hives-2016", "été"}),
        ({"title": '"l’été"'}, {"hives-2016"}),
        ({"title": "hives", "since": "2016"}, {"hives-2016"}),
        ({"only": ["fr"]}, {"été"}),
    ],
)
def test_what_a_filter_leaves_is_searched_and_nothing_else(
    ask: Ask, conditions: dict[str, Any], documents: set[str]
) -> None:
    assert found(ask(**conditions)) == documents


def test_a_filter_ranks_what_it_leaves_as_if_it_were_alone_with_it(ask: Ask) -> None:
    """Not only what would be among the best of all documents is filtered."""
    assert ask("honey kilograms", within="notes/summer.txt").quotes[0].source_id == "summer#p2"


def test_words_are_looked_for_in_what_is_left(tmp_path: Path) -> None:
    """300 passages have more of the question's words than the one that is left."""
    folder = tmp_path / "many"
    folder.mkdir()
    lines = "\n\n".join(f"The honey of the colony number {n} was sold." for n in range(300))
    (folder / "many.txt").write_text(f"Sales\n\n{lines}\n")
    (folder / "one.txt").write_text("The other\n\nSome honey of somebody who left us.\n")
    bot = Bot(folder, tmp_path / "index", HashingEncoder(), model_name="hashing")
    hits = bot.hits("honey of the colony", language="en", where=Filter(within=("one.txt",)))
    assert [(hit.passage.source_id, hit.lexical > 0) for hit in hits][:1] == [("one#p2", True)]


def test_copies_outside_of_the_filter_are_not_named(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        (folder / name / f"{name}.txt").write_text(FILES["notes/summer.txt"])
    bot = Bot(folder, tmp_path / "index", HashingEncoder(), model_name="hashing")
    assert bot.answer(HONEY, threshold=0.0).quotes[0].also == ("b#p2",)
    within_b = bot.answer(HONEY, where=Filter(within=("b",)), threshold=0.0).quotes[0]
    assert (within_b.source_id, within_b.also) == ("b#p2", ())


def test_documents_without_a_date_are_left_out_and_counted(ask: Ask) -> None:
    assert ask(since=2015).notes == (
        "Documents left out, or parts of them, as their date is not known: 2 of 5.",
    )
    assert ask(since=2015, only=["fr"]).reason == "nothing passes the filter"
    assert ask(since=2015, within="reports").notes == ()
    assert ask(within="notes").notes == ()


TABLE = """\
Publié le,title,text,birth date
2014-03-02,The wall,The wall of the harbour was mended for 40 kilograms of honey.,1961-01-01
12/05/2016,The school,The school was given 50 kilograms of honey.,
,The bridge,Nobody knows when the bridge cost 60 kilograms of honey.,1999-09-09
"""


@pytest.fixture
def tables(tmp_path: Path) -> Bot:
    """Two tables, most of whose rows tell their dates."""
    (tmp_path / "press").mkdir()
    (tmp_path / "press" / "press.csv").write_text(TABLE)
    (tmp_path / "press" / "letters-2015.jsonl").write_text(
        '{"text": "Honey of a letter: 70 kilograms.", "from": "Ana"}\n'
        '{"text": "Honey of a late letter: 80 kilograms.\\n\\nIt was sold.", "date": "2017"}\n'
    )
    return Bot(tmp_path / "press", tmp_path / "index", HashingEncoder(), model_name="hashing")


@pytest.mark.parametrize(
    ("span", "numbers"),
    [
        ({}, {"press#p2", "press#p4", "press#p6", *(f"letters-2015#p{n}" for n in (1, 2, 3))}),
        ({"since": "2014", "until": "2014-12-31"}, {"press#p2"}),
        ({"since": "2016-05-01", "until": "2016-12-05"}, {"press#p4"}),
        ({"until": "2015"}, {"press#p2", "letters-2015#p1"}),
        ({"since": "2016-12", "until": "2016-12"}, {"press#p4"}),  # may be the fifth of December
        ({"since": "2017"}, {"letters-2015#p2", "letters-2015#p3"}),
        ({"until": "2013"}, set()),
    ],
)
def test_a_row_of_a_table_has_the_date_that_it_tells(
    tables: Bot, span: dict[str, str], numbers: set[str]
) -> None:
    where = Filter.of(**span)
    answer = tables.answer(HONEY, where=where, top_k=99, threshold=0.0, language="en")
    assert {quote.source_id for quote in answer.quotes if quote.kind == "prose"} == numbers


def test_a_row_is_cited_with_its_own_date(tables: Bot) -> None:
    named = ["press#p2", "press#p6", "letters-2015#p1", "gone#p1", "press#p99"]
    days = {"press#p2": "2014-03-02", "letters-2015#p1": "2015"}
    assert dates_of(tables.library(), named) == days


def test_a_table_of_which_rows_have_no_date_is_counted_among_what_is_left_out(
    tables: Bot,
) -> None:
    answer = tables.answer(HONEY, where=Filter.of(since=2010), threshold=0.0, language="en")
    assert answer.notes[0].endswith("as their date is not known: 1 of 2.")


@pytest.mark.parametrize(
    ("conditions", "named"),
    [
        ({"within": ["nowhere/*", "*.pdf"]}, "in:nowhere/* in:*.pdf."),
        ({"only": ["es"], "title": "hives"}, "es."),
        ({"since": 2017, "title": "nobody"}, "since:2017 title:nobody."),
        ({"until": 2015, "within": "notes"}, "in:notes until:2015."),  # each leaves something
    ],
)
def test_a_filter_that_leaves_nothing_is_named_with_what_there_is(
    ask: Ask, conditions: dict[str, Any], named: str
) -> None:
    answer = ask(**conditions)
    assert (bool(answer), answer.reason) == (False, "nothing passes the filter")
    assert answer.near_misses == ()
    assert answer.notes == (
        f"Nothing fits {named} Documents: 5, passages in: en, fr, dates: 2015-03-27 – 2016-05-12, "
        "files: notes/summer.txt, notes/été.txt, reports/2015-03-27_hives.txt, …",
    )
    assert str(answer).startswith("The filter leaves nothing to search.\n\nNothing fits")


def test_an_empty_folder_is_not_the_filters_fault(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    bot = Bot(tmp_path / "empty", tmp_path / "index", HashingEncoder(), model_name="hashing")
    assert bot.answer(HONEY, where=Filter(title="hives")).reason == "no documents"


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"only": ["en", "it"]}, "unknown language 'it'; choose from en, fr, es"),
        ({"only": "fr"}, r"only is 'fr'; put it into a list: \['fr'\]"),
        ({"only": "fr,es"}, r"only is 'fr,es'; put it into a list: \['fr', 'es'\]"),
        ({"only": [["fr"]]}, r"only is \[\['fr'\]\]; it must be a list of texts"),
        ({"only": 3}, "only is 3; it must be a list of texts"),
        ({"within": [3]}, r"within is \[3\]; it must be a list of texts"),
        ({"within": {"a/*": 1}}, r"within is {'a/\*': 1}; it must be a list of texts"),
        ({"title": 3}, "title is 3; it must be a text"),
        ({"title": 0}, "title is 0; it must be a text"),
        ({"since": 0}, "since is '0'; write"),
        ({"until": [2015]}, r"until is '\[2015\]'; write"),
        ({"since": "last year"}, "since is 'last year'; write 2015, 2015-03 or 2015-03-27"),
        ({"until": "2015-02-30"}, "until is '2015-02-30'; write"),
        ({"since": "２０１５"}, "since is '２０１５'; write"),
        ({"since": 15}, "since is '15'; write"),
        ({"since": 2016, "until": "2015-12"}, "since 2016 is later than until 2015-12"),
        ({"within": "!"}, "'!' is no pattern of paths"),
        ({"within": "[z-a]"}, r"'\[z-a\]' is no pattern of paths .*bad character range z-a"),
    ],
)
def test_a_condition_that_cannot_be_understood_is_one_sentence(
    conditions: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        Filter.of(**conditions)


@pytest.mark.parametrize(
    "conditions",
    [{"within": "fr"}, {"within": (3,)}, {"since": 2015}, {"title": None}, {"only": (["fr"],)}],
)
def test_a_filter_of_other_types_is_none(conditions: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(conditions)) + " is |unknown language"):
        Filter(**conditions)


def test_languages_are_taken_from_whatever_gives_them() -> None:
    for only in (["es", "fr"], {"fr", "es"}, iter(["es", "fr", "es"]), {"es": 1, "fr": 2}.keys()):
        assert Filter.of(only=only).only == ("fr", "es")  # type: ignore[arg-type]


def test_a_date_of_which_only_the_year_is_known_may_lie_in_any_month_of_it() -> None:
    def covers(day: str, **span: str) -> bool:
        return Filter.of(**span).covers(day)

    assert covers("2015", since="2015-06") and covers("2015", until="2015-06")
    assert not covers("2015", since="2016-01") and not covers("2015", until="2014-12-31")
    assert covers("2015-06", since="2015-06-30") and not covers("2015-06", since="2015-07-01")
    assert not covers("", since="0001") and covers("")


def test_no_condition_is_no_filter() -> None:
    assert not Filter.of(only=[], within=[], since="", until=None, title=" ")
    assert not Filter.of(within="") and not Filter.of(within=["", " "])
    assert Filter.of(within=["", "a/*"]) == Filter(within=("a/*",))
    assert Filter.of(only=["es", "en"]) == Filter(only=("en", "es"))
    assert list(Filter.of(only=["fr"], since=2015, until=2016).alone()) == [
        Filter(only=("fr",)),
        Filter(since="2015", until="2016"),
    ]
