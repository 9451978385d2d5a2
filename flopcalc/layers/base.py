"""What every primitive layer declares: attributes, a shape rule, and the operands from which its costs follow.

A layer states its weights, biases, other parameters and multiply-adds once, as expressions in its attributes and
shapes; parameters, memory access cost and activations follow here, for whole numbers and for symbols alike.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeAlias, TypeVar

from flopcalc.cost import Cost
from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, shorten, suggest
from flopcalc.layers.reach import POINTWISE, SAME, WHOLE, Reach
from flopcalc.number import (
    Arithmetic,
    Number,
    Value,
    as_text,
    expanded,
    is_rational,
    is_symbolic,
    is_whole,
    normal,
    plain_sign,
    product,
)

__all__ = [
    "FORMS",
    "Attribute",
    "Equations",
    "Layer",
    "Padding",
    "Pair",
    "Shape",
    "attribute",
    "same_map",
    "show_pair",
    "show_shape",
    "side",
    "volume",
    "whole_map",
]

Shape: TypeAlias = "tuple[Number, Number, Number]"
"""Channels, height, width."""

Pair: TypeAlias = "tuple[Number, Number]"
"""Height, width."""

Padding: TypeAlias = "Pair | str"
"""Height, width, or the word ``same``."""

Equations: TypeAlias = "tuple[tuple[Number, Number], ...]"
"""Pairs of numbers that are to be equal."""

LayerType = TypeVar("LayerType", bound="Layer")

_REQUIRED: Any = dataclasses.MISSING

FORMS: Mapping[str, str] = {
    "module": "a module of the framework: `nn.ReLU()`",
    "custom": "a module of a class of its authors, as timm's `BatchNormAct2d`",
    "functional": "a function of `torch.nn.functional`: `F.relu(x)`",
    "function": "a function or a method of tensors: `torch.mul(x, y)`, `x.sigmoid()`, `torch.cat(xs, 1)`",
    "operator": "an operator: `x + y`, `x * y`, `x @ y`",
    "mean": "a pool over the whole map as a mean: `x.mean([2, 3])`",
    "avg_pool": "a pool over the whole map as an average pool with a window of its size: `nn.AvgPool2d(7)`",
}
"""How a layer's reference implementation may write it; counting tools see some of these forms and miss others."""

_COMMON_FORMS = ("module", "custom", "functional", "function")


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a primitive, as the language, its help and its JSON Schema show it."""

    name: str
    type: str
    default: Value | None
    required: bool
    choices: tuple[str, ...]
    help: str


def whole_map(shape: Shape) -> tuple[Reach, Reach]:
    """Return the reach of a layer whose every output position reads the whole map; of a side of 1 that is nothing."""
    height, width = (SAME if side == 1 else WHOLE for side in shape[1:])
    return (height, width)


def same_map(one: Shape, other: Shape) -> Equations:
    """Return what holds where two maps have the same height and width, said once for a square."""
    return tuple(dict.fromkeys(zip(one[1:], other[1:], strict=True)))


def show_shape(shape: Shape) -> str:
    """Return a shape as text.

    Examples
    --------
    >>> show_shape((3, 224, 224))
    '3×224×224'
    """
    return "×".join(f"({side})" if is_symbolic(side) and not side.is_Symbol else str(side) for side in shape)


def show_pair(pair: Pair) -> str:
    """Return a kernel or a stride as text: ``3×3``."""
    return f"{pair[0]}×{pair[1]}"


def volume(shape: Shape) -> Number:
    """Return the number of elements of a shape."""
    return product(*shape)


# -- the types of attributes -----------------------------------------------------------------------------------------


def _whole(value: Value, name: str, least: int) -> Number:
    if isinstance(value, (bool, str, tuple, dict)):
        raise Fault(f"{name} is {as_text(value)!r}", expected=f"a whole number, at least {least}")
    if not is_rational(value) and value.free_symbols:
        if plain_sign(value) <= 0 and (value.is_negative or (least and value.is_nonpositive)):
            raise Fault(f"{name} is {shorten(str(value))}, which is negative", expected=f"at least {least}")
        return value
    if not is_whole(value):
        raise Fault(
            f"{name} is {value}, which is not whole",
            expected="a whole number",
            hint="say how it is rounded: round, floor, ceil or make_divisible",
        )
    if value < least:
        raise Fault(f"{name} is {value}", expected=f"at least {least}")
    return value


def _read_whole(value: Value, name: str) -> Number:
    return _whole(value, name, 1)


def _read_index(value: Value, name: str) -> Number:
    return _whole(value, name, 0)


def _pair(value: Value, name: str, least: int) -> Pair:
    if isinstance(value, tuple):
        if len(value) != 2:
            raise Fault(f"{name} has {len(value)} entries", expected="one number, or [height, width]")
        return (_whole(value[0], name, least), _whole(value[1], name, least))
    whole = _whole(value, name, least)
    return (whole, whole)


def _read_pair(value: Value, name: str) -> Pair:
    return _pair(value, name, 1)


def _read_sizes(value: Value, name: str) -> Pair:
    return _pair(value, name, 0)


def _read_padding(value: Value, name: str) -> Padding:
    if isinstance(value, str):
        if value != "same":
            raise Fault(f"{name} is `{shorten(value)}`", expected="same, a number or [height, width]")
        return value
    return _pair(value, name, 0)


def _read_flag(value: Value, name: str) -> bool:
    if not isinstance(value, bool):
        raise Fault(f"{name} is {shorten(as_text(value))}", expected="true or false")
    return value


def _read_word(value: Value, name: str) -> str:
    if not isinstance(value, str):
        raise Fault(f"{name} is {shorten(as_text(value))}", expected="a word")
    return value


def _read_sides(value: Value, name: str) -> tuple[Number, Number, Number, Number]:
    if isinstance(value, tuple) and len(value) == 4:
        top, bottom, left, right = (_whole(item, name, 0) for item in value)
        return (top, bottom, left, right)
    height, width = _pair(value, name, 0)
    return (height, height, width, width)


def _read_shape(value: Value, name: str) -> Shape:
    if not isinstance(value, tuple) or len(value) != 3:
        raise Fault(f"{name} is {shorten(as_text(value))}", expected="[channels, height, width]")
    channels, height, width = (_whole(item, name, 1) for item in value)
    return (channels, height, width)


_READERS: Mapping[str, Callable[[Value, str], Value]] = {
    "whole": _read_whole,
    "index": _read_index,
    "pair": _read_pair,
    "sizes": _read_sizes,
    "padding": _read_padding,
    "flag": _read_flag,
    "word": _read_word,
    "sides": _read_sides,
    "shape": _read_shape,
}


def attribute(
    type: str, default: Any = _REQUIRED, *, optional: bool = False, choices: tuple[str, ...] = (), help: str
) -> Any:
    """Declare an attribute of a layer as a field of its dataclass.

    Parameters
    ----------
    type : str
        One of whole (≥ 1), index (≥ 0), pair (each ≥ 1), sizes (each ≥ 0), padding, flag, word, sides, shape.
    default : optional
        The value where none is given; without one, and not `optional`, the attribute is required.
    """
    metadata = {"type": type, "choices": choices, "help": help, "optional": optional}
    if default is _REQUIRED and optional:
        default = None
    if default is _REQUIRED:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


# -- layers ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A primitive layer with its attributes; subclasses add the shape rule and the operands.

    Attributes
    ----------
    name : str
        Its word in the spec language.
    families : tuple of str
        Under which further names a counting convention may speak of it, nearest first.
    arity : tuple
        The least and the greatest number of inputs (None: any number).
    view : bool
        Whether its output is always its input's memory under another shape; see :meth:`moves_nothing`.
    contracts : bool
        Whether it is a convolution, a linear layer or a matrix product, whose outputs are `activations`.
    """

    name: ClassVar[str]
    families: ClassVar[tuple[str, ...]] = ()
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    view: ClassVar[bool] = False
    contracts: ClassVar[bool] = False
    follows: ClassVar[bool] = False
    """Whether people read it as part of the layer before it, as a norm or an activation."""
    forms: ClassVar[tuple[str, ...]] = _COMMON_FORMS
    """How its reference implementation may write it, of :data:`FORMS`; the usual one first."""
    slides: ClassVar[bool] = False
    """Whether it is a window that moves over the map, so that the map's sides alone decide whether it fits."""
    stacks: ClassVar[bool] = False
    """Whether it writes the channels of all its inputs, one behind another."""
    own_sides: ClassVar[bool] = False
    """Whether its output is as high and wide whatever its input is."""
    absent_by: ClassVar[str] = ""
    """The attribute that may say that there is no layer at all; see :attr:`absent`."""

    @classmethod
    def attributes(cls) -> tuple[Attribute, ...]:
        """Return what the layer declares, in order."""
        return tuple(
            Attribute(
                field.name,
                field.metadata["type"],
                None if field.default is dataclasses.MISSING else field.default,
                field.default is dataclasses.MISSING,
                field.metadata["choices"],
                field.metadata["help"],
            )
            for field in dataclasses.fields(cls)
        )

    @classmethod
    def make(cls: type[LayerType], values: Mapping[str, Value]) -> LayerType:
        """Return the layer with its attributes read from `values`, or a Fault that names the attribute."""
        given: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            if field.name in values:
                value = _READERS[field.metadata["type"]](values[field.name], field.name)
                choices = field.metadata["choices"]
                if choices and value not in choices:
                    raise Fault(
                        f"{cls.name} has no {field.name} `{shorten(as_text(value))}`",
                        expected="one of " + ", ".join(choices),
                        hint=suggest(as_text(value), choices),
                    )
                given[field.name] = value
            elif field.default is dataclasses.MISSING:
                raise Fault(f"{cls.name} needs `{field.name}`", expected=field.metadata["help"])
        return cls(**given)

    def values(self) -> dict[str, Value]:
        """Return the attributes with their values, those that were not given and have none left out."""
        return {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if getattr(self, field.name) is not None
        }

    @property
    def reported_kind(self) -> str:
        """What the layer is called in reports; the name, unless an attribute says it better."""
        return self.name

    @property
    def absent(self) -> bool:
        """Whether its attributes say that there is no layer at all, as an activation of kind `none`."""
        return False

    @property
    def stated_channels(self) -> Number | None:
        """How many channels it writes, where its attributes say so whatever it reads."""
        return None

    def unsettled(self, channels: bool, sides: bool) -> tuple[bool, bool]:
        """Tell which of its output's channels and sides are not known, where those of its inputs are not.

        Examples
        --------
        >>> from flopcalc.layers import GlobalPool
        >>> GlobalPool().unsettled(True, True)
        (True, False)
        """
        return (channels and self.stated_channels is None, sides and not self.own_sides)

    def label(self, inputs: tuple[Shape, ...]) -> str:
        """Return the kind with what tells it from others of its kind: ``conv 1×1``."""
        return self.reported_kind.replace("_", " ")

    def summary(self, inputs: tuple[Shape, ...]) -> str:
        """Return the label with stride, groups and the like, for a table's row."""
        return self.label(inputs)

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        """Raise a Fault where the inputs do not fit, though the output's shape may be known all the same."""

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        """Return the output's shape."""
        return inputs[0]

    def weights(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        """Return the elements of its kernel or matrix."""
        return 0

    def biases(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        """Return the elements of its bias."""
        return 0

    def scales(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        """Return its other learnable parameters, such as a norm's."""
        return 0

    def madds(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        """Return its multiply-adds."""
        return 0

    def statistics(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        """Return the elements that it keeps beside its learnable parameters: a batch norm's means and variances."""
        return 0

    def window(self, inputs: tuple[Shape, ...]) -> Number:
        """Return the positions that one output reads in one channel: kernel or pool area."""
        return 1

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        """Return the positions that all outputs together read, each in one channel: window times outputs."""
        return product(self.window(inputs), *output)

    def words(self) -> tuple[str, ...]:
        """Return the words under which a convention may speak of it: its kind, its name, its families."""
        return tuple(dict.fromkeys((self.reported_kind, self.name, *self.families)))

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, Reach]:
        """Return which positions of its inputs an output position reads, along the height and the width."""
        return POINTWISE

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        """Return when every element stays where it is: where all the equations of one of these hold."""
        return ()

    def moves_nothing(self, inputs: tuple[Shape, ...], output: Shape, arithmetic: Arithmetic) -> bool:
        """Tell whether the output is its input's memory, which costs no access and holds no second tensor.

        Where symbols leave it open, the layer is taken to move its elements, and that is noted (``g ≠ 1``).

        Examples
        --------
        >>> from flopcalc.layers import Pad
        >>> Pad(padding=(0, 0, 0, 0)).moves_nothing(((3, 8, 8),), (3, 8, 8), Arithmetic())
        True
        """
        return self.view or any(_all_hold(equations, arithmetic) for equations in self.unmoved(inputs, output))

    def cost(self, inputs: tuple[Shape, ...], output: Shape, *, view: bool | None = None) -> Cost:
        """Return what the layer costs on these shapes.

        `view` tells whether it moves nothing, where the caller knows it already.

        Source: memory access cost as in ShuffleNetV2 (arXiv:1807.11164), section 2, guideline 1.
        """
        if view is None:
            view = self.moves_nothing(inputs, output, Arithmetic())
        read: Number = 0
        for shape in inputs:
            read = read + volume(shape)
        written = volume(output)
        weights, biases = self.weights(inputs, output), self.biases(inputs, output)
        params = weights + biases + self.scales(inputs, output)
        return Cost(
            params=params,
            weights=weights,
            biases=biases,
            madds=self.madds(inputs, output),
            bias_adds=written if biases != 0 else 0,
            mac=0 if view else read + params + written,
            activations=written if self.contracts else 0,
            inputs=read,
            outputs=written,
        )


def _all_hold(equations: Equations, arithmetic: Arithmetic) -> bool:
    """Tell whether all equations hold; of those that symbols leave open the first is taken not to, and noted."""
    open_: list[tuple[Number, Number]] = []
    for a, b in equations:
        if is_rational(a) and is_rational(b):
            if a != b:
                return False
            continue
        difference = expanded(a - b)
        if difference == 0:
            continue
        if arithmetic.sign(difference):
            return False
        open_.append((a, b))
    return all(arithmetic.equal(*((b, a) if is_rational(a) else (a, b))) for a, b in open_)


# -- the window's geometry -------------------------------------------------------------------------------------------


def same_padding(kernel: Number, dilation: Number, arithmetic: Arithmetic) -> Number:
    """Return d·(k − 1)/2, the padding that keeps the side at stride 1; only for odd kernels."""
    if not is_rational(kernel):
        arithmetic.assumed[f"{kernel} is odd"] = None
    elif kernel % 2 == 0:
        raise Fault(
            f"padding `same` is not defined for an even kernel ({kernel})",
            expected="an odd kernel, or the padding as a number",
            hint="padding: 0",
        )
    return (
        (dilation * (kernel - 1)) // 2 if type(kernel) is int and type(dilation) is int else dilation * (kernel - 1) / 2
    )


def side(
    length: Number,
    kernel: Number,
    stride: Number,
    padding: Number | str,
    dilation: Number,
    arithmetic: Arithmetic,
    *,
    ceil_mode: bool = False,
) -> Number:
    """Return an output side: ⌊(H + 2p − d(k − 1) − 1)/s⌋ + 1, or ⌈ ⌉ with `ceil_mode` and torch's clip.

    In the ideal reading a symbolic side is H/s + ⌊(2p − d(k − 1) − 1)/s⌋ + 1, exact where s divides H.

    Raises
    ------
    Fault
        Where the side would be below 1.
    """
    if isinstance(padding, str):
        margin = same_padding(kernel, dilation, arithmetic)
        rest: Number = -1
    else:
        margin = padding
        rest = arithmetic.add(2 * margin, -dilation * (kernel - 1) - 1)
        if not is_rational(rest):
            rest = expanded(rest)
    round_down = arithmetic.ceil if ceil_mode else arithmetic.floor
    if type(length) is int and type(rest) is int and type(stride) is int:
        steps = -((-length - rest) // stride) if ceil_mode else (length + rest) // stride
        if ceil_mode and steps * stride >= length + margin:
            steps -= 1
        if steps < 0:
            raise Fault(
                f"the map shrinks below 1: a side of {length} under kernel {kernel}, stride {stride}, "
                f"padding {margin}, dilation {dilation}",
                expected="an output of at least 1×1",
                hint="a larger input, more padding or a smaller stride",
            )
        return steps + 1
    if arithmetic.exact_rounding:
        last = round_down(arithmetic.divide(length + rest, stride))
        if ceil_mode and not arithmetic.decide(normal(margin - rest - stride + 1), strict=True):
            last = arithmetic.smallest((last, arithmetic.ceil(arithmetic.divide(length + margin, stride)) - 1))
        return arithmetic.add(last, 1)
    if is_rational(rest) and -1 <= rest <= 0 and not is_rational(stride):
        starts = ceil_mode and rest == -1 and arithmetic.greater(margin, 0) and arithmetic.greater(stride, 1)
        offset: Number = 0 if starts else int(rest)
    else:
        offset = round_down(arithmetic.divide(rest, stride))
        if ceil_mode and is_rational(offset) and is_rational(stride) and is_rational(margin):
            offset -= int(offset * stride >= margin)
    ideal = arithmetic.divide(length, stride)
    arithmetic.take_as_whole(ideal)
    return arithmetic.add(ideal, arithmetic.add(offset, 1))
