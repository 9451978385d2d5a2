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
from flopcalc.theory.balance import Root, balance
from flopcalc.theory.search import nearest_fraction, nearest_whole, step_of_reals, step_of_wholes

x = symbol("x")


def roots(cost: Any, budget: Any) -> list[Root]:
    found = balance(cost, budget, x)
    assert isinstance(found, list)
    return found


# -- the nearest that can be built -----------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(1, 40_000), st.integers(1, 12), st.integers(0, 11))
def test_the_nearest_whole_number_is_that_of_trying_them_all(square: int, divisor: int, rest: int) -> None:
    def attempt(value: int) -> int | str:
        return value if value % divisor == rest % divisor else "no"

    (root,) = roots(x**2, square)
    found = nearest_whole(root, attempt)
    near = [value for value in range(1, 400) if value % divisor == rest % divisor]

    def farther(one: int, other: int) -> bool:
        """Whether |one − √square| > |other − √square|, in whole numbers."""
        a, b = sorted((one, other))
        middle = (a + b) ** 2 < 4 * square  # the root is above the middle of the two
        tie = (a + b) ** 2 == 4 * square
        return not tie and ((one == a) is middle) and one != other

    assert found.value in near
    assert not any(farther(found.value, value) for value in near)
    refused = {value for value, _ in found.refused}
    nearer = {value for value in range(1, 400) if farther(found.value, value)}
    assert refused == nearer
    if found.other is not None:
        assert (found.other[0] ** 2 > square) is not (found.value**2 > square)


def test_where_nothing_can_be_built_the_reason_is_given() -> None:
    (root,) = roots(x**2, 50)
    with pytest.raises(Fault, match="7: too odd"):
        nearest_whole(root, lambda value: "too odd")


def test_the_nearest_fraction_is_the_nearest_of_those_that_were_tried() -> None:
    (root,) = roots(x**2, 5)
    value, _ = nearest_fraction(root, lambda value: "no" if value.denominator % 3 else value) or (0, 0)
    candidates = [Fraction(math.floor(math.sqrt(5) * bottom) + up, bottom) for bottom in range(1, 65) for up in (0, 1)]
    assert value == min(
        (item for item in candidates if item.denominator % 3 == 0), key=lambda item: abs(float(item) - math.sqrt(5))
    )


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
