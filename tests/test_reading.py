"""A file is read exactly as it is, and found under an id of its own."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from qa.errors import DocumentError
from qa.reading import document, find, read

SEEDS = Path(__file__).parent.parent / "seeds"


def write(path: Path, data: bytes = b"Some words.") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def ids(folder: Path) -> list[str]:
    return [doc_id for doc_id, _ in find(folder).documents]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"", "utf-8"),
        ("dix\r\nonze\rdouze\n\x0c\u2028\u0085 ".encode(), "utf-8"),
        ("\ufeffMis palabras".encode(), "utf-8"),
        ("e\u0301te\u0301 \u00e9t\u00e9".encode(), "utf-8"),
        ("\ufeffl’été\r\n".encode("utf-16-le"), "utf-16-le"),
        ("\ufeffl’été\r\n".encode("utf-16-be"), "utf-16-be"),
        ("l’été coûte cher\r\n".encode("utf-16-le"), "utf-16-le"),
        ("l’été coûte cher\r\n".encode("utf-16-be"), "utf-16-be"),
        ("l’été coûte 5 €".encode("cp1252"), "cp1252"),
        (b"a\x81b\xe9", "latin-1"),
    ],
)
def test_the_text_is_what_the_bytes_decode_to(tmp_path: Path, data: bytes, encoding: str) -> None:
    document = read(write(tmp_path / "a.txt", data), "a")

    assert document.encoding == encoding
    assert document.text == data.decode(encoding)
    assert document.text.encode(encoding) == data
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert document.doc_id == "a"
    assert document.path == tmp_path / "a.txt"


@given(st.binary(max_size=80))
def test_any_bytes_are_read_exactly_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = write(tmp_path_factory.getbasetemp() / "any.txt", data)
    try:
        document = read(path, "any")
    except DocumentError:
        assert b"\0" in data
    else:
        assert document.text.encode(document.encoding) == data


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"a\0b", b"\xff\xfe\0\0a\0\0\0"]
)
def test_a_binary_file_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DocumentError, match=r"scan\.txt is not a text file: it has NUL bytes"):
        read(write(tmp_path / "scan.txt", data), "scan")


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"gone\.txt cannot be read: No such file"):
        read(tmp_path / "gone.txt", "gone")


def test_a_file_without_permission_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path / "mine.txt")
    monkeypatch.setattr(Path, "open", refuse)  # root may read everything
    with pytest.raises(DocumentError, match=r"mine\.txt cannot be read: Permission denied"):
        read(path, "mine")


def test_a_folder_and_a_pipe_are_no_documents(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")  # to open it would wait for ever
    (tmp_path / "folder.txt").mkdir()

    for path in (tmp_path / "folder.txt", tmp_path / "pipe.txt"):
        with pytest.raises(DocumentError, match="it is not a file"):
            read(path, "x")


def test_a_file_is_refused_from_one_byte_beyond_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "MAX_TEXT", 3)

    assert read(write(tmp_path / "fits.txt", b"abc"), "fits").text == "abc"
    with pytest.raises(DocumentError, match=r"long\.txt is too large"):
        read(write(tmp_path / "long.txt", b"abcd"), "long")


@pytest.mark.parametrize(
    ("stem", "language", "title"),
    [
        (
            "000_9ac5fc5aeb025ed6",
            "en",
            "IOM Peru Hosts Andean Community Migration Data Experts to Discuss Policies Promoting "
            "Safe Migration",
        ),
        (
            "001_1d07d1647ccf1b53",
            "en",
            "IOM and the Government of Peru Commemorate Peruvians Living Abroad Day",
        ),
        (
            "002_abb1b8f4ae9cc770",
            "fr",
            "L’OIM au Pérou accueille un groupe d’experts en statistiques migratoires de la "
            "Communauté andine afin de débattre de politiques pour promouvoir une migration faite "
            "dans des conditions sécuritaires",
        ),
        (
            "003_ad3c3200a3ede216",
            "es",
            "OIM y Secretaría General de la Comunidad Andina renuevan lazos de cooperación",
        ),
        (
            "004_4dcdd40475431c58",
            "en",
            "Migration Policies to Foster Development and Human Rights",
        ),
    ],
)
def test_a_seed_has_its_headline_as_title(stem: str, language: str, title: str) -> None:
    document = read(SEEDS / f"{stem}.txt", stem)

    assert (document.title, document.language) == (title, language)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("The first line is a sentence.\nSo is the second.", "The first line is a sentence."),
        ("It all began in Lima.\n\nBackground\n\nThe office opened.", "It all began in Lima."),
        ("\n\n  A   title \n\nThen prose follows.", "A title"),
        ("word " * 60 + ".", "word " * 23 + "word"),
        ("x" * 200, "x" * 120),
        ("-\nHome\n-\nAbout us\nProse gives the title.", "Prose gives the title."),
        ("-\nHome", "-"),
        ("Geneva, 8 January 2024\n\nThe rent rises\n\nIt rises in May.", "The rent rises"),
        ("Genève, le 8 janvier 2024.\nMonsieur,\nle loyer augmente.", "the-id"),
        ("Dear all:\n\nThe rent rises in May.", "the-id"),
        ("Geneva, 8 January 2024 - The rent rises.\n", "Geneva, 8 January 2024 - The rent rises."),
        ("8 January 2024\n", "8 January 2024"),
        (" \n\ufeff\n", "the-id"),
        ("", "the-id"),
    ],
)
def test_a_text_is_called_by_its_heading_or_its_first_line_or_its_id(
    tmp_path: Path, text: str, title: str
) -> None:
    assert read(write(tmp_path / "a.txt", text.encode()), "the-id").title == title


def test_the_seeds_are_found_in_order() -> None:
    assert [doc_id[:3] for doc_id in ids(SEEDS)] == ["000", "001", "002", "003", "004"]


def test_files_of_other_kinds_and_hidden_ones_are_passed_over(tmp_path: Path) -> None:
    for name in ("a.txt", "B.TXT", "sub/c.txt", "notes.tex", ".hidden.txt", ".git/d.txt", "txt"):
        write(tmp_path / name)

    assert ids(tmp_path) == ["B", "a", "c"]
    assert dict(find(tmp_path).documents)["c"] == tmp_path / "sub" / "c.txt"


def test_a_hidden_folder_that_is_named_is_read(tmp_path: Path) -> None:
    write(tmp_path / ".archive" / "a.txt")

    assert ids(tmp_path / ".archive") == ["a"]


def test_all_files_that_share_a_stem_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for name in ("2016/report.txt", "2017/report.txt", "report.txt", "2017/other.txt"):
        write(tmp_path / name)

    assert ids(tmp_path) == ["2016/report", "2017/report", "other", "report"]


def test_files_that_differ_in_the_suffix_alone_keep_it(tmp_path: Path) -> None:
    for name in ("a.txt", "a.TXT", "a.txt.txt"):
        write(tmp_path / name)
    if len(os.listdir(tmp_path)) < 3:
        pytest.skip("this file system does not tell capitals apart")

    assert ids(tmp_path) == ["a.TXT", "a.txt", "a.txt.txt"]


def test_links_that_go_in_circles_are_survived(tmp_path: Path) -> None:
    write(tmp_path / "sub" / "a.txt")
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "linked.txt").symlink_to(tmp_path / "sub" / "a.txt")

    assert ids(tmp_path) == ["a", "linked"]


def test_a_folder_that_is_gone_since_it_was_seen_is_no_closed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.txt")
    for name in ("gone", "shut"):
        (tmp_path / name).mkdir()
    real, errors = os.scandir, {"gone": FileNotFoundError(2, "No such file"), "shut": OSError(5)}

    def scandir(path: Path) -> object:
        if path.name in errors:
            raise errors[path.name]
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = find(tmp_path)

    assert [doc_id for doc_id, _ in found.documents] == ["a"]
    assert list(found.closed) == [tmp_path / "shut"]


def test_a_folder_of_any_depth_is_walked(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(1500):  # more than Python's stack
        deep /= "d"
        deep.mkdir()
    write(deep / "a.txt")
    try:
        assert ids(tmp_path) == ["a"]
    finally:  # pytest's own cleaning goes no deeper than Python's stack
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)


def test_what_a_qaignore_names_is_passed_over_with_the_rules_of_a_gitignore(tmp_path: Path) -> None:
    for name in ("a.txt", "drafts/b.txt", "sub/drafts/c.txt", "sub/d.log.txt", "sub/keep.log.txt"):
        write(tmp_path / name)
    write(tmp_path / ".qaignore", b"# not these\n/drafts/\n*.log.txt\n!keep.log.txt\n")

    assert ids(tmp_path) == ["a", "c", "keep.log"]


def test_a_qaignore_further_in_has_the_last_word(tmp_path: Path) -> None:
    for name in ("a.txt", "sub/a1.txt", "sub/b.txt", "b.txt"):
        write(tmp_path / name)
    write(tmp_path / ".qaignore", b"a*.txt\n")
    write(tmp_path / "sub" / ".qaignore", b"!a1.txt\n/b.txt\n")

    assert ids(tmp_path) == ["a1", "b"]
    assert dict(find(tmp_path).documents)["b"] == tmp_path / "b.txt"


def test_a_qaignore_that_cannot_be_understood_leaves_nothing_in_by_mistake(tmp_path: Path) -> None:
    write(tmp_path / "secret.txt")
    write(tmp_path / ".qaignore", b"!\nsecret.txt\n")

    with pytest.raises(DocumentError, match=r"\.qaignore cannot be understood .* mend it"):
        find(tmp_path)


def test_a_folder_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="nowhere is not a folder"):
        find(tmp_path / "nowhere")


def test_a_pattern_that_is_none_is_told_in_a_sentence(tmp_path: Path) -> None:
    write(tmp_path / "secret.txt")
    write(tmp_path / ".qaignore", b"[z-a]\nsecret.txt\n")

    with pytest.raises(
        DocumentError, match=r"\.qaignore cannot be understood \(bad character range"
    ):
        find(tmp_path)
