"""What tests hold verdicts against: the spec counted anew for whole numbers, and the formula worked out by Python."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from math import ceil, floor, sqrt
from typing import Any

from flopcalc import Report, analyze
from flopcalc.theory.claims import Verdict

Number = int | Fraction

_ANY = 64
"""For symbols that are in no formula any more."""

_COUNTED = ("params", "weights", "madds", "flops", "mac", "activations", "peak_memory")


def worked_out(formula: str, values: Mapping[str, Number]) -> Any:
    """Return the value of a formula in Python's notation, in fractions."""
    text = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?(?:e-?\d+)?)(?![\w.])", r"number('\1')", formula)
    names = {name: Fraction(value) for name, value in values.items()}
    return eval(text, {"number": Fraction, "sqrt": sqrt, "floor": floor, "ceil": ceil, **names})


def counted(spec: str, metric: str, where: Mapping[str, object], assignment: Mapping[str, int]) -> Number:
    """Return what a spec costs for whole numbers; `where` may hold formulas in other symbols."""
    name, _, inline = spec.partition(":")
    settings: dict[str, object] = dict(part.split("=") for part in inline.split(",") if part) | dict(where)
    free = _free(name)
    declared = {*free.parameters, *(str(size) for shape in free.inputs.values() for size in shape)}
    given: dict[str, Any] = {}
    for key, value in settings.items():
        if key in declared:
            given[key] = _worked(str(value).replace("'", "_prime"), assignment)
    for key, number in assignment.items():
        if key in declared and key not in settings:
            given[key] = number
    open_ones = [*map(str, _inputs(free)), *(key for key, value in free.parameters.items() if str(value) == key)]
    report = analyze(name, **{**{key: 3 if key == "K" else _ANY for key in open_ones}, **given})
    if metric in _COUNTED:
        value = getattr(report.totals, metric)
    elif metric == "intensity":
        value = Fraction(report.totals.flops, report.totals.mac)
    elif metric == "receptive_field":
        value = report.receptive_field.side[0]
    else:
        graph = report.totals.graph
        value = graph.shapes[graph.outputs["output"]][("channels", "height", "width").index(metric)]
    assert isinstance(value, (int, Fraction)), f"{spec} is not known for {dict(assignment)}"
    return value


@cache
def _free(name: str) -> Report:
    """Return the analysis of a spec with all its symbols."""
    return analyze(name)


def _inputs(report: Any) -> list[Any]:
    return [size for shape in report.inputs.values() for size in shape if not isinstance(size, int)]


def _worked(text: str, assignment: Mapping[str, int]) -> object:
    if re.fullmatch(r"true|false|[a-z]\w*", text) and text not in assignment:
        return text
    try:
        value = worked_out(re.sub(r"(\d)([A-Za-z])", r"\1*\2", text), assignment)
    except (NameError, SyntaxError):
        return text
    return int(value) if value == int(value) else Fraction(value)


def really_refutes(verdict: Verdict) -> bool:
    """Tell whether a verdict's counterexample holds: both sides are worked out anew, and the claim fails there."""
    claim, example = verdict.claim, verdict.counterexample
    assert example is not None
    actual: Number = counted(claim.of, verdict.metric, claim.where, example.assignment)
    if claim.over is not None:
        actual = Fraction(actual) / counted(claim.over, verdict.metric, claim.where, example.assignment)
    known = {name: worked_out(str(value), example.assignment) for name, value in verdict.known.items()}
    claimed = worked_out(verdict.statement.right.python, {**known, **example.assignment})
    assert actual == example.actual
    fails = {
        "=": actual != claimed,
        "≈": True,
        ">=": actual < claimed,
        "<=": actual > claimed,
        ">": actual <= claimed,
        "<": actual >= claimed,
    }
    return fails[verdict.statement.relation]
