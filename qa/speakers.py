"""Who speaks in a conversation that was written down, and who asks in it."""

import re
from collections import Counter
from collections.abc import Iterable

from qa.sentences import asks

TURNS = 3  # of each of two; what is labelled less often is no conversation
ASKING = 0.5  # of the turns of who asks; nobody only asks, and who answers asks now and then
# "JM:", "**Le Monde :**", "Q.": a name of some words, or a letter for it.
_SPEAKER = re.compile(
    r"(?:\*\*|__)?(?P<name>[^\W\d_][\w.'’-]*(?:[ \u00a0][^\W\d_][\w.'’-]*){0,3})[ \u00a0]?:"
    r"(?:\*\*|__)?[ \u00a0]\S"
)


def speaker(line: str) -> str:
    """Whose turn a line opens, as it says before a colon; "" if it says nothing of the kind."""
    found = _SPEAKER.match(line)
    return found["name"] if found else ""


def interviewer(openings: Iterable[str]) -> str:
    """Who asks in a conversation, of which these lines open the paragraphs; "" if it is none."""
    turns, asking = Counter[str](), Counter[str]()
    for line in openings:
        if name := speaker(line):
            turns[name] += 1
            asking[name] += asks(line)
    often = [name for name, count in turns.items() if count >= TURNS]
    askers = [name for name in often if asking[name] >= ASKING * turns[name]]
    return askers[0] if len(askers) == 1 < len(often) else ""
