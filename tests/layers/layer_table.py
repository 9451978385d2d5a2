"""The table of every primitive's cases: one row each, with the costs written by hand from the design's formulas.

A new primitive is one more row here, and its loop in ``brute_force.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from brute_force import Shape

from flopcalc.layers import LAYERS


@dataclass(frozen=True, kw_only=True)
class Row:
    """A layer on some shapes, and what the design says that it costs."""

    word: str
    inputs: tuple[Shape, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    output: Shape
    params: int = 0
    weights: int = 0
    madds: int = 0
    mac: int
    activations: int = 0
    window: int = 1

    def __str__(self) -> str:
        given = ",".join(f"{name}={value}".replace(" ", "") for name, value in self.attributes.items())
        shapes = "+".join("x".join(map(str, shape)) for shape in self.inputs)
        return f"{self.word}({given})@{shapes}"

    @property
    def expected(self) -> dict[str, int]:
        """The costs of the design's table, by the names of ``Cost``."""
        names = ("params", "weights", "madds", "mac", "activations")
        return {name: getattr(self, name) for name in names}

    def settings(self) -> dict[str, Any]:
        """Return every attribute of the word, with its default where the row does not give it."""
        return {
            attribute.name: _paired(self.attributes.get(attribute.name, attribute.default), attribute.type)
            for attribute in LAYERS[self.word].attributes()
        }


def _paired(value: Any, kind: str) -> Any:
    return (value, value) if kind in ("pair", "sizes", "padding") and type(value) is int else value


def row(
    word: str,
    shapes: Shape | list[Shape],
    attributes: Mapping[str, Any] | None = None,
    /,
    *,
    output: Shape,
    mac: int,
    params: int = 0,
    weights: int = 0,
    madds: int = 0,
    activations: int = 0,
    window: int = 1,
) -> Row:
    inputs = tuple(shapes) if isinstance(shapes, list) else (shapes,)
    return Row(
        word=word,
        inputs=inputs,
        attributes=attributes or {},
        output=output,
        params=params,
        weights=weights,
        madds=madds,
        mac=mac,
        activations=activations,
        window=window,
    )


# params: K_h·K_w·C_in·C_out/g (+ C_out with bias); madds: weights·H_out·W_out (of a transposed one: ·H_in·W_in);
# mac: inputs + params + outputs.
CONV = [
    row("conv", (4, 5, 7), {"out": 6, "kernel": 3},
        output=(6, 5, 7), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 35,
        mac=4 * 35 + 9 * 4 * 6 + 6 * 35, activations=6 * 35),
    row("conv", (4, 5, 7), {"out": 9, "kernel": 3},
        output=(9, 5, 7), window=9, params=9 * 4 * 9, weights=9 * 4 * 9, madds=9 * 4 * 9 * 35,
        mac=4 * 35 + 9 * 4 * 9 + 9 * 35, activations=9 * 35),
    row("conv", (4, 5, 7), {"out": 6, "kernel": 1},
        output=(6, 5, 7), window=1, params=4 * 6, weights=4 * 6, madds=4 * 6 * 35,
        mac=35 * (4 + 6) + 4 * 6, activations=6 * 35),
    row("conv", (4, 5, 7), {"out": 6, "kernel": (1, 5)},
        output=(6, 5, 7), window=5, params=5 * 4 * 6, weights=5 * 4 * 6, madds=5 * 4 * 6 * 35,
        mac=4 * 35 + 5 * 4 * 6 + 6 * 35, activations=6 * 35),
    row("conv", (4, 5, 7), {"out": 6, "kernel": (2, 3), "padding": 0},
        output=(6, 4, 5), window=6, params=6 * 4 * 6, weights=6 * 4 * 6, madds=6 * 4 * 6 * 20,
        mac=4 * 35 + 6 * 4 * 6 + 6 * 20, activations=6 * 20),
    row("conv", (4, 5, 7), {"out": 6, "kernel": 3, "stride": 2},  # an odd side: ⌊(5 − 1)/2⌋ + 1 = 3
        output=(6, 3, 4), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 12,
        mac=4 * 35 + 9 * 4 * 6 + 6 * 12, activations=6 * 12),
    row("conv", (4, 6, 8), {"out": 6, "kernel": 3, "stride": 2},
        output=(6, 3, 4), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 12,
        mac=4 * 48 + 9 * 4 * 6 + 6 * 12, activations=6 * 12),
    row("conv", (4, 6, 9), {"out": 6, "kernel": 3, "stride": (2, 3)},
        output=(6, 3, 3), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 9,
        mac=4 * 54 + 9 * 4 * 6 + 6 * 9, activations=6 * 9),
    row("conv", (4, 5, 7), {"out": 6, "kernel": 1, "stride": 2},  # reads the whole map though it skips three quarters
        output=(6, 3, 4), window=1, params=4 * 6, weights=4 * 6, madds=4 * 6 * 12,
        mac=4 * 35 + 4 * 6 + 6 * 12, activations=6 * 12),
    row("conv", (4, 5, 7), {"out": 6, "kernel": 3, "padding": 0},
        output=(6, 3, 5), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 15,
        mac=4 * 35 + 9 * 4 * 6 + 6 * 15, activations=6 * 15),
    row("conv", (4, 5, 7), {"out": 6, "kernel": 3, "padding": 2},
        output=(6, 7, 9), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 63,
        mac=4 * 35 + 9 * 4 * 6 + 6 * 63, activations=6 * 63),
    row("conv", (4, 5, 7), {"out": 6, "kernel": 3, "padding": (0, 1)},
        output=(6, 3, 7), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 21,
        mac=4 * 35 + 9 * 4 * 6 + 6 * 21, activations=6 * 21),
    row("conv", (4, 7, 9), {"out": 6, "kernel": 3, "padding": 0, "dilation": 2},  # spans 5
        output=(6, 3, 5), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 15,
        mac=4 * 63 + 9 * 4 * 6 + 6 * 15, activations=6 * 15),
    row("conv", (4, 7, 9), {"out": 6, "kernel": 3, "padding": 0, "dilation": (1, 3)},  # spans 3×7
        output=(6, 5, 3), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 15,
        mac=4 * 63 + 9 * 4 * 6 + 6 * 15, activations=6 * 15),
    row("conv", (4, 7, 9), {"out": 6, "kernel": (3, 5), "dilation": (2, 1), "stride": (1, 2)},  # same: 2 and 2
        output=(6, 7, 5), window=15, params=15 * 4 * 6, weights=15 * 4 * 6, madds=15 * 4 * 6 * 35,
        mac=4 * 63 + 15 * 4 * 6 + 6 * 35, activations=6 * 35),
    row("conv", (4, 5, 7), {"out": 6, "kernel": 3, "groups": 2},
        output=(6, 5, 7), window=9, params=9 * 4 * 6 // 2, weights=9 * 4 * 6 // 2, madds=9 * 4 * 6 // 2 * 35,
        mac=4 * 35 + 9 * 4 * 6 // 2 + 6 * 35, activations=6 * 35),
    row("conv", (4, 5, 7), {"out": 4, "kernel": 3, "groups": 4},  # a depthwise convolution
        output=(4, 5, 7), window=9, params=9 * 4, weights=9 * 4, madds=9 * 4 * 35,
        mac=4 * 35 + 9 * 4 + 4 * 35, activations=4 * 35),
    row("conv", (4, 5, 7), {"out": 6, "kernel": 3, "bias": True},
        output=(6, 5, 7), window=9, params=9 * 4 * 6 + 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 35,
        mac=4 * 35 + 9 * 4 * 6 + 6 + 6 * 35, activations=6 * 35),
    row("conv", (6, 7, 4), {"out": 4, "kernel": (3, 2), "stride": (2, 1), "padding": (1, 2), "dilation": (1, 2),
                            "groups": 2, "bias": True},  # ⌊(7+2−2−1)/2⌋+1 = 4, 4+4−2−1+1 = 6
        output=(4, 4, 6), window=6, params=6 * 6 * 4 // 2 + 4, weights=6 * 6 * 4 // 2, madds=6 * 6 * 4 // 2 * 24,
        mac=6 * 28 + 6 * 6 * 4 // 2 + 4 + 4 * 24, activations=4 * 24),
    row("conv", (3, 1, 1), {"out": 2, "kernel": 3},  # 3 C_in C_out taps, eight of nine on the padding
        output=(2, 1, 1), window=9, params=9 * 3 * 2, weights=9 * 3 * 2, madds=9 * 3 * 2,
        mac=3 + 9 * 3 * 2 + 2, activations=2),
]  # fmt: skip

DEPTHWISE = [
    row("depthwise", (4, 5, 7), {"kernel": 3},
        output=(4, 5, 7), window=9, params=9 * 4, weights=9 * 4, madds=9 * 4 * 35,
        mac=2 * 4 * 35 + 9 * 4, activations=4 * 35),
    row("depthwise", (4, 5, 7), {"kernel": (5, 3)},
        output=(4, 5, 7), window=15, params=15 * 4, weights=15 * 4, madds=15 * 4 * 35,
        mac=2 * 4 * 35 + 15 * 4, activations=4 * 35),
    row("depthwise", (4, 5, 7), {"kernel": 3, "multiplier": 2},
        output=(8, 5, 7), window=9, params=9 * 8, weights=9 * 8, madds=9 * 8 * 35,
        mac=4 * 35 + 9 * 8 + 8 * 35, activations=8 * 35),
    row("depthwise", (4, 5, 7), {"kernel": 3, "stride": 2},
        output=(4, 3, 4), window=9, params=9 * 4, weights=9 * 4, madds=9 * 4 * 12,
        mac=4 * 35 + 9 * 4 + 4 * 12, activations=4 * 12),
    row("depthwise", (4, 5, 7), {"kernel": 3, "stride": (1, 2)},
        output=(4, 5, 4), window=9, params=9 * 4, weights=9 * 4, madds=9 * 4 * 20,
        mac=4 * 35 + 9 * 4 + 4 * 20, activations=4 * 20),
    row("depthwise", (4, 5, 7), {"kernel": 3, "padding": 0},
        output=(4, 3, 5), window=9, params=9 * 4, weights=9 * 4, madds=9 * 4 * 15,
        mac=4 * 35 + 9 * 4 + 4 * 15, activations=4 * 15),
    row("depthwise", (4, 5, 7), {"kernel": 3, "padding": 0, "dilation": 2},
        output=(4, 1, 3), window=9, params=9 * 4, weights=9 * 4, madds=9 * 4 * 3,
        mac=4 * 35 + 9 * 4 + 4 * 3, activations=4 * 3),
    row("depthwise", (4, 5, 7), {"kernel": 3, "dilation": 2},  # same
        output=(4, 5, 7), window=9, params=9 * 4, weights=9 * 4, madds=9 * 4 * 35,
        mac=2 * 4 * 35 + 9 * 4, activations=4 * 35),
    row("depthwise", (4, 5, 7), {"kernel": 3, "bias": True},
        output=(4, 5, 7), window=9, params=9 * 4 + 4, weights=9 * 4, madds=9 * 4 * 35,
        mac=2 * 4 * 35 + 9 * 4 + 4, activations=4 * 35),
    row("depthwise", (2, 6, 9), {"kernel": (2, 3), "stride": (2, 3), "padding": (0, 1), "dilation": (3, 1),
                                 "multiplier": 3, "bias": True},  # ⌊(6−3−1)/2⌋+1 = 2, ⌊(9+2−2−1)/3⌋+1 = 3
        output=(6, 2, 3), window=6, params=6 * 6 + 6, weights=6 * 6, madds=6 * 6 * 6,
        mac=2 * 54 + 6 * 6 + 6 + 6 * 6, activations=6 * 6),
]  # fmt: skip

# side: (H − 1)·s − 2p + d(k − 1) + output_padding + 1
TRANSPOSED_CONV = [
    row("transposed_conv", (4, 3, 5), {"out": 6, "kernel": 3},
        output=(6, 3, 5), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 15,
        mac=4 * 15 + 9 * 4 * 6 + 6 * 15, activations=6 * 15),
    row("transposed_conv", (4, 3, 5), {"out": 2, "kernel": 3},
        output=(2, 3, 5), window=9, params=9 * 4 * 2, weights=9 * 4 * 2, madds=9 * 4 * 2 * 15,
        mac=4 * 15 + 9 * 4 * 2 + 2 * 15, activations=2 * 15),
    row("transposed_conv", (4, 3, 5), {"out": 6, "kernel": (5, 1)},
        output=(6, 3, 5), window=5, params=5 * 4 * 6, weights=5 * 4 * 6, madds=5 * 4 * 6 * 15,
        mac=4 * 15 + 5 * 4 * 6 + 6 * 15, activations=6 * 15),
    row("transposed_conv", (4, 3, 5), {"out": 6, "kernel": 3, "stride": 2},
        output=(6, 5, 9), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 15,
        mac=4 * 15 + 9 * 4 * 6 + 6 * 45, activations=6 * 45),
    row("transposed_conv", (4, 3, 5), {"out": 6, "kernel": 3, "stride": (2, 1)},
        output=(6, 5, 5), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 15,
        mac=4 * 15 + 9 * 4 * 6 + 6 * 25, activations=6 * 25),
    row("transposed_conv", (4, 3, 5), {"out": 6, "kernel": 2, "stride": 2, "padding": 0},  # doubles the side
        output=(6, 6, 10), window=4, params=4 * 4 * 6, weights=4 * 4 * 6, madds=4 * 4 * 6 * 15,
        mac=4 * 15 + 4 * 4 * 6 + 6 * 60, activations=6 * 60),
    row("transposed_conv", (4, 3, 5), {"out": 6, "kernel": 2, "stride": 3, "padding": 0},  # leaves gaps of one
        output=(6, 8, 14), window=4, params=4 * 4 * 6, weights=4 * 4 * 6, madds=4 * 4 * 6 * 15,
        mac=4 * 15 + 4 * 4 * 6 + 6 * 112, activations=6 * 112),
    row("transposed_conv", (4, 3, 5), {"out": 6, "kernel": 3, "stride": 2, "output_padding": 1},
        output=(6, 6, 10), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 15,
        mac=4 * 15 + 9 * 4 * 6 + 6 * 60, activations=6 * 60),
    row("transposed_conv", (4, 3, 5), {"out": 6, "kernel": 3, "stride": 2, "output_padding": (1, 0)},
        output=(6, 6, 9), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 15,
        mac=4 * 15 + 9 * 4 * 6 + 6 * 54, activations=6 * 54),
    row("transposed_conv", (4, 3, 5), {"out": 6, "kernel": 3, "padding": 0},
        output=(6, 5, 7), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 15,
        mac=4 * 15 + 9 * 4 * 6 + 6 * 35, activations=6 * 35),
    row("transposed_conv", (4, 3, 5), {"out": 6, "kernel": 3, "padding": 0, "dilation": 2},
        output=(6, 7, 9), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 15,
        mac=4 * 15 + 9 * 4 * 6 + 6 * 63, activations=6 * 63),
    row("transposed_conv", (4, 3, 5), {"out": 6, "kernel": 4, "stride": 2, "padding": (1, 2), "dilation": (1, 2)},
        output=(6, 6, 11), window=16, params=16 * 4 * 6, weights=16 * 4 * 6, madds=16 * 4 * 6 * 15,
        mac=4 * 15 + 16 * 4 * 6 + 6 * 66, activations=6 * 66),
    row("transposed_conv", (4, 3, 5), {"out": 6, "kernel": 3, "groups": 2},
        output=(6, 3, 5), window=9, params=9 * 4 * 6 // 2, weights=9 * 4 * 6 // 2, madds=9 * 4 * 6 // 2 * 15,
        mac=4 * 15 + 9 * 4 * 6 // 2 + 6 * 15, activations=6 * 15),
    row("transposed_conv", (4, 3, 5), {"out": 6, "kernel": 3, "bias": True},
        output=(6, 3, 5), window=9, params=9 * 4 * 6 + 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 15,
        mac=4 * 15 + 9 * 4 * 6 + 6 + 6 * 15, activations=6 * 15),
]  # fmt: skip

PRODUCTS = [
    row("linear", (12, 1, 1), {"out": 10},
        output=(10, 1, 1), params=12 * 10 + 10, weights=12 * 10, madds=12 * 10,
        mac=12 + 12 * 10 + 10 + 10, activations=10),
    row("linear", (12, 1, 1), {"out": 7},
        output=(7, 1, 1), params=12 * 7 + 7, weights=12 * 7, madds=12 * 7,
        mac=12 + 12 * 7 + 7 + 7, activations=7),
    row("linear", (12, 1, 1), {"out": 10, "bias": False},
        output=(10, 1, 1), params=12 * 10, weights=12 * 10, madds=12 * 10,
        mac=12 + 12 * 10 + 10, activations=10),
    row("matmul", [(2, 3, 5), (2, 5, 4)],  # B·M·K·N
        output=(2, 3, 4), madds=2 * 3 * 5 * 4, mac=2 * 3 * 5 + 2 * 5 * 4 + 2 * 3 * 4, activations=2 * 3 * 4),
    row("matmul", [(2, 3, 5), (2, 4, 5)], {"transpose": True},
        output=(2, 3, 4), madds=2 * 3 * 5 * 4, mac=2 * 3 * 5 + 2 * 4 * 5 + 2 * 3 * 4, activations=2 * 3 * 4),
    row("matmul", [(2, 3, 5), (2, 5, 5)],
        output=(2, 3, 5), madds=2 * 3 * 5 * 5, mac=2 * 3 * 5 + 2 * 5 * 5 + 2 * 3 * 5, activations=2 * 3 * 5),
]  # fmt: skip

NORM_AND_ACTIVATION = [
    row("norm", (6, 5, 7), output=(6, 5, 7), params=2 * 6, mac=2 * 6 * 35 + 2 * 6),
    row("norm", (6, 5, 7), {"affine": False}, output=(6, 5, 7), mac=2 * 6 * 35),
    row("norm", (6, 5, 7), {"kind": "layer"}, output=(6, 5, 7), params=2 * 6, mac=2 * 6 * 35 + 2 * 6),
    row("norm", (6, 5, 7), {"kind": "group"}, output=(6, 5, 7), params=2 * 6, mac=2 * 6 * 35 + 2 * 6),
    row("norm", (6, 5, 7), {"kind": "group", "groups": 3}, output=(6, 5, 7), params=2 * 6, mac=2 * 6 * 35 + 2 * 6),
    row("activation", (6, 5, 7), {"kind": "relu"}, output=(6, 5, 7), mac=2 * 6 * 35),
    row("activation", (6, 5, 7), {"kind": "hard_swish"}, output=(6, 5, 7), mac=2 * 6 * 35),
    row("activation", (6, 5, 7), {"kind": "prelu"}, output=(6, 5, 7), params=6, mac=2 * 6 * 35 + 6),
    row("relu", (6, 5, 7), output=(6, 5, 7), mac=2 * 6 * 35),
    row("relu6", (6, 5, 7), output=(6, 5, 7), mac=2 * 6 * 35),
    row("prelu", (6, 5, 7), output=(6, 5, 7), params=6, mac=2 * 6 * 35 + 6),
    row("sigmoid", (6, 1, 1), output=(6, 1, 1), mac=2 * 6),
    row("hard_sigmoid", (6, 1, 1), output=(6, 1, 1), mac=2 * 6),
    row("swish", (6, 5, 7), output=(6, 5, 7), mac=2 * 6 * 35),
    row("hard_swish", (6, 5, 7), output=(6, 5, 7), mac=2 * 6 * 35),
    row("gelu", (6, 5, 7), output=(6, 5, 7), mac=2 * 6 * 35),
    row("tanh", (6, 5, 7), output=(6, 5, 7), mac=2 * 6 * 35),
    row("softmax", (6, 5, 7), output=(6, 5, 7), mac=2 * 6 * 35),
]

# mac: inputs + outputs, whatever the windows cover
POOLS = [
    *(
        case
        for word in ("max_pool", "avg_pool")
        for case in (
            row(word, (4, 6, 9), {"kernel": 3},  # the stride is the kernel
                output=(4, 2, 3), window=9, mac=4 * 54 + 4 * 6),
            row(word, (4, 6, 9), {"kernel": (2, 3)},
                output=(4, 3, 3), window=6, mac=4 * 54 + 4 * 9),
            row(word, (4, 6, 9), {"kernel": 3, "stride": 2},
                output=(4, 2, 4), window=9, mac=4 * 54 + 4 * 8),
            row(word, (4, 6, 9), {"kernel": 3, "stride": (1, 2)},
                output=(4, 4, 4), window=9, mac=4 * 54 + 4 * 16),
            row(word, (4, 6, 9), {"kernel": 3, "stride": 2, "padding": 1},
                output=(4, 3, 5), window=9, mac=4 * 54 + 4 * 15),
            row(word, (4, 6, 9), {"kernel": 3, "stride": 2, "padding": (0, 1)},
                output=(4, 2, 5), window=9, mac=4 * 54 + 4 * 10),
            row(word, (4, 5, 7), {"kernel": 3, "stride": 1, "padding": "same"},
                output=(4, 5, 7), window=9, mac=2 * 4 * 35),
            row(word, (4, 6, 9), {"kernel": 3, "stride": 2, "ceil_mode": True},
                output=(4, 3, 4), window=9, mac=4 * 54 + 4 * 12),
            row(word, (4, 8, 9), {"kernel": 3, "stride": 2, "padding": 1, "ceil_mode": True},
                output=(4, 5, 5), window=9, mac=4 * 72 + 4 * 25),
            row(word, (4, 4, 3), {"kernel": 2, "stride": 3, "ceil_mode": True},
                # ⌈2/3⌉ + 1 = 2 starts at 3 of 4: stays; ⌈1/3⌉ + 1 = 2 starts at 3 of 3: clipped
                output=(4, 2, 1), window=4, mac=4 * 12 + 4 * 2),
            row(word, (4, 3, 6), {"kernel": 2, "stride": 3, "padding": 1, "ceil_mode": True},
                # ⌈3/3⌉ + 1 = 2; ⌈6/3⌉ + 1 = 3 starts at 6 of 6 + 1 with the padding: stays
                output=(4, 2, 3), window=4, mac=4 * 18 + 4 * 6),
            row(word, (4, 2, 4), {"kernel": 3, "stride": 2, "ceil_mode": True},  # its first window lacks a row
                output=(4, 1, 2), window=9, mac=4 * 8 + 4 * 2),
        )
    ),
    row("max_pool", (4, 6, 9), {"kernel": 3, "stride": 2, "dilation": 2},  # spans 5
        output=(4, 1, 3), window=9, mac=4 * 54 + 4 * 3),
    row("max_pool", (4, 6, 9), {"kernel": 3, "stride": 1, "padding": "same", "dilation": (1, 2)},
        output=(4, 6, 9), window=9, mac=2 * 4 * 54),
    row("max_pool", (4, 6, 9), {"kernel": 1}, output=(4, 6, 9), window=1, mac=0),
    row("max_pool", (4, 6, 9), {"kernel": 1, "stride": 2}, output=(4, 3, 5), window=1, mac=4 * 54 + 4 * 15),
    row("max_pool", (4, 6, 9), {"kernel": 3, "stride": 1, "padding": 1}, output=(4, 6, 9), window=9, mac=2 * 4 * 54),
    row("avg_pool", (4, 1, 1), {"kernel": 1, "stride": 2}, output=(4, 1, 1), window=1, mac=0),
    row("global_pool", (4, 1, 1), output=(4, 1, 1), window=1, mac=0),
    row("adaptive_avg_pool", (4, 5, 7), {"size": (5, 7)}, output=(4, 5, 7), window=1, mac=0),
    row("adaptive_avg_pool", (4, 5, 7), {"size": (5, 1)}, output=(4, 5, 1), window=7, mac=4 * 35 + 4 * 5),
    row("global_pool", (4, 5, 7), output=(4, 1, 1), window=35, mac=4 * 35 + 4),
    row("adaptive_avg_pool", (4, 6, 8), {"size": 2}, output=(4, 2, 2), window=12, mac=4 * 48 + 4 * 4),
    row("adaptive_avg_pool", (4, 6, 8), {"size": (3, 2)}, output=(4, 3, 2), window=8, mac=4 * 48 + 4 * 6),
    row("adaptive_avg_pool", (4, 5, 7), {"size": 2}, output=(4, 2, 2), window=12, mac=4 * 35 + 4 * 4),
    row("adaptive_avg_pool", (4, 2, 1), {"size": (4, 3)}, output=(4, 4, 3), window=1, mac=4 * 2 + 4 * 12),
]  # fmt: skip

MERGES = [
    row("add", [(4, 5, 7), (4, 5, 7)], output=(4, 5, 7), mac=3 * 4 * 35),
    row("add", [(4, 5, 7)] * 4, output=(4, 5, 7), mac=5 * 4 * 35),
    row("multiply", [(4, 5, 7), (4, 5, 7)], output=(4, 5, 7), mac=3 * 4 * 35),
    row("multiply", [(4, 5, 7), (4, 1, 1)], output=(4, 5, 7), mac=2 * 4 * 35 + 4),  # squeeze-and-excitation's gate
    row("multiply", [(4, 1, 1), (4, 5, 7)], output=(4, 5, 7), mac=2 * 4 * 35 + 4),
    row("multiply", [(4, 1, 1), (4, 1, 1)], output=(4, 1, 1), mac=3 * 4),
    row("multiply", [(4, 5, 1), (4, 1, 7)], output=(4, 5, 7), mac=4 * 5 + 4 * 7 + 4 * 35),
    row("concat", [(4, 5, 7), (3, 5, 7)], output=(7, 5, 7), mac=2 * 7 * 35),
    row("concat", [(4, 5, 7), (3, 5, 7), (2, 5, 7)], output=(9, 5, 7), mac=2 * 9 * 35),
    row("concat", [(4, 5, 7)], output=(4, 5, 7), mac=0),
]

MOVES = [
    row("split", (6, 5, 7), output=(3, 5, 7), mac=0),
    row("split", (6, 5, 7), {"take": 1}, output=(3, 5, 7), mac=0),
    row("split", (6, 5, 7), {"parts": 3, "take": 2}, output=(2, 5, 7), mac=0),
    row("split", (6, 5, 7), {"parts": 3}, output=(2, 5, 7), mac=0),
    row("slice", (6, 5, 7), {"stop": 4}, output=(4, 5, 7), mac=0),
    row("slice", (6, 5, 7), {"start": 2, "stop": 4}, output=(2, 5, 7), mac=0),
    row("slice", (6, 5, 7), {"start": 2, "stop": 6}, output=(4, 5, 7), mac=0),
    row("channel_shuffle", (6, 5, 7), {"groups": 1}, output=(6, 5, 7), mac=0),  # nothing to permute
    row("channel_shuffle", (6, 5, 7), {"groups": 6}, output=(6, 5, 7), mac=0),  # one channel a group: n·6 + g = g
    row("channel_shuffle", (6, 5, 7), {"groups": 2}, output=(6, 5, 7), mac=2 * 6 * 35),
    row("channel_shuffle", (6, 5, 7), {"groups": 3}, output=(6, 5, 7), mac=2 * 6 * 35),
    row("flatten", (6, 5, 7), output=(6 * 35, 1, 1), mac=0),
    row("reshape", (6, 5, 7), {"shape": (7, 6, 5)}, output=(7, 6, 5), mac=0),
    row("reshape", (6, 5, 7), {"shape": (5, 7, 6)}, output=(5, 7, 6), mac=0),
    row("pad", (6, 5, 7), {"padding": 0}, output=(6, 5, 7), mac=0),
    row("pad", (6, 5, 7), {"padding": 2}, output=(6, 9, 11), mac=6 * 35 + 6 * 99),
    row("pad", (6, 5, 7), {"padding": (0, 1)}, output=(6, 5, 9), mac=6 * 35 + 6 * 45),
    row("pad", (6, 5, 7), {"padding": (0, 1, 2, 3)}, output=(6, 6, 12), mac=6 * 35 + 6 * 72),
    row("upsample", (4, 3, 5), {"scale": 1}, output=(4, 3, 5), mac=0),
    row("upsample", (4, 3, 5), {"size": (3, 5), "mode": "bilinear"}, output=(4, 3, 5), mac=0),
    row("upsample", (4, 3, 5), {"scale": 2}, output=(4, 6, 10), mac=4 * 15 + 4 * 60),
    row("upsample", (4, 3, 5), {"scale": (3, 1)}, output=(4, 9, 5), mac=4 * 15 + 4 * 45),
    row("upsample", (4, 3, 5), {"scale": 2, "mode": "bilinear"}, output=(4, 6, 10), mac=4 * 15 + 4 * 60),
    row("upsample", (4, 3, 5), {"size": 7}, output=(4, 7, 7), mac=4 * 15 + 4 * 49),
    row("upsample", (4, 3, 5), {"size": (7, 8)}, output=(4, 7, 8), mac=4 * 15 + 4 * 56),
    row("dropout", (6, 5, 7), output=(6, 5, 7), mac=0),
    row("identity", (6, 5, 7), output=(6, 5, 7), mac=0),
]

ROWS: list[Row] = [
    *CONV,
    *DEPTHWISE,
    *TRANSPOSED_CONV,
    *PRODUCTS,
    *NORM_AND_ACTIVATION,
    *POOLS,
    *MERGES,
    *MOVES,
]

COSTLESS = {
    ("norm", "kind"): "batch, layer and group norm learn a scale and a shift a channel alike",
    ("norm", "groups"): "over what the mean is taken costs nothing; it must divide the channels",
    ("split", "take"): "equal parts cost the same; there must be such a part",
    ("upsample", "mode"): "it changes how far an output looks: tests/test_graph.py",
}
"""Attributes that change no cost, by design, and why; faults and receptive fields show that they are read."""
