"""What the parts hand to one another."""

import dataclasses
import json
from pathlib import Path

import pytest

from qa.types import (
    Answer,
    Document,
    Passage,
    Quote,
    Span,
    Twin,
    source_parts,
    whole_number,
)

QUOTE = Quote(
    source_id="bees#p2",
    doc_id="bees",
    path=Path("/docs/bees.txt"),
    title="Bees",
    language="en",
    kind="prose",
    start=10,
    end=31,
    line=3,
    text="They fly. They dance.",
    score=0.123456,
    highlight=Span(20, 31),
    twins=(Twin("abeilles#p2", "fr"), Twin("copy#p2", "en")),
    missing=("Italy",),
    introduced=("Lima",),
    section="How they fly",
)
ANSWER = Answer("Do they dance?", "Do they dance?", "en", (QUOTE,))
REFUSAL = Answer("?", "?", "fr", (), (QUOTE,), "no relevant passage", ("A note.",))


def test_an_answer_is_true_when_it_has_quotes() -> None:
    assert ANSWER
    assert not REFUSAL
    assert (len(ANSWER), len(REFUSAL)) == (1, 0)
    assert list(ANSWER) == [QUOTE]


def test_a_quote_as_plain_values() -> None:
    assert QUOTE.to_dict() == {
        "source_id": "bees#p2",
        "doc_id": "bees",
        "path": str(Path("/docs/bees.txt")),
        "title": "Bees",
        "section": "How they fly",
        "language": "en",
        "kind": "prose",
        "start": 10,
        "end": 31,
        "line": 3,
        "page": None,
        "score": 0.1235,
        "text": "They fly. They dance.",
        "sha256": "32be6c5b28efc7f8ad4542e2d5a323a3c4495ad18fccb890492275b2b68a10b1",
        "highlight": {"start": 20, "end": 31, "text": "They dance."},
        "also": [
            {"source_id": "abeilles#p2", "language": "fr", "differs": False},
            {"source_id": "copy#p2", "language": "en", "differs": False},
        ],
        "missing": ["Italy"],
        "introduced": ["Lima"],
    }


def test_a_quote_without_a_highlight_has_none() -> None:
    assert dataclasses.replace(QUOTE, highlight=None).to_dict()["highlight"] is None


def test_an_answer_as_plain_values() -> None:
    assert ANSWER.to_dict() == {
        "question": "Do they dance?",
        "searched": "Do they dance?",
        "language": "en",
        "answered": True,
        "reason": None,
        "quotes": [QUOTE.to_dict()],
        "near_misses": [],
        "notes": [],
    }
    refusal = REFUSAL.to_dict()
    assert refusal["answered"] is False
    assert refusal["reason"] == "no relevant passage"
    assert refusal["near_misses"] == [QUOTE.to_dict()]


def test_plain_values_keep_every_character() -> None:
    text = "\x1b[31m\u202e\u200b[bold]\x85é"
    quote = dataclasses.replace(QUOTE, text=text, highlight=None)
    assert json.loads(json.dumps(quote.to_dict()))["text"] == text


def test_also_is_where_else_the_passage_stands() -> None:
    assert QUOTE.also == ("abeilles#p2", "copy#p2")


def test_a_passage_is_named_by_its_document_and_number() -> None:
    passage = Passage("bees", 7, 0, 1, 1, "en", "prose", "x")
    assert passage.source_id == "bees#p7"


def test_a_source_id_is_taken_apart_at_its_last_mark() -> None:
    assert source_parts("my bees#p2#p7") == ("my bees#p2", 7)
    assert source_parts("bees#p") == source_parts("bees#p-1") == ("bees", 0)
    assert source_parts("bees") == ("", 0)


def test_a_whole_number_is_nine_digits_at_most() -> None:
    assert (whole_number("0"), whole_number("007"), whole_number("9" * 9)) == (0, 7, 999_999_999)
    for text in ("", "-1", "+1", "1.0", "²", "٣", "9" * 10):
        assert whole_number(text) is None


def test_an_answer_as_text_is_what_is_printed() -> None:
    assert "They fly. They dance." in str(ANSWER)
    assert "\x1b" not in str(ANSWER)


@pytest.mark.parametrize("kind", [Answer, Document, Passage, Quote, Span, Twin])
def test_values_cannot_be_changed_and_have_no_room_for_more(kind: type) -> None:
    assert kind.__dataclass_params__.frozen
    assert "__slots__" in kind.__dict__


def test_equal_values_are_equal_and_can_be_keys() -> None:
    assert dataclasses.replace(QUOTE) == QUOTE
    assert len({ANSWER, dataclasses.replace(ANSWER), REFUSAL}) == 2
