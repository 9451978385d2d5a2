"""A page: what a command says, in blocks of cells, before a format writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.render.cells import Cell, Phrase

if TYPE_CHECKING:
    from flopcalc.theory.lines import Line as Equation

__all__ = [
    "Bars", "Block", "Column", "Facts", "Line", "Page", "Records", "Said", "Step", "Steps", "Table", "Total", "Totals",
    "View", "listing",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes
    ----------
    name : str
        What views call it.
    head : str
    numeric : bool
        Whether it holds numbers, which stand to the right.
    whole : bool
        Whether its words are never broken over lines.
    barred : bool
        Whether wide screens with colours draw a bar beside its shares.
    tied : bool
        Whether it is never parted from the column before it.
    """

    name: str
    head: str
    numeric: bool = True
    whole: bool = False
    barred: bool = False
    tied: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row.

    Attributes
    ----------
    cells : tuple of Phrase
        One for every column.
    role : str
        ``row``, ``group`` for the head of the rows below it, ``part`` for that of a block among them, or ``total``.
    depth : int
        How deep it stands below the head of its group.
    heavy : bool
        Whether it stands out where there are colours.
    bar : Fraction, optional
        How long its bar is, as a part of the longest; a screen has it beside the cells where there is room.
    """

    cells: tuple[Phrase, ...]
    role: str = "row"
    depth: int = 0
    heavy: bool = False
    bar: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars that show how numbers compare: each a name, the number, and its part of the longest.

    Attributes
    ----------
    title : str
    bars : tuple of (str, Cell, Fraction)
    """

    title: str
    bars: tuple[tuple[str, Cell, Fraction], ...]


@dataclass(frozen=True, slots=True)
class View:
    """Some of a table's columns, for a screen of some width.

    Attributes
    ----------
    names : tuple of str
    breaks : float
        How many lines more, as a part of its rows, it may have where words and formulas are broken to fit.
    exact : bool
        Whether numbers keep their digits where there is no room for them.
    room : int
        No screen that is narrower has it.
    short : bool
        Whether it is only for numbers with units, which take less room.
    """

    names: tuple[str, ...]
    breaks: float = 0
    exact: bool = False
    room: int = 0
    short: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below their headers.

    Attributes
    ----------
    columns : tuple of Column
    lines : tuple of Line
    views : tuple of View
        What a screen shows, from the widest to the narrowest. Documents have the first.
    set_in_type : tuple of str
        The columns that LaTeX has, where a page has less room than the first view.
    set_in_print : tuple of str
        Those that Markdown and HTML have, where they are not those of the first view.
    title : Phrase
        What stands above it.
    amounts : bool
        Whether a screen has an amount at the left of each line and what it is for beside it, without headers.
    stay : int
        How many of the first columns every part has of a table that a screen has no room for; 0 has no parts.
    others : tuple of Table
        Other layouts of the same, for a screen that has no room for any view, from the widest to the narrowest.
    notes : tuple of Phrase
        What stands right below it.
    bars : tuple of Bars
        What a screen draws below it, unless its lines have bars of their own, and HTML.
    chooses : str
        How a reader asks for columns that a screen had no room for, which is said at the end.
    printed : Table, optional
        What Markdown and HTML have in its place.
    """

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    views: tuple[View, ...]
    set_in_type: tuple[str, ...] = ()
    set_in_print: tuple[str, ...] = ()
    title: Phrase = ()
    amounts: bool = False
    stay: int = 0
    others: tuple[Table, ...] = ()
    notes: tuple[Phrase, ...] = ()
    bars: tuple[Bars, ...] = ()
    chooses: str = ""
    printed: Table | None = None

    def seen(self, names: Sequence[str]) -> Table:
        """Return the table with these columns alone, in this order."""
        place = {column.name: index for index, column in enumerate(self.columns)}
        chosen = [place[name] for name in names]
        lines = (replace(line, cells=tuple(line.cells[index] for index in chosen)) for line in self.lines)
        return replace(self, columns=tuple(self.columns[index] for index in chosen), lines=tuple(lines))

    @property
    def in_print(self) -> Table:
        """The table as Markdown and HTML have it."""
        return self.printed.in_print if self.printed else self.seen(self.set_in_print or self.views[0].names)

    @property
    def in_type(self) -> Table:
        """The table as LaTeX has it."""
        return self.seen(self.set_in_type or self.views[0].names)


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is to say of one thing, a line each: a name and a phrase.

    Attributes
    ----------
    facts : tuple of (str, Phrase)
    verdict : str
        The verdict that they are the evidence for, which stands above them with the `claim`.
    claim : Phrase
    above : Phrase
        What stands above both.
    """

    facts: tuple[tuple[str, Phrase], ...]
    verdict: str = ""
    claim: Phrase = ()
    above: Phrase = ()


@dataclass(frozen=True, slots=True)
class Total:
    """A total: what, its value, what it means, and the sentence that says so in a caption, if any."""

    name: str
    value: Phrase
    note: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """Totals, a line each, with what each of them means."""

    totals: tuple[Total, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """Paragraphs; those that say what the figures mean stand back, and the first of an answer stands out."""

    paragraphs: tuple[Phrase, ...]
    back: bool = True
    answer: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a derivation: what it says with its formulas, why, and how that was proved with its evidence."""

    says: Phrase
    lines: tuple[Equation, ...]
    because: Phrase
    proved: Phrase
    evidence: tuple[Equation, ...] = ()


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps that follow from each other, with numbers."""

    steps: tuple[Step, ...]


Block: TypeAlias = "Table | Totals | Facts | Said | Steps"

Records: TypeAlias = "Iterable[Sequence[str]]"
"""A header and rows of exact text, for programs."""


@dataclass(frozen=True)
class Page:
    """What a command says.

    Attributes
    ----------
    heading : tuple of Phrase
        The title, and what stands below it.
    blocks : tuple of Block
    order : tuple of str
        The symbols in the order in which their specs declare them.
    data : callable
        Makes the object, or the list of them, that JSON has.
    records : callable
        Makes the rows that CSV and TSV have.
    typeset : bool
        Whether Markdown has formulas between dollars, as derivations are read.
    apart : bool
        Whether a screen has an empty line below the heading, above a table too.
    paper : callable, optional
        Makes the page that LaTeX has in its place: with every digit where it is given True.
    aside : tuple of Phrase
        What the author of a paper wants to know, and its readers do not: comments in LaTeX.
    """

    heading: tuple[Phrase, ...]
    blocks: tuple[Block, ...]
    order: tuple[str, ...]
    data: Callable[[], Mapping[str, Any] | Sequence[Mapping[str, Any]]]
    records: Callable[[], Records]
    typeset: bool = False
    apart: bool = False
    paper: Callable[[bool], Page] | None = None
    aside: tuple[Phrase, ...] = ()


def listing(columns: Sequence[Column], rows: Iterable[Sequence[Cell | Phrase]], title: Phrase = ()) -> Table:
    """Return a table that has all its columns on every screen, with exact numbers.

    Examples
    --------
    >>> table = listing([Column("name", "Name", numeric=False), Column("mac", "MAC")], [["conv", 12]])
    >>> table.lines[0].cells
    (('conv',), (12,))
    """
    lines = (Line(tuple(cell if isinstance(cell, tuple) else (cell,) for cell in row)) for row in rows)
    return Table(
        tuple(columns), tuple(lines), (View(tuple(column.name for column in columns), exact=True),), title=title
    )
