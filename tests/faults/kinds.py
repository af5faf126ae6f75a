"""The faults: what is done to the program, its index and its documents, and what must hold then.

Each function does one fault and tells whether the program refused, in one sentence, to go on;
it raises `WrongError` where the program did what it must never do.
"""

import errno
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scene import NOBODY, At, Before, Scene, WrongError

from qa import library, manifest
from qa.building import ALIGNMENTS
from qa.encoded import KEYS, PLACES, TOKENS
from qa.library import CATALOGUE, FREQUENCIES, VECTORS, open_library

TOKEN_FILES = ("values.u1", "scales.f2", "ids.u3", "starts.i8", "checks.u4")
NUMBERS = (
    VECTORS,
    FREQUENCIES,
    KEYS,
    PLACES,
    ALIGNMENTS,
    *(f"{TOKENS}/{name}" for name in TOKEN_FILES),
)
PARTS = (manifest.NAME, CATALOGUE, *NUMBERS)
READERS, BUILDERS = 10, 2
CLOCK = 10 * 365 * 24 * 3600 * 10**9  # nanoseconds by which it goes back at most


# Processes that end before their time


def _ended(scene: Scene, status: int, *expected: int) -> None:
    """The index that stands is whole: the one before, or the one that was being built."""
    if status not in (0, *expected):
        raise WrongError(f"the builder ended with {status}")
    opened = open_library(scene.index)
    if opened is None:
        raise WrongError("the index is gone")
    list(opened.catalogue.all_passages())
    opened.close()
    scene.tidy(most=2)  # what it had begun, and what it was going on with


def _restored(scene: Scene, rng: random.Random) -> bool:
    """With the documents as they are now, or again as they were before."""
    if rng.random() < 0.5:
        scene.undo()
    scene.heal()
    scene.change(rng)
    scene.heal()
    scene.tidy()
    return False


def killed(scene: Scene, rng: random.Random) -> bool:
    scene.change(rng)
    for _ in range(rng.choice((1, 1, 3))):  # also several times in a row: nothing may pile up
        builder = scene.start("index")
        time.sleep(rng.uniform(0, scene.seconds))
        os.kill(builder.pid, rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM)))
        _ended(scene, builder.wait().status, -signal.SIGKILL, -signal.SIGTERM)
    return _restored(scene, rng)


def killed_at_a_call(scene: Scene, rng: random.Random) -> bool:
    scene.change(rng)
    for _ in range(rng.choice((1, 1, 3))):
        die = At(rng.randint(1, scene.calls), lambda: os.kill(os.getpid(), signal.SIGKILL))
        _ended(scene, scene.run("index", before=die).status, -signal.SIGKILL)
    return _restored(scene, rng)


def interrupted(scene: Scene, rng: random.Random) -> bool:
    """Ctrl-C: status 130 and one sentence."""
    scene.change(rng)
    stop = At(rng.randint(1, scene.calls), lambda: os.kill(os.getpid(), signal.SIGINT))
    result = scene.run("index", before=stop)
    if result.status == 130 and not result.err.strip().startswith("qa: interrupted"):
        raise WrongError(f"interrupted without a sentence: {result.err!r}")
    if "Traceback" in result.err:
        raise WrongError(result.err)
    _ended(scene, result.status, 130)
    return _restored(scene, rng)


# No room, no rights, no handles


def _limited(kind: int, size: int) -> Before:
    def limit() -> None:
        resource.setrlimit(kind, (size, resource.getrlimit(kind)[1]))

    return limit


def full_disk(scene: Scene, rng: random.Random) -> bool:
    largest = max(path.stat().st_size for path in scene.index.rglob("*") if path.is_file())
    scene.change(rng)
    right = scene.expected()
    before = _limited(resource.RLIMIT_FSIZE, rng.randint(0, 2 * largest))
    refused = scene.refused(scene.ask(before), right)
    scene.tidy()
    if refused:
        scene.undo()  # the earlier index still is the one that is asked
        scene.heal()
        if scene.state().generation != scene.generation:
            raise WrongError("the earlier index is gone")
    scene.heal()
    return refused


@contextmanager
def small_disk(place: Path, size: int) -> Iterator[None]:
    place.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    subprocess.run(command, check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True, capture_output=True)
        place.rmdir()


def small_disk_is_full(scene: Scene, rng: random.Random) -> bool:
    """A real disk of its own, with room for the index and little more."""
    size = sum(path.stat().st_blocks * 512 for path in scene.index.rglob("*") if path.is_file())
    scene.change(rng)
    right = scene.expected()
    mine, scene.index = scene.index, scene.place / "disk" / "index"
    try:
        with small_disk(scene.place / "disk", int(size * rng.uniform(0.2, 2.5))):
            if rng.random() < 0.7 and scene.run("index").status == 0:
                scene.rewrite(scene.folder / "village-2.txt", rng)
                right = scene.expected()
            refused = scene.refused(scene.ask(), right)
            again = scene.refused(scene.ask(), right)
            if scene.index.exists():
                scene.tidy()
            return refused or again
    finally:
        scene.index = mine


def handles(scene: Scene, rng: random.Random) -> bool:
    scene.change(rng)
    right = scene.expected()
    limit = _limited(resource.RLIMIT_NOFILE, rng.randint(4, 24))
    refused = scene.refused(scene.ask(limit), right)
    scene.tidy(most=1)  # to remove a folder takes a handle, too; the next builder does it
    _restored(scene, rng)
    return refused


def device_error(scene: Scene, rng: random.Random) -> bool:
    """A call fails as a broken disk or network folder makes it fail."""
    scene.change(rng)
    right = scene.expected()
    code = rng.choice((errno.EIO, errno.ENOSPC, errno.ESTALE, errno.EDQUOT, errno.EROFS))

    def fail() -> None:
        raise OSError(code, os.strerror(code))

    at = At(rng.randint(1, scene.calls), fail)
    result = scene.run("index", before=at)
    if "Traceback" in result.err:
        raise WrongError(result.err)
    _ended(scene, result.status, 2)
    refused = result.status == 2
    if refused and not result.err.startswith(("qa: ", "skipped: ")):
        raise WrongError(f"no sentence: {result.err!r}")
    if "skipped: " in result.err:  # a file that could not be read, and is not tried again
        for path in scene.folder.iterdir():  # until it changes
            os.utime(path)
    scene.heal()
    assert scene.expected() == right
    return refused


def no_memory(scene: Scene, rng: random.Random) -> bool:
    scene.change(rng)

    def fail() -> None:
        raise MemoryError

    result = scene.run("index", before=At(rng.randint(1, scene.calls), fail))
    if "Traceback" in result.err:
        raise WrongError(result.err)
    _ended(scene, result.status, 2)
    scene.heal()
    scene.tidy(most=1)  # what it was about to remove is left to the next builder
    scene.change(rng)
    scene.heal()
    scene.tidy()
    return result.status == 2


def rights(scene: Scene, rng: random.Random) -> bool:
    """Something may not be read, written or entered; asked as another user where we are root."""
    if rng.random() < 0.5:
        scene.change(rng)
    places = [scene.index, *scene.index.rglob("*"), scene.folder, *scene.folder.iterdir()]
    chosen = rng.sample(places, rng.randint(1, 3))
    kept = {path: path.stat().st_mode for path in places}
    if os.geteuid() == 0:
        for path in [scene.place, scene.place / "tmp", *places]:
            os.chown(path, NOBODY, NOBODY)
    for path in chosen:
        path.chmod(rng.choice((0o000, 0o444, 0o555, 0o111)))

    def become() -> None:
        if os.geteuid() == 0:
            os.seteuid(NOBODY)

    try:
        result = scene.ask(become)
    finally:
        for path in places:
            if path.exists():
                path.chmod(kept[path])
    hidden = [path for path in chosen if scene.folder in (path, *path.parents)]
    nothing = b'"reason": "no documents"' in result.out  # where none may be read; a note has a cure
    if hidden and (result.status in (0, 1) or nothing):  # without what may not be read, others do
        refused = nothing
        if "Traceback" in result.err or not _from_documents(scene, result.out):
            raise WrongError(f"a wrong quote: {result}")
    else:
        refused = scene.refused(result, scene.right, scene.expected())
    if os.geteuid() == 0:
        for path in [scene.place, *scene.place.rglob("*")]:
            os.chown(path, 0, 0)
    scene.tidy(most=1)  # what may not be removed is left to the next builder
    _restored(scene, rng)
    return refused


def _from_documents(scene: Scene, out: bytes) -> bool:
    """Whether every quote is what stands in the file at its place."""
    for line in out.splitlines():
        answer = json.loads(line)
        for quote in answer["quotes"] + answer["near_misses"]:
            text = Path(quote["path"]).read_bytes().decode()
            if text[quote["start"] : quote["end"]] != quote["text"]:
                return False
    return True


# Documents that change


def changed_while_read(scene: Scene, rng: random.Random) -> bool:
    """The next question sees the documents as they are, whatever the builder saw of them."""
    scene.change(rng)
    path = rng.choice(sorted(scene.folder.iterdir()))
    words = village_of(rng)

    def vanish() -> None:
        path.unlink()

    def rewrite() -> None:
        path.write_text(words)

    def truncate() -> None:
        os.truncate(path, path.stat().st_size // 2)

    def swap() -> None:
        aside = path.with_suffix(".aside")
        aside.write_text(words)
        aside.replace(path)

    def become_a_folder() -> None:
        path.unlink()
        path.mkdir()

    def dangle() -> None:
        path.unlink()
        path.symlink_to(scene.place / "nothing")

    def same_size() -> None:
        data = path.read_bytes()
        path.write_bytes(data.replace(b"e", b"o"))

    action = rng.choice(
        (vanish, rewrite, truncate, swap, become_a_folder, dangle, same_size, same_size)
    )
    asked = rng.random() < 0.5
    at = At(rng.randint(1, scene.calls), action)
    result = scene.ask(at) if asked else scene.run("index", before=at)
    if "Traceback" in result.err or result.status not in (0, 1, 2):
        raise WrongError(f"{action.__name__} {path.name}: {result}")
    if result.status == 2 and "qa: " not in result.err and "skipped: " not in result.err:
        raise WrongError(f"{action.__name__} {path.name}: {result}")
    scene.heal()
    scene.tidy()
    return result.status == 2


def village_of(rng: random.Random) -> str:
    from scene import village

    return village(rng.randrange(10, 10**6))


def clock_goes_back(scene: Scene, rng: random.Random) -> bool:
    """Files that are older than they were, or of the future; a clock that is behind them."""
    scene.change(rng)
    path = scene.folder / "village-3.txt"
    back = rng.randrange(CLOCK)
    real = time.time_ns

    def turn() -> None:
        time.time_ns = lambda: real() - back  # type: ignore[assignment]
        time.time = lambda: (real() - back) / 1e9  # type: ignore[assignment]

    clocks: list[Before | None] = [turn, None]
    rng.shuffle(clocks)
    scene.refused(scene.ask(clocks[0]), scene.expected())
    data = path.read_bytes()
    path.write_bytes(data.replace(b"village", rng.choice((b"borough", b"commune", b"village"))))
    stamp = real() + rng.choice((-1, 1)) * rng.randrange(CLOCK)
    os.utime(path, ns=(stamp, stamp))
    refused = scene.refused(scene.ask(clocks[1]), scene.expected())
    scene.heal()
    scene.tidy()
    return refused


# A damaged index


def _part(scene: Scene, name: str) -> Path:
    return (
        scene.index / name
        if name == manifest.NAME
        else (scene.index / scene.state().generation / name)
    )


def _asked_of_damage(scene: Scene, rng: random.Random, damage: Callable[[Path], None]) -> bool:
    """Half of the catalogues and vectors are taken for so large that they are not digested when
    opened, and half of the vectors for so many that codes of them are compared.

    A catalogue's rows have checksums, so that every quote is right; which of them is first may
    change, as it may where vectors are damaged.
    """
    name = rng.choice(PARTS)
    digested = rng.random() < 0.5
    if name == VECTORS and rng.random() < 0.5:
        scene.many()

    def settle() -> None:
        manifest._TICK_NS = -1
        if not digested:
            library._DIGESTED = -1

    scene.ask(settle)  # the stamps of the documents are settled, so that nothing is written
    damage(_part(scene, name))
    result = scene.ask(settle)
    try:
        if name in (CATALOGUE, VECTORS) and not digested and result.status in (0, 1):
            refused = not _from_documents(scene, result.out)
            if refused:
                raise WrongError(f"a wrong quote: {result.out.decode()}")
        else:
            refused = scene.refused(result)
        scene.heal()
        scene.tidy()
    except WrongError as error:
        raise WrongError(f"{name}, {'' if digested else 'not '}digested: {error}") from error
    return refused


def flipped(scene: Scene, rng: random.Random) -> bool:
    def flip(path: Path) -> None:
        data = bytearray(path.read_bytes())
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)

    return _asked_of_damage(scene, rng, flip)


def truncated(scene: Scene, rng: random.Random) -> bool:
    def cut(path: Path) -> None:
        size = path.stat().st_size
        data = path.read_bytes()
        at, length = rng.randrange(size), rng.randint(1, 4096)
        kind = rng.randrange(5)
        if kind == 0:
            os.truncate(path, at)
        elif kind == 1:  # what a power cut leaves of a block that was not written
            path.write_bytes(data[:at] + bytes(len(data[at : at + length])) + data[at + length :])
        elif kind == 2:
            path.write_bytes(data + rng.randbytes(length))
        elif kind == 3:
            path.write_bytes(rng.randbytes(size))
        else:
            path.unlink()

    return _asked_of_damage(scene, rng, cut)


def other_format(scene: Scene, rng: random.Random) -> bool:
    path = scene.index / manifest.NAME
    content = json.loads(path.read_text())
    seen = rng.choice((0, 1, manifest.FORMAT - 1, manifest.FORMAT + 1, 99, "4", None, -1, 1e99, []))
    content["format"] = seen
    path.write_text(json.dumps(content))
    refused = scene.refused(scene.ask())
    if not refused:
        raise WrongError(f"the format {seen!r} was read")
    scene.heal()
    scene.tidy()
    return refused


# A crowd


def crowd(scene: Scene, rng: random.Random) -> bool:
    """Two builders and ten readers at once, after a change: everyone sees it."""
    scene.change(rng)
    right = scene.expected()
    builders = [
        scene.start("index", *(["--rebuild"] if rng.random() < 0.5 else []))
        for _ in range(BUILDERS)
    ]
    readers = [scene.asking() for _ in range(READERS)]
    refused = [scene.refused(reader.wait(), right) for reader in readers]
    if any(builder.wait().status for builder in builders):
        raise WrongError("a builder failed")
    scene.heal()
    scene.tidy()
    return any(refused)


def can_mount() -> bool:
    return os.geteuid() == 0 and shutil.which("mount") is not None


FAULTS: dict[str, tuple[int, Callable[[Scene, random.Random], bool]]] = {
    "the builder is killed at a random moment": (60, killed),
    "the builder is killed at a random call": (60, killed_at_a_call),
    "Ctrl-C at a random call": (40, interrupted),
    "the disk is full (a limit on files)": (60, full_disk),
    "the disk is full (a small disk)": (20, small_disk_is_full),
    "no file handles are left": (20, handles),
    "a call fails as on a broken disk": (40, device_error),
    "memory ends": (20, no_memory),
    "rights are missing": (60, rights),
    "a document changes while it is read": (60, changed_while_read),
    "the clock goes back": (30, clock_goes_back),
    "a bit of the index is flipped": (250, flipped),
    "a part of the index is cut, blank, longer or gone": (80, truncated),
    "the index is of another format": (15, other_format),
    "two builders and ten readers at once": (10, crowd),
}
