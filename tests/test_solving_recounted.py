"""An answer of `solve` is given only where plain networks are what it says; and it is that of trying all values."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from flopcalc import analyze
from flopcalc.errors import FlopcalcError, ParameterError, UndecidedError
from flopcalc.report import METRICS
from flopcalc.solving import Formula, Front, Solution, front, setting_of, solve
from flopcalc.solving.fronts import goals_of
from flopcalc.solving.path import End
from flopcalc.solving.recounting import formula_recounted, front_recounted, recounted
from flopcalc.solving.result import Found
from flopcalc.sweeps.axes import read_axis

CASES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("mobilenet_v1", "alpha", {"flops": "150M"}, {"resolution": 96}),
    ("mobilenet_v2", "alpha", {"flops": ">= 30M"}, {"resolution": 96}),
    ("efficientnet", "phi", {"flops": "700M"}, {}),
    ("separable_conv", "O", {"mac": "5000"}, {"C": 8, "K": 3, "H": 5, "W": 7}),
    ("bottleneck_stack", "n", {"flops": ">= 99999"}, {"C": 8, "M": 3, "H": 5, "W": 7}),
]


def solved(case: tuple[str, str, dict[str, Any], dict[str, Any]]) -> tuple[Solution, Any]:
    spec, unknown, budgets, parameters = case
    found = solve(spec, unknown, **budgets, parameters=parameters)
    assert isinstance(found, Solution)
    return found, setting_of(spec, "paper", None, parameters)[0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def test_an_answer_is_recounted_at_ten_values_at_least(case: tuple[str, str, dict[str, Any], dict[str, Any]]) -> None:
    found, setting = solved(case)
    assert 10 <= found.recounted <= 100
    assert recounted(found, setting) == found


def dearer(found: Found) -> Found:
    return replace(found, totals={name: value + 1 for name, value in found.totals.items()})


def wider(found: Found) -> Found:
    assert found.span.high is not None
    return replace(found, span=replace(found.span, high=End(found.span.high.near * Fraction(1001, 1000))))


def lower(found: Found) -> Found:
    assert found.span.low is not None
    return replace(found, span=replace(found.span, low=End(found.span.low.near * Fraction(999, 1000))))


def narrower(found: Found) -> Found:
    """The interval ends too soon: what is next to it is the same network."""
    span = found.span
    assert span.low is not None
    assert span.high is not None
    middle = (span.low.near + 2 * span.high.near) / 3
    return replace(found, span=replace(span, high=End(middle), high_closed=False), value=(span.low.near + middle) / 2)


@pytest.mark.parametrize("case", CASES[:3], ids=lambda case: f"{case[0]}-{case[1]}")
@pytest.mark.parametrize("change", [dearer, wider, lower, narrower])
def test_a_false_network_or_interval_is_no_answer(
    case: tuple[str, str, dict[str, Any], dict[str, Any]], change: Callable[[Found], Found]
) -> None:
    found, setting = solved(case)
    assert found.network is not None
    with pytest.raises(UndecidedError, match="the solver is at fault"):
        recounted(replace(found, network=change(found.network)), setting)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def test_an_answer_that_is_not_the_last_is_none(case: tuple[str, str, dict[str, Any], dict[str, Any]]) -> None:
    """The budget of another question: what is beyond the answer keeps to it as well."""
    found, setting = solved(case)
    easier = [
        replace(item, value=item.value * 2 if item.relation == "<=" else item.value / 2) for item in found.budgets
    ]
    with pytest.raises(UndecidedError, match=r"at \w+ [=≈] [\d.]+ the layers add up to"):
        recounted(replace(found, budgets=tuple(easier), above=None, below=None), setting)
    assert found.network is not None
    with pytest.raises(UndecidedError, match="a budget missed, as everywhere"):
        recounted(
            replace(found, budgets=tuple(easier), network=None, least=found.network, above=None, below=None), setting
        )


def test_an_assumption_that_may_not_hold_is_said() -> None:
    found, setting = solved(CASES[0])
    easier = tuple(replace(item, value=item.value * 2) for item in found.budgets)
    wrong = replace(found, budgets=easier, above=None, assumed="every network above alpha = 2 misses the budget")
    with pytest.raises(UndecidedError, match="or what was assumed, that every network above alpha = 2 misses"):
        recounted(wrong, setting)


def test_choices_are_recounted_one_by_one() -> None:
    found = solve("resnet", "depth", flops="5G")
    assert isinstance(found, Solution)
    assert found.recounted == 5


def test_a_front_with_a_false_point_or_a_gap_is_no_answer() -> None:
    grid = {"alpha": "0.25:1:0.05", "rho": "3/7,4/7,5/7,6/7,1"}
    found = front("mobilenet_v1", grid, "params", flops="150M")
    assert isinstance(found, Front)
    assert found.recounted >= 10
    setting, _ = setting_of("mobilenet_v1", "paper", None, {})
    axes = {name: read_axis(text) for name, text in grid.items()}
    keys = goals_of("params", found.budgets)
    assert front_recounted(found, setting, axes, keys) == found
    false = replace(found.choices[0], totals={**found.choices[0].totals, "mac": 1})
    with pytest.raises(UndecidedError, match="the solver is at fault"):
        front_recounted(replace(found, choices=(false, *found.choices[1:])), setting, axes, keys)
    with pytest.raises(UndecidedError, match="no configuration of the front is as good"):
        front_recounted(replace(found, choices=found.choices[-1:]), setting, axes, keys)


@pytest.mark.parametrize(
    ("spec", "unknown", "budget", "symbolic"),
    [
        ("separable_conv", "O", {"flops": "B"}, ()),
        ("resnet_bottleneck", "M", {"flops": "B"}, ()),
        ("conv", "O", {"mac": "5000"}, ()),
        ("mobilenet_v1", "alpha", {"params": "P"}, ("rho",)),
    ],
)
def test_a_false_formula_is_no_answer(
    spec: str, unknown: str, budget: dict[str, Any], symbolic: tuple[str, ...]
) -> None:
    found = solve(spec, unknown, **budget, symbolic=symbolic)
    assert isinstance(found, Formula)
    assert found.recounted >= 10
    setting, _ = setting_of(spec, "paper", None, {})
    freed = [*symbolic, *([] if spec != "mobilenet_v1" else [unknown])]
    assert formula_recounted(found, setting, freed, ()) == found
    for wrong in (2 * found.value, -found.value, found.value + 1):
        with pytest.raises(UndecidedError, match=r"the solver is at fault: at .* the formula says"):
            formula_recounted(replace(found, value=wrong, where=()), setting, freed, ())


# -- every block against trying all values ---------------------------------------------------------------------------

BLOCKS = {
    "conv": "COKHW",
    "group_conv": "COKgHW",
    "inverted_residual": "COKHWt",
    "resnext_bottleneck": "CMgHW",
    "shufflenet_v1_unit": "CMgHW",
    "separable_conv": "COKHW",
    "bottleneck_stack": "CMnHW",
    "esp_module": "MNKnHW",
}
POOLS = {"K": [1, 2, 3, 5], "g": [1, 2, 3, 4], "n": [1, 3, 5], "t": [1, 2, 3, 6]}


def totals_at(name: str, values: dict[str, int]) -> dict[str, int] | None:
    try:
        totals = analyze(name, **values).totals
    except FlopcalcError:
        return None
    return {metric: int(getattr(totals, metric)) for metric in METRICS}


def asked(draw: random.Random, reference: dict[str, int]) -> list[tuple[str, str, int]]:
    """Draw budgets of one kind, which a network just keeps to, or just misses."""
    one, other = draw.sample(METRICS, 2)
    near = {name: max(reference[name] + draw.choice([0, 0, 1, -1, reference[name] // 50]), 1) for name in (one, other)}
    kinds = [
        [(one, "<=", near[one])],
        [(one, ">=", near[one])],
        [(one, ">=", near[one] * 9 // 10), (one, "<=", near[one] * 11 // 10)],
        [(one, ">=", near[one]), (one, "<=", near[one])],  # exactly so much
        [(one, "<=", near[one]), (other, "<=", near[other])],
        [(one, ">=", near[one]), (other, ">=", near[other])],
        [(one, "<=", near[one]), (other, ">=", near[other] // 2)],
    ]
    return draw.choice(kinds)


@pytest.mark.parametrize("seed", range(8))
def test_an_answer_is_that_of_trying_all_values(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(6):
        name = draw.choice([*BLOCKS])
        values = {key: draw.choice(POOLS.get(key, [1, 2, 3, 4, 6, 8, 12, 16])) for key in BLOCKS[name]}
        unknown = draw.choice(BLOCKS[name].replace("t", ""))
        del values[unknown]
        built = {n: found for n in range(1, 60) if (found := totals_at(name, {**values, unknown: n})) is not None}
        if len(built) < 3:
            continue
        budgets = asked(draw, built[draw.choice([*built][: len(built) * 2 // 3])])
        given: dict[str, list[str]] = {}
        for metric, relation, value in budgets:
            given.setdefault(metric, []).append(f"{relation} {value}")
        case = (name, unknown, values, given)
        met = [
            n
            for n, totals in built.items()
            if all((totals[m] <= value) if relation == "<=" else (totals[m] >= value) for m, relation, value in budgets)
        ]
        try:
            found = solve(name, unknown, **given, parameters=values)  # type: ignore[arg-type]
        except ParameterError:
            continue  # nothing depends on it, or no value is the greatest
        assert isinstance(found, Solution)
        if found.network is None:
            assert not met, case
            continue
        value = found.network.value
        assert value not in built or value in met, case
        if found.goal == "least":
            assert not [n for n in met if n < value], case
        else:
            assert not [n for n in met if n > value], case
