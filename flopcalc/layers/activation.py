"""Activation functions, element by element; softmax among them."""

from __future__ import annotations

from typing import ClassVar

from flopcalc.dataclass import dataclass
from flopcalc.layers.base import Layer, Shape, attribute, over_sides, volume
from flopcalc.layers.reach import Reach, pointwise
from flopcalc.number import Number

__all__ = ["ACTIVATIONS", "LATER", "Activation"]

LATER = (
    "leaky_relu",
    "elu",
    "selu",
    "celu",
    "mish",
    "softplus",
    "softsign",
    "log_sigmoid",
    "hard_tanh",
    "clip",
    "square",
    "sqrt",
    "exp",
    "log",
    "erf",
    "function",
)
"""Functions whose words a block of a file may hide, since files had blocks before there were these words."""

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
    *LATER,
)
"""The functions, each a primitive of its own name as well."""


_FROM_OUTPUT = (
    "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "hard_tanh", "clip", "sigmoid", "hard_sigmoid", "tanh",
    "softmax", "exp", "sqrt",
)  # fmt: skip
"""Functions whose derivative follows from what they write: they keep that, which the next layer often keeps as well.

PyTorch (tools/autograd/derivatives.yaml) keeps the same of relu, sigmoid, tanh, softmax, exp and sqrt, and of relu6,
leaky_relu and elu where they are in place; else their input, as of clip and hard_sigmoid.
"""


@dataclass(frozen=True, kw_only=True)
class Activation(Layer):
    """A function of every element; prelu learns one slope a channel, one in all or one an element.

    Softmax divides by a sum along an axis. Kind ``none`` is no layer at all.
    """

    name: ClassVar[str] = "activation"
    families: ClassVar[tuple[str, ...]] = ("activation",)
    follows: ClassVar[bool] = True
    absent_by: ClassVar[str] = "kind"

    kind: str = attribute("word", choices=(*ACTIVATIONS, "none"), help="which function")
    axis: Number | None = attribute("axis", optional=True, help="along which a softmax sums; the channels if not given")
    slopes: str | None = attribute(
        "word",
        optional=True,
        choices=("channel", "one", "element"),
        help="how many slopes a prelu has: one a channel where not given",
    )

    @property
    def reported_kind(self) -> str:
        return self.kind

    @property
    def absent(self) -> bool:
        return self.kind == "none"

    @property
    def elementwise(self) -> bool:  # type: ignore[override]
        """Whether it is a function of single elements; a softmax reads a whole axis before it writes the first one."""
        return self.kind != "softmax"

    @property
    def keeps(self) -> str:  # type: ignore[override]
        """What it keeps for the backward pass."""
        return "output" if self.kind in _FROM_OUTPUT else "inputs"

    def scales(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        if self.kind != "prelu":
            return 0
        return 1 if self.slopes == "one" else volume(output) if self.slopes == "element" else output[0]

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        return over_sides(inputs[0], (self.axis,)) if self.kind == "softmax" else pointwise(len(inputs[0]) - 1)
