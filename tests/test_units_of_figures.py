"""Figures with units are exact, know their last digit, and are refused where they are none."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from flopcalc import sweep
from flopcalc.errors import Fault, ParameterError
from flopcalc.report import DTYPES as REPORTED
from flopcalc.solving.budgets import read_budget
from flopcalc.sweeps.conditions import read_condition
from flopcalc.theory.figure import read_figure as quoted_figure
from flopcalc.units import DTYPE_WORDS, DTYPES, SCALES, UNITS, Figure, read_figure


@pytest.mark.parametrize(
    ("text", "value", "step", "of"),
    [
        ("150M", 150 * 10**6, 10**6, ""),
        ("4.2 M", 4_200_000, 10**5, ""),
        ("1.5亿", 150_000_000, 10**7, ""),
        ("300万", 3_000_000, 10**4, ""),
        ("40 MB", 40_000_000, 10**6, "byte"),
        ("512KiB", 524_288, 1024, "byte"),
        ("93.4 %", Fraction(467, 500), Fraction(1, 1000), ""),
        ("1,331,592", 1_331_592, 1, ""),
        ("3.8e9", 3_800_000_000, 10**8, ""),
        ("3.8·10^9", 3_800_000_000, 10**8, ""),
        ("-1.50", Fraction(-3, 2), Fraction(1, 100), ""),
        (".5k", 500, 100, ""),
        ("11 GHz", 11 * 10**9, 10**9, "hertz"),
        ("1.0", 1, Fraction(1, 10), ""),
    ],
)
def test_a_figure_is_read_with_its_unit(text: str, value: Any, step: Any, of: str) -> None:
    assert read_figure(text) == Figure(value, step, of)


@pytest.mark.parametrize("text", ["", "M", "4.2 X", "1.2.3", "1e9999", "9" * 500, "4 M M", "1/2", "1,23", "0x10", "४"])
def test_what_is_no_figure_is_refused_in_words(text: str) -> None:
    with pytest.raises(Fault) as raised:
        read_figure(text)
    assert len(raised.value.what) < 300


@pytest.mark.parametrize("unit", sorted(UNITS))
def test_every_unit_multiplies_value_and_last_digit_alike(unit: str) -> None:
    plain, with_unit = read_figure("2.5"), read_figure(f"2.5 {unit}")
    assert Fraction(with_unit.value) / plain.value == Fraction(with_unit.step) / plain.step == UNITS[unit].factor


def test_scales_are_powers_of_ten() -> None:
    assert all(set(str(factor)) <= {"1", "0"} for factor in SCALES.values())


def test_types_of_elements_go_by_several_words() -> None:
    assert {*DTYPE_WORDS.values()} <= DTYPES.keys()
    assert REPORTED is DTYPES
    assert all(str(bits) in name or name == "tf32" for name, bits in DTYPES.items())


@pytest.mark.parametrize("word", [word for word in SCALES if not word.isascii()])
def test_a_figure_a_budget_and_a_condition_read_the_same_chinese_units(word: str) -> None:
    value = Fraction(3, 2) * SCALES[word]
    quoted = quoted_figure(f"1.5{word}")
    assert (quoted.value, quoted.step) == (value, Fraction(SCALES[word], 10))
    assert quoted_figure(f"1.5 {word}FLOPs").metric == "flops"
    assert read_budget("flops", f"1.5{word}").value == value
    assert read_budget("flops", f">= 1.5 {word}").value == value
    condition = read_condition(f"params == 1.5{word}", ["params"], {}, {})
    (block,) = sweep("conv", {"C": [int(value), int(value) + 1]}, ["params"], O=1, K=1, H=1, W=1)
    assert list(condition.mask(block)) == [True, False]


def test_a_unit_in_two_scales_is_refused() -> None:
    with pytest.raises(ParameterError, match="two units"):
        quoted_figure("1.5万M")
