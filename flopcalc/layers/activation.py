"""Activation functions, element by element; softmax among them."""

from __future__ import annotations

from typing import ClassVar

from flopcalc.dataclass import dataclass
from flopcalc.layers.base import Layer, Shape, attribute
from flopcalc.number import Number

__all__ = ["ACTIVATIONS", "Activation"]

ACTIVATIONS = (
    "relu",
    "relu6",
    "prelu",
    "sigmoid",
    "hard_sigmoid",
    "swish",
    "hard_swish",
    "gelu",
    "tanh",
    "softmax",
)
"""The functions, each a primitive of its own name as well."""


@dataclass(frozen=True, kw_only=True)
class Activation(Layer):
    """A function of every element; prelu learns one slope a channel. Kind ``none`` is no layer at all."""

    name: ClassVar[str] = "activation"
    families: ClassVar[tuple[str, ...]] = ("activation",)
    follows: ClassVar[bool] = True
    absent_by: ClassVar[str] = "kind"

    kind: str = attribute("word", choices=(*ACTIVATIONS, "none"), help="which function")

    @property
    def reported_kind(self) -> str:
        return self.kind

    @property
    def absent(self) -> bool:
        return self.kind == "none"

    def scales(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return output[0] if self.kind == "prelu" else 0
