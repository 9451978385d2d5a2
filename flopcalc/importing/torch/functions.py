"""PyTorch's functions as layers: every call of a recording, told to a builder with the shapes of the run.

Three things are held against the run, call by call: the shape of what it makes, its multiply-adds against those that
torch's dispatcher saw, and in the end the parameters that the module owns against those that were counted.

Source: the functions' documentation, PyTorch 2.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from flopcalc.importing.tensors import Builder, Operand, State, Tensor, Unmapped
from flopcalc.importing.torch.recording import Argument, Call, Cut, Module, Other, Recording, Ref, size

__all__ = ["FUNCTIONS", "Reader"]

Dims: TypeAlias = "tuple[int, ...]"
Result: TypeAlias = "Tensor | Sequence[Tensor]"
Rule: TypeAlias = "Callable[[Reader], Result]"

_ACTIVATIONS: Mapping[str, str] = {
    "relu": "relu", "relu6": "relu6", "sigmoid": "sigmoid", "tanh": "tanh", "hardsigmoid": "hard_sigmoid",
    "hardswish": "hard_swish", "silu": "swish", "gelu": "gelu", "elu": "elu", "selu": "selu", "celu": "celu",
    "mish": "mish", "softplus": "softplus", "softsign": "softsign", "logsigmoid": "log_sigmoid",
    "leaky_relu": "leaky_relu", "rrelu": "leaky_relu", "exp": "exp", "log": "log", "sqrt": "sqrt", "square": "square",
    "erf": "erf", "threshold": "relu",
    **dict.fromkeys(
        ("abs", "neg", "negative", "reciprocal", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "floor",
         "ceil", "round", "trunc", "sign", "rsqrt", "log2", "log10", "log1p", "expm1", "exp2", "erfc", "tanhshrink",
         "hardshrink", "softshrink", "logical_not", "bitwise_not", "isnan", "isinf", "isfinite", "nan_to_num", "tril",
         "triu", "cumsum", "cumprod", "absolute", "frac", "__invert__"),
        "function",
    ),
}  # fmt: skip
"""Functions of single elements, by the language's words."""

_PAIRS: Mapping[str, str] = {
    "add": "add", "sub": "subtract", "subtract": "subtract", "rsub": "subtract", "mul": "multiply",
    "multiply": "multiply", "div": "divide", "divide": "divide", "true_divide": "divide", "floor_divide": "divide",
    "maximum": "maximum", "minimum": "minimum", "fmax": "maximum", "fmin": "minimum", "pow": "multiply",
    "remainder": "divide", "fmod": "divide", "atan2": "divide",
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge"), "subtract"),
    **dict.fromkeys(("logical_and", "bitwise_and", "__and__"), "multiply"),
    **dict.fromkeys(("logical_or", "bitwise_or", "__or__"), "maximum"),
    **dict.fromkeys(("logical_xor", "bitwise_xor", "__xor__"), "add"),
    "__radd__": "add", "__rsub__": "subtract", "__rmul__": "multiply", "__rdiv__": "divide", "__rtruediv__": "divide",
    "__rpow__": "multiply", "__floordiv__": "divide", "__eq__": "subtract", "__ne__": "subtract",
}  # fmt: skip
"""Operations on two tensors, or on a tensor and a number, element by element."""

_SAME = frozenset(
    [
        "contiguous",
        "clone",
        "detach",
        "to",
        "float",
        "half",
        "double",
        "bfloat16",
        "type",
        "type_as",
        "alias",
        "data",
        "dropout",
        "dropout1d",
        "dropout2d",
        "dropout3d",
        "alpha_dropout",
        "feature_dropout",
        "feature_alpha_dropout",
        "requires_grad_",
        "cpu",
        "cuda",
        "int",
        "long",
        "bool",
        "real",
        "positive",
        "lift_fresh",
        "copy_to",
        "_to_copy",
        "_conj",
        "resolve_conj",
        "resolve_neg",
        "identity",
        "__deepcopy__",
        "int_repr",
    ]
)
"""What passes its first input on."""

_SHAPED = frozenset(
    [
        "view",
        "reshape",
        "flatten",
        "unflatten",
        "squeeze",
        "unsqueeze",
        "view_as",
        "reshape_as",
        "_unsafe_view",
        "ravel",
        "atleast_1d",
        "atleast_2d",
        "atleast_3d",
    ]
)
"""What looks at the elements under another shape, in the same order."""

_PLACED = frozenset(
    [
        "index_select",
        "gather",
        "take",
        "take_along_dim",
        "tile",
        "repeat",
        "repeat_interleave",
        "flip",
        "fliplr",
        "flipud",
        "rot90",
        "as_strided",
        "diagonal",
        "diag",
        "tril_indices",
        "scatter",
        "sort",
        "topk",
        "masked_select",
        "meshgrid",
        "unfold_copy",
        "fold",
        "col2im",
        "diag_embed",
    ]
)
"""What makes a tensor of another one's elements, at other places."""


class Reader:
    """Reads the calls of a recording, one after the other.

    Parameters
    ----------
    recording : Recording
    builder : Builder
    """

    def __init__(self, recording: Recording, builder: Builder) -> None:
        self.recording = recording
        self.net = builder
        self.held: dict[int, Tensor] = {}
        self.modules = {module.path: module for module in recording.modules}
        self.uses = Counter(tensor for call in recording.calls for tensor in call.reads())
        self.uses.update(output.tensor for output in recording.outputs)
        self.call = Call("", "", "", "", (), ())
        self.uncounted: Counter[str] = Counter()
        """The functions without a layer, with how often they were called."""
        for number in recording.inputs:
            tensor = recording.tensors[number]
            self.held[number] = builder.input(_label(tensor.names[0]), tensor.shape)
        self.sizes: dict[str, int] = {}
        """The elements of every parameter."""
        for number in recording.parameters:
            tensor = recording.tensors[number]
            self.sizes[tensor.names[0]] = size(tensor.shape)
            self.held[number] = builder.parameter(tensor.names[0], tensor.shape)

    # -- the recording -----------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Read all calls, mark the outputs, and account for the parameters."""
        for call in self.recording.calls:
            self.call = call
            self._read(call)
        for output in self.recording.outputs:
            held = self._held(output.tensor)
            if not held.constant:
                self.net.output(held)
        self._account()

    def _account(self) -> None:
        """Count the parameters that the module owns and no layer uses."""
        owners: dict[str, int] = {}
        for number in self.recording.parameters:
            tensor = self.recording.tensors[number]
            name = tensor.names[0]
            if name not in self.net.counted:
                owner = name.partition(".")[0]
                owners[owner] = owners.get(owner, 0) + size(tensor.shape)
        for owner, elements in owners.items():
            if elements:
                self.net.unused(owner, elements, (owner,))

    def _read(self, call: Call) -> None:
        reads = [self._held(number) for number in call.reads()]
        if all(each.fixed for each in reads):
            for number in call.results:
                self.held[number] = self.net.constant(self.shape(number))
            return
        module = self.modules.get(call.module, Module("", "", "", False))
        path = [part for part in call.module.split(".") if part]
        classes = [self._class_of(".".join(path[: count + 1])) for count in range(len(path))]
        origin = f"{call.function} in {call.module or self.recording.name} ({call.line})"
        self.net.at(path, classes, written=_form(call, module), origin=origin)
        saved = self.net.state()
        found = self._mapped(call)
        if found is None or not (self._agrees(call, found, len(saved.steps)) and self._counts(saved)):
            self.net.restore(saved)
            found = self._unmapped(call, reads)
        self.held.update(zip(call.results, found, strict=True))

    def _class_of(self, path: str) -> str:
        module = self.modules.get(path)
        return module.name if module is not None else ""

    def _mapped(self, call: Call) -> Sequence[Tensor] | None:
        """Return what the language's layers make of a call; None where it has none for it."""
        rule = _written if call.form == "written" else _rule_of(call.function)
        if rule is None:
            return None
        try:
            found = rule(self)
        except (Unmapped, IndexError, ValueError, TypeError, KeyError, ZeroDivisionError):
            return None
        return [found] if isinstance(found, Tensor) else list(found)

    def _agrees(self, call: Call, found: Sequence[Tensor], first: int) -> bool:
        """Whether shapes and multiply-adds are those of the run."""
        shapes = [self.shape(number) for number in call.results]
        if [each.shape for each in found] != shapes:
            return False
        return self.net.madds_of(self.net.steps[first:]) == call.madds

    def _counts(self, saved: State) -> bool:
        """Whether the layers of a call have as many parameters as the tensors that they are said to count."""
        first = max(len(saved.steps) - 1, 0)  # the last step may have taken over a bias
        before, after = self.net.params_of(saved.steps[first:]), self.net.params_of(self.net.steps[first:])
        counted = self.net.counted - saved.counted
        return after - before == sum(self.sizes[name] for name in counted)

    def _unmapped(self, call: Call, reads: Sequence[Tensor]) -> Sequence[Tensor]:
        """Return the results of a call without a layer: its products are known where the dispatcher saw any."""
        shapes = [self.shape(number) for number in call.results]
        inputs = list({id(each): each for each in reads}.values())
        if call.products:
            learned = [each for each in inputs if each.learned and not each.key]
            others = [each for each in inputs if each not in learned and not each.fixed]
            weights = sum(size(each.shape) for each in learned if len(each.shape) > 1)
            if all(each.learned not in self.net.counted for each in learned):
                self.net.note(f"{call.function} has no layer; its multiply-adds are those that torch's dispatcher saw.")
                title = call.function
                first = self.net.said(title, others, shapes[0], learned=learned, madds=call.madds, weights=weights)
                return [first, *(self.spare(number, first) for number in call.results[1:])]
        self.uncounted[call.function] += 1
        return self.net.unknown(call.function, inputs, shapes)

    # -- arguments ---------------------------------------------------------------------------------------------------

    def shape(self, number: int) -> Dims:
        """Return a tensor's shape in the run."""
        return self.recording.tensors[number].shape

    def _held(self, number: int) -> Tensor:
        if number not in self.held:
            self.held[number] = self.net.constant(self.shape(number))
        return self.held[number]

    @property
    def written(self) -> Dims:
        """The shape of the call's first result."""
        return self.shape(self.call.results[0])

    def argument(self, *names: str) -> Argument:
        """Return the first of some arguments that is given."""
        for name in names:
            value = self.call.get(name)
            if value is not None:
                return value
        return None

    def tensor(self, *names: str) -> Tensor:
        """Return an argument that is a tensor."""
        found = self.maybe(*names)
        if found is None:
            raise Unmapped
        return found

    def maybe(self, *names: str) -> Tensor | None:
        """Return an argument that may be a tensor."""
        value = self.argument(*names)
        return self._held(value.tensor) if isinstance(value, Ref) else None

    def tensors(self, *names: str) -> list[Tensor]:
        """Return an argument that is a list of tensors."""
        value = self.argument(*names)
        if not isinstance(value, tuple):
            raise Unmapped
        return [self._held(each.tensor) for each in value if isinstance(each, Ref)]

    def whole(self, *names: str, default: int | None = None) -> int:
        """Return an argument that is a whole number."""
        value = self.argument(*names)
        if value is None:
            value = default
        if isinstance(value, tuple) and len(value) == 1:
            (value,) = value
        if isinstance(value, bool) or not isinstance(value, int):
            raise Unmapped
        return value

    def whole_list(self, *names: str, count: int = 0, default: int | None = None) -> Dims:
        """Return an argument that is a list of whole numbers, or one for all."""
        value = self.argument(*names)
        if value is None or value == ():
            if default is None:
                raise Unmapped
            value = default
        if isinstance(value, int):
            value = (value,) * max(count, 1)
        if not isinstance(value, tuple):
            raise Unmapped
        found = tuple([each for each in value if isinstance(each, int) and not isinstance(each, bool)])
        if len(found) != len(value):
            raise Unmapped
        return found * count if len(found) == 1 < count else found

    def spare(self, number: int, like: Tensor) -> Tensor:
        """Return a result beside the first, as the places of maxima: nothing where nobody reads it."""
        if not self.uses[number]:
            return self.net.constant(self.shape(number))
        return self.net.gather(like, self.shape(number))

    def parts(self, x: Tensor, sizes: Sequence[int], dim: int) -> list[Tensor]:
        """Return the parts of a tensor; where nobody reads some of them, those that somebody reads."""
        if all(self.uses[number] for number in self.call.results):
            return self.net.split(x, sizes, dim)
        found: list[Tensor] = []
        start = 0
        for number, length in zip(self.call.results, sizes, strict=True):
            shape = (*x.shape[:dim], length, *x.shape[dim + 1 :])
            used = self.uses[number]
            found.append(self.net.slice(x, dim, start, start + length) if used else self.net.constant(shape))
            start += length
        return found

    def operand(self, value: Argument) -> Operand:
        """Return an argument that is a tensor or a number."""
        if isinstance(value, Ref):
            tensor = self.recording.tensors[value.tensor]
            held = self._held(value.tensor)
            return 1.0 if held.fixed and size(tensor.shape) == 1 else held
        if isinstance(value, (bool, int, float)):
            return float(value)
        raise Unmapped


def _label(name: str) -> str:
    word = re.sub(r"\W", "_", name)
    return f"x{word}" if word[:1].isdigit() or not word else word


_CONTAINERS = ("", "Sequential", "ModuleList", "ModuleDict")


def _form(call: Call, module: Module) -> str:
    """Return how a call is written, in the language's words."""
    if not module.own and module.base not in _CONTAINERS and call.form in ("module", "functional", "function"):
        return "custom"
    return {"dispatched": "function", "written": "operator"}.get(call.form, call.form)


def _rule_of(function: str) -> Rule | None:
    """Return the rule for a function, whether it writes in place or not."""
    for name in (function, function.removesuffix("_")):
        if name in _RULES:
            return _RULES[name]
    return None


# -- products --------------------------------------------------------------------------------------------------------


def _pairs(margins: Sequence[int]) -> list[tuple[int, int]]:
    return [(each, each) for each in margins]


def _conv(reader: Reader) -> Result:
    weight = reader.tensor("weight")
    count = len(weight.shape) - 2
    transposed = "transpose" in reader.call.function
    dilation = reader.whole_list("dilation", count=count, default=1)
    said = reader.argument("padding")
    if said == "same":
        spans = [spread * (length - 1) for spread, length in zip(dilation, weight.shape[2:], strict=True)]
        padding = [(span // 2, span - span // 2) for span in spans]
    elif said == "valid":
        padding = _pairs((0,) * count)
    else:
        padding = _pairs(reader.whole_list("padding", count=count, default=0))
    return reader.net.conv(
        reader.tensor("input"),
        weight,
        reader.maybe("bias"),
        stride=reader.whole_list("stride", count=count, default=1),
        padding=padding,
        dilation=dilation,
        groups=reader.whole("groups", default=1),
        transposed=transposed,
        output_padding=reader.whole_list("output_padding", count=count, default=0) if transposed else (),
    )


def _linear(reader: Reader) -> Result:
    return reader.net.linear(reader.tensor("input"), reader.tensor("weight"), reader.maybe("bias"))


def _matmul(reader: Reader) -> Result:
    first, second = reader.tensor("input"), reader.tensor("other", "mat2", "vec", "tensor")
    if reader.call.function == "__rmatmul__":
        first, second = second, first
    return reader.net.matmul(first, second)


def _addmm(reader: Reader) -> Result:
    """Return b + x W, of a matrix W or of many."""
    first, second = reader.tensor("mat1", "batch1"), reader.tensor("mat2", "batch2")
    added = reader.tensor("input")
    if second.learned and not first.constant and len(second.shape) == 2 and len(added.shape) == 1:
        return reader.net.linear(first, second, added if added.constant else None, transposed=True)
    return reader.net.elementwise("add", reader.net.matmul(first, second), added)


def _einsum(reader: Reader) -> Result:
    given = reader.argument("args") or (reader.argument("equation"), *_listed(reader.argument("operands")))
    given = _listed(given)
    equation, *operands = given
    if len(operands) == 1 and isinstance(operands[0], tuple):
        operands = [*operands[0]]
    if not isinstance(equation, str):
        raise Unmapped
    tensors = [reader._held(each.tensor) for each in operands if isinstance(each, Ref)]
    left, arrow, right = equation.replace(" ", "").partition("->")
    inputs = left.split(",")
    if "." in equation or len(inputs) != len(tensors) or any(len({*each}) < len(each) for each in inputs):
        raise Unmapped
    if not arrow:
        seen = Counter("".join(inputs))
        right = "".join(sorted(letter for letter, count in seen.items() if count == 1))
    return _contracted(reader.net, inputs, right, tensors)


def _listed(value: Argument) -> tuple[Argument, ...]:
    return value if isinstance(value, tuple) else (value,)


def _contracted(net: Builder, inputs: list[str], right: str, tensors: list[Tensor]) -> Tensor:
    """Return the product of one or two tensors, a letter a dimension."""
    if len(tensors) > 2:
        raise Unmapped
    for place, letters in enumerate(inputs):
        others = right + "".join(each for index, each in enumerate(inputs) if index != place)
        alone = [dim for dim, letter in enumerate(letters) if letter not in others]
        if alone:
            tensors[place] = net.reduce(tensors[place], "sum", alone)
            inputs[place] = "".join(letter for letter in letters if letter in others)
    if len(tensors) == 1:
        return net.permute(tensors[0], [inputs[0].index(letter) for letter in right])
    lengths: dict[str, int] = {}
    for letters, tensor in zip(inputs, tensors, strict=True):
        for letter, side in zip(letters, tensor.shape, strict=True):
            lengths[letter] = max(side, lengths.get(letter, 1))
    shape = tuple([lengths[letter] for letter in right])
    if set(inputs[0] + inputs[1]) - set(right):
        return net.einsum(inputs, right, tensors, shape)
    wide = []
    for letters, tensor in zip(inputs, tensors, strict=True):
        turned = net.permute(tensor, [letters.index(letter) for letter in right if letter in letters])
        wide.append(net.reshape(turned, [lengths[each] if each in letters else 1 for each in right]))
    return net.elementwise("multiply", *wide)


def _attention(reader: Reader) -> Result:
    """Return softmax(Q Kᵀ · s + M) V, as torch's documentation writes it."""
    net = reader.net
    query, key, value = reader.tensor("query"), reader.tensor("key"), reader.tensor("value")
    mask = reader.argument("attn_mask")
    order = [*range(len(key.shape))]
    if query.shape[:-2] != key.shape[:-2]:
        repeats = query.shape[-3] // key.shape[-3]
        key, value = (
            net.gather(each, (*query.shape[:-2], *each.shape[-2:])) if repeats != 1 else each for each in (key, value)
        )
    scores = net.matmul(query, net.permute(key, [*order[:-2], order[-1], order[-2]]))
    scores = net.elementwise("multiply", scores, 1.0)
    if isinstance(mask, Ref):
        scores = net.elementwise("add", scores, reader._held(mask.tensor))
    elif reader.argument("is_causal"):
        scores = net.elementwise("add", scores, net.constant(scores.shape[-2:]))
    return net.matmul(net.softmax(scores, -1), value)


def _recurrent(reader: Reader) -> Result:
    """Return an LSTM, a GRU or an RNN, with the multiply-adds of its layers and directions."""
    call, net = reader.call, reader.net
    x = reader.tensor("input")
    weights = [each for each in reader.tensors("params") if len(each.shape) > 1]
    learned = [each for each in reader.tensors("params") if each.learned]
    states = reader.argument("hx")
    numbers = states if isinstance(states, tuple) else (states,)
    fixed = all(reader._held(each.tensor).fixed for each in numbers if isinstance(each, Ref))
    if not fixed or any(not each.learned for each in weights):
        raise Unmapped
    samples = math.prod(x.shape[:-1])
    madds = samples * sum(math.prod(each.shape) for each in weights)
    first = reader.shape(call.results[0])
    elements = sum(math.prod(each.shape) for each in weights)
    found = net.said(call.function, [x], first, learned=learned, madds=madds, weights=elements)
    return [found, *(reader.spare(number, found) for number in call.results[1:])]


# -- norms and functions ---------------------------------------------------------------------------------------------


def _batch_norm(reader: Reader) -> Result:
    return reader.net.norm(reader.tensor("input"), "batch", reader.maybe("weight"), reader.maybe("bias"))


def _instance_norm(reader: Reader) -> Result:
    return reader.net.norm(reader.tensor("input"), "instance", reader.maybe("weight"), reader.maybe("bias"))


def _group_norm(reader: Reader) -> Result:
    groups = reader.whole("num_groups")
    return reader.net.norm(reader.tensor("input"), "group", reader.maybe("weight"), reader.maybe("bias"), groups=groups)


def _layer_norm(reader: Reader) -> Result:
    x = reader.tensor("input")
    count = len(reader.whole_list("normalized_shape"))
    dims = range(len(x.shape) - count, len(x.shape))
    kind = "rms" if "rms" in reader.call.function else "layer"
    return reader.net.norm(x, kind, reader.maybe("weight"), reader.maybe("bias"), dims=[*dims])


def _local_response(reader: Reader) -> Result:
    return reader.net.norm(reader.tensor("input"), "local_response")


def _activation(reader: Reader) -> Result:
    function = reader.call.function
    word = _ACTIVATIONS.get(function) or _ACTIVATIONS[function.removesuffix("_")]
    return reader.net.activation(word, reader.tensor("input"))


def _clip(reader: Reader) -> Result:
    low, high = reader.argument("min", "min_val"), reader.argument("max", "max_val")
    if isinstance(low, Ref) or isinstance(high, Ref):
        found = reader.tensor("input")
        for word, value in (("maximum", low), ("minimum", high)):
            if value is not None:
                found = reader.net.elementwise(word, found, reader.operand(value))
        return found
    name = reader.call.function.removesuffix("_")
    if (low, high) == (-1, 1) and name == "hardtanh":
        word = "hard_tanh"
    elif low == 0 and high in (6, None):
        word = "relu" if high is None else "relu6"
    else:
        word = "clip"
    return reader.net.activation(word, reader.tensor("input"))


def _softmax(reader: Reader) -> Result:
    x = reader.tensor("input")
    dim = reader.argument("dim")
    if not isinstance(dim, int):
        dim = 0 if len(x.shape) in (0, 1, 3) else 1
    name = reader.call.function
    found = reader.net.softmax(x, dim)
    return reader.net.activation("log", found) if name == "log_softmax" else found


def _prelu(reader: Reader) -> Result:
    return reader.net.prelu(reader.tensor("input"), reader.tensor("weight"))


def _glu(reader: Reader) -> Result:
    x = reader.tensor("input")
    dim = reader.whole("dim", default=-1) % len(x.shape)
    half = x.shape[dim] // 2
    first, gate = reader.net.split(x, [half, half], dim)
    return reader.net.elementwise("multiply", first, reader.net.activation("sigmoid", gate))


def _elementwise(reader: Reader) -> Result:
    function = reader.call.function
    word = _PAIRS.get(function) or _PAIRS[function.removesuffix("_")]
    first, second = (
        reader.operand(reader.argument(*names)) for names in (("input",), ("other", "exponent", "self_", "value"))
    )
    if word == "multiply" and "pow" in function and not isinstance(second, Tensor) and isinstance(first, Tensor):
        power = reader.argument("exponent", "other")
        word = "square" if power == 2 else "sqrt" if power == 0.5 else "function"
        return reader.net.activation(word, first)
    alpha = reader.argument("alpha")
    if alpha not in (None, 1) and isinstance(second, Tensor):
        second = reader.net.elementwise("multiply", second, 1.0)
    if word == "add" and isinstance(first, Tensor) and isinstance(second, Tensor) and second.learned:
        found = reader.net.with_bias(first, second)
        if found is not None:
            return found
    return reader.net.elementwise(word, first, second)


def _chosen(reader: Reader) -> Result:
    """Return elements of two tensors, chosen by a third."""
    operands = [
        reader.operand(value)
        for name in ("condition", "mask", "input", "other", "value", "self")
        if (value := reader.argument(name)) is not None
    ]
    return reader.net.elementwise("multiply", *operands)


def _added_product(reader: Reader) -> Result:
    """Return a + s · b · c, or of a quotient."""
    word = "multiply" if "addcmul" in reader.call.function else "divide"
    inner = reader.net.elementwise(word, reader.tensor("tensor1"), reader.tensor("tensor2"))
    return reader.net.elementwise("add", reader.tensor("input"), inner)


def _lerp(reader: Reader) -> Result:
    net, first, second = reader.net, reader.tensor("input"), reader.tensor("end")
    between = net.elementwise("subtract", second, first)
    return net.elementwise(
        "add", first, net.elementwise("multiply", between, reader.operand(reader.argument("weight")))
    )


def _reduce(reader: Reader) -> Result:
    """Return a mean, sum, maximum or minimum; with a dimension, torch's max also says where it was."""
    name = reader.call.function
    x = reader.tensor("input")
    other = reader.maybe("other")
    if other is not None:
        return reader.net.elementwise({"max": "maximum", "min": "minimum"}[name], x, other)
    op = {"amax": "max", "amin": "min", "argmax": "max", "argmin": "min", "all": "min", "any": "max", "prod": "sum"}
    given = reader.argument("dim")
    dims = [] if given is None or given == () else [*reader.whole_list("dim")]
    found = reader.net.reduce(x, op.get(name, name), dims, keep=bool(reader.argument("keepdim")))
    return [found, *(reader.spare(number, found) for number in reader.call.results[1:])]


def _norm_of(reader: Reader) -> Result:
    """Return the Euclidean length along some dimensions."""
    net, x = reader.net, reader.tensor("input")
    if reader.argument("p", "ord") not in (2, 2.0, None, "fro"):
        raise Unmapped
    given = reader.argument("dim")
    dims = [] if given is None else [*reader.whole_list("dim")]
    total = net.reduce(net.activation("square", x), "sum", dims, keep=bool(reader.argument("keepdim")))
    return net.activation("sqrt", total)


def _weight_norm(reader: Reader) -> Result:
    """Return g · v / ‖v‖, the length taken over all dimensions but one.

    Source: Salimans and Kingma 2016, arXiv:1602.07868, equation 2.
    """
    net, weight = reader.net, reader.tensor("v")
    dim = reader.whole("dim", default=0)
    others = [each for each in range(len(weight.shape)) if each != dim % len(weight.shape)]
    length = net.activation("sqrt", net.reduce(net.activation("square", weight), "sum", others, keep=True))
    return net.elementwise("multiply", net.elementwise("divide", weight, length), reader.tensor("g"))


def _variance(reader: Reader) -> Result:
    net, x = reader.net, reader.tensor("input")
    given = reader.argument("dim")
    dims = [*reader.whole_list("dim")] if given not in (None, ()) else [*range(len(x.shape))]
    keep = bool(reader.argument("keepdim"))
    mean = net.reduce(x, "mean", dims, keep=True)
    spread = net.activation("square", net.elementwise("subtract", x, mean))
    found = net.reduce(spread, "mean", dims, keep=keep)
    if "std" in reader.call.function:
        found = net.activation("sqrt", found)
    if "mean" in reader.call.function:
        return [found, net.reshape(mean, found.shape)]
    return found


# -- windows ---------------------------------------------------------------------------------------------------------


def _dims_of(function: str) -> int:
    """Return how many sides a function's name says that its windows have."""
    found = re.search(r"(\d)d", function)
    if found is None:
        raise Unmapped
    return int(found[1])


def _pool(reader: Reader) -> Result:
    count = _dims_of(reader.call.function)
    kernel = reader.whole_list("kernel_size", count=count)
    kind = "max_pool" if "max" in reader.call.function else "avg_pool"
    x = reader.tensor("input")
    found = reader.net.pool(
        x,
        kind,
        kernel,
        stride=reader.whole_list("stride", count=count) if reader.argument("stride") not in (None, ()) else kernel,
        padding=_pairs(reader.whole_list("padding", count=count, default=0)),
        dilation=reader.whole_list("dilation", count=count, default=1),
        ceil=bool(reader.argument("ceil_mode")),
    )
    return [found, *(reader.spare(number, found) for number in reader.call.results[1:])]


def _adaptive(reader: Reader) -> Result:
    count = _dims_of(reader.call.function)
    kind = "max" if "max" in reader.call.function else "avg"
    found = reader.net.adaptive(reader.tensor("input"), kind, reader.written[-count:])
    return [found, *(reader.spare(number, found) for number in reader.call.results[1:])]


def _resize(reader: Reader) -> Result:
    x = reader.tensor("input")
    mode = reader.argument("mode")
    if reader.written[2:] == x.shape[2:]:
        return x
    return reader.net.resize(x, reader.written[2:], mode if isinstance(mode, str) else "nearest")


def _pad(reader: Reader) -> Result:
    x = reader.tensor("input")
    given = reader.whole_list("pad")
    pairs = [*zip(given[::2], given[1::2], strict=True)]
    return reader.net.pad(x, [(0, 0)] * (len(x.shape) - len(pairs)) + pairs[::-1])


def _unfold(reader: Reader) -> Result:
    x = reader.tensor("input")
    if reader.argument("dimension") is not None:  # the method of tensors: windows along one dimension
        return reader.net.gather(x, reader.written)
    kernel = reader.whole_list("kernel_size", count=2)
    return reader.net.unfold(
        x,
        kernel,
        stride=reader.whole_list("stride", count=2, default=1),
        padding=reader.whole_list("padding", count=2, default=0),
        dilation=reader.whole_list("dilation", count=2, default=1),
    )


def _grid_sample(reader: Reader) -> Result:
    mode = reader.argument("mode")
    return reader.net.grid_sample(
        reader.tensor("input"), reader.tensor("grid"), mode if isinstance(mode, str) else "bilinear"
    )


def _pixel_shuffle(reader: Reader) -> Result:
    factor = reader.whole("upscale_factor", "downscale_factor")
    return reader.net.pixel_shuffle(reader.tensor("input"), -factor if "un" in reader.call.function else factor)


def _channel_shuffle(reader: Reader) -> Result:
    return reader.net.simple("channel_shuffle", reader.tensor("input"), {"groups": reader.whole("groups")})


# -- axes ------------------------------------------------------------------------------------------------------------


def _same(reader: Reader) -> Result:
    x = reader.tensor("input", "self", "tensor", "0")
    return [x] * len(reader.call.results)


def _shaped(reader: Reader) -> Result:
    return reader.net.reshape(reader.tensor("input"), reader.written)


def _order_of(reader: Reader, count: int) -> list[int]:
    """Return the order into which a call puts the dimensions of a tensor."""
    name = reader.call.function.removesuffix("_")
    order = [*range(count)]
    if name == "permute":
        return [dim % count for dim in reader.whole_list("dims")]
    if name == "movedim" or name == "moveaxis":
        sources = [dim % count for dim in reader.whole_list("source")]
        places = [dim % count for dim in reader.whole_list("destination")]
        rest = iter([dim for dim in order if dim not in sources])
        return [sources[places.index(place)] if place in places else next(rest) for place in order]
    if name in ("t", "T", "mT", "H", "mH", "numpy_T", "adjoint"):
        first, second = (count - 2, count - 1) if count > 1 else (0, 0)
    else:
        first, second = reader.whole("dim0", "axis0") % count, reader.whole("dim1", "axis1") % count
    order[first], order[second] = order[second], order[first]
    return order


def _permute(reader: Reader) -> Result:
    x = reader.tensor("input")
    return reader.net.permute(x, _order_of(reader, len(x.shape)))


def _expand(reader: Reader) -> Result:
    x = reader.tensor("input")
    wide = (1,) * (len(reader.written) - len(x.shape)) + x.shape
    return reader.net.expand(reader.net.reshape(x, wide), reader.written)


def _placed(reader: Reader) -> Result:
    x = reader.tensor("input", "self", "tensor")
    found = [reader.net.gather(x, reader.shape(number)) for number in reader.call.results[:1]]
    return [*found, *(reader.spare(number, found[0]) for number in reader.call.results[1:])]


def _concat(reader: Reader) -> Result:
    tensors = reader.tensors("tensors")
    function = reader.call.function
    if function in ("hstack", "column_stack"):
        return reader.net.concat(tensors, 1 if len(tensors[0].shape) > 1 else 0)
    if function == "vstack":
        return reader.net.concat(tensors, 0)
    return reader.net.concat(tensors, reader.whole("dim", default=0))


def _stack(reader: Reader) -> Result:
    tensors = reader.tensors("tensors")
    dim = reader.whole("dim", default=0) % (len(tensors[0].shape) + 1)
    wide = [reader.net.reshape(each, (*each.shape[:dim], 1, *each.shape[dim:])) for each in tensors]
    return reader.net.concat(wide, dim)


def _split(reader: Reader) -> Result:
    x = reader.tensor("input", "tensor")
    dim = reader.whole("dim", default=0) % len(x.shape)
    return reader.parts(x, [reader.shape(number)[dim] for number in reader.call.results], dim)


def _unbind(reader: Reader) -> Result:
    x = reader.tensor("input")
    dim = reader.whole("dim", default=0) % len(x.shape)
    parts = reader.parts(x, [1] * x.shape[dim], dim)
    return [
        reader.net.reshape(part, reader.shape(number)) for part, number in zip(parts, reader.call.results, strict=True)
    ]


def _narrow(reader: Reader) -> Result:
    start = reader.whole("start")
    x = reader.tensor("input")
    dim = reader.whole("dim", default=0)
    return reader.net.slice(x, dim, start, start + reader.whole("length"))


def _select(reader: Reader) -> Result:
    return reader.net.select(reader.tensor("input"), reader.whole("dim"), reader.whole("index"))


def _roll(reader: Reader) -> Result:
    x = reader.tensor("input")
    dims = reader.whole_list("dims")
    shifts = reader.whole_list("shifts", count=len(dims))
    return reader.net.roll(x, dict(zip(dims, shifts, strict=True)))


def _embedding(reader: Reader) -> Result:
    return reader.net.embedding(reader.tensor("input"), reader.tensor("weight"))


def _bound(value: Argument, usual: int) -> int:
    if value is None:
        return usual
    if isinstance(value, int):
        return value
    raise Unmapped


Piece: TypeAlias = "tuple[int, int, int, bool]"
"""Of a dimension: where a part starts, stops and steps, and whether the dimension goes."""


def _pieces(index: Argument, shape: Dims) -> tuple[list[Piece], bool]:
    """Return what an index takes of every dimension, and whether it takes it by a list of places."""
    given = list(_listed(index))
    dots = Other("...")
    taken = sum(each is not None and each != dots for each in given)
    if dots in given:
        at = given.index(dots)
        given[at : at + 1] = [Cut(None, None, None)] * (len(shape) - taken)
    pieces: list[Piece] = []
    dims = iter(shape)
    for each in given:
        if each is None:
            continue
        side = next(dims)
        if isinstance(each, (bool, Ref, tuple)):
            return [], True
        if isinstance(each, int):
            pieces.append((each % side, each % side + 1, 1, True))
        elif isinstance(each, Cut):
            cut = slice(*(None if part is None else _bound(part, 0) for part in (each.start, each.stop, each.step)))
            pieces.append((*cut.indices(side), False))
        else:
            raise Unmapped
    pieces += [(0, side, 1, False) for side in dims]
    return pieces, False


def _item(reader: Reader) -> Result:
    x = reader.tensor("input")
    pieces, listed = _pieces(reader.argument("index"), x.shape)
    if listed:
        return reader.net.gather(x, reader.written)
    return reader.net.reshape(_part(reader.net, x, pieces), reader.written)


def _part(net: Builder, x: Tensor, pieces: Sequence[Piece]) -> Tensor:
    """Return part of a tensor, dimension by dimension."""
    for dim, (start, stop, step, _) in enumerate(pieces):
        if (start, stop, step) != (0, x.shape[dim], 1):
            x = net.slice(x, dim, start, stop, step)
    return x


# -- what is written in place ----------------------------------------------------------------------------------------


def _set_item(reader: Reader) -> Result:
    x, value = reader.tensor("input"), reader.operand(reader.argument("value"))
    pieces, listed = _pieces(reader.argument("index"), x.shape)
    held = value if isinstance(value, Tensor) else reader.net.constant((1,))
    if listed:
        return _mixed(reader.net, x, held)
    return _with_part(reader.net, x, pieces, held)


def _mixed(net: Builder, x: Tensor, value: Tensor) -> Tensor:
    """Return a tensor of whose elements some are another one's: both at fixed places of one."""
    flat = [net.reshape(each, (1, size(each.shape))) for each in (x, value)]
    return net.gather(net.concat(flat, 1), x.shape)


def _with_part(net: Builder, x: Tensor, pieces: Sequence[Piece], value: Tensor) -> Tensor:
    """Return a tensor with a part of it replaced."""
    if any(step != 1 for _, _, step, _ in pieces):
        return _mixed(net, x, value)
    shape = tuple([stop - start for start, stop, _, _ in pieces])
    if size(value.shape) == size(shape):
        return _with_block(net, x, [*pieces], net.reshape(value, shape))
    return _with_block(net, x, [*pieces], net.expand(net.reshape(value, _widened(value.shape, pieces)), shape))


def _widened(shape: Dims, pieces: Sequence[Piece]) -> Dims:
    """Return the shape of a value that is spread over a part, with the dimensions that the part has lost."""
    kept = [dim for dim, piece in enumerate(pieces) if not piece[3]]
    found = [1] * len(pieces)
    for dim, side in zip(reversed(kept), reversed(shape), strict=False):
        found[dim] = side
    return tuple(found)


def _with_block(net: Builder, x: Tensor, pieces: Sequence[Piece], value: Tensor, first: int = 0) -> Tensor:
    """Return a tensor with a block of it replaced, dimension by dimension."""
    partly = [dim for dim in range(first, len(pieces)) if pieces[dim][1] - pieces[dim][0] != x.shape[dim]]
    if not partly:
        return value
    dim = partly[0]
    start, stop, _, _ = pieces[dim]
    inner = _with_block(net, net.slice(x, dim, start, stop), pieces, value, dim + 1)
    around = []
    if start:
        around.append(net.slice(x, dim, 0, start))
    around.append(inner)
    if stop < x.shape[dim]:
        around.append(net.slice(x, dim, stop, x.shape[dim]))
    return net.concat(around, dim)


def _copied(reader: Reader) -> Result:
    """Return what a copy into a tensor makes of it."""
    return reader.net.expand(reader.tensor("src", "other"), reader.written)


def _filled(reader: Reader) -> Result:
    return reader.net.constant(reader.written)


def _written(reader: Reader) -> Result:
    """Return what a write into a view makes of the tensor that it views."""
    net, name = reader.net, reader.call.function
    x, value = reader.tensor("input", "tensor"), reader.tensor("value")
    if name in _SAME or name in _SHAPED:
        return net.reshape(value, x.shape)
    if name in _ORDERED:
        order = _order_of(reader, len(x.shape))
        return net.permute(value, [order.index(dim) for dim in range(len(order))])
    part = reader.whole("part", default=0)
    if name == "__getitem__":
        pieces, listed = _pieces(reader.argument("index"), x.shape)
        return _mixed(net, x, value) if listed else _with_part(net, x, pieces, value)
    dim = reader.whole("dim", default=0) % len(x.shape)
    if name in ("select", "unbind"):
        start = reader.whole("index") if name == "select" else part
        length = 1
    elif name == "narrow":
        start, length = reader.whole("start"), reader.whole("length")
    elif name in ("chunk", "split", "split_with_sizes", "tensor_split"):
        length = value.shape[dim]
        start = _start_of(reader, x.shape[dim], part)
    else:
        raise Unmapped
    whole: list[Piece] = [(0, side, 1, False) for side in x.shape]
    whole[dim] = (start, start + length, 1, name in ("select", "unbind"))
    return _with_part(net, x, whole, value)


def _start_of(reader: Reader, side: int, part: int) -> int:
    """Return where a part of a split begins."""
    if reader.call.function == "chunk":
        return -(-side // reader.whole("chunks")) * part
    sizes = reader.argument("split_size", "split_sizes", "split_size_or_sections")
    if isinstance(sizes, int):
        return sizes * part
    return sum(each for each in _listed(sizes)[:part] if isinstance(each, int))


_ORDERED = frozenset(
    ["permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis", "t", "T", "mT", "H", "mH", "adjoint"]
)

_RULES: dict[str, Rule] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _conv),
    "linear": _linear,
    **dict.fromkeys(("matmul", "bmm", "mm", "mv", "__matmul__", "__rmatmul__"), _matmul),
    **dict.fromkeys(("addmm", "baddbmm"), _addmm),
    "einsum": _einsum,
    "scaled_dot_product_attention": _attention,
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), _recurrent),
    "batch_norm": _batch_norm,
    "instance_norm": _instance_norm,
    "group_norm": _group_norm,
    **dict.fromkeys(("layer_norm", "rms_norm"), _layer_norm),
    "local_response_norm": _local_response,
    **dict.fromkeys(_ACTIVATIONS, _activation),
    **dict.fromkeys(("clamp", "clip", "clamp_min", "clamp_max", "hardtanh"), _clip),
    **dict.fromkeys(("softmax", "log_softmax", "softmin"), _softmax),
    "prelu": _prelu,
    "glu": _glu,
    **dict.fromkeys(_PAIRS, _elementwise),
    **dict.fromkeys(("where", "masked_fill"), _chosen),
    **dict.fromkeys(("addcmul", "addcdiv"), _added_product),
    "lerp": _lerp,
    **dict.fromkeys(
        ("mean", "sum", "amax", "amin", "max", "min", "argmax", "argmin", "all", "any", "prod"),
        _reduce,
    ),
    **dict.fromkeys(("norm", "linalg_norm", "linalg_vector_norm"), _norm_of),
    "_weight_norm": _weight_norm,
    **dict.fromkeys(("var", "std", "var_mean", "std_mean"), _variance),
    **{
        f"{kind}_pool{count}d{rest}": _pool
        for kind in ("max", "avg")
        for count in (1, 2, 3)
        for rest in ("", "_with_indices")
    },
    **{
        f"adaptive_{kind}_pool{count}d{rest}": _adaptive
        for kind in ("max", "avg")
        for count in (1, 2, 3)
        for rest in ("", "_with_indices")
    },
    **dict.fromkeys(("interpolate", "upsample", "upsample_nearest", "upsample_bilinear"), _resize),
    "pad": _pad,
    "unfold": _unfold,
    "im2col": _unfold,
    "grid_sample": _grid_sample,
    **dict.fromkeys(("pixel_shuffle", "pixel_unshuffle"), _pixel_shuffle),
    **dict.fromkeys(("channel_shuffle", "native_channel_shuffle"), _channel_shuffle),
    **dict.fromkeys(_SAME, _same),
    **dict.fromkeys(_SHAPED, _shaped),
    **dict.fromkeys(_ORDERED, _permute),
    **dict.fromkeys(("expand", "expand_as", "broadcast_to"), _expand),
    **dict.fromkeys(_PLACED, _placed),
    **dict.fromkeys(("cat", "concat", "concatenate", "hstack", "vstack", "column_stack"), _concat),
    "stack": _stack,
    **dict.fromkeys(("split", "chunk", "tensor_split", "split_with_sizes"), _split),
    "unbind": _unbind,
    "narrow": _narrow,
    "select": _select,
    "roll": _roll,
    "embedding": _embedding,
    "__getitem__": _item,
    "__setitem__": _set_item,
    "copy_": _copied,
    **dict.fromkeys(
        ("zero_", "fill_", "zeros_like", "ones_like", "full_like", "empty_like", "rand_like", "randn_like"), _filled
    ),
    **dict.fromkeys(("new_zeros", "new_ones", "new_full", "new_empty", "new_tensor", "normal_", "uniform_"), _filled),
}
"""How every function is read, by its name."""

FUNCTIONS = frozenset(_RULES)
"""What is read; of the cost of others nothing is known."""
