"""Real roots of polynomials: exact rational ones, and others enclosed by Sturm's theorem and found by bisection."""

from fractions import Fraction
from math import lcm

from polyexact import (
    Number,
    Polynomial,
    PolynomialError,
    _derived,
    _division,
    _exact,
    _non_zero,
    _scaled,
    _simple,
    _value,
)

_Coefficients = tuple[Fraction, ...]


class BracketError(PolynomialError, ValueError):
    """An interval is empty or the polynomial does not change its sign over it, or a tolerance is not positive."""


def root_bound(polynomial: Polynomial) -> Fraction:
    """A number which no root exceeds in size, by Cauchy's estimate. Raises ZeroPolynomialError."""
    return _bound(polynomial.coefficients)


def count_roots(polynomial: Polynomial, low: Number, high: Number) -> int:
    """How many different real roots lie above `low` and at most at `high`.

    Raises BracketError when `low` exceeds `high`, and ZeroPolynomialError.
    """
    start, end = _exact(low), _exact(high)
    if start > end:
        raise BracketError(f"{low} exceeds {high}")
    chain = _sturm_chain(polynomial.coefficients)
    return _sign_changes(chain, start) - _sign_changes(chain, end)


def bisect(polynomial: Polynomial, low: Number, high: Number, tolerance: Number = "1/1000000") -> Fraction:
    """A root between two points where the signs differ, wrong by at most the tolerance.

    A point that is a root itself is returned as it is. Raises BracketError.
    """
    return _bisected(polynomial.coefficients, _exact(low), _exact(high), _exact(tolerance))


def isolate_roots(polynomial: Polynomial) -> list[tuple[Fraction, Fraction]]:
    """Ascending intervals that hold one real root each, their lower end excluded. Raises ZeroPolynomialError."""
    return _isolated(polynomial.coefficients)


def real_roots(polynomial: Polynomial, tolerance: Number = "1/1000000") -> list[Fraction]:
    """All different real roots in ascending order, each wrong by at most the tolerance.

    Raises ZeroPolynomialError, and BracketError when the tolerance is not positive.
    """
    width = _positive(_exact(tolerance))
    simple = _simple(polynomial.coefficients)
    return [_narrowed(simple, low, high, width) for low, high in _isolated(simple)]


def rational_roots(polynomial: Polynomial) -> list[Fraction]:
    """All different rational roots, exact and in ascending order. Raises ZeroPolynomialError."""
    coefficients = _non_zero(polynomial.coefficients)
    roots = set()
    if coefficients[0] == 0:
        roots.add(Fraction(0))
    while coefficients[0] == 0:
        coefficients = coefficients[1:]
    common = lcm(*(value.denominator for value in coefficients))
    whole = [int(value * common) for value in coefficients]
    for top in _divisors(whole[0]):
        for bottom in _divisors(whole[-1]):
            for candidate in (Fraction(top, bottom), Fraction(-top, bottom)):
                if _value(coefficients, candidate) == 0:
                    roots.add(candidate)
    return sorted(roots)


def _bound(coefficients: _Coefficients) -> Fraction:
    top = abs(_non_zero(coefficients)[-1])
    return 1 + max((abs(value) / top for value in coefficients[:-1]), default=Fraction(0))


def _sturm_chain(coefficients: _Coefficients) -> list[_Coefficients]:
    chain = [_simple(coefficients)]
    following = _derived(chain[0])
    while following:
        chain.append(following)
        following = _scaled(_division(chain[-2], chain[-1])[1], -1)
    return chain


def _sign_changes(chain: list[_Coefficients], point: Fraction) -> int:
    values = [value for member in chain if (value := _value(member, point))]
    return sum((a < 0) != (b < 0) for a, b in zip(values, values[1:]))


def _isolated(coefficients: _Coefficients) -> list[tuple[Fraction, Fraction]]:
    chain = _sturm_chain(coefficients)
    bound = _bound(coefficients)
    found, waiting = [], [(-bound, bound)]
    while waiting:
        low, high = waiting.pop()
        count = _sign_changes(chain, low) - _sign_changes(chain, high)
        if count == 1:
            found.append((low, high))
        elif count > 1:
            middle = (low + high) / 2
            waiting += [(middle, high), (low, middle)]
    return found


def _bisected(coefficients: _Coefficients, low: Fraction, high: Fraction, tolerance: Fraction) -> Fraction:
    _positive(tolerance)
    if low > high:
        raise BracketError(f"{low} exceeds {high}")
    for end in (low, high):
        if _value(coefficients, end) == 0:
            return end
    rising = _value(coefficients, low) < 0
    if rising == (_value(coefficients, high) < 0):
        raise BracketError("the polynomial has the same sign at both ends")
    while high - low > tolerance:
        middle = (low + high) / 2
        value = _value(coefficients, middle)
        if value == 0:
            return middle
        low, high = (middle, high) if (value < 0) == rising else (low, middle)
    return (low + high) / 2


def _narrowed(simple: _Coefficients, low: Fraction, high: Fraction, tolerance: Fraction) -> Fraction:
    """The only root in the interval, whose lower end may be another root."""
    if _value(simple, low) == 0 and _value(simple, high) != 0:
        chain = _sturm_chain(simple)
        above = _sign_changes(chain, high) + 1
        step = (high - low) / 2
        while _sign_changes(chain, low + step) != above:
            step /= 2
        low += step
    return high if _value(simple, high) == 0 else _bisected(simple, low, high, tolerance)


def _positive(tolerance: Fraction) -> Fraction:
    if tolerance <= 0:
        raise BracketError(f"the tolerance {tolerance} is not positive")
    return tolerance


def _divisors(number: int) -> list[int]:
    size = abs(number)
    small = [divisor for divisor in range(1, int(size**0.5) + 1) if size % divisor == 0]
    return sorted({*small, *(size // divisor for divisor in small)})
