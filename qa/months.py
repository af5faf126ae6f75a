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
_MONTH = re.compile(rf"\b(?:{NAMED})\b|(?<!\d)(?:1[5-9]|20)\d\d-(?P<iso>0[1-9]|1[0-2])(?!\d)")


def months(text: str) -> frozenset[int]:
    """The months that a text names, or has in a date as ISO 8601 writes it; 1 to 12."""
    found = _MONTH.finditer(fold(text))
    return frozenset(int(each["iso"]) if each["iso"] else NUMBERS[each[0]] for each in found)
