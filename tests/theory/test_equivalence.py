"""Identities are proved and only identities; inequalities carry certificates; counterexamples are the smallest."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, sqrt

from flopcalc.number import Arithmetic, Relation, symbol
from flopcalc.theory.deadline import TimeIsUp, deadline
from flopcalc.theory.equivalence import counterexample, evaluated, is_zero, symbols_of
from flopcalc.theory.limits import limit_at_infinity, vanishes_at_infinity
from flopcalc.theory.signs import nonnegative, sign_of

a, b, c, h, w, s, K, C, O, M, g = (symbol(name) for name in "abchwsKCOMg")  # noqa: E741
phi = symbol("phi", real=True)

ZERO = [
    (K**2 * C + C * O) / (K**2 * C * O) - 1 / O - 1 / K**2,
    sqrt(h**2 * w**2 * a * b) - h * w * sqrt(a) * sqrt(b),
    sqrt(h + w) ** 2 - h - w,
    1 / (sqrt(h + w) + 1) - (sqrt(h + w) - 1) / (h + w - 1),
    (sqrt(a) - sqrt(b)) * (sqrt(a) + sqrt(b)) - a + b,
    a ** Rational(3, 2) - a * sqrt(a),
    4**phi - 2 ** (2 * phi),
    Rational(6, 5) ** phi * 5**phi - 6**phi,
    C ** (phi + 1) - C * C**phi,
    2 ** (phi / 2) * 2 ** (phi / 2) - 2**phi,
    (2 * phi) ** 2 - 4 * phi**2,
    sqrt(12) - 2 * sqrt(3),
]


@pytest.mark.parametrize("value", ZERO, ids=str)
def test_identities_are_proved(value: Any) -> None:
    assert is_zero(value)


NOT_ZERO = [a - b, sqrt(a) - a, 2**phi - 3**phi, sqrt(a + b) - sqrt(a) - sqrt(b), 1 / a - 1 / a**2, sqrt(2) - 1]


@pytest.mark.parametrize("value", NOT_ZERO, ids=str)
def test_what_is_no_identity_is_not_proved(value: Any) -> None:
    assert not is_zero(value)


@settings(max_examples=80, deadline=None)
@given(
    coefficients=st.lists(st.integers(-5, 5), min_size=3, max_size=3),
    powers=st.lists(st.tuples(st.integers(-2, 3), st.integers(0, 2)), min_size=3, max_size=3),
)
def test_a_product_multiplied_out_is_the_same_and_one_more_is_not(
    coefficients: list[int], powers: list[tuple[int, int]]
) -> None:
    terms = [k * a**p * b**q for k, (p, q) in zip(coefficients, powers, strict=True)]
    value = sum(terms) * (a + sqrt(b))
    assert is_zero(value - sum(term * a for term in terms) - sum(term * sqrt(b) for term in terms))
    assert not is_zero(value.expand() - value + 1)


def test_the_certificate_of_the_first_guideline_is_a_square() -> None:
    """arXiv:1807.11164, guideline 1: MAC ≥ 2√(hwB) + B/(hw)."""
    work = h * w * a * b
    certificate = nonnegative(h * w * (a + b) + a * b - 2 * sqrt(h * w * work) - work / (h * w))
    assert certificate is not None
    assert certificate.squares == (sqrt(a) - sqrt(b),)
    assert is_zero(certificate.formula - h * w * (sqrt(a) - sqrt(b)) ** 2)


TRUE_INEQUALITIES = [
    (a**2 + b**2 - 2 * a * b, False),
    (a + 1 / a - 2, False),
    (a * b - 1, False),
    (a, True),
    (h * w * (a + b / s**2) - 2 * h * w * sqrt(a * b) / s, False),
    ((a - b) ** 2 / (a + b), False),
    (sqrt(3) - sqrt(2), True),
    (K**2 + O - 1, True),
]


@pytest.mark.parametrize(("value", "strict"), TRUE_INEQUALITIES, ids=str)
def test_inequalities_are_proved_with_the_formula_that_shows_it(value: Any, strict: bool) -> None:
    certificate = nonnegative(value, strict=strict)
    assert certificate is not None
    assert is_zero(certificate.formula - value)


FALSE_OR_OPEN = [
    (a - b, False),
    (a**2 + b**2 - 2 * a * b, True),
    (a**2 - 3 * a + 1, False),
    (-a, False),
    (-((a - b) ** 2), False),
    (sqrt(a) - b, False),
    (sqrt(2) - sqrt(3), False),
]


@pytest.mark.parametrize(("value", "strict"), FALSE_OR_OPEN, ids=str)
def test_what_is_not_so_is_not_proved(value: Any, strict: bool) -> None:
    assert nonnegative(value, strict=strict) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=4))
def test_a_proved_inequality_holds_at_every_small_point(terms: list[tuple[int, int, int]]) -> None:
    value = sum(k * a**p * b**q for k, p, q in terms)
    if nonnegative(value) is not None:
        for x, y in itertools.product(range(1, 7), repeat=2):
            assert evaluated(value, {a: x, b: y}) >= 0


def test_assumptions_are_used() -> None:
    arithmetic = Arithmetic(relations=(Relation("a >= b", a - b, False),))
    assert nonnegative(a - b, arithmetic) is not None
    assert nonnegative(a - b) is None


@pytest.mark.parametrize(
    ("value", "name", "limit"),
    [
        (1 / O + 1 / K**2, O, 1 / K**2),
        (O * C / (O + C), O, C),
        (O**2, O, None),
        ((2 * O + 1) / (3 * O), O, Rational(2, 3)),
        (C, O, C),
        (sqrt(O) / O, O, 0),
        (1 / O, O, 0),
    ],
)
def test_limits_are_those_of_the_leading_terms(value: Any, name: Any, limit: Any) -> None:
    found = limit_at_infinity(value, name)
    assert found is limit if limit is None else is_zero(found - limit)


@pytest.mark.parametrize(
    ("value", "vanishes"),
    [
        (1 / O + 1 / K**2, True),
        (C / O + 1 / K, True),
        (O / K**2, False),
        (K / O, False),
        (O * K / (O**2 + K**2), False),  # 0 in both orders, and 1/2 where both are the same
        (C + 1 / (O * K), False),
        (0, True),
    ],
)
def test_what_vanishes_does_so_however_fast_the_symbols_grow(value: Any, vanishes: bool) -> None:
    assert vanishes_at_infinity(value, (O, K)) is vanishes
    assert vanishes_at_infinity(value, (K, O)) is vanishes


def test_the_smallest_counterexample_is_found() -> None:
    value = a * b - 2 * c
    found = counterexample(lambda point: evaluated(value, point) > 3, (a, b, c))
    assert found is not None
    best = min(
        (point for point in itertools.product(range(1, 12), repeat=3) if point[0] * point[1] - 2 * point[2] > 3),
        key=lambda point: (sum(point), point),
    )
    assert tuple(found[name] for name in (a, b, c)) == best


def test_a_counterexample_far_out_is_found_too() -> None:
    found = counterexample(lambda point: point[a] > 1000, (a, b))
    assert found is not None
    assert found[a] > 1000


def test_only_what_can_be_counts_as_a_counterexample() -> None:
    found = counterexample(lambda point: True, (a, b), lambda point: point[a] % 2 == 0 and point[b] % 3 == 0)
    assert found == {a: 2, b: 3}
    assert counterexample(lambda point: True, (a,), lambda point: False) is None
    assert counterexample(lambda point: True, ()) == {}


def test_values_are_exact() -> None:
    assert evaluated(a / b, {a: 1, b: 3}) == Rational(1, 3)
    assert evaluated(sqrt(a), {a: 2}) == sqrt(2)
    assert evaluated(sqrt(a), {a: 4}) == 2
    with pytest.raises(ZeroDivisionError):
        evaluated(1 / (a - b), {a: 2, b: 2})


def test_signs_of_constants_take_as_many_digits_as_they_need() -> None:
    near = sqrt(2) - Rational(6369051672525773, 4503599627370496)
    assert sign_of(near) == (1 if near.evalf(60) > 0 else -1)
    assert sign_of(sqrt(8) - 2 * sqrt(2)) == 0
    assert symbols_of(a * b, 3, sqrt(c)) == (a, b, c)


def test_a_time_limit_stops_a_loop_and_nothing_after_it() -> None:
    def loop() -> None:
        with deadline(0.02):
            while True:
                pass

    with pytest.raises(TimeIsUp):
        loop()
    with deadline(0.01):
        pass
    assert sum(range(200_000)) == 19999900000  # nothing comes late


def test_a_time_limit_works_in_another_thread() -> None:
    from threading import Thread

    stopped = []

    def run() -> None:
        try:
            with deadline(0.02):
                while True:
                    pass
        except TimeIsUp:
            stopped.append(True)

    thread = Thread(target=run)
    thread.start()
    thread.join()
    assert stopped == [True]


def test_roots_of_numbers_and_of_multiples_are_one_root() -> None:
    c, b = symbol("C"), symbol("B")
    assert is_zero(sqrt(2) * sqrt(3) - sqrt(6))
    assert is_zero(sqrt(10) * sqrt(2 * c + 3) / 2 - sqrt(5) * sqrt(c + Rational(3, 2)))
    assert is_zero((sqrt(6) * sqrt(b + 2) - sqrt(3) * sqrt(2 * b + 4)) * c)
    assert not is_zero(sqrt(2) * sqrt(3) - sqrt(5))


def test_a_counterexample_keeps_to_a_grid_and_has_the_least_sum() -> None:
    tried: list[dict[Any, int]] = []

    def refutes(point: Any) -> bool:
        tried.append(dict(point))
        return len(tried) == 200

    counterexample(refutes, (a, b), grid={a: (8, 4), b: (1, 1)})
    assert all(point[a] % 4 == 0 and point[a] >= 8 for point in tried)
    sums = [sum(point.values()) for point in tried]
    assert sums == sorted(sums)
