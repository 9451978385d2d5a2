"""One cost along the curve on which another is held: a function of one symbol, and the signs of its derivative."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product as combinations
from math import lcm
from typing import Any

from flopcalc.dataclass import dataclass
from flopcalc.errors import FlopcalcError, Problem, UndecidedError, listed, shorten
from flopcalc.number import Arithmetic, Number, as_expr, expanded, is_rational, normal
from flopcalc.theory.equivalence import is_zero, symbols_of
from flopcalc.theory.signs import sign_of
from flopcalc.theory.textbook import textbook

__all__ = [
    "Curve",
    "NotLinearError",
    "Question",
    "Term",
    "curve_of",
    "factors_of",
    "laid_out",
    "open_part",
    "open_sign",
    "reduced",
    "signs_of",
    "simple",
    "slope_of",
    "terms_of",
    "value_of",
]

MOST_DEGREE = 24
"""The highest power of one symbol in them."""


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the objective along the curve: ``coefficient * variable**exponent``."""

    exponent: int
    coefficient: Number


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be least, what is held, over which two symbols; the name for what is held, and what is above zero."""

    objective: Any
    held: Any
    over: tuple[Any, Any]
    budget: Any
    arithmetic: Arithmetic
    conditions: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Curve:
    """The objective along the curve on which the held cost is constant."""

    free: Any
    solved: Any
    solution: Any
    substituted: Any
    slope: Any
    shift: Any
    top: tuple[Term, ...]
    bottom: tuple[Term, ...]
    """Numerator and denominator of the objective, in powers of `variable`."""

    @property
    def variable(self) -> Any:
        """What the terms are in powers of: slope·free + shift."""
        return self.slope * self.free + self.shift


class NotLinearError(FlopcalcError):
    """What is held cannot be solved for a symbol."""


def curve_of(question: Question, free: Any, solved: Any) -> Curve:
    """Solve what is held for one symbol, and put it into the objective.

    Raises
    ------
    NotLinearError, FlopcalcError
    """
    from sympy import Poly, cancel, fraction, together

    top, bottom = fraction(cancel(together(as_expr(question.held))))
    equation = Poly(as_expr(expanded(top - question.budget * bottom)), solved)
    if equation.degree() != 1:
        both = " or ".join(str(symbol) for symbol in question.over)
        raise NotLinearError(
            Problem(
                f"what is held is not linear in {solved}: {shorten(str(question.held))}",
                None,
                f"a held cost that is linear in one of {both}",
            )
        )
    slope, rest = equation.all_coeffs()
    solution = cancel(-rest / slope)
    substituted = cancel(together(as_expr(question.objective).subs(solved, solution)))
    above, below = (Poly(part.expand(), free) for part in fraction(substituted))
    if max(above.degree(), below.degree()) > MOST_DEGREE:
        raise FlopcalcError(
            Problem(
                f"the objective is of degree {max(above.degree(), below.degree())} in {free}",
                None,
                f"at most {MOST_DEGREE}",
            )
        )
    slope, shift = _line(below, free, question.arithmetic)
    if shift != 0:  # written in u = slope·free + shift
        old = (free - shift) / slope
        above, below = (Poly(part.as_expr().subs(free, old).expand(), free) for part in (above, below))
    return Curve(free, solved, solution, substituted, slope, shift, terms_of(above), terms_of(below))


def _line(bottom: Any, free: Any, arithmetic: Arithmetic) -> tuple[Any, Any]:
    """Return (a, b) where a denominator is a power of a·free + b, both positive, times other symbols; else (1, 0)."""
    from sympy import Poly

    factors = [factor for factor, _ in factors_of(bottom.as_expr()) if factor.has(free)]
    if len(factors) != 1 or Poly(factors[0], free).degree() != 1:
        return as_expr(1), as_expr(0)
    slope, rest = Poly(factors[0], free).all_coeffs()
    if sign_of(normal(slope), arithmetic) == -1:
        slope, rest = -slope, -rest
    if sign_of(normal(slope), arithmetic) != 1 or not arithmetic.decide(normal(rest), strict=False):
        return as_expr(1), as_expr(0)
    return slope, rest


def factors_of(value: Any) -> list[tuple[Any, int]]:
    """Return the factors of a polynomial with their powers, but for a number."""
    from sympy import factor_list

    return [(factor, int(power)) for factor, power in factor_list(value)[1]]


def terms_of(polynomial: Any) -> tuple[Term, ...]:
    """Return a polynomial's terms, the highest power first, without those that cancel."""
    return tuple(
        Term(int(exponent), normal(coefficient))
        for (exponent,), coefficient in polynomial.terms()
        if not is_zero(normal(coefficient))
    )


def value_of(terms: Sequence[Term], variable: Any) -> Any:
    """Return the sum of terms."""
    from sympy import Add

    return Add(*(term.coefficient * variable**term.exponent for term in terms))


# -- the derivative and its signs ------------------------------------------------------------------------------------


def slope_of(curve: Curve, question: Question) -> tuple[Term, ...]:
    """Return the terms of a polynomial in `variable` that has the derivative's sign, the highest power first."""
    if len(curve.bottom) == 1:
        # of a sum of powers: every term by itself, times a power that leaves no denominator
        lowest = curve.bottom[0]
        found = {term.exponent - lowest.exponent: term.coefficient for term in curve.top}
        kept = [Term(exponent, normal(exponent * value)) for exponent, value in found.items() if exponent]
        divisor = lowest.coefficient
    else:
        if signs_of(curve.bottom, question.arithmetic) not in ({(1,)}, {(-1,)}):
            raise open_sign(curve.bottom, question, f"whether {curve.solved} has a value for every {curve.free}")
        gathered: dict[int, Any] = {}
        for above in curve.top:
            for below in curve.bottom:
                exponent = above.exponent + below.exponent
                part = (above.exponent - below.exponent) * above.coefficient * below.coefficient
                gathered[exponent] = gathered.get(exponent, 0) + part
        kept = [Term(exponent, expanded(value)) for exponent, value in gathered.items() if not is_zero(expanded(value))]
        divisor = 1
    if not kept:
        return ()
    least = min(term.exponent for term in kept)
    return tuple(
        Term(term.exponent - least, reduced(as_expr(term.coefficient) / as_expr(divisor)))
        for term in sorted(kept, key=lambda term: -term.exponent)
    )


def signs_of(terms: Sequence[Term], arithmetic: Arithmetic) -> set[tuple[int, ...]]:
    """Return the ways in which the signs of coefficients may follow each other, the highest power first.

    Equal neighbours count once and zeros not at all; there are several ways where signs are open.
    """
    known = [sign_of(term.coefficient, arithmetic) for term in terms]
    if known.count(None) > 4:
        return set()
    ways: set[tuple[int, ...]] = set()
    for signs in combinations(*((1, 0, -1) if sign is None else (sign,) for sign in known)):
        way: list[int] = []
        for sign in signs:
            if sign and (not way or way[-1] != sign):
                way.append(sign)
        ways.add(tuple(way))
    return ways


def open_sign(terms: Sequence[Term], question: Question, what: str) -> UndecidedError:
    """Return the error for signs that are open: it names the first, and what could be assumed of it."""
    arithmetic = question.arithmetic
    for term in terms:
        if sign_of(term.coefficient, arithmetic) is None:
            part = open_part(term.coefficient, arithmetic)
            sign, other = (f"{shorten(str(value), 100)} > 0" for value in (part, laid_out(-as_expr(part))))
            names = listed(str(symbol) for symbol in symbols_of(part) if symbol != question.budget)
            if question.budget in symbols_of(part):
                return UndecidedError(
                    Problem(
                        f"{what} depends on {question.budget}, by the sign of {shorten(str(part), 100)}",
                        None,
                        "costs of which one answer holds for every budget",
                        f"numbers for {names}, or two other symbols" if names else "two other symbols",
                    )
                )
            return UndecidedError(
                Problem(
                    f"{what} is not known, because the sign of {shorten(str(part), 100)} is open",
                    None,
                    f"numbers for {names}, or an assumption that decides it",
                    f"--assume '{sign}' or --assume '{other}'",
                )
            )
    return UndecidedError(
        Problem(
            f"{what} is not known: the signs change more than once in {shorten(str(value_of(terms, _unknown())))}",
            None,
            "costs that turn at most once",
            "numbers for the other symbols, or two other symbols",
        )
    )


def _unknown() -> Any:
    from sympy import Symbol

    return Symbol("x", positive=True)


def open_part(value: Any, arithmetic: Arithmetic) -> Number:
    """Return what of a formula's factors leaves its sign open, multiplied out; it has the formula's sign."""
    from sympy import Mul, fraction, together

    kept: list[Any] = []
    sign = 1
    for part in fraction(together(value)):
        numeric, factors = factored(part).as_coeff_Mul()
        sign *= 1 if numeric > 0 else -1
        for base, power in factors.as_powers_dict().items():
            own = sign_of(normal(base), arithmetic) if power.is_Integer else 1
            if own is None and power % 2:
                kept.append(base)
            elif own == -1 and power % 2:
                sign = -sign
    return laid_out(sign * Mul(*kept))


# -- how formulas are written ----------------------------------------------------------------------------------------


def factored(value: Any) -> Any:
    """Factor a formula with roots of symbols in it: each becomes a symbol of its own meanwhile."""
    from sympy import Dummy, Pow, Rational

    roots: dict[Any, int] = {}
    for power in value.atoms(Pow):
        if power.base.is_Symbol and power.base.is_positive and power.exp.is_Rational:
            roots[power.base] = lcm(roots.get(power.base, 1), int(power.exp.q))
    names = {name: Dummy(positive=True) for name, degree in roots.items() if degree > 1}
    put = value.subs({name: new ** roots[name] for name, new in names.items()}, simultaneous=True)
    back = {new: Pow(name, Rational(1, roots[name])) for name, new in names.items()}
    return put.factor().subs(back, simultaneous=True)


def reduced(value: Any) -> Number:
    """Return a formula in lowest terms."""
    simple = normal(value)
    return simple if is_rational(simple) else textbook(normal(simple.cancel()))


def simple(value: Any) -> Any:
    """Multiply a formula out; where sums stand below, as one fraction."""
    from sympy import Pow, fraction

    value = as_expr(value)
    if not value.free_symbols:
        return value
    spread = value.expand()
    below = any(power.exp.is_negative for power in spread.atoms(Pow) if power.base.is_Add)
    if not below:
        return spread
    top, bottom = fraction(factored(spread))
    return -top / -bottom if top.could_extract_minus_sign() else top / bottom


def laid_out(value: Any) -> Number:
    """Return a formula multiplied out, or as one fraction, as a number of this package."""
    return normal(simple(value))
