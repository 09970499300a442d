import pytest
from flowstate import (
    Blueprint,
    BlueprintError,
    FlowError,
    GuardRefused,
    Machine,
    NoTransition,
    Step,
    Transition,
    UnknownState,
)


def is_adult(data):
    return data["age"] >= 18


DOOR = [
    Transition("close", "open", "closed"),
    Transition("open", "closed", "open"),
    Transition("lock", "closed", "locked"),
    Transition("unlock", "locked", "closed"),
    Transition("break", "*", "broken"),
]
STATES = ["open", "closed", "locked", "broken"]
CLUB = [
    Transition("enter", "out", "bar", is_adult),
    Transition("enter", "out", "cinema", lambda data: data["age"] >= 6),
]


def door():
    return Blueprint(STATES, DOOR, final=["broken"])


def club():
    return Blueprint(["out", "bar", "cinema"], CLUB)


@pytest.mark.requirement("R1")
def test_the_first_state_is_initial():
    assert door().initial() == "open"


@pytest.mark.requirement("R1")
def test_final_states_are_known():
    assert [door().is_final(state) for state in STATES] == [False, False, False, True]


@pytest.mark.requirement("R1")
def test_an_unknown_state_is_neither_final_nor_not():
    with pytest.raises(UnknownState):
        door().is_final("ajar")


@pytest.mark.requirement("R2")
def test_a_blueprint_without_states_is_refused():
    with pytest.raises(BlueprintError):
        Blueprint([], [])


@pytest.mark.requirement("R2")
def test_a_state_listed_twice_is_refused():
    with pytest.raises(BlueprintError):
        Blueprint(["a", "b", "a"], [])


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(("source", "target", "final"), [("a", "x", "b"), ("x", "a", "b"), ("a", "b", "x")])
def test_unknown_states_are_refused(source, target, final):
    with pytest.raises(UnknownState):
        Blueprint(["a", "b"], [Transition("go", source, target)], final=[final])


@pytest.mark.requirement("R2")
def test_leaving_a_final_state_is_refused():
    with pytest.raises(BlueprintError):
        Blueprint(["a", "b"], [Transition("go", "b", "a")], final=["b"])


@pytest.mark.requirement("R3")
def test_events_of_a_state_include_those_from_everywhere():
    assert door().events("closed") == ["break", "lock", "open"]


@pytest.mark.requirement("R3")
def test_a_final_state_has_no_events():
    assert door().events("broken") == []


@pytest.mark.requirement("R3")
def test_events_of_an_unknown_state_are_refused():
    with pytest.raises(UnknownState):
        door().events("ajar")


@pytest.mark.requirement("R4")
def test_reachable_states_are_transitive():
    assert door().reachable("locked") == ["open", "closed", "locked", "broken"]


@pytest.mark.requirement("R4")
def test_followers_of_an_unknown_state_are_refused():
    with pytest.raises(UnknownState):
        door().reachable("ajar")


@pytest.mark.requirement("R4")
def test_a_state_without_a_loop_does_not_reach_itself():
    chain = Blueprint(["a", "b", "c"], [Transition("x", "a", "b"), Transition("y", "b", "c")])
    assert (chain.reachable("a"), chain.reachable("c")) == (["b", "c"], [])


@pytest.mark.requirement("R4")
def test_unreachable_states_are_found():
    assert Blueprint(["a", "b", "c"], [Transition("x", "a", "a"), Transition("y", "b", "c")]).unreachable() == [
        "b",
        "c",
    ]
    assert door().unreachable() == []


@pytest.mark.requirement("R4")
def test_dead_ends_never_reach_a_final_state():
    moves = [Transition("x", "a", "b"), Transition("y", "a", "trap"), Transition("z", "trap", "pit")]
    assert Blueprint(["a", "b", "trap", "pit"], moves, final=["b"]).dead_ends() == ["trap", "pit"]


@pytest.mark.requirement("R5")
def test_the_shortest_route_has_the_fewest_events():
    assert door().shortest_route("open", "locked") == ["close", "lock"]
    assert door().shortest_route("locked", "broken") == ["break"]


@pytest.mark.requirement("R5")
def test_no_route_leaves_a_final_state():
    assert door().shortest_route("broken", "open") is None


@pytest.mark.requirement("R5")
def test_the_route_to_itself_is_empty():
    assert door().shortest_route("closed", "closed") == []


@pytest.mark.requirement("R5")
@pytest.mark.parametrize(("source", "target"), [("open", "ajar"), ("ajar", "open")])
def test_a_route_between_unknown_states_is_refused(source, target):
    with pytest.raises(UnknownState):
        door().shortest_route(source, target)


@pytest.mark.requirement("R6")
def test_the_diagram_has_a_line_for_each_transition():
    moves = [Transition("close", "open", "closed"), Transition("lock", "*", "closed", is_adult)]
    assert Blueprint(["open", "closed"], moves).diagram() == "open --close--> closed\n* --lock?--> closed\n"


@pytest.mark.requirement("R6")
def test_the_diagram_without_transitions_is_empty():
    assert Blueprint(["a"], []).diagram() == ""


@pytest.mark.requirement("R7")
def test_firing_returns_the_new_state():
    machine = Machine(door())
    assert [machine.fire("close"), machine.fire("lock"), machine.fire("break")] == ["closed", "locked", "broken"]


@pytest.mark.requirement("R7")
def test_an_event_without_meaning_is_refused():
    with pytest.raises(NoTransition):
        Machine(door()).fire("lock")


@pytest.mark.requirement("R7")
def test_a_named_source_goes_before_the_wildcard():
    moves = [Transition("go", "*", "b"), Transition("go", "a", "c")]
    assert Machine(Blueprint(["a", "b", "c"], moves)).fire("go") == "c"


@pytest.mark.requirement("R7")
def test_a_machine_can_start_anywhere():
    assert Machine(door(), "locked").fire("unlock") == "closed"


@pytest.mark.requirement("R7")
def test_starting_in_an_unknown_state_is_refused():
    with pytest.raises(UnknownState):
        Machine(door(), "ajar").fire("break")


@pytest.mark.requirement("R8")
@pytest.mark.parametrize(("age", "place"), [(18, "bar"), (17, "cinema"), (6, "cinema")])
def test_the_first_guard_that_agrees_decides(age, place):
    assert Machine(club()).fire("enter", age=age) == place


@pytest.mark.requirement("R8")
def test_an_event_refused_by_every_guard_changes_nothing():
    machine = Machine(club())
    with pytest.raises(GuardRefused):
        machine.fire("enter", age=5)
    assert machine.fire("enter", age=20) == "bar"


@pytest.mark.requirement("R8")
def test_can_asks_the_guards():
    machine = Machine(club())
    assert (machine.can("enter", age=6), machine.can("enter", age=5), machine.can("leave")) == (True, False, False)


@pytest.mark.requirement("R9")
def test_the_state_of_a_new_machine():
    assert (Machine(door()).state, Machine(door(), "closed").state) == ("open", "closed")


@pytest.mark.requirement("R9")
def test_the_machine_is_finished_in_a_final_state():
    assert (Machine(door(), "broken").finished(), Machine(door()).finished()) == (True, False)


@pytest.mark.requirement("R10")
def test_the_history_keeps_steps_with_their_data():
    machine = Machine(club())
    machine.fire("enter", age=40)
    assert machine.history() == [Step("enter", "out", "bar", {"age": 40})]


@pytest.mark.requirement("R10")
def test_visits_count_entries():
    machine = Machine(door())
    machine.fire("close")
    machine.fire("open")
    machine.fire("close")
    assert machine.visits() == {"open": 2, "closed": 2}


@pytest.mark.requirement("R10")
def test_a_new_machine_has_visited_its_start_once():
    assert Machine(door()).visits() == {"open": 1}
    assert Machine(door()).history() == []


@pytest.mark.requirement("R11")
def test_undo_goes_back_step_by_step():
    machine = Machine(door())
    machine.fire("close")
    machine.fire("lock")
    assert [machine.undo(), machine.undo()] == ["closed", "open"]


@pytest.mark.requirement("R11")
def test_redo_repeats_what_was_undone():
    machine = Machine(door())
    machine.fire("close")
    machine.undo()
    assert machine.redo() == "closed"


@pytest.mark.requirement("R11")
def test_a_new_event_forgets_undone_steps():
    machine = Machine(door())
    machine.fire("close")
    machine.undo()
    machine.fire("close")
    with pytest.raises(FlowError):
        machine.redo()


@pytest.mark.requirement("R11")
def test_nothing_to_undo_is_refused():
    with pytest.raises(FlowError):
        Machine(door()).undo()
