"""What a comparison comes to: sides with their metrics, the ratios to the first, and how budgets were met."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from flopcalc.dataclass import dataclass, field
from flopcalc.errors import FlopcalcError
from flopcalc.metrics import COUNTED, METRICS, check_metric
from flopcalc.number import Number, Value, as_expr, divide, expanded, is_rational, is_symbolic, normal
from flopcalc.report import FIELDS, Report
from flopcalc.shown import Shown
from flopcalc.solving.path import Span
from flopcalc.theory.roots import Root
from flopcalc.theory.textbook import textbook

if TYPE_CHECKING:
    from sympy import Expr

__all__ = ["FIELDS", "MEASURES", "Balanced", "Comparison", "Equal", "Side", "replaced"]

MEASURES = tuple(METRICS)
"""What sides can be compared by."""


@dataclass(frozen=True)
class Balanced:
    """How one side was brought to the budget of the first.

    Attributes
    ----------
    value : Number
        What the varied parameter is now: a whole number, a rational one, or a formula that meets the budget exactly.
    solution : Root or Number, optional
        The real solution, exact: a formula, a number, or a root in its interval. None where no formula of the cost
        could be had.
    miss : Number
        The side's metric less the budget.
    where : tuple of (Number, str, Number)
        What has to hold for a formula to be the solution, where that is not certain, in the formula's own symbols: the
        two sides of a relation, ``>`` or ``>=`` between them.
    exact : bool
        Whether the formula that was solved is what the side costs; False where a network rounds, and its networks
        were followed.
    step : Span, optional
        All the values of a multiplier that build the same network.
    refused : tuple of (Number, str)
        Values that would miss by less, and why each cannot be.
    other : (Number, Number), optional
        The nearest possible value on the other side of the budget, and its miss.
    recounted : int
        How often both sides were built in plain numbers and found to differ by what is said.
    assumed : str
        What was taken for granted of the networks that were not followed; empty where everything is proven.
    proven_from : Fraction, optional
        From here on, every network is proven to miss by more.
    rises : bool
        The metric is proven never to fall as what is varied grows.
    """

    value: Number
    solution: Root | Number | None
    miss: Number
    where: tuple[tuple[Number, str, Number], ...] = ()
    exact: bool = True
    step: Span | None = None
    refused: tuple[tuple[Number, str], ...] = ()
    other: tuple[Number, Number] | None = None
    recounted: int = 0
    assumed: str = ""
    proven_from: Fraction | None = None
    rises: bool = False


@dataclass(frozen=True)
class Equal:
    """A budget that all sides keep.

    Attributes
    ----------
    metric : str
    vary : str
        The parameter, or the symbol, that was varied in each side but the first.
    budget : Number
        The first side's.
    """

    metric: str
    vary: str
    budget: Number


@dataclass(frozen=True)
class Side:
    """One of the specs that are compared.

    Attributes
    ----------
    report : Report
        Of the values at which it is compared; where those are a formula, with the varied parameter as a symbol.
    heading : str
        What tells it from the others: its name, and its own values.
    given : tuple of str
        The parameters that have a value of the user's.
    balanced : Balanced, optional
        How it was brought to the first one's budget.
    at : mapping of Expr to Number
        What stands for the symbols of its report: formulas for a varied one, and the same symbol for the same name.
    """

    report: Report
    heading: str
    given: tuple[str, ...] = ()
    balanced: Balanced | None = None
    at: Mapping[Expr, Number] = field(default_factory=dict)

    def put(self, value: Number) -> Number:
        """Return a number of the report in the symbols that all sides share."""
        return replaced(value, self.at)

    def value(self, measure: str) -> Number:
        """Return one of :data:`MEASURES` as :meth:`Report.measure` has it."""
        return self.put(self.report.measure(measure))

    def field(self, measure: str) -> tuple[Number, ...]:
        """Return one of :data:`FIELDS`: height and width of what an output sees, at most or least, in pixels."""
        found = self.report.receptive_field
        return tuple(map(self.put, found.side if measure == "receptive_field" else found.smallest))

    @property
    def receptive_field(self) -> tuple[Number, ...]:
        """The sides, as height and width, of what one output sees at most, in input pixels."""
        return self.field("receptive_field")

    @property
    def parameters(self) -> Mapping[str, Value]:
        """The value of every parameter."""
        return {
            name: self.put(value) if is_symbolic(value) and hasattr(value, "free_symbols") else value
            for name, value in self.report.parameters.items()
        }


@dataclass(frozen=True, repr=False)
class Comparison(Shown):
    """Specs side by side.

    Attributes
    ----------
    entries : tuple of Side
    equal : Equal, optional
        The budget that all sides keep.

    Examples
    --------
    >>> from flopcalc import compare
    >>> result = compare("resnet_bottleneck", "resnext_bottleneck")
    >>> result.values("params")
    (2*C*M + 9*M**2, 2*C*M + 9*M**2/g)
    >>> result.ratios("params")
    (1, (2*C*g + 9*M)/(g*(2*C + 9*M)))
    """

    shown_as: ClassVar[str] = "comparison"

    entries: tuple[Side, ...]
    equal: Equal | None = None

    @property
    def sides(self) -> tuple[Report, ...]:
        """The report of every side."""
        return tuple(side.report for side in self.entries)

    def values(self, measure: str) -> tuple[Number, ...]:
        """Return a measure of every side: one of :data:`MEASURES` but the receptive field.

        Raises
        ------
        UnknownNameError
            Where there is none of that name.
        FlopcalcError
            Where the peak memory of symbols is open.
        """
        check_metric(measure)
        if measure not in self._values:
            self._values[measure] = tuple(self._value(side, measure) for side in self.entries)
        return self._values[measure]

    def _value(self, side: Side, measure: str) -> Number:
        if self.equal is not None and side.balanced is not None and measure == self.equal.metric:
            return expanded(self.equal.budget + side.balanced.miss)
        value = side.value(measure)
        if side.balanced is None or is_rational(value) or is_rational(side.balanced.value):
            return value
        return textbook(value) if value.is_rational_function() else expanded(value)

    def ratios(self, measure: str) -> tuple[Number | None, ...]:
        """Return a measure of every side as a part of the first one's, exact.

        None where the first is 0, and where one of the two is known from below alone.

        Raises
        ------
        UnknownNameError, FlopcalcError
            As :meth:`values` does.
        """
        first, *rest = self.values(measure)
        if is_rational(first) and first == 0:
            return (None,) * len(self.sides)
        open_ = [side.is_least(measure) for side in self.sides]
        sides = zip(rest, open_[1:], strict=True)
        return (1, *(None if open_[0] or least else _ratio(value, first) for value, least in sides))

    @cached_property
    def _values(self) -> dict[str, tuple[Number, ...]]:
        return {}

    @property
    def symbolic(self) -> bool:
        """Whether any total is a formula."""
        return any(not is_rational(value) for measure in COUNTED for value in self.values(measure))

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that say something of these sides: weights and madds where they differ from the others.

        Peak memory and receptive field are among them where all sides are numbers, and the smallest receptive field
        where that is another one.
        """
        names = ["params", "flops", "mac", "activations"]
        if self.values("madds") != self.values("flops"):
            names.insert(2, "madds")
        if self.values("weights") != self.values("params"):
            names.insert(1, "weights")
        if not self.symbolic and all(_is_laid_out(report) for report in self.sides):
            names += ["peak_memory", "receptive_field"]
            if any(side.field(FIELDS[0]) != side.field(FIELDS[1]) for side in self.entries):
                names.append("receptive_field_min")
        return tuple(names)


def _ratio(value: Number, first: Number) -> Number:
    ratio = divide(value, first)
    if is_rational(ratio) or ratio.is_rational_function():
        return textbook(ratio)
    return ratio  # roots in it are no factors that could be reduced


def _is_laid_out(report: Report) -> bool:
    try:
        return is_rational(report.totals.peak_memory) and all(is_rational(side) for side in report.receptive_field.side)
    except FlopcalcError:
        return False


def replaced(value: Number, at: Mapping[Any, Number]) -> Number:
    """Return a number with others in the place of its symbols, all at once."""
    if is_rational(value) or not at:
        return value
    return normal(value.xreplace({old: as_expr(new) for old, new in at.items()}))
