"""What ``flopcalc compare`` says: measures as rows, specs as columns with their ratios to the first, and bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

from flopcalc.comparison import FIELDS, Balanced, Comparison, Side
from flopcalc.errors import FlopcalcError
from flopcalc.graph import Schedule
from flopcalc.metrics import COUNTED, METRICS, SIDES, SWEPT
from flopcalc.number import Number, as_text, is_rational, is_symbolic, normal, readable
from flopcalc.page.model import Bars, Block, Column, Line, Page, Said, Table, View, listing
from flopcalc.render.book import BookWriter
from flopcalc.render.cells import Cell, Digits, Hint, Phrase, Ratio, Setting, Shapes, Signed
from flopcalc.render.json import number
from flopcalc.render.spans import end_text, span_text
from flopcalc.render.table import symbols_of, what_they_are
from flopcalc.render.units import exact_number, human_number, percent, rounded
from flopcalc.report import DTYPES
from flopcalc.solving.path import Span
from flopcalc.theory.balance import Root
from flopcalc.theory.textbook import textbook

__all__ = ["SCHEMA", "compare_page"]

SCHEMA = "flopcalc.comparison/1"
"""What the key ``schema`` says: the layout, and its version."""

LABELS: Mapping[str, str] = {name: metric.header for name, metric in METRICS.items()}
"""What the rows are called."""

_BARRED = ("params", "flops", "mac")
"""The measures that have bars."""

_SHORT = 12
"""The longest exact solution that is written beside its digits."""


def compare_page(comparison: Comparison, measures: Sequence[str] | None = None) -> Page:
    r"""Return the page of specs side by side.

    Parameters
    ----------
    comparison : Comparison
    measures : sequence of str, optional
        From :data:`flopcalc.comparison.MEASURES`; those that say something where not given.

    Examples
    --------
    >>> from flopcalc import compare
    >>> from flopcalc.page.terminal import page_as_text
    >>> page = compare_page(compare("pointwise_conv", "separable_conv"), ["params"])
    >>> print(page_as_text(page).split("\n\n")[1])
            pointwise_conv  separable_conv     ratio
    ────────────────────────────────────────────────
    Params              CO        K²C + CO  K²/O + 1
    """
    names = tuple(measures or comparison.measures)
    return Page(
        ((title_of(comparison),), *_legend(comparison)),
        tuple(_blocks(comparison, names)),
        _symbol_order(comparison),
        partial(_data, comparison),
        partial(_records, comparison, names),
        apart=True,
    )


def title_of(comparison: Comparison) -> str:
    """Return what is compared with what."""
    first, *rest = comparison.entries
    text = f"{first.heading} beside {', '.join(side.heading for side in rest)}"
    if comparison.equal is None:
        return text
    return f"{text} at equal {LABELS[comparison.equal.metric]}"


def _blocks(comparison: Comparison, measures: Sequence[str]) -> Iterator[Block]:
    yield _table(comparison, measures)
    if comparison.equal is not None:
        yield _budget(comparison)
    yield Said(tuple(_notes(comparison, measures)))


def _symbol_order(comparison: Comparison) -> tuple[str, ...]:
    """Return the names of the symbols in the order in which the specs declare them."""
    return tuple(dict.fromkeys(name for side in comparison.sides for name in side.parameters))


# -- the table -------------------------------------------------------------------------------------------------------


def _cells(comparison: Comparison, measure: str) -> list[tuple[Phrase, Phrase]]:
    """Return a measure's value and ratio for every side; receptive fields have no ratio."""
    if measure in FIELDS:
        return [((Shapes((side.field(measure),)),), ()) for side in comparison.entries]
    whole = METRICS[measure].whole
    pairs = zip(comparison.values(measure), comparison.ratios(measure), strict=True)
    return [((value if whole else Ratio(value),), () if ratio is None else (Ratio(ratio),)) for value, ratio in pairs]


def _table(comparison: Comparison, measures: Sequence[str]) -> Table:
    """Return specs as columns with their ratios beside them; where there is no room below them; or specs as rows."""
    found = {measure: _cells(comparison, measure) for measure in measures}
    beside, below, down = _beside(comparison, found), _below(comparison, found), _down(comparison, found)
    short = (_shortened(beside), _shortened(below))
    return replace(beside, others=(below, *short, down), bars=tuple(_bars(comparison, measures)))


def _shortened(table: Table) -> Table:
    """Return a table whose numbers may have units, where there is no room for every digit."""
    return replace(table, views=(replace(table.views[0], exact=False, short=True),))


_Found = Mapping[str, list[tuple[Phrase, Phrase]]]


def _beside(comparison: Comparison, found: _Found) -> Table:
    """Return every spec as a column, with its ratio as the next."""
    columns = [Column("measure", "", numeric=False)]
    for index, side in enumerate(comparison.entries):
        columns += [Column(f"value{index}", side.heading), Column(f"ratio{index}", "ratio")]
    del columns[2]  # the first one's, which is 1
    rows = [[LABELS[name], *(cell for pair in pairs for cell in pair)] for name, pairs in found.items()]
    return listing(columns, [[*row[:2], *row[3:]] for row in rows])


def _below(comparison: Comparison, found: _Found) -> Table:
    """Return every spec as a column, with the ratios in a row of their own."""
    names = ["measure", *(f"value{index}" for index in range(len(comparison.entries)))]
    heads = ["", *(side.heading for side in comparison.entries)]
    columns = [Column(name, head, numeric=bool(head)) for name, head in zip(names, heads, strict=True)]
    lines: list[Line] = []
    for measure, pairs in found.items():
        values, ratios = zip(*pairs, strict=True)
        lines.append(Line(((LABELS[measure],), *values)))
        if any(ratios):
            lines.append(Line((("ratio",), *ratios), depth=1))
    return Table(tuple(columns), tuple(lines), (View(tuple(names), exact=True),))


def _down(comparison: Comparison, found: _Found) -> Table:
    """Return every spec as a row below the measure."""
    formulas = any(
        is_symbolic(value) for measure in found if measure not in FIELDS for value in comparison.values(measure)
    )
    columns = [Column(name, name, numeric=not formulas) for name in ("value", "ratio")]
    lines: list[Line] = []
    for measure, pairs in found.items():
        lines.append(Line(((LABELS[measure],), (), ()), role="group"))
        lengths: Sequence[Fraction | None] = _lengths(comparison, measure) or [None] * len(pairs)
        for side, pair, length in zip(comparison.entries, pairs, lengths, strict=True):
            lines.append(Line(((side.heading,), *pair), depth=1, bar=length))
    views = (View(("side", "value", "ratio"), exact=True),)
    return Table((Column("side", "", numeric=False), *columns), tuple(lines), views)


def _bars(comparison: Comparison, measures: Sequence[str]) -> Iterator[Bars]:
    """Yield the bars of the main measures."""
    names = [side.heading for side in comparison.entries]
    for measure in measures:
        if lengths := _lengths(comparison, measure):
            values = [Digits(human_number(value)) for value in comparison.values(measure) if is_rational(value)]
            yield Bars(LABELS[measure], tuple(zip(names, values, lengths, strict=True)))


def _lengths(comparison: Comparison, measure: str) -> list[Fraction]:
    """Return the lengths of a measure's bars as parts of the longest; none where it has no bars."""
    values = comparison.values(measure) if measure in _BARRED else ()
    if not values or not all(is_rational(value) for value in values):
        return []
    longest = max(Fraction(value) for value in values)
    return [Fraction(value) / longest for value in values] if longest else []


# -- what is said beside it ------------------------------------------------------------------------------------------


def _legend(comparison: Comparison) -> Iterator[Phrase]:
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


def _notes(comparison: Comparison, measures: Sequence[str]) -> Iterator[Phrase]:
    """Yield what was counted, and what was taken for granted."""
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
            hint = Hint(" (--exact-rounding keeps it)")
            yield "Rounding of symbols is read as in textbooks: sizes divide evenly", hint, "."
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
    return symbols_of(values, _symbol_order(comparison))


# -- equal budgets ---------------------------------------------------------------------------------------------------


def _budget(comparison: Comparison) -> Table:
    """Return how the sides met the budget, and below it what else is to be known of their values."""
    equal = comparison.equal
    assert equal is not None
    budget = Digits(exact_number(equal.budget)) if is_rational(equal.budget) else equal.budget
    title = (f"Equal {LABELS[equal.metric]}: ", budget, f", by varying {equal.vary}")
    met = [(side.heading, side.balanced) for side in comparison.entries if side.balanced is not None]
    columns = [Column("side", "", numeric=False, whole=True), Column("value", equal.vary)]
    rows: list[list[Cell | Phrase]] = [[heading, Setting(balanced.value)] for heading, balanced in met]
    if all(balanced.solution is not None and not isinstance(balanced.solution, Root) for _, balanced in met):
        table = listing([columns[0], replace(columns[1], numeric=False)], rows, title)
    else:
        columns += [Column("solution", "solution", numeric=False), Column("miss", "misses by"), Column("percent", "%")]
        write = BookWriter(_symbol_order(comparison))
        for row, (_, balanced) in zip(rows, met, strict=True):
            relative = _relative(comparison, balanced)
            share = Digits(_percent(relative)) if relative is not None and is_rational(relative) else None
            row += [_solution(balanced, write), _signed(balanced.miss), share]
        table = listing(columns, rows, title)
    return replace(table, notes=tuple(_remarks(comparison)))


def _relative(comparison: Comparison, balanced: Balanced) -> Number | None:
    """Return what a side misses the budget by as a part of it."""
    equal = comparison.equal
    assert equal is not None
    ratios = zip(comparison.entries, comparison.ratios(equal.metric), strict=True)
    ratio = next(ratio for side, ratio in ratios if side.balanced is balanced)
    return None if ratio is None else textbook(ratio - 1)


def _solution(balanced: Balanced, write: BookWriter) -> Phrase:
    """Return the real solution: exact where that is short, and its digits."""
    solution = balanced.solution
    if solution is None:
        return ("no formula",)
    if not isinstance(solution, Root):
        return ("exact",)
    mark = "" if balanced.exact else " if nothing were rounded"
    if is_rational(solution.closed):
        return Digits(exact_number(solution.closed)), mark
    near = solution.nearly()
    digits: Phrase = ("≈ ", Digits(rounded(near, 2 if near >= 10 else 4)), mark)
    if solution.closed is not None and len(write.number(solution.closed)) <= _SHORT:
        return solution.closed, " ", *digits
    return digits


def _remarks(comparison: Comparison) -> Iterator[Phrase]:
    """Yield what else is to be known of the balanced values."""
    equal = comparison.equal
    assert equal is not None
    for side in comparison.entries:
        balanced = side.balanced
        if balanced is None:
            continue
        name = f"{side.heading}: "
        if balanced.refused:
            (value, why), *rest = balanced.refused
            others = f" (nor {', '.join(readable(item) for item, _ in rest[:5])})" if rest else ""
            yield name, f"{equal.vary} = ", Setting(value), f"{others} cannot be: {why}."
        if balanced.other is not None:
            value, miss = balanced.other
            formula = is_symbolic(miss) or is_symbolic(equal.budget)
            part = textbook(miss / equal.budget) if formula else Fraction(miss) / equal.budget
            share: Phrase = (" (", Digits(_percent(part)), " %)") if is_rational(part) else ()
            on = f"on the other side {equal.vary} = "
            yield name, on, Setting(value), " misses by ", _signed(miss), *share, "."
        if balanced.where:
            yield name, f"this holds where {' and '.join(balanced.where)}."
        if balanced.step is not None:
            yield name, f"the same network: {span_text(equal.vary, balanced.step)}."
        if not balanced.exact:
            yield name, _proof(balanced, LABELS[equal.metric], equal.vary)


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


def _signed(value: Number) -> Cell:
    """Return a number with its sign, or a formula as it is."""
    return Signed(value) if is_rational(value) and value > 0 else value


def _percent(value: int | Fraction) -> str:
    return ("+" if value > 0 else "") + percent(value)


# -- data ------------------------------------------------------------------------------------------------------------


def _records(comparison: Comparison, measures: Sequence[str]) -> list[Sequence[str]]:
    """Return a row for every measure, exact, ratios as decimals or formulas."""
    first, *rest = (side.heading for side in comparison.entries)
    rows: list[Sequence[str]] = []
    rows.append(["metric", first, *(text for heading in rest for text in (heading, f"{heading} / {first}"))])
    for measure in measures:
        (value, _), *pairs = _cells(comparison, measure)
        others = (text for value, ratio in pairs for text in (_exact(value), _plain(ratio)))
        rows.append([measure, _exact(value), *others])
    return rows


def _exact(phrase: Phrase) -> str:
    (cell,) = phrase
    return as_text(cell.value) if isinstance(cell, Ratio) else _plain(phrase)


def _plain(phrase: Phrase) -> str:
    cell = phrase[0] if phrase else None
    if isinstance(cell, Ratio):
        return repr(float(cell.value)) if isinstance(cell.value, Fraction) else as_text(cell.value)
    if isinstance(cell, Shapes):
        return "x".join(as_text(side) for side in cell.shapes[0])
    return "" if cell is None else as_text(cell)


def _data(comparison: Comparison) -> dict[str, Any]:
    """Return one object: integers for numbers, strings for formulas and fractions."""
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
    for side in comparison.entries[1:]:
        balanced = side.balanced
        assert balanced is not None
        solution = balanced.solution
        entry: dict[str, Any] = {
            "side": side.heading,
            "value": number(balanced.value),
            "solution": None,
            "interval": None,
            "miss": number(balanced.miss),
            "relative": _ratio(_relative(comparison, balanced)),
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
