"""Specs side by side: papers' formulas and totals, their ratios, and budgets that are kept equal."""

from __future__ import annotations

import csv
import json
import random
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from conftest import Run

import flopcalc
from flopcalc import FlopcalcError, analyze, compare, sweep
from flopcalc.comparison import Balanced, Comparison
from flopcalc.number import as_text, symbol
from flopcalc.solving.path import End, Span
from flopcalc.theory.roots import Root

C, H, W, K, M, g, c = (symbol(name) for name in ("C", "H", "W", "K", "M", "g", "c"))


def balanced(result: Comparison, position: int = 1) -> Balanced:
    found = result.entries[position].balanced
    assert found is not None
    return found


# -- formulas --------------------------------------------------------------------------------------------------------


def test_three_bottlenecks_have_the_formulas_of_shufflenets_section_3_2() -> None:
    result = compare("resnet_bottleneck", "resnext_bottleneck", "shufflenet_v1_unit")
    published = (H * W * (2 * C * M + 9 * M**2), H * W * (2 * C * M + 9 * M**2 / g), H * W * (2 * C * M / g + 9 * M))
    for value, formula in zip(result.values("flops"), published, strict=True):
        assert (value - formula).expand() == 0
    for ratio, formula in zip(result.ratios("flops"), published, strict=True):
        assert (ratio - formula / published[0]).simplify() == 0  # type: ignore[operator]


def test_a_shared_value_goes_to_every_side_that_has_the_parameter() -> None:
    result = compare("resnet_bottleneck", "resnext_bottleneck", C="4*c", M="c", g=4)
    assert [as_text(value) for value in result.values("params")] == ["41*c**2/4", "41*c**2/4"]
    result = compare("resnet_bottleneck", "mobilenet_v1", alpha=0.5)
    assert result.values("params")[1] == 1331592
    assert "alpha" not in result.sides[0].parameters


def test_a_sides_own_value_comes_before_the_shared_one() -> None:
    result = compare("mobilenet_v1", "mobilenet_v1:alpha=1", alpha=0.5)
    assert result.values("params") == (1331592, 4231976)
    assert [side.heading for side in result.entries] == ["mobilenet_v1", "mobilenet_v1:alpha=1"]


def test_numbers_and_formulas_mix() -> None:
    result = compare("resnet_bottleneck", "mobilenet_v1")
    assert result.ratios("params")[1] == 4231976 / (M * (2 * C + 9 * M))
    assert "peak_memory" not in result.measures


def test_one_name_is_one_symbol_and_whole_where_a_side_says_so() -> None:
    result = compare("mobilenet_v1:alpha=x", "pointwise_conv:C=x,O=x,H=1,W=1")
    (first,) = result.values("params")[0].free_symbols  # type: ignore[union-attr]
    (second,) = result.values("params")[1].free_symbols  # type: ignore[union-attr]
    assert first == second
    assert first.is_integer


# -- numbers ---------------------------------------------------------------------------------------------------------

GOLDENS = Path(__file__).parent / "goldens" / "measured_models.csv"


def test_networks_have_the_totals_of_the_real_models_and_their_ratios() -> None:
    with GOLDENS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    result = compare(*(row["spec"] for row in rows))
    for measure in ("params", "madds"):
        measured = [int(row[measure]) for row in rows]
        assert list(result.values(measure)) == measured
        assert list(result.ratios(measure)) == [Fraction(value, measured[0]) for value in measured]


def test_rows_that_would_repeat_others_are_left_out() -> None:
    assert compare("separable_conv", "conv").measures == ("params", "flops", "mac", "activations")
    assert "weights" in compare("mobilenet_v1", "mobilenet_v2").measures
    assert "madds" not in compare("mobilenet_v1", "mobilenet_v2").measures
    assert compare("mobilenet_v1", "mobilenet_v2").measures[-2:] == ("peak_memory", "receptive_field")


def test_a_ratio_to_nothing_is_none(tmp_path: Path) -> None:
    path = tmp_path / "nothing.yaml"
    path.write_text("input: [3, 8, 8]\nlayers:\n  - relu\n", encoding="utf-8")
    assert compare(path, "mobilenet_v1").ratios("params") == (None, None)


def test_bytes_follow_the_data_type() -> None:
    assert compare("mobilenet_v1", "mobilenet_v2", dtype="fp16").values("mac_bytes")[0] == 2 * 34641680


def test_assumptions_and_inputs_go_to_the_sides_that_have_a_use_for_them() -> None:
    result = compare("mobilenet_v1", "mobilenet_v2", symbolic="alpha", assume="alpha <= 1")
    assert "1715072*alpha**2" in as_text(result.values("params")[1])
    result = compare("mobilenet_v1:alpha=1", "mobilenet_v2", symbolic="alpha", assume="alpha <= 1", input="3,96,96")
    assert [report.inputs["input"] for report in result.sides] == [(3, 96, 96)] * 2


def test_sides_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "net.yaml").write_text("input: [3, 8, 8]\nlayers:\n  - conv: {out: 4, kernel: 1}\n")
    paths = [str(tmp_path / folder / "net.yaml") for folder in ("a", "b")]
    assert [side.heading for side in compare(*paths).entries] == paths
    assert [side.heading for side in compare("resnet50", "resnet50").entries] == ["resnet50 (1)", "resnet50 (2)"]


def test_the_function_is_the_packages_own() -> None:
    assert flopcalc.compare is compare
    assert callable(flopcalc.compare)


# -- equal budgets: closed forms -------------------------------------------------------------------------------------


def test_a_linear_cost_is_solved_in_symbols() -> None:
    result = compare("resnet_bottleneck:C=4*c,M=c", "shufflenet_v1_unit", equal="flops", vary="M")
    assert balanced(result).value == 17 * c**2 * g / (2 * C + 9 * g)
    assert result.values("flops") == (17 * H * W * c**2,) * 2
    assert result.ratios("flops") == (1, 1)
    assert (result.values("params")[1] - 17 * c**2).simplify() == 0  # type: ignore[operator]


def test_the_firsts_symbol_of_that_name_is_not_varied() -> None:
    result = compare("resnet_bottleneck", "resnext_bottleneck", equal="weights", vary="M")
    solution: Any = balanced(result).value
    assert (2 * C * solution + 9 * solution**2 / g - 2 * C * M - 9 * M**2).simplify() == 0
    assert solution.subs({C: 256, M: 64, g: 32}).evalf() == pytest.approx(127.12291719)


def test_a_solution_that_is_perhaps_not_positive_says_where_it_holds() -> None:
    result = compare("pointwise_conv", "separable_conv", equal="params", vary="O")
    ((left, sign, right),) = balanced(result).where
    assert (left, sign, right) == (symbol("O"), ">", K**2)  # of O' = O - K²: the O that is printed is the first one's


def test_where_a_solution_holds_is_said_in_the_symbols_that_are_printed(run: Run) -> None:
    """9(O - 1) > 0 for 9HWCO = HWC(9 + O'), whose O' is not the O that stands there."""
    asked = ("compare", "conv", "separable_conv", "--K", "3", "--equal", "flops", "--vary", "O")
    assert "this holds where O > 1.\n" in run(*asked).out
    assert json.loads(run(*asked, "--format", "json").out)["equal"]["sides"][0]["where"] == ["O > 1"]


def test_what_is_assumed_of_what_is_varied_is_said_of_its_solution(run: Run) -> None:
    """K²CO = 9CO' gives O' = K²O/9, and of whole numbers O' > C is O' ≥ C + 1."""
    asked = ("compare", "conv", "conv:K=3", "--equal", "params", "--vary", "O", "--assume", "O>C")
    assert "this holds where K²O ≥ 9C + 9.\n" in run(*asked).out


# -- equal budgets: whole numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "width", "weights"), [(1, 64, 69632), (2, 80, 69760), (4, 96, 69888), (8, 112, 71456), (32, 128, 70144)]
)
def test_equal_weights_give_the_widths_of_resnexts_table_2(groups: int, width: int, weights: int) -> None:
    other = f"resnext_bottleneck:C=256,g={groups}"
    result = compare("resnet_bottleneck:C=256,M=64", other, equal="weights", vary="M")
    assert balanced(result).value == width
    assert result.values("weights") == (69632, weights)
    assert balanced(result).miss == weights - 69632
    assert result.sides[1].parameters["M"] == width


@pytest.mark.parametrize(("groups", "published"), [(2, 180), (4, 256), (8, 360)])
def test_equal_flops_give_the_channels_of_shufflenet_v2s_table_2(groups: int, published: int) -> None:
    """Table 2 takes the largest width within the budget; the nearest one may be above it."""
    result = compare("pointwise_conv:C=128,O=128", f"pointwise_conv:C=c,O=c,g={groups}", equal="flops", vary="c")
    found = balanced(result)
    near = {found.value: found.miss}
    if found.other is not None:
        near[found.other[0]] = found.other[1]
    assert max(value for value, miss in near.items() if (miss / (H * W)).expand() <= 0) == published  # type: ignore[operator]
    distance = {value: abs(value - 128 * groups**0.5) for value in range(groups, 500, groups)}
    assert found.value == min(distance, key=distance.__getitem__)


def test_whole_numbers_that_cannot_be_are_named_with_the_reason() -> None:
    result = compare("resnet_bottleneck:C=256,M=64", "resnext_bottleneck:C=256,g=32", equal="weights", vary="M")
    assert balanced(result).refused == ((127, "branch1.conv: 127 input channels do not divide into 32 groups"),)
    assert balanced(result).other == (96, 96 * 512 + 9 * 96**2 // 32 - 69632)
    solution = balanced(result).solution
    assert isinstance(solution, Root)
    assert round(float(solution.nearly()), 4) == 127.1229


def cost_of(name: str, metric: str, **values: Any) -> int | None:
    try:
        return int(getattr(analyze(name, **values).totals, metric))
    except FlopcalcError:
        return None


@pytest.mark.parametrize("metric", ["params", "flops", "mac", "activations"])
@pytest.mark.parametrize("groups", [1, 3, 8])
def test_the_whole_number_is_the_nearest_possible_one_to_the_solution(metric: str, groups: int) -> None:
    values: dict[str, Any] = {"C": 48, "g": groups, "H": 9, "W": 7}
    budget = int(getattr(analyze("resnet_bottleneck", C=48, M=19, H=9, W=7).totals, metric))
    other = "shufflenet_v1_unit:" + ",".join(f"{name}={value}" for name, value in values.items())
    result = compare("resnet_bottleneck:C=48,M=19,H=9,W=7", other, equal=metric, vary="M")
    costs = {width: cost_of("shufflenet_v1_unit", metric, M=width, **values) for width in range(1, 400)}
    possible = {width: cost for width, cost in costs.items() if cost is not None}
    below = max((width for width, cost in possible.items() if cost <= budget), default=None)
    above = min((width for width, cost in possible.items() if cost >= budget), default=None)
    found = balanced(result)
    assert found.value in (below, above)
    assert found.miss == possible[found.value] - budget  # type: ignore[index]
    if below is not None and above is not None and below != above:
        # every cost here is linear in M, so the solution stands between the two as the budget does
        share = Fraction(budget - possible[below], possible[above] - possible[below])
        assert found.value == (below if share <= Fraction(1, 2) else above)


# -- equal budgets: every block against trying all values -------------------------------------------------------------

BLOCKS = {
    "conv": "COKHW",
    "inverted_residual": "COKHWt",
    "resnet_bottleneck": "CMHW",
    "resnext_bottleneck": "CMgHW",
    "shufflenet_v1_unit": "CMgHW",
    "separable_conv": "COKHW",
}


def drawn(draw: random.Random, name: str) -> int:
    if name in "CMO":
        return draw.choice([1, 2, 3, 4, 6, 8, 12, 16, 24])
    return draw.choice({"K": [1, 3, 5], "g": [1, 2, 3, 4], "t": [1, 2, 3, 6]}.get(name, [1, 1, 2, 3, 5, 8]))


def test_an_expansion_of_one_is_another_block_and_a_candidate_for_itself() -> None:
    first, second = "conv:C=4,O=10,K=3,H=1,W=1", "inverted_residual:C=4,O=1,K=3,H=1,W=1"
    found = balanced(compare(first, second, equal="activations", vary="t"))
    assert (found.value, found.miss) == (Fraction(5, 4), 1)
    assert found.other == (Fraction(3, 4), -3)
    found = balanced(
        compare("conv:C=8,O=1,K=1,H=1,W=1", "inverted_residual:C=4,O=1,K=1,H=1,W=1", equal="weights", vary="t")
    )
    assert (found.value, found.miss) == (1, 0)


@pytest.mark.parametrize("seed", range(6))
def test_no_value_that_can_be_built_misses_by_less(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(10):
        names = draw.choices([*BLOCKS], k=2)
        first, second = ({key: drawn(draw, key) for key in BLOCKS[name]} for name in names)
        metric = draw.choice(["params", "weights", "madds", "flops", "mac", "activations"])
        vary = draw.choice(BLOCKS[names[1]])
        del second[vary]
        budget = cost_of(names[0], metric, **first)
        sides = [
            f"{name}:{','.join(f'{key}={value}' for key, value in values.items())}"
            for name, values in zip(names, (first, second), strict=True)
        ]
        try:
            found = balanced(compare(*sides, equal=metric, vary=vary))
        except FlopcalcError:
            continue  # it does not depend on what is varied, or nothing is near the budget
        bottoms = {1, second["C"]} if vary == "t" else {1}
        values = {Fraction(top, bottom) for bottom in bottoms for top in range(1, 12 * bottom if vary == "t" else 90)}
        costs = [cost_of(names[1], metric, **second, **{vary: value}) for value in values]
        assert budget is not None
        best = min((abs(cost - budget) for cost in costs if cost is not None), default=None)
        assert best is None or abs(found.miss) <= best, (sides, metric, vary, found)  # type: ignore[operator]


# -- equal budgets: networks that round ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "metric"), [("mobilenet_v1", "flops"), ("mobilenet_v2", "flops"), ("ghostnet", "params")]
)
def test_a_multiplier_is_that_of_the_nearest_step(name: str, metric: str) -> None:
    result = compare("shufflenet_v2_x1_0", name, equal=metric, vary="alpha")
    found = balanced(result)
    budget = int(getattr(analyze("shufflenet_v2_x1_0").totals, metric))
    assert found.miss == result.values(metric)[1] - budget
    assert analyze(name, alpha=found.value).totals == result.sides[1].totals
    tried = [Fraction(number, 400) for number in range(40, 800)]
    costs = [int(cost) for block in sweep(name, {"alpha": tried}, [metric]) for cost in block.metrics[metric]]
    for place, (alpha, cost) in enumerate(zip(tried, costs, strict=True)):
        if place % 10 == 0 or abs(alpha - found.value) < Fraction(1, 8):  # type: ignore[operator]
            assert cost == cost_of(name, metric, alpha=alpha)  # layer by layer: all that are near, some that are not
    assert abs(found.miss) <= min(abs(cost - budget) for cost in costs)  # type: ignore[operator]
    assert found.step is not None
    assert found.step.holds(found.value)  # type: ignore[arg-type]
    assert found.step.low is not None
    assert found.step.high is not None
    low, high = found.step.low.near, found.step.high.near
    inside = low if found.step.low_closed else low + Fraction(1, 10**9)
    assert cost_of(name, metric, alpha=inside) == budget + found.miss
    assert cost_of(name, metric, alpha=high - Fraction(1, 10**9)) == budget + found.miss
    assert analyze(name, alpha=low - Fraction(1, 10**9)).totals.cost != result.sides[1].totals.cost
    assert analyze(name, alpha=high + Fraction(1, 10**9)).totals.cost != result.sides[1].totals.cost


def test_what_is_followed_in_one_order_of_layers_is_not_found_in_another() -> None:
    with pytest.raises(FlopcalcError, match="peak_memory is made equal in the file's order of layers alone"):
        compare("mobilenet_v1", "mobilenet_v2", equal="peak_memory", vary="alpha", order="best")


def test_a_resolution_is_that_of_the_nearest_cost() -> None:
    result = compare("mobilenet_v2", "resnet50", equal="flops", vary="resolution")
    budget = analyze("mobilenet_v2").totals.flops
    costs = {side: cost_of("resnet50", "flops", resolution=side) for side in range(1, 129)}
    best = min(abs(cost - budget) for cost in costs.values() if cost is not None)
    assert abs(balanced(result).miss) == best  # type: ignore[arg-type]
    assert not balanced(result).exact


def test_the_first_side_is_left_as_it_is_and_a_shared_value_is_its_alone() -> None:
    result = compare("mobilenet_v1", "mobilenet_v1:rho=0.5", equal="flops", vary="alpha", alpha=0.25)
    assert result.entries[0].balanced is None
    assert result.sides[0].parameters["alpha"] == Fraction(1, 4)
    assert result.sides[1].parameters["alpha"] == balanced(result).value


def test_a_fraction_that_makes_whole_widths_is_taken() -> None:
    result = compare("inverted_residual:C=24,O=24,K=3,t=6", "inverted_residual:C=32,O=32,K=3", equal="flops", vary="t")
    assert balanced(result).value == Fraction(7, 2)


def test_a_whole_number_is_the_nearest_where_the_side_is_rounded_between_those_that_divide() -> None:
    result = compare("conv:C=32,O=32,K=3", "ghost_module:C=32,O=32,K=1,d=3", equal="flops", vary="s", H=2, W=2)

    def cost(s: int) -> int:  # m intrinsic channels, and s - 1 cheap ones of each
        m = -(-32 // s)
        return 4 * (32 * m + (9 * m * (s - 1) if s > 1 else 0))

    budget = 4 * 9 * 32 * 32
    best = min(range(1, 3000), key=lambda s: abs(cost(s) - budget))
    assert (balanced(result).value, balanced(result).miss) == (best, cost(best) - budget) == (1021, -16)


@pytest.mark.parametrize("budget", [300, 1200, 2500])
def test_the_nearest_of_widths_that_are_rounded_is_that_of_brute_force(tmp_path: Path, budget: int) -> None:
    (tmp_path / "a.yaml").write_text(
        "name: a\nparameters: {n: {min: 1, whole: true}}\ninput: [8, 1, 1]\nlayers:\n  - conv: {out: ceil(32 / n), "
        "kernel: 1}\n  - conv: {out: n, kernel: 1}\n"
    )

    def cost(n: int) -> int:
        return -(-32 // n) * (8 + n)

    result = compare(f"conv:C={budget},O=1,K=1,H=1,W=1", str(tmp_path / "a.yaml"), equal="flops", vary="n")
    assert abs(balanced(result).miss) == min(abs(cost(n) - budget) for n in range(1, 4000))  # type: ignore[arg-type]


# -- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("specs", "options", "words"),
    [
        (("mobilenet_v1",), {}, "at least two specs"),
        (("mobilenet_v1", 3), {}, "a name, a path or a Spec"),
        (("mobilenet_v1", "mobilenet_v2"), {"alhpa": 1}, "did you mean `alpha`?"),
        (("mobilenet_v1:alpha=1", "mobilenet_v2:alpha=1"), {"alpha": 2}, "alpha changes nothing"),
        (("mobilenet_v1", "mobilenet_v2"), {"symbolic": "beta"}, "no side has a parameter `beta`"),
        (("mobilenet_v1", "mobilenet_v2"), {"input": {"x": "3,4,5"}}, "no side has an input `x`"),
        (("mobilenet_v1", "mobilenet_v2"), {"assume": "beta < 1"}, "speaks of `beta`"),
        (("mobilenet_v1", "mobilenet_v2"), {"equal": "flops"}, "vary"),
        (("mobilenet_v1", "mobilenet_v2"), {"equal": "flop", "vary": "alpha"}, "did you mean `flops`?"),
        (("mobilenet_v1", "resnet50"), {"equal": "flops", "vary": "alpha"}, "has no parameter `alpha` to vary"),
        (("mobilenet_v1", "resnet50"), {"equal": "flops", "vary": "stride_at"}, "no number that can be varied"),
        (("mobilenet_v1", "mobilenet_v2:alpha=1"), {"equal": "flops", "vary": "alpha"}, "one of the two"),
        (("mobilenet_v1", "resnet50"), {"equal": "params", "vary": "resolution"}, "does not depend on resolution"),
        (("conv:C=8,O=1,K=1", "conv:C=80,K=3"), {"equal": "mac", "vary": "O"}, "no positive value of O"),
    ],
)
def test_what_cannot_be_compared_is_refused(specs: tuple[Any, ...], options: dict[str, Any], words: str) -> None:
    with pytest.raises(FlopcalcError) as refusal:
        compare(*specs, **options)
    assert words in str(refusal.value)


def test_a_budget_of_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nothing.yaml"
    path.write_text("input: [3, 8, 8]\nlayers:\n  - relu\n", encoding="utf-8")
    with pytest.raises(FlopcalcError, match="has no flops"):
        compare(path, "mobilenet_v1", equal="flops", vary="alpha")


def test_the_faults_of_all_sides_are_reported_together() -> None:
    with pytest.raises(FlopcalcError) as refusal:
        compare("resnet_bottleneck:C=9,M=5", "resnext_bottleneck:C=10,M=5,g=2", "mobilenet_v1:alpha=0", "mobilnet_v2")
    assert "mobilnet_v2" in str(refusal.value)
    with pytest.raises(FlopcalcError) as refusal:
        compare("resnet_bottleneck:C=9,M=5", "resnext_bottleneck:C=10,M=5,g=2", "mobilenet_v1:alpha=0")
    assert "do not divide into 2 groups" in str(refusal.value)
    assert "alpha of mobilenet_v1 is 0" in str(refusal.value)


# -- equal budgets: every network that a multiplier can make -----------------------------------------------------------

WIDTHS = (32, 16, 24, 64, 96, 160, 320, 1280)
"""Of arXiv:1801.04381, Table 2: each is rounded to a multiple of 8, and up where that takes more than a tenth of it."""


LEAST, MOST = Fraction(2, 3), Fraction(3, 2)


def every_multiplier() -> list[Fraction]:
    """A multiplier of every network from LEAST to MOST: where a width may be rounded otherwise, and between."""
    ends = {LEAST, MOST}
    for width in WIDTHS:
        for eighths in range(1, 3 * width // 16 + 2):
            ends.add(Fraction(8 * eighths - 4, width))
            if eighths <= 5:  # above, half of 8 is no tenth
                ends.add(Fraction(8 * eighths * 10, 9 * width))
    places = sorted(end for end in ends if LEAST <= end <= MOST)
    return [*places, *((low + high) / 2 for low, high in pairwise(places))]


@pytest.fixture(scope="module")
def multiplied() -> dict[Fraction, Any]:
    return {alpha: analyze("mobilenet_v2", alpha=alpha) for alpha in every_multiplier()}


@pytest.mark.xdist_group("every multiplier")
@pytest.mark.parametrize("metric", ["flops", "params", "mac_bytes"])
def test_no_multiplier_at_all_comes_nearer_than_the_one_that_is_taken(
    multiplied: dict[Fraction, Any], metric: str
) -> None:
    result = compare("mobilenet_v1", "mobilenet_v2", equal=metric, vary="alpha")
    budget: Any = analyze("mobilenet_v1").measure(metric)
    misses = {alpha: report.measure(metric) - budget for alpha, report in multiplied.items()}
    least = min(misses.values(), key=abs)
    found = balanced(result)
    assert found.miss == least
    assert found.step is not None
    own = {alpha for alpha, report in multiplied.items() if report.totals.cost == result.sides[1].totals.cost}
    assert own
    assert all(found.step.holds(alpha) is (alpha in own) for alpha in multiplied)


def test_a_multiplier_is_the_one_that_solving_names() -> None:
    found = balanced(compare("mobilenet_v1", "mobilenet_v2", equal="flops", vary="alpha"))
    assert found.value == Fraction("1.378")  # 1.376 gives the same network; of equally short ones, the greatest
    assert found.step == Span(End(Fraction(11, 8)), True, End(Fraction(441, 320)), False)
    assert found.other == (Fraction("1.374"), 534333552 - 568740352)
    assert found.proven_from is not None
    assert found.assumed == ""


def test_a_symbol_in_the_values_is_followed_as_a_parameter_is() -> None:
    found = balanced(compare("mobilenet_v1", "mobilenet_v2:alpha=2*a", equal="flops", vary="a"))
    assert found.step == Span(End(Fraction(11, 16)), True, End(Fraction(441, 640)), False)


def test_a_whole_number_in_the_values_is_followed_by_its_networks() -> None:
    found = balanced(compare("mobilenet_v2", "resnet50:resolution=2*s", equal="flops", vary="s"))
    budget = analyze("mobilenet_v2").totals.flops
    costs = {half: cost_of("resnet50", "flops", resolution=2 * half) for half in range(1, 80)}
    misses = {half: abs(cost - budget) for half, cost in costs.items() if cost is not None}
    assert found.value == max(half for half, miss in misses.items() if miss == min(misses.values()))
    assert abs(found.miss) == min(misses.values())  # type: ignore[arg-type]
