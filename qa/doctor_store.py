"""Is a store in order? It is read in full, by its keys; nothing in it is changed."""

import shlex
from contextlib import closing

from qa.checks import Check
from qa.errors import QAError
from qa.milvus import Milvus, connect
from qa.parts import current
from qa.progress import several
from qa.publishing import contents, lost

_NAME = "store"


def examine_store(address: str, digest: str | None) -> Check:
    """Whether somebody answers there, with a state that is whole, made with the model of this
    digest (None where that is not known)."""
    try:
        with closing(connect(address)) as store:
            return _examined(store, digest)
    except QAError as error:
        return Check.failed(_NAME, error, "name another --store")


def _examined(store: Milvus, digest: str | None) -> Check:
    publish = f"qa index -d FOLDER --store {shlex.quote(store.name)}"
    said, head = f"{store.name}, Milvus {store.version()}", current(store)
    if head is None:
        return Check(_NAME, "warn", f"{said}, holds nothing yet", publish)
    if digest is not None and head.model != digest:
        said = f"{said}, was made with the model {head.model_name} ({head.model})"
        return Check(_NAME, "fail", said, "name that one with --model")
    state = contents(store, head)
    said = f"{said}, state {head.name}, {several(len(state.passages), 'passage')}"
    missing = lost(store, state)
    if missing.passages or missing.parts:
        gone = (
            f"{several(len(missing.passages), 'passage')} and {several(len(missing.parts), 'part')}"
        )
        return Check(_NAME, "fail", f"{said}, of which {gone} are lost", publish)
    return Check(_NAME, "ok", f"{said}, whole")
