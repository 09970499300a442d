"""What holds for every instance: no warning of Dagster, the same settings on either storage, a pool for what fills the machine."""

import subprocess
import sys
from pathlib import Path

import yaml

from iccm_dagster.definitions import ASSETS
from iccm_dagster.defs.assets.common import HARNESS_POOL, POOL

ROOT = Path(__file__).parents[2]
# What Dagster says of things that will go away or may change. Beta marks are the exception: the graph needs two things
# that carry them, which definitions.py names and pyproject pins.
STRICT = """
import warnings
seen = []
warnings.showwarning = lambda message, category, filename, *_: seen.append((category, filename, str(message)))
warnings.simplefilter("always")
import dagster as dg
from iccm_dagster.definitions import defs
dg.Definitions.validate_loadable(defs)
defs.resolve_asset_graph()
ours = (dg.PreviewWarning, dg.SupersessionWarning, DeprecationWarning, FutureWarning)
print([(category.__name__, text) for category, filename, text in seen if issubclass(category, ours) and "pydantic" not in filename + text])
"""


def test_the_definitions_load_without_a_warning_of_dagster():
    done = subprocess.run([sys.executable, "-c", STRICT], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_the_instances_differ_in_their_storage_only():
    sqlite, postgres = (
        yaml.safe_load(path.read_text("utf-8"))
        for path in (ROOT / "dagster.yaml", ROOT / "data" / "instances" / "postgres" / "dagster.yaml")
    )
    assert sqlite.pop("storage") == {"sqlite": {"base_dir": ".dagster"}}
    assert postgres.pop("storage") == {"postgres": {"postgres_url": {"env": "ICCM_POSTGRES"}}}
    assert sqlite == postgres


def test_what_judges_programs_waits_for_its_turn():
    """Verdicts fill the machine with their own workers: a step that is lent the sandbox is in a pool, trainings in theirs."""
    pools = {
        op.name: op.pool
        for asset in ASSETS
        for op in asset.node_def.iterate_op_defs()
        if "sandbox" in op.required_resource_keys
    }
    assert {"test_calibration", "reconstruction_pass_rates", "trajectories", "cortex_benchmark"} <= pools.keys()
    assert {name: pool for name, pool in pools.items() if pool not in (POOL, HARNESS_POOL)} == {}
