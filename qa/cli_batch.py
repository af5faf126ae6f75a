"""`qa ask --batch`: what a line asks, and of what part of the documents."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qa.arguments import listed
from qa.errors import UsageError
from qa.filters import Filter
from qa.options import one_language, several_languages
from qa.types import Answer, Language

if TYPE_CHECKING:
    from qa.bot import Bot

_KEYS = (
    "question",
    "id",
    "top_k",
    "language",
    "only",
    "within",
    "since",
    "until",
    "title",
    "history",
)


@dataclass(frozen=True, slots=True)
class Asking:
    """What the command's own options say, which holds where a line says nothing else."""

    top_k: int
    language: Language | None
    where: Filter


def answered(bot: "Bot", line: bytes, asking: Asking) -> tuple[Answer, dict[str, Any]]:
    """The answer to a line of JSON: a question, or an object with the arguments of `qa.answer`;
    and what of the line comes back with it, its `id`.

    Raises:
        UsageError: it is neither, or has a key or a value that cannot be honoured.
    """
    content = _content(line)
    where, said = asking.where, content.get
    where = Filter.of(
        several_languages(listed(content["only"])) if "only" in content else where.only,
        said("within", where.within),
        said("since", where.since),
        said("until", where.until),
        said("title", where.title),
    )
    answer = bot.answer(
        content["question"],
        top_k=said("top_k", asking.top_k),
        language=one_language(said("language")) or asking.language,
        where=where,
        history=said("history"),
    )
    return answer, {"id": content["id"]} if "id" in content else {}


def _content(line: bytes) -> dict[str, Any]:
    """The object of a line without what is null. Its values are looked at where they are used."""
    try:
        content = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f'not a line of JSON ({error}); write {{"question": "…"}}') from error
    if not isinstance(content, dict):
        content = {"question": content}
    if not isinstance(content.get("question"), str):
        raise UsageError('no question in this line; write {"question": "…"}')
    known = {key: value for key, value in content.items() if value is not None}
    for key in known:
        if key not in _KEYS:
            raise UsageError(f"unknown key {key[:50]!r}; a line may have {', '.join(_KEYS)}")
    if type(known.get("id", "")) not in (str, int):
        raise UsageError('id cannot be understood; write {"id": "q1"}')
    return known
