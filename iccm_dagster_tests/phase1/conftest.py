"""One tiny checkpoint for the whole folder."""

from pathlib import Path

import pytest

from iccm_dagster_tests.phase1.tiny_models import tiny_qwen2


@pytest.fixture(scope="session")
def qwen2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Qwen2 checkpoint with 32 dimensions."""
    return tiny_qwen2(tmp_path_factory.mktemp("qwen2"))
