"""Fit the map from evidence to probability that ships in `qa/data`, and report it.

    python tests/quality/calibrate.py BENCH

Four kinds of question have no answer, and the map is to know them all:

- off the subject: the project's own, and published questions asked of the seeds;
- on the subject, but absent: PIAF and translated FAQs from which answers were taken out, and MLQA
  with its answers hidden;
- adversarial: the project's own, and MLQA and PIAF questions in which a name or number was
  exchanged for that of another question.

Of each set one half is fitted on and the other reported: of the project's own questions those
marked "dev" (they weigh three times as much as a set), of the others by a hash of their text. The
threshold alone is chosen on both halves of the own questions: one half is too small to tell 4 from
5 of 100.
"""

import json
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from embeddings import OnnxEncoder, open_encoder
from qa import Bot
from qa.calibration import DEFAULT, write
from qa.filters import Filter
from qa.fitting import Case, case, cases, fit, report, threshold
from qa.folders import cache, seeds
from qa.judgements import Judged, Question, read_judged
from qa.language import fold
from qa.mentions import Name, names
from qa.progress import Bar
from qa.published import Published, open_published

OWN = Path(__file__).parent
TARGET = OWN.parents[1] / "qa" / "data" / f"{DEFAULT}.json"
SETS = ("piaf_holdout", "faq3_holdout", "mlqa")
SWAPPED = ("mlqa", "piaf")
FOREIGN = ("mlqa", "faq3_holdout", "piaf")
SHARES = {"seeds": 3.0, "faq3_holdout": 1.5, "mlqa, a name exchanged": 0.7}
SHARES["piaf, a name exchanged"] = 0.7
QUESTIONS = 400  # at most, a set and language


def own_cases(bot: Bot) -> Iterator[Case]:
    for name in ("questions", "offtopic", "adversarial"):
        for row in read_own(name):
            hit = next(iter(bot.hits(row["question"], history=row.get("history", ()))))
            can = name == "questions"
            asked = Question(row["id"], row["question"], row["language"], {})
            found = case(hit, asked, can and answers(bot, row, hit.row), can, "seeds", name)
            yield replace(found, fitted=row["split"] == "dev")


def read_own(name: str) -> list[dict]:
    with (OWN / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def answers(bot: Bot, row: dict, found: int) -> bool:
    """Whether the passage, or one that says the same, holds what the question asks for."""
    library = bot.library()
    group = library.catalogue.twin_groups([found]).get(found)
    rows = [found] if group is None else [twin for twin, _ in library.catalogue.twins(group)]
    for passage in library.passages(rows):
        text = library.document(passage.doc_id).text[passage.start : passage.end]
        if any(a["doc"] == passage.doc_id and a["contains"] in text for a in row["answers"]):
            return True
    return False


def foreign_cases(bot: Bot, questions: Sequence[Question]) -> Iterator[Case]:
    """Published questions, asked of documents that they have nothing to do with."""
    for question in questions:
        hit = bot.hits(question.text, language=question.language)[0]
        yield case(hit, question, False, False, "seeds, questions of others", question.language)


def exchanged(judged: Judged, encoder: OnnxEncoder) -> Iterator[tuple[Question, Question]]:
    """Questions, and the same with a name or number of another in the place of theirs."""
    named = [(q, names(q.text, encoder.count_tokens)) for q in judged.answerable]
    named = [(question, found) for question, found in named if found]
    texts = {text.id: fold(f"{text.title} {text.text}") for text in judged.corpus}
    draw = random.Random(0)
    for question, found in named:
        old = draw.choice(draw.choice(found)).text
        others = [
            word.text
            for other, theirs in named
            if other.language == question.language
            for word in words_of(theirs)
            if word.is_number == any(char.isdigit() for char in old)
            and not any(fold(word.text)[:4] in texts[d] for d in question.grades)
        ]
        if others:
            new = draw.choice(others)
            yield question, replace(question, text=question.text.replace(old, new), grades={})


def words_of(found: Sequence[Name]) -> Iterator:
    return (word for name in found for word in name)


def exchanged_cases(bot: Published, judged: Judged, part: str, encoder: OnnxEncoder):
    languages = {text.id: text.language for text in judged.corpus}
    with closing(Bar()) as progress:
        for done, pair in enumerate(exchanged(judged, encoder)):
            progress("exchanging names", done / len(judged.answerable))
            for among in sorted({languages[d] for d in pair[0].grades}):
                for question in pair:
                    where = Filter(only=(among,))
                    hits = bot.hits(question.text, language=question.language, where=where)
                    can = bool(question.grades)
                    right = can and hits[0].passage.doc_id in question.grades
                    # both of a pair are in the half of the first
                    found = case(hits[0], pair[0], right, can, part, f"{question.language}→{among}")
                    yield found


def drawn(questions: Sequence[Question], most: int) -> list[Question]:
    """At most so many questions a language, in the order they had."""
    by_language: dict[str, list[Question]] = {}
    for question in random.Random(0).sample(questions, len(questions)):
        by_language.setdefault(question.language, []).append(question)
    kept = {q.id for some in by_language.values() for q in some[:most]}
    return [question for question in questions if question.id in kept]


def main(bench: Path) -> None:
    encoder = open_encoder(None, cache() / "models")
    bot = Bot.open(seeds())
    found = list(own_cases(bot))
    for name in dict.fromkeys((*SETS, *SWAPPED, *FOREIGN)):
        judged = read_judged(bench / name)
        few = replace(
            judged,
            answerable=drawn(judged.answerable, QUESTIONS),
            unanswerable=drawn(judged.unanswerable, QUESTIONS),
        )
        with closing(Bar()) as progress:
            there = open_published(bench / name, judged.corpus, encoder, progress)
        if name in SETS:
            with closing(Bar()) as progress:
                found += cases(there, few, name, progress)
        if name in SWAPPED:
            found += exchanged_cases(there, few, f"{name}, a name exchanged", encoder)
        if name in FOREIGN:
            found += foreign_cases(bot, few.answerable[::5])
    fitted = fit([case for case in found if case.fitted], SHARES)
    own = [case for case in found if case.part == "seeds"]
    fitted = replace(fitted, threshold=threshold(fitted, own))
    for half, title in ((True, "fitted on"), (False, "held out")):
        print(f"\n{title}")
        print("\n".join(report(fitted, [case for case in found if case.fitted == half])))
    write(
        TARGET,
        fitted,
        DEFAULT,
        "python tests/quality/calibrate.py BENCH: a logistic regression on half of the project's "
        "own questions about the seeds, of MLQA, PIAF and translated FAQs; with answers taken out "
        "or hidden, names exchanged, and questions asked of documents they don't belong to.",
    )
    print(f"\nwritten to {TARGET}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
