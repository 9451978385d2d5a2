"""Learned parameters that several layers use: counted once, while multiply-adds and memory access count every time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flopcalc
from flopcalc import load
from flopcalc.errors import FlopcalcError, SpecError
from flopcalc.number import expanded, symbol
from flopcalc.report import Report

Analyse = Callable[..., Report]


TWICE = """
input: [10, 1, 1]
layers:
  - linear: {out: 10}
    name: cell
  - linear: {out: 10}
    shares: cell
"""


def test_a_matrix_used_twice_is_learned_once_and_multiplied_twice(analyse: Analyse) -> None:
    totals = analyse(TWICE).totals
    assert (totals.params, totals.weights, totals.madds) == (110, 100, 200)
    assert totals.mac == 2 * (10 + 110 + 10)  # read every time


def test_a_row_says_with_whom_it_shares(analyse: Analyse) -> None:
    first, second = analyse(TWICE).layers
    assert (first.shares, second.shares) == ("", "cell")
    assert second.operation == "linear, shares cell"
    assert (first.params, second.params) == (110, 0)
    assert analyse(TWICE).to_dict()["layers"][1]["shares"] == "cell"


def test_one_convolution_slides_over_two_maps(analyse: Analyse) -> None:
    totals = analyse(
        "inputs: {a: [1, 16, 16], b: [1, 28, 28]}\noutputs: [small]\nlayers:\n"
        "  - conv: {out: 1, kernel: 3, bias: true}\n    from: a\n    name: head\n    as: small\n"
        "  - conv: {out: 1, kernel: 3, bias: true}\n    from: b\n    shares: head\n"
    ).totals
    assert (totals.params, totals.madds) == (10, 9 * (16 * 16 + 28 * 28))
    assert totals.madds == 9360


@pytest.mark.parametrize(("second", "axis"), [("[7, 10, 4]", 1), ("[10, 9]", 0), ("[3, 4, 10]", 2)])
@pytest.mark.parametrize("layer", ["linear: {out: 10, ", "norm: {kind: layer, "])
def test_a_layer_along_one_axis_shares_what_another_has_along_its_own(
    analyse: Analyse, layer: str, second: str, axis: int
) -> None:
    report = analyse(
        f"inputs: {{a: [5, 10], b: {second}}}\noutputs: [small]\nlayers:\n"
        f"  - {layer}axis: 1}}\n    from: a\n    name: head\n    as: small\n"
        f"  - {layer}axis: {axis}}}\n    from: b\n    shares: head\n"
    )
    assert [row.params for row in report.layers] == [110 if "linear" in layer else 20, 0]


def test_layers_along_axes_of_other_lengths_share_nothing(analyse: Analyse) -> None:
    with pytest.raises(FlopcalcError, match="input channels 5"):
        analyse(
            "inputs: {a: [5, 10], b: [5, 10]}\noutputs: [small]\nlayers:\n"
            "  - linear: {out: 10, axis: 1}\n    from: a\n    name: head\n    as: small\n"
            "  - linear: {out: 10}\n    from: b\n    shares: head\n"
        )


@pytest.mark.parametrize(
    ("layer", "params", "madds"),
    [("linear: {out: 8, axis: 1}", 16 * 8 + 8, (49 + 196) * 16 * 8), ("norm: {kind: layer, axis: 1}", 2 * 16, 0)],
)
def test_one_layer_along_an_axis_serves_sequences_of_other_lengths(
    analyse: Analyse, layer: str, params: int, madds: int
) -> None:
    totals = analyse(
        "inputs: {a: [49, 16], b: [196, 16]}\noutputs: [short]\nlayers:\n"
        f"  - {layer}\n    from: a\n    name: head\n    as: short\n"
        f"  - {layer}\n    from: b\n    shares: head\n"
    ).totals
    assert (totals.params, totals.madds) == (params, madds)


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_the_turns_of_a_recurrent_cell_share_their_parameters(analyse: Analyse, count: int) -> None:
    text = (
        "parameters: {N: }\ninput: [10, 1, 1]\nlayers:\n  - relu\n"
        "  - linear: {out: 10}\n    repeat: N\n    shared: true\n"
    )
    totals = analyse(text, N=count).totals
    assert (totals.params, totals.madds) == (110 * (count > 0), 100 * count)


def test_shared_may_depend_on_a_parameter(analyse: Analyse) -> None:
    text = (
        "parameters: {tied: {default: true, choices: [true, false]}}\ninput: [10, 1, 1]\nlayers:\n"
        "  - linear: {out: 10}\n    repeat: 3\n    shared: tied\n"
    )
    assert analyse(text).totals.params == 110
    assert analyse(text, tied=False).totals.params == 330


def test_a_repeat_by_a_symbol_learns_once(analyse: Analyse) -> None:
    text = (
        "parameters: {N: , C: }\ninput: [C, 8, 8]\nblocks:\n  unit:\n    parameters: {C: }\n"
        "    layers: [{conv: {out: C, kernel: 3}}, norm]\n"
        "layers:\n  - unit: {C: C}\n    repeat: N\n    shared: true\n"
    )
    formula = analyse(text).totals
    assert str(formula.params) == "9*C**2 + 2*C"
    assert str(formula.madds) == "576*C**2*N"
    for C, N in ((1, 1), (4, 1), (4, 2), (3, 9)):
        numbers, values = analyse(text, C=C, N=N).totals, {"C": C, "N": N}
        for metric in ("params", "madds", "mac"):
            value: Any = getattr(formula, metric)
            at = {name: values[name.name] for name in value.free_symbols}
            assert value.subs(at) == getattr(numbers, metric)


BLOCKS = """
parameters: {C: 8}
input: [3, 32, 32]
outputs: [left]
blocks:
  twin:
    parameters: {C: }
    layers:
      - conv: {out: C, kernel: 3, stride: 2}
      - norm
      - relu
      - conv: {out: 2 * C, kernel: 3, stride: 2, bias: true}
layers:
  - twin: {C: C}
    name: first
    as: left
  - twin: {C: C}
    from: input
    shares: first
    as: right
  - twin: {C: C}
    from: input
    shares: first.again
"""


def test_a_siamese_network_learns_one_branch(analyse: Analyse) -> None:
    text = BLOCKS[: BLOCKS.rindex("  - twin")]
    report = analyse(text)
    one = 27 * 8 + 2 * 8 + 9 * 8 * 16 + 16
    assert report.totals.params == one
    assert report.totals.madds == 2 * (27 * 8 * 256 + 9 * 8 * 16 * 64)
    assert [row.shares for row in report.layers[4:]] == ["first.conv1", "first.norm", "", "first.conv2"]


def test_a_third_branch_shares_through_the_second_what_the_first_learned(analyse: Analyse) -> None:
    text = (
        BLOCKS.replace("[left]", "[left, right]")
        .replace("    shares: first\n", "    shares: first\n    name: second\n")
        .replace("first.again", "second")
    )
    report = analyse(text)
    assert report.totals.params == 27 * 8 + 2 * 8 + 9 * 8 * 16 + 16
    assert report.layers[-1].shares == "first.conv2"


def test_a_layer_inside_a_block_is_shared_by_its_path(analyse: Analyse) -> None:
    text = BLOCKS[: BLOCKS.index("  - twin: {C: C}\n    from: input")].replace(
        "- conv: {out: C", "- name: stem\n        conv: {out: C"
    )
    report = analyse(text + "  - conv: {out: C, kernel: 3, dilation: 2}\n    from: input\n    shares: first.stem\n")
    assert report.layers[-1].params == 0
    assert report.totals.params == 27 * 8 + 2 * 8 + 9 * 8 * 16 + 16


def test_sharing_holds_through_a_sweep(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("name: net\n" + BLOCKS[: BLOCKS.rindex("  - twin")])
    spec = flopcalc.load(path)
    metrics = ["params", "madds", "mac", "flops"]
    (block,) = flopcalc.sweep(spec, {"C": "1:64:1"}, metrics=metrics)
    for value in (1, 2, 13, 40, 64):
        totals = flopcalc.analyze(spec, C=value).totals
        for metric in metrics:
            assert block.metrics[metric][value - 1] == getattr(totals, metric)


@pytest.mark.parametrize("convention", ["paper", "fvcore", "thop", "calflops"])
def test_flops_are_those_of_layers_with_parameters_of_their_own(analyse: Analyse, convention: str) -> None:
    text = BLOCKS[: BLOCKS.rindex("  - twin")]
    apart = text.replace("    shares: first\n", "")
    assert analyse(text, convention=convention).totals.flops == analyse(apart, convention=convention).totals.flops


WRONG = {
    "channels": (
        TWICE.replace("{out: 10}\n    name", "{out: 9}\n    name").replace(
            "{out: 10}\n    shares", "{out: 8}\n    shares"
        ),
        "input channels 9",
    ),
    "kind": (TWICE.replace("- linear: {out: 10}\n    shares", "- conv: {out: 10, kernel: 3}\n    shares"), "kind conv"),
    "bias": (TWICE.replace("{out: 10}\n    shares", "{out: 10, bias: false}\n    shares"), "bias none"),
    "nothing learned": (
        TWICE.replace("- linear: {out: 10}\n    name", "- relu: {}\n    name"),
        "cannot share those of 0",
    ),
    "a label": (TWICE.replace("name: cell", "as: cell"), "is no layer or block"),
    "no such name": (TWICE.replace("shares: cell", "shares: cel"), "there is no label `cel`"),
    "shared alone": (TWICE.replace("shares: cell", "shared: true"), "beside `repeat`"),
    "shared by a number": (TWICE.replace("shares: cell", "shared: 2\n    repeat: 2"), "`shared` is 2"),
    "turns unlike": (
        "input: [1, 9, 9]\nlayers:\n  - conv: {out: channels + 1, kernel: 3}\n    repeat: 3\n    shared: true\n",
        "input channels 2",
    ),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_shared_is_said_with_its_place(analyse: Analyse, text: str, said: str) -> None:
    with pytest.raises(FlopcalcError, match=said) as caught:
        analyse(text)
    assert all(problem.place is not None for problem in caught.value.problems)


RETINANET = """
input: [3, 800, 800]
outputs: [p3, p4, p5, p6, classes3, classes4, classes5, classes6, classes7, boxes3, boxes4, boxes5, boxes6]
blocks:
  bottleneck:
    parameters: {out: , stride: 1}
    layers:
      - branches:
          merge: add
          paths:
            - - conv: {out: out, kernel: 1}
              - norm
              - relu
              - conv: {out: out, kernel: 3, stride: stride}
              - norm
              - relu
              - conv: {out: 4 * out, kernel: 1}
              - norm
            - - layers:
                  - conv: {out: 4 * out, kernel: 1, stride: stride}
                  - norm
                when: stride != 1 or channels != 4 * out
      - relu
  tower:
    parameters: {out: }
    layers:
      - layers: [{conv: {out: 256, kernel: 3, bias: true}}, relu]
        repeat: 4
      - conv: {out: out, kernel: 3, bias: true}
layers:
  - conv: {out: 64, kernel: 7, stride: 2}
  - norm
  - relu
  - max_pool: {kernel: 3, stride: 2, padding: 1}
  - bottleneck: {out: 64}
    repeat: 3
  - bottleneck: {out: 128, stride: "2 if i == 0 else 1"}
    repeat: 4
    as: c3
  - bottleneck: {out: 256, stride: "2 if i == 0 else 1"}
    repeat: 6
    as: c4
  - bottleneck: {out: 512, stride: "2 if i == 0 else 1"}
    repeat: 3
    as: c5
  - conv: {out: 256, kernel: 1, bias: true}
    as: t5
  - upsample: {scale: 2}
    as: u5
  - conv: {out: 256, kernel: 1, bias: true}
    from: c4
    as: l4
  - add: {}
    from: [l4, u5]
    as: t4
  - upsample: {scale: 2}
    as: u4
  - conv: {out: 256, kernel: 1, bias: true}
    from: c3
    as: l3
  - add: {}
    from: [l3, u4]
  - conv: {out: 256, kernel: 3, bias: true}
    as: p3
  - conv: {out: 256, kernel: 3, bias: true}
    from: t4
    as: p4
  - conv: {out: 256, kernel: 3, bias: true}
    from: t5
    as: p5
  - conv: {out: 256, kernel: 3, stride: 2, bias: true}
    as: p6
  - relu
  - conv: {out: 256, kernel: 3, stride: 2, bias: true}
    as: p7
"""


def test_retinanet_has_one_head_for_five_levels(analyse: Analyse) -> None:
    # torchvision's retinanet_resnet50_fpn has 34,014,999 with the backbone's norms frozen, which have 53,120.
    text = RETINANET
    for kind, out in (("classes", 9 * 91), ("boxes", 9 * 4)):
        for level in range(3, 8):
            text += f"  - tower: {{out: {out}}}\n    from: p{level}\n    as: {kind}{level}\n"
            text += f"    name: {kind}_head\n" if level == 3 else f"    shares: {kind}_head\n"
    report = analyse(text)
    assert report.totals.params == 34_068_119
    cells = sum((-(-100 // 2**level)) ** 2 for level in range(5))
    heads = [row for row in report.layers if row.shares or "_head" in row.path]
    assert sum(row.madds for row in heads) == cells * (8 * 9 * 256 * 256 + 9 * 256 * (819 + 36))


def test_shared_beside_shares_is_refused_whatever_it_says(tmp_path: Path) -> None:
    spec = tmp_path / "both.yaml"
    for value in ("false", "true"):
        spec.write_text(
            "input: [8, 4, 4]\nlayers:\n  - {conv: {out: 8, kernel: 1}, name: a}\n"
            f"  - {{conv: {{out: 8, kernel: 1}}, shares: a, repeat: 3, shared: {value}}}\n",
            encoding="utf-8",
        )
        with pytest.raises(SpecError, match="`shared` stands beside `shares`"):
            load(str(spec))


# -- two kinds of layers ---------------------------------------------------------------------------------------------

TIED = """
    input: [8]
    parameters: {V: 1000, D: 64}
    layers:
      - embedding: {count: V, out: D}
        name: words
      - linear: {out: 16}
        name: down
      - linear: {out: D}
        shares: down
      - linear: {out: V, bias: false}
        shares: words
"""


def test_a_matrix_and_its_transpose_are_learned_once_and_biases_by_each(analyse: Analyse) -> None:
    """V·D for the words, 16·D and 16 below, D for the bias above: 64,000 + 1,040 + 64."""
    report = analyse(TIED)
    assert [row.cost.params for row in report.layers] == [64000, 1040, 64, 0]
    assert [row.cost.madds for row in report.layers] == [0, 64 * 16 * 8, 16 * 64 * 8, 64 * 1000 * 8]
    assert [row.shares for row in report.layers] == ["", "", "down", "words"]
    symbols = analyse(TIED, symbolic=["V", "D"]).totals.params
    V, D = symbol("V"), symbol("D")
    assert expanded(symbols - (V * D + 17 * D + 16)) == 0


@pytest.mark.parametrize(
    ("first", "second", "params"),
    [
        ("conv: {out: 6, kernel: 3}", "transposed_conv: {out: 4, kernel: 3}", 4 * 6 * 9),
        ("conv: {out: 6, kernel: 1}", "linear: {out: 4, axis: 0, bias: false}", 24),
        ("linear: {out: 6, axis: 0, bias: false}", "conv: {out: 4, kernel: 1}", 24),
    ],
)
def test_kernels_are_tied_to_those_that_lead_back(analyse: Analyse, first: str, second: str, params: int) -> None:
    text = f"input: [4, 8, 8]\nlayers:\n  - {first}\n    name: one\n  - {second}\n    shares: one\n"
    assert analyse(text).totals.params == params


@pytest.mark.parametrize("second", ["conv: {out: 5, kernel: 3}", "conv: {out: 4, kernel: 5}", "depthwise: {kernel: 3}"])
def test_what_is_no_transpose_is_not_tied(analyse: Analyse, second: str) -> None:
    text = f"input: [4, 8, 8]\nlayers:\n  - conv: {{out: 6, kernel: 3}}\n    name: one\n  - {second}\n    shares: one\n"
    with pytest.raises(FlopcalcError, match="cannot share the parameters of one"):
        analyse(text)
