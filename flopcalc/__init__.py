"""flopcalc: exact, symbolic complexity of convolutional networks, from the tables of their papers.

Examples
--------
>>> import flopcalc
>>> flopcalc.analyze("mobilenet_v1", alpha=0.5, rho=0.714).totals.params
1331592
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flopcalc.shown import Writers, show_with

if TYPE_CHECKING:
    from flopcalc.analysis import analyze
    from flopcalc.comparison import compare
    from flopcalc.difference import diff
    from flopcalc.errors import FlopcalcError
    from flopcalc.importing.loading import from_onnx, from_torch, load
    from flopcalc.report import Report
    from flopcalc.solving import solve
    from flopcalc.spec import Spec
    from flopcalc.spec.catalog import entries as list
    from flopcalc.sweeps import sweep
    from flopcalc.theory.bounds.network import bound
    from flopcalc.theory.claims import verify
    from flopcalc.theory.derivations import derive
    from flopcalc.theory.explain import explain
    from flopcalc.theory.guidelines import audit
    from flopcalc.theory.ledger import conventions

__all__ = [
    "FlopcalcError",
    "Report",
    "Spec",
    "__version__",
    "analyze",
    "audit",
    "bound",
    "compare",
    "conventions",
    "derive",
    "diff",
    "explain",
    "from_onnx",
    "from_torch",
    "list",
    "load",
    "solve",
    "sweep",
    "verify",
]

__version__ = "0.1.0"

_HOMES = {
    "FlopcalcError": "flopcalc.errors",
    "Report": "flopcalc.report",
    "Spec": "flopcalc.spec",
    "analyze": "flopcalc.analysis",
    "audit": "flopcalc.theory.guidelines",
    "bound": "flopcalc.theory.bounds.network",
    "compare": "flopcalc.comparison",
    "conventions": "flopcalc.theory.ledger",
    "derive": "flopcalc.theory.derivations",
    "diff": "flopcalc.difference",
    "explain": "flopcalc.theory.explain",
    "from_onnx": "flopcalc.importing.loading",
    "from_torch": "flopcalc.importing.loading",
    "list": "flopcalc.spec.catalog",
    "load": "flopcalc.importing.loading",
    "solve": "flopcalc.solving",
    "sweep": "flopcalc.sweeps",
    "verify": "flopcalc.theory.claims",
}


_RENAMED = {"list": "entries"}
"""What is called otherwise at home, where its name is taken."""


def _written() -> Writers:
    from flopcalc.pages import results

    return results


show_with(_written)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), _RENAMED.get(name, name))
    raise AttributeError(f"module 'flopcalc' has no attribute {name!r}")


def __dir__() -> Iterable[str]:
    return __all__
