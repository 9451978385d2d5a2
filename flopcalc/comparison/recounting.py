"""The second road under equal budgets: both sides built in plain numbers must differ by what the answer says.

Where what is varied is a number, values around it are built too: none of them may miss the budget by less.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any

from flopcalc.comparison.plan import Plan, free_symbols
from flopcalc.comparison.result import Side
from flopcalc.errors import FlopcalcError, Problem, UndecidedError
from flopcalc.number import as_text, is_rational, normal, readable
from flopcalc.solving.recounting import plain_at
from flopcalc.theory.recount import (
    Nature,
    Plain,
    Point,
    conditions_of,
    few_of,
    hints_of,
    network_at,
    points,
    points_for,
)

__all__ = ["recounted"]

_MOST_DRAWN = 400
_SMALL_DENOMINATORS = 17


def recounted(first: Plan, lead: Side, plan: Plan, side: Side, metric: str, options: Mapping[str, Any]) -> Side:
    """Return a side that was brought to the first one's budget, with the number of times that it was recounted.

    Raises
    ------
    UndecidedError
        Where a side in plain numbers does not miss the budget by what the answer says, or another value by less.
    """
    balanced = side.balanced
    assert balanced is not None
    trial = _Trial(first, plan, metric, options)
    most = points_for(max(len(item.report.totals.graph.nodes) for item in (lead, side)))
    count = 0
    conditions = conditions_of(side.report, plan.assume)
    for point in islice(_points(lead, side, first, plan.vary), _MOST_DRAWN):
        if count >= most:
            break
        value = plain_at(balanced.value, point)
        if value is None or value <= 0 or not (plan.real or Fraction(value).denominator == 1):
            continue
        if not all(condition.holds({**point, plan.vary: value}) for condition in conditions):
            continue
        found = trial.missed(value, point)
        if found is None:
            continue
        count += 1
        said = plain_at(balanced.miss, point)
        if said is not None and said != found:
            at = ", ".join(f"{name} = {readable(item)}" for name, item in {**point, plan.vary: value}.items())
            raise _at_fault(
                plan,
                metric,
                f"at {at} the layers miss the budget by {readable(found)}, and the answer says {readable(said)}",
            )
        if count == 1 and is_rational(balanced.value):
            count += _neighbours(trial, plan, Fraction(value), abs(Fraction(found)), point, metric, most - 1)
    return replace(side, balanced=replace(balanced, recounted=count))


class _Trial:
    """Two sides, and what the second misses the first one's budget by at a point."""

    def __init__(self, first: Plan, plan: Plan, metric: str, options: Mapping[str, Any]) -> None:
        self.first, self.plan, self.metric, self.options = first, plan, metric, options
        self.budgets: dict[tuple[tuple[str, Plain], ...], Plain | None] = {}

    def missed(self, value: Plain, point: Point) -> Plain | None:
        key = tuple(point.items())
        if key not in self.budgets:
            self.budgets[key] = self.cost(self.first, point)
        budget = self.budgets[key]
        cost = None if budget is None else self.cost(self.plan.at(normal(value)), point)
        return None if cost is None or budget is None else cost - budget

    def cost(self, plan: Plan, point: Point) -> Plain | None:
        network = network_at(
            plan.spec,
            plan.given,
            point,
            symbolic=plan.symbolic,
            shapes=plan.shapes or None,
            convention=self.options.get("convention", "paper"),
            dtype=self.options.get("dtype", "fp32"),
        )
        try:
            return None if network is None else network.measure(self.metric)
        except FlopcalcError:
            return None


def _neighbours(
    trial: _Trial, plan: Plan, value: Fraction, miss: Fraction, point: Point, metric: str, most: int
) -> int:
    """Build values around the one that was taken, and return how many could be built."""
    count = 0
    for other in islice(_around(plan, value), most if not point else most // 2):
        found = trial.missed(other, point)
        if found is None:
            continue
        count += 1
        if abs(Fraction(found)) < miss:
            shown = readable(normal(other))
            raise _at_fault(
                plan, metric, f"{plan.vary} = {shown} misses the budget by {readable(found)}, which is less"
            )
    return count


def _around(plan: Plan, value: Fraction) -> Iterator[Fraction]:
    """Yield values beside one, and others that are drawn: whole numbers, or fractions for a multiplier."""
    draw = random.Random(str(value))  # noqa: S311 - the same values every time
    step = Fraction(1, value.denominator) if plan.real else Fraction(1)
    place = int(value / step)
    found: dict[Fraction, None] = {}
    for offset in (*range(1, 9), 12, 16, 24, 32, 64, 128):  # groups divide some of them
        found |= dict.fromkeys(((place + offset) * step, (place - offset) * step))
    if plan.real:
        for bottom in range(1, _SMALL_DENOMINATORS):
            whole = math.floor(value * bottom)
            found |= dict.fromkeys(Fraction(whole + up, bottom) for up in (0, 1, -1, 2))
    found |= dict.fromkeys(draw.randrange(0, 3 * place + 20) * step for _ in range(200))
    yield from (other for other in found if other > 0 and other != value)


def _points(lead: Side, side: Side, first: Plan, vary: str) -> Iterator[Mapping[str, Plain]]:
    """Yield values for the symbols of both sides, but for what is varied; a symbol in its value is among them."""
    balanced = side.balanced
    assert balanced is not None
    values = [item for item in (balanced.value, balanced.miss) if not is_rational(item)]
    found = {item for item in free_symbols(side.report) if item.name != vary} | free_symbols(lead.report)
    found |= {item for value in values for item in value.free_symbols}
    whole = {item.name for item in found if item.is_integer}
    few = few_of([lead.report, side.report])
    natures = [Nature(name, name in whole, name in few) for name in sorted({item.name for item in found})]
    conditions = list(conditions_of(lead.report, first.assume))
    hints = list(hints_of([lead.report]))
    if is_rational(balanced.value):
        hints += hints_of([side.report])
    else:
        hints.append(as_text(balanced.value))
    return points(natures, conditions, hints)


def _at_fault(plan: Plan, metric: str, what: str) -> UndecidedError:
    problem = f"{plan.heading}: {metric} are not made equal by {plan.vary}, for the solver is at fault: {what}"
    return UndecidedError(Problem(problem, None, "the same of both", "please report it with the command line"))
