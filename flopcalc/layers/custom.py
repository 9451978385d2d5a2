"""A layer of the user's own, which says what it costs."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from flopcalc.cost import Cost
from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.layers.base import Layer, Shape, attribute, show_shape, whole_map
from flopcalc.layers.reach import Reach, Unknown, pointwise
from flopcalc.number import Arithmetic, Number, is_rational

__all__ = ["Custom"]


@dataclass(frozen=True, kw_only=True)
class Custom(Layer):
    """A layer that says its output, parameters and multiply-adds, and is marked as said rather than counted.

    Its memory access is what it reads, its parameters and what it writes.
    """

    name: ClassVar[str] = "custom"
    arity: ClassVar[tuple[int, int | None]] = (1, None)
    forms: ClassVar[tuple[str, ...]] = ("custom", "module", "functional", "function", "operator")
    said: ClassVar[bool] = True

    title: str = attribute("text", "custom", help="what the layer is called in tables")
    says_output: Shape | None = attribute(
        "shape", optional=True, name="output", help="the output's shape; that of its first input where not given"
    )
    says_params: Number | None = attribute(
        "index", optional=True, name="params", help="learned parameters, the weights among them"
    )
    says_weights: Number = attribute("index", 0, name="weights", help="elements of its kernels and matrices")
    says_madds: Number = attribute("index", 0, name="madds", help="multiply-adds")
    says_reads: Number | None = attribute(
        "index", optional=True, name="reads", help="elements that it reads; those of its inputs, once, where not given"
    )
    says_reach: str = attribute(
        "word",
        "unknown",
        choices=("pointwise", "whole", "unknown"),
        name="reach",
        help="what a position of the output reads of the map",
    )

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        params, weights = self.says_params, self.says_weights
        if params is not None and is_rational(params) and is_rational(weights) and params < weights:
            what = f"params is {params}, fewer than its {weights} weights"
            raise Fault(what, expected="all learned parameters, the weights among them")
        output = self.output(inputs, arithmetic)
        if self.says_reach == "pointwise" and not arithmetic.equal(output[1:], inputs[0][1:]):
            what = f"reach is pointwise, and {show_shape(inputs[0])} becomes {show_shape(output)}"
            raise Fault(what, expected="a map of the same sides, or the reach whole or unknown")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        return inputs[0] if self.says_output is None else self.says_output

    def weights(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return self.says_weights

    def scales(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return 0 if self.says_params is None else self.says_params - self.says_weights

    def madds(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return self.says_madds

    def cost(self, inputs: tuple[Shape, ...], output: Shape, *, view: bool | None = None) -> Cost:
        cost = super().cost(inputs, output, view=view)
        if self.says_reads is None:
            return cost
        return replace(cost, mac=self.says_reads + cost.params + cost.outputs)

    def read_once(self, cost: Cost, single: Number) -> Number:
        return cost.params + (single if self.says_reads is None else 0)  # what it says is of every sample

    def label(self, inputs: tuple[Shape, ...]) -> str:
        return f"{self.title} (as said)"

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        if self.says_reach == "unknown":
            return (Unknown(f"behind {self.title}, of which the file does not say it", False),) * (len(inputs[0]) - 1)
        return pointwise(len(inputs[0]) - 1) if self.says_reach == "pointwise" else whole_map(inputs[0])
