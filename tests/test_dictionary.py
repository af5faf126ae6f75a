"""What is a word, by a file of digests: the same as by the lists themselves."""

from functools import cache
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given, strategies as st
from simplemma.strategies.dictionaries import DefaultDictionaryFactory

from qa import dictionary
from qa.dictionary import is_common, is_word, unpack
from qa.types import LANGUAGES, Language


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("words")


def reopened() -> None:
    """As another process would find it."""
    dictionary._digests.cache_clear()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_listed_word_is_one_in_whatever_case(kept: Path, language: Language) -> None:
    some = list(DefaultDictionaryFactory().get_dictionary(language))[::97]
    assert len(some) > 1000
    for word in some:
        assert is_word(word, language, kept)
        assert is_word(word.upper().lower(), language, kept)


@pytest.mark.parametrize(
    ("language", "word"),
    [("en", "consulates"), ("fr", "présidence"), ("es", "migración"), ("es", "migracio\u0301n")],
)
def test_a_word_is_one(kept: Path, language: Language, word: str) -> None:
    assert is_word(word, language, kept)
    assert not is_word(f"{word}q", language, kept)


@cache
def listed(language: Language) -> frozenset[str]:
    """All that is a word, in small letters: the list has "BibTeX", too."""
    words = DefaultDictionaryFactory().get_dictionary(language)
    return frozenset(map(str.lower, (*words, *dictionary._countries(language))))


@given(st.text() | st.just("BIBTEX"), st.sampled_from(LANGUAGES))
def test_what_the_lists_do_not_know_is_none(kept: Path, text: str, language: Language) -> None:
    if is_word(text, language, kept):
        assert normalize("NFC", text.lower()) in listed(language)


@pytest.mark.parametrize(
    ("language", "common", "not_common"),
    [
        ("en", ["honey", "bees"], ["italy", "Japan", "honney"]),
        ("fr", ["présidence", "presidence", "miel"], ["mexique", "Italie", "canada"]),
        ("es", ["migración", "migracion"], ["Perú", "canada", "alemania"]),
    ],
)
def test_a_name_is_not_common(
    kept: Path, language: Language, common: list[str], not_common: list[str]
) -> None:
    assert [word for word in common if not is_common(word, language, kept)] == []
    assert [word for word in not_common if is_common(word, language, kept)] == []


def test_the_lists_are_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reopened()
    assert is_word("honey", "en", tmp_path)
    reopened()
    monkeypatch.setattr(dictionary, "_made", lambda language: pytest.fail("unpacked again"))
    assert is_word("honey", "en", tmp_path)
    assert not is_word("honney", "en", tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_all_lists_are_unpacked_beforehand_and_it_is_said(tmp_path: Path) -> None:
    reopened()
    said = list[tuple[str, float]]()
    unpack(tmp_path, lambda stage, share: said.append((stage, share)))
    assert said == [("unpacking the lists of words", share / 3) for share in range(3)]
    assert len(list(tmp_path.iterdir())) == len(LANGUAGES)

    unpack(tmp_path, lambda *_: pytest.fail("unpacked again"))


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY\x01\x00", b"nothing of the kind"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    reopened()
    is_word("honey", "en", tmp_path)
    [path] = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(damage)
    reopened()
    assert is_word("honey", "en", tmp_path)
    assert path.read_bytes() == whole


def test_where_nothing_can_be_kept_it_is_told_all_the_same(tmp_path: Path) -> None:
    reopened()
    (tmp_path / "taken").write_bytes(b"")
    assert is_word("honey", "en", tmp_path / "taken")
    assert not is_word("honney", "en", tmp_path / "taken")
