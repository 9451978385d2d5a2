"""Every packaged network at the smallest input and width that it takes, for the tests that run it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from flopcalc import Report, analyze
from flopcalc.errors import FlopcalcError
from flopcalc.spec import catalog, load

__all__ = ["ARCHITECTURES", "MASKED", "NETWORKS", "small"]

MASKED = frozenset(("swin",))
"""Those with a mask, which is a custom layer and is passed on."""

ARCHITECTURES = [entry.name for entry in catalog.index() if entry.kind == "architectures"]
NETWORKS = [entry.name for entry in catalog.index() if entry.kind in catalog.SPEC_KINDS]

_SIDES = (32, 33, 48, 64, 65, 75, 96, 112, 128, 224)
"""The sides that an image may have, the smallest first: some networks need as many halvings, or even sides."""

_NARROW: Mapping[str, tuple[str, ...]] = {
    "classes": ("7",),
    "alpha": ("0.25", "0.5"),
    "width": ("0.25", "0.5", "8", "16"),
    "depth": ("11", "18"),
    "frames": ("8",),
    "height_in": ("32",),
    "width_in": ("32",),
    "length": ("3",),
    "words": ("11",),
    "vocabulary": ("11",),
    "features": ("8",),
    "hidden": ("16",),
    "growth": ("8",),
}
"""What is tried for the parameters that make a network small, as far as it has them and is one with them."""

_SIZES: Mapping[str, str] = {
    "C": "8", "D": "8", "E": "16", "H": "8", "I": "6", "K": "3", "K_H": "3", "K_W": "5", "M": "8", "N": "8", "O": "8",
    "W": "8", "d": "3", "d_k": "4", "double": "4", "double_reduce": "4", "e": "2", "e1": "4", "e3": "4", "g": "2",
    "heads": "2", "k": "3", "n": "3", "n1x1": "4", "nKxK": "4", "pool_proj": "4", "r": "4", "reduce": "4", "s": "2",
    "t": "2",
}  # fmt: skip
"""The symbols of blocks."""

_OWN: Mapping[str, Mapping[str, str]] = {
    "eesp_module": {"K": "4"},
    "shufflenet_v1_down": {"O": "16"},
    "shufflenet_v2_down": {"O": "16"},
}
"""What some blocks need instead."""


def _tried(name: str, given: Mapping[str, str]) -> Report | None:
    try:
        report = analyze(name, **given)
        report.totals.graph  # noqa: B018
    except FlopcalcError:
        return None
    return report


@cache
def small(name: str) -> Report:
    """Return the report of a packaged network as small as it can be."""
    known = load(name).known
    free = [key for key, parameter in known.items() if parameter is None or parameter.default is None]
    given: dict[str, str] = {key: _SIZES[key] for key in free if key in _SIZES} | {**_OWN.get(name, {})}
    report = analyze(name, **given)
    for key, values in _NARROW.items():
        if key in known:
            for value in values:
                found = _tried(name, {**given, key: value})
                if found is not None and found.totals.params <= report.totals.params:
                    given[key], report = value, found
                    break
    if "resolution" in known:
        for side in _SIDES:
            found = _tried(name, {**given, "resolution": str(side)})
            if found is not None:
                return found
    return report
