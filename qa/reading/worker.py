"""The process apart: a path a line in, what stands in the file out, both as JSON.

python -m qa.reading.worker
"""

import hashlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from qa.reading import formats
from qa.reading.document import content
from qa.reading.extract import UnreadableError, checked

# An ordinary parser takes 0.2 GiB; the largest file that is read, its parts and its text fit into
# the rest.
MEMORY = 2 * 2**30


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a parser prints is no answer
    _limit_memory()
    for line in sys.stdin.buffer:
        answers.write(_reply(Path(json.loads(line))) + b"\n")
        answers.flush()


def _limit_memory() -> None:
    try:
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        least = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
        resource.setrlimit(resource.RLIMIT_AS, (least, most))
    except (ImportError, ValueError, OSError):  # not every system can; the time limit remains
        return


def _reply(path: Path) -> bytes:
    try:
        return json.dumps(_read(path)).encode()
    except UnreadableError as error:
        found: dict[str, Any] = {"error": str(error)}
    except MemoryError:
        found = {"error": f"needs more than {MEMORY // 2**30} GiB of memory", "spent": True}
    except Exception as error:  # a parser raises whatever it meets in a damaged file
        kind = type(error).__name__
        found = {"error": f"cannot be read: it may be damaged ({kind}: {error})"[:300]}
    return json.dumps(found).encode()


def _read(path: Path) -> dict[str, Any]:
    data = content(path)
    extract = checked(formats.extract(path.suffix.lower(), data))
    spans = [(span.start, span.end) for span in extract.asides]
    sha256 = hashlib.sha256(data).hexdigest()
    return asdict(extract) | {"asides": spans, "sha256": sha256}


if __name__ == "__main__":
    main()
