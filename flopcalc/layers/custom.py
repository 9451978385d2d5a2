"""A layer of the user's own, which says what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from flopcalc.cost import Cost
from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.layers.base import Layer, Shape, attribute, show_shape, whole_map
from flopcalc.layers.reach import Reach, Unknown, pointwise
from flopcalc.number import Arithmetic, Number, is_rational

__all__ = ["Custom"]

_OPEN = ("madds", "flops", "mac", "activations")
"""What is not known of a layer whose cost is not: parameters may be known all the same."""


@dataclass(frozen=True, kw_only=True)
class Custom(Layer):
    """A layer that says its output, parameters and multiply-adds, and is marked as said rather than counted.

    Its memory access is what it reads, its parameters and what it writes. Where its cost is not known, nothing but its
    parameters can be said, and sums are at least what they show.
    """

    name: ClassVar[str] = "custom"
    arity: ClassVar[tuple[int, int | None]] = (1, None)
    forms: ClassVar[tuple[str, ...]] = ("custom", "module", "functional", "function", "operator")
    said: ClassVar[bool] = True
    unknown_by: ClassVar[str] = "cost"

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

    says_cost: str = attribute(
        "word", "said", choices=("said", "unknown"), name="cost", help="whether it is what is said here, or not known"
    )

    @property
    def unknown(self) -> frozenset[str]:
        if self.says_cost == "said":
            return frozenset()
        params = self.says_params
        of_params = ("params", "weights") if params is None else () if params == 0 else ("weights",)
        return frozenset((*_OPEN, *of_params))

    def assumed_free(self, frees: Callable[[str], bool]) -> Custom:
        return _Free(**vars(self)) if self.unknown and frees(self.title) else self

    @property
    def called(self) -> str:
        return self.title

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        given = [name for name in ("weights", "madds", "reads") if self.values().get(name, 0) != 0]
        if self.says_cost == "unknown" and (given or self.says_reads is not None):
            what = f"the cost is unknown, and {(*given, 'reads')[0]} is given"
            raise Fault(what, expected="what is known of it alone: its params, or the cost as it is said")
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
        if self.says_cost == "unknown":
            return replace(cost, mac=0)
        if self.says_reads is None:
            return cost
        return replace(cost, mac=self.says_reads + cost.params + cost.outputs)

    def read_once(self, cost: Cost, single: Number) -> Number:
        if self.says_cost == "unknown":
            return 0
        return cost.params + (single if self.says_reads is None else 0)  # what it says is of every sample

    def label(self, inputs: tuple[Shape, ...]) -> str:
        return f"{self.title} ({'cost unknown' if self.unknown else 'as said'})"

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        if self.says_reach == "unknown":
            return (Unknown(f"behind {self.title}, of which the file does not say it", False),) * (len(inputs[0]) - 1)
        return pointwise(len(inputs[0]) - 1) if self.says_reach == "pointwise" else whole_map(inputs[0])


@dataclass(frozen=True, kw_only=True)
class _Free(Custom):
    """A layer of unknown cost that is taken to cost nothing."""

    said: ClassVar[bool] = False
    taken_free: ClassVar[bool] = True

    @property
    def unknown(self) -> frozenset[str]:
        return frozenset()

    def label(self, inputs: tuple[Shape, ...]) -> str:
        return f"{self.title} (assumed free)"
