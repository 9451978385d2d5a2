"""Pages for a screen: tables fitted to its width, facts and paragraphs broken to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from flopcalc.page.model import Block, Facts, Line, Page, Said, Steps, Table
from flopcalc.render.book import BookWriter
from flopcalc.render.cells import Phrase
from flopcalc.render.lines import LineWriter
from flopcalc.render.terminal import (
    Grid,
    Head,
    Paragraph,
    Row,
    Screen,
    facts_as_text,
    first_fitting,
    is_formula,
    paragraphs_as_text,
    units_aligned,
)

__all__ = ["page_as_text"]

_INDENT = "  "


def page_as_text(page: Page, screen: Screen | None = None, units: str = "auto") -> str:
    """Return a page for a screen.

    Parameters
    ----------
    page : Page
    screen : Screen, optional
        120 columns without colours where not given.
    units : str
        One of :data:`flopcalc.render.cells.UNITS`.
    """
    drawing = _Drawing(screen or Screen(), units, page.order)
    heading, *blocks = drawing.heading(page.heading), *map(drawing.block, page.blocks)
    below = "" if not heading or isinstance(page.blocks[0], Table) else "\n"
    if drawing.missing:
        blocks[-1] += "\n" * isinstance(page.blocks[-1], Table) + paragraphs_as_text(drawing.missing, drawing.screen)
    return heading + below + "\n".join(blocks)


@dataclass(frozen=True)
class _Drawing:
    """How blocks are drawn on one screen."""

    screen: Screen
    units: str
    order: Sequence[str]
    missing: list[Paragraph] = field(default_factory=list)
    """What is said at the end of columns that there was no room for."""

    @cached_property
    def exact(self) -> BookWriter:
        """What writes words and exact numbers."""
        return BookWriter(self.order, self.screen)

    @cached_property
    def writers(self) -> tuple[BookWriter, ...]:
        """What writes a table's numbers, the richest first."""
        human = BookWriter(self.order, self.screen, human=True)
        return {"exact": (self.exact,), "human": (human,)}.get(self.units, (self.exact, human))

    def heading(self, phrases: Sequence[Phrase]) -> str:
        """Return the title and what stands below it."""
        if not phrases:
            return ""
        title, *rest = map(self.exact.phrase, phrases)
        return paragraphs_as_text([Paragraph(title, "bold"), *(Paragraph(line, "dim") for line in rest)], self.screen)

    def block(self, block: Block) -> str:
        """Return a block's lines."""
        return _DRAWN[type(block)](self, block)

    def table(self, table: Table) -> str:
        """Return the first view that the screen has room for, below the title."""
        if table.narrow is not None and self.screen.width < table.narrow[0]:
            table = table.narrow[1]
        above = self.strong(table.title) if table.title else ""
        below = paragraphs_as_text([Paragraph(self.exact.phrase(table.below))], self.screen) if table.below else ""
        if table.amounts:
            return above + self.amounts(table) + below
        drawn = [first_fitting(self.grids(part), self.screen) for part in self.parts(table)]
        if table.chooses:
            heads = {head.text for grid, _ in drawn for head in grid.heads}
            lost = [column.name for column in table.in_print.columns if self.exact.words(column.head) not in heads]
            if lost:
                self.missing.append(Paragraph(f"For want of room without {', '.join(lost)}: {table.chooses}.", "dim"))
        return above + "\n".join(text for _, text in drawn) + below

    def parts(self, table: Table) -> Iterator[Table]:
        """Yield the table, or tables of as many of its columns as there is room for beside those that stay."""
        if not table.stay:
            yield table
            return
        every = [column.name for column in table.columns]
        chosen = every[: table.stay]
        for name in every[table.stay :]:
            if len(chosen) > table.stay and _grid(table.seen([*chosen, name]), self.exact).across > self.screen.width:
                yield _alone(table, chosen)
                chosen = every[: table.stay]
            chosen.append(name)
        yield _alone(table, chosen)

    def strong(self, phrase: Phrase) -> str:
        """Return a line that stands out."""
        return paragraphs_as_text([Paragraph(self.writers[0].phrase(phrase), "bold")], self.screen)

    def amounts(self, table: Table) -> str:
        """Return a line for every amount, whole numbers below each other."""
        pairs = [tuple(map(self.writers[0].phrase, line.cells)) for line in table.lines]
        if any(is_formula(cell) for line in table.lines for cell in line.cells[0]):
            return paragraphs_as_text([Paragraph(f"{amount}  {text}", indent=2) for amount, text in pairs], self.screen)
        width = max(len(amount) for amount, _ in pairs)
        lines = (Paragraph(text, indent=width + 4, mark=f"  {amount.rjust(width)}") for amount, text in pairs)
        return paragraphs_as_text(lines, self.screen)

    def grids(self, table: Table) -> Iterator[tuple[Grid, float]]:
        """Yield the grids that could show a table, the richest first, each with how much taller it may become."""
        for view in (view for view in table.views if view.room <= self.screen.width):
            seen = table.seen(view.names)
            for writer in self.writers[: 1 if view.exact else None]:
                grid = _grid(seen, writer)
                yield grid, 0
            if view.breaks:
                yield grid, view.breaks

    def facts(self, block: Facts) -> str:
        """Return a line for every fact, below the verdict and the claim."""
        facts = [(name, self.exact.phrase(phrase)) for name, phrase in block.facts]
        title = (block.verdict, _VERDICTS[block.verdict], self.exact.phrase(block.claim)) if block.verdict else None
        above = [Paragraph(self.exact.phrase(block.above))] if block.above else []
        return paragraphs_as_text(above, self.screen) + facts_as_text(facts, self.screen, title)

    def said(self, block: Said) -> str:
        """Return paragraphs."""
        style = "dim" if block.back else ""
        styles = ["bold" if block.answer else style, *[style] * len(block.paragraphs)]
        texts = map(self.exact.phrase, block.paragraphs)
        return paragraphs_as_text(map(Paragraph, texts, styles), self.screen)

    def steps(self, block: Steps) -> str:
        """Return steps behind their numbers, with a line between them."""
        write = LineWriter(self.exact.style, self.order)
        width = len(str(len(block.steps))) + 3
        drawn = []
        for number, step in enumerate(block.steps, 1):
            because, proved = self.exact.phrase(step.because), self.exact.phrase(step.proved)
            drawn += [Paragraph("")] * (number > 1)
            drawn.append(Paragraph(self.exact.phrase(step.says), "", width, f"{number:>{width - 2}}"))
            drawn += (Paragraph(write.with_conditions(line), "cyan", width + 4) for line in step.lines)
            drawn += [Paragraph(f"because: {because}", "dim", width)] * bool(because)
            drawn.append(Paragraph(f"proved: {proved}", "dim", width))
            drawn += (Paragraph(write.with_conditions(line), "", width + 4) for line in step.evidence)
        return paragraphs_as_text(drawn, self.screen)


_VERDICTS = {"proved": "bold green", "refuted": "bold red", "undecided": "bold yellow"}
"""How verdicts look."""

_DRAWN: Mapping[type, Callable[[_Drawing, Any], str]] = {
    Table: _Drawing.table,
    Facts: _Drawing.facts,
    Said: _Drawing.said,
    Steps: _Drawing.steps,
}


def _alone(table: Table, names: Sequence[str]) -> Table:
    return replace(table.seen(names), views=(replace(table.views[0], names=tuple(names)),))


def _grid(table: Table, writer: BookWriter) -> Grid:
    heads = []
    for index, column in enumerate(table.columns):
        formulas = any(is_formula(cell) for line in table.lines for cell in line.cells[index])
        whole = column.whole or (column.numeric and not formulas)
        heads.append(Head(writer.words(column.head), column.numeric, whole))
    return units_aligned(Grid(tuple(heads), tuple(Row(tuple(_texts(line, writer)), line.role) for line in table.lines)))


def _texts(line: Line, writer: BookWriter) -> Iterator[str]:
    first, *others = map(writer.phrase, line.cells)
    yield _INDENT * line.depth + first
    yield from others
