"""The primitive layers, in one explicit table: word of the language, class, attributes that the word sets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from flopcalc.dataclass import dataclass, field
from flopcalc.layers.activation import ACTIVATIONS, LATER, Activation
from flopcalc.layers.base import (
    AXES,
    FORMS,
    KEPT,
    MOST_SIDES,
    PADDINGS,
    Attribute,
    Layer,
    Margin,
    Shape,
    show_shape,
    sides_called,
    volume,
)
from flopcalc.layers.conv import Conv, Depthwise, TransposedConv
from flopcalc.layers.custom import Custom
from flopcalc.layers.learned import Embedding, LearnedTensor, Scale
from flopcalc.layers.linear import Einsum, Linear, Matmul
from flopcalc.layers.merge import Add, Concat, Divide, Maximum, Minimum, Multiply, Subtract
from flopcalc.layers.norm import Norm
from flopcalc.layers.pool import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    GlobalMaxPool,
    GlobalPool,
    MaxPool,
    MaxUnpool,
)
from flopcalc.layers.reach import SAME, SINGLE, WHOLE, Reach, Resampled, Unknown, Whole, Window, passes
from flopcalc.layers.reshape import (
    ChannelShuffle,
    Crop,
    Dropout,
    Flatten,
    Gather,
    Identity,
    Pad,
    Permute,
    PixelShuffle,
    PixelUnshuffle,
    Reduce,
    Reshape,
    Roll,
    Slice,
    Split,
    Unfold,
    Upsample,
)
from flopcalc.layers.sampling import DeformableConv, DynamicConv, GridSample
from flopcalc.number import Value

__all__ = [
    "AXES",
    "FORMS",
    "KEPT",
    "LAYERS",
    "MOST_SIDES",
    "PADDINGS",
    "SAME",
    "SINGLE",
    "WHOLE",
    "Add",
    "Attribute",
    "Concat",
    "Layer",
    "Margin",
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
    "passes",
    "show_shape",
    "sides_called",
    "volume",
]


@dataclass(frozen=True, slots=True)
class Primitive:
    """A word of the language, the layer that it stands for, and the attributes that it settles."""

    layer: type[Layer]
    preset: Mapping[str, Value] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    """Attributes of the layer that are another word's."""
    yields: bool = False
    """Whether a block that a file has of this name hides it."""

    def attributes(self) -> tuple[Attribute, ...]:
        """Return the attributes that a spec may give."""
        others = (*self.preset, *self.hidden)
        return tuple(attribute for attribute in self.layer.attributes() if attribute.name not in others)

    @property
    def sure(self) -> bool:
        """Whether every use of it is a layer: no attribute may say that there is none.

        Examples
        --------
        >>> LAYERS["relu"].sure, LAYERS["activation"].sure
        (True, False)
        """
        return not self.layer.absent_by or self.layer.absent_by in self.preset


_OF_SOME: Mapping[str, str] = {"softmax": "axis", "prelu": "slopes"}
"""By activation, the attribute that it alone has."""


def _activation(kind: str) -> Primitive:
    hidden = tuple(name for word, name in _OF_SOME.items() if word != kind)
    return Primitive(Activation, {"kind": kind}, hidden, kind in LATER)


LAYERS: Mapping[str, Primitive] = {
    "conv": Primitive(Conv),
    "depthwise": Primitive(Depthwise),
    "transposed_conv": Primitive(TransposedConv),
    "linear": Primitive(Linear),
    "matmul": Primitive(Matmul),
    "norm": Primitive(Norm),
    "activation": Primitive(Activation),
    **{kind: _activation(kind) for kind in ACTIVATIONS},
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
    "parameter": Primitive(LearnedTensor, yields=True),
    "scale": Primitive(Scale, yields=True),
    "embedding": Primitive(Embedding, yields=True),
    "custom": Primitive(Custom, yields=True),
    "einsum": Primitive(Einsum, yields=True),
    "deformable_conv": Primitive(DeformableConv, yields=True),
    "dynamic_conv": Primitive(DynamicConv, yields=True),
    "grid_sample": Primitive(GridSample, yields=True),
    "global_max_pool": Primitive(GlobalMaxPool, yields=True),
    "adaptive_max_pool": Primitive(AdaptiveMaxPool, yields=True),
    "max_unpool": Primitive(MaxUnpool, yields=True),
    "subtract": Primitive(Subtract, yields=True),
    "divide": Primitive(Divide, yields=True),
    "maximum": Primitive(Maximum, yields=True),
    "minimum": Primitive(Minimum, yields=True),
    "permute": Primitive(Permute, yields=True),
    "crop": Primitive(Crop, yields=True),
    "reduce": Primitive(Reduce, yields=True),
    "pixel_shuffle": Primitive(PixelShuffle, yields=True),
    "pixel_unshuffle": Primitive(PixelUnshuffle, yields=True),
    "roll": Primitive(Roll, yields=True),
    "gather": Primitive(Gather, yields=True),
    "unfold": Primitive(Unfold, yields=True),
}


@cache
def kinds() -> Mapping[str, tuple[Primitive, ...]]:
    """Return the words that rules may speak of layers by: words of the language, names of layers, families.

    Examples
    --------
    >>> [primitive.layer.name for primitive in kinds()["conv"]]
    ['conv', 'depthwise', 'transposed_conv', 'deformable_conv', 'dynamic_conv']
    """
    found: dict[str, list[Primitive]] = {}
    for word, primitive in LAYERS.items():
        for known in dict.fromkeys((word, primitive.layer.name, *primitive.layer.families)):
            found.setdefault(known, []).append(primitive)
    return {word: tuple(primitives) for word, primitives in found.items()}
