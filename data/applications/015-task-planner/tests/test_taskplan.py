import pytest
import taskplan
from taskplan import CycleError, DuplicateTask, PlanSyntaxError, Project, Task, UnknownTask, Window

HOUSE = [
    Task("paint", 2, ("walls", "power")),
    Task("ground", 3),
    Task("walls", 5, ("ground",)),
    Task("power", 1, ("ground",), "electric"),
    Task("party", 0, ("paint",)),
]


@pytest.mark.requirement("R1")
def test_add_returns_the_task():
    assert Project().add("walls", 5, ["ground"], "brick") == Task("walls", 5, ("ground",), "brick")


@pytest.mark.requirement("R1")
def test_added_tasks_are_kept_in_order():
    project = Project([Task("b", 1)])
    project.add("a", 2)
    assert project.tasks() == [Task("b", 1), Task("a", 2)]


@pytest.mark.requirement("R1")
def test_a_task_is_found_by_name():
    assert Project(HOUSE).task("power") == Task("power", 1, ("ground",), "electric")


@pytest.mark.requirement("R2")
def test_adding_a_name_twice_is_refused():
    with pytest.raises(DuplicateTask):
        Project([Task("a", 1)]).add("a", 2)


@pytest.mark.requirement("R2")
def test_a_negative_duration_is_refused_and_zero_is_not():
    project = Project()
    assert project.add("milestone", 0).duration == 0
    with pytest.raises(ValueError):
        project.add("a", -1)


@pytest.mark.requirement("R1", "R2")
def test_asking_for_an_unknown_task_is_refused():
    with pytest.raises(UnknownTask):
        Project(HOUSE).task("roof")


@pytest.mark.requirement("R3")
def test_removing_a_task_hands_its_prerequisites_on():
    project = Project([Task("a", 1), Task("x", 1), Task("b", 1, ("a", "x")), Task("c", 4, ("b", "a"), "s")])
    project.remove("b")
    assert project.tasks() == [Task("a", 1), Task("x", 1), Task("c", 4, ("a", "x"), "s")]


@pytest.mark.requirement("R3")
def test_removing_an_unknown_task_is_refused():
    with pytest.raises(UnknownTask):
        Project(HOUSE).remove("roof")


@pytest.mark.requirement("R4")
def test_problems_name_unknown_tasks():
    assert Project([Task("a", 1, ("x", "b")), Task("b", 1, ("y",))]).problems() == ["a: unknown x", "b: unknown y"]


@pytest.mark.requirement("R4")
def test_problems_show_a_cycle():
    tasks = [Task("s", 1), Task("a", 1, ("s", "b")), Task("b", 1, ("c",)), Task("c", 1, ("a",))]
    assert Project(tasks).problems() == ["cycle: a -> b -> c"]


@pytest.mark.requirement("R4")
def test_a_sound_project_has_no_problems():
    assert Project(HOUSE).problems() == []


@pytest.mark.requirement("R5")
def test_order_follows_dependencies_and_then_insertion():
    assert Project(HOUSE).order() == ["ground", "walls", "power", "paint", "party"]


@pytest.mark.requirement("R5")
def test_order_of_an_empty_project_is_empty():
    assert Project().order() == []


@pytest.mark.requirement("R5")
def test_order_refuses_a_cycle():
    with pytest.raises(CycleError, match="a"):
        Project([Task("a", 1, ("a",))]).order()


@pytest.mark.requirement("R5")
def test_order_refuses_unknown_names():
    with pytest.raises(UnknownTask):
        Project([Task("a", 1, ("x",))]).order()


@pytest.mark.requirement("R6")
def test_stages_hold_tasks_that_can_run_together():
    assert Project(HOUSE).stages() == [["ground"], ["walls", "power"], ["paint"], ["party"]]


@pytest.mark.requirement("R6")
def test_stages_use_the_longest_chain():
    tasks = [Task("c", 1, ("a", "b")), Task("b", 1, ("a",)), Task("a", 1)]
    assert Project(tasks).stages() == [["a"], ["b"], ["c"]]


@pytest.mark.requirement("R6")
def test_an_empty_project_has_no_stages():
    assert Project().stages() == []


@pytest.mark.requirement("R7")
def test_prerequisites_are_transitive():
    assert Project(HOUSE).prerequisites("party") == ["paint", "ground", "walls", "power"]


@pytest.mark.requirement("R7")
def test_dependents_are_transitive():
    assert Project(HOUSE).dependents("power") == ["paint", "party"]


@pytest.mark.requirement("R7")
@pytest.mark.parametrize("method", ["prerequisites", "dependents"])
def test_relations_of_an_unknown_task_are_refused(method):
    with pytest.raises(UnknownTask):
        getattr(Project(HOUSE), method)("roof")


@pytest.mark.requirement("R7")
def test_prerequisites_in_a_broken_project_are_refused():
    with pytest.raises(UnknownTask):
        Project([Task("a", 1, ("x",))]).prerequisites("a")


@pytest.mark.requirement("R8")
def test_windows_of_a_task_with_slack():
    assert Project(HOUSE).windows()["power"] == Window(3, 4, 7, 8, 4)


@pytest.mark.requirement("R8")
def test_windows_of_a_critical_task():
    assert Project(HOUSE).windows()["paint"] == Window(8, 10, 8, 10, 0)


@pytest.mark.requirement("R8")
def test_windows_keep_the_project_order():
    assert list(Project(HOUSE).windows()) == ["paint", "ground", "walls", "power", "party"]


@pytest.mark.requirement("R8")
def test_duration_is_the_longest_chain():
    assert Project(HOUSE).duration() == 10


@pytest.mark.requirement("R8")
def test_an_empty_project_takes_no_time():
    assert Project().duration() == 0


@pytest.mark.requirement("R9")
def test_critical_tasks_have_no_slack():
    assert Project(HOUSE).critical_tasks() == ["paint", "ground", "walls", "party"]


@pytest.mark.requirement("R9")
def test_critical_path_is_a_chain():
    assert Project(HOUSE).critical_path() == ["ground", "walls", "paint", "party"]


@pytest.mark.requirement("R9")
def test_critical_path_prefers_the_first_of_equal_chains():
    tasks = [Task("b", 2), Task("a", 2), Task("z", 1, ("a",)), Task("y", 1, ("b",)), Task("x", 1, ("b",))]
    assert Project(tasks).critical_path() == ["b", "y"]


@pytest.mark.requirement("R9")
def test_critical_path_follows_links_only():
    tasks = [Task("a", 2), Task("b", 1), Task("c", 1, ("b",)), Task("d", 3, ("c",)), Task("e", 3, ("a",))]
    assert Project(tasks).critical_path() == ["a", "e"]


@pytest.mark.requirement("R10")
def test_free_slack_looks_at_the_next_tasks_only():
    tasks = [Task("a", 1), Task("b", 1, ("a",)), Task("c", 5), Task("d", 1, ("b", "c"))]
    project = Project(tasks)
    assert (project.free_slack("a"), project.free_slack("b"), project.free_slack("d")) == (0, 3, 0)


@pytest.mark.requirement("R10")
def test_free_slack_of_a_last_task_reaches_to_the_end():
    assert Project([Task("a", 4), Task("b", 7)]).free_slack("a") == 3
    with pytest.raises(UnknownTask):
        Project(HOUSE).free_slack("roof")


@pytest.mark.requirement("R10")
@pytest.mark.parametrize(("extra", "moved"), [(0, 0), (4, 0), (5, 1), (9, 5)])
def test_a_delay_beyond_the_slack_moves_the_end(extra, moved):
    assert Project(HOUSE).delay("power", extra) == moved


@pytest.mark.requirement("R10")
def test_a_negative_delay_is_refused():
    with pytest.raises(ValueError):
        Project(HOUSE).delay("power", -1)
    with pytest.raises(UnknownTask):
        Project(HOUSE).delay("roof", 1)


@pytest.mark.requirement("R11")
def test_a_plan_is_read_line_by_line():
    text = "# a house\nground: 3\n\n  power: 1 after ground needs electric  # soon\nroof-top:0 after power,ground\n"
    expected = [Task("ground", 3), Task("power", 1, ("ground",), "electric"), Task("roof-top", 0, ("power", "ground"))]
    assert taskplan.parse_plan(text).tasks() == expected


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("line", ["ground", "ground: soon", "ground: -1", "a b: 3", "a: 3 before b", "a: 3 after"])
def test_a_line_that_is_no_task_is_refused(line):
    with pytest.raises(PlanSyntaxError, match="line 2"):
        taskplan.parse_plan("first: 1\n" + line)


@pytest.mark.requirement("R12")
def test_a_plan_is_written_line_by_line():
    text = taskplan.format_plan([Task("a", 3), Task("b", 0, ("a",)), Task("c", 2, ("a", "b"), "paint")])
    assert text == "a: 3\nb: 0 after a\nc: 2 after a, b needs paint\n"


@pytest.mark.requirement("R12")
def test_no_tasks_are_written_as_nothing():
    assert taskplan.format_plan([]) == ""
