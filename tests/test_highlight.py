"""Which sentence of a passage is highlighted; the geometry is `HashingEncoder`'s: a question's word
has a cosine of 1 with itself and of 0 with all others."""

from pathlib import Path

import numpy as np
from conftest import HashingEncoder

from qa.highlight import highlight
from qa.retriever import Hit, Query
from qa.types import Kind, Passage, Quote
from qa.wanted import wanted

START = 100  # of the passage in its document


def told(question: str, text: str, kind: Kind = "prose", *, read: int | None = None) -> str | None:
    """The highlighted part of `text`, of which the model has read the first `read` tokens."""
    encoder = HashingEncoder()
    asked = encoder.encode_query(question)
    tokens = next(encoder.encode_passages([text])).tokens[:read]
    cosines = asked.tokens @ tokens.T
    weights = np.full(len(asked.ids), 1 / len(asked.ids), np.float32)
    words = " ".join(text.split())
    passage = Passage("d", 1, START, START + len(text), 1, "en", kind, words)
    query = Query(asked.tokens, weights, (), "en", wants=wanted(question))
    hit = Hit(0, passage, 1.0, 1.0, 0.0, cosines.max(axis=1, initial=0), cosines, query)
    quote = Quote(
        "d#p1", "d", Path("d"), "", "en", kind, START, START + len(text), 1, text, score=0.0
    )
    span = highlight(hit, quote, encoder.count_tokens)
    return None if span is None else text[span.start - START : span.end - START]


def test_the_sentence_that_shares_most_words_is_highlighted() -> None:
    text = "Honey is sweet. The keeper of the hives is Marta.\nShe lives in Andorra."
    assert told("Who is the keeper of the hives?", text) == "The keeper of the hives is Marta."


def test_a_sentence_is_about_what_was_named_before_it_and_not_after() -> None:
    """Of 7 words, 5 are in the second sentence and 2 in the third, which has those 5 at a discount;
    did the second have the third's as well, it would have more."""
    text = "Children like rivers. The old mill of Arles is famous. Jean Petit got it built in 1742."
    assert told("When got the old mill of Arles built", text) == "Jean Petit got it built in 1742."


def test_of_two_sentences_with_the_same_words_the_shorter_is_highlighted() -> None:
    text = "The tower has a height that nobody ever knew before. The tower has a height."
    assert told("height of the tower", text) == "The tower has a height."


def test_a_question_in_a_passage_is_not_highlighted_but_its_answer() -> None:
    text = "Who is the keeper of the hives?\n\nIt is Marta. She lives in Andorra."
    assert told("Who is the keeper of the hives?", text) == "It is Marta."
    assert told("Where?", "Who is it? Where is it?") == "Where is it?"


def test_what_opens_a_passage_is_not_highlighted() -> None:
    asked = "The keeper of the hives has left us. What now?"
    assert told("has the keeper of the hives left us", f"{asked}\n\nHe has. You wait.") == "He has."
    assert told("the keeper of the hives", f"JM: {asked} Well.\nER: It is her.") == "ER: It is her."


def test_where_a_figure_is_asked_for_one_is_highlighted() -> None:
    text = "The hives make forty kilos here. The hives make honey here."
    assert told("How much do the hives make", text) == "The hives make forty kilos here."
    assert told("How do hives make", text) == "The hives make honey here."


def test_a_passage_of_one_sentence_has_no_highlight() -> None:
    assert told("Who is it?", "The keeper of the hives is Marta.") is None


def test_sentences_that_the_model_did_not_read_do_not_shift_the_others() -> None:
    text = "Honey is sweet. Marta keeps bees in Andorra. " + "Nothing more was said. " * 20
    assert told("Who keeps bees?", text, read=10) == "Marta keeps bees in Andorra."
