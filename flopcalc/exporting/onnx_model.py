"""An ONNX model as plain values: operators in order, constants, and tensors that are learned, of which each has a name.

Tensors have a leading axis of 1, the batch. What a layer writes is called by its path, as ``/stage1/conv/Conv``; what
it learns as a PyTorch module would call it, ``stage1.conv.weight``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, TypeAlias

from flopcalc.dataclass import dataclass, field
from flopcalc.errors import FlopcalcError, Problem
from flopcalc.exporting.laid import Dims, Laid, Placed, check_known, laid_out
from flopcalc.graph import Graph
from flopcalc.layers.merge import Elementwise

if TYPE_CHECKING:
    from numpy import generic
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[generic]

__all__ = ["Model", "Operator", "Setting", "Tensor", "Writer", "model_of"]

Setting: TypeAlias = "int | float | str | Sequence[int]"
"""A value of an operator's attribute."""

MOST_ELEMENTS = 2**26
"""How many places of elements one layer may list: half a gigabyte of them."""

OPSET = 20
"""The least version of ONNX's operators that models are written in; Gelu came with it."""


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator with the names of what it reads and writes; a constant has its value."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    settings: Mapping[str, Setting]
    value: Array | None = None


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor that the model keeps.

    Attributes
    ----------
    name : str
    shape : Dims
    learned : bool
        Whether it is a parameter; a batch norm's mean and variance are none.
    spread : float
        The standard deviation of its random values, around 0; 0 where all are `value`.
    value : float
    """

    name: str
    shape: Dims
    learned: bool
    spread: float
    value: float

    @property
    def elements(self) -> int:
        """How many elements it has."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class Model:
    """A whole model.

    Attributes
    ----------
    name : str
    opset : int
    inputs, outputs : mapping of str to Dims
        With the leading axis.
    indices : frozenset of str
        The inputs that hold whole numbers.
    operators : tuple of Operator
        In an order in which every tensor is written before it is read.
    tensors : tuple of Tensor
    """

    name: str
    opset: int
    inputs: Mapping[str, Dims]
    outputs: Mapping[str, Dims]
    indices: frozenset[str]
    operators: tuple[Operator, ...]
    tensors: tuple[Tensor, ...]

    @property
    def params(self) -> int:
        """The elements of what is learned."""
        return sum(tensor.elements for tensor in self.tensors if tensor.learned)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A learned tensor as it is kept: its shape, and whether it is its layer's matrix transposed."""

    name: str
    shape: Dims
    flipped: bool


@dataclass(slots=True)
class Writer:
    """Writes one layer after the other as operators.

    Attributes
    ----------
    laid : Laid
    unpooled : mapping of str to str
        For every unpooling layer the max pool whose places it takes, by their paths.
    """

    laid: Laid
    unpooled: Mapping[str, str]
    opset: int = OPSET
    operators: list[Operator] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    kept: dict[tuple[str, str], _Kept] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    _scope: str = ""
    _counts: dict[str, int] = field(default_factory=dict)

    def enter(self, path: str) -> None:
        """Let what is written next belong to a path."""
        self._scope = "/" + path.replace(".", "/")
        self._counts = {}

    def since(self, opset: int) -> None:
        """Use an operator that came with a version."""
        self.opset = max(self.opset, opset)

    def _named(self, kind: str) -> str:
        number = self._counts[kind] = self._counts.get(kind, -1) + 1
        return f"{self._scope}/{kind}" + (f"_{number}" if number else "")

    def op(self, kind: str, *inputs: str, **settings: Setting) -> str:
        """Write an operator; return the name of its output."""
        return self.op_of_several(kind, 1, *inputs, **settings)[0]

    def op_of_several(self, kind: str, outputs: int, *inputs: str, **settings: Setting) -> tuple[str, ...]:
        """Write an operator of several outputs; return their names."""
        name = self._named(kind)
        written = tuple([f"{name}_output_{number}" for number in range(outputs)])
        self.operators.append(Operator(kind, name, inputs, written, settings))
        return written

    def want_room(self, placed: Placed, elements: int) -> None:
        """Refuse a layer of which more would have to be written out than a model can hold.

        Raises
        ------
        FlopcalcError
        """
        if elements > MOST_ELEMENTS:
            what = f"{placed.path} needs {elements:,} places or operators that are written out"
            raise FlopcalcError(Problem(what, placed.place, f"at most {MOST_ELEMENTS:,}", "a smaller size"))

    def constant(self, value: Array) -> str:
        """Write a constant; return its name."""
        name = self._named("Constant")
        self.operators.append(Operator("Constant", name, (), (f"{name}_output_0",), {}, value))
        return f"{name}_output_0"

    def integers(self, *values: int) -> str:
        """Write a constant list of whole numbers."""
        import numpy as np

        return self.constant(np.array(values, np.int64))

    def number(self, value: float) -> str:
        """Write a constant number."""
        import numpy as np

        return self.constant(np.array(value, np.float32))

    def filled(self, shape: Dims, value: float) -> str:
        """Write a constant tensor of one value."""
        import numpy as np

        return self.constant(np.full(shape, value, np.float32))

    def reshape(self, x: str, shape: Sequence[int]) -> str:
        """Write a reshape of a single sample; `shape` has no leading axis."""
        return self.op("Reshape", x, self.integers(1, *shape))

    def permute(self, x: str, order: Sequence[int]) -> str:
        """Write a permutation of the axes behind the leading one; nothing where they stay in their order."""
        if list(order) == sorted(order):
            return x
        return self.op("Transpose", x, perm=[0, *(axis + 1 for axis in order)])

    def slice(self, x: str, axes: Sequence[int], starts: Sequence[int], stops: Sequence[int]) -> str:
        """Write a slice along axes behind the leading one."""
        behind = self.integers(*(axis + 1 for axis in axes))
        return self.op("Slice", x, self.integers(*starts), self.integers(*stops), behind)

    # -- what is learned ---------------------------------------------------------------------------------------------

    def learned(
        self,
        placed: Placed,
        name: str,
        shape: Sequence[int],
        *,
        spread: float = 0.0,
        value: float = 0.0,
        flipped: bool = False,
    ) -> str:
        """Return the name of a learned tensor, the layer's own or borrowed, in the shape that is wanted.

        `flipped` tells that its first two axes are those of the layer's matrix in the other order.
        """
        lender = placed if placed.lender is None or placed.owned(name) else placed.lender
        key = (lender.path, name)
        if key not in self.kept:
            assert lender is placed, f"{placed.path} borrows what {lender.path} does not have"
            self.tensors.append(Tensor(f"{placed.path}.{name}", tuple(shape), True, spread, value))
            self.kept[key] = _Kept(f"{placed.path}.{name}", tuple(shape), flipped)
        kept = self.kept[key]
        found, has = kept.name, kept.shape
        turned = name == "weight" and lender is not placed and placed.turned
        if flipped ^ turned ^ kept.flipped:
            has = (has[1], has[0], *has[2:])
            found = self.op("Transpose", found, perm=[1, 0, *range(2, len(has))])
        return found if has == tuple(shape) else self.op("Reshape", found, self.integers(*shape))

    def statistic(self, placed: Placed, name: str, shape: Dims, value: float) -> str:
        """Return the name of a tensor that the model keeps and does not learn."""
        full = f"{placed.path}.{name}"
        self.tensors.append(Tensor(full, shape, False, 0.0, value))
        return full


def model_of(graph: Graph, name: str, *, pass_custom: bool = False) -> Model:
    """Return the ONNX model of a graph.

    Parameters
    ----------
    graph : Graph
    name : str
    pass_custom : bool
        Whether custom layers that learn nothing and keep the shape pass on what they read.

    Raises
    ------
    ParameterError
        Where a size is a symbol.
    FlopcalcError
        Where a layer says what it costs, and not what it computes.

    Examples
    --------
    >>> from flopcalc import analyze
    >>> model = model_of(analyze("squeezenet").totals.graph, "squeezenet")
    >>> model.params, model.inputs, model.outputs
    (1248424, {'input': (1, 3, 224, 224)}, {'output': (1, 1000, 1, 1)})
    """
    from flopcalc.exporting.onnx_layers import WRITERS

    laid = laid_out(graph)
    check_known(laid, WRITERS, pass_custom=pass_custom)
    writer = Writer(laid, laid.unpooled())
    names = {tensor: label for label, tensor in laid.inputs.items()}
    for placed in laid.layers:
        writer.enter(placed.path)
        before = len(writer.tensors)
        write = WRITERS.get(type(placed.layer), _pass)
        reads = [names[tensor] for tensor in placed.reads]
        if isinstance(placed.layer, Elementwise) and placed.layer.number:
            reads.append(writer.number(1.0))  # which number it is, a spec does not say
        names[placed.writes] = write(writer, placed, reads)
        owns = sum(tensor.elements for tensor in writer.tensors[before:] if tensor.learned)
        assert owns == placed.owns, f"{placed.path} has {placed.owns} parameters, and {owns} were written"
    outputs = _leave(writer, names)
    return Model(
        name,
        writer.opset,
        {label: (1, *laid.shapes[tensor]) for label, tensor in laid.inputs.items()},
        {label: (1, *laid.shapes[tensor]) for label, tensor in outputs.items()},
        frozenset(label for label, tensor in laid.inputs.items() if tensor in laid.indices),
        tuple(writer.operators),
        tuple(writer.tensors),
    )


def _pass(writer: Writer, placed: Placed, reads: list[str]) -> str:
    return writer.op("Identity", reads[0])


def _leave(writer: Writer, names: Mapping[int, str]) -> dict[str, int]:
    """Let the outputs be called by their labels, the last one's behind all others; return them."""
    laid = writer.laid
    written = {output for operator in writer.operators for output in operator.outputs}
    taken = {*laid.inputs, *(tensor.name for tensor in writer.tensors)}
    renamed: dict[str, str] = {}
    called: dict[str, int] = {}
    for label, tensor in laid.outputs.items():
        name = names[tensor]
        if name not in written or name in renamed:
            writer.enter(label)
            name = writer.op("Identity", name)
        renamed[name] = label if label not in taken else f"{label}_output"
        called[renamed[name]] = tensor
    writer.operators[:] = [
        replace(
            operator,
            inputs=tuple([renamed.get(name, name) for name in operator.inputs]),
            outputs=tuple([renamed.get(name, name) for name in operator.outputs]),
        )
        for operator in writer.operators
    ]
    return called
