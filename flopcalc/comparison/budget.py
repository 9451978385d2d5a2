"""Budgets made equal: each side but the first is brought to the first one's, by varying a parameter."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from flopcalc.comparison.plan import Plan, analysed, free_symbols, of_side, shared_symbols
from flopcalc.comparison.result import Balanced, Comparison, Equal, Side, replaced
from flopcalc.errors import Fault, FlopcalcError, Problem, gathered
from flopcalc.number import Number, as_expr, divide, expanded, is_rational, normal, readable
from flopcalc.report import Report
from flopcalc.theory.balance import Closed, Root, Unsolvable, balance
from flopcalc.theory.search import Nearest, Step, nearest_fraction, nearest_whole, step_of_reals, step_of_wholes
from flopcalc.theory.textbook import textbook

__all__ = ["at_equal"]


def at_equal(plans: Sequence[Plan], options: Mapping[str, Any], metric: str, vary: str) -> Comparison:
    """Bring every side but the first to the first one's budget."""
    first = analysed(plans[:1], options)[0]
    freed = [_formula(plan, options) for plan in plans[1:]]
    problems = [problem for item in freed if isinstance(item, FlopcalcError) for problem in item.problems]
    reports = [first, *(item for item in freed if isinstance(item, Report))]
    shared = shared_symbols(reports)
    lead = Side(first, plans[0].heading, tuple(plans[0].given), at=shared)
    budget = lead.value(metric)
    if is_rational(budget) and budget == 0:
        raise FlopcalcError(Problem(f"{lead.heading} has no {metric}, so there is nothing to make equal"))
    sides = [lead]
    problems = []
    for plan, formula in zip(plans[1:], freed, strict=True):
        balancer = _Balancer(plan, options, metric, budget, shared)
        try:
            sides.append(balancer.side(formula))
        except Fault as fault:
            what = f"{plan.heading}: {metric} cannot be made equal by {vary}: {fault.what}"
            problems.append(Problem(what, None, fault.expected, fault.hint))
        except FlopcalcError as error:
            problems += [of_side(problem, plan.heading) for problem in error.problems]
    if problems:
        raise FlopcalcError(*gathered(problems))
    return Comparison(tuple(sides), Equal(metric, vary, budget))


def _formula(plan: Plan, options: Mapping[str, Any]) -> Report | FlopcalcError:
    """Return a side's report in what is varied, or why there is none."""
    try:
        return plan.freed().report(options)
    except FlopcalcError as error:
        return error


@dataclass(frozen=True)
class _Balancer:
    """Brings one side to a budget."""

    plan: Plan
    options: Mapping[str, Any]
    metric: str
    budget: Number
    shared: Mapping[Any, Any]
    tried: dict[Number, Report | FlopcalcError] = field(default_factory=dict)

    def side(self, formula: Report | FlopcalcError) -> Side:
        """Return the side at its balanced value.

        Raises
        ------
        Fault, FlopcalcError
            Where there is none.
        """
        if isinstance(formula, FlopcalcError):
            return self.searched(None, self.plan.start, formula)
        unknown = next((item for item in free_symbols(formula) if item.name == self.plan.vary), None)
        if unknown is None:
            raise Fault(f"it does not depend on {self.plan.vary}", expected="something that changes it")
        stand_in = _stand_in(unknown)
        cost = self.put(getattr(formula.totals, self.metric), {unknown: stand_in})
        try:
            solution = balance(cost, self.budget, stand_in, formula.totals.arithmetic)
        except Unsolvable as fault:
            if self.scored(self.plan.start) is None:
                raise fault from None
            return self.searched(None, self.plan.start, None)
        if isinstance(solution, Closed):
            where: tuple[str, ...] = () if solution.positive else (f"{self.plan.vary} > 0",)
            where += self.presumed(formula, unknown, solution.value)
            balanced = Balanced(solution.value, solution.value, 0, where)
            return self.placed(formula, balanced, {**self.shared, unknown: as_expr(solution.value)})
        solution = [root for root in solution if self.presumed(formula, unknown, root.nearly()) == ()]
        if not solution:
            return self.searched(None, self.plan.start, None)
        if self.plan.real:
            return self.multiplied(solution)
        return self.nearest(solution, lambda value: self.put(cost, {stand_in: as_expr(value)}))

    def put(self, value: Number, also: Mapping[Any, Any]) -> Number:
        return replaced(value, {**self.shared, **also})

    def presumed(self, formula: Report, unknown: Any, value: Number) -> tuple[str, ...]:
        """Return the assumptions about what is varied that are not certain to hold at a value."""
        arithmetic = formula.totals.arithmetic
        return tuple(
            relation.text
            for relation in arithmetic.relations
            if unknown in relation.difference.free_symbols
            and not arithmetic.decide(
                normal(relation.difference.xreplace({unknown: as_expr(value)})), strict=relation.strict
            )
        )

    def placed(self, report: Report, balanced: Balanced, at: Mapping[Any, Any]) -> Side:
        return Side(report, self.plan.heading, tuple(self.plan.given), balanced, at)

    # -- the side at one value ---------------------------------------------------------------------------------------

    def at(self, value: Number) -> Report | FlopcalcError:
        """Analyse the side at a value."""
        if value not in self.tried:
            try:
                self.tried[value] = self.plan.at(value).report(self.options)
            except FlopcalcError as error:
                self.tried[value] = error
        return self.tried[value]

    def attempt(self, value: Number) -> Report | str:
        result = self.at(value)
        return result if isinstance(result, Report) else result.problems[0].what

    def of(self, report: Report) -> Number:
        return self.put(getattr(report.totals, self.metric), {})

    def missed(self, report: Report) -> Number:
        return textbook(expanded(self.of(report) - self.budget))

    def scored(self, value: Number) -> Fraction | None:
        """Return the cost at a value as a part of the budget; None where it cannot be built, or is a formula."""
        report = self.at(normal(value))
        if not isinstance(report, Report):
            return None
        part = textbook(divide(self.of(report), self.budget))
        return Fraction(part) if is_rational(part) else None

    # -- the ways to a value -----------------------------------------------------------------------------------------

    def nearest(self, roots: Sequence[Root], cost: Callable[[int], Number]) -> Side:
        """Take the whole number nearest to a root, if the formula is what whole numbers cost; search if it is not."""
        found: list[tuple[Root, Nearest[Report]]] = []
        fault: Fault | None = None
        for root in roots:
            try:
                found.append((root, nearest_whole(root, self.attempt)))
            except Fault as error:
                fault = error
        if not found:
            assert fault is not None
            raise fault
        for _, near in found:
            pairs = [(near.value, near.built), *([near.other] if near.other else [])]
            if any(expanded(self.of(report) - cost(value)) != 0 for value, report in pairs):
                return self.searched(roots[0], Fraction(near.value), None)
        root, near = min(found, key=lambda item: abs((self.scored(item[1].value) or Fraction(0)) - 1))
        balanced = Balanced(
            near.value,
            root,
            self.missed(near.built),
            refused=near.refused,
            other=(near.other[0], self.missed(near.other[1])) if near.other else None,
        )
        return self.placed(near.built, balanced, self.shared)

    def multiplied(self, roots: Sequence[Root]) -> Side:
        """Take a multiplier's root if it is a number that meets the budget; else search the network's steps."""
        for root in roots:
            value = normal(root.low)
            if root.low == root.high and self.scored(value) == 1:
                report = self.at(value)
                assert isinstance(report, Report)
                return self.placed(report, Balanced(value, root, 0), self.shared)
        start = Fraction(round(roots[0].nearly() * 1000), 1000) or roots[0].nearly()
        if self.scored(start) is None:
            found = nearest_fraction(roots[0], self.attempt)
            if found is None:
                raise Fault(f"nothing can be built near {self.plan.vary} = {readable(normal(start))}")
            return self.placed(found[1], Balanced(normal(found[0]), roots[0], self.missed(found[1])), self.shared)
        return self.searched(roots[0], start, None)

    def searched(self, root: Root | None, start: Fraction, error: FlopcalcError | None) -> Side:
        """Search the values themselves, with one analysis each."""
        step: Step[Fraction] | Step[int] | None
        if self.plan.real:
            step = step_of_reals(self.scored, self.alike, start)
        else:
            step = step_of_wholes(self.scored, math.ceil(start))
        if step is None:
            raise error or Fault(f"nothing can be built near {self.plan.vary} = {readable(normal(start))}")
        value = normal(step.value)
        report = self.at(value)
        assert isinstance(report, Report)
        between = (Fraction(step.low), Fraction(step.high)) if self.plan.real else None
        return self.placed(report, Balanced(value, root, self.missed(report), exact=False, step=between), self.shared)

    def alike(self, one: Fraction, other: Fraction) -> bool:
        """Tell whether two values build networks that cost the same in everything."""
        reports = [self.at(normal(one)), self.at(normal(other))]
        costs = [item.totals.cost if isinstance(item, Report) else None for item in reports]
        return costs[0] is not None and costs[0] == costs[1]


def _stand_in(unknown: Any) -> Any:
    """Return a symbol of the same kind that no side has: the first may have one of that name."""
    from sympy import Dummy

    return Dummy(unknown.name, positive=True, **({"integer": True} if unknown.is_integer else {}))
