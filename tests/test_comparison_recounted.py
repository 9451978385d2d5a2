"""Equal budgets are given only where both sides, built in plain numbers, differ by what is said."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from flopcalc import compare
from flopcalc.comparison import Balanced, Comparison, Side
from flopcalc.comparison.plan import Plan, plans_of
from flopcalc.comparison.recounting import recounted
from flopcalc.errors import UndecidedError

CASES: list[tuple[str, str, str, str]] = [
    ("resnet_bottleneck:C=256,M=64", "resnext_bottleneck:C=256,g=32", "weights", "M"),
    ("pointwise_conv:C=128,O=128", "pointwise_conv:C=c,O=c,g=2", "flops", "c"),
    ("conv:C=4,O=10,K=3,H=1,W=1", "inverted_residual:C=4,O=1,K=3,H=1,W=1", "activations", "t"),
    ("resnet_bottleneck:C=4*c,M=c", "shufflenet_v1_unit", "flops", "M"),
    ("pointwise_conv", "separable_conv:K=3", "params", "O"),
]


def made(case: tuple[str, str, str, str]) -> tuple[Comparison, list[Plan]]:
    first, second, metric, vary = case
    return compare(first, second, equal=metric, vary=vary), plans_of([first, second], {}, (), {}, (), vary)


def with_balanced(side: Side, **changes: Any) -> Side:
    assert side.balanced is not None
    return replace(side, balanced=replace(side.balanced, **changes))


def of(side: Side) -> Balanced:
    assert side.balanced is not None
    return side.balanced


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[1]}-{case[3]}")
def test_equal_budgets_are_recounted(case: tuple[str, str, str, str]) -> None:
    result, (first, plan) = made(case)
    lead, side = result.entries
    assert of(side).recounted >= 10
    assert recounted(first, lead, plan, side, case[2], {}) == side


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[1]}-{case[3]}")
def test_a_false_miss_is_no_answer(case: tuple[str, str, str, str]) -> None:
    result, (first, plan) = made(case)
    lead, side = result.entries
    with pytest.raises(UndecidedError, match=r"the solver is at fault: at .* the layers miss the budget by"):
        recounted(first, lead, plan, with_balanced(side, miss=of(side).miss + 1), case[2], {})


@pytest.mark.parametrize("case", CASES[3:], ids=lambda case: f"{case[1]}-{case[3]}")
def test_a_false_formula_is_no_answer(case: tuple[str, str, str, str]) -> None:
    result, (first, plan) = made(case)
    lead, side = result.entries
    with pytest.raises(UndecidedError, match="the solver is at fault"):
        recounted(first, lead, plan, with_balanced(side, value=of(side).value * 2), case[2], {})


def test_a_value_that_is_not_the_nearest_is_no_answer() -> None:
    result, (first, plan) = made(CASES[2])
    lead, side = result.entries
    wrong = with_balanced(side, value=1, miss=-5)  # as the block without its expansion
    with pytest.raises(UndecidedError, match=r"t = \S+ misses the budget by \S+, which is less"):
        recounted(first, lead, plan, wrong, "activations", {})
    result, (first, plan) = made(CASES[0])
    lead, side = result.entries
    wrong = with_balanced(side, value=Fraction(96), miss=-17888)
    with pytest.raises(UndecidedError, match="M = 128 misses the budget by 512, which is less"):
        recounted(first, lead, plan, wrong, "weights", {})
