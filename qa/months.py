"""The months of a year, in whichever language they are named."""

import re

from qa.language import fold

_NAMES = (
    "january janvier enero, february fevrier febrero, march mars marzo, april avril abril,"
    "may mai mayo, june juin junio, july juillet julio, august aout agosto,"
    "september septembre septiembre setiembre, october octobre octubre,"
    "november novembre noviembre, december decembre diciembre"
).split(",")
NUMBERS = {name: n for n, names in enumerate(_NAMES, 1) for name in names.split()}
NAMED = "|".join(sorted(NUMBERS, key=len, reverse=True))  # a pattern, of folded text
_MONTH = re.compile(rf"\b(?:{NAMED})\b")


def months(text: str) -> frozenset[int]:
    """The months that a text names, 1 to 12."""
    return frozenset(NUMBERS[word] for word in _MONTH.findall(fold(text)))
