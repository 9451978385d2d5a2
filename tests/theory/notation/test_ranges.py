"""Sums and products over a range, held to loops."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from flopcalc.errors import Fault
from flopcalc.number import Arithmetic, symbol
from flopcalc.theory.notation import NotationError, read_statement

LOOPS: list[tuple[str, Callable[[int, int], Any]]] = [
    (r"\sum_{i=0}^{n-1} (2i+1)", lambda n, C: sum(2 * i + 1 for i in range(n))),
    (r"\sum_{i=1}^n i", lambda n, C: sum(range(1, n + 1))),
    (r"\sum\limits_{i=1}^{n} i^2 C", lambda n, C: sum(i * i * C for i in range(1, n + 1))),
    (r"\sum^{n}_{i=1} i", lambda n, C: sum(range(1, n + 1))),
    ("∑_{i=1}^{n} iC", lambda n, C: sum(i * C for i in range(1, n + 1))),
    ("Σ_{i=1}^{n} iC + i", None),  # type: ignore[list-item]
    ("∑ᵢ₌₁ⁿ (C + i)", lambda n, C: sum(C + i for i in range(1, n + 1))),
    ("sum_{i=1}^{n} i·C·i", lambda n, C: sum(i * C * i for i in range(1, n + 1))),
    ("sum(C*i for i in range(n))", lambda n, C: sum(C * i for i in range(n))),
    ("sum(C*i for i in range(2, n + 3))", lambda n, C: sum(C * i for i in range(2, n + 3))),
    ("prod(C for i in range(n))", lambda n, C: C**n),
    (r"C \sum_{i=1}^{n} i + C", lambda n, C: C * sum(range(1, n + 1)) + C),
    (r"2\sum_{i=1}^{n} i/C", lambda n, C: 2 * sum(Fraction(i, C) for i in range(1, n + 1))),
    (
        r"\sum_{l=1}^{n} \sum_{k=1}^{l} (k + C)",
        lambda n, C: sum(k + C for m in range(1, n + 1) for k in range(1, m + 1)),
    ),
    (r"\sum_{C=1}^{n} C", lambda n, C: sum(range(1, n + 1))),
    (r"\sum_{n=1}^{n} n", lambda n, C: sum(range(1, n + 1))),
    (r"\prod_{i=1}^{n} C", lambda n, C: C**n),
    (r"(\prod_{i=1}^{3} i)·C", lambda n, C: 6 * C),
    (r"\sum_{i=n}^{n} C", lambda n, C: C),
    (r"\sum_{i=1}^{n} (C + k(i-1))", None),  # type: ignore[list-item]
]
LOOPS = [row for row in LOOPS if row[1] is not None]


@pytest.mark.parametrize(("text", "loop"), LOOPS, ids=[row[0] for row in LOOPS])
def test_a_sum_is_what_a_loop_makes_of_it(text: str, loop: Callable[[int, int], Any]) -> None:
    reading = read_statement(text, ["n", "C"]).right
    names = {"n": symbol("n"), "C": symbol("C")}
    closed: Any = reading.value(names)
    for n in range(1, 7):
        for C in (1, 3):
            expected = loop(n, C)
            assert reading.value({"n": n, "C": C}) == expected
            assert reading.plain({"n": n, "C": C}).exact == expected
            at = closed.subs({names["n"]: n, names["C"]: C}) if hasattr(closed, "subs") else closed
            assert at == expected


@pytest.mark.parametrize("text", [row[0] for row in LOOPS])
def test_how_a_sum_was_read_is_read_the_same_again(text: str) -> None:
    reading = read_statement(text, ["n", "C"]).right
    for again in (reading.text, reading.python):
        for n in (1, 2, 5):
            found = read_statement(again, ["n", "C"]).right.plain({"n": n, "C": 3}).exact
            assert found == reading.plain({"n": n, "C": 3}).exact


@pytest.mark.parametrize(
    ("text", "loop"),
    [
        (r"\sum_{i=1}^{5} ⌊i/2⌋", lambda: sum(i // 2 for i in range(1, 6))),
        (r"\sum_{k=1}^{4} 2^{k-1}", lambda: 15),
        (r"\prod_{i=1}^{5} i", lambda: math.factorial(5)),
        (r"\prod_{i=1}^{0} 7", lambda: 1),
        (r"\sum_{i=1}^{0} 7", lambda: 0),
        (r"\sum_{i=3}^{1} i", lambda: 0),
        (r"\sum_{i=1}^{10^9} i", lambda: 10**9 * (10**9 + 1) // 2),
        (r"\sum_{i=1}^{10^9} 3", lambda: 3 * 10**9),
    ],
)
def test_a_sum_of_numbers_is_exact(text: str, loop: Callable[[], int]) -> None:
    assert read_statement(text, ()).right.value({}) == loop()


@pytest.mark.parametrize(
    "text",
    [r"\prod_{i=1}^{10^9} i", r"\sum_{i=1}^{10^9} ⌊i/2⌋", r"\sum_{i=1}^{10^9} 2^i", r"\sum_{i=1}^{10^{10^{10}}} i",
     r"\sum_{i=1}^{1/2} i", r"\prod_{i=1}^{10^9} 2", r"\prod_{i=1}^{1000} \prod_{k=1}^{1000} (i + k)",
     r"\sum_{i=1}^{1000} \sum_{j=1}^{1000} \sum_{k=1}^{1000} max(i, j, k)"],
)  # fmt: skip
def test_a_sum_that_is_too_long_is_refused(text: str) -> None:
    reading = read_statement(text, ()).right
    with pytest.raises(NotationError):
        reading.value({})
    with pytest.raises(Fault):
        reading.plain({})


@pytest.mark.parametrize(
    "text", [r"\sum_{i=1}^{n} ⌊i/2⌋", r"\sum_{i=1}^{n} 2^i", r"\prod_{i=1}^{n} i", r"\sum_{i=1}^n max(i, 3)"]
)
def test_a_sum_without_a_closed_form_needs_numbers(text: str) -> None:
    reading = read_statement(text, ["n"]).right
    with pytest.raises(NotationError, match=r"closed form|rounded|not worked out"):
        reading.value({"n": symbol("n")})
    assert reading.plain({"n": 4}).exact is not None


def test_a_sum_that_may_be_empty_says_what_it_assumes() -> None:
    arithmetic = Arithmetic()
    n, m = symbol("n"), symbol("m")
    read_statement(r"\sum_{i=m}^{n} i", ["n", "m"]).right.value({"n": n, "m": m}, arithmetic)
    assert list(arithmetic.assumed) == ["n ≥ m - 1"]
    certain = Arithmetic()
    read_statement(r"\sum_{i=1}^{n} i", ["n"]).right.value({"n": n}, certain)
    assert not certain.assumed


def test_the_index_of_a_sum_is_none_of_its_symbols() -> None:
    assert read_statement(r"\sum_{i=1}^{n} iC", ["n", "C"]).right.names == ("n", "C")
    assert read_statement(r"C + \sum_{C=1}^{n} C", ["n", "C"]).right.names == ("C", "n")
    assert read_statement(r"\sum_{i=i}^{3} i", ["i"]).right.names == ("i",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"\sum_i x_i", "a sum over `i` lacks its range"),
        (r"\sum_{i} n", "lacks its range"),
        (r"\sum n", "a sum lacks its range"),
        (r"\sum_{i=1} n", "a sum lacks its range: its last index"),
        (r"\sum^{n} n", "a sum lacks its range: its first index"),
        (r"\sum_{i<n} n", "a sum lacks its range"),
        (r"\sum_{i \in n} n", "a sum lacks its range"),
        (r"\sum_{1}^{n} n", "a sum lacks its range"),
        (r"\sum_{ij=1}^{n} n", "is no index"),
        (r"\sum_{i=1}^{n}", "ends too soon"),
        (r"\sum_{i=1}^{n} i + i", "`i` is no symbol that is known here"),
        (r"\prod_{i=1}^{n} i · 3", "can be read in two ways"),
        ("∑ᵢ n", "is not whole"),
        ("sum(i for i in n)", "lacks its range"),
        ("sum(i for i in range(1, 2, 3))", "not whole"),
    ],
)
def test_a_sum_without_its_range_says_what_is_lacking(text: str, said: str) -> None:
    with pytest.raises(NotationError) as raised:
        read_statement(text, ["n"])
    assert said in str(raised.value)
