"""What of a typed text is searched for: its questions, without the manners around them.

A greeting, thanks, a signature or a whole letter around a question draw the search to passages
that are like a letter. Left out is only what opens like one of the phrases below and asks nothing;
where nothing else is there, the text is searched as it was typed. A long text is taken for a
letter: of it only the sentences that ask are searched.
"""

import re
from collections.abc import Iterator

from qa.grammar import GRAMMARS
from qa.sentences import sentences

_MOST = 3  # questions of one text; the last ones of a letter are its point
_LETTER = 40  # words; a longer text is a letter, or a page
_SHOUTED = 3  # words; fewer capitals may be an acronym, or "4 H 27"
_SPELLED = re.compile(r"[^\W\d_]{2,}")
_ASKS = 3  # words that make a question of its own
_WRAPPED = 50  # characters; a longer line goes on in the next one
_CLAUSE = re.compile(r"(?:,| ?[:;]| [–—-])\s+")
_LEADS_ON = re.compile(r":\s+(?=(?:\S+\s+){2})")
_EDGES = " \t\n\xa0\u202f¿¡?!.,;:–—-"
_ASKING = frozenset[str]().union(*(grammar.asking for grammar in GRAMMARS.values()))
_ORDERING = frozenset[str]().union(*(grammar.verbs for grammar in GRAMMARS.values()))
_WORD_THAT_ASKS = rf"(?:{'|'.join(sorted(_ASKING))})\b"
# For short texts nothing is lost by a split too many: what asks nothing stays with what does.
_SPLIT = re.compile(rf"(?<=\?)\s+|(?<=\w[.!])\s+(?={_WORD_THAT_ASKS})")


def _phrases(text: str, end: str = r"(?!\w)") -> str:
    """A pattern of phrases that stand a blank apart; a dot stands for a blank in a phrase."""
    phrases = "|".join(phrase.replace(".", r"\s+") for phrase in text.split())
    return rf"(?i)(?:{phrases}){end}"


# Words that do nothing else than ask, unlike the others of `_ASKING`.
_SURELY_ASKS = re.compile(
    r"(?i)\b(?:how|what|who|whom|whose|when|where|why|which|combien|quel(?:le)?s?|pourquoi|comment"
    r"|quand|lequel|laquelle|lesquel(?:le)?s|qué|quién(?:es)?|cuándo|dónde|cómo|cu[aá]nt[oa]s?"
    r"|cuál(?:es)?)\b"
)
# A clause that opens so, and asks nothing, has nothing in it to be searched for.
_MANNERS = _phrases(r"""
    hello hi hey dear greetings good.(?:morning|afternoon|evening) excuse.me sorry please pls
    (?:many.)?thanks thank.you thx cheers (?:(?:kind|best|warm).)?(?:regards|wishes)
    yours.(?:sincerely|faithfully|truly) (?:i.)?hope.(?:you|this|all|everyone)
    have.an?.(?:nice|good|great|lovely) i(?:'d|.would).(?:be.grateful|appreciate) i.have.a.question
    (?:a.)?quick.question if.you.don't.mind (?:we.)?look(?:ing)?.forward to.whom.it.may.concern
    bonjour bonsoir salut coucou excusez-moi pardon désolée? madame monsieur mesdames messieurs
    s'il.(?:vous|te).pla[iî]t svp stp merci je.vous.(?:remercie|serais|écris) je.me.permets
    (?:bien.)?cordialement bien.à.(?:vous|toi) j'espère j'ai.une.question dans.l'attente
    bon(?:ne)?.(?:journée|soirée|week-end) à.bientôt (?:une.)?petite.question ch(?:er|ère)s?
    si.(?:ça|cela).ne.(?:vous|te)
    hola buen[ao]s.(?:d[ií]as|tardes|noches) buenas disculpen? perd[oó]ne?n? por.favor porfa
    (?:muchas.|much[ií]simas.)?gracias(?!.a) grcs atentamente (?:un.)?(?:cordial.)?saludos?
    un.(?:abrazo|beso) espero.que que.tengan? qued(?:o|amos).(?:a|muy|en) estimad[oa]s?
    les?.(?:agradecer[ií]a|escribo) a.quien.corresponda si.no.es.molestia
    (?:tengo.)?una.(?:preguntita|pregunta|consulta|duda)
""")
# What is said with them, and tells nothing either.
_CIVIL = frozenset(
    """a all again and any day dear everybody everyone for good help in information kind lot me mr
    mrs ms much my nice of sir sirs madam so team the this time to too very well you your
    aide beaucoup bien de des grand infiniment l la le les ma mille mon monsieur madame pour réponse
    renseignements tous tout toute très vos votre à
    ayuda c con don doña el ella equipo esto favor información la las lo los mil mucho muy por
    respuesta señor señora señores su sus tiempo todo todos tu un una usted ustedes y""".split()
)
# By itself it says that an answer was read, and is no subject for what is asked next.
_ASSENT = frozenset(
    """yes yeah yep no nope ok okay oh ah hm hmm oui ouais non d accord sí si vale claro okey
    de acuerdo""".split()
)
# What leads on to a question, and asks nothing itself.
_LEADING = "|".join(
    r"""please tell help me us answer know ask find out to the following this that it with if
    whether you could can something doing today all some any one here on about idea just learn
    understand explain show say check
    d de savoir dire aider m renseigner avoir ceci cela une? bien aussi informations? chose réponse
    renseignements? savez sait vous tu je nous comprendre conna[iî]tre expliquer indiquer préciser
    demander
    usted ustedes lo siguiente saber decir decir[mn]e decirnos ayudar con algo una consulta pregunta
    duda hacer hacerles? preguntar conocer entender explicar(?:me)? indicar(?:me)? aclarar
    informar(?:me)?""".split()
)
# So does one that only announces a question, if nothing else is in it.
_ANNOUNCING = _phrases(
    r"""
    how.are.you c[oó]mo.est[aá](?:s|n|is)? comment.(?:vas-tu|allez-vous|ça.va) ça.va
    (?:(?:could|can|would).you|does.any(?:body|one)) (?:i|we)(?:'d|.would).like
    (?:i|we).(?:need|want) (?:i|we)(?:'m|.was|.am|.were).wondering
    (?:pourriez|pouvez|pourrais|peux)-(?:vous|tu) quelqu'un.(?:sait|saurait|peut|pourrait)(?:-il)?
    j'(?:ai|aurais).besoin j'aimerais je.(?:voudrais|souhaiterais|cherche)
    (?:me|nos).(?:podr[ií]an?|puede[ns]?) alguien.(?:sabe|podr[ií]a|puede)
    (?:quisiera|me.gustar[ií]a|necesito|quiero)
    """,
    rf"(?:\W+(?:{_LEADING}))*\W*$",
)
# The same in front of what it asks for: "Could you tell me how many …"
_LEAD = (
    r"(?i)(?:(?:(?:hello|hi|hey|excuse me|please|bonjour|bonsoir|salut|excusez-moi|pardon|svp"
    r"|s'il (?:vous|te) pla[iî]t|hola|buen[ao]s (?:d[ií]as|tardes|noches)|buenas|disculpen?"
    r"|por favor)[ ,!.]+)+"
    r"|(?:(?:could|can|would) you|please|i(?:'d| would) like|i (?:need|want)|does any\w+|do you"
    r"|pourriez|pouvez|pourrais|peux|j'aimerais|je (?:voudrais|souhaiterais|veux)|sais-tu"
    r"|savez-vous|dites-moi|dis-moi|(?:me |nos )?(?:podr[ií]a|puede)\w*|quisiera|quiero|necesito"
    rf"|me gustar[ií]a|sabes?|saben|d[ií]game|dime|alguien)(?:[ '-](?:{_LEADING})\b){{0,5}}?[ ,:]+)"
    rf"(?=(?:if|whether|si)\b|{_WORD_THAT_ASKS})"
)
# Thanks after a question without a question mark.
_TAIL = (
    r"(?i)\s(?:(?:many )?thanks|thank you|thx|merci|gracias|grcs|(?:un )?saludos?|bien à vous"
    r"|cordialement|(?:kind |best )?regards|cheers)[ !.]*$"
)
# How a letter closes; below stands who wrote it, and behind no more than a name.
_SIGNED = (
    r"(?<=[?.!\n])[ \t]{0,3}(?i:(?:(?:kind|best|warm|many) )?(?:regards|wishes)"
    r"|(?:yours )?sincerely|yours (?:faithfully|truly)|cheers|(?:many )?thanks|thank you"
    r"|(?:bien )?cordialement|bien à (?:vous|toi)|merci(?: d'avance| beaucoup)?"
    r"|(?:un )?(?:cordial )?saludos?|atentamente|(?:muchas )?gracias|un abrazo)"
    r"[ ,.!]*(?:\n[^?]*|(?: [A-ZÀ-ÖØ-Þ][\w.'-]*){1,4}\s*)$"
)


def wanted(text: str) -> tuple[str, ...]:
    """The questions of a text, in its order; the text itself where there is nothing to leave out.

    There is at least one, and none is empty unless the text is.
    """
    text = re.sub(_SIGNED, "", text)
    kept = [bare for sentence in _sentences(text) if (bare := _bare(sentence))]
    words = len(text.split())
    found = _asking(kept) if words > _LETTER else kept
    parts = _questions(found) if found else [text.strip()]
    shouted = text.isupper() and len(_SPELLED.findall(text)) >= _SHOUTED
    return tuple(part.lower() if shouted else part for part in parts)


def is_manners(text: str) -> bool:
    """Whether it is nothing but manners: "Thanks a lot!". Else something may be searched for."""
    return all(_is_civil(text[a:b]) for a, b in _clauses(text))


def _sentences(text: str) -> Iterator[str]:
    """The sentences, each in one line. A line may be one, as in a greeting; a full one goes on."""
    block = ""
    for line in [*text.splitlines(), ""]:
        if block and not (line[:1].islower() or (line.strip() and len(block) > _WRAPPED)):
            for span in sentences(block):
                yield from _SPLIT.split(" ".join(block[span.start : span.end].split()))
            block = ""
        block = f"{block} {line}" if block and line.strip() else block or line


def _bare(sentence: str) -> str:
    """A sentence without the clauses at its edges that are manners; "" if all of it is."""
    clauses = _clauses(sentence)
    asked = len(clauses) - 1 if sentence.rstrip().endswith("?") else None
    kept = [
        (a, b)
        for at, (a, b) in enumerate(clauses)
        if not _is_manners(sentence[a:b], asked=at == asked)
    ]
    if not kept:
        return ""
    inner = sentence[kept[0][0] : kept[-1][1]] if len(kept) < len(clauses) else sentence
    if led := re.match(_LEAD, inner.lstrip("¿¡ ")):
        inner = inner.lstrip("¿¡ ")[led.end() :]
    tail = re.search(_TAIL, inner)
    return inner[: tail.start()] if tail else inner


def _clauses(sentence: str) -> list[tuple[int, int]]:
    marks = [found.span() for found in _CLAUSE.finditer(sentence)]
    starts = [0, *(end for _start, end in marks)]
    return list(zip(starts, [*(start for start, _end in marks), len(sentence)], strict=True))


def _is_manners(clause: str, *, asked: bool) -> bool:
    """Whether a clause, with which something may be `asked`, is manners and no more."""
    if _is_civil(clause):
        return True
    inner = _inner(clause)
    found = re.match(_MANNERS, inner)
    if found is None or asked or re.match(_LEAD, inner):
        return False
    return _SURELY_ASKS.search(inner, found.end()) is None


def _is_civil(clause: str) -> bool:
    """Whether no word of a clause tells anything: "Many thanks to all of you"."""
    inner = _inner(clause)
    if re.match(_ANNOUNCING, inner) and not re.match(_LEAD, inner):
        return True
    if _ASSENT.issuperset(re.findall(r"\w+", inner.lower())):
        return True
    while found := re.match(_MANNERS, inner):
        inner = inner[found.end() :].lstrip(_EDGES)
        if _CIVIL.issuperset(re.findall(r"[\w]+", inner.lower())):
            return True
    return not inner


def _inner(clause: str) -> str:
    return clause.strip(_EDGES).replace("\u2019", "'")


def _asking(sentences: list[str]) -> list[str]:
    """The last sentences of a letter that ask; all of it where none does."""
    led = [_led_to(sentence) for sentence in sentences]
    marked = [sentence for sentence in led if sentence.endswith("?")]
    other = [sentence for sentence in led if _first(sentence) in _ASKING | _ORDERING]
    return (marked or other)[-_MOST:] or sentences


def _led_to(sentence: str) -> str:
    """In a letter, what comes before a colon only leads to the question."""
    if _first(sentence) in _ASKING:
        return sentence
    return sentence[max((found.end() for found in _LEADS_ON.finditer(sentence)), default=0) :]


def _first(sentence: str) -> str:
    found = re.search(r"\w+", sentence)
    return found[0].lower() if found else ""


def _questions(found: list[str]) -> list[str]:
    """The sentences as questions: what asks ends one, and what is said before belongs to it."""
    parts, said = [], ""
    for sentence in found:
        said = f"{said} {sentence}".strip()
        if sentence.endswith("?") and len(sentence.split()) >= _ASKS:
            parts.append(said)
            said = ""
    if said and parts:
        parts[-1] = f"{parts[-1]} {said}"
    return parts[-_MOST:] or [said]
