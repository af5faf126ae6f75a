"""The commands: parse, one call, print. Answers go to stdout, everything else to stderr."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, cast

import typer

from qa.errors import QAError, UsageError
from qa.types import LANGUAGES, Language

if TYPE_CHECKING:
    from qa.bot import Bot

ANSWERED, NO_ANSWER, TROUBLE = 0, 1, 2

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

Documents = Annotated[
    Path | None,
    typer.Option("--documents", "-d", help="The folder to search; by default the press releases that ship."),
]
Index = Annotated[
    Path | None, typer.Option("--index", help="Where the index is kept; by default in the user's cache.")
]
Model = Annotated[
    str | None,
    typer.Option("--model", help="A sentence-transformers model, by folder or name; by default the built-in one."),
]
TopK = Annotated[int, typer.Option("--top-k", "-k", min=1, help="How many quotes at most.")]
Spoken = Annotated[
    str | None, typer.Option("--language", "-l", help="The question's language (en, fr, es); by default detected.")
]
Only = Annotated[
    str | None, typer.Option("--only", help="Search passages in these languages only, for example fr,es.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


@app.command(
    epilog="Examples: qa ask \"How many Peruvians live abroad?\" | "
    "qa ask --json -d reports/ \"Qui a signé ?\" | echo \"¿Cuántos?\" | qa ask -"
)
def ask(
    question: Annotated[str, typer.Argument(help="The question; - reads it from standard input.")] = "",
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
    if batch:
        raise typer.Exit(_batch(_bot(documents, index, model), top_k, _one(language), _several(only)))
    text = sys.stdin.read() if question == "-" else question
    if not text.strip():
        raise UsageError('the question is empty; write it in quotes: qa ask "How many …?"')
    answer = _bot(documents, index, model).answer(
        _text(text), top_k=top_k, language=_one(language), only=_several(only)
    )
    if as_json:
        _print(_json(answer.to_dict(), indent=2))
    else:
        from qa.render import render, terminal_style

        _print(render(answer, terminal_style(sys.stdout.isatty())))
    raise typer.Exit(ANSWERED if answer else NO_ANSWER)


@app.command(epilog="Example: qa chat -d reports/")
def chat(
    documents: Documents = None,
    index: Index = None,
    model: Model = None,
    top_k: TopK = 3,
    language: Spoken = None,
    only: Only = None,
) -> None:
    """Ask in a conversation, with follow-ups and commands (/help lists them)."""
    from qa.chat import converse

    def opened() -> "Bot":
        return _bot(documents, index, model)

    converse(opened, top_k=top_k, language=_one(language), only=_several(only))


@app.command(name="index", epilog="Example: qa index -d reports/ --rebuild")
def index_(
    documents: Documents = None,
    index: Index = None,
    model: Model = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build anew, whatever is there.")] = False,
) -> None:
    """Prepare the model and the index now, so that the first question is quick."""
    bot = _bot(documents, index, model, rebuild=rebuild)
    for path, reason in bot.skipped.items():
        _complain(f"skipped: {reason}" if path in reason else f"skipped: {path}: {reason}")
    _print(f"{len(bot.library())} passages of {len(bot.sources())} documents in {bot.index}")
    raise typer.Exit(TROUBLE if bot.skipped else ANSWERED)


@app.command(epilog="Example: qa show 004_4dcdd40475431c58#p12")
def show(
    source_id: Annotated[str, typer.Argument(help="A source ID, as an answer gives it.")],
    documents: Documents = None,
    index: Index = None,
    model: Model = None,
    around: Annotated[int, typer.Option("--around", min=0, help="Paragraphs shown before and after.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Print a passage in its surroundings."""
    bot = _bot(documents, index, model)
    quotes = bot.around(source_id, around)
    if as_json:
        _print(_json([quote.to_dict() for quote in quotes], indent=2))
        return
    from qa.render import in_context, terminal_style

    _print(in_context(quotes, source_id, terminal_style(sys.stdout.isatty())))


@app.command(epilog="Example: qa sources -d reports/")
def sources(
    documents: Documents = None, index: Index = None, model: Model = None, as_json: AsJson = False
) -> None:
    """List the documents."""
    bot = _bot(documents, index, model)
    found = bot.sources()
    if as_json:
        keys = ("doc_id", "title", "language", "encoding", "sha256")
        rows = [{k: getattr(d, k) for k in keys} | {"path": str(d.path)} for d in found]
        _print(_json(rows, indent=2))
        return
    from qa.render import location, one_line

    for d in found:
        _print("  ".join([one_line(d.doc_id), d.language, one_line(location(d.path)), one_line(d.title)]))


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from qa import __version__

        _print(f"qa {__version__}")
        raise typer.Exit()


def _bot(
    documents: Path | None, index: Path | None, model: str | None, *, rebuild: bool = False
) -> "Bot":
    from qa.bot import Bot

    with _progress() as progress:
        return Bot.open(documents, index=index, model=model, rebuild=rebuild, progress=progress)


def _batch(bot: "Bot", top_k: int, language: Language | None, only: list[Language] | None) -> int:
    """One JSON object a line in, one a line out; a bad line is answered by an error object."""
    worst = ANSWERED
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            answer = bot.answer(_asked(line), top_k=top_k, language=language, only=only)
            _print(_json(answer.to_dict()))
            worst = max(worst, ANSWERED if answer else NO_ANSWER)
        except QAError as error:
            _print(_json({"line": number, "error": str(error)}))
            worst = TROUBLE
    return worst


def _asked(line: str) -> str:
    try:
        content = json.loads(line)
    except ValueError as error:
        raise UsageError(f'not a line of JSON ({error}); write {{"question": "…"}}') from error
    question = content.get("question") if isinstance(content, dict) else content
    if not isinstance(question, str):
        raise UsageError('no question in this line; write {"question": "…"}')
    return question


def _text(question: str) -> str:
    """A command line may hold bytes that are no text; they cannot be searched for."""
    return question.encode("utf-8", "replace").decode()


def _one(language: str | None) -> Language | None:
    return None if language is None else _language(language)


def _several(languages: str | None) -> list[Language] | None:
    if languages is None:
        return None
    return [_language(name) for name in languages.replace(",", " ").split()] or None


def _language(name: str) -> Language:
    if name.lower() not in LANGUAGES:
        raise UsageError(f"unknown language {name!r}; choose from {', '.join(LANGUAGES)}")
    return cast(Language, name.lower())


def _json(content: Any, indent: int | None = None) -> str:
    return json.dumps(content, ensure_ascii=False, indent=indent)


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    from qa.render import one_line

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
    from click.exceptions import ClickException

    try:
        status = app(args=arguments, standalone_mode=False)
    except ClickException as error:
        error.show()
        return TROUBLE
    except (KeyboardInterrupt, EOFError, typer.Abort):
        return 130
    except BrokenPipeError:
        return TROUBLE
    except Exception as error:
        return _trouble(error)
    return int(status or 0)


def _trouble(error: Exception) -> int:
    from embeddings.errors import EmbeddingsError

    if not isinstance(error, QAError | EmbeddingsError):
        raise error
    _complain(f"qa: {error}")
    return TROUBLE


def exit_now() -> NoReturn:
    """Run and leave at once: what is flushed is safe, and taking everything down takes longer."""
    import os

    status = run()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        status = TROUBLE
    os._exit(status)
