"""A report as a table of cells, from which every format is written: columns, sections, rows, total and notes.

What a column holds is stated once, in :data:`COLUMNS`; how wide a screen is, and what a cell looks like there, is
the formats' own affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from flopcalc.cost import add_up
from flopcalc.errors import FlopcalcError, ParameterError, Problem, UnknownNameError, shorten, suggest
from flopcalc.field import Field
from flopcalc.metrics import METRICS as KNOWN
from flopcalc.metrics import Metric
from flopcalc.number import Number, as_text, is_rational, is_symbolic, total
from flopcalc.render.cells import Bytes, Cell, Named, Phrase, Ratio, Setting, Shapes, Share, shape_text
from flopcalc.render.units import human_bytes
from flopcalc.report import FIELDS, METRICS, Costed, Group, Report, Row, share

__all__ = [
    "COLUMNS",
    "RANKED",
    "Column",
    "Fact",
    "Item",
    "Line",
    "Ranking",
    "Section",
    "Table",
    "caption",
    "cell_of",
    "check_columns",
    "folded",
    "heading",
    "in_bytes",
    "summary",
    "symbol_order",
    "symbols_of",
    "table_of",
    "what_they_are",
]


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the table: one layer, a layer with those that follow it, or a group.

    Attributes
    ----------
    name, path : str
        What the row is called beside its operation, and without one.
    operation : str
    group : Group
        Its layers, and what they cost together.
    layer : Row, optional
        The layer that it stands for; None for a group.
    """

    name: str
    path: str
    operation: str
    group: Group
    layer: Row | None = None

    @property
    def kind(self) -> str | None:
        """The primitive, where all its layers are of one."""
        if self.layer is not None:
            return self.layer.kind
        kinds = {row.kind for row in self.group.layers}
        return kinds.pop() if len(kinds) == 1 else None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name for ``--columns``, its header, what it holds, and whether that is a number."""

    name: str
    header: str
    get: Callable[[Item, Report], Cell]
    total: Callable[[Report], Cell]
    numeric: bool
    help: str


def _metric(metric: Metric) -> Column:
    def cell(costed: Costed, report: Report) -> Cell:
        try:
            return cell_of(metric, report.measure(metric.name, costed))
        except FlopcalcError:
            return None  # a ratio to nothing

    return Column(
        metric.name,
        metric.header,
        lambda item, report: cell(item.group, report),
        lambda report: cell(report.totals, report),
        True,
        metric.help,
    )


def cell_of(metric: Metric, value: Number) -> Cell:
    """Return what stands in a cell for a metric's value: bytes and ratios are written otherwise than counts."""
    if not metric.whole:
        return Ratio(value)
    return Bytes(value) if metric.unit == "byte" else value


def _share(name: str) -> Column:
    def part(costed: Costed, report: Report) -> Cell:
        value = share(report.measure(name, costed), report.measure(name))
        return None if value is None else Share(value)

    return Column(
        f"{name}%",
        f"{KNOWN[name].header} %",
        lambda item, report: part(item.group, report),
        lambda report: part(report.totals, report),
        True,
        f"share of all {name}",
    )


def _text(name: str, header: str, get: Callable[[Item, Report], Cell], help: str, *, numeric: bool = False) -> Column:
    return Column(name, header, get, lambda report: None, numeric, help)


def _seen(name: str, header: str, get: Callable[[Field], Cell], help: str) -> Column:
    def cell(item: Item, report: Report) -> Cell:
        try:
            return get(report.field_of(item.group.layers[-1]))
        except FlopcalcError:
            return None

    return _text(name, header, cell, help)


COLUMNS: Mapping[str, Column] = {
    column.name: column
    for column in (
        _text("layer", "Layer", lambda item, report: _title(item, report), "the layer's path, or the group's name"),
        _text("path", "Path", lambda item, report: item.layer.path if item.layer else item.path, "the whole path"),
        _text("kind", "Kind", lambda item, report: item.kind, "the primitive"),
        _text("operation", "Operation", lambda item, report: item.operation, "the layer with its attributes"),
        _text("inputs", "Input", lambda item, report: _inputs(item), "shapes of what it reads"),
        _text("output", "Output", lambda item, report: item.group.output, "shape of what it writes"),
        _text("layers", "Layers", lambda item, report: len(item.group.layers), "how many layers", numeric=True),
        _text("count", "Count", lambda item, report: item.layer and item.layer.count, "turns", numeric=True),
        *(_metric(metric) for metric in KNOWN.values() if metric.layered),
        *(_share(name) for name in METRICS),
        _seen("receptive_field", "Field", lambda field: field.side, "input pixels that a position of the output sees"),
        _seen("receptive_field_min", "Least field", lambda field: field.smallest, "what the one that sees least sees"),
        _seen("whole_input", "Whole input", lambda field: "yes" if field.whole else "no", "whether all is seen"),
    )
}
"""Every column that ``--columns`` knows."""


def _inputs(item: Item) -> Cell:
    shapes = item.group.layers[0].inputs
    return shapes[0] if len(shapes) == 1 else Shapes(shapes)


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
    total: Line


def check_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns' names, or an error that lists those that there are.

    Raises
    ------
    UnknownNameError
        With every name that is not known, and where there is none at all.
    """
    known = "some of " + ", ".join(COLUMNS)
    problems = [
        Problem(f"there is no column `{shorten(name)}`", None, known, suggest(name, COLUMNS))
        for name in names
        if name not in COLUMNS
    ]
    if not names:
        problems.append(Problem("no column is named", None, known))
    if problems:
        raise UnknownNameError(*problems)
    return tuple(names)


def folded(report: Report) -> tuple[Item, ...]:
    """Return the layers with norms, activations and dropouts put into the row of the layer that they follow."""
    return tuple(_folded_item(rows) for rows in report.followed)


def _folded_item(rows: tuple[Row, ...]) -> Item:
    lead = rows[0]
    operation = ", ".join(dict.fromkeys([lead.operation, *(row.kind.replace("_", " ") for row in rows[1:])]))
    cost, flops = lead.cost, lead.flops
    if len(rows) > 1:
        cost, flops = add_up(row.cost for row in rows), total(row.flops for row in rows)
    return Item(_place(lead), lead.path, operation, Group(cost, flops, lead.path, rows), lead)


def _place(row: Row) -> str:
    """Return what a person needs of a path: without the last part where the operation says the same."""
    parent, dot, leaf = row.path.rpartition(".")
    return parent if dot and leaf.rstrip("0123456789") == row.kind else row.path


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows from the greatest to the least in a column of numbers, and how many of them; None is all."""

    column: str = "flops"
    most: int | None = None

    def with_column(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Return columns, and what rows are ranked by behind them where it is not among them."""
        return (*columns, *(() if self.column in columns else (self.column,)))

    def applied(self, items: Sequence[Item], report: Report) -> tuple[Item, ...]:
        """Return the rows in this order; those of one value stay as they run, those of none are last.

        Raises
        ------
        ParameterError
            Where costs are formulas, which have no order.
        """

        def value(item: Item) -> Fraction | None:
            cell = COLUMNS[self.column].get(item, report)
            number = cell.value if isinstance(cell, (Bytes, Share)) else cell
            if number is None:
                return None
            if not is_rational(number):
                what = f"rows cannot be ranked by {self.column}: {as_text(number)} is a formula"
                raise ParameterError(Problem(what, None, "a value for every symbol"))
            return Fraction(number)

        values = [(value(item), item) for item in items]
        known = sorted(((number, item) for number, item in values if number is not None), key=lambda pair: -pair[0])
        return tuple([*(item for _, item in known), *(item for number, item in values if number is None)][: self.most])


RANKED = tuple(name for name, column in COLUMNS.items() if column.numeric)
"""The columns that rows may be ranked by."""


def table_of(
    report: Report,
    columns: Sequence[str],
    by: str | None = None,
    *,
    staged: bool = True,
    ranking: Ranking | None = None,
) -> Table:
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
    ranking : Ranking, optional
        The order of the rows, which then are under no headings, and how many of them.
    """
    chosen = tuple(COLUMNS[name] for name in check_columns(columns))
    if by in ("block", "stage", "kind"):
        chosen = tuple(replace(c, header=by.capitalize()) if c.name == "layer" else c for c in chosen)
    items = _items(report, by)
    if ranking is not None:
        items, staged = ranking.applied(items, report), False
    if "operation" not in columns:
        items = tuple(replace(item, name=item.path) for item in items)

    def line(item: Item) -> Line:
        return Line(tuple(column.get(item, report) for column in chosen))

    def section(stage: Group, members: Sequence[Item]) -> Section:
        if [member.name for member in members] == [stage.name]:
            return Section(None, (line(members[0]),))  # its heading would say the same
        names = (m.name.removeprefix(stage.name if m.name == stage.name else f"{stage.name}.") for m in members)
        return Section(
            line(Item(stage.name, stage.name, "", stage)),
            tuple(line(replace(member, name=name)) for member, name in zip(members, names, strict=True)),
        )

    sums = [column.total(report) for column in chosen]
    if sums[0] is None:
        sums[0] = "total"
    foot = Line(tuple(sums))
    stages: dict[str, list[Item]] = {}
    if staged and by in (None, "layer", "block"):
        for item in items:
            stages.setdefault(item.group.layers[0].stage, []).append(item)
    if len(stages) < 2:
        return Table(chosen, (Section(None, tuple(line(item) for item in items)),), foot)
    groups = {group.name: group for group in report.by("stage")}
    return Table(chosen, tuple(section(groups[name], members) for name, members in stages.items()), foot)


def _items(report: Report, by: str | None) -> tuple[Item, ...]:
    if by is None:
        return folded(report)
    items = []
    for group in report.by(by):
        alone = group.layers[0] if len(group.layers) == 1 else None
        operation = alone.operation if alone and by != "kind" else ""
        items.append(Item(group.name, group.name, operation, group, alone if by == "layer" else None))
    return tuple(items)


def _title(item: Item, report: Report) -> Cell:
    """Return a row's name; where it is the size of a map, as that size, which may be a formula."""
    if "×" not in item.name:
        return item.name
    _, height, width = item.group.output
    size = f"{height}×{width}"
    if item.name.startswith(size) and all(row.stage == item.name for row in item.group.layers):
        return Named((height, width), item.name[len(size) :])
    return item.name


# -- the words around the table --------------------------------------------------------------------------------------


def symbol_order(report: Report) -> tuple[str, ...]:
    """Return the names of the spec's symbols in the order in which it declares them."""
    return tuple(report.parameters)


def heading(report: Report) -> tuple[Phrase, ...]:
    """Return the lines above a table: title, source, parameters and input."""
    spec = report.spec
    title = spec.title or spec.name
    lines: list[Phrase] = [(f"{title}: {spec.variant}" if spec.variant else title,)]
    if spec.source:
        lines.append((spec.source,))
    settings: list[Cell] = []
    for name, value in report.parameters.items():
        if as_text(value) != name:
            settings += ["; " if not settings else ", ", f"{name} = ", Setting(value)]
    for label, shape in report.inputs.items():
        settings += ["; " if settings else "", f"{label} = ", shape]
    lines.append(tuple(settings[1:]))
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the summary: what, its exact value, and what it means."""

    name: str
    value: Number | Shapes
    note: str


def summary(report: Report) -> tuple[Fact, ...]:
    """Return the totals with what each of them counts, and in which unit.

    Peak memory and receptive field are among them where all totals and the peak memory are numbers.
    """
    totals = report.totals
    facts = [Fact("Params", totals.params, "learnable parameters, all of them")]
    if totals.weights != totals.params:
        facts.append(Fact("Weights", totals.weights, "elements of kernels and matrices alone"))
    facts.append(Fact("FLOPs", totals.flops, f"one FLOP is {report.convention.unit} ({report.convention.name})"))
    if totals.madds != totals.flops:
        facts.append(Fact("MAdds", totals.madds, "multiply-adds"))
    access = "memory access cost in elements: inputs and parameters read, outputs written"
    facts.append(Fact("MAC", totals.mac, access + in_bytes(report, totals.mac)))
    facts.append(Fact("Activations", totals.activations, "elements written by conv, linear and matmul layers"))
    if report.symbolic:
        return tuple(facts)
    with suppress(FlopcalcError):
        memory = totals.peak_memory
        if not is_rational(memory):
            return tuple(facts)
        facts.append(Fact("Peak memory", memory, peak_note(report) + in_bytes(report, memory)))
    with suppress(FlopcalcError):
        field = report.receptive_field
        note = "input pixels that one output can see, height×width"
        if field.smallest != field.side:
            note += f", the most; the least is {shape_text(field.smallest)}"
        if field.whole:
            note += "; the whole input is seen"
        facts.append(Fact("Receptive field", Shapes((field.side,)), note))
    return tuple(facts)


def peak_note(report: Report) -> str:
    """Return what the peak memory counts, and in which order of execution."""
    schedule = report.totals.schedule
    if schedule is None:
        return "elements alive at once, layers run as listed; another order may need less"
    if schedule.proved:
        return "elements alive at once; no order of the layers needs less"
    return "elements alive at once, at most: the best order found, not proved best"


def in_bytes(report: Report, elements: Number) -> str:
    """Return how many bytes elements take, behind a semicolon; nothing for a formula."""
    size = report.bytes(elements)
    return f"; {human_bytes(Fraction(size))} in {report.dtype}" if is_rational(size) else ""


def caption(
    report: Report,
    by: str | None,
    *,
    columns: Sequence[str] | None = None,
    hints: bool = False,
    ranking: Ranking | None = None,
) -> tuple[Phrase, ...]:
    """Return the notes below a table: what was folded, what symbols stand for, what was assumed.

    What receptive fields take for granted is among them where they are among the `columns` that were asked for. With
    `hints`, which options of the command line show it otherwise.
    """
    notes: list[Phrase] = []
    if ranking is not None:
        rows = len(_items(report, by))
        cut = f"; the first {ranking.most} of {rows}" if ranking.most is not None and ranking.most < rows else ""
        notes.append((f"Rows are in the order of {ranking.column}, the greatest first{cut}.",))
    if by is None and any(row.follows for row in report.layers):
        hint = "; --by layer shows each" if hints else ""
        notes.append((f"Norms and activations are counted in the row of the layer they follow{hint}.",))
    if report.symbolic:
        notes.append(what_they_are(symbols_of(_totals(report), symbol_order(report))))
        if report.exact_rounding:
            notes.append(("Rounding is kept exact: floor and ceiling stay in the formulas.",))
        else:
            hint = " (--exact-rounding keeps it)" if hints else ""
            notes.append((f"Rounding is read as in textbooks: sizes divide evenly{hint}.",))
    assumed = report.assumed if {*(columns or ())}.isdisjoint(FIELDS) else report.assumed_of_all
    if assumed:
        notes.append(("Assumed: " + ", ".join(assumed) + ".",))
    notes += [(note,) for note in report.notes]
    return tuple(notes)


def symbols_of(values: Iterable[Number], order: Sequence[str]) -> list[Any]:
    """Return the symbols of some values, in the order in which the specs declare them."""
    place = {name: index for index, name in enumerate(order)}
    found = {symbol for value in values if is_symbolic(value) for symbol in value.free_symbols}
    return sorted(found, key=lambda symbol: (place.get(symbol.name, len(place)), symbol.name))


def what_they_are(symbols: Iterable[Any]) -> Phrase:
    """Say what symbols stand for: ``C, O are positive whole numbers.``."""
    kinds: dict[str, list[Cell]] = {"whole": [], "real": []}
    for symbol in symbols:
        names = kinds["whole" if symbol.is_integer else "real"]
        names += [", ", symbol] if names else [symbol]
    parts: list[Cell] = []
    for kind, names in kinds.items():
        if names:
            words = f" {'is a' if len(names) == 1 else 'are'} positive {kind} number{'s' * (len(names) > 1)}"
            parts += [*(["; "] if parts else []), *names, words]
    return (*parts, ".")


def _totals(report: Report) -> list[Number]:
    return [report.measure(metric) for metric in METRICS]
