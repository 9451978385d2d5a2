"""Reports on the screen: fitted to its width, every digit somewhere, coloured only where that is wanted."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_pages import text_of
from report_specs import BLOCK, made
from rich.cells import cell_len

from flopcalc import Report, analyze
from flopcalc.render.terminal import Head, Screen, listing_as_text

WIDTHS = (20, 40, 60, 80, 100, 132, 200)
GROUPINGS = (None, "layer", "block", "stage", "kind")
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def table(report: Report, width: int = 80, **options: Any) -> list[str]:
    """Return the lines between the heading and the summary, headers first."""
    lines = text_of(report, Screen(width), **options).splitlines()
    rule = next(index for index, line in enumerate(lines) if line.startswith("──"))
    return lines[rule - 1 : lines.index("", rule)]


def headers(report: Report, width: int, **options: Any) -> list[str]:
    """Return the names of the columns."""
    return re.split(r"\s{2,}", table(report, width, **options)[0].strip())


# -- width -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", GROUPINGS)
@pytest.mark.parametrize("width", [*WIDTHS, 30, 50, 81, 120])
def test_no_line_is_wider_than_the_screen_nor_ends_in_a_space(mobilenet: Report, width: int, by: str | None) -> None:
    for line in text_of(mobilenet, Screen(width), by=by).splitlines():
        assert cell_len(line) <= width
        assert line == line.rstrip()


@pytest.mark.parametrize("width", WIDTHS)
def test_formulas_are_broken_and_never_cut(width: int) -> None:
    report = analyze("mobilenet_v1", symbolic=["alpha", "rho"])
    text = text_of(report, Screen(width))
    assert "…" not in text
    assert all(cell_len(line) <= width for line in text.splitlines())
    compact = re.sub(r"\s", "", text)
    assert "539492352α²ρ²+28224000αρ²+1024000α" in compact
    assert "3139584α²+1091392α+1000" in compact


def test_a_wider_screen_never_has_fewer_columns(mobilenet: Report) -> None:
    counts = [len(headers(mobilenet, width, by="stage")) for width in range(40, 200, 10)]
    assert counts == sorted(counts)


def test_eighty_columns_show_the_layers_with_their_share_of_the_flops(mobilenet: Report) -> None:
    assert headers(mobilenet, 80)[:2] == ["Layer", "Operation"]
    assert {"Params", "FLOPs", "FLOPs %", "MAC (mem)"} <= set(headers(mobilenet, 80))


def test_eighty_columns_show_the_papers_table_of_kinds(mobilenet: Report) -> None:
    names = ["Kind", "Params", "Weights", "Weights %", "FLOPs", "FLOPs %", "MAC (mem)"]
    assert headers(mobilenet, 80, by="kind") == names
    rows = {line[:13].strip(): line for line in table(mobilenet, 80, by="kind")}
    assert "74.59" in rows["conv 1×1"]
    assert "94.86" in rows["conv 1×1"]
    assert "1.06" in rows["depthwise 3×3"]
    assert "3.06" in rows["depthwise 3×3"]


def test_two_hundred_columns_show_everything(mobilenet: Report) -> None:
    assert headers(mobilenet, 200) == [
        "Layer",
        "Operation",
        "Input",
        "Output",
        "Params",
        "Params %",
        "Weights",
        "FLOPs",
        "FLOPs %",
        "MAC (mem)",
        "MAC %",
        "Activations",
    ]


def test_a_network_of_five_hundred_layers_fits_every_screen() -> None:
    report = analyze("resnet152")
    for width in WIDTHS:
        lines = text_of(report, Screen(width)).splitlines()
        assert all(cell_len(line) <= width for line in lines)
        assert sum("add" in line for line in lines) <= 60


def test_long_paths_are_broken_and_lose_nothing(tmp_path: Path) -> None:
    name = "a_long_name_of_a_stage"
    nested = f"""
input: [3, 8, 8]
layers:
  - layers:
      - layers:
          - conv: {{out: 4, kernel: 3}}
          - depthwise: {{kernel: 3}}
        name: {name}
    name: {name}
"""
    report = made(tmp_path, nested)
    compact = "".join("".join(table(report, 40, by="layer", columns=["path"])).split())
    assert f"{name}.{name}.conv" in compact
    assert f"{name}.{name}.depthwise" in compact
    names = [line.split()[0] for line in table(report, 40, by="layer")[2:6]]
    assert names == [name, name, "conv", "depthwise"]


# -- numbers ---------------------------------------------------------------------------------------------------------


def test_numbers_have_every_digit_where_there_is_room_and_units_where_there_is_not(mobilenet: Report) -> None:
    assert any("40,140,800" in line for line in table(mobilenet, 200))
    assert any("40.14 M" in line for line in table(mobilenet, 80))


def test_exact_units_show_every_digit_at_any_width(mobilenet: Report) -> None:
    for width in WIDTHS:
        assert "40,140,800" in text_of(mobilenet, Screen(width), units="exact")


def test_human_units_are_used_at_any_width_and_the_totals_are_exact_all_the_same(mobilenet: Report) -> None:
    for width in WIDTHS:
        text = text_of(mobilenet, Screen(width), units="human")
        assert "40.14 M" in text
        assert "568,740,352" in text


def test_numbers_without_a_unit_stand_left_of_the_units_of_the_others(mobilenet: Report) -> None:
    lines = table(mobilenet, 80, units="human")
    assert "  3.456 k  " in lines[2]
    assert lines[3].index(" 928    ") + 4 == lines[2].index("3.456 k") + 5


def test_nothing_at_all_is_a_bare_zero(mobilenet: Report) -> None:
    (relu,) = (line for line in table(mobilenet, 80, by="kind") if line.startswith("relu"))
    assert relu.split()[1:6] == ["0"] * 5


def test_chosen_columns_stand_in_their_order_and_no_others(mobilenet: Report) -> None:
    assert headers(mobilenet, 80, columns=["flops", "layer", "mac_bytes"]) == ["FLOPs", "Layer", "MAC bytes"]
    narrow = text_of(mobilenet, Screen(20), columns=["layer", "params", "flops", "mac"]).splitlines()
    place = narrow.index("112×112")  # a list for each row, where they do not stand side by side
    assert [line.split()[0] for line in narrow[place : place + 4]] == ["112×112", "Params", "FLOPs", "MAC"]


def test_weights_are_left_out_where_they_are_all_the_parameters(tmp_path: Path) -> None:
    report = made(tmp_path, BLOCK.replace("  - norm\n", ""))
    assert "Weights" not in text_of(report, Screen(200))


def test_columns_of_layers_are_not_shown_for_kinds_in_symbols(block: Report) -> None:
    assert headers(block, 200, by="kind")[:2] == ["Kind", "Layers"]


def test_turns_are_counted_where_a_repeat_has_a_symbol_for_its_count(tmp_path: Path) -> None:
    report = made(
        tmp_path, "parameters: {K: }\ninput: [C, H, W]\nlayers:\n  - conv: {out: C, kernel: 3}\n    repeat: K\n"
    )
    lines = table(report, 120)
    assert "Count" in lines[0]
    assert " K " in lines[2]
    assert "9KC²" in lines[2]


def test_huge_numbers_are_written_with_an_exponent_and_below_with_every_digit() -> None:
    text = text_of(analyze("separable_conv", C=10**40, O=7, K=3, H=10**20, W=1), Screen(80))
    assert "9.000e60" in text
    assert "1,000,000,000,000,000" in text
    assert all(cell_len(line) <= 80 for line in text.splitlines())


# -- layout ----------------------------------------------------------------------------------------------------------


def test_the_heading_stands_above_the_table_and_the_totals_with_their_meaning_below(small: Report) -> None:
    lines = text_of(small, Screen(100)).splitlines()
    assert lines[:3] == [
        "A small network",
        "nobody, nowhere, Table 1",
        "width = 8, ratio = 0.5, kind = plain; input = 3×16×32",
    ]
    assert "Params              674  learnable parameters, all of them" in lines
    said = " ".join(lines)
    assert said.index("Norms and activations are counted") < said.index("width is the file's own; map.width is the")


def test_the_parts_of_a_block_stand_below_its_sums_each_with_its_own_name() -> None:
    report = analyze("mobilenet_v2")
    lines = table(report, 120)
    place = next(number for number, line in enumerate(lines) if line.startswith("  bottleneck2 "))
    assert [line.split()[0] for line in lines[place : place + 4]] == ["bottleneck2", "expand", "depthwise", "project"]
    assert [len(line) - len(line.lstrip()) for line in lines[place : place + 4]] == [2, 4, 4, 4]
    parts = [row for row in report.layers if row.path.startswith("bottleneck2.")]
    assert f"{sum(row.mac for row in parts):,}" in text_of(report, Screen(200), units="exact")  # type: ignore[misc]
    assert all(line.split()[0] for line in lines)


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120, 200])
def test_a_row_says_at_every_width_what_is_folded_into_it(width: int) -> None:
    text = " ".join(text_of(analyze("mobilenet_v2"), Screen(width)).split())
    for part in ("+norm +relu6", "+norm"):
        assert part in text


def test_a_caption_never_breaks_within_a_name_and_its_value() -> None:
    report = analyze("mobilenet_v2")
    for width in range(40, 100, 3):
        heading = text_of(report, Screen(width), by="kind").partition("\nKind")[0]
        lines = heading.splitlines()
        assert not any(line.endswith(" =") or line.startswith("=") for line in lines)
        assert "\ue000" not in heading


def test_shares_have_bars_and_the_heaviest_rows_stand_out_on_a_wide_coloured_screen(mobilenet: Report) -> None:
    coloured = text_of(mobilenet, Screen(200, colours=True))
    plain = [line for line in ESCAPE.sub("", coloured).splitlines() if line]
    shares = {line.split()[0]: line for line in plain if "█" in line or "▏" in line}
    assert "█████▉" in shares["linear"]  # a share of the parameters that is nearly the largest
    assert any("█" * 6 in line for line in shares.values())
    assert not {"▏", "█"} & {*text_of(mobilenet, Screen(200))}
    assert "█" not in text_of(mobilenet, Screen(80, colours=True))
    head, linear = (next(line for line in plain if line.split()[0] == name) for name in ("Layer", "linear"))
    assert head.index("FLOPs %") + 6 == linear.index("0.18") + 3  # the header ends where the digits do
    heavy = [line for line in coloured.splitlines() if line.startswith("\x1b[1m") and "conv 1×1" in line]
    assert len(heavy) == sum(row.flops * 20 >= mobilenet.totals.flops for row in mobilenet.layers)


def test_notes_stand_below_the_totals_where_there_is_no_room_beside(small: Report) -> None:
    lines = text_of(small, Screen(40)).splitlines()
    params = next(index for index, line in enumerate(lines) if line.startswith("Params  "))
    assert lines[params].split() == ["Params", "674"]
    assert lines[params + 1] == "  learnable parameters, all of them"


def test_no_two_empty_lines_follow_each_other(small: Report, block: Report) -> None:
    for report in (small, block):
        for width in WIDTHS:
            assert "\n\n\n" not in text_of(report, Screen(width))
            assert not text_of(report, Screen(width)).endswith("\n\n")


# -- what a screen can show ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437", "no-such-encoding"])
def test_every_character_is_one_that_the_screen_has(
    encoding: str, block: Report, hostile: Report, rounded: Report
) -> None:
    known = "ascii" if encoding.startswith("no") else encoding
    for report in (block, hostile, rounded):
        text_of(report, Screen(80, encoding)).encode(known)


def test_signs_are_spelt_where_the_screen_lacks_them(block: Report) -> None:
    text = text_of(block, Screen(100, "ascii"))
    assert "H*W*(K^2*C + C*O)" in text
    assert "CxHxW" in text
    assert "conv 1x1" in text
    assert "-----" in text


def test_accents_stay_where_the_screen_has_them(hostile: Report) -> None:
    assert "Université" in text_of(hostile, Screen(100, "latin-1"))
    assert "Universite" in text_of(hostile, Screen(100, "ascii"))


def test_a_title_is_no_markup(hostile: Report) -> None:
    assert "[red]A|B_c*d$x & 100%" in text_of(hostile, Screen(100, colours=True))


def test_colours_add_nothing_but_escapes(mobilenet: Report, block: Report) -> None:
    for report in (mobilenet, block):
        for width in (40, 80, 120):
            coloured = text_of(report, Screen(width, colours=True))
            assert ESCAPE.search(coloured)
            lines = [line.rstrip() for line in ESCAPE.sub("", coloured).splitlines()]
            assert lines == text_of(report, Screen(width)).splitlines()


@pytest.mark.parametrize("columns", [["layer", "flops%"], ["layer", "mac%", "params"]])
def test_shares_that_are_formulas_have_no_bars(block: Report, columns: list[str]) -> None:
    coloured = text_of(block, Screen(200, colours=True), columns=columns)
    assert not {"▏", "█"} & {*coloured}
    assert ESCAPE.sub("", coloured).split() == text_of(block, Screen(200), columns=columns).split()


def test_a_screen_without_colours_gets_no_escape(mobilenet: Report) -> None:
    assert "\x1b" not in text_of(mobilenet, Screen(80))


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


class Pipe(io.StringIO):
    """A stream that is none."""

    encoding = "latin-1"  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_a_terminal_has_colours_and_a_pipe_has_none() -> None:
    assert Screen.of(Terminal()).colours
    assert not Screen.of(Pipe()).colours
    assert Screen.of(Pipe()).encoding == "latin-1"


@pytest.mark.parametrize(
    ("variables", "terminal", "pipe"),
    [
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_the_environment_may_forbid_or_ask_for_colours(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], terminal: bool, pipe: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert Screen.of(Terminal()).colours is terminal
    assert Screen.of(Pipe()).colours is pipe


@pytest.mark.parametrize(
    ("columns", "width"), [("100", 100), ("5", 20), ("0", 120), ("wide", 120), ("-3", 120), ("9" * 50, 120), ("", 120)]
)
def test_the_width_is_what_columns_says_where_that_makes_sense(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert Screen.of(Pipe()).width == width


def test_a_file_has_every_character_and_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert Screen.of(None) == Screen(120, "utf-8", False, bounded=False)


# -- listings --------------------------------------------------------------------------------------------------------


def test_a_listing_is_broken_at_its_words() -> None:
    rows = [["resnet", "resnet18, resnet34, resnet50, resnet101"], ["alexnet", ""]]
    assert listing_as_text(["Name", "Variants"], rows, Screen(40), "Networks").splitlines() == [
        "Networks",
        "Name     Variants",
        "────────────────────────────────────────",
        "resnet   resnet18, resnet34, resnet50,",
        "         resnet101",
        "alexnet",
    ]


def test_a_listing_without_rows_is_its_headers() -> None:
    assert listing_as_text(["Name", "Title"], []).splitlines() == ["Name  Title", "───────────"]


def test_columns_that_stay_whole_are_a_list_on_a_screen_and_wider_than_it_in_a_file() -> None:
    columns = [Head("N", True, True), Head("M", True, True), Head("Words")]
    rows = [["1,234,567,890", "234,567,890", "a word"]]
    listed = ["1,234,567,890", "  M  234,567,890", "  Words  a word"]
    assert listing_as_text(columns, rows, Screen(20)).splitlines() == listed
    lines = listing_as_text(columns, rows, Screen(20, bounded=False)).splitlines()
    assert lines[-1] == "1,234,567,890  234,567,890  a word"


def test_a_listing_is_coloured_and_its_words_are_no_markup() -> None:
    text = listing_as_text(["Name"], [["[red]:smile:[/] 0x1"]], Screen(40, colours=True))
    assert ESCAPE.sub("", text).splitlines()[-1].strip() == "[red]:smile:[/] 0x1"


texts = st.text(alphabet="ab ·,.+-()⌊⌋12網", max_size=30)


@given(st.lists(st.tuples(texts, texts, texts), max_size=5), st.integers(30, 60), st.booleans())
def test_no_character_of_a_listing_is_lost(rows: list[tuple[str, ...]], width: int, colours: bool) -> None:
    columns = [Head("Head"), Head("Head"), Head("Head", True)]
    lines = ESCAPE.sub("", listing_as_text(columns, rows, Screen(width, colours=colours))).splitlines()
    assert all(cell_len(line) <= width for line in lines)
    assert colours or all(line == line.rstrip() for line in lines)
    shown = sorted(re.sub("[ ─]|Head", "", "".join(lines)))
    assert shown == sorted("".join(cell for row in rows for cell in row).replace(" ", ""))


def test_a_row_is_a_list_where_a_column_of_words_would_be_narrower_than_its_header_or_twelve_columns() -> None:
    columns = [Head("Count", True, True), Head("Explanation")]
    rows = [["102,441,032 to 103,000", "its whole state, with running statistics"]]
    listed = ["102,441,032 to 103,000", "  Explanation  its whole state,", "  with running statistics"]
    assert listing_as_text(columns, rows, Screen(34)).splitlines() == listed
    assert listing_as_text(columns, rows, Screen(36)).splitlines()[0].split() == ["Count", "Explanation"]
    short = [["102,441,032 to 103,000", "a b"]]
    assert listing_as_text([columns[0], Head("Why")], short, Screen(28)).splitlines()[0].split() == ["Count", "Why"]


SHARED = """\
name: turns
input: [8, 32, 32]
layers:
  - layers:
      - conv: {out: 8, kernel: 3, bias: true}
      - norm
      - relu
    repeat: 3
    shared: true
    name: body
"""


@pytest.mark.parametrize("width", [20, 34, 40, 60, 80, 120, 200])
@pytest.mark.parametrize("by", [None, "layer"])
def test_a_row_without_parameters_of_its_own_says_on_every_screen_whose_it_shares(
    tmp_path: Path, width: int, by: str | None
) -> None:
    spec = tmp_path / "shared.yaml"
    spec.write_text(SHARED, encoding="utf-8")
    text = " ".join(text_of(analyze(str(spec)), Screen(width), by=by).split())
    assert "are counted once" in text
    assert "shares body1" in text or width <= 60


def test_tables_of_kinds_say_nothing_of_single_layers_that_share(tmp_path: Path) -> None:
    spec = tmp_path / "shared.yaml"
    spec.write_text(SHARED, encoding="utf-8")
    assert "are counted once" not in text_of(analyze(str(spec)), Screen(40), by="kind")
