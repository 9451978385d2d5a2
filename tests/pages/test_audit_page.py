"""An audit as text, Markdown, CSV and JSON: fitted to the screen, exact, and the same figures everywhere."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from rich.cells import cell_len

from flopcalc import Report
from flopcalc.page.formats import FORMATS, Layout
from flopcalc.page.terminal import page_as_text
from flopcalc.pages.audit import audit_page
from flopcalc.render.terminal import Screen
from flopcalc.theory.guidelines import Audit, audit, audit_of


def audits_as_text(audits: Sequence[Audit], screen: Screen, **shown: Any) -> str:
    return page_as_text(audit_page(audits, **shown), screen)


def audits_as(audits: Sequence[Audit], name: str, **shown: Any) -> str:
    return FORMATS[name].write(audit_page(audits, **shown), Layout())


TRIO = ("shufflenet_v1", "shufflenet_v2", "mobilenet_v2")


@pytest.fixture(scope="module")
def trio() -> list[Audit]:
    return [audit(name) for name in TRIO]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("by_layer", [False, True])
def test_lines_fit_the_screen(trio: list[Audit], width: int, by_layer: bool) -> None:
    for audits in (trio, trio[:1], [audit("shufflenet_v1_unit")], [audit("eesp_module")]):
        text = audits_as_text(audits, Screen(width), by_layer=by_layer)
        assert all(cell_len(line) <= width for line in text.splitlines())


def test_many_networks_stand_in_several_tables(trio: list[Audit]) -> None:
    names = [f"a_network_with_a_long_name_{n}" for n in range(6)]
    text = audits_as_text(trio * 2, Screen(80), names=names, top=0)
    assert all(cell_len(line) <= 80 for line in text.splitlines())
    assert text.count("Measure") > 1
    assert all(name in text for name in names)


def test_the_figures_stand_before_the_findings(trio: list[Audit]) -> None:
    text = audits_as_text(trio[:1], Screen(80))
    lines = text.splitlines()
    places = [next(i for i, line in enumerate(lines) if line.startswith(f"G{n} ")) for n in (1, 2, 3, 4)]
    assert places == sorted(places)
    assert places[-1] < next(i for i, line in enumerate(lines) if line.startswith("Findings"))


def test_a_finding_names_the_widths_and_what_they_save(trio: list[Audit]) -> None:
    text = audits_as_text(trio[:1], Screen(200), guidelines=["g1"])
    # 480 to 120 channels on 14×14 in 3 groups: (14²·600 + 19200 - 14²·480 - 19200)/(14²·600 + 19200) = 17.19 %
    assert "480 to 120 channels, c2:c1 = 1:4" in text
    assert "c1 = c2 = 240 at the same FLOPs saves 17.19 % of its MAC" in text
    mobile = audits_as_text(trio[2:], Screen(200), guidelines=["g1"])
    assert "about c1 = c2 = 39 at the same FLOPs" in mobile  # √(16·96) = 39.19


def test_an_ascii_screen_has_ascii_alone() -> None:
    text = audits_as_text([audit("separable_conv")], Screen(80, "ascii"), by_layer=True)
    assert text.isascii()
    assert "sqrt(C*O)" in text


def test_what_is_not_asked_is_not_shown(trio: list[Audit]) -> None:
    text = audits_as_text(trio[:1], Screen(80), guidelines=["g2"])
    assert not re.search(r"^G[134]", text, re.MULTILINE)
    assert "G2" in text


def test_a_network_without_offence_is_told_so(trio: list[Audit]) -> None:
    assert "nothing offends against these guidelines" in audits_as_text(trio[1:2], Screen(80), guidelines=["g2"])


def test_the_json_is_exact_and_complete(trio: list[Audit]) -> None:
    found = json.loads(audits_as(trio, "json"))
    assert found["schema"] == "flopcalc.audit/1"
    assert [entry["spec"] for entry in found["audits"]] == list(TRIO)
    first, figures = found["audits"][0], found["audits"][0]["guidelines"]
    assert figures["g1"]["excess"] == sum(layer["excess"] for layer in figures["g1"]["layers"])
    assert all(layer["least"] == layer["mac"] - layer["excess"] for layer in figures["g1"]["layers"])
    assert figures["g2"]["excess"] == sum(layer["excess"] or 0 for layer in figures["g2"]["layers"])
    assert figures["g4"]["mac"] == sum(kind["mac"] for kind in figures["g4"]["kinds"].values())
    assert len(first["findings"]) == len(trio[0].findings)
    assert all(isinstance(finding["mac"], int) or finding["guideline"] == "g3" for finding in first["findings"])


def test_the_json_of_formulas_is_in_pythons_notation() -> None:
    (entry,) = json.loads(audits_as([audit("pointwise_conv")], "json"))["audits"]
    assert entry["ranked"] is False
    assert entry["guidelines"]["g1"]["excess"] == "-2*sqrt(C)*H*sqrt(O)*W + C*H*W + H*O*W"
    assert entry["guidelines"]["g1"]["layers"][0]["best_widths"] == ["sqrt(C)*sqrt(O)"] * 2


def test_the_csv_has_a_row_for_every_finding_or_every_layer(trio: list[Audit]) -> None:
    rows = list(csv.DictReader(io.StringIO(audits_as(trio, "csv"))))
    assert len(rows) == sum(len(found.findings) for found in trio)
    assert {row["spec"] for row in rows} == set(TRIO)
    layers = list(csv.DictReader(io.StringIO(audits_as(trio, "csv", by_layer=True))))
    for found in trio:
        own = [row for row in layers if row["spec"] == found.report.name]
        counts = [len(found.widths), len(found.groupings), len(found.blocks), len(found.elementwise)]
        assert [sum(row["guideline"] == f"g{n}" for row in own) for n in (1, 2, 3, 4)] == counts


def test_the_markdown_is_made_of_whole_tables(trio: list[Audit], hostile: Report) -> None:
    for audits in (trio, [audit_of(hostile)]):
        text = audits_as(audits, "markdown", by_layer=True)
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            bars = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
            assert len(bars) == 1


def test_words_of_a_spec_are_shown_as_they_are(hostile: Report) -> None:
    found = audit_of(hostile)
    text = audits_as_text([found], Screen(200))
    assert "[red]" in text
    assert "\\[red\\]" in audits_as([found], "markdown")


@pytest.mark.parametrize("name", ["table", "markdown", "latex", "html"])
def test_of_several_networks_every_one_is_told_apart(trio: list[Audit], name: str) -> None:
    said = " ".join(audits_as(trio, name).split())
    assert "guidelines on 3 networks" in said
    assert all(source in said for source in ("arXiv:1707.01083", "arXiv:1807.11164", "arXiv:1801.04381"))


def test_one_spec_twice_is_two_columns(trio: list[Audit]) -> None:
    said = audits_as([trio[0], trio[0]], "markdown", top=0)
    assert "| Measure | shufflenet\\_v1 | shufflenet\\_v1 |" in said


@pytest.mark.parametrize("name", ["table", "markdown", "latex", "html"])
def test_how_many_findings_are_left_out_is_said(trio: list[Audit], name: str) -> None:
    every = len(trio[0].findings)
    said = " ".join(audits_as(trio[:1], name, top=2).split())
    assert f"what they cost; 2 of {every}" in said
    assert (f"--top {every} shows all" in said) is (name == "table")  # a document has no options
