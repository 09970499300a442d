from math import pi, sqrt

import pytest
from planegeo import (
    GeometryError,
    Polygon,
    bounding_box,
    closest_pair,
    convex_hull,
    distance,
    intersection,
    midpoint,
    on_segment,
    orientation,
    path_length,
    segment_distance,
    segments_cross,
    simplify,
)

SQUARE = ((0, 0), (4, 0), (4, 4), (0, 4))
NOTCHED = ((0, 0), (4, 0), (4, 4), (2, 1), (0, 4))
STAR = ((0, 3), (2, -3), (-3, 1), (3, 1), (-2, -3))
HUGE = 10**18


@pytest.mark.requirement("R1")
def test_distance_of_points():
    assert distance((1, 2), (4, 6)) == 5
    assert distance((1, 2), (1, 2)) == 0


@pytest.mark.requirement("R1")
def test_midpoint_of_points():
    assert midpoint((0, 2), (5, -4)) == (2.5, -1)


@pytest.mark.requirement("R1")
def test_length_of_a_path():
    assert path_length([(0, 0), (3, 4), (3, 6)]) == 7
    assert path_length([(1, 1)]) == path_length([]) == 0


@pytest.mark.requirement("R2")
def test_orientation_tells_left_from_right():
    assert orientation((0, 0), (2, 0), (3, 1)) == 1
    assert orientation((0, 0), (2, 0), (3, -1)) == -1
    assert orientation((1, 1), (2, 2), (5, 5)) == 0


@pytest.mark.requirement("R2")
def test_orientation_away_from_the_origin():
    assert orientation((5, 3), (6, 5), (8, 8)) == -1
    assert orientation((5, 3), (6, 5), (6, 6)) == 1


@pytest.mark.requirement("R3")
def test_predicates_are_exact_for_large_whole_numbers():
    assert orientation((0, 0), (HUGE, HUGE), (HUGE + 1, HUGE + 2)) == 1
    assert orientation((0, 0), (HUGE, HUGE + 1), (2 * HUGE, 2 * HUGE + 2)) == 0


@pytest.mark.requirement("R3")
def test_points_beside_a_long_segment_are_not_on_it():
    assert on_segment((HUGE, HUGE + 1), ((0, 0), (2 * HUGE, 2 * HUGE + 2))) is True
    assert on_segment((HUGE, HUGE + 1), ((0, 0), (2 * HUGE, 2 * HUGE + 1))) is False


@pytest.mark.requirement("R4")
def test_segments_include_their_ends():
    segment = ((1, 1), (5, 3))
    assert [on_segment(point, segment) for point in ((1, 1), (3, 2), (5, 3))] == [True] * 3
    assert [on_segment(point, segment) for point in ((-1, 0), (7, 4), (3, 3))] == [False] * 3
    assert on_segment((2, 9), ((2, 1), (2, 3))) is False


@pytest.mark.requirement("R4")
def test_distance_to_a_segment():
    segment = ((1, 1), (5, 1))
    assert segment_distance((3, 4), segment) == 3
    assert segment_distance((8, 5), segment) == 5
    assert segment_distance((-2, -3), segment) == 5
    assert segment_distance((2, 1), segment) == 0


@pytest.mark.requirement("R4")
def test_distance_to_a_segment_without_length():
    assert segment_distance((4, 5), ((1, 1), (1, 1))) == 5


@pytest.mark.requirement("R5")
def test_crossing_segments():
    assert segments_cross(((0, 0), (4, 4)), ((0, 4), (4, 0))) is True
    assert segments_cross(((0, 0), (1, 1)), ((0, 4), (4, 0))) is False


@pytest.mark.requirement("R5")
def test_touching_segments_cross():
    assert segments_cross(((0, 0), (4, 0)), ((2, 0), (2, 3))) is True
    assert segments_cross(((0, 0), (4, 0)), ((4, 0), (5, 3))) is True
    assert segments_cross(((0, 0), (4, 0)), ((2, 1), (2, 3))) is False


@pytest.mark.requirement("R6")
def test_intersection_in_a_point():
    assert intersection(((0, 0), (4, 2)), ((0, 2), (4, 0))) == (2, 1)
    assert intersection(((1, 1), (4, 7)), ((1, 5), (4, 2))) == pytest.approx((7 / 3, 11 / 3))


@pytest.mark.requirement("R6")
def test_intersection_at_an_end():
    assert intersection(((0, 0), (3, 1)), ((3, 1), (9, 0))) == (3, 1)
    assert intersection(((0, 0), (6, 0)), ((1, 3), (1, 0))) == (1, 0)


@pytest.mark.requirement("R6")
def test_intersection_of_segments_on_one_line():
    assert intersection(((0, 0), (4, 4)), ((6, 6), (2, 2))) == ((2, 2), (4, 4))
    assert intersection(((0, 0), (2, 2)), ((2, 2), (5, 5))) == (2, 2)
    assert intersection(((0, 0), (1, 1)), ((2, 2), (5, 5))) is None


@pytest.mark.requirement("R6")
def test_no_intersection():
    assert intersection(((0, 0), (4, 0)), ((0, 1), (4, 1))) is None
    assert intersection(((0, 0), (1, 0)), ((3, -1), (3, 1))) is None


@pytest.mark.requirement("R7")
@pytest.mark.parametrize("points", [[], [(0, 0), (1, 1)], [(0, 0), (0, 0), (1, 1)], [(0, 0), (1, 1), (2, 0), (0, 0)]])
def test_degenerate_corners_are_refused(points):
    with pytest.raises(GeometryError):
        Polygon(points).area()


@pytest.mark.requirement("R7")
def test_three_corners_are_enough():
    assert Polygon([(0, 0), (4, 0), (0, 3)]).area() == 6


@pytest.mark.requirement("R8")
def test_area_does_not_depend_on_the_direction():
    assert Polygon(SQUARE).area() == Polygon(SQUARE[::-1]).area() == 16
    assert Polygon(NOTCHED).area() == 10


@pytest.mark.requirement("R8")
def test_signed_area_is_positive_counterclockwise():
    assert Polygon(SQUARE).signed_area() == 16
    assert Polygon(SQUARE[::-1]).signed_area() == -16


@pytest.mark.requirement("R8")
def test_perimeter_includes_the_closing_edge():
    assert Polygon([(0, 0), (4, 0), (4, 3)]).perimeter() == 12


@pytest.mark.requirement("R9")
def test_centroid_is_the_centre_of_mass():
    assert Polygon([(1, 1), (5, 1), (5, 5), (1, 5)]).centroid() == (3, 3)
    assert Polygon([(0, 0), (6, 0), (0, 3)]).centroid() == pytest.approx((2, 1))


@pytest.mark.requirement("R9")
def test_centroid_of_clockwise_corners():
    assert Polygon([(0, 3), (6, 0), (0, 0)]).centroid() == pytest.approx((2, 1))


@pytest.mark.requirement("R9")
def test_a_flat_polygon_has_no_centroid():
    with pytest.raises(GeometryError):
        Polygon([(0, 0), (1, 1), (2, 2)]).centroid()


@pytest.mark.requirement("R10")
def test_convex_polygons_turn_one_way():
    assert Polygon(SQUARE).is_convex() is True
    assert Polygon(SQUARE[::-1]).is_convex() is True
    assert Polygon(NOTCHED).is_convex() is False


@pytest.mark.requirement("R10")
def test_straight_corners_are_convex_but_lines_are_not():
    assert Polygon([(0, 0), (2, 0), (4, 0), (4, 4)]).is_convex() is True
    assert Polygon([(0, 0), (2, 0), (4, 0)]).is_convex() is False


@pytest.mark.requirement("R10")
def test_stars_are_neither_convex_nor_simple():
    assert Polygon(STAR).is_convex() is False
    assert Polygon(STAR).is_simple() is False


@pytest.mark.requirement("R10")
def test_simple_polygons_do_not_cross_themselves():
    assert Polygon(NOTCHED).is_simple() is True
    assert Polygon([(0, 0), (4, 4), (4, 0), (0, 4)]).is_simple() is False
    assert Polygon([(0, 0), (4, 0), (4, 4), (2, 0), (0, 4)]).is_simple() is False


@pytest.mark.requirement("R11")
def test_locate_tells_inside_boundary_and_outside():
    points = [(1, 1), (4, 2), (0, 0), (2, 0), (5, 2), (-1, 4), (-1, 0)]
    assert [Polygon(SQUARE).locate(point) for point in points] == ["inside"] + ["boundary"] * 3 + ["outside"] * 3


@pytest.mark.requirement("R11")
def test_locate_follows_a_notch():
    assert Polygon(NOTCHED).locate((2, 2)) == "outside"
    assert Polygon(NOTCHED).locate((2, 0.5)) == "inside"
    assert Polygon(NOTCHED).locate((1, 1)) == "inside"


@pytest.mark.requirement("R11")
def test_locate_at_the_height_of_a_corner():
    diamond = Polygon([(0, -2), (2, 0), (0, 2), (-2, 0)])
    assert [diamond.locate(point) for point in ((0, 0), (-3, 0), (-1, 2), (-1, -2))] == ["inside"] + ["outside"] * 3


@pytest.mark.requirement("R11")
def test_contains_counts_the_boundary():
    assert [Polygon(SQUARE).contains(point) for point in ((1, 1), (4, 4), (4, 5))] == [True, True, False]


@pytest.mark.requirement("R12")
def test_distance_to_a_polygon():
    assert Polygon(SQUARE).distance_to((7, 8)) == 5
    assert Polygon(SQUARE).distance_to((2, -3)) == 3


@pytest.mark.requirement("R12")
def test_no_distance_inside():
    assert Polygon(SQUARE).distance_to((2, 2)) == 0
    assert Polygon(SQUARE).distance_to((4, 2)) == 0


@pytest.mark.requirement("R13")
def test_moved_shifts_every_corner():
    assert Polygon([(0, 0), (1, 0), (0, 2)]).moved(3, -1).points == ((3, -1), (4, -1), (3, 1))


@pytest.mark.requirement("R13")
def test_scaled_keeps_one_point_in_place():
    assert Polygon([(0, 0), (1, 0), (0, 2)]).scaled(3).points == ((0, 0), (3, 0), (0, 6))
    assert Polygon([(1, 1), (3, 1), (1, 5)]).scaled(2, (1, 1)).points == ((1, 1), (5, 1), (1, 9))


@pytest.mark.requirement("R13")
def test_scaling_by_zero_is_refused():
    with pytest.raises(GeometryError):
        Polygon(SQUARE).scaled(0)


@pytest.mark.requirement("R14")
def test_clipped_to_an_overlapping_window():
    part = Polygon(SQUARE).clipped(Polygon([(2, 1), (6, 1), (6, 3), (2, 3)]))
    assert sorted(part.points) == [(2, 1), (2, 3), (4, 1), (4, 3)]


@pytest.mark.requirement("R14")
def test_clipped_by_slanted_and_clockwise_windows():
    part = Polygon(SQUARE).clipped(Polygon([(0, 0), (8, 8), (8, 0)][::-1]))
    assert sorted(part.points) == [(0, 0), (4, 0), (4, 4)]


@pytest.mark.requirement("R14")
def test_clipped_beside_the_window_is_nothing():
    assert Polygon(SQUARE).clipped(Polygon([(5, 0), (6, 0), (6, 1)])) is None
    assert Polygon(SQUARE).clipped(Polygon([(4, 0), (6, 0), (6, 4), (4, 4)])) is None


@pytest.mark.requirement("R14")
def test_clipping_windows_must_be_convex():
    with pytest.raises(GeometryError):
        Polygon(SQUARE).clipped(Polygon(NOTCHED))


@pytest.mark.requirement("R15")
def test_hull_runs_counterclockwise_from_the_smallest_corner():
    assert convex_hull([(4, 4), (1, 1), (0, 4), (4, 0), (0, 0), (2, 3)]) == [(0, 0), (4, 0), (4, 4), (0, 4)]


@pytest.mark.requirement("R15")
def test_hull_leaves_out_points_on_its_edges():
    assert convex_hull([(0, 0), (2, 0), (4, 0), (2, 2), (1, 1)]) == [(0, 0), (4, 0), (2, 2)]


@pytest.mark.requirement("R15")
def test_hull_without_area():
    assert convex_hull([(2, 2), (0, 0), (1, 1), (0, 0)]) == [(0, 0), (2, 2)]
    assert convex_hull([(1, 1), (1, 1)]) == [(1, 1)]
    assert convex_hull([]) == []


@pytest.mark.requirement("R16")
def test_bounding_box_of_points():
    assert bounding_box([(3, 1), (-1, 5), (2, 2)]) == ((-1, 1), (3, 5))
    with pytest.raises(GeometryError):
        bounding_box([])


@pytest.mark.requirement("R16")
def test_closest_pair_of_points():
    assert closest_pair([(0, 0), (5, 5), (6, 6), (9, 0)]) == ((5, 5), (6, 6))
    assert closest_pair([(0, 0), (1, 0), (2, 0)]) == ((0, 0), (1, 0))
    with pytest.raises(GeometryError):
        closest_pair([(0, 0)])


@pytest.mark.requirement("R17")
def test_simplify_drops_points_near_the_line():
    assert simplify([(0, 0), (2, 1), (4, 0)], 1) == [(0, 0), (4, 0)]
    assert simplify([(0, 0), (2, 1), (4, 0)], 0.9) == [(0, 0), (2, 1), (4, 0)]


@pytest.mark.requirement("R17")
def test_simplify_keeps_the_corners_of_a_path():
    path = [(0, 0), (1, 0.1), (2, 0), (2, 1), (2, 5), (3, 5.1), (6, 5)]
    assert simplify(path, 0.5) == [(0, 0), (2, 0), (2, 5), (6, 5)]


@pytest.mark.requirement("R17")
def test_simplify_of_short_paths_and_bad_tolerances():
    assert simplify([(0, 0), (0, 0)], 3) == [(0, 0), (0, 0)]
    assert simplify([(0, 0), (1, 0), (3, 0)], 0) == [(0, 0), (3, 0)]
    with pytest.raises(GeometryError):
        simplify([(0, 0)], -0.1)


@pytest.mark.requirement("R8")
def test_perimeter_of_a_fine_polygon_nears_the_circle():
    octagon = Polygon([(2, 1), (1, 2), (-1, 2), (-2, 1), (-2, -1), (-1, -2), (1, -2), (2, -1)])
    assert octagon.perimeter() == pytest.approx(8 + 4 * sqrt(2))
    assert octagon.perimeter() < 2 * pi * sqrt(5)
