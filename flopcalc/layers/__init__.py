"""The primitive layers, in one explicit table: word of the language, class, attributes that the word sets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from flopcalc.dataclass import dataclass, field
from flopcalc.layers.activation import ACTIVATIONS, Activation
from flopcalc.layers.base import FORMS, Attribute, Layer, Shape, show_shape, volume
from flopcalc.layers.conv import Conv, Depthwise, TransposedConv
from flopcalc.layers.linear import Linear, Matmul
from flopcalc.layers.merge import Add, Concat, Multiply
from flopcalc.layers.norm import Norm
from flopcalc.layers.pool import AdaptiveAvgPool, AvgPool, GlobalPool, MaxPool
from flopcalc.layers.reach import POINTWISE, SAME, SINGLE, Reach, Resampled, Unknown, Whole, Window
from flopcalc.layers.reshape import (
    ChannelShuffle,
    Dropout,
    Flatten,
    Identity,
    Pad,
    Reshape,
    Slice,
    Split,
    Upsample,
)
from flopcalc.number import Value

__all__ = [
    "FORMS",
    "LAYERS",
    "POINTWISE",
    "SAME",
    "SINGLE",
    "Add",
    "Attribute",
    "Concat",
    "Layer",
    "Primitive",
    "Reach",
    "Resampled",
    "Shape",
    "Slice",
    "Split",
    "Unknown",
    "Whole",
    "Window",
    "kinds",
    "show_shape",
    "volume",
]


@dataclass(frozen=True, slots=True)
class Primitive:
    """A word of the language, the layer that it stands for, and the attributes that it settles."""

    layer: type[Layer]
    preset: Mapping[str, Value] = field(default_factory=dict)

    def attributes(self) -> tuple[Attribute, ...]:
        """Return the attributes that a spec may give."""
        return tuple(attribute for attribute in self.layer.attributes() if attribute.name not in self.preset)

    @property
    def sure(self) -> bool:
        """Whether every use of it is a layer: no attribute may say that there is none.

        Examples
        --------
        >>> LAYERS["relu"].sure, LAYERS["activation"].sure
        (True, False)
        """
        return not self.layer.absent_by or self.layer.absent_by in self.preset


LAYERS: Mapping[str, Primitive] = {
    "conv": Primitive(Conv),
    "depthwise": Primitive(Depthwise),
    "transposed_conv": Primitive(TransposedConv),
    "linear": Primitive(Linear),
    "matmul": Primitive(Matmul),
    "norm": Primitive(Norm),
    "activation": Primitive(Activation),
    **{name: Primitive(Activation, {"kind": name}) for name in ACTIVATIONS},
    "max_pool": Primitive(MaxPool),
    "avg_pool": Primitive(AvgPool),
    "global_pool": Primitive(GlobalPool),
    "adaptive_avg_pool": Primitive(AdaptiveAvgPool),
    "add": Primitive(Add),
    "multiply": Primitive(Multiply),
    "concat": Primitive(Concat),
    "split": Primitive(Split),
    "slice": Primitive(Slice),
    "channel_shuffle": Primitive(ChannelShuffle),
    "flatten": Primitive(Flatten),
    "reshape": Primitive(Reshape),
    "pad": Primitive(Pad),
    "upsample": Primitive(Upsample),
    "dropout": Primitive(Dropout),
    "identity": Primitive(Identity),
}


@cache
def kinds() -> Mapping[str, tuple[Primitive, ...]]:
    """Return the words that rules may speak of layers by: words of the language, names of layers, families.

    Examples
    --------
    >>> [primitive.layer.name for primitive in kinds()["conv"]]
    ['conv', 'depthwise', 'transposed_conv']
    """
    found: dict[str, list[Primitive]] = {}
    for word, primitive in LAYERS.items():
        for known in dict.fromkeys((word, primitive.layer.name, *primitive.layer.families)):
            found.setdefault(known, []).append(primitive)
    return {word: tuple(primitives) for word, primitives in found.items()}
