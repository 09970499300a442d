"""How the control policy is trained, estimated and promoted. Defaults are the embedded profile's."""

from pydantic import BaseModel, Field


class CortexRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """Training, off-policy evaluation, benchmark suite and promotion gate of the cortex."""

    clone_below: int = Field(default=50, ge=0)
    """Trajectories below which the candidate is a clone of the heuristic (seed: 50)."""
    trust_from: int = Field(default=5000, ge=1)
    """Trajectories below which estimates can only rule out disasters: a check warns, and settings are not chosen by them."""
    disaster: float = Field(default=0.05, ge=0)
    """Estimated loss of success, or rise of cost in shares of the money limit, that rules a setting out: about what estimates err by."""
    min_count: int = Field(default=20, ge=1)
    """Times an action must have been logged at a rung, after as many retries there, before the policy may deviate to it there."""
    ridge: float = Field(default=10.0, gt=0)
    """Strength of the ridge penalty of every regression, in pseudo-observations."""
    pessimism: tuple[float, ...] = (1.5, 3.0, 6.0)
    """Widths of the lower bound on the value of a deviation, in standard errors; one is chosen off-policy, or the middle one stands."""
    cost_weights: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0)
    """What a whole budget costs, in units of reward, where a solved task is worth 2; chosen in the same way."""
    time_weight: float = Field(default=0.2, ge=0)
    """What the whole time limit costs, in units of reward."""
    sweeps: int = Field(default=16, ge=1)
    """Passes of value iteration; decisions beyond this many are not looked ahead to."""
    hazard_limit: float = Field(default=0.01, gt=0, lt=1)
    """Highest probability of an unsafe event that an action may have; above, it is masked."""
    hazard_prior: float = Field(default=2.0, gt=0)
    """Pseudo-actions by which an action's unsafe rate is drawn towards the rate over all actions."""
    exploration: float = Field(default=0.15, ge=0, le=0.5)
    """Share of logged decisions drawn uniformly from the allowed actions; its propensities are logged."""
    resamples: int = Field(default=200, ge=20)
    """Bootstrap resamples of weighted importance sampling and doubly robust estimates."""
    trust_sizes: tuple[int, ...] = (50, 200, 500, 2000, 5000)
    """Sizes of log [trajectories] at which the estimators are checked in the simulator."""
    trust_logs: int = Field(default=6, ge=2)
    """Logs drawn of each size."""
    suite_tasks: int = Field(default=600, ge=1)
    """Tasks of the benchmark suite, spread evenly over the applications; the same for candidate and incumbent."""
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    """Share of bad policies the gate may let through, over all proposals judged on one suite."""
    success_margin: float = Field(default=0.01, ge=0)
    """Loss of success that counts as none, in probability."""
    cost_margin: float = Field(default=0.02, ge=0)
    """Rise of cost that counts as none, as a share of the incumbent's cost."""
    unsafe_limit: float = Field(default=0.01, gt=0, lt=1)
    """Highest upper bound on the unsafe rate per task: with no event, 1 % needs 299 tasks."""
    seed: int = 0
    """Seed of resampling, splits and suites."""
