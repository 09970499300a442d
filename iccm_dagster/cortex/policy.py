"""The control policy: it does what the heuristic would do, except where the logs show that something else is better.

A deviation needs five things: the action is allowed, the hazard model does not mask it, it was logged often enough after as many
retries at the rung, it goes on with the task, and the lower bound of its value is above the value of the heuristic's action. A policy
without a single deviation *is* the heuristic: that is the clone of a cold start.
"""

import random
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from iccm_dagster.celr.states import Action, Decision, Policy, State, allowed
from iccm_dagster.cortex.features import RETRIES_HERE_AT_ONE, StateExtractor, basis
from iccm_dagster.cortex.hazard import HARMLESS, RUNG_BINS, Hazard, rung_bins
from iccm_dagster.cortex.transitions import ACTIONS, INDEX, Transitions, mask_of

# N: states, A: actions, F: features, B: basis functions, C: cells.
RETRIES_HERE = StateExtractor.names.index("retries_here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What the policy learned: the value of each action, how sure that is, and how hazardous it is."""

    value_AB: Float[np.ndarray, "A B"]
    """Weights of the expected return, on `features.basis`."""
    covariance_ABB: Float[np.ndarray, "A B B"]
    """Covariance of those weights up to the noise."""
    noise_A: Float[np.ndarray, " A"]
    """Standard deviation of the return around its expectation."""
    supported_AC: Bool[np.ndarray, "A C"]
    """Which actions may be deviated to in which cell: logged there often enough, and no ending."""
    pessimism: float
    """Width of the lower bound, in standard errors."""
    hazard: Hazard

    def expected(self, basis_NB: Float[np.ndarray, "N B"]) -> Float[np.ndarray, "N A"]:
        """Return the expected return of each action."""
        return basis_NB @ self.value_AB.T

    def doubt(self, basis_NB: Float[np.ndarray, "N B"]) -> Float[np.ndarray, "N A"]:
        """Return how much the lower bound of each action lies below its expectation."""
        return self.pessimism * self.noise_A * spread(basis_NB, self.covariance_ABB)

    def choose(
        self,
        features_NF: Float[np.ndarray, "N F"],
        mask_NA: Bool[np.ndarray, "N A"],
        baseline_N: Int[np.ndarray, " N"],
    ) -> Int[np.ndarray, " N"]:
        """Return the chosen action of each state: the heuristic's, or a supported and safe one that is surely better."""
        basis_NB = basis(features_NF)
        return deviate(
            self.expected(basis_NB),
            self.doubt(basis_NB),
            self.hazard.safe(features_NF, mask_NA),
            supported_NA=self.supported_AC[:, cells(features_NF)].T,
            baseline_N=baseline_N,
        )


def cells(features_NF: Float[np.ndarray, "N F"]) -> Int[np.ndarray, " N"]:
    """Return the cell of each state: its rung, and the retries made there up to `RETRIES_HERE_AT_ONE`."""
    here_N = np.rint(features_NF[:, RETRIES_HERE] * RETRIES_HERE_AT_ONE).astype(int)
    return rung_bins(features_NF) * (RETRIES_HERE_AT_ONE + 1) + here_N


def supported(data: Transitions, *, min_count: int) -> Bool[np.ndarray, "A C"]:
    """Return which actions were logged often enough in each cell to be deviated to.

    Never in the last cell of a rung: from there on the features do not change from retry to retry, so that "once more" would be
    worth as much each time, and be done until the steps are used up.
    """
    counts_AC = np.zeros((len(ACTIONS), RUNG_BINS * (RETRIES_HERE_AT_ONE + 1)), dtype=int)
    np.add.at(counts_AC, (data.action_N, cells(data.features_NF)), 1)
    told_apart_C = np.arange(counts_AC.shape[1]) % (RETRIES_HERE_AT_ONE + 1) < RETRIES_HERE_AT_ONE
    return (counts_AC >= min_count) & ~HARMLESS[:, None] & told_apart_C


def spread(basis_NB: Float[np.ndarray, "N B"], covariance_ABB: Float[np.ndarray, "A B B"]) -> Float[np.ndarray, "N A"]:
    """Return the standard error of each action's value, in units of its noise."""
    return np.stack(
        [np.sqrt(np.einsum("nb,nb->n", basis_NB @ each_BB, basis_NB)) for each_BB in covariance_ABB], axis=1
    )


def deviate(
    expected_NA: Float[np.ndarray, "N A"],
    doubt_NA: Float[np.ndarray, "N A"],
    safe_NA: Bool[np.ndarray, "N A"],
    *,
    supported_NA: Bool[np.ndarray, "N A"],
    baseline_N: Int[np.ndarray, " N"],
) -> Int[np.ndarray, " N"]:
    """Return the action with the highest lower bound; the heuristic's counts with its expectation, so that doubt keeps it.

    Where the heuristic's action is unsafe and nothing safe is supported, the safest ending is taken: any safe action.
    """
    rows = np.arange(len(baseline_N))
    score_NA = np.where(safe_NA & supported_NA, expected_NA - doubt_NA, -np.inf)
    score_NA[rows, baseline_N] = np.where(safe_NA[rows, baseline_N], expected_NA[rows, baseline_N], -np.inf)
    chosen_N = score_NA.argmax(axis=1)
    lost_N = np.isneginf(score_NA.max(axis=1))
    chosen_N[lost_N] = np.where(safe_NA[lost_N], expected_NA[lost_N], -np.inf).argmax(axis=1)
    return chosen_N


class MetaPolicy:
    """A policy of the archive. ``values`` None makes it the clone of the heuristic."""

    def __init__(self, *, version: str, values: Values | None, heuristic: Policy) -> None:
        self.version, self.values, self.heuristic = version, values, heuristic
        self._extractor = StateExtractor()

    def decide(self, state: State, *, allowed: frozenset[Action], rng: random.Random | None) -> Decision:
        """Choose one of the allowed actions; deterministic, ``rng`` is not drawn from."""
        usual = self.heuristic.decide(state, allowed=allowed, rng=rng)
        if self.values is None or len(allowed) == 1:
            return self._decision(usual.action, f"as the heuristic: {usual.reason}")
        features_1F = self._extractor.extract(state)[None]
        [chosen] = self.values.choose(features_1F, mask_of(allowed)[None], np.array([INDEX[usual.action]]))
        action = ACTIONS[chosen]
        if action is usual.action:
            return self._decision(action, f"as the heuristic: {usual.reason}")
        gain = self._gain(features_1F, chosen, INDEX[usual.action])
        return self._decision(action, f"worth {gain:+.2f} against the heuristic's {usual.action}")

    def _gain(self, features_1F: np.ndarray, chosen: int, usual: int) -> float:
        [expected_A] = self.values.expected(basis(features_1F))
        return float(expected_A[chosen] - expected_A[usual])

    def _decision(self, action: Action, reason: str) -> Decision:
        return Decision(action=action, propensity=1.0, reason=reason, policy=self.version)


def chosen_actions(policy: Policy, data: Transitions) -> Int[np.ndarray, " N"]:
    """Return what a deterministic policy does in each state of a dataset, as indices into ``ACTIONS``."""
    if isinstance(policy, MetaPolicy):
        if policy.values is None:
            return data.baseline_N.copy()
        return policy.values.choose(data.features_NF, data.mask_NA, data.baseline_N)
    draws = random.Random(0)
    choices = [policy.decide(state, allowed=allowed(state), rng=draws).action for state in data.states]
    return np.array([INDEX[action] for action in choices], dtype=int)
