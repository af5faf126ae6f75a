"""Published questions with judgements, read in the conventions of BEIR and TREC.

`corpus.jsonl` and `queries.jsonl` hold an object a line with `_id`, `text` and, if known, `title`
and `lang`. Relevance stands in columns: `query-id corpus-id score` with or without these words on
top, or TREC's four (`query-id 0 doc-id score`).
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import DocumentError
from qa.language import detect
from qa.types import LANGUAGES, Language

CORPUS, QUERIES, UNANSWERABLE = "corpus.jsonl", "queries.jsonl", "queries-unanswerable.jsonl"
QRELS = ("qrels-cross.tsv", "qrels.tsv", "qrels/test.tsv")  # the first that is there is read

Grades = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Text:
    """One line of a corpus or of a file of questions."""

    id: str
    text: str
    language: Language
    title: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the grades of the texts that answer it; none where nothing does."""

    id: str
    text: str
    language: Language
    grades: Grades


@dataclass(frozen=True, slots=True)
class Judged:
    """A corpus with its questions. `left_out` counts questions without a judgement."""

    corpus: Sequence[Text]
    answerable: Sequence[Question]
    unanswerable: Sequence[Question]
    left_out: int = 0


def read_judged(folder: Path, queries: Path | None = None, qrels: Path | None = None) -> Judged:
    """Read a folder. `queries` and `qrels` are paths, or names in the folder.

    Raises:
        DocumentError: a file is missing, or a line of it is not what it should be.
    """
    corpus = read_texts(folder / CORPUS)
    asked = _found(folder, queries or Path(QUERIES))
    texts = read_texts(asked)
    grades = read_qrels(_qrels_of(folder) if qrels is None else _found(folder, qrels), corpus)
    beside = asked.with_name(UNANSWERABLE)
    unanswerable = read_texts(beside) if beside.is_file() and beside != asked else []
    answerable = [
        Question(text.id, text.text, text.language, grades[text.id])
        for text in texts
        if any(grade > 0 for grade in grades.get(text.id, {}).values())
    ]
    if not answerable:
        raise DocumentError(
            f"none of the {len(texts)} questions of {asked} has a relevant text in the "
            "judgements; choose the file that belongs to them with --qrels"
        )
    return Judged(
        corpus,
        answerable,
        [Question(text.id, text.text, text.language, {}) for text in unanswerable],
        len(texts) - len(answerable),
    )


def sample(questions: Sequence[Question], limit: int | None, seed: int) -> list[Question]:
    """At most `limit` questions of each language, drawn by `seed`; the same for the same seed."""
    if limit is None:
        return list(questions)
    drawn: list[Question] = []
    for language in LANGUAGES:
        of = [question for question in questions if question.language == language]
        random.Random(seed).shuffle(of)
        drawn += of[:limit]
    return drawn


def read_texts(path: Path) -> list[Text]:
    """The lines of a corpus or of a file of questions.

    Raises:
        DocumentError: it cannot be read, or a line is not what it should be.
    """
    texts: dict[str, Text] = {}
    for number, line in _lines(path):
        text = _text(f"{path}:{number}", line)
        if text.id in texts:
            raise DocumentError(f"{path}:{number}: the _id {text.id!r} stands on an earlier line")
        texts[text.id] = text
    if not texts:
        raise DocumentError(f'{path} is empty; expected lines such as {{"_id": "1", "text": "…"}}')
    return list(texts.values())


def _text(place: str, line: str) -> Text:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f'{place}: not JSON; expected {{"_id": "1", "text": "…"}}') from error
    if not isinstance(row, dict) or not isinstance(row.get("_id"), str | int):
        raise DocumentError(f'{place}: no _id; expected {{"_id": "1", "text": "…"}}')
    if not isinstance(row.get("text"), str):
        raise DocumentError(f'{place}: no text; expected {{"_id": "1", "text": "…"}}')
    title, text = _clean(row.get("title") or ""), _clean(row["text"])
    return Text(str(row["_id"]), text, _language(place, row, f"{title} {text}"), title)


def _clean(text: Any) -> str:
    """JSON may hold half a surrogate pair, which is no character."""
    return str(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _language(place: str, row: Mapping[str, Any], text: str) -> Language:
    code = row.get("lang")
    if not code:
        return detect(text)
    for language in LANGUAGES:
        if str(code).lower() == language:
            return language
    known = ", ".join(LANGUAGES)
    raise DocumentError(
        f"{place}: lang is {code!r}; expected {known}, or nothing for it to be detected"
    )


def read_qrels(path: Path, corpus: Sequence[Text]) -> dict[str, dict[str, int]]:
    """The grades of the relevant texts, by question. Texts that are word for word alike answer
    alike, so each has the grade of the best of them.

    Raises:
        DocumentError: it cannot be read, or a line is not what it should be.
    """
    texts = {text.id: text.text for text in corpus}
    same = defaultdict(list)
    for doc_id, text in texts.items():
        same[text].append(doc_id)
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    for number, line in _lines(path):
        columns = line.rstrip("\r\n").split("\t") if "\t" in line else line.split()
        if number == 1 and columns[-1].strip() in ("score", "relevance"):
            continue
        question, doc_id, grade = _judgement(f"{path}:{number}", columns)
        if grade > 0 and doc_id not in texts:
            raise DocumentError(
                f"{path}:{number}: {doc_id!r} is judged, and is not in {CORPUS}; "
                "take the line out, or put the text in"
            )
        for alike in same[texts[doc_id]] if grade > 0 else ():
            grades[question][alike] = max(grade, grades[question].get(alike, 0))
    return grades


def _judgement(place: str, columns: Sequence[str]) -> tuple[str, str, int]:
    try:
        question, *iteration, doc_id, grade = (column.strip() for column in columns)
        if len(iteration) <= 1:
            return question, doc_id, int(grade)
    except ValueError:
        pass
    raise DocumentError(
        f"{place}: {len(columns)} columns, the last {columns[-1].strip()!r}; expected "
        "query-id, corpus-id and a whole number, or TREC's query-id, 0, doc-id and a whole number"
    )


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not empty, with their numbers."""
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path} is not in UTF-8; write it anew in UTF-8") from error
    except OSError as error:
        raise DocumentError(
            f"{path} cannot be read ({error.strerror or error}); `qa evaluate` expects a folder "
            f"with {CORPUS}, {QUERIES} and {QRELS[1]}"
        ) from error


def _found(folder: Path, path: Path) -> Path:
    return path if path.is_file() else folder / path


def _qrels_of(folder: Path) -> Path:
    there = [folder / name for name in QRELS if (folder / name).is_file()]
    return there[0] if there else folder / QRELS[1]
