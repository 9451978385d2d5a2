"""A layer whose cost is not known is never free in silence: sums say that they are at least what they show."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from conftest import Run

from flopcalc import FlopcalcError, Report, analyze, compare, solve, sweep, verify
from flopcalc.spec import load
from flopcalc.spec.unknown import unknown_layers

Analyse = Callable[..., Report]

TEXT = """
    input: [4, 8, 8]
    parameters: {C1: 6}
    layers:
      - conv: {out: C1, kernel: 3}
      - custom: {title: NonMaxSuppression, output: [10, 6], params: 0, cost: unknown}
        name: nms
      - linear: {out: 3}
"""
"""By hand: the conv has 9·4·6 weights on 64 positions; the linear layer 10·3 weights and 3 biases on 6 positions."""

CONV, LINEAR = 9 * 4 * 6 * 64, 10 * 3 * 6


@pytest.fixture
def net(tmp_path: Path, analyse: Analyse) -> str:
    """A network with a layer of unknown cost, as a file."""
    analyse(TEXT)
    return str(tmp_path / "net.yaml")


def test_a_total_is_what_is_known_and_says_that_it_is_at_least_that(analyse: Analyse) -> None:
    report = analyse(TEXT)
    assert report.totals.madds == CONV + LINEAR
    assert report.is_least("madds")
    assert report.is_least("mac_bytes")
    assert report.is_least("intensity")
    assert [str(one) for one in report.unknown] == ["nms (NonMaxSuppression)"]
    assert report.notes == (
        "The cost of 1 layer is not known: nms (NonMaxSuppression). Totals are at least what is shown.",
    )


def test_parameters_that_are_known_keep_their_total_exact(analyse: Analyse) -> None:
    report = analyse(TEXT)
    assert not report.is_least("params")
    assert report.totals.params == 216 + 33
    some = analyse(TEXT.replace("params: 0", "params: 5"))
    assert some.totals.params == 216 + 33 + 5
    assert not some.is_least("params")
    assert some.is_least("weights"), "how many of the 5 are weights is not said"
    assert analyse(TEXT.replace("params: 0, ", "")).is_least("params")


def test_a_row_shows_what_is_not_known_and_never_nothing(analyse: Analyse) -> None:
    text = str(analyse(TEXT))
    (row,) = (line for line in text.splitlines() if "NonMaxSuppression (cost unknown)" in line)
    assert row.split()[-2:] == ["?", "?"]
    assert f"≥ {CONV + LINEAR:,}" in text


@pytest.mark.parametrize(
    ("name", "least", "row"),
    [
        ("markdown", "≥ 14,004", "| ?"),
        ("html", "≥ 14,004", ">?<"),
        ("latex", r"$\geq$ 14\,004", "& ?"),
    ],
)
def test_every_format_marks_them(net: str, run: Run, name: str, least: str, row: str) -> None:
    ran = run(net, "--format", name)
    assert ran.code == 3
    assert least in ran.out
    assert row in ran.out
    assert "The cost of 1 layer is not known: nms (NonMaxSuppression)." in ran.out


def test_rows_for_programs_mark_them(net: str, run: Run) -> None:
    rows = [line.split(",") for line in run(net, "--format", "csv").out.splitlines()]
    (found,) = (dict(zip(rows[0], row, strict=True)) for row in rows[1:] if row[0] == "nms")
    assert {name: found[name] for name in ("params", "madds", "flops", "mac", "activations")} == {
        "params": "0", "madds": "?", "flops": "?", "mac": "?", "activations": "?"
    }  # fmt: skip
    grouped = run(net, "--by", "stage", "--format", "csv").out.splitlines()
    assert ">= 180" in grouped[-1].split(",")


def test_json_has_null_for_what_is_not_known(net: str, run: Run) -> None:
    ran = run(net, "--by", "stage", "--format", "json")
    assert ran.code == 3
    found = json.loads(ran.out)
    open_ = ["madds", "flops", "mac", "activations"]
    assert found["unknown_costs"] == [{"path": "nms", "title": "NonMaxSuppression", "metrics": open_}]
    assert set(open_) < set(found["at_least"])
    assert "params" not in found["at_least"]
    assert found["totals"]["madds"] == CONV + LINEAR
    assert found["totals"]["intensity"] is None
    (layer,) = (layer for layer in found["layers"] if layer["path"] == "nms")
    assert [layer[name] for name in open_] == [None] * 4
    assert layer["params"] == 0
    assert [group["at_least"] for group in found["groups"]] == [[], open_]
    assert found["groups"][0]["shares"]["madds"] is None


def test_the_users_word_makes_it_free_and_is_told(net: str, run: Run) -> None:
    for title in ("NonMaxSuppression", "nonmaxsuppression", "all"):
        ran = run(net, "--assume-free", title)
        assert ran.code == 0
        assert "Assumed free: nms (NonMaxSuppression)." in ran.out
        assert "≥" not in ran.out
        assert "not known: nms" not in ran.out
    other = run(net, "--assume-free", "TopK")
    assert other.code == 3
    assert "The cost of 1 layer is not known: nms (NonMaxSuppression)." in other.out
    report = analyze(net, assume_free="NonMaxSuppression")
    assert report.totals.madds == CONV + LINEAR
    assert report.unknown == ()
    assert report.reading.free == ("NonMaxSuppression",)


def test_free_of_several_is_only_what_is_named(analyse: Analyse) -> None:
    text = TEXT + "      - custom: {title: TopK, cost: unknown}\n        repeat: 2\n"
    report = analyse(text, assume_free=["TopK"])
    assert [one.title for one in report.unknown] == ["NonMaxSuppression"]
    every = analyse(text)
    assert [one.path for one in every.unknown] == ["nms", "custom1", "custom2"]
    assert "The cost of 3 layers is not known" in every.notes[0]


def test_a_cost_cannot_be_unknown_and_given(analyse: Analyse) -> None:
    for given in ("madds: 5", "weights: 5", "reads: 0"):
        with pytest.raises(FlopcalcError, match=f"the cost is unknown, and {given.split(':')[0]} is given"):
            analyse(TEXT.replace("params: 0", given))
    with pytest.raises(FlopcalcError, match="expected: one of said, unknown"):
        analyse(TEXT.replace("cost: unknown", "cost: guessed"))


@pytest.mark.parametrize("given", [{"batch": 4}, {"fused": True}, {"batch": "N"}, {"training": True}])
def test_other_readings_keep_it_unknown(analyse: Analyse, given: dict[str, Any]) -> None:
    report = analyse(TEXT, **given)
    assert report.is_least("mac")
    row = next(row for row in report.layers if row.path == "nms")
    assert row.cost.mac == 0
    assert row.cost.madds == 0


def test_what_reads_one_tensor_twice_costs_no_less_than_nothing(analyse: Analyse) -> None:
    text = """
        input: [4, 8, 8]
        layers:
          - custom: {title: pairs, cost: unknown}
            from: [input, input]
    """
    assert analyse(text).totals.mac == 0
    assert analyse(text, assume_free="all").totals.mac == 0


# -- every other command ---------------------------------------------------------------------------------------------


def test_a_claim_that_rests_on_it_is_never_proved(net: str, run: Run) -> None:
    for claim in (str(CONV + LINEAR), f">= {CONV}", "<= 1"):
        assert verify(claim, net, "madds").outcome == "undecided"
    assert "the cost of nms (NonMaxSuppression) is not known" in str(verify(str(CONV + LINEAR), net, "madds"))
    assert verify("249", net, "params").outcome == "proved", "its parameters are known"
    assert verify(str(CONV + LINEAR), net, "madds", assume_free="all").outcome == "proved"
    assert run("verify", str(CONV + LINEAR), "--of", net, "--metric", "madds").code == 3
    assert verify("1", net, "madds", over=net).outcome == "undecided"


def test_nothing_is_derived_of_it(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "block.yaml"
    text = """
        input: [C, H, W]
        parameters: {O: {whole: true}}
        layers: [{conv: {out: O, kernel: 1}}, {custom: {title: TopK, cost: unknown}}]
    """
    path.write_text(dedent(text), encoding="utf-8")
    ran = run("derive", "--of", str(path), "--minimize", "mac", "--holding", "flops", "--over", "C,O")
    assert ran.code == 3
    assert "the cost of custom (TopK) is not known" in " ".join(ran.err.split())


def test_a_comparison_marks_it_and_gives_no_ratio(net: str, run: Run) -> None:
    found = compare(net, net)
    assert found.ratios("madds") == (1, None)
    assert found.ratios("params") == (1, 1)
    ran = run("compare", net, "pointwise_conv:C=4,O=4,H=8,W=8")
    assert ran.code == 3
    assert "≥ 14,004" in ran.out
    assert "?" in ran.out
    assert "The cost of 1 layer is not known: nms (NonMaxSuppression)." in " ".join(ran.out.split())
    data = json.loads(run("compare", net, net, "--format", "json").out)
    assert data["sides"][1]["ratios"]["flops"] is None
    assert data["sides"][0]["unknown_costs"][0]["path"] == "nms"
    assert ">= 14004" in run("compare", net, net, "--format", "csv").out
    with pytest.raises(FlopcalcError, match="the cost of NonMaxSuppression is not known"):
        compare(net, net, equal="flops", vary="C1")
    assert run("compare", net, net, "--assume-free", "all").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("conventions",),
        ("bound",),
        ("audit",),
        ("explain", "14004"),
        ("solve", "--for", "C1", "--flops", "20k"),
        ("sweep", "--C1", "1:4:1"),
    ],
    ids=lambda words: words[0],
)
def test_every_command_says_that_it_is_not_known(net: str, run: Run, words: tuple[str, ...]) -> None:
    command, *rest = words
    ran = run(command, net, *rest)
    said = " ".join((ran.out + ran.err).split())
    assert ran.code == 3, said
    assert "is not known" in said
    assert "NonMaxSuppression" in said
    data = run(command, net, *rest, "--format", "json")
    assert data.code == 3
    assert "NonMaxSuppression" in data.out
    free = run(command, net, *rest, "--assume-free", "all")
    assert free.code == 0, free.err
    assert "is not known" not in free.out + free.err.replace("how far a position sees is not known", "")


def test_a_sweep_that_is_written_to_a_file_says_so_beside_it(net: str, run: Run, tmp_path: Path) -> None:
    ran = run("sweep", net, "--C1", "1:4:1", "--output", str(tmp_path / "rows.csv"))
    assert ran.code == 3
    assert "The cost of NonMaxSuppression is not known: costs are at least what is shown" in " ".join(ran.err.split())


def test_python_can_free_it_in_every_question(net: str) -> None:
    (block,) = sweep(net, {"C1": "1:4:1"}, metrics=["madds"], assume_free="all")
    assert block.metrics["madds"].tolist() == [width * 9 * 4 * 64 + LINEAR for width in (1, 2, 3, 4)]
    found = solve(net, "C1", flops=20_000, assume_free="all")
    assert found.report.unknown == ()
    assert solve(net, "C1", flops=20_000).report.unknown[0].title == "NonMaxSuppression"


def test_layers_of_unknown_cost_are_found_in_blocks_that_a_spec_uses(net: str, tmp_path: Path) -> None:
    (tmp_path / "blocks").mkdir()
    (tmp_path / "net.yaml").rename(tmp_path / "blocks" / "inner.yaml")
    outer = tmp_path / "outer.yaml"
    outer.write_text("input: [4, 8, 8]\nlayers:\n  - inner\n", encoding="utf-8")
    assert unknown_layers(load(str(outer))) == ("NonMaxSuppression",)
    assert unknown_layers(load("resnet50")) == ()


def test_a_title_that_is_none_is_refused(net: str) -> None:
    with pytest.raises(FlopcalcError, match="assume_free is"):
        analyze(net, assume_free=["  "])
    with pytest.raises(FlopcalcError, match="assume_free is"):
        analyze(net, assume_free=[3])  # type: ignore[list-item]
