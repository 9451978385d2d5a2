"""What the packaged derivations come to, worked out once in a process for all tests that only look at it."""

from __future__ import annotations

from functools import cache

import pytest

from flopcalc import derive
from flopcalc.spec import catalog
from flopcalc.theory.derivations import Derivation

DERIVATIONS = [entry.name for entry in catalog.index() if entry.kind == "derivations"]

together = pytest.mark.xdist_group("packaged derivations")
"""Lets one process run the tests that look at all of them."""


@cache
def derived(name: str) -> Derivation:
    """Derive what is packaged under a name."""
    return derive(name)
