"""The way on which parameters grow: each an increasing function of one unknown, and where it meets a number, exactly.

A parameter is a + b·t or c·base^t of the unknown t, a whole one perhaps rounded. What such a function meets a rational
number at is rational, or a quotient of logarithms; both are compared exactly.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cached_property, total_ordering
from typing import Any

from flopcalc.analysis import analyze_spec, split_settings
from flopcalc.binding import is_truth
from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, FlopcalcError, ParameterError, Problem, one_of, shorten, suggest
from flopcalc.expression import free_expression
from flopcalc.number import Arithmetic, Number, as_expr, is_rational, normal, proven_sign, symbol
from flopcalc.spec.model import Parameter, Spec

__all__ = ["LARGEST", "Course", "End", "Span", "number_default", "path_of", "ways_of"]

LARGEST = 10**12
"""No value of a parameter above this is looked at."""

_DIGITS = 40
_CLOSE = 1e-9
_ROUNDED = re.compile(r"\s*(round|floor|ceil)\s*\((.*)\)\s*", re.DOTALL)


@total_ordering
@dataclass(frozen=True, eq=False)
class End:
    """An exact value of the unknown: a rational number, or log(ratio) / log(base).

    Examples
    --------
    >>> End(Fraction(3, 2)) < End(Fraction(6, 5), Fraction(11, 10)) < End(Fraction(2))
    True
    """

    ratio: Fraction
    base: Fraction | None = None

    @cached_property
    def near(self) -> Fraction:
        """A rational number that differs from it in the fortieth digit at most."""
        if self.base is None:
            return self.ratio
        with localcontext() as context:
            context.prec = _DIGITS
            return Fraction(_decimal(self.ratio).ln() / _decimal(self.base).ln())

    @property
    def number(self) -> Number:
        """The value as an exact number."""
        if self.base is None:
            return normal(self.ratio)
        return Arithmetic().log(normal(self.ratio), normal(self.base))

    def _compare(self, other: End) -> int:
        if self.base == other.base:
            return (self.ratio > other.ratio) - (self.ratio < other.ratio)
        apart = float(self.near - other.near)
        if abs(apart) > _CLOSE * max(1, abs(float(self.near))):
            return 1 if apart > 0 else -1
        return proven_sign(as_expr(self.number) - as_expr(other.number)) or 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, End) and self._compare(other) == 0

    def __lt__(self, other: End) -> bool:
        return self._compare(other) < 0

    def __hash__(self) -> int:
        return hash(round(float(self.near), 6))


def _rational_power(base: Fraction, exponent: Fraction) -> Fraction | None:
    """Return a power where it is rational; None where it is not, or too large."""
    if exponent.denominator > max(base.numerator, base.denominator).bit_length():
        return None  # no such root of it is rational, but that of 1
    try:
        value = Arithmetic().power(normal(base), normal(exponent))
    except Fault:
        return None
    return Fraction(value) if is_rational(value) else None


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


@dataclass(frozen=True)
class Span:
    """Values between two ends, each of which belongs to it or not; None is no end.

    Attributes
    ----------
    low, high : End, optional
    low_closed, high_closed : bool
    """

    low: End | None = None
    low_closed: bool = False
    high: End | None = None
    high_closed: bool = False

    @classmethod
    def point(cls, end: End) -> Span:
        """Return the span of one value."""
        return cls(end, True, end, True)

    @property
    def single(self) -> bool:
        """Whether it is one value."""
        return self.low is not None and self.high is not None and self.low == self.high

    @property
    def empty(self) -> bool:
        """Whether nothing lies in it."""
        if self.low is None or self.high is None or self.low < self.high:
            return False
        return not (self.low == self.high and self.low_closed and self.high_closed)

    def meet(self, other: Span) -> Span:
        """Return what lies in both."""
        low, low_closed, high, high_closed = self.low, self.low_closed, self.high, self.high_closed
        if other.low is not None:
            if low is None or low < other.low:
                low, low_closed = other.low, other.low_closed
            elif low == other.low:
                low_closed = low_closed and other.low_closed
        if other.high is not None:
            if high is None or other.high < high:
                high, high_closed = other.high, other.high_closed
            elif high == other.high:
                high_closed = high_closed and other.high_closed
        return Span(low, low_closed, high, high_closed)

    def holds(self, value: Fraction) -> bool:
        """Tell whether a value lies in it."""
        end = End(value)
        above = self.low is None or self.low < end or (self.low_closed and self.low == end)
        return above and (self.high is None or end < self.high or (self.high_closed and self.high == end))

    def precedes(self, other: Span) -> bool:
        """Tell whether the other one begins where this one ends, with nothing between them; an end may be in both."""
        if self.high is None or other.low is None or self.high != other.low:
            return False
        return self.high_closed or other.low_closed

    def short(self) -> Fraction:
        """Return the decimal in it with the fewest digits, the greatest of several; a rational value that is alone.

        Examples
        --------
        >>> str(Span(End(Fraction(43, 64)), True, End(Fraction(45, 64)), False).short())
        '7/10'
        """
        assert self.low is not None
        assert self.high is not None
        if self.single:
            return self.low.near
        for digits in range(_DIGITS):
            scale = 10**digits
            value = Fraction(math.floor(self.high.near * scale), scale)
            for candidate in (value + Fraction(1, scale), value, value - Fraction(1, scale)):
                if candidate and self.holds(candidate):
                    return candidate
        return (self.low.near + self.high.near) / 2


@dataclass(frozen=True)
class Course:
    """One parameter on the way: ``offset + factor·t``, or ``factor·base^t``, rounded where it says so.

    Attributes
    ----------
    factor, offset : Fraction
    base : Fraction, optional
    rounding : str
        ``round`` (half up), ``floor``, ``ceil``, or nothing.
    whole : bool
        Whether the parameter is a whole number.
    """

    factor: Fraction = Fraction(1)
    base: Fraction | None = None
    offset: Fraction = Fraction(0)
    rounding: str = ""
    whole: bool = False

    @property
    def identity(self) -> bool:
        """Whether it is the unknown itself."""
        return self == Course(whole=self.whole)

    def _inner(self, t: Fraction) -> Fraction:
        if self.base is None:
            return self.offset + self.factor * t
        exact = _rational_power(self.base, t)
        if exact is not None:
            return self.factor * exact
        with localcontext() as context:
            context.prec = _DIGITS
            return self.factor * Fraction((_decimal(t) * _decimal(self.base).ln()).exp())

    def at(self, t: Fraction) -> Fraction:
        """Return the parameter's value, or one within forty digits of it where it is irrational."""
        return self._rounded(self._inner(t))

    def at_end(self, end: End) -> Fraction:
        """Return the parameter's value at an end, exact where it is rational."""
        if end.base is not None and self.base is not None:
            times = Arithmetic().log(normal(self.base), normal(end.base))
            exact = _rational_power(end.ratio, Fraction(times)) if is_rational(times) else None
            if exact is not None:
                return self._rounded(self.factor * exact)
        return self.at(end.near)

    def _rounded(self, value: Fraction) -> Fraction:
        if self.rounding == "round":
            return Fraction(math.floor(value + Fraction(1, 2)))
        if self.rounding == "floor":
            return Fraction(math.floor(value))
        return Fraction(math.ceil(value)) if self.rounding == "ceil" else value

    def exactly(self, t: Fraction) -> Number:
        """Return the parameter's exact value at a rational value of the unknown."""
        if self.rounding or self.base is None:
            return normal(self.at(t))
        arithmetic = Arithmetic()
        return arithmetic.multiply(normal(self.factor), arithmetic.power(normal(self.base), normal(t)))

    def meets(self, value: Fraction) -> End | None:
        """Return where the function, unrounded, has a value; None where it is always greater."""
        if self.base is None:
            return End((value - self.offset) / self.factor)
        if value <= 0:
            return None
        at = Arithmetic().log(normal(value / self.factor), normal(self.base))
        return End(Fraction(at)) if is_rational(at) else End(value / self.factor, self.base)

    def span(self, low: Fraction | None, low_closed: bool, high: Fraction | None, high_closed: bool) -> Span:
        """Return where the function, unrounded, lies between two values."""
        begin = None if low is None else self.meets(low)
        if high is None:
            return Span(begin, low_closed)
        end = self.meets(high)
        if end is None:
            return Span(End(Fraction(0)), False, End(Fraction(0)), False)
        return Span(begin, low_closed, end, high_closed)

    def where(self, value: int) -> Span:
        """Return where a whole parameter has a value."""
        exact = Fraction(value)
        if self.rounding == "round":
            half = Fraction(1, 2)
            return self.span(exact - half, True, exact + half, False)
        if self.rounding == "floor":
            return self.span(exact, True, exact + 1, False)
        if self.rounding == "ceil":
            return self.span(exact - 1, False, exact, True)
        return self.span(exact, True, exact, True)


# -- reading ---------------------------------------------------------------------------------------------------------


def path_of(
    spec: Spec, names: list[str], along: str | None, given: Mapping[str, object]
) -> tuple[str, dict[str, Course]]:
    """Return the unknown's name, and every parameter that it moves.

    Parameters
    ----------
    spec : Spec
    names : list of str
        The parameter that is solved for.
    along : str, optional
        ``alpha,rho`` (each in proportion to its default) or ``width=1.1**phi,depth=1.2**phi``.
    given : mapping of str to object
        The parameters that have values.

    Raises
    ------
    ParameterError
    """
    if along is None:
        if not names:
            raise ParameterError(Problem("it is not said what is solved for", None, "a parameter's name"))
        if len(names) != 1:
            raise ParameterError(
                Problem("more than one parameter is solved for", None, "one", "--along alpha,rho, or --best params")
            )
        return names[0], _of_one(spec, names[0], given)
    if names:
        raise ParameterError(Problem("both a parameter and a way of parameters are given", None, "--for or --along"))
    if "=" not in along:
        moved = [name.strip() for name in along.split(",") if name.strip()]
        if not moved or len(set(moved)) < len(moved):
            what = "one parameter is named twice" if moved else "no parameter is named"
            raise ParameterError(Problem(what, None, "names, or names with formulas", "--along alpha,rho"))
        return "t", {name: _scaled(spec, name, given) for name in moved}
    unknowns: dict[str, None] = {}
    courses: dict[str, Course] = {}
    for name, text in split_settings(along.replace("^", "**")).items():
        _checked(spec, name, given)
        real = _is_real(spec, name) or bool(_following(spec, {name: Course()}, given))
        courses[name], found = _read(name, text, whole=not real)
        unknowns |= dict.fromkeys(found)
    if len(unknowns) != 1:
        raise ParameterError(
            Problem(
                f"the way of --along has {', '.join(unknowns) or 'no name'} in it",
                None,
                "one name, the unknown",
                "--along alpha=t,rho=t",
            )
        )
    unknown = next(iter(unknowns))
    if unknown in spec.known and unknown not in courses:
        _checked(spec, unknown, given)
        # the spec's own parameter grows with them
        follow = _following(spec, {unknown: Course()}, given)
        powers = bool(follow) or any(course.base is not None for course in courses.values())
        courses[unknown] = Course(whole=not _is_real(spec, unknown) and not powers)
    return unknown, {**_following(spec, courses, given), **courses}


def ways_of(spec: Spec, unknown: str, texts: Mapping[str, str], given: Mapping[str, object]) -> dict[str, Course]:
    """Return every parameter that an unknown moves, by the formulas that it stands in and as a parameter itself.

    Where the parameters are whole numbers, so is the unknown.

    Raises
    ------
    ParameterError
        Where a formula cannot be followed, or whole numbers and others are moved together.

    Examples
    --------
    >>> from flopcalc.analysis import load
    >>> ways_of(load("mobilenet_v1"), "a", {"alpha": "a/2"}, {})
    {'alpha': Course(factor=Fraction(1, 2), base=None, offset=Fraction(0, 1), rounding='', whole=False)}
    """
    courses: dict[str, Course] = {}
    if unknown in spec.known and unknown not in given:
        courses |= _of_one(spec, unknown, given)
    for name, text in texts.items():
        course, _ = _read(name, text, whole=False)
        courses[name] = replace(course, whole=bool(course.rounding) or not _is_real(spec, name))
    if len({course.whole for course in courses.values() if not course.rounding}) > 1:
        what = f"{unknown} moves whole numbers and others: {', '.join(courses)}"
        raise ParameterError(Problem(what, None, "one kind of them", "round(…) makes a whole number"))
    return {**_following(spec, courses, given), **courses}


def _checked(spec: Spec, name: str, given: Mapping[str, object]) -> Parameter | None:
    if name not in spec.known:
        raise ParameterError(
            Problem(
                f"{spec.called} has no parameter `{shorten(name)}`",
                None,
                one_of(spec.known or ["none"]),
                suggest(name, spec.known),
            )
        )
    if name in given:
        raise ParameterError(Problem(f"{name} is given a value and solved for", None, "one of the two"))
    parameter = spec.known[name]
    if parameter is not None and is_truth(parameter):
        raise ParameterError(Problem(f"{name} is true or false", None, "a parameter that is a number"))
    return parameter


def _of_one(spec: Spec, name: str, given: Mapping[str, object]) -> dict[str, Course]:
    """Return the course of one parameter, and those of the parameters whose defaults follow from it."""
    _checked(spec, name, given)
    follow = _following(spec, {name: Course()}, given)
    # what others follow from by powers takes every value, whole or not
    return {name: Course(whole=not _is_real(spec, name) and not follow), **follow}


def _following(spec: Spec, moved: Mapping[str, Course], given: Mapping[str, object]) -> dict[str, Course]:
    """Return the courses of those parameters whose defaults are powers of one that moves evenly."""
    courses: dict[str, Course] = {}
    for other, item in spec.known.items():
        if item is None or item.default is None or item.choices or other in moved:
            continue
        if other in given or other in spec.preset or not moved.keys() & item.default.names.keys():
            continue
        try:
            course, found = _read(other, item.default.text, whole=not _is_real(spec, other))
        except ParameterError:
            continue  # followed by the analysis itself
        source = moved.get(next(iter(found)))
        if source is None or course.base is None:
            continue
        if source.base is None and not source.rounding and (composed := _composed(course, source)) is not None:
            courses[other] = composed
    return courses


def _composed(course: Course, source: Course) -> Course | None:
    """Return ``factor·base^(a + b·t)`` as one power of t; None where its base is irrational."""
    assert course.base is not None
    arithmetic = Arithmetic()
    try:
        factor = arithmetic.power(normal(course.base), normal(source.offset))
        base = arithmetic.power(normal(course.base), normal(source.factor))
    except Fault:
        return None
    if not is_rational(factor) or not is_rational(base):
        return None
    return replace(course, factor=course.factor * factor, base=Fraction(base))


def _is_real(spec: Spec, name: str) -> bool:
    """Tell whether a parameter takes fractions, as its bounds or a published configuration show."""
    parameter = spec.known[name]
    if parameter is None or parameter.real:
        return parameter is not None
    values: list[Any] = [variant.values.get(name) for variant in spec.variants.values()]
    return any(is_rational(value) and Fraction(value).denominator > 1 for value in values)


def number_default(spec: Spec, name: str) -> Fraction | None:
    """Return the number that a parameter is where it is not given; None for a symbol, a word or a formula."""
    if name in spec.preset:
        value: Any = spec.preset[name]
        return Fraction(value) if is_rational(value) else None
    parameter = spec.known[name]
    if parameter is None or parameter.default is None:
        return None
    return constant(parameter.default.text)


def constant(text: str) -> Fraction | None:
    """Return the number that a text is; None where it is a formula or a word."""
    try:
        value = free_expression(text, symbols=symbol)
    except FlopcalcError:
        return None
    return Fraction(value) if not isinstance(value, (bool, str)) and is_rational(value) else None


def _scaled(spec: Spec, name: str, given: Mapping[str, object]) -> Course:
    _checked(spec, name, given)
    default = number_default(spec, name)
    if default is None:
        value: Any = analyze_spec(spec, given).parameters[name]
        default = Fraction(value) if not isinstance(value, (bool, str)) and is_rational(value) else None
    if default is None or default <= 0:
        raise ParameterError(
            Problem(f"{name} has no number to be scaled", None, "a parameter with a default", f"--along {name}=2*t")
        )
    whole = not _is_real(spec, name)
    return Course(default, whole=whole, rounding="round" if whole else "")


def _read(name: str, text: str, *, whole: bool) -> tuple[Course, set[str]]:
    """Read a parameter's function of the unknown."""
    match = _ROUNDED.fullmatch(text)
    rounding, inner = (match[1], match[2]) if match and _balanced(match[2]) else ("", text)
    try:
        value: Any = free_expression(inner, symbols=lambda item: symbol(item, real=True))
    except FlopcalcError as error:
        raise ParameterError(*(replace(item, what=f"{name}: {item.what}") for item in error.problems)) from None
    course = None if is_rational(value) or isinstance(value, (bool, str, tuple, dict)) else _course(value)
    if course is None:
        raise ParameterError(
            Problem(
                f"{name} = {shorten(text)} cannot be followed",
                None,
                "a growing function of one name: a + b*t, or c * base**t, perhaps in round(…)",
                "alpha=t,rho=t, or width=1.1**phi",
            )
        )
    if whole and not rounding:
        raise ParameterError(
            Problem(f"{name} is a whole number", None, "round(…), floor(…) or ceil(…)", f"{name}=round({text})")
        )
    return replace(course, rounding=rounding, whole=whole or bool(rounding)), {item.name for item in value.free_symbols}


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0


def _course(value: Any) -> Course | None:
    if len(value.free_symbols) != 1:
        return None
    unknown = next(iter(value.free_symbols))
    slope = normal(value.diff(unknown))
    if is_rational(slope):
        offset = normal(value.subs(unknown, 0))
        if slope > 0 and is_rational(offset):
            return Course(Fraction(slope), offset=Fraction(offset))
        return None
    factor, power = value.expand().as_independent(unknown, as_Add=False)
    factor = normal(factor)
    if not power.is_Pow or not is_rational(factor):
        return None
    base, times = normal(power.base), normal(power.exp / unknown)
    if not is_rational(base) or not is_rational(times) or base <= 0:
        return None
    base = _rational_power(Fraction(base), Fraction(times))
    if base is None or base <= 1 or factor <= 0:
        return None
    return Course(Fraction(factor), base=base)
