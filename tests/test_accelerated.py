"""Passages on a device of torch's: nearly the vectors of the processor's graph, in order.

torch's own "cpu" stands in for a GPU: all is the same but the device.
"""

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from conftest import DOCUMENTS

from embeddings import EmbeddingsError, Encoding, ModelError, OnnxEncoder, accelerated
from embeddings.accelerated import AcceleratedEncoder, check, gpu
from embeddings.errors import first_line
from embeddings.models import find
from embeddings.prepare import original
from qa.__main__ import run
from qa.errors import UsageError
from qa.workers import across

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))
WORDS = " ".join(DOCUMENTS.values()).split()


def a_few(texts: list[str]) -> list[str]:
    """Of many lengths, some of them several times, and the empty text among them."""
    return [*texts, "", *texts[:3], "miel"]


@pytest.fixture(scope="module")
def paragraphs() -> list[str]:
    lines = [line for path in SEEDS for line in path.read_text("utf-8").splitlines()]
    return a_few([line for line in lines if line.strip()][::9])


@pytest.fixture
def words() -> list[str]:
    """Texts of 1 to 9 words each, all different."""
    return a_few([" ".join(WORDS[at : at + 1 + at % 9]) for at in range(len(WORDS) - 9)])


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accelerated, "LEAST", 2)


@pytest.fixture(scope="module")
def tiny_transformer(tiny_model: Path) -> "SentenceTransformer":
    return find(str(tiny_model)).load()


@pytest.fixture
def on_torch(tiny: OnnxEncoder, tiny_transformer: "SentenceTransformer") -> AcceleratedEncoder:
    return AcceleratedEncoder(tiny, lambda: tiny_transformer, "cpu")


def nobody() -> Any:
    raise AssertionError("it is not needed")


def ids(encodings: list[Encoding]) -> list[list[int]]:
    return [encoding.ids.tolist() for encoding in encodings]


def cosines(ours: list[Encoding], theirs: list[Encoding]) -> tuple[float, float]:
    """The mean cosine of the vectors, and that of the token vectors."""
    vectors = [float(a.vector @ b.vector) for a, b in zip(ours, theirs, strict=True)]
    tokens = [(a.tokens * b.tokens).sum(axis=1) for a, b in zip(ours, theirs, strict=True)]
    return float(np.mean(vectors)), float(np.concatenate(tokens).mean())


# The vectors


def test_the_built_in_model_gives_nearly_the_same_vectors_for_the_same_tokens(
    built_in: OnnxEncoder, transformer: "SentenceTransformer", paragraphs: list[str]
) -> None:
    ours = list(
        AcceleratedEncoder(built_in, lambda: transformer, "cpu").encode_passages(paragraphs)
    )
    theirs = list(built_in.encode_passages(paragraphs))
    assert ids(ours) == ids(theirs)
    assert min(cosines(ours, theirs)) >= 0.99


def test_another_model_does_with_its_prompt_pooling_and_dimension(
    tiny: OnnxEncoder, on_torch: AcceleratedEncoder, words: list[str]
) -> None:
    texts = [*words, "bread " * 200]  # longer than it reads
    ours, theirs = list(on_torch.encode_passages(texts)), list(tiny.encode_passages(texts))
    assert ids(ours) == ids(theirs)
    assert min(cosines(ours, theirs)) >= 0.98


def test_the_vectors_are_float32_of_unit_length(
    on_torch: AcceleratedEncoder, words: list[str]
) -> None:
    for encoding in on_torch.encode_passages(words):
        assert (encoding.vector.shape, encoding.tokens.shape) == ((16,), (len(encoding.ids), 16))
        assert (encoding.vector.dtype, encoding.tokens.dtype) == (np.float32, np.float32)
        assert encoding.ids.dtype == np.int32
        assert np.linalg.norm(encoding.vector) == pytest.approx(1, abs=1e-5)
        assert np.allclose(np.linalg.norm(encoding.tokens, axis=1), 1, atol=1e-5)


def test_a_text_gets_the_same_vectors_alone_and_among_others(
    on_torch: AcceleratedEncoder, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    among = list(on_torch.encode_passages(words))
    monkeypatch.setattr(accelerated, "LEAST", 1)
    for text, encoding in list(zip(words, among, strict=True))[::5]:
        [alone] = on_torch.encode_passages([text])
        assert np.allclose(alone.vector, encoding.vector, atol=1e-5)
        assert np.allclose(alone.tokens, encoding.tokens, atol=1e-5)


# Windows and batches


@pytest.mark.parametrize(("window", "batch"), [(1, 1), (40, 25), (200, 10_000)])
def test_the_order_is_that_of_the_texts_whatever_the_windows_and_batches_are(
    on_torch: AcceleratedEncoder,
    words: list[str],
    window: int,
    batch: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_once = list(on_torch.encode_passages(words))
    monkeypatch.setattr(accelerated, "WINDOW", window)
    monkeypatch.setattr(accelerated, "BATCH", batch)
    in_parts = list(on_torch.encode_passages(words))
    assert ids(in_parts) == ids(at_once)
    for ours, theirs in zip(in_parts, at_once, strict=True):
        assert np.allclose(ours.vector, theirs.vector, atol=1e-5)


def test_a_run_has_texts_of_one_length_and_no_more_tokens_than_a_batch(
    tiny: OnnxEncoder,
    tiny_transformer: "SentenceTransformer",
    words: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shapes: list[tuple[int, int]] = []
    run_batch = accelerated._run

    def seen(model: Any, batch: Any, device: str) -> Any:
        assert len({len(ids) for ids, _ in batch}) == 1
        shapes.append((len(batch), len(batch[0][0])))
        return run_batch(model, batch, device)

    monkeypatch.setattr(accelerated, "_run", seen)
    monkeypatch.setattr(accelerated, "BATCH", 60)
    encoder = AcceleratedEncoder(tiny, lambda: tiny_transformer, "cpu")
    assert len(list(encoder.encode_passages(words))) == len(words)
    assert sum(count for count, _ in shapes) == len(words)
    assert max(count * length for count, length in shapes) <= 60
    assert max(count for count, _ in shapes) > 1


def test_texts_are_read_a_window_at_a_time(
    on_torch: AcceleratedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a corpus of any size takes the memory of one window."""
    read = list[int]()

    class Endless(list[str]):
        def __len__(self) -> int:
            return 10**9

        def __iter__(self) -> Any:
            for number in range(10**9):
                read.append(number)
                yield "miel"

    monkeypatch.setattr(accelerated, "WINDOW", 50)
    encodings = on_torch.encode_passages(Endless())
    next(encodings)
    encodings.close()  # type: ignore[attr-defined]
    assert len(read) <= 50


def test_a_text_without_any_token_is_all_zeros(
    on_torch: AcceleratedEncoder, tiny: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of a tokenizer without begin and end tokens may be."""
    read = tiny.passage_ids
    monkeypatch.setattr(tiny, "passage_ids", lambda text: read(text) if text else ([], slice(0, 0)))
    some, none = on_torch.encode_passages(["miel", ""])
    assert (len(some.ids) > 0, none.vector.any(), none.tokens.shape) == (True, False, (0, 16))


# Who embeds


def test_a_device_that_is_named_embeds_however_little(
    tiny: OnnxEncoder, tiny_transformer: "SentenceTransformer", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accelerated, "LEAST", 1000)
    loaded = []

    def load() -> "SentenceTransformer":
        loaded.append(True)
        return tiny_transformer

    assert len(list(AcceleratedEncoder(tiny, load, "cpu").encode_passages(["bees", "miel"]))) == 2
    assert loaded
    assert list(AcceleratedEncoder(tiny, nobody, "cpu").encode_passages([])) == []


def test_a_few_texts_and_questions_are_embedded_by_the_processor(
    tiny: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accelerated, "LEAST", 3)
    monkeypatch.setattr(accelerated, "gpu", nobody)
    encoder = AcceleratedEncoder(tiny, nobody)
    ours, theirs = (
        encoder.encode_passages(["miel", "bread"]),
        tiny.encode_passages(["miel", "bread"]),
    )
    for a, b in [
        *zip(ours, theirs, strict=True),
        (encoder.encode_query("a"), tiny.encode_query("a")),
    ]:
        assert (a.vector.tobytes(), a.tokens.tobytes()) == (b.vector.tobytes(), b.tokens.tobytes())
    assert (encoder.count_tokens("miel"), encoder.digest) == (
        tiny.count_tokens("miel"),
        tiny.digest,
    )


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(True, False, "cuda"), (True, True, "cuda"), (False, True, "mps"), (False, False, None)],
)
def test_the_gpu_is_the_one_that_torch_sees(
    cuda: bool, mps: bool, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch_sees(monkeypatch, cuda=cuda, mps=mps)
    assert gpu() == expected


def torch_sees(monkeypatch: pytest.MonkeyPatch, *, cuda: bool, mps: bool = False) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(accelerated, "DEVICES", (__file__,))


def test_where_no_driver_has_a_device_torch_is_not_even_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch_sees(monkeypatch, cuda=True)
    monkeypatch.setattr(accelerated, "DEVICES", ())
    assert gpu() == (None if sys.platform == "linux" else "cuda")


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The devices on which batches were to run; they run on the processor."""
    asked = list[str]()

    def on(self: AcceleratedEncoder, device: str, texts: list[str]) -> Any:
        asked.append(device)
        return embed(self, "cpu", texts)

    embed = AcceleratedEncoder._on
    monkeypatch.setattr(AcceleratedEncoder, "_on", on)
    return asked


@pytest.fixture
def has_tiny(cache: Path, tiny: OnnxEncoder, tiny_cache: Path) -> None:
    """A cache where the tiny model is prepared already."""
    shutil.copytree(tiny_cache, cache / "models")


@pytest.mark.parametrize("cuda", [True, False])
def test_by_default_many_passages_go_to_the_gpu_if_there_is_one(
    tiny: OnnxEncoder, cuda: bool, devices: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch_sees(monkeypatch, cuda=cuda)
    assert len(list(across(tiny).encode_passages(WORDS[:5]))) == 5
    assert devices == ["cuda"] * cuda


@pytest.mark.parametrize("options", [[], ["--device", "cpu"], ["--workers", "1"]])
def test_an_index_is_built_on_the_gpu_unless_someone_else_is_named(
    options: list[str],
    folder: Path,
    tiny_model: Path,
    has_tiny: None,
    devices: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch_sees(monkeypatch, cuda=True)
    assert run(["index", "-q", "-d", str(folder), "--model", str(tiny_model), *options]) == 0
    assert devices == ([] if options else ["cuda"])


def test_the_first_question_builds_it_there_too(
    folder: Path,
    tiny_model: Path,
    has_tiny: None,
    devices: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch_sees(monkeypatch, cuda=True)
    assert run(["ask", "Who?", "-d", str(folder), "--model", str(tiny_model)]) in (0, 1)
    assert devices == ["cuda"]


# What goes wrong


def failing(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """A device whose memory ends after so many runs."""
    runs, run_batch = list[int](), accelerated._run

    def fail(*arguments: Any) -> Any:
        runs.append(1)
        if len(runs) > after:
            raise RuntimeError("CUDA out of memory.\nTried to allocate")
        return run_batch(*arguments)

    monkeypatch.setattr(accelerated, "_run", fail)


@pytest.mark.parametrize("after", [0, 3])
def test_where_the_gpu_fails_the_processor_embeds_what_is_left(
    tiny: OnnxEncoder,
    tiny_transformer: "SentenceTransformer",
    words: list[str],
    after: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accelerated, "gpu", lambda: "cpu")
    monkeypatch.setattr(accelerated, "WINDOW", 1)
    failing(monkeypatch, after)
    encoder = AcceleratedEncoder(tiny, lambda: tiny_transformer)
    assert ids(list(encoder.encode_passages(words))) == ids(list(tiny.encode_passages(words)))


def test_where_the_model_cannot_be_loaded_the_processor_embeds(
    tiny: OnnxEncoder, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> Any:
        raise ModelError("gone")

    monkeypatch.setattr(accelerated, "gpu", lambda: "cpu")
    encodings = list(AcceleratedEncoder(tiny, gone).encode_passages(words))
    assert ids(encodings) == ids(list(tiny.encode_passages(words)))


def test_what_an_error_says_is_one_short_line_without_colours() -> None:
    assert first_line(ValueError("\n\x1b[31mCUDA\x1b[0m out\x07 of memory.\nTry less.")) == (
        "CUDA out of memory."
    )
    assert first_line(ValueError("x" * 999)) == "x" * 200
    assert first_line(TimeoutError()) == "TimeoutError"


def test_what_torch_says_is_told_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    def ones(*_: object, **_options: object) -> None:
        raise RuntimeError("\x1b[1mno kernel\x1b[0m for it\nmore")

    monkeypatch.setattr("torch.ones", ones)
    with pytest.raises(EmbeddingsError, match=r"^torch cannot embed on cpu \(no kernel for it\);"):
        check("cpu")


def test_a_device_that_was_named_says_that_it_failed(
    on_torch: AcceleratedEncoder, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, 2)
    message = r"^torch cannot embed on cpu \(CUDA out of memory\.\); --device cpu does without$"
    with pytest.raises(EmbeddingsError, match=message):
        list(on_torch.encode_passages(words))


@pytest.mark.parametrize("device", ["nonsense", "cuda:77", ""])
def test_a_device_that_torch_does_not_have_is_refused(device: str) -> None:
    with pytest.raises(EmbeddingsError, match=f"cannot embed on {device} "):
        check(device)


def test_a_device_that_is_not_there_costs_no_reading(
    folder: Path,
    tiny_model: Path,
    has_tiny: None,
    cache: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = ["index", "-d", str(folder), "--model", str(tiny_model), "--device", "cuda:77"]
    assert run(named) == 2
    assert "torch cannot embed on cuda:77 (" in capsys.readouterr().err
    assert not list(cache.rglob("catalogue*"))


@pytest.mark.parametrize("others", [{"workers": 2}, {"ray": "local"}])
def test_a_gpu_and_workers_exclude_one_another(others: dict[str, Any], tiny: OnnxEncoder) -> None:
    with pytest.raises(UsageError, match="--device cuda does not; leave one of them out"):
        across(tiny, device="cuda", **others)


def test_a_model_that_has_changed_since_is_not_the_original(
    tiny: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its vectors would be of another space."""
    assert original(tiny)[0] is not None
    monkeypatch.setattr(tiny, "digest", "0" * 16)
    with pytest.raises(ModelError, match="another model than the one that was prepared"):
        original(tiny)
