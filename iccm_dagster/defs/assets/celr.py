"""CELR: trajectories of the agent, their scores, preference pairs, exports, and the models trained on them."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dagster as dg

from iccm_dagster.artifacts import TABLE, Artifact, Draft
from iccm_dagster.defs import show
from iccm_dagster.defs.assets.applications import Gathered
from iccm_dagster.defs.assets.celr_stored import (
    CALIBRATION,
    CONTROL,
    EVENTS,
    REPORT,
    SCORES,
    judged,
    load_pairs,
    runs_shown,
    runs_table,
    scores_in,
    store_pairs,
    table_of,
    trajectory_logs,
    writer_spec,
)
from iccm_dagster.defs.assets.common import HARNESS_POOL, TRAINING, once, per_application
from iccm_dagster.defs.assets.stored import case_of, verdict_cache
from iccm_dagster.defs.logged import TAKEN_IN, log_size
from iccm_dagster.defs.making import Inputs, expect, fingerprint_of, make_each, make_once
from iccm_dagster.defs.partitions import registered
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.resources.sandbox import SandboxResource
from iccm_dagster.defs.training import train_in_child

SMALL_MODEL = "sim-small"
"""Whose own answers SPIN learns from: the cheapest rung of the ladder."""


@dg.asset(
    **per_application("celr", kinds={"pytest", "json"}, code_version="4", recipe="agent+calibration"), pool=HARNESS_POOL
)
def trajectories(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    sandbox: SandboxResource,
    application_source: Gathered,
    test_calibration: Gathered,
) -> dg.Output[Gathered]:
    """What the agent did: every run over the application and over each of its modules, event by event, with verdicts of
    the real tests; and the control, the same tasks for the same money in four arms: blind, carried over, advised, reworded.
    Simulated models.

    The log grows under ``.celr_logs/<application>`` of the storage; runs that it holds already are not made again."""
    from iccm_dagster.celr.control import Comparison, compare_feedback
    from iccm_dagster.celr.gold import write_gold
    from iccm_dagster.celr.ladder import answer_text
    from iccm_dagster.celr.log import read_log
    from iccm_dagster.celr.simulated import simulated_ladder
    from iccm_dagster.celr.tasks import Harness, Workbench
    from iccm_dagster.celr.trajectories import trajectories_of
    from iccm_dagster.harness.verify import VerdictCache
    from iccm_dagster.phase2.jury import SentenceEmbedder

    recipe = pipeline.profile.agent
    harness = Harness(sandbox=sandbox.sandbox(), cache=VerdictCache(folder=verdict_cache(pipeline.store)))
    embed = SentenceEmbedder()

    def work(key: str, _: Inputs, draft: Draft) -> dict[str, Any]:
        bench = Workbench(case_of(pipeline.store, key), calibration=pipeline.profile.calibration)
        tasks, logs = bench.tasks(harness), trajectory_logs(pipeline) / key
        setting = _agent(bench, simulated_ladder(bench, embed), harness, pipeline, tasks, logs)
        # Measured before it is read: what is appended meanwhile counts as not taken in.
        draft.facts[TAKEN_IN] = log_size(logs)
        events, bad = read_log(logs)
        frame = runs_table(trajectories_of(events))
        frame.to_parquet(draft.folder / TABLE, index=False)
        shutil.copytree(
            logs, draft.folder / EVENTS, ignore=lambda _, names: [name for name in names if ".jsonl" not in name]
        )
        write_gold(draft.folder, {task.id: answer_text(task, bench.knowledge.original) for task in tasks})
        control = compare_feedback(
            tasks[: recipe.control_tasks],
            setting=setting,
            attempts=recipe.control_attempts,
            samples=recipe.control_samples,
            seed=recipe.seed,
            workers=recipe.workers,
        )
        table_of(control, Comparison).astype({"pass_rate": float}).to_parquet(draft.folder / CONTROL, index=False)
        return {**runs_shown(frame), "bad lines in the log": len(bad), "events": len(events)}

    made = make_each(
        context, pipeline, {"application_source": application_source, "test_calibration": test_calibration}, work
    )
    return dg.Output(made)


@dg.asset(**per_application("celr", kinds={"parquet"}, code_version="1", recipe="preference"))
def scored_trajectories(
    context: dg.AssetExecutionContext, pipeline: Pipeline, trajectories: Gathered
) -> dg.Output[Gathered]:
    """Every run that came to its end in numbers, best first: success, efficiency, cost and their composite, with its
    answers and their verdicts."""
    from iccm_dagster.celr.log import read_log
    from iccm_dagster.celr.scorer import TrajectoryScorer, score_to_json
    from iccm_dagster.celr.trajectories import trajectories_of

    def score(_: str, inputs: Inputs, draft: Draft) -> dict[str, Any]:
        import pandas as pd

        events, _bad = read_log(inputs["trajectories"].folder() / EVENTS)
        runs = trajectories_of(events)
        scores = TrajectoryScorer(pipeline.profile.preference).rank(runs)
        (draft.folder / SCORES).write_text("".join(score_to_json(item) + "\n" for item in scores), encoding="utf-8")
        columns = [
            "trajectory",
            "task",
            "application",
            "split",
            "success",
            "pass_rate",
            "efficiency",
            "cost",
            "composite",
        ]
        frame = pd.DataFrame([[getattr(item, name) for name in columns] for item in scores], columns=columns)
        frame.to_parquet(draft.folder / TABLE, index=False)
        return {
            "runs": len(frame),
            "cut off": len(runs) - len(frame),
            "simulated": any(item.simulated for item in scores),
            "mean composite": float(frame["composite"].mean()) if len(frame) else 0.0,
            "scores": show.table(frame, ["task", "success", "pass_rate", "efficiency", "cost", "composite"], rows=20),
        }

    return dg.Output(make_each(context, pipeline, {"trajectories": trajectories}, score))


@dg.asset(**per_application("celr", kinds={"parquet"}, code_version="1", recipe="preference"))
def self_rewards(
    context: dg.AssetExecutionContext, pipeline: Pipeline, scored_trajectories: Gathered
) -> dg.Output[Gathered]:
    """What the judge thinks of each answer, 0-1, both orders averaged, beside the verdict of the tests. The embedded
    judge is simulated: it counts bodies that were not written."""
    from iccm_dagster.celr.self_reward import SelfRewardScorer, SimulatedJudge

    recipe = pipeline.profile.preference
    judge = SimulatedJudge(noise=recipe.judge_noise, first_bonus=recipe.judge_first_bonus, seed=recipe.seed)

    def ask(_: str, inputs: Inputs, draft: Draft) -> dict[str, Any]:
        import pandas as pd

        rows = [
            (score.task, score.split, score.trajectory, answer.step, answer.model, answer.pass_rate, opinion)
            for score in scores_in(inputs["scored_trajectories"])
            for answer, opinion in zip(
                score.answers,
                SelfRewardScorer(judge).score_answers(score.answers) if score.answers else [],
                strict=True,
            )
        ]
        columns = ["task", "split", "trajectory", "step", "model", "pass_rate", "judge"]
        frame = pd.DataFrame(rows, columns=columns).astype({"pass_rate": float, "judge": float})
        frame.to_parquet(draft.folder / TABLE, index=False)
        return {
            "answers": len(frame),
            "simulated": judge.simulated,
            "without a rating": int(frame["judge"].isna().sum()),
            "opinions": show.table(frame, ["task", "model", "pass_rate", "judge"], rows=20),
        }

    return dg.Output(make_each(context, pipeline, {"scored_trajectories": scored_trajectories}, ask))


@dg.asset(**per_application("celr", kinds={"parquet"}, code_version="1", recipe="preference"))
def dpo_pairs(
    context: dg.AssetExecutionContext, pipeline: Pipeline, scored_trajectories: Gathered
) -> dg.Output[Gathered]:
    """Preference pairs: two answers of one author to one task, told apart by the tests. None from holdout applications;
    why a task gave none stands beside."""
    from iccm_dagster.celr.pairs import PreferencePairGenerator

    def pair(_: str, inputs: Inputs, draft: Draft) -> dict[str, Any]:
        scores = scores_in(inputs["scored_trajectories"])
        return store_pairs(PreferencePairGenerator(pipeline.profile.preference).create_dpo_pairs(scores), draft)

    return dg.Output(make_each(context, pipeline, {"scored_trajectories": scored_trajectories}, pair))


@dg.asset(**per_application("celr", kinds={"parquet"}, code_version="1", recipe="preference"))
def spin_pairs(
    context: dg.AssetExecutionContext, pipeline: Pipeline, scored_trajectories: Gathered, trajectories: Gathered
) -> dg.Output[Gathered]:
    """Self-play pairs: the original source against the small model's own first answers that the tests refuse; what is
    nearly identical is dropped. None from holdout applications."""
    from iccm_dagster.celr.gold import gold_beside
    from iccm_dagster.celr.pairs import PreferencePairGenerator

    def pair(_: str, inputs: Inputs, draft: Draft) -> dict[str, Any]:
        gold = gold_beside(inputs["trajectories"].folder())
        generator = PreferencePairGenerator(pipeline.profile.preference)
        scores = scores_in(inputs["scored_trajectories"])
        return store_pairs(generator.create_spin_pairs(gold, scores, model=SMALL_MODEL), draft)

    inputs = {"scored_trajectories": scored_trajectories, "trajectories": trajectories}
    return dg.Output(make_each(context, pipeline, inputs, pair))


@dg.asset(**once("celr", kinds={"json", "parquet"}, code_version="1", recipe="preference"))
def preference_exports(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    dpo_pairs: Gathered,
    spin_pairs: Gathered,
    scored_trajectories: Gathered,
    self_rewards: Gathered,
) -> dg.Output[Artifact]:
    """Preference data as TRL, Axolotl, LLaMA-Factory, KTO and SPIN load it today, with counts and hashes of every file;
    pairs of the judge enter only where it is calibrated against the tests."""
    keys = registered(context.instance)
    paired = expect(dpo_pairs, what="dpo_pairs", keys=keys)

    def export(draft: Draft) -> dict[str, Any]:
        from iccm_dagster.celr.exports import ExportWriter, verify_export
        from iccm_dagster.celr.pipeline import Tally, successes

        from_judge, calibration = judged(pipeline, self_rewards, scored_trajectories)
        tally = Tally()
        with ExportWriter(draft.folder / "data") as writer:
            for key in sorted(paired):
                tally.add(load_pairs(paired[key]), writer)
                if key in spin_pairs and spin_pairs[key].problem is None:
                    tally.add(load_pairs(spin_pairs[key]), writer, count_reasons=False)
                for answer in successes(scores_in(scored_trajectories[key])):
                    writer.add_success(answer)
            tally.add(from_judge, writer, count_reasons=False)
        rows = verify_export(draft.folder / "data")
        (draft.folder / CALIBRATION).write_text(json.dumps(asdict(calibration)), encoding="utf-8")
        return {
            "simulated": True,
            **{f"rows, {name}": count for name, count in rows.items() if name.endswith(".jsonl")},
            "judge AUC against tests": calibration.auc,
            "judge, reliability": show.curves(
                "Judge against tests (simulated)",
                "judge's score",
                "pass rate",
                {"answers": ([one[0] for one in calibration.bins], [one[1] for one in calibration.bins])},
            ),
        }

    return make_once(context, pipeline, export, asset_key=context.asset_key)


@dg.asset(**once("celr", kinds={"json"}, code_version="2", recipe="preference"))
def training_report(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    trajectories: Gathered,
    scored_trajectories: Gathered,
    dpo_pairs: Gathered,
    spin_pairs: Gathered,
) -> dg.Output[Artifact]:
    """The whole of the training data on one page: runs, quality, pairs per application, why tasks gave none, length bias,
    and what reflection is worth. Simulated models."""
    keys = registered(context.instance)
    worked = expect(trajectories, what="trajectories", keys=keys)

    def tell(draft: Draft) -> dict[str, Any]:
        import pandas as pd

        from iccm_dagster.celr.summary import report_of

        runs = pd.concat([artifact.table() for artifact in worked.values()], ignore_index=True)
        scored = [found.table() for key in worked if (found := scored_trajectories.get(key)) and not found.problem]
        scores = pd.concat(scored, ignore_index=True)
        control = pd.concat([artifact.table(CONTROL) for artifact in worked.values()], ignore_index=True)
        pairings = [load_pairs(found) for found in (*dpo_pairs.values(), *spin_pairs.values()) if found.problem is None]
        report = report_of(runs, scores, control, pairings)
        (draft.folder / REPORT).write_text(json.dumps(report, indent=1), encoding="utf-8")
        per_app = pd.DataFrame(sorted(report["pairs_per_application"].items()), columns=["application", "pairs"])
        reasons = pd.DataFrame(sorted(report["reasons"].items()), columns=["why no pair", "tasks"])
        return {
            "simulated": True,
            **{
                name: report[name]
                for name in ("runs", "runs_train", "solved_train", "tasks", "dpo_pairs", "spin_pairs")
            },
            **{
                f"{name}, {number.replace('_', ' ')}": gain["text"]
                for name, gains in report["reflection"]["contrasts"].items()
                for number, gain in gains.items()
            },
            "chosen longer": report["length"]["chosen longer"],
            "quality": show.bars(
                "Composite of training runs", "runs", [f"{one / 10:.1f}" for one in range(10)], report["quality"]
            ),
            "pairs per application": show.table(per_app, ["application", "pairs"], rows=60),
            "tasks without a pair": show.table(reasons, ["why no pair", "tasks"], rows=20),
        }

    return make_once(context, pipeline, tell, asset_key=context.asset_key)


@dg.asset(
    **once("celr", kinds={"torch", "huggingface"}, code_version="4", recipe="dpo+machine+reinforce+calibration"),
    deps=["phase2_checkpoint"],
    **TRAINING,
)
def dpo_checkpoint(
    context: dg.AssetExecutionContext, pipeline: Pipeline, preference_exports: Artifact
) -> dg.Output[Artifact]:
    """The small model after DPO (TRL, LoRA) on the exported pairs, with its accuracy on validation pairs; and, where CET-D
    is stored, the requirement writer after a preference objective over requirement sets, with pass rates before and
    after. A gate on bounds says whether each may be used; a writer that it refuses is stored as it was."""

    def train(draft: Draft) -> dict[str, Any]:
        profile = pipeline.profile
        report = train_in_child(
            context,
            pipeline,
            "dpo",
            asset="dpo_checkpoint",
            fingerprint=fingerprint_of(context, pipeline),
            out=draft.folder,
            spec={
                "data": str(preference_exports.folder() / "data"),
                "recipe": profile.dpo.model_dump(mode="json"),
                "writer": writer_spec(pipeline, registered(context.instance)),
            },
        )
        (draft.folder / REPORT).write_text(json.dumps(report, indent=1), encoding="utf-8")
        steps = [row["step"] for row in report["history"]]
        return {
            "simulated": True,
            "training pairs": report["training_pairs"],
            "validation pairs": report["validation_pairs"],
            "preference accuracy, validation": report["accuracy"]["text"],
            "accuracy of 'the longer one'": report["accuracy_longer"],
            "small model, gate": report["admission"],
            "requirement writer": report["writer"]["text"],
            "training curve": show.curves(
                "DPO", "step", "loss", {"train": (steps, [row["loss"] for row in report["history"]])}
            ),
        }

    return make_once(context, pipeline, train, asset_key=context.asset_key)


def _agent(bench, ladder, harness, pipeline: Pipeline, tasks, logs: Path):
    """Run the agent over the tasks of one application; return the setting it ran under."""
    from iccm_dagster.celr.collect import collect, setting_for
    from iccm_dagster.celr.log import TrajectoryLog
    from iccm_dagster.cortex.online import agent_policy
    from iccm_dagster.progress import silent

    recipe = pipeline.profile.agent
    setting = setting_for(bench, ladder, harness, recipe=recipe, policy=agent_policy(pipeline.store, recipe=recipe))
    with TrajectoryLog(logs, writer="agent") as log:
        collect(
            tasks,
            setting=setting,
            log=log,
            logged=logs,
            samples=recipe.samples,
            seed=recipe.seed,
            workers=recipe.workers,
            on_progress=silent,
        )
    return setting
