"""A run imports what it uses and no more, so that it starts fast."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROBE = """
import json, sys
before = set(sys.modules)
from flopcalc.cli import main
try:
    main(sys.argv[1:])
except SystemExit as left:
    assert not left.code, left.code
print("\\n" + json.dumps(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
"""


def imported(*arguments: str) -> set[str]:
    """Return the packages that a run imports."""
    ran = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, encoding="utf-8", check=True
    )
    return set(json.loads(ran.stdout.splitlines()[-1]))


SLOW = {"sympy", "mpmath", "numpy", "IPython", "setuptools", "pkg_resources"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("resnet50", "--by", "kind", "--format", "json"),
        ("mobilenet_v1", "--format", "csv"),
        ("mobilenet_v1", "--format", "latex", "--alpha", "0.5"),
        ("mobilenet_v1:alpha=3/4", "--format", "markdown"),
        ("list", "--format", "csv"),
        ("show", "mobilenet_v1"),
        ("mobilenet_v1", "--help"),
    ],
    ids=" ".join,
)
def test_what_is_no_table_on_a_screen_needs_neither_sympy_nor_rich(arguments: tuple[str, ...]) -> None:
    assert not imported(*arguments) & {*SLOW, "rich"}


@pytest.mark.parametrize("arguments", [("mobilenet_v1",), ("list",), ("show", "mobilenet_v1", "--graph")], ids=" ".join)
def test_tables_of_numbers_need_rich_and_not_sympy(arguments: tuple[str, ...]) -> None:
    packages = imported(*arguments)
    assert "rich" in packages
    assert not packages & SLOW


def test_formulas_need_sympy() -> None:
    assert "sympy" in imported("separable_conv")
