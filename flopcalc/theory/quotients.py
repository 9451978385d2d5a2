"""Formulas as quotients of two polynomials in some of their symbols; all others stand in the coefficients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sympy import Poly

__all__ = ["polynomials_of"]


def polynomials_of(value: Any, *names: Any) -> tuple[Poly, Poly] | None:
    """Return numerator and denominator of a formula, multiplied out; None where they are no polynomials in the names.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> C, O = symbol("C"), symbol("O")
    >>> [part.as_expr() for part in polynomials_of(C + 2 / (C * O), C)]
    [C**2*O + 2, C*O]
    """
    from sympy import Poly, fraction, together

    above, below = (part.expand() for part in fraction(together(value)))
    if not (above.is_polynomial(*names) and below.is_polynomial(*names)):
        return None
    return Poly(above, *names), Poly(below, *names)
