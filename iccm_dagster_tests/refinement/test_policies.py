"""Which state follows a state, per policy; and corruption at given levels."""

import numpy as np
import pytest

from iccm_dagster.refinement.kernels import N, V
from iccm_dagster.refinement.language import MASK, check
from iccm_dagster.refinement.policies import expert_tokens, next_tokens
from iccm_dagster.refinement.recipe import Policy
from iccm_dagster.refinement.states import corrupt, frame_of


@pytest.fixture
def frame(training_programs):
    programs = training_programs.take(np.arange(100))
    return frame_of(programs, corrupt(programs, np.full(100, 0.75), np.random.default_rng(0)))


def follow(policy, frame, *, iteration=0, seed=0, logits=None):
    return next_tokens(
        policy,
        frame,
        frame.given,
        np.zeros((100, N, V), np.float32) if logits is None else logits,
        np.full(100, iteration),
        iterations=5,
        generator=np.random.default_rng(seed),
    )


@pytest.mark.parametrize("level", [0.5, 0.75, 1.0])
def test_corruption_loses_the_share_asked_for_and_never_nothing(training_programs, level):
    programs = training_programs
    given = corrupt(programs, np.full(len(programs), level), np.random.default_rng(0))
    lost = ((given == MASK) & (programs.tokens != MASK)).sum(axis=1)
    assert (lost == np.maximum(1, np.rint(level * programs.sizes))).all()
    assert ((given == MASK) | (given == programs.tokens)).all()


@pytest.mark.parametrize("policy", [Policy.RANDOM, Policy.EXPERT, Policy.SCHEDULED, Policy.ON_POLICY])
def test_given_nodes_never_change_and_equal_seeds_give_equal_states(frame, policy):
    tokens = follow(policy, frame)
    assert (tokens[~frame.open] == frame.given[~frame.open]).all()
    assert (tokens == follow(policy, frame)).all()
    if policy is not Policy.EXPERT:
        assert (tokens != follow(policy, frame, seed=1)).any()


def test_the_expert_halves_what_is_wrong_and_ends_at_the_truth(frame):
    generator, tokens, truth = np.random.default_rng(0), frame.given, frame.programs.tokens
    while (wrong := ((tokens != truth) & frame.open).sum(axis=1)).any():
        tokens = expert_tokens(frame, tokens, generator)
        assert (((tokens != truth) & frame.open).sum(axis=1) == wrong // 2).all()


def test_scheduled_sampling_shows_the_model_its_own_answer_more_often_later(frame):
    """The seed's schedule: with probability min(0.9, i / 5 + 0.5), the truth otherwise."""
    logits = np.zeros((100, N, V), np.float32)
    logits[..., 1] = 1
    own = [
        np.mean([
            (follow(Policy.SCHEDULED, frame, iteration=i, seed=seed, logits=logits) != frame.programs.tokens).any(axis=1).mean()
            for seed in range(10)
        ])
        for i in (0, 4)
    ]  # fmt: skip
    # 1000 draws: three standard deviations are 0.05
    assert own == pytest.approx([0.5, 0.9], abs=0.05)


def test_own_states_type_check_or_have_holes(frame):
    tokens = follow(Policy.ON_POLICY, frame)
    whole = ((tokens != MASK) | (frame.programs.tokens == MASK)).all(axis=1)
    assert 0.2 < whole.mean() < 0.95
    for row in np.flatnonzero(whole):
        check(tokens[row, : frame.programs.sizes[row]].tolist())
