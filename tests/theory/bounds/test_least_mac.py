"""The least memory access cost of a convolution: held to every pair of whole widths, and to the paper's equation."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from math import isqrt
from typing import Any

import pytest
from sympy import Rational, oo, simplify, solve, sqrt
from sympy import symbols as sympy_symbols

from flopcalc import analyze
from flopcalc.layers import Layer, Shape
from flopcalc.layers.conv import Conv, Depthwise, TransposedConv, Windowed
from flopcalc.layers.linear import Linear
from flopcalc.number import Arithmetic, symbol
from flopcalc.spec import catalog
from flopcalc.theory.bounds.convolution import LeastMac, least_mac, least_mac_of, root_up

AREAS = [(49, 49), (3136, 784), (196, 785), (50, 49), (1, 1), (7, 3)]


def pairs(channels: int) -> list[tuple[int, int]]:
    return [(c, channels // c) for c in range(1, channels + 1) if channels % c == 0]


@pytest.mark.parametrize(("read", "written"), AREAS)
@pytest.mark.parametrize("channels", [1, 7, 36, 60, 64, 240, 1024, 5040])
def test_no_whole_widths_of_the_same_flops_cost_less(channels: int, read: int, written: int) -> None:
    costs = {(c1, c2): read * c1 + written * c2 + 9 * channels for c1, c2 in pairs(channels)}
    for (c1, c2), cost in costs.items():
        layer = least_mac(c1, c2, read=read, written=written, weights=9 * channels)
        assert layer.actual == cost
        assert layer.least <= min(costs.values())
        assert layer.equal == (layer.excess == 0 and read * c1 == written * c2)


@pytest.mark.parametrize(("read", "written"), AREAS)
def test_the_least_is_the_smallest_whole_number_that_the_bound_allows(read: int, written: int) -> None:
    for c1 in range(1, 40, 3):
        for c2 in range(1, 40, 5):
            least = least_mac(c1, c2, read=read, written=written, weights=0).least
            assert isinstance(least, int)
            square = 4 * read * written * c1 * c2
            assert least**2 >= square > (least - 1) ** 2


@pytest.mark.parametrize(("c1", "c2", "best"), [(64, 256, 128), (24, 6, 12), (1, 144, 12)])
def test_whole_best_widths_reach_the_bound(c1: int, c2: int, best: int) -> None:
    layer = least_mac(c1, c2, read=49, written=49, weights=c1 * c2)
    assert layer.best_widths == layer.nearest_widths() == (best, best)
    assert least_mac(best, best, read=49, written=49, weights=c1 * c2).actual == layer.least


def test_the_bound_of_a_pointwise_convolution_is_the_papers_equation() -> None:
    h, w, c1, c2 = (symbol(name) for name in ("h", "w", "c1", "c2"))
    layer = least_mac_of(Conv(out=c2, kernel=(1, 1)), ((c1, h, w),), (c2, h, w))
    assert layer is not None
    flops = h * w * c1 * c2
    # MAC >= 2 sqrt(hwB) + B/(hw), arXiv:1807.11164, equation (1)
    assert simplify(layer.formula - (2 * sqrt(h * w * flops) + flops / (h * w))) == 0
    assert simplify(layer.excess - h * w * (sqrt(c1) - sqrt(c2)) ** 2) == 0


def test_the_best_widths_are_where_the_derivative_vanishes() -> None:
    c1, held, a, b, weights = sympy_symbols("c1 P a b W", positive=True)
    cost = a * c1 + b * held / c1 + weights
    (best,) = solve(cost.diff(c1), c1)
    layer = least_mac(c1, held / c1, read=a, written=b, weights=weights)
    assert simplify(layer.best_widths[0] - best) == 0
    assert simplify(layer.best_widths[1] - held / best) == 0
    assert simplify(layer.formula - cost.subs(c1, best)) == 0
    assert cost.limit(c1, 0) == cost.limit(c1, oo) == oo


def test_numbers_put_into_the_formula_give_the_numeric_bound() -> None:
    c1, c2, h = (symbol(name) for name in ("c1", "c2", "H"))
    symbolic = least_mac(c1, c2, read=4 * h**2, written=h**2 + 1, weights=9 * c1 * c2)
    for values in ((3, 24, 112), (24, 58, 28), (64, 64, 7)):
        given = dict(zip((c1, c2, h), values, strict=True))
        n1, n2, side = values
        numeric = least_mac(n1, n2, read=4 * side**2, written=side**2 + 1, weights=9 * n1 * n2)
        bound = symbolic.formula.subs(given)
        assert numeric.least - 1 < bound <= numeric.least
        assert symbolic.actual.subs(given) == numeric.actual


def test_a_bias_is_one_more_element_for_every_output_channel() -> None:
    shapes = (((8, 6, 6),), (8, 6, 6))
    plain = least_mac_of(Conv(out=8, kernel=(1, 1)), *shapes)
    biased = least_mac_of(Conv(out=8, kernel=(1, 1), bias=True), *shapes)
    assert plain is not None
    assert biased is not None
    assert plain.excess == 0
    assert biased.actual == plain.actual + 8
    assert not biased.equal
    assert biased.least == 64 + root_up(4 * 36 * 37 * 64)


@pytest.mark.parametrize("channels", [1, 2, 16])
def test_a_depthwise_convolution_has_no_widths_to_choose(channels: int) -> None:
    layers: list[Layer] = [Depthwise(kernel=(3, 3), stride=(2, 2))]
    if channels > 1:
        layers.append(Conv(out=channels, kernel=(3, 3), groups=channels, stride=(2, 2)))
    inputs, output = ((channels, 8, 8),), (channels, 4, 4)
    for layer in layers:
        found = least_mac_of(layer, inputs, output)
        assert found is not None
        assert found.tied
        assert found.least == found.formula == found.actual == layer.cost(inputs, output).mac
        assert found.best_widths == found.nearest_widths() == (channels, channels)


def test_a_plain_convolution_of_one_channel_is_not_depthwise() -> None:
    found = least_mac_of(Conv(out=1, kernel=(3, 3), stride=(2, 2)), ((1, 8, 8),), (1, 4, 4))
    assert found is not None
    assert not found.tied
    assert found.least == 9 + root_up(4 * 64 * 16)


@pytest.mark.parametrize(
    ("layer", "inputs", "output", "actual", "least", "nearest"),
    [
        # 4 to 4 channels in 2 groups have the same FLOPs as 2 to 8, and move 16 elements
        (Conv(out=8, kernel=(1, 1), groups=2), (2, 1, 1), (8, 1, 1), 18, 16, (4, 4)),
        # the cheap layer of a Ghost module: 2·sqrt(8·24) is 27.7, its weights are 216
        (Depthwise(kernel=(3, 3), multiplier=3), (8, 1, 1), (24, 1, 1), 248, 244, (16, 16)),
        (Conv(out=24, kernel=(3, 3), groups=8), (8, 1, 1), (24, 1, 1), 248, 244, (16, 16)),
        (Depthwise(kernel=(1, 1), multiplier=4), (1, 2, 2), (4, 2, 2), 24, 20, (2, 2)),
    ],
)
def test_as_many_groups_as_input_channels_alone_leave_the_widths_free(
    layer: Layer, inputs: Shape, output: Shape, actual: int, least: int, nearest: tuple[int, int]
) -> None:
    found = least_mac_of(layer, (inputs,), output)
    assert found is not None
    assert not found.tied
    assert (found.actual, found.least, found.nearest_widths()) == (actual, least, nearest)


# -- every choice of whole widths, counted by the layer itself --------------------------------------------------------


def any_convolution(rng: random.Random) -> tuple[Windowed, Shape]:
    """Return some convolution of whole numbers, and what enters it."""
    kernel = rng.choice([1, 3, 5])
    word = rng.choice(["plain", "group", "deep group", "depthwise", "multiplier", "transposed"])
    common: dict[str, Any] = {"kernel": (kernel, rng.choice([1, kernel])), "bias": rng.random() < 0.3}
    if word != "transposed":
        common["stride"] = rng.choice([(1, 1), (2, 2), (1, 2)])
    groups = rng.choice([1, 2, 3, 4, 6]) if word in ("group", "transposed") else 1
    c1, c2 = (groups * rng.randint(1, 12) for _ in range(2))
    sides = (rng.randint(1, 9), rng.randint(1, 9))
    if word == "depthwise":
        return Depthwise(**common), (c1, *sides)
    if word == "multiplier":
        return Depthwise(**common, multiplier=rng.randint(2, 6)), (c1, *sides)
    if word == "deep group":
        return Conv(**common, out=c1 * rng.randint(1, 4), groups=c1), (c1, *sides)
    if word == "transposed":
        return TransposedConv(**common, out=c2, groups=groups, stride=(2, 2), padding=(0, 0)), (c1, *sides)
    return Conv(**common, out=c2, groups=groups), (c1, *sides)


def choices(layer: Windowed, shape: Shape) -> Iterator[tuple[int, int, int]]:
    """Yield the whole widths of the same multiply-adds, kernel, groups and maps, and the elements they move."""
    arithmetic = Arithmetic()
    output = layer.output((shape,), arithmetic)
    madds, (c1, c2) = layer.madds((shape,), output), (int(shape[0]), int(output[0]))
    groups = c1 if isinstance(layer, Depthwise) else layer.groups  # type: ignore[attr-defined]
    deep = groups == c1 == c2 and (isinstance(layer, Depthwise) or groups > 1)
    for a in range(1, c1 * c2 + 1):
        for b in [a] if deep else range(1, c1 * c2 // a + 1):
            if not deep and (a % groups or b % groups or a * b != c1 * c2):
                continue
            held = Conv(
                out=b, kernel=layer.kernel, stride=layer.stride, bias=layer.bias, groups=a if deep else groups,
            ) if not isinstance(layer, TransposedConv) else replace(layer, out=b)  # fmt: skip
            entering = (a, *shape[1:])
            leaving = held.output((entering,), arithmetic)
            if leaving[1:] == output[1:] and held.madds((entering,), leaving) == madds:
                yield a, b, int(held.cost((entering,), leaving).mac)


@pytest.mark.parametrize("seed", range(8))
def test_no_whole_widths_with_a_layers_flops_and_groups_cost_less_than_its_least(seed: int) -> None:
    rng = random.Random(seed)
    reached = 0
    for _ in range(250):
        layer, shape = any_convolution(rng)
        output = layer.output((shape,), Arithmetic())
        found = least_mac_of(layer, (shape,), output)
        assert found is not None
        costs = {(a, b): mac for a, b, mac in choices(layer, shape)}
        assert costs[shape[0], output[0]] == found.actual == layer.cost((shape,), output).mac
        assert found.least <= min(costs.values()), (layer, shape)
        best = found.best_widths
        if best in costs:
            assert costs[best] == found.least == min(costs.values()), (layer, shape)
            assert found.nearest_widths() == best
            reached += 1
    assert reached > 50


def test_a_linear_layer_is_no_convolution() -> None:
    assert least_mac_of(Linear(out=10), ((16, 1, 1),), (10, 1, 1)) is None


def test_a_transposed_convolution_holds_its_channels_as_well() -> None:
    layer = TransposedConv(out=8, kernel=(2, 2), stride=(2, 2), padding=(0, 0))
    output = layer.output(((32, 5, 5),), Arithmetic())
    found = least_mac_of(layer, ((32, 5, 5),), output)
    assert output == (8, 10, 10)
    assert found == LeastMac(32, 8, 25, 100, 4 * 32 * 8)
    assert found.equal  # 25·32 = 100·8


@pytest.mark.parametrize(
    "name", [*[entry.name for entry in catalog.index() if entry.kind == "architectures"][::3], "separable_conv"]
)
def test_every_convolution_of_the_packaged_networks_costs_what_the_report_says(name: str) -> None:
    report = analyze(name)
    for node, row in zip(report.totals.graph.nodes, report.layers, strict=True):
        layer = least_mac_of(node.layer, row.inputs, row.output)
        if layer is not None:
            assert layer.actual == row.mac
            assert report.symbolic or layer.least <= layer.actual


@pytest.mark.parametrize("value", [0, 1, 2, 3, 4, 10**40, 10**40 + 1])
def test_a_root_is_rounded_up_exactly(value: int) -> None:
    assert root_up(value) == isqrt(value) + (isqrt(value) ** 2 < value)


def test_a_root_of_a_fraction_is_rounded_up_exactly() -> None:
    from fractions import Fraction

    for top in range(60):
        for bottom in range(1, 12):
            root = root_up(Fraction(top, bottom))
            assert root**2 >= Rational(top, bottom)
            assert root == 0 or (root - 1) ** 2 < Rational(top, bottom)
