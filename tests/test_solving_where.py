"""Conditions of an answer: read as a sweep reads them, met by every answer, and refused where nothing proves them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from flopcalc import FlopcalcError, analyze, solve
from flopcalc.errors import UndecidedError
from flopcalc.number import is_rational
from flopcalc.solving import Solution, front

NAME = "mobilenet_v1"


def solved(spec: str, unknown: str | None, where: object, **options: object) -> Solution:
    result = solve(spec, unknown, where=where, **options)  # type: ignore[arg-type]
    assert isinstance(result, Solution)
    return result


def costs(value: Fraction, **others: object) -> dict[str, int]:
    totals = analyze(NAME, alpha=value, **others).totals
    assert is_rational(totals.flops)
    assert is_rational(totals.params)
    return {"flops": int(totals.flops), "params": int(totals.params)}


def grid(meets: Callable[[Fraction, int, int], bool], most: int) -> list[Fraction]:
    """Return the values of alpha in hundredths whose network meets a condition, by analyses alone."""
    tried = (Fraction(number, 100) for number in range(20, most))
    return [value for value in tried if meets(value, *costs(value, resolution=32).values())]


@pytest.mark.parametrize(
    ("where", "other"),
    [
        ("params <= 2M", {"params": "2M"}),
        ("params < 2M and 10M <= flops", {"params": 1_999_999, "flops": ["150M", ">= 10M"]}),
        (["2M > params", "mac <= 5M"], {"params": 1_999_999, "mac": "5M"}),
        ("params <= 2MB", {"params": "2MB"}),
        ("params <= 2000*classes", {"params": "2M"}),
    ],
)
def test_a_bound_of_one_metric_is_a_budget(where: object, other: dict[str, object]) -> None:
    budgets = {"flops": "150M", **other}
    assert solved(NAME, "alpha", where, flops="150M").network == solved(NAME, "alpha", (), **budgets).network
    if where == "params <= 2M":
        assert solved(NAME, "alpha", where).network == solved(NAME, "alpha", (), params="2M").network


@pytest.mark.parametrize(
    ("where", "high", "closed"),
    [
        ("alpha <= 0.4", Fraction(2, 5), True),
        ("alpha < 2/5", Fraction(2, 5), False),
        ("0.2 < alpha < 0.4", Fraction(2, 5), False),
    ],
)
def test_a_bound_of_what_is_solved_for_cuts_the_interval(where: str, high: Fraction, closed: bool) -> None:
    result = solved(NAME, "alpha", where, flops="150M")
    assert result.interval is not None
    assert result.interval.high is not None
    assert (result.interval.high.ratio, result.interval.high_closed) == (high, closed)
    assert result.interval.holds(Fraction(result.value or 0))
    assert result.above is None


def test_a_bound_from_below_above_all_that_keep_the_budget_leaves_no_answer() -> None:
    result = solved(NAME, "alpha", "alpha >= 0.6", flops="150M")
    assert result.network is None
    assert result.least is not None
    assert result.least.value >= Fraction(3, 5)


def test_the_least_is_looked_for_above_a_bound_and_below_one() -> None:
    above = solved(NAME, "alpha", "alpha > 0.75", flops=">= 150M")
    assert above.interval is not None
    assert above.interval.low is not None
    assert (above.interval.low.ratio, above.interval.low_closed) == (Fraction(3, 4), False)
    anywhere = solved(NAME, "alpha", (), flops=">= 150M")
    assert solved(NAME, "alpha", "alpha < 0.75", flops=">= 150M").value == anywhere.value
    assert solved(NAME, "alpha", "alpha < 0.25", flops=">= 150M").network is None


@pytest.mark.parametrize("divisor", [2, 3, 5, 7])
def test_any_condition_is_asked_of_every_network(divisor: int) -> None:
    """The answer meets it, and of the values in hundredths none that meets it is greater, or lesser for the least."""

    def meets(value: Fraction, flops: int, params: int) -> bool:
        return flops <= 4_000_000 and (params % divisor == 0 or flops < 3 * params)

    text = f"params % {divisor} == 0 or flops < 3*params"
    result = solved(NAME, "alpha", text, flops="4M", resolution=32)
    assert result.network is not None
    assert result.value is not None
    assert meets(result.value, *costs(result.value, resolution=32).values())
    assert max(grid(meets, 130), default=Fraction(0)) <= max(result.value, result.interval.high.near)  # type: ignore[union-attr]

    def reaches(value: Fraction, flops: int, params: int) -> bool:
        return flops >= 2_000_000 and params % divisor == 0

    result = solved(NAME, "alpha", f"params % {divisor} == 0", flops=">= 2M", resolution=32)
    assert result.value is not None
    assert reaches(result.value, *costs(result.value, resolution=32).values())
    assert min(grid(reaches, 130)) >= result.interval.low.near  # type: ignore[union-attr]


def test_whole_numbers_and_choices_meet_conditions_of_their_own() -> None:
    result = solved(NAME, "resolution", "resolution % 32 == 0 and resolution != 160", flops="300M")
    assert result.value == 128
    assert solved("resnet", "depth", "depth != 50", flops="5G").value == 34
    assert solved("resnet", "depth", "depth < 50 and params > 20M", flops="5G").value == 34


def test_parameters_that_move_together_are_bounded_each() -> None:
    result = solved(NAME, None, "rho <= 1/2", along="alpha,rho", flops="150M")
    assert result.interval is not None
    assert result.interval.high is not None
    assert result.interval.high.ratio == Fraction(1, 2)


def test_a_front_meets_the_conditions() -> None:
    found = front(
        NAME, {"alpha": "0.25:1:0.25", "rho": "4/7,5/7,6/7,1"}, "params", flops="150M", where="alpha*rho < 0.5"
    )
    assert found.choices
    assert all(row.parameters["alpha"] * row.parameters["rho"] < 0.5 for row in found.choices)


@pytest.mark.parametrize("where", ["alpha*params < 1M", "alpha == 0.5 or params < 1M", "round(4*alpha) == 2"])
def test_what_is_not_proved_over_a_range_is_said(where: str) -> None:
    with pytest.raises(UndecidedError, match="is not proved over a range of alpha"):
        solved(NAME, "alpha", where, flops="150M")


def test_what_is_no_condition_here_is_refused() -> None:
    with pytest.raises(FlopcalcError, match="`beta` is not known in a condition"):
        solved(NAME, "alpha", "beta < 3", flops="150M")
    with pytest.raises(FlopcalcError, match="there is no budget"):
        solved(NAME, "alpha", "alpha < 3")
    with pytest.raises(UndecidedError, match="cannot be proved of a formula"):
        solved("separable_conv", "O", "params < 3M", flops="B")


def test_the_command_says_what_is_met(ok: Callable[..., str], run: Callable[..., object]) -> None:
    said = ok("solve", NAME, "--for", "alpha", "--flops", "150M", "--where", "alpha <= 0.4", "--where", "params <= 4M")
    assert "The greatest alpha with FLOPs ≤ 150,000,000 and Params ≤ 4,000,000 where alpha <= 0.4: alpha = 0.4" in said
    assert "where" in ok(
        "solve", NAME, "--for", "alpha", "--flops", "150M", "--where", "alpha <= 0.4", "--format", "json"
    )


@pytest.mark.parametrize("where", ["alpha > 1", "alpha >= 2", "1 < alpha < 1.0001", "alpha == 1/3", "alpha > 5"])
def test_limits_of_which_no_value_is_within_the_budget_are_missed_and_no_fault_of_the_unknown(where: str) -> None:
    result = solved(NAME, "alpha", where, flops="1M")
    assert (result.network, result.where.texts) == (None, (where,))
    assert result.least is not None
    assert result.where.span.holds(Fraction(str(result.least.parameters["alpha"])))


def test_a_condition_that_no_value_within_the_budget_meets_is_not_said_to_make_no_network(
    run: Callable[..., Any],
) -> None:
    ran = run("solve", NAME, "--for", "resolution", "--flops", "150M", "--where", "resolution > 300")
    answer = "No resolution has FLOPs ≤ 150,000,000 where resolution > 300; by the budget alone, resolution = 2 comes"
    assert ran.code == 1
    assert answer in " ".join(ran.out.split())
