"""The commands that measure can be started; without a folder each says how."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SCRIPTS = sorted(
    path.name
    for path in HERE.glob("*.py")
    if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
    and path.name != Path(__file__).name
)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_says_how_it_is_called(name: str) -> None:
    run = subprocess.run([sys.executable, str(HERE / name)], capture_output=True, text=True)
    assert run.returncode in (1, 2)
    assert "Traceback" not in run.stderr
    assert name in run.stderr
