"""Cortex: logs as transitions, the candidate trained on them, its benchmark, and which policy the agent uses."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import dagster as dg

from iccm_dagster.artifacts import TABLE, Artifact, Draft
from iccm_dagster.defs import show
from iccm_dagster.defs.assets.applications import Gathered
from iccm_dagster.defs.assets.celr_stored import EVENTS
from iccm_dagster.defs.assets.common import HARNESS_POOL, once
from iccm_dagster.defs.assets.stored import case_of, verdict_cache
from iccm_dagster.defs.making import expect, make_once
from iccm_dagster.defs.partitions import registered
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.resources.sandbox import SandboxResource

ESTIMATES, TRIALS, CANDIDATE = "estimates.parquet", "trials.parquet", "candidate.json"
SUMMARY, JUDGEMENT, WORLD = "summary.parquet", "judgement.json", "world.json"


@dg.asset(**once("cortex", kinds={"parquet"}, code_version="3"))
def cortex_transitions(
    context: dg.AssetExecutionContext, pipeline: Pipeline, trajectories: Gathered
) -> dg.Output[Artifact]:
    """Every decision of the agent over training applications as the cortex learns from it: features, what was allowed and
    how likely it was, what it cost, what came of it."""
    keys = registered(context.instance)
    logged = expect(trajectories, what="trajectories", keys=keys)

    def gather(draft: Draft) -> dict[str, Any]:
        from iccm_dagster.celr.log import read_log
        from iccm_dagster.celr.trajectories import trajectories_of
        from iccm_dagster.cortex.tables import episodes_table
        from iccm_dagster.cortex.transitions import episodes_of

        runs = [run for key in sorted(logged) for run in trajectories_of(read_log(logged[key].folder() / EVENTS)[0])]
        training = [run for run in runs if run.split == "train"]
        episodes = episodes_of(training)
        frame = episodes_table(episodes)
        frame.to_parquet(draft.folder / TABLE, index=False)
        counts = frame["action"].value_counts()
        return {
            "episodes": len(episodes),
            "decisions": len(frame),
            "runs of other splits, left out": len(runs) - len(training),
            "runs cut off or without money, left out": len(training) - len(episodes),
            "solved": sum(episode.success for episode in episodes),
            "unsafe events": sum(episode.unsafe for episode in episodes),
            "simulated": bool(frame["simulated"].any()),
            "decisions per action": show.bars("Logged decisions", "decisions", list(counts.index), counts.tolist()),
            "preview": show.table(
                frame, ["task_id", "action", "propensity", "cost", "rung", "last_pass_rate", "success"]
            ),
        }

    return make_once(context, pipeline, gather, asset_key=context.asset_key)


@dg.asset(**once("cortex", kinds={"numpy"}, code_version="3", recipe="cortex+agent"))
def cortex_policy(
    context: dg.AssetExecutionContext, pipeline: Pipeline, cortex_transitions: Artifact
) -> dg.Output[Artifact]:
    """The candidate: a clone of the heuristic below 50 trajectories, else a policy that deviates from it only where the logs
    show a gain beyond doubt; stored as a new version, used by nobody yet. With its off-policy estimates."""

    def train(draft: Draft) -> dict[str, Any]:
        from iccm_dagster.cortex import tables
        from iccm_dagster.cortex.archive import PolicyArchive, content_version
        from iccm_dagster.cortex.estimates import Estimate, estimate
        from iccm_dagster.cortex.policy import MetaPolicy, chosen_actions
        from iccm_dagster.cortex.train import OfflineTrainer
        from iccm_dagster.cortex.transitions import transitions_of
        from iccm_dagster.progress import spoken

        recipe, heuristic = pipeline.profile.cortex, _heuristic(pipeline)
        data = transitions_of(tables.episodes_from_table(cortex_transitions.table()), baseline=heuristic)
        trainer = OfflineTrainer(recipe, on_progress=spoken(context.log.info, seconds=5))
        trained = trainer.train(data, version="candidate", heuristic=heuristic)
        version = content_version(trained.policy)
        policy = MetaPolicy(version=version, values=trained.policy.values, heuristic=heuristic)
        facts = {"kind": trained.kind, "reason": trained.reason, "episodes": trained.episodes}
        PolicyArchive(pipeline.store).add(policy, {**facts, "transitions": cortex_transitions.version})
        (draft.folder / CANDIDATE).write_text(json.dumps({"version": version, **facts}), encoding="utf-8")
        chosen_N = chosen_actions(policy, data)
        found = {
            name: estimate(data, target_N, recipe=recipe) if data.episodes > 1 else ()
            for name, target_N in (("candidate", chosen_N), ("heuristic", data.baseline_N))
        }
        frame = tables.records_table([item for own in found.values() for item in own], Estimate)
        frame.insert(0, "policy", [name for name, own in found.items() for _ in own])
        frame.to_parquet(draft.folder / ESTIMATES, index=False)
        trials = tables.trials_table(trained.trials)
        trials.to_parquet(draft.folder / TRIALS, index=False)
        deviations = float((chosen_N != data.baseline_N).mean()) if len(chosen_N) else 0.0
        return {
            "version": version,
            **facts,
            "deviates from the heuristic": deviations,
            "simulated": bool(cortex_transitions.table()["simulated"].any()),
            "estimates from the log": show.table(
                frame[frame["measure"].isin(["success", "cost"])], list(frame.columns), rows=12
            ),
            "settings tried": show.table(trials, list(trials.columns), rows=20),
        }

    return make_once(context, pipeline, train, asset_key=context.asset_key)


@dg.asset(**once("cortex", kinds={"numpy"}, code_version="3", recipe="cortex+agent"))
def cortex_trust(
    context: dg.AssetExecutionContext, pipeline: Pipeline, cortex_transitions: Artifact, cortex_policy: Artifact
) -> dg.Output[Artifact]:
    """Which off-policy estimate may be trusted at which size of log: every estimator against the truth of a simulator fitted
    to the logs, and how the policies do in it."""

    def check(draft: Draft) -> dict[str, Any]:
        from iccm_dagster.cortex import tables, trust
        from iccm_dagster.cortex.archive import PolicyArchive
        from iccm_dagster.cortex.world_fit import fit_world
        from iccm_dagster.progress import spoken

        recipe, heuristic = pipeline.profile.cortex, _heuristic(pipeline)
        world = fit_world(tables.episodes_from_table(cortex_transitions.table()))
        rows = trust.trust_table(
            world,
            heuristic=heuristic,
            recipe=recipe,
            sizes=recipe.trust_sizes,
            logs=recipe.trust_logs,
            truth_tasks=2 * max(recipe.trust_sizes),
            on_progress=spoken(context.log.info, seconds=20),
        )
        frame = tables.records_table(rows, trust.Trust)
        frame.to_parquet(draft.folder / TABLE, index=False)
        contestants = _contestants(pipeline, PolicyArchive(pipeline.store), cortex_policy.json(CANDIDATE)["version"])
        results = trust.simulated_results(
            world, contestants, tasks=min(2000, max(recipe.trust_sizes)), seed=recipe.seed
        )
        summary = tables.summary_table(results, seed=recipe.seed)
        summary.to_parquet(draft.folder / SUMMARY, index=False)
        parameters = {name: getattr(world, name) for name in world.__slots__ if name != "starts"}
        (draft.folder / WORLD).write_text(json.dumps(parameters), encoding="utf-8")
        return {
            "simulated": True,
            "estimators": show.table(frame, list(frame.columns), rows=60),
            "policies in the simulator": show.table(summary, list(summary.columns)),
            "parameters": "; ".join(f"{name} {value}" for name, value in parameters.items()),
        }

    return make_once(context, pipeline, check, asset_key=context.asset_key)


@dg.asset(**once("cortex", kinds={"pytest"}, code_version="3", recipe="cortex+agent+calibration"), pool=HARNESS_POOL)
def cortex_benchmark(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    sandbox: SandboxResource,
    cortex_policy: Artifact,
    application_source: Gathered,
    test_calibration: Gathered,
) -> dg.Output[Artifact]:
    """Candidate, incumbent and the two baselines over the same tasks of applications outside of training, judged by the real
    tests, and what the promotion gate makes of it. Simulated solvers."""
    calibrated = expect(test_calibration, what="test_calibration", keys=registered(context.instance))

    def measure(draft: Draft) -> dict[str, Any]:
        from iccm_dagster.cortex import tables
        from iccm_dagster.cortex.archive import PolicyArchive
        from iccm_dagster.cortex.gate import PromotionGate
        from iccm_dagster.cortex.suite import suite_name

        archive, candidate = PolicyArchive(pipeline.store), cortex_policy.json(CANDIDATE)
        problem = _no_case(archive, candidate)
        results, suite = {}, ""
        if problem is None:
            jobs, settings = _suite(pipeline, sandbox, sorted(calibrated))
            suite = suite_name(jobs, settings=settings)
            for name, policy in _contestants(pipeline, archive, candidate["version"]).items():
                results[name] = _run(context, pipeline, jobs, policy, settings)
        frame = _results_table(results)
        frame.to_parquet(draft.folder / TABLE, index=False)
        summary = tables.summary_table(results, seed=pipeline.profile.cortex.seed)
        summary.to_parquet(draft.folder / SUMMARY, index=False)
        judgement = _refusal(problem)
        if problem is None:
            judged = PromotionGate(pipeline.profile.cortex).judge(
                results["candidate"], results["incumbent"], proposal=archive.judged(suite) + 1
            )
            judgement = {**asdict(judged), "reasons": judged.reasons}
        if not judgement["promote"]:
            archive.refuse(candidate["version"], reasons=tuple(judgement["reasons"]), suite=suite)
        judgement |= {"version": candidate["version"], "incumbent": archive.current, "suite": suite}
        (draft.folder / JUDGEMENT).write_text(json.dumps(judgement), encoding="utf-8")
        return {
            "simulated": bool(frame["simulated"].all()) if len(frame) else True,
            "promote": judgement["promote"],
            "reasons": "; ".join(judgement["reasons"]),
            "tasks": judgement["tasks"],
            "policies": show.table(summary, list(summary.columns)),
            "results": show.table(frame, ["policy", "task", "success", "cost", "unsafe"]),
        }

    return make_once(context, pipeline, measure, asset_key=context.asset_key)


@dg.asset(**once("cortex", kinds={"json"}, code_version="1"))
def cortex_promotion(
    context: dg.AssetExecutionContext, pipeline: Pipeline, cortex_benchmark: Artifact
) -> dg.Output[Artifact]:
    """Which policy the agent uses, and the whole history of proposals, refusals, promotions and rollbacks. Made only where
    the gate let the candidate pass."""

    def promote(draft: Draft) -> dict[str, Any]:
        from iccm_dagster.cortex.archive import PolicyArchive
        from iccm_dagster.errors import PolicyError

        judgement, archive = cortex_benchmark.json(JUDGEMENT), PolicyArchive(pipeline.store)
        if not judgement["promote"]:
            raise PolicyError(f"the gate refused {judgement['version']}: {'; '.join(judgement['reasons'])}")
        if judgement["incumbent"] != archive.current:
            raise PolicyError(
                f"{judgement['version']} was judged against {judgement['incumbent']}, but {archive.current} is current: "
                "make cortex_benchmark again."
            )
        archive.promote(judgement["version"], reasons=tuple(judgement["reasons"]), suite=judgement["suite"])
        return _history(archive, draft, simulated=judgement["simulated"])

    return make_once(context, pipeline, promote, asset_key=context.asset_key)


class Rollback(dg.Config):
    """Where to go back to."""

    version: str | None = None
    """The version to restore; the one before the current one where left out. "0" is the heuristic."""
    reason: str = "by hand"
    """Kept in the history."""


@dg.asset(**once("cortex", kinds={"json"}, code_version="1"))
def cortex_rollback(context: dg.AssetExecutionContext, config: Rollback, pipeline: Pipeline) -> dg.Output[Artifact]:
    """The way back: materialize it to restore a former policy bit for bit. Part of no job and of no sensor."""
    from iccm_dagster.cortex.archive import PolicyArchive

    archive = PolicyArchive(pipeline.store)
    restored = archive.roll_back(config.version, reason=config.reason)
    with pipeline.store.writing("cortex_rollback", None, fingerprint=f"{len(archive.history)}", parents={}) as draft:
        shown = _history(archive, draft, simulated=False)
    stored = pipeline.store.get("cortex_rollback")
    return dg.Output(stored, metadata={"restored": restored, **shown}, data_version=dg.DataVersion(stored.version))


def _heuristic(pipeline: Pipeline):
    from iccm_dagster.celr.heuristic import HeuristicPolicy

    return HeuristicPolicy(retries_per_rung=pipeline.profile.agent.retries_per_rung)


def _no_case(archive, candidate: dict[str, Any]) -> str | None:
    """Return why there is nothing to judge; None where there is."""
    if candidate["kind"] == "clone":
        return f"the candidate is a clone of the heuristic: {candidate['reason']}"
    return "the candidate is the current policy" if candidate["version"] == archive.current else None


def _refusal(problem: str | None) -> dict[str, Any]:
    return {"promote": False, "reasons": [problem], "bounds": [], "tasks": 0, "applications": 0, "simulated": True}


def _contestants(pipeline: Pipeline, archive, version: str) -> dict[str, Any]:
    from iccm_dagster.cortex.cascade import AlwaysEscalate, calibrated_cascade
    from iccm_dagster.cortex.online import current_policy
    from iccm_dagster.cortex.tables import episodes_from_table

    heuristic = _heuristic(pipeline)
    logged = episodes_from_table(pipeline.store.get("cortex_transitions").table())
    return {
        "candidate": archive.load(version),
        "incumbent": current_policy(pipeline.store, heuristic=heuristic),
        **({"heuristic": heuristic} if archive.current != heuristic.version else {}),
        "cascade": calibrated_cascade(logged),
        "always-escalate": AlwaysEscalate(),
    }


def _suite(pipeline: Pipeline, sandbox: SandboxResource, keys: list[str]):
    """Return the jobs of the suite and the settings of their applications."""
    from iccm_dagster.celr.collect import setting_for
    from iccm_dagster.celr.simulated import simulated_ladder
    from iccm_dagster.celr.tasks import Harness, Workbench
    from iccm_dagster.cortex.suite import outside_training, plan_suite
    from iccm_dagster.harness.verify import VerdictCache
    from iccm_dagster.phase2.jury import SentenceEmbedder

    profile, heuristic = pipeline.profile, _heuristic(pipeline)
    harness = Harness(sandbox=sandbox.sandbox(), cache=VerdictCache(folder=verdict_cache(pipeline.store)))
    embed = SentenceEmbedder()
    cases = {key: case_of(pipeline.store, key) for key in keys}
    benches = {key: Workbench(case, calibration=profile.calibration) for key, case in cases.items()}
    benches = outside_training(benches, split=lambda bench: bench.knowledge.application.split.value)
    settings = {
        key: setting_for(bench, simulated_ladder(bench, embed), harness, recipe=profile.agent, policy=heuristic)
        for key, bench in benches.items()
    }
    tasks = {key: bench.tasks(harness) for key, bench in benches.items()}
    return plan_suite(tasks, count=profile.cortex.suite_tasks, seed=profile.cortex.seed), settings


def _run(context: dg.AssetExecutionContext, pipeline: Pipeline, jobs, policy, settings):
    from iccm_dagster.cortex.suite import run_suite
    from iccm_dagster.progress import spoken

    with ThreadPoolExecutor(pipeline.profile.agent.workers) as pool:
        return run_suite(
            jobs, policy, settings=settings, on_progress=spoken(context.log.info, seconds=20), each=pool.map
        )


def _results_table(results: dict[str, Any]):
    import pandas as pd

    from iccm_dagster.cortex.gate import Result
    from iccm_dagster.cortex.tables import records_table

    frames = [records_table(own, Result).assign(policy=name) for name, own in results.items()]
    return pd.concat(frames, ignore_index=True) if frames else records_table([], Result).assign(policy="")


def _history(archive, draft: Draft, *, simulated: bool) -> dict[str, Any]:
    from iccm_dagster.cortex.archive import Entry
    from iccm_dagster.cortex.tables import records_table

    frame = records_table(archive.history, Entry)
    frame["reasons"] = frame["reasons"].map("; ".join)
    frame.to_parquet(draft.folder / TABLE, index=False)
    return {
        "current": archive.current,
        "moves": len(frame),
        "simulated": simulated,
        "history": show.table(frame.iloc[::-1], ["at", "move", "version", "before", "reasons"], rows=30),
    }
