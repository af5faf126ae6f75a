"""Token vectors in few bytes: what comes back, and for how many texts which way is chosen."""

import numpy as np
import numpy.typing as npt
import pytest

from embeddings import Bytes, Codes, unit
from embeddings.packing import MANY, Packing, packing_for, shipped_codebook

DIM, PART = 48, 8
MODEL = "multilingual-e5-small"


def vectors(count: int, dim: int = DIM, seed: int = 1) -> npt.NDArray[np.float32]:
    """Unit vectors around a dozen directions, so that there is something to learn."""
    rng = np.random.default_rng(seed)
    directions = np.random.default_rng(0).standard_normal((12, dim))
    around = directions[rng.integers(12, size=count)] + 0.4 * rng.standard_normal((count, dim))
    return unit(around.astype(np.float32))


@pytest.fixture(scope="module")
def codes() -> Codes:
    import faiss

    quantizer = faiss.ProductQuantizer(DIM, DIM // PART, 8)
    quantizer.train(vectors(12_000, seed=2))
    centroids = faiss.vector_to_array(quantizer.centroids).astype(np.float16)
    return Codes(centroids.reshape(DIM // PART, 256, PART))


def back(way: Packing, tokens: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    values, scales = way.pack(tokens)
    assert (values.dtype, values.shape) == (np.uint8, (len(tokens), way.width))
    assert (scales.dtype, scales.shape) == (np.float16, (len(tokens),))
    found = way.unpack(values, scales)
    assert (found.dtype, found.shape) == (np.float32, tokens.shape)
    return found


def test_bytes_give_products_back_within_five_thousandths() -> None:
    tokens, query = vectors(200), vectors(5, seed=3)
    assert np.abs(query @ (back(Bytes(DIM), tokens) - tokens).T).max() < 0.005


def test_codes_take_an_eighth_and_give_products_back_roughly(codes: Codes) -> None:
    tokens, query = vectors(400), vectors(50, seed=3)
    assert codes.width == Bytes(DIM).width // 8
    right = (query @ tokens.T).ravel()
    assert np.corrcoef(right, (query @ back(codes, tokens).T).ravel())[0, 1] > 0.95
    assert np.abs(right - (query @ back(codes, tokens).T).ravel()).mean() < 0.1


def test_a_coded_token_has_its_own_product_with_itself(codes: Codes) -> None:
    tokens = vectors(300) * np.linspace(0.5, 2, 300, dtype=np.float32)[:, None]
    products, lengths = (tokens * back(codes, tokens)).sum(axis=1), (tokens**2).sum(axis=1)
    assert np.allclose(products, lengths, rtol=0.02)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_tokens_of_nothing_but_zeros_stay_zeros(codes: Codes, count: int) -> None:
    for way in (Bytes(DIM), codes):
        assert not back(way, np.zeros((count, DIM), np.float32)).any()


def test_codes_are_the_same_from_bytes(codes: Codes) -> None:
    """An index that outgrows its bytes is the one that was made at once."""
    tokens = vectors(500)
    values, scales = codes.pack(tokens)
    again, scales_again = codes.pack(back(Bytes(DIM), tokens))
    assert (values == again).all()
    assert (scales == scales_again).all()


def test_a_text_is_coded_in_one_thread_and_faiss_keeps_its_own(codes: Codes) -> None:
    import faiss

    quantizer, seen, count = codes._quantizer, [], faiss.omp_get_max_threads()

    class Watched:
        def compute_codes(self, tokens: npt.NDArray[np.float32]) -> object:
            seen.append(faiss.omp_get_max_threads())
            return quantizer.compute_codes(tokens)

    watched = Codes(codes.codebook)
    watched._quantizer = Watched()
    try:
        faiss.omp_set_num_threads(3)
        watched.pack(vectors(2))
        assert (seen, faiss.omp_get_max_threads()) == ([1], 3)
    finally:
        faiss.omp_set_num_threads(count)


def test_another_codebook_has_another_name(codes: Codes) -> None:
    other = codes.codebook.copy()
    other[0, 0, 0] += 1
    assert len({codes.name, Codes(other).name, Bytes(DIM).name}) == 3
    assert Codes(codes.codebook.copy()).name == codes.name


def test_only_many_texts_of_a_model_with_a_codebook_are_coded() -> None:
    many = MANY + 1
    assert packing_for(MODEL, 384, many).width == 48
    assert packing_for(MODEL, 384, many - 1).width == 384
    assert packing_for("another/model", 384, many).width == 384
    assert packing_for(MODEL, 768, many).width == 768  # another model of the same name


def test_the_shipped_codebook_fits_the_built_in_model() -> None:
    codebook = shipped_codebook(MODEL)
    assert codebook is not None
    assert (codebook.shape, codebook.dtype) == ((48, 256, 8), np.float16)
    assert np.isfinite(codebook.astype(np.float32)).all()
