"""The reading for a batch: every sample is read, computed and written, and learned parameters are read once for all.

What follows from learned parameters alone, as a table of positions, is computed once, whatever the batch is.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

from flopcalc.building.strands import Strand, read_again
from flopcalc.errors import Fault
from flopcalc.graph import Graph, Node
from flopcalc.layers import volume
from flopcalc.number import Number, expanded, total

__all__ = ["batched"]


def batched(graph: Graph, batch: Number, memory: Sequence[Hashable]) -> Graph:
    """Return a graph that runs `batch` samples at once; `memory` tells by tensor whose it is."""
    single: set[int] = set()
    nodes: list[Node] = []
    writers = {node.output: node for node in graph.nodes}
    for node in graph.nodes:
        shared = [tensor for tensor in node.inputs if graph.real(tensor) in single]
        if len(shared) == len(node.inputs):
            single.add(node.output)
            nodes.append(node)
            continue
        for tensor in shared:
            _want_laid_out(node, writers, graph.real(tensor))
        nodes.append(_of_samples(graph, node, batch, shared, memory))
    single |= {tensor for tensor in graph.aliases if graph.real(tensor) in single}
    return replace(graph, nodes=tuple(nodes), batch=batch, single=frozenset(single))


def _of_samples(graph: Graph, node: Node, batch: Number, shared: list[int], memory: Sequence[Hashable]) -> Node:
    """Return a layer that runs on so many samples; it reads the tensors that they share once."""
    cost, again = node.cost, expanded(batch - 1)
    strands = [Strand(tensor, graph.shapes[tensor]) for tensor in shared]
    every = total(volume(strand.shape) for strand in strands)
    distinct = every - read_again(strands, memory)
    once = node.by_itself.over_turns(lambda each: node.layer.read_once(each, distinct))
    return replace(
        node,
        batch=batch,
        sample=cost,
        cost=replace(
            cost,
            madds=expanded(batch * cost.madds),
            bias_adds=expanded(batch * cost.bias_adds),
            mac=expanded(batch * cost.mac - again * once),
            activations=expanded(batch * cost.activations),
            inputs=expanded(batch * cost.inputs - again * node.over_turns(lambda each: every)),
            outputs=expanded(batch * cost.outputs),
        ),
    )


def _want_laid_out(node: Node, writers: Mapping[int, Node], tensor: int) -> None:
    """Refuse what may be one for all samples in the first turn of a symbolic repeat alone."""
    writer = writers.get(tensor)
    if node.joined is not None or (node.turns and (writer is None or writer.turns != node.turns)):
        raise Fault(
            f"a batch needs every turn of the repeat by itself: {node.path} reads what no sample has for itself",
            expected="a number for the repeat's count",
        )
