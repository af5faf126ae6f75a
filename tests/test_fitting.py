"""From judged questions to a calibration."""

import json
import math
import random
from pathlib import Path

import numpy as np
import pytest
from conftest import HashingEncoder
from test_evaluation import PASSAGES, QUERIES, published, quiet  # noqa: F401 (a fixture)

import embeddings
from qa import Bot, QAError, __main__ as program
from qa.calibration import Calibration, calibration, write
from qa.fitting import Case, cases, fit, is_fitted, report, threshold
from qa.folders import fitted
from qa.judgements import Judged, read_judged
from qa.published import open_published


def drawn(slope: float, intercept: float, number: int, part: str = "a") -> list[Case]:
    """Cases with one feature, right as often as a logistic curve says."""
    draw = random.Random(0)
    values = [draw.uniform(-2, 2) for _ in range(number)]
    sure = [1 / (1 + math.exp(-(slope * x + intercept))) for x in values]
    return [
        Case({"x": x}, draw.random() < p, True, part, "en→en", fitted=True)
        for x, p in zip(values, sure, strict=True)
    ]


def test_the_curve_that_the_cases_were_drawn_from_is_found_again() -> None:
    found = fit(drawn(2.0, -0.5, 4000), {})
    assert found.weights["x"] == pytest.approx(2.0, abs=0.2)
    assert found.intercept == pytest.approx(-0.5, abs=0.1)


def test_a_set_counts_by_its_share_however_many_cases_it_has() -> None:
    """Right are 4 of 4 of one set and 0 of 400 of the other: without a feature that tells them
    apart the probability is that of the shares."""
    few = [Case({"x": 0.0}, True, True, "few", "", True)] * 4
    many = [Case({"x": 0.0}, False, True, "many", "", True)] * 400
    assert fit(few + many, {}).of({"x": 0.0}) == pytest.approx(0.5)
    assert fit(few + many, {"few": 3.0}).of({"x": 0.0}) == pytest.approx(0.75)


def test_the_threshold_refuses_one_of_twenty_answerable_questions() -> None:
    judge = Calibration({"x": 1.0}, 0.0, 0.0)
    there = [Case({"x": float(x)}, True, True, "a", "", True) for x in range(21)]
    absent = [Case({"x": -9.0}, False, False, "a", "", True)] * 50
    chosen = threshold(judge, there + absent)
    assert sum(judge.of(case.values) < chosen for case in there) == 1


def test_a_question_is_in_the_same_half_of_every_set() -> None:
    halves = {is_fitted(f"question {number}") for number in range(20)}
    assert halves == {True, False}
    assert is_fitted("¿Y en Italia?") is is_fitted("¿Y en Italia?")


def test_every_question_is_asked_in_each_language_that_has_its_answer(
    published: Path,  # noqa: F811
    cache: Path,
    encoder: HashingEncoder,
) -> None:
    judged = read_judged(published)
    bot = open_published(published, judged.corpus, encoder, quiet)
    found = list(cases(bot, judged, "small", quiet))
    answerable = [(case.pair, case.right) for case in found if case.answerable]
    assert answerable == [
        ("en→en", True),
        ("en→es", True),
        ("en→all", True),
        ("en→es", True),
        ("en→all", False),  # the passage that leads astray
        ("fr→fr", True),
        ("fr→all", True),
    ]
    assert {case.pair for case in found if not case.answerable} == {
        "en→en",
        "en→fr",
        "en→es",
        "en→all",
    }


def test_where_no_question_is_without_an_answer_every_second_one_has_its_answers_hidden(
    published: Path,  # noqa: F811
    cache: Path,
    encoder: HashingEncoder,
) -> None:
    judged = read_judged(published)
    bot = open_published(published, judged.corpus, encoder, quiet)
    every = Judged(judged.corpus, judged.answerable, [])
    found = list(cases(bot, every, "small", quiet))
    assert [(case.pair, case.answerable, case.right) for case in found[3:5]] == [
        ("en→es", False, False),
        ("en→all", False, False),
    ]
    assert all(case.answerable for case in found[:3] + found[5:])


def test_the_report_has_a_line_a_set_and_one_a_pair() -> None:
    judge = Calibration({"x": 10.0}, 0.0, 0.5)
    there = [Case({"x": 1.0}, True, True, "a", "en→en", False)] * 3
    absent = [Case({"x": x}, False, False, "a", "fr→en", False) for x in (-1.0, 2.0)]
    lines = [line.split() for line in report(judge, there + absent)]
    assert lines[1] == ["a", "5", "0.500", "0.000", "0.500", "0.200", "0.000"]
    assert lines[2] == ["en→en", "3", "–", "0.000", "–", "0.000", "0.000"]
    assert lines[3] == ["fr→en", "2", "0.500", "–", "0.500", "0.500", "0.000"]
    assert [line[0] for line in lines[4:]] == ["all", "en→en", "fr→en"]


# The file


JUDGE = Calibration({"score": 1.0, "length": 2.0, "unmentioned": 3.0, "spread": 4.0}, -1.0, 0.25)


def test_what_was_fitted_is_read_again_and_goes_before_what_ships(tmp_path: Path) -> None:
    path = tmp_path / "new" / "fitted.json"
    write(path, JUDGE, "some-model", "by hand")
    assert calibration("multilingual-e5-small", path) == JUDGE
    assert json.loads(path.read_text())["provenance"] == "by hand"
    assert [file.name for file in path.parent.iterdir()] == ["fitted.json"]


def test_without_a_file_the_shipped_one_is_read(tmp_path: Path) -> None:
    shipped = calibration("multilingual-e5-small")
    assert calibration("multilingual-e5-small", tmp_path / "none.json") == shipped
    assert calibration("another-model") == shipped
    assert shipped.weights["score"] > 0 > shipped.weights["unmentioned"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"weights": {"score": 1}}'])
def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path, content: str) -> None:
    path = tmp_path / "fitted.json"
    path.write_text(content)
    with pytest.raises(QAError, match=r"fitted\.json is damaged or of another version; remove it"):
        calibration("multilingual-e5-small", path)


# The command


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """200 passages and as many questions, each made of its own two words."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    texts = [
        f"subject{n} matter{n} " + " ".join(f"more{n}x{m}" for m in range(n % 7))
        for n in range(200)
    ]
    lines = [
        json.dumps({"_id": f"d{n}", "text": text, "lang": "en"}) for n, text in enumerate(texts)
    ]
    (folder / "corpus.jsonl").write_text("\n".join(lines))
    asked = [f"where is subject{n} matter{n}" for n in range(200)] * 3
    lines = [
        json.dumps({"_id": f"q{n}", "text": text, "lang": "en"}) for n, text in enumerate(asked)
    ]
    (folder / "queries.jsonl").write_text("\n".join(lines))
    (folder / "qrels.tsv").write_text("".join(f"q{n}\td{n % 200}\t1\n" for n in range(600)))
    return folder


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, encoder: HashingEncoder) -> None:
    monkeypatch.setattr(embeddings, "open_encoder", lambda *_: encoder)


@pytest.mark.usefixtures("opened")
def test_the_command_fits_a_score_and_the_next_answer_is_judged_by_it(
    corpus: Path, cache: Path, encoder: HashingEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.run(["calibrate", str(corpus)]) == 0
    printed = capsys.readouterr()
    path = fitted(encoder.digest)
    assert printed.out.splitlines()[1].split()[0] == "corpus"
    assert f"written to {path}" in printed.err
    written = calibration(encoder.name, path)
    assert np.isfinite([*written.weights.values(), written.intercept, written.threshold]).all()
    documents = corpus.parent / "documents"
    documents.mkdir()
    (documents / "one.txt").write_text("A lighthouse stands on the island.\n")
    bot = Bot(documents, corpus.parent / "index", encoder, model_name=encoder.name)
    assert bot.judge == written


@pytest.mark.usefixtures("opened")
def test_too_few_questions_are_refused_and_nothing_is_written(
    published: Path,  # noqa: F811
    cache: Path,
    encoder: HashingEncoder,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert program.run(["calibrate", str(published)]) == 2
    assert "are too few to fit a score to" in capsys.readouterr().err
    assert not fitted(encoder.digest).exists()
