"""Networks of other tasks, later variants and packaged blocks are held against what was counted on real models."""

from __future__ import annotations

import csv
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from flopcalc import analyze
from flopcalc.report import Report, Row

GOLDENS = Path(__file__).parent / "goldens"
with (GOLDENS / "measured_networks.csv").open(encoding="utf-8", newline="") as file:
    MODELS = list(csv.DictReader(file))
LAYERS = [json.loads(line) for line in (GOLDENS / "measured_networks_layers.jsonl").read_text("utf-8").splitlines()]
CONVOLUTIONS = ("conv", "depthwise", "transposed_conv")


@cache
def report_of(spec: str) -> Report:
    """Analyze a spec once for all the goldens that speak of it."""
    return analyze(spec)


def spec_of(golden: dict[str, Any]) -> str:
    """Return what names a golden in pytest's report."""
    return str(golden["spec"])


@pytest.mark.parametrize("golden", MODELS, ids=spec_of)
def test_totals_equal_those_of_the_real_model(golden: dict[str, str]) -> None:
    report = report_of(golden["spec"])
    convolutions = [row for row in report.layers if row.kind in CONVOLUTIONS]
    linears = [row for row in report.layers if row.kind == "linear"]
    counted = {
        "input": "x".join(str(side) for side in next(iter(report.inputs.values()))),
        "params": report.totals.params,
        "norm_params": sum(row.params for row in report.layers if row.kind == "norm"),
        "conv_madds": sum(row.madds for row in convolutions),
        "linear_madds": sum(row.madds for row in linears),
        "conv_layers": len(convolutions),
        "linear_layers": len(linears),
        "conv_activations": sum(row.activations for row in convolutions),
    }
    assert {name: str(value) for name, value in counted.items()} == {name: golden[name] for name in counted}
    assert report.totals.madds == counted["conv_madds"] + counted["linear_madds"]


def as_measured(row: Row) -> dict[str, Any]:
    """Return a conv or linear layer in the words of the goldens."""
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


@pytest.mark.parametrize("golden", LAYERS, ids=spec_of)
def test_the_conv_and_linear_layers_are_those_of_the_real_model_whatever_their_order(golden: dict[str, Any]) -> None:
    layers = [row for row in report_of(golden["spec"]).layers if row.kind in (*CONVOLUTIONS, "linear")]
    counted, measured = (
        Counter(json.dumps(layer, sort_keys=True) for layer in found)
        for found in ([as_measured(row) for row in layers], golden["layers"])
    )
    assert counted == measured
