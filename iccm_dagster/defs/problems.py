"""Runs that failed or hang, read off the instance: what happened, in the words of the error, and what to do.

A failed run that Dagster retried is told by its last attempt alone. A run hangs when it is queued, or has written no
event, for longer than the profile allows.

Not covered: a run that is alive and does nothing useful; `dagster/max_runtime` ends it.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg

from iccm_dagster.artifacts import digest
from iccm_dagster.defs.logs import failure_of
from iccm_dagster.defs.profiles import AutomationRecipe

RETRIED = ("dagster/did_retry", "dagster/auto_retry_run_id")
"""Tags of a failed run that another one follows."""
OWN_JOB = "operations"
"""Reports about reports help nobody."""
ALIVE = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A run that needs a person."""

    run: str
    """Its id."""
    job: str
    """What it was making."""
    kind: str
    """"failed" or "stuck"."""
    since: str
    """UTC, to the minute."""
    step: str
    """The step at fault; empty where no single one is."""
    reason: str
    """The first error, or what the run has been waiting for."""
    remedy: str
    """What to do about it."""


def problems_of(instance: dg.DagsterInstance, recipe: AutomationRecipe, *, now: datetime) -> list[Problem]:
    """Return the runs that need a person, newest first."""
    return sorted(
        [*_failed(instance, recipe, now), *_stuck(instance, recipe, now)], key=lambda one: one.since, reverse=True
    )


def state_of_problems(problems: list[Problem]) -> str:
    """Return a digest of what is wrong: equal digests need no new report."""
    return digest([(one.run, one.kind) for one in sorted(problems, key=lambda one: one.run)])


def rows(problems: list[Problem]) -> list[dict[str, str]]:
    """Return the problems as rows of a table."""
    return [asdict(one) for one in problems]


def _failed(instance: dg.DagsterInstance, recipe: AutomationRecipe, now: datetime) -> Iterator[Problem]:
    window = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.FAILURE], updated_after=now - timedelta(days=recipe.report_days)
    )
    for record in instance.get_run_records(window):
        run = record.dagster_run
        followed = any(run.tags.get(tag, "") not in ("", "false") for tag in RETRIED)
        if run.job_name == OWN_JOB or followed or run.is_complete_and_waiting_to_retry:
            continue
        step, reason = _first_error(instance, run.run_id)
        yield Problem(
            run=run.run_id,
            job=run.job_name,
            kind="failed",
            since=_minute(record.update_timestamp),
            step=step,
            reason=reason,
            remedy="Mend what the error names, then launch the run again from its page: what was finished is kept.",
        )


def _stuck(instance: dg.DagsterInstance, recipe: AutomationRecipe, now: datetime) -> Iterator[Problem]:
    limit = timedelta(minutes=recipe.stuck_min)
    for record in instance.get_run_records(dg.RunsFilter(statuses=list(ALIVE))):
        run = record.dagster_run
        last = instance.get_records_for_run(run.run_id, limit=1, ascending=False).records
        seen = datetime.fromtimestamp(last[0].timestamp, UTC) if last else record.create_timestamp
        seen = seen if seen.tzinfo else seen.replace(tzinfo=UTC)
        if now - seen < limit or run.job_name == OWN_JOB:
            continue
        waiting = run.status in (dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED)
        yield Problem(
            run=run.run_id,
            job=run.job_name,
            kind="stuck",
            since=_minute(seen),
            step="",
            reason="it waits to be started"
            if waiting
            else f"it is {run.status.value.lower()} and has written no event since",
            remedy="See whether the daemon runs and a slot is free."
            if waiting
            else "Run: python -m iccm_dagster.doctor",
        )


def _first_error(instance: dg.DagsterInstance, run_id: str) -> tuple[str, str]:
    """Return the step that failed first and its error; of a run that failed without a step, what ended it."""
    for kind in (dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE):
        for record in instance.get_records_for_run(run_id, of_type=kind, limit=20, ascending=True).records:
            entry = record.event_log_entry
            event = entry.dagster_event
            if event is None or (event.is_step_failure and "Dependencies for step" in entry.message):
                continue
            reason = failure_of(event) or event.message or entry.message or "ended without a word"
            return (event.step_key or "").split(".")[0], " ".join(reason.split())[:500]
    return "", "ended without a word"


def _minute(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if moment.tzinfo else moment.strftime("%Y-%m-%d %H:%M")
