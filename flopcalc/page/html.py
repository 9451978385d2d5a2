"""Pages as HTML, for notebooks and browsers: tables whose formulas MathJax sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from flopcalc.page.model import Facts, Page, Said, Table
from flopcalc.render.book import Book
from flopcalc.render.html import HtmlWriter

__all__ = ["page_as_html"]


class _BookHtml(Book, HtmlWriter):
    """Writes for HTML."""

    style = HtmlWriter.style


def page_as_html(page: Page, *, human: bool = False) -> str:
    """Return a page as one ``<div>``, which a browser shows by itself and a notebook within a cell."""
    write, exact = _BookHtml(page.order, human=human), _BookHtml(page.order)
    title, *rest = map(exact.phrase, page.heading)
    parts = [f"<p>{'<br>'.join([f'<b>{title}</b>', *rest])}</p>"]
    for block in page.blocks:
        parts += _WRITTEN[type(block)](block, write if isinstance(block, Table) else exact)
    return f'<div class="tex2jax_ignore mathjax_ignore">{"".join(parts)}</div>\n'


def _table(block: Table, write: _BookHtml) -> Iterator[str]:
    table = block.in_print
    sides = ["right" if column.numeric else "left" for column in table.columns]

    def row(texts: Iterator[str] | Sequence[str], tag: str) -> str:
        cells = (f'<{tag} style="text-align:{side}">{text}</{tag}>' for side, text in zip(sides, texts, strict=True))
        return f"<tr>{''.join(cells)}</tr>"

    if table.title:
        yield f"<p><b>{write.phrase(table.title)}</b></p>"
    yield f"<table><thead>{row([write.words(column.head) for column in table.columns], 'th')}</thead><tbody>"
    for line in table.lines:
        yield row(map(write.phrase, line.cells), "td" if line.role == "row" else "th")
    yield "</tbody></table>"


def _facts(block: Facts, exact: _BookHtml) -> Iterator[str]:
    yield "<ul>"
    for name, phrase in block.facts:
        yield f"<li>{exact.words(name)}: {exact.phrase(phrase)}</li>"
    yield "</ul>"


def _said(block: Said, exact: _BookHtml) -> Iterator[str]:
    for phrase in block.paragraphs:
        yield f"<p>{exact.phrase(phrase)}</p>"


_WRITTEN: Mapping[type, Callable[[Any, _BookHtml], Iterator[str]]] = {Table: _table, Facts: _facts, Said: _said}
