"""A report as a table of cells, from which every format is written: columns, sections, rows, total and notes.

What a column holds is stated once, in :data:`COLUMNS`; how wide a screen is, and what a cell looks like there, is
the formats' own affair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from flopcalc.errors import FlopcalcError, Problem, UnknownNameError, shorten, suggest
from flopcalc.layers import Shape
from flopcalc.number import Number, as_text, is_rational
from flopcalc.render.formula import UNICODE, Style, formula
from flopcalc.report import METRICS, Costed, Group, Report, Row, share

__all__ = [
    "COLUMNS",
    "Cell",
    "Bytes",
    "Column",
    "Fact",
    "Item",
    "Line",
    "Section",
    "Share",
    "Sides",
    "Table",
    "caption",
    "check_columns",
    "folded",
    "heading",
    "summary",
    "table_of",
]


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the total, as a fraction of 1."""

    value: Number


@dataclass(frozen=True, slots=True)
class Bytes:
    """A size in bytes."""

    value: Number


@dataclass(frozen=True, slots=True)
class Sides:
    """A stage that is named by the size of its map, and what follows the size."""

    height: Number
    width: Number
    suffix: str


Cell: TypeAlias = "str | Number | Share | Bytes | Sides | Shape | None"
"""What stands in a cell before a format writes it."""


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the table: one layer, a layer with those that follow it, or a group."""

    name: str
    operation: str
    group: Group
    single: bool

    @property
    def lead(self) -> Row:
        """The layer that the row is named after."""
        return self.group.layers[0]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name for ``--columns``, its header, what it holds, and whether that is a number."""

    name: str
    header: str
    get: Callable[[Item, Report], Cell]
    total: Callable[[Report], Cell]
    numeric: bool
    help: str


def _metric(name: str, header: str, help: str) -> Column:
    return Column(
        name,
        header,
        lambda item, report: getattr(item.group, name),
        lambda report: getattr(report.totals, name),
        True,
        help,
    )


def _share(name: str, header: str) -> Column:
    def part(costed: Costed, report: Report) -> Cell:
        value = share(getattr(costed, name), getattr(report.totals, name))
        return None if value is None else Share(value)

    return Column(
        f"{name}%",
        f"{header} %",
        lambda item, report: part(item.group, report),
        lambda report: part(report.totals, report),
        True,
        f"share of all {name}",
    )


def _text(name: str, header: str, get: Callable[[Item, Report], Cell], help: str, *, numeric: bool = False) -> Column:
    return Column(name, header, get, lambda report: None, numeric, help)


_HEADERS = {
    "params": ("Params", "learnable parameters"),
    "weights": ("Weights", "elements of kernels and matrices alone"),
    "madds": ("MAdds", "multiply-adds"),
    "flops": ("FLOPs", "floating-point operations under the convention"),
    "mac": ("MAC", "memory access cost, in elements"),
    "activations": ("Activations", "output elements of convolutions, linear layers and matrix products"),
}

COLUMNS: Mapping[str, Column] = {
    column.name: column
    for column in (
        _text("layer", "Layer", lambda item, report: _title(item.group, report), "the layer's path, or the group's name"),
        _text("path", "Path", lambda item, report: item.lead.path if item.single else item.name, "the whole path"),
        _text("kind", "Kind", lambda item, report: item.lead.kind if item.single else None, "the primitive"),
        _text("operation", "Operation", lambda item, report: item.operation, "the layer with its attributes"),
        _text("inputs", "Input", lambda item, report: _inputs(item), "shapes of what the layer reads"),
        _text("output", "Output", lambda item, report: item.group.output, "shape of what it writes"),
        _text("layers", "Layers", lambda item, report: len(item.group.layers), "how many layers", numeric=True),
        _text("count", "Count", lambda item, report: item.lead.count if item.single else None, "turns", numeric=True),
        *(_metric(name, *_HEADERS[name]) for name in METRICS),
        Column(
            "mac_bytes",
            "MAC bytes",
            lambda item, report: Bytes(report.bytes(item.group.mac)),
            lambda report: Bytes(report.bytes(report.totals.mac)),
            True,
            "memory access cost in bytes of --dtype",
        ),
        *(_share(name, _HEADERS[name][0]) for name in METRICS),
    )
}
"""Every column that ``--columns`` knows."""


def _inputs(item: Item) -> Cell:
    shapes = item.lead.inputs
    return shapes[0] if len(shapes) == 1 else f"{len(shapes)} tensors"


@dataclass(frozen=True, slots=True)
class Line:
    """A row's cells."""

    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under a heading: a stage, with its own sums. Without a heading there is one section."""

    heading: Line | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A report's table: its columns, the rows in sections, and the total."""

    columns: tuple[Column, ...]
    sections: tuple[Section, ...]
    total: Line | None


def check_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns' names, or an error that lists those that there are.

    Raises
    ------
    UnknownNameError
    """
    for name in names:
        if name not in COLUMNS:
            raise UnknownNameError(
                Problem(
                    f"there is no column `{shorten(name)}`",
                    None,
                    "some of " + ", ".join(COLUMNS),
                    suggest(name, COLUMNS),
                )
            )
    return tuple(names)


def folded(report: Report) -> tuple[Item, ...]:
    """Return the layers with norms, activations and dropouts put into the row of the layer that they follow."""
    items: list[tuple[list[Row], str]] = []
    for row in report.layers:
        before = items[-1][0][-1] if items else None
        if row.follows and before is not None and _parent(before) == _parent(row) and before.output == row.output:
            items[-1][0].append(row)
        else:
            items.append(([row], _place(row)))
    result = []
    for rows, name in items:
        operation = ", ".join(dict.fromkeys([rows[0].operation, *(row.kind.replace("_", " ") for row in rows[1:])]))
        result.append(Item(name, operation, _group(name, rows), len(rows) == 1))
    return tuple(result)


def _group(name: str, rows: Sequence[Row]) -> Group:
    from flopcalc.cost import add_up
    from flopcalc.number import total

    if len(rows) == 1:
        return Group(rows[0].cost, rows[0].flops, name, tuple(rows))
    return Group(add_up(row.cost for row in rows), total(row.flops for row in rows), name, tuple(rows))


def _parent(row: Row) -> str:
    return row.path.rpartition(".")[0]


def _place(row: Row) -> str:
    """Return what a person needs of a path: without the last part where the operation says the same."""
    parent, dot, leaf = row.path.rpartition(".")
    return parent if dot and leaf.rstrip("0123456789") == row.kind else row.path


def table_of(report: Report, columns: Sequence[str], by: str | None = None, *, staged: bool = True) -> Table:
    """Return a report's table.

    Parameters
    ----------
    report : Report
    columns : sequence of str
        Names from :data:`COLUMNS`.
    by : str, optional
        ``layer``, ``block``, ``stage`` or ``kind``; None shows layers with what follows them folded in.
    staged : bool
        Put layers and blocks under headings with the sums of their stages.
    """
    chosen = tuple(COLUMNS[name] for name in check_columns(columns))

    def line(item: Item) -> Line:
        return Line(tuple(column.get(item, report) for column in chosen))

    if by is None:
        items = folded(report)
    elif by == "layer":
        items = tuple(Item(group.name, group.layers[0].operation, group, True) for group in report.by("layer"))
    else:
        items = tuple(
            Item(group.name, group.layers[0].operation if len(group.layers) == 1 else "", group, False)
            for group in report.by(by)
        )
    total = Line(tuple("total" if index == 0 else column.total(report) for index, column in enumerate(chosen)))
    if by not in (None, "layer", "block") or not staged:
        return Table(chosen, (Section(None, tuple(line(item) for item in items)),), total)
    stages: dict[str, list[Item]] = {}
    for item in items:
        stages.setdefault(item.lead.stage, []).append(item)
    if len(stages) == 1:
        return Table(chosen, (Section(None, tuple(line(item) for item in items)),), total)
    groups = {group.name: group for group in report.by("stage")}
    sections = [
        Section(line(Item(name, "", groups[name], False)), tuple(line(item) for item in members))
        for name, members in stages.items()
    ]
    return Table(chosen, tuple(sections), total)


def _title(group: Group, report: Report) -> Cell:
    """Return a group's name; where it is the size of a map, as that size, which may be a formula."""
    _, height, width = group.output
    size = f"{height}×{width}"
    if group.name.startswith(size) and all(row.stage == group.name for row in group.layers):
        return Sides(height, width, group.name[len(size) :])
    return group.name


# -- the words around the table --------------------------------------------------------------------------------------


def symbol_order(report: Report) -> tuple[str, ...]:
    """Return the names of the spec's symbols in the order in which it declares them."""
    return tuple(report.parameters)


def heading(report: Report, style: Style = UNICODE) -> tuple[str, ...]:
    """Return the lines above a table: title, source, parameters and input."""
    order = symbol_order(report)
    title = report.spec.title or report.spec.name
    if report.spec.variant:
        title = f"{title}: {report.spec.variant}"
    settings = ", ".join(
        f"{name} = {formula(value, style, order)}"
        for name, value in report.parameters.items()
        if as_text(value) != name
    )
    inputs = ", ".join(
        (f"{label} " if label != "input" else "") + shape_text(shape, style, order)
        for label, shape in report.inputs.items()
    )
    lines = [title]
    if report.spec.source:
        lines.append(report.spec.source)
    lines.append("; ".join(part for part in (settings, f"input {inputs}") if part))
    return tuple(lines)


def shape_text(shape: Sequence[Number], style: Style = UNICODE, order: Sequence[str] = ()) -> str:
    """Write a shape: ``3×224×224``, ``C×(H/2)×(W/2)``."""
    sides = []
    for side in shape:
        text = formula(side, style, order)
        sides.append(text if is_rational(side) or text.isalnum() else f"({text})")
    if style.name == "latex":
        return " \\times ".join(sides)
    return ("×" if style.name == "unicode" else "x").join(sides)


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the summary: what, its exact value, and what it means."""

    name: str
    value: Number | tuple[Number, Number]
    unit: str
    note: str


def summary(report: Report) -> tuple[Fact, ...]:
    """Return the totals with what each of them counts."""
    totals = report.totals
    facts = [Fact("Params", totals.params, "", "learnable parameters, all of them")]
    if totals.weights != totals.params:
        facts.append(Fact("Weights", totals.weights, "", "elements of kernels and matrices alone"))
    facts.append(Fact("FLOPs", totals.flops, "", f"one FLOP is {report.convention.unit} ({report.convention.name})"))
    if totals.madds != totals.flops:
        facts.append(Fact("MAdds", totals.madds, "", "multiply-adds"))
    facts.append(
        Fact("MAC", totals.mac, "mac", "memory access cost in elements: inputs and parameters read, outputs written")
    )
    facts.append(Fact("Activations", totals.activations, "", "elements written by conv, linear and matmul layers"))
    if not report.symbolic:
        try:
            facts.append(Fact("Peak memory", totals.peak_memory, "mac", "elements of the tensors alive at once"))
        except FlopcalcError:
            pass
        reach = report.receptive_field
        facts.append(Fact("Receptive field", reach.side, "", "input pixels that one output can see, height×width"))
    return tuple(facts)


def caption(report: Report, by: str | None) -> tuple[str, ...]:
    """Return the notes below a table: what was folded, what was assumed."""
    notes = []
    if by is None and any(row.follows for row in report.layers):
        notes.append("Norms and activations are counted in the row of the layer they follow; --by layer shows each.")
    if report.symbolic:
        if report.exact_rounding:
            notes.append("Rounding is kept exact: floor and ceiling stay in the formulas.")
        else:
            notes.append("Rounding is read as in textbooks: sizes divide evenly (--exact-rounding keeps it).")
        notes.append("Symbols are positive whole numbers; multipliers are positive real numbers.")
    if report.assumed:
        notes.append("Assumed: " + ", ".join(report.assumed) + ".")
    return tuple(notes)
