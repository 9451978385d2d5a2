"""Whole networks as closed formulas: polynomials whose values are the exact integers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import sympy

from flopcalc import analyze
from flopcalc.errors import FlopcalcError
from flopcalc.report import METRICS, Report


def assert_polynomial(report: Report, names: set[str]) -> None:
    """Check that every total is a polynomial, and that only the parameters are free in it."""
    for metric in METRICS:
        total = sympy.sympify(getattr(report.totals, metric))
        assert total.is_polynomial(*total.free_symbols)
        assert {str(symbol) for symbol in total.free_symbols} <= names


def assert_same_values(report: Report, numbers: Report, values: dict[str, Any]) -> None:
    """Check that each total and each layer's costs become those of the numeric report."""
    for formula, number in [(report.totals, numbers.totals), *zip(report.layers, numbers.layers, strict=True)]:
        for metric in METRICS:
            total = sympy.sympify(getattr(formula, metric))
            put = {symbol: sympy.Rational(str(values[str(symbol)])) for symbol in total.free_symbols}
            assert total.subs(put) == getattr(number, metric), (formula, metric)


# where every rounding of the network is the identity, the ideal reading is exact
EXACT = [
    ("mobilenet_v1", ("alpha", "rho"), (), {"alpha": Fraction(1, 2), "rho": Fraction(4, 7)}),
    ("mobilenet_v1", ("alpha", "rho"), (), {"alpha": 1, "rho": 1}),
    ("mobilenet_v1", ("alpha", "rho"), (), {"alpha": Fraction(3, 4), "rho": Fraction(6, 7)}),
    ("mobilenet_v1", ("alpha", "classes"), (), {"alpha": 2, "classes": 10}),
    ("mobilenet_v2", ("alpha",), ("alpha <= 1",), {"alpha": 1}),
    ("mobilenet_v2", ("alpha",), ("alpha >= 1",), {"alpha": 2}),
    ("mobilenet_v2", ("alpha", "rho"), ("alpha >= 1",), {"alpha": 3, "rho": Fraction(3, 7)}),
    ("mobilenet_v2", ("rho", "classes"), (), {"rho": Fraction(5, 7), "classes": 7}),
    ("resnet50", ("resolution", "classes"), (), {"resolution": 224, "classes": 1000}),
    ("resnet50", ("resolution", "classes"), (), {"resolution": 64, "classes": 10}),
    ("resnet50", ("width", "resolution"), (), {"width": 2, "resolution": 96}),
    ("resnet18", ("resolution", "classes"), (), {"resolution": 128, "classes": 3}),
    ("shufflenet_v2_x1_0", ("resolution", "classes"), (), {"resolution": 160, "classes": 100}),
]


@pytest.mark.parametrize(("spec", "symbols", "assume", "values"), EXACT)
def test_the_formula_of_a_network_is_a_polynomial_with_the_exact_integers_as_its_values(
    spec: str, symbols: tuple[str, ...], assume: tuple[str, ...], values: dict[str, Any]
) -> None:
    report = analyze(spec, symbolic=symbols, assume=assume)
    assert_polynomial(report, set(symbols))
    assert_same_values(report, analyze(spec, **values), values)


def test_mobilenet_v1_has_the_closed_form_of_its_paper() -> None:
    """Equation 7 of arXiv:1704.04861, added up over Table 1 by hand, and the classifier."""
    report = analyze("mobilenet_v1", symbolic=("alpha", "rho"))
    alpha, rho = (sympy.Symbol(name, positive=True) for name in ("alpha", "rho"))
    side, channels, madds = 112, 32, 9 * 3 * 32 * alpha * (112 * rho) ** 2
    table = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
    for out, stride in table:
        side //= stride
        madds += (9 * channels * alpha + alpha**2 * channels * out) * (side * rho) ** 2
        channels = out
    assert sympy.expand(report.totals.madds - madds - 1024 * alpha * 1000) == 0


def test_a_maximum_that_the_symbols_leave_open_asks_for_an_assumption() -> None:
    with pytest.raises(FlopcalcError) as caught:
        analyze("mobilenet_v2", symbolic=("alpha",))
    assert "--assume" in str(caught.value)
    assert "alpha" in str(caught.value)


def test_each_side_of_the_maximum_has_a_formula_of_its_own() -> None:
    narrow, wide = (
        analyze("mobilenet_v2", symbolic=("alpha",), assume=(f"alpha {sign} 1",)).totals.params for sign in ("<=", ">=")
    )
    (alpha,) = sympy.sympify(narrow).free_symbols
    difference = sympy.expand(wide - narrow)
    assert difference.subs(alpha, 1) == 0
    assert difference.subs(alpha, 2) > 0


def test_parameters_with_choices_stay_words_and_numbers() -> None:
    for spec, name in (("shufflenet_v2", "scale"), ("resnet", "depth"), ("resnet", "stride_at")):
        with pytest.raises(FlopcalcError, match=f"{name} cannot be a symbol"):
            analyze(spec, symbolic=(name,))
