"""A report as a table of cells, from which every format is written: columns, sections, rows, total and notes.

What a column holds is stated once, in :data:`COLUMNS`; how wide a screen is, and what a cell looks like there, is
the formats' own affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from flopcalc.cost import add_up
from flopcalc.dataclass import dataclass
from flopcalc.errors import FlopcalcError, ParameterError, Problem, UnknownNameError, shorten, suggest
from flopcalc.field import Field
from flopcalc.metrics import METRICS as KNOWN
from flopcalc.metrics import Metric
from flopcalc.number import Number, as_text, is_rational, is_symbolic, total
from flopcalc.render.cells import Bytes, Cell, Hint, Least, Named, Phrase, Ratio, Setting, Shapes, Share, least
from flopcalc.render.units import human_bytes
from flopcalc.report import FIELDS, METRICS, Costed, Group, Report, Row, share

__all__ = [
    "COLUMNS",
    "RANKED",
    "Column",
    "Item",
    "Ranking",
    "caption",
    "cell_of",
    "check_columns",
    "folded",
    "from_below",
    "heading",
    "in_bytes",
    "items_of",
    "of_models",
    "symbol_order",
    "symbols_of",
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
    followers : str
        What is folded into it: ``+norm +relu``.
    """

    name: str
    path: str
    operation: str
    group: Group
    layer: Row | None = None
    followers: str = ""

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


def _metric(metric: Metric, header: str) -> Column:
    def cell(costed: Costed, report: Report) -> Cell:
        if report.is_open(metric.name, costed):
            return "?"
        try:
            found = cell_of(metric, report.measure(metric.name, costed))
        except FlopcalcError:
            return None  # a ratio to nothing
        return least(found) if report.is_least(metric.name, costed) else found

    return Column(
        metric.name,
        header,
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
        if report.is_least(name):
            return "?"
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


_HEADERS = {"mac": "MAC (mem)"}
"""Headers that tell a metric from another that goes by the same letters."""

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
        *(_metric(metric, _HEADERS.get(metric.name, metric.header)) for metric in KNOWN.values() if metric.layered),
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
    followers = " ".join(f"+{kind}" for kind in dict.fromkeys(row.kind for row in rows[1:]))
    cost, flops = lead.cost, lead.flops
    if len(rows) > 1:
        cost, flops = add_up(row.cost for row in rows), total(row.flops for row in rows)
    operation = f"{lead.operation} {followers}" if followers else lead.operation
    return Item(lead.path, lead.path, operation, Group(cost, flops, lead.path, rows), lead, followers)


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
            cell = cell.cell if isinstance(cell, Least) else cell
            number = cell.value if isinstance(cell, (Bytes, Ratio, Share)) else cell
            if number is None or number == "?":
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


def items_of(report: Report, by: str | None) -> tuple[Item, ...]:
    """Return the rows of a report, by layer, block, stage or kind; for None layers with what follows them folded in."""
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
    sides = item.group.output[1:]
    size = "×".join(map(str, sides))
    if item.name.startswith(size) and all(row.stage == item.name for row in item.group.layers):
        return Named(sides, item.name[len(size) :])
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
    settings += [f"; {said}" for said in report.reading.said]
    lines.append(tuple(settings[1:]))
    return tuple(lines)


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
    `hints`, screens say which options of the command line show it otherwise.
    """
    notes: list[Phrase] = []
    if ranking is not None:
        rows = len(items_of(report, by))
        cut = f"; the first {ranking.most} of {rows}" if ranking.most is not None and ranking.most < rows else ""
        notes.append((f"Rows are in the order of {ranking.column}, the greatest first{cut}.",))
    if by is None and any(row.follows for row in report.layers):
        hint = (Hint("; --by layer shows each"),) * hints
        notes.append(("Norms and activations are counted in the row of the layer they follow", *hint, "."))
    if report.symbolic:
        notes.append(what_they_are(symbols_of(_totals(report), symbol_order(report))))
        if report.exact_rounding:
            notes.append(("Rounding is kept exact: floor and ceiling stay in the formulas.",))
        else:
            hint = (Hint(" (--exact-rounding keeps it)"),) * hints
            notes.append(("Rounding is read as in textbooks: sizes divide evenly", *hint, "."))
    assumed = report.assumed if {*(columns or ())}.isdisjoint(FIELDS) else report.assumed_of_all
    if assumed:
        notes.append(("Assumed: " + ", ".join(assumed) + ".",))
    word = (Hint(" --assume-free TITLE takes one for nothing."),) * hints
    notes += [(note, *(word if note in report.known_from_below else ())) for note in report.notes]
    return tuple(notes)


def from_below(*reports: Report) -> Iterator[Phrase]:
    """Say of networks which layers' costs are not known, so that their totals are at least what is shown."""
    for report in reports:
        name = f"{report.name}: " if len(reports) > 1 else ""
        yield from (
            (name + note, Hint(" --assume-free TITLE takes one for nothing.")) for note in report.known_from_below
        )


def of_models(*reports: Report) -> Iterator[Phrase]:
    """Say of models from elsewhere what is told of how they were read, once for each."""
    several = len(reports) > 1
    told = dict.fromkeys((report.name if several else "", note) for report in reports for note in report.spec.notes)
    yield from ((f"{name}: {note}" if name else note,) for name, note in told)


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
