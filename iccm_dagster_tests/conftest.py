"""What all tests share: tiny applications on disk, a profile that trains in seconds, goldens."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from iccm_dagster_tests.tiny import write_catalogue

GOLDEN = Path(__file__).parent / "golden"
LONGEST = ("test_recovery.py", "test_command_line.py", "test_bundled.py", "test_p40.py", "test_attacks.py")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="redraw the goldens instead of comparing with them")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no process is left alone with one of them at the end."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, Any], Any]:
    """Return the stored value of a golden; with ``--golden``, store the value that was drawn first."""

    def stored(name: str, drawn: Any) -> Any:
        path = GOLDEN / name
        if request.config.getoption("--golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(drawn, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return json.loads(path.read_text(encoding="utf-8"))

    return stored


@pytest.fixture
def two_threads() -> Iterator[None]:
    """Torch computes with two threads, whatever the machine has."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Three tiny applications: one to train on, one to validate on, one held out."""
    return write_catalogue(tmp_path / "applications")
