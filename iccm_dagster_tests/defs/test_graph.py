"""The graph as drawn, and what every asset in it says about itself."""

import dagster as dg
import pytest

from iccm_dagster.definitions import ASSETS, defs
from iccm_dagster.defs.assets.common import POOL

GRAPH = defs.resolve_asset_graph()
KEYS = sorted(GRAPH.get_all_asset_keys())


def test_the_asset_graph_is_the_one_we_drew(golden):
    drawn = {
        key.to_user_string(): {
            "parents": sorted(parent.to_user_string() for parent in GRAPH.get(key).parent_keys),
            "group": GRAPH.get(key).group_name,
            "partitioned": GRAPH.get(key).partitions_def is not None,
            "checks": sorted(check.name for check in GRAPH.get(key).check_keys),
        }
        for key in KEYS
    }
    assert drawn == golden("asset_graph.json", drawn)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.to_user_string())
def test_an_asset_says_what_it_is(key):
    node = GRAPH.get(key)
    assert node.description, "the docstring is what the UI shows"
    groups = ("applications", "phase1", "phase2", "ablation", "celr", "cortex", "refinement", "operations")
    assert node.group_name in groups
    assert node.owners
    assert node.kinds
    assert node.code_version
    assert node.backfill_policy == dg.BackfillPolicy.single_run()


def test_the_definitions_can_be_loaded():
    dg.Definitions.validate_loadable(defs)


def test_trainings_and_readers_of_large_models_share_the_pool_and_the_bootstrap_holds_no_slot_of_it():
    """With a pool of one slot, a bootstrap that held it would wait for its own trainings for ever."""
    pools = {op.name: op.pool for asset in ASSETS for op in asset.node_def.iterate_op_defs()}
    assert {name for name, pool in pools.items() if pool == POOL} == {
        "phase1_checkpoint",
        "phase2_stage1_checkpoint",
        "refinement_checkpoint",
        "train_on_pass_rates",
        "phase2_generators",
        "phase2_similarity_checkpoint",
        "dpo_checkpoint",
        # They read with the base, on the card where there is one.
        "phase1_labels",
        "phase1_evaluation",
        "section_index",
        "generated_requirements",
    }
    assert pools["complete_upstream"] is None


def test_a_broken_application_stops_no_training():
    """The checks on applications are warnings: none of them blocks."""
    checks = [spec for asset in GRAPH.asset_check_keys for spec in [GRAPH.get_check_spec(asset)]]
    assert checks
    assert {spec.name for spec in checks if spec.blocking} == {"promotion_gate"}, "it guards the agent, not a training"
