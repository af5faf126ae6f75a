"""What was typed becomes what is searched for: one question or several, whole, without
typos, names with their capitals."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from qa import dictionary, followups
from qa.capitals import capitalised
from qa.catalogue import Catalogue
from qa.folders import cache
from qa.language import detect
from qa.mentions import CountTokens
from qa.spelling import corrected
from qa.types import Language
from qa.wording import is_manners, wanted

MAX_QUESTION = 4000  # characters that are searched; the model reads some 2,000 of them
MAX_TEXT = 20_000  # characters in which questions are looked for, as in a pasted letter


class Search(NamedTuple):
    """A question to search for. Of one that leans on an earlier turn, `asked` is its end: what is
    asked now, where the beginning tells what it is about. Else `asked` is empty."""

    text: str
    asked: str = ""


def readable(text: str) -> str:
    """As much of a text as is read: of a long one both ends, as a letter asks at its end. Half a
    surrogate pair is no character, and stands for one that was lost."""
    text, half = text.strip(), MAX_TEXT // 2
    if len(text) > MAX_TEXT:
        text = f"{text[:half]}\n{text[-half + 1 :]}"
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def language_of(text: str) -> Language:
    """The language of a question. Of keywords, dictionaries tell it."""
    return detect(text, is_common=partial(dictionary.is_common, folder=words()))


def words() -> Path:
    """Where the dictionaries are."""
    return cache() / "words"


def rewrite(
    text: str,
    history: Sequence[str],
    language: Language,
    catalogue: Catalogue,
    count_tokens: CountTokens,
) -> list[Search]:
    """Each question of a text, with what it leans on in `history` (oldest first).

    Typos and missing capitals are set right in the language they were made in, before turns are
    joined.
    """
    is_word = partial(dictionary.is_word, folder=words())
    is_common = partial(dictionary.is_common, folder=words())

    def right(typed: str, said: Language) -> str:
        spelled = corrected(typed[:MAX_QUESTION], said, catalogue, count_tokens, is_word)
        return capitalised(spelled, said, catalogue, is_word, is_common)

    earlier = [said for said in map(readable, history) if not is_manners(said)]
    if is_manners(text):  # it leans on nothing
        earlier = []
    turns = [right(turn, language_of(turn)) for said in earlier for turn in wanted(said)]
    searches: list[Search] = []
    for typed in wanted(text):
        question = right(typed, language)
        whole = followups.join(question, turns, language)
        turns.append(question)
        if searches and whole.startswith(searches[-1].text):  # it leans on the one just before,
            searches[-1] = Search(whole)  # and both are asked now
        else:
            leans = whole != question and whole.endswith(question.strip())
            own = leans and followups.has_content(question, language)
            searches.append(Search(whole, question.strip() if own else ""))
    return searches
