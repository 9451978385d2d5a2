"""Convolutions: plain, group, depthwise, dilated and transposed."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.layers.base import (
    Layer,
    Margin,
    Padding,
    Shape,
    Sides,
    attribute,
    same_margin,
    show_sides,
    side,
    upper_margin,
)
from flopcalc.layers.reach import Reach, Resampled, Spread, Window
from flopcalc.number import Arithmetic, Number, divide, expanded, is_rational, product

__all__ = ["Conv", "Depthwise", "TransposedConv", "Windowed", "margin_of", "paddings"]


def _check_groups(channels: Number, out: Number, groups: Number) -> None:
    if groups == 1 or not is_rational(groups):
        return
    for name, count in (("input", channels), ("output", out)):
        if is_rational(count) and count % groups:
            raise Fault(
                f"{count} {name} channels do not divide into {groups} groups",
                expected=f"a multiple of {groups}",
                hint=f"round the width: make_divisible(…, {groups})",
            )


@dataclass(frozen=True, kw_only=True)
class Windowed(Layer):
    """What the convolutions share: a kernel that moves over the map."""

    families: ClassVar[tuple[str, ...]] = ("conv",)
    contracts: ClassVar[bool] = True
    slides: ClassVar[bool] = True
    sides: ClassVar[tuple[int, int | None]] = (1, 3)

    kernel: Sides = attribute("pair", help="side k, or [height, width]")
    stride: Sides = attribute("pair", (1, 1), help="step between outputs")
    padding: Padding = attribute(
        "padding",
        "same",
        help="same (d·(k−1) in all, keeps the size at stride 1), valid (none), same_upper (⌈H/s⌉, as TensorFlow's "
        "and ONNX's), a number, [height, width] or [top, bottom, left, right]",
    )
    dilation: Sides = attribute("pair", (1, 1), help="step between the kernel's taps")
    bias: bool = attribute("flag", False, help="whether a bias is added, one an output channel")

    @property
    def scaled(self) -> Layer | None:
        return replace(self, bias=True)

    def window(self, inputs: tuple[Shape, ...]) -> Number:
        return product(*self.kernel)

    def biases(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return output[0] if self.bias else 0

    def label(self, inputs: tuple[Shape, ...]) -> str:
        return f"{self.reported_kind.replace('_', ' ')} {show_sides(self.kernel)}"

    def summary(self, inputs: tuple[Shape, ...]) -> str:
        text = self.label(inputs)
        if any(step != 1 for step in self.stride):
            text += f" /{show_sides(self.stride, once=True)}"
        if any(step != 1 for step in self.dilation):
            text += f" d={show_sides(self.dilation, once=True)}"
        return text

    def output_sides(self, shape: Shape, arithmetic: Arithmetic) -> Sides:
        """Return the sides of the output's map."""
        words = paddings(self.padding, len(shape) - 1)
        return tuple(
            [
                side(length, kernel, stride, padding, dilation, arithmetic)
                for length, kernel, stride, padding, dilation in zip(
                    shape[1:], self.kernel, self.stride, words, self.dilation, strict=True
                )
            ]
        )

    def margins(self, shape: Shape, arithmetic: Arithmetic) -> tuple[Margin, ...]:
        """Return the padding as numbers, before and behind, of every side of a map."""
        words = paddings(self.padding, len(shape) - 1)
        parts = zip(shape[1:], self.kernel, self.dilation, self.stride, words, strict=True)
        return tuple([margin_of(*part, arithmetic) for part in parts])

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        before = [margin for margin, _ in self.margins(inputs[0], Arithmetic())]
        return tuple(map(Window, self.kernel, self.dilation, self.stride, before))


def paddings(padding: Padding, sides: int) -> tuple[Margin | str, ...]:
    """Return the padding of each side of a map: before and behind, or a word."""
    if isinstance(padding, str):
        return (padding,) * sides
    if len(padding) == sides:
        return tuple([(margin, margin) for margin in padding])
    return tuple(zip(padding[::2], padding[1::2], strict=True))


def margin_of(
    length: Number, kernel: Number, dilation: Number, stride: Number, padding: Margin | str, arithmetic: Arithmetic
) -> Margin:
    """Return the padding of one side as numbers."""
    if not isinstance(padding, str):
        return padding
    if padding == "same":
        return same_margin(kernel, dilation, stride, arithmetic)
    return (0, 0) if padding == "valid" else upper_margin(length, kernel, dilation, stride)


@dataclass(frozen=True, kw_only=True)
class Conv(Windowed):
    """Convolution of C_in×H×W to C_out×H_out×W_out with `groups` groups; of one side or three likewise.

    weights = K_h·K_w·C_in·C_out/g, madds = weights·H_out·W_out.
    """

    name: ClassVar[str] = "conv"

    out: Number = attribute("whole", help="output channels")
    groups: Number = attribute("whole", 1, help="groups; channels divide by it")

    @property
    def stated_channels(self) -> Number:
        return self.out

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        _check_groups(inputs[0][0], self.out, self.groups)

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        return (self.out, *self.output_sides(inputs[0], arithmetic))

    def weights(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return divide(product(*self.kernel, inputs[0][0], self.out), self.groups)

    def matrix(self, inputs: tuple[Shape, ...]) -> tuple[Number, ...]:
        kernel = () if all(length == 1 for length in self.kernel) else self.kernel
        return (self.out, inputs[0][0], *kernel) if self.groups == 1 else ()

    def madds(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product(self.weights(inputs, output), *output[1:])

    def label(self, inputs: tuple[Shape, ...]) -> str:
        kind = "conv"
        if self.groups != 1:
            kind = "depthwise" if self.groups == inputs[0][0] == self.out else "group conv"
        return f"{kind} {show_sides(self.kernel)}"

    def summary(self, inputs: tuple[Shape, ...]) -> str:
        text = super().summary(inputs)
        return text if self.groups == 1 or text.startswith("depthwise") else f"{text} g={self.groups}"


@dataclass(frozen=True, kw_only=True)
class Depthwise(Windowed):
    """Depthwise convolution: every channel has `multiplier` kernels of its own.

    weights = K_h·K_w·C·multiplier, madds = weights·H_out·W_out.
    """

    name: ClassVar[str] = "depthwise"
    families: ClassVar[tuple[str, ...]] = ("conv",)

    multiplier: Number = attribute("whole", 1, help="output channels for each input channel")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        return (inputs[0][0] * self.multiplier, *self.output_sides(inputs[0], arithmetic))

    def weights(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product(*self.kernel, output[0])

    def madds(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product(self.weights(inputs, output), *output[1:])


@dataclass(frozen=True, kw_only=True)
class TransposedConv(Windowed):
    """Transposed convolution: every input position spreads one kernel over the output.

    The side is (H − 1)·s − p + d(k − 1) + output_padding + 1, with p the padding before and behind together; by
    `same_upper` it is H·s. weights = K_h·K_w·C_in·C_out/g,
    madds = weights·H_in·W_in.
    """

    name: ClassVar[str] = "transposed_conv"

    out: Number = attribute("whole", help="output channels")
    groups: Number = attribute("whole", 1, help="groups; channels divide by it")
    output_padding: Sides = attribute("sizes", (0, 0), help="rows and columns added to one side of the output")

    @property
    def stated_channels(self) -> Number:
        return self.out

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        _check_groups(inputs[0][0], self.out, self.groups)
        for extra, stride, dilation in zip(self.output_padding, self.stride, self.dilation, strict=True):
            if (
                is_rational(extra)
                and is_rational(stride)
                and is_rational(dilation)
                and 0 < max(stride, dilation) <= extra
            ):
                raise Fault(
                    f"output_padding {extra} is not below the stride {stride} or the dilation {dilation}",
                    expected=f"at most {max(stride, dilation) - 1}",
                )

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        lengths: list[Number] = []
        for axis, (before, behind) in enumerate(self.margins(inputs[0], arithmetic)):
            length = (
                (inputs[0][1 + axis] - 1) * self.stride[axis]
                - (before + behind)
                + self.dilation[axis] * (self.kernel[axis] - 1)
                + self.output_padding[axis]
                + 1
            )
            if self.padding == "same_upper":
                length = inputs[0][1 + axis] * self.stride[axis]
            if is_rational(length) and length < 1:
                raise Fault(f"the map shrinks below 1: a side of {length}", expected="an output of at least 1×1")
            lengths.append(length if is_rational(length) else expanded(length))
        return (self.out, *lengths)

    def margins(self, shape: Shape, arithmetic: Arithmetic) -> tuple[Margin, ...]:
        if self.padding != "same_upper":
            return super().margins(shape, arithmetic)
        found: list[Margin] = []
        for kernel, stride, dilation, extra in zip(
            self.kernel, self.stride, self.dilation, self.output_padding, strict=True
        ):
            both = dilation * (kernel - 1) + 1 - stride + extra
            before = max(both, 0) // 2 if type(both) is int else divide(both, 2)
            found.append((before, both - before))
        return tuple(found)

    def weights(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return divide(product(*self.kernel, inputs[0][0], self.out), self.groups)

    def matrix(self, inputs: tuple[Shape, ...]) -> tuple[Number, ...]:
        kernel = () if all(length == 1 for length in self.kernel) else self.kernel
        return (inputs[0][0], self.out, *kernel) if self.groups == 1 else ()

    def madds(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product(self.weights(inputs, output), *inputs[0][1:])

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        before = [margin for margin, _ in self.margins(inputs[0], Arithmetic())]
        return tuple(map(self._along, self.kernel, self.dilation, self.stride, before))

    @staticmethod
    def _along(kernel: Number, dilation: Number, stride: Number, margin: Number) -> Reach:
        if stride == 1:
            return Window(kernel, dilation, 1, dilation * (kernel - 1) - margin)
        if kernel == stride and dilation == 1 and margin == 0:
            return Resampled(divide(1, stride), "nearest")  # patches that do not overlap
        return Spread(kernel, dilation, stride, margin)
