"""Exact arithmetic on the two kinds of number that a formula meets: rationals and symbols.

A number is an ``int``, a ``Fraction`` or a sympy expression, and every operation here accepts all three and keeps
them exact. Binary floats never enter: :func:`exact` reads a float as the decimal that it prints. Sympy is imported
only when a symbol or an irrational value appears, so a purely numeric analysis does not pay for it.

What cannot be decided for symbols (is ``alpha <= 1``?) is decided by the user's assumptions or refused; what is
taken for granted (``C ≠ O``) is written down in :attr:`Arithmetic.assumed`.
"""

from __future__ import annotations

import math
import numbers
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from random import Random
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, cast

from flopcalc.dataclass import dataclass, field
from flopcalc.errors import Fault, listed, shorten

if TYPE_CHECKING:
    from sympy import Expr
    from typing_extensions import TypeIs
else:
    Expr = Any

__all__ = [
    "MOST_BITS",
    "MOST_STEPS",
    "Arithmetic",
    "Ideal",
    "Number",
    "Recorded",
    "Relation",
    "Value",
    "as_expr",
    "as_text",
    "bounded",
    "divide",
    "exact",
    "expanded",
    "is_rational",
    "is_symbolic",
    "is_whole",
    "normal",
    "plain_sign",
    "product",
    "read_decimal",
    "readable",
    "ring_over",
    "settled",
    "summed",
    "symbol",
    "to_assume",
    "total",
    "turn_symbol",
]

Number: TypeAlias = "int | Fraction | Expr"
"""An exact number: whole, rational, or an expression in symbols."""

Value: TypeAlias = "int | Fraction | Expr | bool | str | tuple[Any, ...] | dict[Any, Any]"
"""What an expression of the spec language may yield: a number, true/false, a word, a list or a look-up table."""

MOST_BITS = 4096
"""The longest whole number that arithmetic produces, in bits; ``9**9**9**9`` ends here."""

MOST_STEPS = 1_000_000
"""How much work one analysis may do beside that for the layers that it places, in steps of about a microsecond."""

_IRRATIONAL_STEPS = 1_000  # what a logarithm or a root costs, about a millisecond in sympy's hands

_BOUND = 1 << MOST_BITS
_SMALL = 1 << 64
_MOST_NODES = 10_000
_LARGEST_VALUE = 200
_HIGHEST_EXPONENT = 1000
_DEEPEST_FORMULA = 12
_MOST_TERMS = 20_000
_FEW_TERMS = 16
_MOST_SHOWN_TERMS = 1000
_MOST_TRIES = 200
_STEPS_OF_A_TRY = 500
_HIGHEST_POWER = 64
_RATIONAL = (int, Fraction)


class Recorded:
    """A rational number that keeps what is computed from it and decided by it, for the configurations of a sweep.

    It has a value as any rational number has, so that all that is done with numbers is done with it. What takes the
    value out of it says so by :func:`settled`.
    """

    __slots__ = ()
    is_Integer = is_Rational = False  # noqa: N815 - what :func:`normal` asks of sympy's numbers

    def is_whole(self) -> bool:
        """Tell whether it is a whole number."""
        raise NotImplementedError

    def settle(self) -> int | Fraction:
        """Return its value, which from here on is part of what was decided."""
        raise NotImplementedError


def is_rational(value: object) -> TypeIs[int | Fraction]:
    """Tell whether `value` is an exact number without symbols (true and false are not numbers)."""
    return type(value) in _RATIONAL or isinstance(value, Recorded)


def is_whole(value: object) -> TypeIs[int]:
    """Tell whether `value` is a whole number."""
    return type(value) is int or (isinstance(value, Recorded) and value.is_whole())


def is_symbolic(value: object) -> TypeGuard[Expr]:
    """Tell whether `value` is a sympy expression (with free symbols, or irrational)."""
    return not isinstance(value, (int, Fraction, str, tuple, dict, Recorded))


def bounded(difference: Any, sign: str = "≥") -> str:
    """Write that a formula is at least 0, or above it, with its number and what is taken away on the right.

    Of a whole symbol alone it is said by the least value that it has.

    Examples
    --------
    >>> H, s = symbol("H"), symbol("s")
    >>> bounded(3 * H - 4), bounded(H * s - 2), bounded(H - s - 25, ">")
    ('H ≥ 2', 'H*s ≥ 2', 'H > s + 25')
    """
    fixed, open_ = difference.as_coeff_Add()
    factor, rest = open_.as_coeff_Mul()
    if sign == "≥" and rest.is_Symbol and rest.is_integer and factor > 0:
        return f"{rest} ≥ {-(fixed // factor)}"
    terms: dict[Any, Any] = open_.as_coefficients_dict()
    more = sum(term * count for term, count in terms.items() if count > 0)
    if more == 0:
        return f"{open_} {sign} {-fixed}"
    return f"{more} {sign} {more - open_ - fixed}"


def settled(value: Any) -> Any:
    """Return a value as it is; of a recorded number, the plain one."""
    return value.settle() if isinstance(value, Recorded) else value


def normal(value: Any) -> Number:
    """Return `value` in its simplest type: ``int`` before ``Fraction`` before a sympy expression.

    Examples
    --------
    >>> normal(Fraction(6, 3))
    2
    """
    kind = type(value)
    if kind is int:
        return value
    if kind is Fraction:
        return value.numerator if value.denominator == 1 else value
    if value.is_Integer:
        return int(value)
    if value.is_Rational:
        return Fraction(int(value.p), int(value.q))
    return value


def exact(value: object) -> Number:
    """Return a Python number as an exact one; a float means the decimal that it prints.

    Raises
    ------
    Fault
        For infinities, NaN, booleans and what is no number.

    Examples
    --------
    >>> exact(0.714)
    Fraction(357, 500)
    >>> exact(2.0)
    2
    """
    if isinstance(value, bool):
        raise Fault(f"{str(value).lower()} is not a number", expected="a number")
    if isinstance(value, numbers.Rational):
        rational = Fraction(int(value.numerator), int(value.denominator))
        if not -_BOUND < rational.numerator < _BOUND or rational.denominator >= _BOUND:
            raise Fault(f"the number has more than {MOST_BITS} bits", expected="a smaller number")
        return normal(rational)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Fault(f"{value} is not a finite number", expected="a finite number")
        return normal(Fraction(float.__repr__(value)))
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise Fault(f"{value} is not a finite number", expected="a finite number")
        if abs(value.adjusted()) > 1000:
            raise Fault(f"{value} is too large or too small", expected="at most 1000 digits")
        return normal(Fraction(value))
    if isinstance(value, numbers.Real):
        return exact(float(str(value)))
    raise Fault(f"{shorten(value)} is not a number", expected="an int, a Fraction, a float or an expression")


_DECIMAL = re.compile(r"([0-9]*)(?:\.([0-9]*))?(?:[eE]([-+]?)([0-9]+))?")
MOST_DIGITS = 1000
"""Digits of a number that is written down, and the greatest power of ten behind it."""

_CHUNK = 500
"""Digits that Python reads at once whatever limit is set for it: sys.set_int_max_str_digits takes no less than 640."""


def read_decimal(text: str) -> Number:
    """Return the exact number that digits are, with a point and an exponent; every text of a user's comes this way.

    How long the number is is looked at before it is made: `1e99999999` would take minutes and all the memory.

    Raises
    ------
    Fault

    Examples
    --------
    >>> read_decimal("1_000.5e-1"), read_decimal("1e0003")
    (Fraction(2001, 20), 1000)
    """
    match = _DECIMAL.fullmatch(text.replace("_", ""))
    if match is None or not (match[1] or match[2]):
        raise Fault(f"`{shorten(text)}` is not a number", expected="digits, a decimal point, an exponent")
    fraction = match[2] or ""
    digits, exponent = (match[1] + fraction).lstrip("0"), (match[4] or "").lstrip("0")
    if max(len(digits), len(fraction)) > MOST_DIGITS or len(exponent) > 4 or int(exponent or 0) > MOST_DIGITS:
        raise Fault(f"{shorten(text)} is too large or too small", expected=f"at most {MOST_DIGITS} digits")
    whole = 0
    for start in range(0, len(digits), _CHUNK):
        chunk = digits[start : start + _CHUNK]
        whole = whole * 10 ** len(chunk) + int(chunk)
    power = int(match[3] + (exponent or "0")) if match[3] is not None else 0
    return exact(whole * Fraction(10) ** (power - len(fraction)))


def as_expr(value: Number) -> Any:
    """Return a number as sympy has it."""
    from sympy import Rational

    return Rational(value.numerator, value.denominator) if is_rational(value) else value


_LONGEST_WRITTEN = 4300
"""Digits of a number that Python writes unless it is told otherwise, above those of any that arithmetic makes."""


def _write_long_numbers() -> None:
    """Let Python write what arithmetic here makes, where PYTHONINTMAXSTRDIGITS asks for less than its own limit.

    Formulas are written by sympy, tables by formats, JSON by its module: there is no narrower place than this. How long
    a number gets is bounded where it is made.
    """
    if 0 < getattr(sys, "get_int_max_str_digits", int)() < _LONGEST_WRITTEN:
        sys.set_int_max_str_digits(_LONGEST_WRITTEN)


_write_long_numbers()


def as_text(value: Value) -> str:
    """Return a value as exact text, formulas in Python style: ``357/500``, ``true``, ``C**2 + 1``.

    Examples
    --------
    >>> as_text(Fraction(357, 500)), as_text(True), as_text((1, 2))
    ('357/500', 'true', '[1, 2]')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(as_text(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_text(key)}: {as_text(item)}" for key, item in value.items()) + "}"
    return str(value)


def readable(value: Value) -> str:
    """Return a value as people write it in a message: like :func:`as_text`, but fractions that end as decimals.

    Examples
    --------
    >>> readable(Fraction(3, 2)), readable(Fraction(4, 7)), readable("same")
    ('1.5', '4/7', 'same')
    """
    if type(value) is Fraction and 10**6 % value.denominator == 0:
        return format(Decimal(value.numerator) / value.denominator, "f")
    return as_text(value)


def symbol(name: str, *, real: bool = False) -> Expr:
    """Return the symbol `name`: a positive whole number, or a positive real one for multipliers."""
    from sympy import Symbol

    return Symbol(name, positive=True) if real else Symbol(name, integer=True, positive=True)


@cache
def _turn_class() -> Any:
    from sympy import Dummy

    class Turn(Dummy):  # type: ignore[misc]
        """The turn of a repeat: unlike every other symbol, and written by its name alone."""

        __slots__ = ()

        def _sympystr(self, printer: object) -> str:
            return str(self.name)

        def _latex(self, printer: object) -> str:
            return str(self.name)

    return Turn


def turn_symbol(name: str) -> Expr:
    """Return a new symbol for the turns of a repeat whose count is a symbol: a whole number, at least 0."""
    return _turn_class()(name, integer=True, nonnegative=True)


def product(*factors: Number) -> Number:
    """Multiply, starting with the whole numbers."""
    result: Number = 1
    for factor in factors:
        result = result * factor
    return result


def divide(a: Number, b: Number) -> Number:
    """Divide exactly: ``6/3`` is 2, ``1/3`` is a Fraction, ``C/g`` is an expression."""
    if type(a) is int and type(b) is int:
        quotient, rest = divmod(a, b)
        return quotient if not rest else Fraction(a, b)
    return normal(a / b)


def total(values: Iterable[Number]) -> Number:
    """Add up many numbers; symbolic terms are gathered in one sum, so that work grows linearly.

    Examples
    --------
    >>> total([1, Fraction(1, 2), Fraction(1, 2)])
    2
    """
    rational: int | Fraction = 0
    symbolic: list[Expr] = []
    for value in values:
        if type(value) is int or is_rational(value):
            rational += value
        else:
            symbolic.append(value)
    if not symbolic:
        return normal(rational)
    from sympy import Add

    return expanded(Add(rational, *symbolic))


def summed(term: Number, index: Expr, first: Number, last: Number) -> Number:
    """Sum a term over ``index = first … last`` in closed form.

    Raises
    ------
    Fault
        Where the term is not a polynomial in the index.

    Examples
    --------
    >>> i, n = symbol("i"), symbol("n")
    >>> summed(2 * i, i, 0, n - 1)
    n**2 - n
    """
    if is_rational(term) or not term.has(index):
        return expanded(term * (last - first + 1))
    from sympy import Add

    parts: list[Any] = []
    for part in Add.make_args(expanded(term)):
        factor, power = part.as_independent(index, as_Add=False)
        base, exponent = power.as_base_exp()
        if base != index and power != 1:
            exponent = None
        elif power == 1:
            exponent = 0
        if exponent is None or not is_rational(normal(exponent)) or not 0 <= exponent <= _HIGHEST_POWER:
            raise Fault(
                f"the cost of one turn, {shorten(str(term))}, is not a polynomial in the turn {index}",
                expected="costs that are polynomials in the repeat's index",
                hint="give the repeat's count a number",
            )
        parts.append(factor * _power_sum(int(exponent), first, last))
    return expanded(Add(*parts))


def _power_sum(power: int, first: Number, last: Number) -> Any:
    """Return first^p + … + last^p, by Faulhaber's formula with Bernoulli's polynomials."""
    from sympy import bernoulli

    return (bernoulli(power + 1, last + 1) - bernoulli(power + 1, first)) / (power + 1)


def _term_bound(value: Any) -> int:
    """An upper bound for the number of terms that expanding `value` would make."""
    if value.is_Add:
        return sum(_term_bound(argument) for argument in value.args)
    if value.is_Mul:
        return math.prod(_term_bound(argument) for argument in value.args)
    if value.is_Pow and value.exp.is_Integer:
        count, power = _term_bound(value.base), abs(int(value.exp))
        return 1 if count == 1 else math.comb(count + power - 1, min(power, 10_000))
    return 1


def expanded(value: Number) -> Number:
    """Return a formula as a sum of products; left as it is where that would take thousands of terms."""
    simple = normal(value)
    if is_rational(simple):
        return simple
    terms = _term_bound(simple)
    if terms > _MOST_TERMS:
        return simple
    if terms > _FEW_TERMS:
        polynomial = _polynomial(simple)
        if polynomial is not None:
            return normal(polynomial.as_expr()) if len(polynomial) <= _MOST_SHOWN_TERMS else simple
        if terms > _MOST_SHOWN_TERMS:
            return simple
    return normal(simple.expand())


def ring_over(names: Sequence[Any]) -> tuple[Any, dict[Any, Any]]:
    """Return the ring of polynomials in symbols with rational coefficients, and its generators by symbol."""
    from sympy import QQ
    from sympy.polys.orderings import lex
    from sympy.polys.rings import PolyRing

    ring = PolyRing(names or ["unit"], QQ, lex)
    return ring, dict(zip(names, ring.gens, strict=False))


def _polynomial(value: Any) -> Any:
    """Return a polynomial in symbols multiplied out, as an element of a ring; None where it is no polynomial.

    It is what ``value.expand()`` makes, at a tenth of the time.
    """
    names = sorted(value.free_symbols, key=str)
    if not names or len({str(name) for name in names}) < len(names):
        return None
    ring, generators = ring_over(names)

    def element(node: Any) -> Any:
        if node.is_Symbol:
            return generators[node]
        if node.is_Rational:
            return ring.ground_new(ring.domain.from_sympy(node))
        if node.is_Add:
            parts = ring.zero
            for argument in node.args:
                parts += element(argument)
            return parts
        if node.is_Mul:
            return math.prod((element(argument) for argument in node.args), start=ring.one)
        if node.is_Pow and node.exp.is_Integer and node.exp >= 0:
            return element(node.base) ** int(node.exp)
        raise ValueError

    try:
        return element(value)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Relation:
    """A user's assumption, ``difference >= 0`` or, where `strict`, ``difference > 0``."""

    text: str
    difference: Expr
    strict: bool


@dataclass(frozen=True, slots=True)
class Ideal:
    """What must hold of symbols for a rounding that was left out to change nothing.

    Attributes
    ----------
    value : Expr
        A formula that must be a whole number; or, where `least` is given, one that must not be below it.
    least : Number, optional
    turns : tuple
        The repeats' indices that were open meanwhile, each with its first and last value.
    """

    value: Expr
    least: Number | None = None
    turns: tuple[tuple[Any, tuple[Number, Number]], ...] = ()


@dataclass(slots=True)
class Arithmetic:
    """Exact operations under one reading of rounding and one set of assumptions.

    Parameters
    ----------
    exact_rounding : bool
        False reads rounding of symbols as the textbooks do: ``round``, ``floor``, ``ceil``, ``//`` and
        ``make_divisible`` are the identity. True keeps them as functions. Numbers are always rounded.
    relations : tuple of Relation
        The user's assumptions, by which ``<`` and ``max`` of symbols are decided.

    Attributes
    ----------
    assumed : dict
        What was taken for granted about symbols, in the order in which it was met ("C ≠ O").
    ideal : dict
        Where rounding was read as the identity: at values of the symbols at which all of these hold, the ideal reading
        is exact.
    """

    exact_rounding: bool = False
    relations: tuple[Relation, ...] = ()
    assumed: dict[str, None] = field(default_factory=dict)
    ranges: dict[Any, tuple[Number, Number]] = field(default_factory=dict)
    settled: dict[str, None] = field(default_factory=dict)
    ideal: dict[Ideal, None] = field(default_factory=dict)
    steps: int = MOST_STEPS
    depth: int = 0

    def spend(self, steps: int) -> None:
        """Count work that hostile input can ask for without end; refuse more than :data:`MOST_STEPS` steps."""
        self.steps -= steps
        if self.steps < 0:
            raise Fault(
                "working this out takes too many steps",
                expected=f"at most {MOST_STEPS:,} for all that is worked out",
                hint="fewer turns, rows and calls, or shorter formulas",
            )

    @contextmanager
    def settling(self) -> Iterator[None]:
        """Note what is assumed meanwhile for good: the value is kept, even where what asked for it is taken back."""
        before, self.assumed = self.assumed, {}
        try:
            yield
        finally:
            self.settled.update(self.assumed)
            before.update(self.assumed)
            self.assumed = before

    # -- rational operations -------------------------------------------------------------------------------------

    def bounded(self, value: Number) -> Number:
        """Return `value`, or refuse it where it has more than :data:`MOST_BITS` bits."""
        if type(value) is int:
            if -_SMALL < value < _SMALL:
                return value
            self.spend(1 + (value.bit_length() >> 8))
            if -_BOUND < value < _BOUND:
                return value
        elif type(value) is Fraction:
            self.spend(1 + (max(value.numerator.bit_length(), value.denominator.bit_length()) >> 6))
            if -_BOUND < value.numerator < _BOUND and value.denominator < _BOUND:
                return value
        else:
            return self._bounded_formula(value)
        raise Fault(f"the number has more than {MOST_BITS} bits", expected="a smaller number")

    def _bounded_formula(self, value: Any) -> Number:
        nodes, depth = _extent(value)
        self.spend(20 + nodes // 4)
        if nodes > _MOST_NODES:
            raise Fault("the formula is too large", expected="fewer terms and factors")
        if depth > _DEEPEST_FORMULA:
            raise Fault("the formula is nested too deeply", expected="fewer fractions and functions in one another")
        if not value.free_symbols and (value.is_real is False or value.is_finite is False):
            raise Fault(f"{shorten(str(value))} is no real number", expected="a real number")
        return value

    def sized(self, value: Value) -> Value:
        """Return `value`, or refuse it where a formula of it would be too large to calculate with.

        What a user gives for a parameter, a layer's attributes and its shapes must have few terms and small
        exponents, because costs are products of them.
        """
        if not is_symbolic(value):
            return value
        self.spend(20)
        if value.is_Add and any(not part.is_Atom for term in value.args for part in term.args):
            value = expanded(value)  # what cancels is not seen before
            if is_rational(value):
                return value
        if _extent(value)[0] > _LARGEST_VALUE or _term_bound(value) > _LARGEST_VALUE:
            raise Fault("the formula is too large", expected=f"at most {_LARGEST_VALUE} terms when multiplied out")
        for power in value.atoms(_pow_class()):
            exponent = power.exp
            if exponent.is_number and not (exponent.is_Rational and abs(exponent.p) <= _HIGHEST_EXPONENT):
                large = abs(exponent) > _HIGHEST_EXPONENT
            else:
                large = any(inner.exp.free_symbols for inner in exponent.atoms(_pow_class()))
                large = large or any(abs(number) > _HIGHEST_EXPONENT for number in exponent.atoms() if number.is_number)
            if large:
                raise Fault("the exponent of a formula is too large", expected=f"at most {_HIGHEST_EXPONENT}")
        return value

    def add(self, a: Number, b: Number) -> Number:
        """Return a + b."""
        return self.bounded(normal(a + b))

    def subtract(self, a: Number, b: Number) -> Number:
        """Return a - b."""
        return self.bounded(normal(a - b))

    def multiply(self, a: Number, b: Number) -> Number:
        """Return a * b."""
        return self.bounded(normal(a * b))

    def divide(self, a: Number, b: Number) -> Number:
        """Return a / b, exactly."""
        self._refuse_zero(b)
        return self.bounded(divide(a, b))

    def floor_divide(self, a: Number, b: Number) -> Number:
        """Return ⌊a / b⌋; a / b for symbols in the ideal reading."""
        self._refuse_zero(b)
        if is_rational(a) and is_rational(b):
            return a // b
        return self.floor(divide(a, b))

    def modulo(self, a: Number, b: Number) -> Number:
        """Return a mod b; 0 for symbols in the ideal reading, where all that is divided divides."""
        self._refuse_zero(b)
        if is_rational(a) and is_rational(b):
            return normal(a % b)
        quotient = divide(a, b)
        whole = math.floor(quotient) if is_rational(quotient) else self._floor_of_symbols(quotient)
        if whole is not None:
            return self.subtract(a, self.multiply(whole, b))
        if self.exact_rounding:
            from sympy import Mod

            return normal(Mod(a, b))
        self.assumed[f"{b} divides {a}"] = None
        self.take_as_whole(quotient)
        return 0

    def power(self, a: Number, b: Number) -> Number:
        """Return a ** b; refused where the result would have more than :data:`MOST_BITS` bits."""
        if is_rational(a) and is_rational(b):
            if a == 0 and b < 0:
                raise Fault("division by zero", expected="a divisor other than 0")
            size = max(abs(a.numerator), a.denominator).bit_length()
            exponent = Fraction(b)
            if size > 1 and abs(exponent) * (size - 1) > MOST_BITS:
                raise Fault("the power is too large", expected=f"at most {MOST_BITS} bits", hint="a smaller exponent")
            if type(b) is int:
                return self.bounded(normal(Fraction(a) ** b))
            if a < 0:
                raise Fault(f"a negative number has no real power {b}", expected="a base above 0")
            if exponent.denominator * size > MOST_BITS:
                return self.bounded(normal(_fine_power(Fraction(a), exponent)))
        elif is_rational(b) and abs(Fraction(b)) > _HIGHEST_EXPONENT:
            raise Fault("the exponent of a formula is too large", expected=f"at most {_HIGHEST_EXPONENT}")
        if not is_rational(b):
            self.sized(b)
        if self.sign(b) == -1:
            self._refuse_zero(a)
        return self.bounded(normal(as_expr(a) ** as_expr(b)))

    def sqrt(self, a: Number) -> Number:
        """Return √a; exact for squares, otherwise an irrational constant."""
        if is_rational(a):
            if a < 0:
                raise Fault(f"{a} has no real square root", expected="at least 0")
            top, bottom = math.isqrt(a.numerator), math.isqrt(a.denominator)
            if top * top == a.numerator and bottom * bottom == a.denominator:
                return normal(Fraction(top, bottom))
        self.spend(_IRRATIONAL_STEPS)
        from sympy import sqrt

        return self.bounded(normal(sqrt(a)))

    def log(self, x: Number, base: Number) -> Number:
        """Return the logarithm of x to `base`: rational where it is (log(8, 4) = 3/2), else irrational."""
        if self.decide(x, strict=True) is False:
            raise Fault(f"{shorten(str(x))} has no logarithm", expected="a positive number")
        if self.decide(base, strict=True) is False or base == 1:
            raise Fault(f"{shorten(str(base))} is no base of a logarithm", expected="a positive number other than 1")
        if is_rational(x) and is_rational(base):
            ratio = _rational_log(Fraction(x), Fraction(base))
            if ratio is not None:
                return normal(ratio)
        self.spend(_IRRATIONAL_STEPS)
        return self.bounded(_irrational_log(x, base))

    def absolute(self, a: Number) -> Number:
        """Return the absolute value of a."""
        if is_rational(a):
            return abs(a)
        return a if self.at_least(a, 0) else normal(-a)

    def _refuse_zero(self, value: Number) -> None:
        if is_rational(value):
            if value == 0:
                raise Fault("division by zero", expected="a divisor other than 0")
        elif not plain_sign(value) and (expanded(value) == 0 or value.is_zero):
            raise Fault("division by zero", expected="a divisor other than 0")

    # -- rounding ------------------------------------------------------------------------------------------------

    def take_as_whole(self, value: Number, least: Number | None = None) -> None:
        """Note that a formula is read as a whole number (or as not below `least`), so that nothing is rounded."""
        if is_symbolic(value) and value.free_symbols and (least is not None or not value.is_integer):
            if least is None and value.could_extract_minus_sign():
                value = -value
            turns = tuple((turn, ends) for turn, ends in self.ranges.items() if value.has(turn))
            self.ideal[Ideal(value, least, turns)] = None

    def floor(self, x: Number) -> Number:
        """Return the greatest whole number ≤ x; x itself for symbols in the ideal reading."""
        if type(x) is int:
            return x
        if type(x) is Fraction:
            return x.__floor__()
        whole = self._floor_of_symbols(x)
        if whole is not None:
            return whole
        if self.exact_rounding:
            from sympy import floor

            return normal(floor(x))
        self.take_as_whole(x)
        return x

    def _floor_of_symbols(self, x: Any) -> Number | None:
        """Return ⌊x⌋ where x, which is not rational, is a constant; None where the reading of rounding decides.

        The turn of a repeat is a number of which all values occur, so rounding of it alone is not read as the identity.
        """
        if not x.free_symbols:
            self.spend(_IRRATIONAL_STEPS)
            return _proven_floor(x)
        if self.ranges and x.free_symbols <= self.ranges.keys() and not x.is_integer:
            raise UndecidedTurn(next(turn for turn in reversed(self.ranges) if x.has(turn)))
        return None

    def ceil(self, x: Number) -> Number:
        """Return the least whole number ≥ x; x itself for symbols in the ideal reading."""
        if self.exact_rounding and is_symbolic(x) and x.free_symbols - self.ranges.keys():
            from sympy import ceiling

            return normal(ceiling(x))
        return normal(-self.floor(normal(-x)))

    def bytes(self, elements: Number, bits: int) -> Number:
        """Return the bytes that elements of so many bits take, packed together: the last byte is a whole one.

        Examples
        --------
        >>> Arithmetic().bytes(9, 4), Arithmetic().bytes(9, 32)
        (5, 36)
        """
        size = divide(elements * bits, 8)
        return size if bits % 8 == 0 else self.ceil(size)

    def round(self, x: Number) -> Number:
        """Round half up; x itself for symbols in the ideal reading."""
        if type(x) is int or self._as_it_is(x) or (is_symbolic(x) and x.is_integer):
            self.take_as_whole(x)
            return x
        return self.floor(normal(x + Fraction(1, 2)))

    def _as_it_is(self, *values: Number) -> bool:
        """Tell whether rounding of these is the identity: for symbols other than turns, in the ideal reading."""
        return not self.exact_rounding and any(
            is_symbolic(value) and value.free_symbols - self.ranges.keys() for value in values
        )

    def round_even(self, x: Number) -> Number:
        """Round half to even; x itself for symbols in the ideal reading."""
        if is_rational(x):
            return round(x)
        if x.is_integer:
            return x
        whole = self._floor_of_symbols(x + _half())
        if whole is not None:
            return whole
        if not self.exact_rounding:
            self.take_as_whole(x)
            return x
        from sympy import Eq, Mod, Piecewise, floor

        up = floor(x + _half())
        tie = Eq(Mod(x + _half(), 2), 1)  # x = 2n + 1/2: the even neighbour is below
        return normal(Piecewise((up - 1, tie), (up, True)))

    def make_divisible(self, x: Number, divisor: Number, limit: Number, least: Number) -> Number:
        """Round x to the nearest multiple of `divisor`, at least `least`, never below ``limit * x``.

        The rule of MobileNetV2's reference code: half-way cases go up; one divisor more where rounding down lost
        more than ``1 - limit`` of x. The identity for symbols in the ideal reading.

        For symbols it is d·max(l/d, ⌊x/d + 1/2⌋, ⌈limit·x/d⌉) where limit ≤ 1 and l is a multiple of the divisor d:
        what is nearest lies less than one divisor below x, so that the first multiple from limit·x on is the next one
        wherever the nearest one is below it.
        """
        if self._as_it_is(x, divisor):
            self.take_as_whole(divide(x, divisor))
            self.take_as_whole(x, least)
            return x
        multiples = divide(least, divisor)
        short = is_rational(limit) and 0 <= limit <= 1 and is_whole(multiples) and multiples >= 0
        if short and is_symbolic(x) and x.free_symbols:
            nearest = self.floor_divide(self.add(x, divide(divisor, 2)), divisor)
            if as_expr(divide(x, divisor)).is_integer:  # and from limit·x on it is the first one
                return self.multiply(divisor, self.largest((multiples, nearest)))
            from sympy import ceiling

            enough = ceiling(divide(self.multiply(limit, x), divisor))
            return self.multiply(divisor, self.largest((multiples, nearest, enough)))
        multiple = self.multiply(self.floor_divide(self.add(x, divide(divisor, 2)), divisor), divisor)
        rounded = self.largest((least, multiple))
        if is_rational(rounded) and is_rational(x) and is_rational(limit):
            return normal(rounded + divisor if rounded < limit * x else rounded)
        from sympy import Piecewise

        return normal(Piecewise((rounded + divisor, rounded < limit * x), (rounded, True)))

    # -- comparison ----------------------------------------------------------------------------------------------

    def equal(self, a: Value, b: Value) -> bool:
        """Tell whether a and b are equal; formulas that are not identical are taken to differ, and it is noted."""
        if isinstance(a, tuple) and isinstance(b, tuple):
            self.spend(1 + len(a) // 2)
            return len(a) == len(b) and all(self.equal(x, y) for x, y in zip(a, b, strict=True))
        if isinstance(a, dict) and isinstance(b, dict):
            self.spend(1 + len(a) // 2)
            return a.keys() == b.keys() and all(self.equal(item, b[key]) for key, item in a.items())
        if isinstance(a, (bool, str, tuple, dict)) or isinstance(b, (bool, str, tuple, dict)):
            return type(a) is type(b) and a == b
        if is_rational(a) and is_rational(b):
            return a == b
        difference = expanded(a - b)
        if is_rational(difference):
            return difference == 0
        turns = [turn for turn in self.ranges if difference.has(turn)]
        sign = self.sign(difference)
        if sign in (-1, 1):
            return False
        if turns:
            raise UndecidedTurn(turns[-1])
        if difference.is_zero:
            return True
        if not difference.free_symbols:
            raise Fault(f"whether {shorten(str(a))} equals {shorten(str(b))} is open", expected="simpler numbers")
        if self.relations and self._certain(difference, strict=False) and self._certain(-difference, strict=False):
            return True
        points = _points(self.relations, difference.free_symbols)
        if points and all(_value_at(difference, point) == 0 for point in points):
            raise Fault(
                f"whether {shorten(str(a))} equals {shorten(str(b))} is open: they are equal wherever it was tried",
                expected="numbers, or an assumption that decides it",
                hint=to_assume((a, ">", b), (a, "<", b)),
            )
        if f"{b} ≠ {a}" not in self.assumed:
            self.assumed[f"{a} ≠ {b}"] = None
        return False

    def at_least(self, a: Number, b: Number) -> bool:
        """Tell whether a ≥ b; an error that asks for an assumption where that is open."""
        return self._ordered(a, b, (a, ">=", b), (a, "<", b), strict=False)

    def suppose(self, a: Number, sign: str, b: Number) -> None:
        """Take it that a > b, or a ≥ b, and note it where it is open; a Fault where it is surely not so."""
        difference = expanded(a - b)
        known = self.decide(difference, strict=sign == ">")
        if known is False:
            raise Fault(f"{as_text(a)} is not {sign} {as_text(b)}", expected=f"{as_text(a)} {sign} {as_text(b)}")
        if known is None:
            self.assumed[bounded(difference, sign)] = None

    def greater(self, a: Number, b: Number) -> bool:
        """Tell whether a > b; an error that asks for an assumption where that is open."""
        return self._ordered(a, b, (a, ">", b), (a, "<=", b), strict=True)

    def at_most(self, a: Number, b: Number) -> bool:
        """Tell whether a ≤ b; an error that asks for an assumption where that is open."""
        return self._ordered(b, a, (a, "<=", b), (a, ">", b), strict=False)

    def less(self, a: Number, b: Number) -> bool:
        """Tell whether a < b; an error that asks for an assumption where that is open."""
        return self._ordered(b, a, (a, "<", b), (a, ">=", b), strict=True)

    def _ordered(self, a: Number, b: Number, claim: Claimed, opposite: Claimed, *, strict: bool) -> bool:
        if is_rational(a) and is_rational(b):
            return a > b if strict else a >= b
        difference = normal(a - b)
        answer = self.decide(difference, strict=strict)
        if answer is not None:
            return answer
        for turn in self.ranges:
            if is_symbolic(difference) and difference.has(turn):
                raise UndecidedTurn(turn)
        raise Fault(
            f"whether {claim[0]} {claim[1]} {claim[2]} is not known",
            expected="numbers, or an assumption that decides it",
            hint=to_assume(claim, opposite),
        )

    def decide(self, difference: Number, *, strict: bool) -> bool | None:
        """Tell whether `difference` is > 0 (`strict`) or ≥ 0; None where that is open."""
        if is_rational(difference):
            return difference > 0 if strict else difference >= 0
        if self.relations:
            settled = _by_a_relation(difference, strict, self.relations)
            if settled is not None:
                return settled
        if self._certain(difference, strict=strict):
            return True
        if self._certain(-difference, strict=not strict):
            return False
        return None

    def excludes(self, relation: Relation) -> bool:
        """Tell whether the assumptions are proven to leave no room for one more."""
        if _points((*self.relations, relation), relation.difference.free_symbols):
            return False  # there is a point at which all of them hold
        return self.decide(relation.difference, strict=relation.strict) is False

    def sign(self, value: Number) -> int | None:
        """Return 1, 0 or -1 where the sign of `value` is certain, None where it is open."""
        if is_rational(value):
            return (value > 0) - (value < 0)
        if self._certain(value, strict=True):
            return 1
        if self._certain(-value, strict=True):
            return -1
        return None

    def _certain(self, value: Any, *, strict: bool) -> bool:
        """Prove value > 0 (or ≥ 0) from the symbols' ranges and the assumptions; False proves nothing."""
        plain = plain_sign(value)
        if plain:
            return plain > 0
        return not self._fails_somewhere(value, strict=strict) and self._proved(value, strict=strict)

    def _proved(self, value: Any, *, strict: bool) -> bool:
        """Prove what no point was found to refute."""
        if not self.relations and not self.ranges:
            value = _with_rounding_named(value)
        known = None  # sympy asks this of every term of a long sum, and learns nothing
        if len(value.args) <= _FEW_TERMS:
            known = value.is_positive if strict else value.is_nonnegative
        if known:
            return True
        if known is False and not self.relations and not self.ranges:
            return False
        from sympy import fraction, together

        whole = all(power.exp.is_positive for power in value.atoms(_pow_class()))
        top, bottom = (value, as_expr(1)) if whole else fraction(together(value))
        if not bottom.is_number:
            return self._certain(bottom, strict=True) and self._certain(top, strict=strict)
        if not bottom.is_positive:
            return False
        top = expanded(top)
        if is_rational(top):
            return top > 0 if strict else top >= 0
        top = _without_common_factors(top)
        tries = [_MOST_TRIES]
        shown = _shown_positive(top, self._bounds(), strict=strict, tries=tries)
        if self.ranges:
            self.spend(_STEPS_OF_A_TRY * (_MOST_TRIES - tries[0]))
        return shown

    def _fails_somewhere(self, value: Any, *, strict: bool) -> bool:
        """Tell whether a formula is below 0 (or 0) at a point that the assumptions allow: no proof need be sought."""
        if any(value.has(turn) for turn in self.ranges):
            return False
        return any(
            at < 0 or (strict and at == 0)
            for point in _points(self.relations, value.free_symbols)
            if (at := _value_at(value, point)) is not None
        )

    def _bounds(self) -> list[tuple[Any, ...]]:
        """Return the ways to write a symbol as a bound plus or minus something that is not negative.

        Each entry holds the alternatives that one range's end or one assumption gives: pairs of a symbol and what it
        equals.
        """
        from sympy import Dummy

        bounds: list[tuple[Any, ...]] = []
        for turn, (first, last) in self.ranges.items():
            bounds.append(((turn, first + Dummy(nonnegative=True)),))
            bounds.append(((turn, last - Dummy(nonnegative=True)),))
        bounds += (_bound(relation) for relation in self.relations)
        return bounds

    def largest(self, values: tuple[Number, ...]) -> Number:
        """Return the greatest of several numbers."""
        return self._extreme(values, "Max", lambda a, b: self.decide(normal(a - b), strict=False))

    def smallest(self, values: tuple[Number, ...]) -> Number:
        """Return the least of several numbers."""
        return self._extreme(values, "Min", lambda a, b: self.decide(normal(b - a), strict=False))

    def undominated(self, values: Iterable[Number]) -> list[Number]:
        """Return those of some formulas that none of the others is proved to reach everywhere.

        At a few points their values are compared first, so that a proof is sought only where it may exist.
        """
        kept: dict[Number, tuple[Fraction | None, ...]] = {}
        distinct = [as_expr(value) for value in dict.fromkeys(values)]
        points = _points(self.relations, {name for value in distinct for name in value.free_symbols})
        for value in distinct:
            here = tuple(_value_at(value, point) for point in points)
            if any(self._reaches(other, there, value, here) for other, there in kept.items()):
                continue
            kept = {other: there for other, there in kept.items() if not self._reaches(value, here, other, there)}
            kept[value] = here
        return [normal(value) for value in kept]

    def _reaches(self, a: Any, at: tuple[Fraction | None, ...], b: Any, there: tuple[Fraction | None, ...]) -> bool:
        """Prove a ≥ b; the values of both at some points may tell that it is false."""
        if any(one is not None and other is not None and one < other for one, other in zip(at, there, strict=True)):
            return False
        difference = normal(a - b)
        if is_rational(difference):
            return difference >= 0
        settled = _by_a_relation(difference, False, self.relations) if self.relations else None
        return plain_sign(difference) > 0 or self._proved(difference, strict=False) if settled is None else settled

    def _extreme(self, values: tuple[Number, ...], name: str, wins: Callable[[Number, Number], bool | None]) -> Number:
        best: list[Number] = []
        for value in values:
            self._contend(best, value, name, wins)
        if len(best) == 1:
            return best[0]
        import sympy

        kind = getattr(sympy, name)
        parts = [part for value in best for part in kind.make_args(as_expr(value))]
        return kind(
            *parts, evaluate=False
        )  # sympy would seek a simpler form, for minutes where rounded is rounded again

    def _contend(
        self, best: list[Number], value: Number, name: str, wins: Callable[[Number, Number], bool | None]
    ) -> None:
        """Put a value among those of which none is known to be beyond the others."""
        for other in tuple(best):
            first = wins(other, value)
            if first:
                return
            if first is False or wins(value, other):  # as `alpha >= 1` decides for alpha, but not against 1
                best.remove(other)
                continue
            for turn in self.ranges:
                if any(is_symbolic(side) and side.has(turn) for side in (other, value)):
                    raise UndecidedTurn(turn)
            if not self.exact_rounding:
                one, two = (value, other) if is_rational(other) else (other, value)
                raise Fault(
                    f"{name.lower()}({other}, {value}) is not decided",
                    expected="numbers, or an assumption that decides it",
                    hint=to_assume((one, "<=", two), (one, ">=", two)),
                )
        best.append(value)


Claimed: TypeAlias = "tuple[Number, str, Number]"
"""One number, how it is compared, and another."""

_LONGEST_SUGGESTION = 180


def to_assume(*claims: Claimed) -> str:
    """Return the options that assume one of some comparisons; numbers instead where a user could not write them.

    Examples
    --------
    >>> to_assume((symbol("C"), ">=", 8), (symbol("C"), "<", 8))
    "--assume 'C >= 8' or --assume 'C < 8'"
    """
    texts = [f"{_typed(left)} {sign} {_typed(right)}" for left, sign, right in claims]
    if any(not _typed(side) for left, _, right in claims for side in (left, right)) or (
        max(map(len, texts)) > _LONGEST_SUGGESTION
    ):
        names = {str(name) for claim in claims for side in claim[::2] for name in getattr(side, "free_symbols", ())}
        return f"numbers for {listed(sorted(names))}"
    return " or ".join(f"--assume '{text}'" for text in texts)


def _typed(value: Number) -> str:
    """Return a number as a user can give it; nothing where the language of expressions has no words for it."""
    if is_rational(value):
        return str(value)
    from sympy import Function, NumberSymbol, Piecewise
    from sympy.core.function import Application

    words = {"floor": "floor", "ceiling": "ceil", "Max": "max", "Min": "min"}
    if value.atoms(NumberSymbol, Piecewise) or any(
        type(part).__name__ not in words for part in value.atoms(Application, Function)
    ):
        return ""
    return re.sub(r"\b(ceiling|Max|Min)\(", lambda match: f"{words[match[1]]}(", str(value))


class UndecidedTurn(Fault):
    """A condition depends on the turn of a symbolic repeat; the builder takes that turn by itself and asks again."""

    def __init__(self, turn: Expr) -> None:
        super().__init__(
            f"a condition depends on the turn {turn} of a repeat whose count is a symbol",
            expected="conditions that single out the first or the last turns",
            hint="give the repeat's count a number",
        )
        self.turn = turn


@lru_cache(maxsize=1024)
def _bound(relation: Relation) -> tuple[Any, ...]:
    """Return what each symbol of an assumption equals, by something that is not negative."""
    from sympy import Dummy

    slack = Dummy(positive=True) if relation.strict else Dummy(nonnegative=True)
    alternatives = []
    for name in sorted(relation.difference.free_symbols, key=str):
        factor = relation.difference.coeff(name, 1)
        rest = relation.difference - factor * name
        if factor.is_number and factor != 0 and not rest.has(name):
            alternatives.append((name, (slack - rest) / factor))
    return tuple(alternatives)


def _by_a_relation(difference: Number, strict: bool, relations: tuple[Relation, ...]) -> bool | None:
    """Decide a difference that is an assumption's own, or its opposite, but for a number."""
    least = _least_by_form(relations)
    for sign in (1, -1):
        number, form = _parted(expanded(sign * difference))
        for bound, sharp in least.get(form, ()):  # sign·difference ≥ number - bound, or > where it is sharp
            gap = number - bound
            wanted = strict if sign == 1 else not strict
            if gap > 0 or (gap == 0 and (sharp or not wanted)):
                return sign == 1
    return None


def _parted(value: Number) -> tuple[int | Fraction, Any]:
    """Return a formula's number and what stands beside it."""
    if is_rational(value):
        return value, None
    number, form = value.as_coeff_Add(rational=True)
    return cast("int | Fraction", normal(number)), form


@lru_cache(maxsize=64)
def _least_by_form(relations: tuple[Relation, ...]) -> dict[Any, list[tuple[int | Fraction, bool]]]:
    """Return the numbers of assumptions by the form that they bound from below."""
    found: dict[Any, list[tuple[int | Fraction, bool]]] = {}
    for relation in relations:
        number, form = _parted(expanded(relation.difference))
        found.setdefault(form, []).append((number, relation.strict))
    return found


_SIZES = (1, 2, 3, 7, 40, 1000)
_MOST_POINTS = 12
_POINTS_TRIED = 60


def _points(relations: tuple[Relation, ...], names: Iterable[Any]) -> tuple[dict[Any, Fraction], ...]:
    """Return points of positive symbols at which all the assumptions hold; none where none is found quickly."""
    return _points_of(relations, tuple(sorted(names, key=str)))


@lru_cache(maxsize=1024)
def _points_of(relations: tuple[Relation, ...], names: tuple[Any, ...]) -> tuple[dict[Any, Fraction], ...]:
    every = sorted({*names, *(name for relation in relations for name in relation.difference.free_symbols)}, key=str)
    if not all(name.is_positive for name in every):
        return ()
    found: list[dict[Any, Fraction]] = []
    for number in range(_POINTS_TRIED):
        draw = Random(number)  # noqa: S311 - the same points every time
        scale = (1, 1, 50, 2000)[number % 4]
        point = {name: Fraction(draw.choice(_SIZES) * (1 if draw.random() < 0.5 else scale)) for name in every}
        if number % 3 == 0:  # chains of assumptions hold where all that they speak of is alike
            one = Fraction(draw.choice(_SIZES))
            point.update((name, one) for relation in relations for name in relation.difference.free_symbols)
        if number % 2:
            point = {name: at if name.is_integer else 1 / at for name, at in point.items()}
        values = (_value_at(relation.difference, point) for relation in relations)
        if all(
            at is not None and (at > 0 or (at == 0 and not relation.strict))
            for at, relation in zip(values, relations, strict=True)
        ):
            found.append(point)
            if len(found) == _MOST_POINTS:
                break
    return tuple(found)


def _value_at(value: Any, point: Mapping[Any, Fraction]) -> Fraction | None:
    """Return what a formula of sums, products, whole powers and rounding is at a point; None for any other."""
    if value.is_Symbol:
        return point.get(value)
    if value.is_Rational:
        return Fraction(int(value.p), int(value.q))
    if value.is_Pow and value.exp.is_Integer and abs(value.exp) <= _HIGHEST_POWER:
        base = _value_at(value.base, point)
        return None if not base else base ** int(value.exp)
    if type(value).__name__ in _ROUNDING:
        inner = _value_at(value.args[0], point)
        return inner if inner is None else Fraction(_ROUNDING[type(value).__name__](inner))
    if type(value).__name__ in _EXTREMES:
        parts = [_value_at(argument, point) for argument in value.args]
        known = [part for part in parts if part is not None]
        return None if len(known) < len(parts) else _EXTREMES[type(value).__name__](known)
    if not (value.is_Add or value.is_Mul):
        return None
    result = Fraction(int(value.is_Mul))
    for argument in value.args:
        part = _value_at(argument, point)
        if part is None:
            return None
        result = result + part if value.is_Add else result * part
    return result


@cache
def _pow_class() -> Any:
    from sympy import Pow

    return Pow


def _extent(value: Any) -> tuple[int, int]:
    """Return how many operators and operands a formula has, and how deeply fractions and functions stand in others.

    Sympy takes a time that doubles with every fraction in a fraction.
    """
    count = deepest = 0
    waiting = [(value, 0)]
    while waiting and count <= _MOST_NODES:
        node, depth = waiting.pop()
        count += 1
        if node.is_Function:
            depth += 1
        elif node.is_Pow and not (node.exp.is_Integer and node.exp > 0) and not node.base.is_Atom:
            depth += 2
        deepest = max(deepest, depth)
        waiting.extend((argument, depth) for argument in node.args)
    return count, deepest


@lru_cache(maxsize=4096)
def _with_rounding_named(value: Any) -> Any:
    """Return a formula with a symbol for each floor, ceiling and extreme, as whole and positive as that is known to be.

    What holds for all such symbols holds for the formula, and sympy answers at once, where it takes a tenth of a second
    for one that rounds what is rounded already. A positive whole symbol is written as 1 and one that is not negative.
    """
    if value.is_Symbol:
        return 1 + _at_least_zero(value) if value.is_integer and value.is_positive else value
    if value.is_Atom:
        return value
    arguments = tuple(_with_rounding_named(argument) for argument in value.args)
    kind = type(value).__name__
    if kind in _EXTREMES:
        return _named(value.func(*arguments, evaluate=False))
    inner = value.func(*arguments)
    if kind not in _ROUNDING:
        return inner
    return inner.xreplace({one: _named(one) for one in inner.atoms(type(value))})


_ROUNDING: Mapping[str, Callable[[Fraction], int]] = {"floor": math.floor, "ceiling": math.ceil}
_EXTREMES: Mapping[str, Callable[[Iterable[Fraction]], Fraction]] = {"Max": max, "Min": min}


@lru_cache(maxsize=4096)
def _named(value: Any) -> Any:
    if value.is_nonnegative:
        rest = _at_least_zero(value)
        return 1 + rest if value.is_integer and value.is_positive else rest
    from sympy import Dummy

    return Dummy(integer=value.is_integer, real=True)


@lru_cache(maxsize=4096)
def _at_least_zero(value: Any) -> Any:
    from sympy import Dummy

    return Dummy(integer=value.is_integer, nonnegative=True)


def _half() -> Any:
    return as_expr(Fraction(1, 2))


def _without_common_factors(value: Any) -> Any:
    """Divide a sum by the positive symbols that are factors of every term, which leaves its sign as it is."""
    from sympy import Add, Mul

    parts = Add.make_args(value)
    powers = [part.as_powers_dict() for part in parts]
    common = Mul(
        *(
            base ** min(power[base] for power in powers)
            for base in powers[0]
            if base.is_Symbol and base.is_positive and all(base in power and power[base].is_Integer for power in powers)
        )
    )
    return value if common == 1 else Add(*(part / common for part in parts))


def _shown_positive(value: Any, bounds: list[tuple[Any, ...]], *, strict: bool, tries: list[int]) -> bool:
    """Prove value > 0 (or ≥ 0), writing its symbols by their bounds, each bound used once, until no term is negative.

    Every positive whole symbol is at least 1. `tries` holds how many attempts are left.
    """
    from sympy import Dummy

    tries[0] -= 1
    least = {
        name: 1 + Dummy(nonnegative=True)
        for name in value.free_symbols
        if name.is_integer and name.is_positive and not isinstance(name, Dummy)
    }
    if _positive_coefficients(value.subs(least, simultaneous=True), strict=strict):
        return True
    for index, alternatives in enumerate(bounds):
        for name, equal in alternatives:
            if tries[0] <= 0:
                return False
            if value.has(name):
                rest = bounds[:index] + bounds[index + 1 :]
                if _shown_positive(value.subs(name, equal), rest, strict=strict, tries=tries):
                    return True
    return False


def plain_sign(value: Any) -> int:
    """Return the sign of a formula that shows it: of products, powers and sums of like signs; 0 where it does not."""
    if value.is_Rational:
        return int(value.p > 0) - int(value.p < 0)
    if value.is_Symbol:
        return 1 if value.is_positive else 0
    if value.is_Mul:
        return math.prod(plain_sign(factor) for factor in value.args)
    if value.is_Pow:
        return 1 if plain_sign(value.base) > 0 and value.exp.is_real else 0
    if value.is_Add:
        signs = {plain_sign(term) for term in value.args}
        return signs.pop() if len(signs) == 1 else 0
    return 0


def _positive_coefficients(value: Any, *, strict: bool) -> bool:
    """Tell whether a polynomial in nonnegative symbols has no negative coefficient (and a positive part)."""
    terms = expanded(value)
    if is_rational(terms):
        return bool(terms > 0 if strict else terms >= 0)
    parts = terms.args if terms.is_Add else (terms,)
    if not all(part.is_nonnegative for part in parts):
        return False
    return not strict or any(part.is_positive for part in parts)


def _fine_power(base: Fraction, exponent: Fraction) -> Any:
    """Return a positive base to the power of a fraction with a large denominator, each factor to a power of its own.

    Sympy draws such factors under one root, where 2^(9/11)·5^(7/11) is the 11th root of 2⁹·5⁷, and a denominator of
    10⁸ would make a number of 10⁸ digits.
    """
    from sympy import Integer, Mul, Pow

    rational = Fraction(1)
    roots = []
    for number, sign in ((base.numerator, 1), (base.denominator, -1)):
        for factor, times in Integer(number).factors(limit=2**15).items():
            power = sign * int(times) * exponent
            rational *= Fraction(int(factor)) ** math.floor(power)
            roots.append(Pow(int(factor), as_expr(power - math.floor(power))))
    return Mul(as_expr(rational), *roots)


def _rational_log(x: Fraction, base: Fraction) -> Fraction | None:
    """Return log_base(x) where it is rational; None where it is not.

    It is rational where x and base are powers of one number. Euclid's algorithm on their exponents finds it: as long
    as both are powers r^m and r^n with m ≥ n, the one's numerator and denominator divide by the other's.
    """
    if x == 1:
        return Fraction(0)
    if x < 1 or base < 1:
        inner = _rational_log(1 / x if x < 1 else x, 1 / base if base < 1 else base)
        return None if inner is None else inner * (-1 if (x < 1) is not (base < 1) else 1)
    quotients: list[int] = []
    while x != 1:
        quotient = 0
        while x >= base:
            if x.numerator % base.numerator or x.denominator % base.denominator:
                return None
            x, quotient = x / base, quotient + 1
        quotients.append(quotient)
        x, base = base, x
        if base == 1:
            break
    result = Fraction(quotients.pop())
    while quotients:
        result = quotients.pop() + 1 / result
    return result


@lru_cache(maxsize=4096)
def _irrational_log(x: Number, base: Number) -> Number:
    from sympy import expand_log, log

    return normal(expand_log(log(x)) / expand_log(log(base)))


@lru_cache(maxsize=4096)  # the networks of a search round the same constants again and again
def _proven_floor(value: Any) -> int:
    """Return ⌊value⌋ of an irrational constant, proven by interval arithmetic of growing precision."""
    from mpmath.ctx_iv import MPIntervalContext
    from mpmath.libmp import round_floor, to_int

    value = expanded(value)
    if is_rational(value):
        return math.floor(value)
    context = MPIntervalContext()
    for precision in (64, 256, 1024, 4096):
        context.prec = precision
        low, high = (to_int(end, round_floor) for end in _interval(value, context)._mpi_)
        if low == high:
            return int(low)
    raise Fault(
        f"whether {shorten(str(value))} reaches a whole number is not decided within {precision} bits",
        expected="a value that is not so near to a whole number",
    )


def proven_sign(value: Any) -> int | None:
    """Return the sign of an irrational constant, 1 or -1, proven by interval arithmetic; None where it stays open.

    Examples
    --------
    >>> from sympy import sqrt
    >>> proven_sign(sqrt(2) + sqrt(3) - sqrt(10))
    -1
    """
    from mpmath.ctx_iv import MPIntervalContext

    context = MPIntervalContext()
    for precision in (64, 256, 1024, 4096):
        context.prec = precision
        try:
            enclosed = _interval(value, context)
            if enclosed > 0:
                return 1
            if enclosed < 0:
                return -1
        except (Fault, ArithmeticError, ValueError):
            return None
        except TypeError:  # a complex interval has no order
            return None
    return None


def _interval(value: Any, context: Any) -> Any:
    """Enclose a constant built of rationals, sums, products, powers and logarithms."""
    if value.is_Rational:
        return context.mpf(int(value.p)) / context.mpf(int(value.q))
    parts = [_interval(argument, context) for argument in value.args]
    name = type(value).__name__
    if name == "Add":
        return sum(parts[1:], parts[0])
    if name == "Mul":
        return math.prod(parts[1:], start=parts[0])
    if name == "Pow":
        return parts[0] ** parts[1]
    if name == "log":
        return context.log(parts[0])
    if name == "exp":
        return context.exp(parts[0])
    raise Fault(f"{shorten(str(value))} cannot be rounded", expected="rationals, powers, roots and logarithms")
