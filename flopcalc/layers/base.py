"""What every primitive layer declares: attributes, a shape rule, and the operands from which its costs follow.

A layer states its weights, biases, other parameters and multiply-adds once, as expressions in its attributes and
shapes; parameters, memory access cost and activations follow here, for whole numbers and for symbols alike.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar, TypeAlias, TypeVar

from flopcalc.cost import Cost
from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, one_of, shorten, suggest
from flopcalc.layers.reach import SAME, WHOLE, Reach, Window, pointwise
from flopcalc.number import (
    Arithmetic,
    Number,
    Value,
    as_text,
    divide,
    expanded,
    is_rational,
    is_symbolic,
    is_whole,
    normal,
    plain_sign,
    product,
)

__all__ = [
    "AXES",
    "FORMS",
    "KEPT",
    "MAPS",
    "MOST_SIDES",
    "PADDINGS",
    "Attribute",
    "Equations",
    "Layer",
    "Margin",
    "Padding",
    "Shape",
    "Sides",
    "attribute",
    "over_sides",
    "same_map",
    "show_shape",
    "show_sides",
    "side",
    "sides_called",
    "volume",
    "whole_map",
]

Shape: TypeAlias = "tuple[Number, ...]"
"""Channels, then the sides of the map: none, a length, height and width, or depth, height and width."""

Sides: TypeAlias = "tuple[Number, ...]"
"""One number for each side of the map, as a kernel's."""

Margin: TypeAlias = "tuple[Number, Number]"
"""What a padding adds before the first and behind the last position of a side."""

Padding: TypeAlias = "Sides | str"
"""One number for each side of the map, or two, before and behind; or one of :data:`PADDINGS`."""

PADDINGS = ("same", "valid", "same_upper")
"""The words that a padding may be: torch's `same`; none; and `SAME` of TensorFlow, Keras and ONNX, ⌈H/s⌉."""

AXES = ("channels", "map", "all")
"""The words that stand for axes."""

KEPT: Mapping[str, str] = {
    "inputs": "what it reads",
    "factors": "of a product, each factor where another one's gradient is wanted",
    "output": "what it writes, from which its derivative follows",
    "places": "an element for each that it writes: where a maximum was, or what was dropped",
    "nothing": "nothing: its derivative is a constant, or what it keeps is kept already",
}
"""What layers keep of a forward pass until their gradients are computed."""

MOST_SIDES = 7
"""How many sides a map may have."""

MAPS: Mapping[int, str] = {0: "C", 1: "C×L", 2: "C×H×W", 3: "C×D×H×W"}
"""Shapes by how many sides their map has, as an error shows them."""

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


def whole_map(shape: Shape) -> tuple[Reach, ...]:
    """Return the reach of a layer whose every output position reads the whole map; of a side of 1 that is nothing."""
    return tuple([SAME if side == 1 else WHOLE for side in shape[1:]])


def over_sides(shape: Shape, axes: tuple[Number | None, ...]) -> tuple[Reach, ...]:
    """Return the reach of a layer whose every output position reads all of the sides that are among `axes`."""
    sides = list(enumerate(shape[1:], 1))
    if all(axis in axes or length == 1 for axis, length in sides):
        return whole_map(shape)
    return tuple([Window(length, step=0) if axis in axes and length != 1 else SAME for axis, length in sides])


def same_map(one: Shape, other: Shape) -> Equations:
    """Return what holds where two maps have the same sides, said once for a square."""
    return tuple(dict.fromkeys(zip(one[1:], other[1:], strict=True)))


def show_shape(shape: Shape) -> str:
    """Return a shape as text.

    Examples
    --------
    >>> show_shape((3, 224, 224))
    '3×224×224'
    """
    return "×".join(f"({side})" if is_symbolic(side) and not side.is_Symbol else str(side) for side in shape)


def sides_called(axes: int) -> tuple[str, ...]:
    """Return what the sides of a shape are called.

    Examples
    --------
    >>> sides_called(2), sides_called(3)
    (('channels', 'length'), ('channels', 'height', 'width'))
    """
    named = {1: (), 2: ("length",), 3: ("height", "width"), 4: ("depth", "height", "width")}
    return ("channels", *named.get(axes, tuple([f"side {place}" for place in range(1, axes)])))


def show_sides(sides: Sides, *, once: bool = False) -> str:
    """Return a kernel or a stride as text: ``3×3``; with `once`, as one number where all are equal.

    Examples
    --------
    >>> show_sides((3, 3)), show_sides((2, 2), once=True), show_sides((1, 2), once=True)
    ('3×3', '2', '1×2')
    """
    return str(sides[0]) if once and all(side == sides[0] for side in sides) else "×".join(map(str, sides))


def volume(shape: Shape) -> Number:
    """Return the number of elements of a shape."""
    return product(*shape)


# -- the types of attributes -----------------------------------------------------------------------------------------


def _whole(value: Value, name: str, least: int | None) -> Number:
    """Read a whole number, of at least so much unless `least` is None."""
    if isinstance(value, (bool, str, tuple, dict)):
        floor = "" if least is None else f", at least {least}"
        raise Fault(f"{name} is {as_text(value)!r}", expected=f"a whole number{floor}")
    if not is_rational(value) and value.free_symbols:
        negative = value.is_negative or (least and value.is_nonpositive)
        if least is not None and plain_sign(value) <= 0 and negative:
            raise Fault(f"{name} is {shorten(str(value))}, which is negative", expected=f"at least {least}")
        return value
    if not is_whole(value):
        raise Fault(
            f"{name} is {value}, which is not whole",
            expected="a whole number",
            hint="say how it is rounded: round, floor, ceil or make_divisible",
        )
    if least is not None and value < least:
        raise Fault(f"{name} is {value}", expected=f"at least {least}")
    return value


def _each(value: Value, name: str, least: int | None, sides: int) -> Sides:
    """Read one number for every side of the map, or one for all of them."""
    if isinstance(value, tuple):
        if len(value) != sides:
            raise Fault(f"{name} has {_entries(value)}", expected=_lists(sides))
        return tuple([_whole(item, name, least) for item in value])
    return (_whole(value, name, least),) * sides


def _entries(value: tuple[Value, ...]) -> str:
    return f"{len(value)} {'entry' if len(value) == 1 else 'entries'}"


def _lists(sides: int, *, both: bool = False) -> str:
    """Return what a list of numbers for the sides of a map may be."""
    names = {1: "[length]", 2: "[height, width]", 3: "[depth, height, width]"}[sides]
    if not both:
        return f"one number, or {names}"
    ends = {1: "[before, behind]", 2: "[top, bottom, left, right]", 3: "[front, back, top, bottom, left, right]"}[sides]
    return f"a number, {names} or {ends}"


def _read_pair(value: Value, name: str, sides: int) -> Sides:
    return _each(value, name, 1, sides)


def _read_sizes(value: Value, name: str, sides: int) -> Sides:
    return _each(value, name, 0, sides)


def _read_padding(value: Value, name: str, sides: int) -> Padding:
    expected = f"{', '.join(PADDINGS)}, {_lists(sides, both=True)}"
    if isinstance(value, str):
        if value not in PADDINGS:
            raise Fault(f"{name} is `{shorten(value)}`", expected=expected, hint=suggest(value, PADDINGS))
        return value
    if not isinstance(value, tuple):
        return _each(value, name, 0, sides)
    if len(value) not in (sides, 2 * sides):
        raise Fault(f"{name} has {_entries(value)}", expected=expected)
    margins = tuple([_whole(item, name, 0) for item in value])
    return margins[::2] if len(margins) > sides and margins[::2] == margins[1::2] else margins


def _read_sides(value: Value, name: str, sides: int) -> tuple[Number, ...]:
    if not isinstance(value, tuple):
        return _each(value, name, 0, sides) * 2
    if len(value) not in (sides, 2 * sides):
        raise Fault(f"{name} has {_entries(value)}", expected=_lists(sides, both=True))
    margins = tuple([_whole(item, name, 0) for item in value])
    return margins if len(margins) > sides else tuple([margin for margin in margins for _ in (0, 1)])


def _read_flag(value: Value, name: str, sides: int) -> bool:
    if not isinstance(value, bool):
        raise Fault(f"{name} is {shorten(as_text(value))}", expected="true or false")
    return value


def _read_word(value: Value, name: str, sides: int) -> str:
    if not isinstance(value, str):
        raise Fault(f"{name} is {shorten(as_text(value))}", expected="a word")
    return value


def _read_shape(value: Value, name: str, sides: int) -> Shape:
    if not isinstance(value, tuple) or not 1 <= len(value) <= MOST_SIDES + 1:
        expected = "a list, channels first: [channels, height, width]"
        raise Fault(f"{name} is {shorten(as_text(value))}", expected=expected)
    open_ = [item for item in value if item == -1]
    if len(open_) > 1:
        raise Fault(f"{name} leaves {len(open_)} sides open", expected="at most one side of -1, which is what is left")
    return tuple([-1 if item == -1 else _whole(item, name, 1) for item in value])


def _read_list(value: Value, name: str, sides: int) -> tuple[Number, ...]:
    if not isinstance(value, tuple) or not value:
        raise Fault(f"{name} is {shorten(as_text(value))}", expected="a list of whole numbers")
    return tuple([_whole(item, name, 1) for item in value])


def _read_axis(value: Value, name: str, sides: int) -> Number:
    if type(value) is not int or not 0 <= value <= sides:
        given = shorten(as_text(value))
        raise Fault(f"{name} is {given}", expected=f"an axis: 0 for the channels{_map_axes(sides)}")
    return value


def _map_axes(sides: int) -> str:
    return "" if not sides else ", 1 for the map's side" if sides == 1 else f", 1 to {sides} for the map's sides"


def _read_axes(value: Value, name: str, sides: int) -> tuple[int, ...]:
    """Read the axes that a layer acts on: a word, an axis, or a list of axes."""
    words = dict(zip(AXES, ((0,), (*range(1, sides + 1),), (*range(sides + 1),)), strict=True))
    if isinstance(value, str):
        if value not in words:
            raise Fault(f"{name} is `{shorten(value)}`", expected="channels, map, all, an axis or a list of axes")
        return words[value]
    found = tuple([_read_axis(item, name, sides) for item in (value if isinstance(value, tuple) else (value,))])
    if len({*found}) < len(found):
        raise Fault(f"{name} names an axis twice", expected="different axes")
    return tuple(sorted(int(axis) for axis in found))


def _read_order(value: Value, name: str, sides: int) -> tuple[int, ...]:
    if not isinstance(value, tuple) or sorted(map(str, value)) != sorted(map(str, range(sides + 1))):
        expected = f"each of the axes 0 to {sides} once, in their new order"
        raise Fault(f"{name} is {shorten(as_text(value))}", expected=expected)
    return tuple([axis for axis in value if isinstance(axis, int)])


_READERS: Mapping[str, Callable[[Value, str, int], Value]] = {
    "whole": lambda value, name, sides: _whole(value, name, 1),
    "index": lambda value, name, sides: _whole(value, name, 0),
    "pair": _read_pair,
    "sizes": _read_sizes,
    "shifts": lambda value, name, sides: _each(value, name, None, sides),
    "padding": _read_padding,
    "flag": _read_flag,
    "word": _read_word,
    "text": _read_word,
    "sides": _read_sides,
    "shape": _read_shape,
    "like": _read_shape,
    "list": _read_list,
    "axis": _read_axis,
    "axes": _read_axes,
    "order": _read_order,
}

_OF_MAPS = frozenset(("pair", "sizes", "padding"))
"""The types whose values have an entry for every side of the map."""


def attribute(
    type: str,
    default: Any = _REQUIRED,
    *,
    optional: bool = False,
    choices: tuple[str, ...] = (),
    name: str = "",
    help: str,
) -> Any:
    """Declare an attribute of a layer as a field of its dataclass.

    Parameters
    ----------
    type : str
        One of whole (≥ 1), index (≥ 0), flag, word (one of `choices`), text, shape; by sides of the map pair (each
        ≥ 1), sizes (each ≥ 0), shifts (below 0 too), padding, sides (two each); axis, axes and order of axes; like (a
        label, whose tensor's shape it is).
    default : optional
        The value where none is given; without one, and not `optional`, the attribute is required.
    name : str, optional
        What the language calls it, where the field has another name.
    """
    metadata = {"type": type, "choices": choices, "help": help, "optional": optional, "name": name}
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
    sides: ClassVar[tuple[int, int | None]] = (0, None)
    """The fewest and the most sides that the map of its first input may have (None: any number)."""
    short: ClassVar[str] = ""
    """The attribute that an entry may give alone, as in ``permute: [1, 0]``."""
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
    unread: ClassVar[bool] = False
    """Whether its output may be read by nothing."""
    own_sides: ClassVar[bool] = False
    """Whether its output is as high and wide whatever its input is."""
    said: ClassVar[bool] = False
    """Whether its costs are what a file says of it, rather than counted."""
    taken_free: ClassVar[bool] = False
    """Whether its cost is not known, and nothing by the user's word."""
    unknown_by: ClassVar[str] = ""
    """The attribute that may say that its cost is not known; see :attr:`unknown`."""
    absent_by: ClassVar[str] = ""
    """The attribute that may say that there is no layer at all; see :attr:`absent`."""
    elementwise: ClassVar[bool] = False
    """Whether it is a function of single elements, which can be computed where its input is."""
    keeps: ClassVar[str] = "inputs"
    """What it keeps for the backward pass, one of :data:`KEPT`: its inputs, unless it says otherwise."""
    normalises: ClassVar[bool] = False
    """Whether it is a norm, of whatever kind."""
    scales_channels: ClassVar[bool] = False
    """Whether, once trained, it is a factor and a shift for every channel, which the layer before it may take over."""

    @classmethod
    def attributes(cls) -> tuple[Attribute, ...]:
        """Return what the layer declares, in order."""
        return tuple(
            Attribute(
                field.metadata["name"] or field.name,
                field.metadata["type"],
                None if field.default is dataclasses.MISSING else field.default,
                field.default is dataclasses.MISSING,
                field.metadata["choices"],
                field.metadata["help"],
            )
            for field in dataclasses.fields(cls)
        )

    @classmethod
    def make(cls: type[LayerType], values: Mapping[str, Value], sides: int = 2) -> LayerType:
        """Return the layer with its attributes read from `values`, or a Fault that names the attribute.

        `sides` is how many sides the map of its first input has.
        """
        least, most = cls.sides
        if sides < least or (most is not None and sides > most):
            wanted = [MAPS[count] for count in range(least, (most or least) + 1)]
            raise Fault(
                f"{cls.name} reads no map of {sides} side{'' if sides == 1 else 's'}",
                expected=one_of(wanted),
                hint="`reshape` gives it other sides",
            )
        given: dict[str, Any] = {}
        for field, kind, name, choices in _declared(cls):  # type: ignore[arg-type]
            if name in values:
                value = _READERS[kind](values[name], name, sides)
                if choices and value not in choices:
                    raise Fault(
                        f"{cls.name} has no {name} `{shorten(as_text(value))}`",
                        expected="one of " + ", ".join(choices),
                        hint=suggest(as_text(value), choices),
                    )
                given[field.name] = value
            elif sides != 2 and kind in _OF_MAPS and isinstance(field.default, tuple):
                given[field.name] = field.default[:1] * sides
            elif field.default is dataclasses.MISSING:
                raise Fault(f"{cls.name} needs `{name}`", expected=field.metadata["help"])
        return cls(**given)

    def values(self) -> dict[str, Value]:
        """Return the attributes with their values, those that were not given and have none left out."""
        return {
            field.metadata["name"] or field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if getattr(self, field.name) is not None
        }

    @property
    def takes(self) -> tuple[int, int | None]:
        """How many inputs it reads with these attributes, within its `arity`."""
        return self.arity

    @property
    def reported_kind(self) -> str:
        """What the layer is called in reports; the name, unless an attribute says it better."""
        return self.name

    @property
    def absent(self) -> bool:
        """Whether its attributes say that there is no layer at all, as an activation of kind `none`."""
        return False

    @property
    def unknown(self) -> frozenset[str]:
        """Which metrics of it are not known; what it costs in them is at least what is counted."""
        return frozenset()

    def assumed_free(self, frees: Callable[[str], bool]) -> Layer:
        """Return the layer without a cost that is not known, where `frees` says of what it is called that it is free.

        The parameters that are known are kept.
        """
        return self

    @property
    def called(self) -> str:
        """What it is called where a file gives it a title of its own; else its kind."""
        return self.reported_kind

    @property
    def stated_channels(self) -> Number | None:
        """How many channels it writes, where its attributes say so whatever it reads."""
        return None

    @property
    def scaled(self) -> Layer | None:
        """The layer that scales and shifts what it writes, too, channel by channel; None where it has no weights to."""
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

    def matrix(self, inputs: tuple[Shape, ...]) -> tuple[Number, ...]:
        """Return the shape of its weights: rows, columns and kernel, by which other kinds of layers can be tied to it.

        Empty where its weights cannot be another kind of layer's.
        """
        return ()

    def biases(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        """Return the elements of its bias."""
        return 0

    def scales(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        """Return its other learnable parameters, such as a norm's."""
        return 0

    def madds(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        """Return its multiply-adds."""
        return 0

    def read_once(self, cost: Cost, single: Number) -> Number:
        """Return the elements that it reads once, however many samples there are; `cost` is of one sample.

        `single` are those of its inputs that no sample has for itself.
        """
        return cost.params + single

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

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        """Return which positions of its inputs an output position reads, along each side of the map.

        Where it writes a map of other sides, this is said of the sides of what it reads: all of it, or unknown.
        """
        return pointwise(len(inputs[0]) - 1 if inputs else 0)

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


@cache
def _declared(layer: type[Layer]) -> tuple[tuple[dataclasses.Field[Any], str, str, tuple[str, ...]], ...]:
    """Return the fields of a layer with their types, the names that the language has for them, and their choices."""
    return tuple(
        (field, field.metadata["type"], field.metadata["name"] or field.name, field.metadata["choices"])
        for field in dataclasses.fields(layer)
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


def same_margin(kernel: Number, dilation: Number, stride: Number, arithmetic: Arithmetic) -> Margin:
    """Return the padding that keeps a side at stride 1, d(k − 1) in all; of an odd number one more goes behind.

    Source: torch's `padding="same"`, which is defined for a stride of 1; with an odd kernel it is symmetric, and so
    defined for every stride.
    """
    span = dilation * (kernel - 1)
    if not is_rational(kernel):
        arithmetic.assumed[f"{kernel} is odd"] = None
        return (span / 2, span / 2)
    if type(span) is not int:
        return (divide(span, 2), divide(span, 2)) if kernel % 2 else (0, span)
    if kernel % 2 == 0 and stride != 1:
        raise Fault(
            f"padding `same` is not defined for an even kernel ({kernel}) with a stride",
            expected="another padding",
            hint=_scaling(span, stride),
        )
    return (span // 2, span - span // 2)


def _scaling(span: int, stride: Number) -> str:
    """Return the padding that is meant, by which the stride alone changes the side: H to H/s, transposed to H·s."""
    both = span + 1 - stride
    if type(both) is not int or both < 0 or both % 2:
        return "`padding: same_upper` makes ⌈H/s⌉ of a side of H, transposed H·s"
    return f"`padding: {both // 2 or 'valid'}` makes H/s of a side of H, transposed H·s"


def upper_margin(length: Number, kernel: Number, dilation: Number, stride: Number) -> Margin:
    """Return the padding of `same_upper`, by which a side of H becomes ⌈H/s⌉; of an odd number one more goes behind.

    Where symbols leave it open, the stride is taken to divide the side.

    Source: ONNX, operator Conv, `auto_pad = SAME_UPPER`; TensorFlow's `SAME`.
    """
    span = dilation * (kernel - 1) + 1
    rest = -(-length // stride) * stride - length if type(length) is int and type(stride) is int else 0
    margin = span - stride + rest
    if type(margin) is not int:
        return (divide(margin, 2), divide(margin, 2))
    margin = max(margin, 0)
    return (margin // 2, margin - margin // 2)


def side(
    length: Number,
    kernel: Number,
    stride: Number,
    padding: Margin | str,
    dilation: Number,
    arithmetic: Arithmetic,
    *,
    ceil_mode: bool = False,
) -> Number:
    """Return an output side: ⌊(H + p − d(k − 1) − 1)/s⌋ + 1, or ⌈ ⌉ with `ceil_mode` and torch's clip.

    p is the padding before and behind together; with `same_upper` the side is ⌈H/s⌉. In the ideal reading a symbolic
    side is H/s + ⌊(p − d(k − 1) − 1)/s⌋ + 1, exact where s divides H.

    Raises
    ------
    Fault
        Where the side would be below 1.
    """
    if padding == "same_upper":
        if type(length) is int and type(stride) is int:
            return -(-length // stride)
        ideal = arithmetic.divide(length, stride)
        if arithmetic.exact_rounding:
            return arithmetic.ceil(ideal)
        arithmetic.take_as_whole(ideal)
        return ideal
    rest: Number = -1
    if isinstance(padding, str):
        margin = 0 if padding == "valid" else same_margin(kernel, dilation, stride, arithmetic)[0]
    else:
        margin = padding[0]
    if padding != "same":
        both: Number = 2 * margin if isinstance(padding, str) or padding[1] is margin else margin + padding[1]
        rest = arithmetic.add(both, -dilation * (kernel - 1) - 1)
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
