"""Chains, names of metrics, words around a figure, growth and intervals: what a sentence of a book says."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from flopcalc.errors import Excerpt
from flopcalc.theory.notation import NotationError, Side, Statement, read_statement

LETTERS = "C H W O K g d h w c_1 c_2 n"


def read(text: str, known: str = LETTERS, *, free: bool = False) -> Statement:
    return read_statement(text, known.split(), ["MAC"], free=free)


def refused(text: str, known: str = LETTERS, *, free: bool = False) -> str:
    with pytest.raises(NotationError) as raised:
        read(text, known, free=free)
    (problem,) = raised.value.problems
    assert problem.excerpt is not None
    return str(raised.value)


# -- chains ----------------------------------------------------------------------------------------------------------

CHAIN = "MAC = h·w·(c_1 + c_2) + c_1·c_2 ≥ 2·√(h·w·B) + B/(h·w)"


@pytest.mark.parametrize(
    "text",
    [
        "MAC = hw(c_1+c_2)+c_1c_2 ≥ 2√(hwB)+B/(hw)",
        "MAC == h*w*(c1 + c2) + c1*c2 >= 2*sqrt(h*w*B) + B/(h*w)",
        r"\mathrm{MAC} = hw(c_{1}+c_{2})+c_{1}c_{2} \geq 2\sqrt{hwB}+\frac{B}{hw}",
        r"\begin{aligned} MAC &= hw(c_1+c_2)+c_1c_2 \\ &\ge 2\sqrt{hwB}+\frac{B}{hw} \end{aligned}",
        "\\begin{align*}\nMAC &= hw(c_1+c_2) \\\\\n&\\quad + c_1c_2 \\nonumber\\\\[2pt]\n"
        "&\\ge 2\\sqrt{hwB}+\\frac{B}{hw}\\label{eq:mac}\n\\end{align*}",
        r"\begin{equation}\begin{split} MAC &= hw(c_1+c_2)+c_1c_2 \\ &\ge 2\sqrt{hwB}"
        r"+\frac{B}{hw}. \end{split}\end{equation}",
        r"\[ MAC = hw(c_1+c_2)+c_1c_2 \ge 2\sqrt{hwB}+\frac{B}{hw} \]",
        "$$MAC = hw(c_1+c_2)+c_1c_2 ≥ 2√(hwB)+B/(hw)$$",
        "MAC = hw(c_1+c_2)+c_1c_2\n≥ 2√(hwB)+B/(hw)",
        "MAC = hw(c_1+c_2)+c_1c_2 ≥\n2√(hwB)+B/(hw)",
        "ＭＡＣ＝ｈｗ（ｃ１＋ｃ２）＋ｃ１ｃ２≥２√（ｈｗＢ）＋Ｂ／（ｈｗ）。",
    ],
)
def test_a_chain_is_the_same_in_every_notation(text: str) -> None:
    statement = read(text, "h w c_1 c_2 B")
    assert statement.text.replace("c1", "c_1").replace("ＭＡＣ", "MAC") == CHAIN
    assert statement.relations == ("=", ">=")
    assert [side.metric for side in statement.sides] == ["mac", "", ""]
    assert statement.sides[0].reading is None


def test_a_chain_has_no_one_relation() -> None:
    statement = read("MAC = C = H")
    for name in ("relation", "left", "right", "label"):
        with pytest.raises(NotationError, match="two relations"):
            getattr(statement, name)


def test_a_metric_may_stand_anywhere_in_a_chain() -> None:
    statement = read("HWCO = FLOPs ≤ 2HWCO")
    assert [side.metric for side in statement.sides] == ["", "flops", ""]
    assert statement.text == "H·W·C·O = FLOPs ≤ 2·H·W·C·O"
    assert read("计算量 = 访存量").sides == (Side(None, "flops", "计算量"), Side(None, "mac", "访存量"))


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("MAC", "mac"), ("mac", "mac"), ("memory access cost", "mac"), (r"\text{memory access cost}", "mac"),
        ("访存量", "mac"), ("FLOPs", "flops"), (r"\text{FLOPs}", "flops"), ("#FLOPs", "flops"), ("浮点运算量", "flops"),
        ("计算量", "flops"), ("params", "params"), ("Params", "params"), ("#params", "params"),
        (r"\#params", "params"), (r"\#\text{params}", "params"), ("# params", "params"), ("参数量", "params"),
        ("parameters", "params"), ("number of parameters", "params"), ("乘加", "madds"), ("Mult-Adds", "madds"),
        ("multiply-adds", "madds"), ("#MultiAdd", "madds"), ("peak memory", "peak_memory"),
        ("params_bytes", "params_bytes"), (r"\text{params\_bytes}", "params_bytes"), ("模型大小", "params_bytes"),
    ],
)  # fmt: skip
def test_a_metric_goes_by_many_names(name: str, metric: str) -> None:
    assert read(f"{name} = HW").sides[0] == Side(None, metric, read(f"{name} = HW").label)
    assert read(f"HW = {name}").sides[1].metric == metric


@pytest.mark.parametrize("text", ["MACs = C", "C = MACs", r"\text{MACs} ≥ C", "C = #MACs = H", "GMACs = C"])
def test_macs_are_refused_wherever_they_stand(text: str) -> None:
    assert "MACs may be" in refused(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"A \\ B", "a line begins with no sign"),
        (r"C = H \\ W = O", "another formula begins on a new line"),
        ("C = H\nW = O", "another formula begins on a new line"),
        (r"\begin{cases} C \end{cases}", "the environment `cases`"),
        ("C (= H)", "is not expected"),
        ("C = = H", "no formula"),
        ("= ".join("C" * 40), "the chain is too long"),
    ],
)
def test_several_formulas_are_not_run_into_one(text: str, said: str) -> None:
    assert said in refused(text, "A B C H W O")


def test_a_caret_stands_in_the_text_that_was_written() -> None:
    with pytest.raises(NotationError) as raised:
        read("（Ｃ＋Ｑ）×２")
    assert raised.value.problems[0].excerpt is not None
    assert raised.value.problems[0].excerpt.offset == 3
    assert raised.value.problems[0].excerpt.text == "（Ｃ＋Ｑ）×２"


# -- x between numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["3 x 3 x 64", "3x3x64", "3X3X64", "3 × 3 × 64", "３×３×６４", r"3 x 3 \times 64"])
def test_x_between_numbers_is_times(text: str) -> None:
    assert read(text).text == "3·3·64"


def test_x_is_a_symbol_where_it_is_one() -> None:
    assert read("3x + 2", "x").text == "3·x + 2"
    assert "`x3`" in refused("3x3", "x")
    assert "a product is written" in refused("K x K")


# -- intervals, factors, changes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("1/8 → 1/9", Fraction(1, 9), Fraction(1, 8)),
        ("≈ 1/8 → 1/9", Fraction(1, 9), Fraction(1, 8)),
        (r"\frac18 \to \frac19", Fraction(1, 9), Fraction(1, 8)),
        ("1/9–1/8", Fraction(1, 9), Fraction(1, 8)),
        ("8–9×", 8, 9), ("8-9×", 8, 9), ("8 – 9 x", 8, 9), ("≈ 8~9倍", 8, 9), ("８～９倍", 8, 9), ("8 到 9 倍", 8, 9),
        ("8 to 9 times", 8, 9), ("from 8 to 9", 8, 9), ("between 8 and 9 times", 8, 9),
        ("8 to 9 times more", 8, 9),
        ("8 to 9 times fewer", Fraction(1, 9), Fraction(1, 8)),
        ("8–9× less", Fraction(1, 9), Fraction(1, 8)),
        ("20–30%", Fraction(1, 5), Fraction(3, 10)),
        ("4-5M times", 4 * 10**6, 5 * 10**6),
        ("1.5–2.5", Fraction(3, 2), Fraction(5, 2)),
    ],
)  # fmt: skip
def test_a_range_is_read_as_its_two_ends(text: str, low: Any, high: Any) -> None:
    reading = read(text).right
    assert reading.interval is not None
    assert [end.plain({}).exact for end in reading.interval] == [low, high]
    assert reading.step is None
    with pytest.raises(NotationError, match="no single value"):
        reading.value({})


@pytest.mark.parametrize(
    ("text", "value"),
    [("9 - 8", 1), ("9 − 8", 1), ("28·28 – 3", 781), ("7 - 3 + 1", 5), ("C – 3", None)],
)
def test_a_difference_is_no_range(text: str, value: int | None) -> None:
    reading = read(text).right
    assert reading.interval is None
    if value is not None:
        assert reading.plain({}).exact == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("8×", 8), ("≈ 8x", 8), ("8 times", 8), ("8.4 倍", Fraction(42, 5)), ("8-fold", 8), ("9/2 times", Fraction(9, 2)),
     ("8 times fewer", Fraction(1, 8)), ("at least 8×", 8), (r"8\times", 8)],
)  # fmt: skip
def test_a_factor_is_a_number(text: str, value: Any) -> None:
    assert read(text).right.plain({}).exact == value


@pytest.mark.parametrize(
    ("text", "change", "relation", "figure"),
    [
        ("saves 28 %", "saving", "≈", "28%"),
        ("saves at least 28 %", "saving", ">=", "28%"),
        ("a saving of about 28%", "saving", "≈", "28%"),
        ("28% fewer", "saving", "≈", "28%"),
        ("reduces by 28 \\%", "saving", "≈", "28%"),
        ("节省 28%", "saving", "≈", "28%"),
        ("减少了约28％", "saving", "≈", "28%"),
        ("saves = 28 %", "saving", "=", "28%"),
        ("saves 1 - 1/K^2", "saving", "=", "1 - 1/K²"),
        ("adds < 1 %", "increase", "<", "1%"),
        ("adds less than 1 %", "increase", "<", "1%"),
        ("增加 < 1%", "increase", "<", "1%"),
        ("增加不到 1%", "increase", "<", "1%"),
        ("5% more", "increase", "≈", "5%"),
        ("at least 8", "", ">=", "8"),
        ("约 0.113", "", "≈", "0.113"),
        ("不超过 1/8", "", "<=", "1/8"),
    ],
)
def test_words_say_what_is_saved_or_added(text: str, change: str, relation: str, figure: str) -> None:
    statement = read(text)
    assert (statement.change, statement.relation, statement.right.text) == (change, relation, figure)
    assert statement.sides[0] == Side()


def test_a_saving_may_be_a_range() -> None:
    statement = read("saves 20–30%")
    assert statement.change == "saving"
    assert statement.right.interval is not None
    assert statement.text == "saving ≈ from 20% to 30%"


def test_a_word_that_is_a_symbol_is_the_symbol() -> None:
    assert read("added = 2C", "added C").left is not None
    assert read("save·C", "save C").text == "save·C"


# -- growth ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "inside"),
    [
        ("Θ(HWC)", "Θ", "H·W·C"), (r"\Theta(HWC)", "Θ", "H·W·C"), ("= Θ(HWC)", "Θ", "H·W·C"),
        ("FLOPs ∝ HW", "∝", "H·W"), (r"FLOPs \propto HW", "∝", "H·W"), ("∝ HW", "∝", "H·W"),
        (r"\mathcal{O}(HWC)", "O", "H·W·C"), (r"\mathcal O(n^2)", "O", "n²"), ("𝒪(HWC)", "O", "H·W·C"),
        (r"\mathcal{O}\left(\frac{H}{2}\right)", "O", "H/2"), ("FLOPs ∈ O(HW)", "O", "H·W"),
        (r"FLOPs \in \Theta(HW)", "Θ", "H·W"), ("= O(n²)", "O", "n²"), ("MAC = Θ(HW) = Θ(H)", "Θ", "H·W"),
        ("FLOPs ≤ Θ(HW)", "Θ", "H·W"),
    ],
)  # fmt: skip
def test_growth_is_read_with_what_grows(text: str, kind: str, inside: str) -> None:
    reading = read(text, "C H W K n").sides[1].reading
    assert reading is not None
    assert (reading.growth, reading.growth_certain) == (kind, True)
    assert reading.growth_inside is not None
    assert reading.growth_inside.text == inside


@pytest.mark.parametrize("text", ["O(HWCK²)", "= O(HWCK²)", "FLOPs = O(HWCK²)"])
def test_a_plain_o_may_be_a_product_where_there_is_a_symbol_o(text: str) -> None:
    reading = read(text).right
    assert (reading.growth, reading.growth_certain) == ("O", False)
    assert reading.text == "O·H·W·C·K²"
    assert reading.growth_inside is not None
    assert reading.growth_inside.text == "H·W·C·K²"


@pytest.mark.parametrize(
    "text", ["O(C + 1)H", "2O(C + 1)", "CO(K² + 1)", "O(C + 1)(C + 2)", "O·(C + 1)", "H + O(C + 1)"]
)
def test_a_product_that_has_more_in_it_is_no_growth(text: str) -> None:
    assert read(text).right.growth == ""


def test_lower_bounds_of_growth_are_refused_in_words() -> None:
    assert "not judged" in refused(r"\Omega(HW)")
    assert "no class of growth" in refused("C ∈ H")


# -- free symbols ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a+b ≥ 2√(ab)", "a b"),
        ("a_1 + a_2", "a1 a2"),
        ("c_{in}hw + c_{out}", "c_in h w c_out"),
        ("h'w' + d''", "h_prime w_prime d_prime_prime"),
        ("αβ²γ² = \\alpha\\beta^2\\gamma^2", "alpha beta gamma"),
        ("alpha beta^2 gamma^2", "alpha beta gamma"),
        ("lambda + λ + \\lambda", "λ"),
        ("xᵢ + y₁", "x_i y1"),
        ("2M + 3k", "M k"),
        ("(a + b)² = a² + 2ab + b²", "a b"),
    ],
)
def test_letters_with_indices_and_primes_are_symbols_of_their_own(text: str, names: str) -> None:
    statement = read(text, "", free=True)
    found = dict.fromkeys(name for side in statement.sides if side.reading for name in side.reading.names)
    assert " ".join(found) == names


@pytest.mark.parametrize("text", ["conv", "2·linear + 1", "flops + a", "relu·a", "kernel²"])
def test_a_word_is_no_product_of_free_letters(text: str) -> None:
    assert "is a word, not a product of letters" in refused(text, "", free=True)


def test_one_symbol_has_several_spellings() -> None:
    for known in ("C_in C_out", "Cin Cout"):
        texts = {
            read(text, known).text for text in ("C_{in}C_{out}", "C_in C_out", "Cin Cout", r"C_\text{in}C_\text{out}")
        }
        assert len(texts) == 1
    assert "C_in or C·i·n" in refused("Cin", "C_in C i n")
    assert read("λ\\lambda lambda", "λ").python == "λ*λ*λ"


@pytest.mark.parametrize(
    ("text", "columns"),
    [("参数量 = K²CO + 参", 16), ("参数量为 K²CO", 0), ("K²CO + é + 参", 11), ("K²\u0301CO + X", 8)],
)
def test_wide_characters_are_shown_and_the_caret_stands_below_the_place(text: str, columns: int) -> None:
    offset = text.rindex("X") if text.endswith("X") else text.rindex("参")
    shown, caret = str(Excerpt(text, offset)).splitlines()
    assert shown == "  " + text.replace("\u0301", "?")
    assert caret == "  " + " " * columns + "^"
