"""Bounds of whole networks: held to the layers of their papers counted by hand, to real roots, and to the report."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

import pytest
from sympy import expand, sqrt

import flopcalc
from flopcalc import FlopcalcError, bound
from flopcalc.number import as_text, is_rational, symbol
from flopcalc.report import GROUPINGS
from flopcalc.spec import catalog
from flopcalc.theory.bounds.network import largest
from flopcalc.theory.equivalence import is_zero

C, H, O_, W, t, s = symbol("C"), symbol("H"), symbol("O"), symbol("W"), symbol("t", real=True), symbol("s")

WITHOUT_CONVOLUTIONS = (
    "linear",
    "attention",
    "cross_attention",
    "multi_head_attention",
    "transformer_block",
    "window_attention",
    "gru_cell",
    "lstm_cell",
    "lstm_language_model",
)
BOUNDED = [entry for entry in catalog.index() if entry.name not in WITHOUT_CONVOLUTIONS]
NETWORKS = [entry.name for entry in BOUNDED if entry.kind == "architectures"]
BLOCKS = [entry.name for entry in BOUNDED if entry.kind == "blocks"]


def counted(layers: list[tuple[int, int, int, int, int, int]]) -> tuple[int, int]:
    """Return MAC and least of (input side, output side, kernel, c1, c2, 1 for a bias), counted on their own."""
    mac = least = 0
    for before, after, kernel, c1, c2, bias in layers:
        read, written, weights = before * before, after * after + bias, kernel * kernel * c1 * c2
        mac += read * c1 + written * c2 + weights
        square = 4 * read * written * c1 * c2
        least += weights + isqrt(square) + (isqrt(square) ** 2 < square)
    return mac, least


def test_vgg_is_what_its_table_counts_to() -> None:
    # arXiv:1409.1556, Table 1, configuration D
    widths = [(224, 3, 64), (224, 64, 64), (112, 64, 128), (112, 128, 128), (56, 128, 256), (56, 256, 256)]
    widths += [(56, 256, 256), (28, 256, 512), (28, 512, 512), (28, 512, 512), *[(14, 512, 512)] * 3]
    found = bound("vgg16")
    assert (found.total.mac, found.total.least) == counted([(n, n, 3, c1, c2, 1) for n, c1, c2 in widths])
    assert len(found.layers) == 13
    assert found.share == Fraction(found.total.mac, flopcalc.analyze("vgg16").totals.mac)


def test_the_stage_of_a_resnet_is_what_its_table_counts_to() -> None:
    # arXiv:1512.03385, Table 1, conv2_x of ResNet-50: 56x56, [1x1 64, 3x3 64, 1x1 256] three times, one projection
    unit = [(56, 56, 3, 64, 64, 0), (56, 56, 1, 64, 256, 0)]
    first = [(56, 56, 1, 64, 64, 0), *unit, (56, 56, 1, 64, 256, 0)]
    (stage,) = (group for group in bound("resnet50").by("stage") if group.name == "conv2_x")
    assert (stage.mac, stage.least) == counted(first + 2 * [(56, 56, 1, 256, 64, 0), *unit])


@pytest.mark.parametrize("name", NETWORKS[::2])
def test_no_network_is_below_its_bound_and_the_sums_are_those_of_the_layers(name: str) -> None:
    found = bound(name)
    assert all(is_rational(layer.least) and layer.least <= layer.mac for layer in found.layers)
    assert all((layer.excess == 0) is (layer.ratio == 1) for layer in found.layers)
    for grouping in GROUPINGS:
        groups = found.by(grouping)
        assert sum(group.mac for group in groups) == found.total.mac
        assert sum(group.least for group in groups) == found.total.least
        assert sum(len(group.layers) for group in groups) == len(found.layers)


@pytest.mark.parametrize("name", BLOCKS)
def test_a_blocks_excess_is_its_square_and_vanishes_at_its_condition(name: str) -> None:
    for layer in bound(name).layers:
        if layer.row.count != 1:
            continue
        assert is_zero(layer.mac - layer.least - layer.square)
        if layer.condition is not None:
            left, right = layer.condition
            widths = layer.widths
            gap = widths.read * widths.c1 - widths.written * widths.c2
            assert is_zero(gap.subs(left, right)) or is_zero(gap.subs(right, left)), (name, left, right)


def test_a_pointwise_convolution_in_symbols() -> None:
    (layer,) = bound("pointwise_conv").layers
    assert is_zero(layer.mac - (H * W * (C + O_) + C * O_))
    assert layer.least == 2 * H * W * sqrt(C) * sqrt(O_) + C * O_
    assert layer.square == H * W * (sqrt(C) - sqrt(O_)) ** 2
    assert layer.condition == (C, O_)


@pytest.mark.parametrize(
    ("spec", "values", "path", "condition"),
    [
        ("group_conv", {"stride": "s"}, "conv", (O_, C * s**2)),
        ("inverted_residual", {}, "expand", (t, 1)),
        ("inverted_residual", {}, "depthwise", None),
        ("pointwise_conv", {"bias": True}, "conv", (O_, C * H * W / (H * W + 1))),
    ],
)
def test_the_relation_of_the_best_widths(spec: str, values: dict[str, object], path: str, condition: object) -> None:
    (layer,) = (layer for layer in bound(spec, **values).layers if layer.row.path == path)
    assert layer.condition == condition


def test_widths_that_no_value_of_a_symbol_evens_have_no_condition() -> None:
    uneven = [layer for layer in bound("mobilenet_v1", symbolic="alpha").layers if layer.square != 0]
    assert [layer.condition is None for layer in uneven] == [False, *[True] * (len(uneven) - 1)]
    assert as_text(uneven[0].condition) == "[alpha, 3/8]"


def test_what_is_rounded_stands_in_a_condition_as_it_is() -> None:
    conditions = [layer.condition for layer in bound("esp_module", exact_rounding=True).layers]
    assert [None if sides is None else as_text(sides) for sides in conditions[:2]] == [
        "[M, floor(N/K)]",
        "[Mod(N, K), 0]",
    ]


def test_numbers_put_into_a_blocks_bound_give_the_numeric_one() -> None:
    values = {"C": 24, "O": 40, "H": 14, "W": 10, "K": 3, "t": 6}
    numeric = bound("inverted_residual", **values).total
    free = bound("inverted_residual").total
    at = {name: values[name.name] for name in free.least.free_symbols}
    assert expand(free.mac.subs(at)) == numeric.mac
    assert 0 <= numeric.least - free.least.subs(at) < 3  # two layers are rounded up


def test_the_largest_excess_stands_first() -> None:
    found = bound("resnet50")
    excesses = [layer.excess for layer in largest(found.layers, 60)]
    assert excesses == sorted(excesses, reverse=True)
    assert len(excesses) == 53
    with pytest.raises(FlopcalcError, match="formulas cannot be ranked"):
        largest(bound("separable_conv").layers, 1)


def test_what_has_no_convolution_has_no_bound() -> None:
    with pytest.raises(FlopcalcError, match="linear has no convolution"):
        bound("linear")
