"""``flopcalc SPEC``: what a user types, and what is printed."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from flopcalc.render.table import RANKED

Ok = Callable[..., str]


def totals(ok: Ok, *arguments: str) -> dict[str, int | str]:
    """Return the totals of a run's JSON."""
    result: dict[str, int | str] = json.loads(ok(*arguments, "--format", "json"))["totals"]
    return result


# -- the examples --------------------------------------------------------------------------------------------


def test_a_block_alone_prints_the_textbooks_formulas(ok: Ok) -> None:
    lines = [re.split(r"\s{2,}", line) for line in ok("separable_conv").splitlines()]
    facts = {line[0]: line[1:] for line in lines}
    assert facts["Params"][0] == "K²C + CO"
    assert facts["FLOPs"][0] == "HW(K²C + CO)"


def test_a_block_with_all_its_parameters_prints_numbers(ok: Ok) -> None:
    arguments = ("separable_conv", "--C", "32", "--O", "64", "--K", "3", "--H", "112", "--W", "112")
    assert totals(ok, *arguments)["params"] == 9 * 32 + 32 * 64
    assert totals(ok, *arguments)["flops"] == (9 * 32 + 32 * 64) * 112 * 112
    assert "29,302,784" in ok(*arguments)


def test_a_parameter_may_be_an_expression_in_new_symbols(ok: Ok) -> None:
    assert "4K²c + 4Oc" in ok("separable_conv", "--C", "4*c")


def test_a_network_in_symbols_prints_its_polynomial(ok: Ok) -> None:
    text = ok("mobilenet_v1", "--symbolic", "alpha,rho")
    assert "3139584α² + 1091392α + 1000" in text
    assert "539492352α²ρ² + 28224000αρ² + 1024000α" in text


def test_kinds_reproduce_the_papers_table(ok: Ok) -> None:
    rows = {line[:13].strip(): line.split() for line in ok("mobilenet_v1", "--by", "kind").splitlines()}
    assert {"74.59", "94.86"} <= set(rows["conv 1×1"])
    assert {"1.06", "3.06"} <= set(rows["depthwise 3×3"])


# -- parameters, in every way ----------------------------------------------------------------------------------------

HALF = 1331592
"""Parameters of MobileNetV1 at alpha = 1/2."""


@pytest.mark.parametrize(
    "arguments",
    [
        ("mobilenet_v1", "--alpha", "0.5"),
        ("mobilenet_v1", "--alpha", "1/2"),
        ("mobilenet_v1", "--alpha=0.5"),
        ("mobilenet_v1:alpha=0.5",),
        ("mobilenet_v1:alpha=1/2,rho=0.714",),
        ("mobilenet_v1", "--set", "alpha=0.5"),
        ("mobilenet_v1:rho=0.714", "--set", "resolution=200", "--alpha", "0.5"),
        ("--alpha", "0.5", "mobilenet_v1"),
        ("--alpha=0.5", "--set", "rho=1", "mobilenet_v1"),
        ("--exact-rounding", "--alpha", "0.5", "mobilenet_v1"),
        ("--units", "human", "--alpha", "0.5", "mobilenet_v1", "--by", "kind"),
    ],
)
def test_a_parameter_may_be_set_by_its_option_inline_or_by_set_before_and_after_the_spec(
    ok: Ok, arguments: tuple[str, ...]
) -> None:
    arguments = tuple(item for item in arguments if item not in ("--units", "human"))
    assert totals(ok, *arguments)["params"] == HALF


def test_a_parameter_may_be_a_symbol_of_another_name(ok: Ok) -> None:
    assert totals(ok, "mobilenet_v1", "--alpha", "a", "--symbols", "a")["params"] == "3139584*a**2 + 1091392*a + 1000"


NAMED = """
name: named
parameters:
  format: {default: 4, min: 1, help: channels out}
  units: {default: 1, min: 1}
  n: {default: 1, min: 1}
  N: {default: 2, min: 1}
  long_name: {default: false}
  kind: {default: plain, choices: [plain, fancy]}
input: [3, 8, 8]
layers:
  - conv: {out: format * units * n * N, kernel: 3 if long_name else 1, bias: kind == 'fancy'}
"""


@pytest.fixture
def named(tmp_path: Path) -> str:
    """A spec with parameters named like options, in two cases, and with a bar."""
    path = tmp_path / "named.yaml"
    path.write_text(NAMED, encoding="utf-8")
    return str(path)


def test_a_parameter_named_like_an_option_is_set_by_set_or_inline(ok: Ok, named: str) -> None:
    assert totals(ok, named)["params"] == 3 * 8
    assert totals(ok, named, "--set", "format=5", "--set", "units=2")["params"] == 3 * 20
    assert totals(ok, f"{named}:format=5,units=2")["params"] == 3 * 20


def test_options_tell_capitals_from_small_letters(ok: Ok, named: str) -> None:
    assert totals(ok, named, "--N", "10")["params"] == 3 * 40
    assert totals(ok, named, "--n", "10")["params"] == 3 * 80


@pytest.mark.parametrize("option", ["--long_name", "--long-name"])
def test_a_truth_takes_a_value_and_a_bar_may_be_a_hyphen(ok: Ok, named: str, option: str) -> None:
    assert totals(ok, named, option, "true")["params"] == 9 * 3 * 8
    assert totals(ok, named, option, "false")["params"] == 3 * 8


def test_a_word_is_one_of_the_choices(ok: Ok, named: str) -> None:
    assert totals(ok, named, "--kind", "fancy")["params"] == 3 * 8 + 8


def test_a_variant_is_a_spec_with_values(ok: Ok) -> None:
    data = json.loads(ok("resnet50", "--format", "json"))
    assert data["spec"] == "resnet50"
    assert data["parameters"]["depth"] == "50"
    assert data["totals"]["params"] == 25557032


# -- the input -------------------------------------------------------------------------------------------------------


def test_the_input_may_be_overridden(ok: Ok) -> None:
    data = json.loads(ok("mobilenet_v1", "--input", "3,512,1024", "--format", "json"))
    assert data["input"] == [3, 512, 1024]
    assert "input = 3×512×1024" in " ".join(ok("mobilenet_v1", "--input", "3,512,1024").split())
    assert "64×256×512" in ok("mobilenet_v1", "--input", "3,512,1024")


TWO = """
name: two
inputs: {x: [C, H, W], image: [3, 8, 8]}
layers:
  - concat: {}
    from: [x, image]
"""


def test_each_of_several_inputs_is_overridden_by_its_label(ok: Ok, tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(TWO, encoding="utf-8")
    data = json.loads(ok(str(path), "--input", "x=5,4,4", "--input", "image=3,4,4", "--format", "json"))
    assert data["input"] == {"x": [5, 4, 4], "image": [3, 4, 4]}


# -- options of the table --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("output_format", ["table", "json", "csv", "markdown", "latex"])
@pytest.mark.parametrize("by", [None, "layer", "block", "stage", "kind"])
def test_every_format_goes_with_every_grouping(ok: Ok, output_format: str, by: str | None) -> None:
    text = ok("mobilenet_v1", "--format", output_format, *(("--by", by) if by else ()))
    assert "568740352" in text.replace(r"\,", "").replace(",", "") or output_format == "csv"
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_columns_may_be_chosen_in_one_option_or_in_several(ok: Ok) -> None:
    one = ok("mobilenet_v1", "--format", "csv", "--columns", "path,params, flops%")
    assert one.splitlines()[0] == "path,params,flops%"
    assert ok("mobilenet_v1", "--format", "csv", "--columns", "path", "--columns", "params,flops%") == one


def test_symbolic_names_may_be_given_in_one_option_or_in_several(ok: Ok) -> None:
    one = totals(ok, "mobilenet_v1", "--symbolic", "alpha,rho")
    assert totals(ok, "mobilenet_v1", "--symbolic", "alpha", "--symbolic", "rho") == one


def test_the_last_of_two_options_that_say_how_to_print_counts_as_in_other_programs(ok: Ok) -> None:
    assert ok("mobilenet_v1", "--format", "json", "--format", "csv").startswith("path,")


def test_the_data_type_decides_the_bytes(ok: Ok) -> None:
    elements = totals(ok, "mobilenet_v1")["mac"]
    assert isinstance(elements, int)
    assert totals(ok, "mobilenet_v1", "--dtype", "int8")["mac_bytes"] == elements
    assert totals(ok, "mobilenet_v1", "--dtype", "fp64")["mac_bytes"] == 8 * elements
    assert "34.64 MB in int8" in ok("mobilenet_v1", "--dtype", "int8")


def test_units_may_be_asked_for(ok: Ok) -> None:
    assert "40,140,800" in ok("mobilenet_v1", "--units", "exact")
    assert "40.14 M" in ok("mobilenet_v1", "--units", "human")
    assert "40.14 M" in ok("mobilenet_v1", "--units", "human", "--format", "markdown")
    assert r"40.14\,M" in ok("mobilenet_v1", "--units", "human", "--format", "latex")


def test_rounding_may_be_kept(ok: Ok, tmp_path: Path) -> None:
    path = tmp_path / "rounded.yaml"
    path.write_text(
        "parameters: {alpha: {above: 0}}\ninput: [3, 8, 8]\nlayers:\n  - conv: {out: round(8 * alpha), kernel: 1}\n",
        encoding="utf-8",
    )
    assert totals(ok, str(path))["params"] == "24*alpha"
    assert totals(ok, str(path), "--exact-rounding")["params"] == "3*floor(8*alpha + 1/2)"
    assert "3·⌊8α + 1/2⌋" in ok(str(path), "--exact-rounding")


def test_a_convention_may_be_a_users_own_file(ok: Ok, tmp_path: Path) -> None:
    path = tmp_path / "double.yaml"
    path.write_text("name: double\nunit: a half\nflops: {conv: 2 * madds, linear: 2 * madds}\n", encoding="utf-8")
    found = totals(ok, "mobilenet_v1", "--convention", str(path))
    assert found["flops"] == 2 * 568740352
    assert found["madds"] == 568740352
    assert "one FLOP is a half (double)" in ok("mobilenet_v1", "--convention", str(path))


def test_csv_is_read_back_exactly(ok: Ok) -> None:
    rows = list(csv.DictReader(io.StringIO(ok("resnet50", "--format", "csv"))))
    assert sum(int(row["madds"]) for row in rows) == 4089184256


def test_numbers_of_hundreds_of_digits_are_printed(ok: Ok) -> None:
    big = "10**50"
    arguments = ("separable_conv", "--C", big, "--O", big, "--H", big, "--W", big, "--K", "3")
    assert len(str(totals(ok, *arguments)["flops"])) == 201
    assert "1.000e200" in ok(*arguments)


def test_a_path_may_have_spaces_and_signs(ok: Ok, tmp_path: Path) -> None:
    folder = tmp_path / "a folder: with = signs, [red] and ünïcode"
    folder.mkdir()
    path = folder / "my net.yaml"
    path.write_text("input: [3, 8, 8]\nlayers:\n  - conv: {out: 4, kernel: 1}\n", encoding="utf-8")
    assert totals(ok, str(path))["params"] == 12


# -- help ------------------------------------------------------------------------------------------------------------


def test_nothing_at_all_prints_the_help(ok: Ok) -> None:
    assert ok() == ok("--help") == ok("-h")


def test_the_help_shows_examples_and_commands(ok: Ok) -> None:
    text = ok("--help")
    assert "flopcalc mobilenet_v1 --alpha 0.5 --rho 0.714" in text
    for command in ("list", "show", "schema"):
        assert f"\n  {command}" in text


def test_the_version_is_printed(ok: Ok) -> None:
    from flopcalc import __version__

    assert ok("--version") == f"flopcalc {__version__}\n"


def test_the_help_of_a_spec_has_its_parameters_first_with_their_defaults_and_bounds(ok: Ok) -> None:
    text = ok("mobilenet_v1", "--help")
    assert text.index("Parameters:") < text.index("--alpha") < text.index("Options:") < text.index("--format")
    assert "width multiplier  [default: 1; above 0]" in text
    assert "arXiv:1704.04861" in text


def test_the_help_says_which_parameters_are_symbols_and_which_are_sides_of_the_input(ok: Ok) -> None:
    text = ok("separable_conv", "--help")
    assert "--C VALUE" in text
    assert "channels of the input [a symbol where not given]" in " ".join(text.split())


def test_the_help_of_a_variant_shows_its_values_and_the_other_variants(ok: Ok) -> None:
    text = ok("resnet50", "--help")
    assert "[default: 50]" in text
    assert "resnet152" in text[text.index("Variants:") :]


def test_the_help_says_how_a_parameter_named_like_an_option_is_set(ok: Ok, named: str) -> None:
    text = ok(named, "--help")
    assert "--set format=VALUE" in text
    assert "channels out  [default: 4; at least 1]" in text
    assert "--long_name true|false" in text
    assert "--kind plain|fancy" in text


def test_the_help_names_every_column_and_every_data_type(ok: Ok) -> None:
    text = " ".join(ok("mobilenet_v1", "--help").split())
    assert "layer, path, kind, operation, inputs, output" in text
    assert "fp64, fp32, tf32" in text


def test_help_may_stand_before_the_spec_or_after_other_options(ok: Ok) -> None:
    assert ok("mobilenet_v1", "--alpha", "0.5", "--help") == ok("mobilenet_v1", "--help")
    assert ok("--format", "json", "--help", "mobilenet_v1") == ok("mobilenet_v1", "--help")


def test_every_option_without_a_value_is_known_so_that_a_spec_may_follow_it() -> None:
    import click

    from flopcalc.cli.app import COMMANDS, FLAGS, program
    from flopcalc.cli.options import shared_options

    context = click.Context(program)
    commands = [program.get_command(context, name) for name in COMMANDS]
    options = [*shared_options(), *(option for command in commands if command for option in command.params)]
    flags = {spelling for option in options if getattr(option, "is_flag", False) for spelling in option.opts}
    assert flags <= set(FLAGS)


@pytest.mark.parametrize("column", RANKED)
def test_rows_are_ranked_by_every_column_of_numbers(ok: Ok, column: str) -> None:
    by = "layer" if column == "count" else "stage"
    rows = list(csv.DictReader(io.StringIO(ok("mobilenet_v2", "--sort", column, "--by", by, "--format", "csv"))))
    values = [Fraction(row[column]) for row in rows if row[column]]
    assert len(values) > 1
    assert values == sorted(values, reverse=True)


def test_what_rows_are_ranked_by_is_a_column_unless_others_are_asked_for(ok: Ok) -> None:
    header = ok("mobilenet_v2", "--sort", "intensity", "--format", "csv").splitlines()[0]
    assert header.endswith(",intensity")
    assert ok("mobilenet_v2", "--sort", "intensity", "--columns", "params", "--format", "csv").startswith("params\n")


def test_words_of_options_are_found_whatever_their_case(ok: Ok) -> None:
    plain = ok("mobilenet_v2", "--sort", "mac_bytes", "--by", "stage", "--format", "csv")
    assert ok("mobilenet_v2", "--sort", "MAC-bytes", "--by", "Stage", "--format", "CSV") == plain
    assert ok("list", "Layers", "--format", "json") == ok("list", "layers", "--format", "json")
