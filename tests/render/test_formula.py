"""Formulas as a textbook sets them: the same value in every style, in one order, in valid LaTeX."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import ITE, Abs, And, Eq, Max, Min, Mod, Ne, Not, Or, Piecewise, Rational, ceiling, floor, log, sqrt

from flopcalc.number import symbol
from flopcalc.render.formula import ASCII, LATEX, formula

C, K, O, H, W, n = (symbol(name) for name in "CKOHWn")  # noqa: E741
alpha, rho = symbol("alpha", real=True), symbol("rho", real=True)
x = sympy.Symbol("x", real=True)

KINDS: list[tuple[Any, str, str, str]] = [
    (C, "C", "C", "C"),
    (7, "7", "7", "7"),
    (-7, "-7", "-7", "-7"),
    (Fraction(3, 2), "3/2", "3/2", r"\frac{3}{2}"),
    (Fraction(-3, 2), "-3/2", "-3/2", r"-\frac{3}{2}"),
    (sympy.Integer(-7), "-7", "-7", "-7"),
    (Rational(-3, 2), "-3/2", "-3/2", r"-\frac{3}{2}"),
    (K**2 * C, "K²·C", "K^2*C", r"K^{2}C"),
    (17 * symbol("M") ** 2 * H * W, "17·M²·H·W", "17*M^2*H*W", "17HWM^{2}"),
    (alpha * x, "α·x", "alpha*x", r"\alpha x"),
    (C * symbol("MAC"), "C·MAC", "C*MAC", r"C\,\mathrm{MAC}"),
    (C / 2 * (C / O + 1), "C·(1 + C/O)/2", "C*(1 + C/O)/2", r"\frac{C\left(1 + \frac{C}{O}\right)}{2}"),
    (C**12, "C¹²", "C^12", "C^{12}"),
    (3 * C + 1, "3·C + 1", "3*C + 1", r"3C + 1"),
    (C - O, "C - O", "C - O", "C - O"),
    (-C - O, "-C - O", "-C - O", "-C - O"),
    (-(C**2), "-C²", "-C^2", "-C^{2}"),
    (1 - C, "-C + 1", "-C + 1", "-C + 1"),
    (C * O / 2 + 3, "C·O/2 + 3", "C*O/2 + 3", r"\frac{CO}{2} + 3"),
    (Rational(-3, 4) * C + 1, "-3·C/4 + 1", "-3*C/4 + 1", r"-\frac{3C}{4} + 1"),
    (1 / C, "1/C", "1/C", r"\frac{1}{C}"),
    (1 / (C + 1), "1/(C + 1)", "1/(C + 1)", r"\frac{1}{C + 1}"),
    (C**-2, "1/C²", "1/C^2", r"\frac{1}{C^{2}}"),
    (C / (H * W), "C/(H·W)", "C/(H*W)", r"\frac{C}{HW}"),
    ((C + 1) / (H + 1), "(C + 1)/(H + 1)", "(C + 1)/(H + 1)", r"\frac{C + 1}{H + 1}"),
    (H * (C + 1) / O, "H·(C + 1)/O", "H*(C + 1)/O", r"\frac{H(C + 1)}{O}"),
    ((C - O) * H, "H·(C - O)", "H*(C - O)", r"H(C - O)"),
    (-O * (H + 1), "-O·(H + 1)", "-O*(H + 1)", r"-O(H + 1)"),
    ((C + 1) ** 2, "(C + 1)²", "(C + 1)^2", r"(C + 1)^{2}"),
    (C**n, "C^n", "C^n", "C^{n}"),
    (C ** (n + 1), "C^(n + 1)", "C^(n + 1)", "C^{n + 1}"),
    (2 ** (-n), "2^(-n)", "2^(-n)", "2^{-n}"),
    (2 * 3**n, "2·3^n", "2*3^n", r"2 \cdot 3^{n}"),
    (Rational(1, 2) ** n, "(1/2)^n", "(1/2)^n", r"\left(\frac{1}{2}\right)^{n}"),
    (C ** Rational(1, 3), "C^(1/3)", "C^(1/3)", r"C^{\frac{1}{3}}"),
    (sqrt(C), "√C", "sqrt(C)", r"\sqrt{C}"),
    (sqrt(C + 1) * H, "H·√(C + 1)", "H*sqrt(C + 1)", r"H\sqrt{C + 1}"),
    (C / sqrt(H), "C/√H", "C/sqrt(H)", r"\frac{C}{\sqrt{H}}"),
    (sqrt(2), "√2", "sqrt(2)", r"\sqrt{2}"),
    (log(3), "log(3)", "log(3)", r"\log(3)"),
    (log(C) / log(2), "log(C)/log(2)", "log(C)/log(2)", r"\frac{\log(C)}{\log(2)}"),
    (floor(C / 2) ** 2, "⌊C/2⌋²", "floor(C/2)^2", r"\left\lfloor \frac{C}{2} \right\rfloor^{2}"),
    (ceiling(alpha * C), "⌈C·α⌉", "ceil(C*alpha)", r"\left\lceil C\alpha \right\rceil"),
    (
        floor(floor(C / 2) * alpha),
        "⌊α·⌊C/2⌋⌋",
        "floor(alpha*floor(C/2))",
        r"\left\lfloor \alpha\left\lfloor \frac{C}{2} \right\rfloor \right\rfloor",
    ),
    (Max(C, O) * H, "H·max(C, O)", "H*max(C, O)", r"H\max(C, O)"),
    (Min(alpha, 1), "min(α, 1)", "min(alpha, 1)", r"\min(\alpha, 1)"),
    (Max(C + 1, 2 * O), "max(2·O, C + 1)", "max(2*O, C + 1)", r"\max(2O, C + 1)"),
    (Mod(C, 8) + 1, "mod(C, 8) + 1", "mod(C, 8) + 1", r"\operatorname{mod}(C, 8) + 1"),
    (Abs(x), "abs(x)", "abs(x)", r"\operatorname{abs}(x)"),
    (
        2 * Piecewise((C, C < O), (O + 1, True)),
        "2·(C if C < O else O + 1)",
        "2*(C if C < O else O + 1)",
        r"2\left(\begin{cases} C & \text{if } C < O \\ O + 1 & \text{otherwise} \end{cases}\right)",
    ),
    (
        Piecewise((C, ITE(K > 5, C > 5, Not(Eq(Mod(C, 2), 1) & (C > 3)))), (O, True)),
        "(C if (C > 5 if K > 5 else (not (C > 3 and mod(C, 2) = 1))) else O)",
        "(C if (C > 5 if K > 5 else (not (C > 3 and mod(C, 2) = 1))) else O)",
        r"\begin{cases} C & \text{if } (C > 5 \text{ if } K > 5 \text{ else } (\text{ not } "
        r"(C > 3 \text{ and } \operatorname{mod}(C, 2) = 1))) "
        r"\\ O & \text{otherwise} \end{cases}",
    ),
    (
        Piecewise((1, And(C > 3, Ne(O, 2))), (2, Or(Eq(Mod(C, 2), 1), C >= O)), (3, True)),
        "(1 if C > 3 and O ≠ 2 else 2 if C ≥ O or mod(C, 2) = 1 else 3)",
        "(1 if C > 3 and O != 2 else 2 if C >= O or mod(C, 2) = 1 else 3)",
        r"\begin{cases} 1 & \text{if } C > 3 \text{ and } O \neq 2 \\ 2 & \text{if } C \geq O \text{ or } "
        r"\operatorname{mod}(C, 2) = 1 \\ 3 & \text{otherwise} \end{cases}",
    ),
]


@pytest.mark.parametrize(("value", "unicode", "ascii", "latex"), KINDS, ids=lambda item: str(item)[:40])
def test_every_kind_of_node_is_written_in_every_style(value: Any, unicode: str, ascii: str, latex: str) -> None:
    assert (formula(value), formula(value, ASCII), formula(value, LATEX)) == (unicode, ascii, latex)


@pytest.mark.parametrize(
    ("name", "unicode", "latex"),
    [
        ("alpha", "α", r"\alpha"),
        ("lamda", "λ", r"\lambda"),
        ("α", "α", r"\alpha"),
        ("rho_1", "ρ_1", r"\rho_{1}"),
        ("c1", "c1", "c_{1}"),
        ("C_in", "C_in", r"C_{\mathrm{in}}"),
        ("C_in_2", "C_in_2", r"C_{\mathrm{in},2}"),
        ("channels", "channels", r"\mathrm{channels}"),
        ("channels2_k", "channels2_k", r"\mathrm{channels}_{2,k}"),
        ("H", "H", "H"),
    ],
)
def test_symbols_are_greek_letters_or_words_and_latex_sets_their_indices(name: str, unicode: str, latex: str) -> None:
    assert formula(symbol(name)) == unicode
    assert formula(symbol(name), ASCII) == name
    assert formula(symbol(name), LATEX) == latex


def test_products_name_the_kernel_then_channels_then_height_and_width() -> None:
    assert formula(W * H * O * C * K**2) == "K²·C·O·H·W"
    assert formula(symbol("width") * symbol("channels") * symbol("kernel")) == "kernel·channels·width"


def test_factors_stand_in_the_order_in_which_the_spec_declares_them() -> None:
    t, a = symbol("t"), symbol("a")
    assert formula(a * t * C, order=("t", "C", "a")) == "t·C·a"
    assert formula(a * t * C) == "C·a·t"


def test_sums_begin_with_the_term_of_highest_degree_and_then_of_the_larger_map() -> None:
    value = 1 + C * O + C * H * W + K**2 * C * H * W + C
    assert formula(value) == "K²·C·H·W + C·H·W + C·O + C + 1"


def test_the_textbooks_separable_convolution_reads_as_in_the_textbook() -> None:
    assert formula(K**2 * C + C * O) == "K²·C + C·O"
    assert formula(K**2 * C * H * W + C * O * H * W) == "K²·C·H·W + C·O·H·W"


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), ("word", "word"), ((1, C), "[1, C]"), ((), "[]"), ({"a": 1}, "{a: 1}")],
)
def test_values_that_are_no_numbers_are_written_as_words_and_lists(value: Any, text: str) -> None:
    assert formula(value) == text


# -- the value is the same -------------------------------------------------------------------------------------------

atoms = st.one_of(st.sampled_from([C, K, O, H, alpha, rho]), st.integers(1, 9).map(sympy.Integer))


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda pair: pair[0] + pair[1]),
        pairs.map(lambda pair: pair[0] - pair[1]),
        pairs.map(lambda pair: pair[0] * pair[1]),
        pairs.map(lambda pair: pair[0] / (pair[1] ** 2 + 1)),
        st.tuples(inner, st.integers(2, 3)).map(lambda pair: pair[0] ** pair[1]),
        inner.map(lambda value: floor(value / 2)),
        inner.map(lambda value: ceiling(value / 3)),
        pairs.map(lambda pair: Max(*pair)),
        pairs.map(lambda pair: Piecewise((pair[0], pair[1] > 5), (pair[1], True))),
        inner.map(lambda value: sqrt(value**2 + 1)),
    )


expressions = st.recursive(atoms, _grown, max_leaves=8)

VALUES = {"C": Fraction(7), "K": Fraction(3), "O": Fraction(10), "H": Fraction(5), "alpha": Fraction(1, 2)}
VALUES["rho"] = Fraction(5, 7)


def evaluated(text: str) -> float:
    """Compute an ASCII formula; what it calls and how it writes powers is Python's, but for the sign."""
    import math

    functions = {"floor": math.floor, "ceil": math.ceil, "max": max, "min": min, "sqrt": lambda value: math.sqrt(value)}
    return float(eval(text.replace("^", "**").replace(" = ", " == "), {"__builtins__": {}}, {**functions, **VALUES}))


@settings(max_examples=150, deadline=None)
@given(expressions)
def test_a_written_formula_has_the_value_of_the_expression(value: Any) -> None:
    exact = value.subs({symbol_: Rational(str(VALUES[symbol_.name])) for symbol_ in value.free_symbols})
    assert evaluated(formula(value, ASCII)) == pytest.approx(float(exact), rel=1e-9)


@settings(max_examples=100, deadline=None)
@given(expressions)
def test_unicode_and_ascii_differ_in_their_signs_alone(value: Any) -> None:
    raised = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda match: "^" + match[0].translate(raised), formula(value))
    for signs in ("⌊floor(⌋)", "⌈ceil(⌉)"):
        text = text.replace(signs[0], signs[1:-2]).replace(signs[-2], ")")
    for sign, spelt in {"·": "*", "α": "alpha", "ρ": "rho", "≥": ">=", "≤": "<=", "≠": "!="}.items():
        text = text.replace(sign, spelt)
    text = re.sub(r"√(\w+)", r"sqrt(\1)", text).replace("√(", "sqrt(")
    assert text == formula(value, ASCII)


@settings(max_examples=100, deadline=None)
@given(expressions)
def test_latex_is_balanced(value: Any) -> None:
    text = formula(value, LATEX)
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")
    assert text.count(r"\begin{cases}") == text.count(r"\end{cases}")
    assert not re.search(r"[·²√⌊α]|\*", text)
    depth = 0
    for character in text:
        depth += (character == "{") - (character == "}")
        assert depth >= 0


def test_what_a_formula_repeats_is_written_once() -> None:
    # ((H//2)//2)//2 …: each side holds all sides before it, and every column of a table has them all.
    from flopcalc.render import formula as module

    side = symbol("H")
    sides = [side := floor(side / 2 + 1) for _ in range(12)]
    module._printer.cache_clear()
    for _ in range(5):
        for each in sides:
            formula(each * each, ASCII, ("H",))
    written = module._printer(ASCII, ("H",)).write.cache_info()  # type: ignore[attr-defined]
    assert written.misses < 60
