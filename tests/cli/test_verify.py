"""``flopcalc verify``: claims and worksheets, exit codes, formats, and wrong command lines."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flopcalc.theory import deciding

pytestmark = pytest.mark.usefixtures("worked_out_once")

Run = Callable[..., Any]
Ok = Callable[..., str]


def sheet(tmp_path: Path, *rows: str) -> str:
    path = tmp_path / "sheet.yaml"
    path.write_text("claims:\n" + "".join(f"  - {row}\n" for row in rows), encoding="utf-8")
    return str(path)


RIGHT = "{claim: HWK²CO, of: conv}"
WRONG = "{claim: 2HWK²CO, of: conv}"
OPEN = "{claim: C + ⌊⌊C/H⌋/W⌋ - ⌊C/(HW)⌋, of: conv, metric: channels, where: {O: C}}"


# -- one claim -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["17HWC^2", "--of", "resnet_bottleneck", "--where", "C=4*C,M=C"], 0, "proved  17HWC^2"),
        (
            ["1/O + 1/K²", "--of", "separable_conv", "--over", "conv"],
            0,
            "FLOPs of separable_conv over conv  1/O + 1/K²",
        ),
        ([r"\frac{1}{O}+\frac{1}{K^2}", "--of", "separable_conv", "--over", "conv"], 0, "proved"),
        (["MAC >= 2√(HWB) + B/(HW)", "--of", "pointwise_conv", "--let", "B=flops"], 0, "exactly where √C - √O = 0"),
        (["≈ 0.113", "--of", "separable_conv:C=512,O=512,K=3", "--over", "conv:C=512,O=512,K=3"], 0, "≈ 0.113064"),
        (["s", "--of", "conv", "--over", "ghost_module", "--limit", "C=oo"], 0, "as C → ∞"),
        (["17*H*W*C**2", "--of", "resnet_basic"], 1, "C = 1, H = 1, W = 1: it is 18, not 17"),
        (["HW(2CM + 9M)", "--of", "shufflenet_v1_unit"], 1, "the groups are left out (conv1, conv2)"),
        (["≈ 0.12", "--of", "separable_conv", "--over", "conv", "--where", "C=512,O=512,K=3"], 1, "the count is 0.11"),
        (["C+⌊⌊C/H⌋/W⌋-⌊C/(HW)⌋", "--of", "conv:O=C", "--metric", "channels"], 3, "undecided"),
        (["⌊C/2⌋+⌈C/2⌉", "--of", "conv:O=C", "--metric", "channels"], 0, "rounding                 kept on both sides"),
        (["hwd't(d'+k²+d'')", "--of", "inverted_residual:C=d',O=d'',K=k,H=h,W=w"], 0, "h·w·d′·t·(d′ + k² + d″)"),
    ],
)
def test_a_verdict_has_its_exit_code(run: Run, arguments: list[str], code: int, said: str) -> None:
    ran = run("verify", *arguments)
    assert (ran.code, ran.err) == (code, "")
    assert said in ran.out


def test_the_time_limit_leaves_a_claim_undecided(
    run: Run, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    def endless(value: object) -> bool:
        while True:
            pass

    monkeypatch.setattr(deciding, "is_zero", endless)
    gc.disable()  # the collector calls hypothesis back, where the end of the time would be swallowed and reported
    request.addfinalizer(gc.enable)
    ran = run("verify", "HWK²CO", "--of", "conv", "--time-limit", "0.1")
    assert ran.code == 3
    assert "it was not decided within 0.1 seconds" in ran.out


def test_options_may_be_repeated(ok: Ok) -> None:
    together = ok("verify", "17HWc²", "--of", "resnet_bottleneck", "--where", "C=4*c,M=c")
    assert together == ok("verify", "17HWc²", "--of", "resnet_bottleneck", "--where", "C=4*c", "--where", "M=c")
    assert "proved" in ok("verify", "≥ 8", "--of", "conv:K=3", "--over", "separable_conv:K=3", "--assume", "O >= 72")
    assert "proved" in ok("verify", "1000α + 1000", "--of", "linear:C=alpha,O=1000", "--metric", "params")


def test_json_has_everything(run: Run) -> None:
    ran = run("verify", "HW(2CM + 9M)", "--of", "shufflenet_v1_unit", "--format", "json")
    assert ran.code == 1
    verdict = json.loads(ran.out)
    assert verdict["schema"] == "flopcalc.verdict/1"
    assert verdict["verdict"] == "refuted"
    assert verdict["claim"] == "HW(2CM + 9M)"
    assert verdict["read_as"] == "H*W*(2*C*M + 9*M)"
    assert verdict["metric"] == "flops"
    assert verdict["actual"] == "2*C*H*M*W/g + 9*H*M*W"
    assert verdict["counterexample"] == {
        "assignment": {"C": 2, "H": 1, "W": 1, "M": 4, "g": 2},
        "actual": 44,
        "claimed": 52,
    }
    assert [cause["kind"] for cause in verdict["causes"]] == ["groups-left-out"]
    assert {"difference", "ratio", "reason", "assumed", "certificate", "known", "limit", "in_the_limit"} <= set(verdict)
    assert verdict["over"] is None
    numbers = json.loads(run("verify", "138357545", "--of", "vgg16", "--metric", "params", "--format", "json").out)
    assert (numbers["actual"], numbers["claimed"], numbers["difference"]) == (138357544, 138357545, 1)
    assert numbers["ratio"] == "138357545/138357544"
    assert numbers["counterexample"]["assignment"] == {}


def test_markdown_escapes_what_would_be_markup(ok: Ok) -> None:
    text = ok("verify", "17*H*W*C**2", "--of", "resnet_bottleneck", "--where", "C=4*C,M=C", "--format", "markdown")
    assert text.startswith(r"**proved**: 17\*H\*W\*C\*\*2")


@pytest.mark.parametrize(
    "arguments",
    [
        ["HW(2CM + 9M)", "--of", "shufflenet_v1_unit"],
        ["D_K²·αM + αM·αN", "--of", "separable_conv:K=D_K,C=alpha*M,O=alpha*N,H=rho*D_F,W=rho*D_F", "--over", "conv"],
        ["+".join(["C"] * 200), "--of", "conv"],
        ["coursework"],
        ["mobilenets"],
    ],
)
def test_nothing_is_wider_than_the_screen(run: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ran = run("verify", *arguments)
    lines = ran.out.splitlines()
    title = 1 if arguments[0].startswith("C+C") else 0
    assert lines
    assert max(map(len, lines[title:])) <= 80


def test_an_ascii_screen_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flopcalc", "verify", "others"],
        env={"PYTHONIOENCODING": "ascii", "COLUMNS": "80", "PATH": ""},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    text = done.stdout.decode("ascii")
    assert " 1  ok  proved   C*s + s*e1 + 9*s*e3" in text
    assert "?" not in text


# -- worksheets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "code", "summary"),
    [
        ([RIGHT], 0, "1 of 1 as expected: 1 proved."),
        ([RIGHT, WRONG], 1, "1 of 2 as expected: 1 proved, 1 refuted."),
        ([RIGHT, WRONG[:-1] + ", expect: refuted}"], 0, "2 of 2 as expected: 1 proved, 1 refuted."),
        ([RIGHT, OPEN], 3, "1 of 2 as expected: 1 proved, 1 undecided."),
        ([RIGHT, OPEN, WRONG], 1, "1 of 3 as expected: 1 proved, 1 refuted, 1 undecided."),
        ([OPEN[:-1] + ", expect: undecided}"], 0, "1 of 1 as expected: 1 undecided."),
        ([RIGHT[:-1] + ", expect: refuted}"], 1, "0 of 1 as expected: 1 proved."),
    ],
)
def test_a_sheet_has_its_exit_code(run: Run, tmp_path: Path, rows: list[str], code: int, summary: str) -> None:
    ran = run("verify", sheet(tmp_path, *rows))
    assert (ran.code, ran.err) == (code, "")
    assert ran.out.endswith(f"\n{summary}\n")


def test_a_claim_that_is_not_as_expected_shows_its_evidence(run: Run, tmp_path: Path) -> None:
    out = run("verify", sheet(tmp_path, RIGHT, WRONG)).out
    assert "2. expected: proved\nrefuted  2HWK²CO\n" in out
    assert "a multiply-add is counted as two operations" in out
    assert "1. expected" not in out


def test_a_sheet_as_json(run: Run, tmp_path: Path) -> None:
    row = "{claim: 2HWK²CO, of: conv, ask: How many FLOPs?, note: halve it, source: Table 1}"
    ran = run("verify", sheet(tmp_path, RIGHT, row), "--format", "json")
    assert ran.code == 1
    found = json.loads(ran.out)
    assert found["schema"] == "flopcalc.worksheet/1"
    assert found["worksheet"] == "sheet"
    assert found["summary"] == {"proved": 1, "refuted": 1, "undecided": 0, "unexpected": 1}
    claim = found["claims"][1]
    assert (claim["question"], claim["note"], claim["source"]) == ("How many FLOPs?", "halve it", "Table 1")
    assert (claim["expected"], claim["as_expected"], claim["verdict"]) == ("proved", False, "refuted")


def test_a_wide_screen_has_a_row_for_every_claim(ok: Ok, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    text = ok("verify", "coursework")
    assert "Question" in text.splitlines()[1]
    assert sum(" ✓ " in line for line in text.splitlines()) == 28
    assert ok("verify", "others").splitlines()[1].split()[-1] == "Note"


def test_a_spec_of_ones_own_stands_beside_the_sheet(ok: Ok, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.yaml").write_text("input: [C, H, W]\nlayers:\n  - conv: {out: C, kernel: 3}\n", encoding="utf-8")
    path = sheet(
        tmp_path, "{claim: 9C², of: mine.yaml, metric: params}", "{claim: 81, of: 'mine.yaml:C=3', metric: params}"
    )
    assert "2 of 2 as expected" in ok("verify", path)


def test_a_sheet_goes_to_a_file_and_into_a_table(ok: Ok, tmp_path: Path) -> None:
    target = tmp_path / "marked.md"
    assert ok("verify", "coursework", "--format", "markdown", "--output", str(target)) == ""
    lines = target.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "## Questions that courses ask"
    assert lines[2] == r"| \# |  | Verdict | Claim | Of | Question |"


def test_the_packaged_sheets_are_listed(ok: Ok) -> None:
    names = [line.split()[0] for line in ok("list", "worksheets").splitlines()[3:]]
    assert "coursework" in names
    assert len(names) == 11


def test_a_reader_that_leaves_early_hears_no_complaint() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "flopcalc", "verify", "coursework"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


# -- wrong command lines ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "needs FORMULA"),
        (["17HWC^2"], "is a formula, and no spec is named"),
        (["C", "--metric", "params"], "is a formula, and no spec is named"),
        (["HWC"], "--of SPEC, if it is a formula"),
        (["couresework"], "did you mean `coursework`"),
        (["none.yaml"], "no such file"),
        (["coursework", "--metric", "flops"], "--metric goes with a formula"),
        (["coursework", "--exact-rounding"], "--exact-rounding goes with a formula"),
        (["coursework", "--convention", "strict"], "--convention goes with a formula"),
        (["C", "--of", "cnov"], "there is no spec `cnov`"),
        (["C", "--of", "conv", "--over", "cnov"], "there is no spec `cnov`"),
        (["C", "--of", "conv", "--metric", "paramz"], "did you mean `params`"),
        (["C", "--of", "conv", "--where", "K"], "`K` is no setting"),
        (["C", "--of", "conv", "--where", "K=1", "--where", "K=3"], "--where gives `K` twice"),
        (["C", "--of", "conv", "--where", "Z=1"], "no parameter `Z`"),
        (["C", "--of", "conv", "--let", "C=2"], "a symbol of conv already"),
        (["C", "--of", "conv", "--limit", "Z"], "no free symbol"),
        (["C", "--of", "conv", "--assume", "foo"], "no assumption"),
        (["C", "--of", "conv", "--convention", "none"], "convention `none`"),
        (["C", "--of", "conv", "--time-limit", "0"], "--time-limit"),
        (["C", "--of", "conv", "--format", "pdf"], "--format cannot be `pdf`"),
        (["C", "--of", "conv", "--nope"], "--nope"),
        (["HWX", "--of", "conv"], "  HWX\n    ^\n"),
        (["1/2HW", "--of", "conv"], "(1/2)·H·W or 1/(2·H·W)"),
        (["K x K", "--of", "conv"], "a product is written"),
        (["params: C", "--of", "conv"], "followed by ="),
        (["MACs = C", "--of", "conv"], "MACs may be"),
        (["(" * 60 + "C" + ")" * 60, "--of", "conv"], "nested too deeply"),
        (["C" * 3000, "--of", "conv"], "characters long"),
        (["9^9^9^9", "--of", "conv"], "the power is too large"),
    ],
)
def test_a_wrong_command_line_is_refused_in_words(refused: Ok, arguments: list[str], said: str) -> None:
    assert said in refused("verify", *arguments)


def test_a_wrong_formula_of_a_sheet_has_its_place_and_a_caret(refused: Ok, tmp_path: Path) -> None:
    path = sheet(tmp_path, "claim: HWX\n    of: conv")
    assert refused("verify", path).splitlines()[:3] == [
        f"{path}:2:14: `X` is no symbol that is known here",
        "  HWX",
        "    ^",
    ]
