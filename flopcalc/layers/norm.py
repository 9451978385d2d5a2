"""Normalisation: a scale and a shift for every channel, or for every element of some axes."""

from __future__ import annotations

from typing import ClassVar

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.layers.base import Layer, Shape, attribute
from flopcalc.number import Arithmetic, Number, is_rational, product

__all__ = ["Norm"]

_PLAIN = ("local_response",)
"""The kinds that learn nothing."""


@dataclass(frozen=True, kw_only=True)
class Norm(Layer):
    """Normalisation: 2C learnable parameters, scale and shift (running statistics are not learnable).

    An rms norm has no shift, and a local response norm learns nothing. With `axis` a scale and a shift are learned for
    every element of those axes, as in a layer norm over all of a map.
    """

    name: ClassVar[str] = "norm"
    normalises: ClassVar[bool] = True
    follows: ClassVar[bool] = True

    kind: str = attribute(
        "word",
        "batch",
        choices=("batch", "layer", "group", "instance", "rms", "local_response"),
        help="over what the mean is taken",
    )
    groups: Number = attribute("whole", 1, help="groups of a group norm")
    affine: bool = attribute("flag", True, help="whether scale and shift are learned")
    bias: bool | None = attribute(
        "flag",
        optional=True,
        help="whether a shift is learned beside the scale; of all but an rms norm if not given",
    )
    axis: tuple[int, ...] | None = attribute(
        "axes", optional=True, help="for which axes: channels, where not given, map, all, an axis or a list of axes"
    )

    @property
    def scales_channels(self) -> bool:  # type: ignore[override]
        """Whether it is a batch norm: its mean and variance are constants, once it has been trained."""
        return self.kind == "batch" and self.axis in (None, (0,))

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        channels = inputs[0][0]
        if is_rational(channels) and is_rational(self.groups) and channels % self.groups:
            raise Fault(
                f"{channels} channels do not divide into {self.groups} groups", expected=f"a multiple of {self.groups}"
            )

    def statistics(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return 2 * output[0] if self.kind == "batch" else 0

    def scales(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        if not self.affine or self.kind in _PLAIN:
            return 0
        elements = output[0] if self.axis is None else product(*(output[axis] for axis in self.axis))
        shifts = self.kind != "rms" if self.bias is None else self.bias
        return 2 * elements if shifts else elements
