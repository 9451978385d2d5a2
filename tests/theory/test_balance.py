"""Budgets met exactly: every solution is put back."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcalc.errors import Fault
from flopcalc.number import Arithmetic, Relation, normal, symbol
from flopcalc.theory.balance import Closed, Unsolvable, balance
from flopcalc.theory.roots import Root

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


def test_the_positive_root_is_found_where_the_square_below_the_root_is_of_a_negative_number() -> None:
    """(x + a)(x − (b − 2a)) with b > 2a: √((a − b)²) is b − a."""
    a, b, x = symbol("a"), symbol("b"), symbol("x")
    arithmetic = Arithmetic(relations=(Relation("b > 2*a", b - 2 * a, True),))
    assert balance(x**2 + 3 * a * x - b * x, a * b - 2 * a**2, x, arithmetic) == Closed(b - 2 * a, True)
