"""What a follow-up looks like in each language: word lists and patterns. Data only.

`qa.followups` reads it. Words are written with and without accents where people drop them.
Patterns are strings, since compiling them all takes 40 ms and `re` keeps what it has compiled.
"""

from dataclasses import dataclass

from qa.types import Language


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _either(*patterns: str) -> str:
    return rf"(?i)\b(?:{'|'.join(patterns)})"


@dataclass(frozen=True, slots=True)
class Grammar:
    about: str  # opens a follow-up, whatever comes next
    link: str  # opens a follow-up if no whole question comes next
    asking: frozenset[str]  # question words
    copulas: frozenset[str]
    verbs: frozenset[str]  # common words that show a clause, beside the copulas
    openers: frozenset[str]  # prepositions, articles, possessives: a fragment may start with them
    impersonal: str  # pronouns that stand for nothing
    leaning: str  # stands for something outside the question
    pronouns: str  # leans unless a noun stands before it
    owners: str  # the same, but "how many people" is noun enough
    noun: str
    counted: str


GRAMMARS: dict[Language, Grammar] = {
    "en": Grammar(
        about=_either(
            r"(?:and |but )?(?:what|how) about\b",
            r"what of\b",
            r"(?:the )?same for\b",
            r"of wh(?:ich|om)\b",
        ),
        link=_either(r"(?:and|but|or|then)\b"),
        asking=_words("what who whom whose when where why how which"),
        copulas=_words("is are was were"),
        verbs=_words(
            """do does did has have had can could will would should may might must i'm list show
            tell give find explain describe"""
        ),
        openers=_words(
            """in on at of for from to by with without about under since until during before after
            between among per the a an his her its their that this these those only"""
        ),
        impersonal=_either(
            r"(?:is|was|would|will|can|could) it (?:be )?(?:\w+ )?(?:to|that|for|if)\b",
            r"it (?:is|was|would be) \w+ (?:to|that|for|if)\b",
            r"(?:does|do|did|will|would) it (?:take|cost|rain|snow|matter)\b",
            r"it (?:takes|rains|snows|is (?:raining|snowing))\b",
            r"(?:is|are|was|were|be) there\b",
            r"there (?:is|are|was|were|will|has|have)\b",
        ),
        leaning=_either(
            r"(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|should) "
            r"(?:he|she|it|they)\b",
            r"(?:of|about|by|from|with|for|in|to|on) (?:it|him|this|that|those|these)$",
            r"^(?:who|what|where|anyone|anything) else\b",
            r"(?:that one|this one|the same|the former|the latter|for them|there)$",
            r"these \w+",
            r"^(?:anything|something|nothing) (?:about|on|for)\b",
            r"^which (?:ones?\b|(?:is|are|was|were) (?:the )?(?:most |least )?\w+$)",
            r"^(?:(?:why|when|where|how) )?(?:do|does|did|can|could|will|would|should|has|have) "
            r"(?:the |an? )?(?:\w+ ){2,3}(?:it|him|them)$",
            r"(?:which|many|much|some|most|all|one|any|none) of (?:them|those|these|it)\b",
            r"^(?:what|who|when|where) (?:was|were) the \w+$",
            r"^how many \w+ed(?: \w+){0,3}$",
            r"(?:is|was|did|does|of|in|about|for|from) that \w+",
            r"this (?!year|month|week|morning|century|way|for|in|to|on|with)\w+",
            r"(?:is|are|was|were) the (?:\w+ )+of (?:his|her|its|their)\b",
        ),
        pronouns=_either(r"(?:he|she|it|they|him|her|them|his|hers|its|theirs|there)\b"),
        owners=_either(r"their\b"),
        noun=_either(r"(?:an?|the|my|your|our|which|every|each|some) \w+ "),
        counted=_either(r"how (?:many|much) \w+ "),
    ),
    "fr": Grammar(
        about=_either(
            r"(?:et )?(?:quid|qu'en est-il) (?:de la\b|de l'|du\b|des\b|de\b|d')",
            r"(?:même question|dont)\b",
        ),
        link=_either(r"(?:et|mais|puis|sinon)\b(?: si\b)?"),
        asking=_words(
            """qui que quoi qu quand où ou pourquoi comment combien quel quelle quels quelles
            lequel laquelle lesquels lesquelles"""
        ),
        copulas=_words("est sont était étaient est-ce"),
        verbs=_words(
            """ont avait peut peuvent doit doivent faut fait va vont a-t existe donne donne-moi
            montre liste dis dis-moi explique cherche voudrais peut-on"""
        ),
        openers=_words(
            """en à au aux dans sur sous pour par avec sans depuis pendant chez vers de du des
            entre avant après selon jusqu le la les l un une d son sa ses leur leurs celui celle
            ceux celles seulement"""
        ),
        impersonal=_either(
            r"(?:y a|y avait|faut|fait|faudra|existe|existait|agit|suffit|pleut|pleuvra|neige"
            r"|reste|manque|vaut|convient|passe|arrive)[- ](?:t[- ])?il\b",
            r"s'(?:est|était)[- ]il passé",
            r"il (?:y a|y avait|faut|faudra|existe|s'agit|suffit|fait|pleut|reste|vaut)\b",
            r"est[- ]il \w+ (?:de|que|qu|d)\b",
            r"il est \w+ (?:de|que|qu|d)\b",
            r"y a\b",
        ),
        leaning=_either(
            r"^(?:qui|quoi|que|où) d'autre\b",
            r"l'(?:a|ont|avait|avaient)[- ]",
            r"^(?:qui|où|quand|comment|pourquoi) (?:le|la|les|lui|leur|en|y) \w+$",
            r"(?:cela|ça|ceci|là|là-bas)$",
            r"^c'est (?!qui\b|quoi\b|où\b|quand\b|l)",
            r"^(?:lequel|laquelle|lesquels|lesquelles)\b(?! d)",
            r"^combien (?:se |s')?(?!co[uû]t|val|font)\w+ent\b"
            r"(?! (?:les?|la|l'|des?|une?|mon|ma|mes)\b)(?: [\w-]+){0,3}$",
            r"\w+ en (?:font|fait|ont|a|sont|est|avait|avaient|reste)\b",
            r"\w+-(?:on|je|tu|nous|vous) (?:le|la|les|lui|leur|en|y) \w+(?:er|ir|re)\b",
            r"^(?:quelle?s?|qui|quand|où) (?:était|étaient|fut|furent) (?:le |la |les |l')\w+$",
            r"(?<!-)(?:ce|cet|cette|ces) "
            r"(?!qui|que|dont|sont|mois|matin|soir|jour|année|semaine|siècle)\w+",
            r"(?:est|sont) (?:le |la |les |l')(?:\w+ )+de (?:son|sa|ses|leurs?)\b",
        ),
        pronouns=_either(r"(?:ils?|elles?|eux|lui|y)\b", r"(?:celui|celle|ceux|celles)-(?:ci|là)"),
        owners=_either(r"(?:son|sa|ses|leurs?)\b"),
        noun=_either(
            r"(?:le|la|les|une?|des|mon|ma|mes|notre|nos|votre|vos|au|aux|du|chaque) [\w'-]+ ",
            r"l'(?!a\b|ai|ont|av|est)[\w-]+ ",
        ),
        counted=_either(
            r"(?:combien de |combien d'|quel(?:le)?s? (?!est|sont|étai))[\w-]+ ",
        ),
    ),
    "es": Grammar(
        about=_either(
            r"(?:y )?qu[eé] (?:hay del?|tal|pasa con|me dices del?)\b",
            r"lo mismo para\b",
            r"de l[oa]s (?:que|cuales)\b",
        ),
        link=_either(r"(?:y|e|pero|o|entonces)\b"),
        asking=_words(
            """qué que quién quien quiénes quienes cuándo cuando dónde donde cómo como cuánto
            cuanto cuánta cuanta cuántos cuantos cuántas cuantas cuál cual cuáles cuales"""
        ),
        copulas=_words("es son era eran fue fueron está están"),
        verbs=_words(
            """hay ha han tiene tienen puede pueden se hace hacen necesito quiero busco dime dame
            muestra"""
        ),
        openers=_words(
            """en a al de del para por con sin desde hasta durante entre según sobre bajo ante el
            la los las un una su sus ese esa esos esas solo sólo"""
        ),
        impersonal=_either(r"lo que\b", r"a su vez\b"),
        leaning=_either(
            r"^(?:qui[eé]n(?:es)?|qué|que|dónde|donde) más\b",
            r"(?:en|de|con|para|a|por|sobre) (?:él|ella|ello|ellos|ellas|eso|esto)\b",
            r"(?:en|con|para) el$",
            r"(?:allí|alli|allá|ahí|ahi)$",
            r"^(?:quién|quien|cuándo|cuando|dónde|donde|cómo|como|por qué|por que|quiénes) "
            r"(?:se )?(?:lo|la|los|las|le|les) \w+$",
            r"(?:ese|esa|esos|esas|aquel|aquella|aquellos) \w+",
            r"^(?:cuál|cuáles|cual|cuales|quién|quiénes|cuándo|dónde) (?:era|eran|fue|fueron) "
            r"(?:el|la|los|las) \w+$",
            r"(?:este|estos) (?!año|mes|siglo|verano|invierno)\w+",
            r"(?:es|son|era|fue) (?:el|la|los|las) (?:\w+ )+de sus?\b",
            r"(?:qué|que|cuál|cuáles|cuánt[oa]s?|cuant[oa]s?) \w+(?: \w+)? \w+(?:aron|ieron)$",
            # The subject is left out: "¿Qué dijo sobre …?"
            r"(?:qué|que) (?:dijo|declaró|señaló|destacó|afirmó|opinó|pidió|propuso|hizo|escribió) "
            r"(?:sobre|acerca|en|al?|de|con|para|por)\b",
            r"^cu[aá]nt[oa]s \w+n(?: \w+){0,3}$",
            r"(?:qué|que|cuánt[oa]s|cuant[oa]s) \w+ (?:han|habían) \w+(?: juntos)?$",
            r"^(?:al?|de|en|con|para) (?:qué|que) \w+ (?:\w+|forma parte)$",
            r"^cu[aá]l(?:es)? (?:es|son|era|fue) (?:el|la|los|las) "
            r"(?:más|mejor|peor|mayor|menor) ?\w*$",
        ),
        pronouns=_either(r"(?:él|ella|ellos|ellas|allí|alli|allá|ahí|ahi)\b"),
        owners=_either(r"sus?\b"),
        noun=_either(r"(?:el|la|los|las|una?|unos|unas|mi|tu|al|del|cada|nuestr[oa]s?) \w+ "),
        counted=_either(
            r"(?:cuánt[oa]s|cuant[oa]s|qué|que) (?!es |son |era |fue )\w+ \w+ ",
        ),
    ),
}

# Prepositions that take one another's place: "en Espagne", "aux États-Unis".
FAMILIES = (
    _either(r"(?:in|en|à|au|aux|dans)\b"),
    _either(r"(?:on|sous)\b"),
    _either(r"(?:of|del|du|des|de)\b", r"d'"),
    _either(r"(?:for|pour|para)\b"),
    _either(r"(?:from|desde|depuis)\b"),
    _either(r"(?:with|avec|con)\b"),
)
# Asked about nothing in particular: "How many Peruvians?", "How many are women?", "Is there a gym?"
BARE = _either(
    r"(?:how (?:many|much)|combien (?:de|d')|cu[aá]nt[oa]s?) ?[\w-]+$",
    r"how many (?:are|were|have|had|can)\b",
    r"combien (?:sont|ont|en)\b",
    r"cu[aá]nt[oa]s (?:son|eran|están|tienen|han)\b",
    r"how long (?:do|did) (?:i|we|you|they) \w+$",
    r"(?:(?:is|are) there|y a-t-il|hay) (?:an? |any |une? |des |una? )?\w+$",
)
# "How many in Spain?": a question word without a verb.
LOOSE = _either(r"(?:many |much )?(?:in|on|at|for|en|à|au|aux|dans|pour|para|por|par)\b")
# "that of ethanol", "celle de l'éthanol", "el del etanol": what stands for the old noun.
THAT_OF = _either(
    r"(?:that|those|celui|celle|ceux|celles|el|la|los|las) (?=of\b|de\b|du\b|des\b|del\b|d')"
)
# "In 2006" does not take the place of "in Spain".
TIME = _either(
    r"\d",
    r"jan|f[eé]v|feb|march\b|mars\b|marzo|a[vb]r|apr|may|mai\b|ju[nil]|ao[uû]t|aug|ago|sept|o[ck]t"
    r"|nov|d[eéi][cz]",
    r"(?:mon|tues|wednes|thurs|fri|satur|sun|week)day",
    r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|semaine",
    r"lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo|semana",
)
