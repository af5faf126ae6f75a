"""The tests that join a Ray cluster, in a process of their own.

Ray ends the program whose cluster it loses, with code 1 and whatever else that program was about to
do: so a cluster that is lost for a minute would take the other tests with it.
"""

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).with_name("test_parallel.py")
LOST = "The program will terminate"  # what Ray says then
TIMES = 3


def in_a_process_of_their_own() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        # What is captured would be lost with the process, and with it what Ray says.
        [sys.executable, "-m", "pytest", "-m", "cluster", "--capture=no", str(TESTS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


def test_workers_of_a_cluster() -> None:
    for _ in range(TIMES):
        done = in_a_process_of_their_own()
        if LOST not in done.stdout:
            break
    assert done.returncode == 0, done.stdout
    assert "10 passed" in done.stdout
