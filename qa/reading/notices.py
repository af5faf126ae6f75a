"""What a page says of a text as goods: who holds its rights, where it was printed before, who may
read on, what its author has to declare, and from where it quotes."""

import re

LONGEST = 400  # characters of a notice; the rights of an agency's report reach 200
SHORT = 250  # of one that speaks to the reader

# A year follows the sign, and is one of a notice: its holder or nothing follows, and no verb. A
# caption that credits its picture has the sign alone.
_HELD = r"[\s\W]*(?:19|20)\d\d\b[\s\d,/–-]*(?:$|[^\w\s,'\"’”»]|(?i:by|par|por)\b|[A-ZÀ-Þ])"
# These words are a sentence by themselves; "all rights reserved to the states" are a text's own.
_RESERVED = (
    r"(?i:all rights reserved|tous (?:les )?droits (?:de [\w ]{3,40} )?r[ée]serv[ée]s"
    r"|(?:(?:quedan )?todos los )?derechos reservados|reservados todos los derechos)"
    r"(?=\s*(?:$|[^\w\s,'\"’”»]|\d))"
)
_RIGHTS = re.compile(
    rf".{{0,30}}©[\s\W]*(?:19|20)\d\d\b|.{{0,30}}(?<!\w)(?i:\(c\)){_HELD}"
    rf"|(?:.{{0,29}}[^\w\s]\s*)?(?i:copyright){_HELD}"
    rf"|(?:.*[^\w\s'\"‘“«]\s*|.*©.*|(?i:.*\bcopyright\b.*))?{_RESERVED}"
)
# "A version of this story was first published by …": a text that speaks of itself as one.
_PRINTED = re.compile(
    r"\W*(?:(?:a (?:longer |shorter )?version of )?th(?:is|e above) (?:\w+ )?"
    r"(?:article|story|post|piece|essay|report|interview|column|text|op-ed)\b"
    r"(?: (?:by|from) [^.;:]{1,30}?)?"
    r" (?:(?:was|is|has been)\b[^.;:]{0,40} (?:re)?(?:published|printed|posted|produced)"
    r"|(?:(?:first|originally|also) )?(?:appear(?:s|ed)|ran))\b"
    r"|ce(?:t|tte)? (?:article|texte|entretien|interview|tribune|reportage|chronique|billet)\b"
    r"(?: de [^.;:]{1,30}?)? (?:est|a)\b[^.;:]{0,40} (?:(?:re|co)?publi[ée]+|parue?|diffusée?)\b"
    r"|(?:una versi[oó]n de )?est[ea] (?:art[ií]culo|texto|nota|reportaje|entrevista|columna)\b"
    r"(?: de [^.;:]{1,30}?)? (?:(?:es|fue|ha sido|sido)\b[^.;:]{0,40} (?:re)?publicad[oa]"
    r"|(?:se )?(?:re)?public(?:ó|a)|apareci[óo]|aparece)\b)",
    re.IGNORECASE,
)
_LICENSED = re.compile(
    r"\W*(?:re(?:publish|produce) our|reproduisez nos|republi(?:ca|que) nuestros|(?:all )?content\b"
    r"|th(?:is|e) \w+|ce(?:t|tte)? \w+|est[ea] \w+|contenidos?\b|contenus?\b).{0,150}"
    r"\b(?:licen[cs]\w*.{0,30}\bcreative commons|creative commons\b.{0,40}\blicen[cs])",
    re.IGNORECASE,
)
# What scholars declare beneath what they write for a newspaper, and who pays it.
_DECLARED = re.compile(
    r".{3,200}?(?: does not work for, consult| do not work for, consult"
    r"| ne travaille(?:nt)? pas, ne conseille(?:nt)? pas"
    r"| no reciben? (?:ning[uú]n )?salario, ni ejercen? "
    r"| provides? funding as a | apporte(?:nt)? un financement en tant que "
    r"| aportan? (?:fondos|financiaci[oó]n) como "
    r"| (?:declares?|has|have) no (?:competing|conflicts? of|financial) interests?\b"
    r"| d[ée]clare(?:nt)? (?:n['’]avoir aucun|ne pas avoir de) (?:conflit|lien)s? d['’]int"
    r"| declaran? (?:no tener|carecer de) (?:ning[uú]n )?conflictos? de inter[eé]s)",
    re.IGNORECASE,
)
_TO_READERS = re.compile(
    r"\W*(?:(?:already a (?:subscriber|member)\b|to (?:continue|keep) reading\b"
    r"|subscribe (?:now|to)\b"
    r"|sign up (?:now|here|for (?:our|the|free)|to (?:our|receive|get))\b"
    r"|(?:this|the full) (?:article|story|content) is (?:only )?(?:reserved|exclusive|available)?"
    r" ?(?:only )?(?:for|to) (?:our )?subscribers\b)"
    r"|(?=.*\b(?:pages?|p[áa]gina|sites?|sitio|web|espace|account|compte|cuenta)\b)(?:.{0,40}\b)?"
    r"(?:you (?:are|will)(?: now)? be(?:ing)? redirected"
    r"|vous (?:allez|serez)(?: être)? redirigée?s?"
    r"|(?:usted |te )?est[áa]s? siendo redirigid[oa]|ser[áa]s redirigid[oa])\b"
    r"|(?:listen to|[ée]coutez|escuch[ae]|oye) (?:our|notre|nuestro) (?:\w+ )?podcast\b"
    r"|il vous reste [\d.,]+\s?% de c|d[ée]j[àa] abonn[ée]e?\b|abonnez-vous\b"
    r"|pour (?:lire la suite|continuer (?:la|votre) lecture)\b"
    r"|inscrivez-vous (?:gratuitement )?(?:à|pour recevoir)\b|recevez (?:chaque|gratuitement)\b"
    r"|(?:la suite|ce(?:t|tte)? \w+|contenu|article) (?:est )?r[ée]serv[ée]e?s? (?:à nos|aux) abonn"
    r"|para (?:seguir|continuar) leyendo\b|ya eres suscriptora?\b|suscr[ií](?:bete|base)\b"
    r"|ap[uú]ntate (?:a nuestr|a la newsletter|gratis)|reg[ií]strate (?:gratis|para seguir)\b"
    r"|(?:este )?(?:contenido|art[ií]culo) (?:es |est[áa] )?(?:exclusivo|reservado|disponible)"
    r" (?:s[oó]lo )?(?:para|a) (?:nuestros )?suscriptor)",
    re.IGNORECASE,
)
_POSTED = re.compile(r"[—–-]\s?[^()]{1,80} \(@\w+\)")  # beneath what somebody wrote elsewhere


def is_notice(line: str) -> bool:
    """Whether a line of a page's text is no part of what its author wrote."""
    if len(line) > LONGEST:
        return False
    if len(line) <= SHORT and _TO_READERS.match(line):
        return True
    return any(notice.match(line) for notice in (_RIGHTS, _PRINTED, _LICENSED, _DECLARED, _POSTED))
