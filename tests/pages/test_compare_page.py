"""Comparisons as text and as data: what a screen has room for, bars, and what is said below."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest

from flopcalc import compare
from flopcalc.comparison import Comparison
from flopcalc.page.formats import FORMATS, Layout
from flopcalc.page.terminal import page_as_text
from flopcalc.pages.compare import compare_page
from flopcalc.render.terminal import Screen
from flopcalc.render.units import ratio_text


def as_text(result: Comparison, screen: Screen, measures: Sequence[str] | None = None, units: str = "auto") -> str:
    return page_as_text(compare_page(result, measures), screen, units)


def written(result: Comparison, name: str, measures: Sequence[str] | None = None, units: str = "auto") -> str:
    return FORMATS[name].write(compare_page(result, measures), Layout(units=units))


NETWORKS = ("mobilenet_v1", "mobilenet_v2", "shufflenet_v2_x1_0", "ghostnet")


@pytest.fixture(scope="module")
def networks() -> Comparison:
    return compare(*NETWORKS)


@pytest.fixture(scope="module")
def blocks() -> Comparison:
    return compare("resnet_bottleneck", "resnext_bottleneck", "shufflenet_v1_unit")


@pytest.fixture(scope="module")
def equal() -> Comparison:
    return compare("resnet_bottleneck:C=256,M=64", "resnext_bottleneck:C=256,g=32", equal="weights", vary="M")


def row(text: str, name: str) -> list[str]:
    """Return the cells of the first line that begins with a name."""
    line = next(line for line in text.splitlines() if line.strip().startswith(name))
    return re.split(r"\s{2,}", line.strip())


# -- on a screen -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_screen(
    networks: Comparison, blocks: Comparison, equal: Comparison, width: int
) -> None:
    for result in (networks, blocks, equal):
        assert max(map(len, as_text(result, Screen(width)).splitlines())) <= width


def test_specs_are_columns_with_their_ratios_beside_them_where_they_fit(networks: Comparison) -> None:
    text = as_text(networks, Screen(120))
    assert row(text, "mobilenet_v1  mobilenet_v2") == [
        "mobilenet_v1",
        "mobilenet_v2",
        "ratio",
        "shufflenet_v2_x1_0",
        "ratio",
        "ghostnet",
        "ratio",
    ]
    assert row(text, "Params")[:4] == ["Params", "4,231,976", "3,504,872", "0.828"]


def test_on_80_columns_four_networks_have_their_ratios_below(networks: Comparison) -> None:
    lines = as_text(networks, Screen(80)).splitlines()
    number = next(number for number, line in enumerate(lines) if line.startswith("Params"))
    assert re.split(r"\s{2,}", lines[number]) == ["Params", "4,231,976", "3,504,872", "2,278,604", "5,182,508"]
    assert lines[number + 1].split() == ["ratio", "1", "0.828", "0.538", "1.225"]


def test_on_a_narrow_screen_specs_stand_below_each_other(networks: Comparison, blocks: Comparison) -> None:
    text = as_text(networks, Screen(50), units="exact")
    assert row(text, "mobilenet_v2  ")[:3] == ["mobilenet_v2", "3,504,872", "0.828"]
    text = as_text(blocks, Screen(80))
    assert row(text, "resnext_bottleneck  ") == ["resnext_bottleneck", "2CM + 9M²/g", "(2Cg + 9M)/(g(2C + 9M))"]


def test_formulas_are_those_of_the_textbook(blocks: Comparison) -> None:
    for screen, published in (
        (Screen(200), ["HW(2CM + 9M²)", "HW(2CM + 9M²/g)", "HW(2CM/g + 9M)"]),
        (Screen(300, "ascii"), ["H*W*(2*C*M + 9*M^2)", "H*W*(2*C*M + 9*M^2/g)", "H*W*(2*C*M/g + 9*M)"]),
    ):
        cells = row(as_text(blocks, screen, measures=["flops"]), "FLOPs")
        assert [cell for cell in cells if cell in published] == published


def test_a_bar_is_as_long_as_its_value(networks: Comparison) -> None:
    text = as_text(networks, Screen(200), measures=["flops"])
    bars = {
        name: re.search(rf"^  {name} .* ([▏▎▍▌▋▊▉█]+)$", text, re.MULTILINE)[1]  # type: ignore[index]
        for name in NETWORKS
    }
    lengths = {
        name: 8 * bar.count("█") + "▏▎▍▌▋▊▉█".index(bar[-1]) + 1 - 8 * (bar[-1] == "█") for name, bar in bars.items()
    }
    assert lengths["mobilenet_v1"] == 480
    for name, value in zip(NETWORKS, networks.values("flops"), strict=True):
        assert lengths[name] == pytest.approx(480 * int(value) / 568740352, abs=0.51)


def test_bars_are_of_ascii_where_the_screen_has_nothing_else(networks: Comparison) -> None:
    text = as_text(networks, Screen(80, "ascii"))
    assert text.isascii()
    assert "######" in text


def test_formulas_have_no_bars(blocks: Comparison) -> None:
    assert not re.search("[█▏]", as_text(blocks, Screen(200)))


def test_below_the_table_stands_what_was_counted(blocks: Comparison, networks: Comparison) -> None:
    text = " ".join(as_text(blocks, Screen(80)).split())
    assert "One FLOP is one multiply-add" in text
    assert "MAC is memory access cost in elements" in text
    assert "4 bytes in fp32" in text
    assert "C, H, W, M, g are positive whole numbers." in text
    assert "Assumed: g ≠ 1, g ≠ M." in text
    assert "--exact-rounding" in text
    assert "Weights are the elements of kernels" in as_text(networks, Screen(120))
    halves = as_text(compare("mobilenet_v1", "mobilenet_v2", dtype="int4"), Screen(200))
    assert "half a byte in int4" in halves


def test_above_the_table_stands_what_every_side_is(networks: Comparison) -> None:
    text = as_text(networks, Screen(200))
    assert "mobilenet_v2: MobileNetV2, Sandler et al. 2018, arXiv:1801.04381, Table 2; input = 3×224×224" in text


def test_a_met_budget_is_said_with_the_miss_and_what_cannot_be(equal: Comparison) -> None:
    text = as_text(equal, Screen(120))
    assert "Equal Weights: 69,632, by varying M" in text
    line = [line for line in text.splitlines() if "+512" in line]
    assert re.split(r"\s{2,}", line[0]) == ["resnext_bottleneck:C=256,g=32", "128", "≈ 127.12", "+512", "+0.74"]
    assert "M = 127 cannot be: branch1.conv: 127 input channels do not divide into 32 groups." in text
    assert "on the other side M = 96 misses by -17,888 (-25.69 %)" in text


def test_a_network_that_is_nearest_says_what_was_proved() -> None:
    result = compare("mobilenet_v2", "mobilenet_v1", equal="flops", vary="rho")
    text = " ".join(as_text(result, Screen(120)).split())
    assert "the same network: 319/448 ≤ rho < 321/448 (≈ 0.712054 to ≈ 0.716518)" in text
    assert "every network is proven to miss by more" in text
    assert "if nothing were rounded" in text


def test_a_formula_that_meets_the_budget_stands_alone() -> None:
    result = compare("resnet_bottleneck:C=4*c,M=c", "shufflenet_v1_unit", equal="flops", vary="M")
    text = as_text(result, Screen(120))
    assert row(text, "shufflenet_v1_unit  17gc²") == ["shufflenet_v1_unit", "17gc²/(2C + 9g)"]


def test_ratios_keep_three_digits() -> None:
    assert ratio_text(Fraction(12345, 1000)) == "12.345"
    assert ratio_text(Fraction(12, 10**6)) == "0.0000120"
    assert ratio_text(1234) == "1,234"


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_bars_stand_beside_the_rows_or_below_the_table_and_not_in_both(networks: Comparison, width: int) -> None:
    text = as_text(networks, Screen(width))
    assert len(re.findall(r"^  mobilenet_v1 .*█", text, re.MULTILINE)) == 3


def test_a_name_is_never_broken_where_a_budget_was_met(equal: Comparison) -> None:
    for width in (40, 60, 80):
        assert re.search(r"^resnext_bottleneck:C=256,g=32( |$)", as_text(equal, Screen(width)), re.MULTILINE)


# -- for documents and programs --------------------------------------------------------------------------------------


def test_markdown_is_a_table_with_escaped_names(networks: Comparison) -> None:
    lines = written(networks, "markdown", measures=["params", "receptive_field"]).splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len({line.count(" | ") for line in table}) == 1
    assert table[0] == "|  | Params | ratio | Receptive field |"
    assert table[3].startswith(r"| mobilenet\_v2 | 3,504,872 | 0.828 | ")


def test_latex_has_its_formulas_in_math_mode(blocks: Comparison) -> None:
    text = written(blocks, "latex", measures=["flops"])
    assert r"$HW(2CM + 9M^{2})$" in text
    assert text.count(r"\begin{table") == text.count(r"\end{table") == 1


def test_documents_have_how_a_budget_was_met_in_a_table_with_remarks(equal: Comparison) -> None:
    text = written(equal, "markdown")
    assert "**Equal Weights: 69,632, by varying M**" in text
    assert r"| resnext\_bottleneck:C=256,g=32 | 128 | ≈ 127.12 | +512 | +0.74 |" in text
    for name in ("markdown", "latex", "html"):
        assert "on the other side M = 96 misses by -17" in written(equal, name)
    assert r"\caption{Equal Weights: 69\,632, by varying M.}" in written(equal, "latex")


def test_a_solution_is_exact_whatever_the_units() -> None:
    sides = ("conv:C=4,O=10,K=3,H=1,W=1", "inverted_residual:C=4,O=1,K=3,H=1,W=1")
    result = compare(*sides, equal="activations", vary="t")
    for units in ("auto", "human", "exact"):
        assert "  9/8  " in as_text(result, Screen(120), ["activations"], units)
        assert "| 9/8 |" in written(result, "markdown", ["activations"], units)


def test_html_has_bars_for_numbers_and_none_for_formulas(networks: Comparison, blocks: Comparison) -> None:
    text = written(networks, "html", ["flops"])
    assert text.count('<div class="bar"') == len(NETWORKS)
    assert 'style="width:30.00em"' in text
    assert f'style="width:{30 * 300774272 / 568740352:.2f}em"' in text
    assert '<div class="bar"' not in written(blocks, "html")


def test_options_of_the_command_line_are_named_on_a_screen_alone(blocks: Comparison) -> None:
    for name in FORMATS:
        assert ("--exact-rounding" in written(blocks, name)) is (name == "table")


def test_csv_is_exact(networks: Comparison, blocks: Comparison) -> None:
    rows = list(csv.reader(io.StringIO(written(networks, "csv"))))
    assert rows[0][:4] == ["metric", "mobilenet_v1", "mobilenet_v2", "mobilenet_v2 / mobilenet_v1"]
    assert rows[1][:3] == ["params", "4231976", "3504872"]
    assert float(rows[1][3]) == 3504872 / 4231976
    rows = list(csv.reader(io.StringIO(written(blocks, "csv", measures=["params"]))))
    assert rows[1][:3] == ["params", "2*C*M + 9*M**2", "2*C*M + 9*M**2/g"]


def test_json_has_integers_for_numbers_and_strings_for_formulas(networks: Comparison, blocks: Comparison) -> None:
    data: dict[str, Any] = json.loads(written(networks, "json"))
    assert data["schema"] == "flopcalc.comparison/1"
    assert [side["spec"] for side in data["sides"]] == list(NETWORKS)
    assert data["sides"][1]["totals"]["params"] == 3504872
    assert data["sides"][1]["totals"]["mac_bytes"] == 4 * data["sides"][1]["totals"]["mac"]
    assert data["sides"][0]["ratios"]["flops"] == 1
    assert data["sides"][1]["ratios"]["params"] == str(Fraction(3504872, 4231976))
    assert data["sides"][0]["input"] == [3, 224, 224]
    assert "equal" not in data
    data = json.loads(written(blocks, "json"))
    assert data["sides"][0]["totals"]["params"] == "2*C*M + 9*M**2"
    assert data["symbols"]["g"] == "positive integer"


def test_json_says_how_a_budget_was_met(equal: Comparison) -> None:
    data = json.loads(written(equal, "json"))["equal"]
    assert (data["metric"], data["vary"], data["budget"]) == ("weights", "M", 69632)
    (side,) = data["sides"]
    assert (side["value"], side["miss"], side["relative"]) == (128, 512, "1/136")
    assert [item["value"] for item in side["refused"]] == [127]
    assert side["other"] == {"value": 96, "miss": -17888}


def test_the_smallest_receptive_field_is_a_row_of_its_own_where_it_is_another_one() -> None:
    fields = compare("espnet", "mobilenet_v1")
    assert fields.measures[-2:] == ("receptive_field", "receptive_field_min")
    text = as_text(fields, Screen(120), measures=["receptive_field_min"])
    assert "Least receptive field" in text
    assert "2831×2831" in text
    assert "receptive_field_min" not in compare("mobilenet_v1", "mobilenet_v2").measures


def test_a_comparison_says_of_which_order_the_peak_memory_is() -> None:
    listed = as_text(compare("ghostnet", "mobilenet_v1"), Screen(200))
    assert "layers run as listed, and another order may need less" in listed
    best = as_text(compare("ghostnet", "mobilenet_v1", order="best"), Screen(200))
    assert "no order of the layers needs less" in best
