"""Layers that move elements without arithmetic on them, or only look at them differently."""

from __future__ import annotations

from typing import ClassVar

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.layers.base import Equations, Layer, Pair, Shape, attribute, same_map, show_shape, volume, whole_map
from flopcalc.layers.reach import SAME, SINGLE, Reach, Resampled, Unknown, Window
from flopcalc.number import Arithmetic, Number, divide, is_rational, total

__all__ = [
    "ChannelShuffle",
    "Dropout",
    "Flatten",
    "Identity",
    "Pad",
    "Reshape",
    "Slice",
    "Split",
    "Upsample",
]

_FORMS = ("function", "functional", "module", "custom")


@dataclass(frozen=True, kw_only=True)
class Split(Layer):
    """One of several equal parts of the channels, as a view."""

    name: ClassVar[str] = "split"
    forms: ClassVar[tuple[str, ...]] = _FORMS
    view: ClassVar[bool] = True

    parts: Number = attribute("whole", 2, help="into how many parts the channels are split")
    take: Number = attribute("index", 0, help="which part, counted from 0")

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        channels = inputs[0][0]
        if is_rational(channels) and is_rational(self.parts) and channels % self.parts:
            raise Fault(
                f"{channels} channels do not split into {self.parts} equal parts",
                expected=f"a multiple of {self.parts}",
            )
        if is_rational(self.take) and is_rational(self.parts) and self.take >= self.parts:
            raise Fault(f"there is no part {self.take} of {self.parts}", expected=f"0 to {self.parts - 1}")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        return (divide(inputs[0][0], self.parts), inputs[0][1], inputs[0][2])


@dataclass(frozen=True, kw_only=True)
class Slice(Layer):
    """The channels from `start` up to but not including `stop`, as a view."""

    name: ClassVar[str] = "slice"
    forms: ClassVar[tuple[str, ...]] = _FORMS
    view: ClassVar[bool] = True

    start: Number = attribute("index", 0, help="first channel")
    stop: Number = attribute("index", help="the channel after the last")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        channels = inputs[0][0]
        if is_rational(self.stop) and is_rational(channels) and self.stop > channels:
            raise Fault(f"the slice ends at {self.stop} of {channels} channels", expected=f"at most {channels}")
        if is_rational(self.stop) and is_rational(self.start) and self.start >= self.stop:
            raise Fault(f"the slice from {self.start} to {self.stop} is empty", expected="stop above start")
        return (self.stop - self.start, inputs[0][1], inputs[0][2])


@dataclass(frozen=True, kw_only=True)
class ChannelShuffle(Layer):
    """Permutation of the channels across groups; reads and writes every element.

    With one group, or one for every channel, the channels stay in their order and nothing moves.

    Source: ShuffleNet (arXiv:1707.01083), section 3.1.
    """

    name: ClassVar[str] = "channel_shuffle"
    forms: ClassVar[tuple[str, ...]] = _FORMS

    groups: Number = attribute("whole", help="groups; channels divide by it")

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        channels = inputs[0][0]
        if is_rational(channels) and is_rational(self.groups) and channels % self.groups:
            raise Fault(
                f"{channels} channels do not divide into {self.groups} groups", expected=f"a multiple of {self.groups}"
            )

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        return (((self.groups, 1),), ((self.groups, inputs[0][0]),))

    def summary(self, inputs: tuple[Shape, ...]) -> str:
        return f"channel shuffle g={self.groups}"


@dataclass(frozen=True, kw_only=True)
class Flatten(Layer):
    """C×H×W as CHW×1×1, a view."""

    name: ClassVar[str] = "flatten"
    forms: ClassVar[tuple[str, ...]] = _FORMS
    view: ClassVar[bool] = True

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        return (volume(inputs[0]), 1, 1)

    def unsettled(self, channels: bool, sides: bool) -> tuple[bool, bool]:
        return (channels or sides, sides)

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, Reach]:
        return whole_map(inputs[0])


@dataclass(frozen=True, kw_only=True)
class Reshape(Layer):
    """The same elements under another shape, a view."""

    name: ClassVar[str] = "reshape"
    forms: ClassVar[tuple[str, ...]] = _FORMS
    view: ClassVar[bool] = True

    shape: Shape = attribute("shape", help="[channels, height, width], of as many elements")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        if not arithmetic.equal(volume(self.shape), volume(inputs[0])):
            raise Fault(
                f"{show_shape(inputs[0])} cannot be reshaped to {show_shape(self.shape)}",
                expected="as many elements as before",
            )
        return self.shape

    def unsettled(self, channels: bool, sides: bool) -> tuple[bool, bool]:
        return (False, False)

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, Reach]:
        (_, height, width), (_, rows, columns) = inputs[0], self.shape
        if (rows, columns) == (1, 1):
            return whole_map(inputs[0])
        step, over = divide(height, rows), divide(width, columns)
        if type(step) is int and step == over:  # every patch becomes a position; of a side of 1, nothing moves
            return (Window(step, step=step), Window(step, step=step))
        scale, across = divide(rows, height), divide(columns, width)
        if type(scale) is int and scale == across:  # a pixel shuffle: every position becomes a patch
            return (Resampled(divide(1, scale), "nearest"), Resampled(divide(1, scale), "nearest"))
        # Elements lie row by row, so only these keep what is at a position at a position.
        if height == 1 and (width in (1, columns)):
            return (SINGLE, SAME if width == columns else SINGLE)
        if rows == 1 and width == columns:
            return (Window(height, step=height), SAME)
        where = f"behind a reshape of {show_shape(inputs[0])} to {show_shape(self.shape)}, which mixes positions"
        return (Unknown(where), Unknown(where))


@dataclass(frozen=True, kw_only=True)
class Pad(Layer):
    """Zeros around the map; without any, nothing moves."""

    name: ClassVar[str] = "pad"
    forms: ClassVar[tuple[str, ...]] = _FORMS

    padding: tuple[Number, Number, Number, Number] = attribute(
        "sides", help="a number, [height, width] or [top, bottom, left, right]"
    )

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        channels, height, width = inputs[0]
        top, bottom, left, right = self.padding
        return (channels, height + top + bottom, width + left + right)

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        return (((total(self.padding), 0),),)

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, Reach]:
        return (Window(margin=self.padding[0]), Window(margin=self.padding[2]))


@dataclass(frozen=True, kw_only=True)
class Upsample(Layer):
    """Interpolation to a given size, or by a given factor; to the size that it has, nothing moves."""

    name: ClassVar[str] = "upsample"

    size: Pair | None = attribute("pair", optional=True, help="side of the output, or [height, width]")
    scale: Pair | None = attribute("pair", optional=True, help="factor, or [height, width]")
    mode: str = attribute("word", "nearest", choices=("nearest", "bilinear"), help="how values are interpolated")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        if (self.size is None) == (self.scale is None):
            raise Fault("upsample takes either `size` or `scale`", expected="one of the two")
        channels, height, width = inputs[0]
        if self.size is not None:
            return (channels, *self.size)
        assert self.scale is not None
        return (channels, height * self.scale[0], width * self.scale[1])

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        return (same_map(inputs[0], output),)

    def summary(self, inputs: tuple[Shape, ...]) -> str:
        return f"upsample {self.mode}"

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, Reach]:
        height, width = (self._along(inputs[0][1 + axis], axis) for axis in (0, 1))
        return (height, width)

    def _along(self, length: Number, axis: int) -> Reach:
        if self.size is not None:
            return Resampled(divide(length, self.size[axis]), self.mode)
        assert self.scale is not None
        return Resampled(divide(1, self.scale[axis]), self.mode)


@dataclass(frozen=True, kw_only=True)
class Dropout(Layer):
    """Nothing at inference, a view."""

    name: ClassVar[str] = "dropout"
    view: ClassVar[bool] = True
    follows: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class Identity(Layer):
    """Nothing, a view."""

    name: ClassVar[str] = "identity"
    view: ClassVar[bool] = True
    follows: ClassVar[bool] = True
