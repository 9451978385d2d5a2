"""Every format of every command that answers with a page: what each writer owes its readers, whatever the command."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from html_tags import Tags

from flopcalc.page.formats import FORMATS, Format, format_of

Ok = Callable[..., str]
Refused = Callable[..., str]
Said = Callable[[tuple[str, ...], str], str]

COMMANDS = [
    ("resnet18",),
    ("separable_conv",),
    ("shufflenet_v2", "--by", "stage"),
    ("bound", "resnet18"),
    ("bound", "inverted_residual"),
    ("bound", "shufflenet_v2", "--by", "stage"),
    ("conventions", "resnet18", "--convention", "fvcore,thop,calflops_macs"),
    ("conventions", "separable_conv", "--metric", "params"),
    ("explain", "resnet50", "4.1G"),
    ("explain", "resnet50=3.86G", "resnet101=7.58G"),
    ("derive", "separable_ratio"),
    ("derive", "--of", "pointwise_conv", "--minimize", "mac", "--holding", "flops", "--over", "C,O"),
    ("verify", "(C+O)^2 >= 4*C*O"),
    ("verify", "MAC ≥ 2√(HWB) + B/(HW)", "--of", "pointwise_conv", "--let", "B=flops"),
    ("verify", "others"),
    ("experiment", "g3"),
    ("audit", "shufflenet_v2", "--by-layer"),
    ("audit", "resnet18", "shufflenet_v1"),
    ("audit", "separable_conv"),
    ("compare", "mobilenet_v1", "mobilenet_v2", "ghostnet"),
    ("diff", "resnet18", "resnet18:classes=1000"),
    ("compare", "resnet_bottleneck", "resnext_bottleneck"),
    ("compare", "mobilenet_v2", "mobilenet_v1", "--equal", "flops", "--vary", "rho"),
    ("solve", "resnet", "--for", "depth", "--flops", "4G"),
    ("solve", "mobilenet_v1", "--for", "alpha=0.25:1:0.25", "--flops", "500M", "--best", "params"),
    ("sweep", "mobilenet_v1", "--alpha", "0.25:1:0.25", "--rho", "4/7,1", "--where", "flops <= 300M", "--sort", "-mac"),
    ("sweep", "resnet", "--depth", "18,34", "--stride_at", "3x3,1x1", "--metrics", "params,intensity"),
    ("sweep", "mobilenet_v1", "--alpha", "0.5,1", "--where", "params < 1"),
]
_LAYOUTS = {
    "explain": ("explanation",),
    "derive": ("derivation",),
    "compare": ("comparison",),
    "diff": ("difference",),
    "verify": ("verdict", "worksheet"),
    **dict.fromkeys(("resnet18", "separable_conv", "shufflenet_v2"), ("report",)),
    "solve": ("solution",),
}
_ANSWERS: dict[tuple[str, ...], str] = {}


@pytest.fixture
def said_in(ok: Ok, worked_out_once: None) -> Said:
    """Return what a command says in a format, which is worked out once."""

    def answer(command: tuple[str, ...], name: str) -> str:
        if (*command, name) not in _ANSWERS:
            _ANSWERS[(*command, name)] = ok(*command, "--format", name)
        return _ANSWERS[(*command, name)]

    return answer


each = pytest.mark.parametrize(
    "command",
    # in one process, which works out each answer once
    [pytest.param(one, marks=pytest.mark.xdist_group(" ".join(one)), id=" ".join(one)) for one in COMMANDS],
)


@each
def test_every_format_has_an_answer_and_all_are_different(ok: Ok, said_in: Said, command: tuple[str, ...]) -> None:
    said = {name: said_in(command, name) for name in FORMATS}
    assert len({*said.values()}) == len(FORMATS)
    assert all(text.endswith("\n") for text in said.values())
    assert ok(*command) == said["table"]


@each
def test_rows_between_tabs_are_those_between_commas(said_in: Said, command: tuple[str, ...]) -> None:
    commas = list(csv.reader(io.StringIO(said_in(command, "csv"))))
    assert [line.split("\t") for line in said_in(command, "tsv").splitlines()] == commas
    assert len({len(row) for row in commas}) == 1


@each
def test_json_is_one_object_that_names_its_layout(said_in: Said, command: tuple[str, ...]) -> None:
    layout = json.loads(said_in(command, "json"))["schema"]
    assert layout.startswith(tuple(f"flopcalc.{name}" for name in _LAYOUTS.get(command[0], command[:1])))


@each
def test_html_is_balanced_with_rows_of_equal_length(said_in: Said, command: tuple[str, ...]) -> None:
    page = Tags()
    page.feed(said_in(command, "html"))
    assert page.open == []
    assert min(page.rows, default=2) > 1


@each
def test_html_needs_nothing_beside_it(said_in: Said, command: tuple[str, ...]) -> None:
    said = said_in(command, "html")
    assert said.startswith('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>')
    for word in ("<script", "src=", "href=", "\\(", "\\sqrt"):
        assert word not in said


def test_html_has_formulas_as_books_have_them(ok: Ok) -> None:
    assert "2HW√(CO) + CO" in ok("bound", "pointwise_conv", "--format", "html")


@each
def test_markdown_has_tables_of_as_many_cells_in_every_row(said_in: Said, command: tuple[str, ...]) -> None:
    lines = said_in(command, "markdown").splitlines()
    assert lines[0].startswith(("## ", "**"))
    bars = [line.replace(r"\|", "").count("|") if line.startswith("|") else 0 for line in lines]
    assert all(one == other for one, other in pairwise(bars) if one and other)
    assert any(set(line) <= set("|-: ") for line in lines if line) is any(bars)


@each
def test_latex_opens_and_closes_what_it_names(said_in: Said, command: tuple[str, ...]) -> None:
    said = said_in(command, "latex")
    for name in ("table", "tabular", "longtable", "itemize", "enumerate"):
        assert said.count(rf"\begin{{{name}}}") == said.count(rf"\end{{{name}}}")
    assert said.count("{") - said.count(r"\{") == said.count("}") - said.count(r"\}")
    assert said.count("$") % 2 == 0
    assert "longtable" not in said or r"\usepackage{amsmath,booktabs,longtable}" in said


@pytest.mark.parametrize("one", FORMATS.values(), ids=list(FORMATS))
def test_an_extension_chooses_its_format(ok: Ok, tmp_path: Path, one: Format) -> None:
    for extension in (*one.extensions, one.extensions[0].upper()):
        file = tmp_path / f"bounds{extension}"
        assert ok("bound", "resnet18", "--output", str(file)) == ""
        want = ok("bound", "resnet18", "--format", one.name)
        assert file.read_text(encoding="utf-8") == want


def test_a_format_that_is_named_is_taken_whatever_the_file_is_called(ok: Ok, tmp_path: Path) -> None:
    file = tmp_path / "bounds.csv"
    ok("bound", "resnet18", "--format", "json", "--output", str(file))
    assert json.loads(file.read_text())["spec"] == "resnet18"


def test_a_file_without_an_extension_and_the_standard_output_have_tables(ok: Ok, tmp_path: Path) -> None:
    ok("bound", "resnet18", "--output", str(tmp_path / "bounds"))
    assert (tmp_path / "bounds").read_text() == ok("bound", "resnet18") == ok("bound", "resnet18", "--output", "-")
    assert format_of("folder.csv/bounds").name == "table"


def test_an_unknown_format_or_extension_is_refused(refused: Refused, tmp_path: Path) -> None:
    said = refused("bound", "resnet18", "--output", str(tmp_path / "bounds.xlsx"))
    assert "no format has files that end in `.xlsx`" in said
    assert ".csv" in said
    assert "one of table, json, csv, tsv, markdown, latex, html" in refused("bound", "resnet18", "--format", "yaml")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("one", [one for one in FORMATS.values() if one.exact], ids=lambda one: one.name)
def test_exact_formats_have_no_units(refused: Refused, one: Format) -> None:
    assert "is exact" in refused("bound", "resnet18", "--units", "human", "--format", one.name)


def test_no_two_formats_have_the_same_extension() -> None:
    every = [extension for one in FORMATS.values() for extension in one.extensions]
    assert len({*every}) == len(every)
