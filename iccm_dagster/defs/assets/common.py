"""What all assets of a kind share."""

from typing import Any

import dagster as dg

from iccm_dagster.defs.automation import REFRESHED
from iccm_dagster.defs.freshness import RECIPE
from iccm_dagster.defs.partitions import APPLICATIONS
from iccm_dagster.defs.profiles import chosen_machine
from iccm_dagster.defs.resources.card import launch_tags

OWNERS = ["team:iccm"]
POOL = "gpu"
"""One slot per card: trainings, and what reads with a large model, wait for each other here."""
TRAINING: dict[str, Any] = {"pool": POOL, "op_tags": launch_tags(chosen_machine())}
"""What every training asset declares besides: its pool, and what a cluster is asked for."""
HARNESS_POOL = "harness"
"""Steps that judge programs wait for each other here: each fills the machine with its own workers."""


def once(group: str, *, kinds: set[str], code_version: str, recipe: str = "") -> dict[str, Any]:
    """Return the settings of an asset about all applications."""
    return {
        "group_name": group,
        "kinds": kinds,
        "owners": OWNERS,
        "code_version": code_version,
        # A run over a range of applications needs the policy on every asset in it, this kind too.
        "backfill_policy": dg.BackfillPolicy.single_run(),
        "metadata": {RECIPE: recipe} if recipe else {},
    }


def per_application(group: str, *, kinds: set[str], code_version: str, recipe: str = "") -> dict[str, Any]:
    """Return the settings of an asset with one artifact per application."""
    return {**once(group, kinds=kinds, code_version=code_version, recipe=recipe), "partitions_def": APPLICATIONS}


def light(group: str, *, kinds: set[str], code_version: str, recipe: str = "") -> dict[str, Any]:
    """Return the settings of a cheap asset per application: Dagster makes it again when what it is made from changed."""
    settings = per_application(group, kinds=kinds, code_version=code_version, recipe=recipe)
    return {**settings, "automation_condition": REFRESHED}
