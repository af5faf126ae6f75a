"""Token vectors in few bytes.

Two ways: a byte a component, from which products come back as good as exact; or, for many, a byte
for every eight components (product quantization: Jégou, Douze and Schmid, PAMI 2011), from which
the right passage still comes first nearly as often: in 85.7 of 100 cases for 85.5 on MLQA, 81.5 for
81.9 on PIAF, 66.5 for 67.9 on translated FAQs (`tests/quality/packings.py`).
"""

import hashlib
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from embeddings.threads import one_thread

Vectors = npt.NDArray[np.float32]
Values = npt.NDArray[np.uint8]
Scales = npt.NDArray[np.float16]

MANY = 10_000  # texts; half a gigabyte with a byte a component
_DATA = Path(__file__).parent / "data"
_LEAST = 0.3  # a product of a vector with what its code stands for, below which it is no guide


class Packing(Protocol):
    """A way to keep token vectors (n, dim): as values (n, width) and a scale each, (n,)."""

    name: str  # another one for what is packed in another way
    width: int  # bytes of a token's values

    def pack(self, tokens: Vectors) -> tuple[Values, Scales]: ...

    def unpack(self, values: Values, scales: Scales, out: Vectors | None = None) -> Vectors:
        """Token vectors (n, dim), written to `out` where that is given; its rows are contiguous."""
        ...


class Bytes:
    """A signed byte a component, times the token's scale.

    Products differ from the exact ones by under 0.005 where the vectors are of unit length.
    """

    name = "bytes"

    def __init__(self, dim: int) -> None:
        self.width = dim

    def pack(self, tokens: Vectors) -> tuple[Values, Scales]:
        scales = (np.abs(tokens).max(axis=1, initial=0) / 127).astype("<f2")
        divisor = np.where(scales > 0, scales, 1).astype(np.float32)
        values = np.rint(tokens / divisor[:, None]).clip(-127, 127).astype(np.int8)
        return values.view(np.uint8), scales

    def unpack(self, values: Values, scales: Scales, out: Vectors | None = None) -> Vectors:
        factors = scales.astype(np.float32)[:, None]
        tokens: Vectors = np.multiply(values.view(np.int8), factors, out=out)
        return tokens


class Codes:
    """For every few components the number of the nearest of 256 centroids.

    The scale makes the product of a token with what stands for it that of the token with itself:
    what a question finds is what lies near, and there the error along the vector counts most (Guo
    and others, ICML 2020).
    """

    def __init__(self, codebook: npt.NDArray[np.float16]) -> None:
        """`codebook` is (width, 256, dim / width)."""
        self.codebook = codebook
        self.name = hashlib.sha256(codebook.tobytes()).hexdigest()
        self.width, _, part = codebook.shape
        self._first = Bytes(self.width * part)
        self._centroids = codebook.astype(np.float32).reshape(-1, part)
        self._starts = 256 * np.arange(self.width, dtype=np.int32)

    def pack(self, tokens: Vectors) -> tuple[Values, Scales]:
        # From bytes, so that it doesn't matter whether they were kept as bytes before.
        tokens = self._first.unpack(*self._first.pack(tokens))
        if not len(tokens):
            return np.zeros((0, self.width), np.uint8), np.zeros(0, "<f2")
        with one_thread():
            values: Values = self._quantizer.compute_codes(tokens)
        found = self._centres_of(values)
        products = (tokens * found).sum(axis=1)
        lengths = (tokens * tokens).sum(axis=1)
        guided = products > _LEAST * lengths
        scales = np.divide(lengths, products, where=guided, out=np.ones_like(lengths))
        return values, np.where(lengths > 0, scales, 0).astype("<f2")

    def unpack(self, values: Values, scales: Scales, out: Vectors | None = None) -> Vectors:
        found = self._centres_of(values, out)
        found *= scales.astype(np.float32)[:, None]
        return found

    def _centres_of(self, values: Values, out: Vectors | None = None) -> Vectors:
        rows = values + self._starts
        found = np.empty((len(values), self._first.width), np.float32) if out is None else out
        parts = found.reshape(*rows.shape, self._centroids.shape[1])
        # All rows are there; in its other modes it would work in a copy, and copy that.
        np.take(self._centroids, rows, axis=0, out=parts, mode="clip")
        return found

    @cached_property
    def _quantizer(self) -> Any:
        import faiss

        quantizer = faiss.ProductQuantizer(self._first.width, self.width, 8)
        faiss.copy_array_to_vector(self._centroids.ravel(), quantizer.centroids)
        return quantizer


def packing_for(model_name: str, dim: int, texts: int) -> Packing:
    """How to keep the token vectors of so many texts: in codes if the model has a codebook."""
    codebook = shipped_codebook(model_name)
    if texts <= MANY or codebook is None or codebook.shape[0] * codebook.shape[2] != dim:
        return Bytes(dim)
    return Codes(codebook)


@cache
def shipped_codebook(model_name: str) -> npt.NDArray[np.float16] | None:
    """The codebook of a model, by its name; None if it has none."""
    path = _DATA / f"{Path(model_name).name}.codebook.npy"
    return np.load(path, allow_pickle=False) if path.is_file() else None
