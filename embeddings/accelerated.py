"""Many passages embedded on a GPU, by the model itself in 32 bits, and not by its 8-bit graph.

Texts of the same number of tokens go in one batch: so there is no padding and no mask, and a text
gets the same vectors, up to the rounding of floats, whatever is beside it. They are not the bits
of the processor's vectors, but so near to them (0.997, the mean cosine of centred token vectors)
that both may lie in one index.
"""

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from embeddings.encoder import Encoding, OnnxEncoder, nothing
from embeddings.errors import EmbeddingsError, first_line
from embeddings.index import unit
from embeddings.outputs import two_outputs

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

LEAST = 5_000  # texts: to import torch and to load the model takes 10 s, these take two cores 25
WINDOW = 2**17  # tokens in memory at once: 0.2 GB of token vectors of 384 dimensions
BATCH = 2**14  # tokens a run: 32 texts of 512, half a gigabyte of attention with 16 heads

# What the drivers of NVIDIA, of Windows' own Linux and of AMD have on Linux.
DEVICES = "/dev/nvidiactl", "/dev/dxg", "/dev/kfd"

Read = tuple[list[int], slice]  # a text's token ids, and which of them are its own


class AcceleratedEncoder:
    """An `Encoder` whose passages are embedded on the device that is named, or on a GPU where there
    are many, and all else by the `local` encoder. torch is imported when there are, and the model
    leaves with the last of them.
    """

    def __init__(
        self,
        local: OnnxEncoder,
        load: Callable[[], "SentenceTransformer"],
        device: str | None = None,
    ) -> None:
        """`load` gives the model that the local encoder was prepared from. `device` is torch's
        name of one; without it, it is the GPU that torch sees, if any, and where that fails the
        local encoder embeds what is left."""
        self._local = local
        self._load = load
        self._device = device
        self.name, self.digest, self.dim = local.name, local.digest, local.dim

    def encode_query(self, text: str) -> Encoding:
        return self._local.encode_query(text)

    def count_tokens(self, text: str) -> int:
        return self._local.count_tokens(text)

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Encoding]:
        """Encode passages, in order.

        Raises:
            EmbeddingsError: the device that was named failed.
        """
        device = self._device if texts else None
        if self._device is None and len(texts) >= LEAST:
            device = gpu()
        done = 0
        if device is not None:
            try:
                for encoding in self._on(device, texts):
                    done += 1
                    yield encoding
            except (RuntimeError, OSError, EmbeddingsError) as error:  # torch's are bare ones
                if self._device is not None:
                    raise _failed(device, error) from error
        yield from self._local.encode_passages(texts[done:])

    def _on(self, device: str, texts: Sequence[str]) -> Iterator[Encoding]:
        import torch

        model = two_outputs(self._load()).to(device)
        try:
            for window in self._windows(texts):
                yield from _encoded(model, window, device, self.dim)
        finally:  # a service goes on, and the GPU may have other users
            del model
            torch.cuda.empty_cache()

    def _windows(self, texts: Sequence[str]) -> Iterator[list[Read]]:
        window, tokens = list[Read](), 0
        for text in texts:
            read = self._local.passage_ids(text)
            window.append(read)
            tokens += len(read[0])
            if tokens >= WINDOW:
                yield window
                window, tokens = [], 0
        yield window


def gpu() -> str | None:
    """torch's name of the GPU it sees, or None.

    To import torch takes a second and 0.2 GB, which is spared where no driver has a device.
    """
    if sys.platform == "linux" and not any(Path(device).exists() for device in DEVICES):
        return None
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a driver that is too old is none
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else None


def check(device: str) -> None:
    """See whether torch computes on a device of this name.

    Raises:
        EmbeddingsError: it doesn't.
    """
    import torch

    try:
        torch.ones(1, device=device).sum().item()
    except (RuntimeError, AssertionError) as error:
        raise _failed(device, error) from error


def _encoded(
    model: "torch.nn.Module", window: Sequence[Read], device: str, dim: int
) -> Iterator[Encoding]:
    encodings = [nothing(dim)] * len(window)
    for rows in _batches(window):
        encoded = _run(model, [window[row] for row in rows], device)
        for row, encoding in zip(rows, encoded, strict=True):
            encodings[row] = encoding
    yield from encodings


def _batches(window: Sequence[Read]) -> Iterator[list[int]]:
    """Rows of the same number of tokens; those of none are left out."""
    by_length = sorted(range(len(window)), key=lambda row: len(window[row][0]))
    for length, group in groupby(by_length, key=lambda row: len(window[row][0])):
        rows = list(group) if length else []
        most = max(1, BATCH // max(1, length))
        for first in range(0, len(rows), most):
            yield rows[first : first + most]


def _run(model: "torch.nn.Module", batch: Sequence[Read], device: str) -> Iterator[Encoding]:
    import torch

    with torch.inference_mode():
        input_ids = torch.tensor([ids for ids, _ in batch], device=device)
        vectors, tokens = (each.float().cpu().numpy() for each in model(input_ids))
    for vector, rows, (ids, own) in zip(unit(vectors), tokens, batch, strict=True):
        yield Encoding(vector, unit(rows[own]), np.array(ids[own], np.int32))


def _failed(device: str, error: Exception) -> EmbeddingsError:
    said = first_line(error)
    return EmbeddingsError(f"torch cannot embed on {device} ({said}); --device cpu does without")
