"""The P40 profiles on the CPU: a tiny Qwen2 in place of the real one, the same code.

The main groups and the comparison of the generators. CELR and the rest of the ablation would double the time, and no base
model enters cortex and refinement.
"""

from pathlib import Path

import dagster as dg
import pytest

from iccm_dagster.definitions import ASSETS, build_resources
from iccm_dagster.defs.assets.generators import DIFFERENCE, phase2_generators
from iccm_dagster.defs.checks.generators import CHECKS
from iccm_dagster.defs.jobs import MAIN_GROUPS
from iccm_dagster.defs.partitions import range_tags, register
from iccm_dagster.defs.resources.fixed import FixedProfileResource
from iccm_dagster_tests.defs.conftest import QUIET
from iccm_dagster_tests.tiny import tiny_p40, write_causal_lm

MAIN = [asset for asset in ASSETS if set(asset.group_names_by_key.values()) & set(MAIN_GROUPS)]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_causal_lm(tmp_path_factory.mktemp("qwen2"))


def test_the_main_graph_with_either_generator(catalogue, base, tmp_path, instance):
    """Everything with the generation head, then what hangs on the generator with the language model."""
    stores = {}
    for name, assets in (("p40", [*MAIN, phase2_generators, *CHECKS]), ("p40-causal", MAIN)):
        resources = build_resources(
            storage=str(tmp_path / "artifacts"),
            catalogue=str(catalogue),
            profile=FixedProfileResource.of(tiny_p40(name, base)),
        )
        keys = register(instance, resources["pipeline"].applications)
        result = dg.materialize(
            assets,
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
        assert "gold" in set(rates["source"])  # a writer this small may say nothing that is selected

    compared = store.get("phase2_generators").table()
    assert compared.groupby("generator")["stage"].apply(list).to_dict() == {"head": [1, 2], "causal_lm": [1, 2]}
    assert compared["pass_rate"].between(0, 1).all()
    assert store.get("phase2_generators").json(DIFFERENCE)["n"] == 1  # one validation application
    assert stores["p40"][1]["generator"] == "head"
    assert stores["p40-causal"][1]["generator"] == "causal_lm"
    assert stores["p40-causal"][1]["base"] == str(base)
    assert stores["p40"][0] != stores["p40-causal"][0]
