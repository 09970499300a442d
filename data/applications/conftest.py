"""Lets plain ``pytest`` run inside one application: its sources are importable and the marker is known."""

import sys
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker that ties a test to a requirement."""
    config.addinivalue_line("markers", "requirement(id): the gold requirement that the test checks")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> None:
    """Make the sources of the application that a test file belongs to importable."""
    application = Path(__file__).parent / file_path.relative_to(Path(__file__).parent).parts[0]
    source = str(application / "src")
    if source not in sys.path:
        sys.path.insert(0, source)
