"""Read saved pages of newspapers, and see what of them becomes passages.

    python tests/quality/pages.py FOLDER [--half dev|test] [--verbose]

FOLDER has pages NAME.html, each with NAME.json beside it: its `language`, the `paragraphs` of its
article, and `beside`, what belongs to the article without being its text (title, standfirst,
headings, captions, byline, notes).

Printed per language, for each half: the share of the articles' paragraphs that are passages, and
the share of the prose passages that are boilerplate, of which less than half is any of these. What
the program itself sets aside (menus, what a folder repeats) is neither. A paragraph is a passage
if one passage contains it and few others, or if the passages it was cut into make it up, which may
have the paragraphs beside it as well. Letters and digits are compared, nothing else. A page's name
says which half it is in: look at `dev`, report `test`.
"""

import argparse
import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.boilerplate import marked
from qa.passages import cut
from qa.reading import Apart, read
from qa.types import Passage

HALVES = ("dev", "test")
WHOLE = 0.95  # of a paragraph that was cut; its parts leave out nothing but stray signs
OWN = 0.5  # of a passage
MOST = 3  # paragraphs of one passage; short ones are put together, and no whole pages


@dataclass(frozen=True, slots=True)
class Truth:
    language: str
    paragraphs: tuple[str, ...]
    article: str  # paragraphs and all that belongs to them, each in its own place
    parts: tuple[str, ...]


def letters(text: str) -> str:
    """Its letters and digits, in lower case."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def truth(path: Path) -> Truth:
    page = json.loads(path.read_text(encoding="utf-8"))
    paragraphs = tuple(filter(None, map(letters, page["paragraphs"])))
    parts = (*paragraphs, *filter(None, map(letters, page["beside"])))
    return Truth(page["language"], paragraphs, "\n".join(parts), parts)


def half(name: str) -> str:
    return HALVES[hashlib.sha256(name.encode()).digest()[0] % 2]


def is_passage(paragraph: str, passages: Sequence[str], known: Truth) -> bool:
    few = [p for p in passages if sum(other in p for other in known.paragraphs) <= MOST]
    if paragraph in "".join(few):
        return True
    return sum(len(p) for p in passages if p in paragraph) >= WHOLE * len(paragraph)


def is_boilerplate(passage: str, known: Truth) -> bool:
    rest = passage
    for part in sorted(known.parts, key=len, reverse=True):
        rest = rest.replace(part, "\n")
    alien = [piece for piece in rest.split("\n") if piece not in known.article]
    return sum(map(len, alien)) > OWN * len(passage)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=HALVES, help="look at this half alone")
    parser.add_argument("--verbose", action="store_true", help="print what went wrong")
    options = parser.parse_args()
    found = options.folder.glob("*.html")
    pages = sorted(path for path in found if path.with_suffix(".json").exists())
    with Apart() as apart:
        documents = [read(page, page.stem, apart) for page in pages]
    passages = marked([passage for document in documents for passage in cut(document)])
    counts = Counter[tuple[str, str, str]]()
    for page, document in zip(pages, documents, strict=True):
        known, side = truth(page.with_suffix(".json")), half(page.stem)
        if options.half not in (None, side):
            continue
        own = [p for p in passages if p.doc_id == page.stem and not p.aside]
        lacking, aliens = compared(known, own, document.text)
        key = side, known.language
        counts[*key, "pages"] += 1
        counts[*key, "paragraphs"] += len(known.paragraphs)
        counts[*key, "lost"] += len(lacking)
        counts[*key, "prose"] += sum(p.kind == "prose" for p in own)
        counts[*key, "alien"] += len(aliens)
        if options.verbose:
            print(f"{side} {page.name}: {len(lacking)} lost, {len(aliens)} boilerplate")
            print(*(f"   - {text[:100]!r}" for text in lacking), sep="\n")
            print(*(f"   + {text[:100]!r}" for text in aliens), sep="\n")
    for side, language in sorted({key[:2] for key in counts}):
        pages, paragraphs, lost, prose, alien = (
            counts[side, language, name]
            for name in ("pages", "paragraphs", "lost", "prose", "alien")
        )
        print(f"{side:4} {language} {pages:2} pages:", end=" ")
        print(f"{1 - lost / paragraphs:6.1%} of {paragraphs} paragraphs are passages,", end=" ")
        print(f"{alien / max(1, prose):5.1%} of {prose} prose passages are boilerplate")


def compared(known: Truth, own: Sequence[Passage], text: str) -> tuple[list[str], list[str]]:
    """The paragraphs that are no passages, and the prose passages that are of no article."""
    quotes = [(p.kind, text[p.start : p.end]) for p in own]
    present = [letters(quote) for _, quote in quotes]
    lost = [
        paragraph for paragraph in known.paragraphs if not is_passage(paragraph, present, known)
    ]
    prose = [quote for kind, quote in quotes if kind == "prose" and letters(quote)]
    return lost, [quote for quote in prose if is_boilerplate(letters(quote), known)]


if __name__ == "__main__":
    main()
