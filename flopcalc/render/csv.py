"""Reports as CSV: exact numbers, one row a layer or group, a header, no total and no rounding."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from fractions import Fraction

from flopcalc.number import as_text
from flopcalc.render.table import Bytes, Cell, Share, Sides, table_of
from flopcalc.report import Report

__all__ = ["LAYER_COLUMNS", "report_as_csv"]

LAYER_COLUMNS = ("path", "kind", "inputs", "output", "count", "params", "weights", "madds", "flops", "mac", "activations")
"""What a row has where no columns are chosen."""

GROUP_COLUMNS = ("layer", "layers", "params", "weights", "madds", "flops", "mac", "activations")


def report_as_csv(report: Report, *, by: str | None = None, columns: Sequence[str] | None = None) -> str:
    """Return CSV text; formulas are in Python's notation, shares are fractions of 1."""
    by = by or "layer"
    names = columns or (LAYER_COLUMNS if by == "layer" else GROUP_COLUMNS)
    table = table_of(report, names, by, staged=False)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow("name" if column.name == "layer" else column.name for column in table.columns)
    for section in table.sections:
        writer.writerows([_text(cell) for cell in line.cells] for line in section.lines)
    return buffer.getvalue()


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, (Share, Bytes)):
        value = cell.value
        return repr(float(value)) if isinstance(value, Fraction) and isinstance(cell, Share) else as_text(value)
    if isinstance(cell, Sides):
        return f"{cell.height}x{cell.width}{cell.suffix}"
    if isinstance(cell, tuple):
        return "x".join(as_text(side) for side in cell)
    return as_text(cell).replace("×", "x")
