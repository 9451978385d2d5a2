"""Sums that are never negative because of the arithmetic and the geometric mean: p + q − 2√(p·q) = (√p − √q)².

A negative term is matched with two positive ones whose product is large enough; what is left of the positive terms is
the rest. Where that fails, whole symbols are written as 1 more than what is not negative, one or two at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

from flopcalc.dataclass import dataclass
from flopcalc.number import Number, normal

__all__ = ["Means", "by_means"]

MOST_TERMS = 24
"""Of how many terms a sum is tried."""


@dataclass(frozen=True, slots=True)
class Means:
    """A sum as squares and a rest of which no term is negative.

    Attributes
    ----------
    squares : tuple of Number
        What is squared.
    rest : Number
    divisor : Number
        What the sum is divided by, positive.
    """

    squares: tuple[Number, ...]
    rest: Number
    divisor: Number = 1


def by_means(value: Any) -> Means | None:
    """Write a formula in positive symbols as squares and a rest that is not negative; None where it is not found.

    Examples
    --------
    >>> from sympy import sqrt
    >>> from flopcalc.number import symbol
    >>> C, O, K = symbol("C"), symbol("O"), symbol("K")
    >>> by_means(C + O + K**2 * C - 2 * sqrt(C * O))
    Means(squares=(sqrt(C) - sqrt(O),), rest=C*K**2, divisor=1)
    """
    from sympy import fraction, together

    top, bottom = fraction(together(value))
    if not bottom.is_positive:
        return None
    top = top.expand()
    for shift in _shifts(top):
        moved = top if not shift else _shifted(top, shift)
        found = _matched(moved)
        if found is not None:
            squares, rest = found
            back = {new: old - 1 for old, new in shift.items()}
            squares, rest = [_back(square, back) for square in squares], _back(rest, back)
            if bottom != 1 and not squares:
                return Means((), normal(rest / bottom))
            return Means(tuple(map(normal, squares)), normal(rest), normal(bottom))
    return None


def _back(value: Any, back: dict[Any, Any]) -> Any:
    return value.xreplace(back) if back else value


def _shifts(top: Any) -> Iterable[dict[Any, Any]]:
    """Yield which roots and symbols of whole numbers are written as 1 + something: none, one, or two of them."""
    from sympy import Dummy, Pow

    yield {}
    names = [name for name in sorted(top.free_symbols, key=str) if name.is_integer and name.is_positive]
    units = []
    for name in names:
        powers = [power.exp for power in top.atoms(Pow) if power.base == name and power.exp.is_Rational]
        halves = any(exponent.q == 2 for exponent in powers)
        if all(exponent.q in (1, 2) for exponent in powers):
            units.append(Pow(name, _half()) if halves else name)
    for size in (1, 2):
        for chosen in combinations(units[:8], size):
            yield {unit: Dummy(f"u{place}", nonnegative=True) for place, unit in enumerate(chosen)}


def _half() -> Any:
    from sympy import Rational

    return Rational(1, 2)


def _shifted(top: Any, shift: dict[Any, Any]) -> Any:
    put = {}
    for unit, new in shift.items():
        name = unit if unit.is_Symbol else unit.base
        put[name] = new + 1 if unit.is_Symbol else (new + 1) ** 2
    from sympy import powdenest

    return powdenest(top.subs(put, simultaneous=True), force=False).expand()


def _matched(top: Any) -> tuple[list[Any], Any] | None:
    """Match every negative term with two positive ones."""
    from sympy import Add, sqrt

    terms = Add.make_args(top)
    if len(terms) > MOST_TERMS:
        return None
    positive: list[Any] = []
    negative: list[Any] = []
    for term in terms:
        if term.is_nonnegative:
            positive.append(term)
        elif term.is_nonpositive:
            negative.append(-term)
        else:
            return None
    found = _assigned(negative, positive)
    if found is None:
        return None
    pairs, rest = found
    squares = [sqrt(one) - sqrt(other) for one, other in pairs]
    return squares, Add(*rest)


def _assigned(negative: Sequence[Any], positive: list[Any]) -> tuple[list[tuple[Any, Any]], list[Any]] | None:
    if not negative:
        return [], positive
    first, *others = negative
    for one, other in combinations(range(len(positive)), 2):
        share = first**2 / (4 * positive[one] * positive[other])
        if not share.is_Rational or share > 1:
            continue
        for whole, part in ((one, other), (other, one)):
            left = [term for place, term in enumerate(positive) if place not in (one, other)]
            if share < 1:
                left.append(positive[part] * (1 - share))
            found = _assigned(others, left)
            if found is not None:
                return [(positive[whole], positive[part] * share), *found[0]], found[1]
            if share == 1:
                break
    return None
