"""Formulas put together as a textbook writes them: ``HW(2CM + 9M²)``, ``1/O + 1/K²``.

The value stays what it is; only its form changes. Height and width are taken out of sums, fractions are reduced, and
a fraction over a single product is taken apart.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from flopcalc.number import Number, as_expr, expanded, is_rational, normal

__all__ = ["MOST_TERMS", "is_spatial", "textbook"]

MOST_TERMS = 300
"""Sums of more terms than this are not put together anew: no book writes them, and it takes time."""

_SPATIAL = re.compile(r"[HWhw](_?\w*|\d*)$|height$|width$")


def is_spatial(name: str) -> bool:
    """Tell whether a symbol is a height or a width, by its name.

    Examples
    --------
    >>> is_spatial("H_in"), is_spatial("C")
    (True, False)
    """
    return _SPATIAL.match(name) is not None


def textbook(value: Number) -> Number:
    """Return a formula in a textbook's form.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> C, M, H, W, g = (symbol(name) for name in "CMHWg")
    >>> textbook(2 * C * M * H * W / g + 9 * M * H * W)
    H*W*(2*C*M/g + 9*M)
    >>> textbook((2 * C * M + 9 * M**2) / (C * M))
    2 + 9*M/C
    """
    return value if is_rational(value) or not value.free_symbols else _put_together(value)


@lru_cache(1 << 12)
def _put_together(value: Any) -> Number:
    """Return the form; remembered, since a table has the same formulas in many cells."""
    if _is_polynomial(value):
        whole = value if _is_sum_of_products(value) else as_expr(expanded(value))
        return normal(_gathered(whole)) if _is_sum_of_products(whole) else value
    top, bottom = _reduced(value)
    if top is None:
        return value
    if any(factor.is_Add for factor in bottom.as_powers_dict()):
        return normal(_gathered(top) / bottom)
    return normal(_gathered((top / bottom).expand()))


def _reduced(value: Any) -> tuple[Any, Any]:
    """Return a formula as one fraction in lowest terms; (None, None) where that is not worth the time."""
    from sympy import Pow, cancel, fraction, together

    if len(value.args) > MOST_TERMS or any(power.exp.free_symbols for power in value.atoms(Pow)):
        return None, None
    top, bottom = fraction(together(value))
    top, bottom = as_expr(expanded(top)), as_expr(expanded(bottom))
    if not _is_sum_of_products(top) or not _is_sum_of_products(bottom) or (top.is_Add and len(top.args) > MOST_TERMS):
        return None, None
    if bottom.free_symbols and (bottom.is_Add or any(base.is_Add for base in bottom.as_powers_dict())):
        top, bottom = fraction(cancel(top / bottom))
    return top.expand(), bottom.factor() if bottom.free_symbols else bottom


def _is_polynomial(value: Any) -> bool:
    """Tell whether nothing in a formula is divided by, nor stands in a root or a function."""
    if value.is_Add or value.is_Mul:
        return all(map(_is_polynomial, value.args))
    if value.is_Pow:
        return bool(value.exp.is_Integer and value.exp > 0) and _is_polynomial(value.base)
    return bool(value.is_Symbol or value.is_Rational)


def _is_sum_of_products(value: Any) -> bool:
    """Tell whether nothing is left to be multiplied out."""
    from sympy import Add, Mul

    factors = (factor for term in Add.make_args(value) for factor in Mul.make_args(term))
    return not any(
        factor.is_Add or (factor.is_Pow and factor.base.is_Add and factor.exp.is_Integer and factor.exp > 0)
        for factor in factors
    )


def _gathered(value: Any) -> Any:
    """Take height and width out of a sum: the terms that share them stand in one bracket."""
    from sympy import Add, Mul

    if not value.is_Add:
        return value
    if len(value.args) > MOST_TERMS:
        return value
    groups: dict[Any, list[Any]] = {}
    for term in value.args:
        outside = [factor for factor in Mul.make_args(term) if _is_spatial_factor(factor)]
        groups.setdefault(Mul(*outside), []).append(term)
    parts = []
    for outside, terms in groups.items():
        if outside == 1:
            parts.extend(terms)
        else:
            parts.append(outside * Add(*(term / outside for term in terms)))
    return parts[0] if len(parts) == 1 else Add(*parts, evaluate=False)


def _is_spatial_factor(factor: Any) -> bool:
    base = factor.base if factor.is_Pow else factor
    return bool(base.is_Symbol and is_spatial(base.name))
