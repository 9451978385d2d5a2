"""Backwards from a budget: the interval is right at both ends, nothing greater is within the budget, formulas hold."""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopcalc
from flopcalc import Report, analyze
from flopcalc.errors import FlopcalcError, ParameterError, UndecidedError
from flopcalc.report import METRICS
from flopcalc.solving import Compound, Formula, Found, Front, Solution, cells, compound, front, search, solve
from flopcalc.solving.budgets import read_budget
from flopcalc.solving.counting import built_at, counted
from flopcalc.solving.path import Course, End, Span
from flopcalc.sweeps.tracing import analysed

TINY = Fraction(1, 10**9)


def solved(spec: str, unknown: str, **options: Any) -> Solution:
    """Return a solution in numbers."""
    found = solve(spec, unknown, **options)
    assert isinstance(found, Solution)
    return found


def network(solution: Solution) -> Found:
    """Return what was found."""
    assert solution.network is not None
    return solution.network


def ends(span: Span) -> tuple[Fraction, Fraction]:
    """Return the ends of a span, which are rational."""
    assert span.low is not None
    assert span.high is not None
    assert span.low.base is None
    assert span.high.base is None
    return span.low.ratio, span.high.ratio


def layers(report: Report) -> list[object]:
    """Return what tells a network from others, layer by layer."""
    return [(row.path, row.inputs, row.output, tuple(row.attributes.items())) for row in report.layers]


def at(spec: str, **parameters: object) -> Report | None:
    """Analyse a configuration; None where it is refused."""
    try:
        return analyze(spec, **parameters)  # type: ignore[arg-type]
    except FlopcalcError:
        return None


def decimal(value: Fraction) -> Fraction:
    """Return a value to five decimals."""
    return Fraction(round(value * 10**5), 10**5)


def misses(report: Report | None, budgets: dict[str, int]) -> bool:
    """Tell whether a configuration is no network, or one above a budget."""
    return report is None or any(getattr(report.totals, name) > value for name, value in budgets.items())


# -- the interval, by analyses around its ends -----------------------------------------------------------------------

CASES: list[tuple[str, str, dict[str, int], dict[str, object]]] = [
    ("mobilenet_v1", "alpha", {"flops": 150_000_000}, {}),
    ("mobilenet_v1", "alpha", {"params": 2_600_000, "flops": 200_000_000}, {"rho": "5/7"}),
    ("mobilenet_v1", "rho", {"activations": 3_000_000}, {"alpha": "0.75"}),
    ("mobilenet_v2", "alpha", {"flops": 150_000_000}, {}),
    ("mobilenet_v2", "alpha", {"mac": 60_000_000}, {}),
    ("mobilenet_v2", "rho", {"flops": 100_000_000}, {"alpha": "1.3"}),
    ("mobilenet_v3_large", "alpha", {"flops": 100_000_000}, {}),
    ("mobilenet_v3_small", "alpha", {"params": 2_000_000}, {"widths": "torchvision"}),
    ("shufflenet_v1", "scale", {"flops": 80_000_000}, {"groups": 2, "bottleneck": "ceil"}),
    ("shufflenet_v2", "scale", {"flops": 250_000_000}, {}),
    ("ghostnet", "alpha", {"flops": 100_000_000}, {}),
    ("efficientnet", "width", {"params": 10_000_000}, {}),
    ("efficientnet", "depth", {"flops": 700_000_000}, {}),
    ("resnet50", "width", {"flops": 2_000_000_000}, {}),
    ("regnet", "se_ratio", {"params": 5_000_000}, {}),  # 0 by default, and a fraction in the Y networks
]


@functools.cache
def solution_of(case: int) -> Solution:
    """Return the solution of a case, which is searched for once."""
    spec, unknown, budgets, others = CASES[case]
    return solved(spec, unknown, **budgets, **others)


each_case = pytest.mark.parametrize(
    "case",
    [
        pytest.param(number, marks=pytest.mark.xdist_group(f"solution {number}"), id=f"{case[0]} {number}")
        for number, case in enumerate(CASES)
    ],
)


@each_case
def test_every_value_of_the_interval_gives_the_network_and_none_around_it(case: int) -> None:
    spec, unknown, budgets, others = CASES[case]
    solution = solution_of(case)
    found = network(solution)
    assert found.span.low is not None
    assert found.span.high is not None
    low, high = ends(found.span)
    expected = layers(solution.report)
    assert found.span.holds(found.value)
    assert not misses(solution.report, budgets)
    assert {name: getattr(solution.report.totals, name) for name in METRICS} == found.totals
    inside = [low + TINY, (low + high) / 2, high - TINY] if low != high else []
    inside += [end for end, closed in ((low, found.span.low_closed), (high, found.span.high_closed)) if closed]
    outside = [low - TINY, high + TINY]
    outside += [end for end, closed in ((low, found.span.low_closed), (high, found.span.high_closed)) if not closed]
    for value in inside:
        report = at(spec, **{unknown: value}, **others)
        assert report is not None
        assert layers(report) == expected
    for value in outside:
        report = at(spec, **{unknown: value}, **others)
        assert report is None or layers(report) != expected


@each_case
def test_no_greater_value_is_within_the_budget(case: int) -> None:
    spec, unknown, budgets, others = CASES[case]
    solution = solution_of(case)
    _, high = ends(network(solution).span)
    values = [high * Fraction(1000 + step**2, 1000) for step in range(40)]
    values += [high + TINY, 8 * high, 50 * high] if unknown != "depth" else [high + TINY]
    if not network(solution).span.high_closed:
        values.append(high)
    else:
        values.remove(high)
    for value in values:
        assert misses(at(spec, **{unknown: value}, **others), budgets), value


def test_the_next_network_above_misses_the_budget_and_begins_where_the_interval_ends() -> None:
    solution = solved("mobilenet_v2", "alpha", flops="150M")
    above = solution.above
    assert above is not None
    assert ends(above.span)[0] == ends(network(solution).span)[1]
    assert above.totals["flops"] == analyze("mobilenet_v2", alpha=above.value).totals.flops > 150_000_000


# -- MobileNetV1 by its paper's Table 1, without flopcalc ------------------------------------------------------------

_TABLE = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]


@functools.cache
def first_mobilenet(alpha: Fraction) -> tuple[int, int] | None:
    """Return weights and multiply-adds by Table 1 of arXiv:1704.04861, widths rounded half up."""

    def wide(channels: int) -> int:
        return math.floor(alpha * channels + Fraction(1, 2))

    before, side = wide(32), 112
    if before < 1:
        return None
    weights, madds = 27 * before, 27 * before * side**2
    for channels, stride in _TABLE:
        side //= stride
        after = wide(channels)
        for part in (9 * before, before * after):
            weights, madds = weights + part, madds + part * side**2
        before = after
    return weights + 1000 * before, madds + 1000 * before


@functools.cache
def first_mobilenets() -> list[tuple[Fraction, tuple[int, int]]]:
    """Return a multiplier of every network that is less than three times as wide, with its costs."""
    # every step of round(alpha·c), c a divisor of 1024, is at a multiple of 1/2048
    alphas = (Fraction(half, 2048) for half in range(1, 3 * 2048))
    return [(alpha, cost) for alpha in alphas if (cost := first_mobilenet(alpha)) is not None]


@settings(max_examples=6, deadline=None)
@given(st.integers(200_000, 1_500_000_000), st.booleans())
def test_random_budgets_are_met_as_by_trying_every_network_of_the_papers_table(budget: int, by_weights: bool) -> None:
    metric = "weights" if by_weights else "madds"
    budget = budget // 100 + 10_000 if by_weights else budget + 1_000_000
    within = [alpha for alpha, cost in first_mobilenets() if cost[0 if by_weights else 1] <= budget]
    best = max(within, default=None)
    solution = solved("mobilenet_v1", "alpha", **{metric: budget})
    if best is None:
        assert not solution.solved
        return
    found = network(solution)
    low, high = ends(found.span)
    assert found.span.low_closed
    assert not found.span.high_closed
    assert low <= best < high
    assert first_mobilenet(low) == first_mobilenet(high - TINY) == (found.totals["weights"], found.totals["madds"])
    assert first_mobilenet(high) != first_mobilenet(low)


def test_the_papers_half_of_mobilenet_is_what_149_and_a_half_millions_buy() -> None:
    found = network(solved("mobilenet_v1", "alpha", flops="149.5M"))  # Table 6 prints 149 million
    assert found.value == Fraction(1, 2)
    assert ends(found.span) == (Fraction(1023, 2048), Fraction(1025, 2048))
    assert found.totals["flops"] == 149_497_088


@functools.cache
def second_mobilenets() -> list[tuple[Fraction, int]]:
    """Return multipliers of all networks that are less than twice as wide, with their multiply-adds."""
    # make_divisible steps at (8k - 4)/c, and where nine tenths of alpha·c pass a multiple of 8
    widths = (16, 24, 32, 64, 96, 160, 320, 1280)
    steps = {Fraction(8 * k - 4, c) for c in widths for k in range(1, 2 * c // 8)}
    steps |= {Fraction(80 * k, 9 * c) for c in widths for k in range(1, 2 * c // 8)}
    values = sorted(steps | {a + (b - a) / 2 for a, b in itertools.pairwise(sorted(steps))})
    values = [value for value in values if value < 2]
    blocks = list(flopcalc.sweep("mobilenet_v2", {"alpha": values}, ["flops"]))
    costs = [int(cost) for block in blocks for cost in block.metrics["flops"]]
    return list(zip(values, costs, strict=True))


@settings(max_examples=5, deadline=None)
@given(st.integers(30_000_000, 1_000_000_000))
def test_random_budgets_of_widths_that_may_not_fall_a_tenth_are_met_exactly(budget: int) -> None:
    found = solved("mobilenet_v2", "alpha", flops=budget)
    within = [value for value, cost in second_mobilenets() if cost <= budget]
    if not within:
        assert not found.solved
    elif found.value is not None and found.value < Fraction(19, 10):
        assert network(found).span.holds(max(within))


# -- whole numbers and choices ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "unknown", "budget"),
    [
        ("mobilenet_v1", "resolution", {"flops": 150_000_000}),
        ("mobilenet_v2", "classes", {"params": 3_000_000}),
        ("separable_conv:C=32,H=56,W=56,O=64", "K", {"flops": 10_000_000}),
        ("densenet", "growth_rate", {"params": 5_000_000}),
        ("resnext_bottleneck:C=256,M=128,H=14,W=14", "g", {"params": 100_000}),
        ("resnext_bottleneck:C=256,M=128,H=14,W=14", "g", {"flops": 14_000_000}),  # fewer FLOPs the greater g is
    ],
)
def test_a_whole_number_is_the_greatest_of_those_that_can_be_built(
    spec: str, unknown: str, budget: dict[str, int]
) -> None:
    found = solved(spec, unknown, **budget)
    value = int(network(found).value)
    assert not misses(at(spec, **{unknown: value}), budget)
    for greater in (*range(value + 1, value + 40), 2 * value, 4 * value, 16 * value):
        assert misses(at(spec, **{unknown: greater}), budget)


@pytest.mark.parametrize(
    ("spec", "unknown", "budget"),
    [
        ("efficientnet", "depth", {"flops": 700_000_000}),
        ("efficientnet_v2", "depth", {"params": 25_000_000}),
        ("espnet", "q", {"flops": 5_000_000_000}),
        ("resnext", "cardinality", {"flops": 5_000_000_000}),
        ("bottleneck_stack:C=64,H=56,W=56,M=16", "n", {"flops": 300_000_000}),
    ],
)
def test_what_counts_repeats_or_groups_is_proven_by_its_formula(
    spec: str, unknown: str, budget: dict[str, int]
) -> None:
    found = solved(spec, unknown, **budget)
    assert not found.assumed
    assert found.proven_from is not None
    for times in (1, 2, 5):
        assert misses(at(spec, **{unknown: found.proven_from * times}), budget)


def test_whole_numbers_that_no_trace_can_follow_are_analysed_one_by_one() -> None:
    found = solved("regnet", "group_width", flops="190M")
    costs = {}
    for width in range(1, 40):
        report = at("regnet", group_width=width)
        if report is not None:
            costs[width] = report.totals.flops
    value = int(network(found).value)
    assert costs.get(value, 0) <= 190_000_000  # type: ignore[operator]
    assert all(cost > 190_000_000 for width, cost in costs.items() if width > value)  # type: ignore[operator]


def test_a_parameter_with_choices_takes_the_greatest_of_them() -> None:
    found = solved("resnet:width=1", "depth", flops="5G")
    assert network(found).value == 50
    assert found.above is not None
    assert found.above.value == 101


def test_a_multiplier_that_must_make_whole_widths_is_a_single_value() -> None:
    found = network(solved("inverted_residual:C=24,O=24,K=3,H=56,W=56", "t", flops="50M"))
    budget = 50_000_000
    fits = [Fraction(k, 24) for k in range(1, 600) if _expanded(Fraction(k, 24)) <= budget]
    assert found.value == max(fits)
    assert found.span.single


def _expanded(t: Fraction) -> int:
    """Return Sandler et al.'s hwd'·t(d' + k² + d'') for 24 channels on 56×56."""
    return int(56 * 56 * 24 * t * (24 + 9 + 24))


# -- ways of several parameters --------------------------------------------------------------------------------------


def test_parameters_grow_together_in_proportion() -> None:
    found = solve("mobilenet_v1", along="alpha,rho", flops="150M")
    assert isinstance(found, Solution)
    low, high = ends(network(found).span)
    expected = layers(found.report)
    for value in (low, high - TINY):
        assert layers(analyze("mobilenet_v1", alpha=value, rho=value)) == expected
    for value in (low - TINY, high):
        assert layers(analyze("mobilenet_v1", alpha=value, rho=value)) != expected
    for step in range(1, 30):
        value = high + Fraction(step, 200)
        assert analyze("mobilenet_v1", alpha=value, rho=value).totals.flops > 150_000_000
    same = solve("mobilenet_v1", along="alpha=t,rho=t", flops="150M")
    assert isinstance(same, Solution)
    assert ends(network(same).span) == (low, high)


def test_logarithms_are_compared_exactly() -> None:
    assert End(Fraction(4), Fraction(2)) == End(Fraction(2))
    assert End(Fraction(9), Fraction(3)) == End(Fraction(4), Fraction(2))
    assert End(Fraction(5), Fraction(2)) > End(Fraction(2))
    assert End(Fraction(10**20 + 1, 10**20), Fraction(2)) > End(Fraction(0))


billion = pytest.mark.xdist_group("a billion")


@functools.cache
def of_a_billion() -> Solution:
    """Return the EfficientNet of a billion multiply-adds, which is searched for once."""
    return solved("efficientnet", "phi", flops="1G")


@billion
def test_a_parameter_that_others_follow_by_powers_has_logarithms_for_ends() -> None:
    found = network(of_a_billion())
    low, high = found.span.low, found.span.high
    assert low is not None
    assert high is not None
    assert (low.base, high.base) == (Fraction(11, 10), Fraction(11, 10))
    floor, ceiling = (Fraction(math.floor(end.near * 10**5), 10**5) for end in (low, high))
    step = Fraction(1, 10**5)
    inside = [layers(analyze("efficientnet", phi=value)) for value in (floor + step, found.value, ceiling)]
    assert inside[0] == inside[1] == inside[2]
    for value in (floor, ceiling + step):
        assert layers(analyze("efficientnet", phi=value)) != inside[0]
    assert analyze("efficientnet", phi=ceiling + step).totals.flops > 10**9  # type: ignore[operator]


@billion
@pytest.mark.parametrize(
    "way",
    [
        "width=1.1^phi,depth=1.2^phi,resolution=round(224*1.15^phi)",
        "width=1.1**phi,depth=1.2**phi",  # the resolution follows by its default
        "phi=t",
    ],
)
def test_a_ray_of_powers_is_the_parameter_that_they_follow(way: str) -> None:
    along = solve("efficientnet", along=way, flops="1G")
    assert isinstance(along, Solution)
    alone = of_a_billion()
    assert along.value == alone.value
    assert along.interval == alone.interval
    assert network(along).totals == network(alone).totals


def test_a_value_with_a_fine_denominator_is_analysed_at_once() -> None:
    fine = analyze("efficientnet", phi=Fraction(103 * 10**6, 10**8 - 11))
    assert layers(fine) == layers(analyze("efficientnet", phi="1.03"))


@billion
def test_a_power_of_a_multiple_is_a_power_of_the_unknown() -> None:
    half = solve("efficientnet", along="phi=2*t", flops="1G")
    assert isinstance(half, Solution)
    alone = network(of_a_billion())
    assert network(half).totals == alone.totals
    assert alone.span.low is not None
    assert half.interval is not None
    assert half.interval.low == End(alone.span.low.ratio, Fraction(121, 100))
    one = solve("mobilenet_v1", along="alpha=2**(2*t+1)", flops="150M")
    other = solved("mobilenet_v1", "alpha", flops="150M")
    assert isinstance(one, Solution)
    assert network(one).totals == network(other).totals


def test_two_powers_that_step_at_one_place_are_exact_there() -> None:
    # alpha and rho are 3/2 and 9/4 where t is log(3/2)/log(2), though 4^t is taken there by logarithms
    course = Course(base=Fraction(4), rounding="floor", whole=True)
    for base in (2, 3, 5, 7):
        end = End(Fraction(10), Fraction(base))
        assert replace(course, base=Fraction(base) ** 2).at_end(end) == 100
        assert replace(course, base=Fraction(base) ** 3).at_end(end) == 1000
    assert course.at(Fraction(1, 2)) == 2
    assert course.at(Fraction(7, 2)) == 128
    assert course.meets(Fraction(8)) == End(Fraction(3, 2))


def test_slow_and_fast_powers_are_followed() -> None:
    alone = network(solved("mobilenet_v1", "alpha", flops="10G"))
    for base in ("1.01", "1000000"):
        found = solve("mobilenet_v1", along=f"alpha={base}**t", flops="10G")
        assert isinstance(found, Solution)
        assert network(found).totals == alone.totals
    with pytest.raises(UndecidedError, match="cannot be written exactly"):
        solve("mobilenet_v1", along="alpha=1.0001**t", flops="10G")


def test_a_whole_parameter_may_move_others_evenly() -> None:
    found = solve("mobilenet_v1", along="alpha=resolution/224", flops="100M")
    assert isinstance(found, Solution)
    best = max(
        side
        for side in range(2, 224)
        if (report := at("mobilenet_v1", resolution=side, alpha=Fraction(side, 224))) is not None
        and report.totals.flops <= 10**8  # type: ignore[operator]
    )
    assert network(found).value == best
    assert found.report.parameters["alpha"] == Fraction(best, 224)


# -- formulas --------------------------------------------------------------------------------------------------------


def test_a_budget_in_symbols_has_a_closed_form_that_is_proved() -> None:
    found = solve("separable_conv", "O", flops="B")
    assert isinstance(found, Formula)
    assert found.proved
    assert str(found.value) == "B/(C*H*W) - K**2"


def test_a_network_in_symbols_is_solved_in_the_textbooks_reading() -> None:
    found = solve("mobilenet_v1", "alpha", flops="150M", symbolic="rho")
    assert isinstance(found, Formula)
    assert found.proved
    value = complex(found.value.subs(dict.fromkeys(found.value.free_symbols, 1)))  # type: ignore[union-attr]
    assert value.imag == 0
    # 539492352·a² + 29248000·a = 150000000, Table 1 with alpha free
    assert abs(539492352 * value.real**2 + 29248000 * value.real - 150e6) < 1


# -- budgets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("150M", 150_000_000),
        ("1.5G", 1_500_000_000),
        ("3k", 3000),
        (" 0.3 M ", 300_000),
        ("149,497,088", 149_497_088),
        ("1_000", 1000),
        ("<= 2M", 2_000_000),
        ("3*10**6", 3_000_000),
        (12, 12),
    ],
)
def test_a_budget_is_read_exactly(text: object, value: int) -> None:
    assert read_budget("flops", text).value == value


@pytest.mark.parametrize("text", ["", "15Q", "< 5M", "-3", "= 4M", "1,5", "true", "[1]", "nan", float("inf")])
def test_what_is_no_budget_is_refused(text: object) -> None:
    with pytest.raises(ParameterError, match="flops"):
        read_budget("flops", text)


@pytest.mark.parametrize(("text", "hint"), [("150m", "150M"), ("1.5 GFLOPs", "1.5G"), ("3K", None), ("2 mult", "2M")])
def test_a_unit_that_is_not_known_is_named_with_the_one_that_is_meant(text: str, hint: str | None) -> None:
    if hint is None:
        assert read_budget("flops", text).value == 3000
        return
    with pytest.raises(ParameterError) as caught:
        read_budget("flops", text)
    assert caught.value.problems[0].hint == hint


def test_all_budgets_must_hold_and_one_may_be_from_below() -> None:
    both = solved("mobilenet_v1", "alpha", flops="400M", params="2M")
    assert network(both).totals["params"] <= 2_000_000
    alone = solved("mobilenet_v1", "alpha", params="2M")
    assert network(alone).span == network(both).span
    assert solved("mobilenet_v1", "alpha", flops="400M", params=">= 2M").solved
    assert not solved("mobilenet_v1", "alpha", flops="150M", params=">= 4M").solved


def test_budgets_from_below_alone_ask_for_the_least_value() -> None:
    least = solved("mobilenet_v2", "alpha", flops=">= 150M")
    assert least.goal == "least"
    low, high = ends(network(least).span)
    # what is reached begins where the greatest within it ends
    assert low == ends(network(solved("mobilenet_v2", "alpha", flops="149999999")).span)[1]
    expected = layers(least.report)
    for value in (low, high - TINY):
        assert layers(analyze("mobilenet_v2", alpha=value)) == expected
    for value in (low - TINY, high):
        assert layers(analyze("mobilenet_v2", alpha=value)) != expected
    for step in range(1, 150):
        assert analyze("mobilenet_v2", alpha=low * Fraction(step, 150)).totals.flops < 150_000_000  # type: ignore[operator]
    assert least.below is not None
    assert least.below.totals["flops"] < 150_000_000 <= network(least).totals["flops"]
    assert network(solved("mobilenet_v1", "resolution", flops=">= 300M")).value == next(
        side
        for side in range(2, 400)
        if analyze("mobilenet_v1", resolution=side).totals.flops >= 300_000_000  # type: ignore[operator]
    )
    assert network(solved("resnet", "depth", flops=">= 5G")).value == 101
    assert not solved("resnet", "depth", flops=">= 50G").solved
    assert network(solved("mobilenet_v1", "classes", madds=">= 1M")).value == 1


@pytest.mark.parametrize(
    ("spec", "unknown", "budgets", "parameters"),
    [
        ("bottleneck_stack", "n", {"activations": ">= 5000"}, {"C": 8, "M": 2, "H": 4, "W": 3}),
        ("bottleneck_stack", "M", {"mac": ">= 5001", "params": ">= 40"}, {"C": 8, "n": 3, "H": 4, "W": 3}),
        ("separable_conv", "O", {"flops": ">= 12345"}, {"C": 3, "K": 3, "H": 4, "W": 5}),
        ("mobilenet_v1", "alpha", {"flops": ">= 70M"}, {"shallow": True}),
        ("mobilenet_v1", "alpha", {"params": ">= 300k", "mac": ">= 5M"}, {"shallow": True, "rho": "1/2"}),
        ("mobilenet_v1", "alpha", {"activations": ">= 1"}, {"resolution": 32}),
        ("efficientnet", "depth", {"flops": ">= 50M"}, {"resolution": 64}),
        ("resnet", "width", {"params": ">= 20M"}, {"resolution": 32}),
    ],
)
def test_what_is_proved_to_grow_is_solved_as_by_counting_every_lower_network(
    spec: str,
    unknown: str,
    budgets: dict[str, str],
    parameters: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quick = solved(spec, unknown, **budgets, parameters=parameters)
    assert quick.rises
    monkeypatch.setattr(search, "_crossing", lambda *arguments: None)
    full = solved(spec, unknown, **budgets, parameters=parameters)
    assert not full.rises
    assert quick.networks <= full.networks
    assert quick.network == full.network
    assert quick.below == full.below
    assert layers(quick.report) == layers(full.report)


def test_a_cost_that_may_fall_has_every_lower_network_counted() -> None:
    assert not solved("mobilenet_v2", "alpha", flops=">= 150M").rises


def test_few_networks_of_a_long_stack_are_built(monkeypatch: pytest.MonkeyPatch) -> None:
    built = []

    def building(setting: Any, row: Any) -> Any:
        built.append(row)
        return built_at(setting, row)

    monkeypatch.setattr(cells, "built_at", building)
    for budget in (">= 105600", "105600"):
        found = solved("bottleneck_stack", "n", activations=budget, C=32, M=8, H=4, W=2)
        assert network(found).value == 275
        assert len(built) < 60
        built.clear()


def test_what_makes_no_network_is_built_to_its_first_fault_alone() -> None:
    """No K above N makes a network, and each of those branches has the same fault."""
    setting, _ = flopcalc.solving.setting_of("esp_module", "paper", None, {"M": 8, "N": 8, "n": 3, "H": 4, "W": 4})
    for count in (9, 40_000):
        with pytest.raises(FlopcalcError) as caught:
            counted(setting, {"K": count})
        assert len(caught.value.problems) == 1
    assert counted(setting, {"K": 4}) == analysed(setting, {"K": 4})


def test_one_metric_may_be_bounded_from_both_sides() -> None:
    found = solved("mobilenet_v1", "alpha", flops=[">= 199.5M", "200M"])
    assert 199_500_000 <= network(found).totals["flops"] <= 200_000_000
    assert network(found).span == network(solved("mobilenet_v1", "alpha", flops="200M")).span
    assert not solved("mobilenet_v1", "alpha", flops=[">= 199.9M", "200M"]).solved


def test_a_budget_that_every_value_misses_names_the_least() -> None:
    found = solved("mobilenet_v1", "alpha", flops="1k")
    assert not found.solved
    assert found.least is not None
    assert found.least.totals["flops"] == analyze("mobilenet_v1", alpha="1/64").totals.flops


# -- fronts and compound scaling -------------------------------------------------------------------------------------


def test_a_front_is_what_no_other_configuration_betters() -> None:
    alphas = [Fraction(step, 20) for step in range(5, 29)]
    rhos = [Fraction(side, 7) for side in (3, 4, 5, 6, 7)]
    found = front("mobilenet_v1", {"alpha": alphas, "rho": rhos}, "params,mac", flops="150M")
    assert isinstance(found, Front)
    rows = []
    for alpha, rho in itertools.product(alphas, rhos):
        totals = analyze("mobilenet_v1", alpha=alpha, rho=rho).totals
        if totals.flops <= 150_000_000:  # type: ignore[operator]
            rows.append(((alpha, rho), (-totals.flops, totals.params, totals.mac)))
    best = {
        key
        for key, cost in rows
        if not any(other != cost and all(a <= b for a, b in zip(other, cost, strict=True)) for _, other in rows)  # type: ignore[operator]
    }
    assert {tuple(Fraction(value) for value in choice.parameters.values()) for choice in found.choices} == best  # type: ignore[arg-type]
    assert found.within == len(rows)


def test_a_parameter_without_values_takes_every_network_up_to_its_default() -> None:
    found = front("mobilenet_v2", ["alpha"], "params", flops="100M")
    assert found.choices
    best = solved("mobilenet_v2", "alpha", flops="100M")
    assert max(choice.totals["flops"] for choice in found.choices) >= network(best).totals["flops"]
    with pytest.raises(ParameterError, match="whole number without a range"):
        front("mobilenet_v2", ["resolution"], "params", flops="100M")


def test_compound_scaling_has_the_papers_coefficients_among_those_of_its_grid() -> None:
    found = compound("efficientnet")
    assert isinstance(found, Compound)
    (own,) = (row for row in found.rows if row.own)  # section 3.3: α = 1.2, β = 1.1, γ = 1.15
    assert own.coefficients == (Fraction(6, 5), Fraction(11, 10), Fraction(23, 20))
    assert own.product == Fraction(192027, 100000)
    for row in found.rows:
        depth, width, resolution = row.coefficients
        assert min(row.coefficients) >= 1
        assert all(value * 20 % 1 == 0 for value in row.coefficients)
        assert row.product == depth * width**2 * resolution**2
        assert abs(row.product - 2) <= Fraction(1, 10)
    count = sum(
        abs(Fraction(a, 20) * Fraction(b, 20) ** 2 * Fraction(c, 20) ** 2 - 2) <= Fraction(1, 10)
        for a in range(20, 43)
        for b in range(20, 30)
        for c in range(20, 30)
    )
    assert len(found.rows) == count
    for row in found.rows[::20]:
        depth, width, resolution = row.coefficients
        side = math.floor(224 * resolution + Fraction(1, 2))
        report = analyze("efficientnet", depth=depth, width=width, resolution=side)
        assert row.totals["flops"] == report.totals.flops
        assert row.ratio == Fraction(report.totals.flops, analyze("efficientnet").totals.flops)  # type: ignore[arg-type]


# -- wrong questions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"for_": "alpha"}, "no budget"),
        ({"flops": "1M"}, "not said what is solved for"),
        ({"for_": "alhpa", "flops": "1M"}, "no parameter `alhpa`"),
        ({"for_": "alpha", "flops": "1M", "alpha": 1}, "given a value and solved for"),
        ({"for_": "alpha,rho", "flops": "1M"}, "more than one parameter"),
        ({"for_": "separable", "flops": "1M"}, "true or false"),
        ({"for_": "alpha", "along": "rho", "flops": "1M"}, "both a parameter and a way"),
        ({"along": "alpha=t,rho=u", "flops": "1M"}, "t, u in it"),
        ({"along": "alpha=1-t", "flops": "1M"}, "cannot be followed"),
        ({"along": "alpha=t,resolution=224*t", "flops": "1M"}, "whole number"),
        ({"for_": "rho", "params": ">= 1G"}, "none depends on rho"),
        ({"for_": "rho", "params": "1G"}, "none depends on rho"),
        ({"along": "alpha,rho", "flops": "B"}, "needs numbers"),
        ({"along": "", "flops": "1M"}, "no parameter is named"),
        ({"along": "alpha,alpha", "flops": "1M"}, "named twice"),
        ({"along": "alpha=t,separable=t", "flops": "1M"}, "true or false"),
        ({"for_": "rho", "flops": "1M", "input": [3, 160, 160]}, "none depends on rho"),
        ({"for_": "rho", "flops": ">= 1G", "input": [3, 160, 160]}, "none depends on rho"),
    ],
)
def test_a_wrong_question_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        solve("mobilenet_v1", **options)


@pytest.mark.parametrize(
    ("parameters", "layers", "budget"),
    [
        ("{n: , C: 8, s: {default: true}}", "[{conv: {out: C, kernel: 3, bias: true}, repeat: n, shared: s}]", "600"),
        ("{n: , C: 8}", "[{conv: {out: C, kernel: 3}}, {relu: {}, repeat: n}]", "600"),
        ("{n: , C: 8}", "[{conv: {out: C, kernel: 3}}, {relu: {}, repeat: n}]", "500"),
        ("{n: , C: 8}", "[{conv: {out: C, kernel: 3}}, {relu: {}, repeat: n}]", ">= 600"),
        ("{n: {max: 200000, default: 2}, C: 8}", "[{relu: {}, repeat: n}]", "600"),
    ],
)
def test_a_count_of_turns_that_a_metric_does_not_depend_on_is_named_before_long_stacks_are_built(
    parameters: str, layers: str, budget: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "MOST_LAYERS", 500)
    spec = tmp_path / "turns.yaml"
    spec.write_text(f"parameters: {parameters}\ninput: [C, 4, 4]\nlayers: {layers}\n")
    with pytest.raises(ParameterError, match="params: none depends on n"):
        solve(str(spec), "n", params=budget)


def test_a_search_that_builds_too_many_layers_stops_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "MOST_LAYERS", 500)
    spec = tmp_path / "turns.yaml"
    spec.write_text(
        "parameters: {n: }\ninput: [8, 4, 4]\nlayers: [{conv: {out: 'min(n, 5)', kernel: 1}}, {relu: {}, repeat: n}]\n"
    )
    with pytest.raises(UndecidedError, match="more than 500 layers would have to be built"):
        solve(str(spec), "n", params="600")


def test_an_equation_without_a_closed_form_is_undecided() -> None:
    with pytest.raises(UndecidedError, match="degree 5"):
        solve("separable_conv", "K", params="B", C="K**3")


def test_a_budget_is_held_by_costs_that_are_not_whole(tmp_path: Path) -> None:
    convention = tmp_path / "thirds.yaml"
    convention.write_text("name: thirds\nflops: {conv: madds / 3}\n")
    options: dict[str, Any] = {"O": 1, "K": 1, "H": 5, "W": 1, "convention": str(convention)}
    for budget, most in (("11", 6), ("35/3", 7), ("11.666", 6), ("10", 6)):  # 5·C/3 FLOPs
        found = network(solved("conv", "C", flops=budget, **options))
        assert (found.value, found.totals["flops"]) == (most, Fraction(5 * most, 3))
