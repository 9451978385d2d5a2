"""Rows for other programs, between commas or tabs: exact numbers, and no text that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction

from flopcalc.number import Number, Value, as_text, is_rational
from flopcalc.render.cells import Cell, Least, Ratio, Share, Writer

__all__ = ["CellsAsText", "harmless", "rows_as_csv", "rows_as_tsv"]


class CellsAsText(Writer):
    """Formulas are in Python's notation, shares are fractions of 1, ratios exact, shapes 3x224x224, with ; between."""

    def words(self, text: str) -> str:
        return text.replace("×", "x")

    def cell(self, cell: Cell) -> str:
        if isinstance(cell, Share) and is_rational(cell.value):
            return repr(float(cell.value)) if isinstance(cell.value, Fraction) else str(cell.value)
        if isinstance(cell, Ratio):
            return as_text(cell.value)
        if isinstance(cell, Least):
            return f">= {self.cell(cell.cell)}"
        return super().cell(cell)

    def formula(self, value: Value) -> str:
        return as_text(value)

    def number(self, value: Number) -> str:
        return as_text(value)

    def shape(self, shape: Sequence[Number]) -> str:
        sides = (as_text(side) for side in shape)
        return "x".join(side if side.isalnum() else f"({side})" for side in sides)

    def shapes(self, shapes: Sequence[Sequence[Number]]) -> str:
        return ";".join(self.shape(shape) for shape in shapes)


_ARITHMETIC = re.compile(r"[-+][\w\s.*/+()-]*")
"""A number with its sign, or a cost's formula: what a spreadsheet makes of it reaches for nothing outside."""


def harmless(text: str) -> str:
    """Return a cell that no spreadsheet runs: behind an apostrophe where it begins as a formula does.

    A carriage return is written as an escape: a bare one breaks the row.

    Examples
    --------
    >>> harmless("=cmd()"), harmless("-12.5"), harmless("-C*H + 3"), harmless("-1+cmd|' /C calc'!A0")
    ("'=cmd()", '-12.5', '-C*H + 3', "'-1+cmd|' /C calc'!A0")
    """
    text = text.replace("\r", "\\r")
    if text[:1] in ("=", "@", "\t") or (text[:1] in ("+", "-") and not _ARITHMETIC.fullmatch(text)):
        return "'" + text
    return text


def rows_as_csv(rows: Iterable[Sequence[str]]) -> str:
    """Return rows of text as CSV, in which no text is a formula of a spreadsheet's."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([harmless(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def rows_as_tsv(rows: Iterable[Sequence[str]]) -> str:
    r"""Return rows of text between tabs, a line each; no text is a formula of a spreadsheet's.

    Examples
    --------
    >>> rows_as_tsv([["path", "mac"], ["a" + chr(9) + "b", "12"]])
    'path\tmac\na\\tb\t12\n'
    """
    escapes = str.maketrans({"\t": "\\t", "\n": "\\n", "\\": "\\\\"})
    return "".join("\t".join(harmless(cell).translate(escapes) for cell in row) + "\n" for row in rows)
