"""Ask real PDF and Word documents 40 questions, and see from which page they are answered.

    python tests/quality/documents.py BENCH [--verbose]

BENCH/documents is indexed; every file must be indexed, or named with its reason. `documents.jsonl`
has the questions, each with the file, the page (null for Word) and a piece of the answer.

Printed are how many of the questions have, in the first quote and among the first three, a quote
of the right file and page; and how many have one there that also has the words in it. A question
that is refused counts as not answered.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qa import Quote
from qa.bot import Bot

QUESTIONS = Path(__file__).with_suffix(".jsonl")


def from_page(quote: Quote, question: dict[str, Any]) -> bool:
    return (quote.path.name, quote.page) == (question["file"], question["page"])


def with_words(quote: Quote, question: dict[str, Any]) -> bool:
    words = " ".join(quote.text.split())
    return from_page(quote, question) and question["contains"] in words


def count(answers: Sequence[tuple[dict[str, Any], tuple[Quote, ...]]], top_k: int) -> str:
    paged = sum(any(from_page(quote, q) for quote in quotes[:top_k]) for q, quotes in answers)
    worded = sum(any(with_words(quote, q) for quote in quotes[:top_k]) for q, quotes in answers)
    return f"{paged:2} of {len(answers)} from the right page, {worded:2} with the words in them"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bench", type=Path)
    parser.add_argument("--verbose", action="store_true", help="print what went wrong")
    options = parser.parse_args()
    folder = (options.bench / "documents").resolve()
    questions = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as index:
        bot = Bot.open(folder, index=Path(index) / "index")
        indexed = {document.path.name for document in bot.sources()}
        answers = [(q, bot.answer(q["question"]).quotes) for q in questions]
        skipped = bot.skipped
    present = {path.name for path in folder.iterdir() if path.is_file()}
    for name, reason in sorted(skipped.items()):
        print(f"skipped {name}: {reason.removeprefix(str(folder / name)).strip()}")
    lost = present - indexed - set(skipped)
    print(f"{len(indexed)} files indexed, {len(skipped)} named with a reason, {len(lost)} lost")
    print("first quote:  ", count(answers, 1))
    print("first three:  ", count(answers, 3))
    if options.verbose:
        for question, quotes in answers:
            if not any(with_words(quote, question) for quote in quotes[:1]):
                print("\n" + question["question"], question["file"], question["page"])
                for quote in quotes:
                    mark = "=" if from_page(quote, question) else "-"
                    words = " ".join(quote.text.split())[:110]
                    print(f"  {mark} {quote.score:.2f} {quote.source_id} {words}")


if __name__ == "__main__":
    main()
