"""Layers that another tensor steers: convolutions with given kernels or offsets, and sampling on a grid."""

from __future__ import annotations

from typing import ClassVar

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.layers.base import Layer, Shape, attribute, show_shape
from flopcalc.layers.conv import Conv
from flopcalc.layers.reach import Reach, Unknown
from flopcalc.number import Arithmetic, Number, divide, is_rational, product

__all__ = ["DeformableConv", "DynamicConv", "GridSample"]


@dataclass(frozen=True, kw_only=True)
class DeformableConv(Conv):
    """A convolution whose taps are moved by offsets, its second input, and weighted by a mask, its third.

    Multiply-adds are those of the convolution; the interpolation between positions is none of them.

    Source: Dai et al. 2017, arXiv:1703.06211, section 2.1; with a mask Zhu et al. 2018, arXiv:1811.11168, section 3.2.
    """

    name: ClassVar[str] = "deformable_conv"
    arity: ClassVar[tuple[int, int | None]] = (2, 3)
    sides: ClassVar[tuple[int, int | None]] = (2, 2)
    forms: ClassVar[tuple[str, ...]] = ("module", "functional", "custom")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        output = super().output(inputs, arithmetic)
        taps = self.kernel[0] * self.kernel[1]
        groups = arithmetic.divide(inputs[1][0], 2 * taps)
        if is_rational(groups) and groups.denominator != 1:
            groups = 1
        if is_rational(groups) and is_rational(inputs[0][0]) and inputs[0][0] % groups:
            raise Fault(
                f"{inputs[0][0]} channels do not divide into {groups} groups of offsets",
                expected=f"offsets of {2 * taps} channels, or as many times that as divide the channels",
            )
        for what, shape, each in zip(("offsets", "mask"), inputs[1:], (2 * taps, taps), strict=False):
            if not arithmetic.equal(shape, (each * groups, *output[1:])):
                raise Fault(
                    f"{what} of a deformable conv: {show_shape(shape)}",
                    expected=show_shape((each * groups, *output[1:])),
                )
        return output

    def label(self, inputs: tuple[Shape, ...]) -> str:
        return "deformable " + super().label(inputs)

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        return (Unknown("behind a deformable convolution, which reads where its offsets say", False),) * 2


@dataclass(frozen=True, kw_only=True)
class DynamicConv(Conv):
    """A convolution whose kernels, O×C/g×K×L, are its second input, computed: it learns none itself.

    Source: conditional convolutions, Yang et al. 2019, arXiv:1904.04971; weight standardisation, Qiao et al. 2019,
    arXiv:1903.10520.
    """

    name: ClassVar[str] = "dynamic_conv"
    keeps: ClassVar[str] = "factors"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    forms: ClassVar[tuple[str, ...]] = ("functional", "custom")

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        super().check(inputs, arithmetic)
        wanted = (self.out, divide(inputs[0][0], self.groups), *self.kernel)
        if not arithmetic.equal(inputs[1], wanted):
            raise Fault(f"the kernels are {show_shape(inputs[1])}", expected=show_shape(wanted))

    def weights(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return 0

    def matrix(self, inputs: tuple[Shape, ...]) -> tuple[Number, ...]:
        return ()

    def madds(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product(super().weights(inputs, output), *output[1:])

    @property
    def scaled(self) -> Layer | None:
        return None  # a norm's factors would have to multiply the kernels anew each time

    def label(self, inputs: tuple[Shape, ...]) -> str:
        return "dynamic " + super().label(inputs)


@dataclass(frozen=True, kw_only=True)
class GridSample(Layer):
    """The map read at the places of a grid, its second input 2×H×W, between positions by interpolation."""

    name: ClassVar[str] = "grid_sample"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    sides: ClassVar[tuple[int, int | None]] = (2, 2)
    forms: ClassVar[tuple[str, ...]] = ("functional", "module", "custom")

    mode: str = attribute(
        "word", "bilinear", choices=("nearest", "bilinear", "bicubic"), help="how values are interpolated"
    )

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        grid = inputs[1]
        if len(grid) != 3 or not arithmetic.equal(grid[0], 2):
            raise Fault(f"the grid is {show_shape(grid)}", expected="2×H×W, a place for every output position")
        return (inputs[0][0], *grid[1:])

    def summary(self, inputs: tuple[Shape, ...]) -> str:
        return f"grid sample {self.mode}"

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        return (Unknown("behind a grid sample, which reads where its grid says", False),) * 2
