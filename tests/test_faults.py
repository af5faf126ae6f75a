"""A slice of the faults that `make faults` makes by the hundred."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

FAULTS = Path(__file__).parent / "faults" / "run.py"


@pytest.mark.skipif(sys.platform != "linux", reason="its limits and signals are those of Linux")
def test_every_kind_of_fault_is_survived_or_refused_with_a_sentence() -> None:
    done = subprocess.run(
        [sys.executable, str(FAULTS), "--seed", "3", "--share", "0.02"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    total = re.search(r"^\| all \| (\d+) \| (\d+) \| (\d+) \| 0 \|$", done.stdout, re.MULTILINE)
    assert total, done.stdout
    times, survived, refused = map(int, total.groups())
    assert times == survived + refused >= 20
    assert refused > 5  # else nothing was damaged at all
