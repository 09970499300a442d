"""Logs as a dataset: what the agent logged is what is learned from."""

from dataclasses import replace

import numpy as np
import pytest

from iccm_dagster.celr.events import event_from_json, event_to_json
from iccm_dagster.celr.states import Action
from iccm_dagster.celr.trajectories import trajectories_of
from iccm_dagster.cortex.tables import episodes_from_table, episodes_table
from iccm_dagster.cortex.transitions import ACTIONS, INDEX, episodes_of, transitions_of
from iccm_dagster_tests.cortex.events import events_of
from iccm_dagster_tests.cortex.worlds import HEURISTIC, logged

EPISODES = logged(40, seed=4)


def through_the_log(episodes):
    lines = [
        event_to_json(event)
        for number, episode in enumerate(episodes)
        for event in events_of(episode, trajectory=f"run{number}", application=episode.application_id, split="train")
    ]
    return episodes_of(trajectories_of(map(event_from_json, lines)))


def test_what_was_played_comes_back_from_the_log():
    for played, read in zip(EPISODES, through_the_log(EPISODES), strict=True):
        assert [step.action for step in read.steps] == [step.action for step in played.steps]
        assert (read.success, read.pass_rate) == (played.success, played.pass_rate)
        assert (read.cost, read.unsafe) == (pytest.approx(played.cost), played.unsafe)
        assert [step.propensity for step in read.steps] == [step.propensity for step in played.steps]


def test_a_run_that_was_cut_off_teaches_nothing():
    events = events_of(EPISODES[0], trajectory="cut", application="a", split="train")[:-1]
    assert episodes_of(trajectories_of(events)) == []


def test_a_run_that_began_without_money_teaches_nothing():
    """Its cost would be a million times its limit, and drown every other cost."""
    steps = tuple(replace(step, state=replace(step.state, cost_limit=1e-9)) for step in EPISODES[0].steps)
    events = events_of(replace(EPISODES[0], steps=steps), trajectory="poor", application="a", split="train")
    assert episodes_of(trajectories_of(events)) == []


def test_a_table_gives_its_episodes_back():
    assert episodes_from_table(episodes_table(EPISODES)) == EPISODES
    assert episodes_from_table(episodes_table([])) == []


def test_rows_say_what_was_allowed_what_came_and_when_it_ended():
    data = transitions_of(EPISODES, baseline=HEURISTIC)
    rows = np.arange(len(data.action_N))
    assert data.mask_NA[rows, data.action_N].all() and data.mask_NA[rows, data.baseline_N].all()
    assert data.done_N.sum() == data.episodes == len(EPISODES)
    assert data.success_N.sum() == sum(episode.success for episode in EPISODES)
    ends = {ACTIONS[index] for index in data.action_N[data.done_N]}
    assert ends <= {Action.STOP, Action.ABORT}


def test_propensities_are_those_of_the_exploring_heuristic():
    """epsilon 0.15 over k allowed actions: 0.85 + 0.15/k for the heuristic's action, 0.15/k for the others."""
    data = transitions_of(EPISODES, baseline=HEURISTIC)
    for row in np.flatnonzero(data.mask_NA.sum(axis=1) > 1):
        share = 0.15 / data.mask_NA[row].sum()
        expected = share + 0.85 * (data.action_N[row] == data.baseline_N[row])
        assert data.propensity_N[row] == pytest.approx(expected)


def test_episodes_can_be_picked_and_are_renumbered():
    data = transitions_of(EPISODES, baseline=HEURISTIC)
    picked = data.of_episodes([5, 2])
    assert picked.episodes == 2
    assert len(picked.action_N) == len(EPISODES[2].steps) + len(EPISODES[5].steps)
    assert picked.action_N[0] == INDEX[EPISODES[2].steps[0].action]
