"""The residual family and the classic networks are held against plain loops that follow the reference code.

As in test_independent_counts.py, the loops share nothing with flopcalc: they know lists of convolutions alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import pytest

from flopcalc import analyze

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


class Counter:
    """A network's running channels, side and sums while its layers are called one after the other."""

    def __init__(self, side: int) -> None:
        self.channels, self.side = 3, side
        self.params = self.weights = self.madds = self.layers = self.outputs = 0

    def conv(
        self, out: int, kernel: int, stride: int = 1, *, groups: int = 1, padding: int = -1, bias: bool = False,
        norm: bool = True,
    ) -> None:  # fmt: skip
        """Convolve with padding (kernel − 1)/2 where none is given; a norm has two parameters a channel."""
        padding = kernel // 2 if padding < 0 else padding
        self.side = (self.side + 2 * padding - kernel) // stride + 1
        self.weigh(kernel * kernel * (self.channels // groups) * out, self.side * self.side)
        self.params += out * (bias + 2 * norm)
        self.channels = out
        self.outputs += out * self.side * self.side

    def linear(self, out: int) -> None:
        """Connect all channels with `out` and a bias."""
        self.weigh(self.channels * out, 1)
        self.params += out
        self.channels = out
        self.outputs += out

    def norm(self) -> None:
        """Normalize without a convolution before."""
        self.params += 2 * self.channels

    def pool(self, kernel: int, stride: int, padding: int = 0, *, ceil: bool = False) -> None:
        """Pool as torch does: in ceil mode the last window starts within the map or its left padding."""
        left = self.side + 2 * padding - kernel
        side = (-(-left // stride) if ceil else left // stride) + 1
        if ceil and (side - 1) * stride >= self.side + padding:
            side -= 1
        self.side = side

    def excite(self, hidden: int, *, bias: bool) -> None:
        """Squeeze all channels into `hidden` and excite."""
        side, channels = self.side, self.channels
        self.side = 1
        self.conv(hidden, 1, bias=bias, norm=False)
        self.conv(channels, 1, bias=bias, norm=False)
        self.side = side

    def project(self, channels: int, side: int, stride: int) -> None:
        """Project the shortcut from what entered, where the shape changed; else leave it alone."""
        out, end = self.channels, self.side
        if stride != 1 or channels != out:
            self.channels, self.side = channels, side
            self.conv(out, 1, stride)
        assert (self.channels, self.side) == (out, end)

    def weigh(self, weights: int, positions: int) -> None:
        self.params += weights
        self.weights += weights
        self.madds += weights * positions
        self.layers += 1


def stem(side: int) -> Counter:
    """Count the first two layers of every ResNet."""
    net = Counter(side)
    net.conv(64, 7, 2)
    net.pool(3, 2, 1)
    return net


def bottlenecks(
    net: Counter, depth: int, cardinality: int, width: Fraction, stride_at: str, excite: Callable[[Counter], None]
) -> None:
    """Count torchvision's and timm's Bottleneck: int(planes · base_width/64) channels in each of the groups."""
    for stage, count in enumerate(BLOCKS[depth]):
        planes = 64 * 2**stage
        inner = int(planes * width / 64) * cardinality
        for turn in range(count):
            stride = 2 if stage > 0 and turn == 0 else 1
            channels, side = net.channels, net.side
            net.conv(inner, 1, stride if stride_at == "1x1" else 1)
            net.conv(inner, 3, stride if stride_at == "3x3" else 1, groups=cardinality)
            net.conv(4 * planes, 1)
            excite(net)
            net.project(channels, side, stride)


def resnext(depth: int, cardinality: int, width: Fraction, stride_at: str, resolution: int) -> Counter:
    net = stem(resolution)
    bottlenecks(net, depth, cardinality, width, stride_at, lambda net: None)
    net.linear(1000)
    return net


def se_resnet(
    depth: int, cardinality: int, width: int, reduction: int, divisor: int, bias: bool, stride_at: str, resolution: int
) -> Counter:
    """Count timm's SE-ResNet; an excitation has max(8, int(C/r + 4) // 8 · 8) hidden channels where divisor is 8."""

    def excite(net: Counter) -> None:
        ratio = Fraction(net.channels, reduction)
        net.excite(max(divisor, int(ratio + Fraction(divisor, 2)) // divisor * divisor), bias=bias)

    net = stem(resolution)
    if depth >= 50:
        bottlenecks(net, depth, cardinality, Fraction(width), stride_at, excite)
    else:
        for stage, count in enumerate(BLOCKS[depth]):
            for turn in range(count):
                stride = 2 if stage > 0 and turn == 0 else 1
                channels, side = net.channels, net.side
                net.conv(64 * 2**stage, 3, stride)
                net.conv(64 * 2**stage, 3)
                excite(net)
                net.project(channels, side, stride)
    net.linear(1000)
    return net


def regnet(depth: int, w0: int, wa: float, wm: float, group_width: int, se_ratio: float, resolution: int) -> Counter:
    """Count pycls' RegNet: quantize the widths of all blocks, find the stages, make their widths fit the groups."""
    widths = []
    for index in range(depth):
        exponent = round(math.log((w0 + wa * index) / w0) / math.log(wm))
        widths.append(round(w0 * wm**exponent / 8) * 8)
    net = Counter(resolution)
    net.conv(32, 3, 2)
    for quantized in sorted({*widths}):
        group = min(group_width, quantized)
        width = round(quantized / group) * group
        for turn in range(widths.count(quantized)):
            stride = 2 if turn == 0 else 1
            channels, side = net.channels, net.side
            net.conv(width, 1)
            net.conv(width, 3, stride, groups=width // group)
            if se_ratio:
                net.excite(round(channels * se_ratio), bias=True)
            net.conv(width, 1)
            net.project(channels, side, stride)
    net.linear(1000)
    return net


def alexnet(resolution: int, classes: int) -> Counter:
    net = Counter(resolution)
    for out, kernel, stride, padding, pool in [
        (64, 11, 4, 2, True), (192, 5, 1, 2, True), (384, 3, 1, 1, False), (256, 3, 1, 1, False), (256, 3, 1, 1, True),
    ]:  # fmt: skip
        net.conv(out, kernel, stride, padding=padding, bias=True, norm=False)
        if pool:
            net.pool(3, 2)
    net.channels *= 36
    for out in (4096, 4096, classes):
        net.linear(out)
    return net


def vgg(depth: int, norm: bool, resolution: int, classes: int) -> Counter:
    letters = {
        11: "1p2p33p44p44p", 13: "11p22p33p44p44p", 16: "11p22p333p444p444p", 19: "11p22p3333p4444p4444p",
    }  # fmt: skip
    net = Counter(resolution)
    for letter in letters[depth]:
        if letter == "p":
            net.pool(2, 2)
        else:
            net.conv(32 * 2 ** int(letter), 3, bias=True, norm=norm)
    net.channels *= 49
    for out in (4096, 4096, classes):
        net.linear(out)
    return net


def squeezenet(release: str, resolution: int, classes: int) -> Counter:
    plans = {
        "1.0": "sp224p4668p8",
        "1.1": "sp22p44p6688",
    }
    net = Counter(resolution)
    for step in plans[release]:
        if step == "s":
            net.conv(96 if release == "1.0" else 64, 7 if release == "1.0" else 3, 2, padding=0, bias=True, norm=False)
        elif step == "p":
            net.pool(3, 2, ceil=True)
        else:
            squeeze, expand = 8 * int(step), 32 * int(step)
            net.conv(squeeze, 1, bias=True, norm=False)
            net.conv(expand, 1, bias=True, norm=False)
            net.channels = squeeze
            net.conv(expand, 3, bias=True, norm=False)
            net.channels = 2 * expand
    net.conv(classes, 1, bias=True, norm=False)
    return net


def densenet(depth: int, growth: int, bottleneck: int, compression: Fraction, resolution: int, classes: int) -> Counter:
    blocks = {121: (6, 12, 24, 16), 161: (6, 12, 36, 24), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32)}
    net = Counter(resolution)
    net.conv(2 * growth, 7, 2)
    net.pool(3, 2, 1)
    for number, count in enumerate(blocks[depth]):
        if number:
            net.norm()
            net.conv(math.floor(net.channels * compression), 1, norm=False)
            net.pool(2, 2)
        for _ in range(count):
            channels = net.channels
            net.norm()
            net.conv(bottleneck * growth, 1)
            net.conv(growth, 3, norm=False)
            net.channels = channels + growth
    net.norm()
    net.linear(classes)
    return net


def googlenet(paper: bool, resolution: int, classes: int) -> Counter:
    """Count torchvision's GoogLeNet, or Table 1 of arXiv:1409.4842 with its 5×5 convs and biases."""
    net = Counter(resolution)

    def conv(out: int, kernel: int, stride: int = 1) -> None:
        net.conv(out, kernel, stride, bias=paper, norm=not paper)

    conv(64, 7, 2)
    net.pool(3, 2, ceil=True)
    conv(64, 1)
    conv(192, 3)
    net.pool(3, 2, ceil=True)
    for row in [
        (64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64), (3,),
        (192, 96, 208, 16, 48, 64), (160, 112, 224, 24, 64, 64), (128, 128, 256, 24, 64, 64),
        (112, 144, 288, 32, 64, 64), (256, 160, 320, 32, 128, 128), (3 if paper else 2,),
        (256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128),
    ]:  # fmt: skip
        if len(row) == 1:
            net.pool(row[0], 2, ceil=True)
            continue
        n1, reduce3, n3, reduce5, n5, project = row
        channels = net.channels
        for reduce, out, kernel in ((0, n1, 1), (reduce3, n3, 3), (reduce5, n5, 5 if paper else 3)):
            net.channels = channels
            if reduce:
                conv(reduce, 1)
            conv(out, kernel)
        net.channels = channels
        net.pool(3, 1, 1, ceil=True)
        conv(project, 1)
        net.channels = n1 + n3 + n5 + project
    net.linear(classes)
    return net


def mobilenet_v1(alpha: Fraction, separable: bool, shallow: bool, resolution: int) -> Counter:
    """Count Table 1 of arXiv:1704.04861, and the baselines of its Tables 4 and 5."""
    net = Counter(resolution)
    net.conv(math.floor(32 * alpha + Fraction(1, 2)), 3, 2)
    middle = [] if shallow else [(512, 1)] * 5
    for out, stride in [
        (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *middle, (1024, 2), (1024, 1),
    ]:  # fmt: skip
        width = math.floor(out * alpha + Fraction(1, 2))
        if separable:
            net.conv(net.channels, 3, stride, groups=net.channels)
            net.conv(width, 1)
        else:
            net.conv(width, 3, stride)
    net.linear(1000)
    return net


def assert_equal(spec: str, net: Counter) -> None:
    """Hold a spec against a counter."""
    report = analyze(spec)
    totals = report.totals
    layers = sum(row.activations > 0 for row in report.layers)
    counted = (totals.params, totals.weights, totals.madds, totals.activations, layers)
    assert counted == (net.params, net.weights, net.madds, net.outputs, net.layers)


@pytest.mark.parametrize("depth", [50, 101, 152])
@pytest.mark.parametrize(("cardinality", "width"), [(32, "4"), (64, "4"), (1, "64"), (8, "14"), (3, "7.3"), (2, "40")])
@pytest.mark.parametrize(("stride_at", "resolution"), [("3x3", 224), ("1x1", 97)])
def test_resnext_equals_its_loop(depth: int, cardinality: int, width: str, stride_at: str, resolution: int) -> None:
    spec = (
        f"resnext:depth={depth},cardinality={cardinality},width={width},stride_at={stride_at},resolution={resolution}"
    )
    assert_equal(spec, resnext(depth, cardinality, Fraction(width), stride_at, resolution))


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
@pytest.mark.parametrize(("reduction", "divisor", "bias"), [(16, 8, True), (16, 1, False), (4, 8, False), (7, 8, True)])
@pytest.mark.parametrize(("stride_at", "resolution"), [("3x3", 224), ("1x1", 75)])
def test_se_resnet_equals_its_loop(
    depth: int, reduction: int, divisor: int, bias: bool, stride_at: str, resolution: int
) -> None:
    spec = f"se_resnet:depth={depth},reduction={reduction},se_divisor={divisor},se_bias={str(bias).lower()}"
    net = se_resnet(depth, 1, 64, reduction, divisor, bias, stride_at, resolution)
    assert_equal(f"{spec},stride_at={stride_at},resolution={resolution}", net)


@pytest.mark.parametrize(("name", "depth"), [("seresnext50_32x4d", 50), ("seresnext101_32x4d", 101)])
@pytest.mark.parametrize("reduction", [16, 8, 5])
def test_se_resnext_equals_its_loop(name: str, depth: int, reduction: int) -> None:
    assert_equal(f"{name}:reduction={reduction}", se_resnet(depth, 32, 4, reduction, 8, True, "3x3", 224))


REGNETS = [
    (13, 24, "36.44", "2.49", 8), (22, 24, "24.48", "2.54", 16), (14, 56, "38.84", "2.4", 16),
    (27, 48, "20.71", "2.65", 24), (5, 16, "0", "2", 8), (1, 40, "9", "3", 24), (30, 8, "17.3", "1.7", 6),
    (12, 32, "90.5", "2.1", 1000), (20, 24, "11.1", "1.3", 10),
]  # fmt: skip


@pytest.mark.parametrize(("depth", "w0", "wa", "wm", "group_width"), REGNETS)
@pytest.mark.parametrize(("se_ratio", "resolution"), [("0", 224), ("0.25", 97), ("0.3", 64)])
def test_regnet_equals_its_loop_at_every_point_of_the_design_space(
    depth: int, w0: int, wa: str, wm: str, group_width: int, se_ratio: str, resolution: int
) -> None:
    spec = f"regnet:depth={depth},w0={w0},wa={wa},wm={wm},group_width={group_width},se_ratio={se_ratio}"
    net = regnet(depth, w0, float(wa), float(wm), group_width, float(se_ratio), resolution)
    assert_equal(f"{spec},resolution={resolution}", net)


@pytest.mark.parametrize("resolution", [63, 97, 224, 227])
def test_alexnet_equals_its_loop(resolution: int) -> None:
    assert_equal(f"alexnet:resolution={resolution},classes=10", alexnet(resolution, 10))


@pytest.mark.parametrize("depth", [11, 13, 16, 19])
@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("resolution", [32, 97, 224])
def test_vgg_equals_its_loop(depth: int, norm: bool, resolution: int) -> None:
    name = f"vgg{depth}_bn" if norm else f"vgg{depth}"
    assert_equal(f"{name}:resolution={resolution},classes=10", vgg(depth, norm, resolution, 10))


@pytest.mark.parametrize("release", ["1.0", "1.1"])
@pytest.mark.parametrize("resolution", [21, 64, 97, 224, 227])
def test_squeezenet_equals_its_loop(release: str, resolution: int) -> None:
    name = f"squeezenet{release.replace('.', '_')}"
    assert_equal(f"{name}:resolution={resolution},classes=10", squeezenet(release, resolution, 10))


@pytest.mark.parametrize("depth", [121, 161, 169, 201])
@pytest.mark.parametrize(
    ("growth", "bottleneck", "compression"), [(0, 4, "0.5"), (12, 4, "0.5"), (13, 3, "0.7"), (24, 4, "1")]
)
@pytest.mark.parametrize("resolution", [224, 97])
def test_densenet_equals_its_loop(depth: int, growth: int, bottleneck: int, compression: str, resolution: int) -> None:
    growth_given = f"growth_rate={growth}," if growth else ""
    spec = f"densenet:depth={depth},{growth_given}bottleneck={bottleneck},compression={compression}"
    growth = growth or (48 if depth == 161 else 32)
    net = densenet(depth, growth, bottleneck, Fraction(compression), resolution, 10)
    assert_equal(f"{spec},resolution={resolution},classes=10", net)


@pytest.mark.parametrize("implementation", ["torchvision", "paper"])
@pytest.mark.parametrize("resolution", [33, 64, 97, 224, 299])
def test_googlenet_equals_its_loop(implementation: str, resolution: int) -> None:
    spec = f"googlenet:implementation={implementation},resolution={resolution},classes=10"
    assert_equal(spec, googlenet(implementation == "paper", resolution, 10))


@pytest.mark.parametrize("separable", [True, False])
@pytest.mark.parametrize("shallow", [True, False])
@pytest.mark.parametrize(("alpha", "resolution"), [("1", 224), ("0.75", 160), ("0.35", 97)])
def test_mobilenet_v1s_baselines_equal_their_loop(separable: bool, shallow: bool, alpha: str, resolution: int) -> None:
    spec = f"mobilenet_v1:alpha={alpha},separable={str(separable).lower()},shallow={str(shallow).lower()}"
    net = mobilenet_v1(Fraction(alpha), separable, shallow, resolution)
    assert_equal(f"{spec},resolution={resolution}", net)


@pytest.mark.parametrize(
    "spec",
    ["resnext50_32x4d", "seresnet18", "seresnet50", "regnetx_002", "regnety_002", "mobilenet_v1:separable=false"],
)
@pytest.mark.parametrize("resolution", [1, 18, 33])
def test_a_network_without_unpadded_windows_takes_an_input_of_any_side(spec: str, resolution: int) -> None:
    report = analyze(spec, resolution=resolution)
    assert report.inputs["input"] == (3, resolution, resolution)
    assert report.layers[-1].output == (1000, 1, 1)


def test_regnet_counts_its_stages_from_its_design_parameters() -> None:
    """Depths and widths of RegNetX-400MF and RegNetY-800MF: arXiv:2003.13678, Figures 15 and 16."""
    for spec, depths, widths in (
        ("regnetx_004", [1, 2, 7, 12], [32, 64, 160, 384]),
        ("regnety_008", [1, 3, 8, 2], [64, 128, 320, 768]),
        ("regnetx_016", [2, 4, 10, 2], [72, 168, 408, 912]),
    ):
        adding = [row for row in analyze(spec).layers if row.kind == "add"]
        stages = [row.stage for row in adding]
        names = [f"stage{number}" for number in (1, 2, 3, 4)]
        assert [stages.count(name) for name in names] == depths
        assert sorted({row.output[0] for row in adding}) == widths
