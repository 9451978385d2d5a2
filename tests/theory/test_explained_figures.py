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


@pytest.mark.parametrize(
    ("spec", "figure", "parameters"),
    [
        ("efficientnet_b4", "4.2B", {}),  # its paper's Table 2, where the count is 4.39 G
        ("efficientnet_b0", "29MB", {}),  # Keras's file of 21.2 MB of parameters
        ("densenet121", "33MB", {}),  # Keras's; PyTorch's range ends at 32.55 MB, just where the figure begins
        ("mobilenet_v2", "3.47G", {}),  # ten times and more what it counts
    ],
)
def test_what_nobody_would_believe_is_no_explanation(spec: str, figure: str, parameters: dict[str, object]) -> None:
    explained = explain(spec, figure, **parameters)
    assert explained.found == ()
    assert not {step.kind for one in explained.near for step in one.steps} & {"stage"}


@pytest.mark.parametrize(
    ("spec", "figure", "parameters", "first"),
    [
        ("shufflenet_v1", "292M", {"scale": "1.5"}, "as papers count; stem = 24"),
        ("shufflenet_v1", "140M", {}, "as papers count; rounded to the digits before the zeros"),
        ("shufflenet_v1", "133M", {"groups": 4}, "as papers count; without the classifier (linear)"),
    ],
)
def test_the_way_of_papers_comes_before_a_tool_that_something_else_is_supposed_of(
    spec: str, figure: str, parameters: dict[str, object], first: str
) -> None:
    assert explain(spec, figure, **parameters).found[0].words == first


@pytest.mark.parametrize(
    ("spec", "figure", "parameters"),
    [("mobilenet_v3_large", "219M", {}), ("shufflenet_v1", "292M", {"scale": "1.5"}), ("resnet50", "4.0G", {})],
)
def test_a_tool_counts_what_it_is_given_and_leaves_no_part_of_it_out(
    spec: str, figure: str, parameters: dict[str, object]
) -> None:
    parts = {"classifier", "stem", "linears", "stage"}
    for one in explain(spec, figure, **parameters).found:
        kinds = {step.kind for step in one.steps}
        assert not ("convention" in kinds and kinds & parts), one.words
