"""``flopcalc experiment``: what is printed, in every format, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from rich.cells import cell_len

from flopcalc.page.terminal import page_as_text
from flopcalc.pages.experiment import experiment_page, verdict
from flopcalc.render.terminal import Screen
from flopcalc.theory.experiments import load_experiment, run_experiment

pytestmark = pytest.mark.usefixtures("worked_out_once")

Ok = Callable[..., str]
NAMES = ("g1", "g2", "g3", "g4")


def test_without_a_name_the_experiments_are_listed(ok: Ok) -> None:
    text = ok("experiment")
    assert all(f"\n{name} " in text for name in NAMES)
    assert text == ok("list", "experiments")
    assert [entry["name"] for entry in json.loads(ok("experiment", "--format", "json"))] == list(NAMES)
    assert [row["name"] for row in csv.DictReader(io.StringIO(ok("experiment", "--format", "csv")))] == list(NAMES)
    assert ok("experiment", "--format", "markdown").count("\n| g") == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [80, 120, 200])
def test_an_experiment_fits_the_screen(name: str, width: int) -> None:
    text = page_as_text(experiment_page(run_experiment(load_experiment(name))), Screen(width))
    assert all(cell_len(line) <= width for line in text.splitlines())


def test_an_ascii_screen_gets_ascii() -> None:
    assert page_as_text(experiment_page(run_experiment(load_experiment("g3"))), Screen(80, "ascii")).isascii()


def test_mac_stands_beside_the_published_speeds(ok: Ok) -> None:
    text = ok("experiment", "g1", "--platform", "gpu")
    assert "1:12    36  432  48,771,072  1,483,200   748  392  163" in text
    assert "1:2     1.053     0.876" in text
    assert "Snapdragon" not in text
    assert "Yes, in every column" in text
    assert "94.92 to 100.00 %" in text


def test_headers_are_broken_before_a_table_becomes_lists_and_numbers_never() -> None:
    page = experiment_page(run_experiment(load_experiment("g3")))
    assert "2-fragment-series       1.398     0.732     1.398" in page_as_text(page, Screen(80))
    assert "  FLOPs  51,380,224\n" in page_as_text(page, Screen(60))


def test_what_cannot_be_built_is_said(ok: Ok) -> None:
    text = " ".join(ok("experiment", "g2").split())
    assert "g = 8: the paper prints c = 180, which cannot be built" in text
    assert "the rule gives c = 176" in text


def test_what_mac_does_not_order_is_listed(ok: Ok) -> None:
    text = " ".join(ok("experiment", "g3").split())
    assert "Not in every column: of 60 pairs 50 are in order, 5 the other way round, 5 of one printed speed" in text
    assert "2-fragment-parallel (1537) is faster than 4-fragment-series (752)" in text
    assert "furthest for 4-fragment-series on GPU c=128 (MAC ×1.98, time ×3.25)" in text
    assert "have one MAC" in ok("experiment", "g4")


@pytest.mark.parametrize("name", NAMES)
def test_json_and_csv_hold_every_network_exactly(ok: Ok, name: str) -> None:
    value = json.loads(ok("experiment", name, "--format", "json"))
    rows = list(csv.DictReader(io.StringIO(ok("experiment", name, "--format", "csv"))))
    assert value["schema"] == "flopcalc.experiment/1"
    networks = [
        (platform["name"], column["title"], network)
        for platform in value["platforms"]
        for column in platform["columns"]
        for network in column["networks"]
    ]
    assert len(rows) == len(networks)
    for row, (platform, column, network) in zip(rows, networks, strict=True):
        assert (row["platform"], row["column"], row["network"]) == (platform, column, network["name"])
        assert type(network["mac"]) is int
        for key in ("flops", "mac", "unit_flops", "unit_mac", "mac_ratio", "speed", "speed_ratio"):
            assert row[key] == str(network[key])
        assert network["mac"] == network["unit_mac"] * value["unit"]["count"]
        assert Fraction(row["speed_ratio"]) > 0
    outcome = run_experiment(load_experiment(name))
    assert value["verdict"]["text"] == verdict(outcome)
    assert value["verdict"]["ordered"] is outcome.ordered
    assert sum(value["verdict"]["pairs"].values()) == len(outcome.pairs)


def test_markdown_escapes_its_markup_and_has_every_table(ok: Ok) -> None:
    text = ok("experiment", "g3", "--format", "markdown")
    assert text.startswith("## G3: ")
    assert "pointwise\\_fragments" in text
    assert text.count("\n| --- |") == 5


def test_an_experiment_may_go_to_a_file(ok: Ok, tmp_path: Path) -> None:
    assert ok("experiment", "g1", "--output", str(tmp_path / "g1.txt")) == ""
    assert (tmp_path / "g1.txt").read_text(encoding="utf-8").startswith("G1: ")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("experiment", "g11"), ("there is no experiment `g11`", "did you mean `g1`")),
        (("experiment", "g1", "--platform", "arn"), ("g1 has no platform `arn`", "did you mean `arm`")),
        (("experiment", "g1", "--platform", "cpu"), ("arm (Qualcomm Snapdragon 810, one thread)",)),
        (("experiment", "g1", "--format", "yaml"), ("--format cannot be `yaml`",)),
        (("experiment", "--platform", "gpu"), ("--platform goes with an experiment",)),
        (("experiment", "there/is/none.yaml"), ("there is no such file",)),
        (("experiment", "g1", "--C", "3"), ("has no option `--C`",)),
    ],
)
def test_what_there_is_not_is_refused(
    refused: Callable[..., str], arguments: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    message = refused(*arguments)
    assert all(text in message for text in expected)
