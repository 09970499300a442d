"""How long the cortex takes to decide, beside the heuristic; how long training, estimating and judging take; and what the
gate lets through, over policies whose truth is set (simulated)."""

import statistics
import time
from collections.abc import Callable

from iccm_dagster.celr.states import allowed
from iccm_dagster.cortex.cascade import AlwaysEscalate, calibrated_cascade
from iccm_dagster.cortex.estimates import estimate
from iccm_dagster.cortex.gate import PromotionGate, Result, upper_rate
from iccm_dagster.cortex.policy import MetaPolicy, chosen_actions
from iccm_dagster.cortex.recipe import CortexRecipe
from iccm_dagster.cortex.reward import Prices
from iccm_dagster.cortex.tables import summary_table
from iccm_dagster.cortex.train import OfflineTrainer, Setting, fit
from iccm_dagster_tests.cortex.outcomes import Kind, planted, results
from iccm_dagster_tests.cortex.worlds import HEURISTIC, dataset, logged, suite

LOGS = 500
TARGET_MS = 1.0
SUITES = 4
EDGES = 60
SEEDS = 4


def main() -> None:
    """Print the latency of decisions, the processor time of everything else, the gate's errors, and what is learned."""
    recipe = CortexRecipe()
    times_of(recipe)
    errors(PromotionGate(recipe))
    gains(PromotionGate(recipe))
    learning(recipe)


def times_of(recipe: CortexRecipe) -> None:
    """Print what a decision takes, and training, estimating and judging."""
    data = dataset(LOGS, seed=1)
    setting = Setting(prices=Prices(cost_weight=2.0, time_weight=0.2), pessimism=3.0)
    learned = MetaPolicy(version="1", values=fit(data, setting=setting, recipe=recipe), heuristic=HEURISTIC)
    cases = [(state, allowed(state)) for state in data.states if len(allowed(state)) > 1]
    print(f"decisions in {len(cases)} logged states, processor time of each")
    for name, policy in (("cortex", learned), ("heuristic", HEURISTIC)):
        times = sorted(
            1000 * timed(lambda p=policy, s=state, m=mask: p.decide(s, allowed=m, rng=None)) for state, mask in cases
        )
        within = (
            "" if name == "heuristic" else f"   target < {TARGET_MS:g} ms: {times[int(0.99 * len(times))] < TARGET_MS}"
        )
        print(
            f"  {name:<10} median {statistics.median(times):.3f} ms, 99 % below {times[int(0.99 * len(times))]:.3f} ms{within}"
        )
    print(f"processor time over {LOGS} trajectories, {len(data.action_N)} decisions")
    print(
        f"  training, every setting  {timed(lambda: OfflineTrainer(recipe).train(data, version='1', heuristic=HEURISTIC)):6.2f} s"
    )
    target_N = chosen_actions(learned, data)
    print(f"  estimates with intervals {timed(lambda: estimate(data, target_N, recipe=recipe)):6.2f} s")
    base, other = results(Kind("heuristic"), tasks=600, seed=0), results(Kind("better", gain=0.03), tasks=600, seed=0)
    print(f"  gate over 600 tasks      {timed(lambda: PromotionGate(recipe).judge(other, base, proposal=1)):6.2f} s")


def learning(recipe: CortexRecipe) -> None:
    """Print what is learned from logs of growing size, its truth on 600 tasks, and whether the gate promotes it."""
    gate = PromotionGate(recipe)
    base = suite(HEURISTIC, tasks=600, seed=77)
    print("simulator, 600 tasks: mean over applications with 95 % interval")
    cascade = calibrated_cascade(logged(500, seed=1))
    for policy in (HEURISTIC, cascade, AlwaysEscalate()):
        print(f"  {policy.version:<16} {shown(base if policy is HEURISTIC else suite(policy, tasks=600, seed=77))}")
    for size in (40, 200, 500, 2000):
        for seed in range(SEEDS):
            trained = OfflineTrainer(recipe).train(
                dataset(size, seed=100 + seed), version=f"{size}", heuristic=HEURISTIC
            )
            own = suite(trained.policy, tasks=600, seed=77)
            judged = gate.judge(own, base, proposal=1)
            verdict = "promoted" if judged.promote else f"refused: {'; '.join(judged.reasons)}"
            print(f"  {size:>5} logs {trained.kind:<8} {shown(own)} {verdict}", flush=True)


def shown(outcomes: list[Result]) -> str:
    """Return success and cost with their intervals."""
    [row] = summary_table({"": outcomes}, seed=0).to_dict("records")
    parts = (
        f"{name} {row[name]:.3f} [{row[f'{name}_low']:.3f}, {row[f'{name}_high']:.3f}]" for name in ("success", "cost")
    )
    return ", ".join(parts)


def errors(gate: PromotionGate) -> None:
    """Print how many bad policies pass: a hundred planted ones, and the worst that is barely bad in one respect."""
    judged = [(kind, seed) for kind in planted(25) for seed in range(SUITES)]
    passed = [kind.name for kind, seed in judged if promoted(gate, kind, tasks=600, seed=seed)]
    upper = upper_rate(len(passed), len(judged), level=0.05)
    print(
        f"gate, 600 tasks: {len(passed)} of {len(judged)} bad policies pass (upper bound {upper:.2%}, declared 5 %): {passed}"
    )
    margins = CortexRecipe()
    barely = {
        "success at its margin": Kind("edge", gain=-margins.success_margin, cost=0.8),
        "cost at its margin": Kind("edge", gain=0.05, cost=1 + margins.cost_margin),
        "unsafe at its limit": Kind("edge", gain=0.05, cost=0.8, unsafe=margins.unsafe_limit),
        "no better at all": Kind("edge"),
    }
    for name, kind in barely.items():
        count = sum(promoted(gate, kind, tasks=600, seed=seed) for seed in range(EDGES))
        print(f"  {name:<22} {count} of {EDGES} pass")


def gains(gate: PromotionGate) -> None:
    """Print how often a better policy passes, by the size of the suite."""
    better = {
        "+3 points of success, cost -10 %": Kind("better", gain=0.03, cost=0.9),
        "equal success, cost -30 %": Kind("cheaper", swap=0.01, cost=0.7),
    }
    for name, kind in better.items():
        for tasks in (400, 600, 1000):
            count = sum(promoted(gate, kind, tasks=tasks, seed=seed) for seed in range(EDGES))
            print(f"  {name}: {count} of {EDGES} pass with {tasks} tasks")


def promoted(gate: PromotionGate, kind: Kind, *, tasks: int, seed: int) -> bool:
    """Return whether a policy passes on one suite."""
    base = results(Kind("heuristic"), tasks=tasks, seed=seed)
    return gate.judge(results(kind, tasks=tasks, seed=seed), base, proposal=1).promote


def timed(work: Callable[[], object]) -> float:
    """Return the processor time of one call [s]."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
