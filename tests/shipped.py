"""What is packaged, worked out once in a process for all tests that only look at what it comes to."""

from __future__ import annotations

from functools import cache

import pytest

from flopcalc import analyze, derive
from flopcalc.cost import Cost
from flopcalc.layers import Shape
from flopcalc.number import Number
from flopcalc.spec import catalog
from flopcalc.theory.derivations import Derivation
from flopcalc.theory.worksheets import Marked, load_worksheet, mark

DERIVATIONS = [entry.name for entry in catalog.index() if entry.kind == "derivations"]

together = pytest.mark.xdist_group("packaged derivations")
"""Lets one process run the tests that look at all of them."""


@cache
def derived(name: str) -> Derivation:
    """Derive what is packaged under a name."""
    return derive(name)


WORKSHEETS = [
    pytest.param(entry.name, marks=pytest.mark.xdist_group(f"worksheet {entry.name}"))
    for entry in catalog.index()
    if entry.kind == "worksheets"
]


@cache
def marked(name: str) -> Marked:
    """Mark the packaged worksheet of a name."""
    return mark(load_worksheet(name), time_limit=60)


networks = pytest.mark.xdist_group("packaged networks")
"""Lets one process run the tests that count all of them."""


@cache
def counted(name: str) -> tuple[Cost, Number, tuple[Shape, ...]]:
    """Return what the network of a name costs, its FLOPs and the shapes that enter it."""
    report = analyze(name)
    return report.totals.cost, report.totals.flops, tuple(report.inputs.values())
