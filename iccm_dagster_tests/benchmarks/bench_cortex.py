"""How long the cortex takes to decide, beside the heuristic; how long training, estimating and judging take."""

import statistics
import time
from collections.abc import Callable

from iccm_dagster.celr.states import allowed
from iccm_dagster.cortex.estimates import estimate
from iccm_dagster.cortex.gate import PromotionGate
from iccm_dagster.cortex.policy import MetaPolicy, chosen_actions
from iccm_dagster.cortex.recipe import CortexRecipe
from iccm_dagster.cortex.reward import Prices
from iccm_dagster.cortex.train import OfflineTrainer, Setting, fit
from iccm_dagster_tests.cortex.outcomes import Kind, results
from iccm_dagster_tests.cortex.worlds import HEURISTIC, dataset

LOGS = 500
TARGET_MS = 1.0


def main() -> None:
    """Print the latency of decisions, then the processor time of everything else."""
    recipe = CortexRecipe()
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


def timed(work: Callable[[], object]) -> float:
    """Return the processor time of one call [s]."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
