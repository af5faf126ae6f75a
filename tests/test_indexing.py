"""An index that keeps: what did not change is never encoded again, and nothing can hurt it."""

import errno
import gc
import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import DIM, DOCUMENTS, HashingEncoder

from embeddings import Bytes, Codes, index as index_module, packing
from qa import building, indexing, library as library_module, manifest, reading, twins
from qa.bot import Bot
from qa.building import ALIGNMENTS
from qa.encoded import ASIDE, CODEBOOK, KEYS, PLACES, TOKENS
from qa.errors import DocumentError, LibraryError
from qa.library import CATALOGUE, FREQUENCIES, VECTORS, Library, open_library
from qa.types import Answer, Passage

ROOT = Path(__file__).parent.parent
QUESTIONS = (
    "Who is the keeper of the hives?",
    "How much honey does a colony of bees make?",
    "En quelle année le moulin a-t-il été construit ?",
    "¿Qué altura tiene el faro?",
    "Best pizza in Naples?",
)
PASSAGES = 9  # of the three documents in conftest, their titles among them
TEXTS = (
    PASSAGES + 2
)  # that are encoded: two titles stand above their passages with a name, or a year
MORE = "The baker\n\nThe baker gets up at four in the morning.\n"  # two passages


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The documents of these tests are seconds old; take their stamps as those of old files."""
    monkeypatch.setattr(manifest, "_TICK_NS", -1)


def refresh(
    folder: Path, index: Path, encoder: HashingEncoder | None = None, **more: Any
) -> Library:
    return indexing.refresh(
        folder, index, encoder or HashingEncoder(), model_name="hashing", **more
    )


def encoded(folder: Path, index: Path) -> int:
    """How many texts an opening encodes: passages, and titles that are no passages."""
    encoder = HashingEncoder()
    refresh(folder, index, encoder)
    return encoder.passages


def answers(library: Library, folder: Path) -> list[Answer]:
    bot = Bot(folder, library.index, HashingEncoder(), model_name="hashing")
    return [bot.answer(question, top_k=9) for question in QUESTIONS]


def numbers(library: Library) -> dict[str, bytes]:
    """All that is stored in numbers, byte for byte."""
    place = library.index / library.state.generation
    tokens = (f"{TOKENS}/{p.name}" for p in (place / TOKENS).iterdir())
    codebook = [CODEBOOK] if (place / CODEBOOK).exists() else []
    parts = [VECTORS, FREQUENCIES, KEYS, PLACES, ALIGNMENTS, *codebook, *tokens]
    return {part: (place / part).read_bytes() for part in parts}


def assert_like_new(library: Library, folder: Path, tmp_path: Path) -> None:
    """A refreshed index is, to the last bit, the one that is built from nothing."""
    fresh = refresh(folder, tmp_path / "from nothing")
    assert numbers(library) == numbers(fresh)
    assert list(library.catalogue.all_passages()) == list(fresh.catalogue.all_passages())
    assert library.catalogue.documents() == fresh.catalogue.documents()
    rows = range(len(fresh))
    assert library.catalogue.twin_groups(rows) == fresh.catalogue.twin_groups(rows)
    assert answers(library, folder) == answers(fresh, folder)


# What is encoded


def test_a_second_opening_encodes_nothing_and_writes_nothing(folder: Path, index: Path) -> None:
    assert encoded(folder, index) == TEXTS
    before = {path: path.stat().st_mtime_ns for path in index.rglob("*")}
    assert encoded(folder, index) == 0
    assert {path: path.stat().st_mtime_ns for path in index.rglob("*")} == before


def test_a_question_encodes_only_the_question(folder: Path, index: Path) -> None:
    refresh(folder, index)
    encoder = HashingEncoder()
    bot = Bot(folder, index, encoder, model_name="hashing")
    bot.answer(QUESTIONS[0])
    bot.answer(QUESTIONS[1])
    assert (encoder.passages, encoder.queries) == (0, 2)


def test_a_changed_passage_is_encoded_and_no_other(
    folder: Path, index: Path, tmp_path: Path
) -> None:
    refresh(folder, index)
    changed = DOCUMENTS["faro.txt"].replace("treinta", "cuarenta y dos")
    (folder / "faro.txt").write_bytes(changed.encode())
    assert encoded(folder, index) == 1
    assert_like_new(refresh(folder, index), folder, tmp_path)


def test_what_is_known_of_pairs_is_not_worked_out_again(
    folder: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = list[set[tuple[str, str]]]()

    def candidates(
        passages: Sequence[Passage], places: twins.Places, _: object, known: twins.Known | None
    ) -> list[tuple[int, int]]:
        if known is not None:
            anew = [p for p, place in zip(passages, places, strict=True) if place in known.anew]
            told.append({(p.doc_id, p.language) for p in anew})
        first = {p.language: row for row, p in reversed(list(enumerate(passages)))}
        return [(first["en"], first["fr"]), (first["en"], first["es"])]

    worked_out, align = list[int](), twins._alignment
    monkeypatch.setattr(building, "candidates", candidates)
    monkeypatch.setattr(twins, "_alignment", lambda *pair: worked_out.append(1) or align(*pair))
    refresh(folder, index)
    assert len(worked_out) == 2

    (folder / "more.txt").write_text(MORE)  # its rows stand before those of the mill
    library = refresh(folder, index)
    assert len(worked_out) == 2
    changed = DOCUMENTS["moulin.txt"].replace("rivière", "montagne")
    (folder / "moulin.txt").write_text(changed)
    library = refresh(folder, index)
    assert len(worked_out) == 3
    assert told == [{("more", "en")}, {("moulin", "fr"), ("bees", "en")}]  # which lost the mill
    assert_like_new(library, folder, tmp_path)


def test_a_change_of_the_same_size_is_noticed(folder: Path, index: Path, tmp_path: Path) -> None:
    refresh(folder, index)
    changed = DOCUMENTS["bees.txt"].replace("forty", "sixty")
    time.sleep(0.02)  # more than a tick of the clock that stamps files
    (folder / "bees.txt").write_bytes(changed.encode())
    assert encoded(folder, index) == 1
    assert_like_new(refresh(folder, index), folder, tmp_path)


def test_a_change_that_hides_behind_its_old_size_and_time_is_noticed(
    folder: Path, index: Path
) -> None:
    path = folder / "bees.txt"
    status = path.stat()
    refresh(folder, index)
    time.sleep(0.02)
    path.write_bytes(DOCUMENTS["bees.txt"].replace("forty", "sixty").encode())
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert encoded(folder, index) == 1


@pytest.mark.parametrize("name", ["aaa.txt", "zzz.txt", "below/faro.txt"])
def test_an_added_document_is_encoded_and_no_other(
    folder: Path, index: Path, tmp_path: Path, name: str
) -> None:
    refresh(folder, index)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(MORE)
    assert encoded(folder, index) == 2
    assert_like_new(refresh(folder, index), folder, tmp_path)


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_removed_document_is_gone_and_nothing_is_encoded(
    folder: Path, index: Path, tmp_path: Path, name: str
) -> None:
    refresh(folder, index)
    (folder / name).unlink()
    assert encoded(folder, index) == 0
    library = refresh(folder, index)
    assert len(library) == PASSAGES - 3
    assert_like_new(library, folder, tmp_path)


def test_a_renamed_document_has_a_new_id_and_nothing_is_encoded(
    folder: Path, index: Path, tmp_path: Path
) -> None:
    refresh(folder, index)
    (folder / "bees.txt").rename(folder / "zoo.txt")
    assert encoded(folder, index) == 0
    library = refresh(folder, index)
    assert [d.doc_id for d in library.catalogue.documents()] == ["faro", "moulin", "zoo"]
    assert_like_new(library, folder, tmp_path)


def test_documents_that_swap_their_names_swap_their_passages(
    folder: Path, index: Path, tmp_path: Path
) -> None:
    refresh(folder, index)
    (folder / "bees.txt").rename(folder / "other")
    (folder / "faro.txt").rename(folder / "bees.txt")
    (folder / "other").rename(folder / "faro.txt")
    assert encoded(folder, index) == 0
    assert_like_new(refresh(folder, index), folder, tmp_path)


def test_a_copy_of_a_document_is_not_encoded_again(
    folder: Path, index: Path, tmp_path: Path
) -> None:
    refresh(folder, index)
    shutil.copy(folder / "bees.txt", folder / "copy.txt")
    assert encoded(folder, index) == 0
    assert_like_new(refresh(folder, index), folder, tmp_path)


def test_many_changes_at_once_are_one_refresh(folder: Path, index: Path, tmp_path: Path) -> None:
    (folder / "doomed.txt").write_text("Nobody will miss this.\n")
    refresh(folder, index)
    (folder / "doomed.txt").unlink()
    (folder / "moulin.txt").rename(folder / "mill.txt")
    (folder / "faro.txt").write_text("El faro está cerrado.\n")
    (folder / "new.txt").write_text(MORE)
    assert encoded(folder, index) == 1 + 2
    assert_like_new(refresh(folder, index), folder, tmp_path)


def test_a_touched_document_is_read_and_not_encoded(folder: Path, index: Path) -> None:
    generation = refresh(folder, index).state.generation
    (folder / "bees.txt").touch()
    assert encoded(folder, index) == 0
    library = refresh(folder, index)
    assert library.state.generation == generation  # only the stamps were written
    assert library.state.documents["bees"].stamp == manifest.stamp(folder / "bees.txt")


def test_a_document_of_this_very_moment_is_compared_by_content_until_it_settles(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "_TICK_NS", 3600 * 10**9)
    generation = refresh(folder, index).state.generation
    read: list[Path] = []
    real = manifest.sha256
    monkeypatch.setattr(manifest, "sha256", lambda path: read.append(path) or real(path))
    assert encoded(folder, index) == 0
    assert {path.name for path in read} >= set(DOCUMENTS)
    monkeypatch.setattr(manifest, "_TICK_NS", -1)
    refresh(folder, index)
    read.clear()
    assert refresh(folder, index).state.generation == generation
    assert not {path.name for path in read} & set(DOCUMENTS)


def test_a_library_that_is_still_right_is_given_back(folder: Path, index: Path) -> None:
    library = refresh(folder, index)
    assert refresh(folder, index, opened=library) is library
    (folder / "more.txt").write_text(MORE)
    assert refresh(folder, index, opened=library) is not library


def test_a_folder_that_moved_is_quoted_from_where_it_is_now(
    folder: Path, index: Path, tmp_path: Path
) -> None:
    refresh(folder, index)
    moved = folder.rename(tmp_path / "moved")
    assert encoded(moved, index) == 0
    assert_like_new(refresh(moved, index), moved, tmp_path)
    assert {d.path.parent for d in refresh(moved, index).catalogue.documents()} == {moved}


def test_the_name_of_a_link_tells_format_and_date_and_its_target_the_text(
    folder: Path, index: Path, tmp_path: Path
) -> None:
    """Stores that keep files under their digests are linked to under their names."""
    store = tmp_path / "store"
    store.mkdir()
    (store / "abcdef").write_text(MORE)
    (store / "other.html").write_text(MORE)
    (folder / "2016-05-03_observatory.txt").symlink_to(store / "abcdef")
    (folder / "2014-01-02_market.txt").symlink_to(store / "other.html")

    library = refresh(folder, index)

    assert library.state.skipped == {}
    for doc_id in ("2016-05-03_observatory", "2014-01-02_market"):
        document = library.document(doc_id)
        assert document.path == folder.resolve() / f"{doc_id}.txt"
        assert (document.date, document.text, document.extractor) == (doc_id[:10], MORE, "")
    moved = folder.rename(tmp_path / "moved")
    [path] = [d.path for d in refresh(moved, index).catalogue.documents() if d.date == "2014-01-02"]
    assert path == moved / "2014-01-02_market.txt"
    (store / "other.html").write_text(MORE * 2)
    assert refresh(moved, index).document("2014-01-02_market").text == MORE * 2


def test_a_rebuild_encodes_everything(folder: Path, index: Path) -> None:
    refresh(folder, index)
    encoder = HashingEncoder()
    refresh(folder, index, encoder, rebuild=True)
    assert encoder.passages == TEXTS


def test_progress_ends_with_the_last_passage(folder: Path, index: Path) -> None:
    said: list[tuple[str, float]] = []
    refresh(folder, index, progress=lambda what, share: said.append((what, share)))
    assert said[:3] == [("reading the documents", n / 3) for n in range(3)]
    assert said[3:] == [("embedding the passages", n / TEXTS) for n in range(1, TEXTS + 1)]


# Files that cannot be read


def test_an_unreadable_file_is_skipped_with_its_reason_and_causes_no_rebuild(
    folder: Path, index: Path
) -> None:
    (folder / "binary.txt").write_bytes(b"a\0b")
    library = refresh(folder, index)
    assert "NUL bytes" in library.state.skipped["binary.txt"].reason
    assert refresh(folder, index).state.generation == library.state.generation


def test_an_unreadable_file_that_becomes_readable_is_picked_up(
    folder: Path, index: Path, tmp_path: Path
) -> None:
    (folder / "binary.txt").write_bytes(b"\0" + MORE.encode())
    refresh(folder, index)
    (folder / "binary.txt").write_text(MORE)
    assert encoded(folder, index) == 2
    library = refresh(folder, index)
    assert not library.state.skipped
    assert_like_new(library, folder, tmp_path)


def test_a_readable_file_that_becomes_unreadable_is_no_longer_quoted(
    folder: Path, index: Path
) -> None:
    refresh(folder, index)
    (folder / "bees.txt").write_bytes(b"\0")
    assert encoded(folder, index) == 0
    library = refresh(folder, index)
    assert list(library.state.skipped) == ["bees.txt"]
    assert library.catalogue.document("bees") is None


def test_what_was_lost_of_a_file_is_known_as_long_as_it_is_not_read_anew(
    folder: Path, index: Path
) -> None:
    (folder / "rows.jsonl").write_text('{"text": "One."}\n{')
    said = refresh(folder, index).state.troubles
    assert "line 2 is not JSON" in said["rows.jsonl"]
    (folder / "more.txt").write_text(MORE)
    assert refresh(folder, index).state.troubles == said


def test_an_unreadable_file_that_vanishes_is_forgotten(folder: Path, index: Path) -> None:
    (folder / "binary.txt").write_bytes(b"a\0b")
    refresh(folder, index)
    (folder / "binary.txt").unlink()
    assert not refresh(folder, index).state.skipped


def test_permission_that_is_given_later_is_noticed() -> None:
    with as_nobody() as place:
        folder = place / "documents"
        folder.mkdir()
        secret = folder / "secret.txt"
        secret.write_text(MORE)
        secret.chmod(0)
        library = refresh(folder, place / "index")
        assert "Permission denied" in library.state.skipped["secret.txt"].reason
        assert refresh(folder, place / "index").state.generation == library.state.generation
        secret.chmod(0o600)
        assert len(refresh(folder, place / "index")) == 2


@pytest.mark.parametrize("mode", [0o000, 0o100, 0o400])
def test_a_folder_that_is_closed_is_named_and_its_documents_are_no_longer_quoted(
    mode: int,
) -> None:
    """Of a folder that may only be listed, its files are named, which nobody may look at."""
    with as_nobody() as place:
        folder, index = place / "documents", place / "index"
        (folder / "sub" / "deep").mkdir(parents=True)
        (folder / "open.txt").write_text(MORE)
        (folder / "sub" / "a.txt").write_text(MORE)
        (folder / "sub" / "deep" / "b.txt").write_text(MORE)
        assert len(refresh(folder, index).state.documents) == 3
        (folder / "sub").chmod(mode)
        library = refresh(folder, index)
        assert library.state.documents.keys() == {"open"}
        seen = ["sub/a.txt", "sub/deep"] if mode == 0o400 else ["sub"]
        assert sorted(library.state.skipped) == seen
        said = library.state.skipped[seen[-1]].reason
        assert said == (
            f"{folder / seen[-1]} cannot be opened (Permission denied); "
            "make it readable, or name it in a .qaignore."
        )
        assert refresh(folder, index).state.generation == library.state.generation
        (folder / "sub").chmod(0o700)
        assert len(refresh(folder, index).state.documents) == 3
        assert not refresh(folder, index).state.skipped


def test_a_folder_of_documents_that_is_closed_empties_no_index() -> None:
    with as_nobody() as place:
        folder, index = place / "documents", place / "index"
        folder.mkdir()
        (folder / "a.txt").write_text(MORE)
        generation = refresh(folder, index).state.generation
        folder.chmod(0)
        with pytest.raises(DocumentError, match=r"cannot be opened \(Permission denied\); make it"):
            refresh(folder, index)
        folder.chmod(0o700)
        assert refresh(folder, index).state.generation == generation


# Folders


def test_an_empty_folder_has_an_empty_index_that_keeps(tmp_path: Path, index: Path) -> None:
    (tmp_path / "empty").mkdir()
    library = refresh(tmp_path / "empty", index)
    assert len(library) == 0
    assert refresh(tmp_path / "empty", index).state == library.state
    answer = answers(library, tmp_path / "empty")[0]
    assert (bool(answer), answer.reason) == (False, "no documents")


def test_a_folder_that_fills_and_empties_again(tmp_path: Path, index: Path) -> None:
    place = tmp_path / "folder"
    place.mkdir()
    assert len(refresh(place, index)) == 0
    (place / "a.txt").write_text(MORE)
    assert len(refresh(place, index)) == 2
    (place / "a.txt").unlink()
    assert len(refresh(place, index)) == 0


@pytest.mark.parametrize("content", [b"", b"\n \t\r\n\x0c", b"\xef\xbb\xbf"])
def test_a_blank_file_has_no_quotes(tmp_path: Path, index: Path, content: bytes) -> None:
    place = tmp_path / "folder"
    place.mkdir()
    (place / "blank.txt").write_bytes(content)
    library = refresh(place, index)
    assert [d.doc_id for d in library.catalogue.documents()] == ["blank"]
    assert not any(answers(library, place))
    (place / "more.txt").write_text(MORE)
    assert encoded(place, index) == 2


def test_a_folder_that_vanishes_while_it_is_open_is_one_sentence(folder: Path, index: Path) -> None:
    library = refresh(folder, index)
    shutil.rmtree(folder)
    with pytest.raises(DocumentError, match="is not a folder"):
        refresh(folder, index, opened=library)


def test_a_document_that_vanishes_while_it_is_read_is_left_out(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = reading.find(folder)
    found = replace(found, documents=[*found.documents, ("ghost", folder / "ghost.txt")])
    monkeypatch.setattr(reading, "find", lambda _: found)
    library = refresh(folder, index)
    assert len(library) == PASSAGES
    assert not library.state.skipped


@pytest.mark.parametrize("name", ["an index", "índice", "索引 🐝", "it's", "-x", "a#b%20c?d"])
def test_an_index_may_have_any_name(folder: Path, tmp_path: Path, name: str) -> None:
    refresh(folder, tmp_path / name / "here")
    assert encoded(folder, tmp_path / name / "here") == 0


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text need Linux")
def test_a_document_whose_name_is_no_text_is_quoted(folder: Path, index: Path) -> None:
    (folder / os.fsdecode(b"caf\xe9.txt")).write_text(MORE)
    library = refresh(folder, index)
    assert encoded(folder, index) == 0
    bot = Bot(folder, index, HashingEncoder(), model_name="hashing")
    answer = bot.answer("When does the baker get up?")
    quote = (answer.quotes + answer.near_misses)[0]
    assert quote.path.read_text()[quote.start : quote.end] == quote.text
    assert quote.doc_id == "caf\udce9"
    assert len(library) == PASSAGES + 2


# Other hands on the index


def test_a_foreign_folder_is_refused_and_not_touched(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    (mine / "0123456789abcdef").mkdir(parents=True)
    (mine / "0123456789abcdef" / "photo").write_text("precious")
    (mine / "manifest.json").write_text('{"name": "a web page"}')
    before = {path: path.stat() for path in mine.rglob("*")}
    for rebuild in (False, True):
        with pytest.raises(LibraryError, match="not made by this program"):
            refresh(folder, mine, rebuild=rebuild)
    assert {path: path.stat().st_mtime_ns for path in mine.rglob("*")} == {
        path: status.st_mtime_ns for path, status in before.items()
    }


def test_a_folder_with_other_files_is_no_place_for_an_index(folder: Path) -> None:
    with pytest.raises(LibraryError, match="empty or new folder"):
        refresh(folder, folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(DOCUMENTS)


def test_a_file_is_no_place_for_an_index(folder: Path, index: Path) -> None:
    index.write_text("mine")
    for rebuild in (False, True):
        with pytest.raises(LibraryError, match="--index"):
            refresh(folder, index, rebuild=rebuild)
    assert index.read_text() == "mine"


def test_what_is_not_of_an_index_is_never_swept(folder: Path, index: Path) -> None:
    refresh(folder, index)
    (index / "photos").mkdir()
    (index / "notes.partial").write_text("mine")
    refresh(folder, index, rebuild=True)
    assert (index / "photos").is_dir()
    assert (index / "notes.partial").read_text() == "mine"


def test_an_index_of_another_model_is_refused_with_the_cure(folder: Path, index: Path) -> None:
    refresh(folder, index)
    other = HashingEncoder()
    other.digest = "fedcba9876543210"
    with pytest.raises(LibraryError) as error:
        refresh(folder, index, other)
    assert "made with the model hashing (0123456789abcdef)" in str(error.value)
    assert f"qa index --rebuild --documents {folder} --index {index}" in str(error.value)
    assert len(refresh(folder, index, other, rebuild=True)) == PASSAGES


def test_an_index_of_another_format_is_refused_until_it_is_rebuilt(
    folder: Path, index: Path
) -> None:
    refresh(folder, index)
    path = index / manifest.NAME
    path.write_text(path.read_text().replace(f'"format": {manifest.FORMAT}', '"format": 99'))
    with pytest.raises(LibraryError, match="has the index format 99"):
        refresh(folder, index)
    assert len(refresh(folder, index, rebuild=True)) == PASSAGES


# Many texts


@pytest.fixture
def codebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than those of the folder are many, and for this model there is a codebook."""
    axes = np.zeros((DIM // 8, 256, 8), np.float16)
    axes[:, :8] = np.eye(8)
    monkeypatch.setattr(packing, "MANY", TEXTS)
    monkeypatch.setattr(packing, "shipped_codebook", lambda _: axes)


@pytest.mark.usefixtures("codebook")
def test_an_index_that_outgrows_its_bytes_is_the_one_that_was_made_at_once(
    folder: Path, index: Path, tmp_path: Path
) -> None:
    library = refresh(folder, index)
    assert isinstance(library.encoded.tokens.packing, Bytes)
    (folder / "more.txt").write_text(MORE)
    assert encoded(folder, index) == 2
    library = refresh(folder, index)
    assert isinstance(library.encoded.tokens.packing, Codes)
    assert_like_new(library, folder, tmp_path)
    assert answers(library, folder)[0].quotes[0].doc_id == "bees"
    (folder / "more.txt").unlink()
    assert encoded(folder, index) == TEXTS  # codes give no bytes back
    assert_like_new(refresh(folder, index), folder, tmp_path / "again")


@pytest.mark.usefixtures("codebook")
def test_many_texts_are_refreshed_by_what_changed(
    folder: Path, index: Path, tmp_path: Path
) -> None:
    (folder / "more.txt").write_text(MORE)
    with pytest.raises(KeyboardInterrupt):
        refresh(folder, index, Ended(7))
    assert encoded(folder, index) == TEXTS + 2 - 7
    (folder / "more.txt").write_text(MORE + "\nHe sleeps at noon.\n")
    assert encoded(folder, index) == 1
    assert_like_new(refresh(folder, index), folder, tmp_path)


@pytest.mark.usefixtures("codebook")
def test_codes_of_another_codebook_are_made_anew(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "more.txt").write_text(MORE)
    refresh(folder, index)
    other = np.ones((DIM // 8, 256, 8), np.float16)
    monkeypatch.setattr(packing, "shipped_codebook", lambda _: other)
    (folder / "again.txt").write_text("He sleeps at noon.\n")
    assert encoded(folder, index) == TEXTS + 3


@pytest.mark.usefixtures("codebook")
@pytest.mark.parametrize("content", [b"", b"damaged", None])
def test_a_damaged_codebook_is_refused(folder: Path, index: Path, content: bytes | None) -> None:
    (folder / "more.txt").write_text(MORE)
    right = answers(refresh(folder, index), folder)
    path = part(index, CODEBOOK)
    path.write_bytes(path.read_bytes()[:-1] + b"x" if content is None else content)
    assert assert_right_or_refused(folder, index, right)


# Damage

PARTS = [
    manifest.NAME,
    CATALOGUE,
    VECTORS,
    FREQUENCIES,
    PLACES,
    KEYS,
    ALIGNMENTS,
    *(f"{TOKENS}/{n}" for n in ("values.u1", "scales.f2", "ids.u3", "starts.i8", "checks.u4")),
]


def part(index: Path, name: str) -> Path:
    if name == manifest.NAME:
        return index / name
    state = manifest.read(index, "")
    assert state is not None
    return index / state.generation / name


def assert_right_or_refused(folder: Path, index: Path, right: Sequence[Answer]) -> bool:
    """Whether it was refused; if not, every answer must be the right one."""
    try:
        bot = Bot(folder, index, HashingEncoder(), model_name="hashing")
        assert [bot.answer(question, top_k=9) for question in QUESTIONS] == right
    except LibraryError as error:
        assert "qa index --rebuild --documents" in str(error)
        return True
    return False


@pytest.mark.parametrize(
    ("name", "digested"), [*((name, True) for name in PARTS), (CATALOGUE, False)]
)
def test_a_flipped_byte_is_refused_or_harmless(
    folder: Path, index: Path, name: str, digested: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A catalogue over 32 MiB is not digested at every opening; its rows have checksums."""
    if not digested:
        monkeypatch.setattr(library_module, "_DIGESTED", -1)
    right = answers(refresh(folder, index), folder)
    path = part(index, name)
    whole = path.read_bytes()
    kept = index.with_name("kept")
    shutil.copytree(index, kept)
    for at in np.linspace(0, len(whole) - 1, 24 if digested else 80).astype(int).tolist():
        damaged = bytearray(whole)
        damaged[at] ^= 0x15
        shutil.rmtree(index)
        shutil.copytree(kept, index)
        path.write_bytes(damaged)
        refused = assert_right_or_refused(folder, index, right)
        if digested and name in (CATALOGUE, VECTORS, FREQUENCIES):
            assert refused


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_truncated_file_is_refused(folder: Path, index: Path, name: str, share: float) -> None:
    right = answers(refresh(folder, index), folder)
    path = part(index, name)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert assert_right_or_refused(folder, index, right)


@pytest.mark.parametrize("name", PARTS)
def test_a_missing_file_is_refused_or_built_anew(folder: Path, index: Path, name: str) -> None:
    right = answers(refresh(folder, index), folder)
    part(index, name).unlink()
    refused = assert_right_or_refused(folder, index, right)
    assert refused == (name != manifest.NAME)


@pytest.mark.parametrize("name", [f"{TOKENS}/values.u1", VECTORS])
def test_damage_that_shows_only_while_copying_is_refused_with_the_cure(
    folder: Path, index: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_module, "_DIGESTED", -1)
    refresh(folder, index)
    path = part(index, name)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    (folder / "more.txt").write_text(MORE)
    with pytest.raises(LibraryError, match="qa index --rebuild"):
        refresh(folder, index)
    assert len(list(index.glob("?" * 16))) == 1  # what was begun is gone
    assert len(refresh(folder, index, rebuild=True)) == PASSAGES + 2


# Many passages


@pytest.fixture
def many(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of passages so many that codes of their vectors are compared."""
    monkeypatch.setattr(index_module, "EXACT", 15)  # training needs 16
    words = "stone river bridge window garden letter winter summer mountain island".split()
    for number, word in enumerate(words):
        text = "\n\n".join(f"The {word} of {other} is number {number}." for other in words)
        (folder / f"{word}.txt").write_text(text)
    return folder


def test_many_passages_are_answered_as_if_all_vectors_were_compared(
    many: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coded = refresh(many, index)
    monkeypatch.setattr(index_module, "EXACT", 1000)
    flat = refresh(many, index.with_name("flat"))
    assert (coded.state.vectors.name, flat.state.vectors.name) == ("pq", "flat")
    assert coded.state.vectors.recall is not None
    assert coded.state.vectors.recall >= 0.98
    assert answers(coded, many) == answers(flat, many)


def test_many_passages_that_are_refreshed_are_like_new(
    many: Path, index: Path, tmp_path: Path
) -> None:
    refresh(many, index)
    (many / "more.txt").write_text(MORE)
    (many / "river.txt").unlink()
    refreshed = refresh(many, index)
    assert refreshed.state.vectors.name == "pq"
    assert_like_new(refreshed, many, tmp_path)


def test_damage_among_many_vectors_is_refused_or_changes_the_order_alone(
    many: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_module, "_DIGESTED", -1)
    library = refresh(many, index)
    path = part(index, VECTORS)
    whole = path.read_bytes()
    vectors = 2 * len(library) * library.state.dim  # bytes, before the last 36
    seen = set()
    for at in np.linspace(0, len(whole) - 1, 40).astype(int).tolist():
        damaged = bytearray(whole)
        damaged[at] ^= 0x15
        path.write_bytes(damaged)
        try:
            opened = open_library(index)
            assert opened is not None
        except LibraryError as error:
            assert "--rebuild" in str(error)
            refused = True
        else:
            refused = False
            for answer in answers(opened, many):
                for quote in answer.quotes + answer.near_misses:
                    assert quote.path.read_text()[quote.start : quote.end] == quote.text
            with pytest.raises(LibraryError, match="is damaged"):
                opened.verify()
        inside = len(whole) - 36 - vectors <= at < len(whole) - 36
        assert refused != inside
        seen.add(refused)
    assert seen == {True, False}


def test_a_rebuild_cures_every_damage(folder: Path, index: Path) -> None:
    right = answers(refresh(folder, index), folder)
    for name in PARTS:
        part(index, name).write_bytes(b"damaged")
        assert answers(refresh(folder, index, rebuild=True), folder) == right


def test_no_file_of_an_index_is_a_pickle(folder: Path, index: Path) -> None:
    refresh(folder, index)
    starts = {path.name: path.read_bytes()[:2] for path in index.rglob("*") if path.is_file()}
    assert [name for name, start in starts.items() if re.match(rb"\x80[\x02-\x05]", start)] == []
    assert np.load(part(index, FREQUENCIES), allow_pickle=False).dtype == np.int32


# Room and rights


@contextmanager
def room(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [0, 200, 1000, 3000, 9000, 30_000])
def test_a_full_disk_is_one_sentence_and_leaves_the_earlier_index(
    folder: Path, index: Path, size: int
) -> None:
    right = answers(refresh(folder, index), folder)
    (folder / "more.txt").write_text(MORE)
    with room(size), pytest.raises(LibraryError, match=r"cannot be written .*make room"):
        refresh(folder, index)
    assert len(list(index.glob("?" * 16))) == 1
    (folder / "more.txt").unlink()
    assert encoded(folder, index) == 0
    assert answers(refresh(folder, index), folder) == right


def test_a_disk_that_is_full_only_for_the_words_is_one_sentence_too(
    folder: Path, index: Path
) -> None:
    right = answers(refresh(folder, index), folder)
    (folder / "long.txt").write_text(" ".join(20 * ["x" * 5000]))  # more text than vectors
    with room(200_000), pytest.raises(LibraryError, match=r"cannot be written .*make room"):
        refresh(folder, index)
    (folder / "long.txt").unlink()
    assert answers(refresh(folder, index), folder) == right


@contextmanager
def as_nobody() -> Iterator[Path]:
    """A folder of one's own, without the rights of root."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    root = os.geteuid() == 0
    if root:
        os.chown(place, 65534, 65534)
        os.seteuid(65534)
    try:
        yield place
    finally:
        if root:
            os.seteuid(0)
        shutil.rmtree(place, ignore_errors=True)


def test_an_index_that_may_only_be_read_answers_until_a_document_changes() -> None:
    with as_nobody() as place:
        folder, index = place / "documents", place / "index"
        folder.mkdir()
        (folder / "more.txt").write_text(MORE)
        generation = refresh(folder, index).state.generation
        for path in [*index.rglob("*"), index]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        assert encoded(folder, index) == 0
        (folder / "more.txt").touch()  # its stamp cannot be written, and need not be
        assert refresh(folder, index).state.generation == generation
        with pytest.MonkeyPatch.context() as monkeypatch:  # nor can it be read anew
            monkeypatch.setattr(reading, "REVISIONS", "later ones")
            assert refresh(folder, index).state.generation == generation
        (folder / "new.txt").write_text(MORE)
        with pytest.raises(LibraryError, match=r"cannot be written \(Permission denied\)"):
            refresh(folder, index)
        for path in [index, *index.rglob("*")]:
            path.chmod(0o755)


def test_a_manifest_that_may_not_be_read_is_not_to_be_removed() -> None:
    with as_nobody() as place:
        (place / "documents").mkdir()
        refresh(place / "documents", place / "index")
        (place / "index" / manifest.NAME).chmod(0)
        with pytest.raises(LibraryError, match=r"\(Permission denied\); make it readable"):
            refresh(place / "documents", place / "index")


# Processes

BUILDER = """
import sys, time
from pathlib import Path
from conftest import HashingEncoder
from qa import indexing

class Slow(HashingEncoder):
    def encode_passages(self, texts):
        for encoding in super().encode_passages(texts):
            print("encoded", flush=True)
            time.sleep(float(sys.argv[3]))
            yield encoding

encoder = Slow()
library = indexing.refresh(Path(sys.argv[1]), Path(sys.argv[2]), encoder, model_name="hashing")
print(len(library), encoder.passages, library.state.generation)
"""


def builder(folder: Path, index: Path, pause: float) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    return subprocess.Popen(
        [sys.executable, "-c", BUILDER, str(folder), str(index), str(pause)],
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    )


def output(process: subprocess.Popen[str]) -> list[str]:
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return out.splitlines()


def test_two_processes_that_build_at_once_build_once(folder: Path, index: Path) -> None:
    first, second = (output(p) for p in [builder(folder, index, 0.02) for _ in range(2)])
    done = sorted(lines[-1].split() for lines in (first, second))
    assert [words[:2] for words in done] == [["9", "0"], ["9", "11"]]
    assert done[0][2] == done[1][2]
    assert encoded(folder, index) == 0


def test_a_reader_is_not_disturbed_by_a_rebuild(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.bot.LOOK_AGAIN", 3600)  # however long the rebuild takes
    bot = Bot(folder, index, HashingEncoder(), model_name="hashing")
    right = bot.answer(QUESTIONS[0])
    open_before = bot.library()
    (folder / "more.txt").write_text(MORE)
    building = builder(folder, index, 0.02)
    assert building.stdout is not None
    building.stdout.readline()
    reader = open_library(index)  # while the other one builds
    assert reader is not None
    assert len(reader) == PASSAGES
    output(building)
    assert not (index / open_before.state.generation).exists()
    assert bot.answer(QUESTIONS[0]) == right  # what it has open, it keeps
    assert reader.rarity(np.array([1, 2], np.int32)).shape == (2,)
    assert reader.catalogue.document("bees") is not None


def test_a_library_opens_while_generations_are_replaced(folder: Path, index: Path) -> None:
    refresh(folder, index)
    again = BUILDER.replace("library = indexing", "for _ in range(15): library = indexing").replace(
        'model_name="hashing"', 'model_name="hashing", rebuild=True'
    )
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    process = subprocess.Popen(
        [sys.executable, "-c", again, str(folder), str(index), "0"],
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    )
    seen = set()
    while process.poll() is None:
        library = open_library(index)
        assert library is not None
        assert len(library.catalogue.passages(range(len(library)))) == PASSAGES
        seen.add(library.state.generation)
    output(process)
    assert len(seen) > 1


def test_a_killed_builder_leaves_the_earlier_index_and_the_next_one_sweeps_up(
    folder: Path, index: Path
) -> None:
    library = refresh(folder, index)
    right = answers(library, folder)
    (folder / "more.txt").write_text(MORE)
    process = builder(folder, index, 30)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert len(list(index.glob("?" * 16))) == 2
    (index / f"{manifest.NAME}.0.partial").touch()
    assert open_library(index) is not None
    (folder / "more.txt").unlink()
    assert encoded(folder, index) == 0
    assert answers(refresh(folder, index), folder) == right
    (folder / "more.txt").write_text(MORE)
    assert encoded(folder, index) == 2
    assert len(list(index.glob("?" * 16))) == 1
    assert not list(index.glob("*.partial"))


def test_a_title_that_becomes_a_passage_gets_its_vector(
    folder: Path, index: Path, tmp_path: Path
) -> None:
    """A title alone has no vector: it must not be copied where one is needed."""
    page = "<title>{}</title><p>Nothing but the weather is told here, and that every day anew.</p>"
    (folder / "page.html").write_text(page.format("The miller of the valley"))
    refresh(folder, index)
    (folder / "page.html").write_text(page.format("The miller of the valley") + "<p>It rains.</p>")
    (folder / "miller.txt").write_text("The miller of the valley\n")
    library = refresh(folder, index)
    assert_like_new(library, folder, tmp_path)
    texts = [passage.search_text for passage in library.catalogue.all_passages()]
    row = texts.index("The miller of the valley")
    assert np.linalg.norm(library.vectors.vector(row)) == pytest.approx(1)


class Ended(HashingEncoder):
    """Ends after some texts, as Ctrl-C ends it."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._after = after

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Any]:
        yield from super().encode_passages(texts[: self._after])
        raise KeyboardInterrupt


@pytest.mark.parametrize("after", [1, 4, TEXTS])
def test_an_interrupted_build_is_gone_on_with(
    folder: Path, index: Path, tmp_path: Path, after: int
) -> None:
    """After the last passage it is interrupted before the index is named."""
    with pytest.raises(KeyboardInterrupt):
        refresh(folder, index, Ended(after))
    assert open_library(index) is None
    assert encoded(folder, index) == TEXTS - after
    assert len(list(index.glob("?" * 16))) == 1
    assert_like_new(refresh(folder, index), folder, tmp_path)


def test_a_killed_build_is_gone_on_with(folder: Path, index: Path, tmp_path: Path) -> None:
    process = builder(folder, index, 0.2)
    assert process.stdout is not None
    for _ in range(5):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert encoded(folder, index) <= TEXTS - 4  # the fifth may not have been written
    assert_like_new(refresh(folder, index), folder, tmp_path)


def test_builds_that_are_interrupted_again_and_again_come_to_an_end_and_leave_little(
    folder: Path, index: Path
) -> None:
    for _ in range(4):
        with pytest.raises(KeyboardInterrupt):
            refresh(folder, index, Ended(2))
        assert len(list(index.glob("?" * 16))) <= 2
    assert encoded(folder, index) == TEXTS - 8


def test_of_an_interrupted_build_only_what_is_still_wanted_is_taken(
    folder: Path, index: Path, tmp_path: Path
) -> None:
    refresh(folder, index)
    (folder / "more.txt").write_text(MORE + "\nHe sleeps at noon.\n")
    with pytest.raises(KeyboardInterrupt):
        refresh(folder, index, Ended(2))
    (folder / "more.txt").write_text("He sleeps at noon.\n\nThe baker\n")
    assert encoded(folder, index) == 1  # the heading was encoded
    assert_like_new(refresh(folder, index), folder, tmp_path)


def test_a_rebuild_takes_nothing_of_an_interrupted_build(folder: Path, index: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        refresh(folder, index, Ended(4))
    encoder = HashingEncoder()
    refresh(folder, index, encoder, rebuild=True)
    assert encoder.passages == TEXTS


def test_another_model_takes_nothing_of_an_interrupted_build(folder: Path, index: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        refresh(folder, index, Ended(4))
    encoder = HashingEncoder()
    encoder.digest = "fedcba9876543210"
    refresh(folder, index, encoder)
    assert encoder.passages == TEXTS


@pytest.mark.parametrize(
    "name", [KEYS, ASIDE, *(f"{TOKENS}/{n}" for n in ("values.u1", "starts.i8", "checks.u4"))]
)
@pytest.mark.parametrize("damage", ["torn", "flipped", "gone"])
def test_what_was_damaged_of_an_interrupted_build_is_encoded_again(
    folder: Path, index: Path, tmp_path: Path, name: str, damage: str
) -> None:
    with pytest.raises(KeyboardInterrupt):
        refresh(folder, index, Ended(6))
    [left] = index.glob("?" * 16)
    path = left / name
    if damage == "torn":
        os.truncate(path, path.stat().st_size - 1)
    elif damage == "flipped":
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
    else:
        path.unlink()
    assert TEXTS - 6 < encoded(folder, index) <= TEXTS
    assert_like_new(refresh(folder, index), folder, tmp_path)


def test_a_builder_waits_for_another_and_says_so_when_it_gives_up(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    index.mkdir()
    monkeypatch.setattr(indexing, "_LOCK_SECONDS", 0.1)
    with FileLock(index / manifest.LOCK), pytest.raises(LibraryError, match="another process"):
        refresh(folder, index)


# The library


def test_the_parts_of_an_index_must_be_of_one_size(folder: Path, index: Path) -> None:
    state = refresh(folder, index).state
    path = index / manifest.NAME
    content = json.loads(path.read_text())
    place = index / state.generation / CATALOGUE
    with closing(sqlite3.connect(place)) as connection, connection:
        connection.execute("DELETE FROM passages WHERE row = 8")
    content["files"][CATALOGUE] = [place.stat().st_size, manifest.sha256(place)]
    path.write_text(json.dumps(content))
    with pytest.raises(LibraryError, match=r"don't fit one another; to build it anew, run"):
        refresh(folder, index)


def test_a_rare_token_weighs_more_than_a_common_one(folder: Path, index: Path) -> None:
    library = refresh(folder, index)
    tokens = library.encoded.tokens
    ids = np.concatenate([tokens.ids(row) for row in range(len(library))])
    own, counts = np.unique(ids, return_counts=True)
    common, rare = own[counts.argmax()], own[counts.argmin()]
    weights = library.rarity(np.array([common, rare, 49_999], np.int32))
    assert weights[0] < weights[1] < weights[2]  # the last one is in no passage at all
    assert weights[2] == pytest.approx(np.log(1 + 9.5 / 0.5))


def test_where_there_is_no_index_there_is_no_library(tmp_path: Path) -> None:
    assert open_library(tmp_path) is None


def test_what_becomes_boilerplate_by_another_document_is_marked_as_in_a_new_index(
    folder: Path, index: Path, tmp_path: Path
) -> None:
    """Marks are set and taken off in documents that did not change, and nothing is encoded."""
    footer = "The office helps all people who move, wherever they come from."

    def add(name: str) -> None:
        own = f"The town of {name} lies at the river, has a market, and a bridge of stone."
        (folder / f"{name}.txt").write_text(f"{name}\n\n{own}\n\n{footer}\n")

    def marks(library: Library) -> list[bool]:
        return [p.repeated for p in library.catalogue.all_passages() if p.search_text == footer]

    add("Abra")
    add("Bora")
    assert marks(refresh(folder, index)) == [False, False]
    add("Cora")
    library = refresh(folder, index)
    assert marks(library) == [True, True, True]
    assert_like_new(library, folder, tmp_path)
    (folder / "Abra.txt").unlink()
    encoder = HashingEncoder()
    library = refresh(folder, index, encoder)
    assert (marks(library), encoder.passages) == ([False, False], 0)
    assert_like_new(library, folder, tmp_path / "again")


def test_a_title_that_begins_the_only_passage_is_no_other_token(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "one.txt").write_text("The mill grinds flour on Mondays.\n")
    (folder / "two.txt").write_text(
        "The mill of the valley\n\nIt grinds flour.\n\nNobody lives there.\n"
    )
    library = refresh(folder, tmp_path / "index")
    of = {p.doc_id: row for row, p in enumerate(library.catalogue.all_passages())}
    query = HashingEncoder().encode_query("valley").tokens
    late = library.interact(query, np.ones(1, np.float32), [of["one"], of["two"]])
    assert late.aligned.ravel() == pytest.approx([0, 1], abs=0.001)  # "valley" is in the title
    bot = Bot(folder, tmp_path / "index", HashingEncoder(), model_name="hashing")
    assert bot.answer("The mill grinds flour on Mondays?").quotes[0].doc_id == "one"


def test_a_library_is_freed_as_soon_as_nobody_has_it(folder: Path, index: Path) -> None:
    """And its files are closed: those of every index that was replaced would stay open else."""
    gc.disable()
    try:
        library = refresh(folder, index)
        library.document("bees")
        library.catalogue.lexical("honey", "en", 3)
        assert library.encoded.vectors(0, 1).any()
        known = weakref.ref(library)
        opened = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
        for number in range(3):
            (folder / "bees.txt").write_text(f"Bees make {number} combs.\n")
            library = refresh(folder, index)
        assert known() is None
        if sys.platform == "linux":
            assert len(os.listdir("/proc/self/fd")) == opened
    finally:
        gc.enable()


def test_what_the_machine_lacks_for_a_while_is_no_fault_of_a_file(
    folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh(folder, index)
    (folder / "new.txt").write_text(MORE)

    def read(*_: object) -> object:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(reading, "read", read)
        with pytest.raises(DocumentError, match=r"new\.txt cannot be read now"):
            refresh(folder, index)
    assert len(refresh(folder, index)) == PASSAGES + 2
