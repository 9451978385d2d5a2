"""Symbols: a formula with numbers put in is the analysis of those numbers, for every metric and every mechanism."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import sympy

from flopcalc import Report, analyze
from flopcalc.errors import FlopcalcError
from flopcalc.number import is_rational
from flopcalc.theory.recount import Condition, in_the_language

METRICS = ("params", "weights", "madds", "flops", "mac", "activations")

Run = Callable[..., Report]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Analyse a text as a spec file."""
    count = 0

    def analyze_text(text: str, **options: object) -> Report:
        nonlocal count
        count += 1
        path = tmp_path / f"spec{count}.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return analyze(str(path), **options)  # type: ignore[arg-type]

    return analyze_text


def put_in(formula: object, report: Report, values: Mapping[str, object]) -> sympy.Expr:
    """Put numbers into a formula, for the symbols of the report's parameters."""
    expression = sympy.sympify(formula)
    assert {str(name) for name in expression.free_symbols} <= values.keys(), expression
    return expression.subs({name: sympy.Rational(str(values[str(name)])) for name in expression.free_symbols})


def assumed_of_moves(report: Report, values: Mapping[str, object]) -> bool:
    """Tell whether the inequalities that a report notes hold at some values."""
    noted = [in_the_language(text) for text in report.assumed if " ≠ " in text or " ≥ " in text]
    point = {name: Fraction(str(value)) for name, value in values.items() if not isinstance(value, bool)}
    return all(Condition(text).holds(point) for text in noted)


def assert_agrees(formulas: Report, numbers: Report, values: Mapping[str, object]) -> None:
    """Check every total of a symbolic report, with `values` put in, against the numeric report.

    Where the numbers contradict what the report assumes, a layer may move nothing that the formula moves.
    """
    for metric in METRICS:
        expected = getattr(numbers.totals, metric)
        assert is_rational(expected)
        if metric == "mac" and not assumed_of_moves(formulas, values):
            assert put_in(formulas.totals.mac, formulas, values) >= expected
            continue
        assert put_in(getattr(formulas.totals, metric), formulas, values) == expected, (metric, values)


def check(run: Run, text: str, cases: Iterable[Mapping[str, Any]], **options: Any) -> Report:
    """Check a spec's formulas against its numbers, for each of several values of its free parameters."""
    formulas = run(text, **options)
    options.pop("symbolic", None)
    options.pop("assume", None)
    options.pop("exact_rounding", None)
    for case in cases:
        assert_agrees(formulas, run(text, **options, **case), case)
    return formulas


def grid(**values: Iterable[Any]) -> list[dict[str, Any]]:
    """Every combination of the values."""
    cases: list[dict[str, Any]] = [{}]
    for name, options in values.items():
        cases = [{**case, name: option} for option in options for case in cases]
    return cases


def refused(run: Run, text: str, **options: object) -> str:
    with pytest.raises(FlopcalcError) as caught:
        run(text, **options)
    return str(caught.value)


# -- the two readings of rounding ------------------------------------------------------------------------------------

ALPHAS = [Fraction(value, 100) for value in (2, 7, 25, 33, 50, 71, 75, 100, 130, 141)]
RHOS = [Fraction(4, 7), Fraction(5, 7), Fraction("0.714"), Fraction("0.857"), Fraction(1, 10), 1, Fraction(3, 2)]


def test_mobilenet_v1_keeps_its_rounding_exactly() -> None:
    formulas = analyze("mobilenet_v1", symbolic=["alpha", "rho"], exact_rounding=True)
    assert formulas.exact_rounding
    for index, alpha in enumerate(ALPHAS):
        rho = RHOS[index % len(RHOS)]
        assert_agrees(formulas, analyze("mobilenet_v1", alpha=alpha, rho=rho), {"alpha": alpha, "rho": rho})


def test_mobilenet_v1_in_the_ideal_reading_is_a_polynomial_that_is_exact_where_nothing_rounds() -> None:
    formulas = analyze("mobilenet_v1", symbolic=["alpha", "rho"])
    assert not formulas.exact_rounding
    for metric in METRICS:
        formula = getattr(formulas.totals, metric)
        assert sympy.Poly(formula, *formula.free_symbols).total_degree() <= 4
    for case in grid(alpha=[1, Fraction(1, 2), Fraction(3, 4), 2], rho=[1, Fraction(6, 7), Fraction(4, 7), 2]):
        assert_agrees(formulas, analyze("mobilenet_v1", **case), case)


def test_the_ideal_reading_differs_where_a_side_rounds() -> None:
    formulas = analyze("mobilenet_v1", symbolic=["rho"])
    rho = formulas.parameters["rho"]
    rounded = analyze("mobilenet_v1", rho=0.714).totals.madds
    assert formulas.totals.madds.subs(rho, sympy.Rational("0.714")) != rounded
    assert analyze("mobilenet_v1", symbolic=["rho"], exact_rounding=True).totals.madds.subs(
        rho, sympy.Rational("0.714")
    ) == rounded  # fmt: skip


DIVISIBLE = """
name: divisible
parameters:
  alpha: {default: 1, above: 0}
  resolution: {default: 32, min: 1}
define:
  width(c): make_divisible(alpha * c, 8)
  narrow(c): make_divisible(alpha * c, 4, limit=0.8, min=12)
input: [3, resolution, resolution]
layers:
  - conv: {out: width(32), kernel: 3, stride: 2}
  - table:
      columns: [t, c, s]
      rows: [[1, 16, 1], [6, 24, 2], [6, 40, 2]]
      do:
        - conv: {out: round(t * channels), kernel: 1}
        - depthwise: {kernel: 3, stride: s}
        - conv: {out: narrow(c), kernel: 1}
  - conv: {out: "max(64, width(1280))", kernel: 1}
  - conv: {out: channels // 3, kernel: 1}
  - conv: {out: ceil(alpha * 7) + floor(alpha * 9) + round_even(alpha * 5), kernel: 1}
  - max_pool: {kernel: 3, stride: 2, padding: 1}
  - avg_pool: {kernel: 2, ceil_mode: true}
"""


def test_a_net_of_make_divisible_keeps_its_rounding_exactly(run: Run) -> None:
    cases = [
        {"alpha": alpha, "resolution": side}
        for alpha, side in zip(ALPHAS, (32, 33, 47, 64, 31, 30, 40, 57, 65, 128), strict=True)
    ]
    formulas = check(run, DIVISIBLE, cases, symbolic=["alpha", "resolution"], exact_rounding=True)
    assert formulas.totals.params.has(sympy.Piecewise)  # round_even
    assert formulas.totals.madds.has(sympy.floor)


@pytest.mark.parametrize("name", ["mobilenet_v3_large", "ghostnet", "efficientnet_b0"])
def test_widths_that_are_rounded_again_and_again_are_those_of_the_networks(name: str) -> None:
    unknown = "width" if name.startswith("efficientnet") else "alpha"
    formulas = analyze(name, symbolic=[unknown], exact_rounding=True)
    (free,) = formulas.totals.params.free_symbols
    for value in (
        Fraction(1),
        Fraction(13, 10),
        Fraction(21, 10),
    ):  # no two widths are equal that the formula takes apart
        network = analyze(name, **{unknown: value})
        put = {free: sympy.Rational(value)}
        for metric in ("params", "madds", "mac", "peak_memory"):
            assert getattr(formulas.totals, metric).subs(put) == getattr(network.totals, metric), (metric, value)


def test_a_net_of_make_divisible_in_the_ideal_reading_has_no_rounding_left(run: Run) -> None:
    formulas = run(DIVISIBLE, symbolic=["alpha"], assume=["20*alpha >= 1"])
    for metric in METRICS:
        assert not getattr(formulas.totals, metric).has(sympy.floor, sympy.Piecewise, sympy.Max, sympy.ceiling)


def test_numbers_are_rounded_in_either_reading(run: Run) -> None:
    text = (
        "name: x\nparameters: {alpha: 0.7}\ninput: [3, H, H]\nlayers:\n  - conv: {out: round(alpha * 45), kernel: 1}\n"
    )
    for exact_rounding in (False, True):
        assert run(text, exact_rounding=exact_rounding).layers[0].output[0] == 32


@pytest.mark.parametrize(
    "layer",
    [
        "conv: {out: 4, kernel: 3, stride: 2}",
        "conv: {out: 4, kernel: 3, stride: 2, padding: 0}",
        "conv: {out: 4, kernel: 5, stride: 3, padding: 1, dilation: 2}",
        "conv: {out: 4, kernel: 2, stride: 2, padding: 0}",
        "max_pool: {kernel: 3, stride: 2, padding: 1}",
        "max_pool: {kernel: 3, stride: 2, ceil_mode: true}",
        "avg_pool: {kernel: 2}",
    ],
)
def test_a_side_is_exact_where_the_stride_divides_it_and_everywhere_with_exact_rounding(run: Run, layer: str) -> None:
    text = f"name: side\ninput: [3, H, H]\nlayers:\n  - {layer}\n"
    check(run, text, [{"H": side} for side in range(12, 60, 6)])
    check(run, text, [{"H": side} for side in range(11, 40)], exact_rounding=True)


def test_an_even_split_and_a_symbolic_stride_agree_with_numbers(run: Run) -> None:
    text = """
        name: mixed
        parameters: {s: , O: , k: }
        input: [C, H, W]
        layers:
          - branches:
              paths: [[relu], [{conv: {out: O, kernel: k}}]]
              split: even
              merge: concat
          - conv: {out: O, kernel: 3, stride: s}
          - max_pool: {kernel: s, stride: s}
        """
    check(run, text, grid(C=[2, 8], O=[4, 6], k=[1, 3, 5], s=[1, 2], H=[4, 8], W=[12]))
    check(run, text, grid(C=[2, 8], O=[4, 6], k=[1, 3], s=[1, 2], H=[4, 8], W=[12]), exact_rounding=True)


# -- symbols without repeats -----------------------------------------------------------------------------------------


def test_a_separable_convolution_has_its_papers_formula() -> None:
    """arXiv:1704.04861, equation 5: D_K²·M·D_F² + M·N·D_F²."""
    report = analyze("separable_conv", C="M", O="N", K="D", H="F", W="F")
    assert sympy.sstr(report.totals.madds) == "D**2*F**2*M + F**2*M*N"
    for case in grid(C=[1, 8], O=[3, 16], K=[1, 3, 5], H=[7, 14], W=[9]):
        assert_agrees(analyze("separable_conv"), analyze("separable_conv", **case), case)


def test_equalities_taken_for_granted_are_listed(run: Run) -> None:
    text = """
        name: shortcut
        parameters: {t: , O: , s: 1}
        input: [C, H, W]
        layers:
          - conv: {out: t * C, kernel: 1}
            when: t != 1
          - conv: {out: O, kernel: 1, stride: s}
          - relu: {}
            when: s == 1 and C == O
          - relu: {}
            when: O == C
        """
    report = run(text)
    assert report.assumed == ("t ≠ 1", "C ≠ O")
    assert [row.kind for row in report.layers] == ["conv", "conv"]
    same = run(text, O="C", t=1)
    assert same.assumed == ()
    assert [row.kind for row in same.layers] == ["conv", "relu", "relu"]
    check(run, text, grid(C=[8], O=[4, 16], t=[2, 6], H=[4], W=[4]))
    assert run(text, C=8, O=8, t=2, H=4, W=4).totals.mac != put_in(
        report.totals.mac, report, {"C": 8, "O": 8, "t": 2, "H": 4, "W": 4}
    )


def test_what_is_assumed_in_a_layers_rule_is_listed_too(run: Run) -> None:
    report = run("name: odd\nparameters: {k: }\ninput: [3, 8, 8]\nlayers:\n  - conv: {out: 4, kernel: k}\n")
    assert report.assumed == ("k is odd",)


@pytest.mark.parametrize(
    "condition", ["C < O", "C <= O", "C > O", "C >= O", "max(C, O) == C", "min(C, O) == C", "abs(C - O) > 1"]
)
def test_an_undecided_order_asks_for_an_assumption(run: Run, condition: str) -> None:
    text = f"""
        name: open
        parameters: {{O: }}
        input: [C, 8, 8]
        layers:
          - conv: {{out: O, kernel: 1}}
            when: {condition}
          - relu
        """
    message = refused(run, text)
    assert "--assume" in message
    for assume in (["C > 2 * O"], ["O > 2 * C"]):
        assert run(text, assume=assume).totals.mac.free_symbols
    check(run, text, [{"C": 9, "O": 4}, {"C": 100, "O": 2}], assume=["C > 2 * O"])


def test_exact_rounding_keeps_a_maximum_and_agrees(run: Run) -> None:
    text = """
        name: most
        parameters: {alpha: 0.5}
        input: [3, 8, 8]
        layers:
          - conv: {out: "max(16, round(alpha * 20))", kernel: 1}
        """
    check(run, text, [{"alpha": alpha} for alpha in ALPHAS], symbolic=["alpha"], exact_rounding=True)


# -- symbolic repeats ------------------------------------------------------------------------------------------------

STACK = """
name: stack
parameters: {K: }
input: [C, H, W]
layers:
  - layers:
      - depthwise: {kernel: 3}
      - norm
      - relu
      - conv: {out: C, kernel: 1, bias: true}
    repeat: K
  - conv: {out: 5, kernel: 1}
"""


def test_a_body_that_keeps_the_shape_is_multiplied(run: Run) -> None:
    report = check(run, STACK, grid(K=[1, 2, 5, 17], C=[1, 8], H=[3], W=[4]))
    assert [str(row.count) for row in report.layers] == ["K"] * 4 + ["1"]
    assert str(report.layers[0].cost.params) == "9*C*K"
    assert report.assumed == ()


def test_a_count_may_be_an_expression(run: Run) -> None:
    for count, cases in {
        "2 * K + 1": [1, 2, 6],
        "K - 1": [1, 2, 6],
        "K // 2": [2, 4, 8],
        "K * K": [1, 2, 3],
        "ceil(K / 3)": [3, 6, 9],
    }.items():
        check(run, STACK.replace("repeat: K", f"repeat: {count}"), grid(K=cases, C=[4], H=[3], W=[4]))


def test_a_count_that_could_be_negative_is_noted(run: Run) -> None:
    report = check(run, STACK.replace("repeat: K", "repeat: K - 3"), grid(K=[3, 4, 9], C=[4], H=[3], W=[4]))
    assert report.assumed == ("K ≥ 3",)
    assert run(STACK.replace("repeat: K", "repeat: K - 3"), assume=["K > 3"]).assumed == ()


def test_costs_polynomial_in_the_turn_are_summed_in_closed_form(run: Run) -> None:
    text = """
        name: growing
        parameters: {K: , g: }
        input: [C, H, W]
        layers:
          - layers:
              - conv: {out: 16 + g * i, kernel: 3, bias: true}
              - relu
              - conv: {out: (i + 1) ** 2, kernel: 1}
              - conv: {out: C, kernel: 1}
            repeat: K
        """
    report = check(run, text, grid(K=[1, 2, 3, 8], g=[1, 7], C=[4], H=[3, 6], W=[5]))
    assert sympy.Poly(report.totals.params, report.parameters["K"]).degree() == 4
    assert not any("i" in str(row.cost.params) for row in report.layers)


DENSE = """
name: dense_block
title: DenseNet-BC block
source: Huang et al. 2017, arXiv:1608.06993, section 3
parameters: {L: , k: }
input: [k0, H, W]
blocks:
  layer:
    layers:
      - branches:
          paths:
            - []
            - - norm
              - relu
              - conv: {out: 4 * k, kernel: 1}
              - norm
              - relu
              - conv: {out: k, kernel: 3}
          merge: concat
layers:
  - layer: {}
    repeat: L
  - norm
  - conv: {out: channels / 2, kernel: 1}
"""


def test_densenets_growing_channels_come_out_right(run: Run) -> None:
    """Layer l reads k0 + k·(l − 1) channels: (k0 + k(l − 1))·4k + 9·4k·k weights."""
    report = check(run, DENSE, grid(L=[1, 2, 3, 6, 12], k=[4, 12], k0=[2, 24], H=[4], W=[6]))
    length, growth, first = (report.parameters[name] for name in ("L", "k", "k0"))
    assert report.layers[-1].output[0] - (first + growth * length) / 2 == 0
    stacked = sum(row.cost.weights for row in report.layers[:-1])
    for layers in range(1, 8):
        by_hand = sum((first + growth * index) * 4 * growth + 36 * growth**2 for index in range(layers))
        assert sympy.expand(stacked.subs(length, layers) - by_hand) == 0
    assert [row.path for row in report.layers][:2] == ["layer1.norm1", "layer1.relu1"]
    assert str(report.layers[0].inputs[0][0]) in ("i*k + k0", "k*i + k0")


def test_densenet_121_is_the_sum_of_its_block_formulas(run: Run) -> None:
    """Table 1, DenseNet-121: blocks of 6, 12, 24, 16 layers, k = 32, each transition halves the channels."""
    report = run(DENSE)
    channels, weights = 64, 0
    for layers in (6, 12, 24, 16):
        values = {"L": layers, "k": 32, "k0": channels, "H": 1, "W": 1}
        weights += put_in(report.totals.weights, report, values)
        channels = (channels + 32 * layers) // 2
    last = (1024 * 1024) // 2  # no transition after the last block
    assert weights - last + 7 * 7 * 3 * 64 + 1024 * 1000 == 7_894_208  # 7,978,856 − 84,648 of norms and the bias


ESP = """
name: esp
title: ESP module
source: Mehta et al. 2018, arXiv:1803.06815, section 3
parameters: {K: , N: , n: }
input: [M, H, W]
layers:
  - conv: {out: N / K, kernel: 1}
  - branches:
      paths: {repeat: K, do: [{conv: {out: N / K, kernel: n, dilation: 2 ** i}}]}
      merge: {hff: {first: FIRST}}
"""
ESP_CASES = grid(K=[2, 4, 5], N=[20, 40], n=[1, 3], M=[7], H=[5], W=[6])


@pytest.mark.parametrize("first", [0, 1])
def test_esps_dilated_branches_come_out_right(run: Run, first: int) -> None:
    """Section 3.1: M·N/K + (n·N)²/K weights."""
    text = ESP.replace("FIRST", str(first))
    report = check(run, text, ESP_CASES)
    formula = report.totals.weights
    assert sympy.sstr(formula) == "M*N/K + N**2*n**2/K"
    assert put_in(formula, report, {"K": 4, "M": 128, "N": 128, "n": 3}) == 40_960
    assert [str(row.count) for row in report.layers] == ["1", "K", f"K - {first + 1}", "1"]
    assert report.layers[-1].output[0] - report.parameters["N"] == 0


@pytest.mark.parametrize("merge", ["concat", "add", "multiply"])
@pytest.mark.parametrize("more", ["", ", [relu]", ", [{conv: {out: 8, kernel: 3}}], {repeat: 2 * K, do: [tanh]}"])
def test_repeated_paths_merge_like_as_many_paths(run: Run, merge: str, more: str) -> None:
    text = f"""
        name: paths
        parameters: {{K: }}
        input: [8, H, W]
        layers:
          - branches:
              paths: [{{repeat: K, do: [{{conv: {{out: 8, kernel: 1}}}}, norm]}}{more}]
              merge: {merge}
          - conv: {{out: 3, kernel: 1}}
        """
    report = check(run, text, grid(K=[2, 3, 7], H=[4], W=[6]))
    assert report.assumed == (("K ≥ 2",) if not more else ())


def test_concatenated_paths_may_grow_with_the_turn(run: Run) -> None:
    text = """
        name: widening
        parameters: {K: , g: }
        input: [3, H, W]
        layers:
          - branches:
              paths: [{repeat: K, do: [{conv: {out: g * (i + 1), kernel: 3}}]}, []]
              merge: concat
          - conv: {out: 5, kernel: 1}
        """
    report = check(run, text, grid(K=[1, 2, 6], g=[1, 4], H=[4], W=[6]))
    assert sympy.expand(report.layers[-2].output[0]) - (sympy.sympify("K**2/2 + K/2", {"K": report.parameters["K"]})
        * report.parameters["g"] + 3).expand() == 0  # fmt: skip
    assert "another shape" in refused(run, text.replace("merge: concat", "merge: add"))


def test_espnets_first_path_may_be_wider(run: Run) -> None:
    """The reference code: n1 = N − (K − 1)·n channels in the first path, and sums from the second on."""
    text = """
        name: espnet
        parameters: {K: , d: , e: }
        input: [M, H, W]
        layers:
          - branches:
              paths: {repeat: K, do: [{conv: {out: d + e if i == 0 else d, kernel: 3, dilation: 2 ** i}}]}
              merge: {hff: {first: 1}}
        """
    report = check(run, text, grid(K=[2, 3, 5], d=[4, 9], e=[1, 3], M=[7], H=[5], W=[6]))
    assert (
        sympy.expand(
            report.layers[-1].output[0] - sympy.sympify("K*d + e", {str(s): s for s in report.parameters.values()})
        )
        == 0
    )
    assert [str(row.count) for row in report.layers] == ["1", "K - 1", "K - 2", "1"]


# -- peeled turns ----------------------------------------------------------------------------------------------------


def stage(attributes: str, repeat: str = "K") -> str:
    return f"""
        name: stage
        parameters: {{K: , O: }}
        input: [C, H, W]
        layers:
          - layers:
              - conv: {{out: O, kernel: 3{attributes}}}
              - relu
            repeat: {repeat}
          - conv: {{out: 5, kernel: 1}}
        """


CASES = grid(K=[2, 3, 4, 9], C=[3, 8], O=[8], H=[8], W=[12])


def test_a_condition_on_the_first_turn_peels_it(run: Run) -> None:
    report = check(run, stage(", stride: 2 if i == 0 else 1"), [*CASES, *grid(K=[1], C=[3], O=[8], H=[8], W=[12])])
    assert [str(row.count) for row in report.layers] == ["1", "1", "K - 1", "K - 1", "1"]
    assert [row.path for row in report.layers] == ["conv1", "relu1", "conv2", "relu2", "conv3"]
    assert report.assumed == ()


@pytest.mark.parametrize(
    "attributes",
    [
        ", stride: 2 if i == K - 1 else 1",
        ", stride: 1 if i < K - 1 else 2",
        ", stride: 2 if i == 0 or i == K - 1 else 1",
        ", dilation: 1 if i == 0 else 2",
        ", bias: i == 1",
        ", bias: i >= 2",
        ", bias: i > K - 2",
        ", bias: 0 < i < K - 1",
        ', dilation: "max(i, 1)"',
        ", bias: not i == 0",
    ],
)
def test_conditions_on_the_first_and_last_turns_are_peeled(run: Run, attributes: str) -> None:
    check(run, stage(attributes), [case for case in CASES if case["K"] > 2])


def test_what_peeling_takes_for_granted_is_noted(run: Run) -> None:
    both = run(stage(", stride: 2 if i == 0 or i == K - 1 else 1"))
    assert both.assumed == ("K ≥ 2",)
    assert run(stage(", stride: 2 if i == 0 else 1", repeat="K - 1")).assumed == ("K ≥ 2",)
    assert run(stage(", stride: 2 if i == 0 else 1", repeat="K - 1"), assume=["K >= 2"]).assumed == ()


def test_a_first_turn_may_change_the_shape_that_the_others_keep(run: Run) -> None:
    text = """
        name: residual_stage
        parameters: {K: , O: , s: 2}
        input: [C, H, W]
        blocks:
          unit:
            parameters: {out: , stride: 1}
            layers:
              - branches:
                  paths:
                    - - conv: {out: out, kernel: 3, stride: stride}
                    - - conv: {out: out, kernel: 1, stride: stride}
                        when: stride != 1 or channels != out
                  merge: add
        layers:
          - unit: {out: O, stride: s if i == 0 else 1}
            repeat: K
        """
    report = check(run, text, grid(K=[1, 2, 5], C=[3], O=[8], s=[1, 2], H=[8], W=[4]), symbolic=["s"])
    assert "C ≠ O" in report.assumed or "s ≠ 1" in report.assumed
    check(run, text, grid(K=[1, 2, 5], C=[3], O=[8], H=[8], W=[4]), s=1)
    check(run, stage(""), CASES)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        (", bias: i % 2 == 0", "give the repeat's count a number"),
        (", bias: i == 7", "give the repeat's count a number"),
        (", stride: 2", "makes"),
        (", dilation: i // 2 + 1", "give the repeat's count a number"),
        (", bias: i * i == K", "give the repeat's count a number"),
    ],
)
def test_anything_else_is_an_error_that_asks_for_a_number(run: Run, attributes: str, message: str) -> None:
    for exact_rounding in (False, True):
        error = refused(run, stage(attributes), exact_rounding=exact_rounding)
        assert message in error
        assert "repeat's count a number" in error
        assert "turn _i" not in error
    assert run(stage(attributes), K=3).totals.params


def test_a_cost_that_is_no_polynomial_in_the_turn_asks_for_a_number(run: Run) -> None:
    text = stage("").replace("out: O", "out: 2 ** i")
    error = refused(run, text)
    assert "not a polynomial" in error
    assert "repeat's count a number" in error
    assert run(text, K=4).totals.params


def test_a_failed_attempt_leaves_nothing_behind(run: Run) -> None:
    """Paths, names, assumptions and unused tensors are those of the turns that were kept."""
    text = """
        name: clean
        parameters: {K: , O: }
        input: [C, H, W]
        layers:
          - layers:
              - conv: {out: O, kernel: 1}
                name: first
                as: a
              - conv: {out: O, kernel: 3}
                when: i > 0 or channels != C
                as: b
              - add: {}
                from: [a, b]
            repeat: K
            name: stage
          - relu
        """
    report = check(run, text, grid(K=[1, 2, 4], C=[3], O=[8], H=[8], W=[4]))
    assert [row.path for row in report.layers] == [
        *("stage1.first", "stage1.conv", "stage1.add"),
        *("stage2.first", "stage2.conv", "stage2.add"),
        "relu",
    ]
    assert report.assumed == ("O ≠ C",)


def test_a_tensor_that_only_an_abandoned_attempt_used_is_still_unused(run: Run) -> None:
    text = """
        name: unused
        parameters: {K: }
        input: [C, H, W]
        layers:
          - conv: {out: 4, kernel: 1}
            as: side
          - layers:
              - conv: {out: C, kernel: 1}
              - concat: {}
                from: [side, input]
                when: i == K
            from: input
            repeat: K
        """
    assert "never used" in refused(run, text)


# -- nested repeats --------------------------------------------------------------------------------------------------


def test_symbolic_repeats_may_be_nested(run: Run) -> None:
    text = """
        name: nested
        parameters: {K: , L: , g: 2}
        input: [C, H, W]
        blocks:
          inner:
            parameters: {turn: }
            layers:
              - layers:
                  - conv: {out: C + g * turn + i, kernel: 3, bias: i == 0}
                  - conv: {out: C, kernel: 1}
                repeat: L
              - conv: {out: C, kernel: 1, bias: turn == 0}
        layers:
          - inner: {turn: i}
            repeat: K
          - relu
        """
    report = check(run, text, grid(K=[1, 2, 5], L=[1, 2, 4], C=[3], H=[2], W=[3]))
    assert [str(row.count) for row in report.layers] == [
        *("1", "1", "L - 1", "L - 1", "1"),
        *("K - 1", "K - 1", "K*L - K - L + 1", "K*L - K - L + 1", "K - 1"),
        "1",
    ]


def test_an_inner_count_may_depend_on_the_outer_turn(run: Run) -> None:
    text = """
        name: triangle
        parameters: {K: }
        input: [C, H, W]
        blocks:
          row:
            parameters: {n: }
            layers:
              - conv: {out: C, kernel: 1}
                repeat: n
        layers:
          - row: {n: i + 1}
            repeat: K
        """
    report = check(run, text, grid(K=[1, 2, 3, 7], C=[3], H=[2], W=[3]))
    assert str(report.layers[0].count) == "K**2/2 + K/2"


def test_a_condition_on_the_outer_turn_inside_an_inner_repeat_peels_the_outer(run: Run) -> None:
    text = """
        name: outer_first
        parameters: {K: , L: }
        input: [C, H, W]
        blocks:
          row:
            parameters: {turn: }
            layers:
              - conv: {out: C, kernel: 1, bias: turn == 0}
                repeat: L
        layers:
          - row: {turn: i}
            repeat: K
        """
    report = check(run, text, grid(K=[1, 2, 5], L=[1, 3], C=[3], H=[2], W=[3]))
    assert [str(row.count) for row in report.layers] == ["L", "K*L - L"]


def test_dense_blocks_may_be_repeated_in_one_network(run: Run) -> None:
    text = """
        name: two_blocks
        parameters: {L: , k: , M: }
        input: [C, H, W]
        blocks:
          layer:
            layers:
              - branches:
                  paths: [[], [{conv: {out: k, kernel: 3}}]]
                  merge: concat
        layers:
          - layer: {}
            repeat: L
          - conv: {out: C, kernel: 1}
          - layer: {}
            repeat: M
          - layer: {}
            repeat: 2
        """
    report = check(run, text, grid(L=[1, 3], M=[1, 4], k=[2], C=[3], H=[2], W=[3]))
    assert (
        sympy.expand(
            report.layers[-1].output[0]
            - sympy.sympify("C + M*k + 2*k", {str(s): s for s in report.parameters.values()})
        )
        == 0
    )


def test_a_repeated_path_inside_a_symbolic_repeat(run: Run) -> None:
    text = """
        name: esp_stage
        parameters: {K: , L: , d: }
        input: [K * d, H, W]
        layers:
          - layers:
              - branches:
                  paths: {repeat: K, do: [{conv: {out: d, kernel: 3, dilation: 2 ** i}}]}
                  merge: hff
            repeat: L
        """
    report = check(run, text, grid(K=[1, 2, 4], L=[1, 2, 5], d=[2, 3], H=[2], W=[3]))
    assert [str(row.count) for row in report.layers] == ["K*L", "K*L - L", "L"]


def test_a_table_inside_a_symbolic_repeat(run: Run) -> None:
    text = """
        name: table
        parameters: {K: }
        input: [4, H, W]
        layers:
          - table:
              columns: [c]
              rows: [8, [16], 4]
              do:
                - conv: {out: c, kernel: 3}
            repeat: K
        """
    check(run, text, grid(K=[1, 2, 5], H=[2], W=[3]))


def test_names_inside_a_symbolic_repeat_are_not_reached_from_outside(run: Run) -> None:
    text = """
        name: reaching
        parameters: {K: }
        input: [C, H, W]
        layers:
          - layers:
              - conv: {out: C + i, kernel: 1}
                name: inner
              - conv: {out: C, kernel: 1}
            repeat: K
          - relu: {}
            from: inner1
        """
    assert "nothing before this is named `inner1`" in refused(run, text)
    assert run(text.replace("relu: {}\n            from: inner1", "relu"), K=3).totals.params


def test_the_turn_is_written_i_and_is_no_symbol_of_the_users(run: Run) -> None:
    text = """
        name: named_i
        parameters: {K: , growth: 1}
        input: [C, H, W]
        layers:
          - layers:
              - conv: {out: growth * i + growth, kernel: 1}
              - conv: {out: C, kernel: 1}
            repeat: K
        """
    free = run(text)
    assert str(free.layers[0].output[0]) == "i + 1"
    report = run(text, growth="i")
    own = report.parameters["growth"]
    assert str(report.layers[0].output[0]) == "i*i2 + i"
    for case in grid(K=[1, 4], i=[1, 3], C=[2], H=[2], W=[2]):
        numbers = run(text, **{**{name: case[name] for name in "KCHW"}, "growth": case["i"]})
        assert_agrees(report, numbers, case)
    assert own in report.totals.params.free_symbols


def test_a_symbolic_repeat_starts_from_one_tensor(run: Run) -> None:
    text = """
        name: pair
        parameters: {K: }
        input: [C, H, W]
        layers:
          - relu: {}
            as: a
          - add: {}
            from: [a, input]
            repeat: K
        """
    assert "one tensor" in refused(run, text)


def test_labels_of_repeated_entries_are_the_last_turns(run: Run) -> None:
    text = """
        name: labels
        parameters: {K: }
        input: [C, H, W]
        layers:
          - layers:
              - branches:
                  paths: [[], [{conv: {out: 2, kernel: 3}}]]
                  merge: concat
            repeat: K
            as: grown
          - conv: {out: 4, kernel: 1}
            as: other
          - concat: {}
            from: [grown, input, other]
        """
    report = check(run, text, grid(K=[1, 2, 5], C=[3], H=[2], W=[3]))
    assert str(report.layers[-1].inputs[0][0]) == "C + 2*K"


def test_a_symbolic_repeat_keeps_its_rounding_too(run: Run) -> None:
    text = """
        name: rounded
        parameters: {K: , alpha: {default: 1, above: 0}}
        input: [3, 9, 9]
        layers:
          - conv: {out: round(alpha * 10), kernel: 3, stride: 2}
          - layers:
              - conv: {out: "make_divisible(channels * 1.5, 4)", kernel: 1}
              - conv: {out: round(alpha * 10), kernel: 3}
            repeat: K
        """
    cases = [{"K": turns, "alpha": alpha} for turns in (1, 2, 5) for alpha in ALPHAS[3:7]]
    check(run, text, cases, symbolic=["alpha"], exact_rounding=True)


def test_flops_of_other_conventions_are_summed_over_the_turns_too(run: Run, tmp_path: Path) -> None:
    convention = tmp_path / "own.yaml"
    convention.write_text(
        "name: own\ntitle: t\nunit: u\nflops:\n  conv: 2 * madds + bias_adds\n"
        "  pool: window * outputs\n  elementwise: inputs - outputs\n  default: outputs\n"
    )
    text = """
        name: pooled
        parameters: {K: }
        input: [C, 9, 9]
        layers:
          - layers:
              - conv: {out: C, kernel: 3, bias: true}
              - avg_pool: {kernel: 2 * i + 1, stride: 1, padding: same}
              - norm
              - branches:
                  paths: {repeat: K, do: [relu]}
                  merge: add
            repeat: K
        """
    check(run, text, grid(K=[2, 3, 4], C=[3]), convention=str(convention))


def test_what_needs_every_turn_laid_out_asks_for_a_number(run: Run) -> None:
    report = run(STACK)
    for read in (lambda: report.totals.peak_memory, lambda: report.receptive_field):
        with pytest.raises(FlopcalcError, match="give K a number"):
            read()
    laid_out = run(STACK, K=3, C=4, H=8, W=8)
    assert laid_out.receptive_field.side == (7, 7)
    pointwise = run(STACK.replace("depthwise: {kernel: 3}", "depthwise: {kernel: 1}"))
    assert pointwise.receptive_field.side == (1, 1)


def test_a_depth_multiplier_scales_repeats_in_both_readings(run: Run) -> None:
    """EfficientNet (arXiv:1905.11946): ceil(d·n) turns, of which the first strides and widens."""
    text = """
        name: scaled
        parameters: {d: {default: 1, above: 0}, w: {default: 1, above: 0}}
        define: {width(c): "make_divisible(w * c, 8)"}
        input: [3, 16, 16]
        blocks:
          unit:
            parameters: {out: , stride: 1}
            input: [C, H, W]
            layers:
              - branches:
                  paths:
                    - - conv: {out: 6 * C, kernel: 1}
                      - depthwise: {kernel: 3, stride: stride}
                      - conv: {out: out, kernel: 1}
                    - - conv: {out: out, kernel: 1, stride: stride}
                        when: stride != 1 or C != out
                  merge: add
        layers:
          - conv: {out: width(32), kernel: 3, stride: 2}
          - table:
              columns: [c, s, n]
              rows: [[16, 1, 1], [24, 2, 2], [40, 2, 3]]
              do:
                - unit: {out: width(c), stride: s if i == 0 else 1}
                  repeat: ceil(d * n)
        """
    ideal = check(run, text, [{"d": depth} for depth in (1, 2, 5)], symbolic=["d"])
    assert ideal.assumed == ("d ≥ 1", "2*d ≥ 1", "3*d ≥ 1")
    depths = [Fraction(depth) for depth in ("0.3", "1", "1.1", "1.4", "1.5", "2.2", "3.1")]
    exact = check(run, text, [{"d": depth} for depth in depths], symbolic=["d"], exact_rounding=True)
    assert exact.totals.params.has(sympy.ceiling)
    assert exact.assumed == ()
    cases = [
        {"d": depth, "w": width} for depth, width in zip(depths, (1, "1.1", "1.2", "1.4", 2, "2.2", 3), strict=True)
    ]
    check(run, text, cases, symbolic=["d", "w"], exact_rounding=True)


def test_what_an_inner_repeat_takes_for_granted_of_the_outer_turn_peels_it(run: Run) -> None:
    text = """
        name: inner_last
        parameters: {K: }
        input: [C, H, W]
        blocks:
          row:
            parameters: {n: }
            layers:
              - conv: {out: C, kernel: 1, bias: i == 0 or i == n - 1}
                repeat: n
        layers:
          - row: {n: i + 1}
            repeat: K
        """
    check(run, text, grid(K=[1, 2, 3, 6], C=[3], H=[2], W=[2]))


@pytest.mark.parametrize("merge", ["add", "multiply", "concat"])
def test_a_merge_takes_for_granted_that_there_are_two_paths(run: Run, merge: str) -> None:
    text = f"""
        name: peeled_paths
        parameters: {{K: }}
        input: [C, 8, 8]
        layers:
          - branches:
              paths: {{repeat: K, do: [{{conv: {{out: 4, kernel: 3, bias: 0 < i}}}}]}}
              merge: {merge}
        """
    assert check(run, text, grid(K=[2, 3, 5], C=[3])).assumed == ("K ≥ 2",)
    fewer = text.replace("repeat: K", "repeat: K - 1")
    assert run(fewer).assumed == ("K ≥ 2", "K ≥ 3")


def test_what_a_definition_assumes_is_listed_though_its_first_reader_was_taken_back(run: Run) -> None:
    text = """
        name: settled
        parameters: {K: , O: }
        define: {same: C == O}
        input: [C, 8, 8]
        layers:
          - layers:
              - conv: {out: O, kernel: 1, bias: same}
            repeat: K
        """
    assert check(run, text, grid(K=[1, 2, 5], C=[3], O=[4])).assumed == ("C ≠ O",)


def test_deeply_nested_symbolic_repeats_end_in_a_clear_error_soon(run: Run) -> None:
    for depth, condition in ((5, "i == 0 or i == K - 1"), (9, "i == 0 or i == K - 1"), (9, "i % 2 == 0")):
        lines = ["name: deep", "parameters: {K: }", "input: [C, 8, 8]", "layers:"]
        for level in range(depth):
            lines += [
                "    " * level + "- layers:",
                "    " * (level + 1) + f"- conv: {{out: C, kernel: 1, bias: {condition}}}",
            ]
        lines += ["    " * level + "  repeat: K" for level in reversed(range(depth))]
        begun = time.process_time()
        error = refused(run, "\n".join(lines))
        assert "too many steps" in error or "repeat's count a number" in error
        assert time.process_time() - begun < 5


# -- random bodies ---------------------------------------------------------------------------------------------------

CONDITIONS = (
    "i == 0",
    "i == K - 1",
    "i < 1",
    "i > K - 2",
    "i >= 2",
    "0 < i",
    "C == O",
    "channels == C",
    "channels != O",
)
WIDTHS = ("C", "O", "4", "C + i", "O * (i + 1)", "channels + O", "max(i, 1)", "O if i == 0 else C")


def random_entry(rng: random.Random, indent: str, depth: int) -> list[str]:
    """One entry of a random body, in lines."""
    kind = rng.random()
    more, deeper = indent + "    ", indent + "        "
    if kind < 0.4 or depth == 3:
        out, kernel, bias = rng.choice(WIDTHS), rng.choice((1, 3)), rng.choice(CONDITIONS)
        return [f'{indent}- conv: {{out: "{out}", kernel: {kernel}, bias: {bias}}}']
    if kind < 0.5:
        return [f"{indent}- norm: {{}}", f"{indent}  when: {rng.choice(CONDITIONS)}"]
    if kind < 0.55:
        return [f"{indent}- depthwise: {{kernel: 3, stride: 2 if i == 0 else 1}}"]
    if kind < 0.75:
        body = [line for _ in range(rng.randint(1, 2)) for line in random_entry(rng, more, depth + 1)]
        return [f"{indent}- layers:", *body, f"{indent}  repeat: {rng.choice(('K', 'L', 'L * 2', 'i + 1', '2'))}"]
    if kind < 0.87:
        body = random_entry(rng, deeper + "  ", depth + 1)
        merge = rng.choice(("concat", "add"))
        return [f"{indent}- branches:", f"{more}paths:", f"{more}  - []", f"{more}  -", *body, f"{more}merge: {merge}"]
    body = [line for _ in range(rng.randint(1, 2)) for line in random_entry(rng, deeper, depth + 1)]
    merge = rng.choice(("concat", "add", "hff", "{hff: {first: 1}}"))
    repeat = rng.choice(("K", "L"))
    return [
        f"{indent}- branches:",
        f"{more}paths:",
        f"{more}  repeat: {repeat}",
        f"{more}  do:",
        *body,
        f"{more}merge: {merge}",
    ]


def holds(assumption: str, values: Mapping[str, int]) -> bool:
    """Tell whether what a report took for granted is true of these numbers."""
    names = {name: sympy.Integer(value) for name, value in values.items()}
    left, sign, right = re.fullmatch(r"(.+) (≠|≥) (.+)", assumption).groups()  # type: ignore[union-attr]
    first, second = (sympy.sympify(side, locals=names) for side in (left, right))
    return bool(first != second if sign == "≠" else first >= second)


@pytest.mark.parametrize("seed", range(5))
def test_random_bodies_have_formulas_that_agree_with_their_numbers(run: Run, seed: int) -> None:
    rng = random.Random(seed)
    agreed = 0
    for _ in range(8):
        head = "name: random\nparameters: {K: , L: , O: }\ninput: [C, H, 64]\nlayers:\n  - layers:\n"
        text = head + "\n".join(line for _ in range(2) for line in random_entry(rng, "      ", 1)) + "\n    repeat: 1\n"
        try:
            formulas = run(text)
        except FlopcalcError:
            continue
        for _ in range(3):
            values = {name: rng.randint(1, 5) for name in "KLCO"} | {"H": 64}
            if not all(holds(assumption, values) for assumption in formulas.assumed):
                continue
            try:
                numbers = run(text, **values)
            except FlopcalcError as error:
                assert "first is" in str(error) or "1 paths" in str(error) or "no layer is left" in str(error), text  # noqa: PT017
                continue
            assert_agrees(formulas, numbers, values)
            agreed += 1
    assert agreed > 3


# -- peak memory -----------------------------------------------------------------------------------------------------


def test_a_symbolic_peak_memory_agrees_with_numbers(run: Run) -> None:
    text = """
        name: peak
        parameters: {t: , O: }
        input: [C, H, W]
        layers:
          - branches:
              paths:
                - []
                - - conv: {out: t * C, kernel: 1}
                  - relu
                  - depthwise: {kernel: 3}
                  - conv: {out: C, kernel: 1}
              merge: add
          - conv: {out: O, kernel: 1, stride: 2}
          - conv: {out: 4 * O, kernel: 1}
        """
    formulas = run(text)
    assert formulas.totals.peak_memory.has(sympy.Max)
    for case in grid(t=[1, 2, 6], C=[4, 16], O=[1, 8, 256], H=[8], W=[2, 10]):
        numbers = run(text, **case)
        assert put_in(formulas.totals.peak_memory, formulas, case) == numbers.totals.peak_memory, case


def test_mobilenet_v1s_peak_memory_agrees_with_numbers() -> None:
    formulas = analyze("mobilenet_v1", symbolic=["alpha", "rho"])
    for case in grid(alpha=[1, Fraction(1, 2), Fraction(1, 4), 4], rho=[1, Fraction(4, 7), 2]):
        numbers = analyze("mobilenet_v1", **case)
        assert put_in(formulas.totals.peak_memory, formulas, case) == numbers.totals.peak_memory, case


def test_a_peak_that_dominates_every_other_is_no_maximum() -> None:
    report = analyze("separable_conv")
    peak = report.totals.peak_memory
    for case in grid(C=[1, 8], O=[3, 16], K=[3], H=[7], W=[9]):
        assert put_in(peak, report, case) == analyze("separable_conv", **case).totals.peak_memory
    assert str(analyze("separable_conv", O="C").totals.peak_memory) == "2*C*H*W"


def test_a_peak_memory_that_keeps_its_rounding_agrees_with_numbers(run: Run) -> None:
    text = """
        name: rounded_peak
        parameters: {alpha: {default: 1, above: 0}}
        input: [3, 9, 9]
        layers:
          - conv: {out: round(alpha * 10), kernel: 3, stride: 2}
          - conv: {out: floor(alpha * 25), kernel: 1}
          - conv: {out: 12, kernel: 1}
        """
    formulas = run(text, symbolic=["alpha"], exact_rounding=True)
    for alpha in ALPHAS[2:]:
        numbers = run(text, alpha=alpha)
        assert put_in(formulas.totals.peak_memory, formulas, {"alpha": alpha}) == numbers.totals.peak_memory


OPEN = """
parameters:
  alpha: {{default: 1, above: 0}}
  n: {{default: 9, whole: true}}
  g: {{default: 2, whole: true}}
input: [3, 8, 8]
layers:
  - conv: {{out: 8, kernel: 1}}
    when: {condition}
  - relu
"""

ASKED_ABOUT = [
    "floor(64 * alpha) > 40",
    "ceil(64 * alpha) >= 40",
    "round(64 * alpha) < 40",
    "round_even(64 * alpha) < 40",
    "make_divisible(64 * alpha) <= 40",
    "64 * alpha // 3 > n",
    "n % 3 > 1",
    "max(64 * alpha, n) > 40",
    "min(64 * alpha, 40) < n",
    "abs(n - 5) > 1",
    "n / g > 3",
    "n ** 2 - g * n > 3",
    "sqrt(n) > 3",
    "log(n, 2) > 3",
    "2 ** n > 40",
    "n > 3 and floor(n / g) > 2",
    "floor(floor(64 * alpha) / 3) > 5",
    " + ".join(f"floor({number} * alpha / 7)" for number in range(1, 40)) + " > 90",
]


@pytest.mark.parametrize("exact_rounding", [False, True])
@pytest.mark.parametrize("condition", ASKED_ABOUT)
def test_an_assumption_that_is_suggested_is_one_that_helps(run: Run, condition: str, exact_rounding: bool) -> None:
    text = OPEN.format(condition=condition)
    asked: list[str] = []

    def answered(assume: list[str]) -> None:
        """Give what is asked for, whichever of the two, until nothing is."""
        try:
            run(text, symbolic=["alpha", "n", "g"], exact_rounding=exact_rounding, assume=assume)
        except FlopcalcError as error:
            (problem,) = error.problems
            suggested = re.findall(r"--assume '([^']*)'", problem.hint)
            assert len(suggested) == 2 or "numbers for" in problem.hint, problem
            for suggestion in suggested:
                assert suggestion not in assume
                asked.append(suggestion)
                answered([*assume, suggestion])

    answered([])
    if condition == ASKED_ABOUT[0]:
        assert asked == (
            ["floor(64*alpha) > 40", "floor(64*alpha) <= 40"] if exact_rounding else ["64*alpha > 40", "64*alpha <= 40"]
        )


def test_too_many_assumptions_are_refused_with_the_limit(run: Run) -> None:
    many = [f"n >= {number}" for number in range(2, 102)]
    text = OPEN.format(condition="n > 1")
    assert run(text, symbolic=["n"], assume=many).totals.params == 24
    with pytest.raises(FlopcalcError, match="too many assumptions") as caught:
        run(text, symbolic=["n"], assume=[*many, "n >= 102"])
    assert "at most 100" in str(caught.value)


def test_a_symbol_named_like_a_parameter_with_another_value_is_noted() -> None:
    report = analyze("conv", padding="K//2", K=4, H=7, W=7)
    assert report.notes == ("K in padding is a new symbol, not the parameter K = 4.",)
    assert "new symbol, not the parameter K = 4" in report.to_json()
    assert analyze("conv", K=5, H="K", W=7).notes == ("K in H is a new symbol, not the parameter K = 5.",)
    assert analyze("conv", padding="K//2", H=7, W=7).notes == ()  # K is the parameter's own symbol
    assert analyze("mobilenet_v1", symbolic="alpha").notes == ()
