"""CSV: what a user's text holds is never a formula of a spreadsheet's."""

from __future__ import annotations

import csv
import io

import pytest

from flopcalc.render.csv import rows_as_csv


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|x!A", "-2+3+cmd|' /C calc'!A0", "\t=1", "-'x'!A1"])
def test_a_text_that_a_spreadsheet_would_run_stands_behind_an_apostrophe(text: str) -> None:
    (row,) = csv.reader(io.StringIO(rows_as_csv([["name", text]]), newline=""))
    assert row == ["name", "'" + text]


@pytest.mark.parametrize("text", ["", "conv 3x3", "-1", "-0.25", "+3", "-5/7", "-C*H*W + 2*C**2", "a=b", "3x8x8"])
def test_numbers_formulas_and_other_texts_stay_what_they_are(text: str) -> None:
    (row,) = csv.reader(io.StringIO(rows_as_csv([["name", text]]), newline=""))
    assert row == ["name", text]


def test_a_carriage_return_breaks_no_row() -> None:
    assert rows_as_csv([["name", "a\r=1"]]) == "name,a\\r=1\n"
