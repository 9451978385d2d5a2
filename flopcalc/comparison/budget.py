"""Budgets made equal: each side but the first is brought to the first one's, by varying a parameter."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from flopcalc.comparison.multiples import nearest
from flopcalc.comparison.plan import Plan, analysed, free_symbols, of_side, shared_symbols
from flopcalc.comparison.recounting import recounted
from flopcalc.comparison.result import Balanced, Comparison, Equal, Side, replaced
from flopcalc.convention import convention_of
from flopcalc.dataclass import dataclass, field
from flopcalc.errors import Fault, FlopcalcError, ParameterError, Problem, UndecidedError, gathered
from flopcalc.expression import free_expression
from flopcalc.metrics import COUNTED
from flopcalc.number import Number, Relation, as_expr, divide, expanded, is_rational, normal, symbol
from flopcalc.report import Report
from flopcalc.solving import nearest as solved
from flopcalc.solving.path import Course, ways_of
from flopcalc.sweeps.tracing import Setting, for_metrics
from flopcalc.theory.balance import Closed, Unsolvable, balance, relation_of, turns
from flopcalc.theory.roots import Root
from flopcalc.theory.textbook import textbook

__all__ = ["at_equal"]

_ODD = 9973
"""A denominator that no width has: what can be built there too, rounds."""

_PUT = (5040, 45)
"""What stands for other symbols where networks are followed in numbers: the first of these that makes networks."""


def at_equal(plans: Sequence[Plan], options: Mapping[str, Any], metric: str, vary: str) -> Comparison:
    """Bring every side but the first to the first one's budget."""
    if metric.startswith("peak_memory") and options.get("order", "file") != "file":
        what = f"{metric} is made equal in the file's order of layers alone"
        raise ParameterError(Problem(what, None, "order file", "--order file"))
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
    held = [
        recounted(plans[0], lead, plan, side, metric, options) for plan, side in zip(plans[1:], sides[1:], strict=True)
    ]
    return Comparison((lead, *held), Equal(metric, vary, budget))


def _formula(plan: Plan, options: Mapping[str, Any]) -> Report | FlopcalcError:
    """Return a side's report in what is varied, or why there is none."""
    try:
        return plan.freed().report({**options, "order": "file"})  # a best order is one of numbers
    except FlopcalcError as error:
        return error


@dataclass(frozen=True)
class _Law:
    """What a side costs as a formula in what is varied.

    `stand_in` is the symbol of what is varied in `cost`; at `roots` the cost is the budget, at `turns` it turns, and
    where it is `apart` another thing is built than the formula says.
    """

    formula: Report
    unknown: Any
    stand_in: Any
    cost: Number
    roots: Sequence[Root]
    turns: Sequence[Root]
    apart: frozenset[Fraction]

    def exact(self, step: Fraction) -> bool:
        """Tell whether what the formula leaves unrounded is whole at every multiple of a step."""
        from sympy import Dummy

        times = as_expr(step) * Dummy("n", integer=True, positive=True)
        read = (item for item in self.formula.totals.arithmetic.ideal if item.value.has(self.unknown))
        return all(item.least is None and item.value.xreplace({self.unknown: times}).is_integer for item in read)


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
            return self.searched(None)
        unknown = next((item for item in free_symbols(formula) if item.name == self.plan.vary), None)
        if unknown is None:
            raise Fault(f"it does not depend on {self.plan.vary}", expected="something that changes it")
        stand_in = _stand_in(unknown)
        try:
            cost = self.put(formula.measure(self.metric), {unknown: stand_in})
        except FlopcalcError:
            return self.searched(None)  # as the peak memory of symbols
        try:
            solution = balance(cost, self.budget, stand_in, formula.totals.arithmetic)
        except Unsolvable as fault:
            if not is_rational(self.budget) and self.scored(self.plan.start) is None:
                raise fault from None
            return self.searched(None)
        if isinstance(solution, Closed):
            at = {unknown: as_expr(solution.value)}
            presumed = self.presumed(formula, unknown, solution.value)
            where = [] if solution.positive else [relation_of(solution.value, strict=True)]
            where += [relation_of(self.put(item.difference, at), strict=item.strict) for item in presumed]
            balanced = Balanced(solution.value, solution.value, 0, tuple(where))
            return self.placed(formula, balanced, {**self.shared, unknown: as_expr(solution.value)})
        solution = [root for root in solution if self.presumed(formula, unknown, root.nearly()) == ()]
        apart = self.apart(formula)
        if not solution:
            return self.searched(None)
        law = _Law(formula, unknown, stand_in, cost, solution, turns(cost, self.budget, stand_in), apart)
        if self.plan.real:
            return self.multiplied(law)
        return self.nearest(law, Fraction(1)) if law.exact(Fraction(1)) else self.searched(law.roots[0])

    def apart(self, formula: Report) -> frozenset[Fraction]:
        """Return the values at which the side is built otherwise than its formula assumes."""
        values: set[Fraction] = set()
        for text in formula.assumed:
            left, unequal, right = text.partition(" ≠ ")
            if unequal:
                values.update(_meeting(left, right, self.plan.vary))
        return frozenset(values)

    def put(self, value: Number, also: Mapping[Any, Any]) -> Number:
        return replaced(value, {**self.shared, **also})

    def presumed(self, formula: Report, unknown: Any, value: Number) -> tuple[Relation, ...]:
        """Return the assumptions about what is varied that are not certain to hold at a value."""
        arithmetic = formula.totals.arithmetic
        return tuple(
            relation
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

    def attempt(self, law: _Law, value: Fraction) -> Report | str:
        broken = self.presumed(law.formula, law.unknown, normal(value))
        if broken:
            return f"it is assumed that {broken[0].text}"
        result = self.at(normal(value))
        return result if isinstance(result, Report) else result.problems[0].what

    def of(self, report: Report) -> Number:
        return self.put(report.measure(self.metric), {})

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

    def nearest(self, law: _Law, step: Fraction) -> Side:
        """Take the multiple of a step that misses by least, if the formula is what they cost; search if it is not."""

        def attempt(value: Fraction) -> Report | str:
            return self.attempt(law, value)

        found = nearest((*law.roots, *law.turns), step, law.apart, attempt, self.less)
        root = min(law.roots, key=lambda root: abs(root.nearly() - found.value))
        missed = {value: self.missed(report) for value, report in [(found.value, found.built), *found.others]}
        if any(
            value not in law.apart and expanded(miss - self.by_law(law, value)) != 0 for value, miss in missed.items()
        ):
            return self.searched(root)
        miss = missed[found.value]
        parts = {value: self.part(lost, miss) for value, lost in missed.items()}
        opposite = [(-part, value) for value, part in parts.items() if part is not None and part < 0]
        nearer = [(value, why) for value, why in found.refused if self.smaller(self.by_law(law, value), miss)]
        balanced = Balanced(
            normal(found.value),
            root,
            miss,
            refused=tuple((normal(value), why) for value, why in nearer),
            other=(normal(min(opposite)[1]), missed[min(opposite)[1]]) if opposite else None,
        )
        return self.placed(found.built, balanced, self.shared)

    def by_law(self, law: _Law, value: Fraction) -> Number:
        """Return by how much the formula says that a value misses the budget."""
        return textbook(expanded(self.put(law.cost, {law.stand_in: as_expr(normal(value))}) - self.budget))

    def less(self, one: Report, other: Report) -> bool:
        """Tell whether one misses the budget by less than another."""
        return self.smaller(self.missed(one), self.missed(other))

    def smaller(self, one: Number, other: Number) -> bool:
        """Tell whether one miss is known to be smaller than another."""
        part = self.part(one, other)
        return part is not None and abs(part) < 1

    def part(self, one: Number, other: Number) -> Fraction | None:
        """Return the quotient of two misses, where it is a number."""
        if is_rational(other) and other == 0:
            return None
        part = textbook(divide(one, other))
        return Fraction(part) if is_rational(part) else None

    def multiplied(self, law: _Law) -> Side:
        """Take a multiplier's root if it is a number that meets the budget; else search the network's steps."""
        for root in law.roots:
            value = normal(root.low)
            if root.low == root.high and self.scored(value) == 1:
                report = self.at(value)
                assert isinstance(report, Report)
                return self.placed(report, Balanced(value, root, 0), self.shared)
        close = law.roots[0].nearly()
        start = Fraction(round(close * 1000), 1000) or close
        odd = Fraction(math.ceil(close * _ODD), _ODD)
        if self.scored(start) is not None and self.scored(odd) is not None:  # every value can be built
            return self.searched(law.roots[0])
        step = _step_of_widths(law)
        return self.nearest(law, step) if step is not None and law.exact(step) else self.searched(law.roots[0])

    def searched(self, root: Root | None) -> Side:
        """Follow the networks themselves, each of them exactly, as :mod:`flopcalc.solving` does."""
        names = sorted(self.plan.freed().symbols - {self.plan.vary})
        found, error = None, None
        for number in _PUT if names else _PUT[:1]:
            try:
                found = self.followed(dict.fromkeys(names, number))
                break
            except UndecidedError:
                raise
            except FlopcalcError as refused:
                error = error or refused
        if found is None:
            assert error is not None
            raise error
        report = self.at(normal(found.network.value))
        assert isinstance(report, Report)
        alike = f"what is nearest at {', '.join(names)} = {number} is nearest everywhere" if names else ""
        other = None
        if found.other is not None and isinstance(beside := self.at(normal(found.other.value)), Report):
            other = (normal(found.other.value), self.missed(beside))
        balanced = Balanced(
            normal(found.network.value),
            root,
            self.missed(report),
            exact=False,
            step=found.network.span if self.plan.real else None,
            other=other,
            assumed=" and that ".join(text for text in (found.assumed, alike) if text),
            proven_from=found.proven_from,
            rises=found.rises,
        )
        return self.placed(report, balanced, self.shared)

    def followed(self, others: Mapping[str, Number]) -> solved.Nearest:
        """Return the nearest network where the other symbols have numbers."""
        plan, vary = self.plan, self.plan.vary
        if plan.in_shapes:
            what = f"{vary} stands in the input's shape, where its steps are not followed"
            raise UndecidedError(Problem(what, None, "a parameter that is varied"))
        for name, number in others.items():
            plan = replace(replace(plan, vary=name).at(number), vary=vary)
        spoken = {name: str(plan.given[name]) for name in plan.speaks_of(vary)}
        given = {name: value for name, value in plan.given.items() if name not in spoken}
        courses: Mapping[str, Course] = ways_of(plan.spec, vary, spoken, given)
        rules = convention_of(self.options.get("convention", "paper"))
        dtype = self.options.get("dtype", "fp32")
        setting = Setting(plan.spec, rules, given, plan.shapes, COUNTED, dtype)
        setting = for_metrics(setting, dict.fromkeys([*COUNTED, self.metric]))
        at = {item: others[item.name] for item in getattr(self.budget, "free_symbols", ()) if item.name in others}
        budget = replaced(self.budget, at)
        if not is_rational(budget):
            free = ", ".join(sorted(item.name for item in budget.free_symbols))
            raise Fault(f"its cost goes in steps, and {free} is a symbol of the budget", expected="a number for it")
        return solved.nearest(setting, vary, courses, self.metric, Fraction(budget), {"dtype": dtype})


def _meeting(left: str, right: str, name: str) -> Iterator[Fraction]:
    """Yield the values of a name at which two sides are equal, where they are numbers."""
    try:
        one, other = (free_expression(text, symbols=symbol) for text in (left, right))
        roots = balance(as_expr(one), as_expr(other), symbol(name))
    except (Fault, FlopcalcError, AttributeError, TypeError):
        return
    yield from () if isinstance(roots, Closed) else (root.low for root in roots if root.low == root.high)


def _step_of_widths(law: _Law) -> Fraction | None:
    """Return the step of a multiplier that every width and size of its side, linear in it, makes whole."""
    slopes: list[Fraction] = []
    for row in law.formula.layers:
        for side in (side for shape in (*row.inputs, row.output) for side in shape):
            if is_rational(side) or law.unknown not in side.free_symbols:
                continue
            slope = normal(side.diff(law.unknown))
            offset = normal(side.subs(law.unknown, 0))
            if is_rational(slope) and is_rational(offset) and slope and Fraction(offset).denominator == 1:
                slopes.append(abs(Fraction(slope)))
    if not slopes:
        return None
    bottom = math.lcm(*(slope.denominator for slope in slopes))
    return Fraction(bottom, math.gcd(*(int(slope * bottom) for slope in slopes)))


def _stand_in(unknown: Any) -> Any:
    """Return a symbol of the same kind that no side has: the first may have one of that name."""
    from sympy import Dummy

    return Dummy(unknown.name, positive=True, **({"integer": True} if unknown.is_integer else {}))
