"""Refinement: the compiled interpreter against the plain one, evidence against running, and both against a training step.

The claims: the compiled interpreter is many times faster than the plain one, and running programs is a small part of a
training step, so that the interpreter is not the bottleneck.
"""

import time
from collections.abc import Callable

import numpy as np

from iccm_dagster.progress import silent
from iccm_dagster.refinement.corpus import Programs, build_corpus, programs_in
from iccm_dagster.refinement.evaluate import run
from iccm_dagster.refinement.evidence import gather
from iccm_dagster.refinement.kernels import passes
from iccm_dagster.refinement.measure import held_out, neural, search
from iccm_dagster.refinement.model import Denoiser
from iccm_dagster.refinement.recipe import DenoiserRecipe, EvaluationRecipe, Policy, ProgramRecipe
from iccm_dagster.refinement.train import train_denoiser

PROGRAMS, STEPS = 2000, 12


def main() -> None:
    started = time.process_time()
    corpus = build_corpus(ProgramRecipe(programs=PROGRAMS, held_out=200), on_progress=silent)
    spent = time.process_time() - started
    print(f"corpus               {len(corpus) / spent:8.0f} programs kept/s, compilation included")
    programs = programs_in(corpus, "train")
    tests = programs.tests.shape[1]
    compiled = per_second(
        lambda: passes(programs.tokens, programs.arities, programs.sizes, programs.tests), len(programs)
    )
    plain = per_second(lambda: run_plainly(programs, 100), 100)
    evidence = per_second(
        lambda: gather(programs.tokens, programs.arities, programs.sizes, programs.tests, True), len(programs)
    )
    print(f"plain interpreter    {plain:8.0f} programs/s on {tests} tests")
    print(
        f"compiled interpreter {compiled:8.0f} programs/s on {tests} tests, {compiled / plain:.0f} times the plain one"
    )
    print(f"with evidence        {evidence:8.0f} programs/s, {compiled / evidence:.1f} executions each")
    for name, recipe in (
        ("ours", DenoiserRecipe(steps=STEPS, threads=1)),
        ("one shot", DenoiserRecipe(steps=STEPS, threads=1, policy=Policy.ONE_SHOT)),
        ("seed", DenoiserRecipe(steps=STEPS, threads=1, policy=Policy.RANDOM, evidence=False, examples=False)),
    ):
        training = train_denoiser(programs, recipe, name=name, on_progress=silent)
        speed = training.examples / training.cpu_seconds
        share = speed / (evidence if recipe.evidence else compiled)
        print(f"training, {name:<10} {speed:8.0f} states/s, {share:.1%} of the time in the interpreter")
        if name == "ours":
            searches(training.model, programs_in(corpus, "test"))


def searches(model: Denoiser, programs: Programs) -> None:
    """Print how many candidates a second of CPU time proposes and executes, within five executions of each program."""
    recipe = EvaluationRecipe(programs=100)
    frame = held_out(programs, 0.75, recipe)
    for name, careful in (("with care", True), ("drawn at once", False)):
        started = time.process_time()
        proposer = neural(model, frame, recipe, refines=True, careful=careful)
        trails = search(proposer, frame, budget=5, chains=1, recipe=recipe, on_progress=silent)
        executed, spent = sum(len(trail.attempts) for trail in trails), time.process_time() - started
        print(
            f"search, {name:<13} {executed / spent:7.0f} executions/s, {proposer.operations / executed:.0f} operations of evidence each"
        )


def per_second(work: Callable[[], object], count: int) -> float:
    """Return how many of ``count`` things a second of CPU time does, compilation left out."""
    work()
    started = time.process_time()
    work()
    return count / max(1e-9, time.process_time() - started)


def run_plainly(programs: Programs, count: int) -> None:
    for row in range(count):
        program = tuple(programs.tokens[row, : programs.sizes[row]].tolist())
        for example in programs.tests[row].tolist():
            run(program, a=example[0], b=example[1], xs=tuple(example[3 : 3 + example[2]]), max_steps=1000)


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
