"""Book notation is read as a reader of the book would, or refused with both readings and a caret."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcalc.errors import Fault, FlopcalcError
from flopcalc.number import symbol
from flopcalc.render.formula import BOOK, formula
from flopcalc.theory.equivalence import is_zero
from flopcalc.theory.notation import LONGEST_FORMULA, NotationError, canonical, read_statement
from flopcalc.theory.plain import plain_value
from flopcalc.theory.textbook import textbook

READ = [
    # text, known symbols, how it is read
    ("17HWC^2", "C H W", "17·H·W·C²"),
    ("17HWC²", "C H W", "17·H·W·C²"),
    ("17*H*W*C**2", "C H W", "17·H·W·C²"),
    ("17 H W C^{2}", "C H W", "17·H·W·C²"),
    (r"17\,H\,W\,C^2", "C H W", "17·H·W·C²"),
    (r"17 \times H \times W \cdot C^{2}", "C H W", "17·H·W·C²"),
    ("17 × H × W × C²", "C H W", "17·H·W·C²"),
    ("HW(2CM/g + 9M)", "C H W M g", "H·W·(2·C·M/g + 9·M)"),
    (r"HW\left(\frac{2CM}{g} + 9M\right)", "C H W M g", "H·W·(2·C·M/g + 9·M)"),
    ("1/O + 1/K²", "O K", "1/O + 1/K²"),
    (r"\frac{1}{O}+\frac{1}{K^2}", "O K", "1/O + 1/K²"),
    (r"\dfrac1O + \tfrac{1}{K^{2}}", "O K", "1/O + 1/K²"),
    ("$K^2 C$", "K C", "K²·C"),
    ("C_{in}C_{out}K^2", "C_in C_out K", "C_in·C_out·K²"),
    ("C_in C_out K^2", "C_in C_out K", "C_in·C_out·K²"),
    (r"C_{\text{in}} \, C_{\mathrm{out}}", "C_in C_out", "C_in·C_out"),
    (r"\mathrm{C}_{in}", "C_in", "C_in"),
    ("c_1c_2hw", "c1 c2 h w", "c1·c2·h·w"),
    ("c₁c₂hw", "c1 c2 h w", "c1·c2·h·w"),
    ("c_{1}c_{2}", "c1 c2", "c1·c2"),
    ("c1c2", "c1 c2", "c1·c2"),
    ("Cᵢₙ", "C_in", "C_in"),
    ("αMK²", "alpha M K", "α·M·K²"),
    (r"\alpha M", "alpha M", "α·M"),
    ("alpha M", "alpha M", "α·M"),
    ("α²ρ²", "alpha rho", "α²·ρ²"),
    (r"\alpha\rho", "alpha rho", "α·ρ"),
    ("ϕ", "phi", "φ"),
    ("D_K·D_K·M·D_F·D_F", "D_K D_F M", "D_K·D_K·M·D_F·D_F"),
    ("D_KD_KMD_FD_F", "D_K D_F M", "D_K·D_K·M·D_F·D_F"),
    ("2√(hwB) + B/(hw)", "h w B", "2·√(h·w·B) + B/(h·w)"),
    (r"2\sqrt{hwB}", "h w B", "2·√(h·w·B)"),
    (r"\sqrt[3]{B}", "B", "B^(1/3)"),
    ("√B", "B", "√B"),
    ("sqrt(B)/2", "B", "√B/2"),
    ("⌊C/g⌋ + ⌈C/g⌉", "C g", "⌊C/g⌋ + ⌈C/g⌉"),
    (r"\lfloor C/g \rfloor", "C g", "⌊C/g⌋"),
    ("floor(C/g)", "C g", "⌊C/g⌋"),
    ("max(C, M)", "C M", "max(C, M)"),
    (r"\max(1, C)", "C", "max(1, C)"),
    ("(1/2)HWC", "H W C", "(1/2)·H·W·C"),
    ("½C", "C", "(1/2)·C"),
    ("1/2·C", "C", "(1/2)·C"),
    ("HW(C²+9C)/2", "H W C", "H·W·(C² + 9·C)/2"),
    ("-C + (-2)M", "C M", "-C + (-2)·M"),
    ("−C", "C", "-C"),
    ("C^-1", "C", "C^(-1)"),
    ("C⁻¹", "C", "C^(-1)"),
    ("2^φ", "phi", "2^φ"),
    ("2^(φ+1)", "phi", "2^(φ + 1)"),
    ("(C+M)^2(C-M)", "C M", "(C + M)²·(C - M)"),
    ("[C(M+1)]²", "C M", "(C·(M + 1))²"),
    ("1,331,592", "", "1331592"),
    ("1{,}331{,}592", "", "1331592"),
    ("93.4%", "", "93.4%"),
    (".5C", "C", ".5·C"),
    ("2e", "e", "2·e"),
    ("C//g", "C g", "C//g"),
    ("C % g", "C g", "C mod g"),
    ("s e1 + 9 s e3", "s e1 e3", "s·e1 + 9·s·e3"),
    ("se_1 + 9se_3", "s e1 e3", "s·e1 + 9·s·e3"),
]


@pytest.mark.parametrize(("text", "known", "shown"), READ, ids=[row[0] for row in READ])
def test_a_formula_is_read_as_in_the_book(text: str, known: str, shown: str) -> None:
    assert read_statement(text, known.split()).right.text == shown


VALUES: list[tuple[str, Any]] = [
    ("2CM/g", lambda n: 2 * n["C"] * n["M"] / n["g"]),
    ("C²M", lambda n: n["C"] ** 2 * n["M"]),
    ("1/2·C", lambda n: n["C"] / 2),
    ("C/2·M", lambda n: n["C"] * n["M"] / 2),
    ("C/g/M", lambda n: n["C"] / n["g"] / n["M"]),
    ("-C^2", lambda n: -(n["C"] ** 2)),
    ("2^3^2", lambda n: 512),
    ("93.4%", lambda n: Fraction(467, 500)),
    ("0.1 + 0.2", lambda n: Fraction(3, 10)),
    ("1.5e3", lambda n: 1500),
    ("C(M+g)", lambda n: n["C"] * (n["M"] + n["g"])),
    ("√(C²)", lambda n: n["C"]),
    ("min(3, 2)", lambda n: 2),
    ("log(8, 2)", lambda n: 3),
    ("7 // 2", lambda n: 3),
    ("7 % 4", lambda n: 3),
    ("|", None),
]


@pytest.mark.parametrize(("text", "expected"), VALUES[:-1], ids=[row[0] for row in VALUES[:-1]])
def test_a_formula_has_the_value_that_algebra_gives_it(text: str, expected: Any) -> None:
    names = {name: symbol(name) for name in "CMg"}
    value = read_statement(text, names).right.value(names)
    assert value == expected(names)
    assert not isinstance(value, float)


AMBIGUOUS = [
    ("1/2HW", "H W", 2, "(1/2)·H·W or 1/(2·H·W)"),
    ("B/hw", "B h w", 2, "(B/h)·w or B/(h·w)"),
    ("HW/4(C + 2)", "H W C", 3, "(H·W/4)·(C + 2) or H·W/(4·(C + 2))"),
    ("1/K^2 O", "K O", 2, "(1/K²)·O or 1/(K²·O)"),
    ("2CM/gN", "C M g N", 4, "(2·C·M/g)·N or 2·C·M/(g·N)"),
    ("2CM", "C M CM", 1, "CM or C·M"),
    ("K^sC", "K s C", 2, "s alone, or s·C"),
    ("√hw", "h w", 1, "√(h·w) or √h·w"),
    ("s(e1+9e3)", "s e1 e3", 5, "9·e3 or 9·10^3"),
]


@pytest.mark.parametrize(("text", "known", "offset", "readings"), AMBIGUOUS, ids=[row[0] for row in AMBIGUOUS])
def test_what_can_be_read_in_two_ways_is_refused_with_both(text: str, known: str, offset: int, readings: str) -> None:
    with pytest.raises(NotationError) as raised:
        read_statement(text, known.split())
    (problem,) = raised.value.problems
    assert problem.expected == readings
    assert problem.excerpt is not None
    assert problem.excerpt.offset == offset


BAD = [
    # text, known symbols, where the caret stands, a word of the message
    ("17HWX^2", "C H W", 4, "`X`"),
    ("HW(C", "C H W", 2, "not closed"),
    ("HW(C]", "C H W", 4, "closes"),
    ("HWC)", "C H W", 3, "closes nothing"),
    ("HWC2", "C H W", 2, "`C2`"),
    ("hwc", "C H W", 0, "`h`"),
    ("C +", "C", 3, "ends too soon"),
    ("* C", "C", 0, "not expected"),
    ("C 2", "C", 2, "stands behind"),
    ("C; C", "C", 1, "no meaning"),
    ("C'", "C", 0, "`C′`"),
    ("2'", "C", 1, "prime"),
    ("_C", "C", 0, "index"),
    ("C_{in", "C", 2, "not closed"),
    (r"\foo C", "C", 0, r"\foo"),
    (r"\frac{1}", "C", 8, "lacks"),
    ("2.5.1", "C", 3, "two decimal points"),
    ("C,M", "C M", 1, "comma"),
    ("C%", "C", 1, "%"),
    ("--C", "C", 1, "two signs"),
    ("C²²³^2", "C", 4, "power"),
    ("max(C)(", "C", 7, "ends too soon"),
    ("log(C)", "C", 0, "log is given"),
    ("∞", "C", 0, "∞"),
    ("__import__('os')", "C", 0, ""),
    (r"\text{²C}", "C", 0, "holds no name"),
]


@pytest.mark.parametrize(("text", "known", "offset", "word"), BAD, ids=[row[0] for row in BAD])
def test_a_bad_formula_gets_a_caret_under_the_place(text: str, known: str, offset: int, word: str) -> None:
    with pytest.raises(NotationError) as raised:
        read_statement(text, known.split())
    (problem,) = raised.value.problems
    assert word in problem.what
    assert problem.excerpt is not None
    assert problem.excerpt.offset == offset
    first, second = str(problem.excerpt).splitlines()
    assert second.index("^") - 2 == offset
    assert first[2:] == text


def test_an_unknown_symbol_lists_the_known_ones_and_says_that_case_counts() -> None:
    with pytest.raises(NotationError) as raised:
        read_statement("17hWC^2", ["C", "H", "W"])
    (problem,) = raised.value.problems
    assert problem.expected == "one of C, H, W"
    assert "`H`" in problem.hint


def test_a_division_by_zero_is_found_where_it_stands() -> None:
    reading = read_statement("C/(2 - 2)", ["C"]).right
    with pytest.raises(NotationError, match="division by zero") as raised:
        reading.value({"C": symbol("C")})
    assert raised.value.problems[0].excerpt is not None
    assert raised.value.problems[0].excerpt.offset >= 2


@pytest.mark.parametrize(
    "text",
    [
        "C" * 100_000,
        "(" * 1000,
        "1/" * 700 + "C",
        "2^" * 500 + "2",
        "9^9^9^9",
        "(C+1)^999999",
        "-" * 900 + "C",
        "√" * 900 + "C",
        "C+" * 900 + "C",
        "\\frac{" * 200,
        "C_{" * 300,
    ],
    ids=lambda text: text[:12],
)
def test_hostile_formulas_end_in_an_error_or_a_value_and_never_in_a_crash(text: str) -> None:
    names = {"C": symbol("C")}
    said = ""
    try:
        read_statement(text, names).right.value(names)
    except FlopcalcError as error:
        said = str(error)
    assert len(said) < 2000


def test_a_kilometre_of_input_is_shown_around_its_end() -> None:
    with pytest.raises(NotationError) as raised:
        read_statement("C" * (LONGEST_FORMULA + 500), ["C"])
    assert len(str(raised.value)) < 400


# -- statements ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "relation", "label"),
    [
        ("2C", "=", ""),
        ("= 2C", "=", ""),
        ("MAC = 2C", "=", "MAC"),
        ("mac >= 2C", ">=", "mac"),
        (r"\text{MAC} \geq 2C", ">=", "MAC"),
        ("≥ 2C", ">=", ""),
        (r"MAC \le 2C", "<=", "MAC"),
        ("FLOPs < 2C", "<", "FLOPs"),
        ("≈ 0.113", "≈", ""),
        (r"\approx 3", "≈", ""),
        ("~ 3", "≈", ""),
    ],
)
def test_a_relation_and_a_label_may_stand_before_a_formula(text: str, relation: str, label: str) -> None:
    statement = read_statement(text, ["C"], ["MAC", "FLOPs"])
    assert (statement.relation, statement.label) == (relation, label)
    assert statement.left is None


def test_a_label_that_is_a_symbol_is_the_symbol() -> None:
    statement = read_statement("C = 2M", ["C", "M"], ["C"])
    assert statement.left is not None
    assert statement.left.text == "C"


@pytest.mark.parametrize(
    ("text", "decimals"),
    [("≈ 0.1131", 4), ("≈ 93.4 %", 3), ("≈ 569", 0), ("≈ -1.50", 2), ("≈ 1/3", None), ("≈ C", None)],
)
def test_a_printed_figure_knows_how_many_digits_it_has(text: str, decimals: int | None) -> None:
    assert read_statement(text, ["C"]).right.decimals == decimals


def test_spellings_of_one_symbol_are_the_same() -> None:
    assert canonical("c_1") == canonical("c1") == canonical("c₁".replace("₁", "1"))
    assert canonical("α_1") == "alpha1"


# -- what is written is read back ------------------------------------------------------------------------------------

SYMBOLS = {name: symbol(name) for name in ("C", "H", "W", "M", "O", "K", "g", "c1", "c2", "alpha")}


def _products() -> st.SearchStrategy[Any]:
    factor = st.sampled_from(sorted(SYMBOLS)).map(lambda name: SYMBOLS[name])
    power = st.tuples(factor, st.integers(-2, 3)).map(lambda pair: pair[0] ** pair[1])
    coefficient = st.fractions(min_value=-9, max_value=9, max_denominator=6).filter(bool)
    from sympy import Mul, Rational

    return st.tuples(coefficient, st.lists(power, min_size=1, max_size=4)).map(
        lambda parts: Mul(Rational(parts[0].numerator, parts[0].denominator), *parts[1])
    )


def _formulas() -> st.SearchStrategy[Any]:
    return st.lists(_products(), min_size=1, max_size=4).map(sum)


@settings(max_examples=150, deadline=None)
@given(value=_formulas())
def test_a_formula_in_book_form_is_read_back_as_itself(value: Any) -> None:
    if value == 0:
        return
    text = formula(textbook(value), BOOK, tuple(SYMBOLS))
    assert is_zero(read_statement(text, SYMBOLS).right.value(SYMBOLS) - value), text


@settings(max_examples=100, deadline=None)
@given(value=_formulas(), other=_formulas())
def test_a_quotient_in_book_form_is_read_back_as_itself(value: Any, other: Any) -> None:
    if value == 0 or other == 0:
        return
    text = formula(textbook(value / other), BOOK, tuple(SYMBOLS))
    assert is_zero(read_statement(text, SYMBOLS).right.value(SYMBOLS) - value / other), text


@settings(max_examples=100, deadline=None)
@given(value=_formulas())
def test_how_a_formula_was_read_is_read_the_same_again(value: Any) -> None:
    if value == 0:
        return
    statement = read_statement(formula(textbook(value), BOOK, tuple(SYMBOLS)), SYMBOLS)
    for text in (statement.text, statement.python):
        assert is_zero(read_statement(text, SYMBOLS).right.value(SYMBOLS) - value), text


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet="CHWMgc12²^_{}()+-*/·√.,% \\fracsqrt=≥", max_size=30))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    with suppress(NotationError):
        read_statement(text, ["C", "H", "W", "M", "g", "c1"])


def test_a_power_ends_an_index() -> None:
    assert read_statement("HWK_H²", ["H", "W", "K_H"]).text == "H·W·K_H²"
    assert read_statement("K_H⁻¹", ["K_H"]).python == "K_H**(-1)"


@pytest.mark.parametrize(
    ("text", "known", "read"),
    [
        ("hwd't(d' + k^2 + d'')", "h w d_prime d_prime_prime t k", "h·w·d′·t·(d′ + k² + d″)"),
        (r"n h^{\prime} w^\prime", "n h_prime w_prime", "n·h′·w′"),
        ("D_F′α'", "D_F_prime alpha_prime", "D_F′·α′"),
        (r"C_\text{in}C_\mathrm{out}", "C_in C_out", "C_in·C_out"),
        ("(n-1)2^{K-1}+1", "n K", "(n - 1)·2^(K - 1) + 1"),
    ],
)
def test_primes_upright_indices_and_powers_of_two_are_read_as_papers_write_them(
    text: str, known: str, read: str
) -> None:
    assert read_statement(text, known.split()).text == read


@pytest.mark.parametrize(
    ("text", "decimals"),
    [("3.8e9", -8), ("3.8·10^9", -8), ("3.8 × 10⁻³", 4), ("569e6", -6), ("93.4%", 3), ("569000000", 0), ("2·3", None)],
)
def test_the_last_digit_of_a_printed_figure_is_known(text: str, decimals: int | None) -> None:
    assert read_statement(text, ()).right.decimals == decimals


@settings(max_examples=150, deadline=None)
@given(value=_formulas(), point=st.lists(st.integers(1, 9), min_size=len(SYMBOLS), max_size=len(SYMBOLS)))
def test_plain_numbers_and_symbols_give_one_value(value: Any, point: list[int]) -> None:
    if value == 0:
        return
    reading = read_statement(formula(textbook(value), BOOK, tuple(SYMBOLS)), SYMBOLS).right
    values = dict(zip(SYMBOLS, point, strict=True))
    assert reading.plain(values).exact == reading.value(values)
    assert plain_value(reading.python, values).exact == reading.value(values)


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("⌊(H-3)/2⌋ + 1", {"H": 8}, 3),
        ("9CO + C%7", {"C": 9, "O": 1}, 83),
        ("2⌊K/2⌋ + K//2", {"K": 7}, 9),
        ("max(C, √O) - min(2, C)", {"C": 3, "O": 16}, 2),
        ("√(√C-√O)", {"C": 4, "O": 1}, 1),
        ("λ^2/C", {"lambda": Fraction(1, 2), "C": 2}, Fraction(1, 8)),
        ("log(C, 2)", {"C": 8}, 3),
    ],
)
def test_plain_numbers_keep_the_rounding(text: str, values: dict[str, Any], expected: Any) -> None:
    names = ["λ" if name == "lambda" else name for name in values]
    assert read_statement(text, names).right.plain(values).exact == expected


def test_what_has_no_plain_value_says_so() -> None:
    with pytest.raises(ZeroDivisionError):
        read_statement("1/(C - 2)", ["C"]).right.plain({"C": 2})
    with pytest.raises(Fault, match="no value"):
        read_statement("C", ["C"]).right.plain({})
    with pytest.raises(Fault, match="no real power"):
        read_statement("√(C - 3)", ["C"]).right.plain({"C": 2})


PIECES = [
    "C", "1,", "(", "{", "\\", "_{", "√", "|", "=", "1~", "1–", " to ", "\\frac{", "\\sum_{i=1}^{n} ", "sum(", " for ",
    "max(", "\\text{", "\\left(", "'", "ᵢ₌", "Σ_{i=", " times ", "saves ", "28% f", "3x", "\\\\", "\n", "万", "4M ",
    "O(", "1:", "→", "（", "1e9", "alpha", "^{", "10^", "1a",
]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["C" + "^2" * 38, "C" + "^{2" * 38 + "}" * 38, "2/(" * 38 + "C" + ")" * 38, "√(" * 19 + "C" + ")" * 19]
)
def test_deep_nesting_is_written_in_one_go(text: str) -> None:
    statement = read_statement(text, ["C"])
    assert len(statement.text) + len(statement.python) < 1000
    assert read_statement(statement.python, ["C"]).text == statement.text


@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize("piece", PIECES)
def test_a_long_text_is_read_or_refused_in_words(piece: str, free: bool) -> None:
    for text in ((piece * LONGEST_FORMULA)[:LONGEST_FORMULA], ((piece + "C+") * LONGEST_FORMULA)[:LONGEST_FORMULA]):
        said = ""
        try:
            said = read_statement(text, ["C", "n", "O"], ["MAC"], free=free).text
        except NotationError as error:
            said = str(error)
        assert 0 < len(said) < 30_000
