"""A folder that is kept fresh: what changed in it since its index was last looked at."""

from collections.abc import Callable, Iterator

from qa.errors import reason
from qa.manifest import Manifest, Source


def changes(before: Manifest, after: Manifest) -> Iterator[str]:
    """A line for each file that was added, changed, removed, or can no longer be read."""
    old, new = _by_path(before), _by_path(after)
    for path in sorted(old.keys() | new.keys() | before.skipped.keys() | after.skipped.keys()):
        skipped = after.skipped.get(path)
        if skipped is not None:
            known = before.skipped.get(path)
            if known is None or known.reason != skipped.reason:
                yield f"skipped {path}: {skipped.reason}"
        elif path not in new:
            yield f"removed {path}"
        elif path not in old:
            yield f"added {path}"
        elif old[path].sha256 != new[path].sha256:
            yield f"changed {path}"
        if path in new and new[path].lost and (path not in old or old[path].lost != new[path].lost):
            yield f"{path} {new[path].lost}"


def _by_path(state: Manifest) -> dict[str, Source]:
    return {source.path: source for source in state.documents.values()}


def watch(
    look: Callable[[], Manifest], wait: Callable[[], object], troubles: tuple[type[Exception], ...]
) -> Iterator[str]:
    """A line for each change, for ever; a trouble is a line too, once, and is waited out.

    `look` brings the index up to date and gives its state; `wait` passes the time in between.
    """
    before, said = look(), ""
    while True:
        wait()
        try:
            after = look()
        except troubles as error:
            if reason(error) != said:
                said = reason(error)
                yield said
            continue
        if said:
            yield "the folder can be indexed again"
            said = ""
        yield from changes(before, after)
        before = after
