"""Every metric has one home, and every spoken name means one metric."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import flopcalc
from flopcalc import analyze, compare, report
from flopcalc.errors import ParameterError, UnknownNameError
from flopcalc.metrics import COUNTED, FIELDS, IN_BYTES, METRICS, SWEPT, metric_named
from flopcalc.render.table import COLUMNS
from flopcalc.solving import Solution, front, solve
from flopcalc.sweeps import sweep
from flopcalc.theory.causes import NAMES

POINTWISE = {"O": 3, "H": 4, "W": 4}
"""A 1×1 convolution of 4×4 maps: of C = 2 channels it has 6 weights and 6·16 = 96 FLOPs, reads 32, writes 48."""

BY_HAND = [
    ("fp32", {"params_bytes": 24, "weights_bytes": 24, "mac_bytes": 344, "peak_memory_bytes": 320}),
    ("fp16", {"params_bytes": 12, "weights_bytes": 12, "mac_bytes": 172, "peak_memory_bytes": 160}),
    ("int4", {"params_bytes": 3, "weights_bytes": 3, "mac_bytes": 43, "peak_memory_bytes": 40}),
]
"""Its 6 params, 32 + 48 + 6 = 86 elements of MAC and 80 alive at once, in bytes."""


def test_the_metrics_of_a_report_are_those_that_are_counted() -> None:
    assert COUNTED == report.METRICS
    assert {name: METRICS[name].label for name in COUNTED} == NAMES


def test_every_name_is_that_of_one_metric() -> None:
    for metric in METRICS.values():
        for word in (metric.name, metric.label, *metric.spoken):
            assert metric_named(word) == metric.name
            assert metric_named(f" # {word.upper()} ") == metric.name


def test_what_is_in_bytes_counts_what_is_in_elements() -> None:
    assert {name: f"{name}_bytes" for name in ("params", "weights", "mac", "peak_memory")} == IN_BYTES
    assert all(METRICS[name].unit == "byte" for name in IN_BYTES.values())


@pytest.mark.parametrize("text", ["MACs", "macs", "GMACs", "", "C", "params flops", "number of", "x" * 5000, "FLOPs/s"])
def test_what_names_no_metric_or_several_is_none(text: str) -> None:
    assert metric_named(text) == ""


@pytest.mark.parametrize(
    ("text", "name"),
    [("Number of Parameters", "params"), ("total number of parameters", "params"), ("Ｐａｒａｍｓ", "params"),
     ("MultiAdds", "madds"), ("Mult-Adds", "madds"), ("memory access cost", "mac"), ("peak-memory", "peak_memory")],
)  # fmt: skip
def test_names_are_found_however_they_are_written(text: str, name: str) -> None:
    assert metric_named(text) == name


# -- how they are read -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "expected"), BY_HAND)
def test_bytes_and_intensity_are_those_counted_by_hand(dtype: str, expected: dict[str, int]) -> None:
    found = analyze("pointwise_conv", C=2, **POINTWISE, dtype=dtype)
    assert {name: found.measure(name) for name in expected} == expected
    assert found.measure("intensity") == Fraction(96, 86)
    assert found.measure("intensity_bytes") == Fraction(96, expected["mac_bytes"])


def test_a_metric_of_a_layer_is_read_as_that_of_the_whole() -> None:
    found = analyze("separable_conv", C=2, O=3, K=3, H=4, W=4)
    depthwise, pointwise = found.layers
    # 9·2 = 18 weights at 16 positions, over 32 read, 18 weights and 32 written; then 96 over 86
    assert found.measure("intensity", depthwise) == Fraction(18 * 16, 82)
    assert found.measure("intensity", pointwise) == Fraction(96, 86)
    assert found.measure("intensity") == Fraction(18 * 16 + 96, 82 + 86)


def test_a_ratio_to_nothing_is_refused_and_null_in_json(tmp_path: Path) -> None:
    path = tmp_path / "view.yaml"
    path.write_text("input: [3, 4, 4]\nlayers:\n  - identity\n", encoding="utf-8")
    found = analyze(path)
    with pytest.raises(ParameterError, match="the memory access cost is 0"):
        found.measure("intensity")
    assert found.to_dict()["totals"]["intensity"] is None


def test_a_name_that_is_none_is_refused_with_all_that_are() -> None:
    with pytest.raises(UnknownNameError, match="there is no metric `intensty`") as error:
        analyze("mobilenet_v1").measure("intensty")
    assert all(name in str(error.value) for name in METRICS)
    assert "did you mean `intensity`" in str(error.value)


def test_a_formula_of_the_intensity_is_exact() -> None:
    found = analyze("pointwise_conv")
    assert str(found.measure("intensity")) == "C*H*O*W/(C*H*W + C*O + H*O*W)"


def test_sides_are_compared_by_every_metric() -> None:
    found = compare("pointwise_conv:C=2,O=3,H=4,W=4", "pointwise_conv:C=3,O=3,H=4,W=4", dtype="int8")
    assert found.values("intensity") == (Fraction(48, 43), Fraction(144, 105))
    assert found.ratios("intensity") == (1, Fraction(48, 35) / Fraction(48, 43))
    assert found.values("params_bytes") == (6, 9)


# -- in sweeps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "expected"), BY_HAND)
def test_a_sweep_has_them_exactly(dtype: str, expected: dict[str, int]) -> None:
    names = [*expected, "intensity", "intensity_bytes"]
    (block,) = sweep("pointwise_conv", {"C": "2,3"}, names, dtype=dtype, parameters=POINTWISE)
    rows = list(block.rows())
    assert {name: rows[0][name] for name in expected} == expected
    assert [row["intensity"] for row in rows] == [Fraction(48, 43), Fraction(48, 35)]  # 9·16 over 48 + 48 + 9
    assert rows[0]["intensity_bytes"] == Fraction(96, expected["mac_bytes"])


@pytest.mark.parametrize("spec", ["mobilenet_v2", "resnet50", "efficientnet_b0"])
def test_every_metric_of_a_row_is_that_of_the_single_analysis(spec: str) -> None:
    (block,) = sweep(spec, {"resolution": "65:129:32"}, SWEPT, dtype="int4")
    for row in block.rows():
        single = analyze(spec, resolution=row["resolution"], dtype="int4")
        assert {name: row[name] for name in SWEPT} == {name: single.measure(name) for name in SWEPT}


def test_a_row_with_a_ratio_to_nothing_is_refused_or_left_out(tmp_path: Path) -> None:
    path = tmp_path / "maybe.yaml"
    path.write_text(
        "parameters:\n  n: 1\ninput: [3, 4, 4]\nlayers:\n  - identity\n  - relu: {}\n    repeat: n\n", encoding="utf-8"
    )
    with pytest.raises(ParameterError, match="n=0: the memory access cost is 0"):
        list(sweep(path, {"n": "0,1,2"}, ["intensity", "mac"]))
    (block,) = sweep(path, {"n": "0,1,2"}, ["intensity", "mac"], skip_refused=True)
    assert [row["mac"] for row in block.rows()] == [96, 192]
    assert block.skipped == 1


@pytest.mark.parametrize(
    "command",
    [
        ("sweep", "pointwise_conv", "--C", "2,3", "--O", "3", "--H", "4", "--W", "4", "--metrics", "intensity_bytes"),
        ("solve", "pointwise_conv", "--for", "C", "--O", "3", "--H", "4", "--W", "4", "--params", "1kB"),
        ("compare", "conv", "pointwise_conv", "--metrics", "params_bytes"),
    ],
)
def test_what_depends_on_the_data_type_names_it(run: Callable[..., Any], command: tuple[str, ...]) -> None:
    ran = run(*command, "--dtype", "int8")
    assert ran.code == 0, ran.err
    assert "in int8." in ran.out


# -- in budgets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("budget", "dtype", "value"),
    [
        ({"params": "1kB"}, "fp16", 166),  # 3·C params of 2 bytes: 6·C ≤ 1000
        ({"params": "1KiB"}, "fp16", 170),
        ({"params_bytes": "1000"}, "fp16", 166),
        ({"params_bytes": ">= 1000"}, "fp16", 167),
        ({"peak_memory": "1 KiB"}, "int8", 61),  # 16·C + 16·3 elements: 16·C ≤ 976
        ({"peak_memory_bytes": "1024"}, "int4", 125),  # two a byte: 16·C ≤ 2000
        ({"intensity": "3/2"}, "fp32", 3),  # 48·C/(19·C + 48) ≤ 3/2: 39·C ≤ 144
        ({"intensity_bytes": "3/8"}, "fp32", 3),
        ({"mac": "10^3 bytes"}, "int8", 50),  # 19·C + 48 ≤ 1000
    ],
)
def test_a_budget_of_every_metric_is_met_as_by_hand(budget: dict[str, str], dtype: str, value: int) -> None:
    found = solve("pointwise_conv", "C", dtype=dtype, parameters=POINTWISE, **budget)
    assert isinstance(found, Solution)
    assert found.value == value


def test_bytes_are_no_budget_of_operations() -> None:
    with pytest.raises(ParameterError, match="flops: bytes are held against the FLOPs"):
        solve("mobilenet_v1", "alpha", flops="4MB")


def test_a_front_is_of_ratios_too() -> None:
    found = front(
        "pointwise_conv", {"C": "1,2,3,4"}, "max:intensity", params="20 bytes", dtype="int8", parameters=POINTWISE
    )
    # 48·C/(19·C + 48) grows with C, and so do the params that are as many as may be
    assert [choice.totals["intensity"] for choice in found.choices] == [Fraction(192, 124)]


# -- one row ---------------------------------------------------------------------------------------------------------

ROWS = """
        Metric("biases", "biases", "Biases", "elements of biases", "element", _total("biases"), additive=True),
        Metric("reuse", "reuse", "Reuse", "multiply-adds for each activation", "", over=("madds", "activations")),
"""

ADDED = """
import sys, types
import flopcalc
path, *arguments = sys.argv[1:]
text = open(path, encoding="utf-8").read()
begin = text.index("for metric in (") + len("for metric in (")
module = types.ModuleType("flopcalc.metrics")
sys.modules["flopcalc.metrics"] = flopcalc.metrics = module
exec(compile(text[:begin] + ROWS + text[begin:], path, "exec"), module.__dict__)
from flopcalc.cli import main
main(arguments)
"""

BIASED = ("pointwise_conv", "--O", "3", "--H", "4", "--W", "4", "--bias", "true")


def added(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command with two more rows in the table of metrics: a count, and a ratio."""
    source = Path(flopcalc.__file__).parent / "metrics.py"
    command = [sys.executable, "-c", ADDED.replace("ROWS", repr(ROWS)), str(source), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")


def test_a_row_makes_a_metric_of_the_table_and_of_json() -> None:
    totals = json.loads(added(*BIASED, "--C", "2", "--format", "json").stdout)["totals"]
    assert (totals["biases"], totals["reuse"]) == (3, 2)  # 96 multiply-adds for 48 activations
    lines = added(*BIASED, "--C", "2", "--columns", "layer,biases,reuse", "--format", "csv").stdout.splitlines()
    assert lines == ["name,biases,reuse", "conv,3,2"]


def test_a_row_makes_a_metric_of_compare_and_of_sweeps() -> None:
    side = "pointwise_conv:O=3,H=4,W=4,bias=true"
    lines = added("compare", f"{side},C=2", f"{side},C=3", "--metrics", "biases,reuse", "--format", "csv").stdout
    assert [line.split(",")[-3:] for line in lines.splitlines()[1:]] == [["3", "3", "1"], ["2", "3", "1.5"]]
    lines = added("sweep", *BIASED, "--C", "1,2,3", "--where", "reuse >= 2", "--sort", "-reuse", "--metrics",
                  "biases,reuse", "--format", "csv").stdout  # fmt: skip
    assert lines.splitlines() == ["C,biases,reuse", "3,3,3", "2,3,2"]


def test_a_row_makes_a_metric_of_verify_and_of_the_error_that_lists_them() -> None:
    ran = added("verify", "2", "--of", BIASED[0], "--metric", "reuse",
                "--where", "C=2", "--where", "O=3", "--where", "H=4", "--where", "W=4")  # fmt: skip
    assert (ran.returncode, "proved" in ran.stdout) == (0, True), ran.stderr
    ran = added("sweep", *BIASED, "--C", "1,2", "--metrics", "biasses")
    assert "there is no metric `biasses`" in ran.stderr
    assert "reuse" in ran.stderr
    assert "did you mean `biases`" in ran.stderr


def test_a_row_makes_a_metric_of_budgets() -> None:
    ran = added("solve", *BIASED, "--for", "C", "--reuse", "5", "--format", "csv")
    assert ran.stdout.splitlines()[1].split(",")[:2] == ["answer", "5"], ran.stderr  # 48·C multiply-adds for 48


# -- the documents ---------------------------------------------------------------------------------------------------


def test_the_document_lists_every_metric_as_the_table_has_it() -> None:
    text = (Path(__file__).parent.parent / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = [f"| [`{metric.name}`](#{metric.section}) | {metric.help} |" for metric in METRICS.values()]
    assert "\n".join(rows) in text
    headings = {
        re.sub(r"[^\w -]", "", line[3:]).lower().replace(" ", "-") for line in text.split("\n") if line[:3] == "## "
    }
    assert {metric.section for metric in METRICS.values()} <= headings


def test_every_cost_is_a_column_or_a_field_of_json() -> None:
    assert {name for name, metric in METRICS.items() if metric.layered} <= set(COLUMNS)
    assert set(METRICS) <= set(analyze("mobilenet_v1").to_dict()["totals"])
    assert {*SWEPT, *FIELDS} <= set(METRICS)
