"""Reports as HTML, for notebooks: a table whose formulas are set by MathJax."""

from __future__ import annotations

from html import escape

from flopcalc.number import Number, is_rational
from flopcalc.render.formula import LATEX, formula
from flopcalc.render.table import Bytes, Cell, Share, Sides, caption, heading, shape_text, summary, symbol_order, table_of
from flopcalc.render.units import exact_number, percent
from flopcalc.report import Report

__all__ = ["report_as_html"]


def report_as_html(report: Report) -> str:
    """Return the report as one ``<div>``."""
    order = symbol_order(report)
    names = ("layer", "operation", "output", "params", "flops", "mac")
    if not report.symbolic:
        names = ("layer", "operation", "output", "params", "flops", "flops%", "mac")
    table = table_of(report, names)

    def math(value: Number) -> str:
        return exact_number(value) if is_rational(value) else f"\\({escape(formula(value, LATEX, order))}\\)"

    def text(cell: Cell) -> str:
        if cell is None:
            return ""
        if isinstance(cell, str):
            return escape(cell)
        if isinstance(cell, Share):
            return percent(cell.value) if is_rational(cell.value) else math(cell.value)
        if isinstance(cell, Bytes):
            return math(cell.value)
        if isinstance(cell, Sides):
            return f"\\({escape(shape_text((cell.height, cell.width), LATEX, order))}\\)" + escape(cell.suffix)
        if isinstance(cell, tuple):
            return f"\\({escape(shape_text(cell, LATEX, order))}\\)"
        return math(cell)

    def row(cells: tuple[Cell, ...], tag: str = "td", style: str = "") -> str:
        aligned = (
            f'<{tag} style="text-align:{"right" if column.numeric else "left"};{style}">{text(cell)}</{tag}>'
            for column, cell in zip(table.columns, cells, strict=True)
        )
        return f"<tr>{''.join(aligned)}</tr>"

    title, *rest = heading(report)
    head = "".join(
        f'<th style="text-align:{"right" if column.numeric else "left"}">{escape(column.header)}</th>'
        for column in table.columns
    )
    body: list[str] = []
    for section in table.sections:
        if section.heading is not None:
            body.append(row(section.heading.cells, style="font-weight:bold"))
        body.extend(row(line.cells) for line in section.lines)
    foot = row(table.total.cells, "th") if table.total is not None else ""
    facts = "".join(
        f"<li>{escape(fact.name)}: "
        + ("×".join(math(side) for side in fact.value) if isinstance(fact.value, tuple) else math(fact.value))
        + f" ({escape(fact.note)})</li>"
        for fact in summary(report)
    )
    notes = "".join(f"<p>{escape(note)}</p>" for note in caption(report, None))
    return (
        f"<div><p><b>{escape(title)}</b><br>{'<br>'.join(escape(line) for line in rest)}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody><tfoot>{foot}</tfoot></table>"
        f"<ul>{facts}</ul>{notes}</div>"
    )
