"""A folder that is kept fresh, and work that shows how far it is."""

import os
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import pytest
from conftest import HashingEncoder

from qa import indexing
from qa.errors import DocumentError
from qa.manifest import Manifest
from qa.progress import Bar, Share, left, rate, spoken
from qa.watching import watch

ROOT = Path(__file__).parent.parent
WATCHED = """
import qa.bot, qa.cli_index, qa.__main__
from conftest import HashingEncoder
qa.bot.open_encoder = lambda *_: HashingEncoder()
qa.bot.LOOK_AGAIN = qa.cli_index._EVERY = 0.1
qa.__main__.main()
"""


def test_each_change_is_one_line(folder: Path, tmp_path: Path) -> None:
    def look() -> Manifest:
        index, encoder = tmp_path / "index", HashingEncoder()
        return indexing.refresh(folder, index, encoder, model_name="hashing").state

    def change() -> None:
        (folder / "new.txt").write_text("The baker\n\nThe baker gets up at four.\n")
        (folder / "faro.txt").unlink()
        (folder / "bees.txt").write_text("No bees.\n")
        (folder / "binary.txt").write_bytes(b"\0")
        (folder / "rows.jsonl").write_text('{"text": "Four."}\n{')

    lines = list(islice(watch(look, change, (DocumentError,)), 6))
    assert {line.split(":")[0] for line in lines} == {
        "skipped binary.txt",
        "changed bees.txt",
        "removed faro.txt",
        "added new.txt",
        "added rows.jsonl",
        "rows.jsonl is read in part",
    }


def test_a_trouble_is_said_once_and_waited_out() -> None:
    state = Manifest("m", "m", 1, "f", "0" * 16)
    looks = iter([state, DocumentError("gone"), DocumentError("gone"), state, StopIteration()])

    def look() -> Manifest:
        found = next(looks)
        if isinstance(found, Exception):
            raise found if isinstance(found, DocumentError) else KeyboardInterrupt
        return found

    said = list[str]()
    with pytest.raises(KeyboardInterrupt):
        said.extend(watch(look, lambda: None, (DocumentError,)))
    assert said == ["gone", "the folder can be indexed again"]


def test_a_watched_folder_is_indexed_until_control_c(folder: Path, cache: Path) -> None:
    watching = subprocess.Popen(
        [sys.executable, "-c", WATCHED, "index", "--watch", "-d", str(folder)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout
    assert watching.stdout.readline().startswith("9 passages")
    watching.stdout.readline()
    (folder / "new.txt").write_text("The baker gets up at four in the morning.\n")
    assert watching.stdout.readline().rstrip().endswith(" added new.txt")
    watching.send_signal(signal.SIGINT)
    _, err = watching.communicate(timeout=30)
    assert watching.returncode == 0
    assert err.splitlines()[-1] == f"qa: watching {folder}; Ctrl-C ends it"


def test_a_share_is_a_number_that_knows_of_how_many() -> None:
    share = Share(3, 4)
    assert (share, share.done, share.total) == (0.75, 3, 4)
    assert Share(0, 0) == 0


def test_the_rate_and_the_time_left_are_reckoned_once_a_stage_has_settled() -> None:
    assert (rate(Share(50, 200), 1.0), left(Share(50, 200), 1.0)) == ("", "")
    assert rate(Share(50, 200), 4.0) == "12/s"  # 50 in 4 seconds, rounded to even
    assert left(Share(50, 200), 4.0) == "12 s left"  # 150 more at 12.5 a second
    assert rate(Share(4, 200), 4.0) == "1.0/s"
    assert rate(0.5, 4.0) == ""  # of how many is not known
    assert [spoken(s) for s in (0.44, 45, 200, 7500)] == [
        "0.4 s",
        "45 s",
        "3 min 20 s",
        "2 h 5 min",
    ]


def test_a_log_has_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    bar = Bar()
    for second in range(0, 80):
        now[0] = float(second)
        bar("embedding the passages", Share(second, 100))
    assert capsys.readouterr().err.splitlines() == [
        "qa: embedding the passages, which may take a minute …",
        "qa: embedding the passages: 32%, 1.0/s, 1 min 8 s left",
        "qa: embedding the passages: 63%, 1.0/s, 37 s left",
    ]
