"""Pooling: windows that move over the map, and pools over all of it."""

from __future__ import annotations

from math import gcd
from typing import ClassVar

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.layers.base import (
    Equations,
    Layer,
    Padding,
    Pair,
    Shape,
    attribute,
    same_map,
    same_padding,
    show_pair,
    side,
    whole_map,
)
from flopcalc.layers.reach import Reach, Resampled, Window
from flopcalc.number import Arithmetic, Number, divide, is_rational, is_whole, product, settled

__all__ = ["AdaptiveAvgPool", "AvgPool", "GlobalPool", "MaxPool"]


@dataclass(frozen=True, kw_only=True)
class WindowPool(Layer):
    """What max and average pooling share."""

    kernel: Pair = attribute("pair", help="side k, or [height, width]")
    stride: Pair | None = attribute("pair", optional=True, help="step between outputs; the kernel where not given")
    padding: Padding = attribute("padding", (0, 0), help="a number, [height, width] or same")
    ceil_mode: bool = attribute("flag", False, help="round the side up; the last window starts inside the map")

    families: ClassVar[tuple[str, ...]] = ("pool",)
    slides: ClassVar[bool] = True

    @property
    def step(self) -> Pair:
        """The stride, which is the kernel where none is given."""
        return self.kernel if self.stride is None else self.stride

    @property
    def spread(self) -> Pair:
        """The dilation of the window."""
        return (1, 1)

    def margins(self, arithmetic: Arithmetic) -> Pair:
        """Return the padding as numbers."""
        if not isinstance(self.padding, str):
            return self.padding
        height, width = (same_padding(k, d, arithmetic) for k, d in zip(self.kernel, self.spread, strict=True))
        return (height, width)

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        for kernel, spread, margin in zip(self.kernel, self.spread, self.margins(arithmetic), strict=True):
            span = spread * (kernel - 1) + 1
            if is_rational(span) and is_rational(margin) and 2 * margin > span:
                raise Fault(
                    f"the pool's padding {margin} is more than half of its window, which spans {span}",
                    expected=f"at most {span // 2}",
                )

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        margins = self.margins(arithmetic)
        height, width = (
            side(
                inputs[0][1 + axis],
                self.kernel[axis],
                self.step[axis],
                margins[axis],
                self.spread[axis],
                arithmetic,
                ceil_mode=self.ceil_mode,
            )
            for axis in (0, 1)
        )
        return (inputs[0][0], height, width)

    def window(self, inputs: tuple[Shape, ...]) -> Number:
        return product(*self.kernel)

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        return ((*((k, 1) for k in self.kernel), *same_map(inputs[0], output)),)

    def label(self, inputs: tuple[Shape, ...]) -> str:
        return f"{self.reported_kind.replace('_', ' ')} {show_pair(self.kernel)}"

    def summary(self, inputs: tuple[Shape, ...]) -> str:
        step = self.step
        return f"{self.label(inputs)} /{step[0] if step[0] == step[1] else show_pair(step)}"

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, Reach]:
        height, width = map(Window, self.kernel, self.spread, self.step, self.margins(Arithmetic()))
        return (height, width)


@dataclass(frozen=True, kw_only=True)
class MaxPool(WindowPool):
    """Maximum over a window."""

    name: ClassVar[str] = "max_pool"

    dilation: Pair = attribute("pair", (1, 1), help="step between the window's taps")

    @property
    def spread(self) -> Pair:
        return self.dilation


@dataclass(frozen=True, kw_only=True)
class AvgPool(WindowPool):
    """Mean over a window."""

    name: ClassVar[str] = "avg_pool"


@dataclass(frozen=True, kw_only=True)
class GlobalPool(Layer):
    """Mean over the whole map: C×H×W to C×1×1."""

    name: ClassVar[str] = "global_pool"
    families: ClassVar[tuple[str, ...]] = ("adaptive_avg_pool", "pool")
    forms: ClassVar[tuple[str, ...]] = (*Layer.forms, "mean", "avg_pool")
    own_sides: ClassVar[bool] = True

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        return (inputs[0][0], 1, 1)

    def window(self, inputs: tuple[Shape, ...]) -> Number:
        return inputs[0][1] * inputs[0][2]

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        return (same_map(inputs[0], output),)

    def label(self, inputs: tuple[Shape, ...]) -> str:
        return "global pool"

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, Reach]:
        return whole_map(inputs[0])


@dataclass(frozen=True, kw_only=True)
class AdaptiveAvgPool(Layer):
    """Mean over windows chosen so that the output has the given size."""

    name: ClassVar[str] = "adaptive_avg_pool"
    families: ClassVar[tuple[str, ...]] = ("pool",)
    own_sides: ClassVar[bool] = True

    size: Pair = attribute("pair", help="side of the output, or [height, width]")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        return (inputs[0][0], *self.size)

    def window(self, inputs: tuple[Shape, ...]) -> Number:
        return product(*(self._kernel(inputs[0][1 + axis], self.size[axis]) for axis in (0, 1)))

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product(inputs[0][0], *(self._covered(inputs[0][1 + axis], self.size[axis]) for axis in (0, 1)))

    @staticmethod
    def _covered(length: Number, size: Number) -> Number:
        """Return the rows of all n windows together, the i-th from ⌊i·H/n⌋ to ⌈(i + 1)·H/n⌉: H + n − gcd(H, n)."""
        if is_whole(length) and is_whole(size):
            return length + size - gcd(settled(length), settled(size))
        return length

    @staticmethod
    def _kernel(length: Number, size: Number) -> Number:
        if is_whole(length) and is_whole(size):
            return -(-length // size)
        return divide(length, size)

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        return (same_map(inputs[0], output),)

    def label(self, inputs: tuple[Shape, ...]) -> str:
        return f"adaptive avg pool {show_pair(self.size)}"

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, Reach]:
        if self.size == (1, 1):
            return whole_map(inputs[0])
        height, width = (self._along(inputs[0][1 + axis], self.size[axis]) for axis in (0, 1))
        return (height, width)

    @staticmethod
    def _along(length: Number, size: Number) -> Reach:
        ratio = divide(length, size)
        if is_rational(ratio):
            return Resampled(ratio, "mean")
        return Window(taps=ratio, step=ratio)  # symbols divide evenly
