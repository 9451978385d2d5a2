"""Normalisation: a scale and a shift for every channel."""

from __future__ import annotations

from typing import ClassVar

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.layers.base import Layer, Shape, attribute
from flopcalc.number import Arithmetic, Number, is_rational

__all__ = ["Norm"]


@dataclass(frozen=True, kw_only=True)
class Norm(Layer):
    """Batch, layer or group normalisation: 2C learnable parameters (running statistics are not learnable)."""

    name: ClassVar[str] = "norm"
    follows: ClassVar[bool] = True

    kind: str = attribute("word", "batch", choices=("batch", "layer", "group"), help="over what the mean is taken")
    groups: Number = attribute("whole", 1, help="groups of a group norm")
    affine: bool = attribute("flag", True, help="whether scale and shift are learned")

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        channels = inputs[0][0]
        if is_rational(channels) and is_rational(self.groups) and channels % self.groups:
            raise Fault(
                f"{channels} channels do not divide into {self.groups} groups", expected=f"a multiple of {self.groups}"
            )

    def statistics(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return 2 * output[0] if self.kind == "batch" else 0

    def scales(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return 2 * output[0] if self.affine else 0
