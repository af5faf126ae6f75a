"""Bytes of any kind, all that ever broke a target, and sizes that nobody would type."""

import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

sys.path.append(str(Path(__file__).parent / "fuzz"))

from targets import CRASHES, TARGETS

OWN = ("sentences", "passages", "text", "tables", "mail", "manifest", "question")
SOON = 30.0  # seconds; what takes a time that grows with the square of its size takes hours
MIB = 2**20
LARGE = {
    "a line": (b"mot " * MIB, ("sentences", "text")),
    "a word": (b"x" * MIB, ("sentences", "passages")),
    "dots": (b"." * MIB, ("sentences", "passages")),
    "blanks": (b"\xc2\xa0" * (MIB // 2), ("sentences", "passages")),
    "hyphens": (b"a-" * (MIB // 2), ("passages",)),
    "100,000 paragraphs": (b"One.\n\n" * 100_000, ("sentences", "passages")),
    "100,000 items": (b"- one\n" * 100_000, ("sentences",)),
    "NULs": (b"\0" * MIB, OWN),
    "lone surrogates": (b"\xff\xed\xa0\x80" * 100_000, ("sentences", "passages", "question")),
    "a deep page": (b"<div>" * 100_000 + b"words" + b"</div>" * 100_000, ("html",)),
    "loose lines": (
        b"".join(b"<p>%d%s</p><div>1</div>" % (n, b" a" * 99) for n in range(9000)),
        ("html",),
    ),
    "loose items": (b"<p>" + b"One. " * 300 + b"</p><ul>" + b"<li>1</li>" * 10_000, ("html",)),
    "deep tables": (b"<table><tr><td>" * 20_000, ("html",)),
    "a question": (b"Where is the keeper? " * (MIB // 21), ("question",)),
    "a question of one word": (b"k" * MIB, ("question",)),
    "deep JSON": (b'{"a":' * 100_000, ("manifest", "tables")),
    "a number": (b'{"format": ' + b"9" * MIB + b"}", ("manifest", "tables")),
    "columns": (b"text" + b"," * MIB + b"\na", ("tables",)),
    "front matter": (b"---\n" + b"title: x\n" * 100_000, ("text",)),
    "a field": (b"---\ntitle: a" + b" " * MIB + b"b\n---\n", ("text",)),
    "a heading": (b"# a" + b" #" * 200_000 + b"b\n", ("text",)),
}


@pytest.mark.parametrize("name", OWN)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300) | st.text(max_size=200).map(lambda s: s.encode("utf-8")))
@example(data=b"\xef\xbb\xbf")
@example(data=b"\xff\xfe\0\0")
def test_no_bytes_break_a_target(name: str, data: bytes) -> None:
    TARGETS[name](data)


@settings(max_examples=40)
@given(data=st.binary(max_size=60))
def test_no_command_line_ends_in_a_traceback(data: bytes) -> None:
    TARGETS["arguments"](data)


@pytest.mark.parametrize(
    "path", sorted(path for path in CRASHES.rglob("*") if path.is_file()), ids=lambda p: p.name
)
def test_what_once_broke_a_target_breaks_it_no_more(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize(
    ("size", "name"), [(size, name) for size, (_, names) in LARGE.items() for name in names]
)
def test_what_is_large_takes_no_more_than_its_time(size: str, name: str) -> None:
    began = time.monotonic()
    TARGETS[name](LARGE[size][0])
    assert time.monotonic() - began < SOON
