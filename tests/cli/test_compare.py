"""``flopcalc compare``: what a user types, and what is printed or refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("worked_out_once")

Ok = Callable[..., str]
Refused = Callable[..., str]


def compared(ok: Ok, *arguments: str) -> dict[str, Any]:
    """Return the JSON of a comparison."""
    result: dict[str, Any] = json.loads(ok("compare", *arguments, "--format", "json"))
    return result


def params(ok: Ok, *arguments: str) -> list[int | str]:
    return [side["totals"]["params"] for side in compared(ok, *arguments)["sides"]]


def test_the_issues_blocks_show_the_textbooks_formulas(ok: Ok) -> None:
    text = ok("compare", "resnet_bottleneck", "resnext_bottleneck", "shufflenet_v1_unit")
    for formula in ("HW(2CM + 9M²)", "HW(2CM + 9M²/g)", "HW(2CM/g + 9M)"):
        assert formula in text


def test_the_readmes_networks_show_their_totals_and_bars(ok: Ok) -> None:
    text = ok("compare", "mobilenet_v1", "mobilenet_v2", "shufflenet_v2_x1_0", "ghostnet")
    for word in ("4,231,976", "3,504,872", "0.828", "█"):
        assert word in text


HALVES = [1331592, 1968680]


@pytest.mark.parametrize(
    "arguments",
    [
        ("mobilenet_v1", "mobilenet_v2", "--alpha", "0.5"),
        ("mobilenet_v1", "mobilenet_v2", "--alpha=1/2"),
        ("--alpha", "0.5", "mobilenet_v1", "mobilenet_v2"),
        ("mobilenet_v1", "--alpha", "0.5", "mobilenet_v2", "--rho", "1"),
        ("mobilenet_v1", "mobilenet_v2", "--set", "alpha=0.5"),
        ("mobilenet_v1:alpha=0.5", "mobilenet_v2:alpha=0.5"),
        ("mobilenet_v1:alpha=0.5", "mobilenet_v2", "--alpha", "0.5"),
    ],
)
def test_a_value_is_given_to_all_sides_or_to_one(ok: Ok, arguments: tuple[str, ...]) -> None:
    assert params(ok, *arguments) == HALVES


def test_a_value_may_be_an_expression_a_word_or_a_truth(ok: Ok) -> None:
    assert params(ok, "resnet_bottleneck", "resnext_bottleneck:g=2", "--C", "4*M") == ["17*M**2", "25*M**2/2"]
    norms = params(ok, "conv", "separable_conv", "--norm", "true", "--C", "8", "--O", "8", "--K", "3")
    assert norms == [9 * 64 + 16, 72 + 64 + 32]
    assert params(ok, "resnet50", "resnet18", "--stride-at", "1x1") == params(ok, "resnet50", "resnet18")


def test_a_sides_own_value_stands_in_its_heading(ok: Ok) -> None:
    result = compared(ok, "mobilenet_v1:alpha=1/2", "mobilenet_v1", "--alpha", "1")
    assert [side["heading"] for side in result["sides"]] == ["mobilenet_v1:alpha=1/2", "mobilenet_v1"]
    assert [side["parameters"]["alpha"] for side in result["sides"]] == ["1/2", "1"]


def test_metrics_choose_the_rows_and_their_order(ok: Ok) -> None:
    lines = ok(
        "compare", "mobilenet_v1", "mobilenet_v2", "--metrics", "mac_bytes,params", "--format", "csv"
    ).splitlines()
    assert [line.split(",")[0] for line in lines] == ["metric", "mac_bytes", "params"]


def test_a_budget_is_kept_equal(ok: Ok) -> None:
    arguments = (
        "resnet_bottleneck:C=256,M=64",
        "resnext_bottleneck:g=4",
        "--C",
        "256",
        "--equal",
        "weights",
        "--vary",
        "M",
    )
    (side,) = compared(ok, *arguments)["equal"]["sides"]
    assert (side["value"], side["miss"]) == (96, 256)
    assert "+256" in ok("compare", *arguments)


@pytest.mark.parametrize("format_", ["table", "json", "csv", "markdown", "latex"])
def test_every_format_is_written_to_a_file(ok: Ok, tmp_path: Path, format_: str) -> None:
    target = tmp_path / "result"
    arguments = ("compare", "mobilenet_v1", "mobilenet_v2", "--format", format_)
    assert ok(*arguments, "--output", str(target)) == ""
    assert target.read_text(encoding="utf-8")


def test_the_help_says_what_there_is(ok: Ok) -> None:
    text = ok("compare", "--help")
    for word in ("--equal", "--vary", "--metrics", "--convention", "SPEC SPEC"):
        assert word in text
    assert "--by" not in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ["needs two SPECs"]),
        (("mobilenet_v1",), ["needs another SPEC"]),
        (("mobilenet_v1", "mobilnet_v2"), ["there is no spec `mobilnet_v2`", "`mobilenet_v2`"]),
        (("mobilenet_v1", "mobilenet_v2", "--alhpa", "1"), ["`--alhpa`", "did you mean `--alpha`?", "--rho"]),
        (("mobilenet_v1", "mobilenet_v2", "--fromat", "json"), ["did you mean `--format`?"]),
        (("mobilenet_v1", "mobilenet_v2", "--alpha"), ["--alpha needs a value"]),
        (("mobilenet_v1", "mobilenet_v2", "--alpha="), ["alpha is given no value"]),
        (("mobilenet_v1", "mobilenet_v2", "--alpha", "1", "--alpha", "2"), ["alpha is given twice"]),
        (("mobilenet_v1", "mobilenet_v2", "--set", "alpha=1", "--alpha", "2"), ["alpha is given twice"]),
        (("mobilenet_v1", "mobilenet_v2", "--set", "beta=1"), ["no side has a parameter `beta`"]),
        (("mobilenet_v1:alpha=1", "mobilenet_v2:alpha=1", "--alpha", "2"), ["alpha changes nothing"]),
        (("mobilenet_v1", "mobilenet_v2", "--equal", "flops"), ["--equal needs --vary NAME"]),
        (("mobilenet_v1", "mobilenet_v2", "--vary", "alpha"), ["--vary needs --equal METRIC"]),
        (("mobilenet_v1", "mobilenet_v2", "--equal", "flop", "--vary", "alpha"), ["did you mean `flops`?"]),
        (
            ("mobilenet_v1", "resnet50", "--equal", "flops", "--vary", "alpha"),
            ["resnet50 has no parameter `alpha` to vary"],
        ),
        (("mobilenet_v1", "mobilenet_v2", "--metrics", "parms"), ["there is no metric `parms`", "`params`"]),
        (("mobilenet_v1", "mobilenet_v2", "--metrics", ","), ["no metric is named"]),
        (("mobilenet_v1", "mobilenet_v2", "--metrics", "mac", "--format", "json"), ["--metrics does not go with"]),
        (("mobilenet_v1", "mobilenet_v2", "--units", "human", "--format", "csv"), ["--units human does not go with"]),
        (("mobilenet_v1", "mobilenet_v2", "--dtype", "fp31"), ["did you mean `fp32`"]),
        (("mobilenet_v1", "mobilenet_v2", "-x"), ["has no option `-x`"]),
    ],
)
def test_wrong_input_says_what_was_expected_and_what_to_try(
    refused: Refused, arguments: tuple[str, ...], words: list[str]
) -> None:
    message = " ".join(refused("compare", *arguments).split())
    for word in words:
        assert word in message


def test_a_fault_of_all_sides_is_said_once(refused: Refused) -> None:
    assert refused("compare", "mobilenet_v1", "mobilenet_v2", "--dtype", "fp31").count("no data type") == 1
