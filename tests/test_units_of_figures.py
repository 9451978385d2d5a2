"""Figures with units are exact, know their last digit, and are refused where they are none."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from flopcalc import sweep, verify
from flopcalc.errors import Fault, FlopcalcError, ParameterError
from flopcalc.report import DTYPES as REPORTED
from flopcalc.solving.budgets import read_budget
from flopcalc.solving.result import Budget
from flopcalc.sweeps.conditions import read_condition
from flopcalc.theory.figure import read_figure as quoted_figure
from flopcalc.theory.notation.statement import read_statement
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


SPELLINGS = [
    ("150M", 150_000_000),
    ("4.2 M", 4_200_000),
    ("4.2  M", 4_200_000),
    ("4.2\u00a0M", 4_200_000),
    ("4.M", 4_000_000),
    (".5k", 500),
    ("0.5K", 500),
    ("4.2 million", 4_200_000),
    ("1.5亿", 150_000_000),
    ("3千万", 30_000_000),
    ("37.75e9", 37_750_000_000),
    ("3.5E6", 3_500_000),
    ("2e+6", 2_000_000),
    ("1e3M", 10**9),
    ("10^6", 10**6),
    ("10**6", 10**6),
    ("10⁶", 10**6),
    ("2·10^6", 2_000_000),
    ("2 × 10⁶", 2_000_000),
    ("4_200_000", 4_200_000),
    ("4_2", 42),
]
"""Figures as every command reads them, and what they are."""

BYTES = [
    ("2MB", 2_000_000),
    ("2 MB", 2_000_000),
    ("512KiB", 524_288),
    ("1.5 KiB", 1536),
    ("2PB", 2 * 10**15),
    ("100 字节", 100),
    ("10^6 bytes", 10**6),
    ("1e3 MB", 10**9),
    ("10⁶ bytes", 10**6),
]


@pytest.mark.parametrize(("text", "value", "size"), [(*s, False) for s in SPELLINGS] + [(*s, True) for s in BYTES])
def test_every_command_reads_a_figure_alike(text: str, value: int, size: bool) -> None:
    assert read_figure(text) == Figure(value, read_figure(text).step, "byte" if size else "")
    quoted = quoted_figure(text)  # explain
    assert (quoted.value, quoted.step) == (Fraction(value), Fraction(read_figure(text).step))
    assert quoted.metric == ("size" if size else "")
    counted = "params_bytes" if size else "params"
    assert read_budget("params", f">= {text}") == Budget(counted, ">=", value)  # solve, compare
    assert read_condition(f"params >= {text}", ["params"], {}, {}).bound() == (counted, ">=", value)  # sweep
    claimed = read_statement(f"params ≥ {text}", ["C"], ["params"]).right  # verify
    assert (claimed.value({}), claimed.unit) == (value, "byte" if size else "")


@pytest.mark.parametrize(
    ("text", "value"), [("150m", 150_000_000), ("2mb", 2_000_000), ("3 mio", 3_000_000), ("3 bn", 3 * 10**9)]
)
def test_lower_case_units_are_read_where_no_symbol_can_stand(text: str, value: int) -> None:
    assert quoted_figure(text).value == value
    for read in (read_figure, lambda text: read_budget("params", text), _bound):
        with pytest.raises((Fault, ParameterError)):
            read(text)


@pytest.mark.parametrize("text", ["-3M", "１50M", "42,00", "1.5 X", "1__000M", "1e9999", "4M M", "3 MB/s", "28 %"])
def test_no_command_takes_for_a_figure_what_is_none(text: str) -> None:
    with pytest.raises(ParameterError):
        quoted_figure(text)
    with pytest.raises(ParameterError):
        read_budget("params", text)
    if not text.startswith("-"):  # a condition may hold a difference against a number below 0
        with pytest.raises(ParameterError):
            _bound(text)


def _bound(text: str) -> object:
    return read_condition(f"params <= {text}", ["params"], {}, {}).bound()


def test_signs_of_formulas_are_no_part_of_a_figure() -> None:
    conditions = {"params < 4/2*10^6": 2 * 10**6, "params < 3*10**2**2": 30_000, "params < min(1,200M)": 1}
    for text, value in conditions.items():
        assert read_condition(text, ["params"], {}, {}).bound() == ("params", "<", value)


def test_a_unit_behind_a_power_of_ten_is_not_its_exponents() -> None:
    # 4,231,976 parameters of MobileNet (params in docs/architectures.md) are 16,927,904 bytes in fp32
    assert verify("params <= 10^7 bytes", of="mobilenet_v1").outcome == "refuted"
    assert verify("params <= 10^1 MB", of="mobilenet_v1").outcome == "refuted"
    assert verify("params ≈ 16.9·10^6 bytes", of="mobilenet_v1").outcome == "proved"
    with pytest.raises(FlopcalcError, match="`M` is no symbol"):
        read_statement("flops = 10^6 M·C", ["C"], ["flops"])
