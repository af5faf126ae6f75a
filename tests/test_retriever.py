"""Words are searched for while the model runs, if a core is free; the ranking is the same."""

import multiprocessing
import os
import threading
from pathlib import Path

import pytest
from conftest import HashingEncoder

from qa import Bot


@pytest.mark.parametrize("turns", [0, 1])
def test_words_are_searched_for_beside_the_model_if_a_core_is_free(
    folder: Path,
    encoder: HashingEncoder,
    tmp_path: Path,
    turns: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")
    bot._turns = threading.Semaphore(turns)
    catalogue, searched = bot.library().catalogue, []
    search = catalogue.lexical

    def noted(*values: object) -> dict[int, float]:
        searched.append(threading.current_thread())
        return search(*values)

    expected = [(hit.row, hit.score) for hit in bot.hits("How much honey do bees make?")]
    monkeypatch.setattr(catalogue, "lexical", noted)
    found = bot.hits("How much honey do bees make?")
    assert [(hit.row, hit.score) for hit in found] == expected
    assert [each is threading.main_thread() for each in searched] == [turns == 0]
    assert bot._turns.acquire(blocking=False) == bool(turns)  # given back


def test_a_core_is_given_back_when_the_search_fails(
    folder: Path, encoder: HashingEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")
    bot._turns = threading.Semaphore(1)

    def fails(*_: object) -> dict[int, float]:
        raise OSError("the disk is gone")

    monkeypatch.setattr(bot.library().catalogue, "lexical", fails)
    with pytest.raises(OSError, match="the disk is gone"):
        bot.hits("How much honey do bees make?")
    assert bot._turns.acquire(blocking=False)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only POSIX forks")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_searches_with_threads_of_its_own(
    folder: Path, encoder: HashingEncoder, tmp_path: Path
) -> None:
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")
    expected = [hit.row for hit in bot.hits("How much honey do bees make?")]
    context = multiprocessing.get_context("fork")
    found = context.SimpleQueue()
    child = context.Process(
        target=lambda: found.put([hit.row for hit in bot.hits("How much honey do bees make?")])
    )
    child.start()
    child.join(20)
    done = child.exitcode
    child.kill()
    assert done == 0
    assert found.get() == expected
