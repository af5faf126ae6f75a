"""Links in a terminal (OSC 8): around a place that is printed, to the file that it is in."""

import os
import re
from pathlib import Path

from qa.types import whole_number

# All that a file URL of ours is made of: nothing in it can end the sequence that it stands in.
_HARMLESS = re.compile(r"file://[A-Za-z0-9%/._~-]+")
_LONGEST = 2083  # bytes of a URL that VTE takes; others take as much
# Programs that name themselves, and those that are known by a variable of their own.
_PROGRAMS = frozenset("iTerm.app WezTerm vscode Hyper ghostty rio Tabby mintty zed".split())
_VARIABLES = ("KITTY_WINDOW_ID", "WT_SESSION", "DOMTERM", "WEZTERM_PANE", "GHOSTTY_RESOURCES_DIR")
_TERMS = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour")
_MULTIPLEXERS = ("screen", "tmux", "dumb", "linux")  # do without, or may
# Those that open a text at the line that its URL ends in; to others it may be a part of the name.
_AT_LINES = frozenset(("iTerm.app", "vscode"))
_TEXTS = frozenset((".txt", ".md", ".markdown", ".csv", ".jsonl"))  # whose lines are told
_VTE, _KONSOLE = 5000, 201200  # the first versions that know links (and don't crash on them)


def wanted() -> bool:
    """Whether the terminal is known to make links; QA_LINKS=1 or 0 decides where it is set."""
    chosen = os.environ.get("QA_LINKS")
    if chosen:
        return chosen != "0"
    term = os.environ.get("TERM", "")
    if term.startswith(_MULTIPLEXERS):
        return False
    return (
        os.environ.get("TERM_PROGRAM") in _PROGRAMS
        or any(os.environ.get(name) for name in _VARIABLES)
        or term.startswith(_TERMS)
        or _version("VTE_VERSION") >= _VTE
        or _version("KONSOLE_VERSION") >= _KONSOLE
    )


def _version(name: str) -> int:
    return whole_number(os.environ.get(name, "")) or 0


def linked(text: str, path: Path, line: int = 0) -> str:
    """`text` as a link to a file, and to a line of it from 1 on where the terminal opens files so.

    As it is where the path makes no URL.
    """
    url = _url(path)
    if url and line and is_text(path) and _opens_at_lines():
        url += f"#{line}"
    return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\" if url else text


def is_text(path: Path) -> bool:
    """Whether a file is text as it stands, so that a passage is on one of its lines."""
    return path.suffix.lower() in _TEXTS


def _opens_at_lines() -> bool:
    kitty = os.environ.get("KITTY_WINDOW_ID") or os.environ.get("TERM") == "xterm-kitty"
    return bool(kitty) or os.environ.get("TERM_PROGRAM") in _AT_LINES


def _url(path: Path) -> str:
    """With the name of the machine where the terminal runs on another one, and has no such file."""
    try:
        url = path.as_uri()
    except ValueError:  # it is relative, or its name is no text
        return ""
    if os.environ.get("SSH_CONNECTION"):
        import platform  # these two are for the few
        from urllib.parse import quote

        url = f"file://{quote(platform.node(), safe='')}{url.removeprefix('file://')}"
    return url if _HARMLESS.fullmatch(url) and len(url) <= _LONGEST else ""
