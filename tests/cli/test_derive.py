"""``flopcalc derive``: what it prints, in which formats, and what it answers to wrong questions."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from shipped import DERIVATIONS as NAMES
from shipped import derived, together

from flopcalc.spec import catalog

pytestmark = pytest.mark.usefixtures("worked_out_once")

Ok = Callable[..., str]

LEAST = ("derive", "--of", "separable_conv", "--minimize", "mac", "--holding", "flops", "--over", "C,O")


@together
@pytest.mark.parametrize("name", NAMES)
def test_every_derivation_runs_in_every_format(ok: Ok, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopcalc.theory.derivations.derive", derived)
    assert ok("derive", name).startswith(next(e.title for e in catalog.index() if e.name == name and "deriv" in e.kind))
    assert ok("derive", name, "--format", "markdown").startswith("## ")
    assert r"\end{enumerate}" in ok("derive", name, "--format", "latex").splitlines()
    assert json.loads(ok("derive", name, "--format", "json"))["name"] == name


def test_without_a_name_the_derivations_are_listed(ok: Ok) -> None:
    text = ok("derive")
    assert [line.split()[0] for line in text.splitlines()[3:]] == NAMES
    assert [entry["name"] for entry in json.loads(ok("derive", "--format", "json"))] == NAMES
    rows = list(csv.DictReader(io.StringIO(ok("list", "derivations", "--format", "csv"))))
    assert [row["name"] for row in rows] == NAMES


def test_a_file_takes_the_derivation(ok: Ok, tmp_path: Path) -> None:
    target = tmp_path / "g1.tex"
    assert ok("derive", "g1", "--format", "latex", "--output", str(target)) == ""
    assert target.read_text(encoding="utf-8").startswith("% \\usepackage{amsmath}\n")


def test_the_least_of_a_block_is_derived(ok: Ok) -> None:
    text = ok(*LEAST)
    assert "MAC ≥ -HWK² + 2√(3HWB) + B/(HW)   (holding B, H, W, K)" in text
    assert "⟺ 3C = K² + O" in text


def test_what_a_blocks_formula_takes_for_granted_is_said_with_its_bound(ok: Ok) -> None:
    question = ("--minimize", "flops", "--holding", "params", "--over", "C,P")
    text = ok("derive", "--of", "resnet_basic", "--where", "O=P", "--where", "norm=true", *question)
    assert "FLOPs > HWB - 2HW√(B + 1) + 2HW" in text
    assert "assumed: P ≠ C" in text  # else there is no projection
    assert text.rstrip().endswith("Recounted in plain numbers, layer by layer, at 100 points.")


def test_the_domain_of_a_least_value_is_said(ok: Ok) -> None:
    question = ("--minimize", "mac", "--holding", "flops", "--over", "C,O")
    text = ok("derive", "--of", "shufflenet_v1_down", *question)
    assert "C and O are any positive real numbers with O > C" in text
    assert "MAC only falls as C grows, until O = C" in text
    latex = ok("derive", "--of", "shufflenet_v1_down", *question, "--format", "latex")
    assert r"assumed: $O > C$, $g \neq 1$, $g \neq M$, sizes divide evenly" in latex


def test_json_says_at_how_many_points_a_derivation_was_recounted(ok: Ok) -> None:
    assert json.loads(ok(*LEAST, "--format", "json"))["points"] == 100
    found = json.loads(ok("derive", "ghost_speedup", "--format", "json"))
    assert found["points"] == 100
    assert found["assumed"] == ["s >= 2", "K is odd", "s ≠ 1", "d is odd", "sizes divide evenly"]


def test_a_proof_that_fails_its_recount_is_undecided(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from flopcalc.theory.minima import derivation

    right = derivation.minimize

    def wrong(*args: Any) -> Any:
        found = right(*args)
        return replace(found, minimum=found.minimum + found.budget, bound=found.bound + found.budget)

    monkeypatch.setattr(derivation, "minimize", wrong)
    ran = run(*LEAST)
    assert (ran.code, ran.out) == (3, "")
    assert "failed its recount in plain numbers" in " ".join(ran.err.split())
    assert "fault of the prover" in " ".join(ran.err.split())


def test_parameters_are_set_and_rebound_in_three_ways(ok: Ok) -> None:
    start, end = ("derive", "--of"), ("--minimize", "mac", "--holding", "flops", "--over", "c1,c2")
    ways = [
        ok(*start, "conv:C=c1,O=c2,K=3", *end),
        ok(*start, "conv", "--where", "C=c1", "--where", "O=c2", "--set", "K=3", *end),
    ]
    assert ways[0] == ways[1]
    assert "c₁ = c₂" in ways[0]


def test_an_assumption_is_shown(ok: Ok) -> None:
    text = ok(
        *("derive", "--of", "inverted_residual", "--minimize", "mac", "--holding", "flops", "--over", "C,t"),
        *("--assume", "t >= 2"),
    )
    assert "assumed: t ≥ 2" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("g11",), "did you mean `g1`"),
        (("g1", "--of", "conv"), "one of both"),
        (("--over", "C,O"), "goes with --of"),
        (("--of", "conv"), "--of needs --minimize, --holding, --over"),
        (("--of", "con", *LEAST[3:]), "there is no spec `con`"),
        ((*LEAST[1:4], "ma", *LEAST[5:]), "did you mean `mac`"),
        ((*LEAST[1:-1], "C"), "--over names 1 symbols"),
        ((*LEAST[1:-1], "C,X"), "depends on `X`"),
        ((*LEAST[1:], "--where", "C"), "sets nothing"),
        (("--of", "separable_conv:K=3", *LEAST[3:], "--set", "K=5"), "K is given twice"),
        ((*LEAST[1:], "--assume", "C"), "no assumption"),
        (("g1", "--format", "pdf"), "--format cannot be `pdf`"),
        (("none.yaml",), "there is no such file"),
    ],
)
def test_a_wrong_question_is_answered(refused: Callable[..., str], arguments: tuple[str, ...], said: str) -> None:
    assert said in refused("derive", *arguments)


@pytest.mark.parametrize(("claim", "code"), [("f = 2C", 2), ("2^C ≥ C", 3)], ids=["refuted", "open"])
def test_what_cannot_be_proved_is_not_printed(
    run: Callable[..., object], tmp_path: Path, claim: str, code: int
) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "symbols: {C: channels}\nquantities:\n  f: {of: linear, metric: flops, where: {C: C, O: C}}\n"
        f"steps:\n  - {{say: First., because: so, claim: f = C²}}\n  - {{say: Then., because: so, claim: {claim}}}\n",
        encoding="utf-8",
    )
    ran = run("derive", str(path))
    assert (ran.code, ran.out) == (code, "")  # type: ignore[attr-defined]
    assert f"{path}:6:5: " in ran.err  # type: ignore[attr-defined]


def test_a_least_that_hangs_on_an_open_sign_is_undecided(run: Callable[..., object]) -> None:
    least = ("--of", "resnet_bottleneck", "--where", "g=g", "--minimize", "mac", "--holding", "flops", "--over", "C,M")
    ran = run("derive", *least)
    assert (ran.code, ran.out) == (3, "")  # type: ignore[attr-defined]
    assert "the sign of 8*g - 45 is open" in ran.err  # type: ignore[attr-defined]
