"""A library brought into a store, and what no one needs any more removed from it.

Passages, texts and files lie under keys of their content, so that publishing anew writes what is
not there yet. Several may publish at once, each a state of its own: the last to end is the one
that readers see. None waits for another, as Milvus has neither locks nor transactions; instead

- a state is named by a head before anything of it is written, or found to be there already;
- what was written is looked for again before readers are shown it;
- removed is only what no head names that was in use within the last hour, and before each step of
  that the heads are looked at again.
"""

import contextlib
import time
from collections.abc import Callable

from qa.errors import StoreError, UsageError
from qa.library import Library
from qa.milvus import Milvus
from qa.parts import (
    FILE,
    HEAD_OF,
    TEXT_OF,
    Head,
    LostError,
    current,
    cut,
    fetched,
    heads,
    ids_of,
    make_current,
    touch,
)
from qa.progress import Share
from qa.states import (
    PASSAGES,
    TEXTS,
    Named,
    State,
    entity,
    named,
    packed,
    read_passages,
    read_texts,
    state_of,
)

KEPT = 3600.0  # seconds for which a state stays after it was replaced
_AWAKE = 60.0  # seconds after which who is writing says so again
_TRIES = 3  # to find all there: each time someone has removed what was
_AT_ONCE = 100  # passages or texts in one message
_DROPPED = 1000  # what is removed before the heads are looked at again

Report = Callable[[str, float], None]


def publish(library: Library, store: Milvus, report: Report = lambda *_: None) -> int:
    """Bring a store to the state of a library; returns how many passages were written.

    Raises:
        LibraryError: the index is damaged, or has just changed.
        UsageError: the store was made with another model.
        StoreError: it fails; readers then find the state it had before.
    """
    before = current(store)
    if before is not None and before.model != library.state.model:
        raise UsageError(
            f"{store.name} was made with the model {before.model_name}, not with "
            f"{library.state.model_name}; name another collection"
        )
    store.create(library.state.dim)
    state = state_of(library)
    written = 0
    for _ in range(_TRIES):
        touch(store, state.head)
        missing = lost(store, named(state.head, state.passages, state.texts))
        if not missing.passages and not missing.parts:
            break
        written += _write(library, store, state, missing, report)
    else:
        raise StoreError(f"{store.name} loses what is written to it; publish again")
    replaced = current(store)
    for head in (replaced, state.head):
        if head is not None:
            touch(store, head)
    make_current(store, state.head)
    with contextlib.suppress(StoreError):  # what is left over is removed the next time
        sweep(store)
    return written


def _there(store: Milvus) -> Named:
    return Named(store.keys(), store.part_ids(FILE) | store.part_ids(TEXT_OF))


def _write(library: Library, store: Milvus, state: State, missing: Named, report: Report) -> int:
    """Write what is missing; returns how many passages."""
    for name, content in state.files.items():
        parts = cut(FILE + state.head.files[name][1], content)
        store.put_parts({part: text for part, text in parts if part in missing.parts})
    texts = [
        (row, name.decode())
        for row, (name, count) in enumerate(state.texts.tolist())
        if not missing.parts.isdisjoint(ids_of(name.decode(), count))
    ]
    keys = [key.decode() for key in state.passages.tolist()]
    passages = [
        entity(library, row, keys[row], passage)
        for row, passage in enumerate(library.catalogue.all_passages())
        if keys[row] in missing.passages
    ]
    total, said = len(texts) + len(passages), time.monotonic()
    for start in range(0, total, _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        data = {
            part: text
            for row, name in texts[some]
            for part, text in cut(name, packed(library, row))
        }
        store.put_parts(data)
        store.put(passages[max(start - len(texts), 0) : max(start + _AT_ONCE - len(texts), 0)])
        report("publishing", Share(min(start + _AT_ONCE, total), total))
        if time.monotonic() - said > _AWAKE:
            touch(store, state.head)
            said = time.monotonic()
    return len(passages)


def lost(store: Milvus, wanted: Named) -> Named:
    """What of this is not in a store."""
    return wanted.without(_there(store))


def contents(store: Milvus, head: Head) -> Named:
    """What a published state needs, as it lies there.

    Raises:
        LostError: its files are not what was published.
    """
    try:
        passages = read_passages(fetched(store, head, PASSAGES))
        return named(head, passages, read_texts(fetched(store, head, TEXTS)))
    except ValueError as error:
        raise LostError(store) from error


def sweep(store: Milvus) -> None:
    """Remove what no one needs. It ends early where someone is just publishing."""
    there = _there(store)  # before the heads: what was written until here, one of them names
    shown, kept = current(store), heads(store)
    seen = time.time() - KEPT
    old = {name for name, (_, touched) in kept.items() if touched < seen and name != _name(shown)}
    for head in [shown, *(head for name, (head, _) in kept.items() if name not in old)]:
        if head is not None:
            try:
                there = there.without(contents(store, head))
            except LostError:  # its files are being written
                return
    passages, parts = sorted(there.passages), sorted(there.parts)
    for start in range(0, max(len(passages), len(parts)), _DROPPED):
        if heads(store) != kept or _name(current(store)) != _name(shown):
            return
        some = slice(start, start + _DROPPED)
        store.drop(passages[some], parts[some])
    store.drop([], [HEAD_OF + name for name in sorted(old)])


def _name(head: Head | None) -> str:
    return "" if head is None else head.name
