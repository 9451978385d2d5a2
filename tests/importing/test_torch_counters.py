"""Models that PyTorch runs are counted by every convention as its tool counts them, by how each layer is written."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

from flopcalc import Spec, analyze, from_torch

pytest.importorskip("torch")
try:
    import torchvision
except (ImportError, RuntimeError):  # one that another torch was built for
    pytest.skip("there is no torchvision of this torch", allow_module_level=True)

GOLDENS = Path(__file__).parent.parent / "goldens"
ROWS = [
    row
    for row in csv.DictReader((GOLDENS / "counters.csv").read_text(encoding="utf-8").splitlines())
    if row["source"].startswith("torchvision 0.29")
]
CALLED = {"torch_flop_counter": "torch", "calflops": "calflops_macs"}
"""Conventions that are not called as the tool is; calflops' value is what it calls MACs."""


@cache
def imported(model: str, side: int) -> Spec:
    return from_torch(getattr(torchvision.models, model)(), (3, side, side))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['tool']} {row['model']}")
def test_a_counter_is_reproduced_on_the_model_itself(row: dict[str, str]) -> None:
    spec = imported(row["model"], int(row["resolution"]))
    assert analyze(spec, convention=CALLED.get(row["tool"], row["tool"])).totals.flops == float(row["value"])
    if row["flops"]:
        assert analyze(spec, convention=row["tool"]).totals.flops == float(row["flops"])
