"""``python -m iccm_dagster.celr run|score|pairs|export|report``: trajectories and preference data without the UI."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from iccm_dagster.celr.buckets import trajectories_by_bucket
from iccm_dagster.celr.collect import default_policy
from iccm_dagster.celr.gold import gold_beside
from iccm_dagster.celr.log import LOGS, Quarantined
from iccm_dagster.celr.pairs import PreferencePairGenerator
from iccm_dagster.celr.pipeline import TrainingPipeline
from iccm_dagster.celr.recipe import AgentRecipe, PreferenceRecipe
from iccm_dagster.celr.scorer import TrajectoryScore, TrajectoryScorer
from iccm_dagster.celr.self_reward import SimulatedJudge
from iccm_dagster.celr.states import Policy
from iccm_dagster.errors import ICCMError
from iccm_dagster.progress import spoken

SMALL = "sim-small"
"""Name of the cheapest simulated model."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except BrokenPipeError:
        # Who read the output has seen enough; nothing is left to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ICCMError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    from iccm_dagster.celr.standalone import run_catalogue

    recipe = AgentRecipe(samples=options.samples, workers=options.workers, seed=options.seed)
    policy = _policy(options.policy, recipe)
    _say(f"policy {policy.version}")
    started = time.monotonic()
    made = run_catalogue(
        options.applications,
        logs=options.logs,
        recipe=recipe,
        policy=policy,
        only=options.only,
        on_progress=spoken(_say, seconds=2),
    )
    _say(f"{made} runs in {time.monotonic() - started:.0f} s, in {options.logs}")
    return 0


def _policy(artifacts: Path | None, recipe: AgentRecipe) -> Policy:
    """Return the heuristic or, of a folder of artifacts, the promoted control policy; that one falls back to the heuristic
    with a warning, and says so in the log."""
    if artifacts is None:
        return default_policy(recipe)
    from iccm_dagster.artifacts import ArtifactStore
    from iccm_dagster.cortex.online import agent_policy

    return agent_policy(ArtifactStore(str(artifacts)), recipe=recipe)


def _score(options: argparse.Namespace) -> int:
    print("composite  success  pass rate  efficiency  cost  run")
    for scores in _scored(options):
        for score in scores:
            rate = "-" if score.pass_rate is None else f"{score.pass_rate:.3f}"
            print(
                f"{score.composite:9.3f}  {score.success:7.0f}  {rate:>9}  {score.efficiency:10.3f}  {score.cost:4.2f}  {score.trajectory}"
            )
    return 0


def _pairs(options: argparse.Namespace) -> int:
    generator = PreferencePairGenerator(PreferenceRecipe())
    for scores in _scored(options):
        pairing = generator.create_dpo_pairs(scores)
        for pair in pairing.pairs:
            print(json.dumps(asdict(pair)))
        for task, reason in pairing.reasons.items():
            _say(f"{task}: no pair: {reason}")
    return 0


def _export(options: argparse.Namespace) -> int:
    recipe = PreferenceRecipe()
    judge = SimulatedJudge(noise=recipe.judge_noise, first_bonus=recipe.judge_first_bonus, seed=recipe.seed)
    report = TrainingPipeline(
        recipe,
        logs=options.logs,
        out=options.out,
        judge=judge if options.judge else None,
        gold=gold_beside(options.logs),
        spin_model=options.model,
        on_progress=spoken(_say, seconds=2),
    ).run()
    (options.out / "report.json").write_text(json.dumps(asdict(report), indent=1), encoding="utf-8")
    print("\n".join(report.lines()))
    return 0


def _report(options: argparse.Namespace) -> int:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="celr_") as scratch:
        options.out, options.judge, options.model = Path(scratch), True, SMALL
        return _export(options)


def _scored(options: argparse.Namespace) -> Iterator[list[TrajectoryScore]]:
    bad: list[Quarantined] = []
    scorer = TrajectoryScorer(PreferenceRecipe())
    for bucket in trajectories_by_bucket(options.logs, on_bad=bad.append):
        yield scorer.rank(bucket)
    for line in bad[:20]:
        _say(f"{line.file}:{line.line}: {line.reason}")
    if bad:
        _say(f"{len(bad)} lines are no events")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m iccm_dagster.celr", description=__doc__)
    commands = parser.add_subparsers(required=True)

    def command(name: str, function, help: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help)
        sub.add_argument("--logs", type=Path, default=Path(LOGS), help=f"folder of the log (default {LOGS})")
        sub.set_defaults(command=function)
        return sub

    run = command("run", _run, "solve the tasks of a catalogue with simulated models, appending to the log")
    run.add_argument("--applications", type=Path, default=Path("data/applications"), help="catalogue folder")
    run.add_argument("--only", nargs="*", default=[], help="ids of applications; all training ones where left out")
    run.add_argument(
        "--policy",
        type=Path,
        metavar="ARTIFACTS",
        help="folder of stored artifacts whose promoted control policy decides; the heuristic where left out",
    )
    run.add_argument("--samples", type=int, default=4, help="runs over each task")
    run.add_argument("--workers", type=int, default=2, help="runs at a time")
    run.add_argument("--seed", type=int, default=0)
    command("score", _score, "print the scores of all runs, best first within a group of tasks")
    command("pairs", _pairs, "print preference pairs as JSON lines")
    export = command("export", _export, "write preference data for TRL, Axolotl, LLaMA-Factory and SPIN")
    export.add_argument("--out", type=Path, required=True, help="folder for the files")
    export.add_argument("--model", default=SMALL, help=f"whose own answers self-play refuses (default {SMALL})")
    export.add_argument("--judge", action="store_true", help="ask the simulated judge too")
    command("report", _report, "print what the log is worth")
    return parser


if __name__ == "__main__":
    sys.exit(main())
