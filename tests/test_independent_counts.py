"""Networks are held against plain loops that follow the papers' tables and the reference code, at many parameters.

The loops share nothing with flopcalc: they know no graph, no spec and no layer, only lists of convolutions.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise, product

import pytest

from flopcalc import analyze
from flopcalc.errors import FlopcalcError


def half_up(value: Fraction) -> int:
    """Round to the nearest whole number, half-way cases up."""
    return math.floor(value + Fraction(1, 2))


class Counter:
    """A network's running channels, side and sums while its layers are called one after the other."""

    def __init__(self, channels: int, side: int) -> None:
        self.channels, self.side = channels, side
        self.params = self.weights = self.madds = self.layers = 0

    def conv(self, out: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        """Convolve with padding (kernel − 1)/2, without a bias, and normalize."""
        self.side = (self.side + 2 * (kernel // 2) - kernel) // stride + 1
        self.weigh(kernel * kernel * (self.channels // groups) * out, self.side * self.side)
        self.params += 2 * out
        self.channels = out

    def depthwise(self, kernel: int, stride: int) -> None:
        """Convolve every channel by itself, and normalize."""
        self.conv(self.channels, kernel, stride, self.channels)

    def max_pool(self) -> None:
        """Take the maximum of 3×3, stride 2, padding 1."""
        self.side = (self.side + 2 - 3) // 2 + 1

    def linear(self, classes: int, *, bias: bool = True) -> None:
        """Classify what a global pool left."""
        self.weigh(self.channels * classes, 1)
        self.params += classes if bias else 0

    def weigh(self, weights: int, positions: int) -> None:
        self.params += weights
        self.weights += weights
        self.madds += weights * positions
        self.layers += 1


def mobilenet_v1(alpha: Fraction, rho: Fraction, resolution: int, classes: int) -> Counter:
    """Count Table 1 of arXiv:1704.04861; alpha thins every layer, rho scales the input."""
    net = Counter(3, half_up(rho * resolution))
    net.conv(half_up(alpha * 32), 3, 2)
    for out, stride in [
        (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1),
    ]:  # fmt: skip
        net.depthwise(3, stride)
        net.conv(half_up(alpha * out), 1)
    net.linear(classes)
    return net


def divisible(value: Fraction) -> int:
    """Round as `_make_divisible(value, 8)` of the reference code does."""
    rounded = max(8, int(value + 4) // 8 * 8)
    return rounded + 8 if rounded < Fraction(9, 10) * value else rounded


def mobilenet_v2(alpha: Fraction, rho: Fraction, resolution: int, classes: int) -> Counter:
    """Count Table 2 of arXiv:1801.04381 as torchvision builds it."""
    net = Counter(3, half_up(rho * resolution))
    net.conv(divisible(alpha * 32), 3, 2)
    for t, c, n, s in [
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ]:  # fmt: skip
        for turn in range(n):
            if t != 1:
                net.conv(t * net.channels, 1)
            net.depthwise(3, s if turn == 0 else 1)
            net.conv(divisible(alpha * c), 1)
    net.conv(divisible(1280 * max(Fraction(1), alpha)), 1)
    net.linear(classes)
    return net


def resnet(depth: int, width: Fraction, stride_at: str, resolution: int) -> Counter:
    """Count Table 1 of arXiv:1512.03385; `width` as torchvision's base_width/64 and, for basic blocks, WRN-18-2's."""
    blocks = {
        18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3),
    }  # fmt: skip
    net = Counter(3, resolution)
    net.conv(64, 7, 2)
    net.max_pool()
    for stage, count in enumerate(blocks[depth]):
        c = 64 * 2**stage
        wide = int(c * width)
        for turn in range(count):
            stride = 2 if stage > 0 and turn == 0 else 1
            channels, side = net.channels, net.side
            if depth < 50:
                net.conv(wide, 3, stride)
                net.conv(wide, 3)
            else:
                net.conv(wide, 1, stride if stride_at == "1x1" else 1)
                net.conv(wide, 3, stride if stride_at == "3x3" else 1)
                net.conv(4 * c, 1)
            out, end = net.channels, net.side
            if stride != 1 or channels != out:
                net.channels, net.side = channels, side
                net.conv(out, 1, stride)
            assert (net.channels, net.side) == (out, end)
    net.linear(1000)
    return net


def shufflenet_v2(scale: str, unit: str, resolution: int) -> Counter:
    """Count Table 5 of arXiv:1807.11164 as torchvision or the authors build it."""
    widths = {
        "0.5": (48, 96, 192, 1024),
        "1": (116, 232, 464, 1024),
        "1.5": (176, 352, 704, 1024),
        "2": (244, 488, 976, 2048),
    }
    net = Counter(3, resolution)
    net.conv(24, 3, 2)
    net.max_pool()
    for out, count in zip(widths[scale], (4, 8, 4), strict=False):
        entering, side = net.channels, net.side
        kept = entering if unit == "paper" else out // 2
        net.depthwise(3, 2)
        net.conv(kept, 1)
        net.channels, net.side = entering, side
        net.conv(out // 2, 1)
        net.depthwise(3, 2)
        net.conv(out - kept, 1)
        for _ in range(count - 1):
            net.channels = out // 2
            net.conv(out // 2, 1)
            net.depthwise(3, 1)
            net.conv(out // 2, 1)
        net.channels = out
    net.conv(widths[scale][3], 1)
    net.linear(1000, bias=unit == "torchvision")
    return net


def assert_equal(spec: str, net: Counter) -> None:
    """Hold a spec against a counter."""
    report = analyze(spec)
    layers = sum(row.activations > 0 for row in report.layers)
    counted = (report.totals.params, report.totals.weights, report.totals.madds, layers)
    assert counted == (net.params, net.weights, net.madds, net.layers)


WIDTHS = ("0.25", "0.35", "0.5", "0.714", "0.75", "1", "1.3", "1.4", "7/3")
SIDES = (
    ("1", 224), ("1", 192), ("1", 97), ("1", 96), ("0.5", 224), ("0.714", 224), ("4/7", 224), ("6/7", 160), ("5/4", 33),
)  # fmt: skip
MULTIPLIERS = [(alpha, *side) for alpha, side in product(WIDTHS, SIDES)]


@pytest.mark.parametrize(("alpha", "rho", "resolution"), MULTIPLIERS)
def test_mobilenet_v1_equals_the_loop_over_its_table_at_every_multiplier(alpha: str, rho: str, resolution: int) -> None:
    spec = f"mobilenet_v1:alpha={alpha},rho={rho},resolution={resolution},classes=10"
    assert_equal(spec, mobilenet_v1(Fraction(alpha), Fraction(rho), resolution, 10))


@pytest.mark.parametrize(("alpha", "rho", "resolution"), MULTIPLIERS)
def test_mobilenet_v2_equals_the_loop_over_its_table_at_every_multiplier(alpha: str, rho: str, resolution: int) -> None:
    spec = f"mobilenet_v2:alpha={alpha},rho={rho},resolution={resolution},classes=10"
    assert_equal(spec, mobilenet_v2(Fraction(alpha), Fraction(rho), resolution, 10))


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
@pytest.mark.parametrize("width", ["1", "2", "1.3"])
@pytest.mark.parametrize(("stride_at", "resolution"), [("3x3", 224), ("1x1", 224), ("3x3", 97), ("1x1", 75)])
def test_resnet_equals_the_loop_over_its_table(depth: int, width: str, stride_at: str, resolution: int) -> None:
    spec = f"resnet:depth={depth},width={width},stride_at={stride_at},resolution={resolution}"
    assert_equal(spec, resnet(depth, Fraction(width), stride_at, resolution))


@pytest.mark.parametrize("scale", ["0.5", "1", "1.5", "2"])
@pytest.mark.parametrize("unit", ["torchvision", "paper"])
@pytest.mark.parametrize("resolution", [224, 97])
def test_shufflenet_v2_equals_the_loop_over_its_table(scale: str, unit: str, resolution: int) -> None:
    spec = f"shufflenet_v2:scale={scale},unit={unit},resolution={resolution}"
    assert_equal(spec, shufflenet_v2(scale, unit, resolution))


@pytest.mark.parametrize("spec", ["mobilenet_v1", "mobilenet_v2", "shufflenet_v2", "resnet18", "resnet50"])
@pytest.mark.parametrize("resolution", range(1, 34, 4))
def test_a_network_takes_an_input_of_any_side(spec: str, resolution: int) -> None:
    report = analyze(spec, resolution=resolution)
    assert report.inputs["input"] == (3, resolution, resolution)
    assert report.layers[-1].output == (1000, 1, 1)


def test_mobilenet_v2_ends_in_no_fewer_than_1280_channels() -> None:
    """Section 4 of arXiv:1801.04381; 1664 and 1792 as slim's checkpoints of 1.3 and 1.4 have."""
    ends = {alpha: analyze("mobilenet_v2", alpha=alpha).layers[-1].inputs[0][0] for alpha in (0.35, 1, 1.3, 1.4)}
    assert ends == {0.35: 1280, 1: 1280, 1.3: 1664, 1.4: 1792}


def test_mobilenet_v2_adds_the_shortcut_only_where_the_stride_is_1_and_the_channels_stay() -> None:
    adding = [row.block for row in analyze("mobilenet_v2").layers if row.kind == "add"]
    assert adding == [f"bottleneck{number}" for number in (3, 5, 6, 8, 9, 10, 12, 13, 15, 16)]


@pytest.mark.parametrize("alpha", ["0.25", "0.4", "0.5", "1", "1.4"])
def test_mobilenet_v2_decides_on_the_shortcut_by_the_rounded_channels(alpha: str) -> None:
    """At small widths neighbouring rows round to one width: torchvision then has a shortcut between them."""
    report = analyze("mobilenet_v2", alpha=alpha)
    shapes = {row.block: row.output for row in report.layers}
    names = [f"bottleneck{number}" for number in range(1, 18)]
    expected = [name for before, name in pairwise(names) if shapes[before] == shapes[name]]
    adding = [row.block for row in report.layers if row.kind == "add"]
    stem = [names[0]] if report.layers[0].output == shapes[names[0]] else []
    assert adding == stem + expected


def test_resnet_names_its_stages_as_the_paper_does() -> None:
    report = analyze("resnet50")
    stages = [group.name for group in report.by("stage")]
    assert [name for name in stages if name.startswith("conv")] == ["conv2_x", "conv3_x", "conv4_x", "conv5_x"]
    blocks = [group.name for group in report.by("block") if group.name.startswith("conv3_x")]
    assert blocks == [f"conv3_x.bottleneck{number}" for number in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("spec", "listed"),
    [
        ("shufflenet_v2:scale=0.75", "0.5, 1, 1.5, 2"),
        ("shufflenet_v2:unit=megvii", "torchvision, paper"),
        ("resnet:depth=20", "18, 34, 50, 101, 152"),
        ("resnet:depth=5x5", "18, 34, 50, 101, 152"),
        ("resnet50:stride_at=5x5", "3x3, 1x1"),
    ],
)
def test_a_value_that_nobody_published_is_refused_with_those_that_are(spec: str, listed: str) -> None:
    with pytest.raises(FlopcalcError) as caught:
        analyze(spec)
    assert f"one of {listed}" in str(caught.value)
