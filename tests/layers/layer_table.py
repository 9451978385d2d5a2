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

# Maps of one side and of three: [C, L] and [C, D, H, W]; and the paddings.
OTHER_RANKS = [
    row("conv", (4, 9), {"out": 6, "kernel": 3, "stride": 2, "bias": True},
        output=(6, 5), window=3, params=3 * 4 * 6 + 6, weights=3 * 4 * 6, madds=3 * 4 * 6 * 5,
        mac=4 * 9 + 3 * 4 * 6 + 6 + 6 * 5, activations=6 * 5),
    row("conv", (4, 3, 5, 7), {"out": 6, "kernel": 3, "stride": (1, 2, 2), "groups": 2},
        output=(6, 3, 3, 4), window=27, params=27 * 4 * 6 // 2, weights=27 * 4 * 6 // 2, madds=27 * 4 * 6 // 2 * 36,
        mac=4 * 105 + 27 * 4 * 6 // 2 + 6 * 36, activations=6 * 36),
    row("conv", (4, 3, 5, 7), {"out": 6, "kernel": (3, 1, 1), "padding": (1, 0, 0)},
        output=(6, 3, 5, 7), window=3, params=3 * 4 * 6, weights=3 * 4 * 6, madds=3 * 4 * 6 * 105,
        mac=4 * 105 + 3 * 4 * 6 + 6 * 105, activations=6 * 105),
    row("depthwise", (4, 9), {"kernel": 3},
        output=(4, 9), window=3, params=3 * 4, weights=3 * 4, madds=3 * 4 * 9, mac=2 * 36 + 12, activations=36),
    row("transposed_conv", (4, 5), {"out": 3, "kernel": 4, "stride": 2, "padding": 1},  # 4·2 − 2 + 3 + 1
        output=(3, 10), window=4, params=4 * 4 * 3, weights=4 * 4 * 3, madds=4 * 4 * 3 * 5,
        mac=4 * 5 + 48 + 30, activations=30),
    row("max_pool", (4, 9), {"kernel": 3, "stride": 2}, output=(4, 4), window=3, mac=36 + 16),
    row("avg_pool", (4, 4, 6, 6), {"kernel": 2}, output=(4, 2, 3, 3), window=8, mac=4 * 144 + 4 * 18),
    row("adaptive_avg_pool", (4, 9), {"size": 3}, output=(4, 3), window=3, mac=36 + 12),
    row("global_pool", (4, 2, 3, 5), output=(4, 1, 1, 1), window=30, mac=120 + 4),
    row("global_pool", (4, 9), output=(4, 1), window=9, mac=36 + 4),
    row("global_pool", (4,), output=(4,), window=1, mac=0),
    row("norm", (6,), output=(6,), params=12, mac=24),
    row("norm", (6, 4, 5, 7), output=(6, 4, 5, 7), params=12, mac=2 * 6 * 140 + 12),
    row("pad", (4, 9), {"padding": (1, 2)}, output=(4, 12), mac=36 + 48),
    row("pad", (4, 2, 3, 5), {"padding": (0, 1, 0, 0, 2, 0)}, output=(4, 3, 3, 7), mac=4 * 30 + 4 * 63),
    row("upsample", (4, 9), {"scale": 2}, output=(4, 18), mac=36 + 72),
    row("flatten", (4, 9), output=(36, 1), mac=0),
    row("add", [(4, 9), (4, 9)], output=(4, 9), mac=3 * 36),
    row("channel_shuffle", (6, 9), {"groups": 2}, output=(6, 9), mac=2 * 54),
]  # fmt: skip

PADDINGS = [
    # same of an even kernel at stride 1 keeps the side; dilated d·(k − 1) are added
    row("conv", (4, 5, 7), {"out": 6, "kernel": 2},
        output=(6, 5, 7), window=4, params=4 * 4 * 6, weights=4 * 4 * 6, madds=4 * 4 * 6 * 35,
        mac=4 * 35 + 4 * 4 * 6 + 6 * 35, activations=6 * 35),
    row("conv", (4, 5, 7), {"out": 6, "kernel": (4, 3), "stride": (1, 2)},  # no stride along its even side
        output=(6, 5, 4), window=12, params=12 * 4 * 6, weights=12 * 4 * 6, madds=12 * 4 * 6 * 20,
        mac=4 * 35 + 12 * 4 * 6 + 6 * 20, activations=6 * 20),
    row("conv", (4, 5, 7), {"out": 6, "kernel": 3, "padding": "valid"},
        output=(6, 3, 5), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 15,
        mac=4 * 35 + 9 * 4 * 6 + 6 * 15, activations=6 * 15),
    row("conv", (4, 5, 8), {"out": 6, "kernel": 2, "stride": 2, "padding": "same_upper"},  # ⌈5/2⌉ and ⌈8/2⌉
        output=(6, 3, 4), window=4, params=4 * 4 * 6, weights=4 * 4 * 6, madds=4 * 4 * 6 * 12,
        mac=4 * 40 + 4 * 4 * 6 + 6 * 12, activations=6 * 12),
    row("conv", (4, 6, 7), {"out": 6, "kernel": 3, "stride": 2, "padding": (0, 1, 1, 2)},
        output=(6, 3, 4), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 12,
        mac=4 * 42 + 9 * 4 * 6 + 6 * 12, activations=6 * 12),  # ⌊(6 + 1 − 3)/2⌋ + 1, ⌊(7 + 3 − 3)/2⌋ + 1
    row("depthwise", (4, 5, 7), {"kernel": 2, "stride": 2, "padding": "same_upper"},
        output=(4, 3, 4), window=4, params=16, weights=16, madds=16 * 12, mac=4 * 35 + 16 + 48, activations=48),
    row("transposed_conv", (4, 3, 5), {"out": 6, "kernel": 3, "stride": 2, "padding": "same_upper"},  # H·s
        output=(6, 6, 10), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 15,
        mac=4 * 15 + 9 * 4 * 6 + 6 * 60, activations=6 * 60),
    row("transposed_conv", (4, 3, 5), {"out": 6, "kernel": 1, "stride": 2, "padding": "same_upper"},  # gaps behind
        output=(6, 6, 10), window=1, params=4 * 6, weights=4 * 6, madds=4 * 6 * 15,
        mac=4 * 15 + 4 * 6 + 6 * 60, activations=6 * 60),
    row("transposed_conv", (4, 3, 5), {"out": 6, "kernel": 3, "stride": 2, "padding": (0, 1, 1, 0)},
        output=(6, 6, 10), window=9, params=9 * 4 * 6, weights=9 * 4 * 6, madds=9 * 4 * 6 * 15,
        mac=4 * 15 + 9 * 4 * 6 + 6 * 60, activations=6 * 60),  # 2·2 − 1 + 2 + 1, 4·2 − 1 + 2 + 1
    row("max_pool", (4, 6, 9), {"kernel": 3, "stride": 2, "padding": "same_upper"},
        output=(4, 3, 5), window=9, mac=4 * 54 + 4 * 15),
    row("max_pool", (4, 6, 9), {"kernel": 2, "stride": 1, "padding": (0, 1, 0, 1)},  # darknet's, which keeps the map
        output=(4, 6, 9), window=4, mac=2 * 4 * 54),
    row("avg_pool", (4, 6, 9), {"kernel": 3, "stride": 2, "padding": "same_upper"},
        output=(4, 3, 5), window=9, mac=4 * 54 + 4 * 15),
    row("avg_pool", (4, 6, 9), {"kernel": 3, "stride": 2, "padding": "valid"},
        output=(4, 2, 4), window=9, mac=4 * 54 + 4 * 8),
]  # fmt: skip

# Products along an axis, batched, and over letters.
MORE_PRODUCTS = [
    row("linear", (12,), {"out": 10}, output=(10,), params=130, weights=120, madds=120, mac=12 + 130 + 10,
        activations=10),
    row("linear", (12, 5), {"out": 10},  # a sequence, position by position
        output=(10, 5), params=130, weights=120, madds=120 * 5, mac=60 + 130 + 50, activations=50),
    row("linear", (12, 5), {"out": 10, "axis": 1},
        output=(12, 10), params=5 * 10 + 10, weights=50, madds=50 * 12, mac=60 + 60 + 120, activations=120),
    row("linear", (12, 3, 5), {"out": 10, "axis": 0},
        output=(10, 3, 5), params=130, weights=120, madds=120 * 15, mac=180 + 130 + 150, activations=150),
    row("linear", (12, 3, 5), {"out": 10, "axis": 2},
        output=(12, 3, 10), params=60, weights=50, madds=50 * 36, mac=180 + 60 + 360, activations=360),
    row("matmul", [(3, 5), (5, 4)], output=(3, 4), madds=60, mac=15 + 20 + 12, activations=12),
    row("matmul", [(2, 6, 3, 5), (2, 6, 5, 4)],  # a batch of 2·6
        output=(2, 6, 3, 4), madds=12 * 60, mac=12 * (15 + 20 + 12), activations=12 * 12),
    row("matmul", [(2, 6, 3, 5), (2, 6, 4, 5)], {"transpose": True},
        output=(2, 6, 3, 4), madds=12 * 60, mac=12 * (15 + 20 + 12), activations=12 * 12),
    row("einsum", [(2, 3, 5), (2, 4, 5)], {"equation": "hnd,hmd->hnm"},
        output=(2, 3, 4), madds=2 * 3 * 4 * 5, mac=30 + 40 + 24, activations=24),
    row("einsum", [(2, 3, 5), (2, 4, 5)], {"equation": "hnd,hmd->nm"},  # the heads are summed as well
        output=(3, 4), madds=2 * 3 * 4 * 5, mac=30 + 40 + 12, activations=12),
    row("einsum", [(2, 3, 5), (2, 4, 5)], {"equation": "hnd, hmd -> nhm"},
        output=(3, 2, 4), madds=2 * 3 * 4 * 5, mac=30 + 40 + 24, activations=24),
    row("einsum", [(3,), (4,)], {"equation": "a,b->ab"}, output=(3, 4), madds=12, mac=3 + 4 + 12, activations=12),
]  # fmt: skip

_NEW_ACTIVATIONS = (
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

LEARNED = [
    # rms norms have no shift unless it is said; a local response norm learns nothing; over a whole map 2CHW
    row("norm", (6, 5, 7), {"kind": "instance"}, output=(6, 5, 7), params=12, mac=420 + 12),
    row("norm", (6, 5, 7), {"kind": "rms"}, output=(6, 5, 7), params=6, mac=420 + 6),
    row("norm", (6, 5, 7), {"kind": "rms", "bias": True}, output=(6, 5, 7), params=12, mac=420 + 12),
    row("norm", (6, 5, 7), {"kind": "local_response"}, output=(6, 5, 7), mac=420),
    row("norm", (6, 5, 7), {"kind": "layer", "bias": False}, output=(6, 5, 7), params=6, mac=420 + 6),
    row("norm", (6, 5, 7), {"kind": "layer", "axis": "all"}, output=(6, 5, 7), params=420, mac=420 + 420),
    row("norm", (6, 5, 7), {"kind": "layer", "axis": "map"}, output=(6, 5, 7), params=70, mac=420 + 70),
    row("norm", (6, 5, 7), {"kind": "layer", "axis": 2}, output=(6, 5, 7), params=14, mac=420 + 14),
    row("norm", (6, 5, 7), {"kind": "layer", "axis": (0, 2)}, output=(6, 5, 7), params=84, mac=420 + 84),
    row("norm", (6, 9), {"kind": "layer"}, output=(6, 9), params=12, mac=108 + 12),
    row("scale", (6, 9), output=(6, 9), params=12, mac=108 + 12),
    row("scale", (6, 9), {"bias": False}, output=(6, 9), params=6, mac=108 + 6),  # LayerScale
    row("scale", (6, 9), {"bias": False, "axis": "all"}, output=(6, 9), params=54, mac=108 + 54),
    row("scale", (6, 9), {"bias": False, "axis": ()}, output=(6, 9), params=1, mac=108 + 1),
    row("scale", (6, 9), {"bias": False, "axis": 1}, output=(6, 9), params=9, mac=108 + 9),
    *(
        row(word, (6, 5, 7), given, output=(6, 5, 7), params=count, mac=420 + count)
        for slopes, count in (("one", 1), ("channel", 6), ("element", 210))
        for word, given in (("prelu", {"slopes": slopes}), ("activation", {"kind": "prelu", "slopes": slopes}))
    ),
    *(row(kind, (6, 5, 7), output=(6, 5, 7), mac=420) for kind in _NEW_ACTIVATIONS),
    row("softmax", (6, 5, 7), {"axis": 2}, output=(6, 5, 7), mac=420),
    row("activation", (6, 5, 7), {"kind": "softmax"}, output=(6, 5, 7), mac=420),
    row("activation", (6, 5, 7), {"kind": "softmax", "axis": 2}, output=(6, 5, 7), mac=420),
    row("parameter", [], {"shape": (6, 1)}, output=(6, 1), params=6, mac=0),  # it lies in memory
    row("parameter", [], {"shape": (6, 9)}, output=(6, 9), params=54, mac=0),
    row("parameter", [], {"shape": (6, 9), "role": "fixed"}, output=(6, 9), mac=0),
    row("parameter", [], {"shape": (6, 9), "role": "unused"}, output=(6, 9), params=54, mac=0),
    # reads N indices and N rows of D, writes N·D; of the table's V·D it reads no more
    row("embedding", (9,), {"count": 20, "out": 6}, output=(6, 9), params=120, weights=120, mac=9 + 2 * 9 * 6),
    row("embedding", (9,), {"count": 30, "out": 6}, output=(6, 9), params=180, weights=180, mac=9 + 2 * 9 * 6),
    row("embedding", (9,), {"count": 20, "out": 4}, output=(4, 9), params=80, weights=80, mac=9 + 2 * 9 * 4),
]

_DEFORMED = [(4, 5, 7), (18, 5, 7)]
_GIVEN = [(4, 5, 7), (6, 4, 3, 3)]

SAMPLED = [
    # offsets 2·K²·g beside the map, and a mask K²·g
    row("deformable_conv", _DEFORMED, {"out": 6, "kernel": 3},
        output=(6, 5, 7), window=9, params=216, weights=216, madds=216 * 35, mac=35 * (4 + 18) + 216 + 210,
        activations=210),
    row("deformable_conv", [*_DEFORMED, (9, 5, 7)], {"out": 6, "kernel": 3},
        output=(6, 5, 7), window=9, params=216, weights=216, madds=216 * 35, mac=35 * (4 + 18 + 9) + 216 + 210,
        activations=210),
    row("deformable_conv", [(4, 5, 7), (36, 5, 7), (18, 5, 7)], {"out": 6, "kernel": 3},  # two groups of offsets
        output=(6, 5, 7), window=9, params=216, weights=216, madds=216 * 35, mac=35 * (4 + 36 + 18) + 216 + 210,
        activations=210),
    row("deformable_conv", _DEFORMED, {"out": 4, "kernel": 3},
        output=(4, 5, 7), window=9, params=144, weights=144, madds=144 * 35, mac=35 * (4 + 18) + 144 + 140,
        activations=140),
    row("deformable_conv", _DEFORMED, {"out": 6, "kernel": 3, "bias": True},
        output=(6, 5, 7), window=9, params=222, weights=216, madds=216 * 35, mac=35 * (4 + 18) + 222 + 210,
        activations=210),
    row("deformable_conv", _DEFORMED, {"out": 6, "kernel": 3, "groups": 2},
        output=(6, 5, 7), window=9, params=108, weights=108, madds=108 * 35, mac=35 * (4 + 18) + 108 + 210,
        activations=210),
    row("deformable_conv", [(9, 5, 7), (18, 5, 7)], {"out": 6, "kernel": 3},
        output=(6, 5, 7), window=9, params=486, weights=486, madds=486 * 35, mac=35 * (9 + 18) + 486 + 210,
        activations=210),
    row("deformable_conv", [(9, 5, 7), (18, 5, 7)], {"out": 6, "kernel": 1},  # nine groups of offsets
        output=(6, 5, 7), window=1, params=54, weights=54, madds=54 * 35, mac=35 * (9 + 18) + 54 + 210,
        activations=210),
    # The offsets are as wide as the output, so what changes its size needs others.
    row("deformable_conv", [(4, 5, 7), (18, 3, 4)], {"out": 6, "kernel": 3, "stride": 2},
        output=(6, 3, 4), window=9, params=216, weights=216, madds=216 * 12, mac=140 + 216 + 216 + 72, activations=72),
    row("deformable_conv", [(4, 5, 7), (18, 3, 5)], {"out": 6, "kernel": 3, "padding": 0},
        output=(6, 3, 5), window=9, params=216, weights=216, madds=216 * 15, mac=140 + 270 + 216 + 90, activations=90),
    row("deformable_conv", [(4, 5, 7), (18, 1, 3)], {"out": 6, "kernel": 3, "padding": 0, "dilation": 2},
        output=(6, 1, 3), window=9, params=216, weights=216, madds=216 * 3, mac=140 + 54 + 216 + 18, activations=18),
    # the kernels O×C/g×K×L are read beside the map, and none are learned
    row("dynamic_conv", _GIVEN, {"out": 6, "kernel": 3},
        output=(6, 5, 7), window=9, madds=216 * 35, mac=140 + 216 + 210, activations=210),
    row("dynamic_conv", _GIVEN, {"out": 6, "kernel": 3, "bias": True},
        output=(6, 5, 7), window=9, params=6, madds=216 * 35, mac=140 + 216 + 6 + 210, activations=210),
    row("dynamic_conv", _GIVEN, {"out": 6, "kernel": 3, "stride": 2},
        output=(6, 3, 4), window=9, madds=216 * 12, mac=140 + 216 + 72, activations=72),
    row("dynamic_conv", _GIVEN, {"out": 6, "kernel": 3, "padding": 0},
        output=(6, 3, 5), window=9, madds=216 * 15, mac=140 + 216 + 90, activations=90),
    row("dynamic_conv", _GIVEN, {"out": 6, "kernel": 3, "padding": 0, "dilation": 2},
        output=(6, 1, 3), window=9, madds=216 * 3, mac=140 + 216 + 18, activations=18),
    row("dynamic_conv", [(4, 5, 7), (6, 4, 1, 1)], {"out": 6, "kernel": 1},
        output=(6, 5, 7), window=1, madds=24 * 35, mac=140 + 24 + 210, activations=210),
    row("dynamic_conv", [(4, 5, 7), (2, 4, 3, 3)], {"out": 2, "kernel": 3},
        output=(2, 5, 7), window=9, madds=72 * 35, mac=140 + 72 + 70, activations=70),
    row("dynamic_conv", [(4, 5, 7), (6, 2, 3, 3)], {"out": 6, "kernel": 3, "groups": 2},
        output=(6, 5, 7), window=9, madds=108 * 35, mac=140 + 108 + 210, activations=210),
    row("grid_sample", [(4, 5, 7), (2, 3, 2)], output=(4, 3, 2), mac=140 + 12 + 24),
    row("grid_sample", [(4, 5, 7), (2, 3, 2)], {"mode": "nearest"}, output=(4, 3, 2), mac=140 + 12 + 24),
]  # fmt: skip

MORE_POOLS = [
    row("global_max_pool", (4, 5, 7), output=(4, 1, 1), window=35, mac=140 + 4),
    row("global_max_pool", (4, 1, 1), output=(4, 1, 1), window=1, mac=0),
    row("adaptive_max_pool", (4, 6, 8), {"size": 2}, output=(4, 2, 2), window=12, mac=192 + 16),
    row("adaptive_max_pool", (4, 6, 8), {"size": (3, 2)}, output=(4, 3, 2), window=8, mac=192 + 24),
    # reads the map and as many places: 2·CHW; (H − 1)·s + k − 2p
    row("max_unpool", (4, 3, 5), {"kernel": 2}, output=(4, 6, 10), mac=2 * 60 + 240),
    row("max_unpool", (4, 3, 5), {"kernel": 3}, output=(4, 9, 15), mac=2 * 60 + 540),
    row("max_unpool", (4, 3, 5), {"kernel": 3, "stride": 2}, output=(4, 7, 11), mac=2 * 60 + 308),
    row("max_unpool", (4, 3, 5), {"kernel": 3, "stride": 2, "padding": 1}, output=(4, 5, 9), mac=2 * 60 + 180),
    row("max_unpool", (4, 5), {"kernel": 2}, output=(4, 10), mac=2 * 20 + 40),
    row("reduce", (4, 5, 7), {"axis": "channels"}, output=(1, 5, 7), window=4, mac=140 + 35),
    row("reduce", (4, 5, 7), {"axis": "channels", "op": "max"}, output=(1, 5, 7), window=4, mac=140 + 35),
    row("reduce", (4, 5, 7), {"axis": "channels", "keep": False}, output=(5, 7), window=4, mac=140 + 35),
    row("reduce", (4, 5, 7), {"axis": "map"}, output=(4, 1, 1), window=35, mac=140 + 4),
    row("reduce", (4, 5, 7), {"axis": "map", "keep": False}, output=(4,), window=35, mac=140 + 4),
    row("reduce", (4, 5, 7), {"axis": "all", "keep": False}, output=(1,), window=140, mac=140 + 1),
    row("reduce", (4, 5, 7), {"axis": 2}, output=(4, 5, 1), window=7, mac=140 + 20),
    row("reduce", (4, 5, 7), {"axis": (0, 2)}, output=(1, 5, 1), window=28, mac=140 + 5),
    row("reduce", (4, 9), {"axis": 1, "op": "sum"}, output=(4, 1), window=9, mac=36 + 4),
    row("reduce", (1, 5, 7), {"axis": 0, "keep": False}, output=(5, 7), window=1, mac=0),  # a side of 1 goes: a view
]

# A side of 1 is spread; whatever the operation, it reads all operands and writes the result.
SPREAD = [
    *(
        case
        for word in ("subtract", "divide", "maximum", "minimum")
        for case in (
            row(word, [(4, 5, 7), (4, 5, 7)], output=(4, 5, 7), mac=3 * 140),
            row(word, [(4, 5, 7), (1, 5, 1)], output=(4, 5, 7), mac=2 * 140 + 5),
        )
    ),
    *(
        row(word, (4, 5, 7), {"number": True}, output=(4, 5, 7), mac=2 * 140)
        for word in ("add", "multiply", "subtract", "divide", "maximum", "minimum")
    ),
    *(
        row(word, [(4, 5, 7), (4, 5, 7)], {"number": True}, output=(4, 5, 7), mac=3 * 140)
        for word in ("add", "multiply", "maximum", "minimum")
    ),
    row("add", [(4, 5, 7), (1, 5, 7)], output=(4, 5, 7), mac=2 * 140 + 35),
    row("add", [(4, 1, 7), (1, 5, 1)], output=(4, 5, 7), mac=28 + 5 + 140),
    row("maximum", [(4, 9), (1, 9), (4, 1)], output=(4, 9), mac=36 + 9 + 4 + 36),
    row("concat", [(4, 5, 7), (4, 5, 7)], output=(8, 5, 7), mac=2 * 280),
    row("concat", [(4, 5, 7), (4, 5, 7)], {"axis": 1}, output=(4, 10, 7), mac=2 * 280),
    row("concat", [(4, 1), (4, 9)], {"axis": 1}, output=(4, 10), mac=2 * 40),  # a class token before its sequence
]

MORE_MOVES = [
    row("split", (6, 4, 6), {"axis": 1}, output=(6, 2, 6), mac=0),
    row("split", (6, 4, 6), output=(3, 4, 6), mac=0),
    row("split", (6, 5, 7), {"sizes": (1, 5)}, output=(1, 5, 7), mac=0),
    row("split", (6, 5, 7), {"sizes": (1, 5), "take": 1}, output=(5, 5, 7), mac=0),
    row("split", (6, 5, 7), {"sizes": (3, 4), "take": 1, "axis": 2}, output=(6, 5, 4), mac=0),
    row("slice", (6, 5, 7), {"stop": 4, "axis": 1}, output=(6, 4, 7), mac=0),
    row("slice", (6, 9), {"start": 1, "stop": 9, "axis": 1}, output=(6, 8), mac=0),
    row("reshape", (6, 5, 7), {"shape": (6, -1)}, output=(6, 35), mac=0),
    row("reshape", (6, 5, 7), {"shape": (6, 1, 5, 7)}, output=(6, 1, 5, 7), mac=0),
    row("reshape", (6, 8), {"shape": (6, 2, -1)}, output=(6, 2, 4), mac=0),
    row("reshape", (6, 8), {"shape": (-1,)}, output=(48,), mac=0),
    row("permute", (6, 5, 7), {"order": (1, 2, 0)}, output=(5, 7, 6), mac=0),
    row("permute", (6, 5, 7), {"order": (2, 1, 0)}, output=(7, 5, 6), mac=0),
    row("permute", (6, 9), {"order": (1, 0)}, output=(9, 6), mac=0),
    row("gather", (3, 9), {"shape": (3, 4, 4)}, output=(3, 4, 4), mac=27 + 48),
    row("gather", (3, 9), {"shape": (3, 2)}, output=(3, 2), mac=27 + 6),
    row("crop", (4, 5, 8), {"margin": 1}, output=(4, 3, 6), mac=0),
    row("crop", (4, 5, 8), {"margin": (1, 2)}, output=(4, 3, 4), mac=0),
    row("crop", (4, 5, 8), {"margin": (0, 1, 2, 3)}, output=(4, 4, 3), mac=0),
    row("crop", (4, 5, 8), {"size": 3}, output=(4, 3, 3), mac=0),
    row("crop", (4, 5, 8), {"size": (5, 3)}, output=(4, 5, 3), mac=0),
    row("crop", (4, 5, 8), {"like": (9, 2, 3)}, output=(4, 2, 3), mac=0),
    row("crop", (4, 5, 8), {"like": (9, 4, 3)}, output=(4, 4, 3), mac=0),
    row("upsample", (4, 3, 5), {"like": (9, 6, 7)}, output=(4, 6, 7), mac=60 + 168),
    row("upsample", (4, 3, 5), {"like": (9, 4, 8)}, output=(4, 4, 8), mac=60 + 128),
    row("upsample", (4, 3, 5), {"scale": 2, "mode": "bicubic"}, output=(4, 6, 10), mac=4 * 15 + 4 * 60),
    row("pixel_shuffle", (36, 3, 5), {"factor": 2}, output=(9, 6, 10), mac=2 * 540),
    row("pixel_shuffle", (36, 3, 5), {"factor": 3}, output=(4, 9, 15), mac=2 * 540),
    row("pixel_shuffle", (36, 3, 5), {"factor": 1}, output=(36, 3, 5), mac=0),
    row("pixel_shuffle", (36, 1, 1), {"factor": 2}, output=(9, 2, 2), mac=0),  # four neighbours lie in this order
    row("pixel_unshuffle", (4, 6, 12), {"factor": 2}, output=(16, 3, 6), mac=2 * 288),
    row("pixel_unshuffle", (4, 6, 12), {"factor": 3}, output=(36, 2, 4), mac=2 * 288),
    row("pixel_unshuffle", (4, 2, 2), {"factor": 2}, output=(16, 1, 1), mac=0),
    row("roll", (4, 5, 7), {"shift": 2}, output=(4, 5, 7), mac=2 * 140),
    row("roll", (4, 5, 7), {"shift": (0, 3)}, output=(4, 5, 7), mac=2 * 140),
    row("roll", (4, 5, 7), {"shift": 0}, output=(4, 5, 7), mac=0),
    row("roll", (4, 5, 7), {"shift": (5, 14)}, output=(4, 5, 7), mac=0),  # once and twice around
    row("unfold", (4, 6, 9), {"kernel": 3}, output=(36, 28), mac=216 + 36 * 28),
    row("unfold", (4, 6, 9), {"kernel": 2}, output=(16, 40), mac=216 + 640),
    row("unfold", (4, 6, 9), {"kernel": 3, "stride": 3}, output=(36, 6), mac=216 + 216),
    row("unfold", (4, 6, 9), {"kernel": 3, "padding": 1}, output=(36, 54), mac=216 + 36 * 54),
    row("unfold", (4, 6, 9), {"kernel": 3, "dilation": 2}, output=(36, 10), mac=216 + 360),
    row("unfold", (4, 6, 9), {"kernel": 1}, output=(4, 54), mac=0),
    row("unfold", (4, 6, 9), {"kernel": (6, 9)}, output=(216, 1), mac=0),
    row("unfold", (4, 6, 9), {"kernel": (6, 1)}, output=(24, 9), mac=0),
    row("unfold", (4, 6, 9), {"kernel": (1, 9)}, output=(36, 6), mac=216 + 216),  # columns come before rows
]

SAID = [
    row("custom", (4, 5, 7), output=(4, 5, 7), mac=280),
    row("custom", (4, 5, 7), {"title": "sort"}, output=(4, 5, 7), mac=280),
    row("custom", (4, 5, 7), {"output": (6, 9)}, output=(6, 9), mac=140 + 54),
    row("custom", (4, 5, 7), {"params": 12}, output=(4, 5, 7), params=12, mac=280 + 12),
    row("custom", (4, 5, 7), {"weights": 8}, output=(4, 5, 7), params=8, weights=8, mac=280 + 8),
    row("custom", (4, 5, 7), {"weights": 8, "params": 12}, output=(4, 5, 7), params=12, weights=8, mac=280 + 12),
    row("custom", (4, 5, 7), {"madds": 99}, output=(4, 5, 7), madds=99, mac=280),
    row("custom", (4, 5, 7), {"reads": 200}, output=(4, 5, 7), mac=200 + 140),
    row("custom", (4, 5, 7), {"reach": "pointwise"}, output=(4, 5, 7), mac=280),
    row("custom", (4, 5, 7), {"cost": "unknown"}, output=(4, 5, 7), mac=0),
    row("custom", [(4, 5, 7), (9, 2)], {"output": (3,)}, output=(3,), mac=140 + 18 + 3),
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
    *OTHER_RANKS,
    *PADDINGS,
    *MORE_PRODUCTS,
    *LEARNED,
    *SAMPLED,
    *MORE_POOLS,
    *SPREAD,
    *MORE_MOVES,
    *SAID,
]

FITTED = {
    ("matmul", "transpose"): "the same second map fits both ways where it is square, and then both cost the same",
    **{
        ("deformable_conv", name): "an output of another size needs other offsets"
        for name in ("stride", "padding", "dilation")
    },
    **{(word, "number"): "with a number there is one tensor less" for word in ("subtract", "divide")},
    **{("dynamic_conv", name): "another value needs other kernels" for name in ("out", "kernel", "groups")},
}
"""Attributes that no two rows differ in alone, since another value needs other inputs, and why."""

COSTLESS = {
    ("norm", "groups"): "over what the mean is taken costs nothing; it must divide the channels",
    ("softmax", "axis"): "it changes how far an output looks: tests/test_field.py",
    ("activation", "axis"): "as of softmax",
    ("grid_sample", "mode"): "it changes the values alone",
    ("reduce", "op"): "one operation an element each",
    **{(word, "number"): "a number is no tensor that is read" for word in ("add", "multiply", "maximum", "minimum")},
    ("custom", "title"): "it is what it is called",
    ("custom", "reach"): "it changes how far an output looks: tests/test_field.py",
    ("upsample", "mode"): "it changes how far an output looks: tests/test_graph.py",
}
"""Attributes that change no cost, by design, and why; faults and receptive fields show that they are read."""
