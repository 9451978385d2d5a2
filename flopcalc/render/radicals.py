"""Roots put together as a textbook writes them: √(CO) for √C·√O, and √(B/(3HW)) for √3·√B/(3·√H·√W).

Sympy takes roots of products apart, which is right for its algebra and hard to read. What is returned here is the same
value in a form that sympy would undo: it is for writing, after everything else.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flopcalc.number import Number, is_rational

__all__ = ["roots_together"]


def roots_together(value: Number) -> Number:
    """Return a formula with the square roots of each product under one sign; nothing is evaluated in it any more.

    Examples
    --------
    >>> from sympy import sqrt
    >>> from flopcalc.number import symbol
    >>> from flopcalc.render.formula import BOOK, formula
    >>> H, W, C, O, B = (symbol(name) for name in "HWCOB")
    >>> formula(roots_together(2 * H * W * sqrt(C) * sqrt(O) + C * O), BOOK)
    '2HW√(CO) + CO'
    >>> formula(roots_together(sqrt(3) * sqrt(B) / (3 * sqrt(H * W))), BOOK)
    '√(B/(3HW))'
    >>> formula(roots_together(C / sqrt(H * W)), BOOK)
    'C/√(HW)'
    """
    return value if is_rational(value) else _together(value)


@lru_cache(maxsize=4096)  # a table is tried at many widths, with the same formulas in it
def _together(value: Any) -> Any:
    from sympy import Add, Mul, Pow

    if not value.args or not value.atoms(Pow):
        return value
    if value.is_Add:
        return Add(*(_together(term) for term in value.args), evaluate=False)
    if value.is_Pow and not _is_root(value):
        return Pow(_together(value.base), value.exp, evaluate=False)
    if value.is_Mul or value.is_Pow:
        return _product(Mul.make_args(value))
    return value


def _is_root(value: Any) -> bool:
    """Whether a factor is √x or 1/√x, or an odd power of either."""
    return bool(value.is_Pow and value.exp.is_Rational and value.exp.q == 2)


def _product(factors: Any) -> Any:
    """Put the roots among some factors under one sign; x^(3/2) is x·√x."""
    from sympy import Integer, Mul, Pow, Rational

    half = Rational(1, 2)
    number, inside, outside = Integer(1), [], []
    for factor in factors:
        if factor.is_Rational:
            number *= factor
        elif not _is_root(factor):
            outside.append(_together(factor))
        else:
            whole = (abs(int(factor.exp.p)) - 1) // 2 * (1 if factor.exp.p > 0 else -1)
            inside.append((_together(factor.base), factor.exp - whole))
            if whole:
                base = _together(factor.base)
                outside.append(base if whole == 1 else Pow(base, whole, evaluate=False))
    if not inside:
        return Mul(*([number] if number != 1 else []), *outside, evaluate=False)
    above = [base for base, power in inside if power > 0]
    below = [base for base, power in inside if power < 0]
    numeric = Mul(*(base for base in above if base.is_Rational)) / Mul(*(base for base in below if base.is_Rational))
    if numeric.p % number.q == 0:  # √3/3 is √(1/3)
        numeric, number = numeric / number.q**2, Integer(number.p)
    above = [base for base in above if not base.is_Rational]
    below = [base for base in below if not base.is_Rational]
    if not above and numeric == 1:
        single = below[0] if len(below) == 1 else Mul(*below, evaluate=False)
        root = Pow(single, -half, evaluate=False)
        return Mul(*([number] if number != 1 else []), *outside, root, evaluate=False)
    below = [Pow(base, -1, evaluate=False) for base in below]
    radicand = [*([numeric] if numeric != 1 else []), *above, *below]
    root = Pow(radicand[0] if len(radicand) == 1 else Mul(*radicand, evaluate=False), half, evaluate=False)
    parts = [*([number] if number != 1 else []), *outside, root]
    return parts[0] if len(parts) == 1 else Mul(*parts, evaluate=False)
