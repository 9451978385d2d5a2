"""Reports as LaTeX: a booktabs table whose formulas are in math mode, with a caption that says what was counted."""

from __future__ import annotations

from collections.abc import Sequence

from flopcalc.number import Number, is_rational
from flopcalc.render.formula import LATEX, formula
from flopcalc.render.table import Bytes, Cell, Share, Sides, Table, caption, heading, shape_text, symbol_order, table_of
from flopcalc.render.units import percent
from flopcalc.report import Report

__all__ = ["report_as_latex"]

COLUMNS = ("layer", "operation", "output", "params", "flops", "mac")
GROUP_COLUMNS = ("layer", "layers", "params", "weights", "weights%", "flops", "flops%", "mac")

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "≠": r"$\neq$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "…": r"\dots{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def report_as_latex(report: Report, *, by: str | None = None, columns: Sequence[str] | None = None) -> str:
    """Return a ``table`` environment; the document needs the package booktabs."""
    names = columns or (GROUP_COLUMNS if by in ("kind", "stage") else COLUMNS)
    if report.symbolic and columns is None:
        names = tuple(name for name in names if not name.endswith("%"))
    table = table_of(report, names, by)
    order = symbol_order(report)
    spec = "".join("r" if column.numeric else "l" for column in table.columns)
    lines = [
        r"\begin{table}",
        r"  \centering",
        f"  \\caption{{{_caption(report, by)}}}",
        f"  \\begin{{tabular}}{{{spec}}}",
        r"    \toprule",
        "    " + " & ".join(_escape(column.header) for column in table.columns) + r" \\",
        *_body(table, order),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _body(table: Table, order: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for section in table.sections:
        lines.append(r"    \midrule")
        if section.heading is not None:
            lines.append(_row(section.heading.cells, order, bold=True))
        lines.extend(_row(line.cells, order) for line in section.lines)
    if table.total is not None:
        lines.append(r"    \midrule")
        lines.append(_row(table.total.cells, order, bold=True))
    return lines


def _row(cells: Sequence[Cell], order: Sequence[str], *, bold: bool = False) -> str:
    texts = [_text(cell, order) for cell in cells]
    if bold and texts[0]:
        texts[0] = f"\\textbf{{{texts[0]}}}"
    return "    " + " & ".join(texts) + r" \\"


def _number(value: Number, order: Sequence[str]) -> str:
    if isinstance(value, int):
        return f"{value:,}".replace(",", r"\,")
    return f"${formula(value, LATEX, order)}$"


def _text(cell: Cell, order: Sequence[str]) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _escape(cell)
    if isinstance(cell, Share):
        return percent(cell.value) if is_rational(cell.value) else f"${formula(cell.value, LATEX, order)}$"
    if isinstance(cell, Bytes):
        return _number(cell.value, order)
    if isinstance(cell, Sides):
        return f"${shape_text((cell.height, cell.width), LATEX, order)}${_escape(cell.suffix)}"
    if isinstance(cell, tuple):
        return f"${shape_text(cell, LATEX, order)}$"
    return _number(cell, order)


def _caption(report: Report, by: str | None) -> str:
    title, *rest = heading(report)
    sentences = [
        title,
        *rest,
        f"One FLOP is {report.convention.unit} ({report.convention.name})",
        "MAC is memory access cost in elements: inputs and parameters read, outputs written",
        *(note.rstrip(".") for note in caption(report, by)),
    ]
    return _escape(". ".join(sentences) + ".")


def _escape(text: str) -> str:
    return "".join(_SPECIAL.get(character, character) for character in text)
