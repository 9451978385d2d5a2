"""Every metric has one home, and every spoken name means one metric."""

from __future__ import annotations

import pytest

from flopcalc import report
from flopcalc.metrics import COUNTED, IN_BYTES, METRICS, metric_named
from flopcalc.theory.causes import NAMES


def test_the_metrics_of_a_report_are_those_that_are_counted() -> None:
    assert COUNTED == report.METRICS
    assert {name: METRICS[name].label for name in COUNTED} == NAMES


def test_every_name_is_that_of_one_metric() -> None:
    for metric in METRICS.values():
        for word in (metric.name, metric.label, *metric.spoken):
            assert metric_named(word) == metric.name
            assert metric_named(f" # {word.upper()} ") == metric.name


def test_what_is_in_bytes_counts_what_is_in_elements() -> None:
    assert list(IN_BYTES.items()) == [(name, f"{name}_bytes") for name in ("params", "weights", "mac", "peak_memory")]
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
