"""What others build on, and may not change without notice."""

import dataclasses
import inspect
import os
import subprocess
import sys
from collections.abc import Collection, Sequence
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest
from conftest import HashingEncoder

import qa
from qa import answering, errors, types


@pytest.fixture
def bot(folder: Path, cache: Path, encoder: HashingEncoder) -> qa.Bot:
    return qa.Bot(folder, cache / "index", encoder, model_name="hashing")


def test_these_names_are_public_and_no_others() -> None:
    assert qa.__all__ == ["Answer", "Bot", "Filter", "QAError", "Quote", "Span", "answer"]
    assert all(hasattr(qa, name) for name in qa.__all__)
    assert set(qa.__all__) <= set(dir(qa))


def test_a_star_import_gives_them_all() -> None:
    names: dict[str, object] = {}
    exec("from qa import *", names)
    assert set(qa.__all__) <= names.keys()


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'qa' has no attribute 'nothing'"):
        _ = qa.nothing  # type: ignore[attr-defined]


def test_the_arguments_of_answer() -> None:
    parameters = inspect.signature(qa.answer).parameters
    assert {name: parameter.default for name, parameter in parameters.items()} == {
        "question": inspect.Parameter.empty,
        "documents": None,
        "index": None,
        "top_k": 3,
        "language": None,
        "only": None,
        "within": None,
        "since": None,
        "until": None,
        "title": None,
        "model": None,
        "store": None,
        "history": (),
    }
    by_name = [name for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY]
    assert by_name == list(parameters)[1:]


def test_the_types_of_the_arguments_of_answer() -> None:
    place = str | os.PathLike[str] | None
    assert get_type_hints(qa.answer) == {
        "question": str,
        "documents": place,
        "index": place,
        "top_k": int,
        "language": types.Language | None,
        "only": Collection[types.Language] | None,
        "within": str | Collection[str] | None,
        "since": str | int | date | None,
        "until": str | int | date | None,
        "title": str | None,
        "model": str | None,
        "store": str | None,
        "history": Sequence[str] | None,
        "return": qa.Answer,
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"question": None}, "question is None; it must be a text"),
        ({"question": b"Who?"}, "question is b'Who?'; it must be a text"),
        ({"top_k": "3"}, "top_k is '3'; it must be a whole number, 1 or more"),
        ({"top_k": 2.5}, "top_k is 2.5; it must be a whole number, 1 or more"),
        ({"top_k": None}, "top_k is None; it must be a whole number, 1 or more"),
        ({"language": 3}, "unknown language 3; choose from en, fr, es"),
        ({"history": [1]}, "history is [1]; it must be a list of texts"),
        ({"history": "Who?"}, "history is 'Who?'; put it into a list: ['Who?']"),
        ({"history": 1}, "history is 1; it must be a list of texts"),
        ({"only": "fr,es"}, "only is 'fr,es'; put it into a list: ['fr', 'es']"),
        ({"within": [3]}, "within is [3]; it must be a list of texts"),
        ({"title": 3}, "title is 3; it must be a text"),
        ({"model": 3}, "model is 3; it must be a text"),
        ({"store": ["x.db"]}, "store is ['x.db']; it must be a text"),
        ({"documents": 3}, "'3' names no folder ("),
        ({"index": 3}, "'3' names no folder ("),
    ],
    ids=lambda value: str(value)[:30],
)
def test_an_argument_of_the_wrong_type_is_one_sentence(
    bot: qa.Bot, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], said: str
) -> None:
    monkeypatch.setattr(answering, "open_bot", lambda *_: bot)
    with pytest.raises(qa.QAError) as caught:
        qa.answer(**{"question": "Who?"} | arguments)
    assert str(caught.value).startswith(said)


def test_what_stands_for_an_argument_is_taken(
    bot: qa.Bot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(answering, "open_bot", lambda *given: opened.append(given) or bot)
    plain = qa.answer("Who is the keeper of the hives?", top_k=1)
    assert plain == qa.answer("Who is the keeper of the hives?", top_k=np.int64(1), history=None)
    qa.answer("Who?", model=tmp_path)  # type: ignore[arg-type]
    assert opened == [(None, None, None, None), (None, None, str(tmp_path), None)]


def test_the_arguments_of_a_bot() -> None:
    assert list(inspect.signature(qa.Bot.open).parameters) == [
        "documents",
        "index",
        "model",
        "rebuild",
        "progress",
        "spread",
    ]
    assert list(inspect.signature(qa.Bot.answer).parameters) == [
        "self",
        "question",
        "top_k",
        "language",
        "where",
        "history",
        "threshold",
    ]
    public = {name for name in vars(qa.Bot) if not name.startswith("_")}
    assert public == {
        "answer",
        "around",
        "hits",
        "judge",
        "library",
        "open",
        "passage",
        "refresh",
        "skipped",
        "sources",
    }


def test_the_fields_of_an_answer() -> None:
    assert [field.name for field in dataclasses.fields(qa.Answer)] == [
        "question",
        "searched",
        "language",
        "quotes",
        "near_misses",
        "reason",
        "notes",
    ]


def test_the_fields_of_a_quote() -> None:
    assert [field.name for field in dataclasses.fields(qa.Quote)] == [
        "source_id",
        "doc_id",
        "path",
        "title",
        "language",
        "kind",
        "start",
        "end",
        "line",
        "text",
        "score",
        "page",
        "highlight",
        "twins",
        "missing",
        "introduced",
        "section",
    ]
    assert isinstance(qa.Quote.also, property)


def test_the_fields_of_a_filter() -> None:
    fields = {field.name: field.default for field in dataclasses.fields(qa.Filter)}
    assert fields == {"only": (), "within": (), "since": "", "until": "", "title": ""}


def test_the_reasons() -> None:
    assert get_args(types.Reason) == (
        "",
        "empty question",
        "no documents",
        "nothing passes the filter",
        "no relevant passage",
    )


def test_the_languages() -> None:
    assert types.LANGUAGES == get_args(types.Language) == ("en", "fr", "es")


def test_every_error_is_a_qa_error() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    assert len(kinds) == 6
    assert all(issubclass(kind, qa.QAError) for kind in kinds)


@pytest.mark.parametrize("package", ["qa", "embeddings"])
def test_the_packages_say_that_they_are_typed(package: str) -> None:
    assert resources.files(package).joinpath("py.typed").is_file()


def test_importing_the_package_loads_no_numpy() -> None:
    code = "import sys, qa; qa.QAError, qa.Answer; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
