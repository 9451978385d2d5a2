"""The graph of an ONNX file: nodes, initializers without their data, inputs and outputs.

Source: onnx.proto of ONNX 1.17 for the numbers of fields.
"""

from __future__ import annotations

import math
import mmap
import re
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from flopcalc.dataclass import dataclass, field
from flopcalc.errors import Fault
from flopcalc.importing.onnx.wire import Message
from flopcalc.spec.syntax import note_file

__all__ = ["Array", "Graph", "Node", "Value", "read"]

MOST_NODES = 100_000
"""How many nodes a graph may have."""

MOST_DEPTH = 16
"""How deeply graphs may be nested."""

MOST_VALUES = 65_536
"""How many elements of a tensor are read at most, as those of a shape."""

Value: TypeAlias = "int | float | str | Array | Graph | list[int] | list[float] | list[str] | None"
"""An attribute of a node; None for what is not read."""

Dim: TypeAlias = "int | str"
"""A side of an input: a number, or a name; empty where the file says nothing."""

_FORMATS: Mapping[int, tuple[str, int]] = {
    1: ("f", 4), 2: ("B", 1), 3: ("b", 1), 4: ("H", 2), 5: ("h", 2), 6: ("i", 4), 7: ("q", 8), 9: ("?", 1),
    10: ("e", 2), 11: ("d", 8), 12: ("I", 4), 13: ("Q", 8),
}  # fmt: skip
"""How elements of a data type are packed, and in how many bytes."""

FLOATS = (1, 10, 11, 16, 17, 18, 19, 20)
"""The data types of floating-point numbers."""

_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
"""The texts of a Python list."""

NAMES: Mapping[int, str] = {2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 21: "uint4", 22: "int4"}
"""The data types of quantised numbers."""


@dataclass(frozen=True, slots=True)
class Array:
    """A tensor that stands in the file.

    Attributes
    ----------
    name : str
    shape : tuple of int
    type : int
        ONNX's number of its data type.
    data : Message or list, optional
        Its elements, not read yet, or those of the typed fields; None where another file has them.
    """

    name: str
    shape: tuple[int, ...]
    type: int
    data: Message | list[int] | list[float] | None = None

    @property
    def elements(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)

    @property
    def floating(self) -> bool:
        """Whether they are floating-point numbers."""
        return self.type in FLOATS

    def values(self) -> list[int] | list[float] | None:
        """Return its elements where there are few of them, and they stand in the file."""
        if self.elements > MOST_VALUES or self.data is None:
            return None
        if isinstance(self.data, list):
            if self.type == 10:  # halves stand as bits in whole numbers
                return [struct.unpack("<e", struct.pack("<H", int(each) & 0xFFFF))[0] for each in self.data]
            return self.data if len(self.data) == self.elements else None
        packed = _FORMATS.get(self.type)
        if packed is None or len(self.data) != self.elements * packed[1]:
            return None
        return list(struct.unpack(f"<{self.elements}{packed[0]}", self.data.bytes()))


@dataclass(slots=True)
class Node:
    """An operation."""

    op: str = ""
    name: str = ""
    domain: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    attributes: dict[str, Value] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    """The modules around it, where the exporter wrote them down."""
    classes: tuple[str, ...] = ()
    """Their classes."""


@dataclass(slots=True)
class Graph:
    """A model."""

    name: str = ""
    producer: str = ""
    opset: int = 1
    nodes: list[Node] = field(default_factory=list)
    arrays: dict[str, Array] = field(default_factory=dict)
    inputs: dict[str, tuple[tuple[Dim, ...] | None, int]] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    infos: dict[str, tuple[Dim, ...]] = field(default_factory=dict)
    """Shapes that the file says of tensors: of what it writes, and of some between."""


def read(path: Path, use: Callable[[Graph], None]) -> None:
    """Read a file's graph, and use it while the file is open: the data of its arrays is read when it is asked for.

    Raises
    ------
    Fault
        Where the file is no ONNX model, or is cut off.
    OSError
    """
    with path.open("rb") as file:
        note_file(file.fileno())
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise Fault("the file is empty", expected="an ONNX model") from None
        with mapped, memoryview(mapped) as data:
            use(_model(Message(data)))


def _model(message: Message) -> Graph:
    graph = Graph()
    body: Message | None = None
    for number, value in message.fields():
        if number == 7 and isinstance(value, Message):
            body = value
        elif number == 2 and isinstance(value, Message):
            graph.producer = value.text()[:100]
        elif number == 8 and isinstance(value, Message):
            given = dict(value.fields())
            domain = given.get(1)
            if domain is None or (isinstance(domain, Message) and domain.text() in ("", "ai.onnx")):
                version = given.get(2, 1)
                graph.opset = version if isinstance(version, int) else 1
    if body is None:
        raise Fault("there is no graph in it", expected="an ONNX model")
    _read_graph(body, graph)
    if not graph.nodes:
        raise Fault("its graph has no nodes", expected="an ONNX model with a network in it")
    return graph


def _read_graph(message: Message, graph: Graph) -> None:
    for number, value in message.fields():
        if isinstance(value, int):
            continue
        if number == 1:
            if len(graph.nodes) >= MOST_NODES:
                raise Fault("the graph has too many nodes", expected=f"at most {MOST_NODES:,}")
            graph.nodes.append(_node(value))
        elif number == 2:
            graph.name = value.text()[:200]
        elif number == 5:
            array = _array(value)
            graph.arrays[array.name] = array
        elif number == 11:
            name, shape, kind = _info(value)
            graph.inputs[name] = (shape, kind)
        elif number in (12, 13):
            name, shape, _ = _info(value)
            if shape is not None:
                graph.infos[name] = shape
            if number == 12:
                graph.outputs.append(name)


def _node(message: Message) -> Node:
    node = Node()
    for number, value in message.fields():
        if isinstance(value, int):
            continue
        if number == 1:
            node.inputs.append(value.text())
        elif number == 2:
            node.outputs.append(value.text())
        elif number == 3:
            node.name = value.text()
        elif number == 4:
            node.op = value.text()[:100]
        elif number == 5:
            name, given = _attribute(value)
            node.attributes[name] = given
        elif number == 7:
            node.domain = value.text()[:100]
        elif number == 9:
            _read_property(value, node)
    return node


def _read_property(message: Message, node: Node) -> None:
    """Read where a node stands, as PyTorch's exporter writes it down."""
    found = {number: value.text() for number, value in message.fields() if isinstance(value, Message)}
    key, text = found.get(1, ""), found.get(2, "")
    if key not in ("pkg.torch.onnx.name_scopes", "pkg.torch.onnx.class_hierarchy") or len(text) > 10_000:
        return
    listed = tuple([one or other for one, other in _QUOTED.findall(text)])
    if key.endswith("name_scopes"):
        node.scopes = listed
    else:
        node.classes = tuple([item.rsplit(".", 1)[-1] for item in listed])


def _branch(message: Message) -> Graph:
    """Return a graph that is an attribute, as the two of an If."""
    message.budget.depth += 1
    if message.budget.depth > MOST_DEPTH:
        raise Fault("graphs are nested too deeply", expected=f"at most {MOST_DEPTH} levels")
    graph = Graph()
    _read_graph(message, graph)
    message.budget.depth -= 1
    return graph


def _attribute(message: Message) -> tuple[str, Value]:
    name = ""
    found: Value = None
    whole: list[int] = []
    floats: list[float] = []
    texts: list[str] = []
    for number, value in message.fields():
        if number == 1 and isinstance(value, Message):
            name = value.text()[:100]
        elif number == 2 and isinstance(value, Message):
            found = value.floats()[0]
        elif number == 3 and isinstance(value, int):
            found = value
        elif number == 4 and isinstance(value, Message):
            found = value.text()[:10_000]
        elif number == 5 and isinstance(value, Message):
            found = _array(value)
        elif number == 6 and isinstance(value, Message):
            found = _branch(value)
        elif number == 7 and isinstance(value, Message):
            floats += value.floats()
        elif number == 8:
            whole += [value] if isinstance(value, int) else value.numbers()
        elif number == 9 and isinstance(value, Message):
            texts.append(value.text()[:1000])
    return name, whole or floats or texts or found


def _array(message: Message) -> Array:
    name, kind, external = "", 0, False
    shape: list[int] = []
    data: Message | list[int] | list[float] | None = None
    whole: list[int] = []
    floats: list[float] = []
    for number, value in message.fields():
        if number == 1:
            shape += [value] if isinstance(value, int) else value.numbers()
            if len(shape) > 64:
                raise Fault("a tensor has too many dimensions", expected="at most 64")
        elif number == 2 and isinstance(value, int):
            kind = value
        elif number == 8 and isinstance(value, Message):
            name = value.text()
        elif number == 9 and isinstance(value, Message):
            data = value
        elif number in (5, 7, 11):
            if isinstance(value, int):
                whole.append(value)
            elif len(value) <= 10 * MOST_VALUES:
                whole += value.numbers()
        elif number == 4 and isinstance(value, Message) and len(value) <= 4 * MOST_VALUES:
            floats += value.floats()
        elif number == 14 and value == 1:
            external = True
    if any(side < 0 for side in shape):
        raise Fault(f"a tensor has a side of {min(shape)}", expected="sides of at least 0")
    elements = math.prod(shape)
    if data is None or external:
        data = None if external else whole or floats or ([] if elements == 0 else None)
    return Array(name, tuple(shape), kind, data)


def _info(message: Message) -> tuple[str, tuple[Dim, ...] | None, int]:
    """Return the name, the shape and the data type of an input or an output."""
    name, shape, kind = "", None, 0
    for number, value in message.fields():
        if not isinstance(value, Message):
            continue
        if number == 1:
            name = value.text()
        elif number == 2:
            for which, tensor in value.fields():
                if which == 1 and isinstance(tensor, Message):
                    kind, shape = _tensor_type(tensor)
    return name, shape, kind


def _tensor_type(message: Message) -> tuple[int, tuple[Dim, ...] | None]:
    kind: int = 0
    shape: tuple[Dim, ...] | None = None
    for number, value in message.fields():
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 2 and isinstance(value, Message):
            shape = tuple([_dim(side) for which, side in value.fields() if which == 1 and isinstance(side, Message)])
    return kind, shape


def _dim(message: Message) -> Dim:
    for number, value in message.fields():
        if number == 1 and isinstance(value, int):
            return value
        if number == 2 and isinstance(value, Message):
            return value.text()[:100]
    return ""
