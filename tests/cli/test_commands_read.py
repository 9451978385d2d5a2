"""Every command that counts a network counts it as it is read: fused, for a batch, in training."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import Run

import flopcalc


def read(run: Run, *words: str) -> Any:
    ran = run(*words, "--format", "json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def test_the_table_and_json_say_which_readings_hold(run: Run) -> None:
    ran = run("mobilenet_v1", "--fused", "--batch", "8", "--by", "kind")
    assert ran.code == 0
    assert "; fused; a batch of 8\n" in ran.out
    assert "Fused: 27 norms are folded into the layer before" in " ".join(ran.out.split())
    found = read(run, "mobilenet_v1", "--fused", "--batch", "8")
    assert found["reading"] == {
        "fused": True,
        "batch": 8,
        "training": False,
        "optimizer": None,
        "assume_free": [],
    }
    assert found["totals"]["params"] == 4_221_032
    assert found["peak_layer"] == "separable1.conv"


def test_a_sweep_counts_what_the_analysis_does(run: Run) -> None:
    columns = "params,flops,mac,peak_memory"
    words = (
        "sweep",
        "mobilenet_v1",
        "--alpha",
        "0.25:1:0.25",
        "--fused",
        "--batch",
        "3",
        "--columns",
        f"alpha,{columns}",
    )
    found = read(run, *words)
    assert found["reading"]["fused"] is True
    for row in found["rows"]:
        report = flopcalc.analyze("mobilenet_v1", alpha=str(row["alpha"]), fused=True, batch=3)
        assert [row[name] for name in columns.split(",")] == [report.measure(name) for name in columns.split(",")]


def test_a_budget_is_of_the_network_that_is_so_read(run: Run) -> None:
    plain, fused = (
        read(run, "solve", "mobilenet_v2", "--for", "alpha", "--params", "3M", *words) for words in ([], ["--fused"])
    )
    assert fused["network"]["totals"]["params"] <= 3_000_000
    report = flopcalc.analyze("mobilenet_v2", alpha=fused["network"]["value"], fused=True)
    assert report.totals.params == fused["network"]["totals"]["params"]
    assert fused["network"]["totals"] != plain["network"]["totals"]


def test_both_sides_of_a_comparison_are_read_so(run: Run) -> None:
    found = read(run, "compare", "mobilenet_v1", "resnet50", "--fused", "--batch", "2")
    assert [side["totals"]["params"] for side in found["sides"]] == [4_221_032, 25_530_472]
    assert found["reading"]["batch"] == 2


def test_a_bound_of_a_batch_is_recounted_beside_other_widths(run: Run) -> None:
    found = read(run, "bound", "pointwise_conv", "--C", "4", "--O", "16", "--H", "3", "--W", "3", "--batch", "5")
    # 2·√(5·9·4 · 5·9·16) + 64 elements; it moves 5·9·(4 + 16) + 64
    assert (found["totals"]["least"], found["totals"]["mac"]) == (2 * 45 * 8 + 64, 45 * 20 + 64)
    assert found["reading"]["batch"] == 5


def test_a_claim_may_speak_of_the_batch(run: Run) -> None:
    words = ("--of", "separable_conv", "--metric", "madds", "--batch", "N")
    assert run("verify", "N*H*W*(C*K^2 + C*O)", *words).code == 0
    assert run("verify", "H*W*(C*K^2 + C*O)", *words).code == 1


def test_a_figure_may_be_quoted_of_a_folded_network(run: Run) -> None:
    assert run("explain", "mobilenet_v1", "4221032", "--metric", "params", "--fused").code == 0


def test_an_audit_finds_no_norms_in_a_folded_network(run: Run) -> None:
    found = read(run, "audit", "mobilenet_v2", "--fused")["audits"][0]
    assert found["mac"] == flopcalc.analyze("mobilenet_v2", fused=True).totals.mac
    assert found["reading"]["fused"] is True


def test_the_conventions_of_a_batch_are_multiples(run: Run) -> None:
    one, two = (read(run, "conventions", "mobilenet_v2", "--batch", batch) for batch in ("1", "2"))
    totals = [{each["name"]: each["total"] for each in found["conventions"]} for found in (one, two)]
    assert totals[1] == {name: 2 * value for name, value in totals[0].items()}


@pytest.mark.parametrize("kind", ["table", "markdown", "latex", "html"])
def test_training_is_a_block_of_the_page_in_every_format(run: Run, kind: str) -> None:
    ran = run("mobilenet_v1", "--training", "--optimizer", "adam", "--format", kind)
    assert ran.code == 0
    assert "What a step of training takes" in ran.out
    assert "training with adam" in " ".join(ran.out.split())


def test_training_is_in_json(run: Run) -> None:
    found = read(run, "resnet50", "--training", "--optimizer", "momentum")["training"]
    assert found["backward_madds"] == 2 * 4_089_184_256 - 7 * 7 * 3 * 64 * 112 * 112
    assert (found["optimizer"], found["gradients"], found["state"]) == ("momentum", 25_557_032, 25_557_032)
    assert sum(kept["elements"] for kept in found["kept"]) == found["kept_elements"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mobilenet_v1", "--fused", "--training"), "cannot be fused"),
        (("mobilenet_v1", "--batch", "0"), "the batch is 0"),
        (("mobilenet_v1", "--optimizer", "adam"), "an optimizer is of a network that is trained"),
        (("sweep", "mobilenet_v1", "--alpha", "1/2,1", "--batch", "N"), "totals of many configurations are numbers"),
        (("separable_conv", "--batch", "K"), "the batch cannot be called K"),
    ],
)
def test_what_cannot_be_read_so_is_refused(run: Run, words: tuple[str, ...], said: str) -> None:
    ran = run(*words)
    assert ran.code == 2
    assert said in ran.err
