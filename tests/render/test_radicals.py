"""Roots put together for writing: the value stays, and a product has one root."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import Rational, sqrt

from flopcalc.number import symbol
from flopcalc.render.formula import BOOK, formula
from flopcalc.render.radicals import roots_together

B, C, H, K, W, g = (symbol(name) for name in "BCHKWg")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        (C + 1, "C + 1"),
        (sqrt(C), "√C"),
        (sqrt(C) * sqrt(B), "√(CB)"),
        (2 * sqrt(B) * sqrt(g) * sqrt(H) * sqrt(W) / K, "2√(HWBg)/K"),
        (sqrt(B) / sqrt(H * W), "√(B/(HW))"),
        (sqrt(3) * sqrt(B) / 3, "√(B/3)"),
        (sqrt(3) * sqrt(B) / 2, "√(3B)/2"),
        (B ** Rational(3, 2), "B√B"),
        (C ** Rational(1, 3) * sqrt(B), "C^(1/3)·√B"),
        (H * W * (sqrt(C) - sqrt(B) * sqrt(g)) ** 2, "HW(√C - √(Bg))²"),
    ],
)
def test_a_product_has_one_root(value: Any, text: str) -> None:
    found = roots_together(value)
    assert formula(found, BOOK, ["C"]) == text
    if not isinstance(value, int):
        at = {name: number for number, name in enumerate(sorted(value.free_symbols, key=str), 2)}
        assert abs(found.subs(at).evalf(30) - value.subs(at).evalf(30)) < 1e-20
