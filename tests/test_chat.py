"""The conversation: whole transcripts with a bot that a person can predict, and a real terminal."""

import hashlib
import io
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pexpect  # type: ignore[import-untyped]  # it has no type hints
import pytest
from conftest import HashingEncoder
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document as Line
from typer.testing import CliRunner

from qa import bot as bots, editing
from qa.chat import Loading, locale_language
from qa.cli import app
from qa.conversation import Conversation, Settings
from qa.editing import candidates, lines_kept_in
from qa.errors import DocumentError, SourceError
from qa.filters import Filter
from qa.language import detect
from qa.render import Style
from qa.types import LANGUAGES, Answer, Document, Language, Quote

TEXTS: dict[Language, list[str]] = {
    "en": ["Honey is made by bees.\r\nIt keeps for years.", "Bees dance.", "Hives stand on hills."],
    "fr": ["Le miel est fait par les abeilles.", "Les abeilles dansent."],
    "es": ["La miel la hacen las abejas."],
}
HOSTILE = "\x1b[31mred\x1b[0m \u202eevil\u202c [bold]loud[/] \x9b2J \x07 [link=file:///]x[/link]"


class FakeBot:
    """Answers every question with the same passages, those in the asker's language first.

    It knows nothing of pizza. `asked` holds what each call was given.
    """

    def __init__(self, texts: dict[Language, list[str]] = TEXTS) -> None:
        self.asked: list[dict[str, Any]] = []
        self.quotes = {
            language: [quote(language, number, text) for number, text in enumerate(lines, 1)]
            for language, lines in texts.items()
        }

    def answer(
        self,
        question: str,
        *,
        top_k: int,
        language: Language | None,
        where: Filter,
        history: Sequence[str],
    ) -> Answer:
        self.asked.append(
            {"top_k": top_k, "language": language, "where": where, "history": tuple(history)}
        )
        spoken = language or detect(question)
        searched = f"{history[-1]} {question}" if question.startswith("And") else question
        order = sorted(LANGUAGES, key=lambda code: code != spoken)
        found = [
            q for code in order if code in (where.only or LANGUAGES) for q in self.quotes[code]
        ]
        answer = Answer(question, searched, spoken)
        if "pizza" in question:
            return replace(answer, near_misses=tuple(found[: min(top_k, 2)]))
        return replace(answer, quotes=tuple(found[:top_k]))

    def around(self, source_id: str, neighbours: int) -> list[Quote]:
        doc_id, _, number = source_id.rpartition("#p")
        quotes = [q for quotes in self.quotes.values() for q in quotes if q.doc_id == doc_id]
        if source_id not in [q.source_id for q in quotes]:
            raise SourceError(f"there is no source {source_id}")
        return [q for n, q in enumerate(quotes, 1) if abs(n - int(number)) <= neighbours]

    def sources(self) -> list[Document]:
        return [
            Document(f"bees-{code}", Path(f"/docs/bees-{code}.txt"), f"Bees {code}", code, "")
            for code in LANGUAGES
        ]


def quote(language: Language, number: int, text: str) -> Quote:
    doc_id = f"bees-{language}"
    place = {"path": Path(f"/docs/{doc_id}.txt"), "title": f"Bees {language}", "line": number}
    return Quote(
        source_id=f"{doc_id}#p{number}",
        doc_id=doc_id,
        language=language,
        kind="prose",
        start=0,
        end=len(text),
        text=text,
        score=1 - number / 10,
        **place,  # type: ignore[arg-type]
    )


class Opened(NamedTuple):
    """A bot that is open."""

    bot: bots.Bot
    error: None = None
    notice: str = ""


Start = Callable[..., Conversation]


@pytest.fixture
def bot() -> FakeBot:
    return FakeBot()


@pytest.fixture
def start(bot: FakeBot) -> Start:
    def started(greeted_in: Language = "en", **settings: Any) -> Conversation:
        today = date(2026, 1, 31)
        return Conversation(lambda: bot, greeted_in, Settings(**settings), today=lambda: today)

    return started


def said(conversation: Conversation, *lines: str) -> str:
    """The transcript of some lines, as a pipe prints it."""
    out = []
    for line in lines:
        prompt = conversation.prompt
        out.append(f"{prompt}{line}\n{conversation.reply(line).text}\n")
    return "\n".join(out)


def test_a_conversation_in_english(start: Start) -> None:
    lines = ["Who makes honey?", "And in winter?", "/more", "/context 2", "/more", "/quit"]
    assert (
        said(start(top_k=2), *lines)
        == """\
> Who makes honey?
1. bees-en#p1  /docs/bees-en.txt:1  English  score 0.90
   Bees en
   Honey is made by bees.
   It keeps for years.

2. bees-en#p2  /docs/bees-en.txt:2  English  score 0.80
   Bees en
   Bees dance.

more: /more

> And in winter?
searched for: Who makes honey? And in winter?

1. bees-en#p1  /docs/bees-en.txt:1  English  score 0.90
   Bees en
   Honey is made by bees.
   It keeps for years.

2. bees-en#p2  /docs/bees-en.txt:2  English  score 0.80
   Bees en
   Bees dance.

more: /more

> /more
3. bees-en#p3  /docs/bees-en.txt:3  English  score 0.70
   Bees en
   Hives stand on hills.

4. bees-fr#p1  /docs/bees-fr.txt:1  French  score 0.90
   Bees fr
   Le miel est fait par les abeilles.

more: /more

> /context 2
bees-en#p2  /docs/bees-en.txt:2
Bees en

  Honey is made by bees.
  It keeps for years.

> Bees dance.

  Hives stand on hills.

> /more
5. bees-fr#p2  /docs/bees-fr.txt:2  French  score 0.80
   Bees fr
   Les abeilles dansent.

6. bees-es#p1  /docs/bees-es.txt:1  Spanish  score 0.90
   Bees es
   La miel la hacen las abejas.

> /quit
Goodbye.
"""
    )


def test_a_conversation_in_french(start: Start) -> None:
    lines = ["Qui fait le miel ?", "/only fr", "Où est la pizza ?", "/context 1", "/more", "/foo"]
    assert (
        said(start(top_k=1), *lines, "/only")
        == """\
> Qui fait le miel ?
1. bees-fr#p1  /docs/bees-fr.txt:1  français  score 0.90
   Bees fr
   Le miel est fait par les abeilles.

la suite\xa0: /more

> /only fr
Recherche limitée à\xa0: français.

fr> Où est la pizza ?
Je n’ai trouvé aucun passage qui réponde à cette question.

Les passages les plus proches, qui n’y répondent peut-être pas\xa0:

1. bees-fr#p1  /docs/bees-fr.txt:1  français  score 0.90
   Bees fr
   Le miel est fait par les abeilles.

la suite\xa0: /more

fr> /context 1
bees-fr#p1  /docs/bees-fr.txt:1
Bees fr

> Le miel est fait par les abeilles.

  Les abeilles dansent.

fr> /more
2. bees-fr#p2  /docs/bees-fr.txt:2  français  score 0.80
   Bees fr
   Les abeilles dansent.

fr> /foo
commande inconnue\xa0: /foo\xa0; /help affiche la liste

fr> /only
Recherche dans toutes les langues.
"""
    )


def test_a_conversation_in_spanish(start: Start) -> None:
    lines = ["¿Quién hace la miel?", "/source bees-es#p1", "/source nada#p1", "/context 2", "/quit"]
    assert (
        said(start(top_k=1), "/top 1", *lines)
        == """\
> /top 1
Quotes for each question: 1.

> ¿Quién hace la miel?
1. bees-es#p1  /docs/bees-es.txt:1  español  puntuación 0.90
   Bees es
   La miel la hacen las abejas.

ver más: /more

> /source bees-es#p1
bees-es#p1  /docs/bees-es.txt:1
Bees es

> La miel la hacen las abejas.

> /source nada#p1
No existe la fuente nada#p1.

> /context 2
No hay ninguna cita 2.

> /quit
Hasta luego.
"""
    )


def test_the_bot_is_given_the_earlier_questions_and_the_settings(
    start: Start, bot: FakeBot
) -> None:
    said(
        start(top_k=2, where=Filter(only=("en",))),
        "Who makes honey?",
        "/only es, FR",
        "/top 5",
        "And wax?",
    )
    assert bot.asked == [
        {"top_k": 3, "language": None, "where": Filter(only=("en",)), "history": ()},
        {
            "top_k": 6,
            "language": "en",
            "where": Filter(only=("fr", "es")),
            "history": ("Who makes honey?",),
        },
    ]


def test_more_is_asked_as_the_question_was_whatever_was_set_since(
    start: Start, bot: FakeBot
) -> None:
    said(
        start(top_k=1, where=Filter(only=("en",))),
        "Who makes honey?",
        "/only fr",
        "/top 2",
        "/more",
    )
    assert bot.asked[1] == {
        "top_k": 4,
        "language": None,
        "where": Filter(only=("en",)),
        "history": (),
    }


def test_a_filter_stands_before_the_line_until_it_is_taken_off(start: Start, bot: FakeBot) -> None:
    conversation = start()
    shown = said(
        conversation,
        "/in reports/2016/*",
        "/since 2015-03",
        "/title la ruche",
        "Who makes honey?",
        "/since 2017",
        "/until 2016",
        "/in",
        "/since",
        "/title",
        "Who makes wax?",
    )
    narrow = Filter(within=("reports/2016/*",), since="2015-03", title="la ruche")
    assert [asked["where"] for asked in bot.asked] == [narrow, Filter()]
    assert "in:reports/2016/* since:2015-03 title:la ruche> Who makes honey?" in shown
    assert "Nothing was changed: 2017 is later than 2016." in shown
    assert shown.count("Searching in all documents.") == 1


@pytest.mark.parametrize(
    ("question", "span", "path"),
    [
        ("Who makes honey?", "changed: 2017 is later than 2016", "changed: ! is no pattern"),
        ("Qui fait le miel ?", "modifié\xa0: 2017 vient après 2016", "modifié\xa0: ! n’est pas un"),
        ("¿Quién hace la miel?", "cambiado nada: 2017 es posterior a 2016", "nada: ! no es un"),
    ],
)
def test_what_cannot_be_a_filter_is_said_in_the_language_of_the_conversation(
    start: Start, bot: FakeBot, question: str, span: str, path: str
) -> None:
    conversation = start()
    shown = said(conversation, question, "/until 2016", "/since 2017", "/in !", question)
    assert span in shown
    assert path in shown
    assert bot.asked[-1]["where"] == Filter(until="2016")


@pytest.mark.parametrize(
    ("lines", "language"),
    [
        (["Qui fait le miel ?", "Carolina Santos?"], "fr"),  # a name is in no language
        (["Qui fait le miel ?", "Who made the honey?"], "en"),
        (["¿Quién hace la miel?", "1742"], "es"),
        (["Who makes honey?", "où est-il"], "fr"),
        (["Who makes honey?", "dónde está"], "es"),
        (["Who makes honey?", "no"], "en"),  # a word alone may be one of several languages
        (["hola"], "es"),  # there is no conversation yet
    ],
)
def test_the_program_speaks_the_language_of_the_last_question(
    start: Start, lines: list[str], language: Language
) -> None:
    conversation = start()
    said(conversation, *lines)
    assert conversation.language == language


@pytest.mark.parametrize("word", ["exit", "Quit", "bye", "quitter", "salir"])
def test_who_types_what_ends_other_programs_leaves(start: Start, bot: FakeBot, word: str) -> None:
    assert not start().reply(word).goes_on
    assert start().reply(f"{word} interviews").goes_on
    assert len(bot.asked) == 1


def test_a_language_that_was_chosen_stays(start: Start, bot: FakeBot) -> None:
    conversation = start("fr", language="fr")
    said(conversation, "Who makes the honey?")
    assert (bot.asked[0]["language"], conversation.reply("/quit").text) == ("fr", "Au revoir.")


@pytest.mark.parametrize(
    ("line", "usage"),
    [
        ("/context", "Write /context N"),
        ("/context two", "Write /context N"),
        ("/context 1 2", "Write /context N"),
        ("/source", "Write /source ID"),
        ("/source a b", "There is no source a b"),
        ("/only de", "Write /only en"),
        ("/only fr,de", "Write /only en"),
        ("/only ,", "Write /only en"),
        ("/since soon", "Write /since 2015"),
        ("/until 2015-13", "Write /until 2015"),
        ("/in !", "Nothing was changed: ! is no pattern"),
        ("/top", "Write /top N"),
        ("/top 0", "Write /top N"),
        ("/top -1", "Write /top N"),
        ("/top ²", "Write /top N"),
        ("/top 1234567890", "Write /top N"),
        ("/save", "Write /save FILE"),
        ("/save  ", "Write /save FILE"),
        ("/more 5", "Type a question, or one of these commands:"),
        ("/", "unknown command /;"),
        ("/mor", "unknown command /mor;"),
    ],
)
def test_a_wrong_command_is_told_how_to_write_it(start: Start, line: str, usage: str) -> None:
    conversation = start()
    conversation.reply("Who makes honey?")
    assert conversation.reply(line).text.startswith(usage)
    assert conversation.settings == Settings()


@pytest.mark.parametrize("line", ["/more", "/context 1", "/save x.md"])
def test_before_the_first_question_there_is_nothing_to_show(start: Start, line: str) -> None:
    assert start().reply(line).text == "Nothing to show yet: ask a question first."
    assert not Path("x.md").exists()


def test_an_empty_line_says_nothing_and_asks_nothing(start: Start, bot: FakeBot) -> None:
    conversation = start()
    assert [conversation.reply(line) for line in ("", " \t\r\n", "\ufeff")] == [("", True)] * 3
    assert bot.asked == []


@pytest.mark.parametrize(
    ("line", "beginning"),
    [("Thanks a lot!", "Ask about"), ("Merci beaucoup", "Interrogez"), ("¡Hola!", "Pregunte")],
)
def test_a_greeting_or_thanks_is_no_question(
    start: Start, bot: FakeBot, line: str, beginning: str
) -> None:
    conversation = start()
    assert conversation.reply(line).text.startswith(beginning)
    assert conversation.turns == bot.asked == []


def test_pasted_lines_are_one_question(start: Start) -> None:
    conversation = start()
    conversation.reply("\ufeffWho makes\r\n  the honey\nin \udce9?\n")
    assert conversation.turns[0].answer.question == "Who makes the honey in ??"


def test_the_help_fits_a_narrow_terminal(bot: FakeBot) -> None:
    conversation = Conversation(lambda: bot, "fr", style=lambda: Style(width=60))
    help_ = conversation.reply("/help").text
    assert max(map(len, help_.splitlines())) <= 60
    assert "  /only fr      chercher dans une seule langue (en, fr,\n" + " " * 16 + "es)" in help_


def test_help_and_goodbye_do_not_wait_for_the_bot() -> None:
    def never() -> FakeBot:
        raise AssertionError

    conversation = Conversation(never, "es")
    assert conversation.reply("/help").text.startswith("Escriba una pregunta")
    assert conversation.reply("/QUIT") == ("Hasta luego.", False)


# What steers a terminal.


def assert_harmless(text: str) -> None:
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


def test_nothing_from_documents_or_questions_steers_the_terminal(tmp_path: Path) -> None:
    bot = FakeBot({"en": [HOSTILE, HOSTILE], "fr": [], "es": []})
    conversation = Conversation(lambda: bot, "en", Settings(top_k=1))
    name = tmp_path / "x\x1b[31m\u202e.md"
    lines = [
        f"Who {HOSTILE}?",
        f"And {HOSTILE}?",
        "/more",
        "/context 1",
        f"/source {HOSTILE.replace(' ', '')}",
        f"/{HOSTILE}",
        f"/save {name}",
        f"/save {name}",
        f"/save {tmp_path}/\x1b/x",
    ]
    replies = [conversation.reply(line).text for line in lines]
    for reply in replies:
        assert_harmless(reply)
    for reply in replies[:4]:
        assert "␛[31mred␛[0m \ufffdevil\ufffd [bold]loud[/]" in reply  # it is still there to read
    assert_harmless(name.read_text("utf-8"))


def test_completions_steer_nothing_either() -> None:
    bot = FakeBot({"en": [HOSTILE], "fr": [], "es": []})
    conversation = Conversation(lambda: bot, "en")
    conversation.reply("Who?")
    for _word, meaning in candidates("/source ", conversation, bot):
        assert_harmless(meaning)


# Saving.


def test_the_saved_conversation_has_all_it_takes_to_cite(start: Start, tmp_path: Path) -> None:
    conversation = start(top_k=1)
    path = tmp_path / "talk.md"
    honey, dance = (hashlib.sha256(text.encode()).hexdigest() for text in TEXTS["en"][:2])
    said(conversation, "Who makes honey?", "/more", "And in winter?", "Where is the pizza?")
    assert conversation.reply(f"/save {path}") == (f"saved to {path}", True)
    assert (
        path.read_text("utf-8")
        == f"""\
# Conversation

## Who makes honey?

**1.** `bees-en#p1` · `bees-en.txt:1` · English · score 0.90 · SHA-256 `{honey}`

> Honey is made by bees.
> It keeps for years.

retrieved from `/docs/bees-en.txt`, 2026-01-31

**2.** `bees-en#p2` · `bees-en.txt:2` · English · score 0.80 · SHA-256 `{dance}`

> Bees dance.

retrieved from `/docs/bees-en.txt`, 2026-01-31

## And in winter?

searched for: Who makes honey? And in winter?

**1.** `bees-en#p1` · `bees-en.txt:1` · English · score 0.90 · SHA-256 `{honey}`

> Honey is made by bees.
> It keeps for years.

retrieved from `/docs/bees-en.txt`, 2026-01-31

## Where is the pizza?

I found no passage that answers this.

The closest passages, which may not answer it:

**1.** `bees-en#p1` · `bees-en.txt:1` · English · score 0.90 · SHA-256 `{honey}`

> Honey is made by bees.
> It keeps for years.

retrieved from `/docs/bees-en.txt`, 2026-01-31
"""
    )


def test_a_quote_is_saved_word_for_word_and_cannot_leave_its_block(tmp_path: Path) -> None:
    text = "a  *b*\tc \r\n\r\n# no heading\n---\n1. one\N{NO-BREAK SPACE}two ```"
    bot = FakeBot({"en": [text], "fr": [], "es": []})
    conversation = Conversation(lambda: bot, "en")
    said(conversation, "Who makes honey?", f"/save {tmp_path}/x.md")
    block = "> a  *b*\tc \n>\n> # no heading\n> ---\n> 1. one\N{NO-BREAK SPACE}two ```\n\nretrieved"
    assert block in (tmp_path / "x.md").read_text("utf-8")


def test_saving_writes_over_its_own_file_and_no_other(start: Start, tmp_path: Path) -> None:
    own, other = tmp_path / "my talk.md", tmp_path / "other.md"
    other.write_text("precious")
    conversation = start()
    conversation.reply("Who makes honey?")
    assert conversation.reply(f'/save "{own}"').text == f"saved to {own}"
    conversation.reply("And in winter?")
    assert conversation.reply(f"/save {own}").text == f"saved to {own}"
    assert "And in winter?" in own.read_text("utf-8")
    refused = f"{other} is already there and stays as it is; choose another name."
    assert conversation.reply(f"/save {other}").text == refused
    assert other.read_text() == "precious"


@contextmanager
def files_of(most: int) -> Iterator[None]:
    """No file can be longer than so many bytes, as on a disk that is full."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no limit of a file's size")
def test_a_file_is_saved_as_a_whole_or_not_at_all(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "talk.md"
    conversation = start()
    conversation.reply("Who makes honey?")
    failed = f"{path} could not be written: File too large"
    with files_of(100):
        assert conversation.reply(f"/save {path}").text == failed
    assert list(tmp_path.iterdir()) == []
    assert conversation.reply(f"/save {path}").text == f"saved to {path}"
    path.chmod(0o640)
    saved = path.read_bytes()
    conversation.reply("And in winter?")
    with files_of(100):
        assert conversation.reply(f"/save {path}").text == failed
    assert (list(tmp_path.iterdir()), path.read_bytes()) == ([path], saved)
    assert conversation.reply(f"/save {path}").text == f"saved to {path}"
    assert (list(tmp_path.iterdir()), stat.S_IMODE(path.stat().st_mode)) == ([path], 0o640)
    assert len(path.read_bytes()) > len(saved)


def test_a_saved_file_can_be_read_by_those_who_may_read_others(
    start: Start, tmp_path: Path
) -> None:
    conversation = start()
    conversation.reply("Who makes honey?")
    conversation.reply(f"/save {tmp_path}/talk.md")
    (tmp_path / "other.md").touch()
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("none/x.md", "There is no folder {tmp}/none."),
        ("file/x.md", "{tmp}/file/x.md could not be written: Not a directory"),
        ("", "{tmp}/ is already there and stays as it is; choose another name."),
        ("\0", "{tmp}/␀ could not be written: embedded null byte"),
    ],
)
def test_what_cannot_be_saved_is_said(start: Start, tmp_path: Path, name: str, reply: str) -> None:
    (tmp_path / "file").touch()
    conversation = start()
    conversation.reply("Who makes honey?")
    assert conversation.reply(f"/save {tmp_path}/{name}").text == reply.format(tmp=tmp_path)


# Completion and the state of loading.


def test_what_a_line_can_become(start: Start, bot: FakeBot) -> None:
    conversation = start(top_k=1)

    def words(typed: str) -> list[str]:
        return [word for word, _meaning in candidates(typed, conversation, bot)]

    assert words("/s") == ["/source ", "/since ", "/save "]
    assert words("/m") == ["/more"]
    assert words("/only ") == ["en", "fr", "es"]
    assert words("/only fr,e") == ["en", "es"]
    assert words("/source ") == ["bees-en#p", "bees-fr#p", "bees-es#p"]
    conversation.reply("Qui fait le miel ?")
    assert words("/source ") == ["bees-fr#p1", "bees-en#p", "bees-fr#p", "bees-es#p"]
    assert words("/source bees-en#p") == ["bees-en#p1", "bees-en#p2", "bees-en#p3"]
    assert words("Who") == words("Who is /") == []
    assert dict(candidates("/q", conversation, None)) == {"/quit": "quitter"}


@pytest.mark.parametrize("word", ["more", "Next", "encore", "más"])
def test_who_asks_for_more_in_a_word_gets_it(start: Start, bot: FakeBot, word: str) -> None:
    chat = start()
    assert chat.reply(word).text == start().reply("/more").text
    chat.reply("Who keeps the bees?")
    asked = len(bot.asked)
    assert chat.reply(word).text
    assert len(bot.asked) == asked + 1  # the same question, for more of its passages
    assert bot.asked[-1] == bot.asked[-2] | {"top_k": 7}


@pytest.fixture
def named_with_blanks(tmp_path: Path, encoder: HashingEncoder) -> bots.Bot:
    (tmp_path / "20160503 minutes.txt").write_text("The council met.\n\nIt voted.\n")
    (tmp_path / "two  blanks.txt").write_text("Bees dance.\n")
    return bots.Bot(tmp_path, tmp_path / "index", encoder, model_name="hashing")


def test_a_source_may_have_blanks_in_its_name(named_with_blanks: bots.Bot) -> None:
    conversation = Conversation(lambda: named_with_blanks, "en")
    for source_id in ("20160503 minutes#p2", "two blanks#p1", "two  blanks#p1"):
        for typed in (source_id, f'"{source_id}"', f"'{source_id}'"):
            shown = conversation.reply(f"/source {typed}").text
            assert shown.startswith(" ".join(source_id.split()) + "  ")


def test_a_source_with_blanks_is_completed_as_a_whole(named_with_blanks: bots.Bot) -> None:
    conversation = Conversation(lambda: named_with_blanks, "en")
    completer = editing._Words(conversation, Opened(named_with_blanks))

    def completed(typed: str) -> list[str]:
        found = completer.get_completions(Line(typed), CompleteEvent())
        return [typed[: len(typed) + each.start_position] + each.text for each in found]

    minutes = "/source 20160503 minutes#p"
    assert completed("/sou") == ["/source "]
    assert completed("/source ") == [minutes, "/source two blanks#p"]
    assert completed("/source 20160503 mi") == completed("/source 2") == [minutes]
    assert completed(minutes) == [f"{minutes}1", f"{minutes}2"]
    assert completed("/source  two  bl") == ["/source  two blanks#p"]
    assert completed("/source two blanks#p") == ["/source two blanks#p1"]
    assert completed("/only fr,e") == ["/only fr,en", "/only fr,es"]


def test_a_bot_that_cannot_open_raises_where_it_is_waited_for() -> None:
    def opened(_progress: object) -> FakeBot:
        raise DocumentError("nope is not a folder")

    loading = Loading(opened, "en")
    assert loading.notice == "loading…"
    loading.start()
    with pytest.raises(DocumentError, match="nope"):
        loading.wait()
    assert (loading.bot, loading.notice, str(loading.error)) == (None, "", "nope is not a folder")


def test_what_was_typed_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "history"
    lines_kept_in(path).store_string("caf\udce9")  # half a character
    assert list(lines_kept_in(path).load_history_strings()) == ["caf?"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_where_nothing_can_be_kept_there_is_a_history_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "history", tmp_path):
        history = lines_kept_in(path)
        history.append_string("Who makes honey?")
        assert history.get_strings() == ["Who makes honey?"]


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "es_PE"}, "es"),
        ({"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "es_PE", "LC_ALL": "en_GB"}, "en"),
        ({"LANG": "es", "LC_ALL": ""}, "es"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_greeting_is_in_the_language_of_the_locale(
    environment: dict[str, str], language: Language
) -> None:
    assert locale_language(environment) == language


# The command itself, with the fake bot in the place of the real one.


@pytest.fixture
def piped(bot: FakeBot, monkeypatch: pytest.MonkeyPatch) -> FakeBot:
    monkeypatch.setattr(bots.Bot, "open", lambda *_args, **_options: bot)
    return bot


def test_a_pipe_gets_questions_and_answers_without_escape_codes(piped: FakeBot) -> None:
    lines = "\n¿Quién hace la miel?\r\n\n/only fr\nMiel ?"
    result = CliRunner().invoke(app, ["chat", "--top-k", "1"], input=lines)
    assert (
        result.output
        == """\
> ¿Quién hace la miel?

1. bees-es#p1  /docs/bees-es.txt:1  español  puntuación 0.90
   Bees es
   La miel la hacen las abejas.

ver más: /more

> /only fr

Búsqueda limitada a: francés.

fr> Miel ?

1. bees-fr#p1  /docs/bees-fr.txt:1  francés  puntuación 0.90
   Bees fr
   Le miel est fait par les abeilles.

ver más: /more

"""
    )
    assert result.exit_code == 0


def test_after_quit_the_rest_of_a_pipe_is_not_read(piped: FakeBot) -> None:
    result = CliRunner().invoke(app, ["chat", "--language", "fr"], input="/quit\nWho?\n")
    assert (result.output, result.exit_code) == ("> /quit\n\nAu revoir.\n\n", 0)
    assert piped.asked == []


def test_only_and_bytes_that_are_no_text_are_heeded_in_a_pipe(piped: FakeBot) -> None:
    lines = b"Who makes honey \xff\x1b[2J?\n"
    result = CliRunner().invoke(app, ["chat", "--only", "es", "-k", "7"], input=lines)
    assert result.output.startswith("es> Who makes honey \ufffd␛[2J?\n\n1. bees-es#p1 ")
    assert result.output.count("bees-es.txt") == 1
    assert piped.asked[0]["where"] == Filter(only=("es",))


# The real program.


def environment(cache: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "NO_COLOR"))}
    plain = {"LANG": "C.UTF-8", "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}  # it cannot answer
    return kept | plain | {"QA_CACHE": str(cache)} | more


def test_a_folder_that_is_none_ends_the_conversation_with_status_2(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "qa", "chat", "-d", "/nowhere/at/all"]
    result = subprocess.run(
        command, input="Who?\n", capture_output=True, text=True, env=environment(tmp_path)
    )
    assert (result.stdout, result.returncode) == ("> Who?\n", 2)
    assert "/nowhere/at/all is not a folder" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_whole_conversation_through_a_real_pipe(prepared: Path, shared_cache: Path) -> None:
    lines = "How many Bolivians live in Spain?\nEt en Argentine ?\n"
    result = subprocess.run(
        [sys.executable, "-m", "qa", "chat"],
        input=lines,
        capture_output=True,
        text=True,
        env=environment(shared_cache),
    )
    assert result.returncode == 0
    assert set(result.stderr.splitlines()) <= {"qa: loading, which may take a minute …"}
    english, french = result.stdout.split("> Et en Argentine ?\n")
    assert english.startswith("> How many Bolivians live in Spain?\n\n1. ")
    assert "Approximately 300,000 Bolivians have migrated to Spain" in english
    assert "recherche effectuée\xa0: " in french
    assert "004_4dcdd40475431c58#p11" in french


class Terminal:
    """A terminal with the program in it. `shows` waits for a text, colours left aside."""

    def __init__(self, cache: Path, *arguments: str, **more: str) -> None:
        self.process = pexpect.spawn(
            sys.executable,
            ["-m", "qa", "chat", *arguments],
            env=environment(cache, **more),
            encoding="utf-8",
            timeout=30,
            dimensions=(40, 100),
        )
        self.process.logfile_read = self.screen = io.StringIO()

    def shows(self, text: str) -> None:
        between = r"(?:\x1b\[[0-9;?]*[a-zA-Z]|\s)*"
        self.process.expect(between.join(re.escape(char) for char in text if not char.isspace()))

    def types(self, text: str) -> None:
        """Type once there is a prompt (which begins by asking for pasted text to be marked)."""
        self.process.expect_exact("\x1b[?2004h")
        self.process.send(text)

    def leave(self) -> int:
        self.types("\x04")
        self.shows("Goodbye.")
        self.process.expect(pexpect.EOF)
        self.process.close()
        return int(self.process.exitstatus)


@pytest.fixture
def terminal(prepared: Path, shared_cache: Path) -> Iterator[Terminal]:
    opened = Terminal(shared_cache)
    yield opened
    opened.process.close(force=True)


def test_a_conversation_at_a_real_terminal(terminal: Terminal, shared_cache: Path) -> None:
    terminal.shows("Ask about your documents in English, French or Spanish.")
    terminal.types("How many Bolivians live in Spain?\r")
    terminal.shows("Approximately 300,000 Bolivians have migrated to Spain")
    terminal.types("And in Argentina?\r")
    terminal.shows("searched for: How many Bolivians live in Argentina?")
    terminal.shows("1.5 million")
    terminal.types("not to be sent\x03/he\t\r")  # Ctrl-C clears the line, Tab completes it
    terminal.shows("Type a question, or one of these commands:")
    terminal.types("\x03")  # an empty line
    terminal.shows("Ctrl-C clears the line, Ctrl-D leaves.")
    terminal.types("/source 004\t12\r")  # as far as the passages of that document agree
    terminal.shows("> Approximately 300,000 Bolivians")
    terminal.types("/only f\t\r")
    terminal.shows("Searching only in: French.")
    assert terminal.leave() == 0
    lines = (shared_cache / "history").read_text("utf-8").splitlines()
    typed = [line for line in lines if line.startswith("+")]
    assert "+And in Argentina?" in typed
    assert "+/only fr" in typed
    assert not any("not to be sent" in line for line in typed)
    assert stat.S_IMODE((shared_cache / "history").stat().st_mode) == 0o600


def test_a_terminal_without_colours_gets_none(prepared: Path, shared_cache: Path) -> None:
    terminal = Terminal(shared_cache, NO_COLOR="1")
    terminal.types("Who is Walter Arce?\r")
    terminal.shows("IOM La Paz")
    assert terminal.leave() == 0
    assert "Walter Arce" in terminal.screen.getvalue()
    assert not re.search(r"\x1b\[([0-9]+;)*[34][0-7]m", terminal.screen.getvalue())


def test_a_folder_that_is_none_ends_a_conversation_at_a_terminal(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "-d", "/nowhere/at/all")
    terminal.shows("Ask about your documents")
    terminal.shows("qa: /nowhere/at/all is not a folder")
    terminal.process.expect(pexpect.EOF)
    terminal.process.close()
    assert terminal.process.exitstatus == 2
