"""The sign of a formula: certain for all values of its symbols, or open.

A numerator that factors into squares and factors with a known sign proves an inequality, and so does a sum of squares.
Nothing here is decided by floating-point numbers.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flopcalc.dataclass import dataclass
from flopcalc.number import Arithmetic, Number, as_expr, expanded, is_rational, normal, proven_sign
from flopcalc.theory.equivalence import generated, is_zero, ring_fraction, symbols_of
from flopcalc.theory.means import by_means

__all__ = ["Certificate", "nonnegative", "sign_of"]


@dataclass(frozen=True, slots=True)
class Certificate:
    """Why a formula is never negative: it is a product of squares and of factors that are shown not to be.

    Attributes
    ----------
    formula : Number
        The formula in that form.
    squares : tuple of Number
        What is squared in it.
    rest : Number, optional
        For a sum of squares: what is added to them, of which no term is negative. None for a product.
    """

    formula: Number
    squares: tuple[Number, ...]
    rest: Number | None = None


def nonnegative(value: Number, arithmetic: Arithmetic | None = None, *, strict: bool = False) -> Certificate | None:
    """Prove that a formula in positive symbols is never negative, or (`strict`) always positive; None proves nothing.

    Parameters
    ----------
    value : Number
    arithmetic : Arithmetic, optional
        Whose assumptions may be used.
    strict : bool

    Examples
    --------
    >>> from sympy import sqrt
    >>> from flopcalc.number import symbol
    >>> a, b = symbol("a"), symbol("b")
    >>> nonnegative(a + b - 2 * sqrt(a * b)).formula
    (sqrt(a) - sqrt(b))**2
    """
    arithmetic = arithmetic or Arithmetic()
    if is_rational(value):
        return Certificate(value, ()) if (value > 0 if strict else value >= 0) else None
    if not symbols_of(value):
        sign = sign_of(value)
        return Certificate(value, ()) if sign == 1 or (sign == 0 and not strict) else None
    if arithmetic.decide(expanded(value), strict=strict):
        return Certificate(expanded(value), ())
    rational, generators = generated(value)
    if rational.is_Rational:
        return Certificate(normal(rational), ()) if (rational > 0 if strict else rational >= 0) else None
    top, bottom, _ = ring_fraction(rational)
    if top == 0:
        return None if strict else Certificate(0, ())
    content, factors = top.factor_list()
    below, divisors = bottom.factor_list()
    constant = _number(content) / _number(below)
    parts: list[Any] = []
    squares: list[Any] = []
    positive = constant > 0
    for factor, power, above in [*((f, p, True) for f, p in factors), *((f, p, False) for f, p in divisors)]:
        inner = generators.back(factor.as_expr())
        certain = arithmetic.sign(normal(inner))
        if certain is None:
            if power % 2 or strict:
                return _of_means(value, strict=strict)
            if above:
                squares.append(inner)
        elif certain < 0:
            inner = -inner
            positive = positive is (power % 2 == 0)
        parts.append(inner**power if above else inner**-power)
    if not positive:
        return None
    from sympy import Mul

    magnitude = abs(constant)
    formula = Mul(as_expr(magnitude), *parts)
    return Certificate(normal(formula), tuple(normal(square) for square in squares))


def _of_means(value: Any, *, strict: bool) -> Certificate | None:
    """Prove that a formula is a sum of squares and of terms that are not negative."""
    from sympy import Add, Pow

    found = by_means(value)
    if found is None or (strict and not (not is_rational(found.rest) and found.rest.is_positive)):
        return None
    squares = [Pow(square, 2, evaluate=False) for square in found.squares]
    formula = Add(*squares, *(() if found.rest == 0 else (found.rest,)), evaluate=False)
    formula = formula if found.divisor == 1 else formula / found.divisor
    if not is_zero(value - formula):
        return None
    return Certificate(normal(formula), found.squares, found.rest)


def _number(value: Any) -> Fraction:
    return Fraction(int(value.numerator), int(value.denominator))


def sign_of(value: Number, arithmetic: Arithmetic | None = None) -> int | None:
    """Return 1, 0 or -1 where a formula in positive symbols has that sign for all of them; None where it is open.

    The sign of a constant is worked out by as many digits as it takes.

    Parameters
    ----------
    value : Number
    arithmetic : Arithmetic, optional
        Whose assumptions may be used.

    Examples
    --------
    >>> from sympy import sqrt
    >>> from flopcalc.number import symbol
    >>> sign_of(sqrt(2) + sqrt(3) - sqrt(10))
    -1
    >>> a, b = symbol("a"), symbol("b")
    >>> sign_of(2 * sqrt(a * b) - 2 * a - b)
    -1
    """
    if is_rational(value):
        return (value > 0) - (value < 0)
    if not value.free_symbols:
        return 0 if is_zero(value) else proven_sign(value)
    arithmetic = arithmetic or Arithmetic()
    plain = arithmetic.sign(value)
    if plain is not None:
        return plain
    for sign in (1, -1):
        signed = normal(sign * value)
        if any(nonnegative(form, arithmetic, strict=True) for form in dict.fromkeys((signed, expanded(signed)))):
            return sign
    return 0 if is_zero(value) else None
