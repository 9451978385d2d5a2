"""Pages as HTML: a document that any browser shows by itself, with formulas as books have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from flopcalc.page.model import Block, Facts, Page, Said, Steps, Table
from flopcalc.render.book import Book
from flopcalc.render.cells import Phrase
from flopcalc.render.formula import BOOK
from flopcalc.render.lines import LineWriter
from flopcalc.render.text import printable
from flopcalc.theory.lines import Line

__all__ = ["page_as_html"]

_STYLE = (
    "body{font-family:system-ui,sans-serif;margin:2em;line-height:1.4;color-scheme:light dark}"
    "table{border-collapse:collapse;margin:1em 0;font-variant-numeric:tabular-nums}"
    ".formula{margin-left:2em;font-family:serif;font-size:1.1em}"
    "th,td{padding:.2em .8em;border-bottom:1px solid #8884}"
)


class _Html(Book):
    """Writes for HTML, without a script."""

    style = BOOK

    def words(self, text: str) -> str:
        return escape(printable(text))

    def math(self, text: str) -> str:
        return self.words(text)


def page_as_html(page: Page, *, human: bool = False) -> str:
    """Return a page as a whole document, which needs nothing beside it; numbers in tables are exact unless `human`."""
    write, exact = _Html(page.order, human=human), _Html(page.order)
    title, *rest = map(exact.phrase, page.heading or [_title(page.blocks[0])])
    parts = [f"<h1>{title}</h1>" * bool(page.heading), *(f"<p>{line}</p>" for line in rest)]
    for block in page.blocks:
        parts += _WRITTEN[type(block)](block, write if isinstance(block, Table) else exact)
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>{"".join(parts)}</body></html>\n'


def _title(block: Block) -> Phrase:
    """Return what a page without a heading is about."""
    return block.claim if isinstance(block, Facts) and block.claim else ("flopcalc",)


def _table(block: Table, write: _Html) -> Iterator[str]:
    table = block.in_print
    sides = ["right" if column.numeric else "left" for column in table.columns]

    def row(texts: Iterator[str] | Sequence[str], tag: str) -> str:
        cells = (f'<{tag} style="text-align:{side}">{text}</{tag}>' for side, text in zip(sides, texts, strict=True))
        return f"<tr>{''.join(cells)}</tr>"

    if table.title:
        yield f"<h2>{write.phrase(table.title)}</h2>"
    yield f"<table><thead>{row([write.words(column.head) for column in table.columns], 'th')}</thead><tbody>"
    for line in table.lines:
        yield row(map(write.phrase, line.cells), "td" if line.role == "row" else "th")
    yield "</tbody></table>"
    if table.below:
        yield f"<p>{write.phrase(table.below)}</p>"


def _facts(block: Facts, exact: _Html) -> Iterator[str]:
    if block.above:
        yield f"<p>{exact.phrase(block.above)}</p>"
    if block.verdict:
        yield f"<h2>{block.verdict}: {exact.phrase(block.claim)}</h2>"
    yield "<ul>"
    for name, phrase in block.facts:
        yield f"<li>{exact.words(name)}: {exact.phrase(phrase)}</li>"
    yield "</ul>"


def _said(block: Said, exact: _Html) -> Iterator[str]:
    for phrase in block.paragraphs:
        yield f"<p>{exact.phrase(phrase)}</p>"


def _steps(block: Steps, exact: _Html) -> Iterator[str]:
    write = LineWriter(BOOK, exact.order)

    def shown(line: Line) -> str:
        return f'<p class="formula">{exact.words(write.with_conditions(line))}</p>'

    yield "<ol>"
    for step in block.steps:
        yield f"<li><p>{exact.phrase(step.says)}</p>"
        yield from map(shown, step.lines)
        if step.because:
            yield f"<p>Because {exact.phrase(step.because)}.</p>"
        yield f"<p>Proved: {exact.phrase(step.proved)}{':' if step.evidence else '.'}</p>"
        yield from map(shown, step.evidence)
        yield "</li>"
    yield "</ol>"


_WRITTEN: Mapping[type, Callable[[Any, _Html], Iterator[str]]] = {
    Table: _table,
    Facts: _facts,
    Said: _said,
    Steps: _steps,
}
