import pytest
from buildcache.graph import BuildError, CycleError, Graph, Target, TargetError, UnknownTarget, parse_targets


def graph(**needs):
    return Graph(Target(name, tuple(text.split())) for name, text in needs.items())


DIAMOND = {"app": "left right", "left": "base", "right": "base", "base": "", "docs": ""}


@pytest.mark.requirement("R1")
def test_parse_reads_needs_sources_and_commands():
    targets = parse_targets("app: lib util | main.c app.h\n  cc main.c\n\tstrip app\nlib: | lib.c\n")
    assert targets == [
        Target("app", ("lib", "util"), ("main.c", "app.h"), "cc main.c\nstrip app"),
        Target("lib", (), ("lib.c",)),
    ]


@pytest.mark.requirement("R1")
def test_parse_skips_blanks_and_comments():
    assert parse_targets("# all\n\nall: a\n   \n#x\n") == [Target("all", ("a",))]
    assert parse_targets("") == []


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("text", ["  cc x", "app lib", "two words: a", ": a"])
def test_parse_refuses_other_lines(text):
    with pytest.raises(TargetError):
        parse_targets(text)


@pytest.mark.requirement("R2")
def test_two_targets_of_one_name_are_refused():
    with pytest.raises(TargetError):
        Graph([Target("a"), Target("a")]).order()


@pytest.mark.requirement("R2")
def test_needs_must_exist():
    with pytest.raises(UnknownTarget):
        graph(a="b").order()
    assert graph(a="b", b="").order() == ["b", "a"]


@pytest.mark.requirement("R2")
def test_cycles_are_refused_and_named():
    with pytest.raises(CycleError) as caught:
        graph(x="a", a="b", b="c", c="a").order()
    assert caught.value.cycle == ["a", "b", "c", "a"]
    with pytest.raises(BuildError):
        graph(a="a").order()


@pytest.mark.requirement("R3")
def test_needs_of_a_target():
    assert graph(**DIAMOND).needs("app") == ["left", "right"]
    assert graph(**DIAMOND).needs("base") == []


@pytest.mark.requirement("R3")
def test_deep_needs_go_all_the_way():
    assert graph(**DIAMOND).needs("app", deep=True) == ["base", "left", "right"]
    assert graph(**DIAMOND).needs("left", deep=True) == ["base"]


@pytest.mark.requirement("R3")
def test_dependents_of_a_target():
    assert graph(**DIAMOND).dependents("base") == ["left", "right"]
    assert graph(**DIAMOND).dependents("base", deep=True) == ["app", "left", "right"]
    assert graph(**DIAMOND).dependents("app", deep=True) == []


@pytest.mark.requirement("R3")
def test_unknown_targets_have_no_relations():
    with pytest.raises(UnknownTarget):
        graph(**DIAMOND).needs("x")
    with pytest.raises(KeyError):
        graph(**DIAMOND).dependents("x")


@pytest.mark.requirement("R4")
def test_order_puts_needs_first():
    assert graph(**DIAMOND).order() == ["base", "docs", "left", "right", "app"]
    assert graph(a="z", z="", b="").order() == ["b", "z", "a"]


@pytest.mark.requirement("R4")
def test_order_of_goals_leaves_out_the_rest():
    assert graph(**DIAMOND).order(["right"]) == ["base", "right"]
    assert graph(**DIAMOND).order([]) == []
    with pytest.raises(UnknownTarget):
        graph(**DIAMOND).order(["x"])


@pytest.mark.requirement("R5")
def test_stages_hold_what_can_be_built_at_once():
    assert graph(**DIAMOND).stages() == [["base", "docs"], ["left", "right"], ["app"]]


@pytest.mark.requirement("R5")
def test_stages_of_goals():
    assert graph(a="b c", b="c", c="", d="").stages(["a"]) == [["c"], ["b"], ["a"]]
    assert Graph([]).stages() == []


@pytest.mark.requirement("R6")
def test_critical_path_is_the_most_costly_chain():
    costs = {"base": 1, "left": 5, "right": 2, "app": 3, "docs": 8}
    assert graph(**DIAMOND).critical_path(costs) == (9, ["base", "left", "app"])


@pytest.mark.requirement("R6")
def test_critical_path_may_be_a_single_target():
    assert graph(**DIAMOND).critical_path({"docs": 8, "left": 7}) == (8, ["docs"])
    assert Graph([]).critical_path({"docs": 8}) == (0, [])
