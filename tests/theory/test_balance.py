"""Budgets met exactly: every solution is put back, and every search is held against trying all values."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcalc.errors import Fault
from flopcalc.number import Arithmetic, normal, symbol
from flopcalc.theory.balance import (
    Closed,
    Root,
    Unsolvable,
    balance,
    nearest_fraction,
    nearest_whole,
    step_of_reals,
    step_of_wholes,
)

C, H, W, M, g, c, x = (symbol(name) for name in ("C", "H", "W", "M", "g", "c", "x"))


def closed(cost: Any, budget: Any) -> Closed:
    found = balance(cost, budget, x)
    assert isinstance(found, Closed)
    return found


def roots(cost: Any, budget: Any) -> list[Root]:
    found = balance(cost, budget, x)
    assert isinstance(found, list)
    return found


# -- closed forms ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cost", "budget"),
    [
        (2 * C * x / g + 9 * x, 17 * c**2),
        (H * W * (2 * C * x / g + 9 * x), H * W * (2 * C * M + 9 * M**2)),
        (2 * C * x + 9 * x**2 / g, 2 * C * M + 9 * M**2),
        (x**2 / g, c**2),
        (2 * C * M / x, c),
    ],
)
def test_a_closed_form_meets_the_budget(cost: Any, budget: Any) -> None:
    found = closed(cost, budget)
    assert found.positive
    assert (cost.subs(x, found.value) - budget).simplify() == 0
    numbers = {C: 24, H: 7, W: 5, M: 6, g: 3, c: 11}
    assert found.value.subs(numbers) > 0


def test_a_solution_that_may_be_negative_says_so() -> None:
    assert not closed(C * x + M, c).positive


def test_assumptions_decide_whether_a_solution_is_positive() -> None:
    from flopcalc.expression import read_relation

    known = Arithmetic(relations=(read_relation("c > M", symbol),))
    found = balance(C * x + M, c, x, known)
    assert isinstance(found, Closed)
    assert found.positive


def test_what_has_no_positive_solution_is_refused() -> None:
    with pytest.raises(Fault, match="no positive value of x"):
        balance(C * x + 5, 3, x)
    with pytest.raises(Fault, match="no positive value of x"):
        balance(x**2 + x + 5, 3, x)
    with pytest.raises(Fault, match="no positive value of x"):
        balance(C * x**2 + x + 5, 3, x)


def test_what_does_not_depend_on_the_unknown_is_refused() -> None:
    with pytest.raises(Fault, match="does not depend on x"):
        balance(C * M, 3, x)


def test_a_cubic_with_other_symbols_and_a_function_are_not_solved() -> None:
    with pytest.raises(Unsolvable, match="degree 3"):
        balance(C * x**3 + x, M, x)
    from sympy import floor

    with pytest.raises(Unsolvable, match="no rational function"):
        balance(floor(x / 8), 4, x)


# -- roots -----------------------------------------------------------------------------------------------------------


def test_other_symbols_that_both_sides_share_do_not_matter() -> None:
    (root,) = roots(H * W * x**2, 4 * H * W)
    assert root.closed == 2


@settings(deadline=None)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=3, unique=True))
def test_all_positive_roots_are_found_in_their_order(values: list[int]) -> None:
    polynomial = math.prod(x - value for value in values) * (x + 3)
    assert [root.closed for root in roots(polynomial.expand(), 0)] == sorted(values)


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(0, 9), st.integers(0, 9), st.integers(1, 10**6))
def test_a_root_of_a_cubic_stands_between_its_ends_and_compares_exactly(a: int, b: int, d: int, budget: int) -> None:
    def cost(value: Fraction) -> Fraction:
        return a * value**3 + b * value**2 + d * value

    (root,) = roots(a * x**3 + b * x**2 + d * x, budget)
    for value in range(1, 120):
        assert root.compare(value) == (cost(Fraction(value)) < budget) - (cost(Fraction(value)) > budget)
    close = root.within(Fraction(1, 10**6))
    assert close.high - close.low <= Fraction(1, 10**6)
    assert cost(close.low) <= budget <= cost(close.high)
    assert abs(cost(root.nearly()) - budget) < Fraction(budget, 10**9)


def test_a_quadratic_has_its_root_in_closed_form() -> None:
    (root,) = roots(9 * x**2 / 32 + 512 * x, 69632)
    value = normal(root.closed)  # type: ignore[arg-type]
    assert (9 * value**2 / 32 + 512 * value).expand() == 69632
    assert abs(float(value) - float(root.nearly())) < 1e-9


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
