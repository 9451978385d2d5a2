"""The shared blocks, run alone, print the closed formulas of their papers; in a network they are the same blocks."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

from flopcalc import analyze

FORMULAS = [
    # block, weights, multiply-adds at stride 1, source
    ("conv", "K**2*C*O", "H*W*K**2*C*O", "arXiv:1704.04861, equation 2"),
    ("group_conv", "K**2*C*O/g", "H*W*K**2*C*O/g", "arXiv:1611.05431, section 3.3"),
    ("depthwise_conv", "K**2*C", "H*W*K**2*C", "arXiv:1704.04861, equation 4"),
    ("pointwise_conv", "C*O", "H*W*C*O", "arXiv:1807.11164, section 2"),
    ("dilated_conv", "K**2*C*O", "H*W*K**2*C*O", "arXiv:1511.07122: dilation costs nothing"),
    ("linear", "C*O", "C*O", "one weight for every input and output"),
    ("separable_conv", "K**2*C + C*O", "H*W*(K**2*C + C*O)", "arXiv:1704.04861, equation 5"),
    ("resnet_basic", "18*C**2", "18*H*W*C**2", "arXiv:1512.03385, Figure 5"),
    ("resnet_bottleneck", "2*C*M + 9*M**2", "H*W*(2*C*M + 9*M**2)", "arXiv:1707.01083, section 3.2"),
    ("resnext_bottleneck", "2*C*M + 9*M**2/g", "H*W*(2*C*M + 9*M**2/g)", "arXiv:1707.01083, section 3.2"),
    ("squeeze_excite", "2*C**2/r", "2*C**2/r", "arXiv:1709.01507, equation 5 for one stage"),
    ("shufflenet_v2_unit", "C**2/2 + 9*C/2", "H*W*(C**2/2 + 9*C/2)", "arXiv:1807.11164, Figure 3 (c)"),
    (
        "shufflenet_v2_down",
        "9*C + C**2 + C*O/2 + 9*O/2 + O/2*(O - C)",
        "H*W/4*(9*C + C**2) + H*W*C*O/2 + H*W/4*(9*O/2 + O/2*(O - C))",
        "arXiv:1807.11164, Figure 3 (d), with the shortcut's channels kept",
    ),
    (
        "shufflenet_v2_down:unit=torchvision",
        "9*C + C*O/2 + C*O/2 + 9*O/2 + O**2/4",
        "H*W/4*(9*C + C*O/2) + H*W*C*O/2 + H*W/4*(9*O/2 + O**2/4)",
        "arXiv:1807.11164, Figure 3 (d), with both paths giving half",
    ),
    ("dense_layer", "4*C*k + 36*k**2", "H*W*(4*C*k + 36*k**2)", "arXiv:1608.06993, section 3"),
    ("fire_module", "C*s + s*e1 + 9*s*e3", "H*W*(C*s + s*e1 + 9*s*e3)", "arXiv:1602.07360, section 3.2"),
]

NUMBERS = {
    "C": 48, "O": 96, "K": 5, "H": 14, "W": 10, "M": 24, "g": 4, "r": 8, "d": 2, "k": 12, "s": 16, "e1": 20, "e3": 28,
}  # fmt: skip


def formula(text: str, value: Any) -> Any:
    """Read a formula in the symbols of `value`."""
    return sympy.sympify(text, locals={str(symbol): symbol for symbol in sympy.sympify(value).free_symbols})


@pytest.mark.parametrize(("block", "weights", "madds", "source"), FORMULAS)
def test_a_block_alone_has_its_papers_formula(block: str, weights: str, madds: str, source: str) -> None:
    totals = analyze(block).totals
    assert source
    assert sympy.expand(totals.weights - formula(weights, totals.weights)) == 0
    assert sympy.expand(totals.madds - formula(madds, totals.madds)) == 0


@pytest.mark.parametrize("block", [row[0] for row in FORMULAS])
def test_the_formula_of_a_block_has_the_block_in_numbers_as_its_value(block: str) -> None:
    free = analyze(block)
    names = {name for name, value in free.parameters.items() if str(value) == name}
    assert names <= NUMBERS.keys()
    values: dict[str, Any] = {name: NUMBERS[name] for name in names}
    numbers = analyze(block, **values)
    for metric in ("params", "weights", "madds", "mac", "activations"):
        total = sympy.sympify(getattr(free.totals, metric))
        put = {symbol: NUMBERS[str(symbol)] for symbol in total.free_symbols}
        assert total.subs(put) == getattr(numbers.totals, metric)


@pytest.mark.parametrize(
    ("block", "norms"),
    [
        ("conv:O=8,K=3", "8"),
        ("group_conv:O=8,K=3,g=2", "8"),
        ("depthwise_conv:K=3", "C"),
        ("pointwise_conv:O=8", "8"),
        ("dilated_conv:O=8,K=3,d=2", "8"),
        ("separable_conv:O=8,K=3", "C + 8"),
        ("resnet_basic", "2*C"),
        ("resnet_basic:O=8", "3*8"),
        ("resnet_bottleneck:M=4", "2*4 + C"),
        ("resnext_bottleneck:M=4,g=2,O=8", "2*4 + 2*8"),
        ("shufflenet_v2_unit", "3*C/2"),
        ("shufflenet_v2_down:O=8", "C + C + 4 + 4 + 8 - C"),
        ("dense_layer:k=2", "C + 8"),
    ],
)
def test_a_norm_after_each_conv_is_an_attribute_of_the_block(block: str, norms: str) -> None:
    bare, normed = analyze(block).totals, analyze(block, norm=True).totals
    difference = sympy.sympify(normed.params - bare.params)
    assert sympy.expand(difference - 2 * formula(norms, bare.params)) == 0
    assert sympy.expand(normed.madds - bare.madds) == 0


@pytest.mark.parametrize("block", [row[0].partition(":")[0] for row in FORMULAS if "unit=" not in row[0]])
def test_an_activation_is_an_attribute_of_the_block_and_is_not_there_by_default(block: str) -> None:
    kinds = [row.kind for row in analyze(block).layers]
    if block == "squeeze_excite":
        assert (kinds.count("relu"), kinds.count("sigmoid")) == (1, 1)
        kinds = [row.kind for row in analyze(block, activation="none", gate="none").layers]
    assert not {"relu", "swish", "norm", "sigmoid"} & {*kinds}
    assert "swish" in [row.kind for row in analyze(block, activation="swish").layers]


def test_the_bottleneck_is_17_hwc2_and_the_basic_block_18_hwc2_at_equal_width() -> None:
    """Course question 9: a bottleneck with 4C outside against two 3×3 convs of C."""
    bottleneck, basic = analyze("resnet_bottleneck", C="4*c", M="c").totals, analyze("resnet_basic", C="c").totals
    assert str(bottleneck.weights) == "17*c**2"
    assert str(basic.weights) == "18*c**2"
    assert str(bottleneck.madds) == "17*H*W*c**2"


def test_resnexts_table_2_has_five_blocks_of_equal_cost() -> None:
    """arXiv:1611.05431, Table 2 and equation 4: C·(256d + 9d² + 256d)."""
    weights = [
        analyze("resnext_bottleneck", C=256, M=groups * width, g=groups, H=56, W=56).totals.weights
        for groups, width in ((1, 64), (2, 40), (4, 24), (8, 14), (32, 4))
    ]
    assert weights == [69632, 69760, 69888, 71456, 70144]


def test_a_resnext_bottleneck_of_one_group_is_a_resnet_bottleneck() -> None:
    grouped, plain = analyze("resnext_bottleneck", g=1), analyze("resnet_bottleneck")
    assert [row.kind for row in grouped.layers] == [row.kind for row in plain.layers]
    assert sympy.expand(grouped.totals.mac - plain.totals.mac) == 0


def test_se_resnet_50_adds_the_papers_2514944_weights_to_resnet_50() -> None:
    """Equation 5 of arXiv:1709.01507 at r = 16, and 942,080 without the last stage."""
    se, plain = analyze("seresnet50", se_bias=False), analyze("resnet50")
    assert se.totals.params - plain.totals.params == 2514944
    last = sum(row.weights for row in se.layers if row.stage == "conv5_x" and ".squeeze_excite." in row.path)
    assert 2514944 - last == 942080


def test_layers_of_a_dense_block_give_the_papers_sum_for_any_count(tmp_path: Any) -> None:
    """Section 3 of arXiv:1608.06993: layer l reads k₀ + k·(l − 1) channels."""
    (tmp_path / "block.yaml").write_text(
        "name: block\nparameters: {k: , L: }\ninput: [C, H, W]\nlayers:\n  - dense_layer: {k: k}\n    repeat: L\n"
    )
    report = analyze(str(tmp_path / "block.yaml"))
    total = sympy.sympify(report.totals.weights)
    c, k, count = (next(s for s in total.free_symbols if str(s) == name) for name in ("C", "k", "L"))
    for number in (1, 2, 7):
        expected = sum(4 * k * (c + k * index) + 36 * k**2 for index in range(number))
        assert sympy.expand(total.subs(count, number) - expected) == 0


@pytest.mark.parametrize(
    ("shape", "out", "weights"),
    [((512, 7, 7), 4096, 102760448), ((512, 1, 1), 10, 5120), ((25088, 1, 1), 4096, 102760448)],
)
def test_a_fully_connected_layer_flattens_the_map_that_it_is_given(
    shape: tuple[int, int, int], out: int, weights: int
) -> None:
    channels, height, width = shape
    totals = analyze("linear", C=channels, H=height, W=width, O=out).totals
    assert totals.weights == totals.madds == weights
    assert totals.params == weights + out
    assert analyze("linear", C=channels, H=height, W=width, O=out, bias=False).totals.params == weights


def test_convs_take_the_textbooks_stride_and_padding() -> None:
    """Course questions 2 and 4: 7×7 by 3×3 without padding, and AlexNet's first layer."""
    assert analyze("conv", C=1, H=7, W=7, O=1, K=3, padding=0).layers[-1].output == (1, 5, 5)
    assert analyze("conv", C=1, H=7, W=7, O=1, K=3, padding=0, stride=2).layers[-1].output == (1, 3, 3)
    first = analyze("conv", C=3, H=227, W=227, O=96, K=11, stride=4, padding=0, bias=True)
    assert first.layers[-1].output == (96, 55, 55)
    assert (first.totals.params, first.totals.madds) == (34944, 105415200)
    assert analyze("dilated_conv", C=4, H=9, W=9, O=4, K=3, d=4).layers[-1].output == (4, 9, 9)
