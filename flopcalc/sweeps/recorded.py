"""Numbers that stand for many: each knows its value in one configuration and how it follows from the parameters.

An analysis that runs on such numbers is an ordinary analysis of one configuration, step by step. What it computes is
kept as polynomials with rational coefficients over *atoms* (a parameter, the floor of a polynomial, a maximum …), and
what it decides by them is kept as conditions. The polynomials hold for every configuration that meets the conditions.

A condition that holds over the whole range of the parameters, by interval arithmetic, is not kept.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, TypeAlias

from flopcalc.dataclass import dataclass, field
from flopcalc.number import Recorded

__all__ = [
    "Atom",
    "Condition",
    "Monomial",
    "Polynomial",
    "Quotient",
    "Tape",
    "Traced",
    "Unrecordable",
    "added",
    "range_of",
]

Rational: TypeAlias = "int | Fraction"

Monomial: TypeAlias = "tuple[int, ...]"
"""Atoms by number, in order, as often as they are factors; () is 1."""

Polynomial: TypeAlias = "dict[Monomial, Rational]"

_MOST_TERMS = 64  # a longer factor of a product becomes an atom of its own, so that work grows linearly
_MOST_ATOMS = 200_000


class Unrecordable(Exception):
    """What is done with a number cannot be kept; the configurations are analysed one by one."""


@dataclass(frozen=True, slots=True)
class Atom:
    """What polynomials are made of.

    Attributes
    ----------
    kind : str
        ``axis`` (a parameter), ``floor``, ``max``, ``positive`` (1 where the argument is > 0, else 0), ``zero`` (1
        where it is 0), or ``sum`` (the argument itself).
    arguments : tuple of Polynomial
    name : str
        An axis's.
    axes : frozenset of str
        The parameters that it depends on.
    low, high : int or Fraction
        Bounds over the whole range of the parameters.
    whole : bool
        Whether it is a whole number in every configuration.
    value : int or Fraction
        In the configuration of the tape.
    """

    kind: str
    arguments: tuple[Polynomial, ...]
    name: str
    axes: frozenset[str]
    low: Rational
    high: Rational
    whole: bool
    value: Rational


@dataclass(frozen=True, slots=True)
class Condition:
    """What was decided: ``argument > 0`` (kind ``positive``) or ``argument == 0`` (``zero``), and the outcome."""

    kind: str
    argument: Polynomial
    axes: frozenset[str]
    outcome: bool


@dataclass(slots=True)
class Tape:
    """What one analysis on traced numbers leaves behind: atoms in the order in which they arose, and conditions."""

    atoms: list[Atom] = field(default_factory=list)
    conditions: dict[tuple[str, frozenset[tuple[Monomial, Rational]]], Condition] = field(default_factory=dict)
    known: dict[object, int] = field(default_factory=dict)
    ranges: dict[Monomial, tuple[Rational, Rational]] = field(default_factory=dict)
    divisors: dict[int, int] = field(default_factory=dict)
    worded: set[tuple[str, frozenset[tuple[Monomial, Rational]]]] = field(default_factory=set)

    def axis(self, name: str, value: Rational, low: Rational, high: Rational, *, whole: bool) -> Traced:
        """Return a parameter as a traced number."""
        return self._atom(Atom("axis", (), name, frozenset((name,)), low, high, whole, value), name)

    def _atom(self, atom: Atom, key: object) -> Traced:
        index = self.known.get((atom.kind, key))
        if index is None:
            if len(self.atoms) >= _MOST_ATOMS:
                raise Unrecordable("too many atoms")
            index = self.known[atom.kind, key] = len(self.atoms)
            self.atoms.append(atom)
        return Traced(self, {(index,): 1}, atom.value)

    def axes_of(self, terms: Polynomial) -> frozenset[str]:
        """Return the parameters that a polynomial depends on."""
        found: frozenset[str] = frozenset()
        for monomial in terms:
            for index in monomial:
                found |= self.atoms[index].axes
        return found

    def bounds(self, terms: Polynomial) -> tuple[Rational, Rational]:
        """Return bounds of a polynomial over the whole range of the parameters."""
        low: Rational = 0
        high: Rational = 0
        for monomial, factor in terms.items():
            least, most = self._range(monomial)
            if factor < 0:
                least, most = most, least
            low, high = low + factor * least, high + factor * most
        return low, high

    def _range(self, monomial: Monomial) -> tuple[Rational, Rational]:
        if not monomial:
            return 1, 1
        known = self.ranges.get(monomial)
        if known is None:
            before, atom = self._range(monomial[:-1]), self.atoms[monomial[-1]]
            known = self.ranges[monomial] = range_of(before, (atom.low, atom.high))
        return known

    def whole(self, terms: Polynomial) -> bool:
        """Tell whether a polynomial is a whole number in every configuration, as its form shows."""
        atoms = self.atoms
        return all(atoms[index].whole for monomial in terms for index in monomial) and all(
            type(factor) is int or self._divisor_of(monomial) % factor.denominator == 0
            for monomial, factor in terms.items()
        )

    def _divisor_of(self, monomial: Monomial) -> int:
        """Return what divides a product of whole atoms in every configuration."""
        return math.prod(self._divisor(index) for index in monomial)

    def _divisor(self, index: int) -> int:
        """Return what divides a whole atom in every configuration, as its form shows: 8 for a multiple of 8."""
        atom = self.atoms[index]
        if atom.kind not in ("sum", "max") or not atom.whole:
            return 1
        if index not in self.divisors:
            found = 0
            for terms in atom.arguments:
                for monomial, factor in terms.items():
                    found = math.gcd(found, int(factor * self._divisor_of(monomial)))
            self.divisors[index] = found or 1
        return self.divisors[index]

    def word(self, number: Traced) -> str:
        """Write a number's value, which settles it, and keep that this was for words."""
        others = self.conditions.keys() - self.worded
        text = str(number.settle())
        self.worded |= self.conditions.keys() - others
        return text

    def decided(self, *, refused: bool) -> tuple[Condition, ...]:
        """Return the conditions; where a configuration is refused, without those of the words in which that is said."""
        return tuple(item for key, item in self.conditions.items() if not (refused and key in self.worded))

    def decide(self, kind: str, number: Traced) -> bool:
        """Tell whether a number is > 0 (``positive``) or 0 (``zero``), and keep a condition where that is open."""
        low, high = self.bounds(number.terms)
        if kind == "positive":
            if low > 0:
                return True
            if high <= 0:
                return False
            outcome = number.value > 0
        else:
            if low > 0 or high < 0:
                return False
            outcome = number.value == 0
        key = (kind, number.key)
        self.worded.discard(key)  # it is decided by this as well
        if key not in self.conditions:
            self.conditions[key] = Condition(kind, number.terms, self.axes_of(number.terms), outcome)
        return outcome

    def floor(self, number: Traced) -> Traced | int:
        """Return ⌊number⌋."""
        if self.whole(number.terms):
            return number
        constant = number.terms.get((), 0)
        whole = math.floor(constant)
        rest = number - whole if whole else number
        if isinstance(rest, Traced):
            low, high = (math.floor(end) for end in self.bounds(rest.terms))
            if low == high:
                return low + whole
            atom = Atom("floor", (rest.terms,), "", self.axes_of(rest.terms), low, high, True, math.floor(rest.value))
            result = self._atom(atom, rest.key) + whole
            assert isinstance(result, Traced)
            return result
        return math.floor(rest) + whole

    def largest(self, a: Traced | Rational, b: Traced | Rational) -> Traced | Rational:
        """Return the greater of two numbers."""
        if not isinstance(a, Traced) and not isinstance(b, Traced):
            return max(a, b)
        one, other = self.traced(a), self.traced(b)
        (low, high), (least, most) = self.bounds(one.terms), self.bounds(other.terms)
        if low >= most or one.key == other.key:
            return a
        if least >= high:
            return b
        if hash(one.key) > hash(other.key):
            one, other = other, one
        atom = Atom(
            "max",
            (one.terms, other.terms),
            "",
            self.axes_of(one.terms) | self.axes_of(other.terms),
            max(low, least),
            max(high, most),
            self.whole(one.terms) and self.whole(other.terms),
            max(one.value, other.value),
        )
        return self._atom(atom, frozenset((one.key, other.key)))

    def smallest(self, a: Traced | Rational, b: Traced | Rational) -> Traced | Rational:
        """Return the lesser of two numbers."""
        found: Traced | Rational = -self.largest(-a, -b)
        return found

    def indicator(self, kind: str, number: Traced | Rational) -> Traced | int:
        """Return 1 where a number is > 0 (``positive``) or 0 (``zero``), else 0; nothing is decided by it."""
        if not isinstance(number, Traced):
            return int(number > 0 if kind == "positive" else number == 0)
        low, high = self.bounds(number.terms)
        if low > 0:
            return int(kind == "positive")
        if high < 0 or (high == 0 and kind == "positive"):
            return 0
        value = int(number.value > 0 if kind == "positive" else number.value == 0)
        return self._atom(Atom(kind, (number.terms,), "", self.axes_of(number.terms), 0, 1, True, value), number.key)

    def traced(self, value: Traced | Rational) -> Traced:
        """Return a number as a traced one."""
        return value if isinstance(value, Traced) else Traced(self, {(): value} if value else {}, value)

    def short(self, number: Traced) -> Any:
        """Return a number as a short polynomial: a long one as an atom of its own."""
        return number if len(number.terms) <= _MOST_TERMS else self.opaque(number)

    def opaque(self, number: Traced | Rational) -> Traced | Rational:
        """Return a number as an atom of its own, so that what is computed from it has few terms."""
        if not isinstance(number, Traced) or len(number.terms) == 1:
            return number
        low, high = self.bounds(number.terms)
        whole = self.whole(number.terms)
        atom = Atom("sum", (number.terms,), "", self.axes_of(number.terms), low, high, whole, number.value)
        return self._atom(atom, number.key)


def range_of(one: tuple[Rational, Rational], other: tuple[Rational, Rational]) -> tuple[Rational, Rational]:
    """Return the bounds of a product from those of its factors.

    Examples
    --------
    >>> range_of((-1, 2), (3, 4))
    (-4, 8)
    """
    if one[0] >= 0 and other[0] >= 0:
        return one[0] * other[0], one[1] * other[1]
    ends = [a * b for a in one for b in other]
    return min(ends), max(ends)


class Traced(Recorded):
    """A number with its value in one configuration and its polynomial over the atoms of a tape."""

    __slots__ = ("_key", "tape", "terms", "value")

    def __init__(self, tape: Tape, terms: Polynomial, value: Rational) -> None:
        self.tape = tape
        self.terms = terms
        self.value = value
        self._key: frozenset[tuple[Monomial, Rational]] | None = None

    @property
    def key(self) -> frozenset[tuple[Monomial, Rational]]:
        """What tells its polynomial from others."""
        if self._key is None:
            self._key = frozenset(self.terms.items())
        return self._key

    def _made(self, terms: Polynomial, value: Rational) -> Traced | Rational:
        if not terms:
            return 0
        if len(terms) == 1 and () in terms:
            return terms[()]
        return Traced(self.tape, terms, value)

    # -- what is computed --------------------------------------------------------------------------------------------

    def __add__(self, other: object) -> Traced | Rational:
        if isinstance(other, Traced):
            terms = dict(self.terms)
            for monomial, factor in other.terms.items():
                total = terms.get(monomial, 0) + factor
                if total:
                    terms[monomial] = _simple(total)
                else:
                    del terms[monomial]
            return self._made(terms, _simple(self.value + other.value))
        if type(other) is int or type(other) is Fraction:
            if not other:
                return self
            terms = dict(self.terms)
            total = terms.get((), 0) + other
            if total:
                terms[()] = _simple(total)
            else:
                del terms[()]
            return self._made(terms, _simple(self.value + other))
        return NotImplemented

    __radd__ = __add__

    def __neg__(self) -> Traced:
        return Traced(self.tape, {monomial: -factor for monomial, factor in self.terms.items()}, -self.value)

    def __pos__(self) -> Traced:
        return self

    def __sub__(self, other: object) -> Traced | Rational:
        if isinstance(other, (Traced, int, Fraction)) and not isinstance(other, bool):
            return self + -other
        return NotImplemented

    def __rsub__(self, other: object) -> Traced | Rational:
        return -self + other

    def __mul__(self, other: object) -> Traced | Rational:
        if isinstance(other, Traced):
            one, two = self, other
            if len(one.terms) * len(two.terms) > _MOST_TERMS:
                one, two = self.tape.short(one), self.tape.short(two)
            terms: Polynomial = {}
            for monomial, factor in one.terms.items():
                for second, times in two.terms.items():
                    product = tuple(sorted(monomial + second))
                    total = terms.get(product, 0) + factor * times
                    if total:
                        terms[product] = _simple(total)
                    else:
                        del terms[product]
            return self._made(terms, _simple(self.value * other.value))
        if type(other) is int or type(other) is Fraction:
            if not other:
                return 0
            if other == 1:
                return self
            scaled = {monomial: _simple(factor * other) for monomial, factor in self.terms.items()}
            return Traced(self.tape, scaled, _simple(self.value * other))
        return NotImplemented

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Traced | Rational | Quotient:
        if isinstance(other, Traced):
            quotient, multiple = Quotient(self, other), self._multiple_of(other)
            return quotient if multiple is None else multiple
        if type(other) is int or type(other) is Fraction:
            return self * Fraction(1, other)
        return NotImplemented

    def _multiple_of(self, other: Traced) -> Traced | Rational | None:
        """Return by what `other`, which is not 0, is multiplied to be this number, where their forms show it."""
        if self.terms.keys() == other.terms.keys():
            ratios = {Fraction(factor, other.terms[monomial]) for monomial, factor in self.terms.items()}
            return _simple(ratios.pop()) if len(ratios) == 1 else None
        if len(other.terms) > 1:
            return None
        ((divisor, below),) = other.terms.items()
        terms: Polynomial = {}
        for monomial, factor in self.terms.items():
            left = Counter(monomial)
            left.subtract(divisor)
            if min(left.values(), default=0) < 0:
                return None
            terms[tuple(sorted(left.elements()))] = _simple(Fraction(factor, below))
        return self._made(terms, _simple(Fraction(self.value, other.value)))

    def __rtruediv__(self, other: object) -> Quotient:
        if type(other) is int or type(other) is Fraction:
            return Quotient(other, self)
        return NotImplemented

    def __floordiv__(self, other: object) -> Traced | Rational:
        divisor = other.settle() if isinstance(other, Traced) else other
        if type(divisor) is not int and type(divisor) is not Fraction:
            return NotImplemented
        quotient = self * Fraction(1, divisor)
        return self.tape.floor(quotient) if isinstance(quotient, Traced) else math.floor(quotient)

    def __rfloordiv__(self, other: Rational) -> int:
        return math.floor(Fraction(other) / self.settle())

    def __mod__(self, other: object) -> Traced | Rational:
        if isinstance(other, Traced) and other != 0:
            multiple = self._multiple_of(other)
            if isinstance(multiple, Traced) and self.tape.whole(multiple.terms):
                return 0
            if multiple is not None and not isinstance(multiple, Traced) and Fraction(multiple).denominator == 1:
                return 0
        divisor = other.settle() if isinstance(other, Traced) else other
        if type(divisor) is int or type(divisor) is Fraction:
            return self - (self // divisor) * divisor
        return NotImplemented

    def __rmod__(self, other: Rational) -> Rational:
        return other % self.settle()

    def __pow__(self, other: object) -> Traced | Rational:
        exponent = other.settle() if isinstance(other, Traced) else other
        if type(exponent) is int and 0 <= exponent <= 16:
            result: Traced | Rational = 1
            for _ in range(exponent):
                result = result * self
            return result
        return NotImplemented

    def __floor__(self) -> Traced | int:
        return self.tape.floor(self)

    def __abs__(self) -> Traced | Rational:
        return self.tape.largest(self, -self)

    # -- what is decided ---------------------------------------------------------------------------------------------

    def _difference(self, other: object) -> Traced | Rational:
        if isinstance(other, Traced) or type(other) is int or type(other) is Fraction:
            return self - other
        raise Unrecordable(f"a comparison with {type(other).__name__}")

    def _positive(self, number: Traced | Rational) -> bool:
        return self.tape.decide("positive", number) if isinstance(number, Traced) else number > 0

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, (str, bool, tuple, dict, type(None))):
            return False
        difference = self._difference(other)
        return self.tape.decide("zero", difference) if isinstance(difference, Traced) else difference == 0

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __gt__(self, other: object) -> bool:
        return self._positive(self._difference(other))

    def __lt__(self, other: object) -> bool:
        return self._positive(-self._difference(other))

    def __ge__(self, other: object) -> bool:
        return not self < other

    def __le__(self, other: object) -> bool:
        return not self > other

    def __bool__(self) -> bool:
        return self != 0

    def __hash__(self) -> int:
        return hash(self.key)

    def is_whole(self) -> bool:
        """Tell whether it is a whole number, and keep that as a condition where its form does not show it."""
        if self.tape.whole(self.terms):
            return True
        rest = self - self.tape.floor(self)
        return not isinstance(rest, Traced) or self.tape.decide("zero", rest)

    def settle(self) -> Rational:
        """Return its value in this configuration, and keep that it has this value as a condition."""
        difference = self - self.value
        if isinstance(difference, Traced):
            self.tape.decide("zero", difference)
        return self.value

    def __str__(self) -> str:
        return self.tape.word(self)

    def __repr__(self) -> str:
        return f"Traced({self.value})"

    def __index__(self) -> int:
        raise Unrecordable("a traced number as an index")

    def __float__(self) -> float:
        raise Unrecordable("a traced number as a float")


class Quotient(Recorded):
    """A number over a traced one, which settles that one only when it is computed with: a ratio may go unused."""

    __slots__ = ("bottom", "top")

    def __init__(self, top: Traced | Rational, bottom: Traced) -> None:
        if bottom == 0:
            raise ZeroDivisionError
        self.top = top
        self.bottom = bottom

    def plain(self) -> Any:
        """Return the number with the divisor settled."""
        return self.top * Fraction(1, self.bottom.settle())

    def is_whole(self) -> bool:
        """Tell whether it is a whole number, and keep that as a condition."""
        value = self.plain()
        return value.is_whole() if isinstance(value, Traced) else Fraction(value).denominator == 1

    def settle(self) -> Rational:
        """Return its value in this configuration, and keep that it has this value as a condition."""
        value = self.plain()
        return value.settle() if isinstance(value, Traced) else _simple(value)

    def _less(self, other: Any) -> Any:
        """Return what is positive where the number is less than another one, and negative where it is greater."""
        other = other.plain() if isinstance(other, Quotient) else other
        difference = other * self.bottom - self.top
        return difference if self.bottom > 0 else -difference

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, (str, bool, tuple, dict, type(None))):
            return False
        return bool(self._less(other) == 0)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: object) -> bool:
        return bool(self._less(other) > 0)

    def __gt__(self, other: object) -> bool:
        return bool(self._less(other) < 0)

    def __le__(self, other: object) -> bool:
        return not self > other

    def __ge__(self, other: object) -> bool:
        return not self < other

    def __bool__(self) -> bool:
        return bool(self.top != 0)

    def __hash__(self) -> int:
        return hash((self.top, self.bottom))

    def __add__(self, other: Any) -> Any:
        if type(other) is int or type(other) is Fraction:
            return Quotient(self.top + other * self.bottom, self.bottom)
        return self.plain() + other

    def __radd__(self, other: Any) -> Any:
        return self + other

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __rsub__(self, other: Any) -> Any:
        return other - self.plain()

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Traced) and other.key == self.bottom.key:
            return self.top
        return self.plain() * other

    def __rmul__(self, other: Any) -> Any:
        return self * other

    def __truediv__(self, other: Any) -> Any:
        return self.plain() / other

    def __rtruediv__(self, other: Any) -> Any:
        return other / self.plain()

    def __floordiv__(self, other: Any) -> Any:
        return self.plain() // other

    def __rfloordiv__(self, other: Any) -> Any:
        return other // self.plain()

    def __mod__(self, other: Any) -> Any:
        return self.plain() % other

    def __rmod__(self, other: Any) -> Any:
        return other % self.plain()

    def __pow__(self, other: Any) -> Any:
        return self.plain() ** other

    def __neg__(self) -> Any:
        return -self.plain()

    def __abs__(self) -> Any:
        return abs(self.plain())

    def __floor__(self) -> Any:
        return math.floor(self.plain())

    def __str__(self) -> str:
        value = self.plain()
        return str(value)


def _simple(value: Rational) -> Rational:
    if type(value) is Fraction and value.denominator == 1:
        return value.numerator
    return value


def added(values: Iterable[Traced | Quotient | Rational]) -> Traced | Rational:
    """Add many numbers; the work grows linearly."""
    terms: Polynomial = {}
    value: Rational = 0
    tape: Tape | None = None
    for number in values:
        if isinstance(number, Quotient):
            number = number.plain()
        if isinstance(number, Traced):
            tape = number.tape
            value += number.value
            for monomial, factor in number.terms.items():
                terms[monomial] = terms.get(monomial, 0) + factor
        else:
            value += number
            terms[()] = terms.get((), 0) + number
    terms = {monomial: _simple(factor) for monomial, factor in terms.items() if factor}
    if tape is None or not terms or (len(terms) == 1 and () in terms):
        return terms.get((), 0)
    return Traced(tape, terms, _simple(value))
