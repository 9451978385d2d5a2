"""RegNets, ResNets and ResNeXts are held against pycls' own counter, in all three of its metrics.

It counts a FLOP for every multiply-add and for every bias that is added, and as activations what convolutions, linear
layers and max pools write.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from flopcalc import analyze

with (Path(__file__).parent / "goldens" / "pycls_complexity.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))


@pytest.mark.parametrize("golden", ROWS, ids=lambda golden: str(golden["model"]))
def test_a_network_has_the_complexity_that_pycls_counts(golden: dict[str, str]) -> None:
    assert golden["source"]
    report = analyze(golden["spec"], resolution=int(golden["resolution"]))
    flops = report.totals.madds + report.totals.cost.bias_adds
    pooled = sum(row.cost.outputs for row in report.layers if row.kind == "max_pool")
    counted = (flops, report.totals.params, report.totals.activations + pooled)
    assert counted == (int(golden["flops"]), int(golden["params"]), int(golden["acts"]))
