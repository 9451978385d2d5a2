"""Convolutions beside the least of their memory access cost: for a screen, as JSON, CSV, Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import TYPE_CHECKING, Any

from flopcalc.number import Number, as_text, divide, is_rational
from flopcalc.render.book import Book, BookLatex, BookMarkdown, BookWriter
from flopcalc.render.cells import Phrase, Share
from flopcalc.render.csv import rows_as_csv
from flopcalc.render.json import number, report_as_dict
from flopcalc.render.latex import escaped_latex
from flopcalc.render.table import caption, heading, in_bytes, symbol_order
from flopcalc.render.units import rounded
from flopcalc.report import share
from flopcalc.theory.bounds import Bound, BoundGroup, Bounds, largest

if TYPE_CHECKING:
    from flopcalc.render.terminal import Screen

__all__ = ["SCHEMA", "bounds_as_csv", "bounds_as_dict", "bounds_as_latex", "bounds_as_markdown", "bounds_as_text"]

SCHEMA = "flopcalc.bound/1"
"""What the key ``schema`` says: the layout, and its version."""

DECIMALS = 6
"""Decimals of real widths in JSON and CSV, where they are irrational."""

_LADDER: Sequence[tuple[str, ...]] = (
    ("layer", "operation", "widths", "best", "mac", "least", "ratio", "excess", "excess%"),
    ("layer", "operation", "widths", "best", "mac", "least", "ratio", "excess"),
    ("layer", "operation", "widths", "best", "mac", "least", "ratio"),
    ("layer", "widths", "best", "mac", "least", "ratio"),
    ("layer", "best", "mac", "least", "ratio"),
    ("layer", "mac", "least", "ratio"),
    ("layer", "mac", "ratio"),
)
"""The columns of layers, from the widest screen to the narrowest."""

_FORMULAS: Sequence[tuple[str, ...]] = (
    ("layer", "operation", "mac", "least", "square", "condition"),
    ("layer", "mac", "least", "square", "condition"),
    ("layer", "mac", "least", "square"),
    ("layer", "least", "square"),
    ("layer", "least"),
)
"""The same where cells are formulas, which may be broken over lines; the first is for screens where none is."""

_GROUPS: Sequence[tuple[str, ...]] = (
    ("layer", "count", "mac", "least", "ratio", "excess", "excess%"),
    ("layer", "mac", "least", "ratio"),
)

_FORMULA_GROUPS: Sequence[tuple[str, ...]] = (
    ("layer", "count", "mac", "least", "excess"),
    ("layer", "mac", "least", "excess"),
    ("layer", "least", "excess"),
    ("layer", "least"),
)

_HEADERS = {
    "layer": "Layer",
    "operation": "Operation",
    "widths": "Widths",
    "best": "Best",
    "mac": "MAC",
    "least": "Least",
    "ratio": "Ratio",
    "excess": "Excess",
    "square": "Excess",
    "excess%": "Excess %",
    "condition": "Least where",
    "count": "Convs",
}

_TEXT = ("layer", "operation", "condition")


# -- the table -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """A row's texts, and what it is: a row, the head of a group, or the total."""

    cells: tuple[str, ...]
    role: str = "row"


@dataclass(frozen=True, slots=True)
class _Table:
    names: tuple[str, ...]
    heads: tuple[str, ...]
    lines: tuple[_Line, ...]

    def width(self, *, broken: bool = False) -> int:
        """Return how many columns of a screen it takes, at least so many where formulas may be broken over lines."""
        columns = zip(self.heads, *(line.cells for line in self.lines), strict=True)
        widths = (max(_longest_word(cell) if broken else len(cell) for cell in column) for column in columns)
        return sum(widths) + 2 * (len(self.heads) - 1)


def _longest_word(text: str) -> int:
    indent = len(text) - len(text.lstrip())
    return indent + max(map(len, text.split()), default=0)


def _table(bounds: Bounds, names: Sequence[str], writer: Book, by: str, top: int | None) -> _Table:
    """Return the rows of layers, those of a block below its sums, or of groups, and the total."""
    heads = [_HEADERS[name] for name in names]
    if by != "layer":
        heads[0] = by.capitalize()
        groups = bounds.by(by)
        lines = [_line(group, group.name, names, writer, bounds) for group in _kept(groups, top)]
    elif top is not None:
        lines = [_line(layer, layer.row.path, names, writer, bounds) for layer in largest(bounds.layers, top)]
    else:
        lines = list(_in_blocks(bounds, names, writer))
    total = _line(bounds.total, "total", names, writer, bounds, role="total")
    if len(bounds.layers) > 1:
        lines.append(total)
    return _Table(tuple(names), tuple(heads), tuple(lines))


def _kept(groups: Sequence[BoundGroup], top: int | None) -> Sequence[BoundGroup]:
    return groups if top is None else largest(groups, top)


def _in_blocks(bounds: Bounds, names: Sequence[str], writer: Book) -> Iterator[_Line]:
    """Yield the layers of every block below its sums; a block of one layer is that layer."""
    blocks: dict[str, list[Bound]] = {}
    for layer in bounds.layers:
        blocks.setdefault(layer.row.block, []).append(layer)
    sums = {group.name: group for group in bounds.by("block")}
    for name, members in blocks.items():
        if len(members) == 1 or name not in sums or len(blocks) == 1:
            for layer in members:
                yield _line(layer, layer.row.path, names, writer, bounds)
            continue
        yield _line(sums[name], name, names, writer, bounds, role="group")
        for layer in members:
            yield _line(layer, "  " + layer.row.path.removeprefix(f"{name}."), names, writer, bounds)


def _line(
    item: Bound | BoundGroup,
    title: str,
    names: Sequence[str],
    writer: Book,
    bounds: Bounds,
    *,
    role: str = "row",
) -> _Line:
    indent = "  " if title.startswith("  ") else ""

    def cell(name: str) -> str:
        if name == "layer":
            return indent + writer.words(title.strip())
        return _CELLS[name](item, writer, bounds)

    return _Line(tuple(cell(name) for name in names), role)


def _operation(item: Bound | BoundGroup, writer: Book, bounds: Bounds) -> str:
    return writer.words(item.row.operation) if isinstance(item, Bound) else ""


def _widths(item: Bound | BoundGroup, writer: Book, bounds: Bounds) -> str:
    if not isinstance(item, Bound):
        return ""
    return writer.cell(item.widths.c1) + writer.words(" → ") + writer.cell(item.widths.c2)


def _best(item: Bound | BoundGroup, writer: Book, bounds: Bounds) -> str:
    """Write the best widths to the nearest whole numbers; nothing where the widths are the best."""
    if not isinstance(item, Bound) or item.widths.equal:
        return ""
    nearest = item.widths.nearest_widths()
    if nearest is None:
        return ""
    exact = nearest == item.widths.best_widths
    return writer.words(f"{'' if exact else '≈ '}{nearest[0]} → {nearest[1]}")


def _ratio(item: Bound | BoundGroup, writer: Book, bounds: Bounds) -> str:
    return writer.digits(rounded(item.ratio, 3)) if is_rational(item.ratio) else writer.formula(item.ratio)


def _excess_share(item: Bound | BoundGroup, writer: Book, bounds: Bounds) -> str:
    part = share(item.excess, bounds.total.excess)
    return "" if part is None else writer.cell(Share(part))


def _square(item: Bound | BoundGroup, writer: Book, bounds: Bounds) -> str:
    """Write the excess as a square, where it is that of one turn and not rounded; else as the difference that it is."""
    if isinstance(item, Bound) and not is_rational(item.excess) and is_rational(item.row.count) and item.row.count == 1:
        square = item.square
        if is_rational(square):
            return writer.number(square)
        from sympy import Pow

        for power in square.atoms(Pow):
            if power.base.is_Add and power.exp == 2 and writer.text(power.base).startswith("-"):
                square = square.xreplace({power: (-power.base) ** 2})
        return writer.exactly(square)
    return writer.number(item.excess)


def _condition(item: Bound | BoundGroup, writer: Book, bounds: Bounds) -> str:
    if not isinstance(item, Bound):
        return ""
    if item.widths.equal:
        return ""
    if item.condition is None:
        return writer.words("never")
    left, right = item.condition
    return writer.formula(left) + writer.words(" = ") + writer.formula(right)


_CELLS: dict[str, Callable[[Any, Book, Bounds], str]] = {
    "operation": _operation,
    "widths": _widths,
    "best": _best,
    "mac": lambda item, writer, bounds: writer.number(item.mac),
    "least": lambda item, writer, bounds: writer.number(item.least),
    "ratio": _ratio,
    "excess": lambda item, writer, bounds: writer.number(item.excess),
    "excess%": _excess_share,
    "square": _square,
    "condition": _condition,
    "count": lambda item, writer, bounds: str(len(item.layers)),
}


def _ladder(bounds: Bounds, by: str) -> Sequence[tuple[str, ...]]:
    if by == "layer":
        return _FORMULAS if bounds.symbolic else _LADDER
    return _FORMULA_GROUPS if bounds.symbolic else _GROUPS


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
    if any(row.kind == "linear" for row in bounds.report.layers):
        yield ("Linear layers are left out: nearly all of their MAC is weights.",)
    yield from caption(bounds.report, "layer")
    yield (_recounted(bounds),)


def _recounted(bounds: Bounds) -> str:
    """Say how far the bounds were tried."""
    found = bounds.recount
    at = f", at {found.points} {'point' if found.points == 1 else 'points'}" if found.points else ""
    return f"Recounted in plain numbers beside {found.widths:,} choices of whole widths with the same FLOPs{at}."


# -- formats ---------------------------------------------------------------------------------------------------------


def bounds_as_text(
    bounds: Bounds, screen: Screen, *, by: str = "layer", top: int | None = None, units: str = "auto"
) -> str:
    """Return the table for a screen, with its heading, totals and notes.

    Parameters
    ----------
    bounds : Bounds
    screen : Screen
    by : str
        ``layer``, ``block``, ``stage`` or ``kind``.
    top : int, optional
        Only so many rows, those with the largest excess; the totals are of all.
    units : str
        One of :data:`flopcalc.render.cells.UNITS`.
    """
    from flopcalc.render.terminal import Head, Paragraph, facts_as_text, listing_as_text, paragraphs_as_text

    order = symbol_order(bounds.report)
    exact = BookWriter(order, screen)
    human = BookWriter(order, screen, human=True)
    writers = {"exact": (exact,), "human": (human,)}.get(units, (exact, human))
    ladder = _ladder(bounds, by)
    tables = [_table(bounds, names, writer, by, top) for names in ladder for writer in writers]
    if bounds.symbolic:  # formulas are broken before columns are left out
        whole = tables[: 2 * len(writers)]
        fitting = [table for table in whole if table.width() <= screen.width]
        fitting += [
            table
            for table in tables[len(writers) if by == "layer" else 0 :]
            if table.width(broken=True) <= screen.width
        ]
    else:
        fitting = [table for table in tables if table.width() <= screen.width]
    table = fitting[0] if fitting else tables[-1]
    numeric = not bounds.symbolic
    heads = [
        Head(head, name not in _TEXT, numeric and name not in _TEXT)
        for name, head in zip(table.names, table.heads, strict=True)
    ]
    title, *rest = (exact.phrase(line) for line in heading(bounds.report))
    parts = [
        paragraphs_as_text([Paragraph(title, "bold"), *(Paragraph(line, "dim") for line in rest)], screen),
        listing_as_text(heads, [line.cells for line in table.lines], screen, roles=[line.role for line in table.lines]),
        "\n",
        facts_as_text([(name, exact.phrase(phrase)) for name, phrase in _facts(bounds)], screen),
        "\n",
        paragraphs_as_text([Paragraph(exact.phrase(note), "dim") for note in _notes(bounds, by)], screen),
    ]
    return "".join(parts)


def bounds_as_markdown(bounds: Bounds, *, by: str = "layer", top: int | None = None, units: str = "auto") -> str:
    """Return a GitHub-flavoured Markdown table with its heading, totals and notes."""
    writer = BookMarkdown(symbol_order(bounds.report), human=units == "human")
    exact = BookMarkdown(symbol_order(bounds.report))
    table = _table(bounds, _ladder(bounds, by)[0], writer, by, top)
    title, *rest = (exact.phrase(line) for line in heading(bounds.report))
    lines = [f"## {title}", ""]
    for line in rest:
        lines += [line, ""]
    lines.append("| " + " | ".join(table.heads) + " |")
    lines.append("| " + " | ".join("---" if name in _TEXT else "---:" for name in table.names) + " |")
    for row in table.lines:
        mark = "**" if row.role != "row" else ""
        cells = (f"{mark}{cell.strip()}{mark}" if cell.strip() else "" for cell in row.cells)
        lines.append("| " + " | ".join(cells) + " |")
    lines.append("")
    lines += [f"- {name}: {exact.phrase(phrase)}" for name, phrase in _facts(bounds)]
    for note in _notes(bounds, by):
        lines += ["", exact.phrase(note)]
    return "\n".join(lines) + "\n"


def bounds_as_latex(bounds: Bounds, *, by: str = "layer", top: int | None = None, units: str = "auto") -> str:
    """Return a ``longtable`` with booktabs' rules; the document needs amsmath, booktabs and longtable."""
    writer = BookLatex(symbol_order(bounds.report), human=units == "human")
    exact = BookLatex(symbol_order(bounds.report))
    table = _table(bounds, _ladder(bounds, by)[1], writer, by, top)
    said = ". ".join(exact.phrase(part).rstrip(".") for part in (*heading(bounds.report), *_notes(bounds, by)))
    lines = [
        r"% \usepackage{amsmath,booktabs,longtable}",
        rf"\begin{{longtable}}{{{''.join('l' if name in _TEXT else 'r' for name in table.names)}}}",
        rf"  \caption{{{said}.}} \\",
        r"  \toprule",
        "  " + " & ".join(escaped_latex(head) for head in table.heads) + r" \\",
        r"  \midrule",
        r"  \endhead",
    ]
    for row in table.lines:
        if row.role == "total":
            lines.append(r"  \midrule")
        first, *others = row.cells
        indent, first = (r"\quad ", first.strip()) if first.startswith("  ") else ("", first)
        first = rf"\textbf{{{first}}}" if row.role != "row" else indent + first
        lines.append("  " + " & ".join([first, *others]) + r" \\")
    lines += [r"  \bottomrule", r"\end{longtable}"]
    return "\n".join(lines) + "\n"


_CSV = ("path", "operation", "c1", "c2", "best_c1", "best_c2", "mac", "least", "ratio", "excess")
_CSV_GROUPS = ("name", "convolutions", "mac", "least", "ratio", "excess")


def bounds_as_csv(bounds: Bounds, *, by: str = "layer", top: int | None = None) -> str:
    """Return CSV with exact numbers: one row a layer or group, a header, no total.

    Ratios are decimals, and so are the best widths where they are irrational.
    """
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
    return rows_as_csv(rows)


def _top(items: Sequence[Any], top: int | None) -> Sequence[Any]:
    return items if top is None else largest(items, top)


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


def bounds_as_dict(bounds: Bounds, *, by: str = "layer", top: int | None = None) -> dict[str, Any]:
    """Return the bounds as one object: integers for numbers, exact formulas as strings with a decimal beside them."""
    report = report_as_dict(bounds.report)
    kept = ("spec", "title", "source", "parameters", "symbols", "input", "dtype", "rounding", "assumed")
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
