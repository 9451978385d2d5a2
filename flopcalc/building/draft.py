"""The graph as far as it is built: its tensors, whose memory each is, and its nodes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from flopcalc.dataclass import dataclass
from flopcalc.graph import Graph, Node
from flopcalc.layers import Layer, Shape, volume
from flopcalc.number import expanded

__all__ = ["Draft", "Mark"]


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a graph was built at some point, to go back to."""

    nodes: int
    shapes: int
    aliases: dict[int, int]
    used: set[int]


class Draft:
    """A graph that grows.

    Attributes
    ----------
    shapes, memory : list
        By tensor: its shape, and whose memory it is.
    nodes : list of Node
    aliases : dict of int to int
        Tensors that stand for another one.
    used : set of int
        The tensors that something reads.
    identities : dict
        The paths of branches that do nothing, in order.
    """

    __slots__ = ("aliases", "identities", "memory", "nodes", "shapes", "used")

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self.memory: list[Hashable] = []
        self.nodes: list[Node] = []
        self.aliases: dict[int, int] = {}
        self.used: set[int] = set()
        self.identities: dict[str, None] = {}

    def tensor(self, shape: Shape, memory: Hashable = None) -> int:
        """Number a new tensor; `memory` is whose it is, where it has none of its own."""
        self.shapes.append(shape)
        self.memory.append(len(self.memory) if memory is None else memory)
        return len(self.shapes) - 1

    def use(self, tensor: int) -> None:
        """Note that something reads a tensor."""
        self.used.add(tensor)
        while tensor in self.aliases:
            tensor = self.aliases[tensor]
            self.used.add(tensor)

    def memory_of(self, layer: Layer, source: int, shape: Shape) -> Hashable:
        """Return the memory of a view: all of its source's, or the part that the layer takes."""
        memory = self.memory[source]
        part, whole = volume(shape), volume(self.shapes[source])
        return memory if part == whole or expanded(part - whole) == 0 else (memory, layer)

    def graph(self, inputs: Mapping[str, int], outputs: Mapping[str, int]) -> Graph:
        """Return the graph, finished."""
        return Graph(tuple(self.shapes), inputs, tuple(self.nodes), outputs, self.aliases, tuple(self.identities))

    def mark(self) -> Mark:
        """Remember how far the graph is built."""
        return Mark(len(self.nodes), len(self.shapes), dict(self.aliases), set(self.used))

    def back_to(self, mark: Mark) -> None:
        """Forget what was built since."""
        del self.nodes[mark.nodes :], self.shapes[mark.shapes :], self.memory[mark.shapes :]
        self.aliases, self.used = dict(mark.aliases), set(mark.used)
