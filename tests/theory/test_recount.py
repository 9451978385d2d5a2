"""Networks counted in plain numbers: the same as the analysis, at points where what is assumed holds."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from typing import Any

import pytest

from flopcalc import analyze
from flopcalc.analysis import resolve
from flopcalc.errors import FlopcalcError
from flopcalc.report import METRICS, Report
from flopcalc.spec import catalog
from flopcalc.theory.equivalence import evaluated, symbols_of
from flopcalc.theory.recount import (
    Condition,
    Nature,
    conditions_of,
    few_of,
    hints_of,
    natures_of,
    network_at,
    points,
    points_for,
    value_at,
)

BLOCKS = [entry.name for entry in catalog.index() if entry.kind == "blocks"]


def symbols(report: Report) -> tuple[Any, ...]:
    values = [*report.parameters.values(), *(side for shape in report.inputs.values() for side in shape)]
    return symbols_of(*(value for value in values if getattr(value, "free_symbols", None)))


def tried(report: Report, **options: Any) -> list[dict[str, Any]]:
    natures = natures_of(symbols(report), few_of([report]))
    return list(islice(points(natures, conditions_of(report), hints_of([report]), **options), 30))


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_counted_at_points_costs_what_its_formulas_say(name: str) -> None:
    report = analyze(name)
    spec, _ = resolve(name)
    counted = 0
    for point in tried(report):
        network = network_at(spec, {}, point)
        if network is None:
            continue
        counted += 1
        at = {symbol: point[str(symbol)] for symbol in symbols(report)}
        for metric in METRICS:
            assert network.measure(metric) == evaluated(getattr(report.totals, metric), at), (point, metric)
    assert counted >= 10


def test_values_with_symbols_are_worked_out_at_the_point() -> None:
    spec, _ = resolve("conv")
    network = network_at(
        spec, {"C": "alpha*C", "O": "C", "K": 3, "bias": "true"}, {"alpha": Fraction(1, 2), "C": 6, "H": 5, "W": 4}
    )
    assert network is not None
    report = analyze("conv", C=3, O=6, K=3, bias=True, H=5, W=4)
    for metric in METRICS:
        assert network.measure(metric) == getattr(report.totals, metric)
    assert network.measure("peak_memory") == report.totals.peak_memory
    assert (network.measure("channels"), network.measure("height"), network.measure("width")) == (6, 5, 4)
    assert network.measure("receptive_field") == 3
    assert network.measure("params_bytes") == 4 * report.totals.params
    assert network.measure("intensity") == Fraction(report.totals.flops, report.totals.mac)


def test_a_default_is_changed_where_it_is_free() -> None:
    spec, _ = resolve("pointwise_conv")
    at = {"C": 4, "O": 8, "H": 2, "W": 2, "g": 2}
    free, fixed = network_at(spec, {}, at, symbolic=("g",)), network_at(spec, {}, at)
    assert free is not None
    assert fixed is not None
    assert (free.measure("weights"), fixed.measure("weights")) == (16, 32)


@pytest.mark.parametrize("point", [{"C": 3, "O": 4, "g": 2}, {"C": Fraction(1, 2), "O": 4, "g": 1}])
def test_where_a_network_cannot_be_there_is_none(point: dict[str, Any]) -> None:
    spec, _ = resolve("group_conv")
    assert network_at(spec, {}, {"K": 1, "H": 1, "W": 1, **point}) is None


def test_points_keep_to_what_is_assumed_and_are_the_same_every_time() -> None:
    report = analyze("separable_conv", stride="s")
    found = tried(report)
    assert found == tried(report)
    assert all(point["K"] % 2 == 1 and point["H"] % point["s"] == 0 for point in found)
    assert {point["s"] for point in found} > {1, 2, 3}


def test_multipliers_are_tried_at_a_half_at_three_quarters_and_above_one() -> None:
    report = analyze("mobilenet_v1", symbolic=("alpha", "rho"))
    found = {point["alpha"] for point in tried(report)}
    assert {Fraction(1, 2), Fraction(3, 4)} <= found
    assert any(value > 1 for value in found)


def test_values_are_small_and_large_odd_even_and_prime() -> None:
    found = {point["C"] for point in points([Nature("C"), Nature("O")])}
    assert {1, 2, 3, 4, 97, 100, 1024, 10007} <= found


def test_a_count_of_turns_is_tried_at_few_values() -> None:
    assert max(point["n"] for point in points([Nature("n", few=True), Nature("C")])) <= 8


def test_assumptions_of_the_user_hold_at_every_point() -> None:
    natures = [Nature("C"), Nature("O"), Nature("alpha", whole=False)]
    conditions = [Condition("alpha <= 1"), Condition("C >= 2*O")]
    found = list(points(natures, conditions))
    assert len(found) > 100
    assert all(point["alpha"] <= 1 and point["C"] >= 2 * point["O"] for point in found)


def test_a_condition_on_a_repeats_turns_holds_for_all_of_them() -> None:
    condition = Condition("(C + i) % 2 == 0", (("i", "0", "n - 1"),))
    assert condition.holds({"C": 2, "n": 1})
    assert not condition.holds({"C": 2, "n": 2})


def test_no_point_is_found_where_none_can_be() -> None:
    assert list(points([Nature("C")], [Condition("C < 1")])) == []
    assert list(points([], [Condition("1 < 0")])) == []


def test_values_that_are_no_formulas_stay_as_they_are() -> None:
    assert value_at("same", {"C": 1}) == "same"
    assert value_at("K//2", {"K": 5}) == 2
    assert value_at(3, {"K": 5}) == 3


def test_deep_networks_are_counted_at_fewer_points() -> None:
    assert points_for(1) == 100
    assert 10 <= points_for(500) < 100
    assert points_for(10**6) == 10


def test_a_metric_that_is_no_number_is_an_error() -> None:
    spec, _ = resolve("dfc_attention")
    network = network_at(spec, {}, {"C": 2, "O": 2, "H": 4, "W": 4, "K_H": 3, "K_W": 5})
    assert network is not None
    with pytest.raises(FlopcalcError, match="receptive field is"):
        network.measure("receptive_field")
