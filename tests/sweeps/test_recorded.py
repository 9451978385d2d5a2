"""What an analysis settles, and what it leaves open: ratios that go unused, multiples, and words of refusals."""

from __future__ import annotations

from fractions import Fraction

import pytest

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
