"""The doctor's visit: one report of everything that is wrong, and the repair of what is safe to repair.

python -m iccm_dagster.doctor [--mend] [--prune DAYS] [--verify] [--brief]

Without flags nothing is changed. The exit status is 1 where something was found that is still there at the end.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from iccm_dagster.audit import audit, remove
from iccm_dagster.defs import doctor
from iccm_dagster.defs.partitions import registered
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.errors import ICCMError

# A write takes seconds; what nobody has touched for an hour belongs to no writer.
IDLE_S = 3600.0
LISTED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One kind of thing that was looked for."""

    what: str
    """What was looked for."""
    found: Sequence[str]
    """What there is of it, one line each."""
    mended: bool
    """Whether it was repaired on this visit."""
    remedy: str
    """What repairs it."""
    harmless: bool = False
    """Whether it needs no repair (old history)."""

    def __str__(self) -> str:
        head = f"{self.what}: {len(self.found) or 'none'}"
        if not self.found:
            return head
        more = [f"    ... and {len(self.found) - LISTED} more"] if len(self.found) > LISTED else []
        state = "  mended" if self.mended else f"  {self.remedy}"
        return "\n".join([head + state, *(f"    {line}" for line in self.found[:LISTED]), *more])


def main(argv: Sequence[str] | None = None) -> int:
    """Print the report; 0 where nothing is wrong any longer."""
    parser = argparse.ArgumentParser(
        prog="python -m iccm_dagster.doctor",
        description="Look for dead runs, leaked slots, failed partitions, torn artifacts and old history. Changes nothing "
        "unless told to.",
    )
    parser.add_argument(
        "--mend",
        action="store_true",
        help="end dead runs, free their slots, set limits of pools, delete half-written files",
    )
    parser.add_argument(
        "--prune",
        type=float,
        metavar="DAYS",
        help="forget finished runs older than this, but the ones whose results are shown",
    )
    parser.add_argument("--verify", action="store_true", help="read every artifact and compare its hashes")
    parser.add_argument("--brief", action="store_true", help="say only what was found")
    arguments = parser.parse_args(argv)
    from iccm_dagster.definitions import defs

    # The command line of Dagster reads dagster.yaml from the working folder where no home is set; so does this.
    os.environ.setdefault("DAGSTER_HOME", os.getcwd())
    try:
        with dg.DagsterInstance.get() as instance, dg.build_resources(defs.resources) as resources:
            findings = examine(
                instance,
                defs.resolve_asset_graph(),
                resources.pipeline,
                mend=arguments.mend,
                prune_days=arguments.prune,
                verify=arguments.verify,
            )
    except ICCMError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    shown = [finding for finding in findings if finding.found and not finding.harmless] if arguments.brief else findings
    if shown:
        print("\n".join(map(str, shown)))
    return int(any(finding.found and not finding.mended and not finding.harmless for finding in findings))


def examine(
    instance: dg.DagsterInstance, graph, pipeline: Pipeline, *, mend: bool, prune_days: float | None, verify: bool
) -> list[Finding]:
    """Look at everything, repair what was asked for, and return the findings in the order of their urgency."""
    return [
        *_runs(instance, mend=mend),
        *_partitions(instance, graph, pipeline),
        *_storage(pipeline, mend=mend, verify=verify),
        _history(instance, graph, prune_days),
    ]


def _runs(instance: dg.DagsterInstance, *, mend: bool) -> list[Finding]:
    dead = doctor.reap_dead_runs(instance) if mend else [run.run_id for run in doctor.dead_runs(instance)]
    leaked = [f"{pool}: run {run_id}" for pool, ids in doctor.leaked_slots(instance).items() for run_id in ids]
    if mend:
        doctor.free_leaked_slots(instance)
    limits = doctor.set_limits(instance) if mend else doctor.wrong_limits(instance)
    remedy = "run it with --mend"
    return [
        Finding(what="runs whose process is gone", found=dead, mended=mend, remedy=remedy),
        Finding(what="slots held by runs that have ended", found=leaked, mended=mend, remedy=remedy),
        Finding(
            what="pools without a limit of their own",
            found=[f"{pool}: {slots} {'slot' if slots == 1 else 'slots'}" for pool, slots in limits.items()],
            mended=mend,
            remedy=remedy,
        ),
    ]


def _partitions(instance: dg.DagsterInstance, graph, pipeline: Pipeline) -> list[Finding]:
    failed = doctor.failed_partitions(instance, graph)
    problems = doctor.recorded_problems(pipeline.store, graph, registered(instance))
    return [
        Finding(
            what="failed partitions",
            found=[f"{asset}: {', '.join(keys)}" for asset, keys in failed.items()],
            mended=False,
            remedy="materialize them again",
        ),
        Finding(
            what="applications that could not be processed",
            found=[f"{name}: {problem}" for name, problem in problems.items()],
            mended=False,
            remedy="mend the application",
        ),
    ]


def _storage(pipeline: Pipeline, *, mend: bool, verify: bool) -> list[Finding]:
    found = audit(Path(str(pipeline.store.root)), verify=verify, idle_s=IDLE_S)
    if mend:
        remove(found.leftovers)
    return [
        Finding(
            what="artifacts that cannot be read"
            + ("" if verify else " (by their manifests; --verify reads the files)"),
            found=[f"{name}: {reason}" for name, reason in found.broken.items()],
            mended=False,
            remedy="delete and materialize them again",
        ),
        Finding(
            what="half-written files of interrupted runs",
            found=[str(path) for path in found.leftovers],
            mended=mend,
            remedy="run it with --mend",
        ),
    ]


def _history(instance: dg.DagsterInstance, graph, prune_days: float | None) -> Finding:
    days = 30.0 if prune_days is None else prune_days
    old = doctor.old_runs(instance, graph, days=days)
    if prune_days is not None:
        doctor.prune(instance, old)
    return Finding(
        what=f"finished runs older than {days:g} days whose results nobody sees",
        found=old,
        mended=prune_days is not None,
        remedy=f"run it with --prune {days:g}",
        harmless=True,
    )
