"""ShuffleNetV1, ESPNet, ESPNetv2, GhostNet and GhostNetV2 against plain loops over the reference code.

The loops share nothing with flopcalc: they know no graph, no spec and no layer. Multipliers are binary floats in them,
as in the code that they follow, and exact fractions in flopcalc.
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import pytest
import sympy

from flopcalc import analyze
from flopcalc.errors import FlopcalcError

CONTRACTIONS = ("conv", "depthwise", "transposed_conv", "linear")


class Counter:
    """Sums over the modules of a network, with the running map's channels, height and width."""

    def __init__(self, channels: int, height: int, width: int) -> None:
        self.shape = (channels, height, width)
        self.weights = self.others = self.madds = self.activations = self.layers = 0

    def conv(
        self,
        out: int,
        kernel: int | tuple[int, int] = 1,
        stride: int = 1,
        groups: int = 1,
        *,
        bn: bool = True,
        prelu: bool = False,
        bias: bool = False,
    ) -> None:
        """nn.Conv2d with padding k // 2, then perhaps nn.BatchNorm2d and nn.PReLU."""
        channels, height, width = self.shape
        assert channels % groups == 0
        assert out % groups == 0
        kh, kw = (kernel, kernel) if isinstance(kernel, int) else kernel
        height = (height + 2 * (kh // 2) - kh) // stride + 1
        width = (width + 2 * (kw // 2) - kw) // stride + 1
        self.contract(channels // groups * out * kh * kw, height * width, out * height * width)
        self.shape = (out, height, width)
        self.others += out if bias else 0
        self.bn(bn, prelu=prelu)

    def depthwise(self, kernel: int | tuple[int, int], stride: int = 1, *, bn: bool = True) -> None:
        """nn.Conv2d whose groups are its channels."""
        self.conv(self.shape[0], kernel, stride, self.shape[0], bn=bn)

    def deconv(self, out: int) -> None:
        """nn.ConvTranspose2d of 2×2 with stride 2 and no bias."""
        channels, height, width = self.shape
        self.contract(channels * out * 4, height * width, out * 4 * height * width)
        self.shape = (out, 2 * height, 2 * width)

    def linear(self, out: int) -> None:
        """nn.Linear with a bias on what a global pool left."""
        self.contract(self.shape[0] * out, 1, out)
        self.others += out
        self.shape = (out, 1, 1)

    def contract(self, weights: int, positions: int, outputs: int) -> None:
        self.weights += weights
        self.madds += weights * positions
        self.activations += outputs
        self.layers += 1

    def bn(self, bn: bool = True, *, prelu: bool = False) -> None:
        """nn.BatchNorm2d and nn.PReLU, as the flags say."""
        self.others += self.shape[0] * (2 * bn + prelu)

    def pool(self, times: int = 1) -> None:
        """A pool of 3×3 with stride 2 and padding 1."""
        channels, height, width = self.shape
        for _ in range(times):
            height, width = (height - 1) // 2 + 1, (width - 1) // 2 + 1
        self.shape = (channels, height, width)


def assert_equal(spec: str, net: Counter) -> None:
    report = analyze(spec)
    layers = [row for row in report.layers if row.kind in CONTRACTIONS]
    counted = {
        "params": report.totals.params,
        "weights": report.totals.weights,
        "madds": report.totals.madds,
        "activations": report.totals.activations,
        "layers": len(layers),
        "output": report.layers[-1].output,
    }
    assert counted == {
        "params": net.weights + net.others,
        "weights": net.weights,
        "madds": net.madds,
        "activations": net.activations,
        "layers": net.layers,
        "output": net.shape,
    }


def global_pool(net: Counter) -> None:
    net.shape = (net.shape[0], 1, 1)


# -- ShuffleNetV1 ----------------------------------------------------------------------------------------------------


SHUFFLE_WIDTHS = {
    1: (144, 288, 576),
    2: (200, 400, 800),
    3: (240, 480, 960),
    4: (272, 544, 1088),
    8: (384, 768, 1536),
}


def shufflenet_v1(groups: int, scale: float, resolution: int, *, stem: int = 0, ceil: bool = False) -> Counter:
    """Count pytorchcv's ShuffleNet, with the stem of at least 12 channels that the paper's totals need."""
    net = Counter(3, resolution, resolution)
    net.conv(stem or max(12, int(24 * scale)), 3, 2)
    net.pool()
    for stage, units in enumerate((4, 8, 4)):
        out = int(SHUFFLE_WIDTHS[groups][stage] * scale)
        mid = math.ceil(out / 4 / groups) * groups if ceil else out // 4
        for unit in range(units):
            entering = net.shape[0]
            net.conv(mid, groups=1 if stage == unit == 0 else groups)
            net.depthwise(3, 2 if unit == 0 else 1)
            net.conv(out - entering if unit == 0 else out, groups=groups)
            net.shape = (out, *net.shape[1:])
    global_pool(net)
    net.linear(1000)
    return net


@pytest.mark.parametrize("groups", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("resolution", [224, 97])
def test_shufflenet_v1_equals_the_loop_at_every_number_of_groups(groups: int, resolution: int) -> None:
    spec = f"shufflenet_v1:groups={groups},resolution={resolution}"
    assert_equal(spec, shufflenet_v1(groups, 1, resolution))


@pytest.mark.parametrize(
    ("groups", "scale"),
    [*product([1], ["0.25", "0.3", "0.5", "0.75", "1.1", "1.5", "2"]), *product([3], ["0.25", "0.5", "0.75", "2"])],
)
def test_shufflenet_v1_equals_the_loop_at_every_scale(groups: int, scale: str) -> None:
    assert_equal(f"shufflenet_v1:groups={groups},scale={scale}", shufflenet_v1(groups, float(scale), 224))


@pytest.mark.parametrize(("groups", "scale"), [*product([1, 2, 3], ["0.25", "0.5", "0.75"]), (4, "0.25"), (4, "0.5")])
def test_shufflenet_v1_rounds_its_bottleneck_up_to_a_multiple_of_the_groups(groups: int, scale: str) -> None:
    spec = f"shufflenet_v1:groups={groups},scale={scale},bottleneck=ceil"
    assert_equal(spec, shufflenet_v1(groups, float(scale), 224, ceil=True))


@pytest.mark.parametrize(
    ("groups", "scale", "stem", "params"),
    [
        (1, "1", 24, 1531936),
        (2, "1", 24, 1733848),
        (3, "1", 24, 1865728),
        (4, "1", 24, 1968344),
        (8, "1", 24, 2434768),
        (1, "0.75", 18, 975214),
        (3, "0.75", 18, 1238266),
        (1, "0.5", 12, 534484),
        (3, "0.5", 12, 718324),
        (1, "0.25", 6, 209746),
        (3, "0.25", 6, 305902),
    ],
)
def test_shufflenet_v1_has_the_parameters_that_pytorchcv_states(
    groups: int, scale: str, stem: int, params: int
) -> None:
    """The counts that osmr/imgclsmob asserts of its models; its stem at 0.25 is of 6 channels."""
    assert analyze(f"shufflenet_v1:groups={groups},scale={scale},stem={stem}").totals.params == params
    if stem >= 12:
        assert analyze(f"shufflenet_v1:groups={groups},scale={scale}").totals.params == params


@pytest.mark.parametrize(
    ("groups", "scale", "stem"), [(8, "0.5", 16), (8, "1.5", 24), (8, "2", 48), (3, "0.5", 12), (3, "1.5", 24)]
)
def test_shufflenet_v1_takes_the_stem_of_the_authors_repository(groups: int, scale: str, stem: int) -> None:
    spec = f"shufflenet_v1:groups={groups},scale={scale},stem={stem}"
    assert_equal(spec, shufflenet_v1(groups, float(scale), 224, stem=stem))


@pytest.mark.parametrize(
    ("settings", "channels", "groups"),
    [("groups=4,scale=0.5", 34, 4), ("groups=2,scale=0.5", 25, 2), ("groups=8,scale=0.5", 180, 8)],
)
def test_shufflenet_v1_refuses_channels_that_do_not_divide_into_the_groups(
    settings: str, channels: int, groups: int
) -> None:
    with pytest.raises(FlopcalcError) as caught:
        analyze(f"shufflenet_v1:{settings}")
    assert f"{channels} output channels do not divide into {groups} groups" in str(caught.value)


# -- ESPNet ----------------------------------------------------------------------------------------------------------


def esp(net: Counter, out: int, *, kernel: int = 1, stride: int = 1) -> None:
    """Count DilatedParllelResidualBlockB and DownSamplerB of sacmehta/ESPNet."""
    n = int(out / 5)
    net.conv(n, kernel, stride, bn=False)
    reduced = net.shape
    for width in (out - 4 * n, n, n, n, n):
        net.shape = reduced
        net.conv(width, 3, bn=False)  # dilated, and padded to keep the side
    net.shape = (out, *reduced[1:])
    net.bn(prelu=True)


def espnet(p: int, q: int, classes: int, height: int, width: int, *, decoder: bool) -> Counter:
    """Count ESPNet_Encoder and ESPNet of sacmehta/ESPNet, train/Model.py."""
    net = Counter(3, height, width)
    net.conv(16, 3, 2, prelu=True)
    half = net.shape = (16 + 3, *net.shape[1:])
    net.bn(prelu=True)
    esp(net, 64, kernel=3, stride=2)
    for _ in range(p):
        esp(net, 64)
    quarter = net.shape = (64 + 64 + 3, *net.shape[1:])
    net.bn(prelu=True)
    esp(net, 128, kernel=3, stride=2)
    for _ in range(q):
        esp(net, 128)
    net.shape = (256, *net.shape[1:])
    net.bn(prelu=True)
    net.conv(classes, bn=False)
    if decoder:
        net.bn()
        net.deconv(classes)
        assert net.shape[1:] == quarter[1:]
        net.shape = quarter
        net.conv(classes, bn=False)
        net.shape = (2 * classes, *net.shape[1:])
        net.bn(prelu=True)
        esp(net, classes)
        net.deconv(classes)
        net.bn(prelu=True)
        assert net.shape[1:] == half[1:]
        net.shape = (classes + 19, *net.shape[1:])
        net.conv(classes, 3, prelu=True)
        net.deconv(classes)
    return net


@pytest.mark.parametrize(("p", "q"), [(1, 1), (2, 3), (2, 5), (2, 8), (5, 3)])
@pytest.mark.parametrize("classes", [20, 19, 7])
def test_espnet_equals_the_loop_over_its_code(p: int, q: int, classes: int) -> None:
    for spec, decoder in (("espnet_c", False), ("espnet", True)):
        assert_equal(f"{spec}:p={p},q={q},classes={classes}", espnet(p, q, classes, 512, 1024, decoder=decoder))


@pytest.mark.parametrize("resolution", [224, 331])
def test_espnet_halves_sides_as_its_code_does(resolution: int) -> None:
    spec = f"espnet_c:q=3,resolution={resolution}"
    assert_equal(spec, espnet(2, 3, 20, resolution, 2 * resolution, decoder=False))


def test_espnet_dilates_its_paths_in_powers_of_two() -> None:
    rows = [row for row in analyze("esp_module", M=64, N=64, K=5, n=3, H=32, W=32).layers if "branch" in row.path]
    assert [row.attributes["dilation"] for row in rows if row.kind == "conv"] == [(2**i, 2**i) for i in range(5)]
    assert [row.output[0] for row in rows if row.kind == "conv"] == [16, 12, 12, 12, 12]


# -- ESPNetv2 --------------------------------------------------------------------------------------------------------


def eesp(net: Counter, out: int, *, stride: int = 1) -> None:
    """Count EESP of sacmehta/ESPNetv2, imagenet/Model.py, without the PReLU that the strided one does not use."""
    n = int(out / 4)
    net.conv(n, groups=4, prelu=True)
    reduced = net.shape
    for _ in range(4):
        net.shape = reduced
        net.depthwise(3, stride, bn=False)  # dilated, and padded to keep the side
    net.shape = (out, *net.shape[1:])
    net.bn(prelu=True)
    net.conv(out, groups=4, prelu=stride == 1)


def espnet_v2(scale: float, resolution: int, classes: int) -> Counter:
    """Count EESPNet of sacmehta/ESPNetv2, without the modules that it holds and does not run."""
    base = math.ceil(int(32 * scale) / 4) * 4
    config = [min(base, 32), *(base * 2**i for i in range(1, 5)), 1024 if scale <= 1.5 else 1280]
    net = Counter(3, resolution, resolution)
    net.conv(config[0], 3, 2, prelu=True)
    for level, units in enumerate((0, 3, 7, 3), start=1):
        eesp(net, config[level] - config[level - 1], stride=2)
        down = (config[level], *net.shape[1:])
        if level < 4:
            net.shape = (3, resolution, resolution)
            net.pool(level + 1)
            assert net.shape[1:] == down[1:]
            net.conv(3, 3, prelu=True)
            net.conv(config[level])
        net.shape = down
        net.bn(bn=False, prelu=True)
        for _ in range(units):
            eesp(net, config[level])
    net.conv(config[4], 3, groups=config[4], prelu=True)
    net.conv(config[5], groups=4, prelu=True)
    global_pool(net)
    net.linear(classes)
    return net


@pytest.mark.parametrize("scale", ["0.5", "1", "1.25", "1.5", "2", "0.9", "1.45", "1.8"])
@pytest.mark.parametrize(("resolution", "classes"), [(224, 1000), (97, 10)])
def test_espnet_v2_equals_the_loop_over_its_code(scale: str, resolution: int, classes: int) -> None:
    spec = f"espnet_v2:scale={scale},resolution={resolution},classes={classes}"
    try:
        expected = espnet_v2(float(scale), resolution, classes)
    except AssertionError:  # channels that do not divide into the groups: torch refuses them too
        with pytest.raises(FlopcalcError, match="do not divide into 4 groups"):
            analyze(spec)
        return
    assert_equal(spec, expected)


def test_espnet_v2_limits_the_receptive_field_of_its_paths_level_by_level() -> None:
    """k_sizes of the code: sorted, and 3 where the limit is passed."""
    rows = [row for row in analyze("espnet_v2").layers if row.kind == "depthwise" and "branch" in row.path]
    rates: list[Any] = [row.attributes["dilation"] for row in rows]
    dilations = [[rate[0] for rate in rates[i : i + 4]] for i in range(0, len(rates), 4)]
    paths = [row.path.split(".")[0] for row in rows[::4]]
    limits = {"level2": [13], "level3": [11, 9, 9, 9], "level4": [9, *[7] * 7], "level5": [7, 5, 5, 5]}
    for level, expected in limits.items():
        kernels = [sorted(k if k <= limit else 3 for k in (3, 5, 7, 9)) for limit in expected]
        got = [row for path, row in zip(paths, dilations, strict=True) if path == level]
        assert got == [[(k - 1) // 2 for k in row] for row in kernels]


# -- GhostNet --------------------------------------------------------------------------------------------------------


GHOST_ROWS = [
    (3, 16, 16, 0.0, 1), (3, 48, 24, 0.0, 2), (3, 72, 24, 0.0, 1), (5, 72, 40, 0.25, 2), (5, 120, 40, 0.25, 1),
    (3, 240, 80, 0.0, 2), (3, 200, 80, 0.0, 1), (3, 184, 80, 0.0, 1), (3, 184, 80, 0.0, 1), (3, 480, 112, 0.25, 1),
    (3, 672, 112, 0.25, 1), (5, 672, 160, 0.25, 2), (5, 960, 160, 0.0, 1), (5, 960, 160, 0.25, 1),
    (5, 960, 160, 0.0, 1), (5, 960, 160, 0.25, 1),
]  # fmt: skip


def make_divisible(value: float, divisor: int = 4) -> int:
    """Round as timm.layers.make_divisible does, in floats."""
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


def ghost(net: Counter, out: int, ratio: int, d: int) -> None:
    """Count GhostModule."""
    first = math.ceil(out / ratio)
    net.conv(first)
    if ratio > 1:
        net.conv(first * (ratio - 1), d, groups=first)
    net.shape = (out, *net.shape[1:])


def ghost_bottleneck(
    net: Counter, mid: int, out: int, kernel: int, stride: int, se: float, attention: bool, ratio: int, d: int
) -> None:
    """Count GhostBottleneck of timm, with GhostModule or GhostModuleV2 first."""
    entering = net.shape
    if attention:
        net.shape = (entering[0], entering[1] // 2, entering[2] // 2)
        net.conv(mid)
        net.depthwise((1, 5))
        net.depthwise((5, 1))
        net.shape = entering
    ghost(net, mid, ratio, d)
    if stride > 1:
        net.depthwise(kernel, stride)
    if se:
        expanded = net.shape
        global_pool(net)
        net.conv(make_divisible(mid * se), bn=False, bias=True)
        net.conv(mid, bn=False, bias=True)
        net.shape = expanded
    ghost(net, out, ratio, d)
    if entering[0] != out or stride != 1:
        leaving = net.shape
        net.shape = entering
        net.depthwise(kernel, stride)
        net.conv(out)
        assert net.shape == leaving


def ghostnet(alpha: float, resolution: int, *, version: int = 1, ratio: int = 2, d: int = 3) -> Counter:
    """Count GhostNet of timm, versions 1 and 2."""
    net = Counter(3, resolution, resolution)
    net.conv(make_divisible(16 * alpha), 3, 2)
    for index, (kernel, mid, out, se, stride) in enumerate(GHOST_ROWS):
        widths = (make_divisible(mid * alpha), make_divisible(out * alpha))
        ghost_bottleneck(net, *widths, kernel, stride, se, version == 2 and index > 1, ratio, d)
    net.conv(make_divisible(960 * alpha))
    global_pool(net)
    net.conv(1280, bn=False, bias=True)
    net.linear(1000)
    return net


NAMES = {1: "ghostnet", 2: "ghostnet_v2"}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("alpha", ["0.1", "0.33", "0.5", "0.75", "1", "1.1", "1.3", "1.6", "1.95"])
def test_ghostnet_equals_the_loop_at_every_width(version: int, alpha: str) -> None:
    assert_equal(f"{NAMES[version]}:alpha={alpha}", ghostnet(float(alpha), 224, version=version))


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("alpha", "resolution"), [("1", 97), ("1.3", 225), ("0.5", 300)])
def test_ghostnet_equals_the_loop_at_every_resolution(version: int, alpha: str, resolution: int) -> None:
    spec = f"{NAMES[version]}:alpha={alpha},resolution={resolution}"
    assert_equal(spec, ghostnet(float(alpha), resolution, version=version))


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("ratio", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("d", [1, 3, 5, 7])
def test_ghostnet_equals_the_loop_at_every_ratio_and_cheap_kernel(version: int, ratio: int, d: int) -> None:
    spec = f"{NAMES[version]}:ratio={ratio},d={d},alpha=1.1"
    assert_equal(spec, ghostnet(1.1, 224, version=version, ratio=ratio, d=d))


def test_ghostnet_takes_a_width_as_the_fraction_that_is_written() -> None:
    """200 · 1.15 is 230, half-way to 232; the code's floats make 229.99999999999997 of it, and so 228."""
    assert make_divisible(200 * 1.15) == 228
    widths = {row.output[0] for row in analyze("ghostnet", alpha="1.15").layers if row.kind == "concat"}
    assert 232 in widths
    assert 228 not in widths


def test_a_ghost_module_cuts_off_what_the_ratio_makes_too_much() -> None:
    report = analyze("ghost_module", C=8, O=10, K=1, d=3, s=4, H=7, W=7)
    assert [(row.kind, row.output[0]) for row in report.layers] == [
        ("conv", 3), ("depthwise", 9), ("concat", 12), ("slice", 10),
    ]  # fmt: skip


# -- the blocks' formulas --------------------------------------------------------------------------------------------


FORMULAS = [
    ("shufflenet_v1_unit", "2*C*M/g + 9*M", "H*W*(2*C*M/g + 9*M)"),
    ("shufflenet_v1_unit:g=1", "2*C*M + 9*M", "H*W*(2*C*M + 9*M)"),
    (
        "shufflenet_v1_down",
        "C*M/g + 9*M + M*(O - C)/g",
        "H*W*C*M/g + H*W/4*(9*M + M*(O - C)/g)",
    ),
    ("shufflenet_v1_down:g1=1", "C*M + 9*M + M*(O - C)/g", "H*W*C*M + H*W/4*(9*M + M*(O - C)/g)"),
    ("esp_module", "M*N/K + (n*N)**2/K", "H*W*(M*N/K + (n*N)**2/K)"),
    ("esp_module:N=M", "M**2/K + (n*M)**2/K", "H*W*(M**2/K + (n*M)**2/K)"),
    (
        "eesp_module",
        "M*(N/K)/g + (n**2 + N/K)*(N/K)*K",
        "H*W*(M*(N/K)/g + (n**2 + N/K)*(N/K)*K)",
    ),
    (
        "ghost_module",
        "O/s*C*K**2 + (s - 1)*(O/s)*d**2",
        "H*W*(O/s*C*K**2 + (s - 1)*(O/s)*d**2)",
    ),
    ("ghost_module:s=1", "O*C*K**2", "H*W*O*C*K**2"),
    (
        "ghost_bottleneck:O=C",
        "2*C*E/s + (s - 1)*(E + C)/s*d**2",
        "H*W*(2*C*E/s + (s - 1)*(E + C)/s*d**2)",
    ),
    ("dfc_attention", "C*O + (K_H + K_W)*O", "H*W/4*(C*O + (K_H + K_W)*O)"),
]


@pytest.mark.parametrize(("spec", "weights", "madds"), FORMULAS)
def test_a_block_has_the_papers_closed_formula(spec: str, weights: str, madds: str) -> None:
    totals = analyze(spec).totals
    symbols = {str(symbol): symbol for symbol in sympy.sympify(totals.madds).free_symbols}
    for value, formula in ((totals.weights, weights), (totals.madds, madds)):
        expected = sympy.sympify(formula, locals={**{name: sympy.Symbol(name) for name in "CHWOMNKEgnds"}, **symbols})
        assert sympy.expand(value - expected) == 0
    assert totals.params == totals.weights


def test_the_esp_module_of_the_papers_example_is_3_6_times_smaller_than_a_convolution() -> None:
    """n = 3, M = N = 128, K = 4: 147,456 against 40,960 weights."""
    assert analyze("esp_module:M=128,N=128,K=4,n=3,H=8,W=8").totals.weights == 40_960


def test_the_eesp_module_of_the_papers_example_is_7_times_smaller_than_an_esp_module() -> None:
    """M = N = 240, g = K = 4: 144,000 against 20,160 weights."""
    sides = "M=240,N=240,K=4,n=3,H=8,W=8"
    assert analyze(f"esp_module:{sides}").totals.weights == 144_000
    assert analyze(f"eesp_module:{sides},g=4").totals.weights == 20_160


def test_dfc_attention_runs_at_half_the_resolution_of_any_side() -> None:
    report = analyze("dfc_attention", C=8, O=16, K_H=5, K_W=5, H=7, W=9)
    assert report.layers[0].output == (8, 3, 4)
    assert report.layers[-1].output == (16, 7, 9)
