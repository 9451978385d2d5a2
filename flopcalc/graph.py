"""The graph of placed layers: an immutable DAG in execution order, and what only the whole graph can tell.

Tensors are numbered: the inputs first, then what the layers write. Peak memory and receptive field are properties of
the graph and not sums over layers, so they are computed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flopcalc.cost import Cost
from flopcalc.errors import Fault, Place
from flopcalc.layers import Layer, Reach, Shape, volume
from flopcalc.number import Arithmetic, Number, divide, expanded, is_rational, normal, summed

_LARGEST = 10**300

__all__ = ["Field", "Graph", "Node", "Turn"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A repeat whose count is a symbol, around a layer: its index runs from `first` to `last`."""

    index: Any
    first: Number
    last: Number

    @property
    def count(self) -> Number:
        """How many turns there are."""
        return expanded(self.last - self.first + 1)

    def sum(self, term: Number) -> Number:
        """Add `term` up over all the turns."""
        return summed(term, self.index, self.first, self.last)


@dataclass(frozen=True, slots=True)
class Node:
    """A layer in its place.

    Attributes
    ----------
    path : str
        Names of the blocks around it and its own, joined by dots.
    unit, stage : str
        The path of the outermost block or layer it belongs to, and of the named group around that ("" where none).
    layer : Layer
    inputs : tuple of int
        The tensors that it reads.
    output : int
        The tensor that it writes.
    count : Number
        How often it stands there: 1, or the turns of a repeat whose count is a symbol.
    cost : Cost
        Of all its turns together.
    place : Place
        Where its entry stands in the spec.
    each : Cost, optional
        Of a single turn, in the index of its repeats.
    turns : tuple of Turn
        The repeats with a symbolic count that it stands in, outermost first.
    written : str
        How its reference implementation writes it, one of :data:`flopcalc.layers.FORMS`; "" for the usual way.
    joined : Number, optional
        How many tensors it merges, where they are the turns of a repeat whose count is a symbol.
    """

    path: str
    unit: str
    stage: str
    layer: Layer
    inputs: tuple[int, ...]
    output: int
    count: Number
    cost: Cost
    place: Place
    each: Cost | None = None
    turns: tuple[Turn, ...] = ()
    written: str = ""
    joined: Number | None = None

    @property
    def operands(self) -> Number:
        """How many tensors it reads."""
        return len(self.inputs) if self.joined is None else self.joined

    @property
    def form(self) -> str:
        """How its reference implementation writes it, by name, as ``functional``."""
        return self.written or self.layer.forms[0]

    def over_turns(self, quantity: Callable[[Cost], Number]) -> Number:
        """Return what `quantity` makes of the cost, added up over all the turns."""
        if not self.turns or self.each is None:
            return quantity(self.cost)
        value = quantity(self.each)
        for turn in reversed(self.turns):
            value = turn.sum(value)
        return value


@dataclass(frozen=True, slots=True)
class Field:
    """A receptive field in input pixels: its side, the step between neighbours, and the first one's centre.

    Each is (height, width). Centres count from the middle of the first pixel.
    """

    side: tuple[Number, Number] = (1, 1)
    stride: tuple[Number, Number] = (1, 1)
    centre: tuple[Number, Number] = (0, 0)


@dataclass(frozen=True, slots=True)
class Graph:
    """An immutable graph of layers.

    Attributes
    ----------
    shapes : tuple of Shape
        The shape of every tensor, inputs first.
    inputs : mapping of str to int
        The tensors that enter, by label.
    nodes : tuple of Node
        In the order in which they run.
    outputs : mapping of str to int
        The tensors that leave, by label; the last one's is ``output``.
    aliases : mapping of int to int
        Tensors that are another one's turn in a repeat whose count is a symbol.
    """

    shapes: tuple[Shape, ...]
    inputs: Mapping[str, int]
    nodes: tuple[Node, ...]
    outputs: Mapping[str, int]
    aliases: Mapping[int, int] = field(default_factory=dict)

    def input_shapes(self, node: Node) -> tuple[Shape, ...]:
        """Return the shapes of what a node reads."""
        return tuple(self.shapes[tensor] for tensor in node.inputs)

    def peak_memory(self, arithmetic: Arithmetic) -> Number:
        """Return the largest sum of live tensors while the layers run in order, in elements.

        Views are their source's memory; inputs live until they are last read, outputs to the end; parameters are
        not in it. For symbols it is the greatest of the sums that no other one dominates.

        Raises
        ------
        Fault
            Where a repeat has a symbolic count, whose turns are not laid out.
        """
        base = list(range(len(self.shapes)))
        self._want_laid_out("peak memory", self.nodes)
        for node in self.nodes:
            if node.layer.view:
                base[node.output] = base[node.inputs[0]]
        end = len(self.nodes)
        last = dict.fromkeys((base[tensor] for tensor in self.inputs.values()), -1)
        for step, node in enumerate(self.nodes):
            last[base[node.output]] = step
            for tensor in node.inputs:
                last[base[tensor]] = step
        for tensor in self.outputs.values():
            last[base[tensor]] = end
        dying: dict[int, list[int]] = {}
        for tensor, step in last.items():
            dying.setdefault(step, []).append(tensor)
        live: Number = 0
        for tensor in {base[tensor] for tensor in self.inputs.values()}:
            live = live + volume(self.shapes[tensor])
        sums: list[Number] = [live]
        for step, node in enumerate(self.nodes):
            if base[node.output] == node.output:
                live = live + volume(self.shapes[node.output])
                sums.append(live)
            for tensor in dying.get(step, ()):
                live = live - volume(self.shapes[tensor])
        return _greatest(sums, arithmetic)

    def receptive_field(self, arithmetic: Arithmetic) -> Field:
        """Return the receptive field of the last output, over the widest path.

        The recurrence is r = r + (k − 1)·j, j = j·s, with j the product of the strides before; a layer that reads
        the whole map (a global pool, a linear layer) has its map as its kernel. See formulas in Araujo et al.,
        *Computing Receptive Fields of Convolutional Neural Networks*, Distill 2019, equations 1 to 3.

        Raises
        ------
        Fault
            Where a repeat has a symbolic count, whose turns are not laid out, or it is open which path is widest.
        """
        self._want_laid_out("the receptive field", (node for node in self.nodes if self._looks_around(node)))
        fields: dict[int, Field] = {tensor: Field() for tensor in self.inputs.values()}
        for node in self.nodes:
            shapes = self.input_shapes(node)
            reach = node.layer.reach(shapes)
            merged: list[tuple[Any, Any, Any]] = []
            for axis in (0, 1):
                sources = [fields[self.real(tensor)] for tensor in node.inputs]
                widest = _widest(sources, axis, arithmetic)
                stride = (
                    next(
                        (
                            source.stride[axis]
                            for source, shape in zip(sources, shapes, strict=True)
                            if shape[1 + axis] == self.shapes[node.output][1 + axis]
                        ),
                        widest.stride[axis],
                    )
                    if len(sources) > 1
                    else widest.stride[axis]
                )
                kernel: Number
                step: Number
                margin: Number
                if reach is None:
                    kernel = step = shapes[0][1 + axis]
                    margin = 0
                else:
                    kernel, step, margin = reach.kernel[axis], reach.stride[axis], reach.padding[axis]
                merged.append(
                    (
                        _simple(widest.side[axis] + (kernel - 1) * stride),
                        _simple(stride * step),
                        _simple(widest.centre[axis] + (divide(kernel - 1, 2) - margin) * stride),
                    )
                )
            (high, wide) = merged
            fields[node.output] = Field((high[0], wide[0]), (high[1], wide[1]), (high[2], wide[2]))
        return fields[self.real(self.outputs["output"])]

    def _looks_around(self, node: Node) -> bool:
        """Whether a layer reads more than the positions that it writes."""
        reach = node.layer.reach(self.input_shapes(node))
        return reach is None or reach != Reach()

    @staticmethod
    def _want_laid_out(what: str, nodes: Iterable[Node]) -> None:
        for node in nodes:
            if node.turns:
                raise Fault(
                    f"{what} needs the turns of every repeat laid out",
                    expected="a number for the repeat's count",
                    hint=f"give {node.turns[0].count} a number",
                )

    def real(self, tensor: int) -> int:
        """Return the tensor that some layer writes, for one that stands for a turn of it."""
        while tensor in self.aliases:
            tensor = self.aliases[tensor]
        return tensor


def _simple(value: Number) -> Number:
    if not is_rational(value):
        return expanded(value)
    if not -_LARGEST < value < _LARGEST:
        raise Fault("the receptive field is too large", expected="at most 10**300 pixels")
    return normal(value)


def _widest(sources: list[Field], axis: int, arithmetic: Arithmetic) -> Field:
    best = sources[0]
    for source in sources[1:]:
        most, side = best.side[axis], source.side[axis]
        wide_enough = arithmetic.decide(normal(most - side), strict=False)
        if wide_enough is None and not arithmetic.decide(normal(side - most), strict=False):
            raise Fault(
                f"which path is widest is not known: one sees {most} pixels, another {side}",
                expected="numbers, or an assumption that decides it",
                hint=f"--assume '{most} >= {side}' or --assume '{most} <= {side}'",
            )
        if not wide_enough:
            best = source
    return best


def _greatest(sums: list[Number], arithmetic: Arithmetic) -> Number:
    """Return the greatest sum; for symbols, Max of those that are not surely below another."""
    rational = [value for value in sums if is_rational(value)]
    if len(rational) == len(sums):
        return arithmetic.largest(tuple(rational))
    kept: list[Number] = []
    for value in dict.fromkeys(expanded(value) for value in sums):
        if any(arithmetic.decide(normal(other - value), strict=False) for other in kept):
            continue
        kept = [other for other in kept if not arithmetic.decide(normal(value - other), strict=False)]
        kept.append(value)
    if len(kept) == 1:
        return kept[0]
    from sympy import Max

    return normal(Max(*kept, evaluate=False))
