"""What a page says of itself and asks of its readers amid its text: rights, pleas, who wrote it."""

import re
from collections.abc import Sequence

NOTICE = 400  # characters; the rights of an agency's report reach 200
SHORT = 60  # characters; a credit or a greeting between an article and what is said of its author

# A year follows the sign; a caption that credits its picture has the sign alone.
_RIGHTS = re.compile(
    r".{0,30}(?:©|\(c\)|\bcopyright\b)[\s\W]*(?:19|20)\d\d\b|.*(?:\ball rights reserved"
    r"|\btous droits (?:de reproduction )?r[ée]serv[ée]s|\bderechos reservados)\b",
    re.IGNORECASE,
)
# A sentence in the imperative that names a channel; what somebody said so has a quotation mark.
_FOLLOW = re.compile(
    r"(?:^|[.!?:]\s)[-\s¡¿]*(?:please\s)?(?:follow|like|join|subscribe|sign\s?up|get|receive"
    r"|find us|suivez|abonnez|inscrivez|retrouvez|rejoignez|recevez"
    r"|s[ií]guenos|s[ií]ganos|sigue|siga|suscr[ií]b(?:ete|ase)|ap[uú]ntate|[uú]nete|recib[ea])\b"
    r"[^.!?]*\b(?:facebook|twitter|instagram|linkedin|youtube|tiktok|whatsapp|telegram|rss|inbox"
    r"|newsletters?|e-?mail alerts?|infolettres?|lettres? d['’]information|alertes?"
    r"|bolet[ií]n(?:es)?|alertas?)\b",
    re.IGNORECASE,
)
_COMMENT = re.compile(
    r"\b(?:let us know|tell us|dites-nous|donnez votre avis|cu[ée]ntanos|d[ée]janos)\b"
    r"[^.!?]*\b(?:comments?|commentaires?|comentarios?)\b",
    re.IGNORECASE,
)
# What laws ask every site to disclose, and what it says to a browser that runs no scripts.
_SITE = re.compile(
    r"\b(?:affiliate links?|liens? affili[ée]s?|enlaces? de afiliad[oa]s?"
    r"|(?:this|our) (?:web)?site uses cookies"
    r"|(?:enable|activer|activez|activar|active) javascript)\b",
    re.IGNORECASE,
)
# What is said of an author now, where of those in an article it is said what they did.
_IS = r"(?:is|covers|writes|reports|est|couvre|[ée]crit|es|cubre|escribe)"


def is_notice(line: str) -> bool:
    """Whether a line of a page is not of its text, wherever it stands."""
    if len(line) > NOTICE:
        return False
    return bool(
        _RIGHTS.match(line) or _FOLLOW.search(line) or _COMMENT.search(line) or _SITE.search(line)
    )


def of_author(texts: Sequence[str], aside: Sequence[bool], author: str) -> list[int]:
    """Which of the last lines (by index) say who the `author` is: the names, with "; " between.

    What is `aside` and other short lines may stand below and between.
    """
    names = [re.escape(name) for name in author.split("; ") if " " in name]
    about = re.compile(rf"\W*(?:{'|'.join(names)})\W+{_IS}\b", re.IGNORECASE)
    found = list[int]()
    for index in range(len(texts) - 1, -1, -1) if names else ():
        if not aside[index] and len(texts[index]) <= NOTICE and about.match(texts[index]):
            found.append(index)
        elif not aside[index] and len(texts[index]) > SHORT:
            break
    return found
