"""Tables, facts and paragraphs for a screen, drawn by rich: fitted to its width, coloured where it can."""

from __future__ import annotations

import io
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from stat import S_ISFIFO
from time import monotonic
from typing import IO

import rich.table
from rich.box import Box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from flopcalc.dataclass import dataclass
from flopcalc.number import is_rational
from flopcalc.render.cells import Digits
from flopcalc.render.text import encodable, plain, printable
from flopcalc.render.units import human_number

__all__ = [
    "Grid",
    "Head",
    "Paragraph",
    "Screen",
    "Strip",
    "facts_as_text",
    "first_fitting",
    "is_formula",
    "listing_as_text",
    "paragraphs_as_text",
    "progress",
    "totals_as_text",
    "units_aligned",
]

_LINED = Box("    \n    \n ── \n    \n ── \n    \n    \n    \n")
_DASHED = Box("    \n    \n -- \n    \n -- \n    \n    \n    \n", ascii=True)
"""A rule below the headers and at the end of a section, in box characters and without them."""

_GAP = 2
"""Columns between columns: one of the box, one of padding."""

_NARROWEST = 8
"""How narrow a column may become when words have to be broken."""

_READABLE = 12
"""How narrow a column of sentences may become; below it, or below its header, each row is a list."""

_INDENT = "  "
"""What stands before the names of a group's rows."""

_STYLES = {"row": "", "heavy": "bold", "part": "cyan", "group": "bold cyan", "total": "bold"}
"""How rows look, by what they are."""


@dataclass(frozen=True, slots=True)
class Screen:
    """What a text is shown on.

    Attributes
    ----------
    width : int
        In columns.
    encoding : str
        What characters it has.
    colours : bool
    bounded : bool
        Whether a line that is wider is broken by it: not in a file, nor in a pipe that nobody gave a width.
    """

    width: int = 120
    encoding: str = "utf-8"
    colours: bool = False
    bounded: bool = True

    @classmethod
    def of(cls, stream: IO[str] | None) -> Screen:
        """Return the screen behind a stream, or behind a file that is still to be written.

        It is as wide as COLUMNS says, or the terminal, also the one that a pipe's reader shows it on, or 120 columns;
        colours are for terminals alone.
        """
        given = os.environ.get("COLUMNS", "")
        width = int(given) if given.isdecimal() and len(given) < 6 else 0
        bounded = True
        if not width:
            width = _columns_of(stream)
            bounded = width > 0
            width = width or cls().width
        if stream is None:
            return cls(max(width, 20), bounded=False)
        console = Console(file=stream, force_jupyter=False)  # follows NO_COLOR, FORCE_COLOR and TERM
        colours = console.color_system is not None and not console.no_color and not console.legacy_windows
        return cls(max(width, 20), getattr(stream, "encoding", None) or "ascii", colours, bounded)

    @property
    def unicode(self) -> bool:
        """Whether it has the signs of formulas."""
        return encodable("×²·≠α─√⌊", self.encoding)

    def written(self, text: str) -> str:
        """Return a text as the screen can show it."""
        text = printable(text)
        return text if self.unicode else plain(text, self.encoding)

    def drawn(self, content: RenderableType, width: int = 0) -> str:
        """Return the lines that rich draws, on more columns where `width` asks for them and nothing bounds them."""
        console = Console(
            file=io.StringIO(),
            width=self.width if self.bounded else max(width, self.width),
            height=25,
            color_system="standard" if self.colours else None,
            force_terminal=self.colours,
            force_jupyter=False,
            legacy_windows=False,
            no_color=False,
            highlight=False,
            markup=False,
            emoji=False,
        )
        with console.capture() as captured:
            console.print(content)
        if self.colours:
            return captured.get()
        return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _columns_of(stream: IO[str] | None) -> int:
    """Return the width of the terminal behind a stream, or behind the pipe that it is; 0 for none."""
    if stream is None:
        return 0
    with suppress(OSError, ValueError):
        if stream.isatty():
            return shutil.get_terminal_size((Screen().width, 24)).columns
        if S_ISFIFO(os.fstat(stream.fileno()).st_mode):
            return os.get_terminal_size(2).columns
    return 0


# -- tables ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """A column's header, whether it holds numbers, which stand to the right, and whether its cells stay whole."""

    text: str
    numeric: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Strip:
    """A column of text: its header and a cell for every row, with the widths that it can have."""

    head: Head
    cells: tuple[str, ...]

    @cached_property
    def different(self) -> tuple[str, ...]:
        """The different texts of the cells."""
        return tuple(dict.fromkeys(self.cells))

    @cached_property
    def natural(self) -> int:
        """The width in which nothing is broken."""
        return max(1, cell_len(self.head.text), *map(cell_len, self.different))

    @cached_property
    def unbroken(self) -> int:
        """The width in which no word is broken."""
        return self.natural if self.head.whole else max(map(_longest_word, (self.head.text, *self.different)))

    @cached_property
    def below_words(self) -> int:
        """The width in which no word is broken, but the header is where it has several."""
        if not self.head.whole:
            return self.unbroken
        return max(1, _longest_word(self.head.text), *map(cell_len, self.different))

    @cached_property
    def readable(self) -> int:
        """The width below which a column of words cannot be read."""
        if self.head.numeric or not any(" " in text.strip() for text in (self.head.text, *self.different)):
            return 0
        return min(self.natural, max(_READABLE, cell_len(self.head.text)))


@dataclass(frozen=True)
class Grid:
    """Columns of text before they are drawn, and what each row is: a row, the head of a group, or the total."""

    strips: tuple[Strip, ...]
    roles: tuple[str, ...]

    @property
    def across(self) -> int:
        """The width in which nothing is broken, of all columns and what stands between them."""
        return _across([strip.natural for strip in self.strips])

    def widths(self, room: int) -> tuple[int, ...]:
        """Return the widths on a screen: the widest columns give way, none below its longest word if that can be."""
        least = tuple(strip.unbroken for strip in self.strips)
        if _across(least) > room:
            least = tuple(strip.below_words for strip in self.strips)
        if _across(least) > room:
            least = tuple(
                strip.below_words if strip.head.whole else min(strip.natural, _NARROWEST) for strip in self.strips
            )
        natural = [strip.natural for strip in self.strips]
        for level in range(max(natural), 0, -1):
            widths = tuple(max(low, min(high, level)) for low, high in zip(least, natural, strict=True))
            if _across(widths) <= room:
                return widths
        return least

    def drawn(self, screen: Screen) -> str:
        """Return the lines of the table; each row is a list of its own where the columns do not fit side by side."""
        widths = self.widths(screen.width)
        if screen.bounded and (_across(widths) > screen.width or self._cramped(widths)):
            return self._listed(screen)
        table = rich.table.Table(
            box=_LINED if screen.unicode else _DASHED,
            show_edge=False,
            pad_edge=False,
            padding=(0, _GAP - 1, 0, 0),
            header_style="bold",
            border_style="dim",
        )
        for strip, width in zip(self.strips, widths, strict=True):
            head = strip.head
            table.add_column(
                _cell(head.text, head, "head", width),
                justify="right" if head.numeric else "left",
                width=width,
                no_wrap=head.whole and width >= cell_len(head.text),
                overflow="fold",
            )
        for index, (role, cells) in enumerate(self.rows):
            written = zip(cells, self.strips, widths, strict=True)
            table.add_row(
                *(_cell(text, strip.head, role, width) for text, strip, width in written),
                style=_STYLES[role],
                end_section=self.roles[index + 1 : index + 2] == ("total",),
            )
        return screen.drawn(table, _across(widths))

    def may_break(self, screen: Screen) -> bool:
        """Whether it has room with its words broken over lines, and can still be read."""
        widths = self.widths(screen.width)
        return _across(widths) <= screen.width and not self._cramped(widths)

    def _cramped(self, widths: Sequence[int]) -> bool:
        """Whether a column of words would be too narrow to be read."""
        return any(width < strip.readable for strip, width in zip(self.strips, widths, strict=True))

    @property
    def rows(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each row: what it is, and its cells."""
        return zip(self.roles, zip(*(strip.cells for strip in self.strips), strict=True), strict=True)

    def _listed(self, screen: Screen) -> str:
        """Return a list for every row: what it is, and below it each other cell behind its column's header."""
        lines = []
        for role, cells in self.rows:
            style = _STYLES[role]
            name = cells[0].strip() or self.strips[0].head.text
            lines.append(screen.drawn(Text(name, style or "bold", overflow="fold")))
            for strip, cell in zip(self.strips[1:], cells[1:], strict=True):
                if cell.strip():
                    said = f"{strip.head.text}  {cell.strip()}" if strip.head.text else cell.strip()
                    lines.append(screen.drawn(Padding(Text(said, style, overflow="fold"), (0, 0, 0, _GAP))))
        return "".join(lines)


def _across(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _longest_word(text: str) -> int:
    indent = len(_INDENT) if text.startswith(_INDENT) else 0
    return indent + max(map(cell_len, text.split()), default=0)


def _cell(text: str, head: Head, role: str, width: int) -> RenderableType:
    style = "dim" if text.strip() == "0" and role == "row" else ""
    if head.numeric and text.endswith(" "):
        return Text(text.rjust(width), style, justify="left")  # the room of a unit is no space to strip
    if text.startswith(_INDENT):
        return Padding(Text(text[len(_INDENT) :], style), (0, 0, 0, len(_INDENT)))
    return Text(text, style)


def first_fitting(grids: Iterable[tuple[Grid, float]], screen: Screen) -> tuple[Grid, str]:
    """Draw the first grid that the screen has room for, and return both.

    Parameters
    ----------
    grids : iterable of (Grid, float)
        From the richest to the poorest. A grid may be broken over lines where that makes it taller by no more than
        its number, as a part of its rows; the last one is taken in any case.
    screen : Screen
    """
    for grid, allowance in grids:
        if grid.across <= screen.width:
            break
        if allowance and grid.may_break(screen):
            lines = grid.drawn(screen)
            if lines.count("\n") <= 3 + len(grid.roles) + max(allowance * len(grid.roles), 3):
                return grid, lines
    return grid, grid.drawn(screen)


def is_formula(cell: object) -> bool:
    """Tell whether a cell is no number, and so may be broken over lines."""
    value = getattr(cell, "value", cell)
    return not isinstance(cell, (str, Digits)) and value is not None and not is_rational(value)


_UNIT = re.compile(r"(?<=\d) ([kMGTPE]?B|[kMGTPE])$")


def units_aligned(strip: Strip) -> Strip:
    """Set numbers without a unit to the left of the others' units."""
    found = [_UNIT.search(cell) for cell in strip.cells] if strip.head.whole else []
    longest = max((len(unit[1]) for unit in found if unit), default=0)
    if not longest:
        return strip
    rooms = (longest - len(unit[1]) if unit else longest + 1 for unit in found)
    return Strip(strip.head, tuple(cell and cell + " " * room for cell, room in zip(strip.cells, rooms, strict=True)))


def totals_as_text(
    totals: Sequence[tuple[str, str, str]], screen: Screen | None = None, *, formulas: bool = False
) -> str:
    """Return totals with what each of them means: beside them, or below where there is no room.

    Parameters
    ----------
    totals : sequence of (str, str, str)
        What, its value, and what it means.
    screen : Screen, optional
    formulas : bool
        Whether values are formulas, which begin at the left.
    """
    screen = screen or Screen()
    names = max(cell_len(name) for name, _, _ in totals)
    values = max(cell_len(value) for _, value, _ in totals)
    room = screen.width - names - _GAP
    if room < 24:
        return "".join(
            screen.drawn(Text.assemble((name, "bold"), " " * _GAP, value))
            + screen.drawn(Padding(Text(note, "dim"), (0, 0, 0, _GAP)))
            for name, value, note in totals
        )
    beside = room - values - _GAP >= 30
    table = rich.table.Table.grid(padding=(0, _GAP, 0, 0))
    table.add_column(style="bold", width=names)
    table.add_column(justify="left" if formulas or not beside else "right", overflow="fold")
    if beside:
        table.add_column(style="dim", overflow="fold")
    for name, value, note in totals:
        if beside:
            table.add_row(Text(name), Text(value), Text(note))
        else:
            table.add_row(Text(name), Text(value))
            table.add_row(None, Text(note, "dim"))
    return screen.drawn(table)


# -- listings --------------------------------------------------------------------------------------------------------


def listing_as_text(
    columns: Sequence[str | Head],
    rows: Sequence[Sequence[str]],
    screen: Screen | None = None,
    title: str = "",
    roles: Sequence[str] = (),
) -> str:
    """Return rows of words under their headers, fitted to the screen.

    Parameters
    ----------
    columns : sequence of str or Head
    rows : sequence of sequence of str
    screen : Screen, optional
    title : str
    roles : sequence of str
        What each row is: ``row``, ``group`` for the head of those below it, or ``total``, which has a rule above.

    Examples
    --------
    >>> print(listing_as_text(["Name", "Title"], [["alexnet", "AlexNet"]]), end="")
    Name     Title
    ────────────────
    alexnet  AlexNet
    """
    screen = screen or Screen()
    heads = tuple(column if isinstance(column, Head) else Head(column) for column in columns)
    texts = zip(*rows, strict=True) if rows else [()] * len(heads)
    strips = (Strip(head, tuple(map(screen.written, cells))) for head, cells in zip(heads, texts, strict=True))
    grid = Grid(tuple(strips), tuple(roles or ["row"] * len(rows)))
    above = screen.drawn(Text(screen.written(title), "bold")) if title else ""
    return above + grid.drawn(screen)


def facts_as_text(
    facts: Sequence[tuple[str, str]], screen: Screen | None = None, title: tuple[str, str, str] | None = None
) -> str:
    """Return what there is to say of one thing, a line each: its name and the text, which may be broken.

    Parameters
    ----------
    facts : sequence of (str, str)
    screen : Screen, optional
    title : (str, str, str), optional
        A word above, how it looks in rich's words, and what follows it.

    Examples
    --------
    >>> print(facts_as_text([("read as", "2·C"), ("because", "it is")], title=("proved", "bold", "2C")), end="")
    proved  2C
    read as  2·C
    because  it is
    """
    screen = screen or Screen()
    above = ""
    if title is not None:
        word, style, text = title
        above = screen.drawn(Text.assemble((word, style), " " * _GAP, screen.written(text)))
    if not facts:
        return above
    written = [(screen.written(name), screen.written(text)) for name, text in facts]
    names = max(cell_len(name) for name, _ in written)
    if screen.width - names - _GAP < 24:
        lines = []
        for name, text in written:
            lines.append(screen.drawn(Text(name, "dim")))
            lines.append(screen.drawn(Padding(Text(text), (0, 0, 0, _GAP))))
        return above + "".join(lines)
    table = rich.table.Table.grid(padding=(0, _GAP, 0, 0))
    table.add_column(style="dim", width=names)
    table.add_column(overflow="fold")
    for name, text in written:
        table.add_row(Text(name), Text(text))
    return above + screen.drawn(table)


# -- paragraphs ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words that are broken over lines, behind an indentation in whose place a mark may stand on the first one.

    Where it is `glued`, no line breaks within ``name = value``.
    """

    text: str
    style: str = ""
    indent: int = 0
    mark: str = ""
    glued: bool = False


def paragraphs_as_text(paragraphs: Iterable[Paragraph], screen: Screen | None = None) -> str:
    """Return paragraphs broken to the screen's width, each on lines of its own.

    Examples
    --------
    >>> print(paragraphs_as_text([Paragraph("one two three", indent=3, mark="1")], Screen(12)), end="")
    1  one two
       three
    """
    screen = screen or Screen()
    lines = []
    for part in paragraphs:
        written = screen.written(part.text)
        written = written.replace(" = ", f"{_GLUE}={_GLUE}") if part.glued else written
        text, mark = Text(written, part.style), cell_len(part.mark)
        indent = max(min(part.indent, screen.width // 3), mark + (_GAP if mark else 0))
        if not part.text:
            lines.append("\n")
        elif not part.indent:
            lines.append(screen.drawn(text))
        elif mark and screen.width - indent < _NARROWEST:  # the mark leaves no room beside it
            lines.append(screen.drawn(Text(part.mark.strip(), "bold", overflow="fold")))
            lines.append(screen.drawn(Padding(text, (0, 0, 0, _GAP))))
        else:
            table = rich.table.Table.grid()
            table.add_column(width=indent, no_wrap=True)
            table.add_column(width=screen.width - indent, overflow="fold")
            table.add_row(Text(part.mark, "bold"), text)
            lines.append(screen.drawn(table))
    return "".join(lines).replace(_GLUE, " ")


_GLUE = "\ue000"
"""Stands for a space that no line breaks at, as long as lines are broken; :func:`printable` leaves none in a text."""


# -- progress --------------------------------------------------------------------------------------------------------


@contextmanager
def progress(total: int, what: str, stream: IO[str] | None, after: float = 1) -> Iterator[Callable[[int], None]]:
    """Show how far a long job is, with its rate and the time left, on a terminal alone.

    Parameters
    ----------
    total : int
        How many things there are to do.
    what : str
        What they are, in the plural.
    stream : file or None
        Where it is shown, if that is a terminal.
    after : float
        Seconds for which nothing is shown.

    Yields
    ------
    callable
        To be told how many are done.
    """
    if stream is None or not stream.isatty():
        yield lambda done: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(file=stream, force_jupyter=False)
    bar = Progress(
        TextColumn("{task.fields[said]}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    start = monotonic()
    task = bar.add_task(what, total=total, said="", rate="")
    shown = False

    def update(done: int) -> None:
        nonlocal shown
        passed = monotonic() - start
        if passed < after:
            return
        rate = int(done / passed)
        said = f"{done:,} of {total:,} {what}"
        bar.update(task, completed=done, said=plain(said), rate=f"{human_number(rate)}/s")
        if not shown:
            shown = True
            bar.start()

    try:
        yield update
    finally:
        if shown:
            bar.stop()
