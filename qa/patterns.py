"""Patterns of paths, as in a `.gitignore`."""

import re
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


def patterns_of(lines: Iterable[str]) -> "GitIgnoreSpec":
    """What these lines say.

    Raises:
        ValueError: one of them is no pattern.
    """
    from pathspec import GitIgnoreSpec  # few questions need it

    with warnings.catch_warnings():  # of "[[:alpha:]]", which Python may read otherwise some day
        warnings.simplefilter("ignore", FutureWarning)
        try:
            return GitIgnoreSpec.from_lines(lines)
        except re.error as error:
            raise ValueError(error.msg) from error
