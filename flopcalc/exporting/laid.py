"""A graph in whole numbers, as what is run needs it: every shape known, and what every layer owns and borrows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.errors import FlopcalcError, ParameterError, Place, Problem, gathered, listed, shorten
from flopcalc.graph import Graph, Node
from flopcalc.layers import Layer
from flopcalc.layers.learned import Embedding
from flopcalc.layers.pool import MaxPool, MaxUnpool
from flopcalc.number import Number, is_symbolic, is_whole

__all__ = ["Dims", "Laid", "Placed", "check_known", "laid_out", "whole"]

_LARGEST = 2**63 - 1
"""The largest number of the formats and frameworks."""

Dims: TypeAlias = "tuple[int, ...]"
"""A shape in whole numbers, channels first and without the batch."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A layer in its place.

    Attributes
    ----------
    path : str
    layer : Layer
    reads : tuple of int
        The tensors that it reads.
    writes : int
        The tensor that it writes.
    inputs : tuple of Dims
        The shapes of what it reads.
    output : Dims
    owns : int
        The elements of its own learned parameters.
    lender : Placed, optional
        The layer whose learned parameters it uses.
    place : Place
        Where its entry stands in the spec.
    """

    path: str
    layer: Layer
    reads: tuple[int, ...]
    writes: int
    inputs: tuple[Dims, ...]
    output: Dims
    owns: int
    lender: Placed | None
    place: Place

    def owned(self, name: str) -> bool:
        """Tell whether a learned tensor is its own: all are, or beside a tied matrix the bias alone."""
        return self.lender is None or (name == "bias" and self.owns > 0)

    @property
    def turned(self) -> bool:
        """Whether the matrix that it borrows is its own one's transpose."""
        if self.lender is None:
            return False
        mine, theirs = self.layer.matrix(self.inputs), self.lender.layer.matrix(self.lender.inputs)
        return mine != theirs and (*mine[1::-1], *mine[2:]) == theirs


@dataclass(frozen=True, slots=True)
class Laid:
    """A whole network.

    Attributes
    ----------
    shapes : tuple of Dims
        Of every tensor.
    inputs, outputs : mapping of str to int
        The tensors that enter and leave, by label.
    layers : tuple of Placed
        In the order in which they run.
    indices : frozenset of int
        The tensors that hold the numbers of rows of tables: what embeddings read.
    """

    shapes: tuple[Dims, ...]
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]
    layers: tuple[Placed, ...]
    indices: frozenset[int]

    @property
    def params(self) -> int:
        """The elements of all learned parameters."""
        return sum(placed.owns for placed in self.layers)

    def unpooled(self) -> dict[str, str]:
        """Return for every unpooling layer the last max pool before it that it undoes and that is not undone yet."""
        pools: list[Placed] = []
        found: dict[str, str] = {}
        for placed in self.layers:
            if isinstance(placed.layer, MaxPool):
                pools.append(placed)
            if isinstance(placed.layer, MaxUnpool):
                fitting = [pool for pool in pools if (pool.inputs[0], pool.output) == (placed.output, placed.inputs[0])]
                if fitting:
                    found[placed.path] = fitting[-1].path
                    pools.remove(fitting[-1])
        return found


def laid_out(graph: Graph) -> Laid:
    """Return a graph in whole numbers.

    Raises
    ------
    ParameterError
        Where a size or a count is a symbol, or one is too large for whatever runs it.

    Examples
    --------
    >>> from flopcalc import analyze
    >>> laid = laid_out(analyze("separable_conv", C=4, H=8, W=8, O=6, K=3).totals.graph)
    >>> [placed.path for placed in laid.layers], laid.shapes[-1], laid.params
    (['depthwise', 'conv'], (6, 8, 8), 60)
    """
    _refuse_symbols(graph)
    shapes = tuple([whole(shape) for shape in graph.shapes])
    by_path: dict[str, Placed] = {}
    for node in graph.nodes:
        by_path[node.path] = Placed(
            node.path,
            node.layer,
            node.inputs,
            node.output,
            tuple([shapes[tensor] for tensor in node.inputs]),
            shapes[node.output],
            int(node.cost.params),
            by_path[node.shares] if node.shares else None,
            node.place,
        )
    assert len(by_path) == len(graph.nodes), "two layers have one path"
    return Laid(shapes, graph.inputs, graph.outputs, tuple(by_path.values()), _indices(graph))


def whole(numbers: Iterable[Number]) -> Dims:
    """Return numbers that are known to be whole as integers.

    Examples
    --------
    >>> whole((3, 8, 8))
    (3, 8, 8)
    """
    return tuple([int(number) for number in numbers])


def check_known(laid: Laid, known: Collection[type[Layer]], *, pass_custom: bool) -> None:
    """Refuse layers that cannot be written, all together.

    Raises
    ------
    FlopcalcError
        For layers that say what they cost and not what they compute, but those that learn nothing and keep the shape
        where `pass_custom` lets them pass on what they read; and for those of a kind that is not `known`.
    """
    problems: list[Problem] = []
    for placed in laid.layers:
        layer = placed.layer
        passes = layer.said and not placed.owns and placed.inputs[0] == placed.output
        if layer.said and not (passes and pass_custom):
            what = "it says what it costs, and not what it computes"
            hint = "--pass-custom passes on what it reads" if passes else "layers that compute it, as matmul and slice"
            problems.append(Problem(f"{placed.path} cannot be exported: {what}", placed.place, "", hint))
        elif not layer.said and type(layer) not in known:
            what = f"{placed.path} cannot be exported: it is a {layer.name}"
            problems.append(Problem(what, placed.place, "", "other layers that compute it"))
    if problems:
        raise FlopcalcError(*gathered(problems))


def _refuse_symbols(graph: Graph) -> None:
    numbers = [side for shape in graph.shapes for side in shape]
    numbers += [turn.count for node in graph.nodes for turn in node.turns]
    numbers += [number for node in graph.nodes for number in _attributes(node)]
    names = sorted({str(one) for number in numbers if is_symbolic(number) for one in number.free_symbols})
    indices = {str(turn.index) for node in graph.nodes for turn in node.turns}
    free = [name for name in names if name not in indices]
    if free or any(node.turns for node in graph.nodes):
        kinds = "is a symbol" if len(free) == 1 else "are symbols"
        what = f"a network that runs has numbers for all sizes, and {listed(free)} {kinds}"
        raise ParameterError(Problem(what, None, "a number for each", " ".join(f"--{name} N" for name in free)))
    assert all(is_whole(number) for number in numbers)
    largest = max(numbers, key=abs, default=0)
    if abs(largest) > _LARGEST:
        what = f"a network that runs has no number as large as {shorten(str(largest))}"
        raise ParameterError(Problem(what, None, f"at most {_LARGEST:,}"))


def _attributes(node: Node) -> Iterable[Number]:
    """Return the numbers among the attributes of a layer."""
    for value in node.layer.values().values():
        for number in value if isinstance(value, tuple) else (value,):
            if not isinstance(number, (str, bool, tuple, dict)):
                yield number


def _indices(graph: Graph) -> frozenset[int]:
    """Return the inputs that are numbers of rows, and their views: nothing but embeddings reads them."""
    kept = {*graph.outputs.values()}
    read_by: dict[int, list[Node]] = {}
    for node in graph.nodes:
        for tensor in node.inputs:
            read_by.setdefault(tensor, []).append(node)
    alone: set[int] = set()
    for tensor in reversed(range(len(graph.shapes))):
        readers = read_by.get(tensor, ())
        if readers and tensor not in kept and all(_looks_up(node, alone) for node in readers):
            alone.add(tensor)
    found = {tensor for tensor in graph.inputs.values() if tensor in alone}
    for node in graph.nodes:
        if node.output in alone and all(tensor in found for tensor in node.inputs):
            found.add(node.output)
    return frozenset(found)


def _looks_up(node: Node, alone: set[int]) -> bool:
    return isinstance(node.layer, Embedding) or (node.view and node.output in alone)
