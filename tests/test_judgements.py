"""Published questions are read in the conventions of BEIR and TREC; what is wrong is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from qa.errors import DocumentError
from qa.judgements import Question, Text, read_judged, read_qrels, read_texts, sample

CORPUS = [
    Text("a", "The cat sleeps.", "en"),
    Text("b", "El gato duerme.", "es"),
    Text("c", "The cat sleeps.", "en"),
]


def write_lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def published(tmp_path: Path) -> Path:
    write_lines(
        tmp_path / "corpus.jsonl",
        {"_id": "a", "text": "The cat sleeps.", "lang": "en"},
        {"_id": "b", "text": "El gato duerme.", "lang": "es"},
    )
    write_lines(
        tmp_path / "queries.jsonl",
        {"_id": "q1", "text": "What does the cat do?", "lang": "en"},
        {"_id": "q2", "text": "¿Qué hace el gato?", "lang": "es"},
        {"_id": "q3", "text": "Who barks?", "lang": "en"},
    )
    (tmp_path / "qrels.tsv").write_text("q1\ta\t1\nq2\tb\t1\n", encoding="utf-8")
    return tmp_path


def test_a_folder_is_read_and_questions_without_a_judgement_are_counted(published: Path) -> None:
    judged = read_judged(published)
    assert judged.answerable == [
        Question("q1", "What does the cat do?", "en", {"a": 1}),
        Question("q2", "¿Qué hace el gato?", "es", {"b": 1}),
    ]
    assert (judged.unanswerable, judged.left_out) == ([], 1)


def test_unanswerable_questions_stand_beside_the_questions(published: Path) -> None:
    row = {"_id": "u", "text": "Qui aboie ?", "lang": "fr"}
    write_lines(published / "queries-unanswerable.jsonl", row)
    assert read_judged(published).unanswerable == [Question("u", "Qui aboie ?", "fr", {})]


@pytest.mark.parametrize("inside", [True, False])
def test_other_questions_and_judgements_are_named_by_path_or_in_the_folder(
    published: Path, tmp_path_factory: pytest.TempPathFactory, inside: bool
) -> None:
    place = published if inside else tmp_path_factory.mktemp("elsewhere")
    queries = write_lines(place / "long.jsonl", {"_id": "q9", "text": "Who sleeps?", "lang": "en"})
    (place / "long.tsv").write_text("q9\ta\t1\n")
    qrels = place / "long.tsv"
    if inside:
        queries, qrels = Path("long.jsonl"), Path("long.tsv")
    judged = read_judged(published, queries, qrels)
    assert [question.id for question in judged.answerable] == ["q9"]


def test_judgements_across_languages_come_first_and_beir_keeps_its_own_in_a_folder(
    published: Path,
) -> None:
    (published / "qrels-cross.tsv").write_text("q1\ta\t1\nq1\tb\t1\n")
    assert read_judged(published).answerable[0].grades == {"a": 1, "b": 1}
    (published / "qrels-cross.tsv").unlink()
    (published / "qrels").mkdir()
    (published / "qrels.tsv").rename(published / "qrels" / "test.tsv")
    assert read_judged(published).answerable[0].grades == {"a": 1}


@pytest.mark.parametrize(
    "content",
    [
        "q1\tb\t2\n",
        "query-id\tcorpus-id\tscore\nq1\tb\t2\n",
        "q1 0 b 2\n",
        "q1\t0\tb\t2\n",
        "\ufeffq1\tb\t2\r\n\r\n",
        "q1\tb\t2\nq1\ta\t0\nq1\tgone\t0\n",
    ],
)
def test_three_columns_and_four_mean_the_same(tmp_path: Path, content: str) -> None:
    path = tmp_path / "qrels.tsv"
    path.write_bytes(content.encode())
    assert read_qrels(path, CORPUS) == {"q1": {"b": 2}}


def test_texts_that_are_word_for_word_alike_are_relevant_alike(tmp_path: Path) -> None:
    path = tmp_path / "qrels.tsv"
    path.write_text("q1\ta\t1\nq1\tc\t2\n")
    assert read_qrels(path, CORPUS) == {"q1": {"a": 2, "c": 2}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("q1\ta\t1\nq1\tz\t1\n", ":2: 'z' is judged, and is not in corpus.jsonl"),
        ("q1\ta\n", ":1: 2 columns, the last 'a'"),
        ("q1\ta\t1\nq1\ta\tyes\n", ":2: 3 columns, the last 'yes'"),
        ("q1\t0\t0\ta\t1\n", ":1: 5 columns, the last '1'"),
    ],
)
def test_a_wrong_judgement_is_named_by_its_line(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "qrels.tsv"
    path.write_text(content)
    with pytest.raises(DocumentError) as caught:
        read_qrels(path, CORPUS)
    assert f"{path}{said}" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ('["a"]', "no _id"),
        ('{"text": "x"}', "no _id"),
        ('{"_id": "x"}', "no text"),
        ('{"_id": "x", "text": 3}', "no text"),
        ('{"_id": "x", "text": "Katze", "lang": "de"}', "lang is 'de'; expected en, fr, es"),
        ('{"_id": "a", "text": "again"}', "the _id 'a' stands on an earlier line"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text('{"_id": "a", "text": "The cat sleeps."}\n\n' + line)
    with pytest.raises(DocumentError) as caught:
        read_texts(path)
    assert str(caught.value).startswith(f"{path}:3: {said}")


def test_a_missing_and_an_empty_and_a_foreign_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"corpus\.jsonl cannot be read.*qrels\.tsv"):
        read_judged(tmp_path)
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n")
    with pytest.raises(DocumentError, match="is empty"):
        read_texts(path)
    path.write_bytes('{"_id": "é", "text": "é"}'.encode("cp1252"))
    with pytest.raises(DocumentError, match="is not in UTF-8"):
        read_texts(path)


def test_judgements_of_other_questions_are_not_taken_for_an_answer(published: Path) -> None:
    (published / "qrels.tsv").write_text("other\ta\t1\n")
    with pytest.raises(DocumentError, match="none of the 3 questions"):
        read_judged(published)


def test_a_language_that_is_not_named_is_detected(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "queries.jsonl",
        {"_id": 1, "text": "Où est le chat ?"},
        {"_id": 2, "text": "Where is the cat?", "lang": ""},
        {"_id": 3, "text": "¿Dónde está el gato?", "lang": "ES"},
    )
    read = [(text.id, text.language) for text in read_texts(path)]
    assert read == [("1", "fr"), ("2", "en"), ("3", "es")]


def test_half_a_character_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text('{"_id": "a", "text": "x\\ud83d y", "lang": "en"}')
    assert read_texts(path)[0].text == "x\ufffd y"


QUESTIONS = [Question(f"{code}{n}", "?", code, {}) for n in range(20) for code in ("en", "es")]


def test_a_sample_is_the_same_for_the_same_seed_and_has_as_many_of_each_language() -> None:
    drawn = sample(QUESTIONS, 5, seed=7)
    assert drawn == sample(QUESTIONS, 5, seed=7)
    assert drawn != sample(QUESTIONS, 5, seed=8)
    assert [question.language for question in drawn] == ["en"] * 5 + ["es"] * 5
    assert len({q.id for q in drawn}) == 10


def test_without_a_limit_all_are_asked_in_order() -> None:
    assert sample(QUESTIONS, None, seed=7) == QUESTIONS
    assert len(sample(QUESTIONS, 100, seed=7)) == len(QUESTIONS)
