"""Networks are held against what others measured and published; every row of tests/goldens names its source."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from flopcalc import analyze
from flopcalc.convention import load_convention
from flopcalc.report import Report, Row

GOLDENS = Path(__file__).parent / "goldens"
CONVOLUTIONS = ("conv", "depthwise", "transposed_conv")


def rows(name: str) -> list[dict[str, str]]:
    """Read a CSV of goldens."""
    with (GOLDENS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines(name: str) -> list[dict[str, Any]]:
    """Read JSON lines of goldens."""
    return [json.loads(line) for line in (GOLDENS / name).read_text(encoding="utf-8").splitlines()]


def named(*columns: str) -> Any:
    """Return what names a golden in pytest's report."""
    return lambda golden: " ".join(str(golden[column]) for column in columns)


MODELS = rows("measured_models.csv")
LATER = rows("later_architectures.csv")
NETWORKS = rows("measured_networks.csv")
LAYERS = lines("measured_layers.jsonl")
LAYERS_OF_NETWORKS = lines("measured_networks_layers.jsonl")
PUBLISHED = rows("published_figures.csv")
FIGURES = rows("architecture_figures.csv")
SHARES = rows("shares.csv")


@cache
def report_of(spec: str) -> Report:
    """Analyze a spec once for all the goldens that speak of it."""
    return analyze(spec)


def total(layers: list[Row], metric: str) -> int:
    """Add up a metric that is a number."""
    return sum(getattr(row, metric) for row in layers)


def rounded(value: Fraction, digit: Fraction) -> Fraction:
    """Round half up to a multiple of `digit`."""
    return math.floor(value / digit + Fraction(1, 2)) * digit


def last_digit(text: str) -> Fraction:
    """Return the unit of the last digit that is written: 0.01 of 4.24."""
    exponent = Decimal(text).as_tuple().exponent
    assert isinstance(exponent, int)
    return Fraction(10) ** exponent


def in_millions(value: Any) -> Fraction:
    """Return a count as an exact number of millions."""
    assert type(value) is int
    return Fraction(value, 10**6)


# -- measured on real models -----------------------------------------------------------------------------------------


def sums_of(report: Report) -> dict[str, int]:
    """Count what was counted on real models."""
    convolutions = [row for row in report.layers if row.kind in CONVOLUTIONS]
    linears = [row for row in report.layers if row.kind == "linear"]
    return {
        "params": report.totals.params,
        "norm_params": total([row for row in report.layers if row.kind == "norm"], "params"),
        "conv_madds": total(convolutions, "madds"),
        "linear_madds": total(linears, "madds"),
        "conv_layers": len(convolutions),
        "linear_layers": len(linears),
        "conv_activations": total(convolutions, "activations"),
    }


@pytest.mark.parametrize("golden", MODELS, ids=named("source", "model", "options"))
def test_totals_equal_those_of_the_real_model(golden: dict[str, str]) -> None:
    report = report_of(golden["spec"])
    _, height, width = report.inputs["input"]
    found = {**sums_of(report), "height": height, "width": width, "madds": report.totals.madds}
    assert found == {name: int(golden[name]) for name in found}


@pytest.mark.parametrize("golden", NETWORKS, ids=named("spec"))
def test_networks_of_other_tasks_equal_the_real_ones(golden: dict[str, str]) -> None:
    report = report_of(golden["spec"])
    found = sums_of(report)
    assert found == {name: int(golden[name]) for name in found}
    assert "x".join(str(side) for side in next(iter(report.inputs.values()))) == golden["input"]
    assert report.totals.madds == found["conv_madds"] + found["linear_madds"]


@pytest.mark.parametrize("golden", LATER, ids=named("spec"))
def test_parameters_and_multiply_adds_equal_those_of_the_real_model(golden: dict[str, str]) -> None:
    totals = analyze(golden["spec"]).totals
    assert (totals.params, totals.madds) == (int(golden["params"]), int(golden["madds"]))


def as_measured(row: Row) -> dict[str, Any]:
    """Return a conv or linear layer in the words of the goldens, which are a framework's."""
    attributes: Any = row.attributes
    common = {
        "cin": row.inputs[0][0],
        "cout": row.output[0],
        "bias": attributes["bias"],
        "madds": row.madds,
        "out": row.activations,
    }
    if row.kind == "linear":
        return {"op": "linear", **common}
    kernel, dilation, padding = (attributes[name] for name in ("kernel", "dilation", "padding"))
    if padding == "same":
        padding = tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True))
    sides = len(row.output) - 1
    return {
        "op": f"convtranspose{sides}d" if row.kind == "transposed_conv" else f"conv{sides}d",
        **common,
        "k": list(kernel),
        "s": list(attributes["stride"]),
        "d": list(dilation),
        "p": list(padding),
        "g": row.inputs[0][0] if row.kind == "depthwise" else attributes["groups"],
        "hw": list(row.output[1:]),
    }


@pytest.mark.parametrize("golden", LAYERS, ids=named("source", "model", "options"))
def test_every_conv_and_linear_layer_equals_the_real_model_in_the_order_of_its_calls(golden: dict[str, Any]) -> None:
    layers = [row for row in report_of(golden["spec"]).layers if row.kind in (*CONVOLUTIONS, "linear")]
    assert [as_measured(row) for row in layers] == golden["layers"]


@pytest.mark.parametrize("golden", LAYERS_OF_NETWORKS, ids=named("spec"))
def test_the_layers_of_networks_of_other_tasks_are_the_real_ones_whatever_their_order(golden: dict[str, Any]) -> None:
    layers = [row for row in report_of(golden["spec"]).layers if row.kind in (*CONVOLUTIONS, "linear")]
    found, measured = (
        Counter(json.dumps(layer, sort_keys=True) for layer in layers_)
        for layers_ in ([as_measured(row) for row in layers], golden["layers"])
    )
    assert found == measured


# -- published -------------------------------------------------------------------------------------------------------


def published(golden: dict[str, str], quantity: str) -> tuple[str, Fraction, str]:
    """Return the printed text, the unit of its last digit, and the recount's text, of `params` or `madds`."""
    printed = golden["params_millions" if quantity == "params" else "macs_millions"]
    given = golden[f"{quantity}_digit"]
    digit = Fraction(given) if given else last_digit(printed) if printed else Fraction(1)
    return printed, digit, golden[f"exact_{quantity}"]


def counted(golden: dict[str, str], quantity: str) -> Fraction:
    """Return what the source counted, in millions, as flopcalc counts it."""
    report = report_of(golden["spec"])
    if quantity == "madds" and golden["counted_by"]:
        return in_millions(sum(one.value for one in report.counted(load_convention(golden["counted_by"]))))
    return in_millions(getattr(report.totals, golden["params_of"] if quantity == "params" else "madds"))


def agrees(value: Fraction, printed: str, digit: Fraction, rounding: str) -> bool:
    """Tell whether a figure could have been printed so; sources round as they like, unless one says how."""
    if rounding == "floor":
        return math.floor(value / digit) * digit == Fraction(printed)
    if rounding == "nearest":
        return rounded(value, digit) == Fraction(printed)
    return abs(value - Fraction(printed)) < digit


def as_printed(value: Fraction, printed: str, digit: Fraction) -> bool:
    """Tell whether a figure is the count, rounded or cut off after its last digit."""
    cut = math.floor(value / digit) * digit == Fraction(printed)
    return cut or abs(value - Fraction(printed)) <= digit / 2


FIGURES_PRINTED = [
    pytest.param(golden, quantity, id=f"{golden['spec']} {quantity} in {golden['table']} {golden['variant']}")
    for golden in PUBLISHED
    for quantity in ("params", "madds")
    if published(golden, quantity)[0] and (quantity == "madds" or golden["params_of"])
]


@pytest.mark.parametrize(("golden", "quantity"), FIGURES_PRINTED)
def test_a_published_figure_is_met_to_its_last_digit_and_a_misprint_is_not(
    golden: dict[str, str], quantity: str
) -> None:
    printed, digit, exact = published(golden, quantity)
    value = counted(golden, quantity)
    # slim's README says that it floors the multiply-adds; its parameters are rounded as any others
    rounding = golden["rounding"] if quantity == "madds" or golden["rounding"] != "floor" else ""
    assert agrees(value, printed, digit, rounding) is (quantity not in golden["misprint"].split())
    if exact:
        assert rounded(value, last_digit(exact)) == Fraction(exact)


@pytest.mark.parametrize("golden", PUBLISHED, ids=named("spec", "table", "variant"))
def test_a_figure_is_the_count_rounded_or_cut_off_or_the_page_of_architectures_gives_a_reason(
    golden: dict[str, str],
) -> None:
    agree = [
        as_printed(counted(golden, quantity), *published(golden, quantity)[:2])
        for quantity in ("params", "madds")
        if published(golden, quantity)[0] and (quantity == "madds" or golden["params_of"])
    ]
    assert all(agree) or golden["remark"] or (golden["misprint"] and golden["note"])


@pytest.mark.parametrize("golden", [row for row in PUBLISHED if row["omits"]], ids=named("spec", "table"))
def test_a_misprint_by_a_forgotten_layer_is_met_without_that_layer(golden: dict[str, str]) -> None:
    (omitted,) = (row for row in report_of(golden["spec"]).layers if row.path == golden["omits"])
    without = counted(golden, "madds") - in_millions(omitted.madds)
    printed, digit, _ = published(golden, "madds")
    assert agrees(without, printed, digit, golden["rounding"])


@pytest.mark.parametrize("golden", [row for row in PUBLISHED if row["misprint"]], ids=named("spec", "table"))
def test_a_misprint_says_what_is_right_instead(golden: dict[str, str]) -> None:
    assert all(golden[f"exact_{quantity}"] for quantity in golden["misprint"].split())
    assert golden["note"] or golden["remark"]


@pytest.mark.parametrize("golden", FIGURES, ids=named("spec", "quantity"))
def test_a_recount_of_the_architecture_is_met_where_it_was_rounded(golden: dict[str, str]) -> None:
    value = getattr(report_of(golden["spec"]).totals, golden["quantity"])
    assert type(value) is int
    assert rounded(Fraction(value), Fraction(golden["digit"])) == int(golden["value"])


@pytest.mark.parametrize("golden", SHARES, ids=named("spec", "kind"))
def test_each_kind_of_layer_has_the_share_that_the_paper_prints(golden: dict[str, str]) -> None:
    report = report_of(golden["spec"])
    (group,) = (group for group in report.by("kind") if group.name == golden["kind"])
    for metric in ("madds", "weights"):
        share = Fraction(getattr(group, metric), getattr(report.totals, metric)) * 100
        printed, recount = golden[f"{metric}_percent"], golden.get(f"counted_{metric}_percent")
        assert rounded(share, last_digit(printed)) == Fraction(recount or printed)
        assert not recount or recount != printed


@pytest.mark.parametrize("spec", sorted({golden["spec"] for golden in SHARES}))
def test_the_shares_of_all_kinds_add_up_to_the_whole(spec: str) -> None:
    report = report_of(spec)
    for metric in ("madds", "weights", "params", "mac"):
        assert sum(getattr(group, metric) for group in report.by("kind")) == getattr(report.totals, metric)


@pytest.mark.parametrize("goldens", [MODELS, LAYERS, PUBLISHED, FIGURES, SHARES])
def test_every_golden_names_its_source(goldens: list[dict[str, Any]]) -> None:
    assert goldens
    assert all(golden["source"] and golden["spec"] for golden in goldens)
