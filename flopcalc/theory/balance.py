"""Budgets met exactly: the value of one unknown at which a cost equals another.

A cost that is a rational function of the unknown is solved in closed form where its equation is linear or quadratic;
an equation with numbers alone is solved at any degree, each root in an isolating interval of rationals.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.number import Arithmetic, Number, as_expr, is_rational, normal
from flopcalc.theory.textbook import textbook

if TYPE_CHECKING:
    from sympy import Expr

__all__ = ["Closed", "Root", "Unsolvable", "balance", "relation_of", "turns"]

HIGHEST_DEGREE = 60
"""The highest degree of an equation that is solved."""

_FACTORED = 40
"""Solutions with more terms than this are not factored."""


class Unsolvable(Fault):
    """An equation that has perhaps a solution, but not one that is found here."""


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


@dataclass(frozen=True)
class Closed:
    """A solution with symbols in it.

    Attributes
    ----------
    value : Number
    positive : bool
        Whether it is certain to be positive, and so the only one.
    """

    value: Number
    positive: bool


def balance(cost: Number, budget: Number, unknown: Expr, arithmetic: Arithmetic | None = None) -> Closed | list[Root]:
    """Return the positive values of `unknown` at which `cost` equals `budget`.

    Parameters
    ----------
    cost : Number
        A rational function of the unknown.
    budget : Number
        Free of the unknown.
    unknown : Expr
        A symbol.
    arithmetic : Arithmetic, optional
        What is assumed of the other symbols.

    Returns
    -------
    Closed or list of Root
        In closed form where other symbols matter; else every positive root, the least first.

    Raises
    ------
    Fault
        Where the cost does not depend on the unknown, or no positive value exists.
    Unsolvable
        Where there is no closed form, or the cost is no rational function of the unknown.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> C, M, c, g = (symbol(name) for name in "CMcg")
    >>> balance(2 * C * M / g + 9 * M, 17 * c**2, M)
    Closed(value=17*c**2*g/(2*C + 9*g), positive=True)
    >>> [root.closed for root in balance(M**2 / 2, 128**2, M)]
    [128*sqrt(2)]
    """
    name = getattr(unknown, "name", str(unknown))
    coefficients = _equation(cost, budget, unknown)
    degree = len(coefficients) - 1
    if degree == 0:
        raise Fault(f"it does not depend on {name}", expected="something that changes it")
    if all(is_rational(normal(coefficient)) for coefficient in coefficients):
        roots = _roots([normal(coefficient) for coefficient in coefficients])
        if not roots:
            raise Fault(f"no positive value of {name} meets the budget", expected="a budget within its reach")
        return roots
    if degree > 2:
        raise Unsolvable(
            f"the equation is of degree {degree} in {name}, and other symbols stand in it",
            expected="a linear or a quadratic equation, or numbers for the other symbols",
        )
    return _closed(coefficients, unknown, arithmetic or Arithmetic())


def turns(cost: Any, budget: Any, unknown: Any) -> list[Root]:
    """Return the positive values of `unknown` at which a cost turns: it only rises or only falls between two of them.

    Only numbers are found, and there are none where other symbols matter.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> x = symbol("x")
    >>> [root.closed for root in turns(x + 8 / x, 100, x)]
    [2*sqrt(2)]
    """
    from sympy import fraction, together

    top, bottom = fraction(together(cost - budget))
    try:
        coefficients = _equation(top.diff(unknown) * bottom - top * bottom.diff(unknown), 0, unknown)
    except Fault:
        return []
    if len(coefficients) == 1 or not all(is_rational(normal(item)) for item in coefficients):
        return []
    return _roots([normal(item) for item in coefficients])


def relation_of(difference: Number, *, strict: bool) -> tuple[Number, str, Number]:
    """Return the two sides of a relation between positive terms that says that a difference is above 0, or not below.

    Factors that are certain to be positive are left out.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> C, K, O = (symbol(name) for name in "CKO")
    >>> relation_of(9 * C * (O - 1), strict=True)
    (O, '>', 1)
    >>> relation_of(O / C - K**2, strict=False)
    (O, '>=', C*K**2)
    """
    from sympy import Add, Poly, PolynomialError, fraction, together

    sign = ">" if strict else ">="
    top, bottom = fraction(together(as_expr(difference)))
    symbols = sorted(top.free_symbols, key=str)
    try:
        polynomial = Poly(top, *symbols, domain="QQ")
    except PolynomialError:  # as of a root
        return difference, sign, 0
    if not bottom.is_positive or not all(item.is_positive for item in symbols):
        return difference, sign, 0
    terms = Add.make_args(polynomial.terms_gcd()[1].primitive()[1].as_expr())
    above = [term for term in terms if term.is_positive]
    return normal(Add(*above)), sign, normal(Add(*above) - Add(*terms))


def _equation(cost: Any, budget: Any, unknown: Any) -> list[Any]:
    """Return the coefficients of cost − budget = 0 as a polynomial, without common factors and roots at 0."""
    from sympy import Poly, PolynomialError, fraction, gcd_list, together

    try:
        top, bottom = fraction(together(cost - budget))
        if not (is_rational(normal(top)) or top.is_rational_function(unknown)) or not bottom.is_polynomial(unknown):
            raise PolynomialError
        polynomial = Poly(top.expand(), unknown)
    except (PolynomialError, AttributeError):
        name = getattr(unknown, "name", str(unknown))
        raise Unsolvable(
            f"it is no rational function of {name}",
            expected="sums, products and quotients alone",
        ) from None
    if polynomial.degree() > HIGHEST_DEGREE:
        raise Unsolvable(f"the equation is of degree {polynomial.degree()}", expected=f"at most {HIGHEST_DEGREE}")
    coefficients = polynomial.all_coeffs()
    while len(coefficients) > 1 and coefficients[-1] == 0:
        coefficients.pop()
    common = gcd_list([coefficient for coefficient in coefficients if coefficient != 0] or [1])
    return [(coefficient / common).cancel() for coefficient in coefficients]


def _roots(coefficients: list[Any]) -> list[Root]:
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


def _closed(coefficients: list[Any], unknown: Expr, arithmetic: Arithmetic) -> Closed:
    from sympy import factor, sqrt

    name = getattr(unknown, "name", str(unknown))

    def sign(value: Any) -> int | None:
        return arithmetic.sign(normal(value))

    if len(coefficients) == 2:
        a, b = coefficients
        value = textbook(normal(-b / a))
        if not is_rational(value) and len(value.args) <= _FACTORED:
            value = normal(factor(value))
        which = sign(value)
    else:
        a, b, c = coefficients
        if sign(a) == -1:
            a, b, c = -a, -b, -c
        outside, inside = _squares((b * b - 4 * a * c).expand())
        value = normal((-b / (2 * a)).cancel() + (outside / (2 * a)).cancel() * sqrt(inside))
        signs = [sign(item) for item in (a, b, c)]
        which = 1 if signs[0] == 1 and signs[2] == -1 else None
        if signs[0] == 1 and signs[2] == 1 and signs[1] in (0, 1):
            which = -1
    if which in (0, -1):
        raise Fault(f"no positive value of {name} meets the budget", expected="a budget within its reach")
    return Closed(value, which == 1)


def _squares(value: Any) -> tuple[Any, Any]:
    """Return (a, b) with value = a²·b, all squares of symbols in a."""
    from sympy import Mul, factor_list, fraction, sqrt

    top, bottom = fraction(value.together())
    coefficient, factors = factor_list(top * bottom)
    whole, left = sqrt(coefficient).as_coeff_Mul()
    outside = whole * Mul(*(base ** (power // 2) for base, power in factors)) / bottom
    inside = left**2 * Mul(*(base ** (power % 2) for base, power in factors))
    return outside, inside.expand()
