"""Reports as Markdown: a heading, a table, and the notes that say what was counted."""

from __future__ import annotations

from collections.abc import Sequence

from flopcalc.number import Number, is_rational
from flopcalc.render.formula import UNICODE, formula
from flopcalc.render.table import (
    Bytes,
    Cell,
    Share,
    Sides,
    caption,
    heading,
    shape_text,
    summary,
    symbol_order,
    table_of,
)
from flopcalc.render.units import exact_number, percent
from flopcalc.report import Report

__all__ = ["report_as_markdown"]

COLUMNS = ("layer", "operation", "output", "params", "flops", "flops%", "mac")
GROUP_COLUMNS = ("layer", "layers", "params", "weights", "weights%", "flops", "flops%", "mac")


def report_as_markdown(report: Report, *, by: str | None = None, columns: Sequence[str] | None = None) -> str:
    """Return a GitHub-flavoured Markdown table with exact numbers, its heading and its notes."""
    names = columns or (GROUP_COLUMNS if by in ("kind", "stage") else COLUMNS)
    if report.symbolic and columns is None:
        names = tuple(name for name in names if not name.endswith("%"))
    table = table_of(report, names, by)
    order = symbol_order(report)

    def text(cell: Cell) -> str:
        return _escape(_text(cell, order))

    title, *rest = heading(report)
    lines = [f"## {_escape(title)}", "", *(f"{_escape(line)}  " for line in rest), ""]
    lines.append("| " + " | ".join(column.header for column in table.columns) + " |")
    lines.append("| " + " | ".join("---:" if column.numeric else "---" for column in table.columns) + " |")
    for section in table.sections:
        if section.heading is not None:
            lines.append("| " + " | ".join(f"**{text(c)}**" if text(c) else "" for c in section.heading.cells) + " |")
        lines.extend("| " + " | ".join(text(cell) for cell in line.cells) + " |" for line in section.lines)
    if table.total is not None:
        lines.append("| " + " | ".join(f"**{text(c)}**" if text(c) else "" for c in table.total.cells) + " |")
    lines.append("")
    for fact in summary(report):
        value = (
            "×".join(_number(side, order) for side in fact.value)
            if isinstance(fact.value, tuple)
            else _number(fact.value, order)
        )
        lines.append(f"- {fact.name}: {_escape(value)} ({_escape(fact.note)})")
    notes = caption(report, by)
    if notes:
        lines.extend(["", *(_escape(note) for note in notes)])
    return "\n".join(lines) + "\n"


def _number(value: Number, order: Sequence[str]) -> str:
    return exact_number(value) if is_rational(value) else formula(value, UNICODE, order)


def _text(cell: Cell, order: Sequence[str]) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, Share):
        return f"{percent(cell.value)}" if is_rational(cell.value) else formula(cell.value, UNICODE, order)
    if isinstance(cell, Bytes):
        return _number(cell.value, order)
    if isinstance(cell, Sides):
        return shape_text((cell.height, cell.width), UNICODE, order) + cell.suffix
    if isinstance(cell, tuple):
        return shape_text(cell, UNICODE, order)
    return _number(cell, order)


def _escape(text: str) -> str:
    """Escape what Markdown would read as markup."""
    for character in "\\|*_`<":
        text = text.replace(character, f"\\{character}")
    return text
