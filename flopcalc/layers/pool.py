"""Pooling: windows that move over the map, and pools over all of it."""

from __future__ import annotations

from dataclasses import replace
from math import gcd
from typing import ClassVar

from flopcalc.cost import Cost
from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.layers.base import (
    Equations,
    Layer,
    Margin,
    Padding,
    Shape,
    Sides,
    attribute,
    same_map,
    show_sides,
    side,
    whole_map,
)
from flopcalc.layers.conv import margin_of, paddings
from flopcalc.layers.reach import Reach, Resampled, Spread, Window
from flopcalc.number import Arithmetic, Number, divide, is_rational, is_whole, product, settled

__all__ = [
    "AdaptiveAvgPool",
    "AdaptiveMaxPool",
    "AvgPool",
    "GlobalMaxPool",
    "GlobalPool",
    "MaxPool",
    "MaxUnpool",
]


@dataclass(frozen=True, kw_only=True)
class WindowPool(Layer):
    """What max and average pooling share."""

    kernel: Sides = attribute("pair", help="side k, or [height, width]")
    stride: Sides | None = attribute("pair", optional=True, help="step between outputs; the kernel where not given")
    padding: Padding = attribute(
        "padding",
        (0, 0),
        help="a number, [height, width], [top, bottom, left, right], valid (none), same or same_upper (⌈H/s⌉)",
    )
    ceil_mode: bool = attribute("flag", False, help="round the side up; the last window starts inside the map")

    families: ClassVar[tuple[str, ...]] = ("pool",)
    slides: ClassVar[bool] = True
    sides: ClassVar[tuple[int, int | None]] = (1, 3)

    @property
    def step(self) -> Sides:
        """The stride, which is the kernel where none is given."""
        return self.kernel if self.stride is None else self.stride

    @property
    def spread(self) -> Sides:
        """The dilation of the window."""
        return (1,) * len(self.kernel)

    def margins(self, shape: Shape, arithmetic: Arithmetic) -> tuple[Margin, ...]:
        """Return the padding as numbers, before and behind, of every side of a map."""
        words = paddings(self.padding, len(shape) - 1)
        parts = zip(shape[1:], self.kernel, self.spread, self.step, words, strict=True)
        return tuple([margin_of(*part, arithmetic) for part in parts])

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        if self.padding == "same_upper":
            return
        for kernel, spread, (before, behind) in zip(
            self.kernel, self.spread, self.margins(inputs[0], arithmetic), strict=True
        ):
            span = spread * (kernel - 1) + 1
            for margin in (before, behind):
                if is_rational(span) and is_rational(margin) and 2 * margin > span:
                    raise Fault(
                        f"the pool's padding {margin} is more than half of its window, which spans {span}",
                        expected=f"at most {span // 2}",
                    )

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        words = paddings(self.padding, len(inputs[0]) - 1)
        parts = zip(inputs[0][1:], self.kernel, self.step, words, self.spread, strict=True)
        return (inputs[0][0], *[side(*part, arithmetic, ceil_mode=self.ceil_mode) for part in parts])

    def window(self, inputs: tuple[Shape, ...]) -> Number:
        return product(*self.kernel)

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        return ((*((k, 1) for k in self.kernel), *same_map(inputs[0], output)),)

    def label(self, inputs: tuple[Shape, ...]) -> str:
        return f"{self.reported_kind.replace('_', ' ')} {show_sides(self.kernel)}"

    def summary(self, inputs: tuple[Shape, ...]) -> str:
        return f"{self.label(inputs)} /{show_sides(self.step, once=True)}"

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        before = [margin for margin, _ in self.margins(inputs[0], Arithmetic())]
        return tuple(map(Window, self.kernel, self.spread, self.step, before))


@dataclass(frozen=True, kw_only=True)
class MaxPool(WindowPool):
    """Maximum over a window."""

    name: ClassVar[str] = "max_pool"
    keeps: ClassVar[str] = "places"

    dilation: Sides = attribute("pair", (1, 1), help="step between the window's taps")

    @property
    def spread(self) -> Sides:
        return self.dilation


@dataclass(frozen=True, kw_only=True)
class AvgPool(WindowPool):
    """Mean over a window."""

    name: ClassVar[str] = "avg_pool"
    keeps: ClassVar[str] = "nothing"


@dataclass(frozen=True, kw_only=True)
class GlobalPool(Layer):
    """Mean over the whole map: C×H×W to C×1×1."""

    name: ClassVar[str] = "global_pool"
    keeps: ClassVar[str] = "nothing"
    families: ClassVar[tuple[str, ...]] = ("adaptive_avg_pool", "pool")
    forms: ClassVar[tuple[str, ...]] = (*Layer.forms, "mean", "avg_pool")
    own_sides: ClassVar[bool] = True

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        return (inputs[0][0], *[1 for _ in inputs[0][1:]])

    def window(self, inputs: tuple[Shape, ...]) -> Number:
        return product(*inputs[0][1:])

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        return (same_map(inputs[0], output),)

    def label(self, inputs: tuple[Shape, ...]) -> str:
        return self.name.replace("_", " ")

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        return whole_map(inputs[0])


@dataclass(frozen=True, kw_only=True)
class GlobalMaxPool(GlobalPool):
    """Maximum over the whole map: C×H×W to C×1×1."""

    name: ClassVar[str] = "global_max_pool"
    keeps: ClassVar[str] = "places"
    families: ClassVar[tuple[str, ...]] = ("adaptive_max_pool", "pool")
    forms: ClassVar[tuple[str, ...]] = Layer.forms


@dataclass(frozen=True, kw_only=True)
class AdaptiveAvgPool(Layer):
    """Mean over windows chosen so that the output has the given size."""

    name: ClassVar[str] = "adaptive_avg_pool"
    keeps: ClassVar[str] = "nothing"
    families: ClassVar[tuple[str, ...]] = ("pool",)
    own_sides: ClassVar[bool] = True
    sides: ClassVar[tuple[int, int | None]] = (1, 3)

    size: Sides = attribute("pair", help="side of the output, or [height, width]")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        return (inputs[0][0], *self.size)

    def window(self, inputs: tuple[Shape, ...]) -> Number:
        return product(*map(self._kernel, inputs[0][1:], self.size))

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product(inputs[0][0], *map(self._covered, inputs[0][1:], self.size))

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
        return f"{self.name.replace('_', ' ')} {show_sides(self.size)}"

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        if all(side == 1 for side in self.size):
            return whole_map(inputs[0])
        return tuple(map(self._along, inputs[0][1:], self.size))

    @staticmethod
    def _along(length: Number, size: Number) -> Reach:
        ratio = divide(length, size)
        if is_rational(ratio):
            return Resampled(ratio, "mean")
        return Window(taps=ratio, step=ratio)  # symbols divide evenly


@dataclass(frozen=True, kw_only=True)
class AdaptiveMaxPool(AdaptiveAvgPool):
    """Maximum over windows chosen so that the output has the given size."""

    name: ClassVar[str] = "adaptive_max_pool"
    keeps: ClassVar[str] = "places"


@dataclass(frozen=True, kw_only=True)
class MaxUnpool(Layer):
    """The inverse of a max pool: what was a maximum returns to its place, zeros around it.

    Beside the map it reads the places of the maxima, one an element, which the pool wrote.
    """

    name: ClassVar[str] = "max_unpool"
    keeps: ClassVar[str] = "nothing"
    sides: ClassVar[tuple[int, int | None]] = (1, 3)

    kernel: Sides = attribute("pair", help="that of the pool: side k, or [height, width]")
    stride: Sides | None = attribute("pair", optional=True, help="that of the pool; the kernel where not given")
    padding: Sides = attribute("sizes", (0, 0), help="that of the pool: a number, or [height, width]")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        steps = self.kernel if self.stride is None else self.stride
        parts = zip(inputs[0][1:], self.kernel, steps, self.padding, strict=True)
        map_ = [(length - 1) * step + kernel - 2 * margin for length, kernel, step, margin in parts]
        if any(is_rational(length) and length < 1 for length in map_):
            raise Fault(
                f"the map shrinks below 1: a side of {min(filter(is_rational, map_))}",
                expected="an output of at least 1×1",
            )
        return (inputs[0][0], *map_)

    def cost(self, inputs: tuple[Shape, ...], output: Shape, *, view: bool | None = None) -> Cost:
        cost = super().cost(inputs, output, view=view)
        return replace(cost, mac=cost.mac + cost.inputs)

    def label(self, inputs: tuple[Shape, ...]) -> str:
        return f"max unpool {show_sides(self.kernel)}"

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        steps = self.kernel if self.stride is None else self.stride
        return tuple(
            [Spread(k, 1, step, margin) for k, step, margin in zip(self.kernel, steps, self.padding, strict=True)]
        )
