"""What a person finds on the pages: previews, plots, targets, the way back to the application, a report of one minute."""

import base64
import io
import re

import dagster as dg
import numpy as np
import pytest
from PIL import Image

from iccm_dagster.definitions import ASSETS, CHECKS, defs
from iccm_dagster.defs import show
from iccm_dagster.defs.assets.operations import failed_runs, run_report
from iccm_dagster.defs.jobs import LIGHT
from iccm_dagster.defs.lineage import roots_in
from iccm_dagster_tests.defs.conftest import QUIET
from iccm_dagster_tests.defs.life import Life

GRAPH = defs.resolve_asset_graph()
MAIN = ("applications", "phase1", "phase2")
INLINE = 1000
"""Characters of Markdown that the UI shows in place; longer ones are behind a click."""


@pytest.fixture
def stood_in(instance, resources):
    """The main pipeline, every artifact written by a stand-in, over three applications."""
    life = Life(instance=instance, pipeline=resources["pipeline"], graph=GRAPH)
    keys = ("001-plain", "002-other", "003-hidden")
    instance.add_dynamic_partitions("applications", list(keys))
    life.make([key.to_user_string() for key in GRAPH.get_all_asset_keys() if GRAPH.get(key).group_name in MAIN], keys)
    return life


def test_a_matrix_has_a_square_for_each_mark_in_its_row_and_column():
    rows, columns = ["R1", "R2"], ["m.first", "m.second", "m.third"]

    def blue(*marks: tuple[str, str]) -> np.ndarray:
        text = show.matrix("t", rows, columns, marks).md_str
        picture = Image.open(io.BytesIO(base64.b64decode(re.search(r"base64,(.*)\)", text)[1]))).convert("RGB")
        red, _, blue = np.asarray(picture).astype(int).transpose(2, 0, 1)
        return np.argwhere(blue - red > 60)

    assert len(blue()) == 0
    first, below, beside = (blue(mark) for mark in (("R1", "m.first"), ("R2", "m.first"), ("R1", "m.third")))
    assert len(first) == len(below) == len(beside) > 0
    step = (below - first)[0][0]
    assert step > 0 and (below - first == (step, 0)).all()
    assert (beside - first == (0, 2 * step)).all()


def shown(instance, name: str, partition: str | None = None):
    records = instance.fetch_materializations(dg.AssetKey(name), limit=20).records
    return next(found.metadata for record in records if (found := record.asset_materialization).partition == partition)


def run(instance, resources, *names: str, tags=None) -> dg.ExecuteInProcessResult:
    selection = dg.AssetSelection.assets(*names)
    checks = [check for check in CHECKS if {key.asset_key.to_user_string() for key in check.check_keys} & set(names)]
    return dg.materialize(
        [*ASSETS, *checks], selection=selection, instance=instance, resources=resources, run_config=QUIET, tags=tags
    )


def test_a_generated_requirement_leads_back_to_the_version_of_its_application(stood_in, instance, resources, store):
    """Nothing is made again: the page of what is up to date shows the same as when it was made."""
    result = run(instance, resources, "phase1_dataset")
    assert result.success
    from iccm_dagster.defs.lineage import lineage_table

    text = lineage_table(store, store.get("generated_requirements", "002-other")).md_str
    source = store.get("application_source", "002-other").version
    assert f"|application_source/002-other|{source[:7]}|" in text
    assert "001-plain" not in text, "it stands on one application only"
    steps = ["phase2_checkpoint", "phase2_stage1_checkpoint", "phase1_checkpoint", "phase1_dataset"]
    assert [text.index(step) for step in steps] == sorted(text.index(step) for step in steps)
    whole = lineage_table(store, store.get("phase2_checkpoint")).md_str
    assert "|application_source||3 applications|" in whole


def test_a_parent_that_was_made_again_is_said_to_be_superseded(stood_in, store):
    from iccm_dagster.defs.lineage import lineage_table

    with store.writing("phase2_checkpoint", None, fingerprint="another", parents={}) as draft:
        (draft.folder / "content.txt").write_text("another")
    text = lineage_table(store, store.get("generated_requirements", "001-plain")).md_str
    assert "superseded" in text and "phase1_checkpoint" in text, "the first stage is known through its own handle"


def test_the_light_assets_show_preview_plot_lineage_and_checks_with_target_and_value(
    instance, resources, store, materialize
):
    names = [
        name
        for name in LIGHT
        if name in ("application_source", "code_sections", "gold_requirements", "catalogue_statistics")
    ]
    chosen = [asset for asset in ASSETS if asset.key.to_user_string() in names]
    checks = [check for check in CHECKS if {key.asset_key.to_user_string() for key in check.check_keys} & set(names)]
    result = materialize(*chosen, *checks)
    gold = shown(instance, "gold_requirements", "002-other")
    assert "data:image/png;base64," in gold["traceability, at a glance"].md_str
    assert "| R1 |" in gold["traceability"].md_str
    assert len(gold["lineage"].md_str) < INLINE
    assert "preview" in shown(instance, "code_sections", "002-other")
    assert "data:image/png" in shown(instance, "catalogue_statistics")["lines"].md_str
    evaluations = result.get_asset_check_evaluations()
    assert len(evaluations) == 3
    for found in evaluations:
        assert (
            found.metadata["value"].value == 0
            and found.metadata["target"].value == 0
            and found.metadata["n"].value == 3
        )
    assert set(roots_in(store.get("catalogue_statistics"), "application_source")) == {
        "001-plain",
        "002-other",
        "003-hidden",
    }


def test_the_data_version_of_a_partition_is_its_content(instance, resources, store, materialize):
    materialize(
        *[asset for asset in ASSETS if asset.key.to_user_string() == "application_source"], partition="001-plain"
    )
    event = instance.get_latest_materialization_event(dg.AssetKey("application_source")).asset_materialization
    assert event.tags["dagster/data_version"] == store.get("application_source", "001-plain").version


def test_the_report_says_in_place_what_is_there_and_what_is_missing(instance, resources, store):
    result = dg.materialize([run_report, failed_runs], instance=instance, resources=resources, run_config=QUIET)
    assert result.success
    page = shown(instance, "run_report")
    assert "No checkpoint yet.** Run `make run`" in page["in one minute"].md_str
    assert page["runs that need a person"].value == 0


def test_the_report_counts_what_changed_since_the_checkpoint(stood_in, instance, resources, store):
    with store.writing("application_source", "002-other", fingerprint="new", parents={}) as draft:
        (draft.folder / "content.txt").write_text("new")
    (store.root / "phase2_evaluation" / "all" / "current.json").unlink()
    dg.materialize([run_report, failed_runs], instance=instance, resources=resources, run_config=QUIET)
    text = shown(instance, "run_report")["in one minute"].md_str
    assert "on 3 applications; **1** changed since" in text
    assert len(text) < INLINE
