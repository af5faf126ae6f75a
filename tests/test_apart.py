"""What a foreign file does to its parser costs that file, and nothing else."""

import json
import sys
import time
from pathlib import Path

import made
import pytest

from qa.reading.apart import Apart
from qa.reading.extract import UnreadableError

# A worker whose RTF is read by this instead.
_FAKE = """
import sys
from qa.reading import formats, worker
real = formats.extract
def fake(suffix, data):
    if suffix == ".rtf":
        {code}
    return real(suffix, data)
formats.extract = fake
worker.main()
"""


def apart(code: str, seconds: float = 20.0) -> Apart:
    return Apart([sys.executable, "-P", "-c", _FAKE.format(code=code)], seconds)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return made.eml(tmp_path / "good.eml")


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    return made.rtf(tmp_path / "evil.rtf")


def test_a_parser_that_hangs_is_ended_and_the_next_file_is_read(good: Path, evil: Path) -> None:
    with apart("while True: pass", seconds=2.0) as process:
        assert made.HONEY in process.extract(good)[1].text
        start = time.monotonic()
        with pytest.raises(UnreadableError, match="given up: reading it took more than 2 s"):
            process.extract(evil)
        assert 2.0 <= time.monotonic() - start < 10.0
        assert made.HONEY in process.extract(good)[1].text


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os; os.abort()", "its parser crashed"),
        ("raise ValueError('odd')", r"may be damaged \(ValueError: odd\)"),
        ("def f(): f()\n        f()", r"may be damaged \(RecursionError"),
        ("import sys; sys.exit(0)", "its parser crashed"),
        ("return formats.Extract('x' * (64 * 2**20 + 1))", "more than 64 MiB of text"),
    ],
)
def test_a_parser_that_breaks_costs_its_file_alone(
    good: Path, evil: Path, code: str, reason: str
) -> None:
    with apart(code) as process:
        with pytest.raises(UnreadableError, match=reason):
            process.extract(evil)
        assert made.HONEY in process.extract(good)[1].text


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not keep the limit")
def test_a_parser_that_swells_is_stopped(good: Path, evil: Path) -> None:
    with apart("x = bytearray(3 * 2**30)") as process:
        with pytest.raises(UnreadableError, match="needs more than 2 GiB of memory"):
            process.extract(evil)
        assert made.HONEY in process.extract(good)[1].text


def test_what_a_parser_prints_is_no_answer(evil: Path) -> None:
    with apart("print('hello'); import os; os.write(1, b'{}\\n')") as process:
        assert made.HONEY in process.extract(evil)[1].text


@pytest.mark.parametrize(
    "reply",
    [
        "null",
        "{}",
        json.dumps(
            {"sha256": "", "text": "ab", "title": "", "language": "", "date": "", "encoding": ""}
            | {"pages": [0, 9], "asides": []}
        ),
    ],
)
def test_an_answer_that_makes_no_sense_is_not_believed(evil: Path, reply: str) -> None:
    code = f"import sys\nfor line in sys.stdin: print({reply!r}, flush=True)"
    with (
        Apart([sys.executable, "-c", code]) as process,
        pytest.raises(UnreadableError, match="cannot be read"),
    ):
        process.extract(evil)


def test_one_process_reads_many_files_and_is_ended_with_them(good: Path) -> None:
    with Apart() as process:
        process.extract(good)
        first = process._process
        process.extract(good)
        assert process._process is first
    assert first is not None
    assert first.poll() is not None


def test_a_process_is_replaced_before_its_leaks_add_up(
    good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.reading.apart.FILES", 2)
    with Apart() as process:
        seen = []
        for _ in range(3):
            process.extract(good)
            seen.append(process._process)
        assert seen[0] is seen[1]
        assert seen[1] is not seen[2]
        assert seen[0] is not None
        assert seen[0].poll() is not None


def test_no_module_of_the_folder_is_ever_run(
    tmp_path: Path, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('run')")
    monkeypatch.chdir(tmp_path)

    with Apart() as process:
        assert made.HONEY in process.extract(good)[1].text
