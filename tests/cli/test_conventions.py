"""``flopcalc conventions``: the table of totals, the ledgers below it, the formats and wrong command lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("worked_out_once")

Ok = Callable[..., str]


def test_every_convention_has_a_row_and_a_ledger(ok: Ok) -> None:
    said = ok("conventions", "resnet50")
    for line in (
        "fvcore          also norm and global average pool",
        "fvcore counts 22,328,320 more than paper",
        "  +22,227,968  norm, 2 per output",
        "     +100,352  global average pool, 1 per input",
        "calflops_macs counts as paper.",
    ):
        assert line in said


def test_lines_in_json_add_up_and_quote_their_rules(ok: Ok) -> None:
    found = json.loads(ok("conventions", "efficientnet_b0", "--format", "json"))
    assert (found["schema"], found["metric"], found["against"]) == ("flopcalc.conventions/1", "flops", "paper")
    base = next(one["total"] for one in found["conventions"] if one["name"] == "paper")
    for one in found["conventions"]:
        assert sum(line["amount"] for line in one["lines"]) == one["gap"] == one["total"] - base
    thop = next(one for one in found["conventions"] if one["name"] == "thop")
    assert thop["lines"][1] == {
        "amount": 2379488,
        "kind": "global average pool",
        "words": "1 per input and 1 per output",
        "rule": "inputs + outputs",
        "against": "0",
        "layers": 17,
        "kinds": ["global_pool"],
        "written": None,
    }


def test_csv_has_a_row_for_every_line(ok: Ok) -> None:
    rows = list(csv.DictReader(io.StringIO(ok("conventions", "resnet50", "--format", "csv", "--convention", "thop"))))
    assert [(row["convention"], row["amount"]) for row in rows] == [
        ("paper", ""),
        ("thop", "44455936"),
        ("thop", "102400"),
    ]


def test_some_are_chosen_and_compared_with_another(ok: Ok, tmp_path: Path) -> None:
    said = ok("conventions", "resnet50", "--convention", "thop,ptflops", "--against", "fvcore")
    assert "ptflops counts 20,924,392 more than fvcore" in said
    assert "norm, 4 per output instead of 2" in said
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nflops: {conv: madds, default: 0}\n", encoding="utf-8")
    assert "mine counts 2,048,000 less than paper" in ok("conventions", "resnet50", "--convention", str(path))


def test_parameters_and_bytes(ok: Ok) -> None:
    said = ok("conventions", "resnet50", "--metric", "params", "--dtype", "fp16")
    assert "In fp16" in said
    assert "51,114,064  51.11  48.75" in said
    assert "+53,120  norm, its running statistics" in said


def test_a_block_has_formulas_in_book_form(ok: Ok) -> None:
    said = ok("conventions", "resnet_bottleneck", "--norm", "true", "--convention", "torch,thop")
    assert "HW(4CM + 18M²)" in said
    assert "+HW(4C + 8M)  norm, 4 per output" in said
    assert "Ratio" not in said
    assert "**thop against paper: +HW(4C + 8M)**" in ok(
        "conventions", "resnet_bottleneck", "--norm", "true", "--format", "markdown"
    )


def test_a_row_says_what_is_counted_besides_and_what_is_not(
    ok: Ok, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    said = " ".join(ok("conventions", "ghostnet", "--against", "strict", "--convention", "ptflops").split())
    assert "1 per multiply-add instead of 2, relu and global average pool; no elementwise or hard sigmoid" in said
    path = tmp_path / "mine.yaml"
    path.write_text("flops: {conv: madds}\n", encoding="utf-8")
    rows = ok("conventions", "resnet18", "--convention", str(path)).splitlines()
    assert "no linear" in next(row for row in rows if row.startswith("mine "))


def test_markdown_has_the_bytes_in_both_units_that_its_note_explains(ok: Ok) -> None:
    said = ok("conventions", "resnet50", "--metric", "params", "--format", "markdown")
    assert "| In fp32 | Bytes | MB | MiB |\n| --- | ---: | ---: | ---: |" in said
    assert "| parameters | 102,228,128 | 102.23 | 97.49 |" in said
    formulas = ok("conventions", "separable_conv", "--metric", "params", "--format", "markdown")
    assert "| In fp32 | Bytes |\n| --- | --- |\n" in formulas  # formulas begin at the left, as on a screen


@pytest.mark.parametrize(
    "arguments",
    [
        ("--convention", "papr"),
        ("--against", "papr"),
        ("--metric", "mac"),
        ("--units", "human", "--format", "csv"),
        ("--convention", ","),
        ("--format", "parquet"),
    ],
)
def test_wrong_command_lines_are_refused(refused: Callable[..., str], arguments: tuple[str, ...]) -> None:
    refused("conventions", "resnet50", *arguments)


@pytest.mark.parametrize("columns", ["20", "80", "200"])
def test_no_line_is_wider_than_the_screen(ok: Ok, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    lines = ok("conventions", "shufflenet_v2").splitlines()
    if columns != "20":
        assert max(map(len, lines)) <= int(columns)
