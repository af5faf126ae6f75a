"""Measure what is lost when published questions are typed as people type.

    python tests/quality/perturb.py BENCH [--limit N] [--half 0|1] [--show PERTURBATION]

Every second question is for choosing (`--half 0`), the others for reporting (`--half 1`); so is
every second one of the texts in `wrappings.json` that are put around a question. The language is
detected, as in use, and the whole corpus is searched. Only `two in one` is measured otherwise: a
question stands before the next one of the set, two questions have two places, and each is right
where its passage is among the first two; the clean ones are asked apart, with one place each.
"""

import argparse
import json
import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

from embeddings import open_encoder
from qa import dictionary
from qa.folders import cache
from qa.grammar import GRAMMARS
from qa.highlight import CountTokens
from qa.judgements import Judged, Question, read_judged, sample
from qa.progress import Bar
from qa.published import Published, open_published
from qa.spelling import corrected
from qa.types import LANGUAGES, Language
from qa.wording import wanted

WRAPPINGS = json.loads(Path(__file__).with_name("wrappings.json").read_text(encoding="utf-8"))
SETS = {"mlqa": None, "piaf": Path("queries-long.jsonl")}
LONG = 5  # letters of a word in which a typo is made
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")  # of a keyboard


class Case(NamedTuple):
    """A question to be typed otherwise, with its number among the questions of its half."""

    text: str
    language: Language
    number: int
    half: int
    chance: random.Random


def typos(case: Case) -> str:
    """One typo in each of two of the longer words."""
    words = re.split(r"(\W+)", case.text)
    long = [n for n, word in enumerate(words) if len(word) >= LONG and word.isalpha()]
    for n in case.chance.sample(long, min(2, len(long))):
        words[n] = _mistyped(words[n], case.chance)
    return "".join(words)


def _mistyped(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word) - 1)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    kind = chance.choice(("swap", "drop", "double", "neighbour"))
    if kind == "swap":
        return before + after[0] + letter + after[1:]
    if kind == "drop":
        return before + after
    if kind == "double":
        return before + letter + letter + after
    row = next((row for row in ROWS if letter in row), letter)
    near = row[max(0, row.index(letter) - 1) : row.index(letter) + 2].replace(letter, "")
    return before + (chance.choice(near) if near else "") + after


def no_accents(case: Case) -> str:
    parts = unicodedata.normalize("NFD", case.text)
    return "".join(char for char in parts if not unicodedata.combining(char))


def lower(case: Case) -> str:
    return case.text.lower()


def upper(case: Case) -> str:
    return case.text.upper()


def keywords(case: Case) -> str:
    grammar = GRAMMARS[case.language]
    dropped = grammar.asking | grammar.copulas | grammar.verbs | grammar.openers | {"c", "s", "t"}
    words = [w for w in re.findall(r"[\w-]+", case.text) if w.lower() not in dropped]
    return " ".join(words) or case.text


def polite(case: Case) -> str:
    return _wrapped(case, "polite")


def email(case: Case) -> str:
    return _wrapped(case, "emails")


def _wrapped(case: Case, kind: str) -> str:
    templates = WRAPPINGS[case.language][kind][case.half :: 2]
    return templates[case.number % len(templates)].replace("{q}", case.text.strip())


PERTURBATIONS: dict[str, Callable[[Case], str]] = {
    "typos": typos,
    "no accents": no_accents,
    "lower": lower,
    "UPPER": upper,
    "keywords": keywords,
    "polite": polite,
    "e-mail": email,
}


def perturbed(questions: Sequence[Question], half: int, name: str) -> list[str]:
    """The questions' texts, perturbed; the same ones for the same questions."""
    perturb = PERTURBATIONS[name]
    return [
        perturb(Case(q.text, q.language, n, half, random.Random(f"{name} {q.id}")))
        for n, q in enumerate(questions)
    ]


def found(bot: Published, text: str, grades: Question, places: int) -> bool:
    return any(hit.passage.doc_id in grades.grades for hit in bot.hits(text)[:places])


def row(name: str, what: str, clean: Sequence[bool], other: Sequence[bool]) -> None:
    before, after = (100 * sum(of) / len(of) for of in (clean, other))
    print(
        f"{name:7} | {what:10} | {before:5.1f} | {after:9.1f} | {before - after:5.1f}", flush=True
    )


def measure(bot: Published, name: str, questions: Sequence[Question], half: int) -> None:
    clean = [found(bot, question.text, question, 1) for question in questions]
    for what in PERTURBATIONS:
        texts = perturbed(questions, half, what)
        asked = zip(texts, questions, strict=True)
        row(name, what, clean, [found(bot, text, question, 1) for text, question in asked])
    pairs = list(zip(questions[0::2], questions[1::2], strict=False))
    other = [found(bot, f"{a.text} {b.text}", of, 2) for a, b in pairs for of in (a, b)]
    row(name, "two in one", clean[: len(other)], other)


def changed(bot: Published, count_tokens: CountTokens, name: str, judged: Judged) -> None:
    """How many of all clean questions are searched otherwise than they were typed."""
    questions, catalogue = judged.answerable, bot.library().catalogue
    worded = sum(wanted(q.text) != (" ".join(q.text.split()),) for q in questions)
    is_word = partial(dictionary.is_word, folder=cache() / "words")
    spelt = sum(
        corrected(q.text, q.language, catalogue, count_tokens, is_word) != q.text for q in questions
    )
    print(f"{name}: of {len(questions)} clean questions {worded} lose words, {spelt} typos")


def drawn(judged: Judged, limit: int | None, half: int) -> dict[Language, list[Question]]:
    chosen = sample(judged.answerable, limit, 0)
    of = {lang: [q for q in chosen if q.language == lang][half::2] for lang in LANGUAGES}
    return {language: questions for language, questions in of.items() if questions}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bench", type=Path)
    parser.add_argument("--limit", type=int, help="questions of each language and set")
    parser.add_argument("--half", type=int, choices=(0, 1), default=1)
    parser.add_argument("--show", choices=PERTURBATIONS, help="print what is asked, and no table")
    options = parser.parse_args()
    print("set     | as typed   | clean | perturbed | loss (success@1, per cent)")
    for name, queries in SETS.items():
        judged = read_judged(options.bench / name, queries)
        questions = drawn(judged, options.limit, options.half)
        if options.show:
            for some in questions.values():
                print(*perturbed(some, options.half, options.show), sep="\n")
            continue
        with closing(Bar()) as progress:
            encoder = open_encoder(None, cache() / "models", progress)
            bot = open_published(options.bench / name, judged.corpus, encoder, progress)
        changed(bot, encoder.count_tokens, name, judged)
        for language, some in questions.items():
            measure(bot, f"{name} {language}", some, options.half)


if __name__ == "__main__":
    main()
