"""Shell completion: names, parameters and values, and nothing costly is imported for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flopcalc.spec import catalog

Ok = Callable[..., str]

ASK = "import sys; from flopcalc.cli import main\ntry:\n main()\nfinally:\n assert 'sympy' not in sys.modules, 'sympy'"


def completed(line: str, cwd: Path | None = None) -> list[str]:
    """Return what bash would be given for a line whose last word is incomplete."""
    words = line.split(" ")
    environment = {
        **os.environ,
        "_FLOPCALC_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    ran = subprocess.run(
        [sys.executable, "-c", ASK], capture_output=True, text=True, encoding="utf-8", env=environment, cwd=cwd
    )
    assert ran.stderr == ""
    return [item.partition(",")[2] for item in ran.stdout.splitlines() if item]


def test_specs_and_commands_are_completed() -> None:
    found = completed("flopcalc mobilenet_v")
    assert {"mobilenet_v1", "mobilenet_v2", "mobilenet_v3"} <= set(found)
    assert completed("flopcalc comp") == ["compare", "completion"]
    assert "resnet50" in completed("flopcalc ResNet-5")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("flopcalc mobilenet_v1 --al", ["--alpha"]),
        ("flopcalc bound mobilenet_v1 --rh", ["--rho"]),
        ("flopcalc compare resnet50 mobilenet_v1 --alp", ["--alpha"]),
        ("flopcalc verify x --of mobilenet_v1 --alp", ["--alpha"]),
        ("flopcalc mobilenet_v1 --separable ", ["true", "false"]),
        ("flopcalc mobilenet_v2 --head c", ["classifier", "conv"]),
        ("flopcalc mobilenet_v1 --format m", ["markdown"]),
        ("flopcalc mobilenet_v1 --columns params,fl", ["params,flops", "params,flops%"]),
        ("flopcalc mobilenet_v1 --convention ptflops_", ["ptflops_aten", "ptflops_readme"]),
        ("flopcalc mobilenet_v1 --dtype fp1", ["fp16"]),
        ("flopcalc mobilenet_v1 --symbolic alpha,rh", ["alpha,rho"]),
        ("flopcalc bound separable_", ["separable_conv"]),
        ("flopcalc compare resnet50 separable_", ["separable_conv"]),
        ("flopcalc derive separable_", ["separable_ratio"]),
        ("flopcalc verify cours", ["coursework"]),
        ("flopcalc verify x --of separable_", ["separable_conv"]),
        ("flopcalc experiment g", ["g1", "g2", "g3", "g4"]),
        ("flopcalc solve mobilenet_v1 --for al", ["alpha"]),
        ("flopcalc list met", ["metrics"]),
        ("flopcalc help weigh", ["weights"]),
        ("flopcalc show deriv", ["derivation"]),
        ("flopcalc show derivation g", ["general_bound", "ghost_speedup", "g1", "g2"]),
        ("flopcalc no_such_network --al", []),
        ("flopcalc compare no_such_network --al", []),
    ],
)
def test_what_a_shell_completes(line: str, expected: list[str]) -> None:
    assert sorted(completed(line)) == sorted(expected)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_asks_flopcalc(ok: Ok, shell: str) -> None:
    script = ok("completion", shell)
    assert f"_FLOPCALC_COMPLETE={shell}_complete" in script


def test_bash_takes_the_script(ok: Ok, tmp_path: Path) -> None:
    path = tmp_path / "script"
    path.write_text(ok("completion", "bash"), encoding="utf-8")
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0


def test_every_name_of_the_list_is_completed() -> None:
    specs = [entry for entry in catalog.index() if entry.kind in catalog.SPEC_KINDS]
    assert {name for entry in specs for name in (entry.name, *entry.variants)} <= set(completed("flopcalc bound "))
