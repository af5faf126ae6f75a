"""The commands: parse, one call, print. Answers go to stdout, everything else to stderr."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli_batch import Asking, answered
from qa.cli_calibrate import calibrate
from qa.cli_cite import Cite, check_style, print_cited
from qa.cli_doctor import doctor
from qa.cli_evaluate import evaluate
from qa.cli_index import index_
from qa.cli_serve import serve
from qa.cli_show import show, sources
from qa.cli_verify import verify
from qa.console import (
    decoded,
    on_terminal,
    print_json,
    print_line,
    searchable,
    standard_input,
)
from qa.errors import UsageError
from qa.filters import Filter
from qa.opening import open_bot
from qa.options import (
    AsJson,
    Documents,
    Index,
    Model,
    Only,
    Since,
    Spoken,
    Store,
    Title,
    TopK,
    Until,
    Within,
    asked,
    examples,
    one_language,
    several_languages,
)
from qa.types import Answer

if TYPE_CHECKING:
    from qa.bot import Bot, Progress

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


@app.command(
    epilog=examples(
        'qa ask "How many Peruvians live abroad?"',
        'qa ask -d reports/ --only fr,es "Qui a signé l’accord ?"',
        'qa ask -d reports/ --in "2016/*" --title budget "Who signed?"',
        'qa ask --json "¿Cuántos peruanos viven en el exterior?"',
        'qa ask --cite bibtex "How many Peruvians live abroad?" >> quotes.bib',
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
    store: Store = None,
    top_k: TopK = 3,
    language: Spoken = None,
    only: Only = None,
    within: Within = None,
    since: Since = None,
    until: Until = None,
    title: Title = None,
    as_json: AsJson = False,
    cite: Cite = None,
    batch: Annotated[
        bool,
        typer.Option(
            "--batch",
            help='Answer many: JSON lines {"question": "…"} in, JSON lines out, in order. A line '
            "may have an id, which comes back, and its own top_k, language, only, within, since, "
            "until, title, history.",
        ),
    ] = False,
) -> None:
    """Answer one question (with --batch, many from standard input)."""
    spoken = one_language(language)
    check_style(cite, other=as_json or batch)
    where = Filter.of(several_languages(only), within, since, until, title)
    if batch:
        if question:
            raise UsageError(
                "with --batch the questions come from standard input alone: qa ask --batch < FILE"
            )
        bot = asked(documents, index, model, store)
        raise typer.Exit(_batch(bot, Asking(top_k, spoken, where)))
    text = decoded(standard_input().read()) if question == "-" else question
    if not text.strip():
        raise UsageError(
            'the question is empty; write it in quotes: qa ask "How many …?", or - for one from '
            "standard input"
        )
    bot = asked(documents, index, model, store)
    answer = bot.answer(searchable(text), top_k=top_k, language=spoken, where=where)
    if cite is not None:
        print_cited(bot, answer, cite)
    elif as_json:
        print_json(answer.to_dict(), indent=2)
    else:
        from qa.render import render, terminal_style

        print_line(render(answer, terminal_style(on_terminal())))
    raise typer.Exit(_status(answer))


@app.command(epilog=examples("qa chat -d reports/"))
def chat(
    documents: Documents = None,
    index: Index = None,
    model: Model = None,
    store: Store = None,
    top_k: TopK = 3,
    language: Spoken = None,
    only: Only = None,
    within: Within = None,
    since: Since = None,
    until: Until = None,
    title: Title = None,
) -> None:
    """Ask in a conversation, with follow-ups and commands."""
    from qa.chat import converse
    from qa.conversation import Settings

    def opened(progress: "Progress") -> "Bot":
        return open_bot(documents, index, model, store, progress)

    def history() -> Path:
        from qa.folders import cache

        return cache() / "history"

    where = Filter.of(several_languages(only), within, since, until, title)
    settings = Settings(top_k, one_language(language), where)
    converse(opened, settings, history)


app.command(
    name="index",
    epilog=examples(
        "qa index -d reports/",
        "qa index -d reports/ --rebuild --quiet",
        "qa index -d reports/ --watch",
        "qa index -d reports/ --store milvus://localhost:19530/reports",
        "qa index -d library/ --workers 8",
        "qa index -d library/ --ray auto",
        "qa index -d library/ --device cpu",
    ),
)(index_)


app.command(
    epilog=examples(
        "qa show 004_4dcdd40475431c58#p12",
        "qa show --around 3 -d reports/ annual#p7",
        "qa show -d reports/ corrected#p7 --diff",
        "qa show -d reports/ corrected#p7 --diff annual#p7",
    )
)(show)
app.command(epilog=examples("qa sources -d reports/"))(sources)
app.command(
    epilog=examples(
        "qa verify -d reports/",
        "qa verify conversation.md -d reports/",
        "qa verify --json answers.jsonl -d reports/",
    )
)(verify)
app.command(
    epilog=examples(
        "qa evaluate my-corpus/",
        "qa evaluate my-corpus/ --model NAME --json > name.json",
        "qa evaluate my-corpus/ --limit 100 --system dense",
        "qa evaluate my-corpus/ --run full.run --plot score.png",
    )
)(evaluate)
app.command(
    epilog=examples(
        "qa calibrate my-corpus/",
        "qa calibrate my-corpus/ another/ --model NAME",
    )
)(calibrate)
app.command(
    epilog=examples(
        "qa serve -d reports/",
        "qa serve -d reports/ --port 9000 --threads 4 --rate 60",
        "qa serve -d reports/ --host 0.0.0.0 --name asks.example.org",
    )
)(serve)
app.command(epilog=examples("qa doctor", "qa doctor -d reports/ --json"))(doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        from qa import __version__

        print_line(f"qa {__version__}")
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


def _status(answer: Answer) -> int:
    """Where there was nothing to search, no answer was looked for: that is trouble."""
    if answer.reason in ("no documents", "nothing passes the filter"):
        return TROUBLE
    return ANSWERED if answer else NO_ANSWER


def _batch(bot: "Bot", asking: Asking) -> int:
    """One JSON object a line in, one a line out; a bad line is answered by an error object."""
    worst = ANSWERED
    for number, line in enumerate(standard_input(), 1):
        if not line.strip():
            continue
        try:
            answer, own = answered(bot, line, asking)
            print_json(own | answer.to_dict())
            worst = max(worst, _status(answer))
        except UsageError as error:
            print_json({"line": number, "error": str(error)})
            worst = TROUBLE
    return worst
