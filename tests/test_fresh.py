"""A service looks at its folder beside the questions."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import HashingEncoder

from qa.bot import Bot
from qa.errors import DocumentError
from qa.serving import fresh as module
from qa.serving.fresh import Fresh

BAKER = "When does the baker get up?"


@pytest.fixture
def bot(folder: Path, tmp_path: Path, encoder: HashingEncoder) -> Bot:
    return Bot(folder, tmp_path / "index", encoder, model_name="hashing")


@pytest.fixture
def fresh(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fresh]:
    monkeypatch.setattr(module, "LOOK_AGAIN", 0.05)
    fresh = Fresh(bot)
    fresh.start()
    yield fresh
    fresh.stop()


def soon(happened: Callable[[], bool]) -> bool:
    """Whether it happens within ten seconds."""
    end = time.monotonic() + 10
    while not happened() and time.monotonic() < end:
        time.sleep(0.02)
    return happened()


def test_no_question_waits_while_the_folder_is_indexed_anew(
    bot: Bot, folder: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch, fresh: Fresh
) -> None:
    begun, go_on, encode = threading.Event(), threading.Event(), encoder.encode_passages

    def slowly(texts: list[str]) -> object:
        begun.set()
        assert go_on.wait(30)
        return encode(texts)

    monkeypatch.setattr(encoder, "encode_passages", slowly)
    try:
        (folder / "new.txt").write_text("The baker\n\nThe baker gets up at four.\n")
        assert begun.wait(10)
        answers = []
        asking = threading.Thread(target=lambda: answers.append(bot.answer(BAKER)), daemon=True)
        asking.start()
        asking.join(10)
        assert len(answers) == 1
        assert len(bot.library()) == 9
    finally:
        go_on.set()
    assert soon(lambda: len(bot.library()) == 11)


def test_a_folder_that_is_gone_is_told_until_it_is_back(
    folder: Path, fresh: Fresh, capfd: pytest.CaptureFixture[str]
) -> None:
    def troubled() -> bool:
        try:
            fresh.check()
        except DocumentError:
            return True
        return False

    away = folder.rename(folder.with_name("away"))
    assert soon(troubled)
    time.sleep(0.3)  # some more looks, of which nothing new is said
    away.rename(folder)
    assert soon(lambda: not troubled())
    assert capfd.readouterr().err.count("is not a folder") == 1


def test_a_fault_ends_no_watching(
    folder: Path, fresh: Fresh, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def troubled() -> bool:
        try:
            fresh.check()
        except RuntimeError:
            return True
        return False

    def refresh() -> None:
        raise RuntimeError("out of luck")

    with monkeypatch.context() as patch:
        patch.setattr(bot, "refresh", refresh)
        assert soon(troubled)
    assert soon(lambda: not troubled())
    (folder / "new.txt").write_text("A new one.\n")
    assert soon(lambda: len(bot.library()) == 10)
