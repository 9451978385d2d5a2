"""Reports as HTML, for notebooks: a table whose formulas MathJax sets."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from flopcalc.number import Number, is_rational
from flopcalc.render.cells import Cell, Writer, shape_text
from flopcalc.render.formula import LATEX
from flopcalc.render.table import Column, caption, heading, summary, symbol_order, table_of
from flopcalc.render.text import printable
from flopcalc.report import Report

__all__ = ["report_as_html"]

COLUMNS = ("layer", "operation", "output", "params", "flops", "flops%", "mac")


class _Html(Writer):
    """Formulas alone are for MathJax; a dollar in a title is a dollar."""

    style = LATEX

    def words(self, text: str) -> str:
        return escape(printable(text))

    def math(self, text: str) -> str:
        return rf'<span class="tex2jax_process mathjax_process">\({escape(text)}\)</span>'

    def shape(self, shape: Sequence[Number]) -> str:
        if all(is_rational(side) for side in shape):
            return self.words(shape_text(shape))  # plain numbers need no MathJax
        return super().shape(shape)


def report_as_html(report: Report) -> str:
    """Return the report as one ``<div>``."""
    writer = _Html(symbol_order(report))
    names = [name for name in COLUMNS if not (report.symbolic and name.endswith("%"))]
    table = table_of(report, names)
    title, *rest = (writer.phrase(line) for line in heading(report))
    body: list[str] = []
    for section in table.sections:
        if section.heading is not None:
            body.append(_row(section.heading.cells, table.columns, writer, "th"))
        body.extend(_row(line.cells, table.columns, writer, "td") for line in section.lines)
    head = _row([column.header for column in table.columns], table.columns, writer, "th")
    foot = _row(table.total.cells, table.columns, writer, "th")
    facts = "".join(
        f"<li>{writer.words(fact.name)}: {writer.cell(fact.value)} ({writer.words(fact.note)})</li>"
        for fact in summary(report)
    )
    notes = "".join(f"<p>{writer.phrase(note)}</p>" for note in caption(report, None))
    return (
        f'<div class="tex2jax_ignore mathjax_ignore"><p><b>{title}</b><br>{"<br>".join(rest)}</p>'
        f"<table><thead>{head}</thead><tbody>{''.join(body)}</tbody><tfoot>{foot}</tfoot></table>"
        f"<ul>{facts}</ul>{notes}</div>"
    )


def _row(cells: Sequence[Cell], columns: Sequence[Column], writer: Writer, tag: str) -> str:
    aligned = (
        f'<{tag} style="text-align:{"right" if column.numeric else "left"}">{writer.cell(cell)}</{tag}>'
        for column, cell in zip(columns, cells, strict=True)
    )
    return f"<tr>{''.join(aligned)}</tr>"
