"""What a formula comes to as symbols grow without end, and whether it vanishes however fast each of them grows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

from flopcalc.number import Number, is_rational, normal
from flopcalc.theory.equivalence import is_zero, polynomials_of
from flopcalc.theory.signs import nonnegative

__all__ = ["OpenLimitError", "limit_at_infinity", "vanishes_at_infinity"]

MOST_GROWING = 4
"""Of how many symbols that grow together every order is tried."""


class OpenLimitError(ArithmeticError):
    """Whether a formula has a limit, and which, is not known."""


def limit_at_infinity(value: Number, name: Any, *, certain: bool = False) -> Number | None:
    """Return the limit of a formula as a symbol grows without end; None where there is none that is finite.

    Raises
    ------
    OpenLimitError
        If `certain`, where it is not known; otherwise None stands for that as well.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> O, K = symbol("O"), symbol("K")
    >>> limit_at_infinity(1 / O + 1 / K**2, O)
    K**(-2)
    """
    if is_rational(value) or not value.has(name):
        return value
    try:
        return _limit(value, name)
    except OpenLimitError:
        if certain:
            raise
        return None


def _limit(value: Any, name: Any) -> Number | None:
    smooth, shares = _unrounded(value, name)
    parts = polynomials_of(smooth, name)
    if parts is None:
        if shares:
            raise OpenLimitError
        return _general_limit(value, name)
    upper, lower = parts
    if shares & lower.LC().free_symbols:
        raise OpenLimitError
    if upper.degree() < lower.degree():
        return 0
    if shares & upper.LC().free_symbols:
        raise OpenLimitError
    if upper.degree() > lower.degree():
        return None
    return normal((upper.LC() / lower.LC()).cancel())


def _unrounded(value: Any, name: Any) -> tuple[Any, set[Any]]:
    """Write ⌊x⌋ as x - r, ⌈x⌉ as x + r and x mod n as n·r; return the shares r, of which each is from 0 to 1."""
    from sympy import Dummy, Mod, ceiling, floor

    shares: set[Any] = set()

    def share() -> Any:
        shares.add(Dummy("share"))
        return max(shares, key=lambda one: one.dummy_index)

    if value.has(floor, ceiling, Mod):
        value = value.replace(Mod, lambda inside, by: by * share())
        value = value.replace(floor, lambda inside: inside - share()).replace(ceiling, lambda inside: inside + share())
    return value, shares & value.free_symbols


def _general_limit(value: Any, name: Any) -> Number | None:
    from sympy import AccumBounds, Limit, limit, nan, oo

    try:
        found = limit(value, name, oo)
    except (NotImplementedError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError):
        raise OpenLimitError from None  # sympy has no way to tell
    if found.has(Limit, AccumBounds, nan):
        raise OpenLimitError
    return normal(found) if found.is_finite is not False and not found.has(oo) else None


def vanishes_at_infinity(value: Number, names: Sequence[Any]) -> bool | None:
    """Tell whether a formula goes to 0 as symbols grow together, however fast each; None where it stays open.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> O, K = symbol("O"), symbol("K")
    >>> vanishes_at_infinity(1 / O + 1 / K**2, [O, K]), vanishes_at_infinity(O / K**2, [O, K])
    (True, False)
    """
    if is_rational(value):
        return value == 0
    growing = [name for name in names if value.has(name)]
    if not growing:
        return is_zero(value)
    try:
        return _vanishes(value, growing)
    except OpenLimitError:
        return None


def _vanishes(value: Any, growing: Sequence[Any]) -> bool | None:
    for order in permutations(growing[:MOST_GROWING]):
        left: Number | None = value
        for name in order:
            left = None if left is None else limit_at_infinity(left, name, certain=True)
        if left is None or not is_zero(left):
            return False
    if len(growing) == 1 or _is_outgrown(value, growing):
        return True
    from sympy import Symbol

    pace = Symbol("pace", positive=True)
    for powers in ((1, 1), (1, 2), (2, 1), (1, 3), (3, 1), (2, 3), (3, 2)):
        speeds = {name: pace ** powers[index % 2] for index, name in enumerate(growing)}
        along = limit_at_infinity(normal(value.subs(speeds, simultaneous=True)), pace, certain=True)
        if along is None or not is_zero(along):
            return False
    return None


def _is_outgrown(value: Any, growing: Sequence[Any]) -> bool:
    """Tell whether every term above the line is outgrown by one below it, where nothing is subtracted."""
    parts = polynomials_of(value, *growing)
    if parts is None:
        return False
    upper, lower = parts
    if any(nonnegative(normal(coefficient)) is None for coefficient in lower.coeffs()):
        return False
    return all(
        any(low != high and all(map(int.__le__, high, low)) for low in lower.monoms()) for high in upper.monoms()
    )
