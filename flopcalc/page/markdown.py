"""Pages as GitHub-flavoured Markdown: a heading, tables, lists of facts, and paragraphs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flopcalc.page.model import Facts, Page, Said, Table
from flopcalc.render.book import BookMarkdown

__all__ = ["page_as_markdown"]


def page_as_markdown(page: Page, *, human: bool = False) -> str:
    """Return a page as Markdown; numbers in tables are exact unless `human`."""
    write, exact = BookMarkdown(page.order, human=human), BookMarkdown(page.order)
    title, *rest = map(exact.phrase, page.heading)
    parts = [f"## {title}", *rest]
    for block in page.blocks:
        parts += _WRITTEN[type(block)](block, write if isinstance(block, Table) else exact)
    return "\n\n".join(parts) + "\n"


def _table(block: Table, write: BookMarkdown) -> Iterator[str]:
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


def _facts(block: Facts, exact: BookMarkdown) -> Iterator[str]:
    yield "\n".join(f"- {exact.words(name)}: {exact.phrase(phrase)}" for name, phrase in block.facts)


def _said(block: Said, exact: BookMarkdown) -> Iterator[str]:
    yield from map(exact.phrase, block.paragraphs)


_WRITTEN: Mapping[type, Callable[[Any, BookMarkdown], Iterator[str]]] = {Table: _table, Facts: _facts, Said: _said}
