from fractions import Fraction as F

import pytest
from polyexact import (
    DegreeError,
    ParseError,
    Polynomial,
    PolynomialError,
    ZeroPolynomialError,
    from_roots,
    gcd,
    interpolate,
    lcm,
    parse,
    square_free,
)


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    ("text", "coefficients"),
    [
        ("3x^2 - x + 4", (4, -1, 3)),
        ("-x", (0, -1)),
        ("+ 2*x ^ 3", (0, 0, 0, 2)),
        ("7", (7,)),
        (" 1 / 2 * x + 0.25 ", (F(1, 4), F(1, 2))),
        ("3/4x", (0, F(3, 4))),
        ("x^0", (1,)),
    ],
)
def test_parse_reads_terms(text, coefficients):
    assert parse(text).coefficients == coefficients


@pytest.mark.requirement("R1")
def test_parse_adds_up_like_powers():
    assert parse("x + 2x - 5 + x^2 + 1").coefficients == (-4, 3, 1)
    assert parse("x - x").coefficients == ()


@pytest.mark.requirement("R1")
def test_parse_takes_another_variable():
    assert parse("t^2 - 1", variable="t").coefficients == (-1, 0, 1)


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("   ", 3),
        ("x +", 3),
        ("2*", 2),
        ("*x", 2),
        ("x y", 2),
        ("x 2", 2),
        ("1/0", 0),
        ("x + y", 4),
        ("x^", 1),
    ],
)
def test_parse_refuses_what_is_no_polynomial(text, position):
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert caught.value.position == position


@pytest.mark.requirement("R2")
def test_a_parse_error_is_a_value_error():
    with pytest.raises(ValueError):
        parse("x ^ -1")


@pytest.mark.requirement("R3")
def test_text_has_the_highest_power_first():
    assert Polynomial([4, -1, 3]).to_text() == "3x^2 - x + 4"
    assert Polynomial([0, 0, -1]).to_text() == "-x^2"
    assert Polynomial([-1, 2]).to_text() == "2x - 1"


@pytest.mark.requirement("R3")
def test_text_of_fractions_and_of_zero():
    assert Polynomial(["1/2", "-2/3"]).to_text() == "-2/3*x + 1/2"
    assert Polynomial().to_text() == "0"
    assert Polynomial([1, 1]).to_text("y") == "y + 1"


@pytest.mark.requirement("R4")
def test_degree_ignores_zeros_at_the_top():
    assert Polynomial([1, 2, 0, 0]).degree() == 1
    assert Polynomial([5]).degree() == 0


@pytest.mark.requirement("R4")
def test_the_zero_polynomial_has_degree_minus_one():
    assert Polynomial([0, 0]).degree() == -1
    assert Polynomial([0, 0]).coefficients == ()


@pytest.mark.requirement("R4")
def test_leading_coefficient():
    assert Polynomial([1, "2.5", 0]).leading() == F(5, 2)
    with pytest.raises(ZeroPolynomialError):
        Polynomial([0]).leading()


@pytest.mark.requirement("R5")
def test_add_takes_different_lengths():
    assert Polynomial([1, 2]).add(Polynomial([1, 1, 1])).coefficients == (2, 3, 1)
    assert Polynomial([1, 1, 1]).add(Polynomial([1, 2])).coefficients == (2, 3, 1)


@pytest.mark.requirement("R5")
def test_add_lowers_the_degree_when_terms_cancel():
    assert Polynomial([1, 2, 3]).add(Polynomial([0, 0, -3])).coefficients == (1, 2)


@pytest.mark.requirement("R5")
def test_subtract():
    assert Polynomial([1, 2]).subtract(Polynomial([3, 1, 4])).coefficients == (-2, 1, -4)
    assert Polynomial([1, 2]).subtract(Polynomial([1, 2])).coefficients == ()


@pytest.mark.requirement("R6")
def test_multiply():
    assert Polynomial([1, 1]).multiply(Polynomial([-1, 2, 1])).coefficients == (-1, 1, 3, 1)


@pytest.mark.requirement("R6")
def test_multiplying_by_zero_gives_zero():
    assert Polynomial([1, 1]).multiply(Polynomial()).coefficients == ()


@pytest.mark.requirement("R6")
def test_scale():
    assert Polynomial([2, 0, 4]).scale("1/2").coefficients == (1, 0, 2)
    assert Polynomial([2, 0, 4]).scale(0).coefficients == ()


@pytest.mark.requirement("R7")
def test_power():
    assert Polynomial([1, 1]).power(3).coefficients == (1, 3, 3, 1)
    assert Polynomial([0, 2]).power(1).coefficients == (0, 2)
    assert Polynomial([7, 2]).power(0).coefficients == (1,)


@pytest.mark.requirement("R7")
def test_negative_powers_are_refused():
    with pytest.raises(DegreeError):
        Polynomial([0, 1]).power(-1)


@pytest.mark.requirement("R8")
def test_powers_stop_at_degree_one_thousand():
    assert Polynomial([0] * 500 + [1]).power(2).coefficients[-1] == 1
    with pytest.raises(DegreeError):
        Polynomial([0] * 501 + [1]).power(2)


@pytest.mark.requirement("R8")
def test_reading_stops_at_degree_one_thousand():
    assert len(parse("x^1000").coefficients) == 1001
    with pytest.raises(DegreeError):
        parse("x^1001")


@pytest.mark.requirement("R8")
def test_composition_stops_at_degree_one_thousand():
    inner = Polynomial([0] * 501 + [1])
    with pytest.raises(DegreeError):
        Polynomial([0, 0, 1]).compose(inner)
    assert Polynomial([3, 1]).compose(inner).coefficients == (3,) + inner.coefficients[1:]


@pytest.mark.requirement("R9")
def test_divide_gives_quotient_and_remainder():
    quotient, remainder = Polynomial([-4, 0, -2, 1]).divide(Polynomial([-3, 1]))
    assert quotient.coefficients == (3, 1, 1)
    assert remainder.coefficients == (5,)


@pytest.mark.requirement("R9")
def test_divide_by_a_higher_degree_leaves_everything():
    quotient, remainder = Polynomial([1, 2]).divide(Polynomial([0, 0, 1]))
    assert (quotient.coefficients, remainder.coefficients) == ((), (1, 2))


@pytest.mark.requirement("R9")
def test_divide_by_zero_is_refused():
    with pytest.raises(ZeroDivisionError):
        Polynomial([1, 2]).divide(Polynomial())


@pytest.mark.requirement("R9")
def test_is_divisible_by():
    assert Polynomial([-1, 0, 1]).is_divisible_by(Polynomial([2, 2]))
    assert not Polynomial([-1, 0, 1]).is_divisible_by(Polynomial([2, 1]))


@pytest.mark.requirement("R10")
def test_evaluate():
    assert Polynomial([4, -1, 3]).evaluate(2) == 14
    assert Polynomial([4, -1, 3]).evaluate("1/3") == 4
    assert Polynomial().evaluate(9) == 0


@pytest.mark.requirement("R10")
def test_compose_replaces_the_variable():
    assert Polynomial([1, 0, 1]).compose(Polynomial([1, 2])).coefficients == (2, 4, 4)
    assert Polynomial([5]).compose(Polynomial()).coefficients == (5,)


@pytest.mark.requirement("R11")
def test_values_are_exact():
    value = Polynomial(["0.1", "0.2"]).evaluate("0.1")
    assert value == F(3, 25)
    assert isinstance(value, F)


@pytest.mark.requirement("R11")
def test_floats_are_refused():
    with pytest.raises(TypeError):
        Polynomial([1]).evaluate(0.5)
    with pytest.raises(TypeError):
        Polynomial([1]).scale(0.5)


@pytest.mark.requirement("R12")
def test_derivative():
    assert Polynomial([4, -1, 3, 2]).derivative().coefficients == (-1, 6, 6)
    assert Polynomial([4]).derivative().coefficients == ()


@pytest.mark.requirement("R12")
def test_derivatives_of_higher_order():
    assert Polynomial([4, -1, 3, 2]).derivative(2).coefficients == (6, 12)
    assert Polynomial([4, -1]).derivative(0).coefficients == (4, -1)
    assert Polynomial([4, -1]).derivative(5).coefficients == ()
    with pytest.raises(DegreeError):
        Polynomial([4, -1]).derivative(-1)


@pytest.mark.requirement("R13")
def test_integral_starts_at_the_constant():
    assert Polynomial([1, 1, 3]).integral(7).coefficients == (7, 1, F(1, 2), 1)
    assert Polynomial([0, 2]).integral().coefficients == (0, 0, 1)


@pytest.mark.requirement("R13")
def test_area_under_the_curve():
    assert Polynomial([0, 0, 3]).area(1, 2) == 7
    assert Polynomial([0, 0, 3]).area(2, "1") == -7


@pytest.mark.requirement("R14")
def test_gcd_is_monic():
    assert gcd(Polynomial([-2, 0, 2]), Polynomial([3, 6, 3])).coefficients == (1, 1)
    assert gcd(Polynomial([1, 1]), Polynomial([2, 1])).coefficients == (1,)


@pytest.mark.requirement("R14")
def test_gcd_with_zero():
    assert gcd(Polynomial(), Polynomial([4, 2])).coefficients == (2, 1)
    with pytest.raises(ZeroPolynomialError):
        gcd(Polynomial(), Polynomial())


@pytest.mark.requirement("R14")
def test_lcm():
    assert lcm(Polynomial([-1, 0, 1]), Polynomial([2, 2])).coefficients == (-1, 0, 1)
    assert lcm(Polynomial([0, 1]), Polynomial([1, 2])).coefficients == (0, F(1, 2), 1)
    with pytest.raises(PolynomialError):
        lcm(Polynomial([0, 1]), Polynomial())


@pytest.mark.requirement("R15")
def test_monic():
    assert Polynomial([1, 0, -2]).monic().coefficients == (F(-1, 2), 0, 1)
    with pytest.raises(ZeroPolynomialError):
        Polynomial().monic()


@pytest.mark.requirement("R15")
def test_square_free_keeps_each_root_once():
    assert square_free(Polynomial([0, 0, 2, 2])).coefficients == (0, 1, 1)
    assert square_free(Polynomial([9])).coefficients == (1,)


@pytest.mark.requirement("R16")
def test_from_roots():
    assert from_roots([1, 1, -2]).coefficients == (2, -3, 0, 1)
    assert from_roots([]).coefficients == (1,)


@pytest.mark.requirement("R16")
def test_interpolate():
    assert interpolate([(0, 1), (1, 3), (2, 9)]).coefficients == (1, 0, 2)
    assert interpolate([(0, 1), (1, 2), (2, 3)]).coefficients == (1, 1)
    with pytest.raises(PolynomialError):
        interpolate([(1, 1), (1, 2)])
