"""The nearest that can be built: every search is held against trying all values."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcalc.errors import Fault
from flopcalc.number import symbol
from flopcalc.theory.balance import Root, balance, turns
from flopcalc.theory.search import fractions_near, nearest, step_of_reals, step_of_wholes

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


def test_the_fractions_near_a_root_are_the_two_around_it_of_every_denominator() -> None:
    (root,) = roots(x**2, 5)
    candidates = {Fraction(math.floor(math.sqrt(5) * bottom) + up, bottom) for bottom in range(1, 65) for up in (0, 1)}
    assert {*fractions_near(root)} == candidates


# -- steps -----------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(1, 20), st.integers(1, 10), st.integers(1, 600), st.integers(1, 50), st.integers(1, 4))
def test_the_step_of_whole_numbers_is_that_of_trying_them_all(
    rise: int, tread: int, budget: int, start: int, divisor: int
) -> None:
    def cost(value: int) -> Fraction | None:
        return Fraction(rise * (value // tread), budget) if value % divisor == 0 else None

    found = step_of_wholes(cost, start)
    assert found is not None
    best = min(abs(Fraction(rise * (value // tread), budget) - 1) for value in range(divisor, 7_000, divisor))
    assert abs(cost(found.value) - 1) == best  # type: ignore[operator]


def test_a_falling_cost_is_searched_too() -> None:
    found = step_of_wholes(lambda value: Fraction(1000, value * 37), 5)
    assert found is not None
    assert found.value == 27


def test_a_largest_value_is_the_end_of_the_search() -> None:
    found = step_of_wholes(lambda value: Fraction(value, 1000) if value <= 77 else None, 3)
    assert found is not None
    assert found.value == 77


@settings(deadline=None)
@given(st.integers(1, 64), st.integers(1, 40), st.fractions(Fraction(1, 8), 4, max_denominator=20))
def test_the_step_of_real_numbers_is_that_of_trying_them_all(width: int, budget: int, start: Fraction) -> None:
    def channels(value: Fraction) -> int:
        return math.floor(width * value + Fraction(1, 2))

    def cost(value: Fraction) -> Fraction:
        return Fraction(channels(value), budget)

    found = step_of_reals(cost, lambda a, b: channels(a) == channels(b), start)
    assert found is not None
    assert channels(found.value) == budget  # every number of channels is reached
    assert found.low <= found.value <= found.high
    assert channels(found.low) == channels(found.high) == budget


def test_a_start_that_cannot_be_built_finds_nothing() -> None:
    assert step_of_reals(lambda value: None, lambda a, b: a == b, Fraction(1)) is None
    assert step_of_wholes(lambda value: None, 1) is None
