"""What ``flopcalc compare`` says: measures and specs, one as rows and the other as columns, with ratios, and bars."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

from flopcalc.comparison import FIELDS, Balanced, Comparison, Side
from flopcalc.errors import FlopcalcError
from flopcalc.graph import Schedule
from flopcalc.layers import Shape
from flopcalc.metrics import COUNTED, METRICS, SIDES, SWEPT
from flopcalc.number import Number, Value, as_text, is_rational, is_symbolic, normal, readable
from flopcalc.page.model import Bars, Block, Column, Line, Page, Said, Table, View, listing
from flopcalc.render.book import BookWriter
from flopcalc.render.cells import Cell, Digits, Hint, Least, Phrase, Ratio, Setting, Shapes, Signed, least
from flopcalc.render.formula import BOOK
from flopcalc.render.json import number, unknown_as_list
from flopcalc.render.spans import end_text, span_text
from flopcalc.render.table import from_below, of_models, symbols_of, what_they_are
from flopcalc.render.units import alike, exact_number, human_number, percent, rounded
from flopcalc.report import DTYPES
from flopcalc.solving.path import Span
from flopcalc.spec.model import Spec
from flopcalc.theory.roots import Root
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

MANY = 4
"""From so many specs on, documents have them as rows, by themselves."""

_IN_PAPER = ("params", "flops", "mac")
"""The measures that a paper's column has room for beside their ratios."""

_ALONE_IN_PAPER = (*_IN_PAPER, "activations", "peak_memory")
"""Those that it has room for where there are no ratios."""


def compare_page(
    comparison: Comparison,
    measures: Sequence[str] | None = None,
    *,
    transpose: bool | None = None,
    ratio: bool = True,
) -> Page:
    r"""Return the page of specs side by side.

    Parameters
    ----------
    comparison : Comparison
    measures : sequence of str, optional
        From :data:`flopcalc.comparison.MEASURES`; those that say something where not given.
    transpose : bool, optional
        Whether specs are rows, and measures columns; where not given, so it is in documents from four specs on.
    ratio : bool
        Whether ratios to the first stand beside the values.

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
    records = _records_across if transpose else _records
    return Page(
        ((title_of(comparison),), *_legend(comparison)),
        tuple(_blocks(comparison, _table(comparison, names, transpose, ratio=ratio), names, ratio=ratio)),
        _symbol_order(comparison),
        partial(_data, comparison),
        partial(records, comparison, names, ratio=ratio),
        apart=True,
        paper=partial(_paper, comparison, measures, transpose, ratio),
    )


def title_of(comparison: Comparison) -> str:
    """Return what is compared with what."""
    first, *rest = comparison.entries
    text = f"{first.heading} beside {', '.join(side.heading for side in rest)}"
    if comparison.equal is None:
        return text
    return f"{text} at equal {LABELS[comparison.equal.metric]}"


def _blocks(comparison: Comparison, table: Table, measures: Sequence[str], *, ratio: bool) -> Iterator[Block]:
    yield table
    if comparison.equal is not None:
        yield _budget(comparison)
    yield Said(tuple(_notes(comparison, measures, ratio=ratio)))


def _symbol_order(comparison: Comparison) -> tuple[str, ...]:
    """Return the names of the symbols in the order in which the specs declare them."""
    return tuple(dict.fromkeys(name for side in comparison.sides for name in side.parameters))


# -- the table -------------------------------------------------------------------------------------------------------


_Found = Mapping[str, list[tuple[Phrase, Phrase]]]
"""The values and ratios of measures, by what the measures are called."""


def _cells(comparison: Comparison, measure: str) -> list[tuple[Phrase, Phrase]]:
    """Return a measure's value and ratio for every side; receptive fields have no ratio."""
    if measure in FIELDS:
        return [((Shapes((side.field(measure),)),), ()) for side in comparison.entries]
    whole = METRICS[measure].whole
    sides = [side.is_least(measure) for side in comparison.sides]
    pairs = zip(comparison.values(measure), comparison.ratios(measure), sides, strict=True)
    cells: list[tuple[Phrase, Phrase]] = []
    for value, ratio, open_ in pairs:
        cell = value if whole else Ratio(value)
        unsure: Phrase = ("?",) if open_ or sides[0] else ()
        cells.append(((least(cell) if open_ else cell,), unsure if ratio is None else (Ratio(ratio),)))
    return cells


def _table(comparison: Comparison, measures: Sequence[str], transpose: bool | None, *, ratio: bool) -> Table:
    """Return specs as columns with their ratios beside them; where there is no room below them; or specs as rows."""
    found = _found(comparison, measures, ratio=ratio)
    bars = tuple(_bars(comparison, measures))
    across = replace(_across(comparison, found), bars=bars)
    if transpose:
        return across
    beside, below = _beside(comparison, found), _below(comparison, found)
    others = (below, _shortened(beside), _shortened(below), _down(comparison, found, measures))
    printed = across if transpose is None and len(comparison.entries) >= MANY else None
    return replace(beside, others=others, bars=bars, printed=printed)


def _found(comparison: Comparison, measures: Sequence[str], *, ratio: bool) -> _Found:
    """Return the cells of measures by their labels."""
    pairs = {LABELS[measure]: _cells(comparison, measure) for measure in measures}
    return pairs if ratio else {name: [(value, ()) for value, _ in cells] for name, cells in pairs.items()}


def _shortened(table: Table) -> Table:
    """Return a table whose numbers may have units, where there is no room for every digit."""
    return replace(table, views=(replace(table.views[0], exact=False, short=True),))


def _beside(comparison: Comparison, found: _Found) -> Table:
    """Return every spec as a column, with its ratio as the next."""
    ratios = any(ratio for pairs in found.values() for _, ratio in pairs)
    columns = [Column("measure", "", numeric=False)]
    for index, side in enumerate(comparison.entries):
        columns.append(Column(f"value{index}", side.heading))
        columns += [Column(f"ratio{index}", "ratio")] * (ratios and index > 0)  # the first one's is 1
    rows = []
    for name, ((value, _), *others) in found.items():
        rows.append([name, value, *(cell for pair in others for cell in pair[: 1 + ratios])])
    return listing(columns, rows)


def _across(comparison: Comparison, found: _Found) -> Table:
    """Return every measure as a column, with its ratios as the next, and every spec as a row."""
    columns = [Column("side", "", numeric=False, whole=True)]
    rows: list[list[Cell | Phrase]] = [[side.heading] for side in comparison.entries]
    for name, pairs in found.items():
        ratios = any(ratio for _, ratio in pairs)
        columns += [Column(name, name), Column(f"{name} ratio", "ratio", tied=True)][: 1 + ratios]
        for row, pair in zip(rows, pairs, strict=True):
            row += pair[: 1 + ratios]
    return replace(listing(columns, rows), stay=1)


def _below(comparison: Comparison, found: _Found) -> Table:
    """Return every spec as a column, with the ratios in a row of their own."""
    names = ["measure", *(f"value{index}" for index in range(len(comparison.entries)))]
    heads = ["", *(side.heading for side in comparison.entries)]
    columns = [Column(name, head, numeric=bool(head)) for name, head in zip(names, heads, strict=True)]
    lines: list[Line] = []
    for name, pairs in found.items():
        values, ratios = zip(*pairs, strict=True)
        lines.append(Line(((name,), *values)))
        if any(ratios):
            lines.append(Line((("ratio",), *ratios), depth=1))
    return Table(tuple(columns), tuple(lines), (View(tuple(names), exact=True),))


def _down(comparison: Comparison, found: _Found, measures: Sequence[str]) -> Table:
    """Return every spec as a row below the measure."""
    formulas = any(
        is_symbolic(value) for measure in measures if measure not in FIELDS for value in comparison.values(measure)
    )
    ratios = any(ratio for pairs in found.values() for _, ratio in pairs)
    columns = [Column(name, name, numeric=not formulas) for name in ("value", "ratio")][: 1 + ratios]
    lines: list[Line] = []
    for measure, (name, pairs) in zip(measures, found.items(), strict=True):
        lines.append(Line(((name,), *[()] * len(columns)), role="group"))
        lengths: Sequence[Fraction | None] = _lengths(comparison, measure) or [None] * len(pairs)
        for side, pair, length in zip(comparison.entries, pairs, lengths, strict=True):
            lines.append(Line(((side.heading,), *pair[: len(columns)]), depth=1, bar=length))
    views = (View(("side", *(column.name for column in columns)), exact=True),)
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
    if any(side.is_least(measure) for side in comparison.sides):
        return []
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
        for position, (name, value) in enumerate(_given(comparison, side).items()):
            parts += ["; " if position == 0 else ", ", f"{name} = ", Setting(value)]
        for label, shape in _shapes(side).items():
            parts += ["; ", f"{label} = ", shape]
        yield tuple(parts)


def _given(comparison: Comparison, side: Side) -> dict[str, Value]:
    """Return the values that a side is given, and what is varied; not those that are symbols of the same name."""
    names = dict.fromkeys(side.given)
    if comparison.equal is not None and side.balanced is not None and comparison.equal.vary in side.parameters:
        names[comparison.equal.vary] = None
    return {name: side.parameters[name] for name in names if as_text(side.parameters[name]) != name}


def _shapes(side: Side) -> dict[str, Shape]:
    """Return the inputs of a side by their labels."""
    return {label: tuple(map(side.put, shape)) for label, shape in side.report.inputs.items()}


def _notes(comparison: Comparison, measures: Sequence[str], *, ratio: bool) -> Iterator[Phrase]:
    """Yield what was counted, and what was taken for granted."""
    report = comparison.sides[0]
    if report.reading.said:
        yield (f"Every side is read so: {', '.join(report.reading.said)}.",)
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
    if ratio:
        yield (f"Ratios are to {comparison.entries[0].heading}.",)
    if symbols := _symbols(comparison, measures):
        yield what_they_are(symbols)
        if report.exact_rounding:
            yield ("Rounding is kept exact: floor and ceiling stay in the formulas.",)
        else:
            hint = Hint(" (--exact-rounding keeps it)")
            yield "Rounding of symbols is read as in textbooks: sizes divide evenly", hint, "."
    yield from from_below(*comparison.sides)
    yield from of_models(*comparison.sides)
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


def _symbols(comparison: Comparison, measures: Sequence[str]) -> list[Any]:
    """Return the symbols of some measures, in the order in which the specs declare them."""
    values = [value for name in measures if name not in FIELDS for value in comparison.values(name)]
    values += [side.balanced.value for side in comparison.entries if side.balanced is not None]
    return symbols_of(values, _symbol_order(comparison))


# -- in papers -------------------------------------------------------------------------------------------------------


def _paper(
    comparison: Comparison, measures: Sequence[str] | None, transpose: bool | None, ratio: bool, exact: bool
) -> Page:
    """Return the page as a paper has it: titles for names, units in the headers, and as much as a column has room for.

    What every side has in common is said once; where the specs come from, beside it.
    """
    named = _titled(comparison)
    across = len(named.entries) >= MANY if transpose is None else transpose
    every = tuple(measures or comparison.measures)
    room = _IN_PAPER if ratio else _ALONE_IN_PAPER
    shown = tuple(name for name in every if name in room) if across and measures is None else every
    found = _found(named, shown, ratio=ratio)
    if not exact:
        found = dict(map(_with_unit, shown, found.values()))
    table = _across(named, found) if across else _beside(named, found)
    return Page(
        ((title_of(named),), *_each_with(named)),
        tuple(_blocks(named, table, shown, ratio=ratio)),
        _symbol_order(comparison),
        partial(_data, comparison),
        partial(_records, comparison, every, ratio=ratio),
        aside=tuple(_aside(named, [name for name in every if name not in shown])),
    )


def _with_unit(measure: str, pairs: list[tuple[Phrase, Phrase]]) -> tuple[str, list[tuple[Phrase, Phrase]]]:
    """Return the label of a measure with the unit that all its numbers have, and the numbers in it."""
    values = [value[0] for value, _ in pairs]
    label, numbers = LABELS[measure], [value for value in values if isinstance(value, (int, Fraction))]
    if len(numbers) < len(values):
        return label, pairs
    unit, texts = alike(numbers)
    unit += "B" * (METRICS[measure].unit == "byte")
    said: list[Phrase] = [(Digits(text),) for text in texts]
    return f"{label} ({unit})" if unit else label, list(zip(said, (ratio for _, ratio in pairs), strict=True))


def _titled(comparison: Comparison) -> Comparison:
    """Return the comparison with titles as headings, and the values that not every side is given beside them."""
    shared = _shared([_given(comparison, side) for side in comparison.entries])
    write = BookWriter(_symbol_order(comparison))
    titles = []
    for side in comparison.entries:
        given = {name: value for name, value in _given(comparison, side).items() if name not in shared}
        values = (f"{BOOK.symbol(name)} = {write.cell(Setting(value))}" for name, value in given.items())
        titles.append(", ".join([_title(side.report.spec), *values]))
    pairs = zip(comparison.entries, titles, strict=True)
    entries = (replace(side, heading=side.heading if titles.count(title) > 1 else title) for side, title in pairs)
    return replace(comparison, entries=tuple(entries))


def _title(spec: Spec) -> str:
    """Return what a paper calls a network: its title, and what the name of its variant has more.

    Examples
    --------
    >>> from flopcalc import load
    >>> [_title(load(name)) for name in ("mobilenet_v1", "resnet50", "efficientnet_b0", "shufflenet_v2_x1_0")]
    ['MobileNetV1', 'ResNet-50', 'EfficientNet-B0', 'ShuffleNetV2-x1.0']
    >>> _title(load("wide_resnet50_2"))
    'ResNet (wide_resnet50_2)'
    """
    title = spec.title or spec.called
    if not spec.variant:
        return title
    letters = r"[\W_]*".join(re.escape(letter) for letter in re.sub(r"[\W_]", "", title))
    begins = re.match(letters, spec.variant, re.IGNORECASE)
    rest = spec.variant[begins.end() :].strip("_") if begins else ""
    if not rest or (spec.variant == rest):
        return f"{title} ({spec.variant})"
    rest = re.sub(r"(?<=\d)_(?=\d)", ".", rest).replace("_", "-")
    return f"{title}-{rest.upper() if re.fullmatch('[a-z][0-9]?', rest) else rest}"


def _shared(values: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what all have alike."""
    first, *others = values
    return {name: value for name, value in first.items() if all(name in one and one[name] == value for one in others)}


def _each_with(comparison: Comparison) -> Iterator[Phrase]:
    """Yield the values and inputs of sides: once what they have in common, and then what is each one's own."""
    shapes = [_shapes(side) for side in comparison.entries]
    shared = _shared(shapes)
    values = _shared([_given(comparison, side) for side in comparison.entries])
    alike: list[Phrase] = [(f"{name} = ", Setting(value)) for name, value in values.items()]
    alike += [(f"{label} = ", shape) for label, shape in shared.items()]
    if alike:
        yield ("For each: ", *(cell for number, part in enumerate(alike) for cell in (*[", "] * (number > 0), *part)))
    for side, own in zip(comparison.entries, shapes, strict=True):
        for label, shape in own.items():
            if label not in shared:
                yield f"{side.heading}: {label} = ", shape


def _aside(comparison: Comparison, missing: Sequence[str]) -> Iterator[Phrase]:
    """Yield where the specs come from, and what the table has no room for."""
    for side in comparison.entries:
        if side.report.spec.source:
            yield (f"{side.heading}: {side.report.spec.source}",)
    if missing:
        yield (f"For want of room without {', '.join(missing)}: --metrics NAME,... chooses.",)


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
            yield name, "this holds where ", *_relations(balanced), "."
        if balanced.step is not None:
            yield name, f"the same network: {span_text(equal.vary, balanced.step)}."
        if not balanced.exact:
            yield name, _proof(balanced, LABELS[equal.metric], equal.vary)


def _relations(balanced: Balanced) -> Phrase:
    """Return what has to hold for a formula, with words between."""
    signs = {">": " > ", ">=": " ≥ "}
    return tuple(cell for left, sign, right in balanced.where for cell in (" and ", left, signs[sign], right))[1:]


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


def _records(comparison: Comparison, measures: Sequence[str], *, ratio: bool) -> list[Sequence[str]]:
    """Return a row for every measure, exact, ratios as decimals or formulas."""
    first, *rest = (side.heading for side in comparison.entries)
    rows: list[Sequence[str]] = []
    heads = (text for heading in rest for text in (heading, f"{heading} / {first}")[: 1 + ratio])
    rows.append(["metric", first, *heads])
    for measure in measures:
        (value, _), *pairs = _cells(comparison, measure)
        others = (text for pair in pairs for text in _exact_pair(*pair)[: 1 + ratio])
        rows.append([measure, _exact(value), *others])
    return rows


def _records_across(comparison: Comparison, measures: Sequence[str], *, ratio: bool) -> list[Sequence[str]]:
    """Return a row for every spec, as exact."""
    heads = (text for name in measures for text in (name, f"{name} ratio")[: 1 + (ratio and name not in FIELDS)])
    rows = [["spec", *heads], *([side.heading] for side in comparison.entries)]
    for name in measures:
        for row, pair in zip(rows[1:], _cells(comparison, name), strict=True):
            row += _exact_pair(*pair)[: 1 + (ratio and name not in FIELDS)]
    return [*rows]


def _exact_pair(value: Phrase, ratio: Phrase) -> tuple[str, str]:
    return _exact(value), _plain(ratio)


def _exact(phrase: Phrase) -> str:
    (cell,) = phrase
    if isinstance(cell, Least):
        return f">= {_exact((cell.cell,))}"
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
        "reading": report.reading.as_dict(),
        "symbols": {
            symbol.name: f"positive {'integer' if symbol.is_integer else 'real'}"
            for symbol in _symbols(comparison, COUNTED)
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
                "unknown_costs": unknown_as_list(side.report),
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
            "where": [f"{as_text(left)} {sign} {as_text(right)}" for left, sign, right in balanced.where],
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
