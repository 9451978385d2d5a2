"""One exact analysis on traced numbers: the totals of a network as polynomials, and the conditions under which."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, cast

from flopcalc.analysis import analyze_spec
from flopcalc.binding import bind
from flopcalc.building import MOST_LAYERS, Built, Checks, build
from flopcalc.convention import Convention
from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, FlopcalcError, ParameterError, Place, Problem, shallow
from flopcalc.layers import Shape
from flopcalc.metrics import COUNTED, SWEPT, nothing_below, parts_of
from flopcalc.metrics import METRICS as KNOWN
from flopcalc.number import Arithmetic, Number, Recorded, Value, divide, is_rational, is_symbolic, settled
from flopcalc.report import GraphCounts
from flopcalc.spec.model import Spec
from flopcalc.sweeps.recorded import Condition, Polynomial, Rational, Tape, Traced, Unrecordable, added

__all__ = ["METRICS", "Domain", "Problem", "Setting", "Trace", "analysed", "for_metrics", "trace"]

METRICS = SWEPT
"""What a sweep can compute, each as a single analysis does."""


@dataclass(frozen=True, slots=True)
class Domain:
    """What a parameter may be: numerators from `low` to `high` over a denominator, or indices into words."""

    low: int
    high: int
    denominator: int = 1
    words: tuple[Value, ...] = ()

    def value(self, numerator: int) -> Value:
        """Return the value that a numerator stands for."""
        if self.words:
            return self.words[numerator]
        return divide(numerator, self.denominator)


@dataclass(frozen=True, slots=True)
class Setting:
    """What all the configurations of a sweep have in common.

    Its metrics are counts, which are recorded; its ratios follow from two of these each.
    """

    def complete(self, totals: Mapping[str, Rational]) -> dict[str, Rational]:
        """Return totals with the ratios that follow from them.

        Raises
        ------
        ParameterError
            Where a ratio is to nothing.
        """
        found = dict(totals)
        for name in self.ratios:
            top, bottom = (totals[part] for part in KNOWN[name].over or ())
            if bottom == 0:
                raise nothing_below(KNOWN[(KNOWN[name].over or ("", ""))[1]])
            found[name] = Fraction(top) / bottom
        return found

    spec: Spec
    convention: Convention
    given: Mapping[str, object]
    shapes: Mapping[str, object]
    metrics: tuple[str, ...]
    dtype: str = "fp32"
    ratios: tuple[str, ...] = ()


def for_metrics(setting: Setting, names: Iterable[str]) -> Setting:
    """Return a setting that has some metrics, counts and ratios, and what these follow from."""
    asked = tuple(names)
    return replace(setting, metrics=parts_of(asked), ratios=tuple(name for name in asked if not KNOWN[name].whole))


@dataclass(frozen=True, slots=True)
class Trace:
    """What one analysis on traced numbers found.

    Attributes
    ----------
    tape : Tape
    conditions : tuple of Condition
        The configurations for which the rest holds.
    totals : mapping of str to Polynomial
        By metric; None where the analysis could not be kept or refused the configuration.
    error : FlopcalcError, optional
        Why these configurations are refused.
    """

    tape: Tape
    conditions: tuple[Condition, ...]
    totals: Mapping[str, Polynomial] | None
    error: FlopcalcError | None = None


def analysed(setting: Setting, row: Mapping[str, Value], asked: Iterable[str] = ()) -> dict[str, Rational]:
    """Return the totals of one configuration by an ordinary analysis: those of the setting, or those asked for.

    Raises
    ------
    FlopcalcError
        Where the analysis refuses the configuration, or leaves a symbol free.
    """
    report = analyze_spec(
        setting.spec,
        {**setting.given, **row},
        convention=setting.convention,
        input=dict(setting.shapes) or None,
        exact_rounding=True,
        dtype=setting.dtype,
    )
    if report.symbolic:
        free = sorted({str(name) for metric in COUNTED for name in _symbols(report.measure(metric))})
        raise ParameterError(
            Problem(f"{setting.spec.called} leaves {', '.join(free)} free", None, "a number for every parameter")
        )
    return {metric: cast(Rational, report.measure(metric)) for metric in asked or setting.metrics}


def _symbols(value: Any) -> Iterable[object]:
    return value.free_symbols if is_symbolic(value) else ()


def trace(setting: Setting, domains: Mapping[str, Domain], numerators: Mapping[str, int]) -> Trace:
    """Analyse one configuration with numbers that remember, and hold the outcome against an ordinary analysis.

    Parameters
    ----------
    setting : Setting
    domains : mapping of str to Domain
        The parameters that vary.
    numerators : mapping of str to int
        The configuration.
    """
    row = {name: domain.value(numerators[name]) for name, domain in domains.items()}
    tape = Tape()
    traced: dict[str, Traced | Rational] = {}
    for name, domain in domains.items():
        if domain.words:
            # A word is part of the structure: the traced number counts in the words.
            tape.axis(name, numerators[name], domain.low, domain.high, whole=True)
            _settle(tape.axis(name, numerators[name], domain.low, domain.high, whole=True))
            continue
        low, high = (Fraction(end, domain.denominator) for end in (domain.low, domain.high))
        value = divide(numerators[name], domain.denominator)
        assert isinstance(value, (int, Fraction))
        traced[name] = tape.axis(name, value, low, high, whole=domain.denominator == 1)
    error: FlopcalcError | None = None
    totals: dict[str, Traced | Rational] | None = None
    try:
        totals = _totals(setting, row, traced)
    except FlopcalcError as refusal:
        error = refusal
    except RecursionError:
        pass
    except (Unrecordable, TypeError, AttributeError, ValueError, ArithmeticError, Fault):
        pass  # something is done with a number that cannot be kept: an ordinary analysis tells
    conditions = tape.decided(refused=error is not None)
    try:
        expected = analysed(setting, row)
    except FlopcalcError as refusal:
        return Trace(tape, conditions, None, refusal if error is not None else None)
    if totals is None or any(settled_value(totals[metric]) != expected[metric] for metric in setting.metrics):
        return Trace(tape, conditions, None)
    return Trace(tape, conditions, {metric: tape.traced(value).terms for metric, value in totals.items()})


def settled_value(value: Traced | Rational) -> Rational:
    """Return the value of a number in the configuration of its tape."""
    return value.value if isinstance(value, Traced) else value


def _settle(value: Traced) -> None:
    value.settle()


@shallow
def _totals(
    setting: Setting, row: Mapping[str, Value], traced: Mapping[str, Traced | Rational]
) -> dict[str, Traced | Rational]:
    binding = bind(setting.spec, {**setting.given, **row}, shapes=setting.shapes or None, exact_rounding=True)
    arithmetic = RecordingArithmetic(exact_rounding=True)
    values = {**binding.values, **{name: cast(Value, traced[name]) for name in binding.values if name in traced}}
    built = build(setting.spec, replace(binding, values=values, arithmetic=arithmetic), checks=_RecordedChecks())
    return _added(setting, built, arithmetic)


def _added(setting: Setting, built: Built, arithmetic: Arithmetic) -> dict[str, Traced | Rational]:
    counts = GraphCounts(built.graph, setting.convention, arithmetic, setting.dtype, _added_up)
    totals: dict[str, Any] = {metric: KNOWN[metric].of(counts) for metric in setting.metrics}
    if any(is_symbolic(value) for value in totals.values()):
        raise Unrecordable("a symbol is left free")
    return totals


def _added_up(values: Iterable[Number]) -> Number:
    """Add up numbers that may be recorded."""
    found: list[Any] = list(values)
    if any(is_symbolic(value) for value in found):
        raise Unrecordable("a symbol is left free")
    return cast(Number, added(found))


class _RecordedChecks(Checks):
    """Checks that hold traced numbers to what whole numbers must be, and settle what shapes the graph."""

    def whole(self, value: Value, what: str, place: Place | None, least: int) -> Number:
        if not isinstance(value, Recorded):
            return super().whole(value, what, place, least)
        if not value.is_whole():
            raise ParameterError(Problem(f"{what} is not whole", place, "a whole number"))
        number = cast(Any, value)
        if number < least:
            raise ParameterError(Problem(f"{what} is too small", place, f"at least {least}"))
        return cast(Number, value)

    def turns(self, value: Value, place: Place | None) -> Number:
        count = super().turns(value, place)
        if not isinstance(value, Recorded):
            return count
        count = super().turns(settled(value), place)
        if cast(int, count) > MOST_LAYERS:
            raise Unrecordable("a long repeat")
        return count

    def shrunk(self, shape: Shape) -> bool:
        below = [bool(cast(Any, side) < 1) for side in shape if isinstance(side, Recorded)]  # each is a condition
        return any(below)


class RecordingArithmetic(Arithmetic):
    """Exact operations on numbers, traced or not, in the exact reading of rounding."""

    __slots__ = ()

    def bounded(self, value: Number) -> Number:
        if isinstance(value, Recorded):
            self.spend(1)
            return value
        return super().bounded(value)

    def sized(self, value: Value) -> Value:
        return value if isinstance(value, Recorded) else super().sized(value)

    # what messages would say of numbers is not written: that would settle them

    def at_least(self, a: Number, b: Number) -> bool:
        return a >= b if is_rational(a) and is_rational(b) else super().at_least(a, b)

    def greater(self, a: Number, b: Number) -> bool:
        return a > b if is_rational(a) and is_rational(b) else super().greater(a, b)

    def at_most(self, a: Number, b: Number) -> bool:
        return a <= b if is_rational(a) and is_rational(b) else super().at_most(a, b)

    def less(self, a: Number, b: Number) -> bool:
        return a < b if is_rational(a) and is_rational(b) else super().less(a, b)

    def floor_divide(self, a: Number, b: Number) -> Number:
        b = settled(b)
        return super().floor_divide(a, b)

    def power(self, a: Number, b: Number) -> Number:
        b = settled(b)
        if isinstance(a, Traced) and type(b) is int and 0 <= b <= 16:
            return cast(Number, a**b)
        return super().power(settled(a), b)

    def sqrt(self, a: Number) -> Number:
        return super().sqrt(settled(a))

    def log(self, x: Number, base: Number) -> Number:
        return super().log(settled(x), settled(base))

    def floor(self, x: Number) -> Number:
        if isinstance(x, Traced):
            return x.tape.floor(x)
        return super().floor(x)

    def ceil(self, x: Number) -> Number:
        if isinstance(x, Traced):
            return cast(Number, -math.floor(-x))
        return super().ceil(x)

    def round(self, x: Number) -> Number:
        if isinstance(x, Traced):
            return self.floor(cast(Number, x + Fraction(1, 2)))
        return super().round(x)

    def round_even(self, x: Number) -> Number:
        if not isinstance(x, Traced):
            return super().round_even(x)
        y: Any = x + Fraction(1, 2)
        up: Any = self.floor(y)
        tie = x.tape.indicator("zero", y - 2 * self.floor(y / 2) - 1)  # x = 2n + 1/2: the even neighbour is below
        return cast(Number, x.tape.opaque(up - tie))

    def make_divisible(self, x: Number, divisor: Number, limit: Number, least: Number) -> Number:
        divisor = settled(divisor)
        limit = settled(limit)
        if not isinstance(x, Traced):
            return super().make_divisible(x, divisor, limit, settled(least))
        multiple = self.multiply(self.floor_divide(self.add(x, divide(divisor, 2)), divisor), divisor)
        rounded: Any = self.largest((least, multiple))
        return cast(Number, x.tape.opaque(rounded + divisor * x.tape.indicator("positive", limit * x - rounded)))

    def largest(self, values: tuple[Number, ...]) -> Number:
        return self._one_of(values, "largest")

    def smallest(self, values: tuple[Number, ...]) -> Number:
        return self._one_of(values, "smallest")

    def _one_of(self, values: tuple[Number, ...], which: str) -> Number:
        tape = next((value.tape for value in values if isinstance(value, Traced)), None)
        if tape is None:
            return super().largest(values) if which == "largest" else super().smallest(values)
        if any(is_symbolic(value) for value in values):
            raise Unrecordable("an irrational number")
        extreme = tape.largest if which == "largest" else tape.smallest
        left: list[Any] = list(dict.fromkeys(values))
        while len(left) > 1:  # in pairs, so that maxima do not nest deeply
            pairs = [extreme(*left[at : at + 2]) for at in range(0, len(left) - 1, 2)]
            left = pairs + left[2 * len(pairs) :]
        return cast(Number, left[0])
