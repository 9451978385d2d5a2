"""``flopcalc solve`` from a user's side: answers, exit codes, and words for what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("worked_out_once")


def test_the_interval_and_the_next_network_are_shown(run: Callable[..., Any]) -> None:
    """Recounted: at alpha = 9/16 MobileNetV2 has 147,439,552 multiply-adds, at 23/40 150,231,376."""
    import flopcalc

    ran = run("solve", "mobilenet_v2", "--for", "alpha", "--flops", "150M")
    assert ran.code == 0
    assert "9/16 ≤ alpha < 23/40" in ran.out
    for alpha, flops in (("9/16", 147439552), ("0.5749999", 147439552), ("23/40", 150231376)):
        assert flopcalc.analyze("mobilenet_v2", alpha=alpha).totals.flops == flops
    assert "147,439,552" in ran.out
    assert "150,231,376" in ran.out


def test_a_formula_is_the_answer_where_symbols_are_free(run: Callable[..., Any]) -> None:
    ran = run("solve", "separable_conv", "--for", "O", "--flops", "B")
    assert ran.code == 0
    assert "O = B/(HWC) - K²" in ran.out


def test_a_budget_that_every_value_misses_leaves_with_1(run: Callable[..., Any]) -> None:
    ran = run("solve", "resnet", "--for", "depth", "--flops", "1G")
    assert ran.code == 1
    assert "1,814,073,344" in ran.out  # ResNet-18, the least


def test_a_budget_from_below_asks_for_the_least(run: Callable[..., Any]) -> None:
    """At alpha = 23/40 MobileNetV2 has 150,231,376 multiply-adds, just below it 147,439,552."""
    ran = run("solve", "mobilenet_v2", "--for", "alpha", "--flops", ">= 150M")
    assert ran.code == 0
    assert "The least alpha with FLOPs ≥ 150,000,000" in ran.out
    assert "23/40 ≤ alpha" in ran.out
    assert "147,439,552" in ran.out
    found = json.loads(run("solve", "mobilenet_v2", "--for", "alpha", "--flops", ">= 150M", "--format", "json").out)
    assert (found["goal"], found["network"]["interval"]["low"]) == ("least", "23/40")
    assert found["below"]["totals"]["flops"] == 147439552
    rows = run("solve", "mobilenet_v2", "--for", "alpha", "--flops", ">= 150M", "--format", "csv").out.splitlines()
    assert [row.split(",")[0] for row in rows] == ["network", "answer", "below"]


def test_an_option_given_twice_binds_twice(run: Callable[..., Any]) -> None:
    ran = run("solve", "mobilenet_v1", "--for", "alpha", "--flops", ">= 199.9M", "--flops", "200M")
    assert ran.code == 1
    assert "misses FLOPs ≥ 199,900,000 and FLOPs ≤ 200,000,000" in ran.out


@pytest.mark.parametrize(
    ("budgets", "row"),
    [
        (("--where", "flops == 149M"), "149,000,000  -127,192"),
        (("--flops", "149.1M", "--flops", ">= 149M"), "149,000,000  -127,192"),
        (("--flops", "149M", "--flops", ">= 148M"), "149,000,000  127,192"),
    ],
    ids=" ".join,
)
def test_of_two_budgets_of_a_metric_the_one_that_is_missed_is_shown(
    run: Callable[..., Any], budgets: tuple[str, ...], row: str
) -> None:
    """At alpha = 0.499 MobileNetV1 has 148,872,808 multiply-adds, in the next network above 149,432,976."""
    shown = run("solve", "mobilenet_v1", "--for", "alpha", *budgets).out
    assert f"148,872,808  {row}" in shown


def test_json_is_one_object_with_exact_values(run: Callable[..., Any]) -> None:
    ran = run("solve", "mobilenet_v1", "--for", "resolution", "--flops", "300M", "--format", "json")
    assert ran.code == 0
    assert isinstance(json.loads(ran.out), dict)
    assert "290675200" in ran.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["mobilenet_v2", "--for", "alpah", "--flops", "150M"], "did you mean `alpha`?"),
        (["mobilenet_v2", "--for", "alpha"], "budget"),
        (["mobilenet_v2", "--flops", "150M"], "--for"),
        (["mobilenet_v2", "--for", "alpha", "--flops", "150Q"], "150Q"),
        (["mobilenet_vv2", "--for", "alpha", "--flops", "150M"], "did you mean"),
        (["mobilenet_v2", "--for", "alpha", "--flops", "-3"], "-3"),
    ],
)
def test_what_is_wrong_is_said_and_the_code_is_2(run: Callable[..., Any], arguments: list[str], words: str) -> None:
    ran = run("solve", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_the_papers_compound_coefficients_are_among_those_found(run: Callable[..., Any]) -> None:
    """arXiv:1905.11946, section 3.3: α = 1.2, β = 1.1, γ = 1.15, of which α·β²·γ² is 1.9203."""
    ran = run("solve", "efficientnet", "--compound")
    assert ran.code == 0
    (line,) = [line for line in ran.out.splitlines() if line.split()[:3] == ["1.2", "1.1", "1.15"]]
    assert "1.9203" in line


@pytest.mark.parametrize("name", ["table", "markdown", "latex", "html", "csv", "tsv", "json"])
def test_a_formula_is_told_in_every_format(ok: Callable[..., str], name: str) -> None:
    said = ok("solve", "separable_conv", "--for", "O", "--flops", "B", "--format", name)
    assert {"latex": r"O = $\frac{B}{HWC} - K^{2}$", "table": "O = B/(HWC) - K²", "html": "O = B/(HWC) - K²"}.get(
        name, "B"
    ) in said
    assert name not in ("table", "markdown", "latex", "html") or "identically" in " ".join(said.split())


def test_a_screen_has_twenty_rows_of_a_list_and_files_have_all(ok: Callable[..., str]) -> None:
    command = ("solve", "mobilenet_v1", "--for", "alpha=0.1:1:0.01", "--flops", "1G", "--best", "params,max:mac")
    rows = ok(*command, "--format", "csv").count("\n") - 1
    assert rows > 20
    assert f"The first 20 of {rows} are shown" in ok(*command)
    assert "are shown" not in ok(*command, "--format", "markdown")
    assert ok(*command, "--format", "html").count("<tr>") == rows + 1
    assert ok(*command, "--top", "3", "--format", "tsv").count("\n") == 4


def test_a_front_has_the_columns_that_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch, ok: Callable[..., str]
) -> None:
    command = ("solve", "mobilenet_v1", "--for", "alpha=0.25:1:0.25", "--flops", "500M", "--best", "params")
    for width, heads in ((40, "alpha Params FLOPs"), (60, "alpha Params FLOPs MAC Activations")):
        monkeypatch.setenv("COLUMNS", str(width))
        assert heads in [" ".join(line.split()) for line in ok(*command).splitlines()]
