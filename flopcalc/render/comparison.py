"""Comparisons in every format: measures as rows, specs as columns with their ratios to the first, and bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from flopcalc.comparison import FIELDS, Balanced, Comparison, Side
from flopcalc.errors import FlopcalcError
from flopcalc.graph import Schedule
from flopcalc.metrics import COUNTED, METRICS, SIDES, SWEPT
from flopcalc.number import Number, as_text, is_rational, is_symbolic, normal, readable
from flopcalc.render.book import Book, BookLatex, BookMarkdown, BookWriter
from flopcalc.render.cells import Cell, Phrase, Ratio, Setting, Shapes
from flopcalc.render.csv import rows_as_csv
from flopcalc.render.json import number
from flopcalc.render.spans import end_text, span_text
from flopcalc.render.table import symbols_of, what_they_are
from flopcalc.render.text import encodable
from flopcalc.render.units import human_number, percent, rounded
from flopcalc.report import DTYPES
from flopcalc.solving.path import Span
from flopcalc.theory.balance import Root
from flopcalc.theory.textbook import textbook

if TYPE_CHECKING:
    from flopcalc.render.terminal import Head, Screen

__all__ = [
    "SCHEMA",
    "comparison_as_csv",
    "comparison_as_dict",
    "comparison_as_latex",
    "comparison_as_markdown",
    "comparison_as_text",
]

SCHEMA = "flopcalc.comparison/1"
"""What the key ``schema`` says: the layout, and its version."""

LABELS: Mapping[str, str] = {name: metric.header for name, metric in METRICS.items()}
"""What the rows are called."""

_BARRED = ("params", "flops", "mac")
"""The measures that have bars."""

_EIGHTHS = "▏▎▍▌▋▊▉█"
_LEAST_BAR = 8
_GAP = 2
_SHORT = 12
"""The longest exact solution that is written beside its digits."""


# -- what is said, before it is laid out -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A row: the measure, and the value and the ratio of every side."""

    measure: str
    values: tuple[Cell, ...]
    ratios: tuple[Cell, ...]


def lines_of(comparison: Comparison, measures: Sequence[str]) -> tuple[Line, ...]:
    """Return the rows; receptive fields have no ratio."""
    lines: list[Line] = []
    for measure in measures:
        if measure in FIELDS:
            fields: list[Cell] = [Shapes((side.field(measure),)) for side in comparison.entries]
            lines.append(Line(measure, tuple(fields), (None,) * len(fields)))
            continue
        ratios = tuple(None if ratio is None else Ratio(ratio) for ratio in comparison.ratios(measure))
        values = comparison.values(measure)
        cells = values if METRICS[measure].whole else tuple(map(Ratio, values))
        lines.append(Line(measure, cells, ratios))
    return tuple(lines)


def symbol_order(comparison: Comparison) -> tuple[str, ...]:
    """Return the names of the symbols in the order in which the specs declare them."""
    return tuple(dict.fromkeys(name for side in comparison.sides for name in side.parameters))


def title_of(comparison: Comparison) -> str:
    """Return what is compared with what."""
    first, *rest = comparison.entries
    text = f"{first.heading} beside {', '.join(side.heading for side in rest)}"
    if comparison.equal is None:
        return text
    return f"{text} at equal {LABELS[comparison.equal.metric]}"


def legend(comparison: Comparison) -> Iterator[Phrase]:
    """Yield what every side is: its title and source, the values that it is given, and its input."""
    for side in comparison.entries:
        spec = side.report.spec
        title = spec.title or spec.name
        words = f"{title}: {spec.variant}" if spec.variant else title
        parts: list[Cell] = [f"{side.heading}: {words}" if words != side.heading else words]
        if spec.source:
            parts.append(f", {spec.source}")
        names = dict.fromkeys(side.given)
        if comparison.equal is not None and side.balanced is not None and comparison.equal.vary in side.parameters:
            names[comparison.equal.vary] = None
        values = side.parameters
        for position, name in enumerate(name for name in names if as_text(values[name]) != name):
            parts += ["; " if position == 0 else ", ", f"{name} = ", Setting(values[name])]
        for label, shape in side.report.inputs.items():
            parts += ["; ", f"{label} = ", tuple(side.put(item) for item in shape)]
        yield tuple(parts)


def notes_of(comparison: Comparison, measures: Sequence[str], *, hints: bool = False) -> Iterator[Phrase]:
    """Yield what was counted, and what was taken for granted; with `hints`, which options show it otherwise."""
    report = comparison.sides[0]
    if "flops" in measures:
        yield (f"One FLOP is {report.convention.unit} ({report.convention.name}).",)
    if "mac" in measures or "mac_bytes" in measures:
        yield (
            "MAC is memory access cost in elements: inputs and parameters read, outputs written; an element takes "
            f"{_bytes(report.dtype)} in {report.dtype}.",
        )
    elif any(METRICS[name].sized for name in measures):
        yield (f"An element takes {_bytes(report.dtype)} in {report.dtype}.",)
    if "peak_memory" in measures:
        orders = [report.totals.schedule for report in comparison.sides]
        yield (f"Peak memory is in elements alive at once: {_order_note(orders)}.",)
    if "weights" in measures:
        yield ("Weights are the elements of kernels and matrices alone.",)
    yield (f"Ratios are to {comparison.entries[0].heading}.",)
    if _found(comparison, measures):
        yield what_they_are(_found(comparison, measures))
        if report.exact_rounding:
            yield ("Rounding is kept exact: floor and ceiling stay in the formulas.",)
        else:
            hint = " (--exact-rounding keeps it)" if hints else ""
            yield (f"Rounding of symbols is read as in textbooks: sizes divide evenly{hint}.",)
    assumed = dict.fromkeys(text for side in comparison.sides for text in side.assumed_of(measures))
    if assumed:
        yield ("Assumed: " + ", ".join(assumed) + ".",)


def _order_note(orders: Sequence[Schedule | None]) -> str:
    """Return in which order of execution the peaks are."""
    found = [order for order in orders if order is not None]
    if not found:
        return "layers run as listed, and another order may need less"
    if all(order.proved for order in found):
        return "no order of the layers needs less"
    return "that of the best order found, not proved best for every side"


def _bytes(dtype: str) -> str:
    size = Fraction(DTYPES[dtype], 8)
    return "half a byte" if size == Fraction(1, 2) else f"{size} byte{'s' * (size != 1)}"


def _found(comparison: Comparison, measures: Sequence[str]) -> list[Any]:
    """Return the symbols of some measures, in the order in which the specs declare them."""
    values = [value for name in measures if name not in FIELDS for value in comparison.values(name)]
    values += [side.balanced.value for side in comparison.entries if side.balanced is not None]
    return symbols_of(values, symbol_order(comparison))


# -- equal budgets ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Met:
    """How a side met the budget, as cells: its value, the solution, what it misses by, and in percent."""

    heading: str
    value: Cell
    solution: str
    miss: Number
    relative: Number | None


def met(comparison: Comparison, write: Callable[[Number], str]) -> tuple[Met, ...]:
    """Return a row for every side but the first."""
    equal = comparison.equal
    assert equal is not None
    rows: list[Met] = []
    ratios = comparison.ratios(equal.metric)
    for side, ratio in zip(comparison.entries, ratios, strict=True):
        if side.balanced is not None:
            relative = None if ratio is None else textbook(ratio - 1)
            rows.append(
                Met(side.heading, side.balanced.value, _solution(side.balanced, write), side.balanced.miss, relative)
            )
    return tuple(rows)


def _solution(balanced: Balanced, write: Callable[[Number], str]) -> str:
    """Return the real solution: exact where that is short, and its digits."""
    solution = balanced.solution
    if solution is None:
        return "no formula"
    if not isinstance(solution, Root):
        return "exact"
    mark = "" if balanced.exact else " if nothing were rounded"
    if is_rational(solution.closed):
        return write(solution.closed) + mark
    near = solution.nearly()
    digits = f"≈ {rounded(near, 2 if near >= 10 else 4)}"
    if solution.closed is not None and len(exact := write(solution.closed)) <= _SHORT:
        return f"{exact} {digits}{mark}"
    return digits + mark


def remarks(comparison: Comparison, write: Callable[[Number], str]) -> Iterator[str]:
    """Yield what else is to be known of the balanced values."""
    equal = comparison.equal
    assert equal is not None
    for side in comparison.entries:
        balanced = side.balanced
        if balanced is None:
            continue
        if balanced.refused:
            value, why = balanced.refused[0]
            others = (
                f" (nor {', '.join(readable(item) for item, _ in balanced.refused[1:6])})"
                if balanced.refused[1:]
                else ""
            )
            yield f"{side.heading}: {equal.vary} = {readable(value)}{others} cannot be: {why}."
        if balanced.other is not None:
            value, miss = balanced.other
            part = (
                textbook(miss / equal.budget)
                if is_symbolic(miss) or is_symbolic(equal.budget)
                else Fraction(miss) / equal.budget
            )
            share = f" ({_signed_percent(part)})" if is_rational(part) else ""
            there = f"{equal.vary} = {readable(value)}"
            yield f"{side.heading}: on the other side {there} misses by {_signed(miss, write)}{share}."
        if balanced.where:
            yield f"{side.heading}: this holds where {' and '.join(balanced.where)}."
        if balanced.step is not None:
            yield f"{side.heading}: the same network: {span_text(equal.vary, balanced.step)}."
        if not balanced.exact:
            yield f"{side.heading}: {_proof(balanced, LABELS[equal.metric], equal.vary)}"


def _proof(balanced: Balanced, label: str, vary: str) -> str:
    """Say why no network comes nearer."""
    nearer = f", down to where {label}, proven never to fall as {vary} grows, miss by more" if balanced.rises else ""
    if balanced.assumed:
        return f"assumed, not proven: {balanced.assumed}. Every other network was computed{nearer}."
    if balanced.proven_from is None:
        return f"every value of {vary} that is allowed was computed{nearer}."
    near = rounded(balanced.proven_from, 4)
    near = near.rstrip("0").rstrip(".") if "." in near else near
    return (
        f"from {vary} = {near} on every network is proven to miss by more; every one below was computed, at the exact "
        f"values where a rounding changes{nearer}."
    )


def _signed(value: Number, write: Callable[[Number], str]) -> str:
    text = write(value)
    return f"+{text}" if is_rational(value) and value > 0 else text


def _signed_percent(value: int | Fraction) -> str:
    text = percent(value)
    return ("+" if value > 0 else "") + text + " %"


# -- on a screen -----------------------------------------------------------------------------------------------------


def comparison_as_text(
    comparison: Comparison, screen: Screen | None = None, *, measures: Sequence[str] | None = None, units: str = "auto"
) -> str:
    """Return a comparison for a screen: a table, bars where there are numbers, and the notes.

    Parameters
    ----------
    comparison : Comparison
    screen : Screen, optional
    measures : sequence of str, optional
        From :data:`flopcalc.comparison.MEASURES`; those that say something where not given.
    units : str
        One of :data:`flopcalc.render.cells.UNITS`.
    """
    from flopcalc.render.terminal import Screen

    screen = screen or Screen()
    names = tuple(measures or comparison.measures)
    lines = lines_of(comparison, names)
    writer = BookWriter(symbol_order(comparison), screen)
    parts = [screen.drawn(screen.written(title_of(comparison)))]
    parts += [screen.drawn(writer.phrase(line)) for line in legend(comparison)]
    table, has_bars = _table(comparison, lines, screen, units)
    parts += ["\n", table]
    if not has_bars:
        parts += _bars(comparison, names, screen)
    if comparison.equal is not None:
        parts += ["\n", _budget(comparison, screen, units)]
        parts += [screen.drawn(screen.written(text)) for text in remarks(comparison, writer.number)]
    parts.append("\n")
    parts += [screen.drawn(writer.phrase(note)) for note in notes_of(comparison, names, hints=True)]
    return "".join(parts)


def _table(comparison: Comparison, lines: Sequence[Line], screen: Screen, units: str) -> tuple[str, bool]:
    """Return the first layout that fits, and whether it has bars: specs as columns, or below each other."""
    from flopcalc.render.terminal import Screen, listing_as_text

    headings = [side.heading for side in comparison.entries]
    unbounded = Screen(10_000, screen.encoding)
    for human in {"exact": (False,), "human": (True,)}.get(units, (False, True)):
        writer = BookWriter(symbol_order(comparison), screen, human=human)
        for layout in (_paired, _stacked):
            heads, rows = layout(headings, lines, writer)
            if _width(listing_as_text(heads, rows, unbounded)) <= screen.width:
                return listing_as_text(heads, rows, screen), False
    writer = BookWriter(symbol_order(comparison), screen, human=units == "human")
    heads, rows, barred = _below(comparison, headings, lines, writer)
    room = screen.width - _width(listing_as_text(heads, rows, unbounded)) - _GAP
    if not barred or room < _LEAST_BAR:
        return listing_as_text(heads, rows, screen), False
    heads.append(_head(""))
    for position, row in enumerate(rows):
        row.append(_bar(barred[position], room, screen) if position in barred else "")
    return listing_as_text(heads, rows, screen), True


def _width(text: str) -> int:
    return max(map(len, text.splitlines()))


def _head(text: str, *, numeric: bool = False) -> Head:
    from flopcalc.render.terminal import Head

    return Head(text, numeric)


_Rows: TypeAlias = "list[list[str]]"


def _paired(headings: Sequence[str], lines: Sequence[Line], writer: Book) -> tuple[list[Head], _Rows]:
    """Lay out every spec as a column, with its ratio as the next."""
    heads = [_head(""), _head(headings[0], numeric=True)]
    for heading in headings[1:]:
        heads += [_head(heading, numeric=True), _head("ratio", numeric=True)]
    rows: _Rows = []
    for line in lines:
        row = [LABELS[line.measure], writer.cell(line.values[0])]
        for value, ratio in zip(line.values[1:], line.ratios[1:], strict=True):
            row += [writer.cell(value), writer.cell(ratio)]
        rows.append(row)
    return heads, rows


def _stacked(headings: Sequence[str], lines: Sequence[Line], writer: Book) -> tuple[list[Head], _Rows]:
    """Lay out every spec as a column, with the ratios in a row of their own."""
    heads = [_head(""), *(_head(heading, numeric=True) for heading in headings)]
    rows: _Rows = []
    for line in lines:
        rows.append([LABELS[line.measure], *(writer.cell(cell) for cell in line.values)])
        if any(ratio is not None for ratio in line.ratios):
            rows.append(["  ratio", *(writer.cell(cell) for cell in line.ratios)])
    return heads, rows


def _below(
    comparison: Comparison, headings: Sequence[str], lines: Sequence[Line], writer: Book
) -> tuple[list[Head], _Rows, dict[int, Fraction]]:
    """Lay out every spec as a row below the measure; also return the lengths of the bars, by row."""
    numeric = not any(is_symbolic(value) for line in lines for value in line.values if not isinstance(value, Shapes))
    heads = [_head(""), _head("value", numeric=numeric), _head("ratio", numeric=numeric)]
    rows: _Rows = []
    bars: dict[int, Fraction] = {}
    for line in lines:
        rows.append([LABELS[line.measure], "", ""])
        lengths = _lengths(comparison, line.measure)
        for number_, heading in enumerate(headings):
            if lengths:
                bars[len(rows)] = lengths[number_]
            rows.append([f"  {heading}", writer.cell(line.values[number_]), writer.cell(line.ratios[number_])])
    return heads, rows, bars


def _lengths(comparison: Comparison, measure: str) -> list[Fraction]:
    """Return the lengths of a measure's bars as parts of the longest; none where it has no bars."""
    values = comparison.values(measure) if measure in _BARRED else ()
    if not values or not all(is_rational(value) for value in values):
        return []
    longest = max(Fraction(value) for value in values)
    return [Fraction(value) / longest for value in values] if longest else []


def _bar(length: Fraction, room: int, screen: Screen) -> str:
    """Return a bar, to an eighth of a column where the screen has such characters; nothing but 0 is without one."""
    if not encodable(_EIGHTHS, screen.encoding):
        return "#" * max(round(length * room), length > 0)
    eighths = max(round(length * room * 8), int(length > 0))
    return _EIGHTHS[-1] * (eighths // 8) + (_EIGHTHS[eighths % 8 - 1] if eighths % 8 else "")


def _bars(comparison: Comparison, measures: Sequence[str], screen: Screen) -> Iterator[str]:
    """Yield the bars of the main measures, where all sides are numbers."""
    names = [screen.written(side.heading) for side in comparison.entries]
    longest = max(map(len, names))
    for measure in measures:
        lengths = _lengths(comparison, measure)
        if not lengths:
            continue
        values = [human_number(value) for value in comparison.values(measure) if is_rational(value)]
        widest = max(map(len, values))
        room = min(screen.width - longest - widest - 3 * _GAP, 60)
        if room < _LEAST_BAR:
            return
        yield "\n" + LABELS[measure] + "\n"
        for name, length, value in zip(names, lengths, values, strict=True):
            yield f"  {name:<{longest}}  {value:>{widest}}  {_bar(length, room, screen)}\n"


def _budget(comparison: Comparison, screen: Screen, units: str) -> str:
    """Return how the sides met the budget, as a table."""
    from flopcalc.render.terminal import listing_as_text

    equal = comparison.equal
    assert equal is not None
    writer = BookWriter(symbol_order(comparison), screen, human=units == "human")
    exact = BookWriter(symbol_order(comparison), screen)
    title = f"Equal {LABELS[equal.metric]}: {exact.number(equal.budget)}, by varying {equal.vary}"
    found = met(comparison, exact.number)
    if all(row.solution == "exact" for row in found):
        heads = [_head(""), _head(equal.vary)]
        return listing_as_text(heads, [[row.heading, exact.cell(row.value)] for row in found], screen, title)
    heads = [
        _head(""),
        _head(equal.vary, numeric=True),
        _head("solution"),
        _head("misses by", numeric=True),
        _head("%", numeric=True),
    ]
    rows = [
        [
            row.heading,
            exact.cell(Setting(row.value)),
            row.solution,
            _signed(row.miss, writer.number),
            _percent(row.relative),
        ]
        for row in found
    ]
    return listing_as_text(heads, rows, screen, title)


def _percent(relative: Number | None) -> str:
    if relative is None or not is_rational(relative):
        return ""
    return ("+" if relative > 0 else "") + percent(relative)


# -- for documents and programs --------------------------------------------------------------------------------------


def _header(comparison: Comparison) -> list[str]:
    first, *rest = (side.heading for side in comparison.entries)
    return ["", first, *(text for heading in rest for text in (heading, "ratio"))]


def _row(line: Line, writer: Book) -> list[str]:
    pairs = zip(line.values[1:], line.ratios[1:], strict=True)
    return [writer.cell(line.values[0]), *(writer.cell(cell) for pair in pairs for cell in pair)]


def comparison_as_markdown(
    comparison: Comparison, *, measures: Sequence[str] | None = None, human: bool = False
) -> str:
    """Return a comparison as a GitHub-flavoured Markdown table with its heading and its notes."""
    names = tuple(measures or comparison.measures)
    writer = BookMarkdown(symbol_order(comparison), human=human)
    exact = BookMarkdown(symbol_order(comparison))

    def row(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    header = [writer.words(text) for text in _header(comparison)]
    lines = [f"## {writer.words(title_of(comparison))}", ""]
    lines += [f"- {exact.phrase(line)}" for line in legend(comparison)]
    lines += ["", row(header), "| --- | " + " | ".join("---:" for _ in header[1:]) + " |"]
    lines += [row([LABELS[line.measure], *_row(line, writer)]) for line in lines_of(comparison, names)]
    for note in _all_notes(comparison, names, exact):
        lines += ["", note]
    return "\n".join(lines) + "\n"


def comparison_as_latex(comparison: Comparison, *, measures: Sequence[str] | None = None, human: bool = False) -> str:
    """Return a comparison as a LaTeX ``table``; the document needs the packages booktabs and amsmath."""
    names = tuple(measures or comparison.measures)
    writer = BookLatex(symbol_order(comparison), human=human)
    exact = BookLatex(symbol_order(comparison))
    sentences = [exact.words(title_of(comparison)), *(exact.phrase(line) for line in legend(comparison))]
    said = ". ".join(text.rstrip(".") for text in [*sentences, *_all_notes(comparison, names, exact)])
    header = [writer.words(text) for text in _header(comparison)]
    lines = [
        r"% \usepackage{amsmath,booktabs}",
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{said}.}}",
        rf"  \begin{{tabular}}{{l{'r' * (len(header) - 1)}}}",
        r"  \toprule",
        "  " + " & ".join(header) + r" \\",
        r"  \midrule",
        *(
            "  " + " & ".join([LABELS[line.measure], *_row(line, writer)]) + r" \\"
            for line in lines_of(comparison, names)
        ),
        r"  \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _all_notes(comparison: Comparison, measures: Sequence[str], writer: Book) -> Iterator[str]:
    """Yield what a document says below the table, how budgets were met first."""
    if comparison.equal is not None:
        yield _met_in_words(comparison, writer)
    for note in notes_of(comparison, measures):
        yield writer.phrase(note)


def _met_in_words(comparison: Comparison, writer: Book) -> str:
    equal = comparison.equal
    assert equal is not None
    parts = [writer.words(f"Equal {LABELS[equal.metric]}: ") + writer.number(equal.budget)]
    for row in met(comparison, as_text):
        value = writer.cell(Setting(row.value))
        share = _percent(row.relative)
        missed = writer.words(f" (misses by {share} %)") if share not in ("", "0") else ""
        parts.append(writer.words(f"{row.heading}: {equal.vary} = ") + value + missed)
    return "; ".join(parts) + "."


def comparison_as_csv(comparison: Comparison, *, measures: Sequence[str] | None = None) -> str:
    """Return a comparison as CSV: a row for every measure, exact, ratios as decimals or formulas."""
    names = tuple(measures or comparison.measures)
    first, *rest = (side.heading for side in comparison.entries)
    rows = [["metric", first, *(text for heading in rest for text in (heading, f"{heading} / {first}"))]]
    for line in lines_of(comparison, names):
        pairs = zip(line.values[1:], line.ratios[1:], strict=True)
        rows.append([line.measure, _exact(line.values[0])])
        rows[-1] += [text for value, ratio in pairs for text in (_exact(value), _plain(ratio))]
    return rows_as_csv(rows)


def _exact(cell: Cell) -> str:
    return as_text(cell.value) if isinstance(cell, Ratio) else _plain(cell)


def _plain(cell: Cell) -> str:
    if isinstance(cell, Ratio):
        return repr(float(cell.value)) if isinstance(cell.value, Fraction) else as_text(cell.value)
    if isinstance(cell, Shapes):
        return "x".join(as_text(side) for side in cell.shapes[0])
    return "" if cell is None else as_text(cell)


def comparison_as_dict(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as one object of JSON's types: integers for numbers, strings for formulas and fractions."""
    report = comparison.sides[0]
    totals = {measure: _values(comparison, measure) for measure in (*SWEPT, *SIDES)}
    ratios = {measure: comparison.ratios(measure) for measure in (*SWEPT, *SIDES) if _has_ratios(comparison, measure)}
    result: dict[str, Any] = {
        "schema": SCHEMA,
        "convention": report.convention.name,
        "dtype": report.dtype,
        "symbols": {
            symbol.name: f"positive {'integer' if symbol.is_integer else 'real'}"
            for symbol in _found(comparison, COUNTED)
        },
        "rounding": "exact" if report.exact_rounding or not comparison.symbolic else "ideal",
        "sides": [],
    }
    for position, side in enumerate(comparison.entries):
        result["sides"].append(
            {
                "spec": side.report.name,
                "heading": side.heading,
                "title": side.report.spec.title,
                "source": side.report.spec.source,
                "parameters": {name: as_text(value) for name, value in side.parameters.items()},
                "input": _inputs(side),
                "assumed": list(side.report.assumed),
                "totals": {measure: _ratio(values[position]) for measure, values in totals.items()},
                "ratios": {measure: _ratio(values[position]) for measure, values in ratios.items()},
            }
        )
    if comparison.equal is not None:
        result["equal"] = _equal(comparison)
    return result


def _values(comparison: Comparison, measure: str) -> tuple[Number | None, ...]:
    """Return a measure of every side; None where a side has none, as the peak of a repeat without a number."""
    try:
        return comparison.values(measure)
    except FlopcalcError:
        return tuple(map(partial(_value, measure=measure), comparison.entries))


def _value(side: Side, measure: str) -> Number | None:
    try:
        return side.value(measure)
    except FlopcalcError:
        return None


def _has_ratios(comparison: Comparison, measure: str) -> bool:
    """Tell whether the sides' ratios are said: those of costs; ratios of formulas that are ratios help nobody."""
    metric = METRICS[measure]
    if not metric.layered or (not metric.whole and comparison.symbolic):
        return False
    return None not in _values(comparison, measure)


def _ratio(value: Number | None) -> int | str | None:
    return None if value is None else number(value)


def _inputs(side: Side) -> Any:
    shapes = {label: [number(side.put(item)) for item in shape] for label, shape in side.report.inputs.items()}
    return shapes["input"] if list(shapes) == ["input"] else shapes


def _ends(span: Span) -> dict[str, Any]:
    assert span.low is not None
    assert span.high is not None
    return {
        "low": end_text(span.low),
        "low_closed": span.low_closed,
        "high": end_text(span.high),
        "high_closed": span.high_closed,
    }


def _equal(comparison: Comparison) -> dict[str, Any]:
    equal = comparison.equal
    assert equal is not None
    sides: list[Any] = []
    for side, row in zip(comparison.entries[1:], met(comparison, as_text), strict=True):
        balanced = side.balanced
        assert balanced is not None
        solution = balanced.solution
        entry: dict[str, Any] = {
            "side": side.heading,
            "value": number(balanced.value),
            "solution": None,
            "interval": None,
            "miss": number(balanced.miss),
            "relative": _ratio(row.relative),
            "formula_is_exact": balanced.exact,
            "where": list(balanced.where),
            "step": None if balanced.step is None else _ends(balanced.step),
            "refused": [{"value": number(value), "reason": why} for value, why in balanced.refused],
            "other": None,
            "recounted": balanced.recounted,
            "assumed": balanced.assumed or None,
            "proven_from": None if balanced.proven_from is None else number(normal(balanced.proven_from)),
            "rises": balanced.rises,
        }
        if isinstance(solution, Root):
            close = solution.within(Fraction(1, 10**9))
            entry["solution"] = None if solution.closed is None else number(solution.closed)
            entry["interval"] = [as_text(close.low), as_text(close.high)]
        elif solution is not None:
            entry["solution"] = number(solution)
        if balanced.other is not None:
            entry["other"] = {"value": number(balanced.other[0]), "miss": number(balanced.other[1])}
        sides.append(entry)
    return {"metric": equal.metric, "vary": equal.vary, "budget": number(equal.budget), "sides": sides}
