"""Reports on the screen, by rich: grouped by stage, fitted to the width, plain where colours are not wanted."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from fractions import Fraction
from typing import IO

from rich.box import Box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from flopcalc.number import Number, is_rational
from flopcalc.render.formula import ASCII, UNICODE, Style, formula
from flopcalc.render.table import (
    Bytes,
    Cell,
    Share,
    Sides,
    Table,
    caption,
    heading,
    shape_text,
    summary,
    symbol_order,
    table_of,
)
from flopcalc.render.units import ascii_only, exact_number, human_bytes, human_number, percent
from flopcalc.report import Report

__all__ = ["UNITS", "console_for", "fits_unicode", "print_report", "print_rows"]

UNITS = ("auto", "human", "exact")
"""How numbers are shown: exact where they fit, always with units, always with every digit."""

_RULED = Box("    \n    \n -- \n    \n -- \n    \n    \n    \n", ascii=True)
_LINED = Box("    \n    \n ── \n    \n ── \n    \n    \n    \n")

_LADDER: Sequence[tuple[str, ...]] = (
    ("layer", "operation", "inputs", "output", "params", "params%", "weights", "flops", "flops%", "mac", "mac%", "activations"),
    ("layer", "operation", "output", "params", "params%", "weights", "flops", "flops%", "mac", "mac%"),
    ("layer", "operation", "output", "params", "params%", "flops", "flops%", "mac", "mac%"),
    ("layer", "operation", "output", "params", "flops", "flops%", "mac"),
    ("layer", "operation", "output", "params", "flops", "mac"),
    ("layer", "operation", "params", "flops", "mac"),
    ("layer", "operation", "params", "flops"),
    ("layer", "params", "flops"),
)
"""Which columns layers have, from the widest screen to the narrowest."""

_GROUPED: Sequence[tuple[str, ...]] = (
    ("layer", "layers", "params", "params%", "weights", "weights%", "flops", "flops%", "mac", "mac%", "activations"),
    ("layer", "layers", "params", "weights", "weights%", "flops", "flops%", "mac", "mac%"),
    ("layer", "params", "weights", "weights%", "flops", "flops%", "mac"),
    ("layer", "weights", "weights%", "flops", "flops%", "mac"),
    ("layer", "params", "flops", "mac"),
    ("layer", "params", "flops"),
)
"""The same for kinds and stages."""

_FORMULAS: Sequence[tuple[str, ...]] = (
    ("layer", "operation", "output", "count", "params", "weights", "flops", "mac"),
    ("layer", "operation", "output", "count", "params", "flops", "mac"),
    ("layer", "operation", "params", "flops", "mac"),
)
"""The same where cells are formulas, which may be broken over lines."""


def width_of(stream: IO[str]) -> int:
    """Return the columns to write for: COLUMNS, the terminal's, or 120 in a pipe."""
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given) > 0:
        return max(int(given), 20)
    if stream.isatty():
        return max(shutil.get_terminal_size().columns, 20)
    return 120


def fits_unicode(stream: IO[str]) -> bool:
    """Tell whether a stream can show the signs of formulas."""
    try:
        "×²·≠α─".encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def console_for(stream: IO[str] | None = None) -> Console:
    """Return a console that keeps to the stream: its width, its colours (none in a pipe or with NO_COLOR)."""
    stream = sys.stdout if stream is None else stream
    return Console(
        file=stream,
        width=width_of(stream),
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
        legacy_windows=False,
    )


class _Writer:
    """Writes cells as text, for one report and one stream."""

    def __init__(self, report: Report, style: Style, *, exact: bool) -> None:
        self.report = report
        self.style = style
        self.exact = exact
        self.order = symbol_order(report)

    def text(self, cell: Cell) -> str:
        if cell is None:
            return ""
        if isinstance(cell, str):
            return cell if self.style is UNICODE else ascii_only(cell)
        if isinstance(cell, Share):
            return percent(cell.value) if is_rational(cell.value) else formula(cell.value, self.style, self.order)
        if isinstance(cell, Bytes):
            if not is_rational(cell.value):
                return formula(cell.value, self.style, self.order)
            return exact_number(cell.value) if self.exact else human_bytes(cell.value)
        if isinstance(cell, Sides):
            return shape_text((cell.height, cell.width), self.style, self.order) + cell.suffix
        if isinstance(cell, tuple):
            return shape_text(cell, self.style, self.order)
        return self.number(cell)

    def number(self, value: Number) -> str:
        if is_rational(value):
            return exact_number(value) if self.exact else human_number(value)
        return formula(value, self.style, self.order)


def _texts(table: Table, writer: _Writer, *, indent: bool) -> list[tuple[str, list[str]]]:
    """Return (role, cells) for every line; a place that repeats is left blank."""
    lines: list[tuple[str, list[str]]] = []
    for section in table.sections:
        if section.heading is not None:
            lines.append(("stage", [writer.text(cell) for cell in section.heading.cells]))
        previous = ""
        for line in section.lines:
            cells = [writer.text(cell) for cell in line.cells]
            here = cells[0]
            if table.columns[0].name == "layer" and section.heading is not None and indent:
                cells[0] = "  " + (here if here != previous else "")
            previous = here
            lines.append(("row", cells))
    if table.total is not None:
        lines.append(("total", [writer.text(cell) for cell in table.total.cells]))
    return lines


def _natural_width(table: Table, lines: list[tuple[str, list[str]]]) -> int:
    widths = [cell_len(column.header) for column in table.columns]
    for _, cells in lines:
        widths = [max(width, cell_len(cell)) for width, cell in zip(widths, cells, strict=True)]
    return sum(widths) + 2 * len(widths)


def _fit(
    report: Report, by: str | None, columns: Sequence[str] | None, units: str, width: int, style: Style
) -> tuple[Table, list[tuple[str, list[str]]]]:
    """Choose the columns and the units that the width has room for."""
    ladder: Sequence[Sequence[str]]
    if columns is not None:
        ladder = [columns]
    elif report.symbolic:
        ladder = _FORMULAS
    else:
        ladder = _GROUPED if by in ("kind", "stage") else _LADDER
    if columns is None:
        unneeded = set()
        if report.totals.weights == report.totals.params:
            unneeded |= {"weights", "weights%"}
        if all(type(row.count) is int for row in report.layers):
            unneeded.add("count")
        ladder = [[name for name in names if name not in unneeded] for names in ladder]
    tries = {"exact": (True,), "human": (False,)}.get(units, (True, False))
    for names in ladder:
        for exact in tries:
            table = table_of(report, names, by)
            lines = _texts(table, _Writer(report, style, exact=exact), indent=columns is None or names[0] == "layer")
            if _natural_width(table, lines) <= width:
                return table, lines
            if by is None and "operation" in names and not report.symbolic:
                position = list(names).index("operation")
                shorter = [(role, _without_followers(cells, position)) for role, cells in lines]
                if _natural_width(table, shorter) <= width:
                    return table, shorter
    return table, lines


def _without_followers(cells: list[str], position: int) -> list[str]:
    """Leave out the norms and activations that an operation is followed by, where there is no room for them."""
    return [cell.split(", ")[0] if index == position else cell for index, cell in enumerate(cells)]


def print_report(
    report: Report,
    stream: IO[str],
    *,
    by: str | None = None,
    columns: Sequence[str] | None = None,
    units: str = "auto",
) -> None:
    """Print a report's table with its heading, totals and notes.

    Parameters
    ----------
    report : Report
    stream : text file
        Its width, encoding and terminal decide how the table looks.
    by : str, optional
        The grouping; None shows layers with norms and activations folded in.
    columns : sequence of str, optional
        Names from :data:`flopcalc.render.table.COLUMNS`; those that fit the width where not given.
    units : str
        One of :data:`UNITS`.
    """
    console = console_for(stream)
    style = UNICODE if fits_unicode(stream) else ASCII
    table, lines = _fit(report, by, columns, units, console.width, style)
    parts: list[RenderableType] = []
    title, *rest = (line if style is UNICODE else ascii_only(line) for line in heading(report, style))
    parts.append(Text(title, style="bold"))
    parts.extend(Text(line, style="dim") for line in rest)
    parts.append(_rich_table([(c.header, c.numeric) for c in table.columns], lines, plain=style is not UNICODE))
    parts.append(_facts(report, style, console.width, exact_only=units == "exact"))
    parts.extend(
        Text(note if style is UNICODE else ascii_only(note), style="dim") for note in caption(report, by)
    )
    _print(console, Group(*parts))


def _print(console: Console, content: RenderableType) -> None:
    """Print without the spaces that fill lines up; in a terminal with colours they do no harm."""
    if console.color_system is not None:
        console.print(content)
        return
    with console.capture() as captured:
        console.print(content)
    console.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def _rich_table(
    columns: Sequence[tuple[str, bool]], lines: Sequence[tuple[str, list[str]]], *, plain: bool
) -> RichTable:
    grid = RichTable(
        box=_RULED if plain else _LINED,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="bold",
        show_footer=False,
    )
    for index, (header, numeric) in enumerate(columns):
        grid.add_column(header, justify="right" if numeric else "left", no_wrap=index == 0 and len(lines) > 12)
    for position, (role, cells) in enumerate(lines):
        look = {"stage": "bold cyan", "total": "bold", "row": ""}[role]
        last = position + 1 < len(lines) and lines[position + 1][0] == "total"
        grid.add_row(*(Text(cell) for cell in cells), style=look, end_section=last)
    return grid


def _facts(report: Report, style: Style, width: int, *, exact_only: bool) -> RenderableType:
    grid = RichTable(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    facts = summary(report)
    numeric = all(isinstance(fact.value, tuple) or is_rational(fact.value) for fact in facts)
    grid.add_column(style="bold")
    grid.add_column(justify="right" if numeric else "left", overflow="fold")
    grid.add_column(style="dim", overflow="fold")
    writer = _Writer(report, style, exact=True)
    for fact in facts:
        if isinstance(fact.value, tuple):
            value = ("×" if style is UNICODE else "x").join(writer.number(side) for side in fact.value)
        else:
            value = writer.number(fact.value)
        note = fact.note
        if fact.unit == "mac" and not isinstance(fact.value, tuple) and is_rational(fact.value):
            note += f"; {human_bytes(Fraction(report.bytes(fact.value)))} in {report.dtype}"
        grid.add_row(fact.name, value, note if style is UNICODE else ascii_only(note))
    return Padding(grid, (1, 0, 1 if caption(report, None) else 0, 0))


def print_rows(
    stream: IO[str], columns: Sequence[tuple[str, bool]], rows: Sequence[Sequence[str]], title: str = ""
) -> None:
    """Print a plain listing: headers with whether they are numbers, and rows of text."""
    console = console_for(stream)
    plain = not fits_unicode(stream)
    lines = [("row", [ascii_only(cell) if plain else cell for cell in row]) for row in rows]
    if title:
        _print(console, Text(title, style="bold"))
    _print(console, _rich_table(columns, lines, plain=plain))


