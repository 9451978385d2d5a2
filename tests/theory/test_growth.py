"""Growth: bounded quotients are, and those that are not have a pace at which they outrun every bound."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import sqrt

from flopcalc.number import symbol
from flopcalc.theory.growth import growth_of
from flopcalc.theory.plain import enclosed, plain_value

C, N, K, H = (symbol(name) for name in ("C", "N", "K", "H"))

BOUNDED: list[tuple[Any, list[Any]]] = [
    ((K**2 * C * N + N) / (K**2 * C * N), [K, C, N]),
    (K**2 * C * N / (K**2 * C), [K, C]),
    (C / (C + N), [C, N]),
    ((C + N) / (C + N + 1), [C, N]),
    (sqrt(C) / C, [C]),
    ((C**2 - C) / C**2, [C]),
    (7 * N, [C]),
]
UNBOUNDED: list[tuple[Any, list[Any]]] = [
    (K**2 * C * N / (K * C), [K, C]),
    (C * N / (C + N), [C, N]),
    (C**2 / (C + N), [C, N]),
    (C / sqrt(C), [C]),
    ((C + N**3) / (C**2 + N**2), [C, N]),
]


@pytest.mark.parametrize(("quotient", "names"), BOUNDED, ids=str)
def test_what_is_bounded_is(quotient: Any, names: list[Any]) -> None:
    assert growth_of(quotient, names).bounded is True


@pytest.mark.parametrize(("quotient", "names"), UNBOUNDED, ids=str)
def test_what_is_not_outruns_every_bound_at_its_pace(quotient: Any, names: list[Any]) -> None:
    growth = growth_of(quotient, names)
    assert growth.bounded is False
    found = []
    for pace in (10**3, 10**6, 10**9):
        values = {str(name): 1 for name in (C, N, K, H)} | {str(name): pace**power for name, power in growth.pace}
        found.append(enclosed(plain_value(str(quotient), values)).bounds(64)[0])
    assert found[0] * 10 < found[1]
    assert found[1] * 10 < found[2]


def test_what_may_cancel_stays_open() -> None:
    assert growth_of((C**2 - N**2) / C, [C, N]).bounded is None
    assert growth_of(C / (C - N), [C, N]).bounded is None
