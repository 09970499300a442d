import crewplan
import pytest
from crewplan import Assignment, Crew, NoWorker
from taskplan import Task

DONE = [
    Assignment("dig", "bo", 0, 2),
    Assignment("wire", "al", 1, 4),
    Assignment("check", None, 4, 4),
    Assignment("paint", "bo", 5, 6),
]


@pytest.mark.requirement("R13")
def test_qualified_workers_have_the_skill():
    crew = Crew({"bo": ["wood"], "al": ["wood", "wire"], "cy": []})
    assert (crew.qualified("wood"), crew.qualified("wire"), crew.qualified("glass")) == (["bo", "al"], ["al"], [])


@pytest.mark.requirement("R13")
def test_everybody_can_do_work_without_a_skill():
    assert Crew({"bo": [], "al": ["wire"]}).qualified("") == ["bo", "al"]


@pytest.mark.requirement("R14")
def test_one_worker_does_one_task_at_a_time():
    tasks = [Task("a", 2), Task("b", 3), Task("c", 1, ("a",))]
    expected = [Assignment("a", "bo", 0, 2), Assignment("b", "bo", 2, 5), Assignment("c", "bo", 5, 6)]
    assert Crew({"bo": []}).assign(tasks) == expected


@pytest.mark.requirement("R14")
def test_two_workers_share_and_the_urgent_task_goes_first():
    tasks = [Task("short", 1), Task("long", 4), Task("last", 2, ("long",))]
    expected = [Assignment("long", "bo", 0, 4), Assignment("short", "al", 0, 1), Assignment("last", "al", 4, 6)]
    assert Crew({"bo": [], "al": []}).assign(tasks) == expected


@pytest.mark.requirement("R14")
def test_a_task_waits_for_the_worker_with_the_skill():
    tasks = [Task("a", 3, (), "wire"), Task("b", 2, (), "wire"), Task("c", 1)]
    expected = [Assignment("a", "al", 0, 3), Assignment("c", "bo", 0, 1), Assignment("b", "al", 3, 5)]
    assert Crew({"bo": ["wood"], "al": ["wire"]}).assign(tasks) == expected


@pytest.mark.requirement("R14")
def test_a_milestone_needs_no_worker():
    tasks = [Task("a", 2), Task("done", 0, ("a",), "unheard"), Task("b", 1, ("done",))]
    expected = [Assignment("a", "bo", 0, 2), Assignment("done", None, 2, 2), Assignment("b", "bo", 2, 3)]
    assert Crew({"bo": []}).assign(tasks) == expected


@pytest.mark.requirement("R14")
def test_a_skill_that_nobody_has_is_refused():
    with pytest.raises(NoWorker, match="roof"):
        Crew({"bo": ["wood"]}).assign([Task("roof", 1, (), "slate")])


@pytest.mark.requirement("R15")
def test_makespan_is_the_last_finish():
    assert crewplan.makespan(DONE) == 6
    assert crewplan.makespan([]) == 0


@pytest.mark.requirement("R15")
def test_workload_adds_up_by_worker():
    assert crewplan.workload(DONE) == {"al": 3, "bo": 3}


@pytest.mark.requirement("R15")
def test_idle_time_ends_with_the_last_task():
    assert [crewplan.idle_time(DONE, worker) for worker in ("bo", "al", "cy")] == [3, 1, 0]


@pytest.mark.requirement("R16")
def test_timeline_draws_a_row_for_each_worker():
    assert crewplan.timeline(DONE) == "al |.www..|\nbo |dd...p|\n"


@pytest.mark.requirement("R16")
def test_timeline_of_nothing_is_empty():
    assert crewplan.timeline([]) == ""
