"""Networks of inverted residuals, held against plain loops that follow the reference code, at many parameters.

The loops share nothing with flopcalc. They know lists of convolutions, and for the networks the tables of the authors'
code in its own notation.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
import sympy

from flopcalc import analyze
from flopcalc.errors import FlopcalcError
from flopcalc.report import Report


def divisible(value: Fraction | int, limit: str = "0.9") -> int:
    """Round as `_make_divisible(value, 8)` of the reference code, where it must not lose more than 1 − limit."""
    rounded = max(8, math.floor(value + 4) // 8 * 8)
    return rounded + 8 if rounded < Fraction(limit) * value else rounded


def half_up(value: Fraction) -> int:
    """Round to the nearest whole number, half-way cases up."""
    return math.floor(value + Fraction(1, 2))


class Net:
    """A network's running channels, side and sums while its layers are called one after the other."""

    def __init__(self, side: int, channels: int = 3) -> None:
        self.channels, self.side = channels, side
        self.params = self.weights = self.madds = self.activations = self.layers = self.pooled = self.shortcuts = 0

    def conv(
        self,
        out: int,
        kernel: int,
        stride: int = 1,
        *,
        groups: int = 1,
        padding: int | None = None,
        dilation: int = 1,
        bias: bool = False,
        norm: bool = True,
    ) -> None:
        """Convolve."""
        if padding is None:
            padding = dilation * (kernel // 2)
        self.side = (self.side + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
        weights = kernel * kernel * (self.channels // groups) * out
        assert self.channels % groups == 0
        assert out % groups == 0
        self.weights += weights
        self.params += weights + (out if bias else 0) + (2 * out if norm else 0)
        self.madds += weights * self.side**2
        self.activations += out * self.side**2
        self.layers += 1
        self.channels = out

    def linear(self, out: int) -> None:
        """Pool what is there, and classify."""
        self.pooled += self.channels * self.side**2
        self.side = 1
        self.conv(out, 1, bias=True, norm=False)

    def squeeze_excite(self, hidden: int) -> None:
        """Pool, squeeze, expand and scale."""
        channels, side = self.channels, self.side
        self.pooled += channels * side**2
        self.side = 1
        self.conv(hidden, 1, bias=True, norm=False)
        self.conv(channels, 1, bias=True, norm=False)
        self.side = side

    def inverted_residual(
        self,
        out: int,
        hidden: int,
        kernel: int,
        stride: int,
        *,
        se: int = 0,
        padding: int | None = None,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = False,
    ) -> None:
        """Expand where that changes anything, convolve in depth, squeeze and excite, project."""
        entering = self.channels
        if hidden != entering:
            self.conv(hidden, 1, groups=groups, bias=bias)
        self.conv(hidden, kernel, stride, groups=hidden, padding=padding, dilation=dilation, bias=bias)
        if se:
            self.squeeze_excite(se)
        self.conv(out, 1, groups=groups, bias=bias)
        self.shortcuts += stride == 1 and out == entering


def assert_same(report: Report, net: Net) -> None:
    """Hold flopcalc's totals against the loop's."""
    totals = report.totals
    convolutions = [row for row in report.layers if row.kind in ("conv", "depthwise", "linear")]
    counted = {
        "params": totals.params,
        "weights": totals.weights,
        "madds": totals.madds,
        "activations": totals.activations,
        "layers": len(convolutions),
        "pooled": sum(row.cost.inputs for row in report.layers if row.kind == "global_pool"),
        "shortcuts": sum(row.kind == "add" for row in report.layers),
    }
    assert counted == {name: getattr(net, name) for name in counted}


# -- the networks ----------------------------------------------------------------------------------------------------


V3 = {
    "large": """16,3,16,16,0,1 16,3,64,24,0,2 24,3,72,24,0,1 24,5,72,40,1,2 40,5,120,40,1,1 40,5,120,40,1,1
        40,3,240,80,0,2 80,3,200,80,0,1 80,3,184,80,0,1 80,3,184,80,0,1 80,3,480,112,1,1 112,3,672,112,1,1
        112,5,672,160,1,2 160,5,960,160,1,1 160,5,960,160,1,1""",
    "small": """16,3,16,16,1,2 16,3,72,24,0,2 24,3,88,24,0,1 24,5,96,40,1,2 40,5,240,40,1,1 40,5,240,40,1,1
        40,5,120,48,1,1 48,5,144,48,1,1 48,5,288,96,1,2 96,5,576,96,1,1 96,5,576,96,1,1""",
}


def mobilenet_v3(network: str, alpha: Fraction, side: int, *, authors: bool = False, minimalistic: bool = False) -> Net:
    """Follow torchvision's `InvertedResidualConfig`, or slim's `expand_input` with its fixed last hidden layer."""
    net = Net(side)
    net.conv(divisible(alpha * 16), 3, 2)
    for row in V3[network].split():
        entering, kernel, exp, out, se, stride = map(int, row.split(","))
        hidden = divisible(Fraction(exp, entering) * net.channels) if authors else divisible(alpha * exp)
        se = divisible(hidden // 4) if se and not minimalistic else 0
        net.inverted_residual(divisible(alpha * out), hidden, 3 if minimalistic else kernel, stride, se=se)
    net.conv(divisible(alpha * {"large": 960, "small": 576}[network]) if authors else 6 * net.channels, 1)
    last = {"large": 1280, "small": 1024}[network]
    net.linear(last if authors else divisible(alpha * last))
    net.conv(1000, 1, bias=True, norm=False)
    return net


MNASNET = {
    "a1": "r2_k3_s2_e6_o24 r3_k5_s2_e3_o40_se r4_k3_s2_e6_o80 r2_k3_s1_e6_o112_se r3_k5_s2_e6_o160_se r1_k3_s1_e6_o320",
    "b1": "r3_k3_s2_e3_o24 r3_k5_s2_e3_o40 r3_k5_s2_e6_o80 r2_k3_s1_e6_o96 r4_k5_s2_e6_o192 r1_k3_s1_e6_o320",
}


def decoded(block: str) -> tuple[int, int, int, Fraction, int, bool]:
    """Read a row in the notation of the authors' code: repeats, kernel, stride, expansion, channels, SE."""
    parts = block.split("_")
    values = {part[0]: part[1:] for part in parts[:5]}
    return (
        int(values["r"]), int(values["k"]), int(values["s"]), Fraction(values["e"]), int(values["o"]), "se" in parts,
    )  # fmt: skip


def mnasnet(network: str, alpha: Fraction, side: int, classes: int) -> Net:
    """Follow the authors' mnasnet_models.py, and for b1 torchvision's MNASNet."""
    net = Net(side)
    net.conv(divisible(alpha * 32), 3, 2)
    net.conv(net.channels, 3, groups=net.channels)
    net.conv(divisible(alpha * 16), 1)
    for block in MNASNET[network].split():
        repeats, kernel, stride, expansion, out, se = decoded(block)
        for turn in range(repeats):
            entering = net.channels
            net.inverted_residual(
                divisible(alpha * out), int(entering * expansion), kernel, 1 if turn else stride,
                se=max(1, entering // 4) if se else 0,
            )  # fmt: skip
    net.conv(1280, 1)
    net.linear(classes)
    return net


EFFICIENTNET = """r1_k3_s1_e1_o16 r2_k3_s2_e6_o24 r2_k5_s2_e6_o40 r3_k3_s2_e6_o80 r3_k5_s1_e6_o112 r4_k5_s2_e6_o192
    r1_k3_s1_e6_o320"""


def efficientnet(width: Fraction, depth: Fraction, side: int, classes: int) -> Net:
    """Follow the authors' efficientnet_model.py."""
    net = Net(side)
    net.conv(divisible(width * 32), 3, 2)
    for block in EFFICIENTNET.split():
        repeats, kernel, stride, expansion, out, _ = decoded(block)
        for turn in range(math.ceil(depth * repeats)):
            entering = net.channels
            net.inverted_residual(
                divisible(width * out), int(entering * expansion), kernel, 1 if turn else stride,
                se=max(1, entering // 4),
            )  # fmt: skip
    net.conv(divisible(width * 1280), 1)
    net.linear(classes)
    return net


EFFICIENTNET_V2 = {
    "s": """24 r2_k3_s1_e1_o24_c r4_k3_s2_e4_o48_c r4_k3_s2_e4_o64_c r6_k3_s2_e4_o128 r9_k3_s1_e6_o160
        r15_k3_s2_e6_o256""",
    "m": """24 r3_k3_s1_e1_o24_c r5_k3_s2_e4_o48_c r5_k3_s2_e4_o80_c r7_k3_s2_e4_o160 r14_k3_s1_e6_o176
        r18_k3_s2_e6_o304 r5_k3_s1_e6_o512""",
    "l": """32 r4_k3_s1_e1_o32_c r7_k3_s2_e4_o64_c r7_k3_s2_e4_o96_c r10_k3_s2_e4_o192 r19_k3_s1_e6_o224
        r25_k3_s2_e6_o384 r7_k3_s1_e6_o640""",
    "b": """32 r1_k3_s1_e1_o16_c r2_k3_s2_e4_o32_c r2_k3_s2_e4_o48_c r3_k3_s2_e4_o96 r5_k3_s1_e6_o112
        r8_k3_s2_e6_o192""",
}


def efficientnet_v2(network: str, width: Fraction, depth: Fraction, side: int) -> Net:
    """Follow the authors' effnetv2_model.py; c marks fused blocks."""
    stem, *blocks = EFFICIENTNET_V2[network].split()
    net = Net(side)
    net.conv(divisible(width * int(stem), "0"), 3, 2)
    for block in blocks:
        repeats, kernel, stride, expansion, out, _ = decoded(block)
        for turn in range(math.ceil(depth * repeats)):
            entering, step = net.channels, 1 if turn else stride
            wide = divisible(width * out, "0")
            if not block.endswith("_c"):
                net.inverted_residual(wide, int(entering * expansion), kernel, step, se=max(1, entering // 4))
                continue
            net.conv(wide if expansion == 1 else int(entering * expansion), kernel, step)
            if expansion != 1:
                net.conv(wide, 1)
            net.shortcuts += step == 1 and wide == entering
    net.conv(divisible(width * 1280, "0"), 1)
    net.linear(1000)
    return net


FBNET = {  # op:channels:stride:repeats:expansion, as mobile-vision's fbnet_modeldef_cls_*.py has them
    "fbnet_a": """conv_k3:16:2:1 skip:16:1:1 ir_k3:24:2:1:3 ir_k3:24:1:1:1 skip:24:1:1 skip:24:1:1 ir_k5:32:2:1:6
        ir_k3:32:1:1:3 ir_k5:32:1:1:1 ir_k3:32:1:1:3 ir_k5:64:2:1:6 ir_k5:64:1:1:3 ir_k5_g2:64:1:1:1 ir_k5:64:1:1:6
        ir_k3:112:1:1:6 ir_k5_g2:112:1:1:1 ir_k5:112:1:1:3 ir_k3_g2:112:1:1:1 ir_k5:184:2:1:6 ir_k5:184:1:1:6
        ir_k5:184:1:1:3 ir_k5:184:1:1:6 ir_k5:352:1:1:6 conv_k1:1504:1:1""",
    "fbnet_v2_f0": """conv_k3_hs:8:2:1 ir_k5_hs:8:1:1:1 ir_k5_hs:16:2:1:4 ir_k5_hs:16:1:1:3 ir_k5_sehsig:24:2:1:4
        ir_k5_sehsig:24:1:1:3 ir_k5_sehsig_hs:48:2:1:4 ir_k3_sehsig_hs:48:1:1:3 ir_k5_sehsig_hs:64:1:1:3
        ir_k5_sehsig_hs:64:1:1:2 ir_k3_sehsig_hs:128:2:1:3 ir_k5_sehsig_hs:160:1:1:3 skip:192:1:1
        ir_pool_hs:1280:1:1:4""",
    "fbnet_v2_f1": """conv_k3_hs:8:2:1 ir_k5:8:1:1:1 ir_k5:24:2:1:5.4566 ir_k5:24:1:1:4.7912
        ir_k5_sehsig:32:2:1:5.3501 ir_k5_sehsig:24:1:1:4.5379 ir_k5_hs:56:2:1:5.7133 ir_k3_hs:56:1:1:4.1212
        ir_k3_sehsig_hs:56:1:1:5.1246 skip:80:1:1 ir_k5_sehsig_hs:80:1:1:4.507 ir_k5_sehsig_hs:80:1:1:1.7712
        ir_k3_sehsig_hs:144:2:1:4.5685 ir_k5_sehsig_hs:144:1:1:5.84 ir_k5_sehsig_hs:144:1:1:6.8754 skip:224:1:1
        ir_pool_hs:1600:1:1:6""",
    "fbnet_v3_a": """conv_k3_hs:16:2:1 ir_k3_hs:16:1:2:1 ir_k5_hs:24:2:1:4 ir_k5_hs:24:1:3:2 ir_k5_sehsig_hs:40:2:1:5
        ir_k5_sehsig_hs:40:1:4:3 ir_k5_hs:72:2:1:5:1 ir_k3_hs:72:1:4:3 ir_k3_sehsig_hs:120:1:1:5
        ir_k5_sehsig_hs:120:1:5:3 ir_k3_sehsig_hs:184:2:1:6:0 ir_k5_sehsig_hs:184:1:5:4 ir_k5_sehsig_hs:224:1:1:6
        ir_pool_hs:1984:1:1:6""",
    "fbnet_v3_c": """conv_k3_hs:16:2:1 ir_k3_hs:16:1:2:1 ir_k5_hs:24:2:1:5 ir_k3_hs:24:1:4:3 ir_k5_sehsig_hs:48:2:1:5
        ir_k5_sehsig_hs:48:1:4:2 ir_k5_hs:88:2:1:4:1 ir_k3_hs:88:1:4:3 ir_k3_sehsig_hs:120:1:1:4
        ir_k5_sehsig_hs:120:1:5:3 ir_k5_sehsig_hs:216:2:1:5:1 ir_k5_sehsig_hs:216:1:5:5 ir_k5_sehsig_hs:216:1:1:6
        ir_pool_hs:1984:1:1:6""",
}  # fmt: skip


def fbnet(name: str, side: int, classes: int) -> Net:
    """Follow mobile-vision's IRFBlock, IRPoolBlock and Identity; V1's blocks have biases beside the norms."""
    net = Net(side)
    first = not name.startswith(("fbnet_v2", "fbnet_v3"))
    for entry in FBNET[name].split():
        op, *rest = entry.split(":")
        out, stride, repeats = map(int, rest[:3])
        expansion = Fraction(rest[3]) if len(rest) > 3 else Fraction(1)
        padding = int(rest[4]) if len(rest) > 4 else None
        if op.startswith("conv"):
            net.conv(out, int(op[6]), stride, bias=True)
        elif op == "skip":
            if out != net.channels:
                net.conv(out, 1)
        elif op == "ir_pool_hs":
            net.conv(divisible(net.channels * expansion, "0.95"), 1)
            net.pooled += net.channels * net.side**2
            net.side = 1
            net.conv(out, 1, norm=False)
        else:
            for turn in range(repeats):
                entering = net.channels
                hidden = divisible(entering * expansion, "0.95")
                squeezed = hidden // 4 if name.startswith("fbnet_v2") else entering // 4
                net.inverted_residual(
                    out, hidden, int(op[4]), 1 if turn else stride, padding=padding, bias=first,
                    groups=2 if "_g2" in op else 1, se=divisible(squeezed, "0.95") if "_se" in op else 0,
                )  # fmt: skip
    net.linear(classes)
    return net


V2 = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


def mobilenet_v2(net: Net, alpha: Fraction = Fraction(1), output_stride: int = 32) -> list[tuple[int, int]]:
    """Follow slim's mobilenet_base up to the last bottleneck; return every expanded map's channels and side."""
    net.conv(divisible(alpha * 32), 3, 2)
    current, rate, expanded = 2, 1, []
    for t, c, n, s in V2:
        for turn in range(n):
            stride = 1 if turn else s
            if current == output_stride:
                step, dilation, rate = 1, rate, rate * stride
            else:
                step, dilation, current = stride, 1, current * stride
            expanded.append((t * net.channels, net.side))
            net.inverted_residual(divisible(alpha * c), t * net.channels, 3, step, dilation=dilation)
    return expanded


def ssd(side: int, classes: int, *, separable: bool, backbone: bool = True) -> Net:
    """Follow the feature maps and the box predictor of TensorFlow's object detection API."""
    net = Net(side)
    expanded = mobilenet_v2(net)
    net.conv(1280, 1)
    maps = [(*expanded[13], 3), (net.channels, net.side, 6)]
    if not backbone:
        net = Net(net.side, net.channels)
    for out in (512, 256, 256, 128):
        net.conv(out // 2, 1)
        if separable:
            net.conv(net.channels, 3, 2, groups=net.channels)
            net.conv(out, 1)
        else:
            net.conv(out, 3, 2)
        maps.append((net.channels, net.side, 6))
    for channels, edge, anchors in maps:
        for predicted in (4 * anchors, (classes + 1) * anchors):
            net.channels, net.side = channels, edge
            if separable:
                net.conv(channels, 3, groups=channels)
            net.conv(predicted, 1 if separable else 3, bias=True, norm=False)
    return net


def deeplab(side: int, classes: int, output_stride: int, *, aspp: bool) -> Net:
    """Follow DeepLabv3's head: image pooling, a 1×1 conv, with ASPP three dilated ones, and a projection."""
    net = Net(side)
    mobilenet_v2(net, output_stride=output_stride)
    channels, edge = net.channels, net.side
    net.pooled += channels * edge**2
    net.side = 1
    net.conv(256, 1)
    net.channels, net.side = channels, edge
    net.conv(256, 1)
    for rate in (6, 12, 18) if aspp else ():
        net.channels = channels
        net.conv(256, 3, dilation=rate * 16 // output_stride)
    net.channels = 256 * (5 if aspp else 2)
    net.conv(256, 1)
    net.conv(classes, 1, bias=True, norm=False)
    return net


WIDTHS = [Fraction(text) for text in ("0.1", "0.25", "0.35", "0.5", "0.6", "0.75", "1", "1.1", "1.25", "1.4", "2")]


@pytest.mark.parametrize(("network", "alpha"), list(product(V3, WIDTHS)))
def test_mobilenet_v3_follows_torchvision_and_the_authors_at_any_width(network: str, alpha: Fraction) -> None:
    report = analyze("mobilenet_v3", network=network, alpha=alpha, resolution=97, widths="torchvision")
    assert_same(report, mobilenet_v3(network, alpha, 97))
    report = analyze("mobilenet_v3", network=network, alpha=alpha, rho="4/7")
    assert_same(report, mobilenet_v3(network, alpha, 128, authors=True))


def test_minimalistic_mobilenet_v3_has_small_kernels_and_no_squeeze_and_excitation() -> None:
    for network in V3:
        report = analyze("mobilenet_v3", network=network, minimalistic=True)
        assert_same(report, mobilenet_v3(network, Fraction(1), 224, minimalistic=True))
        assert {row.kind for row in report.layers} & {"hard_swish", "hard_sigmoid", "multiply"} == set()


@pytest.mark.parametrize(("network", "alpha"), list(product(MNASNET, WIDTHS)))
def test_mnasnet_follows_the_reference_code_at_any_width(network: str, alpha: Fraction) -> None:
    report = analyze("mnasnet", network=network, alpha=alpha, resolution=131, classes=10)
    assert_same(report, mnasnet(network, alpha, 131, 10))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("depth", ["0.5", "1", "1.1", "2.3"])
def test_efficientnet_follows_the_authors_code_at_any_width_and_depth(width: Fraction, depth: str) -> None:
    report = analyze("efficientnet", width=width, depth=depth, resolution=101, classes=7)
    assert_same(report, efficientnet(width, Fraction(depth), 101, 7))


@pytest.mark.parametrize("phi", range(8))
def test_phi_scales_depth_width_and_resolution_by_the_papers_constants(phi: int) -> None:
    width, depth = Fraction("1.1") ** phi, Fraction("1.2") ** phi
    side = half_up(224 * Fraction("1.15") ** phi)
    assert_same(analyze("efficientnet", phi=phi), efficientnet(width, depth, side, 1000))


@pytest.mark.parametrize("network", EFFICIENTNET_V2)
@pytest.mark.parametrize(("width", "depth"), [("1", "1"), ("0.4", "0.5"), ("1.2", "1.4"), ("1.35", "1.1")])
def test_efficientnet_v2_follows_the_authors_code_at_any_width_and_depth(network: str, width: str, depth: str) -> None:
    report = analyze("efficientnet_v2", network=network, width=width, depth=depth, resolution=99)
    assert_same(report, efficientnet_v2(network, Fraction(width), Fraction(depth), 99))


@pytest.mark.parametrize("name", FBNET)
@pytest.mark.parametrize("side", [96, 131, 224, 257])
def test_fbnet_follows_the_authors_code_at_any_resolution(name: str, side: int) -> None:
    assert_same(analyze(name, resolution=side, classes=13), fbnet(name, side, 13))


@pytest.mark.parametrize("separable", [True, False])
@pytest.mark.parametrize(("side", "classes"), [(320, 80), (300, 90), (512, 20)])
def test_ssdlite_follows_the_object_detection_api(side: int, classes: int, separable: bool) -> None:
    report = analyze("ssdlite_mobilenet_v2", resolution=side, classes=classes, separable=separable)
    assert_same(report, ssd(side, classes, separable=separable))


def test_the_prediction_layers_alone_are_those_of_table_5() -> None:
    """arXiv:1801.04381, Table 5: 14.8 M and 1.25 B, and 2.1 M; its 0.35 B is twice the count."""
    backbone = analyze("mobilenet_v2", head="conv", resolution=320).totals
    for separable, params, madds in [(False, 148, 1259), (True, 21, 178)]:
        totals = analyze("ssdlite_mobilenet_v2", separable=separable).totals
        assert half_up(Fraction(totals.params - backbone.params, 10**5)) == params
        assert half_up(Fraction(totals.madds - backbone.madds, 10**6)) == madds
        alone = ssd(320, 80, separable=separable, backbone=False)
        assert (totals.params - backbone.params, totals.madds - backbone.madds) == (alone.params, alone.madds)


def test_a_detector_has_boxes_and_scores_of_six_maps() -> None:
    report = analyze("ssdlite_mobilenet_v2")
    shapes = {row.path: row.output for row in report.layers}
    for number, (side, anchors) in enumerate([(20, 3), (10, 6), (5, 6), (3, 6), (2, 6), (1, 6)], 1):
        for kind, size in (("boxes", 4), ("scores", 81)):
            assert shapes[f"predict{number}.{kind}.conv"] == (anchors * size, side, side)


@pytest.mark.parametrize("aspp", [True, False])
@pytest.mark.parametrize(("side", "stride"), [(513, 16), (512, 16), (257, 8), (769, 16)])
def test_deeplab_follows_the_authors_head(side: int, stride: int, aspp: bool) -> None:
    report = analyze("deeplab_v3_mobilenet_v2", resolution=side, output_stride=stride, aspp=aspp)
    assert_same(report, deeplab(side, 21, stride, aspp=aspp))
    assert report.layers[-1].output == (21, side, side)


@pytest.mark.parametrize("stride", [8, 16, 32])
@pytest.mark.parametrize("alpha", ["0.35", "1", "1.4"])
def test_mobilenet_v2_ends_where_it_is_told_and_dilates_below_its_output_stride(alpha: str, stride: int) -> None:
    net = Net(225)
    mobilenet_v2(net, Fraction(alpha), stride)
    report = analyze("mobilenet_v2", alpha=alpha, resolution=225, head="none", output_stride=stride)
    assert_same(report, net)
    layers: list[Any] = [row for row in report.layers if row.kind == "depthwise"]
    dilations = {row.path.split(".")[0]: row.attributes["dilation"][0] for row in layers}
    assert {name for name, dilation in dilations.items() if dilation == 2} == {
        32: set(),
        16: {"bottleneck15", "bottleneck16", "bottleneck17"},
        8: {f"bottleneck{number}" for number in range(8, 15)},
    }[stride]
    assert sum(dilation == 4 for dilation in dilations.values()) == (3 if stride == 8 else 0)
    net.conv(divisible(1280 * max(Fraction(alpha), Fraction(1))), 1)
    assert_same(analyze("mobilenet_v2", alpha=alpha, resolution=225, head="conv", output_stride=stride), net)


# -- the blocks ------------------------------------------------------------------------------------------------------

C, O, H, W, K = sympy.symbols("C O H W K", integer=True, positive=True)  # noqa: E741
t, e, r = sympy.symbols("t e r", positive=True)


def assert_formula(found: object, expected: sympy.Expr) -> None:
    """Compare two formulas whose symbols have the same names."""
    names = {str(symbol): symbol for symbol in expected.free_symbols}
    formula = sympy.sympify(found)
    assert {str(symbol) for symbol in formula.free_symbols} == set(names)
    formula = formula.subs({symbol: names[str(symbol)] for symbol in formula.free_symbols})
    assert sympy.expand(formula - expected) == 0


def test_an_inverted_residual_costs_what_section_3_3_says() -> None:
    report = analyze("inverted_residual")
    assert_formula(report.totals.flops, H * W * C * t * (C + K**2 + O))
    assert_formula(report.totals.params, C * t * (C + K**2 + O))
    assert report.assumed == ("t ≠ 1", "C ≠ O")
    assert_formula(analyze("inverted_residual", t=1).totals.flops, H * W * C * (K**2 + O))
    strided = analyze("inverted_residual", stride=2).totals
    assert_formula(strided.flops, H * W * t * C**2 + H * W / 4 * (K**2 * t * C + t * C * O))
    assert_formula(analyze("inverted_residual", groups=2).totals.params, C * t * (C / 2 + K**2 + O / 2))


def test_mbconv_squeezes_to_a_share_of_the_channels_that_enter() -> None:
    report = analyze("mbconv")
    assert_formula(report.totals.flops, H * W * C * e * (C + K**2 + O) + 2 * e * C**2 / r)
    assert_formula(report.totals.params, C * e * (C + K**2 + O) + 2 * e * C**2 / r)
    assert analyze("mbconv", C=18, O=24, e=6, K=3, r=4, H=14, W=14).layers[3].output == (4, 1, 1)
    assert "multiply" not in {row.kind for row in analyze("mbconv", se=0).layers}


def test_a_fused_mbconv_of_expansion_1_is_a_single_convolution() -> None:
    report = analyze("fused_mbconv")
    assert_formula(report.totals.flops, H * W * C * e * (K**2 * C + O))
    assert_formula(analyze("fused_mbconv", e=1, K=3).totals.flops, H * W * 9 * C * O)
    kept = analyze("fused_mbconv", O="C", e=1, K=3)
    assert [row.kind for row in kept.layers] == ["conv", "add"]


def test_a_block_adds_its_input_where_the_shape_stays() -> None:
    for name, expansion in (("inverted_residual", "t"), ("mbconv", "e"), ("fused_mbconv", "e")):
        values: dict[str, Any] = {expansion: 6, "K": 3, "C": 16, "H": 8, "W": 8}
        if name == "mbconv":
            values["r"] = 4
        for out, stride, added in ((16, 1, True), (16, 2, False), (24, 1, False)):
            report = analyze(name, O=out, stride=stride, **values)
            assert (report.layers[-1].kind == "add") is added


def test_a_block_that_is_nothing_but_another_block_adds_no_part_of_its_own_to_the_path() -> None:
    assert [row.path for row in analyze("mbconv").layers if row.kind == "conv"] == [
        "expand",
        "se.reduce",
        "se.expand",
        "project",
    ]
    paths = {row.path for row in analyze("efficientnet_b0").layers}
    assert {"stage3.mbconv1.expand", "stage3.mbconv2.se.reduce"} <= paths


# -- whole networks in symbols ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "free", "values"),
    [
        ("mobilenet_v3_large", ("alpha", "rho"), {"alpha": 4, "rho": 1}),
        ("mobilenet_v3_small", ("alpha",), {"alpha": 4}),
        ("mnasnet", ("alpha", "resolution"), {"alpha": 1, "resolution": 224}),
        ("mnasnet_a1", ("alpha",), {"alpha": 2}),
        ("efficientnet", ("width", "depth"), {"width": 2, "depth": 3}),
        ("efficientnet", ("phi",), {"phi": 0}),
        ("efficientnet_v2_b0", ("width", "depth"), {"width": 3, "depth": 2}),
        ("fbnet_c", ("resolution", "classes"), {"resolution": 160, "classes": 10}),
    ],
)
def test_a_closed_form_gives_the_exact_count_where_nothing_is_rounded(
    spec: str, free: tuple[str, ...], values: dict[str, Any]
) -> None:
    formula, number = analyze(spec, symbolic=free).totals, analyze(spec, **values).totals
    for metric in ("params", "weights", "madds", "activations"):
        total = sympy.sympify(getattr(formula, metric))
        put = {symbol: values[str(symbol)] for symbol in total.free_symbols}
        assert total.subs(put) == getattr(number, metric)


def test_settings_that_do_not_fit_are_refused() -> None:
    for spec in (
        "mobilenet_v2:output_stride=64",
        "mobilenet_v3:network=medium",
        "efficientnet:width=0",
        "fbnet_v2:network=f5",
        "mbconv:se=-1",
    ):
        with pytest.raises(FlopcalcError):
            analyze(spec)
