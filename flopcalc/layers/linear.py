"""Matrix products: the fully connected layer and the product of two maps."""

from __future__ import annotations

from typing import ClassVar

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.layers.base import Layer, Shape, attribute, show_shape
from flopcalc.layers.reach import POINTWISE, WHOLE, Reach
from flopcalc.number import Arithmetic, Number, product

__all__ = ["Linear", "Matmul"]


@dataclass(frozen=True, kw_only=True)
class Linear(Layer):
    """Fully connected layer on C×1×1: weights = C_in·C_out, madds the same."""

    name: ClassVar[str] = "linear"
    contracts: ClassVar[bool] = True
    own_sides: ClassVar[bool] = True

    out: Number = attribute("whole", help="output features")
    bias: bool = attribute("flag", True, help="whether a bias is added")

    @property
    def stated_channels(self) -> Number:
        return self.out

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        if not (arithmetic.equal(inputs[0][1], 1) and arithmetic.equal(inputs[0][2], 1)):
            raise Fault(
                f"linear needs a 1×1 map, not {show_shape(inputs[0])}",
                expected="C×1×1",
                hint="put `- global_pool` or `- flatten` before it, or use a 1×1 conv",
            )
        return (self.out, 1, 1)

    def weights(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return inputs[0][0] * self.out

    def biases(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return self.out if self.bias else 0

    def madds(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return inputs[0][0] * self.out


@dataclass(frozen=True, kw_only=True)
class Matmul(Layer):
    """Product of two maps, channel by channel: B×M×K times B×K×N is B×M×N, with B·M·K·N multiply-adds."""

    name: ClassVar[str] = "matmul"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    contracts: ClassVar[bool] = True
    forms: ClassVar[tuple[str, ...]] = ("function", "operator", "module", "custom")

    transpose: bool = attribute("flag", False, help="read the second map transposed: B×M×K times B×N×K")

    def _second(self, inputs: tuple[Shape, ...]) -> Shape:
        batch, rows, columns = inputs[1]
        return (batch, columns, rows) if self.transpose else (batch, rows, columns)

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        first, second = inputs[0], self._second(inputs)
        if not (arithmetic.equal(first[0], second[0]) and arithmetic.equal(first[2], second[1])):
            raise Fault(
                f"matmul cannot multiply {show_shape(first)} by {show_shape(second)}",
                expected="B×M×K and B×K×N",
                hint="" if self.transpose else "transpose: true reads the second map as B×N×K",
            )
        return (first[0], first[1], second[2])

    def madds(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product(*inputs[0], output[2])

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, Reach]:
        return POINTWISE if all(shape[1:] == (1, 1) for shape in inputs) else (WHOLE, WHOLE)
