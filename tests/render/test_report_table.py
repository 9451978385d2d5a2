"""A report as a table of cells: its columns, its rows, and the words around it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from report_pages import cells_of, table_of
from report_specs import BLOCK, made

from flopcalc import Report, analyze
from flopcalc.errors import UnknownNameError
from flopcalc.page.model import Total, Totals
from flopcalc.pages.report import report_page
from flopcalc.render.book import BookWriter
from flopcalc.render.cells import Named, Share, Writer
from flopcalc.render.table import COLUMNS, caption, check_columns, folded, heading
from flopcalc.render.terminal import Screen


def test_norms_and_activations_are_in_the_row_of_the_layer_that_they_follow(small: Report) -> None:
    assert [(item.name, item.operation) for item in folded(small)] == [
        ("conv", "conv 3×3 /2 +norm +relu"),
        ("body.conv", "conv 1×1 +relu"),
        ("body.depthwise", "depthwise 3×3"),
        ("global_pool", "global pool"),
        ("linear", "linear"),
    ]


def test_a_folded_row_costs_what_its_layers_cost(small: Report) -> None:
    first = folded(small)[0].group
    assert first.params == sum(row.params for row in small.layers[:3])  # type: ignore[misc]
    assert first.mac == sum(row.mac for row in small.layers[:3])  # type: ignore[misc]


def test_rows_stand_under_their_stage_which_has_its_sums(small: Report) -> None:
    table = table_of(small, "layer", "operation", "params")
    headings = [cells_of(line) for line in table.lines if line.role == "group"]
    assert headings == [[Named((8, 16), ""), "", 232], ["body", "", 272], [Named((1, 1), ""), "", 170]]
    assert cells_of(table.lines[-1]) == ["total", None, 674]
    assert sum(cells[2] for cells in headings) == 674  # type: ignore[misc]


def test_a_row_does_not_repeat_the_name_of_its_stage(small: Report) -> None:
    lines = table_of(small, "layer", "params").lines
    place = next(number for number, line in enumerate(lines) if cells_of(line)[0] == "body")
    assert [cells_of(line)[0] for line in lines[place + 1 : place + 3]] == ["conv +relu", "depthwise"]


STEM = """
input: [3, 8, 8]
layers:
  - layers:
      - conv: {out: 8, kernel: 1}
      - norm
    name: stem
  - layers:
      - norm
      - conv: {out: 4, kernel: 1}
    name: head
"""


def test_a_stage_of_one_row_is_that_row(tmp_path: Path) -> None:
    lines = table_of(made(tmp_path, STEM), "layer", "operation", "params").lines
    assert [(line.role, line.depth, *cells_of(line)) for line in lines] == [
        ("group", 0, "stem", "", 40),
        ("row", 1, "conv", "conv 1×1 +norm", 40),
        ("group", 0, "head", "", 48),
        ("row", 1, "norm", "norm", 16),
        ("row", 1, "conv", "conv 1×1", 32),
        ("total", 0, "total", None, 88),
    ]


def test_without_the_operation_a_name_says_what_follows_the_layer() -> None:
    report = analyze("mobilenet_v1")
    assert cells_of(table_of(report, "layer", "operation").lines[1])[:2] == ["conv", "conv 3×3 /2 +norm +relu"]
    assert cells_of(table_of(report, "layer").lines[1]) == ["conv +norm +relu"]


@pytest.mark.parametrize(("by", "header"), [(None, "Layer"), ("layer", "Layer"), ("block", "Block"), ("kind", "Kind")])
def test_the_first_column_is_called_what_its_rows_are(small: Report, by: str | None, header: str) -> None:
    assert table_of(small, "layer", by=by).columns[0].head == header


@pytest.mark.parametrize("by", [None, "layer", "block", "stage", "kind"])
@pytest.mark.parametrize("metric", ["params", "weights", "madds", "flops", "mac", "activations"])
def test_rows_add_up_to_the_total_however_they_are_put_together(mobilenet: Report, by: str | None, metric: str) -> None:
    table = table_of(mobilenet, "layer", metric, f"{metric}%", by=by)
    lines = [cells_of(line) for line in table.lines if line.role == "row"]
    assert sum(cells[1] for cells in lines) == cells_of(table.lines[-1])[1]  # type: ignore[misc]
    shares = [cells[2] for cells in lines]
    assert sum(share.value for share in shares if isinstance(share, Share)) == 1  # type: ignore[misc]


def test_a_block_keeps_the_norm_and_activation_that_follow_it(small: Report) -> None:
    assert [group.name for group in small.by("block")] == [
        "conv",
        "body.conv",
        "body.depthwise",
        "global_pool",
        "linear",
    ]
    assert [len(group.layers) for group in small.by("block")] == [3, 2, 1, 1, 1]


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_has_a_header_a_help_and_cells_in_every_grouping(small: Report, name: str) -> None:
    assert COLUMNS[name].header
    assert COLUMNS[name].help
    for by in (None, "layer", "block", "stage", "kind"):
        for line in table_of(small, name, by=by).lines:
            Writer().phrase(line.cells[0])


def test_the_kind_of_a_row_is_its_layers_and_that_of_a_group_where_all_are_of_one(small: Report) -> None:
    def kinds(by: str | None) -> list[object]:
        return [cells_of(line)[0] for line in table_of(small, "kind", by=by).lines if line.role == "row"]

    assert kinds(None) == ["conv", "conv", "depthwise", "global_pool", "linear"]
    assert kinds("block") == [None, None, "depthwise", "global_pool", "linear"]
    assert set(kinds("kind")) == {"conv", "norm", "relu", "depthwise", "global_pool", "linear"}


def test_a_share_of_nothing_is_left_blank(tmp_path: Path) -> None:
    report = made(tmp_path, "input: [3, 8, 8]\nlayers: [relu]\n")
    assert cells_of(table_of(report, "layer", "flops%").lines[-1]) == ["total", None]


def test_the_total_of_a_first_column_of_numbers_is_a_number(small: Report) -> None:
    assert cells_of(table_of(small, "params", "layer").lines[-1]) == [small.totals.params, "total"]


def test_unknown_columns_are_all_reported_with_suggestions() -> None:
    with pytest.raises(UnknownNameError) as caught:
        check_columns(["parms", "flops", "zebra"])
    assert [problem.what for problem in caught.value.problems] == [
        "there is no column `parms`",
        "there is no column `zebra`",
    ]
    assert "`params`" in caught.value.problems[0].hint
    with pytest.raises(UnknownNameError, match="no column is named"):
        check_columns([])


# -- the words around ------------------------------------------------------------------------------------------------


def summary(report: Report) -> tuple[Total, ...]:
    """Return the totals below a report's table."""
    totals = report_page(report).blocks[1]
    assert isinstance(totals, Totals)
    return totals.totals


def text(phrases: tuple[tuple[object, ...], ...]) -> list[str]:
    """Write phrases as plain text."""
    return [Writer().phrase(phrase) for phrase in phrases]  # type: ignore[arg-type]


def test_the_heading_names_title_source_parameters_and_input(small: Report) -> None:
    assert text(heading(small)) == [
        "A small network",
        "nobody, nowhere, Table 1",
        "width = 8, ratio = 0.5, kind = plain; input = 3×16×32",
    ]


def test_free_parameters_are_not_said_to_equal_themselves(block: Report) -> None:
    assert text(heading(block))[-1] == "input = C×H×W"


def test_rebound_parameters_are_formulas(tmp_path: Path) -> None:
    assert text(heading(made(tmp_path, BLOCK, C="4*c", K=3)))[-1] == "C = 4·c, K = 3; input = (4·c)×H×W"


def test_several_inputs_are_named(hostile: Report) -> None:
    assert text(heading(hostile))[-1] == "format = 1, truth = true; x = 3×8×8; image = 4×8×8"


def test_the_summary_says_what_a_flop_is_and_what_mac_counts_and_in_which_unit(mobilenet: Report) -> None:
    notes = {fact.name: fact.note for fact in summary(mobilenet)}
    assert notes["FLOPs"].startswith("one FLOP is one multiply-add")
    assert notes["FLOPs"].endswith("(paper)")
    assert notes["MAC"].startswith("memory access cost in elements")
    assert notes["MAC"].endswith("138.6 MB in fp32")


def test_the_bytes_are_those_of_the_data_type() -> None:
    notes = {fact.name: fact.note for fact in summary(analyze("mobilenet_v1", dtype="int8"))}
    assert notes["MAC"].endswith("34.64 MB in int8")


def test_the_summary_names_a_quantity_once_where_two_are_equal(small: Report, block: Report, tmp_path: Path) -> None:
    assert [fact.name for fact in summary(small)] == [
        "Params",
        "Weights",
        "FLOPs",
        "MAC",
        "Activations",
        "Peak memory",
        "Receptive field",
    ]
    bare = made(tmp_path, "input: [3, 8, 8]\nlayers:\n  - conv: {out: 4, kernel: 1}\n")
    assert "Weights" not in [fact.name for fact in summary(bare)]
    assert [fact.name for fact in summary(block)] == ["Params", "Weights", "FLOPs", "MAC", "Activations"]


def test_the_caption_says_what_was_folded_what_symbols_are_and_what_was_assumed(block: Report) -> None:
    assert text(caption(block, None)) == [
        "Norms and activations are counted in the row of the layer they follow.",
        "C, H, W, O, K are positive whole numbers.",
        "Rounding is read as in textbooks: sizes divide evenly.",
        "Assumed: K is odd.",
    ]


def test_multipliers_are_said_to_be_real() -> None:
    report = analyze("mobilenet_v1", symbolic=["alpha", "classes"])
    assert "classes is a positive whole number; α is a positive real number." in text(caption(report, "kind"))


def test_numbers_need_no_caption_where_nothing_is_folded(small: Report) -> None:
    assert all(note == (said,) for note, said in zip(caption(small, "layer"), small.notes, strict=True))


def test_hints_at_options_are_for_the_command_line_alone(block: Report) -> None:
    hinted = caption(block, None, hints=True)
    assert text(hinted) == text(caption(block, None))
    assert not any("--" in note for note in text(hinted))
    on_a_screen = BookWriter(screen=Screen())
    assert sum("--" in on_a_screen.phrase(note) for note in hinted) == 2


def test_shares_are_exact(small: Report) -> None:
    first = table_of(small, "layer", "params%").lines[0]
    assert first.role == "group"
    assert cells_of(first)[1] == Share(Fraction(232, 674))
