"""Reports as JSON, CSV, Markdown, LaTeX and HTML: exact, escaped, and readable by what reads them."""

from __future__ import annotations

import csv
import io
import json
import re
from fractions import Fraction
from pathlib import Path

import pytest
import sympy
from html_tags import Tags
from report_pages import csv_of, html_of, latex_of, markdown_of
from report_specs import BLOCK, made
from sympy.parsing.sympy_parser import parse_expr

from flopcalc import Report, analyze
from flopcalc.render.json import dump, escaped, report_as_dict
from flopcalc.render.table import COLUMNS
from flopcalc.report import METRICS

GROUPINGS = (None, "layer", "block", "stage", "kind")

# -- JSON ------------------------------------------------------------------------------------------------------------


def test_json_has_the_keys_that_scripts_call(mobilenet: Report) -> None:
    data = json.loads(mobilenet.to_json())
    assert data["schema"] == "flopcalc.report/1"
    assert data["spec"] == "mobilenet_v1"
    assert data["parameters"]["alpha"] == "1"
    assert data["input"] == [3, 224, 224]
    assert data["convention"] == "paper"
    assert list(data["totals"]) == [
        "params",
        "weights",
        "madds",
        "flops",
        "mac",
        "mac_bytes",
        "activations",
        "peak_memory",
        "receptive_field",
        "receptive_field_min",
        "whole_input",
        "channels",
        "height",
        "width",
        "intensity",
        "intensity_bytes",
        "params_bytes",
        "weights_bytes",
        "peak_memory_bytes",
    ]
    assert {"path", "kind", "inputs", "output", "attributes", *METRICS} <= set(data["layers"][0])
    assert "groups" not in data


def test_json_numbers_are_integers_and_add_up(mobilenet: Report) -> None:
    data = json.loads(mobilenet.to_json(), parse_float=lambda text: pytest.fail(f"{text} is a float"))
    for metric in METRICS:
        values = [layer[metric] for layer in data["layers"]]
        assert all(type(value) is int for value in values)
        assert sum(values) == data["totals"][metric]
    assert data["totals"]["mac_bytes"] == 4 * data["totals"]["mac"]


def test_json_formulas_are_read_back_by_sympy_with_the_symbols_that_it_names(block: Report) -> None:
    data = block.to_dict()
    assert data["symbols"] == dict.fromkeys(("C", "H", "K", "O", "W"), "positive integer")
    names = {name: sympy.Symbol(name, **dict.fromkeys(kind.split(), True)) for name, kind in data["symbols"].items()}
    for metric in METRICS:
        assert parse_expr(str(data["totals"][metric]), local_dict=names) == getattr(block.totals, metric)


def test_json_of_roundings_is_read_back_too(rounded: Report) -> None:
    data = rounded.to_dict()
    assert data["symbols"] == {"H": "positive integer", "alpha": "positive real"}
    assert data["rounding"] == "exact"
    assert "Max" in data["totals"]["params"]
    names = {"alpha": sympy.Symbol("alpha", positive=True), "H": sympy.Symbol("H", integer=True, positive=True)}
    for key in ("params", "flops"):
        read = parse_expr(data["totals"][key], local_dict=names)
        for alpha in (sympy.Rational(1, 2), sympy.Rational(5, 7)):
            values = {"alpha": alpha, "H": 9}
            found = getattr(rounded.totals, key).subs(
                {s: values[s.name] for s in getattr(rounded.totals, key).free_symbols}
            )
            assert read.subs({names[name]: value for name, value in values.items()}) == found


def test_json_says_what_was_assumed(block: Report) -> None:
    assert block.to_dict()["assumed"] == ["K is odd"]


def test_json_of_several_inputs_names_them(hostile: Report) -> None:
    assert hostile.to_dict()["input"] == {"x": [3, 8, 8], "image": [4, 8, 8]}
    assert hostile.to_dict()["layers"][0]["inputs"] == [[3, 8, 8], [4, 8, 8]]


def test_json_of_a_repeat_with_a_symbolic_count_has_no_peak(tmp_path: Path) -> None:
    report = made(
        tmp_path, "parameters: {n: }\ninput: [C, H, W]\nlayers:\n  - conv: {out: C, kernel: 1}\n    repeat: n\n"
    )
    data = report.to_dict()
    assert data["totals"]["peak_memory"] is None
    assert data["layers"][0]["count"] == "n"


@pytest.mark.parametrize("by", GROUPINGS[1:])
def test_json_groups_add_up_and_their_shares_are_fractions(mobilenet: Report, by: str) -> None:
    groups = json.loads(dump(report_as_dict(mobilenet, by)))["groups"]
    for metric in METRICS:
        assert sum(group[metric] for group in groups) == getattr(mobilenet.totals, metric)
        assert sum(Fraction(group["shares"][metric]) for group in groups) == 1


def test_json_text_keeps_lists_of_numbers_on_a_line(mobilenet: Report) -> None:
    assert '"input": [3, 224, 224]' in mobilenet.to_json()
    assert "\n" not in mobilenet.to_json(indent=None)


def test_json_keeps_every_character_and_escapes_those_that_an_encoding_lacks(hostile: Report) -> None:
    text = hostile.to_json()
    assert "網路" in text
    assert escaped(text, "ascii").isascii()
    assert json.loads(escaped(text, "ascii")) == json.loads(text)
    assert json.loads(text)["title"] == hostile.spec.title


# -- CSV -------------------------------------------------------------------------------------------------------------


def read(text: str) -> list[dict[str, str]]:
    """Read CSV."""
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("by", GROUPINGS)
def test_csv_has_a_row_for_every_layer_or_group_and_is_exact(mobilenet: Report, by: str | None) -> None:
    rows = read(csv_of(mobilenet, by=by))
    assert len(rows) == len(mobilenet.by(by or "layer"))
    for metric in METRICS:
        assert sum(int(row[metric]) for row in rows) == getattr(mobilenet.totals, metric)


def test_csv_is_plain_text_for_any_program(mobilenet: Report) -> None:
    assert csv_of(mobilenet).isascii()
    assert csv_of(mobilenet, by="kind").isascii()
    assert "\r" not in csv_of(mobilenet)


def test_csv_shapes_and_counts_are_unambiguous(block: Report, hostile: Report) -> None:
    assert [row["inputs"] for row in read(csv_of(block))] == ["CxHxW", "CxHxW", "OxHxW"]
    assert read(csv_of(hostile))[0]["inputs"] == "3x8x8;4x8x8"


def test_csv_sides_that_are_formulas_have_brackets(tmp_path: Path) -> None:
    report = made(tmp_path, BLOCK, C="4*c", K=3)
    assert read(csv_of(report))[0]["output"] == "(4*c)xHxW"


def test_csv_of_many_inputs_names_every_shape(tmp_path: Path) -> None:
    paths = "\n".join(f"        - [{{conv: {{out: {out}, kernel: 1}}}}]" for out in (1, 2, 3))
    report = made(tmp_path, f"input: [3, 8, 8]\nlayers:\n  - branches:\n      paths:\n{paths}\n      merge: concat\n")
    assert read(csv_of(report))[-1]["inputs"] == "1x8x8;2x8x8;3x8x8"


def test_csv_formulas_are_in_the_notation_of_programs(block: Report) -> None:
    rows = read(csv_of(block))
    assert parse_expr(rows[0]["madds"], local_dict={n: sympy.Symbol(n) for n in "CKHWO"})
    assert rows[0]["madds"] == "C*H*K**2*W"


@pytest.mark.parametrize("name", COLUMNS)
def test_csv_writes_every_column(small: Report, name: str) -> None:
    header = "name" if name == "layer" else name
    assert csv_of(small, columns=[name]).splitlines()[0] == header
    assert len(read(csv_of(small, columns=["path", name]))) == len(small.layers)


def test_csv_shares_are_fractions_of_one(mobilenet: Report) -> None:
    rows = read(csv_of(mobilenet, by="kind", columns=["layer", "flops%"]))
    assert rows[0] == {"name": "conv 1x1", "flops%": repr(539492352 / 568740352)}
    assert sum(float(row["flops%"]) for row in rows) == pytest.approx(1)


# -- Markdown --------------------------------------------------------------------------------------------------------


def cells(line: str) -> list[str]:
    """Split a row of a Markdown table at its unescaped bars."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


@pytest.mark.parametrize("by", GROUPINGS)
def test_every_row_of_a_markdown_table_has_as_many_cells_as_its_header(mobilenet: Report, by: str | None) -> None:
    rows = [cells(line) for line in markdown_of(mobilenet, by=by).splitlines() if line.startswith("|")]
    assert {len(row) for row in rows} == {len(rows[0])}
    assert set("".join(rows[1])) == {"-", ":"}


def test_markdown_is_exact_and_says_what_was_counted(mobilenet: Report) -> None:
    text = markdown_of(mobilenet)
    assert "- FLOPs: 568,740,352 (one FLOP is one multiply-add" in text
    assert "| **total** |" in text


def test_markdown_may_be_human(mobilenet: Report) -> None:
    text = markdown_of(mobilenet, human=True)
    assert "568.7 M" in text
    assert "- FLOPs: 568,740,352" in text


def test_markdown_escapes_what_is_markup(hostile: Report) -> None:
    text = markdown_of(hostile)
    title = text.splitlines()[0].removeprefix("## ")
    assert re.sub(r"\\(.)", r"\1", title) == hostile.spec.title
    assert not re.search(r"(?<!\\)[`|$~]", title.replace("\\\\", ""))
    assert r"first\_conv" in text


def test_markdown_keeps_its_signs_in_formulas(block: Report) -> None:
    assert "HW(K²C + CO)" in markdown_of(block)


# -- LaTeX -----------------------------------------------------------------------------------------------------------


def check_latex(text: str) -> None:
    """Check what a compiler would stumble over: braces, dollars, environments, cells, bare specials and Unicode."""
    bare = re.sub(r"\\[\\{}$&%#_]", "", text)
    depth = 0
    for character in bare:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
    assert bare.count("$") % 2 == 0
    begun, ended = re.findall(r"\\begin\{(\w+)\}", text), re.findall(r"\\end\{(\w+)\}", text)
    assert sorted(begun) == sorted(ended)
    outside = re.sub(r"\$[^$]*\$", "", bare)
    assert not re.search(r"[_^~<>|\"×·≠α²]|--", re.sub(r"(?m)^%.*$", "", outside))
    for math in re.findall(r"\$([^$]*)\$", bare):
        assert not re.search(r"[%#~×·≠α²]", math)
        assert math.strip()
    alignment = re.search(r"\\begin\{(?:tabular|longtable)\}\{@\{\}((?:[lr]|p\{0\.4\\linewidth\})+)@\{\}\}\n", text)
    assert alignment
    columns = len(re.sub(r"\{.*?\}", "", alignment[1]))
    for line in text.splitlines():
        if line.endswith(r" \\") and r"\caption" not in line:
            assert len(re.findall(r"(?<!\\)&", line.replace("& \\text", ""))) + 1 == columns


@pytest.mark.parametrize("by", GROUPINGS)
def test_latex_is_balanced_and_escaped(mobilenet: Report, block: Report, hostile: Report, by: str | None) -> None:
    for report in (mobilenet, block, hostile):
        check_latex(latex_of(report, by=by))


def test_latex_of_cases_and_roundings_is_balanced(rounded: Report) -> None:
    check_latex(latex_of(rounded))
    check_latex(latex_of(analyze("mobilenet_v1", symbolic=["alpha", "rho"])))


def test_latex_has_the_rules_of_booktabs_and_names_its_packages(small: Report) -> None:
    text = latex_of(small)
    assert text.startswith(r"% \usepackage{amsmath,booktabs}")
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == 1
    assert text.count(r"\midrule") == 4


def test_latex_is_exact_and_says_what_was_counted(mobilenet: Report) -> None:
    text = latex_of(mobilenet)
    assert r"568\,740\,352" in text
    assert "One FLOP is one multiply-add" in text
    assert "MAC is memory access cost in elements" in text
    assert r"568.7\,M" in latex_of(mobilenet, human=True)


def test_latex_formulas_are_in_math_mode(block: Report) -> None:
    assert r"$HW(K^{2}C + CO)$" in latex_of(block)


def test_latex_breaks_a_long_table_over_pages() -> None:
    text = latex_of(analyze("resnet152"))
    assert r"\begin{longtable}" in text
    assert r"\endhead" in text
    assert "longtable}" in text.splitlines()[0]
    check_latex(text)


def test_latex_keeps_the_words_of_a_title(hostile: Report) -> None:
    text = latex_of(hostile)
    assert r"B\_c*d\$x \& 100\% \#1 \textasciitilde{} \textasciicircum{} \{x\} \textless{}b\textgreater{}" in text
    assert r"$\alpha$$\neq$$\beta$ -{}- ''q''" in text


# -- HTML ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("report", ["small", "block", "hostile", "mobilenet"])
def test_html_is_well_formed_and_its_rows_are_equally_long(report: str, request: pytest.FixtureRequest) -> None:
    tags = Tags()
    tags.feed(html_of(request.getfixturevalue(report)))
    tags.close()
    assert not tags.open
    assert len(set(tags.rows)) == 1


def test_a_report_shows_itself_in_a_notebook(mobilenet: Report) -> None:
    text = mobilenet._repr_html_()
    assert text.startswith("<div")
    assert "568,740,352" in text


def test_html_has_formulas_as_books_have_them(block: Report) -> None:
    assert "HW(K²C + CO)" in html_of(block)
    assert "HW(K²C + CO)" in block._repr_html_()


def test_html_escapes_what_is_markup(hostile: Report) -> None:
    tags = Tags()
    tags.feed(html_of(hostile))
    assert hostile.spec.title in tags.words
    assert f"<h1>{hostile.spec.title}" not in html_of(hostile)


def test_every_layer_has_its_receptive_field_in_json_and_csv(mobilenet: Report) -> None:
    layers = json.loads(mobilenet.to_json())["layers"]
    convs = [layer for layer in layers if layer["kind"] in ("conv", "depthwise")]
    assert [layer["receptive_field"] for layer in convs[:3]] == [[3, 3], [7, 7], [7, 7]]
    assert convs[-1]["receptive_field"] == convs[-1]["receptive_field_min"] == [315, 315]
    assert not convs[0]["whole_input"]
    assert layers[-1]["whole_input"]
    rows = csv_of(mobilenet, columns=["path", "receptive_field", "receptive_field_min", "whole_input"])
    assert rows.splitlines()[1].endswith(",3x3,3x3,no")
    assert rows.splitlines()[-1].endswith(",315x315,315x315,yes")


def test_symbols_of_the_receptive_field_alone_are_among_the_symbols_of_json(tmp_path: Path) -> None:
    # a dilation changes what an output sees, and with the padding `same` nothing else; the pair is no formula itself
    path = tmp_path / "net.yaml"
    path.write_text(
        "name: net\nparameters: {d: {pair: true}}\ninput: [3, 8, 8]\nlayers:\n"
        "  - conv: {out: 4, kernel: 3, dilation: d}\n",
        encoding="utf-8",
    )
    found = analyze(path, d="[a, b]", symbols="a,b").to_dict()
    assert found["totals"]["receptive_field"] == ["2*a + 1", "2*b + 1"]
    assert found["symbols"] == {"a": "positive integer", "b": "positive integer"}
