"""The nearest that can be built: every search is held against trying all values."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcalc.comparison.multiples import nearest
from flopcalc.errors import Fault
from flopcalc.number import symbol
from flopcalc.theory.balance import balance, turns
from flopcalc.theory.roots import Root

x = symbol("x")


def roots(cost: Any, budget: Any) -> list[Root]:
    found = balance(cost, budget, x)
    assert isinstance(found, list)
    return found


# -- the nearest that can be built -----------------------------------------------------------------------------------


def miss(cost: int | Fraction, budget: int) -> Fraction:
    return abs(Fraction(cost) - budget)


@settings(deadline=None)
@given(st.integers(1, 40_000), st.integers(1, 12), st.integers(0, 11))
def test_the_nearest_whole_number_is_that_of_trying_them_all(square: int, divisor: int, rest: int) -> None:
    def attempt(value: Fraction) -> int | str:
        return int(value**2) if value % divisor == rest % divisor else "no"

    (root,) = roots(x**2, square)
    found = nearest([root], Fraction(1), (), attempt, lambda a, b: miss(a, square) < miss(b, square))
    values = {value: miss(value**2, square) for value in range(1, 400)}
    possible = [value for value in values if value % divisor == rest % divisor]
    assert found.value == min(possible, key=lambda value: (values[value], value))
    assert not {value for value, _ in found.refused} & {*possible}


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 400), st.integers(1, 5))
def test_the_nearest_of_a_cost_that_turns_is_that_of_trying_them_all(a: int, b: int, budget: int, divisor: int) -> None:
    cost = a * x + b * 30 / x

    def attempt(value: Fraction) -> Fraction | str:
        return a * value + Fraction(b * 30) / value if value % divisor == 0 else "no"

    values = {value: miss(attempt(Fraction(value)), budget) for value in range(divisor, 900, divisor)}  # type: ignore[arg-type]
    try:
        points = roots(cost, budget)
    except Fault:
        points = []
    found = nearest(
        [*points, *turns(cost, budget, x)],
        Fraction(1),
        (),
        attempt,
        lambda one, other: miss(one, budget) < miss(other, budget),
    )
    assert found.value == min(values, key=lambda value: (values[value], value))


def test_a_value_apart_is_compared_for_itself_and_hides_no_other() -> None:
    (root,) = roots(8 * x + 1, 10)

    for apart, value in ((5, Fraction(5, 4)), (10, 1)):
        found = nearest(
            [root],
            Fraction(1, 4),
            {Fraction(1)},
            lambda value, apart=apart: apart if value == 1 else int(8 * value + 1),  # type: ignore[misc]
            lambda one, other: miss(one, 10) < miss(other, 10),
        )
        assert found.value == value


def test_where_nothing_can_be_built_the_reason_is_given() -> None:
    (root,) = roots(x**2, 50)
    with pytest.raises(Fault, match="7: too odd"):
        nearest([root], Fraction(1), (), lambda value: "too odd", lambda one, other: False)
