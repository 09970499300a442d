"""Many applications: one run, events in proportion, and a change that touches its own partitions and what gathers them.
Times are in `benchmarks/bench_orchestration.py`."""

import dagster as dg
import pytest

from iccm_dagster_tests.benchmarks.bench_orchestration import CHEAP, Place, clocked, synthetic
from iccm_dagster_tests.defs.life import touch


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Catalogues of 2, 4 and 8 applications with their cheap assets made, and what that took."""
    found = {}
    for size in (2, 4, 8):
        folder = tmp_path_factory.mktemp(f"applications{size}")
        place = Place(folder, synthetic(folder / "applications", size))
        found[size] = place, place.run(CHEAP)
    return found


def test_all_applications_are_one_run_and_each_costs_the_same_number_of_events(places):
    events = {size: cost.events for size, (_, cost) in places.items()}
    assert [cost.runs for _, cost in places.values()] == [1, 1, 1]
    # Two materializations (when it is stored, when the step ends) and the one that was planned, of three assets each.
    assert (events[8] - events[4]) / 4 == (events[4] - events[2]) / 2 <= 9


def test_one_changed_application_makes_its_own_partitions_and_what_gathers_them_and_no_other(places):
    place, _ = places[8]
    key = "0003-word3"
    with dg.DagsterInstance.local_temp(str(place.folder)) as instance:
        before = made(instance)
    touch(place.catalogue / key, "changed")
    place.run(CHEAP, keys=[key])
    with dg.DagsterInstance.local_temp(str(place.folder)) as instance:
        after = made(instance)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {*((asset, key) for asset in CHEAP[:3]), ("catalogue_statistics", None)}


def made(instance) -> dict[tuple[str, str | None], int]:
    """Return how often each artifact was materialized."""
    counts: dict[tuple[str, str | None], int] = {}
    for name in CHEAP:
        for record in instance.fetch_materializations(dg.AssetKey(name), limit=500).records:
            name_and_key = (name, record.asset_materialization.partition)
            counts[name_and_key] = counts.get(name_and_key, 0) + 1
    return counts


def test_the_clock_of_the_benchmark_counts_work_side_by_side_once():
    with clocked() as clock:
        clock.spans[:] = [(0.0, 2.0), (1.0, 3.0), (5.0, 6.0)]
    assert clock.work_s() == 4.0
