"""Costs add: a network's totals are the sum of its rows however they are grouped, and scale as widths and maps do."""

from __future__ import annotations

from fractions import Fraction
from functools import cache, reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import analyse_data, networks

import flopcalc
from flopcalc.cost import QUANTITIES, Cost, add_up
from flopcalc.layers.base import volume
from flopcalc.number import symbol
from flopcalc.report import GROUPINGS, METRICS, Report

few = settings(deadline=None, max_examples=60)

numbers = st.integers(0, 10**30)
costs = st.builds(Cost, **dict.fromkeys(QUANTITIES, numbers))

C, H = symbol("C"), symbol("H")
symbolic_numbers = st.builds(lambda a, b, c: a * C**2 + b * C * H + c, *[st.integers(0, 9)] * 3)
symbolic_costs = st.builds(Cost, **dict.fromkeys(QUANTITIES, symbolic_numbers))


def quantities(cost: Cost) -> dict[str, Any]:
    return {name: getattr(cost, name) for name in QUANTITIES}


# -- Cost ------------------------------------------------------------------------------------------------------------


@few
@given(one=costs, other=costs)
def test_costs_add_quantity_by_quantity(one: Cost, other: Cost) -> None:
    assert quantities(one + other) == {
        name: getattr(one, name) + getattr(other, name) for name in QUANTITIES
    }  # exactly, however large


@few
@given(one=costs, other=costs, third=symbolic_costs)
def test_adding_is_commutative_and_associative(one: Cost, other: Cost, third: Cost) -> None:
    assert one + other == other + one
    assert one + third == third + one
    assert (one + third) + other == one + (third + other)


@given(cost=costs)
def test_an_empty_cost_adds_nothing(cost: Cost) -> None:
    assert cost + Cost() == cost
    assert add_up([]) == Cost()


@few
@given(many=st.lists(st.one_of(costs, symbolic_costs), min_size=1, max_size=6))
def test_many_costs_are_the_same_at_once_and_one_by_one(many: list[Cost]) -> None:
    assert add_up(many) == reduce(lambda one, other: one + other, many)


@few
@given(many=st.lists(symbolic_costs, max_size=5), c=st.integers(1, 9), h=st.integers(1, 9))
def test_adding_formulas_and_putting_numbers_in_is_adding_the_numbers(many: list[Cost], c: int, h: int) -> None:
    def filled(cost: Cost) -> dict[str, int]:
        return {
            name: value if isinstance(value, int) else int(value.subs({C: c, H: h}))
            for name, value in quantities(cost).items()
        }

    parts = [filled(cost) for cost in many]
    assert filled(add_up(many)) == {name: sum(part[name] for part in parts) for name in QUANTITIES}


def test_a_cost_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Cost().params = 3  # type: ignore[misc]


@few
@given(cost=costs, factor=st.integers(0, 9))
def test_a_cost_maps_every_quantity(cost: Cost, factor: int) -> None:
    assert cost.map(lambda value: value * factor) == add_up([cost] * factor)


# -- totals ----------------------------------------------------------------------------------------------------------


def check_totals(report: Report) -> None:
    for name in QUANTITIES:
        assert getattr(report.totals.cost, name) == sum(getattr(row.cost, name) for row in report.layers)
    for metric in METRICS:
        whole = getattr(report.totals, metric)
        assert whole == sum(getattr(row, metric) for row in report.layers)
        for grouping in GROUPINGS:
            assert whole == sum(getattr(group, metric) for group in report.by(grouping))
    for grouping in GROUPINGS:
        rows = [row for group in report.by(grouping) for row in group.layers]
        assert sorted(row.path for row in rows) == sorted(row.path for row in report.layers)


@few
@given(data=networks(overview=True))
def test_the_totals_of_a_random_network_are_the_sum_of_its_rows_in_any_grouping(data: dict[str, Any]) -> None:
    check_totals(analyse_data(data))


@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v2", "resnet50", "shufflenet_v2"])
def test_the_totals_of_a_published_network_are_the_sum_of_its_rows_in_any_grouping(name: str) -> None:
    check_totals(flopcalc.analyze(name))


@few
@given(data=networks(overview=True))
def test_params_are_at_least_weights_and_every_cost_is_whole(data: dict[str, Any]) -> None:
    for row in analyse_data(data).layers:
        assert all(type(value) is int and value >= 0 for value in quantities(row.cost).values())
        assert row.params >= row.weights
        moved = row.cost.inputs + row.cost.outputs + row.params
        if len(row.inputs) == 1:
            assert row.mac in (0, moved)
        elif row.mac != 0:  # the same tensor among them is read once
            assert moved - row.cost.inputs + max(map(volume, row.inputs)) <= row.mac <= moved


# -- laws of whole networks ------------------------------------------------------------------------------------------

POINTWISE = {
    "parameters": {"w": {"default": 1}, "r": {"default": 1}},
    "input": ["3 * w", "8 * r", "6 * r"],
    "layers": [
        {"conv": {"out": "16 * w", "kernel": 1}},
        "relu",
        {
            "branches": {
                "merge": "add",
                "paths": [[], [{"conv": {"out": "40 * w", "kernel": 1}}, {"conv": {"out": "16 * w", "kernel": 1}}]],
            }
        },
        {"conv": {"out": "24 * w", "kernel": 1, "groups": 4}},
    ],
}

CONVOLUTIONAL = {
    "parameters": {"w": {"default": 1}, "r": {"default": 1}},
    "input": ["3 * w", "16 * r", "24 * r"],
    "layers": [
        {"conv": {"out": "8 * w", "kernel": 3, "stride": 2}},
        {"max_pool": {"kernel": 2}},
        {"conv": {"out": "12 * w", "kernel": [5, 1]}},
        {"avg_pool": {"kernel": 2}},
    ],
}


@pytest.mark.parametrize("data", [POINTWISE, CONVOLUTIONAL], ids=["pointwise", "convolutional"])
@few
@given(factor=st.integers(1, 6))
def test_all_widths_doubled_quadruple_parameters_and_multiply_adds_and_double_activations(
    data: dict[str, Any], factor: int
) -> None:
    thin, wide = analyse_data(data).totals, analyse_data(data, w=factor).totals
    assert (wide.params, wide.weights, wide.madds) == tuple(
        factor**2 * value for value in (thin.params, thin.weights, thin.madds)
    )
    assert wide.activations == factor * thin.activations
    assert wide.peak_memory == factor * thin.peak_memory
    assert wide.mac - wide.params == factor * (thin.mac - thin.params)


@pytest.mark.parametrize("data", [POINTWISE, CONVOLUTIONAL], ids=["pointwise", "convolutional"])
@few
@given(factor=st.integers(1, 6))
def test_both_sides_doubled_quadruple_all_but_the_parameters(data: dict[str, Any], factor: int) -> None:
    small, large = analyse_data(data).totals, analyse_data(data, r=factor).totals
    assert (large.params, large.weights) == (small.params, small.weights)
    assert (large.madds, large.activations, large.peak_memory, large.mac - large.params) == tuple(
        factor**2 * value for value in (small.madds, small.activations, small.peak_memory, small.mac - small.params)
    )


@few
@given(count=st.integers(1, 9))
def test_a_repeated_body_costs_its_turns(count: int) -> None:
    body = {"branches": {"merge": "add", "paths": [[], [{"conv": {"out": 8, "kernel": 3, "bias": True}}, "norm"]]}}
    base = {"parameters": {"n": None}, "input": [8, 9, 7]}
    once = analyse_data({**base, "layers": [{**body, "repeat": "n"}]}, n=1).totals
    often = analyse_data({**base, "layers": [{**body, "repeat": "n"}]}, n=count).totals
    formula = analyse_data({**base, "layers": [{**body, "repeat": "n"}]}).totals
    for name in QUANTITIES:
        one, many, symbolic = (getattr(totals.cost, name) for totals in (once, often, formula))
        assert many == count * one
        assert one == 0 or symbolic == one * symbol("n")


@few
@given(eighths=st.integers(1, 24))
def test_a_closed_form_in_alpha_is_the_network_where_no_width_is_rounded(eighths: int) -> None:
    formula, number = closed_form().totals, flopcalc.analyze("mobilenet_v1", alpha=Fraction(eighths, 8)).totals
    for metric in METRICS:
        value = getattr(formula, metric)
        (alpha,) = value.free_symbols
        numerator, denominator = Fraction(eighths, 8).as_integer_ratio()
        assert value.subs(alpha, numerator / symbol("d")).subs(symbol("d"), denominator) == getattr(number, metric)


@cache
def closed_form() -> Report:
    return flopcalc.analyze("mobilenet_v1", symbolic=["alpha"])
