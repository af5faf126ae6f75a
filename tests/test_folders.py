"""Where things are kept."""

from pathlib import Path

import pytest

from qa.__main__ import run
from qa.folders import cache


def test_a_cache_that_is_named_from_here_stays_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QA_CACHE", f"cache of {tmp_path.name}")
    assert cache() == tmp_path / f"cache of {tmp_path.name}"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert cache() == tmp_path / f"cache of {tmp_path.name}"


@pytest.mark.parametrize("command", [["ask", "Who?"], ["index"], ["sources"]])
def test_a_cache_that_cannot_be_is_one_sentence(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QA_CACHE", "~nobody-of-this-name/cache")
    status = run(command)
    out, err = capsys.readouterr()
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("qa: QA_CACHE is '~nobody-of-this-name/cache', which names no folder (")
    assert err.endswith("; write its whole path\n")
