"""``flopcalc audit``: one network, several side by side, blocks in symbols, and wrong command lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("worked_out_once")

Ok = Callable[..., str]


def measures(text: str) -> dict[str, list[str]]:
    """Return the side-by-side table: a measure's name, with what every network has."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, *values = [part.strip() for part in line[4:].split("  ") if part.strip()] or [""]
        if len(values) > 1:
            found[name] = values
    return found


def test_the_shufflenets_come_out_as_their_paper_says(ok: Ok) -> None:
    table = measures(ok("audit", "shufflenet_v1", "shufflenet_v2", "mobilenet_v2"))
    assert table["Measure"] == ["shufflenet_v1", "shufflenet_v2", "mobilenet_v2"]
    # G1: bottlenecks and inverted bottlenecks are uneven, channel split leaves equal widths
    widths = [float(value) for value in table["% of MAC above the least"]]
    assert widths[1] < 0.5 < 2 < min(widths[0], widths[2])
    assert table["steepest ratio, to 1"] == ["4", "2.42", "6"]
    # G2: pointwise group convolutions, which the other two have not
    assert float(table["% of MAC for groups"][0]) > 5
    assert table["% of MAC for groups"][1:] == ["0", "0"]
    assert table["group convolutions"] == ["31", "0", "0"]
    assert table["most groups"] == ["3", "-", "-"]
    # G3: too many groups
    pieces = [float(value) for value in table["with groups counted"]]
    assert pieces[0] > 2 * max(pieces[1:])
    # G4: element-wise additions in the shortcuts; concat, shuffle and split merged
    assert table["additions"] == ["13", "0", "10"]
    assert table["concat and shuffle in a row"] == ["0", "16", "0"]


def test_one_network_has_its_offences_and_what_would_mend_them(ok: Ok) -> None:
    text = " ".join(ok("audit", "shufflenet_v1", "--top", "40").split())
    assert "31 group convolutions, up to 3 groups; 16 depthwise" in text
    assert "33 of 33 convolutions are uneven, widths up to 4:1" in text
    assert "add, 13 layers" in text
    assert "g = 1 leaves 3 pieces" in text


def test_the_answer_of_the_successor_is_one_operation(ok: Ok) -> None:
    text = ok("audit", "shufflenet_v2", "--format", "markdown")
    assert "concat, channel shuffle and split, 13 times" in text
    assert "one operation for all saves 1,318,688 of its MAC" in text  # the shuffles of 3, 7 and 3 units
    assert "| 0 % | of the MAC for groups" in text


def test_a_spec_has_its_own_values(ok: Ok) -> None:
    inline = json.loads(ok("audit", "shufflenet_v1:groups=8", "--format", "json"))["audits"][0]
    named = json.loads(ok("audit", "shufflenet_v1", "--set", "groups=8", "--format", "json"))["audits"][0]
    assert inline == named
    assert inline["guidelines"]["g2"]["most_groups"] == 8
    assert json.loads(ok("audit", "shufflenet_v1", "--groups", "8", "--format", "json"))["audits"][0] == inline
    text = ok("audit", "mobilenet_v1:alpha=0.5", "mobilenet_v1", "--top", "0")
    assert "mobilenet_v1:alpha=0.5" in text


def test_a_value_goes_to_every_spec_that_has_the_parameter(ok: Ok) -> None:
    both = json.loads(ok("audit", "shufflenet_v1", "mobilenet_v1", "--groups", "8", "--format", "json"))["audits"]
    assert both[0]["parameters"]["groups"] == "8"
    assert both[1] == json.loads(ok("audit", "mobilenet_v1", "--format", "json"))["audits"][0]


def test_options_of_the_main_command_hold_here(ok: Ok) -> None:
    text = ok("audit", "mobilenet_v1", "--symbolic", "alpha", "--input", "3,128,128")
    assert "α is a positive real number" in text
    assert "3×128×128" in text


def test_a_block_is_audited_in_symbols(ok: Ok) -> None:
    text = ok("audit", "shufflenet_v1_unit")
    assert "HW(2C + 2M - 4√(CM))" in text
    assert "in the order of the network" in text


def test_guidelines_may_be_named_in_any_order_and_case(ok: Ok) -> None:
    both = ok("audit", "shufflenet_v1", "--guideline", "G4,g1")
    assert both == ok("audit", "shufflenet_v1", "--guideline", "g1", "--guideline", "g4")
    assert "G2" not in both


def test_top_says_how_many_findings_are_shown(ok: Ok) -> None:
    shown = json.loads(ok("audit", "shufflenet_v1", "--top", "3", "--format", "json"))["audits"][0]["findings"]
    assert len(shown) == 3
    assert "shows all" not in ok("audit", "shufflenet_v1", "--top", "99")


@pytest.mark.parametrize("output_format", ["table", "json", "csv", "tsv", "markdown", "latex", "html"])
def test_every_format_goes_to_a_file_too(ok: Ok, tmp_path: Path, output_format: str) -> None:
    target = tmp_path / "audit.txt"
    assert ok("audit", "alexnet", "--format", output_format, "--output", str(target)) == ""
    assert target.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "needs SPEC"),
        (["nope"], "there is no spec `nope`"),
        (["shufflenet_v3"], "did you mean"),
        (["alexnet", "--guideline", "g5"], "there is no guideline `g5`"),
        (["alexnet", "--guideline", ","], "names no guideline"),
        (["alexnet", "--top", "-1"], "--top"),
        (["alexnet", "--format", "yaml"], "--format cannot be `yaml`"),
        (["alexnet", "--alpha", "1"], "no SPEC has a parameter for `--alpha`"),
        (["alexnet", "--set", "beta=1"], "beta"),
        (["mobilenet_v1:alpha=1", "--set", "alpha=1"], "alpha is given twice"),
    ],
)
def test_a_wrong_command_line_is_refused_in_words(refused: Callable[..., str], arguments: list[str], said: str) -> None:
    assert said in refused("audit", *arguments)
