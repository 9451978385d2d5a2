"""The graph of placed layers: an immutable DAG in execution order, and what only the whole graph can tell.

Tensors are numbered: the inputs first, then what the layers write. Peak memory and receptive field are properties of
the graph and not sums over layers, so they are computed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flopcalc.cost import Cost
from flopcalc.dataclass import dataclass, field
from flopcalc.errors import Fault, FlopcalcError, Place, listed
from flopcalc.field import Field, Step, fields
from flopcalc.layers import Layer, Shape, passes, volume
from flopcalc.number import Arithmetic, Number, expanded, is_rational, is_symbolic, is_whole, normal, summed
from flopcalc.schedule import Task, least_peak

__all__ = ["Field", "Graph", "Node", "Schedule", "Turn"]


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


def summed_over(turns: Sequence[Turn], term: Number) -> Number:
    """Add up what one turn has over all the turns of repeats, the outermost first."""
    for turn in reversed(turns):
        term = turn.sum(term)
    return term


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
    shares : str
        The path of the layer whose learned parameters it uses; "" where they are its own. They are not in its costs.
    alone : Cost, optional
        Of a single turn, were they its own; where it shares them.
    view : bool
        Whether what it writes is the memory of what it reads: it moves nothing, or is computed in place.
    batch : Number
        How many samples it runs on.
    sample : Cost, optional
        Of one sample, over all its turns, where its cost is that of a batch.
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
    shares: str = ""
    alone: Cost | None = None
    view: bool = False
    batch: Number = 1
    sample: Cost | None = None

    @property
    def of_one_sample(self) -> Node:
        """The node as it runs on a single sample."""
        return self if self.sample is None else replace(self, cost=self.sample, batch=1, sample=None)

    @property
    def by_itself(self) -> Node:
        """The node with learned parameters of its own, where it shares those of another."""
        return self if self.alone is None else replace(self, cost=self.alone, each=self.alone)

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
        return summed_over(self.turns, quantity(self.each))

    def summed(self, term: Number) -> Number:
        """Add up what one turn of it has over all its turns.

        Raises
        ------
        FlopcalcError
            Where the sum has no closed form.
        """
        try:
            return summed_over(self.turns, term)
        except Fault as fault:
            raise FlopcalcError(fault.at(self.place)) from None


@dataclass(frozen=True, slots=True)
class Schedule:
    """An order of the layers, with its peak memory.

    Attributes
    ----------
    peak : int
        The largest sum of live tensors, in elements.
    nodes : tuple of Node
        In the order in which they run; a view stands right behind the layer whose memory it is.
    at : Node, optional
        The layer that runs when the peak is reached first; None where the network's inputs alone are the peak.
    proved : bool
        Whether no order needs less; else the peak is that of the best order found.
    """

    peak: int
    nodes: tuple[Node, ...]
    at: Node | None
    proved: bool


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
    identities : tuple of str
        The paths of branches that are the identity because `when` leaves out all of their entries.
    batch : Number
        How many samples run at once; shapes are of one.
    single : frozenset of int
        The tensors that no sample has for itself: they follow from learned parameters alone.
    notes : tuple of str
        What the way in which it is read did to it, in sentences.
    """

    shapes: tuple[Shape, ...]
    inputs: Mapping[str, int]
    nodes: tuple[Node, ...]
    outputs: Mapping[str, int]
    aliases: Mapping[int, int] = field(default_factory=dict)
    identities: tuple[str, ...] = ()
    batch: Number = 1
    single: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()

    def elements(self, tensor: int) -> Number:
        """Return the elements of a tensor, of all samples together."""
        each = volume(self.shapes[tensor])
        return each if tensor in self.single else self.batch * each

    def input_shapes(self, node: Node) -> tuple[Shape, ...]:
        """Return the shapes of what a node reads."""
        return tuple([self.shapes[tensor] for tensor in node.inputs])

    def peak_memory(self, arithmetic: Arithmetic) -> Number:
        """Return the largest sum of live tensors while the layers run in order, in elements.

        Views are their source's memory; inputs live until they are last read, outputs to the end; parameters are
        not in it. For symbols it is the greatest of the sums that no other one dominates.

        Raises
        ------
        Fault
            Where a repeat has a symbolic count, whose turns are not laid out.
        """
        return _greatest([live for live, _ in self._live()], arithmetic)

    def peak_layer(self) -> Node | None:
        """Return the layer that runs when the peak is reached first; None where the inputs alone are the peak.

        Raises
        ------
        Fault
            Where a size or the count of a repeat is a formula.
        """
        self.sizes()
        sums: list[Any] = [*self._live()]
        at: Node | None = max(sums, key=lambda moment: moment[0])[1]
        return at

    def _live(self) -> list[tuple[Number, Node | None]]:
        """Return how many elements are alive while each layer runs that has a tensor of its own, inputs first."""
        base = self.memories("peak memory")
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
            live = live + self.elements(tensor)
        sums: list[tuple[Number, Node | None]] = [(live, None)]
        for step, node in enumerate(self.nodes):
            if base[node.output] == node.output:
                live = live + self.elements(node.output)
                sums.append((live, node))
            for tensor in dying.get(step, ()):
                live = live - self.elements(tensor)
        return sums

    def memories(self, what: str) -> list[int]:
        """Return for every tensor the one in whose memory it lies: a view is its source's.

        Raises
        ------
        Fault
            Where a repeat has a symbolic count, whose turns are not laid out; `what` is asked for.
        """
        self._want_laid_out(what, self.nodes)
        base = list(range(len(self.shapes)))
        for node in self.nodes:
            if node.view:
                base[node.output] = base[node.inputs[0]]
        return base

    def sizes(self) -> list[int]:
        """Return the elements of every tensor, or a Fault where one of them or the count of a repeat is a formula."""
        sizes = [self.elements(tensor) for tensor in range(len(self.shapes))]
        counts = [turn.count for node in self.nodes for turn in node.turns]
        whole = [size for size in sizes if is_whole(size)]
        if counts or len(whole) < len(sizes):
            names = _free([*sizes, *counts], self.nodes)
            kinds = "is a symbol" if len(names) == 1 else "are symbols"
            raise Fault(
                f"the best order needs numbers for sizes and repeats, and {listed(names)} {kinds}",
                expected="a number for every symbol that they depend on",
                hint=f"{_numbers(names)}; the file's own order, `--order file`, keeps formulas",
            )
        return whole

    def best_order(self) -> Schedule:
        """Return an order of the layers whose peak memory is least; see :func:`flopcalc.schedule.least_peak`.

        Raises
        ------
        Fault
            Where a size is a symbol, or a repeat has a symbolic count.
        """
        sizes, base = self.sizes(), self.memories("peak memory")
        moving = [node for node in self.nodes if not node.view]
        tasks = [Task(tuple(dict.fromkeys(base[tensor] for tensor in node.inputs)), node.output) for node in moving]
        inputs = dict.fromkeys(base[tensor] for tensor in self.inputs.values())
        read = {memory for task in tasks for memory in task.reads}
        kept = {base[tensor] for tensor in self.outputs.values()} | {memory for memory in inputs if memory not in read}
        found = least_peak(tasks, sizes, tuple(inputs), tuple(kept))
        views: dict[int, list[Node]] = {}
        for node in self.nodes:
            if node.view:
                views.setdefault(base[node.output], []).append(node)
        nodes = [node for memory in inputs for node in views.get(memory, ())]
        for number in found.tasks:
            nodes += [moving[number], *views.get(moving[number].output, ())]
        return Schedule(found.peak, tuple(nodes), None if found.at < 0 else moving[found.at], found.proved)

    def fields(self, arithmetic: Arithmetic) -> Mapping[int, Field | Fault]:
        """Return the receptive field of every tensor, exact over all paths, or why it is not known.

        See :func:`flopcalc.field.fields`.

        Raises
        ------
        Fault
            Where a repeat has a symbolic count, whose turns are not laid out, or symbols leave open how far a position
            sees.
        """
        reaches = [node.layer.reach(self.input_shapes(node)) for node in self.nodes]
        around = (node for node, reach in zip(self.nodes, reaches, strict=True) if not passes(reach))
        self._want_laid_out("the receptive field", around)
        steps = [
            Step(tuple(self.real(tensor) for tensor in node.inputs), node.output, reach)
            for node, reach in zip(self.nodes, reaches, strict=True)
        ]
        return fields(steps, self.shapes, tuple(self.inputs.values()), arithmetic)

    def receptive_field(self, arithmetic: Arithmetic) -> Field:
        """Return the receptive field of the last output.

        Raises
        ------
        Fault
            As for :meth:`fields`.
        """
        found = self.fields(arithmetic)[self.real(self.outputs["output"])]
        if isinstance(found, Fault):
            raise found
        return found

    @staticmethod
    def _want_laid_out(what: str, nodes: Iterable[Node]) -> None:
        for node in nodes:
            if node.turns:
                raise Fault(
                    f"{what} needs the turns of every repeat laid out",
                    expected="a number for the repeat's count",
                    hint=_numbers(_free([turn.count for turn in node.turns], (node,))),
                )

    def real(self, tensor: int) -> int:
        """Return the tensor that some layer writes, for one that stands for a turn of it."""
        while tensor in self.aliases:
            tensor = self.aliases[tensor]
        return tensor


def _free(values: Iterable[Number], nodes: Iterable[Node]) -> list[str]:
    """Return the names of the symbols in some values, without the indices of repeats."""
    indices = {str(turn.index) for node in nodes for turn in node.turns}
    names = {str(one) for value in values if is_symbolic(value) for one in value.free_symbols}
    return sorted(names - indices)


def _numbers(names: Sequence[str]) -> str:
    """Ask for numbers by name."""
    return f"give {', '.join(names)} {'a number' if len(names) == 1 else 'numbers'}"


def _greatest(sums: list[Number], arithmetic: Arithmetic) -> Number:
    """Return the greatest sum; for symbols, Max of those that are not surely below another."""
    rational = [value for value in sums if is_rational(value)]
    if len(rational) == len(sums):
        return arithmetic.largest(tuple(rational))
    kept = arithmetic.undominated([expanded(value) for value in sums])
    if len(kept) == 1:
        return kept[0]
    from sympy import Max

    return normal(Max(*kept, evaluate=False))
