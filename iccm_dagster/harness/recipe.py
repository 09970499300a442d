"""How suites are calibrated and what a verdict may cost. Plain values: no sandbox is touched here."""

from pydantic import BaseModel, Field


class CalibrationRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """Calibration of an application's tests, and the limits of every verdict after it."""

    repeats: int = Field(default=3, ge=1)
    """Runs of the original; a test that does not pass each time leaves the denominator."""
    mutants: int = Field(default=4, ge=0)
    """First-order mutants tried, drawn over the sources; their kill rate is the suite's strength."""
    wall_s: float = Field(default=60.0, gt=0)
    """Wall-clock time of one suite [s] before calibration."""
    test_s: float = Field(default=10.0, gt=0)
    """Wall-clock time of one test [s] before calibration."""
    memory_mib: int = Field(default=1024, ge=64)
    """Memory of one verdict [MiB]."""
    processes: int = Field(default=32, ge=4)
    """Processes and threads of one verdict."""
    output_mib: int = Field(default=16, ge=1)
    """Files and messages of one verdict [MiB]."""
    workers: int = Field(default=2, ge=1)
    """Verdicts in parallel."""
