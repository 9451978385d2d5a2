"""Whether two specs are the same network: layer by layer, in the same order, with the same tensors between them."""

from __future__ import annotations

from dataclasses import replace

from flopcalc.binding import bind
from flopcalc.building import build
from flopcalc.errors import FlopcalcError
from flopcalc.graph import Graph, Node
from flopcalc.importing.document import read_text, text_of
from flopcalc.importing.folding import fold
from flopcalc.importing.trace import Trace
from flopcalc.spec.model import Spec

__all__ = ["first_difference", "folded", "graph_of"]


def graph_of(spec: Spec) -> Graph:
    """Return the graph of a spec as it is, with no parameter given."""
    return build(spec, bind(spec, {})).graph


def first_difference(one: Graph, other: Graph) -> int | None:
    """Return the number of the first layer in which two graphs differ; None where they are the same network.

    Layers are the same where they are of one kind with the same attributes, read and write the same tensors with the
    same shapes, cost the same, and share the same parameters. What they are called is not compared.

    Examples
    --------
    >>> from flopcalc.spec import load
    >>> first_difference(graph_of(load("resnet18")), graph_of(load("resnet18"))) is None
    True
    >>> first_difference(graph_of(load("resnet18")), graph_of(load("resnet34")))
    18
    """
    tensors = dict(zip(one.inputs.values(), other.inputs.values(), strict=False))
    if _entering(one) != _entering(other):
        return 0
    owners = [{node.path: number for number, node in enumerate(graph.nodes)} for graph in (one, other)]
    for number, (mine, others) in enumerate(zip(one.nodes, other.nodes, strict=False)):
        shared = [
            None if not node.shares else known[node.shares] for node, known in zip((mine, others), owners, strict=True)
        ]
        read = tuple([tensors[tensor] for tensor in mine.inputs])
        if read != others.inputs or shared[0] != shared[1] or _told(one, mine) != _told(other, others):
            return number
        tensors[mine.output] = others.output
    if len(one.nodes) != len(other.nodes):
        return min(len(one.nodes), len(other.nodes))
    leaving = [tensors[tensor] for tensor in dict.fromkeys(one.outputs.values())]
    same = {*leaving} == {*other.outputs.values()} and tensors[one.outputs["output"]] == other.outputs["output"]
    return None if same else len(one.nodes) - 1


def _entering(graph: Graph) -> list[object]:
    return [graph.shapes[tensor] for tensor in graph.inputs.values()]


def _told(graph: Graph, node: Node) -> tuple[object, ...]:
    """Return what a layer is, without what it is called."""
    layer = node.layer
    if getattr(layer, "stride", 0) is None:  # of a pool, whose stride is its kernel where it is not given
        layer = replace(layer, stride=layer.kernel)  # type: ignore[attr-defined,call-arg]
    return (type(layer), layer, node.form, graph.shapes[node.output], node.cost, node.alone, node.batch, node.count)


def folded(trace: Trace) -> str:
    """Return a network that was read elsewhere as a spec with blocks, repeats and tables.

    It is held to the plain list of its layers, of which it must be the very graph.

    Raises
    ------
    SpecError, ShapeError
        Where the layers themselves do not fit together.
    """
    plain = graph_of(read_text(text_of(trace), trace.name))
    written = [position for position, step in enumerate(trace.steps) for _ in step.results]

    def first_other(text: str) -> int | None:
        try:
            found = first_difference(plain, graph_of(read_text(text, trace.name)))
        except FlopcalcError:
            return -1
        if found is None:
            return None
        return written[found] if len(written) == len(plain.nodes) else -1

    return fold(trace, first_other)
