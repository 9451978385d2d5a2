"""Formulas that round whole numbers, proved case by case: in every class of remainders nothing is left to round.

⌊(H − 1)/2⌋ of a whole H is (H − 2)/2 where H is even and (H − 1)/2 where it is odd. With H = 2·n − 1 and H = 2·n for
n = 1, 2, … every whole number from 1 on is met once, and the floors of polynomials become polynomials in n: what holds
in every class holds everywhere. Only symbols that are rounded are split, each by the least number that settles all its
floors; floors in one another multiply.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import product as combinations
from typing import Any

from flopcalc.dataclass import dataclass
from flopcalc.number import Number, is_rational, normal

__all__ = ["MOST_CLASSES", "Classes", "rounded_away"]

MOST_CLASSES = 2000
"""How many classes of remainders are gone through."""


@dataclass(frozen=True, slots=True)
class Classes:
    """A formula in every class of remainders of the symbols that it rounds.

    Attributes
    ----------
    modulus : mapping of symbol to int
        By which number each is divided.
    cases : tuple of (mapping of symbol to int, Number)
        The remainders, from 1 to the modulus, and the formula there: in it a symbol x stands for (x − remainder) /
        modulus + 1, which is any whole number from 1.
    """

    modulus: Mapping[Any, int]
    cases: tuple[tuple[Mapping[Any, int], Number], ...]


def rounded_away(value: Number, whole: Iterable[Any] = ()) -> Classes | None:
    """Return a formula without its floors, class by class; None where that cannot be done.

    Parameters
    ----------
    value : Number
        In positive whole symbols, where it rounds.
    whole : iterable of formulas
        What is a whole number for all values that can be: classes in which one of them is not are left out.

    Examples
    --------
    >>> from sympy import floor
    >>> from flopcalc.number import symbol
    >>> H, K = symbol("H"), symbol("K")
    >>> [case for _, case in rounded_away(floor((H - 1) / 2)).cases]
    [H - 1, H - 1]
    >>> [case for _, case in rounded_away(2 * floor(K / 2) + 1, [(K - 1) / 2]).cases]
    [2*K - 1]
    """
    if is_rational(value):
        return Classes({}, (({}, value),))
    plain = _in_floors(value)
    if plain is None:
        return None
    modulus: dict[Any, int] = {}
    if not _gather(plain, modulus):
        return None
    kept = [one for one in whole if one.free_symbols & modulus.keys()]
    kept = [one for one in kept if _widened(one, modulus)]
    modulus = {name: count for name, count in modulus.items() if count > 1}
    if math.prod(modulus.values()) > MOST_CLASSES:
        return None
    cases = []
    for remainders in _remainders(modulus):
        put = {name: modulus[name] * (name - 1) + rest for name, rest in remainders.items()}
        if any(_never_whole(one.xreplace(put)) for one in kept):
            continue
        case = _settled(plain.xreplace(put) if put else plain)
        if case is None:
            return None
        cases.append((remainders, normal(case)))
    return Classes(modulus, tuple(cases))


def _widened(one: Any, modulus: dict[Any, int]) -> bool:
    """Let the classes be fine enough to tell where a polynomial is whole; False where it is none."""
    bottom = _denominator(one)
    if bottom is None or not all(name.is_integer and name.is_positive for name in one.free_symbols):
        return False
    if bottom > 1:
        for name in one.free_symbols:
            modulus[name] = math.lcm(modulus.get(name, 1), bottom)
    return bottom > 1


def _never_whole(one: Any) -> bool:
    fixed, rest = one.expand().as_coeff_Add()
    return bool(fixed.is_Rational and not fixed.is_Integer) and all(_is_whole(term) for term in rest.as_ordered_terms())


def _remainders(modulus: Mapping[Any, int]) -> Iterator[dict[Any, int]]:
    names = sorted(modulus, key=str)
    for rests in combinations(*(range(1, modulus[name] + 1) for name in names)):
        yield dict(zip(names, rests, strict=True))


def _in_floors(value: Any) -> Any:
    """Write ceilings and remainders by floors alone; None where something else rounds or chooses."""
    from sympy import Abs, Max, Min, Mod, Piecewise, ceiling, floor, sign

    if value.has(Piecewise, Max, Min, Abs, sign):
        return None
    value = value.replace(Mod, lambda inside, by: inside - by * floor(inside / by))
    return value.replace(ceiling, lambda inside: -floor(-inside))


def _gather(value: Any, modulus: dict[Any, int]) -> bool:
    """Find by which number each rounded symbol is to be divided; False where a floor is of another kind."""
    from sympy import floor

    for rounding in value.atoms(floor):
        inside = rounding.args[0]
        inner = inside.atoms(floor)
        names = inside.free_symbols
        if not all(name.is_integer and name.is_positive for name in names):
            return False
        bottom = _denominator(inside)
        if bottom is None:
            return False
        for name in names:
            deep = math.prod(_denominator(one.args[0]) or 1 for one in inner if one.has(name))
            modulus[name] = math.lcm(modulus.get(name, 1), bottom * deep)
    return True


def _denominator(inside: Any) -> int | None:
    """Return the common denominator of a polynomial's coefficients; None where it is no polynomial."""
    from sympy import Dummy, Poly, PolynomialError, floor

    outer = inside.replace(floor, lambda _: Dummy(integer=True))
    names = sorted(outer.free_symbols, key=lambda name: name.sort_key())
    if not names:
        return int(outer.q) if outer.is_Rational else None
    try:
        polynomial = Poly(outer, *names)
    except PolynomialError:
        return None
    coefficients = polynomial.coeffs()
    if not all(coefficient.is_Rational for coefficient in coefficients):
        return None
    return math.lcm(*(int(coefficient.q) for coefficient in coefficients))


def _settled(value: Any) -> Any:
    """Work the floors out, the innermost first; None where one does not come out."""
    from sympy import floor

    for _ in range(20):
        roundings = [one for one in value.atoms(floor) if not one.args[0].has(floor)]
        if not roundings:
            return value
        put = {}
        for rounding in roundings:
            inside = rounding.args[0].expand()
            fixed, rest = inside.as_coeff_Add()
            whole = rest.is_integer
            if whole is None:
                whole = all(_is_whole(term) for term in rest.as_ordered_terms())
            if not whole or not fixed.is_Rational:
                return None
            put[rounding] = rest + math.floor(fixed)
        value = value.xreplace(put)
    return None


def _is_whole(term: Any) -> bool:
    factor, rest = term.as_coeff_Mul()
    return bool(factor.is_Integer and rest.is_integer)
