"""The fused reading: norms folded into the layers before them, and activations computed where their input is.

Once it is trained, a batch norm multiplies every channel by a constant and adds another one. The layer before it can do
so itself: its weights are multiplied, and it has a bias. An activation of single elements needs no memory of its own.

Source: Jacob et al. 2018, arXiv:1712.05877, sections 3.2 (folding) and 2.4 (fused activations).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flopcalc.cost import Cost
from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.graph import Graph, Node
from flopcalc.layers import volume
from flopcalc.number import Number, as_text, expanded, total

__all__ = ["fused", "norms_to_fold"]


def fused(graph: Graph) -> Graph:
    """Return a graph with its norms folded and its activations in place, as far as they can be; its notes tell how far.

    Raises
    ------
    Fault
        Where that depends on a turn of a repeat whose count is a symbol.
    """
    _want_settled(graph)
    result, folded = graph, _count(())
    while pairs := norms_to_fold(result):
        for node, norm in pairs:
            _want_one_turn(node, norm)
        folded = folded + _count(norm for _, norm in pairs)
        result = _folded(result, pairs)
    result, placed = _in_place(result)
    notes = (
        f"{_several(folded, 'norm is', 'norms are')} folded into the layer before, and "
        f"{_several(placed, 'activation is', 'activations are')} computed where the input is."
    )
    return replace(result, notes=(*result.notes, "Fused: " + notes, *_staying(result)))


def _several(count: Number, one: str, many: str) -> str:
    return f"{as_text(count)} {one if count == 1 else many}"


def _count(nodes: Iterable[Node]) -> Number:
    return total(node.count for node in nodes)


@dataclass(frozen=True, slots=True)
class _Uses:
    """Who reads each tensor, and which tensors leave."""

    readers: dict[int, list[Node]]
    leaving: set[int]

    @classmethod
    def of(cls, graph: Graph) -> _Uses:
        readers: dict[int, list[Node]] = {}
        for node in graph.nodes:
            for tensor in node.inputs:
                readers.setdefault(graph.real(tensor), []).append(node)
        return cls(readers, {graph.real(tensor) for tensor in graph.outputs.values()})

    def only(self, tensor: int) -> Node | None:
        """Return what alone reads a tensor, once."""
        found = self.readers.get(tensor, [])
        return found[0] if len(found) == 1 and tensor not in self.leaving else None


# -- norms -----------------------------------------------------------------------------------------------------------


def norms_to_fold(graph: Graph) -> tuple[tuple[Node, Node], ...]:
    """Return the layers into which norms can be folded, each with its norm: it alone reads what the layer writes.

    Folded, a norm changes the weights before it: all that uses them must have the same norm behind it.
    """
    uses = _Uses.of(graph)
    behind: dict[str, list[tuple[Node, Node | None]]] = {}
    for node in graph.nodes:
        if node.layer.scaled is not None:
            reader = uses.only(node.output)
            norm = reader if reader is not None and reader.layer.scales_channels else None
            behind.setdefault(node.shares or node.path, []).append((node, norm))
    found: list[tuple[Node, Node]] = []
    for pairs in behind.values():
        if len({norm and (norm.shares or norm.path) for _, norm in pairs}) == 1:
            found += [(node, norm) for node, norm in pairs if norm is not None]
    return tuple(found)


def _want_one_turn(node: Node, reader: Node) -> None:
    """Refuse two layers of which one alone stands in a symbolic repeat: they are neighbours in one of its turns."""
    if node.turns != reader.turns:
        raise _unsettled(reader)


def _want_settled(graph: Graph) -> None:
    """Refuse what alone reads the tensor that enters a turn of a symbolic repeat: another layer writes it each turn."""
    uses, writers = _Uses.of(graph), {node.output: node for node in graph.nodes}
    for node in graph.nodes:
        if node.turns and (node.layer.scales_channels or node.layer.elementwise):
            tensor = graph.real(node.inputs[0])
            writer = writers.get(tensor)
            beside = [reader for reader in uses.readers[tensor] if reader.turns == node.turns]
            if (writer is None or writer.turns != node.turns) and len(beside) == 1:
                raise _unsettled(node)


def _unsettled(node: Node) -> Fault:
    return Fault(
        f"the fused reading needs every turn of the repeat by itself: what {node.path} reads differs between them",
        expected="a number for the repeat's count",
    )


def _folded(graph: Graph, pairs: tuple[tuple[Node, Node], ...]) -> Graph:
    """Return a graph without these norms; the layers before them have a bias, and write what the norms wrote."""
    norms = {node.output: norm for node, norm in pairs}
    gone = {norm.output for _, norm in pairs}
    nodes: list[Node] = []
    for node in graph.nodes:
        if node.output in gone:
            continue
        norm = norms.get(node.output)
        nodes.append(node if norm is None else _with_norm(graph, node, norm))
    return replace(graph, nodes=tuple(_lent_anew(nodes)))


def _with_norm(graph: Graph, node: Node, norm: Node) -> Node:
    layer = node.layer.scaled
    assert layer is not None
    shapes, output = graph.input_shapes(node), graph.shapes[node.output]
    before, after = (each.cost(shapes, output, view=False) for each in (node.layer, layer))

    def with_bias(cost: Cost) -> Cost:
        """Add what the bias costs; where parameters are another layer's, they are read and not counted."""
        own = node.shares == "" or cost is node.alone
        return replace(
            cost,
            params=cost.params + (after.params - before.params if own else 0),
            biases=cost.biases + (after.biases - before.biases if own else 0),
            bias_adds=after.bias_adds,
            mac=cost.mac + after.mac - before.mac,
        )

    each = with_bias(node.cost if node.each is None else node.each)
    alone = None if node.alone is None else with_bias(node.alone)
    return replace(node, layer=layer, output=norm.output, cost=_over_turns(node, each), each=each, alone=alone)


def _over_turns(node: Node, each: Cost) -> Cost:
    for turn in reversed(node.turns):
        each = each.map(turn.sum)
    return each


def _lent_anew(nodes: list[Node]) -> list[Node]:
    """Let the first layer that is left count the parameters that others share, where the one that did is gone."""
    there = {node.path for node in nodes}
    heirs: dict[str, str] = {}
    result: list[Node] = []
    for node in nodes:
        if node.shares and node.shares not in there:
            heir = heirs.setdefault(node.shares, node.path)
            if heir == node.path and node.alone is not None:
                cost = _over_turns(node, node.alone)
                node = replace(node, cost=cost, each=node.alone, alone=None, shares="")
            else:
                node = replace(node, shares=heir)
        result.append(node)
    return result


def _staying(graph: Graph) -> tuple[str, ...]:
    """Say how many norms stay, and why."""
    uses, writers = _Uses.of(graph), {node.output: node for node in graph.nodes}
    reasons: dict[str, list[Node]] = {}
    for node in graph.nodes:
        if node.layer.normalises:
            reasons.setdefault(_why(graph, node, uses, writers.get(graph.real(node.inputs[0]))), []).append(node)
    if not reasons:
        return ()
    told = "; ".join(f"{as_text(_count(nodes))} {why}" for why, nodes in reasons.items())
    every = _count(node for nodes in reasons.values() for node in nodes)
    return (f"{_several(every, 'norm stays', 'norms stay')}: {told}.",)


def _why(graph: Graph, norm: Node, uses: _Uses, before: Node | None) -> str:
    if not norm.layer.scales_channels:
        constant = norm.layer.statistics(graph.input_shapes(norm), graph.shapes[norm.output]) != 0
        return "whose factors are not one for each channel" if constant else "whose factors follow from what it reads"
    if before is None or before.layer.scaled is None:
        weighs = before is not None and before.by_itself.cost.weights != 0
        return "behind weights of another axis than the channels" if weighs else "behind what has no weights of its own"
    if uses.only(before.output) is None:
        return "behind a layer that something else reads too"
    return "behind a layer that shares its weights with one that has another norm, or none, behind it"


# -- activations -----------------------------------------------------------------------------------------------------


def _in_place(graph: Graph) -> tuple[Graph, Number]:
    """Let activations write where they read, where nothing else reads that memory; return how many do.

    One that reads a part of a tensor has its own memory: in place, it would hold all the rest of it.
    """
    uses, writers = _Uses.of(graph), {node.output: node for node in graph.nodes}
    parts: dict[int, set[int]] = {}
    base: dict[int, int] = {}
    nodes: list[Node] = []
    placed: list[Node] = []
    for node in graph.nodes:
        memory = base.get(graph.real(node.inputs[0]), graph.real(node.inputs[0])) if node.inputs else -1
        if node.layer.elementwise and not node.view and _is_free(node, parts.get(memory, {memory}), uses):
            writer = writers.get(memory)
            whole = node.inputs and expanded(volume(graph.shapes[memory]) - volume(graph.shapes[node.output])) == 0
            if writer is not None and writer.inputs and whole:
                _want_one_turn(writer, node)
                node = _placed(node)
                placed.append(node)
        if node.view:
            base[node.output] = memory
            parts.setdefault(memory, {memory}).add(node.output)
        nodes.append(node)
    return replace(graph, nodes=tuple(nodes)), _count(placed)


def _is_free(node: Node, parts: set[int], uses: _Uses) -> bool:
    """Tell whether nothing but a layer reads a memory, whose tensors so far are `parts`, or gives it away."""
    others = (reader for tensor in parts for reader in uses.readers.get(tensor, ()))
    return parts.isdisjoint(uses.leaving) and all(
        reader.output == node.output or reader.output in parts for reader in others
    )


def _placed(node: Node) -> Node:
    """Return an activation that reads nothing but what it has learned, and writes nothing of its own."""
    lone = node.alone or node.each or node.cost

    def without(cost: Cost) -> Cost:
        return replace(cost, mac=lone.params)

    each = without(node.cost if node.each is None else node.each)
    alone = None if node.alone is None else without(node.alone)
    return replace(node, cost=_over_turns(node, each), each=each, alone=alone, view=True)
