"""`qa verify`: whether quotes still stand in the files, word for word."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa.console import complain, on_terminal, print_json, print_line, standard_input
from qa.options import AsJson, Documents, Index, Model
from qa.progress import Bar, several

if TYPE_CHECKING:
    from qa.library import Library
    from qa.standing import Claim
    from qa.verification import Report

STANDS, DIFFERS = 0, 1

Saved = Annotated[
    Path | None,
    typer.Argument(
        metavar="[SAVED]",
        show_default=False,
        help="A saved conversation (Markdown) or answer (JSON); - reads standard input.",
    ),
]


def verify(
    saved: Saved = None,
    documents: Documents = None,
    index: Index = None,
    model: Model = None,
    as_json: AsJson = False,
) -> None:
    """Compare quotes with the files, word for word.

    Of a saved conversation or answer every quote is looked for in the files as they are now, with
    exit status 0 if each stands there word for word (where it moved, the new place is told), and
    1 if one is altered or gone, or is not the one that was saved, as its SHA-256 says. Without
    one, every file and every passage of the index is read again and compared, and the model's
    files too: 0 if all is as it was indexed, 1 if anything is not. 2 is trouble.
    """
    if saved is not None:
        _of_saved(saved, documents, as_json)
    _of_index(documents, index, model, as_json)


def _of_saved(saved: Path, documents: Path | None, as_json: bool) -> None:
    from qa import saved as files, verdicts
    from qa.folders import folder_of
    from qa.render import terminal_style
    from qa.verification import verify as compare
    from qa.visible import one_line

    stdin = str(saved) == "-"
    name = "standard input" if stdin else str(saved)
    data = standard_input().read(files.MOST + 1) if stdin else files.read(saved)
    claims, folder = files.claims(data, name), folder_of(documents)
    with closing(Bar()) as progress:
        report = compare(claims, folder, without=None if stdin else saved, progress=progress)
    _complain(report)
    if as_json:
        print_json([verdicts.to_dict(finding) for finding in report.findings], indent=2)
    else:
        print_line(verdicts.text(report.findings, terminal_style(on_terminal())) + "\n")
        print_line(verdicts.counted(report.findings))
    stands = all(f.status in ("unchanged", "moved") and not f.edited for f in report.findings)
    if not stands and documents is None:
        complain(f"qa: compared with the files in {one_line(str(folder))}; name others with -d DIR")
    raise typer.Exit(STANDS if stands else DIFFERS)


def _of_index(documents: Path | None, index: Path | None, model: str | None, as_json: bool) -> None:
    from qa import verdicts
    from qa.bot import as_indexed
    from qa.render import terminal_style
    from qa.verification import verify as compare
    from qa.visible import one_line

    with closing(Bar()) as progress:
        folder, library = as_indexed(documents, index, model, progress)
        known = library.catalogue.documents()
        report = compare(
            list(_claims(library)), folder, documents=[d.doc_id for d in known], progress=progress
        )
    files = dict(_files(library, report, folder))
    differing = [finding for finding in report.findings if finding.status != "unchanged"]
    _complain(report)
    if as_json:
        quotes = [verdicts.to_dict(finding) for finding in differing]
        unchanged = len(report.findings) - len(differing)
        print_json({"unchanged": unchanged, "quotes": quotes, "files": files}, indent=2)
    else:
        if differing:
            print_line(verdicts.text(differing, terminal_style(on_terminal())) + "\n")
        for path, what in files.items():
            print_line(f"{what}: {one_line(path)}")
        count = several(len(known), "document")
        print_line(f"{verdicts.counted(report.findings)}; {count}, model unchanged")
    harmed = differing or any(what != "new" for what in files.values())
    raise typer.Exit(DIFFERS if harmed else STANDS)


def _claims(library: "Library") -> Iterator["Claim"]:
    from qa.standing import Claim

    for known in library.catalogue.documents():
        text = library.document(known.doc_id).text
        for passage in library.catalogue.passages_of(known.doc_id):
            yield Claim(passage.source_id, text[passage.start : passage.end], passage.start)


def _files(library: "Library", report: "Report", folder: Path) -> Iterator[tuple[str, str]]:
    """Each file that is not as it was indexed, by its path in the folder, and in what."""
    from qa.manifest import sha256 as digest

    today = {str(path.relative_to(folder)): doc_id for doc_id, path in report.paths.items()}
    for source in library.state.documents.values():
        doc_id = today.get(source.path)  # which may be another one, beside a new file of its name
        if doc_id is None:
            hidden = not report.closed.keys().isdisjoint((folder / source.path).parents)
            yield source.path, "unreadable" if hidden else "vanished"
        elif doc_id in report.unreadable:
            yield source.path, "unreadable"
        elif (report.read.get(doc_id) or digest(folder / source.path)) != source.sha256:
            yield source.path, "changed"
    known = {source.path for source in library.state.documents.values()}
    for path in today:
        if path not in known and path not in library.state.skipped:
            yield path, "new"


def _complain(report: "Report") -> None:
    for reason in (*report.closed.values(), *report.unreadable.values()):
        complain(f"qa: {reason}")
