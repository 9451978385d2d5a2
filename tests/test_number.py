"""Exact numbers: rationals, symbols, rounding, proofs of order, and sums in closed form."""

from __future__ import annotations

import decimal
import itertools
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from flopcalc import number
from flopcalc.errors import Fault
from flopcalc.number import (
    Arithmetic,
    Number,
    Relation,
    UndecidedTurn,
    as_text,
    divide,
    exact,
    expanded,
    is_rational,
    is_symbolic,
    normal,
    readable,
    summed,
    symbol,
    total,
    turn_symbol,
)

C, O, K = symbol("C"), symbol("O"), symbol("K")  # noqa: E741
ALPHA = symbol("alpha", real=True)
IDEAL = Arithmetic()
EXACT = Arithmetic(exact_rounding=True)


def half(value: int) -> Fraction:
    return Fraction(value, 2)


# -- what is a number ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3),
        (0.714, Fraction(357, 500)),
        (1e-3, Fraction(1, 1000)),
        (1e22, 10**22),
        (2.0, 2),
        (-0.0, 0),
        (Fraction(6, 3), 2),
        (Fraction(4, 7), Fraction(4, 7)),
        (Decimal("0.714"), Fraction(357, 500)),
        (Decimal("1e-3"), Fraction(1, 1000)),
        (sympy.Integer(5), 5),
        (sympy.Rational(5, 10), Fraction(1, 2)),
    ],
)
def test_a_python_number_is_read_as_the_decimal_that_it_prints(value: object, expected: Number) -> None:
    result = exact(value)
    assert result == expected
    assert type(result) is type(expected)


def test_numpy_numbers_are_read_as_the_decimals_that_they_print() -> None:
    numpy = pytest.importorskip("numpy")
    assert exact(numpy.int64(7)) == 7
    assert exact(numpy.uint8(7)) == 7
    assert exact(numpy.float64(0.714)) == Fraction(357, 500)
    assert exact(numpy.float32(0.714)) == Fraction(357, 500)
    assert exact(numpy.float16(0.5)) == Fraction(1, 2)
    with pytest.raises(Fault, match="finite"):
        exact(numpy.float32("nan"))


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, Decimal("nan"), Decimal("inf"), Decimal("1e99999"), True, None, "3", [1]]
)
def test_what_is_no_finite_number_is_refused(value: object) -> None:
    with pytest.raises(Fault):
        exact(value)


def test_a_number_is_kept_in_its_simplest_type() -> None:
    assert type(normal(Fraction(6, 3))) is int
    assert type(normal(sympy.Integer(6))) is int
    assert normal(sympy.Rational(1, 2)) == Fraction(1, 2)
    assert type(normal(sympy.Rational(1, 2))) is Fraction
    assert normal(C) is C
    assert divide(6, 3) == 2
    assert type(divide(6, 3)) is int
    assert divide(1, 3) == Fraction(1, 3)
    assert divide(C, 2) == C / 2


def test_truth_is_neither_rational_nor_symbolic() -> None:
    assert not is_rational(True)
    assert not is_symbolic(True)
    assert is_symbolic(C)
    assert is_symbolic(sympy.sqrt(2))


def test_values_are_written_exactly() -> None:
    assert as_text(Fraction(357, 500)) == "357/500"
    assert as_text((1, (2, True), "word")) == "[1, [2, true], word]"
    assert as_text({1: Fraction(1, 2), "a": False}) == "{1: 1/2, a: false}"
    assert readable(Fraction(3, 2)) == "1.5"
    assert readable(Fraction(4, 7)) == "4/7"


def test_many_terms_are_gathered_in_one_sum() -> None:
    assert total([]) == 0
    assert total([Fraction(1, 2), Fraction(1, 2)]) == 1
    assert type(total([Fraction(1, 2), Fraction(1, 2)])) is int
    assert total([C, 1, -C, Fraction(1, 2)]) == Fraction(3, 2)
    assert total([C * (O + 1), -C]) == C * O


def test_a_formula_is_expanded_unless_that_takes_thousands_of_terms() -> None:
    assert expanded(C * (O + 1)).is_Add
    names = [symbol(f"x{index}") for index in range(40)]
    huge = sum(names) ** 20
    assert expanded(huge) == huge


# -- arithmetic ------------------------------------------------------------------------------------------------------


def test_decimals_add_up_exactly() -> None:
    assert IDEAL.add(exact(0.1), exact(0.2)) == exact(0.3)
    assert IDEAL.multiply(exact(0.1), 10) == 1
    assert type(IDEAL.multiply(exact(0.1), 10)) is int


@pytest.mark.parametrize(
    "operation",
    [
        lambda: IDEAL.divide(1, 0),
        lambda: IDEAL.divide(C, 0),
        lambda: IDEAL.floor_divide(1, 0),
        lambda: IDEAL.modulo(1, 0),
        lambda: IDEAL.modulo(C, 0),
        lambda: IDEAL.power(0, -1),
        lambda: IDEAL.power(0, Fraction(-1, 2)),
    ],
)
def test_division_by_zero_is_refused(operation: object) -> None:
    with pytest.raises(Fault, match="division by zero"):
        operation()  # type: ignore[operator]


def test_powers_are_exact_or_refused() -> None:
    assert IDEAL.power(Fraction(2, 3), -2) == Fraction(9, 4)
    assert IDEAL.power(4, Fraction(1, 2)) == 2
    assert IDEAL.power(8, Fraction(2, 3)) == 4
    assert IDEAL.power(2, Fraction(1, 2)) == sympy.sqrt(2)
    assert IDEAL.power(0, 0) == 1
    assert IDEAL.power(C, 2) == C**2
    assert IDEAL.power(2, C) == 2**C
    with pytest.raises(Fault, match="too large"):
        IDEAL.power(9, 9**9)
    with pytest.raises(Fault, match="no real power"):
        IDEAL.power(-8, Fraction(1, 3))
    with pytest.raises(Fault, match="exponent"):
        IDEAL.power(C, 10**6)


@pytest.mark.parametrize("base", [Fraction(23, 20), 12, Fraction(4, 9), Fraction(2**31 - 1, 45)])
@pytest.mark.parametrize("exponent", [Fraction(10**8, 10**8 - 11), Fraction(7, 10**9 + 7), Fraction(-3, 10**9 + 7)])
def test_a_power_of_a_fine_fraction_takes_no_time_and_is_rounded_exactly(base: Number, exponent: Fraction) -> None:
    power = IDEAL.power(base, exponent)  # as one root, 20 ** (1 + 11/99999989) would have 70 million digits in it
    with decimal.localcontext() as context:
        context.prec = 60
        near = Decimal(Fraction(base).numerator) / Decimal(Fraction(base).denominator)  # type: ignore[arg-type]
        value = (near.ln() * exponent.numerator / exponent.denominator).exp()
        expected = math.floor(value * 10**30)
    assert IDEAL.floor(IDEAL.multiply(power, 10**30)) == expected
    assert IDEAL.power(2**60, Fraction(10**9, 3 * 10**10)) == 4


def test_numbers_are_bounded() -> None:
    most = 2**4095
    assert IDEAL.add(most, -1) == most - 1
    with pytest.raises(Fault, match="4096 bits"):
        IDEAL.multiply(most, 2)
    with pytest.raises(Fault, match="4096 bits"):
        IDEAL.divide(1, most * 2)


def test_roots_of_squares_are_rational() -> None:
    assert IDEAL.sqrt(Fraction(9, 4)) == Fraction(3, 2)
    assert type(IDEAL.sqrt(144)) is int
    assert IDEAL.sqrt(2) == sympy.sqrt(2)
    assert IDEAL.sqrt(C**2) == C
    assert IDEAL.sqrt(10**60) == 10**30
    with pytest.raises(Fault, match="no real square root"):
        IDEAL.sqrt(-1)


@pytest.mark.parametrize(
    ("x", "base", "expected"),
    [
        (8, 4, Fraction(3, 2)),
        (4, 8, Fraction(2, 3)),
        (1, 7, 0),
        (Fraction(1, 8), 2, -3),
        (8, Fraction(1, 2), -3),
        (Fraction(1, 4), Fraction(1, 2), 2),
        (Fraction(9, 4), Fraction(2, 3), -2),
        (Fraction(27, 8), Fraction(9, 4), Fraction(3, 2)),
        (2**100, 2, 100),
        (2**4000, 8, Fraction(4000, 3)),
        (6**10, 36**3, Fraction(5, 3)),
    ],
)
def test_a_rational_logarithm_is_recognised(x: Number, base: Number, expected: Number) -> None:
    result = IDEAL.log(x, base)
    assert result == expected
    assert is_rational(result)


@pytest.mark.parametrize(("x", "base"), [(6, 2), (10, 7), (3, 2), (12, 18), (Fraction(3, 2), 3)])
def test_an_irrational_logarithm_stays_one(x: Number, base: Number) -> None:
    result = IDEAL.log(x, base)
    assert is_symbolic(result)
    assert math.isclose(float(result), math.log(x, base))


@pytest.mark.parametrize(
    ("x", "base"), [(0, 2), (-1, 2), (2, 0), (2, 1), (2, -3), (C, 1), (0, C), (1 - sympy.sqrt(2), 2)]
)
def test_a_logarithm_that_does_not_exist_is_refused(x: Number, base: Number) -> None:
    with pytest.raises(Fault, match="logarithm"):
        IDEAL.log(x, base)


def test_the_absolute_value_needs_a_known_sign() -> None:
    assert IDEAL.absolute(Fraction(-1, 2)) == half(1)
    assert IDEAL.absolute(C) == C
    assert IDEAL.absolute(-C) == C
    assert IDEAL.absolute(sympy.sqrt(2) - 2) == 2 - sympy.sqrt(2)
    with pytest.raises(Fault, match="not known"):
        IDEAL.absolute(C - O)


# -- rounding of numbers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "floor", "ceil", "half_up", "half_even"),
    [
        (half(5), 2, 3, 3, 2),
        (half(3), 1, 2, 2, 2),
        (half(1), 0, 1, 1, 0),
        (half(-1), -1, 0, 0, 0),
        (half(-3), -2, -1, -1, -2),
        (half(-5), -3, -2, -2, -2),
        (Fraction(-13, 5), -3, -2, -3, -3),
        (Fraction(159936, 1000), 159, 160, 160, 160),
        (Fraction(7, 10) * 45, 31, 32, 32, 32),
        (7, 7, 7, 7, 7),
        (-7, -7, -7, -7, -7),
    ],
)
def test_numbers_are_rounded_in_four_ways(x: Number, floor: int, ceil: int, half_up: int, half_even: int) -> None:
    for arithmetic in (IDEAL, EXACT):
        assert arithmetic.floor(x) == floor
        assert arithmetic.ceil(x) == ceil
        assert arithmetic.round(x) == half_up
        assert arithmetic.round_even(x) == half_even


def test_irrational_constants_are_rounded_by_proven_intervals() -> None:
    digits = 1414213562373095048801688724209
    root = sympy.sqrt(2) * 10**30
    for arithmetic in (IDEAL, EXACT):
        assert arithmetic.floor(root) == digits
        assert arithmetic.ceil(root) == digits + 1
        assert arithmetic.round(root) == digits + 1
        assert arithmetic.round_even(root) == digits + 1
        assert arithmetic.floor(-root) == -digits - 1
        assert arithmetic.floor_divide(root, 10**29) == 14
        assert arithmetic.modulo(sympy.sqrt(5), 1) == sympy.sqrt(5) - 2


def test_a_value_within_a_hair_of_a_whole_number_is_rounded_rightly() -> None:
    nearly = sympy.sqrt(10**200 + 1)  # 10**100 and a hundred-digit fraction
    assert IDEAL.floor(nearly) == 10**100
    assert IDEAL.ceil(nearly) == 10**100 + 1
    assert IDEAL.floor(2 * 10**100 - nearly) == 10**100 - 1


def test_a_whole_number_in_disguise_is_rounded_or_refused_never_guessed() -> None:
    assert IDEAL.floor((sympy.sqrt(2) + 1) * (sympy.sqrt(2) - 1)) == 1
    disguised = sympy.sqrt(3 + 2 * sympy.sqrt(2)) - sympy.sqrt(2)
    with pytest.raises(Fault, match="not decided"):
        IDEAL.floor(disguised)


def test_what_intervals_cannot_enclose_is_refused() -> None:
    with pytest.raises(Fault, match="cannot be rounded"):
        IDEAL.floor(sympy.sin(1))


# -- rounding of symbols ---------------------------------------------------------------------------------------------


def test_the_ideal_reading_rounds_symbols_to_themselves() -> None:
    x = ALPHA * 32
    arithmetic = Arithmetic()
    assert arithmetic.round(x) == arithmetic.floor(x) == arithmetic.ceil(x) == arithmetic.round_even(x) == x
    assert arithmetic.floor_divide(C, 2) == C / 2
    assert arithmetic.make_divisible(x, 8, Fraction(9, 10), 8) == x
    assert arithmetic.make_divisible(24, symbol("d"), Fraction(9, 10), 8) == 24
    assert arithmetic.modulo(C, 2) == 0
    assert list(arithmetic.assumed) == ["2 divides C"]


def test_exact_rounding_keeps_functions_that_agree_with_numbers() -> None:
    arithmetic = Arithmetic(exact_rounding=True)
    x = ALPHA * 45
    formulas = {
        "round": arithmetic.round(x),
        "round_even": arithmetic.round_even(x),
        "floor": arithmetic.floor(x),
        "ceil": arithmetic.ceil(x),
    }
    kept = arithmetic.make_divisible(x, 8, Fraction(9, 10), 8)
    quotient, rest = arithmetic.floor_divide(x, 7), arithmetic.modulo(x, 7)
    for value in (
        Fraction(7, 10),
        Fraction(1, 10),
        Fraction(1, 90),
        Fraction(1, 9),
        1,
        Fraction(5, 3),
        Fraction(7, 90),
    ):
        number = value * 45
        put = {ALPHA: sympy.Rational(value)}
        for name, formula in formulas.items():
            assert formula.subs(put) == getattr(arithmetic, name)(number), (name, value)
        assert kept.subs(put) == arithmetic.make_divisible(number, 8, Fraction(9, 10), 8), value
        assert quotient.subs(put) == number // 7
        assert rest.subs(put) == number % 7


def test_whole_symbols_need_no_rounding_in_either_reading() -> None:
    for arithmetic in (IDEAL, EXACT):
        for name in ("round", "round_even", "floor", "ceil"):
            assert getattr(arithmetic, name)(3 * C + 1) == 3 * C + 1


def reference_make_divisible(v: Fraction, divisor: int, min_value: int | None = None) -> int:
    """``_make_divisible`` of tensorflow/models, slim/nets/mobilenet, with exact numbers for its floats."""
    if min_value is None:
        min_value = divisor
    new_v = max(min_value, int(v + Fraction(divisor, 2)) // divisor * divisor)
    if new_v < Fraction(9, 10) * v:
        new_v += divisor
    return new_v


@pytest.mark.parametrize("divisor", [1, 4, 8, 16])
@pytest.mark.parametrize("least", [None, 1, 8, 16])
def test_make_divisible_is_the_reference_code_of_mobilenet_v2(divisor: int, least: int | None) -> None:
    for hundredths in range(1, 4000, 37):
        x = Fraction(hundredths, 10)
        expected = reference_make_divisible(x, divisor, least)
        got = IDEAL.make_divisible(x, divisor, Fraction(9, 10), divisor if least is None else least)
        assert got == expected, (x, divisor, least)


@pytest.mark.parametrize("limit", [Fraction(0), Fraction(1, 2), Fraction(9, 10), Fraction(1), Fraction(11, 10)])
@pytest.mark.parametrize(("divisor", "least"), [(8, 8), (4, 12), (16, 0), (8, 12), (1, 1)])
def test_make_divisible_of_a_symbol_is_the_rule_itself(divisor: int, least: int, limit: Fraction) -> None:
    x = symbol("x", real=True)
    formula = EXACT.make_divisible(x, divisor, limit, least)
    for tenths in range(1, 900, 7):
        value = Fraction(tenths, 10)
        rounded = max(least, int(value + Fraction(divisor, 2)) // divisor * divisor)
        expected = rounded + divisor if rounded < limit * value else rounded
        assert formula.subs(x, sympy.Rational(value)) == expected, value


def test_rounding_of_what_is_rounded_chooses_between_no_cases() -> None:
    width: Any = symbol("x", real=True)
    for _ in range(3):
        width = EXACT.make_divisible(width / 4, 8, Fraction(9, 10), 8)
    assert not width.has(sympy.Piecewise)  # whose conditions would hold cases, and so on
    for value in range(1, 4000, 97):
        expected: Any = value
        for _ in range(3):
            expected = reference_make_divisible(Fraction(expected) / 4, 8)
        assert width.subs(symbol("x", real=True), value) == expected


def test_formulas_that_are_equal_wherever_it_was_tried_are_not_taken_to_differ() -> None:
    halves = EXACT.floor(C / 2) + EXACT.floor((C + 1) / 2)  # C, which sympy does not see
    with pytest.raises(Fault, match="equal wherever it was tried"):
        Arithmetic(exact_rounding=True).equal(halves, C)
    assert not Arithmetic(exact_rounding=True).equal(halves, C + 1)


def test_the_greatest_of_rounded_formulas_is_that_of_their_numbers() -> None:
    x = symbol("x")
    half = EXACT.floor(x / 2)
    values = [4 * half**2, 4 * half**2 + half, 3 * half, x**2, x**2 + 5 * x, EXACT.ceil(x / 3) * 2, sympy.Integer(40)]
    kept = EXACT.undominated(values)
    assert x**2 not in kept  # below x² + 5x everywhere
    assert 4 * half**2 not in kept
    for size in range(1, 60):
        assert max(sympy.sympify(value).subs(x, size) for value in kept) == max(
            sympy.sympify(value).subs(x, size) for value in values
        )


# -- order and equality of symbols -----------------------------------------------------------------------------------


def assuming(*differences: tuple[sympy.Expr, bool], exact_rounding: bool = False) -> Arithmetic:
    return Arithmetic(exact_rounding, tuple(Relation(str(d), d, strict) for d, strict in differences))


def test_what_holds_for_all_positive_whole_numbers_is_decided() -> None:
    assert IDEAL.greater(C + O, C)
    assert IDEAL.at_least(C, 1)
    assert not IDEAL.less(C, 1)
    assert IDEAL.greater(2 * C, C)
    assert IDEAL.greater(C * O + 1, C)
    assert IDEAL.at_least(C * O, C)
    assert IDEAL.less(C / (C + 1), 1)
    assert IDEAL.greater(ALPHA, 0)
    assert IDEAL.greater(sympy.sqrt(2), Fraction(141, 100))


@pytest.mark.parametrize("name", ["greater", "at_least", "less", "at_most"])
def test_an_open_comparison_asks_for_an_assumption(name: str) -> None:
    with pytest.raises(Fault, match="is not known") as caught:
        getattr(IDEAL, name)(C, O)
    assert "--assume" in caught.value.hint


def test_assumptions_decide_comparisons_also_together_and_scaled() -> None:
    beta = symbol("beta", real=True)
    one = assuming((1 - ALPHA, False))
    assert one.at_most(ALPHA, 1)
    assert one.largest((1280, 1280 * ALPHA)) == 1280
    assert one.smallest((ALPHA, 1)) == ALPHA
    assert not one.greater(ALPHA, 1)
    with pytest.raises(Fault):
        one.less(ALPHA, 1)
    both = assuming((1 - ALPHA, False), (ALPHA - beta, True))
    assert both.less(beta, 1)
    assert one.at_most(ALPHA**2, ALPHA)
    three = assuming((O - C, False), (K - O, False))
    assert three.at_most(C, K)
    assert not three.greater(2 * C, K + O)
    with pytest.raises(Fault):
        three.less(C, K)


def test_identical_formulas_are_equal_and_others_are_taken_to_differ_with_a_note() -> None:
    arithmetic = Arithmetic()
    assert arithmetic.equal(C * (O + 1), C * O + C)
    assert not arithmetic.equal(C, O)
    assert not arithmetic.equal(O, C)
    assert list(arithmetic.assumed) == ["C ≠ O"]


def test_what_surely_differs_is_not_noted() -> None:
    arithmetic = Arithmetic()
    assert not arithmetic.equal(C + 1, C)
    assert not arithmetic.equal(C, 0)
    assert not arithmetic.equal(2 * C, C)
    assert not arithmetic.equal(2, 3)
    assert not arithmetic.assumed
    assert not assuming((C - 2, False)).equal(C, 1)


def test_assumptions_on_both_sides_make_an_equality() -> None:
    assert assuming((C - O, False), (O - C, False)).equal(C, O)
    assert assuming((1 - C, False)).equal(C, 1)


def test_words_truths_and_lists_are_equal_to_their_like_alone() -> None:
    assert IDEAL.equal("a", "a")
    assert not IDEAL.equal("a", 1)
    assert not IDEAL.equal(True, 1)
    assert not IDEAL.equal(0, False)
    assert IDEAL.equal((1, (2,)), (1, (2,)))
    assert not IDEAL.equal((1,), (1, 2))
    assert not IDEAL.equal((1,), 1)


def test_exact_rounding_keeps_an_open_maximum_as_a_function() -> None:
    assert EXACT.largest((1280, 1280 * ALPHA)) == sympy.Max(1280, 1280 * ALPHA)
    assert EXACT.smallest((1, ALPHA)) == sympy.Min(1, ALPHA)
    assert EXACT.largest((C, C + O)) == C + O
    with pytest.raises(Fault, match="max") as caught:
        IDEAL.largest((1280, 1280 * ALPHA))
    assert "--assume" in caught.value.hint


# -- turns of repeats ------------------------------------------------------------------------------------------------


def test_a_sum_over_turns_is_the_sum_of_its_terms() -> None:
    i = turn_symbol("i")
    for term in (1, Fraction(1, 2), C, i, i**2 * C + 3 * i, (C + i) * O, i**5):
        formula = summed(term, i, 0, K - 1)
        for turns in (1, 2, 3, 7):
            terms = (sympy.sympify(term).subs(i, value) for value in range(turns))
            assert sympy.expand(sympy.sympify(formula).subs(K, turns) - sum(terms)) == 0, term


def test_a_term_that_is_no_polynomial_in_the_turn_is_refused() -> None:
    i = turn_symbol("i")
    for term in (2**i, C / (i + 1), sympy.floor(i / 2)):
        with pytest.raises(Fault, match="not a polynomial in the turn i"):
            summed(term, i, 0, K - 1)


def test_turns_are_ordered_by_their_range_and_otherwise_undecided() -> None:
    arithmetic = Arithmetic()
    i = turn_symbol("i")
    arithmetic.ranges[i] = (1, K - 2)
    assert arithmetic.greater(i, 0)
    assert arithmetic.less(i, K - 1)
    assert not arithmetic.equal(i, 0)
    assert not arithmetic.equal(i, K - 1)
    assert arithmetic.equal(i + 1 - i, 1)
    assert arithmetic.largest((i, 1)) == i
    for operation in (
        lambda: arithmetic.equal(i, 1),
        lambda: arithmetic.less(i, 5),
        lambda: arithmetic.largest((i, 5)),
        lambda: arithmetic.absolute(i - 5),
        lambda: arithmetic.modulo(i, 2),
        lambda: arithmetic.floor_divide(i, 2),
        lambda: arithmetic.round(i / 3),
        lambda: arithmetic.make_divisible(i, 8, Fraction(9, 10), 8),
    ):
        with pytest.raises(UndecidedTurn):
            operation()


def test_two_turns_of_one_name_are_two_symbols() -> None:
    assert turn_symbol("i") != turn_symbol("i")
    assert str(turn_symbol("i") + 1) == "i + 1"
    assert sympy.latex(turn_symbol("i")) == "i"


# -- many assumptions, many symbols ----------------------------------------------------------------------------------


def test_a_comparison_that_a_point_refutes_is_not_searched_for_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[object] = []
    prove = number._shown_positive

    def counting(value: Any, *given: Any, **named: Any) -> bool:
        searched.append(value)
        return prove(value, *given, **named)

    monkeypatch.setattr(number, "_shown_positive", counting)
    widths = [symbol(f"w{index}") for index in range(40)]
    arithmetic = assuming(*((widths[index + 1] - widths[index], False) for index in range(39)))
    for one, other in itertools.pairwise(widths):
        assert arithmetic.decide(one * C - other * O, strict=False) is None
    assert not searched
    assert arithmetic.decide(widths[2] * widths[1] - widths[0], strict=False)
    assert searched


def test_every_assumption_decides_itself_and_what_is_weaker_among_many() -> None:
    many = assuming(*((O - factor * C - factor, factor % 2 == 0) for factor in range(2, 80)), exact_rounding=True)
    for factor in range(2, 80):
        difference = O - factor * C - factor
        assert many.decide(difference, strict=False) is True
        assert many.decide(difference + 1, strict=True) is True
        assert many.decide(-difference - 1, strict=False) is False
    assert many.decide(O - 80 * C - 80, strict=False) is None


def test_an_assumption_that_others_leave_room_for_is_not_excluded() -> None:
    chain = assuming((O - C, False), (K - O, False))
    assert not chain.excludes(Relation("", K - C - 5, True))
    assert chain.excludes(Relation("", C - K, True))
    assert assuming((1 - ALPHA, False)).excludes(Relation("", ALPHA - 2, False))
    assert not assuming((1 - ALPHA, False)).excludes(Relation("", ALPHA - Fraction(1, 3), False))


@given(st.integers(-3, 3), st.integers(-3, 3), st.integers(-3, 3), st.booleans(), st.sampled_from([None, O - C]))
def test_what_is_decided_holds_at_every_point_that_is_tried(
    a: int, b: int, c: int, strict: bool, assumed: sympy.Expr | None
) -> None:
    arithmetic = IDEAL if assumed is None else assuming((assumed, False))
    difference = a * C + b * O + c
    verdict = arithmetic.decide(normal(difference), strict=strict)
    values = [
        a * x + b * y + c
        for x in range(1, 12)
        for y in range(1, 12)
        if assumed is None or assumed.subs({C: x, O: y}) >= 0
    ]
    met = [value > 0 if strict else value >= 0 for value in values]
    assert verdict is None or set(met) == {verdict}
