"""What differs between two passages, word by word, as `qa show --diff` and `qa verify` show it."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import DOCUMENTS, HashingEncoder
from hypothesis import given, strategies as st

import qa.bot
from qa import __main__ as program
from qa.differences import MOST, differences, likeness, words
from qa.render import PLAIN, Style
from qa.verdicts import compared

ANYTHING = st.text(st.characters(exclude_categories=[]), max_size=80)
HONEY = "A colony of bees makes forty kilograms of honey in a good summer."

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    monkeypatch.setattr(qa.bot, "open_encoder", lambda *_: HashingEncoder())
    monkeypatch.chdir(folder.parent)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = program.run([*arguments, "-d", str(folder)])
        out, err = capsys.readouterr()
        return status, out, err

    return run


def shown(before: str, after: str, style: Style = PLAIN) -> str:
    return "\n".join(compared(before, after, style))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("in 1742 by", "in 1743 by", "in [-1742-]{+1743+} by"),
        ("300,000 people", "250,000 people", "[-300,000-]{+250,000+} people"),
        ("It is so.", "It is not so.", "It is {+not +}so."),
        ("l’accord signé.", "l’accord.", "l’accord[- signé-]."),
        ("honey.", "honey!", "honey[-.-]{+!+}"),
    ],
)
def test_whole_words_are_taken_out_and_put_in(before: str, after: str, expected: str) -> None:
    assert shown(before, after) == f"   {expected}"


def test_a_new_line_width_is_no_difference_but_is_said() -> None:
    assert shown("a b\nc", "a\nb c") == "   only blanks and line ends differ\n   a\n   b c"
    assert shown("a b", "a b") == "   no difference\n   a b"


def test_on_a_terminal_it_is_colour_that_tells() -> None:
    assert shown("in 1742", "in 1743", Style(True)) == (
        "   in \x1b[31m1742\x1b[0m\x1b[32m1743\x1b[0m"
    )
    assert shown("in 1742", "in 1743", Style(False, 80)) == "   in [-1742-]{+1743+}"


@given(before=ANYTHING, after=ANYTHING)
def test_both_texts_can_be_read_from_their_differences(before: str, after: str) -> None:
    def squeezed(text: str) -> str:
        return re.sub(r"\s+", " ", text)

    parts = differences(before, after)
    assert parts is not None
    assert "".join(text for change, text in parts if change != "-") == after
    old = "".join(text for change, text in parts if change != "+")
    assert squeezed(old) == squeezed(before)


@given(before=ANYTHING, after=ANYTHING, colour=st.booleans())
def test_no_difference_steers_a_terminal(before: str, after: str, colour: bool) -> None:
    printed = re.sub("\x1b\\[(0|31|32)m", "", shown(before, after, Style(colour, 40)))
    assert not [
        char
        for char in printed
        if not char.isprintable() and char != "\n" and char != " " and char.isascii()
    ]
    assert "\x1b" not in printed


def test_what_is_too_long_is_not_compared() -> None:
    assert differences("a " * MOST, "b") is None
    assert shown("a " * MOST, "b") == "   too long to be compared word by word"


def test_likeness_is_the_share_of_common_words() -> None:
    def alike(one: str, other: str) -> float:
        return likeness(Counter(words(one)), Counter(words(other)))

    assert alike("the mill of 1742", "the mill of 1743") == 2 * 3 / 8
    assert alike("the the", "the") == 2 * 1 / 3
    assert alike("a b", "c d") == alike("", "") == 0


# The command


def test_a_corrected_edition_is_found_and_shown_word_by_word(run: Run, folder: Path) -> None:
    (folder / "corrected.txt").write_text(DOCUMENTS["bees.txt"].replace("forty", "fifty"))
    status, out, err = run("show", "bees#p2", "--diff")
    bees, corrected = Path("documents/bees.txt"), Path("documents/corrected.txt")
    assert (status, err) == (0, "")
    assert out == (
        f"- corrected#p2  {corrected}:3  [-only here-]\n+ bees#p2  {bees}:3  {{+only here+}}\n"
        "   A colony of bees makes [-fifty-]{+forty+} kilograms of honey in a good summer.\n"
    )


def test_passages_that_differ_in_a_number_stay_apart_in_an_answer(run: Run, folder: Path) -> None:
    (folder / "corrected.txt").write_text(DOCUMENTS["bees.txt"].replace("forty", "fifty"))
    content = json.loads(run("ask", "--json", HONEY)[1])
    assert {"bees#p2", "corrected#p2"} <= {quote["source_id"] for quote in content["quotes"]}


def test_only_passages_of_the_same_language_are_near(run: Run, folder: Path) -> None:
    (folder / "french.txt").write_text(
        "Le moulin de la vallée\n\n"
        "Le moulin a été construit en 1750 par les habitants du village.\n"
    )
    out = run("show", "moulin#p2", "--diff")[1]
    assert re.findall(r"^- (\S+)", out, re.MULTILINE) == ["french#p2"]
    assert "en [-1750-]{+1742+} par" in out


def test_any_two_passages_are_compared(run: Run) -> None:
    status, out, _ = run("show", "bees#p2", "--diff", "bees#p3")
    assert status == 0
    assert [row[:9] for row in out.splitlines()[:2]] == ["- bees#p3", "+ bees#p2"]
    [content] = json.loads(run("show", "bees#p2", "--diff", "bees#p3", "--json")[1])
    assert (content["source_id"], content["other"], content["same"]) == (
        "bees#p2",
        "bees#p3",
        False,
    )
    assert "".join(text for change, text in content["parts"] if change != "-") == HONEY


def test_a_passage_that_is_like_no_other_has_status_1(run: Run) -> None:
    status, out, err = run("show", "bees#p2", "--diff")
    assert (status, out) == (1, "")
    assert err == "no other passage in its language has most of the words of bees#p2\n"
    assert run("show", "bees#p2", "--diff", "--json") == (1, "[]\n", "")


@pytest.mark.parametrize("other", ["../bees#p2", "bees#p99", "bees", "/etc/passwd#p1", "\x1b#p1"])
def test_what_is_no_source_is_one_sentence(run: Run, other: str) -> None:
    status, out, err = run("show", "bees#p2", "--diff", other)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "there is no source" in err
    assert "\x1b" not in err
    assert run("show", other, "--diff")[0] == 2


def test_two_passages_without_diff_are_trouble(run: Run) -> None:
    status, _, err = run("show", "bees#p2", "bees#p3")
    assert status == 2
    assert "--diff OTHER_ID" in err
