"""What takes one place in an answer: equal words, and translations; and what must never do so.

The model is `HashingEncoder`: a "translation" here has the same words under another language, and
two passages align as far as they share words.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import DIM, HashingEncoder

from embeddings import Bytes, TokenStore, TokenWriter
from embeddings.interaction import SHARED
from qa import twins
from qa.likeness import keyed
from qa.twins import NEIGHBOURS, Alignments, Known, candidates, find_twins
from qa.types import Kind, Language, Passage

# What else the corpus talks about: a translation stands out from its neighbourhood, if it has one.
OTHERS = [
    "the keeper of the hives lives in Andorra since last spring",
    "el faro tiene una torre muy alta sobre la isla grande",
    "le moulin produit encore de la farine deux jours par semaine",
    "nobody knows where our old lighthouse went after that storm",
]
Said = tuple[str, Language]


def groups(
    said: Sequence[Said],
    folder: Path,
    kind: Kind = "prose",
    languages: Sequence[Language] = ("en", "fr", "es"),
) -> list[int | None]:
    """The groups of these texts, in a corpus that has other passages in `languages` after them."""
    corpus = [*said, *((text, language) for text in OTHERS for language in languages)]
    others = {text for text, _ in corpus[len(said) :]}
    assert not others & {text for text, _ in said}
    passages = keyed(
        Passage("doc", number, 0, len(text), 1, language, kind, text)
        for number, (text, language) in enumerate(corpus, 1)
    )
    vectors = np.empty((len(passages), DIM), np.float32)
    with TokenWriter(folder, DIM, Bytes(DIM)) as tokens:
        encodings = HashingEncoder().encode_passages([text for text, _ in corpus])
        for row, encoding in enumerate(encodings):
            tokens.append(encoding.tokens, encoding.ids)
            vectors[row] = encoding.vector
    rows = np.arange(len(passages), dtype=np.int32)
    store = TokenStore(folder, DIM, Bytes(DIM))
    pairs = candidates(passages, rows, vectors.__getitem__)
    return find_twins(passages, pairs, Alignments(passages, rows, store, {}))[: len(said)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "The “survey” of 12,274 migrants – co-funded.",
            'The "survey" of 12,274 migrants -- cofunded',
        ),
        ("Il l’a dit : « non ».", "Il l'a dit: “non”."),
        ("THE OFFICE IS OPEN", "The office is open."),
        ("The oﬃce is open…", "The office is open..."),
        ("From 2006–2007, he said", "From 2006-2007 he said"),
    ],
)
def test_other_typography_is_the_same_text(tmp_path: Path, one: str, other: str) -> None:
    assert groups([(one, "en"), (other, "en")], tmp_path) == [0, 0]


@pytest.mark.parametrize(
    ("language", "one"),
    [
        ("en", "All ministers of the four countries met in Lima."),
        ("fr", "Tous les ministres et l’ambassadeur du Pérou ont signé la convention."),
        ("es", "Todos los ministros de las cuatro naciones firmaron el convenio."),
    ],
)
def test_a_definite_article_more_or_less_is_the_same_text(
    tmp_path: Path, language: Language, one: str
) -> None:
    other = re.sub(r"\b(?:the|les|la|las|los|el) |l’", "", one)
    assert other != one
    assert groups([(one, language), (other, language)], tmp_path) == [0, 0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Some 300,000 left in 2006.", "Some 400,000 left in 2007."),
        ("The rate is 4.5 now.", "The rate is 45 now."),
        ("It fell to 5 degrees.", "It fell to -5 degrees."),
        ("It fell by 5 %.", "It fell by 5."),
        ("It cost 300 €.", "It cost 300 $."),
        ("They spent a million.", "They spent a billion."),
        ("It is not forbidden.", "It is forbidden."),
        ("Carolina Santos said so.", "Carolina Santis said so."),
        ("They left on Monday.", "They left on Tuesday."),
        ("They left?", "They left."),
        ("Few of the people who live there left in May.", "A few of the people there left in May."),
        (
            "Many of those who left El Salvador live in Spain now.",
            "Many of those who left Salvador live in Spain now.",
        ),
        (
            "Se fueron a vivir a La Paz con sus familias.",
            "Se fueron a vivir a Paz con sus familias.",
        ),
        (
            "Many of those who left now live in the Hague for good.",
            "Many of those who left now live in Hague for good.",
        ),
        ("In the care", "In care"),  # in a few words each tells
        ("***", "---"),
    ],
)
def test_a_number_a_name_or_a_word_makes_another_text(tmp_path: Path, one: str, other: str) -> None:
    assert groups([(one, "en"), (other, "en")], tmp_path) == [None, None]


def test_a_long_text_with_another_figure_is_another_text(tmp_path: Path) -> None:
    said = "word " * 200 + "{} people left in {}"
    pair: list[Said] = [(said.format("300,000", 2006), "en"), (said.format("400,000", 2007), "en")]
    assert groups(pair, tmp_path) == [None, None]


TEXT = "migrants from four Andean countries met ministers in Lima today"


def test_translations_in_three_languages_are_one_group(tmp_path: Path) -> None:
    assert groups([(TEXT, "en"), (TEXT, "fr"), (TEXT, "es")], tmp_path) == [0, 0, 0]


def test_the_only_passage_of_a_language_may_be_a_translation(tmp_path: Path) -> None:
    said: list[Said] = [(TEXT, "en"), (TEXT, "fr")]
    assert groups(said, tmp_path, languages=("en", "es")) == [0, 0]


def test_contact_blocks_have_no_translations(tmp_path: Path) -> None:
    assert groups([(TEXT, "en"), (TEXT, "fr")], tmp_path, "contact") == [None, None]


def test_a_group_never_has_two_texts_of_one_language(tmp_path: Path) -> None:
    """The chain en – fr – es – another en breaks at its weakest link."""
    words = TEXT.split()
    said: list[Said] = [
        (TEXT, "en"),
        (TEXT, "fr"),
        (" ".join([*words[:7], "x1a", "x2a", "x3a"]), "es"),  # 7 of 10 words shared with those
        (" ".join(["y1a", *words[1:7], "x1a", "x2a", "x3a"]), "en"),  # 9 of 10 with the Spanish
    ]
    assert groups(said, tmp_path) == [0, 0, 2, 2]


def test_a_copy_in_the_same_language_joins_the_translations_of_its_original(
    tmp_path: Path,
) -> None:
    said: list[Said] = [(TEXT, "en"), (TEXT, "fr"), (f"{TEXT}.", "en")]
    assert groups(said, tmp_path) == [0, 0, 0]


@pytest.mark.parametrize(
    ("english", "french", "together"),
    [
        ("300,000 of them since 2006", "300 000 of them since 2006", True),
        ("12 of them since 2006", "of them since 2006", True),  # "12" may be spelled out
        ("300,000 of them since 2006", "300.000 of them since 2007", False),
        ("15 of them since 2013", "100 of them since 2018", False),
    ],
)
def test_translations_that_contradict_in_numbers_are_none(
    tmp_path: Path, english: str, french: str, together: bool
) -> None:
    said: list[Said] = [(f"{TEXT} {english}", "en"), (f"{TEXT} {french}", "fr")]
    assert groups(said, tmp_path) == ([0, 0] if together else [None, None])


def test_less_than_half_of_a_text_is_no_translation_of_it(tmp_path: Path) -> None:
    assert groups([(TEXT, "en"), (f"{TEXT} {TEXT}", "fr")], tmp_path / "half") == [0, 0]
    longer = f"{TEXT} {TEXT} today"
    assert groups([(TEXT, "en"), (longer, "fr")], tmp_path / "less") == [None, None]


def test_translations_are_aligned_by_products_too_small_for_blas_to_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a busy machine it would take a hundred times as long to share one."""
    tokens = np.random.default_rng(0).uniform(-1, 1, (200, 384)).astype(np.float32)
    multiplied, sizes = np.dot, []

    def measured(a: twins.Vectors, b: twins.Vectors, out: twins.Vectors) -> twins.Vectors:
        sizes.append(a.size * b.shape[1])
        return multiplied(a, b, out=out)

    monkeypatch.setattr(np, "dot", measured)
    cosines = tokens[:120] @ tokens.T
    closest = min(cosines.max(axis=0).mean(), cosines.max(axis=1).mean())
    assert twins._alignment(tokens[:120], tokens) == pytest.approx(closest)
    assert max(sizes) <= SHARED < sum(sizes)


class Corpus:
    """Forty matters, each told of in every language; a text is known by its row."""

    def __init__(self) -> None:
        random = np.random.default_rng(0)
        matters = np.tile(random.normal(size=(40, DIM)), (3, 1))
        self._vectors = (matters + random.normal(size=(120, DIM)) / 2).astype(np.float32)
        self._languages = np.repeat(["en", "fr", "es"], 40).tolist()

    def pairs(self, rows: Sequence[int], known: Known | None = None) -> set[tuple[int, int]]:
        """What may be translations among some of the texts."""
        passages = [
            Passage("doc", row + 1, 0, 1, 1, self._languages[row], "prose", str(row), alike=row)
            for row in rows
        ]
        found = candidates(passages, np.array(rows, np.int32), self._vectors.__getitem__, known)
        return {(rows[one], rows[other]) for one, other in found}


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many vectors were compared with all of another language, each time; few are many now."""
    counted, compare = list[int](), twins.neighbours

    def counting(some: twins.Vectors, *rest: Any) -> Any:
        counted.append(len(some))
        return compare(some, *rest)

    monkeypatch.setattr(twins, "neighbours", counting)
    monkeypatch.setattr(twins, "MANY", 1)
    return counted


def test_what_came_since_is_compared_and_nothing_else(compared: list[int]) -> None:
    corpus = Corpus()
    came = {7, 51, 99}  # in another language each
    before = corpus.pairs([row for row in range(120) if row not in came])
    known = Known(dict.fromkeys(before, 0.9), came)
    everything = corpus.pairs(range(120))
    assert {(7, 47), (7, 87), (51, 91), (11, 51), (19, 99), (59, 99)} <= everything - before
    assert compared[-2:] == [40, 40]
    compared.clear()
    assert corpus.pairs(range(120), known) == everything
    assert max(compared) <= NEIGHBOURS**2


def test_what_stands_near_what_came_is_weighed_by_its_own_neighbourhood(
    compared: list[int],
) -> None:
    corpus = Corpus()
    corpus._vectors[8] = corpus._vectors[47] + corpus._vectors[48]  # halfway between two matters
    assert (7, 47) in corpus.pairs(range(120))
    before = corpus.pairs([row for row in range(120) if row != 7])
    assert (7, 47) in corpus.pairs(range(120), Known(dict.fromkeys(before, 0.9), {7}))


def test_what_lost_its_counterpart_finds_another(compared: list[int]) -> None:
    corpus = Corpus()
    corpus._vectors[3] = corpus._vectors[43] * 0.7 + corpus._vectors[4] * 0.3  # next to the best
    corpus._vectors[2] = corpus._vectors[43]
    before = corpus.pairs(range(120))
    assert (2, 43) in before and (3, 43) not in before
    left = [row for row in range(120) if row != 2]
    there = {pair: 0.9 for pair in before if 2 not in pair}
    assert (3, 43) not in corpus.pairs(left, Known(there, set()))
    assert (3, 43) in corpus.pairs(left, Known(there, {43}))


def test_pairs_stay_with_whatever_stands_for_equal_texts(compared: list[int]) -> None:
    """A copy with another typography was renamed, and its row is the first by now."""
    corpus = Corpus()
    corpus._vectors = np.vstack([corpus._vectors, corpus._vectors[:1]])
    corpus._languages.append("en")
    passages = [
        Passage("doc", row + 1, 0, 1, 1, corpus._languages[row], "prose", str(row), alike=row % 120)
        for row in range(121)
    ]
    order = [120, *range(120)]
    before = corpus.pairs(range(120))
    assert (0, 40) in before
    known = Known(dict.fromkeys(before, 0.9), set())
    found = candidates(
        [passages[row] for row in order],
        np.array(order, np.int32),
        corpus._vectors.__getitem__,
        known,
    )
    assert {(order[one], order[other]) for one, other in found} >= {(120, 40), (120, 80)}


def test_where_much_is_new_all_is_compared(compared: list[int]) -> None:
    corpus = Corpus()
    known = Known({}, set(range(8)))  # of 120 texts
    assert corpus.pairs(range(120), known) == corpus.pairs(range(120))
    assert compared == [40] * 12
    compared.clear()
    corpus.pairs(range(120), Known({}, set(range(7))))
    assert max(compared) < 40


@pytest.mark.parametrize(("words", "together"), [(7, False), (8, True)])
def test_a_few_words_must_be_surely_the_same(tmp_path: Path, words: int, together: bool) -> None:
    """Of the words of these headings, two thirds are the same."""
    english = TEXT.split()[:words]
    french = [word if at % 3 else f"x{at}" for at, word in enumerate(english)]
    said: list[Said] = [(" ".join(english), "en"), (" ".join(french), "fr")]
    assert groups(said, tmp_path) == ([0, 0] if together else [None, None])


@pytest.mark.parametrize(
    ("english", "french", "same"),
    [
        ("open from 7 am to 9 pm", "ouvert de 10 h à 20 h", False),
        ("open from 7 am to 9 pm", "ouvert de 7 h à 21 h", True),
        ("under eight", "moins de douze ans", False),
        ("under eight", "moins de huit ans", True),
        ("closed in June", "fermé en août", False),
        ("closed in June", "fermé en juin et en août", True),
        ("it costs 1,500.50", "cela coûte 1 500,50", True),
        ("it costs two hundred", "cela coûte 300", False),
    ],
)
def test_other_figures_and_months_are_no_translation(
    tmp_path: Path, english: str, french: str, same: bool
) -> None:
    said: list[Said] = [(f"{TEXT} {english}", "en"), (f"{TEXT} {french}", "fr")]
    assert groups(said, tmp_path) == ([0, 0] if same else [None, None])
