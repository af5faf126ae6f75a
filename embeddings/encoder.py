"""Texts in, vectors out: the prepared model, run by onnxruntime one text at a time.

Dynamic int8 scales activations over everything in a run, so a passage embedded beside others
would get another vector than alone. One text a run, one thread a run and one worker a core is
deterministic, needs no padding, and is faster than batches.
"""

import hashlib
import json
import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from embeddings.errors import ModelError
from embeddings.index import unit
from embeddings.vocabulary import Vocabulary

Vectors = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]

# The files of a prepared model, as `embeddings.export` writes them.
GRAPH, CONFIG, TOKENIZER = "model.onnx", "model.json", "tokenizer.json"
VOCABULARY, WORDS, WORD_SCALES = "vocabulary.bin", "words.npy", "word_scales.npy"

_AHEAD = 64  # texts in flight; enough to keep the workers busy, little enough to stay small
_DIGESTED = 2**20  # bytes; larger files are only measured at opening, to keep a question quick


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """One text as numbers.

    `vector` is (dim,) float32 of unit length; `tokens` is (n, dim) float32 of unit length, one
    row for each of the text's own tokens (prompt and special tokens left out); `ids` is (n,)
    int32, their numbers in the vocabulary.
    """

    vector: Vectors
    tokens: Vectors
    ids: Ids


def nothing(dim: int) -> Encoding:
    """What a tokenizer without begin and end tokens leaves of no text; all zeros."""
    tokens, ids = np.zeros((0, dim), np.float32), np.zeros(0, np.int32)
    return Encoding(np.zeros(dim, np.float32), tokens, ids)


class Encoder(Protocol):
    """What the rest of the program needs of a model."""

    @property
    def name(self) -> str:
        """The name it was asked for by."""
        ...

    @property
    def digest(self) -> str:
        """Another string for another model: vectors of the two don't mix."""
        ...

    @property
    def dim(self) -> int: ...

    def encode_query(self, text: str) -> Encoding: ...

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Encoding]:
        """One encoding a text, in order, made as they are asked for."""
        ...

    def count_tokens(self, text: str) -> int:
        """How many tokens a text has of its own: the rows of its `Encoding.tokens`."""
        ...


class OnnxEncoder:
    """A model that `embeddings.prepare` has prepared. Safe to share between threads."""

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        """Open a prepared folder; nothing is run yet.

        Passages are embedded by so many `threads`, by default by one a core.

        Raises:
            ModelError: it is damaged.
        """
        self._folder = folder
        self._threads = threads
        try:
            config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
            self.name: str = config["name"]
            self.digest: str = config["digest"]
            self.dim: int = config["dim"]
            self._max_tokens: int = config["max_tokens"]
            self._end_tokens: int = config["end_tokens"]
            self._query_prompt: str = config["query_prompt"]
            self._passage_prompt: str = config["passage_prompt"]
            self._files: dict[str, tuple[int, str]] = config["files"]
            self._check_files(_DIGESTED)
            self._vocabulary = self._open_vocabulary()
            self._words = self._open_words()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _damaged(folder) from error
        self._prompt_ids: dict[str, list[int]] = {}
        self._counts = lru_cache(maxsize=4096)(self._count)  # the same sentences come again
        self._opening = threading.Lock()  # what is opened when first needed is opened once

    def encode_query(self, text: str) -> Encoding:
        """Encode one question, with the model's prompt for questions."""
        return self._encode(self._query_prompt, text, self._opened())

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Encoding]:
        """Encode passages, with the model's prompt for passages, on all cores; in order."""
        if not texts:
            return
        session = self._opened()

        def encode(text: str) -> Encoding:
            return self._encode(self._passage_prompt, text, session)

        pool = ThreadPoolExecutor(self._threads or cores(), thread_name_prefix="encoder")
        try:
            waiting = iter(texts)
            running = deque(pool.submit(encode, text) for text in islice(waiting, _AHEAD))
            while running:
                encoding = running.popleft().result()
                running.extend(pool.submit(encode, text) for text in islice(waiting, 1))
                yield encoding
        finally:  # who leaves half-way, or presses Ctrl-C, doesn't wait for the rest
            pool.shutdown(cancel_futures=True)

    def count_tokens(self, text: str) -> int:
        """How many tokens a text has of its own, without prompt and special tokens."""
        return self._counts(text) - self._counts("")

    def _count(self, text: str) -> int:
        return len(self._tokenize(text, limit=1_000_000))

    def verify(self) -> None:
        """Read every file in full; opening reads the small ones only.

        Raises:
            ModelError: one is not what it was when the model was prepared.
        """
        try:
            self._check_files()
        except (OSError, ValueError) as error:
            raise _damaged(self._folder) from error

    def passage_ids(self, text: str) -> tuple[list[int], slice]:
        """The token ids that the model reads of a passage, its prompt in front and cut at what
        the model reads, and which of them are the text's own."""
        return self._ids(self._passage_prompt, text)

    def _ids(self, prompt: str, text: str) -> tuple[list[int], slice]:
        ids = self._tokenize(prompt + text, self._max_tokens)
        end = max(len(ids) - self._end_tokens, 0)
        return ids, slice(self._prompt_tokens(prompt, ids), end)

    def _encode(self, prompt: str, text: str, session: Any) -> Encoding:
        ids, own = self._ids(prompt, text)
        row = np.array([ids], np.int64)
        if not ids:
            return nothing(self.dim)
        feed: dict[str, npt.NDArray[Any]] = {"input_ids": row}
        if self._words is not None:
            feed["word_vectors"] = self._look_up(row[0])[np.newaxis]
        vector, tokens = session.run(None, {k: v for k, v in feed.items() if k in self._inputs})
        return Encoding(unit(vector)[0], unit(tokens[0, own]), row[0, own].astype(np.int32))

    def _prompt_tokens(self, prompt: str, ids: list[int]) -> int:
        """How many tokens stand before the text's own: the begin token and the prompt.

        A prompt that doesn't end in a space may melt into the text's first token; that counts
        as the text's.
        """
        known = self._prompt_ids.get(prompt)
        if known is None:
            known = self._tokenize(prompt.rstrip(), self._max_tokens)
            known = self._prompt_ids[prompt] = known[: len(known) - self._end_tokens]
        pairs = enumerate(zip(known, ids, strict=False))
        return next((at for at, (a, b) in pairs if a != b), min(len(known), len(ids)))

    def _tokenize(self, text: str, limit: int) -> list[int]:
        if self._vocabulary is not None:
            ids = self._vocabulary.encode(text, limit)
            if ids is not None:
                return ids
        with self._opening:
            tokenizer = self._library_tokenizer
        ids = list(tokenizer.encode(text).ids)
        if len(ids) <= limit:
            return ids
        end = len(ids) - self._end_tokens
        return ids[: limit - self._end_tokens] + ids[end:]

    def _look_up(self, ids: npt.NDArray[np.int64]) -> Vectors:
        assert self._words is not None
        words, scales = self._words
        if int(ids.max()) >= len(words):  # else a damaged vocabulary would end in a traceback
            raise _damaged(self._folder)
        rows = words[ids].astype(np.float32).reshape(len(ids), scales.shape[1], -1)
        vectors: Vectors = (rows * scales[ids].astype(np.float32)[:, :, None]).reshape(len(ids), -1)
        return vectors

    def _check_files(self, digested: int | None = None) -> None:
        """Sizes of all files, and digests of those of up to `digested` bytes."""
        for name, (size, digest) in self._files.items():
            path = self._folder / name
            if path.stat().st_size != size:
                raise ValueError(f"{path} has another size than when it was written")
            if (digested is None or size <= digested) and sha256(path) != digest:
                raise ValueError(f"{path} has another content than when it was written")

    def _open_vocabulary(self) -> Vocabulary | None:
        return Vocabulary.open(self._folder / VOCABULARY) if VOCABULARY in self._files else None

    def _open_words(self) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float16]] | None:
        if WORDS not in self._files:
            return None
        files = (self._folder / name for name in (WORDS, WORD_SCALES))
        words, scales = (np.load(file, mmap_mode="r", allow_pickle=False) for file in files)
        return np.asarray(words), np.asarray(scales)  # whose rows cost less

    @cached_property
    def _library_tokenizer(self) -> Any:
        """The reference tokenizer: for other kinds of model, and for exotic code points."""
        from tokenizers import Tokenizer

        try:
            return Tokenizer.from_file(str(self._folder / TOKENIZER))
        except Exception as error:  # it raises nothing more special
            raise _damaged(self._folder) from error

    def _opened(self) -> Any:
        with self._opening:
            return self._session

    @cached_property
    def _inputs(self) -> frozenset[str]:
        return frozenset(entry.name for entry in self._session.get_inputs())

    @cached_property
    def _session(self) -> Any:
        """Weights are laid out for speed at opening, which a single question hardly notices.
        Questions and passages share them: laid out in another way they would round otherwise."""
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        try:
            return ort.InferenceSession(
                str(self._folder / GRAPH), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises bare exceptions of its own
            raise _damaged(self._folder) from error


def sha256(path: Path) -> str:
    """The digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cores() -> int:
    """How many cores this process may run on; that can be fewer than the machine has."""
    allowed = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def _damaged(folder: Path) -> ModelError:
    return ModelError(
        f"the prepared model in {folder} is damaged; remove that folder and ask again: "
        "it will be prepared anew"
    )
