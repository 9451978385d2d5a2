"""Comparisons as text and as data: what a screen has room for, bars, and what is said below."""

from __future__ import annotations

import csv
import io
import json
import re
from fractions import Fraction
from typing import Any

import pytest

from flopcalc import compare
from flopcalc.comparison import Comparison
from flopcalc.render.comparison import (
    comparison_as_csv,
    comparison_as_dict,
    comparison_as_latex,
    comparison_as_markdown,
    comparison_as_text,
)
from flopcalc.render.terminal import Screen
from flopcalc.render.units import ratio_text

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
        assert max(map(len, comparison_as_text(result, Screen(width)).splitlines())) <= width


def test_specs_are_columns_with_their_ratios_beside_them_where_they_fit(networks: Comparison) -> None:
    text = comparison_as_text(networks, Screen(120))
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
    lines = comparison_as_text(networks, Screen(80)).splitlines()
    number = next(number for number, line in enumerate(lines) if line.startswith("Params"))
    assert re.split(r"\s{2,}", lines[number]) == ["Params", "4,231,976", "3,504,872", "2,278,604", "5,182,508"]
    assert lines[number + 1].split() == ["ratio", "1", "0.828", "0.538", "1.225"]


def test_on_a_narrow_screen_specs_stand_below_each_other(networks: Comparison, blocks: Comparison) -> None:
    text = comparison_as_text(networks, Screen(50), units="exact")
    assert row(text, "mobilenet_v2  ")[:3] == ["mobilenet_v2", "3,504,872", "0.828"]
    text = comparison_as_text(blocks, Screen(80))
    assert row(text, "resnext_bottleneck  ") == ["resnext_bottleneck", "2CM + 9M²/g", "(2Cg + 9M)/(g(2C + 9M))"]


def test_formulas_are_those_of_the_textbook(blocks: Comparison) -> None:
    for screen, published in (
        (Screen(200), ["HW(2CM + 9M²)", "HW(2CM + 9M²/g)", "HW(2CM/g + 9M)"]),
        (Screen(300, "ascii"), ["H*W*(2*C*M + 9*M^2)", "H*W*(2*C*M + 9*M^2/g)", "H*W*(2*C*M/g + 9*M)"]),
    ):
        cells = row(comparison_as_text(blocks, screen, measures=["flops"]), "FLOPs")
        assert [cell for cell in cells if cell in published] == published


def test_a_bar_is_as_long_as_its_value(networks: Comparison) -> None:
    text = comparison_as_text(networks, Screen(200), measures=["flops"])
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
    text = comparison_as_text(networks, Screen(80, "ascii"))
    assert text.isascii()
    assert "######" in text


def test_formulas_have_no_bars(blocks: Comparison) -> None:
    assert not re.search("[█▏]", comparison_as_text(blocks, Screen(200)))


def test_below_the_table_stands_what_was_counted(blocks: Comparison, networks: Comparison) -> None:
    text = " ".join(comparison_as_text(blocks, Screen(80)).split())
    assert "One FLOP is one multiply-add" in text
    assert "MAC is memory access cost in elements" in text
    assert "4 bytes in fp32" in text
    assert "C, H, W, M, g are positive whole numbers." in text
    assert "Assumed: g ≠ 1, g ≠ M." in text
    assert "--exact-rounding" in text
    assert "Weights are the elements of kernels" in comparison_as_text(networks, Screen(120))
    halves = comparison_as_text(compare("mobilenet_v1", "mobilenet_v2", dtype="int4"), Screen(200))
    assert "half a byte in int4" in halves


def test_above_the_table_stands_what_every_side_is(networks: Comparison) -> None:
    text = comparison_as_text(networks, Screen(200))
    assert "mobilenet_v2: MobileNetV2, Sandler et al. 2018, arXiv:1801.04381, Table 2; input = 3×224×224" in text


def test_a_met_budget_is_said_with_the_miss_and_what_cannot_be(equal: Comparison) -> None:
    text = comparison_as_text(equal, Screen(120))
    assert "Equal Weights: 69,632, by varying M" in text
    line = [line for line in text.splitlines() if "+512" in line]
    assert re.split(r"\s{2,}", line[0]) == ["resnext_bottleneck:C=256,g=32", "128", "≈ 127.12", "+512", "+0.74"]
    assert "M = 127 cannot be: branch1.conv: 127 input channels do not divide into 32 groups." in text
    assert "on the other side M = 96 misses by -17,888 (-25.69 %)" in text


def test_a_network_that_is_nearest_says_what_was_proved() -> None:
    result = compare("mobilenet_v2", "mobilenet_v1", equal="flops", vary="rho")
    text = " ".join(comparison_as_text(result, Screen(120)).split())
    assert "the same network: 319/448 ≤ rho < 321/448 (≈ 0.712054 to ≈ 0.716518)" in text
    assert "every network is proven to miss by more" in text
    assert "if nothing were rounded" in text


def test_a_formula_that_meets_the_budget_stands_alone() -> None:
    result = compare("resnet_bottleneck:C=4*c,M=c", "shufflenet_v1_unit", equal="flops", vary="M")
    text = comparison_as_text(result, Screen(120))
    assert row(text, "shufflenet_v1_unit  17gc²") == ["shufflenet_v1_unit", "17gc²/(2C + 9g)"]


def test_ratios_keep_three_digits() -> None:
    assert ratio_text(Fraction(12345, 1000)) == "12.345"
    assert ratio_text(Fraction(12, 10**6)) == "0.0000120"
    assert ratio_text(1234) == "1,234"


# -- for documents and programs --------------------------------------------------------------------------------------


def test_markdown_is_a_table_with_escaped_names(networks: Comparison) -> None:
    lines = comparison_as_markdown(networks, measures=["params", "receptive_field"]).splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len({line.count(" | ") for line in table}) == 1
    assert table[0].startswith(r"|  | mobilenet\_v1 | mobilenet\_v2 | ratio |")
    assert table[2].startswith("| Params | 4,231,976 | 3,504,872 | 0.828 |")


def test_latex_has_its_formulas_in_math_mode(blocks: Comparison) -> None:
    text = comparison_as_latex(blocks, measures=["flops"])
    assert r"$H\,W\,\left(2\,C\,M + 9\,M^{2}\right)$" in text
    assert text.count(r"\begin{") == text.count(r"\end{") == 2


def test_csv_is_exact(networks: Comparison, blocks: Comparison) -> None:
    rows = list(csv.reader(io.StringIO(comparison_as_csv(networks))))
    assert rows[0][:4] == ["metric", "mobilenet_v1", "mobilenet_v2", "mobilenet_v2 / mobilenet_v1"]
    assert rows[1][:3] == ["params", "4231976", "3504872"]
    assert float(rows[1][3]) == 3504872 / 4231976
    rows = list(csv.reader(io.StringIO(comparison_as_csv(blocks, measures=["params"]))))
    assert rows[1][:3] == ["params", "2*C*M + 9*M**2", "2*C*M + 9*M**2/g"]


def test_json_has_integers_for_numbers_and_strings_for_formulas(networks: Comparison, blocks: Comparison) -> None:
    data: dict[str, Any] = json.loads(json.dumps(comparison_as_dict(networks)))
    assert data["schema"] == "flopcalc.comparison/1"
    assert [side["spec"] for side in data["sides"]] == list(NETWORKS)
    assert data["sides"][1]["totals"]["params"] == 3504872
    assert data["sides"][1]["totals"]["mac_bytes"] == 4 * data["sides"][1]["totals"]["mac"]
    assert data["sides"][0]["ratios"]["flops"] == 1
    assert data["sides"][1]["ratios"]["params"] == str(Fraction(3504872, 4231976))
    assert data["sides"][0]["input"] == [3, 224, 224]
    assert "equal" not in data
    data = json.loads(json.dumps(comparison_as_dict(blocks)))
    assert data["sides"][0]["totals"]["params"] == "2*C*M + 9*M**2"
    assert data["symbols"]["g"] == "positive integer"


def test_json_says_how_a_budget_was_met(equal: Comparison) -> None:
    data = json.loads(json.dumps(comparison_as_dict(equal)))["equal"]
    assert (data["metric"], data["vary"], data["budget"]) == ("weights", "M", 69632)
    (side,) = data["sides"]
    assert (side["value"], side["miss"], side["relative"]) == (128, 512, "1/136")
    assert [item["value"] for item in side["refused"]] == [127]
    assert side["other"] == {"value": 96, "miss": -17888}


def test_the_smallest_receptive_field_is_a_row_of_its_own_where_it_is_another_one() -> None:
    fields = compare("espnet", "mobilenet_v1")
    assert fields.measures[-2:] == ("receptive_field", "receptive_field_min")
    text = comparison_as_text(fields, Screen(120), measures=["receptive_field_min"])
    assert "Least receptive field" in text
    assert "2831×2831" in text
    assert "receptive_field_min" not in compare("mobilenet_v1", "mobilenet_v2").measures


def test_a_comparison_says_of_which_order_the_peak_memory_is() -> None:
    listed = comparison_as_text(compare("ghostnet", "mobilenet_v1"), Screen(200))
    assert "layers run as listed, and another order may need less" in listed
    best = comparison_as_text(compare("ghostnet", "mobilenet_v1", order="best"), Screen(200))
    assert "no order of the layers needs less" in best
