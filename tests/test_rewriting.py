"""Of a follow-up, what is asked now weighs more than what was asked and answered before."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import HashingEncoder
from numpy.testing import assert_allclose

from embeddings import Encoding
from qa import Bot
from qa.language import detect
from qa.retriever import ASKED
from qa.rewriting import MAX_TEXT, Search, readable, rewrite

TOWER = "¿Qué altura tiene el faro?"


@pytest.fixture
def bot(folder: Path, encoder: HashingEncoder, tmp_path: Path) -> Bot:
    return Bot(folder, tmp_path / "index", encoder, model_name="hashing")


@pytest.mark.parametrize(
    ("text", "history", "searches"),
    [
        ("How high is the tower?", (), [Search("How high is the tower?")]),
        (
            "How much honey?",
            ["How high is the tower?"],
            [Search("How high is the tower? How much honey?", "How much honey?")],
        ),
        (  # nothing of the earlier question is left as it was
            "And in Peru?",
            ["How many people live in Chile?"],
            [Search("How many people live in Peru?")],
        ),
        (  # it says nothing of its own
            "Lesquels ?",
            ["Combien de pays y a-t-il ?"],
            [Search("Combien de pays y a-t-il ? Lesquels ?")],
        ),
        ("Thanks!", ["Who is Marta?"], [Search("Thanks!")]),
        (  # thanks are nothing to lean on
            "And honey?",
            ["How many people live in Chile?", "Thanks!"],
            [Search("How many people live in Chile? And honey?", "And honey?")],
        ),
        (  # both are asked now
            "Who is Marta Klein? Where does she live?",
            (),
            [Search("Who is Marta Klein? Where does she live?")],
        ),
    ],
)
def test_what_is_asked_now_is_told_from_what_it_leans_on(
    bot: Bot, encoder: HashingEncoder, text: str, history: Sequence[str], searches: list[Search]
) -> None:
    catalogue = bot.library().catalogue

    spoken = detect(text)
    assert rewrite(text, history, spoken, catalogue, encoder.count_tokens) == searches


@pytest.mark.parametrize("at_end", [True, False])
def test_of_a_text_that_is_too_long_both_ends_are_read(bot: Bot, at_end: bool) -> None:
    told, asked = (
        "The bees flew over the hill to the sea. " * 700,
        "Who is the keeper of the hives?",
    )
    text = readable(f"{told}{asked}" if at_end else f"{asked} {told}")
    assert len(text) == MAX_TEXT
    assert bot.answer(text).searched == asked
    assert readable(f" {asked} ") == asked


def test_a_new_subject_is_found_though_the_question_looks_like_a_follow_up(bot: Bot) -> None:
    assert bot.hits(TOWER)[0].passage.source_id == "faro#p2"

    (best, *_) = bot.hits("And kilograms of honey?", history=[TOWER])

    assert best.passage.source_id == "bees#p2"
    assert_allclose(best.weights.sum(), 1, rtol=1e-6)
    assert_allclose(best.weights[-4:].sum(), ASKED, rtol=1e-6)


def test_what_says_the_most_anyway_keeps_its_weight(bot: Bot, encoder: HashingEncoder) -> None:
    short, long = "Marta?", "What about the keeper of the hives of the mountain"
    joined = bot.hits(long, history=[short])[0]
    alone = bot.hits(f"{short} {long}")[0]

    share = alone.weights[-encoder.count_tokens(long) :].sum()
    assert share > ASKED
    assert np.array_equal(joined.weights, alone.weights)


class InContext(HashingEncoder):
    """Of a text of several sentences the first axis is that of all its words, too; and it reads
    ten words at most."""

    def _encode(self, text: str) -> Encoding:
        read = super()._encode(" ".join(text.split()[:10]))
        tokens = read.tokens.copy()
        tokens[:, 0] += text.count("?") - 1
        return replace(read, tokens=tokens / np.linalg.norm(tokens, axis=1, keepdims=True))


def test_the_words_of_what_is_asked_are_halfway_those_they_are_alone(
    folder: Path, tmp_path: Path
) -> None:
    bot = Bot(folder, tmp_path / "index", InContext(), model_name="hashing")

    tokens = bot.hits("How much honey?", history=[TOWER])[0].query.tokens

    halfway = np.sin(np.pi / 8)  # between 45 degrees and none
    assert_allclose(tokens[:5, 0], np.sqrt(0.5), rtol=1e-6)
    assert_allclose(tokens[5:, 0], halfway, rtol=1e-6)


def test_what_is_asked_so_late_that_it_is_cut_off_has_no_weight_of_its_own(
    folder: Path, tmp_path: Path
) -> None:
    bot = Bot(folder, tmp_path / "index", InContext(), model_name="hashing")

    hits = bot.hits("How much honey?", history=["¿Qué altura tiene el faro de la isla, pues?"])

    assert_allclose(hits[0].query.tokens[:, 0], np.sqrt(0.5), rtol=1e-6)
