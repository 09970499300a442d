"""The refinement assets from nothing to their checks, on the smoke profile; nothing of the main loop needs them."""

import dagster as dg
import pandas as pd
import pytest

from iccm_dagster.definitions import defs
from iccm_dagster.defs.assets.refinement import (
    GALLERY,
    LEADS,
    LOOPS,
    SOLVED,
    program_corpus,
    refinement_checkpoint,
    refinement_evaluation,
)
from iccm_dagster.defs.checks.refinement import AIMS, CHECKS, FRESH_AIMS
from iccm_dagster_tests.defs.conftest import QUIET

ASSETS = [program_corpus, refinement_checkpoint, refinement_evaluation]
BIRTH = {"fingerprint": "by hand", "parents": {}}


def test_all_three_assets_are_made_and_judged(instance, resources, store):
    result = dg.materialize([*ASSETS, *CHECKS], instance=instance, resources=resources, run_config=QUIET)
    assert result.success
    assert len(result.get_asset_check_evaluations()) == len(CHECKS)
    assert store.get("program_corpus").table()["behaviour"].is_unique
    [event] = result.asset_materializations_for_node("refinement_evaluation")
    assert "base64" in event.metadata["solved, fresh inputs"].value
    solved = store.get("refinement_evaluation").table(SOLVED)
    assert {"random search", "deduction, nothing learned", "one shot, resampled", "ours", "ours, parallel"} <= set(
        solved["row"]
    )
    assert store.get("refinement_evaluation").file(GALLERY).exists()
    [trained] = result.asset_materializations_for_node("refinement_checkpoint")
    assert "scheduled sampling, test-guided" in trained.metadata["rows"].value


def evaluate(store, resources, instance, *, gain: float, lead: float, solved: float) -> dict[str, bool]:
    """Store an evaluation with these numbers and return what each check says of it."""
    levels = (0.5, 0.75, 1.0)
    loops = [
        {"row": "ours", "level": level, "metric": metric, "iteration": i, "value": start + slope * i, "low": 0.0, "high": 1.0, "n": 9}
        for level in levels
        for metric, start, slope in (("accuracy", 0.7, gain / 4), ("changed", 0.0, gain))
        for i in range(5)
    ]  # fmt: skip
    rates = [
        {"row": "ours", "level": level, "budget": budget, "inputs": inputs, "solved": solved, "low": 0.0, "high": 1.0, "n": 9}
        for level in levels
        for budget in (5, 40)
        for inputs in ("given", "fresh")
    ]  # fmt: skip
    leads = [
        {"against": other, "level": level, "budget": 5, "inputs": inputs, "lead": lead, "low": lead, "high": lead, "control": 0.5, "n": 9}
        for other in ("random search", "deduction, nothing learned", "one shot, resampled")
        for level in levels
        for inputs in ("given", "fresh")
    ]  # fmt: skip
    with store.writing("refinement_evaluation", None, **BIRTH) as draft:
        for name, rows in ((LOOPS, loops), (SOLVED, rates), (LEADS, leads)):
            pd.DataFrame(rows).to_parquet(draft.folder / name)
    on_evaluation = [check for check in CHECKS if check.check_key.asset_key.to_user_string() == "refinement_evaluation"]
    result = dg.materialize(
        [*ASSETS, *on_evaluation],
        selection=dg.AssetSelection.checks(*on_evaluation),
        instance=instance,
        resources=resources,
        run_config=QUIET,
    )
    return {found.check_name: found.passed for found in result.get_asset_check_evaluations()}


def test_the_checks_pass_on_what_the_seed_asked_for(store, resources, instance):
    found = evaluate(store, resources, instance, gain=0.12, lead=0.05, solved=1.0)
    assert len(found) == 7 + len(AIMS) + len(FRESH_AIMS)
    assert all(found.values())


@pytest.mark.parametrize(
    ("numbers", "fails"),
    [
        ({"gain": 0.0}, {"changes_after_the_first_answer", "accuracy_grows_over_iterations"}),
        ({"gain": 0.09}, {"accuracy_grows_over_iterations"}),
        ({"lead": 0.0}, {"beats_random_search", "beats_deduction", "beats_one_shot_resampling"}),
        ({"solved": 0.09}, {"one_in_ten_is_solved"}),
    ],
)
def test_the_checks_fail_on_a_model_that_never_changes_its_mind_or_has_no_lead(
    store, resources, instance, numbers, fails
):
    found = evaluate(store, resources, instance, **{"gain": 0.12, "lead": 0.05, "solved": 1.0, **numbers})
    assert {name for name, passed in found.items() if not passed and not name.startswith("solved_")} == fails


def test_neither_the_checkpoint_of_phase_2_nor_the_main_job_needs_refinement():
    graph = defs.resolve_asset_graph()
    upstream = graph.get_ancestor_asset_keys(dg.AssetKey("phase2_checkpoint"))
    assert not {key.to_user_string() for key in upstream} & {asset.key.to_user_string() for asset in ASSETS}
    selected = defs.resolve_job_def("main").asset_layer.selected_asset_keys
    assert not {asset.key for asset in ASSETS} & set(selected)
    assert {asset.key for asset in ASSETS} == set(defs.resolve_job_def("refinement").asset_layer.selected_asset_keys)
