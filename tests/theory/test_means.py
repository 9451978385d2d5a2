"""Sums of squares that the arithmetic and the geometric mean give: the same formula, and no negative term left."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
from sympy import sqrt

from flopcalc.number import symbol
from flopcalc.theory.equivalence import is_zero
from flopcalc.theory.means import by_means
from flopcalc.theory.plain import compare, plain_value
from flopcalc.theory.signs import nonnegative

C, N, K, H, W, g = (symbol(name) for name in ("C", "N", "K", "H", "W", "g"))

NEVER_NEGATIVE: list[Any] = [
    C + N - 2 * sqrt(C * N),
    H * W * (C + N) + K**2 * C * N - 2 * H * W * sqrt(C * N),
    3 * H * W * C + H * W * N - 2 * H * W * sqrt(3 * C * N),
    H * W * (C + N) - 2 * H * W * sqrt(C * N / g),
    C**2 + N**2 - C * N,
    C / N + N / C - 2,
    C + N + H - sqrt(C * N) - sqrt(N * H),
    g * C - C,
]
SOMETIMES_NEGATIVE: list[Any] = [
    C + N - 3 * sqrt(C * N),
    C**2 + N**2 - Fraction(21, 10) * C * N,
    H * W * (C + N) - 2 * H * W * sqrt(C * N * g),
    C - N,
    C + N + H - 2 * sqrt(C * N) - 2 * sqrt(N * H),
]


@pytest.mark.parametrize("formula", NEVER_NEGATIVE, ids=str)
def test_squares_and_rest_are_the_formula(formula: Any) -> None:
    found = by_means(formula)
    assert found is not None
    assert is_zero(sum((square**2 for square in found.squares), found.rest) / found.divisor - formula)
    draw = random.Random(3)
    for _ in range(50):
        values = {str(name): draw.randint(1, 40) for name in (C, N, K, H, W, g)}
        assert compare(plain_value(str(found.rest), values), 0) != -1
        assert compare(plain_value(str(formula), values), 0) != -1
    assert nonnegative(formula) is not None


@pytest.mark.parametrize("formula", SOMETIMES_NEGATIVE, ids=str)
def test_what_may_be_negative_is_not_shown_to_be_otherwise(formula: Any) -> None:
    assert by_means(formula) is None
    assert nonnegative(formula) is None


def test_a_strict_inequality_needs_a_rest_above_zero() -> None:
    assert nonnegative(C + N - 2 * sqrt(C * N), strict=True) is None
    assert nonnegative(H * W * (C + N) + K**2 * C * N - 2 * H * W * sqrt(C * N), strict=True) is not None
