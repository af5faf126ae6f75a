"""The commands: parse, one call, print. Answers go to stdout, everything else to stderr."""

import errno
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, NoReturn, cast

import typer

from qa.errors import QAError, UsageError
from qa.types import LANGUAGES, Language

if TYPE_CHECKING:
    from qa.bot import Bot, Progress

ANSWERED, NO_ANSWER, TROUBLE = 0, 1, 2
INTERRUPTED, UNREAD = 130, 141  # as a shell says for Ctrl-C, and for a closed pipe

app = typer.Typer(
    help="Ask a folder of documents a question in English, French or Spanish; get back the "
    "passages that answer it, word for word, with their sources.",
    epilog="Exit status: 0 answered, 1 no answer found, 2 trouble.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# In JSON: DEL and C1, soft hyphen, zero-width and bidi marks, line separators, tags, and halves of
# characters. What comes before them in Unicode, JSON spells out anyway.
_UNSAFE = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)

Documents = Annotated[
    Path | None,
    typer.Option(
        "--documents",
        "-d",
        metavar="FOLDER",
        help="The folder to search; by default the press releases that ship.",
    ),
]
Index = Annotated[
    Path | None,
    typer.Option(
        "--index",
        metavar="FOLDER",
        help="Where the index is kept; by default in the user's cache.",
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="A sentence-transformers model, by folder or name; by default the built-in one.",
    ),
]
TopK = Annotated[
    int,
    typer.Option(
        "--top-k",
        "-k",
        metavar="N",
        parser=lambda text: _whole("--top-k", text, least=1),
        help="How many quotes at most.",
    ),
]
Spoken = Annotated[
    str | None,
    typer.Option(
        "--language",
        "-l",
        metavar="CODE",
        help="The question's language (en, fr, es); by default detected.",
    ),
]
Only = Annotated[
    str | None,
    typer.Option(
        "--only",
        metavar="CODES",
        help="Search passages in these languages only, for example fr,es.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def _examples(*lines: str) -> str:
    """Lines for the end of a help text. \\b keeps them from being joined."""
    return "\b\n" + "\n  ".join(["Examples:" if len(lines) > 1 else "Example:", *lines])


@app.command(
    epilog=_examples(
        'qa ask "How many Peruvians live abroad?"',
        'qa ask -d reports/ --only fr,es "Qui a signé l’accord ?"',
        'qa ask --json "¿Cuántos peruanos viven en el exterior?"',
        "qa ask - < question.txt",
        "qa ask --batch < questions.jsonl > answers.jsonl",
    )
)
def ask(
    question: Annotated[
        str,
        typer.Argument(
            metavar="QUESTION",
            show_default=False,
            help="The question; - reads it from standard input.",
        ),
    ] = "",
    documents: Documents = None,
    index: Index = None,
    model: Model = None,
    top_k: TopK = 3,
    language: Spoken = None,
    only: Only = None,
    as_json: AsJson = False,
    batch: Annotated[
        bool,
        typer.Option(
            "--batch",
            help='Answer many: JSON lines {"question": "…"} in, JSON lines out, in order.',
        ),
    ] = False,
) -> None:
    """Answer one question (or, with --batch, many from standard input)."""
    spoken, among = _one(language), _several(only)
    if batch:
        if question:
            raise UsageError("with --batch the questions come from standard input alone")
        raise typer.Exit(_batch(_bot(documents, index, model), top_k, spoken, among))
    text = _decoded(_input().read()) if question == "-" else question
    if not text.strip():
        raise UsageError('the question is empty; write it in quotes: qa ask "How many …?"')
    answer = _bot(documents, index, model).answer(
        _text(text), top_k=top_k, language=spoken, only=among
    )
    if as_json:
        _print_json(answer.to_dict(), indent=2)
    else:
        from qa.render import render, terminal_style

        _print(render(answer, terminal_style(_on_terminal())))
    raise typer.Exit(ANSWERED if answer else NO_ANSWER)


@app.command(epilog=_examples("qa chat -d reports/"))
def chat(
    documents: Documents = None,
    index: Index = None,
    model: Model = None,
    top_k: TopK = 3,
    language: Spoken = None,
    only: Only = None,
) -> None:
    """Ask in a conversation, with follow-ups and commands."""
    from qa.chat import converse
    from qa.conversation import Settings

    def opened(progress: "Progress") -> "Bot":
        from qa.bot import Bot

        return Bot.open(documents, index=index, model=model, progress=progress)

    def history() -> Path:
        from qa.bot import cache

        return cache() / "history"

    settings = Settings(top_k, _one(language), tuple(_several(only) or ()))
    converse(opened, settings, history)


@app.command(
    name="index", epilog=_examples("qa index -d reports/", "qa index -d reports/ --rebuild")
)
def index_(
    documents: Documents = None,
    index: Index = None,
    model: Model = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Build anew, whatever is there.")
    ] = False,
) -> None:
    """Prepare the model and the index in advance."""
    from qa.render import visible

    bot = _bot(documents, index, model, rebuild=rebuild)
    for path, reason in bot.skipped.items():
        _complain(f"skipped: {reason}" if path in reason else f"skipped: {path}: {reason}")
    counts = f"{len(bot.library())} passages of {len(bot.sources())} documents"
    _print(f"{counts} in {visible(str(bot.index))}")
    raise typer.Exit(TROUBLE if bot.skipped else ANSWERED)


@app.command(
    epilog=_examples("qa show 004_4dcdd40475431c58#p12", "qa show --around 3 -d reports/ annual#p7")
)
def show(
    source_id: Annotated[
        str, typer.Argument(metavar="SOURCE_ID", help="A source ID, as an answer gives it.")
    ],
    documents: Documents = None,
    index: Index = None,
    model: Model = None,
    around: Annotated[
        int,
        typer.Option(
            "--around",
            metavar="N",
            parser=lambda text: _whole("--around", text, least=0),
            help="Passages shown before and after.",
        ),
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Print a passage in its surroundings."""
    bot = _bot(documents, index, model)
    quotes = bot.around(source_id, around)
    if as_json:
        _print_json([quote.to_dict() for quote in quotes], indent=2)
        return
    from qa.render import in_context, terminal_style

    _print(in_context(quotes, source_id, terminal_style(_on_terminal())))


@app.command(epilog=_examples("qa sources -d reports/"))
def sources(
    documents: Documents = None, index: Index = None, model: Model = None, as_json: AsJson = False
) -> None:
    """List the documents."""
    bot = _bot(documents, index, model)
    found = bot.sources()
    if as_json:
        keys = ("doc_id", "title", "language", "encoding", "sha256")
        rows = [{k: getattr(d, k) for k in keys} | {"path": str(d.path)} for d in found]
        _print_json(rows, indent=2)
        return
    from qa.render import location, one_line

    for d in found:
        _print(
            "  ".join(
                [one_line(d.doc_id), d.language, one_line(location(d.path)), one_line(d.title)]
            )
        )


def _print_version(wanted: bool) -> None:
    if wanted:
        from qa import __version__

        _print(f"qa {__version__}")
        raise typer.Exit()


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


def _bot(
    documents: Path | None, index: Path | None, model: str | None, *, rebuild: bool = False
) -> "Bot":
    from qa.bot import Bot

    with _progress() as progress:
        return Bot.open(documents, index=index, model=model, rebuild=rebuild, progress=progress)


def _batch(bot: "Bot", top_k: int, language: Language | None, only: list[Language] | None) -> int:
    """One JSON object a line in, one a line out; a bad line is answered by an error object."""
    worst = ANSWERED
    for number, line in enumerate(_input(), 1):
        if not line.strip():
            continue
        try:
            answer = bot.answer(_asked(line), top_k=top_k, language=language, only=only)
            _print_json(answer.to_dict())
            worst = max(worst, ANSWERED if answer else NO_ANSWER)
        except UsageError as error:
            _print_json({"line": number, "error": str(error)})
            worst = TROUBLE
    return worst


def _asked(line: bytes) -> str:
    try:
        content = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f'not a line of JSON ({error}); write {{"question": "…"}}') from error
    question = content.get("question") if isinstance(content, dict) else content
    if not isinstance(question, str):
        raise UsageError('no question in this line; write {"question": "…"}')
    return question


def _input() -> BinaryIO:
    if sys.stdin is None:
        raise UsageError("there is no standard input; write the question in quotes instead")
    return sys.stdin.buffer


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _text(question: str) -> str:
    """A command line may hold bytes that are no text; they cannot be searched for."""
    return question.encode("utf-8", "replace").decode()


def _one(language: str | None) -> Language | None:
    return None if language is None else _language(language)


def _several(languages: str | None) -> list[Language] | None:
    if languages is None:
        return None
    return [_language(name) for name in languages.replace(",", " ").split()] or None


def _whole(option: str, text: str, *, least: int) -> int:
    digits = str(text).strip().removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10 and int(digits) >= least):
        raise UsageError(f"{option} is {text!r}; it must be a whole number, {least} or more")
    return int(digits)


def _language(name: str) -> Language:
    if name.lower() not in LANGUAGES:
        raise UsageError(f"unknown language {name!r}; choose from {', '.join(LANGUAGES)}")
    return cast(Language, name.lower())


def _print_json(content: Any, indent: int | None = None) -> None:
    """JSON, readable where it is text; what could steer a terminal is spelt as \\uXXXX."""
    text = json.dumps(content, ensure_ascii=False, indent=indent)
    if sys.stdout is None or not _printable(text):
        text = json.dumps(content, indent=indent)
    _print(_UNSAFE.sub(lambda found: json.dumps(found[0])[1:-1], text))


def _printable(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return False
    return True


def _on_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def _print(text: str) -> None:
    if sys.stdout is None:
        raise OSError(errno.EBADF, "standard output is closed")
    if not _printable(text):
        encoding = sys.stdout.encoding
        text = text.encode(encoding, "replace").decode(encoding)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    from qa.render import one_line

    if sys.stderr is not None:
        sys.stderr.write(one_line(text) + "\n")


@contextmanager
def _progress() -> Iterator[Any]:
    """A bar on stderr, drawn only once something turns out to take time."""
    from qa.progress import Bar

    bar = Bar()
    try:
        yield bar
    finally:
        bar.close()


def run(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit status; every expected trouble is one sentence."""
    try:
        return int(app(args=arguments, prog_name="qa", standalone_mode=False) or ANSWERED)
    except (KeyboardInterrupt, EOFError, typer.Abort):
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):  # click leaves by the latter where a pipe was closed
        return UNREAD
    except _usage_errors() as error:
        _complain_of_usage(error)
    except (QAError, OSError) as error:
        _complain(f"qa: {error}")
    except Exception as error:
        if not _is_of_embeddings(error):
            raise
        _complain(f"qa: {error}")
    return TROUBLE


def _usage_errors() -> type[Any]:
    """What a wrong command line raises: of click, or of the copy of it that Typer may bring."""
    return next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


def _complain_of_usage(error: Any) -> None:
    if type(error).__name__ == "NoArgsIsHelpError":  # not one sentence: the whole help
        error.show()
        return
    command = error.ctx.command_path if getattr(error, "ctx", None) else "qa"
    message = " ".join(error.format_message().split()).rstrip(".?")
    cure = f"{command} --help shows what can be said"
    if message.startswith("No such command"):
        cure = f'a question is asked with: qa ask "…"; {cure}'
    _complain(f"qa: {message}; {cure}")


def _is_of_embeddings(error: Exception) -> bool:
    from embeddings.errors import EmbeddingsError

    return isinstance(error, EmbeddingsError)


def exit_now() -> NoReturn:
    """Run and leave at once: what is flushed is safe, and taking everything down takes longer."""
    import os

    try:
        status = run()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except BrokenPipeError:
        status = UNREAD
    except KeyboardInterrupt:
        status = INTERRUPTED
    except OSError:  # it has been said, and cannot be said again
        status = TROUBLE
    except Exception:  # a fault of the program; its status must not be that of "no answer"
        import traceback

        traceback.print_exc()
        status = TROUBLE
    os._exit(status)
