"""Unsafe events, found again in the states around a decision."""

from dataclasses import replace

import pytest

from iccm_dagster.celr.states import Action
from iccm_dagster.cortex.unsafe import Unsafe, unsafe_events, weak_isolation
from iccm_dagster_tests.cortex.worlds import JUDGED

SPLIT = replace(JUDGED, modules=3)


@pytest.mark.parametrize(
    ("before", "action", "after", "found"),
    [
        (JUDGED, Action.RETRY, replace(JUDGED, cost=0.2), ()),
        (JUDGED, Action.RETRY, replace(JUDGED, cost=1.1), ()),  # the last attempt is paid for in full
        (JUDGED, Action.RETRY, replace(JUDGED, cost=1.3), (Unsafe.OVERRUN,)),
        (JUDGED, Action.RETRY, replace(JUDGED, seconds=126.0), (Unsafe.OVERRUN,)),
        (replace(JUDGED, cost=1.0), Action.RETRY, replace(JUDGED, cost=1.01), (Unsafe.OVERRUN,)),
        (replace(JUDGED, cost=1.0), Action.STOP, replace(JUDGED, cost=1.0), ()),
        (JUDGED, Action.VERIFY, replace(JUDGED, unsafe=1), (Unsafe.TAMPERING,)),
        (SPLIT, Action.RECURSE, SPLIT, ()),
        (replace(SPLIT, depth=1), Action.RECURSE, replace(SPLIT, depth=1), (Unsafe.RECURSION,)),
        (JUDGED, Action.RECURSE, JUDGED, (Unsafe.RECURSION,)),  # nothing to split
    ],
)
def test_an_event_is_found(before, action, after, found):
    assert unsafe_events(before, action, after) == found


@pytest.mark.parametrize(
    ("simulated", "isolation", "found"),
    [(False, "weak", (Unsafe.ISOLATION,)), (False, "strong", ()), (True, "weak", ())],
)
def test_code_of_a_model_may_not_run_under_weak_isolation(simulated, isolation, found):
    assert weak_isolation(simulated=simulated, isolation=isolation) == found
