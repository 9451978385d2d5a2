"""The second road under a verdict: a network built layer by layer in plain numbers, at points that the claim allows.

What symbolic algebra proves is tried again by code that knows nothing of it: values are given to the symbols, the
spec is built with these numbers, and its layers' costs are added. Only the parsers, the builder and the layers'
formulas are shared, and those run on whole numbers and fractions. A point at which a claim fails is a counterexample,
whatever was proved.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from itertools import product as combinations
from typing import Any, TypeAlias

from flopcalc.binding import bind, is_truth
from flopcalc.building import build
from flopcalc.convention import Convention, convention_of
from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, FlopcalcError, Problem
from flopcalc.expression import Scope, parse
from flopcalc.graph import Graph
from flopcalc.layers.conv import Windowed
from flopcalc.metrics import METRICS
from flopcalc.number import Arithmetic, Number, Value, as_text, divide, is_rational, is_symbolic
from flopcalc.report import GraphCounts, Report
from flopcalc.spec.model import Spec
from flopcalc.theory.plain import PlainFormula, plain_formula

__all__ = [
    "Condition",
    "Fitting",
    "Nature",
    "Network",
    "Plain",
    "Point",
    "conditions_of",
    "few_of",
    "hints_of",
    "in_the_language",
    "natures_of",
    "network_at",
    "points",
    "points_for",
    "value_at",
    "whole_formulas",
]

Plain: TypeAlias = "int | Fraction"
"""A number without symbols and without roots."""

Point: TypeAlias = "Mapping[str, int | Fraction]"
"""Plain values for symbols, by name."""

MOST_POINTS = 100
"""At how many points a block is recounted."""

FEWEST_POINTS = 10
"""At how many points a network of very many layers is recounted."""

MOST_LAYERS = 8000
"""How many layers are counted for one verdict, where that makes for more than the fewest points."""

_MOST_DRAWN = 4000
_MOST_IN_VAIN = 400
"""How many points are drawn, and how many one after another that are none."""

_MOST_TURNS = 64

_WHOLE = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 20, 24, 30, 31, 32, 36, 48, 49, 64, 97, 100, 128, 144, 224)
_LARGE = (256, 512, 1000, 1009, 1024, 2048, 4096, 10007)
_SHARES = (
    (1, 2),
    (3, 4),
    (1, 4),
    (1, 1),
    (5, 4),
    (3, 2),
    (2, 1),
    (1, 3),
    (2, 3),
    (7, 8),
    (9, 8),
    (3, 1),
    (1, 8),
    (7, 4),
)
_REAL = tuple(Fraction(above, below) for above, below in _SHARES)


# -- a network in plain numbers --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Network:
    """A spec as it was built with plain numbers alone.

    Attributes
    ----------
    spec : Spec
    graph : Graph
    parameters : mapping of str to Value
        The value of every parameter.
    convention : Convention
    arithmetic : Arithmetic
    dtype : str
    """

    spec: Spec
    graph: Graph
    parameters: Mapping[str, Value]
    convention: Convention
    arithmetic: Arithmetic
    dtype: str = "fp32"

    def measure(self, metric: str) -> Plain:
        """Return one of :data:`flopcalc.metrics.METRICS`: elements, FLOPs, bytes or pixels.

        Raises
        ------
        FlopcalcError
            Where there is no such number.
        """
        counts = GraphCounts(self.graph, self.convention, self.arithmetic, self.dtype)
        try:
            return _plain(METRICS[metric].of(counts))
        except Fault as fault:
            raise FlopcalcError(fault.at(None)) from None

    @cached_property
    def flops(self) -> Plain:
        """The FLOPs under the convention."""
        return self.measure("flops")


def _plain(value: Number) -> Plain:
    if not is_rational(value):
        raise FlopcalcError(Problem(f"{as_text(value)} is no plain number", None, "a rational number"))
    return value


def network_at(
    spec: Spec,
    given: Mapping[str, object],
    point: Point,
    *,
    symbolic: Iterable[str] = (),
    shapes: Mapping[str, object] | None = None,
    convention: str | Convention = "paper",
    dtype: str = "fp32",
) -> Network | None:
    """Return a spec as it is at a point; None where it does not exist there.

    Parameters
    ----------
    spec : Spec
    given : mapping of str to object
        Values for its parameters, as for :func:`flopcalc.analyze`: those with symbols are worked out at the point.
    point : mapping of str to int or Fraction
        A value for every symbol, those of its own free parameters among them, and that of a batch.
    symbolic : iterable of str
        Parameters with a default whose values are the point's all the same.
    shapes : mapping of str to object, optional
        Shapes of inputs, likewise.
    convention, dtype : str
        What counts as a FLOP, and the type of an element.

    Examples
    --------
    >>> from flopcalc.spec import load
    >>> network = network_at(load("conv"), {"C": "4*c", "K": 3}, {"c": 2, "O": 5, "H": 7, "W": 7})
    >>> network.measure("flops")
    17640
    """
    values: dict[str, object] = {}
    for name, parameter in spec.known.items():
        if name in given:
            words = parameter is not None and (parameter.choices or is_truth(parameter))
            values[name] = given[name] if words else value_at(given[name], point)
        elif name in point and (name in symbolic or _is_free(spec, name)):
            values[name] = point[name]
    rules = convention_of(convention)
    batch = spec.reading.batch
    if isinstance(batch, str):
        if batch not in point:
            return None
        spec = spec.read_as(replace(spec.reading, batch=int(point[batch])))
    try:
        binding = bind(spec, values, shapes=_shapes_at(shapes, point))
        built = build(spec, binding)
    except FlopcalcError:
        return None
    if any(is_symbolic(side) for shape in built.graph.shapes for side in shape):
        return None
    return Network(spec, built.graph, built.parameters, rules, binding.arithmetic, dtype)


def _is_free(spec: Spec, name: str) -> bool:
    parameter = spec.known[name]
    return (parameter is None or parameter.default is None) and name not in spec.preset


def _shapes_at(shapes: Mapping[str, object] | None, point: Point) -> Mapping[str, object] | None:
    if shapes is None:
        return None
    found: dict[str, object] = {}
    for label, sides in shapes.items():
        items = sides.split(",") if isinstance(sides, str) else sides
        found[label] = tuple(value_at(item, point) for item in items) if isinstance(items, (list, tuple)) else sides
    return found


def value_at(value: object, point: Point) -> object:
    """Return a user's value with numbers for its symbols; what has no symbols, or is no number, as it is.

    Examples
    --------
    >>> value_at("4*c + K//2", {"c": 3, "K": 5}), value_at("same", {}), value_at(7, {})
    (14, 'same', 7)
    """
    if is_symbolic(value) and type(value).__module__.startswith("sympy"):
        value = str(value)
    if not isinstance(value, str):
        return value
    try:
        expression = parse(value.strip())
        if not {*expression.names} <= {*point}:
            return value
        return expression.evaluate(Scope({name: point[name] for name in expression.names}))
    except (Fault, FlopcalcError):
        return value


# -- what must hold at a point ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that a verdict takes for granted: true or false at a point.

    Attributes
    ----------
    text : str
        An expression that is true or false, in the language.
    turns : tuple of (str, str, str)
        Indices of repeats that it speaks of, each with its first and its last value: it must hold for all of them.
    """

    text: str
    turns: tuple[tuple[str, str, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The symbols that it speaks of."""
        return plain_formula(self.text).names

    def holds(self, point: Point) -> bool:
        """Tell whether it holds.

        Examples
        --------
        >>> Condition("H % s == 0").holds({"H": 6, "s": 2}), Condition("C != O").holds({"C": 2, "O": 2})
        (True, False)
        """
        ranges = []
        for _, first, last in self.turns:
            start, end = (value_at(text, point) for text in (first, last))
            if type(start) is not int or type(end) is not int or end - start > _MOST_TURNS:
                return False
            ranges.append(range(start, end + 1))
        for indices in combinations(*ranges):
            values = {**point, **{turn[0]: index for turn, index in zip(self.turns, indices, strict=True)}}
            try:
                if not plain_formula(self.text).holds(values):
                    return False
            except (Fault, ZeroDivisionError):
                return False  # what cannot be told is not taken for true
        return True


def conditions_of(
    report: Report, assume: Iterable[str] = (), *, ideal: bool = True, metrics: Iterable[str] = ()
) -> tuple[Condition, ...]:
    """Return what a report takes for granted about its symbols, and what the user does.

    These are the report's `assumed`, what some `metrics` assume beside it, and, with `ideal`, that nothing is rounded
    that the ideal reading does not round.
    """
    found = [Condition(text) for text in assume]
    found += [Condition(in_the_language(text)) for text in report.assumed_of(metrics)]
    for each in report.totals.arithmetic.ideal if ideal else ():
        value = as_text(each.value)
        text = f"({value}) % 1 == 0" if each.least is None else f"({value}) >= ({as_text(each.least)})"
        turns = tuple((str(turn), as_text(first), as_text(last)) for turn, (first, last) in each.turns)
        found.append(Condition(text, turns))
    return tuple(dict.fromkeys(found))


def in_the_language(assumed: str) -> str:
    """Write what a report assumes, ``C ≠ O``, ``g divides C``, ``K is odd``, ``n ≥ 2``, ``3 < L``, …, as an expression.

    Examples
    --------
    >>> in_the_language("alpha*C is a whole number"), in_the_language("K is odd")
    ('(alpha*C) % 1 == 0', '(K) % 2 == 1')
    """
    signs = {" ≠ ": "!=", " ≥ ": ">=", " ≤ ": "<=", " > ": ">", " < ": "<"}
    forms = {sign: f"({{}}) {python} ({{}})" for sign, python in signs.items()}
    for sign, written in {**forms, " divides ": "({1}) % ({0}) == 0"}.items():
        left, found, right = assumed.partition(sign)
        if found:
            return written.format(left, right)
    for said, written in ((" is odd", "({}) % 2 == 1"), (" is a whole number", "({}) % 1 == 0")):
        if assumed.endswith(said):
            return written.format(assumed.removesuffix(said))
    raise AssertionError(assumed)


# -- points ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Nature:
    """What a symbol was taken for.

    Attributes
    ----------
    name : str
    whole : bool
        A whole number, from 1; otherwise a positive real one.
    few : bool
        Whether it counts turns of a repeat, of which few are tried.
    """

    name: str
    whole: bool = True
    few: bool = False


def few_of(reports: Iterable[Report]) -> set[str]:
    """Return the symbols that say how often something is repeated."""
    return {
        str(symbol)
        for report in reports
        for node in report.totals.graph.nodes
        for turn in node.turns
        for symbol in getattr(turn.last, "free_symbols", ())
    }


def whole_formulas(reports: Iterable[Report]) -> tuple[Any, ...]:
    """Return what must be whole numbers for reports' networks to exist: sides, attributes, channels of groups."""
    found: dict[Any, None] = {}
    for report in reports:
        graph = report.totals.graph
        turns = {turn.index for node in graph.nodes for turn in node.turns}
        values: list[Any] = [side for shape in graph.shapes for side in shape]
        for node in graph.nodes:
            layer, groups = node.layer, getattr(node.layer, "groups", 1)
            if groups != 1:
                values += [
                    divide(count, groups) for count in (graph.input_shapes(node)[0][0], graph.shapes[node.output][0])
                ]
            for value in layer.values().values():
                values += value if isinstance(value, tuple) else (value,)
            if isinstance(layer, Windowed):
                margins = layer.margins(graph.input_shapes(node)[0], Arithmetic())
                values += [margin for ends in margins for margin in ends]
            values += [turn.count for turn in node.turns]
        for value in values:
            if _is_formula(value) and not value.is_Symbol and not (value.free_symbols & turns):
                found[value] = None
    return tuple(found)


def _is_formula(value: object) -> bool:
    return is_symbolic(value) and bool(getattr(value, "free_symbols", ()))


def hints_of(reports: Iterable[Report]) -> tuple[str, ...]:
    """Return :func:`whole_formulas` as texts, with what the ideal reading takes for whole."""
    known = tuple(reports)
    ideal = [each.value for report in known for each in report.totals.arithmetic.ideal if each.least is None]
    turns = {turn.index for report in known for node in report.totals.graph.nodes for turn in node.turns}
    plain = [value for value in ideal if not value.free_symbols & turns]
    return tuple(dict.fromkeys(as_text(value) for value in (*whole_formulas(known), *plain)))


def points_for(layers: int) -> int:
    """Return at how many points a network of so many layers is recounted.

    Examples
    --------
    >>> points_for(4), points_for(83), points_for(5000)
    (100, 96, 10)
    """
    return max(FEWEST_POINTS, min(MOST_POINTS, MOST_LAYERS // max(layers, 1)))


def points(
    natures: Sequence[Nature],
    conditions: Sequence[Condition] = (),
    hints: Iterable[str] = (),
    *,
    small: bool = False,
) -> Iterator[dict[str, Plain]]:
    """Yield points at which all the conditions hold, always the same ones: small, odd, even, prime and large values.

    Parameters
    ----------
    natures : sequence of Nature
    conditions : sequence of Condition
    hints : iterable of str
        Formulas that should be whole numbers there: values are multiplied until they are.
    small : bool
        Leave large values out.

    Examples
    --------
    >>> found = list(points([Nature("H"), Nature("s")], [Condition("H % s == 0")], ["H/s"]))
    >>> found[0], len(found) >= 100, all(point["H"] % point["s"] == 0 for point in found)
    ({'H': 1, 's': 1}, True, True)
    """
    if not natures:
        if all(condition.holds({}) for condition in conditions):
            yield {}
        return
    fitting = Fitting.of(hints)
    seen: set[tuple[Plain, ...]] = set()
    in_vain = 0
    for drawn in _drawn(natures, small):
        point = fitting.fitted(drawn, natures)
        key = tuple(point.values())
        new = key not in seen
        seen.add(key)
        in_vain += 1
        if new and all(condition.holds(point) for condition in conditions):
            in_vain = 0
            yield point
        if in_vain > _MOST_IN_VAIN:
            return


def _drawn(natures: Sequence[Nature], small: bool) -> Iterator[dict[str, Plain]]:
    """Yield values for symbols: all alike, each alone among small ones, then a fixed shuffle of everything."""
    pools: list[tuple[Plain, ...]] = []
    for nature in natures:
        if nature.whole:
            pools.append(_WHOLE[:8] if nature.few else _WHOLE if small else _WHOLE + _LARGE)
        else:
            pools.append(_REAL)
    first = [pool[0] if nature.whole else Fraction(1) for nature, pool in zip(natures, pools, strict=True)]
    names = [nature.name for nature in natures]

    def named(values: Sequence[Plain]) -> dict[str, Plain]:
        return {name: _simple(value) for name, value in zip(names, values, strict=True)}

    yield named(first)
    for index in range(1, 6):
        yield named([pool[min(index, len(pool) - 1)] for pool in pools])
    for base in (first, [pool[min(2 + place % 3, len(pool) - 1)] for place, pool in enumerate(pools)]):
        for place, pool in enumerate(pools):
            for value in (*pool[:6], pool[-1]):
                yield named([*base[:place], value, *base[place + 1 :]])
    draw = random.Random(len(natures))  # noqa: S311 - the same points every time
    for count in range(_MOST_DRAWN):
        # every other point is small, where most formulas differ and most conditions can hold
        values = [draw.choice(pool[:9] if count % 2 else pool) for pool in pools]
        if count % 3 == 0:
            for place, nature in enumerate(natures):
                share = Fraction(draw.randint(1, 64), draw.choice((1, 2, 3, 4, 5, 7, 8, 16, 32)))
                values[place] = values[place] if nature.whole else share
        yield named(values)


@dataclass(frozen=True, slots=True)
class Fitting:
    """Formulas that should be whole numbers, and how values are made to fit."""

    formulas: tuple[PlainFormula, ...]

    @classmethod
    def of(cls, hints: Iterable[str]) -> Fitting:
        found = []
        for text in hints:
            with suppress(Fault):
                found.append(plain_formula(text))
        return cls(tuple(found))

    def fitted(self, drawn: dict[str, Plain], natures: Sequence[Nature]) -> dict[str, Plain]:
        """Move values of these symbols until all the formulas are whole numbers from 0, as far as that goes."""
        point = dict(drawn)
        few = {nature.name for nature in natures if nature.few}
        whole = {nature.name for nature in natures if nature.whole}
        free = {nature.name for nature in natures}
        for _ in range(3):
            changed = False
            for formula in self.formulas:
                if not {*formula.names} <= point.keys():
                    continue
                value = _number(formula, point)
                if value is None or (value.denominator == 1 and value >= 0):
                    continue
                names = [name for name in formula.names if name in free]
                for name, other in _moved(point, names, value, few, whole):
                    again = _number(formula, {**point, name: other})
                    if again is None or again < 0 or (value >= 0 and again.denominator >= value.denominator):
                        continue
                    point, changed = {**point, name: other}, True
                    break
            if not changed:
                break
        return point


def _moved(
    point: Point, names: Sequence[str], value: Fraction, few: set[str], whole: set[str]
) -> Iterator[tuple[str, Plain]]:
    """Yield other values for the names of a formula that is no whole number, or not above 0, at a point."""
    ordered = sorted(names, key=lambda name: (name in few, name not in whole))
    for name in ordered:
        if name not in whole and value > 0:  # the nearest values of a multiplier that make it whole
            for near in (value.__floor__(), value.__ceil__()):
                if near:
                    yield name, _simple(point[name] * near / value)
        for factor in (value.denominator,) if value > 0 else (2, 4, 8):
            yield name, _simple(point[name] * Fraction(factor))
    for name in ordered:
        if name in whole:
            yield name, point[name] + 1


def _number(formula: PlainFormula, point: Point) -> Fraction | None:
    try:
        value = formula.value(point).exact
    except (Fault, ZeroDivisionError):
        return None
    return None if value is None else Fraction(value)


def _simple(value: Plain) -> Plain:
    return value.numerator if value.denominator == 1 else value


def natures_of(symbols: Iterable[Any], few: Iterable[str] = ()) -> tuple[Nature, ...]:
    """Return what sympy's symbols were taken for, in their order."""
    counted = {*few}
    return tuple(Nature(str(symbol), symbol.is_integer is True, str(symbol) in counted) for symbol in symbols)
