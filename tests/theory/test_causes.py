"""Why a claim is likely wrong: each slip of notes and exercises is named, and only where it explains exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flopcalc import analyze
from flopcalc.theory.causes import explain
from flopcalc.theory.claims import REFUTED, verify

SLIPS: list[tuple[str, str, str, dict[str, Any]]] = [
    # the cause, the claim, and what it is said of
    ("groups-left-out", "HWK²CO", "group_conv", {}),
    ("groups-left-out", "HW(2CM + 9M²)", "resnext_bottleneck", {}),
    ("groups-left-out", "HW(2CM + 9M)", "shufflenet_v1_unit", {}),
    ("groups-left-out", "HW(CM + CM/g + 9M)", "shufflenet_v1_unit", {}),
    ("groups-left-out", "MAC = HW(C + O) + CO", "pointwise_conv:g=g", {}),
    ("groups-left-out", "512cd + 9(cd)²", "resnext_bottleneck:C=256,M=c*d,g=c", {"metric": "params"}),
    ("groups-inverted", "HWK²COg", "group_conv", {}),
    ("groups-too-many", "HW(2CM/g + 9M²/g)", "resnext_bottleneck", {}),
    ("groups-too-many", "HW(2CM/g + 9M/g)", "shufflenet_v1_unit", {}),
    ("split-left-out", "HW(2C² + 9C)", "shufflenet_v2_unit", {}),
    ("depthwise-as-full", "HWK²C²", "depthwise_conv", {}),
    ("depthwise-as-full", "HW(K²C² + CO)", "separable_conv", {}),
    ("depthwise-as-full", "HW(2CM/g + 9M²)", "shufflenet_v1_unit", {}),
    ("kernel-on-pointwise", "HWK²(C + CO)", "separable_conv", {}),
    ("kernel-on-pointwise", "9HW(2CM + M²)", "resnet_bottleneck", {}),
    ("kernel-left-out", "HW(C + CO)", "separable_conv", {}),
    ("kernel-not-squared", "KCO", "conv", {"metric": "params"}),
    ("kernel-not-squared", "1/O + 1/K", "separable_conv", {"over": "conv"}),
    ("input-size", "HWK²CO", "conv", {"where": {"stride": "s"}}),
    ("input-size", "K²CHW + CO·HW/s²", "separable_conv", {"where": {"stride": "s"}}),
    ("stride-not-squared", "HWK²CO/s", "conv", {"where": {"stride": "s"}}),
    ("stride-forgotten", "HW·tC(C + K² + O)", "inverted_residual", {"where": {"stride": "s"}}),
    ("output-size", "HW·tC(C + K² + O)/4", "inverted_residual", {"where": {"stride": 2}}),
    ("dilation-counted", "HWd²K²CO", "dilated_conv", {}),
    ("dilation-counted", "HW(d(K - 1) + 1)²CO", "dilated_conv", {}),
    ("layer-left-out", "HWCO", "separable_conv", {}),
    ("layer-left-out", "(nN)²/K", "esp_module", {"metric": "params"}),
    ("layer-twice", "HW(3CM + 9M²)", "resnet_bottleneck", {}),
    ("factor-2", "2HWK²CO", "conv", {}),
    ("factor-2", "FLOPs = 2HWC(K² + O)", "separable_conv", {}),
    ("factor-2", "C²/r", "squeeze_excite", {"metric": "params"}),
    ("factor-2-and-bias", "HWO(2K²C + 1)", "conv", {}),
    ("separate-additions", "HWO(2K²C - 1)", "conv", {}),
    ("separate-additions", "(2C - 1)O", "linear", {}),
    ("bias-counted", "K²CO + O", "conv", {"metric": "params"}),
    ("bias-counted", "HWO(K²C + 1)", "conv", {}),
    ("bias-left-out", "CO", "linear", {"metric": "params"}),
    ("norm-counted", "K²CO + 2O", "conv", {"metric": "params"}),
    ("norm-left-out", "K²C + CO", "separable_conv", {"metric": "params", "where": {"norm": "true"}}),
    ("norm-halved", "K²CO + O", "conv", {"metric": "params", "where": {"norm": "true"}}),
    ("running-statistics", "K²CO + 4O", "conv", {"metric": "params", "where": {"norm": "true"}}),
    ("elementwise-counted", "HW(2CM + 9M²/g) + HWC", "resnext_bottleneck", {}),
    ("outputs-left-out", "MAC = HWC + K²CO", "conv", {}),
    ("inputs-left-out", "MAC = HWO + K²CO", "conv", {}),
    ("params-left-out", "MAC = HW(C + O)", "conv", {}),
    ("other-metric", "K²CO", "conv", {}),
    ("other-metric", "HWK²CO", "conv", {"metric": "params"}),
    ("other-metric", "K²CO", "conv", {"metric": "params", "where": {"norm": "true"}}),
    ("symbols-exchanged", "1/C + 1/K²", "separable_conv", {"over": "conv"}),
    ("symbols-exchanged", "HWK²C²", "conv", {}),
    ("symbols-exchanged", "HWO(K² + C)", "separable_conv", {}),
    ("inverted", "K²O/(K² + O)", "separable_conv", {"over": "conv"}),
    ("layer-left-out", "s", "conv", {"over": "ghost_module"}),
    ("special-case", "HWC(C + K² + O)", "inverted_residual", {"where": {"t": 1}}),
    ("special-case", "HW(K²C² + CO)", "fused_mbconv", {"where": {"e": 1}}),
    ("rounded", "0.1131", "separable_conv", {"over": "conv", "where": {"C": 512, "O": 512, "K": 3}}),
    ("rounded", "1.55e10", "vgg16", {}),
]


@pytest.mark.parametrize(("kind", "formula", "of", "more"), SLIPS, ids=[f"{row[0]}: {row[1]}" for row in SLIPS])
def test_a_slip_is_named(kind: str, formula: str, of: str, more: dict[str, Any]) -> None:
    verdict = verify(formula, of, time_limit=60, **more)
    assert verdict.outcome == REFUTED
    assert kind in [cause.kind for cause in verdict.causes], verdict.causes
    assert len(verdict.causes) <= 3
    assert len({cause.kind for cause in verdict.causes}) == len(verdict.causes)
    assert all(cause.words for cause in verdict.causes)


NONSENSE = [
    ("HWK²CO + 1", "conv", {}),
    ("HWK³CO", "conv", {}),
    ("5HWK²CO", "conv", {}),
    ("HW(2CM + 9M²/g + 7)", "resnext_bottleneck", {}),
    ("HWC(K² + O) - 3C", "separable_conv", {}),
    ("1/O - 1/K²", "separable_conv", {"over": "conv"}),
    ("0", "conv", {}),
    ("(nN)²/K + MN/K + M", "esp_module", {"metric": "params"}),
    ("138,357,545", "vgg16", {"metric": "params"}),
]


@pytest.mark.parametrize(("formula", "of", "more"), NONSENSE, ids=[row[0] for row in NONSENSE])
def test_what_no_slip_explains_exactly_is_not_explained(formula: str, of: str, more: dict[str, Any]) -> None:
    verdict = verify(formula, of, time_limit=60, **more)
    assert verdict.outcome == REFUTED
    assert verdict.causes == ()


def test_a_cause_names_the_layers_and_no_more_than_these() -> None:
    (one,) = verify("HW(CM + CM/g + 9M)", "shufflenet_v1_unit").causes
    (both,) = verify("HW(2CM + 9M)", "shufflenet_v1_unit").causes
    assert one.words == ("the groups are left out (conv1)",)
    assert both.words == ("the groups are left out (conv1, conv2)",)


def test_what_is_another_metric_says_what_it_adds() -> None:
    cause = verify("K²CO", "conv", "params", where={"norm": "true"}).causes[0]
    assert cause.words[:2] == ("true of weights", "; params add ")
    assert str(cause.words[2]) == "2*O"
    assert verify("K²CO", "conv").causes[0].words == ("true of params",)


def test_slips_that_come_out_alike_by_chance_are_not_told_together_with_the_factor_two() -> None:
    # 18HWc² is the basic block; in the bottleneck it is only by chance 2·(4 + 1 + 4)
    assert verify("18HWc²", "resnet_bottleneck", where={"C": "4*c", "M": "c"}).causes == ()
    verdict = verify("2HW(2CM + 9M²)", "resnext_bottleneck")
    assert [cause.kind for cause in verdict.causes] == ["groups-left-out"]
    assert str(verdict.causes[0].words[0]).startswith("a multiply-add is counted as two operations, and")


def test_the_same_change_is_told_once() -> None:
    # at a stride the layer's input is the map that enters the block
    assert [cause.kind for cause in verify("HWK²CO", "conv", where={"stride": "s"}).causes] == ["input-size"]


def test_a_slip_that_cannot_be_counted_leaves_the_others_to_be_tried() -> None:
    # the span of ESP's dilated kernels has no closed sum over the branches
    report = analyze("esp_module")
    reduction = next(row.params for row in report.layers if row.path.endswith("reduce"))
    causes = explain(report, "params", report.totals.params, report.totals.params - reduction)
    assert [cause.kind for cause in causes] == ["layer-left-out"]


@pytest.mark.parametrize(
    ("kind", "slipped", "of", "right"),
    [
        ("groups-left-out", "resnet_bottleneck", "resnext_bottleneck", {}),
        ("depthwise-as-full", "conv:O=C", "depthwise_conv", {}),
        ("kernel-left-out", "conv:K=1", "conv", {}),
        ("bias-left-out", "linear:bias=false", "linear", {"metric": "params"}),
        ("norm-left-out", "resnet_basic", "resnet_basic:norm=true", {"metric": "params"}),
    ],
)
def test_a_cause_is_what_the_spec_without_the_part_costs(
    kind: str, slipped: str, of: str, right: dict[str, Any]
) -> None:
    metric = right.get("metric", "flops")
    formula = str(getattr(analyze(slipped.partition(":")[0], **settings(slipped)).totals, metric))
    verdict = verify(formula, of, metric)
    assert kind in [cause.kind for cause in verdict.causes]


def settings(spec: str) -> dict[str, str]:
    return dict(part.split("=") for part in spec.partition(":")[2].split(",") if part)


def test_a_slip_is_recounted_by_the_rule_for_how_its_layer_is_written_and_for_the_shape_that_it_gives(
    tmp_path: Path,
) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "input: [C, H, W]\nlayers:\n  - conv: {out: C, kernel: 3, groups: 2}\n    written: custom\n"
        "  - conv: {out: C, kernel: 1}\n",
        encoding="utf-8",
    )
    report = analyze(path, convention="thop")  # which does not see the first
    channels, height, width = report.totals.graph.shapes[next(iter(report.totals.graph.inputs.values()))]
    assert report.totals.flops == channels**2 * height * width
    without_groups = report.totals.flops + 9 * channels**2 * height * width / 2
    assert "groups-left-out" not in [one.kind for one in explain(report, "flops", report.totals.flops, without_groups)]
    path.write_text("input: [C, H, W]\nlayers:\n  - conv: {out: C, kernel: 3, stride: 2}\n", encoding="utf-8")
    for convention in ("paper", "torchinfo"):  # whose rule speaks of the positions of the output
        report = analyze(path, convention=convention)
        at_input = 9 * channels**2 * height * width
        assert "input-size" in [one.kind for one in explain(report, "flops", report.totals.flops, at_input)]


SHARED = """\
name: shared_turns
parameters: {n: , C: 8}
input: [C, 16, 16]
layers:
  - conv: {out: C, kernel: 3, bias: true}
    repeat: n
    shared: true
    name: body
"""


@pytest.mark.parametrize("claim", ["params = 584*n", "weights = 576*n"])
def test_parameters_that_are_shared_and_counted_in_every_turn_are_the_cause(tmp_path: Path, claim: str) -> None:
    spec = tmp_path / "shared.yaml"
    spec.write_text(SHARED, encoding="utf-8")
    verdict = verify(claim, str(spec))  # 9·8·8 weights and 8 biases, once
    assert verdict.outcome == REFUTED
    assert [cause.kind for cause in verdict.causes][:1] == ["sharing-forgotten"]
    assert "layer-twice" not in [cause.kind for cause in verdict.causes]


def test_a_layer_that_shares_its_parameters_is_none_that_is_counted_twice_or_lacks_a_bias(tmp_path: Path) -> None:
    spec = tmp_path / "shared.yaml"
    spec.write_text(
        "name: pair\ninput: [8, 16, 16]\nlayers:\n"
        "  - conv: {out: 8, kernel: 3, bias: true}\n    name: a\n"
        "  - conv: {out: 8, kernel: 3, bias: true}\n    shares: a\n    name: b\n",
        encoding="utf-8",
    )
    report = analyze(str(spec))
    (cause,) = explain(report, "params", 584, 1168)[:1]
    assert cause.kind == "sharing-forgotten"
    assert "(b)" in "".join(map(str, cause.words))
    assert explain(report, "params", 584, 592) == ()  # 8 more: b has a bias, which is a's
