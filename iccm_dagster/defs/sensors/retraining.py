"""Training again, when enough of what a checkpoint was trained on has changed.

A checkpoint keeps the versions of the applications (or of their trajectories) that it was trained on. What differs now
is counted: below the threshold of the profile nothing happens. One request is in flight at a time, a cool-down lies
between two trainings, and the first training is a person's decision. A changed recipe or a changed program trains
nothing by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from iccm_dagster.artifacts import Artifact, ArtifactStore
from iccm_dagster.defs.freshness import stale
from iccm_dagster.defs.jobs import LIGHT, LOGGED, MAIN_GROUPS, retraining_job
from iccm_dagster.defs.lineage import roots_in
from iccm_dagster.defs.partitions import APPLICATIONS, registered
from iccm_dagster.defs.profiles import AutomationRecipe
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.sensors.requests import Ask, now, request, state_of, under_way

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

NAME = "retraining"


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """A checkpoint that is trained again by itself."""

    checkpoint: str
    """The asset whose age counts."""
    root: str
    """The asset per application that it is trained on."""
    first: str
    """The command of its first training."""
    groups: tuple[str, ...]
    """What is made with it."""
    before: tuple[str, ...]
    """Light assets that must be up to date first; other sensors make them."""


TRAININGS = (
    Training(
        checkpoint="phase2_checkpoint", root="application_source", first="make run", groups=MAIN_GROUPS, before=LIGHT
    ),
    Training(
        checkpoint="dpo_checkpoint",
        root="trajectories",
        first="dagster job execute -j celr",
        groups=("celr",),
        before=LOGGED,
    ),
)


@dg.sensor(
    name=NAME,
    job=retraining_job,
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Trains phase 1 and then phase 2 (or the preference model) again once enough applications (or trajectories) changed.",
)
def retraining(context: dg.SensorEvaluationContext, pipeline: Pipeline) -> dg.SensorResult:
    """Look at every checkpoint once."""
    return due(
        context.repository_def.asset_graph, context.instance, pipeline, pipeline.profile.automation, asked_by=NAME
    )


def due(
    graph: "AssetGraph",
    instance: dg.DagsterInstance,
    pipeline: Pipeline,
    recipe: AutomationRecipe,
    *,
    asked_by: str,
) -> dg.SensorResult:
    """Return the first training that is due, or why none is."""
    why = []
    for training in TRAININGS:
        answer = _training(graph, instance, pipeline, recipe, training, asked_by=asked_by)
        if isinstance(answer, dg.RunRequest):
            return dg.SensorResult(run_requests=[answer])
        why.append(f"{training.checkpoint}: {answer.skip_message}")
    return dg.SensorResult(skip_reason="; ".join(why))


def changed_roots(checkpoint: Artifact, store: ArtifactStore, root: str, keys: Sequence[str]) -> list[str]:
    """Return the applications that are new, changed or gone since the checkpoint was trained."""
    trained = roots_in(checkpoint, root)
    found = {key: store.find(root, key) for key in keys}
    current = {key: artifact.version for key, artifact in found.items() if artifact is not None}
    return sorted(key for key in trained.keys() | current.keys() if trained.get(key) != current.get(key))


def _training(
    graph: "AssetGraph",
    instance: dg.DagsterInstance,
    pipeline: Pipeline,
    recipe: AutomationRecipe,
    training: Training,
    *,
    asked_by: str,
) -> dg.RunRequest | dg.SkipReason:
    store, keys = pipeline.store, registered(instance)
    checkpoint = store.find(training.checkpoint)
    if checkpoint is None:
        return dg.SkipReason(f"never trained; the first time is yours: {training.first}")
    changed = changed_roots(checkpoint, store, training.root, keys)
    if len(changed) < recipe.changed:
        return dg.SkipReason(f"{len(changed)} of {recipe.changed} changed applications that a training needs")
    rested = datetime.fromisoformat(checkpoint.manifest.created_at) + timedelta(hours=recipe.cooldown_h)
    if now() < rested:
        return dg.SkipReason(f"{len(changed)} applications changed; cools down until {rested:%Y-%m-%d %H:%M} UTC")
    mine = [key for key in graph.toposorted_asset_keys if graph.get(key).group_name in training.groups]
    old = {
        name: partitions
        for name, partitions in stale(
            graph,
            [key for key in mine if graph.get(key).is_materializable],
            keys=keys,
            store=store,
            profile=pipeline.profile,
            catalogue=pipeline.catalogue,
            with_targets=True,
            only=[key for key in keys if store.find(training.root, key) is not None],
        ).items()
        if graph.get(dg.AssetKey(name)).group_name in training.groups
    }
    if waiting := [name for name in training.before if name in old]:
        return dg.SkipReason(f"{len(changed)} applications changed; {waiting[0]} is not up to date yet")
    if busy := under_way(instance, list(old), jobs=("main", "celr", "retraining")):
        return dg.SkipReason(f"run {busy.run_id} ({busy.job_name}) is under way")
    # Trainings and what is measured with them are one run, over the whole range: what is up to date in it is skipped.
    order = list(instance.get_dynamic_partitions(APPLICATIONS.name))
    partitioned = any(partitions != [None] for partitions in old.values())
    ask = Ask(
        sensor=asked_by,
        job=retraining_job.name,
        assets=tuple(old),
        keys=tuple(order) if partitioned else (),
        state=state_of(graph, old, keys, pipeline),
    )
    return request(instance, ask, attempts=recipe.attempts, pause=timedelta(minutes=recipe.pause_min))
