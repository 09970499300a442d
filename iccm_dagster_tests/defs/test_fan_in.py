"""Gathering no, one or many applications: the same code, and never on nothing."""

import dagster as dg
import pandas as pd
import pytest

from iccm_dagster.definitions import ASSETS
from iccm_dagster.defs.assets.phase1 import phase1_dataset
from iccm_dagster.defs.partitions import APPLICATIONS
from iccm_dagster_tests.defs.conftest import QUIET

BIRTH = {"fingerprint": "by hand", "parents": {}}


def labels(key: str) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "application": key,
                "split": "train",
                "requirement_id": "R1",
                "text": "t",
                "variant": "gold",
                "relevant": ["m.f"],
                "heuristic": [],
                "negatives": [],
                "provenance": "p",
            }
        ]
    )


def sections(key: str) -> pd.DataFrame:
    return pd.DataFrame([{"application": key, "split": "train", "name": "m.f", "code": "def f(): ..."}])


def gather(instance, resources, raise_on_error: bool = True) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        ASSETS,
        selection=[phase1_dataset],
        instance=instance,
        resources=resources,
        raise_on_error=raise_on_error,
        run_config=QUIET,
    )


@pytest.mark.parametrize("count", [1, 2, 3])
def test_one_and_many_applications_are_gathered_alike(instance, resources, store, count):
    keys = [f"00{number}-app" for number in range(count)]
    instance.add_dynamic_partitions(APPLICATIONS.name, keys)
    for key in keys:
        store.write_table("phase1_labels", key, labels(key), **BIRTH)
        store.write_table("code_sections", key, sections(key), **BIRTH)
    gather(instance, resources)
    assert store.get("phase1_dataset").table("labels.parquet")["application"].tolist() == keys


def test_no_application_is_an_error_with_the_command_and_not_an_empty_dataset(instance, resources, store):
    result = gather(instance, resources, raise_on_error=False)
    error = result.failure_data_for_node("phase1_dataset").error
    assert "no application is registered. Run `make run`" in str(error.cause or error)
    assert store.find("phase1_dataset") is None


def test_an_application_with_a_problem_or_without_an_artifact_is_left_out_by_name(instance, resources, store):
    keys = ["000-good", "001-problem", "002-never-made"]
    instance.add_dynamic_partitions(APPLICATIONS.name, keys)
    store.write_table("phase1_labels", "000-good", labels("000-good"), **BIRTH)
    store.write_table("code_sections", "000-good", sections("000-good"), **BIRTH)
    store.write_problem("phase1_labels", "001-problem", "no gold", **BIRTH)
    result = gather(instance, resources)
    [event] = result.asset_materializations_for_node("phase1_dataset")
    assert event.metadata["left out"].value == "001-problem, 002-never-made"


def test_registered_but_never_made_is_an_error_with_the_command(instance, resources):
    instance.add_dynamic_partitions(APPLICATIONS.name, ["000-a", "001-b"])
    result = gather(instance, resources, raise_on_error=False)
    error = result.failure_data_for_node("phase1_dataset").error
    assert "--select phase1_labels --partition-range 000-a...001-b" in str(error.cause or error)
