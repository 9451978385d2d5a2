"""Pages as LaTeX: a booktabs table for every table, with a caption that says what was counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flopcalc.page.model import Line, Page, Said, Table
from flopcalc.render.book import BookLatex
from flopcalc.render.cells import Phrase
from flopcalc.render.latex import LONGEST

__all__ = ["page_as_latex"]


def page_as_latex(page: Page, *, human: bool = False) -> str:
    """Return a page's tables, the first with the words in its caption; the words as paragraphs where there is none.

    The document needs the packages amsmath and booktabs, and longtable for a table that is longer than a page.
    """
    write, exact = BookLatex(page.order, human=human), BookLatex(page.order)
    tables = [block.in_type for block in page.blocks if isinstance(block, Table)]
    said = [*page.heading, *(one for block in page.blocks if isinstance(block, Said) for one in block.paragraphs)]
    caption = _sentences(said, exact)
    if not tables:
        return "\n\n".join([r"% \usepackage{amsmath}", *map(exact.phrase, said)]) + "\n"
    packages = "amsmath,booktabs,longtable" if any(len(one.lines) > LONGEST for one in tables) else "amsmath,booktabs"
    lines = [rf"% \usepackage{{{packages}}}"]
    for number, table in enumerate(tables):
        title = [_sentences([table.title], write)] if table.title else []
        lines += _table(table, " ".join(title if number else [*title, caption]), write)
    return "\n".join(lines) + "\n"


def _sentences(phrases: Iterable[Phrase], write: BookLatex) -> str:
    return ". ".join(write.phrase(phrase).rstrip(".") for phrase in phrases) + "."


def _table(table: Table, caption: str, write: BookLatex) -> Iterator[str]:
    alignment = "".join(_alignments(table, write))
    head = "  " + " & ".join(write.words(column.head) for column in table.columns) + r" \\"
    body = [line for row in table.lines for line in _row(row, write)]
    said = rf"  \caption{{{caption}}}" if caption else ""
    if len(table.lines) > LONGEST:
        yield rf"\begin{{longtable}}{{{alignment}}}"
        yield from [rf"{said} \\"] * bool(said)
        yield from (r"  \toprule", head, r"  \midrule", r"  \endfirsthead", r"  \toprule", head, r"  \midrule")
        yield from (r"  \endhead", *body, r"  \bottomrule", r"\end{longtable}")
    else:
        yield from (r"\begin{table}", r"  \centering", *[said] * bool(said))
        yield from (rf"  \begin{{tabular}}{{{alignment}}}", r"  \toprule", head, r"  \midrule")
        yield from (*body, r"  \bottomrule", r"  \end{tabular}", r"\end{table}")


_LONG = 60
"""Characters from which on words are broken over lines."""


def _alignments(table: Table, write: BookLatex) -> Iterator[str]:
    for index, column in enumerate(table.columns):
        long = any(len(write.phrase(line.cells[index])) > _LONG for line in table.lines)
        yield "r" if column.numeric else r"p{0.4\linewidth}" if long else "l"


def _row(line: Line, write: BookLatex) -> Iterator[str]:
    first, *others = map(write.phrase, line.cells)
    if line.role == "total":
        yield r"  \midrule"
    first = r"\quad " * line.depth + (first if line.role == "row" or not first else rf"\textbf{{{first}}}")
    yield "  " + " & ".join([first, *others]) + r" \\"
