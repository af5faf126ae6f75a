"""The words of the corpus in SQLite."""

import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from qa import catalogue, catalogue_writer
from qa.catalogue import Catalogue
from qa.errors import LibraryError
from qa.types import Document, Language, Passage, Twin

Said = tuple[str, Language]


def write(path: Path, said: Sequence[Said], twins: Sequence[int | None] | None = None) -> Path:
    """A catalogue of one document, with a passage for each of these texts."""
    text = "\n".join(words for words, _ in said)
    document = Document("doc", path.parent / "doc.txt", "Title", "en", text, "utf-8", "f" * 64)
    passages, at = [], 0
    for number, (words, language) in enumerate(said, 1):
        end = at + len(words)
        passages.append(Passage("doc", number, at, end, number, language, "prose", words))
        at = end + 1
    catalogue_writer.write(path, [document], passages, lambda: twins or [None] * len(said))
    return path


def opened(
    path: Path, said: Sequence[Said], twins: Sequence[int | None] | None = None
) -> Catalogue:
    return Catalogue(write(path, said, twins))


def lexical(
    path: Path, said: Sequence[Said], question: str, language: Language = "en"
) -> list[int]:
    return list(opened(path, said).lexical(question, language, 10))


FILLER: list[Said] = [(f"filler number {letter * 2}", "en") for letter in "abcdefgh"]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    found = opened(tmp_path / "c", [("Bees fly.", "en"), ("Le moulin.", "fr")], [0, 0])
    document = found.document("doc")
    assert document is not None
    assert document.text == "Bees fly.\nLe moulin."
    assert found.passages([1, 0, 1])[0] == found.find("doc", 2)
    assert [p.source_id for p in found.passages([1, 0, 1])] == ["doc#p2", "doc#p1", "doc#p2"]
    assert list(found.all_passages()) == found.passages_of("doc") == found.passages([0, 1])
    assert found.languages() == ["en", "fr"]
    assert found.first_rows() == {"doc": 0}
    assert found.twin_groups([0, 1]) == {0: 0, 1: 0}
    assert list(found.twins(0)) == [(0, Twin("doc#p1", "en")), (1, Twin("doc#p2", "fr"))]
    assert [d.doc_id for d in found.documents()] == ["doc"]
    assert found.documents()[0].text == ""


def test_passages_that_were_read_keep_their_groups_of_twins(tmp_path: Path) -> None:
    found = opened(
        tmp_path / "c", [("Bees", "en"), ("Abeilles", "fr"), ("Bread", "en")], [7, 7, None]
    )
    for rows in ([2, 0], [0, 1, 2], [1]):  # some are known, some are read
        found.passages(rows)
        assert found.twin_groups(rows) == {row: 7 for row in rows if row != 2}


def test_a_word_is_written_whatever_its_capitals_and_accents(tmp_path: Path) -> None:
    found = opened(tmp_path / "c", [("Évariste vole.", "fr")])
    for _ in range(2):
        assert found.is_written("evariste")
        assert not found.is_written("evarist")


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    found = opened(tmp_path / "c", FILLER)
    assert found.document("other") is None
    assert found.find("doc", 99) is None
    assert found.find("doc", 0) is None
    assert found.passages_of("other") == []
    assert found.passages([]) == []


def test_the_text_of_a_document_comes_back_to_the_last_character(tmp_path: Path) -> None:
    text = "\ufeffa\r\nb\x0c\x85\u2028e\u0301 \U0001f41d\x00 end \n\n"
    document = Document(
        "d", Path("d.pdf"), "T", "en", text, "", "", "pdf 1, some library 2.3", "2020-05-06", (0, 4)
    )
    catalogue_writer.write(tmp_path / "c", [document], [], list)
    assert Catalogue(tmp_path / "c").document("d") == document


def test_names_that_are_no_text_come_back(tmp_path: Path) -> None:
    document = Document("caf\udce9", Path("/d/caf\udce9.txt"), "caf\udce9", "fr", "Oui.")
    passage = Passage("caf\udce9", 1, 0, 4, 1, "fr", "prose", "Oui.")
    catalogue_writer.write(tmp_path / "c", [document], [passage], lambda: [None])
    found = Catalogue(tmp_path / "c")
    assert found.document("caf\udce9") == document
    assert found.find("caf\udce9", 1) == passage
    assert found.first_rows() == {"caf\udce9": 0}


def test_an_empty_catalogue_answers_everything_with_nothing(tmp_path: Path) -> None:
    found = opened(tmp_path / "c", [])
    assert found.passage_count == 0
    assert found.lexical("bees", "en", 5) == {}
    assert found.twin_groups([]) == {}


def test_more_rows_than_one_statement_takes(tmp_path: Path) -> None:
    found = opened(tmp_path / "c", [(f"text {n}", "en") for n in range(1203)], [0] * 1203)
    rows = list(range(1202, -1, -1))
    assert [p.number for p in found.passages(rows)] == [row + 1 for row in rows]
    assert len(found.twin_groups(rows)) == 1203
    assert [len(some) for some in catalogue._batches(rows)] == [500, 500, 203]


# Words


def test_a_rarer_word_weighs_more(tmp_path: Path) -> None:
    said: list[Said] = [("filler honey", "en"), ("filler number", "en"), *FILLER]
    assert lexical(tmp_path / "c", said, "number honey")[0] == 0  # honey: 1 of 10; number: 9


def test_of_two_passages_with_the_word_the_shorter_is_first(tmp_path: Path) -> None:
    said: list[Said] = [("honey " + "and so on " * 20, "en"), ("honey jar", "en"), *FILLER]
    assert lexical(tmp_path / "c", said, "honey") == [1, 0]


def test_equal_passages_stand_in_row_order(tmp_path: Path) -> None:
    said: list[Said] = [*FILLER, ("honey jar", "en"), ("honey jar", "en"), ("honey jar", "en")]
    assert lexical(tmp_path / "c", said, "honey") == [8, 9, 10]


def test_words_count_in_their_own_language_only(tmp_path: Path) -> None:
    said: list[Said] = [("the table", "en"), ("la table", "fr"), ("la tabla", "es"), *FILLER]
    assert lexical(tmp_path / "c", said, "table", "en") == [0]
    assert lexical(tmp_path / "d", said, "table", "fr") == [1]
    assert lexical(tmp_path / "e", said, "table", "es") == []


def test_accents_case_and_endings_do_not_count(tmp_path: Path) -> None:
    said: list[Said] = [("Les RÉFUGIÉES arrivent", "fr"), *FILLER]
    assert lexical(tmp_path / "c", said, "refugies", "fr") == [0]  # both are cut to "refugi"


def test_a_share_lies_between_0_and_1_and_grows_with_the_words_that_match(tmp_path: Path) -> None:
    said: list[Said] = [("honey", "en"), ("honey bees", "en"), ("honey bees hive", "en"), *FILLER]
    shares = opened(tmp_path / "c", said).lexical("honey bees hive", "en", 10)
    assert 0 < shares[0] < shares[1] < shares[2] <= 1


def test_no_more_rows_than_asked_for(tmp_path: Path) -> None:
    assert len(opened(tmp_path / "c", FILLER).lexical("filler", "en", 3)) == 3


def test_the_first_64_words_count(tmp_path: Path) -> None:
    said: list[Said] = [("early", "en"), ("late", "en"), *FILLER]
    many = " ".join(f"w{n}" for n in range(62))
    assert lexical(tmp_path / "c", said, f"{many} {many} early more late") == [0]  # the 63rd, 65th


HOSTILE = [
    '"',
    '" OR "',
    '") OR 1=1 --',
    "honey NEAR bees",
    "NEAR(honey bees, 2)",
    "honey AND NOT bees",
    "honey*",
    "^honey",
    "-honey",
    "terms:honey",
    "{terms}: honey",
    "honey\0bees",
    "' ; DROP TABLE passages; --",
    "_",
    "_ honey _",
    "\ud800 honey",
    "蜂蜜 honey \U0001f41d",
    "ﬁ ﬂ Å ǆ",
    "%s %d {0} honey",
]


@pytest.mark.parametrize("question", HOSTILE, ids=ascii)
def test_a_hostile_question_is_words_and_nothing_else(tmp_path: Path, question: str) -> None:
    said: list[Said] = [("honey", "en"), ("near and not or", "en"), *FILLER]
    found = opened(tmp_path / "c", said)
    expected = {0} if "honey" in question else set()
    operators = {"NEAR", "AND", "NOT", "OR"} & set(question.replace("(", " ").split())
    assert set(found.lexical(question, "en", 5)) == expected | ({1} if operators else set())
    assert found.passage_count == 10


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=st.text(max_size=60))
def test_no_question_is_too_odd(tmp_path: Path, question: str) -> None:
    path = tmp_path / "c"
    if not path.exists():
        write(path, FILLER)
    shares = Catalogue(path).lexical(question, "en", 5)
    assert all(0 <= share <= 1 for share in shares.values())


def test_a_question_of_a_megabyte_is_no_trouble(tmp_path: Path) -> None:
    question = "filler " + "x" * 500_000 + " ".join(str(n) for n in range(80_000))
    assert len(opened(tmp_path / "c", FILLER).lexical(question, "en", 99)) == 8


# Damage


def test_a_file_that_is_no_catalogue_is_refused_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"not a database" * 100)
    with pytest.raises(LibraryError, match=r"c is damaged; the cure"):
        Catalogue(tmp_path / "c", "the cure")
    with pytest.raises(LibraryError, match="damaged"):
        Catalogue(tmp_path / "nowhere", "the cure")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE passages SET start = start + 1",
        "UPDATE passages SET end = 'x'",
        "UPDATE passages SET search_text = search_text || '.'",
        "UPDATE passages SET twins = 5",
        "UPDATE passages SET doc_id = NULL",
    ],
)
def test_a_passage_that_is_not_what_was_written_is_damage(tmp_path: Path, change: str) -> None:
    path = write(tmp_path / "c", FILLER)
    with closing(sqlite3.connect(path)) as connection, connection:
        if "NULL" in change:
            change = "UPDATE passages SET doc_id = x'64'"
        connection.execute(change)
    with pytest.raises(LibraryError, match="damaged; the cure"):
        Catalogue(path, "the cure").passages([0])


@pytest.mark.parametrize("change", ["text = x'41'", "title = x'41'", "path = x'41'"])
def test_a_document_that_is_not_what_was_written_is_damage(tmp_path: Path, change: str) -> None:
    path = write(tmp_path / "c", FILLER)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE documents SET {change}")
    with pytest.raises(LibraryError, match="damaged"):
        Catalogue(path).document("doc")


def test_a_passage_that_is_gone_is_damage(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="damaged"):
        opened(tmp_path / "c", FILLER).passages([0, 99])


def test_writing_where_there_is_no_room_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="unable to open"):
        write(tmp_path / "no folder" / "c", FILLER)


# Threads


def test_sixteen_threads_read_what_one_reads(tmp_path: Path) -> None:
    said: list[Said] = [(f"w{n} filler", "en") for n in range(200)]
    found = opened(tmp_path / "c", said, list(range(200)))
    start = threading.Barrier(16)

    def read(thread: int) -> bool:
        start.wait()
        return all(
            found.passages([row])[0].number == row + 1
            and [row for row, _ in found.twins(row)] == [row]
            and found.lexical(f"w{row}", "en", 1).keys() == {row}
            for row in range(thread, 200, 7)
        )

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(read, range(16)))
