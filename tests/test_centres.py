"""The means that are taken off token vectors, and what happens where there are none."""

import numpy as np
import pytest

from embeddings import Centres, builtin, centres, unit

TOKENS = unit(np.array([[3, 4, 0], [0, 0, 5], [1, 1, 1]], np.float32))


def test_the_mean_of_kind_and_language_is_taken_off_and_the_rest_scaled() -> None:
    mean = np.array([0.6, 0, 0], np.float32)
    means = Centres({"query": {"en": mean}})
    centred = means.centred(TOKENS, "query", "en")
    assert np.allclose(centred[0], [0, 1, 0])  # (0.6, 0.8, 0) - (0.6, 0, 0), of unit length
    assert np.allclose(np.linalg.norm(centred, axis=1), 1)


@pytest.mark.parametrize(("kind", "language"), [("query", "fr"), ("passage", "en")])
def test_another_kind_or_language_is_left_alone(kind: str, language: str) -> None:
    means = Centres({"query": {"en": np.ones(3, np.float32)}})
    assert means.centred(TOKENS, kind, language) is TOKENS  # type: ignore[arg-type]


def test_a_model_of_the_same_name_and_other_dimensions_is_left_alone() -> None:
    means = centres("/somewhere/multilingual-e5-small")
    assert means.centred(TOKENS, "query", "en") is TOKENS


def test_a_model_without_means_is_left_alone() -> None:
    assert centres("no-such-model").centred(TOKENS, "query", "en") is TOKENS


def test_no_tokens_stay_no_tokens() -> None:
    nothing = np.zeros((0, 384), np.float32)
    assert centres(builtin.NAME).centred(nothing, "query", "en").shape == (0, 384)


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_the_built_in_model_has_means_for_questions_and_passages(language: str) -> None:
    alone = np.zeros((1, 384), np.float32)
    query = centres(builtin.HUB_NAME).centred(alone, "query", language)
    passage = centres(builtin.NAME).centred(alone, "passage", language)
    assert np.linalg.norm(query) == pytest.approx(1)  # minus the mean, of unit length
    assert np.linalg.norm(passage) == pytest.approx(1)
    assert 0.3 < float(query[0] @ passage[0]) < 0.999  # prompts set them apart, a little
