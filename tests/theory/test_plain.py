"""Plain numbers: exact where they are rational, enclosed where they are not, and never wrong about which is greater."""

from __future__ import annotations

import ast
import math
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcalc.errors import Fault
from flopcalc.theory import plain
from flopcalc.theory.plain import NoRealValueError, TooLargeError, compare, plain_formula, plain_value

EXACT: list[tuple[str, dict[str, Any], Any]] = [
    ("17*H*W*C**2", {"H": 2, "W": 3, "C": 5}, 17 * 2 * 3 * 25),
    ("1/O + 1/K**2", {"O": 2, "K": 3}, Fraction(11, 18)),
    ("2*sqrt(B)*sqrt(H)*sqrt(W) + B/(H*W)", {"B": 8, "H": 2, "W": 1}, 12),
    ("sqrt(B)*sqrt(H)/sqrt(2)", {"B": 6, "H": 3}, 3),
    ("B**(1/3)", {"B": 27}, 3),
    ("B**(-2/3)", {"B": Fraction(8, 27)}, Fraction(9, 4)),
    ("0.1 + 0.2", {}, Fraction(3, 10)),
    ("floor(H/2)", {"H": 7}, 3),
    ("floor(-H/2)", {"H": 7}, -4),
    ("ceiling(H/2)", {"H": 7}, 4),
    ("ceil(H/2) + round(H/2)", {"H": 7}, 8),
    ("round(-5/2)", {}, -2),
    ("round_even(5/2) + round_even(7/2)", {}, 6),
    ("Mod(H, 4) + H % 5 + H // 3", {"H": 7}, 3 + 2 + 2),
    ("-H % 4", {"H": 7}, 1),
    ("Max(1, H, 3) - Min(H, 2)", {"H": 7}, 5),
    ("Max(sqrt(2), sqrt(3))**2", {}, 3),
    ("Abs(1 - H)", {"H": 7}, 6),
    ("log(8, 4)", {}, Fraction(3, 2)),
    ("log(1/8, 4)", {}, Fraction(-3, 2)),
    ("floor(log(1000, 10))", {}, 3),
    ("make_divisible(0.35 * 32)", {}, 16),
    ("make_divisible(16 * 0.714, 8, 0, 8)", {}, 8),
    ("make_divisible(x, divisor=4, min=8)", {"x": 3}, 8),
    ("Piecewise((1, H < 3), (2, (H > 3) & (H < 9)), (3, True))", {"H": 7}, 2),
    ("Piecewise((u - 1, Eq(Mod(H + 1/2, 2), 1)), (u, True))", {"H": Fraction(1, 2), "u": 1}, 0),
    ("a if t != 1 else b", {"t": 1, "a": 5, "b": 6}, 6),
    ("1 if H > 3 and not H == 4 or H < 0 else 0", {"H": 7}, 1),
    ("lambda*2", {"lambda": 3}, 6),
    ("λ*2", {"λ": 3}, 6),
    ("lambda*2", {"λ": 3}, 6),
    ("0**0 + 2**-1", {}, Fraction(3, 2)),
    ("(1 + sqrt(2))**0", {}, 1),
    ("1e3 + 1_000", {}, 2000),
    ("floor(10*sqrt(2)*sqrt(8))", {}, 40),
    ("floor((sqrt(2) + sqrt(8))**2)", {}, 18),
    ("floor((sqrt(3) + 1)*(sqrt(3) - 1))", {}, 2),
    ("ceil(1/(sqrt(2) - 1) - sqrt(2))", {}, 1),
    ("floor(sqrt(5 + sqrt(5))**2 - sqrt(5))", {}, 5),
]


@pytest.mark.parametrize(("text", "values", "expected"), EXACT, ids=[row[0] for row in EXACT])
def test_what_is_rational_is_worked_out_exactly(text: str, values: dict[str, Any], expected: Any) -> None:
    value = plain_value(text, values)
    assert compare(value, expected) == 0
    assert not isinstance(value.exact, float)


@pytest.mark.parametrize(
    ("one", "other", "order"),
    [
        ("sqrt(8)", "2*sqrt(2)", 0),
        ("sqrt(2) + sqrt(3)", "sqrt(10)", -1),
        ("sqrt(6)/sqrt(3) - 2**(1/2)", "0", 0),
        ("(sqrt(7) - sqrt(5))*(sqrt(7) + sqrt(5))", "2", 0),
        ("1/(sqrt(3) - sqrt(2))", "sqrt(3) + sqrt(2)", 0),
        ("2**(1/3)*4**(1/3)", "2", 0),
        ("2**(1/3)*2**(1/6)", "sqrt(2)", 0),
        ("sqrt(sqrt(2))", "2**(1/4)", 0),
        ("sqrt(12 + 8*sqrt(2))", "2*sqrt(3 + 2*sqrt(2))", 0),
        ("(2*sqrt(30030))**2", "4*30030", 0),
        ("sqrt(10**40 + 1)", "10**20", 1),
        ("sqrt(10**400 + 1)", "10**200", 1),
        ("log(3)*2", "log(9)", 0),
        ("log(9, 2)", "2*log(3, 2)", 0),
        ("log(6) - log(2/5)", "log(15)", 0),
        ("log(3, 2)", "1.5849625007", 1),
        ("2**sqrt(2)", "2.665144142", 1),
        ("2**sqrt(2)", "2.665144143", -1),
        ("2**(1/1000)", "1.0006933874", 1),
        ("2**(1/1000)", "1.0006933875", -1),
        ("exp(1)", "2.718281828", 1),
        ("exp(-1)", "0.3678794412", -1),
        ("7**(13/100)*7**(87/100)", "7", 0),
    ],
)
def test_numbers_are_ordered_only_where_that_is_certain(one: str, other: str, order: int) -> None:
    found = compare(plain_value(one, {}), plain_value(other, {}))
    assert found == order
    assert compare(plain_value(other, {}), plain_value(one, {})) == -order


def test_a_division_by_zero_is_one_whatever_zero_looks_like() -> None:
    for text in ("1/(2 - 2)", "1/(sqrt(8) - 2*sqrt(2))", "0**(-1)", "(2 - sqrt(4))**(-1/2)", "7 % 0", "7 // (1 - 1)"):
        with pytest.raises(ZeroDivisionError):
            plain_value(text, {})


@pytest.mark.parametrize("text", ["sqrt(1 - 2)", "log(0)", "log(2, -1)", "(-8)**(1/3)", "sqrt(sqrt(2) - sqrt(3))"])
def test_what_has_no_real_value_is_an_error(text: str) -> None:
    with pytest.raises(NoRealValueError):
        plain_value(text, {})


@pytest.mark.parametrize(
    "text", ["10**10**10", "2**100001", "9**9**9**9", "(1 + sqrt(2))**999999", "exp(10**9)", "exp(30000)"]
)
def test_what_is_too_large_is_refused_before_it_is_made(text: str) -> None:
    with pytest.raises(TooLargeError):
        plain_value(text, {})


@pytest.mark.parametrize(
    "text",
    ["", "C", "C +", "C; D", "__import__('os')", "f(2)", "'a'", "[1]", "C.real", "lambda: 3", "1if 2else 3", "2 << 3",
     "(" * 5000, "-" * 5000 + "1", "sqrt(" * 300 + "2" + ")" * 300, "1" * 5000, "sqrt(1, 2)", "1 < 2", "True + 1",
     "1 & 2", "1 is 1", "Piecewise(1)", "max(*C)", "1j", "oo", "make_divisible(3, x=2)"],
    ids=lambda text: text[:16],
)  # fmt: skip
def test_what_is_no_formula_is_refused_in_words(text: str) -> None:
    with pytest.raises(Fault) as raised:
        plain_value(text, {"D": 1})
    assert len(raised.value.what) < 500


def test_long_sums_and_products_are_no_deep_trees() -> None:
    assert plain_value("+".join(["C*2"] * 600), {"C": 2}).exact == 2400
    assert plain_value("C" + "*C" * 600, {"C": 1}).exact == 1
    assert compare(plain_value(" + ".join(["sqrt(C)"] * 600), {"C": 2}), plain_value("600*sqrt(2)", {})) == 0


def test_no_part_of_the_symbolic_road_is_imported() -> None:
    tree = ast.parse(Path(plain.__file__).read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {module for module in modules if module and module.startswith("flopcalc")}
    assert ours == {"flopcalc.dataclass", "flopcalc.errors"}
    code = (
        "import sys; from flopcalc.theory.plain import *; plain_value('sqrt(2)', {}); sys.exit('sympy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("degree", [2, 3, 5, 32])
def test_whole_roots_are_the_greatest_whole_numbers_below(degree: int) -> None:
    for value in [*range(200), 3**degree - 1, 3**degree, 10**40, 10**40 - 1]:
        root = plain._root(value, degree)
        assert root**degree <= value < (root + 1) ** degree


def test_floors_of_roots_are_those_of_whole_numbers() -> None:
    for value in range(1, 400):
        assert plain_value("floor(sqrt(n))", {"n": value}).exact == math.isqrt(value)
        assert plain_value("ceil(n*sqrt(2))", {"n": value}).exact == math.isqrt(2 * value * value) + 1


def _trees(depth: int = 3) -> st.SearchStrategy[str]:
    leaf = st.one_of(
        st.integers(1, 30).map(str),
        st.fractions(min_value=Fraction(1, 9), max_value=9, max_denominator=9).map(lambda value: f"({value})"),
    )
    if depth == 0:
        return leaf
    inner = _trees(depth - 1)
    return st.one_of(
        leaf,
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(lambda parts: f"({''.join(parts)})"),
        inner.map(lambda text: f"sqrt(abs({text}))"),
        st.tuples(inner, st.sampled_from(["2", "3", "(-1)", "(1/3)", "(3/2)"])).map(
            lambda parts: f"abs({parts[0]})**{parts[1]}"
        ),
        st.tuples(inner, inner).map(lambda parts: f"max({parts[0]}, {parts[1]})"),
    )


def _measured(text: str) -> Any:
    """Return the value to a hundred digits, by another library's arithmetic."""
    from mpmath import mp

    mp.dps = 100

    def of(node: ast.expr) -> Any:
        if isinstance(node, ast.Constant):
            return mp.mpf(node.value)
        if isinstance(node, ast.UnaryOp):
            return -of(node.operand)
        if isinstance(node, ast.Call):
            assert isinstance(node.func, ast.Name)
            return {"sqrt": mp.sqrt, "abs": abs, "max": max}[node.func.id](*map(of, node.args))
        assert isinstance(node, ast.BinOp)
        left, right = of(node.left), of(node.right)
        if isinstance(node.op, ast.Div):
            if abs(right) < mp.mpf(10) ** -80:
                raise ZeroDivisionError
            return left / right
        if isinstance(node.op, ast.Pow):
            if abs(left) < mp.mpf(10) ** -80 and right < 0:
                raise ZeroDivisionError
            return left**right
        return (
            left + right
            if isinstance(node.op, ast.Add)
            else left - right
            if isinstance(node.op, ast.Sub)
            else left * right
        )

    return of(ast.parse(text, mode="eval").body)


@settings(max_examples=400, deadline=None)
@given(text=_trees())
def test_every_value_lies_in_its_enclosure(text: str) -> None:
    from mpmath import mpf

    try:
        value = plain_value(text, {})
    except (ZeroDivisionError, Fault):
        return
    try:
        low, high = value.bounds(200)
    except Fault:
        return
    measured = _measured(text)
    slack = mpf(10) ** -70 * (1 + abs(measured))
    assert mpf(low.numerator) / low.denominator - slack <= measured <= mpf(high.numerator) / high.denominator + slack
    assert high - low <= Fraction(max(1, abs(high)), 2**199)


@settings(max_examples=300, deadline=None)
@given(one=_trees(), other=_trees())
def test_no_order_is_told_that_another_library_contradicts(one: str, other: str) -> None:
    from mpmath import mpf

    try:
        order = compare(plain_value(one, {}), plain_value(other, {}))
        a, b = _measured(one), _measured(other)
    except (ZeroDivisionError, Fault):
        return
    if abs(a - b) < mpf(10) ** -60 * (1 + abs(a)):
        assert order in (0, None)
    else:
        assert order == (1 if a > b else -1)


def test_a_formula_is_read_once_for_many_values() -> None:
    formula = plain_formula("C*sqrt(H) + lambda")
    assert set(formula.names) == {"C", "H", "λ"}
    assert formula.value({"C": 2, "H": 9, "lambda": 1}).exact == 7
