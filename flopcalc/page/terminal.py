"""Pages for a screen: tables fitted to its width, facts and paragraphs broken to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache, cached_property
from typing import Any

from flopcalc.dataclass import dataclass, field
from flopcalc.number import is_rational
from flopcalc.page.model import Bars, Block, Facts, Line, Page, Said, Steps, Table, Totals
from flopcalc.render.book import BookWriter
from flopcalc.render.cells import Phrase, Shapes, Share
from flopcalc.render.lines import LineWriter
from flopcalc.render.terminal import (
    Grid,
    Head,
    Paragraph,
    Screen,
    Strip,
    facts_as_text,
    first_fitting,
    is_formula,
    paragraphs_as_text,
    totals_as_text,
    units_aligned,
)
from flopcalc.render.text import encodable

__all__ = ["page_as_text"]

_INDENT = "  "
_EIGHTHS = "▏▎▍▌▋▊▉█"
_LEAST_BAR, _LONGEST_BAR = 8, 60
"""The least room for bars, and how long one becomes, in columns."""
_SHARE_BAR = 6
"""How long the bar beside the largest share is."""


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
    below = "" if not heading or (isinstance(page.blocks[0], Table) and not page.apart) else "\n"
    if drawing.missing:
        blocks[-1] += "\n" * isinstance(page.blocks[-1], Table) + paragraphs_as_text(drawing.missing, drawing.screen)
    return heading + below + "\n".join(blocks)


class _Barred(Grid):
    """A grid whose last column has bars."""


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
        return paragraphs_as_text(
            [Paragraph(title, "bold"), *(Paragraph(line, "dim", glued=True) for line in rest)], self.screen
        )

    def block(self, block: Block) -> str:
        """Return a block's lines."""
        return _DRAWN[type(block)](self, block)

    def table(self, table: Table) -> str:
        """Return the first view that the screen has room for, below the title."""
        above = self.strong(table.title) if table.title else ""
        if table.amounts:
            return above + self.amounts(table)
        fitting = [first_fitting(self.grids(part), self.screen) for part in self.parts(table)]
        if table.chooses:
            heads = {strip.head.text for grid, _ in fitting for strip in grid.strips}
            lost = [column.name for column in table.in_print.columns if self.exact.words(column.head) not in heads]
            if lost:
                self.missing.append(Paragraph(f"For want of room without {', '.join(lost)}: {table.chooses}.", "dim"))
        bars = () if any(isinstance(grid, _Barred) for grid, _ in fitting) else filter(None, map(self.bars, table.bars))
        notes = paragraphs_as_text((Paragraph(self.exact.phrase(note), "dim") for note in table.notes), self.screen)
        return above + "\n".join([*(text for _, text in fitting), *bars]) + notes

    def parts(self, table: Table) -> Iterator[Table]:
        """Yield the table, or tables of as many of its columns as there is room for beside those that stay."""
        if not table.stay:
            yield table
            return
        groups: list[list[str]] = []
        written = _Written(table)
        for column in table.columns:
            if column.tied:
                groups[-1].append(column.name)
            else:
                groups.append([column.name])
        first = [name for names in groups[: table.stay] for name in names]
        chosen = first
        for names in groups[table.stay :]:
            across = written.grid([*chosen, *names], self.exact).across
            if chosen != first and across > self.screen.width:
                yield _alone(table, chosen)
                chosen = first
            chosen = [*chosen, *names]
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
        written = _Written(table)
        for view in (view for view in table.views if view.room <= self.screen.width):
            for writer in self.writers[-1 if view.short else 0 : 1 if view.exact else None]:
                grid = self.barred(written.grid(view.names, writer), table)
                if self.screen.colours and self.screen.unicode:
                    yield self.shares_barred(grid, view.names, written), 0
                yield grid, 0
            if view.breaks:
                yield grid, view.breaks
        for other in table.others:
            yield from self.grids(other)

    def totals(self, block: Totals) -> str:
        """Return a line for every total, with what it means."""
        rows = [(one.name, self.exact.phrase(one.value), self.exact.words(one.note)) for one in block.totals]
        formulas = any(is_formula(cell) for one in block.totals for cell in one.value if cell.__class__ is not Shapes)
        return totals_as_text(rows, self.screen, formulas=formulas)

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

    def barred(self, grid: Grid, table: Table) -> Grid:
        """Return a grid with the bars of the table's lines in a last column, where there is room for them."""
        room = self.screen.width - grid.across - len(_INDENT)
        if room < _LEAST_BAR or all(line.bar is None for line in table.lines):
            return grid
        bars = ("" if line.bar is None else self.bar(line.bar, room) for line in table.lines)
        return _Barred((*grid.strips, Strip(Head(""), tuple(bars))), grid.roles)

    def shares_barred(self, grid: Grid, names: Sequence[str], written: _Written) -> Grid:
        """Return a grid with a bar beside every row's share, in columns that have them."""
        strips = list(grid.strips)
        for index, name in enumerate(names):
            if shares := written.shares(name):
                largest = max(share or 0 for share in shares)
                bars = (self.bar((share or Fraction(0)) / largest, _SHARE_BAR).ljust(_SHARE_BAR) for share in shares)
                head, texts = strips[index].head, zip(strips[index].cells, bars, strict=True)
                wider = replace(head, text=head.text + " " * (_SHARE_BAR + 1))
                strips[index] = Strip(wider, tuple(f"{text} {bar}" for text, bar in texts))
        return Grid(tuple(strips), grid.roles)

    def bars(self, bars: Bars) -> str:
        """Return a line for every bar; nothing where there is no room for one."""
        rows = [(self.exact.words(name), self.exact.cell(value), part) for name, value, part in bars.bars]
        names, values = (max(map(len, column)) for column in list(zip(*rows, strict=True))[:2])
        room = min(self.screen.width - names - values - 3 * len(_INDENT), _LONGEST_BAR)
        if room < _LEAST_BAR:
            return ""
        lines = [self.exact.words(bars.title)]
        for name, value, part in rows:
            lines.append(f"{_INDENT}{name:<{names}}  {value:>{values}}  {self.bar(part, room)}")
        return "".join(f"{line}\n" for line in lines)

    def bar(self, part: Fraction, room: int) -> str:
        """Return a bar, to an eighth of a column where the screen has such characters; nothing but 0 is without one."""
        if not encodable(_EIGHTHS, self.screen.encoding):
            return "#" * max(round(part * room), int(part > 0))
        whole, rest = divmod(max(round(part * room * 8), int(part > 0)), 8)
        return _EIGHTHS[-1] * whole + (_EIGHTHS[rest - 1] if rest else "")

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
    Totals: _Drawing.totals,
    Facts: _Drawing.facts,
    Said: _Drawing.said,
    Steps: _Drawing.steps,
}


def _alone(table: Table, names: Sequence[str]) -> Table:
    return replace(table.seen(names), views=(replace(table.views[0], names=tuple(names)),))


class _Written:
    """A table's cells as text, each written once however many views have it."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.places = {column.name: index for index, column in enumerate(table.columns)}
        self.roles = tuple("heavy" if line.heavy else line.role for line in table.lines)
        self.strip = cache(self._strip)
        self.formulas = cache(self._formulas)

    def grid(self, names: Sequence[str], writer: BookWriter) -> Grid:
        """Return some columns; the first of them shows how deep a row is."""
        return Grid(tuple(self.strip(name, writer, not index) for index, name in enumerate(names)), self.roles)

    def shares(self, name: str) -> list[Fraction | None]:
        """Return every row's share where a column has bars; nothing where it has none to draw."""
        index = self.places[name]
        if not self.table.columns[index].barred or self.formulas(index):
            return []
        shares = [_share_of(line, index) for line in self.table.lines]
        return shares if any(shares) else []

    def _strip(self, name: str, writer: BookWriter, first: bool) -> Strip:
        index = self.places[name]
        column = self.table.columns[index]
        whole = column.whole or (column.numeric and not self.formulas(index))
        cells = (_INDENT * line.depth * first + writer.phrase(line.cells[index]) for line in self.table.lines)
        return units_aligned(Strip(Head(writer.words(column.head), column.numeric, whole), tuple(cells)))

    def _formulas(self, index: int) -> bool:
        return any(is_formula(cell) for line in self.table.lines for cell in line.cells[index])


def _share_of(line: Line, index: int) -> Fraction | None:
    """Return a row's share, where it is a number; sums have no bar."""
    cell = line.cells[index][0] if line.cells[index] else None
    if line.role != "row" or not isinstance(cell, Share) or not is_rational(cell.value):
        return None
    return Fraction(cell.value)
