"""`qa index`: prepare the model and the index in advance, and keep it fresh."""

import gc
import time
from collections import Counter
from contextlib import closing, nullcontext, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from qa.console import complain, print_line
from qa.errors import QAError, UsageError
from qa.options import Documents, Index, Model, Store, whole
from qa.progress import Bar, several, spoken

if TYPE_CHECKING:
    from qa.bot import Bot
    from qa.library import Library
    from qa.reading import Listing

READY, SKIPPED = 0, 2
# Objects after which cycles among them are looked for. A corpus has many, none of them in a cycle:
# by default the looking took 0.2 of the 3 seconds for one change among 10,000 files.
_NEW_OBJECTS = 50_000
_EVERY = 2.0  # seconds; looking at 10,000 files takes some 0.2

Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Say nothing but what went wrong.", show_default=False)
]
Rebuild = Annotated[bool, typer.Option("--rebuild", help="Build anew, whatever is there.")]
Watch = Annotated[
    bool,
    typer.Option(
        "--watch", help="Go on, and index what changes, until Ctrl-C.", show_default=False
    ),
]

WorkerCount = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        parser=lambda text: whole("--workers", text, least=1),
        help="Embed with N processes that share the cores, each with a model of its own; by "
        "default with one process and a thread a core. It may pay from some ten cores on.",
        show_default=False,
    ),
]
Ray = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="ADDRESS",
        help="Embed on a Ray cluster: auto, HOST:PORT, ray://HOST:PORT, or local for this machine "
        "alone; on as many of its processors as --workers says, by default on all. Needs qa[ray] "
        "on every machine.",
        show_default=False,
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="NAME",
        help="Embed on cpu, cuda, cuda:1 or mps, as torch names them; by default on a GPU where "
        "torch sees one and there are thousands of passages, which gives nearly the same vectors.",
        show_default=False,
    ),
]


def index_(
    documents: Documents = None,
    index: Index = None,
    model: Model = None,
    store: Store = None,
    rebuild: Rebuild = False,
    quiet: Quiet = False,
    watch: Watch = False,
    workers: WorkerCount = None,
    ray: Ray = None,
    device: Device = None,
) -> None:
    """Prepare the index in advance; --watch keeps it fresh.

    Ctrl-C leaves the index that was there as it was; the next run encodes only what is left.
    Exit status: 2 if a file, or a part of one, had to be skipped.
    """
    if watch and quiet:
        raise UsageError("--watch prints a line a change, --quiet none; leave one of them out")
    if watch and store:
        raise UsageError("--watch does not publish; run `qa index --store …` when files changed")
    from qa import reading
    from qa.bot import Bot
    from qa.workers import across

    gc.set_threshold(_NEW_OBJECTS)
    began = time.monotonic()
    with nullcontext() if quiet else closing(Bar()) as progress:
        bot = Bot.open(
            documents,
            index=index,
            model=model,
            rebuild=rebuild,
            progress=progress,
            spread=lambda encoder: across(encoder, workers, ray, device),
        )
        library = bot.library()
        published = None if store is None else _publish(library, store, progress)
    troubles = library.state.troubles
    for said in troubles.values():
        complain(f"skipped: {said}")
    if not quiet:
        lines = [*summary(library, time.monotonic() - began), passed_over(reading.find(bot.folder))]
        for line in filter(None, lines):
            print_line(line)
        if published is not None:
            print_line(f"{several(published, 'passage')} written to {store}")
    if watch:
        with suppress(KeyboardInterrupt):  # which is how it ends
            _watch(bot)
    raise typer.Exit(SKIPPED if troubles else READY)


def summary(library: "Library", seconds: float) -> list[str]:
    """What is in an index, and how long it took to have it."""
    from qa.language import language_name
    from qa.visible import visible

    state, languages = library.state, Counter(library.languages)
    counts = f"{several(len(library), 'passage')} of {several(len(state.documents), 'document')}"
    spread = ", ".join(f"{language_name(name, 'en')} {n}" for name, n in languages.most_common())
    parts = {
        "in part": len(state.troubles) - len(state.skipped),
        "without text": len(state.documents) - len(set(library.doc_ids)),
    }
    some = ", ".join(f"{number} {how}" for how, number in parts.items() if number)
    read = f"{several(len(state.documents), 'file')} read{f' ({some})' * bool(some)}"
    read += f", {len(state.skipped)} skipped"
    return [
        f"{counts} in {visible(str(library.index))}",
        f"{read}; passages by language: {spread or 'none'}; {spoken(seconds)}",
    ]


def passed_over(listing: "Listing") -> str:
    """How many files of which formats were not read, and folders not followed; "" for none."""
    from qa.visible import one_line

    counts = {suffix or "without an ending": n for suffix, n in listing.passed.items()}
    often = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    named = ", ".join(f"{count} {one_line(suffix)}" for suffix, count in often)
    cure = "; save .doc as .docx or PDF" if ".doc" in counts else ""
    parts = [f"{named} (formats that are not read{cure})"] if named else []
    parts += [several(listing.links, "linked folder")] if listing.links else []
    return "Passed over: " + "; ".join(parts) if parts else ""


def _publish(library: "Library", store: str, progress: Bar | None) -> int:
    from qa.milvus import connect
    from qa.publishing import publish

    opened = connect(store, create=True)
    try:
        return publish(library, opened, progress or (lambda *_: None))
    finally:
        opened.close()


def _watch(bot: "Bot") -> None:
    from embeddings import EmbeddingsError
    from qa.visible import one_line
    from qa.watching import watch

    complain(f"qa: watching {bot.folder}; Ctrl-C ends it")
    troubles = (QAError, EmbeddingsError, OSError)
    for line in watch(lambda: bot.library().state, lambda: time.sleep(_EVERY), troubles):
        print_line(f"{time.strftime('%H:%M:%S')} {one_line(line)}")
