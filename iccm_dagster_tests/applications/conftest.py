"""A small application on disk, which each test may damage in its own way."""

from collections.abc import Callable
from pathlib import Path

import pytest

DESCRIPTION = """id = "001-till"
name = "Till"
summary = "Adds up what a customer buys."
split = "train"
modules = ["tillbox"]
"""

SOURCE = '''"""Adds up what a customer buys."""

RATES = {}


def rate(name):
    """Register a discount under a name."""

    def register(function):
        RATES[name] = function
        return function

    return register


class TillError(ValueError):
    """Raised for a price below zero."""


class Till:
    """What one customer buys."""

    def __init__(self, start: int = 0) -> None:
        self.total = _checked(start)

    def add(self, price: int) -> int:
        """Add one price and return the new total."""
        self.total += _checked(price)
        return self.total

    @property
    def empty(self) -> bool:
        """Whether nothing was bought."""
        return self.total == 0


def discounted(total: int, name: str) -> int:
    """Return what is left to pay after a named discount."""
    if total < 0:
        raise TillError("negative total")
    return RATES[name](total)


def _checked(price: int) -> int:
    if price < 0:
        raise TillError("negative price")
    return price


@rate("half")
def _half(total):
    return total // 2
'''

TESTS = """import pytest
import tillbox


@pytest.mark.requirement("R1")
def test_prices_add_up():
    till = tillbox.Till()
    till.add(3)
    assert till.add(4) == 7


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("price", [-1, -5])
def test_a_negative_price_is_refused(price):
    with pytest.raises(tillbox.TillError):
        tillbox.Till().add(price)


@pytest.mark.requirement("R2")
class TestEmpty:
    def test_a_new_till_is_empty(self):
        assert tillbox.Till().empty

    def test_a_till_with_money_is_not(self):
        assert not tillbox.Till(5).empty


@pytest.mark.requirement("R3")
def test_half_price():
    assert tillbox.discounted(9, "half") == 4
"""

REQUIREMENTS = """# Gold requirements: Till

- **R1** (functional): Adding a price raises the running total and returns it.
  - When a price is entered, the sum grows by it and is given back.
  - The till must answer each new price with the amount reached so far.
  - Every amount keyed in increases what has been collected, which is then reported.
- **R2** (functional): A till says whether anything has been bought so far.
  - The customer can ask if the purchase still holds nothing at all.
  - It is possible to see that no goods were entered yet.
  - Whether something was sold already can be read from the till.
- **R3** (constraint): Discounts must never be applied to a total that lies below zero.
  - A sum under nothing is refused before any reduction gets computed.
  - No reduction may be calculated when the amount owed is negative.
  - Negative amounts are an error wherever a price cut is asked for.
"""

TRACEABILITY = """[R1]
sections = ["tillbox.Till.add"]

[R2]
sections = ["tillbox.Till.empty"]

[R3]
sections = ["tillbox.discounted", "tillbox._half"]
"""

FILES = {
    "application.toml": DESCRIPTION,
    "src/tillbox.py": SOURCE,
    "tests/test_tillbox.py": TESTS,
    "gold_requirements.md": REQUIREMENTS,
    "traceability.toml": TRACEABILITY,
}

WriteApplication = Callable[..., Path]


@pytest.fixture
def write_application(tmp_path: Path) -> WriteApplication:
    """Return a function that writes the till application; ``changes`` replace files, None removes one."""

    def write(folder: str = "001-till", changes: dict[str, str | bytes | None] | None = None) -> Path:
        root = tmp_path / "data" / folder
        files = {**FILES, "application.toml": DESCRIPTION.replace("001-till", folder)} | (changes or {})
        for path, content in files.items():
            if content is not None:
                file = root / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return root

    return write
