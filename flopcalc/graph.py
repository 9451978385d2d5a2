"""The graph of placed layers: an immutable DAG in execution order, and what only the whole graph can tell.

Tensors are numbered: the inputs first, then what the layers write. Peak memory and receptive field are properties of
the graph and not sums over layers, so they are computed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flopcalc.cost import Cost
from flopcalc.errors import Fault, Place
from flopcalc.layers import Layer, Shape, volume
from flopcalc.number import Arithmetic, Number, divide, expanded, is_rational, normal

__all__ = ["Field", "Graph", "Node"]


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
        for node in self.nodes:
            if not (type(node.count) is int and node.count == 1):
                raise Fault(
                    "peak memory needs the turns of every repeat laid out",
                    expected="a number for the repeat's count",
                    hint=f"give {node.count} a number",
                )
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

    def receptive_field(self) -> Field:
        """Return the receptive field of the last output, over the widest path.

        The recurrence is r = r + (k − 1)·j, j = j·s, with j the product of the strides before; a layer that reads
        the whole map (a global pool, a linear layer) has its map as its kernel. See formulas in Araujo et al.,
        *Computing Receptive Fields of Convolutional Neural Networks*, Distill 2019, equations 1 to 3.
        """
        fields: dict[int, Field] = {tensor: Field() for tensor in self.inputs.values()}
        for node in self.nodes:
            shapes = self.input_shapes(node)
            reach = node.layer.reach(shapes)
            merged: list[tuple[Any, Any, Any]] = []
            for axis in (0, 1):
                sources = [fields[self.real(tensor)] for tensor in node.inputs]
                widest = _widest(sources, axis)
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
                if reach is None:
                    kernel, step, margin = shapes[0][1 + axis], shapes[0][1 + axis], 0
                    if kernel == 1:
                        step = 1
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

    def real(self, tensor: int) -> int:
        """Return the tensor that some layer writes, for one that stands for a turn of it."""
        while tensor in self.aliases:
            tensor = self.aliases[tensor]
        return tensor


def _simple(value: Number) -> Number:
    return normal(value) if is_rational(value) else expanded(value)


def _widest(sources: list[Field], axis: int) -> Field:
    best = sources[0]
    for source in sources[1:]:
        difference = source.side[axis] - best.side[axis]
        wider = difference > 0 if is_rational(difference) else bool(difference.is_positive)
        if wider:
            best = source
    return best


def _greatest(sums: list[Number], arithmetic: Arithmetic) -> Number:
    """Return the greatest sum; for symbols, Max of those that are not surely below another."""
    rational = [value for value in sums if is_rational(value)]
    if len(rational) == len(sums):
        return normal(max(rational))
    kept: list[Number] = []
    for value in dict.fromkeys(expanded(value) for value in sums):
        if any(arithmetic.decide(normal(other - value), strict=False) for other in kept):
            continue
        kept = [other for other in kept if not arithmetic.decide(normal(value - other), strict=False)]
        kept.append(value)
    if len(kept) == 1:
        return kept[0]
    from sympy import Max

    return normal(Max(*kept))
