import linkcluster
import pytest
from linkcluster import Merge, NotConnected, UnknownItem

ROW = [("a", "b", 1), ("b", "c", 2), ("c", "d", 7), ("d", "e", 3), ("a", "e", 20)]


@pytest.mark.requirement("R14")
@pytest.mark.parametrize(("metric", "length"), [("straight", 5), ("blocks", 7), ("largest", 4)])
def test_distances_depend_on_the_metric(metric, length):
    assert linkcluster.point_links({"p": (1, 2), "q": (4, -2)}, metric) == [("p", "q", length)]
    assert linkcluster.point_links({"p": (0, 0), "q": (3, 4)}, metric) == [("p", "q", length)]


@pytest.mark.requirement("R14")
def test_every_two_points_are_linked_by_straight_lines():
    points = {"p": (0, 0), "q": (3, 4), "r": (0, 1)}
    assert linkcluster.point_links(points)[:2] == [("p", "q", 5), ("p", "r", 1)]
    assert [link[:2] for link in linkcluster.point_links(points)] == [("p", "q"), ("p", "r"), ("q", "r")]


@pytest.mark.requirement("R14")
def test_the_largest_axis_may_be_the_first():
    assert linkcluster.point_links({"p": (9, 2), "q": (4, 1)}, "largest") == [("p", "q", 5)]


@pytest.mark.requirement("R14")
def test_an_unknown_metric_is_refused():
    with pytest.raises(ValueError):
        linkcluster.point_links({"p": (0, 0)}, "curved")


@pytest.mark.requirement("R15")
@pytest.mark.parametrize(
    ("number", "clusters"),
    [(1, ["abcde"]), (2, ["abc", "de"]), (3, ["abc", "d", "e"]), (5, ["a", "b", "c", "d", "e"])],
)
def test_a_number_of_clusters(number, clusters):
    assert linkcluster.by_number(ROW, number) == [list(cluster) for cluster in clusters]


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("number", [0, 6])
def test_an_impossible_number_of_clusters_is_refused(number):
    with pytest.raises(ValueError):
        linkcluster.by_number(ROW, number)


@pytest.mark.requirement("R16")
def test_parts_that_no_link_joins_are_not_merged():
    links = [("a", "b", 1), ("x", "y", 1)]
    assert linkcluster.by_number(links, 2) == [["a", "b"], ["x", "y"]]
    with pytest.raises(ValueError):
        linkcluster.by_number(links, 1)


@pytest.mark.requirement("R15")
@pytest.mark.parametrize(
    ("most", "clusters"), [(0, ["a", "b", "c", "d", "e"]), (2, ["abc", "d", "e"]), (3, ["abc", "de"])]
)
def test_clusters_within_a_distance(most, clusters):
    assert linkcluster.by_distance(ROW, most) == [list(cluster) for cluster in clusters]


@pytest.mark.requirement("R17")
def test_a_dendrogram_lists_merges():
    assert linkcluster.dendrogram(ROW) == [
        Merge(1, ("a",), ("b",)),
        Merge(2, ("a", "b"), ("c",)),
        Merge(3, ("d",), ("e",)),
        Merge(7, ("a", "b", "c"), ("d", "e")),
    ]


@pytest.mark.requirement("R17")
def test_the_side_of_the_first_node_is_left():
    assert linkcluster.dendrogram([("d", "c", 1), ("b", "d", 2)]) == [
        Merge(1, ("d",), ("c",)),
        Merge(2, ("b",), ("c", "d")),
    ]


@pytest.mark.requirement("R18")
def test_the_largest_gap_suggests_a_number():
    assert linkcluster.largest_gap(ROW) == 2
    assert linkcluster.largest_gap([("a", "b", 1), ("b", "c", 2)]) == 2
    assert linkcluster.largest_gap([("a", "b", 1), ("b", "c", 8), ("c", "d", 9)]) == 3


@pytest.mark.requirement("R18")
def test_the_earlier_of_equal_gaps_decides():
    assert linkcluster.largest_gap([("a", "b", 1), ("b", "c", 3), ("c", "d", 5)]) == 3


@pytest.mark.requirement("R18")
@pytest.mark.parametrize("links", [[], [("a", "b", 4)], [("a", "b", 4), ("b", "c", 4)]])
def test_without_a_gap_there_is_one_cluster(links):
    assert linkcluster.largest_gap(links) == 1


@pytest.mark.requirement("R19")
def test_separation_is_the_shortest_link_between_clusters():
    assert linkcluster.separation(ROW, [["a", "b", "c"], ["d", "e"]]) == 7
    assert linkcluster.separation(ROW, ["ab", "cde"]) == 2


@pytest.mark.requirement("R19")
def test_one_cluster_is_not_separated():
    with pytest.raises(NotConnected):
        linkcluster.separation(ROW, ["abcde"])


@pytest.mark.requirement("R19")
def test_clusters_must_hold_every_node():
    with pytest.raises(UnknownItem):
        linkcluster.separation(ROW, ["abc", "d"])
