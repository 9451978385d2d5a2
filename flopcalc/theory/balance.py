"""Budgets met exactly: the value of one unknown at which a cost equals another.

A cost that is a rational function of the unknown is solved in closed form where its equation is linear or quadratic;
an equation with numbers alone is solved at any degree, each root in an isolating interval of rationals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.number import Arithmetic, Number, as_expr, is_rational, normal
from flopcalc.theory.roots import Root, larger_root, positive_roots
from flopcalc.theory.textbook import textbook

if TYPE_CHECKING:
    from sympy import Expr

__all__ = ["Closed", "Unsolvable", "balance", "relation_of", "turns"]

HIGHEST_DEGREE = 60
"""The highest degree of an equation that is solved."""

_FACTORED = 40
"""Solutions with more terms than this are not factored."""


class Unsolvable(Fault):
    """An equation that has perhaps a solution, but not one that is found here."""


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
        roots = positive_roots([normal(coefficient) for coefficient in coefficients])
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
    return positive_roots([normal(item) for item in coefficients])


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


def _closed(coefficients: list[Any], unknown: Expr, arithmetic: Arithmetic) -> Closed:
    from sympy import factor

    name = getattr(unknown, "name", str(unknown))
    if len(coefficients) == 2:
        a, b = coefficients
        value = textbook(normal(-b / a))
        if not is_rational(value) and len(value.args) <= _FACTORED:
            value = normal(factor(value))
        which = arithmetic.sign(normal(value))
    else:
        a, b, c = coefficients
        value = normal(larger_root(a, b, c, arithmetic, apart=False))
        first, middle, last = (arithmetic.sign(normal(item)) for item in coefficients)
        which = None
        if first and last:
            which = 1 if first != last else -1 if middle in (0, first) else None
    if which in (0, -1):
        raise Fault(f"no positive value of {name} meets the budget", expected="a budget within its reach")
    return Closed(value, which == 1)
