r"""Pages as LaTeX: a booktabs table for every table, with a caption above it and notes below it; steps as a list.

A table has the size of type at which it fits a column of a paper, by the characters of its longest cells.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from flopcalc.dataclass import dataclass
from flopcalc.errors import FlopcalcError, Problem, shorten
from flopcalc.page.model import Block, Column, Facts, Page, Said, Steps, Table, Totals
from flopcalc.page.model import Line as Row
from flopcalc.render.book import BookLatex, BookWriter
from flopcalc.render.cells import Phrase
from flopcalc.render.formula import LATEX
from flopcalc.render.latex import LONGEST, escaped_latex, width_of
from flopcalc.render.lines import LineWriter
from flopcalc.render.text import printable
from flopcalc.theory.lines import Line

__all__ = ["COLUMN", "PAGE", "page_as_latex"]

COLUMN, PAGE = 252, 345
"""How wide a column of two is, and the text of an article in one, in points."""

_KEY = re.compile(r"[A-Za-z0-9:._/+-]+")
"""Labels that every package takes as they are."""


@dataclass(frozen=True, slots=True)
class _Size:
    """A size of type: its command, its part of the normal one, and the room at each side of a column, in points."""

    command: str
    part: float
    room: int = 6


_SIZES = (_Size("", 1), _Size(r"\small", 0.925), _Size(r"\footnotesize", 0.85, 3))
"""With the widths of Computer Modern's digits, which is wider in small sizes."""


def page_as_latex(
    page: Page, *, units: str = "auto", caption: str = "", label: str = "", standalone: bool = False
) -> str:
    r"""Return a page's tables, with its words as the notes of the first, and its verdicts; or without tables its text.

    It needs the packages amsmath and booktabs, and longtable for a table that is longer than a page.

    Parameters
    ----------
    page : Page
    units : str
        One of :data:`flopcalc.render.cells.UNITS`.
    caption : str
        A text, and no LaTeX, for the first table; the page's title where not given.
    label : str
        By what ``\ref`` refers to the first table; the others have it with their number.
    standalone : bool
        Whether it is a whole document.

    Raises
    ------
    FlopcalcError
        For a caption or a label where there is no table, or a label with other than letters, digits and ``:._/+-``.
    """
    page = page.paper(units == "exact") if page.paper else page
    tables = [block.in_type for block in page.blocks if isinstance(block, Table)]
    if (caption or label) and not tables:
        raise FlopcalcError(Problem("there is no table here for a caption or a label"))
    if label and not _KEY.fullmatch(label):
        what = f"`{shorten(label)}` is no label"
        raise FlopcalcError(Problem(what, None, "letters, digits and : . _ / + -", "tab:costs"))
    exact = BookLatex(page.order)
    if tables:
        write = BookLatex(page.order, human=units == "human")
        lines = list(_typeset(page, tables, write, [escaped_latex(caption)] if caption else [], label))
    else:
        lines = ["\n\n".join(_text(page, exact))]
    packages = ["amsmath", *["booktabs"] * bool(tables), *["longtable"] * any(map(_is_long, tables))]
    used = rf"\usepackage{{{','.join(packages)}}}"
    aside = [f"% {printable(BookWriter(page.order).phrase(phrase))}" for phrase in page.aside]
    if not standalone:
        return "\n".join([f"% {used}", *aside, *lines]) + "\n"
    begun, letters = [r"\documentclass{article}", r"\usepackage[margin=2cm]{geometry}", used], _letters(lines)
    return (
        "\n".join([*letters[:1], *begun, *letters[1:], r"\begin{document}", *aside, *lines, r"\end{document}"]) + "\n"
    )


_HAN = ("CJK", "HIRAGANA", "KATAKANA")
"""How the names of the letters begin that the package ctex has fonts for."""


def _letters(lines: Iterable[str]) -> tuple[str, ...]:
    """Return what a document needs for letters that pdfLaTeX has not: a comment for its top, and a package."""
    names = {unicodedata.name(one, "") for line in lines for one in line if not one.isascii() and one.isalpha()}
    others = {name for name in names if not name.startswith("LATIN")}
    if not others:
        return ()
    if all(name.startswith(_HAN) for name in others):
        return "% for XeLaTeX or LuaLaTeX, with the package ctex", r"\usepackage{ctex}"
    comment = r"% for XeLaTeX or LuaLaTeX; \setmainfont must name a font that has the letters"
    return comment, r"\usepackage{fontspec}"


def _typeset(page: Page, tables: Sequence[Table], write: BookLatex, given: list[str], label: str) -> Iterator[str]:
    """Yield the tables with their captions and notes, and the verdicts."""
    exact = BookLatex(page.order)
    heading, *below = page.heading or [()]
    said = [*below, *(one for block in page.blocks for one in _noted(block))]
    for number, table in enumerate(tables):
        first = number == 0
        title = [heading] * first + [table.title]
        caption = given if given and first else [_sentences(filter(None, title), write)]
        notes = _sentences([*said * first, *table.notes], exact)
        key = f"{label}-{number + 1}" if label and number else label
        yield from _table(table, _Words("".join(caption), key, notes), write)
    for block in page.blocks:
        yield from _facts(block, exact) if isinstance(block, Facts) and block.verdict else ()


def _noted(block: Block) -> Iterator[Phrase]:
    """Yield what the notes of a table have of another block."""
    if isinstance(block, Totals):
        yield from ((one.says,) for one in block.totals if one.says)
    elif isinstance(block, Said):
        yield from block.paragraphs


def _sentences(phrases: Iterable[Phrase], write: BookLatex) -> str:
    return " ".join(f"{write.phrase(phrase).rstrip('.:')}." for phrase in phrases)


def _text(page: Page, exact: BookLatex) -> Iterator[str]:
    """Yield the paragraphs and lists: the heading, and the blocks in their order."""
    for number, phrase in enumerate(page.heading):
        yield exact.phrase(phrase) if number else rf"\subsection*{{{exact.phrase(phrase)}}}"
    for block in page.blocks:
        if isinstance(block, Facts):
            yield "\n".join(_facts(block, exact))
        elif isinstance(block, Steps):
            yield "\n".join(_steps(block, exact))
        elif isinstance(block, Said):
            yield from map(exact.phrase, block.paragraphs)


def _facts(block: Facts, exact: BookLatex) -> Iterator[str]:
    if block.above:
        yield exact.phrase(block.above) + "\n"
    if block.verdict:
        yield rf"\textbf{{{block.verdict}}}: {exact.phrase(block.claim)}"
    yield r"\begin{itemize}"
    for name, phrase in block.facts:
        yield rf"  \item {exact.words(name)}: {exact.phrase(phrase)}"
    yield r"\end{itemize}"


def _steps(block: Steps, exact: BookLatex) -> Iterator[str]:
    write = LineWriter(LATEX, exact.order)

    def displayed(line: Line) -> str:
        under = "".join(rf" \qquad \text{{{word}}}\ " + ",\\ ".join(items) for word, items in write.conditions(line))
        return rf"    \[ {write.line(line)}{under} \]"

    yield r"\begin{enumerate}"
    for step in block.steps:
        yield rf"  \item {exact.phrase(step.says)}"
        yield from map(displayed, step.lines)
        if step.because:
            yield rf"    \emph{{Because}} {exact.phrase(step.because)}."
        yield rf"    \emph{{Proved}}: {exact.phrase(step.proved)}{':' if step.evidence else '.'}"
        yield from map(displayed, step.evidence)
    yield r"\end{enumerate}"


# -- tables ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Words:
    """What stands around a table, in LaTeX."""

    caption: str
    label: str
    notes: str

    @property
    def above(self) -> list[str]:
        """The caption, and the label."""
        caption = [rf"  \caption{{{self.caption}}}"] * bool(self.caption)
        return [*caption, *[rf"  \label{{{self.label}}}"] * bool(self.label)]


def _is_long(table: Table) -> bool:
    return len(table.lines) > LONGEST


def _table(table: Table, words: _Words, write: BookLatex) -> Iterator[str]:
    rows = [list(_cells(row, write)) for row in table.lines]
    columns = [_column(column, [row[index] for row in rows], write) for index, column in enumerate(table.columns)]
    heads, body = [head for head, _, _ in columns], list(_body(table, rows))
    alignment = "".join(["@{}", *(side for _, side, _ in columns), "@{}"])
    head = f"  {' & '.join(heads)} \\\\"
    starred, size = _fitting([width for _, _, width in columns])
    set_as = [f"  {size.command}"] * bool(size.command)
    set_as += [r"  \renewcommand{\arraystretch}{1.3}"] * any(r"\frac" in cell for row in rows for cell in row)
    set_as += [rf"  \setlength{{\tabcolsep}}{{{size.room}pt}}"] * (size.room != _SIZES[0].room)
    if _is_long(table):
        yield from (r"\begingroup", *set_as, rf"\begin{{longtable}}{{{alignment}}}")
        yield from [*words.above[:-1], rf"{words.above[-1]} \\"] if words.above else ()
        yield from (r"  \toprule", head, r"  \midrule", r"  \endfirsthead", r"  \toprule", head, r"  \midrule")
        yield from (r"  \endhead", *body, r"  \bottomrule", r"\end{longtable}")
        yield from [rf"\noindent\footnotesize {words.notes}\par"] * bool(words.notes)
        yield r"\endgroup"
    else:
        name = "table*" if starred else "table"
        yield from (rf"\begin{{{name}}}", r"  \centering", *words.above)
        yield from [r"  \smallskip"] * bool(words.caption)
        yield from set_as
        yield from (rf"  \begin{{tabular}}{{{alignment}}}", r"  \toprule", head, r"  \midrule")
        yield from (*body, r"  \bottomrule", r"  \end{tabular}")
        yield from [r"  \par\smallskip", rf"  \parbox{{\linewidth}}{{\footnotesize {words.notes}}}"] * bool(words.notes)
        yield rf"\end{{{name}}}"


def _fitting(widths: Sequence[float]) -> tuple[bool, _Size]:
    """Return whether a table goes over both columns of a page, and the largest size of type at which it fits."""
    for room in (COLUMN, PAGE):
        for size in _SIZES:
            if sum(widths) * size.part + 2 * size.room * (len(widths) - 1) <= room:
                return room == PAGE, size
    return True, _SIZES[-1]


_LONG = 60
"""Characters from which on words are broken over lines."""


def _column(column: Column, cells: Sequence[str], write: BookLatex) -> tuple[str, str, float]:
    """Return a column's header, over lines where its cells are narrower; its alignment; and its width in points."""
    widest = max(map(width_of, cells), default=0)
    side = "r" if column.numeric else "l"
    lines = _lines(write.words(column.head), widest)
    head = r"\\".join(lines)
    if len(lines) > 1:
        head = rf"\begin{{tabular}}[b]{{@{{}}{side}@{{}}}}{head}\end{{tabular}}"
    if side == "l" and any(len(cell) > _LONG for cell in cells):
        return head, r"p{0.4\linewidth}", 0.4 * PAGE
    return head, side, max(widest, *map(width_of, lines))


def _lines(head: str, room: float) -> list[str]:
    """Return the lines of a header, which are as wide as its widest word where there is less room for it."""
    words = re.split(r"(?<!=) (?!=)", head)
    room = max(room, *map(width_of, words))
    lines = words[:1]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if width_of(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _cells(line: Row, write: BookLatex) -> Iterator[str]:
    name, *others = map(write.phrase, line.cells)
    yield r"\quad " * line.depth + (name if line.role == "row" or not name else rf"\textbf{{{name}}}")
    yield from others


def _body(table: Table, rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for number, (line, row) in enumerate(zip(table.lines, rows, strict=True)):
        if line.role == "total" or (line.role == "group" and number):
            yield r"  \midrule"
        yield f"  {' & '.join(row)} \\\\"
