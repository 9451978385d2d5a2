"""Formulas in plain numbers: the second road, by which what was proved with symbols is tried.

A formula's value at whole numbers and fractions is worked out by fractions alone; where a root or a logarithm makes it
irrational, it is enclosed between fractions as closely as is asked for. Nothing here simplifies, and nothing here has
to do with the symbolic road: it neither imports sympy nor shares its arithmetic, so that the one can find the other's
faults. Rounding is kept.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping
from decimal import ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, one_of, shorten, suggest

__all__ = [
    "MOST_BITS",
    "PRECISIONS",
    "Enclosure",
    "NoRealValueError",
    "OpenValueError",
    "PlainFormula",
    "Real",
    "TooLargeError",
    "absolute",
    "add",
    "ceil",
    "compare",
    "divide",
    "enclosed",
    "exp",
    "floor",
    "greatest",
    "least",
    "log",
    "make_divisible",
    "modulo",
    "multiply",
    "negative",
    "plain_formula",
    "plain_value",
    "power",
    "round_even",
    "round_half_up",
    "sign",
    "sqrt",
]

MOST_BITS = 100_000
"""The longest whole number that is worked out, in bits."""

PRECISIONS = (64, 128, 256, 512, 1024, 2048, 4096)
"""To how many bits below the point a value is enclosed, one after the other, until what was asked is decided."""

_FEW_BITS = 128
"""From how many bits on two values that are not told apart are shown to be equal, if they are."""

LONGEST_TEXT = 200_000
"""Characters that a formula may have."""

DEEPEST_TREE = 100
"""How deeply the operators of a formula may nest."""

_LARGEST_ROOT = 32
"""The highest root that whole numbers are raised for; of others the logarithm is taken."""

_LARGEST_EXPONENT = 5000
"""The largest power of e; a number with so many bits can still be told apart from others."""

_MOST_TERMS = 400
_LARGEST_PRIME = 1 << 12


class NoRealValueError(Fault):
    """A formula has no real value: the root of a negative number, the logarithm of 0."""


class OpenValueError(Fault):
    """What a formula's value depends on is not decided within :data:`PRECISIONS`."""


class TooLargeError(Fault):
    """A value has more than :data:`MOST_BITS` bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Enclosure:
    """A real number: an exact fraction, or one that can be enclosed as closely as is asked for.

    Attributes
    ----------
    exact : int, Fraction or None
        The value, where it was found to be rational; None where it is irrational, or not known to be rational.

    Examples
    --------
    >>> plain_value("C/2", {"C": 3}).exact
    Fraction(3, 2)
    >>> root = plain_value("sqrt(C)", {"C": 2})
    >>> root.exact is None, [round(float(end), 6) for end in root.bounds()]
    (True, [1.414214, 1.414214])
    """

    exact: int | Fraction | None
    kind: str = ""
    parts: tuple[Real, ...] = ()

    def bounds(self, bits: int = 64) -> tuple[Fraction, Fraction]:
        """Return fractions below and above the value that differ by 2**-bits at the most, or by that share of it.

        Raises
        ------
        OpenValueError
            Where they cannot be had within the last of :data:`PRECISIONS`.
        """
        if self.exact is not None:
            return Fraction(self.exact), Fraction(self.exact)
        for precision in PRECISIONS:
            if precision < bits:
                continue
            try:
                low, high = _interval(self, precision)
            except _CoarseError:
                continue
            if high - low <= max(1 << (precision - bits), abs(low) >> bits):
                return Fraction(low, 1 << precision), Fraction(high, 1 << precision)
        raise _open("a value", f"to {bits} bits")

    def __str__(self) -> str:
        """Write the exact value, or some twenty digits."""
        if self.exact is not None:
            return str(self.exact)
        low, high = self.bounds()
        return f"≈ {float((low + high) / 2):.15g}" if abs(high) < 10**300 else "a large number"


Real: TypeAlias = "int | Fraction | Enclosure"
"""A number of this module; those that are rational are whole numbers and fractions themselves."""


class _CoarseError(Exception):
    """An enclosure is too wide to divide by; a finer one is needed."""


def _open(what: str, how: str = "") -> OpenValueError:
    said = f"{what} is not decided {how}".rstrip()
    return OpenValueError(said, expected=f"what {PRECISIONS[-1]:,} bits tell apart")


def _large() -> TooLargeError:
    return TooLargeError(f"the number has more than {MOST_BITS:,} bits", expected="a smaller number")


def enclosed(value: Real) -> Enclosure:
    """Return a number as an enclosure."""
    return value if isinstance(value, Enclosure) else Enclosure(_whole(value))


def _number(value: Real) -> Real:
    """Return an exact enclosure as the number that it is."""
    return value.exact if isinstance(value, Enclosure) and value.exact is not None else value


def _whole(value: int | Fraction) -> int | Fraction:
    if type(value) is Fraction and value.denominator == 1:
        return value.numerator
    return value


def _bounded(value: int | Fraction) -> int | Fraction:
    """Return a rational number in its simplest type, or refuse one that is too large."""
    if type(value) is int:
        if value.bit_length() <= MOST_BITS:
            return value
    elif value.numerator.bit_length() <= MOST_BITS and value.denominator.bit_length() <= MOST_BITS:
        return _whole(value)
    raise _large()


# -- arithmetic ------------------------------------------------------------------------------------------------------


def add(*values: Real) -> Real:
    """Return the sum.

    Examples
    --------
    >>> add(1, Fraction(1, 2), Fraction(1, 2))
    2
    """
    rational: int | Fraction = 0
    others: list[Real] = []
    for value in map(_number, values):
        if isinstance(value, Enclosure):
            others += value.parts if value.kind == "sum" else (value,)
        else:
            rational += value
    rational = _bounded(rational)
    if not others:
        return rational
    if rational != 0:
        others.append(rational)
    return others[0] if len(others) == 1 else Enclosure(None, "sum", tuple(others))


def multiply(*values: Real) -> Real:
    """Return the product."""
    rational: int | Fraction = 1
    others: list[Real] = []
    for value in map(_number, values):
        if isinstance(value, Enclosure):
            others += value.parts if value.kind == "product" else (value,)
        else:
            rational = _bounded(rational * value)
    if not others or rational == 0:
        return rational
    if len(others) > 1:
        others, found = _roots_together(others)
        rational = _bounded(rational * found)
    if not others:
        return rational
    if rational != 1:
        others.append(rational)
    return others[0] if len(others) == 1 else Enclosure(None, "product", tuple(others))


def _roots_together(factors: list[Real]) -> tuple[list[Real], int | Fraction]:
    """Put roots of fractions that have one exponent under one root, and return those that are rational apart."""
    rational: int | Fraction = 1
    others: list[Real] = []
    roots: dict[int | Fraction, int | Fraction] = {}
    for factor in factors:
        if isinstance(factor, Enclosure) and factor.kind == "power":
            base, exponent = factor.parts
            if not isinstance(base, Enclosure) and not isinstance(exponent, Enclosure):
                roots[exponent] = _bounded(roots.get(exponent, 1) * base)
                continue
        if isinstance(factor, Enclosure):
            others.append(factor)
        else:
            rational = _bounded(rational * factor)
    for exponent, base in roots.items():
        root = power(base, exponent)
        if isinstance(root, Enclosure):
            others.append(root)
        else:
            rational = _bounded(rational * root)
    return others, rational


def negative(value: Real) -> Real:
    """Return the number with the other sign."""
    return multiply(-1, value)


def divide(a: Real, b: Real) -> Real:
    """Return a / b, exactly.

    Raises
    ------
    ZeroDivisionError
        Where b is 0.

    Examples
    --------
    >>> divide(1, 3), divide(6, 3)
    (Fraction(1, 3), 2)
    """
    a, b = _number(a), _number(b)
    if not isinstance(a, Enclosure) and not isinstance(b, Enclosure):
        return _bounded(Fraction(a) / b)
    if not isinstance(b, Enclosure):
        return multiply(a, divide(1, b))
    if _certain_sign(b) == 0:
        raise ZeroDivisionError
    return 0 if a == 0 else Enclosure(None, "quotient", (a, b))


def power(a: Real, b: Real) -> Real:
    """Return a ** b.

    Raises
    ------
    ZeroDivisionError
        Where a is 0 and b below 0.
    NoRealValueError
        Where a is below 0 and b no whole number.

    Examples
    --------
    >>> power(Fraction(4, 9), Fraction(-3, 2))
    Fraction(27, 8)
    """
    a, b = _number(a), _number(b)
    if a == 1:
        return 1
    if isinstance(b, Enclosure):
        return _irrational_power(a, b)
    b = _whole(b)
    if isinstance(a, Enclosure):
        return _power_of_irrational(a, Fraction(b))
    if b == 0:
        return 1
    if b == 1:
        return a
    if a == 0:
        if b < 0:
            raise ZeroDivisionError
        return 0
    size = max(abs(a.numerator), a.denominator).bit_length() - 1
    if size * max(b, -b) > MOST_BITS:
        raise _large()
    if isinstance(b, int):
        return _bounded(Fraction(a) ** b) if b < 0 or type(a) is not int else _bounded(a**b)
    if a < 0:
        raise NoRealValueError(f"a negative number has no real power {b}", expected="a base from 0")
    top, bottom = _exact_root(a.numerator, b.denominator), _exact_root(a.denominator, b.denominator)
    if top is not None and bottom is not None:
        return _bounded(Fraction(top, bottom) ** b.numerator)
    return Enclosure(None, "power", (a, b))


def _power_of_irrational(a: Enclosure, b: Fraction) -> Real:
    if b in (0, 1):
        return a if b else 1
    if b.denominator > 1 or b < 0:
        side = _certain_sign(a)
        if side == 0:
            if b < 0:
                raise ZeroDivisionError
            return 0
        if side < 0 and b.denominator > 1:
            raise NoRealValueError(f"a negative number has no real power {b}", expected="a base from 0")
    if _magnitude(a) * abs(b) > MOST_BITS:
        raise _large()
    return Enclosure(None, "power", (a, b))


def _irrational_power(a: Real, b: Enclosure) -> Real:
    side = _certain_sign(a)
    if side < 0:
        raise NoRealValueError("a negative number has no power that is no whole number", expected="a base from 0")
    if side == 0:
        if _certain_sign(b) < 0:
            raise ZeroDivisionError
        return 0
    exponent = multiply(b, log(a)) if a != 1 else 0
    return exp(exponent)


def exp(value: Real) -> Real:
    """Return e to the power of a number."""
    value = _number(value)
    if value == 0:
        return 1
    low, high = enclosed(value).bounds(8)
    if max(abs(low), abs(high)) > _LARGEST_EXPONENT:
        raise TooLargeError("an irrational exponent is too large", expected=f"at most {_LARGEST_EXPONENT:,} to base e")
    return Enclosure(None, "exp", (value,))


def sqrt(value: Real) -> Real:
    """Return the square root; whole or a fraction where it is one.

    Examples
    --------
    >>> sqrt(Fraction(9, 4))
    Fraction(3, 2)
    """
    return power(value, Fraction(1, 2))


def log(x: Real, base: Real | None = None) -> Real:
    """Return the logarithm to a base, or without one the natural one; rational where it is.

    Examples
    --------
    >>> log(8, 4)
    Fraction(3, 2)
    """
    x = _number(x)
    if _certain_sign(x) <= 0:
        raise NoRealValueError("0 and negative numbers have no logarithm", expected="a positive number")
    if base is None:
        return 0 if x == 1 else Enclosure(None, "log", (x,))
    base = _number(base)
    if _certain_sign(base) <= 0:
        raise NoRealValueError("0 and negative numbers are no base of a logarithm", expected="a positive number")
    if _settled(compare(base, 1), "whether the base of a logarithm is 1") == 0:
        raise ZeroDivisionError
    if not isinstance(x, Enclosure) and not isinstance(base, Enclosure):
        ratio = _rational_log(Fraction(x), Fraction(base))
        if ratio is not None:
            return _whole(ratio)
    return divide(log(x), log(base))


def _rational_log(x: Fraction, base: Fraction) -> Fraction | None:
    """Return log_base(x) where it is rational, by Euclid's algorithm on the exponents; None where it is not."""
    if x == 1:
        return Fraction(0)
    if x < 1 or base < 1:
        inner = _rational_log(max(x, 1 / x), max(base, 1 / base))
        return inner if inner is None or (x < 1) is (base < 1) else -inner
    steps: list[int] = []
    while x != 1:
        count = 0
        while x >= base:
            if x.numerator % base.numerator or x.denominator % base.denominator:
                return None
            x, count = x / base, count + 1
        steps.append(count)
        if x == 1:
            break
        x, base = base, x
    result = Fraction(steps.pop())
    while steps:
        result = steps.pop() + 1 / result
    return result


def absolute(value: Real) -> Real:
    """Return the absolute value."""
    value = _number(value)
    if not isinstance(value, Enclosure):
        return max(value, -value)
    return value if _certain_sign(value) >= 0 else negative(value)


def least(*values: Real) -> Real:
    """Return the least of several numbers."""
    best = values[0]
    for value in values[1:]:
        if _settled(compare(value, best), "which of two numbers is the less") < 0:
            best = value
    return _number(best)


def greatest(*values: Real) -> Real:
    """Return the greatest of several numbers."""
    best = values[0]
    for value in values[1:]:
        if _settled(compare(value, best), "which of two numbers is the greater") > 0:
            best = value
    return _number(best)


# -- rounding --------------------------------------------------------------------------------------------------------


def floor(value: Real) -> int:
    """Return the greatest whole number that is not above a number.

    Examples
    --------
    >>> floor(Fraction(-1, 2)), floor(plain_value("10*sqrt(2)*sqrt(2)", {}))
    (-1, 20)
    """
    value = _number(value)
    if not isinstance(value, Enclosure):
        return math.floor(value)
    for precision in PRECISIONS:
        if precision == _FEW_BITS:
            rational = _rational_value(value)
            if rational is not None:
                return math.floor(rational)
        try:
            low, high = (end >> precision for end in _interval(value, precision))
        except _CoarseError:
            continue
        if low == high:
            return low
    raise _open("whether a number reaches a whole one")


def ceil(value: Real) -> int:
    """Return the least whole number that is not below a number."""
    return -floor(negative(value))


def round_half_up(value: Real) -> int:
    """Return the nearest whole number; of two the greater.

    Examples
    --------
    >>> round_half_up(Fraction(5, 2)), round_half_up(Fraction(-5, 2))
    (3, -2)
    """
    return floor(add(value, Fraction(1, 2)))


def round_even(value: Real) -> int:
    """Return the nearest whole number; of two the even one."""
    value = _number(value)
    if not isinstance(value, Enclosure):
        return round(value)
    rational = _rational_value(value)
    return round_half_up(value) if rational is None else round(rational)


def modulo(a: Real, b: Real) -> Real:
    """Return a - b⌊a/b⌋."""
    return add(a, multiply(-1, b, floor(divide(a, b))))


def make_divisible(x: Real, divisor: Real = 8, limit: Real = Fraction(9, 10), least_value: Real | None = None) -> Real:
    """Return the nearest multiple of `divisor`, one more where that is below ``limit * x``, at least `least_value`."""
    multiple = multiply(floor(divide(add(x, divide(divisor, 2)), divisor)), divisor)
    rounded = greatest(divisor if least_value is None else least_value, multiple)
    below = _settled(compare(rounded, multiply(limit, x)), "whether make_divisible rounds up") < 0
    return add(rounded, divisor) if below else rounded


# -- comparison ------------------------------------------------------------------------------------------------------


def compare(a: Real, b: Real) -> int | None:
    """Return -1, 0 or 1 as a is below, equal to or above b; None where :data:`PRECISIONS` do not decide it.

    Equal are numbers that were shown to be: fractions, and sums and products of roots that come out the same.

    Examples
    --------
    >>> compare(plain_value("sqrt(2) + sqrt(3)", {}), plain_value("sqrt(5 + 2*sqrt(6))", {})) in (0, None)
    True
    >>> compare(plain_value("sqrt(8)", {}), plain_value("2*sqrt(2)", {}))
    0
    >>> compare(plain_value("99/70", {}), plain_value("sqrt(2)", {}))
    1
    """
    a, b = _number(a), _number(b)
    if not isinstance(a, Enclosure) and not isinstance(b, Enclosure):
        return (a > b) - (a < b)
    if a is b:
        return 0
    return sign(add(a, negative(b)))


def sign(value: Real) -> int | None:
    """Return -1, 0 or 1 as a number is below, equal to or above 0; None where that stays open."""
    value = _number(value)
    if not isinstance(value, Enclosure):
        return (value > 0) - (value < 0)
    for precision in PRECISIONS:
        if precision == _FEW_BITS and _is_zero(value):
            return 0
        try:
            low, high = _interval(value, precision)
        except _CoarseError:
            continue
        if low > 0:
            return 1
        if high < 0:
            return -1
    return None


def _certain_sign(value: Real) -> int:
    return _settled(sign(value), "the sign of a number")


def _settled(answer: int | None, what: str) -> int:
    """Return what was decided, or say that it is open."""
    if answer is None:
        raise _open(what)
    return answer


def _magnitude(value: Real) -> int:
    """Return about how many bits a number has, before the point or after it."""
    low, high = enclosed(value).bounds(8)
    largest, smallest = max(abs(low), abs(high)), min(abs(low), abs(high))
    return max(int(largest).bit_length(), int(1 / smallest).bit_length() if smallest else 0)


# -- enclosures ------------------------------------------------------------------------------------------------------
# An interval is a pair of whole numbers, which are to be divided by 2**precision.

_Interval: TypeAlias = tuple[int, int]


def _interval(value: Real, precision: int) -> _Interval:
    """Enclose a number to so many bits below the point, or nearly."""
    if isinstance(value, int):
        return value << precision, value << precision
    if isinstance(value, Fraction):
        whole, rest = divmod(value.numerator << precision, value.denominator)
        return whole, whole + (rest != 0)
    parts = [_interval(part, precision) for part in value.parts[: 1 if value.kind == "power" else None]]
    if value.kind == "sum":
        return sum(low for low, _ in parts), sum(high for _, high in parts)
    if value.kind == "product":
        result = parts[0]
        for part in parts[1:]:
            result = _times(result, part, precision)
        return result
    if value.kind == "quotient":
        return _times(parts[0], _inverse(parts[1], precision), precision)
    if value.kind == "power":
        exponent = value.parts[1]
        assert isinstance(exponent, (int, Fraction))
        return _raised(parts[0], Fraction(exponent), precision)
    if value.kind == "log":
        return _log_interval(parts[0], precision)
    if value.kind == "exp":
        return _exp_interval(parts[0], precision)
    raise AssertionError(value.kind)


def _times(a: _Interval, b: _Interval, precision: int) -> _Interval:
    products = (a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1])
    return min(products) >> precision, -(-max(products) >> precision)


def _inverse(a: _Interval, precision: int) -> _Interval:
    if a[0] <= 0 <= a[1]:
        raise _CoarseError
    one = 1 << (2 * precision)
    return one // a[1], -(-one // a[0])


def _raised(base: _Interval, exponent: Fraction, precision: int) -> _Interval:
    if exponent < 0:
        return _inverse(_raised(base, -exponent, precision), precision)
    if exponent.denominator > _LARGEST_ROOT:
        logarithm = _log_interval(base, precision)
        return _exp_interval(_times(logarithm, _interval(exponent, precision), precision), precision)
    if exponent.denominator > 1:
        degree = exponent.denominator
        low, high = (max(end, 0) << ((degree - 1) * precision) for end in base)
        above = _root(high, degree)
        base = _root(low, degree), above + (above**degree != high)
    result = 1 << precision, 1 << precision
    count = exponent.numerator
    while count:
        if count & 1:
            result = _times(result, base, precision)
        base = _square(base, precision)
        count >>= 1
    return result


def _square(a: _Interval, precision: int) -> _Interval:
    low, high = _times(a, a, precision)
    return (max(low, 0) if a[0] <= 0 <= a[1] else low), high


@cache
def _context(precision: int) -> Context:
    """Return a context of decimal numbers with ten digits more than so many bits have."""
    return Context(prec=precision * 3 // 10 + 12, rounding=ROUND_FLOOR, Emax=999_999_999, Emin=-999_999_999)


def _log_interval(a: _Interval, precision: int) -> _Interval:
    """Enclose a natural logarithm: decimal's is rounded correctly, so that its neighbours stand on either side."""
    if a[0] <= 0:
        raise _CoarseError
    context = _context(precision + a[1].bit_length().bit_length())
    unit = Decimal(1 << precision)
    below = context.ln(context.divide(Decimal(a[0]), unit))
    above = context.ln(context.next_plus(context.divide(Decimal(a[1]), unit)))
    return _scaled(context.next_minus(below), precision), _scaled(context.next_plus(above), precision) + 1


def _exp_interval(a: _Interval, precision: int) -> _Interval:
    largest = max(abs(a[0]), abs(a[1])) >> precision
    context = _context(precision + 2 * largest + 8)
    unit = Decimal(1 << precision)
    below = context.exp(context.divide(Decimal(a[0]), unit))
    above = context.exp(context.next_plus(context.divide(Decimal(a[1]), unit)))
    return max(_scaled(context.next_minus(below), precision), 0), _scaled(context.next_plus(above), precision) + 1


def _scaled(value: Decimal, precision: int) -> int:
    top, bottom = value.as_integer_ratio()
    return (top << precision) // bottom


def _root(value: int, degree: int) -> int:
    """Return ⌊value^(1/degree)⌋ of a whole number from 0, by Newton's method.

    Examples
    --------
    >>> [_root(26, 3), _root(27, 3), _root(10**40, 4)]
    [2, 3, 10000000000]
    """
    if degree == 1 or value < 2:
        return value
    if degree == 2:
        return math.isqrt(value)
    if value.bit_length() <= degree:
        return 1
    guess = 1 << -(-value.bit_length() // degree)
    while True:
        lower = ((degree - 1) * guess + value // guess ** (degree - 1)) // degree
        if lower >= guess:
            return guess
        guess = lower


def _exact_root(value: int, degree: int) -> int | None:
    root = _root(value, degree) if value.bit_length() > degree or value < 2 else 1
    return root if value < 2 or (root > 1 and root**degree == value) else None


# -- sums of products of roots ---------------------------------------------------------------------------------------
# Two enclosures that overlap, however fine they are, are equal numbers perhaps. A number becomes a quotient of sums of
# products of powers, whose exponents lie between 0 and 1; if nothing is left of a difference, it is 0. (Products of
# roots of different primes are linearly independent: Besicovitch, "On the linear independence of fractional powers of
# integers", 1940. Where other things are found among the bases, nothing is concluded from what is left.)

_Base: TypeAlias = "int | tuple[object, ...]"
_Monomial: TypeAlias = "frozenset[tuple[_Base, Fraction]]"
_Terms: TypeAlias = "dict[_Monomial, Fraction]"

_UNIT: _Monomial = frozenset()


class _NoFormError(Exception):
    """A number has no form, or one with too many terms."""


def _is_zero(value: Real) -> bool:
    try:
        return not _form(value)[0]
    except _NoFormError:
        return False


def _rational_value(value: Real) -> Fraction | None:
    """Return the value of a number that is rational though roots stand in it; None where that is not found."""
    try:
        top, bottom = _form(value)
    except _NoFormError:
        return None
    if not top:
        return Fraction(0)
    shares = {top.get(key, Fraction(0)) / factor for key, factor in bottom.items()}
    return shares.pop() if len(shares) == 1 and top.keys() == bottom.keys() else None


def _form(value: Real) -> tuple[_Terms, _Terms]:
    if not isinstance(value, Enclosure):
        return ({_UNIT: Fraction(value)} if value != 0 else {}), {_UNIT: Fraction(1)}
    if value.kind == "sum":
        top, bottom = _form(value.parts[0])
        for part in value.parts[1:]:
            other, below = _form(part)
            if below == bottom:
                top = _sum_of(top, other)
            else:
                top, bottom = _sum_of(_product_of(top, below), _product_of(other, bottom)), _product_of(bottom, below)
        return top, bottom
    if value.kind in ("product", "quotient"):
        top, bottom = _form(value.parts[0])
        for part in value.parts[1:]:
            other, below = _form(part)
            if value.kind == "quotient":
                other, below = below, other
            top, bottom = _product_of(top, other), _product_of(bottom, below)
        return top, _with_one_sign(bottom)
    if value.kind == "power":
        exponent = value.parts[1]
        assert isinstance(exponent, (int, Fraction))
        return _power_form(value.parts[0], Fraction(exponent))
    inner = value.parts[0]
    if value.kind == "log" and not isinstance(inner, Enclosure):
        powers = (*_factors(inner.numerator).items(), *((base, -n) for base, n in _factors(inner.denominator).items()))
        return {frozenset({(("log", base), Fraction(1))}): Fraction(n) for base, n in powers}, {_UNIT: Fraction(1)}
    top, bottom = _form(inner)
    return {frozenset({((value.kind, _key(top), _key(bottom)), Fraction(1))}): Fraction(1)}, {_UNIT: Fraction(1)}


def _with_one_sign(bottom: _Terms) -> _Terms:
    if not bottom:
        raise _NoFormError
    return bottom


def _power_form(base: Real, exponent: Fraction) -> tuple[_Terms, _Terms]:
    top, bottom = _form(base)
    if exponent < 0:
        top, bottom, exponent = bottom, top, -exponent
    whole, share = divmod(exponent, 1)
    if whole > (64 if len(top) == len(bottom) == 1 else 16) or not bottom:
        raise _NoFormError
    above, below = _whole_power(top, int(whole)), _whole_power(bottom, int(whole))
    if share:
        above = _product_of(above, _root_form(top, share))
        below = _product_of(below, _root_form(bottom, share))
    return above, below


def _whole_power(terms: _Terms, count: int) -> _Terms:
    result: _Terms = {_UNIT: Fraction(1)}
    for _ in range(count):
        result = _product_of(result, terms)
    return result


def _root_form(terms: _Terms, share: Fraction) -> _Terms:
    """Return a sum to a power between 0 and 1; of one term each factor's power, of several a base of its own."""
    content = Fraction(
        math.gcd(*(factor.numerator for factor in terms.values())),
        math.lcm(*(factor.denominator for factor in terms.values())),
    )
    if len(terms) == 1:
        ((monomial, content),) = terms.items()
        if content < 0:
            raise _NoFormError
    else:
        inner = {key: factor / content for key, factor in terms.items()}
        monomial = frozenset({(("form", _key(inner)), Fraction(1))})
    factors = dict(monomial)
    for base, count in _factors(content.numerator).items():
        factors[base] = factors.get(base, Fraction(0)) + count
    for base, count in _factors(content.denominator).items():
        factors[base] = factors.get(base, Fraction(0)) - count
    return _reduced({base: count * share for base, count in factors.items()}, Fraction(1))


def _key(terms: _Terms) -> tuple[object, ...]:
    return tuple(sorted(((tuple(sorted(key, key=repr)), factor) for key, factor in terms.items()), key=repr))


def _reduced(factors: Mapping[_Base, Fraction], coefficient: Fraction) -> _Terms:
    """Return a product of powers with exponents from 0 to below 1; whole powers of sums are multiplied out."""
    left: dict[_Base, Fraction] = {}
    sums: list[_Terms] = []
    for base, exponent in factors.items():
        if not isinstance(base, int) and base[0] != "form":
            left[base] = exponent
            continue
        whole, share = divmod(exponent, 1)
        if share:
            left[base] = share
        if isinstance(base, int):
            if abs(whole) * base.bit_length() > MOST_BITS:
                raise _NoFormError
            coefficient *= Fraction(base) ** int(whole)
        elif whole < 0 or whole > 64:
            raise _NoFormError
        else:
            inner = {frozenset(key): factor for key, factor in base[1]}  # type: ignore[attr-defined]
            sums += [inner] * int(whole)
    result: _Terms = {frozenset(left.items()): coefficient}
    for inner in sums:
        result = _product_of(result, inner)
    return result


def _sum_of(a: _Terms, b: _Terms) -> _Terms:
    result = dict(a)
    for key, factor in b.items():
        both = result.get(key, Fraction(0)) + factor
        if both:
            result[key] = both
        else:
            result.pop(key, None)
    if len(result) > _MOST_TERMS:
        raise _NoFormError
    return result


def _product_of(a: _Terms, b: _Terms) -> _Terms:
    if len(a) * len(b) > 4 * _MOST_TERMS:
        raise _NoFormError
    if a == {_UNIT: 1}:
        return b
    result: _Terms = {}
    for key, factor in a.items():
        for other, times in b.items():
            factors = dict(key)
            for base, exponent in other:
                factors[base] = factors.get(base, Fraction(0)) + exponent
            for reduced, share in _reduced(factors, factor * times).items():
                both = result.pop(reduced, Fraction(0)) + share
                if both:
                    result[reduced] = both
    if len(result) > _MOST_TERMS:
        raise _NoFormError
    return result


@cache
def _small_primes() -> tuple[int, ...]:
    sieve = bytearray([1]) * _LARGEST_PRIME
    for number in range(2, math.isqrt(_LARGEST_PRIME) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(range(number * number, _LARGEST_PRIME, number)))
    return tuple(number for number in range(2, _LARGEST_PRIME) if sieve[number])


@lru_cache(maxsize=1024)
def _factors_of(number: int) -> tuple[tuple[int, int], ...]:
    found: dict[int, int] = {}
    for prime in _small_primes():
        if prime * prime > number:
            break
        while number % prime == 0:
            number //= prime
            found[prime] = found.get(prime, 0) + 1
    if number > 1:
        base, times = number, 1
        for degree in (2, 3, 5, 7):
            while (root := _exact_root(base, degree)) is not None:
                base, times = root, times * degree
        found[base] = found.get(base, 0) + times
    return tuple(found.items())


def _factors(number: int) -> dict[int, int]:
    """Return a whole number as a product of powers of small primes, and of what is left."""
    return dict(_factors_of(number))


# -- formulas as texts -----------------------------------------------------------------------------------------------

_Evaluate: TypeAlias = Callable[[Mapping[str, "Real"]], "Real | bool"]


@dataclass(frozen=True, slots=True)
class PlainFormula:
    """A formula in Python's notation, read once and evaluated for many values.

    Attributes
    ----------
    text : str
    names : tuple of str
        The symbols in it, in the order in which they stand; ``lambda`` is called ``λ``.
    """

    text: str
    names: tuple[str, ...]
    _run: _Evaluate

    def value(self, values: Mapping[str, Real]) -> Enclosure:
        """Return the value.

        Raises
        ------
        ZeroDivisionError
        Fault
            Where there is no real value, it is too large, or what it depends on is open.
        """
        if "lambda" in values:
            values = {**values, "λ": values["lambda"]}
        result = self._run(values)
        if isinstance(result, bool):
            raise Fault(f"`{shorten(self.text)}` is true or false", expected="a number")
        return enclosed(result)

    def holds(self, values: Mapping[str, Real]) -> bool:
        """Tell whether a comparison is true; raises as :meth:`value` does.

        Examples
        --------
        >>> plain_formula("H % s == 0").holds({"H": 6, "s": 4})
        False
        """
        if "lambda" in values:
            values = {**values, "λ": values["lambda"]}
        return _truth(self._run(values))


def plain_value(text: str, values: Mapping[str, Real]) -> Enclosure:
    """Return the value of a formula in Python's notation, as :func:`flopcalc.number.as_text` writes it.

    Parameters
    ----------
    text : str
    values : mapping of str to int or Fraction
        A value for each symbol.

    Raises
    ------
    ZeroDivisionError
    Fault
        Where the text is no formula, a symbol has no value, or the formula none.

    Examples
    --------
    >>> plain_value("2*sqrt(B)*sqrt(H)*sqrt(W) + B/(H*W)", {"B": 8, "H": 2, "W": 1}).exact
    12
    >>> plain_value("floor(H/2 - 1/2) + Max(1, C)", {"H": 8, "C": 3}).exact
    6
    """
    return plain_formula(text).value(values)


@lru_cache(maxsize=2048)
def plain_formula(text: str) -> PlainFormula:
    """Read a formula in Python's notation.

    Raises
    ------
    Fault
        Where the text is none.
    """
    if len(text) > LONGEST_TEXT:
        raise Fault(f"the formula is {len(text):,} characters long", expected=f"at most {LONGEST_TEXT:,}")
    plain = re.sub(r"(?<!\w)lambda(?!\w)", "λ", text.strip())
    problem = bool(re.search(r"[#\\\n'\"]|\d(and|or|not|if|else|in|is|for)\b", plain))
    try:
        tree = None if problem else ast.parse(plain, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        tree = None
    if tree is None:
        raise Fault(f"`{shorten(text)}` is not a formula", expected="numbers, names, operators and known functions")
    compiler = _Compiler(plain)
    run = compiler.visit(tree)
    return PlainFormula(text, tuple(compiler.names), run)


def _real(value: Real | bool) -> Real:
    if isinstance(value, bool):
        raise Fault("true or false stands where a number is expected")
    return value


def _truth(value: Real | bool) -> bool:
    if not isinstance(value, bool):
        raise Fault("a number stands where true or false is expected")
    return value


_FUNCTIONS: Mapping[str, tuple[int, int, Callable[..., Real]]] = {
    "sqrt": (1, 1, sqrt),
    "cbrt": (1, 1, lambda x: power(x, Fraction(1, 3))),
    "floor": (1, 1, floor),
    "ceil": (1, 1, ceil),
    "ceiling": (1, 1, ceil),
    "round": (1, 1, round_half_up),
    "round_even": (1, 1, round_even),
    "abs": (1, 1, absolute),
    "Abs": (1, 1, absolute),
    "min": (1, 99, least),
    "Min": (1, 99, least),
    "max": (1, 99, greatest),
    "Max": (1, 99, greatest),
    "log": (1, 2, log),
    "exp": (1, 1, exp),
    "Mod": (2, 2, modulo),
    "make_divisible": (1, 4, make_divisible),
}
_ORDER: Mapping[type[ast.cmpop] | str, Callable[[int], bool]] = {
    ast.Lt: lambda order: order < 0,
    ast.LtE: lambda order: order <= 0,
    ast.Gt: lambda order: order > 0,
    ast.GtE: lambda order: order >= 0,
    ast.Eq: lambda order: order == 0,
    ast.NotEq: lambda order: order != 0,
    "Eq": lambda order: order == 0,
    "Ne": lambda order: order != 0,
}
_CONSTANTS = {"true": True, "True": True, "false": False, "False": False}


class _Compiler:
    """Turns a syntax tree of Python's into functions of this module, one kind of node at a time; others are errors."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: dict[str, None] = {}
        self.depth = 0

    def visit(self, node: ast.expr) -> _Evaluate:
        self.depth += 1
        if self.depth > DEEPEST_TREE:
            raise Fault("the formula is nested too deeply", expected=f"at most {DEEPEST_TREE} levels")
        method = getattr(self, f"visit_{type(node).__name__}", None)
        if method is None:
            raise Fault(f"`{shorten(self.source(node))}` is not allowed in a formula", expected="numbers and symbols")
        run: _Evaluate = method(node)
        self.depth -= 1
        return run

    def source(self, node: ast.expr) -> str:
        return ast.get_source_segment(self.text, node) or self.text

    def visit_Constant(self, node: ast.Constant) -> _Evaluate:
        value = node.value
        if isinstance(value, bool):
            return lambda values: value
        if isinstance(value, int):
            number: int | Fraction = value
        elif isinstance(value, float):
            written = self.source(node).replace("_", "")
            if abs(int(written.lower().partition("e")[2] or 0)) > 10_000:
                raise _large()
            number = _whole(Fraction(written))
        else:
            raise Fault(f"`{shorten(self.source(node))}` is no number")
        return lambda values: number

    def visit_Name(self, node: ast.Name) -> _Evaluate:
        name = node.id
        if name in _CONSTANTS:
            constant = _CONSTANTS[name]
            return lambda values: constant
        self.names[name] = None

        def look_up(values: Mapping[str, Real]) -> Real:
            try:
                return values[name]
            except KeyError:
                raise Fault(f"`{shorten(name)}` has no value", expected=one_of(values or ["none"])) from None

        return look_up

    def visit_BinOp(self, node: ast.BinOp) -> _Evaluate:
        if isinstance(node.op, (ast.Add, ast.Sub)):
            return self.chain(node, (ast.Add, ast.Sub))
        if isinstance(node.op, (ast.Mult, ast.Div)):
            return self.chain(node, (ast.Mult, ast.Div))
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, (ast.BitAnd, ast.BitOr)):
            both = isinstance(node.op, ast.BitAnd)
            return lambda values: (
                (_truth(left(values)) and _truth(right(values)))
                if both
                else (_truth(left(values)) or _truth(right(values)))
            )
        operation: Callable[[Real, Real], Real] | None = {
            ast.Pow: power,
            ast.FloorDiv: lambda a, b: floor(divide(a, b)),
            ast.Mod: modulo,
        }.get(type(node.op))
        if operation is None:
            raise Fault(f"`{shorten(self.source(node))}` uses an operator that formulas do not have")
        chosen = operation
        return lambda values: chosen(_real(left(values)), _real(right(values)))

    def chain(self, node: ast.expr, operators: tuple[type[ast.operator], ...]) -> _Evaluate:
        """Read a sum, or a product, of however many parts as one."""
        turned = operators[1]
        parts: list[tuple[bool, _Evaluate]] = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, operators):
            parts.append((isinstance(node.op, turned), self.visit(node.right)))
            node = node.left
        parts.append((False, self.visit(node)))
        parts.reverse()
        if turned is ast.Sub:

            def added(values: Mapping[str, Real]) -> Real:
                return add(*(negative(_real(run(values))) if minus else _real(run(values)) for minus, run in parts))

            return added

        def multiplied(values: Mapping[str, Real]) -> Real:
            result: Real = 1
            for below, run in parts:
                result = divide(result, _real(run(values))) if below else multiply(result, _real(run(values)))
            return result

        return multiplied

    def visit_UnaryOp(self, node: ast.UnaryOp) -> _Evaluate:
        operand = self.visit(node.operand)
        if isinstance(node.op, ast.USub):
            return lambda values: negative(_real(operand(values)))
        if isinstance(node.op, ast.UAdd):
            return lambda values: _real(operand(values))
        return lambda values: not _truth(operand(values))

    def visit_BoolOp(self, node: ast.BoolOp) -> _Evaluate:
        operands = [self.visit(value) for value in node.values]
        stop = isinstance(node.op, ast.Or)
        return lambda values: any(_truth(run(values)) is stop for run in operands) is stop

    def visit_IfExp(self, node: ast.IfExp) -> _Evaluate:
        test, yes, no = self.visit(node.test), self.visit(node.body), self.visit(node.orelse)
        return lambda values: yes(values) if _truth(test(values)) else no(values)

    def visit_Compare(self, node: ast.Compare) -> _Evaluate:
        operands = [self.visit(operand) for operand in (node.left, *node.comparators)]
        tests = [_ORDER.get(type(operator)) for operator in node.ops]
        if None in tests:
            raise Fault(f"`{shorten(self.source(node))}` uses a comparison that formulas do not have")

        def run(values: Mapping[str, Real]) -> bool:
            left = _real(operands[0](values))
            for test, operand in zip(tests, operands[1:], strict=True):
                right = _real(operand(values))
                assert test is not None
                if not test(_settled(compare(left, right), "a comparison")):
                    return False
                left = right
            return True

        return run

    def visit_Call(self, node: ast.Call) -> _Evaluate:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "Piecewise":
            return self.piecewise(node)
        named = {keyword.arg or "": self.visit(keyword.value) for keyword in node.keywords}
        if name in ("Eq", "Ne") and len(node.args) == 2 and not named:
            left, right = map(self.visit, node.args)
            test = _ORDER[name]
            return lambda values: test(
                _settled(compare(_real(left(values)), _real(right(values))), "whether two numbers are equal")
            )
        if name not in _FUNCTIONS:
            called = shorten(name or self.source(node))
            raise Fault(f"`{called}` is no function", expected=one_of(_FUNCTIONS), hint=suggest(name, _FUNCTIONS))
        fewest, most, function = _FUNCTIONS[name]
        arguments = [self.visit(argument) for argument in node.args]
        allowed = {"divisor": "divisor", "limit": "limit", "min": "least_value"} if name == "make_divisible" else {}
        if not fewest <= len(arguments) + len(named) <= most or not named.keys() <= allowed.keys():
            raise Fault(f"{name} is given {len(arguments) + len(named)} values", expected=f"{fewest} to {most}")

        def call(values: Mapping[str, Real]) -> Real:
            extra = {allowed[key]: _real(run(values)) for key, run in named.items()}
            return function(*(_real(run(values)) for run in arguments), **extra)

        return call

    def piecewise(self, node: ast.Call) -> _Evaluate:
        """Read ``Piecewise((value, condition), …)``: the value at the first condition that holds."""
        cases: list[tuple[_Evaluate, _Evaluate]] = []
        for argument in node.args:
            if not isinstance(argument, ast.Tuple) or len(argument.elts) != 2:
                raise Fault(f"`{shorten(self.source(node))}` is no choice", expected="Piecewise((value, condition), …)")
            cases.append((self.visit(argument.elts[0]), self.visit(argument.elts[1])))

        def run(values: Mapping[str, Real]) -> Real | bool:
            for value, condition in cases:
                if _truth(condition(values)):
                    return value(values)
            raise NoRealValueError("no case of a choice holds", expected="one that does")

        return run
