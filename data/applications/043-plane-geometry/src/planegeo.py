"""Geometry in the plane with points as (x, y) tuples.

Whole numbers and fractions are computed with exactly, except where a length or a quotient is returned. Polygons have
no holes.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations
from math import hypot

Point = tuple[float, float]
Segment = tuple[Point, Point]


class GeometryError(ValueError):
    """A shape is degenerate or not of the kind that an operation needs."""


class Polygon:
    """A polygon given by its corners in order; `points` lists them, without the first one again at the end."""

    def __init__(self, points: Iterable[Point]) -> None:
        """Keep the corners. Raises GeometryError for fewer than three, or for equal neighbours."""
        self.points: tuple[Point, ...] = tuple(points)
        if len(self.points) < 3:
            raise GeometryError(f"a polygon needs three corners, not {len(self.points)}")
        if any(start == end for start, end in _edges(self.points)):
            raise GeometryError("two neighbouring corners are equal")

    def signed_area(self) -> float:
        """The area, positive when the corners run counterclockwise and negative when they run clockwise."""
        return _doubled_area(self.points) / 2

    def area(self) -> float:
        """The area, never negative."""
        return abs(_doubled_area(self.points)) / 2

    def perimeter(self) -> float:
        """The summed length of the edges."""
        return sum(_length(start, end) for start, end in _edges(self.points))

    def centroid(self) -> Point:
        """The centre of mass. Raises GeometryError for a polygon without area."""
        doubled = _doubled_area(self.points)
        if doubled == 0:
            raise GeometryError("a polygon without area has no centroid")
        x = y = 0.0
        for (ax, ay), (bx, by) in _edges(self.points):
            weight = ax * by - bx * ay
            x += (ax + bx) * weight
            y += (ay + by) * weight
        return x / (3 * doubled), y / (3 * doubled)

    def is_convex(self) -> bool:
        """Whether the boundary never turns back; corners on a straight line are allowed."""
        return _is_convex(self.points)

    def is_simple(self) -> bool:
        """Whether the edges only meet at the corners which they share."""
        edges = _edges(self.points)
        for (i, one), (j, other) in combinations(enumerate(edges), 2):
            crossing = _intersection(*one, *other)
            shared = [one[1]] if j == i + 1 else [one[0]] if (i, j) == (0, len(edges) - 1) else []
            if crossing is not None and crossing not in shared:
                return False
        return True

    def locate(self, point: Point) -> str:
        """Where the point lies: `inside`, `boundary` or `outside`."""
        return _locate(self.points, point)

    def contains(self, point: Point) -> bool:
        """Whether the point lies inside the polygon or on its boundary."""
        return _locate(self.points, point) != "outside"

    def distance_to(self, point: Point) -> float:
        """The distance from the point to the polygon; 0.0 inside and on the boundary."""
        if _locate(self.points, point) != "outside":
            return 0.0
        return min(_segment_distance(point, start, end) for start, end in _edges(self.points))

    def moved(self, dx: float, dy: float) -> "Polygon":
        """The polygon shifted by dx and dy."""
        return Polygon((x + dx, y + dy) for x, y in self.points)

    def scaled(self, factor: float, about: Point = (0, 0)) -> "Polygon":
        """The polygon enlarged by the factor, with one point staying in place. Raises GeometryError for factor 0."""
        if factor == 0:
            raise GeometryError("scaling by 0 leaves no polygon")
        cx, cy = about
        return Polygon((cx + (x - cx) * factor, cy + (y - cy) * factor) for x, y in self.points)

    def clipped(self, window: "Polygon") -> "Polygon | None":
        """The part of the polygon inside a convex window, or None. Raises GeometryError for other windows."""
        if not _is_convex(window.points):
            raise GeometryError("a clipping window must be convex")
        corners = window.points if _doubled_area(window.points) > 0 else window.points[::-1]
        left = list(self.points)
        for start, end in _edges(corners):
            left = _cut(left, start, end)
        left = [point for index, point in enumerate(left) if point != left[index - 1]]
        return Polygon(left) if len(left) > 2 and _doubled_area(left) else None


def distance(one: Point, other: Point) -> float:
    """The distance between two points."""
    return _length(one, other)


def midpoint(one: Point, other: Point) -> Point:
    """The point halfway between two points."""
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def orientation(a: Point, b: Point, c: Point) -> int:
    """1 when the path from a over b to c turns left, -1 when it turns right, 0 when it is straight."""
    return _turn(a, b, c)


def on_segment(point: Point, segment: Segment) -> bool:
    """Whether the point lies on the segment, ends included."""
    return _on_segment(point, *segment)


def segment_distance(point: Point, segment: Segment) -> float:
    """The distance from the point to the nearest point of the segment."""
    return _segment_distance(point, *segment)


def segments_cross(one: Segment, other: Segment) -> bool:
    """Whether the segments have a point in common; touching counts."""
    return _intersection(*one, *other) is not None


def intersection(one: Segment, other: Segment) -> Point | Segment | None:
    """What two segments share: a point, a segment with its smaller end first, or None."""
    return _intersection(*one, *other)


def bounding_box(points: Iterable[Point]) -> tuple[Point, Point]:
    """The lower left and the upper right corner around the points. Raises GeometryError without points."""
    corners = list(points)
    if not corners:
        raise GeometryError("no points have no bounding box")
    xs, ys = zip(*corners, strict=True)
    return (min(xs), min(ys)), (max(xs), max(ys))


def convex_hull(points: Iterable[Point]) -> list[Point]:
    """The corners of the convex hull, counterclockwise from the smallest; points on its edges are left out.

    One point or two points, or the ends of a line, when the points do not span an area.
    """
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered
    return _half_hull(ordered)[:-1] + _half_hull(ordered[::-1])[:-1]


def closest_pair(points: Sequence[Point]) -> tuple[Point, Point]:
    """The two points nearest to each other, the first such pair in given order. Raises GeometryError below two."""
    if len(points) < 2:
        raise GeometryError("a pair needs two points")
    return min(combinations(points, 2), key=lambda pair: _length(*pair))


def simplify(points: Sequence[Point], tolerance: float) -> list[Point]:
    """The path with fewer points, none of the dropped ones farther than the tolerance from it; the ends stay.

    Raises GeometryError for a negative tolerance.
    """
    if tolerance < 0:
        raise GeometryError(f"a tolerance must not be negative: {tolerance}")
    return _simplify(list(points), tolerance)


def path_length(points: Sequence[Point]) -> float:
    """The length of the path through the points."""
    return sum((_length(one, other) for one, other in zip(points, points[1:], strict=False)), 0.0)


def _edges(points: Sequence[Point]) -> list[Segment]:
    return list(zip(points, [*points[1:], *points[:1]], strict=True))


def _length(one: Point, other: Point) -> float:
    return hypot(other[0] - one[0], other[1] - one[1])


def _doubled_area(points: Sequence[Point]) -> float:
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in _edges(points))


def _cross(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _turn(a: Point, b: Point, c: Point) -> int:
    cross = _cross(a, b, c)
    return (cross > 0) - (cross < 0)


def _on_segment(point: Point, start: Point, end: Point) -> bool:
    return _turn(start, end, point) == 0 and all(
        min(start[axis], end[axis]) <= point[axis] <= max(start[axis], end[axis]) for axis in (0, 1)
    )


def _segment_distance(point: Point, start: Point, end: Point) -> float:
    dx, dy = end[0] - start[0], end[1] - start[1]
    if dx == dy == 0:
        return _length(point, start)
    share = ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / (dx * dx + dy * dy)
    share = min(max(share, 0), 1)
    return _length(point, (start[0] + share * dx, start[1] + share * dy))


def _intersection(a: Point, b: Point, c: Point, d: Point) -> Point | Segment | None:
    if (b[0] - a[0]) * (d[1] - c[1]) == (b[1] - a[1]) * (d[0] - c[0]):
        return _overlap(a, b, c, d)
    for point in (a, b):
        if _on_segment(point, c, d):
            return point
    for point in (c, d):
        if _on_segment(point, a, b):
            return point
    if _turn(a, b, c) == _turn(a, b, d) or _turn(c, d, a) == _turn(c, d, b):
        return None
    share = _cross(c, d, a) / (_cross(c, d, a) - _cross(c, d, b))
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])


def _overlap(a: Point, b: Point, c: Point, d: Point) -> Point | Segment | None:
    """The common part of parallel segments; one of them may be a single point."""
    shared = {point for point in (a, b) if _on_segment(point, c, d)}
    shared |= {point for point in (c, d) if _on_segment(point, a, b)}
    if not shared:
        return None
    return min(shared) if len(shared) == 1 else (min(shared), max(shared))


def _is_convex(points: Sequence[Point]) -> bool:
    before, after = points[-1:] + points[:-1], points[1:] + points[:1]
    turns = {_turn(*corner) for corner in zip(before, points, after, strict=True)}
    if {1, -1} <= turns or turns == {0}:
        return False
    return _winds_once(points)


def _winds_once(points: Sequence[Point]) -> bool:
    """Whether the boundary changes between left and right twice at most, as it does when it goes round once."""
    signs = [(end[0] > start[0]) - (end[0] < start[0]) for start, end in _edges(points)]
    signs = [sign for sign in signs if sign]
    return sum(one != other for one, other in zip(signs, signs[1:] + signs[:1], strict=True)) <= 2


def _locate(points: Sequence[Point], point: Point) -> str:
    inside = False
    for start, end in _edges(points):
        if _on_segment(point, start, end):
            return "boundary"
        low, high = (start, end) if start[1] < end[1] else (end, start)
        if low[1] <= point[1] < high[1] and _turn(low, high, point) > 0:
            inside = not inside
    return "inside" if inside else "outside"


def _cut(points: list[Point], start: Point, end: Point) -> list[Point]:
    """The part of the corners to the left of the line from start to end."""
    kept: list[Point] = []
    for one, other in _edges(points):
        here, there = _cross(start, end, one), _cross(start, end, other)
        if here >= 0:
            kept.append(one)
        if here * there < 0:
            share = here / (here - there)
            kept.append((one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1])))
    return kept


def _half_hull(points: Sequence[Point]) -> list[Point]:
    hull: list[Point] = []
    for point in points:
        while len(hull) > 1 and _turn(hull[-2], hull[-1], point) <= 0:
            hull.pop()
        hull.append(point)
    return hull


def _simplify(points: list[Point], tolerance: float) -> list[Point]:
    if len(points) < 3:
        return points
    gaps = [_segment_distance(point, points[0], points[-1]) for point in points[1:-1]]
    if max(gaps) <= tolerance:
        return [points[0], points[-1]]
    split = gaps.index(max(gaps)) + 1
    return _simplify(points[: split + 1], tolerance)[:-1] + _simplify(points[split:], tolerance)
