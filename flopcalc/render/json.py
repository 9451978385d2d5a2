"""Reports as JSON: one object, integers for numbers and strings for formulas."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from functools import partial
from typing import Any

from flopcalc.errors import FlopcalcError
from flopcalc.field import Field
from flopcalc.layers import Shape
from flopcalc.metrics import METRICS as KNOWN
from flopcalc.number import Number, Value, as_text, is_symbolic
from flopcalc.render.text import encodable
from flopcalc.report import FIELDS, METRICS, Costed, Report, Row, share

__all__ = ["GRAPH_SCHEMA", "SCHEMA", "dump", "escaped", "graph_as_dict", "report_as_dict", "unknown_as_list"]

SCHEMA = "flopcalc.report/1"
"""What the key ``schema`` says: the layout, and its version."""

GRAPH_SCHEMA = "flopcalc.graph/1"
"""What it says of a graph."""


def dump(value: Any, *, indent: int | None = 2) -> str:
    """Return JSON text; lists of plain values stay on one line.

    Examples
    --------
    >>> print(dump({"input": [3, 224, 224]}))
    {
      "input": [3, 224, 224]
    }
    """
    if indent is None:
        return json.dumps(value, ensure_ascii=False)
    return "".join(_pieces(value, "\n", " " * indent))


def escaped(text: str, encoding: str) -> str:
    """Return JSON text with the characters escaped that the encoding lacks; it says the same."""
    if encodable(text, encoding):
        return text
    return "".join(c if encodable(c, encoding) else json.dumps(c)[1:-1] for c in text)


def _pieces(value: Any, margin: str, step: str) -> Iterator[str]:
    """Yield the text of a value, piece by piece; `margin` begins a line of its own level."""
    nested = isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value)
    )
    if not value or not nested:
        yield json.dumps(value, ensure_ascii=False)
        return
    inner = margin + step
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    items = value.items() if isinstance(value, dict) else ((None, item) for item in value)
    yield opening
    for position, (key, item) in enumerate(items):
        yield ("," if position else "") + inner
        if key is not None:
            yield f"{json.dumps(key, ensure_ascii=False)}: "
        short = isinstance(item, list) and all(_flat(entry) for entry in item) and len(item) < 9
        if short and any(isinstance(entry, list) for entry in item):
            yield json.dumps(item, ensure_ascii=False)
        else:
            yield from _pieces(item, inner, step)
    yield margin + closing


def _flat(value: Any) -> bool:
    return not isinstance(value, dict) and not (
        isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value)
    )


def number(value: Number) -> int | str:
    """Return an integer as it is, and any other exact value as a string."""
    return value if isinstance(value, int) else as_text(value)


def plain(value: Value) -> Any:
    """Return an attribute's value in JSON's types."""
    if isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return as_text(value)


def _shape(shape: Shape) -> list[int | str]:
    return [number(side) for side in shape]


def _metrics(report: Report, costed: Costed) -> dict[str, int | str | None]:
    """Return what every layer has so much of; None of a layer in which it is not known."""
    open_ = costed.open if isinstance(costed, Row) else frozenset[str]()
    return {metric: None if metric in open_ else number(report.measure(metric, costed)) for metric in METRICS}


def _from_below(costed: Costed) -> list[str]:
    """Return the metrics of a sum that are at least what it says, because the cost of a layer is not known."""
    return [metric for metric in METRICS if metric in costed.unknown]


def unknown_as_list(report: Report) -> list[dict[str, Any]]:
    """Return the layers whose cost is not known, each with the metrics in which it is not."""
    return [{"path": one.path, "title": one.title, "metrics": [*one.metrics]} for one in report.unknown]


def _totals(report: Report) -> dict[str, Any]:
    """Return every metric of the whole, receptive fields by sides, as (height, width); None where it is not known."""
    field = _field(report, lambda: report.receptive_field)
    totals: dict[str, Any] = {}
    for name in KNOWN:
        totals[name] = field.pop(name) if name in field else _total(report, name)
        if name == FIELDS[-1]:
            totals |= field
    return totals


def _total(report: Report, name: str) -> int | str | None:
    if not KNOWN[name].whole and report.is_least(name):
        return None  # a ratio of what is known from below
    try:
        return number(report.measure(name))
    except FlopcalcError:
        return None  # as the peak where a repeat's count is a symbol: its turns are not laid out


def _peak_layer(report: Report) -> str | None:
    """Return the path of the layer that runs at the peak; None where it is not known, or there is none."""
    try:
        return report.totals.peak_layer
    except FlopcalcError:
        return None


def _training(report: Report) -> dict[str, Any] | None:
    """Return what a step of training takes; None where the network is not read so."""
    step = report.training
    if step is None:
        return None
    return {
        "optimizer": step.optimizer,
        "forward_madds": number(step.forward_madds),
        "backward_madds": number(step.backward_madds),
        "madds": number(step.madds),
        "params": number(step.params),
        "gradients": number(step.gradients),
        "state": number(step.state),
        "kept_elements": number(step.kept_elements),
        "memory": number(step.memory),
        "memory_bytes": number(report.bytes(step.memory)),
        "kept": [
            {"kind": kept.kind, "what": kept.what, "tensors": kept.tensors, "elements": number(kept.elements)}
            for kept in step.kept
        ],
    }


def report_as_dict(report: Report, by: str | None = None) -> dict[str, Any]:
    """Return a report as one object; `assumed` has what the fields of all layers take for granted, too.

    Parameters
    ----------
    report : Report
    by : str, optional
        Adds ``groups``: the layers put together by block, stage or kind, with their shares of the totals.
    """
    result: dict[str, Any] = {
        "schema": SCHEMA,
        "spec": report.name,
        "title": report.spec.title,
        "source": report.spec.source,
        "parameters": {name: as_text(value) for name, value in report.parameters.items()},
        "symbols": _symbols(report),
        "input": _inputs(report),
        "convention": report.convention.name,
        "dtype": report.dtype,
        "reading": report.reading.as_dict(),
        "rounding": "exact" if report.exact_rounding or not report.symbolic else "ideal",
        "assumed": list(report.assumed_of_all),
        "notes": list(report.notes),
        "order": report.totals.order,
        "totals": _totals(report),
        "at_least": [name for name in KNOWN if KNOWN[name].whole and report.is_least(name)],
        "unknown_costs": unknown_as_list(report),
        "peak_layer": _peak_layer(report),
        "layers": [_layer(report, row) for row in report.layers],
    }
    training = _training(report)
    if training is not None:
        result["training"] = training
    schedule = report.totals.schedule
    if schedule is not None:
        result["schedule"] = {
            "proved": schedule.proved,
            "peak_memory": schedule.peak,
            "peak_layer": None if schedule.at is None else schedule.at.path,
            "layers": [node.path for node in schedule.nodes],
        }
    if by is not None:
        result["groups"] = [
            {
                "name": group.name,
                "layers": len(group.layers),
                **_metrics(report, group),
                "at_least": _from_below(group),
                "shares": {metric: _share(group, report, metric) for metric in METRICS},
            }
            for group in report.by(by)
        ]
    return result


def _layer(report: Report, row: Row) -> dict[str, Any]:
    return {
        "path": row.path,
        "kind": row.kind,
        "inputs": [_shape(shape) for shape in row.inputs],
        "output": _shape(row.output),
        "attributes": {name: plain(value) for name, value in row.attributes.items()},
        "count": number(row.count),
        "written": row.written,
        "shares": row.shares,
        "rule": row.rule.text,
        "rule_for": row.rule.key,
        **_metrics(report, row),
        **_field(report, partial(report.field_of, row)),
    }


def graph_as_dict(report: Report) -> dict[str, Any]:
    """Return a report's graph as one object: the layers, and the tensors that flow between them."""
    graph = report.totals.graph
    written = {node.output: node.path for node in graph.nodes}
    labels: dict[int, list[str]] = {}
    for label, tensor in graph.outputs.items():
        labels.setdefault(graph.real(tensor), []).append(label)
    readers: dict[int, list[str]] = {}
    for node in graph.nodes:
        for tensor in dict.fromkeys(graph.real(tensor) for tensor in node.inputs):
            readers.setdefault(tensor, []).append(node.path)
    entering = {tensor: label for label, tensor in graph.inputs.items()}
    return {
        "schema": GRAPH_SCHEMA,
        "spec": report.name,
        "title": report.spec.title,
        "parameters": {name: as_text(value) for name, value in report.parameters.items()},
        "symbols": _symbols(report),
        "tensors": [
            {
                "id": tensor,
                "shape": _shape(graph.shapes[tensor]),
                "input": entering.get(tensor),
                "from": written.get(tensor),
                "to": readers.get(tensor, []),
                "outputs": labels.get(tensor, []),
            }
            for tensor in (*entering, *written)
        ],
        "layers": [
            {
                "path": row.path,
                "kind": row.kind,
                "operation": row.operation,
                "reads": [graph.real(tensor) for tensor in node.inputs],
                "writes": node.output,
                "view": node.view,
                "count": number(row.count),
                "shares": row.shares,
            }
            for node, row in zip(graph.nodes, report.layers, strict=True)
        ],
        "identities": list(graph.identities),
    }


def _field(report: Report, get: Callable[[], Field]) -> dict[str, Any]:
    """Return a receptive field by its sides, as (height, width); nulls where it is not known."""
    try:
        found = get()
    except FlopcalcError:
        return {"receptive_field": None, "receptive_field_min": None, "whole_input": None}
    sides = ([number(side) for side in sides] for sides in (found.side, found.smallest))
    return {**dict(zip(("receptive_field", "receptive_field_min"), sides, strict=True)), "whole_input": found.whole}


def _inputs(report: Report) -> Any:
    shapes = {label: _shape(shape) for label, shape in report.inputs.items()}
    return shapes["input"] if list(shapes) == ["input"] else shapes


def _symbols(report: Report) -> dict[str, str]:
    """Return what the symbols of the formulas stand for; a program needs their names to read the formulas."""
    values = [
        *report.parameters.values(),
        *(side for shape in report.inputs.values() for side in shape),
        *(report.measure(metric, costed) for costed in (report.totals, *report.layers) for metric in METRICS),
        *(side for row in report.layers for shape in (*row.inputs, row.output) for side in shape),
        *_field_values(report),
    ]
    found = {symbol for value in values if is_symbolic(value) for symbol in getattr(value, "free_symbols", ())}
    names: dict[str, str] = {}
    for symbol in sorted(found, key=str):
        sign = "positive" if symbol.is_positive else "nonnegative"
        names[symbol.name] = f"{sign} {'integer' if symbol.is_integer else 'real'}"
    return names


def _field_values(report: Report) -> Iterator[Number]:
    """Yield the numbers of all receptive fields, and of the peak memory, where they are known."""
    with suppress(FlopcalcError):
        yield report.totals.peak_memory
    for row in report.layers:
        with suppress(FlopcalcError):
            field = report.field_of(row)
            yield from (*field.side, *field.smallest)


def _share(costed: Costed, report: Report, metric: str) -> str | int | None:
    if report.is_least(metric):
        return None
    value = share(report.measure(metric, costed), report.measure(metric))
    if value is None:
        return None
    return value if isinstance(value, int) else str(value) if isinstance(value, Fraction) else as_text(value)
