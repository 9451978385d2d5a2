"""Convolutions: plain, group, depthwise, dilated and transposed."""

from __future__ import annotations

from typing import ClassVar

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.layers.base import Layer, Padding, Pair, Shape, attribute, same_padding, show_pair, side
from flopcalc.layers.reach import Reach, Resampled, Spread, Window
from flopcalc.number import Arithmetic, Number, divide, expanded, is_rational, product

__all__ = ["Conv", "Depthwise", "TransposedConv"]


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

    kernel: Pair = attribute("pair", help="side k, or [height, width]")
    stride: Pair = attribute("pair", (1, 1), help="step between outputs")
    padding: Padding = attribute("padding", "same", help="same (d·(k−1)/2, odd kernels), a number or [height, width]")
    dilation: Pair = attribute("pair", (1, 1), help="step between the kernel's taps")
    bias: bool = attribute("flag", False, help="whether a bias is added, one an output channel")

    def window(self, inputs: tuple[Shape, ...]) -> Number:
        return product(*self.kernel)

    def biases(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return output[0] if self.bias else 0

    def label(self, inputs: tuple[Shape, ...]) -> str:
        return f"{self.reported_kind.replace('_', ' ')} {show_pair(self.kernel)}"

    def summary(self, inputs: tuple[Shape, ...]) -> str:
        text = self.label(inputs)
        if self.stride != (1, 1):
            text += f" /{self.stride[0] if self.stride[0] == self.stride[1] else show_pair(self.stride)}"
        if self.dilation != (1, 1):
            text += f" d={self.dilation[0] if self.dilation[0] == self.dilation[1] else show_pair(self.dilation)}"
        return text

    def output_sides(self, shape: Shape, arithmetic: Arithmetic) -> Pair:
        """Return the output's height and width."""
        padding = (self.padding, self.padding) if isinstance(self.padding, str) else self.padding
        height, width = (
            side(shape[1 + axis], self.kernel[axis], self.stride[axis], padding[axis], self.dilation[axis], arithmetic)
            for axis in (0, 1)
        )
        return (height, width)

    def margins(self, arithmetic: Arithmetic) -> Pair:
        """Return the padding as numbers."""
        if not isinstance(self.padding, str):
            return self.padding
        height, width = (same_padding(k, d, arithmetic) for k, d in zip(self.kernel, self.dilation, strict=True))
        return (height, width)

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, Reach]:
        height, width = map(Window, self.kernel, self.dilation, self.stride, self.margins(Arithmetic()))
        return (height, width)


@dataclass(frozen=True, kw_only=True)
class Conv(Windowed):
    """Convolution of C_in×H×W to C_out×H_out×W_out with `groups` groups.

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

    def madds(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product(self.weights(inputs, output), output[1], output[2])

    def label(self, inputs: tuple[Shape, ...]) -> str:
        kind = "conv"
        if self.groups != 1:
            kind = "depthwise" if self.groups == inputs[0][0] == self.out else "group conv"
        return f"{kind} {show_pair(self.kernel)}"

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
        return product(self.weights(inputs, output), output[1], output[2])


@dataclass(frozen=True, kw_only=True)
class TransposedConv(Windowed):
    """Transposed convolution: every input position spreads one kernel over the output.

    The side is (H − 1)·s − 2p + d(k − 1) + output_padding + 1; weights = K_h·K_w·C_in·C_out/g,
    madds = weights·H_in·W_in.
    """

    name: ClassVar[str] = "transposed_conv"

    out: Number = attribute("whole", help="output channels")
    groups: Number = attribute("whole", 1, help="groups; channels divide by it")
    output_padding: Pair = attribute("sizes", (0, 0), help="rows and columns added to one side of the output")

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
        sides: list[Number] = []
        for axis, margin in enumerate(self.margins(arithmetic)):
            length = (
                (inputs[0][1 + axis] - 1) * self.stride[axis]
                - 2 * margin
                + self.dilation[axis] * (self.kernel[axis] - 1)
                + self.output_padding[axis]
                + 1
            )
            if is_rational(length) and length < 1:
                raise Fault(f"the map shrinks below 1: a side of {length}", expected="an output of at least 1×1")
            sides.append(length if is_rational(length) else expanded(length))
        return (self.out, sides[0], sides[1])

    def weights(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return divide(product(*self.kernel, inputs[0][0], self.out), self.groups)

    def madds(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product(self.weights(inputs, output), inputs[0][1], inputs[0][2])

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, Reach]:
        margins = self.margins(Arithmetic())
        height, width = map(self._along, self.kernel, self.dilation, self.stride, margins)
        return (height, width)

    @staticmethod
    def _along(kernel: Number, dilation: Number, stride: Number, margin: Number) -> Reach:
        if stride == 1:
            return Window(kernel, dilation, 1, dilation * (kernel - 1) - margin)
        if kernel == stride and dilation == 1 and margin == 0:
            return Resampled(divide(1, stride), "nearest")  # patches that do not overlap
        return Spread(kernel, dilation, stride, margin)
