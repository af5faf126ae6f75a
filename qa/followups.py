"""Follow-ups: "And in Argentina?" is searched with the question that it leans on.

No model is asked. A question leans on the one before where it opens like a follow-up ("What
about"), where a pronoun has nothing in the question to stand for, or where the verb is missing.
When in doubt it stands alone: a question joined in vain drags an old subject along.
"""

import re
from collections.abc import Sequence

from qa.grammar import BARE, FAMILIES, GRAMMARS, LOOSE, THAT_OF, TIME, Grammar
from qa.language import detect, fold
from qa.months import NAMED
from qa.types import Language

_TURNS = 8  # a conversation leans no further back
_FRAGMENT = 6  # words; a longer string without a verb is a list of keywords
_LETTER = 40  # words; a longer question carries what it speaks of
_BARE = 2  # words: "Carolina Santos?"

_CAPITALISED = r"(?!I\b)\w*[A-ZÀ-ÖØ-Þ][\w.&-]*"  # "I" is nobody's name
_NAME = re.compile(rf"\b{_CAPITALISED}(?: (?:(?:of|de|del|du|des|la|the) ){{0,2}}{_CAPITALISED})*")
_ARTICLE = r"(?i)^(?:the |l'|la |le |les |el |los |las )"
_OF = r" (?:of|de|du|des|del|d'|sans|sin|without)\b"
_ENDING = 3  # letters that two words of a kind share: Bolivians, Peruvians
_YEAR = re.compile(r"\b\d{4}\b")
_OF_YEAR = r",? (?:del? )?\d{4}"
_MONTH = re.compile(rf"\b(?P<month>{NAMED})\b(?:{_OF_YEAR})?")  # of a folded text
_COUNTED = re.compile(
    r"\b(?:how (?:many|much) |combien (?:de |d['’])|cu[aá]nt[oa]s? )[\w-]{3,}", re.IGNORECASE
)
_QUOTED = re.compile(r"«[^»]*»|“[^”]*”|\"[^\"]*\"")
_INVERTED = re.compile(r"-(?:ils?|elles?|on|je|tu|vous|nous|ce)$")  # travaille-t-elle
_EARLIER_SENTENCE = re.compile(r"(?:\S+ ){3,}\S{3,}[.?!] ")  # holds what "it" stands for
_MANY = frozenset(("many", "much"))
_EDGES = " \t\n\xa0\u202f¿¡?!.,;:…"


def join(question: str, history: Sequence[str], language: Language | None = None) -> str:
    """What to search for: `question`, with what it leans on in `history` (oldest first)."""
    parts: tuple[str, ...] = ()
    for turn in history[-_TURNS:]:
        if turn.strip():
            parts = _follow(parts, turn.strip(), detect(turn))
    if not parts or not is_elliptical(question, language or detect(question)):
        return question
    return " ".join(_follow(parts, question.strip(), language or detect(question)))


def is_elliptical(question: str, language: Language) -> bool:
    """Whether the question needs the one before it to be understood."""
    grammar = GRAMMARS[language]
    text = _core(question)
    if not 0 < len(_tokens(text)) <= _LETTER or _EARLIER_SENTENCE.match(text):
        return False
    if re.match(grammar.about, text):
        return True
    link = re.match(grammar.link, text)
    rest = text[link.end() :].strip(_EDGES) if link else text
    if re.match(BARE, rest) or _trails(rest, grammar):
        return True
    if _lacks_noun(re.sub(grammar.impersonal, " ", rest), grammar):
        return True
    if _has_clause(rest, grammar):
        return _is_bare_question(rest, grammar)
    return link is not None or _is_fragment(rest, grammar, marked="?" in question)


def has_content(question: str, language: Language) -> bool:
    """Whether a question says anything of its own: "When?" and "Lesquels ?" only ask."""
    grammar = GRAMMARS[language]
    asking = grammar.asking | grammar.copulas | grammar.openers
    return any(word not in asking for word in _tokens(_core(question)))


def _follow(parts: tuple[str, ...], turn: str, language: Language) -> tuple[str, ...]:
    """What is searched after one more turn: the last question that stands alone, at most one
    follow-up to it that a pronoun may refer to, and the turn itself."""
    if not parts or not is_elliptical(turn, language):
        return (turn,)
    # "Why?" was about the question before it, and is no subject for the next one.
    parts = (parts[0], *(part for part in parts[1:] if has_content(part, detect(part))))
    replaced = _replace(parts[0], turn, GRAMMARS[language])
    if replaced:
        return (replaced, *parts[1:])
    between = parts[1:][-1:] if _has_clause(_core(turn), GRAMMARS[language]) else ()
    return (parts[0], *between, turn)


def _core(text: str) -> str:
    """One line without the marks around it. A quotation speaks for itself: it counts as a name."""
    text = " ".join(_QUOTED.sub(" Quotation ", text.replace("\u2019", "'")).split()).strip(_EDGES)
    return text.lower() if text.isupper() and " " in text else text


def _tokens(text: str) -> list[str]:
    return re.findall(r"[\w-]+", text.lower())


def _is_named(text: str) -> bool:
    """Whether it has a name or a number, the first word's capital left aside."""
    return bool(_NAME.search(text.partition(" ")[2]) or re.search(r"\d", text))


def _lacks_noun(text: str, grammar: Grammar) -> bool:
    """Whether a pronoun stands there without a noun before it that it could stand for."""
    if re.search(grammar.leaning, text):
        return True
    for pattern, nouns in (
        (grammar.pronouns, (grammar.noun,)),
        (grammar.owners, (grammar.noun, grammar.counted)),
    ):
        found = re.search(pattern, text)
        before = text[: found.start()] if found else ""
        named = _is_named(before) or _opens_with_name(before, grammar)
        if found and not named and not any(re.search(noun, before) for noun in nouns):
            return True
    return False


def _opens_with_name(text: str, grammar: Grammar) -> bool:
    """ "Bitcoin est-il légal ?": its first word is none that a question begins with."""
    first, space, _ = text.partition(" ")
    if not space or not first[:1].isupper() or "'" in first:
        return False
    return first.lower() not in grammar.openers and not _has_clause(first, grammar)


def _trails(text: str, grammar: Grammar) -> bool:
    """ "And the Orinoco, how many?": the question word comes last."""
    _, comma, last = text.rpartition(", ")
    words = _tokens(last)
    return bool(comma and words) and len(words) <= _BARE and words[-1] in grammar.asking | _MANY


def _has_clause(text: str, grammar: Grammar) -> bool:
    """Whether anything is asked or done: a question word or a verb, as far as verbs are known."""
    known = grammar.asking | grammar.copulas | grammar.verbs
    return any(word in known or _INVERTED.search(word) for word in _tokens(text))


def _is_bare_question(text: str, grammar: Grammar) -> bool:
    """ "Since when?", "Who won?", "How many in Spain?": asked about nothing in particular."""
    words = _tokens(text)
    acting = grammar.copulas | grammar.verbs
    content = [word for word in words if word not in acting | grammar.asking | grammar.openers]
    acts = any(word in acting or _INVERTED.search(word) for word in words)
    if not acts and re.match(LOOSE, text.partition(" ")[2]):
        return len(words) <= _FRAGMENT
    if _is_named(text):
        return False
    if words[0] in grammar.openers and not acts and not _asks_about(words, grammar):
        return len(content) <= 2  # "Under which programme?"
    defines = words[0] in grammar.asking and any(word in grammar.copulas for word in words[1:2])
    return len(content) <= (0 if defines else 1)  # "What is inflation?" stands alone


def _asks_about(words: list[str], grammar: Grammar) -> bool:
    """ "À quoi sert la TVA ?": a noun with its article stands after the question word."""
    last = max(n for n, word in enumerate(words) if word in grammar.asking)
    return any(word in grammar.openers for word in words[last + 1 :])


def _is_fragment(text: str, grammar: Grammar, marked: bool) -> bool:
    """Without a verb: a phrase or a name, unless it is a list of keywords."""
    words = _tokens(text)
    if words[0] in grammar.openers:
        return len(words) <= _FRAGMENT
    if marked:
        return len(words) <= _BARE
    return len(words) == 1 and text[0].isupper()


def _replace(previous: str, turn: str, grammar: Grammar) -> str | None:
    """The previous question with the fragment in the place of its like, where that is plain."""
    fragment = _core(turn)
    for opening in (grammar.about, grammar.link, THAT_OF):
        found = re.match(opening, fragment)
        fragment = fragment[found.end() :].strip(_EDGES) if found else fragment
    if counted := _replace_counted(previous, fragment):
        return counted
    if not _tokens(fragment) or _has_clause(fragment, grammar):
        return None
    if re.match(grammar.owners, fragment):
        return None
    if _tokens(fragment)[0] in grammar.openers:
        fragment = fragment[0].lower() + fragment[1:]
    return (
        _replace_month(previous, fragment)
        or _replace_phrase(previous, fragment, grammar)
        or _replace_name(previous, fragment)
        or _replace_word(previous, fragment, grammar)
    )


def _replace_counted(previous: str, fragment: str) -> str | None:
    """ "How many bees …?" and "how many hives": of the same, where only one thing was counted."""
    old = list(_COUNTED.finditer(previous))
    if len(old) != 1 or not _COUNTED.fullmatch(fragment):
        return None
    return previous[: old[0].start()] + fragment + previous[old[0].end() :]


def _replace_month(previous: str, fragment: str) -> str | None:
    """ "… in May 2024?" and "in March": of the same year, unless it has one of its own."""
    folded = fold(previous)
    new = re.fullmatch(rf"(?:\w+ )?(?P<when>(?:{NAMED})(?P<year>{_OF_YEAR})?)", fold(fragment))
    old = [found for found in _MONTH.finditer(folded) if not _is_verb(previous[found.start() :])]
    if new is None or len(old) != 1 or len(folded) != len(previous):
        return None
    end = old[0].end() if new["year"] else old[0].end("month")
    return previous[: old[0].start()] + fragment[new.start("when") :] + previous[end:]


def _is_verb(text: str) -> bool:
    """Whether what begins a text is no English month: those have a capital."""
    return re.match(r"(?:may|march)\b", text) is not None


def _replace_phrase(previous: str, fragment: str, grammar: Grammar) -> str | None:
    """ "… live in Spain?" and "in Argentina": the closing phrase with the same preposition."""
    body = previous.rstrip(_EDGES)
    family = next((family for family in FAMILIES if re.match(family, fragment)), None)
    starts = [found.start() for every in FAMILIES for found in re.finditer(every, body)]
    start = max(starts, default=0)
    old = body[start:]
    if family is None or not re.match(family, old) or _has_clause(old, grammar):
        return None
    if _is_time(old) != _is_time(fragment) or len(old.split()) > _FRAGMENT:
        return None
    if not _is_time(old) and _is_named(old) != _is_named(fragment):
        return None
    return body[:start] + fragment + previous[len(body) :]


def _replace_name(previous: str, fragment: str) -> str | None:
    """A year for the only year, a name for the only name of as many words (one, or more)."""
    years = _YEAR.findall(previous)
    year = re.fullmatch(r"(?:\w+ )?(\d{4})", fragment)
    if year and len(years) == 1:
        return _YEAR.sub(year[1], previous)
    bare = re.sub(_ARTICLE, "", fragment)
    names = [found for found in _NAME.finditer(_uncapitalised(previous)) if found.start() > 1]
    if len(names) != 1 or not _NAME.fullmatch(bare):
        return None
    if (" " in names[0][0]) != (" " in bare):
        return None
    if re.fullmatch(_ARTICLE, names[0][0] + " ") or re.match(_OF, previous[names[0].end() :]):
        return None  # "La casa verde", "Médecins sans frontières": more than its capitals
    return previous[: names[0].start()] + bare + previous[names[0].end() :]


def _uncapitalised(question: str) -> str:
    """The same without the capital of a first word that is no name: in "Is Bolivia …" one is."""
    first = re.search(r"\w+", question)
    if first is None or not any(_has_clause(first[0], each) for each in GRAMMARS.values()):
        return question
    return question[: first.start()] + first[0].lower() + question[first.end() :]


def _replace_word(previous: str, fragment: str, grammar: Grammar) -> str | None:
    """A word for the only word that ends like it: "peruanos" for "bolivianos"; never for one that
    asks, as "chien" for "combien"."""
    bare = re.sub(_ARTICLE, "", fragment)
    if not re.fullmatch(r"[^\W\d]{5,}", bare):
        return None
    like = [
        found
        for found in re.finditer(r"[^\W\d]{5,}", previous)
        if found[0].lower().endswith(bare[-_ENDING:].lower())
        and found[0].lower() not in grammar.asking
    ]
    if len(like) != 1:
        return None
    return previous[: like[0].start()] + bare + previous[like[0].end() :]


def _is_time(text: str) -> bool:
    return re.search(TIME, text) is not None
