"""Formulas come out as the papers print them, and stay what they are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcalc import analyze
from flopcalc.number import symbol
from flopcalc.render.formula import BOOK, formula
from flopcalc.theory.equivalence import is_zero
from flopcalc.theory.textbook import MOST_TERMS, textbook

PRINTED = [
    # block, metric, as its paper prints it, source
    ("resnet_bottleneck", "flops", "HW(2CM + 9M²)", "arXiv:1707.01083, section 3.2"),
    ("resnext_bottleneck", "flops", "HW(2CM + 9M²/g)", "arXiv:1707.01083, section 3.2"),
    ("shufflenet_v1_unit", "flops", "HW(2CM/g + 9M)", "arXiv:1707.01083, section 3.2"),
    ("resnet_bottleneck:C=4*c,M=c", "flops", "17HWc²", "the bottleneck at a quarter of its width"),
    ("resnet_basic", "flops", "18HWC²", "two 3×3 convolutions"),
    ("separable_conv", "flops", "HW(K²C + CO)", "arXiv:1704.04861, equation 5"),
    ("conv", "flops", "HWK²CO", "arXiv:1704.04861, equation 2"),
    ("pointwise_conv", "mac", "HW(C + O) + CO", "arXiv:1807.11164, guideline 1"),
    ("squeeze_excite", "weights", "2C²/r", "arXiv:1709.01507, equation 5"),
    ("fire_module", "weights", "Cs + se₁ + 9se₃", "arXiv:1602.07360, section 3"),
]


@pytest.mark.parametrize(("block", "metric", "printed", "source"), PRINTED, ids=[row[0] for row in PRINTED])
def test_a_block_costs_what_its_paper_prints(block: str, metric: str, printed: str, source: str) -> None:
    report = analyze(block)
    assert source
    assert formula(textbook(getattr(report.totals, metric)), BOOK, tuple(report.parameters)) == printed


def test_a_formula_is_put_together_once_however_many_widths_a_table_is_tried_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    c, m, h = symbol("C"), symbol("M"), symbol("H")
    value = 2 * c * m * h + 31 * h * m**2
    first = textbook(value)
    monkeypatch.setattr("sympy.together", None)
    assert textbook(2 * c * m * h + 31 * h * m**2) == first


def test_the_ratio_of_separable_to_full_is_the_books_sum() -> None:
    ratio = analyze("separable_conv").totals.flops / analyze("conv").totals.flops
    assert formula(textbook(ratio), BOOK) == "1/O + 1/K²"


def test_a_ratio_over_a_sum_stays_one_fraction_in_lowest_terms() -> None:
    C, M, g = (symbol(name) for name in "CMg")
    ratio = (2 * C * M + 9 * M**2 / g) / (2 * C * M + 9 * M**2)
    assert formula(textbook(ratio), BOOK, "CMg") == "(2Cg + 9M)/(g(2C + 9M))"


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-9, 9).filter(bool), *(st.integers(-1, 2) for _ in range(5))), min_size=1, max_size=5
    )
)
def test_the_form_changes_and_the_value_does_not(terms: list[tuple[int, ...]]) -> None:
    names = [symbol(name) for name in ("C", "H", "W", "K", "h1")]
    value: Any = 0
    for coefficient, *powers in terms:
        term: Any = coefficient
        for name, power in zip(names, powers, strict=True):
            term = term * name**power
        value = value + term
    assert is_zero(textbook(value) - value)


def test_numbers_and_networks_of_hundreds_of_terms_are_left_as_they_are() -> None:
    assert textbook(12) == 12
    C = symbol("C")
    long = sum(C**power for power in range(MOST_TERMS + 5))
    assert textbook(long) == long


def test_names_of_several_letters_are_kept_apart() -> None:
    wide, C = symbol("wide_out"), symbol("C")
    assert formula(wide * C * 2, BOOK) == "2·wide_out·C"
    assert formula(symbol("K_H") * symbol("O"), BOOK) == "K_H·O"
    assert formula(symbol("c1") * symbol("c2"), BOOK) == "c₁c₂"
    assert formula(symbol("alpha", real=True) * C, BOOK) == "Cα"
