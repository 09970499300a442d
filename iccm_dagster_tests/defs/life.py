"""A pipeline over months, in seconds: sensors tick, and what they ask for is made by a stand-in that writes the artifact
each asset would be up to date with."""

import uuid
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg

from iccm_dagster.defs.freshness import birth, plan_of
from iccm_dagster.defs.partitions import APPLICATIONS
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.sensors.requests import RANGE_END, RANGE_START

RUN_KEY = "dagster/run_key"
Asked = list[tuple[tuple[str, ...], tuple[str, ...]]]
"""Runs that were launched: (assets, applications)."""


@dataclass
class Life:
    """An instance, a store, and the daemon's memory of one sensor."""

    instance: dg.DagsterInstance
    pipeline: Pipeline
    graph: object
    cursor: str | None = None
    runs: Asked = field(default_factory=list)
    keys_seen: set[str] = field(default_factory=set)
    skipped: str = ""
    """What the last tick said where it asked for nothing."""

    def tick(self, look, *, execute: bool = True) -> Asked:
        """Do what the daemon does with a tick: partitions first, then runs whose key was never seen, then the cursor."""
        result = look(self.cursor)
        for wanted in result.dynamic_partitions_requests or []:
            adds = isinstance(wanted, dg.AddDynamicPartitionsRequest)
            for key in wanted.partition_keys:
                if adds:
                    self.instance.add_dynamic_partitions(APPLICATIONS.name, [key])
                else:
                    self.instance.delete_dynamic_partition(APPLICATIONS.name, key)
        launched = [
            self.launch(asked, execute) for asked in result.run_requests or [] if asked.run_key not in self.keys_seen
        ]
        self.cursor, self.skipped = result.cursor, result.skip_reason.skip_message if result.skip_reason else ""
        self.runs += launched
        return launched

    def launch(self, asked: dg.RunRequest, execute: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Launch a run; without ``execute`` it is never started."""
        self.keys_seen.add(asked.run_key)
        assets = tuple(key.to_user_string() for key in asked.asset_selection)
        keys = self._range(asked.tags)
        self.record(
            asked.job_name,
            assets,
            status="SUCCESS" if execute else "NOT_STARTED",
            tags={**asked.tags, RUN_KEY: asked.run_key},
        )
        if execute:
            self.make(assets, keys)
        return assets, keys

    def record(self, job: str | None, assets=(), *, status: str, tags=None) -> str:
        """Write a run into the instance's books; return its id."""
        run = dg.DagsterRun(
            job_name=job or "intake",
            run_id=str(uuid.uuid4()),
            asset_selection={dg.AssetKey(name) for name in assets} or None,
            status=dg.DagsterRunStatus(status),
            tags=tags or {},
        )
        self.instance.add_run(run)
        return run.run_id

    def make(self, assets, keys) -> None:
        """Store what these assets would be up to date with, parents first."""
        every = sorted(self.instance.get_dynamic_partitions(APPLICATIONS.name))
        store, profile, catalogue = self.pipeline.store, self.pipeline.profile, self.pipeline.catalogue
        for asset_key in self.graph.toposorted_asset_keys:
            if asset_key.to_user_string() not in assets:
                continue
            plan = plan_of(self.graph, asset_key)
            for key in keys if plan.partitioned else [None]:
                born = birth(plan, key, keys=every, store=store, profile=profile, catalogue=catalogue)
                with store.writing(plan.asset, key, fingerprint=born.fingerprint, parents=born.parents) as draft:
                    (draft.folder / "content.txt").write_text(born.fingerprint)

    def _range(self, tags) -> tuple[str, ...]:
        order = list(self.instance.get_dynamic_partitions(APPLICATIONS.name))
        if RANGE_START not in tags:
            return ()
        return tuple(order[order.index(tags[RANGE_START]) : order.index(tags[RANGE_END]) + 1])


def touch(application: Path, text: str) -> None:
    """Change an application on disk."""
    (application / "README.md").write_text(text)
