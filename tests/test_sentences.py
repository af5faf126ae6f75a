"""Sentences end where a reader of English, French or Spanish says they do."""

import itertools

import pytest
from hypothesis import given, strategies as st

from qa.sentences import is_blank, sentences


def split(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


@pytest.mark.parametrize(
    "text",
    [
        "El Sr. Rojas y la Sra. Pérez hablaron con el Dr. Ruiz.",
        "M. Dupont et Mme. Curie sont arrivés avec le Pr. Martin.",
        "Viven en los EE. UU. desde 2006.",
        "Some live in the U.S. Virgin Islands, e.g. St. Thomas.",
        "Los demás países, p. ej. Bolivia, la apoyan.",
        "See No. 5, p. 12, fig. 3 and art. 7.",
        "Tel. +51 1 221 7209 Ext. 145",
        "J. F. Rojas presided.",
        "La tasa es del 4,5 % y hay 2.4 million.",
        "El 1.º de mayo y el 3.er día.",
        "Write to a.ruiz@example.org or see www.example.org/a.b for more.",
        "Tel: +51.1.221.7209.",
        "Lima, 12 de febrero del 2016.- El Jefe de Misión habló.",
        "« La migration ? » demande-t-il.",
        "“Why?” asked the minister.",
        "He waited ... and waited.",
        "The figures [...] The rest is lost.",
        "1. The office in Lima reopens.",
        "## 3. The office in Lima reopens.",
        "The office of *J. Rojas* reopens.",
        "La Sra. Pérez y los Sres. Ruiz viajaron a EE.UU. en 2006.",
        "Hay varios casos, p.ej. el de Bolivia.",
        "En EE. UU., p. ej., viven muchos.",
        "Lt. Gov. Smith and Gov. Brown met at 5 p.m. on Monday.",
        "MM. Durand et Petit, cf. M. Dupont, sont nés le 1er mai.",
        "En 44 av. J.-C. Rome était petite.",
        "Apdo. 25, Avda. Grau núm. 3, 2.º piso.",
        "El 2.º Congreso y la 3.ª reunión, según Mons. Ruiz.",
        "En el 44 a.C. murió César.",
        "En el 44 a. C. murió César, y el 5 de M. Rojas.",
        "Le taux est de 4,5 %, soit env. 1,2 million ; voir p. 12 et chap. 3.",
        "“No vendrán”, dijo el Sr. Rojas.",
        "« Nous partons ! » a dit M. Dupont.",
        "“We stay!” he said.",
    ],
)
def test_one_sentence_stays_whole(text: str) -> None:
    assert split(text) == [text]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("It rose in 2006.", "The third fell."),
        ("**2. Waiting list.**", "There are 63 names."),
        ("It stays _here._", "*Nobody* came."),
        ("La déchèterie ferme à 18 h.", "L'amiante n'y est pas acceptée."),
        ("It is 5m.", "The other is 6 m."),
        ("There are 2.4 million.", "300,000 live in Spain."),
        ("« Nous partons. »", "Il sourit."),
        ("“We go. We stay,” she said.", "Then she left."),
        ('He said "no."', "She said yes."),
        ("¿Cuántos viven allí?", "¡Muchos!"),
        ("¡Basta!", "¿Quién lo dijo?"),
        ("They waited…", "Nothing came."),
        ("He said no.", "All left."),
        ("Viven en EE. UU.", "La mayoría trabaja."),
        ("(See the annex.)", "The rest follows."),
        ("Call +51.1.221.7209.", "The office answers."),
        ("Son 4,5 %.", "La cifra sube."),
        ("Il vient le 1er.", "Elle part."),
        ("“No vendrán.”", "Luego se fue."),
        ("Viven en EE.UU.", "La mayoría trabaja."),
        ("Quedó 3.º.", "Después ganó."),
        ("I saw it.", "[witness: Ana Ruiz; age: 41]"),
    ],
)
def test_two_sentences_come_apart(first: str, second: str) -> None:
    joined = split(f"{first} {second}")

    assert "".join(joined[-1:]) == second
    assert " ".join(joined[:-1]) == first


def test_a_sentence_runs_over_the_ends_of_lines() -> None:
    assert split("Some three million\nBolivians are abroad. They\nreturn.") == [
        "Some three million\nBolivians are abroad.",
        "They\nreturn.",
    ]


def test_a_blank_line_and_an_item_of_a_list_start_a_sentence() -> None:
    assert split("Contact\r\n\r\nAna Ruiz\r\nIOM\n- health\n- work") == [
        "Contact",
        "Ana Ruiz\r\nIOM",
        "- health",
        "- work",
    ]


def test_no_text_has_no_sentences() -> None:
    assert sentences("") == sentences(" \ufeff\n\u00a0\n") == []


@given(st.text(alphabet=st.sampled_from("aB1.?!…»”\"' «(\n\r\u00a0\ufeff\u2028-@,é")) | st.text())
def test_every_character_that_is_not_blank_is_in_one_sentence(text: str) -> None:
    spans = sentences(text)

    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    covered = "".join(text[span.start : span.end] for span in spans)
    assert [c for c in covered if not is_blank(c)] == [c for c in text if not is_blank(c)]
    for span in spans:
        assert not is_blank(text[span.start])
        assert not is_blank(text[span.end - 1])


@pytest.mark.parametrize("unit", [".", ". ", "a. »", "a", "\n", " ", "A.", "?»"])
def test_long_runs_of_anything_take_linear_time(unit: str) -> None:
    # Quadratic, 200,000 characters would take hours; no clock is needed to notice it.
    sentences(unit * (200_000 // len(unit)) + "x.")
