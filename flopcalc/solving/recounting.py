"""The second road under an answer: networks at it and around it, built in plain numbers, must be what it says they are.

A search follows traces, steps of rounding and proofs. Here none of them is used: parameters get numbers, the network is
built layer by layer, its layers' costs are added, and what the answer says of that value is held against them.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any

from flopcalc.dataclass import dataclass, field
from flopcalc.errors import Fault, FlopcalcError, Problem, UndecidedError
from flopcalc.number import Number, as_text, is_rational, normal, readable
from flopcalc.solving.counting import built_at, totals_of
from flopcalc.solving.path import LARGEST, Course, End, Span
from flopcalc.solving.result import Choice, Formula, Found, Front, Solution
from flopcalc.sweeps import Axis
from flopcalc.sweeps.recorded import Rational
from flopcalc.sweeps.selecting import Key
from flopcalc.sweeps.tracing import Setting
from flopcalc.theory.plain import plain_value
from flopcalc.theory.recount import (
    Condition,
    Nature,
    Plain,
    Point,
    conditions_of,
    hints_of,
    network_at,
    points,
    points_for,
)

__all__ = ["formula_recounted", "front_recounted", "plain_at", "recounted"]

_TINY = Fraction(1, 10**9)
_NEARBY = (Fraction(65, 64), Fraction(11, 10), Fraction(3, 2), Fraction(2), Fraction(4))
_MANY_LAYERS = 1000
"""With more than these, what is larger still is left to the search."""

Layers = tuple[object, ...]


@dataclass
class _Recount:
    """Networks of an unknown's values, each built once.

    `known` has totals and layers by value, None where there is no network.
    """

    setting: Setting
    unknown: str
    courses: Mapping[str, Course]
    known: dict[Fraction, tuple[Mapping[str, Rational], Layers] | None] = field(default_factory=dict)

    def at(self, t: Fraction) -> tuple[Mapping[str, Rational], Layers] | None:
        """Build the network at a value; what is irrational is taken to forty digits."""
        if t not in self.known:
            values = {name: normal(course.at(t)) for name, course in self.courses.items()}
            self.known[t] = _network(self.setting, values)
        return self.known[t]


def _network(setting: Setting, values: Mapping[str, Any]) -> tuple[Mapping[str, Rational], Layers] | None:
    try:
        graph, arithmetic = built_at(setting, values)
        totals = totals_of(setting, graph, arithmetic)
    except FlopcalcError:
        return None
    layers = tuple(
        (node.path, node.layer, graph.input_shapes(node), graph.shapes[node.output], node.turns) for node in graph.nodes
    )
    return totals, layers


def recounted(solution: Solution, setting: Setting) -> Solution:
    """Return a solution with the number of values at which it was recounted.

    Raises
    ------
    UndecidedError
        Where a network is not what the solution says of it.
    """
    found = solution.network or solution.least
    assert found is not None
    recount = _Recount(setting, solution.unknown, solution.courses)
    own = recount.at(found.value)
    _hold(own is not None and own[0] == found.totals, solution, found.value, own, f"{_costs(found.totals, solution)}")
    assert own is not None
    kept = solution.network is None or (_met(own[0], solution, found.value) and solution.where.span.holds(found.value))
    _hold(kept, solution, found.value, own, "every budget and condition is met")
    most = points_for(len(own[1]))
    beside = solution.above or solution.below
    if beside is not None:
        other = recount.at(beside.value)
        agreed = other is not None and other[0] == beside.totals and not _met(other[0], solution, beside.value)
        _hold(agreed, solution, beside.value, other, f"{_costs(beside.totals, solution)}, beside the budget")
    small = len(own[1]) > _MANY_LAYERS
    for t in islice(_values(solution, setting, found, small=small), 4 * most):
        if len(recount.known) >= most:
            break
        _judge(solution, found, own[1], t, recount.at(t))
    return replace(solution, recounted=len(recount.known))


def _judge(
    solution: Solution, found: Found, layers: Layers, t: Fraction, network: tuple[Mapping[str, Rational], Layers] | None
) -> None:
    """Hold one network against what the solution says of its value."""
    span = found.span
    if not solution.where.span.holds(t):
        return
    if span.holds(t):
        same = network is not None and network[0] == found.totals and network[1] == layers
        _hold(same, solution, t, network, f"{_costs(found.totals, solution)}, in the network of the interval")
        return
    if network is None:
        return
    if solution.network is None:
        _hold(not _met(network[0], solution, t), solution, t, network, "a budget missed, as everywhere")
        return
    outside = 1 if span.high is not None and t >= span.high.near else -1
    if outside == (1 if solution.goal == "greatest" else -1):
        missed = not _met(network[0], solution, t)
        _hold(missed, solution, t, network, "a budget missed, as everywhere beyond the answer")
    edge = span.high if outside == 1 else span.low
    if edge is not None and abs(t - edge.near) <= _tiny(edge) and _real(solution):
        _hold(network[1] != layers, solution, t, network, "another network outside the interval")


def _met(totals: Mapping[str, Rational], solution: Solution, t: Fraction) -> bool:
    moved = {name: normal(course.at(t)) for name, course in solution.courses.items()}
    return all(budget.met(totals) for budget in solution.budgets) and solution.where.met({**totals, **moved})


def _digits(value: Rational) -> str:
    return f"{value.numerator:,}" + (f"/{value.denominator:,}" if value.denominator > 1 else "")


def _costs(totals: Mapping[str, Rational], solution: Solution) -> str:
    return ", ".join(
        f"{name} = {_digits(totals[name])}" for name in dict.fromkeys(item.metric for item in solution.budgets)
    )


def _hold(
    agreed: bool, solution: Solution, t: Fraction, network: tuple[Mapping[str, Rational], Layers] | None, said: str
) -> None:
    """Refuse the answer where the plain count does not agree with it."""
    if agreed:
        return
    there = "no network" if network is None else _costs(network[0], solution)
    at = f"{solution.unknown} = {readable(normal(t))}"
    if t.denominator > 10**6:
        at = f"{solution.unknown} ≈ {float(t):.9g}"
    raise _at_fault(f"at {at} the layers add up to {there}, and the search says {said}", solution.assumed)


def _at_fault(what: str, assumed: str = "") -> UndecidedError:
    whose = "the solver is at fault" + (f", or what was assumed, that {assumed}" if assumed else "")
    problem = f"no answer is given, for {whose}: {what}"
    return UndecidedError(Problem(problem, None, "the same of both", "please report it with the command line"))


def _real(solution: Solution) -> bool:
    return not any(course.identity and course.whole for course in solution.courses.values())


def _values(solution: Solution, setting: Setting, found: Found, *, small: bool) -> Iterator[Fraction]:
    """Yield values in and around the answer: at its edges, beside them, and some that are drawn; always the same."""
    draw = random.Random(str(found.value))  # noqa: S311 - the same values every time
    parameter = setting.spec.known.get(solution.unknown)
    if parameter is not None and parameter.choices:
        yield from (Fraction(choice) for choice in parameter.choices if is_rational(choice))
        return
    if not _real(solution):
        value = int(found.value)
        yield from (Fraction(near) for near in (value + 1, value - 1, value + 2, value - 2) if near > 0)
        while True:
            if value > 1:
                yield Fraction(draw.randrange(1, value))
            beyond = value + draw.randrange(1, value + 64)
            if not small:
                yield Fraction(min(beyond, LARGEST))
            elif value <= 1:
                return
    yield from _edges(found.span)
    low, high = found.span.low, found.span.high
    assert low is not None
    assert high is not None
    for factor in _NEARBY:
        yield high.near * factor
        yield low.near / factor
    while True:
        yield low.near + (high.near - low.near) * Fraction(draw.randrange(1, 1000), 1000)
        yield low.near * Fraction(draw.randrange(1, 1000), 1000)
        yield high.near * (1 + Fraction(draw.randrange(1, 1000), 1000))
        yield high.near * (1 + Fraction(draw.randrange(1, 100), 1000) ** 2)


def _edges(span: Span) -> Iterator[Fraction]:
    for end in (span.low, span.high):
        assert end is not None
        tiny = _tiny(end)
        yield from (end.near - tiny, end.near + tiny)
        if end.base is None:
            yield end.near


def _tiny(end: End) -> Fraction:
    return _TINY * (end.near if end.near > 1 else 1)


# -- fronts ----------------------------------------------------------------------------------------------------------


def front_recounted(found: Front, setting: Setting, axes: Mapping[str, Axis], keys: Sequence[Key]) -> Front:
    """Return a front with the number of configurations at which it was recounted.

    Raises
    ------
    UndecidedError
        Where a configuration is not what the front says of it, or is left out of it.
    """
    if not found.choices:
        return found
    draw = random.Random(len(found.choices))  # noqa: S311 - the same ones every time
    own = _network(setting, found.choices[0].parameters)
    most = points_for(len(own[1])) if own is not None else 1
    sample = found.choices if len(found.choices) <= most // 2 else draw.sample(found.choices, most // 2)
    count = 0
    for choice in sample:
        network = _network(setting, choice.parameters)
        count += 1
        if network is None or network[0] != choice.totals or not _kept(network[0], choice.parameters, found):
            raise _at_fault(f"the layers at {_set(choice.parameters)} add up to {_listed(network, keys)}")
    for _ in range(most - count):
        values: dict[str, Any] = {name: axis[draw.randrange(len(axis))] for name, axis in axes.items()}
        network = _network(setting, values)
        count += 1
        if network is None or not _kept(network[0], values, found):
            continue
        if not any(_as_good(choice, network[0], keys) for choice in found.choices):
            raise _at_fault(f"no configuration of the front is as good as {_set(values)} with {_listed(network, keys)}")
    return replace(found, recounted=count)


def _kept(totals: Mapping[str, Rational], values: Mapping[str, Any], front: Front) -> bool:
    return all(budget.met(totals) for budget in front.budgets) and front.where.met({**totals, **values})


def _as_good(choice: Choice, totals: Mapping[str, Rational], keys: Sequence[Key]) -> bool:
    return all(
        choice.totals[key.name] >= totals[key.name] if key.greatest else choice.totals[key.name] <= totals[key.name]
        for key in keys
    )


def _set(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {readable(value)}" for name, value in values.items())


def _listed(network: tuple[Mapping[str, Rational], Layers] | None, keys: Sequence[Key]) -> str:
    if network is None:
        return "no network"
    return ", ".join(f"{key.name} = {math.floor(network[0][key.name]):,}" for key in keys)


# -- formulas --------------------------------------------------------------------------------------------------------


def formula_recounted(found: Formula, setting: Setting, symbolic: Sequence[str], assume: Sequence[str]) -> Formula:
    """Return a formula with the number of points at which it was recounted.

    Raises
    ------
    UndecidedError
        Where the network of its value does not cost the budget.
    """
    unknown, metric = found.unknown, found.budget.metric
    numbers = [found.cost, found.value, found.budget.value]
    symbols = {item for number in numbers for item in getattr(number, "free_symbols", ()) if item.name != unknown}
    symbols |= {
        item
        for shape in found.report.inputs.values()
        for side in shape
        for item in getattr(side, "free_symbols", ())
        if item.name != unknown
    }
    whole = any(item.is_integer for item in getattr(found.cost, "free_symbols", ()) if item.name == unknown)
    free = _symbol_of(found)  # a budget of its own is what a value of the unknown costs
    natures = [Nature(item.name, bool(item.is_integer)) for item in symbols if item.name != free]
    natures.sort(key=lambda nature: nature.name)
    conditions = conditions_of(found.report, assume)
    wanted: list[Condition] = []
    if free is not None:
        natures.append(Nature(unknown, whole))
    elif whole:
        wanted = [Condition(f"({as_text(found.value)}) % 1 == 0")]
    hints = [*hints_of([found.report]), *([] if free is not None else [as_text(found.value)])]
    most = points_for(len(found.report.totals.graph.nodes))
    count = 0

    def cost(point: Point) -> Plain | None:
        network = network_at(
            setting.spec,
            setting.given,
            point,
            symbolic=symbolic,
            shapes=setting.shapes or None,
            convention=setting.convention,
        )
        return None if network is None else network.measure(metric)

    for drawn in islice(points(natures, wanted, hints), 4 * most):
        if count >= most:
            break
        point = dict(drawn)
        if free is not None:
            budget = cost(point) if all(condition.holds(point) for condition in conditions) else None
            if budget is None:
                continue
            point[free] = budget
        there = plain_at(found.value, point)
        if there is None or (there <= 0 and found.where):
            continue
        tried = {**point, unknown: there}
        if there > 0 and not all(condition.holds(tried) for condition in conditions):
            continue
        reached = cost(tried) if there > 0 else 0
        asked = plain_at(found.budget.value, point)
        if reached is None or asked is None:
            continue
        count += 1
        if reached != asked:
            spent = f"{metric} = {readable(reached)}"
            raise _at_fault(f"at {_set(tried)} the layers add up to {spent}, and the formula says {readable(asked)}")
    return replace(found, recounted=count)


def _symbol_of(found: Formula) -> str | None:
    """Return the name of a budget that is a symbol of its own."""
    budget = found.budget.value
    if is_rational(budget) or not budget.is_Symbol or budget in getattr(found.cost, "free_symbols", ()):
        return None
    return str(budget.name)


def plain_at(value: Number, point: Point) -> Plain | None:
    """Return a formula's value in plain numbers at a point; None where it has none that is exact."""
    if is_rational(value):
        return value
    try:
        return plain_value(as_text(value), point).exact
    except (Fault, ZeroDivisionError):
        return None
