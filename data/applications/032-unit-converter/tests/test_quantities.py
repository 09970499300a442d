import pytest

from quantities import (
    Quantity,
    conversion_factor,
    convert,
    format_quantity,
    humanised,
    parse_quantity,
    total,
)
from unitalgebra import IncompatibleUnits, UnitError, UnknownUnit


@pytest.mark.requirement("R9")
@pytest.mark.parametrize(
    "value, source, target, result",
    [
        (90, "km/h", "m/s", 25),
        (1, "mi", "km", 1.609344),
        (0.1, "m", "cm", 10),
        (20, "degC", "degF", 68),
        (-40, "degF", "degC", -40),
        (0, "degC", "K", 273.15),
        (2, "kW*h", "MJ", 7.2),
        (50, "%", "", 0.5),
        (0.3, "ft", "in", 3.6),
    ],
)
def test_conversions_are_exact(value, source, target, result):
    assert convert(value, source, target) == result


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("source, target", [("m", "s"), ("m", "m^2"), ("", "m"), ("N", "J")])
def test_different_dimensions_cannot_be_converted(source, target):
    with pytest.raises(IncompatibleUnits):
        convert(1, source, target)


@pytest.mark.requirement("R10")
def test_sums_of_different_dimensions():
    with pytest.raises(IncompatibleUnits):
        Quantity(1, "m").plus(Quantity(1, "s"))
    with pytest.raises(IncompatibleUnits):
        Quantity(1, "m").compare(Quantity(1))


@pytest.mark.requirement("R9")
def test_conversion_factors():
    assert conversion_factor("h", "min") == 60
    assert conversion_factor("degC", "degC") == 1


@pytest.mark.requirement("R9")
def test_temperatures_have_no_common_factor():
    with pytest.raises(UnitError):
        conversion_factor("degC", "K")


@pytest.mark.requirement("R11")
def test_a_quantity_in_another_unit():
    assert Quantity(90, "min").to("h") == Quantity(1.5, "h")
    assert Quantity(25, "degC").to("K") == Quantity(298.15, "K")


@pytest.mark.requirement("R11")
@pytest.mark.parametrize(
    "other, result", [(Quantity(999.5, "m"), 1), (Quantity(1, "km"), 0), (Quantity(1001, "m"), -1)]
)
def test_comparison_across_units(other, result):
    assert Quantity(1, "km").compare(other) == result


@pytest.mark.requirement("R12")
def test_sum_and_difference_keep_the_first_unit():
    assert Quantity(1, "km").plus(Quantity(500, "m")) == Quantity(1.5, "km")
    assert Quantity(1, "h").minus(Quantity(15, "min")) == Quantity(0.75, "h")


@pytest.mark.requirement("R12")
def test_decimal_sums_are_exact():
    assert Quantity(0.1, "m").plus(Quantity(0.2, "m")) == Quantity(0.3, "m")


@pytest.mark.requirement("R12")
def test_scaling():
    assert Quantity(0.1, "m").scaled(3) == Quantity(0.3, "m")


@pytest.mark.requirement("R13")
def test_products_join_the_units():
    assert Quantity(3, "m").times(Quantity(4, "s")) == Quantity(12, "m*s")
    assert Quantity(3, "m/s").times(Quantity(4, "kg")) == Quantity(12, "(m/s)*kg")
    assert Quantity(3).times(Quantity(4, "kg")) == Quantity(12, "kg")


@pytest.mark.requirement("R13")
def test_quotients_of_one_dimension_are_numbers():
    assert Quantity(3, "km").over(Quantity(500, "m")) == Quantity(6)
    assert Quantity(500, "m").over(Quantity(1, "km")) == Quantity(0.5)


@pytest.mark.requirement("R13")
def test_quotients_join_the_units():
    assert Quantity(100, "km").over(Quantity(8, "h")) == Quantity(12.5, "km/h")
    assert Quantity(6, "kg").over(Quantity(3, "m/s")) == Quantity(2, "kg/(m/s)")
    assert Quantity(6, "m").over(Quantity(3)) == Quantity(2, "m")
    assert Quantity(6).over(Quantity(3, "s")) == Quantity(2, "1/s")


@pytest.mark.requirement("R13")
def test_division_by_zero():
    with pytest.raises(ZeroDivisionError):
        Quantity(1, "m").over(Quantity(0, "s"))


@pytest.mark.requirement("R14")
def test_temperature_scales_are_not_added_or_scaled():
    warm = Quantity(20, "degC")
    with pytest.raises(UnitError):
        warm.plus(Quantity(1, "K"))
    with pytest.raises(UnitError):
        warm.minus(Quantity(1, "K"))
    with pytest.raises(UnitError):
        warm.scaled(2)


@pytest.mark.requirement("R14")
def test_temperature_scales_are_not_multiplied():
    for one, other in [(Quantity(1, "degC"), Quantity(1, "s")), (Quantity(1, "s"), Quantity(1, "degC"))]:
        with pytest.raises(UnitError):
            one.times(other)
        with pytest.raises(UnitError):
            one.over(other)


@pytest.mark.requirement("R15")
def test_split_into_falling_units():
    assert Quantity(2.5125, "h").split(["h", "min", "s"]) == [2, 30, 45]
    assert Quantity(70, "in").split(["ft", "in"]) == [5, 10]
    assert Quantity(90.5, "s").split(["s"]) == [90.5]


@pytest.mark.requirement("R15")
def test_what_cannot_be_split():
    with pytest.raises(UnitError):
        Quantity(-1, "h").split(["min"])
    with pytest.raises(UnitError):
        Quantity(1, "h").split([])
    assert Quantity(0, "h").split(["h", "min"]) == [0, 0]


@pytest.mark.requirement("R16")
@pytest.mark.parametrize(
    "text, quantity",
    [
        ("12.5 km/h", Quantity(12.5, "km/h")),
        (" -3e2J ", Quantity(-300, "J")),
        ("40", Quantity(40)),
        ("+.5 kg m", Quantity(0.5, "kg m")),
        ("1.", Quantity(1)),
        ("2 1/s", Quantity(2, "1/s")),
    ],
)
def test_quantities_are_read(text, quantity):
    assert parse_quantity(text) == quantity


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("text", ["", "km", ".", "- 3 m", "3 m/", "1,5 m"])
def test_malformed_quantities(text):
    with pytest.raises(UnitError):
        parse_quantity(text)


@pytest.mark.requirement("R16")
def test_quantities_of_unknown_units():
    with pytest.raises(UnknownUnit):
        parse_quantity("3 foo")


@pytest.mark.requirement("R17")
def test_totals_of_mixed_units():
    assert total([Quantity(1, "km"), Quantity(20, "m"), Quantity(50, "cm")], "m") == Quantity(1020.5, "m")
    assert total([], "m") == Quantity(0, "m")


@pytest.mark.requirement("R18")
@pytest.mark.parametrize(
    "value, digits, text",
    [
        (1234.5, 2, "1200 m"),
        (0.034567, 3, "0.0346 m"),
        (2.0, 5, "2 m"),
        (0.96, 1, "1 m"),
        (100, 3, "100 m"),
        (0.00005, 3, "5e-05 m"),
        (-1.25, 4, "-1.25 m"),
        (0.0001, 3, "0.0001 m"),
    ],
)
def test_quantities_are_written(value, digits, text):
    assert format_quantity(Quantity(value, "m"), digits) == text


@pytest.mark.requirement("R18")
def test_plain_numbers_and_digits():
    assert format_quantity(Quantity(2.5), 1) == "2"
    with pytest.raises(UnitError):
        format_quantity(Quantity(2.5), 0)


@pytest.mark.requirement("R19")
@pytest.mark.parametrize(
    "value, result",
    [
        (1500, Quantity(1.5, "km")),
        (1000, Quantity(1, "km")),
        (999, Quantity(999, "m")),
        (0.5, Quantity(50, "cm")),
        (0.001, Quantity(0.1, "cm")),
        (-2000, Quantity(-2, "km")),
    ],
)
def test_the_largest_fitting_unit(value, result):
    assert humanised(Quantity(value, "m"), ["m", "cm", "km"]) == result


@pytest.mark.requirement("R19")
def test_a_unit_to_choose_is_needed():
    with pytest.raises(UnitError):
        humanised(Quantity(1, "m"), [])
