"""What is found for a budget: the network, its span, and the next one above; or a formula; or a front of networks."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar

from flopcalc.dataclass import dataclass
from flopcalc.number import Number, Value
from flopcalc.report import Report
from flopcalc.shown import Shown
from flopcalc.solving.path import Course, Span
from flopcalc.sweeps.conditions import Condition
from flopcalc.sweeps.recorded import Rational

__all__ = ["ANYTHING", "Budget", "Choice", "Formula", "Found", "Front", "Scaling", "Solution", "Where"]


@dataclass(frozen=True)
class Budget:
    """A bound of one metric.

    Attributes
    ----------
    metric : str
    relation : str
        ``<=`` or ``>=``.
    value : Number
    """

    metric: str
    relation: str
    value: Number

    def met(self, totals: Mapping[str, Rational]) -> bool:
        """Tell whether totals keep to it."""
        value = totals[self.metric]
        return bool(value <= self.value if self.relation == "<=" else value >= self.value)


@dataclass(frozen=True)
class Where:
    """Conditions of an answer.

    Attributes
    ----------
    texts : tuple of str
        Those that are no budgets, as they were written.
    budgets : tuple of Budget
        Bounds of one metric each.
    span : Span
        Where the unknown may lie.
    held : tuple of Condition
        What is asked of every network.
    """

    texts: tuple[str, ...] = ()
    budgets: tuple[Budget, ...] = ()
    span: Span = Span()
    held: tuple[Condition, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that are read."""
        return (*(item.metric for item in self.budgets), *(name for item in self.held for name in item.metrics))

    def met(self, values: Mapping[str, Value]) -> bool:
        """Tell whether a network meets what is asked of each, by its totals and the parameters that move."""
        return all(condition.holds(values) for condition in self.held)


ANYTHING = Where()
"""No conditions."""


@dataclass(frozen=True)
class Found:
    """One network: what it costs, and which values give it.

    Attributes
    ----------
    value : Fraction
        The shortest decimal among them, or the whole number, or the word's own number.
    parameters : mapping of str to Number
        Of that value.
    totals : mapping of str to int
    span : Span
        All the values that give this network; of the next one above, as far as it was followed.
    """

    value: Fraction
    parameters: Mapping[str, Number]
    totals: Mapping[str, Rational]
    span: Span


@dataclass(frozen=True, repr=False)
class Solution(Shown):
    """The greatest value of an unknown within budgets, or the least that reaches them.

    Attributes
    ----------
    report : Report
        Of the network; where there is none, of the one that costs least.
    unknown : str
    courses : mapping of str to Course
        Every parameter as a function of the unknown.
    budgets : tuple of Budget
    network : Found, optional
        None where every value misses a budget.
    above : Found, optional
        The next network above, which misses a budget; None where no value above is allowed.
    least : Found, optional
        Where every value misses: the network that comes nearest.
    assumed : str
        What was taken for granted; empty where everything is proven.
    proven_from : Fraction, optional
        From here on, every network is proven to miss a budget; between, each was computed.
    networks : int
        How many different spans were computed.
    goal : str
        ``greatest``, or ``least`` where every budget is a bound from below.
    below : Found, optional
        Of the least: the next network below, which misses a budget.
    rises : bool
        Of the least: the bounded metrics are proven never to fall as the unknown grows, so that nothing further below
        was computed.
    recounted : int
        At how many values the network was built in plain numbers and found to be what is said of it.
    where : Where
        What it meets besides.
    """

    shown_as: ClassVar[str] = "solution"

    report: Report
    unknown: str
    courses: Mapping[str, Course]
    budgets: tuple[Budget, ...]
    network: Found | None
    above: Found | None = None
    least: Found | None = None
    assumed: str = ""
    proven_from: Fraction | None = None
    networks: int = 0
    goal: str = "greatest"
    below: Found | None = None
    rises: bool = False
    recounted: int = 0
    where: Where = ANYTHING

    @property
    def solved(self) -> bool:
        """Whether any value is within the budgets."""
        return self.network is not None

    @property
    def value(self) -> Fraction | None:
        """The shortest value that gives the network."""
        return None if self.network is None else self.network.value

    @property
    def interval(self) -> Span | None:
        """All the values that give the network."""
        return None if self.network is None else self.network.span

    def left(self, budget: Budget) -> Number:
        """Return what a budget leaves; below 0 where it is missed."""
        found = self.network or self.least
        assert found is not None
        cost = found.totals[budget.metric]
        return budget.value - cost if budget.relation == "<=" else cost - budget.value


@dataclass(frozen=True, repr=False)
class Formula(Shown):
    """The value of an unknown at which a cost equals a budget, as a formula.

    Attributes
    ----------
    report : Report
        With the unknown as a symbol.
    unknown : str
    budget : Budget
    cost : Number
    value : Number
    where : tuple of str
        What has to hold for it.
    proved : bool
        Whether putting it in the place of the unknown is proved to give the budget.
    recounted : int
        At how many values of the other symbols the network was built in plain numbers and cost the budget.
    """

    shown_as: ClassVar[str] = "formula"

    report: Report
    unknown: str
    budget: Budget
    cost: Number
    value: Number
    where: tuple[str, ...]
    proved: bool
    recounted: int = 0

    @property
    def solved(self) -> bool:
        """There is a formula."""
        return True


@dataclass(frozen=True)
class Choice:
    """A configuration of a front."""

    parameters: Mapping[str, Number]
    totals: Mapping[str, Rational]


@dataclass(frozen=True, repr=False)
class Front(Shown):
    """The configurations within budgets that no other one within them betters.

    Attributes
    ----------
    report : Report
        Of the first of them.
    names : tuple of str
        The parameters that vary.
    budgets : tuple of Budget
    goals : mapping of str to str
        Of each metric, ``min`` or ``max``.
    choices : tuple of Choice
        In the order of the budget's metric, the greatest first.
    tried, within : int
        How many configurations there are, and how many are within the budgets.
    recounted : int
        How many were built in plain numbers and found to be what is said of them.
    where : Where
        What they meet besides.
    """

    shown_as: ClassVar[str] = "front"

    report: Report
    names: tuple[str, ...]
    budgets: tuple[Budget, ...]
    goals: Mapping[str, str]
    choices: tuple[Choice, ...]
    tried: int
    within: int
    recounted: int = 0
    where: Where = ANYTHING

    @property
    def solved(self) -> bool:
        """Whether any configuration is within the budgets."""
        return bool(self.choices)


@dataclass(frozen=True)
class Scaling:
    """One row of a search for compound coefficients.

    Attributes
    ----------
    coefficients : tuple of Fraction
        Of depth, width and resolution: α, β and γ.
    product : Fraction
        α·β²·γ².
    totals : mapping of str to int
        At φ = 1.
    ratio : Fraction
        Its FLOPs as a multiple of the base network's.
    own : bool
        Whether these are the spec's own coefficients.
    """

    coefficients: tuple[Fraction, Fraction, Fraction]
    product: Fraction
    totals: Mapping[str, Rational]
    ratio: Fraction
    own: bool = False


@dataclass(frozen=True, repr=False)
class Compound(Shown):
    """The coefficients α, β, γ ≥ 1 on a grid with α·β²·γ² near to a target.

    Attributes
    ----------
    report : Report
        Of the base network, φ = 0.
    names : tuple of str
        The parameters of depth, width and resolution.
    target, tolerance, step : Fraction
    rows : tuple of Scaling
        The nearest to the target first.
    tried : int
    refused : int
        How many of those near to the target are no networks.
    """

    shown_as: ClassVar[str] = "compound"

    report: Report
    names: tuple[str, str, str]
    target: Fraction
    tolerance: Fraction
    step: Fraction
    rows: tuple[Scaling, ...]
    tried: int
    refused: int = 0

    @property
    def solved(self) -> bool:
        """Whether there is any."""
        return bool(self.rows)
