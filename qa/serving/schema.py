"""What goes over the wire, as OpenAPI tells it. The answer is `Answer.to_dict()`, nothing else."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from qa.arguments import listed
from qa.rewriting import MAX_TEXT
from qa.types import Kind, Language

MOST_QUOTES = 50
_TURNS = 20  # of the history
_PATTERNS, _PATTERN, _STARS = 10, 200, 4
_NAME = 500  # characters of a title


def _few_stars(pattern: str) -> str:
    """What a path is compared with in quadratic time or worse is not taken from a stranger."""
    if len(re.findall(r"\*+", pattern)) > _STARS:
        raise ValueError(f"a pattern may have {_STARS} stars")
    return pattern


Text = Annotated[str, Field(max_length=MAX_TEXT)]
Pattern = Annotated[str, Field(max_length=_PATTERN), AfterValidator(_few_stars)]
Patterns = Annotated[
    list[Pattern] | None,
    BeforeValidator(listed, json_schema_input_type=Pattern | list[Pattern] | None),
]
Day = Annotated[str, Field(max_length=10, examples=["2015", "2015-03"])] | int | None


class Request(BaseModel):
    """A question, and what part of the folder is asked: the arguments of `qa.answer`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"question": "How many Peruvians live abroad?"},
                {"question": "Combien de Boliviens vivent en Espagne ?", "top_k": 1},
                {
                    "question": "And in Argentina?",
                    "history": ["How many Bolivians live in Spain?"],
                    "only": ["en", "es"],
                    "since": "2015",
                },
            ]
        },
    )

    question: Text = Field(description="In English, French or Spanish.")
    top_k: int = Field(3, ge=1, le=MOST_QUOTES, description="How many quotes at most.")
    language: Language | None = Field(None, description="Of the question; by default detected.")
    only: list[Language] | None = Field(None, max_length=3, description="Languages of passages.")
    within: Patterns = Field(
        None,
        max_length=_PATTERNS,
        description="A pattern of paths, as in a .gitignore, or several.",
    )
    since: Day = Field(None, description="Documents from then on: 2015, 2015-03 or 2015-03-27.")
    until: Day = Field(None, description="Documents up to then, inclusive.")
    title: str | None = Field(None, max_length=_NAME, description="Words of a document's title.")
    history: list[Text] | None = Field(
        None, max_length=_TURNS, description="Earlier questions, oldest first."
    )


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Highlight(_Shape):
    """Offsets in the document's text."""

    start: int
    end: int
    text: str


class TwinShape(_Shape):
    source_id: str
    language: Language
    differs: bool = Field(description="Whether it is of another edition, and words differ.")


class QuoteShape(_Shape):
    """A passage, word for word. `start` and `end` are character offsets in the document."""

    source_id: str = Field(examples=["001_1d07d1647ccf1b53#p11"])
    doc_id: str
    path: str
    title: str
    section: str = Field(description="The heading next above it, where that is not the title.")
    language: Language
    kind: Kind
    start: int
    end: int
    line: int
    page: int | None
    score: float = Field(ge=0, le=1, description="The probability that it answers the question.")
    text: str
    sha256: str = Field(description="Of the text in UTF-8; `qa verify` compares it.")
    highlight: Highlight | None
    also: list[TwinShape] = Field(description="The same passage elsewhere.")
    missing: list[str] = Field(description="Names and numbers that it does not mention.")
    introduced: list[str] = Field(
        description="Names that its document has at the beginning, and the passage has not."
    )


class AnswerShape(_Shape):
    """Where nothing was found, `answered` is false, and `reason` and `near_misses` say more."""

    question: str
    searched: str
    language: Language
    answered: bool
    reason: str | None
    quotes: list[QuoteShape]
    near_misses: list[QuoteShape]
    notes: list[str]


class Refusal(_Shape):
    """Whatever goes wrong is one sentence."""

    error: str


class Health(_Shape):
    status: str = Field(examples=["ok"])


_MEANINGS = {
    400: "The Host header names another machine",
    401: "The token is missing or wrong",
    404: "No passage has this source ID",
    408: "The request was not there in time",
    413: "The request is too long",
    422: "An argument cannot be honoured",
    429: "Too many requests from one address",
    500: "A fault of the program",
    503: "Too many questions at once, or an index that cannot be used",
    504: "The answer took too long",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How OpenAPI tells of these."""
    return {s: {"model": Refusal, "description": _MEANINGS[s]} for s in statuses}
