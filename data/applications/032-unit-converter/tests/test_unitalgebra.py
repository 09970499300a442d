from fractions import Fraction

import pytest

from unitalgebra import Unit, UnitError, UnknownUnit, is_known, lookup, parse_unit, unit_names

METRE = Unit(Fraction(1), (("m", 1),))
HOUR = Unit(Fraction(3600), (("s", 1),))
KMH = Unit(Fraction(1000, 3600), (("m", 1), ("s", -1)))
CELSIUS = Unit(Fraction(1), (("K", 1),), Fraction("273.15"))


@pytest.mark.requirement("R1")
def test_products_add_the_powers():
    assert METRE.times(METRE) == Unit(Fraction(1), (("m", 2),))
    assert KMH.times(HOUR) == Unit(Fraction(1000), (("m", 1),))


@pytest.mark.requirement("R1")
def test_quotients_subtract_the_powers():
    assert METRE.over(HOUR) == Unit(Fraction(1, 3600), (("m", 1), ("s", -1)))
    assert HOUR.over(HOUR) == Unit(Fraction(1))


@pytest.mark.requirement("R1")
def test_base_units_have_a_fixed_order():
    kilogram = Unit(Fraction(1), (("kg", 1),))
    assert METRE.times(kilogram).powers == (("kg", 1), ("m", 1))


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    "exponent, unit",
    [
        (2, Unit(Fraction(25, 324), (("m", 2), ("s", -2)))),
        (-1, Unit(Fraction(18, 5), (("m", -1), ("s", 1)))),
        (0, Unit(Fraction(1))),
        (1, KMH),
    ],
)
def test_powers_of_units(exponent, unit):
    assert KMH.power(exponent) == unit


@pytest.mark.requirement("R2")
def test_powers_of_powers():
    assert Unit(Fraction(10), (("m", 2), ("s", -1))).power(-3) == Unit(Fraction(1, 1000), (("m", -6), ("s", 3)))


@pytest.mark.requirement("R2")
def test_temperature_scales_have_no_powers():
    assert CELSIUS.power(1) == CELSIUS
    for exponent in (0, 2):
        with pytest.raises(UnitError):
            CELSIUS.power(exponent)


@pytest.mark.requirement("R1")
def test_temperature_scales_cannot_be_multiplied():
    for operation in (CELSIUS.times, CELSIUS.over):
        with pytest.raises(UnitError):
            operation(METRE)
    with pytest.raises(UnitError):
        METRE.over(CELSIUS)


@pytest.mark.requirement("R3")
def test_units_of_the_same_powers_are_compatible():
    assert METRE.is_compatible(Unit(Fraction(5), (("m", 1),)))
    assert not METRE.is_compatible(HOUR)
    assert CELSIUS.is_compatible(Unit(Fraction(1), (("K", 1),)))


@pytest.mark.requirement("R3")
@pytest.mark.parametrize(
    "powers, name",
    [
        ((), "number"),
        ((("m", 1),), "length"),
        ((("m", 1), ("s", -1)), "speed"),
        ((("s", -1),), "frequency"),
        ((("kg", 1), ("m", 2), ("s", -2)), "energy"),
        ((("kg", 1), ("m", -1), ("s", -2)), "pressure"),
        ((("kg", 2), ("A", -3)), "kg^2/A^3"),
        ((("mol", -1),), "1/mol"),
        ((("m", 1), ("cd", 1)), "m*cd"),
    ],
)
def test_dimensions(powers, name):
    assert Unit(Fraction(1), powers).dimension() == name


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(
    "name, factor, powers",
    [
        ("m", 1, (("m", 1),)),
        ("kg", 1, (("kg", 1),)),
        ("mg", Fraction(1, 10**6), (("kg", 1),)),
        ("h", 3600, (("s", 1),)),
        ("min", 60, (("s", 1),)),
        ("cm", Fraction(1, 100), (("m", 1),)),
        ("MPa", 10**6, (("kg", 1), ("m", -1), ("s", -2))),
        ("in", Fraction("0.0254"), (("m", 1),)),
        ("mL", Fraction(1, 10**6), (("m", 3),)),
        ("%", Fraction(1, 100), ()),
        ("nmi", 1852, (("m", 1),)),
    ],
)
def test_units_by_name(name, factor, powers):
    assert lookup(name) == Unit(Fraction(factor), powers)


@pytest.mark.requirement("R4")
def test_temperature_scales_have_an_offset():
    assert lookup("degC") == CELSIUS
    assert lookup("degF").factor == Fraction(5, 9)


@pytest.mark.requirement("R5")
@pytest.mark.parametrize("name", ["", "foo", "kh", "kkm", "KM", "k", "kdegC"])
def test_unknown_names(name):
    with pytest.raises(UnknownUnit):
        lookup(name)


@pytest.mark.requirement("R5")
@pytest.mark.parametrize(
    "name, known",
    [
        ("km", True),
        ("h", True),
        ("degF", True),
        ("kmin", False),
        ("kkm", False),
        ("k", False),
        ("", False),
        ("xm", False),
    ],
)
def test_known_names(name, known):
    assert is_known(name) is known


@pytest.mark.requirement("R6")
def test_names_of_a_dimension():
    assert unit_names("length") == ["ft", "in", "m", "mi", "nmi", "yd"]
    assert unit_names("temperature") == ["K", "degC", "degF"]
    assert unit_names("speed") == ["kn"]
    assert unit_names("beauty") == []


@pytest.mark.requirement("R7")
@pytest.mark.parametrize(
    "text, factor, powers",
    [
        ("km/h", Fraction(1000, 3600), (("m", 1), ("s", -1))),
        ("kg*m^2/s^2", 1, (("kg", 1), ("m", 2), ("s", -2))),
        ("m/s*s", 1, (("m", 1),)),
        ("m/(s*s)", 1, (("m", 1), ("s", -2))),
        ("m s^-2", 1, (("m", 1), ("s", -2))),
        ("1/s", 1, (("s", -1),)),
        (" ( km )^2 ", 10**6, (("m", 2),)),
        ("", 1, ()),
        ("m/s/s", 1, (("m", 1), ("s", -2))),
    ],
)
def test_expressions(text, factor, powers):
    assert parse_unit(text) == Unit(Fraction(factor), powers)


@pytest.mark.requirement("R8")
@pytest.mark.parametrize(
    "text", ["m/", "*m", "(m", "m)", "m^", "m^x", "2*m", "11/s", "m//s", "m^2^2", "()", "m,s", "degC/s"]
)
def test_malformed_expressions(text):
    with pytest.raises(UnitError):
        parse_unit(text)


@pytest.mark.requirement("R8")
def test_unknown_units_in_expressions():
    with pytest.raises(UnknownUnit):
        parse_unit("m/foo")
