import pytest
from tintpalette import (
    average,
    distinct,
    gradient,
    greyed,
    harmony,
    invert,
    lighten,
    mix,
    mix_light,
    overlay,
    ramp,
    saturate,
    shades,
    sort_by_hue,
    text_colour,
    turn_hue,
)
from tintspace import ColourError, OutOfRange

WHITE, BLACK, RED, BRICK = (255, 255, 255), (0, 0, 0), (255, 0, 0), (200, 50, 50)


@pytest.mark.requirement("R10")
def test_mix():
    assert mix(BLACK, (255, 100, 1)) == (128, 50, 1)
    assert mix((0, 10, 100), (100, 20, 0), 0.25) == (25, 13, 75)
    assert mix(RED, BLACK, 0) == RED
    assert mix(RED, BLACK, 1) == BLACK


@pytest.mark.requirement("R10")
def test_mix_light():
    assert mix_light(BLACK, WHITE) == (188, 188, 188)
    assert mix_light(RED, (0, 255, 0), 0.25) == (225, 137, 0)
    assert mix_light((2, 3, 4), (2, 3, 4)) == (2, 3, 4)


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_shares_of_mixtures(share):
    with pytest.raises(OutOfRange):
        mix(RED, BLACK, share)
    with pytest.raises(OutOfRange):
        mix_light(RED, BLACK, share)


@pytest.mark.requirement("R11")
def test_overlay():
    assert overlay(RED, 0.2, (0, 0, 100)) == (51, 0, 80)
    assert overlay(RED, 1, WHITE) == RED
    assert overlay(RED, 0, WHITE) == WHITE
    with pytest.raises(OutOfRange):
        overlay(RED, 2, WHITE)


@pytest.mark.requirement("R11")
def test_average():
    assert average([BLACK, (1, 2, 5)]) == (1, 1, 3)
    assert average([RED, BLACK, (3, 3, 3)]) == (86, 1, 1)
    with pytest.raises(ColourError):
        average([])


@pytest.mark.requirement("R12")
def test_lighten():
    assert lighten(BRICK, 0.2) == (223, 129, 129)
    assert lighten(BRICK, -0.2) == (118, 30, 30)


@pytest.mark.requirement("R12")
def test_lighten_ends_at_white_and_black():
    assert lighten(BRICK, 0.9) == WHITE
    assert lighten(BRICK, -0.9) == BLACK


@pytest.mark.requirement("R12")
def test_saturate():
    assert saturate((150, 100, 100), 0.3) == (187, 63, 63)
    assert saturate((150, 100, 100), -0.1) == (138, 113, 113)
    assert saturate((150, 100, 100), 2) == (250, 0, 0)
    assert saturate((9, 9, 9), 0.5) == (9, 9, 9)


@pytest.mark.requirement("R13")
def test_turn_hue():
    assert turn_hue((255, 128, 0), -60) == (255, 0, 127)
    assert turn_hue(BRICK, 120) == (50, 200, 50)
    assert turn_hue(BRICK, 720) == BRICK


@pytest.mark.requirement("R13")
@pytest.mark.parametrize(
    ("kind", "colours"),
    [
        ("complement", [BRICK, (50, 200, 200)]),
        ("triad", [BRICK, (50, 200, 50), (50, 50, 200)]),
        ("square", [BRICK, (125, 200, 50), (50, 200, 200), (125, 50, 200)]),
        ("analogous", [(200, 50, 125), BRICK, (200, 125, 50)]),
        ("split", [BRICK, (50, 200, 125), (50, 125, 200)]),
    ],
)
def test_harmony(kind, colours):
    assert harmony(BRICK, kind) == colours


@pytest.mark.requirement("R13")
def test_unknown_harmony():
    with pytest.raises(ColourError):
        harmony(BRICK, "loud")


@pytest.mark.requirement("R14")
def test_invert():
    assert invert((0, 100, 255)) == (255, 155, 0)
    with pytest.raises(OutOfRange):
        invert((0, 0, 256))


@pytest.mark.requirement("R14")
def test_greyed():
    assert greyed(RED) == (127, 127, 127)
    assert greyed((2, 2, 2)) == (2, 2, 2)
    assert greyed(WHITE) == WHITE


@pytest.mark.requirement("R15")
def test_gradient():
    assert gradient(BLACK, (100, 50, 10), 3) == [BLACK, (50, 25, 5), (100, 50, 10)]
    assert gradient(BLACK, WHITE, 2) == [BLACK, WHITE]
    with pytest.raises(ColourError):
        gradient(BLACK, WHITE, 1)


@pytest.mark.requirement("R15")
def test_ramp():
    stops = [(0, BLACK), (10, (100, 0, 0)), (30, (100, 100, 0))]
    assert [ramp(stops, place) for place in (-1, 0, 5, 10, 15, 30, 31)] == [
        BLACK,
        BLACK,
        (50, 0, 0),
        (100, 0, 0),
        (100, 25, 0),
        (100, 100, 0),
        (100, 100, 0),
    ]


@pytest.mark.requirement("R15")
@pytest.mark.parametrize("stops", [[], [(1, RED), (1, BLACK)], [(0, RED), (5, RED), (4, BLACK)]])
def test_bad_ramps(stops):
    with pytest.raises(ColourError):
        ramp(stops, 2)


@pytest.mark.requirement("R16")
def test_shades():
    assert shades(BRICK, 3) == [(102, 26, 26), (204, 51, 51), (230, 153, 153)]
    assert shades((9, 9, 9), 1) == [(128, 128, 128)]
    with pytest.raises(ColourError):
        shades(BRICK, 0)


@pytest.mark.requirement("R16")
def test_distinct():
    assert distinct(3) == [(210, 45, 45), (45, 210, 45), (45, 45, 210)]
    assert distinct(4, 1, 0.5) == [RED, (128, 255, 0), (0, 255, 255), (128, 0, 255)]
    assert distinct(0) == []
    for arguments in ((-1,), (2, 1.5), (2, 1, -1)):
        with pytest.raises(OutOfRange):
            distinct(*arguments)


@pytest.mark.requirement("R17")
def test_text_colour():
    assert text_colour((240, 240, 100)) == BLACK
    assert text_colour((0, 0, 128)) == WHITE
    assert text_colour(WHITE, [(100, 0, 0), (0, 0, 60), RED]) == (0, 0, 60)


@pytest.mark.requirement("R17")
def test_text_colour_takes_the_first_of_equals():
    assert text_colour(BLACK, [RED, RED]) == RED
    with pytest.raises(ColourError):
        text_colour(WHITE, [])


@pytest.mark.requirement("R18")
def test_sort_by_hue():
    colours = [(0, 0, 255), WHITE, RED, (100, 0, 0), BLACK, (0, 255, 0)]
    assert sort_by_hue(colours) == [BLACK, WHITE, (100, 0, 0), RED, (0, 255, 0), (0, 0, 255)]


@pytest.mark.requirement("R18")
def test_sorting_leaves_the_input_alone():
    colours = [(0, 0, 255), RED]
    assert sort_by_hue(colours) == [RED, (0, 0, 255)]
    assert colours == [(0, 0, 255), RED]
    assert sort_by_hue([]) == []
