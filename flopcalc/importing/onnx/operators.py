"""ONNX's operators as layers: every node of a graph, told to a builder with the shapes that it reads.

Shapes are worked out from the graph's inputs, not taken from the file. What the file computes of shapes is folded.

Source: the operators' specifications in ONNX 1.17 (opsets 7 to 22), and ONNX Runtime's contributed operators.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from flopcalc.errors import Fault, shorten
from flopcalc.importing.onnx.model import NAMES, Array, Graph, Node
from flopcalc.importing.onnx.values import FOLDED, Const, Effort, fold, sliced
from flopcalc.importing.tensors import Builder, Invalid, Misfit, Operand, Tensor, Unmapped, shown
from flopcalc.importing.trace import word_of

__all__ = ["OPERATORS", "Reader", "Result", "Rule", "convolved", "labels", "product_of", "recurrent"]

Held: TypeAlias = "Tensor | Const"

_FUNCTIONS: Mapping[str, str] = {
    "Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "HardSigmoid": "hard_sigmoid", "HardSwish": "hard_swish",
    "Gelu": "gelu", "Elu": "elu", "Selu": "selu", "Celu": "celu", "Mish": "mish", "Softplus": "softplus",
    "Softsign": "softsign", "LeakyRelu": "leaky_relu", "Exp": "exp", "Log": "log", "Sqrt": "sqrt", "Erf": "erf",
    "Swish": "swish", "QuickGelu": "gelu", "FastGelu": "gelu", "BiasGelu": "gelu", "ThresholdedRelu": "relu",
    **dict.fromkeys(
        ("Abs", "Neg", "Reciprocal", "Sin", "Cos", "Tan", "Sinh", "Cosh", "Asin", "Acos", "Atan", "Floor", "Ceil",
         "Round", "Sign", "Not", "IsNaN", "IsInf", "Trilu", "CumSum", "LpNormalization", "Shrink", "Asinh", "Acosh",
         "Atanh", "BitwiseNot", "QLinearSigmoid", "QLinearLeakyRelu"),
        "function",
    ),
}  # fmt: skip
"""Functions of single elements, by the language's words."""

_PAIRS: Mapping[str, str] = {
    "Add": "add", "Sub": "subtract", "Mul": "multiply", "Div": "divide", "Max": "maximum", "Min": "minimum",
    "Sum": "add", "Mean": "add", "Pow": "multiply", "QLinearAdd": "add", "QLinearMul": "multiply",
    "And": "multiply", "Or": "maximum", "Xor": "add", "Equal": "subtract", "Less": "subtract", "Greater": "subtract",
    "LessOrEqual": "subtract", "GreaterOrEqual": "subtract", "Mod": "divide", "BitShift": "multiply",
    "BitwiseAnd": "multiply", "BitwiseOr": "maximum", "BitwiseXor": "add",
}  # fmt: skip
"""Operations on two tensors or more, element by element."""

_SAME = frozenset(("Identity", "Dropout", "Cast", "CastLike", "QuantizeLinear", "DequantizeLinear"))
"""What passes its first input on."""


_VIEWS = frozenset(("Constant", "Shape", "Size", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten"))
"""What looks at its input, or at its shape alone: read by the rules, where it is a constant too."""


MOST_STEPS = 10_000
"""How many layers a network may have."""

MOST_SIDES = 64
"""How many sides a shape may have."""


_MADE = re.compile(r"(val|\w*_cast|\w*_default|\w*_(min|max))(_\d+)?")
"""What PyTorch's exporter calls the constants that it makes."""


class Reader:
    """Reads the nodes of a graph, one after the other.

    Parameters
    ----------
    graph : Graph
    builder : Builder
    shapes : mapping of str to tuple of int
        The shapes of the graph's inputs, the batch first.
    own : bool
        Whether they are those of the file, so that the shapes hold that it says of other tensors.
    fused : mapping of tuple of str and str to callable
        How further operators are read, by domain and name.
    """

    def __init__(
        self,
        graph: Graph,
        builder: Builder,
        shapes: Mapping[str, tuple[int, ...]],
        *,
        own: bool = True,
        fused: Mapping[tuple[str, str], Rule] | None = None,
    ) -> None:
        self.graph = graph
        self.own = own
        self.fused = fused or {}
        self.effort = Effort()
        self.net = builder
        self.held: dict[str, Held] = {}
        self.node = Node()
        self.bits: dict[str, int] = {}
        self.uses = Counter(_names_read(graph))
        self.culprit, self.last = "", Tensor(())
        self.lost: set[str] = set()
        """Tensors whose shapes are not known."""
        self.skipped: list[Node] = []
        """Nodes that read such ones."""
        self.constants: dict[str, Array] = {}
        """The arrays of numbers that nodes hold."""
        for name, label in labels(shapes).items():
            self.held[name] = builder.input(label, shapes[name])

    # -- the graph ---------------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Read all nodes and mark the outputs."""
        for node in self.graph.nodes:
            self._enter(node)
        for name in self.graph.outputs:
            found = self.held.get(name)
            if isinstance(found, Tensor) and not found.constant:
                self.net.output(found)
        if self.lost.intersection(self.graph.outputs):
            self.net.output(self.last)
        if self.skipped:
            self.net.at(origin=_shown(self.skipped[0]))
            (behind,) = self.net.unknown(f"{len(self.skipped)} operations behind it", [self.last], [self.last.shape])
            self.net.output(behind)
            self.net.note(
                f"{len(self.skipped)} operations read what {self.culprit} writes, whose shape is not known; the first "
                f"is {_shown(self.skipped[0])}."
            )

    def _enter(self, node: Node) -> None:
        self.node = node
        path, classes = _path_of(node)
        self.net.at(path, classes, origin=_shown(node))
        if len(self.net.steps) > MOST_STEPS:
            raise Fault("the network has too many layers", expected=f"at most {MOST_STEPS:,}")
        self._read(node)

    def inline(self, graph: Graph) -> list[Held]:
        """Read the nodes of a branch where an If stands, and return what it writes."""
        outer, arrays = {*self.held}, self.graph.arrays
        if graph.arrays:
            self.graph.arrays = {**arrays, **graph.arrays}
        self.graph.infos.update(graph.infos)
        for node in graph.nodes:
            self._enter(node)
        found = [held for name in graph.outputs if (held := self._maybe(name)) is not None]
        for name in self.held.keys() - outer - arrays.keys():
            del self.held[name]  # another branch may have the same names
        self.graph.arrays = arrays
        if len(found) < len(graph.outputs):
            raise Unmapped
        return found

    def _read(self, node: Node) -> None:
        self._check(node)
        folded = self._folded(node)
        if folded is not None:
            self.held[node.outputs[0]] = folded
            return
        if any(name in self.lost for name in node.inputs):
            self.lost.update(filter(None, node.outputs))
            self.skipped.append(node)
            return
        rule = self._rule(node)
        saved = self.net.state()
        try:
            found = None if rule is None else rule(self)
        except Misfit as fault:
            raise Fault(
                f"{_shown(node)}: {fault}", expected="an input of the size that the file was made for"
            ) from None
        except Invalid as fault:
            raise Fault(f"{_shown(node)}: {fault}", expected="a model that ONNX's checker takes") from None
        except (Unmapped, IndexError, ValueError, TypeError, KeyError, ArithmeticError):
            found = None
        if found is None:
            self.node = node
            self.net.restore(saved)
            found = self._unknown(node)
        results = [found] if isinstance(found, (Tensor, Const)) else found
        self.held.update(zip(node.outputs, results, strict=False))
        if any(node.outputs[len(results) :]):
            self.last, self.culprit = next(each for each in results if isinstance(each, Tensor)), _shown(node)
            self.lost.update(filter(None, node.outputs[len(results) :]))

    def _rule(self, node: Node) -> Rule | None:
        """Return how an operator is read; None for one that is not known, or reads its channels last."""
        if node.domain not in _DOMAINS or node.attributes.get("channels_last"):
            return None
        return self.fused.get((node.domain, node.op)) or _RULES.get(node.op)

    def _check(self, node: Node) -> None:
        """Refuse a node that reads what is not written yet, or writes what there is."""
        for name in node.inputs:
            if name and name not in self.held and name not in self.graph.arrays and name not in self.lost:
                later = any(name in each.outputs for each in self.graph.nodes)
                what = f"{_shown(node)} reads {shorten(name)}, which {'a later node' if later else 'nothing'} writes"
                raise Fault(what, expected="nodes in an order in which tensors are written before they are read")
        for name in node.outputs:
            if name and (name in self.held or name in self.graph.arrays or name in self.lost):
                raise Fault(f"{_shown(node)} writes {shorten(name)}, which is there already", expected="a new name")

    def _unknown(self, node: Node) -> list[Tensor]:
        """Return the results of an operator that has no layer; what follows a shape that is not known is skipped."""
        inputs = [held for name in node.inputs if isinstance(held := self._maybe(name), Tensor)]
        if not node.outputs:
            return []
        shapes = [self._said_shape(name) for name in node.outputs]
        whole = [shape for shape in shapes if shape is not None]
        found = self.net.unknown(node.op, inputs, whole or [(1,)])
        if len(whole) == len(shapes):
            return found
        if not self.lost:
            self.culprit, self.last = _shown(node), found[0]
        self.lost.update(name for name, shape in zip(node.outputs, shapes, strict=True) if shape is None)
        known = iter(found)
        return [found[0] if shape is None else next(known) for shape in shapes]

    def _said_shape(self, name: str) -> tuple[int, ...] | None:
        """Return the shape that the file says a tensor has."""
        said = self.graph.infos.get(name)
        if not self.own or said is None or not all(isinstance(side, int) and side > 0 for side in said):
            return None
        return tuple([side for side in said if isinstance(side, int)])

    def _folded(self, node: Node) -> Const | None:
        """Return what a node computes where that is known without the network's inputs."""
        if node.op in _VIEWS or node.domain not in ("", "ai.onnx") or len(node.outputs) != 1:
            return None
        given: list[Const] = []
        for name in node.inputs:
            held = self._maybe(name)
            if not isinstance(held, Const):
                if name or node.op not in ("Slice", "Clip"):
                    return None
                held = Const((), ({1: -math.inf, 2: math.inf}.get(len(given), 0),)) if node.op == "Clip" else None
                if held is None:
                    return None
            given.append(held)
        attributes = dict(node.attributes)
        value = attributes.get("value")
        if isinstance(value, Array):
            attributes["value"] = _const(value)  # type: ignore[assignment]
        if node.op == "Slice" and "starts" in attributes:
            given += [
                Const((len(each),), tuple([int(side) for side in each]))
                for key in ("starts", "ends", "axes")
                if isinstance(each := attributes.get(key), list)
            ]
        return fold(node.op, given, attributes, self.effort)

    # -- operands ----------------------------------------------------------------------------------------------------

    def _maybe(self, name: str) -> Held | None:
        """Return what a name stands for; None where it stands for nothing."""
        if not name:
            return None
        held = self.held.get(name)
        if held is None and name in self.graph.arrays:
            held = self.held[name] = self._initial(self.graph.arrays[name])
        return held

    def _initial(self, array: Array) -> Held:
        """Return an initializer: numbers that are known, or a tensor that is learned."""
        if not array.floating or array.elements <= 1:
            found = _const(array)
            if found is not None:
                return found
        if array.floating or array.type in NAMES:
            return self.net.parameter(array.name, array.shape)
        return self.net.constant(array.shape)

    def held_at(self, index: int) -> Held | None:
        """Return an input of the node; None where it is left out."""
        inputs = self.node.inputs
        return self._maybe(inputs[index]) if index < len(inputs) else None

    def tensor(self, index: int) -> Tensor:
        """Return an input of the node as a tensor."""
        return self._tensor_of(self.held_at(index))

    def rank(self) -> int:
        """Return how many dimensions the widest tensor has that the node reads."""
        held = [self._maybe(name) for name in self.node.inputs]
        return max((len(each.shape) for each in held if isinstance(each, Tensor)), default=0)

    def _tensor_of(self, held: Held | None) -> Tensor:
        if held is None:
            raise Unmapped
        return held if isinstance(held, Tensor) else self.net.constant(held.shape)

    def weight(self, index: int) -> Tensor | None:
        """Return an input that is a weight: an array of the file is learned; None where it is left out."""
        name = self.node.inputs[index] if index < len(self.node.inputs) else ""
        array = self.graph.arrays.get(name)
        if array is None and self.graph.producer != "pytorch":
            array = self.constants.get(name)  # some exporters keep weights in nodes
        if array is not None:
            return self.net.parameter(name, array.shape)
        held = self._maybe(name)
        return None if held is None else self._tensor_of(held)

    def kernel(self, index: int) -> Tensor:
        """Return a weight that there must be."""
        found = self.weight(index)
        if found is None:
            raise Unmapped
        return found

    def is_learned(self, name: str) -> bool:
        """Tell whether a single number of the file is learned.

        PyTorch's first exporter keeps constants in nodes; its second, which writes scopes down, names them itself.
        """
        array = self.graph.arrays.get(name)
        if array is None or not array.floating or self.graph.producer != "pytorch":
            return False
        return not (self.node.scopes and _MADE.fullmatch(name))

    def floats(self, index: int) -> Sequence[int | float] | None:
        """Return the numbers of an input that stands in the file; None where there are none."""
        name = self.node.inputs[index] if index < len(self.node.inputs) else ""
        array = self.graph.arrays.get(name) or self.constants.get(name)
        held = self._maybe(name)
        if isinstance(held, Const):
            return held.values or None
        if array is None and held is not None:
            raise Unmapped  # what depends on values
        return (array.values() or None) if array is not None else None

    def numbers(self, index: int, key: str = "") -> list[int] | None:
        """Return whole numbers that an input, or in older files an attribute, has; None where there are none."""
        if key and key in self.node.attributes:
            given = self.node.attributes[key]
            return [int(each) for each in given] if isinstance(given, list) else None
        held = self.held_at(index)
        if held is None:
            return None
        if not isinstance(held, Const):
            raise Unmapped  # what depends on values
        return list(held.whole())

    def whole(self, key: str, default: int) -> int:
        """Return an attribute that is a whole number."""
        given = self.node.attributes.get(key, default)
        return given if isinstance(given, int) else default

    def listed(self, key: str, default: Sequence[int]) -> list[int]:
        """Return an attribute that is a list of whole numbers."""
        given = self.node.attributes.get(key)
        return [int(each) for each in given] if isinstance(given, list) else [*default]

    def word(self, key: str, default: str = "") -> str:
        """Return an attribute that is a word."""
        given = self.node.attributes.get(key, default)
        return given if isinstance(given, str) else default

    def margins(self, count: int) -> list[tuple[int, int]] | str:
        """Return the padding of a window: before and behind for every side, or a word."""
        word = self.word("auto_pad", "NOTSET")
        if word in ("SAME_UPPER", "SAME_LOWER"):
            return "same_upper"
        if word == "VALID":
            return [(0, 0)] * count
        pads = self.listed("pads", [0] * (2 * count))
        return list(zip(pads[:count], pads[count:], strict=True))


def labels(names: Iterable[str]) -> dict[str, str]:
    """Return what the inputs of a graph are called: as in the file, where the language has such names.

    Examples
    --------
    >>> labels(["image", "0", "a.b", "a_b"])
    {'image': 'image', '0': 'in_0', 'a.b': 'a.b', 'a_b': 'a_b_2'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        base = label = name[:40] if word_of(name)[:1].isidentifier() else f"in_{name[:40]}"
        count = 1
        while word_of(label) in taken:
            count += 1
            label = f"{base}_{count}"
        taken.add(word_of(label))
        found[name] = label
    return found


def _const(array: Array) -> Const | None:
    values = array.values()
    return None if values is None else Const(array.shape, tuple(values))


def _shown(node: Node) -> str:
    """Return what a node is called in messages."""
    return shorten(f"{node.op} {node.name}".strip(), 200)


def _names_read(graph: Graph) -> Iterator[str]:
    """Yield the names that are read, as often as they are: by nodes, those of branches too, and as outputs."""
    yield from graph.outputs
    for node in graph.nodes:
        yield from node.inputs
        for value in node.attributes.values():
            if isinstance(value, Graph):
                yield from _names_read(value)


# -- the operators ---------------------------------------------------------------------------------------------------

Result: TypeAlias = "Held | Sequence[Held] | None"
Rule: TypeAlias = "Callable[[Reader], Result]"


def _conv(reader: Reader) -> Result:
    return convolved(reader, reader.tensor(0), reader.kernel(1), reader.weight(2))


def convolved(reader: Reader, x: Tensor, weight: Tensor, bias: Tensor | None, *, transposed: bool = False) -> Tensor:
    """Return the convolution of a node, with the window of its attributes."""
    count = len(weight.shape) - 2
    padding = reader.margins(count)
    stride = reader.listed("strides", [1] * count)
    dilation = reader.listed("dilations", [1] * count)
    extra = reader.listed("output_padding", [0] * count) if transposed else []
    if transposed and (sides := reader.listed("output_shape", [])):
        sides = sides[-count:]  # older files name the batch and the channels too
        parts = zip(x.shape[-count:], weight.shape[2:], stride, dilation, extra, strict=True)
        whole = [(side - 1) * step + more + (length - 1) * spread + 1 for side, length, step, spread, more in parts]
        gone = [each - to for each, to in zip(whole, sides, strict=True)]
        padding = [(each // 2, each - each // 2) for each in gone]
    return reader.net.conv(
        x,
        weight,
        bias,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=reader.whole("group", 1),
        transposed=transposed,
        output_padding=extra,
    )


def _transposed_conv(reader: Reader) -> Result:
    return convolved(reader, reader.tensor(0), reader.kernel(1), reader.weight(2), transposed=True)


def _quantised_conv(reader: Reader) -> Result:
    return convolved(reader, reader.tensor(0), reader.kernel(3), reader.weight(8))


def _whole_conv(reader: Reader) -> Result:
    return convolved(reader, reader.tensor(0), reader.kernel(1), None)


def _gemm(reader: Reader) -> Result:
    return product_of(reader, reader.tensor(0), reader.kernel(1), reader.weight(2))


def _quantised_gemm(reader: Reader) -> Result:
    return product_of(reader, reader.tensor(0), reader.kernel(3), reader.weight(6))


def product_of(reader: Reader, a: Tensor, b: Tensor, c: Tensor | None) -> Tensor:
    """Return the product of two matrices and what is added to it, with the attributes of a Gemm."""
    net = reader.net
    if reader.whole("transA", 0):
        a = net.permute(a, (1, 0))
    transposed = bool(reader.whole("transB", 0))
    if b.learned and not a.constant and (c is None or c.constant):
        bias = c if c is not None and math.prod(c.shape) == b.shape[0 if transposed else 1] else None
        found = net.linear(a, b, bias, transposed=not transposed)
        return found if c is None or bias is not None else net.elementwise("add", found, c)
    found = net.matmul(a, net.permute(b, (1, 0)) if transposed else b)
    return found if c is None else net.elementwise("add", found, c)


def _matmul(reader: Reader) -> Result:
    a, b = reader.kernel(0), reader.kernel(1)
    return reader.net.matmul(a, b)


def _quantised_matmul(reader: Reader) -> Result:
    return reader.net.matmul(reader.kernel(0), reader.kernel(3))


def _einsum(reader: Reader) -> Result:
    """Return products of two tensors at a time, from the left, as frameworks take them."""
    equation = reader.word("equation").replace(" ", "")
    match = re.fullmatch(r"([a-zA-Z]+(?:,[a-zA-Z]+)*)(?:->([a-zA-Z]*))?", equation)
    if match is None:
        raise Unmapped
    terms = match[1].split(",")
    tensors = [reader.tensor(place) for place in range(len(terms))]
    used = Counter(match[1].replace(",", ""))
    written = "".join(sorted(letter for letter in used if used[letter] == 1)) if match[2] is None else match[2]
    if any(len({*term}) < len(term) for term in (*terms, written)) or len(tensors) != len(reader.node.inputs):
        raise Unmapped
    letters, found = terms[0], tensors[0]
    for place in range(1, len(terms)):
        needed = {*written, *"".join(terms[place + 1 :])}
        letters, found = _contracted(reader, (letters, terms[place]), (found, tensors[place]), needed)
    letters, found = _summed(reader, letters, found, {*written})
    return reader.net.permute(found, [letters.index(letter) for letter in written]) if written else found


def _summed(reader: Reader, letters: str, x: Tensor, needed: set[str]) -> tuple[str, Tensor]:
    """Return the sum along the letters that nothing needs."""
    gone = [place for place, letter in enumerate(letters) if letter not in needed]
    if not gone:
        return letters, x
    return "".join(letter for letter in letters if letter in needed), reader.net.reduce(x, "sum", gone)


def _contracted(
    reader: Reader, terms: tuple[str, str], tensors: tuple[Tensor, Tensor], needed: set[str]
) -> tuple[str, Tensor]:
    """Return a product of two tensors, summed along the letters that they share and nothing needs."""
    pairs = zip(terms, tensors, terms[::-1], strict=True)
    (one, first), (two, second) = (
        _summed(reader, letters, tensor, needed | {*other}) for letters, tensor, other in pairs
    )
    lengths: dict[str, int] = {}
    for letters, tensor in ((one, first), (two, second)):
        for letter, side in zip(letters, tensor.shape, strict=True):
            if 1 not in (side, lengths.get(letter, 1)) and lengths[letter] != side:
                raise Misfit(f"{letter} is {lengths[letter]} and {side}")
            lengths[letter] = max(side, lengths.get(letter, 1))
    written = "".join(letter for letter in lengths if letter in needed)
    if len(written) == len(lengths):  # nothing is summed: each element by each
        spread = []
        for letters, tensor in ((one, first), (two, second)):
            turned = reader.net.permute(tensor, [letters.index(letter) for letter in written if letter in letters])
            sides = iter(turned.shape)
            spread.append(reader.net.reshape(turned, [next(sides) if letter in letters else 1 for letter in written]))
        return written, reader.net.elementwise("multiply", *spread)
    shape = [lengths[letter] for letter in written]
    return written, reader.net.einsum((one, two), written, (first, second), shape)


def _norm(reader: Reader) -> Result:
    kind, x = reader.node.op, reader.tensor(0)
    weight, bias = reader.weight(1), reader.weight(2)
    if kind == "BatchNormalization":
        return reader.net.norm(x, "batch", weight, bias)
    if kind == "InstanceNormalization":
        return reader.net.norm(x, "instance", weight, bias)
    if kind == "GroupNormalization":
        return reader.net.norm(x, "group", weight, bias, groups=reader.whole("num_groups", 1))
    rank = len(x.shape)
    dims = range(reader.whole("axis", -1) % rank, rank)
    name = "rms" if kind in ("RMSNormalization", "SimplifiedLayerNormalization") else "layer"
    return reader.net.norm(x, name, weight, bias, dims=[dim for dim in dims if x.shape[dim] != 1 or len(dims) == 1])


def _local_response(reader: Reader) -> Result:
    return reader.net.norm(reader.tensor(0), "local_response")


def _function(reader: Reader) -> Result:
    x = reader.tensor(0)
    if reader.node.op in ("BiasGelu", "FastGelu") and reader.held_at(1) is not None:
        x = reader.net.elementwise("add", x, reader.tensor(1))
    return x if x.fixed else reader.net.activation(_FUNCTIONS[reader.node.op], x)


def _clip(reader: Reader) -> Result:
    bounds = [reader.node.attributes.get("min"), reader.node.attributes.get("max")]
    for index in (1, 2):
        held = reader.held_at(index)
        if isinstance(held, Const) and held.elements == 1:
            bounds[index - 1] = held.values[0]
    word = "relu6" if bounds == [0, 6] else "relu" if bounds == [0, None] else "clip"
    return reader.net.activation(word, reader.tensor(0))


def _softmax(reader: Reader) -> Result:
    x = reader.tensor(0)
    axis = reader.whole("axis", -1 if reader.graph.opset >= 13 else 1)
    return reader.net.softmax(x, axis)


def _prelu(reader: Reader) -> Result:
    x, slope = reader.tensor(0), reader.held_at(1)
    if isinstance(slope, Const) and reader.node.inputs[1] not in reader.graph.arrays:
        return reader.net.activation("leaky_relu", x)
    return reader.net.prelu(x, reader.kernel(1))


def _elementwise(reader: Reader) -> Result:
    node = reader.node
    operands: list[Operand] = []
    places = (0, 3) if node.op.startswith("QLinear") else range(len(node.inputs))
    for place in places:
        held = reader.held_at(place)
        array = reader.graph.arrays.get(node.inputs[place])
        quantised = node.op.startswith("QLinear") and array is not None and array.elements > 1
        if isinstance(held, Const) and (quantised or reader.is_learned(node.inputs[place])):
            operands.append(reader.net.parameter(node.inputs[place], held.shape))
        elif isinstance(held, Const):
            wide = len(held.shape) > reader.rank()
            operands.append(held.values[0] if held.elements == 1 and not wide else reader.net.constant(held.shape))
        elif held is not None:
            operands.append(held)
    tensors = [each for each in operands if isinstance(each, Tensor)]
    if all(each.fixed for each in tensors):
        shape: tuple[int, ...] = ()
        for each in tensors:
            shape = _spread(shape, each.shape)
        return reader.net.constant(shape)
    if node.op == "Add":
        biased = _biased(reader, operands)
        if biased is not None:
            return biased
    if node.op == "Pow" and 2 in operands:
        return reader.net.activation("square", tensors[0])
    found = reader.net.elementwise(_PAIRS[node.op], *operands)
    return reader.net.in_one(found) if node.op == "Mul" else found


def _biased(reader: Reader, operands: Sequence[Operand]) -> Tensor | None:
    """Return a linear layer with the bias that is added to it, where the two stand apart in the file."""
    if len(operands) != 2:
        return None
    bias, x = operands
    if isinstance(x, Tensor) and x.learned and not x.key:
        bias, x = x, bias
    if not isinstance(x, Tensor) or not isinstance(bias, Tensor) or not bias.learned or bias.key or x.constant:
        return None
    if any(reader.uses[name] > 1 for name in reader.node.inputs if reader.held.get(name) is x):
        return None
    return reader.net.with_bias(x, bias)


def _spread(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    count = max(len(a), len(b))
    wide = [(1,) * (count - len(each)) + each for each in (a, b)]
    return tuple([max(sides) for sides in zip(*wide, strict=True)])


def _where(reader: Reader) -> Result:
    operands: list[Operand] = []
    for place in range(3):
        held = reader.held_at(place)
        if isinstance(held, Const) and held.elements == 1:
            operands.append(held.values[0])
        else:
            operands.append(reader.tensor(place))
    tensors = [each for each in operands if isinstance(each, Tensor)]
    if all(each.fixed for each in tensors):
        shape: tuple[int, ...] = ()
        for each in tensors:
            shape = _spread(shape, each.shape)
        return reader.net.constant(shape)
    return reader.net.elementwise("multiply", *operands)


def _pool(reader: Reader) -> Result:
    x = reader.tensor(0)
    kernel = reader.listed("kernel_shape", [])
    count = len(kernel)
    if not kernel or count != len(x.shape) - 2:
        raise Invalid(f"{shown(x.shape)} has a window of {count} sides")
    kind = "max_pool" if reader.node.op == "MaxPool" else "avg_pool"
    found = reader.net.pool(
        x,
        kind,
        kernel,
        stride=reader.listed("strides", [1] * count),
        padding=reader.margins(count),
        dilation=reader.listed("dilations", [1] * count),
        ceil=bool(reader.whole("ceil_mode", 0)),
    )
    return [found, found]  # the places of the greatest have their shape


def _global_pool(reader: Reader) -> Result:
    x = reader.tensor(0)
    kind = "max" if reader.node.op == "GlobalMaxPool" else "avg"
    return reader.net.adaptive(x, kind, [1] * (len(x.shape) - 2))


def _reduce(reader: Reader) -> Result:
    op = reader.node.op.removeprefix("Reduce")
    x = reader.tensor(0)
    axes = reader.numbers(1, "axes")
    if any(not -len(x.shape) <= axis < len(x.shape) for axis in axes or ()):
        raise Invalid(f"{shown(x.shape)} has no axes {axes}")
    if x.fixed:
        gone = {axis % len(x.shape) for axis in axes or range(len(x.shape))}
        keep = reader.whole("keepdims", 1)
        shape = [1 if place in gone else side for place, side in enumerate(x.shape) if keep or place not in gone]
        return reader.net.constant(shape)
    if not axes and reader.whole("noop_with_empty_axes", 0):
        return x
    words = {"Mean": "mean", "Sum": "sum", "Max": "max", "Min": "min"}
    if op in ("L2", "SumSquare", "L1", "LogSumExp", "LogSum"):
        before = {"L2": "square", "SumSquare": "square", "LogSumExp": "exp", "L1": "function"}.get(op)
        found = x if before is None else reader.net.activation(before, x)
        found = reader.net.reduce(found, "sum", axes or [], keep=bool(reader.whole("keepdims", 1)))
        behind = {"L2": "sqrt", "LogSumExp": "log", "LogSum": "log"}.get(op)
        return found if behind is None else reader.net.activation(behind, found)
    return reader.net.reduce(x, words[op], axes or [], keep=bool(reader.whole("keepdims", 1)))


def _arg(reader: Reader) -> Result:
    axis = reader.whole("axis", 0)
    return reader.net.reduce(reader.tensor(0), "max", [axis], keep=bool(reader.whole("keepdims", 1)))


def _reshaped(reader: Reader, shape: Sequence[int]) -> Held:
    held = reader.held_at(0)
    if isinstance(held, Const):
        return Const(tuple(shape), held.values)
    return reader.net.reshape(reader.tensor(0), shape)


def _shape_of(held: Held | None) -> tuple[int, ...]:
    if held is None:
        raise Unmapped
    return held.shape


def _reshape(reader: Reader) -> Result:
    before = _shape_of(reader.held_at(0))
    wanted = reader.numbers(1, "shape")
    if wanted is None:
        raise Unmapped
    if not reader.whole("allowzero", 0):
        wanted = [before[place] if side == 0 else side for place, side in enumerate(wanted)]
    if min(wanted, default=0) < -1 or wanted.count(-1) > 1 or len(wanted) > MOST_SIDES:
        raise Invalid(f"{shown(before)} cannot be {shown(wanted[:9])}")
    if -1 in wanted:
        known = math.prod(side for side in wanted if side != -1)
        left, rest = divmod(math.prod(before), known)
        if rest:
            raise Misfit(f"{shown(before)} cannot be {shown(wanted)}")
        wanted = [left if side == -1 else side for side in wanted]
    if math.prod(wanted) != math.prod(before):
        raise Misfit(f"{shown(before)} cannot be {shown(wanted)}")
    return _reshaped(reader, wanted)


def _flatten(reader: Reader) -> Result:
    before = _shape_of(reader.held_at(0))
    axis = reader.whole("axis", 1)
    if not -len(before) <= axis <= len(before):
        raise Invalid(f"{shown(before)} has no axis {axis}")
    axis = axis % len(before) if axis < 0 else axis
    return _reshaped(reader, (math.prod(before[:axis]), math.prod(before[axis:])))


def _squeeze(reader: Reader) -> Result:
    before = _shape_of(reader.held_at(0))
    axes = reader.numbers(1, "axes")
    gone = (
        {axis % len(before) for axis in axes}
        if axes is not None
        else {place for place, side in enumerate(before) if side == 1}
    )
    return _reshaped(reader, [side for place, side in enumerate(before) if place not in gone])


def _unsqueeze(reader: Reader) -> Result:
    before = _shape_of(reader.held_at(0))
    axes = reader.numbers(1, "axes") or []
    rank = len(before) + len(axes)
    if rank > MOST_SIDES or len({axis % rank for axis in axes}) < len(axes):
        raise Invalid(f"{shown(before)} gets {len(axes)} more sides at {axes[:9]}")
    new = {axis % rank for axis in axes}
    sides = iter(before)
    return _reshaped(reader, [1 if place in new else next(sides) for place in range(rank)])


def _identity(reader: Reader) -> Result:
    held = reader.held_at(0)
    if held is None:
        raise Unmapped
    if reader.node.op == "DequantizeLinear" and isinstance(held, Const):
        return reader.net.parameter(reader.node.inputs[0], held.shape)
    if isinstance(held, Tensor):
        return [held, held] if reader.node.op == "Dropout" else held
    return held


def _constant(reader: Reader) -> Result:
    for key, value in reader.node.attributes.items():
        if isinstance(value, Array):
            held = _const(value) if not value.floating or value.elements <= 1 else None
            if held is None and value.floating:
                reader.constants[reader.node.outputs[0]] = value
            return held if held is not None else reader.net.constant(value.shape)
        if key in ("value_int", "value_float") and isinstance(value, (int, float)):
            return Const((), (value,))
        if key in ("value_ints", "value_floats") and isinstance(value, list):
            return Const((len(value),), tuple(value))  # type: ignore[arg-type]
    raise Unmapped


def _shape(reader: Reader) -> Result:
    shape = _shape_of(reader.held_at(0))
    start, end = reader.whole("start", 0), reader.node.attributes.get("end")
    part = shape[start : end if isinstance(end, int) else None]
    return Const((len(part),), tuple(part))


def _size(reader: Reader) -> Result:
    return Const((), (math.prod(_shape_of(reader.held_at(0))),))


def _filled(reader: Reader) -> Result:
    shape = reader.numbers(0) or reader.listed("shape", [])
    if min(shape, default=0) < 0 or len(shape) > MOST_SIDES:
        raise Invalid(f"a tensor {shown(shape[:9])}")
    return reader.net.constant(shape)


def _transpose(reader: Reader) -> Result:
    x = reader.tensor(0)
    return reader.net.permute(x, reader.listed("perm", [*range(len(x.shape))][::-1]))


def _concat(reader: Reader) -> Result:
    tensors = [reader.tensor(place) for place in range(len(reader.node.inputs))]
    axis = reader.whole("axis", 0)
    if not tensors or not -len(tensors[0].shape) <= axis < len(tensors[0].shape):
        raise Invalid(f"it has no axis {axis}")
    if all(each.fixed for each in tensors):
        first = tensors[0].shape
        axis %= len(first)
        if any(len(each.shape) != len(first) for each in tensors):
            raise Invalid("it joins tensors of other ranks")
        return reader.net.constant((*first[:axis], sum(each.shape[axis] for each in tensors), *first[axis + 1 :]))
    return reader.net.concat(tensors, axis)


def _split(reader: Reader) -> Result:
    x = reader.tensor(0)
    axis = reader.whole("axis", 0)
    sizes = reader.numbers(1, "split")
    if sizes is None:
        parts = reader.whole("num_outputs", len(reader.node.outputs))
        each = -(-x.shape[axis] // parts)
        sizes = [each] * (parts - 1) + [x.shape[axis] - each * (parts - 1)]
    if x.fixed:
        axis %= len(x.shape)
        return [reader.net.constant((*x.shape[:axis], size, *x.shape[axis + 1 :])) for size in sizes]
    return reader.net.split(x, sizes, axis)


def _slice(reader: Reader) -> Result:
    x = reader.tensor(0)
    starts, ends = reader.numbers(1, "starts"), reader.numbers(2, "ends")
    if starts is None or ends is None:
        raise Unmapped
    axes = reader.numbers(3, "axes") or [*range(len(starts))]
    steps = reader.numbers(4) or [1] * len(starts)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        taken = sliced(x.shape[axis], start, end, step)
        if x.fixed:
            axis %= len(x.shape)
            x = reader.net.constant((*x.shape[:axis], len(taken), *x.shape[axis + 1 :]))
        elif step > 0:
            x = reader.net.slice(x, axis, taken.start, max(taken.start, taken.stop), step)
        else:
            shape = [len(taken) if place == axis % len(x.shape) else side for place, side in enumerate(x.shape)]
            x = reader.net.gather(x, shape)
    return x


def _gather(reader: Reader) -> Result:
    x, indices = reader.tensor(0), reader.held_at(1)
    axis = reader.whole("axis", 0) % len(x.shape)
    if indices is None:
        raise Unmapped
    shape = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
    if x.fixed and isinstance(indices, Const):
        return reader.net.constant(shape)
    if not all(isinstance(indices, Const) and -x.shape[axis] <= each < x.shape[axis] for each in _whole(indices)):
        raise Invalid(f"{shown(x.shape)} has no place {max(map(abs, _whole(indices)))} along its dimension {axis}")
    if isinstance(indices, Const) and indices.elements == 1:
        one = reader.net.select(x, axis, indices.whole()[0])
        return reader.net.reshape(one, shape)
    if isinstance(indices, Tensor) and x.learned and len(x.shape) == 2 and axis == 0:
        return reader.net.embedding(indices, x)
    return reader.net.gather(x, shape)


def _whole(held: Held) -> tuple[int, ...]:
    """Return what is known of whole numbers."""
    return held.whole() if isinstance(held, Const) else ()


def _moved(reader: Reader) -> Result:
    """Return what only takes, sorts or marks elements: it multiplies nothing."""
    op, x = reader.node.op, reader.tensor(0)
    shape: Sequence[int] = x.shape
    rank = len(x.shape)
    parts = 1
    if op == "TopK":
        axis = reader.whole("axis", -1) % rank
        (count,) = reader.numbers(1, "k") or [reader.whole("k", 1)]
        if not 0 < count <= x.shape[axis]:
            raise Misfit(f"{shown(x.shape)} has no {count} elements along {axis}")
        shape, parts = (*x.shape[:axis], count, *x.shape[axis + 1 :]), 2
    elif op == "GatherElements":
        shape = _shape_of(reader.held_at(1))
    elif op == "GatherND":
        index, batch = _shape_of(reader.held_at(1)), reader.whole("batch_dims", 0)
        shape = (*index[:-1], *x.shape[batch + index[-1] :])
    elif op == "OneHot":
        (depth,) = reader.numbers(1) or [0]
        axis = reader.whole("axis", -1) % (rank + 1)
        shape = (*x.shape[:axis], depth, *x.shape[axis:])
    elif op == "Col2Im":
        sides, block = reader.numbers(1) or [], reader.numbers(2) or []
        shape = (x.shape[0], x.shape[1] // math.prod(block), *sides)
    elif op == "MaxUnpool":
        shape = reader.numbers(2) or _unpooled(reader, x)
    if x.fixed:
        return [reader.net.constant(shape)] * parts
    places = None if op in ("OneHot", "TopK", "Hardmax") else reader.held_at(1)
    moving = isinstance(places, Tensor) and not places.constant
    sources = [x, places] if isinstance(places, Tensor) and moving else [x]
    return [reader.net.said(op, sources, shape, madds=0)] * parts


def _unpooled(reader: Reader, x: Tensor) -> tuple[int, ...]:
    kernel = reader.listed("kernel_shape", [])
    strides, pads = reader.listed("strides", [1] * len(kernel)), reader.margins(len(kernel))
    if isinstance(pads, str):
        raise Unmapped
    parts = zip(x.shape[2:], kernel, strides, pads, strict=True)
    return (*x.shape[:2], *[(side - 1) * step + length - sum(pad) for side, length, step, pad in parts])


def _alike(reader: Reader) -> Result:
    """Return a constant of the shape of what is read: random numbers, a matrix with a diagonal of ones."""
    return reader.net.constant(_shape_of(reader.held_at(0)))


def _quantised(reader: Reader) -> Result:
    """Return what is read with the scale and the zero of its quantisation, which depend on values."""
    number = reader.net.constant(())
    return [reader.tensor(0), number, number]


def _affine_grid(reader: Reader) -> Result:
    """Return the places of a grid: a product with each of them, in homogeneous coordinates."""
    x, size = reader.tensor(0), reader.numbers(1)
    if size is None:
        raise Unmapped
    sides = size[2:]
    shape = (size[0], *sides, len(sides))
    return reader.net.said("affine_grid", [x], shape, madds=math.prod(shape) * (len(sides) + 1))


def _mean_variance(reader: Reader) -> Result:
    if reader.listed("axes", [0, 2, 3]) not in ([0, 2, 3], [2, 3]):
        raise Unmapped
    return reader.net.norm(reader.tensor(0), "instance")


def _scatter(reader: Reader) -> Result:
    x = reader.tensor(0)
    return reader.net.said("scatter", [x, reader.tensor(2)], x.shape, madds=0)


def _pad(reader: Reader) -> Result:
    x = reader.tensor(0)
    pads = reader.numbers(1, "pads") or reader.numbers(1, "paddings") or []
    axes = reader.numbers(3) or [*range(len(x.shape))]
    margins = [(0, 0)] * len(x.shape)
    count = len(axes)
    for place, axis in enumerate(axes):
        margins[axis] = (pads[place], pads[place + count])
    return reader.net.pad(x, margins)


def _resize(reader: Reader) -> Result:
    x = reader.tensor(0)
    old = reader.node.op == "Upsample" or reader.graph.opset < 11
    sizes = None if old else reader.held_at(3)
    scales = reader.floats(1 if old else 2)
    rank = len(x.shape)
    axes = [axis % rank for axis in reader.listed("axes", range(rank))]
    wanted = list(x.shape)
    if isinstance(sizes, Const) and sizes.elements:
        for axis, side in zip(axes, sizes.whole(), strict=True):
            wanted[axis] = side
    else:
        given = reader.node.attributes.get("scales")
        factors: Sequence[float] = given if isinstance(given, list) else scales or ()  # type: ignore[assignment]
        if len(factors) != len(axes):
            raise Unmapped
        for axis, factor in zip(axes, factors, strict=True):
            wanted[axis] = math.floor(x.shape[axis] * factor)
    if min(wanted, default=1) < 1:
        raise Invalid(f"{shown(x.shape)} cannot be resized to {shown(wanted)}")
    if wanted[: rank - 3] != list(x.shape[: rank - 3]) or wanted == list(x.shape):
        if wanted == list(x.shape):
            return x
        raise Unmapped
    first = min(place for place in range(rank) if place >= 2 or wanted[place] != x.shape[place])
    modes = {"linear": "bilinear", "cubic": "bicubic"}
    mode = reader.word("mode", "nearest")
    return reader.net.resize(x, wanted[first:], modes.get(mode, mode))


def _expand(reader: Reader) -> Result:
    x = reader.tensor(0)
    wanted = reader.numbers(1)
    if wanted is None:
        raise Unmapped
    shape = _spread(x.shape, tuple(wanted))
    return reader.net.constant(shape) if x.fixed else reader.net.expand(x, shape)


def _tile(reader: Reader) -> Result:
    x = reader.tensor(0)
    repeats = reader.numbers(1)
    if repeats is None:
        raise Unmapped
    shape = [side * count for side, count in zip(x.shape, repeats, strict=True)]
    return reader.net.constant(shape) if x.fixed else reader.net.expand(x, shape)


def _depth_to_space(reader: Reader) -> Result:
    factor = reader.whole("blocksize", 1)
    return reader.net.pixel_shuffle(reader.tensor(0), factor if reader.node.op == "DepthToSpace" else -factor)


def _grid_sample(reader: Reader) -> Result:
    mode = {"linear": "bilinear", "cubic": "bicubic"}.get(reader.word("mode", "linear"), reader.word("mode", "linear"))
    return reader.net.grid_sample(reader.tensor(0), reader.tensor(1), mode)


def _recurrent(reader: Reader) -> Result:
    """Return an LSTM, a GRU or an RNN: S×N×I, and its weights D×(gates·H)×I and D×(gates·H)×H."""
    return recurrent(reader, reader.kernel(1), reader.kernel(2))


def recurrent(reader: Reader, weight: Tensor, state: Tensor) -> Result:
    """Return a recurrent layer with its weights for what it reads and for its state."""
    x, kind = reader.tensor(0), reader.node.op.removeprefix("DynamicQuantize")
    if reader.whole("layout", 0) or not (weight.learned and state.learned):
        raise Unmapped
    steps, samples, inside = x.shape
    directions, hidden = weight.shape[0], state.shape[-1]
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[kind] * hidden
    if weight.shape != (directions, gates, inside) or state.shape != (directions, gates, hidden):
        raise Misfit(f"{shown(x.shape)} does not fit weights {shown(weight.shape)} and {shown(state.shape)}")
    others = (reader.weight(3), reader.weight(7))  # biases, and peepholes
    used = [weight, state, *(each for each in others if each is not None and each.learned)]
    shape = (steps, directions, samples, hidden)
    weights = math.prod(weight.shape) + math.prod(state.shape)
    madds = steps * samples * directions * gates * (inside + hidden)
    found = reader.net.said(kind.lower(), [x], shape, learned=used, madds=madds, weights=weights)
    last = reader.net.select(found, 0, steps - 1)
    return [found, last, last]


def _if(reader: Reader) -> Result:
    """Return the branch of an If whose condition is known."""
    condition = reader.held_at(0)
    if not isinstance(condition, Const) or condition.elements != 1:
        raise Unmapped
    branch = reader.node.attributes.get("then_branch" if condition.values[0] else "else_branch")
    if not isinstance(branch, Graph):
        raise Unmapped
    return reader.inline(branch)


_DOMAINS = ("", "ai.onnx", "com.microsoft")

_RULES: Mapping[str, Rule] = {
    "If": _if,
    "Conv": _conv,
    "ConvTranspose": _transposed_conv,
    "QLinearConv": _quantised_conv,
    "ConvInteger": _whole_conv,
    "Gemm": _gemm,
    "QGemm": _quantised_gemm,
    "MatMul": _matmul,
    "MatMulInteger": _matmul,
    "QLinearMatMul": _quantised_matmul,
    "Einsum": _einsum,
    **dict.fromkeys(
        (
            "BatchNormalization",
            "InstanceNormalization",
            "GroupNormalization",
            "LayerNormalization",
            "RMSNormalization",
            "SimplifiedLayerNormalization",
        ),
        _norm,
    ),
    "LRN": _local_response,
    **dict.fromkeys(_FUNCTIONS, _function),
    "Clip": _clip,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    **dict.fromkeys(_PAIRS, _elementwise),
    "PRelu": _prelu,
    "Where": _where,
    "MaxPool": _pool,
    **dict.fromkeys(("AveragePool", "LpPool", "QLinearAveragePool"), _pool),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool", "QLinearGlobalAveragePool"), _global_pool),
    **dict.fromkeys(
        [f"Reduce{op}" for op in ("Mean", "Sum", "Max", "Min", "L1", "L2", "SumSquare", "LogSum", "LogSumExp")], _reduce
    ),
    "ArgMax": _arg,
    "ArgMin": _arg,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    **dict.fromkeys(_SAME, _identity),
    "Constant": _constant,
    "Shape": _shape,
    "Size": _size,
    "ConstantOfShape": _filled,
    "Transpose": _transpose,
    "Concat": _concat,
    "Split": _split,
    "Slice": _slice,
    "Gather": _gather,
    **dict.fromkeys(("TopK", "GatherElements", "GatherND", "OneHot", "Col2Im", "MaxUnpool", "Hardmax"), _moved),
    "ReverseSequence": _moved,
    **dict.fromkeys(("RandomNormalLike", "RandomUniformLike", "EyeLike", "Bernoulli"), _alike),
    **dict.fromkeys(("RandomNormal", "RandomUniform"), _filled),
    "DynamicQuantizeLinear": _quantised,
    "AffineGrid": _affine_grid,
    "MeanVarianceNormalization": _mean_variance,
    "Scatter": _scatter,
    "ScatterND": _scatter,
    "ScatterElements": _scatter,
    "Pad": _pad,
    "Resize": _resize,
    "Upsample": _resize,
    "Expand": _expand,
    "Tile": _tile,
    "DepthToSpace": _depth_to_space,
    "SpaceToDepth": _depth_to_space,
    "GridSample": _grid_sample,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "RNN": _recurrent,
}
"""How every operator is read."""


OPERATORS = frozenset((*_RULES, *FOLDED))
"""What is read; of the cost of others nothing is known."""

# -- names -----------------------------------------------------------------------------------------------------------


def _path_of(node: Node) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if node.scopes:
        scopes = [scope for scope in node.scopes[:-1] if scope]
        classes = node.classes[len(node.classes) - 1 - len(scopes) : -1] if node.classes else ()
        return _relative(scopes), tuple(classes)
    parts = [part for part in node.name.split("/") if part]
    return _relative(parts[:-1]), ()


def _relative(parts: Sequence[str]) -> tuple[str, ...]:
    """Return the names of nested modules, each without those around it.

    Examples
    --------
    >>> _relative(["layer1", "layer1.0", "layer1.0.conv1"])
    ('layer1', '0', 'conv1')
    """
    found: list[str] = []
    before = ""
    for part in parts:
        found.append(part[len(before) + 1 :] if before and part.startswith(f"{before}.") else part)
        before = f"{before}.{found[-1]}" if before and part.startswith(f"{before}.") else part
    return tuple([piece for part in found for piece in part.split(".") if piece])
