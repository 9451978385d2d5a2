"""The known reason of a published figure comes first: a way of counting the network, and no change of it."""

from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from flopcalc import analyze, explain
from flopcalc.convention import load_convention

GOLDENS = Path(__file__).parent.parent / "goldens" / "published_figures.csv"
CHANGES = {"choice", "default", "variant", "usual", "classifier", "stem", "linears", "stage"}
AMBIGUOUS = {
    # a simpler way of counting gives the printed digits too
    ("resnet50", "25.5M params"),
    ("resnet50:stride_at=1x1", "3.86G flops"),
    ("shufflenet_v1:scale=2", "5.4M params"),
    ("fbnet_a", "244.5M flops"),
}
UNITS = {"params": "M params", "madds": "M flops"}


def quoted(row: dict[str, str], quantity: str) -> str:
    """Return a figure with its unit, and no more digits than the source prints."""
    printed = row["params_millions" if quantity == "params" else "macs_millions"]
    digit = row[f"{quantity}_digit"]
    if not digit or Decimal(digit) < 10:
        return printed + UNITS[quantity]
    places = max(0, 4 - len(digit))  # 3800 to its hundreds is 3.8 G
    return f"{Decimal(printed) / 1000:.{places}f}G flops"


def figures() -> list[tuple[str, str, str]]:
    """Return a figure of each table and family whose way of counting is known, and which is printed right."""
    kept: dict[tuple[str, ...], tuple[str, str, str]] = {}
    with GOLDENS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["remark"] or row["omits"]:
                continue
            for quantity, way in (("params", row["params_of"]), ("madds", row["counted_by"] or "paper")):
                text = row["params_millions" if quantity == "params" else "macs_millions"]
                if text and way and quantity not in row["misprint"].split():
                    key = (row["model"], row["table"], quantity, way)
                    kept.setdefault(key, (row["spec"], quoted(row, quantity), way))
    return [*dict.fromkeys(kept.values())]


@pytest.mark.parametrize(("spec", "figure", "way"), figures())
def test_the_known_way_of_counting_is_among_the_first_and_no_change_of_the_network(
    spec: str, figure: str, way: str
) -> None:
    found, report = explain(spec, figure).found, analyze(spec)
    known: Fraction | int
    if way in ("weights", "params"):
        known = getattr(report.totals, way)
    else:
        known = sum(one.value for one in report.counted(load_convention(way)))
    assert not {step.kind for step in found[0].steps} & CHANGES
    assert (known in [one.value for one in found if one.cost == found[0].cost]) is ((spec, figure) not in AMBIGUOUS)
