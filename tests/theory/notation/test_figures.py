"""Figures as papers print them: what they are worth, what their last digit is worth, and what they count."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from flopcalc.theory.notation import NotationError, read_statement

FIGURES: list[tuple[str, Any, Any, str]] = [
    # text, value, what the last digit is worth, what it counts
    ("1500", 1500, 1, ""),
    ("1,500", 1500, 1, ""),
    ("41e6", 41 * 10**6, 10**6, ""),
    ("41·10^6", 41 * 10**6, 10**6, ""),
    (r"41 \times 10^{6}", 41 * 10**6, 10**6, ""),
    ("41 x 10^6", 41 * 10**6, 10**6, ""),
    ("1.5亿", 150_000_000, 10**7, ""),
    ("1.50亿", 150_000_000, 10**6, ""),
    ("300万", 3_000_000, 10**4, ""),
    ("1.5万亿", 15 * 10**11, 10**11, ""),
    ("4.2M", 4_200_000, 10**5, ""),
    ("4.2 M", 4_200_000, 10**5, ""),
    (r"4.2\,\mathrm{M}", 4_200_000, 10**5, ""),
    ("150M", 150_000_000, 10**6, ""),
    ("3.86G", 3_860_000_000, 10**7, ""),
    ("0.39B", 390_000_000, 10**7, ""),
    ("4.1 billion", 4_100_000_000, 10**8, ""),
    ("12k", 12_000, 1000, ""),
    ("0.113", Fraction(113, 1000), Fraction(1, 1000), ""),
    ("28 %", Fraction(7, 25), Fraction(1, 100), ""),
    ("93.4%", Fraction(467, 500), Fraction(1, 1000), ""),
    ("９３．４％", Fraction(467, 500), Fraction(1, 1000), ""),
    ("-0.07", Fraction(-7, 100), Fraction(1, 100), ""),
    ("40 MB", 40_000_000, 10**6, "byte"),
    ("40MB", 40_000_000, 10**6, "byte"),
    ("14.0 MB", 14_000_000, 10**5, "byte"),
    ("512KiB", 512 * 1024, 1024, "byte"),
    ("1.5 MiB", 1_572_864, Fraction(2**20, 10), "byte"),
    ("4 bytes", 4, 1, "byte"),
    ("8字节", 8, 1, "byte"),
    ("484 GB/s", 484 * 10**9, 10**9, "byte/s"),
    ("8×", 8, 1, ""),
]


@pytest.mark.parametrize(("text", "value", "step", "unit"), FIGURES, ids=[row[0] for row in FIGURES])
def test_a_figure_has_a_value_and_a_last_digit(text: str, value: Any, step: Any, unit: str) -> None:
    reading = read_statement(text, ["C"]).right
    assert (reading.value({}), reading.step, reading.unit) == (value, step, unit)
    assert reading.plain({}).exact == value
    if reading.decimals is not None:
        assert Fraction(10) ** -reading.decimals == step
    again = read_statement(reading.text, ["C"]).right
    assert (again.value({}), again.step, again.unit) == (value, step, unit)
    assert read_statement(reading.python, ["C"]).right.value({}) == value


@pytest.mark.parametrize("text", ["1/8", "C", "2·3", "1500C", "√4", "½"])
def test_a_formula_has_no_last_digit(text: str) -> None:
    assert read_statement(text, ["C"]).right.step is None


@pytest.mark.parametrize(
    ("text", "size"),
    [("10M float32", 40_000_000), ("10M × fp32", 40_000_000), ("10 M fp16", 20_000_000), ("8 int4", 4),
     ("10^7 · float32", 40_000_000), (r"10M\,\text{float32}", 40_000_000), ("1.5亿 bf16", 300_000_000)],
)  # fmt: skip
def test_numbers_of_a_type_are_bytes(text: str, size: int) -> None:
    reading = read_statement(text, ()).right
    assert (reading.value({}), reading.unit) == (size, "byte")


def test_bytes_on_both_sides() -> None:
    statement = read_statement("10M float32 = 40 MB", ["C"], ["MAC"])
    assert [side.reading.unit for side in statement.sides if side.reading] == ["byte", "byte"]


@pytest.mark.parametrize(
    ("text", "readings"), [("≈ 4.2M", "4.2·M or 4.2·10^6"), ("≈ 9 K", "9·K or 9·10^3"), ("1.5G", "")]
)
def test_a_letter_that_is_a_symbol_too_is_refused_with_both_readings(text: str, readings: str) -> None:
    if not readings:
        assert read_statement(text, ["M"]).right.text == "1.5G"
        return
    with pytest.raises(NotationError) as raised:
        read_statement(text, ["M", "K"])
    assert raised.value.problems[0].expected == readings


@pytest.mark.parametrize("text", ["9M", "HW(2C + 9M)", "= 9M", "9M + 1"])
def test_a_letter_that_is_a_symbol_is_no_unit(text: str) -> None:
    assert "M" in read_statement(text, ["M", "H", "W", "C"]).right.names


def test_a_letter_in_a_formula_with_symbols_is_a_symbol_that_is_missing() -> None:
    with pytest.raises(NotationError, match="`M` is no symbol that is known here") as raised:
        read_statement("HW(2C² + 9M)", ["H", "W", "C"])
    assert raised.value.problems[0].excerpt is not None
    assert raised.value.problems[0].excerpt.offset == 10


@pytest.mark.parametrize(
    ("text", "value"), [("1:4", Fraction(1, 4)), ("１：４", Fraction(1, 4)), ("3:2", Fraction(3, 2))]
)
def test_a_ratio_is_a_fraction(text: str, value: Fraction) -> None:
    assert read_statement(text, ["C"]).right.value({}) == value


@pytest.mark.parametrize("text", ["C:4", "1:2:3", "1:", ":4", "1:C"])
def test_a_colon_elsewhere_is_an_error(text: str) -> None:
    with pytest.raises(NotationError, match="`:`"):
        read_statement(text, ["C"])
