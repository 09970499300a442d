"""``make run``: the whole graph from the bundled applications, in one run, then a summary of one screen.

python -m iccm_dagster.defs.run [--only-summary]
"""

import argparse
import os
import sys
import time

import dagster as dg

from iccm_dagster.defs.doctor import reap_dead_runs
from iccm_dagster.defs.freshness import stale
from iccm_dagster.defs.logs import TERSE
from iccm_dagster.defs.partitions import range_tags, register
from iccm_dagster.defs.report import summary
from iccm_dagster.defs.training import require_machine
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
    pipeline = _pipeline(defs)
    with dg.DagsterInstance.get() as instance:
        try:
            if not arguments.only_summary and not _run(defs, pipeline, instance):
                return 1
            print(summary(pipeline.store, pipeline.profile))
        except ICCMError as error:
            print(f"\n{type(error).__name__}: {error}", file=sys.stderr)
            return 1
    return 0


def _run(defs: dg.Definitions, pipeline, instance: dg.DagsterInstance) -> bool:
    started = time.monotonic()
    require_machine(pipeline.profile)
    for run_id in reap_dead_runs(instance):
        print(f"run {run_id} had died without a word: ended, its slot is free")
    keys = register(instance, pipeline.catalogue)
    graph = defs.resolve_asset_graph()
    every = list(graph.materializable_asset_keys)
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
        return True
    print("to make: " + ", ".join(old))
    # The catalogue's checks look at all applications, so that one that was mended or broken shows at once.
    result = defs.resolve_job_def("main").execute_in_process(
        instance=instance,
        asset_selection=[dg.AssetKey(name) for name in old],
        raise_on_error=False,
        run_config=TERSE,
        tags=range_tags(sorted({key for found in old.values() for key in found if key}) or keys, instance),
    )
    if not result.success:
        print(
            f"run {result.run_id} failed. What was finished is stored; run `make run` again after mending it.",
            file=sys.stderr,
        )
    return result.success


def _pipeline(defs: dg.Definitions):
    """Return the pipeline resource with its nested ones resolved, as an asset would get it."""
    from dagster import build_resources

    return build_resources(defs.resources).__enter__().pipeline


if __name__ == "__main__":
    sys.exit(main())
