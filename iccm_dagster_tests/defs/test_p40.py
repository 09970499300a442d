"""The P40 profiles on the CPU: a tiny Qwen2 in place of the real one, the same code.

Cortex and refinement are left out: no base model enters them, and their recipes are the smoke profile's own.
"""

from pathlib import Path

import dagster as dg
import pytest

from iccm_dagster.definitions import ASSETS, build_resources
from iccm_dagster.defs.assets.generators import DIFFERENCE
from iccm_dagster.defs.checks.generators import CHECKS
from iccm_dagster.defs.partitions import range_tags, register
from iccm_dagster.defs.resources.fixed import FixedProfileResource
from iccm_dagster_tests.defs.conftest import QUIET
from iccm_dagster_tests.tiny import tiny_p40, write_causal_lm

GROUPS = {"applications", "phase1", "phase2", "ablation", "celr"}
"""What a base model enters, and what leads there."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_causal_lm(tmp_path_factory.mktemp("qwen2"))


def test_the_whole_graph_with_either_generator(catalogue, base, tmp_path, instance):
    """Everything once with the generation head, then what hangs on the generator with the language model."""
    assets = [asset for asset in ASSETS if set(asset.group_names_by_key.values()) & GROUPS]
    stores = {}
    for name in ("p40", "p40-causal"):
        resources = build_resources(
            storage=str(tmp_path / "artifacts"),
            catalogue=str(catalogue),
            profile=FixedProfileResource.of(tiny_p40(name, base)),
        )
        keys = register(instance, resources["pipeline"].applications)
        result = dg.materialize(
            [*assets, *CHECKS],
            instance=instance,
            resources=resources,
            run_config=QUIET,
            tags=range_tags(keys, instance),
        )
        assert result.success
        store = resources["io_manager"].storage.store()
        checkpoint = store.get("phase2_checkpoint")
        stores[name] = (checkpoint.version, checkpoint.json("writer.json"))
        written = [store.get("generated_requirements", key).table() for key in keys]
        assert all(set(table["source"]) == {"stage 1", "stage 2"} for table in written)
        rates = store.get("phase2_evaluation").table()
        assert {"stage 1", "stage 2", "gold"} <= set(rates["source"])
        compared = store.get("phase2_generators").table()
        assert compared.groupby("generator")["stage"].apply(list).to_dict() == {"head": [1, 2], "causal_lm": [1, 2]}
        assert compared["pass_rate"].between(0, 1).all()
        assert store.get("phase2_generators").json(DIFFERENCE)["n"] == 1  # one validation application
        assert "chosen_generator_is_not_worse" in {found.check_name for found in result.get_asset_check_evaluations()}

    assert stores["p40"][1]["generator"] == "head"
    assert stores["p40-causal"][1]["generator"] == "causal_lm"
    assert stores["p40-causal"][1]["base"] == str(base)
    assert stores["p40"][0] != stores["p40-causal"][0]
