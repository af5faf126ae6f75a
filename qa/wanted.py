"""What kind of thing a question wants to be told, and whether a text tells one.

A sentence without any figure is no answer to "how many", however much it is about the same; nor is
a signature to anything but who or where.
"""

import re
from typing import Literal

from qa.figures import figures
from qa.language import fold, is_function_word
from qa.months import months
from qa.types import Language
from qa.wording import is_manners

Wanted = Literal["figure", "time", "name"]

_BETWEEN = r"(?:\w+ ){0,3}?"  # "what was the total amount", "quel est le nombre"
_TIME = re.compile(
    r"\bwhen (?:did|do(?:es)?|was|were|is|are|will|has|have|can|must|should) "
    # Within a sentence they mostly join two, as in "what happens when it rains".
    r"|(?:^|[¿.?!:;,])\W*(?:(?:since|until|from) )?when\b|\bwhen\W*$"
    r"|(?:^|[.?!:;,]|\b(?:depuis|jusqu.a|de|pour|est|savoir|dire))\W*quand\b|\bquand\W*$"
    r"|(?:^|[¿.?!:;,]|\b(?:desde|hasta|de|para|saber|decir))\W*cuando\b|\bcuando\W*$"
    rf"|\b(?:what|which) {_BETWEEN}(?:year|date|day|month|century|decade|time)s?\b"
    rf"|\bquel(?:le)?s? {_BETWEEN}(?:annee|date|jour|mois|siecle|heure|decennie)s?\b"
    rf"|\b(?:que|cual) {_BETWEEN}(?:ano|fecha|dia|mes|siglo|hora|decada)s?\b"
)
_FIGURE = re.compile(
    r"\bhow (?:many|much|old|long|far|often|tall|high|large|big|deep|wide)\b|\bcombien\b"
    r"|\bcuant[oa]s?\b"
    rf"|\b(?:what|which) {_BETWEEN}(?:percentage|percent|proportion|number|amount|price|cost|age"
    r"|temperature|rate|speed|distance|height|length)\b"
    rf"|\bquel(?:le)?s? {_BETWEEN}(?:age|nombre|montant|pourcentage|somme|taux|superficie|prix|cout"
    r"|proportion|distance|hauteur|longueur|vitesse)\b"
    rf"|\b(?:que|cual) {_BETWEEN}(?:porcentaje|cantidad|numero|edad|precio|tasa|superficie"
    r"|proporcion|distancia|altura|longitud|velocidad|coste|costo|importe|monto)\b"
)
_NAME = re.compile(
    r"\b(?:who|whom|whose|where|qui|ou|quien(?:es)?|donde|names?|noms?|nombres?|sign\w*|firm\w*)\b"
)
_SHORT = 100  # characters; who only names somebody, a place and a day, takes no more
_WORD = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
_DAY = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:lun|mar|mercre|jeu|vendre|same)di|dimanche"
    r"|lunes|martes|miercoles|jueves|viernes|sabado|domingo|century|siecle|siglo|noon|midi|mediodia"
    r"|midnight|minuit|medianoche)s?\b"
)


def wanted(question: str) -> Wanted | None:
    """What a question in any of the languages asks for; None if it is anything else."""
    folded = fold(question)
    if _TIME.search(folded) or "cuándo" in question.lower():
        return "time"
    if _FIGURE.search(folded):
        return "figure"
    return "name" if _NAME.search(folded) else None


def tells(text: str, language: Language, what: Wanted) -> bool:
    """Whether a text in a language tells any such thing, in digits or in words; any has names."""
    if what == "name":
        return True
    if _DIGIT.search(text):
        return True
    if what == "time" and (months(text) or _DAY.search(fold(text))):
        return True
    return bool(figures(text, language))


def only_names(text: str) -> bool:
    """Whether a text is a signature, or a place and a day: "Kind regards, Ana Roca"."""
    if len(text) > _SHORT or text.isupper():
        return False
    formula, comma, rest = text.partition(",")
    named = rest if comma and is_manners(formula) else text
    words = [word for word in _WORD.findall(named) if word[0].islower() and len(word) > 1]
    return all(is_function_word(word) or months(word) for word in words)
