"""Numbers are exact until they are shown, and what is shown is the nearest number of its digits."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcalc.render.units import exact_number, human_bytes, human_number, percent, rounded

UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18}

rationals = st.one_of(st.integers(-(10**25), 10**25), st.fractions(-(10**9), 10**9, max_denominator=10**6))


def read(text: str) -> Fraction:
    """Return the number that a text with a unit stands for."""
    digits, _, unit = text.partition(" ")
    return Fraction(digits) * UNITS[unit]


def significant(text: str) -> int:
    """Return how many digits a text shows."""
    return len(text.partition(" ")[0].partition("e")[0].lstrip("-").replace(".", ""))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1, "1"),
        (999, "999"),
        (1000, "1.000 k"),
        (1001, "1.001 k"),
        (9_999, "9.999 k"),
        (9_999_499, "9.999 M"),
        (9_999_500, "10.00 M"),
        (99_995, "100.0 k"),
        (999_949, "999.9 k"),
        (999_950, "1.000 M"),
        (999_999, "1.000 M"),
        (1_000_000, "1.000 M"),
        (568_740_352, "568.7 M"),
        (999_950_000_000, "1.000 T"),
        (-999_950, "-1.000 M"),
        (10**18, "1.000 E"),
        (999_949 * 10**15, "999.9 E"),
        (999_950 * 10**15, "1.000e21"),
        (99_999 * 10**20, "1.000e25"),
        (10**30, "1.000e30"),
        (Fraction(3, 2), "1.50"),
        (Fraction(1, 3), "0.33"),
        (Fraction(4001, 4), "1.000 k"),
    ],
)
def test_a_number_is_shown_with_four_digits_and_a_unit_in_which_it_stays_below_a_thousand(
    value: int | Fraction, text: str
) -> None:
    assert human_number(value) == text


@given(rationals)
def test_what_is_shown_is_within_half_of_its_last_digit(value: int | Fraction) -> None:
    text = human_number(value)
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        shown, unit = Fraction(mantissa) * 10 ** int(exponent), 10 ** int(exponent)
    else:
        shown, unit = read(text), UNITS[text.partition(" ")[2]]
    decimals = len(text.partition(" ")[0].partition("e")[0].partition(".")[2])
    assert abs(shown - value) <= Fraction(unit, 2 * 10**decimals)


@given(st.integers(1000, 10**24))
def test_four_digits_are_shown_from_a_thousand_on(value: int) -> None:
    assert significant(human_number(value)) == 4


@given(st.integers(0, 10**22), st.integers(0, 10**22))
def test_a_greater_number_is_never_shown_as_a_lesser_one(a: int, b: int) -> None:
    def shown(value: int) -> Fraction:
        text = human_number(value)
        return Fraction(text.replace(" ", "")) if "e" in text else read(text)

    low, high = sorted((a, b))
    assert shown(low) <= shown(high)


@given(st.integers(0, 10**20))
def test_bytes_have_the_digits_of_numbers(value: int) -> None:
    assert human_bytes(value).removesuffix("B").strip() == human_number(value)


def test_half_a_byte_of_four_bit_elements_is_shown() -> None:
    assert human_bytes(Fraction(3, 2)) == "1.50 B"
    assert human_bytes(12) == "12 B"
    assert human_bytes(36_515_264) == "36.52 MB"


@given(st.integers(-(10**30), 10**30))
def test_exact_numbers_lose_no_digit(value: int) -> None:
    assert int(exact_number(value).replace(",", "")) == value


def test_exact_fractions_keep_numerator_and_denominator() -> None:
    assert exact_number(Fraction(12345, 2)) == "12,345/2"


@given(rationals, st.integers(0, 6))
def test_rounding_is_to_the_nearest_and_half_to_even(value: int | Fraction, decimals: int) -> None:
    assert Fraction(rounded(value, decimals)) == round(Fraction(value), decimals)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1, "100.00"),
        (Fraction(1, 3), "33.33"),
        (Fraction(2, 3), "66.67"),
        (Fraction(1, 10**9), "0.00"),
        (Fraction(99999, 100000), "100.00"),
        (Fraction(-1, 4), "-25.00"),
        (Fraction(1, 800), "0.12"),
        (Fraction(3, 800), "0.38"),
    ],
)
def test_shares_have_two_decimals_and_nothing_at_all_is_a_bare_zero(value: int | Fraction, text: str) -> None:
    assert percent(value) == text
