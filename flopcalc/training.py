"""What a step of training takes: the multiply-adds of the backward pass, and what is kept for it.

A gradient is wanted of every learned parameter, and of every tensor that follows from one. A layer with weights takes
as many multiply-adds as forward for the gradient of its weights, and as many for that of its input; a product of two
tensors for each of the two. Tensors that are kept lie in memory once, however many layers keep them.

Source: Goodfellow et al. 2016, Deep Learning, section 6.5.6 (the gradient of a matrix product is a product with the
gradient, for either factor); Chen et al. 2016, arXiv:1604.06174, section 3 (what is kept).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.graph import Graph, Node
from flopcalc.number import Number, expanded, total
from flopcalc.reading import OPTIMIZERS

__all__ = ["Kept", "Training", "training_of"]

_Memory: TypeAlias = "int | tuple[str, int]"
"""The tensor in whose memory something lies, or the layer's output of which places are kept."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the layers of a kind keep until their gradients are computed.

    Attributes
    ----------
    kind : str
    what : str
        One of :data:`flopcalc.layers.KEPT`.
    tensors : int
        How many; what several layers keep is told of the first of them alone.
    elements : Number
        Of all samples.
    """

    kind: str
    what: str
    tensors: int
    elements: Number


@dataclass(frozen=True, slots=True)
class Training:
    """What a step of training takes.

    Attributes
    ----------
    optimizer : str
    forward_madds, backward_madds : Number
    kept : tuple of Kept
    params : Number
        Learned parameters; their gradients are as many elements.

    Examples
    --------
    >>> from flopcalc import analyze
    >>> step = analyze("pointwise_conv", C=2, O=3, H=4, W=4, training=True, optimizer="adam").training
    >>> step.backward_madds, step.kept_elements, step.state
    (96, 32, 12)
    """

    optimizer: str
    forward_madds: Number
    backward_madds: Number
    kept: tuple[Kept, ...]
    params: Number

    @property
    def madds(self) -> Number:
        """Multiply-adds of a step, forward and backward."""
        return expanded(self.forward_madds + self.backward_madds)

    @property
    def kept_elements(self) -> Number:
        """Elements that are kept for the backward pass."""
        return total(kept.elements for kept in self.kept)

    @property
    def gradients(self) -> Number:
        """Elements of the gradients of parameters."""
        return self.params

    @property
    def state(self) -> Number:
        """Elements that the optimizer remembers from step to step."""
        return OPTIMIZERS[self.optimizer] * self.params

    @property
    def memory(self) -> Number:
        """Parameters, their gradients, the optimizer's state, and what is kept: all that lives through a step."""
        return expanded(self.params + self.gradients + self.state + self.kept_elements)


def training_of(graph: Graph, optimizer: str) -> Training:
    """Return what a step of training takes.

    Parameters
    ----------
    graph : Graph
    optimizer : str
        One of :data:`flopcalc.reading.OPTIMIZERS`.

    Raises
    ------
    Fault
        Where a repeat has a symbolic count: its first turn may differ from the others.
    """
    base = _memories(graph)
    wanted: set[int] = set()
    held: dict[_Memory, Kept] = {}
    backward: list[Number] = []
    learned = {node.output for node in graph.nodes if not node.inputs}
    for node in graph.nodes:
        gradients = [tensor in wanted for tensor in node.inputs]
        learns = node.by_itself.cost.params != 0
        if not learns and not any(gradients):
            continue
        wanted.add(node.output)
        backward.append(_passes(node, gradients, learns=learns) * node.cost.madds)
        for memory, elements in _kept(graph, node, gradients, base):
            if memory not in held and memory not in learned:
                held[memory] = Kept(node.layer.reported_kind, node.layer.keeps, 1, elements)
    return Training(
        optimizer,
        total(node.cost.madds for node in graph.nodes),
        total(backward),
        tuple(_by_kind(held)),
        total(node.cost.params for node in graph.nodes),
    )


def _memories(graph: Graph) -> list[int]:
    """Return for every tensor the one in whose memory it lies; what dropout leaves in training has one of its own."""
    base = graph.memories("a step of training")
    for node in graph.nodes:
        if node.view:
            base[node.output] = base[node.inputs[0]] if node.layer.keeps == "nothing" else node.output
    return base


def _passes(node: Node, gradients: list[bool], *, learns: bool) -> int:
    """Return how many gradients take as many multiply-adds as the layer itself."""
    return sum(gradients) if node.layer.keeps == "factors" else learns + any(gradients)


def _kept(graph: Graph, node: Node, gradients: list[bool], base: list[int]) -> Iterator[tuple[_Memory, Number]]:
    """Yield the memories that a layer keeps, with their elements."""
    what = node.layer.keeps
    if what == "places":
        yield ("places", node.output), graph.elements(node.output)
        return
    tensors = (node.output,) if what == "output" else node.inputs if what in ("inputs", "factors") else ()
    for place, tensor in enumerate(tensors):
        if what != "factors" or any(wanted for other, wanted in enumerate(gradients) if other != place):
            yield base[tensor], graph.elements(base[tensor])


def _by_kind(held: dict[_Memory, Kept]) -> Iterator[Kept]:
    """Put together what layers of a kind keep, in the order in which they run."""
    kinds: dict[tuple[str, str], list[Kept]] = {}
    for kept in held.values():
        kinds.setdefault((kept.kind, kept.what), []).append(kept)
    for (kind, what), same in kinds.items():
        yield Kept(kind, what, len(same), total(kept.elements for kept in same))
