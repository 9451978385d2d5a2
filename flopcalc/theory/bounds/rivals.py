"""Bounds tried in plain numbers: convolutions beside others of whole widths with the same FLOPs, kernel and groups.

The second road under :mod:`flopcalc.theory.bounds.network`. The other convolutions are layers themselves, whose own
formulas say what they cost; one that costs less than a bound refutes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flopcalc.cost import Cost
from flopcalc.dataclass import dataclass
from flopcalc.errors import Problem, UndecidedError, shorten
from flopcalc.graph import Node
from flopcalc.layers import Shape
from flopcalc.layers.conv import Conv, Depthwise, TransposedConv, Windowed
from flopcalc.number import Arithmetic, Number, as_text, is_rational, is_symbolic
from flopcalc.theory.equivalence import symbols_of
from flopcalc.theory.plain import Real, add, compare, enclosed, negative, plain_formula
from flopcalc.theory.recount import (
    FEWEST_POINTS,
    MOST_LAYERS,
    Point,
    conditions_of,
    few_of,
    hints_of,
    natures_of,
    network_at,
    points,
    points_for,
)

if TYPE_CHECKING:
    from flopcalc.report import Report
    from flopcalc.theory.bounds.network import Bound

__all__ = ["Recount", "recounted", "rivals"]

MOST_WIDTHS = 2048
"""Up to which part of its groups' width a rival's narrower side is looked for."""

FEW_WIDTHS = 48
"""The same where a layer is looked at again at many points."""


@dataclass(frozen=True, slots=True)
class Recount:
    """How far bounds were tried.

    Attributes
    ----------
    points : int
        At how many points the network was built anew; 0 where it has no symbols.
    widths : int
        How many choices of whole widths were counted beside its convolutions, themselves among them.
    """

    points: int
    widths: int


def rivals(
    layer: Windowed, shape: Shape, output: Shape, most: int = MOST_WIDTHS, batch: int = 1
) -> Iterator[tuple[int, int, int]]:
    """Yield whole widths (c1, c2) of the same multiply-adds, kernel, groups and maps, with their elements moved.

    Where a convolution is depthwise, its groups are its channels, and its multiply-adds leave it no others.

    Examples
    --------
    >>> list(rivals(Conv(out=8, kernel=(1, 1), groups=2), (2, 1, 1), (8, 1, 1)))
    [(2, 8, 18), (8, 2, 18), (4, 4, 16)]
    """
    c1, c2 = int(shape[0]), int(output[0])
    deep = isinstance(layer, Depthwise)
    groups = c1 if deep else int(getattr(layer, "groups", 1))
    if groups == c1 == c2 and (deep or groups > 1):
        yield c1, c2, _moved(layer.cost((shape,), output), batch)
        return
    shares = c1 // groups * (c2 // groups)
    madds, arithmetic = layer.madds((shape,), output), Arithmetic()
    for part in range(1, min(shares, most) + 1):
        if shares % part:
            continue
        for a, b in dict.fromkeys([(part * groups, shares // part * groups), (shares // part * groups, part * groups)]):
            other = _with_widths(layer, b, groups)
            entering: Shape = (a, *shape[1:])
            leaving = other.output((entering,), arithmetic)
            if leaving[1:] == output[1:] and other.madds((entering,), leaving) == madds:
                yield a, b, _moved(other.cost((entering,), leaving), batch)
        if part * part >= shares:
            return


def _moved(cost: Cost, batch: int) -> int:
    """Return the elements that so many samples move: their maps, and the parameters once."""
    return int(batch * (cost.inputs + cost.outputs) + cost.params)


def _with_widths(layer: Windowed, out: int, groups: int) -> Windowed:
    """Return a convolution with other output channels; a depthwise one with a multiplier is a group convolution."""
    if isinstance(layer, (Conv, TransposedConv)):
        return replace(layer, out=out)
    return Conv(
        out=out,
        groups=groups,
        kernel=layer.kernel,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        bias=layer.bias,
    )


# -- trying ----------------------------------------------------------------------------------------------------------


def recounted(report: Report, layers: Sequence[Bound], mac: Number, least: Number) -> Recount:
    """Hold bounds to the layers as they are built with whole numbers, and to their rivals.

    Parameters
    ----------
    report : Report
    layers : sequence of Bound
    mac, least : Number
        Those of all convolutions together.

    Raises
    ------
    UndecidedError
        Where a bound fails: what worked it out is at fault.
    """
    sized = [value for shape in report.totals.graph.shapes for value in shape if is_symbolic(value)]
    if not sized and not report.symbolic:
        return Recount(0, _in_numbers(report, layers))
    graph, trials = report.totals.graph, {bound.row.path: _Trial.of(bound) for bound in layers}
    sides = (side for shape in report.inputs.values() for side in shape)
    values = (*report.parameters.values(), *sides, graph.batch)
    symbols = symbols_of(*(value for value in values if is_symbolic(value)))
    relations = [item.text for item in report.totals.arithmetic.relations if item.text not in report.assumed]
    given, shapes = _given(report)
    drawn = points(natures_of(symbols, few_of([report])), conditions_of(report, relations), hints_of([report]))
    texts = as_text(mac), as_text(least)
    count = widths = built_layers = 0
    known: dict[Any, list[int]] = {}
    for point in drawn:
        if count >= points_for(len(graph.nodes)) or (count >= FEWEST_POINTS and built_layers > MOST_LAYERS):
            break
        network = network_at(report.spec, given, point, shapes=shapes)
        if network is None:
            continue
        count, built_layers = count + 1, built_layers + len(network.graph.nodes)
        built = {node.path: node for node in network.graph.nodes if isinstance(node.layer, Windowed)}
        lowest = total = 0
        for path, node in built.items():
            key = node.layer, network.graph.input_shapes(node), network.graph.shapes[node.output], node.batch
            if key not in known:
                known[key] = _costs(node, key[1][0], key[2], FEW_WIDTHS)
            costs = known[key]
            widths += len(costs)
            lowest, total = lowest + min(costs), total + int(node.cost.mac)
            if path in trials:
                trials[path].check(point, int(node.cost.mac), min(costs))
        whole = _value(texts[0], point), _value(texts[1], point)
        _hold(compare(whole[0], total) in (0, None), f"MAC = {texts[0]}", whole[0], total, point)
        _hold(compare(whole[1], lowest) != 1, f"MAC >= {texts[1]}", lowest, whole[1], point)
    if not count:
        raise UndecidedError(
            Problem(
                f"no whole numbers were found for which there is a {report.name}, so that nothing could be recounted",
                None,
                "values for which it can be built",
                "numbers for some of the symbols",
            )
        )
    return Recount(count, widths)


def _given(report: Report) -> tuple[dict[str, object], dict[str, Shape]]:
    """Return the values of a report's parameters, and the shapes of the inputs that are no parameters of it."""
    given: dict[str, object] = dict(report.parameters)
    shapes: dict[str, Shape] = {}
    for entry in report.spec.inputs:
        shape = report.inputs[entry.label]
        names = {item: side for item, side in zip(entry.entries, shape, strict=True) if isinstance(item, str)}
        given.update(names)
        if not names:
            shapes[entry.label] = shape
    return given, shapes


def _costs(node: Node, shape: Shape, output: Shape, most: int) -> list[int]:
    assert isinstance(node.layer, Windowed)
    return [mac for _, _, mac in rivals(node.layer, shape, output, most, int(node.batch))]


def _in_numbers(report: Report, layers: Sequence[Bound]) -> int:
    """Hold each bound in numbers to the rivals of its layer; return how many there were."""
    nodes = {node.path: node for node in report.totals.graph.nodes}
    seen: dict[Any, list[int]] = {}
    count = 0
    for bound in layers:
        node, row = nodes[bound.row.path], bound.row
        key = node.layer, row.inputs, row.output
        if key not in seen:
            seen[key] = _costs(node, row.inputs[0], row.output, MOST_WIDTHS)
            count += len(seen[key])
        each = _number(bound.least)
        _hold(each <= min(seen[key]), f"the least of {row.path}", min(seen[key]), each, {})
        _hold(bound.mac == int(node.cost.mac), f"the MAC of {row.path}", _number(bound.mac), int(node.cost.mac), {})
    return count


def _number(value: Number) -> int:
    assert is_rational(value)
    return int(value)


@dataclass(frozen=True, slots=True)
class _Trial:
    """What is printed of one layer, as texts."""

    path: str
    mac: str
    least: str
    square: str
    condition: tuple[str, str] | None
    equal: bool

    @classmethod
    def of(cls, bound: Bound) -> _Trial:
        once = is_rational(bound.row.count) and bound.row.count == 1
        condition = bound.condition
        return cls(
            bound.row.path,
            as_text(bound.mac),
            as_text(bound.least),
            as_text(bound.excess if is_rational(bound.excess) else bound.square) if once else "",
            None if condition is None or not once else (as_text(condition[0]), as_text(condition[1])),
            bound.widths.equal,
        )

    def check(self, point: Point, mac: int, lowest: int) -> None:
        """Raise an UndecidedError where something of it does not hold for a layer of this MAC and these rivals."""
        if not self.square:
            return  # the turns of a repeat are added up in it
        said, least = _value(self.mac, point), _value(self.least, point)
        _hold(compare(said, mac) in (0, None), f"{self.path}: MAC = {self.mac}", said, mac, point)
        _hold(compare(least, lowest) != 1, f"{self.path}: MAC >= {self.least}", lowest, least, point)
        gap, square = add(mac, negative(least)), _value(self.square, point)
        what = f"{self.path}: MAC - ({self.least}) = {self.square}"
        _hold(compare(gap, square) in (0, None), what, gap, square, point)
        if self.condition is not None:
            left, right = (_value(side, point) for side in self.condition)
            alike = compare(left, right) == 0
            what = f"{self.path}: MAC = {self.least} where {self.condition[0]} = {self.condition[1]}"
            _hold((compare(mac, least) == 0) is alike, what, mac, least, point)


def _value(text: str, point: Point) -> Real:
    found = plain_formula(text).value(point)
    return found if found.exact is None else found.exact


def _hold(holds: bool, what: str, left: Real, right: Real, point: Point) -> None:
    if holds:
        return
    where = ", ".join(f"{name} = {value}" for name, value in point.items())
    there = f"at {shorten(where, 200)} " if where else ""
    raise UndecidedError(
        Problem(
            f"{shorten(what, 200)} failed its recount in plain numbers: {there}one side is {enclosed(left)}, the other "
            f"{enclosed(right)}",
            None,
            "a bound that holds; this is a fault of the program",
            "please report it",
        )
    )
