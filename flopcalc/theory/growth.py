"""How fast one formula grows beside another: what O(…), Θ(…) and ∝ claim, in the symbols that they name.

For all values from 1 on of the symbols named, and any fixed ones of the others, is the quotient bounded? A quotient of
polynomials without a minus sign is bounded exactly where every power product above is among the mixtures of those
below: where it is no more than one of them it is bounded, and where some pace of growth lets it outrun all of them it
is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product as combinations
from typing import Any, TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.number import Number, is_rational, normal
from flopcalc.theory.equivalence import polynomials_of
from flopcalc.theory.signs import nonnegative

__all__ = ["Growth", "growth_of"]

_FASTEST = 3
"""Up to which power of one pace every symbol is let grow, in the search for one that outruns."""

_MOST_NAMES = 6


@dataclass(frozen=True, slots=True)
class Growth:
    """Whether a quotient stays bounded.

    Attributes
    ----------
    bounded : bool or None
        None where it stays open.
    pace : tuple of (symbol, int)
        Where it is not: the powers of one pace at which the symbols grow so that the quotient has no bound.
    """

    bounded: bool | None
    pace: tuple[tuple[Any, int], ...] = ()


def growth_of(quotient: Number, names: Sequence[Any]) -> Growth:
    """Tell whether a quotient of formulas stays bounded as some of its symbols grow from 1 on, however fast each.

    Parameters
    ----------
    quotient : Number
        In positive symbols.
    names : sequence of symbols
        Those that grow; the others are held.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> C, O, K = symbol("C"), symbol("O"), symbol("K")
    >>> growth_of((K**2 * C * O + O) / (K**2 * C * O), [K, C, O]).bounded
    True
    >>> growth_of((K**2 * C * O) / (K * C), [K, C]).pace
    ((K, 1),)
    """
    if is_rational(quotient):
        return Growth(True)
    growing = [name for name in names if quotient.has(name)]
    if not growing:
        return Growth(True)
    parts = _monomials(quotient, growing)
    if parts is None:
        return Growth(None)
    above, below, plain = parts
    if all(any(all(high <= low for high, low in zip(one, other, strict=True)) for other in below) for one in above):
        return Growth(True)
    if not plain:
        return Growth(None)  # what outruns may cancel
    paces = sorted(combinations(range(_FASTEST + 1), repeat=min(len(growing), _MOST_NAMES)), key=sum)
    for powers in (pace + (0,) * (len(growing) - len(pace)) for pace in paces):
        fastest = max(sum(map(int.__mul__, one, powers)) for one in above)
        slowest = max(sum(map(int.__mul__, one, powers)) for one in below)
        if fastest > slowest:
            pace = tuple((name, power) for name, power in zip(growing, powers, strict=True) if power)
            return Growth(False, pace)
    return Growth(None)


_Powers: TypeAlias = "list[tuple[int, ...]]"


def _monomials(quotient: Any, growing: Sequence[Any]) -> tuple[_Powers, _Powers, bool] | None:
    """Return the exponents of the power products above and below, and whether nothing is subtracted above."""
    from sympy import Pow, Symbol, ilcm

    degree = 1
    for power in quotient.atoms(Pow):
        if power.base in growing and power.exp.is_Rational:
            degree = ilcm(degree, power.exp.q)
    put = {name: Symbol(str(name), positive=True) ** degree for name in growing} if degree > 1 else {}
    names = [Symbol(str(name), positive=True) for name in growing] if degree > 1 else list(growing)
    parts = polynomials_of(quotient.subs(put, simultaneous=True), *names)
    if parts is None:
        return None
    plain = [all(nonnegative(normal(one), strict=True) is not None for one in part.coeffs()) for part in parts]
    above, below = ([tuple(map(int, one)) for one in part.monoms()] for part in parts)
    return (above, below, plain[0]) if plain[1] else None
