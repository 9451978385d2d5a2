"""Learned tensors: a parameter by itself, a scale for every channel, a table of embeddings."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from flopcalc.cost import Cost
from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, shorten
from flopcalc.layers.base import Layer, Shape, attribute, volume
from flopcalc.number import Arithmetic, Number, is_rational, is_symbolic, product

__all__ = ["Embedding", "LearnedTensor", "Scale"]


@dataclass(frozen=True, kw_only=True)
class LearnedTensor(Layer):
    """A learned tensor that reads nothing: a class token, a position embedding. It is memory already, a view of itself.

    What reads it counts the access, as of any tensor; it is learned, so it is in `params`, unless it is `fixed`: a
    table of constants. One that is `unused` is owned and not read, as of a head that only training has.
    """

    name: ClassVar[str] = "parameter"
    keeps: ClassVar[str] = "nothing"
    arity: ClassVar[tuple[int, int | None]] = (0, 0)
    forms: ClassVar[tuple[str, ...]] = ("function", "module", "custom")
    short: ClassVar[str] = "shape"

    shape: Shape = attribute("shape", help="channels first")
    role: str = attribute(
        "word",
        "learned",
        choices=("learned", "fixed", "unused"),
        help="learned; fixed, of constants; or unused: learned, and read by no layer",
    )

    @property
    def stated_channels(self) -> Number:
        return self.shape[0]

    def unsettled(self, channels: bool, sides: bool) -> tuple[bool, bool]:
        return (False, False)

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        if -1 in self.shape:
            raise Fault(f"shape is {shorten(str(list(self.shape)))}", expected="a length for every side")
        return self.shape

    @property
    def unread(self) -> bool:  # type: ignore[override]
        """Whether nothing is expected to read it."""
        return self.role == "unused"

    def scales(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return 0 if self.role == "fixed" else volume(output)

    def label(self, inputs: tuple[Shape, ...]) -> str:
        return {"learned": "parameter", "fixed": "constant", "unused": "unused parameters"}[self.role]

    def cost(self, inputs: tuple[Shape, ...], output: Shape, *, view: bool | None = None) -> Cost:
        return replace(super().cost(inputs, output, view=view), mac=0, outputs=0)


@dataclass(frozen=True, kw_only=True)
class Scale(Layer):
    """A learned factor for every channel, or for every element of some axes; with a shift unless `bias` is false.

    Source: LayerScale of CaiT (arXiv:2103.17239), section 2, has no bias.
    """

    name: ClassVar[str] = "scale"
    families: ClassVar[tuple[str, ...]] = ("elementwise",)
    follows: ClassVar[bool] = True
    forms: ClassVar[tuple[str, ...]] = ("operator", "function", "module", "custom")

    bias: bool = attribute("flag", True, help="whether a shift is learned beside the factor")
    axis: tuple[int, ...] | None = attribute(
        "axes",
        optional=True,
        help="for which axes: channels, where not given, map, all, an axis, a list of axes; [] for one factor in all",
    )

    def scales(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        elements = output[0] if self.axis is None else product(*(output[axis] for axis in self.axis))
        return 2 * elements if self.bias else elements


@dataclass(frozen=True, kw_only=True)
class Embedding(Layer):
    """A row of D learned numbers for every index: N indices to D×N. It reads the rows that it needs, each once.

    Which rows these are the indices say: N different ones at most, and no more than the table has.
    """

    name: ClassVar[str] = "embedding"
    forms: ClassVar[tuple[str, ...]] = ("module", "functional", "custom")

    count: Number = attribute("whole", help="how many rows the table has: words of the vocabulary")
    out: Number = attribute("whole", help="numbers in a row")

    @property
    def stated_channels(self) -> Number:
        return self.out

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        words = volume(inputs[0])
        if is_symbolic(words) or is_symbolic(self.count):
            arithmetic.suppose(self.count, "≥", words)

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        return (self.out, *inputs[0])

    def weights(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return self.count * self.out

    def matrix(self, inputs: tuple[Shape, ...]) -> tuple[Number, ...]:
        return (self.count, self.out)

    def cost(self, inputs: tuple[Shape, ...], output: Shape, *, view: bool | None = None) -> Cost:
        cost = super().cost(inputs, output, view=view)
        rows = cost.inputs
        if is_rational(rows) and is_rational(self.count):
            rows = min(rows, self.count)
        return replace(cost, mac=cost.inputs + rows * self.out + cost.outputs)

    def read_once(self, cost: Cost, single: Number) -> Number:
        return single  # every sample reads rows of its own
