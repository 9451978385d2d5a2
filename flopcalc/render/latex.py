"""Reports as LaTeX: a booktabs table whose formulas are in math mode, with a caption that says what was counted."""

from __future__ import annotations

from collections.abc import Sequence

from flopcalc.render.cells import Cell, Writer
from flopcalc.render.formula import LATEX
from flopcalc.render.table import Ranking, Table, caption, heading, symbol_order, table_of
from flopcalc.render.text import GREEK, printable
from flopcalc.report import Report

__all__ = ["LatexWriter", "escaped_latex", "report_as_latex"]

COLUMNS = ("layer", "operation", "output", "params", "flops", "mac")
GROUP_COLUMNS = ("layer", "layers", "params", "weights", "weights%", "flops", "flops%", "mac")

LONGEST = 45
"""Rows that a page has room for; longer tables are broken over pages."""

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
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "`": r"\textasciigrave{}",
    "[": "{[}",
    "]": "{]}",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "≠": r"$\neq$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "−": "$-$",
    "→": r"$\rightarrow$",
    "…": r"\dots{}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    **{letter: f"$\\{name}$" for name, letter in GREEK.items() if name != "lamda"},
    "√": r"$\surd$",
    "≈": r"$\approx$",
    "∞": r"$\infty$",
    "′": r"$'$",
    "″": r"$''$",
    **{raised: f"$^{{{digit}}}$" for digit, raised in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    **{lowered: f"$_{{{digit}}}$" for digit, lowered in enumerate("₀₁₂₃₄₅₆₇₈₉")},
}


def escaped_latex(text: str) -> str:
    r"""Return a text as LaTeX sets it, outside of math mode.

    Examples
    --------
    >>> print(escaped_latex("93.4 % of c₁"))
    93.4 \% of c$_{1}$
    """
    return "".join(_SPECIAL.get(character, character) for character in printable(text)).replace("--", "-{}-")


class LatexWriter(Writer):
    """Writes cells as LaTeX sets them."""

    style = LATEX

    def words(self, text: str) -> str:
        return escaped_latex(text)

    def digits(self, text: str) -> str:
        return text.replace(",", r"\,").replace(" ", r"\,")

    def math(self, text: str) -> str:
        return f"${text}$"


def report_as_latex(
    report: Report,
    *,
    by: str | None = None,
    columns: Sequence[str] | None = None,
    human: bool = False,
    ranking: Ranking | None = None,
) -> str:
    """Return a ``table``, or where it is longer than a page a ``longtable``; numbers are exact unless `human`.

    The document needs the packages booktabs and amsmath, and longtable for the latter.
    """
    names = columns or (GROUP_COLUMNS if by in ("kind", "stage") else COLUMNS)
    if report.symbolic and columns is None:
        names = [name for name in names if not name.endswith("%")]
    if ranking is not None and columns is None:
        names = ranking.with_column(names)
    table = table_of(report, names, by, ranking=ranking)
    writer = LatexWriter(symbol_order(report), human=human)
    alignment = "".join("r" if column.numeric else "l" for column in table.columns)
    header = _row([column.header for column in table.columns], writer)
    said = rf"\caption{{{_caption(report, by, columns, writer, ranking)}}}"
    if sum(len(section.lines) + 1 for section in table.sections) > LONGEST:
        lines = [
            r"% \usepackage{amsmath,booktabs,longtable}",
            rf"\begin{{longtable}}{{{alignment}}}",
            rf"  {said} \\",
            r"  \toprule",
            header,
            r"  \midrule",
            r"  \endfirsthead",
            r"  \toprule",
            header,
            r"  \midrule",
            r"  \endhead",
            *_body(table, writer),
            r"  \bottomrule",
            r"\end{longtable}",
        ]
    else:
        lines = [
            r"% \usepackage{amsmath,booktabs}",
            r"\begin{table}",
            r"  \centering",
            f"  {said}",
            rf"  \begin{{tabular}}{{{alignment}}}",
            r"  \toprule",
            header,
            r"  \midrule",
            *_body(table, writer),
            r"  \bottomrule",
            r"  \end{tabular}",
            r"\end{table}",
        ]
    return "\n".join(lines) + "\n"


def _body(table: Table, writer: Writer) -> list[str]:
    lines: list[str] = []
    for number, section in enumerate(table.sections):
        if number:
            lines.append(r"  \midrule")
        if section.heading is not None:
            lines.append(_row(section.heading.cells, writer, bold=True))
        lines.extend(_row(line.cells, writer) for line in section.lines)
    return [*lines, r"  \midrule", _row(table.total.cells, writer, bold=True)]


def _row(cells: Sequence[Cell], writer: Writer, *, bold: bool = False) -> str:
    texts = [writer.cell(cell) for cell in cells]
    if bold and texts[0]:
        texts[0] = rf"\textbf{{{texts[0]}}}"
    return "  " + " & ".join(texts) + r" \\"


def _caption(
    report: Report, by: str | None, columns: Sequence[str] | None, writer: Writer, ranking: Ranking | None
) -> str:
    title, *rest = heading(report)
    sentences = [
        title,
        *rest,
        (f"One FLOP is {report.convention.unit} ({report.convention.name})",),
        ("MAC is memory access cost in elements: inputs and parameters read, outputs written",),
        *caption(report, by, columns=columns, ranking=ranking),
    ]
    return ". ".join(writer.phrase(sentence).rstrip(".") for sentence in sentences) + "."
