"""A prepared model: the same vector whatever stands beside a text, and nothing damaged is used."""

import itertools
import json
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from conftest import DOCUMENTS, HashingEncoder

from embeddings import Encoder, Encoding, ModelError, OnnxEncoder

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))


def same(a: Encoding, b: Encoding) -> bool:
    """To the bit."""
    return all(
        ours.tobytes() == theirs.tobytes()
        for ours, theirs in [(a.vector, b.vector), (a.tokens, b.tokens), (a.ids, b.ids)]
    )


@pytest.fixture(scope="module")
def paragraphs() -> list[str]:
    lines = [line for path in SEEDS for line in path.read_text("utf-8").splitlines()]
    return [line for line in lines if line.strip()][:90]


@pytest.fixture
def copy(tiny: OnnxEncoder, tiny_cache: Path, tmp_path: Path) -> Path:
    """The tiny model's folder, to be damaged."""
    return shutil.copytree(tiny_cache / tiny.digest, tmp_path / "copy")


# Shapes


@pytest.mark.parametrize("text", ["miel", "Combien de kilos de miel ?", "a " * 3000])
def test_vectors_are_float32_of_unit_length(built_in: OnnxEncoder, text: str) -> None:
    for encoding in (built_in.encode_query(text), *built_in.encode_passages([text])):
        n = len(encoding.ids)
        assert (encoding.vector.shape, encoding.tokens.shape) == ((384,), (n, 384))
        assert (encoding.vector.dtype, encoding.tokens.dtype) == (np.float32, np.float32)
        assert encoding.ids.dtype == np.int32
        assert np.linalg.norm(encoding.vector) == pytest.approx(1, abs=1e-5)
        assert np.allclose(np.linalg.norm(encoding.tokens, axis=1), 1, atol=1e-5)


def test_only_the_texts_own_tokens_are_given(built_in: OnnxEncoder) -> None:
    """The prompts differ; begin, prompt and end are left out of both."""
    asked = built_in.encode_query("Honey and bread")
    [read] = built_in.encode_passages(["Honey and bread"])
    assert asked.ids.tolist() == read.ids.tolist()
    assert built_in.count_tokens("Honey and bread") == len(read.ids)


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u200b"])
def test_a_text_without_words_has_a_vector_and_hardly_a_token(
    built_in: OnnxEncoder, text: str
) -> None:
    encoding = built_in.encode_query(text)
    assert encoding.tokens.shape == (len(encoding.ids), 384)
    assert len(encoding.ids) <= 1  # a lone space may be one
    assert np.linalg.norm(encoding.vector) == pytest.approx(1, abs=1e-5)


def test_a_long_text_is_cut_at_what_the_model_reads(
    built_in: OnnxEncoder, tiny: OnnxEncoder
) -> None:
    text = " ".join(["bread"] * 2000)
    assert len(built_in.encode_query(text).ids) == 512 - 5  # <s> que ry : … </s>
    assert built_in.count_tokens(text) == 2000
    [long] = tiny.encode_passages([DOCUMENTS["bees.txt"] * 3])
    [longer] = tiny.encode_passages([DOCUMENTS["bees.txt"] * 4])
    assert len(long.ids) == 40 - len(tiny._prompt_ids["Read: "]) - 1
    assert same(long, longer)


def test_the_vocabulary_and_the_library_cut_alike(built_in: OnnxEncoder) -> None:
    """An unfamiliar character at the end makes the library do it."""
    text = "bread and honey " * 400
    assert built_in._tokenize(text, 512) == built_in._tokenize(text + "\u0b95", 512)


def test_a_prompt_that_melts_into_the_text_leaves_its_token_to_the_text(
    built_in: OnnxEncoder,
) -> None:
    session = built_in._session
    apart = built_in._encode("query: ", "honey", session)
    glued = built_in._encode("hon", "ey", session)
    assert glued.ids.tolist() == apart.ids.tolist()
    assert len(built_in._encode("", "honey", session).ids) == len(apart.ids)


def test_no_texts_give_no_encodings(tiny: OnnxEncoder) -> None:
    assert list(tiny.encode_passages([])) == []


# Determinism


def test_a_passage_has_the_same_bits_alone_and_among_others(
    built_in: OnnxEncoder, paragraphs: list[str]
) -> None:
    among = list(built_in.encode_passages(paragraphs))
    assert len(among) == len(paragraphs) > 64  # more than are in flight at once
    for at in range(0, len(paragraphs), 9):
        [alone] = built_in.encode_passages([paragraphs[at]])
        assert same(alone, among[at])


def test_ten_runs_give_the_same_bits(built_in: OnnxEncoder, paragraphs: list[str]) -> None:
    first = built_in.encode_query(paragraphs[20])
    assert all(same(first, built_in.encode_query(paragraphs[20])) for _ in range(9))


def test_sixteen_threads_share_a_fresh_encoder(
    built_in: OnnxEncoder, prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is opened when first needed is opened once: a session, and the library's tokenizer."""
    opened: list[str] = []
    session = ort.InferenceSession

    def counted(path: str, *options: object, **more: object) -> object:
        opened.append(Path(path).name)
        time.sleep(0.02)  # time for the others to arrive
        return session(path, *options, **more)

    monkeypatch.setattr(ort, "InferenceSession", counted)
    fresh = OnnxEncoder(prepared)
    texts = [f"{word} \u0b95" if n % 2 else word for n, word in enumerate(["miel", "pan"] * 16)]
    together = threading.Barrier(16)

    def ask(text: str) -> Encoding:
        if len(opened) == 0:
            together.wait(timeout=20)
        return fresh.encode_query(text)

    with ThreadPoolExecutor(16) as pool:
        encodings = list(pool.map(ask, texts[:16]))
    assert opened == ["model.onnx"]
    expected = {text: built_in.encode_query(text) for text in set(texts)}
    assert all(same(e, expected[t]) for e, t in zip(encodings, texts[:16], strict=True))


# Leaving half-way


def slow(encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch, fails_at: int = -1) -> list[str]:
    """Make each text take 30 ms; the texts that were begun."""
    begun: list[str] = []
    tokenize = encoder._tokenize

    def waiting(text: str, limit: int) -> list[int]:
        begun.append(text)
        if len(begun) == fails_at:
            raise KeyboardInterrupt
        time.sleep(0.03)
        return tokenize(text, limit)

    monkeypatch.setattr(encoder, "_tokenize", waiting)
    return begun


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("encoder")]


def test_who_stops_asking_leaves_no_work_and_no_thread_behind(
    tiny: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = slow(tiny, monkeypatch)
    encodings = tiny.encode_passages(["honey"] * 64)
    next(encodings)
    encodings.close()  # type: ignore[attr-defined]  # it is a generator
    assert workers() == []
    assert len(begun) < 32  # the rest was cancelled


def test_an_interrupt_half_way_cancels_the_rest(
    tiny: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = slow(tiny, monkeypatch, fails_at=3)
    with pytest.raises(KeyboardInterrupt):
        list(tiny.encode_passages(["honey"] * 64))
    assert workers() == []
    assert len(begun) < 32


def test_encodings_are_made_as_they_are_asked_for(tiny: OnnxEncoder) -> None:
    """An endless corpus would do; a few more than are asked for are under way."""
    asked: list[int] = []

    class Endless(list[str]):
        def __bool__(self) -> bool:
            return True

        def __iter__(self):  # type: ignore[no-untyped-def]
            for number in itertools.count():
                asked.append(number)
                yield "honey"

    encodings = tiny.encode_passages(Endless())
    assert len(list(itertools.islice(encodings, 10))) == 10
    assert len(asked) <= 10 + 64


# Damage


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip_last(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


FILES = ["model.onnx", "model.onnx.data", "tokenizer.json", "words.npy", "word_scales.npy"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [cut_short, flip_last, Path.unlink])
def test_a_damaged_part_is_refused_at_opening_with_the_cure(
    copy: Path, name: str, damage: Callable[[Path], None]
) -> None:
    damage(copy / name)
    with pytest.raises(ModelError, match="is damaged; remove that folder and ask again"):
        OnnxEncoder(copy)


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", '{"name": "x"}', "\udcff"])
def test_a_damaged_description_is_refused_with_the_cure(copy: Path, content: str) -> None:
    (copy / "model.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ModelError, match="remove that folder"):
        OnnxEncoder(copy)


def test_a_flipped_bit_in_a_large_file_is_found_by_verify(prepared: Path, tmp_path: Path) -> None:
    """Opening only measures it: reading it would take longer than a question."""
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in prepared.iterdir():
        (copy / path.name).symlink_to(path)
    (copy / "vocabulary.bin").unlink()
    shutil.copyfile(prepared / "vocabulary.bin", copy / "vocabulary.bin")
    OnnxEncoder(copy).verify()
    flip_last(copy / "vocabulary.bin")
    encoder = OnnxEncoder(copy)
    with pytest.raises(ModelError, match="is damaged"):
        encoder.verify()


def test_a_token_without_a_vector_is_damage_and_no_traceback(copy: Path) -> None:
    config = json.loads((copy / "model.json").read_text("utf-8"))
    words = np.load(copy / "words.npy")[:5]
    np.save(copy / "words.npy", words)
    config["files"].pop("words.npy")
    config["files"]["words.npy"] = [0, ""]
    config["files"] = {"words.npy": config["files"]["words.npy"]}
    import hashlib

    data = (copy / "words.npy").read_bytes()
    config["files"]["words.npy"] = [len(data), hashlib.sha256(data).hexdigest()]
    (copy / "model.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="is damaged"):
        OnnxEncoder(copy).encode_query("honey")


def test_opening_takes_milliseconds(prepared: Path) -> None:
    """It stands before every question. Measured 0.8 ms; a tokenizer.json alone would be 500."""
    OnnxEncoder(prepared)
    times = []
    for _ in range(9):
        started = time.perf_counter()
        OnnxEncoder(prepared)
        times.append(time.perf_counter() - started)
    assert min(times) < 0.01


# The encoder of the other tests


def test_the_hashing_encoder_has_the_geometry_it_promises() -> None:
    encoder = HashingEncoder()
    honey = encoder.encode_query("Honey, honey and BREAD")
    assert honey.tokens.shape == (4, 256)
    assert (honey.tokens @ honey.tokens.T).tolist() == [
        [1, 1, 0, 0],
        [1, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
    ]
    [bread] = encoder.encode_passages(["bread"])
    assert float(honey.vector @ bread.vector) == pytest.approx(1 / np.sqrt(4 + 1 + 1))
    assert (encoder.queries, encoder.passages) == (1, 1)
    assert not encoder.encode_query("…").vector.any()


def test_both_encoders_are_encoders(tiny: OnnxEncoder, encoder: HashingEncoder) -> None:
    encoders: list[Encoder] = [tiny, encoder]
    members = ("name", "digest", "dim", "encode_query", "encode_passages", "count_tokens")
    assert all(hasattr(each, member) for each in encoders for member in members)
