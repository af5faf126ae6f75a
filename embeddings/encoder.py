"""Texts in, vectors out: the prepared model, run by onnxruntime one text at a time.

Dynamic int8 scales activations over everything in a run, so a passage embedded beside others
would get another vector than alone. One text a run, one thread a run and one worker a core is
deterministic, needs no padding, and is faster than batches.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from embeddings import export
from embeddings.errors import ModelError
from embeddings.index import unit
from embeddings.vocabulary import Vocabulary

Vectors = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]

_AHEAD = 64  # texts in flight; enough to keep the workers busy, little enough to stay small
_BEGIN_AND_END = 2  # the special tokens around every text


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


class Encoder(Protocol):
    """What the rest of the program needs of a model."""

    @property
    def dim(self) -> int: ...

    @property
    def digest(self) -> str: ...

    def encode_query(self, text: str) -> Encoding: ...

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Encoding]:
        """One encoding a text, in order, made as they are asked for."""
        ...


class OnnxEncoder:
    """A model that `embeddings.export.prepare` has prepared. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        try:
            config = json.loads((folder / export.CONFIG).read_text())
            self.name: str = config["name"]
            self.digest: str = config["digest"]
            self.dim: int = config["dim"]
            self._max_tokens: int = config["max_tokens"]
            self._query_prompt: str = config["query_prompt"]
            self._passage_prompt: str = config["passage_prompt"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _damaged(folder) from error
        self._folder = folder

    def encode_query(self, text: str) -> Encoding:
        """Encode one question, with the model's prompt for questions."""
        return self._encode(self._query_prompt, text, self._query_session)

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Encoding]:
        """Encode passages, with the model's prompt for passages, on all cores; in order."""
        if not texts:
            return
        session = self._session(prepack=True)

        def encode(text: str) -> Encoding:
            return self._encode(self._passage_prompt, text, session)

        workers = os.cpu_count() or 1
        with ThreadPoolExecutor(workers, thread_name_prefix="encoder") as pool:
            waiting = iter(texts)
            running = [pool.submit(encode, text) for text in islice(waiting, _AHEAD)]
            while running:
                yield running.pop(0).result()
                running += [pool.submit(encode, text) for text in islice(waiting, 1)]

    def count_tokens(self, text: str) -> int:
        """How many tokens the model sees in a passage of this text, prompt included."""
        return len(self._tokenize(self._passage_prompt + text, limit=1_000_000))

    def _encode(self, prompt: str, text: str, session: Any) -> Encoding:
        ids = self._tokenize(prompt + text, self._max_tokens)
        row = np.array([ids], np.int64)
        feed: dict[str, npt.NDArray[Any]] = {"input_ids": row}
        if self._words is not None:
            feed["word_vectors"] = self._look_up(row[0])[np.newaxis]
        inputs = {entry.name for entry in session.get_inputs()}
        vector, tokens = session.run(None, {k: v for k, v in feed.items() if k in inputs})
        own = slice(self._prompt_tokens(prompt), len(ids) - 1)
        return Encoding(unit(vector)[0], unit(tokens[0, own]), row[0, own].astype(np.int32))

    def _prompt_tokens(self, prompt: str) -> int:
        """How many tokens stand before the text's own: the begin token and the prompt."""
        counts = self._prompt_counts
        if prompt not in counts:
            counts[prompt] = len(self._tokenize(prompt.rstrip(), self._max_tokens)) - 1
        return counts[prompt]

    def _tokenize(self, text: str, limit: int) -> list[int]:
        if self._vocabulary is not None:
            ids = self._vocabulary.encode(text, limit)
            if ids is not None:
                return ids
        ids = self._library_tokenizer.encode(text).ids
        if len(ids) > limit:
            ids = ids[: limit - 1] + ids[-1:]
        return list(ids)

    def _look_up(self, ids: npt.NDArray[np.int64]) -> Vectors:
        assert self._words is not None
        words, scales = self._words
        rows = words[ids].astype(np.float32).reshape(len(ids), scales.shape[1], -1)
        vectors: Vectors = (rows * scales[ids].astype(np.float32)[:, :, None]).reshape(len(ids), -1)
        return vectors

    @cached_property
    def _prompt_counts(self) -> dict[str, int]:
        return {}

    @cached_property
    def _vocabulary(self) -> Vocabulary | None:
        path = self._folder / export.VOCABULARY
        return Vocabulary.open(path) if path.is_file() else None

    @cached_property
    def _library_tokenizer(self) -> Any:
        """The reference tokenizer: for other kinds of model, and for exotic code points."""
        from tokenizers import Tokenizer

        return Tokenizer.from_file(str(self._folder / export.TOKENIZER))

    @cached_property
    def _words(self) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float16]] | None:
        path = self._folder / export.WORDS
        if not path.is_file():
            return None
        try:
            scales = np.load(self._folder / export.WORD_SCALES, mmap_mode="r", allow_pickle=False)
            return np.load(path, mmap_mode="r", allow_pickle=False), scales
        except (OSError, ValueError) as error:
            raise _damaged(self._folder) from error

    @cached_property
    def _query_session(self) -> Any:
        return self._session(prepack=False)

    def _session(self, *, prepack: bool) -> Any:
        """Prepacking lays weights out for speed; a single question is over before it pays."""
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        if not prepack:
            options.add_session_config_entry("session.disable_prepacking", "1")
        try:
            return ort.InferenceSession(
                str(self._folder / export.GRAPH), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises bare exceptions of its own
            raise _damaged(self._folder) from error


def open_encoder(
    name: str | None, cache: Path, progress: Callable[[str, float], None] | None = None
) -> OnnxEncoder:
    """Open a model by name, preparing it first where that has not been done.

    Raises:
        ModelNotFoundError: the model is neither installed, nor on disk, nor on the Hub.
        ModelError: the model cannot be used, or its prepared folder is damaged.
    """
    from embeddings.models import find

    return OnnxEncoder(export.prepare(find(name), cache, progress))


def _damaged(folder: Path) -> ModelError:
    return ModelError(
        f"the prepared model in {folder} is damaged; remove that folder and ask again: "
        "it will be prepared anew"
    )
