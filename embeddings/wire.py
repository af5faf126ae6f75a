"""What goes between this process and a worker of this machine: JSON lines, and arrays as bytes.

A request is a line: the texts of a shard. A reply is a line, {"sizes": tokens of each text,
"dim": …}, and behind it three arrays: the vectors (n, dim) and the token vectors (sum, dim) in
float32, the ids (sum,) in int32, all in the byte order of the machine. A reply that is an error
has "error" in its line, and nothing behind it. No code is ever sent.
"""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from embeddings.encoder import Encoding


def send(stream: IO[bytes], message: Any) -> None:
    """One line.

    Raises:
        OSError: nobody reads it.
    """
    stream.write(json.dumps(message).encode() + b"\n")
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """What `send` sent.

    Raises:
        EOFError: the other side has ended.
        ValueError: it is no JSON.
    """
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError("the other side has ended")
    return json.loads(line)


def send_encodings(stream: IO[bytes], encodings: Sequence[Encoding], dim: int) -> None:
    """A shard of one encoding or more."""
    sizes = [len(encoding.ids) for encoding in encodings]
    stream.write(json.dumps({"sizes": sizes, "dim": dim}).encode() + b"\n")
    for part in (
        np.stack([encoding.vector for encoding in encodings]).astype(np.float32, copy=False),
        np.concatenate([encoding.tokens for encoding in encodings], dtype=np.float32),
        np.concatenate([encoding.ids for encoding in encodings], dtype=np.int32),
    ):
        stream.write(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
    stream.flush()


def receive_encodings(stream: IO[bytes], reply: dict[str, Any]) -> list[Encoding]:
    """The arrays behind a `reply` of `send_encodings`; they share memory and are read-only.

    Raises:
        EOFError: the other side has ended.
    """
    sizes, dim = [int(size) for size in reply["sizes"]], int(reply["dim"])
    total = sum(sizes)
    vectors = _array(stream, np.float32, len(sizes) * dim).reshape(-1, dim)
    tokens = _array(stream, np.float32, total * dim).reshape(-1, dim)
    ids = _array(stream, np.int32, total)
    ends = np.cumsum([0, *sizes])
    return [
        Encoding(vectors[at], tokens[start:end], ids[start:end])
        for at, (start, end) in enumerate(pairwise(ends))
    ]


def _array(stream: IO[bytes], dtype: Any, count: int) -> npt.NDArray[Any]:
    size = count * np.dtype(dtype).itemsize
    data = stream.read(size)
    if len(data) != size:
        raise EOFError("the other side has ended")
    return np.frombuffer(data, dtype)
