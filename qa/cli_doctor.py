"""`qa doctor`: the command that says whether everything is in order, and what to do if not."""

from dataclasses import asdict

import typer

from qa.console import print_json, print_line
from qa.options import AsJson, Documents, Index, Model, Store

HEALTHY, ILL = 0, 2
_WIDTH = 13  # of the longest check's name


def doctor(
    documents: Documents = None,
    index: Index = None,
    model: Model = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Examine whether all that is needed is there, and works offline.

    Nothing is changed. Each line is ok, warn or fail, with the cure beneath it.
    Exit status: 0 if nothing failed, 2 otherwise.
    """
    from qa.checks import Check, healthy
    from qa.doctor import examine, patient
    from qa.visible import one_line

    checks: list[Check] = []
    for check in examine(patient(documents, index, model, store)):
        checks.append(check)
        if not as_json:
            print_line(f"{check.verdict:<5} {check.name:<{_WIDTH}}  {one_line(check.said)}")
            if check.cure:
                print_line(f"{'':<5} {'':<{_WIDTH}}  → {one_line(check.cure)}")
    if as_json:
        print_json({"healthy": healthy(checks), "checks": [asdict(c) for c in checks]}, indent=2)
    raise typer.Exit(HEALTHY if healthy(checks) else ILL)
