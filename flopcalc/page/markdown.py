"""Pages as GitHub-flavoured Markdown: a heading, tables, lists of facts, paragraphs, and numbered steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from flopcalc.page.model import Facts, Page, Said, Steps, Table
from flopcalc.render.book import BookMarkdown, TypesetMarkdown
from flopcalc.render.formula import LATEX
from flopcalc.render.lines import LineWriter
from flopcalc.theory.lines import Line

__all__ = ["page_as_markdown"]


def page_as_markdown(page: Page, *, human: bool = False) -> str:
    """Return a page as Markdown; numbers in tables are exact unless `human`."""
    kind = TypesetMarkdown if page.typeset else BookMarkdown
    write, exact = kind(page.order, human=human), kind(page.order)
    parts = [f"{'## ' * (not number)}{exact.phrase(phrase)}" for number, phrase in enumerate(page.heading)]
    for block in page.blocks:
        parts += _WRITTEN[type(block)](block, write if isinstance(block, Table) else exact)
    return "\n\n".join(parts) + "\n"


_Writer: TypeAlias = "BookMarkdown | TypesetMarkdown"


def _table(block: Table, write: _Writer) -> Iterator[str]:
    table = block.in_print
    if table.title:
        yield f"**{write.phrase(table.title)}**"
    rows = [[write.words(column.head) for column in table.columns]]
    rows.append(["---:" if column.numeric else "---" for column in table.columns])
    for line in table.lines:
        mark = "" if line.role == "row" else "**"
        texts = (write.phrase(cell) for cell in line.cells)
        rows.append([f"{mark}{text}{mark}" if text else "" for text in texts])
    yield "\n".join(f"| {' | '.join(row)} |" for row in rows)
    if table.below:
        yield write.phrase(table.below)


def _facts(block: Facts, exact: _Writer) -> Iterator[str]:
    if block.above:
        yield exact.phrase(block.above)
    if block.verdict:
        yield f"**{block.verdict}**: {exact.phrase(block.claim)}"
    yield "\n".join(f"- {exact.words(name)}: {exact.phrase(phrase)}" for name, phrase in block.facts)


def _said(block: Said, exact: _Writer) -> Iterator[str]:
    yield from map(exact.phrase, block.paragraphs)


def _steps(block: Steps, exact: _Writer) -> Iterator[str]:
    write = LineWriter(LATEX, exact.order)

    def shown(line: Line) -> str:
        under = (f"({word} {', '.join(f'${item}$' for item in items)})" for word, items in write.conditions(line))
        return " ".join([f"   ${write.line(line)}$", *under])

    for number, step in enumerate(block.steps, 1):
        yield f"{number}. {exact.phrase(step.says)}"
        yield from map(shown, step.lines)
        because = f"   *Because* {exact.phrase(step.because)}.\n" if step.because else ""
        yield f"{because}   *Proved*: {exact.phrase(step.proved)}{':' if step.evidence else '.'}"
        yield from map(shown, step.evidence)


_WRITTEN: Mapping[type, Callable[[Any, _Writer], Iterator[str]]] = {
    Table: _table,
    Facts: _facts,
    Said: _said,
    Steps: _steps,
}
