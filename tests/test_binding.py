"""Values for parameters: what may be given, how it is read, and what is taken for granted about symbols."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from textwrap import dedent

import pytest
import sympy

from flopcalc import Report, analyze
from flopcalc.errors import FlopcalcError, ParameterError
from flopcalc.number import Value
from flopcalc.spec import catalog, load

Analyze = Callable[..., Report]

NET = """
name: net
parameters:
  alpha: {default: 1, above: 0}
  width: 4
  flag: false
  pick: {default: a, choices: [a, 2, 0.5, true]}
  switch: {default: true, choices: [true, false]}
  depth: {default: 50, min: 1, max: 100}
  wide: depth > 30
input: [3, 8, 8]
layers:
  - conv: {out: ceil(alpha * width), kernel: 1, bias: flag}
"""

BLOCK = """
name: block
parameters: {O: , K: {min: 1}, stride: 1}
input: [C, H, W]
layers:
  - conv: {out: O, kernel: K, stride: stride, padding: 0}
"""


@pytest.fixture
def run(tmp_path: Path) -> Analyze:
    def analyze_text(text: str, **options: object) -> Report:
        path = tmp_path / "spec.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return analyze(str(path), **options)  # type: ignore[arg-type]

    return analyze_text


def refused(run: Analyze, text: str, **options: object) -> str:
    with pytest.raises(ParameterError) as caught:
        run(text, **options)
    return str(caught.value)


# -- kinds of values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        0.714,
        "0.714",
        "357/500",
        " 0.714 ",
        Fraction(357, 500),
        Decimal("0.714"),
        sympy.Rational(357, 500),
        sympy.Float("0.714"),
    ],
)
def test_every_way_to_give_a_decimal_means_the_same_rational(run: Analyze, value: object) -> None:
    report = run(NET, alpha=value, width=224)
    assert report.parameters["alpha"] == Fraction(357, 500)
    assert type(report.parameters["alpha"]) is Fraction
    assert report.layers[0].output[0] == 160


def test_numpy_values_are_values(run: Analyze) -> None:
    numpy = pytest.importorskip("numpy")
    report = run(NET, alpha=numpy.float32(0.714), width=numpy.int64(224), flag=numpy.bool_(True), pick=numpy.str_("a"))
    assert report.layers[0].output[0] == 160
    assert report.parameters["flag"] is True
    assert run(NET, alpha=numpy.float64(0.714)).parameters["alpha"] == Fraction(357, 500)
    assert "finite" in refused(run, NET, alpha=numpy.float64("inf"))


@pytest.mark.parametrize("value", [1e-3, "1e-3", Decimal("1e-3"), Fraction(1, 1000)])
def test_exponents_are_exact(run: Analyze, value: object) -> None:
    assert run(NET, alpha=value).parameters["alpha"] == Fraction(1, 1000)


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        "nan",
        "inf",
        "-inf",
        "NaN",
        "Infinity",
        Decimal("nan"),
        sympy.nan,
        sympy.oo,
        sympy.zoo,
        sympy.I,
        sympy.pi,
        None,
        [1],
        {},
        object(),
        "",
        "a b",
        "yes",
        "1:30",
        "010",
        "f(x)",
        "9**9**9",
        "1/0",
        "x" * 5000,
        "word'",
    ],
)
def test_what_is_no_finite_number_is_refused(run: Analyze, value: object) -> None:
    assert refused(run, NET, alpha=value)


def test_values_are_held_to_the_parameters_bounds(run: Analyze) -> None:
    assert "above 0" in refused(run, NET, alpha=0)
    assert "at least 1" in refused(run, NET, depth=0)
    assert "at most 100" in refused(run, NET, depth=101)
    assert run(NET, depth=100).parameters["depth"] == 100
    assert "at least 1" in refused(run, NET, depth="-d", symbols="d")
    assert "above 0" in refused(run, NET, alpha="-x", symbols="x")


def test_an_unknown_parameter_is_an_error_that_suggests(run: Analyze) -> None:
    message = refused(run, NET, alhpa=1)
    assert "no parameter `alhpa`" in message
    assert "did you mean `alpha`?" in message
    assert "did you mean `alpha`?" in refused(run, NET, symbolic=["alhpa"])


def test_all_wrong_values_are_reported_at_once(run: Analyze) -> None:
    with pytest.raises(ParameterError) as caught:
        run(NET, alhpa=1, flag="maybe", pick="z", symbolic=["beta"])
    assert len(caught.value.problems) == 4


# -- choices and truths ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "a"),
        (2, 2),
        ("2", 2),
        ("1+1", 2),
        (0.5, Fraction(1, 2)),
        ("1/2", Fraction(1, 2)),
        (True, True),
        ("true", True),
    ],
)
def test_a_choice_may_be_a_word_a_number_or_a_truth(run: Analyze, value: object, expected: Value) -> None:
    result = run(NET, pick=value).parameters["pick"]
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize("value", ["b", 1, "1", 3, False, "x*y", "'", sympy.Symbol("z")])
def test_what_is_none_of_the_choices_is_refused(run: Analyze, value: object) -> None:
    assert "one of a, 2, 0.5, true" in refused(run, NET, pick=value)


@pytest.mark.parametrize("value", [1, 0, "1", "yes", "x", "a"])
def test_a_truth_is_true_or_false_and_nothing_else(run: Analyze, value: object) -> None:
    assert refused(run, NET, flag=value)
    assert refused(run, NET, switch=value)
    assert run(NET, flag="true").parameters["flag"] is True
    assert run(NET, flag=sympy.true).parameters["flag"] is True
    assert run(NET, switch=False).parameters["switch"] is False


def test_a_number_is_no_truth(run: Analyze) -> None:
    assert "cannot be true" in refused(run, NET, alpha=True)
    assert refused(run, NET, alpha="false")


def test_a_truth_that_other_parameters_settle_may_be_given(run: Analyze) -> None:
    assert run(NET).parameters["wide"] is True
    assert run(NET, depth=20).parameters["wide"] is False
    assert run(NET, wide=False).parameters["wide"] is False
    assert run(NET, wide="false").parameters["wide"] is False


@pytest.mark.parametrize("name", ["pick", "flag", "switch"])
def test_a_parameter_with_choices_cannot_be_a_symbol(run: Analyze, name: str) -> None:
    assert f"{name} cannot be a symbol" in refused(run, NET, symbolic=[name])
    assert refused(run, NET, **{name: "x"})


# -- symbols ---------------------------------------------------------------------------------------------------------


def test_a_parameter_without_a_default_is_a_symbol(run: Analyze) -> None:
    report = run(BLOCK)
    assert str(report.totals.params) == "C*K**2*O"
    assert {name: str(value) for name, value in report.parameters.items()} == {
        "C": "C", "H": "H", "W": "W", "O": "O", "K": "K", "stride": "1",
    }  # fmt: skip
    assert run(BLOCK, C=3, O=8, K=3, H=8, W=8).totals.params == 216


def test_a_parameter_with_a_default_is_freed_by_name(run: Analyze) -> None:
    report = run(NET, symbolic=["alpha", "width"])
    assert str(report.totals.params) == "3*alpha*width"
    freed = run(NET, symbolic="alpha")
    assert freed.totals.params.subs(freed.parameters["alpha"], 1) == run(NET).totals.params == 12


def test_multipliers_are_real_symbols_and_others_whole(run: Analyze) -> None:
    text = """
        name: kinds
        parameters: {a: {default: 1, above: 0}, b: 0.5, c: 1/2, d: {default: 1, max: 1.5}, e: 4, f: {min: 2}}
        input: [3, 8, 8]
        layers:
          - conv: {out: a + b + c + d + e + f, kernel: 1}
        """
    values = run(text, symbolic=list("abcde")).parameters
    assert {name: value.is_integer for name, value in values.items()} == {
        "a": None, "b": None, "c": None, "d": None, "e": True, "f": True,
    }  # fmt: skip
    assert all(value.is_positive for value in values.values())


def test_a_parameter_is_rebound_to_an_expression_in_new_symbols(run: Analyze) -> None:
    report = run(BLOCK, C="4*c", O="c", K=1)
    c, h, w = (sympy.Symbol(name, integer=True, positive=True) for name in "cHW")
    assert report.totals.params == 4 * c**2
    assert report.totals.activations == c * h * w
    assert report.parameters["C"] == 4 * c
    assert run(BLOCK, C=sympy.Symbol("c") * 4, O="c", K=1).totals.params == 4 * c**2


def test_several_rebindings_are_simultaneous(run: Analyze) -> None:
    plain, swapped = run(BLOCK, K=1), run(BLOCK, K=1, C="O", O="C")
    assert str(swapped.layers[0].inputs[0][0]) == "O"
    assert str(swapped.layers[0].output[0]) == "C"
    assert plain.totals.params == swapped.totals.params
    assert plain.totals.mac - swapped.totals.mac == 0
    assert str(run(BLOCK, K=1, C="O", O="2*C").totals.params) == "2*C*O"
    assert str(run(BLOCK, K=1, O="C").totals.params) == "C**2"


def test_one_symbol_may_stand_for_a_multiplier_and_for_a_whole_number(run: Analyze) -> None:
    report = run(NET, alpha="t", width="t", symbols="t")
    assert str(report.totals.params) == "3*t**2"
    t = report.parameters["alpha"]
    assert report.parameters["width"] == t
    assert not t.is_integer  # what holds for every positive real t holds for the whole ones
    assert report.totals.params.subs(t, 5) == run(NET, alpha=5, width=5).totals.params


def test_a_value_cannot_be_given_twice(run: Analyze) -> None:
    assert "given a value and made a symbol" in refused(run, NET, alpha=1, symbolic=["alpha"])
    assert "one of the two" in refused(run, BLOCK, C=3, input=(3, 8, 8))
    assert "one of the two" in refused(run, BLOCK, symbolic=["H"], input=(3, 8, 8))


# -- the input's shape -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["3,16,24", "3, 16, 24", (3, 16, 24), [3, 16, 24], {"input": "3,16,24"}])
def test_the_input_may_be_overridden(run: Analyze, shape: object) -> None:
    for text in (NET, BLOCK):
        report = run(text, input=shape, **({"O": 8, "K": 1} if text is BLOCK else {}))
        assert report.inputs["input"] == (3, 16, 24)
        assert report.layers[0].output[1:] == (16, 24)
    assert run(BLOCK, input=shape, O=8, K=1).parameters["H"] == 16


def test_an_input_may_be_symbolic(run: Analyze) -> None:
    report = run(NET, input="3,h,2*h")
    assert str(report.totals.madds) == "24*h**2"


@pytest.mark.parametrize(
    "shape", ["3,16", (3, 16), "3,16,0", (3, 16, 1.5), "3,16,true", (3, 16, None), 3, {"x": (3, 8, 8)}]
)
def test_an_input_that_is_none_is_refused(run: Analyze, shape: object) -> None:
    assert refused(run, NET, input=shape)


def test_one_of_several_inputs_may_be_given_and_the_others_stay_free(run: Analyze) -> None:
    text = """
        name: two
        inputs: {x: [C, H, W], y: [D, G, F]}
        layers:
          - global_pool: {}
            from: x
            as: left
          - global_pool: {}
            from: y
            as: right
          - concat: {}
            from: [left, right]
        """
    report = run(text, input={"x": (3, 8, 8)})
    assert report.inputs["x"] == (3, 8, 8)
    assert [str(side) for side in report.inputs["y"]] == ["D", "G", "F"]
    assert str(report.layers[-1].output[0]) == "D + 3"
    assert run(text, input={"x": (3, 8, 8)}, D=5, G=2, F=2).layers[-1].output[0] == 8
    assert "no input `z`" in refused(run, text, input={"z": (3, 8, 8)})


def test_a_name_that_the_input_repeats_is_checked(run: Analyze) -> None:
    square = BLOCK.replace("[C, H, W]", "[C, H, H]")
    report = run(square, O=8, K=1)
    assert [str(side) for side in report.inputs["input"]] == ["C", "H", "H"]
    assert run(square, input=(3, 8, 8), O=8, K=1).totals.params == 24
    assert "width 8" in refused(run, square, input=(3, 8, 9), O=8, K=1)
    assert run(NET, input=(3, 8, 9)).inputs["input"] == (3, 8, 9)


# -- assumptions -----------------------------------------------------------------------------------------------------

WIDER = """
name: wider
parameters: {alpha: {default: 1, above: 0}, beta: {default: 1, above: 0}, C: , D: }
input: [3, 8, 8]
layers:
  - conv: {out: "max(1280, 1280 * alpha)", kernel: 1}
  - conv: {out: 8 if C < D else 4, kernel: 1}
  - conv: {out: 1 if beta <= 1 else 2, kernel: 1}
"""


def test_an_undecided_comparison_asks_for_an_assumption(run: Analyze) -> None:
    with pytest.raises(FlopcalcError, match="--assume") as caught:
        run(WIDER, symbolic=["alpha"], C=1, D=2)
    assert "max(1280, 1280*alpha)" in str(caught.value)
    with pytest.raises(FlopcalcError, match=r"--assume 'C < D' or --assume 'C >= D'"):
        run(WIDER)


def test_assumptions_decide_maxima_and_comparisons(run: Analyze) -> None:
    report = run(WIDER, symbolic=["alpha"], C=1, D=2, assume=["alpha <= 1"])
    assert report.layers[0].output[0] == 1280
    report = run(WIDER, symbolic=["alpha"], C=1, D=2, assume="alpha >= 1")
    assert str(report.layers[0].output[0]) == "1280*alpha"
    assert run(WIDER, assume=["C < D"]).layers[1].output[0] == 8
    assert run(WIDER, assume=["D <= C"]).layers[1].output[0] == 4
    assert run(WIDER, assume=["C - D > 3"]).layers[1].output[0] == 4


def test_several_assumptions_are_combined(run: Analyze) -> None:
    free = {"symbolic": ["alpha", "beta"], "C": 1, "D": 2}
    report = run(WIDER, **free, assume=["alpha <= 1", "beta <= alpha"])
    assert report.layers[0].output[0] == 1280
    assert report.layers[2].output[0] == 1
    with pytest.raises(FlopcalcError, match="beta <= 1 is not known"):
        run(WIDER, **free, assume=["alpha <= 1", "beta >= alpha"])


def test_assumptions_that_contradict_each_other_or_the_symbols_are_refused(run: Analyze) -> None:
    free = {"symbolic": ["alpha"], "D": 2}
    assert "`alpha >= 2` cannot hold" in refused(run, WIDER, **free, assume=["alpha <= 1", "alpha >= 2"])
    assert "`alpha > 1` cannot hold" in refused(run, WIDER, **free, assume=["alpha <= 1", "alpha > 1"])
    assert "`C < 1` cannot hold" in refused(run, WIDER, **free, assume=["C < 1"])
    assert "`alpha <= 0` cannot hold" in refused(run, WIDER, **free, assume=["alpha <= 0"])


def test_an_assumption_that_decides_nothing_changes_nothing(run: Analyze) -> None:
    plain = run(NET, symbolic=["alpha"])
    report = run(NET, symbolic=["alpha"], assume=["alpha <= 7", "alpha > 0"])
    assert report.totals.cost == plain.totals.cost


def test_an_assumption_about_what_is_no_symbol_is_refused(run: Analyze) -> None:
    message = refused(run, WIDER, C=1, D=2, assume=["alpha <= 1"])
    assert "speaks of `alpha`, which is no free symbol" in message
    assert "--symbolic alpha" in message
    assert "did you mean `alpha`" in refused(run, WIDER, symbolic=["alpha"], C=1, D=2, assume=["alhpa <= 1"])
    assert "no assumption" in refused(run, WIDER, C=1, assume=["D == 2"])


def test_an_assumption_may_speak_of_a_rebindings_symbol(run: Analyze) -> None:
    report = run(WIDER, C="c", D="2*c - d", assume=["c > d"])
    assert report.layers[1].output[0] == 8


def test_assumptions_make_equality_certain(run: Analyze) -> None:
    text = """
        name: same
        parameters: {O: }
        input: [C, 8, 8]
        layers:
          - conv: {out: 8 if C == O else 4, kernel: 1}
        """
    report = run(text)
    assert report.layers[0].output[0] == 4
    assert report.assumed == ("C ≠ O",)
    report = run(text, assume=["C < O"])
    assert report.layers[0].output[0] == 4
    assert report.assumed == ()
    report = run(text, O="C")
    assert report.layers[0].output[0] == 8
    assert report.assumed == ()


# -- pairs and multipliers ---------------------------------------------------------------------------------------------


def test_a_kernel_may_have_two_sides() -> None:
    report = analyze("conv", K=[3, 5], C=2, O=3, H=9, W=8)
    assert report.totals.params == 3 * 5 * 2 * 3
    assert report.layers[0].output == (3, 9, 8)
    assert str(analyze("separable_conv", K="[a, b]").totals.weights) == "C*O + C*a*b"


@pytest.mark.parametrize(
    ("kernel", "said"), [([3, 0], "at least 1"), ([3], "one number, or"), ([1, 2, 3], "3 entries")]
)
def test_a_kernel_of_two_sides_keeps_to_its_bounds(kernel: list[int], said: str) -> None:
    with pytest.raises(FlopcalcError, match=said):
        analyze("conv", K=kernel)


def test_a_parameter_that_is_no_pair_takes_no_list() -> None:
    with pytest.raises(FlopcalcError):
        analyze("conv", O=[3, 5])


@pytest.mark.parametrize(
    ("given", "assume", "real"),
    [
        ({"C": "4*c"}, (), False),
        ({"C": "c*g", "g": "g"}, (), False),
        ({"C": "a*b"}, (), True),
        ({"C": "a*O", "O": "O"}, (), True),
        ({"H": "a*b", "stride": "b"}, (), False),
        ({"C": "c*C"}, (), True),
        ({"C": "C*(c + 1)/2"}, (), True),
        ({"O": "c*C"}, (), True),
        ({"H": "C + c"}, (), False),
        ({"C": "c"}, ("c <= 1",), True),
        ({"C": "4*c"}, ("c >= 1/2",), True),
        ({"C": "4*c"}, ("c >= 2",), False),
    ],
)
def test_a_symbol_that_multiplies_the_specs_own_is_real(
    given: dict[str, str], assume: tuple[str, ...], real: bool
) -> None:
    report = analyze("conv", assume=assume, **given)
    symbols = {str(symbol): symbol for symbol in report.totals.mac.free_symbols}
    assert [symbols[name].is_integer is not True for name in symbols if name in "cab"] == [real] * sum(
        name in symbols for name in "cab"
    )


def test_the_rounding_of_a_value_is_kept_where_rounding_is() -> None:
    height = analyze("conv", padding="K//2", exact_rounding=True).layers[0].output[1]
    assert str(height) == "H - K + 2*floor(K/2) + 1"


# -- names that were hardly meant ------------------------------------------------------------------------------------


def test_a_word_in_an_architectures_value_is_no_symbol_unless_it_is_declared(run: Analyze) -> None:
    message = refused(run, NET, alpha="half")
    assert "alpha cannot be half" in message
    assert "--symbolic alpha" in message
    assert "--symbols half" in message
    assert str(run(NET, alpha="half", symbols="half").totals.weights) == "12*half"
    assert str(run(NET, alpha="a/2", symbols=["a"]).totals.weights) == "6*a"


def test_a_word_within_an_expression_is_a_slip_too(run: Analyze) -> None:
    assert "alpha cannot be 2*half: half is no symbol" in refused(run, NET, alpha="2*half")
    assert "--symbols b" in refused(run, NET, alpha="a/b", symbols="a")


def test_a_parameter_in_anothers_value_must_be_free(run: Analyze) -> None:
    assert "frees width" in refused(run, NET, alpha="width")
    assert str(run(NET, alpha="1/width", symbolic="width").totals.weights) == "3"


def test_a_formula_of_sympy_is_meant(run: Analyze) -> None:
    assert str(run(NET, alpha=sympy.Symbol("half")).totals.weights) == "12*half"


def test_a_name_of_an_inputs_side_is_declared_by_it(run: Analyze) -> None:
    assert str(run(NET, alpha="H/2", input="3,H,W").totals.weights) == "6*H"


def test_a_symbol_must_have_a_name(run: Analyze) -> None:
    assert "--symbols a" in refused(run, NET, alpha="a", symbols="2a")
    assert "symbols is 3" in refused(run, NET, symbols=3)


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [("stride", "sam", "same"), ("O", "widht", "width"), ("K", "2*strid", "stride"), ("O", "chanels", "channels")],
)
def test_a_word_near_to_one_of_a_blocks_is_refused_with_it(run: Analyze, name: str, value: str, meant: str) -> None:
    assert f"did you mean `{meant}`?" in refused(run, BLOCK, **{name: value})
    symbols = value.removeprefix("2*")
    assert run(BLOCK, **{name: value}, symbols=symbols).symbolic


@pytest.mark.parametrize("value", ["s", "4*c", "st", "O", "stride", "height"])
def test_other_names_in_a_blocks_values_are_symbols(run: Analyze, value: str) -> None:
    assert run(BLOCK, O=value).symbolic


# -- whole parameters ------------------------------------------------------------------------------------------------

WHOLE = """
name: net
parameters:
  alpha: {default: 1.0, above: 0}
  side: {default: 8, min: 1.0, whole: true}
  kernel: {default: 1, pair: true, whole: true}
  twice: {default: 2 * alpha, whole: true}
input: [3, side, side]
layers:
  - conv: {out: ceil(4 * alpha), kernel: kernel, padding: 0}
"""


@pytest.mark.parametrize("value", [8.5, "17/2", Fraction(1, 3), Decimal("0.1"), "sqrt(2)"])
def test_a_whole_parameter_takes_whole_numbers_alone(run: Analyze, value: object) -> None:
    message = refused(run, WHOLE, side=value)
    assert "side of net is" in message
    assert "a whole number" in message


def test_each_entry_of_a_whole_pair_is_whole(run: Analyze) -> None:
    assert run(WHOLE, kernel="[1, 3]").totals.weights == 36
    assert "kernel of net is 3/2, which is not whole" in refused(run, WHOLE, kernel="[1, 3/2]")


def test_a_default_that_comes_out_broken_is_refused_where_it_stands(run: Analyze) -> None:
    assert run(WHOLE, alpha=0.5).parameters["twice"] == 1
    assert "twice of net is 3/2, which is not whole" in refused(run, WHOLE, alpha="3/4")


def test_the_symbol_of_a_whole_parameter_is_whole(run: Analyze) -> None:
    assert run(WHOLE, symbolic="side").parameters["side"].is_integer
    assert run(WHOLE, side="s", symbols="s").parameters["side"].is_integer
    assert run(WHOLE, side="s", alpha="s", symbols="s").parameters["alpha"].is_integer
    assert not run(WHOLE.replace(", whole: true", ""), symbolic="side").parameters["side"].is_integer


@pytest.mark.parametrize("side", ["default: 8.5", "choices: [8, 8.5]", "default: big, choices: [big, 8]"])
def test_a_whole_parameter_that_may_be_broken_is_a_fault_of_the_file(run: Analyze, side: str) -> None:
    with pytest.raises(FlopcalcError, match="side is whole and may be"):
        run(WHOLE.replace("default: 8", side))


def test_whole_is_true_or_false(run: Analyze) -> None:
    with pytest.raises(FlopcalcError, match="`whole` of side is maybe"):
        run(WHOLE.replace("1.0, whole: true", "1.0, whole: maybe"))


@pytest.mark.parametrize("name", [listed.name for listed in catalog.index() if listed.kind == "architectures"])
def test_packaged_networks_have_no_broken_resolution_or_class(name: str) -> None:
    known = load(name).known
    for parameter in (known.get("resolution"), known.get("classes")):
        assert parameter is None or parameter.whole


def test_rounding_in_a_value_is_kept_or_said_to_be_left_out() -> None:
    """The padding ⌊K/2⌋ makes H + 2⌊K/2⌋ - K + 1 rows: H for odd kernels, H + 1 for even ones."""
    textbook = analyze("conv", padding="K//2")
    assert str(textbook.layers[0].output[1]) == "H + 1"
    assert textbook.assumed == ("K/2 is a whole number",)
    kept = analyze("conv", padding="K//2", exact_rounding=True)
    assert kept.assumed == ()
    rows = sympy.sympify(kept.layers[0].output[1])
    symbols = {symbol.name: symbol for symbol in rows.free_symbols}
    for kernel in range(1, 8):
        expected = analyze("conv", C=1, O=1, H=9, W=9, K=kernel, padding=kernel // 2).layers[0].output[1]
        assert rows.subs({symbols["H"]: 9, symbols["K"]: kernel}) == expected == (9 if kernel % 2 else 10)
