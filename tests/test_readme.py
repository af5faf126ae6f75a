"""Every block of the README that can be run is run, and must print what it says it prints."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
CONSOLE = re.findall(r"```console\n(.*?)```", README, re.DOTALL)


def examples() -> list[tuple[str, str]]:
    """Each `$ command` with the output that stands below it."""
    found = []
    for block in CONSOLE:
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def pattern(output: str) -> re.Pattern[str]:
    """An ellipsis stands for anything, as in a quotation."""
    parts = (re.escape(part) for part in output.strip().split("…"))
    return re.compile(".*?".join(parts), re.DOTALL)


@pytest.fixture
def environment(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_CACHE", str(prepared.parent.parent))


def test_the_two_commands_stand_at_the_top() -> None:
    assert README.split("```")[1].splitlines()[1:] == [
        'python -m pip install . && qa ask "How many Peruvians live abroad?"',
        'python -m pip install ".[test]" && python -m pytest',
    ]


def test_links_within_the_page_lead_to_its_headings() -> None:
    headings = re.findall(r"^## (.+)$", README, re.MULTILINE)
    assert re.findall(r"\]\(#([^)]+)\)", README) == [h.lower().replace(" ", "-") for h in headings]


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("block", PYTHON)
def test_the_python_blocks_run(block: str) -> None:
    exec(compile(block, "README.md", "exec"), {})


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(("command", "output"), examples())
def test_the_console_blocks_print_what_they_say(command: str, output: str) -> None:
    run = subprocess.run(
        ["sh", "-c", command.replace("qa ", f"{sys.executable} -m qa ", 1)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
    )
    assert run.returncode in (0, 1), run.stderr
    assert pattern(output).match(run.stdout), run.stdout
