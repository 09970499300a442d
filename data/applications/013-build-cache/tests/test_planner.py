import pytest
from buildcache.digests import Fingerprint, MissingSource
from buildcache.graph import Graph, Target, UnknownTarget
from buildcache.planner import Record, RecordError, Step, affected, is_current, plan, record_from_text

FILES = {"a.c": "a", "b.c": "b", "d.md": "d"}
LIB = Target("lib", (), ("b.c",), "ar")
APP = Target("app", ("lib",), ("a.c",), "cc")
GRAPH = Graph([APP, LIB, Target("doc", (), ("d.md",))])


def built(*names, files=None):
    record = Record()
    for name in names or ("lib", "app", "doc"):
        record.built(GRAPH, files or FILES, name)
    return record


@pytest.mark.requirement("R10")
def test_everything_is_new_at_first():
    assert plan(GRAPH, FILES, Record()) == [Step("doc", ("new",)), Step("lib", ("new",)), Step("app", ("new",))]


@pytest.mark.requirement("R10")
def test_goals_limit_the_plan():
    assert plan(GRAPH, FILES, Record(), ["lib"]) == [Step("lib", ("new",))]
    with pytest.raises(UnknownTarget):
        plan(GRAPH, FILES, Record(), ["x"])


@pytest.mark.requirement("R10")
def test_nothing_is_built_twice():
    assert plan(GRAPH, FILES, built()) == []


@pytest.mark.requirement("R11")
def test_changed_sources_rebuild_the_dependents_too():
    assert plan(GRAPH, FILES | {"b.c": "B"}, built()) == [Step("lib", ("sources",)), Step("app", ("needs",))]


@pytest.mark.requirement("R11")
def test_a_changed_command_is_a_reason():
    changed = Graph([Target("app", ("lib",), ("a.c",), "cc -O2"), LIB])
    assert plan(changed, FILES, built()) == [Step("app", ("command",))]


@pytest.mark.requirement("R11")
def test_several_reasons_are_listed():
    changed = Graph([Target("app", (), ("a.c",), "cc -O2")])
    assert plan(changed, FILES | {"a.c": "A"}, built()) == [Step("app", ("sources", "command", "needs"))]


@pytest.mark.requirement("R11")
def test_a_lost_need_is_built_with_its_dependents():
    assert plan(GRAPH, FILES, built("app", "doc")) == [Step("lib", ("new",)), Step("app", ("needs",))]


@pytest.mark.requirement("R12")
def test_forced_targets_are_built_with_their_dependents():
    assert plan(GRAPH, FILES, built(), forced=["lib"]) == [Step("lib", ("forced",)), Step("app", ("needs",))]
    assert plan(GRAPH, FILES, built(), forced=["app"]) == [Step("app", ("forced",))]


@pytest.mark.requirement("R12")
def test_forcing_is_one_more_reason():
    assert plan(GRAPH, FILES, built("doc"), ["lib"], ["lib"]) == [Step("lib", ("new", "forced"))]


@pytest.mark.requirement("R12")
def test_forced_targets_must_exist():
    with pytest.raises(UnknownTarget):
        plan(GRAPH, FILES, built(), forced=["x"])


@pytest.mark.requirement("R13")
def test_a_target_is_current_after_it_was_built():
    assert is_current(GRAPH, FILES, built("lib"), "lib") is True
    assert is_current(GRAPH, FILES | {"b.c": "B"}, built("lib"), "lib") is False


@pytest.mark.requirement("R13")
def test_a_target_is_current_only_with_all_it_needs():
    assert is_current(GRAPH, FILES, built("app"), "app") is False
    assert is_current(GRAPH, FILES, built("app", "lib"), "app") is True
    with pytest.raises(UnknownTarget):
        is_current(GRAPH, FILES, built(), "x")


@pytest.mark.requirement("R13")
def test_built_needs_a_known_target_and_its_sources():
    with pytest.raises(UnknownTarget):
        Record().built(GRAPH, FILES, "x")
    with pytest.raises(MissingSource):
        Record().built(GRAPH, {"a.c": ""}, "app")


@pytest.mark.requirement("R14")
def test_forgotten_targets_are_gone():
    record = Record({"a": Fingerprint("1", "2", "3")})
    assert (record.forget("a"), record.forget("a")) == (True, False)
    assert record.entries == {}


@pytest.mark.requirement("R14")
def test_prune_drops_targets_outside_the_graph():
    one = Fingerprint("1", "2", "3")
    record = Record({"z": one, "lib": one, "old": one})
    assert record.prune(GRAPH) == ["old", "z"]
    assert record.entries == {"lib": one}


@pytest.mark.requirement("R15")
def test_a_record_survives_as_text():
    entries = {"b": Fingerprint("1", "2", "3"), "a": Fingerprint("4", "5", "6")}
    assert record_from_text(Record(entries).to_text()).entries == entries


@pytest.mark.requirement("R15")
def test_text_does_not_depend_on_the_order_of_building():
    one = Fingerprint("1", "2", "3")
    assert Record({"b": one, "a": one}).to_text() == Record({"a": one, "b": one}).to_text()


@pytest.mark.requirement("R15")
@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"a": 1}', '{"a": ["1", "2"]}', '{"a": ["1", "2", 3]}', '{"a": "123"}']
)
def test_other_texts_are_no_records(text):
    with pytest.raises(RecordError):
        record_from_text(text)


@pytest.mark.requirement("R16")
def test_affected_targets_follow_the_changed_files():
    assert affected(GRAPH, ["b.c"]) == ["lib", "app"]
    assert affected(GRAPH, ["a.c", "d.md"]) == ["doc", "app"]


@pytest.mark.requirement("R16")
def test_unused_files_affect_nothing():
    assert affected(GRAPH, ["x.c"]) == []
    assert affected(GRAPH, []) == []
