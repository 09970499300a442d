import pytest
from tintspace import (
    NAMES,
    ColourError,
    OutOfRange,
    UnknownNotation,
    contrast,
    distance,
    from_cmyk,
    from_hsl,
    is_readable,
    luminance,
    nearest_name,
    parse_colour,
    to_cmyk,
    to_hex,
    to_hsl,
    to_lab,
)

WHITE, BLACK, RED, ORANGE = (255, 255, 255), (0, 0, 0), (255, 0, 0), (255, 128, 0)


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#1aF", (17, 170, 255)),
        ("#01ABfe", (1, 171, 254)),
        (" RGB( 1, 2.5 ,255 )", (1, 3, 255)),
        ("hsl(120, 50%, 25%)", (32, 96, 32)),
        ("hsl(-240,100%,50%)", (0, 255, 0)),
        ("Navy", (0, 0, 128)),
    ],
)
def test_parse_colour(text, colour):
    assert parse_colour(text) == colour


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "text", ["", "#12", "#1234", "#ggg", "rgb(1,2)", "rgb(1 2 3)", "hsl(1,2,3)", "reddish", "red;"]
)
def test_unknown_notations(text):
    with pytest.raises(UnknownNotation):
        parse_colour(text)


@pytest.mark.requirement("R2")
def test_to_hex():
    assert to_hex((1, 171, 254)) == "#01abfe"
    assert to_hex((17, 170, 255)) == "#11aaff"


@pytest.mark.requirement("R2")
def test_short_hex_when_possible():
    assert to_hex((17, 170, 255), short=True) == "#1af"
    assert to_hex((17, 171, 255), short=True) == "#11abff"


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("text", ["rgb(256, 0, 0)", "rgb(0, 0, -1)", "hsl(0, 101%, 0%)", "hsl(0, 0%, -1%)"])
def test_texts_out_of_range(text):
    with pytest.raises(OutOfRange):
        parse_colour(text)


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("colour", [(256, 0, 0), (0, -1, 0), (0, 0), (0, 0, 0, 0)])
def test_colours_out_of_range(colour):
    with pytest.raises(OutOfRange):
        to_hex(colour)


@pytest.mark.requirement("R3")
@pytest.mark.parametrize(("saturation", "lightness"), [(1.1, 0.5), (-0.1, 0.5), (0.5, 1.1), (0.5, -0.1)])
def test_shares_out_of_range(saturation, lightness):
    with pytest.raises(ColourError):
        from_hsl(0, saturation, lightness)


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        (RED, (0, 1, 0.5)),
        ((0, 255, 0), (120, 1, 0.5)),
        ((0, 0, 255), (240, 1, 0.5)),
        ((255, 0, 255), (300, 1, 0.5)),
        ((51, 102, 102), (180, 1 / 3, 0.3)),
        ((204, 153, 153), (0, 1 / 3, 0.7)),
        ((51, 51, 51), (0, 0, 0.2)),
        (WHITE, (0, 0, 1)),
    ],
)
def test_to_hsl(colour, expected):
    assert to_hsl(colour) == pytest.approx(expected)


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(
    ("hsl", "colour"),
    [
        ((30, 1, 0.5), ORANGE),
        ((390, 1, 0.5), ORANGE),
        ((180, 1 / 3, 0.3), (51, 102, 102)),
        ((77, 1, 0), BLACK),
        ((77, 0, 0.2), (51, 51, 51)),
    ],
)
def test_from_hsl(hsl, colour):
    assert from_hsl(*hsl) == colour


@pytest.mark.requirement("R5")
def test_to_cmyk():
    assert to_cmyk(ORANGE) == pytest.approx((0, 127 / 255, 1, 0))
    assert to_cmyk((51, 102, 0)) == pytest.approx((0.5, 0, 1, 0.6))
    assert to_cmyk(BLACK) == (0, 0, 0, 1)


@pytest.mark.requirement("R5")
def test_from_cmyk():
    assert from_cmyk(0.5, 0, 1, 0.6) == (51, 102, 0)
    assert from_cmyk(0, 0.5, 0.25, 0) == (255, 128, 191)
    with pytest.raises(OutOfRange):
        from_cmyk(0, 0, 0, 1.5)


@pytest.mark.requirement("R6")
def test_luminance():
    assert luminance(BLACK) == 0
    assert luminance(WHITE) == pytest.approx(1)
    assert [round(luminance(colour), 4) for colour in (RED, (0, 255, 0), (0, 0, 255))] == [0.2126, 0.7152, 0.0722]
    assert luminance((10, 10, 10)) == pytest.approx(10 / 255 / 12.92)
    assert luminance((128, 128, 128)) == pytest.approx(0.2158605)


@pytest.mark.requirement("R6")
def test_contrast():
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast(RED, RED) == 1
    assert contrast(RED, WHITE) == contrast(WHITE, RED) == pytest.approx(3.9984767)


@pytest.mark.requirement("R7")
@pytest.mark.parametrize(
    ("level", "large", "darkest_bad"), [("AA", False, 119), ("AA", True, 149), ("AAA", False, 90), ("AAA", True, 119)]
)
def test_is_readable(level, large, darkest_bad):
    assert is_readable((darkest_bad - 1,) * 3, WHITE, level, large) is True
    assert is_readable((darkest_bad,) * 3, WHITE, level, large) is False


@pytest.mark.requirement("R7")
def test_ordinary_text_is_the_default():
    assert is_readable((118,) * 3, WHITE)
    assert not is_readable((119,) * 3, WHITE)
    with pytest.raises(ColourError):
        is_readable(BLACK, WHITE, "A")


@pytest.mark.requirement("R8")
def test_to_lab():
    assert to_lab(RED) == pytest.approx((53.2329, 80.1053, 67.2228), abs=1e-3)
    assert to_lab(WHITE) == pytest.approx((100, 0, 0), abs=1e-6)
    assert to_lab((1, 2, 3)) == pytest.approx((0.5099, -0.1224, -0.4706), abs=1e-3)


@pytest.mark.requirement("R8")
def test_distance():
    assert distance(BLACK, WHITE) == pytest.approx(100)
    assert distance(RED, RED) == 0
    assert (
        distance(RED, BLACK)
        == distance(BLACK, RED)
        == pytest.approx((53.2329**2 + 80.1053**2 + 67.2228**2) ** 0.5, abs=1e-3)
    )


@pytest.mark.requirement("R9")
def test_nearest_name():
    assert nearest_name((250, 10, 10)) == "red"
    assert nearest_name((240, 180, 30)) == "orange"
    assert nearest_name((70, 70, 70)) == "grey"


@pytest.mark.requirement("R9")
def test_named_colours_are_nearest_to_themselves():
    assert [nearest_name(colour) for colour in NAMES.values()] == list(NAMES)
    with pytest.raises(OutOfRange):
        nearest_name((0, 0, 300))
