"""The archive: versions that never change, rollback bit for bit, and a fallback whenever a policy cannot be used."""

import logging
import random

import pytest

from iccm_dagster.artifacts import ArtifactStore
from iccm_dagster.celr.states import Action, allowed
from iccm_dagster.cortex import features
from iccm_dagster.cortex.archive import ARRAYS, CURRENT, VERSIONS, PolicyArchive, content_version, to_bytes
from iccm_dagster.cortex.online import FallbackPolicy, current_policy
from iccm_dagster.cortex.policy import MetaPolicy
from iccm_dagster.cortex.reward import Prices
from iccm_dagster.cortex.train import Setting, fit
from iccm_dagster.errors import PolicyError
from iccm_dagster_tests.cortex.worlds import BLANK, HEURISTIC, JUDGED, RECIPE, dataset, random_state


def trained(seed: int, version: str) -> MetaPolicy:
    setting = Setting(prices=Prices(cost_weight=2.0, time_weight=0.2), pessimism=1.5)
    return MetaPolicy(
        version=version, values=fit(dataset(150, seed=seed), setting=setting, recipe=RECIPE), heuristic=HEURISTIC
    )


@pytest.fixture(scope="module")
def first():
    return trained(1, "1")


@pytest.fixture(scope="module")
def second():
    return trained(2, "2")


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(tmp_path)


@pytest.fixture
def archive(store, first, second):
    """Version 1 was promoted, then version 2."""
    archive = PolicyArchive(store)
    for policy in (first, second):
        archive.add(policy, {"episodes": 150})
        archive.promote(policy.version, reasons=("better",), suite="s")
    return archive


def decisions(policy) -> list[Action]:
    rng = random.Random(0)
    states = [random_state(rng) for _ in range(300)]
    return [policy.decide(state, allowed=allowed(state), rng=rng).action for state in states if len(allowed(state)) > 1]


def test_an_empty_archive_is_the_heuristic(store):
    assert PolicyArchive(store).current == "0"
    assert current_policy(store, heuristic=HEURISTIC) is HEURISTIC


def test_rollback_restores_the_previous_behaviour_bit_for_bit(store, archive, first):
    assert current_policy(store, heuristic=HEURISTIC).version == "2"
    assert archive.roll_back(None, reason="complaints") == "1"
    restored = current_policy(store, heuristic=HEURISTIC)
    assert to_bytes(restored) == to_bytes(first)
    assert decisions(restored) == decisions(first)


def test_rollback_reaches_any_version_and_the_heuristic(store, archive):
    archive.roll_back("0", reason="start again")
    assert current_policy(store, heuristic=HEURISTIC) is HEURISTIC
    archive.roll_back("2", reason="forward")
    assert current_policy(store, heuristic=HEURISTIC).version == "2"
    with pytest.raises(PolicyError, match="policy 7 cannot be read"):
        archive.roll_back("7", reason="?")
    assert archive.current == "2"


def test_the_history_keeps_every_move_and_its_reason(archive):
    archive.roll_back(None, reason="complaints")
    moves = [(entry.move, entry.version, entry.before) for entry in archive.history]
    assert moves == [
        ("proposed", "1", "0"),
        ("promoted", "1", "0"),
        ("proposed", "2", "1"),
        ("promoted", "2", "1"),
        ("rolled back", "1", "2"),
    ]
    assert archive.history[-1].reasons == ("complaints",)


def test_proposals_are_counted_per_suite(archive):
    archive.refuse("2", reasons=("dearer",), suite="s")
    archive.refuse("2", reasons=("dearer",), suite="other")
    assert (archive.judged("s"), archive.judged("other"), archive.judged("new")) == (3, 1, 0)


def test_a_version_never_changes(archive, first, second):
    archive.add(first, {})  # the same again is nothing new
    with pytest.raises(PolicyError, match="versions are never changed"):
        archive.add(MetaPolicy(version="1", values=second.values, heuristic=HEURISTIC), {})


def test_equal_policies_have_equal_versions(first, second):
    again = MetaPolicy(version="other", values=first.values, heuristic=HEURISTIC)
    assert content_version(first) == content_version(again) != content_version(second)


def test_a_clone_is_stored_and_loaded(store):
    archive = PolicyArchive(store)
    archive.add(MetaPolicy(version="c", values=None, heuristic=HEURISTIC), {})
    assert decisions(archive.load("c")) == decisions(HEURISTIC)


def missing(store):
    for path in (store.root / VERSIONS).rglob("*.npz"):
        path.unlink()


def torn(store):
    for path in (store.root / VERSIONS).rglob(ARRAYS):
        path.write_bytes(path.read_bytes()[:-100])


def flipped(store):
    for path in (store.root / VERSIONS).rglob(ARRAYS):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(bytes(data))


def pointer_garbled(store):
    for path in (store.root / CURRENT).rglob("current.json"):
        path.write_text("{", encoding="utf-8")


@pytest.mark.parametrize("damage", [missing, torn, flipped, pointer_garbled])
def test_a_damaged_archive_falls_back_to_the_heuristic_with_one_warning(store, archive, damage, caplog):
    damage(store)
    with caplog.at_level(logging.WARNING):
        policy = current_policy(store, heuristic=HEURISTIC)
    assert isinstance(policy, FallbackPolicy)
    assert len(caplog.records) == 1
    assert decisions(policy) == decisions(HEURISTIC)


def test_a_policy_of_other_features_is_incompatible(store, archive, monkeypatch):
    monkeypatch.setattr(features, "VERSION", features.VERSION + 1)
    with pytest.raises(PolicyError, match=r"incompatible: its features is 2, this program's 3\. Train a new one"):
        archive.load("2")
    assert isinstance(current_policy(store, heuristic=HEURISTIC), FallbackPolicy)


def test_the_log_of_a_fallback_says_why_once_per_trajectory():
    policy = FallbackPolicy(HEURISTIC, problem="policy 2 is torn")
    rng = random.Random(0)
    begun = policy.decide(BLANK, allowed=allowed(BLANK), rng=rng)
    assert begun.reason == "fallback to the heuristic (policy 2 is torn): first attempt"
    assert "fallback" not in policy.decide(JUDGED, allowed=allowed(JUDGED), rng=rng).reason
