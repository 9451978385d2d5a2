"""One network in plain whole numbers: built layer by layer, and its layers' costs added; no trace, and no symbols."""

from __future__ import annotations

from collections.abc import Mapping

from flopcalc.binding import bind
from flopcalc.building import build
from flopcalc.errors import Fault, FlopcalcError, ParameterError, Problem, shallow
from flopcalc.graph import Graph
from flopcalc.metrics import METRICS
from flopcalc.number import Arithmetic, Value, is_rational
from flopcalc.report import GraphCounts
from flopcalc.sweeps.recorded import Rational
from flopcalc.sweeps.tracing import Setting

__all__ = ["built_at", "counted", "totals_of"]


@shallow
def built_at(setting: Setting, row: Mapping[str, Value]) -> tuple[Graph, Arithmetic]:
    """Return the network of some values; of those that make none, the first fault alone is found.

    Raises
    ------
    FlopcalcError
        Where the values make no network.
    """
    binding = bind(setting.spec, {**setting.given, **row}, shapes=setting.shapes or None, exact_rounding=True)
    return build(setting.spec, binding, hasty=True).graph, binding.arithmetic


def counted(setting: Setting, row: Mapping[str, Value]) -> dict[str, Rational]:
    """Return the totals of a network, by metric.

    Raises
    ------
    FlopcalcError
        Where the values make no network, or leave a symbol free.

    Examples
    --------
    >>> from flopcalc.solving import setting_of
    >>> setting, _ = setting_of("conv", "paper", None, {"C": 4, "K": 3, "H": 8, "W": 8})
    >>> counted(setting, {"O": 16})["madds"]
    36864
    """
    return totals_of(setting, *built_at(setting, row))


def totals_of(setting: Setting, graph: Graph, arithmetic: Arithmetic) -> dict[str, Rational]:
    """Return the sums over a network's layers, by metric.

    Raises
    ------
    FlopcalcError
        Where a symbol is left free.
    """
    counts = GraphCounts(graph, setting.convention, arithmetic, setting.dtype)
    totals: dict[str, Rational] = {}
    for metric in setting.metrics:
        try:
            value = METRICS[metric].of(counts)
        except Fault as fault:
            raise FlopcalcError(fault.at(None)) from None
        if not is_rational(value):
            free = ", ".join(sorted(str(name) for name in value.free_symbols))
            raise ParameterError(
                Problem(f"{setting.spec.called} leaves {free} free", None, "a number for every parameter")
            )
        totals[metric] = value
    return setting.complete(totals)
