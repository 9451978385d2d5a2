"""``flopcalc bound``: numbers, formulas, the formats, the widths of screens, and wrong command lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("worked_out_once")

Ok = Callable[..., str]


def test_a_block_shows_the_formula_beside_its_bound(ok: Ok, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = ok("bound", "pointwise_conv")
    row = next(line for line in said.splitlines() if line.startswith("conv "))
    assert [part.strip() for part in row.split("  ") if part.strip()] == [
        "conv",
        "conv 1×1",
        "HW(C + O) + CO",
        "2HW√(CO) + CO",
        "HW(√C - √O)²",
        "C = O",
    ]


def test_parameters_are_options_as_in_the_main_command(ok: Ok) -> None:
    want = json.loads(
        ok("bound", "pointwise_conv", "--C", "64", "--O", "256", "--H", "56", "--W", "56", "--format", "json")
    )
    assert (want["totals"]["mac"], want["totals"]["least"]) == (1019904, 819200)
    assert want["layers"][0]["best"] == [{"exact": "128", "decimal": "128"}] * 2
    for given in (
        ("bound", "pointwise_conv:C=64,O=256", "--H", "56", "--W", "56"),
        ("bound", "pointwise_conv:O=256", "--input", "64,56,56"),
        ("bound", "--set", "O=256", "pointwise_conv", "--input", "64,56,56"),
    ):
        assert json.loads(ok(*given, "--format", "json"))["totals"]["least"] == 819200


def test_json_has_exact_integers_and_real_widths_as_roots_with_a_decimal(ok: Ok) -> None:
    found = json.loads(ok("bound", "resnet50", "--format", "json", "--by", "stage"))
    assert found["schema"] == "flopcalc.bound/1"
    first = found["layers"][0]
    assert first["path"] == "conv1"
    assert first["widths"] == [3, 64]
    # c1 = sqrt(3*64 * 112^2/224^2) = 4*sqrt(3) and c2 = 16*sqrt(3)
    assert first["best"] == [
        {"exact": "4*sqrt(3)", "decimal": "6.928203"},
        {"exact": "16*sqrt(3)", "decimal": "27.712813"},
    ]
    assert first["bound"] == "9408 + 401408*sqrt(3)"
    assert first["nearest"] == [7, 28]
    assert found["totals"]["mac"] == sum(layer["mac"] for layer in found["layers"])
    assert sum(group["convolutions"] for group in found["groups"]) == found["totals"]["convolutions"] == 53


def test_csv_is_one_row_a_layer_without_a_total(ok: Ok) -> None:
    rows = list(csv.DictReader(io.StringIO(ok("bound", "resnet18", "--format", "csv"))))
    assert len(rows) == 20
    assert rows[0]["best_c2"] == "27.712813"
    groups = list(csv.DictReader(io.StringIO(ok("bound", "resnet18", "--format", "csv", "--by", "kind"))))
    assert sum(int(group["mac"]) for group in groups) == sum(int(row["mac"]) for row in rows)


@pytest.mark.parametrize("output_format", ["markdown", "latex"])
def test_documents_have_every_layer_and_the_total(ok: Ok, output_format: str) -> None:
    said = ok("bound", "inverted_residual", "--format", output_format)
    for word in ("expand", "depthwise", "project", "total", "1807.11164"):
        assert word in said
    if output_format == "latex":
        assert r"\left(\sqrt{t} - 1\right)^{2}" in said


def test_only_the_worst_are_shown_but_the_totals_are_of_all(ok: Ok) -> None:
    few, every = (ok("bound", "vgg16", "--units", "exact", *more) for more in (("--top", "1"), ()))
    total = next(line for line in every.splitlines() if line.startswith("total"))
    assert total.split()[1:3] == next(line for line in few.splitlines() if line.startswith("total")).split()[1:3]
    assert "conv1.conv1" in few
    assert "conv2.conv1" not in few
    assert len(json.loads(ok("bound", "vgg16", "--top", "2", "--format", "json"))["layers"]) == 2


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("spec", ["resnet50", "mobilenet_v2", "separable_conv", "shufflenet_v1"])
def test_nothing_is_wider_than_the_screen(ok: Ok, monkeypatch: pytest.MonkeyPatch, spec: str, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for by in ("layer", "kind"):
        lines = ok("bound", spec, "--by", by).splitlines()
        assert max(map(len, lines)) <= width


def test_a_file_is_written(ok: Ok, tmp_path: Path) -> None:
    file = tmp_path / "bound.csv"
    assert ok("bound", "vgg11", "--format", "csv", "--output", str(file)) == ""
    assert file.read_text().startswith("path,operation,c1,c2,")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no SPEC is named"),
        (("--top", "3"), "no SPEC is named"),
        (("vgg17",), "did you mean"),
        (("vgg16", "--tops", "3"), "did you mean `--top`"),
        (("vgg16", "--top", "0"), "--top"),
        (("vgg16", "--by", "blocks"), "did you mean `block`"),
        (("separable_conv", "--top", "1"), "formulas cannot be ranked"),
        (("linear",), "has no convolution"),
        (("vgg16", "--units", "human", "--format", "json"), "is exact"),
        (("vgg16", "--depth", "16", "--depth", "19"), "given twice"),
        (("separable_conv", "--k", "3"), "did you mean `--K`"),
        (("no/such.yaml",), "there is no such file"),
    ],
)
def test_a_wrong_command_line_is_answered(run: Callable[..., object], arguments: tuple[str, ...], said: str) -> None:
    ran = run("bound", *arguments)
    assert ran.code == 2  # type: ignore[attr-defined]
    assert ran.out == ""  # type: ignore[attr-defined]
    assert said in ran.err  # type: ignore[attr-defined]


def test_help_lists_the_parameters_of_the_spec(ok: Ok) -> None:
    assert "--alpha VALUE" in ok("bound", "mobilenet_v1", "--help")
    assert "--top N" in ok("bound", "--help")
