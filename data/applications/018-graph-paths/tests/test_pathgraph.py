import pytest
from pathgraph import (
    Graph,
    GraphError,
    HasCycle,
    NegativeCycle,
    NegativeWeight,
    Route,
    Search,
    UnknownEdge,
    UnknownNode,
)

TOWN = [("a", "b", 4), ("a", "c", 1), ("c", "b", 2), ("b", "d", 5), ("c", "d", 8), ("d", "e", 3)]
CHAIN = [("a", "b", 1), ("b", "c", 1), ("c", "d", 1)]
DEBTS = [("a", "b", 4), ("a", "c", 2), ("b", "c", -3), ("c", "d", 2)]


def town():
    return Graph(TOWN, nodes=["x"])


def oneway():
    return Graph(TOWN, directed=True)


@pytest.mark.requirement("R1")
def test_nodes_keep_their_order():
    assert town().nodes() == ["x", "a", "b", "c", "d", "e"]


@pytest.mark.requirement("R1")
def test_an_undirected_edge_leads_both_ways():
    graph = Graph()
    graph.add_edge("a", "b", 7)
    assert (graph.weight("a", "b"), graph.weight("b", "a")) == (7, 7)


@pytest.mark.requirement("R1")
def test_a_directed_edge_leads_one_way():
    graph = Graph(directed=True)
    graph.add_edge("a", "b")
    assert graph.weight("a", "b") == 1
    with pytest.raises(UnknownEdge):
        graph.weight("b", "a")


@pytest.mark.requirement("R1")
def test_adding_a_known_node_keeps_its_edges():
    graph = Graph(CHAIN)
    graph.add_node("b")
    graph.add_node("z")
    assert graph.nodes() == ["a", "b", "c", "d", "z"]
    assert graph.weight("b", "c") == 1


@pytest.mark.requirement("R2")
def test_neighbours_follow_the_direction():
    assert (town().neighbours("c"), oneway().neighbours("c")) == (["a", "b", "d"], ["b", "d"])


@pytest.mark.requirement("R2")
def test_neighbours_of_an_unknown_node_are_refused():
    with pytest.raises(UnknownNode):
        town().neighbours("z")


@pytest.mark.requirement("R2")
def test_undirected_edges_are_listed_once():
    assert Graph([("b", "a", 2), ("a", "c", 3), ("c", "c", 1)]).edges() == [("b", "a", 2), ("a", "c", 3), ("c", "c", 1)]


@pytest.mark.requirement("R2")
def test_directed_edges_are_listed_each():
    edges = [("a", "b", 2), ("b", "a", 3)]
    assert Graph(edges, directed=True).edges() == edges


@pytest.mark.requirement("R3")
def test_a_removed_edge_leaves_its_nodes():
    graph = Graph(CHAIN)
    graph.remove_edge("c", "b")
    assert (graph.edges(), graph.nodes()) == ([("a", "b", 1), ("c", "d", 1)], ["a", "b", "c", "d"])


@pytest.mark.requirement("R3")
def test_a_loop_can_be_removed():
    graph = Graph([("a", "a", 1)])
    graph.remove_edge("a", "a")
    assert graph.edges() == []


@pytest.mark.requirement("R3")
def test_removing_a_directed_edge_keeps_the_way_back():
    graph = Graph([("a", "b", 2), ("b", "a", 3)], directed=True)
    graph.remove_edge("a", "b")
    assert graph.edges() == [("b", "a", 3)]


@pytest.mark.requirement("R3")
def test_a_removed_node_takes_its_edges_along():
    graph = oneway()
    graph.remove_node("c")
    assert graph.edges() == [("a", "b", 4), ("b", "d", 5), ("d", "e", 3)]


@pytest.mark.requirement("R3")
def test_removing_what_is_not_there_is_refused():
    graph = oneway()
    with pytest.raises(UnknownEdge):
        graph.remove_edge("b", "a")
    with pytest.raises(UnknownNode):
        graph.remove_node("z")


@pytest.mark.requirement("R4")
def test_reversed_edges_run_the_other_way():
    assert Graph([("a", "b", 2), ("c", "b", 5)], directed=True).reversed().neighbours("b") == ["a", "c"]


@pytest.mark.requirement("R4")
def test_reversing_makes_a_new_graph():
    graph = Graph([("a", "b", 2)], nodes=["z"], directed=True)
    turned = graph.reversed()
    assert (turned.nodes(), turned.neighbours("a"), turned.weight("b", "a")) == (["z", "a", "b"], [], 2)


@pytest.mark.requirement("R5")
def test_breadth_first_goes_level_by_level():
    edges = [("a", "b", 1), ("a", "c", 1), ("b", "d", 1), ("c", "e", 1), ("f", "a", 1)]
    assert Graph(edges, directed=True).breadth_first("a") == ["a", "b", "c", "d", "e"]


@pytest.mark.requirement("R5")
def test_depth_first_goes_down_first():
    edges = [("a", "b", 1), ("a", "c", 1), ("b", "d", 1), ("c", "e", 1), ("d", "c", 1)]
    assert Graph(edges, directed=True).depth_first("a") == ["a", "b", "d", "c", "e"]


@pytest.mark.requirement("R5")
@pytest.mark.parametrize("walk", ["breadth_first", "depth_first"])
def test_walking_from_an_unknown_node_is_refused(walk):
    with pytest.raises(UnknownNode):
        getattr(town(), walk)("z")


@pytest.mark.requirement("R6")
def test_the_fewest_edges_ignore_weights():
    assert town().fewest_edges("a", "e") == ["a", "b", "d", "e"]


@pytest.mark.requirement("R6")
def test_no_way_with_edges():
    assert town().fewest_edges("a", "x") is None


@pytest.mark.requirement("R6")
def test_the_way_to_the_start_is_the_start():
    assert town().fewest_edges("a", "a") == ["a"]


@pytest.mark.requirement("R6")
def test_the_fewest_edges_to_an_unknown_node_are_refused():
    with pytest.raises(UnknownNode):
        town().fewest_edges("a", "z")


@pytest.mark.requirement("R7")
def test_distances_come_nearest_first():
    assert list(town().distances("a").items()) == [("a", 0), ("c", 1), ("b", 3), ("d", 8), ("e", 11)]


@pytest.mark.requirement("R7")
def test_a_radius_includes_its_border():
    assert (town().within("a", 3), town().within("a", 2.5)) == (["a", "c", "b"], ["a", "c"])


@pytest.mark.requirement("R7")
def test_distances_from_an_unknown_node_are_refused():
    with pytest.raises(UnknownNode):
        town().distances("z")


@pytest.mark.requirement("R8")
def test_the_shortest_path_has_the_smallest_length():
    assert town().shortest_path("a", "d") == Route(("a", "c", "b", "d"), 8)


@pytest.mark.requirement("R8")
def test_the_shortest_path_follows_directions():
    assert (oneway().shortest_path("e", "a"), town().shortest_path("e", "a").length) == (None, 11)


@pytest.mark.requirement("R8")
def test_the_first_found_of_equal_paths_is_kept():
    edges = [("a", "b", 1), ("a", "c", 1), ("b", "d", 1), ("c", "d", 1)]
    assert Graph(edges).shortest_path("a", "d") == Route(("a", "b", "d"), 2)


@pytest.mark.requirement("R8")
def test_the_shortest_path_to_an_unknown_node_is_refused():
    with pytest.raises(UnknownNode):
        town().shortest_path("a", "z")


@pytest.mark.requirement("R9")
def test_negative_weights_need_the_other_method():
    assert Graph([("a", "b", 0)]).distances("a") == {"a": 0, "b": 0}
    with pytest.raises(NegativeWeight):
        Graph(DEBTS, directed=True).distances("a")


@pytest.mark.requirement("R9", "R8")
def test_a_path_over_negative_weights_is_refused():
    with pytest.raises(NegativeWeight):
        Graph(DEBTS, directed=True).shortest_path("a", "d")


@pytest.mark.requirement("R10")
def test_estimates_save_work():
    edges = [("s", "far", 1), ("s", "b", 2), ("b", "goal", 2), ("far", "farther", 1)]
    search = Graph(edges).guided_path("s", "goal", {"s": 4, "b": 2, "far": 5, "farther": 6})
    assert search == Search(Route(("s", "b", "goal"), 4), ("s", "b", "goal"))


@pytest.mark.requirement("R10")
def test_without_estimates_everything_nearer_is_settled():
    assert town().guided_path("a", "b", {}) == Search(Route(("a", "c", "b"), 3), ("a", "c", "b"))


@pytest.mark.requirement("R10")
def test_a_search_without_a_way_settles_all():
    assert Graph(CHAIN, nodes=["x"]).guided_path("b", "x", {}) == Search(None, ("b", "a", "c", "d"))


@pytest.mark.requirement("R10")
def test_searching_for_an_unknown_node_is_refused():
    with pytest.raises(UnknownNode):
        town().guided_path("a", "z", {})


@pytest.mark.requirement("R11")
def test_distances_with_debts_from_an_unknown_node_are_refused():
    with pytest.raises(UnknownNode):
        Graph(DEBTS, directed=True).distances_with_debts("nowhere")


@pytest.mark.requirement("R11")
def test_negative_weights_shorten_ways():
    assert Graph(DEBTS, ["x"], directed=True).distances_with_debts("a") == {"a": 0, "b": 4, "c": 1, "d": 3}


@pytest.mark.requirement("R11")
def test_negative_weights_are_followed_against_the_node_order():
    graph = Graph([("b", "a", -1), ("c", "b", -1), ("d", "c", -1)], ["a", "b", "c", "d"], directed=True)
    assert graph.distances_with_debts("d") == {"a": -3, "b": -2, "c": -1, "d": 0}


@pytest.mark.requirement("R11")
def test_a_negative_cycle_is_refused():
    with pytest.raises(NegativeCycle):
        Graph([("a", "b", 1), ("b", "a", -2)], directed=True).distances_with_debts("a")


@pytest.mark.requirement("R11")
def test_a_cycle_of_length_zero_is_fine():
    assert Graph([("a", "b", 2), ("b", "a", -2)], directed=True).distances_with_debts("a") == {"a": 0, "b": 2}


@pytest.mark.requirement("R12")
def test_eccentricity_is_the_farthest_distance():
    assert (Graph(CHAIN).eccentricity("a"), Graph(CHAIN).eccentricity("b")) == (3, 2)


@pytest.mark.requirement("R12")
def test_the_centre_is_nearest_to_all():
    assert Graph(CHAIN).centre() == ["b", "c"]


@pytest.mark.requirement("R12")
def test_a_graph_in_parts_has_no_farthest_node():
    with pytest.raises(GraphError):
        town().eccentricity("a")


@pytest.mark.requirement("R13")
def test_components_ignore_directions():
    graph = Graph([("a", "b", 1), ("c", "b", 1), ("d", "e", 1)], ["x"], directed=True)
    assert graph.components() == [["x"], ["a", "b", "c"], ["d", "e"]]


@pytest.mark.requirement("R13")
def test_an_empty_graph_has_no_components():
    assert Graph().components() == []


@pytest.mark.requirement("R13")
def test_strong_components_reach_each_other():
    edges = [("a", "b", 1), ("b", "c", 1), ("c", "a", 1), ("c", "d", 1), ("d", "e", 1), ("e", "d", 1), ("e", "f", 1)]
    assert Graph(edges, directed=True).strong_components() == [["a", "b", "c"], ["d", "e"], ["f"]]


@pytest.mark.requirement("R14")
def test_a_directed_cycle_is_found():
    edges = [("s", "a", 1), ("a", "b", 1), ("b", "c", 1), ("c", "a", 1)]
    assert Graph(edges, directed=True).find_cycle() == ["a", "b", "c"]
    after_a_dead_end = [("a", "b", 1), ("a", "c", 1), ("c", "a", 1)]
    assert Graph(after_a_dead_end, directed=True).find_cycle() == ["a", "c"]


@pytest.mark.requirement("R14")
def test_two_ways_to_a_node_are_no_directed_cycle():
    assert oneway().find_cycle() is None


@pytest.mark.requirement("R14")
def test_undirected_cycles_need_three_nodes_or_a_loop():
    assert Graph(CHAIN).find_cycle() is None
    assert Graph([*CHAIN, ("d", "b", 1)]).find_cycle() == ["b", "c", "d"]
    assert Graph([("a", "b", 1), ("b", "b", 1)]).find_cycle() == ["b"]


@pytest.mark.requirement("R14")
def test_two_nodes_are_a_directed_cycle():
    assert Graph([("a", "b", 1), ("b", "a", 1)], directed=True).find_cycle() == ["a", "b"]


@pytest.mark.requirement("R15")
def test_every_edge_leads_forward():
    graph = Graph([("c", "a", 1), ("b", "a", 1), ("a", "d", 1)], ["x"], directed=True)
    assert graph.topological_order() == ["x", "c", "b", "a", "d"]


@pytest.mark.requirement("R15")
def test_a_cycle_has_no_order():
    with pytest.raises(HasCycle):
        Graph([("s", "a", 1), ("a", "b", 1), ("b", "a", 1)], directed=True).topological_order()


@pytest.mark.requirement("R16")
def test_two_sides_of_an_even_ring():
    ring = [("a", "b", 1), ("b", "c", 1), ("c", "d", 1), ("d", "a", 1), ("y", "z", 1)]
    assert Graph(ring).two_sides() == (["a", "c", "y"], ["b", "d", "z"])


@pytest.mark.requirement("R16")
def test_an_odd_ring_has_no_sides():
    assert Graph([("a", "b", 1), ("b", "c", 1), ("c", "a", 1)]).two_sides() is None


@pytest.mark.requirement("R16")
def test_directions_do_not_matter_for_the_sides():
    assert Graph([("a", "b", 1), ("c", "b", 1)], directed=True).two_sides() == (["a", "c"], ["b"])
    against = Graph([("b", "a", 1), ("b", "c", 1)], ["a", "c"], directed=True)
    assert against.two_sides() == (["a", "c"], ["b"])
