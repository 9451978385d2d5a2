"""What an analysis settles, and what it leaves open: ratios that go unused, multiples, and words of refusals."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flopcalc
from flopcalc.sweeps import compile_totals
from flopcalc.sweeps.recorded import Quotient, Tape, Traced


def axis(tape: Tape, value: int, name: str = "n") -> Traced:
    """Return a whole number from 1 to 1000."""
    return tape.axis(name, value, 1, 1000, whole=True)


def test_a_ratio_settles_its_divisor_only_when_it_is_computed_with() -> None:
    tape = Tape()
    one, other = axis(tape, 12, "a"), axis(tape, 4, "b")
    ratio = one / other
    assert isinstance(ratio, Quotient)
    assert ratio > 0
    assert ratio * other is one
    assert not tape.conditions
    assert (ratio - 1 + 1) > 0
    assert not tape.conditions
    assert (ratio * 2).value == 6
    assert len(tape.conditions) == 1


def test_a_ratio_is_compared_without_its_value() -> None:
    tape = Tape()
    ratio = axis(tape, 12, "a") / axis(tape, 5, "b")
    assert ratio > 2
    assert ratio < 3
    assert ratio != Fraction(5, 2)
    assert not any(condition.argument == {(1,): 1, (): -5} for condition in tape.conditions.values())


def test_multiples_of_8_are_known_to_be_even() -> None:
    tape = Tape()
    eight = tape.opaque(8 * axis(tape, 3, "a") + 8 * axis(tape, 4, "b"))
    assert isinstance(eight, Traced)
    half = eight / 2
    assert isinstance(half, Traced)
    assert half.is_whole()
    assert not (eight / 16).is_whole()  # type: ignore[union-attr]


def test_words_of_a_refusal_do_not_narrow_it() -> None:
    tape = Tape()
    number = axis(tape, 7)
    assert number > 5
    assert str(number) == str(number) == "7"
    assert len(tape.decided(refused=False)) == 2
    assert len(tape.decided(refused=True)) == 1
    assert number == 7  # decided by it after all
    assert len(tape.decided(refused=True)) == 2


POWERS = st.tuples(st.integers(0, 2), st.integers(0, 2))


@given(st.dictionaries(POWERS, st.integers(-5, 5).filter(bool), min_size=1, max_size=4), POWERS, st.integers(1, 4))
def test_a_multiple_is_divided_without_settling_the_divisor(
    terms: dict[tuple[int, int], int], divisor: tuple[int, int], factor: int
) -> None:
    tape = Tape()
    a, b = axis(tape, 12, "a"), axis(tape, 5, "b")

    def term(powers: tuple[int, int]) -> Traced | int | Fraction:
        return a ** powers[0] * b ** powers[1]

    number = sum((count * term(powers) for powers, count in terms.items()), start=0 * a)
    below = factor * term(divisor)
    product = number * below
    plain = sum(count * 12 ** powers[0] * 5 ** powers[1] for powers, count in terms.items())
    decided = len(tape.conditions)
    assert (product / below) - number == 0
    assert product % below == 0
    assert len(tape.conditions) == decided
    if isinstance(below, Traced) and isinstance(number, Traced):
        rest = number % below
        assert (rest.value if isinstance(rest, Traced) else rest) == plain % below.value


def test_groups_that_follow_a_width_are_one_structure(tmp_path: Path) -> None:
    """The weights of a depthwise conv are K²·c·c/c, whatever its width c is."""
    path = tmp_path / "net.yaml"
    path.write_text(
        "parameters: {c: {default: 64}, g: {default: 4}}\ninput: [64, 8, 8]\nlayers:\n"
        "  - conv: {out: c*g, kernel: 3, bias: false}\n"
        "  - conv: {out: c*g, kernel: 3, groups: c, bias: false}\n    repeat: 3\n",
        encoding="utf-8",
    )
    compiled = compile_totals(str(path), {"c": "1:60:1", "g": "1:4:1"}, ("params", "mac"))
    pairs = [(c, g) for c in range(1, 61) for g in range(1, 5)]
    grid = {"c": [c for c, _ in pairs], "g": [g for _, g in pairs]}
    found = compiled.evaluate(grid)
    assert found["params"].tolist() == [9 * 64 * c * g + 3 * 9 * c * g * g for c, g in pairs]
    assert compiled.structures <= 3
    for index in range(0, len(pairs), 37):
        c, g = pairs[index]
        assert found["mac"][index] == flopcalc.analyze(str(path), c=c, g=g).totals.mac


@pytest.mark.parametrize(
    ("spec", "name", "values", "most"),
    [
        ("efficientnet", "width", "0.5:2:0.01", 8),
        ("ghostnet", "alpha", "0.5:2:0.01", 8),
        ("mobilenet_v3", "alpha", "0.5:2:0.01", 8),
        ("shufflenet_v1", "scale", "0.5:2:0.01", 40),
    ],
)
def test_a_width_leads_to_few_structures(spec: str, name: str, values: str, most: int) -> None:
    compiled = compile_totals(spec, {name: values}, ("params",))
    compiled.evaluate({name: values}, skip=True)
    assert compiled.structures <= most
