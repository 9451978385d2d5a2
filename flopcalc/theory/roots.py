"""Roots of polynomials in one unknown: each positive one between rationals, or the only one in closed form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import gcd
from typing import Any

from flopcalc.dataclass import dataclass
from flopcalc.number import Arithmetic, Number, as_expr, normal
from flopcalc.theory.signs import sign_of

__all__ = ["Root", "larger_root", "positive_root", "positive_roots", "root_of"]


# -- with numbers alone ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Root:
    """A positive root of a polynomial with rational coefficients, and of no other root's interval.

    Attributes
    ----------
    coefficients : tuple of Fraction
        Of the polynomial, the highest power first; it changes its sign at the root.
    low, high : Fraction
        The root lies between them; it is rational where they are one number.
    closed : Number, optional
        The root itself, where it is rational or that of a quadratic equation.
    """

    coefficients: tuple[Fraction, ...]
    low: Fraction
    high: Fraction
    closed: Number | None = None

    def compare(self, value: int | Fraction) -> int:
        """Return 1, 0 or -1 where the root is above `value`, at it, or below."""
        low, high = self.low, self.high
        if low < value < high or low == value == high:
            at = _at(self.coefficients, Fraction(value))
            if at == 0:
                return 0
            return 1 if (at > 0) is (_at(self.coefficients, low) > 0) else -1
        return 1 if value <= low else -1

    def within(self, width: Fraction) -> Root:
        """Return the root in an interval no wider than `width`, by bisection.

        Examples
        --------
        >>> root = Root((1, 0, -2), Fraction(1), Fraction(2))
        >>> root.within(Fraction(1, 4)).low
        Fraction(5, 4)
        """
        low, high = self.low, self.high
        while high - low > width:
            middle = (low + high) / 2
            side = Root(self.coefficients, low, high).compare(middle)
            if side >= 0:
                low = middle
            if side <= 0:
                high = middle
        return Root(self.coefficients, low, high, self.closed)

    def nearly(self) -> Fraction:
        """Return a rational within a part in a trillion of the root."""
        close = self.within(max(self.high, Fraction(1, 1000)) / 10**13)
        return (close.low + close.high) / 2


def _at(coefficients: Sequence[Fraction], value: Fraction) -> Fraction:
    result = Fraction(0)
    for coefficient in coefficients:
        result = result * value + coefficient
    return result


def positive_roots(coefficients: Sequence[Any]) -> list[Root]:
    """Return the positive roots of a polynomial with rational coefficients, the highest power first; the least first.

    Examples
    --------
    >>> [root.closed for root in positive_roots([1, 0, -3, 2])]
    [1]
    """
    from sympy import Poly, Symbol, sqrt

    unknown = Symbol("x")
    roots: list[Root] = []
    for factor, _ in Poly(coefficients, unknown).factor_list()[1]:
        own = tuple(Fraction(int(item.p), int(item.q)) for item in factor.all_coeffs())
        for (low, high), _ in factor.intervals(inf=0):
            ends = (Fraction(int(end.p), int(end.q)) for end in (low, high))
            roots.append(Root(own, *ends))
    found: list[Root] = []
    for root in roots:
        a, *rest = root.coefficients
        closed: Any = None
        if len(rest) == 1:
            value = -rest[0] / a
            root, closed = Root(root.coefficients, value, value), normal(value)
        elif len(rest) == 2:
            b, c = rest
            away = sqrt(as_expr(b * b - 4 * a * c)) / as_expr(2 * abs(a))
            middle = -b / (2 * a)
            closed = as_expr(middle) + (away if root.compare(middle) > 0 else -away)
        if root.high > 0:
            found.append(Root(root.coefficients, root.low, root.high, closed))
    return sorted(found, key=Root.nearly)


# -- with symbols ----------------------------------------------------------------------------------------------------


def positive_root(by_power: Mapping[int, Any], arithmetic: Arithmetic) -> Any:
    """Return the one positive root of a polynomial whose coefficients change their sign once; None if not closed.

    Solved are a·xⁿ + d = 0 and a·x²ⁿ + b·xⁿ + d = 0.

    Parameters
    ----------
    by_power : mapping of int to Number
        The coefficients, that of power 0 among them.
    arithmetic : Arithmetic
        What is assumed of their symbols.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> positive_root({4: symbol("a"), 0: -16 * symbol("b")}, Arithmetic())
    2*b**(1/4)/a**(1/4)
    """
    step = gcd(*by_power)
    degree = max(by_power) // step
    first, middle, last = (as_expr(by_power.get(power, 0)) for power in (max(by_power), step, 0))
    if degree > 2:
        return None
    return root_of(-last / first if degree == 1 else larger_root(first, middle, last, arithmetic), step)


def root_of(value: Any, degree: int) -> Any:
    """Return a root of a positive formula, with its factors apart."""
    from sympy import Pow

    value = as_expr(value)
    factored = value.factor() if value.free_symbols and value.is_rational_function() else value
    return Pow(factored, as_expr(Fraction(1, degree)))


def larger_root(first: Any, middle: Any, last: Any, arithmetic: Arithmetic, *, apart: bool = True) -> Any:
    """Return (−b + √(b² − 4ad))/(2a) with what is square taken out of the root, for a of either sign.

    What is left below the root has a root for each of its factors where they are to be `apart`.
    """
    from sympy import Mul, cancel, factor_list, fraction, sqrt, together

    if sign_of(normal(first), arithmetic) == -1:
        first, middle, last = -first, -middle, -last
    (above, tops), (below, bottoms) = map(factor_list, fraction(together((middle**2 - 4 * first * last).expand())))
    outside = inside = Mul()
    for base, power in (*tops, *((base, -power) for base, power in bottoms)):
        # the root of a square is its base only where that is above zero
        sign = None if power == 1 else sign_of(normal(base), arithmetic)
        half = power // 2 if sign in (1, -1) else 0
        outside *= (sign * base) ** half if half else 1
        inside *= base ** (power - 2 * half)
    root = sqrt(above / below) * sqrt(inside)
    if not apart:
        whole, left = sqrt(above / below).as_coeff_Mul()
        outside, root = whole * outside, sqrt((left**2 * inside).expand())
    top, bottom = cancel(outside / (2 * first)).as_numer_denom()
    return root * top / bottom - cancel(middle / (2 * first))
