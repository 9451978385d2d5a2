"""What ``flopcalc bound`` says: convolutions beside the least of their memory access cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from math import isqrt
from typing import Any

from flopcalc.number import Number, as_text, divide, is_rational
from flopcalc.page.model import Column, Facts, Line, Page, Said, Table, View
from flopcalc.render.cells import Digits, Phrase, Share, Squared
from flopcalc.render.json import number, report_as_dict
from flopcalc.render.table import caption, heading, in_bytes, symbol_order
from flopcalc.render.units import rounded
from flopcalc.report import share
from flopcalc.theory.bounds.network import Bound, BoundGroup, Bounds, largest

__all__ = ["SCHEMA", "bound_page"]

SCHEMA = "flopcalc.bound/1"
"""What the key ``schema`` says: the layout, and its version."""

DECIMALS = 6
"""Decimals of real widths in JSON and CSV, where they are irrational."""

_COLUMNS = (
    Column("layer", "Layer", numeric=False),
    Column("operation", "Operation", numeric=False),
    Column("widths", "Widths"),
    Column("best", "Best"),
    Column("count", "Convs"),
    Column("mac", "MAC"),
    Column("least", "Least"),
    Column("ratio", "Ratio"),
    Column("excess", "Excess"),
    Column("square", "Excess"),
    Column("excess%", "Excess %"),
    Column("condition", "Least where", numeric=False),
)

_LAYERS = (
    View(("layer", "operation", "widths", "best", "mac", "least", "ratio", "excess", "excess%")),
    View(("layer", "operation", "widths", "best", "mac", "least", "ratio", "excess")),
    View(("layer", "operation", "widths", "best", "mac", "least", "ratio")),
    View(("layer", "widths", "best", "mac", "least", "ratio")),
    View(("layer", "best", "mac", "least", "ratio")),
    View(("layer", "mac", "least", "ratio")),
    View(("layer", "mac", "ratio")),
)
_FORMULAS = (
    View(("layer", "operation", "mac", "least", "square", "condition")),
    View(("layer", "mac", "least", "square", "condition"), breaks=9),
    View(("layer", "mac", "least", "square"), breaks=9),
    View(("layer", "least", "square"), breaks=9),
    View(("layer", "least"), breaks=9),
)
_GROUPS = (
    View(("layer", "count", "mac", "least", "ratio", "excess", "excess%")),
    View(("layer", "mac", "least", "ratio")),
)
_FORMULA_GROUPS = (
    View(("layer", "count", "mac", "least", "excess")),
    View(("layer", "mac", "least", "excess"), breaks=9),
    View(("layer", "least", "excess"), breaks=9),
    View(("layer", "least"), breaks=9),
)


def bound_page(bounds: Bounds, *, by: str = "layer", top: int | None = None) -> Page:
    """Return the page of the bounds of a network.

    Parameters
    ----------
    bounds : Bounds
    by : str
        ``layer``, ``block``, ``stage`` or ``kind``.
    top : int, optional
        Only so many rows, those with the largest excess; the totals are of all.
    """
    return Page(
        heading(bounds.report),
        (_table(bounds, by, top), Facts(tuple(_facts(bounds))), Said(tuple(_notes(bounds, by)))),
        symbol_order(bounds.report),
        partial(_data, bounds, by, top),
        partial(_records, bounds, by, top),
    )


# -- the table -------------------------------------------------------------------------------------------------------


def _table(bounds: Bounds, by: str, top: int | None) -> Table:
    """Return the rows of layers, those of a block below its sums, or of groups, and the total."""
    columns = _COLUMNS
    views: tuple[View, ...] = _FORMULAS if bounds.symbolic else _LAYERS
    if by != "layer":
        lines = [_line(group, group.name, bounds) for group in _top(bounds.by(by), top)]
        columns = (Column("layer", by.capitalize(), numeric=False), *columns[1:])
        views = _FORMULA_GROUPS if bounds.symbolic else _GROUPS
    elif top is not None:
        lines = [_line(layer, layer.row.path, bounds) for layer in largest(bounds.layers, top)]
    else:
        lines = list(_in_blocks(bounds))
    if len(bounds.layers) > 1:
        lines.append(_line(bounds.total, "total", bounds, role="total"))
    return Table(columns, tuple(lines), views, set_in_type=views[1].names)


def _top(items: Sequence[Any], top: int | None) -> Sequence[Any]:
    return items if top is None else largest(items, top)


def _in_blocks(bounds: Bounds) -> Iterator[Line]:
    """Yield the layers of every block below its sums; a block of one layer is that layer."""
    blocks: dict[str, list[Bound]] = {}
    for layer in bounds.layers:
        blocks.setdefault(layer.row.block, []).append(layer)
    sums = {group.name: group for group in bounds.by("block")}
    for name, members in blocks.items():
        alone = len(members) == 1 or name not in sums or len(blocks) == 1
        if not alone:
            yield _line(sums[name], name, bounds, role="group")
        for layer in members:
            yield _line(layer, layer.row.path.removeprefix("" if alone else f"{name}."), bounds, depth=int(not alone))


def _line(item: Bound | BoundGroup, title: str, bounds: Bounds, *, role: str = "row", depth: int = 0) -> Line:
    part = share(item.excess, bounds.total.excess)
    cells: dict[str, Phrase] = {
        "layer": (title,),
        "mac": (item.mac,),
        "least": (item.least,),
        "ratio": (Digits(rounded(item.ratio, 3)) if is_rational(item.ratio) else item.ratio,),
        "excess": (item.excess,),
        "square": (item.excess,),
        "excess%": () if part is None else (Share(part),),
    }
    if isinstance(item, Bound):
        widths = item.widths
        cells["operation"] = (item.row.operation,)
        cells["widths"] = (widths.c1, " → ", widths.c2)
        cells["best"] = _best(item)
        cells["square"] = (_square(item),)
        cells["condition"] = _condition(item)
    else:
        cells["count"] = (Digits(str(len(item.layers))),)
    return Line(tuple(cells.get(column.name, ()) for column in _COLUMNS), role, depth)


def _best(item: Bound) -> Phrase:
    """Return the best widths to the nearest whole numbers; nothing where the widths are the best."""
    nearest = None if item.widths.equal else item.widths.nearest_widths()
    if nearest is None:
        return ()
    return (f"{'' if nearest == item.widths.best_widths else '≈ '}{nearest[0]} → {nearest[1]}",)


def _square(item: Bound) -> Number | Squared:
    """Return the excess as a square, where it is that of one turn; else as the difference that it is."""
    if is_rational(item.excess) or not is_rational(item.row.count) or item.row.count != 1:
        return item.excess
    square = item.square
    return square if is_rational(square) else Squared(square)


def _condition(item: Bound) -> Phrase:
    if item.widths.equal:
        return ()
    return ("never",) if item.condition is None else (item.condition[0], " = ", item.condition[1])


# -- the words around it ---------------------------------------------------------------------------------------------


def _facts(bounds: Bounds) -> Iterator[tuple[str, Phrase]]:
    """Yield what the convolutions come to, and what part of all that is."""
    found, every = bounds.total, bounds.report.totals.mac
    part = share(found.mac, every)
    words: Phrase = ()
    if part == 1:
        words = (", all there is",)
    elif part is not None and is_rational(part):
        words = (", ", Share(part), " % of all MAC, ", every)
    yield "MAC", (found.mac, *words, in_bytes(bounds.report, found.mac))
    yield "Least", (found.least, in_bytes(bounds.report, found.least))
    if is_rational(found.ratio):
        yield "Ratio", (rounded(found.ratio, 3),)
    part = share(found.excess, every)
    if is_rational(found.excess) and part is not None and is_rational(part):
        yield "Excess", (found.excess, ", ", Share(part), " % of all MAC", in_bytes(bounds.report, found.excess))
    else:
        yield "Excess", (found.excess,)


def _notes(bounds: Bounds, by: str) -> Iterator[Phrase]:
    """Yield what the figures mean, and what they do not say."""
    yield (
        "MAC is memory access cost in elements: inputs and parameters read, outputs written. Least is what the widths "
        "of its two maps could make of a convolution's MAC at the same FLOPs, kernel and groups: "
        "2√(H_in W_in c1 · H_out W_out c2) + weights, "
        + ("" if bounds.symbolic else "rounded up, ")
        + "where both maps have as many elements (ShuffleNetV2, arXiv:1807.11164, G1).",
    )
    if not bounds.symbolic and by == "layer":
        grouped = any(not layer.widths.tied and layer.widths.groups != 1 for layer in bounds.layers)
        whole = "whole numbers that divide by the groups" if grouped else "whole numbers"
        yield (f"Best are the widths that reach it, to the nearest {whole}; nothing stands there for the best.",)
    deep = [layer.widths.tied for layer in bounds.layers if layer.row.kind == "depthwise" or layer.widths.tied]
    if any(deep):
        yield ("Depthwise convolutions have no widths to choose: their FLOPs hold their channels.",)
    if not all(deep):
        yield ("Depthwise convolutions with a multiplier keep their groups; both of their widths may change.",)
    if len(bounds.layers) > 1:
        yield ("Each is taken by itself: one layer's output is the next one's input, so not all can have the best.",)
    linear = [row for row in bounds.report.layers if row.kind == "linear"]
    if linear:
        alone = all(length == 1 for row in linear for length in row.inputs[0][1:])
        yield ("Linear layers are left out" + (": nearly all of their MAC is weights." if alone else "."),)
    yield from caption(bounds.report, "layer")
    yield (_recounted(bounds),)


def _recounted(bounds: Bounds) -> str:
    """Say how far the bounds were tried."""
    found = bounds.recount
    at = f", at {found.points} {'point' if found.points == 1 else 'points'}" if found.points else ""
    return f"Recounted in plain numbers beside {found.widths:,} choices of whole widths with the same FLOPs{at}."


# -- data ------------------------------------------------------------------------------------------------------------

_CSV = ("path", "operation", "c1", "c2", "best_c1", "best_c2", "mac", "least", "ratio", "excess")
_CSV_GROUPS = ("name", "convolutions", "mac", "least", "ratio", "excess")


def _records(bounds: Bounds, by: str, top: int | None) -> list[Sequence[str]]:
    """Return one row a layer or group, no total; ratios are decimals, and best widths where they are irrational."""
    rows: list[Sequence[str]] = []
    if by == "layer":
        rows.append(_CSV)
        for layer in _top(bounds.layers, top):
            widths = layer.widths
            cells = (widths.c1, widths.c2)
            best = (_decimal(value, widths, index) for index, value in enumerate(widths.best_widths))
            rows.append(
                (
                    layer.row.path,
                    layer.row.operation.replace("×", "x"),
                    *(as_text(cell) for cell in cells),
                    *best,
                    *_figures(layer),
                )
            )
    else:
        rows.append(_CSV_GROUPS)
        rows += [
            (group.name.replace("×", "x"), str(len(group.layers)), *_figures(group))
            for group in _top(bounds.by(by), top)
        ]
    return rows


def _figures(item: Bound | BoundGroup) -> Iterator[str]:
    yield as_text(item.mac)
    yield as_text(item.least)
    yield rounded(item.ratio, DECIMALS) if is_rational(item.ratio) else as_text(item.ratio)
    yield as_text(item.excess)


def _decimal(value: Number, widths: Any, index: int) -> str:
    """Return a best width as a decimal, rounded half up, exact where it ends before; as a formula for symbols."""
    if is_rational(value):
        return as_text(value) if isinstance(value, int) else rounded(value, DECIMALS)
    if value.free_symbols:
        return as_text(value)
    ends = (widths.written, widths.read) if index == 0 else (widths.read, widths.written)
    square = Fraction(divide(widths.c1 * widths.c2 * ends[0], ends[1]))
    scaled = (isqrt(4 * square.numerator * 100**DECIMALS // square.denominator) + 1) // 2
    whole, rest = divmod(scaled, 10**DECIMALS)
    return f"{whole}.{rest:0{DECIMALS}}"


def _data(bounds: Bounds, by: str, top: int | None) -> dict[str, Any]:
    """Return one object: integers for numbers, exact formulas as strings with a decimal beside them."""
    report = report_as_dict(bounds.report)
    kept = (
        "spec",
        "title",
        "source",
        "parameters",
        "symbols",
        "input",
        "dtype",
        "reading",
        "rounding",
        "assumed",
        "unknown_costs",
    )
    found, network = bounds.total, bounds.report.totals.mac
    part = bounds.share
    result: dict[str, Any] = {
        "schema": SCHEMA,
        **{name: report[name] for name in kept},
        "recount": {"points": bounds.recount.points, "widths": bounds.recount.widths},
        "totals": {
            "convolutions": len(bounds.layers),
            **_measures(found),
            "mac_bytes": number(bounds.report.bytes(found.mac)),
            "least_bytes": number(bounds.report.bytes(found.least)),
            "network_mac": number(network),
            "share": None if part is None else number(part),
        },
        "layers": [_layer(layer) for layer in _top(bounds.layers, top if by == "layer" else None)],
    }
    if by != "layer":
        result["groups"] = [
            {"name": group.name, "convolutions": len(group.layers), **_measures(group)}
            for group in _top(bounds.by(by), top)
        ]
    return result


def _measures(item: Bound | BoundGroup) -> dict[str, int | str]:
    return {
        "mac": number(item.mac),
        "least": number(item.least),
        "ratio": number(item.ratio),
        "excess": number(item.excess),
    }


def _layer(layer: Bound) -> dict[str, Any]:
    widths = layer.widths
    nearest = widths.nearest_widths()
    return {
        "path": layer.row.path,
        "operation": layer.row.operation,
        "count": number(layer.row.count),
        "widths": [number(widths.c1), number(widths.c2)],
        "chosen": not widths.tied,
        **_measures(layer),
        "bound": number(widths.formula),
        "best": [
            {"exact": as_text(value), "decimal": _decimal(value, widths, index)}
            for index, value in enumerate(widths.best_widths)
        ],
        "nearest": None if nearest is None else list(nearest),
    }
