"""What ``flopcalc SPEC`` says: what each layer of a network costs, by stages and blocks, and the totals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import groupby

from flopcalc.cost import add_up
from flopcalc.errors import FlopcalcError
from flopcalc.number import is_rational, total
from flopcalc.page.model import Column, Line, Page, Records, Said, Table, Total, Totals, View
from flopcalc.pages.training import training_blocks
from flopcalc.render.cells import Cell, Phrase, Shapes, least, shape_text
from flopcalc.render.csv import CellsAsText
from flopcalc.render.json import report_as_dict
from flopcalc.render.table import (
    COLUMNS,
    Item,
    Ranking,
    caption,
    check_columns,
    heading,
    in_bytes,
    items_of,
    symbol_order,
)
from flopcalc.report import Group, Report, share

__all__ = ["report_page"]

_LAYERS: tuple[str, ...] = (
    "layer operation inputs output params params% weights flops flops% mac mac% activations",
    "layer operation output params params% weights flops flops% mac mac% activations",
    "layer operation output params params% weights flops flops% mac mac%",
    "layer operation output params params% flops flops% mac mac%",
    "layer operation output params flops flops% mac",
    "layer operation params flops flops% mac",
    "layer operation params flops mac",
    "layer params flops flops% mac",
    "layer params flops mac",
    "layer params flops",
    "layer flops",
)
"""Which columns layers and blocks have, from the widest screen to the narrowest."""

_GROUPS: tuple[str, ...] = (
    "layer layers params params% weights weights% flops flops% mac mac% activations",
    "layer layers params params% weights weights% flops flops% mac mac%",
    "layer params weights weights% flops flops% mac",
    "layer weights weights% flops flops% mac",
    "layer params flops flops% mac",
    "layer params flops mac",
    "layer params flops",
    "layer flops",
)
"""The same for kinds and stages."""

_FORMULAS: tuple[str, ...] = (
    "layer operation output count params weights flops mac activations",
    "layer operation output count params weights flops mac",
    "layer operation output count params flops mac",
    "layer operation params flops mac",
    "layer operation params flops",
    "layer params flops",
    "layer flops",
)
"""The same where cells are formulas, which may be broken over lines."""

_FORMULA_GROUPS: tuple[str, ...] = (
    "layer layers params weights flops mac activations",
    "layer layers params weights flops mac",
    "layer params weights flops mac",
    "layer params flops mac",
    "layer params flops",
    "layer flops",
)
"""The same for the formulas of kinds and stages."""

_PRINTED = ("layer", "operation", "output", "params", "flops", "flops%", "mac")
_PRINTED_GROUPS = ("layer", "layers", "params", "weights", "weights%", "flops", "flops%", "mac")
"""What Markdown, HTML and LaTeX have."""

_RECORDED = ["path", "kind", "inputs", "output", "count", "params", "weights", "madds", "flops", "mac", "activations"]
_RECORDED_GROUPS = ["layer", "layers", "params", "weights", "madds", "flops", "mac", "activations"]
"""What CSV and TSV have."""

_CROWDED = 6
"""With no more columns than these, names and operations may be broken over lines to keep the others."""

_ALONE = "row"
"""The column of names in views that have no operations: it says what follows a layer too."""

_HEAVY = Fraction(1, 20)
"""Rows stand out from this share of the FLOPs on."""


def report_page(
    report: Report,
    *,
    by: str | None = None,
    columns: Sequence[str] | None = None,
    ranking: Ranking | None = None,
) -> Page:
    """Return the page of a report.

    Parameters
    ----------
    report : Report
    by : str, optional
        ``layer``, ``block``, ``stage`` or ``kind``; None shows layers with the norms and activations that follow them.
    columns : sequence of str, optional
        Names from :data:`flopcalc.render.table.COLUMNS`; those that a screen has room for where not given.
    ranking : Ranking, optional
        The order of the rows, which then are under no headings, and how many of them.

    Raises
    ------
    UnknownNameError
        For columns that there are not.
    """
    chosen = None if columns is None else check_columns(columns)
    notes = (*_of_sharing(report, by), *caption(report, by, columns=columns, hints=True, ranking=ranking))
    return Page(
        heading(report),
        (
            _table(report, by, chosen, ranking),
            Totals(tuple(_totals(report))),
            *training_blocks(report),
            *([Said(notes)] if notes else []),
        ),
        symbol_order(report),
        partial(report_as_dict, report, by),
        partial(_records, report, by, chosen, ranking),
    )


def _of_sharing(report: Report, by: str | None) -> Iterator[Phrase]:
    """Say that layers share parameters, where they have rows."""
    if by in (None, "layer") and any(row.shares for row in report.layers):
        yield ("Parameters that several layers share are counted once, in the row of the first; the others show 0.",)


# -- the table -------------------------------------------------------------------------------------------------------


def _table(report: Report, by: str | None, chosen: Sequence[str] | None, ranking: Ranking | None) -> Table:
    """Return the rows under the heads of their stages and blocks, and the total."""
    views = tuple(_views(report, by, chosen, ranking))
    names = [*dict.fromkeys(name for view in views for name in view.names)]
    items = items_of(report, by)
    if ranking is None:
        lines = [*_staged(report, items, by, names)]
    else:
        lines = [_line(report, item, names) for item in ranking.applied(items, report)]
    feet: list[Cell] = ["total" if name in ("layer", _ALONE) else COLUMNS[name].total(report) for name in names]
    if not {"layer", _ALONE} & {*names} and feet[0] is None:
        feet[0] = "total"
    lines.append(Line(tuple((cell,) for cell in feet), "total"))
    wanted: Sequence[str] = _PRINTED_GROUPS if by in ("kind", "stage") else _PRINTED
    printed = tuple(name for name in wanted if name in names)
    if ranking is not None:
        printed = ranking.with_column(printed)
    return Table(
        tuple(_column(name, by) for name in names),
        tuple(lines),
        views,
        set_in_print=printed if chosen is None else (),
        set_in_type=tuple(n for n in printed if by in ("kind", "stage") or n != "flops%") if chosen is None else (),
    )


def _column(name: str, by: str | None) -> Column:
    if name in ("layer", _ALONE):
        return Column(name, by.capitalize() if by in ("block", "stage", "kind") else "Layer", numeric=False)
    column = COLUMNS[name]
    return Column(name, column.header, numeric=column.numeric, barred=name.endswith("%"))


def _views(report: Report, by: str | None, chosen: Sequence[str] | None, ranking: Ranking | None) -> Iterator[View]:
    """Yield what screens show, the widest first."""
    ladder: Sequence[Sequence[str]] = [] if chosen is None else [chosen]
    if chosen is None:
        if by in ("kind", "stage"):
            steps = _FORMULA_GROUPS if report.symbolic else _GROUPS
        else:
            steps = _FORMULAS if report.symbolic else _LAYERS
        ladder = [*dict.fromkeys(tuple(_needed(report, names.split())) for names in steps)]
        if ranking is not None:
            ladder = [*dict.fromkeys(map(ranking.with_column, ladder))]
    for names in ladder:
        breaks = 0.6 if report.symbolic else 0.15 if len(names) <= _CROWDED else 0
        said = "operation" in names
        yield View(tuple(_ALONE if name == "layer" and not said else name for name in names), breaks)


def _needed(report: Report, names: Sequence[str]) -> Iterator[str]:
    """Leave out the columns that would say nothing new of this report."""
    same = report.totals.weights == report.totals.params
    single = all(type(row.count) is int and row.count == 1 for row in report.layers)
    for name in names:
        if not (same and name.startswith("weights") and "params" in names) and not (single and name == "count"):
            yield name


def _staged(report: Report, items: Sequence[Item], by: str | None, names: Sequence[str]) -> Iterator[Line]:
    """Yield the rows under their stages, where there are several, and those of layers under their blocks."""
    tree = by in (None, "layer")
    stages: dict[str, list[Item]] = {}
    if tree or by == "block":
        for item in items:
            stages.setdefault(item.group.layers[0].stage, []).append(item)
    if len(stages) < 2:
        yield from _branches(report, items, names, 0, "") if tree else (_line(report, item, names) for item in items)
        return
    groups = {group.name: group for group in report.by("stage")}
    for name, members in stages.items():
        if [member.path for member in members] == [name]:
            yield _line(report, members[0], names)  # the head of its stage would say the same
            continue
        yield _line(report, Item(name, name, "", groups[name]), names, role="group")
        if tree:
            yield from _branches(report, members, names, 1, f"{name}.")
            continue
        for member in members:
            yield _line(report, replace(member, name=member.path.removeprefix(f"{name}.")), names, depth=1)


def _branches(report: Report, items: Sequence[Item], names: Sequence[str], depth: int, before: str) -> Iterator[Line]:
    """Yield rows as a tree: the parts of a block below its sums; a block of one part is that part."""

    def rest(item: Item) -> str:
        return item.path.removeprefix(before)

    for first, members in ((first, [*rows]) for first, rows in groupby(items, lambda item: rest(item).split(".")[0])):
        whole = f"{before if members[0].path.startswith(before) else ''}{first}"
        if len(members) == 1 or all(item.path == whole for item in members):
            for item in members:
                yield _line(report, replace(item, name=rest(item)), names, depth=depth)
            continue
        rows = tuple(row for item in members for row in item.group.layers)
        cost, flops = add_up(row.cost for row in rows), total(row.flops for row in rows)
        block = Item(first, whole, "", Group(cost, flops, whole, rows))
        yield _line(report, block, names, role="part", depth=depth)
        yield from _branches(report, members, names, depth + 1, f"{whole}.")


def _line(report: Report, item: Item, names: Sequence[str], *, role: str = "row", depth: int = 0) -> Line:
    """Return a row: what an item is called, and what it holds of every other column."""
    cells: list[Phrase] = []
    for name in names:
        cell = COLUMNS["layer" if name == _ALONE else name].get(item, report)
        cells.append((cell, *((f" {item.followers}",) if name == _ALONE and item.followers else ())))
    part = None if report.symbolic or role != "row" else share(item.group.flops, report.totals.flops)
    heavy = part is not None and is_rational(part) and part >= _HEAVY
    return Line(tuple(cells), role, depth, heavy)


def _records(report: Report, by: str | None, chosen: Sequence[str] | None, ranking: Ranking | None) -> Records:
    """Yield a header, and a row for every layer or group, exact and without a total."""
    by = by or "layer"
    names: Sequence[str] = chosen or (_RECORDED if by == "layer" else _RECORDED_GROUPS)
    if ranking is not None and chosen is None:
        names = ranking.with_column(names)
    items = items_of(report, by)
    write = CellsAsText()
    yield ["name" if name == "layer" else name for name in names]
    for item in items if ranking is None else ranking.applied(items, report):
        yield [write.cell(COLUMNS[name].get(item, report)) for name in names]


# -- the totals ------------------------------------------------------------------------------------------------------


def _totals(report: Report) -> Iterator[Total]:
    """Yield the totals with what each of them counts, and in which unit.

    Peak memory and receptive field are among them where all totals and the peak memory are numbers.
    """
    totals = report.totals
    told = partial(_told, report)
    yield Total("Params", told("params"), "learnable parameters, all of them")
    if totals.weights != totals.params:
        yield Total("Weights", told("weights"), "elements of kernels and matrices alone")
    flop = f"one FLOP is {report.convention.unit} ({report.convention.name})"
    yield Total("FLOPs", told("flops"), flop, f"One{flop.removeprefix('one')}")
    if totals.madds != totals.flops:
        yield Total("MAdds", told("madds"), "multiply-adds")
    access = "memory access cost in elements: inputs and parameters read, outputs written"
    yield Total("MAC", told("mac"), access + _least_bytes(report), f"MAC is {access}")
    yield Total("Activations", told("activations"), "elements written by conv, linear and matmul layers")
    if report.symbolic:
        return
    with suppress(FlopcalcError):
        memory = totals.peak_memory
        if not is_rational(memory):
            return
        yield Total("Peak memory", (memory,), _peak_note(report) + in_bytes(report, memory))
    try:
        field = report.receptive_field
    except FlopcalcError as error:
        yield Total("Receptive field", ("not known",), error.problems[0].what)
        return
    if not field.side:  # features alone have no positions
        return
    sides = {1: "along the length", 3: "depth×height×width"}.get(len(field.side), "height×width")
    note = f"input {'positions' if len(field.side) == 1 else 'pixels'} that one output can see, {sides}"
    if field.smallest != field.side:
        note += f", the most; the least is {shape_text(field.smallest)}"
    if field.whole:
        note += "; the whole input is seen"
    yield Total("Receptive field", (Shapes((field.side,)),), note)


def _told(report: Report, metric: str) -> Phrase:
    """Return a total, with the sign of it where it is known from below alone."""
    value = report.totals.quantity(metric)
    return (least(value) if report.is_least(metric) else value,)


def _least_bytes(report: Report) -> str:
    """Return the bytes of the memory access cost, or of what is known of it."""
    told = in_bytes(report, report.totals.mac)
    return told.replace("; ", "; at least ") if report.is_least("mac") else told


def _peak_note(report: Report) -> str:
    """Return what the peak memory counts, in which order of execution, and which layer runs then."""
    schedule, layer = report.totals.schedule, report.totals.peak_layer
    said = f"elements alive at once, at {'the input' if layer is None else layer}"
    if schedule is None:
        return f"{said}; layers run as listed, and another order may need less"
    if schedule.proved:
        return f"{said}; no order of the layers needs less"
    return f"{said}, at most: the best order found, not proved best"
