"""Wrong input is answered with what was expected and what to try, and with exit code 2."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import flopcalc.cli.spec_options
from flopcalc.theory.deadline import TimeIsUp

Refused = Callable[..., str]
Run = Callable[..., object]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        # names of specs and commands
        (("mobilnet_v1",), ["there is no spec `mobilnet_v1`", "`mobilenet_v1`"]),
        (("resnet5",), ["there is no spec `resnet5`", "`resnet50`"]),
        (("lst",), ["`list`"]),
        (("shcema",), ["`schema`"]),
        (("zzzzzz",), ["`flopcalc list` shows what there is"]),
        (("no/such/file.yaml",), ["no/such/file.yaml"]),
        (("",), ["there is no spec"]),
        # options
        (("mobilenet_v1", "--aplha", "1"), ["has no option `--aplha`", "did you mean `--alpha`?", "--resolution"]),
        (("mobilenet_v1", "--fromat", "json"), ["did you mean `--format`?"]),
        (("mobilenet_v1", "--exactrounding"), ["did you mean `--exact-rounding`?"]),
        (("mobilenet_v1", "-x"), ["has no option `-x`"]),
        (("separable_conv", "--k", "3"), ["has no option `--k`", "did you mean `--K`?"]),
        (("separable_conv", "--n", "3"), ["has no option `--n`", "(--C, --H, --W, --O, --K"]),
        (("--verison",), ["did you mean `--version`?"]),
        (("--fromat", "json", "mobilenet_v1"), ["did you mean `--format`?"]),
        (("show", "mobilenet_v1", "--alpha", "1"), ["parameters change the graph", "add --graph"]),
        (("--format",), ["no SPEC is named", "flopcalc --help"]),
        (("--format", "json"), ["no SPEC is named"]),
        (("show",), ["flopcalc show needs NAME"]),
        (("mobilenet_v1", "resnet50"), ["unexpected extra argument (resnet50)"]),
        # values of options
        (
            ("mobilenet_v1", "--format", "xml"),
            ["--format cannot be `xml`", "json, csv, tsv, markdown, latex, html"],
        ),
        (("mobilenet_v1", "--format", "jsno"), ["did you mean `json`?"]),
        (("mobilenet_v1", "--by", "stages"), ["--by cannot be `stages`", "did you mean `stage`?"]),
        (("mobilenet_v1", "--by", "foo"), ["one of layer, block, stage, kind"]),
        (("mobilenet_v1", "--units", "big"), ["one of auto, human, exact"]),
        (("mobilenet_v1", "--dtype", "fp31"), ["there is no data type `fp31`", "`fp32`"]),
        (("mobilenet_v1", "--columns", "parms"), ["there is no column `parms`", "did you mean `params`"]),
        (("mobilenet_v1", "--columns", "a,b"), ["there is no column `a`", "there is no column `b`"]),
        (("mobilenet_v1", "--columns", ","), ["no column is named"]),
        (("mobilenet_v1", "--convention", "papr"), ["there is no convention `papr`", "did you mean `paper`?"]),
        (("list", "block"), ["there is no `block`", "did you mean `blocks`?"]),
        (("list", "--format", "pdf"), ["--format cannot be `pdf`", "one of table, json, csv, tsv"]),
        (("mobilenet_v1", "--symbolic", "alhpa"), ["has no parameter `alhpa`", "did you mean `alpha`?"]),
        (("mobilenet_v1", "--assume", "beta > 1"), ["`beta`"]),
        (("mobilenet_v1", "--input", "3,2"), ["channels,height,width"]),
        (("mobilenet_v1", "--input", "image=3,8,8"), ["image"]),
        # missing values
        (("mobilenet_v1", "--alpha"), ["--alpha needs a value", "try: `flopcalc mobilenet_v1 --help`"]),
        (("solve", "resnet50", "--where"), ["--where needs a value", "try: `flopcalc solve resnet50 --help`"]),
        (("verify", "2C", "--of"), ["--of needs a value", "try: `flopcalc verify --help`"]),
        (("list", "--format"), ["--format needs a value", "try: `flopcalc list --help`"]),
        (("list", "--variants=1"), ["--variants takes no value", "try: `flopcalc list --help`"]),
        (("show", "resnet50", "--standalone"), ["show has no option `--standalone`, which other commands have"]),
        (("show", "--standalone", "resnet50"), ["show has no option `--standalone`, which other commands have"]),
        (("show", "resnet50", "--exact-rounding", "--graph"), ["no option `--exact-rounding`, which other"]),
        (("show", "resnet50", "--by"), ["flopcalc show has no option `--by`, which other commands have"]),
        (
            ("solve", "mobilenet_v1", "--flops", "99M", "--best", "params", "--for", "alpha,rho=0.5:1:0.1"),
            ["several names stand before `=`", "--for alpha --for rho=0.5:1:0.1"],
        ),
        (("mobilenet_v1", "--alpha="), ["alpha is given no value"]),
        (("mobilenet_v1", "--set", "alpha"), ["name=value"]),
        (("mobilenet_v1", "--set", "=1"), ["name=value"]),
        (("mobilenet_v1", "--output="), ["--output names no file"]),
        (("mobilenet_v1", "--exact-rounding=1"), ["--exact-rounding takes no value"]),
        # repeated and contradicting ones
        (("mobilenet_v1", "--alpha", "1", "--alpha", "2"), ["alpha is given twice"]),
        (("mobilenet_v1:alpha=1", "--alpha", "2"), ["alpha is given twice"]),
        (("mobilenet_v1", "--set", "alpha=1", "--alpha", "2"), ["alpha is given twice"]),
        (("mobilenet_v1", "--set", "alpha=1", "--set", "alpha=2"), ["alpha is given twice"]),
        (("mobilenet_v1", "--input", "3,8,8", "--input", "3,9,9"), ["the input input is given twice"]),
        (("show", "mobilenet_v1:alpha=1", "--set", "alpha=2", "--graph"), ["alpha is given twice"]),
        (("show", "mobilenet_v1:alpha=1"), ["--graph"]),
        (("mobilenet_v1", "--format", "json", "--columns", "params"), ["--columns does not go with --format json"]),
        (("mobilenet_v1", "--format", "csv", "--units", "human"), ["--units human does not go with --format csv"]),
        # values of parameters
        (("mobilenet_v1", "--alpha", "0"), ["alpha", "0"]),
        (("mobilenet_v1", "--alpha", "1+"), ["1+"]),
        (("mobilenet_v1", "--alpha", "true"), ["alpha cannot be true", "a number"]),
        (("mobilenet_v1:alhpa=1",), ["has no parameter `alhpa`", "did you mean `alpha`?"]),
        (("resnet", "--depth", "51"), ["depth cannot be 51", "one of 18, 34, 50, 101, 152"]),
    ],
)
def test_wrong_input_says_what_was_expected_and_what_to_try(
    refused: Refused, arguments: tuple[str, ...], words: list[str]
) -> None:
    message = " ".join(refused(*arguments).split())
    for word in words:
        assert word in message


def test_a_message_has_no_control_character_of_the_user(refused: Refused) -> None:
    assert "\x1b" not in refused("\x1b[31mevil")
    assert "\x1b" not in refused("mobilenet_v1", "--\x1b[31m", "1")
    assert "\x1b" not in refused("mobilenet_v1", "--format", "\x1b[31m")


def test_a_message_is_short_however_long_the_input_is(refused: Refused) -> None:
    for arguments in (
        ("x" * 100_000,),
        ("mobilenet_v1", "--" + "y" * 100_000),
        ("mobilenet_v1", "--by", "z" * 100_000),
    ):
        assert len(refused(*arguments)) < 2000


def test_all_faults_of_a_file_are_reported_with_their_places(refused: Refused, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("input: [3, 8, 8]\nlayers:\n  - conv: {out: 4, kernle: 3}\n  - reul\n", encoding="utf-8")
    message = refused(str(path))
    assert f"{path}:3:" in message
    assert f"{path}:4:" in message
    assert "`kernel`" in message
    assert "`relu`" in message


def test_a_spec_that_cannot_be_read_is_no_traceback(refused: Refused, tmp_path: Path) -> None:
    folder = tmp_path / "folder.yaml"
    folder.mkdir()
    assert "folder.yaml" in refused(str(folder))
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    assert "binary.yaml" in refused(str(binary))


def broken(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let every analysis of the command line fail."""

    def fails(*arguments: object, **named: object) -> None:
        raise error

    monkeypatch.setattr(flopcalc.cli.spec_options, "analyze_spec", fails)


def test_an_interrupt_leaves_with_its_own_code(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, KeyboardInterrupt())
    ran = run("mobilenet_v1")
    assert (ran.code, ran.err) == (130, "\ninterrupted\n")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TypeError("cannot determine\nthe truth value"), "TypeError: cannot determine the truth value"),
        (AssertionError(), "AssertionError"),
        (RecursionError("maximum recursion depth exceeded"), "RecursionError: maximum"),
        (MemoryError(), "MemoryError"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (ModuleNotFoundError("No module named 'numpy'"), "ModuleNotFoundError: No module named 'numpy'"),
        (TimeIsUp(), "TimeIsUp"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_a_fault_of_the_programs_own_has_the_code_of_no_verdict(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, said: str
) -> None:
    monkeypatch.delenv("FLOPCALC_TRACEBACK", raising=False)
    broken(monkeypatch, error)
    ran = run("mobilenet_v1", "--alpha", "1 / 2")
    assert (ran.code, ran.out) == (70, "")  # type: ignore[attr-defined]
    message = ran.err  # type: ignore[attr-defined]
    assert message.splitlines()[0].startswith(f"this is a fault of flopcalc's own, and no answer: {said}")
    assert "report it with the command line, `flopcalc mobilenet_v1 --alpha '1 / 2'`" in message
    assert "Traceback" not in message
    assert message.count("\n") == 2


def test_a_fault_of_the_programs_own_shows_where_it_was_where_that_is_asked(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOPCALC_TRACEBACK", "1")
    broken(monkeypatch, TypeError("no number"))
    ran = run("mobilenet_v1")
    assert ran.code == 70  # type: ignore[attr-defined]
    message = ran.err  # type: ignore[attr-defined]
    assert message.startswith("Traceback (most recent call last)")
    assert "in fails\n" in message
    assert message.splitlines()[-2].startswith("this is a fault of flopcalc's own")


def test_the_module_has_the_same_exit_codes() -> None:
    code = (
        "import runpy, sys, flopcalc.cli.spec_options\n"
        "def fails(*arguments, **named): raise TypeError('no number')\n"
        "flopcalc.cli.spec_options.analyze_spec = fails\n"
        "sys.argv = ['flopcalc', 'mobilenet_v1']\n"
        "runpy.run_module('flopcalc', run_name='__main__')\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (70, "")
    assert ran.stderr.startswith("this is a fault of flopcalc's own, and no answer: TypeError: no number\n")


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (("compare", "SPEC", "SPEC", "--columns", "mac"), "flopcalc compare has no option `--columns`"),
        (("audit", "SPEC", "--dtype", "int4"), "flopcalc audit has no option `--dtype`, which other commands have"),
        (("audit", "resnet50", "--dtype", "int4"), "flopcalc audit has no option `--dtype`, which other commands have"),
        (("compare", "SPEC", "SPEC", "--alhpa", "1"), "no SPEC has a parameter for `--alhpa`"),
    ],
)
def test_an_option_of_other_commands_is_told_from_a_parameter_and_no_empty_list_is_shown(
    refused: Callable[..., str], tmp_path: Path, command: tuple[str, ...], what: str
) -> None:
    spec = tmp_path / "plain.yaml"
    spec.write_text("input: [3, 3, 3]\nlayers: [relu]\n", encoding="utf-8")
    said = refused(*(str(spec) if word == "SPEC" else word for word in command))
    assert said.startswith(what)
    assert "one of ," not in said


def test_a_shape_of_too_few_sides_is_quoted_as_it_was_written(refused: Callable[..., str]) -> None:
    assert refused("resnet50", "--input", "3,224").startswith("the input is 3,224\n")
    assert refused("resnet50", "--input", "3,224,224,1").startswith("the input is 3,224,224,1\n")
