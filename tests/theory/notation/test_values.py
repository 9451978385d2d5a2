"""Values of parameters in a book's notation become expressions of the spec language."""

from __future__ import annotations

import pytest

from flopcalc.expression import free_expression
from flopcalc.number import as_text, symbol
from flopcalc.theory.notation.values import expression_text


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("10^6", "10**6"), ("10^{6}", "10**(6)"), ("M²", "M**2"), ("M²N", "M**2*N"), ("4c", "4*c"), ("10M", "10000000"),
        ("4.2 M", "4200000"), ("1.5亿", "150000000"), ("300万", "3000000"), ("4k", "4*k"), (r"\alpha C", "alpha*C"),
        (r"2\lambda C", "2*λ*C"), ("lambda*C", "λ*C"), ("λ*C", "λ*C"), ("h'", "h_prime"), ("h''", "h_prime_prime"),
        ("C_{in}", "C_in"), (r"C_{\text{in}}", "C_in"), ("c₁", "c1"), (r"\frac{C}{2}", "((C)/(2))"),
        (r"\frac{\frac{C}{2}}{3}", "((((C)/(2)))/(3))"), ("√C", "sqrt(C)"), (r"\sqrt{C}", "sqrt(C)"),
        ("⌊C/2⌋", "floor(C/2)"), (r"\lceil C/2 \rceil", "ceil(C/2 )"), ("Ｃ＋１", "C+1"), ("C·M", "C*M"),
        (r"C \times M", "C *M"), ("C−1", "C-1"), ("2⁻¹", "2**(-1)"), ("C÷2", "C/2"),
    ],
)  # fmt: skip
def test_a_value_is_written_as_the_language_has_it(text: str, expression: str) -> None:
    assert expression_text(text) == expression
    free_expression(expression, symbols=symbol)


@pytest.mark.parametrize(
    "text",
    ["C", "4*c", "K//2", "(H - 1)//2", "same", "true", "1/2", "0.5", "1e6", "1.5e3*c", "10**6", "round(alpha*C)",
     "max(C, M)", "a if t == 1 else b", "C == 1 and not D", "'a'", "[3, 1]", "not a", "", "é", "block/file.yaml"],
)  # fmt: skip
def test_what_is_in_the_language_stays_as_it_is(text: str) -> None:
    assert expression_text(text) == text


def test_a_letter_that_is_a_symbol_is_no_unit() -> None:
    assert expression_text("10M", ["M"]) == "10*M"
    assert as_text(free_expression(expression_text("10M"), symbols=symbol)) == "10000000"


@pytest.mark.parametrize(
    "text", ["\\" * 1999, "{" * 1999, "√" * 1999, "²" * 1999, "\\frac{" * 300, "1a" * 900, "' " * 900, "9" * 3000]
)
def test_hostile_values_are_rewritten_at_once(text: str) -> None:
    assert len(expression_text(text)) < 100_000
