"""``make run``: the whole graph from the bundled applications, in one run, then a summary of one screen.

python -m iccm_dagster.defs.run [--only-summary]
"""

import argparse
import os
import sys
import time
from collections.abc import Container
from uuid import uuid4

import dagster as dg

from iccm_dagster.defs.doctor import reap_dead_runs
from iccm_dagster.defs.freshness import stale
from iccm_dagster.defs.jobs import MAIN_GROUPS
from iccm_dagster.defs.logs import TERSE
from iccm_dagster.defs.partitions import range_tags, register
from iccm_dagster.defs.report import summary
from iccm_dagster.defs.sqlite import few_waits
from iccm_dagster.defs.workers import process_tags
from iccm_dagster.errors import ICCMError


def main(argv: list[str] | None = None) -> int:
    """Run what is out of date, print the summary; 0 when everything asked for is there."""
    parser = argparse.ArgumentParser(
        prog="make run", description="Materialize phase2_checkpoint, everything upstream, and its evaluation."
    )
    parser.add_argument("--only-summary", action="store_true", help="print the summary of what is stored, run nothing")
    arguments = parser.parse_args(argv)
    from iccm_dagster.definitions import defs

    # The command line of Dagster reads dagster.yaml from the working folder where no home is set; so does this.
    os.environ.setdefault("DAGSTER_HOME", os.getcwd())
    pipeline = _resources(defs).pipeline
    with few_waits(), dg.DagsterInstance.get() as instance:
        try:
            seconds = {} if arguments.only_summary else _run(defs, pipeline, instance)
            if seconds is None:
                return 1
            print(summary(pipeline.store, pipeline.profile, seconds=seconds))
        except ICCMError as error:
            print(f"\n{type(error).__name__}: {error}", file=sys.stderr)
            return 1
    return 0


def _run(defs: dg.Definitions, pipeline, instance: dg.DagsterInstance) -> dict[str, float] | None:
    """Run what is out of date; return how long each asset took [s], None when something failed."""
    started = time.monotonic()
    pipeline.card.require(pipeline.profile)
    for run_id in reap_dead_runs(instance):
        print(f"run {run_id} had died without a word: ended, its slot is free")
    keys = register(instance, pipeline.catalogue)
    _resources(defs).registry.follow(pipeline.catalogue)
    graph = defs.resolve_asset_graph()
    every = [key for key in graph.materializable_asset_keys if graph.get(key).group_name in MAIN_GROUPS]
    old = stale(
        graph,
        every,
        keys=keys,
        store=pipeline.store,
        profile=pipeline.profile,
        catalogue=pipeline.catalogue,
        with_targets=True,
    )
    print(f"profile {pipeline.profile.name}, {len(keys)} applications, storage {pipeline.store.root}")
    if not old:
        print(f"everything is up to date ({time.monotonic() - started:.1f} s)")
        return {}
    print("to make: " + ", ".join(old))
    run_id = str(uuid4())
    # The catalogue's checks look at all applications, so that one that was mended or broken shows at once.
    result = defs.resolve_job_def("main").execute_in_process(
        instance=instance,
        asset_selection=[dg.AssetKey(name) for name in old],
        raise_on_error=False,
        run_config=TERSE,
        run_id=run_id,
        tags={
            **range_tags(sorted({key for found in old.values() for key in found if key}) or keys, instance),
            **process_tags(run_id),
            "dagster/max_retries": "0",
        },
    )
    if not result.success:
        print(
            f"run {result.run_id} failed. What was finished is stored; run `make run` again after mending it.",
            file=sys.stderr,
        )
        return None
    return _seconds(result, assets=set(old))


def _seconds(result: dg.ExecuteInProcessResult, *, assets: Container[str]) -> dict[str, float]:
    """Return asset -> time of its steps [s]; checks, which are quick, as one."""
    seconds: dict[str, float] = {}
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.STEP_SUCCESS:
            step = str(event.step_key).split(".")[0]
            name = step if step in assets else "checks"
            seconds[name] = seconds.get(name, 0.0) + event.step_success_data.duration_ms / 1000
    return seconds


def _resources(defs: dg.Definitions):
    """Return the resources with their nested ones resolved, as an asset would get them."""
    from dagster import build_resources

    return build_resources(defs.resources).__enter__()


if __name__ == "__main__":
    sys.exit(main())
