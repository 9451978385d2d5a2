"""Formulas without their floors, class by class: the same numbers as the formulas with them."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from sympy import Max, Mod, ceiling, floor

from flopcalc.number import symbol
from flopcalc.theory.plain import plain_value
from flopcalc.theory.residues import rounded_away

H, W, K, s = (symbol(name) for name in ("H", "W", "K", "s"))
REAL = symbol("alpha", real=True)

ROUNDED: list[Any] = [
    floor((H - 1) / 2) + 1,
    ceiling(H / 3) - floor((H - 2) / 3),
    floor(floor(H / 2) / 3) * W,
    Mod(3 * H + 1, 7) + floor(H / 2),
    floor(H * W / 4) + ceiling(W / 2),
    ceiling(-H / 2) * floor((2 * H + W) / 6),
    floor(H**2 / 4) - floor(H / 2) * ceiling(H / 2),
]


@pytest.mark.parametrize("formula", ROUNDED, ids=str)
def test_every_class_gives_what_the_formula_gives(formula: Any) -> None:
    classes = rounded_away(formula)
    assert classes is not None
    names = sorted(formula.free_symbols, key=str)
    met = set()
    for remainders, case in classes.cases:
        for turns in itertools.product((1, 2, 3, 10), repeat=len(names)):
            put = dict(zip(names, turns, strict=True))
            values = {}
            for name in names:
                modulus = classes.modulus.get(name, 1)
                values[str(name)] = modulus * (put[name] - 1) + remainders.get(name, 1)
            met.add(tuple(values.values()))
            in_class = plain_value(str(case), {str(name): put[name] for name in names}).exact
            assert in_class == plain_value(str(formula), values).exact, (remainders, values)
    # with the smallest of each class every number up to the modulus is met
    for values in itertools.product(*(range(1, classes.modulus.get(name, 1) + 1) for name in names)):
        assert values in met


def test_classes_that_cannot_be_are_left_out() -> None:
    classes = rounded_away(2 * floor(K / 2) + 1, [(K - 1) / 2])
    assert classes is not None
    assert [rests[K] for rests, _ in classes.cases] == [1]
    assert classes.cases[0][1] == 2 * K - 1  # K stands for (K + 1)/2


def test_what_is_no_number_to_divide_by_stays_as_it_is() -> None:
    for formula in (floor(H / s), floor(REAL * 32), Max(H, W) + floor(H / 2), floor(H / 2) + Mod(H, s)):
        assert rounded_away(formula) is None


def test_too_many_classes_are_not_gone_through() -> None:
    assert rounded_away(floor(H / 97) + floor(W / 101)) is None


def test_a_number_is_its_own_class() -> None:
    classes = rounded_away(5)
    assert classes is not None
    assert classes.cases == (({}, 5),)
