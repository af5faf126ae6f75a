"""`qa ask --batch`: what a line asks, and of what part of the documents."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qa.errors import UsageError
from qa.filters import Filter
from qa.options import one_language, several_languages
from qa.types import Answer, Language

if TYPE_CHECKING:
    from qa.bot import Bot


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
        several_languages(",".join(_list(content["only"]))) if "only" in content else where.only,
        _list(content["within"]) if "within" in content else where.within,
        str(said("since", where.since)),
        str(said("until", where.until)),
        said("title", where.title),
    )
    answer = bot.answer(
        content["question"],
        top_k=said("top_k", asking.top_k),
        language=one_language(said("language")) or asking.language,
        where=where,
        history=said("history", ()),
    )
    return answer, {"id": content["id"]} if "id" in content else {}


def _content(line: bytes) -> dict[str, Any]:
    """The object of a line without what is null, every value of its right type."""
    try:
        content = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f'not a line of JSON ({error}); write {{"question": "…"}}') from error
    if not isinstance(content, dict):
        content = {"question": content}
    if not isinstance(content.get("question"), str):
        raise UsageError('no question in this line; write {"question": "…"}')
    known = {key: value for key, value in content.items() if value is not None}
    for key, value in known.items():
        if key not in _KEYS:
            raise UsageError(f"unknown key {key[:50]!r}; a line may have {', '.join(_KEYS)}")
        right, example = _KEYS[key]
        if not right(value):
            raise UsageError(f'{key} cannot be understood; write {{"{key}": {example}}}')
    return known


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_count(value: Any) -> bool:
    return type(value) is int and value > 0


def _is_id(value: Any) -> bool:
    return _is_text(value) or type(value) is int


def _is_day(value: Any) -> bool:
    return _is_text(value) or _is_count(value)


def _is_one_or_several(value: Any) -> bool:
    return _is_text(value) or _are_texts(value)


_KEYS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "question": (_is_text, '"…"'),
    "id": (_is_id, '"q1"'),
    "top_k": (_is_count, "3"),
    "language": (_is_text, '"en"'),
    "only": (_is_one_or_several, '["fr", "es"]'),
    "within": (_is_one_or_several, '"reports/2016/*"'),
    "since": (_is_day, '"2015-03"'),
    "until": (_is_day, '"2016"'),
    "title": (_is_text, '"budget"'),
    "history": (_are_texts, '["…"]'),
}
