"""Every phrase the program says around the quotes, in the three languages. Data only.

`qa.language.say` fills in the names in braces. French has a no-break space (\\xa0) before ? ! : ;
and inside « ».
"""

from typing import Literal

from qa.types import Language

Key = Literal[
    "no_answer",
    "closest",
    "no_documents",
    "seen",
    "seen_nothing",
    "seen_without_suffix",
    "seen_links",
    "seen_skipped",
    "seen_blank",
    "nothing_passes",
    "nothing_left",
    "undated",
    "unread",
    "empty_question",
    "foreign_note",
    "searched_for",
    "also_in",
    "also_at",
    "edition_at",
    "not_mentioned",
    "introduced",
    "score",
    "line",
    "page",
    "more",
    "nothing_more",
    "nothing_to_show",
    "greeting",
    "loading",
    "goodbye",
    "help",
    "unknown_command",
    "usage_context",
    "usage_source",
    "usage_only",
    "usage_date",
    "usage_in",
    "span_empty",
    "filter_set",
    "filter_cleared",
    "usage_top",
    "usage_save",
    "no_such_quote",
    "no_such_source",
    "only_set",
    "only_cleared",
    "top_set",
    "saved",
    "not_saved",
    "not_overwritten",
    "no_such_folder",
    "heading_conversation",
    "retrieved_from",
    "language_en",
    "language_fr",
    "language_es",
    "kind_menu",
    "kind_heading",
]

MESSAGES: dict[Key, dict[Language, str]] = {
    "no_answer": {
        "en": "I found no passage that answers this.",
        "fr": "Je n’ai trouvé aucun passage qui réponde à cette question.",
        "es": "No he encontrado ningún pasaje que responda a esta pregunta.",
    },
    "closest": {
        "en": "The closest passages, which may not answer it:",
        "fr": "Les passages les plus proches, qui n’y répondent peut-être pas\xa0:",
        "es": "Los pasajes más cercanos, que quizá no la respondan:",
    },
    "no_documents": {
        "en": "There are no documents to search.",
        "fr": "Il n’y a aucun document où chercher.",
        "es": "No hay ningún documento en el que buscar.",
    },
    "seen": {
        "en": "Seen in {folder}: {seen}. Files that are read end in {suffixes}; save others as one "
        "of these: .doc as .docx or .pdf, a table as .csv.",
        "fr": "Vu dans {folder}\xa0: {seen}. Les fichiers lus se terminent par {suffixes}\xa0; "
        "enregistrez les autres sous un de ces formats\xa0: .doc en .docx ou .pdf, "
        "un tableau en .csv.",
        "es": "Visto en {folder}: {seen}. Los archivos que se leen terminan en {suffixes}; guarde "
        "los demás en uno de estos formatos: .doc como .docx o .pdf, una tabla como .csv.",
    },
    "seen_nothing": {"en": "nothing", "fr": "rien", "es": "nada"},
    "seen_without_suffix": {
        "en": "{count} with no such ending",
        "fr": "{count} sans extension connue",
        "es": "{count} sin extensión conocida",
    },
    "seen_links": {
        "en": "links to folders, which are not followed: {count}",
        "fr": "liens vers des dossiers, qui ne sont pas suivis\xa0: {count}",
        "es": "enlaces a carpetas, que no se siguen: {count}",
    },
    "seen_skipped": {
        "en": "what cannot be read, as `qa index` tells: {count}",
        "fr": "ce qui ne peut être lu, comme le dit `qa index`\xa0: {count}",
        "es": "lo que no se puede leer, como dice `qa index`: {count}",
    },
    "seen_blank": {
        "en": "files without text: {count}",
        "fr": "fichiers sans texte\xa0: {count}",
        "es": "archivos sin texto: {count}",
    },
    "nothing_passes": {
        "en": "The filter leaves nothing to search.",
        "fr": "Le filtre ne laisse rien où chercher.",
        "es": "El filtro no deja nada en lo que buscar.",
    },
    "nothing_left": {
        "en": "Nothing fits {conditions}. Documents: {count}, passages in: {languages}, "
        "dates: {dates}, files: {examples}",
        "fr": "Rien ne répond à {conditions}. Documents\xa0: {count}, "
        "passages en\xa0: {languages}, dates\xa0: {dates}, fichiers\xa0: {examples}",
        "es": "Nada responde a {conditions}. Documentos: {count}, pasajes en: "
        "{languages}, fechas: {dates}, archivos: {examples}",
    },
    "undated": {
        "en": "Documents left out, or parts of them, as their date is not known: {count} of "
        "{total}.",
        "fr": "Documents laissés de côté, ou en partie, leur date étant inconnue\xa0: {count} sur "
        "{total}.",
        "es": "Documentos que se dejan fuera, o en parte, por no conocerse su fecha: {count} de "
        "{total}.",
    },
    "unread": {
        "en": "Files that could not be read, or not all of them: {count}; `qa index` names them. "
        "An answer may stand there.",
        "fr": "Fichiers illisibles, en tout ou en partie\xa0: {count}\xa0; `qa index` les nomme. "
        "Une réponse peut s’y trouver.",
        "es": "Archivos que no se pudieron leer, del todo o en parte: {count}; `qa index` los "
        "nombra. Puede haber allí una respuesta.",
    },
    "empty_question": {
        "en": "There is no word in the question.",
        "fr": "La question ne contient aucun mot.",
        "es": "La pregunta no tiene ninguna palabra.",
    },
    # For people who read none of the three it is English that helps most.
    "foreign_note": dict.fromkeys(
        ("en", "fr", "es"),
        "The question seems to be in a language other than English, French or Spanish; "
        "it was searched all the same.",
    ),
    "searched_for": {
        "en": "searched for: {question}",
        "fr": "recherche effectuée\xa0: {question}",
        "es": "se ha buscado: {question}",
    },
    "also_in": {
        "en": "also in {language}: {sources}",
        "fr": "aussi en {language}\xa0: {sources}",
        "es": "también en {language}: {sources}",
    },
    "also_at": {
        "en": "also at: {sources}",
        "fr": "se trouve aussi dans\xa0: {sources}",
        "es": "también está en: {sources}",
    },
    "edition_at": {
        "en": "nearly the same, with differences (qa show --diff): {sources}",
        "fr": "presque identique, avec des différences (qa show --diff)\xa0: {sources}",
        "es": "casi igual, con diferencias (qa show --diff): {sources}",
    },
    "not_mentioned": {
        "en": "this passage does not mention: {words}",
        "fr": "ce passage ne mentionne pas\xa0: {words}",
        "es": "este pasaje no menciona: {words}",
    },
    "introduced": {
        "en": "named at the beginning of the document, not in this passage: {words}",
        "fr": "au début du document, et non dans ce passage\xa0: {words}",
        "es": "al principio del documento, y no en este pasaje: {words}",
    },
    "score": {"en": "score", "fr": "score", "es": "puntuación"},
    "line": {"en": "line", "fr": "ligne", "es": "línea"},
    "page": {"en": "page", "fr": "page", "es": "página"},
    "more": {"en": "more: /more", "fr": "la suite\xa0: /more", "es": "ver más: /more"},
    "nothing_more": {
        "en": "There are no more passages.",
        "fr": "Il n’y a pas d’autre passage.",
        "es": "No hay más pasajes.",
    },
    "nothing_to_show": {
        "en": "Nothing to show yet: ask a question first.",
        "fr": "Rien à afficher pour l’instant\xa0: posez d’abord une question.",
        "es": "Todavía no hay nada que mostrar: haga primero una pregunta.",
    },
    "greeting": {
        "en": "Ask about your documents in English, French or Spanish. /help lists the commands.",
        "fr": "Interrogez vos documents en français, en anglais ou en espagnol. "
        "/help affiche les commandes.",
        "es": "Pregunte a sus documentos en español, inglés o francés. /help muestra los comandos.",
    },
    "loading": {"en": "loading…", "fr": "chargement…", "es": "cargando…"},
    "goodbye": {"en": "Goodbye.", "fr": "Au revoir.", "es": "Hasta luego."},
    "help": {
        "en": """\
Type a question, or one of these commands:
  /more         show the next passages
  /context N    show the paragraphs around quote N
  /source ID    show a source by its ID
  /only fr      search one language only (en, fr, es); /only alone searches all of them
  /in FOLDER    search these files only (reports/2016/*, *.pdf); /in alone searches all
  /since 2015   search documents from then on (2015-03, 2015-03-27); alone: of any date
  /until 2016   search documents up to then; alone: of any date
  /title WORDS  search documents with this in their title; alone: all
  /top 5        show this many quotes for each question
  /save FILE    save the conversation with its citations as Markdown
  /help         show this help
  /quit         leave
Ctrl-C clears the line, Ctrl-D leaves.""",
        "fr": """\
Posez une question ou tapez une de ces commandes\xa0:
  /more         afficher les passages suivants
  /context N    afficher les paragraphes autour de la citation N
  /source ID    afficher une source d’après son identifiant
  /only fr      chercher dans une seule langue (en, fr, es)\xa0; /only seul les rétablit toutes
  /in DOSSIER   chercher dans ces fichiers (reports/2016/*, *.pdf)\xa0; /in seul\xa0: dans tous
  /since 2015   chercher à partir de cette date (2015-03, 2015-03-27)\xa0; seul\xa0: de toute date
  /until 2016   chercher jusqu’à cette date\xa0; seul\xa0: de toute date
  /title MOTS   chercher dans les documents dont le titre les contient\xa0; seul\xa0: dans tous
  /top 5        afficher ce nombre de citations par question
  /save FICHIER enregistrer la conversation et ses références en Markdown
  /help         afficher cette aide
  /quit         quitter
Ctrl-C efface la ligne, Ctrl-D quitte la conversation.""",
        "es": """\
Escriba una pregunta o uno de estos comandos:
  /more         mostrar los pasajes siguientes
  /context N    mostrar los párrafos que rodean la cita N
  /source ID    mostrar una fuente por su identificador
  /only fr      buscar en un solo idioma (en, fr, es); /only a solas vuelve a todos
  /in CARPETA   buscar solo en estos archivos (reports/2016/*, *.pdf); /in a solas: en todos
  /since 2015   buscar desde esa fecha (2015-03, 2015-03-27); a solas: de cualquier fecha
  /until 2016   buscar hasta esa fecha; a solas: de cualquier fecha
  /title TEXTO  buscar en los documentos que lo tengan en su título; a solas: en todos
  /top 5        mostrar este número de citas por pregunta
  /save ARCHIVO guardar la conversación y sus referencias en Markdown
  /help         mostrar esta ayuda
  /quit         salir
Ctrl-C borra la línea, Ctrl-D sale de la conversación.""",
    },
    "unknown_command": {
        "en": "unknown command {command}; /help lists them",
        "fr": "commande inconnue\xa0: {command}\xa0; /help affiche la liste",
        "es": "comando desconocido: {command}; /help muestra la lista",
    },
    "usage_context": {
        "en": "Write /context N, where N is the number of a quote.",
        "fr": "Écrivez /context N, où N est le numéro d’une citation.",
        "es": "Escriba /context N, donde N es el número de una cita.",
    },
    "usage_source": {
        "en": "Write /source ID, where ID is the source ID shown with a quote.",
        "fr": "Écrivez /source ID, où ID est l’identifiant affiché avec une citation.",
        "es": "Escriba /source ID, donde ID es el identificador que acompaña a una cita.",
    },
    "usage_only": {
        "en": "Write /only en, /only fr, /only es, several with commas (/only fr,es), "
        "or /only alone for all languages.",
        "fr": "Écrivez /only en, /only fr, /only es, plusieurs avec des virgules (/only fr,es), "
        "ou /only seul pour toutes les langues.",
        "es": "Escriba /only en, /only fr, /only es, varios con comas (/only fr,es), "
        "o /only a solas para todos los idiomas.",
    },
    "usage_date": {
        "en": "Write {command} 2015, {command} 2015-03 or {command} 2015-03-27, "
        "or {command} alone for any date.",
        "fr": "Écrivez {command} 2015, {command} 2015-03 ou {command} 2015-03-27, "
        "ou {command} seul pour toutes les dates.",
        "es": "Escriba {command} 2015, {command} 2015-03 o {command} 2015-03-27, "
        "o {command} a solas para cualquier fecha.",
    },
    "usage_in": {
        "en": "Nothing was changed: {pattern} is no pattern of paths. Write /in reports/2016/*, "
        "for example.",
        "fr": "Rien n’a été modifié\xa0: {pattern} n’est pas un motif de chemins. Écrivez par "
        "exemple /in rapports/2016/*.",
        "es": "No se ha cambiado nada: {pattern} no es un patrón de rutas. Escriba por ejemplo "
        "/in informes/2016/*.",
    },
    "span_empty": {
        "en": "Nothing was changed: {since} is later than {until}.",
        "fr": "Rien n’a été modifié\xa0: {since} vient après {until}.",
        "es": "No se ha cambiado nada: {since} es posterior a {until}.",
    },
    "filter_set": {
        "en": "Searching only what fits {conditions}.",
        "fr": "Recherche limitée à ce qui répond à {conditions}.",
        "es": "Búsqueda limitada a lo que responde a {conditions}.",
    },
    "filter_cleared": {
        "en": "Searching in all documents.",
        "fr": "Recherche dans tous les documents.",
        "es": "Búsqueda en todos los documentos.",
    },
    "usage_top": {
        "en": "Write /top N, where N is a whole number from 1 up.",
        "fr": "Écrivez /top N, où N est un nombre entier à partir de 1.",
        "es": "Escriba /top N, donde N es un número entero a partir de 1.",
    },
    "usage_save": {
        "en": "Write /save FILE, for example /save conversation.md.",
        "fr": "Écrivez /save FICHIER, par exemple /save conversation.md.",
        "es": "Escriba /save ARCHIVO, por ejemplo /save conversacion.md.",
    },
    "no_such_quote": {
        "en": "There is no quote {number}.",
        "fr": "Il n’y a pas de citation {number}.",
        "es": "No hay ninguna cita {number}.",
    },
    "no_such_source": {
        "en": "There is no source {source}.",
        "fr": "La source {source} n’existe pas.",
        "es": "No existe la fuente {source}.",
    },
    "only_set": {
        "en": "Searching only in: {languages}.",
        "fr": "Recherche limitée à\xa0: {languages}.",
        "es": "Búsqueda limitada a: {languages}.",
    },
    "only_cleared": {
        "en": "Searching in all languages.",
        "fr": "Recherche dans toutes les langues.",
        "es": "Búsqueda en todos los idiomas.",
    },
    "top_set": {
        "en": "Quotes for each question: {number}.",
        "fr": "Citations par question\xa0: {number}.",
        "es": "Citas por pregunta: {number}.",
    },
    "saved": {
        "en": "saved to {path}",
        "fr": "enregistré dans {path}",
        "es": "guardado en {path}",
    },
    "not_saved": {
        "en": "{path} could not be written: {reason}",
        "fr": "impossible d’écrire {path}\xa0: {reason}",
        "es": "no se ha podido escribir {path}: {reason}",
    },
    "not_overwritten": {
        "en": "{path} is already there and stays as it is; choose another name.",
        "fr": "{path} existe déjà et reste inchangé\xa0; choisissez un autre nom.",
        "es": "{path} ya existe y se queda como está; elija otro nombre.",
    },
    "no_such_folder": {
        "en": "There is no folder {path}.",
        "fr": "Le dossier {path} n’existe pas.",
        "es": "No existe la carpeta {path}.",
    },
    "heading_conversation": {"en": "Conversation", "fr": "Conversation", "es": "Conversación"},
    "retrieved_from": {"en": "retrieved from", "fr": "extrait de", "es": "extraído de"},
    "language_en": {"en": "English", "fr": "anglais", "es": "inglés"},
    "language_fr": {"en": "French", "fr": "français", "es": "francés"},
    "language_es": {"en": "Spanish", "fr": "espagnol", "es": "español"},
    "kind_menu": {"en": "menu", "fr": "menu", "es": "menú"},
    "kind_heading": {"en": "heading", "fr": "titre", "es": "título"},
}
