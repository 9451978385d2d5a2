"""Reports as Markdown: a heading, a table, and the notes that say what was counted."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flopcalc.render.cells import Cell, Writer
from flopcalc.render.table import Ranking, caption, heading, summary, symbol_order, table_of
from flopcalc.render.text import printable
from flopcalc.report import Report

__all__ = ["MarkdownWriter", "escaped_markdown", "report_as_markdown"]

COLUMNS = ("layer", "operation", "output", "params", "flops", "flops%", "mac")
GROUP_COLUMNS = ("layer", "layers", "params", "weights", "weights%", "flops", "flops%", "mac")

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
"""What Markdown, or the mathematics in it, would read as more than a character."""


def escaped_markdown(text: str) -> str:
    r"""Return a text that Markdown shows as it is.

    Examples
    --------
    >>> print(escaped_markdown("a*b"))
    a\*b
    """
    return _MARKUP.sub(r"\\\1", printable(text))


class MarkdownWriter(Writer):
    """Writes cells as Markdown shows them."""

    def words(self, text: str) -> str:
        return escaped_markdown(text)

    def math(self, text: str) -> str:
        return self.words(text)


def report_as_markdown(
    report: Report,
    *,
    by: str | None = None,
    columns: Sequence[str] | None = None,
    human: bool = False,
    ranking: Ranking | None = None,
) -> str:
    """Return a GitHub-flavoured Markdown table with its heading and its notes; numbers are exact unless `human`."""
    names = columns or (GROUP_COLUMNS if by in ("kind", "stage") else COLUMNS)
    if report.symbolic and columns is None:
        names = [name for name in names if not name.endswith("%")]
    if ranking is not None and columns is None:
        names = ranking.with_column(names)
    table = table_of(report, names, by, ranking=ranking)
    writer = MarkdownWriter(symbol_order(report), human=human)
    exact = MarkdownWriter(symbol_order(report))

    def row(cells: Sequence[Cell], mark: str = "") -> str:
        texts = (writer.cell(cell) for cell in cells)
        return "| " + " | ".join(f"{mark}{text}{mark}" if text else "" for text in texts) + " |"

    title, *rest = (writer.phrase(line) for line in heading(report))
    lines = [f"## {title}", ""]
    for line in rest:
        lines += [line, ""]
    lines.append(row([column.header for column in table.columns]))
    lines.append("| " + " | ".join("---:" if column.numeric else "---" for column in table.columns) + " |")
    for section in table.sections:
        if section.heading is not None:
            lines.append(row(section.heading.cells, "**"))
        lines.extend(row(line.cells) for line in section.lines)
    lines.append(row(table.total.cells, "**"))
    lines.append("")
    lines.extend(
        f"- {writer.words(fact.name)}: {exact.cell(fact.value)} ({writer.words(fact.note)})" for fact in summary(report)
    )
    for note in caption(report, by, columns=columns, ranking=ranking):
        lines += ["", writer.phrase(note)]
    return "\n".join(lines) + "\n"
