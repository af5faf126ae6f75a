"""`qa evaluate` on a corpus so small that every number can be counted by hand."""

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ir_measures
import pytest
from conftest import HashingEncoder
from ir_measures import RR, R, Success, nDCG
from test_judgements import write_lines

import embeddings
from qa import __main__ as program, dictionary
from qa.evaluation import Evaluation, evaluate
from qa.judgements import Judged, Question, Text, read_judged
from qa.published import Published, open_published
from qa.report import run_lines, table
from qa.systems import Ranking, Search, rank
from qa.types import LANGUAGES, SYSTEMS, Language, System

# The answers to each question stand in these texts, by words that they share with it. The passages
# that lead astray have the words of one question that has its answer in another language only.
PASSAGES: list[tuple[str, Language, str]] = [
    ("honey-en", "en", "honey colony forty kilograms summer"),
    ("honey-es", "es", "miel colonia honey kilograms verano"),
    ("astray-en", "en", "lighthouse height thirty boats"),
    ("faro-es", "es", "faro altura metros lighthouse isla"),
    ("moulin-fr", "fr", "moulin farine village mardi"),
    ("honey-again", "en", "mill flour river"),
]
QUERIES: list[tuple[str, Language, str, list[str]]] = [
    ("q-honey", "en", "honey colony kilograms", ["honey-en", "honey-es"]),
    ("q-light", "en", "lighthouse height", ["faro-es"]),
    ("q-moulin", "fr", "moulin farine", ["moulin-fr"]),
]
UNANSWERABLE: list[tuple[str, Language, str]] = [("u-pizza", "en", "pizza naples")]


@pytest.fixture(scope="module", autouse=True)
def unpacked() -> None:
    """The lists of words, whose unpacking would be told of on a slow machine."""
    for language in LANGUAGES:
        dictionary._made(language)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    folder = tmp_path / "published"
    rows = [{"_id": i, "text": text, "lang": language} for i, language, text in PASSAGES]
    write_lines(folder / "corpus.jsonl", *rows)
    rows = [{"_id": i, "text": text, "lang": language} for i, language, text, _ in QUERIES]
    write_lines(folder / "queries.jsonl", *rows)
    lines = [f"{i}\t{doc}\t1\n" for i, _, _, docs in QUERIES for doc in docs]
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(lines))
    rows = [{"_id": i, "text": text, "lang": language} for i, language, text in UNANSWERABLE]
    write_lines(folder / "queries-unanswerable.jsonl", *rows)
    return folder


def quiet(what: str, share: float) -> None:
    assert 0 <= share <= 1


@pytest.fixture
def bot(published: Path, cache: Path, encoder: HashingEncoder) -> Published:
    return open_published(published, read_judged(published).corpus, encoder, quiet)


Measure = Callable[..., Evaluation]


@pytest.fixture
def measure(published: Path, bot: Published) -> Measure:
    def measure(system: System = "full", only: Language | None = None) -> Evaluation:
        return evaluate(bot, read_judged(published), system, quiet, only=only)

    return measure


def row(evaluation: Evaluation, asked: str, searched: str) -> dict[str, Any]:
    [found] = [
        row
        for row in evaluation.rows()
        if (row["query_language"], row["corpus_language"]) == (asked, searched)
    ]
    return found


# Rows


def test_there_is_a_row_a_pair_with_answers_and_one_for_the_mixed_corpus(measure: Measure) -> None:
    rows = measure().rows()
    assert [(r["query_language"], r["corpus_language"], r["queries"]) for r in rows] == [
        ("en", "en", 1),
        ("en", "es", 2),
        ("en", "all", 2),
        ("fr", "fr", 1),
        ("fr", "all", 1),
        ("all", "all", 3),
    ]


def test_in_a_row_of_a_pair_only_one_language_is_searched(measure: Measure) -> None:
    languages = {text_id: language for text_id, language, _ in PASSAGES}
    for outcome in measure().outcomes:
        found = {languages[doc_id] for doc_id in outcome.ranking.doc_ids}
        assert found == ({"en", "es", "fr"} if outcome.part == "all" else {outcome.part})


def test_one_language_alone_is_searched_where_it_is_named(measure: Measure) -> None:
    rows = measure(only="es").rows()
    assert [(r["query_language"], r["corpus_language"]) for r in rows] == [("en", "es")]


def test_a_corpus_of_one_language_has_no_second_row_for_all_of_it(
    published: Path, encoder: HashingEncoder, cache: Path
) -> None:
    rows = [{"_id": i, "text": text, "lang": "en"} for i, _, text in PASSAGES]
    write_lines(published / "corpus.jsonl", *rows)
    judged = read_judged(published)
    made = open_published(published, judged.corpus, encoder, quiet)
    evaluation = evaluate(made, judged, "full", quiet)
    assert {r["corpus_language"] for r in evaluation.rows()} == {"en"}
    assert len(evaluation.widest) == 4


def test_a_question_is_encoded_once_however_many_parts_are_searched(
    measure: Measure, encoder: HashingEncoder
) -> None:
    measure()
    assert encoder.queries == len(QUERIES) + len(UNANSWERABLE)


# The preference for the question's own language


def test_a_wrong_passage_in_the_questions_own_language_is_counted(measure: Measure) -> None:
    """ "lighthouse height" is answered in Spanish only; an English passage has both words.

    "honey colony kilograms" is answered in both languages, first in English. With that answer
    hidden, the Spanish one has most of its words.
    """
    english = row(measure("dense"), "en", "all")
    assert (english["queries_both"], english["own_language_first_both"]) == (1, 0.0)
    assert (english["queries_other"], english["own_language_first_other"]) == (2, 0.5)


def test_the_answer_in_the_questions_own_language_is_hidden_for_the_second_rate(
    published: Path, cache: Path, encoder: HashingEncoder
) -> None:
    """Of "mill flour" the answer in English has both words in three: 0.82; the wrong passage one
    in two: 0.5; the answer in Spanish one in three: 0.41. So the wrong one is next."""
    corpus = [
        Text("mill-en", "mill flour river", "en"),
        Text("bread-en", "flour bread", "en"),
        Text("mill-es", "molino mill agua", "es"),
    ]
    question = Question("q", "mill flour", "en", {"mill-en": 1, "mill-es": 1})
    bot = open_published(published, corpus, encoder, quiet)
    english = row(evaluate(bot, Judged(corpus, [question], []), "dense", quiet), "en", "all")
    assert (english["success@1"], english["queries_both"], english["queries_other"]) == (1, 1, 1)
    assert english["own_language_first_both"] == 0
    assert english["own_language_first_other"] == 1


def test_without_another_language_there_is_no_preference(measure: Measure) -> None:
    french = row(measure(), "fr", "all")
    assert (french["queries_both"], french["own_language_first_both"]) == (0, None)
    assert (french["queries_other"], french["own_language_first_other"]) == (0, None)


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_is_hidden_is_as_if_it_were_not_there(bot: Published, system: System) -> None:
    hidden = {bot.rows["honey-en"]}
    seen = rank(bot, Search("honey colony kilograms", "en"), system)
    left = rank(bot, Search("honey colony kilograms", "en", hidden=hidden), system)
    assert seen.doc_ids[0] == "honey-en"
    assert left.doc_ids[0] == "honey-es"
    assert "honey-en" not in left.doc_ids


def test_hidden_words_do_not_set_the_measure_for_the_others(bot: Published) -> None:
    """In the question's own language a passage loses by what the best has more of its words."""
    row = bot.rows["honey-again"]

    def score(hidden: set[int]) -> float:
        hits = bot.hits("honey colony kilograms flour", language="en", hidden=hidden)
        return next(hit.score for hit in hits if hit.row == row)

    assert score({bot.rows["honey-en"]}) > score(set())


# Systems


def test_dense_ranks_by_the_cosine_of_the_words(bot: Published) -> None:
    """Two words of two and four: 2 / sqrt(2 * 4)."""
    found = rank(bot, Search("lighthouse height", "en"), "dense")
    assert found.doc_ids[0] == "astray-en"
    assert found.scores[0] == pytest.approx(2 / math.sqrt(2 * 4))
    assert list(found.scores) == sorted(found.scores, reverse=True)
    assert len(found.doc_ids) == len(PASSAGES)


def test_bm25_finds_shared_words_in_every_language_and_nothing_else(bot: Published) -> None:
    found = rank(bot, Search("honey colony", "fr"), "bm25")
    assert list(found.doc_ids) == ["honey-en", "honey-es"]
    assert rank(bot, Search("pizza naples", "en"), "bm25") == Ranking([], [], [])
    assert list(rank(bot, Search("honey", "fr", only=["es"]), "bm25").doc_ids) == ["honey-es"]


def test_late_knows_no_lexical_bonus_and_full_does(bot: Published) -> None:
    late = rank(bot, Search("honey colony", "en"), "late")
    full = rank(bot, Search("honey colony", "en"), "full")
    assert late.doc_ids[0] == full.doc_ids[0] == "honey-en"
    assert late.scores[0] == pytest.approx(1.0, abs=1e-3)  # token vectors are kept in 8 bits
    assert late.probability is None
    assert full.probability is not None


def test_full_is_what_answers_users(bot: Published) -> None:
    for _, language, text, _ in QUERIES:
        best = bot.answer(text, language=language, threshold=0.0).quotes[0]
        found = rank(bot, Search(text, language), "full")
        assert found.doc_ids[0] == best.doc_id
        assert found.probability == best.score


# The numbers


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_run_gives_ir_measures_the_numbers_of_the_table(
    measure: Measure, published: Path, system: System
) -> None:
    evaluation = measure(system)
    run = ir_measures.read_trec_run("".join(run_lines(evaluation)))
    qrels = [ir_measures.Qrel(i, doc, 1) for i, _, _, docs in QUERIES for doc in docs]
    names = {
        "success@1": Success @ 1,
        "success@3": Success @ 3,
        "success@5": Success @ 5,
        "recall@10": R @ 10,
        "MRR@10": RR @ 10,
        "nDCG@10": nDCG @ 10,
    }
    theirs = ir_measures.calc_aggregate(list(names.values()), qrels, run)
    ours = row(evaluation, "all", "all")
    for name, reference in names.items():
        assert ours[name] == pytest.approx(theirs[reference], abs=1e-6), name


def test_refusing_is_counted_at_the_shipped_threshold(bot: Published, measure: Measure) -> None:
    evaluation = measure()
    pooled = row(evaluation, "all", "all")
    sure = {o.question.id: o.confidence for o in evaluation.widest}
    threshold = bot.judge.threshold
    answerable = [sure[i] for i, *_ in QUERIES]
    assert evaluation.threshold == threshold
    assert pooled["unanswerable"] == 1
    assert pooled["AUROC"] == sum(p > sure["u-pizza"] for p in answerable) / 3 == 1
    assert pooled["refused_answerable"] == sum(p < threshold for p in answerable) / 3
    assert pooled["answered_unanswerable"] == float(sure["u-pizza"] >= threshold) == 0


def test_only_the_full_system_has_a_threshold_and_all_have_an_auroc(measure: Measure) -> None:
    for system in ("bm25", "dense", "late"):
        pooled = row(measure(system), "all", "all")
        assert pooled["AUROC"] == 1
        assert pooled["refused_answerable"] is None
        assert pooled["answered_unanswerable"] is None
        assert pooled["calibration_error"] is None


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_table_fits_into_100_columns(measure: Measure, system: System) -> None:
    printed = table(measure(system))
    assert max(map(len, printed.splitlines())) <= 100
    assert "own/other" in printed
    assert "unanswerable" in printed


# The index of a corpus


def folders(cache: Path) -> list[str]:
    return sorted(
        str(path.relative_to(cache / "published"))
        for path in (cache / "published").glob("*/*/*")
        if path.is_dir()
    )


def test_an_index_is_made_once_and_not_kept_for_texts_that_are_gone(
    published: Path, cache: Path, encoder: HashingEncoder, bot: Published
) -> None:
    encoded, corpus = encoder.passages, read_judged(published).corpus
    open_published(published, corpus, encoder, quiet)
    assert encoder.passages == encoded
    [before] = folders(cache)
    open_published(published, [*corpus, Text("new", "sheep", "en")], encoder, quiet)
    [after] = folders(cache)
    assert after != before
    assert after.split("/")[0] == before.split("/")[0]


def test_a_second_model_has_an_index_beside_the_first(
    published: Path, cache: Path, encoder: HashingEncoder, bot: Published
) -> None:
    other = HashingEncoder()
    other.digest = "fedcba9876543210"
    open_published(published, read_judged(published).corpus, other, quiet)
    assert [path.split("/")[-1] for path in folders(cache)] == [encoder.digest, other.digest]


def test_an_index_that_was_left_half_made_is_made_anew(
    published: Path, cache: Path, encoder: HashingEncoder
) -> None:
    corpus = read_judged(published).corpus

    def interrupted(what: str, share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_published(published, corpus, encoder, interrupted)
    made = open_published(published, corpus, encoder, quiet)
    assert len(made.library()) == len(PASSAGES)
    assert [path.split("/")[-1] for path in folders(cache)] == [encoder.digest]


def test_a_text_is_one_passage_and_a_title_alone_is_a_text(
    tmp_path: Path, cache: Path, encoder: HashingEncoder
) -> None:
    corpus = [Text("a", "One.\n\nTwo.\n\nThree.", "en"), Text("b", "", "en", "Only a title")]
    made = open_published(tmp_path, corpus, encoder, quiet)
    assert made.passage("a#p1").text == "One.\n\nTwo.\n\nThree."
    assert made.hits("Only a title", language="en")[0].passage.doc_id == "b"


# The command

Result = tuple[int, str, str]


@pytest.fixture
def run(
    published: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., Result]:
    monkeypatch.setattr(embeddings, "open_encoder", lambda *_: HashingEncoder())

    def run(*arguments: str | Path) -> Result:
        status = program.run(["evaluate", str(published), *map(str, arguments)])
        out, err = capsys.readouterr()
        return status, out, err

    return run


def test_the_command_prints_a_table_and_nothing_else(run: Callable[..., Result]) -> None:
    status, out, err = run()
    assert (status, err) == (0, "")
    assert out.startswith("6 passages, model hashing, system full; in per cent\n\npair ")
    assert "\nall→all        3  " in out


def test_json_has_shares_and_how_they_were_made(run: Callable[..., Result]) -> None:
    status, out, _ = run("--json", "--system", "dense", "--limit", "1", "--seed", "3")
    content = json.loads(out)
    assert status == 0
    assert (content["model"], content["system"]) == ("hashing", "dense")
    assert (content["limit"], content["seed"], content["without_judgement"]) == (1, 3, 0)
    assert {row["queries"] for row in content["rows"] if row["query_language"] != "all"} == {1}
    for measured in content["rows"]:
        assert 0 <= measured["nDCG@10"] <= 1


def test_the_languages_of_questions_and_passages_are_chosen(run: Callable[..., Result]) -> None:
    content = json.loads(run("--json", "--query-language", "en", "--corpus-language", "es")[1])
    [only] = content["rows"]
    assert (only["query_language"], only["corpus_language"], only["queries"]) == ("en", "es", 2)


def test_a_limit_leaves_questions_that_the_chosen_passages_answer(
    run: Callable[..., Result],
) -> None:
    for seed in range(4):
        chosen = ("--corpus-language", "en", "--limit", "1", "--seed", str(seed))
        [only] = json.loads(run("--json", *chosen)[1])["rows"]
        assert (only["query_language"], only["corpus_language"], only["queries"]) == ("en", "en", 1)


def test_a_threshold_that_was_chosen_for_another_model_is_called_so(
    run: Callable[..., Result],
) -> None:
    assert "(chosen for multilingual-e5-small)" in run()[1]
    assert json.loads(run("--json")[1])["threshold_of"] == "multilingual-e5-small"


def test_a_run_is_written(run: Callable[..., Result], tmp_path: Path) -> None:
    assert run("--run", tmp_path / "full.run")[0] == 0
    lines = (tmp_path / "full.run").read_text(encoding="utf-8").splitlines()
    first = lines[0].split()
    assert first[:4] == ["q-honey", "Q0", "honey-en", "1"]
    assert first[5] == "qa-full"
    assert {line.split()[0] for line in lines} == {i for i, *_ in QUERIES}


def test_no_run_is_written_of_what_its_columns_cannot_hold(
    run: Callable[..., Result], published: Path, tmp_path: Path
) -> None:
    corpus = published / "corpus.jsonl"
    with corpus.open("a", encoding="utf-8") as lines:
        lines.write('{"_id": "a b", "text": "The hives stand on the heath."}\n')
    status, _, err = run("--run", tmp_path / "full.run")
    assert (status, "the _id 'a b' is not one" in err) == (2, True)
    assert not (tmp_path / "full.run").exists()
    assert run()[0] == 0


def test_a_plot_is_drawn(run: Callable[..., Result], tmp_path: Path) -> None:
    assert run("--plot", tmp_path / "score.png")[0] == 0
    assert (tmp_path / "score.png").read_bytes().startswith(b"\x89PNG")


def test_questions_without_a_judgement_are_mentioned(
    run: Callable[..., Result], published: Path
) -> None:
    with (published / "queries.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"_id": "q-new", "text": "Why?", "lang": "en"}\n')
    status, _, err = run()
    assert status == 0
    assert err == "1 question has no relevant text in the judgements, and is left out\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--system", "magic"), "--system is 'magic'; choose from bm25, dense, late, full"),
        (("--query-language", "es"), "--query-language is 'es'; there are answers only for en, fr"),
        (("--query-language", "de"), "unknown language 'de'"),
        (
            ("--query-language", "en", "--corpus-language", "fr"),
            "there are answers only for en, es",
        ),
        (("--limit", "0"), "--limit is '0'"),
        (("--queries", "missing.jsonl"), "missing.jsonl cannot be read"),
        (("--run", "/missing/a.run"), "there is no folder /missing; make it"),
        (("--run", "/"), "is /, which is a folder; name a file in it"),
        (("--plot", "score.jpeg"), "it must end in .png, .pdf, .svg"),
        (("--plot", "a.png", "--system", "late"), "late has none of; use full"),
    ],
)
def test_trouble_is_one_sentence(
    run: Callable[..., Result], arguments: tuple[str, ...], said: str
) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("qa: ")
    assert err.count("\n") == 1
    assert said in err


def test_what_draws_is_named_where_it_is_missing(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    status, _, err = run("--plot", "score.png")
    assert status == 2
    assert 'pip install "qa[plot]"' in err
